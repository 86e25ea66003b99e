/* SPDX-License-Identifier: BSD-3-Clause */
/* Frames between control and the wire: signalling, and a local client's data. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "fixture.h"

#include <cmocka.h>

#define MACS "0a0b0c0d0e0f 1a1b1c1d1e1f "
#define L16 "8847 000101ff "
#define L100 "8847 000641ff "
#define COOKIE 0xfeedcafeu
#define RING_HOLDS 63u /* a ring of 64 keeps one slot free */

/* What control got. */
struct heard {
	uint32_t n;
	uint32_t cookie;
	uint32_t len;
	uint8_t payload[NET_MAX_FRAME];
};

static bool
hear(void *arg, uint32_t cookie, const uint8_t *payload, uint32_t len, struct rte_mbuf *frame)
{
	struct heard *h = arg;

	(void)frame;
	h->n++;
	h->cookie = cookie;
	h->len = len;
	memcpy(h->payload, payload, len);
	return false;
}

static dp_circuit_t
open_to_control(struct net *net, struct heard *h)
{
	dp_circuit_t c;

	memset(h, 0, sizeof(*h));
	assert_int_equal(dp_circuit_open(net->dp, net->east, 16, true, COOKIE, &c), 0);
	dp_trunk_set_control_rx(net->dp, net->east, hear, h);
	return c;
}

static void
unlink_circuit(struct net *net, dp_circuit_t circuit)
{
	assert_int_equal(dp_circuit_unlink(net->dp, &circuit, 1), 0);
}

static struct dp_control_stats
control_stats(const struct net *net)
{
	struct dp_control_stats s;

	dp_control_stats(net->dp, &s);
	return s;
}

/* SIG-4, SIG-5, SIG-6, SIG-9: the POLL of section 1 of the signalling specification. */
static void
a_pdu_leaves_behind_label_and_control_word(void **state)
{
	static const uint8_t poll[] = { 0, 0, 0, 1, 0x0a, 0, 0, 0 };
	struct net *net = *state;

	assert_int_equal(dp_trunk_send(net->dp, net->east, 16, poll, sizeof(poll)), 0);
	dp_worker_turn(net->worker);
	expect_nothing_left(net); /* not before it is flushed */
	dp_control_flush(net->dp);
	dp_worker_turn(net->worker);
	expect_labelled(net, EAST, "8847 00010dff 000c0000 00000001 0a000000", 0);
	assert_int_equal(control_stats(net).tx, 1);
}

/* What a port has no room for in a turn is data: else a burst of it would cost the signalling that
 * shares the port a timer of its transport. */
static void
what_control_sends_leaves_before_the_frames_of_the_same_turn(void **state)
{
	static const uint8_t poll[] = { 0, 0, 0, 1, 0x0a, 0, 0, 0 };
	struct net *net = *state;
	dp_circuit_t a = open_circuit(net, net->east, 100);
	dp_circuit_t b = open_circuit(net, net->west, 200);
	int i;

	assert_int_equal(dp_circuit_join(net->dp, a, b), 0);
	for (i = 0; i < 126; i++) {
		arrive(net, EAST, MACS L100, 60);
		dp_worker_turn(net->worker);
	}
	arrive(net, EAST, MACS L100, 60);
	assert_int_equal(dp_trunk_send(net->dp, net->west, 16, poll, sizeof(poll)), 0);
	dp_control_flush(net->dp);
	dp_worker_turn(net->worker);
	assert_int_equal(drops(net, WEST, DP_DROP_TX), 1);
	for (i = 0; i < 126; i++)
		expect_labelled(net, WEST, "8847 000c81fe", 60);
	expect_labelled(net, WEST, "8847 00010dff 000c0000 00000001 0a000000", 0);
}

/* SIG-6, SIG-10 */
static void
a_pdu_may_be_as_large_as_the_trunk_carries(void **state)
{
	uint8_t pdu[NET_MAX_FRAME];
	struct net *net = *state;
	uint32_t max = dp_trunk_max_payload(net->dp, net->east);

	assert_int_equal(max, 1492);
	memset(pdu, 0xee, sizeof(pdu));
	assert_int_equal(dp_trunk_send(net->dp, net->west, 16, pdu, max), 0);
	assert_int_equal(dp_trunk_send(net->dp, net->west, 16, pdu, 60), 0);
	assert_int_equal(dp_trunk_send(net->dp, net->west, 16, pdu, 59), 0);
	assert_int_equal(dp_trunk_send(net->dp, net->west, 16, pdu, max + 1), -EMSGSIZE);
	assert_int_equal(dp_trunk_send(net->dp, net->west, 15, pdu, 4), -EINVAL);
	assert_int_equal(dp_trunk_send(net->dp, net->west, DP_N_LABELS, pdu, 4), -EINVAL);
	assert_int_equal(dp_trunk_send(net->dp, 2, 16, pdu, 4), -EINVAL);
	dp_control_flush(net->dp);
	dp_worker_turn(net->worker);
	expect_labelled(net, WEST, "8847 00010dff 00000000", 22 + max);
	expect_labelled(net, WEST, "8847 00010dff 00000000", 22 + 60);
	expect_labelled(net, WEST, "8847 00010dff 003f0000", 22 + 59);
	expect_nothing_left(net);
}

/* SIG-8, SIG-9 */
static void
control_gets_the_payload_without_label_control_word_and_padding(void **state)
{
	static const uint8_t poll[] = { 0, 0, 0, 1, 0x0a, 0, 0, 0 };
	struct net *net = *state;
	struct heard h;

	open_to_control(net, &h);
	arrive(net, EAST, MACS L16 "000c0000 00000001 0a000000", 60);
	dp_worker_turn(net->worker);
	assert_int_equal(dp_control_poll(net->dp, 10), 1);
	assert_int_equal(h.n, 1);
	assert_true(h.cookie == COOKIE);
	assert_int_equal(h.len, sizeof(poll));
	assert_memory_equal(h.payload, poll, sizeof(poll));
	arrive(net, EAST, MACS "8100 0005" L16 "00000000", 104);
	dp_worker_turn(net->worker);
	assert_int_equal(dp_control_poll(net->dp, 10), 1);
	assert_int_equal(h.len, 104 - 4 - 22);
	assert_int_equal(control_stats(net).rx, 2);
}

/* SIG-4, SIG-7, SIG-8; TTL 1 is good enough for who is at the end */
static void
a_frame_to_control_is_checked_before(void **state)
{
	struct net *net = *state;
	struct heard h;

	open_to_control(net, &h);
	arrive(net, EAST, MACS "8847 000100ff 00040000", 60);
	expect_drop(net, EAST, DP_DROP_LABEL_STACK);
	arrive(net, EAST, MACS "8847 00010100 00040000", 60);
	expect_drop(net, EAST, DP_DROP_TTL);
	arrive(net, EAST, MACS L16 "10040000", 60);
	expect_drop(net, EAST, DP_DROP_CONTROL_WORD);
	arrive(net, EAST, MACS L16 "003f0000", 60);
	expect_drop(net, EAST, DP_DROP_CONTROL_LENGTH);
	arrive(net, EAST, MACS L16 "0004", 0);
	expect_drop(net, EAST, DP_DROP_RUNT);
	arrive(net, EAST, MACS "8847 00010101 00040000", 60);
	dp_worker_turn(net->worker);
	assert_int_equal(dp_control_poll(net->dp, 10), 1);
	assert_int_equal(h.len, 0);
}

static void
control_takes_no_more_than_it_asks_for(void **state)
{
	struct net *net = *state;
	struct heard h;
	int i;

	open_to_control(net, &h);
	for (i = 0; i < 40; i++)
		arrive(net, EAST, MACS L16 "00040000", 60);
	while (dp_worker_turn(net->worker) != 0)
		;
	assert_int_equal(dp_control_poll(net->dp, 3), 3);
	assert_int_equal(dp_control_poll(net->dp, 100), 37);
	assert_int_equal(dp_control_poll(net->dp, 100), 0);
	assert_int_equal(h.n, 40);
}

/* I6 */
static void
a_full_ring_to_control_drops_frames_and_stops_nobody(void **state)
{
	struct net *net = *state;
	struct dp_worker_stats stats;
	struct heard h;
	uint32_t i;

	open_to_control(net, &h);
	for (i = 0; i < RING_HOLDS + 5; i++)
		arrive(net, EAST, MACS L16 "00040000", 60);
	while (dp_worker_turn(net->worker) != 0)
		;
	assert_int_equal(drops(net, EAST, DP_DROP_CONTROL_FULL), 5);
	dp_worker_stats(net->dp, 0, &stats);
	assert_int_equal(stats.to_control, RING_HOLDS);
	assert_int_equal(dp_control_poll(net->dp, 1000), RING_HOLDS);
	assert_int_equal(h.n, RING_HOLDS);
}

/* I6 */
static void
a_full_ring_from_control_refuses_and_takes_again_when_it_has_room(void **state)
{
	static const uint8_t pdu[4];
	struct net *net = *state;
	struct dp_worker_stats stats;
	struct rte_mbuf *m;
	uint32_t i;

	for (i = 0; i < RING_HOLDS; i++)
		assert_int_equal(dp_trunk_send(net->dp, net->east, 16, pdu, sizeof(pdu)), 0);
	assert_int_equal(dp_trunk_send(net->dp, net->east, 16, pdu, sizeof(pdu)), -ENOBUFS);
	dp_control_flush(net->dp);
	assert_int_equal(dp_trunk_send(net->dp, net->east, 16, pdu, sizeof(pdu)), -ENOBUFS);
	assert_int_equal(control_stats(net).tx, RING_HOLDS);
	assert_int_equal(control_stats(net).tx_ring_full, 2);
	dp_worker_turn(net->worker); /* takes a burst */
	for (i = 0; i < DP_BURST; i++)
		assert_int_equal(dp_trunk_send(net->dp, net->east, 16, pdu, sizeof(pdu)), 0);
	assert_int_equal(dp_trunk_send(net->dp, net->east, 16, pdu, sizeof(pdu)), -ENOBUFS);
	dp_control_flush(net->dp);
	for (i = 0; i < 3; i++)
		dp_worker_turn(net->worker);
	dp_worker_stats(net->dp, 0, &stats);
	assert_int_equal(stats.from_control, RING_HOLDS + DP_BURST);
	assert_int_equal(stats.tx, RING_HOLDS + DP_BURST);
	for (i = 0; (m = left(net, EAST)) != NULL; i++)
		rte_pktmbuf_free(m);
	assert_int_equal(i, RING_HOLDS + DP_BURST);
}

static void
without_mbufs_sending_is_refused_and_counted(void **state)
{
	static const uint8_t pdu[4];
	struct net *net = *state;
	struct rte_mbuf *all[1023];
	uint32_t n = 0;

	while (n < 1023 && (all[n] = rte_pktmbuf_alloc(dp_mempool(net->dp))) != NULL)
		n++;
	assert_int_equal(dp_trunk_send(net->dp, net->east, 16, pdu, sizeof(pdu)), -ENOMEM);
	assert_int_equal(control_stats(net).tx_no_mbuf, 1);
	rte_pktmbuf_free_bulk(all, n);
	assert_int_equal(dp_trunk_send(net->dp, net->east, 16, pdu, sizeof(pdu)), 0);
}

/* ---- Data of a local client ---- */

static void
an_unconnected_circuit_can_be_turned_to_control(void **state)
{
	struct net *net = *state;
	dp_circuit_t a = open_circuit(net, net->east, 100), b = open_circuit(net, net->west, 100);
	struct heard h = { 0 };

	dp_trunk_set_control_rx(net->dp, net->east, hear, &h);
	assert_int_equal(dp_circuit_to_control(net->dp, a), 0);
	assert_int_equal(dp_circuit_to_control(net->dp, a), -EBUSY);
	assert_int_equal(dp_circuit_join(net->dp, a, b), -EBUSY);
	assert_int_equal(dp_circuit_join(net->dp, b, open_circuit(net, net->east, 101)), 0);
	assert_int_equal(dp_circuit_to_control(net->dp, b), -EBUSY);
	arrive(net, EAST, MACS "8847 000641ff 00000000", 100);
	dp_worker_turn(net->worker);
	assert_int_equal(dp_control_poll(net->dp, 10), 1);
	assert_int_equal(h.cookie, 100);
	assert_int_equal(h.len, 100 - 22);
	unlink_circuit(net, a);
	assert_int_equal(dp_circuit_to_control(net->dp, a), -ESTALE);
}

/* SIG-4: signalling has its traffic class, data has none. */
static void
what_control_sends_on_a_circuit_is_in_its_account(void **state)
{
	static const uint8_t data[4] = { 1, 2, 3, 4 };
	struct net *net = *state;
	dp_circuit_t a = open_circuit(net, net->east, 100), signalling;
	struct dp_circuit_stats stats;
	struct heard h;

	signalling = open_to_control(net, &h);
	assert_int_equal(dp_circuit_send(net->dp, a, data, sizeof(data)), 0);
	assert_int_equal(dp_circuit_send(net->dp, a, data, 2), 0);
	assert_int_equal(dp_circuit_send(net->dp, signalling, data, sizeof(data)), 0);
	assert_int_equal(dp_circuit_send(net->dp, a, data, 1493), -EMSGSIZE);
	dp_control_flush(net->dp);
	dp_worker_turn(net->worker);
	expect_labelled(net, EAST, "8847 000641ff 00080000 01020304", 0);
	expect_labelled(net, EAST, "8847 000641ff 00060000 0102", 0);
	expect_labelled(net, EAST, "8847 00010dff 00080000 01020304", 0);
	assert_int_equal(dp_circuit_stats(net->dp, a, &stats), 0);
	assert_int_equal(stats.tx_packets, 2);
	assert_int_equal(stats.tx_octets, 26 + 24);
	unlink_circuit(net, a);
	assert_int_equal(dp_circuit_send(net->dp, a, data, sizeof(data)), -ESTALE);
}

struct keeper {
	uint32_t n;
	struct rte_mbuf *frames[4];
};

static bool
keep(void *arg, uint32_t cookie, const uint8_t *payload, uint32_t len, struct rte_mbuf *frame)
{
	struct keeper *k = arg;

	(void)cookie;
	(void)payload;
	(void)len;
	k->frames[k->n++] = frame;
	return true;
}

/* RECV-3: given back in any order, also after the end of the circuit. */
static void
frames_may_be_kept_and_given_back_later(void **state)
{
	struct net *net = *state;
	struct keeper k = { 0 };
	struct heard h;
	dp_circuit_t c = open_to_control(net, &h);
	uint32_t i;

	dp_trunk_set_control_rx(net->dp, net->east, keep, &k);
	for (i = 0; i < 3; i++)
		arrive(net, EAST, i == 1 ? MACS L16 "00050000 55" : MACS L16 "00050000 44", 60);
	dp_worker_turn(net->worker);
	assert_int_equal(dp_control_poll(net->dp, 10), 3);
	assert_int_equal(control_stats(net).rx_kept, 3);
	unlink_circuit(net, c);
	assert_int_equal(reclaim(net), 1);
	dp_frame_return(net->dp, k.frames[2]);
	assert_int_equal(*rte_pktmbuf_mtod(k.frames[1], uint8_t *), 0x55);
	dp_frame_return(net->dp, k.frames[0]);
	dp_frame_return(net->dp, k.frames[1]);
	assert_int_equal(control_stats(net).rx_kept, 0);
}

/* ---- Draining ---- */

/* DEACT-2, DEACT-3 */
static void
what_has_arrived_is_delivered_before_its_circuit_is_reclaimed(void **state)
{
	struct net *net = *state;
	struct heard h;
	dp_circuit_t c = open_to_control(net, &h);
	struct dp_reclaim_stats stats;

	arrive(net, EAST, MACS L16 "00040000", 60);
	arrive(net, EAST, MACS L16 "00040000", 60);
	dp_worker_turn(net->worker);
	unlink_circuit(net, c);
	assert_int_equal(reclaim(net), 0);
	assert_int_equal(dp_control_poll(net->dp, 1), 1);
	assert_int_equal(h.n, 1);
	assert_int_equal(reclaim(net), 0);
	assert_int_equal(dp_n_labels(net->dp, net->east), 1);
	dp_reclaim_stats(net->dp, &stats);
	assert_int_equal(stats.pending, 1);
	assert_int_equal(dp_control_poll(net->dp, 10), 1);
	assert_int_equal(h.n, 2);
	assert_int_equal(dp_reclaim_poll(net->dp, 0, 10), 1);
	assert_int_equal(control_stats(net).rx_stale, 0);
	assert_int_equal(control_stats(net).rx, 2);
	assert_int_equal(dp_n_labels(net->dp, net->east), 0);
}

/* I1, DEACT-4 */
static void
what_arrives_for_an_unlinked_circuit_is_not_delivered(void **state)
{
	struct net *net = *state;
	struct heard h;
	dp_circuit_t c = open_to_control(net, &h);

	unlink_circuit(net, c);
	arrive(net, EAST, MACS L16 "00040000", 60);
	expect_drop(net, EAST, DP_DROP_NO_CIRCUIT);
	assert_int_equal(reclaim(net), 1);
	assert_int_equal(dp_control_poll(net->dp, 10), 0);
	assert_int_equal(h.n, 0);
}

/* DEACT-2: it stands in the stash, then in the ring, then it has left. */
static void
what_control_has_sent_leaves_before_its_circuit_is_reclaimed(void **state)
{
	static const uint8_t data[4];
	struct net *net = *state;
	dp_circuit_t c = open_circuit(net, net->east, 100), plain;
	uint32_t i;

	plain = open_circuit(net, net->east, 101);
	for (i = 0; i < DP_BURST + 1; i++)
		assert_int_equal(dp_circuit_send(net->dp, c, data, sizeof(data)), 0);
	unlink_circuit(net, c);
	unlink_circuit(net, plain);
	assert_int_equal(reclaim(net), 1); /* who never sent does not wait */
	assert_int_equal(rte_ring_count(net->out[EAST]), DP_BURST);
	assert_int_equal(reclaim(net), 0);
	dp_control_flush(net->dp);
	assert_int_equal(reclaim(net), 1);
	assert_int_equal(rte_ring_count(net->out[EAST]), DP_BURST + 1);
	assert_int_equal(dp_n_circuits(net->dp), 0);
}

/* DEACT-2, DEACT-3 */
static void
a_circuit_waits_for_what_it_has_sent_and_for_what_it_has_received(void **state)
{
	static const uint8_t data[4];
	struct net *net = *state;
	struct heard h;
	dp_circuit_t c = open_to_control(net, &h);

	arrive(net, EAST, MACS L16 "00040000", 60);
	dp_worker_turn(net->worker);
	assert_int_equal(dp_circuit_send(net->dp, c, data, sizeof(data)), 0);
	unlink_circuit(net, c);
	assert_int_equal(reclaim(net), 0);
	dp_control_flush(net->dp);
	assert_int_equal(reclaim(net), 0);
	assert_int_equal(rte_ring_count(net->out[EAST]), 1);
	assert_int_equal(dp_control_poll(net->dp, 10), 1);
	assert_int_equal(h.n, 1);
	assert_int_equal(dp_reclaim_poll(net->dp, 0, 10), 1);
	assert_int_equal(dp_n_circuits(net->dp), 0);
}

/* DEACT-2: until its end is told, its handle is good for that. */
static void
a_circuit_that_drains_tells_what_it_has_sent(void **state)
{
	static const uint8_t data[4];
	struct net *net = *state;
	struct dp_circuit_stats stats;
	dp_circuit_t c[3];
	uint32_t i, k;

	for (i = 0; i < 3; i++) {
		c[i] = open_circuit(net, net->east, 100 + i);
		for (k = 0; k <= i; k++)
			assert_int_equal(dp_circuit_send(net->dp, c[i], data, sizeof(data)), 0);
		unlink_circuit(net, c[i]);
	}
	assert_int_equal(reclaim(net), 0);
	for (i = 0; i < 3; i++) {
		assert_int_equal(dp_circuit_stats(net->dp, c[i], &stats), 0);
		assert_int_equal(stats.tx_packets, i + 1);
		assert_int_equal(stats.tx_octets, (i + 1) * (14 + 8 + sizeof(data)));
	}
	dp_control_flush(net->dp);
	assert_int_equal(reclaim(net), 3);
}

/* The end of each comes in the order of unlinking, and takes the others' frames into account. */
static void
many_circuits_drain_each_behind_its_own_frames(void **state)
{
	struct net *net = *state;
	dp_circuit_t c[3];
	struct heard h = { 0 };
	char hex[64];
	uint32_t i;

	dp_trunk_set_control_rx(net->dp, net->east, hear, &h);
	for (i = 0; i < 3; i++) {
		c[i] = open_circuit(net, net->east, 0x100 + i);
		assert_int_equal(dp_circuit_to_control(net->dp, c[i]), 0);
		snprintf(hex, sizeof(hex), MACS "8847 0010%u1ff 00040000", i);
		arrive(net, EAST, hex, 60);
		dp_worker_turn(net->worker);
		unlink_circuit(net, c[i]);
		assert_int_equal(reclaim(net), 0);
	}
	for (i = 0; i < 3; i++) {
		assert_int_equal(dp_control_poll(net->dp, 1), 1);
		assert_int_equal(h.cookie, 0x100 + i);
		assert_int_equal(dp_reclaim_poll(net->dp, 0, 10), 1);
	}
}

/* What a tap saw last, and how much. */
struct tapped {
	uint32_t n;
	uint16_t trunk;
	bool sent;
	uint32_t len;
	uint8_t frame[NET_MAX_FRAME];
};

static void
tap(void *arg, uint16_t trunk, bool sent, const uint8_t *frame, uint32_t len)
{
	struct tapped *t = arg;

	t->n++;
	t->trunk = trunk;
	t->sent = sent;
	t->len = len;
	memcpy(t->frame, frame, len);
}

static void
assert_tapped(const struct tapped *t, bool sent, struct rte_mbuf *expected)
{
	assert_int_equal(t->sent, sent);
	assert_int_equal(t->len, rte_pktmbuf_pkt_len(expected));
	assert_memory_equal(t->frame, rte_pktmbuf_mtod(expected, uint8_t *), t->len);
	rte_pktmbuf_free(expected);
}

/* SIG-1, SIG-4, SIG-5, SIG-8 */
static void
a_tap_sees_signalling_both_ways_as_it_is_on_the_wire(void **state)
{
	static const uint8_t poll[] = { 0, 0, 0, 1, 0x0a, 0, 0, 0 };
	struct net *net = *state;
	struct tapped t = { 0 };
	struct heard h;
	dp_circuit_t c;

	c = open_to_control(net, &h);
	dp_set_tap(net->dp, tap, &t);
	arrive(net, EAST, MACS L16 "000c0000 00000001 0a000000", 60);
	dp_worker_turn(net->worker);
	assert_int_equal(dp_control_poll(net->dp, 10), 1);
	assert_int_equal(t.n, 1);
	assert_int_equal(t.trunk, net->east);
	assert_tapped(&t, false, frame_of(net, MACS L16 "000c0000 00000001 0a000000", 60));
	assert_int_equal(dp_circuit_send(net->dp, c, poll, sizeof(poll)), 0);
	assert_int_equal(t.n, 2);
	dp_control_flush(net->dp);
	dp_worker_turn(net->worker);
	assert_tapped(&t, true, left(net, EAST));
	dp_set_tap(net->dp, NULL, NULL);
	assert_int_equal(dp_circuit_send(net->dp, c, poll, sizeof(poll)), 0);
	assert_int_equal(t.n, 2);
}

/* Data of a local client, and what is sent past any circuit, is no signalling. */
static void
a_tap_does_not_see_what_is_no_signalling(void **state)
{
	static const uint8_t data[] = { 1, 2, 3, 4 };
	struct net *net = *state;
	struct tapped t = { 0 };
	struct heard h;
	dp_circuit_t c;

	memset(&h, 0, sizeof(h));
	c = open_circuit(net, net->east, 0x101);
	assert_int_equal(dp_circuit_to_control(net->dp, c), 0);
	dp_trunk_set_control_rx(net->dp, net->east, hear, &h);
	dp_set_tap(net->dp, tap, &t);
	arrive(net, EAST, MACS "8847 001011ff 00080000 01020304", 60);
	dp_worker_turn(net->worker);
	assert_int_equal(dp_control_poll(net->dp, 10), 1);
	assert_int_equal(h.n, 1);
	assert_int_equal(dp_circuit_send(net->dp, c, data, sizeof(data)), 0);
	assert_int_equal(t.n, 0);
	dp_set_tap(net->dp, NULL, NULL);
}

#define NET_TEST(f) cmocka_unit_test_setup_teardown(f, net_setup, net_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		NET_TEST(a_pdu_leaves_behind_label_and_control_word),
		NET_TEST(what_control_sends_leaves_before_the_frames_of_the_same_turn),
		NET_TEST(a_pdu_may_be_as_large_as_the_trunk_carries),
		NET_TEST(control_gets_the_payload_without_label_control_word_and_padding),
		NET_TEST(a_frame_to_control_is_checked_before),
		NET_TEST(control_takes_no_more_than_it_asks_for),
		NET_TEST(a_full_ring_to_control_drops_frames_and_stops_nobody),
		NET_TEST(a_full_ring_from_control_refuses_and_takes_again_when_it_has_room),
		NET_TEST(without_mbufs_sending_is_refused_and_counted),
		NET_TEST(an_unconnected_circuit_can_be_turned_to_control),
		NET_TEST(what_control_sends_on_a_circuit_is_in_its_account),
		NET_TEST(frames_may_be_kept_and_given_back_later),
		NET_TEST(what_has_arrived_is_delivered_before_its_circuit_is_reclaimed),
		NET_TEST(what_arrives_for_an_unlinked_circuit_is_not_delivered),
		NET_TEST(what_control_has_sent_leaves_before_its_circuit_is_reclaimed),
		NET_TEST(a_circuit_waits_for_what_it_has_sent_and_for_what_it_has_received),
		NET_TEST(a_circuit_that_drains_tells_what_it_has_sent),
		NET_TEST(many_circuits_drain_each_behind_its_own_frames),
		NET_TEST(a_tap_sees_signalling_both_ways_as_it_is_on_the_wire),
		NET_TEST(a_tap_does_not_see_what_is_no_signalling),
	};

	return cmocka_run_group_tests_name("dataplane_control", tests, eal_setup, eal_teardown);
}
