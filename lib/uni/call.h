/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * Q.2931 call control for many signalling links: call references, call states, timers, labels; the
 * parties of multipoint calls (Q.2971) and the modification of rates (Q.2963.1). Knows neither the
 * call model above nor circuits; sections 4 and 6 to 16 of the signalling specification.
 *
 * One thread. No function waits, reads a clock or allocates after uni_create() and
 * uni_link_create(). Handles carry a generation; a stale one gets -ESTALE (I9).
 *
 * Messages are pulled: a call that has something to say queues itself, and is encoded when the
 * transport below has credit (uni_link_pull()). Timers start when the message is handed over.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "uni/cause.h"
#include "uni/ie.h"
#include "uni/trace.h"

struct uni;
struct uni_link;

typedef uint32_t uni_call_t;  /**< 0 is none. */
typedef uint32_t uni_party_t; /**< A leaf of a multipoint call; 0 is none. */

/** Which end of a trunk we are (section 8). */
enum uni_role { UNI_ROLE_USER, UNI_ROLE_NETWORK };

/** Call states by their number in Q.2931; the same numbers in both roles (4.2, section 8). */
enum uni_call_state {
	UNI_ST_NULL = 0,
	UNI_ST_INITIATED = 1,
	UNI_ST_OUT_PROCEEDING = 3,
	UNI_ST_DELIVERED = 4,
	UNI_ST_PRESENT = 6,
	UNI_ST_RECEIVED = 7,
	UNI_ST_CONNECT_REQUEST = 8,
	UNI_ST_IN_PROCEEDING = 9,
	UNI_ST_ACTIVE = 10,
	UNI_ST_RELEASE_REQUEST = 11,
	UNI_ST_RELEASE_INDICATION = 12,
	UNI_ST_MODIFY_REQUEST =
		13, /**< This and the next: active but for the rates (section 15). */
	UNI_ST_MODIFY_RECEIVED = 14,
	UNI_ST_COUNT = 15
};

/** Party states by their number in Q.2971 (section 14). The root is the calling side. */
enum uni_party_state {
	UNI_PARTY_NULL = 0,
	UNI_PARTY_INITIATED = 1,          /**< Root: ADD PARTY or SETUP sent. */
	UNI_PARTY_ALERTING_DELIVERED = 4, /**< Leaf: PARTY ALERTING or ALERTING sent. */
	UNI_PARTY_RECEIVED = 6,           /**< Leaf: ADD PARTY or SETUP received. */
	UNI_PARTY_ALERTING_RECEIVED = 7,  /**< Root: PARTY ALERTING or ALERTING received. */
	UNI_PARTY_ACTIVE = 10,
	UNI_PARTY_DROP_INITIATED = 11,
	UNI_PARTY_DROP_RECEIVED = 12,
	UNI_PARTY_COUNT = 13
};

/** "U10", "N3" ... */
const char *uni_call_state_name(enum uni_role role, enum uni_call_state state);

/** "P10" ... */
const char *uni_party_state_name(enum uni_party_state state);

/** A party's number (4.5, 4.6). */
struct uni_address {
	uint8_t type; /**< enum uni_address_type. */
	uint8_t len;
	uint8_t octets[20]; /**< E.164: IA5 digits; ATM end system address: 20 octets. */
};

enum uni_address_type { UNI_ADDRESS_NONE, UNI_ADDRESS_E164, UNI_ADDRESS_AESA };

/** How our SETUP names the VC (SIG-30). */
enum uni_ask {
	UNI_ASK_NONE,      /**< User role only: the network chooses. */
	UNI_ASK_EXCLUSIVE, /**< This VPCI and VCI; the network role's only form. */
	UNI_ASK_ANY_VCI    /**< User role: the first VPCI of the link, any VCI. */
};

/** What SETUP or ADD PARTY says. Plain data but for @c elements. */
struct uni_setup {
	struct uni_address called;
	struct uni_address calling;
	uint32_t fwd_peak; /**< Cells per second, CLP 0+1, 24 bits (SIG-35). */
	uint32_t bwd_peak;
	/** Sustainable rates, CLP 0+1 or else CLP 0, and bursts in cells; 0: none. */
	uint32_t fwd_sustained, bwd_sustained;
	uint32_t fwd_burst, bwd_burst;
	bool best_effort; /**< Peak rates alone (SIG-34). */
	/**
	 * The call is to have parties, or has them: for its whole life. Backward rates are then 0,
	 * whatever is said here or was received (SIG-36, SIG-103).
	 */
	bool multipoint;
	uni_party_t party; /**< Offer of a multipoint call only: its first party. */
	uint32_t label;    /**< Offer only: the VC, taken for this call. */
	/**
	 * Further elements as coded on the wire, carried unchanged (SIG-39); NULL for none. One
	 * that says what a field above says too is sent instead of that field, so what an offer
	 * brought can be passed on as it came. Dies when the handler that gave it, or the request
	 * that took it, returns.
	 */
	const uint8_t *elements;
	uint32_t elements_len;
};

/** Rates of a call in cells per second, CLP 0+1; forward is what the calling side sends. */
struct uni_rates {
	uint32_t fwd_peak;
	uint32_t bwd_peak;
};

/** In a request for other rates: this direction stays as it is (SIG-111). */
#define UNI_RATE_SAME UINT32_MAX

/**
 * Elements as coded on the wire, one behind the other; NULL and 0: none. Those that a handler gets
 * die when it returns.
 */
struct uni_elements {
	const uint8_t *octets;
	uint32_t len;
};

/** Why a call or a party ended, and what came with it. Pointers die when the handler returns. */
struct uni_release {
	/**
	 * The VC of the call, UNI_LABEL_NONE if it never had one, or of a party: the others use it
	 * on. Whoever hears of the end of a call gives its label back with uni_link_put_label()
	 * when nothing uses the VC any more.
	 */
	uint32_t label;
	uint8_t cause; /**< enum uni_cause_value; as received, unchanged (SIG-24). */
	uint8_t location;
	uint8_t coding; /**< enum uni_coding of the first cause. */
	uint8_t cause2; /**< 0: there was none. */
	uint8_t location2;
	uint8_t coding2;
	const uint8_t *diagnostics; /**< Of the first cause, raw (SIG-25, SIG-121). */
	uint32_t diagnostics_len;
	const uint8_t *diagnostics2;
	uint32_t diagnostics2_len;
	const uint8_t *uu; /**< User-user contents: discriminator and octets (SIG-115). */
	uint32_t uu_len;
	const uint8_t *git; /**< Contents of the generic identifier transport. */
	uint32_t git_len;
};

/** A notification indicator, carried as it is (4.11). Octets die when the handler returns. */
struct uni_notification {
	const uint8_t *octets;
	uint32_t len;         /**< 1 .. UNI_MAX_NOTIFICATION. */
	uint8_t instructions; /**< Octet 2 of the element: coding and instruction (SIG-71). */
};

/** Since the audit began. */
struct uni_audit_result {
	uint64_t n_asked;      /**< Enquiries, a party at a time. */
	uint64_t n_cleared;    /**< Calls that the peer does not have, or not so. */
	uint64_t n_unanswered; /**< Calls released because nothing was said of them. */
	uint64_t n_proven;     /**< Labels that were set aside and are back. */
};

/** What the peer says of a call, or of a party of it. Pointers die when the handler returns. */
struct uni_status {
	uint8_t state;       /**< enum uni_call_state, on the peer's side. */
	uint8_t party_state; /**< enum uni_party_state; UNI_PARTY_COUNT: of the call. */
	uint8_t cause;       /**< enum uni_cause_value; 30: it was asked (SIG-89). */
	const uint8_t *diagnostics;
	uint32_t diagnostics_len;
};

#define UNI_MAX_NOTIFICATION 128u
#define UNI_MAX_UU 129u /**< Discriminator and 128 octets (SIG-117). */
#define UNI_MAX_DIAGNOSTICS 28u
#define UNI_MAX_GIT 29u
/** Largest set of elements that goes with a close: 08 08 7f 7e (SIG-115). */
#define UNI_MAX_CLEARING (2u * (6u + UNI_MAX_DIAGNOSTICS) + 4u + UNI_MAX_GIT + 4u + UNI_MAX_UU)
#define UNI_MAX_SETUP 1024u /**< Largest SETUP sent, octets, on a trunk that can carry it. */

/** What goes wrong with a RESTART. */
enum uni_alarm {
	UNI_ALARM_RESTART_UNANSWERED, /**< T316 twice: the VCs stay set aside (SIG-T7). */
	UNI_ALARM_RESTART_REFUSED,    /**< The peer makes nothing of ours (SIG-R10). */
	UNI_ALARM_RESTART_OVERDUE,    /**< T317: the dataplane has not drained (SIG-R9). */
	UNI_ALARM_COUNT
};

/** Why many calls of a link end at once, without a word to each. */
enum uni_mass_kind {
	UNI_MASS_LINK_LOST, /**< The link is lost: calls that are not active (SIG-96). */
	UNI_MASS_LINK_GONE, /**< T309: it was not back in time (SIG-99). */
	UNI_MASS_RESTART,   /**< Ours (SIG-R1). */
	UNI_MASS_RESTARTED, /**< The peer's (SIG-R6). */
	UNI_MASS_KIND_COUNT
};

/** A bulk job of call control, in slices, when it begins and when it is over. */
struct uni_mass {
	enum uni_mass_kind kind;
	bool over;
	uint8_t cause;
	enum uni_restart_class restart_class; /**< What of the link: all, for a lost one too. */
	uint32_t label;                       /**< Of that class. */
	uint32_t n_calls;                     /**< When it begins: at most so many will end. */
	uint32_t n_cleared;                   /**< When it is over: calls that it has ended. */
};

/** To above, for one link. @p cookie is what uni_call_setup() or uni_call_set_cookie() gave. */
struct uni_link_ops {
	/** Something can be pulled with uni_link_pull(). */
	void (*sdu_ready)(void *arg, uint64_t now_ns);
	/**
	 * SDUs handed over and not yet acknowledged by the peer (SIG-80). NULL: the transport does
	 * not tell, and closes are held back by its credit alone.
	 */
	uint32_t (*n_outstanding)(void *arg);
	/** Ask SSCF to establish the link (AAL-ESTABLISH request). */
	void (*establish)(void *arg, uint64_t now_ns);
	/**
	 * SETUP: a call is offered; setup->label is its VC, the one that SETUP names or one chosen
	 * here. Answer from here or later with proceed, alert, accept, refuse (SIG-U2, SIG-N1).
	 */
	void (*offer)(void *arg, uni_call_t call, const struct uni_setup *setup, uint64_t now_ns);
	/** @p came, here and below: what the answer has brought with it (SIG-39); never NULL. */
	void (*proceeding)(void *arg, uni_call_t call, uint64_t cookie,
		const struct uni_elements *came, uint64_t now_ns);
	void (*alerting)(void *arg, uni_call_t call, uint64_t cookie,
		const struct uni_elements *came, uint64_t now_ns);
	/** The call is active: U10 or N10 reached, or N8 whose CONNECT ACKNOWLEDGE is on its way.
	 */
	void (*connected)(void *arg, uni_call_t call, uint64_t cookie,
		const struct uni_elements *came, uint64_t now_ns);
	/**
	 * The call has ended from the other side or by a timer. @p owed: answer with
	 * uni_call_close() (SIG-C2, then SIG-C3); else it is already gone here: the handle dies
	 * when this returns. An answer owed is owed no longer when a second one, not owed, comes
	 * (SIG-66, SIG-96).
	 */
	void (*released)(void *arg, uni_call_t call, uint64_t cookie,
		const struct uni_release *release, bool owed, uint64_t now_ns);
	/** Our uni_call_close() is done (SIG-C3, C5, C6, C7); the handle dies when this returns. */
	void (*close_complete)(void *arg, uni_call_t call, uint64_t cookie,
		const struct uni_release *release, uint64_t now_ns);

	/*
	 * Parties. Until `connected` the reports about the call speak for its first party too:
	 * what is below tells of that one only if it leaves while others are there, or joins after
	 * another has brought the call up. Before the end of a call is told, that of every party is
	 * which is known above; not where uni_call_close() or uni_call_refuse() has asked for it.
	 */
	/** Root: PARTY ALERTING (SIG-P2). */
	void (*party_alerting)(void *arg, uni_call_t call, uni_party_t party, uint64_t cookie,
		const struct uni_elements *came, uint64_t now_ns);
	/** Root: the party has joined (SIG-P3). */
	void (*party_added)(void *arg, uni_call_t call, uni_party_t party, uint64_t cookie,
		const struct uni_elements *came, uint64_t now_ns);
	/**
	 * Root: the party that was joining has not joined (SIG-P4, SIG-P5, the end of the call, a
	 * lost link). The handle dies when this returns.
	 */
	void (*party_refused)(void *arg, uni_call_t call, uni_party_t party, uint64_t cookie,
		const struct uni_release *release, uint64_t now_ns);
	/**
	 * Leaf: one more party is offered (SIG-P6); setup->label is the call's. Answer from here or
	 * later with uni_party_alert(), uni_party_accept(), uni_party_refuse().
	 */
	void (*party_offer)(void *arg, uni_call_t call, uni_party_t party,
		const struct uni_setup *setup, uint64_t now_ns);
	/**
	 * The party has left, or at the root is not going to join, from the other side or by a
	 * timer. @p owed: answer with uni_party_drop() (SIG-P13, SIG-P14); else it is gone: the
	 * handle dies when this returns. An answer owed is owed no longer when a second one, not
	 * owed, comes.
	 */
	void (*party_released)(void *arg, uni_call_t call, uni_party_t party, uint64_t cookie,
		const struct uni_release *release, bool owed, uint64_t now_ns);
	/**
	 * Our uni_party_drop() or uni_party_refuse() is done (SIG-P10, P14, P15, P17); the handle
	 * dies when this returns.
	 */
	void (*party_drop_complete)(
		void *arg, uni_call_t call, uni_party_t party, uint64_t cookie, uint64_t now_ns);

	/* Modification of rates. */
	/**
	 * Our uni_call_modify() is done: @p in_force are the rates from now on (SIG-M2). @p
	 * confirm: the other side awaits uni_modify_confirm(), from here or later, for as long as
	 * its T361 runs.
	 */
	void (*modified)(void *arg, uni_call_t call, uint64_t cookie,
		const struct uni_rates *in_force, bool confirm, uint64_t now_ns);
	/** It is refused, the old rates stand (SIG-M3, M4, M10). The end of the call comes after.
	 */
	void (*modify_refused)(
		void *arg, uni_call_t call, uint64_t cookie, uint8_t cause, uint64_t now_ns);
	/**
	 * The other side asks for these rates, those that are to stay included (SIG-M6). Answer
	 * from here or later with uni_modify_accept() or uni_modify_refuse(); either gets -EPROTO
	 * when the question is void meanwhile (SIG-M10).
	 */
	void (*modify_asked)(void *arg, uni_call_t call, uint64_t cookie,
		const struct uni_rates *asked, uint64_t now_ns);
	/**
	 * The confirmation that uni_modify_accept() has asked for; or its time is up (SIG-M9), or
	 * the link took along what asked for it.
	 */
	void (*modify_confirmed)(void *arg, uni_call_t call, uint64_t cookie, uint64_t now_ns);

	/*
	 * What is said about a call, and changes nothing by itself; NULL for who need not hear it.
	 * About a party of it, @p party and its cookie; else 0 and the call's.
	 */
	/** NOTIFY (SIG-71). */
	void (*notified)(void *arg, uni_call_t call, uni_party_t party, uint64_t cookie,
		const struct uni_notification *notification, uint64_t now_ns);
	/** STATUS, asked for or not (SIG-92, SIG-93). */
	void (*status)(void *arg, uni_call_t call, uni_party_t party, uint64_t cookie,
		const struct uni_status *status, uint64_t now_ns);

	/** An audit has gone over all calls, and what it has asked is answered; may be NULL. */
	void (*audited)(void *arg, const struct uni_audit_result *result, uint64_t now_ns);

	void (*link_up)(void *arg, uint64_t now_ns);
	void (*link_down)(void *arg, uint64_t now_ns);

	/**
	 * Our RESTART, asked for by uni_link_restart() or begun by itself (SIG-85, SIG-99), is
	 * over: @p done, and the VCs are free again (SIG-R2), or without an answer (SIG-R5).
	 */
	void (*restarted)(void *arg, bool done, uint64_t now_ns);
	/** For the operator. @p cause: of the STATUS that told it, else 0. */
	void (*alarm)(void *arg, enum uni_alarm alarm, uint8_t cause, uint64_t now_ns);
	/** A bulk job begins, or is over; may be NULL. Must not call back. */
	void (*mass)(void *arg, const struct uni_mass *mass, uint64_t now_ns);
};

#define UNI_LABEL_NONE UINT32_MAX

struct uni_link_params {
	enum uni_role role;
	enum uni_ask ask;              /**< User role's SETUPs. */
	uint8_t vpci_first, vpci_last; /**< 0..15. User VCs are VCI 32..65535 of each (SIG-2). */
	uint32_t signalling_label;     /**< Out of the pool (SIG-3). */
	uint8_t location;              /**< Of causes made here, network role (SIG-26). */
	bool restart_first; /**< The first establishment begins with a RESTART of all (SIG-85). */
	/**
	 * Octets of the largest SETUP or ADD PARTY sent, 256..UNI_MAX_SETUP: what the trunk carries
	 * in one SDU (SIG-10). Nothing else that is sent is as long as 512.
	 */
	uint32_t max_setup;
	uint32_t max_offers;  /**< Offers not yet answered; more get cause 47 (SIG-72). */
	uint32_t bulk_window; /**< Closes wait while so many SDUs are out (SIG-80). */
	/* Section 8, milliseconds (SIG-63). */
	uint32_t t301_ms, t303_ms, t308_ms, t309_ms, t310_ms, t313_ms;
	uint32_t t322_ms;                   /**< Enquiries; see uni_call_enquire(). */
	uint32_t t360_ms, t361_ms;          /**< Modification. */
	uint32_t t397_ms, t398_ms, t399_ms; /**< Parties. */
	uint32_t t_link_ms, t_link_max_ms;
	uint32_t t_answer_ms; /**< SIG-66: how long this side's upper layer may take. */
	uint32_t t316_ms;     /**< How long the peer may take to carry out a RESTART. */
	uint32_t t317_ms;     /**< How long the dataplane may take to drain for one: below T316. */
	/**
	 * Answers to messages that should not have come: so many a second, and so many at once.
	 * What the peer waits for is answered whatever else comes: RELEASE, STATUS ENQUIRY,
	 * RESTART, a good SETUP or ADD PARTY.
	 */
	uint32_t answers_s, answers_burst;
};

/** The defaults of section 8 for @p role. */
void uni_link_params_default(struct uni_link_params *params, enum uni_role role);

/** 0, or -EINVAL with a one-line reason: what is wrong and the mend. */
int uni_link_params_check(const struct uni_link_params *params, const char **why);

struct uni_config {
	uint32_t n_calls; /**< All links together, at most CP_POOL_MAX. */
	uint32_t n_links;
	/**
	 * SETUPs sent and not yet answered, ADD PARTYs not yet sent, and calls and parties that
	 * have elements to go with an answer, at one time; more get -EAGAIN. Causes of ours with
	 * long diagnostics take one as well, of half of them; without it they are cut.
	 */
	uint32_t n_setups;
	/** All calls together, at most CP_POOL_MAX. 0: no multipoint calls; offers get cause 65. */
	uint32_t n_parties;
};

/** NULL when memory is out. */
struct uni *uni_create(const struct uni_config *config, uint64_t now_ns, const struct cp_mem *mem);
void uni_destroy(struct uni *u);

/** -EINVAL, -ENOMEM, -ENOSPC. */
int uni_link_create(struct uni *u, const struct uni_link_params *params,
	const struct uni_link_ops *ops, void *arg, const char *name, struct uni_link **out);
void uni_link_destroy(struct uni_link *l);

/**
 * Other timers and limits from now on; a timer that runs keeps its time. 0, or -EINVAL and all is
 * as it was: role, VPCIs and signalling label must be those of before.
 */
int uni_link_retime(struct uni_link *l, const struct uni_link_params *params);

/** Have what happens recorded from now on, as of link @p number; NULL: nothing. */
void uni_link_record(struct uni_link *l, struct uni_recorder *recorder, uint8_t number);

/** Begin: the link asks to be established, again by T-LINK until it is (SIG-T15). */
void uni_link_start(struct uni_link *l, uint64_t now_ns);

/**
 * What lies below may have come back: ask at once for a link that is waited for, and T-LINK begins
 * anew. Without effect on one that is up, or stopped.
 */
void uni_link_retry(struct uni_link *l, uint64_t now_ns);

/** No longer ask for the link to be established: it is about to be released for good. */
void uni_link_stop(struct uni_link *l);

/** A new SETUP gets RELEASE COMPLETE 41 from now on (SIG-72); own setups get -ESHUTDOWN. */
void uni_link_drain(struct uni_link *l, bool drain);

/* From SSCF. */
void uni_link_established(struct uni_link *l, uint64_t now_ns); /**< Indication or confirm. */
void uni_link_released(struct uni_link *l, uint64_t now_ns);    /**< Lost, or refused. */
void uni_link_receive(struct uni_link *l, const uint8_t *message, size_t len, uint64_t now_ns);

/** A message, or what begins with one. */
struct uni_pdu {
	const uint8_t *octets;
	size_t len;
};

/** Requests about these calls come next: their memory is asked for. */
void uni_calls_ahead(const struct uni *u, const uni_call_t *calls, uint32_t n);

/**
 * Messages that will be received next: the memory that they need is asked for, for all of them at
 * once. Nothing is judged, nothing changes. @p cookies gets that of each one's call, 0 for none.
 */
void uni_link_ahead(
	const struct uni_link *l, const struct uni_pdu *messages, uint32_t n, uint64_t *cookies);
/** The next message to send, 0: none. @p size is at least UNI_MAX_SETUP. */
size_t uni_link_pull(struct uni_link *l, uint8_t *room, size_t size, uint64_t now_ns);

/**
 * RESTART: the calls of one VC (@p where is its label), of a VPCI (@p where is that), or all calls,
 * are cleared here and at the other end (SIG-R1, SIG-82). No RELEASE is sent, and `released` tells
 * their end, with cause 41. The VCs cannot be used again before the other end has acknowledged it;
 * `restarted` follows. A link that is lost meanwhile begins with it when it is up again.
 * @return 0; -EINVAL: no VC or VPCI of this link; -ENETDOWN; -EBUSY: the last one is not over.
 */
int uni_link_restart(
	struct uni_link *l, enum uni_restart_class restart_class, uint32_t where, uint64_t now_ns);

bool uni_link_is_up(const struct uni_link *l);
enum uni_role uni_link_role(const struct uni_link *l);

/** Of causes made here (SIG-26). */
uint8_t uni_link_location(const struct uni_link *l);

/* Requests from above. All return 0, -ESTALE, or -EPROTO where the state does not allow it. */

/**
 * -EAGAIN: too many unanswered; -ENOSPC: no call or reference; -EADDRNOTAVAIL: no label, where
 * SETUP has to name one (SIG-30); -ENETDOWN: link down (SIG-101); -ESHUTDOWN: draining; -EINVAL:
 * elements or addresses that are none; -EMSGSIZE: more than max_setup octets.
 */
int uni_call_setup(struct uni_link *l, const struct uni_setup *setup, uint64_t cookie,
	uint64_t now_ns, uni_call_t *out);

/** The party that SETUP was for, while it is there; 0 also of a point-to-point call. */
uni_party_t uni_call_first_party(const struct uni *u, uni_call_t call);

int uni_call_set_cookie(struct uni *u, uni_call_t call, uint64_t cookie);
int uni_call_proceed(struct uni *u, uni_call_t call, uint64_t now_ns);
int uni_call_alert(struct uni *u, uni_call_t call, uint64_t now_ns);
int uni_call_accept(struct uni *u, uni_call_t call, uint64_t now_ns);

/** An answer of ours that is still to be given. */
enum uni_answer_kind {
	UNI_ANSWER_PROCEED,
	UNI_ANSWER_ALERT,
	UNI_ANSWER_ACCEPT,
	UNI_ANSWER_REFUSE,
	UNI_ANSWER_KINDS
};

/**
 * Have @p elements, which are copied, go with an answer to the offer @p call when that is asked
 * for. Those that its message cannot have are left out (SIG-118). Without any of our own CONNECT
 * has the first low-layer information of an offer that brought several (SIG-37).
 *
 * @return
 *   Also -EAGAIN: no buffer, the answer can be given without; -EEXIST: that answer has some;
 *   -EINVAL: elements that are none.
 */
int uni_call_enclose(struct uni *u, uni_call_t call, enum uni_answer_kind kind,
	const struct uni_elements *elements, uint64_t now_ns);

/*
 * A cause of 0 is taken as 31, normal, unspecified.
 */

/** The offer is declined; close_complete follows when the exchange is over (at once from U6, N1).
 */
int uni_call_refuse(struct uni *u, uni_call_t call, uint8_t cause, uint64_t now_ns);

/** The same with cause 37, diagnostics the peak rates of these directions. */
int uni_call_refuse_rates(struct uni *u, uni_call_t call, bool fwd, bool bwd, uint64_t now_ns);

/**
 * Close, or answer a release that is owed. close_complete follows: before this returns where
 * nothing is awaited, or, when an answer carries @p uu, when it has been pulled. @p uu stays valid
 * until then; -EMSGSIZE above UNI_MAX_UU, nothing sent.
 */
int uni_call_close(struct uni *u, uni_call_t call, uint8_t cause, const uint8_t *uu,
	uint32_t uu_len, uint64_t now_ns);

/**
 * The same with all that a close can carry: @p elements as in clearing.h, which stay valid just as
 * long. Causes among them go out as they are, else @p cause does. An answer carries causes only
 * where they are among them (SIG-75). -EINVAL: they are none, nothing sent.
 */
int uni_call_close_with(struct uni *u, uni_call_t call, uint8_t cause,
	const struct uni_elements *elements, uint64_t now_ns);

/**
 * Ask the peer for the state of a call, or of a party of it (0: of the call as such). Nothing comes
 * of it unless the two ends disagree (section 12) or the peer stays silent for two T322.
 *
 * @return
 *   0; -EPROTO: it is being cleared, or the peer has not heard of it yet; -EBUSY: one is
 * outstanding (SIG-89); -EAGAIN: too many are (SIG-95); -ENETDOWN.
 */
int uni_call_enquire(struct uni *u, uni_call_t call, uni_party_t party, uint64_t now_ns);

/**
 * Tell the peer of something, about a call or a party of it (0: the call as such). @p notification
 * is copied. It goes when the peer has heard of the call, and not at all if that ends before.
 *
 * @return
 *   0; -EPROTO: being cleared; -EINVAL: no octets, too many, or another coding than ITU-T's;
 *   -EAGAIN: too many wait; -ENETDOWN.
 */
int uni_call_notify(struct uni *u, uni_call_t call, uni_party_t party,
	const struct uni_notification *notification, uint64_t now_ns);

/*
 * Parties. All return 0, -ESTALE, or -EPROTO where the state of party or call does not allow it.
 * What is asked for the first party of a call that is not up yet is asked for the call.
 */

/**
 * Root of a multipoint call (SIG-P1): one more party. Of @p setup counts what ADD PARTY can carry:
 * numbers and elements.
 *
 * @return
 *   0; -EAGAIN: too many unanswered (SIG-108), or no buffer; -ENOSPC: no party or endpoint
 *   reference; -ENETDOWN: link down; -ESHUTDOWN: draining; -EINVAL, -EMSGSIZE as uni_call_setup().
 */
int uni_party_add(struct uni *u, uni_call_t call, const struct uni_setup *setup, uint64_t cookie,
	uint64_t now_ns, uni_party_t *out);
int uni_party_set_cookie(struct uni *u, uni_party_t party, uint64_t cookie);
int uni_party_alert(struct uni *u, uni_party_t party, uint64_t now_ns);
int uni_party_accept(struct uni *u, uni_party_t party, uint64_t now_ns);

/** As uni_call_enclose(); a party has no UNI_ANSWER_PROCEED, unless it is the call's first one. */
int uni_party_enclose(struct uni *u, uni_party_t party, enum uni_answer_kind kind,
	const struct uni_elements *elements, uint64_t now_ns);

/** The offer is declined; party_drop_complete follows, at once if nothing was answered yet. */
int uni_party_refuse(struct uni *u, uni_party_t party, uint8_t cause, uint64_t now_ns);

/**
 * Drop, or answer a drop that is owed. party_drop_complete follows: before this returns where
 * nothing is awaited, or, when an answer carries @p uu, when it has been pulled. @p uu stays valid
 * until then; -EMSGSIZE above UNI_MAX_UU, nothing sent.
 *
 * The one that leaves no other party in the call or joining it releases the call (SIG-104): then
 * party_drop_complete comes when that is done, and close_complete for the call follows.
 */
int uni_party_drop(struct uni *u, uni_party_t party, uint8_t cause, const uint8_t *uu,
	uint32_t uu_len, uint64_t now_ns);

/** The same as uni_call_close_with(); of causes a message about a party has one. */
int uni_party_drop_with(struct uni *u, uni_party_t party, uint8_t cause,
	const struct uni_elements *elements, uint64_t now_ns);

/*
 * Modification of rates (section 15).
 */

/** Owner of an active point-to-point call: other rates (SIG-M1). -ENETDOWN; -EINVAL: 25 bits. */
int uni_call_modify(struct uni *u, uni_call_t call, const struct uni_rates *rates, uint64_t now_ns);

/** The rates asked for are in force here (SIG-M7); @p confirm: modify_confirmed follows. */
int uni_modify_accept(struct uni *u, uni_call_t call, bool confirm, uint64_t now_ns);

/**
 * Our change is carried out as far as we answer for it, and the other side wanted to hear of that
 * (SIG-M2, SIG-114). -EPROTO: it did not, or knows, or has been asked for other rates meanwhile.
 */
int uni_modify_confirm(struct uni *u, uni_call_t call, uint64_t now_ns);

/** SIG-M8. With cause 37 those of the rates that would have grown are named. */
int uni_modify_refuse(struct uni *u, uni_call_t call, uint8_t cause, uint64_t now_ns);

/**
 * Nothing uses the VC @p label any more: it may be given out again when its call is over as well
 * (SIG-78), unless it was set aside (SIG-122). Once per call that had a label, before or after the
 * end of the call; a label that is not taken is ignored.
 */
void uni_link_put_label(struct uni_link *l, uint32_t label);

/**
 * Keep @p label from calls, for a permanent VC; one that no call could have needs no keeping. A
 * RESTART does not concern it. -EBUSY: a call has it.
 */
int uni_link_reserve_label(struct uni_link *l, uint32_t label);
void uni_link_free_label(struct uni_link *l, uint32_t label);

/**
 * Once a control turn: timers due (at most @p max), CALL PROCEEDING for offers of this turn that
 * have no answer yet (SIG-68), bounded slices of bulk clearing.
 */
void uni_turn(struct uni *u, uint64_t now_ns, uint32_t max);

/**
 * From here to uni_uncork() or the next uni_turn() sdu_ready is not called: what is said meanwhile
 * goes to the transport in one go, so that a burst of messages is answered by a burst.
 */
void uni_cork(struct uni *u);
void uni_uncork(struct uni *u, uint64_t now_ns);

/** A snapshot of one call. */
struct uni_call_info {
	uni_call_t call;
	const struct uni_link *link;
	enum uni_call_state state;
	uint32_t reference;
	bool ours; /**< We chose the reference: an outgoing call. */
	uint32_t label;
	struct uni_address called;
	struct uni_address calling;
	uint64_t cookie;
	uint64_t created_ns;    /**< Of whole microseconds, as the next one. */
	uint64_t connected_ns;  /**< 0: not yet. */
	struct uni_rates rates; /**< In force. */
	bool multipoint;
	uint32_t n_parties; /**< All, those being dropped included. */
	uint32_t n_parties_active;
	uint32_t n_parties_joining;
	uint8_t told_state; /**< Of the last STATUS of the peer; see told_cause. */
	uint8_t told_cause; /**< 0: there was none. */
};

int uni_call_query(const struct uni *u, uni_call_t call, struct uni_call_info *out);

/** A snapshot of one party. */
struct uni_party_info {
	uni_party_t party;
	uni_call_t call;
	enum uni_party_state state;
	uint16_t reference;
	bool ours; /**< We are the root. */
	struct uni_address called;
	uint64_t cookie;
};

int uni_party_query(const struct uni *u, uni_party_t party, struct uni_party_info *out);

/**
 * The parties of a call, oldest first: the one after @p party, the first one after 0; 0 at the end,
 * and when @p party is not there any more.
 */
uni_party_t uni_party_next(const struct uni *u, uni_call_t call, uni_party_t party);

const char *uni_link_name(const struct uni_link *l);

/** What lives: all 0 after a clean end (I4). */
struct uni_census {
	uint32_t n_calls, n_calls_max;
	uint32_t n_timers;      /**< Of calls and parties. */
	uint32_t n_link_timers; /**< T309, T316, T317, T-LINK, that of the audit. */
	uint32_t n_setups;      /**< Buffers in use (struct uni_config). */
	uint32_t n_parties;
	uint32_t n_notices; /**< NOTIFYs to be sent. */
};

void uni_census(const struct uni *u, struct uni_census *out);

struct uni_link_stats {
	uint64_t tx[256]; /**< Messages by type. */
	uint64_t rx[256];
	uint64_t drop_short, drop_discriminator, drop_reference_length, drop_dummy;
	uint64_t drop_link_down; /**< Came while the link was not established. */
	uint64_t bad_elements;   /**< Messages with a fault in an element. */
	uint64_t unknown_type;
	uint64_t wrong_state;
	uint64_t unknown_reference;
	uint64_t answers_dropped; /**< Answers without a call that did not fit their queue. */
	uint64_t diagnostics_cut; /**< Causes made here that had no buffer for all of theirs. */
	uint64_t answers_limited; /**< Not given, for there were too many (answers_s). */
	uint64_t timer_expired;
	uint64_t restarts;         /**< RESTARTs of the peer that were carried out. */
	uint64_t restarts_overdue; /**< T317 ran out (SIG-R9). */
	uint64_t restarts_asked;   /**< RESTARTs of ours, again after a lost link included. */
	uint64_t restarts_acknowledged;
	uint64_t restarts_unanswered;  /**< T316 ran out twice (SIG-T7). */
	uint64_t restarts_refused;     /**< STATUS about ours (SIG-R10). */
	uint64_t restart_acks_ignored; /**< Of another class or VC (SIG-R3). */
	uint64_t set_up;               /**< Calls that reached the active state. */
	uint64_t cleared;              /**< Calls that ended. */
	uint64_t swept;                /**< Of them, by bulk jobs; see struct uni_mass. */
	uint64_t causes[128];          /**< Of ended calls. */
	uint64_t parties_joined;       /**< Parties that reached the active state. */
	uint64_t parties_left;         /**< Parties that ended, joined or not. */
	uint64_t modified;             /**< Changes of rates that came into force. */
	uint64_t audits;               /**< Occasions to ask about all calls (SIG-98, SIG-100). */
	uint64_t enquiries; /**< Asked, by audits or one by one; those that T322 repeats not
			       counted. */
	uint64_t enquiries_unanswered; /**< T322 ran out twice. */
	uint64_t enquiries_cleared; /**< Calls whose answer was that they are over, or in a mess. */
	uint64_t labels_proven; /**< Set aside, and back because the peer knows nothing of it. */
	uint32_t n_calls;
	uint32_t n_active;
	uint32_t n_parties;
	uint32_t n_references; /**< In use, both sides'. */
	uint32_t n_labels;     /**< Taken. */
	uint32_t n_set_aside;  /**< Labels (SIG-122). */
	bool restarting;       /**< A RESTART of ours is not answered yet. */
	bool restarted;        /**< One of the peer is being carried out. */
};

void uni_link_stats(const struct uni_link *l, struct uni_link_stats *out);
