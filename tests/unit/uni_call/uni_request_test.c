/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "reach.h"

#include <cmocka.h>

/*
 * The tables of sections 9, 10 and 15 as far as requests from above go: every state of either role,
 * every request. What is not listed is refused, and changes nothing.
 */

enum request {
	PROCEED,
	ALERT,
	ACCEPT,
	REFUSE,
	CLOSE,
	MODIFY,
	AGREE,
	AGREE_CONFIRM,
	DISAGREE,
	N_REQUESTS
};

static const char *const names[N_REQUESTS] = { "proceed", "alert", "accept", "refuse", "close",
	"modify", "agree", "agree, to be confirmed", "refuse the change" };

/* By enum request; NULL: -EPROTO. */
struct column {
	uint8_t state;
	bool ours;
	const char *outcome[N_REQUESTS];
};

static const struct column user_states[] = {
	{ UNI_ST_INITIATED, true, { [CLOSE] = "11 RELEASE 16" } },
	{ UNI_ST_OUT_PROCEEDING, true, { [CLOSE] = "11 RELEASE 16" } },
	{ UNI_ST_DELIVERED, true, { [CLOSE] = "11 RELEASE 16" } },
	{ UNI_ST_PRESENT, false,
		{
			[PROCEED] = "9 CALL_PROCEEDING vc 0/32",      /* SIG-U9 */
			[ALERT] = "7 ALERTING vc 0/32",               /* SIG-U10 */
			[ACCEPT] = "8 CONNECT vc 0/32",               /* SIG-U11 */
			[REFUSE] = "0 RELEASE_COMPLETE 17 ^complete", /* SIG-U12 */
			[CLOSE] = "0 RELEASE_COMPLETE 16 ^complete",  /* SIG-C1 */
		} },
	{ UNI_ST_IN_PROCEEDING, false,
		{
			[PROCEED] = "9", /* SIG-68 was first */
			[ALERT] = "7 ALERTING",
			[ACCEPT] = "8 CONNECT",
			[REFUSE] = "11 RELEASE 17", /* SIG-U13 */
			[CLOSE] = "11 RELEASE 16",
		} },
	{ UNI_ST_RECEIVED, false,
		{
			[ACCEPT] = "8 CONNECT",
			[REFUSE] = "11 RELEASE 17",
			[CLOSE] = "11 RELEASE 16",
		} },
	{ UNI_ST_CONNECT_REQUEST, false, { [CLOSE] = "11 RELEASE 16" } },
	{ UNI_ST_ACTIVE, true,
		{ [CLOSE] = "11 RELEASE 16", [MODIFY] = "13 MODIFY_REQUEST" /* SIG-M1 */ } },
	{ UNI_ST_ACTIVE, false, { [CLOSE] = "11 RELEASE 16" } },
	{ REACH_T361, false, { [CLOSE] = "11 RELEASE 16" } },
	{ UNI_ST_MODIFY_REQUEST, true, { [CLOSE] = "11 RELEASE 16 ^modify_refused" } }, /* M10 */
	{ UNI_ST_MODIFY_RECEIVED, false,
		{
			[CLOSE] = "11 RELEASE 16",
			[AGREE] = "10 MODIFY_ACK", /* SIG-M7 */
			[AGREE_CONFIRM] = "10 MODIFY_ACK",
			[DISAGREE] = "10 MODIFY_REJECT 37/8485", /* SIG-M8 */
		} },
	{ UNI_ST_RELEASE_REQUEST, true, { NULL } },
	{ UNI_ST_RELEASE_INDICATION, true, { [CLOSE] = "0 RELEASE_COMPLETE ^complete" } }, /* C3 */
};

static const struct column network_states[] = {
	{ UNI_ST_INITIATED, false,
		{
			[PROCEED] = "3 CALL_PROCEEDING vc 0/32",      /* SIG-N3 */
			[ALERT] = "4 ALERTING vc 0/32",               /* SIG-N4 */
			[ACCEPT] = "10 CONNECT vc 0/32 ^connected",   /* SIG-N5 */
			[REFUSE] = "0 RELEASE_COMPLETE 17 ^complete", /* SIG-N6 */
			[CLOSE] = "0 RELEASE_COMPLETE 16 ^complete",  /* SIG-C1 */
		} },
	{ UNI_ST_OUT_PROCEEDING, false,
		{
			[PROCEED] = "3",
			[ALERT] = "4 ALERTING",
			[ACCEPT] = "10 CONNECT ^connected",
			[REFUSE] = "12 RELEASE 17", /* SIG-N7 */
			[CLOSE] = "12 RELEASE 16",
		} },
	{ UNI_ST_DELIVERED, false,
		{
			[ACCEPT] = "10 CONNECT ^connected",
			[REFUSE] = "12 RELEASE 17",
			[CLOSE] = "12 RELEASE 16",
		} },
	{ UNI_ST_PRESENT, true, { [CLOSE] = "12 RELEASE 16" } },
	{ UNI_ST_IN_PROCEEDING, true, { [CLOSE] = "12 RELEASE 16" } },
	{ UNI_ST_RECEIVED, true, { [CLOSE] = "12 RELEASE 16" } },
	{ UNI_ST_ACTIVE, true, { [CLOSE] = "12 RELEASE 16", [MODIFY] = "13 MODIFY_REQUEST" } },
	{ UNI_ST_ACTIVE, false, { [CLOSE] = "12 RELEASE 16" } },
	{ REACH_T361, false, { [CLOSE] = "12 RELEASE 16" } },
	{ UNI_ST_MODIFY_REQUEST, true, { [CLOSE] = "12 RELEASE 16 ^modify_refused" } },
	{ UNI_ST_MODIFY_RECEIVED, false,
		{
			[CLOSE] = "12 RELEASE 16",
			[AGREE] = "10 MODIFY_ACK",
			[AGREE_CONFIRM] = "10 MODIFY_ACK",
			[DISAGREE] = "10 MODIFY_REJECT 37/8485",
		} },
	{ UNI_ST_RELEASE_REQUEST, true, { [CLOSE] = "0 RELEASE_COMPLETE ^complete" } },
	{ UNI_ST_RELEASE_INDICATION, true, { NULL } },
};

static int
ask(struct reach *r, enum request request)
{
	static const struct uni_rates rates = { 3000, 3000 };
	struct uni *u = r->e->u;
	uint64_t now_ns = r->p->now_ns;

	switch (request) {
	case PROCEED:
		return uni_call_proceed(u, r->call, now_ns);
	case ALERT:
		return uni_call_alert(u, r->call, now_ns);
	case ACCEPT:
		return uni_call_accept(u, r->call, now_ns);
	case REFUSE:
		return uni_call_refuse(u, r->call, UNI_CAUSE_USER_BUSY, now_ns);
	case CLOSE:
		return uni_call_close(u, r->call, UNI_CAUSE_NORMAL, NULL, 0, now_ns);
	case MODIFY:
		return uni_call_modify(u, r->call, &rates, now_ns);
	case AGREE:
		return uni_modify_accept(u, r->call, false, now_ns);
	case AGREE_CONFIRM:
		return uni_modify_accept(u, r->call, true, now_ns);
	default:
		return uni_modify_refuse(u, r->call, UNI_CAUSE_RATE_NOT_AVAILABLE, now_ns);
	}
}

/* What stays as it is, is told by its state alone. */
static const char *
same(const struct column *column)
{
	static char text[8];

	snprintf(text, sizeof(text), "%u",
		column->state == REACH_T361 ? UNI_ST_ACTIVE : column->state);
	return text;
}

static void
check(int side, const struct column *column, enum request request)
{
	struct reach r = reach_call(side, column->state, column->ours);
	bool refused = column->outcome[request] == NULL;
	const char *expect = refused ? same(column) : column->outcome[request], *got;
	uint32_t n_timers = reach_n_timers(&r);
	int err = ask(&r, request);

	got = reach_outcome(&r);
	if (err != (refused ? -EPROTO : 0) || strcmp(got, expect) != 0)
		fail_msg("%s, state %u, %s: %d, '%s', not '%s'", side == USER ? "user" : "network",
			column->state, names[request], err, got, expect);
	if (refused)
		assert_int_equal(reach_n_timers(&r), n_timers);
	reach_end(&r);
}

static void
check_all(int side, const struct column *columns, size_t n)
{
	size_t i;
	int request;

	for (i = 0; i < n; i++)
		for (request = 0; request < N_REQUESTS; request++)
			check(side, &columns[i], (enum request)request);
}

/* SIG-U9, U10, U11, U12, U13, SIG-C1, C3, SIG-M1, M7, M8, M10, SIG-31, 75, 79, 112 */
static void
every_request_in_every_state_of_the_user_does_what_the_tables_say(void **state)
{
	(void)state;
	check_all(USER, user_states, sizeof(user_states) / sizeof(user_states[0]));
}

/* SIG-N3, N4, N5, N6, N7, SIG-C1, C3, SIG-M1, M7, M8, M10, SIG-31, 75, 79, 112 */
static void
every_request_in_every_state_of_the_network_does_what_the_tables_say(void **state)
{
	(void)state;
	check_all(NETWORK, network_states, sizeof(network_states) / sizeof(network_states[0]));
}

/* SIG-C1, SIG-C2, SIG-C6: what the transport has not taken yet is not said of a call that ends */
static void
nothing_more_is_said_of_a_call_but_how_it_ends(void **state)
{
	static const char *const outcomes[2][3] = {
		[USER] = { "11 RELEASE 16", "12 ^released", "0 ^gone" },
		[NETWORK] = { "12 RELEASE 16 ^connected", "11 ^connected ^released",
			"0 ^connected ^gone" },
	};
	int side, end;

	(void)state;
	for (side = USER; side <= NETWORK; side++) {
		for (end = 0; end < 3; end++) {
			struct reach r = reach_call(
				side, side == USER ? UNI_ST_PRESENT : UNI_ST_INITIATED, false);

			assert_int_equal(ask(&r, PROCEED), 0);
			assert_int_equal(ask(&r, ALERT), 0);
			assert_int_equal(ask(&r, ACCEPT), 0);
			if (end == 0)
				assert_int_equal(ask(&r, CLOSE), 0);
			else
				reach_receive(&r,
					end == 1 ? UNI_MT_RELEASE : UNI_MT_RELEASE_COMPLETE, 0x80,
					REACH_CAUSE);
			assert_string_equal(reach_outcome(&r), outcomes[side][end]);
			reach_end(&r);
		}
	}
}

/* SIG-U9, U10, U11, SIG-N3, N4, N5: in the order of the protocol when asked for in one go */
static void
answers_that_wait_for_the_transport_are_all_said_in_order(void **state)
{
	int side;

	(void)state;
	for (side = USER; side <= NETWORK; side++) {
		struct reach r =
			reach_call(side, side == USER ? UNI_ST_PRESENT : UNI_ST_INITIATED, false);

		assert_int_equal(ask(&r, PROCEED), 0);
		assert_int_equal(ask(&r, ALERT), 0);
		assert_int_equal(ask(&r, ACCEPT), 0);
		assert_string_equal(reach_outcome(&r),
			side == USER ? "8 CALL_PROCEEDING vc 0/32 ALERTING CONNECT"
				     : "10 CALL_PROCEEDING vc 0/32 ALERTING CONNECT ^connected");
		reach_end(&r);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_request_in_every_state_of_the_user_does_what_the_tables_say),
		cmocka_unit_test(
			every_request_in_every_state_of_the_network_does_what_the_tables_say),
		cmocka_unit_test(nothing_more_is_said_of_a_call_but_how_it_ends),
		cmocka_unit_test(answers_that_wait_for_the_transport_are_all_said_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
