/* SPDX-License-Identifier: BSD-3-Clause */
/* Reclamation: unlinked circuits wait for their grace period, many to a token (design 5). */
#include <errno.h>
#include <stdio.h>

#include <rte_prefetch.h>

#include "dataplane/dp_priv.h"

#define RECLAIM_AHEAD 8 /* circuits whose records are on their way while one is reclaimed */
#define STALL_LOG_NS UINT64_C(1000000000)

int
dp_reclaim_init(struct dp *dp)
{
	uint32_t size = rte_align32pow2(dp->config.n_circuits);

	dp->reclaim.fifo = dp_zalloc(dp, size * sizeof(*dp->reclaim.fifo), "reclaim queue");
	if (dp->reclaim.fifo == NULL)
		return -ENOMEM;
	dp->reclaim.mask = size - 1;
	return 0;
}

void
dp_reclaim_add(struct dp *dp, uint32_t circuit_idx)
{
	struct dp_reclaim *r = &dp->reclaim;

	/* Never full: a circuit is unlinked once, and its index is free only after it left. */
	r->fifo[r->tail++ & r->mask] = circuit_idx;
	r->n_uncovered++;
}

uint64_t
dp_grace_start(struct dp *dp)
{
	/*
	 * Sequentially consistent: what was taken away must not sink below the look at the workers'
	 * counters, lest one that comes online just then is not waited for although it saw it.
	 * Pairs with the fence of rte_rcu_qsbr_thread_online().
	 */
	rte_atomic_thread_fence(__ATOMIC_SEQ_CST);
	return rte_rcu_qsbr_start(dp->qsbr);
}

bool
dp_grace_passed(struct dp *dp, uint64_t token)
{
	return rte_rcu_qsbr_check(dp->qsbr, token, false) == 1;
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
				"worker on lcore %u has not been quiescent for %u ms, %u circuits "
				"wait for it (%u such lines not shown); mend: give the lcore a CPU "
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

static bool
has_passed(struct dp *dp, struct dp_batch *batch, uint64_t now_ns)
{
	if (batch->passed)
		return true;
	if (!dp_grace_passed(dp, batch->token)) {
		watch_stall(dp, batch, now_ns);
		return false;
	}
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

	if (n > RECLAIM_AHEAD) {
		idx = r->fifo[(r->head + RECLAIM_AHEAD) & r->mask];
		rte_prefetch0(dp_circuit_of(dp, idx + 1));
		rte_prefetch0(&dp->entries[idx + 1]);
	}
	if (n > RECLAIM_AHEAD / 2) {
		idx = r->fifo[(r->head + RECLAIM_AHEAD / 2) & r->mask];
		rte_prefetch0(&dp->entries[dp_circuit_of(dp, idx + 1)->side.partner]);
	}
}

/* The label first, so that the callback may open it anew; the handle last. */
static void
reclaim_one(struct dp *dp, uint32_t circuit_idx)
{
	dp_circuit_t circuit = cp_pool_handle_of(&dp->circuits, circuit_idx);
	const struct dp_circuit *c = dp_circuit_of(dp, circuit_idx + 1);
	const struct dp_trunk *trunk = &dp->trunks[c->trunk];

	dp_settle(dp, circuit_idx + 1);
	cp_idset_put(trunk->labels, c->label);
	if (trunk->reclaimed != NULL)
		trunk->reclaimed(trunk->reclaimed_arg, circuit, c->cookie);
	cp_pool_put(&dp->circuits, circuit);
	dp->reclaim.n_circuits++;
}

static uint32_t
reclaim_batch(struct dp *dp, struct dp_batch *batch, uint32_t max)
{
	struct dp_reclaim *r = &dp->reclaim;
	uint32_t n = 0;

	for (; n < max && batch->n > 0; n++) {
		look_ahead(dp);
		batch->n--;
		reclaim_one(dp, r->fifo[r->head++ & r->mask]);
	}
	return n;
}

uint32_t
dp_reclaim_poll(struct dp *dp, uint64_t now_ns, uint32_t max)
{
	struct dp_reclaim *r = &dp->reclaim;
	struct dp_batch *batch;
	uint32_t n = 0;

	start_batch(dp, now_ns);
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
		.pending = r->tail - r->head,
		.grace_ns = &r->grace_ns,
	};
}
