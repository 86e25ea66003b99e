/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "reach.h"

#include <cmocka.h>

/* Section 6 as a call sees it, in both roles: what is said, what is told, and what stays. */

struct row {
	const char *elements;
	const char *outcome; /* of the user, see spell() */
};

#define GOOD_SETUP "59800008 84000001 85000001 5e800002 9080 70800006 913132333435 5c800002 0000 "
#define UU_TOO_LONG "7e800082 04" LONG_128 "00"
#define LONG_16 "00000000000000000000000000000000"
#define LONG_128 LONG_16 LONG_16 LONG_16 LONG_16 LONG_16 LONG_16 LONG_16 LONG_16

static void
expect_outcome(struct reach *r, const char *about, const char *got, const char *outcome)
{
	if (strcmp(got, outcome) != 0)
		fail_msg("%s, '%s': '%s', not '%s'", r->side == USER ? "user" : "network", about,
			got, outcome);
}

/* The number of a state is the user's; the same state of the network has another. */
static const char *
spell(const char *outcome, int side, const char *user, const char *network)
{
	static char text[256];
	size_t len = 0, n = strlen(user);
	const char *at;

	for (at = outcome; *at != '\0'; at++) {
		if (side == NETWORK && (at == outcome || at[-1] == ' ') &&
			strncmp(at, user, n) == 0 && (at[n] == ' ' || at[n] == '\0')) {
			len += (size_t)snprintf(text + len, sizeof(text) - len, "%s", network);
			at += n - 1;
		} else {
			text[len++] = *at;
		}
		assert_true(len < sizeof(text));
	}
	text[len] = '\0';
	return text;
}

/* SIG-49..55, the column "SETUP" */
static void
a_faulty_setup_makes_a_call_only_where_it_is_processed(void **state)
{
	static const struct row rows[] = {
		{ "", "0 RELEASE_COMPLETE 96/595e705c" },
		{ "59800008 84000001 85000001 5e800002 9081 70800006 913132333435 5c800002 0000",
			"0 RELEASE_COMPLETE 96/54" },
		{ GOOD_SETUP "33900001 aa", "0 RELEASE_COMPLETE 99/33" },
		{ GOOD_SETUP "58900001 07", "0 RELEASE_COMPLETE 100/58" },
		{ GOOD_SETUP "33960001 aa", "0 STATUS state 0 99/33" },
		{ GOOD_SETUP "58960001 07", "0 STATUS state 0 100/58" },
		{ GOOD_SETUP "33950001 aa", "0" },
		{ GOOD_SETUP "58950001 07", "0" },
		{ "59800001 00 5e800002 9080 70800006 913132333435 5c800002 0000",
			"0 RELEASE_COMPLETE 100/59" },
		{ "59910001 00 5e800002 9080 70800006 913132333435 5c800002 0000",
			"0 RELEASE_COMPLETE 100/59" },
		{ GOOD_SETUP "33800001 aa", "6 STATUS state 6 99/33 ^offer" },
		{ GOOD_SETUP "33920001 aa", "6 STATUS state 6 99/33 ^offer" },
		{ GOOD_SETUP "33910001 aa", "6 ^offer" },
		{ GOOD_SETUP "58800001 07", "6 STATUS state 6 43/58 ^offer" },
		{ GOOD_SETUP "5d800002 8201 58800001 07", "6 STATUS state 6 43/5d58 ^offer" },
		{ GOOD_SETUP "62800001 a0 58800001 07", "6 STATUS state 6 100/6258 ^offer" },
		{ GOOD_SETUP "58910001 07", "6 ^offer" },
	};
	size_t i;
	int side;

	(void)state;
	for (side = USER; side <= NETWORK; side++) {
		for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
			struct reach r = reach_idle(side);
			struct uni_link_stats stats;

			reach_receive(&r, UNI_MT_SETUP, 0x80, rows[i].elements);
			expect_outcome(&r, rows[i].elements, reach_outcome(&r),
				spell(rows[i].outcome, side, "6", "1"));
			uni_link_stats(r.e->l, &stats);
			assert_int_equal(stats.n_calls, rows[i].outcome[0] != '0');
			assert_int_equal(stats.n_references, stats.n_calls);
			reach_end(&r);
		}
	}
}

/* SIG-50..52, 54, 55, the column "other messages": ALERTING of a call that proceeds */
static void
a_faulty_answer_is_processed_reported_ignored_or_releases_the_call(void **state)
{
	static const struct row rows[] = {
		{ "33900001 aa", "11 RELEASE 99/33 ^gone" },
		{ "33960001 aa", "3 STATUS state 3 99/33" },
		{ "33950001 aa", "3" },
		{ "33910001 aa", "4 ^alerting" },
		{ "33800001 aa", "4 STATUS state 4 99/33 ^alerting" },
		{ "33920001 aa", "4 STATUS state 4 99/33 ^alerting" },
		{ "33930001 aa", "4 STATUS state 4 99/33 ^alerting" },
		{ "33940001 aa", "4 STATUS state 4 99/33 ^alerting" },
		{ "33970001 aa", "4 STATUS state 4 99/33 ^alerting" },
		{ "5a900005 0800000020", "11 RELEASE 100/5a ^gone" },
		{ "5a960005 0800000020", "3 STATUS state 3 100/5a" },
		{ "5a950005 0800000020", "3" },
		{ "5a910005 0800000020", "4 ^alerting" },
		{ "5a800005 0800000020", "4 STATUS state 4 100/5a ^alerting" },
		{ UU_TOO_LONG, "4 STATUS state 4 43/7e ^alerting" },
		{ UU_TOO_LONG "5a800005 0800000020", "4 STATUS state 4 100/7e5a ^alerting" },
		{ UU_TOO_LONG "33800001 aa", "4 STATUS state 4 43/7e ^alerting" },
		/* the first step that applies decides */
		{ "33950001 aa 34960001 aa", "3 STATUS state 3 99/34" },
		{ "33960001 aa 34900001 aa", "11 RELEASE 99/34 ^gone" },
	};
	const char *text;
	size_t i;
	int side;

	(void)state;
	for (side = USER; side <= NETWORK; side++) {
		for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
			struct reach r = reach_call(side,
				side == USER ? UNI_ST_OUT_PROCEEDING : UNI_ST_IN_PROCEEDING, true);

			reach_receive(&r, UNI_MT_ALERTING, 0x80, rows[i].elements);
			text = rows[i].outcome;
			if (text[0] == '3')
				text = spell(text, side, "3", "9");
			else if (text[0] == '4')
				text = spell(text, side, "4", "7");
			else
				text = spell(text, side, "11", "12");
			expect_outcome(&r, rows[i].elements, reach_outcome(&r), text);
			reach_end(&r);
		}
	}
}

/* SIG-49, SIG-53: what a message must have is missing or bad, whatever action the bad one names */
static void
a_message_without_what_it_must_have_is_reported_and_ignored(void **state)
{
	static const struct {
		uint8_t type, state;
		const char *elements, *outcome;
	} rows[] = {
		{ UNI_MT_NOTIFY, UNI_ST_ACTIVE, "", "10 STATUS state 10 96/27" },
		{ UNI_MT_NOTIFY, UNI_ST_ACTIVE, "27 800081" LONG_128 "00",
			"10 STATUS state 10 100/27" },
		{ UNI_MT_NOTIFY, UNI_ST_ACTIVE, "27 910081" LONG_128 "00",
			"10 STATUS state 10 100/27" },
		{ UNI_MT_MODIFY_REJECT, UNI_ST_MODIFY_REQUEST, "", "13 STATUS state 13 96/08" },
		{ UNI_MT_MODIFY_REJECT, UNI_ST_MODIFY_REQUEST, "08800002 0090",
			"13 STATUS state 13 100/08" },
		{ UNI_MT_MODIFY_REJECT, UNI_ST_MODIFY_REQUEST, "08920002 0090",
			"13 STATUS state 13 100/08" },
	};
	size_t i;
	int side;

	(void)state;
	for (side = USER; side <= NETWORK; side++) {
		for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
			struct reach r = reach_call(side, rows[i].state, true);

			reach_receive(&r, rows[i].type, 0x80, rows[i].elements);
			expect_outcome(&r, rows[i].elements, reach_outcome(&r), rows[i].outcome);
			reach_end(&r);
		}
	}
}

/* SIG-50: "in states 11, 12: nothing more" */
static void
a_fault_that_asks_to_clear_does_nothing_more_to_a_call_that_is_cleared(void **state)
{
	uint8_t clearing;
	int side;

	(void)state;
	for (side = USER; side <= NETWORK; side++) {
		for (clearing = UNI_ST_RELEASE_REQUEST; clearing <= UNI_ST_RELEASE_INDICATION;
			clearing++) {
			struct reach r = reach_call(side, clearing, true);

			reach_receive(&r, UNI_MT_STATUS_ENQUIRY, 0x80, "33900001 aa");
			assert_string_equal(reach_outcome(&r),
				clearing == UNI_ST_RELEASE_REQUEST ? "11" : "12");
			reach_end(&r);
		}
	}
}

/* SIG-56, SIG-75, SIG-119, SIG-C2, SIG-C3 */
static void
a_faulty_release_clears_and_the_answer_says_what_was_wrong(void **state)
{
	static const struct {
		const char *elements;
		uint8_t cause;
		const char *answer;
	} rows[] = {
		{ "", 31, "0 RELEASE_COMPLETE 96/08 ^complete" },
		{ "08800002 0090", 31, "0 RELEASE_COMPLETE 100/08 ^complete" },
		{ REACH_CAUSE, 16, "0 RELEASE_COMPLETE ^complete" },
		{ REACH_CAUSE UU_TOO_LONG, 16, "0 RELEASE_COMPLETE 43/7e ^complete" },
		{ REACH_CAUSE "33800001 aa", 16, "0 RELEASE_COMPLETE 99/33 ^complete" },
	};
	size_t i;
	int side;

	(void)state;
	for (side = USER; side <= NETWORK; side++) {
		for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
			struct reach r = reach_call(side, UNI_ST_ACTIVE, true);

			reach_receive(&r, UNI_MT_RELEASE, 0x80, rows[i].elements);
			assert_string_equal(
				reach_outcome(&r), side == USER ? "12 ^released" : "11 ^released");
			assert_int_equal(r.e->cause, rows[i].cause);
			pair_close(r.p, side, r.call, UNI_CAUSE_USER_BUSY);
			expect_outcome(&r, rows[i].elements, reach_outcome(&r), rows[i].answer);
			reach_end(&r);
		}
	}
}

/* SIG-57 */
static void
a_release_complete_with_a_bad_cause_or_none_counts_as_31(void **state)
{
	static const char *const elements[] = { "", "08800002 0090", "08800001 80", "33800001 aa",
		"33900001 aa" };
	size_t i;
	int side;

	(void)state;
	for (side = USER; side <= NETWORK; side++) {
		for (i = 0; i < sizeof(elements) / sizeof(elements[0]); i++) {
			struct reach r = reach_call(side, UNI_ST_ACTIVE, true);

			reach_receive(&r, UNI_MT_RELEASE_COMPLETE, 0x80, elements[i]);
			assert_string_equal(reach_outcome(&r), "0 ^gone");
			assert_int_equal(r.e->cause, UNI_CAUSE_UNSPECIFIED);
			reach_end(&r);
		}
	}
}

/* SIG-58 */
static void
a_faulty_add_party_is_refused_and_the_call_goes_on(void **state)
{
	static const struct row rows[] = {
		{ "70800006 913132333435", "0 STATUS state 10 96/54" },
		{ "70800006 913132333435 54800003 010001", "0 STATUS state 10 100/54" },
		{ REACH_PARTY, "0 ADD_PARTY_REJECT 96/70 party 1" },
		{ REACH_PARTY "70800001 00", "0 ADD_PARTY_REJECT 100/70 party 1" },
		{ REACH_PARTY "70910001 00", "0 ADD_PARTY_REJECT 100/70 party 1" },
	};
	size_t i;
	int side;

	(void)state;
	for (side = USER; side <= NETWORK; side++) {
		for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
			struct reach r = reach_multi(side, UNI_ST_ACTIVE, false);

			reach_receive(&r, UNI_MT_ADD_PARTY, 0x80, rows[i].elements);
			expect_outcome(
				&r, rows[i].elements, reach_party_outcome(&r), rows[i].outcome);
			assert_string_equal(reach_outcome(&r), "10");
			reach_end(&r);
		}
	}
}

static const struct {
	uint8_t type, state;
	const char *outcome;
	const char *told_of_end;
} clearing_messages[] = {
	{ UNI_MT_DROP_PARTY, UNI_PARTY_ACTIVE, "12 ^party_released", "^party_gone" },
	{ UNI_MT_DROP_PARTY_ACK, UNI_PARTY_ACTIVE, "0 ^party_gone", "^party_gone" },
	{ UNI_MT_ADD_PARTY_REJECT, UNI_PARTY_INITIATED, "0 ^party_refused", "^party_refused" },
};

#define N_CLEARING (sizeof(clearing_messages) / sizeof(clearing_messages[0]))

/* SIG-59: "cause missing or bad is taken as 31" */
static void
a_party_is_cleared_with_31_where_the_cause_is_bad_or_missing(void **state)
{
	static const char *const elements[] = { REACH_PARTY, REACH_PARTY "08800002 0090",
		REACH_PARTY "08910002 0090" };
	size_t i, k;
	int side;

	(void)state;
	for (side = USER; side <= NETWORK; side++) {
		for (i = 0; i < N_CLEARING; i++) {
			for (k = 0; k < 3; k++) {
				struct reach r = reach_multi(side, UNI_ST_ACTIVE, true);

				reach_party(&r, clearing_messages[i].state);
				reach_receive(&r, clearing_messages[i].type, 0x80, elements[k]);
				expect_outcome(&r, elements[k], reach_party_outcome(&r),
					clearing_messages[i].outcome);
				assert_int_equal(r.e->cause, UNI_CAUSE_UNSPECIFIED);
				reach_end(&r);
			}
		}
	}
}

/* SIG-59: "endpoint reference missing or bad: the whole call is released" */
static void
a_party_cleared_without_a_name_takes_the_call_along(void **state)
{
	char expect[128];
	size_t i, k;
	int side;

	(void)state;
	for (side = USER; side <= NETWORK; side++) {
		for (i = 0; i < N_CLEARING; i++) {
			for (k = 0; k < 2; k++) {
				struct reach r = reach_multi(side, UNI_ST_ACTIVE, true);

				reach_party(&r, clearing_messages[i].state);
				reach_receive(&r, clearing_messages[i].type, 0x80,
					k == 0 ? REACH_CAUSE : REACH_CAUSE "54800003 010001");
				snprintf(expect, sizeof(expect),
					"%d RELEASE %s/54 ^party_gone %s ^gone",
					side == USER ? 11 : 12, k == 0 ? "96" : "100",
					clearing_messages[i].told_of_end);
				assert_string_equal(reach_outcome(&r), expect);
				reach_end(&r);
			}
		}
	}
}

/* SIG-60, SIG-61 */
static void
a_status_that_says_too_little_is_counted_and_nothing_else(void **state)
{
	static const char *const elements[] = {
		"",
		"14800001 00", /* not even that the peer knows nothing of the call */
		"14800001 03",
		"08800002 809e",
		"14800001 05 08800002 809e",
		"14800001 00 08800002 009e",
		"14800001 00 08800001 80",
	};
	struct uni_link_stats stats;
	size_t i;
	int side;

	(void)state;
	for (side = USER; side <= NETWORK; side++) {
		for (i = 0; i < sizeof(elements) / sizeof(elements[0]); i++) {
			struct reach r = reach_call(side, UNI_ST_ACTIVE, true);

			reach_receive(&r, UNI_MT_STATUS, 0x80, elements[i]);
			assert_string_equal(reach_outcome(&r), "10");
			uni_link_stats(r.e->l, &stats);
			assert_int_equal(stats.bad_elements, 1);
			reach_end(&r);
		}
	}
}

/* SIG-61: with any fault, on any reference, with any instruction */
static void
no_status_is_answered_by_a_status(void **state)
{
	static const uint8_t actions[] = { 0x80, 0x91, 0x92, 0x95, 0x96, 0x90 };
	static const uint32_t references[] = { 0, 1, 0x800001, 5, 0x800005, 0x800000 };
	char hex[96];
	size_t i, k;
	int side;

	(void)state;
	for (side = USER; side <= NETWORK; side++) {
		for (k = 0; k < sizeof(references) / sizeof(references[0]); k++) {
			struct reach r = reach_call(side, UNI_ST_ACTIVE, true);

			for (i = 0; i < 2 * sizeof(actions); i++) {
				snprintf(hex, sizeof(hex),
					"0903%06x7d%02x0010%s 08800002809e 33%02x0001aa",
					references[k], actions[i / 2],
					i % 2 == 0 ? "148000010a" : "1480000105", actions[i / 2]);
				pair_inject(r.p, side, hex);
				r.p->head = r.p->n;
			}
			assert_int_equal(pair_count(r.p, side, UNI_MT_STATUS), 0);
			reach_end(&r);
		}
	}
}

/* 40 unrecognised elements with @p octet2 as their second octet. */
static const char *
forty(const char *before, uint8_t octet2)
{
	static char text[1024];
	size_t len = (size_t)snprintf(text, sizeof(text), "%s", before);
	int i;

	for (i = 0; i < 40; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%02x%02x0001aa",
			i % 2 == 0 ? 0x33 : 0x34, octet2);
	assert_true(len < sizeof(text));
	return text;
}

/* SIG-62: in whatever message the cause goes */
static void
a_cause_names_the_first_28_elements_in_order_wherever_it_goes(void **state)
{
#define TEN "33343334333433343334"
#define ALL_28 TEN TEN "3334333433343334"
	static const char ids[] = ALL_28;
	char expect[128];
	struct reach r;
	int side;

	(void)state;
	for (side = USER; side <= NETWORK; side++) {
		r = reach_call(side, UNI_ST_ACTIVE, true);
		reach_receive(&r, UNI_MT_NOTIFY, 0x80, forty("27800001 81", 0x96));
		snprintf(expect, sizeof(expect), "10 STATUS state 10 99/%s", ids);
		assert_string_equal(reach_outcome(&r), expect);
		reach_receive(&r, UNI_MT_NOTIFY, 0x80, forty("27800001 81", 0x90));
		snprintf(expect, sizeof(expect), "%d RELEASE 99/%s ^gone", side == USER ? 11 : 12,
			ids);
		assert_string_equal(reach_outcome(&r), expect);
		reach_end(&r);
		r = reach_call(side, UNI_ST_ACTIVE, true);
		reach_receive(&r, UNI_MT_RELEASE, 0x80, forty(REACH_CAUSE, 0x80));
		reach_look(&r);
		pair_close(r.p, side, r.call, UNI_CAUSE_NORMAL);
		snprintf(expect, sizeof(expect), "0 RELEASE_COMPLETE 99/%s ^complete", ids);
		assert_string_equal(reach_outcome(&r), expect);
		reach_end(&r);
		r = reach_idle(side);
		reach_receive(&r, UNI_MT_SETUP, 0x80, forty(GOOD_SETUP, 0x90));
		snprintf(expect, sizeof(expect), "0 RELEASE_COMPLETE 99/%s", ids);
		assert_string_equal(reach_outcome(&r), expect);
		reach_end(&r);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_faulty_setup_makes_a_call_only_where_it_is_processed),
		cmocka_unit_test(
			a_faulty_answer_is_processed_reported_ignored_or_releases_the_call),
		cmocka_unit_test(a_message_without_what_it_must_have_is_reported_and_ignored),
		cmocka_unit_test(
			a_fault_that_asks_to_clear_does_nothing_more_to_a_call_that_is_cleared),
		cmocka_unit_test(a_faulty_release_clears_and_the_answer_says_what_was_wrong),
		cmocka_unit_test(a_release_complete_with_a_bad_cause_or_none_counts_as_31),
		cmocka_unit_test(a_faulty_add_party_is_refused_and_the_call_goes_on),
		cmocka_unit_test(a_party_is_cleared_with_31_where_the_cause_is_bad_or_missing),
		cmocka_unit_test(a_party_cleared_without_a_name_takes_the_call_along),
		cmocka_unit_test(a_status_that_says_too_little_is_counted_and_nothing_else),
		cmocka_unit_test(a_cause_names_the_first_28_elements_in_order_wherever_it_goes),
		cmocka_unit_test(no_status_is_answered_by_a_status),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
