/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sets N calls up between two ends and has them end. Prints one result a line, name, value and unit
 * between tabs; what is wrong goes to stderr.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_launch.h>

#include "calls/run.h"
#include "calls/waited.h"
#include "common/eal.h"

#define MAX_CALLS 1048000u /* what 16 VPCIs of a trunk hold */
#define TO_PREFIX "4940"
#define HEAP_PER_CALL 2600u /* of both ends; a leaf counts as a call */

enum what { WHAT_SETUP, WHAT_TEARDOWN, WHAT_BARE, WHAT_COUNT };

static const char *const whats[WHAT_COUNT] = {
	[WHAT_SETUP] = "setup",
	[WHAT_TEARDOWN] = "teardown",
	[WHAT_BARE] = "bare",
};

/* ---- The worker lcore: both ends' workers by turns. ---- */

static void
turn_workers(struct run *r)
{
	dp_worker_turn(r->near.worker);
	dp_worker_turn(r->far.worker);
}

static void
begin_workers(struct run *r)
{
	dp_worker_online(r->near.worker);
	dp_worker_online(r->far.worker);
}

static void
end_workers(struct run *r)
{
	dp_worker_offline(r->near.worker);
	dp_worker_offline(r->far.worker);
}

static int
work_both(void *arg)
{
	struct run *r = arg;

	begin_workers(r);
	/* Relaxed: it orders nothing. */
	while (__atomic_load_n(&r->stop, __ATOMIC_RELAXED) == 0)
		turn_workers(r);
	end_workers(r);
	return 0;
}

/* ---- Turns. ---- */

double
turn_until(struct run *r, run_done_fn done, end_work_fn near_work, end_work_fn far_work)
{
	uint64_t begun, now, limit = (uint64_t)(r->seconds * (double)rte_get_tsc_hz());
	uint64_t waited = waited_ns();

	end_restart_counts(&r->near);
	end_restart_counts(&r->far);
	begun = now = rte_rdtsc();
	while (!done(r)) {
		if (r->one_lcore)
			turn_workers(r);
		end_turn(&r->near, near_work, r);
		end_turn(&r->far, far_work, r);
		now = rte_rdtsc();
		if (curve_is_due(&r->curve, now))
			curve_add(&r->curve, now, end_n_calls(&r->near), end_n_calls(&r->far));
		if (now - begun > limit)
			return -1;
	}
	r->waited_ms = (double)(waited_ns() - waited) / 1e6;
	return (double)(now - begun) / (double)rte_get_tsc_hz();
}

static bool
links_are_up(const struct run *r)
{
	return end_link_is_up(&r->near) && end_link_is_up(&r->far);
}

/* Frames lost are counted by the end that they would have come to. */
static bool
all_quiet(const struct run *r)
{
	return end_is_quiet(&r->near, &r->far, wire_n_lost(&r->wire, 1)) &&
	       end_is_quiet(&r->far, &r->near, wire_n_lost(&r->wire, 0));
}

/* ---- The whole. ---- */

static int
tear_down(struct run *r)
{
	double seconds = end_calls(r);

	if (seconds < 0)
		return -1;
	row("calls_closed", r->n_calls - end_n_calls(&r->near), "calls");
	row("wall_seconds", seconds, "s");
	report_busy(r, r->n_calls);
	return settle(r);
}

static int
measure_teardown(struct run *r)
{
	uint64_t resident = resident_octets();
	uint32_t i;

	for (i = 0; i < r->n_rounds; i++) {
		if (dial(r, r->n_calls) < 0)
			return -1;
		if (i == 0)
			report_memory(r, resident_octets() - resident);
		if (tear_down(r) != 0)
			return -1;
	}
	report_grace(r);
	curve_tell(&r->curve, rte_get_tsc_hz());
	return 0;
}

static int
take_down(struct run *r)
{
	double seconds;

	seconds = end_calls(r);
	return seconds < 0 ? -1 : settle(r);
}

static int
measure(struct run *r, enum what what)
{
	if (turn_until(r, links_are_up, NULL, NULL) < 0) {
		fprintf(stderr,
			"calls: the signalling link does not come up; mend: more --seconds\n");
		return -1;
	}
	dial_begin(r);
	if (what == WHAT_TEARDOWN ? measure_teardown(r) != 0
				  : measure_setup(r) != 0 || take_down(r) != 0)
		return -1;
	end_stop(&r->near);
	end_stop(&r->far);
	if (turn_until(r, all_quiet, NULL, NULL) < 0) {
		fprintf(stderr, "calls: the signalling link is not released in order\n");
		return -1;
	}
	return 0;
}

static int
create_ends(struct run *r)
{
	uint32_t n_leaves = r->way->n_leaves, n_parties = r->n_room * n_leaves;
	struct end_config config = {
		.name = "near",
		.n_calls = r->n_room,
		.n_parties = n_parties,
		.standalone = r->standalone,
		.n_trunks = 1,
		.ethdev = { r->wire.ethdev[0] },
		.patient = true,
	};
	int err = end_create(&r->near, &config);

	if (err != 0)
		return err;
	config.name = "far";
	config.network = true;
	config.ethdev[0] = r->wire.ethdev[1];
	config.n_vcs = n_parties;
	err = end_create(&r->far, &config);
	return err != 0 ? err : end_answer(&r->far, TO_PREFIX);
}

static int
create(struct run *r)
{
	int err = wire_make(&r->wire);

	r->ends[0] = &r->near;
	r->ends[1] = &r->far;
	if (err == 0)
		err = create_ends(r);
	if (err == 0 && r->way->cuts)
		err = wire_watch(&r->wire);
	if (err != 0)
		fprintf(stderr,
			"calls: no room for %u calls at two ends: %s; mend: fewer --calls, or "
			"dpdk-hugepages.py --setup 4G\n",
			r->n_calls, strerror(-err));
	return err;
}

static int
run_ends(struct run *r, enum what what)
{
	int err = create(r);

	if (err != 0)
		return err;
	if (r->one_lcore)
		begin_workers(r);
	else
		rte_eal_remote_launch(work_both, r, 1);
	err = measure(r, what);
	__atomic_store_n(&r->stop, 1, __ATOMIC_RELAXED);
	rte_eal_wait_lcore(1);
	if (r->one_lcore)
		end_workers(r);
	if (err == 0) { /* else frames may be on their way, and the process ends anyway */
		end_destroy(&r->near);
		end_destroy(&r->far);
	}
	return err;
}

/* ---- The command line. ---- */

static int
usage(void)
{
	fprintf(stderr,
		"usage: calls setup|teardown|bare [--calls N] [--rounds N] [--seconds S] "
		"[--standalone] [--one-lcore] [--way WAY]\n"
		"  --calls N     1..%u [100000]; of each leaf, one less\n"
		"  --rounds N    teardown: so many times, one behind the other [1]\n"
		"  --seconds S   give up after so many, each phase [120]\n"
		"  --standalone  call managers of their own, else embedded in the driver\n"
		"  --one-lcore   workers on control's lcore, as an instruction counter wants it\n"
		"  --way WAY     in which calls end [plain]:\n",
		MAX_CALLS);
	ways_tell();
	return 2;
}

static bool
parse_options(struct run *r, int argc, char **argv)
{
	static const struct option options[] = {
		{ "calls", required_argument, NULL, 'n' },
		{ "rounds", required_argument, NULL, 'o' },
		{ "seconds", required_argument, NULL, 's' },
		{ "standalone", no_argument, NULL, 'a' },
		{ "one-lcore", no_argument, NULL, '1' },
		{ "way", required_argument, NULL, 'w' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'n')
			r->n_calls = (uint32_t)strtoul(optarg, NULL, 10);
		else if (c == 'o')
			r->n_rounds = (uint32_t)strtoul(optarg, NULL, 10);
		else if (c == 's')
			r->seconds = strtod(optarg, NULL);
		else if (c == 'a')
			r->standalone = true;
		else if (c == '1')
			r->one_lcore = true;
		else if (c == 'w')
			r->way = way_find(optarg);
		else
			return false;
	}
	return optind == argc - 1;
}

static bool
parse(struct run *r, int argc, char **argv, enum what *what)
{
	uint32_t most;

	r->n_calls = 100000;
	r->n_rounds = 1;
	r->seconds = 120;
	r->way = way_find("plain");
	if (!parse_options(r, argc, argv) || r->way == NULL || r->n_rounds == 0 || r->seconds <= 0)
		return false;
	for (*what = 0; *what < WHAT_COUNT && strcmp(argv[optind], whats[*what]) != 0;)
		(*what)++;
	most = MAX_CALLS / RTE_MAX(r->way->n_leaves, 1u);
	if (*what == WHAT_SETUP)
		most -= n_beyond(most);
	return *what != WHAT_COUNT && r->n_calls > 0 && r->n_calls <= most;
}

int
main(int argc, char **argv)
{
	static struct run r;
	uint64_t heap;
	enum what what;
	int err;

	if (!parse(&r, argc, argv, &what))
		return usage();
	heap = (uint64_t)r.n_calls * RTE_MAX(r.way->n_leaves, 1u) * HEAP_PER_CALL;
	if (bench_eal_start("calls", 512 + (unsigned int)(heap >> 20)) != 0)
		return 1;
	r.n_room = r.n_calls + (what == WHAT_SETUP ? n_beyond(r.n_calls) : 0);
	if (what == WHAT_BARE)
		err = measure_bare(r.n_calls);
	else
		err = run_ends(&r, what);
	rte_eal_cleanup();
	return err != 0;
}
