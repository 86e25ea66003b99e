/* SPDX-License-Identifier: BSD-3-Clause */
#include "common/still.h"

#include <stdio.h>

#include <rte_eth_ring.h>
#include <rte_ring.h>

static uint16_t
give(void *queue, struct rte_mbuf **frames, uint16_t n)
{
	struct still *s = queue;
	uint16_t i;

	n = (uint16_t)RTE_MIN(n, s->n);
	for (i = 0; i < n; i++)
		frames[i] = s->frames[i];
	s->frames += n;
	s->n -= n;
	return n;
}

static uint16_t
take(void *queue, struct rte_mbuf **frames, uint16_t n)
{
	struct still *s = queue;

	if (s->frees)
		rte_pktmbuf_free_bulk(frames, n);
	s->n_sent += n;
	return n;
}

void
still_take_over(struct still *s, uint16_t ethdev)
{
	struct rte_eth_fp_ops *ops = &rte_eth_fp_ops[ethdev];

	s->ethdev = ethdev;
	s->before = *ops;
	s->queue[0] = s;
	ops->rxq.data = ops->txq.data = s->queue;
	ops->rx_pkt_burst = give;
	ops->tx_pkt_burst = take;
}

void
still_give_back(const struct still *s)
{
	rte_eth_fp_ops[s->ethdev] = s->before;
}

int
still_create(void)
{
	static unsigned int serial;
	char name[RTE_RING_NAMESIZE];
	struct rte_ring *ring;

	snprintf(name, sizeof(name), "still%u", serial++);
	ring = rte_ring_create(name, 64, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
	return ring != NULL ? rte_eth_from_rings(name, &ring, 1, &ring, 1, SOCKET_ID_ANY) : -1;
}
