/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * Inside of call control: the records of a call and of a link, and what its files ask of each
 * other. A function that runs a handler says so: after it a call is looked up by its handle again.
 */

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/idset.h"
#include "base/mem.h"
#include "base/pool.h"
#include "base/wheel.h"
#include "uni/audit_priv.h"
#include "uni/call.h"
#include "uni/codec.h"
#include "uni/elements_priv.h"

#define UNI_N_VPCI 16u
#define UNI_VCI_FIRST 32u /* user VCs begin here (SIG-2) */
#define UNI_N_LABELS (1u << 20)
#define UNI_N_REFS (1u << 23)
#define UNI_REF_VALUE 0x7fffffu
#define UNI_REF_MAX 0x7ffffeu    /* SIG-13 */
#define UNI_REF_OURS (1u << 23)  /* beside the value: who chose it (SIG-12) */
#define UNI_CALL_NONE UINT32_MAX /* no index */
#define UNI_N_ANSWERS 256u       /* to messages that we could do without */
#define UNI_N_REPLIES 256u       /* and to enquiries of the peer, which releases without (SIG-T9) */
#define UNI_N_OFFERS 256u
#define UNI_N_NOTICES 256u
#define UNI_DIAG_KEPT 16u

/* What a call has to say, one bit each, in protocol order. */
enum uni_say {
	UNI_SAY_SETUP,
	UNI_SAY_PROCEEDING,
	UNI_SAY_ALERTING,
	UNI_SAY_CONNECT,
	UNI_SAY_CONNECT_ACK,
	UNI_SAY_MODIFY, /* what enum uni_modify_say has */
	UNI_SAY_RELEASE,
	UNI_SAY_RELEASE_COMPLETE,
	UNI_SAY_COUNT
};

#define UNI_SAY_BIT(say) (1u << (say))

/*
 * Two queues a link, so that neither calls set up nor those closed wait for all of the others; and
 * one for SETUPs that must not be sent before a RESTART (SIG-85), which no party uses.
 */
enum uni_queue_kind { UNI_QUEUE_URGENT, UNI_QUEUE_BULK, UNI_QUEUE_DEFERRED, UNI_QUEUE_COUNT };

#define UNI_QUEUE_NOT UNI_QUEUE_COUNT /* in neither */

enum uni_timer {
	UNI_T301,
	UNI_T303,
	UNI_T308,
	UNI_T310,
	UNI_T313,
	UNI_T360,
	UNI_T361,
	UNI_T_ANSWER, /* SIG-66 */
	UNI_TIMER_COUNT,
	UNI_TIMER_NOT = UNI_TIMER_COUNT /* none runs */
};

enum uni_event {
	/* Messages of the peer. */
	UNI_EV_MSG_SETUP, /* good, for a reference that is new */
	UNI_EV_MSG_PROCEEDING,
	UNI_EV_MSG_ALERTING,
	UNI_EV_MSG_CONNECT,
	UNI_EV_MSG_CONNECT_ACK,
	UNI_EV_MSG_RELEASE,
	UNI_EV_MSG_RELEASE_COMPLETE,
	UNI_EV_MSG_MODIFY_REQUEST,
	UNI_EV_MSG_MODIFY_ACK,
	UNI_EV_MSG_MODIFY_REJECT,
	UNI_EV_MSG_AVAILABLE,
	/* Requests from above. */
	UNI_EV_SETUP,
	UNI_EV_PROCEED,
	UNI_EV_ALERT,
	UNI_EV_ACCEPT,
	UNI_EV_COMPLETE, /* SIG-N12 */
	UNI_EV_REFUSE,
	UNI_EV_CLOSE,
	UNI_EV_MODIFY,
	UNI_EV_MODIFY_ACCEPT,
	UNI_EV_MODIFY_REFUSE,
	/* Of our own accord. */
	UNI_EV_ABORT, /* RELEASE because of an error in a message */
	UNI_EV_CLEAR, /* "clear locally" */
	UNI_EV_LINK_LOST,
	UNI_EV_NONE_ACTIVE,  /* parties are joining, but none has joined (SIG-105) */
	UNI_EV_ACTIVE_AGAIN, /* one has */
	UNI_EV_T301,         /* in the order of enum uni_timer */
	UNI_EV_T303,
	UNI_EV_T308,
	UNI_EV_T310,
	UNI_EV_T313,
	UNI_EV_T360,
	UNI_EV_T361,
	UNI_EV_T_ANSWER,
	UNI_EV_COUNT,
	UNI_EV_NONE = UNI_EV_COUNT
};

/* The handle is dead for the layer above; nothing more goes up. */
#define UNI_CALL_F_DEAD 0x01
/* T303 or T308 has expired once. */
#define UNI_CALL_F_AGAIN 0x02
/* Counted as an offer that awaits its answer (SIG-72). */
#define UNI_CALL_F_OFFER 0x04
/* close_complete follows when the RELEASE COMPLETE has been pulled. */
#define UNI_CALL_F_OWED 0x08
/* The connection identifier has been in a response (SIG-31). */
#define UNI_CALL_F_NAMED 0x10
/* The call has parties (party_priv.h). */
#define UNI_CALL_F_MULTIPOINT 0x20
/* Asked about in this pass of the audit, and nothing said since: nothing is lost. */
#define UNI_CALL_F_ASKED 0x40
/* The peer told a state that does not go with ours: it is asked again (link_audit.c). */
#define UNI_CALL_F_DOUBT 0x80

/* Of what goes with our clearing message. */
#define UNI_CLEARING_F_AGAIN 0x01  /* T308 has expired: cause 102 as well (SIG-74) */
#define UNI_CLEARING_F_CODED 0x02  /* uni_hot.uu is elements, not user-user contents */
#define UNI_CLEARING_F_ANSWER 0x04 /* it answers one of the peer */

/* Messages about rates, one bit each. Of those that can meet, the earlier one goes first. */
enum uni_modify_say {
	UNI_MODIFY_SAY_AVAILABLE,
	UNI_MODIFY_SAY_REQUEST,
	UNI_MODIFY_SAY_ACK,
	UNI_MODIFY_SAY_REJECT,
};

/* The change of rates that is asked for, or was last. */
struct uni_modify {
	uint32_t fwd_peak;
	uint32_t bwd_peak;
	uint8_t say;   /* bits of enum uni_modify_say */
	uint8_t cause; /* of the MODIFY REJECT */
	bool confirm;  /* the MODIFY ACKNOWLEDGE asks for a confirmation */
	bool owed;     /* that of the peer did, and it has none */
};

#define UNI_BLLI_KEPT 13u

/* The low-layer information that CONNECT names when the layer above does not (SIG-37). */
struct uni_choice {
	uint8_t len; /* 0: none */
	uint8_t octets[UNI_BLLI_KEPT];
};

/** The hot half: all that a close touches of a call. */
struct uni_hot {
	uint64_t cookie;
	/* Close data, uu_len octets: the layer above's, or in our buffer. */
	const uint8_t *uu;
	uint32_t handle;
	uint32_t ref;   /* value and UNI_REF_OURS; 0 when the call has none any more */
	uint32_t label; /* UNI_LABEL_NONE: none */
	uint32_t next;  /* index of the one behind in its queue */
	/*
	 * Handle of the buffer: of our SETUP, until the first response; of the peer's, of what goes
	 * with our answers; in the clearing states of what goes with our clearing message. Of a
	 * multipoint call the handle of its struct uni_multi, which then has the buffer.
	 */
	uint32_t extra;
	uint16_t link_idx;
	uint8_t state;    /* enum uni_call_state */
	uint8_t flags;    /* UNI_CALL_F_ */
	uint8_t pending;  /* UNI_SAY_BIT() of what is to be said */
	uint8_t queue;    /* enum uni_queue_kind, or UNI_QUEUE_NOT */
	uint8_t timer;    /* enum uni_timer */
	uint8_t epoch;    /* the link's, when a bulk job last had its say; see uni_sweep_settle() */
	uint8_t cause;    /* of our clearing message, 0: none */
	uint8_t clearing; /* UNI_CLEARING_F_ */
	uint8_t uu_len;
	uint8_t n_diag; /* more than UNI_DIAG_KEPT: they are in the buffer */
	union {
		uint8_t diag[UNI_DIAG_KEPT]; /* of the first cause, in the clearing states */
		struct uni_modify modify;    /* before */
		struct uni_choice choice;    /* until CONNECT is sent */
	};
};
static_assert(sizeof(struct uni_hot) == 64, "a close touches one line of call memory");
static_assert(UNI_MAX_CLEARING <= UINT8_MAX, "uu_len counts them");

/** A struct uni_address in one octet less. */
struct uni_kept_address {
	uint8_t kind; /* type << 5 | len */
	uint8_t octets[20];
};

#define UNI_NS_PER_US UINT64_C(1000)

/**
 * The cold half, in an array beside. Its times are in microseconds, of which 48 bits are 8 years:
 * so there is room for what the peer told.
 */
struct uni_cold {
	uint64_t created_us : 48;
	uint64_t told_state : 8;    /* of the last STATUS of the peer */
	uint64_t told_cause : 8;    /* 0: there was none */
	uint64_t connected_us : 48; /* 0: not yet */
	struct uni_kept_address called;
	struct uni_kept_address calling;
	uint8_t fwd_peak[3]; /* big-endian, as on the wire */
	uint8_t bwd_peak[3];
};
static_assert(sizeof(struct uni_cold) == 64, "control memory of a call (design 6)");

/** A message of ours as it is sent; or elements for messages to come (enclose.c); or diagnostics.
 */
struct uni_setup_buf {
	uint32_t len;
	uint8_t octets[UNI_MAX_SETUP];
};

/** A NOTIFY to be sent. */
struct uni_notice {
	uint32_t next; /* handle of the one behind in the queue of the link */
	uint32_t call; /* handle */
	uint32_t party;
	uint8_t instructions;
	uint8_t len;
	uint8_t octets[UNI_MAX_NOTIFICATION];
};

struct uni {
	struct cp_pool calls; /* struct uni_hot */
	struct uni_cold *cold;
	struct cp_pool notices; /* struct uni_notice */
	struct cp_pool setups;  /* struct uni_setup_buf */
	struct cp_wheel *wheel; /* per call, UNI_LINK_TIMERS per link, per party, per enquiry */
	/* Parties (party_priv.h). All empty when there are to be none. */
	struct cp_pool parties;                /* struct uni_party */
	struct cp_pool multis;                 /* struct uni_multi */
	struct uni_kept_address *party_called; /* by index */
	uint32_t *party_buckets;               /* by call and endpoint reference: handles */
	uint32_t party_mask;
	uint32_t party_seed;
	uint32_t party_dying; /* handle whose end is being told */
	struct uni_link **links;
	uint32_t n_links;     /* room */
	uint32_t n_refs;      /* references of ours per link */
	uint32_t n_calls_max; /* most calls at one time so far */
	uint32_t dying;       /* handle whose end is being told */
	bool corked;
	uint32_t n_offers;
	uint32_t offers[UNI_N_OFFERS]; /* of this turn (SIG-68) */
	const struct cp_mem *mem;
};

enum uni_link_timer { UNI_T309, UNI_T316, UNI_T317, UNI_T_LINK, UNI_T_AUDIT, UNI_LINK_TIMERS };

struct uni_queue {
	uint32_t head, tail, n;
};

#define UNI_STATE_NONE 0xff

/** A message that no call keeps: STATUS, and RELEASE COMPLETE for an unknown reference. */
struct uni_answer {
	uint32_t ref;  /* value and UNI_REF_OURS */
	uint8_t type;  /* enum uni_msg_type */
	uint8_t state; /* call state of a STATUS */
	bool owed;     /* the peer waits for it: it is not among those that are limited */
	bool party;    /* the endpoint reference goes with it, and in a STATUS the state */
	uint8_t party_state;
	struct uni_epref epref;
	struct uni_fault fault;
};

/* Which calls a bulk job clears. */
enum uni_sweep_rule {
	UNI_SWEEP_NOT_ACTIVE, /* SIG-96 */
	UNI_SWEEP_VC,         /* SIG-82, class 0 */
	UNI_SWEEP_VPC,        /* class 1 */
	UNI_SWEEP_ALL,        /* class 2, and SIG-99 */
};

/* What a bulk job does about set-aside VCs (SIG-122). */
enum uni_sweep_aside {
	UNI_ASIDE_LEAVE,
	UNI_ASIDE_PUT,  /* those of the calls it clears are set aside: the peer still has them */
	UNI_ASIDE_TAKE, /* those it covers come back: the peer has cleared them */
};

/** What one bulk job does. */
struct uni_sweep_job {
	uint8_t rule;  /* enum uni_sweep_rule */
	uint8_t aside; /* enum uni_sweep_aside */
	uint8_t cause;
	uint8_t kind;       /* enum uni_mass_kind */
	uint32_t label;     /* of UNI_SWEEP_VC; of UNI_SWEEP_VPC any of that VPCI */
	uint32_t n_cleared; /* calls */
};

#define UNI_SWEEP_JOBS 4u

/** The bulk jobs of a link, in slices: those that are open go through the calls together. */
struct uni_sweep {
	struct uni_sweep_job jobs[UNI_SWEEP_JOBS]; /* by epoch; the last one is the link's */
	uint8_t n_open;
	bool purging;
	uint32_t call;                   /* next index to look at */
	uint32_t next, end;              /* labels still to look at, of UNI_ASIDE_TAKE */
	uint32_t purge[UNI_QUEUE_COUNT]; /* entries of a queue still to look at */
};

/** The responder's half of section 11. */
struct uni_restart {
	bool busy; /* REST2 */
	bool ack;  /* RESTART ACKNOWLEDGE is to be sent */
	uint8_t restart_class;
	bool has_connid;
	uint8_t epoch; /* calls and labels from up to then are affected */
	struct uni_connid connid;
};

enum uni_requester_state { UNI_REST0, UNI_REST1, UNI_REST_COUNT };

/** The requester's half (link_requester.c). */
struct uni_requester {
	uint8_t state;  /* enum uni_requester_state */
	bool wanted;    /* begins when the link is up and no other bulk job runs */
	bool by_itself; /* nobody has asked for it: SETUPs wait for its end (SIG-85, SIG-99) */
	bool defer;     /* SETUPs are not sent now */
	bool clearing;  /* our bulk job runs; RESTART follows */
	bool say;       /* RESTART is to be sent */
	bool said;      /* it has been: there can be an answer */
	bool again;     /* T316 has expired once */
	bool returning; /* acknowledged; set-aside labels come back in slices, from next to end */
	uint8_t restart_class;
	uint32_t label; /* class 0: the VC; class 1: any of that VPCI */
	uint32_t next, end;
};

struct uni_link {
	struct uni *u;
	const struct uni_link_ops *ops;
	void *arg;
	struct uni_recorder *recorder; /* NULL: nobody keeps a record */
	struct uni_trace *noted;       /* what has come, its state after not yet known; or NULL */
	struct uni_link_params params;
	char name[32];
	uint16_t idx;
	uint8_t number; /* in the record */
	bool up;
	bool draining;
	bool stopped; /**< uni_link_stop(): T-LINK stays quiet. */
	bool told;    /* sdu_ready has been called, and nobody has pulled dry since */
	bool held;    /* closes wait for the next turn: enough is outstanding (SIG-80) */
	uint8_t epoch;
	uint8_t turn;       /* of the schedule of sources */
	uint32_t t_link_ms; /* the next interval */
	struct uni_queue queue[UNI_QUEUE_COUNT];
	struct uni_queue party_queue[UNI_QUEUE_COUNT]; /* of handles */
	bool party_turn[UNI_QUEUE_COUNT];              /* the last one was a party's */
	struct uni_queue notices;                      /* of handles */
	struct uni_answer answers[UNI_N_ANSWERS + UNI_N_REPLIES];
	uint32_t answer_head, n_answers;
	uint64_t answers_ns; /* when the bucket of the limited ones was, or will be, full */
	uint64_t rx_ns;      /* when the message in hand came */
	struct uni_sweep sweep;
	struct uni_restart restart;
	struct uni_audit audit;
	struct uni_requester requester;
	/* Call references: [1] those we chose. Slots are UNI_REF_SLOT_. */
	uint32_t *ref_table[2];
	struct cp_idset *refs;
	uint32_t n_their_refs;
	/* Labels: a set per VPCI; a state per label, and the reference of some (call_label.c). */
	struct cp_idset *labels[UNI_N_VPCI];
	uint8_t vpci_next;
	uint8_t *label_state;
	uint32_t *label_ref;
	uint32_t n_labels;
	uint32_t n_draining[2][UNI_N_VPCI]; /* by the epoch's lowest bit */
	uint32_t n_set_aside;
	uint32_t n_calls, n_active, n_offers, n_parties;
	struct uni_link_stats stats;
};

/** What comes with an event. */
struct uni_call_event {
	uint64_t now_ns;
	struct uni_release *release;    /* clearing events: why, and what came with it */
	const struct uni_setup *setup;  /* UNI_EV_MSG_SETUP */
	const struct uni_fault *report; /* UNI_EV_MSG_RELEASE: for the answer (SIG-56); or NULL */
	const struct uni_rates *rates;  /* UNI_EV_MODIFY, UNI_EV_MSG_MODIFY_REQUEST: asked for */
	/* Answers of the peer: what came with them. Clearing requests: what goes along; or NULL. */
	const struct uni_elements *elements;
	bool confirm; /* UNI_EV_MODIFY_ACCEPT, _MSG_MODIFY_ACK: ask for it */
	uint8_t from; /* the state before */
	bool unsaid;  /* SETUP or RELEASE of that state was never sent */
	bool aside;   /* UNI_EV_CLEAR: the VC is set aside (SIG-122) */
	bool closing; /* UNI_EV_CLEAR: the layer above asked for it */
};

static inline struct uni_hot *
uni_call_at(const struct uni *u, uint32_t handle)
{
	return cp_pool_at(&u->calls, handle);
}

static inline struct uni_setup_buf *
uni_setup_at(const struct uni *u, uint32_t handle)
{
	return cp_pool_at(&u->setups, handle);
}

static inline struct uni_hot *
uni_call_of_idx(const struct uni *u, uint32_t idx)
{
	return (struct uni_hot *)u->calls.records + idx;
}

static inline uint32_t
uni_call_idx(const struct uni_hot *c)
{
	return cp_handle_idx(c->handle);
}

static inline bool
uni_call_is_ours(const struct uni_hot *c)
{
	return (c->ref & UNI_REF_OURS) != 0;
}

static inline bool
uni_call_is_multipoint(const struct uni_hot *c)
{
	return (c->flags & UNI_CALL_F_MULTIPOINT) != 0;
}

/** Active, or active but for its rates (section 15). */
static inline bool
uni_state_is_active(uint8_t state)
{
	const uint32_t active =
		1u << UNI_ST_ACTIVE | 1u << UNI_ST_MODIFY_REQUEST | 1u << UNI_ST_MODIFY_RECEIVED;

	return (active >> state & 1) != 0;
}

/* fsm.c */

/** Whether the table of @p role has a cell there. */
bool uni_fsm_accepts(enum uni_role role, uint8_t state, enum uni_event ev);

/** Run a cell: false when it is empty. Runs handlers. */
bool uni_fsm_event(
	struct uni_link *l, struct uni_hot *c, enum uni_event ev, struct uni_call_event *e);

static inline bool
uni_state_is_clearing(uint8_t state)
{
	return state == UNI_ST_RELEASE_REQUEST || state == UNI_ST_RELEASE_INDICATION;
}

/** The state of the side that has sent RELEASE (section 8). */
static inline uint8_t
uni_state_released_by(enum uni_role role)
{
	return role == UNI_ROLE_USER ? UNI_ST_RELEASE_REQUEST : UNI_ST_RELEASE_INDICATION;
}

/** The state of the side that has sent SETUP and has had no response. */
static inline uint8_t
uni_state_called_by(enum uni_role role)
{
	return role == UNI_ROLE_USER ? UNI_ST_INITIATED : UNI_ST_PRESENT;
}

/* call_act.c: the actions of the tables; e->from is the state before. They run handlers last. */
typedef void uni_act(struct uni_link *l, struct uni_hot *c, struct uni_call_event *e);
uni_act uni_act_nothing, uni_act_setup, uni_act_offer, uni_act_proceeding, uni_act_alerting,
	uni_act_connect_user, uni_act_connect_network, uni_act_complete, uni_act_connected,
	uni_act_proceed, uni_act_alert, uni_act_accept_user, uni_act_accept_network,
	uni_act_release, uni_act_refuse, uni_act_released, uni_act_answer, uni_act_collision,
	uni_act_done, uni_act_gone, uni_act_abort, uni_act_clear, uni_act_t303, uni_act_t308,
	uni_act_overdue;

/** Room for UNI_MAX_DIAGNOSTICS in the buffer at @p handle, which is taken if need be; or NULL. */
uint8_t *uni_diag_room(struct uni_link *l, uint32_t *handle);

/** The peer has never heard of it. */
static inline bool
uni_call_is_unsaid(const struct uni_hot *c)
{
	return (c->pending & UNI_SAY_BIT(UNI_SAY_SETUP)) != 0 && (c->flags & UNI_CALL_F_AGAIN) == 0;
}

/* notify.c */
int uni_notices_init(struct uni *u);
void uni_notices_fini(struct uni *u);
/** The link is lost: what waits for it is void. */
void uni_notices_drop(struct uni_link *l);
/** NOTIFY, a good one. Runs a handler. */
void uni_notify_receive(
	struct uni_link *l, struct uni_hot *c, const struct uni_msg *m, uint64_t now_ns);
/** The next one as octets, 0: none that can go. */
size_t uni_notice_pull(struct uni_link *l, uint8_t *room, size_t size);

/* modify.c */
uni_act uni_act_modify, uni_act_modified, uni_act_modify_refused, uni_act_modify_t360,
	uni_act_modify_asked, uni_act_modify_accept, uni_act_modify_reject,
	uni_act_modify_confirmed, uni_act_modify_unsaid;

/** The modification ends as refused, the call is in state 10 again (SIG-M10). Runs a handler. */
void uni_modify_void(struct uni_link *l, struct uni_hot *c, uint8_t cause, uint64_t now_ns);

/** Whether a message about rates is not for this side of this call, whatever the table says. */
bool uni_modify_is_misplaced(const struct uni_hot *c, enum uni_event ev);

/** A good message about rates, which the table accepts. Runs a handler. */
void uni_modify_receive(struct uni_link *l, struct uni_hot *c, const struct uni_msg *m,
	enum uni_event ev, struct uni_release *release, uint64_t now_ns);

/** The next message about rates as octets; its timer starts. */
size_t uni_modify_encode(
	struct uni_link *l, struct uni_hot *c, uint8_t *room, size_t size, uint64_t now_ns);

/* call_life.c */

/** A call of @p link in state 0, with reference @p ref in the table; NULL when there is no room. */
struct uni_hot *uni_call_new(struct uni_link *l, uint32_t ref, uint64_t now_ns);

/** Over without a word: reference and label go back, the record is freed. No handler. */
void uni_call_drop(struct uni_link *l, struct uni_hot *c);

/** The call ends, with RELEASE COMPLETE still to be said if @p c->pending has it. */
void uni_call_over(struct uni_link *l, struct uni_hot *c);

/** What the call had goes back: the RELEASE COMPLETE has been said, or will never be. */
void uni_call_finish(struct uni_link *l, struct uni_hot *c);

/** Tell the end by released (@p complete false) or close_complete, then free. Runs a handler. */
void uni_call_tell_end(struct uni_link *l, struct uni_hot *c, bool complete,
	struct uni_release *release, uint64_t now_ns);

/** What is kept of the SETUP: numbers and rates. */
void uni_call_keep(const struct uni *u, const struct uni_hot *c, const struct uni_setup *setup);
void uni_address_keep(struct uni_kept_address *kept, const struct uni_address *a);
void uni_address_give(struct uni_address *a, const struct uni_kept_address *kept);
void uni_rates_get(const struct uni *u, const struct uni_hot *c, struct uni_rates *out);
void uni_rates_set(const struct uni *u, const struct uni_hot *c, const struct uni_rates *rates);

/** Where the handle of a call's buffer is; CP_HANDLE_NONE there: it has none. */
uint32_t *uni_call_buf(const struct uni *u, struct uni_hot *c);

/** It is not needed any more. */
void uni_call_put_buf(struct uni *u, struct uni_hot *c);

/** Free a record, if it is over and in no queue. */
void uni_call_free_if_idle(struct uni *u, struct uni_hot *c);

/** The layer above has answered the offer, or need not. */
void uni_call_offer_done(struct uni_link *l, struct uni_hot *c);

/** Remember an offer until the end of this turn (SIG-68). */
void uni_offer_note(struct uni *u, uint32_t handle, uint64_t now_ns);

/** CALL PROCEEDING for what has no answer yet. */
void uni_offer_flush(struct uni *u, uint64_t now_ns);

/** What came with the event, for a handler. */
static inline const struct uni_elements *
uni_came(const struct uni_elements *elements)
{
	return elements != NULL ? elements : &uni_no_elements;
}

/* call.c */

/** The call for a request from above: 0, or -ESTALE. May run handlers: uni_sweep_settle(). */
int uni_call_for_above(struct uni *u, uni_call_t handle, uint64_t now_ns, struct uni_hot **out);

/** A request from above: 0, -ESTALE, or -EPROTO. Runs handlers. */
int uni_call_request(struct uni *u, uni_call_t handle, enum uni_event ev, struct uni_call_event *e);

/* call_timer.c */
void uni_timer_start(struct uni_link *l, struct uni_hot *c, enum uni_timer t, uint64_t now_ns);
void uni_timer_stop(struct uni_link *l, struct uni_hot *c);
void uni_link_timer_start(
	struct uni_link *l, enum uni_link_timer t, uint64_t now_ns, uint32_t delay_ms);
void uni_link_timer_stop(struct uni_link *l, enum uni_link_timer t);
bool uni_link_timer_is_running(const struct uni_link *l, enum uni_link_timer t);
void uni_timer_expired(void *arg, uint32_t slot, uint32_t cookie, uint64_t now_ns);

/* call_ref.c */
int uni_ref_init(struct uni_link *l);
void uni_ref_fini(struct uni_link *l);
/** A value of ours, 0 when there is none. */
uint32_t uni_ref_take(struct uni_link *l);
void uni_ref_put_unused(struct uni_link *l, uint32_t ref);
void uni_ref_set(struct uni_link *l, uint32_t ref, uint32_t call_idx);
/** The call of a reference, also one that only has to say RELEASE COMPLETE; NULL: none. */
struct uni_hot *uni_ref_find(const struct uni_link *l, uint32_t ref);
/** What uni_ref_find() reads first. */
const void *uni_ref_slot(const struct uni_link *l, uint32_t ref);
void uni_ref_clear(struct uni_link *l, uint32_t ref);
/** The reference stays taken with no call, for the sake of @p label (SIG-13). */
void uni_ref_set_aside(struct uni_link *l, uint32_t ref, uint32_t label);
/** The label that @p ref was set aside for, UNI_LABEL_NONE: none. */
uint32_t uni_ref_aside_label(const struct uni_link *l, uint32_t ref);

/* call_label.c */
int uni_label_init(struct uni_link *l);
void uni_label_fini(struct uni_link *l);
/** Any free label; UNI_LABEL_NONE: none. */
uint32_t uni_label_take(struct uni_link *l);
uint32_t uni_label_take_of(struct uni_link *l, uint32_t vpci);
/** What a SETUP asks for, or the lack of it (NULL): 0 and *label, or the cause of refusal. */
uint8_t uni_label_for_offer(struct uni_link *l, const struct uni_connid *connid, uint32_t *label);
/** The VC of a first response: 0, or the cause of the RELEASE (SIG-32). */
uint8_t uni_label_of_response(
	struct uni_link *l, struct uni_hot *c, const struct uni_connid *connid);
/** Our SETUP, to be sent for @p c, names its label (SIG-70). */
void uni_label_ask(struct uni_link *l, const struct uni_hot *c);
/** The call is over; the label is free when it has been drained as well. */
void uni_label_call_over(struct uni_link *l, const struct uni_hot *c);
/** The label was never heard of above. */
void uni_label_put_unused(struct uni_link *l, uint32_t label);
void uni_label_set_aside(struct uni_link *l, struct uni_hot *c);
/** The peer is done with @p label, if it is a set-aside one (SIG-122). */
void uni_label_take_back(struct uni_link *l, uint32_t label, uint8_t epoch);
bool uni_label_is_aside(const struct uni_link *l, uint32_t label);
/** Those of a link that user VCs can have (SIG-2, SIG-3). */
bool uni_label_is_user(const struct uni_link *l, uint32_t label);
/** Labels of a VPCI that are not free, whatever they are doing. */
uint32_t uni_label_n_taken(const struct uni_link *l, uint32_t vpci);
/**
 * Whatever drains now is counted with the calls of @p epoch. Looks at labels only where something
 * drains since an earlier one.
 */
void uni_label_join_draining(struct uni_link *l, uint8_t epoch);
/** No call has it, and it is drained. */
bool uni_label_is_idle(const struct uni_link *l, uint32_t label);

/* call_setup.c */
/** 0 or -EMSGSIZE; @p setup is valid. */
int uni_setup_encode(struct uni_setup_buf *buf, const struct uni_link *l, const struct uni_hot *c,
	const struct uni_setup *setup);
/** Takes a good SETUP apart; @p elements has room for UNI_MSG_SIZE_MAX octets. */
void uni_setup_decode(struct uni_setup *out, const struct uni_msg *m, uint8_t *elements);
/** Cause of refusal of what a good SETUP asks for, 0: none. */
uint8_t uni_setup_refusal(const struct uni *u, const struct uni_msg *m);
bool uni_setup_is_valid(const struct uni_setup *setup);
/** The same for ADD PARTY, of a party with reference @p party_ref. */
int uni_add_party_encode(struct uni_setup_buf *buf, const struct uni_link *l,
	const struct uni_hot *c, uint16_t party_ref, const struct uni_setup *setup);

/* enclose.c */

/** What was enclosed for @p kind in buffer @p buf, which may be none; false: nothing. */
bool uni_enclosed(
	const struct uni *u, uint32_t buf, enum uni_answer_kind kind, struct uni_elements *out);

/* call_rx.c: messages with a call reference */
void uni_call_receive(struct uni_link *l, struct uni_msg *m, uint64_t now_ns);
/** What RELEASE and the like say. */
void uni_release_fill(struct uni_release *r, const struct uni_msg *m);
/** Section 6.2 for a message that fits the state: it is processed or answered. Runs a handler. */
void uni_call_react(
	struct uni_link *l, struct uni_hot *c, const struct uni_msg *m, uint64_t now_ns);
/** The call is released because of @p release->cause in a message of the peer. Runs a handler. */
void uni_call_abort(
	struct uni_link *l, struct uni_hot *c, struct uni_release *release, uint64_t now_ns);
/** SIG-48. Runs a handler. */
void uni_call_wrong_state(
	struct uni_link *l, struct uni_hot *c, const struct uni_msg *m, uint64_t now_ns);

/* call_tx.c */
void uni_tx_say(struct uni_link *l, struct uni_hot *c, enum uni_say say);
/** Call sdu_ready if there is something to pull and it has not been called. Runs a handler. */
void uni_tx_kick(struct uni_link *l, uint64_t now_ns);
/** Take the head of a queue out; NULL when it is empty. */
struct uni_hot *uni_tx_pop(struct uni_link *l, enum uni_queue_kind kind);
void uni_tx_push(struct uni_link *l, struct uni_hot *c);
/** A cause of our own making, octets as they are. */
void uni_tx_enc_cause(struct uni_enc *enc, const struct uni_link *l, uint8_t value,
	const uint8_t *diag, uint8_t n_diag);

/* link_answer.c */
void uni_answer_put(struct uni_link *l, const struct uni_answer *a);
/** STATUS with a cause and at most one octet of diagnostics, -1: none. */
void uni_answer_status(struct uni_link *l, uint32_t ref, uint8_t state, uint8_t cause, int diag);
void uni_answer_status_fault(
	struct uni_link *l, uint32_t ref, uint8_t state, const struct uni_fault *fault);
/** ADD PARTY REJECT or DROP PARTY ACKNOWLEDGE about the party that the peer has named. */
void uni_answer_party(struct uni_link *l, uint32_t ref, uint8_t type, const struct uni_epref *epref,
	const struct uni_fault *fault, bool owed);
void uni_answer_release_complete(
	struct uni_link *l, uint32_t ref, uint8_t cause, int diag, bool owed);
void uni_answer_release_complete_fault(
	struct uni_link *l, uint32_t ref, const struct uni_fault *fault);
/** The next one as octets, 0: none. */
size_t uni_answer_pull(struct uni_link *l, uint8_t *room, size_t size);
void uni_answer_drop_all(struct uni_link *l);

/* link_restart.c: messages with the global call reference */
void uni_restart_receive(struct uni_link *l, const struct uni_msg *m, uint64_t now_ns);
/** Are all affected VCs idle and drained (SIG-R7)? */
void uni_restart_check(struct uni_link *l);
/** T317. Runs a handler. */
void uni_restart_overdue(struct uni_link *l, uint64_t now_ns);
void uni_restart_abandon(struct uni_link *l);
size_t uni_restart_pull(struct uni_link *l, uint8_t *room, size_t size);
/** RESTART, or its acknowledgement; of all VCs @p connid is not looked at. */
size_t uni_restart_encode(uint8_t *room, size_t size, const struct uni_header *hdr,
	enum uni_restart_class restart_class, const struct uni_connid *connid);

/* link_requester.c: the other half */
void uni_requester_init(struct uni_link *l);
/** Before RESTART is sent nothing new begins: the peer would clear it. */
bool uni_requester_is_clearing(const struct uni_link *l);
/** As a STATUS has it: REST0 or REST1. */
uint8_t uni_requester_call_state(const struct uni_link *l);
/** The link has been established, lost, or T309 has run out (SIG-99). */
void uni_requester_established(struct uni_link *l, uint64_t now_ns);
void uni_requester_lost(struct uni_link *l, uint64_t now_ns);
void uni_requester_want_all(struct uni_link *l);
/** SIG-R2..R4. */
void uni_requester_ack(struct uni_link *l, const struct uni_msg *m, uint64_t now_ns);
/** SIG-R10. Runs a handler. */
void uni_requester_status(struct uni_link *l, const struct uni_msg *m, uint64_t now_ns);
/** T316. Runs handlers. */
void uni_requester_t316(struct uni_link *l, uint64_t now_ns);
/** A slice of at most @p max labels, before that of the bulk job. Runs a handler. */
void uni_requester_turn(struct uni_link *l, uint64_t now_ns, uint32_t max);
/** After it: can RESTART be sent? */
void uni_requester_check(struct uni_link *l);
/** RESTART as octets, when it is to be said. */
size_t uni_requester_pull(struct uni_link *l, uint8_t *room, size_t size, uint64_t now_ns);

/* link_sweep.c */
/** What the loss of the link ends, now or when T309 has run out. Runs a handler, as the next one.
 */
void uni_sweep_begin(struct uni_link *l, enum uni_mass_kind kind, uint64_t now_ns);
/** What a RESTART of either side clears (SIG-82). */
void uni_sweep_restart(struct uni_link *l, enum uni_restart_class restart_class, uint32_t label,
	enum uni_sweep_aside aside, uint64_t now_ns);
/** Set-aside labels from *next to @p end come back; false when @p budget is used up before. */
bool uni_sweep_take_back(
	struct uni_link *l, uint32_t *next, uint32_t end, uint8_t epoch, uint64_t *budget);
/** The labels that a RESTART covers: none of ours gives an empty range (SIG-84). */
void uni_sweep_range(
	enum uni_restart_class restart_class, uint32_t label, uint32_t *first, uint32_t *end);
/** A slice of at most @p max calls and labels. Runs handlers. */
void uni_sweep_run(struct uni_link *l, uint64_t now_ns, uint32_t max);

static inline bool
uni_sweep_is_open(const struct uni_link *l)
{
	return l->sweep.n_open > 0;
}

/**
 * Before anything happens to a call that a bulk job may still have to clear: false, it is gone.
 * Runs handlers where there is something to end: the call, or of one that stays parties or a
 * modification.
 */
bool uni_sweep_judge(struct uni_link *l, struct uni_hot *c, uint64_t now_ns);

/** The same, as most calls have been judged. */
static inline bool
uni_sweep_settle(struct uni_link *l, struct uni_hot *c, uint64_t now_ns)
{
	return c->epoch == l->epoch || uni_sweep_judge(l, c, now_ns);
}

/* trace.c: only where somebody keeps a record, l->recorder */

/** Note the message in hand, for @p c or no call. */
void uni_trace_received(struct uni_link *l, const struct uni_hot *c, const struct uni_msg *m);
/** Note a timer, by its number; 0: that of the answer from above. Also when nobody keeps any. */
void uni_trace_expired(struct uni_link *l, const struct uni_hot *c, uint16_t endpoint,
	uint16_t timer, uint64_t now_ns);
/** A message of a call, as encoded. */
void uni_trace_sent(
	struct uni_link *l, const struct uni_hot *c, const uint8_t *message, uint64_t now_ns);
/** One that no call keeps. */
void uni_trace_answered(struct uni_link *l, const uint8_t *message, size_t len, uint64_t now_ns);

/** What is noted is of @p c, and leads to a state. */
static inline void
uni_trace_tell(struct uni_link *l, const struct uni_hot *c, uint8_t after)
{
	struct uni_trace *t = l->noted;

	l->noted = NULL;
	t->after = after;
	if (t->call == 0) {
		t->call = c->handle;
		t->label = c->label;
	}
}

/** What was noted has led to nothing, or has been told. */
static inline void
uni_trace_settle(struct uni_link *l)
{
	l->noted = NULL;
}

/* link.c */
void uni_link_t309(struct uni_link *l, uint64_t now_ns);
void uni_link_t_link(struct uni_link *l, uint64_t now_ns);

static inline void
uni_link_count_cause(struct uni_link *l, uint8_t cause)
{
	l->stats.causes[cause & 0x7f]++;
}
