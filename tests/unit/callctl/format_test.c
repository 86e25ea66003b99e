/* SPDX-License-Identifier: BSD-3-Clause */
#include "callctl/format.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "callctl/table.h"

#include <cmocka.h>

static void
assert_value(const char *key, json_t *value, const char *want)
{
	char text[64];

	format_value(text, sizeof(text), key, value);
	assert_string_equal(text, want);
	json_decref(value);
}

static void
a_number_has_the_unit_that_its_key_tells(void **state)
{
	(void)state;
	assert_value("calls", json_integer(1000000), "1000000");
	assert_value("rx_octets", json_integer(1023), "1023 B");
	assert_value("memory_octets", json_integer(1536), "1.5 KiB");
	assert_value("grace_ns_p99", json_integer(1500), "1.5 us");
	assert_value("grace_ns_max", json_integer(0), "0 s");
	assert_value("age_s", json_real(119.94), "119.9 s");
	assert_value("uptime_s", json_integer(125), "2 min 5 s");
	assert_value("uptime_s", json_integer(7200), "2 h 0 min");
	assert_value("uptime_s", json_integer(200000), "2 d 7 h");
	assert_value("rate", json_real(1234.6), "1235/s");
	assert_value("busy_percent", json_real(12.345), "12.3 %");
	assert_value("cycles_per_frame", json_real(51.2345), "51.23");
}

static void
what_is_no_number_is_a_word(void **state)
{
	(void)state;
	assert_value("link_up", json_true(), "yes");
	assert_value("answer", json_false(), "no");
	assert_value("detail", json_string(""), "-");
	assert_value("gone", NULL, "-");
	assert_value("drops", json_pack("{s:i,s:i}", "ttl", 3, "mtu", 4), "7");
}

static void
an_object_names_the_drops_that_there_were(void **state)
{
	json_t *object =
		json_pack("{s:s,s:{s:i,s:i}}", "link_up", "x", "drops", "ttl", 0, "mtu", 4);
	char *out = NULL;
	size_t size;
	FILE *stream = open_memstream(&out, &size);

	(void)state;
	format_object(stream, object, false);
	fclose(stream);
	assert_non_null(strstr(out, "link up  "));
	assert_non_null(strstr(out, "mtu                  4\n"));
	assert_null(strstr(out, "ttl"));
	free(out);
	stream = open_memstream(&out, &size);
	format_object(stream, object, true);
	fclose(stream);
	assert_non_null(strstr(out, "ttl                  0\n"));
	free(out);
	json_decref(object);
}

static void
assert_reasons(json_t *drops, size_t size, const char *want)
{
	char text[64];

	format_reasons(text, size, drops);
	assert_string_equal(text, want);
	json_decref(drops);
}

static void
a_sum_of_drops_says_why(void **state)
{
	(void)state;
	assert_reasons(json_pack("{s:i,s:i}", "ttl", 0, "mtu", 0), 64, "0");
	assert_reasons(
		json_pack("{s:i,s:i,s:i}", "ttl", 3, "tx", 0, "mtu", 4), 64, "7 (ttl 3, mtu 4)");
	assert_reasons(json_pack("{s:i,s:i}", "ttl", 3, "mtu", 4), 10, "7 (ttl 3,");
	assert_reasons(json_pack("{s:i,s:i}", "ttl", 3, "mtu", 4), 1, "");
}

static char *
table_of(unsigned int n_rows)
{
	static const char *const keys[] = { "name", "rx", "state", NULL };
	char *out = NULL;
	struct table *table;
	unsigned int i;
	FILE *stream;
	size_t size;
	json_t *row;

	stream = open_memstream(&out, &size);
	table = table_create(stream, keys);
	for (i = 0; i < n_rows; i++) {
		row = json_pack("{s:s,s:i,s:s}", "name", i == 0 ? "to-hub" : "x", "rx",
			i == 0 ? 7 : 12345, "state", "up");
		table_row(table, row);
		json_decref(row);
	}
	table_end(table, true);
	fclose(stream);
	return out;
}

static void
columns_are_aligned_numbers_to_the_right(void **state)
{
	char *text = table_of(2);

	(void)state;
	assert_string_equal(text, "name       rx  state\n"
				  "to-hub      7  up\n"
				  "x       12345  up\n");
	free(text);
	text = table_of(0);
	assert_string_equal(text, "name  rx  state\n");
	free(text);
}

/* Rows beyond those that are held back for the widths. */
static void
a_long_table_has_all_its_rows_once(void **state)
{
	char *text = table_of(1000), *at;
	unsigned int n = 0;

	(void)state;
	for (at = text; (at = strchr(at, '\n')) != NULL; at++)
		n++;
	assert_int_equal(n, 1001);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_number_has_the_unit_that_its_key_tells),
		cmocka_unit_test(what_is_no_number_is_a_word),
		cmocka_unit_test(a_sum_of_drops_says_why),
		cmocka_unit_test(an_object_names_the_drops_that_there_were),
		cmocka_unit_test(columns_are_aligned_numbers_to_the_right),
		cmocka_unit_test(a_long_table_has_all_its_rows_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
