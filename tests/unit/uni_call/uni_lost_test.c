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
 * What ends a call, or takes its link away, against every state of it and of a party: section 13
 * and SIG-P18.
 */

struct column {
	uint8_t state;
	bool ours;
	const char *told; /* when the link is lost, behind link_down */
	bool stays;
};

static const struct column user_states[] = {
	{ UNI_ST_INITIATED, true, "^gone", false },
	{ UNI_ST_OUT_PROCEEDING, true, "^gone", false },
	{ UNI_ST_DELIVERED, true, "^gone", false },
	{ UNI_ST_PRESENT, false, "^gone", false },
	{ UNI_ST_RECEIVED, false, "^gone", false },
	{ UNI_ST_CONNECT_REQUEST, false, "^gone", false },
	{ UNI_ST_IN_PROCEEDING, false, "^gone", false },
	{ UNI_ST_ACTIVE, true, "", true },
	{ UNI_ST_ACTIVE, false, "", true },
	{ UNI_ST_RELEASE_REQUEST, true, "^complete", false },
	{ UNI_ST_RELEASE_INDICATION, true, "^gone", false },
	{ UNI_ST_MODIFY_REQUEST, true, "^modify_refused", true },
	{ UNI_ST_MODIFY_RECEIVED, false, "", true },
};

static const struct column network_states[] = {
	{ UNI_ST_INITIATED, false, "^gone", false },
	{ UNI_ST_OUT_PROCEEDING, false, "^gone", false },
	{ UNI_ST_DELIVERED, false, "^gone", false },
	{ UNI_ST_PRESENT, true, "^gone", false },
	{ UNI_ST_RECEIVED, true, "^gone", false },
	{ UNI_ST_IN_PROCEEDING, true, "^gone", false },
	{ UNI_ST_ACTIVE, true, "", true },
	{ UNI_ST_ACTIVE, false, "", true },
	{ UNI_ST_RELEASE_REQUEST, true, "^gone", false },
	{ UNI_ST_RELEASE_INDICATION, true, "^complete", false },
	{ UNI_ST_MODIFY_REQUEST, true, "^modify_refused", true },
	{ UNI_ST_MODIFY_RECEIVED, false, "", true },
};

static void
expect_words(struct reach *r, uint8_t state, const char *got, const char *expect)
{
	if (strcmp(got, expect) != 0)
		fail_msg("%s, state %u: '%s', not '%s'", r->side == USER ? "user" : "network",
			state, got, expect);
}

static void
check_lost(int side, const struct column *column)
{
	struct reach r = reach_call(side, column->state, column->ours);
	uint32_t n_establish = r.e->n_establish;
	char expect[64];

	r.e->cause = 0;
	uni_link_released(r.e->l, r.p->now_ns);
	assert_int_equal(r.e->n_establish - n_establish, column->stays); /* SIG-97 */
	reach_wait(&r, 0);
	snprintf(expect, sizeof(expect), "^link_down%s%s", column->told[0] != '\0' ? " " : "",
		column->told);
	expect_words(&r, column->state, reach_words(&r), expect);
	assert_int_equal(
		pair_state(r.p, side, r.call), column->stays ? UNI_ST_ACTIVE : UNI_ST_COUNT);
	if (strstr(column->told, "gone") != NULL || strstr(column->told, "refused") != NULL)
		assert_int_equal(r.e->cause, UNI_CAUSE_OUT_OF_ORDER);
	if (column->stays) { /* T309, with the default of SIG-T4 */
		reach_wait(&r, 9999);
		expect_words(&r, column->state, reach_words(&r), "");
		reach_wait(&r, 1);
		expect_words(&r, column->state, reach_words(&r), "^gone");
		assert_int_equal(r.e->cause, UNI_CAUSE_OUT_OF_ORDER);
	}
	assert_int_equal(reach_n_timers(&r), 0);
	reach_end(&r);
}

/* SIG-96, SIG-97, SIG-T4, SIG-M10 */
static void
a_lost_link_ends_what_is_not_active_and_the_rest_after_t309(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(user_states) / sizeof(user_states[0]); i++)
		check_lost(USER, &user_states[i]);
	for (i = 0; i < sizeof(network_states) / sizeof(network_states[0]); i++)
		check_lost(NETWORK, &network_states[i]);
}

/* SIG-97, SIG-T15: "without calls only T-LINK runs", again from its beginning */
static void
a_lost_link_without_active_calls_is_asked_for_by_t_link_only(void **state)
{
	static const uint32_t waits_ms[] = { 1000, 2000, 4000, 8000, 16000, 30000, 30000 };
	size_t i;
	int side;

	(void)state;
	for (side = USER; side <= NETWORK; side++) {
		struct reach r = reach_idle(side);
		uint32_t n = r.e->n_establish;

		uni_link_released(r.e->l, r.p->now_ns);
		for (i = 0; i < sizeof(waits_ms) / sizeof(waits_ms[0]); i++) {
			assert_int_equal(r.e->n_establish, n + i);
			reach_wait(&r, waits_ms[i] - 1);
			assert_int_equal(r.e->n_establish, n + i);
			reach_wait(&r, 1);
		}
		uni_link_established(r.e->l, r.p->now_ns);
		uni_link_released(r.e->l, r.p->now_ns);
		n = r.e->n_establish;
		reach_wait(&r, 999);
		assert_int_equal(r.e->n_establish, n);
		reach_wait(&r, 1);
		assert_int_equal(r.e->n_establish, n + 1);
		reach_end(&r);
	}
}

/* States of a party, and how the layer above hears of the end of one. */
static const struct {
	uint8_t state;
	bool root;
	const char *told;
} parties[] = {
	{ UNI_PARTY_INITIATED, true, "^party_refused" },
	{ UNI_PARTY_ALERTING_RECEIVED, true, "^party_refused" },
	{ UNI_PARTY_ACTIVE, true, "^party_gone" },
	{ UNI_PARTY_DROP_INITIATED, true, "^party_complete" },
	{ UNI_PARTY_DROP_RECEIVED, true, "^party_gone" },
	{ UNI_PARTY_RECEIVED, false, "^party_gone" },
	{ UNI_PARTY_ALERTING_DELIVERED, false, "^party_gone" },
	{ UNI_PARTY_ACTIVE, false, "^party_gone" },
	{ UNI_PARTY_DROP_INITIATED, false, "^party_complete" },
	{ UNI_PARTY_DROP_RECEIVED, false, "^party_gone" },
};

#define N_PARTIES (sizeof(parties) / sizeof(parties[0]))

/* SIG-96: "parties not in state 10 are gone" */
static void
a_lost_link_ends_parties_that_are_not_active(void **state)
{
	char expect[64];
	size_t i;
	int side;

	(void)state;
	for (side = USER; side <= NETWORK; side++) {
		for (i = 0; i < N_PARTIES; i++) {
			struct reach r = reach_multi(side, UNI_ST_ACTIVE, parties[i].root);
			bool stays = parties[i].state == UNI_PARTY_ACTIVE;

			reach_party(&r, parties[i].state);
			uni_link_released(r.e->l, r.p->now_ns);
			reach_wait(&r, 0);
			snprintf(expect, sizeof(expect), "^link_down%s%s", stays ? "" : " ",
				stays ? "" : parties[i].told);
			expect_words(&r, parties[i].state, reach_words(&r), expect);
			assert_int_equal(pair_party_state(r.p, side, r.party),
				stays ? UNI_PARTY_ACTIVE : UNI_PARTY_COUNT);
			assert_int_equal(pair_state(r.p, side, r.call), UNI_ST_ACTIVE);
			assert_int_equal(reach_n_timers(&r), 0);
			reach_end(&r);
		}
	}
}

enum end { BY_RELEASE, BY_RELEASE_COMPLETE, BY_STATUS_NULL, BY_CLOSE, N_ENDS };

static void
end_call(struct reach *r, enum end end)
{
	switch (end) {
	case BY_RELEASE:
		reach_receive(r, UNI_MT_RELEASE, 0x80, REACH_CAUSE);
		return;
	case BY_RELEASE_COMPLETE:
		reach_receive(r, UNI_MT_RELEASE_COMPLETE, 0x80, REACH_CAUSE);
		return;
	case BY_STATUS_NULL:
		reach_receive(r, UNI_MT_STATUS, 0x80, "14800001 00 08800002 809e");
		return;
	default:
		pair_close(r->p, r->side, r->call, UNI_CAUSE_NORMAL);
	}
}

/* SIG-P18: "any | RELEASE, RELEASE COMPLETE, clear locally"; who closes is told of no party */
static void
a_party_in_any_state_ends_with_its_call(void **state)
{
	char expect[128];
	size_t i;
	int side, end;

	(void)state;
	for (side = USER; side <= NETWORK; side++) {
		for (i = 0; i < N_PARTIES; i++) {
			for (end = 0; end < N_ENDS; end++) {
				struct reach r = reach_multi(side, UNI_ST_ACTIVE, parties[i].root);

				reach_party(&r, parties[i].state);
				end_call(&r, (enum end)end);
				snprintf(expect, sizeof(expect), "^party_gone %s %s",
					parties[i].told, end == BY_RELEASE ? "^released" : "^gone");
				expect_words(&r, parties[i].state, reach_words(&r),
					end == BY_CLOSE ? "RELEASE 16" : expect);
				assert_int_equal(
					pair_party_state(r.p, side, r.party), UNI_PARTY_COUNT);
				assert_int_equal(
					reach_n_timers(&r), end == BY_RELEASE || end == BY_CLOSE);
				reach_end(&r);
			}
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_lost_link_ends_what_is_not_active_and_the_rest_after_t309),
		cmocka_unit_test(a_lost_link_without_active_calls_is_asked_for_by_t_link_only),
		cmocka_unit_test(a_lost_link_ends_parties_that_are_not_active),
		cmocka_unit_test(a_party_in_any_state_ends_with_its_call),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
