/* SPDX-License-Identifier: BSD-3-Clause */
/* Signalling frames between control and the wire. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "fixture.h"

#include <cmocka.h>

#define MACS "0a0b0c0d0e0f 1a1b1c1d1e1f "
#define L16 "8847 000101ff "
#define COOKIE UINT64_C(0xfeedfacecafe)
#define RING_HOLDS 63u /* a ring of 64 keeps one slot free */

/* What control got. */
struct heard {
	uint32_t n;
	uint64_t cookie;
	uint32_t len;
	uint8_t payload[NET_MAX_FRAME];
};

static void
hear(void *arg, uint64_t cookie, const uint8_t *payload, uint32_t len)
{
	struct heard *h = arg;

	h->n++;
	h->cookie = cookie;
	h->len = len;
	memcpy(h->payload, payload, len);
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

static struct dp_control_stats
control_stats(const struct net *net)
{
	struct dp_control_stats s;

	dp_control_stats(net->dp, &s);
	return s;
}

/* SIG-4, SIG-5, SIG-6: the POLL of section 1 of the signalling specification. */
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

/* SIG-8 */
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

/* I9 */
static void
a_frame_of_a_circuit_that_was_unlinked_meanwhile_finds_nobody(void **state)
{
	struct net *net = *state;
	struct heard h;
	dp_circuit_t c = open_to_control(net, &h);

	arrive(net, EAST, MACS L16 "00040000", 60);
	arrive(net, EAST, MACS L16 "00040000", 60);
	dp_worker_turn(net->worker);
	assert_int_equal(dp_circuit_unlink(net->dp, &c, 1), 0);
	assert_int_equal(dp_control_poll(net->dp, 1), 1);
	dp_reclaim_poll(net->dp, 0, 1);
	dp_worker_turn(net->worker);
	assert_int_equal(dp_reclaim_poll(net->dp, 0, 1), 1);
	open_to_control(net, &h); /* the same index, the same label */
	assert_int_equal(dp_control_poll(net->dp, 1), 1);
	assert_int_equal(h.n, 0);
	assert_int_equal(control_stats(net).rx_stale, 2);
	assert_int_equal(control_stats(net).rx, 0);
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

#define NET_TEST(f) cmocka_unit_test_setup_teardown(f, net_setup, net_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		NET_TEST(a_pdu_leaves_behind_label_and_control_word),
		NET_TEST(a_pdu_may_be_as_large_as_the_trunk_carries),
		NET_TEST(control_gets_the_payload_without_label_control_word_and_padding),
		NET_TEST(a_frame_to_control_is_checked_before),
		NET_TEST(control_takes_no_more_than_it_asks_for),
		NET_TEST(a_frame_of_a_circuit_that_was_unlinked_meanwhile_finds_nobody),
		NET_TEST(a_full_ring_to_control_drops_frames_and_stops_nobody),
		NET_TEST(a_full_ring_from_control_refuses_and_takes_again_when_it_has_room),
		NET_TEST(without_mbufs_sending_is_refused_and_counted),
	};

	return cmocka_run_group_tests_name("dataplane_control", tests, eal_setup, eal_teardown);
}
