/* SPDX-License-Identifier: BSD-3-Clause */
/* Leaves: one label in, a copy out for each of them, one way only. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_ethdev.h>
#include <rte_launch.h>

#include "base/bytes.h"
#include "fixture.h"

#include <cmocka.h>

#define MACS "0a0b0c0d0e0f 1a1b1c1d1e1f "
#define L100 "8847 000641ff "
#define INNER "c0c1c2c3c4c5 b0b1b2b3b4b5 " /* addresses of a customer's frame */
#define LARGE 1000u                        /* octets: shared, not copied */
#define MANY DP_MAX_LEAVES
#define MIN_LIST_SIZE 16384u

struct reclaimed {
	uint32_t n;
	uint64_t cookies;
	uint32_t n_labels;
	struct net *net;
};

static void
note_reclaimed(void *arg, dp_circuit_t circuit, uint32_t cookie)
{
	struct reclaimed *r = arg;
	struct dp_circuit_stats stats;

	assert_int_equal(dp_circuit_stats(r->net->dp, circuit, &stats), 0);
	r->n++;
	r->cookies += cookie;
	r->n_labels = dp_n_labels(r->net->dp, r->net->east);
}

static void
listen_east(struct net *net, struct reclaimed *r)
{
	*r = (struct reclaimed){ .net = net };
	dp_trunk_set_reclaimed(net->dp, net->east, note_reclaimed, r);
}

static dp_circuit_t
open_leaf(struct net *net, uint32_t label, uint32_t cookie)
{
	dp_circuit_t leaf;

	assert_int_equal(dp_leaf_open(net->dp, net->east, label, cookie, &leaf), 0);
	return leaf;
}

/* A leaf of 100 in the east that leads to @p label in the west. */
static dp_circuit_t
leaf_to_west(struct net *net, uint32_t label)
{
	dp_circuit_t leaf = open_leaf(net, 100, label);

	assert_int_equal(dp_circuit_join(net->dp, leaf, open_circuit(net, net->west, label)), 0);
	return leaf;
}

static dp_circuit_t
leaf_to_vlan(struct net *net, uint8_t n_tags, uint16_t outer, uint16_t inner)
{
	dp_circuit_t leaf = open_leaf(net, 100, outer);
	uint32_t attachment = add_attachment(net, n_tags, outer, inner);

	assert_int_equal(dp_circuit_attach(net->dp, leaf, attachment), 0);
	return leaf;
}

static void
unlink_circuit(struct net *net, dp_circuit_t circuit)
{
	assert_int_equal(dp_circuit_unlink(net->dp, &circuit, 1), 0);
}

static struct dp_circuit_stats
stats_of(struct net *net, dp_circuit_t circuit)
{
	struct dp_circuit_stats s;

	assert_int_equal(dp_circuit_stats(net->dp, circuit, &s), 0);
	return s;
}

/* How many frames left on @p port with each label of base .. base + n - 1. */
static uint32_t
count_labels(struct net *net, enum net_port port, uint32_t base, uint32_t *counts, uint32_t n)
{
	struct rte_mbuf *m;
	uint32_t label, total = 0;

	memset(counts, 0, n * sizeof(*counts));
	for (; (m = left(net, port)) != NULL; total++) {
		label = cp_get_be32(rte_pktmbuf_mtod_offset(m, uint8_t *, 14)) >> 12;
		assert_true(label >= base && label - base < n);
		counts[label - base]++;
		rte_pktmbuf_free(m);
	}
	return total;
}

/* ---- Copies ---- */

/* Every octet behind the label is the same, and every header is the leaf's own. */
static void
each_leaf_gets_a_copy_behind_its_own_headers(void **state)
{
	static const uint32_t sizes[] = { 60, 82, 256, 257, LARGE, 1500 };
	char hex[2 * NET_MAX_FRAME], all[2 * NET_MAX_FRAME + 128];
	struct net *net = *state;
	size_t i, k, at;

	leaf_to_west(net, 200);
	leaf_to_vlan(net, 0, 0, 0);
	leaf_to_vlan(net, 1, 7, 0);
	leaf_to_west(net, 201);
	leaf_to_vlan(net, 2, 8, 9);
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		at = (size_t)snprintf(hex, sizeof(hex), "0800 ");
		for (k = 22 + 14; k < sizes[i]; k++)
			at += (size_t)snprintf(
				hex + at, sizeof(hex) - at, "%02x", (int)k * 7 & 0xff);
		snprintf(all, sizeof(all), MACS L100 "00000000" INNER "%s", hex);
		arrive(net, EAST, all, 0);
		assert_int_equal(dp_worker_turn(net->worker), 1);
		snprintf(all, sizeof(all), "8847 000c81fe 00000000" INNER "%s", hex);
		expect_labelled(net, WEST, all, 0);
		snprintf(all, sizeof(all), "8847 000c91fe 00000000" INNER "%s", hex);
		expect_labelled(net, WEST, all, 0);
		snprintf(all, sizeof(all), INNER "%s", hex);
		expect_left(net, LAN, all, 0);
		snprintf(all, sizeof(all), INNER "8100 0007 %s", hex);
		expect_left(net, LAN, all, 0);
		snprintf(all, sizeof(all), INNER "88a8 0008 8100 0009 %s", hex);
		expect_left(net, LAN, all, 0);
		expect_nothing_left(net);
	}
}

/* What a receiver does to the headers of its copy is seen by nobody else. */
static void
large_frames_share_their_octets_but_not_their_headers(void **state)
{
	struct net *net = *state;
	struct rte_mbuf *m[2];
	uint8_t octets[NET_MAX_FRAME];

	leaf_to_west(net, 200);
	leaf_to_west(net, 201);
	arrive(net, EAST, MACS L100 "00000000" INNER "0800", LARGE);
	dp_worker_turn(net->worker);
	m[0] = left(net, WEST);
	m[1] = left(net, WEST);
	assert_non_null(m[0]);
	assert_non_null(m[1]);
	assert_int_equal(m[0]->nb_segs, 2);
	assert_true(RTE_MBUF_CLONED(m[0]->next));
	assert_int_equal(m[1]->nb_segs, 1); /* the frame itself */
	assert_int_equal(rte_mbuf_refcnt_read(m[1]), 2);
	memset(rte_pktmbuf_mtod(m[1], uint8_t *), 0x55, 64);
	rte_pktmbuf_free(m[1]); /* the octets stay as long as someone has them */
	assert_memory_equal((const uint8_t *)rte_pktmbuf_read(m[0], 22, 12, octets),
		"\xc0\xc1\xc2\xc3\xc4\xc5\xb0\xb1\xb2\xb3\xb4\xb5", 12);
	assert_int_equal(*(const uint8_t *)rte_pktmbuf_read(m[0], LARGE - 1, 1, octets), 0xee);
	rte_pktmbuf_free(m[0]);
}

/* SIG-8: also of a frame that is large enough to be shared. */
static void
a_copy_is_cut_to_the_length_that_its_control_word_says(void **state)
{
	struct net *net = *state;

	leaf_to_vlan(net, 1, 7, 0);
	leaf_to_west(net, 200);
	arrive(net, EAST, MACS L100 "002e0000" INNER "0800", LARGE);
	dp_worker_turn(net->worker);
	expect_left(net, LAN, INNER "8100 0007 0800", 46);
	expect_labelled(net, WEST, "8847 000c81fe 002e0000" INNER "0800", LARGE);
	expect_nothing_left(net);
}

/* ---- A device that sends one segment ---- */

static bool one_segment;

int __real_rte_eth_dev_info_get(uint16_t port_id, struct rte_eth_dev_info *dev_info);
int __wrap_rte_eth_dev_info_get(uint16_t port_id, struct rte_eth_dev_info *dev_info);

int
__wrap_rte_eth_dev_info_get(uint16_t port_id, struct rte_eth_dev_info *dev_info)
{
	int err = __real_rte_eth_dev_info_get(port_id, dev_info);

	if (one_segment)
		dev_info->tx_offload_capa &= ~RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
	return err;
}

static int
one_segment_setup(void **state)
{
	one_segment = true;
	*state = net_create(100, 0);
	one_segment = false;
	return 0;
}

static void
a_port_that_sends_one_segment_gets_whole_copies(void **state)
{
	struct net *net = *state;
	uint32_t i;

	for (i = 0; i < 2; i++)
		leaf_to_west(net, 200 + i);
	leaf_to_vlan(net, 2, 7, 8);
	arrive(net, EAST, MACS L100 "00000000" INNER "0800", LARGE);
	dp_worker_turn(net->worker);
	assert_int_equal(rte_mempool_in_use_count(dp_clone_pool(net->dp)), 0);
	expect_labelled(net, WEST, "8847 000c81fe 00000000" INNER "0800", LARGE);
	expect_labelled(net, WEST, "8847 000c91fe 00000000" INNER "0800", LARGE);
	expect_left(net, LAN, INNER "88a8 0007 8100 0008 0800", LARGE - 22 + 8);
}

/* ---- Copies of copies, to control, of what is not right ---- */

/* A copy may come by a wire of memory, and be copied again. */
static void
a_copy_is_replicated_like_any_frame(void **state)
{
	struct net *net = *state;
	uint32_t i;

	leaf_to_west(net, 200);
	leaf_to_west(net, 201);
	leaf_to_vlan(net, 1, 7, 0);
	arrive(net, EAST, MACS L100 "00000000" INNER "0800", LARGE);
	dp_worker_turn(net->worker);
	expect_left(net, LAN, INNER "8100 0007 0800", LARGE - 22 + 4);
	for (i = 0; i < 2; i++) {
		struct rte_mbuf *m = left(net, WEST);

		assert_int_equal(m->nb_segs, 2);
		memcpy(rte_pktmbuf_mtod_offset(m, uint8_t *, 14), "\x00\x06\x41\xff", 4);
		arrive_frame(net, EAST, m);
	}
	dp_worker_turn(net->worker);
	for (i = 0; i < 2; i++) {
		expect_labelled(net, WEST, "8847 000c81fe 00000000" INNER "0800", LARGE);
		expect_labelled(net, WEST, "8847 000c91fe 00000000" INNER "0800", LARGE);
		expect_left(net, LAN, INNER "8100 0007 0800", LARGE - 22 + 4);
	}
	expect_nothing_left(net);
}

struct heard {
	uint32_t n;
	uint64_t cookies;
	uint32_t len;
};

static bool
hear(void *arg, uint32_t cookie, const uint8_t *payload, uint32_t len, struct rte_mbuf *frame)
{
	struct heard *h = arg;

	assert_ptr_equal(payload, rte_pktmbuf_mtod(frame, uint8_t *));
	assert_int_equal(payload[len - 1], 0xee);
	h->n++;
	h->cookies += cookie;
	h->len = len;
	return false;
}

static void
a_leaf_may_lead_to_control(void **state)
{
	struct net *net = *state;
	struct reclaimed r;
	struct heard h = { 0 };
	dp_circuit_t leaf[2] = { open_leaf(net, 100, 1), open_leaf(net, 100, 2) };

	listen_east(net, &r);
	dp_trunk_set_control_rx(net->dp, net->east, hear, &h);
	leaf_to_west(net, 200);
	assert_int_equal(dp_circuit_to_control(net->dp, leaf[0]), 0);
	assert_int_equal(dp_circuit_to_control(net->dp, leaf[1]), 0);
	assert_int_equal(dp_circuit_to_control(net->dp, leaf[1]), -EBUSY);
	arrive(net, EAST, MACS L100 "00000000", LARGE);
	dp_worker_turn(net->worker);
	expect_labelled(net, WEST, "8847 000c81fe 00000000", LARGE);
	assert_int_equal(dp_circuit_unlink(net->dp, leaf, 2), 0);
	assert_int_equal(reclaim(net), 0);
	assert_int_equal(dp_control_poll(net->dp, 10), 2);
	assert_int_equal(h.n, 2);
	assert_int_equal(h.cookies, 3);
	assert_int_equal(h.len, LARGE - 22);
	assert_int_equal(reclaim(net), 2);
	assert_int_equal(r.cookies, 3);
	assert_int_equal(
		dp_circuit_send(net->dp, leaf_to_west(net, 201), (uint8_t[4]){ 0 }, 4), -EINVAL);
}

static void
open_again(void *arg, dp_circuit_t circuit, uint32_t cookie)
{
	struct net *net = arg;
	dp_circuit_t again;

	(void)circuit;
	if (cookie != 2)
		return;
	assert_int_equal(dp_circuit_open(net->dp, net->east, 100, false, 9, &again), 0);
	assert_int_equal(dp_circuit_unlink(net->dp, &again, 1), 0);
}

/* I3, DEACT-3: the last leaf ends when its label is free, and not before another has drained. */
static void
the_label_is_free_in_the_last_leafs_callback_whatever_was_to_control(void **state)
{
	struct net *net = *state;
	dp_circuit_t leaf[2] = { open_leaf(net, 100, 1), open_leaf(net, 100, 2) };
	struct heard h = { 0 };

	dp_trunk_set_control_rx(net->dp, net->east, hear, &h);
	dp_trunk_set_reclaimed(net->dp, net->east, open_again, net);
	assert_int_equal(dp_circuit_to_control(net->dp, leaf[0]), 0);
	assert_int_equal(dp_circuit_join(net->dp, leaf[1], open_circuit(net, net->west, 200)), 0);
	arrive(net, EAST, MACS L100 "00000000", LARGE);
	dp_worker_turn(net->worker);
	expect_labelled(net, WEST, "8847 000c81fe 00000000", LARGE);
	assert_int_equal(dp_circuit_unlink(net->dp, leaf, 2), 0);
	assert_int_equal(reclaim(net), 0);
	assert_int_equal(dp_control_poll(net->dp, 10), 1);
	assert_int_equal(reclaim(net), 2);
	assert_int_equal(reclaim(net), 1);
}

static void
what_arrives_is_checked_for_each_leaf(void **state)
{
	struct net *net = *state;
	dp_circuit_t w = leaf_to_west(net, 200), v = leaf_to_vlan(net, 0, 0, 0);

	arrive(net, EAST, MACS "8847 00064101 00000000" INNER "0800", 60);
	dp_worker_turn(net->worker);
	expect_left(net, LAN, INNER "0800", 60 - 22); /* TTL 1 is good enough for its end */
	assert_int_equal(drops(net, EAST, DP_DROP_TTL), 1);
	assert_int_equal(stats_of(net, w).drops, 1);
	arrive(net, EAST, MACS L100 "10000000" INNER "0800", LARGE);
	dp_worker_turn(net->worker);
	expect_labelled(net, WEST, "8847 000c81fe 10000000" INNER "0800", LARGE);
	assert_int_equal(drops(net, EAST, DP_DROP_CONTROL_WORD), 1);
	assert_int_equal(stats_of(net, v).drops, 1);
	expect_nothing_left(net);
}

static void
every_leaf_has_an_account_of_its_own(void **state)
{
	struct net *net = *state;
	dp_circuit_t leaf[2] = { open_leaf(net, 100, 0), open_leaf(net, 100, 1) }, out[2];
	struct dp_attachment_stats a;
	uint32_t i;

	for (i = 0; i < 2; i++)
		out[i] = open_circuit(net, net->west, 200 + i);
	arrive(net, EAST, MACS L100 "00000000", 60);
	expect_drop(net, EAST, DP_DROP_NOT_CONNECTED);
	assert_int_equal(dp_circuit_join(net->dp, leaf[0], leaf[1]), -EINVAL);
	assert_int_equal(dp_circuit_join(net->dp, leaf[0], out[0]), 0);
	arrive(net, EAST, MACS L100 "00000000", 60);
	dp_worker_turn(net->worker);
	assert_int_equal(dp_circuit_join(net->dp, out[1], leaf[1]), 0); /* either way round */
	leaf_to_vlan(net, 0, 0, 0);
	arrive(net, EAST, MACS L100 "00000000" INNER "0800", 70);
	dp_worker_turn(net->worker);
	assert_int_equal(stats_of(net, leaf[0]).rx_packets, 2);
	assert_int_equal(stats_of(net, leaf[0]).rx_octets, 130);
	assert_int_equal(stats_of(net, leaf[0]).tx_packets, 0);
	assert_int_equal(stats_of(net, leaf[0]).drops, 0);
	assert_int_equal(stats_of(net, leaf[1]).rx_packets, 1);
	assert_int_equal(stats_of(net, out[0]).tx_packets, 2);
	assert_int_equal(stats_of(net, out[0]).tx_octets, 130);
	assert_int_equal(stats_of(net, out[1]).tx_octets, 70);
	assert_int_equal(dp_attachment_stats(net->dp, 0, &a), 0);
	assert_int_equal(a.tx_packets, 1);
}

static void
traffic_is_one_way(void **state)
{
	struct net *net = *state;
	dp_circuit_t leaf = open_leaf(net, 100, 0), out = open_circuit(net, net->west, 200);

	assert_int_equal(dp_circuit_join(net->dp, leaf, out), 0);
	leaf_to_vlan(net, 1, 7, 0);
	arrive(net, WEST, MACS "8847 000c81ff 00000000", 60);
	expect_drop(net, WEST, DP_DROP_ONE_WAY);
	assert_int_equal(stats_of(net, out).drops, 1);
	arrive(net, LAN, INNER "8100 0007 0800", 60);
	expect_drop(net, LAN, DP_DROP_ONE_WAY);
	assert_int_equal(stats_of(net, leaf).tx_packets, 0);
	unlink_circuit(net, leaf);
	arrive(net, WEST, MACS "8847 000c81ff 00000000", 60);
	expect_drop(net, WEST, DP_DROP_NOT_CONNECTED);
}

/* ---- The life of leaves ---- */

/* SIG-1 */
static void
a_label_is_for_leaves_or_for_one_circuit(void **state)
{
	struct net *net = *state;
	dp_circuit_t c = open_circuit(net, net->east, 101), leaf = open_leaf(net, 100, 0), none;

	assert_int_equal(dp_leaf_open(net->dp, net->east, 101, 0, &none), -EEXIST);
	assert_int_equal(dp_circuit_open(net->dp, net->east, 100, false, 0, &none), -EEXIST);
	assert_int_equal(dp_leaf_open(net->dp, net->east, 15, 0, &none), -EINVAL);
	assert_int_equal(dp_leaf_open(net->dp, 2, 100, 0, &none), -EINVAL);
	assert_int_equal(dp_n_circuits(net->dp), 3); /* with the one that has the label */
	assert_int_equal(dp_n_labels(net->dp, net->east), 2);
	unlink_circuit(net, leaf);
	unlink_circuit(net, c);
	assert_int_equal(dp_leaf_open(net->dp, net->east, 100, 0, &none), -EEXIST);
	assert_int_equal(reclaim(net), 2);
	assert_int_equal(dp_n_circuits(net->dp), 0);
	open_leaf(net, 101, 0);
	open_circuit(net, net->east, 100);
}

/* I3 */
static void
the_last_leaf_gives_the_label_back_after_its_grace_period(void **state)
{
	struct net *net = *state;
	dp_circuit_t a = leaf_to_west(net, 200), b = leaf_to_west(net, 201);
	struct dp_reclaim_stats stats;
	struct reclaimed r;

	listen_east(net, &r);
	unlink_circuit(net, a);
	assert_int_equal(reclaim(net), 1);
	assert_int_equal(r.n, 1);
	assert_int_equal(r.cookies, 200);
	assert_int_equal(r.n_labels, 1);
	arrive(net, EAST, MACS L100 "00000000", 60);
	dp_worker_turn(net->worker);
	expect_labelled(net, WEST, "8847 000c91fe 00000000", 60);
	unlink_circuit(net, b);
	arrive(net, EAST, MACS L100 "00000000", 60);
	expect_drop(net, EAST, DP_DROP_NO_CIRCUIT);
	assert_int_equal(dp_reclaim_poll(net->dp, 0, 10), 0);
	assert_int_equal(dp_n_labels(net->dp, net->east), 1);
	dp_reclaim_stats(net->dp, &stats);
	assert_int_equal(stats.pending, 1);
	dp_worker_turn(net->worker);
	assert_int_equal(dp_reclaim_poll(net->dp, 0, 10), 1);
	assert_int_equal(r.n, 2);
	assert_int_equal(r.n_labels, 0); /* free when the last leaf is reported */
	dp_reclaim_stats(net->dp, &stats);
	assert_int_equal(stats.circuits, 2);
	assert_int_equal(stats.pending, 0);
}

static int
idle_setup(void **state)
{
	*state = net_create_idle(100, 0);
	return 0;
}

/* I1, I3 */
static void
a_worker_that_holds_back_delays_the_end_of_a_leaf(void **state)
{
	struct net *net = *state;
	struct reclaimed r;

	listen_east(net, &r);
	leaf_to_west(net, 200);
	unlink_circuit(net, leaf_to_west(net, 201));
	assert_int_equal(reclaim(net), 0);
	assert_int_equal(reclaim(net), 0);
	arrive(net, EAST, MACS L100 "00000000", 60);
	dp_worker_turn(net->worker);
	expect_labelled(net, WEST, "8847 000c81fe 00000000", 60); /* out at once all the same */
	expect_nothing_left(net);
	dp_worker_turn(net->idle);
	assert_int_equal(reclaim(net), 1);
	assert_int_equal(r.n, 1);
}

/* ---- Leaves come and go ---- */

#define SOME 64u

/* Leaves of 100 in the east, each for a circuit of the west that stays; and whether it is there. */
struct crowd {
	dp_circuit_t leaves[SOME], out[SOME];
	uint32_t in[SOME];
	uint32_t n_in;
};

static void
make_crowd(struct net *net, struct crowd *c)
{
	uint32_t i;

	memset(c, 0, sizeof(*c));
	for (i = 0; i < SOME; i++)
		c->out[i] = open_circuit(net, net->west, 200 + i);
}

static void
come_or_go(struct net *net, struct crowd *c, uint32_t k)
{
	if (c->in[k] != 0) {
		unlink_circuit(net, c->leaves[k]);
		c->n_in--;
	} else {
		c->leaves[k] = open_leaf(net, 100, k);
		assert_int_equal(dp_circuit_join(net->dp, c->leaves[k], c->out[k]), 0);
		c->n_in++;
	}
	c->in[k] = c->in[k] == 0;
}

static int
crowd_setup(void **state)
{
	const struct net_config c = { .n_circuits = 4 * SOME };

	*state = net_create_config(&c);
	return 0;
}

/* I5, SIG-109 */
static void
leaves_come_and_go_between_frames_and_the_others_get_each_frame_once(void **state)
{
	struct net *net = *state;
	uint32_t counts[SOME], i, k;
	struct crowd c;

	make_crowd(net, &c);
	come_or_go(net, &c, 0);
	srand(1);
	for (i = 0; i < 3000; i++) {
		k = 1 + (uint32_t)rand() % (SOME - 1);
		/* By turns they become many and few, so that the list grows, has holes, shrinks. */
		if ((c.in[k] == 0) == (i / 500 % 2 == 0) || rand() % 4 == 0)
			come_or_go(net, &c, k);
		arrive(net, EAST, MACS L100, i % 2 == 0 ? 60 : 200);
		dp_worker_turn(net->worker);
		assert_int_equal(count_labels(net, WEST, 200, counts, SOME), c.n_in);
		assert_memory_equal(counts, c.in, sizeof(counts));
		reclaim(net);
	}
	assert_int_equal(stats_of(net, c.leaves[0]).rx_packets, 3000);
	assert_int_equal(stats_of(net, c.leaves[0]).drops, 0);
}

static int
large_setup(void **state)
{
	const struct net_config c = { .n_circuits = 2 * MANY + 8,
		.n_mbufs = 8191,
		.wire_size = 8192,
		.list_size = MIN_LIST_SIZE * 4 };

	*state = net_create_config(&c);
	return 0;
}

/* I4: the memory of their lists comes back too, to the last octet. */
static void
a_label_has_up_to_4096_leaves(void **state)
{
	struct net *net = *state;
	static dp_circuit_t leaves[MANY];
	static uint32_t counts[MANY];
	uint32_t i, round;
	dp_circuit_t none;

	for (i = 0; i < MANY; i++)
		open_circuit(net, net->west, 1000 + i);
	for (round = 0; round < 3; round++) {
		for (i = 0; i < MANY; i++) {
			leaves[i] = open_leaf(net, 100, i);
			/* West circuits are indexes 0 .. MANY - 1, of the first generation. */
			assert_int_equal(dp_circuit_join(net->dp, leaves[i], (1u << 22) | i), 0);
			if (i % 64 == 0)
				reclaim(net); /* lists that were outgrown */
		}
		assert_int_equal(dp_leaf_open(net->dp, net->east, 100, 0, &none), -ENOSPC);
		arrive(net, EAST, MACS L100, round == 0 ? 60 : LARGE);
		dp_worker_turn(net->worker);
		assert_int_equal(count_labels(net, WEST, 1000, counts, MANY), MANY);
		for (i = 0; i < MANY; i++)
			assert_int_equal(counts[i], 1);
		assert_int_equal(dp_circuit_unlink(net->dp, leaves, MANY), 0);
		assert_int_equal(reclaim(net), MANY);
	}
	assert_int_equal(dp_n_circuits(net->dp), MANY);
}

/* ---- Running out ---- */

static int
small_lists_setup(void **state)
{
	const struct net_config c = { .n_circuits = 1000, .list_size = MIN_LIST_SIZE };

	*state = net_create_config(&c);
	return 0;
}

/* How many labels get a first leaf until there is no memory for a list; each list is a line. */
static uint32_t
fill_lists(struct net *net, dp_circuit_t *leaves)
{
	dp_circuit_t leaf;
	uint32_t n = 0;

	while (dp_leaf_open(net->dp, net->east, 100 + n, 0, &leaf) == 0)
		leaves[n++] = leaf;
	return n;
}

/* I4, I5 */
static void
without_memory_for_lists_adding_is_refused_and_changes_nothing(void **state)
{
	struct net *net = *state;
	dp_circuit_t first[16], others[1000], none;
	uint32_t counts[16], i, n, n_circuits;

	for (i = 0; i < 16; i++)
		first[i] = leaf_to_west(net, 200 + i);
	n = MIN_LIST_SIZE / 64 - 1;
	for (i = 0; i < n; i++)
		others[i] = open_leaf(net, 1000 + i, 0);
	n_circuits = dp_n_circuits(net->dp);
	assert_int_equal(dp_leaf_open(net->dp, net->east, 100, 0, &none), -ENOSPC);
	assert_int_equal(dp_leaf_open(net->dp, net->east, 500, 0, &none), -ENOSPC);
	assert_int_equal(dp_n_circuits(net->dp), n_circuits);
	assert_int_equal(dp_n_labels(net->dp, net->east), 1 + n);
	arrive(net, EAST, MACS L100, 60);
	dp_worker_turn(net->worker);
	assert_int_equal(count_labels(net, WEST, 200, counts, 16), 16);
	unlink_circuit(net, first[3]); /* needs none */
	first[3] = open_leaf(net, 100, 0);
	assert_int_equal(dp_circuit_unlink(net->dp, others, n), 0);
	assert_int_equal(dp_circuit_unlink(net->dp, first, 16), 0);
	assert_int_equal(reclaim(net), n + 17);
	assert_int_equal(fill_lists(net, others), MIN_LIST_SIZE / 64);
}

static void
without_circuits_no_leaf_is_opened_and_no_label_taken(void **state)
{
	struct net *net = *state;
	dp_circuit_t leaf;
	uint32_t i;

	for (i = 0; i < 99; i++)
		open_circuit(net, net->west, 200 + i);
	assert_int_equal(dp_leaf_open(net->dp, net->east, 100, 0, &leaf), -ENOSPC);
	assert_int_equal(dp_n_circuits(net->dp), 99);
	assert_int_equal(dp_n_labels(net->dp, net->east), 0);
}

/* The others, and the last one, which takes the frame itself, have theirs. */
static void
without_mbufs_a_leaf_goes_without_a_copy(void **state)
{
	struct net *net = *state;
	struct rte_mbuf *frame = frame_of(net, MACS L100 "00000000" INNER "0800", LARGE);
	struct rte_mbuf *all[2000];
	dp_circuit_t leaves[3];
	uint32_t i, n = 0;

	for (i = 0; i < 3; i++)
		leaves[i] = leaf_to_west(net, 200 + i);
	while ((all[n] = rte_pktmbuf_alloc(dp_mempool(net->dp))) != NULL)
		n++;
	rte_pktmbuf_free(all[--n]); /* for the second; it is the first that asks */
	arrive_frame(net, EAST, frame);
	dp_worker_turn(net->worker);
	rte_pktmbuf_free_bulk(all, n);
	expect_labelled(net, WEST, "8847 000c81fe 00000000" INNER "0800", LARGE);
	expect_labelled(net, WEST, "8847 000ca1fe 00000000" INNER "0800", LARGE);
	expect_nothing_left(net);
	assert_int_equal(drops(net, EAST, DP_DROP_NO_MBUF), 1);
	assert_int_equal(stats_of(net, leaves[1]).drops, 1);
	assert_int_equal(stats_of(net, leaves[1]).rx_packets, 0);
	assert_int_equal(stats_of(net, leaves[2]).rx_packets, 1);
}

static int
one_clone_setup(void **state)
{
	const struct net_config c = { .n_circuits = 100, .n_clones = 1 };

	*state = net_create_config(&c);
	return 0;
}

static void
without_clones_a_leaf_goes_without_a_copy_and_nothing_leaks(void **state)
{
	struct net *net = *state;
	uint32_t i;

	for (i = 0; i < 3; i++)
		leaf_to_west(net, 200 + i);
	arrive(net, EAST, MACS L100 "00000000" INNER "0800", LARGE);
	dp_worker_turn(net->worker);
	expect_labelled(net, WEST, "8847 000c81fe 00000000" INNER "0800", LARGE);
	expect_labelled(net, WEST, "8847 000ca1fe 00000000" INNER "0800", LARGE);
	assert_int_equal(drops(net, EAST, DP_DROP_NO_MBUF), 1);
}

/* ---- A worker on a core of its own ---- */

#define N_FRAMES 5000u
#define N_CHANGES 100000u
#define N_STAYING 4u
#define PAYLOAD_AT 18u
#define N_RUNNING (64 * SOME) /* circuits: so many leaves may wait for a grace period */

/* Whether the wire takes all copies of what the worker has before it, a burst in hand included. */
static bool
has_room(const struct net *net)
{
	uint32_t n_in = rte_ring_count(net->in[EAST]);

	return (n_in + DP_RX_BURST + 1) * SOME + rte_ring_count(net->out[WEST]) <
	       rte_ring_get_capacity(net->out[WEST]);
}

static void
arrive_numbered(struct net *net, uint32_t number)
{
	struct rte_mbuf *m = frame_of(net, MACS L100, number % 2 == 0 ? 60 : 300);

	cp_put_be32(rte_pktmbuf_mtod_offset(m, uint8_t *, PAYLOAD_AT), number);
	arrive_frame(net, EAST, m);
}

/*
 * What left carries on where @p next is, by leaf: of those that stay, each number. Of the others
 * some, and none but the last one again: who goes and comes back while a frame is replicated may
 * get it as either leaf.
 * @return How many frames are out of order.
 */
static uint32_t
check_numbers(struct net *net, uint32_t *next)
{
	uint32_t k, number, n_bad = 0;
	struct rte_mbuf *m;

	while ((m = left(net, WEST)) != NULL) {
		k = (cp_get_be32(rte_pktmbuf_mtod_offset(m, uint8_t *, 14)) >> 12) - 200;
		number = cp_get_be32(rte_pktmbuf_mtod_offset(m, uint8_t *, PAYLOAD_AT));
		if (k >= SOME || (k < N_STAYING ? number != next[k] : number + 1 < next[k]))
			n_bad++;
		else
			next[k] = number + 1;
		rte_pktmbuf_free(m);
	}
	return n_bad;
}

/* I5, I6, SIG-109: the leaves that stay get every frame once, while control changes the others. */
static void
a_running_worker_loses_nothing_while_leaves_come_and_go(void **state)
{
	struct net *net = *state;
	uint32_t next[SOME] = { 0 }, sent = 0, changed = 0, n_bad = 0, i;
	struct dp_worker_stats stats;
	struct crowd c;

	make_crowd(net, &c);
	for (i = 0; i < N_STAYING; i++)
		come_or_go(net, &c, i);
	dp_worker_offline(net->worker);
	assert_int_equal(rte_eal_remote_launch(dp_worker_run, net->worker, 1), 0);
	do {
		if ((sent < N_FRAMES || changed < N_CHANGES) && has_room(net))
			arrive_numbered(net, sent++);
		/* As long as grace periods keep up. */
		if (changed < N_CHANGES && dp_n_circuits(net->dp) < N_RUNNING - 2) {
			come_or_go(net, &c, N_STAYING + (uint32_t)rand() % (SOME - N_STAYING));
			changed++;
		}
		dp_reclaim_poll(net->dp, 0, UINT32_MAX);
		n_bad += check_numbers(net, next);
		dp_worker_stats(net->dp, 0, &stats);
	} while (sent < N_FRAMES || changed < N_CHANGES || stats.rx < sent);
	dp_worker_stop(net->worker);
	assert_int_equal(rte_eal_wait_lcore(1), 0);
	n_bad += check_numbers(net, next);
	assert_int_equal(n_bad, 0);
	assert_int_equal(drops(net, WEST, DP_DROP_TX) + drops(net, EAST, DP_DROP_NO_MBUF), 0);
	for (i = 0; i < N_STAYING; i++)
		assert_int_equal(next[i], sent);
	dp_worker_online(net->worker);
}

static int
running_setup(void **state)
{
	const struct net_config c = {
		.n_circuits = N_RUNNING, .n_mbufs = 16383, .wire_size = 8192
	};

	*state = net_create_config(&c);
	return 0;
}

#define NET_TEST(f) cmocka_unit_test_setup_teardown(f, net_setup, net_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		NET_TEST(each_leaf_gets_a_copy_behind_its_own_headers),
		NET_TEST(large_frames_share_their_octets_but_not_their_headers),
		NET_TEST(a_copy_is_cut_to_the_length_that_its_control_word_says),
		cmocka_unit_test_setup_teardown(a_port_that_sends_one_segment_gets_whole_copies,
			one_segment_setup, net_teardown),
		NET_TEST(a_copy_is_replicated_like_any_frame),
		NET_TEST(a_leaf_may_lead_to_control),
		NET_TEST(the_label_is_free_in_the_last_leafs_callback_whatever_was_to_control),
		NET_TEST(what_arrives_is_checked_for_each_leaf),
		NET_TEST(every_leaf_has_an_account_of_its_own),
		NET_TEST(traffic_is_one_way),
		NET_TEST(a_label_is_for_leaves_or_for_one_circuit),
		NET_TEST(the_last_leaf_gives_the_label_back_after_its_grace_period),
		cmocka_unit_test_setup_teardown(a_worker_that_holds_back_delays_the_end_of_a_leaf,
			idle_setup, net_teardown),
		cmocka_unit_test_setup_teardown(
			leaves_come_and_go_between_frames_and_the_others_get_each_frame_once,
			crowd_setup, net_teardown),
		cmocka_unit_test_setup_teardown(
			a_label_has_up_to_4096_leaves, large_setup, net_teardown),
		cmocka_unit_test_setup_teardown(
			without_memory_for_lists_adding_is_refused_and_changes_nothing,
			small_lists_setup, net_teardown),
		NET_TEST(without_circuits_no_leaf_is_opened_and_no_label_taken),
		NET_TEST(without_mbufs_a_leaf_goes_without_a_copy),
		cmocka_unit_test_setup_teardown(
			without_clones_a_leaf_goes_without_a_copy_and_nothing_leaks,
			one_clone_setup, net_teardown),
		cmocka_unit_test_setup_teardown(
			a_running_worker_loses_nothing_while_leaves_come_and_go, running_setup,
			net_teardown),
	};

	return cmocka_run_group_tests_name("dataplane_leaf", tests, eal_setup, eal_teardown);
}
