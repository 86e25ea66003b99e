/* SPDX-License-Identifier: BSD-3-Clause */
/* Copies for many leaves: whatever kinds they are of, however few mbufs there are. */
#include <errno.h>
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
#define INNER "c0c1c2c3c4c5 b0b1b2b3b4b5 "
#define MANY 100u /* leaves: more than are served at a time */
#define SMALL 60u
#define LARGE 1000u

/* ---- Leaves of 100 in the east ---- */

enum kind { TO_WEST, TO_VLAN, TO_CONTROL };

static dp_circuit_t
add_leaf(struct net *net, enum kind kind, uint32_t i)
{
	dp_circuit_t leaf;

	assert_int_equal(dp_leaf_open(net->dp, net->east, 100, i, &leaf), 0);
	if (kind == TO_WEST)
		assert_int_equal(
			dp_circuit_join(net->dp, leaf, open_circuit(net, net->west, 1000 + i)), 0);
	else if (kind == TO_VLAN)
		assert_int_equal(dp_circuit_attach(net->dp, leaf,
					 add_attachment(net, 1, (uint16_t)(1 + i), 0)),
			0);
	else
		assert_int_equal(dp_circuit_to_control(net->dp, leaf), 0);
	return leaf;
}

struct many {
	dp_circuit_t leaves[MANY];
};

static void
add_many(struct net *net, struct many *m, enum kind (*kind_of)(uint32_t i))
{
	uint32_t i;

	for (i = 0; i < MANY; i++)
		m->leaves[i] = add_leaf(net, kind_of(i), i);
}

/* What the leaves say of the last frame: how many have it, and that the others count a drop. */
static uint32_t
count_served(struct net *net, const struct many *m)
{
	struct dp_circuit_stats stats;
	uint32_t i, n = 0;

	for (i = 0; i < MANY; i++) {
		assert_int_equal(dp_circuit_stats(net->dp, m->leaves[i], &stats), 0);
		assert_int_equal(stats.rx_packets + stats.drops, 1);
		n += (uint32_t)stats.rx_packets;
	}
	return n;
}

/* ---- What left ---- */

/* Bit by leaf: each must be there once. */
static void
note(uint8_t *seen, uint32_t i)
{
	assert_true(i < MANY);
	assert_int_equal(seen[i], 0);
	seen[i] = 1;
}

static void
expect_octets(const struct rte_mbuf *m, uint32_t from, uint32_t n)
{
	uint8_t room[NET_MAX_FRAME];
	const uint8_t *p = rte_pktmbuf_read(m, from, n, room);
	uint32_t i;

	assert_non_null(p);
	assert_int_equal(m->pkt_len, from + n);
	for (i = 0; i < n; i++)
		assert_int_equal(p[i], 0xee);
}

static void
note_labelled(struct net *net, uint8_t *seen, uint32_t size)
{
	struct rte_mbuf *m;

	while ((m = left(net, WEST)) != NULL) {
		rte_mbuf_sanity_check(m, 1);
		note(seen, (cp_get_be32(rte_pktmbuf_mtod_offset(m, uint8_t *, 14)) >> 12) - 1000);
		expect_octets(m, 36, size - 36);
		rte_pktmbuf_free(m);
	}
}

static void
note_tagged(struct net *net, uint8_t *seen, uint32_t size)
{
	struct rte_mbuf *m;

	while ((m = left(net, LAN)) != NULL) {
		rte_mbuf_sanity_check(m, 1);
		note(seen, cp_get_be16(rte_pktmbuf_mtod_offset(m, uint8_t *, 14)) - 1u);
		expect_octets(m, 18, size - 36);
		rte_pktmbuf_free(m);
	}
}

struct heard {
	uint8_t *seen;
	uint32_t size;
};

static bool
hear(void *arg, uint32_t cookie, const uint8_t *payload, uint32_t len, struct rte_mbuf *frame)
{
	struct heard *h = arg;

	(void)payload;
	assert_int_equal(len, h->size - 22);
	note(h->seen, (uint32_t)cookie);
	expect_octets(frame, 14, len - 14);
	return false;
}

static uint32_t
all_seen(struct net *net, uint32_t size)
{
	uint8_t seen[MANY] = { 0 };
	struct heard h = { seen, size };
	uint32_t i, n = 0;

	dp_trunk_set_control_rx(net->dp, net->east, hear, &h);
	note_labelled(net, seen, size);
	note_tagged(net, seen, size);
	dp_control_poll(net->dp, UINT32_MAX);
	for (i = 0; i < MANY; i++)
		n += seen[i];
	return n;
}

/* ---- Kinds ---- */

static enum kind
all_to_west(uint32_t i)
{
	(void)i;
	return TO_WEST;
}

static enum kind
mixed(uint32_t i)
{
	return i % 5 == 1 ? TO_VLAN : i % 7 == 3 ? TO_CONTROL : TO_WEST;
}

static enum kind
mixed_and_control_last(uint32_t i)
{
	return i == MANY - 1 ? TO_CONTROL : mixed(i);
}

static int
many_setup(void **state)
{
	const struct net_config c = { .n_circuits = 300, .n_attachments = MANY };

	*state = net_create_config(&c);
	return 0;
}

static void
expect_each_once(struct net *net, enum kind (*kind_of)(uint32_t i))
{
	static const uint32_t sizes[] = { SMALL, 256, 257, LARGE, 1400 };
	struct many m;
	size_t i;

	add_many(net, &m, kind_of);
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		arrive(net, EAST, MACS L100 "00000000" INNER "eeee", sizes[i]);
		assert_int_equal(dp_worker_turn(net->worker), 1);
		assert_int_equal(all_seen(net, sizes[i]), MANY);
	}
}

static void
leaves_of_all_kinds_get_a_frame_once_each(void **state)
{
	expect_each_once(*state, mixed);
}

static void
the_last_leaf_gets_the_frame_whatever_kind_it_is_of(void **state)
{
	expect_each_once(*state, mixed_and_control_last);
}

/* SIG-8: each copy is cut, for each kind of leaf. */
static void
leaves_of_all_kinds_get_no_padding(void **state)
{
	struct net *net = *state;
	struct many m;

	add_many(net, &m, mixed);
	arrive(net, EAST, MACS L100 "002e0000" INNER "eeee", 22 + 42);
	assert_int_equal(dp_worker_turn(net->worker), 1);
	assert_int_equal(all_seen(net, 22 + 42), MANY);
	assert_int_equal(count_served(net, &m), MANY);
}

/* A frame that comes in several segments, as copies do by a wire of memory. */
static void
a_frame_in_segments_is_shared_by_many_leaves(void **state)
{
	struct net *net = *state;
	struct rte_mbuf *first = frame_of(net, MACS L100 "00000000" INNER "eeee", 50);
	struct many m;

	assert_int_equal(rte_pktmbuf_chain(first, frame_of(net, "", 300)), 0);
	assert_int_equal(rte_pktmbuf_chain(first, frame_of(net, "", 500)), 0);
	add_many(net, &m, all_to_west);
	arrive_frame(net, EAST, first);
	dp_worker_turn(net->worker);
	assert_int_equal(all_seen(net, 850), MANY);
	assert_int_equal(count_served(net, &m), MANY);
}

/* ---- Running out ---- */

/* All mbufs but @p n are held by somebody else while one frame is replicated. */
static void
replicate_with(struct net *net, struct rte_mempool *pool, uint32_t n, uint32_t size)
{
	struct rte_mbuf *frame = frame_of(net, MACS L100 "00000000" INNER "eeee", size);
	static struct rte_mbuf *held[2000];
	uint32_t n_held = 0;

	while (n_held < 2000 && (held[n_held] = rte_pktmbuf_alloc(pool)) != NULL)
		n_held++;
	rte_pktmbuf_free_bulk(held + n_held - n, n);
	arrive_frame(net, EAST, frame);
	dp_worker_turn(net->worker);
	rte_pktmbuf_free_bulk(held, n_held - n);
}

static void
expect_served(struct net *net, const struct many *m, uint32_t n, uint32_t size)
{
	assert_int_equal(all_seen(net, size), n);
	assert_int_equal(count_served(net, m), n);
	assert_int_equal(drops(net, EAST, DP_DROP_NO_MBUF), MANY - n);
}

static void
as_many_leaves_are_served_as_there_are_mbufs_for(void **state)
{
	struct net *net = *state;
	struct many m;

	add_many(net, &m, all_to_west);
	replicate_with(net, dp_mempool(net->dp), 45, SMALL);
	expect_served(net, &m, 45 + 1, SMALL);
}

static void
as_many_leaves_share_as_there_are_clones_for(void **state)
{
	struct net *net = *state;
	struct many m;

	add_many(net, &m, all_to_west);
	replicate_with(net, dp_clone_pool(net->dp), 45, LARGE);
	expect_served(net, &m, 45 + 1, LARGE);
}

static void
without_any_mbuf_the_last_leaf_has_the_frame(void **state)
{
	struct net *net = *state;
	struct many m;

	add_many(net, &m, all_to_west);
	replicate_with(net, dp_mempool(net->dp), 0, LARGE);
	expect_served(net, &m, 1, LARGE);
}

/* What was taken ahead for others goes to the one that is to be served first. */
static void
a_whole_copy_gets_the_last_mbuf_that_there_is(void **state)
{
	struct net *net = *state;
	dp_circuit_t control = add_leaf(net, TO_CONTROL, 0);
	struct dp_circuit_stats stats;

	add_leaf(net, TO_WEST, 1);
	add_leaf(net, TO_WEST, 2);
	replicate_with(net, dp_mempool(net->dp), 1, LARGE);
	assert_int_equal(dp_circuit_stats(net->dp, control, &stats), 0);
	assert_int_equal(stats.rx_packets, 1);
	assert_int_equal(all_seen(net, LARGE), 2);
	assert_int_equal(drops(net, EAST, DP_DROP_NO_MBUF), 1);
}

static void
a_frame_that_no_leaf_may_have_is_freed(void **state)
{
	struct net *net = *state;
	const struct dp_flow none = { .peak_rate = 1000, .peak_burst = 1 };
	struct many m;
	uint32_t i;

	add_many(net, &m, mixed);
	for (i = 0; i < MANY; i++)
		assert_int_equal(dp_circuit_meter(net->dp, m.leaves[i], &none, NULL), 0);
	arrive(net, EAST, MACS L100 "00000000" INNER "eeee", LARGE);
	dp_worker_turn(net->worker);
	assert_int_equal(all_seen(net, LARGE), 0);
	assert_int_equal(count_served(net, &m), 0);
	assert_int_equal(drops(net, EAST, DP_DROP_METER), MANY);
}

/* ---- Turns ---- */

#define CROWD 2048u /* leaves: a turn has enough when two frames have gone to them */

static int
crowd_setup(void **state)
{
	const struct net_config c = {
		.n_circuits = 2 * CROWD + 8, .n_mbufs = 8191, .wire_size = 8192
	};

	*state = net_create_config(&c);
	return 0;
}

static void
add_crowd(struct net *net)
{
	uint32_t i;

	for (i = 0; i < CROWD; i++) {
		add_leaf(net, TO_WEST, i);
		if (i % 64 == 0)
			reclaim(net); /* lists that were outgrown */
	}
}

static void
arrive_numbered(struct net *net, uint32_t n)
{
	char hex[80];
	uint32_t i;

	for (i = 0; i < n; i++) {
		snprintf(hex, sizeof(hex), MACS L100 "%08x", i);
		arrive(net, EAST, hex, SMALL);
	}
}

/* Frames @p first .. @p first + @p n - 1, each for all leaves before the next. */
static void
expect_numbered(struct net *net, uint32_t first, uint32_t n)
{
	struct rte_mbuf *m;
	uint32_t i;

	for (i = 0; i < n * CROWD; i++) {
		m = left(net, WEST);
		assert_non_null(m);
		assert_int_equal(
			cp_get_be32(rte_pktmbuf_mtod_offset(m, uint8_t *, 18)), first + i / CROWD);
		rte_pktmbuf_free(m);
	}
}

/* I5, I6: and other trunks have their turn in between. */
static void
a_turn_leaves_what_is_too_much_for_it_to_the_next_one_in_its_order(void **state)
{
	struct net *net = *state;
	dp_circuit_t a = open_circuit(net, net->east, 101), b = open_circuit(net, net->west, 101);
	struct dp_worker_stats stats;

	assert_int_equal(dp_circuit_join(net->dp, a, b), 0);
	add_crowd(net);
	arrive_numbered(net, 5);
	arrive(net, EAST, MACS "8847 000651ff", SMALL);
	arrive(net, WEST, MACS "8847 000651ff", SMALL);
	assert_int_equal(dp_worker_turn(net->worker), 2 + 1);
	expect_labelled(net, EAST, "8847 000651fe", SMALL);
	expect_numbered(net, 0, 2);
	expect_nothing_left(net);
	arrive(net, EAST, MACS "8847 000651ff 01", SMALL); /* comes last */
	assert_int_equal(dp_worker_turn(net->worker), 2);
	expect_numbered(net, 2, 2);
	expect_nothing_left(net);
	assert_int_equal(dp_worker_turn(net->worker), 2);
	expect_numbered(net, 4, 1);
	expect_labelled(net, WEST, "8847 000651fe", SMALL);
	expect_nothing_left(net);
	assert_int_equal(dp_worker_turn(net->worker), 1);
	expect_labelled(net, WEST, "8847 000651fe 01", SMALL);
	dp_worker_stats(net->dp, 0, &stats);
	assert_int_equal(stats.rx, 8);
}

/* I1: a label that was closed meanwhile leads nowhere, also for what had arrived. */
static void
what_waits_for_the_next_turn_goes_where_its_label_leads_then(void **state)
{
	struct net *net = *state;
	dp_circuit_t a = open_circuit(net, net->east, 101), b = open_circuit(net, net->west, 101);

	assert_int_equal(dp_circuit_join(net->dp, a, b), 0);
	add_crowd(net);
	arrive_numbered(net, 2);
	arrive(net, EAST, MACS "8847 000651ff", SMALL);
	assert_int_equal(dp_worker_turn(net->worker), 2);
	expect_numbered(net, 0, 2);
	assert_int_equal(dp_circuit_unlink(net->dp, &a, 1), 0);
	expect_drop(net, EAST, DP_DROP_NO_CIRCUIT);
}

/* I4: the teardown counts mbufs. */
static void
a_port_that_closes_gives_back_what_waited_for_the_next_turn(void **state)
{
	struct net *net = *state;

	add_crowd(net);
	arrive_numbered(net, 5);
	assert_int_equal(dp_worker_turn(net->worker), 2);
	expect_numbered(net, 0, 2);
	assert_int_equal(dp_port_close(net->dp, net->ports[EAST]), -EAGAIN);
	assert_int_equal(dp_worker_turn(net->worker), 0);
	assert_int_equal(dp_port_close(net->dp, net->ports[EAST]), 0);
	expect_nothing_left(net);
}

#define MANY_TEST(f) cmocka_unit_test_setup_teardown(f, many_setup, net_teardown)
#define CROWD_TEST(f) cmocka_unit_test_setup_teardown(f, crowd_setup, net_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		MANY_TEST(leaves_of_all_kinds_get_a_frame_once_each),
		MANY_TEST(the_last_leaf_gets_the_frame_whatever_kind_it_is_of),
		MANY_TEST(leaves_of_all_kinds_get_no_padding),
		MANY_TEST(a_frame_in_segments_is_shared_by_many_leaves),
		MANY_TEST(as_many_leaves_are_served_as_there_are_mbufs_for),
		MANY_TEST(as_many_leaves_share_as_there_are_clones_for),
		MANY_TEST(without_any_mbuf_the_last_leaf_has_the_frame),
		MANY_TEST(a_whole_copy_gets_the_last_mbuf_that_there_is),
		MANY_TEST(a_frame_that_no_leaf_may_have_is_freed),
		CROWD_TEST(a_turn_leaves_what_is_too_much_for_it_to_the_next_one_in_its_order),
		CROWD_TEST(what_waits_for_the_next_turn_goes_where_its_label_leads_then),
		CROWD_TEST(a_port_that_closes_gives_back_what_waited_for_the_next_turn),
	};

	return cmocka_run_group_tests_name("dataplane_copy", tests, eal_setup, eal_teardown);
}
