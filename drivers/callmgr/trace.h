/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * The flight recorder of an appliance's calls: the last so many messages, timers that expired and
 * events of the call managers, all calls together in the order in which they happened. It is a ring
 * of fixed size; each entry costs half a cache line and is found again by its number, which grows
 * for ever. Control thread only.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "uni/trace.h"

struct callmgr;
struct callmgr_env;

enum callmgr_trace_kind {
	CALLMGR_TRACE_SENT = UNI_TRACE_SENT,
	CALLMGR_TRACE_RECEIVED = UNI_TRACE_RECEIVED,
	CALLMGR_TRACE_TIMER = UNI_TRACE_EXPIRED,
	/** Of a call manager: what client, network and miniport ask and say. */
	CALLMGR_TRACE_EVENT = UNI_TRACE_COUNT,
	CALLMGR_TRACE_COUNT
};

/** The oldest entry that is still there; callmgr_trace_end() when there is none. */
uint64_t callmgr_trace_begin(const struct callmgr_env *env);

/** The number that the next entry will have. */
uint64_t callmgr_trace_end(const struct callmgr_env *env);

/** NULL when it is not there (any more). Good until the control thread goes on. */
const struct uni_trace *callmgr_trace_at(const struct callmgr_env *env, uint64_t number);

/** The call manager that an entry is of, NULL when it has gone. */
const struct callmgr *callmgr_trace_callmgr(
	const struct callmgr_env *env, const struct uni_trace *t);

/** "RELEASE", "T308", "close_call" ... */
void callmgr_trace_name(const struct uni_trace *t, char *out, size_t size);

/** "U11", "N10", "P6", "RELEASING"; "-": nothing is known of a call. */
const char *callmgr_trace_state(
	const struct callmgr_env *env, const struct uni_trace *t, uint8_t state);
