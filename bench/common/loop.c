/* SPDX-License-Identifier: BSD-3-Clause */
#include "common/loop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_eth_ring.h>
#include <rte_ethdev.h>
#include <rte_ring.h>

#include "base/bytes.h"

#define FRAME_SIZE 60u /* and FCS */
#define FIRST_LABEL 32u
#define LABEL_AT RTE_ETHER_HDR_LEN
#define TTL 255u
#define N_MBUFS 8191u

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

/* What the second port sends, the first one receives; the other way nothing goes. */
static int
make_ports(struct loop *l)
{
	static unsigned int serial;
	char name[RTE_RING_NAMESIZE];
	struct rte_ring *unused;
	int a, b;

	snprintf(name, sizeof(name), "loop%u", serial);
	l->ring = rte_ring_create(
		name, 2 * LOOP_FRAMES, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
	snprintf(name, sizeof(name), "unused%u", serial);
	unused = rte_ring_create(name, 64, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
	if (l->ring == NULL || unused == NULL)
		return -1;
	snprintf(name, sizeof(name), "loop_in%u", serial);
	a = rte_eth_from_rings(name, &l->ring, 1, &unused, 1, SOCKET_ID_ANY);
	snprintf(name, sizeof(name), "loop_out%u", serial++);
	b = rte_eth_from_rings(name, &unused, 1, &l->ring, 1, SOCKET_ID_ANY);
	l->ethdev[0] = (uint16_t)a;
	l->ethdev[1] = (uint16_t)b;
	return a < 0 || b < 0 ? -1 : 0;
}

static int
make_trunks(struct loop *l, uint16_t trunks[2])
{
	static const char *const names[] = { "in", "out" };
	struct dp_port_config port = { 0 };
	struct dp_trunk_config trunk = { .tc = 6 };
	int i, idx;

	for (i = 0; i < 2; i++) {
		port.name = names[i];
		port.ethdev = l->ethdev[i];
		idx = dp_port_open(l->dp, &port);
		if (idx < 0)
			return idx;
		trunk.port = (uint16_t)idx;
		idx = dp_trunk_add(l->dp, &trunk);
		if (idx < 0)
			return idx;
		trunks[i] = (uint16_t)idx;
	}
	return 0;
}

/* Label i of the first trunk leads to label next[i] of the second. */
static int
connect_circuits(struct loop *l, const uint16_t trunks[2])
{
	uint32_t *next = random_cycle(l->n_circuits), i;
	dp_circuit_t a, b;
	int err = next == NULL;

	for (i = 0; i < l->n_circuits && err == 0; i++) {
		err = dp_circuit_open(l->dp, trunks[0], FIRST_LABEL + i, false, 0, &a);
		if (err == 0)
			err = dp_circuit_open(
				l->dp, trunks[1], FIRST_LABEL + next[i], false, 0, &b);
		if (err == 0)
			err = dp_circuit_join(l->dp, a, b);
	}
	free(next);
	return err;
}

static int
make_frames(struct loop *l)
{
	uint32_t i, label;
	struct rte_mbuf *m;
	uint8_t *p;

	for (i = 0; i < LOOP_FRAMES; i++) {
		m = rte_pktmbuf_alloc(dp_mempool(l->dp));
		if (m == NULL)
			return -1;
		p = (uint8_t *)rte_pktmbuf_append(m, FRAME_SIZE);
		memset(p, 0, FRAME_SIZE);
		cp_put_be16(p + LABEL_AT - sizeof(uint16_t), RTE_ETHER_TYPE_MPLS);
		label = FIRST_LABEL + (uint32_t)((uint64_t)i * l->n_circuits / LOOP_FRAMES);
		cp_put_be32(p + LABEL_AT, label << 12 | 0x100 | TTL);
		rte_ring_enqueue(l->ring, m);
	}
	l->n_hops = TTL - 1;
	return 0;
}

static int
assemble(struct loop *l)
{
	struct dp_config config = {
		.n_circuits = 2 * l->n_circuits,
		.ring_size = 64,
		.n_mbufs = N_MBUFS,
		.socket = SOCKET_ID_ANY,
		.stall_ns = UINT64_MAX,
	};
	uint16_t trunks[2];

	if (make_ports(l) != 0 || dp_create(&l->dp, &config) != 0 ||
		dp_worker_create(l->dp, 0, &l->worker) != 0)
		return -1;
	if (make_trunks(l, trunks) != 0 || connect_circuits(l, trunks) != 0)
		return -1;
	return make_frames(l);
}

struct loop *
loop_create(uint32_t n_circuits)
{
	struct loop *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return NULL;
	l->n_circuits = n_circuits;
	if (assemble(l) == 0) {
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

	if (l == NULL)
		return;
	while (l->ring != NULL && rte_ring_dequeue(l->ring, &frame) == 0)
		rte_pktmbuf_free(frame);
	if (l->dp != NULL) {
		if (l->worker != NULL)
			dp_worker_offline(l->worker);
		dp_destroy(l->dp);
	}
	free(l);
}

/* A hop costs every frame one of its TTL: in time, all get a new one. They keep their labels. */
static void
renew(struct loop *l)
{
	uint32_t i, n = rte_ring_count(l->ring);
	struct rte_mbuf *m;
	void *frame;

	for (i = 0; i < n && rte_ring_dequeue(l->ring, &frame) == 0; i++) {
		m = frame;
		rte_pktmbuf_mtod(m, uint8_t *)[LABEL_AT + 3] = TTL;
		rte_ring_enqueue(l->ring, m);
	}
	l->n_hops = TTL - 1;
}

double
loop_forward(struct loop *l, uint32_t n_frames)
{
	uint32_t n_turns, todo = n_frames, done = 0, i;
	uint64_t cycles = 0, begun;

	while (todo > 0) {
		if (l->n_hops == 0)
			renew(l);
		n_turns = RTE_MIN(l->n_hops * (LOOP_FRAMES / DP_RX_BURST),
			(todo + DP_RX_BURST - 1) / DP_RX_BURST);
		begun = rte_rdtsc();
		for (i = 0; i < n_turns; i++)
			done += dp_worker_turn(l->worker);
		cycles += rte_rdtsc() - begun;
		l->n_hops -= RTE_MIN(l->n_hops, n_turns * DP_RX_BURST / LOOP_FRAMES + 1);
		todo -= RTE_MIN(todo, n_turns * DP_RX_BURST);
	}
	return rte_ring_count(l->ring) == LOOP_FRAMES && done > 0 ? (double)cycles / done : -1;
}

double
loop_bare(struct loop *l, uint32_t n_frames)
{
	struct rte_mbuf *frames[DP_BURST];
	uint64_t begun = rte_rdtsc();
	uint32_t done = 0;
	uint16_t n;

	while (done < n_frames) {
		n = rte_eth_rx_burst(l->ethdev[0], 0, frames, DP_BURST);
		done += rte_eth_tx_burst(l->ethdev[1], 0, frames, n);
	}
	return (double)(rte_rdtsc() - begun) / done;
}
