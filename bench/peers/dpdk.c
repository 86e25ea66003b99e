/* SPDX-License-Identifier: BSD-3-Clause */
#include "peers/dpdk.h"

#include <stdio.h>

#include <rte_lcore.h>
#include <rte_malloc.h>

#include "common/eal.h"
#include "micro/qsbr.h"
#include "peers/peer.h"

#define HEAP_MB(n) (256 + (n) / 2500) /* where there are no hugepages */

static struct rte_rcu_qsbr *qsbr;

/* Records that are free, as a stack. */
static uint8_t *records;
static void **unused;
static uint32_t n_unused;

int
peer_dpdk_start(uint32_t n)
{
	if (bench_eal_start("peer", HEAP_MB(n)) != 0)
		return -1;
	qsbr = qsbr_create();
	return qsbr == NULL ? -1 : 0;
}

size_t
peer_dpdk_octets(void)
{
	struct rte_malloc_socket_stats stats;
	unsigned int i;
	size_t sum = 0;

	for (i = 0; i < rte_socket_count(); i++)
		if (rte_malloc_get_socket_stats(rte_socket_id_by_idx(i), &stats) == 0)
			sum += stats.heap_allocsz_bytes;
	return sum;
}

void
peer_dpdk_online(void)
{
	rte_rcu_qsbr_thread_online(qsbr, 0);
}

void
peer_dpdk_quiescent(void)
{
	rte_rcu_qsbr_quiescent(qsbr, 0);
}

void
peer_dpdk_offline(void)
{
	rte_rcu_qsbr_thread_offline(qsbr, 0);
}

struct rte_rcu_qsbr *
peer_dpdk_qsbr(void)
{
	return qsbr;
}

int
peer_records_create(uint32_t n)
{
	records = rte_zmalloc("records", (size_t)n * PEER_RECORD_SIZE, RTE_CACHE_LINE_SIZE);
	unused = rte_zmalloc("unused", n * sizeof(*unused), RTE_CACHE_LINE_SIZE);
	if (records == NULL || unused == NULL)
		return -1;
	for (n_unused = 0; n_unused < n; n_unused++)
		unused[n_unused] = records + (size_t)(n - 1 - n_unused) * PEER_RECORD_SIZE;
	return 0;
}

void
peer_records_destroy(void)
{
	rte_free(unused);
	rte_free(records);
}

void *
peer_record_get(void)
{
	return n_unused == 0 ? NULL : unused[--n_unused];
}

void
peer_record_put(void *record)
{
	unused[n_unused++] = record;
}
