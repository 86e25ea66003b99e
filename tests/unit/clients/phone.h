/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/** @file A client that makes, takes and closes calls as a test says, and remembers what it heard.
 */

#include <stdbool.h>
#include <stdint.h>

#include "../drivers/told.h"
#include "condis/condis.h"

#define PHONE_MAX_CALLS 4
#define PHONE_MAX_SENDS 16
#define PHONE_MAX_FRAME 64

struct phone_call {
	struct phone *phone;
	co_vc_t vc; /**< CO_NONE: it has gone. */
	bool ours;
	struct co_call_params params;
	unsigned int n_made, n_offered, n_connected, n_incoming_close, n_closed;
	enum co_status make_status;
	uint8_t cause;    /**< Of a call that could not be made. */
	struct told told; /**< Of the incoming close. */
	struct came offered;
	struct came came; /**< With the answer to its call, or the refusal. */
	unsigned int n_received;
	uint32_t frame_size; /**< Of the frame that came last. */
	uint8_t frame[PHONE_MAX_FRAME];
	unsigned int n_notified;
	struct co_notification notified; /**< The last one. */
	/* Changes of rates. */
	struct co_call_params asked;
	unsigned int n_modified, n_proposed, n_confirmed;
	enum co_status modify_status;
};

/** A frame on its way; it can be used again when it is back. */
struct phone_send {
	struct co_packet packet;
	uint8_t frame[PHONE_MAX_FRAME];
};

struct phone {
	struct co *co;
	co_adapter_t adapter;
	co_binding_t binding;
	co_af_t af;
	co_sap_t sap;
	enum co_status answer; /**< To offers; CO_STATUS_PENDING: it rings. */
	uint8_t answer_cause;
	const uint8_t *call_elements; /**< That go with its calls. */
	uint32_t call_elements_size;
	const uint8_t *answer_elements; /**< That go with an answer, or a refusal. */
	uint32_t answer_elements_size;
	enum co_status change_answer; /**< To what is proposed; CO_STATUS_PENDING: later. */
	bool wants_confirmation;      /**< Of what it accepts. */
	uint32_t n_calls;
	struct phone_call calls[PHONE_MAX_CALLS];
	uint32_t n_sends;
	struct phone_send sends[PHONE_MAX_SENDS];
};

/** A client of @p co on @p adapter, which takes what begins with @p prefix. */
void phone_create(
	struct phone *phone, struct co *co, co_adapter_t adapter, const struct co_address *prefix);

/** Its calls have gone: deregister and close. */
void phone_hang_up(struct phone *phone);

/** CO_STATUS_PENDING is expected. */
struct phone_call *phone_call(struct phone *phone, const struct co_address *to);

/** Answer the call that rings. */
void phone_answer(struct phone_call *call, enum co_status status, uint8_t cause);
enum co_status phone_tell(struct phone_call *call, const struct co_notification *what);

/** Ask for that rate each way, octets per second; CO_STATUS_PENDING is expected. */
void phone_modify(struct phone_call *call, uint64_t rate, uint32_t flags);

/** Answer what is proposed. */
void phone_answer_change(struct phone_call *call, enum co_status status);

/** A request about the call's VC that needs no buffer. */
enum co_status phone_oid(struct phone_call *call, enum co_oid oid);
void phone_close(struct phone_call *call, const void *data, uint32_t size);

/** One of the PHONE_MAX_SENDS that a phone sends in its life. */
void phone_send(struct phone_call *call, const void *frame, uint32_t size);

/** The newest call, NULL. */
struct phone_call *phone_last(struct phone *phone);
