/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/** @file Private to lib/condis: records, state tables, the queues of handlers. */

#include <assert.h>

#include "base/pool.h"
#include "condis/condis.h"

/* ---- Adapters, protocols, bindings. ---- */

#define CO_PARTY_NAME 32 /* octets kept of a name, for the log */
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
	bool resetting;
	bool removed;   /**< The hardware is gone (UNB-8). */
	bool reset_out; /**< Its reset handler has been called, and owes its end. */
	bool halt_asked;
	bool halt_out;
	bool in_halt; /**< co_halt_continue() runs: who else calls it leaves it the work. */
	uint8_t halt; /**< enum co_halt_state. */
	uint32_t n_bindings;
	uint32_t n_awaited;  /**< Bindings that the broker itself closes when nothing is left. */
	uint32_t n_sends;    /**< Out, of all its VCs (UNB-6). */
	uint32_t n_requests; /**< OID requests that are with it. */
	void (*halted)(void *arg, co_adapter_t adapter);
	void *halted_arg;
	struct co_registered_af afs[CO_ADAPTER_AFS];
	char name[CO_PARTY_NAME];
	struct co_miniport_ops own_ops; /**< What was registered, completed: ops points here. */
	struct co_callmgr_ops own_mcm;
};

/** How far a halt has come (5.10). */
enum co_halt_state {
	CO_HALT_NOT,
	CO_HALT_MCM,     /**< The MCM has its AFs closed, in its halt handler. */
	CO_HALT_UNBIND,  /**< Protocols leave: the CM before the clients. */
	CO_HALT_DRAIN,   /**< Sends and requests are awaited (UNB-6). */
	CO_HALT_HALTING, /**< The miniport's halt handler. */
};

struct co_protocol {
	const struct co_client_ops *client; /**< One of these two; they point to own, below. */
	const struct co_callmgr_ops *callmgr;
	void *ctx;
	char name[CO_PARTY_NAME];
	union {
		struct co_client_ops client;
		struct co_callmgr_ops callmgr;
	} own; /**< What was registered, with defaults for what was left out (OBJ-7). */
};

#define CO_BINDING_STATUSES 16 /* indications kept while a status handler runs */

struct co_binding {
	co_protocol_t protocol;
	co_adapter_t adapter;
	bool ready; /**< bound() has returned. */
	bool paused;
	bool leaving;          /**< unbind() was called. */
	bool in_status;        /**< Its status handler runs (STAT-7). */
	uint8_t n_status;      /**< Waiting. */
	uint32_t n_signalling; /**< VCs of a call manager's own, which no AF counts. */
	struct {
		co_vc_t vc;
		uint8_t code;
	} status[CO_BINDING_STATUSES];
};

/* ---- Address families and SAPs (2.5). ---- */

enum co_af_state {
	CO_AF_OPENING,
	CO_AF_OPEN,
	CO_AF_CLOSING,
	CO_AF_CLOSED, /**< For both; only the answer to notify_close_af is awaited (AF-15). */
};

/** The CM's request that the client close an AF (AF-16..18). */
enum co_af_ask {
	CO_AF_NOT_ASKED,
	CO_AF_ASKING, /**< notify_close_af runs. */
	CO_AF_ASKED,  /**< It pended. */
	CO_AF_ANSWERED,
};

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
	uint8_t ask;   /**< enum co_af_ask. */
	bool is_mcm;
	uint8_t answer; /**< enum co_status, given inside notify_close_af. */
	uint32_t type;  /**< enum co_af_type. */
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
	CO_CE_MODIFY_COMPLETE,
	CO_CE_QOS_CHANGE,
	CO_CE_PARTY, /**< A run of events of parties, in the VC's own list of them. */
};

enum co_cm_event {
	CO_ME_NONE = 0,
	CO_ME_MAKE,
	CO_ME_CLOSE,
	CO_ME_ANSWER,
	CO_ME_ACTIVATED,
	CO_ME_DEACTIVATED,
	CO_ME_MODIFY,
	CO_ME_QOS_ANSWER,
	CO_ME_PARTY, /**< As CO_CE_PARTY. */
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
#define CO_VC_F_MULTIPOINT 0x8000u     /* root of a call with parties (MAKE-2) */
#define CO_VC_F_MODIFY_OUT 0x10000u    /* the call manager has modify_call_qos, and owes its end */
#define CO_VC_F_QOS_OUT 0x20000u       /* a change of the remote awaits the client's answer */
#define CO_VC_F_IN_QOS 0x40000u        /* inside the client's incoming_call_qos_change */
#define CO_VC_F_NAMED 0x80000u         /* it has an instance name */
#define CO_VC_F_QOS_ANSWERED 0x100000u /* answered from inside incoming_call_qos_change */
#define CO_VC_F_IN_OFFER 0x200000u     /* inside the client's incoming_call */
/* What a close would else have to look for in the cold half: */
#define CO_VC_F_CHANGING 0x400000u   /* qos_params is set */
#define CO_VC_F_CLOSE_DATA 0x800000u /* close_octets are set */
#define CO_VC_F_DATA_KEPT 0x1000000u /* close_data may be set */
#define CO_VC_F_OBSERVED 0x2000000u  /* its call has been told of, and is not over */

/** The hot half: all that a close touches here. */
struct co_vc_hot {
	_Alignas(64) co_ctx_t client_ctx;
	co_ctx_t cm_ctx;
	co_ctx_t miniport_ctx;
	uint64_t client_queue; /**< Up to 16 codes of 4 bits, first in the low bits. */
	co_af_t af;            /**< CO_NONE: signalling. */
	uint32_t cm_queue;     /**< Up to 8 codes. */
	uint32_t sends_out;
	uint32_t receives_out;
	uint32_t flags;       /**< CO_VC_F_. */
	uint8_t vc_state;     /**< enum co_vc_state. */
	uint8_t call_state;   /**< enum co_call_state. */
	uint8_t before_close; /**< Call state that a failed close goes back to (CLOSE-26). */
	uint8_t setup_status; /**< Arguments of events that wait: of make_call, or of an answer. */
	uint8_t close_status;
	uint8_t close_reason;
	uint8_t modify_status; /**< Of modify_call_qos. */
	uint8_t qos_answer;    /**< Of the client to the remote's change. */
	uint8_t activate_status;
	uint8_t deactivate_status;
	uint8_t media_flags; /**< CO_MEDIA_F_ of the activation in force (SEND-9). */
	uint8_t in_receive;  /**< Receive handlers that run; each is one of receives_out (RACE-19).
			      */
};
static_assert(sizeof(struct co_vc_hot) == 64, "a close touches one line of the broker");

#define CO_WINDOW_NONE UINT16_MAX

/** The cold half: set-up, and what waits. */
struct co_vc_cold {
	_Alignas(64) struct co_call_params *params; /**< make_call's or the offer's, while out. */
	/** Of modify_call_qos, or of the remote's change, while out. */
	struct co_call_params *qos_params; /**< CO_VC_F_CHANGING: not NULL. */
	/** The client's close data, until completion (ASYNC-10), where CO_VC_F_CLOSE_DATA. */
	const uint8_t *close_octets;
	uint32_t close_size;
	uint32_t close_data;  /**< Handle of copied incoming close data (ASYNC-11). */
	uint32_t label;       /**< Of the activation in force. */
	co_binding_t creator; /**< CO_NONE: an MCM. */
	co_adapter_t adapter;
	co_sap_t sap;         /**< Of an offer. */
	uint32_t ready_next;  /**< In the list of VCs to be served: an index + 1, or 0. */
	uint32_t activation;  /**< Handle of what is with the miniport, or waits for the CM. */
	uint32_t multi;       /**< Handle of the multipoint half. */
	uint16_t send_window; /**< CO_WINDOW_NONE: unlimited (SEND-8). */
	bool ready;           /**< In that list. It survives the VC, as the list does. */
};
static_assert(sizeof(struct co_vc_cold) == 64, "cold half: one line");

/* ---- Parties (2.4). ---- */

/** What waits to be told of one party; each at most once. */
enum co_party_event {
	CO_PE_ADD_COMPLETE, /**< To the client. */
	CO_PE_INCOMING_DROP,
	CO_PE_DROP_COMPLETE,
	CO_PE_ADD, /**< To the call manager: one or the other. */
	CO_PE_DROP,
	CO_PE_COUNT
};

#define CO_PARTY_F_VOID 0x01u   /* the handle is dead; the record waits for what is queued */
#define CO_PARTY_F_OUT 0x02u    /* the call manager has add_party or drop_party, and owes its end */
#define CO_PARTY_F_HIDDEN 0x04u /* our own drop hides an incoming one (RACE-13) */
#define CO_PARTY_F_LEFT 0x08u   /* it is DROP_IND that a refused drop goes back to */

/** A place in a list of events: index of the party << 3 | enum co_party_event, + 1; 0: none. */
struct co_party_link {
	uint32_t next, prev;
	bool queued;
	bool ends_run; /**< The last of those that one code in the VC's queue stands for. */
};

struct co_party {
	co_ctx_t client_ctx;
	co_ctx_t cm_ctx;
	struct co_call_params *params; /**< add_party's, until completion. */
	const uint8_t *drop_octets;    /**< The client's drop data, until completion (ASYNC-10). */
	uint32_t drop_size;
	uint32_t drop_data; /**< Handle of copied incoming drop data. */
	co_vc_t vc;
	co_party_t next, prev; /**< Of the same VC. */
	uint8_t state;         /**< enum co_party_state. */
	uint8_t flags;         /**< CO_PARTY_F_. */
	uint8_t status;        /**< Arguments of events that wait. */
	uint8_t reason;
	struct co_party_link links[CO_PE_COUNT];
};

struct co_party_list {
	uint32_t head, tail;
};

/** What a multipoint VC has beside the others: counts by state, and its lists. */
struct co_multi {
	co_party_t first, last; /**< All that have a record. */
	co_party_t closing;     /**< The one that close_call named. */
	uint32_t n_parties;     /**< Not void. */
	uint32_t n_joined;      /**< JOINED, DROP_IND, LAST. */
	uint32_t n_adding, n_dropping;
	uint32_t n_untold; /**< Completions that wait for the client. */
	struct co_party_list to_client, to_cm;
};

/** What was asked of the miniport, then what it uses, until the call manager knows. */
struct co_activation {
	struct co_media_params media;
	uint8_t before; /**< VC state that a failed activation goes back to. */
};

struct co_name {
	co_vc_t vc;
	uint32_t next_of_name, next_of_vc; /**< Handles, in their hash chains. */
	char text[CO_NAME_SIZE];
};

#define CO_NAME_BUCKETS 1024u

#define CO_CLOSE_DATA_MAX 240 /* octets kept of data whose delivery has to wait */
#define CO_N_CLOSE_DATA 256

struct co_watcher {
	struct co_observer ops;
	void *arg;
};

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
	struct cp_pool parties;     /**< struct co_party. */
	struct cp_pool multis;      /**< struct co_multi. */
	struct cp_pool activations; /**< struct co_activation. */
	struct cp_pool names;       /**< struct co_name. */
	uint32_t names_by_text[CO_NAME_BUCKETS];
	uint32_t names_by_vc[CO_NAME_BUCKETS];
	uint32_t n_calls;
	uint32_t n_watchers;
	uint32_t n_requests;             /**< Of all adapters together. */
	uint32_t depth;                  /**< Nested deliveries on the stack. */
	uint32_t ready_head, ready_tail; /**< VCs served from the bottom of the stack: index + 1. */
	uint64_t n_illegal, n_early_deletes, n_stale, n_unexpected, n_data_lost, n_drain_violations;
	uint64_t n_leftovers, n_deactivation_errors, n_status_lost;
	struct co_watcher watchers[CO_MAX_OBSERVERS];
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

static inline struct co_multi *
co_multi_of(const struct co *co, co_vc_t vc)
{
	return cp_pool_at(&co->multis, co_vc_cold(co, vc)->multi);
}

/** An adapter outlives its VCs. */
static inline struct co_adapter *
co_adapter_of(const struct co *co, co_vc_t vc)
{
	return cp_pool_of(&co->adapters, co_vc_cold(co, vc)->adapter);
}

/** The stand-alone CM that made a signalling VC (VC-6); it does not leave without it (DEL-10). */
static inline struct co_protocol *
co_signalling_protocol(const struct co *co, co_vc_t vc)
{
	const struct co_binding *b = cp_pool_of(&co->bindings, co_vc_cold(co, vc)->creator);

	return cp_pool_of(&co->protocols, b->protocol);
}

/** The AF of a VC that is not for signalling; it outlives its VCs (AF-12). */
static inline struct co_af *
co_call_af(const struct co *co, const struct co_vc_hot *v)
{
	return cp_pool_of(&co->afs, v->af);
}

/** NULL: a VC for signalling. */
static inline struct co_af *
co_af_of(const struct co *co, const struct co_vc_hot *v)
{
	return v->af != CO_NONE ? co_call_af(co, v) : NULL;
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
static inline enum co_status
co_family_check(struct co *co, const struct co_vc_hot *v, enum co_family family)
{
	enum co_family own = v->flags & CO_VC_F_MCM ? CO_FAMILY_MCM : CO_FAMILY_CM;

	return own == family ? CO_STATUS_SUCCESS : co_illegal(co, CO_STATUS_NOT_SUPPORTED);
}

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
	CO_CALL_EV_MODIFY,     /* by the client */
	CO_CALL_EV_QOS_CHANGE, /* by the remote */
	CO_CALL_EV_ADD,
	CO_CALL_EV_DROP,
	CO_CALL_EV_INCOMING_DROP,
	CO_CALL_EV_COUNT
};

/** Next state + 1, or 0 and the status that the request gets, 0: NOT_ACCEPTED (2.6). */
struct co_cell {
	uint8_t next;
	uint8_t status;
};

extern const struct co_cell co_vc_table[CO_VC_STATE_COUNT][CO_VE_COUNT];
extern const struct co_cell co_call_table[CO_CALL_STATE_COUNT][CO_CALL_EV_COUNT];

/** What stands in a cell without a next state; that of co_vc_table is counted. */
enum co_status co_vc_refusal(struct co *co, const struct co_vc_hot *v, enum co_vc_event event);
enum co_status co_call_refusal(const struct co_vc_hot *v, enum co_call_event event);

/** SUCCESS and the VC state moved (except DELETE, which moves nothing); else the refusal (2.6). */
static inline enum co_status
co_vc_move(struct co *co, struct co_vc_hot *v, enum co_vc_event event)
{
	uint8_t next = co_vc_table[v->vc_state][event].next;

	if (next == 0)
		return co_vc_refusal(co, v, event);
	v->vc_state = (uint8_t)(next - 1);
	return CO_STATUS_SUCCESS;
}

static inline void
co_call_set(struct co *co, struct co_vc_hot *v, enum co_call_state state)
{
	co->n_calls += (state != CO_CALL_IDLE) - (v->call_state != CO_CALL_IDLE);
	v->call_state = (uint8_t)state;
}

/** SUCCESS, or the refusal that co_call_move() would be; moves and counts nothing. */
static inline enum co_status
co_call_may(const struct co_vc_hot *v, enum co_call_event event)
{
	if (co_call_table[v->call_state][event].next == 0)
		return co_call_refusal(v, event);
	return CO_STATUS_SUCCESS;
}

/** SUCCESS and the call state moved; else the refusal (2.6), nothing moved. */
static inline enum co_status
co_call_move(struct co *co, struct co_vc_hot *v, enum co_call_event event)
{
	uint8_t next = co_call_table[v->call_state][event].next;

	if (next == 0)
		return co_illegal(co, co_call_refusal(v, event));
	co_call_set(co, v, (enum co_call_state)(next - 1));
	return CO_STATUS_SUCCESS;
}

static inline bool
co_vc_is_inactive(const struct co_vc_hot *v)
{
	return v->vc_state == CO_VC_CREATED || v->vc_state == CO_VC_DEACTIVATED;
}

/*
 * call.c: what the queues deliver, but for completions of closes. Not in line: the loop that calls
 * these would carry the registers of all that they lead to.
 */
void co_deliver_to_client(struct co *co, co_vc_t vc, struct co_vc_hot *v,
	enum co_client_event event) __attribute__((noinline));
void co_deliver_to_cm(struct co *co, co_vc_t vc, struct co_vc_hot *v, enum co_cm_event event)
	__attribute__((noinline));

/* observe.c: where somebody does hear of calls; out of the way of those of whom nobody does. */
#define CO_SELDOM __attribute__((cold, noinline))
void co_observe_begun(struct co *co, co_vc_t vc, struct co_vc_hot *v) CO_SELDOM;
void co_observe_up(const struct co *co, co_vc_t vc) CO_SELDOM;
void co_observe_ending(const struct co *co, co_vc_t vc, const struct co_call_end *end) CO_SELDOM;
void co_observe_end(const struct co *co, co_vc_t vc, struct co_vc_hot *v) CO_SELDOM;

/** The call's parameters are in the cold half. */
static inline void
co_tell_begun(struct co *co, co_vc_t vc, struct co_vc_hot *v)
{
	if (co->n_watchers != 0)
		co_observe_begun(co, vc, v);
}

static inline void
co_tell_up(const struct co *co, co_vc_t vc, const struct co_vc_hot *v)
{
	if (v->flags & CO_VC_F_OBSERVED)
		co_observe_up(co, vc);
}

/** A call that was made or offered has been refused. */
static inline void
co_tell_refused(const struct co *co, co_vc_t vc, const struct co_vc_hot *v, bool by_client,
	enum co_status status, const struct co_call_params *params)
{
	const struct co_call_end end = {
		.by_client = by_client, .refused = true, .status = status, .params = params
	};

	if (v->flags & CO_VC_F_OBSERVED)
		co_observe_ending(co, vc, &end);
}

/** A call is being closed. */
static inline void
co_tell_closing(const struct co *co, co_vc_t vc, const struct co_vc_hot *v, bool by_client,
	enum co_status reason, struct co_data data)
{
	const struct co_call_end end = { .by_client = by_client, .status = reason, .data = data };

	if (v->flags & CO_VC_F_OBSERVED)
		co_observe_ending(co, vc, &end);
}

/** The call, or the VC, may have been the last of both to end. */
static inline void
co_tell_over(const struct co *co, co_vc_t vc, struct co_vc_hot *v)
{
	if ((v->flags & CO_VC_F_OBSERVED) && v->call_state == CO_CALL_IDLE && co_vc_is_inactive(v))
		co_observe_end(co, vc, v);
}

/* close.c */

/** After make_call_complete was delivered: a close that waited for it begins (RACE-4, RACE-5). */
void co_close_after_make(struct co *co, co_vc_t vc, struct co_vc_hot *v);

/** The VC may have become inactive: a call whose close was complete is over then (CLOSE-20). */
static inline void
co_close_vc_inactive(struct co *co, co_vc_t vc, struct co_vc_hot *v)
{
	if (v->call_state == CO_CALL_RELEASED && co_vc_is_inactive(v))
		co_call_set(co, v, CO_CALL_IDLE);
	co_tell_over(co, vc, v);
}

/** The client's close reaches the call manager, who was busy when it was asked. */
void co_close_deliver(struct co *co, co_vc_t vc, struct co_vc_hot *v);

/** The completion reaches the client. */
void co_close_tell_complete(struct co *co, co_vc_t vc, struct co_vc_hot *v);

/** The incoming close that had to wait reaches the client. */
void co_close_deliver_incoming(struct co *co, co_vc_t vc, struct co_vc_hot *v);

/** What was kept of an incoming close whose delivery had to wait is of no use any more. */
void co_close_drop_data(struct co *co, co_vc_t vc, struct co_vc_hot *v);

/** Copies @p data whose delivery has to wait into *handle; lost and counted without room. */
void co_data_keep(struct co *co, uint32_t *handle, struct co_data data);

/** Into @p octets, of CO_CLOSE_DATA_MAX, and the copy freed; empty when there was none. */
struct co_data co_data_take(struct co *co, uint32_t *handle, uint8_t *octets);

/** The call's parameters as handed over: into @p to, which lives until completion. */
void co_params_keep(
	struct co *co, struct co_call_params *to, const struct co_call_params *from, bool deferred);

/* party.c */

/** The multipoint half of @p vc and its first party. RESOURCES: nothing is there then. */
enum co_status co_party_begin(struct co *co, co_vc_t vc, co_ctx_t client_ctx, co_party_t *party);

/** make_call ended: the first party has joined, or all of it is void (MAKE-8). */
void co_party_made(struct co *co, co_vc_t vc, enum co_status status);

/** The first party, CO_NONE of a point-to-point call. */
co_party_t co_party_first(const struct co *co, co_vc_t vc);

/** Where the call manager puts its context of a party. */
co_ctx_t *co_party_cm_ctx(const struct co *co, co_party_t party);

/** Whether @p party is one of the VC's that can be named. */
bool co_party_belongs(const struct co *co, co_vc_t vc, co_party_t party);

/** One party is left and nothing of another is pending; always so in a point-to-point call. */
bool co_party_is_alone(const struct co *co, co_vc_t vc);

/** The close was accepted: @p party is the last. What was to be told of its leaving is not. */
void co_party_close(struct co *co, co_vc_t vc, co_party_t party);

/** The close failed: the party is joined as before (CLOSE-26). */
void co_party_close_failed(struct co *co, co_vc_t vc);

/** Contexts of the party that close_call named; 0 in a point-to-point call. */
co_ctx_t co_party_closing_client_ctx(const struct co *co, co_vc_t vc);
co_ctx_t co_party_closing_cm_ctx(const struct co *co, co_vc_t vc);

/** The call is over: nothing is left of its parties. */
void co_party_end(struct co *co, co_vc_t vc);

/** Adds and drops that the call manager has not heard of end with REQUEST_ABORTED (RACE-12). */
void co_party_abort_queued(struct co *co, co_vc_t vc, struct co_vc_hot *v);

/** An add or drop is under way (RACE-10..12). */
bool co_party_is_pending(const struct co *co, co_vc_t vc);

/** What the queues deliver: the first event of a run. */
void co_party_tell_client(struct co *co, co_vc_t vc);
void co_party_deliver_to_cm(struct co *co, co_vc_t vc);

/* vc.c */

/** What the miniport uses since the activation that has just ended; its record is freed. */
struct co_media_params co_activation_take(struct co *co, co_vc_t vc);

/* qos.c */

/** The client closes: its change that the call manager has not heard of is aborted (RACE-7), what
 * the remote proposed is not told any more (RACE-8). */
void co_qos_close(struct co *co, co_vc_t vc, struct co_vc_hot *v);

/** The close is over: a change that is still with the call manager is aborted, and told before it.
 * True when something is to be told. */
bool co_qos_closed(struct co_vc_hot *v);

/** A change that the call manager has (RACE-12). */
bool co_qos_is_pending(const struct co_vc_hot *v);

/** A change that it has not heard of is aborted (RACE-12). */
void co_qos_abort_queued(struct co_vc_hot *v);

/** What the queues deliver. */
void co_qos_tell_modified(struct co *co, co_vc_t vc, struct co_vc_hot *v);
void co_qos_tell_change(struct co *co, co_vc_t vc, struct co_vc_hot *v);
void co_qos_deliver_modify(struct co *co, co_vc_t vc, struct co_vc_hot *v);
void co_qos_deliver_answer(struct co *co, co_vc_t vc, struct co_vc_hot *v);

/* name.c */

/** DEL-11 */
void co_name_end(struct co *co, co_vc_t vc);

/* life.c: unbind, halt, reset, pause. */

/**
 * A binding, an AF, a signalling VC, a send or a request of @p adapter has gone: a halt, or the
 * closing of a binding that has no unbind handler, may go on. Runs handlers: the caller's last act.
 */
void co_halt_continue(struct co *co, co_adapter_t adapter);

/** SUCCESS, or why a send of the VC's owner may not go to the adapter now. */
enum co_status co_life_may_send(const struct co *co, co_vc_t vc, const struct co_vc_hot *v);

/** Nothing new begins on an adapter that halts, or for a protocol that leaves it (AF-9). */
bool co_life_is_ending(const struct co *co, co_binding_t binding);

/* status.c */

/** To every protocol bound to @p adapter, CMs first (RESET-2). */
void co_status_tell_all(struct co *co, co_adapter_t adapter, enum co_status code);

/* ops.c: defaults for members that were left NULL (OBJ-7); false: a compulsory one is. */
bool co_client_ops_complete(struct co_client_ops *ops);
bool co_callmgr_ops_complete(struct co_callmgr_ops *ops, bool mcm);
bool co_miniport_ops_complete(struct co_miniport_ops *ops, bool mcm);

/* af.c */

/** Tell a client that has just been bound of all AFs of the adapter (AF-2). */
void co_af_tell_client(struct co *co, co_binding_t binding);

/** Tell all clients of what a CM registered while it was being bound (AF-1). */
void co_af_tell_of_cm(struct co *co, co_binding_t cm_binding);

/** The binding through which the stand-alone CM of @p af registered it; CO_NONE: an MCM. */
co_binding_t co_af_cm_binding(const struct co *co, const struct co_af *af);

/** A registration ends with its CM's binding. */
void co_af_withdraw_all(struct co *co, co_binding_t cm_binding);
