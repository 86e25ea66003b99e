/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/tx.h"

/* @return How many of the buffer's frames were taken. */
static uint16_t
send_buffer(struct dp_worker *w, struct dp_tx_buffer *b, uint32_t port)
{
	/* Relaxed: a port closes its device a grace period after it stored DP_NO_ETHDEV. */
	uint16_t ethdev = __atomic_load_n(&w->dp->port_fast[port].ethdev, __ATOMIC_RELAXED), n;

	if (unlikely(ethdev == DP_NO_ETHDEV))
		return 0;
	if (unlikely(b->relay != NULL)) {
		n = (uint16_t)rte_ring_sp_enqueue_burst(b->relay, (void **)b->frames, b->n, NULL);
		dp_counter_add(&w->n_relayed, n);
		return n;
	}
	n = rte_eth_tx_burst(ethdev, b->queue, b->frames, (uint16_t)b->n);
	dp_counter_add(&w->n_tx, n);
	return n;
}

void
dp_tx_flush_port(struct dp_worker *w, uint32_t port)
{
	struct dp_tx_buffer *b = &w->tx[port];
	uint16_t n = send_buffer(w, b, port);

	if (unlikely(n < b->n)) {
		rte_pktmbuf_free_bulk(b->frames + n, b->n - n);
		dp_counter_add(
			&w->drops[port][b->relay != NULL ? DP_DROP_RELAY : DP_DROP_TX], b->n - n);
	}
	b->n = 0;
	w->tx_dirty &= ~(UINT32_C(1) << port);
}

void
dp_tx_flush(struct dp_worker *w)
{
	while (w->tx_dirty != 0)
		dp_tx_flush_port(w, (uint32_t)__builtin_ctz(w->tx_dirty));
}

/* What is there by now: not more, so that a turn has an end. */
static uint32_t
empty_relay(struct dp_worker *w, const struct dp_relay *relay)
{
	uint32_t n_left = rte_ring_count(relay->ring), n, i, total = 0;
	struct rte_mbuf *frames[DP_BURST];

	while (n_left != 0) {
		n = rte_ring_sc_dequeue_burst(
			relay->ring, (void **)frames, RTE_MIN(n_left, (uint32_t)DP_BURST), NULL);
		for (i = 0; i < n; i++)
			dp_tx(w, relay->port, frames[i]);
		n_left -= n;
		total += n;
	}
	return total;
}

static void
drop_relay(struct dp_worker *w, const struct dp_relay *relay)
{
	void *frame;

	while (rte_ring_sc_dequeue(relay->ring, &frame) == 0) {
		rte_pktmbuf_free(frame);
		dp_count_drop(w, (uint16_t)relay->port, DP_DROP_RELAY);
	}
}

static uint32_t
each_relay(struct dp_worker *w, bool drop)
{
	/* Acquire: both pair with the releases in dp_worker_add_relay(). */
	uint32_t n = __atomic_load_n(&w->n_relays, __ATOMIC_ACQUIRE), i, total = 0;
	const struct dp_relay *relay;

	for (i = 0; i < n; i++) {
		relay = __atomic_load_n(&w->relays[i], __ATOMIC_ACQUIRE);
		if (relay == NULL)
			continue;
		if (drop)
			drop_relay(w, relay);
		else
			total += empty_relay(w, relay);
	}
	return total;
}

uint32_t
dp_relays_empty(struct dp_worker *w)
{
	return each_relay(w, false);
}

void
dp_relays_drop(struct dp_worker *w)
{
	each_relay(w, true);
}
