/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * The flight recorder of an appliance's calls: the last so many messages, timers that expired and
 * events of the call managers, all calls together in the order in which they happened. It is a ring
 * of fixed size; each entry costs half a cache line and is found again by its number, which grows
 * for ever. Control thread only.
 */

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct callmgr;
struct callmgr_env;

enum callmgr_trace_kind {
	CALLMGR_TRACE_SENT,
	CALLMGR_TRACE_RECEIVED,
	CALLMGR_TRACE_TIMER,
	CALLMGR_TRACE_EVENT, /**< Of a call manager: what client, network and miniport ask and say.
			      */
	CALLMGR_TRACE_COUNT
};

#define CALLMGR_TRACE_F_OURS 0x01u  /**< We chose the reference. */
#define CALLMGR_TRACE_F_PARTY 0x02u /**< The states are those of a party. */
#define CALLMGR_TRACE_F_AGAIN 0x04u /**< Sent for the second time. */

struct callmgr_trace {
	uint64_t time_ns;
	uint32_t call; /**< uni_call_t; 0: none any more, or none at all. */
	uint32_t vc;   /**< co_vc_t; CO_NONE but with an event. */
	uint32_t reference : 24;
	uint32_t flags : 8;  /**< CALLMGR_TRACE_F_. */
	uint32_t label : 20; /**< 0: none. */
	uint32_t callmgr : 12;
	uint16_t endpoint; /**< Reference of a party, or UNI_TRACE_NO_ENDPOINT. */
	uint8_t kind;      /**< enum callmgr_trace_kind. */
	uint8_t what;
	uint8_t before, after; /**< States, of what the kind and the flags say. */
	uint8_t cause;         /**< 0: none. */
};
static_assert(sizeof(struct callmgr_trace) == 32, "half a cache line per message");

/** The oldest entry that is still there; callmgr_trace_end() when there is none. */
uint64_t callmgr_trace_begin(const struct callmgr_env *env);

/** The number that the next entry will have. */
uint64_t callmgr_trace_end(const struct callmgr_env *env);

/** NULL when it is not there (any more). Good until the control thread goes on. */
const struct callmgr_trace *callmgr_trace_at(const struct callmgr_env *env, uint64_t number);

/** The call manager that an entry is of, NULL when it has gone. */
const struct callmgr *callmgr_trace_callmgr(
	const struct callmgr_env *env, const struct callmgr_trace *t);

/** "RELEASE", "T308", "close_call" ... */
void callmgr_trace_name(const struct callmgr_trace *t, char *out, size_t size);

/** "U11", "N10", "P6", "RELEASING"; "-": nothing is known of a call. */
const char *callmgr_trace_state(
	const struct callmgr_env *env, const struct callmgr_trace *t, uint8_t state);
