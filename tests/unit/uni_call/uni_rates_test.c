/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "reach.h"

#include <cmocka.h>

/* What the messages of section 15 carry, in both roles; their states are in uni_table_test.c. */

static void
expect(struct reach *r, uint8_t type, const char *elements, const char *outcome)
{
	const char *got;

	reach_receive(r, type, 0x80, elements);
	got = reach_outcome(r);
	if (strcmp(got, outcome) != 0)
		fail_msg("%s, message %02x '%s': '%s', not '%s'",
			r->side == USER ? "user" : "network", type, elements, got, outcome);
}

/* SIG-111, SIG-112, SIG-M6, SIG-M8: each subfield of 4.8 by itself */
static void
peak_rates_may_be_asked_for_one_by_one_and_nothing_else(void **state)
{
	static const struct {
		const char *elements;
		bool peak;
	} rows[] = {
		{ "59800004 82000bb8", true },
		{ "59800004 83000bb8", true },
		{ "59800004 84000bb8", true },
		{ "59800004 85000bb8", true },
		{ "59800010 82000001 83000001 84000001 85000001", true },
		{ "59800004 88000001", false },
		{ "59800004 89000001", false },
		{ "59800004 90000001", false },
		{ "59800004 91000001", false },
		{ "59800004 92000001", false },
		{ "59800004 93000001", false },
		{ "59800004 a0000001", false },
		{ "59800004 a1000001", false },
		{ "59800004 b0000001", false },
		{ "59800004 b1000001", false },
		{ "59800001 be", false },
		{ "59800002 bf00", false },
		{ "59800008 84000bb8 92000001", false },
	};
	size_t i;
	int side;

	(void)state;
	for (side = USER; side <= NETWORK; side++) {
		for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
			struct reach r = reach_call(side, UNI_ST_ACTIVE, false);

			expect(&r, UNI_MT_MODIFY_REQUEST, rows[i].elements,
				rows[i].peak ? "14 ^modify_asked" : "10 MODIFY_REJECT 73");
			reach_end(&r);
		}
	}
}

/* SIG-111: "a direction or CLP class that is absent stays as it is" */
static void
what_is_not_asked_for_stays_as_it_was(void **state)
{
	static const struct {
		const char *elements;
		uint32_t fwd, bwd;
	} rows[] = {
		{ "59800004 84000bb8", 3000, 2000 },
		{ "59800004 85000bb8", 2000, 3000 },
		{ "59800004 82000bb8", 2000, 2000 },
		{ "59800008 84000001 85000002", 1, 2 },
	};
	struct uni_call_info info;
	size_t i;
	int side;

	(void)state;
	for (side = USER; side <= NETWORK; side++) {
		for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
			struct reach r = reach_call(side, UNI_ST_ACTIVE, false);

			expect(&r, UNI_MT_MODIFY_REQUEST, rows[i].elements, "14 ^modify_asked");
			assert_int_equal(r.e->rates.fwd_peak, rows[i].fwd);
			assert_int_equal(r.e->rates.bwd_peak, rows[i].bwd);
			assert_int_equal(uni_call_query(r.e->u, r.call, &info), 0);
			assert_int_equal(info.rates.fwd_peak, 2000); /* until it is agreed to */
			assert_int_equal(info.rates.bwd_peak, 2000);
			assert_int_equal(uni_modify_accept(r.e->u, r.call, false, r.p->now_ns), 0);
			assert_int_equal(uni_call_query(r.e->u, r.call, &info), 0);
			assert_int_equal(info.rates.fwd_peak, rows[i].fwd);
			assert_int_equal(info.rates.bwd_peak, rows[i].bwd);
			reach_end(&r);
		}
	}
}

/* SIG-M2: of the report types of 4.11 only 01 asks for CONNECTION AVAILABLE */
static void
only_a_modification_confirmation_is_confirmed(void **state)
{
	static const char *const reports[] = { "89800001 02", "89800001 04", "89800001 05",
		"89800001 06", "" };
	size_t i;
	int side;

	(void)state;
	for (side = USER; side <= NETWORK; side++) {
		struct reach r = reach_call(side, UNI_ST_MODIFY_REQUEST, true);

		expect(&r, UNI_MT_MODIFY_ACK, "89800001 01", "10 CONNECTION_AVAILABLE ^modified");
		reach_end(&r);
		for (i = 0; i < sizeof(reports) / sizeof(reports[0]); i++) {
			r = reach_call(side, UNI_ST_MODIFY_REQUEST, true);
			expect(&r, UNI_MT_MODIFY_ACK, reports[i], "10 ^modified");
			reach_end(&r);
		}
	}
}

/* SIG-M7 */
static void
an_agreement_asks_for_confirmation_only_when_that_is_wanted(void **state)
{
	union uni_ie_body body;
	struct uni_msg m;
	int side, confirm;

	(void)state;
	for (side = USER; side <= NETWORK; side++) {
		for (confirm = 0; confirm < 2; confirm++) {
			struct reach r = reach_call(side, UNI_ST_MODIFY_RECEIVED, false);

			assert_int_equal(
				uni_modify_accept(r.e->u, r.call, confirm != 0, r.p->now_ns), 0);
			pair_pull(r.p, side);
			uni_msg_decode(&m, r.p->messages[r.p->n - 1].octets,
				r.p->messages[r.p->n - 1].len);
			assert_int_equal(m.hdr.type, UNI_MT_MODIFY_ACK);
			assert_int_equal(uni_msg_get(&m, UNI_IE_REPORT, &body), confirm);
			if (confirm)
				assert_int_equal(body.octet, UNI_REPORT_MODIFICATION);
			assert_int_equal(reach_n_timers(&r), confirm); /* T361 */
			reach_end(&r);
		}
	}
}

/* SIG-M4, SIG-93 */
static void
a_status_about_the_request_refuses_it_and_another_does_not(void **state)
{
	static const struct {
		uint8_t cause, type;
		bool refuses;
	} rows[] = {
		{ 97, UNI_MT_MODIFY_REQUEST, true },
		{ 101, UNI_MT_MODIFY_REQUEST, true },
		{ 97, UNI_MT_CONNECT, false },
		{ 101, UNI_MT_CONNECT, false },
		{ 99, UNI_MT_MODIFY_REQUEST, false },
		{ 30, UNI_MT_MODIFY_REQUEST, false },
	};
	char elements[64];
	size_t i;
	int side;

	(void)state;
	for (side = USER; side <= NETWORK; side++) {
		for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
			struct reach r = reach_call(side, UNI_ST_MODIFY_REQUEST, true);

			snprintf(elements, sizeof(elements), "14800001 0a 08800003 80%02x%02x",
				rows[i].cause | 0x80, rows[i].type);
			expect(&r, UNI_MT_STATUS, elements,
				rows[i].refuses ? "10 ^modify_refused" : "13 ^status");
			if (rows[i].refuses)
				assert_int_equal(r.e->cause, rows[i].cause);
			reach_end(&r);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(peak_rates_may_be_asked_for_one_by_one_and_nothing_else),
		cmocka_unit_test(what_is_not_asked_for_stays_as_it_was),
		cmocka_unit_test(only_a_modification_confirmation_is_confirmed),
		cmocka_unit_test(an_agreement_asks_for_confirmation_only_when_that_is_wanted),
		cmocka_unit_test(a_status_about_the_request_refuses_it_and_another_does_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
