/* SPDX-License-Identifier: BSD-3-Clause */
#include <rte_cycles.h>
#include <rte_launch.h>
#include <rte_malloc.h>
#include <rte_rcu_qsbr.h>
#include <rte_ring.h>

#include "common/eal.h"
#include "gbench.h"
#include "micro/micro.h"
#include "micro/qsbr.h"

#define BATCH 4096
#define RING_SIZE 1024
#define SPSC (RING_F_SP_ENQ | RING_F_SC_DEQ)
#define MAX_BULK 64

static uint32_t stop; /* Atomic. */

static bool
is_stopped(void)
{
	return __atomic_load_n(&stop, __ATOMIC_RELAXED) != 0;
}

static void
end_helper(void)
{
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	rte_eal_wait_lcore(1);
	__atomic_store_n(&stop, 0, __ATOMIC_RELAXED);
}

/* ---- A ring on one core: what a hop costs when nothing else does. ---- */

static void
hop(struct bench *b, void *arg)
{
	unsigned int bulk = (unsigned int)bench_n_calls(b), i;
	struct rte_ring *ring = rte_ring_create("hop", RING_SIZE, SOCKET_ID_ANY, SPSC);
	void *frames[MAX_BULK] = { 0 };

	(void)arg;
	if (ring == NULL)
		bench_fail(b, "no ring");
	bench_set_operations(b, BATCH);
	bench_set_octets(b, 2 * sizeof(void *)); /* into the ring and out of it */
	while (bench_next(b)) {
		for (i = 0; i < BATCH; i += bulk) {
			rte_ring_sp_enqueue_bulk(ring, frames, bulk, NULL);
			rte_ring_sc_dequeue_bulk(ring, frames, bulk, NULL);
		}
	}
	rte_ring_free(ring);
}

/* ---- There and back between two cores, one element at a time. ---- */

struct pair {
	struct rte_ring *there, *back;
};

static int
echo(void *arg)
{
	struct pair *p = arg;
	void *frame;

	while (!is_stopped())
		if (rte_ring_sc_dequeue(p->there, &frame) == 0)
			rte_ring_sp_enqueue(p->back, frame);
	return 0;
}

static void
round_trip(struct bench *b, void *arg)
{
	struct pair p = {
		.there = rte_ring_create("there", RING_SIZE, SOCKET_ID_ANY, SPSC),
		.back = rte_ring_create("back", RING_SIZE, SOCKET_ID_ANY, SPSC),
	};
	void *frame = &p;
	int i;

	(void)arg;
	if (p.there == NULL || p.back == NULL || bench_has_one_processor())
		bench_fail(b, "two processors and two rings are wanted");
	else
		rte_eal_remote_launch(echo, &p, 1);
	bench_set_octets(b, 4 * sizeof(void *));
	while (bench_next(b)) {
		for (i = 0; i < (int)bench_n_calls(b); i++) {
			rte_ring_sp_enqueue(p.there, frame);
			while (rte_ring_sc_dequeue(p.back, &frame) != 0)
				rte_pause();
		}
	}
	end_helper();
	rte_ring_free(p.there);
	rte_ring_free(p.back);
}

/* ---- A grace period of a reader that is quiescent all the time, on the other core. ---- */

static int
be_quiescent(void *arg)
{
	struct rte_rcu_qsbr *qsbr = arg;

	rte_rcu_qsbr_thread_online(qsbr, 0);
	while (!is_stopped())
		rte_rcu_qsbr_quiescent(qsbr, 0);
	rte_rcu_qsbr_thread_offline(qsbr, 0);
	return 0;
}

static void
grace_period(struct bench *b, void *arg)
{
	struct rte_rcu_qsbr *qsbr = qsbr_create();
	int64_t i;

	(void)arg;
	if (qsbr == NULL || bench_has_one_processor())
		bench_fail(b, "two processors and memory are wanted");
	else
		rte_eal_remote_launch(be_quiescent, qsbr, 1);
	bench_set_octets(b, 3 * sizeof(uint64_t)); /* token, its reader's count, the least of all */
	while (bench_next(b))
		for (i = 0; i < bench_n_calls(b); i++)
			rte_rcu_qsbr_check(qsbr, rte_rcu_qsbr_start(qsbr), true);
	end_helper();
	rte_free(qsbr);
}

void
micro_add_rings(void)
{
	static const int64_t bulks[] = { 1, 8, 32 };
	static const int64_t batch = 1024;

	bench_add("ring/hop", hop, NULL, bulks, 3);
	bench_add("ring/round_trip", round_trip, NULL, &batch, 1);
	bench_add("grace_period", grace_period, NULL, &batch, 1);
}
