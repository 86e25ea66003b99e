/* SPDX-License-Identifier: BSD-3-Clause */
/* Reclamation: unlinked circuits wait for their grace period, many to a token (design 5). */
#include <errno.h>
#include <stdio.h>

#include <rte_cycles.h>
#include <rte_prefetch.h>

#include "dataplane/dp_priv.h"

#define RECLAIM_AHEAD 8 /* circuits whose records are on their way while one is reclaimed */
#define STALL_LOG_NS UINT64_C(1000000000)
#define ITEM_SHIFT 30 /* enum dp_retired in the bits above */
#define ITEM_IDX ((1u << ITEM_SHIFT) - 1)

int
dp_reclaim_init(struct dp *dp)
{
	/* Every circuit, contract, list and block that there can be. */
	uint32_t size = rte_align32pow2(
		dp->config.n_circuits + dp->config.n_contracts + dp->lists.n_lines + dp->blocks.n);

	dp->reclaim.fifo = dp_zalloc(dp, size * sizeof(*dp->reclaim.fifo), "reclaim queue");
	if (dp->reclaim.fifo == NULL)
		return -ENOMEM;
	dp->reclaim.mask = size - 1;
	return 0;
}

void
dp_retire(struct dp *dp, enum dp_retired what, uint32_t idx)
{
	struct dp_reclaim *r = &dp->reclaim;

	/* Never full: a circuit is unlinked once, and its index is free only after it left. */
	r->fifo[r->tail++ & r->mask] = (uint32_t)what << ITEM_SHIFT | idx;
	r->n_uncovered++;
	if (what == DP_RETIRED_CIRCUIT &&
		(dp_circuit_of(dp, idx + 1)->flags & DP_CIRCUIT_ROOT) == 0)
		r->n_pending++;
}

uint64_t
dp_grace_start(struct dp *dp)
{
	uint64_t begun = rte_rdtsc(), token;

	/*
	 * Sequentially consistent: what was taken away must not sink below the look at the workers'
	 * counters, lest one that comes online just then is not waited for although it saw it.
	 * Pairs with the fence of rte_rcu_qsbr_thread_online().
	 */
	rte_atomic_thread_fence(__ATOMIC_SEQ_CST);
	token = rte_rcu_qsbr_start(dp->qsbr);
	dp->reclaim.token_cycles += rte_rdtsc() - begun;
	return token;
}

bool
dp_grace_passed(struct dp *dp, uint64_t token)
{
	uint64_t begun = rte_rdtsc();
	bool passed = rte_rcu_qsbr_check(dp->qsbr, token, false) == 1;

	dp->reclaim.token_cycles += rte_rdtsc() - begun;
	return passed;
}

/* One token for all that was unlinked since the last one; it waits while the array is full. */
static void
start_batch(struct dp *dp, uint64_t now_ns)
{
	struct dp_reclaim *r = &dp->reclaim;

	if (r->n_uncovered == 0 || r->n_batches == DP_MAX_BATCHES)
		return;
	r->batches[(r->first_batch + r->n_batches++) % DP_MAX_BATCHES] = (struct dp_batch){
		.token = dp_grace_start(dp),
		.started_ns = now_ns,
		.n = r->n_uncovered,
	};
	r->n_uncovered = 0;
}

static bool
is_behind(const struct dp *dp, const struct dp_worker *w, uint64_t token)
{
	/* Relaxed: for a log line. */
	uint64_t cnt = __atomic_load_n(&dp->qsbr->qsbr_cnt[w->idx].cnt, __ATOMIC_RELAXED);

	return cnt != __RTE_QSBR_CNT_THR_OFFLINE && cnt < token;
}

static void
log_stall(const struct dp *dp, const struct dp_batch *batch, uint64_t now_ns, uint64_t n_hidden)
{
	uint32_t i;

	for (i = 0; i < dp->n_workers; i++)
		if (is_behind(dp, dp->workers[i], batch->token))
			cp_log(CP_LOG_WARN,
				"worker on lcore %u has not been quiescent for %u ms, %u circuits, "
				"contracts, lists and blocks wait for it (%u such lines not "
				"shown); mend: "
				"give the lcore a CPU "
				"of its own",
				dp->workers[i]->lcore,
				(unsigned int)((now_ns - batch->started_ns) / 1000000), batch->n,
				(unsigned int)n_hidden);
}

static void
watch_stall(struct dp *dp, struct dp_batch *batch, uint64_t now_ns)
{
	struct dp_reclaim *r = &dp->reclaim;

	if (now_ns - batch->started_ns <= dp->config.stall_ns)
		return;
	if (!batch->stalled) {
		batch->stalled = true;
		r->n_stalls++;
	}
	if (cp_log_limit_pass(&r->stall_log, now_ns, STALL_LOG_NS))
		log_stall(dp, batch, now_ns, r->stall_log.hidden);
}

/*
 * I1 where frames are relayed, by a worker A into a ring, from it by R onto the wire. When the
 * first grace period has passed, A has looked up and put into the ring the last frame of the
 * batch's circuits. R may have emptied the ring before that, and not yet have said that it is
 * quiescent; so what it says next proves nothing of the ring. When a second one, begun after that,
 * has passed, R has begun a new turn, in which it empties the ring; and when a third one has
 * passed, that turn has ended, and with it R's hold on the frames: dp_worker_turn() sends them
 * before it is quiescent. An R that is offline meanwhile drops them before it sends anything
 * (dp_relays_drop()): it comes online first, so a frame that it does not find then was put by an A
 * whose grace period it is in.
 */
#define RELAY_TURNS 2

static bool
begin_relay_turn(struct dp *dp, struct dp_batch *batch)
{
	if (likely(dp->n_relays == 0) || batch->n_turns == RELAY_TURNS)
		return false;
	batch->n_turns++;
	batch->token = dp_grace_start(dp);
	return true;
}

static bool
has_passed(struct dp *dp, struct dp_batch *batch, uint64_t now_ns)
{
	if (batch->passed)
		return true;
	do {
		if (!dp_grace_passed(dp, batch->token)) {
			watch_stall(dp, batch, now_ns);
			return false;
		}
	} while (begin_relay_turn(dp, batch));
	batch->passed = true;
	dp->reclaim.n_grace_periods++;
	cp_hist_add(&dp->reclaim.grace_ns, now_ns - batch->started_ns);
	return true;
}

/* Far ahead the record, nearer by the counters that its account is settled with. */
static void
look_ahead(const struct dp *dp)
{
	const struct dp_reclaim *r = &dp->reclaim;
	uint32_t n = r->tail - r->head, idx;
	const struct dp_circuit *c;

	if (n > RECLAIM_AHEAD) {
		idx = r->fifo[(r->head + RECLAIM_AHEAD) & r->mask]; /* of a circuit, mostly */
		if (idx <= ITEM_IDX)
			rte_prefetch0(dp_circuit_of(dp, idx + 1));
	}
	if (n > RECLAIM_AHEAD / 2) {
		idx = r->fifo[(r->head + RECLAIM_AHEAD / 2) & r->mask];
		if (idx > ITEM_IDX)
			return;
		c = dp_circuit_of(dp, idx + 1);
		rte_prefetch0(&dp->entries[c->entry]);
		if (c->side.partner != 0)
			rte_prefetch0(dp_side_of(dp, c->side.partner));
	}
}

/* A root ends silently; its leaves' label is free when the last of them is reported. */
static void
finish_root(struct dp *dp, const struct dp_circuit *c, dp_circuit_t circuit)
{
	dp_label_entry_put(dp, c->trunk, c->label);
	cp_idset_put(dp->trunks[c->trunk].labels, c->label);
	cp_pool_put(&dp->circuits, circuit);
}

/*
 * The label first, so that the callback may open it anew; its entry, for then that block stays, and
 * the handle last.
 * @return Circuits reported.
 */
static uint32_t
finish(struct dp *dp, struct dp_circuit *c, uint32_t circuit_idx)
{
	dp_circuit_t circuit = cp_pool_handle_of(&dp->circuits, circuit_idx);
	const struct dp_trunk *trunk = &dp->trunks[c->trunk];

	if (unlikely((c->flags & DP_CIRCUIT_ROOT) != 0)) {
		finish_root(dp, c, circuit);
		return 0;
	}
	if (likely((c->flags & DP_CIRCUIT_LEAF) == 0))
		cp_idset_put(trunk->labels, c->label);
	if (trunk->reclaimed != NULL)
		trunk->reclaimed(trunk->reclaimed_arg, circuit, c->cookie);
	if (likely((c->flags & DP_CIRCUIT_LEAF) == 0))
		dp_label_entry_put(dp, c->trunk, c->label);
	else
		dp_leaf_entry_put(dp, c->entry);
	cp_pool_put(&dp->circuits, circuit);
	dp->reclaim.n_circuits++;
	dp->reclaim.n_pending--;
	return 1;
}

/* ---- Draining: circuits of which frames are between control and the workers of their port ---- */

static bool
has_drained(const struct dp_worker *w, const struct dp_circuit *c)
{
	/* Acquire: pairs with the release in dp_worker_turn(). */
	return w->n_polled >= c->side.rx_mark &&
	       __atomic_load_n(&w->n_from_control, __ATOMIC_ACQUIRE) >= c->side.tx_mark;
}

static void
append_draining(struct dp *dp, struct dp_worker *w, struct dp_circuit *c, uint32_t side)
{
	c->side.next_drain = 0;
	if (w->drain_head == 0)
		w->drain_head = side;
	else
		dp_circuit_of(dp, w->drain_tail)->side.next_drain = side;
	w->drain_tail = side;
}

/*
 * The grace period is over, so no worker puts a frame of @p c into its ring any more: all that are
 * there are among the first rx_mark (DEACT-3). What control sent on it is among the first tx_mark
 * (DEACT-2) of the one that sends for control, the port's first. Any worker of the port may have
 * received for it, so it waits for one after the other, from number @p poller on; what one of them
 * got meanwhile counts, for the marks are taken when its time comes. Both marks of a worker only
 * grow, so the circuits that wait for it drain in this order.
 * @return Whether it has to wait.
 */
static bool
drain(struct dp *dp, struct dp_circuit *c, uint32_t side, uint32_t poller)
{
	const struct dp_port *p = &dp->ports[dp->trunks[c->trunk].port];
	struct dp_worker *w;

	for (; poller < p->steering.n_workers; poller++) {
		w = dp->workers[p->pollers[poller]];
		c->side.rx_mark = dp_counter_read(&w->n_to_control);
		c->side.tx_mark = poller == 0 ? w->n_put : 0;
		if (w->drain_head != 0 || !has_drained(w, c)) {
			append_draining(dp, w, c, side);
			return true;
		}
	}
	return false;
}

/* The number of a worker among those of the circuit's port. */
static uint32_t
poller_of(const struct dp *dp, const struct dp_worker *w, const struct dp_circuit *c)
{
	const struct dp_port *p = &dp->ports[dp->trunks[c->trunk].port];
	uint32_t i = 0;

	while (p->pollers[i] != w->idx)
		i++;
	return i;
}

static uint32_t
finish_drained(struct dp *dp, struct dp_worker *w, uint32_t max)
{
	struct dp_circuit *c;
	uint32_t idx, n = 0;

	while (n < max && w->drain_head != 0) {
		idx = w->drain_head;
		c = dp_circuit_of(dp, idx);
		if (!has_drained(w, c))
			break;
		w->drain_head = c->side.next_drain;
		c->side.next_drain = 0; /* to the callback it is without a peer */
		if (!drain(dp, c, idx, poller_of(dp, w, c) + 1))
			n += finish(dp, c, idx - 1);
	}
	return n;
}

/* ---- Reclaiming ---- */

/* @return Circuits reported. */
static uint32_t
reclaim_circuit(struct dp *dp, uint32_t circuit_idx)
{
	struct dp_circuit *c = dp_circuit_of(dp, circuit_idx + 1);

	dp_settle(dp, circuit_idx + 1);
	if (unlikely((c->flags & DP_CIRCUIT_DRAINS) != 0) && drain(dp, c, circuit_idx + 1, 0))
		return 0;
	return finish(dp, c, circuit_idx);
}

static uint32_t
reclaim_one(struct dp *dp, uint32_t item)
{
	switch ((enum dp_retired)(item >> ITEM_SHIFT)) {
	case DP_RETIRED_CIRCUIT:
		return reclaim_circuit(dp, item);
	case DP_RETIRED_CONTRACT:
		dp_contract_free(dp, (uint16_t)(item & ITEM_IDX));
		return 0;
	case DP_RETIRED_LIST:
		dp_list_free(dp, item & ITEM_IDX);
		return 0;
	case DP_RETIRED_BLOCK:
		dp_block_free(dp, item & ITEM_IDX);
		return 0;
	}
	return 0;
}

static uint32_t
reclaim_batch(struct dp *dp, struct dp_batch *batch, uint32_t max)
{
	struct dp_reclaim *r = &dp->reclaim;
	uint32_t n = 0;

	while (n < max && batch->n > 0) {
		look_ahead(dp);
		batch->n--;
		n += reclaim_one(dp, r->fifo[r->head++ & r->mask]);
	}
	return n;
}

uint32_t
dp_reclaim_poll(struct dp *dp, uint64_t now_ns, uint32_t max)
{
	struct dp_reclaim *r = &dp->reclaim;
	struct dp_batch *batch;
	uint32_t n = 0, i;

	start_batch(dp, now_ns);
	for (i = 0; i < dp->n_workers; i++)
		n += finish_drained(dp, dp->workers[i], max - n);
	while (n < max && r->n_batches > 0) {
		batch = &r->batches[r->first_batch];
		if (!has_passed(dp, batch, now_ns))
			break;
		n += reclaim_batch(dp, batch, max - n);
		if (batch->n > 0)
			break;
		r->first_batch = (r->first_batch + 1) % DP_MAX_BATCHES;
		r->n_batches--;
	}
	return n;
}

void
dp_reclaim_stats(const struct dp *dp, struct dp_reclaim_stats *out)
{
	const struct dp_reclaim *r = &dp->reclaim;

	*out = (struct dp_reclaim_stats){
		.grace_periods = r->n_grace_periods,
		.circuits = r->n_circuits,
		.stalls = r->n_stalls,
		.pending = r->n_pending,
		.token_cycles = r->token_cycles,
		.grace_ns = &r->grace_ns,
	};
}
