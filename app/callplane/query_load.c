/* SPDX-License-Identifier: BSD-3-Clause */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "appliance_priv.h"
#include "callplane/query.h"

/* Rows of workers and of the busiest circuits. */

/* ---- Control. ---- */

static uint64_t
to_ns(uint64_t cycles, uint64_t hz)
{
	return (uint64_t)((double)cycles * 1e9 / (double)hz);
}

static double
ratio(uint64_t part, uint64_t whole)
{
	return whole != 0 ? (double)part / (double)whole : 0;
}

static void
print_ports(const struct appliance *a, uint32_t ports, char *out, size_t size)
{
	size_t len = 0;
	uint32_t i;

	out[0] = '\0';
	for (i = 0; i < a->config->n_ports && len < size; i++)
		if ((ports & 1u << a->dp_ports[i]) != 0)
			len += (size_t)snprintf(out + len, size - len, "%s%s", len > 0 ? " " : "",
				a->config->ports[i].name);
}

/* The longest one is known to the cycle; the edge of its bucket is above it. */
static void
gaps_of(const struct dp *dp, uint32_t worker, uint64_t longest, struct query_worker_row *row)
{
	struct cp_hist spell;

	dp_worker_gaps(dp, worker, &row->gap_cycles, &spell);
	if (spell.max > longest)
		spell.max = longest;
	row->gap_ns_p50 = to_ns(cp_hist_quantile_ppm(&spell, 500000), row->tsc_hz);
	row->gap_ns_p99 = to_ns(cp_hist_quantile_ppm(&spell, 990000), row->tsc_hz);
	row->gap_ns_p9999 = to_ns(cp_hist_quantile_ppm(&spell, 999900), row->tsc_hz);
	row->gap_ns_max = to_ns(longest, row->tsc_hz);
}

static void
worker_row(const struct appliance *a, uint32_t worker, struct query_worker_row *row)
{
	struct dp_worker_stats stats;

	memset(row, 0, sizeof(*row));
	dp_worker_stats(a->dp, worker, &stats);
	row->lcore = stats.lcore;
	row->numa_node = stats.socket >= 0 ? (uint32_t)stats.socket : 0;
	print_ports(a, stats.ports, row->ports, sizeof(row->ports));
	row->rx = stats.rx;
	row->tx = stats.tx;
	row->to_control = stats.to_control;
	row->from_control = stats.from_control;
	row->handed = stats.handed;
	row->relayed = stats.relayed;
	row->turns = stats.turns;
	row->busy_turns = stats.busy_turns;
	row->busy_cycles = stats.busy_cycles;
	row->idle_cycles = stats.idle_cycles;
	row->tsc_hz = rte_get_tsc_hz();
	row->busy_percent = 100 * ratio(stats.busy_cycles, stats.busy_cycles + stats.idle_cycles);
	row->cycles_per_frame = ratio(stats.busy_cycles, stats.rx + stats.from_control);
	row->frames_per_busy_turn = ratio(stats.rx + stats.from_control, stats.busy_turns);
	row->to_control_percent = stats.to_control_permille / 10.0;
	row->from_control_percent = stats.from_control_permille / 10.0;
	row->thread = stats.thread;
	memcpy(row->drops, stats.drops, sizeof(row->drops));
	gaps_of(a->dp, worker, stats.max_turn_cycles, row);
}

void
query_workers(struct appliance *a, struct query *q)
{
	uint32_t worker;

	while (q->n_rows < QUERY_WORKER_ROWS && q->cursor < dp_n_workers(a->dp)) {
		worker = q->cursor++;
		worker_row(a, worker, &q->rows.workers[q->n_rows++]);
		if (q->args.restart)
			dp_worker_gap_restart(a->dp, worker);
	}
	q->more = q->cursor < dp_n_workers(a->dp);
}

void
query_polled(const struct appliance *a, uint16_t port, struct query_polled *out)
{
	uint64_t frames;
	uint32_t i;

	out->n = 0;
	for (i = 0; i < dp_n_workers(a->dp); i++) {
		frames = dp_worker_polled(a->dp, i, port);
		if (frames == 0)
			continue;
		out->by[out->n].lcore = a->config->workers[i].lcore;
		out->by[out->n++].frames = frames;
	}
}

static const char *
trunk_name(const struct appliance *a, uint16_t dp_trunk)
{
	unsigned int i;

	for (i = 0; i < a->n_trunks; i++)
		if (a->trunks[i].dp_trunk == dp_trunk)
			return a->trunks[i].config->name;
	return "";
}

void
query_busiest(struct appliance *a, struct query *q)
{
	struct busiest_circuit found[BUSIEST_MAX];
	struct query_busiest_row *row;
	uint32_t i;

	q->n_rows = busiest_get(a->busiest, a->now_ns, found);
	for (i = 0; i < q->n_rows; i++) {
		row = &q->rows.busiest[i];
		snprintf(row->trunk, sizeof(row->trunk), "%s", trunk_name(a, found[i].trunk));
		row->label = found[i].label;
		row->packets_per_s = found[i].packets_s;
		row->bits_per_s = 8 * found[i].octets_s;
	}
}

/* ---- The management thread. ---- */

static uint64_t
resident_octets(void)
{
	unsigned long long pages = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	if (f == NULL)
		return 0;
	if (fscanf(f, "%*u %llu", &pages) != 1)
		pages = 0;
	fclose(f);
	return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* Time that a worker was ready and had no CPU is a gap that no code of ours explains. */
static void
cpu_time(struct query_worker_row *row)
{
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/task/%d/schedstat", row->thread);
	f = fopen(path, "r");
	if (f == NULL)
		return;
	if (fscanf(f, "%" SCNu64 " %" SCNu64, &row->run_ns, &row->wait_ns) != 2)
		row->run_ns = row->wait_ns = 0;
	fclose(f);
}

void
query_ask_kernel(struct query *q)
{
	uint32_t i;

	if (q->method == QUERY_STATUS)
		q->rows.status[0].resident_octets = resident_octets();
	if (q->method == QUERY_WORKERS)
		for (i = 0; i < q->n_rows; i++)
			cpu_time(&q->rows.workers[i]);
}
