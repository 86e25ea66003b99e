/* SPDX-License-Identifier: BSD-3-Clause */
#include "callctl/progress.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void
line_of(char *out, size_t size, int total, int done, int failed, double rate, unsigned int columns)
{
	json_t *job = json_pack("{s:s, s:i, s:i, s:i, s:f}", "kind", "close", "total", total,
		"done", done, "failed", failed, "rate", rate);

	progress_line(out, size, job, columns);
	json_decref(job);
}

static void
a_line_has_bar_counts_rate_and_time_left(void **state)
{
	char line[128];

	(void)state;
	line_of(line, sizeof(line), 1000, 490, 10, 250, 120);
	assert_string_equal(line, "close [################----------------]   50 %  500 of 1000  "
				  "250/s  2.0 s left");
}

static void
without_a_rate_the_time_left_is_unknown(void **state)
{
	char line[128];

	(void)state;
	line_of(line, sizeof(line), 1000, 0, 0, 0, 120);
	assert_non_null(strstr(line, "0/s  ? left"));
	line_of(line, sizeof(line), 0, 0, 0, 0, 120);
	assert_non_null(strstr(line, " 0 %"));
}

static void
more_than_all_is_all(void **state)
{
	char line[128];

	(void)state;
	line_of(line, sizeof(line), 10, 11, 0, 5, 120);
	assert_non_null(strstr(line, "100 %  10 of 10  5/s  0 s left"));
}

static void
a_line_never_has_more_columns_than_there_are(void **state)
{
	char line[128];
	unsigned int columns;

	(void)state;
	for (columns = 1; columns < 127; columns++) {
		line_of(line, sizeof(line), 1000, 999, 0, 250, columns);
		assert_true(strlen(line) <= columns);
	}
	line_of(line, sizeof(line), 1000, 500, 0, 250, 60);
	assert_non_null(strstr(line, "[#"));
	assert_non_null(strstr(line, "s left"));
	line_of(line, sizeof(line), 1000, 500, 0, 250, 50);
	assert_null(strstr(line, "["));
	assert_non_null(strstr(line, "s left"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_has_bar_counts_rate_and_time_left),
		cmocka_unit_test(without_a_rate_the_time_left_is_unknown),
		cmocka_unit_test(more_than_all_is_all),
		cmocka_unit_test(a_line_never_has_more_columns_than_there_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
