/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/tx.h"

void
dp_tx_flush_port(struct dp_worker *w, uint32_t port)
{
	struct dp_tx_buffer *b = &w->tx[port];
	/* Relaxed: a port closes its device a grace period after it stored DP_NO_ETHDEV. */
	uint16_t ethdev = __atomic_load_n(&w->dp->port_fast[port].ethdev, __ATOMIC_RELAXED);
	uint16_t n = 0;

	if (likely(ethdev != DP_NO_ETHDEV))
		n = rte_eth_tx_burst(ethdev, (uint16_t)w->idx, b->frames, (uint16_t)b->n);
	dp_counter_add(&w->n_tx, n);
	if (unlikely(n < b->n)) {
		rte_pktmbuf_free_bulk(b->frames + n, b->n - n);
		dp_counter_add(&w->drops[port][DP_DROP_TX], b->n - n);
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
