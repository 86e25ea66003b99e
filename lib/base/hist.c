/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/hist.h"

#define HIST_STEPS (1u << CP_HIST_STEPS_LOG2)

/*
 * Values below 16 have a bucket each. Above, an octave 2^e .. 2^(e+1) - 1 has 16
 * buckets: the four bits after the leading one choose.
 */
static uint32_t
bucket_of(uint64_t value)
{
	uint32_t shift;

	if (value < HIST_STEPS)
		return (uint32_t)value;
	shift = 63 - (uint32_t)__builtin_clzll(value) - CP_HIST_STEPS_LOG2;
	return ((shift + 1) << CP_HIST_STEPS_LOG2) +
	       ((uint32_t)(value >> shift) & (HIST_STEPS - 1));
}

/* The last bucket's edge is 2^64 - 1: the shift leaves 0, from which 1 is taken. */
static uint64_t
upper_edge(uint32_t bucket)
{
	uint64_t steps = HIST_STEPS + (bucket & (HIST_STEPS - 1)) + 1;

	if (bucket < HIST_STEPS)
		return bucket;
	return (steps << ((bucket >> CP_HIST_STEPS_LOG2) - 1)) - 1;
}

/* ceil(n * permille / 1000) without the product's overflow; the 0th is the 1st. */
static uint64_t
rank_of(uint64_t n, uint32_t permille)
{
	uint64_t rank = n / 1000 * permille + (n % 1000 * permille + 999) / 1000;

	return rank > 0 ? rank : 1;
}

void
cp_hist_add(struct cp_hist *hist, uint64_t value)
{
	hist->n++;
	hist->sum += value;
	if (value > hist->max)
		hist->max = value;
	hist->buckets[bucket_of(value)]++;
}

uint64_t
cp_hist_quantile(const struct cp_hist *hist, uint32_t permille)
{
	uint64_t rank, seen = 0;
	uint32_t i;

	if (permille >= 1000)
		return hist->max;
	rank = rank_of(hist->n, permille);
	for (i = 0; i < CP_HIST_BUCKETS; i++) {
		seen += hist->buckets[i];
		if (seen >= rank)
			return upper_edge(i) < hist->max ? upper_edge(i) : hist->max;
	}
	return hist->max; /* empty: 0 */
}

void
cp_hist_merge(struct cp_hist *into, const struct cp_hist *from)
{
	uint32_t i;

	into->n += from->n;
	into->sum += from->sum;
	if (from->max > into->max)
		into->max = from->max;
	for (i = 0; i < CP_HIST_BUCKETS; i++)
		into->buckets[i] += from->buckets[i];
}
