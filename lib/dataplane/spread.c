/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames of circuits that other workers of their port have. The device may know nothing of labels
 * and VLANs; or its rules steer most frames to their workers, and the few that they do not catch,
 * such as those with an unusual tag, go the rest of the way here: so each circuit and attachment
 * has one worker, whose frames stay in order and whose counters have one writer.
 */
#include <rte_prefetch.h>

#include "dataplane/steer.h"
#include "dataplane/vlan.h"

void
dp_spreader_init(struct dp_spreader *out, const struct dp_steering *s, uint32_t self)
{
	uint32_t i;

	out->mask = s->n_residues - 1;
	out->n = s->n_workers;
	out->self = self;
	out->by_vlan = s->spread == DP_SPREAD_FLOW;
	for (i = 0; i < s->n_residues; i++)
		out->owners[i] = (uint8_t)dp_steering_owner(s, i);
}

static inline uint32_t
owner_by_label(const struct dp_spreader *s, struct rte_mbuf *m)
{
	uint32_t label;

	if (unlikely(dp_frame_label(m, &label) != 0))
		return s->self;
	return s->owners[label >> DP_LABEL_SHIFT & s->mask];
}

static inline uint32_t
owner_by_vlan(const struct dp_spreader *s, const struct dp_access *access, const struct rte_mbuf *m)
{
	struct dp_tagged t;
	uint32_t idx;

	if (unlikely(dp_frame_tags(m, &t) != 0))
		return s->self;
	if (s->by_vlan)
		return s->owners[t.outer & s->mask];
	idx = dp_vlan_entry_idx(access, dp_vlan_slot(access, &t), &t);
	return likely(idx != 0) ? s->owners[idx & s->mask] : s->self;
}

/* A full ring loses frames; nobody waits for the other worker (I6). */
static void
hand_over(struct dp_worker *w, uint16_t port, struct rte_ring *ring, struct rte_mbuf **frames,
	uint16_t n)
{
	uint16_t n_put = (uint16_t)rte_ring_sp_enqueue_burst(ring, (void **)frames, n, NULL);

	dp_counter_add(&w->n_handed, n_put);
	if (likely(n_put == n))
		return;
	rte_pktmbuf_free_bulk(frames + n_put, n - n_put);
	dp_counter_add(&w->drops[port][DP_DROP_HANDOVER], n - n_put);
}

uint16_t
dp_spread_burst(
	struct dp_worker *w, const struct dp_source *source, struct rte_mbuf **rx, uint16_t n)
{
	const struct dp_spreader *s = source->spreader;
	const struct dp_port_fast *fast = &w->dp->port_fast[source->port];
	/* Acquire: as in dp_switch_source(). */
	const struct dp_access *access = __atomic_load_n(&fast->access, __ATOMIC_ACQUIRE);
	bool is_trunk = __atomic_load_n(&fast->blocks, __ATOMIC_ACQUIRE) != NULL;
	struct rte_mbuf *away[DP_MAX_WORKERS][DP_RX_BURST];
	uint16_t n_away[DP_MAX_WORKERS] = { 0 }, n_own = 0, i;
	uint32_t to = s->self;

	for (i = 0; i < n; i++)
		rte_prefetch0(rte_pktmbuf_mtod(rx[i], void *));
	for (i = 0; i < n; i++) {
		if (is_trunk)
			to = owner_by_label(s, rx[i]);
		else if (access != NULL)
			to = owner_by_vlan(s, access, rx[i]);
		if (to == s->self)
			rx[n_own++] = rx[i];
		else
			away[to][n_away[to]++] = rx[i];
	}
	for (to = 0; to < s->n; to++)
		if (n_away[to] != 0)
			hand_over(w, source->port, s->rings[to], away[to], n_away[to]);
	return n_own;
}
