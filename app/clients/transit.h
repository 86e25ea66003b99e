/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * A call that comes in on one trunk and, by the prefix of the called address, goes out on another:
 * two VCs of the broker, cross-connected in the workers once both are up. Either side's end ends
 * both; cause and close data are passed on, and so is what comes with an answer or a refusal.
 * Whoever made the call may change its rates: the change goes on to the other trunk, and is agreed
 * to when that agrees. A leaf of a multipoint call comes in as a call of its own, and is routed by
 * itself.
 *
 * Control thread only.
 */

#include "base/pool.h"
#include "clients/route.h"
#include "condis/condis.h"

struct transit;

struct transit_config {
	uint32_t n_calls;   /**< Legs: two to a call. */
	uint32_t n_making;  /**< Calls being set up at one time. */
	uint32_t n_relays;  /**< Close data of more than a cause under way at one time. */
	uint32_t n_changes; /**< Changes of rates under way at one time; 0: 64. */
};

/** A transit_close() of @p job has ended. */
typedef void (*transit_closed_fn)(void *arg, uint32_t job, enum co_status status);

/** @p routes and @p adapters stay the caller's; route.trunk indexes @p adapters. */
int transit_create(struct co *co, const struct transit_config *config,
	const struct route_table *routes, const co_adapter_t *adapters, transit_closed_fn closed,
	void *arg, const struct cp_mem *mem, struct transit **out);
void transit_destroy(struct transit *t);

/** Take calls for @p prefix on @p adapter. */
enum co_status transit_register(
	struct transit *t, co_adapter_t adapter, const struct co_address *prefix);

/** Take no more of them; calls that are up stay. */
void transit_deregister(struct transit *t, co_adapter_t adapter, const struct co_address *prefix);

/** Close a call by one of its legs, the other follows. As caller_close(). */
enum co_status transit_close(struct transit *t, co_vc_t vc, uint32_t job, struct co_data data);

/** As caller_shut() and caller_turn(). */
bool transit_shut(struct transit *t);
void transit_turn(struct transit *t, uint32_t max);
co_protocol_t transit_protocol(const struct transit *t);
uint32_t transit_n_calls(const struct transit *t);

/** Closes whose data could not be passed on, for want of room or because the medium has none. */
uint64_t transit_n_without_data(const struct transit *t);
