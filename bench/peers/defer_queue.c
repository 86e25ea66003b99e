/* SPDX-License-Identifier: BSD-3-Clause */
/* rte_rcu_qsbr_dq: a queue of what was unlinked, each with the grace period it waits for. */
#include <stdio.h>

#include <rte_malloc.h>
#include <rte_rcu_qsbr.h>

#include "peers/dpdk.h"
#include "peers/peer.h"

#define RECLAIM 32 /* a time, as DPDK's own tables do: rte_lpm, rte_fib */

static uint64_t **table;
static struct rte_rcu_qsbr_dq *queue;

static void
give_back(void *arg, void *e, unsigned int n)
{
	unsigned int i;

	(void)arg;
	for (i = 0; i < n; i++)
		peer_record_put(((void **)e)[i]);
}

static int
fill(uint32_t n)
{
	struct rte_rcu_qsbr_dq_parameters params = {
		.name = "peer",
		.size = n,
		.esize = sizeof(void *),
		.trigger_reclaim_limit = RECLAIM,
		.max_reclaim_size = RECLAIM,
		.free_fn = give_back,
		.v = peer_dpdk_qsbr(),
	};
	uint32_t i;

	table = rte_zmalloc("table", n * sizeof(*table), RTE_CACHE_LINE_SIZE);
	if (table == NULL || peer_records_create(n) != 0)
		return -1;
	for (i = 0; i < n; i++) {
		table[i] = peer_record_get();
		*table[i] = 1;
	}
	queue = rte_rcu_qsbr_dq_create(&params);
	return queue == NULL ? -1 : 0;
}

static int
remove_entries(const uint32_t *entries, uint32_t n)
{
	unsigned int pending = 1;
	uint32_t i;
	void *gone;

	for (i = 0; i < n; i++) {
		gone = table[entries[i]];
		__atomic_store_n(&table[entries[i]], NULL, __ATOMIC_RELEASE);
		if (rte_rcu_qsbr_dq_enqueue(queue, &gone) != 0)
			return -1;
	}
	while (pending > 0) /* it does not say so when nothing was ready */
		rte_rcu_qsbr_dq_reclaim(queue, n, NULL, &pending, NULL);
	return 0;
}

static uint32_t
look_up(uint32_t first, uint32_t n)
{
	const uint64_t *record;
	uint32_t i, found = 0;

	for (i = first; i < first + n; i++) {
		record = __atomic_load_n(&table[i], __ATOMIC_ACQUIRE);
		found += record != NULL && *record == 1;
	}
	return found;
}

static void
destroy(uint32_t n)
{
	(void)n;
	rte_rcu_qsbr_dq_delete(queue);
	rte_free(table);
	peer_records_destroy();
}

static const struct peer defer_queue = {
	.name = "qsbr_dq",
	.start = peer_dpdk_start,
	.fill = fill,
	.remove = remove_entries,
	.octets = peer_dpdk_octets,
	.online = peer_dpdk_online,
	.look_up = look_up,
	.quiescent = peer_dpdk_quiescent,
	.offline = peer_dpdk_offline,
	.destroy = destroy,
};

int
main(int argc, char **argv)
{
	return peer_main(&defer_queue, argc, argv);
}
