/* SPDX-License-Identifier: BSD-3-Clause */
#include "explore.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "model_priv.h"

/*
 * A sequence that failed is a list of operations, each with a seed of its own for all that happens
 * inside of it, so that one can be left out and the others stay what they are.
 */

/* ---- A crash, or no end, is a failure like any other, where nobody else looks for them. ---- */

#define NO_END_S 60

static sigjmp_buf crashed;

static void
on_crash(int signal_number)
{
	siglongjmp(crashed, signal_number);
}

static void
catch_crashes(void (*handler)(int))
{
	static const int signals[] = { SIGSEGV, SIGBUS, SIGFPE, SIGABRT, SIGALRM };
	struct sigaction action = { .sa_handler = handler, .sa_flags = SA_NODEFER };
	size_t i;

	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaction(signals[i], &action, NULL);
}

/* ---- Replaying. ---- */

struct shrink {
	bool mcm;
	enum model_fault fault;
	struct failure *failure;
};

/* Whether these operations fail, and how. @p inside: what began inside the one at @p at. */
static bool
replay(const struct shrink *s, const struct operation *ops, uint32_t n, bool trace, uint32_t at,
	struct insides *inside)
{
	struct failure *f = s->failure;
	struct model_stats stats = { 0 };
	struct model *m = model_create(s->mcm, &stats, s->fault, trace);
	uint32_t i, n_all;
	bool good = true;
	int crash;

	crash = sigsetjmp(crashed, 1);
	if (crash != 0) {
		f->n_all = (uint32_t)stats.n_operations;
		snprintf(f->why, sizeof(f->why), "%s", strsignal(crash));
		return true; /* what the broker is in the middle of cannot be freed */
	}
	for (i = 0; i < n && good; i++) {
		good = model_run(m, &ops[i], &f->spared);
		if (inside != NULL && i == at)
			*inside = *model_insides(m);
	}
	n_all = (uint32_t)stats.n_operations;
	if (good)
		good = model_end(m);
	if (!good) {
		f->n_all = n_all;
		snprintf(f->why, sizeof(f->why), "%s", model_why(m));
	}
	model_free(m);
	return !good;
}

/* ---- Shrinking. ---- */

/* Whether these fail as well and are no more than before, with all that happens inside of them. */
static bool
still_fails(const struct shrink *s, const struct operation *ops, uint32_t n)
{
	struct failure *f = s->failure;
	uint32_t before = f->n_all;

	if (replay(s, ops, n, false, 0, NULL) && f->n_all <= before)
		return true;
	f->n_all = before;
	return false;
}

/* With @p n_new operations in place of the @p n_old at @p at; kept when they still fail. */
static bool
try_instead(const struct shrink *s, uint32_t at, uint32_t n_old, const struct operation *new,
	uint32_t n_new)
{
	static struct operation ops[EPISODE_OPERATIONS];
	struct failure *f = s->failure;
	uint32_t n = f->n - n_old + n_new;

	if (n > EPISODE_OPERATIONS)
		return false;
	memcpy(ops, f->operations, at * sizeof(ops[0]));
	if (n_new > 0)
		memcpy(ops + at, new, n_new * sizeof(ops[0]));
	memcpy(ops + at + n_new, f->operations + at + n_old, (n - at - n_new) * sizeof(ops[0]));
	if (!still_fails(s, ops, n))
		return false;
	memcpy(f->operations, ops, n * sizeof(ops[0]));
	f->n = n;
	return true;
}

/* The one at @p at with less inside. */
static bool
calm(const struct shrink *s, uint32_t at)
{
	struct operation op = s->failure->operations[at];
	uint32_t before = op.budget, n_all = s->failure->n_all;

	for (op.budget = 0; op.budget < before; op.budget = op.budget * 2 + 1)
		if (try_instead(s, at, 1, &op, 1))
			return s->failure->n_all < n_all || op.budget == 0;
	return false;
}

/* One that began inside of it is left out, or comes after it, or before it. */
static bool
take_out(const struct shrink *s, uint32_t at, const struct operation *inner)
{
	struct failure *f = s->failure;
	struct operation pair[2];
	uint32_t n_all = f->n_all;

	if (f->spared.n == sizeof(f->spared.seeds) / sizeof(f->spared.seeds[0]))
		return false;
	f->spared.seeds[f->spared.n++] = inner->seed;
	if (still_fails(s, f->operations, f->n) && f->n_all < n_all)
		return true;
	f->n_all = n_all;
	pair[0] = f->operations[at];
	pair[1] = *inner;
	if (try_instead(s, at, 1, pair, 2))
		return true;
	pair[1] = pair[0];
	pair[0] = *inner;
	if (try_instead(s, at, 1, pair, 2))
		return true;
	f->spared.n--;
	return false;
}

static bool
take_out_any(const struct shrink *s, uint32_t at)
{
	struct insides inside = { 0 };
	uint32_t i;

	if (s->failure->operations[at].budget == 0)
		return false;
	replay(s, s->failure->operations, s->failure->n, false, at, &inside);
	for (i = 0; i < inside.n; i++)
		if (take_out(s, at, &inside.ops[i]))
			return true;
	return false;
}

static void
shrink(const struct shrink *s)
{
	struct failure *f = s->failure;
	uint32_t size, at;
	bool again = true;

	while (again) {
		again = false;
		for (size = f->n / 2 > 0 ? f->n / 2 : 1; size > 0; size /= 2)
			for (at = 0; at + size <= f->n;)
				if (try_instead(s, at, size, NULL, 0))
					again = true;
				else
					at += size;
		for (at = 0; at < f->n; at++)
			again |= calm(s, at) || take_out_any(s, at);
	}
}

static void
print(const struct shrink *s)
{
	struct failure *f = s->failure;
	uint32_t i;

	printf("# seed %#lx, %s: %s\n", (unsigned long)f->seed,
		s->mcm ? "MCM" : "stand-alone call manager", f->why);
	for (i = 0; i < f->n; i++)
		printf("#   %u. %s, slot %u, seed %#lx, %u inside\n", i + 1,
			model_kind_name(f->operations[i].kind), f->operations[i].slot,
			(unsigned long)f->operations[i].seed, f->operations[i].budget);
	printf("# what happens (- asked, = got, > handler):\n");
	replay(s, f->operations, f->n, true, 0, NULL);
}

/* ---- Exploring. ---- */

/* Runs until it fails or ends; what was done is in the failure. */
static bool
run(bool mcm, uint64_t seed, struct model_stats *stats, enum model_fault fault,
	struct failure *failure)
{
	struct model *m = model_create(mcm, stats, fault, false);
	uint64_t random = seed;
	bool good = true;
	int crash;

	failure->n = 0;
	failure->spared.n = 0;
	crash = sigsetjmp(crashed, 1);
	if (crash != 0)
		return false;
	while (good && failure->n < EPISODE_OPERATIONS) {
		struct operation *op = &failure->operations[failure->n++];

		*op = model_next(m, &random);
		good = model_run(m, op, NULL);
	}
	if (good)
		good = model_end(m);
	model_free(m);
	return good;
}

bool
explore_episode(bool mcm, uint64_t seed, struct model_stats *stats, enum model_fault fault,
	struct failure *failure, bool show)
{
	struct shrink s = { .mcm = mcm, .fault = fault, .failure = failure };
	bool good;

	failure->seed = seed;
	catch_crashes(on_crash);
	alarm(NO_END_S);
	good = run(mcm, seed, stats, fault, failure);
	if (!good) {
		alarm(0);
		failure->n_all = UINT32_MAX;
		shrink(&s);
		replay(&s, failure->operations, failure->n, false, 0, NULL);
		if (show)
			print(&s);
	}
	alarm(0);
	catch_crashes(SIG_DFL);
	return good;
}
