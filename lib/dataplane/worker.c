/* SPDX-License-Identifier: BSD-3-Clause */
/* A worker's life and its turn. What it does with frames is in switch.c. */
#include <errno.h>
#include <stdio.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_malloc.h>

#include "dataplane/dp_priv.h"
#include "dataplane/meter.h"
#include "dataplane/tx.h"

static struct rte_ring *
ring_create(struct dp *dp, const char *what, unsigned int lcore)
{
	char name[RTE_RING_NAMESIZE];
	struct rte_ring *ring;

	snprintf(name, sizeof(name), "dp%u_%s_%u", dp->serial, what, lcore);
	ring = dp_ring_create(dp, name, dp->config.ring_size, RING_F_SP_ENQ | RING_F_SC_DEQ,
		dp_lcore_node(dp, lcore));
	if (ring == NULL)
		cp_log(CP_LOG_ERR, "worker on lcore %u: no room for ring %s: %s; mend: %s", lcore,
			name, rte_strerror(rte_errno), "dpdk-hugepages.py --setup 2G");
	return ring;
}

static bool
lcore_is_taken(const struct dp *dp, unsigned int lcore)
{
	uint32_t i;

	for (i = 0; i < dp->n_workers; i++)
		if (dp->workers[i]->lcore == lcore)
			return true;
	return false;
}

int
dp_worker_create(struct dp *dp, unsigned int lcore, struct dp_worker **out)
{
	struct dp_worker *w;

	if (dp->n_ports != 0) /* their transmit queues are counted out already */
		return -EBUSY;
	if (lcore_is_taken(dp, lcore))
		return -EEXIST;
	if (dp->n_workers == DP_MAX_WORKERS)
		return -ENOSPC;
	w = dp_zalloc_at(dp, dp_lcore_node(dp, lcore), sizeof(*w), "worker");
	if (w == NULL)
		return -ENOMEM;
	w->dp = dp;
	w->idx = dp->n_workers;
	w->lcore = lcore;
	w->to_control = ring_create(dp, "up", lcore);
	w->from_control = ring_create(dp, "down", lcore);
	if (w->to_control == NULL || w->from_control == NULL) {
		dp_worker_destroy(w);
		return -ENOMEM;
	}
	rte_rcu_qsbr_thread_register(dp->qsbr, w->idx);
	dp->workers[dp->n_workers++] = w;
	*out = w;
	return 0;
}

static void
ring_free(struct rte_ring *ring)
{
	void *frame;

	if (ring == NULL)
		return;
	while (rte_ring_sc_dequeue(ring, &frame) == 0)
		rte_pktmbuf_free(frame);
	rte_ring_free(ring);
}

void
dp_worker_destroy(struct dp_worker *w)
{
	rte_pktmbuf_free_bulk(w->stash, w->n_stash);
	ring_free(w->from_control);
	ring_free(w->to_control);
	rte_free(w);
}

void
dp_worker_add_source(struct dp_worker *w, struct dp_source *source)
{
	uint32_t i = 0;

	while (i < w->n_sources && w->sources[i] != NULL)
		i++;
	/* Release: pairs with the acquires in poll_sources(), which then see the source itself. */
	__atomic_store_n(&w->sources[i], source, __ATOMIC_RELEASE);
	if (i == w->n_sources)
		__atomic_store_n(&w->n_sources, i + 1, __ATOMIC_RELEASE);
}

void
dp_worker_remove_source(struct dp_worker *w, const struct dp_source *source)
{
	uint32_t i;

	for (i = 0; i < w->n_sources; i++)
		/* Relaxed: what follows is ordered by the caller's token. */
		if (w->sources[i] == source)
			__atomic_store_n(&w->sources[i], NULL, __ATOMIC_RELAXED);
}

void
dp_worker_add_relay(struct dp_worker *w, struct dp_relay *relay)
{
	uint32_t i = 0;

	while (i < w->n_relays && w->relays[i] != NULL)
		i++;
	/* Release: pairs with the acquires in each_relay(). */
	__atomic_store_n(&w->relays[i], relay, __ATOMIC_RELEASE);
	if (i == w->n_relays)
		__atomic_store_n(&w->n_relays, i + 1, __ATOMIC_RELEASE);
}

void
dp_worker_remove_relay(struct dp_worker *w, const struct dp_relay *relay)
{
	uint32_t i;

	for (i = 0; i < w->n_relays; i++)
		/* Relaxed: as in dp_worker_remove_source(). */
		if (w->relays[i] == relay)
			__atomic_store_n(&w->relays[i], NULL, __ATOMIC_RELAXED);
}

static uint32_t
poll_sources(struct dp_worker *w)
{
	uint32_t i, n = 0, n_sources;
	struct dp_source *source;

	/* Acquire: both pair with the releases in dp_worker_add_source(). */
	n_sources = __atomic_load_n(&w->n_sources, __ATOMIC_ACQUIRE);
	for (i = 0; i < n_sources; i++) {
		source = __atomic_load_n(&w->sources[i], __ATOMIC_ACQUIRE);
		if (likely(source != NULL))
			n += dp_switch_source(w, source);
	}
	return n;
}

/* What control sends; it left the index of the port in each frame (dp_trunk_send()). */
static uint32_t
send_for_control(struct dp_worker *w)
{
	struct rte_mbuf *frames[DP_BURST];
	uint32_t i, n;

	n = rte_ring_sc_dequeue_burst(w->from_control, (void **)frames, DP_BURST, NULL);
	for (i = 0; i < n; i++)
		dp_tx(w, frames[i]->port, frames[i]);
	return n;
}

static void
count_turn(struct dp_worker *w, uint32_t n_rx, uint32_t n_to_send)
{
	dp_load_turn(&w->load, rte_rdtsc(), n_rx + n_to_send != 0);
	dp_counter_add(&w->n_rx, n_rx);
}

uint32_t
dp_worker_turn(struct dp_worker *w)
{
	uint32_t n_rx, n_from_control, n_relayed;

	/* The meters': when the turn before ended, near enough and there already. */
	w->time = (likely(w->clock == NULL) ? w->load.last_quiescent : w->clock())
		  << DP_METER_TIME_SHIFT;
	w->n_copies = 0;
	/* First, so that a port which does not take all of a turn drops data, not signalling. */
	n_from_control = send_for_control(w);
	n_rx = poll_sources(w);
	n_relayed = dp_relays_empty(w);
	dp_tx_flush(w);
	/* Release: no buffer of ours holds them now; pairs with the acquire in has_drained(). */
	if (n_from_control != 0)
		__atomic_store_n(
			&w->n_from_control, w->n_from_control + n_from_control, __ATOMIC_RELEASE);
	count_turn(w, n_rx, n_from_control + n_relayed);
	/*
	 * No pointer into the tables outlives this line, and no frame of ours but in the ring to
	 * a worker that sends for us: has_passed() waits for that one too (I1).
	 */
	rte_rcu_qsbr_quiescent(w->dp->qsbr, w->idx);
	return n_rx;
}

void
dp_worker_online(struct dp_worker *w)
{
	/* Relaxed: a number for those who look. */
	__atomic_store_n(&w->thread, (uint32_t)rte_gettid(), __ATOMIC_RELAXED);
	w->load.last_quiescent = rte_rdtsc();
	rte_rcu_qsbr_thread_online(w->dp->qsbr, w->idx);
	dp_relays_drop(w);
}

void
dp_worker_offline(struct dp_worker *w)
{
	rte_rcu_qsbr_thread_offline(w->dp->qsbr, w->idx);
}

int
dp_worker_run(void *arg)
{
	struct dp_worker *w = arg;

	dp_worker_online(w);
	/* Acquire: pairs with dp_worker_stop(); what its caller did before is seen after. */
	while (__atomic_load_n(&w->stop, __ATOMIC_ACQUIRE) == 0)
		dp_worker_turn(w);
	dp_worker_offline(w);
	__atomic_store_n(&w->stop, 0, __ATOMIC_RELAXED); /* so that it can be launched again */
	return 0;
}

void
dp_worker_stop(struct dp_worker *w)
{
	__atomic_store_n(&w->stop, 1, __ATOMIC_RELEASE);
}

void
dp_worker_set_clock(struct dp_worker *w, uint64_t (*clock)(void))
{
	w->clock = clock;
}

uint32_t
dp_n_workers(const struct dp *dp)
{
	return dp->n_workers;
}
