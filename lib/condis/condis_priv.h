/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/** @file Private to lib/condis: records, state tables, the queues of handlers. */

#include <assert.h>

#include "base/pool.h"
#include "condis/condis.h"

/* ---- Adapters, protocols, bindings. ---- */

#define CO_ADAPTER_AFS 4 /* signalling protocols on one adapter (AF-4) */

/** An AF that can be opened on an adapter. */
struct co_registered_af {
	uint32_t type;        /**< enum co_af_type, 0: none. */
	co_protocol_t cm;     /**< CO_NONE: the adapter's MCM. */
	co_binding_t binding; /**< The stand-alone CM's. */
};

struct co_adapter {
	const struct co_miniport_ops *ops;
	void *ctx;
	const struct co_callmgr_ops *mcm; /**< NULL: stand-alone CMs only. */
	void *mcm_ctx;
	bool ready; /**< initialize() has returned: clients may be told (AF-1). */
	struct co_registered_af afs[CO_ADAPTER_AFS];
};

struct co_protocol {
	const struct co_client_ops *client; /**< One of these two. */
	const struct co_callmgr_ops *callmgr;
	void *ctx;
};

struct co_binding {
	co_protocol_t protocol;
	co_adapter_t adapter;
	bool ready; /**< bound() has returned. */
};

/* ---- Address families and SAPs (2.5). ---- */

enum co_af_state { CO_AF_OPENING, CO_AF_OPEN, CO_AF_CLOSING };
enum co_sap_state { CO_SAP_REGISTERING, CO_SAP_REGISTERED, CO_SAP_DEREGISTERING };

/** The call manager of an AF, found once and kept: what a close reads. */
struct co_af {
	const struct co_client_ops *client_ops;
	void *client;
	const struct co_callmgr_ops *cm_ops;
	void *cm;
	const struct co_adapter *adapter;
	co_ctx_t client_ctx;
	co_ctx_t cm_ctx;
	co_protocol_t client_protocol;
	co_protocol_t cm_protocol; /**< CO_NONE: the adapter's MCM. */
	co_binding_t client_binding;
	co_adapter_t adapter_handle;
	uint32_t n_vcs;
	uint32_t n_saps;
	uint8_t state; /**< enum co_af_state. */
	bool is_mcm;
};

struct co_sap_rec {
	co_ctx_t client_ctx;
	co_ctx_t cm_ctx;
	co_af_t af;
	uint8_t state; /**< enum co_sap_state. */
};

/* ---- VCs. ---- */

/** What is raised for one party while a handler of its own runs waits in a queue of such codes. */
enum co_client_event {
	CO_CE_NONE = 0,
	CO_CE_MAKE_COMPLETE,
	CO_CE_CLOSE_COMPLETE,
	CO_CE_CONNECTED,
	CO_CE_INCOMING_CLOSE,
	CO_CE_INCOMING_CALL,
};

enum co_cm_event {
	CO_ME_NONE = 0,
	CO_ME_MAKE,
	CO_ME_CLOSE,
	CO_ME_ANSWER,
	CO_ME_ACTIVATED,
	CO_ME_DEACTIVATED,
};

#define CO_VC_F_BY_CLIENT 0x0001u    /* created by the client */
#define CO_VC_F_MCM 0x0002u          /* its call manager is an MCM */
#define CO_VC_F_SIGNALLING 0x0004u   /* a CM's own (VC-6) */
#define CO_VC_F_UNSETTLED 0x0008u    /* being created or deleted: nothing may be asked of it yet */
#define CO_VC_F_CLIENT_BUSY 0x0010u  /* inside a handler of the client about this VC (ASYNC-9) */
#define CO_VC_F_CM_BUSY 0x0020u      /* likewise of the call manager */
#define CO_VC_F_MAKE_OUT 0x0040u     /* the call manager has make_call, and owes its end */
#define CO_VC_F_CLOSE_OUT 0x0080u    /* likewise close_call */
#define CO_VC_F_ACTIVATE_OUT 0x0100u /* with the miniport */
#define CO_VC_F_DEACTIVATE_OUT 0x0200u
#define CO_VC_F_REACTIVATING 0x0400u
#define CO_VC_F_CLOSE_DEFERRED 0x0800u /* close during make_call (RACE-4) */
#define CO_VC_F_HIDDEN_CLOSE 0x1000u   /* our own close hides an incoming one (RACE-1, RACE-3) */
#define CO_VC_F_NO_REUSE 0x2000u       /* ended by trouble: delete only (INCLOSE-12) */
#define CO_VC_F_ANSWERED 0x4000u       /* answered from inside incoming_call */

/** The hot half: all that a close touches here. */
struct co_vc_hot {
	_Alignas(64) co_ctx_t client_ctx;
	co_ctx_t cm_ctx;
	co_ctx_t miniport_ctx;
	co_af_t af;            /**< CO_NONE: signalling. */
	uint32_t client_queue; /**< Up to 8 codes of 4 bits, first in the low bits. */
	uint32_t cm_queue;
	uint32_t sends_out;
	uint32_t receives_out;
	uint32_t flags;            /**< CO_VC_F_. */
	uint8_t vc_state;          /**< enum co_vc_state. */
	uint8_t call_state;        /**< enum co_call_state. */
	uint8_t before_close;      /**< Call state that a failed close goes back to (CLOSE-26). */
	uint8_t before_activation; /**< VC state that a failed activation goes back to. */
	uint8_t make_status;       /**< Arguments of events that wait. */
	uint8_t close_status;
	uint8_t close_reason;
	uint8_t answer_status;
	uint8_t activate_status;
	uint8_t deactivate_status;
	uint8_t media_flags; /**< CO_MEDIA_F_ of the activation in force (SEND-9). */
};
static_assert(sizeof(struct co_vc_hot) == 64, "a close touches one line of the broker");

/** The cold half: set-up, and what waits. */
struct co_vc_cold {
	_Alignas(64) struct co_call_params *params; /**< make_call's or the offer's, while out. */
	const uint8_t *close_octets; /**< The client's close data, until completion (ASYNC-10). */
	uint32_t close_size;
	uint32_t close_data;  /**< Handle of copied incoming close data (ASYNC-11). */
	uint32_t label;       /**< Of the activation in force. */
	co_binding_t creator; /**< CO_NONE: an MCM. */
	co_adapter_t adapter;
	co_sap_t sap;                 /**< Of an offer. */
	co_protocol_t cm_protocol;    /**< Of a signalling VC. */
	uint32_t ready_next;          /**< In the list of VCs to be served: an index + 1, or 0. */
	struct co_media_params asked; /**< Of the activation that is with the miniport. */
	bool ready;                   /**< In that list. It survives the VC, as the list does. */
};
static_assert(sizeof(struct co_vc_cold) == 64, "cold half: one line");

#define CO_CLOSE_DATA_MAX 192 /* octets kept of data whose delivery has to wait */
#define CO_N_CLOSE_DATA 256

struct co_close_data {
	uint32_t size;
	uint8_t octets[CO_CLOSE_DATA_MAX];
};

struct co {
	const struct cp_mem *mem;
	struct cp_pool adapters, protocols, bindings, afs, saps;
	struct cp_pool vcs;      /**< struct co_vc_hot. */
	struct co_vc_cold *cold; /**< By index of the same handle. */
	struct cp_pool close_data;
	uint32_t n_calls;
	uint32_t depth;                  /**< Nested deliveries on the stack. */
	uint32_t ready_head, ready_tail; /**< VCs served from the bottom of the stack: index + 1. */
	uint64_t n_illegal, n_early_deletes, n_stale, n_unexpected, n_data_lost, n_drain_violations;
};

static inline struct co_vc_cold *
co_vc_cold(const struct co *co, co_vc_t vc)
{
	return &co->cold[cp_handle_idx(vc)];
}

/** The VC, or NULL and counted (OBJ-8). Not yet created, or being deleted, is not there. */
static inline struct co_vc_hot *
co_vc_at(struct co *co, co_vc_t vc)
{
	struct co_vc_hot *v = cp_pool_at(&co->vcs, vc);

	if (v != NULL && !(v->flags & CO_VC_F_UNSETTLED))
		return v;
	co->n_stale++;
	return NULL;
}

static inline struct co_af *
co_af_of(const struct co *co, const struct co_vc_hot *v)
{
	return cp_pool_at(&co->afs, v->af);
}

/** @p status to a caller who asked for what is not allowed now. */
static inline enum co_status
co_illegal(struct co *co, enum co_status status)
{
	co->n_illegal++;
	return status;
}

/** A delete that came too early: how a client of an MCM waits for deactivation (DEL-9), no fault.
 */
static inline enum co_status
co_early_delete(struct co *co, enum co_status status)
{
	co->n_early_deletes++;
	return status;
}

/** Which family of functions a call manager calls (OBJ-9). */
enum co_family { CO_FAMILY_CM, CO_FAMILY_MCM };

/** NOT_SUPPORTED when @p family is not that of the VC's call manager. */
enum co_status co_family_check(struct co *co, const struct co_vc_hot *v, enum co_family family);

/* table.c: states as tables. */

enum co_vc_event {
	CO_VE_ACTIVATE,
	CO_VE_ACTIVATED,
	CO_VE_NOT_ACTIVATED,
	CO_VE_DEACTIVATE,
	CO_VE_DEACTIVATED,
	CO_VE_DELETE,
	CO_VE_COUNT
};

enum co_call_event {
	CO_CALL_EV_MAKE,
	CO_CALL_EV_MADE,
	CO_CALL_EV_NOT_MADE,
	CO_CALL_EV_OFFER,
	CO_CALL_EV_ACCEPT,
	CO_CALL_EV_REJECT,
	CO_CALL_EV_CONNECTED,
	CO_CALL_EV_INCOMING_CLOSE,
	CO_CALL_EV_CLOSE,
	CO_CALL_EV_COUNT
};

/** SUCCESS and the VC state moved (except DELETE, which moves nothing); else the refusal (2.6). */
enum co_status co_vc_move(struct co *co, struct co_vc_hot *v, enum co_vc_event event);

/** SUCCESS, or the refusal that co_call_move() would be; moves and counts nothing. */
enum co_status co_call_may(const struct co_vc_hot *v, enum co_call_event event);

/** SUCCESS and the call state moved; else the refusal (2.6), nothing moved. */
enum co_status co_call_move(struct co *co, struct co_vc_hot *v, enum co_call_event event);

void co_call_set(struct co *co, struct co_vc_hot *v, enum co_call_state state);

static inline bool
co_vc_is_inactive(const struct co_vc_hot *v)
{
	return v->vc_state == CO_VC_CREATED || v->vc_state == CO_VC_DEACTIVATED;
}

/* queue.c: handlers of one party about one VC, one after the other (ASYNC-9). */

/** Raise an event for the client: runs now, or when what stands before it has returned. */
void co_client_raise(struct co *co, co_vc_t vc, enum co_client_event event);

/** The same, but nothing runs before co_vc_serve(). */
void co_client_append(struct co_vc_hot *v, enum co_client_event event);

bool co_client_queued(const struct co_vc_hot *v, enum co_client_event event);
void co_client_unqueue(struct co_vc_hot *v, enum co_client_event event);

/** Whether a handler that could run at once must queue instead. */
bool co_client_must_wait(const struct co *co, const struct co_vc_hot *v);

/** Around a handler of the client that is run at once. Leaving delivers what waited (ASYNC-8). */
void co_client_enter(struct co *co, struct co_vc_hot *v);
void co_client_leave(struct co *co, co_vc_t vc);

void co_cm_raise(struct co *co, co_vc_t vc, enum co_cm_event event);
bool co_cm_queued(const struct co_vc_hot *v, enum co_cm_event event);
void co_cm_unqueue(struct co_vc_hot *v, enum co_cm_event event);
bool co_cm_must_wait(const struct co_vc_hot *v);

/** Deliver what waits for either party of @p vc, then what waits elsewhere. */
void co_vc_serve(struct co *co, co_vc_t vc);

/* call.c: what the queues deliver. */
void co_deliver_to_client(struct co *co, co_vc_t vc, enum co_client_event event);
void co_deliver_to_cm(struct co *co, co_vc_t vc, enum co_cm_event event);

/* close.c */

/** After make_call_complete was delivered: a close that waited for it begins (RACE-4, RACE-5). */
void co_close_after_make(struct co *co, co_vc_t vc);

/** The VC has become inactive: a call whose close was complete is over now (CLOSE-20). */
void co_close_vc_inactive(struct co *co, struct co_vc_hot *v);

/** The client's close reaches the call manager, who was busy when it was asked. */
void co_close_deliver(struct co *co, co_vc_t vc);

/** The incoming close that had to wait reaches the client. */
void co_close_deliver_incoming(struct co *co, co_vc_t vc);

/* af.c */

/** Tell a client that has just been bound of all AFs of the adapter (AF-2). */
void co_af_tell_client(struct co *co, co_binding_t binding);

/** Tell all clients of what a CM registered while it was being bound (AF-1). */
void co_af_tell_of_cm(struct co *co, co_binding_t cm_binding);
