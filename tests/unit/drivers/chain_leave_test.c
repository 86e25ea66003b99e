/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "chain.h"
#include "medium.h"

#include <cmocka.h>

/* How a call manager leaves, and what pauses and resets do to it; either kind. */

static int
setup(void **state)
{
	*state = chain_create(&(struct chain_config){ 0 });
	return 0;
}

static int
teardown(void **state)
{
	chain_destroy(*state);
	return 0;
}

static unsigned int n_halted;

static void
on_halted(void *arg, co_adapter_t adapter)
{
	(void)arg;
	(void)adapter;
	n_halted++;
}

static void
halt(struct chain *ch)
{
	n_halted = 0;
	chain_forget_steps(ch);
	assert_int_equal(
		co_halt(ch->co[USER], ch->adapter[USER], on_halted, NULL), CO_STATUS_PENDING);
}

static bool
is_halted(const struct chain *ch)
{
	(void)ch;
	return n_halted > 0;
}

/* These steps, in this order, whatever is between them. */
static void
expect_order(const struct chain *ch, enum chain_side side, const char *const *steps)
{
	uint32_t i;

	for (i = 0; i < ch->n_steps && *steps != NULL; i++)
		if (ch->steps[i].side == side && strcmp(ch->steps[i].text, *steps) == 0)
			steps++;
	if (*steps != NULL)
		fail_msg("a step is missing, or out of order: \"%s\"", *steps);
}

/* Steps of a side that begin so. */
static unsigned int
count_steps(const struct chain *ch, enum chain_side side, const char *begin)
{
	unsigned int n = 0;
	uint32_t i;

	for (i = 0; i < ch->n_steps; i++)
		n += ch->steps[i].side == side &&
		     strncmp(ch->steps[i].text, begin, strlen(begin)) == 0;
	return n;
}

static const char *
deactivation(const struct chain *ch)
{
	return ch->completes_first[USER] ? "co_mcm_deactivate_vc" : "co_cm_deactivate_vc";
}

static const char *const leaving_steps[] = {
	"client.notify_close_af",
	"co_cl_drop_party",
	"-> DROP PARTY",
	"client.drop_party_complete",
	"co_cl_close_call",
	"-> RELEASE",
	"<- RELEASE COMPLETE",
	"client.close_call_complete",
	"co_cl_close_address_family",
	"callmgr.close_af",
	"callmgr.notify_close_af_complete",
	NULL,
};

/* AF-11, AF-12, AF-16, AF-17, AF-18, UNB-3, CLOSE-38 */
static void
all_calls_are_closed_over_the_network_before_the_call_manager_goes(void **state)
{
	struct chain *ch = *state;
	struct chain_party *parties[2];
	struct chain_call *root = chain_multipoint_up(ch, USER, 2, parties);
	struct chain_call *call = chain_call_up(ch, NETWORK);

	halt(ch);
	assert_int_equal(ch->client[USER].n_notified, 1);
	chain_run_until(ch, is_halted, 5000);
	expect_order(ch, USER, leaving_steps);
	assert_int_equal(n_halted, 1);
	assert_int_equal(root->n_closed, 1);
	assert_int_equal(call->n_incoming_close, 1);
	assert_int_equal(call->reason, CO_STATUS_SUCCESS);
	assert_int_equal(call->n_closed, 1);
	assert_int_equal(ch->client[USER].n_af_closed, 1);
}

/* UNB-3: the signalling link ends in order too. */
static void
a_call_manager_without_calls_leaves_and_releases_its_link(void **state)
{
	struct chain *ch = *state;

	halt(ch);
	chain_run_until(ch, is_halted, 5000);
	chain_run_ms(ch, 10);
	assert_false(chain_link_is_up(ch, NETWORK));
}

/* RACE-21 */
static void
a_close_under_way_ends_before_the_call_manager_goes(void **state)
{
	struct chain *ch = *state;
	struct chain_call *call = chain_call_up(ch, USER);

	medium_set_options(ch, &(struct medium_options){ .delay_ms = 20 });
	assert_int_equal(chain_close(call, NULL, 0), CO_STATUS_PENDING);
	halt(ch);
	assert_int_equal(call->n_closed, 0);
	chain_run_until(ch, is_halted, 5000);
	assert_int_equal(call->n_closed, 1);
	assert_int_equal(call->close_status, CO_STATUS_SUCCESS);
}

/* AF-16: a peer that is gone does not hold it for ever. */
static void
a_call_manager_leaves_though_its_peer_is_silent(void **state)
{
	struct chain *ch = *state;

	callmgr_pause(ch->cm[NETWORK], true);
	halt(ch);
	chain_run_until(ch, is_halted, 60000);
	callmgr_pause(ch->cm[NETWORK], false);
	chain_run_ms(ch, 10);
}

/* UNB-5, SIG-98, SIG-101 */
static void
a_close_while_paused_is_finished_without_the_network(void **state)
{
	struct chain *ch = *state;
	struct chain_call *call = chain_call_up(ch, USER);

	callmgr_pause(ch->cm[USER], true);
	chain_forget_steps(ch);
	assert_int_equal(chain_close(call, NULL, 0), CO_STATUS_PENDING);
	chain_run_ms(ch, 10);
	assert_int_equal(call->n_closed, 1);
	assert_int_equal(call->close_status, CO_STATUS_SUCCESS);
	assert_int_equal(call->vc, CO_NONE);
	assert_false(chain_has_step(ch, USER, "-> RELEASE"));
	callmgr_pause(ch->cm[USER], false);
	chain_run_ms(ch, 5000);
	assert_true(chain_link_is_up(ch, USER));
	call = ch->client[NETWORK].last;
	assert_int_equal(call->n_incoming_close, 1); /* it has asked as soon as it could */
	chain_run_until(ch, chain_is_idle, 1000);
	assert_int_equal(call->n_closed, 1);
}

/* UNB-9, INCLOSE-1, INCLOSE-9: the path of each call is lost, and its close needs none. */
static void
a_pause_longer_than_t309_ends_calls_with_a_reason(void **state)
{
	struct chain *ch = *state;
	struct chain_call *call = chain_call_up(ch, USER);

	callmgr_pause(ch->cm[USER], true);
	chain_forget_steps(ch);
	chain_run_ms(ch, 60000);
	assert_false(chain_has_step(ch, USER, "-> RELEASE"));
	assert_int_equal(call->n_incoming_close, 1);
	assert_int_equal(call->reason, CO_STATUS_FAILURE);
	assert_int_equal(call->n_closed, 1);
	callmgr_pause(ch->cm[USER], false);
	chain_run_ms(ch, 15000);
	assert_true(chain_link_is_up(ch, USER));
}

/* A short pause is nobody's end. */
static void
calls_outlive_a_short_pause(void **state)
{
	struct chain *ch = *state;
	struct chain_call *call = chain_call_up(ch, USER);

	callmgr_pause(ch->cm[USER], true);
	chain_run_ms(ch, 500);
	callmgr_pause(ch->cm[USER], false);
	chain_run_ms(ch, 5000);
	assert_true(chain_link_is_up(ch, USER));
	assert_int_equal(call->n_incoming_close, 0);
	assert_int_equal(chain_close(call, NULL, 0), CO_STATUS_PENDING);
	chain_run_until(ch, chain_is_idle, 1000);
	assert_int_equal(call->n_closed, 1);
}

/* VC-7 */
static void
nothing_is_signalled_of_a_vc_that_vanishes_before_any_call(void **state)
{
	struct chain *ch = *state;
	struct chain_call *call;

	chain_forget_steps(ch);
	call = chain_create_vc(ch, USER);
	assert_int_equal(chain_delete(call), CO_STATUS_SUCCESS);
	chain_run_ms(ch, 100);
	assert_true(chain_has_step(ch, USER, "callmgr.create_vc"));
	assert_true(chain_has_step(ch, USER, "callmgr.delete_vc"));
	assert_int_equal(count_steps(ch, USER, "->"), 0);
}

/* CLOSE-17, DEACT-1: outgoing and incoming, closed and answering. */
static void
every_close_deactivates_its_vc_once(void **state)
{
	struct chain *ch = *state;
	enum chain_side side;

	for (side = USER; side <= NETWORK; side++) {
		struct chain_call *call = chain_call_up(ch, side);

		chain_forget_steps(ch);
		assert_int_equal(chain_close(call, NULL, 0), CO_STATUS_PENDING);
		chain_run_until(ch, chain_is_idle, 1000);
		assert_int_equal(count_steps(ch, USER, deactivation(ch)), 1);
		assert_int_equal(count_steps(ch, NETWORK, deactivation(ch)), 1);
	}
}

/* RESET-1, RESET-5 */
static void
a_close_during_a_reset_is_neither_lost_nor_failed(void **state)
{
	struct chain *ch = *state;
	struct chain_call *call = chain_call_up(ch, USER);
	enum co_status status;

	medium_set_options(ch, &(struct medium_options){ .reset_turns = 50 });
	status = co_reset(ch->co[USER], ch->adapter[USER]);
	assert_true(status == CO_STATUS_PENDING || ch->completes_first[USER]);
	assert_int_equal(chain_close(call, NULL, 0), CO_STATUS_PENDING);
	chain_run_ms(ch, 40);
	assert_int_equal(call->n_closed, ch->completes_first[USER] ? 1 : 0);
	chain_run_until(ch, chain_is_idle, 5000);
	assert_int_equal(call->n_closed, 1);
	assert_int_equal(call->close_status, CO_STATUS_SUCCESS);
	assert_int_equal(ch->client[NETWORK].last->reason, CO_STATUS_SUCCESS);
	assert_true(chain_link_is_up(ch, USER));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(all_calls_are_closed_over_the_network_before_the_call_manager_goes),
		TEST(a_call_manager_without_calls_leaves_and_releases_its_link),
		TEST(a_close_under_way_ends_before_the_call_manager_goes),
		TEST(a_call_manager_leaves_though_its_peer_is_silent),
		TEST(a_close_while_paused_is_finished_without_the_network),
		TEST(a_pause_longer_than_t309_ends_calls_with_a_reason),
		TEST(calls_outlive_a_short_pause),
		TEST(nothing_is_signalled_of_a_vc_that_vanishes_before_any_call),
		TEST(every_close_deactivates_its_vc_once),
		TEST(a_close_during_a_reset_is_neither_lost_nor_failed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
