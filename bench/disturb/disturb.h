/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * Whether a mass close disturbs anybody. Of the calls between two ends a tenth has traffic and
 * stays, the others are closed; the same is measured in quiet windows before and after, and as
 * long. New calls are set up at a steady pace in all of them.
 */

#include <stdio.h>

#include "calls/end.h"
#include "disturb/traffic.h"

/** Quiet, closing, quiet. */
enum which { BEFORE, CLOSING, AFTER, N_WINDOWS };

#define STAYING_OF 10u   /* calls: one of so many */
#define MAX_PROBES 8192u /* new calls in a window */
#define MAX_SAMPLES 512u

/** The state of things at one time of a window. */
struct sample {
	double seconds;
	uint32_t n_left; /* calls at the near end */
	uint64_t n_received;
};

/** What grows all the time. */
struct sums {
	struct traffic_counts counts;
	uint64_t worker_delay_ns; /* runnable, and behind others */
	uint64_t n_polls;         /* that both ends sent */
};

/** How long a thread was behind others, or the machine's host had its processor. */
struct away {
	int64_t now_ns;     /* since the thread began */
	int64_t longest_ns; /* between two looks */
	int64_t all_ns;
};

/** One window, measured. */
struct measure {
	struct window window;
	struct sums sums; /* of it alone */
	double seconds;
	struct {
		struct away worker, control;
	} away;
	uint64_t late;    /* cycles: most that a timer can have waited until its frame went out */
	uint64_t longest; /* cycles: of both ends' control turns */
	uint32_t n_probes;
	uint64_t probes[MAX_PROBES]; /* cycles: from when it was due until the call was up */
	uint32_t n_samples;
	struct sample samples[MAX_SAMPLES];
};

/** All windows of a kind. */
struct tally {
	uint32_t n, n_lossless;
	uint64_t n_offered, n_lost; /* frames */
};

struct run {
	/* What is wanted. */
	uint32_t n_calls;
	uint32_t n_rounds;
	uint32_t bulk_window;
	double seconds;     /* until it gives up, each step */
	bool keep;          /* rounds that the machine disturbed, too */
	const char *series; /* a file for pictures, or NULL */
	/* The parties. */
	struct end near, far;
	struct traffic traffic;
	bool is_timed;          /* turns are */
	uint64_t turn_begun[2]; /* by end: the one before; 0: it was not timed */
	/* Calls. */
	struct co_address from, to; /* of the next one */
	co_vc_t *staying;           /* in the order of the broker's table */
	uint32_t n_staying;
	co_vc_t *leaving;
	uint32_t n_leaving, n_asked;
	uint32_t n_dialled, n_wanted;
	uint64_t closed_before;
	/* The window that is being measured. */
	struct measure *measure;
	uint64_t begun; /* TSC */
	double window_seconds, sample_seconds, sample_due;
	uint32_t n_probes; /* dialled */
	uint32_t serial;   /* of the window: who answers to an earlier one is not its probe */
	struct measure measures[N_WINDOWS];
	struct tally tallies[2]; /* quiet, closing */
};

/* ---- turn.c: control's turns, until something is so. ---- */

typedef bool (*done_fn)(struct run *r);

/** @return Seconds; negative: not in time. */
double run_until(struct run *r, done_fn done, end_work_fn near_work);

/** From now on, for the measure of the window. */
void run_time_turns(struct run *r, bool is_timed);

/* ---- client.c: what the near end's client does. ---- */

/** Calls until there are n_calls; those that stay get traffic at the first time. 0, or -1 with a
 * line on stderr. */
int client_set_up(struct run *r);
int client_give_traffic(struct run *r);

/** List those that do not stay. */
void client_list_leaving(struct run *r);
bool client_all_left(struct run *r);

/** End what is left, and see that nothing is. 0, or -1 with a line on stderr. */
int client_finish(struct run *r);

/** For run_until(): new calls when they are due; and closes, as fast as it goes. */
bool client_probe(struct end *e, void *run);
bool client_probe_and_close(struct end *e, void *run);
bool client_probes_are_up(struct run *r);

/** For end.came_up. */
void client_came_up(void *run, uint32_t job);

/* ---- measure.c ---- */

/** For run_until(): the worker is there. */
bool measure_can_begin(struct run *r);

/** 80 % of the most that goes without a loss: frames a second, and in @p no_loss all of it. 0: some
 * are lost at any rate. */
double measure_rate(struct run *r, double *no_loss);

/** One window at @p fps: as long as the closing takes, or @p seconds. 0, or -1 with a line on
 * stderr. */
int measure_window(struct run *r, enum which which, double fps, double seconds);

/** Whether the machine took more than a little of its time from the worker, or from control. */
bool measure_is_disturbed(const struct measure *m);

/* ---- report.c ---- */

void report_round(struct run *r, double no_loss, double fps);
void report_tallies(const struct run *r);
void report_series(const struct run *r, uint32_t round, FILE *f);
void report_row(const char *name, double value, const char *unit);
