/* SPDX-License-Identifier: BSD-3-Clause */
#include "common/loop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_eth_ring.h>
#include <rte_ethdev.h>
#include <rte_prefetch.h>
#include <rte_ring.h>

#include "base/bytes.h"
#include "dataplane/meter.h"

#define LABEL_AT RTE_ETHER_HDR_LEN
#define TTL 255u
#define N_MBUFS 8191u
#define N_DRAWN (1u << 20)
#define HALF (LOOP_FRAMES / 2)

/* So high that one circuit alone is green with all frames that a core can forward. */
#define CONTRACT_RATE UINT64_C(20000000000)
#define CONTRACT_STEP UINT64_C(100000000)
#define CONTRACT_BURST (1u << 20)

/* A random cycle through 0 .. n - 1: next[i] follows i (Sattolo). */
static uint32_t *
random_cycle(uint32_t n)
{
	uint32_t *next = calloc(n, sizeof(*next)), i, j, t;

	if (next == NULL)
		return NULL;
	srand48(1);
	for (i = 0; i < n; i++)
		next[i] = i;
	for (i = n - 1; i > 0; i--) {
		j = (uint32_t)(drand48() * i);
		t = next[i];
		next[i] = next[j];
		next[j] = t;
	}
	return next;
}

/* As the rings of DPDK's own ring device: testpmd has the same ones. */
static int
make_ports(struct loop *l)
{
	static unsigned int serial;
	char name[RTE_RING_NAMESIZE];
	int i, id;

	for (i = 0; i < 2; i++) {
		snprintf(name, sizeof(name), "loop%u_%d", serial, i);
		l->rings[i] = rte_ring_create(
			name, LOOP_RING, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
		if (l->rings[i] == NULL)
			return -1;
	}
	for (i = 0; i < 2; i++) {
		snprintf(name, sizeof(name), "loop%u_%d", serial, i);
		id = rte_eth_from_rings(name, &l->rings[i], 1, &l->rings[1 - i], 1, SOCKET_ID_ANY);
		if (id < 0)
			return -1;
		l->ethdev[i] = (uint16_t)id;
	}
	serial++;
	return 0;
}

static int
make_trunks(struct loop *l)
{
	static const char *const names[] = { "east", "west" };
	struct dp_port_config port = { 0 };
	struct dp_trunk_config trunk = { .tc = 6 };
	int i, idx;

	for (i = 0; i < 2; i++) {
		port.name = names[i];
		port.ethdev = l->ethdev[i];
		idx = dp_port_open(l->dp, &port);
		if (idx < 0)
			return idx;
		l->ports[i] = trunk.port = (uint16_t)idx;
		idx = dp_trunk_add(l->dp, &trunk);
		if (idx < 0)
			return idx;
		l->trunks[i] = (uint16_t)idx;
	}
	return 0;
}

static int
meter(struct loop *l, dp_circuit_t circuit, uint32_t contract)
{
	uint64_t rate = CONTRACT_RATE + contract * CONTRACT_STEP;
	struct dp_flow flow = {
		.committed_rate = rate,
		.peak_rate = 2 * rate,
		.committed_burst = CONTRACT_BURST,
		.peak_burst = 2 * CONTRACT_BURST,
	};

	return dp_circuit_meter(l->dp, circuit, &flow, NULL);
}

/* Label i of the first trunk leads to label next[i] of the second, and back. */
static int
connect_circuits(struct loop *l, uint32_t n_contracts)
{
	uint32_t *next = random_cycle(l->n_labels), i;
	int err = next == NULL;
	dp_circuit_t a, b;

	for (i = 0; i < l->n_labels && err == 0; i++) {
		err = dp_circuit_open(l->dp, l->trunks[0], LOOP_FIRST_LABEL + i, false, 0, &a);
		if (err == 0)
			err = dp_circuit_open(
				l->dp, l->trunks[1], LOOP_FIRST_LABEL + next[i], false, 0, &b);
		if (err == 0)
			err = dp_circuit_join(l->dp, a, b);
		if (err == 0 && n_contracts != 0)
			err = meter(l, a, i % n_contracts);
		if (err == 0 && n_contracts != 0)
			err = meter(l, b, next[i] % n_contracts);
	}
	free(next);
	return err;
}

struct rte_mbuf *
loop_frame(struct dp *dp, uint16_t ethertype, uint32_t label_entry)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(dp_mempool(dp));
	uint8_t *p;

	if (m == NULL)
		return NULL;
	p = (uint8_t *)rte_pktmbuf_append(m, LOOP_FRAME_SIZE);
	memset(p, 0, LOOP_FRAME_SIZE);
	cp_put_be16(p + LABEL_AT - sizeof(uint16_t), ethertype);
	cp_put_be32(p + LABEL_AT, label_entry);
	return m;
}

/* Labels as far apart as there are; the cycle scatters them. */
static int
make_frames(struct loop *l)
{
	struct rte_mbuf *m;
	uint32_t i, label;
	int way;

	for (way = 0; way < 2; way++) {
		for (i = 0; i < HALF; i++) {
			label = LOOP_FIRST_LABEL + (uint32_t)((uint64_t)i * l->n_labels / HALF);
			m = loop_frame(l->dp, RTE_ETHER_TYPE_MPLS, label << 12 | 0x100 | TTL);
			if (m == NULL)
				return -1;
			rte_ring_enqueue(l->rings[way], m);
		}
	}
	l->n_hops = TTL - 1;
	return 0;
}

static int
assemble(struct loop *l, uint32_t n_contracts)
{
	struct dp_config config = {
		.n_circuits = 2 * l->n_labels,
		.ring_size = 64,
		.n_mbufs = N_MBUFS,
		.socket = SOCKET_ID_ANY,
		.stall_ns = UINT64_MAX,
	};

	if (make_ports(l) != 0 || dp_create(&l->dp, &config) != 0 ||
		dp_worker_create(l->dp, 0, &l->worker) != 0)
		return -1;
	if (make_trunks(l) != 0 || connect_circuits(l, n_contracts) != 0)
		return -1;
	return make_frames(l);
}

struct loop *
loop_create(uint32_t n_circuits, uint32_t n_contracts)
{
	struct loop *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return NULL;
	l->n_labels = (n_circuits + 1) / 2;
	if (assemble(l, n_contracts) == 0) {
		dp_worker_online(l->worker);
		return l;
	}
	fprintf(stderr,
		"bench: no room for a table of %u circuits; mend: dpdk-hugepages.py --setup 4G\n",
		n_circuits);
	loop_destroy(l);
	return NULL;
}

void
loop_destroy(struct loop *l)
{
	void *frame;
	int way;

	if (l == NULL)
		return;
	for (way = 0; way < 2; way++)
		while (l->rings[way] != NULL && rte_ring_dequeue(l->rings[way], &frame) == 0)
			rte_pktmbuf_free(frame);
	if (l->dp != NULL) {
		if (l->worker != NULL)
			dp_worker_offline(l->worker);
		dp_destroy(l->dp);
	}
	free(l->labels);
	rte_ring_free(l->rings[0]);
	rte_ring_free(l->rings[1]);
	free(l);
}

/* ---- Frames that go round ---- */

static void
renew_frame(struct rte_mbuf *m)
{
	rte_pktmbuf_mtod(m, uint8_t *)[LABEL_AT + 3] = TTL;
}

/* A hop costs every frame one of its TTL: in time, all get a new one. They keep their labels. */
static void
renew(struct loop *l)
{
	struct rte_mbuf *m;
	uint32_t i, n;
	void *frame;
	int way;

	for (way = 0; way < 2; way++) {
		n = rte_ring_count(l->rings[way]);
		for (i = 0; i < n && rte_ring_dequeue(l->rings[way], &frame) == 0; i++) {
			m = frame;
			renew_frame(m);
			rte_ring_enqueue(l->rings[way], m);
		}
	}
	l->n_hops = TTL - 1;
}

static bool
is_complete(const struct loop *l)
{
	return rte_ring_count(l->rings[0]) == HALF && rte_ring_count(l->rings[1]) == HALF;
}

double
loop_forward(struct loop *l, uint32_t n_frames)
{
	const uint32_t a_turn = 2 * DP_RX_BURST, a_hop = LOOP_FRAMES / a_turn;
	uint32_t n_turns, done = 0, i;
	uint64_t cycles = 0, begun;

	while (done < n_frames) {
		if (l->n_hops == 0)
			renew(l);
		n_turns = RTE_MIN(l->n_hops * a_hop, (n_frames - done + a_turn - 1) / a_turn);
		begun = rte_rdtsc();
		for (i = 0; i < n_turns; i++)
			done += dp_worker_turn(l->worker);
		cycles += rte_rdtsc() - begun;
		l->n_hops -= RTE_MIN(l->n_hops, n_turns / a_hop + 1);
		if (!is_complete(l))
			return -1;
	}
	return (double)cycles / done;
}

double
loop_bare(struct loop *l, uint32_t n_frames)
{
	struct rte_mbuf *frames[DP_RX_BURST];
	uint64_t begun = rte_rdtsc();
	uint32_t done = 0;
	uint16_t n;
	int way;

	while (done < n_frames) {
		for (way = 0; way < 2; way++) {
			n = rte_eth_rx_burst(l->ethdev[way], 0, frames, DP_RX_BURST);
			done += rte_eth_tx_burst(l->ethdev[1 - way], 0, frames, n);
		}
	}
	return (double)(rte_rdtsc() - begun) / done;
}

/* ---- Without a device ---- */

static void
leave_rings(struct loop *l)
{
	void **frames = (void **)l->frames;
	int way;

	for (way = 0; way < 2; way++) {
		rte_ring_dequeue_bulk(l->rings[way], frames + (size_t)way * HALF, HALF, NULL);
		still_take_over(&l->stills[way], l->ethdev[way]);
	}
}

static void
enter_rings(struct loop *l)
{
	void *const *frames = (void *const *)l->frames;
	int way;

	for (way = 0; way < 2; way++) {
		rte_ring_enqueue_bulk(l->rings[way], frames + (size_t)way * HALF, HALF, NULL);
		still_give_back(&l->stills[way]);
	}
}

static void
renew_in_place(struct loop *l)
{
	uint32_t i;

	for (i = 0; i < LOOP_FRAMES; i++)
		renew_frame(l->frames[i]);
	l->n_hops = TTL - 1;
}

/* Of circuits that there are, in an order that no prefetcher knows. */
static int
draw_labels(struct loop *l)
{
	uint32_t i;

	l->labels = calloc(N_DRAWN, sizeof(*l->labels));
	if (l->labels == NULL)
		return -1;
	srand48(2);
	for (i = 0; i < N_DRAWN; i++)
		l->labels[i] = LOOP_FIRST_LABEL + (uint32_t)(drand48() * l->n_labels);
	return 0;
}

/* All frames make one hop. */
static void
switch_all(struct loop *l)
{
	uint32_t i;

	l->worker->time = rte_rdtsc() << DP_METER_TIME_SHIFT;
	for (i = 0; i < HALF; i += DP_RX_BURST) {
		dp_switch_labelled(l->worker, l->ports[0], l->frames + i, DP_RX_BURST);
		dp_switch_labelled(l->worker, l->ports[1], l->frames + HALF + i, DP_RX_BURST);
	}
}

double
loop_look_up(struct loop *l, uint32_t n_frames)
{
	struct dp_entry *entries[DP_RX_BURST];
	const uint32_t *blocks[2];
	uint64_t begun, sum = 0;
	uint32_t done, i;

	for (i = 0; i < 2; i++)
		blocks[i] = l->worker->dp->port_fast[l->ports[i]].blocks;
	if (l->labels == NULL && draw_labels(l) != 0)
		return -1;
	begun = rte_rdtsc();
	for (done = 0; done < n_frames; done += DP_RX_BURST) {
		for (i = 0; i < DP_RX_BURST; i++) {
			entries[i] = dp_label_entry(
				l->dp->entries, blocks[i % 2], l->labels[l->next_label + i]);
			rte_prefetch0(entries[i]);
		}
		l->next_label = (l->next_label + DP_RX_BURST) % N_DRAWN;
		for (i = 0; i < DP_RX_BURST; i++)
			sum += dp_forward_action(dp_forward_load(entries[i]));
	}
	begun = rte_rdtsc() - begun;
	return sum == (uint64_t)done * DP_ACTION_SWAP ? (double)begun / done : -1;
}

double
loop_switch(struct loop *l, uint32_t n_frames)
{
	uint64_t cycles = 0, sent = l->worker->n_tx, begun;
	uint32_t done;

	leave_rings(l);
	for (done = 0; done < n_frames; done += LOOP_FRAMES, l->n_hops--) {
		if (l->n_hops == 0)
			renew_in_place(l);
		begun = rte_rdtsc();
		switch_all(l);
		cycles += rte_rdtsc() - begun;
	}
	enter_rings(l);
	return l->worker->n_tx - sent == done ? (double)cycles / done : -1;
}
