/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"

#include <cmocka.h>

/*
 * Random requests, legal or not, from all parties about a few VCs, answered at once, later or
 * never but at the end, from inside handlers or not. After each seed everything is closed, and
 * what pended has completed exactly once (I2), and nothing is left (I4).
 */

#define N_OPERATIONS 100000u
#define N_SEEDS 2u

static void
play(bool mcm, uint64_t seed)
{
	struct model *m = model_create(mcm, seed);
	uint32_t i;

	for (i = 0; i < N_OPERATIONS; i++) {
		model_operation(m);
		model_check(m);
	}
	model_drain(m);
	model_expect_empty(m);
	model_free(m);
}

/* I2, I4, ASYNC-1, ASYNC-9 */
static void
whatever_happens_with_a_stand_alone_manager_all_that_pends_completes_once(void **state)
{
	uint64_t seed;

	(void)state;
	for (seed = 1; seed <= N_SEEDS; seed++)
		play(false, seed);
}

/* I2, I4, ASYNC-1, ASYNC-9 */
static void
whatever_happens_with_an_mcm_all_that_pends_completes_once(void **state)
{
	uint64_t seed;

	(void)state;
	for (seed = 1; seed <= N_SEEDS; seed++)
		play(true, seed);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			whatever_happens_with_a_stand_alone_manager_all_that_pends_completes_once),
		cmocka_unit_test(whatever_happens_with_an_mcm_all_that_pends_completes_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
