/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * The whole call chain in one process and virtual time: a client, the broker, a call manager and an
 * end of a wire on the user side; the same on the network side. medium.h hides what the wire is
 * made of. Every arrow of the contract's figures that concerns a client's VC is recorded: the
 * broker's functions and the parties' handlers are interposed at link time.
 */

#include <stdbool.h>
#include <stdint.h>

#include "callmgr/callmgr.h"
#include "condis/condis.h"
#include "told.h"

#define CHAIN_MAX_CALLS 1024u
#define CHAIN_MAX_STEPS 512u
#define CHAIN_MAX_HELD 8u
#define CHAIN_MAX_PARTIES 64u
#define CHAIN_SIGNALLING_LABEL 16u

enum chain_side { USER, NETWORK, SIDE_COUNT };

struct chain;
struct loopvc;
struct medium;

/** One call as a client sees it; its address is the client's VC context. */
struct chain_call {
	struct chain_client *client;
	co_vc_t vc;                   /**< CO_NONE: the record is free, or the VC has gone. */
	struct co_call_params params; /**< Of make_call, or as offered. */
	bool ours;                    /**< The client created the VC. */
	bool up;
	bool undeleted; /**< Its VC could not be deleted yet (DEL-9): each turn tries again. */
	unsigned int n_made, n_offered, n_connected, n_incoming_close, n_closed;
	enum co_status make_status;
	enum co_status close_status;
	enum co_status again_status; /**< Of the make_call from close_call_complete. */
	enum co_status reason;       /**< Of the incoming close. */
	uint8_t cause;               /**< Of a make_call that failed. */
	struct told told;            /**< Of the incoming close. */
	struct came came;            /**< With the end of make_call. */
	struct came offered;         /**< With the offer. */
	unsigned int n_received, n_sent;
	/* Parties: the client is the root. */
	bool multipoint;
	bool tearing_down; /**< From each drop_party_complete the next goes (DROP-11). */
	/* Changes of rates. */
	struct co_call_params asked; /**< Of modify_call_qos. */
	unsigned int n_modified, n_proposed;
	enum co_status modify_status;
	struct co_call_params proposed;
};

/** A party of a root; its address is the client's party context. */
struct chain_party {
	struct chain_call *call; /**< NULL: the record is free. */
	co_party_t party;
	struct co_call_params params;
	bool joined;
	unsigned int n_added, n_dropped, n_left;
	enum co_status add_status, drop_status;
	enum co_status reason; /**< Of the incoming drop. */
	struct told told;
	struct came came; /**< With the end of add_party. */
};

/** A client, and what it does in its handlers. */
struct chain_client {
	struct chain *chain;
	struct co *co;
	enum chain_side side;
	co_binding_t binding;
	co_af_t af;
	co_sap_t sap;
	enum co_status answer;   /**< To an offer; CO_STATUS_PENDING: later. */
	uint8_t answer_cause;    /**< Of a refusal; 0: the call manager chooses. */
	const uint8_t *elements; /**< That go with its answers and refusals. */
	uint32_t elements_size;
	bool leaves_close_open;       /**< An incoming close is not answered. */
	bool closes_when_made;        /**< From make_call_complete. */
	bool closes_when_connected;   /**< From call_connected. */
	bool calls_again;             /**< From close_call_complete, on the same VC, once. */
	bool keeps_vcs;               /**< It deletes none by itself. */
	bool leaves_drops_open;       /**< An incoming drop is not answered. */
	enum co_status change_answer; /**< To a proposed change; CO_STATUS_PENDING: later. */
	bool closes_when_proposed;    /**< From incoming_call_qos_change. */
	bool closes_when_modified;    /**< From modify_call_qos_complete, where that failed. */
	bool wants_confirmation;      /**< Of the changes that it accepts. */
	bool confirms;                /**< Its own changes: they are not confirmed for it. */
	bool asks_when_proposed;      /**< modify_call_qos from incoming_call_qos_change. */
	enum co_status asked_status;  /**< What that got. */
	enum co_status notify_answer; /**< CO_STATUS_PENDING: it leaves; else that is its answer. */
	bool leaving;                 /**< Each turn: is everything gone, so that the AF can go? */
	bool af_is_open, adapter_is_open;
	unsigned int n_notified, n_af_closed;
	unsigned int n_oids[CO_OID_COUNT]; /**< From its call manager. */
	struct co_notification told;       /**< The last one, and of what. */
	co_ctx_t told_vc, told_party;
	bool holds_receives;
	uint32_t n_held;
	struct co_packet *held[CHAIN_MAX_HELD];
	uint32_t n_calls, n_undeleted;
	struct chain_call *last; /**< The newest one. */
	struct chain_call calls[CHAIN_MAX_CALLS];
	uint32_t n_parties;
	struct chain_party parties[CHAIN_MAX_PARTIES];
};

#define CHAIN_TRACES 32 /**< Of each call manager's record. */

struct chain_step {
	enum chain_side side;
	char text[60];
};

struct chain {
	unsigned int
		n_brokers; /**< 1: both sides share broker and call control; 2: each has its own. */
	struct co *co[SIDE_COUNT];
	struct uni *uni[SIDE_COUNT];
	struct callmgr_env *env[SIDE_COUNT];
	struct medium *medium;
	struct loopvc *lv; /**< NULL when the wire is another; the user side is end A. */
	co_adapter_t adapter[SIDE_COUNT];
	struct callmgr *cm[SIDE_COUNT];
	bool completes_first[SIDE_COUNT]; /**< Its call manager is an MCM (CLOSE-19). */
	enum co_status mcm_activation; /**< What co_mcm_activate_vc() says; SUCCESS: the truth. */
	struct chain_client client[SIDE_COUNT];
	uint64_t now_ns;
	uint32_t n_steps;
	struct chain_step steps[CHAIN_MAX_STEPS];
};

/** What a test may want otherwise. */
struct chain_config {
	unsigned int n_brokers;  /**< 0: 2. */
	uint32_t no_response_ms; /**< Of the signalling transport; 0: the default. */
	uint64_t seed;
	bool mcm[SIDE_COUNT];           /**< Trunks: the side's adapter is an MCM. */
	bool meter;                     /**< Call managers tell the rates. */
	uint64_t bandwidth[SIDE_COUNT]; /**< Of trunks; 0: not limited. */
	bool no_close_data;
	bool restart_first;    /**< The links begin with RESTARTs (SIG-85). */
	bool port_down_clears; /**< SIG-102 */
	uint32_t t316_ms;      /**< 0: the default. */
	uint32_t n_setups;     /**< Of call control; 0: plenty. */
	uint32_t n_answers;    /**< Of call managers; 0: the default. */
};

/** Up to a signalling link that is established, and a SAP on each side: "1" user, "2" network. */
struct chain *chain_create(const struct chain_config *config);

/** Down in order; asserts that nothing is left anywhere (I4). */
void chain_destroy(struct chain *ch);

/** So much time in turns of 1 ms. */
void chain_run_ms(struct chain *ch, uint32_t ms);

/** Until @p done says true, at most @p ms; asserts that it does. */
void chain_run_until(struct chain *ch, bool (*done)(const struct chain *ch), uint32_t ms);

/** One turn of 1 ms. */
void chain_turn(struct chain *ch);

struct callmgr *chain_callmgr(struct chain *ch, enum chain_side side);
bool chain_link_is_up(struct chain *ch, enum chain_side side);

/** No call and no client's VC is left on either side, on the wire neither. */
bool chain_is_idle(const struct chain *ch);

/** A call from @p from to the other side's SAP. */
struct chain_call *chain_call(struct chain *ch, enum chain_side from);

/** A VC without a call, and make_call on it. */
struct chain_call *chain_create_vc(struct chain *ch, enum chain_side from);
enum co_status chain_make_call(struct chain_call *call);

/** The same with parties; the first one is @p out. */
struct chain_call *chain_call_multipoint(
	struct chain *ch, enum chain_side from, struct chain_party **out);

/** Makes a multipoint call with @p n parties and runs until all have joined. */
struct chain_call *chain_multipoint_up(
	struct chain *ch, enum chain_side from, uint32_t n, struct chain_party **parties);

/** One more party, at the other side's SAP. */
enum co_status chain_add(struct chain_call *call, struct chain_party **out);
enum co_status chain_drop(struct chain_party *party, const void *data, uint32_t size);

/** Parties of the call that are there; the last of the list. */
uint32_t chain_n_joined(const struct chain_call *call, struct chain_party **last);

/** Drop all parties but one, each from the completion of the one before, then close (5.3). */
void chain_tear_down(struct chain_call *call);

/** Ask for other rates, octets per second. */
enum co_status chain_modify(struct chain_call *call, uint64_t tx, uint64_t rx);
enum co_status chain_answer_change(struct chain_call *call, enum co_status status);

/** A request about the call's VC that needs no buffer. */
enum co_status chain_oid(struct chain_call *call, enum co_oid oid);

/** Close everything that the client has, then its AF (5.10). */
void chain_leave(struct chain_client *client);
void chain_leave_turn(struct chain_client *client);

/** Makes a call and runs until both sides are connected. */
struct chain_call *chain_call_up(struct chain *ch, enum chain_side from);

enum co_status chain_close(struct chain_call *call, const void *data, uint32_t size);
enum co_status chain_delete(struct chain_call *call);
enum co_status chain_answer(struct chain_call *call, enum co_status status);
void chain_send(struct chain_call *call, struct co_packet *packet);
void chain_return_held(struct chain_client *client);

static inline enum chain_side
chain_other(enum chain_side side)
{
	return side == USER ? NETWORK : USER;
}

/** Forget the steps so far. */
void chain_forget_steps(struct chain *ch);

/** Forget what the miniports have done: an MCM's work is its own. */
void chain_forget_miniport(struct chain *ch);

/**
 * All steps of a side so far are these, in order; the list ends with NULL. "co_cm_" stands for
 * "co_mcm_" too where the side's call manager is an MCM.
 */
void chain_expect_steps(const struct chain *ch, enum chain_side side, const char *const *expected);

/**
 * The same, and behind them the end of a close that the side began itself, from the network to the
 * deletion of the VC: 5.1, where the miniport deactivates at once, or 5.2. @p ours: the VC is the
 * client's.
 */
void chain_expect_closed(
	const struct chain *ch, enum chain_side side, bool ours, const char *const *drawn);

/** Whether the side has taken that step. */
bool chain_has_step(const struct chain *ch, enum chain_side side, const char *text);

/* record.c */
void record_begin(struct chain *ch);
void record_end(void);
void record_step(enum chain_side side, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* chain_party.c: handlers of the client. */
void chain_on_add_party_complete(void *client, co_ctx_t party_ctx, enum co_status status,
	co_party_t party, const struct co_call_params *params);
void chain_on_drop_party_complete(void *client, co_ctx_t party_ctx, enum co_status status);
void chain_on_incoming_drop_party(
	void *client, co_ctx_t party_ctx, enum co_status reason, struct co_data data);
void chain_on_modify_call_qos_complete(
	void *client, co_ctx_t vc_ctx, enum co_status status, const struct co_call_params *params);
enum co_status chain_on_incoming_call_qos_change(
	void *client, co_ctx_t vc_ctx, const struct co_call_params *params);
enum co_status chain_on_notify_close_af(void *client, co_ctx_t af_ctx);
enum co_status chain_on_oid_request(void *client, co_ctx_t af_ctx, struct co_oid_request *request);
struct chain_call *chain_new_call(struct chain_client *client, bool ours);
void chain_fill_params(const struct chain_client *client, struct co_call_params *params);
