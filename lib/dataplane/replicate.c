/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One frame to many leaves, which are served in chunks; the last one gets the frame itself. Runs on
 * a worker: no lock, no log, no allocation but of mbufs, no system call.
 */
#include <rte_prefetch.h>

#include "dataplane/copy.h"
#include "dataplane/frame.h"
#include "dataplane/meter.h"
#include "dataplane/tx.h"

#define AHEAD 16u /* slots whose entries are on their way while one is looked at */

struct leaf {
	struct dp_entry *e;
	uint64_t forward;
	uint32_t label; /* entry of the frame, as its meter left it; host order */
};

/* A frame, and leaves that wait for copies of it. */
struct replica {
	struct dp_worker *w;
	struct dp_copier copier;
	uint32_t octets;
	uint16_t port;
	uint32_t n;
	struct leaf leaves[DP_COPIES + 1];
};

/*
 * Whether a leaf gets a copy of one piece: control, a port that does not send several segments,
 * and who has padding to cut.
 */
static inline bool
wants_whole(const struct replica *r, uint64_t forward)
{
	const struct dp *dp = r->w->dp;
	uint32_t out = dp_forward_out(forward);

	if (r->copier.is_small)
		return false;
	if (r->copier.is_whole || dp_forward_action(forward) == DP_ACTION_CONTROL)
		return true;
	if (dp_forward_action(forward) == DP_ACTION_SWAP)
		out = dp->trunk_fast[out].port;
	return !dp->port_fast[out].multi_segs;
}

/* ---- Sending ---- */

static int
to_control(struct dp_worker *w, struct rte_mbuf *m, dp_circuit_t self)
{
	int err = dp_frame_keep(m, self);

	if (err != 0)
		return err;
	if (rte_ring_sp_enqueue(w->to_control, m) != 0)
		return dp_dropped(DP_DROP_CONTROL_FULL);
	dp_counter_add(&w->n_to_control, 1);
	return 0;
}

/* @p m is the leaf's, the frame itself or a copy. 0, or dp_dropped(): not sent. */
static inline int
send_to(const struct replica *r, const struct leaf *leaf, struct rte_mbuf *m)
{
	const struct dp *dp = r->w->dp;
	uint16_t out = dp_forward_out(leaf->forward);
	int err;

	switch (dp_forward_action(leaf->forward)) {
	case DP_ACTION_SWAP:
		err = dp_frame_swap(
			m, leaf->label, &dp->trunk_fast[out], dp_forward_label(leaf->forward));
		out = (uint16_t)dp->trunk_fast[out].port;
		break;
	case DP_ACTION_POP:
		err = dp_frame_pop(m, leaf->forward, dp->port_fast[out].mtu);
		break;
	default:
		return to_control(r->w, m, leaf->e->self);
	}
	if (likely(err == 0))
		dp_tx(r->w, out, m);
	return err;
}

static inline void
count(const struct replica *r, struct dp_entry *e)
{
	dp_counter_add(&e->packets, 1);
	dp_counter_add(&e->octets, r->octets);
}

static void
drop(const struct replica *r, struct dp_entry *e, enum dp_drop reason)
{
	dp_count_drop(r->w, r->port, reason);
	dp_entry_count_drop(r->w->dp, e, reason);
}

/* Serve one leaf, with @p m: NULL, there was none. */
static inline void
serve(const struct replica *r, const struct leaf *leaf, struct rte_mbuf *m)
{
	int err = likely(m != NULL) ? send_to(r, leaf, m) : dp_dropped(DP_DROP_NO_MBUF);

	if (likely(err == 0)) {
		count(r, leaf->e);
		return;
	}
	drop(r, leaf->e, (enum dp_drop) ~err);
	rte_pktmbuf_free(m);
}

/*
 * Serve leaves that leave side by side on the same trunk: what they have in common is looked at
 * once. Ends at the first one of another kind, and at one that serve() drops.
 * @return Its index.
 */
static inline uint32_t
serve_run(const struct replica *r, struct rte_mbuf **copies, uint32_t first, uint32_t n)
{
	uint64_t run = r->leaves[first].forward & DP_FORWARD_RUN;
	const struct dp_trunk_fast *trunk;
	const struct leaf *leaf;
	dp_eth_t eth;
	uint32_t i;

	if (dp_forward_action(run) != DP_ACTION_SWAP)
		return first;
	trunk = &r->w->dp->trunk_fast[dp_forward_out(run)];
	eth = dp_trunk_eth(trunk);
	for (i = first; i < n; i++) {
		leaf = &r->leaves[i];
		if ((leaf->forward & DP_FORWARD_RUN) != run ||
			!dp_frame_is_swappable(copies[i], leaf->label, trunk->max_frame))
			break;
		dp_frame_set_label(copies[i], leaf->label, eth, dp_forward_label(leaf->forward));
		count(r, leaf->e);
	}
	dp_tx_burst(r->w, trunk->port, copies + first, i - first);
	return i;
}

/* Serve who wants whole copies among the first @p n. @return How many others: in front. */
static uint32_t
serve_whole(struct replica *r, uint32_t n)
{
	uint32_t i, n_others = 0;

	for (i = 0; i < n; i++) {
		if (likely(!wants_whole(r, r->leaves[i].forward)))
			r->leaves[n_others++] = r->leaves[i];
		else
			serve(r, &r->leaves[i], dp_copy_whole(&r->copier));
	}
	return n_others;
}

/* Serve the first @p n leaves with copies. */
static void
serve_chunk(struct replica *r, uint32_t n)
{
	struct rte_mbuf **copies;
	uint32_t i, n_copies;

	n_copies = n = serve_whole(r, n);
	copies = dp_copy_burst(&r->copier, &n_copies);
	for (i = 0; i < n_copies;) {
		i = serve_run(r, copies, i, n_copies);
		if (i < n_copies) {
			serve(r, &r->leaves[i], copies[i]);
			i++;
		}
	}
	for (; i < n; i++)
		serve(r, &r->leaves[i], NULL);
}

/* @return Whether a leaf gets the frame, perhaps marked, unless there is no mbuf for it. */
static inline bool
passes_meter(const struct replica *r, struct leaf *leaf)
{
	uint32_t contract = dp_entry_contract(leaf->e);
	const struct dp_contract *k = &r->w->dp->contracts[contract];
	enum dp_excess excess;

	if (likely(contract == 0))
		return true;
	excess = dp_meter(k, leaf->e, r->w->time, r->octets);
	if (excess == DP_EXCESS_MARK)
		leaf->label = dp_meter_mark(k, leaf->label);
	if (excess == DP_EXCESS_DROP)
		drop(r, leaf->e, DP_DROP_METER);
	return excess != DP_EXCESS_DROP;
}

static inline void
add_leaf(struct replica *r, struct leaf leaf)
{
	/* One stays behind, so that the last one is known when it is served. */
	if (r->n == DP_COPIES + 1) {
		serve_chunk(r, DP_COPIES);
		dp_copier_prepare(&r->copier, DP_COPIES);
		r->leaves[0] = r->leaves[DP_COPIES];
		r->n = 1;
	}
	r->leaves[r->n++] = leaf;
}

static void
begin(struct replica *r, struct dp_worker *w, struct rte_mbuf *m, uint16_t port)
{
	dp_copier_begin(&r->copier, w->dp, m);
	r->w = w;
	r->octets = m->pkt_len;
	r->port = port;
	r->n = 0;
}

int
dp_replicate(
	struct dp_worker *w, struct rte_mbuf *m, uint32_t label, uint64_t forward, uint16_t port)
{
	const uint32_t *slots = dp_list_slots(w->dp, dp_forward_list(forward));
	uint32_t n = dp_forward_n_slots(forward), i, slot;
	bool is_connected = false;
	struct replica r;
	struct leaf leaf;

	begin(&r, w, m, port);
	dp_copier_prepare(&r.copier, RTE_MIN(n, DP_COPIES));
	for (i = 0; i < n; i++) {
		if (i + AHEAD < n)
			rte_prefetch0(
				&w->dp->entries[dp_slot_load(&slots[i + AHEAD]) & ~DP_SLOT_HOLE]);
		slot = dp_slot_load(&slots[i]);
		if ((slot & DP_SLOT_HOLE) != 0)
			continue;
		leaf.e = &w->dp->entries[slot];
		leaf.forward = dp_forward_load(leaf.e);
		leaf.label = label;
		if (dp_forward_action(leaf.forward) <= DP_ACTION_IDLE)
			continue;
		is_connected = true;
		if (passes_meter(&r, &leaf))
			add_leaf(&r, leaf);
	}
	w->n_copies += i;
	w->is_full = w->n_copies >= DP_TURN_COPIES;
	if (r.n > 1)
		serve_chunk(&r, r.n - 1);
	dp_copier_end(&r.copier);
	if (r.n > 0)
		serve(&r, &r.leaves[r.n - 1], m);
	else if (is_connected)
		rte_pktmbuf_free(m);
	else
		return dp_dropped(DP_DROP_NOT_CONNECTED);
	return 0;
}
