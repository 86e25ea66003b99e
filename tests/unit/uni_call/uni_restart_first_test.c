/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>

#include "restarts.h"

/* The RESTART that an establishment begins with, and one that a lost link puts off. */

static struct pair *
first_up(int side, bool *lossy)
{
	struct pair_config config = { 0 };
	struct pair *p;

	config.restart[side] = true;
	p = pair_create(&config);
	p->lose = lose_restarts;
	p->lose_arg = lossy;
	pair_up(p);
	p->end[!side].on_offer = PAIR_ACCEPT;
	return p;
}

/* SIG-85 */
static void
the_first_establishment_begins_with_a_restart_and_setups_wait_for_it(void **state)
{
	bool lossy = false;
	struct pair *p;
	uni_call_t call;
	int side;

	(void)state;
	for (side = 0; side < 2; side++) {
		p = first_up(side, &lossy);
		call = pair_call(p, side);
		assert_int_equal(
			uni_link_restart(p->end[side].l, UNI_RESTART_ALL, 0, p->now_ns), -EBUSY);
		pair_run(p, 8);
		assert_int_equal(p->n, 2);
		expect_said(p, 0, side, "RESTART");
		expect_said(p, 1, !side, "RESTART_ACK");
		pair_run(p, 30);
		assert_int_equal(p->end[side].n_told[TOLD_RESTARTED], 1);
		assert_int_equal(pair_state(p, side, call), UNI_ST_ACTIVE);
		pair_close(p, side, call, UNI_CAUSE_NORMAL);
		pair_settle(p);
		/* only the first one */
		pair_down(p);
		pair_up(p);
		pair_run(p, 10);
		assert_int_equal(pair_count(p, side, UNI_MT_RESTART), 1);
		down(p);
	}
}

/* SIG-85: T303 does not run meanwhile */
static void
setups_wait_no_longer_than_one_t316(void **state)
{
	bool lossy = true;
	struct pair *p;
	uni_call_t call;
	int side;

	(void)state;
	for (side = 0; side < 2; side++) {
		p = first_up(side, &lossy);
		call = pair_call(p, side);
		pair_run(p, 119990);
		assert_int_equal(pair_count(p, side, UNI_MT_SETUP), 0);
		assert_int_equal(pair_state(p, side, call),
			side == USER ? UNI_ST_INITIATED : UNI_ST_PRESENT);
		pair_run(p, 100);
		assert_int_equal(pair_count(p, side, UNI_MT_RESTART), 2);
		assert_int_equal(pair_count(p, side, UNI_MT_SETUP), 1);
		expect_said(p, 1, side, "RESTART");
		assert_int_equal(pair_state(p, side, call), UNI_ST_ACTIVE);
		pair_run(p, 120000);
		assert_int_equal(p->end[side].n_told[TOLD_NOT_RESTARTED], 1);
		assert_int_equal(pair_state(p, side, call), UNI_ST_ACTIVE);
		pair_close(p, side, call, UNI_CAUSE_NORMAL);
		pair_settle(p);
		down(p);
	}
}

/* SIG-85, SIG-86: what waits is no call yet to the peer, whose RESTART does not concern it */
static void
a_setup_that_waits_outlives_the_peers_restart(void **state)
{
	const struct pair_config config = { .restart = { true, true } };
	struct pair *p = pair_create(&config);
	uni_call_t calls[2];
	int side;

	(void)state;
	pair_up(p);
	for (side = 0; side < 2; side++) {
		p->end[side].on_offer = PAIR_ACCEPT;
		calls[side] = pair_call(p, side);
	}
	pair_run(p, 50);
	for (side = 0; side < 2; side++) {
		assert_int_equal(p->end[side].n_told[TOLD_RESTARTED], 1);
		assert_int_equal(pair_state(p, side, calls[side]), UNI_ST_ACTIVE);
		pair_close(p, side, calls[side], UNI_CAUSE_NORMAL);
	}
	pair_settle(p);
	down(p);
}

/* SIG-85, SIG-86: what the peer hears last must not be that it may clear what has come since */
static void
the_peers_restart_is_acknowledged_behind_ours(void **state)
{
	uint8_t octets[] = { 9, 3, 0, 0, 0, 0x46, 0x80, 0, 5, 0x79, 0x80, 0, 1, 0x82 };
	bool lossy = false;
	struct pair *p;
	int side;

	(void)state;
	for (side = 0; side < 2; side++) {
		p = first_up(side, &lossy);
		uni_link_receive(p->end[side].l, octets, sizeof(octets), p->now_ns);
		pair_run(p, 2);
		assert_int_equal(p->n, 2);
		expect_said(p, 0, side, "RESTART");
		expect_said(p, 1, side, "RESTART_ACK");
		pair_run(p, 20);
		down(p);
	}
}

/* SIG-82, SIG-R7: a VC that a waiting SETUP names is not kept from the peer */
static void
a_restart_of_the_vc_that_a_setup_waits_with_ends_it(void **state)
{
	struct uni_link_params params;
	struct pair_config config = { .params = { &params }, .restart = { true, true } };
	bool lossy = true;
	struct pair *p;
	int side;

	(void)state;
	uni_link_params_default(&params, UNI_ROLE_USER);
	params.ask = UNI_ASK_EXCLUSIVE;
	for (side = 0; side < 2; side++) {
		p = pair_create(&config);
		p->lose = lose_restarts;
		p->lose_arg = &lossy;
		pair_up(p);
		pair_call(p, side);
		pair_run(p, 10);
		pair_inject(p, side, side == USER ? RESTART_VC_0_65535 : RESTART_VC_0_32);
		pair_run(p, 2);
		assert_int_equal(p->end[side].n_told[TOLD_GONE], 1);
		assert_int_equal(pair_count(p, side, UNI_MT_RESTART_ACK), 1);
		p->head = p->n;
		lossy = false;
		pair_run(p, 120100);
		assert_int_equal(pair_count(p, side, UNI_MT_SETUP), 0);
		down(p);
		lossy = true;
	}
}

/* SIG-85, SIG-79: the peer has never heard of it */
static void
a_call_whose_setup_waits_ends_without_a_word(void **state)
{
	bool lossy = true;
	struct pair *p;
	uni_call_t call, next;
	int side;

	(void)state;
	for (side = 0; side < 2; side++) {
		lossy = true;
		p = first_up(side, &lossy);
		call = pair_call(p, side);
		next = pair_call(p, side);
		pair_run(p, 10);
		pair_close(p, side, call, UNI_CAUSE_NORMAL);
		assert_int_equal(p->end[side].n_told[TOLD_COMPLETE], 1);
		lossy = false;
		pair_run(p, 120100);
		assert_int_equal(pair_count(p, side, UNI_MT_SETUP), 1);
		assert_int_equal(pair_count(p, side, UNI_MT_RELEASE), 0);
		assert_int_equal(pair_state(p, side, next), UNI_ST_ACTIVE);
		pair_close(p, side, next, UNI_CAUSE_NORMAL);
		pair_settle(p);
		down(p);
	}
}

/* SIG-96: nor does it wait for a link that is lost */
static void
a_lost_link_ends_calls_whose_setup_waits(void **state)
{
	bool lossy = true;
	struct pair *p;
	int side;

	(void)state;
	for (side = 0; side < 2; side++) {
		p = first_up(side, &lossy);
		pair_close(p, side, pair_call(p, side), UNI_CAUSE_NORMAL);
		pair_call(p, side);
		pair_run(p, 10);
		pair_down(p);
		pair_run(p, 10);
		assert_int_equal(p->end[side].n_told[TOLD_GONE], 1);
		assert_int_equal(p->end[side].cause, UNI_CAUSE_OUT_OF_ORDER);
		down(p);
	}
}

/* SIG-99 */
static void
after_t309_the_next_establishment_begins_with_a_restart(void **state)
{
	struct pair *p;
	uni_call_t call;
	int side;

	(void)state;
	for (side = 0; side < 2; side++) {
		p = up();
		p->end[!side].on_offer = PAIR_ACCEPT;
		pair_call_up(p, side);
		p->head = p->n;
		uni_link_released(p->end[side].l, p->now_ns);
		pair_run(p, 10010);
		assert_int_equal(p->end[side].n_told[TOLD_GONE], 1);
		assert_int_equal(stats_of(p, side).n_labels, 0);
		assert_int_equal(pair_state(p, !side, p->end[!side].call), UNI_ST_ACTIVE);
		uni_link_established(p->end[side].l, p->now_ns);
		call = pair_call(p, side);
		pair_run(p, 50);
		assert_int_equal(pair_count(p, side, UNI_MT_RESTART), 1);
		assert_int_equal(p->end[!side].n_told[TOLD_GONE], 1);
		assert_int_equal(p->end[side].n_told[TOLD_RESTARTED], 1);
		assert_int_equal(pair_state(p, side, call), UNI_ST_ACTIVE);
		pair_close(p, side, call, UNI_CAUSE_NORMAL);
		pair_settle(p);
		down(p);
	}
}

/* SIG-R1: a restart outlives its link */
static void
a_restart_that_a_lost_link_interrupts_begins_anew_with_the_next(void **state)
{
	bool lossy = true;
	struct pair *p;
	int side;

	(void)state;
	for (side = 0; side < 2; side++) {
		p = up();
		p->lose = lose_restarts;
		p->lose_arg = &lossy;
		pair_call_up(p, side);
		pair_call_up(p, side);
		restart(p, side, UNI_RESTART_VC, 33);
		pair_run(p, 100);
		pair_down(p);
		pair_run(p, 100);
		assert_int_equal(p->end[side].n_told[TOLD_RESTARTED], 0);
		assert_int_equal(p->end[side].n_told[TOLD_NOT_RESTARTED], 0);
		assert_int_equal(stats_of(p, side).n_set_aside, 1);
		lossy = false;
		pair_up(p);
		pair_run(p, 50);
		assert_int_equal(pair_count(p, side, UNI_MT_RESTART), 2);
		assert_int_equal(p->end[side].n_told[TOLD_RESTARTED], 1);
		assert_int_equal(p->end[!side].n_told[TOLD_GONE], 1);
		assert_int_equal(stats_of(p, side).n_set_aside, 0);
		assert_int_equal(stats_of(p, side).n_active, 1);
		restart(p, side, UNI_RESTART_ALL, 0);
		pair_settle(p);
		down(p);
		lossy = true;
	}
}

/* SIG-99: and is part of the one that T309 asks for */
static void
t309_makes_an_interrupted_restart_one_of_all(void **state)
{
	bool lossy = true;
	struct pair *p = up();

	(void)state;
	p->lose = lose_restarts;
	p->lose_arg = &lossy;
	pair_call_up(p, USER);
	pair_call_up(p, USER);
	restart(p, USER, UNI_RESTART_VC, 33);
	pair_run(p, 100);
	pair_down(p);
	pair_run(p, 10010);
	lossy = false;
	pair_up(p);
	pair_run(p, 50);
	assert_int_equal(pair_count(p, USER, UNI_MT_RESTART), 2);
	assert_int_equal(pair_count(p, NETWORK, UNI_MT_RESTART), 1); /* its T309 has run out too */
	assert_int_equal(p->end[USER].n_told[TOLD_RESTARTED], 1);
	down(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			the_first_establishment_begins_with_a_restart_and_setups_wait_for_it),
		cmocka_unit_test(setups_wait_no_longer_than_one_t316),
		cmocka_unit_test(a_setup_that_waits_outlives_the_peers_restart),
		cmocka_unit_test(the_peers_restart_is_acknowledged_behind_ours),
		cmocka_unit_test(a_restart_of_the_vc_that_a_setup_waits_with_ends_it),
		cmocka_unit_test(a_call_whose_setup_waits_ends_without_a_word),
		cmocka_unit_test(a_lost_link_ends_calls_whose_setup_waits),
		cmocka_unit_test(after_t309_the_next_establishment_begins_with_a_restart),
		cmocka_unit_test(a_restart_that_a_lost_link_interrupts_begins_anew_with_the_next),
		cmocka_unit_test(t309_makes_an_interrupted_restart_one_of_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
