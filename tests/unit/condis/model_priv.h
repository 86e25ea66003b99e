/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * The exploration's model: parties that do anything at random, and beside them a reference of what
 * the broker has to make of it. The reference knows the contract's states (2.1 to 2.5), what pends,
 * and for each party of each VC what it is to be told, in order. It calls nothing of the broker's.
 * A request is predicted before it is made; a handler that is called must be the next one told of.
 *
 * model_ref.c: the reference. model_hands.c, model_vc.c: the parties' handlers. model_do.c,
 * model_client.c, model_cm.c, model_miniport.c: their requests about VCs. model_af.c, model_life.c:
 * what there is beside VCs. model_choose.c: what is done next. model.c: beginning, looking, end.
 * model_cover.c: what was seen of the state tables.
 */

#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>

#include "../base/random.h"
#include "condis/condis_priv.h"
#include "model.h"

#define N_SLOTS 6u
#define N_AFS 2u
#define N_SAPS 3u
#define N_PARTIES 6u
#define N_PACKETS 64u
#define MAX_QUEUE 64u
#define MAX_NESTING 16u
/** From this depth of handlers on the broker may put a delivery off until the stack unwinds. */
#define DEEP 8u

/* Limits of the broker, below what is asked for, so that it runs out of each. */
#define LIMIT_VCS 5u
#define LIMIT_PARTIES 9u
#define LIMIT_WAITING 3u
#define LIMIT_SAPS 2u

/** What a party is told of a VC. */
enum event_kind {
	/* the client */
	EV_MADE,
	EV_CLOSED,
	EV_CONNECTED,
	EV_INCOMING_CLOSE,
	EV_OFFER,
	EV_MODIFIED,
	EV_QOS_CHANGE,
	EV_ADDED,
	EV_DROPPED,
	EV_INCOMING_DROP,
	/* the call manager */
	EV_MAKE,
	EV_CLOSE,
	EV_ANSWER,
	EV_ACTIVATED,
	EV_DEACTIVATED,
	EV_MODIFY,
	EV_QOS_ANSWER,
	EV_ADD,
	EV_DROP,
	EV_COUNT
};

/** Octets of one value; what has to wait is kept up to CO_CLOSE_DATA_MAX of them (ASYNC-11). */
struct mdata {
	uint16_t size;
	uint8_t fill;
};

/** A request that has not returned yet: how its handler ended, when that ran inside it. */
struct frame {
	bool ran;
	enum co_status answer; /**< What the request is to return then. */
};

struct event {
	enum event_kind kind;
	enum co_status status; /**< Or the reason. */
	int party;             /**< Index, -1: none. */
	struct mdata data;
	struct frame *frame; /**< NULL: nobody waits for its return. */
	const struct co_call_params *params;
};

struct queue {
	struct event events[MAX_QUEUE];
	uint32_t n;
};

struct mparty {
	bool used; /**< The broker has a record of it. */
	bool is_void;
	bool out;    /**< The call manager has add_party or drop_party. */
	bool hidden; /**< RACE-13 */
	bool has_cm_ctx;
	co_party_t handle;
	enum co_party_state state;
	uint32_t serial;
	enum co_status reason;
	struct mdata data;
	struct co_call_params params;
};

struct mvc {
	co_vc_t vc; /**< Of the last one that was here, when none is. */
	bool alive;
	bool unsettled; /**< Being made or deleted. */
	bool by_client, signalling;
	uint32_t life, af;

	enum co_vc_state vc_state;
	enum co_call_state call, before_close;
	enum co_vc_state before_activation;
	bool activate_out, deactivate_out, reactivating, activation_kept;
	bool make_out, close_out, modify_out, qos_out;
	bool in_offer, answered, in_qos, qos_answered;
	bool deferred; /**< A close waits for make_call (RACE-4). */
	bool hidden;   /**< RACE-1 */
	bool no_reuse; /**< INCLOSE-12 */
	enum co_status answer, qos_answer, reason;
	struct mdata data;       /**< Of an incoming close that waits or is hidden. */
	struct mdata close_data; /**< Of the client's close. */

	bool multi;
	struct mparty parties[N_PARTIES];
	int closing;

	bool client_busy, cm_busy;
	struct queue client, cm;

	uint32_t media_flags, label, window;
	struct co_media_params asked;
	struct co_packet *sent[N_PACKETS], *kept[N_PACKETS];
	uint32_t n_sent, n_back, n_kept, in_receive;

	struct co_call_params params, qos_params, change_params;

	struct frame *frame;    /**< Of an activation or deactivation that begins. */
	uint32_t n_activations; /**< Begun, and by number ended: */
	uint32_t n_deactivations;
	uint32_t n_activated, n_deactivated;
	bool undone; /**< The miniport refused it: its peer takes it back (VC-4). */
	bool peer_agreed;
	enum co_status settled; /**< What creation or deletion came to at the other parties. */
	uint32_t offer_sap;     /**< Index: of the offer under way. */
};

enum maf_state { AF_NONE, AF_OPENING, AF_OPEN, AF_CLOSING, AF_CLOSED, AF_STATE_COUNT };

struct maf {
	co_af_t af;
	enum maf_state state;
	enum co_af_ask ask;
	enum co_status answer;
	uint32_t n_vcs, n_saps;
	uint32_t life;
	bool telling;              /**< A completion is on its way to whoever waits for it ... */
	enum co_status telling_of; /**< ... with this. */
};

enum msap_state { SAP_NONE, SAP_REGISTERING, SAP_REGISTERED, SAP_DEREGISTERING, SAP_STATE_COUNT };

struct msap {
	co_sap_t sap;
	enum msap_state state;
	uint32_t af, life;
	bool telling;
	enum co_status telling_of;
};

/** What a binding may hear of (STAT-7): how many of each code. */
struct mstatus {
	uint32_t n[CO_STATUS_COUNT];
	bool inside;
	uint32_t n_waiting;
};

/** The tables of section 2. */
enum cover_table { COVER_VC, COVER_CALL, COVER_PARTY, COVER_AF, COVER_SAP, COVER_COUNT };

/* Events of each, as columns. */
enum { CV_ACTIVATE, CV_ACTIVATED, CV_NOT_ACTIVATED, CV_DEACTIVATE, CV_DEACTIVATED, CV_DELETE };
enum {
	CC_MAKE,
	CC_MADE,
	CC_NOT_MADE,
	CC_OFFER,
	CC_ACCEPT,
	CC_REJECT,
	CC_CONNECTED,
	CC_INCOMING_CLOSE,
	CC_CLOSE,
	CC_CLOSED,
	CC_NOT_CLOSED,
	CC_MODIFY,
	CC_MODIFIED,
	CC_QOS_CHANGE,
	CC_ADD,
	CC_DROP,
	CC_INCOMING_DROP
};
enum { CP_ADDED, CP_NOT_ADDED, CP_DROP, CP_DROPPED, CP_NOT_DROPPED, CP_LEAVE, CP_CLOSE };
enum { CA_OPENED, CA_NOT_OPENED, CA_CLOSE, CA_CLOSED, CA_ASK, CA_ANSWER };
enum { CS_REGISTERED, CS_NOT_REGISTERED, CS_DEREGISTER, CS_DEREGISTERED, CS_OFFER };

struct model {
	struct co *co;
	struct model_stats *stats;
	bool mcm, draining, trace, halting;
	enum model_fault fault;
	uint64_t random;
	uint32_t budget; /**< Operations that may still begin inside the one that runs. */
	uint32_t eager;  /**< One in so many handlers lets nothing (more) begin. */
	const struct spared *spared;
	struct insides inside; /**< What began inside the outermost one. */
	uint32_t nesting;      /**< Handlers on the stack. */
	uint32_t here;         /**< The slot that the innermost one is about. */
	uint32_t serial;
	co_adapter_t adapter;
	co_protocol_t client, cm;
	co_binding_t client_binding, cm_binding;
	struct maf afs[N_AFS];
	struct msap saps[N_SAPS];
	struct mvc slots[N_SLOTS];
	struct mvc *creating;
	uint32_t n_parties, n_waiting;
	struct co_packet packets[N_PACKETS];
	struct co_packet *free_packets[N_PACKETS];
	uint32_t n_free;
	bool resetting, reset_out, paused, cm_paused, halted;
	uint32_t n_resets;
	struct mstatus statuses[2]; /**< Of the client's binding, of the CM's. */
	jmp_buf *fail;
	char why[512];
};

/* ---- Failing: back to whoever began the episode. ---- */

void model_fail(struct model *m, const char *format, ...)
	__attribute__((noreturn, format(printf, 2, 3)));

#define EXPECT(m, condition, ...)                                                                  \
	do {                                                                                       \
		if (!(condition))                                                                  \
			model_fail(m, __VA_ARGS__);                                                \
	} while (0)

void model_say(struct model *m, const char *format, ...) __attribute__((format(printf, 2, 3)));

const char *event_name(enum event_kind kind);

/* ---- Choices: all from the operation's own seed. ---- */

static inline uint32_t
pick(struct model *m, uint32_t n)
{
	return random_below(&m->random, n);
}

static inline bool
one_in(struct model *m, uint32_t n)
{
	return pick(m, n) == 0;
}

static inline uint32_t
slot_index(const struct model *m, const struct mvc *v)
{
	return (uint32_t)(v - m->slots);
}

static inline co_ctx_t
vc_ctx(const struct model *m, const struct mvc *v)
{
	return (co_ctx_t)v->life << 8 | (slot_index(m, v) + 1);
}

static inline co_ctx_t
party_ctx(const struct model *m, const struct mvc *v, const struct mparty *p)
{
	return (co_ctx_t)p->serial << 16 | (co_ctx_t)(p - v->parties) << 8 | (slot_index(m, v) + 1);
}

/** The call manager's, and the miniport's: the same with a mark. */
#define CM_MARK ((co_ctx_t)1 << 60)
#define MP_MARK ((co_ctx_t)1 << 59)

/* ---- The reference. ---- */

struct event *ref_push(struct model *m, struct mvc *v, enum event_kind kind);
bool ref_queued(const struct mvc *v, enum event_kind kind);
bool ref_queued_of(const struct mvc *v, enum event_kind kind, int party);
bool ref_unqueue(struct mvc *v, enum event_kind kind, int party);
bool ref_cm_waits(const struct mvc *v);
bool ref_client_waits(const struct mvc *v);
bool ref_is_inactive(const struct mvc *v);
bool ref_make_is_out(const struct mvc *v);

/** What each request gets before anybody is called; PENDING and SUCCESS: it goes on. */
enum co_status ref_may_make(const struct mvc *v);
enum co_status ref_may_close(const struct mvc *v, int party, bool bad_party, bool bad_data);
enum co_status ref_may_modify(const struct mvc *v);
enum co_status ref_may_propose(const struct mvc *v);
enum co_status ref_may_add(const struct mvc *v);
enum co_status ref_may_drop(const struct mvc *v, const struct mparty *p);
enum co_status ref_may_delete(const struct mvc *v);
enum co_status ref_may_answer(const struct mvc *v, enum co_status status);
enum co_status ref_may_answer_qos(const struct mvc *v, enum co_status status);
enum co_status ref_may_send(const struct model *m, const struct mvc *v);

bool ref_make_may_succeed(const struct mvc *v);
bool ref_modify_may_succeed(const struct mvc *v);

void ref_party_begin(struct model *m, struct mvc *v, int i, co_party_t handle);
void ref_party_free(struct model *m, struct mparty *p);
void ref_party_void(struct mparty *p);
void ref_parties_end(struct model *m, struct mvc *v);
uint32_t ref_n_parties(const struct mvc *v);
uint32_t ref_n_joined(const struct mvc *v);
uint32_t ref_n_dropping(const struct mvc *v);
int ref_free_party(const struct mvc *v);

void ref_made(struct model *m, struct mvc *v, enum co_status status);
void ref_after_made(struct model *m, struct mvc *v);
void ref_begin_close(struct model *m, struct mvc *v, int party, struct frame *frame);
void ref_close_ended(struct model *m, struct mvc *v, enum co_status status);
bool ref_close_owes_more(struct mvc *v);
void ref_queue_closed(struct model *m, struct mvc *v, enum co_status status);
bool ref_is_over(const struct mvc *v);
void ref_answered(struct model *m, struct mvc *v, enum co_status status);
void ref_activation_ended(
	struct model *m, struct mvc *v, enum co_status status, const struct co_media_params *used);
void ref_deactivated(struct mvc *v);
void ref_add_ended(struct model *m, struct mvc *v, struct mparty *p, enum co_status status);
void ref_drop_ended(struct mvc *v, struct mparty *p, enum co_status status);
void ref_raise_dropped(struct model *m, struct mvc *v, struct mparty *p, enum co_status status);
void ref_abort_unheard(struct model *m, struct mvc *v);
void ref_forget_change(struct model *m, struct mvc *v);
void ref_answer_by_asking(struct mvc *v);
struct mdata ref_kept(struct mdata data);

/* ---- Requests. ---- */

/** By random number of its own; @p slot counts for those about a VC. */
void model_do(struct model *m, uint32_t kind, uint32_t slot);
/** What each party owes: all that ends something about @p slot, and beside VCs. */
void model_do_duties(struct model *m, uint32_t slot);
const char *model_kind_name(uint32_t kind);
void model_choose(struct model *m, uint32_t *kind, uint32_t *slot);
void model_meanwhile(struct model *m);
void model_check_vc(struct model *m, const struct mvc *v);

/** SUCCESS or an error; the same or PENDING. */
enum co_status any_final(struct model *m);
enum co_status any_answer(struct model *m);

/** @p arg chooses which. */
void do_open_af(struct model *m, uint32_t arg);
void do_opened_af(struct model *m, uint32_t arg);
void do_close_af(struct model *m, uint32_t arg);
void do_closed_af(struct model *m, uint32_t arg);
void do_ask_af(struct model *m, uint32_t arg);
void do_told_af(struct model *m, uint32_t arg);
void do_register_sap(struct model *m, uint32_t arg);
void do_registered_sap(struct model *m, uint32_t arg);
void do_deregister_sap(struct model *m, uint32_t arg);
void do_deregistered_sap(struct model *m, uint32_t arg);
void do_reset(struct model *m, uint32_t arg);
void do_af_duties(struct model *m, uint32_t arg);
void do_sap_duties(struct model *m, uint32_t arg);
void do_reset_done(struct model *m, uint32_t arg);
void do_pause(struct model *m, uint32_t arg);
void do_status(struct model *m, uint32_t arg);
void model_check_told(struct model *m);

/** A handle that can be asked with: of one that is not there, one that nobody has. */
co_af_t af_handle(const struct maf *a);

/** The VC of a context, which must be there. */
struct mvc *model_find_vc(struct model *m, co_ctx_t ctx, const char *who);

/* Handlers of model_hands.c. */
void model_cl_made(
	void *arg, co_ctx_t ctx, enum co_status status, const struct co_call_params *params);
void model_cl_closed(void *arg, co_ctx_t ctx, co_ctx_t last, enum co_status status);
void model_cl_connected(void *arg, co_ctx_t ctx);
void model_cl_incoming_close(void *arg, co_ctx_t ctx, enum co_status reason, struct co_data data);
enum co_status model_cl_offer(
	void *arg, co_ctx_t sap_ctx, co_ctx_t ctx, struct co_call_params *params);
void model_cl_modified(
	void *arg, co_ctx_t ctx, enum co_status status, const struct co_call_params *params);
enum co_status model_cl_qos_change(void *arg, co_ctx_t ctx, const struct co_call_params *params);
void model_cl_added(void *arg, co_ctx_t ctx, enum co_status status, co_party_t party,
	const struct co_call_params *params);
void model_cl_dropped(void *arg, co_ctx_t ctx, enum co_status status);
void model_cl_incoming_drop(void *arg, co_ctx_t ctx, enum co_status reason, struct co_data data);
enum co_status model_cm_make(void *arg, co_ctx_t ctx, struct co_call_params *params);
enum co_status model_cm_make_multi(void *arg, co_ctx_t ctx, struct co_call_params *params,
	co_party_t party, co_ctx_t *party_ctx_out);
enum co_status model_cm_close(void *arg, co_ctx_t ctx, co_ctx_t last, struct co_data data);
void model_cm_answer(
	void *arg, co_ctx_t ctx, enum co_status status, const struct co_call_params *params);
void model_cm_activated(
	void *arg, co_ctx_t ctx, enum co_status status, const struct co_media_params *media);
void model_cm_deactivated(void *arg, co_ctx_t ctx, enum co_status status);
enum co_status model_cm_modify(void *arg, co_ctx_t ctx, struct co_call_params *params);
void model_cm_qos_answer(void *arg, co_ctx_t ctx, enum co_status status);
enum co_status model_cm_add(void *arg, co_ctx_t ctx, struct co_call_params *params,
	co_party_t party, co_ctx_t *party_ctx_out);
enum co_status model_cm_drop(void *arg, co_ctx_t ctx, struct co_data data);

/* Handlers of model_af.c and model_life.c. */
void model_cl_opened(void *arg, co_ctx_t ctx, enum co_status status, co_af_t af);
void model_cl_closed_af(void *arg, co_ctx_t ctx, enum co_status status);
void model_cl_sap(void *arg, co_ctx_t ctx, enum co_status status, co_sap_t sap);
void model_cl_no_sap(void *arg, co_ctx_t ctx, enum co_status status);
enum co_status model_cl_notify_close(void *arg, co_ctx_t ctx);
void model_cl_status(
	void *arg, co_binding_t binding, bool has_vc, co_ctx_t ctx, enum co_status code);
void model_cm_status(
	void *arg, co_binding_t binding, bool has_vc, co_ctx_t ctx, enum co_status code);
void model_unbind(void *arg, co_binding_t binding);
enum co_status model_cm_open(void *arg, co_af_t af, enum co_af_type type, co_ctx_t *ctx);
enum co_status model_cm_close_af(void *arg, co_ctx_t ctx);
enum co_status model_cm_sap(
	void *arg, co_ctx_t af_ctx, co_sap_t sap, const struct co_address *address, co_ctx_t *ctx);
enum co_status model_cm_no_sap(void *arg, co_ctx_t ctx);
void model_cm_notified(void *arg, co_ctx_t ctx, enum co_status status);
enum co_status model_mp_reset(void *arg);
enum co_status model_mp_halt(void *arg);

extern const struct co_client_ops model_client_ops;
extern const struct co_callmgr_ops model_cm_ops, model_mcm_ops;
extern const struct co_miniport_ops model_miniport_ops, model_mcm_miniport_ops;

/* ---- Coverage. ---- */

/** A request in a cell of a table: @p entered, or refused. */
void cover(struct model *m, enum cover_table table, uint32_t state, uint32_t event, bool entered);

static inline void
cover_call(struct model *m, const struct mvc *v, uint32_t event, bool entered)
{
	/* Until the client hears how make_call ended, it is making (RACE-4). */
	cover(m, COVER_CALL, event == CC_CLOSE && ref_make_is_out(v) ? CO_CALL_MAKING : v->call,
		event, entered);
}
