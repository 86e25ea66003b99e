/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "pair.h"

#include <cmocka.h>

#define T322_MS 4000u
#define T308_MS 30000u
#define OUTSTANDING 256u

static struct pair *
up(void)
{
	struct pair *p = pair_create(NULL);

	pair_up(p);
	return p;
}

static struct pair *
up_for(uint32_t n_calls)
{
	const struct pair_config config = { .n_calls = n_calls };
	struct pair *p = pair_create(&config);

	pair_up(p);
	return p;
}

static int
enquire(struct pair *p, int side, uni_call_t call, uni_party_t party)
{
	return uni_call_enquire(p->end[side].u, call, party, p->now_ns);
}

static uint32_t
n_asked(struct pair *p, int side)
{
	return pair_count(p, side, UNI_MT_STATUS_ENQUIRY);
}

static uint32_t
n_timers(struct pair *p, int side)
{
	struct uni_census census;

	uni_census(p->end[side].u, &census);
	return census.n_timers;
}

static struct uni_link_stats
stats_of(struct pair *p, int side)
{
	struct uni_link_stats stats;

	uni_link_stats(p->end[side].l, &stats);
	return stats;
}

/* All that is gone must be gone. */
static void
end_clean(struct pair *p)
{
	pair_settle(p);
	assert_true(pair_is_clean(p));
	pair_destroy(p);
}

/* ---- One enquiry. ---- */

/* SIG-88, SIG-89, SIG-92 */
static void
an_enquiry_is_answered_with_the_state_which_is_told_and_kept(void **state)
{
	struct pair *p = up();
	uni_call_t call = pair_call_up(p, USER);
	struct uni_call_info info;

	(void)state;
	assert_int_equal(uni_call_query(p->end[USER].u, call, &info), 0);
	assert_int_equal(info.told_cause, 0);
	assert_int_equal(enquire(p, USER, call, 0), 0);
	pair_settle(p);
	assert_string_equal(pair_said(p, p->n - 2), "U STATUS_ENQUIRY");
	assert_string_equal(pair_said_last(p), "N STATUS state 10 30");
	assert_int_equal(p->end[USER].n_told[TOLD_STATUS], 1);
	assert_int_equal(p->end[USER].cookie, 4711);
	assert_int_equal(p->end[USER].status.state, UNI_ST_ACTIVE);
	assert_int_equal(p->end[USER].status.cause, UNI_CAUSE_STATUS_RESPONSE);
	assert_int_equal(uni_call_query(p->end[USER].u, call, &info), 0);
	assert_int_equal(info.told_cause, UNI_CAUSE_STATUS_RESPONSE);
	assert_int_equal(info.told_state, UNI_ST_ACTIVE);
	assert_int_equal(n_timers(p, USER), 0);
	pair_close(p, USER, call, UNI_CAUSE_NORMAL);
	end_clean(p);
}

/* SIG-89 */
static void
a_call_has_one_enquiry_outstanding_at_a_time(void **state)
{
	struct pair *p = up();
	uni_call_t call = pair_call_up(p, USER);

	(void)state;
	assert_int_equal(enquire(p, USER, call, 0), 0);
	assert_int_equal(enquire(p, USER, call, 0), -EBUSY);
	pair_up(p); /* nor does an audit ask twice */
	pair_settle(p);
	assert_int_equal(n_asked(p, USER), 1);
	assert_int_equal(enquire(p, USER, call, 0), 0);
	pair_settle(p);
	assert_int_equal(n_asked(p, USER), 2);
	pair_destroy(p);
}

/* SIG-T9 */
static void
silence_is_asked_once_more_and_then_released_with_41(void **state)
{
	struct pair *p = up();
	uni_call_t call = pair_call_up(p, USER);

	(void)state;
	p->end[NETWORK].deaf = true;
	assert_int_equal(enquire(p, USER, call, 0), 0);
	pair_run(p, T322_MS - 1);
	assert_int_equal(n_asked(p, USER), 1);
	pair_run(p, 2);
	assert_int_equal(n_asked(p, USER), 2);
	pair_run(p, T322_MS - 2);
	assert_int_equal(pair_state(p, USER, call), UNI_ST_ACTIVE);
	p->end[NETWORK].deaf = false;
	pair_run(p, 3);
	assert_string_equal(pair_said_last(p), "U RELEASE 41");
	assert_int_equal(p->end[USER].n_told[TOLD_GONE], 1);
	assert_int_equal(p->end[USER].cause, UNI_CAUSE_TEMPORARY_FAILURE);
	assert_int_equal(stats_of(p, USER).enquiries, 1);
	assert_int_equal(stats_of(p, USER).enquiries_unanswered, 1);
	end_clean(p);
}

/* SIG-89, SIG-93: and change nothing else */
static void
causes_30_and_97_to_101_stop_t322_and_others_do_not(void **state)
{
	static const struct {
		uint8_t cause;
		bool stops;
	} cases[] = { { 30, true }, { 96, false }, { 97, true }, { 99, true }, { 100, true },
		{ 101, true }, { 102, false }, { 31, false } };
	char hex[64];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct pair *p = up();
		uni_call_t call = pair_call_up(p, USER);

		p->end[NETWORK].deaf = true;
		assert_int_equal(enquire(p, USER, call, 0), 0);
		pair_run(p, 10);
		snprintf(hex, sizeof(hex), "09038000017d80000b148000010a0880000280%02x",
			0x80 | cases[i].cause);
		pair_inject(p, USER, hex);
		assert_int_equal(n_timers(p, USER), cases[i].stops ? 0 : 1);
		pair_run(p, T322_MS);
		assert_int_equal(n_asked(p, USER), cases[i].stops ? 1 : 2);
		assert_int_equal(pair_state(p, USER, call), UNI_ST_ACTIVE);
		pair_destroy(p);
	}
}

/* SIG-T1, SIG-T9 */
static void
t322_runs_beside_the_timer_of_the_call(void **state)
{
	struct pair *p = up();
	uni_call_t call;

	(void)state;
	p->end[NETWORK].on_offer = PAIR_ALERT;
	call = pair_call(p, USER);
	pair_run(p, 20);
	assert_int_equal(pair_state(p, USER, call), UNI_ST_DELIVERED);
	assert_int_equal(enquire(p, USER, call, 0), 0);
	pair_run(p, 1);
	assert_int_equal(n_timers(p, USER), 2);
	pair_run(p, 20);
	assert_int_equal(n_timers(p, USER), 1);
	pair_run(p, 179000);
	assert_int_equal(pair_state(p, USER, call), UNI_ST_DELIVERED);
	pair_run(p, 1000);
	assert_int_equal(p->end[USER].cause, UNI_CAUSE_NO_ANSWER);
	end_clean(p);
}

/* SIG-65 */
static void
t322_stops_when_the_call_is_cleared(void **state)
{
	struct pair *p = up();
	uni_call_t call = pair_call_up(p, USER);

	(void)state;
	p->end[NETWORK].deaf = true;
	assert_int_equal(enquire(p, USER, call, 0), 0);
	pair_run(p, 10);
	p->end[NETWORK].deaf = false;
	pair_close(p, USER, call, UNI_CAUSE_NORMAL);
	pair_run(p, 1);
	assert_int_equal(n_timers(p, USER), 1); /* T308 */
	pair_run(p, 3 * T322_MS);
	assert_int_equal(n_asked(p, USER), 1);
	end_clean(p);
}

/* SIG-65: what was not sent yet is not sent any more */
static void
an_enquiry_that_waits_for_credit_goes_with_its_call(void **state)
{
	struct pair *p = up();
	uni_call_t call = pair_call_up(p, USER);

	(void)state;
	p->end[USER].no_credit = true;
	assert_int_equal(enquire(p, USER, call, 0), 0);
	pair_run(p, 3 * T322_MS); /* T322 starts when it is handed over */
	assert_int_equal(pair_state(p, USER, call), UNI_ST_ACTIVE);
	pair_close(p, USER, call, UNI_CAUSE_NORMAL);
	p->end[USER].no_credit = false;
	pair_settle(p);
	assert_int_equal(n_asked(p, USER), 0);
	end_clean(p);
}

static void
what_cannot_be_asked_about_is_refused(void **state)
{
	struct pair *p = up();
	uni_call_t call = pair_call(p, USER);

	(void)state;
	assert_int_equal(enquire(p, USER, call, 0), -EPROTO); /* the peer has not heard of it */
	pair_settle(p);
	assert_int_equal(enquire(p, USER, call, 77), -ESTALE);
	pair_close(p, USER, call, UNI_CAUSE_NORMAL);
	assert_int_equal(enquire(p, USER, call, 0), -EPROTO);
	pair_settle(p);
	assert_int_equal(enquire(p, USER, call, 0), -ESTALE);
	call = pair_call_up(p, USER);
	pair_down(p);
	assert_int_equal(enquire(p, USER, call, 0), -ENETDOWN);
	pair_destroy(p);
}

/* SIG-88 */
static void
an_enquiry_about_a_party_names_it_and_so_does_the_answer(void **state)
{
	struct pair *p = up();
	uni_call_t call = pair_multipoint_up(p, USER);
	uni_party_t party = pair_add_up(p, USER, call);

	(void)state;
	assert_int_equal(enquire(p, USER, call, party), 0);
	pair_settle(p);
	assert_string_equal(pair_said(p, p->n - 2), "U STATUS_ENQUIRY party 1");
	assert_string_equal(pair_said_last(p), "N STATUS state 10 30 party 1 in 10");
	assert_int_equal(p->end[USER].n_told[TOLD_STATUS], 1);
	assert_int_equal(p->end[USER].party, party);
	assert_int_equal(p->end[USER].cookie, 4712);
	assert_int_equal(p->end[USER].status.party_state, UNI_PARTY_ACTIVE);
	assert_int_equal(n_timers(p, USER), 0);
	pair_close(p, USER, call, UNI_CAUSE_NORMAL);
	end_clean(p);
}

/* SIG-94 */
static void
a_party_that_nobody_knows_here_is_dropped_there_with_101(void **state)
{
	/* STATUS, state 10, cause 30, endpoint 5 in some state */
	static const char *const text =
		"09038000%02x7d800017148000010a08800002809e5480000300800555800001%02x";
	struct pair *p = up();
	char hex[160];
	uint32_t n;
	int multipoint;

	(void)state;
	for (multipoint = 0; multipoint < 2; multipoint++) {
		uni_call_t call = multipoint ? pair_multipoint_up(p, USER) : pair_call_up(p, USER);

		p->end[NETWORK].deaf = true;
		snprintf(hex, sizeof(hex), text, multipoint + 1, UNI_PARTY_ACTIVE);
		pair_inject(p, USER, hex);
		assert_string_equal(pair_said_last(p), "U DROP_PARTY_ACK 101 party 5");
		n = p->n;
		snprintf(hex, sizeof(hex), text, multipoint + 1, UNI_PARTY_NULL);
		pair_inject(p, USER, hex);
		assert_int_equal(p->n, n);
		assert_int_equal(pair_state(p, USER, call), UNI_ST_ACTIVE);
		p->end[NETWORK].deaf = false;
		pair_close(p, USER, call, UNI_CAUSE_NORMAL);
		pair_settle(p);
	}
	end_clean(p);
}

/* ---- The audit. ---- */

/* SIG-98 */
static void
a_link_that_is_back_has_all_its_calls_and_parties_asked_about(void **state)
{
	struct pair *p = up();
	uni_call_t many = pair_multipoint_up(p, USER);
	int i;

	(void)state;
	for (i = 0; i < 5; i++) {
		pair_call_up(p, i % 2);
		pair_add_up(p, USER, many);
	}
	pair_down(p);
	pair_run(p, 1000);
	pair_up(p);
	pair_settle(p);
	assert_int_equal(n_asked(p, USER), 5 + 6);
	assert_int_equal(n_asked(p, NETWORK), 5 + 6);
	assert_int_equal(p->end[USER].n_told[TOLD_STATUS], 5 + 6);
	assert_int_equal(stats_of(p, USER).audits, 1);
	assert_int_equal(p->end[USER].n_told[TOLD_AUDITED], 1);
	assert_int_equal(p->end[USER].audited.n_asked, 5 + 6);
	assert_int_equal(p->end[USER].audited.n_cleared, 0);
	assert_int_equal(stats_of(p, USER).enquiries, 5 + 6);
	assert_int_equal(n_timers(p, USER), 0);
	assert_int_equal(stats_of(p, USER).n_active, 6);
	pair_run(p, 3 * T308_MS); /* all is well: nobody asks again */
	assert_int_equal(n_asked(p, USER), 5 + 6);
	pair_destroy(p);
}

/* SIG-100 */
static void
a_recovery_has_all_calls_asked_about_but_those_being_cleared(void **state)
{
	struct pair *p = up();
	uni_call_t clearing = pair_call_up(p, USER);

	(void)state;
	pair_call_up(p, USER);
	pair_call_up(p, USER);
	p->end[NETWORK].on_released = PAIR_WAIT;
	p->end[NETWORK].on_offer = PAIR_ALERT;
	pair_call(p, USER);
	pair_close(p, USER, clearing, UNI_CAUSE_NORMAL);
	pair_settle(p);
	pair_up(p);
	pair_settle(p);
	assert_int_equal(n_asked(p, USER), 3);
	assert_int_equal(n_asked(p, NETWORK), 3);
	assert_int_equal(stats_of(p, USER).n_calls, 4);
	assert_int_equal(p->end[NETWORK].n_told[TOLD_GONE], 0);
	pair_destroy(p);
}

/* SIG-95 */
static void
at_most_256_enquiries_are_outstanding_and_each_call_gets_its_turn(void **state)
{
	struct pair *p = up_for(600);
	uint32_t i;

	(void)state;
	for (i = 0; i < 600; i++)
		pair_call_up(p, i % 2);
	p->end[NETWORK].no_credit = true;
	pair_up(p);
	pair_run(p, T322_MS / 2);
	assert_in_range(n_asked(p, USER), OUTSTANDING / 2, OUTSTANDING);
	assert_int_equal(enquire(p, USER, p->end[USER].call, 0), 0); /* a last one has room */
	pair_run(p, 1);
	assert_in_range(n_asked(p, USER), OUTSTANDING / 2, OUTSTANDING);
	p->end[NETWORK].no_credit = false;
	pair_run(p, T322_MS);
	assert_int_equal(stats_of(p, USER).enquiries, 600 + 1);
	assert_int_equal(stats_of(p, NETWORK).enquiries, 600);
	assert_int_equal(p->end[USER].n_told[TOLD_STATUS], 600 + 1);
	assert_int_equal(stats_of(p, USER).n_active, 600);
	assert_int_equal(stats_of(p, USER).enquiries_unanswered, 0);
	pair_destroy(p);
}

/* SIG-95: a slice is short */
static void
an_audit_goes_in_slices(void **state)
{
	struct pair *p = up_for(600);
	uint32_t i, n;

	(void)state;
	for (i = 0; i < 600; i++)
		pair_call_up(p, USER);
	p->turn_max = 2;
	pair_up(p);
	for (i = 0; i < 10; i++) {
		n = n_asked(p, USER);
		pair_run(p, 0);
		assert_in_range(n_asked(p, USER) - n, 1, 8);
	}
	pair_run(p, 2000);
	assert_int_equal(n_asked(p, USER), 600);
	pair_destroy(p);
}

/* SIG-98: an audit that the next outage ends begins anew */
static void
a_link_that_fails_during_the_audit_is_audited_again(void **state)
{
	struct pair *p = up_for(600);
	uint32_t i;

	(void)state;
	for (i = 0; i < 600; i++)
		pair_call_up(p, USER);
	pair_down(p);
	pair_up(p);
	pair_run(p, 2);
	assert_in_range(n_asked(p, USER), 1, OUTSTANDING);
	pair_down(p);
	assert_int_equal(n_timers(p, USER), 0);
	pair_run(p, 3 * T322_MS / 2);
	i = n_asked(p, USER);
	pair_up(p);
	pair_run(p, 1000);
	assert_int_equal(n_asked(p, USER), i + 600);
	assert_int_equal(stats_of(p, USER).n_active, 600);
	pair_destroy(p);
}

static bool
lose_all(void *arg, const struct pair_message *m)
{
	(void)arg;
	(void)m;
	return true;
}

/* SIG-100, SIG-T9: it is not the peer who is silent */
static void
recoveries_in_quick_succession_release_no_call(void **state)
{
	struct pair *p = up();
	int i;

	(void)state;
	pair_call_up(p, USER);
	p->lose = lose_all;
	for (i = 0; i < 20; i++) {
		pair_up(p);
		pair_run(p, 3 * T322_MS / 2); /* once it has expired each time */
	}
	p->lose = NULL;
	pair_up(p);
	pair_run(p, 2 * T322_MS);
	assert_int_equal(stats_of(p, USER).n_active, 1);
	assert_int_equal(n_timers(p, USER), 0);
	pair_destroy(p);
}

static uint8_t
told_cause(struct pair *p, uni_call_t call)
{
	struct uni_call_info info;

	assert_int_equal(uni_call_query(p->end[USER].u, call, &info), 0);
	return info.told_cause;
}

/* SIG-95: each gets its turn all the same */
static void
an_audit_that_is_interrupted_goes_on_where_it_was(void **state)
{
	struct pair *p = up_for(600);
	uni_call_t calls[600];
	uint32_t i;

	(void)state;
	for (i = 0; i < 600; i++)
		calls[i] = pair_call_up(p, USER);
	p->turn_max = 2;
	for (i = 0; i < 10; i++) {
		pair_up(p);
		pair_run(p, 15);
	}
	pair_run(p, 20000); /* slowly */
	for (i = 0; i < 600; i++)
		assert_int_equal(told_cause(p, calls[i]), UNI_CAUSE_STATUS_RESPONSE);
	pair_destroy(p);
}

/* SIG-122, SIG-44, SIG-101 */
static void
what_is_set_aside_is_asked_about_until_the_peer_has_let_go(void **state)
{
	struct pair *p = up();
	uni_call_t call = pair_call_up(p, USER);
	uint32_t n;

	(void)state;
	p->end[NETWORK].deaf = true;
	pair_close(p, USER, call, UNI_CAUSE_NORMAL);
	pair_run(p, 2 * T308_MS + 10);
	assert_int_equal(stats_of(p, USER).n_set_aside, 1);
	p->end[NETWORK].deaf = false;
	n = p->n;
	pair_run(p, T308_MS + 20);
	assert_string_equal(pair_said(p, n), "U STATUS_ENQUIRY");
	assert_string_equal(pair_said(p, n + 1), "N STATUS state 10 30");
	assert_string_equal(pair_said(p, n + 2), "U RELEASE_COMPLETE 101/7d");
	assert_int_equal(p->end[NETWORK].n_told[TOLD_GONE], 1);
	assert_int_equal(stats_of(p, USER).n_set_aside, 1);
	pair_run(p, T308_MS + 20);
	assert_string_equal(pair_said(p, n + 3), "U STATUS_ENQUIRY");
	assert_string_equal(pair_said(p, n + 4), "N STATUS state 0 30");
	assert_int_equal(stats_of(p, USER).n_set_aside, 0);
	assert_int_equal(stats_of(p, USER).labels_proven, 1);
	n = p->n;
	pair_run(p, 3 * T308_MS);
	assert_int_equal(p->n, n);
	end_clean(p);
}

/* SIG-122, SIG-R2: its acknowledgement brings all of it back at once, or proves nothing */
static void
what_our_restart_has_set_aside_is_asked_about_when_that_is_over(void **state)
{
	struct pair *p = up();

	(void)state;
	pair_call_up(p, USER);
	p->end[NETWORK].deaf = true;
	assert_int_equal(uni_link_restart(p->end[USER].l, UNI_RESTART_ALL, 0, p->now_ns), 0);
	pair_run(p, 239000); /* T316 twice */
	assert_int_equal(stats_of(p, USER).n_set_aside, 1);
	assert_int_equal(n_asked(p, USER), 0);
	pair_run(p, 1000 + T308_MS + 100);
	assert_true(n_asked(p, USER) > 0);
	pair_destroy(p);
}

/* SIG-122, SIG-65 */
static void
a_release_complete_81_ends_the_question_about_what_is_set_aside(void **state)
{
	struct pair *p = up();
	uni_call_t call = pair_call_up(p, USER);

	(void)state;
	p->end[NETWORK].deaf = true;
	pair_close(p, USER, call, UNI_CAUSE_NORMAL);
	pair_run(p, 3 * T308_MS + 100);
	assert_int_equal(n_asked(p, USER), 1);
	assert_int_equal(n_timers(p, USER), 1); /* T322 */
	pair_inject(p, USER, "09038000015a8000060880000280d1");
	assert_int_equal(stats_of(p, USER).n_set_aside, 0);
	assert_int_equal(n_timers(p, USER), 0);
	pair_destroy(p);
}

static bool
lose_status(void *arg, const struct pair_message *m)
{
	(void)arg;
	return m->octets[5] == UNI_MT_STATUS;
}

/* SIG-98: the others of its call are asked about all the same */
static void
a_party_that_leaves_while_it_is_asked_about_makes_room_for_the_next(void **state)
{
	struct pair *p = up();
	uni_call_t call = pair_multipoint_up(p, USER);
	uni_party_t first = uni_party_next(p->end[USER].u, call, 0);
	int i;

	(void)state;
	for (i = 0; i < 3; i++)
		pair_add_up(p, USER, call);
	p->lose = lose_status;
	pair_up(p);
	pair_run(p, 20);
	assert_int_equal(n_asked(p, USER), 1);
	pair_drop(p, USER, first, UNI_CAUSE_NORMAL);
	pair_run(p, 20);
	assert_int_equal(p->end[USER].n_told[TOLD_PARTY_COMPLETE], 1);
	p->lose = NULL;
	pair_run(p, T322_MS + 100);
	assert_int_equal(p->end[USER].n_told[TOLD_STATUS], 3);
	assert_int_not_equal(p->end[USER].party, 0);
	assert_int_equal(n_timers(p, USER), 0);
	pair_close(p, USER, call, UNI_CAUSE_NORMAL);
	end_clean(p);
}

/* SIG-T9, SIG-122: silence proves nothing */
static void
what_is_set_aside_stays_so_while_the_peer_is_silent(void **state)
{
	struct pair *p = up();
	uni_call_t call = pair_call_up(p, NETWORK);

	(void)state;
	p->end[USER].deaf = true;
	pair_close(p, NETWORK, call, UNI_CAUSE_NORMAL);
	pair_run(p, 2 * T308_MS + 3 * (T308_MS + 2 * T322_MS));
	assert_in_range(n_asked(p, NETWORK), 4, 8);
	assert_int_equal(stats_of(p, NETWORK).n_set_aside, 1);
	pair_destroy(p);
}

/* SIG-90, SIG-98 */
static void
a_call_that_the_peer_has_closed_in_the_outage_ends_with_41(void **state)
{
	struct pair *p = up();
	uni_call_t call = pair_call_up(p, USER), theirs = p->end[NETWORK].call;

	(void)state;
	pair_down(p);
	pair_close(p, NETWORK, theirs, UNI_CAUSE_NORMAL);
	pair_up(p);
	pair_run(p, 20);
	assert_int_equal(pair_state(p, USER, call), UNI_ST_COUNT);
	assert_int_equal(p->end[USER].cause, UNI_CAUSE_TEMPORARY_FAILURE);
	assert_int_equal(stats_of(p, USER).enquiries_cleared, 1);
	assert_int_equal(p->end[USER].n_told[TOLD_AUDITED], 1);
	assert_int_equal(p->end[USER].audited.n_asked, 1);
	assert_int_equal(p->end[USER].audited.n_cleared, 1);
	pair_run(p, T308_MS + 100);
	end_clean(p);
}

/* SIG-88: nothing that the peer might do without takes the place of an answer to it */
static void
an_enquiry_is_answered_in_a_storm_of_bad_messages(void **state)
{
	struct pair *p = up();
	uint32_t i;

	(void)state;
	pair_call_up(p, USER);
	p->end[NETWORK].no_credit = true;
	for (i = 0; i < 300; i++) /* RELEASE without a call: RELEASE COMPLETE 81 */
		pair_inject(p, NETWORK, "09030000094d800000");
	for (i = 0; i < OUTSTANDING; i++)
		pair_inject(p, NETWORK, "090300000175800000");
	assert_int_equal(stats_of(p, NETWORK).answers_dropped, 300 - 256);
	p->end[NETWORK].no_credit = false;
	p->end[USER].deaf = true;
	pair_settle(p);
	assert_int_equal(pair_count(p, NETWORK, UNI_MT_STATUS), OUTSTANDING);
	pair_destroy(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_enquiry_is_answered_with_the_state_which_is_told_and_kept),
		cmocka_unit_test(a_call_has_one_enquiry_outstanding_at_a_time),
		cmocka_unit_test(silence_is_asked_once_more_and_then_released_with_41),
		cmocka_unit_test(causes_30_and_97_to_101_stop_t322_and_others_do_not),
		cmocka_unit_test(t322_runs_beside_the_timer_of_the_call),
		cmocka_unit_test(t322_stops_when_the_call_is_cleared),
		cmocka_unit_test(an_enquiry_that_waits_for_credit_goes_with_its_call),
		cmocka_unit_test(what_cannot_be_asked_about_is_refused),
		cmocka_unit_test(an_enquiry_about_a_party_names_it_and_so_does_the_answer),
		cmocka_unit_test(a_party_that_nobody_knows_here_is_dropped_there_with_101),
		cmocka_unit_test(a_link_that_is_back_has_all_its_calls_and_parties_asked_about),
		cmocka_unit_test(a_recovery_has_all_calls_asked_about_but_those_being_cleared),
		cmocka_unit_test(at_most_256_enquiries_are_outstanding_and_each_call_gets_its_turn),
		cmocka_unit_test(an_audit_goes_in_slices),
		cmocka_unit_test(a_link_that_fails_during_the_audit_is_audited_again),
		cmocka_unit_test(recoveries_in_quick_succession_release_no_call),
		cmocka_unit_test(an_audit_that_is_interrupted_goes_on_where_it_was),
		cmocka_unit_test(what_is_set_aside_is_asked_about_until_the_peer_has_let_go),
		cmocka_unit_test(what_is_set_aside_stays_so_while_the_peer_is_silent),
		cmocka_unit_test(what_our_restart_has_set_aside_is_asked_about_when_that_is_over),
		cmocka_unit_test(a_release_complete_81_ends_the_question_about_what_is_set_aside),
		cmocka_unit_test(
			a_party_that_leaves_while_it_is_asked_about_makes_room_for_the_next),
		cmocka_unit_test(a_call_that_the_peer_has_closed_in_the_outage_ends_with_41),
		cmocka_unit_test(an_enquiry_is_answered_in_a_storm_of_bad_messages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
