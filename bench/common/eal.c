/* SPDX-License-Identifier: BSD-3-Clause */
#include "common/eal.h"

#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_errno.h>

/* In the environment of a program under valgrind, which has no address space for hugepages. */
#define WITHOUT "BENCH_WITHOUT_HUGEPAGES"

static int first = -1, last;

/* The first and the last processor that we may use, before EAL binds this thread to one. */
static void
find_processors(void)
{
	cpu_set_t set;
	int i;

	sched_getaffinity(0, sizeof(set), &set);
	for (i = 0; i < CPU_SETSIZE; i++) {
		if (!CPU_ISSET(i, &set))
			continue;
		first = first < 0 ? i : first;
		last = i;
	}
}

bool
bench_has_one_processor(void)
{
	return first == last;
}

bool
bench_has_hugepages(void)
{
	FILE *f = getenv(WITHOUT) == NULL ? fopen("/proc/meminfo", "r") : NULL;
	unsigned long n = 0;
	char line[128];

	if (f == NULL)
		return false;
	while (fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, "HugePages_Free: %lu", &n) == 1)
			break;
	fclose(f);
	return n > 0;
}

int
bench_eal_start(const char *name, unsigned int heap_mb)
{
	char lcores[32], prefix[32], heap[16];
	const char *argv[20] = { name, "--no-pci", "--no-telemetry", "--log-level", "error",
		"--lcores", lcores, "--file-prefix", prefix };
	int argc = 9;

	find_processors();
	snprintf(lcores, sizeof(lcores), "0@%d,1@%d", first, last);
	snprintf(prefix, sizeof(prefix), "bench-%d", getpid());
	if (bench_has_hugepages()) {
		argv[argc++] = "--in-memory";
	} else {
		snprintf(heap, sizeof(heap), "%u", heap_mb);
		argv[argc++] = "--no-huge";
		argv[argc++] = "--no-shconf";
		argv[argc++] = "-m";
		argv[argc++] = heap;
	}
	if (rte_eal_init(argc, (char **)(uintptr_t)argv) >= 0)
		return 0;
	fprintf(stderr,
		"%s: DPDK does not start: %s; mend: free memory, or as root, "
		"dpdk-hugepages.py --setup 4G\n",
		name, rte_strerror(rte_errno));
	return -1;
}
