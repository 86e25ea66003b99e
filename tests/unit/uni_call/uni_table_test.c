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
 * The tables of sections 9, 10 and 15 as far as messages go: every state of either role, every
 * message. N8 is not among them: the call leaves it before anything can be received (SIG-N12).
 */

/* A row of those tables. In an outcome "=" stands for the number of the state that it began in. */
struct row {
	const char *rule;
	const char *states; /* of struct column */
	uint8_t type;
	const char *outcome;
};

struct column {
	const char *name; /* o: our call, t: theirs, c: theirs, CONNECTION AVAILABLE is awaited */
	uint8_t state;
	bool ours;
};

/* What states of both roles have in common. */
#define ACTIVE                                                                                     \
	{ "10o", UNI_ST_ACTIVE, true }, { "10t", UNI_ST_ACTIVE, false },                           \
		{ "10c", REACH_T361, false }, { "11", UNI_ST_RELEASE_REQUEST, true },              \
		{ "12", UNI_ST_RELEASE_INDICATION, true }, { "13", UNI_ST_MODIFY_REQUEST, true },  \
	{                                                                                          \
		"14", UNI_ST_MODIFY_RECEIVED, false                                                \
	}

static const struct column user_states[] = {
	{ "1", UNI_ST_INITIATED, true },
	{ "3", UNI_ST_OUT_PROCEEDING, true },
	{ "4", UNI_ST_DELIVERED, true },
	{ "6", UNI_ST_PRESENT, false },
	{ "7", UNI_ST_RECEIVED, false },
	{ "8", UNI_ST_CONNECT_REQUEST, false },
	{ "9", UNI_ST_IN_PROCEEDING, false },
	ACTIVE,
};

static const struct column network_states[] = {
	{ "1", UNI_ST_INITIATED, false },
	{ "3", UNI_ST_OUT_PROCEEDING, false },
	{ "4", UNI_ST_DELIVERED, false },
	{ "6", UNI_ST_PRESENT, true },
	{ "7", UNI_ST_RECEIVED, true },
	{ "9", UNI_ST_IN_PROCEEDING, true },
	ACTIVE,
};

#define ALL "1 3 4 6 7 8 9 10o 10t 10c 11 12 13 14"
#define NOT_CLEARING "1 3 4 6 7 8 9 10o 10t 10c 13 14"

/* The same in both roles. */
#define COMMON                                                                                     \
	{ "SIG-42", ALL, UNI_MT_SETUP, "=" },                                                      \
		{ "SIG-71", NOT_CLEARING, UNI_MT_NOTIFY, "= ^notified" },                          \
		{ "SIG-88", ALL, UNI_MT_STATUS_ENQUIRY, "= STATUS state = 30" },                   \
		{ "SIG-M2", "13", UNI_MT_MODIFY_ACK, "10 ^modified" },                             \
		{ "SIG-M3", "13", UNI_MT_MODIFY_REJECT, "10 ^modify_refused" },                    \
		{ "SIG-M6", "10t", UNI_MT_MODIFY_REQUEST, "14 ^modify_asked" },                    \
		{ "SIG-M6", "10c", UNI_MT_MODIFY_REQUEST, "14 ^modify_confirmed ^modify_asked" },  \
	{                                                                                          \
		"SIG-M9", "10c", UNI_MT_CONNECTION_AVAILABLE, "10 ^modify_confirmed"               \
	}

static const struct row user_rows[] = {
	{ "SIG-U3", "1", UNI_MT_CALL_PROCEEDING, "3 ^proceeding" },
	{ "SIG-U4", "1", UNI_MT_ALERTING, "4 ^alerting" },
	{ "SIG-U5", "1 3 4", UNI_MT_CONNECT, "10 CONNECT_ACK ^connected" },
	{ "SIG-U6", "1", UNI_MT_RELEASE_COMPLETE, "0 ^gone" },
	{ "SIG-U8", "3", UNI_MT_ALERTING, "4 ^alerting" },
	{ "SIG-U14", "8", UNI_MT_CONNECT_ACK, "10 ^connected" },
	{ "SIG-C2", "1 3 4 6 7 8 9 10o 10t 10c 14", UNI_MT_RELEASE, "12 ^released" },
	{ "SIG-C2", "13", UNI_MT_RELEASE, "12 ^modify_refused ^released" },
	{ "SIG-C4", "12", UNI_MT_RELEASE, "=" },
	{ "SIG-C5", "11", UNI_MT_RELEASE, "0 ^complete" },
	{ "SIG-C6", "3 4 6 7 8 9 10o 10t 10c 12 14", UNI_MT_RELEASE_COMPLETE, "0 ^gone" },
	{ "SIG-C6", "13", UNI_MT_RELEASE_COMPLETE, "0 ^modify_refused ^gone" },
	{ "SIG-C6", "11", UNI_MT_RELEASE_COMPLETE, "0 ^complete" },
	COMMON,
};

static const struct row network_rows[] = {
	{ "SIG-N8", "6", UNI_MT_CALL_PROCEEDING, "9 ^proceeding" },
	{ "SIG-N9", "6", UNI_MT_ALERTING, "7 ^alerting" },
	{ "SIG-N10", "9", UNI_MT_ALERTING, "7 ^alerting" },
	{ "SIG-N11", "6 7 9", UNI_MT_CONNECT, "10 CONNECT_ACK ^connected" },
	{ "SIG-N13", "6", UNI_MT_RELEASE_COMPLETE, "0 ^gone" },
	{ "SIG-N14", "10o 10t 10c 13 14", UNI_MT_CONNECT_ACK, "=" },
	{ "SIG-C2", "1 3 4 6 7 9 10o 10t 10c 14", UNI_MT_RELEASE, "11 ^released" },
	{ "SIG-C2", "13", UNI_MT_RELEASE, "11 ^modify_refused ^released" },
	{ "SIG-C4", "11", UNI_MT_RELEASE, "=" },
	{ "SIG-C5", "12", UNI_MT_RELEASE, "0 ^complete" },
	{ "SIG-C6", "1 3 4 7 9 10o 10t 10c 11 14", UNI_MT_RELEASE_COMPLETE, "0 ^gone" },
	{ "SIG-C6", "13", UNI_MT_RELEASE_COMPLETE, "0 ^modify_refused ^gone" },
	{ "SIG-C6", "12", UNI_MT_RELEASE_COMPLETE, "0 ^complete" },
	COMMON,
};

static const struct {
	const struct column *columns;
	size_t n_columns;
	const struct row *rows;
	size_t n_rows;
	uint8_t sent, received; /* the states after RELEASE (section 8) */
} tables[] = {
	[USER] = { user_states, sizeof(user_states) / sizeof(user_states[0]), user_rows,
		sizeof(user_rows) / sizeof(user_rows[0]), UNI_ST_RELEASE_REQUEST,
		UNI_ST_RELEASE_INDICATION },
	[NETWORK] = { network_states, sizeof(network_states) / sizeof(network_states[0]),
		network_rows, sizeof(network_rows) / sizeof(network_rows[0]),
		UNI_ST_RELEASE_INDICATION, UNI_ST_RELEASE_REQUEST },
};

/* Every message with what it must have. */
static const struct {
	uint8_t type;
	const char *elements;
} messages[] = {
	{ UNI_MT_ALERTING, REACH_CONNID },
	{ UNI_MT_CALL_PROCEEDING, REACH_CONNID },
	{ UNI_MT_SETUP, "" },
	{ UNI_MT_CONNECT, REACH_CONNID },
	{ UNI_MT_CONNECT_ACK, "" },
	{ UNI_MT_RESTART, "79800001 82" },
	{ UNI_MT_RELEASE, REACH_CAUSE },
	{ UNI_MT_RESTART_ACK, "79800001 82" },
	{ UNI_MT_RELEASE_COMPLETE, REACH_CAUSE },
	{ UNI_MT_NOTIFY, "27800001 81" },
	{ UNI_MT_STATUS_ENQUIRY, "" },
	{ UNI_MT_ADD_PARTY, "70800006 913132333435" REACH_PARTY },
	{ UNI_MT_ADD_PARTY_ACK, REACH_PARTY },
	{ UNI_MT_ADD_PARTY_REJECT, REACH_CAUSE REACH_PARTY },
	{ UNI_MT_DROP_PARTY, REACH_CAUSE REACH_PARTY },
	{ UNI_MT_DROP_PARTY_ACK, REACH_PARTY },
	{ UNI_MT_PARTY_ALERTING, REACH_PARTY },
	{ UNI_MT_MODIFY_REQUEST, REACH_RATES },
	{ UNI_MT_MODIFY_ACK, "" },
	{ UNI_MT_MODIFY_REJECT, REACH_CAUSE },
	{ UNI_MT_CONNECTION_AVAILABLE, "" },
	/* Section 2: known to exist, unrecognised here. */
	{ 0x03, "" },
	{ 0x0d, "" },
	{ 0x15, "" },
	{ 0x62, "" },
	{ 0x7b, "" },
	{ 0x90, "" },
	{ 0x91, "" },
	{ 0x00, "" },
	{ 0xff, "" },
};

#define N_MESSAGES (sizeof(messages) / sizeof(messages[0]))

static bool
is_listed(const char *states, const char *name)
{
	const char *at = states;
	size_t len = strlen(name);

	while ((at = strstr(at, name)) != NULL) {
		if ((at == states || at[-1] == ' ') && (at[len] == ' ' || at[len] == '\0'))
			return true;
		at += len;
	}
	return false;
}

/* NULL: the cell is empty. */
static const struct row *
row_for(int side, const struct column *column, uint8_t type)
{
	size_t i;

	for (i = 0; i < tables[side].n_rows; i++)
		if (tables[side].rows[i].type == type &&
			is_listed(tables[side].rows[i].states, column->name))
			return &tables[side].rows[i];
	return NULL;
}

static uint8_t
number_of(const struct column *column)
{
	return column->state == REACH_T361 ? UNI_ST_ACTIVE : column->state;
}

/* "=" put in words. */
static void
spell(char *out, size_t size, const char *outcome, uint8_t state)
{
	size_t len = 0;

	for (; *outcome != '\0' && len + 3 < size; outcome++) {
		if (*outcome == '=')
			len += (size_t)snprintf(out + len, size - len, "%u", state);
		else
			out[len++] = *outcome;
	}
	out[len] = '\0';
}

static bool
is_about_party(uint8_t type)
{
	return type >= UNI_MT_ADD_PARTY && type <= UNI_MT_PARTY_ALERTING;
}

/* SIG-47, SIG-48, SIG-C8, SIG-106: what an empty cell does, as octet 7 says. */
static void
spell_wrong(
	char *out, size_t size, int side, const struct column *column, uint8_t type, uint8_t octet7)
{
	uint8_t state = number_of(column);
	bool clearing = state == UNI_ST_RELEASE_REQUEST || state == UNI_ST_RELEASE_INDICATION;
	uint8_t cause = strcmp(uni_msg_name(type), "UNKNOWN") == 0 ? 97 : 101;

	if (octet7 == 0x91 || (octet7 == 0x90 && clearing) ||
		(clearing && (type == UNI_MT_DROP_PARTY || type == UNI_MT_DROP_PARTY_ACK)))
		snprintf(out, size, "%u", state);
	else if (octet7 == 0x90)
		snprintf(out, size, "%u RELEASE %u/%02x%s ^gone", tables[side].sent, cause, type,
			state == UNI_ST_MODIFY_REQUEST ? " ^modify_refused" : "");
	else
		snprintf(out, size, "%u STATUS state %u %u/%02x%s", state, state, cause, type,
			is_about_party(type) ? " party 1 in 0" : "");
}

/* All states wait for something but 0 and 10, and for one thing only (SIG-66). */
static uint32_t
n_timers_in(const char *outcome, const struct column *column)
{
	int state = -1;

	assert_int_equal(sscanf(outcome, "%d", &state), 1);
	if (state == UNI_ST_ACTIVE)
		return column->state == REACH_T361 && strstr(outcome, "confirmed") == NULL;
	return state != UNI_ST_NULL;
}

static void
check(int side, const struct column *column, size_t m, uint8_t octet7)
{
	struct reach r = reach_call(side, column->state, column->ours);
	const struct row *row = row_for(side, column, messages[m].type);
	char expect[256];
	const char *got;

	if (row != NULL)
		spell(expect, sizeof(expect), row->outcome, number_of(column));
	else
		spell_wrong(expect, sizeof(expect), side, column, messages[m].type, octet7);
	reach_receive(&r, messages[m].type, octet7, messages[m].elements);
	got = reach_outcome(&r);
	if (strcmp(got, expect) != 0)
		fail_msg("%c%s, message %02x, octet 7 %02x, %s: '%s', not '%s'",
			side == USER ? 'U' : 'N', column->name, messages[m].type, octet7,
			row != NULL ? row->rule : "not listed", got, expect);
	if (reach_n_timers(&r) != n_timers_in(expect, column))
		fail_msg("%c%s, message %02x, to '%s': %u timers", side == USER ? 'U' : 'N',
			column->name, messages[m].type, expect, reach_n_timers(&r));
	reach_end(&r);
}

static void
check_all(uint8_t octet7)
{
	size_t c, m;
	int side;

	for (side = USER; side <= NETWORK; side++)
		for (c = 0; c < tables[side].n_columns; c++)
			for (m = 0; m < N_MESSAGES; m++)
				check(side, &tables[side].columns[c], m, octet7);
}

/*
 * SIG-U3, U4, U5, U6, U8, U14, U15, SIG-N8, N9, N10, N11, N12, N13, N14, SIG-C2, C4, C5, C6, C8,
 * SIG-M2, M3, M6, M9, SIG-42, 47, 48, 66, 69, 71, 76, 88, 106, 112
 */
static void
every_message_in_every_state_does_what_the_tables_say(void **state)
{
	(void)state;
	check_all(0x80);
}

/* SIG-15, SIG-47, SIG-48, SIG-C8 */
static void
an_instruction_to_clear_ends_the_call_only_where_the_message_is_out_of_place(void **state)
{
	(void)state;
	check_all(0x90);
}

/* SIG-15, SIG-47, SIG-48, SIG-C8 */
static void
an_instruction_to_discard_silences_only_what_is_out_of_place(void **state)
{
	(void)state;
	check_all(0x91);
}

/* SIG-15, SIG-47, SIG-48, SIG-C8 */
static void
an_instruction_to_report_is_what_happens_without_one_and_11_is_the_same(void **state)
{
	(void)state;
	check_all(0x92);
	check_all(0x93);
}

/* SIG-15: bits 2-1 without bit 5, and the spare bits */
static void
action_bits_without_the_follow_bit_are_ignored(void **state)
{
	(void)state;
	check_all(0x03);
	check_all(0xef);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_message_in_every_state_does_what_the_tables_say),
		cmocka_unit_test(
			an_instruction_to_clear_ends_the_call_only_where_the_message_is_out_of_place),
		cmocka_unit_test(an_instruction_to_discard_silences_only_what_is_out_of_place),
		cmocka_unit_test(
			an_instruction_to_report_is_what_happens_without_one_and_11_is_the_same),
		cmocka_unit_test(action_bits_without_the_follow_bit_are_ignored),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
