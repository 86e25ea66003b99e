/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/** @file The NUMA node that the dataplane's tables are on. Main thread. */

#include "callplane/config.h"
#include "dataplane/dataplane.h"

/** The node of an lcore, or -1. */
typedef int (*placement_lcore_node)(void *arg, unsigned int lcore);

/**
 * The node of the most trunks' workers, of several the first one's; without trunks that of the
 * first worker. @p n_on: how many trunks have their worker there.
 */
int placement_of(
	const struct config *config, placement_lcore_node lcore_node, void *arg, uint32_t *n_on);

/** The same for the lcores of DPDK, after eal_start(); the log says what was chosen. */
int placement_node(const struct config *config);

/** One line for the log: where the memory of @p dp is, once all of it is made. */
void placement_log(const struct dp *dp);
