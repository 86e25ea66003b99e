/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/** @file DPDK's environment for a bench: lcore 0 on the first processor, lcore 1 on the last. */

#include <stdbool.h>

/**
 * Hugepages when any are free, else @p heap_mb of ordinary memory: good to see that a bench works,
 * not for numbers.
 * @return 0, or -1 after a line on stderr that says what is wrong and the mend.
 */
int bench_eal_start(const char *name, unsigned int heap_mb);

/** And BENCH_WITHOUT_HUGEPAGES is not in the environment. */
bool bench_has_hugepages(void);

/** Both lcores share one processor: what is measured between them says nothing. */
bool bench_has_one_processor(void);
