/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * The CoNDIS miniport of a DPDK trunk: its VCs are circuits of the dataplane. For stand-alone
 * call managers; ethmcm has its call manager built in and shares the circuit functions below.
 *
 * Control thread only.
 */

#include "condis/condis.h"
#include "dataplane/dataplane.h"

struct ethvc;

/** Registers the adapter with the broker under @p name. -ENOMEM, -EIO. */
int ethvc_create(struct co *co, struct dp *dp, uint16_t trunk, uint32_t n_vcs, const char *name,
	const struct cp_mem *mem, struct ethvc **out);
void ethvc_destroy(struct ethvc *e);

co_adapter_t ethvc_adapter(const struct ethvc *e);

/** VC records in use. */
uint32_t ethvc_n_vcs(const struct ethvc *e);

/** A request about the VC that @p circuit is: what both kinds of adapter answer alike. */
enum co_status ethvc_circuit_oid(
	struct dp *dp, dp_circuit_t circuit, enum co_oid oid, void *buffer, uint32_t size);

/** -errno of the dataplane as the contract says it. */
enum co_status ethvc_status_of_errno(int err);
