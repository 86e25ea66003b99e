/* SPDX-License-Identifier: BSD-3-Clause */

/* Every line of sscop.tsv is a test of its own, named as the line. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "sscop/sscop.h"
#include "tsv.h"

#include <cmocka.h>

#define MAX_OCTETS (2 * SSCOP_MAX_PDU)

/* PDUs that are legal but not canonical: sent again, they differ in the last word by this. */
static const struct {
	const char *name;
	uint32_t cleared;
} exceptions[] = {
	{ "sd_reserved_bit_set", 0x20000000 }, /* the R bit is 0 where we send (section 17) */
};

static uint32_t
cleared_bits(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(exceptions) / sizeof(exceptions[0]); i++) {
		if (strcmp(exceptions[i].name, name) == 0)
			return exceptions[i].cleared;
	}
	return 0;
}

static void
decodes_to_its_summary_and_encodes_to_its_octets(void **state)
{
	const struct tsv_line *line = *state;
	static char summary[4 * SSCOP_MAX_PDU];
	static uint8_t octets[MAX_OCTETS], again[SSCOP_MAX_PDU];
	int len = cp_hex_parse(line->field[1], octets, sizeof(octets));
	enum sscop_verdict verdict;
	struct sscop_pdu pdu;
	uint8_t *exact;

	assert_true(len >= 0);
	exact = malloc(len > 0 ? (size_t)len : 1); /* so that a sanitizer sees a read beyond it */
	assert_non_null(exact);
	memcpy(exact, octets, (size_t)len);
	verdict = sscop_pdu_decode(&pdu, exact, (size_t)len);
	sscop_pdu_summary(summary, sizeof(summary), &pdu, verdict);
	assert_string_equal(summary, line->field[2]);
	if (verdict == SSCOP_OK) {
		assert_int_equal(sscop_pdu_encode(&pdu, again), len);
		cp_put_be32(octets + len - 4,
			cp_get_be32(octets + len - 4) & ~cleared_bits(line->field[0]));
		assert_memory_equal(again, octets, (size_t)len);
	}
	free(exact);
}

int
main(void)
{
	struct tsv tsv = tsv_read("sscop.tsv");
	struct CMUnitTest *tests = calloc(tsv.n, sizeof(*tests));
	size_t i;
	int failed;

	if (tests == NULL)
		return 99;
	for (i = 0; i < tsv.n; i++) {
		tests[i].name = tsv.lines[i].field[0];
		tests[i].test_func = decodes_to_its_summary_and_encodes_to_its_octets;
		tests[i].initial_state = &tsv.lines[i];
	}
	failed = _cmocka_run_group_tests("sscop vectors", tests, tsv.n, NULL, NULL);
	free(tests);
	tsv_free(&tsv);
	return failed;
}
