/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/** @file Private to the caller: its records, and what its two halves ask of each other. */

#include <assert.h>

#include "clients/caller.h"
#include "clients/link.h"

#define CALL_F_ENDED 0x01u     /* its end has been given back */
#define CALL_F_JOB 0x02u       /* a job waits for the end of its close */
#define CALL_F_MAKING 0x04u    /* make_call is pending */
#define CALL_F_MODIFYING 0x08u /* modify_call_qos is pending */
#define CALL_F_WINDING 0x10u   /* parties are being dropped, then it is closed */
#define CALL_F_MUST_END 0x20u  /* a close is owed, or we are leaving: it is never given up */
#define CALL_F_MULTI 0x40u     /* it has parties */

/** One call. */
struct call {
	struct client_vc vc; /**< Its own: CALL_F_. */
	uint32_t end;
	uint32_t close_job; /**< While CALL_F_JOB. */
	/** Handle: of its struct dial, while making or modifying; of its struct multi, which has
	 * that then. */
	uint32_t extra;
};
static_assert(sizeof(struct call) <= 24, "control memory of a call (design 6)");

/** A request that is out: of a call to be made or modified, or of a party to be added. */
struct dial {
	struct co_call_params params;
	uint32_t job; /**< Of a call. */
};

/** What a call with parties has beside the others. */
struct multi {
	uint32_t dial;       /**< Handle, while making or modifying. */
	struct co_data data; /**< That goes with its drops and its close. */
	uint32_t n_out;      /**< Adds and drops whose completion is out. */
	uint32_t owed;       /**< Party whose incoming drop could not be answered yet. */
	uint32_t last;       /**< The first party; while closing, the one that the close names. */
};

#define PARTY_F_JOB 0x1u  /* a job waits for the end of its drop */
#define PARTY_F_DATA 0x2u /* it is being dropped with data */
#define PARTY_F_WIND 0x4u /* its drop is a step of the call's end */

struct party {
	struct co_address address;
	co_party_t party;
	uint32_t call; /**< Handle. */
	uint32_t dial; /**< Handle, while it is being added. */
	uint32_t job;
	uint8_t flags; /**< PARTY_F_. */
};

struct caller {
	struct client
		client; /**< First: what the broker knows the caller by. Its VCs: struct call. */
	const struct caller_ops *ops;
	void *arg;
	const struct caller_reports *reports;
	void *reports_arg;
	const struct cp_mem *mem;
	struct cp_pool dials;   /**< struct dial. */
	struct cp_pool multis;  /**< struct multi. */
	struct cp_pool parties; /**< struct party. */
};

/** NULL: point-to-point. */
static inline struct multi *
caller_multi_of(const struct caller *c, const struct call *call)
{
	return call->vc.own & CALL_F_MULTI ? cp_pool_at(&c->multis, call->extra) : NULL;
}

/** A close has ended, or was refused: @p status is not PENDING. */
void caller_closed(struct caller *c, uint32_t handle, enum co_status status);

/** Have a call end that must. */
void caller_end_call(struct caller *c, struct call *call, uint32_t handle);

/* ---- Parties: caller_party.c. ---- */

/** The record of a multipoint call and its first party, in @p call; false: there is no room. */
bool caller_multi_begin(
	struct caller *c, struct call *call, uint32_t handle, const struct co_address *first);

/** make_call has ended. */
void caller_multi_made(struct caller *c, struct call *call, enum co_status status);

/** The call is over. */
void caller_multi_end(struct caller *c, struct call *call);

/** Drop all parties but one, then close: as far as it goes at once. PENDING, or as a close. */
enum co_status caller_wind_down(struct caller *c, uint32_t handle, struct co_data data);

void caller_on_add_party_complete(void *arg, co_ctx_t party_ctx, enum co_status status,
	co_party_t party, const struct co_call_params *params);
void caller_on_drop_party_complete(void *arg, co_ctx_t party_ctx, enum co_status status);
void caller_on_incoming_drop_party(
	void *arg, co_ctx_t party_ctx, enum co_status reason, struct co_data data);
