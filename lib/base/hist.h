/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/** @file A log-linear histogram of ns: 16 steps an octave, so 6 % off at most. One writer. */

#include <stdint.h>

#define CP_HIST_STEPS_LOG2 4
#define CP_HIST_BUCKETS ((64 - CP_HIST_STEPS_LOG2 + 1) << CP_HIST_STEPS_LOG2)

struct cp_hist {
	uint64_t n;
	uint64_t sum;
	uint64_t max;
	uint64_t buckets[CP_HIST_BUCKETS];
};

void cp_hist_add(struct cp_hist *hist, uint64_t value);

/**
 * Upper edge of the bucket in which the @p permille-th of 1000 lies, never above the maximum;
 * 0 when empty.
 */
uint64_t cp_hist_quantile(const struct cp_hist *hist, uint32_t permille);

void cp_hist_merge(struct cp_hist *into, const struct cp_hist *from);
