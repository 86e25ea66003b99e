/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * A log-linear histogram of ns or cycles: 16 steps an octave, so 6 % off at most. One writer. One
 * that another thread reads meanwhile is a struct cp_hist_buckets; the reader takes copies of it,
 * and makes a histogram of what came between two of them.
 */

#include <stdint.h>

#define CP_HIST_STEPS_LOG2 4
#define CP_HIST_BUCKETS ((64 - CP_HIST_STEPS_LOG2 + 1) << CP_HIST_STEPS_LOG2)

struct cp_hist {
	uint64_t n;
	uint64_t sum;
	uint64_t max;
	uint64_t buckets[CP_HIST_BUCKETS];
};

/** Atomic, relaxed: one writer, any reader. Never set back. */
struct cp_hist_buckets {
	uint64_t n[CP_HIST_BUCKETS];
};

/**
 * Values below 16 have a bucket each. Above, an octave 2^e .. 2^(e+1) - 1 has 16 buckets: the four
 * bits after the leading one choose.
 */
static inline uint32_t
cp_hist_bucket(uint64_t value)
{
	uint32_t shift;

	if (value < 1u << CP_HIST_STEPS_LOG2)
		return (uint32_t)value;
	shift = 63 - (uint32_t)__builtin_clzll(value) - CP_HIST_STEPS_LOG2;
	return (shift << CP_HIST_STEPS_LOG2) + (uint32_t)(value >> shift);
}

/** The highest value of a bucket. */
uint64_t cp_hist_edge(uint32_t bucket);

void cp_hist_add(struct cp_hist *hist, uint64_t value);

/** For the writer's innermost loop. */
static inline void
cp_hist_count(struct cp_hist_buckets *shared, uint64_t value)
{
	uint64_t *n = &shared->n[cp_hist_bucket(value)];

	__atomic_store_n(n, __atomic_load_n(n, __ATOMIC_RELAXED) + 1, __ATOMIC_RELAXED);
}

/** A copy; any thread, also while its writer counts. */
void cp_hist_read(struct cp_hist_buckets *out, const struct cp_hist_buckets *shared);

/**
 * What was counted between two copies; @p earlier NULL: ever. Its sum and maximum are those of the
 * buckets' upper edges.
 */
void cp_hist_between(struct cp_hist *out, const struct cp_hist_buckets *earlier,
	const struct cp_hist_buckets *later);

/**
 * Upper edge of the bucket in which the @p permille-th of 1000 lies, never above the maximum;
 * 0 when empty.
 */
uint64_t cp_hist_quantile(const struct cp_hist *hist, uint32_t permille);

/** The same for the @p ppm-th of 1,000,000. */
uint64_t cp_hist_quantile_ppm(const struct cp_hist *hist, uint32_t ppm);

void cp_hist_merge(struct cp_hist *into, const struct cp_hist *from);
