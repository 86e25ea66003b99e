/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gbench.h"

/*
 * The same cases without a clock, for callgrind: every case runs a few batches, and what the
 * processor executes from one bench_next() to the next is the cost of a batch. callgrind cuts its
 * count at each entry of bench_next() (--dump-before), so that preparation is not in it.
 *
 * A line of the output tells how to read the counts: name, operations of a batch, and how often
 * bench_next() was entered; the last batch of a case is the one to take, all is bound and warm.
 */
#define N_BATCHES 2
#define MAX_CASES 128

struct bench {
	int64_t n_calls;
	int64_t n_operations;
	bool is_sized; /* n_calls is the size of a table, and belongs to the name */
	int n_entered;
	const char *why; /* it failed */
};

static struct bench_case {
	char name[64];
	bench_fn fn;
	void *arg;
	int64_t n_calls;
} cases[MAX_CASES];

static size_t n_cases;

void
bench_add(const char *name, bench_fn fn, void *arg, const int64_t *n_calls, size_t n)
{
	struct bench_case *c;

	for (; n > 0; n--, n_calls++) {
		if (n_cases == MAX_CASES)
			abort();
		c = &cases[n_cases++];
		snprintf(c->name, sizeof(c->name), "%s", name);
		c->fn = fn;
		c->arg = arg;
		c->n_calls = *n_calls;
	}
}

bool
bench_next(struct bench *b)
{
	return b->n_entered++ < N_BATCHES && b->why == NULL;
}

int64_t
bench_n_calls(const struct bench *b)
{
	return b->n_calls;
}

void
bench_set_seconds(struct bench *b, double s)
{
	(void)b;
	(void)s;
}

void
bench_set_operations(struct bench *b, int64_t n)
{
	b->n_operations = n;
	b->is_sized = true;
}

void
bench_set_octets(struct bench *b, double octets)
{
	(void)b;
	(void)octets;
}

void
bench_fail(struct bench *b, const char *why)
{
	b->why = why;
}

static bool
is_chosen(const char *name, int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++)
		if (strncmp(name, argv[i], strlen(argv[i])) == 0)
			return true;
	return argc <= 1;
}

int
bench_run(int argc, char **argv)
{
	const struct bench_case *c;
	struct bench b;

	for (c = cases; c < cases + n_cases; c++) {
		if (!is_chosen(c->name, argc, argv))
			continue;
		b = (struct bench){ .n_calls = c->n_calls, .n_operations = c->n_calls };
		c->fn(&b, c->arg);
		if (b.why != NULL) {
			fprintf(stderr, "%s: %s\n", c->name, b.why);
			return 1;
		}
		printf("%s", c->name);
		if (b.is_sized)
			printf("/%lld", (long long)b.n_calls);
		printf("\t%lld\t%d\n", (long long)b.n_operations, b.n_entered);
	}
	return 0;
}
