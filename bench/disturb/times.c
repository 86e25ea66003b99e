/* SPDX-License-Identifier: BSD-3-Clause */
#include "disturb/times.h"

uint64_t
times_quantile(const struct times *t, uint32_t ppm)
{
	uint64_t wanted = (t->n * ppm + 999999) / 1000000, seen = 0;
	uint32_t i;

	for (i = 0; i < TIMES_BUCKETS - 1; i++) {
		seen += t->buckets[i];
		if (seen >= wanted)
			return ((uint64_t)i + 1) << TIMES_STEP_LOG2;
	}
	return t->max;
}
