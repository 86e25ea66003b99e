/* SPDX-License-Identifier: BSD-3-Clause */
/* The burst loops. They run on a worker: no lock, no log, no allocation, no system call. */
#include <string.h>

#include <rte_prefetch.h>

#include "dataplane/dp_priv.h"
#include "dataplane/frame.h"
#include "dataplane/meter.h"
#include "dataplane/tx.h"
#include "dataplane/vlan.h"

#define DATA_AHEAD 6u /* frames whose data is on its way while the label of one is read */

/* Frames of one burst that go no further, or to control. Both leave in bulk. */
struct dp_aside {
	struct rte_mbuf *dropped[DP_RX_BURST];
	struct rte_mbuf *to_control[DP_RX_BURST];
	uint16_t n_dropped;
	uint16_t n_to_control;
};

static inline void
drop_frame(struct dp_worker *w, struct dp_aside *aside, struct rte_mbuf *m, uint16_t port,
	enum dp_drop reason)
{
	aside->dropped[aside->n_dropped++] = m;
	dp_count_drop(w, port, reason);
}

static void
flush_aside(struct dp_worker *w, struct dp_aside *aside, uint16_t port)
{
	unsigned int n = 0;

	if (unlikely(aside->n_to_control != 0)) {
		n = rte_ring_sp_enqueue_burst(
			w->to_control, (void **)aside->to_control, aside->n_to_control, NULL);
		dp_counter_add(&w->n_to_control, n);
		for (; n < aside->n_to_control; n++)
			drop_frame(w, aside, aside->to_control[n], port, DP_DROP_CONTROL_FULL);
	}
	if (unlikely(aside->n_dropped != 0))
		rte_pktmbuf_free_bulk(aside->dropped, aside->n_dropped);
}

static inline void
count_forwarded(struct dp_entry *e, uint32_t octets)
{
	dp_counter_add(&e->packets, 1);
	dp_counter_add(&e->octets, octets);
}

/* Which of a circuit's counters: none for what is counted before a circuit is found. */
static const uint8_t circuit_drop_of[DP_DROP_COUNT] = {
	[DP_DROP_RUNT] = DP_CIRCUIT_DROP_MALFORMED,
	[DP_DROP_NOT_MPLS] = DP_CIRCUIT_DROP_OTHER,
	[DP_DROP_LABEL_STACK] = DP_CIRCUIT_DROP_OTHER,
	[DP_DROP_TTL] = DP_CIRCUIT_DROP_TTL,
	[DP_DROP_NO_CIRCUIT] = DP_CIRCUIT_DROP_COUNT,
	[DP_DROP_NOT_CONNECTED] = DP_CIRCUIT_DROP_NOT_CONNECTED,
	[DP_DROP_CONTROL_WORD] = DP_CIRCUIT_DROP_MALFORMED,
	[DP_DROP_CONTROL_LENGTH] = DP_CIRCUIT_DROP_MALFORMED,
	[DP_DROP_NO_ATTACHMENT] = DP_CIRCUIT_DROP_COUNT,
	[DP_DROP_ATTACHMENT_IDLE] = DP_CIRCUIT_DROP_NOT_CONNECTED,
	[DP_DROP_MTU] = DP_CIRCUIT_DROP_MTU,
	[DP_DROP_HEADROOM] = DP_CIRCUIT_DROP_NO_ROOM,
	[DP_DROP_CONTROL_FULL] = DP_CIRCUIT_DROP_NO_ROOM,
	[DP_DROP_TX] = DP_CIRCUIT_DROP_OTHER,
	[DP_DROP_HANDOVER] = DP_CIRCUIT_DROP_OTHER,
	[DP_DROP_RELAY] = DP_CIRCUIT_DROP_OTHER,
	[DP_DROP_ONE_WAY] = DP_CIRCUIT_DROP_ONE_WAY,
	[DP_DROP_NO_MBUF] = DP_CIRCUIT_DROP_NO_ROOM,
	[DP_DROP_METER] = DP_CIRCUIT_DROP_METER,
	[DP_DROP_RESERVED_LABEL] = DP_CIRCUIT_DROP_COUNT,
	[DP_DROP_MAC_CONTROL] = DP_CIRCUIT_DROP_COUNT,
};

void
dp_entry_count_drop(const struct dp *dp, const struct dp_entry *e, enum dp_drop reason)
{
	uint8_t which = circuit_drop_of[reason];
	uint32_t *n;

	if (which == DP_CIRCUIT_DROP_COUNT)
		return;
	n = &dp_drop_counts_of(dp, e)->by[which];
	/* Relaxed: one writer, orders nothing. */
	__atomic_store_n(n, __atomic_load_n(n, __ATOMIC_RELAXED) + 1, __ATOMIC_RELAXED);
}

static inline void
count(const struct dp *dp, struct dp_entry *e, uint32_t octets, int err)
{
	if (likely(err == 0))
		count_forwarded(e, octets);
	else
		dp_entry_count_drop(dp, e, (enum dp_drop) ~err);
}

/*
 * What the meter says of a frame with the label entry @p label, which it may mark. After the
 * forward word was loaded: a contract is there before what it meters is connected.
 */
static inline bool
is_excess(const struct dp_contract *contracts, struct dp_entry *e, uint64_t time, uint32_t *label,
	uint32_t octets)
{
	uint32_t contract = dp_entry_contract(e);
	enum dp_excess excess;

	if (contract == 0)
		return false;
	excess = dp_meter(&contracts[contract], e, time, octets);
	if (unlikely(excess == DP_EXCESS_MARK))
		*label = dp_meter_mark(&contracts[contract], *label);
	return unlikely(excess == DP_EXCESS_DROP);
}

/* Why the entry's frames go nowhere. */
static int
dropped_by(enum dp_action action, enum dp_drop not_found, enum dp_drop idle)
{
	if (action == DP_ACTION_ONE_WAY)
		return dp_dropped(DP_DROP_ONE_WAY);
	return dp_dropped(action == DP_ACTION_NONE ? not_found : idle);
}

/* RFC 3032: explicit and implicit null, router alert, and those that were given a meaning since. */
static enum dp_drop
not_found(uint32_t label)
{
	return label >> DP_LABEL_SHIFT < DP_LABEL_FIRST_USER ? DP_DROP_RESERVED_LABEL
							     : DP_DROP_NO_CIRCUIT;
}

/* Carry out what the entry says of a labelled frame, one by itself. 0, or dp_dropped(). */
static int
act_on_label(struct dp_worker *w, struct dp_aside *aside, struct rte_mbuf *m, uint32_t label,
	struct dp_entry *e, uint16_t port)
{
	const struct dp *dp = w->dp;
	uint64_t forward = dp_forward_load(e);
	enum dp_action action = dp_forward_action(forward);
	uint16_t out = dp_forward_out(forward);
	int err;

	if (action <= DP_ACTION_IDLE || action == DP_ACTION_ONE_WAY)
		return dropped_by(action, not_found(label), DP_DROP_NOT_CONNECTED);
	if (is_excess(dp->contracts, e, w->time, &label, m->pkt_len))
		return dp_dropped(DP_DROP_METER);
	switch (action) {
	case DP_ACTION_SWAP:
		err = dp_frame_swap(m, label, &dp->trunk_fast[out], dp_forward_label(forward));
		if (likely(err == 0))
			dp_tx(w, dp->trunk_fast[out].port, m);
		return err;
	case DP_ACTION_POP:
		err = dp_frame_pop(m, forward, dp->port_fast[out].mtu);
		if (likely(err == 0))
			dp_tx(w, out, m);
		return err;
	case DP_ACTION_REPLICATE:
		return dp_replicate(w, m, label, forward, port);
	default: /* DP_ACTION_CONTROL */
		err = dp_frame_keep(m, e->self);
		if (likely(err == 0))
			aside->to_control[aside->n_to_control++] = m;
		return err;
	}
}

/*
 * Frames of a burst that came in on a trunk, and what is known of them. All labels are read before
 * the first frame is acted upon: so many are on the way to their entries at once.
 */
struct dp_labelled {
	struct rte_mbuf **frames;
	struct dp_entry **entries; /* arrays apart: so this is in registers */
	uint32_t *labels;          /* label entries, host order */
	uint32_t n;
};

/* Frames without a good label are dropped, and the others close up. */
static inline uint32_t
read_labels(struct dp_worker *w, struct dp_aside *aside, const struct dp_labelled *b,
	const uint32_t *blocks, uint32_t n_rx, uint16_t port)
{
	struct rte_mbuf **frames = b->frames, *m;
	struct dp_entry *entries = w->dp->entries, *e;
	uint32_t i, n = 0, label;
	int err;

	for (i = 0; i < n_rx && i < DATA_AHEAD; i++)
		rte_prefetch0(rte_pktmbuf_mtod(frames[i], void *));
	for (i = 0; i < n_rx; i++) {
		m = frames[i];
		if (i + DATA_AHEAD < n_rx)
			rte_prefetch0(rte_pktmbuf_mtod(frames[i + DATA_AHEAD], void *));
		err = dp_frame_label(m, &label);
		if (unlikely(err != 0)) {
			drop_frame(w, aside, m, port, (enum dp_drop) ~err);
			continue;
		}
		e = dp_label_entry(entries, blocks, label >> DP_LABEL_SHIFT);
		rte_prefetch0(e);
		frames[n] = m;
		b->labels[n] = label;
		b->entries[n++] = e;
	}
	return n;
}

static __rte_noinline void
drop_found(struct dp_worker *w, struct dp_aside *aside, struct rte_mbuf *m,
	const struct dp_entry *e, uint16_t port, enum dp_drop reason)
{
	drop_frame(w, aside, m, port, reason);
	dp_entry_count_drop(w->dp, e, reason);
}

/*
 * Swap the labels of frames in a row that leave on the same trunk: what they have in common is
 * looked at once. Ends at the first frame of another kind.
 * @return Its index.
 */
static inline uint32_t
swap_run(struct dp_worker *w, struct dp_aside *aside, const struct dp_labelled *b, uint32_t first,
	uint16_t port)
{
	uint64_t run = dp_forward_load(b->entries[first]) & DP_FORWARD_RUN, forward;
	const struct dp_contract *contracts = w->dp->contracts;
	const struct dp_trunk_fast *trunk;
	uint64_t time = w->time;
	uint32_t i, end, max_frame;
	struct rte_mbuf **out, *m;
	struct dp_tx_buffer *tx;
	struct dp_entry *e;
	dp_eth_t eth;

	if (dp_forward_action(run) != DP_ACTION_SWAP)
		return first; /* what else the word says is not a trunk */
	trunk = &w->dp->trunk_fast[dp_forward_out(run)];
	eth = dp_trunk_eth(trunk);
	max_frame = trunk->max_frame;
	tx = &w->tx[trunk->port];
	out = tx->frames + tx->n;
	end = RTE_MIN(b->n, first + DP_BURST - tx->n);
	for (i = first; i < end; i++) {
		m = b->frames[i];
		e = b->entries[i];
		forward = dp_forward_load(e);
		if (unlikely((forward & DP_FORWARD_RUN) != run))
			break;
		if (unlikely(!dp_frame_is_swappable(m, b->labels[i], max_frame))) {
			drop_found(w, aside, m, e, port, dp_frame_not_swappable(b->labels[i]));
			continue;
		}
		if (is_excess(contracts, e, time, &b->labels[i], m->pkt_len)) {
			drop_found(w, aside, m, e, port, DP_DROP_METER);
			continue;
		}
		dp_frame_set_label(m, b->labels[i], eth, dp_forward_label(forward));
		*out++ = m;
		count_forwarded(e, m->pkt_len);
	}
	if (out != tx->frames + tx->n)
		dp_tx_commit(w, trunk->port, (uint32_t)(out - tx->frames) - tx->n);
	return i;
}

/*
 * Drop frames in a row whose labels lead nowhere: no circuit counts them, and their port does in
 * one addition, which a flood of them is cheaper by. Ends at the first other.
 * @return Its index.
 */
static inline uint32_t
drop_unknown(struct dp_worker *w, struct dp_aside *aside, const struct dp_labelled *b,
	uint32_t first, uint16_t port)
{
	uint32_t i, n_reserved = 0;

	for (i = first; i < b->n && dp_forward_load(b->entries[i]) == DP_ACTION_NONE; i++) {
		n_reserved += not_found(b->labels[i]) == DP_DROP_RESERVED_LABEL;
		aside->dropped[aside->n_dropped++] = b->frames[i];
	}
	dp_counter_add(&w->drops[port][DP_DROP_RESERVED_LABEL], n_reserved);
	dp_counter_add(&w->drops[port][DP_DROP_NO_CIRCUIT], i - first - n_reserved);
	return i;
}

/*
 * Frames behind index @p from are not acted upon in this turn, and are looked at anew in the next
 * one: what their labels lead to now is nothing that may be kept.
 * @return How many: they stand in front.
 */
static uint32_t
hold_back(const struct dp_labelled *b, uint32_t from)
{
	memmove(b->frames, b->frames + from, (b->n - from) * sizeof(*b->frames));
	return b->n - from;
}

/* @return How many frames are held back. */
static inline uint32_t
switch_trunk_burst(struct dp_worker *w, const uint32_t *blocks, uint16_t port, struct rte_mbuf **rx,
	uint32_t n_rx)
{
	struct dp_entry *entries[DP_RX_BURST];
	uint32_t labels[DP_RX_BURST], i, octets, n_held = 0;
	struct dp_labelled b = { .frames = rx, .entries = entries, .labels = labels };
	struct dp_aside aside;
	int err;

	aside.n_dropped = aside.n_to_control = 0;
	b.n = read_labels(w, &aside, &b, blocks, n_rx, port);
	for (i = 0; i < b.n;) {
		i = swap_run(w, &aside, &b, i, port);
		if (likely(i == b.n))
			break;
		if (dp_forward_load(entries[i]) == DP_ACTION_NONE) {
			i = drop_unknown(w, &aside, &b, i, port);
			continue;
		}
		octets = rx[i]->pkt_len;
		err = act_on_label(w, &aside, rx[i], labels[i], entries[i], port);
		count(w->dp, entries[i], octets, err);
		if (unlikely(err != 0))
			drop_frame(w, &aside, rx[i], port, (enum dp_drop) ~err);
		i++;
		if (unlikely(w->is_full)) {
			w->is_full = false;
			n_held = hold_back(&b, i);
			break;
		}
	}
	flush_aside(w, &aside, port);
	return n_held;
}

uint32_t
dp_switch_labelled(struct dp_worker *w, uint16_t port, struct rte_mbuf **frames, uint32_t n_frames)
{
	return switch_trunk_burst(w, w->dp->port_fast[port].blocks, port, frames, n_frames);
}

static inline int
act_on_tagged(struct dp_worker *w, struct rte_mbuf *m, uint8_t n_tags, struct dp_entry *e)
{
	const struct dp *dp = w->dp;
	uint64_t forward = dp_forward_load(e);
	const struct dp_trunk_fast *trunk = &dp->trunk_fast[dp_forward_out(forward)];
	uint32_t label = dp_forward_label(forward) << DP_LABEL_SHIFT;
	int err;

	if (unlikely(dp_forward_action(forward) != DP_ACTION_PUSH))
		return dropped_by(
			dp_forward_action(forward), DP_DROP_NO_ATTACHMENT, DP_DROP_ATTACHMENT_IDLE);
	if (is_excess(dp->contracts, e, w->time, &label, m->pkt_len))
		return dp_dropped(DP_DROP_METER);
	err = dp_frame_push(m, n_tags, trunk, label);
	if (likely(err == 0))
		dp_tx(w, trunk->port, m);
	return err;
}

/* As switch_trunk_burst(). */
static void
switch_access_burst(struct dp_worker *w, const struct dp_access *access, uint16_t port,
	struct rte_mbuf **rx, uint16_t n_rx)
{
	const uint32_t *slots[DP_RX_BURST];
	struct dp_tagged t[DP_RX_BURST];
	struct dp_entry *e[DP_RX_BURST];
	struct dp_aside aside;
	uint16_t i, n = 0;
	uint32_t octets;
	int err;

	aside.n_dropped = aside.n_to_control = 0;
	for (i = 0; i < n_rx; i++)
		rte_prefetch0(rte_pktmbuf_mtod(rx[i], void *));
	for (i = 0; i < n_rx; i++) {
		err = dp_frame_tags(rx[i], &t[n]);
		if (unlikely(err != 0)) {
			drop_frame(w, &aside, rx[i], port, (enum dp_drop) ~err);
			continue;
		}
		slots[n] = dp_vlan_slot(access, &t[n]);
		rte_prefetch0(slots[n]);
		rx[n++] = rx[i];
	}
	for (i = 0; i < n; i++) {
		e[i] = &w->dp->entries[dp_vlan_entry_idx(access, slots[i], &t[i])];
		rte_prefetch0(e[i]);
	}
	for (i = 0; i < n; i++) {
		octets = rx[i]->pkt_len;
		err = act_on_tagged(w, rx[i], t[i].n_tags, e[i]);
		count(w->dp, e[i], octets, err);
		if (unlikely(err != 0))
			drop_frame(w, &aside, rx[i], port, (enum dp_drop) ~err);
	}
	flush_aside(w, &aside, port);
}

/* A port with neither trunk nor attachment. */
static void
drop_burst(struct dp_worker *w, uint16_t port, struct rte_mbuf **rx, uint16_t n)
{
	rte_pktmbuf_free_bulk(rx, n);
	dp_counter_add(&w->drops[port][DP_DROP_NO_ATTACHMENT], n);
}

/* @return How many frames are held back. */
static uint32_t
switch_burst(struct dp_worker *w, uint16_t port, struct rte_mbuf **rx, uint16_t n)
{
	const struct dp_port_fast *fast = &w->dp->port_fast[port];
	/* Acquire: pairs with the releases of dp_trunk_add() and dp_attachment_add(). */
	const uint32_t *blocks = __atomic_load_n(&fast->blocks, __ATOMIC_ACQUIRE);
	const struct dp_access *access = __atomic_load_n(&fast->access, __ATOMIC_ACQUIRE);

	if (blocks != NULL)
		return switch_trunk_burst(w, blocks, port, rx, n);
	if (access != NULL)
		switch_access_burst(w, access, port, rx, n);
	else
		drop_burst(w, port, rx, n);
	return 0;
}

static uint16_t
take_held(struct dp_source *source, struct rte_mbuf **rx)
{
	uint32_t n = source->n_held;

	memcpy(rx, source->held, n * sizeof(*rx));
	source->n_held = 0;
	return (uint16_t)n;
}

static inline void
hold(struct dp_source *source, struct rte_mbuf **frames, uint32_t n)
{
	memcpy(source->held, frames, n * sizeof(*frames));
	source->n_held = n;
}

/* What was held back comes before what has arrived since (I5). */
static inline uint16_t
receive(struct dp_source *source, struct rte_mbuf **rx)
{
	if (unlikely(source->n_held != 0))
		return take_held(source, rx);
	if (unlikely(source->ring != NULL))
		return (uint16_t)rte_ring_sc_dequeue_burst(
			source->ring, (void **)rx, source->burst, NULL);
	return rte_eth_rx_burst(source->ethdev, source->queue, rx, source->burst);
}

uint32_t
dp_switch_source(struct dp_worker *w, struct dp_source *source)
{
	struct rte_mbuf *rx[DP_RX_BURST];
	uint32_t n_held = 0;
	uint16_t n, n_own;

	n = n_own = receive(source, rx);
	if (n == 0)
		return 0;
	if (unlikely(source->spreader != NULL))
		n_own = dp_spread_burst(w, source, rx, n); /* of what was held all stays */
	if (likely(n_own != 0))
		n_held = switch_burst(w, source->port, rx, n_own);
	if (unlikely(n_held != 0))
		hold(source, rx, n_held);
	dp_counter_add(&source->n_frames, n - n_held);
	return n - n_held;
}
