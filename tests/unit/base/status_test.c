/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/status.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void
every_status_has_a_name_of_its_own(void **state)
{
	int a, b;

	(void)state;
	for (a = 0; a < CO_STATUS_COUNT; a++) {
		assert_string_not_equal(co_status_name((enum co_status)a), "?");
		for (b = 0; b < a; b++)
			assert_string_not_equal(co_status_name((enum co_status)a),
				co_status_name((enum co_status)b));
	}
	assert_string_equal(co_status_name(CO_STATUS_SUCCESS), "SUCCESS");
	assert_string_equal(co_status_name(CO_STATUS_CLOSING), "CLOSING");
	assert_string_equal(co_status_name(CO_STATUS_MEDIA_DISCONNECT), "MEDIA_DISCONNECT");
}

static void
a_number_that_is_no_status_is_a_question_mark(void **state)
{
	(void)state;
	assert_string_equal(co_status_name(CO_STATUS_COUNT), "?");
	assert_string_equal(co_status_name((enum co_status) - 1), "?");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_status_has_a_name_of_its_own),
		cmocka_unit_test(a_number_that_is_no_status_is_a_question_mark),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
