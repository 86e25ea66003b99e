/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Label switching on one lcore, over tables of several sizes, next to the bare loop through the
 * same ports. Prints one result a line, name, value and unit between tabs.
 */
#include <stdio.h>
#include <stdlib.h>

#include <rte_cycles.h>
#include <rte_eal.h>

#include "common/eal.h"
#include "common/loop.h"

#define SAMPLE_FRAMES 16384u
#define MAX_SAMPLES 100000u

typedef double (*sample_fn)(struct loop *l, uint32_t n_frames);

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/* Of short samples: an interrupt spoils a few of them, not the median. */
struct summary {
	double median, mean;
};

static int
sample_for(struct loop *l, sample_fn sample, double seconds, struct summary *out)
{
	static double samples[MAX_SAMPLES];
	uint64_t end = rte_rdtsc() + (uint64_t)(seconds * (double)rte_get_tsc_hz());
	double sum = 0;
	uint32_t n = 0;

	sample(l, 4 * SAMPLE_FRAMES);
	do {
		samples[n] = sample(l, SAMPLE_FRAMES);
		if (samples[n] < 0)
			return -1;
		sum += samples[n++];
	} while (n < MAX_SAMPLES && rte_rdtsc() < end);
	qsort(samples, n, sizeof(samples[0]), compare);
	out->median = samples[n / 2];
	out->mean = sum / n;
	return 0;
}

static int
measure(uint32_t n_circuits, const char *size, double seconds)
{
	struct loop *l = loop_create(n_circuits);
	struct summary bare, ours;
	int err;

	if (l == NULL)
		return -1;
	sample_for(l, loop_bare, seconds / 4, &bare);
	err = sample_for(l, loop_forward, seconds, &ours);
	loop_destroy(l);
	if (err != 0) {
		fprintf(stderr, "forward: frames were lost with %u circuits\n", n_circuits);
		return -1;
	}
	printf("bare_cycles_per_frame_%s\t%.4g\tcycles\n", size, bare.median);
	printf("cycles_per_frame_%s\t%.4g\tcycles\n", size, ours.median);
	printf("mean_cycles_per_frame_%s\t%.4g\tcycles\n", size, ours.mean);
	printf("own_cycles_per_frame_%s\t%.4g\tcycles\n", size, ours.median - bare.median);
	printf("mpps_%s\t%.4g\tMpps\n", size, (double)rte_get_tsc_hz() / ours.median / 1e6);
	return 0;
}

int
main(int argc, char **argv)
{
	double seconds = argc > 1 ? strtod(argv[1], NULL) : 2;
	int err;

	if (argc > 2 || seconds <= 0) {
		fprintf(stderr, "usage: forward [SECONDS]   of each table size\n");
		return 2;
	}
	if (bench_eal_start("forward", 1536) != 0)
		return 1;
	err = measure(1024, "1k", seconds);
	if (err == 0)
		err = measure(65536, "64k", seconds);
	if (err == 0)
		err = measure(LOOP_MAX_CIRCUITS, "1M", seconds);
	rte_eal_cleanup();
	return err != 0;
}
