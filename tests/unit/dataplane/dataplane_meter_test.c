/* SPDX-License-Identifier: BSD-3-Clause */
/* Meters: which frames pass, to the octet, by a clock that the test turns. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <rte_cycles.h>
#include <rte_launch.h>
#include <rte_meter.h>

#include "fixture.h"

#include <cmocka.h>

#define MACS "0a0b0c0d0e0f 1a1b1c1d1e1f "
#define L100 "8847 000641ff "
#define L200 "8847 000c81ff "
#define START UINT64_C(1000000000)

static uint64_t now;

static uint64_t
test_clock(void)
{
	return now;
}

/* An octet every @p cycles, as a rate. */
static uint64_t
every(uint64_t cycles)
{
	return rte_get_tsc_hz() / cycles;
}

/* Cycles until @p octets more are there at a rate, and not one less. */
static uint64_t
time_of(uint64_t octets, uint64_t rate)
{
	return (octets * rte_get_tsc_hz() + rate - 1) / rate;
}

/* 100 in the east to 200 in the west, and the clock of the worker in our hands. */
static void
join(struct net *net, dp_circuit_t *east, dp_circuit_t *west)
{
	*east = open_circuit(net, net->east, 100);
	*west = open_circuit(net, net->west, 200);
	assert_int_equal(dp_circuit_join(net->dp, *east, *west), 0);
	now = START;
	dp_worker_set_clock(net->worker, test_clock);
}

static struct dp_circuit_stats
stats_of(struct net *net, dp_circuit_t circuit)
{
	struct dp_circuit_stats s;

	assert_int_equal(dp_circuit_stats(net->dp, circuit, &s), 0);
	return s;
}

/* How many of @p n frames of @p size octets pass from @p from to @p to. */
static uint32_t
pass(struct net *net, enum net_port from, enum net_port to, const char *hex, uint32_t size,
	uint32_t n)
{
	struct rte_mbuf *m;
	uint32_t i;

	for (i = 0; i < n; i++)
		arrive(net, from, hex, size);
	while (dp_worker_turn(net->worker) != 0)
		;
	for (i = 0; (m = left(net, to)) != NULL; i++)
		rte_pktmbuf_free(m);
	expect_nothing_left(net);
	return i;
}

/* ---- Colours ---- */

static void
bursts_are_green_then_yellow_then_red(void **state)
{
	struct net *net = *state;
	const struct dp_flow flow = { every(1000), every(500), 250, 1000 };
	dp_circuit_t a, b;

	join(net, &a, &b);
	assert_int_equal(dp_circuit_meter(net->dp, a, &flow, NULL), 0);
	/* 2 green of 250 octets; of 1000, 10 pass in all. */
	assert_int_equal(pass(net, EAST, WEST, MACS L100, 100, 12), 10);
	assert_int_equal(stats_of(net, a).rx_packets, 10);
	assert_int_equal(stats_of(net, a).rx_yellow, 8);
	assert_int_equal(stats_of(net, a).rx_red, 2);
	assert_int_equal(stats_of(net, a).drops, 2);
	assert_int_equal(drops(net, EAST, DP_DROP_METER), 2);
	/* 50 octets were left of the committed bucket, and none of the peak's. */
	now += time_of(100, flow.peak_rate);
	assert_int_equal(pass(net, EAST, WEST, MACS L100, 100, 2), 1);
	assert_int_equal(stats_of(net, a).rx_yellow, 8); /* 50 and 50: green */
	assert_int_equal(stats_of(net, b).rx_red, 0);
	assert_int_equal(stats_of(net, b).tx_packets, 11);
	assert_int_equal(pass(net, WEST, EAST, MACS L200, 100, 12), 12); /* the other way */
}

static void
the_buckets_fill_to_the_octet_and_not_above_the_burst(void **state)
{
	struct net *net = *state;
	const struct dp_flow flow = { every(2000), every(2000), 60, 60 };
	dp_circuit_t a, b;

	join(net, &a, &b);
	assert_int_equal(dp_circuit_meter(net->dp, a, &flow, NULL), 0);
	assert_int_equal(pass(net, EAST, WEST, MACS L100, 60, 2), 1);
	now += time_of(60, flow.peak_rate) - 2;
	assert_int_equal(pass(net, EAST, WEST, MACS L100, 60, 1), 0);
	now += 3;
	assert_int_equal(pass(net, EAST, WEST, MACS L100, 60, 2), 1);
	now += time_of(100000, flow.peak_rate);
	assert_int_equal(pass(net, EAST, WEST, MACS L100, 60, 2), 1);
	assert_int_equal(pass(net, EAST, WEST, MACS L100, 61, 1), 0); /* never fits */
	assert_int_equal(stats_of(net, a).rx_yellow, 0);
}

static void
without_a_committed_rate_all_that_passes_is_yellow(void **state)
{
	struct net *net = *state;
	const struct dp_flow flow = { 0, every(1000), 0, 120 };
	dp_circuit_t a, b;

	join(net, &a, &b);
	assert_int_equal(dp_circuit_meter(net->dp, a, &flow, NULL), 0);
	assert_int_equal(pass(net, EAST, WEST, MACS L100, 60, 3), 2);
	now += START;
	assert_int_equal(pass(net, EAST, WEST, MACS L100, 60, 3), 2);
	assert_int_equal(stats_of(net, a).rx_yellow, 4);
}

/* ---- Whose meter ---- */

static void
what_is_sent_into_a_circuit_is_held_to_its_rate_where_it_arrives(void **state)
{
	struct net *net = *state;
	const struct dp_flow wide = { every(1000), every(1000), 300, 300 };
	const struct dp_flow narrow = { every(1000), every(1000), 120, 120 };
	dp_circuit_t a, b;

	join(net, &a, &b);
	assert_int_equal(dp_circuit_meter(net->dp, b, NULL, &narrow), 0);
	assert_int_equal(pass(net, EAST, WEST, MACS L100, 60, 6), 2);
	assert_int_equal(stats_of(net, a).rx_red, 4);
	assert_int_equal(stats_of(net, b).rx_red, 0);
	/* What is narrower holds, full again; alone, the wide one. */
	assert_int_equal(dp_circuit_meter(net->dp, a, &wide, NULL), 0);
	assert_int_equal(dp_circuit_meter(net->dp, b, NULL, &narrow), 0);
	assert_int_equal(pass(net, EAST, WEST, MACS L100, 60, 6), 2);
	assert_int_equal(dp_circuit_meter(net->dp, b, NULL, NULL), 0);
	assert_int_equal(pass(net, EAST, WEST, MACS L100, 60, 6), 5);
	assert_int_equal(pass(net, WEST, EAST, MACS L200, 60, 6), 6);
}

static void
an_attachment_is_held_to_the_rate_of_its_circuit_now_or_later(void **state)
{
	struct net *net = *state;
	const struct dp_flow flow = { every(1000), every(1000), 120, 120 };
	dp_circuit_t c = open_circuit(net, net->east, 100);
	struct dp_attachment_stats stats;

	now = START;
	dp_worker_set_clock(net->worker, test_clock);
	add_attachment(net, 0, 0, 0);
	assert_int_equal(dp_circuit_meter(net->dp, c, NULL, &flow), 0);
	arrive(net, LAN, MACS "0800", 60);
	expect_drop(net, LAN, DP_DROP_ATTACHMENT_IDLE);
	assert_int_equal(dp_circuit_attach(net->dp, c, 0), 0);
	assert_int_equal(pass(net, LAN, EAST, MACS "0800", 60, 5), 2);
	assert_int_equal(dp_attachment_stats(net->dp, 0, &stats), 0);
	assert_int_equal(stats.rx_red, 3);
	assert_int_equal(stats.rx_yellow, 0);
	assert_int_equal(stats.drops, 4);
	assert_int_equal(drops(net, LAN, DP_DROP_METER), 3);
	assert_int_equal(pass(net, EAST, LAN, MACS L100 "00000000", 60, 5), 5);
	/* The next call of the attachment has none. */
	assert_int_equal(dp_circuit_unlink(net->dp, &c, 1), 0);
	c = open_circuit(net, net->east, 101);
	assert_int_equal(dp_circuit_attach(net->dp, c, 0), 0);
	assert_int_equal(pass(net, LAN, EAST, MACS "0800", 60, 5), 5);
}

static void
a_leaf_is_held_to_its_own_rate_and_to_that_of_what_it_leads_to(void **state)
{
	struct net *net = *state;
	const struct dp_flow flow = { every(1000), every(1000), 120, 120 };
	dp_circuit_t leaf[3], out[3];
	uint32_t i;

	now = START;
	dp_worker_set_clock(net->worker, test_clock);
	for (i = 0; i < 3; i++) {
		assert_int_equal(dp_leaf_open(net->dp, net->east, 100, 0, &leaf[i]), 0);
		out[i] = open_circuit(net, net->west, 200 + i);
		assert_int_equal(dp_circuit_join(net->dp, leaf[i], out[i]), 0);
	}
	assert_int_equal(dp_circuit_meter(net->dp, leaf[0], &flow, NULL), 0);
	assert_int_equal(dp_circuit_meter(net->dp, out[2], NULL, &flow), 0);
	assert_int_equal(pass(net, EAST, WEST, MACS L100, 60, 5), 2 + 5 + 2);
	assert_int_equal(stats_of(net, leaf[0]).rx_red, 3);
	assert_int_equal(stats_of(net, leaf[1]).rx_red, 0);
	assert_int_equal(stats_of(net, leaf[2]).rx_red, 3);
	assert_int_equal(drops(net, EAST, DP_DROP_METER), 6);
}

/* ---- Changes ---- */

/* QOS-7 */
static void
a_change_takes_effect_with_the_next_frame_and_loses_none(void **state)
{
	struct net *net = *state;
	const struct dp_flow small = { every(1000), every(1000), 60, 60 };
	const struct dp_flow large = { every(100), every(100), 600, 600 };
	dp_circuit_t a, b;

	join(net, &a, &b);
	assert_int_equal(dp_circuit_meter(net->dp, a, &small, NULL), 0);
	assert_int_equal(pass(net, EAST, WEST, MACS L100, 60, 2), 1);
	assert_int_equal(dp_circuit_meter(net->dp, a, &large, NULL), 0);
	assert_int_equal(pass(net, EAST, WEST, MACS L100, 60, 11), 10);
	assert_int_equal(dp_circuit_meter(net->dp, a, NULL, NULL), 0);
	assert_int_equal(pass(net, EAST, WEST, MACS L100, 60, 50), 50);
	assert_int_equal(stats_of(net, a).rx_red, 2); /* counted over all its meters */
}

static void
a_flow_that_cannot_be_is_refused_and_changes_nothing(void **state)
{
	struct net *net = *state;
	const struct dp_flow good = { 20, 20, 60, 60 };
	struct dp_flow bad[] = { good, good, good, good, good };
	dp_circuit_t a, b;
	size_t i;

	join(net, &a, &b);
	assert_int_equal(dp_circuit_meter(net->dp, a, &good, NULL), 0);
	bad[0].committed_rate = 21;
	bad[1].peak_rate = DP_RATE_MAX + 1;
	bad[2].committed_burst = 0;
	bad[3].peak_burst = 0;
	bad[4].committed_rate = DP_RATE_MIN - 1;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(dp_circuit_meter(net->dp, a, &bad[i], NULL), -EINVAL);
		assert_int_equal(dp_circuit_meter(net->dp, a, NULL, &bad[i]), -EINVAL);
	}
	assert_int_equal(pass(net, EAST, WEST, MACS L100, 60, 2), 1);
	assert_int_equal(dp_circuit_unlink(net->dp, &a, 1), 0);
	assert_int_equal(dp_circuit_meter(net->dp, a, &good, NULL), -ESTALE);
}

/* Of the n-th step: each keeps to those above it too. */
static struct dp_flow
step(uint32_t n)
{
	return (struct dp_flow){ every(1000), every(1000), 60 * n, 60 * n };
}

static int
four_contracts_setup(void **state)
{
	const struct net_config c = { .n_circuits = 100, .n_contracts = 4 };

	*state = net_create_config(&c);
	return 0;
}

/* I3, I4: a contract's place is used anew when its grace period is over. */
static void
without_contracts_a_change_is_refused_and_changes_nothing(void **state)
{
	struct net *net = *state;
	const struct dp_flow f1 = step(1), f2 = step(2), f3 = step(3), f4 = step(4), f5 = step(5);
	dp_circuit_t a, b;

	join(net, &a, &b);
	assert_int_equal(dp_circuit_meter(net->dp, a, &f1, &f2), 0);
	assert_int_equal(dp_circuit_meter(net->dp, b, &f3, &f4), 0);
	assert_int_equal(dp_circuit_meter(net->dp, b, &f5, NULL), -ENOSPC);
	assert_int_equal(dp_circuit_meter(net->dp, b, NULL, &f5), -ENOSPC);
	assert_int_equal(pass(net, WEST, EAST, MACS L200, 60, 6), 2);
	assert_int_equal(pass(net, EAST, WEST, MACS L100, 60, 6), 1);
	assert_int_equal(dp_circuit_meter(net->dp, b, &f3, &f3), 0); /* one fewer */
	assert_int_equal(dp_circuit_meter(net->dp, b, &f5, NULL), -ENOSPC);
	reclaim(net);
	assert_int_equal(dp_circuit_meter(net->dp, b, &f5, NULL), 0);
	reclaim(net);
	assert_int_equal(dp_circuit_unlink(net->dp, &a, 1), 0);
	assert_int_equal(dp_circuit_unlink(net->dp, &b, 1), 0);
	assert_int_equal(reclaim(net), 2);
	join(net, &a, &b);
	assert_int_equal(dp_circuit_meter(net->dp, a, &f1, &f2), 0);
	assert_int_equal(dp_circuit_meter(net->dp, b, &f3, &f4), 0);
}

static void
circuits_of_whom_the_same_is_asked_share_a_contract_and_no_tokens(void **state)
{
	struct net *net = *state;
	const struct dp_flow flow = step(2);
	dp_circuit_t east[20], west[20];
	char label[40];
	uint32_t i;

	now = START;
	dp_worker_set_clock(net->worker, test_clock);
	for (i = 0; i < 20; i++) {
		east[i] = open_circuit(net, net->east, 100 + i);
		west[i] = open_circuit(net, net->west, 200 + i);
		assert_int_equal(dp_circuit_meter(net->dp, east[i], &flow, &flow), 0);
		assert_int_equal(dp_circuit_meter(net->dp, west[i], &flow, &flow), 0);
		assert_int_equal(dp_circuit_join(net->dp, east[i], west[i]), 0);
	}
	for (i = 0; i < 20; i++) {
		snprintf(label, sizeof(label), MACS "8847 %05x1ff", 100 + i);
		assert_int_equal(pass(net, EAST, WEST, label, 60, 3), 2);
	}
	assert_int_equal(dp_circuit_unlink(net->dp, west, 20), 0);
	assert_int_equal(dp_circuit_unlink(net->dp, east, 20), 0);
	assert_int_equal(reclaim(net), 40);
}

static int
two_contracts_setup(void **state)
{
	const struct net_config c = { .n_circuits = 100, .n_contracts = 2 };

	*state = net_create_config(&c);
	return 0;
}

/* What neither keeps to alone is a contract of its own. */
static void
circuits_that_want_a_third_contract_are_not_joined_without_room_for_it(void **state)
{
	struct net *net = *state;
	const struct dp_flow quick = { every(100), every(100), 60, 60 };
	const struct dp_flow large = { every(1000), every(1000), 600, 600 };
	dp_circuit_t a = open_circuit(net, net->east, 100);
	dp_circuit_t b = open_circuit(net, net->west, 200);

	assert_int_equal(dp_circuit_meter(net->dp, a, &quick, NULL), 0);
	assert_int_equal(dp_circuit_meter(net->dp, b, NULL, &large), 0);
	assert_int_equal(dp_circuit_join(net->dp, a, b), -ENOSPC);
	arrive(net, EAST, MACS L100, 60);
	expect_drop(net, EAST, DP_DROP_NOT_CONNECTED);
	assert_int_equal(dp_circuit_meter(net->dp, b, NULL, NULL), 0);
	reclaim(net);
	assert_int_equal(dp_circuit_join(net->dp, a, b), 0);
	assert_int_equal(dp_circuit_meter(net->dp, b, NULL, &quick), 0);
	assert_int_equal(dp_circuit_meter(net->dp, b, NULL, &large), -ENOSPC);
	now = START;
	dp_worker_set_clock(net->worker, test_clock);
	assert_int_equal(pass(net, EAST, WEST, MACS L100, 60, 5), 1);
}

/* ---- Excess ---- */

static uint32_t
class_of(const struct rte_mbuf *m)
{
	return rte_pktmbuf_mtod(m, const uint8_t *)[16] >> 1 & 7;
}

/* The classes of what leaves at @p port, one digit each, in the order of leaving. */
static uint32_t
classes(struct net *net, enum net_port port)
{
	struct rte_mbuf *m;
	uint32_t digits = 0;

	while (dp_worker_turn(net->worker) != 0)
		;
	while ((m = left(net, port)) != NULL) {
		digits = 10 * digits + class_of(m);
		rte_pktmbuf_free(m);
	}
	return digits;
}

static void
excess_is_marked_dropped_or_passes_as_it_is_asked(void **state)
{
	/* 2 green, 2 yellow, the rest red. */
	const struct dp_flow usual = { every(1000), every(1000), 120, 240, .mark_tc = 1 };
	static const struct {
		uint8_t yellow, red;
		uint32_t classes;
		uint32_t drops;
	} cases[] = {
		{ DP_EXCESS_USUAL, DP_EXCESS_USUAL, 5555, 2 },
		{ DP_EXCESS_MARK, DP_EXCESS_USUAL, 5511, 2 },
		{ DP_EXCESS_MARK, DP_EXCESS_MARK, 551111, 0 },
		{ DP_EXCESS_PASS, DP_EXCESS_MARK, 555511, 0 },
		{ DP_EXCESS_DROP, DP_EXCESS_DROP, 55, 4 },
		{ DP_EXCESS_PASS, DP_EXCESS_PASS, 555555, 0 },
	};
	struct net *net = *state;
	struct dp_circuit_stats before, after;
	struct dp_flow flow = usual;
	dp_circuit_t a, b;
	size_t i, frame;

	join(net, &a, &b);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		flow.yellow = cases[i].yellow;
		flow.red = cases[i].red;
		before = stats_of(net, a);
		assert_int_equal(dp_circuit_meter(net->dp, a, &flow, NULL), 0);
		for (frame = 0; frame < 6; frame++)
			arrive(net, EAST, MACS "8847 00064bff", 60); /* class 5 */
		assert_int_equal(classes(net, WEST), cases[i].classes);
		after = stats_of(net, a);
		assert_int_equal(after.drops - before.drops, cases[i].drops);
		assert_int_equal(after.rx_yellow - before.rx_yellow, 2);
		assert_int_equal(after.rx_red - before.rx_red, 2);
		assert_int_equal(after.drops_by[DP_CIRCUIT_DROP_METER], after.drops);
		reclaim(net);
	}
	flow.mark_tc = 8;
	assert_int_equal(dp_circuit_meter(net->dp, a, &flow, NULL), -EINVAL);
	flow.mark_tc = 7;
	flow.red = DP_EXCESS_DROP + 1;
	assert_int_equal(dp_circuit_meter(net->dp, a, &flow, NULL), -EINVAL);
}

static void
what_an_attachment_sends_too_fast_is_marked_on_its_way_in(void **state)
{
	const struct dp_flow flow = { every(1000), every(1000), 60, 120, DP_EXCESS_MARK,
		DP_EXCESS_MARK, 3 };
	struct net *net = *state;
	dp_circuit_t c = open_circuit(net, net->east, 100);
	uint32_t i;

	now = START;
	dp_worker_set_clock(net->worker, test_clock);
	add_attachment(net, 0, 0, 0);
	assert_int_equal(dp_circuit_meter(net->dp, c, NULL, &flow), 0);
	assert_int_equal(dp_circuit_attach(net->dp, c, 0), 0);
	for (i = 0; i < 3; i++)
		arrive(net, LAN, MACS "0800", 60);
	assert_int_equal(classes(net, EAST), 33); /* 0, and then twice 3 */
}

static void
each_leaf_marks_its_own_excess(void **state)
{
	const struct dp_flow flow = { every(1000), every(1000), 60, 60, .red = DP_EXCESS_MARK,
		.mark_tc = 1 };
	struct net *net = *state;
	dp_circuit_t leaf[2], out[2];
	uint32_t i;

	now = START;
	dp_worker_set_clock(net->worker, test_clock);
	for (i = 0; i < 2; i++) {
		assert_int_equal(dp_leaf_open(net->dp, net->east, 100, 0, &leaf[i]), 0);
		out[i] = open_circuit(net, net->west, 200 + i);
		assert_int_equal(dp_circuit_join(net->dp, leaf[i], out[i]), 0);
	}
	assert_int_equal(dp_circuit_meter(net->dp, leaf[0], &flow, NULL), 0);
	arrive(net, EAST, MACS "8847 00064bff", 60);
	arrive(net, EAST, MACS "8847 00064bff", 60);
	assert_int_equal(classes(net, WEST), 5515);
}

#define N_FRAMES 3000u

/* I5, QOS-7: wide meters, changed while a worker runs on a core of its own. */
static void
a_running_worker_loses_nothing_while_meters_change(void **state)
{
	const struct dp_flow wide = { DP_RATE_MAX / 2, DP_RATE_MAX, UINT32_MAX, UINT32_MAX };
	struct net *net = *state;
	struct dp_worker_stats stats;
	uint32_t n_sent = 0, n_left = 0, i = 0;
	struct rte_mbuf *m;
	dp_circuit_t a, b;

	join(net, &a, &b);
	dp_worker_set_clock(net->worker, NULL);
	dp_worker_offline(net->worker);
	assert_int_equal(rte_eal_remote_launch(dp_worker_run, net->worker, 1), 0);
	do {
		if (n_sent < N_FRAMES && n_sent < n_left + 64) {
			arrive(net, EAST, MACS L100, 60);
			n_sent++;
		}
		i++;
		dp_circuit_meter(net->dp, a, i % 3 != 0 ? &wide : NULL, NULL);
		dp_circuit_meter(net->dp, b, NULL, i % 4 != 0 ? &wide : NULL);
		dp_reclaim_poll(net->dp, 0, UINT32_MAX);
		while ((m = left(net, WEST)) != NULL) {
			rte_pktmbuf_free(m);
			n_left++;
		}
		dp_worker_stats(net->dp, 0, &stats);
	} while (stats.rx < N_FRAMES);
	dp_worker_stop(net->worker);
	assert_int_equal(rte_eal_wait_lcore(1), 0);
	while ((m = left(net, WEST)) != NULL) {
		rte_pktmbuf_free(m);
		n_left++;
	}
	assert_int_equal(n_left, N_FRAMES);
	dp_worker_online(net->worker);
}

/* ---- Rates ---- */

static void
every_rate_is_kept_from_the_lowest_to_the_highest(void **state)
{
	struct dp_flow in = { 0, 0, 5, 7 }, out;
	uint64_t i;

	(void)state;
	for (i = 2 * DP_RATE_MIN; i < DP_RATE_MAX; i = 3 * i + 1) {
		in.committed_rate = i / 2;
		in.peak_rate = i;
		assert_true(dp_flow_round(&in, &out));
		assert_true(out.peak_rate == i && out.committed_rate == i / 2);
		assert_true(out.committed_burst == 5 && out.peak_burst == 7);
	}
	in.committed_rate = in.peak_rate = UINT64_MAX;
	assert_false(dp_flow_round(&in, &out));
	assert_true(out.peak_rate == DP_RATE_MAX && out.committed_rate == DP_RATE_MAX);
	assert_true(out.committed_burst == 5 && out.peak_burst == 7);
	in.committed_rate = 1;
	in.peak_rate = DP_RATE_MIN + 1;
	assert_false(dp_flow_round(&in, &out));
	assert_true(out.peak_rate == DP_RATE_MIN + 1 && out.committed_rate == DP_RATE_MIN);
	in.committed_rate = in.peak_rate = 0;
	assert_true(dp_flow_round(&in, &out));
}

/* A rate in the middle, near both ends, and of no whole number of cycles an octet. */
static const uint64_t far_rates[] = { DP_RATE_MIN, 77, 12345, 9999991, 1250000000, 77777777777,
	DP_RATE_MAX };

/* In the time of many frames passes what the rate gives, to a part in 300. */
static void
a_meter_keeps_to_slow_and_to_fast_rates(void **state)
{
	struct net *net = *state;
	struct dp_flow flow = { 0, 0, 0, 2000 };
	uint64_t end, octets;
	dp_circuit_t a, b;
	size_t i;

	join(net, &a, &b);
	for (i = 0; i < sizeof(far_rates) / sizeof(far_rates[0]); i++) {
		flow.peak_rate = far_rates[i];
		assert_int_equal(dp_circuit_meter(net->dp, a, &flow, NULL), 0);
		while (pass(net, EAST, WEST, MACS L100, 1000, 1) == 1)
			;
		/* A step at a time, in which not even one frame's octets come. */
		end = now + time_of(100000, flow.peak_rate);
		for (octets = 0; now < end;
			octets += 1000 * pass(net, EAST, WEST, MACS L100, 1000, 1))
			now += time_of(400, flow.peak_rate);
		assert_in_range(octets, 100000 - 100000 / 300 - 1000, 100000 + 100000 / 300 + 1000);
		reclaim(net);
	}
}

/* The clock of the meters begins anew; a circuit that has long been idle may send its burst. */
static void
a_bucket_is_full_after_any_time_of_silence(void **state)
{
	struct net *net = *state;
	const struct dp_flow flow = { every(1000), every(1000), 120, 120 };
	dp_circuit_t a, b;
	int shift;

	join(net, &a, &b);
	assert_int_equal(dp_circuit_meter(net->dp, a, &flow, NULL), 0);
	for (shift = 30; shift < 56; shift++) { /* 56 is all the way round */
		now += UINT64_C(1) << shift;
		assert_int_equal(pass(net, EAST, WEST, MACS L100, 60, 4), 2);
	}
}

/* The bucket gives in a second of the clock what was asked for, give or take one octet. */
static void
a_meter_keeps_to_its_rate(void **state)
{
	static const uint64_t rates[] = { 12345, 100003, 9999991 };
	struct net *net = *state;
	struct dp_flow in = { 0, 0, 0, UINT32_MAX };
	dp_circuit_t a, b;
	uint64_t octets;
	size_t i;

	join(net, &a, &b);
	for (i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		in.peak_rate = rates[i];
		in.peak_burst = (uint32_t)rates[i] + 1500;
		assert_int_equal(dp_circuit_meter(net->dp, a, &in, NULL), 0);
		reclaim(net);
		/* Empty the bucket but for less than a frame, wait a second, and empty it again. */
		for (octets = 0; pass(net, EAST, WEST, MACS L100, 1000, 1) == 1; octets += 1000)
			;
		now += rte_get_tsc_hz();
		octets = octets - in.peak_burst; /* minus what is left */
		while (pass(net, EAST, WEST, MACS L100, 1000, 1) == 1)
			octets += 1000;
		assert_true(octets + 1000 > in.peak_rate && octets <= in.peak_rate + 1);
	}
}

/* ---- Beside rte_meter ---- */

#define N_RANDOM 20000u

static enum rte_color
colour_of(struct net *net, dp_circuit_t circuit, uint32_t size)
{
	struct dp_circuit_stats before = stats_of(net, circuit), after;

	pass(net, EAST, WEST, MACS L100, size, 1);
	after = stats_of(net, circuit);
	if (after.rx_red != before.rx_red)
		return RTE_COLOR_RED;
	return after.rx_yellow != before.rx_yellow ? RTE_COLOR_YELLOW : RTE_COLOR_GREEN;
}

/*
 * RFC 2698. As many of each, to a part in 200: one at the edge of a bucket may be another's, since
 * rte_meter fills its own in steps, and then those after it.
 */
static void
frames_have_the_colours_that_rte_meter_gives_them(void **state)
{
	struct net *net = *state;
	const struct dp_flow flow = { every(40), every(20), 3000, 6000 };
	struct rte_meter_trtcm_params params = { .cir = flow.committed_rate,
		.pir = flow.peak_rate,
		.cbs = flow.committed_burst,
		.pbs = flow.peak_burst };
	uint32_t i, size, ours[RTE_COLORS] = { 0 }, others[RTE_COLORS] = { 0 };
	struct rte_meter_trtcm_profile profile;
	struct rte_meter_trtcm theirs;
	dp_circuit_t a, b;

	join(net, &a, &b);
	assert_int_equal(dp_circuit_meter(net->dp, a, &flow, NULL), 0);
	assert_int_equal(rte_meter_trtcm_profile_config(&profile, &params), 0);
	assert_int_equal(rte_meter_trtcm_config(&theirs, &profile), 0);
	theirs.time_tc = theirs.time_tp = now;
	srand48(7);
	for (i = 0; i < N_RANDOM; i++) {
		now += (uint64_t)(drand48() * (i % 2000 < 1000 ? 15000 : 60000));
		size = 60 + (uint32_t)(drand48() * 1400);
		ours[colour_of(net, a, size)]++;
		others[rte_meter_trtcm_color_blind_check(&theirs, &profile, now, size)]++;
	}
	for (i = 0; i < RTE_COLORS; i++) {
		assert_true(ours[i] > N_RANDOM / 10);
		assert_in_range(ours[i], others[i] - N_RANDOM / 200, others[i] + N_RANDOM / 200);
	}
}

#define NET_TEST(f) cmocka_unit_test_setup_teardown(f, net_setup, net_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		NET_TEST(bursts_are_green_then_yellow_then_red),
		NET_TEST(the_buckets_fill_to_the_octet_and_not_above_the_burst),
		NET_TEST(without_a_committed_rate_all_that_passes_is_yellow),
		NET_TEST(what_is_sent_into_a_circuit_is_held_to_its_rate_where_it_arrives),
		NET_TEST(an_attachment_is_held_to_the_rate_of_its_circuit_now_or_later),
		NET_TEST(a_leaf_is_held_to_its_own_rate_and_to_that_of_what_it_leads_to),
		NET_TEST(a_change_takes_effect_with_the_next_frame_and_loses_none),
		NET_TEST(a_flow_that_cannot_be_is_refused_and_changes_nothing),
		cmocka_unit_test_setup_teardown(
			without_contracts_a_change_is_refused_and_changes_nothing,
			four_contracts_setup, net_teardown),
		NET_TEST(circuits_of_whom_the_same_is_asked_share_a_contract_and_no_tokens),
		cmocka_unit_test_setup_teardown(
			circuits_that_want_a_third_contract_are_not_joined_without_room_for_it,
			two_contracts_setup, net_teardown),
		NET_TEST(excess_is_marked_dropped_or_passes_as_it_is_asked),
		NET_TEST(what_an_attachment_sends_too_fast_is_marked_on_its_way_in),
		NET_TEST(each_leaf_marks_its_own_excess),
		NET_TEST(a_running_worker_loses_nothing_while_meters_change),
		cmocka_unit_test(every_rate_is_kept_from_the_lowest_to_the_highest),
		NET_TEST(a_meter_keeps_to_slow_and_to_fast_rates),
		NET_TEST(a_bucket_is_full_after_any_time_of_silence),
		NET_TEST(frames_have_the_colours_that_rte_meter_gives_them),
		NET_TEST(a_meter_keeps_to_its_rate),
	};

	return cmocka_run_group_tests_name("dataplane_meter", tests, eal_setup, eal_teardown);
}
