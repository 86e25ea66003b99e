/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/hist.h"

#include <stddef.h>

#define HIST_STEPS (1u << CP_HIST_STEPS_LOG2)
#define MILLION 1000000u

/* The last bucket's edge is 2^64 - 1: the shift leaves 0, from which 1 is taken. */
uint64_t
cp_hist_edge(uint32_t bucket)
{
	uint64_t steps = HIST_STEPS + (bucket & (HIST_STEPS - 1)) + 1;

	if (bucket < HIST_STEPS)
		return bucket;
	return (steps << ((bucket >> CP_HIST_STEPS_LOG2) - 1)) - 1;
}

/* ceil(n * ppm / 1000000) without the product's overflow; the 0th is the 1st. */
static uint64_t
rank_of(uint64_t n, uint32_t ppm)
{
	uint64_t rank = n / MILLION * ppm + (n % MILLION * ppm + MILLION - 1) / MILLION;

	return rank > 0 ? rank : 1;
}

void
cp_hist_add(struct cp_hist *hist, uint64_t value)
{
	hist->n++;
	hist->sum += value;
	if (value > hist->max)
		hist->max = value;
	hist->buckets[cp_hist_bucket(value)]++;
}

void
cp_hist_read(struct cp_hist_buckets *out, const struct cp_hist_buckets *shared)
{
	uint32_t i;

	for (i = 0; i < CP_HIST_BUCKETS; i++)
		out->n[i] = __atomic_load_n(&shared->n[i], __ATOMIC_RELAXED);
}

void
cp_hist_between(struct cp_hist *out, const struct cp_hist_buckets *earlier,
	const struct cp_hist_buckets *later)
{
	uint64_t n;
	uint32_t i;

	out->n = out->sum = out->max = 0;
	for (i = 0; i < CP_HIST_BUCKETS; i++) {
		out->buckets[i] = n = later->n[i] - (earlier != NULL ? earlier->n[i] : 0);
		if (n == 0)
			continue;
		out->n += n;
		out->sum += n * cp_hist_edge(i);
		out->max = cp_hist_edge(i);
	}
}

uint64_t
cp_hist_quantile(const struct cp_hist *hist, uint32_t permille)
{
	return cp_hist_quantile_ppm(hist, permille < 1000 ? permille * 1000 : MILLION);
}

uint64_t
cp_hist_quantile_ppm(const struct cp_hist *hist, uint32_t ppm)
{
	uint64_t rank, seen = 0;
	uint32_t i;

	if (ppm >= MILLION)
		return hist->max;
	rank = rank_of(hist->n, ppm);
	for (i = 0; i < CP_HIST_BUCKETS; i++) {
		seen += hist->buckets[i];
		if (seen >= rank)
			return cp_hist_edge(i) < hist->max ? cp_hist_edge(i) : hist->max;
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
