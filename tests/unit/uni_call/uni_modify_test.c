/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "pair.h"

#include <cmocka.h>

/* The rows of section 15: the user owns the call, unless said; its rates are 1000 and 2000. */

static const struct uni_rates wanted = { 3000, 1500 };

struct one {
	struct pair *p;
	struct pair_end *owner;
	struct pair_end *other;
	uni_call_t call, their;
};

static struct one
active(void)
{
	struct one o = { .p = pair_create(NULL) };

	o.owner = &o.p->end[USER];
	o.other = &o.p->end[NETWORK];
	pair_up(o.p);
	o.call = pair_call_up(o.p, USER);
	o.their = o.other->call;
	return o;
}

static void
done(struct one *o)
{
	if (pair_state(o->p, USER, o->call) == UNI_ST_ACTIVE)
		pair_close(o->p, USER, o->call, UNI_CAUSE_NORMAL);
	pair_settle(o->p);
	assert_true(pair_is_clean(o->p));
	pair_destroy(o->p);
}

static void
ask(struct one *o)
{
	assert_int_equal(uni_call_modify(o->owner->u, o->call, &wanted, o->p->now_ns), 0);
}

static void
expect_rates(struct one *o, uint32_t fwd, uint32_t bwd)
{
	struct uni_call_info info;
	int side;

	for (side = USER; side <= NETWORK; side++) {
		assert_int_equal(
			uni_call_query(o->p->end[side].u, side == USER ? o->call : o->their, &info),
			0);
		assert_int_equal(info.rates.fwd_peak, fwd);
		assert_int_equal(info.rates.bwd_peak, bwd);
	}
}

/* SIG-M1, SIG-M2, SIG-M6, SIG-M7, SIG-111 */
static void
rates_that_are_agreed_to_are_in_force_on_both_sides(void **state)
{
	struct one o = active();
	const struct pair_message *m;

	(void)state;
	expect_rates(&o, 1000, 2000);
	o.other->on_modify = PAIR_ACCEPT;
	ask(&o);
	assert_int_equal(pair_state(o.p, USER, o.call), UNI_ST_MODIFY_REQUEST);
	pair_settle(o.p);
	m = &o.p->messages[o.p->n - 2];
	assert_int_equal(m->len, 21);
	assert_memory_equal(m->octets + 9, "\x59\x80\x00\x08\x84\x00\x0b\xb8\x85\x00\x05\xdc", 12);
	assert_int_equal(o.other->n_told[TOLD_MODIFY_ASKED], 1);
	assert_int_equal(o.other->rates.fwd_peak, 3000);
	assert_int_equal(o.other->rates.bwd_peak, 1500);
	assert_string_equal(pair_said_last(o.p), "N MODIFY_ACK");
	assert_int_equal(o.owner->n_told[TOLD_MODIFIED], 1);
	assert_int_equal(o.owner->rates.fwd_peak, 3000);
	assert_int_equal(o.owner->cookie, 4711);
	assert_int_equal(pair_state(o.p, USER, o.call), UNI_ST_ACTIVE);
	assert_int_equal(pair_state(o.p, NETWORK, o.their), UNI_ST_ACTIVE);
	expect_rates(&o, 3000, 1500);
	done(&o);
}

/* SIG-M3, SIG-M8, SIG-112 */
static void
rates_that_are_refused_leave_the_old_ones_in_force(void **state)
{
	struct one o = active();

	(void)state;
	o.other->on_modify = PAIR_REFUSE;
	ask(&o);
	pair_settle(o.p);
	assert_string_equal(pair_said_last(o.p), "N MODIFY_REJECT 37/84");
	assert_int_equal(o.owner->n_told[TOLD_MODIFY_REFUSED], 1);
	assert_int_equal(o.owner->cause, UNI_CAUSE_RATE_NOT_AVAILABLE);
	assert_int_equal(pair_state(o.p, USER, o.call), UNI_ST_ACTIVE);
	expect_rates(&o, 1000, 2000);
	done(&o);
}

/* SIG-M4 */
static void
a_peer_that_knows_no_modification_refuses_it_by_status(void **state)
{
	struct one o = active();

	(void)state;
	o.other->deaf = true;
	ask(&o);
	pair_settle(o.p);
	pair_inject(o.p, USER, "09038000017d80000c148000010a0880000380e198"); /* of type 18 */
	assert_int_equal(pair_state(o.p, USER, o.call), UNI_ST_MODIFY_REQUEST);
	pair_inject(o.p, USER, "09038000017d80000c148000010a0880000380e188");
	assert_int_equal(o.owner->n_told[TOLD_MODIFY_REFUSED], 1);
	assert_int_equal(o.owner->cause, UNI_CAUSE_MSG_UNKNOWN);
	ask(&o);
	pair_settle(o.p);
	pair_inject(o.p, USER, "09038000017d80000c148000010a0880000380e588");
	assert_int_equal(o.owner->cause, UNI_CAUSE_MSG_STATE);
	assert_int_equal(pair_state(o.p, USER, o.call), UNI_ST_ACTIVE);
	o.other->deaf = false;
	done(&o);
}

/* SIG-M5, SIG-T10 */
static void
a_modify_request_that_is_never_answered_releases_the_call(void **state)
{
	struct one o = active();

	(void)state;
	ask(&o);
	pair_run(o.p, 29990);
	assert_int_equal(o.owner->n_told[TOLD_MODIFY_REFUSED], 0);
	pair_run(o.p, 20);
	assert_int_equal(o.owner->n_told[TOLD_MODIFY_REFUSED], 1);
	assert_int_equal(o.owner->n_told[TOLD_GONE], 1);
	assert_int_equal(pair_count(o.p, USER, UNI_MT_RELEASE), 1);
	assert_memory_equal(o.owner->diagnostics, "360", 3);
	assert_int_equal(o.owner->told[o.owner->n_order - 2], TOLD_MODIFY_REFUSED);
	done(&o);
}

/* SIG-M2, SIG-M7, SIG-M9 */
static void
a_change_may_be_confirmed(void **state)
{
	struct one o = active();

	(void)state;
	o.other->on_modify = PAIR_ACCEPT;
	o.other->confirm = true;
	ask(&o);
	pair_settle(o.p);
	assert_string_equal(pair_said_last(o.p), "U CONNECTION_AVAILABLE");
	assert_int_equal(o.other->n_told[TOLD_MODIFY_CONFIRMED], 1);
	pair_run(o.p, 20100); /* T361 does not run any more */
	assert_int_equal(o.other->n_told[TOLD_MODIFY_CONFIRMED], 1);
	done(&o);
}

/* SIG-M2, SIG-114: as a transit must, which has to be told so itself */
static void
a_confirmation_may_be_given_later_and_once(void **state)
{
	struct one o = active();

	(void)state;
	o.other->on_modify = PAIR_ACCEPT;
	o.other->confirm = true;
	o.owner->holds_confirmation = true;
	assert_int_equal(uni_modify_confirm(o.owner->u, o.call, o.p->now_ns), -EPROTO);
	ask(&o);
	assert_int_equal(uni_modify_confirm(o.owner->u, o.call, o.p->now_ns), -EPROTO);
	pair_run(o.p, 5000);
	assert_string_equal(pair_said_last(o.p), "N MODIFY_ACK");
	assert_int_equal(o.other->n_told[TOLD_MODIFY_CONFIRMED], 0);
	assert_int_equal(uni_modify_confirm(o.other->u, o.their, o.p->now_ns), -EPROTO);
	assert_int_equal(uni_modify_confirm(o.owner->u, o.call, o.p->now_ns), 0);
	pair_settle(o.p);
	assert_string_equal(pair_said_last(o.p), "U CONNECTION_AVAILABLE");
	assert_int_equal(o.other->n_told[TOLD_MODIFY_CONFIRMED], 1);
	assert_int_equal(uni_modify_confirm(o.owner->u, o.call, o.p->now_ns), -EPROTO);
	done(&o);
}

/* SIG-M9 */
static void
a_confirmation_is_owed_no_longer_once_other_rates_are_asked_for(void **state)
{
	struct one o = active();

	(void)state;
	o.other->on_modify = PAIR_ACCEPT;
	o.other->confirm = true;
	o.owner->holds_confirmation = true;
	ask(&o);
	pair_settle(o.p);
	o.other->confirm = false;
	ask(&o);
	pair_settle(o.p);
	assert_int_equal(o.other->n_told[TOLD_MODIFY_CONFIRMED], 1);
	assert_int_equal(uni_modify_confirm(o.owner->u, o.call, o.p->now_ns), -EPROTO);
	done(&o);
}

/* SIG-M10: to the owner its change has failed; who waits for a confirmation does not for ever. */
static void
an_answer_that_the_link_took_along_is_not_given_later(void **state)
{
	struct one o = active();
	uint32_t n;

	(void)state;
	o.other->on_modify = PAIR_ACCEPT;
	o.other->confirm = true;
	ask(&o);
	o.other->no_credit = true;
	pair_settle(o.p);
	assert_int_equal(pair_state(o.p, NETWORK, o.their), UNI_ST_ACTIVE);
	n = pair_count(o.p, NETWORK, UNI_MT_MODIFY_ACK);
	pair_down(o.p);
	pair_run(o.p, 1);
	assert_int_equal(o.owner->n_told[TOLD_MODIFY_REFUSED], 1);
	assert_int_equal(o.other->n_told[TOLD_MODIFY_CONFIRMED], 1);
	o.other->no_credit = false;
	pair_up(o.p);
	pair_settle(o.p);
	assert_int_equal(pair_count(o.p, NETWORK, UNI_MT_MODIFY_ACK), n);
	done(&o);
}

/* SIG-M9, SIG-T11 */
static void
a_change_counts_as_confirmed_when_t361_runs_out(void **state)
{
	struct one o = active();

	(void)state;
	o.other->on_modify = PAIR_ACCEPT;
	o.other->confirm = true;
	ask(&o);
	pair_run(o.p, 6);
	o.other->deaf = true;
	pair_run(o.p, 19900);
	assert_int_equal(o.other->n_told[TOLD_MODIFY_CONFIRMED], 0);
	pair_run(o.p, 200);
	assert_int_equal(o.other->n_told[TOLD_MODIFY_CONFIRMED], 1);
	assert_int_equal(pair_state(o.p, NETWORK, o.their), UNI_ST_ACTIVE);
	o.other->deaf = false;
	done(&o);
}

/* SIG-M9 */
static void
who_asks_again_has_confirmed_what_was_before(void **state)
{
	struct one o = active();

	(void)state;
	o.other->on_modify = PAIR_ACCEPT;
	o.other->confirm = true;
	o.owner->no_credit = true;
	ask(&o);
	o.owner->no_credit = false;
	pair_run(o.p, 6);
	o.owner->deaf = true;
	pair_inject(o.p, NETWORK, "0903000001888000085980000484000fa0");
	assert_int_equal(o.other->n_told[TOLD_MODIFY_CONFIRMED], 1);
	assert_int_equal(o.other->n_told[TOLD_MODIFY_ASKED], 2);
	o.owner->deaf = false;
	pair_settle(o.p);
	done(&o);
}

/* SIG-111 */
static void
a_direction_that_is_absent_stays_as_it_is(void **state)
{
	struct one o = active();
	const struct uni_rates half = { UNI_RATE_SAME, 500 };

	(void)state;
	o.other->on_modify = PAIR_ACCEPT;
	assert_int_equal(uni_call_modify(o.owner->u, o.call, &half, o.p->now_ns), 0);
	pair_settle(o.p);
	expect_rates(&o, 1000, 500);
	o.owner->deaf = true;
	pair_inject(o.p, NETWORK, "09030000018880000859800004840007d0"); /* forward only */
	assert_int_equal(o.other->rates.fwd_peak, 2000);
	assert_int_equal(o.other->rates.bwd_peak, 500);
	pair_inject(o.p, NETWORK, "09030000018880000859800004820007d0"); /* CLP 0 only */
	assert_int_equal(o.other->rates.fwd_peak, 2000);
	assert_int_equal(o.other->n_told[TOLD_MODIFY_ASKED], 3);
	o.owner->deaf = false;
	o.p->head = o.p->n;
	done(&o);
}

/* SIG-112 */
static void
only_peak_rates_can_be_changed(void **state)
{
	struct one o = active();

	(void)state;
	pair_inject(o.p, NETWORK, "09030000018880000d59800009840007d0850007d0be");
	assert_string_equal(pair_said_last(o.p), "N MODIFY_REJECT 73");
	assert_int_equal(o.other->n_told[TOLD_MODIFY_ASKED], 0);
	o.p->head = o.p->n;
	done(&o);
}

/* SIG-112, SIG-48 */
static void
a_modify_message_where_it_does_not_belong_gets_101(void **state)
{
	struct one o = active();
	uni_call_t multi;

	(void)state;
	pair_inject(o.p, USER, "09038000018880000859800004840007d0");
	assert_string_equal(pair_said_last(o.p), "U STATUS state 10 101/88");
	pair_inject(o.p, NETWORK, "09030000018b800000");
	assert_string_equal(pair_said_last(o.p), "N STATUS state 10 101/8b");
	pair_inject(o.p, USER, "090380000189800000");
	assert_string_equal(pair_said_last(o.p), "U STATUS state 10 101/89");
	ask(&o);
	pair_settle(o.p);
	pair_inject(o.p, NETWORK, "09030000018880000859800004840007d0");
	assert_string_equal(pair_said_last(o.p), "N STATUS state 14 101/88");
	assert_int_equal(uni_modify_refuse(o.other->u, o.their, 0, o.p->now_ns), 0);
	pair_settle(o.p);
	multi = pair_multipoint_up(o.p, USER);
	assert_int_equal(uni_call_modify(o.owner->u, multi, &wanted, o.p->now_ns), -EPROTO);
	pair_inject(o.p, NETWORK, "09030000028880000859800004840007d0");
	assert_string_equal(pair_said_last(o.p), "N STATUS state 10 101/88");
	pair_close(o.p, USER, multi, UNI_CAUSE_NORMAL);
	done(&o);
}

/* SIG-M1 */
static void
only_the_owner_of_an_active_call_may_ask(void **state)
{
	struct one o = active();
	const struct uni_rates huge = { 1u << 24, 1 };

	(void)state;
	assert_int_equal(uni_call_modify(o.other->u, o.their, &wanted, o.p->now_ns), -EPROTO);
	assert_int_equal(uni_call_modify(o.owner->u, o.call, &huge, o.p->now_ns), -EINVAL);
	assert_int_equal(uni_call_modify(o.owner->u, 0, &wanted, o.p->now_ns), -ESTALE);
	assert_int_equal(uni_modify_accept(o.other->u, o.their, false, o.p->now_ns), -EPROTO);
	ask(&o);
	assert_int_equal(uni_call_modify(o.owner->u, o.call, &wanted, o.p->now_ns), -EPROTO);
	o.other->on_modify = PAIR_ACCEPT;
	pair_settle(o.p);
	done(&o);
}

/* SIG-M10, SIG-C1, SIG-C2 */
static void
a_close_ends_the_modification_as_refused(void **state)
{
	struct one o = active();

	(void)state;
	ask(&o);
	pair_settle(o.p);
	pair_close(o.p, NETWORK, o.their, UNI_CAUSE_NORMAL);
	pair_settle(o.p);
	assert_int_equal(o.owner->told[o.owner->n_order - 3], TOLD_MODIFY_REFUSED);
	assert_int_equal(o.owner->told[o.owner->n_order - 2], TOLD_RELEASED);
	assert_int_equal(o.other->n_told[TOLD_MODIFY_REFUSED], 0);
	o.call = pair_call_up(o.p, USER);
	ask(&o);
	pair_close(o.p, USER, o.call, UNI_CAUSE_NORMAL);
	assert_int_equal(o.owner->n_told[TOLD_MODIFY_REFUSED], 2);
	pair_settle(o.p);
	assert_int_equal(o.other->n_told[TOLD_MODIFY_ASKED], 1); /* it was not even sent */
	done(&o);
}

/* SIG-M10, SIG-96 */
static void
a_lost_link_ends_the_modification_and_the_call_stays(void **state)
{
	struct one o = active();
	struct uni_link_stats stats;

	(void)state;
	ask(&o);
	pair_settle(o.p);
	pair_down(o.p);
	pair_run(o.p, 1);
	assert_int_equal(o.owner->n_told[TOLD_MODIFY_REFUSED], 1);
	assert_int_equal(o.owner->cause, UNI_CAUSE_OUT_OF_ORDER);
	assert_int_equal(pair_state(o.p, USER, o.call), UNI_ST_ACTIVE);
	assert_int_equal(pair_state(o.p, NETWORK, o.their), UNI_ST_ACTIVE);
	assert_int_equal(uni_modify_accept(o.other->u, o.their, false, o.p->now_ns), -EPROTO);
	assert_int_equal(uni_call_modify(o.owner->u, o.call, &wanted, o.p->now_ns), -ENETDOWN);
	uni_link_stats(o.owner->l, &stats);
	assert_int_equal(stats.n_active, 1);
	pair_up(o.p);
	expect_rates(&o, 1000, 2000);
	done(&o);
}

/* SIG-66 */
static void
a_question_that_nobody_answers_is_refused_in_the_end(void **state)
{
	struct one o = active();

	(void)state;
	o.owner->deaf = true;
	pair_inject(o.p, NETWORK, "09030000018880000859800004840007d0");
	pair_run(o.p, 180010);
	assert_string_equal(pair_said_last(o.p), "N MODIFY_REJECT 19");
	assert_int_equal(pair_state(o.p, NETWORK, o.their), UNI_ST_ACTIVE);
	o.owner->deaf = false;
	done(&o);
}

/* SIG-N14 */
static void
a_network_that_modifies_accepts_a_connect_acknowledge_silently(void **state)
{
	struct one o = active();
	uint32_t n;

	(void)state;
	ask(&o);
	pair_settle(o.p);
	n = o.p->n;
	pair_inject(o.p, NETWORK, "09030000010f800000");
	assert_int_equal(o.p->n, n);
	assert_int_equal(pair_state(o.p, NETWORK, o.their), UNI_ST_MODIFY_RECEIVED);
	assert_int_equal(uni_modify_accept(o.other->u, o.their, false, o.p->now_ns), 0);
	pair_settle(o.p);
	done(&o);
}

static void
close_inside(struct pair_end *e, enum pair_told what)
{
	if (what == TOLD_MODIFY_REFUSED)
		uni_call_close(e->u, e->call, UNI_CAUSE_NORMAL, NULL, 0, e->p->now_ns);
}

/* SIG-M10 */
static void
a_call_may_be_closed_where_the_refusal_is_told(void **state)
{
	struct one o = active();

	(void)state;
	o.owner->inside = close_inside;
	ask(&o);
	pair_settle(o.p);
	pair_close(o.p, NETWORK, o.their, UNI_CAUSE_NORMAL);
	pair_settle(o.p);
	assert_int_equal(o.owner->n_told[TOLD_RELEASED], 0);
	assert_int_equal(o.owner->n_told[TOLD_COMPLETE], 1);
	o.call = pair_call_up(o.p, USER);
	ask(&o);
	pair_down(o.p);
	pair_run(o.p, 10100);
	assert_int_equal(o.owner->n_told[TOLD_COMPLETE] + o.owner->n_told[TOLD_GONE], 2);
	pair_destroy(o.p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rates_that_are_agreed_to_are_in_force_on_both_sides),
		cmocka_unit_test(rates_that_are_refused_leave_the_old_ones_in_force),
		cmocka_unit_test(a_peer_that_knows_no_modification_refuses_it_by_status),
		cmocka_unit_test(a_modify_request_that_is_never_answered_releases_the_call),
		cmocka_unit_test(a_change_may_be_confirmed),
		cmocka_unit_test(a_confirmation_may_be_given_later_and_once),
		cmocka_unit_test(a_confirmation_is_owed_no_longer_once_other_rates_are_asked_for),
		cmocka_unit_test(an_answer_that_the_link_took_along_is_not_given_later),
		cmocka_unit_test(a_change_counts_as_confirmed_when_t361_runs_out),
		cmocka_unit_test(who_asks_again_has_confirmed_what_was_before),
		cmocka_unit_test(a_direction_that_is_absent_stays_as_it_is),
		cmocka_unit_test(only_peak_rates_can_be_changed),
		cmocka_unit_test(a_modify_message_where_it_does_not_belong_gets_101),
		cmocka_unit_test(only_the_owner_of_an_active_call_may_ask),
		cmocka_unit_test(a_close_ends_the_modification_as_refused),
		cmocka_unit_test(a_lost_link_ends_the_modification_and_the_call_stays),
		cmocka_unit_test(a_question_that_nobody_answers_is_refused_in_the_end),
		cmocka_unit_test(a_network_that_modifies_accepts_a_connect_acknowledge_silently),
		cmocka_unit_test(a_call_may_be_closed_where_the_refusal_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
