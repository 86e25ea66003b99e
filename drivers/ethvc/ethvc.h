/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * The CoNDIS miniport of a DPDK trunk: its VCs are circuits of the dataplane. For stand-alone
 * call managers; ethmcm has its call manager built in, and shares trunk.h with this.
 *
 * Control thread only.
 */

#include "ethvc/trunk.h"

struct ethvc;

/** Registers the adapter with the broker under @p name. -ENOMEM, -EIO. */
int ethvc_create(struct co *co, struct dp *dp, uint16_t trunk, uint32_t n_vcs, const char *name,
	const struct cp_mem *mem, struct ethvc **out);
void ethvc_destroy(struct ethvc *e);

/** Before the first VC: the trunk's port, and limits. -ENOMEM, -ENOENT, -EBUSY. */
int ethvc_configure(struct ethvc *e, const struct ethvc_config *config);

/** As ethvc_trunk_retune(). */
void ethvc_retune(struct ethvc *e, uint64_t bandwidth, const struct ethvc_excess *excess);

/** Once a turn of the control loop, behind dp_control_poll() and dp_reclaim_poll(). */
void ethvc_turn(struct ethvc *e, uint64_t now_ns);

/** Clients that hold packets of deactivated VCs for too long: for an alarm. */
void ethvc_overdue(const struct ethvc *e, struct ethvc_overdue *out);

/** What the trunk's VCs have reserved of its bandwidth. */
void ethvc_admission(const struct ethvc *e, struct ethvc_admission *out);

/** The trunk's port is no more (UNB-8). ethvc_turn() finds out by itself where the device says so.
 */
void ethvc_removed(struct ethvc *e);

co_adapter_t ethvc_adapter(const struct ethvc *e);

/** VC records in use. */
uint32_t ethvc_n_vcs(const struct ethvc *e);
