/* SPDX-License-Identifier: BSD-3-Clause */
/* Frames between control and the wire, through the two rings of each worker. */
#include <errno.h>

#include <rte_prefetch.h>

#include "dataplane/dp_priv.h"
#include "dataplane/frame.h"

/*
 * Whether @p w's ring takes one frame more. Control is the ring's only producer, so its room only
 * grows meanwhile: the ring is looked at when what was known of it is used up.
 */
static bool
has_room(struct dp_worker *w)
{
	if (w->room == 0)
		w->room = rte_ring_free_count(w->from_control) - w->n_stash;
	return w->room != 0;
}

static void
stash_flush(struct dp_worker *w)
{
	/* All of them: has_room() let no more in than the ring takes. */
	rte_ring_sp_enqueue_bulk(w->from_control, (void **)w->stash, w->n_stash, NULL);
	w->n_stash = 0;
}

#define MBUFS_AHEAD 4u

/* A worker had it last: its lines are in another core's cache. */
static inline void
prefetch_mbuf(struct rte_mbuf *m)
{
	rte_prefetch0(m);
	rte_prefetch0((uint8_t *)m + RTE_CACHE_LINE_SIZE);
	rte_prefetch0((uint8_t *)(m + 1) + RTE_PKTMBUF_HEADROOM);
}

/* NULL when there is none. */
static inline struct rte_mbuf *
take_mbuf(struct dp *dp)
{
	struct dp_stock *s = &dp->stock;
	uint32_t i;

	if (s->n == 0) {
		s->pool = dp->mempool;
		dp_stock_fill(s, DP_BURST);
		for (i = s->n; i > 0 && i + MBUFS_AHEAD > s->n; i--)
			prefetch_mbuf(s->m[i - 1]);
	}
	if (s->n == 0)
		return NULL;
	if (s->n > MBUFS_AHEAD)
		prefetch_mbuf(s->m[s->n - 1 - MBUFS_AHEAD]);
	return s->m[--s->n];
}

/* @p m is a raw one. It has room, since the trunk's MTU has. */
static void
build_frame(struct rte_mbuf *m, const struct dp_trunk_fast *fast, uint8_t tc, uint32_t label,
	const uint8_t *payload, uint32_t len)
{
	uint8_t *p;

	rte_pktmbuf_reset(m);
	m->data_len = (uint16_t)(DP_TRUNK_OVERHEAD + len);
	m->pkt_len = DP_TRUNK_OVERHEAD + len;
	p = rte_pktmbuf_mtod(m, uint8_t *);
	memcpy(p, fast->eth, sizeof(fast->eth)); /* two octets of them are the label's */
	dp_put_label(p + RTE_ETHER_HDR_LEN, label, tc, len);
	memcpy(p + DP_TRUNK_OVERHEAD, payload, len);
	m->port = (uint16_t)fast->port;
}

void
dp_set_tap(struct dp *dp, dp_tap_fn fn, void *arg)
{
	dp->tap = fn;
	dp->tap_arg = arg;
}

static __rte_always_inline int
send_frame(struct dp *dp, uint16_t trunk, uint32_t label, uint8_t tc, bool signalling,
	const uint8_t *payload, uint32_t len)
{
	struct dp_worker *w;
	struct rte_mbuf *m;

	if (len > dp->trunk_fast[trunk].max_frame - DP_TRUNK_OVERHEAD)
		return -EMSGSIZE;
	w = dp_trunk_sender(dp, trunk);
	if (!has_room(w)) {
		dp->control.tx_ring_full++;
		return -ENOBUFS;
	}
	m = take_mbuf(dp);
	if (m == NULL) {
		dp->control.tx_no_mbuf++;
		return -ENOMEM;
	}
	build_frame(m, &dp->trunk_fast[trunk], tc, label, payload, len);
	if (unlikely(dp->tap != NULL) && signalling)
		dp->tap(dp->tap_arg, trunk, true, rte_pktmbuf_mtod(m, const uint8_t *),
			m->data_len);
	w->stash[w->n_stash++] = m;
	w->n_put++;
	w->room--;
	dp->control.tx++;
	if (w->n_stash == DP_BURST)
		stash_flush(w);
	return 0;
}

int
dp_trunk_send(struct dp *dp, uint16_t trunk, uint32_t label, const uint8_t *payload, uint32_t len)
{
	if (!dp_is_label(dp, trunk, label))
		return -EINVAL;
	return send_frame(dp, trunk, label, dp->trunks[trunk].tc, false, payload, len);
}

int
dp_circuit_send(struct dp *dp, dp_circuit_t circuit, const uint8_t *payload, uint32_t len)
{
	struct dp_circuit *c = dp_circuit_at(dp, circuit);
	bool signalling;
	uint8_t tc;
	int err;

	if (c == NULL)
		return -ESTALE;
	if ((c->flags & DP_CIRCUIT_LEAF) != 0)
		return -EINVAL;
	signalling = (c->flags & DP_CIRCUIT_SIGNALLING) != 0;
	tc = signalling ? dp->trunks[c->trunk].tc : 0;
	err = send_frame(dp, c->trunk, c->label, tc, signalling, payload, len);
	if (err != 0)
		return err;
	c->flags |= DP_CIRCUIT_SENT;
	c->side.tx_packets++;
	c->side.tx_octets += DP_TRUNK_OVERHEAD + len;
	return 0;
}

void
dp_control_flush(struct dp *dp)
{
	uint32_t i;

	for (i = 0; i < dp->n_workers; i++)
		if (dp->workers[i]->n_stash != 0)
			stash_flush(dp->workers[i]);
	dp_stock_put_back(&dp->stock);
}

void
dp_trunk_set_control_rx(struct dp *dp, uint16_t trunk, dp_control_rx_fn fn, void *arg)
{
	dp->trunks[trunk].control_rx = fn;
	dp->trunks[trunk].control_rx_arg = arg;
}

/*
 * The circuit may have been unlinked since the worker saw it, yet then its end waits for this frame
 * (DEACT-3); if its handle is stale, nobody does (I9).
 * @return Whether the frame is kept.
 */
static bool
deliver(struct dp *dp, struct rte_mbuf *m)
{
	const struct dp_circuit *c = cp_pool_at(&dp->circuits, m->hash.usr);
	const struct dp_trunk *trunk;

	if (c == NULL) {
		dp->control.rx_stale++;
		return false;
	}
	trunk = &dp->trunks[c->trunk];
	dp->control.rx++;
	if (unlikely(dp->tap != NULL) && (c->flags & DP_CIRCUIT_SIGNALLING) != 0)
		dp->tap(dp->tap_arg, c->trunk, false,
			rte_pktmbuf_mtod_offset(m, const uint8_t *, -(int)DP_TRUNK_OVERHEAD),
			m->hash.fdir.hi);
	if (trunk->control_rx == NULL ||
		!trunk->control_rx(trunk->control_rx_arg, c->cookie,
			rte_pktmbuf_mtod(m, const uint8_t *), m->data_len, m))
		return false;
	dp->control.rx_kept++;
	return true;
}

void
dp_frame_return(struct dp *dp, struct rte_mbuf *frame)
{
	dp->control.rx_kept--;
	rte_pktmbuf_free(frame);
}

void
dp_trunk_set_control_ahead(struct dp *dp, uint16_t trunk, dp_control_ahead_fn fn, void *arg)
{
	dp->trunks[trunk].control_ahead = fn;
	dp->trunks[trunk].control_ahead_arg = arg;
}

static_assert(DP_BURST <= DP_AHEAD_MAX, "a burst is told of at once");

/* Tell of frames[0] and those behind it that are of the same circuit. @return How many. */
static uint32_t
tell_ahead(const struct dp *dp, struct rte_mbuf *const *frames, uint32_t n)
{
	const struct dp_circuit *c = cp_pool_at(&dp->circuits, frames[0]->hash.usr);
	const struct dp_trunk *trunk;
	uint32_t same = 1;

	while (same < n && frames[same]->hash.usr == frames[0]->hash.usr)
		same++;
	trunk = c != NULL ? &dp->trunks[c->trunk] : NULL;
	if (trunk != NULL && trunk->control_ahead != NULL)
		trunk->control_ahead(trunk->control_ahead_arg, c->cookie, frames, same);
	return same;
}

/* rte_pktmbuf_free_bulk(), for frames of one segment and of one pool, as they nearly all are. */
static void
free_frames(struct rte_mbuf **frames, uint32_t n)
{
	struct rte_mempool *pool = frames[0]->pool;
	uint32_t i, n_raw = 0;
	struct rte_mbuf *m;

	for (i = 0; i < n; i++) {
		m = frames[i];
		if (unlikely(m->next != NULL || m->pool != pool)) {
			rte_pktmbuf_free(m);
			continue;
		}
		m = rte_pktmbuf_prefree_seg(m);
		if (likely(m != NULL))
			frames[n_raw++] = m;
	}
	rte_mempool_put_bulk(pool, (void **)frames, n_raw);
}

static uint32_t
poll_worker(struct dp *dp, struct dp_worker *w, uint32_t max)
{
	struct rte_mbuf *frames[DP_BURST];
	uint32_t i, n, n_over = 0;

	n = rte_ring_sc_dequeue_burst(
		w->to_control, (void **)frames, RTE_MIN(max, (uint32_t)DP_BURST), NULL);
	for (i = 0; i < n; i++)
		rte_prefetch0(frames[i]);
	for (i = 0; i < n; i++)
		rte_prefetch0(rte_pktmbuf_mtod(frames[i], void *));
	for (i = 0; i < n;)
		i += tell_ahead(dp, &frames[i], n - i);
	for (i = 0; i < n; i++)
		if (!deliver(dp, frames[i]))
			frames[n_over++] = frames[i];
	if (n_over != 0)
		free_frames(frames, n_over);
	w->n_polled += n;
	return n;
}

uint32_t
dp_control_poll(struct dp *dp, uint32_t max)
{
	uint32_t n_idle = 0, total = 0, n;

	/* In bursts by turns, so that one trunk's flood does not starve the others. */
	while (total < max && n_idle < dp->n_workers) {
		n = poll_worker(dp, dp->workers[dp->next_poll], max - total);
		dp->next_poll = dp->next_poll + 1 < dp->n_workers ? dp->next_poll + 1 : 0;
		n_idle = n == 0 ? n_idle + 1 : 0;
		total += n;
	}
	return total;
}

void
dp_control_stats(const struct dp *dp, struct dp_control_stats *out)
{
	*out = dp->control;
}
