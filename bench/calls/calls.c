/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sets N calls up between two ends and closes them. Prints one result a line, name, value and unit
 * between tabs; what is wrong goes to stderr.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_launch.h>

#include "calls/end.h"
#include "common/eal.h"

#define MAX_CALLS 1048000u  /* what 16 VPCIs of a trunk hold */
#define MAX_DIALS_OUT 1024u /* as in the appliance's jobs */
#define MAX_CLOSES_OUT 65536u
#define SLICE_NS 40000u
#define FROM "4930100000000"
#define TO "4940100000000"
#define TO_PREFIX "4940"

struct run {
	struct end near, far;
	struct end *ends[2];
	uint32_t n_calls;
	double seconds; /* until it gives up */
	bool standalone;
	bool shuffle;
	uint32_t stop; /* Atomic. The worker's. */
	/* Setup. */
	struct co_address from, to;
	uint32_t n_started;
	/* Teardown. */
	co_vc_t *order; /* shuffled: what to close */
	uint32_t cursor;
	co_vc_t ahead[CO_AHEAD_MAX];
	uint32_t n_ahead, at_ahead;
};

static void
row(const char *name, double value, const char *unit)
{
	printf("%s\t%.6g\t%s\n", name, value, unit);
}

static double
ns_of(uint64_t cycles)
{
	return (double)cycles * 1e9 / (double)rte_get_tsc_hz();
}

/* ---- The worker lcore: both ends' workers by turns. ---- */

static int
work_both(void *arg)
{
	struct run *r = arg;

	dp_worker_online(r->near.worker);
	dp_worker_online(r->far.worker);
	/* Relaxed: it orders nothing. */
	while (__atomic_load_n(&r->stop, __ATOMIC_RELAXED) == 0) {
		dp_worker_turn(r->near.worker);
		dp_worker_turn(r->far.worker);
	}
	dp_worker_offline(r->near.worker);
	dp_worker_offline(r->far.worker);
	return 0;
}

/* ---- What the near end's client does. ---- */

static bool
slice_is_over(uint64_t begun)
{
	return ns_of(rte_rdtsc() - begun) > SLICE_NS;
}

static bool
dial_slice(struct end *e, void *arg)
{
	struct run *r = arg;
	uint32_t before = r->n_started;
	uint64_t begun = rte_rdtsc();

	while (r->n_started < r->n_calls &&
		r->n_started - e->n_dialled - e->n_failed < MAX_DIALS_OUT) {
		if (load_dial(e->load, e->adapter, &r->from, &r->to, 0, 1) != 0)
			break; /* room comes when others are answered */
		r->n_started++;
		attach_address_add(&r->from, 1);
		attach_address_add(&r->to, 1);
		if ((r->n_started & 7) == 0 && slice_is_over(begun))
			break;
	}
	return r->n_started != before;
}

/* As the appliance walks its VCs for "close --all"; or in the order of a shuffled list. */
static co_vc_t
walk(struct run *r, const struct end *e)
{
	struct co_vc_info info;
	co_vc_t vc;

	if (r->order != NULL)
		return r->cursor < r->n_calls ? r->order[r->cursor++] : CO_NONE;
	do
		vc = co_vc_next(e->co, &r->cursor);
	while (vc != CO_NONE && (co_vc_query(e->co, vc, &info) != CO_STATUS_SUCCESS ||
					info.call_state != CO_CALL_UP));
	return vc;
}

static co_vc_t
next_to_close(struct run *r, const struct end *e)
{
	co_vc_t vc;

	if (r->at_ahead == r->n_ahead) {
		r->at_ahead = r->n_ahead = 0;
		while (r->n_ahead < CO_AHEAD_MAX && (vc = walk(r, e)) != CO_NONE)
			r->ahead[r->n_ahead++] = vc;
		caller_ahead(load_caller(e->load), r->ahead, r->n_ahead);
	}
	return r->n_ahead > 0 ? r->ahead[r->at_ahead++] : CO_NONE;
}

static bool
close_slice(struct end *e, void *arg)
{
	const struct co_data none = { NULL, 0 };
	struct run *r = arg;
	uint32_t before = r->n_started;
	uint64_t begun = rte_rdtsc();
	enum co_status status;
	co_vc_t vc;

	while (r->n_started < r->n_calls &&
		r->n_started - e->n_closed - e->n_failed < MAX_CLOSES_OUT) {
		vc = next_to_close(r, e);
		if (vc == CO_NONE)
			break;
		r->n_started++;
		status = caller_close(load_caller(e->load), vc, 1, none);
		if (status != CO_STATUS_PENDING && status != CO_STATUS_SUCCESS)
			e->n_failed++;
		if ((r->n_started & 7) == 0 && slice_is_over(begun))
			break;
	}
	return r->n_started != before;
}

/* ---- The two halves. ---- */

typedef bool (*done_fn)(const struct run *r);

static bool
links_are_up(const struct run *r)
{
	return end_link_is_up(&r->near) && end_link_is_up(&r->far);
}

static bool
all_dialled(const struct run *r)
{
	return r->near.n_dialled + r->near.n_failed == r->n_calls;
}

static bool
all_gone(const struct run *r)
{
	return r->near.n_closed + r->near.n_failed == r->n_calls && end_is_empty(&r->near) &&
	       end_is_empty(&r->far);
}

static bool
all_quiet(const struct run *r)
{
	return end_is_quiet(&r->near, &r->far) && end_is_quiet(&r->far, &r->near);
}

/* @return The seconds it took; negative: it was not done in time. */
static double
turn_until(struct run *r, done_fn done, end_work_fn near_work)
{
	uint64_t begun = rte_rdtsc(), limit = (uint64_t)(r->seconds * (double)rte_get_tsc_hz());

	end_busy_restart(&r->near);
	end_busy_restart(&r->far);
	while (!done(r)) {
		end_turn(&r->near, near_work, r);
		end_turn(&r->far, NULL, NULL);
		if (rte_rdtsc() - begun > limit)
			return -1;
	}
	return (double)(rte_rdtsc() - begun) / (double)rte_get_tsc_hz();
}

static void
report_busy(const struct run *r)
{
	char name[64];
	int i, p;

	for (i = 0; i < 2; i++) {
		const struct busy *b = &r->ends[i]->busy;

		snprintf(name, sizeof(name), "control_ns_per_call_%s", r->ends[i]->name);
		row(name, ns_of(b->total) / r->n_calls, "ns");
		for (p = 0; p < PART_COUNT; p++) {
			snprintf(name, sizeof(name), "control_ns_per_call_%s_%s", r->ends[i]->name,
				part_name((enum part)p));
			row(name, ns_of(b->parts[p]) / r->n_calls, "ns");
		}
		snprintf(name, sizeof(name), "control_turn_us_max_%s", r->ends[i]->name);
		row(name, ns_of(b->longest) / 1e3, "us");
	}
}

static int
set_up(struct run *r, bool report)
{
	double seconds, busiest;

	seconds = turn_until(r, all_dialled, dial_slice);
	if (seconds < 0 || r->near.n_failed != 0) {
		fprintf(stderr,
			"calls: %" PRIu64 " of %u calls came up, %" PRIu64 " failed; mend: more "
			"--seconds, or look at the counters of a run with fewer --calls\n",
			r->near.n_dialled, r->n_calls, r->near.n_failed);
		return -1;
	}
	if (!report)
		return 0;
	busiest = ns_of(RTE_MAX(r->near.busy.total, r->far.busy.total));
	row("calls_set_up", r->n_calls, "calls");
	row("wall_seconds", seconds, "s");
	row("calls_per_second", r->n_calls * 1e9 / busiest, "calls/s");
	report_busy(r);
	return 0;
}

static void
report_grace(const struct run *r)
{
	struct dp_reclaim_stats stats;

	dp_reclaim_stats(r->near.dp, &stats);
	row("grace_periods", (double)stats.grace_periods, "");
	row("grace_us_p50", (double)cp_hist_quantile(stats.grace_ns, 500) / 1e3, "us");
	row("grace_us_p99", (double)cp_hist_quantile(stats.grace_ns, 990) / 1e3, "us");
	row("grace_us_max", (double)stats.grace_ns->max / 1e3, "us");
}

static int
tear_down(struct run *r, bool report)
{
	double seconds;

	r->n_started = 0;
	r->cursor = 0;
	seconds = turn_until(r, all_gone, close_slice);
	if (seconds < 0 || r->near.n_failed != 0) {
		fprintf(stderr,
			"calls: %" PRIu64 " of %u calls are closed, %" PRIu64
			" failed, left are %u and "
			"%u; mend: more --seconds\n",
			r->near.n_closed, r->n_calls, r->near.n_failed, end_n_calls(&r->near),
			end_n_calls(&r->far));
		return -1;
	}
	if (!report)
		return 0;
	row("calls_closed", (double)r->near.n_closed, "calls");
	row("wall_seconds", seconds, "s");
	report_busy(r);
	report_grace(r);
	return 0;
}

static int
shuffle_calls(struct run *r)
{
	uint32_t i, j, n = 0, cursor = 0;
	struct co_vc_info info;
	co_vc_t vc;

	r->order = calloc(r->n_calls, sizeof(*r->order));
	if (r->order == NULL)
		return -1;
	while ((vc = co_vc_next(r->near.co, &cursor)) != CO_NONE) {
		if (n < r->n_calls && co_vc_query(r->near.co, vc, &info) == CO_STATUS_SUCCESS &&
			info.call_state == CO_CALL_UP)
			r->order[n++] = vc;
	}
	srand48(1);
	for (i = n; i > 1; i--) {
		j = (uint32_t)(drand48() * i);
		vc = r->order[i - 1];
		r->order[i - 1] = r->order[j];
		r->order[j] = vc;
	}
	return 0;
}

/* ---- Memory. ---- */

/* What the process has of ordinary memory: sparse tables, of which only touched pages cost. */
static uint64_t
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
dataplane_octets(const struct dp *dp)
{
	const struct rte_mempool *pool = dp_mempool((struct dp *)(uintptr_t)dp);
	uint64_t pool_octets =
		(uint64_t)pool->size * (pool->header_size + pool->elt_size + pool->trailer_size);
	uint64_t all = dp_memory(dp);

	return all > pool_octets ? all - pool_octets : 0;
}

static void
report_memory(const struct run *r, uint64_t sparse)
{
	const struct memory *m = &r->near.memory;
	char name[80];
	uint32_t i;

	row("bytes_per_call", (double)(m->octets + sparse / 2) / r->n_calls, "B");
	row("bytes_per_call_sparse", (double)sparse / 2 / r->n_calls, "B");
	for (i = 0; i < m->n; i++) {
		if (m->lines[i].octets < r->n_calls)
			continue;
		snprintf(name, sizeof(name), "bytes_per_call_%s", m->lines[i].what);
		row(name, (double)m->lines[i].octets / r->n_calls, "B");
	}
	row("dataplane_bytes_per_call", (double)dataplane_octets(r->near.dp) / r->n_calls, "B");
}

/* ---- The whole. ---- */

static int
create(struct run *r)
{
	struct end_config config = {
		.name = "near", .n_calls = r->n_calls, .standalone = r->standalone
	};
	uint16_t ethdev[2];
	int err;

	r->ends[0] = &r->near;
	r->ends[1] = &r->far;
	err = end_make_wire(ethdev);
	config.ethdev = ethdev[0];
	if (err == 0)
		err = end_create(&r->near, &config);
	config.name = "far";
	config.network = true;
	config.ethdev = ethdev[1];
	if (err == 0)
		err = end_create(&r->far, &config);
	if (err == 0)
		err = end_answer(&r->far, TO_PREFIX);
	if (err != 0)
		fprintf(stderr,
			"calls: no room for %u calls at two ends: %s; mend: fewer --calls, or "
			"dpdk-hugepages.py --setup 4G\n",
			r->n_calls, strerror(-err));
	return err;
}

static void
set_address(struct co_address *address, const char *digits)
{
	address->type = CO_ADDRESS_E164;
	address->len = (uint8_t)strlen(digits);
	memcpy(address->octets, digits, address->len);
}

static int
measure(struct run *r, bool teardown)
{
	uint64_t resident;

	if (turn_until(r, links_are_up, NULL) < 0) {
		fprintf(stderr,
			"calls: the signalling link does not come up; mend: more --seconds\n");
		return -1;
	}
	set_address(&r->from, FROM);
	set_address(&r->to, TO);
	resident = resident_octets();
	if (set_up(r, !teardown) != 0)
		return -1;
	if (teardown)
		report_memory(r, resident_octets() - resident);
	if (r->shuffle && shuffle_calls(r) != 0)
		return -1;
	if (tear_down(r, teardown) != 0)
		return -1;
	end_stop(&r->near);
	end_stop(&r->far);
	return turn_until(r, all_quiet, NULL) < 0 ? -1 : 0;
}

static int
usage(void)
{
	fprintf(stderr,
		"usage: calls setup|teardown [--calls N] [--seconds S] [--standalone] "
		"[--shuffle]\n"
		"  --calls N     1..%u [100000]\n"
		"  --seconds S   give up after so many, each half [120]\n"
		"  --standalone  call managers of their own, else embedded in the driver\n"
		"  --shuffle     close in random order, else in that of the broker's table\n",
		MAX_CALLS);
	return 2;
}

static bool
parse(struct run *r, int argc, char **argv, bool *teardown)
{
	static const struct option options[] = {
		{ "calls", required_argument, NULL, 'n' },
		{ "seconds", required_argument, NULL, 's' },
		{ "standalone", no_argument, NULL, 'a' },
		{ "shuffle", no_argument, NULL, 'r' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	r->n_calls = 100000;
	r->seconds = 120;
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'n')
			r->n_calls = (uint32_t)strtoul(optarg, NULL, 10);
		else if (c == 's')
			r->seconds = strtod(optarg, NULL);
		else if (c == 'a')
			r->standalone = true;
		else if (c == 'r')
			r->shuffle = true;
		else
			return false;
	}
	if (optind != argc - 1 || r->n_calls == 0 || r->n_calls > MAX_CALLS || r->seconds <= 0)
		return false;
	*teardown = strcmp(argv[optind], "teardown") == 0;
	return *teardown || strcmp(argv[optind], "setup") == 0;
}

int
main(int argc, char **argv)
{
	static struct run r;
	bool teardown;
	int err;

	if (!parse(&r, argc, argv, &teardown))
		return usage();
	if (bench_eal_start("calls", 512 + r.n_calls / 400) != 0)
		return 1;
	err = create(&r);
	if (err == 0) {
		rte_eal_remote_launch(work_both, &r, 1);
		err = measure(&r, teardown);
		__atomic_store_n(&r.stop, 1, __ATOMIC_RELAXED);
		rte_eal_wait_lcore(1);
	}
	if (err == 0) { /* else frames may be on their way, and the process ends anyway */
		end_destroy(&r.near);
		end_destroy(&r.far);
	}
	free(r.order);
	rte_eal_cleanup();
	return err != 0;
}
