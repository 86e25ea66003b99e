/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * Two links back to back, a user and a network, over a wire made of memory with a clock of its
 * own. Whatever is sent and whatever is told upward is written down in order of time.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "uni/call.h"
#include "uni/codec.h"

enum { USER, NETWORK };

/* What an end does of its own when told something. */
enum pair_reflex {
	PAIR_WAIT,
	PAIR_PROCEED,
	PAIR_ALERT,
	PAIR_ACCEPT,
	PAIR_REFUSE,
	PAIR_CLOSE,
};

enum pair_told {
	TOLD_OFFER,
	TOLD_PROCEEDING,
	TOLD_ALERTING,
	TOLD_CONNECTED,
	TOLD_RELEASED, /* an answer is owed */
	TOLD_GONE,     /* released, nothing owed */
	TOLD_COMPLETE,
	TOLD_PARTY_ALERTING,
	TOLD_PARTY_ADDED,
	TOLD_PARTY_REFUSED,
	TOLD_PARTY_OFFER,
	TOLD_PARTY_RELEASED, /* an answer is owed */
	TOLD_PARTY_GONE,     /* released, nothing owed */
	TOLD_PARTY_COMPLETE,
	TOLD_MODIFIED,
	TOLD_MODIFY_REFUSED,
	TOLD_MODIFY_ASKED,
	TOLD_MODIFY_CONFIRMED,
	TOLD_NOTIFIED,
	TOLD_STATUS,
	TOLD_AUDITED,
	TOLD_LINK_UP,
	TOLD_LINK_DOWN,
	TOLD_RESTARTED,
	TOLD_NOT_RESTARTED,
	TOLD_ALARM,
	TOLD_COUNT
};

#define PAIR_MESSAGES 8192
#define PAIR_OCTETS 768
#define PAIR_TOLD 256

struct pair_message {
	uint64_t due_ns;
	uint64_t sent_ns;
	uint8_t from;
	bool lost;
	uint16_t len;
	uint8_t octets[PAIR_OCTETS];
};

struct pair;

struct pair_end {
	struct pair *p;
	struct uni *u;
	struct uni_link *l;
	/* Reflexes. */
	enum pair_reflex on_offer;
	enum pair_reflex on_connected;
	enum pair_reflex on_released;
	enum pair_reflex on_party_offer;
	enum pair_reflex on_party_released;
	enum pair_reflex on_modify; /* PAIR_ACCEPT, PAIR_REFUSE with cause 37 */
	bool confirm;               /* an accepted change is to be confirmed */
	bool holds_confirmation;    /* of its own: the test confirms them */
	/* Runs in every handler about a party or a modification, after what is noted; may be NULL.
	 */
	void (*inside)(struct pair_end *e, enum pair_told what);
	/* Runs in the handler of an offer, before the reflex; may be NULL. */
	void (*offered)(struct pair_end *e);
	/* Runs when a call has ended with nothing owed; may be NULL. */
	void (*gone)(struct pair_end *e);
	bool keep_labels;  /* the dataplane is never done with them */
	bool deaf;         /* what is sent to this end is lost */
	bool no_credit;    /* nothing is pulled from this end */
	const uint8_t *uu; /* goes with every close of ours */
	uint32_t uu_len;
	/* What was told, counted, and the last of each. */
	uint32_t n_told[TOLD_COUNT];
	uint32_t n_alarms[UNI_ALARM_COUNT];
	struct {
		uint32_t n_begun, n_over, n_calls, n_cleared; /* the latter two of the last one */
		uint8_t cause;
	} mass[UNI_MASS_KIND_COUNT];
	uint8_t told[PAIR_TOLD]; /* enum pair_told, in order, the first ones */
	uint32_t n_order;
	uint32_t n_ready;
	uint32_t n_establish;
	uni_call_t call; /* of the last call told about */
	uint64_t cookie;
	uni_party_t party;
	struct uni_rates rates;
	uint8_t notification[1 + UNI_MAX_NOTIFICATION]; /* instructions and octets */
	uint32_t notification_len;
	struct uni_status status;
	struct uni_audit_result audited;
	uint32_t label;
	uint8_t cause;
	uint8_t cause2;
	uint8_t diagnostics[UNI_CAUSE_DIAG_MAX];
	uint32_t diagnostics_len;
	uint8_t location, location2;
	uint8_t diagnostics2[UNI_CAUSE_DIAG_MAX];
	uint32_t diagnostics2_len;
	uint8_t got_uu[UNI_MAX_UU];
	uint32_t got_uu_len;
	uint8_t got_git[UNI_MAX_GIT];
	uint32_t got_git_len;
	uint8_t came[PAIR_OCTETS]; /* with an answer */
	uint32_t came_len;
	struct uni_setup setup;
	uint8_t elements[PAIR_OCTETS];
};

struct pair {
	struct pair_end end[2];
	uint64_t now_ns;
	uint64_t delay_ns;
	bool at_once; /* nothing stays in flight */
	/* Whether the wire loses what has just been sent; may be NULL. */
	bool (*lose)(void *arg, const struct pair_message *m);
	void *lose_arg;
	uint32_t turn_max;
	uint32_t n; /* messages ever sent, of which `head` delivered; a ring */
	uint32_t head;
	struct pair_message *messages;
};

struct pair_config {
	uint32_t n_calls;                  /* 0: 64 */
	uint32_t n_setups;                 /* 0: as n_calls */
	uint32_t n_parties;                /* 0: as n_calls */
	bool point_to_point;               /* no parties at all */
	bool restart[2];                   /* the first establishment begins with a RESTART */
	struct uni_link_params *params[2]; /* NULL: the defaults */
};

struct pair *pair_create(const struct pair_config *config);
void pair_destroy(struct pair *p);

/* Both ends see the link come up, or go. */
void pair_up(struct pair *p);
void pair_down(struct pair *p);

/* Let time pass in steps of 1 ms: deliver, turn, pull. */
void pair_run(struct pair *p, uint32_t ms);

/* One turn of both ends, no time passing but what is in flight delivered until all is quiet. */
void pair_settle(struct pair *p);

/* Send what there is to be sent; no turn. */
void pair_pull(struct pair *p, int side);

/* A message out of nowhere, received at @p side at once, and what follows pulled. */
void pair_inject(struct pair *p, int side, const char *hex);

/* A call from @p side to a fixed number; the handle. */
uni_call_t pair_call(struct pair *p, int side);

/* The same, answered at once by the other side. */
uni_call_t pair_call_up(struct pair *p, int side);

/* A multipoint call that is up. */
uni_call_t pair_multipoint_up(struct pair *p, int side);

/* One more party, to be answered as the other side's reflex says; not yet run. */
uni_party_t pair_add(struct pair *p, int side, uni_call_t call);

/* The same, joined. */
uni_party_t pair_add_up(struct pair *p, int side, uni_call_t call);

/* The party of the other side with the same endpoint reference, 0: none. */
uni_party_t pair_peer(struct pair *p, int side, uni_party_t party, uni_call_t their_call);

void pair_drop(struct pair *p, int side, uni_party_t party, uint8_t cause);

enum uni_party_state pair_party_state(struct pair *p, int side, uni_party_t party);

void pair_close(struct pair *p, int side, uni_call_t call, uint8_t cause);

enum uni_call_state pair_state(struct pair *p, int side, uni_call_t call);

/* The @p nth message sent since the beginning as "U RELEASE flag=0 ...", without header details. */
const char *pair_said(struct pair *p, uint32_t nth);

/* The last one, NULL when there was none. */
const char *pair_said_last(struct pair *p);

/* How many messages of @p type @p side has sent. */
uint32_t pair_count(struct pair *p, int side, uint8_t type);

/* Nothing is left: no call, timer, buffer, reference, label at either end (I4). */
bool pair_is_clean(struct pair *p);
