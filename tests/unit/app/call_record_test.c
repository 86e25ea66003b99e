/* SPDX-License-Identifier: BSD-3-Clause */
#include "callplane/call_record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* The line of a call that has ended. */

#define EPOCH UINT64_C(1764558900000000000) /* 2025-12-01 03:15:00 */
#define MS UINT64_C(1000000)

static const struct co_address digits = { .type = CO_ADDRESS_E164, .len = 3, .octets = "491" };

static const char *
line_of(const struct call_record *record)
{
	static char line[CALL_RECORD_LINE + 1];
	size_t len = call_record_print(record, EPOCH, line);

	assert_true(len < CALL_RECORD_LINE);
	line[len] = '\0';
	return line;
}

static void
a_line_says_who_when_why_and_how_much(void **state)
{
	const struct call_record record = {
		.begun_ns = 1 * MS,
		.up_ns = 3 * MS,
		.ending_ns = 1503 * MS,
		.over_ns = 1504 * MS,
		.rx = 1,
		.rx_octets = 2,
		.tx = 3,
		.tx_octets = 4,
		.drops = 5,
		.vc = 7,
		.label = 32,
		.from = digits,
		.to = digits,
		.trunk = "peer",
		.client = "attach",
		.flags = CALL_RECORD_UP | CALL_RECORD_OUT | CALL_RECORD_BY_CLIENT |
			 CALL_RECORD_COUNTED,
		.cause = 16,
		.data_len = 2,
		.data = { 0x00, 0xab },
	};

	(void)state;
	assert_string_equal(line_of(&record),
		"{\"call\":7,\"trunk\":\"peer\",\"direction\":\"out\",\"client\":\"attach\","
		"\"from\":\"e164:491\",\"to\":\"e164:491\",\"label\":32,"
		"\"begun\":\"2025-12-01T03:15:00.001000Z\","
		"\"ended\":\"2025-12-01T03:15:01.504000Z\",\"up\":true,\"setup_s\":0.002000,"
		"\"duration_s\":1.500000,\"clearing_s\":0.001000,\"closed_by\":\"local\","
		"\"cause\":16,\"cause_text\":\"normal call clearing\",\"location\":0,"
		"\"location_text\":\"user\",\"data\":\"00ab\",\"rx\":1,\"rx_octets\":2,\"tx\":3,"
		"\"tx_octets\":4,\"drops\":5,\"counted\":true}\n");
}

static void
what_is_not_known_is_not_said(void **state)
{
	const struct call_record record = {
		.begun_ns = 5 * MS,
		.ending_ns = 7 * MS,
		.over_ns = 7 * MS,
		.label = UINT32_MAX,
		.trunk = "t",
		.client = "load",
		.status = CO_STATUS_RESOURCES,
		.location = CALL_RECORD_NO_LOCATION,
	};
	const char *line = line_of(&record);

	(void)state;
	assert_null(strstr(line, "label"));
	assert_null(strstr(line, "cause"));
	assert_null(strstr(line, "location"));
	assert_null(strstr(line, "from"));
	assert_null(strstr(line, "data"));
	assert_non_null(strstr(line, "\"up\":false,\"setup_s\":0.002000,\"duration_s\":0.000000,"));
	assert_non_null(strstr(line, "\"closed_by\":\"remote\",\"status\":\"RESOURCES\","));
	assert_non_null(strstr(line, "\"counted\":false"));
}

static void
the_longest_line_has_its_room(void **state)
{
	struct call_record record;

	(void)state;
	memset(&record, 0xff, sizeof(record));
	record.label = UINT32_MAX - 1;
	record.data_len = CALL_RECORD_DATA;
	record.status = CO_STATUS_RESET_IN_PROGRESS;
	record.from = record.to = (struct co_address){ .type = CO_ADDRESS_NSAP, .len = 20 };
	memset(record.trunk, 'x', sizeof(record.trunk));
	memset(record.client, 'x', sizeof(record.client));
	record.location = 10; /* the longest text of all */
	record.cause = 99;
	assert_true(strlen(line_of(&record)) > 900);
}

static void
data_that_a_record_has_not_takes_no_room(void **state)
{
	struct call_record record = { .data_len = 0 };

	(void)state;
	assert_int_equal(call_record_size(&record), offsetof(struct call_record, data));
	record.data_len = 3;
	assert_int_equal(call_record_size(&record), offsetof(struct call_record, data) + 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_says_who_when_why_and_how_much),
		cmocka_unit_test(what_is_not_known_is_not_said),
		cmocka_unit_test(the_longest_line_has_its_room),
		cmocka_unit_test(data_that_a_record_has_not_takes_no_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
