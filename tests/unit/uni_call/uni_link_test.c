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

static bool
all_gone(struct pair *p, int side)
{
	struct uni_census census;

	uni_census(p->end[side].u, &census);
	return census.n_calls == 0 && census.n_setups == 0;
}

/* SIG-T15 */
static void
a_link_asks_to_be_established_with_growing_patience(void **state)
{
	static const uint32_t waits_ms[] = { 1000, 2000, 4000, 8000, 16000, 30000, 30000 };
	struct pair *p = pair_create(NULL);
	uint32_t n, i;

	(void)state;
	assert_int_equal(p->end[USER].n_establish, 1);
	for (i = 0; i < sizeof(waits_ms) / sizeof(waits_ms[0]); i++) {
		n = p->end[USER].n_establish;
		pair_run(p, waits_ms[i] - 2);
		assert_int_equal(p->end[USER].n_establish, n);
		pair_run(p, 4);
		assert_int_equal(p->end[USER].n_establish, n + 1);
		pair_run(p, 0);
		p->now_ns -= 2000000; /* keep in step with its timer */
	}
	pair_up(p);
	assert_int_equal(p->end[USER].n_told[TOLD_LINK_UP], 1);
	pair_run(p, 100000);
	assert_int_equal(p->end[USER].n_establish, n + 1);
	pair_destroy(p);
}

static uni_call_t offered;

static void
accept_the_offer(struct pair_end *e)
{
	e->gone = NULL;
	assert_int_equal(uni_call_accept(e->u, offered, e->p->now_ns), -ESTALE);
}

/* SIG-96, I8: what the first loss clears is told when the second one has taken the offer as well */
static void
an_offer_that_is_accepted_while_the_link_is_lost_again_is_gone(void **state)
{
	static const uint8_t setup[] = { 0x09, 0x03, 0, 0, 1, 0x05, 0x80, 0, 0x28, 0x59, 0x80, 0, 8,
		0x84, 0, 3, 0xe8, 0x85, 0, 3, 0xe8, 0x5e, 0x80, 0, 2, 0x81, 0x80, 0x70, 0x80, 0,
		0x0c, 0x91, '4', '0', '8', '5', '5', '5', '1', '2', '1', '2', '1', 0x5c, 0x80, 0, 2,
		0, 0 };
	struct pair *p = up();
	struct pair_end *e = &p->end[NETWORK];

	(void)state;
	e->on_offer = PAIR_WAIT;
	pair_call(p, NETWORK);
	uni_link_released(e->l, p->now_ns);
	uni_link_established(e->l, p->now_ns);
	uni_link_receive(e->l, setup, sizeof(setup), p->now_ns);
	assert_int_equal(e->n_told[TOLD_OFFER], 1);
	offered = e->call;
	e->gone = accept_the_offer;
	uni_link_released(e->l, p->now_ns);
	assert_int_equal(e->n_told[TOLD_GONE], 0); /* in slices, as ever */
	uni_turn(e->u, p->now_ns, UINT32_MAX);
	assert_null(e->gone);
	assert_int_equal(e->call, offered);
	assert_int_equal(e->n_told[TOLD_GONE], 2);
	assert_int_equal(e->cause, UNI_CAUSE_OUT_OF_ORDER);
	assert_true(all_gone(p, NETWORK));
	pair_destroy(p);
}

/* SIG-96, SIG-97: every state but the active one */
static void
a_lost_link_clears_what_is_not_active_with_27(void **state)
{
	static const enum pair_reflex answers[] = { PAIR_WAIT, PAIR_ALERT };
	struct pair *p = up();
	uint32_t i;
	int side;

	(void)state;
	for (side = 0; side < 2; side++) {
		for (i = 0; i < 2; i++) {
			memset(p->end[0].n_told, 0, sizeof(p->end[0].n_told));
			memset(p->end[1].n_told, 0, sizeof(p->end[1].n_told));
			p->end[!side].on_offer = answers[i];
			pair_call(p, side);
			pair_settle(p);
			pair_down(p);
			assert_false(uni_link_is_up(p->end[USER].l));
			pair_settle(p);
			assert_int_equal(p->end[side].n_told[TOLD_GONE], 1);
			assert_int_equal(p->end[side].cause, UNI_CAUSE_OUT_OF_ORDER);
			assert_int_equal(p->end[!side].n_told[TOLD_GONE], 1);
			assert_int_equal(p->end[!side].cause, UNI_CAUSE_OUT_OF_ORDER);
			assert_true(all_gone(p, USER) && all_gone(p, NETWORK));
			pair_up(p);
		}
	}
	assert_true(pair_is_clean(p));
	pair_destroy(p);
}

/* SIG-96: what is said is told in the words that its state asks for */
static void
a_lost_link_completes_a_close_and_frees_the_one_who_owes_an_answer(void **state)
{
	struct pair *p = up();
	uni_call_t call = pair_call_up(p, USER);

	(void)state;
	p->end[NETWORK].on_released = PAIR_WAIT;
	pair_close(p, USER, call, UNI_CAUSE_NORMAL);
	pair_settle(p);
	pair_down(p);
	pair_settle(p);
	assert_int_equal(p->end[USER].n_told[TOLD_COMPLETE], 1);
	assert_int_equal(p->end[USER].n_told[TOLD_GONE], 0);
	assert_int_equal(p->end[NETWORK].n_told[TOLD_RELEASED], 1);
	assert_int_equal(p->end[NETWORK].n_told[TOLD_GONE], 1);
	assert_true(all_gone(p, USER) && all_gone(p, NETWORK));
	pair_destroy(p);
}

/* Messages that were queued for calls that are gone vanish, records and all. */
static void
a_lost_link_empties_the_queues(void **state)
{
	static const uint8_t data[] = { 0, 1 };
	struct pair *p = up();
	uni_call_t call = pair_call_up(p, USER), second = pair_call_up(p, USER);
	uint32_t n;

	(void)state;
	p->end[NETWORK].no_credit = true;
	p->end[NETWORK].uu = data; /* so that close_complete waits for the answer to be pulled */
	p->end[NETWORK].uu_len = sizeof(data);
	pair_close(p, USER, call, UNI_CAUSE_NORMAL);
	pair_settle(p);
	assert_int_equal(p->end[NETWORK].n_told[TOLD_COMPLETE], 0);
	p->end[USER].no_credit = true;
	pair_close(p, USER, second, UNI_CAUSE_NORMAL);
	pair_call(p, USER);
	n = p->n;
	pair_down(p);
	p->end[USER].no_credit = p->end[NETWORK].no_credit = false;
	pair_run(p, 10100); /* T309 for the one the network still has */
	assert_int_equal(p->n, n);
	assert_int_equal(p->end[NETWORK].n_told[TOLD_COMPLETE], 1);
	assert_true(all_gone(p, USER) && all_gone(p, NETWORK));
	pair_destroy(p);
}

/* SIG-96, SIG-98 */
static void
active_calls_outlive_a_short_loss(void **state)
{
	struct pair *p = up();
	uni_call_t call = pair_call_up(p, USER);
	uint32_t n = p->end[USER].n_establish;

	(void)state;
	pair_down(p);
	assert_int_equal(p->end[USER].n_establish, n + 1); /* SIG-97 */
	assert_int_equal(p->end[USER].n_told[TOLD_LINK_DOWN], 1);
	pair_run(p, 9900);
	pair_up(p);
	pair_run(p, 1000);
	assert_int_equal(pair_state(p, USER, call), UNI_ST_ACTIVE);
	pair_close(p, USER, call, UNI_CAUSE_NORMAL);
	pair_settle(p);
	assert_true(pair_is_clean(p));
	pair_destroy(p);
}

/* SIG-T4, SIG-99: in slices, as long as they may take */
static void
t309_clears_all_calls_with_27(void **state)
{
	struct pair *p = up();
	int i;

	(void)state;
	for (i = 0; i < 40; i++)
		pair_call_up(p, i % 2);
	pair_down(p);
	p->turn_max = 1;
	pair_run(p, 9990);
	assert_int_equal(p->end[USER].n_told[TOLD_GONE], 0);
	pair_run(p, 15);
	assert_in_range(p->end[USER].n_told[TOLD_GONE], 1, 39);
	pair_run(p, 100);
	assert_int_equal(p->end[USER].n_told[TOLD_GONE], 40);
	assert_int_equal(p->end[USER].cause, UNI_CAUSE_OUT_OF_ORDER);
	assert_true(all_gone(p, USER) && all_gone(p, NETWORK));
	p->turn_max = 1000;
	pair_up(p);
	pair_close(p, USER, pair_call_up(p, USER), UNI_CAUSE_NORMAL);
	pair_settle(p);
	assert_true(pair_is_clean(p));
	pair_destroy(p);
}

/* SIG-101, SIG-122 */
static void
requests_while_the_link_is_down_are_answered_here(void **state)
{
	const struct uni_setup setup = {
		.called = { .type = UNI_ADDRESS_E164, .len = 1, .octets = "1" },
	};
	struct pair *p = up();
	uni_call_t call = pair_call_up(p, USER), theirs = p->end[NETWORK].call, other;
	struct uni_link_stats stats;

	(void)state;
	pair_down(p);
	assert_int_equal(uni_call_setup(p->end[USER].l, &setup, 0, p->now_ns, &other), -ENETDOWN);
	pair_close(p, USER, call, UNI_CAUSE_NORMAL);
	assert_int_equal(p->end[USER].n_told[TOLD_COMPLETE], 1);
	uni_link_stats(p->end[USER].l, &stats);
	assert_int_equal(stats.n_set_aside, 1);
	pair_up(p);
	/* what the peer still sends for it gets 81; it takes that for the answer */
	pair_close(p, NETWORK, theirs, UNI_CAUSE_NORMAL);
	pair_run(p, 5);
	assert_string_equal(pair_said(p, p->n - 2), "U RELEASE_COMPLETE 81");
	pair_settle(p);
	assert_int_equal(p->end[NETWORK].n_told[TOLD_COMPLETE], 1);
	pair_destroy(p);
}

/* SIG-100 */
static void
a_recovery_of_the_transport_clears_nothing(void **state)
{
	struct pair *p = up();
	uni_call_t call = pair_call(p, USER);

	(void)state;
	pair_up(p);
	pair_settle(p);
	assert_int_equal(pair_state(p, USER, call), UNI_ST_OUT_PROCEEDING);
	assert_int_equal(p->end[USER].n_told[TOLD_LINK_UP], 1);
	pair_close(p, USER, call, UNI_CAUSE_NORMAL);
	pair_settle(p);
	assert_true(pair_is_clean(p));
	pair_destroy(p);
}

/* The link comes back before the slices have gone through: the old calls are gone all the same. */
static void
a_link_that_comes_back_at_once_does_not_revive_a_call(void **state)
{
	struct pair *p = up();
	uni_call_t call = pair_call(p, USER), fresh;

	(void)state;
	pair_settle(p);
	pair_down(p);
	pair_up(p);
	fresh = pair_call(p, USER);
	pair_inject(p, USER, "090380000101800000"); /* ALERTING for the old one */
	assert_string_equal(pair_said(p, 2), "U RELEASE_COMPLETE 81");
	assert_int_equal(p->end[USER].n_told[TOLD_GONE], 1);
	pair_settle(p);
	assert_int_equal(pair_state(p, USER, call), UNI_ST_COUNT);
	assert_int_equal(pair_state(p, USER, fresh), UNI_ST_OUT_PROCEEDING);
	pair_close(p, USER, fresh, UNI_CAUSE_NORMAL);
	pair_settle(p);
	assert_true(pair_is_clean(p));
	pair_destroy(p);
}

static void
a_message_on_a_link_that_is_down_is_counted(void **state)
{
	struct pair *p = pair_create(NULL);
	struct uni_link_stats stats;

	(void)state;
	pair_inject(p, USER, "09030000094d800006088000028090");
	uni_link_stats(p->end[USER].l, &stats);
	assert_int_equal(stats.drop_link_down, 1);
	assert_int_equal(p->n, 0);
	pair_destroy(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_link_asks_to_be_established_with_growing_patience),
		cmocka_unit_test(a_lost_link_clears_what_is_not_active_with_27),
		cmocka_unit_test(
			a_lost_link_completes_a_close_and_frees_the_one_who_owes_an_answer),
		cmocka_unit_test(a_lost_link_empties_the_queues),
		cmocka_unit_test(active_calls_outlive_a_short_loss),
		cmocka_unit_test(t309_clears_all_calls_with_27),
		cmocka_unit_test(an_offer_that_is_accepted_while_the_link_is_lost_again_is_gone),
		cmocka_unit_test(requests_while_the_link_is_down_are_answered_here),
		cmocka_unit_test(a_recovery_of_the_transport_clears_nothing),
		cmocka_unit_test(a_link_that_comes_back_at_once_does_not_revive_a_call),
		cmocka_unit_test(a_message_on_a_link_that_is_down_is_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
