/* SPDX-License-Identifier: BSD-3-Clause */
/* What a run prints. */
#include <stdio.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_mempool.h>

#include "calls/run.h"

#define MIB (1024.0 * 1024.0)

void
row(const char *name, double value, const char *unit)
{
	printf("%s\t%.6g\t%s\n", name, value, unit);
}

double
ns_of(uint64_t cycles)
{
	return (double)cycles * 1e9 / (double)rte_get_tsc_hz();
}

static void
row_of(const struct end *e, const char *what, double value, const char *unit)
{
	char name[64];

	snprintf(name, sizeof(name), "%s_%s", what, e->name);
	row(name, value, unit);
}

static void
report_end(const struct end *e, const struct run *r, uint32_t n)
{
	const struct busy *b = &e->busy;
	char name[64];
	int p;

	row_of(e, "control_ns_per_call", ns_of(b->total) / n, "ns");
	if (r->way->n_leaves != 0)
		row_of(e, "control_ns_per_party", ns_of(b->total) / n / r->way->n_leaves, "ns");
	for (p = 0; p < PART_COUNT; p++) {
		snprintf(name, sizeof(name), "control_ns_per_call_%s_%s", e->name,
			part_name((enum part)p));
		row(name, ns_of(b->parts[p]) / n, "ns");
	}
	row_of(e, "grace_share", (double)b->tokens * 100 / (double)RTE_MAX(b->total, 1u), "%");
	row_of(e, "control_turn_us_max", ns_of(b->longest) / 1e3, "us");
}

void
report_busy(const struct run *r, uint32_t n)
{
	report_end(&r->near, r, n);
	report_end(&r->far, r, n);
	row("control_waited_ms", r->waited_ms, "ms");
}

/* ---- Grace periods. ---- */

void
report_grace(const struct run *r)
{
	struct dp_reclaim_stats stats;
	uint32_t i;

	dp_reclaim_stats(r->near.dp, &stats);
	row("grace_periods", (double)stats.grace_periods, "");
	row("grace_us_p50", (double)cp_hist_quantile(stats.grace_ns, 500) / 1e3, "us");
	row("grace_us_p99", (double)cp_hist_quantile(stats.grace_ns, 990) / 1e3, "us");
	row("grace_us_max", (double)stats.grace_ns->max / 1e3, "us");
	for (i = 0; i < CP_HIST_BUCKETS; i++)
		if (stats.grace_ns->buckets[i] != 0)
			printf("series\tgrace_us\t%.3f\t%llu\n", (double)cp_hist_edge(i) / 1e3,
				(unsigned long long)stats.grace_ns->buckets[i]);
}

/* ---- Memory. ---- */

uint64_t
resident_octets(void)
{
	FILE *f = fopen("/proc/self/statm", "r");
	unsigned long size, pages = 0;

	if (f != NULL) {
		if (fscanf(f, "%lu %lu", &size, &pages) != 2)
			pages = 0;
		fclose(f);
	}
	return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static uint64_t
mempool_octets(const struct rte_mempool *pool)
{
	return (uint64_t)pool->size * (pool->header_size + pool->elt_size + pool->trailer_size);
}

static uint64_t
mbuf_octets(struct dp *dp)
{
	return mempool_octets(dp_mempool(dp)) + mempool_octets(dp_clone_pool(dp));
}

void
report_memory(const struct run *r, uint64_t sparse)
{
	const struct memory *m = &r->near.memory;
	uint64_t mbufs = mbuf_octets(r->near.dp), all = r->near.heap_octets + sparse / 2;
	char name[80];
	uint32_t i;

	row("memory_mib", (double)(all - mbufs) / MIB, "MiB");
	row("memory_mib_with_mbufs", (double)all / MIB, "MiB");
	row("bytes_per_call", (double)(m->octets + sparse / 2) / r->n_calls, "B");
	row("bytes_per_call_sparse", (double)sparse / 2 / r->n_calls, "B");
	for (i = 0; i < m->n; i++) {
		if (m->lines[i].octets < r->n_calls)
			continue;
		snprintf(name, sizeof(name), "bytes_per_call_%s", m->lines[i].what);
		row(name, (double)m->lines[i].octets / r->n_calls, "B");
	}
	row("dataplane_bytes_per_call",
		(double)(r->near.heap_octets - m->octets - mbufs) / r->n_calls, "B");
}
