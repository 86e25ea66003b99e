/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <stdlib.h>

#include <rte_cycles.h>

#include "disturb/disturb.h"

static const char *const window_names[N_WINDOWS] = { "before", "closing", "after" };

void
report_row(const char *name, double value, const char *unit)
{
	printf("%s\t%.9g\t%s\n", name, value, unit);
}

static double
us_of(uint64_t cycles)
{
	return (double)cycles * 1e6 / (double)rte_get_tsc_hz();
}

/*
 * The quiet windows' values by what they would be in one window as long as the closing: their
 * mean, for what grows with time as well as for what does not.
 */
static void
row_beside(const char *what, const double values[N_WINDOWS], const char *unit, bool is_compared)
{
	double quiet = (values[BEFORE] + values[AFTER]) / 2;
	char name[64];

	snprintf(name, sizeof(name), "%s_quiet", what);
	report_row(name, quiet, unit);
	snprintf(name, sizeof(name), "%s_closing", what);
	report_row(name, values[CLOSING], unit);
	if (!is_compared || quiet <= 0)
		return;
	snprintf(name, sizeof(name), "%s_ratio", what);
	report_row(name, values[CLOSING] / quiet, "");
}

static int
compare_cycles(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static double
probe_us(struct measure *m, uint32_t permille)
{
	qsort(m->probes, m->n_probes, sizeof(*m->probes), compare_cycles);
	return m->n_probes != 0 ? us_of(m->probes[(m->n_probes - 1) * permille / 1000]) : 0;
}

static double
received_fps(const struct measure *m)
{
	return (double)m->sums.counts.received / m->seconds;
}

static double
lost_us(const struct measure *m)
{
	return m->sums.counts.offered != 0
		       ? (double)m->sums.counts.lost / (double)m->sums.counts.offered * m->seconds *
				 1e6
		       : 0;
}

typedef double (*value_fn)(struct measure *m);

static double
burst_p50(struct measure *m)
{
	return us_of(times_quantile(&m->window.burst, 500000));
}

static double
burst_p9999(struct measure *m)
{
	return us_of(times_quantile(&m->window.burst, 999900));
}

static double
gap_p9999(struct measure *m)
{
	return us_of(times_quantile(&m->window.gap, 999900));
}

static double
gap_max(struct measure *m)
{
	return us_of(m->window.gap.max);
}

static double
setup_p50(struct measure *m)
{
	return probe_us(m, 500);
}

static double
setup_p99(struct measure *m)
{
	return probe_us(m, 990);
}

static double
keepalive_late(struct measure *m)
{
	return us_of(m->late);
}

static double
control_turn(struct measure *m)
{
	return us_of(m->longest);
}

static double
worker_delay(struct measure *m)
{
	return (double)m->sums.worker_delay_ns / 1e3;
}

static double
worker_away(struct measure *m)
{
	return (double)m->away.worker.all_ns / 1e3;
}

static double
polls(struct measure *m)
{
	return (double)m->sums.n_polls;
}

static const struct {
	const char *name;
	value_fn value;
	const char *unit;
	bool is_compared;
} beside[] = {
	{ "burst_us_p50", burst_p50, "us", true },
	{ "burst_us_p9999", burst_p9999, "us", true },
	{ "worker_gap_us_p9999", gap_p9999, "us", true },
	{ "worker_gap_us_max", gap_max, "us", true },
	{ "setup_us_p50", setup_p50, "us", true },
	{ "setup_us_p99", setup_p99, "us", true },
	{ "keepalive_late_us_max", keepalive_late, "us", true },
	{ "polls", polls, "", false },
	{ "control_turn_us_max", control_turn, "us", true },
	{ "worker_run_delay_us", worker_delay, "us", false },
	{ "worker_away_us", worker_away, "us", false },
};

static void
report_frames(const struct run *r, double no_loss, double fps)
{
	const struct measure *m = r->measures, *c = &m[CLOSING];
	double quiet = (received_fps(&m[BEFORE]) + received_fps(&m[AFTER])) / 2;

	report_row("no_loss_fps", no_loss, "frames/s");
	report_row("offered_fps", fps, "frames/s");
	report_row("offered_frames", (double)c->sums.counts.offered, "frames");
	report_row("received_frames", (double)c->sums.counts.received, "frames");
	report_row("lost_frames", (double)c->sums.counts.lost, "frames");
	report_row("lost_frames_quiet",
		(double)(m[BEFORE].sums.counts.lost + m[AFTER].sums.counts.lost) / 2, "frames");
	report_row("reordered_frames", (double)c->sums.counts.reordered, "frames");
	report_row("strange_frames", (double)c->sums.counts.strange, "frames");
	report_row("blocked_us", lost_us(c), "us");
	report_row("blocked_us_quiet", (lost_us(&m[BEFORE]) + lost_us(&m[AFTER])) / 2, "us");
	report_row("throughput_ratio", received_fps(c) / quiet, "");
}

void
report_round(struct run *r, double no_loss, double fps)
{
	double values[N_WINDOWS];
	uint32_t i;
	int w;

	report_row("calls_closed", r->n_leaving, "calls");
	report_row("closing_seconds", r->measures[CLOSING].seconds, "s");
	report_frames(r, no_loss, fps);
	for (i = 0; i < RTE_DIM(beside); i++) {
		for (w = 0; w < N_WINDOWS; w++)
			values[w] = beside[i].value(&r->measures[w]);
		row_beside(beside[i].name, values, beside[i].unit, beside[i].is_compared);
	}
	/* What two quiet windows differ by, for all that a comparison with one is worth. */
	report_row("burst_us_p9999_ratio_of_quiet",
		burst_p9999(&r->measures[AFTER]) / burst_p9999(&r->measures[BEFORE]), "");
}

static void
report_tally(const struct tally *t, const char *window)
{
	char name[64];

	snprintf(name, sizeof(name), "all_windows_%s", window);
	report_row(name, t->n, "");
	snprintf(name, sizeof(name), "all_windows_lossless_%s", window);
	report_row(name, 100.0 * t->n_lossless / RTE_MAX(t->n, 1u), "%");
	snprintf(name, sizeof(name), "all_windows_lost_ppm_%s", window);
	report_row(name, 1e6 * (double)t->n_lost / (double)RTE_MAX(t->n_offered, 1u), "ppm");
}

void
report_tallies(const struct run *r)
{
	report_tally(&r->tallies[0], "quiet");
	report_tally(&r->tallies[1], "closing");
}

static void
report_gaps(const struct measure *m, uint32_t round, const char *window, FILE *f)
{
	const struct times *t = &m->window.gap;
	uint32_t i;

	for (i = 0; i < TIMES_BUCKETS; i++)
		if (t->buckets[i] != 0)
			fprintf(f, "gap\t%u\t%s\t%.4g\t%u\n", round, window,
				us_of((i + 1) << TIMES_STEP_LOG2), t->buckets[i]);
}

void
report_series(const struct run *r, uint32_t round, FILE *f)
{
	const struct measure *m;
	uint32_t i;
	int w;

	for (w = 0; w < N_WINDOWS; w++) {
		m = &r->measures[w];
		for (i = 0; i < m->n_samples; i++)
			fprintf(f, "sample\t%u\t%s\t%.6f\t%u\t%.0f\n", round, window_names[w],
				m->samples[i].seconds, m->samples[i].n_left,
				(double)m->samples[i].n_received);
		report_gaps(m, round, window_names[w], f);
	}
}
