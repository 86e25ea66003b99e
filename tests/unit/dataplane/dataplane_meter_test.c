/* SPDX-License-Identifier: BSD-3-Clause */
/* Meters: which frames pass, to the octet, by a clock that the test turns. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <rte_cycles.h>
#include <rte_launch.h>

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

/* The cycles that rte_meter puts between two octets of a rate. */
static uint64_t
period(uint64_t rate)
{
	return rte_get_tsc_hz() / rate;
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
	now += 100 * period(flow.peak_rate);
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
	now = START / period(flow.peak_rate) * period(flow.peak_rate);
	assert_int_equal(pass(net, EAST, WEST, MACS L100, 60, 2), 1);
	now += 60 * period(flow.peak_rate) - 1;
	assert_int_equal(pass(net, EAST, WEST, MACS L100, 60, 1), 0);
	now += 1;
	assert_int_equal(pass(net, EAST, WEST, MACS L100, 60, 2), 1);
	now += 100000 * period(flow.peak_rate);
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
	/* Its own meter comes first: it takes 5 frames, and the other one 2 of them. */
	assert_int_equal(dp_circuit_meter(net->dp, a, &wide, NULL), 0);
	assert_int_equal(dp_circuit_meter(net->dp, b, NULL, &narrow), 0);
	assert_int_equal(pass(net, EAST, WEST, MACS L100, 60, 6), 2);
	assert_int_equal(dp_circuit_meter(net->dp, b, NULL, NULL), 0);
	now += 60 * period(wide.peak_rate);
	assert_int_equal(pass(net, EAST, WEST, MACS L100, 60, 6), 1); /* 5 were taken */
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
	const struct dp_flow good = { 10, 20, 60, 60 };
	struct dp_flow bad[] = { good, good, good, good };
	dp_circuit_t a, b;
	size_t i;

	join(net, &a, &b);
	assert_int_equal(dp_circuit_meter(net->dp, a, &good, NULL), 0);
	bad[0].committed_rate = 21;
	bad[1].peak_rate = DP_RATE_MAX + 1;
	bad[2].committed_burst = 0;
	bad[3].peak_burst = 0;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(dp_circuit_meter(net->dp, a, &bad[i], NULL), -EINVAL);
		assert_int_equal(dp_circuit_meter(net->dp, a, NULL, &bad[i]), -EINVAL);
	}
	assert_int_equal(pass(net, EAST, WEST, MACS L100, 60, 2), 1);
	assert_int_equal(dp_circuit_unlink(net->dp, &a, 1), 0);
	assert_int_equal(dp_circuit_meter(net->dp, a, &good, NULL), -ESTALE);
}

static int
four_meters_setup(void **state)
{
	const struct net_config c = { .n_circuits = 100, .n_meters = 4 };

	*state = net_create_config(&c);
	return 0;
}

/* I3, I4: a meter is used anew when its grace period is over. */
static void
without_meters_a_change_is_refused_and_changes_nothing(void **state)
{
	struct net *net = *state;
	const struct dp_flow flow = { every(1000), every(1000), 60, 60 }, none = { 0, 0, 0, 0 };
	dp_circuit_t a, b;

	join(net, &a, &b);
	assert_int_equal(dp_circuit_meter(net->dp, a, &flow, &flow), 0);
	assert_int_equal(dp_circuit_meter(net->dp, b, &flow, &none), 0);
	assert_int_equal(dp_circuit_meter(net->dp, b, &flow, &flow), -ENOSPC);
	assert_int_equal(dp_circuit_meter(net->dp, b, &flow, NULL), 0); /* the last one */
	assert_int_equal(dp_circuit_meter(net->dp, b, &flow, NULL), -ENOSPC);
	assert_int_equal(pass(net, WEST, EAST, MACS L200, 60, 2), 1);
	assert_int_equal(dp_circuit_meter(net->dp, b, &flow, NULL), -ENOSPC);
	reclaim(net);
	assert_int_equal(dp_circuit_meter(net->dp, b, &flow, NULL), 0);
	reclaim(net);
	assert_int_equal(dp_circuit_unlink(net->dp, &a, 1), 0);
	assert_int_equal(dp_circuit_unlink(net->dp, &b, 1), 0);
	assert_int_equal(reclaim(net), 2);
	join(net, &a, &b);
	assert_int_equal(dp_circuit_meter(net->dp, a, &flow, &flow), 0);
	assert_int_equal(dp_circuit_meter(net->dp, b, &flow, &flow), 0);
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

/* ---- Rounding ---- */

static void
a_rate_is_rounded_to_one_that_is_kept_to(void **state)
{
	uint64_t rate, i;
	struct dp_flow in = { 0, 0, 5, 7 }, up, down, again;
	bool exact;

	(void)state;
	for (i = 0; i < 4000; i++) {
		rate = i < 100 ? i + 1 : DP_RATE_MAX / (4100 * 4100) * i * i;
		in.committed_rate = rate / 2;
		in.peak_rate = rate;
		exact = dp_flow_round(&in, true, &up);
		assert_int_equal(exact, up.peak_rate == rate && up.committed_rate == rate / 2);
		dp_flow_round(&in, false, &down);
		assert_true(up.peak_rate >= rate && up.committed_rate >= rate / 2);
		assert_true(up.peak_rate <= rate + rate / 40 + 1);
		assert_true(down.peak_rate <= rate && down.committed_rate <= rate / 2);
		assert_true(down.peak_rate + rate / 20 + 1 >= rate);
		assert_true(up.committed_rate <= up.peak_rate);
		assert_true(down.committed_rate <= down.peak_rate);
		assert_int_equal(up.committed_burst, 5);
		assert_int_equal(down.peak_burst, 7);
		/* A rounded rate is a kept one. */
		dp_flow_round(&up, true, &again);
		assert_true(again.peak_rate == up.peak_rate);
		dp_flow_round(&down, false, &again);
		assert_true(again.peak_rate == down.peak_rate);
	}
	in = (struct dp_flow){ UINT64_MAX, UINT64_MAX, 1, 1 };
	assert_false(dp_flow_round(&in, true, &up));
	assert_true(up.peak_rate <= DP_RATE_MAX && up.peak_rate > DP_RATE_MAX / 2);
}

/* The bucket gives in a second of the clock what rounding said, give or take one octet. */
static void
a_meter_keeps_to_the_rate_that_rounding_tells(void **state)
{
	static const uint64_t rates[] = { 12345, 100003, 9999991 };
	struct net *net = *state;
	struct dp_flow in = { 0, 0, 0, UINT32_MAX }, out;
	dp_circuit_t a, b;
	uint64_t octets;
	size_t i;

	join(net, &a, &b);
	for (i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		in.peak_rate = rates[i];
		in.peak_burst = (uint32_t)rates[i] + 1500;
		dp_flow_round(&in, true, &out);
		assert_int_equal(dp_circuit_meter(net->dp, a, &in, NULL), 0);
		reclaim(net);
		/* Empty the bucket but for less than a frame, wait a second, and empty it again. */
		for (octets = 0; pass(net, EAST, WEST, MACS L100, 1000, 1) == 1; octets += 1000)
			;
		now += rte_get_tsc_hz();
		octets = octets - in.peak_burst; /* minus what is left */
		while (pass(net, EAST, WEST, MACS L100, 1000, 1) == 1)
			octets += 1000;
		assert_true(octets + 1000 > out.peak_rate && octets <= out.peak_rate + 1);
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
			without_meters_a_change_is_refused_and_changes_nothing, four_meters_setup,
			net_teardown),
		NET_TEST(a_running_worker_loses_nothing_while_meters_change),
		cmocka_unit_test(a_rate_is_rounded_to_one_that_is_kept_to),
		NET_TEST(a_meter_keeps_to_the_rate_that_rounding_tells),
	};

	return cmocka_run_group_tests_name("dataplane_meter", tests, eal_setup, eal_teardown);
}
