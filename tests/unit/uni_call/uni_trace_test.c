/* SPDX-License-Identifier: BSD-3-Clause */
/* What is told for the record of a call. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "pair.h"

#include <cmocka.h>

#define LINES 64

struct record {
	enum uni_role role;
	struct uni_recorder recorder;
	struct uni_trace entries[LINES];
	uint64_t from; /* what is before was looked at */
};

static void
print_state(
	char *out, size_t size, const struct record *r, const struct uni_trace *t, uint8_t state)
{
	snprintf(out, size, "%s",
		state == UNI_TRACE_NONE ? "-"
		: (t->reference & UNI_TRACE_F_PARTY) != 0
			? uni_party_state_name((enum uni_party_state)state)
			: uni_call_state_name(r->role, (enum uni_call_state)state));
}

static void
print(const struct record *r, const struct uni_trace *t, char *out, size_t size)
{
	static const char *const kinds[] = { "->", "<-", "T" };
	char name[32], before[8], after[8];

	if (t->kind == UNI_TRACE_EXPIRED)
		snprintf(name, sizeof(name), "%u", UNI_TRACE_TIMER_BASE + t->what);
	else
		snprintf(name, sizeof(name), " %s", uni_msg_name(t->what));
	print_state(before, sizeof(before), r, t, t->before);
	print_state(after, sizeof(after), r, t, t->after);
	snprintf(out, size, "%s%s %s %s%s", kinds[t->kind], name, before, after,
		(t->reference & UNI_TRACE_F_AGAIN) != 0 ? " again" : "");
}

static struct pair *
recorded(struct record records[2])
{
	struct pair *p = pair_create(NULL);
	struct record *r;
	int side;

	memset(records, 0, 2 * sizeof(records[0]));
	pair_up(p);
	for (side = 0; side < 2; side++) {
		r = &records[side];
		r->role = side == USER ? UNI_ROLE_USER : UNI_ROLE_NETWORK;
		r->recorder = (struct uni_recorder){
			.next = r->entries, .entries = r->entries, .limit = r->entries + LINES
		};
		uni_link_record(p->end[side].l, &r->recorder, (uint8_t)side);
	}
	return p;
}

static void
forget(struct record *r)
{
	r->from = uni_recorder_end(&r->recorder);
}

static const struct uni_trace *
last(const struct record *r)
{
	return uni_recorder_at(&r->recorder, uni_recorder_end(&r->recorder) - 1);
}

static void
assert_line(const struct record *r, uint64_t number, const char *expected)
{
	char line[64];

	assert_true(number < uni_recorder_end(&r->recorder));
	print(r, uni_recorder_at(&r->recorder, number), line, sizeof(line));
	assert_string_equal(line, expected);
}

static void
assert_record(const struct record *r, const char *const *lines, uint32_t n)
{
	uint32_t i;

	assert_int_equal(uni_recorder_begin(&r->recorder), 0);
	for (i = 0; i < n; i++)
		assert_line(r, r->from + i, lines[i]);
	assert_int_equal(uni_recorder_end(&r->recorder) - r->from, n);
}

#define ASSERT_RECORD(r, ...)                                                                      \
	do {                                                                                       \
		static const char *const lines[] = { __VA_ARGS__ };                                \
		assert_record(r, lines, sizeof(lines) / sizeof(lines[0]));                         \
	} while (0)

/* SIG-U1, U4, U10, SIG-N1, N5, SIG-C1..C6 */
static void
a_call_is_told_message_for_message_with_the_states_that_it_leads_to(void **state)
{
	struct record r[2];
	struct pair *p = recorded(r);
	uni_call_t call = pair_call_up(p, USER);

	(void)state;
	pair_close(p, USER, call, UNI_CAUSE_NORMAL);
	pair_settle(p);
	ASSERT_RECORD(&r[USER], "-> SETUP U1 U1", "<- CONNECT U1 U10", "-> CONNECT_ACK U10 U10",
		"-> RELEASE U11 U11", "<- RELEASE_COMPLETE U11 U0");
	ASSERT_RECORD(&r[NETWORK], "<- SETUP - N1", "-> CONNECT N10 N10", "<- CONNECT_ACK N10 N10",
		"<- RELEASE N10 N11", "-> RELEASE_COMPLETE N0 N0");
	pair_destroy(p);
}

/* A record that had the effect first could not be read. */
static void
what_came_is_told_before_what_it_leads_to(void **state)
{
	struct record r[2];
	struct pair *p = recorded(r);

	(void)state;
	p->end[NETWORK].on_offer = PAIR_REFUSE;
	pair_call(p, USER);
	pair_settle(p);
	ASSERT_RECORD(&r[NETWORK], "<- SETUP - N1", "-> RELEASE_COMPLETE N0 N0");
	assert_int_equal(last(&r[NETWORK])->cause, UNI_CAUSE_USER_BUSY);
	ASSERT_RECORD(&r[USER], "-> SETUP U1 U1", "<- RELEASE_COMPLETE U1 U0");
	assert_int_equal(last(&r[USER])->cause, UNI_CAUSE_USER_BUSY);
	pair_destroy(p);
}

/* SIG-T2, SIG-T4, SIG-C7 */
static void
timers_and_what_is_sent_again_are_told(void **state)
{
	struct record r[2];
	struct pair *p = recorded(r);
	uni_call_t call;

	(void)state;
	p->end[NETWORK].deaf = true;
	pair_call(p, USER);
	pair_run(p, 8100);
	ASSERT_RECORD(
		&r[USER], "-> SETUP U1 U1", "T303 U1 U1", "-> SETUP U1 U1 again", "T303 U1 U1");
	p->end[NETWORK].deaf = false;
	pair_settle(p);
	call = pair_call_up(p, USER);
	p->end[NETWORK].deaf = true;
	forget(&r[USER]);
	pair_close(p, USER, call, UNI_CAUSE_NORMAL);
	pair_run(p, 60100);
	ASSERT_RECORD(&r[USER], "-> RELEASE U11 U11", "T308 U11 U11", "-> RELEASE U11 U11 again",
		"T308 U11 U11");
	pair_destroy(p);
}

/* SIG-45, SIG-46, SIG-47, SIG-48, SIG-88 */
static void
what_changes_no_state_and_what_is_of_no_call_is_told_too(void **state)
{
	struct record r[2];
	struct pair *p = recorded(r);

	(void)state;
	pair_inject(p, USER, "0903000077758000 00");
	assert_int_equal(last(&r[USER])->reference & UNI_TRACE_REFERENCE, 0x77);
	assert_false(last(&r[USER])->reference & UNI_TRACE_F_OURS);
	assert_int_equal(last(&r[USER])->call, 0);
	pair_inject(p, USER, "0903000078078000 00");
	pair_call_up(p, NETWORK);
	forget(&r[USER]);
	forget(&r[NETWORK]);
	pair_inject(p, USER, "0903000001ee8000 00");
	pair_inject(p, USER, "0903000001018000 00");
	pair_inject(p, USER, "0903000001758000 00");
	ASSERT_RECORD(&r[USER], "<- UNKNOWN U10 U10", "-> STATUS U10 U10", "<- ALERTING U10 U10",
		"-> STATUS U10 U10", "<- STATUS_ENQUIRY U10 U10", "-> STATUS U10 U10");
	assert_int_equal(last(&r[USER])->cause, UNI_CAUSE_STATUS_RESPONSE);
	pair_destroy(p);
}

/* SIG-P1, P3, P6, P12, P13, P14, P15 */
static void
parties_are_told_with_their_references_and_their_states(void **state)
{
	struct record r[2];
	struct pair *p = recorded(r);
	uni_call_t call = pair_multipoint_up(p, USER);
	uni_party_t party;

	(void)state;
	forget(&r[USER]);
	forget(&r[NETWORK]);
	party = pair_add_up(p, USER, call);
	assert_true(last(&r[USER])->reference & UNI_TRACE_F_PARTY);
	assert_int_equal(last(&r[USER])->endpoint, 1);
	pair_drop(p, USER, party, UNI_CAUSE_NORMAL);
	pair_settle(p);
	ASSERT_RECORD(&r[USER], "-> ADD_PARTY P1 P1", "<- ADD_PARTY_ACK P1 P10",
		"-> DROP_PARTY P11 P11", "<- DROP_PARTY_ACK P11 P0");
	ASSERT_RECORD(&r[NETWORK], "<- ADD_PARTY P0 P6", "-> ADD_PARTY_ACK P10 P10",
		"<- DROP_PARTY P10 P12", "-> DROP_PARTY_ACK P0 P0");
	assert_int_equal(last(&r[NETWORK])->endpoint, 1);
	pair_destroy(p);
}

/* SIG-M1, M2, M6, M7, M10 */
static void
a_modification_and_the_release_that_ends_it_are_told(void **state)
{
	const struct uni_rates rates = { .fwd_peak = 500, .bwd_peak = UNI_RATE_SAME };
	struct record r[2];
	struct pair *p = recorded(r);
	uni_call_t call = pair_call_up(p, USER);

	(void)state;
	p->end[NETWORK].on_modify = PAIR_ACCEPT;
	forget(&r[USER]);
	forget(&r[NETWORK]);
	assert_int_equal(uni_call_modify(p->end[USER].u, call, &rates, p->now_ns), 0);
	pair_settle(p);
	ASSERT_RECORD(&r[USER], "-> MODIFY_REQUEST U13 U13", "<- MODIFY_ACK U13 U10");
	ASSERT_RECORD(&r[NETWORK], "<- MODIFY_REQUEST N10 N14", "-> MODIFY_ACK N10 N10");
	p->end[NETWORK].on_modify = PAIR_WAIT;
	forget(&r[USER]);
	forget(&r[NETWORK]);
	assert_int_equal(uni_call_modify(p->end[USER].u, call, &rates, p->now_ns), 0);
	pair_settle(p);
	pair_close(p, NETWORK, p->end[NETWORK].call, UNI_CAUSE_NORMAL);
	pair_settle(p);
	assert_line(&r[USER], r[USER].from + 1, "<- RELEASE U13 U12");
	pair_destroy(p);
}

/* SIG-R1, SIG-R7: the link's own messages have the reference 0. */
static void
a_restart_is_told_as_the_links(void **state)
{
	struct record r[2];
	struct pair *p = recorded(r);

	(void)state;
	p->end[NETWORK].deaf = true; /* it has not asked */
	pair_inject(p, USER, "0903000000468000 05 7980000182");
	pair_settle(p);
	ASSERT_RECORD(&r[USER], "<- RESTART - -", "-> RESTART_ACK - -");
	assert_int_equal(last(&r[USER])->reference, 0);
	pair_destroy(p);
}

/* SIG-42, SIG-13 */
static void
a_refused_offer_has_its_reference_though_it_never_was_a_call(void **state)
{
	struct record r[2];
	struct pair *p = recorded(r);

	(void)state;
	uni_link_drain(p->end[NETWORK].l, true);
	pair_call(p, USER);
	pair_settle(p);
	ASSERT_RECORD(&r[NETWORK], "<- SETUP - -", "-> RELEASE_COMPLETE - -");
	assert_int_equal(last(&r[NETWORK])->reference, 1);
	assert_false(last(&r[NETWORK])->reference & UNI_TRACE_F_OURS);
	assert_int_equal(last(&r[NETWORK])->cause, UNI_CAUSE_TEMPORARY_FAILURE);
	pair_destroy(p);
}

/* SIG-T9, SIG-71 */
static void
a_question_to_the_peer_and_a_notice_are_told_of_their_call(void **state)
{
	static const uint8_t indicator[] = { 0x80, 0x01 };
	const struct uni_notification notification = { indicator, sizeof(indicator), 0x80 };
	struct record r[2];
	struct pair *p = recorded(r);
	uni_call_t call = pair_call_up(p, USER);

	(void)state;
	forget(&r[USER]);
	p->end[NETWORK].deaf = true;
	assert_int_equal(uni_call_enquire(p->end[USER].u, call, 0, p->now_ns), 0);
	pair_run(p, 4010);
	ASSERT_RECORD(
		&r[USER], "-> STATUS_ENQUIRY U10 U10", "T322 U10 U10", "-> STATUS_ENQUIRY U10 U10");
	assert_int_equal(last(&r[USER])->call, call);
	p->end[NETWORK].deaf = false;
	forget(&r[NETWORK]);
	assert_int_equal(uni_call_notify(p->end[USER].u, call, 0, &notification, p->now_ns), 0);
	pair_run(p, 20);
	ASSERT_RECORD(&r[NETWORK], "<- NOTIFY N10 N10");
	pair_destroy(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_call_is_told_message_for_message_with_the_states_that_it_leads_to),
		cmocka_unit_test(what_came_is_told_before_what_it_leads_to),
		cmocka_unit_test(timers_and_what_is_sent_again_are_told),
		cmocka_unit_test(what_changes_no_state_and_what_is_of_no_call_is_told_too),
		cmocka_unit_test(parties_are_told_with_their_references_and_their_states),
		cmocka_unit_test(a_modification_and_the_release_that_ends_it_are_told),
		cmocka_unit_test(a_restart_is_told_as_the_links),
		cmocka_unit_test(a_refused_offer_has_its_reference_though_it_never_was_a_call),
		cmocka_unit_test(a_question_to_the_peer_and_a_notice_are_told_of_their_call),
	};

	return cmocka_run_group_tests_name("uni_trace", tests, NULL, NULL);
}
