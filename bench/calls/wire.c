/* SPDX-License-Identifier: BSD-3-Clause */
#include "calls/wire.h"

#include <errno.h>
#include <stdio.h>

#include <rte_errno.h>
#include <rte_eth_ring.h>
#include <rte_ethdev.h>
#include <rte_ring.h>

static struct {
	uint16_t ethdev[2];
	bool cut;           /* Atomic. */
	uint64_t n_lost[2]; /* Atomic, the workers'; on the way to each end. */
} wire;

int
wire_make(uint16_t ethdev[2])
{
	struct rte_ring *rings[2];
	char name[RTE_RING_NAMESIZE];
	int i, id;

	for (i = 0; i < 2; i++) {
		snprintf(name, sizeof(name), "bench_wire%d", i);
		rings[i] = rte_ring_create(
			name, WIRE_FRAMES, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
		if (rings[i] == NULL)
			return -rte_errno;
	}
	for (i = 0; i < 2; i++) {
		snprintf(name, sizeof(name), "bench_end%d", i);
		id = rte_eth_from_rings(name, &rings[i], 1, &rings[1 - i], 1, SOCKET_ID_ANY);
		if (id < 0)
			return -rte_errno;
		ethdev[i] = wire.ethdev[i] = (uint16_t)id;
	}
	return 0;
}

/* On the worker's lcore, in rte_eth_rx_burst(). */
static uint16_t
lose(uint16_t port, uint16_t queue, struct rte_mbuf **frames, uint16_t n, uint16_t max, void *arg)
{
	uint64_t *n_lost = arg;

	(void)port;
	(void)queue;
	(void)max;
	/* Relaxed, both: they order nothing. */
	if (n == 0 || !__atomic_load_n(&wire.cut, __ATOMIC_RELAXED))
		return n;
	rte_pktmbuf_free_bulk(frames, n);
	__atomic_store_n(n_lost, *n_lost + n, __ATOMIC_RELAXED);
	return 0;
}

int
wire_watch(void)
{
	int i;

	for (i = 0; i < 2; i++)
		if (rte_eth_add_rx_callback(wire.ethdev[i], 0, lose, &wire.n_lost[i]) == NULL)
			return -rte_errno;
	return 0;
}

void
wire_cut(bool cut)
{
	__atomic_store_n(&wire.cut, cut, __ATOMIC_RELAXED);
}

uint64_t
wire_n_lost(uint16_t ethdev)
{
	int i = ethdev == wire.ethdev[0] ? 0 : 1;

	return __atomic_load_n(&wire.n_lost[i], __ATOMIC_RELAXED);
}
