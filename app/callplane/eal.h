/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/** @file DPDK's environment, started from the configuration. Main thread. */

#include <stddef.h>

#include "callplane/config.h"

/** Free hugepages of all sizes and nodes, octets. */
unsigned long long eal_free_hugepages(void);

/**
 * rte_eal_init() with the lcores, devices and memory of @p config, then @p extra arguments.
 * @return 0, or -errno with one line in @p error: what is wrong and the mend.
 */
int eal_start(
	const struct config *config, int n_extra, char **extra, char *error, size_t error_size);
