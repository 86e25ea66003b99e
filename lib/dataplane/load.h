/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * Where a worker's time goes: one reading of the clock a turn tells busy from idle cycles, and how
 * long the gap between two quiescent states was. Private to lib/dataplane, and to its tests.
 */

#include <stdbool.h>
#include <stdint.h>

#include <rte_branch_prediction.h>

#include "base/hist.h"
#include "dataplane/forward.h"

/** The worker writes; what is atomic, relaxed, control reads. */
struct dp_load {
	uint64_t last_quiescent; /* TSC; the worker's alone */
	uint64_t turns[2];       /* Atomic. [1]: those that moved a frame. */
	uint64_t cycles[2];      /* Atomic. Of these turns. */
	uint64_t max_cycles;     /* Atomic. Longest turn of this spell. */
	uint32_t restart;        /* Atomic: control's wish for a new spell; the worker clears it. */
	struct cp_hist_buckets gaps; /* of all turns ever, in cycles */
};

/** A turn has ended at @p now. */
static inline void
dp_load_turn(struct dp_load *load, uint64_t now, bool is_busy)
{
	uint64_t gap = now - load->last_quiescent;

	load->last_quiescent = now;
	/* Relaxed: a wish. Release: who no longer sees it sees the new spell, dp_worker_stats(). */
	if (unlikely(__atomic_load_n(&load->restart, __ATOMIC_RELAXED) != 0)) {
		__atomic_store_n(&load->max_cycles, 0, __ATOMIC_RELAXED);
		__atomic_store_n(&load->restart, 0, __ATOMIC_RELEASE);
	} else if (unlikely(gap > load->max_cycles)) {
		__atomic_store_n(&load->max_cycles, gap, __ATOMIC_RELAXED);
	}
	/* Indexed, not branched upon: whether there is a frame is what no predictor knows. */
	dp_counter_add(&load->turns[is_busy], 1);
	dp_counter_add(&load->cycles[is_busy], gap);
	cp_hist_count(&load->gaps, gap);
}
