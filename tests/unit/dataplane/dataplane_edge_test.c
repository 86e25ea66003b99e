/* SPDX-License-Identifier: BSD-3-Clause */
/* Attachments: which frames are whose, and that what is in one call stays in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "fixture.h"

#include <cmocka.h>

#define SOURCE "1a1b1c1d1e1f "
#define MACS "0a0b0c0d0e0f " SOURCE
#define L100 "8847 000641ff "
#define L101 "8847 000651ff "

/* To everybody, to a group, to a bridge, and to whom nobody knows. */
static const char *const destinations[] = { "ffffffffffff ", "01005e000001 ", "0180c2000000 ",
	"0a0b0c0d0e0f " };
#define N_DESTINATIONS (sizeof(destinations) / sizeof(destinations[0]))

/* ---- One call, and not another ---- */

static void
whatever_its_destination_a_frame_enters_its_own_call_alone(void **state)
{
	struct net *net = *state;
	char hex[80], out[80];
	size_t i;

	attached_circuit(net, 100, 1, 7, 0);
	attached_circuit(net, 101, 1, 8, 0);
	add_attachment(net, 1, 9, 0);
	for (i = 0; i < N_DESTINATIONS; i++) {
		snprintf(hex, sizeof(hex), "%s" SOURCE "8100 0007 0806", destinations[i]);
		snprintf(out, sizeof(out), L100 "00000000 %s" SOURCE "0806", destinations[i]);
		arrive(net, LAN, hex, 64);
		dp_worker_turn(net->worker);
		expect_labelled(net, EAST, out, 22 + 60);
		expect_nothing_left(net);
	}
}

static void
whatever_its_destination_a_frame_leaves_at_the_other_end_of_its_call_alone(void **state)
{
	struct net *net = *state;
	char hex[120], out[80];
	size_t i;

	attached_circuit(net, 100, 1, 7, 0);
	attached_circuit(net, 101, 1, 8, 0);
	for (i = 0; i < N_DESTINATIONS; i++) {
		snprintf(hex, sizeof(hex), MACS L101 "00000000 %s" SOURCE "0806", destinations[i]);
		snprintf(out, sizeof(out), "%s" SOURCE "8100 0008 0806", destinations[i]);
		arrive(net, EAST, hex, 82);
		dp_worker_turn(net->worker);
		expect_left(net, LAN, out, 64);
		expect_nothing_left(net);
	}
}

/* What left in the east arrives in the west, and the other way round. */
static void
pass_between_trunks(struct net *net)
{
	struct rte_mbuf *m;

	while ((m = left(net, EAST)) != NULL)
		arrive_frame(net, WEST, m);
	while ((m = left(net, WEST)) != NULL)
		arrive_frame(net, EAST, m);
}

static void
two_attachments_of_one_port_can_have_a_call_with_each_other(void **state)
{
	struct net *net = *state;
	dp_circuit_t west = open_circuit(net, net->west, 100);
	struct dp_attachment_stats stats;

	attached_circuit(net, 100, 1, 7, 0);
	attached_circuit(net, 101, 0, 0, 0);
	assert_int_equal(dp_circuit_attach(net->dp, west, add_attachment(net, 2, 7, 8)), 0);
	arrive(net, LAN, "ffffffffffff" SOURCE "8100 0007 0806", 64);
	dp_worker_turn(net->worker);
	pass_between_trunks(net);
	dp_worker_turn(net->worker);
	expect_left(net, LAN, "ffffffffffff" SOURCE "88a8 0007 8100 0008 0806", 68);
	expect_nothing_left(net);
	arrive(net, LAN, "ffffffffffff" SOURCE "88a8 0007 8100 0008 0806", 68);
	dp_worker_turn(net->worker);
	pass_between_trunks(net);
	dp_worker_turn(net->worker);
	expect_left(net, LAN, "ffffffffffff" SOURCE "8100 0007 0806", 64);
	expect_nothing_left(net);
	assert_int_equal(dp_attachment_stats(net->dp, 0, &stats), 0);
	assert_int_equal(stats.rx_packets, 1);
	assert_int_equal(stats.tx_packets, 1);
	assert_int_equal(dp_attachment_stats(net->dp, 1, &stats), 0);
	assert_int_equal(stats.rx_packets + stats.tx_packets, 0);
}

/* RFC 4448: flow control is between the ends of a link; what else is slow is the customer's. */
static void
a_pause_does_not_enter_a_circuit(void **state)
{
	struct net *net = *state;

	attached_circuit(net, 100, 0, 0, 0);
	arrive(net, LAN, "0180c2000001" SOURCE "8808 0001 ffff", 60);
	expect_drop(net, LAN, DP_DROP_MAC_CONTROL);
	arrive(net, LAN, "0180c2000002" SOURCE "8809 01", 60);
	dp_worker_turn(net->worker);
	expect_labelled(net, EAST, L100 "00000000 0180c2000002" SOURCE "8809 01", 82);
}

/* ---- Tags ---- */

/* A frame, and what of it is in the circuit: behind its addresses. */
struct tagged {
	const char *in, *kept;
	uint32_t size; /* of what is cut out */
};

static void
expect_all_in(struct net *net, const struct tagged *rows, size_t n)
{
	char hex[80];
	size_t i;

	for (i = 0; i < n; i++) {
		snprintf(hex, sizeof(hex), MACS "%s", rows[i].in);
		arrive(net, LAN, hex, 100);
		dp_worker_turn(net->worker);
		snprintf(hex, sizeof(hex), L100 "00000000" MACS "%s", rows[i].kept);
		expect_labelled(net, EAST, hex, 22 + 100 - rows[i].size);
		expect_nothing_left(net);
	}
}

static void
a_whole_port_has_what_is_untagged_or_tagged_for_priority(void **state)
{
	static const struct tagged rows[] = {
		{ "0800 4500", "0800 4500", 0 },
		{ "0026 4242 03", "0026 4242 03", 0 }, /* a length, LLC */
		{ "8100 0000 0800", "0800", 4 },
		{ "8100 f000 0800", "0800", 4 },
		{ "88a8 e000 0800", "0800", 4 },
		{ "8100 e000 8100 0005 0800", "8100 0005 0800",
			4 }, /* the customer's own behind it */
		{ "8100 0000 88a8 0005 0800", "88a8 0005 0800", 4 },
	};
	struct net *net = *state;

	attached_circuit(net, 100, 0, 0, 0);
	expect_all_in(net, rows, sizeof(rows) / sizeof(rows[0]));
	arrive(net, LAN, MACS "8100 0005 0800", 60);
	expect_drop(net, LAN, DP_DROP_NO_ATTACHMENT);
}

static void
a_vlan_has_its_frames_whatever_tags_the_customer_puts_behind_its_own(void **state)
{
	static const struct tagged rows[] = {
		{ "8100 0007 0800", "0800", 4 },
		{ "8100 f007 0800", "0800", 4 }, /* priority, drop eligible */
		{ "88a8 0007 0800", "0800", 4 },
		{ "9100 0007 0800", "0800", 4 },
		{ "8100 0007 8100 0007 0800", "8100 0007 0800", 4 },
		{ "8100 0007 8100 0000 0800", "8100 0000 0800", 4 },
		{ "8100 0007 88a8 0009 0800", "88a8 0009 0800", 4 },
		{ "8100 0007 8100 0008 8100 0009 0800", "8100 0008 8100 0009 0800", 4 },
	};
	struct net *net = *state;

	attached_circuit(net, 100, 1, 7, 0);
	expect_all_in(net, rows, sizeof(rows) / sizeof(rows[0]));
}

static void
an_inner_vlan_has_its_frames_and_no_others(void **state)
{
	static const struct tagged rows[] = {
		{ "88a8 0007 8100 0009 0800", "0800", 8 },
		{ "88a8 e007 8100 b009 0800", "0800", 8 },
		{ "9100 0007 8100 0009 0800", "0800", 8 },
		{ "88a8 0007 8100 0009 8100 0001 0800", "8100 0001 0800", 8 },
	};
	static const char *const others[] = { "88a8 0007 8100 0008 0800",
		"88a8 0008 8100 0009 0800", "88a8 0007 0800", "88a8 0007 88a8 0009 0800",
		"8100 0009 0800", "88a8 0007 8100 0000 0800", "88a8 0fff 8100 0009 0800", "0800" };
	struct net *net = *state;
	char hex[80];
	size_t i;

	attached_circuit(net, 100, 2, 7, 9);
	expect_all_in(net, rows, sizeof(rows) / sizeof(rows[0]));
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		snprintf(hex, sizeof(hex), MACS "%s", others[i]);
		arrive(net, LAN, hex, 60);
		expect_drop(net, LAN, DP_DROP_NO_ATTACHMENT);
	}
}

/* ---- The label's way ---- */

/* RFC 3032, RFC 5462: SIG-4's TTL and no class at the beginning, whatever the tag's priority. */
static void
a_pushed_label_has_all_of_its_ttl_and_no_traffic_class(void **state)
{
	struct net *net = *state;
	char hex[80];
	uint32_t tci;

	attached_circuit(net, 100, 1, 7, 0);
	for (tci = 0x0007; tci <= 0xf007; tci += 0x1000) {
		snprintf(hex, sizeof(hex), MACS "8100 %04x 0800", tci);
		arrive(net, LAN, hex, 64);
		dp_worker_turn(net->worker);
		expect_labelled(net, EAST, L100 "00000000" MACS "0800", 22 + 60);
	}
}

/* RFC 3032: one less at each swap, and none is sent with 0. RFC 5462: the class stays. */
static void
a_frame_that_goes_round_and_round_ends_by_its_ttl(void **state)
{
	struct net *net = *state;
	dp_circuit_t a = open_circuit(net, net->east, 100), b = open_circuit(net, net->west, 100);
	char hex[80];
	int ttl;

	assert_int_equal(dp_circuit_join(net->dp, a, b), 0);
	arrive(net, EAST, MACS "8847 00064bff 00000000", 60);
	for (ttl = 254; ttl >= 1; ttl--) {
		dp_worker_turn(net->worker);
		snprintf(hex, sizeof(hex), "8847 00064b%02x 00000000", ttl);
		expect_labelled(net, WEST, hex, 60);
		snprintf(hex, sizeof(hex), MACS "8847 00064b%02x 00000000", ttl);
		arrive(net, EAST, hex, 60);
	}
	expect_drop(net, EAST, DP_DROP_TTL);
}

#define NET_TEST(f) cmocka_unit_test_setup_teardown(f, net_setup, net_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		NET_TEST(whatever_its_destination_a_frame_enters_its_own_call_alone),
		NET_TEST(
			whatever_its_destination_a_frame_leaves_at_the_other_end_of_its_call_alone),
		NET_TEST(two_attachments_of_one_port_can_have_a_call_with_each_other),
		NET_TEST(a_pause_does_not_enter_a_circuit),
		NET_TEST(a_whole_port_has_what_is_untagged_or_tagged_for_priority),
		NET_TEST(a_vlan_has_its_frames_whatever_tags_the_customer_puts_behind_its_own),
		NET_TEST(an_inner_vlan_has_its_frames_and_no_others),
		NET_TEST(a_pushed_label_has_all_of_its_ttl_and_no_traffic_class),
		NET_TEST(a_frame_that_goes_round_and_round_ends_by_its_ttl),
	};

	return cmocka_run_group_tests_name("dataplane_edge", tests, eal_setup, eal_teardown);
}
