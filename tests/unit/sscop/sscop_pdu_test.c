/* SPDX-License-Identifier: BSD-3-Clause */

/* The codec beyond the golden vectors: bounds, cut summaries, what cannot be encoded. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sscop/sscop.h"

#include <cmocka.h>

/* Octets in a block of their exact size, the trailer of @type at the end. */
static enum sscop_verdict
decode_zeros(struct sscop_pdu *pdu, uint8_t type, uint8_t pl, size_t len)
{
	uint8_t *octets = calloc(1, len > 0 ? len : 1);
	enum sscop_verdict verdict;

	assert_non_null(octets);
	if (len >= 4)
		octets[len - 4] = (uint8_t)(pl << 6 | type);
	verdict = sscop_pdu_decode(pdu, octets, len);
	free(octets);
	return verdict;
}

/* SSCOP-1 */
static void
each_type_takes_its_own_lengths_only(void **state)
{
	static const struct {
		size_t min, max;
	} lengths[SSCOP_TYPE_COUNT] = {
		[SSCOP_BGN] = { 8, 8 + 4096 },
		[SSCOP_BGAK] = { 8, 8 + 4096 },
		[SSCOP_END] = { 8, 8 + 4096 },
		[SSCOP_ENDAK] = { 8, 8 },
		[SSCOP_RS] = { 8, 8 + 4096 },
		[SSCOP_RSAK] = { 8, 8 },
		[SSCOP_BGREJ] = { 8, 8 + 4096 },
		[SSCOP_SD] = { 4, 4 + 4096 },
		[SSCOP_ER] = { 8, 8 },
		[SSCOP_POLL] = { 8, 8 },
		[SSCOP_STAT] = { 12, 12 + 4 * 67 },
		[SSCOP_USTAT] = { 16, 16 },
		[SSCOP_UD] = { 4, 4 + 4096 },
		[SSCOP_MD] = { 4, 4 + 4096 },
		[SSCOP_ERAK] = { 8, 8 },
	};
	struct sscop_pdu pdu;
	uint8_t type;
	size_t len;

	(void)state;
	for (type = SSCOP_BGN; type < SSCOP_TYPE_COUNT; type++) {
		for (len = 0; len < 4200; len++) {
			bool good = len % 4 == 0 && len >= lengths[type].min &&
				    len <= lengths[type].max;

			assert_int_equal(decode_zeros(&pdu, type, 0, len),
				good ? SSCOP_OK : SSCOP_DROP_LENGTH);
			assert_int_equal(pdu.type, len >= 4 && len % 4 == 0 ? type : 0);
		}
	}
}

/* SSCOP-1, SSCOP-2 */
static void
padding_never_exceeds_the_user_part(void **state)
{
	static const uint8_t types[] = { SSCOP_BGN, SSCOP_BGAK, SSCOP_END, SSCOP_RS, SSCOP_BGREJ,
		SSCOP_SD, SSCOP_UD, SSCOP_MD };
	struct sscop_pdu pdu;
	uint8_t pl;
	size_t i, fixed;

	(void)state;
	for (i = 0; i < sizeof(types); i++) {
		fixed = types[i] >= SSCOP_SD ? 4 : 8;
		for (pl = 1; pl < 4; pl++) {
			assert_int_equal(
				decode_zeros(&pdu, types[i], pl, fixed), SSCOP_DROP_LENGTH);
			assert_int_equal(decode_zeros(&pdu, types[i], pl, fixed + 4), SSCOP_OK);
			assert_int_equal(pdu.info_len, 4 - pl);
		}
	}
	assert_int_equal(decode_zeros(&pdu, SSCOP_ENDAK, 3, 8), SSCOP_OK);
}

static void
what_is_no_pdu_is_not_encoded(void **state)
{
	static uint8_t octets[SSCOP_MAX_PDU], info[SSCOP_MAX_SDU + 1];
	const struct sscop_pdu bad[] = {
		{ .type = 0 },
		{ .type = SSCOP_TYPE_COUNT },
		{ .type = SSCOP_SD, .info = info, .info_len = SSCOP_MAX_SDU + 1 },
		{ .type = SSCOP_ENDAK, .info = info, .info_len = 1 },
		{ .type = SSCOP_STAT, .list = info, .n_list = SSCOP_MAX_STAT + 1 },
		{ .type = SSCOP_USTAT, .list = info, .n_list = 1 },
		{ .type = SSCOP_POLL, .list = info, .n_list = 2 },
	};
	const struct sscop_pdu largest = {
		.type = SSCOP_BGN, .info = info, .info_len = SSCOP_MAX_SDU
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(sscop_pdu_encode(&bad[i], octets), -EINVAL);
	assert_int_equal(sscop_pdu_encode(&largest, octets), SSCOP_MAX_PDU);
}

/* Numbers have 24 bits; what is above does not spill into the type. */
static void
numbers_are_cut_to_their_field(void **state)
{
	struct sscop_pdu pdu = { .type = SSCOP_POLL, .n_s = UINT32_MAX, .n_ps = UINT32_MAX };
	uint8_t octets[SSCOP_MAX_PDU];

	(void)state;
	assert_int_equal(sscop_pdu_encode(&pdu, octets), 8);
	assert_memory_equal(octets, "\0\xff\xff\xff\x0a\xff\xff\xff", 8);
}

static void
a_summary_is_cut_where_the_room_ends(void **state)
{
	static const uint8_t bgn[] = { 'h', 'i', 0, 0, 0, 0, 0, 1, 0x80 | SSCOP_BGN, 0, 0, 128 };
	static const char full[] = "verdict=ok type=01 pdu=BGN pl=2 nsq=1 nmr=128 uu=6869";
	struct sscop_pdu pdu;
	size_t size;
	char *text;

	(void)state;
	assert_int_equal(sscop_pdu_decode(&pdu, bgn, sizeof(bgn)), SSCOP_OK);
	for (size = 1; size <= sizeof(full); size++) {
		text = malloc(size);
		assert_non_null(text);
		sscop_pdu_summary(text, size, &pdu, SSCOP_OK);
		assert_int_equal(strlen(text), size - 1);
		assert_memory_equal(text, full, size - 1);
		free(text);
	}
	sscop_pdu_summary(NULL, 0, &pdu, SSCOP_OK);
}

static void
names_exist_for_all_and_only_for_them(void **state)
{
	int i;

	(void)state;
	for (i = SSCOP_BGN; i < SSCOP_TYPE_COUNT; i++)
		assert_string_not_equal(sscop_type_name((enum sscop_type)i), "?");
	for (i = SSCOP_ST_IDLE; i < SSCOP_ST_COUNT; i++)
		assert_string_not_equal(sscop_state_name((enum sscop_state)i), "?");
	for (i = 0; i < SSCOP_PRIM_COUNT; i++)
		assert_string_not_equal(sscop_prim_name((enum sscop_prim)i), "?");
	assert_string_equal(sscop_type_name((enum sscop_type)0), "?");
	assert_string_equal(sscop_type_name(SSCOP_TYPE_COUNT), "?");
	assert_string_equal(sscop_state_name((enum sscop_state)0), "?");
	assert_string_equal(sscop_state_name(SSCOP_ST_COUNT), "?");
	assert_string_equal(sscop_prim_name(SSCOP_PRIM_COUNT), "?");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_type_takes_its_own_lengths_only),
		cmocka_unit_test(padding_never_exceeds_the_user_part),
		cmocka_unit_test(what_is_no_pdu_is_not_encoded),
		cmocka_unit_test(numbers_are_cut_to_their_field),
		cmocka_unit_test(a_summary_is_cut_where_the_room_ends),
		cmocka_unit_test(names_exist_for_all_and_only_for_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
