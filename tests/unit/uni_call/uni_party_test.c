/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "pair.h"

#include <cmocka.h>

/* The rows of the party table: the user is the root, the network the leaf side, unless said. */

struct two {
	struct pair *p;
	struct pair_end *root;
	struct pair_end *leaf;
	uni_call_t call;  /* at the root */
	uni_call_t their; /* at the leaf side */
	uni_party_t first;
};

/* An active call with one party. */
static struct two
two(void)
{
	struct two t = { .p = pair_create(NULL) };

	t.root = &t.p->end[USER];
	t.leaf = &t.p->end[NETWORK];
	pair_up(t.p);
	t.call = pair_multipoint_up(t.p, USER);
	t.their = t.leaf->call;
	t.first = uni_call_first_party(t.root->u, t.call);
	assert_int_equal(pair_party_state(t.p, USER, t.first), UNI_PARTY_ACTIVE);
	return t;
}

/* The call is closed, and nothing is left. */
static void
done(struct two *t)
{
	if (pair_state(t->p, USER, t->call) == UNI_ST_ACTIVE)
		pair_close(t->p, USER, t->call, UNI_CAUSE_NORMAL);
	pair_settle(t->p);
	assert_true(pair_is_clean(t->p));
	pair_destroy(t->p);
}

/* A party that is being added; the leaf side has been told, and waits. */
static uni_party_t
joining(struct two *t)
{
	uni_party_t party = pair_add(t->p, USER, t->call);

	pair_settle(t->p);
	assert_int_equal(pair_party_state(t->p, USER, party), UNI_PARTY_INITIATED);
	assert_int_equal(pair_party_state(t->p, NETWORK, t->leaf->party), UNI_PARTY_RECEIVED);
	return party;
}

static uni_party_t
alerting(struct two *t)
{
	uni_party_t party = joining(t);

	assert_int_equal(uni_party_alert(t->leaf->u, t->leaf->party, t->p->now_ns), 0);
	pair_settle(t->p);
	assert_int_equal(pair_party_state(t->p, USER, party), UNI_PARTY_ALERTING_RECEIVED);
	return party;
}

/* SIG-P1, SIG-P6 */
static void
a_party_is_added_to_an_active_call_and_offered(void **state)
{
	struct two t = two();
	struct uni_party_info info;
	uni_party_t party;

	(void)state;
	party = joining(&t);
	assert_string_equal(pair_said_last(t.p), "U ADD_PARTY party 1");
	assert_int_equal(t.leaf->n_told[TOLD_PARTY_OFFER], 1);
	assert_int_equal(t.leaf->call, t.their);
	assert_int_equal(t.leaf->setup.called.len, 5);
	assert_memory_equal(t.leaf->setup.called.octets, "12345", 5);
	assert_int_equal(t.leaf->setup.calling.len, 3);
	assert_true(t.leaf->setup.multipoint);
	assert_int_equal(t.leaf->setup.party, t.leaf->party);
	assert_int_equal(uni_party_query(t.root->u, party, &info), 0);
	assert_int_equal(info.call, t.call);
	assert_int_equal(info.reference, 1);
	assert_true(info.ours);
	assert_int_equal(info.cookie, 4712);
	assert_memory_equal(info.called.octets, "12345", 5);
	assert_int_equal(uni_party_query(t.leaf->u, t.leaf->party, &info), 0);
	assert_false(info.ours);
	done(&t);
}

/* SIG-P1 */
static void
no_party_is_added_where_there_can_be_none(void **state)
{
	struct two t = two();
	const struct uni_setup nobody = { .fwd_peak = 1 };
	uni_party_t party;
	uni_call_t plain;

	(void)state;
	assert_int_equal(
		uni_party_add(t.root->u, t.call, &nobody, 0, t.p->now_ns, &party), -EINVAL);
	assert_int_equal(
		uni_party_add(t.root->u, t.call + 1, &nobody, 0, t.p->now_ns, &party), -ESTALE);
	assert_int_equal(
		uni_party_add(t.leaf->u, t.their, &nobody, 0, t.p->now_ns, &party), -EPROTO);
	plain = pair_call_up(t.p, USER);
	assert_int_equal(uni_party_add(t.root->u, plain, &nobody, 0, t.p->now_ns, &party), -EPROTO);
	assert_int_equal(uni_call_first_party(t.root->u, plain), 0);
	pair_close(t.p, USER, plain, UNI_CAUSE_NORMAL);
	uni_link_drain(t.root->l, true);
	assert_int_equal(
		uni_party_add(t.root->u, t.call, &nobody, 0, t.p->now_ns, &party), -ESHUTDOWN);
	done(&t);
}

/* SIG-P2, SIG-P8, SIG-P3, SIG-P9 */
static void
a_party_alerts_and_joins(void **state)
{
	struct two t = two();
	uni_party_t party;

	(void)state;
	party = alerting(&t);
	assert_string_equal(pair_said_last(t.p), "N PARTY_ALERTING party 1");
	assert_int_equal(t.root->n_told[TOLD_PARTY_ALERTING], 1);
	assert_int_equal(t.root->party, party);
	assert_int_equal(uni_party_alert(t.leaf->u, t.leaf->party, t.p->now_ns), -EPROTO);
	assert_int_equal(uni_party_accept(t.leaf->u, t.leaf->party, t.p->now_ns), 0);
	pair_settle(t.p);
	assert_string_equal(pair_said_last(t.p), "N ADD_PARTY_ACK party 1");
	assert_int_equal(t.root->n_told[TOLD_PARTY_ADDED], 1);
	assert_int_equal(t.root->cookie, 4712);
	assert_int_equal(pair_party_state(t.p, USER, party), UNI_PARTY_ACTIVE);
	assert_int_equal(pair_party_state(t.p, NETWORK, t.leaf->party), UNI_PARTY_ACTIVE);
	done(&t);
}

/* SIG-P3, SIG-P9 */
static void
a_party_joins_at_once(void **state)
{
	struct two t = two();

	(void)state;
	pair_add_up(t.p, USER, t.call);
	assert_int_equal(t.root->n_told[TOLD_PARTY_ADDED], 1);
	assert_int_equal(t.root->n_told[TOLD_PARTY_ALERTING], 0);
	done(&t);
}

/* SIG-P4, SIG-P10 */
static void
a_party_that_is_refused_at_once_is_rejected(void **state)
{
	struct two t = two();
	uni_party_t party;

	(void)state;
	t.leaf->on_party_offer = PAIR_REFUSE;
	party = pair_add(t.p, USER, t.call);
	pair_settle(t.p);
	assert_string_equal(pair_said_last(t.p), "N ADD_PARTY_REJECT 17 party 1");
	assert_int_equal(t.root->n_told[TOLD_PARTY_REFUSED], 1);
	assert_int_equal(t.root->cause, UNI_CAUSE_USER_BUSY);
	assert_int_equal(t.leaf->n_told[TOLD_PARTY_COMPLETE], 1);
	assert_int_equal(pair_party_state(t.p, USER, party), UNI_PARTY_COUNT);
	assert_int_equal(uni_party_drop(t.root->u, party, 0, NULL, 0, t.p->now_ns), -ESTALE);
	assert_int_equal(pair_state(t.p, USER, t.call), UNI_ST_ACTIVE);
	done(&t);
}

/* SIG-P5, SIG-T14 */
static void
a_party_that_nobody_answers_for_is_dropped_when_t399_runs_out(void **state)
{
	struct two t = two();
	uni_party_t party;

	(void)state;
	t.leaf->deaf = true;
	party = pair_add(t.p, USER, t.call);
	pair_run(t.p, 33900);
	assert_int_equal(t.root->n_told[TOLD_PARTY_REFUSED], 0);
	t.leaf->deaf = false;
	pair_run(t.p, 102);
	assert_int_equal(t.root->n_told[TOLD_PARTY_REFUSED], 1);
	assert_int_equal(t.root->cause, UNI_CAUSE_TIMER);
	assert_memory_equal(t.root->diagnostics, "399", 3);
	assert_string_equal(pair_said_last(t.p), "U DROP_PARTY 102/333939 party 1");
	assert_int_equal(uni_party_drop(t.root->u, party, 0, NULL, 0, t.p->now_ns), -ESTALE);
	pair_settle(t.p);
	assert_string_equal(pair_said_last(t.p), "N DROP_PARTY_ACK 89 party 1");
	assert_int_equal(t.root->n_told[TOLD_PARTY_COMPLETE], 0);
	done(&t);
}

/* SIG-P5, SIG-T12 */
static void
a_party_that_alerts_for_ever_is_dropped_when_t397_runs_out(void **state)
{
	struct two t = two();

	(void)state;
	alerting(&t);
	pair_run(t.p, 179990);
	assert_int_equal(t.root->n_told[TOLD_PARTY_REFUSED], 0);
	pair_run(t.p, 12);
	assert_int_equal(t.root->n_told[TOLD_PARTY_REFUSED], 1);
	assert_memory_equal(t.root->diagnostics, "397", 3);
	pair_settle(t.p);
	assert_int_equal(pair_count(t.p, USER, UNI_MT_DROP_PARTY), 1);
	assert_int_equal(pair_state(t.p, USER, t.call), UNI_ST_ACTIVE);
	done(&t);
}

/* SIG-P7, SIG-106 */
static void
a_repeated_add_party_is_ignored_until_it_is_answered_then_gets_101(void **state)
{
	struct two t = two();
	const char *again = "0903000001808000117080000691313233343554800003000001";
	uint32_t n;

	(void)state;
	joining(&t);
	n = t.p->n;
	pair_inject(t.p, NETWORK, again);
	assert_int_equal(t.p->n, n);
	assert_int_equal(t.leaf->n_told[TOLD_PARTY_OFFER], 1);
	assert_int_equal(uni_party_alert(t.leaf->u, t.leaf->party, t.p->now_ns), 0);
	pair_settle(t.p);
	pair_inject(t.p, NETWORK, again);
	assert_string_equal(pair_said_last(t.p), "N STATUS state 10 101/80 party 1 in 4");
	assert_int_equal(uni_party_accept(t.leaf->u, t.leaf->party, t.p->now_ns), 0);
	pair_settle(t.p);
	pair_inject(t.p, NETWORK, again);
	assert_string_equal(pair_said_last(t.p), "N STATUS state 10 101/80 party 1 in 10");
	done(&t);
}

/* SIG-P11, SIG-P13, SIG-P15 */
static void
a_party_that_is_refused_after_it_has_alerted_is_dropped(void **state)
{
	struct two t = two();

	(void)state;
	alerting(&t);
	assert_int_equal(
		uni_party_refuse(t.leaf->u, t.leaf->party, UNI_CAUSE_CALL_REJECTED, t.p->now_ns),
		0);
	assert_int_equal(t.leaf->n_told[TOLD_PARTY_COMPLETE], 0);
	pair_settle(t.p);
	assert_string_equal(pair_said(t.p, t.p->n - 2), "N DROP_PARTY 21 party 1");
	assert_string_equal(pair_said_last(t.p), "U DROP_PARTY_ACK party 1");
	assert_int_equal(t.root->n_told[TOLD_PARTY_RELEASED], 1);
	assert_int_equal(t.root->cause, UNI_CAUSE_CALL_REJECTED);
	assert_int_equal(t.leaf->n_told[TOLD_PARTY_COMPLETE], 1);
	done(&t);
}

/* SIG-P12, SIG-P13, SIG-P14, SIG-P15 */
static void
a_party_leaves_from_either_side_and_the_call_goes_on(void **state)
{
	struct two t = two();
	uni_party_t party;
	int side;

	(void)state;
	for (side = USER; side <= NETWORK; side++) {
		struct pair_end *e = &t.p->end[side], *o = &t.p->end[!side];

		party = pair_add_up(t.p, USER, t.call);
		if (side == NETWORK)
			party = t.leaf->party;
		pair_drop(t.p, side, party, UNI_CAUSE_NORMAL);
		assert_int_equal(pair_party_state(t.p, side, party), UNI_PARTY_DROP_INITIATED);
		assert_int_equal(uni_party_drop(e->u, party, 0, NULL, 0, t.p->now_ns), -EPROTO);
		assert_int_equal(e->n_told[TOLD_PARTY_COMPLETE], side == NETWORK);
		pair_settle(t.p);
		assert_int_equal(e->n_told[TOLD_PARTY_COMPLETE], 1 + (side == NETWORK));
		assert_int_equal(o->n_told[TOLD_PARTY_RELEASED], 1);
		assert_int_equal(o->cause, UNI_CAUSE_NORMAL);
		assert_int_equal(o->n_told[TOLD_PARTY_COMPLETE], 1 + (side == NETWORK));
		assert_int_equal(pair_state(t.p, USER, t.call), UNI_ST_ACTIVE);
	}
	done(&t);
}

/* SIG-P12 */
static void
a_party_may_be_dropped_while_it_joins(void **state)
{
	struct two t = two();
	uni_party_t party;

	(void)state;
	party = joining(&t);
	pair_drop(t.p, USER, party, UNI_CAUSE_NORMAL);
	pair_settle(t.p);
	party = alerting(&t);
	pair_drop(t.p, USER, party, UNI_CAUSE_NORMAL);
	pair_settle(t.p);
	assert_int_equal(t.root->n_told[TOLD_PARTY_COMPLETE], 2);
	assert_int_equal(t.root->n_told[TOLD_PARTY_REFUSED], 0);
	assert_int_equal(t.leaf->n_told[TOLD_PARTY_RELEASED], 2);
	done(&t);
}

/* SIG-P12 */
static void
a_party_dropped_before_the_peer_has_heard_of_it_is_gone_without_a_word(void **state)
{
	struct two t = two();
	uni_party_t party;
	uint32_t n = t.p->n;

	(void)state;
	t.root->no_credit = true;
	party = pair_add(t.p, USER, t.call);
	pair_drop(t.p, USER, party, UNI_CAUSE_NORMAL);
	assert_int_equal(t.root->n_told[TOLD_PARTY_COMPLETE], 1);
	t.root->no_credit = false;
	pair_settle(t.p);
	assert_int_equal(t.p->n, n);
	done(&t);
}

/* SIG-P13, SIG-66 */
static void
a_repeated_drop_party_is_ignored_and_one_never_answered_is_acknowledged_in_the_end(void **state)
{
	struct two t = two();
	uni_party_t party;
	uint32_t n;

	(void)state;
	t.leaf->on_party_released = PAIR_WAIT;
	party = pair_add_up(t.p, USER, t.call);
	pair_drop(t.p, USER, party, UNI_CAUSE_NORMAL);
	pair_settle(t.p);
	assert_int_equal(pair_party_state(t.p, NETWORK, t.leaf->party), UNI_PARTY_DROP_RECEIVED);
	n = t.p->n;
	pair_inject(t.p, NETWORK, "09030000018380000d08000002809054800003000001");
	pair_inject(t.p, NETWORK, "09030000018380000d08000002809054800003000001");
	assert_int_equal(t.p->n, n);
	assert_int_equal(t.leaf->n_told[TOLD_PARTY_RELEASED], 1);
	t.root->deaf = true;
	pair_run(t.p, 180010);
	assert_int_equal(pair_count(t.p, NETWORK, UNI_MT_DROP_PARTY_ACK), 1);
	assert_int_equal(t.leaf->n_told[TOLD_PARTY_GONE], 1);
	t.root->deaf = false;
	done(&t);
}

/* SIG-66 */
static void
an_offer_of_a_party_that_nobody_answers_is_refused_in_the_end(void **state)
{
	struct two t = two();

	(void)state;
	joining(&t);
	t.leaf->deaf = true;
	t.root->deaf = true;
	pair_run(t.p, 180010);
	assert_int_equal(t.leaf->n_told[TOLD_PARTY_GONE], 1);
	assert_int_equal(t.leaf->cause, UNI_CAUSE_NO_USER_RESPONDING);
	assert_string_equal(pair_said_last(t.p), "N ADD_PARTY_REJECT 18 party 1");
	t.leaf->deaf = false;
	t.root->deaf = false;
	done(&t);
}

/* SIG-66 */
static void
a_party_that_alerts_for_ever_here_is_dropped_from_here(void **state)
{
	struct two t = two();

	(void)state;
	alerting(&t);
	t.root->deaf = true;
	pair_run(t.p, 180010);
	assert_int_equal(t.leaf->n_told[TOLD_PARTY_GONE], 1);
	assert_int_equal(t.leaf->cause, UNI_CAUSE_NO_ANSWER);
	assert_int_equal(pair_count(t.p, NETWORK, UNI_MT_DROP_PARTY), 1);
	t.root->deaf = false;
	done(&t);
}

/* SIG-P15 */
static void
drops_that_cross_end_the_party_on_both_sides_with_no_further_message(void **state)
{
	struct two t = two();
	uni_party_t party = pair_add_up(t.p, USER, t.call);
	uint32_t n;

	(void)state;
	pair_drop(t.p, USER, party, UNI_CAUSE_NORMAL);
	pair_drop(t.p, NETWORK, t.leaf->party, UNI_CAUSE_NORMAL);
	n = t.p->n;
	pair_settle(t.p);
	assert_int_equal(t.p->n, n + 2);
	assert_int_equal(t.root->n_told[TOLD_PARTY_COMPLETE], 1);
	assert_int_equal(t.leaf->n_told[TOLD_PARTY_COMPLETE], 1);
	assert_int_equal(t.root->n_told[TOLD_PARTY_RELEASED], 0);
	assert_int_equal(t.leaf->n_told[TOLD_PARTY_RELEASED], 0);
	done(&t);
}

/* SIG-P15 */
static void
a_drop_that_meets_one_not_yet_sent_is_answered(void **state)
{
	struct two t = two();
	uni_party_t party = pair_add_up(t.p, USER, t.call);

	(void)state;
	t.leaf->no_credit = true;
	pair_drop(t.p, NETWORK, t.leaf->party, UNI_CAUSE_NORMAL);
	pair_drop(t.p, USER, party, UNI_CAUSE_NORMAL);
	pair_settle(t.p);
	t.leaf->no_credit = false;
	pair_settle(t.p);
	assert_string_equal(pair_said_last(t.p), "N DROP_PARTY_ACK party 1");
	assert_int_equal(t.root->n_told[TOLD_PARTY_COMPLETE], 1);
	assert_int_equal(t.leaf->n_told[TOLD_PARTY_COMPLETE], 1);
	done(&t);
}

/* SIG-P15 */
static void
an_add_party_reject_answers_a_drop_too(void **state)
{
	struct two t = two();
	uni_party_t party = joining(&t);

	(void)state;
	t.leaf->on_party_released = PAIR_WAIT;
	pair_drop(t.p, USER, party, UNI_CAUSE_NORMAL);
	pair_settle(t.p);
	pair_inject(t.p, USER, "09038000018280000d08000002809154800003008001");
	assert_int_equal(t.root->n_told[TOLD_PARTY_COMPLETE], 1);
	done(&t);
}

/* SIG-P16 */
static void
a_drop_party_acknowledge_out_of_nothing_ends_the_party(void **state)
{
	struct two t = two();
	uni_party_t party = pair_add_up(t.p, USER, t.call);

	(void)state;
	pair_inject(t.p, USER, "09038000018480000754800003008001");
	assert_int_equal(t.root->n_told[TOLD_PARTY_GONE], 1);
	assert_int_equal(t.root->cause, UNI_CAUSE_UNSPECIFIED);
	assert_int_equal(pair_party_state(t.p, USER, party), UNI_PARTY_COUNT);
	party = joining(&t);
	pair_inject(t.p, USER, "09038000018480000754800003008002");
	assert_int_equal(t.root->n_told[TOLD_PARTY_REFUSED], 1);
	done(&t);
}

/* SIG-P17, SIG-T13 */
static void
a_drop_that_is_not_answered_is_done_when_t398_runs_out(void **state)
{
	struct two t = two();
	uni_party_t party = pair_add_up(t.p, USER, t.call);

	(void)state;
	t.leaf->deaf = true;
	pair_drop(t.p, USER, party, UNI_CAUSE_NORMAL);
	pair_run(t.p, 3999);
	assert_int_equal(t.root->n_told[TOLD_PARTY_COMPLETE], 0);
	t.leaf->deaf = false;
	pair_run(t.p, 2);
	assert_int_equal(t.root->n_told[TOLD_PARTY_COMPLETE], 1);
	assert_string_equal(pair_said_last(t.p), "U DROP_PARTY_ACK 102/333938 party 1");
	pair_settle(t.p);
	assert_int_equal(t.leaf->n_told[TOLD_PARTY_GONE], 1);
	done(&t);
}

/* SIG-P14, SIG-115, SIG-116, SIG-117 */
static void
data_goes_with_a_drop_and_with_its_answer(void **state)
{
	static const uint8_t uu[UNI_MAX_UU + 1] = { 0, 'b', 'y', 'e' };
	struct two t = two();
	uni_party_t party = pair_add_up(t.p, USER, t.call);

	(void)state;
	assert_int_equal(
		uni_party_drop(t.root->u, party, 0, uu, sizeof(uu), t.p->now_ns), -EMSGSIZE);
	t.leaf->uu = uu;
	t.leaf->uu_len = 2;
	t.root->uu = uu;
	t.root->uu_len = 4;
	pair_drop(t.p, USER, party, UNI_CAUSE_NORMAL);
	t.leaf->no_credit = true;
	pair_settle(t.p);
	assert_int_equal(t.leaf->got_uu_len, 4);
	assert_memory_equal(t.leaf->got_uu, uu, 4);
	assert_int_equal(t.leaf->n_told[TOLD_PARTY_COMPLETE], 0); /* its data is still needed */
	t.leaf->no_credit = false;
	pair_settle(t.p);
	assert_int_equal(t.leaf->n_told[TOLD_PARTY_COMPLETE], 1);
	assert_int_equal(t.root->n_told[TOLD_PARTY_COMPLETE], 1);
	t.root->uu_len = 0;
	t.leaf->uu_len = 0;
	done(&t);
}

/* SIG-88 */
static void
an_enquiry_about_a_party_is_answered_with_its_state(void **state)
{
	struct two t = two();

	(void)state;
	joining(&t);
	pair_inject(t.p, NETWORK, "09030000017580000754800003000001");
	assert_string_equal(pair_said_last(t.p), "N STATUS state 10 30 party 1 in 6");
	pair_inject(t.p, NETWORK, "09030000017580000754800003000009");
	assert_string_equal(pair_said_last(t.p), "N STATUS state 10 30 party 9 in 0");
	pair_inject(t.p, USER, "09038000017580000754800003008001");
	assert_string_equal(pair_said_last(t.p), "U STATUS state 10 30 party 1 in 1");
	done(&t);
}

static void
status_about_party(struct two *t, uint8_t cause, uint8_t party, uint8_t party_state)
{
	char hex[128];

	snprintf(hex, sizeof(hex),
		"09038000017d800017148000010a0880000280%02x548000030080%02x55800001%02x",
		cause | 0x80, party, party_state);
	pair_inject(t->p, USER, hex);
}

/* SIG-94 */
static void
a_status_with_state_0_means_that_the_party_is_gone(void **state)
{
	struct two t = two();
	uni_party_t party = pair_add_up(t.p, USER, t.call);

	(void)state;
	status_about_party(&t, UNI_CAUSE_STATUS_RESPONSE, 1, 0);
	assert_int_equal(t.root->n_told[TOLD_PARTY_GONE], 1);
	assert_int_equal(t.root->cause, UNI_CAUSE_TEMPORARY_FAILURE);
	assert_int_equal(pair_party_state(t.p, USER, party), UNI_PARTY_COUNT);
	done(&t);
}

/* SIG-94, SIG-93 */
static void
a_status_about_a_party_drops_it_where_the_rule_says_so(void **state)
{
	struct two t = two();
	uint32_t n;

	(void)state;
	pair_add_up(t.p, USER, t.call);
	n = t.p->n;
	status_about_party(&t, UNI_CAUSE_STATUS_RESPONSE, 1, 10);
	status_about_party(&t, UNI_CAUSE_MSG_STATE, 1, 12);
	assert_int_equal(t.p->n, n);
	status_about_party(&t, UNI_CAUSE_IE_CONTENT, 1, 10);
	assert_string_equal(pair_said_last(t.p), "U DROP_PARTY 31 party 1");
	assert_int_equal(t.root->n_told[TOLD_PARTY_GONE], 1);
	n = t.p->n;
	status_about_party(&t, UNI_CAUSE_IE_CONTENT, 1, 10); /* it is being dropped */
	assert_int_equal(t.p->n, n);
	pair_settle(t.p);
	pair_add_up(t.p, USER, t.call);
	status_about_party(&t, UNI_CAUSE_STATUS_RESPONSE, 2, 7);
	assert_string_equal(pair_said_last(t.p), "U DROP_PARTY 101 party 2");
	pair_settle(t.p);
	status_about_party(&t, UNI_CAUSE_STATUS_RESPONSE, 9, 10);
	assert_string_equal(pair_said_last(t.p), "U DROP_PARTY_ACK 101 party 9");
	n = t.p->n;
	status_about_party(&t, UNI_CAUSE_STATUS_RESPONSE, 9, 0);
	assert_int_equal(t.p->n, n);
	done(&t);
}

/* SIG-107 */
static void
what_names_an_unknown_party_gets_89_or_nothing(void **state)
{
	struct two t = two();
	uint32_t n;

	(void)state;
	pair_inject(t.p, NETWORK, "09030000018380000d08000002809054800003000007");
	assert_string_equal(pair_said_last(t.p), "N DROP_PARTY_ACK 89 party 7");
	pair_inject(t.p, USER, "09038000018180000754800003008007");
	assert_string_equal(pair_said_last(t.p), "U DROP_PARTY_ACK 89 party 7");
	pair_inject(t.p, USER, "09038000018580000754800003008008");
	assert_string_equal(pair_said_last(t.p), "U DROP_PARTY_ACK 89 party 8");
	pair_inject(t.p, USER, "09038000016e80000c278000018154800003008006");
	assert_string_equal(pair_said_last(t.p), "U DROP_PARTY_ACK 89 party 6");
	n = t.p->n;
	pair_inject(t.p, USER, "09038000016e80000c278000018154800003008000");
	pair_inject(t.p, USER, "09038000018280000d08000002809154800003008007");
	pair_inject(t.p, USER, "09038000018480000754800003008007");
	assert_int_equal(t.p->n, n);
	done(&t);
}

/* SIG-48, SIG-106 */
static void
a_party_message_in_the_wrong_state_gets_101_and_the_party_s_state(void **state)
{
	struct two t = two();

	(void)state;
	pair_inject(t.p, USER, "09038000018580000754800003008000");
	assert_string_equal(pair_said_last(t.p), "U STATUS state 10 101/85 party 0 in 10");
	pair_inject(t.p, USER, "0903800001808000117080000691313233343554800003008009");
	assert_string_equal(pair_said_last(t.p), "U STATUS state 10 101/80 party 9 in 0");
	done(&t);
}

/* SIG-58, SIG-59 */
static void
faulty_party_messages_are_answered_by_party_or_release_the_call(void **state)
{
	struct two t = two();

	(void)state;
	pair_inject(t.p, NETWORK, "09030000018080000a70800006913132333435");
	assert_string_equal(pair_said_last(t.p), "N STATUS state 10 96/54");
	pair_inject(t.p, NETWORK, "09030000018080000754800003000009");
	assert_string_equal(pair_said_last(t.p), "N ADD_PARTY_REJECT 96/70 party 9");
	pair_inject(t.p, NETWORK, "090300000180800011708000060f313233343554800003000009");
	assert_string_equal(pair_said_last(t.p), "N ADD_PARTY_REJECT 100/70 party 9");
	pair_inject(t.p, NETWORK, "09030000018380000754800003000007");
	assert_string_equal(pair_said_last(t.p), "N DROP_PARTY_ACK 89 party 7");
	pair_inject(t.p, NETWORK, "090300000183800006080000028090");
	assert_string_equal(pair_said_last(t.p), "N RELEASE 96/54");
	assert_int_equal(t.leaf->n_told[TOLD_PARTY_GONE], 1);
	assert_int_equal(t.leaf->n_told[TOLD_GONE], 1);
	pair_settle(t.p);
	done(&t);
}

/* I9 */
static void
a_stale_handle_finds_nobody(void **state)
{
	struct two t = two();
	uni_party_t old = pair_add_up(t.p, USER, t.call), new;
	struct uni_party_info info;

	(void)state;
	pair_drop(t.p, USER, old, UNI_CAUSE_NORMAL);
	pair_settle(t.p);
	new = pair_add_up(t.p, USER, t.call);
	assert_int_not_equal(old, new);
	assert_int_equal(uni_party_query(t.root->u, old, &info), -ESTALE);
	assert_int_equal(uni_party_accept(t.root->u, old, t.p->now_ns), -ESTALE);
	assert_int_equal(uni_party_alert(t.root->u, old, t.p->now_ns), -ESTALE);
	assert_int_equal(uni_party_refuse(t.root->u, old, 0, t.p->now_ns), -ESTALE);
	assert_int_equal(uni_party_drop(t.root->u, old, 0, NULL, 0, t.p->now_ns), -ESTALE);
	assert_int_equal(uni_party_set_cookie(t.root->u, old, 1), -ESTALE);
	assert_int_equal(uni_party_next(t.root->u, t.call, old), 0);
	assert_int_equal(uni_party_drop(t.root->u, 0, 0, NULL, 0, t.p->now_ns), -ESTALE);
	done(&t);
}

/* I2: of a party that is being dropped without the layer above nothing more is told. */
static void
what_is_said_of_a_party_after_its_end_was_told_goes_no_further(void **state)
{
	struct two t = two();
	uint32_t n_notified, n_status;

	(void)state;
	joining(&t);
	t.leaf->deaf = true;
	pair_run(t.p, 34010); /* T399 */
	assert_int_equal(t.root->n_told[TOLD_PARTY_REFUSED], 1);
	n_notified = t.root->n_told[TOLD_NOTIFIED];
	n_status = t.root->n_told[TOLD_STATUS];
	pair_inject(t.p, USER, "0903800001 6e80000c 27800001f1 54800003008001");
	pair_inject(
		t.p, USER, "0903800001 7d800017 148000010a 08800002809e 54800003008001 558000010a");
	assert_int_equal(t.root->n_told[TOLD_NOTIFIED], n_notified);
	assert_int_equal(t.root->n_told[TOLD_STATUS], n_status);
	pair_inject(t.p, USER, "0903800001 6e800005 27800001f1"); /* of the call, which stays */
	assert_int_equal(t.root->n_told[TOLD_NOTIFIED], n_notified + 1);
	t.leaf->deaf = false;
	pair_run(t.p, 10000);
	done(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_said_of_a_party_after_its_end_was_told_goes_no_further),
		cmocka_unit_test(a_party_is_added_to_an_active_call_and_offered),
		cmocka_unit_test(no_party_is_added_where_there_can_be_none),
		cmocka_unit_test(a_party_alerts_and_joins),
		cmocka_unit_test(a_party_joins_at_once),
		cmocka_unit_test(a_party_that_is_refused_at_once_is_rejected),
		cmocka_unit_test(a_party_that_nobody_answers_for_is_dropped_when_t399_runs_out),
		cmocka_unit_test(a_party_that_alerts_for_ever_is_dropped_when_t397_runs_out),
		cmocka_unit_test(
			a_repeated_add_party_is_ignored_until_it_is_answered_then_gets_101),
		cmocka_unit_test(a_party_that_is_refused_after_it_has_alerted_is_dropped),
		cmocka_unit_test(a_party_leaves_from_either_side_and_the_call_goes_on),
		cmocka_unit_test(a_party_may_be_dropped_while_it_joins),
		cmocka_unit_test(
			a_party_dropped_before_the_peer_has_heard_of_it_is_gone_without_a_word),
		cmocka_unit_test(
			a_repeated_drop_party_is_ignored_and_one_never_answered_is_acknowledged_in_the_end),
		cmocka_unit_test(an_offer_of_a_party_that_nobody_answers_is_refused_in_the_end),
		cmocka_unit_test(a_party_that_alerts_for_ever_here_is_dropped_from_here),
		cmocka_unit_test(
			drops_that_cross_end_the_party_on_both_sides_with_no_further_message),
		cmocka_unit_test(a_drop_that_meets_one_not_yet_sent_is_answered),
		cmocka_unit_test(an_add_party_reject_answers_a_drop_too),
		cmocka_unit_test(a_drop_party_acknowledge_out_of_nothing_ends_the_party),
		cmocka_unit_test(a_drop_that_is_not_answered_is_done_when_t398_runs_out),
		cmocka_unit_test(data_goes_with_a_drop_and_with_its_answer),
		cmocka_unit_test(an_enquiry_about_a_party_is_answered_with_its_state),
		cmocka_unit_test(a_status_with_state_0_means_that_the_party_is_gone),
		cmocka_unit_test(a_status_about_a_party_drops_it_where_the_rule_says_so),
		cmocka_unit_test(what_names_an_unknown_party_gets_89_or_nothing),
		cmocka_unit_test(a_party_message_in_the_wrong_state_gets_101_and_the_party_s_state),
		cmocka_unit_test(faulty_party_messages_are_answered_by_party_or_release_the_call),
		cmocka_unit_test(a_stale_handle_finds_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
