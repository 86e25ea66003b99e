/* SPDX-License-Identifier: BSD-3-Clause */
/* Ports of several workers: circuits that the first one hands over, and frames sent for others. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_ethdev.h>

#include "base/bytes.h"
#include "fixture.h"

#include <cmocka.h>

#define MACS "0a0b0c0d0e0f 1a1b1c1d1e1f "
#define RING_HOLDS 63u /* a ring of 64 keeps one slot free */
#define PAYLOAD 30u    /* of these frames, behind label and control word */
#define WAIT_S 20      /* for other threads, on a machine that has other things to do */

/* By software: label mod 2, or mod 4, is the number of the worker that has it. */
static int
two_setup(void **state)
{
	const struct net_config c = { .n_circuits = 100, .n_workers = 2 };

	*state = net_create_config(&c);
	return 0;
}

static int
four_setup(void **state)
{
	const struct net_config c = { .n_circuits = 100, .n_workers = 4 };

	*state = net_create_config(&c);
	return 0;
}

/* Devices with one transmit queue, which the first worker has. */
static int
relay_setup(void **state)
{
	const struct net_config c = { .n_circuits = 100, .n_workers = 2, .n_tx = 1 };

	*state = net_create_config(&c);
	return 0;
}

static void
arrive_labelled(struct net *net, enum net_port port, uint32_t label, uint8_t number)
{
	char hex[64];

	snprintf(hex, sizeof(hex), MACS "8847 %05x1ff 00000000 %02x", label, number);
	arrive(net, port, hex, 60);
}

/* The next one that left has @p label and @p number. */
static void
expect_numbered(struct net *net, enum net_port port, uint32_t label, uint8_t number)
{
	struct rte_mbuf *m = left(net, port);
	const uint8_t *p;

	assert_non_null(m);
	p = rte_pktmbuf_mtod(m, const uint8_t *);
	assert_int_equal(cp_get_be32(p + 14) >> 12, label);
	assert_int_equal(p[22], number);
	rte_pktmbuf_free(m);
}

/* Labels of the east lead to the same ones in the west. */
static dp_circuit_t
join(struct net *net, uint32_t label)
{
	dp_circuit_t a = open_circuit(net, net->east, label);

	assert_int_equal(dp_circuit_join(net->dp, a, open_circuit(net, net->west, label)), 0);
	return a;
}

static struct dp_worker_stats
worker_stats(const struct net *net, uint32_t worker)
{
	struct dp_worker_stats s;

	dp_worker_stats(net->dp, worker, &s);
	return s;
}

static struct dp_port_stats
port_stats(const struct net *net, enum net_port port)
{
	struct dp_port_stats s;

	assert_int_equal(dp_port_stats(net->dp, net->ports[port], &s), 0);
	return s;
}

/* ---- Spreading in software ---- */

static void
a_port_tells_how_its_circuits_get_to_its_workers(void **state)
{
	struct net *net = *state;
	struct dp_port_stats s = port_stats(net, EAST);
	char ways[DP_WAYS_TEXT];

	assert_int_equal(s.spread, DP_SPREAD_SOFTWARE);
	assert_string_equal(dp_spread_name(s.spread), "software");
	assert_string_equal(dp_spread_name(DP_SPREAD_COUNT), "?");
	assert_int_equal(s.workers, 0xf);
	assert_int_equal(s.n_rx_queues, 1);
	assert_int_equal(s.n_tx_queues, 4);
	assert_int_equal(s.signalling_queue, -1);
	dp_port_ways(net->dp, net->ports[EAST], ways, sizeof(ways));
	assert_string_equal(ways, "circuits spread over lcores 1,2,3,4 in software, by the first, "
				  "for the device has neither RSS nor rules for it");
}

static void
each_circuit_is_one_workers_and_its_frames_stay_in_order(void **state)
{
	struct net *net = *state;
	uint8_t number;
	uint32_t i;

	for (i = 0; i < 4; i++)
		join(net, 100 + i);
	for (number = 0; number < 3; number++)
		for (i = 0; i < 4; i++)
			arrive_labelled(net, EAST, 100 + i, number);
	dp_worker_turn(net->workers[0]);
	for (i = 0; i < 4; i++) {
		dp_worker_turn(net->workers[i]);
		for (number = 0; number < 3; number++)
			expect_numbered(net, WEST, 100 + i, number);
		expect_nothing_left(net);
		assert_int_equal(worker_stats(net, i).tx, 3);
		assert_int_equal(worker_stats(net, i).rx, i == 0 ? 12 : 3);
	}
	assert_int_equal(worker_stats(net, 0).handed, 9);
}

static void
what_is_no_circuits_stays_with_the_worker_that_polls(void **state)
{
	struct net *net = *state;

	arrive(net, EAST, MACS "0800", 60);
	expect_drop(net, EAST, DP_DROP_NOT_MPLS);
	arrive(net, EAST, MACS "8847 000650ff", 60); /* label 101, not the bottom of its stack */
	expect_drop(net, EAST, DP_DROP_LABEL_STACK);
	arrive(net, EAST, MACS "8847 0006", 0);
	expect_drop(net, EAST, DP_DROP_RUNT);
	assert_int_equal(worker_stats(net, 0).handed, 0);
	arrive_labelled(net, EAST, 101, 0);
	turn_all(net);
	assert_int_equal(worker_stats(net, 1).drops[DP_DROP_NO_CIRCUIT], 1);
}

/* A tag does not make another circuit of it. */
static void
a_tagged_frame_goes_the_way_of_the_others_of_its_label(void **state)
{
	struct net *net = *state;

	join(net, 101);
	arrive_labelled(net, EAST, 101, 1);
	arrive(net, EAST, MACS "8100 0005 8847 000651ff 00000000 02", 60);
	dp_worker_turn(net->workers[0]);
	expect_nothing_left(net);
	dp_worker_turn(net->workers[1]);
	expect_numbered(net, WEST, 101, 1);
	expect_numbered(net, WEST, 101, 2);
}

/* I6 */
static void
a_full_ring_to_another_worker_drops_frames_and_stops_nobody(void **state)
{
	struct net *net = *state;
	struct rte_mbuf *m;
	uint32_t i;

	join(net, 100);
	join(net, 101);
	for (i = 0; i < RING_HOLDS + 5; i++)
		arrive_labelled(net, EAST, 101, 0);
	arrive_labelled(net, EAST, 100, 7);
	while (dp_worker_turn(net->workers[0]) != 0)
		;
	expect_numbered(net, WEST, 100, 7);
	assert_int_equal(drops(net, EAST, DP_DROP_HANDOVER), 5);
	assert_int_equal(worker_stats(net, 0).drops[DP_DROP_HANDOVER], 5);
	while (dp_worker_turn(net->workers[1]) != 0)
		;
	for (i = 0; (m = left(net, WEST)) != NULL; i++)
		rte_pktmbuf_free(m);
	assert_int_equal(i, RING_HOLDS);
}

/* A C-VLAN that has no attachment is the customer's, and he has one circuit. */
static void
each_attachment_is_one_workers_whatever_tags_are_inside(void **state)
{
	struct net *net = *state;
	uint32_t i;

	attached_circuit(net, 200, 1, 7, 0);
	attached_circuit(net, 201, 2, 7, 1);
	for (i = 0; i < 6; i++) {
		arrive(net, LAN, MACS "8100 0007 0800", 60);
		arrive(net, LAN, MACS "88a8 0007 8100 0005 0800", 60);
		arrive(net, LAN, MACS "88a8 0007 8100 0001 0800", 60);
	}
	arrive(net, LAN, MACS "8100 0008 0800", 60);
	turn_all(net);
	assert_int_equal(drops(net, LAN, DP_DROP_NO_ATTACHMENT), 1);
	assert_int_equal(worker_stats(net, 0).drops[DP_DROP_NO_ATTACHMENT], 1);
	for (i = 0; i < 2; i++)
		assert_true(worker_stats(net, i).tx == 6 || worker_stats(net, i).tx == 12);
	assert_int_equal(worker_stats(net, 0).tx + worker_stats(net, 1).tx, 18);
	for (i = 0; i < 18; i++)
		rte_pktmbuf_free(left(net, EAST));
}

static void
replayed_frames_go_to_the_workers_of_their_circuits(void **state)
{
	struct net *net = *state;
	struct rte_ring *in, *out;
	uint16_t ethdev = replay_device(net, &in, &out);

	join(net, 101);
	assert_int_equal(dp_replay_start(net->dp, net->ports[EAST], ethdev), 0);
	rte_ring_enqueue(in, frame_of(net, MACS "8847 000651ff 00000000 09", 60));
	dp_worker_turn(net->workers[0]);
	expect_nothing_left(net);
	dp_worker_turn(net->workers[1]);
	expect_numbered(net, WEST, 101, 9);
	assert_int_equal(dp_replay_count(net->dp, net->ports[EAST]), 1);
	assert_int_equal(dp_replay_stop(net->dp, net->ports[EAST]), -EAGAIN);
	turn_all(net);
	assert_int_equal(dp_replay_stop(net->dp, net->ports[EAST]), 0);
	rte_eth_dev_stop(ethdev);
	rte_eth_dev_close(ethdev);
	rte_ring_free(in);
	rte_ring_free(out);
}

/* RESET-7, I4 */
static void
a_reset_keeps_what_stands_between_workers_and_a_close_frees_it(void **state)
{
	struct net *net = *state;

	join(net, 101);
	arrive_labelled(net, EAST, 101, 1);
	dp_worker_turn(net->workers[0]);
	assert_int_equal(dp_port_reset(net->dp, net->ports[EAST]), 0);
	turn_all(net);
	expect_nothing_left(net);
	assert_int_equal(dp_port_reset_poll(net->dp, net->ports[EAST]), 0);
	turn_all(net);
	expect_numbered(net, WEST, 101, 1);
	arrive_labelled(net, EAST, 101, 2);
	dp_worker_turn(net->workers[0]);
	assert_int_equal(dp_port_close(net->dp, net->ports[EAST]), -EAGAIN);
	dp_worker_turn(net->workers[0]);
	assert_int_equal(dp_port_close(net->dp, net->ports[EAST]), -EAGAIN);
	dp_worker_turn(net->workers[1]);
	assert_int_equal(dp_port_close(net->dp, net->ports[EAST]), 0);
	turn_all(net);
	expect_nothing_left(net);
}

/* ---- Between control and several workers ---- */

struct heard {
	uint32_t n;
	uint64_t cookies[8];
};

static bool
hear(void *arg, uint32_t cookie, const uint8_t *payload, uint32_t len, struct rte_mbuf *frame)
{
	struct heard *h = arg;

	(void)payload;
	(void)len;
	(void)frame;
	h->cookies[h->n++] = cookie;
	return false;
}

static uint32_t
reclaim_all(struct net *net)
{
	uint32_t n = dp_reclaim_poll(net->dp, 0, UINT32_MAX);

	turn_all(net);
	return n + dp_reclaim_poll(net->dp, 0, UINT32_MAX);
}

/* DEACT-3 */
static void
a_circuit_ends_when_what_any_worker_got_for_it_was_delivered(void **state)
{
	struct net *net = *state;
	dp_circuit_t c[2];
	struct heard h = { 0 };
	uint32_t i;

	dp_trunk_set_control_rx(net->dp, net->east, hear, &h);
	for (i = 0; i < 2; i++) {
		c[i] = open_circuit(net, net->east, 100 + i);
		assert_int_equal(dp_circuit_to_control(net->dp, c[i]), 0);
		arrive_labelled(net, EAST, 100 + i, 0);
	}
	turn_all(net);
	assert_int_equal(dp_circuit_unlink(net->dp, &c[1], 1), 0);
	assert_int_equal(reclaim_all(net), 0);
	assert_int_equal(dp_control_poll(net->dp, 1), 1); /* the first worker's comes first */
	assert_int_equal(h.cookies[0], 100);
	assert_int_equal(dp_reclaim_poll(net->dp, 0, 10), 0);
	assert_int_equal(dp_control_poll(net->dp, 1), 1);
	assert_int_equal(h.cookies[1], 101);
	assert_int_equal(dp_reclaim_poll(net->dp, 0, 10), 1);
	assert_int_equal(dp_circuit_unlink(net->dp, &c[0], 1), 0);
	assert_int_equal(reclaim_all(net), 1);
}

/* DEACT-2, DEACT-3: one that waits for the second worker holds nobody up at the first. */
static void
circuits_drain_worker_by_worker(void **state)
{
	static const uint8_t data[4];
	struct net *net = *state;
	dp_circuit_t c[3];
	struct heard h = { 0 };
	uint32_t i;

	dp_trunk_set_control_rx(net->dp, net->east, hear, &h);
	for (i = 0; i < 3; i++) {
		c[i] = open_circuit(net, net->east, 101 + i);
		assert_int_equal(dp_circuit_to_control(net->dp, c[i]), 0);
	}
	arrive_labelled(net, EAST, 101, 0);
	arrive_labelled(net, EAST, 102, 0);
	turn_all(net);
	assert_int_equal(dp_circuit_send(net->dp, c[2], data, sizeof(data)), 0);
	assert_int_equal(dp_circuit_unlink(net->dp, c, 3), 0);
	assert_int_equal(reclaim_all(net), 0);
	assert_int_equal(dp_control_poll(net->dp, 10), 2);
	assert_int_equal(dp_reclaim_poll(net->dp, 0, 10), 0); /* all behind what is in the stash */
	dp_control_flush(net->dp);
	dp_worker_turn(net->workers[1]);
	assert_int_equal(dp_reclaim_poll(net->dp, 0, 10), 0);
	dp_worker_turn(net->workers[0]);
	assert_int_equal(dp_reclaim_poll(net->dp, 0, 10), 3);
	expect_labelled(net, EAST, "8847 000671ff 00080000 00000000", 0);
}

/* ---- Workers without a transmit queue ---- */

static void
a_worker_without_a_transmit_queue_sends_through_one_that_has(void **state)
{
	struct net *net = *state;
	char ways[DP_WAYS_TEXT];

	assert_int_equal(port_stats(net, WEST).n_tx_queues, 1);
	dp_port_ways(net->dp, net->ports[WEST], ways, sizeof(ways));
	assert_non_null(
		strstr(ways, "; 1 of 2 workers send through others, for lack of transmit queues"));
	join(net, 101);
	arrive_labelled(net, EAST, 101, 1);
	arrive_labelled(net, EAST, 101, 2);
	turn_all(net);
	expect_nothing_left(net);
	assert_int_equal(worker_stats(net, 1).relayed, 2);
	assert_int_equal(worker_stats(net, 1).tx, 0);
	dp_worker_turn(net->workers[0]);
	expect_numbered(net, WEST, 101, 1);
	expect_numbered(net, WEST, 101, 2);
	assert_int_equal(worker_stats(net, 0).tx, 2);
}

/* I6: the second worker has labels 101 and one of two VLANs. */
static void
a_full_relay_drops_frames_at_the_port_they_were_for(void **state)
{
	struct net *net = *state;
	struct rte_mbuf *m;
	uint32_t i;

	join(net, 101);
	for (i = 0; i < 2; i++)
		assert_int_equal(dp_circuit_attach(net->dp, open_circuit(net, net->west, 300 + i),
					 add_attachment(net, 1, (uint16_t)(7 + i), 0)),
			0);
	for (i = 0; i < RING_HOLDS; i++)
		arrive_labelled(net, EAST, 101, 0);
	for (i = 0; i < 5; i++) {
		arrive(net, LAN, MACS "8100 0007 0800", 60);
		arrive(net, LAN, MACS "8100 0008 0800", 60);
	}
	dp_worker_turn(net->workers[0]);
	dp_worker_turn(net->workers[0]);
	for (i = 0; (m = left(net, WEST)) != NULL; i++)
		rte_pktmbuf_free(m);
	assert_int_equal(i, 5);
	dp_worker_turn(net->workers[1]);
	dp_worker_turn(net->workers[1]);
	assert_int_equal(worker_stats(net, 1).relayed, RING_HOLDS);
	assert_int_equal(drops(net, WEST, DP_DROP_RELAY), 5);
	dp_worker_turn(net->workers[0]);
	for (i = 0; (m = left(net, WEST)) != NULL; i++)
		rte_pktmbuf_free(m);
	assert_int_equal(i, RING_HOLDS);
}

/* I1: nobody has waited for it, and circuits have ended meanwhile. */
static void
a_relay_that_was_away_drops_what_has_gathered(void **state)
{
	struct net *net = *state;
	dp_circuit_t c = join(net, 101);

	arrive_labelled(net, EAST, 101, 0);
	turn_all(net);
	dp_worker_offline(net->workers[0]);
	assert_int_equal(dp_circuit_unlink(net->dp, &c, 1), 0);
	while (dp_reclaim_poll(net->dp, 0, 10) == 0)
		dp_worker_turn(net->workers[1]);
	dp_worker_online(net->workers[0]);
	assert_int_equal(drops(net, WEST, DP_DROP_RELAY), 1);
	turn_all(net);
	expect_nothing_left(net);
}

/* A port that is closed takes with it what is on the way to it (I4); being reset, it drops that. */
static void
a_relay_ends_with_its_port(void **state)
{
	struct net *net = *state;

	join(net, 101);
	arrive_labelled(net, EAST, 101, 0);
	turn_all(net);
	assert_int_equal(dp_port_reset(net->dp, net->ports[WEST]), 0);
	turn_all(net);
	assert_int_equal(drops(net, WEST, DP_DROP_TX), 1);
	assert_int_equal(dp_port_reset_poll(net->dp, net->ports[WEST]), 0);
	arrive_labelled(net, EAST, 101, 0);
	turn_all(net);
	assert_int_equal(dp_port_close(net->dp, net->ports[WEST]), -EAGAIN);
	turn_all(net);
	assert_int_equal(dp_port_close(net->dp, net->ports[WEST]), 0);
	turn_all(net);
	expect_nothing_left(net);
}

/* ---- A grace period while a frame is relayed ---- */

/*
 * Two turns in the middle of one another: a callback of the device runs while a worker sends. The
 * second worker (A) relays, the first one (R) sends.
 */
struct middle {
	struct net *net;
	dp_circuit_t circuit;
	bool ran;
};

/* R has emptied its relay, and is about to be quiescent. */
static uint16_t
relay_and_unlink(uint16_t ethdev, uint16_t queue, struct rte_mbuf **frames, uint16_t n, void *arg)
{
	struct middle *m = arg;

	(void)ethdev;
	(void)queue;
	(void)frames;
	if (m->ran)
		return n;
	m->ran = true;
	dp_worker_turn(m->net->workers[1]);
	assert_int_equal(dp_circuit_unlink(m->net->dp, &m->circuit, 1), 0);
	assert_int_equal(dp_reclaim_poll(m->net->dp, 0, 10), 0);
	dp_worker_turn(m->net->workers[1]);
	return n;
}

/* I1 */
static void
a_circuit_does_not_end_while_a_frame_of_it_is_relayed(void **state)
{
	struct net *net = *state;
	struct middle m = { .net = net, .circuit = join(net, 101) };
	const struct rte_eth_rxtx_callback *callback;
	int turns = 0;

	join(net, 100);
	arrive_labelled(net, EAST, 101, 1);
	dp_worker_turn(net->workers[0]);
	callback = rte_eth_add_tx_callback(net->ethdev[WEST], 0, relay_and_unlink, &m);
	assert_non_null(callback);
	arrive_labelled(net, EAST, 100, 2);
	dp_worker_turn(net->workers[0]);
	expect_numbered(net, WEST, 100, 2);
	expect_nothing_left(net); /* and both have been quiescent since the circuit was unlinked */
	assert_int_equal(dp_reclaim_poll(net->dp, 0, 10), 0);
	dp_worker_turn(net->workers[0]);
	expect_numbered(net, WEST, 101, 1);
	for (; dp_reclaim_poll(net->dp, 0, 10) == 0; turns++)
		turn_all(net);
	assert_int_equal(turns, 2);
	expect_nothing_left(net);
	assert_int_equal(rte_eth_remove_tx_callback(net->ethdev[WEST], 0, callback), 0);
}

/* The same from the other side: A is between its look-up and its put, on a thread of its own. */
struct between {
	struct net *net;
	pthread_barrier_t looked_up, may_put;
	bool ran;
};

static uint16_t
wait_between(uint16_t ethdev, uint16_t queue, struct rte_mbuf **frames, uint16_t n, uint16_t max,
	void *arg)
{
	struct between *b = arg;

	(void)ethdev;
	(void)queue;
	(void)frames;
	(void)max;
	if (b->ran)
		return n;
	b->ran = true;
	pthread_barrier_wait(&b->looked_up);
	pthread_barrier_wait(&b->may_put);
	return n;
}

static void *
turn_relaying_worker(void *arg)
{
	dp_worker_turn(arg);
	return NULL;
}

struct second {
	struct between *between;
	pthread_t thread;
	bool ran;
};

/* R has emptied its relay for the second time; A puts its frame now, and its turn ends. */
static uint16_t
let_put(uint16_t ethdev, uint16_t queue, struct rte_mbuf **frames, uint16_t n, void *arg)
{
	struct second *s = arg;

	(void)ethdev;
	(void)queue;
	(void)frames;
	if (s->ran)
		return n;
	s->ran = true;
	pthread_barrier_wait(&s->between->may_put);
	assert_int_equal(pthread_join(s->thread, NULL), 0);
	assert_int_equal(dp_reclaim_poll(s->between->net->dp, 0, 10), 0); /* the first has passed */
	return n;
}

/*
 * I1: the first grace period passes while R is between its relay and its quiescent state, so the
 * second one passes with that, and the frame is still in the ring.
 */
static void
nor_when_its_grace_period_passed_in_the_middle_of_the_relays_turn(void **state)
{
	struct net *net = *state;
	struct between b = { .net = net };
	struct second s = { .between = &b };
	struct dp_port_config last = { .name = "last", .workers = 2 };
	const struct rte_eth_rxtx_callback *on_rx, *on_tx;
	dp_circuit_t c = join(net, 101);
	struct rte_ring *in, *out;

	join(net, 100);
	assert_int_equal(pthread_barrier_init(&b.looked_up, NULL, 2), 0);
	assert_int_equal(pthread_barrier_init(&b.may_put, NULL, 2), 0);
	arrive_labelled(net, EAST, 101, 1);
	dp_worker_turn(net->workers[0]);
	/* A polls this one after it has taken, and looked up, what came from the east. */
	last.ethdev = ring_device(&in, &out, 2);
	assert_true(dp_port_open(net->dp, &last) >= 0);
	on_rx = rte_eth_add_rx_callback(last.ethdev, 0, wait_between, &b);
	assert_non_null(on_rx);
	assert_int_equal(pthread_create(&s.thread, NULL, turn_relaying_worker, net->workers[1]), 0);
	pthread_barrier_wait(&b.looked_up);
	assert_int_equal(dp_circuit_unlink(net->dp, &c, 1), 0);
	assert_int_equal(dp_reclaim_poll(net->dp, 0, 10), 0);
	dp_worker_turn(net->workers[0]); /* quiescent after the first token */
	on_tx = rte_eth_add_tx_callback(net->ethdev[WEST], 0, let_put, &s);
	assert_non_null(on_tx);
	arrive_labelled(net, EAST, 100, 2);
	dp_worker_turn(net->workers[0]); /* after the second one */
	assert_true(b.ran && s.ran);
	dp_worker_turn(net->workers[1]);
	expect_numbered(net, WEST, 100, 2);
	expect_nothing_left(net);
	assert_int_equal(dp_reclaim_poll(net->dp, 0, 10), 0);
	turn_all(net);
	expect_numbered(net, WEST, 101, 1);
	assert_int_equal(dp_reclaim_poll(net->dp, 0, 10), 1);
	assert_int_equal(rte_eth_remove_rx_callback(last.ethdev, 0, on_rx), 0);
	assert_int_equal(rte_eth_remove_tx_callback(net->ethdev[WEST], 0, on_tx), 0);
	pthread_barrier_destroy(&b.looked_up);
	pthread_barrier_destroy(&b.may_put);
}

/* ---- Workers that run ---- */

#define N_LABELS 8u
#define N_ROUNDS 200u

static void *
run_worker(void *arg)
{
	dp_worker_run(arg);
	return NULL;
}

/* Take what has left; each circuit's frames are numbered, and not one is missing or late. */
static uint32_t
take_numbered(struct net *net, uint8_t *next)
{
	struct rte_mbuf *m;
	const uint8_t *p;
	uint32_t label, n = 0;

	while ((m = left(net, WEST)) != NULL) {
		p = rte_pktmbuf_mtod(m, const uint8_t *);
		label = cp_get_be32(p + 14) >> 12;
		assert_in_range(label, 100, 100 + N_LABELS - 1);
		assert_int_equal(p[22], next[label - 100]);
		next[label - 100]++;
		rte_pktmbuf_free(m);
		n++;
	}
	return n;
}

/* One call more, when the one before is gone. */
static void
come_and_go(struct net *net)
{
	dp_circuit_t pair[2];

	if (dp_n_circuits(net->dp) != 2 * N_LABELS)
		return;
	pair[0] = open_circuit(net, net->east, 90);
	pair[1] = open_circuit(net, net->west, 90);
	assert_int_equal(dp_circuit_join(net->dp, pair[0], pair[1]), 0);
	assert_int_equal(dp_circuit_unlink(net->dp, pair, 2), 0);
}

/* I1, I5: with threads as they come, frames handed over and relayed, and calls that come and go. */
static void
running_workers_keep_the_order_of_each_circuit(void **state)
{
	struct net *net = *state;
	uint8_t next[N_LABELS] = { 0 };
	uint32_t round, i, n_left, n_reclaimed = 0;
	pthread_t threads[2];
	uint64_t end;

	for (i = 0; i < N_LABELS; i++)
		join(net, 100 + i);
	for (i = 0; i < 2; i++) {
		dp_worker_offline(net->workers[i]);
		assert_int_equal(pthread_create(&threads[i], NULL, run_worker, net->workers[i]), 0);
	}
	for (round = 0; round < N_ROUNDS; round++) {
		for (i = 0; i < N_LABELS; i++)
			arrive_labelled(net, EAST, 100 + i, (uint8_t)round);
		end = rte_get_timer_cycles() + WAIT_S * rte_get_timer_hz();
		for (n_left = N_LABELS; n_left != 0 && rte_get_timer_cycles() < end;) {
			n_left -= take_numbered(net, next);
			sched_yield(); /* there may be fewer CPUs than threads that poll */
		}
		assert_int_equal(n_left, 0);
		come_and_go(net);
		n_reclaimed += dp_reclaim_poll(net->dp, 0, 10);
	}
	for (; dp_n_circuits(net->dp) != 2 * N_LABELS && rte_get_timer_cycles() < end;)
		n_reclaimed += dp_reclaim_poll(net->dp, 0, 10);
	assert_true(n_reclaimed >= 2);
	for (i = 0; i < 2; i++) {
		dp_worker_stop(net->workers[i]);
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		dp_worker_online(net->workers[i]);
	}
	assert_int_equal(worker_stats(net, 1).relayed, N_ROUNDS * N_LABELS / 2);
}

#define TWO(f) cmocka_unit_test_setup_teardown(f, two_setup, net_teardown)
#define FOUR(f) cmocka_unit_test_setup_teardown(f, four_setup, net_teardown)
#define RELAY(f) cmocka_unit_test_setup_teardown(f, relay_setup, net_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FOUR(a_port_tells_how_its_circuits_get_to_its_workers),
		FOUR(each_circuit_is_one_workers_and_its_frames_stay_in_order),
		TWO(what_is_no_circuits_stays_with_the_worker_that_polls),
		TWO(a_tagged_frame_goes_the_way_of_the_others_of_its_label),
		TWO(a_full_ring_to_another_worker_drops_frames_and_stops_nobody),
		TWO(each_attachment_is_one_workers_whatever_tags_are_inside),
		TWO(replayed_frames_go_to_the_workers_of_their_circuits),
		TWO(a_reset_keeps_what_stands_between_workers_and_a_close_frees_it),
		TWO(a_circuit_ends_when_what_any_worker_got_for_it_was_delivered),
		TWO(circuits_drain_worker_by_worker),
		RELAY(a_worker_without_a_transmit_queue_sends_through_one_that_has),
		RELAY(a_full_relay_drops_frames_at_the_port_they_were_for),
		RELAY(a_relay_that_was_away_drops_what_has_gathered),
		RELAY(a_relay_ends_with_its_port),
		RELAY(a_circuit_does_not_end_while_a_frame_of_it_is_relayed),
		RELAY(nor_when_its_grace_period_passed_in_the_middle_of_the_relays_turn),
		RELAY(running_workers_keep_the_order_of_each_circuit),
	};

	return cmocka_run_group_tests_name("dataplane_workers", tests, eal_setup, eal_teardown);
}
