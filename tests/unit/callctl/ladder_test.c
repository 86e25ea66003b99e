/* SPDX-License-Identifier: BSD-3-Clause */
#include "callctl/ladder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void
assert_params(const char *call, bool ok, const char *expected)
{
	json_t *params = json_pack("{s:s}", "call", call);
	char *text;

	assert_int_equal(ladder_params(params), ok);
	text = json_dumps(params, JSON_COMPACT | JSON_SORT_KEYS);
	if (ok)
		assert_string_equal(text, expected);
	free(text);
	json_decref(params);
}

static void
a_call_is_named_by_trunk_and_reference_or_as_everywhere(void **state)
{
	(void)state;
	assert_params("lan-7", true, "{\"call\":\"lan-7\"}");
	assert_params("to-hub:17", true, "{\"reference\":17,\"trunk\":\"to-hub\"}");
	assert_params("to-hub:0x7fffff", true, "{\"reference\":8388607,\"trunk\":\"to-hub\"}");
	assert_params("to-hub:8388608", false, NULL);
	assert_params("to-hub:", false, NULL);
	assert_params("to-hub:-1", false, NULL);
	assert_params("to-hub:1x", false, NULL);
}

static void
assert_rung(const char *json, const char *expected)
{
	json_t *row = json_loads(json, 0, NULL);
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(row);
	ladder_row(out, row);
	fclose(out);
	assert_string_equal(text, expected);
	free(text);
	json_decref(row);
}

static void
each_kind_of_rung_has_its_sign(void **state)
{
	(void)state;
	assert_rung("{\"time_s\":0.5,\"kind\":\"sent\",\"what\":\"RELEASE\",\"before\":\"U11\","
		    "\"after\":\"U11\",\"reference\":7,\"ours\":true,\"label\":33,\"cause\":16,"
		    "\"meaning\":\"normal call clearing\",\"again\":true,\"endpoint\":\"\"}",
		"      0.500000 s  |------->  RELEASE                  U11                       "
		"reference 7  label 33  cause 16, normal call clearing  again\n");
	assert_rung("{\"time_s\":12,\"kind\":\"received\",\"what\":\"DROP_PARTY\","
		    "\"before\":\"P10\",\"after\":\"P12\",\"reference\":7,\"ours\":false,"
		    "\"endpoint\":\"3\"}",
		"     12.000000 s  |<-------  DROP_PARTY               P10 > P12                 "
		"reference 7 of the peer  party 3\n");
	assert_rung("{\"time_s\":0,\"kind\":\"timer\",\"what\":\"T308\",\"before\":\"U11\","
		    "\"after\":\"U0\",\"reference\":1,\"ours\":true}",
		"      0.000000 s  *          T308 expired             U11 > U0                  "
		"reference 1\n");
	assert_rung("{\"time_s\":0,\"kind\":\"event\",\"what\":\"close_call\",\"before\":\"UP\","
		    "\"after\":\"RELEASING\"}",
		"      0.000000 s  |          close_call               UP > RELEASING\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_call_is_named_by_trunk_and_reference_or_as_everywhere),
		cmocka_unit_test(each_kind_of_rung_has_its_sign),
	};

	return cmocka_run_group_tests_name("ladder", tests, NULL, NULL);
}
