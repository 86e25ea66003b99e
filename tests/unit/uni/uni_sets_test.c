/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "hex.h"
#include "uni/codec.h"

#include <cmocka.h>

/*
 * Lists and tables that a codec has, each as the specification writes it.
 *
 * Section 5: what each message must, may and cannot have. M mandatory, O optional,
 * F mandatory in a first response, L in a multipoint call; "55 M when 54 is there" and what RESTART
 * has are conditions of their own.
 */
static const struct {
	uint8_t type;
	const char *elements;
} sets[] = {
	{ 0x05, "58 O, 59 M, 5e M, 5d O, 63 O, 5f O x3, 70 M, 71 O x2, 6c O, 6d O x2, 5a O, "
		"5c M or ec M, 42 O, 27 O, 62 O, 78 O x4, 54 L, 7e O, 7f O" },
	{ 0x02, "5a F, 54 L, 27 O" },
	{ 0x01, "5a F, 54 L, 27 O, 7f O, 7e O" },
	{ 0x07, "58 O, 5f O, 5a F, 54 L, 27 O, 42 O, 59 O, ec O, 4c O, 4d O, 7f O, 7e O" },
	{ 0x0f, "27 O" },
	{ 0x4d, "08 M x2, 27 O, 7f O, 7e O" },
	{ 0x5a, "08 O x2, 7f O, 7e O" },
	{ 0x75, "54 O" },
	{ 0x7d, "14 M, 08 M, 54 O, 55 O" },
	{ 0x6e, "27 M, 54 O" },
	{ 0x46, "5a M, 79 M" },
	{ 0x4e, "5a M, 79 M" },
	{ 0x80, "58 O, 5d O, 5f O, 70 M, 71 O x2, 6c O, 6d O x2, 62 O, 78 O x4, 54 M, 27 O, 42 O, "
		"7e O, 7f O" },
	{ 0x81, "54 M, 58 O, 5f O, 27 O, 42 O, 4c O, 4d O, 7e O, 7f O" },
	{ 0x85, "54 M, 27 O, 7e O, 7f O" },
	{ 0x82, "08 M, 54 M, 7e O, 7f O" },
	{ 0x83, "08 M, 54 M, 27 O, 7e O, 7f O" },
	{ 0x84, "54 M, 08 O, 7e O, 7f O" },
	{ 0x88, "59 M, 27 O, 7f O" },
	{ 0x89, "89 O, 27 O, 7f O" },
	{ 0x8a, "08 M, 27 O, 7f O" },
	{ 0x8b, "89 O, 27 O, 7f O" },
};

#define N_SETS (sizeof(sets) / sizeof(sets[0]))

/* Section 3: the identifiers, their codings, and contents that are good; access elements. */
static const struct element {
	uint8_t id;
	const char *codings;
	const char *contents;
	bool access;
} elements[] = {
	{ 0x08, "03", "8090", false },
	{ 0x14, "0", "0a", false },
	{ 0x27, "0", "81", false },
	{ 0x42, "03", "010000", false },
	{ 0x4c, "0", "9131", false },
	{ 0x4d, "0", "8001", true },
	{ 0x54, "0", "000001", false },
	{ 0x55, "0", "0a", false },
	{ 0x58, "0", "05", true },
	{ 0x59, "0", "84000001 85000001", false },
	{ 0x5a, "0", "8800000021", false },
	{ 0x5c, "03", "0000", false },
	{ 0x5d, "0", "80", true },
	{ 0x5e, "0", "9080", false },
	{ 0x5f, "0", "cc", true },
	{ 0x62, "0", "a1", false },
	{ 0x63, "0", "82", false },
	{ 0x6c, "0", "9131", false },
	{ 0x6d, "0", "8001", true },
	{ 0x70, "0", "9131", false },
	{ 0x71, "0", "8001", true },
	{ 0x78, "03", "a130", false },
	{ 0x79, "0", "80", false },
	{ 0x7e, "0", "04", true },
	{ 0x7f, "3", "01", false },
	{ 0x89, "0", "01", false },
	{ 0xec, "3", "00", false },
	/* Known to exist, unrecognised here. */
	{ 0x1c, "", "00", false },
	{ 0x5b, "", "00", false },
	{ 0x60, "", "85", false },
	{ 0x61, "", "86", false },
	{ 0x73, "", "00", false },
	{ 0x75, "", "00", false },
	{ 0x76, "", "00", false },
	{ 0x80, "", "00", false },
	{ 0x81, "", "00", false },
	{ 0x84, "", "00", false },
	{ 0xe4, "", "00", false },
	{ 0xe8, "", "00", false },
	{ 0xe9, "", "00", false },
	{ 0xea, "", "00", false },
	{ 0xeb, "", "00", false },
};

#define N_ELEMENTS (sizeof(elements) / sizeof(elements[0]))

/* One entry of a set. */
struct need {
	char kind; /* as in section 5; 0: not in the set */
	unsigned int most;
};

static struct need
need_of(size_t set, uint8_t id)
{
	struct need need = { .kind = 0, .most = 1 };
	char name[8];
	const char *at;

	snprintf(name, sizeof(name), "%02x ", id);
	for (at = sets[set].elements; (at = strstr(at, name)) != NULL; at++) {
		if (at != sets[set].elements && at[-1] != ' ')
			continue;
		need.kind = at[3];
		if (at[4] == ' ' && at[5] == 'x')
			need.most = (unsigned int)(at[6] - '0');
		break;
	}
	return need;
}

static const struct element *
element_of(uint8_t id)
{
	size_t i;

	for (i = 0; i < N_ELEMENTS && elements[i].id != id; i++)
		;
	assert_true(i < N_ELEMENTS);
	return &elements[i];
}

static void
put(char *text, size_t size, const struct element *e, uint8_t coding, const char *contents)
{
	size_t len = strlen(text), octets = 0, i;

	for (i = 0; contents[i] != '\0'; i++)
		octets += contents[i] != ' ';
	assert_true(snprintf(text + len, size - len, "%02x %02x %04zx %s ", e->id,
			    0x80 | coding << 5, octets / 2, contents) < (int)(size - len));
}

static uint8_t
coding_of(const struct element *e)
{
	return (uint8_t)(e->codings[0] != '\0' ? e->codings[0] - '0' : 0);
}

/* What the message must have, but @p without (0: nothing); the number of them. */
static uint16_t
put_mandatory(char *text, size_t size, size_t set, uint8_t without)
{
	uint16_t n = 0;
	size_t i;

	for (i = 0; i < N_ELEMENTS; i++) {
		if (elements[i].id == without || need_of(set, elements[i].id).kind != 'M' ||
			elements[i].id == 0xec)
			continue;
		put(text, size, &elements[i], coding_of(&elements[i]), elements[i].contents);
		n++;
	}
	return n;
}

/* Section 5: "O x2" and the like; SIG-19, SIG-20, SIG-37 */
static void
a_message_takes_what_its_set_has_as_often_as_that_says(void **state)
{
	char text[1024];
	unsigned int k;
	size_t s, i;

	(void)state;
	for (s = 0; s < N_SETS; s++) {
		for (i = 0; i < N_ELEMENTS; i++) {
			const struct element *e = &elements[i];
			struct need need = need_of(s, e->id);
			uint16_t first;

			text[0] = '\0';
			first = put_mandatory(text, sizeof(text), s, e->id);
			if (e->id == 0x5f && need.most > 1) { /* SIG-37 */
				put(text, sizeof(text), element_of(0x63), 0, "82");
				first++;
			}
			for (k = 0; k <= need.most; k++)
				put(text, sizeof(text), e, coding_of(e), e->contents);
			for (k = 0; k <= need.most; k++) {
				enum uni_ie_verdict v = verdict_of(
					msg_of(sets[s].type, text), (uint16_t)(first + k));
				enum uni_ie_verdict expect = need.kind == 0   ? UNI_IE_UNKNOWN
							     : k == need.most ? UNI_IE_DUP
									      : UNI_IE_GOOD;

				if (v != expect)
					fail_msg("%02x in %02x, number %u: verdict %d", e->id,
						sets[s].type, k + 1, v);
			}
		}
	}
}

/* SIG-49: whatever must be there is missed, and nothing else is */
static void
a_message_misses_exactly_what_its_set_makes_mandatory(void **state)
{
	char text[1024];
	size_t s, i;

	(void)state;
	for (s = 0; s < N_SETS; s++) {
		text[0] = '\0';
		put_mandatory(text, sizeof(text), s, 0);
		assert_int_equal(msg_of(sets[s].type, text)->verdict, UNI_VERDICT_OK);
		for (i = 0; i < N_ELEMENTS; i++) {
			const struct uni_msg *m;

			if (need_of(s, elements[i].id).kind != 'M' || elements[i].id == 0xec)
				continue;
			text[0] = '\0';
			put_mandatory(text, sizeof(text), s, elements[i].id);
			m = msg_of(sets[s].type, text);
			/* without its class a RESTART does not need a VC (SIG-83) */
			assert_int_equal(m->n_missing, 1);
			assert_int_equal(uni_ie_id((enum uni_ie)m->missing[0]), elements[i].id);
		}
	}
}

/* SIG-31, SIG-49, SIG-103: "F" and "L" */
static void
the_call_makes_mandatory_what_is_marked_so_and_nothing_else(void **state)
{
	static const struct {
		enum uni_ie ie;
		char kind;
	} calls[] = { { UNI_IE_CONNID, 'F' }, { UNI_IE_EPREF, 'L' } };
	char text[1024];
	size_t s, i;

	(void)state;
	for (s = 0; s < N_SETS; s++) {
		for (i = 0; i < 2; i++) {
			uint8_t id = uni_ie_id(calls[i].ie);
			struct uni_msg *m;

			if (need_of(s, id).kind == 'M')
				continue;
			text[0] = '\0';
			put_mandatory(text, sizeof(text), s, 0);
			m = msg_of(sets[s].type, text);
			uni_msg_require(m, calls[i].ie);
			assert_int_equal(m->n_missing, need_of(s, id).kind == calls[i].kind);
		}
	}
}

/* Section 3: SIG-19 */
static void
an_element_is_known_in_its_codings_only(void **state)
{
	char text[1024];
	uint8_t coding;
	size_t s, i;

	(void)state;
	for (s = 0; s < N_SETS; s++) {
		for (i = 0; i < N_ELEMENTS; i++) {
			if (need_of(s, elements[i].id).kind == 0)
				continue;
			for (coding = 0; coding < 4; coding++) {
				bool known = strchr(elements[i].codings, '0' + coding) != NULL;

				text[0] = '\0';
				put(text, sizeof(text), &elements[i], coding, elements[i].contents);
				assert_int_equal(verdict_of(msg_of(sets[s].type, text), 0),
					known ? UNI_IE_GOOD : UNI_IE_UNKNOWN);
			}
		}
	}
}

/* Section 3, SIG-54: "58, 5d, 5f, 4d, 6d, 71, 7e" */
static void
bad_contents_of_an_access_element_are_told_from_others(void **state)
{
	char text[1024], zeros[401];
	size_t s, i;

	(void)state;
	memset(zeros, '0', sizeof(zeros) - 1);
	zeros[sizeof(zeros) - 1] = '\0';
	for (s = 0; s < N_SETS; s++) {
		for (i = 0; i < N_ELEMENTS; i++) {
			if (need_of(s, elements[i].id).kind == 0)
				continue;
			text[0] = '\0';
			put(text, sizeof(text), &elements[i], coding_of(&elements[i]), zeros);
			assert_int_equal(verdict_of(msg_of(sets[s].type, text), 0),
				elements[i].access ? UNI_IE_ACCESS : UNI_IE_CONTENT);
		}
	}
}

/* SIG-34, of one direction, as the rule has them; the others are their neighbours. */
static bool
is_allowed_set(uint32_t forward)
{
	static const uint32_t allowed[] = {
		1u << UNI_TRAFFIC_FPCR01,
		1u << UNI_TRAFFIC_FPCR0 | 1u << UNI_TRAFFIC_FPCR01,
		1u << UNI_TRAFFIC_FPCR01 | 1u << UNI_TRAFFIC_FSCR01 | 1u << UNI_TRAFFIC_FMBS01,
		1u << UNI_TRAFFIC_FPCR01 | 1u << UNI_TRAFFIC_FSCR0 | 1u << UNI_TRAFFIC_FMBS0,
		1u << UNI_TRAFFIC_FPCR01 | 1u << UNI_TRAFFIC_FMCR01,
	};
	size_t i;

	for (i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++)
		if (forward == allowed[i])
			return true;
	return false;
}

/* SIG-34: every combination of subfields */
static void
five_sets_of_rates_are_allowed_in_either_direction_and_no_other(void **state)
{
	const uint32_t both = 1u << UNI_TRAFFIC_FPCR01 | 1u << UNI_TRAFFIC_BPCR01;
	const uint32_t be = 1u << UNI_TRAFFIC_BE, forwards = 0x1555;
	uint32_t has;

	(void)state;
	for (has = 0; has < 2 * be; has++) {
		const struct uni_traffic t = { .has = has };
		bool allowed = (has & be) != 0 ? has == (both | be)
					       : is_allowed_set(has & forwards) &&
							 is_allowed_set(has >> 1 & forwards);

		assert_int_equal(uni_traffic_is_supported(&t), allowed);
	}
}

/* SIG-24, section 7: the values that have a meaning, and older ones that are read as those */
static void
a_cause_of_section_7_means_itself_and_any_other_the_last_of_its_class(void **state)
{
	static const uint8_t listed[] = { 1, 2, 3, 10, 16, 17, 18, 19, 21, 22, 23, 27, 28, 30, 31,
		35, 36, 37, 38, 41, 43, 45, 47, 49, 57, 58, 63, 65, 73, 78, 79, 81, 82, 88, 89, 91,
		92, 95, 96, 97, 99, 100, 101, 102, 104, 111, 127 };
	static const uint8_t older[][2] = { { 32, 92 }, { 51, 37 }, { 93, 78 } };
	static const uint8_t last[] = { 31, 31, 47, 63, 79, 95, 111, 127 };
	uint8_t expect[128];
	size_t i;

	(void)state;
	for (i = 0; i < 128; i++)
		expect[i] = last[i >> 4];
	for (i = 0; i < sizeof(listed); i++)
		expect[listed[i]] = listed[i];
	for (i = 0; i < 3; i++)
		expect[older[i][0]] = older[i][1];
	for (i = 0; i < 128; i++)
		assert_int_equal(uni_cause_effective((uint8_t)i), expect[i]);
}

/* Section 2 */
static void
the_message_types_are_those_of_the_sets(void **state)
{
	uint32_t type, n = 0;
	size_t s;

	(void)state;
	for (type = 0; type < 256; type++)
		n += msg_of((uint8_t)type, "")->verdict != UNI_VERDICT_UNKNOWN_TYPE;
	assert_int_equal(n, N_SETS);
	for (s = 0; s < N_SETS; s++)
		assert_int_not_equal(msg_of(sets[s].type, "")->verdict, UNI_VERDICT_UNKNOWN_TYPE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_takes_what_its_set_has_as_often_as_that_says),
		cmocka_unit_test(a_message_misses_exactly_what_its_set_makes_mandatory),
		cmocka_unit_test(the_call_makes_mandatory_what_is_marked_so_and_nothing_else),
		cmocka_unit_test(an_element_is_known_in_its_codings_only),
		cmocka_unit_test(bad_contents_of_an_access_element_are_told_from_others),
		cmocka_unit_test(five_sets_of_rates_are_allowed_in_either_direction_and_no_other),
		cmocka_unit_test(
			a_cause_of_section_7_means_itself_and_any_other_the_last_of_its_class),
		cmocka_unit_test(the_message_types_are_those_of_the_sets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
