/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * Inside of call control: the parties of multipoint calls (section 14). What is common to all calls
 * is in uni_priv.h.
 */

#include "uni/uni_priv.h"

#define UNI_PARTY_REFS 0x8000u   /* endpoint references of a call (4.3) */
#define UNI_PARTY_UNANSWERED 64u /* SIG-108 */
#define UNI_PARTY_DIAG_KEPT 6u

/* What a party has to say, one bit each, in protocol order. */
enum uni_party_say {
	UNI_PARTY_SAY_ADD,
	UNI_PARTY_SAY_ALERTING,
	UNI_PARTY_SAY_ADD_ACK,
	UNI_PARTY_SAY_ADD_REJECT,
	UNI_PARTY_SAY_DROP,
	UNI_PARTY_SAY_DROP_ACK,
	UNI_PARTY_SAY_COUNT
};

/* Which of them runs follows from the state. */
enum uni_party_timer {
	UNI_T397,
	UNI_T398,
	UNI_T399,
	UNI_T_PARTY_ANSWER, /* SIG-66 */
	UNI_PARTY_TIMER_COUNT,
	UNI_PARTY_TIMER_NOT = UNI_PARTY_TIMER_COUNT
};

enum uni_party_ev {
	/* Messages of the peer. */
	UNI_PARTY_EV_MSG_ADD,
	UNI_PARTY_EV_MSG_ALERTING, /* PARTY ALERTING, or ALERTING of the call */
	UNI_PARTY_EV_MSG_ADD_ACK,  /* ADD PARTY ACKNOWLEDGE, or CONNECT of the call */
	UNI_PARTY_EV_MSG_REJECT,
	UNI_PARTY_EV_MSG_DROP,
	UNI_PARTY_EV_MSG_DROP_ACK,
	/* Requests from above. */
	UNI_PARTY_EV_ADD,
	UNI_PARTY_EV_ALERT,
	UNI_PARTY_EV_ACCEPT,
	UNI_PARTY_EV_REFUSE,
	UNI_PARTY_EV_DROP,
	/* Of our own accord. */
	UNI_PARTY_EV_ABORT, /* DROP PARTY because of a STATUS */
	UNI_PARTY_EV_GONE,  /* not there on the other side */
	UNI_PARTY_EV_T397,  /* in the order of enum uni_party_timer */
	UNI_PARTY_EV_T398,
	UNI_PARTY_EV_T399,
	UNI_PARTY_EV_T_ANSWER,
	UNI_PARTY_EV_COUNT
};

/* The handle is dead for the layer above; nothing more goes up. */
#define UNI_PARTY_F_DEAD 0x01
/* The reports about the call speak for it: it came with SETUP, and the call is not up yet. */
#define UNI_PARTY_F_LEAD 0x02
/* It came by ADD PARTY. */
#define UNI_PARTY_F_ADDED 0x04
/* party_drop_complete follows when the DROP PARTY ACKNOWLEDGE has been pulled. */
#define UNI_PARTY_F_OWED 0x08
/* uni_party.uu is elements, not user-user contents. */
#define UNI_PARTY_F_CODED 0x80

/** A party. One whose last word is still to be said has state 0. Links are handles. */
struct uni_party {
	uint64_t cookie;
	const uint8_t *uu; /* drop data, uu_len octets: the layer above's, or in our buffer */
	uint32_t handle;
	uint32_t call;       /* handle */
	uint32_t next, prev; /* of its call, in order of age */
	uint32_t bucket_next;
	uint32_t queue_next, queue_prev;
	/*
	 * Handle of the buffer: of our ADD PARTY, until it is pulled; of the peer's, of what goes
	 * with our answers; of the diagnostics of our clearing message.
	 */
	uint32_t setup;
	uint16_t ref;    /* endpoint reference */
	uint8_t state;   /* enum uni_party_state */
	uint8_t flags;   /* UNI_PARTY_F_ */
	uint8_t pending; /* UNI_SAY_BIT() of what is to be said */
	uint8_t queue;   /* enum uni_queue_kind, or UNI_QUEUE_NOT */
	uint8_t timer;   /* enum uni_party_timer */
	uint8_t cause;   /* of our clearing message; in state 12 of the peer's */
	uint8_t uu_len;
	uint8_t n_diag; /* more than UNI_PARTY_DIAG_KEPT: they are in the buffer */
	uint8_t diag[UNI_PARTY_DIAG_KEPT];
};
static_assert(sizeof(struct uni_party) == 64, "a drop touches one line of party memory");

/** What a multipoint call has beside its struct uni_hot. */
struct uni_multi {
	uint32_t setup;       /* handle of the call's buffer, as uni_hot.extra */
	uint32_t first, last; /* parties, handles */
	uint32_t lead;        /* the party that the call's own messages are for */
	uint32_t n_parties, n_active, n_joining;
	uint32_t n_unanswered; /* SIG-108 */
	uint16_t lead_ref;
	uint16_t ref_next; /* where to look for a free endpoint reference */
	bool root;         /* we are; its reference goes before the call does */
};

/** What comes with an event. */
struct uni_party_event {
	uint64_t now_ns;
	struct uni_release *release;         /* clearing events: why, and what came with it */
	const struct uni_setup *setup;       /* UNI_PARTY_EV_MSG_ADD */
	const struct uni_elements *elements; /* as that of struct uni_call_event */
	uint8_t from;                        /* the state before */
	bool unsaid; /* ADD PARTY or DROP PARTY of that state was never sent */
};

static inline struct uni_party *
uni_party_at(const struct uni *u, uint32_t handle)
{
	return cp_pool_at(&u->parties, handle);
}

static inline struct uni_party *
uni_party_of_link(const struct uni *u, uint32_t handle)
{
	return handle == CP_HANDLE_NONE
		       ? NULL
		       : (struct uni_party *)u->parties.records + cp_handle_idx(handle);
}

/** Of the first cause. */
static inline const uint8_t *
uni_party_diag(const struct uni *u, const struct uni_party *p)
{
	return p->n_diag > UNI_PARTY_DIAG_KEPT ? uni_setup_at(u, p->setup)->octets : p->diag;
}

static inline struct uni_multi *
uni_multi_of(const struct uni *u, const struct uni_hot *c)
{
	return (struct uni_multi *)u->multis.records + cp_handle_idx(c->extra);
}

/** Nobody is in the call any more, or about to join it (SIG-104). */
static inline bool
uni_multi_is_empty(const struct uni_multi *mp)
{
	return mp->n_active + mp->n_joining == 0;
}

/** The peer has never heard of it; of one that came with SETUP the call knows. */
static inline bool
uni_party_is_unsaid(const struct uni_party *p)
{
	return (p->pending & UNI_SAY_BIT(UNI_PARTY_SAY_ADD)) != 0;
}

static inline bool
uni_party_is_joining(uint8_t state)
{
	const uint32_t joining = 1u << UNI_PARTY_INITIATED | 1u << UNI_PARTY_ALERTING_DELIVERED |
				 1u << UNI_PARTY_RECEIVED | 1u << UNI_PARTY_ALERTING_RECEIVED;

	return (joining >> state & 1) != 0;
}

/* party_fsm.c */

/** Whether the table has a cell there. */
bool uni_party_accepts(uint8_t state, enum uni_party_ev ev);

/** Run a cell: false when it is empty. Runs handlers. */
bool uni_party_run(struct uni_link *l, struct uni_hot *c, struct uni_party *p, enum uni_party_ev ev,
	struct uni_party_event *e);

/** Timer, counts and buffer go with the state; the call follows (SIG-105). No handler. */
void uni_party_set_state(struct uni_link *l, struct uni_hot *c, struct uni_party *p, uint8_t state);

/* party_act.c: the actions of the table; e->from is the state before. They run handlers last. */
typedef void uni_party_act(
	struct uni_link *l, struct uni_hot *c, struct uni_party *p, struct uni_party_event *e);
uni_party_act uni_party_act_nothing, uni_party_act_add, uni_party_act_offer, uni_party_act_alerting,
	uni_party_act_added, uni_party_act_alert, uni_party_act_accept, uni_party_act_refuse,
	uni_party_act_drop, uni_party_act_dropped, uni_party_act_answer, uni_party_act_done,
	uni_party_act_collision, uni_party_act_t398, uni_party_act_gone, uni_party_act_fail,
	uni_party_act_overdue;

/* party_life.c */
int uni_parties_init(struct uni *u, const struct uni_config *config, uint64_t now_ns);
void uni_parties_fini(struct uni *u);

/** Make @p c a multipoint call: false when there is no room. */
bool uni_multi_new(struct uni *u, struct uni_hot *c);
/** Its parties go with it, unheard. */
void uni_multi_free(struct uni_link *l, struct uni_hot *c);
/** The call is up: from now on its first party is one like the others. */
void uni_multi_connected(struct uni_link *l, struct uni_hot *c, uint64_t now_ns);

/** A party in state 0; NULL when there is no room. */
struct uni_party *uni_party_new(struct uni_link *l, struct uni_hot *c, uint16_t ref);
/** An endpoint reference that no party of the call has; -1: none. */
int uni_party_ref_take(struct uni *u, struct uni_hot *c);
/** @p p comes with SETUP: the reports about the call speak for it. */
void uni_party_lead(struct uni_link *l, struct uni_hot *c, struct uni_party *p,
	const struct uni_address *called, uint8_t state);
struct uni_party *uni_party_find(const struct uni *u, const struct uni_hot *c, uint16_t ref);
void uni_party_free(struct uni_link *l, struct uni_hot *c, struct uni_party *p);
/** All parties go, unheard: the layer above ends the call as a whole. */
void uni_parties_forget(struct uni_link *l, struct uni_hot *c);

/* party_end.c: how the layer above hears of the end of parties. All run handlers. */

/** party_drop_complete. */
void uni_party_tell_complete(
	struct uni_link *l, struct uni_hot *c, struct uni_party *p, uint64_t now_ns);
/** party_refused, or party_released that is not owed; @p from is the state that it leaves. */
void uni_party_tell_gone(struct uni_link *l, struct uni_hot *c, struct uni_party *p, uint8_t from,
	const struct uni_release *release, uint64_t now_ns);
/**
 * The call ends: at most @p max parties end with it (SIG-P18). Returns false when a handler has
 * moved the call on, or ended it.
 */
bool uni_parties_end(struct uni_link *l, struct uni_hot *c, const struct uni_release *release,
	uint32_t max, uint64_t now_ns);
/** The link is lost: parties not in state 10 are gone (SIG-96), and a call that has no other. */
void uni_parties_link_lost(struct uni_link *l, struct uni_hot *c, uint8_t cause, uint64_t now_ns);

/* party_timer.c */
static inline uint32_t
uni_party_slot(const struct uni *u, uint32_t idx)
{
	return u->calls.n_max + u->n_links * (uint32_t)UNI_LINK_TIMERS + idx;
}

void uni_party_timer_start(
	struct uni_link *l, struct uni_party *p, enum uni_party_timer t, uint64_t now_ns);
void uni_party_timer_stop(struct uni_link *l, struct uni_party *p);
void uni_party_timer_expired(struct uni *u, uint32_t handle, uint64_t now_ns);

/* party_rx.c */

/** A message about a party, in a multipoint call. Runs a handler. */
void uni_party_receive(
	struct uni_link *l, struct uni_hot *c, const struct uni_msg *m, uint64_t now_ns);
/** Such a message that is good. Runs a handler. */
void uni_party_process(
	struct uni_link *l, struct uni_hot *c, const struct uni_msg *m, uint64_t now_ns);
/** STATUS with an endpoint reference (SIG-94). Runs a handler. */
void uni_party_status(
	struct uni_link *l, struct uni_hot *c, const struct uni_msg *m, uint64_t now_ns);
/** The party that @p m is about; NULL also where its last word is still to be said. */
struct uni_party *uni_party_of_msg(
	const struct uni *u, const struct uni_hot *c, const struct uni_msg *m);
/** The state of the party that @p m is about, 0: there is none. */
uint8_t uni_party_state_of(const struct uni *u, const struct uni_hot *c, const struct uni_msg *m);
/** SIG-107: false when the message names no party and has been answered. */
bool uni_party_is_known(struct uni_link *l, struct uni_hot *c, const struct uni_msg *m);
/** ALERTING or CONNECT of a multipoint call. Runs handlers. */
void uni_party_response(struct uni_link *l, struct uni_hot *c, const struct uni_msg *m,
	enum uni_event ev, struct uni_call_event *e);
/** What is asked for a call goes for its parties: false when that cannot be. */
bool uni_party_follow(struct uni_link *l, struct uni_hot *c, enum uni_event ev);

/* party.c */
/** The party, and its call, may be due to end: 0, or -ESTALE. May run handlers. */
int uni_party_for_above(struct uni *u, uni_party_t handle, uint64_t now_ns, struct uni_party **out);

/* trace.c */
/** Tell what is noted, with the states of @p p. */
void uni_trace_tell_party(
	struct uni_link *l, const struct uni_hot *c, const struct uni_party *p, uint8_t after);
/** A message of a party. */
void uni_trace_sent_party(struct uni_link *l, const struct uni_hot *c, const struct uni_party *p,
	uint8_t type, uint64_t now_ns);

/* party_tx.c */
/** Whatever stands to be said is moot. */
void uni_party_silence(struct uni_link *l, struct uni_party *p);
void uni_party_say(struct uni_link *l, struct uni_party *p, enum uni_party_say say);
void uni_party_unqueue(struct uni_link *l, struct uni_party *p);
/** The next message of a party, 0: none. Runs a handler. */
size_t uni_party_pull(
	struct uni_link *l, enum uni_queue_kind kind, uint8_t *room, size_t size, uint64_t now_ns);
