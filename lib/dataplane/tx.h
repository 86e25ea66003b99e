/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * Frames on their way out: a worker gathers them by port, and a full buffer leaves at once, the
 * others at the end of the turn. Worker only: no lock, no log, no allocation, no system call.
 */

#include <string.h>

#include "dataplane/dp_priv.h"

/** Empty the buffer of @p port, which is not empty. */
void dp_tx_flush_port(struct dp_worker *w, uint32_t port);

/** Empty all buffers. */
void dp_tx_flush(struct dp_worker *w);

/**
 * Put into the buffers what other workers, without transmit queues, have sent.
 * @return How many frames.
 */
uint32_t dp_relays_empty(struct dp_worker *w);

/**
 * Drop that instead, by a worker that has just come online: while it was away nobody waited for it
 * to send them, and their circuits may have ended (I1).
 */
void dp_relays_drop(struct dp_worker *w);

/** @p n more frames stand in the buffer of @p port. */
static inline void
dp_tx_commit(struct dp_worker *w, uint32_t port, uint32_t n)
{
	w->tx[port].n += n;
	w->tx_dirty |= UINT32_C(1) << port;
	if (w->tx[port].n == DP_BURST)
		dp_tx_flush_port(w, port);
}

/** Put @p frame into the buffer of @p port. */
static inline void
dp_tx(struct dp_worker *w, uint32_t port, struct rte_mbuf *frame)
{
	w->tx[port].frames[w->tx[port].n] = frame;
	dp_tx_commit(w, port, 1);
}

/** The same for @p n frames. */
static inline void
dp_tx_burst(struct dp_worker *w, uint32_t port, struct rte_mbuf **frames, uint32_t n)
{
	uint32_t k;

	for (; n > 0; frames += k, n -= k) {
		k = RTE_MIN(n, DP_BURST - w->tx[port].n);
		memcpy(&w->tx[port].frames[w->tx[port].n], frames, k * sizeof(*frames));
		dp_tx_commit(w, port, k);
	}
}
