/* SPDX-License-Identifier: BSD-3-Clause */
#include <rte_cycles.h>

#include "common/loop.h"
#include "gbench.h"
#include "micro/micro.h"

#define BATCH 16384u

typedef double (*loop_fn)(struct loop *l, uint32_t n_frames);

static void
run_loop(struct bench *b, loop_fn fn, uint32_t n_circuits)
{
	struct loop *l = loop_create(n_circuits);
	double cycles;

	if (l == NULL)
		bench_fail(b, "no room for the table");
	else
		fn(l, 4 * BATCH);
	bench_set_operations(b, BATCH);
	while (bench_next(b)) {
		cycles = fn(l, BATCH);
		if (cycles < 0)
			bench_fail(b, "frames were lost");
		bench_set_seconds(b, cycles * BATCH / (double)rte_get_tsc_hz());
	}
	loop_destroy(l);
}

static void
forward(struct bench *b, void *arg)
{
	(void)arg;
	bench_set_octets(b, RTE_CACHE_LINE_SIZE + 4); /* entry and slot of the label map */
	run_loop(b, loop_forward, (uint32_t)bench_n_calls(b));
}

static void
bare(struct bench *b, void *arg)
{
	(void)arg;
	run_loop(b, loop_bare, (uint32_t)bench_n_calls(b));
}

void
micro_add_forward(void)
{
	static const int64_t sizes[] = { 1024, 65536, LOOP_MAX_CIRCUITS };

	bench_add("forward/bare", bare, NULL, sizes, 1);
	bench_add("forward/swap", forward, NULL, sizes, 3);
}
