/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * Episodes of random operations, and what is done with one that fails: it is replayed with fewer
 * and fewer operations as long as it still fails, and the rest is printed.
 */

#include "model.h"

#define EPISODE_OPERATIONS 1000u

struct failure {
	uint64_t seed;  /**< Of the episode. */
	uint32_t n;     /**< Operations left, none of which can be spared. */
	uint32_t n_all; /**< The same with those inside handlers. */
	char why[512];
	struct operation operations[EPISODE_OPERATIONS];
	struct spared spared;
};

/** True: nothing was found. Else @p failure has the shrunk sequence, printed when @p print. */
bool explore_episode(bool mcm, uint64_t seed, struct model_stats *stats, enum model_fault fault,
	struct failure *failure, bool print);
