/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "uni/cause.h"
#include "uni/ie.h"

#include <cmocka.h>

/* SIG-24 */
static void
a_value_not_listed_counts_as_the_last_of_its_class(void **state)
{
	static const struct {
		uint8_t value, effective;
	} rows[] = {
		{ 0, 31 },
		{ 15, 31 },
		{ 16, 16 },
		{ 26, 31 },
		{ 33, 47 },
		{ 46, 47 },
		{ 62, 63 },
		{ 72, 79 },
		{ 80, 95 },
		{ 98, 111 },
		{ 103, 111 },
		{ 112, 127 },
		{ 127, 127 },
		{ 104, 104 },
		{ 10, 10 },
		/* older standards (section 7) */
		{ 51, 37 },
		{ 32, 92 },
		{ 93, 78 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(uni_cause_effective(rows[i].value), rows[i].effective);
	for (uint32_t value = 0; value < 256; value++)
		assert_non_null(uni_cause_name((uint8_t)value));
	assert_string_equal(uni_cause_name(16), "normal call clearing");
	assert_string_equal(uni_cause_name(17), "user busy");
	assert_string_equal(uni_cause_name(72), "service or option not implemented");
	assert_string_equal(uni_cause_location_name(0), "user");
	assert_string_equal(uni_cause_location_name(6), "reserved");
}

static struct uni_diag
diag_of(uint8_t value, const char *octets, uint8_t n)
{
	const struct uni_cause cause = {
		.value = value, .n_diag = n, .diag = (const uint8_t *)octets
	};
	struct uni_diag d;

	uni_cause_diag(&d, &cause);
	return d;
}

/* 4.1, SIG-25 */
static void
diagnostics_that_do_not_fit_their_form_stay_raw(void **state)
{
	struct uni_diag d;

	(void)state;
	assert_int_equal(diag_of(16, "", 0).form, UNI_DIAG_NONE);
	assert_int_equal(diag_of(17, "\x81", 1).form, UNI_DIAG_RAW);
	d = diag_of(49, "\x8e", 1);
	assert_int_equal(d.form, UNI_DIAG_COND);
	assert_true(d.user && d.abnormal && d.condition == 2);
	assert_int_equal(diag_of(49, "\x83", 1).form, UNI_DIAG_RAW);
	assert_int_equal(diag_of(49, "\x01", 1).form, UNI_DIAG_RAW);
	assert_int_equal(diag_of(49, "\x81\x81", 2).form, UNI_DIAG_RAW);
	d = diag_of(21, "\x85\x59", 2);
	assert_int_equal(d.form, UNI_DIAG_REJECT_IE);
	assert_true(d.reason == 1 && d.condition == 1 && d.octet == 0x59);
	assert_int_equal(diag_of(21, "\x81\x59", 2).form, UNI_DIAG_REJECT_USER);
	assert_int_equal(diag_of(21, "\x81", 1).form, UNI_DIAG_RAW);
	assert_int_equal(diag_of(21, "\x8d\x00", 2).form, UNI_DIAG_RAW);
	d = diag_of(82, "\x00\x0f\x03\xff", 4);
	assert_true(d.form == UNI_DIAG_CHANNEL && d.vpci == 15 && d.vci == 1023);
	assert_int_equal(diag_of(82, "\x00\x0f\x03", 3).form, UNI_DIAG_RAW);
	assert_int_equal(diag_of(97, "\xcc", 1).octet, 0xcc);
	assert_int_equal(diag_of(97, "\xcc\xcc", 2).form, UNI_DIAG_RAW);
	assert_int_equal(diag_of(102, "308", 3).form, UNI_DIAG_TIMER);
	assert_int_equal(diag_of(102, "30x", 3).form, UNI_DIAG_RAW);
	assert_int_equal(diag_of(102, "3080", 4).form, UNI_DIAG_RAW);
	assert_int_equal(diag_of(43, "\x58\x5f", 2).form, UNI_DIAG_IES);
	assert_int_equal(diag_of(110, "\x01", 1).form, UNI_DIAG_PARAMETER);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_value_not_listed_counts_as_the_last_of_its_class),
		cmocka_unit_test(diagnostics_that_do_not_fit_their_form_stay_raw),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
