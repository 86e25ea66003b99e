/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "hex.h"
#include "uni/codec.h"

#include <cmocka.h>

#define CAUSE "08 80 0002 80 90 "
#define BAD_CAUSE "08 80 0002 00 90 "
#define EPREF "54 80 0003 00 0001 "
#define BAD_EPREF "54 80 0003 01 0001 "
#define UNK_DEFAULT "33 80 0001 00 "
#define UNK_CLEAR "34 90 0001 00 "
#define UNK_IGNORE "35 91 0001 00 "
#define UNK_REPORT "36 92 0001 00 "
#define UNK_MSG_IGNORE "37 95 0001 00 "
#define UNK_MSG_REPORT "38 96 0001 00 "
#define BAD_CONNID "5a 80 0005 8a 0000 0021 "
#define BAD_AAL "58 80 0001 07 "

struct row {
	uint8_t type;
	const char *elements;
	enum uni_reaction reaction;
	uint8_t cause;
	const char *diag;
};

static void
check_on(uint32_t cref, const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct row *r = &rows[i];
		struct uni_fault fault;
		enum uni_reaction reaction =
			uni_msg_reaction(msg_on(cref, r->type, r->elements), &fault);

		if (reaction != r->reaction || fault.cause != r->cause ||
			fault.n_diag != strlen(r->diag) ||
			memcmp(fault.diag, r->diag, fault.n_diag) != 0)
			fail_msg("%s '%s': reaction %d, cause %u, %u diagnostics, first %02x",
				uni_msg_name(r->type), r->elements, reaction, fault.cause,
				fault.n_diag, fault.diag[0]);
	}
}

#define CHECK(rows) check_on(1, rows, sizeof(rows) / sizeof((rows)[0]))

/* SIG-49..55, the column "SETUP" */
static void
a_faulty_setup_is_refused_reported_or_processed(void **state)
{
	static const struct row rows[] = {
		{ UNI_MT_SETUP, SETUP_MIN, UNI_REACT_PROCESS, 0, "" },
		{ UNI_MT_SETUP, "", UNI_REACT_CLEAR, 96, "\x59\x5e\x70\x5c" },
		{ UNI_MT_SETUP, SETUP_MIN UNK_CLEAR UNK_MSG_REPORT, UNI_REACT_CLEAR, 99, "\x34" },
		{ UNI_MT_SETUP, SETUP_MIN "58 90 0001 07", UNI_REACT_CLEAR, 100, "\x58" },
		{ UNI_MT_SETUP, SETUP_MIN UNK_MSG_IGNORE UNK_MSG_REPORT, UNI_REACT_STATUS, 99,
			"\x38" },
		{ UNI_MT_SETUP, SETUP_MIN UNK_MSG_IGNORE, UNI_REACT_IGNORE, 0, "" },
		{ UNI_MT_SETUP, SETUP_MIN UNK_IGNORE, UNI_REACT_PROCESS, 0, "" },
		{ UNI_MT_SETUP, SETUP_MIN UNK_DEFAULT UNK_IGNORE UNK_REPORT,
			UNI_REACT_PROCESS_REPORT, 99, "\x33\x36" },
		{ UNI_MT_SETUP, SETUP_MIN BAD_CONNID BAD_AAL, UNI_REACT_PROCESS_REPORT, 100,
			"\x5a\x58" },
		{ UNI_MT_SETUP, SETUP_MIN BAD_AAL, UNI_REACT_PROCESS_REPORT, 43, "\x58" },
		{ UNI_MT_SETUP, SETUP_MIN BAD_AAL UNK_DEFAULT, UNI_REACT_PROCESS_REPORT, 43,
			"\x58" },
		{ UNI_MT_SETUP, TRAFFIC BEARER CALLED "5c 80 0002 01 00" UNK_DEFAULT,
			UNI_REACT_CLEAR, 100, "\x5c" },
		{ UNI_MT_SETUP, TRAFFIC BEARER CALLED "5c 91 0002 01 00", UNI_REACT_CLEAR, 100,
			"\x5c" },
		{ UNI_MT_SETUP, "59 80 0001 00 5e 80 0002 00 00" CALLED QOS, UNI_REACT_CLEAR, 100,
			"\x59\x5e" },
	};

	(void)state;
	CHECK(rows);
}

/* SIG-49, 4.10: SETUP carries QoS, extended QoS, or both. */
static void
one_good_qos_element_is_enough(void **state)
{
	static const struct row rows[] = {
		{ UNI_MT_SETUP, TRAFFIC BEARER CALLED "5c 80 0002 01 00 ec e0 0001 00",
			UNI_REACT_PROCESS_REPORT, 100, "\x5c" },
		{ UNI_MT_SETUP, SETUP_MIN "ec e0 0001 02", UNI_REACT_PROCESS_REPORT, 100, "\xec" },
		{ UNI_MT_SETUP, TRAFFIC BEARER CALLED "ec e0 0001 02", UNI_REACT_CLEAR, 100,
			"\xec" },
		{ UNI_MT_SETUP, TRAFFIC BEARER CALLED "5c 80 0002 01 00 ec e0 0001 02",
			UNI_REACT_CLEAR, 100, "\x5c\xec" },
	};

	(void)state;
	CHECK(rows);
}

/* SIG-49..55, the column "other messages" */
static void
faults_in_other_messages_are_answered_by_status_or_release(void **state)
{
	static const struct row rows[] = {
		{ UNI_MT_NOTIFY, "", UNI_REACT_STATUS, 96, "\x27" },
		{ UNI_MT_NOTIFY, "27 80 0001 00" BAD_EPREF, UNI_REACT_PROCESS_REPORT, 100, "\x54" },
		{ UNI_MT_CONNECT, UNK_CLEAR, UNI_REACT_CLEAR, 99, "\x34" },
		{ UNI_MT_CONNECT, UNK_MSG_REPORT, UNI_REACT_STATUS, 99, "\x38" },
		{ UNI_MT_CONNECT, UNK_MSG_IGNORE, UNI_REACT_IGNORE, 0, "" },
		{ UNI_MT_CONNECT, BAD_CONNID, UNI_REACT_PROCESS_REPORT, 100, "\x5a" },
		{ UNI_MT_CONNECT_ACK, TRAFFIC, UNI_REACT_PROCESS_REPORT, 99, "\x59" },
		{ UNI_MT_MODIFY_REQUEST, "59 80 0001 00", UNI_REACT_STATUS, 100, "\x59" },
		{ UNI_MT_STATUS_ENQUIRY, BAD_EPREF, UNI_REACT_PROCESS_REPORT, 100, "\x54" },
	};

	(void)state;
	CHECK(rows);
}

/* SIG-31, SIG-49, SIG-53 */
static void
what_the_call_requires_is_mandatory(void **state)
{
	struct uni_fault fault;
	struct uni_msg *m = msg_of(UNI_MT_CALL_PROCEEDING, "");

	(void)state;
	uni_msg_require(m, UNI_IE_CONNID);
	assert_int_equal(uni_msg_reaction(m, &fault), UNI_REACT_STATUS);
	assert_int_equal(fault.cause, UNI_CAUSE_IE_MISSING);
	assert_int_equal(fault.diag[0], 0x5a);
	m = msg_of(UNI_MT_CALL_PROCEEDING, BAD_CONNID);
	uni_msg_require(m, UNI_IE_CONNID);
	assert_int_equal(uni_msg_reaction(m, &fault), UNI_REACT_STATUS);
	assert_int_equal(fault.cause, UNI_CAUSE_IE_CONTENT);
}

/* SIG-56, SIG-57, SIG-119 */
static void
a_clearing_message_clears_whatever_is_wrong_with_its_cause(void **state)
{
	static const struct row rows[] = {
		{ UNI_MT_RELEASE, "", UNI_REACT_PROCESS_REPORT, 96, "\x08" },
		{ UNI_MT_RELEASE, BAD_CAUSE, UNI_REACT_PROCESS_REPORT, 100, "\x08" },
		{ UNI_MT_RELEASE, "08 91 0002 00 90", UNI_REACT_PROCESS_REPORT, 100, "\x08" },
		{ UNI_MT_RELEASE, CAUSE "08 91 0002 00 90", UNI_REACT_PROCESS, 0, "" },
		{ UNI_MT_RELEASE, CAUSE UNK_CLEAR, UNI_REACT_PROCESS_REPORT, 99, "\x34" },
		{ UNI_MT_RELEASE, CAUSE "7e 80 0001", UNI_REACT_PROCESS_REPORT, 43, "\x7e" },
		{ UNI_MT_RELEASE, CAUSE BAD_CAUSE, UNI_REACT_PROCESS_REPORT, 100, "\x08" },
		{ UNI_MT_RELEASE_COMPLETE, "", UNI_REACT_PROCESS, 0, "" },
		{ UNI_MT_RELEASE_COMPLETE, BAD_CAUSE, UNI_REACT_PROCESS, 0, "" },
		{ UNI_MT_RELEASE_COMPLETE, CAUSE UNK_DEFAULT, UNI_REACT_PROCESS, 0, "" },
	};
	struct uni_msg *m;
	struct uni_fault fault;

	(void)state;
	CHECK(rows);
	m = msg_of(UNI_MT_RELEASE_COMPLETE, ""); /* the first clearing message */
	uni_msg_require(m, UNI_IE_CAUSE);
	assert_int_equal(m->n_missing, 1);
	assert_int_equal(uni_msg_reaction(m, &fault), UNI_REACT_PROCESS);
}

/* SIG-58 */
static void
a_faulty_add_party_rejects_the_party_if_it_can_be_named(void **state)
{
	static const struct row rows[] = {
		{ UNI_MT_ADD_PARTY, CALLED EPREF, UNI_REACT_PROCESS, 0, "" },
		{ UNI_MT_ADD_PARTY, CALLED, UNI_REACT_STATUS, 96, "\x54" },
		{ UNI_MT_ADD_PARTY, "", UNI_REACT_STATUS, 96, "\x54\x70" },
		{ UNI_MT_ADD_PARTY, CALLED BAD_EPREF, UNI_REACT_STATUS, 100, "\x54" },
		{ UNI_MT_ADD_PARTY, EPREF, UNI_REACT_REJECT_PARTY, 96, "\x70" },
		{ UNI_MT_ADD_PARTY, "70 80 0001 00" EPREF, UNI_REACT_REJECT_PARTY, 100, "\x70" },
		{ UNI_MT_ADD_PARTY, BAD_EPREF, UNI_REACT_STATUS, 96, "\x70" },
		{ UNI_MT_ADD_PARTY, CALLED EPREF UNK_DEFAULT, UNI_REACT_PROCESS_REPORT, 99,
			"\x33" },
	};

	(void)state;
	CHECK(rows);
}

/* SIG-59 */
static void
a_party_cleared_without_a_reference_takes_the_call_along(void **state)
{
	static const struct row rows[] = {
		{ UNI_MT_DROP_PARTY, EPREF, UNI_REACT_PROCESS, 0, "" },
		{ UNI_MT_DROP_PARTY, BAD_CAUSE EPREF, UNI_REACT_PROCESS, 0, "" },
		{ UNI_MT_DROP_PARTY, CAUSE, UNI_REACT_CLEAR, 96, "\x54" },
		{ UNI_MT_DROP_PARTY, "", UNI_REACT_CLEAR, 96, "\x54" },
		{ UNI_MT_DROP_PARTY, CAUSE BAD_EPREF, UNI_REACT_CLEAR, 100, "\x54" },
		{ UNI_MT_DROP_PARTY_ACK, BAD_CAUSE EPREF, UNI_REACT_PROCESS, 0, "" },
		{ UNI_MT_DROP_PARTY_ACK, "", UNI_REACT_CLEAR, 96, "\x54" },
		{ UNI_MT_ADD_PARTY_REJECT, EPREF, UNI_REACT_PROCESS, 0, "" },
		{ UNI_MT_ADD_PARTY_REJECT, CAUSE BAD_EPREF, UNI_REACT_CLEAR, 100, "\x54" },
		{ UNI_MT_DROP_PARTY, EPREF UNK_DEFAULT, UNI_REACT_PROCESS_REPORT, 99, "\x33" },
	};

	(void)state;
	CHECK(rows);
}

/* SIG-60, SIG-61 */
static void
a_status_is_never_answered_by_a_status(void **state)
{
	static const char *const all[] = { UNK_DEFAULT, UNK_CLEAR, UNK_IGNORE, UNK_REPORT,
		UNK_MSG_IGNORE, UNK_MSG_REPORT, BAD_CAUSE, "" };
	static const struct row rows[] = {
		{ UNI_MT_STATUS, "14 80 0001 0a", UNI_REACT_IGNORE, 0, "" },
		{ UNI_MT_STATUS, "14 80 0001 05" CAUSE, UNI_REACT_IGNORE, 0, "" },
		{ UNI_MT_STATUS, "14 80 0001 0a" CAUSE EPREF, UNI_REACT_IGNORE, 0, "" },
		{ UNI_MT_STATUS, "14 80 0001 0a" CAUSE UNK_DEFAULT, UNI_REACT_PROCESS, 0, "" },
		{ UNI_MT_STATUS, "14 80 0001 0a" CAUSE UNK_CLEAR, UNI_REACT_CLEAR, 99, "\x34" },
	};
	static const struct row global[] = {
		{ UNI_MT_STATUS, "14 80 0001 00" CAUSE UNK_CLEAR, UNI_REACT_IGNORE, 0, "" },
	};
	struct uni_fault fault;

	(void)state;
	CHECK(rows);
	check_on(UNI_CREF_GLOBAL, global, 1);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		enum uni_reaction r = uni_msg_reaction(msg_of(UNI_MT_STATUS, all[i]), &fault);

		assert_true(r != UNI_REACT_STATUS && r != UNI_REACT_PROCESS_REPORT);
	}
}

/* SIG-83 */
static void
a_faulty_restart_clears_nothing(void **state)
{
	static const struct row rows[] = {
		{ UNI_MT_RESTART, "", UNI_REACT_STATUS, 96, "\x79" },
		{ UNI_MT_RESTART, "79 80 0001 80", UNI_REACT_STATUS, 96, "\x5a" },
		{ UNI_MT_RESTART, "79 80 0001 83", UNI_REACT_STATUS, 100, "\x79" },
		{ UNI_MT_RESTART, "5a 80 0005 88 0000 0021 79 80 0001 82", UNI_REACT_PROCESS_REPORT,
			99, "\x5a" },
		{ UNI_MT_RESTART, "79 80 0001 82" UNK_CLEAR, UNI_REACT_STATUS, 99, "\x34" },
	};

	(void)state;
	check_on(UNI_CREF_GLOBAL, rows, sizeof(rows) / sizeof(rows[0]));
}

/* SIG-62 */
static void
diagnostics_name_each_occurrence_and_28_at_most(void **state)
{
	char elements[60 * sizeof(UNK_DEFAULT)] = "";
	struct uni_fault fault;

	(void)state;
	for (int i = 0; i < 40; i++)
		strcat(elements, UNK_DEFAULT);
	assert_int_equal(uni_msg_reaction(msg_of(UNI_MT_CONNECT, elements), &fault),
		UNI_REACT_PROCESS_REPORT);
	assert_int_equal(fault.n_diag, 28);
	assert_int_equal(fault.diag[27], 0x33);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_faulty_setup_is_refused_reported_or_processed),
		cmocka_unit_test(one_good_qos_element_is_enough),
		cmocka_unit_test(faults_in_other_messages_are_answered_by_status_or_release),
		cmocka_unit_test(what_the_call_requires_is_mandatory),
		cmocka_unit_test(a_clearing_message_clears_whatever_is_wrong_with_its_cause),
		cmocka_unit_test(a_faulty_add_party_rejects_the_party_if_it_can_be_named),
		cmocka_unit_test(a_party_cleared_without_a_reference_takes_the_call_along),
		cmocka_unit_test(a_status_is_never_answered_by_a_status),
		cmocka_unit_test(a_faulty_restart_clears_nothing),
		cmocka_unit_test(diagnostics_name_each_occurrence_and_28_at_most),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
