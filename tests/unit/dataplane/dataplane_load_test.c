/* SPDX-License-Identifier: BSD-3-Clause */
/* Where a worker says that its time went. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_eal.h>

#include "dataplane/load.h"
#include "fixture.h"

#include <cmocka.h>

#define L100 "8847 000641ff"
#define L300 "8847 0012c1ff"
#define MACS "02aabbccddee 020000000001"

static void
a_turn_is_busy_or_idle_and_its_time_goes_to_one_of_them(void **state)
{
	struct dp_load load = { .last_quiescent = 1000 };

	(void)state;
	dp_load_turn(&load, 1040, false);
	dp_load_turn(&load, 1940, true);
	dp_load_turn(&load, 1990, false);
	dp_load_turn(&load, 2690, true);
	assert_int_equal(load.turns[false], 2);
	assert_int_equal(load.turns[true], 2);
	assert_int_equal(load.cycles[false], 40 + 50);
	assert_int_equal(load.cycles[true], 900 + 700);
	assert_int_equal(load.max_cycles, 900);
}

static void
each_turn_is_a_gap_of_the_histogram(void **state)
{
	static struct dp_load load;
	struct cp_hist gaps;
	uint64_t now = 0;
	int i;

	(void)state;
	for (i = 0; i < 9998; i++)
		dp_load_turn(&load, now += 30, false);
	dp_load_turn(&load, now += 800, true);
	dp_load_turn(&load, now += 1000000, false);
	cp_hist_between(&gaps, NULL, &load.gaps);
	assert_int_equal(gaps.n, 10000);
	assert_int_equal(cp_hist_quantile_ppm(&gaps, 999800), 30);
	assert_in_range(cp_hist_quantile_ppm(&gaps, 999900), 800, 850);
	assert_in_range(gaps.max, 1000000, 1062500);
}

static void
the_longest_gap_begins_anew_with_a_spell_and_nothing_else_does(void **state)
{
	struct dp_load load = { .last_quiescent = 0 };

	(void)state;
	dp_load_turn(&load, 5000, true);
	load.restart = 1;
	dp_load_turn(&load, 9000, true); /* begun in the old spell */
	assert_int_equal(load.restart, 0);
	assert_int_equal(load.max_cycles, 0);
	dp_load_turn(&load, 9100, true);
	assert_int_equal(load.max_cycles, 100);
	assert_int_equal(load.turns[true], 3);
	assert_int_equal(load.cycles[true], 9100);
}

static void
turn(struct net *net, unsigned int n)
{
	while (n-- > 0)
		dp_worker_turn(net->worker);
}

static void
the_account_of_a_worker_adds_up(void **state)
{
	uint64_t start = rte_rdtsc(), cycles;
	struct net *net = net_create(100, 0);
	struct cp_hist_buckets ever;
	struct dp_worker_stats s;
	struct cp_hist spell;
	dp_circuit_t a, b;

	*state = net;
	assert_int_equal(dp_circuit_open(net->dp, net->east, 100, false, 0, &a), 0);
	assert_int_equal(dp_circuit_open(net->dp, net->west, 200, false, 0, &b), 0);
	assert_int_equal(dp_circuit_join(net->dp, a, b), 0);
	turn(net, 3);
	arrive(net, EAST, MACS L100, 60);
	arrive(net, EAST, MACS L100, 60);
	arrive(net, EAST, MACS L300, 60);
	turn(net, 1);
	arrive(net, WEST, MACS L100, 60);
	turn(net, 2);
	dp_worker_stats(net->dp, 0, &s);
	cycles = s.busy_cycles + s.idle_cycles;
	assert_int_equal(s.turns, 6);
	assert_int_equal(s.busy_turns, 2);
	assert_int_equal(s.rx, 4);
	assert_true(s.busy_cycles > 0 && s.idle_cycles > 0);
	assert_true(cycles <= rte_rdtsc() - start);
	assert_true(s.max_turn_cycles <= cycles);
	assert_int_equal(s.thread, rte_gettid());
	assert_int_equal(
		s.ports, 1u << net->ports[EAST] | 1u << net->ports[WEST] | 1u << net->ports[LAN]);
	assert_int_equal(s.drops[DP_DROP_NO_CIRCUIT], 2);
	assert_int_equal(dp_worker_polled(net->dp, 0, net->ports[EAST]), 3);
	assert_int_equal(dp_worker_polled(net->dp, 0, net->ports[WEST]), 1);
	assert_int_equal(dp_worker_polled(net->dp, 0, net->ports[LAN]), 0);
	dp_worker_gaps(net->dp, 0, &ever, &spell);
	assert_int_equal(spell.n, s.turns);
	assert_true(spell.max >= s.max_turn_cycles);
	assert_true(spell.max - s.max_turn_cycles <= s.max_turn_cycles / 16);
	expect_labelled(net, WEST, "8847 000c81fe", 60);
	expect_labelled(net, WEST, "8847 000c81fe", 60);
}

static void
two_spells_of_a_worker_can_be_compared(void **state)
{
	struct net *net = net_create(100, 0);
	struct cp_hist_buckets ever;
	struct dp_worker_stats s;
	struct cp_hist spell, whole;

	*state = net;
	turn(net, 5);
	dp_worker_gap_restart(net->dp, 0);
	dp_worker_gaps(net->dp, 0, &ever, &spell);
	assert_int_equal(spell.n, 0);
	dp_worker_stats(net->dp, 0, &s);
	assert_int_equal(s.max_turn_cycles, 0);
	turn(net, 3);
	dp_worker_gaps(net->dp, 0, &ever, &spell);
	cp_hist_between(&whole, NULL, &ever);
	assert_int_equal(spell.n, 3);
	assert_int_equal(whole.n, 8);
	dp_worker_stats(net->dp, 0, &s);
	assert_true(s.max_turn_cycles <= spell.max);
	assert_int_equal(s.turns, 8);
}

static void
control_sees_how_full_a_ring_is(void **state)
{
	struct net *net = net_create(100, 0);
	struct dp_worker_stats s;
	dp_circuit_t c;
	int i;

	*state = net;
	assert_int_equal(dp_circuit_open(net->dp, net->east, 100, true, 0, &c), 0);
	dp_worker_stats(net->dp, 0, &s);
	assert_int_equal(s.to_control_permille, 0);
	for (i = 0; i < 8; i++)
		arrive(net, EAST, MACS "8847 000641ff 00000000", 60);
	turn(net, 1);
	dp_worker_stats(net->dp, 0, &s);
	assert_int_equal(s.to_control, 8);
	assert_true(s.to_control_permille > 0);
	assert_int_equal(dp_control_poll(net->dp, 8), 8);
	dp_worker_stats(net->dp, 0, &s);
	assert_int_equal(s.to_control_permille, 0);
	assert_int_equal(s.from_control_permille, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_turn_is_busy_or_idle_and_its_time_goes_to_one_of_them),
		cmocka_unit_test(each_turn_is_a_gap_of_the_histogram),
		cmocka_unit_test(the_longest_gap_begins_anew_with_a_spell_and_nothing_else_does),
		cmocka_unit_test_teardown(the_account_of_a_worker_adds_up, net_teardown),
		cmocka_unit_test_teardown(two_spells_of_a_worker_can_be_compared, net_teardown),
		cmocka_unit_test_teardown(control_sees_how_full_a_ring_is, net_teardown),
	};

	return cmocka_run_group_tests_name("dataplane_load", tests, eal_setup, eal_teardown);
}
