/* SPDX-License-Identifier: BSD-3-Clause */
/* Reclamation: unlinked circuits wait for their grace period, many to a token (design 5). */
#include <errno.h>
#include <stdio.h>

#include <rte_cycles.h>
#include <rte_prefetch.h>

#include "dataplane/dp_priv.h"

#define ITEM_SHIFT 30 /* enum dp_retired in the bits above */
#define ITEM_IDX ((1u << ITEM_SHIFT) - 1)
#define STALL_LOG_NS UINT64_C(1000000000)

int
dp_reclaim_init(struct dp *dp)
{
	/* Every contract, list and block that there can be. */
	uint32_t size = dp->config.n_contracts + dp->lists.n_lines + dp->blocks.n;

	dp->reclaim.others = dp_zalloc(dp, size * sizeof(*dp->reclaim.others), "reclaim queue");
	if (dp->reclaim.others == NULL)
		return -ENOMEM;
	dp->reclaim.size = size;
	return 0;
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

	if ((r->n_uncovered_circuits | r->n_uncovered_others) == 0 ||
		r->n_batches == DP_MAX_BATCHES)
		return;
	r->batches[(r->first_batch + r->n_batches++) % DP_MAX_BATCHES] = (struct dp_batch){
		.token = dp_grace_start(dp),
		.started_ns = now_ns,
		.n_circuits = r->n_uncovered_circuits,
		.n_others = r->n_uncovered_others,
	};
	r->n_uncovered_circuits = r->n_uncovered_others = 0;
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
				(unsigned int)((now_ns - batch->started_ns) / 1000000),
				batch->n_circuits + batch->n_others, (unsigned int)n_hidden);
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

void
dp_retire(struct dp *dp, enum dp_retired what, uint32_t idx)
{
	struct dp_reclaim *r = &dp->reclaim;
	uint32_t at = r->head + r->n_others;

	/* Never full: each is retired once, and is free only after it left. */
	r->others[at < r->size ? at : at - r->size] = (uint32_t)what << ITEM_SHIFT | idx;
	r->n_others++;
	r->n_uncovered_others++;
}

static uint32_t
take_other(struct dp_reclaim *r)
{
	uint32_t item = r->others[r->head];

	r->head = r->head + 1 < r->size ? r->head + 1 : 0;
	r->n_others--;
	return item;
}

/*
 * The first one's side. The record of the last one that is known of is prefetched, and, of one half
 * as far ahead, the counters that its account is settled with.
 */
static uint32_t
take_circuit(const struct dp *dp, struct dp_reclaim *r)
{
	uint32_t chain = r->n_taken++ % DP_RETIRED_CHAINS, side = r->first[chain], ahead;
	const struct dp_circuit *c;

	r->first[chain] = dp_circuit_of(dp, side)->side.next_retired;
	if (r->first[chain] != 0)
		rte_prefetch0(dp_circuit_of(dp, r->first[chain]));
	ahead = r->first[(chain + DP_RETIRED_CHAINS / 2) % DP_RETIRED_CHAINS];
	if (ahead == 0)
		return side;
	c = dp_circuit_of(dp, ahead);
	if (c->side.partner == 0)
		return side;
	rte_prefetch0(dp_circuit_entry(dp, c));
	rte_prefetch0(dp_side_of(dp, c->side.partner));
	return side;
}

/* Its label is free when the last of its leaves is reported; it ends silently itself. */
static uint32_t
finish_root(struct dp *dp, const struct dp_circuit *c, dp_circuit_t circuit)
{
	dp_label_entry_put(dp, c->trunk, c->label);
	cp_idset_put(dp->trunks[c->trunk].labels, c->label);
	cp_pool_put(&dp->circuits, circuit);
	return 0;
}

static inline void
tell(struct dp *dp, const struct dp_circuit *c, dp_circuit_t circuit)
{
	const struct dp_trunk *trunk = &dp->trunks[c->trunk];

	if (likely(trunk->reclaimed != NULL))
		trunk->reclaimed(trunk->reclaimed_arg, circuit, c->cookie);
	dp->reclaim.n_circuits++;
	dp->reclaim.n_pending--;
}

static uint32_t
finish_leaf(struct dp *dp, const struct dp_circuit *c, dp_circuit_t circuit)
{
	tell(dp, c, circuit);
	dp_leaf_entry_put(dp, c->side.leaf.entry);
	cp_pool_put(&dp->circuits, circuit);
	return 1;
}

/*
 * The label first, so that the callback may open it anew; its entry, for then that block stays, and
 * the handle last.
 * @return Circuits reported.
 */
static inline uint32_t
finish(struct dp *dp, const struct dp_circuit *c, uint32_t circuit_idx)
{
	dp_circuit_t circuit = cp_pool_handle_of(&dp->circuits, circuit_idx);

	if (unlikely((c->flags & DP_CIRCUIT_ROOT) != 0))
		return finish_root(dp, c, circuit);
	if (unlikely((c->flags & DP_CIRCUIT_LEAF) != 0))
		return finish_leaf(dp, c, circuit);
	cp_idset_put(dp->trunks[c->trunk].labels, c->label);
	tell(dp, c, circuit);
	dp_label_entry_put(dp, c->trunk, c->label);
	cp_pool_put(&dp->circuits, circuit);
	return 1;
}

/* ---- Draining: circuits of which frames are between control and the workers of their port ---- */

/* A mark is the lower half of a counter that is never so far ahead of it. */
static bool
has_reached(const struct dp_worker *w, enum dp_drain_for what, uint32_t mark)
{
	uint64_t at = w->n_polled;

	/* Acquire: pairs with the release in dp_worker_turn(). */
	if (what == DP_DRAIN_SENT)
		at = __atomic_load_n(&w->n_from_control, __ATOMIC_ACQUIRE);
	return (int32_t)((uint32_t)at - mark) >= 0;
}

static void
append_draining(struct dp *dp, struct dp_drain *d, struct dp_circuit *c, uint32_t side)
{
	c->flags |= DP_CIRCUIT_DRAINING;
	c->side.next_drain = 0;
	if (d->head == 0)
		d->head = side;
	else
		dp_circuit_of(dp, d->tail)->side.next_drain = side;
	d->tail = side;
}

/*
 * The grace period is over, so no worker puts a frame of @p c into its ring any more: all that are
 * there are among those it has put there by now (DEACT-3). What control sent on it is among the
 * first n_put (DEACT-2) of the one that sends for control, the port's first. Any worker of the port
 * may have received for it, so it waits first for what control has sent and then for what each of
 * them has received, from number @p step on; what they got meanwhile counts, for a mark is set when
 * its time comes. The marks of a worker only grow, so those that wait for it drain in this order.
 * @return Whether it has to wait.
 */
static bool
drain(struct dp *dp, struct dp_circuit *c, uint32_t side, uint32_t step)
{
	const struct dp_port *p = &dp->ports[dp->trunks[c->trunk].port];
	enum dp_drain_for what;
	struct dp_worker *w;

	for (; step <= p->steering.n_workers; step++) {
		what = step == 0 ? DP_DRAIN_SENT : DP_DRAIN_RECEIVED;
		w = dp->workers[p->pollers[step == 0 ? 0 : step - 1]];
		c->side.mark =
			(uint32_t)(what == DP_DRAIN_SENT ? w->n_put
							 : dp_counter_read(&w->n_to_control));
		if (w->drains[what].head != 0 || !has_reached(w, what, c->side.mark)) {
			append_draining(dp, &w->drains[what], c, side);
			return true;
		}
	}
	c->side.mark = 0;
	return false;
}

/* What follows when @p c has got what it waited for of @p w. */
static uint32_t
next_step(const struct dp *dp, const struct dp_worker *w, enum dp_drain_for what,
	const struct dp_circuit *c)
{
	const struct dp_port *p = &dp->ports[dp->trunks[c->trunk].port];
	uint32_t i = 0;

	if (what == DP_DRAIN_SENT)
		return 1;
	while (p->pollers[i] != w->idx)
		i++;
	return i + 2;
}

static uint32_t
finish_drained(struct dp *dp, struct dp_worker *w, enum dp_drain_for what, uint32_t max)
{
	struct dp_drain *d = &w->drains[what];
	struct dp_circuit *c;
	uint32_t side, n = 0;

	while (n < max && d->head != 0) {
		side = d->head;
		c = dp_circuit_of(dp, side);
		if (!has_reached(w, what, c->side.mark))
			break;
		d->head = c->side.next_drain;
		c->side.next_drain = 0; /* to the callback it is without a partner */
		c->flags &= ~DP_CIRCUIT_DRAINING;
		if (!drain(dp, c, side, next_step(dp, w, what, c)))
			n += finish(dp, c, side - 1);
	}
	return n;
}

/* ---- Reclaiming ---- */

/* @return Circuits reported. */
static inline uint32_t
reclaim_circuit(struct dp *dp, uint32_t side)
{
	struct dp_circuit *c = dp_circuit_of(dp, side);

	if (c->side.partner != 0)
		dp_settle(dp, side);
	if (unlikely((c->flags & DP_CIRCUIT_DRAINS) != 0) && drain(dp, c, side, 0))
		return 0;
	return finish(dp, c, side - 1);
}

static void
reclaim_other(struct dp *dp, uint32_t item)
{
	enum dp_retired what = (enum dp_retired)(item >> ITEM_SHIFT);
	uint32_t idx = item & ITEM_IDX;

	if (what == DP_RETIRED_CONTRACT)
		dp_contract_free(dp, (uint16_t)idx);
	else if (what == DP_RETIRED_LIST)
		dp_list_free(dp, idx);
	else
		dp_block_free(dp, idx);
}

/* What is told of a circuit may open another: what is free by now is there for it. */
static uint32_t
reclaim_batch(struct dp *dp, struct dp_batch *batch, uint32_t max)
{
	struct dp_reclaim *r = &dp->reclaim;
	uint32_t n = 0;

	for (; batch->n_others > 0; batch->n_others--)
		reclaim_other(dp, take_other(r));
	while (n < max && batch->n_circuits > 0) {
		batch->n_circuits--;
		n += reclaim_circuit(dp, take_circuit(dp, r));
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
	for (i = 0; i < dp->n_workers; i++) {
		n += finish_drained(dp, dp->workers[i], DP_DRAIN_SENT, max - n);
		n += finish_drained(dp, dp->workers[i], DP_DRAIN_RECEIVED, max - n);
	}
	while (n < max && r->n_batches > 0) {
		batch = &r->batches[r->first_batch];
		if (!has_passed(dp, batch, now_ns))
			break;
		n += reclaim_batch(dp, batch, max - n);
		if (batch->n_circuits > 0)
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
