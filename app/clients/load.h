/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * Calls without a local end, for load: dials from any address, answers for whole prefixes. What
 * arrives on their VCs is dropped and counted as not connected.
 *
 * Control thread only.
 */

#include "clients/attach.h"

struct load;

int load_create(struct co *co, const struct caller_config *config,
	const struct caller_reports *reports, void *arg, const struct cp_mem *mem,
	struct load **out);
void load_destroy(struct load *l);

/**
 * A point-to-point call. For the other kinds: caller_dial() of load_caller(), without an end.
 * As caller_dial().
 */
int load_dial(struct load *l, co_adapter_t adapter, const struct co_address *from,
	const struct co_address *to, uint64_t rate, uint32_t job);

struct caller *load_caller(struct load *l);
