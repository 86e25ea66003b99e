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

#define CHAIN_MAX_CALLS 1024u
#define CHAIN_MAX_STEPS 512u
#define CHAIN_MAX_HELD 8u
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
	uint32_t data_size;          /**< Of the incoming close. */
	uint8_t data[256];
	unsigned int n_received, n_sent;
};

/** A client, and what it does in its handlers. */
struct chain_client {
	struct chain *chain;
	struct co *co;
	enum chain_side side;
	co_binding_t binding;
	co_af_t af;
	co_sap_t sap;
	enum co_status answer;      /**< To an offer; CO_STATUS_PENDING: later. */
	uint8_t answer_cause;       /**< Of a refusal; 0: the call manager chooses. */
	bool leaves_close_open;     /**< An incoming close is not answered. */
	bool closes_when_made;      /**< From make_call_complete. */
	bool closes_when_connected; /**< From call_connected. */
	bool calls_again;           /**< From close_call_complete, on the same VC, once. */
	bool keeps_vcs;             /**< It deletes none by itself. */
	bool holds_receives;
	uint32_t n_held;
	struct co_packet *held[CHAIN_MAX_HELD];
	uint32_t n_calls, n_undeleted;
	struct chain_call *last; /**< The newest one. */
	struct chain_call calls[CHAIN_MAX_CALLS];
};

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
	bool mcm[SIDE_COUNT]; /**< Trunks: the side's adapter is an MCM. */
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

/** All steps of a side so far are these, in order; the list ends with NULL. */
void chain_expect_steps(const struct chain *ch, enum chain_side side, const char *const *expected);

/** Whether the side has taken that step. */
bool chain_has_step(const struct chain *ch, enum chain_side side, const char *text);

/* record.c */
void record_begin(struct chain *ch);
void record_end(void);
void record_step(enum chain_side side, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
