/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Prints one result a line, name, value and unit between tabs, for each round anew; what is wrong
 * goes to stderr.
 */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_launch.h>

#include "calls/wire.h"
#include "common/eal.h"
#include "disturb/disturb.h"

#define MAX_CALLS 1000000u
#define MIN_CALLS 100u
/* New calls of three windows stand beside the others. */
#define ROOM (N_WINDOWS * MAX_PROBES)
/* Closes leave some of the transport's window, 128, to others (SIG-80). */
#define BULK_WINDOW 48u
#define MAX_BULK_WINDOW 65536u /* as in the appliance's configuration */
#define TRIES 8                /* of a round, at most, on average */
#define QUIET_TRIES 10         /* of a quiet window */
#define FIRST_SECONDS 0.2
#define FROM "4930100000000"
#define TO "4940100000000"
#define TO_PREFIX "4940"

static int
create_ends(struct run *r)
{
	struct end_config config = {
		.name = "near",
		.n_calls = r->n_calls + ROOM,
		.n_trunks = 1,
		.patient = true,
		.n_onward = r->n_calls / STAYING_OF,
		.bulk_window = r->bulk_window,
	};
	struct wire wire;
	int err;

	err = wire_make(&wire);
	config.ethdev[0] = wire.ethdev[0];
	if (err == 0)
		err = end_create(&r->near, &config);
	config.name = "far";
	config.network = true;
	config.ethdev[0] = wire.ethdev[1];
	if (err == 0)
		err = end_create(&r->far, &config);
	if (err == 0)
		err = end_answer(&r->far, TO_PREFIX);
	return err;
}

static int
create(struct run *r)
{
	int err = create_ends(r);

	if (err == 0)
		err = traffic_create(&r->traffic, &r->near, &r->far, r->n_calls / STAYING_OF);
	r->staying = calloc(r->n_calls / STAYING_OF, sizeof(*r->staying));
	r->leaving = calloc(r->n_calls + ROOM, sizeof(*r->leaving));
	if (err == 0 && (r->staying == NULL || r->leaving == NULL))
		err = -ENOMEM;
	if (err != 0)
		fprintf(stderr,
			"disturb: no room for %u calls at two ends: %s; mend: fewer --calls, or "
			"dpdk-hugepages.py --setup 4G\n",
			r->n_calls, strerror(-err));
	r->near.came_up = client_came_up;
	r->near.came_up_arg = r;
	return err;
}

static void
set_address(struct co_address *address, const char *digits)
{
	address->type = CO_ADDRESS_E164;
	address->len = (uint8_t)strlen(digits);
	memcpy(address->octets, digits, address->len);
}

static bool
links_are_up(struct run *r)
{
	return end_link_is_up(&r->near) && end_link_is_up(&r->far);
}

static int
begin(struct run *r)
{
	set_address(&r->from, FROM);
	set_address(&r->to, TO);
	if (run_until(r, measure_can_begin, NULL) < 0 || run_until(r, links_are_up, NULL) < 0) {
		fprintf(stderr, "disturb: the signalling link does not come up; mend: more "
				"--seconds\n");
		return -1;
	}
	return client_set_up(r) == 0 ? client_give_traffic(r) : -1;
}

/* Of all windows, also of rejected rounds: so that it can be told how much of a loss is the
 * machine's. */
static void
tally(struct run *r, enum which which)
{
	struct tally *t = &r->tallies[which == CLOSING];

	t->n++;
	t->n_lossless += r->measures[which].sums.counts.lost == 0;
	t->n_offered += r->measures[which].sums.counts.offered;
	t->n_lost += r->measures[which].sums.counts.lost;
}

/* One that the machine leaves alone, if there is one. */
static int
quiet_window(struct run *r, enum which which, double fps, double seconds)
{
	int i, err = 0;

	for (i = 0; i < QUIET_TRIES && err == 0; i++) {
		err = measure_window(r, which, fps, seconds);
		tally(r, which);
		if (r->keep || !measure_is_disturbed(&r->measures[which]))
			break;
	}
	return err;
}

/* 0, or -1: it cannot go on. @p seconds: how long the closing before took, and this one. */
static int
one_round(struct run *r, double *no_loss, double *fps, double *seconds)
{
	if (client_set_up(r) != 0)
		return -1;
	*fps = measure_rate(r, no_loss);
	if (*fps <= 0) {
		fprintf(stderr, "disturb: there is no rate without loss; mend: give the last "
				"processor to this program alone\n");
		return -1;
	}
	if (quiet_window(r, BEFORE, *fps, *seconds) != 0 ||
		measure_window(r, CLOSING, *fps, *seconds) != 0)
		return -1;
	tally(r, CLOSING);
	*seconds = r->measures[CLOSING].seconds;
	return quiet_window(r, AFTER, *fps, *seconds);
}

static bool
is_disturbed(const struct run *r)
{
	int w;

	for (w = 0; w < N_WINDOWS; w++)
		if (measure_is_disturbed(&r->measures[w]))
			return true;
	return false;
}

static double
us(struct away a)
{
	return (double)a.longest_ns / 1e3;
}

static void
tell_rejected(const struct run *r)
{
	const struct measure *m = r->measures;

	fprintf(stderr,
		"disturb: a round is rejected: in its three windows the machine took the worker's "
		"processor away for up to %.0f, %.0f and %.0f us at a time, control's for %.0f, "
		"%.0f and %.0f\n",
		us(m[BEFORE].away.worker), us(m[CLOSING].away.worker), us(m[AFTER].away.worker),
		us(m[BEFORE].away.control), us(m[CLOSING].away.control), us(m[AFTER].away.control));
}

/* The first round is a rehearsal: how long a closing takes is known after it. */
static int
rounds(struct run *r, FILE *series)
{
	double no_loss = 0, fps = 0, seconds = FIRST_SECONDS;
	uint32_t n = 0, n_rejected = 0, tries;

	if (one_round(r, &no_loss, &fps, &seconds) != 0)
		return -1;
	memset(r->tallies, 0, sizeof(r->tallies));
	for (tries = 0; n < r->n_rounds && tries < TRIES * r->n_rounds; tries++) {
		if (one_round(r, &no_loss, &fps, &seconds) != 0)
			return -1;
		if (!r->keep && is_disturbed(r)) {
			tell_rejected(r);
			n_rejected++;
			continue;
		}
		report_round(r, no_loss, fps);
		if (series != NULL)
			report_series(r, n, series);
		n++;
	}
	report_row("rejected_runs", n_rejected, "");
	report_tallies(r);
	if (n == 0)
		fprintf(stderr,
			"disturb: the machine disturbed all of %u rounds; mend: let "
			"nothing else run, or --keep\n",
			tries);
	return n != 0 ? 0 : -1;
}

static int
usage(void)
{
	fprintf(stderr,
		"usage: disturb [--calls N] [--rounds N] [--seconds S] [--bulk-window N] [--keep] "
		"[--series FILE]\n"
		"  --calls N       %u..%u [100000]: a tenth has traffic, the others are closed\n"
		"  --rounds N      of which each is quiet, closing, quiet [5]\n"
		"  --seconds S     give up after so many, each step [120]\n"
		"  --bulk-window N closes wait while so many messages are out: 1..%u [%u]\n"
		"  --keep          rounds that the machine disturbed, too\n"
		"  --series FILE   calls and frames over time, and gaps\n",
		MIN_CALLS, MAX_CALLS, MAX_BULK_WINDOW, BULK_WINDOW);
	return 2;
}

static bool
parse(struct run *r, int argc, char **argv)
{
	static const struct option options[] = {
		{ "calls", required_argument, NULL, 'n' },
		{ "rounds", required_argument, NULL, 'r' },
		{ "seconds", required_argument, NULL, 's' },
		{ "bulk-window", required_argument, NULL, 'o' },
		{ "keep", no_argument, NULL, 'k' },
		{ "series", required_argument, NULL, 'f' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'n')
			r->n_calls = (uint32_t)strtoul(optarg, NULL, 10);
		else if (c == 'r')
			r->n_rounds = (uint32_t)strtoul(optarg, NULL, 10);
		else if (c == 's')
			r->seconds = strtod(optarg, NULL);
		else if (c == 'o')
			r->bulk_window = (uint32_t)strtoul(optarg, NULL, 10);
		else if (c == 'k')
			r->keep = true;
		else if (c == 'f')
			r->series = optarg;
		else
			return false;
	}
	return optind == argc && r->n_calls >= MIN_CALLS && r->n_calls <= MAX_CALLS &&
	       r->n_rounds != 0 && r->seconds > 0 && r->bulk_window != 0 &&
	       r->bulk_window <= MAX_BULK_WINDOW;
}

static int
measure(struct run *r)
{
	FILE *series = r->series != NULL ? fopen(r->series, "w") : NULL;
	int err;

	if (r->series != NULL && series == NULL) {
		fprintf(stderr, "disturb: %s: %s\n", r->series, strerror(errno));
		return -1;
	}
	err = begin(r) == 0 ? rounds(r, series) : -1;
	if (series != NULL && fclose(series) != 0)
		err = -1;
	return err == 0 ? client_finish(r) : -1;
}

int
main(int argc, char **argv)
{
	static struct run r = {
		.n_calls = 100000, .n_rounds = 5, .seconds = 120, .bulk_window = BULK_WINDOW
	};
	int err;

	if (!parse(&r, argc, argv))
		return usage();
	if (bench_eal_start("disturb", 640 + r.n_calls / 400) != 0)
		return 1;
	err = create(&r);
	if (err == 0) {
		rte_eal_remote_launch(traffic_work, &r.traffic, 1);
		err = measure(&r);
		traffic_end(&r.traffic);
		rte_eal_wait_lcore(1);
	}
	if (err == 0) { /* else frames may be on their way, and the process ends anyway */
		end_destroy(&r.near);
		end_destroy(&r.far);
		traffic_destroy(&r.traffic);
	}
	free(r.staying);
	free(r.leaving);
	rte_eal_cleanup();
	return err != 0;
}
