/* SPDX-License-Identifier: BSD-3-Clause */
#include <rte_cycles.h>

#include "common/loop.h"
#include "gbench.h"
#include "micro/micro.h"

#define BATCH 16384u
#define N_CONTRACTS 16u
#define MBUF_AND_HEADER (2 * RTE_CACHE_LINE_SIZE)

typedef double (*loop_fn)(struct loop *l, uint32_t n_frames);

struct loop_case {
	const char *name;
	loop_fn fn;
	uint32_t n_contracts;
	uint32_t octets;
};

/* own_share: what is ours of forwarding, without a device. */
static const struct loop_case cases[] = {
	{ "forward/bare", loop_bare, 0, RTE_CACHE_LINE_SIZE },
	{ "forward/swap", loop_forward, 0, MBUF_AND_HEADER + RTE_CACHE_LINE_SIZE },
	{ "lookup", loop_look_up, 0, 2 * sizeof(uint32_t) + RTE_CACHE_LINE_SIZE },
	{ "own_share", loop_switch, 0, MBUF_AND_HEADER + RTE_CACHE_LINE_SIZE },
	{ "own_share_metered", loop_switch, N_CONTRACTS,
		MBUF_AND_HEADER + 2 * RTE_CACHE_LINE_SIZE },
};

static void
run_loop(struct bench *b, void *arg)
{
	const struct loop_case *c = arg;
	struct loop *l = loop_create((uint32_t)bench_n_calls(b), c->n_contracts);
	double cycles;

	if (l == NULL)
		bench_fail(b, "no room for the table");
	else
		c->fn(l, 4 * BATCH);
	bench_set_operations(b, BATCH);
	bench_set_octets(b, c->octets);
	while (bench_next(b)) {
		cycles = c->fn(l, BATCH);
		if (cycles < 0)
			bench_fail(b, "frames were lost");
		bench_set_seconds(b, cycles * BATCH / (double)rte_get_tsc_hz());
	}
	loop_destroy(l);
}

void
micro_add_forward(void)
{
	static const int64_t sizes[] = { 1024, 1, 65536, 262144, LOOP_MAX_CIRCUITS };
	const struct loop_case *c;

	for (c = cases; c < cases + RTE_DIM(cases); c++)
		bench_add(c->name, run_loop, (void *)(uintptr_t)c, sizes,
			c->fn == loop_bare ? 1 : RTE_DIM(sizes));
}
