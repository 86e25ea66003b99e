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
 * The table of section 14: every state of a party, at the root and where it leads to, in either
 * role; every message about parties, and every request. The first party is active meanwhile, so the
 * call is not at stake.
 */

struct column {
	const char *name; /* r: we are the root, l: we are not */
	uint8_t state;
	bool root;
};

enum { R0, R1, R7, R10, R11, R12, L0, L6, L4, L10, L11, L12, N_COLUMNS };

static const struct column columns[N_COLUMNS] = {
	[R0] = { "r0", UNI_PARTY_NULL, true },
	[R1] = { "r1", UNI_PARTY_INITIATED, true },
	[R7] = { "r7", UNI_PARTY_ALERTING_RECEIVED, true },
	[R10] = { "r10", UNI_PARTY_ACTIVE, true },
	[R11] = { "r11", UNI_PARTY_DROP_INITIATED, true },
	[R12] = { "r12", UNI_PARTY_DROP_RECEIVED, true },
	[L0] = { "l0", UNI_PARTY_NULL, false },
	[L6] = { "l6", UNI_PARTY_RECEIVED, false },
	[L4] = { "l4", UNI_PARTY_ALERTING_DELIVERED, false },
	[L10] = { "l10", UNI_PARTY_ACTIVE, false },
	[L11] = { "l11", UNI_PARTY_DROP_INITIATED, false },
	[L12] = { "l12", UNI_PARTY_DROP_RECEIVED, false },
};

/* A row: states, event, what is said and told, next state first. What is not listed: SIG-48. */
static const struct row {
	const char *rule;
	const char *states;
	uint8_t type;
	const char *outcome;
} rows[] = {
	{ "SIG-P2", "r1", UNI_MT_PARTY_ALERTING, "7 ^party_alerting" },
	{ "SIG-P3", "r1 r7", UNI_MT_ADD_PARTY_ACK, "10 ^party_added" },
	{ "SIG-P4", "r1", UNI_MT_ADD_PARTY_REJECT, "0 ^party_refused" },
	{ "SIG-P6", "l0", UNI_MT_ADD_PARTY, "6 ^party_offer" },
	{ "SIG-P7", "l6", UNI_MT_ADD_PARTY, "6" },
	{ "SIG-P13", "r1 r7 r10 l6 l4 l10", UNI_MT_DROP_PARTY, "12 ^party_released" },
	{ "SIG-P13", "r12 l12", UNI_MT_DROP_PARTY, "12" },
	{ "SIG-P15", "r11 l11", UNI_MT_DROP_PARTY, "0 ^party_complete" },
	{ "SIG-P15", "r11 l11", UNI_MT_DROP_PARTY_ACK, "0 ^party_complete" },
	{ "SIG-P15", "r11 l11", UNI_MT_ADD_PARTY_REJECT, "0 ^party_complete" },
	{ "SIG-P16", "r1 r7", UNI_MT_DROP_PARTY_ACK, "0 ^party_refused" },
	{ "SIG-P16", "r10 l6 l4 l10", UNI_MT_DROP_PARTY_ACK, "0 ^party_gone" },
	{ "SIG-107", "r0 l0", UNI_MT_DROP_PARTY, "0 DROP_PARTY_ACK 89 party 1" },
	{ "SIG-107", "r0 l0", UNI_MT_ADD_PARTY_ACK, "0 DROP_PARTY_ACK 89 party 1" },
	{ "SIG-107", "r0 l0", UNI_MT_PARTY_ALERTING, "0 DROP_PARTY_ACK 89 party 1" },
	{ "SIG-107", "r0 l0", UNI_MT_ADD_PARTY_REJECT, "0" },
	{ "SIG-107", "r0 l0", UNI_MT_DROP_PARTY_ACK, "0" },
};

static const struct {
	uint8_t type;
	const char *elements;
} messages[] = {
	{ UNI_MT_ADD_PARTY, "70800006 913132333435" REACH_PARTY },
	{ UNI_MT_ADD_PARTY_ACK, REACH_PARTY },
	{ UNI_MT_ADD_PARTY_REJECT, REACH_CAUSE REACH_PARTY },
	{ UNI_MT_DROP_PARTY, REACH_CAUSE REACH_PARTY },
	{ UNI_MT_DROP_PARTY_ACK, REACH_PARTY },
	{ UNI_MT_PARTY_ALERTING, REACH_PARTY },
};

#define N_MESSAGES (sizeof(messages) / sizeof(messages[0]))

static struct reach
reach_column(int side, const struct column *column)
{
	struct reach r = reach_multi(side, UNI_ST_ACTIVE, column->root);

	reach_party(&r, column->state);
	return r;
}

static const struct row *
row_for(const struct column *column, uint8_t type)
{
	char list[64], name[8];
	size_t i;

	snprintf(name, sizeof(name), " %s ", column->name);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(list, sizeof(list), " %s ", rows[i].states);
		if (rows[i].type == type && strstr(list, name) != NULL)
			return &rows[i];
	}
	return NULL;
}

/* How the layer above hears that a party ends with its call (SIG-P18). */
static const char *
told_of_end(uint8_t state)
{
	switch (state) {
	case UNI_PARTY_NULL:
		return "";
	case UNI_PARTY_INITIATED:
	case UNI_PARTY_ALERTING_RECEIVED:
		return " ^party_refused";
	case UNI_PARTY_DROP_INITIATED:
		return " ^party_complete";
	default:
		return " ^party_gone";
	}
}

/* SIG-48, SIG-106 */
static void
spell_wrong(char *out, size_t size, const struct column *column, uint8_t type, uint8_t octet7)
{
	if (octet7 == 0x90)
		snprintf(out, size, "0 RELEASE 101/%02x ^party_gone%s ^gone", type,
			told_of_end(column->state));
	else if (octet7 == 0x91)
		snprintf(out, size, "%u", column->state);
	else
		snprintf(out, size, "%u STATUS state 10 101/%02x party 1 in %u", column->state,
			type, column->state);
}

/* Of the parties; the call, which is active or being released, has one in the latter case. */
static uint32_t
n_timers_in(const char *outcome)
{
	int state = -1;

	assert_int_equal(sscanf(outcome, "%d", &state), 1);
	if (strstr(outcome, " RELEASE ") != NULL)
		return 1;
	return state != UNI_PARTY_NULL && state != UNI_PARTY_ACTIVE;
}

static void
check(int side, const struct column *column, size_t m, uint8_t octet7)
{
	struct reach r = reach_column(side, column);
	const struct row *row = row_for(column, messages[m].type);
	char expect[256];
	const char *got;

	if (row != NULL)
		snprintf(expect, sizeof(expect), "%s", row->outcome);
	else
		spell_wrong(expect, sizeof(expect), column, messages[m].type, octet7);
	reach_receive(&r, messages[m].type, octet7, messages[m].elements);
	got = reach_party_outcome(&r);
	if (strcmp(got, expect) != 0)
		fail_msg("%s %s, message %02x, octet 7 %02x, %s: '%s', not '%s'",
			side == USER ? "user" : "network", column->name, messages[m].type, octet7,
			row != NULL ? row->rule : "not listed", got, expect);
	assert_int_equal(reach_n_timers(&r), n_timers_in(expect));
	reach_end(&r);
}

static void
check_all(uint8_t octet7)
{
	size_t c, m;
	int side;

	for (side = USER; side <= NETWORK; side++)
		for (c = 0; c < N_COLUMNS; c++)
			for (m = 0; m < N_MESSAGES; m++)
				check(side, &columns[c], m, octet7);
}

/* SIG-P2, P3, P4, P6, P7, P13, P15, P16, SIG-48, 106, 107 */
static void
every_message_in_every_state_of_a_party_does_what_the_table_says(void **state)
{
	(void)state;
	check_all(0x80);
	check_all(0x92);
}

/* SIG-48, SIG-P18 */
static void
a_message_about_a_party_out_of_place_does_what_it_asks_for(void **state)
{
	(void)state;
	check_all(0x90);
	check_all(0x91);
}

enum request { ALERT, ACCEPT, REFUSE, DROP, N_REQUESTS };

static int
ask(struct reach *r, enum request request)
{
	struct uni *u = r->e->u;
	uint64_t now_ns = r->p->now_ns;

	switch (request) {
	case ALERT:
		return uni_party_alert(u, r->party, now_ns);
	case ACCEPT:
		return uni_party_accept(u, r->party, now_ns);
	case REFUSE:
		return uni_party_refuse(u, r->party, UNI_CAUSE_USER_BUSY, now_ns);
	default:
		return uni_party_drop(u, r->party, UNI_CAUSE_NORMAL, NULL, 0, now_ns);
	}
}

/* By column; NULL: -EPROTO. */
static const char *const requests[N_COLUMNS][N_REQUESTS] = {
	[R1] = { [DROP] = "11 DROP_PARTY 16 party 1" }, /* SIG-P12 */
	[R7] = { [DROP] = "11 DROP_PARTY 16 party 1" },
	[R10] = { [DROP] = "11 DROP_PARTY 16 party 1" },
	[R11] = { NULL },
	[R12] = { [DROP] = "0 DROP_PARTY_ACK party 1 ^party_complete" }, /* SIG-P14 */
	[L6] = {
		[ALERT] = "4 PARTY_ALERTING party 1", /* SIG-P8 */
		[ACCEPT] = "10 ADD_PARTY_ACK party 1", /* SIG-P9 */
		[REFUSE] = "0 ADD_PARTY_REJECT 17 party 1 ^party_complete", /* SIG-P10 */
	},
	[L4] = {
		[ACCEPT] = "10 ADD_PARTY_ACK party 1",
		[REFUSE] = "11 DROP_PARTY 17 party 1", /* SIG-P11 */
		[DROP] = "11 DROP_PARTY 16 party 1",
	},
	[L10] = { [DROP] = "11 DROP_PARTY 16 party 1" },
	[L11] = { NULL },
	[L12] = { [DROP] = "0 DROP_PARTY_ACK party 1 ^party_complete" },
};

/* 4.3: the root has chosen the reference, so what it says has flag 0. */
static void
expect_flag_of_root(const struct reach *r)
{
	union uni_ie_body body;
	struct uni_msg m;

	uni_msg_decode(&m, r->p->messages[r->p->n - 1].octets, r->p->messages[r->p->n - 1].len);
	assert_true(uni_msg_get(&m, UNI_IE_EPREF, &body));
	assert_int_equal(body.epref.flag, !r->ours);
	assert_int_equal(m.hdr.flag, !r->ours);
}

static void
check_request(int side, size_t c, enum request request)
{
	struct reach r = reach_column(side, &columns[c]);
	const char *expect = requests[c][request], *got;
	char same[8];
	int err = ask(&r, request);

	snprintf(same, sizeof(same), "%u", columns[c].state);
	pair_pull(r.p, side);
	if (expect != NULL)
		expect_flag_of_root(&r);
	got = reach_party_outcome(&r);
	if (err != (expect != NULL ? 0 : -EPROTO) ||
		strcmp(got, expect != NULL ? expect : same) != 0)
		fail_msg("%s %s, request %d: %d, '%s'", side == USER ? "user" : "network",
			columns[c].name, request, err, got);
	reach_end(&r);
}

/* SIG-P8, P9, P10, P11, P12, P14 */
static void
every_request_in_every_state_of_a_party_does_what_the_table_says(void **state)
{
	int side, request;
	size_t c;

	(void)state;
	for (side = USER; side <= NETWORK; side++)
		for (c = 0; c < N_COLUMNS; c++)
			for (request = 0; request < N_REQUESTS; request++)
				if (columns[c].state != UNI_PARTY_NULL)
					check_request(side, c, (enum request)request);
}

/* Call states in which a party can be added: by us (SIG-P1), by the peer (SIG-P6). */
static const struct {
	uint8_t state;
	bool root;
	bool allowed;
} calls[2][14] = {
	[USER] = {
		{ UNI_ST_INITIATED, true, false },
		{ UNI_ST_OUT_PROCEEDING, true, false },
		{ UNI_ST_DELIVERED, true, true },
		{ UNI_ST_ACTIVE, true, true },
		{ UNI_ST_RELEASE_REQUEST, true, false },
		{ UNI_ST_RELEASE_INDICATION, true, false },
		{ UNI_ST_PRESENT, false, false },
		{ UNI_ST_IN_PROCEEDING, false, false },
		{ UNI_ST_RECEIVED, false, true },
		{ UNI_ST_CONNECT_REQUEST, false, true },
		{ UNI_ST_ACTIVE, false, true },
		{ UNI_ST_RELEASE_REQUEST, false, false },
		{ UNI_ST_RELEASE_INDICATION, false, false },
	},
	[NETWORK] = {
		{ UNI_ST_PRESENT, true, false },
		{ UNI_ST_IN_PROCEEDING, true, false },
		{ UNI_ST_RECEIVED, true, true },
		{ UNI_ST_ACTIVE, true, true },
		{ UNI_ST_RELEASE_REQUEST, true, false },
		{ UNI_ST_RELEASE_INDICATION, true, false },
		{ UNI_ST_INITIATED, false, false },
		{ UNI_ST_OUT_PROCEEDING, false, false },
		{ UNI_ST_DELIVERED, false, true },
		{ UNI_ST_ACTIVE, false, true },
		{ UNI_ST_RELEASE_REQUEST, false, false },
		{ UNI_ST_RELEASE_INDICATION, false, false },
	},
};

/* SIG-P1 */
static void
a_party_is_added_by_the_root_of_a_call_that_alerts_or_is_active(void **state)
{
	static const struct uni_setup setup = {
		.called = { .type = UNI_ADDRESS_E164, .len = 1, .octets = "1" },
	};
	int side, err;
	size_t i;

	(void)state;
	for (side = USER; side <= NETWORK; side++) {
		for (i = 0; calls[side][i].state != UNI_ST_NULL; i++) {
			struct reach r =
				reach_multi(side, calls[side][i].state, calls[side][i].root);
			bool may = calls[side][i].root && calls[side][i].allowed;

			err = uni_party_add(r.e->u, r.call, &setup, 0, r.p->now_ns, &r.party);
			assert_int_equal(err, may ? 0 : -EPROTO);
			assert_string_equal(
				reach_party_outcome(&r), may ? "1 ADD_PARTY party 1" : "0");
			reach_end(&r);
		}
	}
}

/* SIG-P6, SIG-48, SIG-106 */
static void
an_add_party_is_for_the_other_side_of_a_call_that_alerts_or_is_answered(void **state)
{
	char expect[64];
	int side;
	size_t i;

	(void)state;
	for (side = USER; side <= NETWORK; side++) {
		for (i = 0; calls[side][i].state != UNI_ST_NULL; i++) {
			struct reach r =
				reach_multi(side, calls[side][i].state, calls[side][i].root);

			reach_receive(&r, UNI_MT_ADD_PARTY, 0x80, messages[0].elements);
			snprintf(expect, sizeof(expect), "0 STATUS state %u 101/80 party 1 in 0",
				calls[side][i].state);
			if (calls[side][i].allowed && !calls[side][i].root)
				snprintf(expect, sizeof(expect), "6 ^party_offer");
			assert_string_equal(reach_party_outcome(&r), expect);
			reach_end(&r);
		}
	}
}

/* SIG-103: "its reference comes back (flag 1) in CALL PROCEEDING, ALERTING and CONNECT" */
static void
every_answer_to_a_multipoint_setup_names_its_party(void **state)
{
	static const uint8_t states[2][3] = {
		[USER] = { UNI_ST_IN_PROCEEDING, UNI_ST_RECEIVED, UNI_ST_CONNECT_REQUEST },
		[NETWORK] = { UNI_ST_OUT_PROCEEDING, UNI_ST_DELIVERED, UNI_ST_ACTIVE },
	};
	static const char *const said[] = { "CALL_PROCEEDING vc 0/32 party 0",
		"ALERTING vc 0/32 party 0", "CONNECT vc 0/32 party 0" };
	int side, i;

	(void)state;
	for (side = USER; side <= NETWORK; side++) {
		for (i = 0; i < 3; i++) {
			struct reach r = reach_multi(side, states[side][i], false);

			assert_string_equal(pair_said_last(r.p) + 2, said[i]);
			expect_flag_of_root(&r);
			reach_end(&r);
		}
	}
}

/* SIG-P12, SIG-P13: what the transport has not taken yet is not said of a party that goes */
static void
nothing_more_is_said_of_a_party_but_how_it_ends(void **state)
{
	int side, drop;

	(void)state;
	for (side = USER; side <= NETWORK; side++) {
		for (drop = 0; drop < 2; drop++) {
			struct reach r = reach_multi(side, UNI_ST_ACTIVE, false);

			reach_party(&r, UNI_PARTY_RECEIVED);
			assert_int_equal(ask(&r, ALERT), 0);
			assert_int_equal(ask(&r, ACCEPT), 0);
			if (drop) {
				assert_int_equal(ask(&r, DROP), 0);
				assert_string_equal(
					reach_party_outcome(&r), "11 DROP_PARTY 16 party 1");
			} else {
				reach_receive(&r, UNI_MT_DROP_PARTY, 0x80, REACH_CAUSE REACH_PARTY);
				assert_string_equal(reach_party_outcome(&r), "12 ^party_released");
				assert_int_equal(ask(&r, DROP), 0);
				assert_string_equal(reach_party_outcome(&r),
					"0 DROP_PARTY_ACK party 1 ^party_complete");
			}
			reach_end(&r);
		}
	}
}

/* SIG-P6, SIG-36: what ADD PARTY cannot carry is the call's */
static void
the_offer_of_a_party_has_the_vc_and_the_rates_of_its_call(void **state)
{
	int side;

	(void)state;
	for (side = USER; side <= NETWORK; side++) {
		struct reach r = reach_multi(side, UNI_ST_ACTIVE, false);

		memset(&r.e->setup, 0, sizeof(r.e->setup));
		reach_party(&r, UNI_PARTY_RECEIVED);
		assert_int_equal(r.e->setup.label, 32);
		assert_int_equal(r.e->setup.fwd_peak, 2000);
		assert_int_equal(r.e->setup.bwd_peak, 0);
		assert_true(r.e->setup.multipoint);
		assert_int_equal(r.e->setup.party, r.party);
		assert_memory_equal(r.e->setup.called.octets, "12345", 5);
		reach_end(&r);
	}
}

/* SIG-C8 */
static void
a_call_that_is_cleared_answers_party_messages_but_those_that_drop(void **state)
{
	static const uint8_t octets7[] = { 0x80, 0x90, 0x91, 0x92 };
	uint8_t clearing;
	char expect[64];
	size_t m, k;
	int side, root;

	(void)state;
	for (side = USER; side <= NETWORK; side++) {
		for (m = 0; m < 16 * N_MESSAGES; m++) {
			uint8_t type = messages[m % N_MESSAGES].type;
			bool drops = type == UNI_MT_DROP_PARTY || type == UNI_MT_DROP_PARTY_ACK;
			struct reach r;

			k = m / N_MESSAGES % 4;
			root = m / N_MESSAGES / 4 % 2;
			clearing = m / N_MESSAGES < 8 ? UNI_ST_RELEASE_REQUEST
						      : UNI_ST_RELEASE_INDICATION;
			r = reach_multi(side, clearing, root != 0);
			reach_receive(&r, type, octets7[k], messages[m % N_MESSAGES].elements);
			snprintf(expect, sizeof(expect), "%u", clearing);
			if (!drops && octets7[k] != 0x90 && octets7[k] != 0x91)
				snprintf(expect, sizeof(expect),
					"%u STATUS state %u 101/%02x party 1 in 0", clearing,
					clearing, type);
			assert_string_equal(reach_outcome(&r), expect);
			reach_end(&r);
		}
	}
}

/* SIG-107, for the messages that are not about a party alone */
static void
a_connect_or_notify_for_a_party_that_is_not_there_gets_89(void **state)
{
	int side, root;

	(void)state;
	for (side = USER; side <= NETWORK; side++) {
		struct reach r = reach_multi(
			side, side == USER ? UNI_ST_OUT_PROCEEDING : UNI_ST_IN_PROCEEDING, true);

		reach_receive(&r, UNI_MT_CONNECT, 0x80, REACH_PARTY);
		assert_string_equal(reach_outcome(&r), side == USER
							       ? "3 DROP_PARTY_ACK 89 party 1"
							       : "9 DROP_PARTY_ACK 89 party 1");
		reach_end(&r);
		for (root = 0; root < 2; root++) {
			r = reach_multi(side, UNI_ST_ACTIVE, root != 0);
			reach_receive(&r, UNI_MT_NOTIFY, 0x80, "27800001 81" REACH_PARTY);
			assert_string_equal(reach_outcome(&r), "10 DROP_PARTY_ACK 89 party 1");
			reach_end(&r);
		}
	}
}

/* The first party leaves, with the other one in the state of @p column. */
static struct reach
without_the_first(int side, const struct column *column)
{
	struct reach r = reach_multi(side, UNI_ST_ACTIVE, column->root);
	uni_party_t first = r.party;

	reach_party(&r, column->state);
	assert_int_equal(uni_party_drop(r.e->u, first, 16, NULL, 0, r.p->now_ns), 0);
	reach_look(&r);
	reach_receive(&r, UNI_MT_DROP_PARTY_ACK, 0x80, "54800003 000000");
	reach_look(&r);
	return r;
}

static bool
is_there(uint8_t state)
{
	return state != UNI_PARTY_NULL && state != UNI_PARTY_DROP_INITIATED &&
	       state != UNI_PARTY_DROP_RECEIVED;
}

/* SIG-104, SIG-105, SIG-110 */
static void
a_call_lasts_as_long_as_a_party_is_active_or_joining(void **state)
{
	int side;
	size_t c;

	(void)state;
	for (side = USER; side <= NETWORK; side++) {
		for (c = 0; c < N_COLUMNS; c++) {
			struct reach r;
			bool waits = side == NETWORK && columns[c].root &&
				     columns[c].state != UNI_PARTY_ACTIVE;

			if (!is_there(columns[c].state))
				continue;
			r = without_the_first(side, &columns[c]);
			assert_string_equal(reach_outcome(&r), waits ? "7" : "10");
			assert_int_equal(
				ask(&r, columns[c].state == UNI_PARTY_RECEIVED ? REFUSE : DROP), 0);
			assert_string_equal(reach_outcome(&r),
				side == USER
					? (columns[c].state == UNI_PARTY_RECEIVED ? "11 RELEASE 17"
										  : "11 RELEASE 16")
					: (columns[c].state == UNI_PARTY_RECEIVED
							  ? "12 RELEASE 17"
							  : "12 RELEASE 16"));
			reach_end(&r);
		}
	}
}

/* SIG-104: the parties that are being dropped do not count */
static void
a_call_whose_other_parties_are_being_dropped_ends_with_the_last_that_leaves(void **state)
{
	int side;
	size_t c;

	(void)state;
	for (side = USER; side <= NETWORK; side++) {
		for (c = 0; c < N_COLUMNS; c++) {
			struct reach r = reach_multi(side, UNI_ST_ACTIVE, columns[c].root);
			uni_party_t first = r.party;

			reach_party(&r, columns[c].state);
			if (!is_there(columns[c].state)) {
				assert_int_equal(
					uni_party_drop(r.e->u, first, 21, NULL, 0, r.p->now_ns), 0);
				assert_string_equal(reach_outcome(&r),
					side == USER ? "11 RELEASE 21" : "12 RELEASE 21");
			}
			reach_end(&r);
		}
	}
}

/* SIG-104: a DROP PARTY of the last one is answered by RELEASE with its cause */
static void
release_takes_the_place_of_the_acknowledge_at_either_end(void **state)
{
	int side, root;

	(void)state;
	for (side = USER; side <= NETWORK; side++) {
		for (root = 0; root < 2; root++) {
			struct reach r = reach_multi(side, UNI_ST_ACTIVE, root != 0);

			reach_receive(&r, UNI_MT_DROP_PARTY, 0x80, "08800002 8091 54800003 000000");
			assert_string_equal(reach_outcome(&r), "10 ^party_released");
			assert_int_equal(ask(&r, DROP), 0);
			assert_string_equal(reach_outcome(&r),
				side == USER ? "11 RELEASE 17" : "12 RELEASE 17");
			reach_end(&r);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_message_in_every_state_of_a_party_does_what_the_table_says),
		cmocka_unit_test(a_message_about_a_party_out_of_place_does_what_it_asks_for),
		cmocka_unit_test(every_request_in_every_state_of_a_party_does_what_the_table_says),
		cmocka_unit_test(a_party_is_added_by_the_root_of_a_call_that_alerts_or_is_active),
		cmocka_unit_test(
			an_add_party_is_for_the_other_side_of_a_call_that_alerts_or_is_answered),
		cmocka_unit_test(nothing_more_is_said_of_a_party_but_how_it_ends),
		cmocka_unit_test(the_offer_of_a_party_has_the_vc_and_the_rates_of_its_call),
		cmocka_unit_test(a_call_that_is_cleared_answers_party_messages_but_those_that_drop),
		cmocka_unit_test(a_connect_or_notify_for_a_party_that_is_not_there_gets_89),
		cmocka_unit_test(every_answer_to_a_multipoint_setup_names_its_party),
		cmocka_unit_test(a_call_lasts_as_long_as_a_party_is_active_or_joining),
		cmocka_unit_test(
			a_call_whose_other_parties_are_being_dropped_ends_with_the_last_that_leaves),
		cmocka_unit_test(release_takes_the_place_of_the_acknowledge_at_either_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
