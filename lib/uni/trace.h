/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * What happens to calls, one thing at a time, for whoever keeps a record of it: messages both ways
 * and timers that expire, in the order in which they happen, before what follows from it. Links
 * write it in place into a ring that they may share, with each other and with the layer above,
 * which has entries of its own there: so all that is of one call stands in its order. Control
 * thread only.
 */

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

enum uni_trace_kind {
	UNI_TRACE_SENT, /**< Handed to the transport. */
	UNI_TRACE_RECEIVED,
	UNI_TRACE_EXPIRED,
	UNI_TRACE_COUNT /**< And kinds of the layer above. */
};

#define UNI_TRACE_NONE 0xff /**< No state: nothing is known of a call. */
#define UNI_TRACE_NO_ENDPOINT 0xffffu
#define UNI_TRACE_TIMER_BASE 300 /**< Timers are told by their number less this. */
#define UNI_TRACE_ANSWER 0       /**< The time that the layer above has for an answer (SIG-66). */

#define UNI_TRACE_REFERENCE 0x7fffffu
#define UNI_TRACE_F_OURS 0x800000u   /**< We chose the reference. */
#define UNI_TRACE_F_PARTY 0x1000000u /**< The states are those of a party. */
#define UNI_TRACE_F_AGAIN 0x2000000u /**< SETUP or RELEASE for the second time. */
#define UNI_TRACE_LOCATION_SHIFT 26  /**< Of the cause of a message received: four bits. */

/** One thing. */
struct uni_trace {
	uint64_t time_ns;
	uint32_t call;      /**< uni_call_t; 0: none any more, or none at all. */
	uint32_t vc;        /**< Of an entry of the layer above; else 0. */
	uint32_t reference; /**< UNI_TRACE_REFERENCE, 0: of the link; UNI_TRACE_F_; location. */
	uint32_t label;     /**< UNI_LABEL_NONE: none. */
	uint16_t endpoint;  /**< Endpoint reference, or UNI_TRACE_NO_ENDPOINT. */
	uint8_t link;       /**< As uni_link_record() was told. */
	uint8_t kind;       /**< enum uni_trace_kind, or one of the layer above. */
	uint8_t what;       /**< Message type, or timer. */
	uint8_t before;     /**< State when it came; of a message sent, when it left. */
	uint8_t after;      /**< State that it has led to. */
	uint8_t cause;      /**< 0: it has none. */
};
static_assert(sizeof(struct uni_trace) == 32, "half a cache line for each thing that happens");

/** Who gave the cause of a message that was received. */
static inline uint8_t
uni_trace_location(const struct uni_trace *t)
{
	return t->reference >> UNI_TRACE_LOCATION_SHIFT & 0xf;
}

/** The last so many things. Whoever makes it owns it, and its entries, one at least. */
struct uni_recorder {
	struct uni_trace *next; /**< Where the next one goes, over the oldest. */
	struct uni_trace *entries;
	struct uni_trace *limit; /**< Behind the last entry. */
	uint64_t n_laps;         /**< How often they were all written. */
};

/** The place of the next one: all of it is to be written. */
static inline struct uni_trace *
uni_recorder_put(struct uni_recorder *r)
{
	struct uni_trace *t = r->next;

	r->next = t + 1;
	if (r->next == r->limit) {
		r->next = r->entries;
		r->n_laps++;
	}
	return t;
}

static inline uint32_t
uni_recorder_size(const struct uni_recorder *r)
{
	return (uint32_t)(r->limit - r->entries);
}

/** How many were ever put: the number of the next one, from 0. */
static inline uint64_t
uni_recorder_end(const struct uni_recorder *r)
{
	return r->n_laps * uni_recorder_size(r) + (uint64_t)(r->next - r->entries);
}

/** That of the oldest one that is still there. */
static inline uint64_t
uni_recorder_begin(const struct uni_recorder *r)
{
	uint64_t end = uni_recorder_end(r);

	return end > uni_recorder_size(r) ? end - uni_recorder_size(r) : 0;
}

/** One by its number, begin <= @p number < end. */
static inline const struct uni_trace *
uni_recorder_at(const struct uni_recorder *r, uint64_t number)
{
	return &r->entries[number % uni_recorder_size(r)];
}
