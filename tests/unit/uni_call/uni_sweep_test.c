/* SPDX-License-Identifier: BSD-3-Clause */
#include "restarts.h"

/* Bulk jobs of call control: in slices, several at a time, each told when it begins and ends. */

#define N 2000u
#define SLICE 16u

static struct pair *
with_calls(uint32_t n)
{
	const struct pair_config config = { .n_calls = N, .n_setups = N };
	struct pair *p = pair_create(&config);
	uint32_t i;

	pair_up(p);
	p->end[NETWORK].on_offer = PAIR_ACCEPT;
	for (i = 0; i < n; i++) {
		pair_call(p, USER);
		if (i % 500 == 499)
			pair_settle(p);
	}
	pair_settle(p);
	assert_int_equal(stats_of(p, NETWORK).n_active, n);
	return p;
}

/* A turn of one end alone, and what was told of calls in it. */
static uint32_t
gone_in_a_turn(struct pair *p, int side)
{
	uint32_t before = p->end[side].n_told[TOLD_GONE];

	uni_turn(p->end[side].u, p->now_ns, SLICE);
	return p->end[side].n_told[TOLD_GONE] - before;
}

static void
run_out_of_t309(struct pair *p, int side)
{
	uni_link_released(p->end[side].l, p->now_ns);
	while (gone_in_a_turn(p, side) == 0)
		p->now_ns += 10000000;
}

static void
receive_restart(struct pair *p, int side)
{
	static const uint8_t all[] = { 0x09, 3, 0, 0, 0, 0x46, 0x80, 0, 5, 0x79, 0x80, 0, 1, 0x82 };

	uni_link_receive(p->end[side].l, all, sizeof(all), p->now_ns);
}

/* To the end, never more than a slice at a time; how many were told of. */
static uint32_t
in_slices(struct pair *p, int side)
{
	uint32_t n, sum = 0;

	while (stats_of(p, side).n_calls > 0) {
		n = gone_in_a_turn(p, side);
		assert_in_range(n, 0, SLICE);
		sum += n;
	}
	return sum;
}

/* SIG-99, SIG-R6, SIG-87, I2: what a RESTART finds half cleared is not finished on the spot */
static void
a_restart_in_the_middle_of_what_t309_clears_is_carried_out_in_slices(void **state)
{
	struct pair *p = with_calls(N);
	struct pair_end *e = &p->end[NETWORK];
	uint32_t n;

	(void)state;
	run_out_of_t309(p, NETWORK);
	n = e->n_told[TOLD_GONE];
	assert_in_range(n, 1, SLICE);
	uni_link_established(e->l, p->now_ns);
	receive_restart(p, NETWORK);
	assert_int_equal(e->n_told[TOLD_GONE], n);
	assert_true(stats_of(p, NETWORK).restarted);
	assert_int_equal(n + in_slices(p, NETWORK), N);
	uni_turn(e->u, p->now_ns, SLICE);
	assert_false(stats_of(p, NETWORK).restarted);
	pair_pull(p, NETWORK);
	assert_int_equal(pair_count(p, NETWORK, UNI_MT_RESTART_ACK), 1);
	assert_int_equal(e->mass[UNI_MASS_LINK_GONE].n_begun, 1);
	assert_int_equal(e->mass[UNI_MASS_LINK_GONE].n_calls, N);
	assert_int_equal(e->mass[UNI_MASS_LINK_GONE].cause, UNI_CAUSE_OUT_OF_ORDER);
	assert_int_equal(e->mass[UNI_MASS_RESTARTED].n_begun, 1);
	assert_int_equal(e->mass[UNI_MASS_RESTARTED].n_calls, N - n);
	assert_int_equal(e->mass[UNI_MASS_LINK_GONE].n_over, 1);
	assert_int_equal(e->mass[UNI_MASS_RESTARTED].n_over, 1);
	/* Each call is ended by one of them, the earlier one if it would. */
	assert_int_equal(e->mass[UNI_MASS_LINK_GONE].n_cleared, N);
	assert_int_equal(e->mass[UNI_MASS_RESTARTED].n_cleared, 0);
	pair_destroy(p);
}

/* SIG-R6, SIG-87, SIG-78: the acknowledgement waits for the labels of those, too */
static void
a_restart_is_acknowledged_when_the_labels_of_an_earlier_job_are_free(void **state)
{
	struct pair *p = with_calls(N);
	struct pair_end *e = &p->end[NETWORK];

	(void)state;
	e->keep_labels = true;
	run_out_of_t309(p, NETWORK);
	e->keep_labels = false;
	uni_link_established(e->l, p->now_ns);
	receive_restart(p, NETWORK);
	in_slices(p, NETWORK);
	uni_turn(e->u, p->now_ns, SLICE);
	assert_true(stats_of(p, NETWORK).restarted);
	assert_in_range(stats_of(p, NETWORK).n_labels, 1, SLICE);
	pair_destroy(p);
}

/* SIG-96, SIG-99, I8: as often as the link is lost, no more than a slice is done at a time */
static void
a_link_that_comes_and_goes_while_calls_are_cleared_ends_each_once(void **state)
{
	struct pair *p = with_calls(N);
	struct pair_end *e = &p->end[NETWORK];
	uint32_t n, i;

	(void)state;
	run_out_of_t309(p, NETWORK);
	for (i = 0; i < 2; i++) {
		n = e->n_told[TOLD_GONE];
		uni_link_established(e->l, p->now_ns);
		uni_link_released(e->l, p->now_ns);
		assert_int_equal(e->n_told[TOLD_GONE], n);
		assert_in_range(gone_in_a_turn(p, NETWORK), 1, SLICE);
	}
	in_slices(p, NETWORK);
	assert_int_equal(e->n_told[TOLD_GONE], N);
	assert_int_equal(stats_of(p, NETWORK).swept, N);
	assert_int_equal(e->mass[UNI_MASS_LINK_GONE].n_cleared, N);
	assert_int_equal(e->mass[UNI_MASS_LINK_LOST].n_begun, 3);
	pair_destroy(p);
}

/* SIG-R1: what is told of ours */
static void
a_restart_of_ours_tells_how_many_calls_it_ends(void **state)
{
	struct pair *p = with_calls(8);

	(void)state;
	restart(p, USER, UNI_RESTART_VPC, 0);
	pair_settle(p);
	assert_int_equal(p->end[USER].mass[UNI_MASS_RESTART].n_calls, 8);
	assert_int_equal(p->end[USER].mass[UNI_MASS_RESTART].n_cleared, 8);
	assert_int_equal(p->end[NETWORK].mass[UNI_MASS_RESTARTED].n_cleared, 8);
	assert_int_equal(p->end[NETWORK].mass[UNI_MASS_RESTARTED].n_over, 1);
	assert_int_equal(stats_of(p, NETWORK).swept, 8);
	down(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_restart_in_the_middle_of_what_t309_clears_is_carried_out_in_slices),
		cmocka_unit_test(
			a_restart_is_acknowledged_when_the_labels_of_an_earlier_job_are_free),
		cmocka_unit_test(a_link_that_comes_and_goes_while_calls_are_cleared_ends_each_once),
		cmocka_unit_test(a_restart_of_ours_tells_how_many_calls_it_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
