/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * Durations in TSC cycles, counted so finely that quantiles which are 5 % apart are told apart:
 * cp_hist's octaves of 16 steps are not fine enough for that. One thread at a time.
 */

#include <stdint.h>

#define TIMES_STEP_LOG2 4 /* less than the step in which the clock is read */
#define TIMES_BUCKETS (1u << 16)

struct times {
	uint64_t n;
	uint64_t max;
	uint32_t buckets[TIMES_BUCKETS]; /**< The last one: all that took longer, too. */
};

static inline void
times_add(struct times *t, uint64_t cycles)
{
	uint64_t bucket = cycles >> TIMES_STEP_LOG2;

	t->n++;
	t->max = cycles > t->max ? cycles : t->max;
	t->buckets[bucket < TIMES_BUCKETS ? bucket : TIMES_BUCKETS - 1]++;
}

/** Cycles that @p ppm of a million do not exceed: the upper edge of a bucket, or the maximum. */
uint64_t times_quantile(const struct times *t, uint32_t ppm);
