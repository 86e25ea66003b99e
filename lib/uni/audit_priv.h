/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * Inside of call control: enquiries and the audit (section 12). A link has a small pool of
 * enquiries, each with a place of its own on the timer wheel, for T322 runs beside whatever timer
 * the call has. An audit walks over the calls of a link and fills that pool.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "uni/call.h"
#include "uni/codec.h"

#define UNI_N_ENQUIRIES 256u     /* outstanding on a link (SIG-95) */
#define UNI_ENQUIRIES_SPARED 16u /* which an audit leaves to those who ask about one call */

struct uni_hot;
struct uni_party;
struct uni_answer;

/** A STATUS ENQUIRY that has no answer yet. Links are places plus 1, 0 is none. */
struct uni_enquiry {
	uint32_t ref;   /* value and UNI_REF_OURS; 0: free */
	uint32_t call;  /* handle; CP_HANDLE_NONE: the reference is set aside (SIG-122) */
	uint32_t party; /* handle; CP_HANDLE_NONE: about the call as such */
	uint16_t chain; /* of its bucket, or of the free ones */
	uint16_t next, prev;
	bool queued; /* to be sent */
	bool again;  /* T322 has expired once */
	bool audit;  /* whose next question is about the next party */
};

/** What a link has for its enquiries. */
struct uni_audit {
	bool running;                   /* a pass is under way */
	bool all;                       /* over all calls, not only those in doubt */
	bool untold;                    /* not all is answered, and told to the layer above */
	uint8_t slow;                   /* times that the pace is halved */
	uint32_t n_first;               /* calls not looked at since there was a first time */
	struct uni_audit_result before; /* counters when it began */
	uint32_t call, n_calls;         /* next index to look at; how many are to be looked at */
	uint32_t label, n_labels;       /* the same of labels */
	uint32_t n_asides;              /* of those, how many are still to be found */
	uint32_t n_doubts;              /* calls with UNI_CALL_F_DOUBT */
	uint32_t n_enquiries;
	uint16_t first_free, n_fresh; /* places; from n_fresh on none was ever used */
	uint16_t head, tail;          /* to be sent */
	uint16_t buckets[UNI_N_ENQUIRIES];
	struct uni_enquiry enquiries[UNI_N_ENQUIRIES];
};

/* enquiry.c */

/** No enquiry about @p ref is owed an answer any more. */
void uni_enquiry_forget(struct uni_link *l, uint32_t ref);
/** The party is about to go: an audit turns to the next one. */
void uni_enquiry_leave_party(struct uni_link *l, const struct uni_hot *c, struct uni_party *p);
/** Begin to ask about a call: false when there is nothing to ask, or one is outstanding. */
bool uni_enquiry_call(struct uni_link *l, struct uni_hot *c);
/** The same about a reference that is set aside. */
void uni_enquiry_aside(struct uni_link *l, uint32_t ref);
/** A STATUS of the peer about @p c: the answer, perhaps. True when it is. */
bool uni_enquiry_answer(
	struct uni_link *l, const struct uni_hot *c, const struct uni_msg *m, uint8_t cause);
/**
 * Those outstanding, or their answers, may be lost: an audit is to begin them anew, the others are
 * asked once more.
 */
void uni_enquiries_again(struct uni_link *l);
void uni_enquiries_drop(struct uni_link *l);
/** The next one as octets, 0: none. T322 starts. */
size_t uni_enquiry_pull(struct uni_link *l, uint8_t *room, size_t size, uint64_t now_ns);
/** T322; @p slot of the wheel. Runs handlers. */
void uni_enquiry_expired(struct uni *u, uint32_t slot, uint64_t now_ns);
/** Whether a slot of the wheel is one of T322. */
bool uni_enquiry_has_slot(const struct uni *u, uint32_t slot);
/** How many such slots there are. */
uint32_t uni_enquiry_n_slots(const struct uni *u);

/* link_audit.c */

/** The link is established, or established again: ask about all that there is (SIG-98, 100). */
void uni_audit_begin(struct uni_link *l);
/** A slice of at most @p max calls and labels. Runs handlers. */
void uni_audit_run(struct uni_link *l, uint64_t now_ns, uint32_t max);
/** The link is lost: nobody answers. */
void uni_audit_abandon(struct uni_link *l);
/** Time to ask again about what was not settled. */
void uni_audit_again(struct uni_link *l);
/** The peer has told its state of a call: whether the two go together for good. */
void uni_audit_compare(struct uni_link *l, struct uni_hot *c, uint8_t theirs);
/** The call is being cleared, or over: nothing more is asked about it. */
void uni_audit_leave(struct uni_link *l, struct uni_hot *c);

/* call_status.c */

/** Endpoint reference and state of the party that @p m is about; @p c may be NULL. */
void uni_status_name_party(const struct uni_link *l, const struct uni_hot *c, struct uni_answer *a,
	const struct uni_msg *m);

/** STATUS about a call. Runs handlers. */
void uni_status_receive(
	struct uni_link *l, struct uni_hot *c, const struct uni_msg *m, uint64_t now_ns);
/** STATUS ENQUIRY; @p c is NULL when there is no such call (SIG-88, SIG-45). */
void uni_status_answer(
	struct uni_link *l, const struct uni_hot *c, uint32_t ref, const struct uni_msg *m);
