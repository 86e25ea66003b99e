/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "reach.h"

#include <cmocka.h>

/*
 * The timers of section 8 that belong to a state, with their defaults: nothing happens a
 * millisecond before, and what the table says then, once or twice. Those of a link are not here.
 */

struct row {
	const char *rule;
	uint8_t state;
	bool ours; /* of a party: we are the root */
	uint32_t ms;
	const char *first;
	const char *second; /* after as long again; NULL: the first ends the state */
};

#define ANSWER_MS 180000

static const struct row user_rows[] = {
	{ "SIG-T2", UNI_ST_INITIATED, true, 4000, "1 SETUP", "0 ^gone" },
	{ "SIG-T5", UNI_ST_OUT_PROCEEDING, true, 30000, "11 RELEASE 18 ^gone", NULL },
	{ "SIG-T1", UNI_ST_DELIVERED, true, 180000, "11 RELEASE 19 ^gone", NULL },
	{ "SIG-66", UNI_ST_IN_PROCEEDING, false, ANSWER_MS, "11 RELEASE 19 ^gone", NULL },
	{ "SIG-66", UNI_ST_RECEIVED, false, ANSWER_MS, "11 RELEASE 19 ^gone", NULL },
	{ "SIG-T6", UNI_ST_CONNECT_REQUEST, false, 4000, "11 RELEASE 102/333133 ^gone", NULL },
	{ "SIG-T3", UNI_ST_RELEASE_REQUEST, true, 30000, "11 RELEASE 16 102/333038",
		"0 ^complete" },
	{ "SIG-66", UNI_ST_RELEASE_INDICATION, true, ANSWER_MS, "0 RELEASE_COMPLETE ^gone", NULL },
	{ "SIG-T10", UNI_ST_MODIFY_REQUEST, true, 30000,
		"11 RELEASE 102/333630 ^modify_refused ^gone", NULL },
	{ "SIG-66", UNI_ST_MODIFY_RECEIVED, false, ANSWER_MS, "10 MODIFY_REJECT 19", NULL },
	{ "SIG-T11", REACH_T361, false, 20000, "10 ^modify_confirmed", NULL },
};

static const struct row network_rows[] = {
	{ "SIG-T2", UNI_ST_PRESENT, true, 4000, "6 SETUP vc 0/32", "0 ^gone" },
	{ "SIG-T5", UNI_ST_IN_PROCEEDING, true, 10000, "12 RELEASE 18 ^gone", NULL },
	{ "SIG-T1", UNI_ST_RECEIVED, true, 180000, "12 RELEASE 19 ^gone", NULL },
	{ "SIG-66", UNI_ST_OUT_PROCEEDING, false, ANSWER_MS, "12 RELEASE 19 ^gone", NULL },
	{ "SIG-66", UNI_ST_DELIVERED, false, ANSWER_MS, "12 RELEASE 19 ^gone", NULL },
	{ "SIG-T3", UNI_ST_RELEASE_INDICATION, true, 30000, "12 RELEASE 16 102/333038",
		"0 ^complete" },
	{ "SIG-66", UNI_ST_RELEASE_REQUEST, true, ANSWER_MS, "0 RELEASE_COMPLETE ^gone", NULL },
	{ "SIG-T10", UNI_ST_MODIFY_REQUEST, true, 30000,
		"12 RELEASE 102/333630 ^modify_refused ^gone", NULL },
	{ "SIG-66", UNI_ST_MODIFY_RECEIVED, false, ANSWER_MS, "10 MODIFY_REJECT 19", NULL },
	{ "SIG-T11", REACH_T361, false, 20000, "10 ^modify_confirmed", NULL },
};

/* T399, the first of them, is 14 s in the network role. */
static const struct row party_rows[] = {
	{ "SIG-T14", UNI_PARTY_INITIATED, true, 34000,
		"11 DROP_PARTY 102/333939 party 1 ^party_refused", NULL },
	{ "SIG-T12", UNI_PARTY_ALERTING_RECEIVED, true, 180000,
		"11 DROP_PARTY 102/333937 party 1 ^party_refused", NULL },
	{ "SIG-T13", UNI_PARTY_DROP_INITIATED, true, 4000,
		"0 DROP_PARTY_ACK 102/333938 party 1 ^party_complete", NULL },
	{ "SIG-T13", UNI_PARTY_DROP_INITIATED, false, 4000,
		"0 DROP_PARTY_ACK 102/333938 party 1 ^party_complete", NULL },
	{ "SIG-66", UNI_PARTY_RECEIVED, false, ANSWER_MS,
		"0 ADD_PARTY_REJECT 18 party 1 ^party_gone", NULL },
	{ "SIG-66", UNI_PARTY_ALERTING_DELIVERED, false, ANSWER_MS,
		"11 DROP_PARTY 19 party 1 ^party_gone", NULL },
	{ "SIG-66", UNI_PARTY_DROP_RECEIVED, true, ANSWER_MS,
		"0 DROP_PARTY_ACK party 1 ^party_gone", NULL },
	{ "SIG-66", UNI_PARTY_DROP_RECEIVED, false, ANSWER_MS,
		"0 DROP_PARTY_ACK party 1 ^party_gone", NULL },
};

static void
expect(const struct row *row, const char *got, const char *outcome)
{
	if (strcmp(got, outcome) != 0)
		fail_msg("%s in state %u: '%s', not '%s'", row->rule, row->state, got, outcome);
}

/* Nothing up to the last millisecond; whoever asks for the state does not disturb. */
static const char *
expire(struct reach *r, uint32_t ms, const char *(*outcome)(struct reach *r))
{
	uint32_t n = r->p->n;

	reach_wait(r, ms - 1);
	pair_pull(r->p, r->side);
	assert_int_equal(r->p->n, n);
	assert_int_equal(r->e->n_order, r->n_told);
	reach_wait(r, 1);
	return outcome(r);
}

/* T303: "clear locally; VC freed". T308: "call gone, VC set aside", with its reference (SIG-13). */
static void
expect_end(const struct reach *r, bool aside)
{
	struct uni_link_stats stats;

	uni_link_stats(r->e->l, &stats);
	assert_int_equal(stats.n_calls, 0);
	assert_int_equal(stats.n_set_aside, aside);
	assert_int_equal(stats.n_labels, aside);
	assert_int_equal(stats.n_references, aside);
}

static void
check(int side, const struct row *row)
{
	struct reach r = reach_call(side, row->state, row->ours);

	expect(row, expire(&r, row->ms, reach_outcome), row->first);
	if (row->second != NULL) {
		expect(row, expire(&r, row->ms, reach_outcome), row->second);
		expect_end(&r, row->ms == 30000);
	}
	reach_end(&r);
}

/* SIG-T1, T2, T3, T5, T6, T10, T11, SIG-66, SIG-U7, SIG-C7, SIG-M5, M9, SIG-74 */
static void
every_timer_of_a_call_runs_out_as_its_row_says(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(user_rows) / sizeof(user_rows[0]); i++)
		check(USER, &user_rows[i]);
	for (i = 0; i < sizeof(network_rows) / sizeof(network_rows[0]); i++)
		check(NETWORK, &network_rows[i]);
}

/* SIG-66: in U6 and N1, which the end of a turn leaves (SIG-68), when a turn comes that late */
static void
an_offer_that_the_loop_came_back_to_too_late_is_refused_with_18(void **state)
{
	int side;

	(void)state;
	for (side = USER; side <= NETWORK; side++) {
		struct reach r =
			reach_call(side, side == USER ? UNI_ST_PRESENT : UNI_ST_INITIATED, false);

		reach_wait(&r, ANSWER_MS);
		assert_string_equal(reach_outcome(&r), "0 RELEASE_COMPLETE 18 ^gone");
		reach_end(&r);
	}
}

/* SIG-68 */
static void
an_offer_without_an_answer_is_proceeding_at_the_end_of_its_turn(void **state)
{
	int side;

	(void)state;
	for (side = USER; side <= NETWORK; side++) {
		struct reach r =
			reach_call(side, side == USER ? UNI_ST_PRESENT : UNI_ST_INITIATED, false);

		reach_wait(&r, 0);
		assert_string_equal(reach_outcome(&r),
			side == USER ? "9 CALL_PROCEEDING vc 0/32" : "3 CALL_PROCEEDING vc 0/32");
		reach_end(&r);
	}
}

static void
check_party(int side, const struct row *row)
{
	struct reach r = reach_multi(side, UNI_ST_ACTIVE, row->ours);
	uint32_t ms = row->state == UNI_PARTY_INITIATED && side == NETWORK ? 14000 : row->ms;

	reach_party(&r, row->state);
	expect(row, expire(&r, ms, reach_party_outcome), row->first);
	if (row->state == UNI_PARTY_INITIATED || row->state == UNI_PARTY_ALERTING_RECEIVED)
		assert_string_equal(expire(&r, 4000, reach_party_outcome),
			"0 DROP_PARTY_ACK 102/333938 party 1");
	reach_end(&r);
}

/* SIG-T12, T13, T14, SIG-66, SIG-P5, P17 */
static void
every_timer_of_a_party_runs_out_as_its_row_says(void **state)
{
	size_t i;
	int side;

	(void)state;
	for (side = USER; side <= NETWORK; side++)
		for (i = 0; i < sizeof(party_rows) / sizeof(party_rows[0]); i++)
			check_party(side, &party_rows[i]);
}

/* What happens shortly before a timer would run out, and what comes of it. */
struct step {
	uint32_t ms;
	uint8_t type;
	const char *elements;
	const char *outcome;
};

#define LONG_MS 400000 /* longer than any of them */

static void
walk(struct reach *r, const struct step *steps, const char *(*outcome)(struct reach *r))
{
	for (; steps->type != 0; steps++) {
		reach_wait(r, steps->ms);
		reach_receive(r, steps->type, 0x80, steps->elements);
		assert_string_equal(outcome(r), steps->outcome);
	}
}

/* It has come to rest. */
static void
rest(struct reach *r)
{
	uint32_t n = r->p->n;

	reach_wait(r, LONG_MS);
	pair_pull(r->p, r->side);
	assert_int_equal(r->p->n, n);
	assert_int_equal(r->e->n_order, r->n_told);
	assert_int_equal(reach_n_timers(r), 0);
	reach_end(r);
}

/* SIG-T1, T2, T5, T10, T3: each is stopped by what its row says, and the next starts then */
static void
each_answer_to_a_caller_stops_one_timer_and_starts_the_next(void **state)
{
	static const struct step user[] = {
		{ 3999, UNI_MT_CALL_PROCEEDING, REACH_CONNID, "3 ^proceeding" },
		{ 29999, UNI_MT_ALERTING, "", "4 ^alerting" },
		{ 179999, UNI_MT_CONNECT, "", "10 CONNECT_ACK ^connected" },
		{ 0 },
	};
	static const struct step network[] = {
		{ 3999, UNI_MT_CALL_PROCEEDING, "", "9 ^proceeding" },
		{ 9999, UNI_MT_ALERTING, "", "7 ^alerting" },
		{ 179999, UNI_MT_CONNECT, "", "10 CONNECT_ACK ^connected" },
		{ 0 },
	};
	struct reach r;

	(void)state;
	r = reach_call(USER, UNI_ST_INITIATED, true);
	walk(&r, user, reach_outcome);
	rest(&r);
	r = reach_call(NETWORK, UNI_ST_PRESENT, true);
	walk(&r, network, reach_outcome);
	rest(&r);
}

/* SIG-T2, T5: CONNECT stops T303 and T310 as well as T301 */
static void
an_answer_that_comes_early_stops_what_runs(void **state)
{
	static const uint8_t states[2][2] = {
		[USER] = { UNI_ST_INITIATED, UNI_ST_OUT_PROCEEDING },
		[NETWORK] = { UNI_ST_PRESENT, UNI_ST_IN_PROCEEDING },
	};
	static const struct step connect[] = {
		{ 3999, UNI_MT_CONNECT, REACH_CONNID, "10 CONNECT_ACK ^connected" },
		{ 0 },
	};
	int side, i;

	(void)state;
	for (side = USER; side <= NETWORK; side++) {
		for (i = 0; i < 2; i++) {
			struct reach r = reach_call(side, states[side][i], true);

			walk(&r, connect, reach_outcome);
			rest(&r);
		}
	}
}

/* SIG-T6 */
static void
connect_acknowledge_stops_t313(void **state)
{
	static const struct step ack[] = {
		{ 3999, UNI_MT_CONNECT_ACK, "", "10 ^connected" },
		{ 0 },
	};
	struct reach r = reach_call(USER, UNI_ST_CONNECT_REQUEST, false);

	(void)state;
	walk(&r, ack, reach_outcome);
	rest(&r);
}

/* SIG-T3, T10, T11 */
static void
answers_to_release_and_to_modification_stop_their_timers(void **state)
{
	static const struct step released[] = {
		{ 29999, UNI_MT_RELEASE, REACH_CAUSE, "0 ^complete" },
		{ 0 },
	};
	static const struct step completed[] = {
		{ 29999, UNI_MT_RELEASE_COMPLETE, "", "0 ^complete" },
		{ 0 },
	};
	static const struct step agreed[] = {
		{ 29999, UNI_MT_MODIFY_ACK, "", "10 ^modified" },
		{ 0 },
	};
	static const struct step refused[] = {
		{ 29999, UNI_MT_MODIFY_REJECT, REACH_CAUSE, "10 ^modify_refused" },
		{ 0 },
	};
	static const struct step available[] = {
		{ 19999, UNI_MT_CONNECTION_AVAILABLE, "", "10 ^modify_confirmed" },
		{ 0 },
	};
	int side;

	(void)state;
	for (side = USER; side <= NETWORK; side++) {
		uint8_t sent = side == USER ? UNI_ST_RELEASE_REQUEST : UNI_ST_RELEASE_INDICATION;
		const struct {
			uint8_t state;
			bool ours;
			const struct step *steps;
		} cases[] = {
			{ sent, true, released },
			{ sent, true, completed },
			{ UNI_ST_MODIFY_REQUEST, true, agreed },
			{ UNI_ST_MODIFY_REQUEST, true, refused },
			{ REACH_T361, false, available },
		};
		size_t i;

		for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
			struct reach r = reach_call(side, cases[i].state, cases[i].ours);

			walk(&r, cases[i].steps, reach_outcome);
			rest(&r);
		}
	}
}

/* SIG-T12, T13, T14 */
static void
each_answer_about_a_party_stops_its_timer(void **state)
{
	static const struct step joins[] = {
		{ 13999, UNI_MT_PARTY_ALERTING, REACH_PARTY, "7 ^party_alerting" },
		{ 179999, UNI_MT_ADD_PARTY_ACK, REACH_PARTY, "10 ^party_added" },
		{ 0 },
	};
	static const struct step at_once[] = {
		{ 13999, UNI_MT_ADD_PARTY_ACK, REACH_PARTY, "10 ^party_added" },
		{ 0 },
	};
	static const struct step rejected[] = {
		{ 13999, UNI_MT_ADD_PARTY_REJECT, REACH_CAUSE REACH_PARTY, "0 ^party_refused" },
		{ 0 },
	};
	static const struct step dropped[] = {
		{ 3999, UNI_MT_DROP_PARTY_ACK, REACH_PARTY, "0 ^party_complete" },
		{ 0 },
	};
	static const struct step crossed[] = {
		{ 3999, UNI_MT_DROP_PARTY, REACH_CAUSE REACH_PARTY, "0 ^party_complete" },
		{ 0 },
	};
	static const struct {
		uint8_t state;
		const struct step *steps;
	} cases[] = {
		{ UNI_PARTY_INITIATED, joins },
		{ UNI_PARTY_INITIATED, at_once },
		{ UNI_PARTY_INITIATED, rejected },
		{ UNI_PARTY_DROP_INITIATED, dropped },
		{ UNI_PARTY_DROP_INITIATED, crossed },
	};
	int side;
	size_t i;

	(void)state;
	for (side = USER; side <= NETWORK; side++) {
		for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
			struct reach r = reach_multi(side, UNI_ST_ACTIVE, true);

			reach_party(&r, cases[i].state);
			walk(&r, cases[i].steps, reach_party_outcome);
			rest(&r);
		}
	}
}

/* SIG-T2, T3: the clock of what waits for the transport has not begun */
static void
timers_of_what_is_sent_begin_when_it_is_handed_over(void **state)
{
	int side;

	(void)state;
	for (side = USER; side <= NETWORK; side++) {
		struct reach r = reach_call(side, UNI_ST_ACTIVE, true);
		uni_call_t second = pair_call(r.p, side);

		pair_close(r.p, side, r.call, UNI_CAUSE_NORMAL);
		reach_wait(&r, LONG_MS);
		assert_int_equal(r.e->n_told[TOLD_GONE] + r.e->n_told[TOLD_COMPLETE], 0);
		reach_look(&r);
		reach_wait(&r, 3999);
		pair_pull(r.p, side);
		assert_int_equal(r.p->n, r.n_said);
		reach_wait(&r, 1);
		pair_pull(r.p, side);
		assert_string_equal(
			pair_said_last(r.p) + 2, side == USER ? "SETUP" : "SETUP vc 0/33");
		assert_int_equal(pair_state(r.p, side, second),
			side == USER ? UNI_ST_INITIATED : UNI_ST_PRESENT);
		reach_end(&r);
	}
}

/* SIG-T2, T3: the answer to the first finds the second still waiting for the transport */
static void
what_was_to_be_said_again_is_not_said_after_its_answer(void **state)
{
	static const struct {
		uint8_t type;
		const char *elements;
		const char *outcome[2];
	} answers[] = {
		{ UNI_MT_CALL_PROCEEDING, REACH_CONNID, { "3 ^proceeding", "9 ^proceeding" } },
		{ UNI_MT_CONNECT, REACH_CONNID,
			{ "10 CONNECT_ACK ^connected", "10 CONNECT_ACK ^connected" } },
		{ UNI_MT_RELEASE_COMPLETE, REACH_CAUSE, { "0 ^gone", "0 ^gone" } },
		{ UNI_MT_RELEASE, REACH_CAUSE, { "12 ^released", "11 ^released" } },
	};
	struct reach r;
	size_t i;
	int side;

	(void)state;
	for (side = USER; side <= NETWORK; side++) {
		for (i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
			r = reach_call(
				side, side == USER ? UNI_ST_INITIATED : UNI_ST_PRESENT, true);
			reach_wait(&r, 4000);
			reach_receive(&r, answers[i].type, 0x80, answers[i].elements);
			assert_string_equal(reach_outcome(&r), answers[i].outcome[side]);
			reach_end(&r);
		}
		for (i = 2; i < sizeof(answers) / sizeof(answers[0]); i++) {
			r = reach_call(side,
				side == USER ? UNI_ST_RELEASE_REQUEST : UNI_ST_RELEASE_INDICATION,
				true);
			reach_wait(&r, 30000);
			reach_receive(&r, answers[i].type, 0x80, answers[i].elements);
			assert_string_equal(reach_outcome(&r), "0 ^complete");
			reach_end(&r);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_timer_of_a_call_runs_out_as_its_row_says),
		cmocka_unit_test(an_offer_that_the_loop_came_back_to_too_late_is_refused_with_18),
		cmocka_unit_test(an_offer_without_an_answer_is_proceeding_at_the_end_of_its_turn),
		cmocka_unit_test(every_timer_of_a_party_runs_out_as_its_row_says),
		cmocka_unit_test(each_answer_to_a_caller_stops_one_timer_and_starts_the_next),
		cmocka_unit_test(an_answer_that_comes_early_stops_what_runs),
		cmocka_unit_test(connect_acknowledge_stops_t313),
		cmocka_unit_test(answers_to_release_and_to_modification_stop_their_timers),
		cmocka_unit_test(each_answer_about_a_party_stops_its_timer),
		cmocka_unit_test(what_was_to_be_said_again_is_not_said_after_its_answer),
		cmocka_unit_test(timers_of_what_is_sent_begin_when_it_is_handed_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
