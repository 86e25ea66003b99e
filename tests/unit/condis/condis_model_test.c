/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "explore.h"

#include <cmocka.h>

/*
 * The exploration: client, call manager of either kind, remote and miniport do anything, legal or
 * not, from inside handlers or not, and the broker does with each what the reference says. The
 * number of operations and the seed can be given: CALLPLANE_MODEL_OPS, CALLPLANE_MODEL_SEED.
 */

#ifdef __SANITIZE_ADDRESS__
#define N_OPERATIONS 1000000u
#else
#define N_OPERATIONS 4000000u
#endif
#define SEED 2931u

static uint64_t
from_environment(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text != NULL && *text != '\0' ? strtoull(text, NULL, 0) : otherwise;
}

static struct failure failure;
static struct model_stats seen; /**< With both kinds of call manager. */

static void
explore(bool mcm)
{
	uint64_t n = from_environment("CALLPLANE_MODEL_OPS", N_OPERATIONS) / 2;
	uint64_t seed = from_environment("CALLPLANE_MODEL_SEED", SEED), i;
	uint64_t until = seen.n_operations + n;

	printf("#: seed %lu, at least %lu operations\n", (unsigned long)seed, (unsigned long)n);
	for (i = 0; seen.n_operations < until; i++)
		if (!explore_episode(mcm, seed + i, &seen, FAULT_NONE, &failure, true))
			fail_msg("episode %lu: %s", (unsigned long)i, failure.why);
	printf("#: %lu episodes\n", (unsigned long)i);
}

/* I1, I2, I4, I8, I9, ASYNC-1, ASYNC-2, ASYNC-5, ASYNC-7, ASYNC-9, OBJ-8 */
static void
whatever_happens_with_a_stand_alone_manager_is_as_the_contract_has_it(void **state)
{
	(void)state;
	explore(false);
}

/* I1, I2, I4, I8, I9, ASYNC-1, ASYNC-2, ASYNC-5, ASYNC-7, ASYNC-9, OBJ-8 */
static void
whatever_happens_with_an_mcm_is_as_the_contract_has_it(void **state)
{
	(void)state;
	explore(true);
}

/* I7: what is illegal changes nothing, in each state of each table of section 2. */
static void
each_legal_cell_was_entered_and_each_illegal_one_refused(void **state)
{
	(void)state;
	printf("#: %lu operations (%lu inside handlers, up to %u deep), %lu handlers, "
	       "%lu deliveries put off, %lu stale handles\n",
		(unsigned long)seen.n_operations, (unsigned long)seen.n_nested, seen.max_nesting,
		(unsigned long)seen.n_handlers, (unsigned long)seen.n_deferred,
		(unsigned long)seen.n_stale);
	assert_int_equal(model_print_coverage(&seen, true), 0);
}

#define MAX_EPISODES 200u
#define MAX_SHRUNK 20u

static void
finds(enum model_fault fault, bool mcm)
{
	struct model_stats stats = { 0 };
	uint32_t i;

	for (i = 0; i < MAX_EPISODES; i++)
		if (!explore_episode(mcm, SEED + i, &stats, fault, &failure, false))
			break;
	assert_true(i < MAX_EPISODES);
	printf("#: found in episode %u, shrunk to %u operations, %u with those inside: %s\n", i,
		failure.n, failure.n_all, failure.why);
	assert_in_range(failure.n_all, 1, MAX_SHRUNK);
}

static void
a_completion_that_nobody_saw_is_found_and_shrunk(void **state)
{
	(void)state;
	finds(FAULT_COMPLETES_TWICE, false);
	finds(FAULT_COMPLETES_TWICE, true);
}

static void
a_forgotten_indication_is_found_and_shrunk(void **state)
{
	(void)state;
	finds(FAULT_FORGETS_HIDDEN, false);
	finds(FAULT_FORGETS_HIDDEN, true);
}

static void
a_wrong_refusal_is_found_and_shrunk(void **state)
{
	(void)state;
	finds(FAULT_REFUSES_LAST, false);
	finds(FAULT_REFUSES_LAST, true);
}

/* Handlers that pend where they may not are part of it, and what is logged of them is not. */
static void
swallow(enum cp_log_level level, const char *line, void *arg)
{
	(void)level;
	(void)line;
	(void)arg;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			whatever_happens_with_a_stand_alone_manager_is_as_the_contract_has_it),
		cmocka_unit_test(whatever_happens_with_an_mcm_is_as_the_contract_has_it),
		cmocka_unit_test(each_legal_cell_was_entered_and_each_illegal_one_refused),
		cmocka_unit_test(a_completion_that_nobody_saw_is_found_and_shrunk),
		cmocka_unit_test(a_forgotten_indication_is_found_and_shrunk),
		cmocka_unit_test(a_wrong_refusal_is_found_and_shrunk),
	};

	cp_log_set_sink(swallow, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
