/* SPDX-License-Identifier: BSD-3-Clause */
/* Frames octet by octet: what goes in, what comes out, what is dropped and why. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "fixture.h"

#include <cmocka.h>

#define MACS "0a0b0c0d0e0f 1a1b1c1d1e1f "
#define L100 "8847 000641ff " /* label 100, TC 0, S, TTL 255 */

/* ---- Access to trunk ---- */

/* SIG-4, SIG-5 */
static void
a_frame_from_an_attachment_leaves_behind_label_and_control_word(void **state)
{
	struct net *net = *state;

	attached_circuit(net, 100, 0, 0, 0);
	arrive(net, LAN, MACS "0800 4500", 60);
	assert_int_equal(dp_worker_turn(net->worker), 1);
	expect_labelled(net, EAST, L100 "00000000" MACS "0800 4500", 82);
}

/* SIG-6 */
static void
a_control_word_tells_the_length_up_to_63_octets(void **state)
{
	struct net *net = *state;

	attached_circuit(net, 100, 0, 0, 0);
	arrive(net, LAN, MACS "0800", 59);
	arrive(net, LAN, MACS "0800", 60);
	dp_worker_turn(net->worker);
	expect_labelled(net, EAST, L100 "003f0000" MACS "0800", 22 + 59);
	expect_labelled(net, EAST, L100 "00000000" MACS "0800", 22 + 60);
}

static void
the_tag_of_an_attachment_does_not_enter_the_circuit(void **state)
{
	struct net *net = *state;

	attached_circuit(net, 100, 1, 7, 0);
	arrive(net, LAN, MACS "8100 e007 0800 4500", 100); /* priority 7 */
	dp_worker_turn(net->worker);
	expect_labelled(net, EAST, L100 "00000000" MACS "0800 4500", 22 + 96);
}

static void
both_tags_of_a_qinq_attachment_do_not_enter_the_circuit(void **state)
{
	struct net *net = *state;
	static const char *const outer[] = { "88a8", "8100", "9100" };
	char hex[80];
	int i;

	attached_circuit(net, 100, 2, 7, 9);
	for (i = 0; i < 3; i++) {
		snprintf(hex, sizeof(hex), MACS "%s 0007 8100 0009 0800 4500", outer[i]);
		arrive(net, LAN, hex, 100);
		dp_worker_turn(net->worker);
		expect_labelled(net, EAST, L100 "00000000" MACS "0800 4500", 22 + 92);
	}
}

static void
a_vlan_without_an_attachment_is_a_customers_own_in_the_outer_ones_attachment(void **state)
{
	struct net *net = *state;

	attached_circuit(net, 100, 1, 7, 0);
	attached_circuit(net, 101, 2, 7, 9);
	arrive(net, LAN, MACS "88a8 0007 8100 0008 0800", 100);
	arrive(net, LAN, MACS "88a8 0007 8100 0009 0800", 100);
	dp_worker_turn(net->worker);
	expect_labelled(net, EAST, L100 "00000000" MACS "8100 0008 0800", 22 + 96);
	expect_labelled(net, EAST, "8847 000651ff 00000000" MACS "0800", 22 + 92);
}

static void
a_frame_tagged_for_priority_alone_is_untagged(void **state)
{
	struct net *net = *state;

	attached_circuit(net, 100, 0, 0, 0);
	arrive(net, LAN, MACS "8100 a000 0800", 100);
	dp_worker_turn(net->worker);
	expect_labelled(net, EAST, L100 "00000000" MACS "0800", 22 + 96);
}

static void
what_cannot_enter_a_circuit_is_dropped_and_counted(void **state)
{
	struct net *net = *state;

	arrive(net, LAN, MACS "0800", 60); /* not even a table yet */
	expect_drop(net, LAN, DP_DROP_NO_ATTACHMENT);
	attached_circuit(net, 100, 1, 7, 0);
	add_attachment(net, 1, 8, 0);
	arrive(net, LAN, MACS "0800", 60);
	expect_drop(net, LAN, DP_DROP_NO_ATTACHMENT);
	arrive(net, LAN, MACS "8100 0009 0800", 60);
	expect_drop(net, LAN, DP_DROP_NO_ATTACHMENT);
	arrive(net, LAN, MACS "8100 0008 0800", 60);
	expect_drop(net, LAN, DP_DROP_ATTACHMENT_IDLE);
	arrive(net, LAN, MACS "08", 0);
	expect_drop(net, LAN, DP_DROP_RUNT);
	arrive(net, LAN, MACS "8100 0007 08", 0);
	expect_drop(net, LAN, DP_DROP_RUNT);
}

static void
a_frame_without_room_for_headers_is_dropped(void **state)
{
	struct net *net = *state;
	struct rte_mbuf *m = frame_of(net, MACS "0800", 60);

	attached_circuit(net, 100, 0, 0, 0);
	rte_pktmbuf_prepend(m, 107); /* of 128; 22 are wanted */
	arrive_frame(net, LAN, m);
	expect_drop(net, LAN, DP_DROP_HEADROOM);
	m = frame_of(net, "", 60);
	rte_pktmbuf_prepend(m, 106);
	arrive_frame(net, LAN, m);
	dp_worker_turn(net->worker);
	assert_int_equal(drops(net, LAN, DP_DROP_HEADROOM), 1);
}

/* ---- Trunk to access ---- */

static void
a_popped_frame_leaves_as_it_entered(void **state)
{
	struct net *net = *state;

	attached_circuit(net, 100, 0, 0, 0);
	arrive(net, EAST, MACS L100 "00000000 0102030405060708090a0b0c 0800 4500", 90);
	dp_worker_turn(net->worker);
	expect_left(net, LAN, "0102030405060708090a0b0c 0800 4500", 90 - 22);
}

static void
a_popped_frame_gets_the_tags_of_its_attachment(void **state)
{
	struct net *net = *state;

	attached_circuit(net, 100, 1, 7, 0);
	attached_circuit(net, 101, 2, 4094, 9);
	arrive(net, EAST, MACS L100 "00000000 0102030405060708090a0b0c 0800", 90);
	arrive(net, EAST, MACS "8847 0006513f 00000000 0102030405060708090a0b0c 0800", 90);
	dp_worker_turn(net->worker);
	expect_left(net, LAN, "0102030405060708090a0b0c 8100 0007 0800", 90 - 18);
	expect_left(net, LAN, "0102030405060708090a0b0c 88a8 0ffe 8100 0009 0800", 90 - 14);
}

/* SIG-8 */
static void
link_padding_does_not_leave_the_circuit(void **state)
{
	struct net *net = *state;

	attached_circuit(net, 100, 0, 0, 0);
	arrive(net, EAST, MACS L100 "00140000 0102030405060708090a0b0c 0800 1122", 60);
	dp_worker_turn(net->worker);
	expect_left(net, LAN, "0102030405060708090a0b0c 0800 1122", 16);
}

/* SIG-7: flags and sequence number are ignored; SIG-4: so is the traffic class */
static void
what_a_receiver_ignores_does_not_stop_a_frame(void **state)
{
	struct net *net = *state;

	attached_circuit(net, 100, 0, 0, 0);
	arrive(net, EAST, MACS "8847 00064f01 0f00ffff 0102030405060708090a0b0c 0800", 90);
	dp_worker_turn(net->worker);
	expect_left(net, LAN, "0102030405060708090a0b0c 0800", 90 - 22);
}

/* ---- Trunk to trunk ---- */

static void
join_100_to_200(struct net *net)
{
	dp_circuit_t a = open_circuit(net, net->east, 100);
	dp_circuit_t b = open_circuit(net, net->west, 200);

	assert_int_equal(dp_circuit_join(net->dp, a, b), 0);
}

static void
a_swap_changes_label_ttl_and_addresses_alone(void **state)
{
	struct net *net = *state;

	join_100_to_200(net);
	arrive(net, EAST, MACS "8847 00064b40 1fffffff 0102", 64); /* TC 5: kept, TTL 64 */
	arrive(net, WEST, MACS "8847 000c8102", 0);
	dp_worker_turn(net->worker);
	expect_labelled(net, WEST, "8847 000c8b3f 1fffffff 0102", 64);
	expect_labelled(net, EAST, "8847 00064101", 0);
}

static void
vlan_tags_of_a_trunk_are_skipped(void **state)
{
	struct net *net = *state;

	join_100_to_200(net);
	arrive(net, EAST, MACS "8100 0005 " L100 "00000000", 64);
	arrive(net, EAST, MACS "88a8 0005 8100 0006 " L100 "00000000", 64);
	dp_worker_turn(net->worker);
	expect_labelled(net, WEST, "8847 000c81fe 00000000", 60);
	expect_labelled(net, WEST, "8847 000c81fe 00000000", 56);
}

/* I5 */
static void
frames_keep_their_order_whatever_else_is_in_the_burst(void **state)
{
	struct net *net = *state;
	char hex[80];
	int i;

	join_100_to_200(net);
	attached_circuit(net, 101, 0, 0, 0);
	for (i = 0; i < 96; i++) {
		snprintf(hex, sizeof(hex), MACS "8847 000%x1ff 00000000 00%02x",
			i % 5 == 3   ? 0x65u
			: i % 7 == 4 ? 0x66u
				     : 0x64u,
			i);
		arrive(net, EAST, hex, 64);
	}
	while (dp_worker_turn(net->worker) != 0)
		;
	for (i = 0; i < 96; i++) {
		if (i % 5 == 3 || i % 7 == 4)
			continue;
		snprintf(hex, sizeof(hex), "8847 000c81fe 00000000 00%02x", i);
		expect_labelled(net, WEST, hex, 64);
	}
}

/* ---- Both ways ---- */

/* I7: each changes nothing but its counter. */
static void
a_labelled_frame_that_is_not_legal_is_dropped_for_its_reason(void **state)
{
	static const struct {
		const char *hex;
		uint32_t size;
		enum dp_drop reason;
	} rows[] = {
		{ "", 0, DP_DROP_RUNT },
		{ MACS "8847 000641", 0, DP_DROP_RUNT },
		{ MACS "8100 0001 8847 0006", 0, DP_DROP_RUNT },
		{ MACS "8100 0001 8100 0001 8847 0006", 0, DP_DROP_RUNT },
		{ MACS "0800 4500", 60, DP_DROP_NOT_MPLS },
		{ MACS "8848 000641ff", 60, DP_DROP_NOT_MPLS },
		{ MACS "8100 0001 8100 0001 8100 0001 8847 000641ff", 60, DP_DROP_NOT_MPLS },
		{ MACS "8847 000640ff", 60, DP_DROP_LABEL_STACK },
		{ MACS "8847 00064100", 60, DP_DROP_TTL },
		{ MACS "8847 000c9101", 60, DP_DROP_TTL }, /* to be swapped */
		{ MACS "8847 000651ff", 60, DP_DROP_NO_CIRCUIT },
		{ MACS "8847 000001ff", 60, DP_DROP_RESERVED_LABEL },
		{ MACS "8847 fffff1ff", 60, DP_DROP_NO_CIRCUIT },
		{ MACS "8847 000661ff", 60, DP_DROP_NOT_CONNECTED },
		{ MACS L100 "000000", 0, DP_DROP_RUNT },
		{ MACS L100 "10000000", 60, DP_DROP_CONTROL_WORD },
		{ MACS L100 "80000000", 60, DP_DROP_CONTROL_WORD },
		{ MACS L100 "00400000", 60, DP_DROP_CONTROL_WORD },
		{ MACS L100 "00800000", 60, DP_DROP_CONTROL_WORD },
		{ MACS L100 "00010000", 60, DP_DROP_CONTROL_LENGTH },
		{ MACS L100 "00030000", 60, DP_DROP_CONTROL_LENGTH },
		{ MACS L100 "002b0000", 60, DP_DROP_CONTROL_LENGTH }, /* 43 of 42 */
		{ MACS L100 "00040000", 60, DP_DROP_RUNT },
		{ MACS L100 "00110000", 60, DP_DROP_RUNT }, /* 13 octets are no frame */
		{ MACS L100 "00000000 0102030405060708090a0b0c 08", 0, DP_DROP_RUNT },
	};
	struct net *net = *state;
	dp_circuit_t a, b;
	size_t i;

	attached_circuit(net, 100, 0, 0, 0);
	open_circuit(net, net->east, 102);
	a = open_circuit(net, net->east, 201);
	b = open_circuit(net, net->west, 201);
	assert_int_equal(dp_circuit_join(net->dp, a, b), 0);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		arrive(net, EAST, rows[i].hex, rows[i].size);
		expect_drop(net, EAST, rows[i].reason);
	}
}

/* I4, I7 */
static void
a_burst_of_bad_frames_hides_none_behind_it(void **state)
{
	struct net *net = *state;
	uint32_t i, n;

	join_100_to_200(net);
	for (n = 1; n < DP_RX_BURST; n++) {
		for (i = 0; i < n; i++)
			arrive(net, EAST, MACS "0800 4500", 60);
		arrive(net, EAST, MACS "8847 000641ff", 60);
		dp_worker_turn(net->worker);
		expect_labelled(net, WEST, "8847 000c81fe", 60);
	}
	assert_int_equal(drops(net, EAST, DP_DROP_NOT_MPLS), n * (n - 1) / 2);
}

static void
a_frame_in_segments_is_not_trimmed(void **state)
{
	struct net *net = *state;
	struct rte_mbuf *m = frame_of(net, MACS L100 "00140000", 40);

	attached_circuit(net, 100, 0, 0, 0);
	assert_int_equal(rte_pktmbuf_chain(m, frame_of(net, "", 20)), 0);
	arrive_frame(net, EAST, m);
	expect_drop(net, EAST, DP_DROP_CONTROL_LENGTH);
}

static int
small_mtu_setup(void **state)
{
	*state = net_create(100, 200);
	return 0;
}

static void
no_frame_leaves_that_is_larger_than_the_mtu(void **state)
{
	struct net *net = *state;

	join_100_to_200(net);
	attached_circuit(net, 101, 1, 7, 0);
	assert_int_equal(dp_trunk_max_payload(net->dp, net->east), 200 - 8);
	arrive(net, LAN, MACS "8100 0007 0800", 4 + 192);
	arrive(net, EAST, MACS L100, 214);
	arrive(net, EAST, MACS "8847 000651ff 00000000", 22 + 214);
	dp_worker_turn(net->worker);
	expect_labelled(net, EAST, "8847 000651ff 00000000" MACS "0800", 214);
	expect_labelled(net, WEST, "8847 000c81fe", 214);
	expect_left(net, LAN, "eeeeeeeeeeeeeeeeeeeeeeee 8100 0007", 218);
	arrive(net, LAN, MACS "8100 0007 0800", 4 + 193);
	expect_drop(net, LAN, DP_DROP_MTU);
	arrive(net, EAST, MACS L100, 215);
	expect_drop(net, EAST, DP_DROP_MTU);
	arrive(net, EAST, MACS "8847 000651ff 00000000", 22 + 215);
	expect_drop(net, EAST, DP_DROP_MTU);
}

static void
what_a_port_does_not_take_is_freed_and_counted_there(void **state)
{
	struct net *net = *state;
	int i;

	join_100_to_200(net);
	for (i = 0; i < 127 + 3; i++) {
		arrive(net, EAST, MACS L100, 60);
		dp_worker_turn(net->worker);
	}
	assert_int_equal(drops(net, WEST, DP_DROP_TX), 3);
	assert_int_equal(rte_ring_count(net->out[WEST]), 127);
}

static void
every_reason_to_drop_has_a_name(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < DP_DROP_COUNT; i++)
		assert_string_not_equal(dp_drop_name((enum dp_drop)i), "?");
	assert_string_equal(dp_drop_name(DP_DROP_NO_CIRCUIT), "no-circuit");
	assert_string_equal(dp_drop_name(DP_DROP_COUNT), "?");
}

#define NET_TEST(f) cmocka_unit_test_setup_teardown(f, net_setup, net_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		NET_TEST(a_frame_from_an_attachment_leaves_behind_label_and_control_word),
		NET_TEST(a_control_word_tells_the_length_up_to_63_octets),
		NET_TEST(the_tag_of_an_attachment_does_not_enter_the_circuit),
		NET_TEST(both_tags_of_a_qinq_attachment_do_not_enter_the_circuit),
		NET_TEST(
			a_vlan_without_an_attachment_is_a_customers_own_in_the_outer_ones_attachment),
		NET_TEST(a_frame_tagged_for_priority_alone_is_untagged),
		NET_TEST(what_cannot_enter_a_circuit_is_dropped_and_counted),
		NET_TEST(a_frame_without_room_for_headers_is_dropped),
		NET_TEST(a_popped_frame_leaves_as_it_entered),
		NET_TEST(a_popped_frame_gets_the_tags_of_its_attachment),
		NET_TEST(link_padding_does_not_leave_the_circuit),
		NET_TEST(what_a_receiver_ignores_does_not_stop_a_frame),
		NET_TEST(a_swap_changes_label_ttl_and_addresses_alone),
		NET_TEST(vlan_tags_of_a_trunk_are_skipped),
		NET_TEST(frames_keep_their_order_whatever_else_is_in_the_burst),
		NET_TEST(a_labelled_frame_that_is_not_legal_is_dropped_for_its_reason),
		NET_TEST(a_burst_of_bad_frames_hides_none_behind_it),
		NET_TEST(a_frame_in_segments_is_not_trimmed),
		cmocka_unit_test_setup_teardown(
			no_frame_leaves_that_is_larger_than_the_mtu, small_mtu_setup, net_teardown),
		NET_TEST(what_a_port_does_not_take_is_freed_and_counted_there),
		cmocka_unit_test(every_reason_to_drop_has_a_name),
	};

	return cmocka_run_group_tests_name("dataplane_forward", tests, eal_setup, eal_teardown);
}
