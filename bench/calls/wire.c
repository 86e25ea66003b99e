/* SPDX-License-Identifier: BSD-3-Clause */
#include "calls/wire.h"

#include <errno.h>
#include <stdio.h>

#include <rte_errno.h>
#include <rte_eth_ring.h>
#include <rte_ethdev.h>
#include <rte_ring.h>

int
wire_plug(struct wire *w, int side)
{
	static unsigned int n;
	char name[RTE_RING_NAMESIZE];
	int id;

	snprintf(name, sizeof(name), "bench_end%u", n++);
	id = rte_eth_from_rings(name, &w->rings[side], 1, &w->rings[!side], 1, SOCKET_ID_ANY);
	if (id < 0)
		return -rte_errno;
	w->ethdev[side] = (uint16_t)id;
	return 0;
}

int
wire_make(struct wire *w)
{
	static unsigned int n;
	char name[RTE_RING_NAMESIZE];
	int side, err = 0;

	for (side = 0; side < 2; side++) {
		snprintf(name, sizeof(name), "bench_wire%u", n++);
		w->rings[side] = rte_ring_create(
			name, WIRE_FRAMES, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
		if (w->rings[side] == NULL)
			return -rte_errno;
	}
	for (side = 0; side < 2 && err == 0; side++)
		err = wire_plug(w, side);
	return err;
}

/* On the worker's lcore, in rte_eth_rx_burst(). */
static uint16_t
lose(uint16_t port, uint16_t queue, struct rte_mbuf **frames, uint16_t n, uint16_t max, void *arg)
{
	struct wire *w = arg;
	uint64_t *n_lost = &w->n_lost[port == w->ethdev[1]];

	(void)queue;
	(void)max;
	/* Relaxed, both: they order nothing. */
	if (n == 0 || !__atomic_load_n(&w->cut, __ATOMIC_RELAXED))
		return n;
	rte_pktmbuf_free_bulk(frames, n);
	__atomic_store_n(n_lost, *n_lost + n, __ATOMIC_RELAXED);
	return 0;
}

int
wire_watch(struct wire *w)
{
	int side;

	for (side = 0; side < 2; side++)
		if (rte_eth_add_rx_callback(w->ethdev[side], 0, lose, w) == NULL)
			return -rte_errno;
	return 0;
}

void
wire_cut(struct wire *w, bool cut)
{
	__atomic_store_n(&w->cut, cut, __ATOMIC_RELAXED);
}

uint64_t
wire_n_lost(const struct wire *w, int side)
{
	return __atomic_load_n(&w->n_lost[side], __ATOMIC_RELAXED);
}
