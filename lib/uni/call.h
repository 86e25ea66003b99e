/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * Q.2931 call control for many signalling links: call references, call states, timers, labels.
 * Knows neither the call model above nor circuits; sections 4 and 6 to 13 of the signalling
 * specification.
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

struct uni;
struct uni_link;

typedef uint32_t uni_call_t; /**< 0 is none. */

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
	UNI_ST_COUNT = 15
};

/** "U10", "N3" ... */
const char *uni_call_state_name(enum uni_role role, enum uni_call_state state);

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

/** What SETUP says. Plain data but for @c elements. */
struct uni_setup {
	struct uni_address called;
	struct uni_address calling;
	uint32_t fwd_peak; /**< Cells per second, CLP 0+1, 24 bits (SIG-35). */
	uint32_t bwd_peak;
	bool best_effort;
	uint32_t label; /**< Offer only: the VC, taken for this call. */
	/**
	 * Further elements as coded on the wire, carried unchanged (SIG-39); NULL for none. One
	 * that says what a field above says too is sent instead of that field, so what an offer
	 * brought can be passed on as it came. Dies when the handler that gave it, or the request
	 * that took it, returns.
	 */
	const uint8_t *elements;
	uint32_t elements_len;
};

/** Why a call ended, and what came with it. Pointers die when the handler returns. */
struct uni_release {
	/**
	 * The VC of the call, UNI_LABEL_NONE if it never had one. Whoever hears of the end of a
	 * call gives its label back with uni_link_put_label() when nothing uses the VC any more.
	 */
	uint32_t label;
	uint8_t cause; /**< enum uni_cause_value; as received, unchanged (SIG-24). */
	uint8_t location;
	uint8_t cause2; /**< 0: there was none. */
	uint8_t location2;
	const uint8_t *diagnostics; /**< Of the first cause, raw. */
	uint32_t diagnostics_len;
	const uint8_t *uu; /**< User-user contents: discriminator and octets (SIG-115). */
	uint32_t uu_len;
};

#define UNI_MAX_UU 129u /**< Discriminator and 128 octets (SIG-117). */
#define UNI_MAX_DIAGNOSTICS 28u
#define UNI_MAX_SETUP 1024u /**< Largest SETUP sent, octets. */

/** To above, for one link. @p cookie is what uni_call_setup() or uni_call_set_cookie() gave. */
struct uni_link_ops {
	/** Something can be pulled with uni_link_pull(). */
	void (*sdu_ready)(void *arg, uint64_t now_ns);
	/** Ask SSCF to establish the link (AAL-ESTABLISH request). */
	void (*establish)(void *arg, uint64_t now_ns);
	/**
	 * SETUP: a call is offered; setup->label is its VC, the one that SETUP names or one chosen
	 * here. Answer from here or later with proceed, alert, accept, refuse (SIG-U2, SIG-N1).
	 */
	void (*offer)(void *arg, uni_call_t call, const struct uni_setup *setup, uint64_t now_ns);
	void (*proceeding)(void *arg, uni_call_t call, uint64_t cookie, uint64_t now_ns);
	void (*alerting)(void *arg, uni_call_t call, uint64_t cookie, uint64_t now_ns);
	/** The call is active: U10 or N10 reached, or N8 whose CONNECT ACKNOWLEDGE is on its way.
	 */
	void (*connected)(void *arg, uni_call_t call, uint64_t cookie, uint64_t now_ns);
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
	void (*link_up)(void *arg, uint64_t now_ns);
	void (*link_down)(void *arg, uint64_t now_ns);
};

#define UNI_LABEL_NONE UINT32_MAX

struct uni_link_params {
	enum uni_role role;
	enum uni_ask ask;              /**< User role's SETUPs. */
	uint8_t vpci_first, vpci_last; /**< 0..15. User VCs are VCI 32..65535 of each (SIG-2). */
	uint32_t signalling_label;     /**< Out of the pool (SIG-3). */
	uint8_t location;              /**< Of causes made here, network role (SIG-26). */
	uint32_t max_offers;           /**< Offers not yet answered; more get cause 47 (SIG-72). */
	/* Section 8, milliseconds (SIG-63). */
	uint32_t t301_ms, t303_ms, t308_ms, t309_ms, t310_ms, t313_ms;
	uint32_t t_link_ms, t_link_max_ms;
	uint32_t t_answer_ms; /**< SIG-66: how long this side's upper layer may take. */
	uint32_t t317_ms;     /**< How long the dataplane may take to drain for a RESTART. */
};

/** The defaults of section 8 for @p role. */
void uni_link_params_default(struct uni_link_params *params, enum uni_role role);

/** 0, or -EINVAL with a one-line reason: what is wrong and the mend. */
int uni_link_params_check(const struct uni_link_params *params, const char **why);

struct uni_config {
	uint32_t n_calls; /**< All links together, at most CP_POOL_MAX. */
	uint32_t n_links;
	uint32_t n_setups; /**< SETUPs sent and not yet answered at one time; more get -EAGAIN. */
};

/** NULL when memory is out. */
struct uni *uni_create(const struct uni_config *config, uint64_t now_ns, const struct cp_mem *mem);
void uni_destroy(struct uni *u);

/** -EINVAL, -ENOMEM, -ENOSPC. */
int uni_link_create(struct uni *u, const struct uni_link_params *params,
	const struct uni_link_ops *ops, void *arg, const char *name, struct uni_link **out);
void uni_link_destroy(struct uni_link *l);

/** Begin: the link asks to be established, again by T-LINK until it is (SIG-T15). */
void uni_link_start(struct uni_link *l, uint64_t now_ns);

/** No longer ask for the link to be established: it is about to be released for good. */
void uni_link_stop(struct uni_link *l);

/** A new SETUP gets RELEASE COMPLETE 41 from now on (SIG-72); own setups get -ESHUTDOWN. */
void uni_link_drain(struct uni_link *l, bool drain);

/* From SSCF. */
void uni_link_established(struct uni_link *l, uint64_t now_ns); /**< Indication or confirm. */
void uni_link_released(struct uni_link *l, uint64_t now_ns);    /**< Lost, or refused. */
void uni_link_receive(struct uni_link *l, const uint8_t *message, size_t len, uint64_t now_ns);
/** The next message to send, 0: none. @p size is at least UNI_MAX_SETUP. */
size_t uni_link_pull(struct uni_link *l, uint8_t *room, size_t size, uint64_t now_ns);

bool uni_link_is_up(const struct uni_link *l);
enum uni_role uni_link_role(const struct uni_link *l);

/* Requests from above. All return 0, -ESTALE, or -EPROTO where the state does not allow it. */

/**
 * -EAGAIN: too many unanswered; -ENOSPC: no call, reference or label; -ENETDOWN: link down
 * (SIG-101); -ESHUTDOWN: draining; -EINVAL: elements or addresses that are none; -EMSGSIZE: more
 * than UNI_MAX_SETUP octets.
 */
int uni_call_setup(struct uni_link *l, const struct uni_setup *setup, uint64_t cookie,
	uint64_t now_ns, uni_call_t *out);
int uni_call_set_cookie(struct uni *u, uni_call_t call, uint64_t cookie);
int uni_call_proceed(struct uni *u, uni_call_t call, uint64_t now_ns);
int uni_call_alert(struct uni *u, uni_call_t call, uint64_t now_ns);
int uni_call_accept(struct uni *u, uni_call_t call, uint64_t now_ns);

/*
 * A cause of 0 is taken as 31, normal, unspecified.
 */

/** The offer is declined; close_complete follows when the exchange is over (at once from U6, N1).
 */
int uni_call_refuse(struct uni *u, uni_call_t call, uint8_t cause, uint64_t now_ns);

/**
 * Close, or answer a release that is owed. close_complete follows: before this returns where
 * nothing is awaited, or, when an answer carries @p uu, when it has been pulled. @p uu stays valid
 * until then; -EMSGSIZE above UNI_MAX_UU, nothing sent.
 */
int uni_call_close(struct uni *u, uni_call_t call, uint8_t cause, const uint8_t *uu,
	uint32_t uu_len, uint64_t now_ns);

/**
 * Nothing uses the VC @p label any more: it may be given out again when its call is over as well
 * (SIG-78), unless it was set aside (SIG-122). Once per call that had a label, before or after the
 * end of the call; a label that is not taken is ignored.
 */
void uni_link_put_label(struct uni_link *l, uint32_t label);

/**
 * Once a control turn: timers due (at most @p max), CALL PROCEEDING for offers of this turn that
 * have no answer yet (SIG-68), bounded slices of bulk clearing.
 */
void uni_turn(struct uni *u, uint64_t now_ns, uint32_t max);

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
	uint64_t created_ns;
	uint64_t connected_ns; /**< 0: not yet. */
};

int uni_call_query(const struct uni *u, uni_call_t call, struct uni_call_info *out);
const char *uni_link_name(const struct uni_link *l);

/** What lives: all 0 after a clean end (I4). */
struct uni_census {
	uint32_t n_calls, n_calls_max;
	uint32_t n_timers;      /**< Of calls. */
	uint32_t n_link_timers; /**< T309, T317, T-LINK. */
	uint32_t n_setups;      /**< Buffers of unanswered SETUPs. */
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
	uint64_t timer_expired;
	uint64_t restarts;         /**< RESTARTs of the peer that were carried out. */
	uint64_t restarts_overdue; /**< T317 ran out (SIG-R9). */
	uint64_t set_up;           /**< Calls that reached the active state. */
	uint64_t cleared;          /**< Calls that ended. */
	uint64_t causes[128];      /**< Of ended calls. */
	uint32_t n_calls;
	uint32_t n_active;
	uint32_t n_references; /**< In use, both sides'. */
	uint32_t n_labels;     /**< Taken. */
	uint32_t n_set_aside;  /**< Labels (SIG-122). */
};

void uni_link_stats(const struct uni_link *l, struct uni_link_stats *out);
