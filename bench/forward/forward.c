/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Label switching on one lcore, in turns with someone else on it: each line of the input asks for
 * one case and says for how long, and is answered by a line with the cycles a frame of many short
 * windows, behind the reason that the frames were dropped for ("-" if they were not) and a tab. The
 * first line of the output is the frequency of the time stamp counter, and the frames of a burst.
 * Tables stay as they were, so that a turn costs no more than its windows.
 *
 *   forward            "bare/N MS", "plain/N MS", "metered/N MS" of N circuits, "kind/NAME MS";
 *                      "own/N MS", "own_metered/N MS" without a device
 *   forward --kinds    the names of kinds
 *   forward CASE N     N frames of one case, once: for a profiler
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <rte_cycles.h>
#include <rte_eal.h>

#include "common/eal.h"
#include "forward/kinds.h"

#define WINDOW_FRAMES 65536u
#define KIND_WINDOW_FRAMES 16384u
#define KIND_CIRCUITS 1024u
#define N_CONTRACTS 16u
#define MAX_WINDOWS 4096u
#define MAX_LOOPS 16u /* two ports each, of 32 that DPDK has */

typedef double (*loop_fn)(struct loop *l, uint32_t n_frames);

/* Cases with a size. Those of the same table and @p group take turns in one. */
static const struct way {
	const char *name;
	loop_fn fn;
	uint32_t n_contracts;
	int group;
} ways[] = {
	{ "plain", loop_forward, 0, 0 },
	{ "bare", loop_bare, 0, 0 },
	{ "metered", loop_forward, N_CONTRACTS, 1 },
	{ "own", loop_switch, 0, 0 },
	{ "own_metered", loop_switch, N_CONTRACTS, 1 },
};
#define GROUP_OF_KINDS 2

struct measure_case {
	const struct way *way;
	const struct kind *kind; /* or that */
	uint32_t n_circuits;
};

/* Tables that were asked for once. */
static struct {
	struct loop *loop;
	uint32_t n_circuits;
	int group;
} loops[MAX_LOOPS];

static int
parse(const char *name, struct measure_case *c)
{
	const char *slash = strchr(name, '/');
	const struct way *w;

	*c = (struct measure_case){ .n_circuits = KIND_CIRCUITS };
	if (slash == NULL)
		return -1;
	if (strncmp(name, "kind/", 5) == 0) {
		c->kind = kind_find(slash + 1);
		return c->kind != NULL ? 0 : -1;
	}
	c->n_circuits = (uint32_t)strtoul(slash + 1, NULL, 10);
	for (w = ways; w < ways + RTE_DIM(ways); w++)
		if (strlen(w->name) == (size_t)(slash - name) &&
			strncmp(w->name, name, strlen(w->name)) == 0)
			c->way = w;
	return c->way != NULL && c->n_circuits >= 1 && c->n_circuits <= LOOP_MAX_CIRCUITS ? 0 : -1;
}

static struct loop *
get_loop(const struct measure_case *c)
{
	int group = c->kind != NULL ? GROUP_OF_KINDS : c->way->group;
	unsigned int i;

	for (i = 0; i < MAX_LOOPS && loops[i].loop != NULL; i++)
		if (loops[i].n_circuits == c->n_circuits && loops[i].group == group)
			return loops[i].loop;
	if (i == MAX_LOOPS)
		return NULL;
	loops[i].n_circuits = c->n_circuits;
	loops[i].group = group;
	loops[i].loop = loop_create(c->n_circuits, c->kind != NULL ? 0 : c->way->n_contracts);
	return loops[i].loop;
}

static double
sample(struct loop *l, const struct measure_case *c, uint32_t n_frames, const char **reason)
{
	*reason = "";
	return c->kind != NULL ? kind_measure(l, c->kind, n_frames, reason)
			       : c->way->fn(l, n_frames);
}

/* How often the kernel gave our core to somebody else. */
static long
n_preempted(void)
{
	struct rusage usage;

	getrusage(RUSAGE_THREAD, &usage);
	return usage.ru_nivcsw;
}

/*
 * Windows for so long, at least one; the one before them warms up what another case has cooled
 * down. Those in which somebody else had the core are kept only as long as there is no other.
 * @return How many; 0: frames were lost.
 */
static uint32_t
take_windows(struct loop *l, const struct measure_case *c, unsigned int ms, double *windows,
	const char **reason)
{
	uint32_t n_frames = c->kind != NULL ? KIND_WINDOW_FRAMES : WINDOW_FRAMES, n = 0;
	uint64_t end = rte_rdtsc() + rte_get_tsc_hz() * ms / 1000;
	bool is_clean, was_clean = false;
	long before;

	if (sample(l, c, n_frames, reason) < 0)
		return 0;
	do {
		before = n_preempted();
		windows[n] = sample(l, c, n_frames, reason);
		if (windows[n] < 0)
			return 0;
		is_clean = n_preempted() == before;
		if (is_clean && !was_clean) {
			windows[0] = windows[n];
			n = 0;
			was_clean = true;
		}
		n += is_clean || !was_clean;
	} while (n < MAX_WINDOWS && rte_rdtsc() < end);
	return n;
}

static int
measure(const char *name, unsigned int ms)
{
	static double windows[MAX_WINDOWS];
	struct measure_case c;
	struct loop *l = parse(name, &c) == 0 ? get_loop(&c) : NULL;
	const char *reason = "";
	uint32_t i, n;

	n = l != NULL ? take_windows(l, &c, ms, windows, &reason) : 0;
	printf("%s\t", *reason != '\0' ? reason : "-");
	for (i = 0; i < n; i++)
		printf(" %.4g", windows[i]);
	printf("\n");
	fflush(stdout);
	return n != 0 ? 0 : -1;
}

static int
serve(void)
{
	char line[128], name[64];
	unsigned int ms;

	printf("tsc_mhz\t%.6g\t%u\n", (double)rte_get_tsc_hz() / 1e6, DP_RX_BURST);
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin) != NULL) {
		if (sscanf(line, "%63s %u", name, &ms) != 2 || measure(name, ms) != 0) {
			fprintf(stderr,
				"forward: %.*s: no such case, no room, or frames were lost\n",
				(int)strcspn(line, "\n"), line);
			return -1;
		}
	}
	return 0;
}

static int
run_once(const char *name, uint32_t n_frames)
{
	struct measure_case c;
	struct loop *l = parse(name, &c) == 0 ? get_loop(&c) : NULL;
	const char *reason;

	return l == NULL || sample(l, &c, n_frames, &reason) < 0 ? -1 : 0;
}

int
main(int argc, char **argv)
{
	unsigned int i;
	int err;

	if (argc == 2 && strcmp(argv[1], "--kinds") == 0) {
		for (i = 0; kind_name(i) != NULL; i++)
			puts(kind_name(i));
		return 0;
	}
	if (argc != 1 && argc != 3) {
		fprintf(stderr, "usage: forward | forward --kinds | forward CASE N\n");
		return 2;
	}
	if (bench_eal_start("forward", 2048) != 0)
		return 1;
	err = argc == 3 ? run_once(argv[1], (uint32_t)strtoul(argv[2], NULL, 0)) : serve();
	for (i = 0; i < MAX_LOOPS; i++)
		loop_destroy(loops[i].loop);
	rte_eal_cleanup();
	return err != 0;
}
