/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/bytes.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void
numbers_are_big_endian_at_any_alignment(void **state)
{
	const uint8_t in[] = { 0xff, 0x81, 0x92, 0xa3, 0xb4, 0xff };
	uint8_t out[6];
	size_t at;

	(void)state;
	assert_int_equal(cp_get_be16(in + 1), 0x8192);
	assert_int_equal(cp_get_be24(in + 1), 0x8192a3);
	assert_int_equal(cp_get_be32(in + 1), 0x8192a3b4u);
	for (at = 0; at < 3; at++) {
		cp_put_be32(out + at, 0x8192a3b4u);
		assert_memory_equal(out + at, in + 1, 4);
		cp_put_be24(out + at, 0xff8192a3u);
		assert_memory_equal(out + at, in + 1, 3);
		cp_put_be16(out + at, 0x8192);
		assert_memory_equal(out + at, in + 1, 2);
	}
}

static void
hex_of_either_case_is_read_with_blanks_between_octets(void **state)
{
	const uint8_t want[] = { 0x00, 0x9a, 0xbc, 0xDE, 0xff };
	uint8_t out[8];

	(void)state;
	assert_int_equal(cp_hex_parse("009abcDEfF", out, sizeof(out)), 5);
	assert_memory_equal(out, want, 5);
	memset(out, 0, sizeof(out));
	assert_int_equal(cp_hex_parse("  00 9A\tbc  de ff \r\n", out, sizeof(out)), 5);
	assert_memory_equal(out, want, 5);
	assert_int_equal(cp_hex_parse("", out, 0), 0);
	assert_int_equal(cp_hex_parse(" \t", out, 0), 0);
}

static void
hex_that_is_bad_or_odd_is_refused(void **state)
{
	static const char *const bad[] = { "0", "001", "0 0", "0g", "g0", "00 1", "0x00", "00-11",
		"/0", ":0", "@0", "G0", "`0", "\xc3\xa9" };
	uint8_t out[8];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(cp_hex_parse(bad[i], out, sizeof(out)), -EINVAL);
}

static void
hex_never_writes_beyond_its_room(void **state)
{
	uint8_t out[4] = { 1, 1, 1, 1 };

	(void)state;
	assert_int_equal(cp_hex_parse("aabbcc", out, 2), -ENOSPC);
	assert_int_equal(out[2], 1);
	assert_int_equal(cp_hex_parse("aabbcc", out, 3), 3);
	assert_int_equal(out[3], 1);
	assert_int_equal(cp_hex_parse("aa", NULL, 0), -ENOSPC);
}

static void
hex_that_is_printed_reads_back_the_same(void **state)
{
	uint8_t in[256], out[256];
	char text[2 * sizeof(in) + 1];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(in); i++)
		in[i] = (uint8_t)i;
	cp_hex_print(text, in, sizeof(in));
	assert_int_equal(strlen(text), 2 * sizeof(in));
	assert_memory_equal(text, "000102", 6);
	assert_string_equal(text + 2 * 253, "fdfeff");
	assert_int_equal(cp_hex_parse(text, out, sizeof(out)), sizeof(in));
	assert_memory_equal(in, out, sizeof(in));
	cp_hex_print(text, in, 0);
	assert_string_equal(text, "");
}

static void
a_short_copy_writes_what_it_is_told_and_no_more(void **state)
{
	uint8_t from[64], to[sizeof(from) + 1];
	size_t n, i;

	(void)state;
	for (i = 0; i < sizeof(from); i++)
		from[i] = (uint8_t)(i + 1);
	for (n = 0; n <= sizeof(from); n++) {
		memset(to, 0, sizeof(to));
		cp_copy_few(to, n > 0 ? from : NULL, n);
		assert_memory_equal(to, from, n);
		for (i = n; i < sizeof(to); i++)
			assert_int_equal(to[i], 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_big_endian_at_any_alignment),
		cmocka_unit_test(hex_of_either_case_is_read_with_blanks_between_octets),
		cmocka_unit_test(hex_that_is_bad_or_odd_is_refused),
		cmocka_unit_test(hex_never_writes_beyond_its_room),
		cmocka_unit_test(hex_that_is_printed_reads_back_the_same),
		cmocka_unit_test(a_short_copy_writes_what_it_is_told_and_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
