/* SPDX-License-Identifier: BSD-3-Clause */
#include "day.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/*
 * CALLPLANE_FAULT_SEED=N for other days, CALLPLANE_FAULT_CALLS=N for shorter or longer ones: the
 * rate of calls stays.
 */

static uint64_t
number_of(const char *variable, uint64_t by_default)
{
	const char *text = getenv(variable);

	return text != NULL ? strtoull(text, NULL, 10) : by_default;
}

static void
live(bool stays_bad)
{
	const struct day_config config = {
		.seed = number_of("CALLPLANE_FAULT_SEED", 1) * 2 + stays_bad,
		.n_calls = (uint32_t)number_of("CALLPLANE_FAULT_CALLS", DAY_CALLS),
		.stays_bad = stays_bad,
	};
	struct day *d = day_create(&config);

	day_live(d);
	day_end_in_peace(d);
	day_report(d);
	assert_int_equal(d->n_disagreements, 0);
	assert_int_equal(d->n_leftovers, 0);
	assert_int_equal(d->wire.stats.undetected, 0);
	assert_true(d->n_placed >= config.n_calls);
	day_destroy(d);
}

/* I2, I4, I8 */
static void
after_a_day_of_a_bad_wire_both_ends_agree_and_nothing_is_left(void **state)
{
	(void)state;
	live(false);
}

/* I2, I4, I8 */
static void
both_ends_agree_and_nothing_is_left_though_the_wire_stays_bad(void **state)
{
	(void)state;
	live(true);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(after_a_day_of_a_bad_wire_both_ends_agree_and_nothing_is_left),
		cmocka_unit_test(both_ends_agree_and_nothing_is_left_though_the_wire_stays_bad),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
