/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * The layer above call control, for uni_fuzz.c: asks for anything, also from inside what it is
 * told, and keeps a ledger of what it has been told. Each call and each party ends once (I2), and
 * what it hears in between is about something that lives.
 */

#include <stdbool.h>
#include <stdint.h>

#include "fuzz.h"
#include "uni/call.h"

#define ABOVE_CALLS 16u
#define ABOVE_PARTIES 32u
#define ABOVE_LABELS 64u

struct above_call {
	uni_call_t call; /* 0: the entry is free */
	uint64_t cookie;
	bool asking;   /* inside a request that ends it, or finds it ended */
	bool closing;  /* such a request has been made for the whole of it */
	bool dropping; /* a party's leaving may have become the call's */
	bool asking_to_modify;
	uint32_t n_modify;      /* asked for */
	uint32_t n_modify_told; /* done or refused */
};

struct above_party {
	uni_party_t party; /* 0: the entry is free */
	uni_call_t call;
	uint64_t cookie;
	bool first; /* may end without a word: the call's end speaks for it */
};

/* Where a reflex may come. */
enum above_inside {
	IN_OFFER,
	IN_PROGRESS,
	IN_CONNECTED,
	IN_RELEASED,
	IN_GONE,
	IN_COMPLETE,
	IN_PARTY_OFFER,
	IN_PARTY_PROGRESS,
	IN_PARTY_RELEASED,
	IN_PARTY_GONE,
	IN_MODIFY_ASKED,
	IN_MODIFY_DONE,
	IN_LINK_UP,
	IN_LINK_DOWN,
	IN_READY,
	IN_ESTABLISH,
	IN_COUNT
};

/* What is asked of call control. */
enum above_request {
	ASK_NOTHING,
	ASK_SETUP,
	ASK_SETUP_MULTIPOINT,
	ASK_PROCEED,
	ASK_ALERT,
	ASK_ACCEPT,
	ASK_REFUSE,
	ASK_CLOSE,
	ASK_CLOSE_WITH_DATA,
	ASK_MODIFY,
	ASK_MODIFY_ACCEPT,
	ASK_MODIFY_CONFIRM,
	ASK_MODIFY_REFUSE,
	ASK_PARTY_ADD,
	ASK_PARTY_ALERT,
	ASK_PARTY_ACCEPT,
	ASK_PARTY_REFUSE,
	ASK_PARTY_DROP,
	ASK_PARTY_DROP_WITH_DATA,
	ASK_PUT_LABELS,
	ASK_PULL,
	ASK_RESTART,
	ASK_ENCLOSE,
	ASK_CLOSE_WITH_ELEMENTS,
	ASK_PARTY_ENCLOSE,
	ASK_PARTY_DROP_WITH_ELEMENTS,
	ASK_ENQUIRE,
	ASK_PARTY_ENQUIRE,
	ASK_NOTIFY,
	ASK_PARTY_NOTIFY,
	ASK_COUNT
};

struct above {
	struct uni *u;
	struct uni_link *l;
	uint64_t now_ns;
	struct above_call calls[ABOVE_CALLS];
	struct above_party parties[ABOVE_PARTIES];
	uint32_t labels[ABOVE_LABELS]; /* of calls that are over, not given back yet */
	uint32_t n_labels;
	bool keep_labels; /* the dataplane takes its time */
	uint8_t reflex[IN_COUNT];
	uint32_t n_reflexes; /* left for this step */
	uint32_t n_told;     /* in this step */
	uint64_t next_cookie;
	uint32_t n_outstanding; /* that the transport tells of */
	uint32_t n_pulled;
	uint32_t last_len;
	uint8_t last[UNI_MAX_SETUP]; /* message pulled */
	uint32_t restart_len;
	uint8_t restart[32]; /* the last RESTART of ours */
};

extern const struct uni_link_ops above_ops;

/** Ask about the @p nth living call or party, whatever @p nth. */
void above_ask(struct above *a, enum above_request what, uint32_t nth);

/** The next message, if any: it must be good. */
bool above_pull(struct above *a);

/** The dataplane has let go of all labels. */
void above_put_labels(struct above *a);

/** The @p nth living call, modulo their number; NULL when there is none. */
struct above_call *above_call_nth(struct above *a, uint32_t nth);
