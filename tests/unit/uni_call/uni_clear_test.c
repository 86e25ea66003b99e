/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "pair.h"

#include <cmocka.h>

static struct pair *
up(void)
{
	struct pair *p = pair_create(NULL);

	pair_up(p);
	return p;
}

static void
down(struct pair *p)
{
	pair_settle(p);
	assert_true(pair_is_clean(p));
	pair_destroy(p);
}

/* SIG-C1, C2, C3, C6, SIG-75 */
static void
either_side_closes_a_call_of_either_side(void **state)
{
	struct pair *p = up();
	int caller, closer;

	(void)state;
	for (caller = 0; caller < 2; caller++) {
		for (closer = 0; closer < 2; closer++) {
			uint32_t n;
			uni_call_t call = pair_call_up(p, caller);

			if (closer != caller)
				call = p->end[closer].call;
			memset(p->end[0].n_told, 0, sizeof(p->end[0].n_told));
			memset(p->end[1].n_told, 0, sizeof(p->end[1].n_told));
			n = p->n;
			pair_close(p, closer, call, UNI_CAUSE_NORMAL);
			assert_int_equal(p->end[closer].n_told[TOLD_COMPLETE], 0);
			pair_settle(p);
			assert_int_equal(p->n, n + 2);
			assert_string_equal(pair_said(p, n) + 2, "RELEASE 16");
			assert_string_equal(pair_said(p, n + 1) + 2, "RELEASE_COMPLETE");
			assert_int_equal(p->end[!closer].n_told[TOLD_RELEASED], 1);
			assert_int_equal(p->end[!closer].cause, UNI_CAUSE_NORMAL);
			assert_int_equal(p->end[!closer].n_told[TOLD_COMPLETE], 1);
			assert_int_equal(p->end[closer].n_told[TOLD_COMPLETE], 1);
			assert_int_equal(p->end[closer].n_told[TOLD_GONE], 0);
			assert_true(pair_is_clean(p));
		}
	}
	down(p);
}

/* SIG-U12, SIG-N6, SIG-U6, SIG-N13 */
static void
an_offer_refused_at_once_is_answered_by_release_complete(void **state)
{
	struct pair *p = up();
	int side;

	(void)state;
	for (side = 0; side < 2; side++) {
		p->end[!side].on_offer = PAIR_REFUSE;
		pair_call(p, side);
		pair_settle(p);
		assert_string_equal(pair_said_last(p) + 2, "RELEASE_COMPLETE 17");
		assert_int_equal(p->end[!side].n_told[TOLD_COMPLETE], 1);
		assert_int_equal(p->end[side].n_told[TOLD_GONE], 1);
		assert_int_equal(p->end[side].cause, UNI_CAUSE_USER_BUSY);
		p->end[!side].on_offer = PAIR_WAIT;
		p->end[!side].n_told[TOLD_COMPLETE] = 0;
	}
	down(p);
}

/* SIG-U13, SIG-N7 */
static void
an_offer_refused_after_proceeding_or_ringing_is_answered_by_release(void **state)
{
	static const enum pair_reflex first[] = { PAIR_PROCEED, PAIR_ALERT };
	struct pair *p = up();
	int side, i;

	(void)state;
	for (side = 0; side < 2; side++) {
		for (i = 0; i < 2; i++) {
			memset(p->end[side].n_told, 0, sizeof(p->end[side].n_told));
			p->end[!side].on_offer = first[i];
			pair_call(p, side);
			pair_settle(p);
			assert_int_equal(uni_call_refuse(p->end[!side].u, p->end[!side].call,
						 UNI_CAUSE_CALL_REJECTED, p->now_ns),
				0);
			pair_settle(p);
			assert_int_equal(p->end[side].n_told[TOLD_RELEASED], 1);
			assert_int_equal(p->end[side].cause, UNI_CAUSE_CALL_REJECTED);
			assert_true(pair_is_clean(p));
		}
	}
	down(p);
}

/* SIG-79 */
static void
the_caller_closes_in_every_state_by_release(void **state)
{
	static const enum pair_reflex answers[] = { PAIR_WAIT, PAIR_ALERT };
	struct pair *p = up();
	int side, i;

	(void)state;
	for (side = 0; side < 2; side++) {
		for (i = 0; i < 2; i++) {
			uni_call_t call;

			p->end[!side].on_offer = answers[i];
			call = pair_call(p, side);
			pair_settle(p);
			pair_close(p, side, call, UNI_CAUSE_NORMAL);
			pair_settle(p);
			assert_true(pair_is_clean(p));
		}
		/* SETUP is on its way, no response yet */
		uni_call_t call = pair_call(p, side);

		pair_run(p, 1);
		pair_close(p, side, call, UNI_CAUSE_NORMAL);
		pair_run(p, 30);
		assert_true(pair_is_clean(p));
	}
	down(p);
}

static void
a_setup_that_was_never_sent_is_closed_without_a_word(void **state)
{
	struct pair *p = up();
	uni_call_t call;

	(void)state;
	p->end[USER].no_credit = true;
	call = pair_call(p, USER);
	pair_close(p, USER, call, UNI_CAUSE_NORMAL);
	assert_int_equal(p->end[USER].n_told[TOLD_COMPLETE], 1);
	p->end[USER].no_credit = false;
	pair_settle(p);
	assert_int_equal(p->n, 0);
	down(p);
}

/* SIG-C5, SIG-76 */
static void
releases_that_cross_end_the_call_with_no_further_message(void **state)
{
	struct pair *p = up();
	uni_call_t ours = pair_call_up(p, USER), theirs = p->end[NETWORK].call;
	uint32_t n = p->n;

	(void)state;
	pair_close(p, USER, ours, UNI_CAUSE_NORMAL);
	pair_close(p, NETWORK, theirs, UNI_CAUSE_UNSPECIFIED);
	pair_run(p, 20);
	assert_int_equal(p->n, n + 2);
	assert_int_equal(p->end[USER].n_told[TOLD_COMPLETE], 1);
	assert_int_equal(p->end[NETWORK].n_told[TOLD_COMPLETE], 1);
	assert_int_equal(p->end[USER].n_told[TOLD_RELEASED], 0);
	assert_int_equal(p->end[NETWORK].n_told[TOLD_RELEASED], 0);
	down(p);
}

/* SIG-C5 before our RELEASE was handed over: the peer waits, so it has an answer */
static void
a_release_that_finds_ours_still_queued_is_answered(void **state)
{
	static const uint8_t data[] = { 4, 'b', 'y', 'e' };
	struct pair *p = up();
	uni_call_t ours = pair_call_up(p, USER), theirs = p->end[NETWORK].call;

	(void)state;
	p->end[USER].no_credit = true;
	p->end[USER].uu = data;
	p->end[USER].uu_len = sizeof(data);
	pair_close(p, USER, ours, UNI_CAUSE_NORMAL);
	pair_close(p, NETWORK, theirs, UNI_CAUSE_NORMAL);
	pair_run(p, 10);
	assert_int_equal(p->end[USER].n_told[TOLD_COMPLETE], 0); /* its data is still needed */
	p->end[USER].no_credit = false;
	pair_run(p, 10);
	assert_string_equal(pair_said_last(p), "U RELEASE_COMPLETE");
	assert_int_equal(p->end[USER].n_told[TOLD_COMPLETE], 1);
	assert_int_equal(p->end[NETWORK].n_told[TOLD_COMPLETE], 1);
	assert_int_equal(pair_count(p, USER, UNI_MT_RELEASE), 0);
	down(p);
}

/* SIG-C4 */
static void
a_release_sent_again_is_not_told_twice(void **state)
{
	struct pair *p = up();
	uni_call_t call = pair_call_up(p, USER);

	(void)state;
	p->end[NETWORK].on_released = PAIR_WAIT;
	pair_close(p, USER, call, UNI_CAUSE_NORMAL);
	pair_run(p, 31000);
	assert_int_equal(pair_count(p, USER, UNI_MT_RELEASE), 2);
	assert_int_equal(p->end[NETWORK].n_told[TOLD_RELEASED], 1);
	pair_close(p, NETWORK, p->end[NETWORK].call, UNI_CAUSE_NORMAL);
	down(p);
}

/* SIG-T3, SIG-C7, SIG-74, SIG-122, SIG-13 */
static void
t308_twice_ends_the_call_and_sets_its_label_aside(void **state)
{
	struct pair *p = up();
	uni_call_t call = pair_call_up(p, USER), second;
	struct uni_link_stats stats;
	uint32_t n = p->n;

	(void)state;
	p->end[NETWORK].deaf = true;
	pair_close(p, USER, call, UNI_CAUSE_NORMAL);
	pair_run(p, 29990);
	assert_int_equal(p->n, n + 1);
	assert_string_equal(pair_said(p, n), "U RELEASE 16");
	pair_run(p, 20);
	assert_string_equal(pair_said(p, n + 1), "U RELEASE 16 102/333038");
	assert_int_equal(p->end[USER].n_told[TOLD_COMPLETE], 0);
	pair_run(p, 30000);
	assert_int_equal(p->end[USER].n_told[TOLD_COMPLETE], 1);
	assert_int_equal(p->n, n + 2);
	uni_link_stats(p->end[USER].l, &stats);
	assert_int_equal(stats.n_calls, 0);
	assert_int_equal(stats.n_set_aside, 1);
	assert_int_equal(stats.n_labels, 1);
	assert_int_equal(stats.n_references, 1);
	/* the peer shows that it knows nothing of it: SIG-122 */
	p->end[NETWORK].deaf = false;
	pair_inject(p, USER,
		"090380000"
		"15a8000060880000280d1");
	uni_link_stats(p->end[USER].l, &stats);
	assert_int_equal(stats.n_set_aside, 0);
	assert_int_equal(stats.n_labels, 0);
	assert_int_equal(stats.n_references, 0);
	/* on the other side the call still stands, until somebody asks */
	second = p->end[NETWORK].call;
	pair_close(p, NETWORK, second, UNI_CAUSE_NORMAL);
	pair_run(p, 20);
	assert_string_equal(pair_said_last(p), "U RELEASE_COMPLETE 81");
	down(p);
}

/* SIG-77 */
static void
a_release_after_our_release_complete_gets_81_and_takes_it_as_the_answer(void **state)
{
	struct pair *p = up();
	uni_call_t call = pair_call_up(p, USER);

	(void)state;
	pair_close(p, USER, call, UNI_CAUSE_NORMAL);
	pair_run(p, 6);
	p->end[USER].deaf = true; /* RELEASE COMPLETE is lost */
	pair_run(p, 0);
	p->messages[p->n - 1].lost = true;
	p->end[USER].deaf = false;
	pair_run(p, 30020);
	assert_string_equal(pair_said_last(p), "N RELEASE_COMPLETE 81");
	assert_int_equal(p->end[USER].n_told[TOLD_COMPLETE], 1);
	down(p);
}

/* SIG-115, SIG-121, SIG-74: data arrives, in the second RELEASE as in the first */
static void
close_data_reaches_the_other_side(void **state)
{
	uint8_t data[UNI_MAX_UU];
	struct pair *p = up();
	uni_call_t call = pair_call_up(p, USER);

	(void)state;
	memset(data, 0x55, sizeof(data));
	p->end[USER].uu = data;
	p->end[USER].uu_len = sizeof(data);
	p->end[NETWORK].deaf = true;
	pair_close(p, USER, call, UNI_CAUSE_NORMAL);
	pair_run(p, 100);
	p->end[NETWORK].deaf = false;
	pair_run(p, 30000);
	assert_int_equal(p->end[NETWORK].n_told[TOLD_RELEASED], 1);
	assert_int_equal(p->end[NETWORK].got_uu_len, sizeof(data));
	assert_memory_equal(p->end[NETWORK].got_uu, data, sizeof(data));
	assert_int_equal(p->end[NETWORK].cause2, UNI_CAUSE_TIMER);
	down(p);
}

/* SIG-117 */
static void
too_much_close_data_is_refused_and_nothing_is_sent(void **state)
{
	uint8_t data[UNI_MAX_UU + 1] = { 0 };
	struct pair *p = up();
	uni_call_t call = pair_call_up(p, USER);
	uint32_t n = p->n;

	(void)state;
	assert_int_equal(uni_call_close(p->end[USER].u, call, UNI_CAUSE_NORMAL, data, sizeof(data),
				 p->now_ns),
		-EMSGSIZE);
	pair_settle(p);
	assert_int_equal(p->n, n);
	assert_int_equal(pair_state(p, USER, call), UNI_ST_ACTIVE);
	pair_close(p, USER, call, UNI_CAUSE_NORMAL);
	down(p);
}

/* SIG-116: the answer's data is the client's until close_complete, so that one waits */
static void
an_answer_with_data_completes_when_it_has_been_pulled(void **state)
{
	static const uint8_t data[] = { 0, 1, 2, 3 };
	struct pair *p = up();
	uni_call_t call = pair_call_up(p, USER);

	(void)state;
	p->end[NETWORK].uu = data;
	p->end[NETWORK].uu_len = sizeof(data);
	p->end[NETWORK].no_credit = true;
	pair_close(p, USER, call, UNI_CAUSE_NORMAL);
	pair_settle(p);
	assert_int_equal(p->end[NETWORK].n_told[TOLD_RELEASED], 1);
	assert_int_equal(p->end[NETWORK].n_told[TOLD_COMPLETE], 0);
	p->end[NETWORK].no_credit = false;
	pair_settle(p);
	assert_int_equal(p->end[NETWORK].n_told[TOLD_COMPLETE], 1);
	assert_int_equal(p->end[USER].n_told[TOLD_COMPLETE], 1);
	down(p);
}

/* Told at once, but reference and VC stay the peer's until its answer is on the way (SIG-78). */
static void
reference_and_label_rest_until_release_complete_is_sent(void **state)
{
	struct pair *p = up();
	uni_call_t call = pair_call_up(p, USER);
	struct uni_link_stats stats;

	(void)state;
	p->end[NETWORK].no_credit = true;
	pair_close(p, USER, call, UNI_CAUSE_NORMAL);
	pair_settle(p);
	assert_int_equal(p->end[NETWORK].n_told[TOLD_COMPLETE], 1);
	uni_link_stats(p->end[NETWORK].l, &stats);
	assert_int_equal(stats.n_calls, 0);
	assert_int_equal(stats.n_references, 1);
	assert_int_equal(stats.n_labels, 1);
	p->end[NETWORK].no_credit = false;
	down(p);
}

/* SIG-C6 */
static void
a_release_complete_out_of_the_blue_ends_the_call(void **state)
{
	struct pair *p = up();
	uni_call_t call = pair_call_up(p, USER);

	(void)state;
	pair_inject(p, USER, "09038000015a800006088000028097");
	assert_int_equal(p->end[USER].n_told[TOLD_GONE], 1);
	assert_int_equal(p->end[USER].cause, 23);
	assert_int_equal(pair_state(p, USER, call), UNI_ST_COUNT);
	pair_close(p, NETWORK, p->end[NETWORK].call, UNI_CAUSE_NORMAL);
	pair_run(p, 20);
	down(p);
}

/* Urgent messages and closes share the link; neither waits for all of the other. */
static void
a_mass_close_does_not_hold_up_a_new_call(void **state)
{
	struct pair *p = up();
	uni_call_t calls[32], last;
	uint32_t n, i;

	(void)state;
	for (i = 0; i < 32; i++)
		calls[i] = pair_call_up(p, USER);
	p->end[USER].no_credit = true;
	for (i = 0; i < 32; i++)
		pair_close(p, USER, calls[i], UNI_CAUSE_NORMAL);
	last = pair_call(p, USER);
	n = p->n;
	p->end[USER].no_credit = false;
	pair_run(p, 0);
	assert_int_equal(p->n, n + 33);
	for (i = 0; i < 4; i++)
		if (strcmp(pair_said(p, n + i), "U SETUP") == 0)
			break;
	assert_true(i < 4);
	pair_settle(p);
	pair_run(p, 20);
	pair_close(p, USER, last, UNI_CAUSE_NORMAL);
	pair_run(p, 20);
	down(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(either_side_closes_a_call_of_either_side),
		cmocka_unit_test(an_offer_refused_at_once_is_answered_by_release_complete),
		cmocka_unit_test(
			an_offer_refused_after_proceeding_or_ringing_is_answered_by_release),
		cmocka_unit_test(the_caller_closes_in_every_state_by_release),
		cmocka_unit_test(a_setup_that_was_never_sent_is_closed_without_a_word),
		cmocka_unit_test(releases_that_cross_end_the_call_with_no_further_message),
		cmocka_unit_test(a_release_that_finds_ours_still_queued_is_answered),
		cmocka_unit_test(a_release_sent_again_is_not_told_twice),
		cmocka_unit_test(t308_twice_ends_the_call_and_sets_its_label_aside),
		cmocka_unit_test(
			a_release_after_our_release_complete_gets_81_and_takes_it_as_the_answer),
		cmocka_unit_test(close_data_reaches_the_other_side),
		cmocka_unit_test(too_much_close_data_is_refused_and_nothing_is_sent),
		cmocka_unit_test(an_answer_with_data_completes_when_it_has_been_pulled),
		cmocka_unit_test(reference_and_label_rest_until_release_complete_is_sent),
		cmocka_unit_test(a_release_complete_out_of_the_blue_ends_the_call),
		cmocka_unit_test(a_mass_close_does_not_hold_up_a_new_call),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
