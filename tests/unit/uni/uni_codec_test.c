/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "hex.h"
#include "uni/codec.h"

#include <cmocka.h>

static void
assert_summary_has(const struct uni_msg *m, const char *words)
{
	char text[4096];

	assert_true(uni_msg_summary(text, sizeof(text), m) > 0);
	if (strstr(text, words) == NULL)
		fail_msg("no '%s' in: %s", words, text);
}

static void
assert_missing(const struct uni_msg *m, const char *ids)
{
	assert_int_equal(m->n_missing, strlen(ids));
	for (uint8_t i = 0; i < m->n_missing; i++)
		assert_int_equal(uni_ie_id((enum uni_ie)m->missing[i]), (uint8_t)ids[i]);
}

/* SIG-11 */
static void
a_header_is_judged_before_anything_else(void **state)
{
	static const struct {
		const char *octets;
		size_t len;
		enum uni_verdict verdict;
	} headers[] = {
		{ "", 0, UNI_VERDICT_DROP_SHORT },
		{ "\x08\x02\x00\x00\x01\x4d\x80\x00", 8, UNI_VERDICT_DROP_SHORT },
		{ "\x08\x02\x00\x00\x01\x4d\x80\x00\x00", 9, UNI_VERDICT_DROP_PD },
		{ "\x09\x02\x00\x00\x01\x4d\x80\x00\x00", 9, UNI_VERDICT_DROP_CRLEN },
		{ "\x09\x13\x00\x00\x01\x4d\x80\x00\x00", 9, UNI_VERDICT_DROP_CRLEN },
		{ "\x09\x03\x00\x00\x01\x75\x80\x00\x00", 9, UNI_VERDICT_OK },
		{ "\x09\x03\x00\x00\x01\x7b\x80\x00\x00", 9, UNI_VERDICT_UNKNOWN_TYPE },
	};
	static struct uni_msg m;

	(void)state;
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
		assert_int_equal(
			uni_msg_decode(&m, (const uint8_t *)headers[i].octets, headers[i].len),
			headers[i].verdict);
}

/* SIG-12, SIG-15 */
static void
the_header_tells_flag_reference_and_instruction(void **state)
{
	const uint8_t octets[] = { 9, 3, 0xff, 0xff, 0xfe, UNI_MT_STATUS_ENQUIRY, 0x93, 0, 0 };
	static struct uni_msg m;

	(void)state;
	uni_msg_decode(&m, octets, sizeof(octets));
	assert_true(m.hdr.flag);
	assert_int_equal(m.hdr.cref, 0x7ffffe);
	assert_int_equal(uni_octet7_action(m.hdr.octet7), UNI_ACT_REPORT);
	assert_int_equal(uni_octet7_action(0x83), UNI_ACT_DEFAULT);
	assert_int_equal(uni_octet7_action(0x90), UNI_ACT_CLEAR);
	assert_int_equal(uni_octet7_action(0x91), UNI_ACT_IGNORE);
	assert_int_equal(uni_octet7_action(0x92), UNI_ACT_REPORT);
}

/* SIG-14 */
static void
octets_beyond_the_message_length_are_not_looked_at(void **state)
{
	const uint8_t octets[] = { 9, 3, 0, 0, 1, UNI_MT_RELEASE, 0x80, 0, 6, 8, 0x80, 0, 2, 0x80,
		0x90, 0x33, 0x90 };
	static struct uni_msg m;

	(void)state;
	assert_int_equal(uni_msg_decode(&m, octets, sizeof(octets)), UNI_VERDICT_OK);
	assert_int_equal(m.trail, 2);
	assert_int_equal(m.n_ie, 1);
}

/* SIG-14 */
static void
an_element_cut_short_has_a_content_error(void **state)
{
	const struct uni_msg *m = msg_of(UNI_MT_RELEASE, "08 80 0002 80 90 7e 80 0005 00 01");

	(void)state;
	assert_int_equal(m->verdict, UNI_VERDICT_IE_ERROR);
	assert_int_equal(verdict_of(m, 1), UNI_IE_CUT);
	assert_summary_has(m, "ie=7e:itu:default:5 ierr=7e:length:default");
	assert_int_equal(uni_msg_entry_size(m, &m->ie[1]), 6);
	m = msg_of(UNI_MT_RELEASE, "08 80 0002 80 90 33 91 0001");
	assert_int_equal(verdict_of(m, 1), UNI_IE_CUT); /* even if it is not recognised */
}

/* SIG-22 */
static void
the_identifier_of_a_stub_has_a_content_error(void **state)
{
	const struct uni_msg *m = msg_of(UNI_MT_RELEASE, "08 96 00");

	(void)state;
	assert_int_equal(verdict_of(m, 0), UNI_IE_STUB);
	assert_int_equal(m->n_missing, 0); /* bad, not missing */
	assert_summary_has(m, "mlen=3 ierr=08:length:msgreport");
	m = msg_of(UNI_MT_RELEASE, "08 80 0002 80 90 33");
	assert_summary_has(m, "ierr=33:length:default");
}

/* SIG-16 */
static void
elements_may_come_in_any_order(void **state)
{
	(void)state;
	assert_int_equal(msg_of(UNI_MT_SETUP, QOS CALLED BEARER TRAFFIC)->verdict, UNI_VERDICT_OK);
}

/* SIG-17 */
static void
the_ext_bit_of_octet_2_is_not_checked(void **state)
{
	(void)state;
	assert_int_equal(msg_of(UNI_MT_RELEASE, "08 00 0002 80 90")->verdict, UNI_VERDICT_OK);
}

/* SIG-18 */
static void
an_empty_element_counts_as_absent(void **state)
{
	const struct uni_msg *m = msg_of(UNI_MT_RELEASE, "08 80 0000");

	(void)state;
	assert_int_equal(m->n_faults, 0);
	assert_missing(m, "\x08");
	assert_summary_has(m, "ie=08:itu:default:0 cause=absent_len0 miss=08");
	m = msg_of(UNI_MT_RELEASE, "08 80 0000 08 80 0000 08 80 0002 80 90 33 90 0000");
	assert_int_equal(m->verdict, UNI_VERDICT_OK);
	assert_int_equal(m->first[UNI_IE_CAUSE], 2);
}

/* SIG-19 */
static void
identifier_coding_and_message_make_an_element_unrecognised(void **state)
{
	(void)state;
	assert_int_equal(verdict_of(msg_of(UNI_MT_NOTIFY, "33 80 0001 00"), 0), UNI_IE_UNKNOWN);
	assert_int_equal(verdict_of(msg_of(UNI_MT_NOTIFY, "27 a0 0001 00"), 0), UNI_IE_UNKNOWN);
	assert_int_equal(verdict_of(msg_of(UNI_MT_NOTIFY, "27 e0 0001 00"), 0), UNI_IE_UNKNOWN);
	assert_int_equal(verdict_of(msg_of(UNI_MT_NOTIFY, "7e 80 0001 00"), 0), UNI_IE_UNKNOWN);
	assert_missing(msg_of(UNI_MT_NOTIFY, "27 e0 0001 00"), "\x27");
	assert_int_equal(verdict_of(msg_of(UNI_MT_RELEASE, "08 e0 0002 80 90"), 0), UNI_IE_GOOD);
	assert_int_equal(verdict_of(msg_of(UNI_MT_RELEASE, "08 c0 0002 80 90"), 0), UNI_IE_UNKNOWN);
	assert_int_equal(verdict_of(msg_of(UNI_MT_RELEASE, "7f e0 0001 01"), 0), UNI_IE_GOOD);
	assert_int_equal(verdict_of(msg_of(UNI_MT_RELEASE, "7f 80 0001 01"), 0), UNI_IE_UNKNOWN);
}

/* SIG-20 */
static void
the_first_ones_are_used_and_the_rest_ignored_good_or_bad(void **state)
{
	const struct uni_msg *m = msg_of(UNI_MT_RELEASE,
		"08 80 0002 80 90 08 80 0002 80 91 08 80 0002 00 92 08 80 0009 80 93");
	struct uni_cause cause;

	(void)state;
	assert_int_equal(m->verdict, UNI_VERDICT_OK);
	assert_int_equal(verdict_of(m, 2), UNI_IE_DUP);
	assert_int_equal(verdict_of(m, 3), UNI_IE_DUP);
	assert_true(uni_msg_cause(m, 0, &cause));
	assert_int_equal(cause.value, 16);
	assert_true(uni_msg_cause(m, 1, &cause));
	assert_int_equal(cause.value, 17);
	assert_false(uni_msg_cause(m, 2, &cause));
	assert_int_equal(cause.value, UNI_CAUSE_UNSPECIFIED);
	m = msg_of(UNI_MT_NOTIFY, "54 80 0003 01 0000 54 80 0003 00 0001 27 80 0001 00");
	assert_int_equal(verdict_of(m, 0), UNI_IE_CONTENT);
	assert_int_equal(verdict_of(m, 1), UNI_IE_DUP);
}

/* Section 5: "O x2", "O x4" */
static void
some_elements_may_be_repeated(void **state)
{
	const struct uni_msg *m = msg_of(UNI_MT_ADD_PARTY,
		CALLED "54 80 0003 00 0001"
		       "71 80 0002 80 01 71 80 0002 80 02 71 80 0002 80 03"
		       "78 80 0002 a1 30 78 80 0002 a1 31 78 80 0002 a1 32 78 80 0002 a1 33"
		       "78 80 0002 a1 34");

	(void)state;
	assert_int_equal(m->verdict, UNI_VERDICT_OK);
	assert_int_equal(verdict_of(m, 3), UNI_IE_GOOD);
	assert_int_equal(verdict_of(m, 4), UNI_IE_DUP);
	assert_int_equal(verdict_of(m, 8), UNI_IE_GOOD);
	assert_int_equal(verdict_of(m, 9), UNI_IE_DUP);
	assert_summary_has(m, "calledsub#2.type=0");
	assert_summary_has(m, "tns#4.net=3");
}

/* SIG-21 */
static void
shifts_are_unrecognised_and_change_no_codeset(void **state)
{
	const struct uni_msg *m = msg_of(UNI_MT_RELEASE, "60 80 0001 85 61 80 0001 86"
							 "08 80 0002 80 90");

	(void)state;
	assert_int_equal(verdict_of(m, 0), UNI_IE_UNKNOWN);
	assert_int_equal(verdict_of(m, 2), UNI_IE_GOOD);
	assert_summary_has(m, "lshift=5 ie=61:itu:default:1 nlshift=6");
}

/* SIG-37 */
static void
more_than_one_low_layer_element_needs_a_repeat_indicator_before(void **state)
{
	const struct uni_msg *m;

	(void)state;
	m = msg_of(UNI_MT_SETUP, SETUP_MIN "5f 80 0001 cc 63 80 0001 82 5f 80 0001 cd");
	assert_int_equal(verdict_of(m, 6), UNI_IE_GOOD);
	m = msg_of(UNI_MT_SETUP, SETUP_MIN "5f 80 0001 cc 5f 80 0001 cd 63 80 0001 82");
	assert_int_equal(verdict_of(m, 5), UNI_IE_DUP);
	m = msg_of(UNI_MT_SETUP,
		SETUP_MIN "63 80 0001 82 5f 80 0001 cc 5f 80 0001 cc 5f 80 0001 cc 5f 80 0001 cc");
	assert_int_equal(verdict_of(m, 7), UNI_IE_GOOD);
	assert_int_equal(verdict_of(m, 8), UNI_IE_DUP);
}

/* SIG-49, 4.9, 4.10 */
static void
what_a_setup_must_have_depends_on_its_other_elements(void **state)
{
	(void)state;
	assert_missing(msg_of(UNI_MT_SETUP, ""), "\x59\x5e\x70\x5c");
	assert_missing(msg_of(UNI_MT_SETUP, SETUP_MIN), "");
	assert_missing(msg_of(UNI_MT_SETUP, TRAFFIC BEARER CALLED "ec e0 0001 00"), "");
	assert_missing(msg_of(UNI_MT_SETUP, TRAFFIC BEARER CALLED "ec e0 0001 02"), "");
	assert_missing(msg_of(UNI_MT_SETUP, TRAFFIC "5e 80 0002 90 81" CALLED), "\x5c\x54");
	assert_missing(msg_of(UNI_MT_SETUP, SETUP_MIN "54 80 0003 00 0000 5e 80 0002 90 81"), "");
}

/* Section 5, STATUS and RESTART; SIG-83 */
static void
status_and_restart_have_needs_of_their_own(void **state)
{
	const struct uni_msg *m;

	(void)state;
	assert_missing(msg_of(UNI_MT_STATUS, ""), "\x14\x08");
	assert_missing(msg_of(UNI_MT_STATUS, "14 80 0001 0a 08 80 0002 80 9e"), "");
	assert_missing(
		msg_of(UNI_MT_STATUS, "14 80 0001 0a 08 80 0002 80 9e 54 80 0003 00 0001"), "\x55");
	assert_missing(msg_of(UNI_MT_RESTART, ""), "\x79");
	assert_missing(msg_of(UNI_MT_RESTART, "79 80 0001 81"), "\x5a");
	assert_missing(msg_of(UNI_MT_RESTART_ACK, "79 80 0001 80"), "\x5a");
	assert_missing(msg_of(UNI_MT_RESTART, "79 80 0001 83"), "");
	m = msg_of(UNI_MT_RESTART, "5a 80 0005 88 0000 0021 79 80 0001 82");
	assert_missing(m, "");
	assert_int_equal(verdict_of(m, 0), UNI_IE_UNKNOWN);
	assert_int_equal(m->n_faults, 1);
	assert_false(uni_msg_has(m, UNI_IE_CONNID));
	m = msg_of(UNI_MT_RESTART, "5a 80 0005 08 0000 0021 79 80 0001 82");
	assert_int_equal(verdict_of(m, 0), UNI_IE_UNKNOWN);
	assert_int_equal(m->n_faults, 1);
}

/* SIG-31 and "L" in section 5 */
static void
the_call_can_require_what_only_it_knows(void **state)
{
	struct uni_msg *m = msg_of(UNI_MT_CONNECT, "");

	(void)state;
	assert_int_equal(m->verdict, UNI_VERDICT_OK);
	uni_msg_require(m, UNI_IE_EPREF);
	uni_msg_require(m, UNI_IE_CONNID);
	uni_msg_require(m, UNI_IE_TRAFFIC); /* never mandatory in CONNECT */
	assert_int_equal(m->verdict, UNI_VERDICT_IE_ERROR);
	assert_missing(m, "\x5a\x54");
	m = msg_of(UNI_MT_CONNECT, "5a 80 0005 88 0000 0021");
	uni_msg_require(m, UNI_IE_CONNID);
	assert_int_equal(m->verdict, UNI_VERDICT_OK);
}

/* Section 3 */
static void
reserved_actions_are_like_report(void **state)
{
	static const uint8_t actions[] = { UNI_ACT_CLEAR, UNI_ACT_IGNORE, UNI_ACT_REPORT,
		UNI_ACT_REPORT, UNI_ACT_REPORT, UNI_ACT_MSG_IGNORE, UNI_ACT_MSG_REPORT,
		UNI_ACT_REPORT };

	(void)state;
	for (uint8_t code = 0; code < 8; code++) {
		const struct uni_ie_entry with = { .octet2 = 0x90 | code };
		const struct uni_ie_entry without = { .octet2 = 0x80 | code };

		assert_int_equal(uni_ie_action(&with), actions[code]);
		assert_int_equal(uni_ie_action(&without), UNI_ACT_DEFAULT);
	}
}

/* Section 2, the column "used here" */
static void
exactly_the_used_message_types_have_a_name(void **state)
{
	uint32_t n = 0;

	(void)state;
	for (uint32_t type = 0; type < 256; type++)
		n += strcmp(uni_msg_name((uint8_t)type), "UNKNOWN") != 0;
	assert_int_equal(n, 22);
	assert_string_equal(uni_msg_name(UNI_MT_CONNECT_ACK), "CONNECT_ACK");
}

static void
a_message_that_is_encoded_step_by_step_has_its_lengths(void **state)
{
	const uint8_t expect[] = { 9, 3, 0x80, 0, 0x12, 0x4d, 0x80, 0, 13, 8, 0x80, 0, 2, 0x80,
		0x90, 0x7e, 0x91, 0, 3, 0, 1, 2 };
	const struct uni_header hdr = { .cref = 0x12, .flag = true, .type = UNI_MT_RELEASE };
	const struct uni_cause cause = { .value = UNI_CAUSE_NORMAL };
	struct uni_enc e;

	(void)state;
	for (size_t size = 0; size <= sizeof(expect); size++) {
		uint8_t *buf = malloc(size > 0 ? size : 1); /* for AddressSanitizer */

		assert_non_null(buf);
		uni_enc_begin(&e, buf, size, &hdr);
		uni_enc_ie_cause(&e, &cause);
		uni_enc_ie_raw(&e, 0x7e, 0x91, (const uint8_t *)"\x00\x01\x02", 3);
		if (size < sizeof(expect)) {
			assert_int_equal(uni_enc_end(&e), -ENOSPC);
		} else {
			assert_int_equal(uni_enc_end(&e), sizeof(expect));
			assert_memory_equal(buf, expect, sizeof(expect));
		}
		free(buf);
	}
}

static void
elements_that_others_write_otherwise_are_copied(void **state)
{
	const struct uni_msg *m =
		msg_of(UNI_MT_SETUP, "59 80 0008 85000001 84000002 33 80 0001 00");
	uint8_t again[64];
	uint32_t n_copied;

	(void)state;
	assert_int_equal(uni_msg_reencode(m, again, sizeof(again), &n_copied), m->n_octets);
	assert_memory_equal(again, m->octets, m->n_octets);
	assert_int_equal(n_copied, 1);
	for (uint32_t size = 0; size < m->n_octets; size++)
		assert_int_equal(uni_msg_reencode(m, again, size, NULL), -ENOSPC);
}

static void
a_summary_that_does_not_fit_says_so(void **state)
{
	const struct uni_msg *m = msg_of(UNI_MT_RELEASE, "08 80 0002 80 90");
	char text[256];
	int len = uni_msg_summary(text, sizeof(text), m);

	(void)state;
	assert_int_equal(len, strlen(text));
	assert_int_equal(uni_msg_summary(text, (size_t)len + 1, m), len);
	assert_int_equal(uni_msg_summary(text, (size_t)len, m), -ENOSPC);
	assert_int_equal(strlen(text), len - 1);
	assert_int_equal(uni_msg_summary(NULL, 0, m), -ENOSPC);
}

static void
digits_that_would_break_the_line_are_escaped(void **state)
{
	(void)state;
	assert_summary_has(msg_of(UNI_MT_SETUP, "70 80 0005 91 31 20 0a 5c"),
		"called.digits=1\\x20\\x0a\\x5c");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_header_is_judged_before_anything_else),
		cmocka_unit_test(the_header_tells_flag_reference_and_instruction),
		cmocka_unit_test(octets_beyond_the_message_length_are_not_looked_at),
		cmocka_unit_test(an_element_cut_short_has_a_content_error),
		cmocka_unit_test(the_identifier_of_a_stub_has_a_content_error),
		cmocka_unit_test(elements_may_come_in_any_order),
		cmocka_unit_test(the_ext_bit_of_octet_2_is_not_checked),
		cmocka_unit_test(an_empty_element_counts_as_absent),
		cmocka_unit_test(identifier_coding_and_message_make_an_element_unrecognised),
		cmocka_unit_test(the_first_ones_are_used_and_the_rest_ignored_good_or_bad),
		cmocka_unit_test(some_elements_may_be_repeated),
		cmocka_unit_test(shifts_are_unrecognised_and_change_no_codeset),
		cmocka_unit_test(more_than_one_low_layer_element_needs_a_repeat_indicator_before),
		cmocka_unit_test(what_a_setup_must_have_depends_on_its_other_elements),
		cmocka_unit_test(status_and_restart_have_needs_of_their_own),
		cmocka_unit_test(the_call_can_require_what_only_it_knows),
		cmocka_unit_test(reserved_actions_are_like_report),
		cmocka_unit_test(exactly_the_used_message_types_have_a_name),
		cmocka_unit_test(a_message_that_is_encoded_step_by_step_has_its_lengths),
		cmocka_unit_test(elements_that_others_write_otherwise_are_copied),
		cmocka_unit_test(a_summary_that_does_not_fit_says_so),
		cmocka_unit_test(digits_that_would_break_the_line_are_escaped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
