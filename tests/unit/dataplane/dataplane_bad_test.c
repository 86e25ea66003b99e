/* SPDX-License-Identifier: BSD-3-Clause */
/* Bad input: counted for what is wrong with it, once, and nothing else moves (I7). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "fixture.h"

#include <cmocka.h>

#define MACS "0a0b0c0d0e0f 1a1b1c1d1e1f "
#define L100 "8847 000641ff "
#define MTU 1500u

/* ---- What may move ---- */

/* All that is counted anywhere, but who sent and received how many frames. */
struct counts {
	uint64_t drops[NET_PORTS][DP_DROP_COUNT];
	struct dp_circuit_stats a, b;
};

struct pair {
	struct net *net;
	dp_circuit_t a, b; /* 100 in the east, 200 in the west */
};

static struct pair
join_100_to_200(struct net *net)
{
	struct pair p = { net, open_circuit(net, net->east, 100),
		open_circuit(net, net->west, 200) };

	assert_int_equal(dp_circuit_join(net->dp, p.a, p.b), 0);
	return p;
}

static struct counts
count_all(const struct pair *p)
{
	struct dp_port_stats stats;
	struct counts c;
	int port;

	memset(&c, 0, sizeof(c));
	for (port = 0; port < NET_PORTS; port++) {
		assert_int_equal(dp_port_stats(p->net->dp, p->net->ports[port], &stats), 0);
		memcpy(c.drops[port], stats.drops, sizeof(stats.drops));
	}
	assert_int_equal(dp_circuit_stats(p->net->dp, p->a, &c.a), 0);
	assert_int_equal(dp_circuit_stats(p->net->dp, p->b, &c.b), 0);
	return c;
}

/* @p n more for @p reason at @p port, and that is all. */
static void
expect_only(const struct pair *p, struct counts before, enum net_port port, enum dp_drop reason,
	uint64_t n)
{
	struct counts after = count_all(p);

	before.drops[port][reason] += n;
	assert_memory_equal(after.drops, before.drops, sizeof(after.drops));
	assert_memory_equal(&after.a, &before.a, sizeof(after.a));
	assert_memory_equal(&after.b, &before.b, sizeof(after.b));
	expect_nothing_left(p->net);
}

/* ---- Labels ---- */

/* SIG-2, RFC 3032: none is a circuit, and none is acted upon. */
static void
labels_of_mpls_itself_are_dropped_for_that(void **state)
{
	struct net *net = *state;
	struct pair p = join_100_to_200(net);
	struct counts before;
	uint32_t label;
	char hex[80];

	for (label = 0; label < DP_LABEL_FIRST_USER; label++) {
		before = count_all(&p);
		snprintf(hex, sizeof(hex), MACS "8847 0000%x1ff 00000000", label);
		arrive(net, EAST, hex, 60);
		dp_worker_turn(net->worker);
		expect_only(&p, before, EAST, DP_DROP_RESERVED_LABEL, 1);
	}
	before = count_all(&p);
	arrive(net, EAST, MACS "8847 000101ff 00000000", 60); /* 16 */
	dp_worker_turn(net->worker);
	expect_only(&p, before, EAST, DP_DROP_NO_CIRCUIT, 1);
}

/* SIG-4: whatever is on top, and whether or not the stack has an end. */
static void
a_stack_of_labels_is_dropped_whatever_is_in_it(void **state)
{
	static const char *const stacks[] = {
		"000640ff 000641ff 00000000",          /* our own twice */
		"000010ff 000641ff 00000000",          /* router alert */
		"000070ff 003200ff 000641ff 00000000", /* entropy */
		"0000d0ff 000641ff 10000000",          /* GAL that is not the last */
		"000640ff",                            /* nothing behind it */
		"000640ff 000640ff 000640ff 000640ff 000640ff 000640ff 000640ff 000640ff 000640ff "
		"000640ff 000640ff", /* to the end of the frame */
	};
	struct net *net = *state;
	struct pair p = join_100_to_200(net);
	struct counts before = count_all(&p);
	char hex[200];
	size_t i;

	for (i = 0; i < sizeof(stacks) / sizeof(stacks[0]); i++) {
		snprintf(hex, sizeof(hex), MACS "8847 %s", stacks[i]);
		arrive(net, EAST, hex, 0);
		dp_worker_turn(net->worker);
		expect_only(&p, before, EAST, DP_DROP_LABEL_STACK, i + 1);
	}
}

/* A million, one after the other: all labels but two. */
static void
every_label_without_a_circuit_is_counted_and_moves_nothing(void **state)
{
	struct net *net = *state;
	struct pair p = join_100_to_200(net);
	struct counts before = count_all(&p);
	uint32_t label, n = 0;
	struct rte_mbuf *m;

	open_circuit(net, net->east, 0xfffff);
	for (label = DP_LABEL_FIRST_USER; label < 0xfffff; label++) {
		if (label == 100)
			continue;
		m = frame_of(net, MACS "8847 00000000 00000000", 60);
		cp_put_be32(rte_pktmbuf_mtod_offset(m, uint8_t *, 14), label << 12 | 0x1ff);
		arrive_frame(net, EAST, m);
		if (++n % 64 == 0)
			while (dp_worker_turn(net->worker) != 0)
				;
	}
	while (dp_worker_turn(net->worker) != 0)
		;
	expect_only(&p, before, EAST, DP_DROP_NO_CIRCUIT, n);
}

/* ---- Sizes, types, tags ---- */

static void
a_frame_that_ends_too_early_is_a_runt_at_every_octet(void **state)
{
	static const uint8_t octets[] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x88, 0x47, 0, 6,
		0x41, 0xff };
	struct net *net = *state;
	struct pair p = join_100_to_200(net);
	struct counts before = count_all(&p);
	char hex[2 * sizeof(octets) + 1];
	uint32_t size;

	for (size = 0; size < sizeof(octets); size++) {
		cp_hex_print(hex, octets, size);
		arrive(net, EAST, hex, 0);
		dp_worker_turn(net->worker);
		expect_only(&p, before, EAST, DP_DROP_RUNT, size + 1);
	}
	cp_hex_print(hex, octets, sizeof(octets));
	arrive(net, EAST, hex, 0);
	dp_worker_turn(net->worker);
	expect_labelled(net, WEST, "8847 000c81fe", 0);
}

static void
a_giant_is_dropped_where_it_would_leave(void **state)
{
	struct net *net = *state;
	struct pair p = join_100_to_200(net);
	struct dp_circuit_stats stats;

	arrive(net, EAST, MACS L100, MTU + 14);
	dp_worker_turn(net->worker);
	expect_labelled(net, WEST, "8847 000c81fe", MTU + 14);
	arrive(net, EAST, MACS L100, MTU + 14 + 1);
	expect_drop(net, EAST, DP_DROP_MTU);
	arrive(net, EAST, MACS L100, NET_MAX_FRAME);
	expect_drop(net, EAST, DP_DROP_MTU);
	assert_int_equal(dp_circuit_stats(net->dp, p.a, &stats), 0);
	assert_int_equal(stats.drops, 2);
	assert_int_equal(stats.rx_packets, 1);
}

static void
what_is_not_mpls_is_dropped_on_a_trunk_behind_whatever_tags(void **state)
{
	static const char *const types[] = { "0800 4500", "86dd 6000", "0806 0001", "8848 000641ff",
		"0026 4242", "8808 0001", "ffff ffff", "8100 0001 0800", "88a8 0001 8100 0002 0806",
		"8100 0001 8100 0002 8100 0003 8847 000641ff", "8100 0001 8848 000641ff" };
	struct net *net = *state;
	struct pair p = join_100_to_200(net);
	struct counts before = count_all(&p);
	char hex[120];
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		snprintf(hex, sizeof(hex), MACS "%s", types[i]);
		arrive(net, EAST, hex, 60);
		dp_worker_turn(net->worker);
		expect_only(&p, before, EAST, DP_DROP_NOT_MPLS, i + 1);
	}
}

/* ---- Among good ones ---- */

#define N_IN_FRONT 60u

/* I4, I5: as many as are looked at ahead, and more. */
static void
good_frames_behind_many_bad_ones_are_not_forgotten(void **state)
{
	static const char *const bad[] = { MACS "8847 0006", MACS "0800 4500", MACS "8847 000640ff",
		MACS "8847 00064100", MACS "8847 00064101 00000000",
		MACS "8847 000011ff 00000000" };
	struct net *net = *state;
	uint32_t i, k;

	join_100_to_200(net);
	for (k = 0; k < sizeof(bad) / sizeof(bad[0]); k++) {
		arrive(net, EAST, MACS L100 "00", 60);
		for (i = 0; i < N_IN_FRONT; i++)
			arrive(net, EAST, bad[k], k == 0 ? 0 : 60);
		arrive(net, EAST, MACS L100 "01", 60);
		assert_int_equal(dp_worker_turn(net->worker), N_IN_FRONT + 2);
		expect_labelled(net, WEST, "8847 000c81fe 00", 60);
		expect_labelled(net, WEST, "8847 000c81fe 01", 60);
		expect_nothing_left(net);
	}
	assert_int_equal(drops(net, EAST, DP_DROP_TTL), 2 * N_IN_FRONT);
	assert_int_equal(drops(net, EAST, DP_DROP_RUNT), N_IN_FRONT);
}

/* I5: each kind between two good frames of a burst, which leave in their order. */
static void
bad_frames_in_a_burst_do_not_hold_up_the_good_ones(void **state)
{
	static const char *const bad[] = { MACS "8847 0006", MACS "0800 4500", MACS "8847 000640ff",
		MACS "8847 00064100", MACS "8847 00064101 00000000", MACS "8847 000011ff 00000000",
		MACS "8847 000651ff 00000000", MACS "8100 0001 0800" };
	const uint32_t n_bad = sizeof(bad) / sizeof(bad[0]);
	struct net *net = *state;
	char hex[80];
	uint32_t i;

	join_100_to_200(net);
	for (i = 0; i < 3 * n_bad; i++) {
		snprintf(hex, sizeof(hex), MACS L100 "%08x", i);
		arrive(net, EAST, hex, 60);
		arrive(net, EAST, bad[i % n_bad], i % n_bad == 0 ? 0 : 60);
	}
	while (dp_worker_turn(net->worker) != 0)
		;
	for (i = 0; i < 3 * n_bad; i++) {
		snprintf(hex, sizeof(hex), "8847 000c81fe %08x", i);
		expect_labelled(net, WEST, hex, 60);
	}
	expect_nothing_left(net);
	assert_int_equal(drops(net, EAST, DP_DROP_TTL), 6);
	assert_int_equal(drops(net, EAST, DP_DROP_NOT_MPLS), 6);
	assert_int_equal(drops(net, EAST, DP_DROP_RESERVED_LABEL), 3);
	assert_int_equal(drops(net, EAST, DP_DROP_NO_CIRCUIT), 3);
	assert_int_equal(drops(net, EAST, DP_DROP_LABEL_STACK), 3);
	assert_int_equal(drops(net, EAST, DP_DROP_RUNT), 3);
}

#define NET_TEST(f) cmocka_unit_test_setup_teardown(f, net_setup, net_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		NET_TEST(labels_of_mpls_itself_are_dropped_for_that),
		NET_TEST(a_stack_of_labels_is_dropped_whatever_is_in_it),
		NET_TEST(every_label_without_a_circuit_is_counted_and_moves_nothing),
		NET_TEST(a_frame_that_ends_too_early_is_a_runt_at_every_octet),
		NET_TEST(a_giant_is_dropped_where_it_would_leave),
		NET_TEST(what_is_not_mpls_is_dropped_on_a_trunk_behind_whatever_tags),
		NET_TEST(good_frames_behind_many_bad_ones_are_not_forgotten),
		NET_TEST(bad_frames_in_a_burst_do_not_hold_up_the_good_ones),
	};

	return cmocka_run_group_tests_name("dataplane_bad", tests, eal_setup, eal_teardown);
}
