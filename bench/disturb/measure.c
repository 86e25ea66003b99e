/* SPDX-License-Identifier: BSD-3-Clause */
/* Windows, and the rate that they are measured at. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>

#include "disturb/disturb.h"

#define TRIAL_SECONDS 0.05
#define MAX_TRIES 5     /* of a trial */
#define MAX_QUEUE 2048u /* frames on their way at its end: one that goes well has far less */
#define FLOOD_FPS 1e9
#define N_FLOODS 3
#define ABOVE_FLOOD 1.2 /* where to look for the rate: what is refused costs, too */
#define RESOLUTION 0.01
#define SHARE 0.8 /* of the rate without loss */
/*
 * What the machine may take: of the worker between two samples of a window, less than a ring of
 * frames at any rate seen so far; of control, a step of its timers.
 */
#define MAX_WORKER_AWAY_NS 200000
#define MAX_CONTROL_AWAY_NS 1000000

/* ---- The kernel's account of a thread. ---- */

/* Since its beginning, how long it was to run and did not. */
static uint64_t
delay_ns(int thread)
{
	unsigned long long run, delay = 0;
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/task/%d/schedstat", thread);
	f = fopen(path, "r");
	if (f == NULL)
		return 0;
	if (fscanf(f, "%llu %llu", &run, &delay) != 2)
		delay = 0;
	fclose(f);
	return delay;
}

static uint64_t
ns_of(clockid_t clock)
{
	struct timespec t = { 0, 0 };

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/*
 * How long a thread that never sleeps did not run: it grows while others have its processor, and,
 * since the kernel leaves that out of a thread's time, while the host has it.
 */
static int64_t
away_ns(clockid_t clock)
{
	return (int64_t)(ns_of(CLOCK_MONOTONIC) - ns_of(clock));
}

bool
measure_can_begin(struct run *r)
{
	/* Acquire: pairs with traffic_work(). */
	return __atomic_load_n(&r->traffic.thread, __ATOMIC_ACQUIRE) != 0;
}

bool
measure_is_disturbed(const struct measure *m)
{
	return m->away.worker.longest_ns > MAX_WORKER_AWAY_NS ||
	       m->away.control.longest_ns > MAX_CONTROL_AWAY_NS;
}

/* ---- Traffic of a while. ---- */

static double
seconds_since(uint64_t begun)
{
	return (double)(rte_rdtsc() - begun) / (double)rte_get_tsc_hz();
}

static bool
is_drained(struct run *r)
{
	return traffic_is_drained(&r->traffic);
}

static void
subtract(struct traffic_counts *to, const struct traffic_counts *from)
{
	to->offered -= from->offered;
	to->received -= from->received;
	to->refused -= from->refused;
	to->lost -= from->lost;
	to->reordered -= from->reordered;
	to->strange -= from->strange;
}

/* No frame is on its way any more; what came of all since @p before. */
static int
stop_traffic(struct run *r, const struct traffic_counts *before, struct traffic_counts *counts)
{
	traffic_order(&r->traffic, 0, NULL);
	if (run_until(r, is_drained, NULL) < 0)
		return -1;
	traffic_settle(&r->traffic);
	traffic_count(&r->traffic, counts);
	subtract(counts, before);
	if (counts->offered == counts->received + counts->lost)
		return 0;
	fprintf(stderr,
		"disturb: %" PRIu64 " frames were sent, %" PRIu64 " arrived, and %" PRIu64
		" numbers are missing\n",
		counts->offered, counts->received, counts->lost);
	return -1;
}

/* ---- The rate. ---- */

static bool
trial_is_over(struct run *r)
{
	return seconds_since(r->begun) >= TRIAL_SECONDS;
}

/* @return 1: the rate went without loss, and left no queue that grows; 0: no; -1: it cannot go on.
 */
static int
try_once(struct run *r, double fps, struct traffic_counts *counts)
{
	struct traffic_counts before, end;

	traffic_count(&r->traffic, &before);
	traffic_order(&r->traffic, fps, NULL);
	r->begun = rte_rdtsc();
	run_until(r, trial_is_over, NULL);
	traffic_count(&r->traffic, &end);
	subtract(&end, &before);
	if (stop_traffic(r, &before, counts) != 0)
		return -1;
	return counts->lost == 0 && end.offered < end.received + MAX_QUEUE;
}

/* A loss counts when it comes again, or, where the machine took time from the worker, stays. */
static int
trial(struct run *r, double fps)
{
	struct traffic_counts counts;
	int i, passed = 0;
	int64_t away;

	for (i = 0; i < MAX_TRIES && passed == 0; i++) {
		away = away_ns(r->traffic.clock);
		passed = try_once(r, fps, &counts);
		if (i > 0 && away_ns(r->traffic.clock) - away < MAX_WORKER_AWAY_NS)
			break;
	}
	return passed;
}

/* Frames a second, of the best of some tries; negative: it cannot go on. */
static double
flood(struct run *r)
{
	struct traffic_counts counts;
	uint64_t best = 0;
	int i;

	for (i = 0; i < N_FLOODS; i++) {
		if (try_once(r, FLOOD_FPS, &counts) < 0)
			return -1;
		best = RTE_MAX(best, counts.received);
	}
	return (double)best / TRIAL_SECONDS;
}

double
measure_rate(struct run *r, double *no_loss)
{
	double low = 0, high = ABOVE_FLOOD * flood(r), middle;
	int passed;

	while (high - low > RESOLUTION * high) {
		middle = (low + high) / 2;
		passed = trial(r, middle);
		if (passed < 0)
			return 0;
		if (passed)
			low = middle;
		else
			high = middle;
	}
	*no_loss = low;
	return SHARE * low;
}

/* ---- Windows. ---- */

/* The two clocks are read one after the other: it can seem to have become less. */
static void
look(struct away *a, clockid_t clock)
{
	int64_t now = away_ns(clock);

	if (now <= a->now_ns)
		return;
	a->longest_ns = RTE_MAX(a->longest_ns, now - a->now_ns);
	a->all_ns += now - a->now_ns;
	a->now_ns = now;
}

static void
look_both(struct run *r)
{
	look(&r->measure->away.worker, r->traffic.clock);
	look(&r->measure->away.control, CLOCK_THREAD_CPUTIME_ID);
}

static void
take_sample(struct run *r)
{
	struct measure *m = r->measure;
	struct traffic_counts counts;
	double seconds = seconds_since(r->begun);

	if (m->n_samples == MAX_SAMPLES || seconds < r->sample_due)
		return;
	r->sample_due = seconds + r->sample_seconds;
	look_both(r);
	traffic_count(&r->traffic, &counts);
	m->samples[m->n_samples++] = (struct sample){
		.seconds = seconds,
		.n_left = end_n_calls(&r->near),
		.n_received = counts.received,
	};
}

static bool
closing_is_over(struct run *r)
{
	take_sample(r);
	return client_all_left(r);
}

static bool
time_is_over(struct run *r)
{
	take_sample(r);
	return seconds_since(r->begun) >= r->window_seconds;
}

static uint64_t
n_polls(const struct run *r)
{
	return sscop_stats(sscf_sscop(callmgr_sscf(r->near.trunks[0].callmgr)))->tx[SSCOP_POLL] +
	       sscop_stats(sscf_sscop(callmgr_sscf(r->far.trunks[0].callmgr)))->tx[SSCOP_POLL];
}

static void
sum_up(const struct run *r, struct sums *sums)
{
	traffic_count(&r->traffic, &sums->counts);
	sums->worker_delay_ns = delay_ns((int)r->traffic.thread);
	sums->n_polls = n_polls(r);
}

static void
run_window(struct run *r, double fps, bool closing)
{
	struct measure *m = r->measure;

	traffic_order(&r->traffic, fps, &m->window);
	r->begun = rte_rdtsc();
	m->away.worker.now_ns = away_ns(r->traffic.clock);
	m->away.control.now_ns = away_ns(CLOCK_THREAD_CPUTIME_ID);
	run_time_turns(r, true);
	m->seconds = run_until(r, closing ? closing_is_over : time_is_over,
		closing ? client_probe_and_close : client_probe);
	look_both(r);
	run_time_turns(r, false);
}

int
measure_window(struct run *r, enum which which, double fps, double seconds)
{
	struct measure *m = &r->measures[which];
	struct sums before;

	memset(m, 0, sizeof(*m));
	if (which == CLOSING)
		client_list_leaving(r);
	r->measure = m;
	r->window_seconds = seconds;
	r->sample_seconds = seconds * 2 / MAX_SAMPLES;
	r->sample_due = 0;
	r->n_probes = 0;
	r->serial++;
	sum_up(r, &before);
	run_window(r, fps, which == CLOSING);
	sum_up(r, &m->sums);
	m->sums.worker_delay_ns -= before.worker_delay_ns;
	m->sums.n_polls -= before.n_polls;
	if (stop_traffic(r, &before.counts, &m->sums.counts) != 0 || m->seconds < 0 ||
		run_until(r, client_probes_are_up, NULL) < 0 || r->near.n_failed != 0) {
		fprintf(stderr,
			"disturb: a window was not over in time: of %u calls %u were left, %" PRIu64
			" requests failed; mend: more --seconds\n",
			r->n_leaving, end_n_calls(&r->near), r->near.n_failed);
		return -1;
	}
	r->measure = NULL;
	return 0;
}
