/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "pair.h"

#include <cmocka.h>

#define N_CALLS 100000u
#define BATCH 1000u

static uint64_t rng_state = 0x2931;

static uint32_t
rng(uint32_t below)
{
	rng_state ^= rng_state << 13;
	rng_state ^= rng_state >> 7;
	rng_state ^= rng_state << 17;
	return (uint32_t)(rng_state >> 32) % below;
}

static struct pair *
with_calls(uni_call_t *calls, uint32_t n)
{
	const struct pair_config config = { .n_calls = n, .n_setups = BATCH };
	struct pair *p = pair_create(&config);
	uint32_t i;

	pair_up(p);
	p->end[NETWORK].on_offer = PAIR_ACCEPT;
	for (i = 0; i < n; i++) {
		calls[i] = pair_call(p, USER);
		if (i % BATCH == BATCH - 1)
			pair_settle(p);
	}
	pair_settle(p);
	return p;
}

static uint64_t
refused_for_their_vc(const struct pair *p)
{
	struct uni_link_stats stats;

	uni_link_stats(p->end[NETWORK].l, &stats);
	return stats.causes[UNI_CAUSE_VC_NOT_AVAILABLE];
}

static void
shuffle(uni_call_t *calls, uint32_t n)
{
	uint32_t i, j;
	uni_call_t swap;

	for (i = n - 1; i > 0; i--) {
		j = rng(i + 1);
		swap = calls[i];
		calls[i] = calls[j];
		calls[j] = swap;
	}
}

/* I4 */
static void
a_hundred_thousand_calls_come_and_go_and_leave_nothing(void **state)
{
	uni_call_t *calls = calloc(N_CALLS, sizeof(*calls));
	struct uni_link_stats stats;
	struct uni_census census;
	struct pair *p;
	uint32_t i;

	(void)state;
	assert_non_null(calls);
	p = with_calls(calls, N_CALLS);
	uni_link_stats(p->end[NETWORK].l, &stats);
	assert_int_equal(stats.n_active, N_CALLS);
	assert_int_equal(stats.n_labels, N_CALLS);
	shuffle(calls, N_CALLS);
	for (i = 0; i < N_CALLS; i++) {
		pair_close(p, USER, calls[i], UNI_CAUSE_NORMAL);
		if (i % BATCH == BATCH - 1)
			pair_settle(p);
	}
	pair_settle(p);
	assert_int_equal(p->end[USER].n_told[TOLD_COMPLETE], N_CALLS);
	assert_int_equal(p->end[NETWORK].n_told[TOLD_RELEASED], N_CALLS);
	assert_int_equal(p->end[NETWORK].n_told[TOLD_COMPLETE], N_CALLS);
	assert_true(pair_is_clean(p));
	uni_census(p->end[USER].u, &census);
	assert_int_equal(census.n_calls_max, N_CALLS);
	uni_link_stats(p->end[USER].l, &stats);
	assert_int_equal(stats.set_up, N_CALLS);
	assert_int_equal(stats.cleared, N_CALLS);
	assert_int_equal(stats.causes[UNI_CAUSE_NORMAL], N_CALLS);
	pair_destroy(p);
	free(calls);
}

/* SIG-80: closes wait in call order for credit, from both sides at once; each ends once (I2) */
static void
both_sides_close_all_calls_at_once(void **state)
{
	enum { N = 2000 };
	uni_call_t calls[N], theirs;
	struct uni_call_info info;
	struct pair *p = with_calls(calls, N);
	uint32_t i;

	(void)state;
	p->end[USER].no_credit = p->end[NETWORK].no_credit = true;
	for (i = 0; i < N; i++)
		pair_close(p, USER, calls[i], UNI_CAUSE_NORMAL);
	for (i = 0; i < N; i++) {
		/* the network's handles are of the same shape: its records were taken in order */
		theirs = calls[i];
		assert_int_equal(uni_call_query(p->end[NETWORK].u, theirs, &info), 0);
		pair_close(p, NETWORK, theirs, UNI_CAUSE_NORMAL);
	}
	p->end[USER].no_credit = p->end[NETWORK].no_credit = false;
	pair_settle(p);
	assert_int_equal(p->end[USER].n_told[TOLD_COMPLETE], N);
	assert_int_equal(p->end[NETWORK].n_told[TOLD_COMPLETE], N);
	assert_int_equal(p->end[USER].n_told[TOLD_RELEASED], 0);
	assert_int_equal(p->end[NETWORK].n_told[TOLD_RELEASED], 0);
	assert_true(pair_is_clean(p));
	pair_destroy(p);
}

/*
 * SIG-70: the network's choice stands, so each VC that both name costs the user a call. They come
 * from the two ends of the one VPCI, and meet once in the middle: in one burst of forty.
 */
static void
setups_that_cross_seldom_name_the_same_vc(void **state)
{
	enum { N = 1000, BURSTS = 40 };
	struct uni_link_params params[2];
	const struct pair_config config = {
		.n_calls = 2 * N,
		.n_setups = 2 * N,
		.params = { &params[USER], &params[NETWORK] },
	};
	struct pair *p;
	uint32_t burst, i;

	(void)state;
	uni_link_params_default(&params[USER], UNI_ROLE_USER);
	uni_link_params_default(&params[NETWORK], UNI_ROLE_NETWORK);
	params[USER].vpci_last = params[NETWORK].vpci_last = 0;
	params[USER].ask = UNI_ASK_EXCLUSIVE;
	p = pair_create(&config);
	pair_up(p);
	p->end[USER].on_offer = p->end[NETWORK].on_offer = PAIR_REFUSE;
	for (burst = 0; burst < BURSTS; burst++) {
		for (i = 0; i < N; i++) {
			pair_call(p, USER);
			pair_call(p, NETWORK);
		}
		pair_settle(p);
		if (burst == 0)
			assert_int_equal(refused_for_their_vc(p), 0);
	}
	pair_run(p, 9000); /* whose refusal had no room asks again after T303 */
	assert_int_equal(p->end[USER].n_told[TOLD_GONE], BURSTS * N);
	assert_in_range(refused_for_their_vc(p), 1, N);
	assert_true(pair_is_clean(p));
	pair_destroy(p);
}

/*
 * Whatever happens in whatever order, each call that is told about ends once, and in the end
 * nothing is left. Losses, losses of the link and impatience included.
 */
static void
a_random_day_leaves_nothing_behind(void **state)
{
	const struct pair_config config = { .n_calls = 200 };
	struct pair *p = pair_create(&config);
	uint32_t step;
	int side;

	(void)state;
	pair_up(p);
	for (step = 0; step < 40000; step++) {
		side = (int)rng(2);
		p->end[0].on_offer = (enum pair_reflex)rng(6);
		p->end[1].on_offer = (enum pair_reflex)rng(6);
		p->end[side].on_connected = rng(4) == 0 ? PAIR_CLOSE : PAIR_WAIT;
		p->end[side].deaf = rng(20) == 0;
		p->end[side].no_credit = rng(10) == 0;
		p->end[side].on_released = rng(8) == 0 ? PAIR_WAIT : PAIR_CLOSE;
		switch (rng(8)) {
		case 0:
		case 1: {
			const struct uni_setup setup = {
				.called = { .type = UNI_ADDRESS_E164, .len = 1, .octets = "1" },
			};
			uni_call_t call;

			uni_call_setup(p->end[side].l, &setup, 1, p->now_ns, &call);
			break;
		}
		case 2:
			uni_call_close(p->end[side].u, p->end[side].call, 16, NULL, 0, p->now_ns);
			break;
		case 3:
			uni_call_accept(p->end[side].u, p->end[side].call, p->now_ns);
			break;
		case 4:
			if (rng(500) == 0)
				pair_down(p);
			break;
		case 5:
			pair_up(p);
			break;
		default:
			pair_run(p, rng(50));
		}
	}
	for (side = 0; side < 2; side++) {
		p->end[side].on_offer = PAIR_WAIT;
		p->end[side].on_connected = PAIR_WAIT;
		p->end[side].on_released = PAIR_CLOSE;
		p->end[side].deaf = p->end[side].no_credit = false;
	}
	pair_down(p);
	pair_run(p, 11000);
	pair_up(p);
	pair_inject(p, USER, "0903000000468000057980000182");
	pair_inject(p, NETWORK, "0903000000468000057980000182");
	pair_settle(p);
	assert_true(pair_is_clean(p));
	pair_destroy(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_hundred_thousand_calls_come_and_go_and_leave_nothing),
		cmocka_unit_test(both_sides_close_all_calls_at_once),
		cmocka_unit_test(setups_that_cross_seldom_name_the_same_vc),
		cmocka_unit_test(a_random_day_leaves_nothing_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
