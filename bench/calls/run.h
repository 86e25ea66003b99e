/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * One run: two ends, calls that are set up between them, and how these end. What is wrong goes to
 * stderr as one line with its mend.
 */

#include <stdbool.h>
#include <stdint.h>

#include "calls/curve.h"
#include "calls/end.h"
#include "calls/wire.h"

struct run;

typedef bool (*run_done_fn)(const struct run *r);

/** One way in which all calls end. */
struct way {
	const char *name;
	const char *what;  /**< For the usage. */
	uint32_t n_leaves; /**< Of each call; 0: point-to-point. */
	bool cuts;         /**< The wire. */
	/** Before the clock runs; may be NULL. 0, or -1 after a line on stderr. */
	int (*begin)(struct run *r);
	/** The clients' parts of a turn; NULL: they do nothing. @p arg is the run. */
	end_work_fn near_work, far_work;
	/** All that has to have happened beside that no call is left; may be NULL. */
	run_done_fn done;
};

struct run {
	struct end near, far;
	struct end *ends[2];
	struct wire wire;
	uint32_t n_calls; /* that stand before they end */
	uint32_t n_room;  /* for so many at most */
	uint32_t n_rounds;
	double seconds; /* until a phase is given up */
	bool standalone;
	bool one_lcore; /* workers take their turns on control's: all can be counted */
	const struct way *way;
	uint32_t stop; /* Atomic. The worker's. */
	/* Setup. */
	struct co_address from, to;
	uint32_t n_wanted; /* in this phase */
	uint32_t n_started;
	/* Teardown. */
	co_vc_t *order; /* shuffled: what to close */
	uint32_t cursor;
	co_vc_t ahead[CO_AHEAD_MAX]; /* the next ones, from at_ahead on */
	uint32_t n_ahead, at_ahead;
	struct co_data data;
	bool restarted;
	struct curve curve;
	double waited_ms; /* for a processor, in the last phase */
};

void row(const char *name, double value, const char *unit);
double ns_of(uint64_t cycles);

/**
 * Both ends' control loops by turns.
 * @return The seconds it took; negative: it was not done in time.
 */
double turn_until(struct run *r, run_done_fn done, end_work_fn near_work, end_work_fn far_work);

/* ---- dial.c ---- */

void dial_begin(struct run *r);

/** So many calls more, with their leaves. As turn_until(). */
double dial(struct run *r, uint32_t n);

/** All calls, and what the next ones cost at 1k, 10k, 100k and all of them standing. 0, -1. */
int measure_setup(struct run *r);

/** What is set up beyond n_calls to see what it costs then. */
uint32_t n_beyond(uint32_t n_calls);

/* ---- ways.c ---- */

/** NULL: there is none of this name. */
const struct way *way_find(const char *name);
void ways_tell(void);

/** All calls end. As turn_until(). */
double end_calls(struct run *r);

/* ---- left.c ---- */

/**
 * Turn until nothing is left of the calls at either end (I4). 0, or -1 after a line that names
 * what is.
 */
int settle(struct run *r);

/* ---- rows.c ---- */

/** Of the last phase, in which @p n calls came or went. */
void report_busy(const struct run *r, uint32_t n);
/** Once the last round is over: the histogram is of all. */
void report_grace(const struct run *r);
/** @p sparse: touched pages of both ends' sparse tables. */
void report_memory(const struct run *r, uint64_t sparse);
uint64_t resident_octets(void);

/* ---- bare.c ---- */

/** The least that a close is, in bare C on lcore 0, with one reader on lcore 1. 0, -1. */
int measure_bare(uint32_t n_calls);
