/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * What happens to calls, one thing at a time, for whoever keeps a record of it: messages both ways
 * and timers that expire. Told in the order in which it happens, before what follows from it.
 */

#include <stdbool.h>
#include <stdint.h>

enum uni_trace_kind {
	UNI_TRACE_SENT, /**< Handed to the transport. */
	UNI_TRACE_RECEIVED,
	UNI_TRACE_EXPIRED,
	UNI_TRACE_COUNT
};

#define UNI_TRACE_NONE 0xff /**< No state: nothing is known of a call. */
#define UNI_TRACE_NO_ENDPOINT 0xffffu
#define UNI_TRACE_TIMER_BASE 300 /**< Timers are told by their number less this. */
#define UNI_TRACE_ANSWER 0       /**< The time that the layer above has for an answer (SIG-66). */

/** One thing; good as long as the handler runs. */
struct uni_trace {
	uint32_t call;      /**< uni_call_t; 0: none. */
	uint32_t reference; /**< 23 bits; 0: of the link. */
	uint32_t label;     /**< UNI_LABEL_NONE: none. */
	uint16_t endpoint;  /**< Endpoint reference, or UNI_TRACE_NO_ENDPOINT. */
	uint8_t kind;       /**< enum uni_trace_kind. */
	uint8_t what;       /**< Message type, or timer. */
	uint8_t before;     /**< State when it came; of a message sent, when it left. */
	uint8_t after;      /**< State that it has led to. */
	uint8_t cause;      /**< 0: it has none. */
	bool ours;          /**< We chose the reference. */
	bool party;         /**< The states are those of a party. */
	bool again;         /**< SETUP or RELEASE for the second time. */
};
