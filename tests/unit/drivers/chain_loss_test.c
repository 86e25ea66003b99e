/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "chain.h"
#include "loopvc/loopvc.h"

#include <cmocka.h>

#define N_CALLS 1000u

static int
setup(void **state)
{
	*state = chain_create(&(struct chain_config){ .seed = 1 });
	return 0;
}

/* The transport outlives the timers of call control. */
static int
setup_patient(void **state)
{
	*state = chain_create(&(struct chain_config){ .no_response_ms = 60000 });
	return 0;
}

static int
setup_restarting(void **state)
{
	*state = chain_create(&(struct chain_config){
		.no_response_ms = 60000, .t316_ms = 2000, .restart_first = true });
	return 0;
}

static int
teardown(void **state)
{
	chain_destroy(*state);
	return 0;
}

static const struct loopvc_options cut = { .cut = true };
static const struct loopvc_options perfect = { 0 };

static bool
has_made(const struct chain *ch)
{
	return ch->client[USER].last->n_made > 0;
}

static bool
are_links_down(const struct chain *ch)
{
	struct chain *c = (struct chain *)(uintptr_t)ch;

	return !chain_link_is_up(c, USER) && !chain_link_is_up(c, NETWORK);
}

static bool
are_links_up(const struct chain *ch)
{
	struct chain *c = (struct chain *)(uintptr_t)ch;

	return chain_link_is_up(c, USER) && chain_link_is_up(c, NETWORK);
}

static unsigned int
n_steps(const struct chain *ch, enum chain_side side)
{
	unsigned int n = 0;
	uint32_t i;

	for (i = 0; i < ch->n_steps; i++)
		n += ch->steps[i].side == side;
	return n;
}

/* SIG-T2: 4 s, SETUP again, 4 s. It is the transport that repeats what the wire has lost. */
static void
a_setup_that_nobody_answers_fails_after_t303_twice(void **state)
{
	struct chain *ch = *state;
	struct chain_call *call;
	uint64_t began_ns;

	loopvc_set_options(ch->lv, &cut);
	call = chain_call(ch, USER);
	began_ns = ch->now_ns;
	chain_run_until(ch, has_made, 10000);
	assert_in_range((ch->now_ns - began_ns) / 1000000, 8000, 8010);
	assert_int_equal(call->make_status, CO_STATUS_FAILURE);
	assert_int_equal(call->cause, UNI_CAUSE_NO_USER_RESPONDING);
	assert_int_equal(call->n_closed, 0);
	loopvc_set_options(ch->lv, &perfect);
	chain_run_ms(ch, 5000);
}

/* SIG-96, MAKE-5, RACE-6 */
static void
a_setup_that_waits_when_the_link_is_lost_fails_with_cause_27(void **state)
{
	struct chain *ch = *state;
	struct chain_call *call;

	ch->client[NETWORK].answer = CO_STATUS_PENDING;
	call = chain_call(ch, USER);
	chain_run_ms(ch, 100);
	loopvc_set_options(ch->lv, &cut);
	chain_run_until(ch, are_links_down, 20000);
	chain_run_ms(ch, 10);
	assert_int_equal(call->n_made, 1);
	assert_int_equal(call->cause, UNI_CAUSE_OUT_OF_ORDER);
	assert_int_equal(ch->client[NETWORK].last->n_incoming_close, 1);
	assert_int_equal(ch->client[NETWORK].last->reason, CO_STATUS_FAILURE);
	assert_int_equal(ch->client[NETWORK].last->n_closed, 1);
	loopvc_set_options(ch->lv, &perfect);
	chain_run_until(ch, are_links_up, 60000);
}

/* SIG-101 */
static void
a_call_is_refused_at_once_while_the_link_is_down(void **state)
{
	struct chain *ch = *state;
	struct chain_call *call;

	loopvc_set_options(ch->lv, &cut);
	chain_run_until(ch, are_links_down, 20000);
	call = chain_create_vc(ch, USER);
	assert_int_equal(chain_make_call(call), CO_STATUS_FAILURE);
	assert_int_equal(call->params.cause, UNI_CAUSE_OUT_OF_ORDER);
	assert_int_equal(
		co_delete_vc(ch->co[USER], ch->client[USER].binding, call->vc), CO_STATUS_SUCCESS);
	loopvc_set_options(ch->lv, &perfect);
	chain_run_until(ch, are_links_up, 60000);
}

/* SIG-96, SIG-97, SIG-99, UNB-9: 10 s after the loss, both clients are told, none waits. */
static void
a_lost_link_ends_active_calls_when_t309_expires(void **state)
{
	struct chain *ch = *state;
	struct chain_call *ours = chain_call_up(ch, USER);
	struct chain_call *theirs = ch->client[NETWORK].last;

	loopvc_set_options(ch->lv, &cut);
	chain_run_until(ch, are_links_down, 20000);
	chain_run_ms(ch, 9000);
	assert_int_equal(ours->n_incoming_close, 0);
	chain_run_ms(ch, 9000);
	assert_int_equal(ours->n_incoming_close, 1);
	assert_int_equal(ours->reason, CO_STATUS_FAILURE);
	assert_int_equal(ours->told.octets[0], UNI_CAUSE_OUT_OF_ORDER);
	assert_int_equal(ours->n_closed, 1); /* INCLOSE-9: without the network */
	assert_int_equal(theirs->n_incoming_close, 1);
	assert_int_equal(theirs->n_closed, 1);
	loopvc_set_options(ch->lv, &perfect);
	chain_run_until(ch, are_links_up, 60000);
}

/* SIG-98 */
static void
a_call_outlives_a_short_loss_of_the_link(void **state)
{
	struct chain *ch = *state;
	struct chain_call *ours = chain_call_up(ch, USER);
	uint8_t octets[] = "traffic";
	struct co_packet packet = { .data = octets, .len = sizeof(octets) };

	loopvc_set_options(ch->lv, &cut);
	chain_run_until(ch, are_links_down, 20000);
	loopvc_set_options(ch->lv, &perfect);
	chain_run_until(ch, are_links_up, 9000);
	chain_run_ms(ch, 15000);
	assert_int_equal(ours->n_incoming_close, 0);
	assert_int_equal(ch->client[NETWORK].last->n_incoming_close, 0);
	chain_send(ours, &packet);
	chain_run_ms(ch, 10);
	assert_int_equal(ch->client[NETWORK].last->n_received, 1);
	assert_int_equal(chain_close(ours, NULL, 0), CO_STATUS_PENDING);
	chain_run_until(ch, chain_is_idle, 1000);
}

/* SIG-101, SIG-77: a close needs no link; what the peer sends for the call later gets 81. */
static void
a_close_while_the_link_is_down_completes(void **state)
{
	struct chain *ch = *state;
	struct chain_call *ours = chain_call_up(ch, USER);
	struct chain_call *theirs = ch->client[NETWORK].last;

	loopvc_set_options(ch->lv, &cut);
	chain_run_until(ch, are_links_down, 20000);
	assert_int_equal(chain_close(ours, NULL, 0), CO_STATUS_PENDING);
	chain_run_ms(ch, 10);
	assert_int_equal(ours->n_closed, 1);
	assert_int_equal(theirs->n_incoming_close, 0);
	loopvc_set_options(ch->lv, &perfect);
	chain_run_until(ch, are_links_up, 9000);
	assert_int_equal(chain_close(theirs, NULL, 0), CO_STATUS_PENDING);
	chain_run_until(ch, chain_is_idle, 1000);
	assert_int_equal(theirs->n_closed, 1);
}

/* SIG-T3, SIG-74, CLOSE-43: 30 s, RELEASE again, 30 s, then without the peer. */
static void
a_release_that_nobody_answers_completes_after_t308_twice(void **state)
{
	struct chain *ch = *state;
	struct chain_call *ours = chain_call_up(ch, USER);
	struct chain_call *theirs = ch->client[NETWORK].last;
	struct uni_link_stats stats;

	ch->client[NETWORK].leaves_close_open = true;
	chain_forget_steps(ch);
	assert_int_equal(chain_close(ours, NULL, 0), CO_STATUS_PENDING);
	chain_run_ms(ch, 59900);
	assert_int_equal(ours->n_closed, 0);
	assert_int_equal(theirs->n_incoming_close, 1); /* SIG-C4: not told of the second RELEASE */
	chain_run_ms(ch, 200);
	assert_int_equal(ours->n_closed, 1);
	assert_int_equal(ours->close_status, CO_STATUS_SUCCESS);
	uni_link_stats(callmgr_link(chain_callmgr(ch, USER)), &stats);
	assert_int_equal(stats.tx[0x4d], 2);
	assert_int_equal(chain_close(theirs, NULL, 0), CO_STATUS_PENDING);
	chain_run_until(ch, chain_is_idle, 1000);
	assert_int_equal(theirs->n_closed, 1);
}

/* SIG-66: a client that never answers an incoming close keeps nobody but itself. */
static void
an_unanswered_incoming_close_is_answered_on_the_wire_at_last(void **state)
{
	struct chain *ch = *state;
	struct chain_call *ours = chain_call_up(ch, USER);
	struct chain_call *theirs = ch->client[NETWORK].last;

	ch->client[NETWORK].leaves_close_open = true;
	assert_int_equal(chain_close(ours, NULL, 0), CO_STATUS_PENDING);
	chain_run_ms(ch, 181000);
	assert_int_equal(theirs->n_incoming_close, 1);
	chain_forget_steps(ch);
	assert_int_equal(chain_close(theirs, NULL, 0), CO_STATUS_PENDING);
	chain_run_until(ch, chain_is_idle, 1000);
	assert_int_equal(theirs->n_closed, 1);
	assert_false(chain_has_step(ch, NETWORK, "-> RELEASE COMPLETE"));
	assert_true(n_steps(ch, NETWORK) > 0);
}

static void
count(const struct chain_client *c, unsigned int *n_up, unsigned int *n_closed)
{
	uint32_t i;

	*n_up = *n_closed = 0;
	for (i = 0; i < c->n_calls; i++) {
		*n_up += c->calls[i].up;
		*n_closed += c->calls[i].n_closed;
		assert_true(c->calls[i].n_made <= 1);
		assert_true(c->calls[i].n_closed <= 1); /* I2 */
	}
}

static bool
are_all_up(const struct chain *ch)
{
	unsigned int n_ours, n_theirs, n_closed;

	count(&ch->client[USER], &n_ours, &n_closed);
	count(&ch->client[NETWORK], &n_theirs, &n_closed);
	return n_ours == N_CALLS && n_theirs == N_CALLS;
}

static void
place_calls(struct chain *ch)
{
	uint32_t i;

	for (i = 0; i < N_CALLS; i++) {
		chain_call(ch, i % 2 == 0 ? USER : NETWORK);
		if (i % 20 == 19)
			chain_run_ms(ch, 10);
	}
}

static void
close_one(struct chain_call *call)
{
	if (call->vc != CO_NONE && call->up && call->n_incoming_close + call->n_closed == 0)
		chain_close(call, NULL, 0);
}

/* Every second call by the one side, what is left then by the other one: some closes cross. */
static void
close_calls(struct chain *ch)
{
	uint32_t i;

	for (i = 0; i < ch->client[USER].n_calls; i += 2) {
		close_one(&ch->client[USER].calls[i]);
		if (i % 50 == 0)
			chain_run_ms(ch, 10);
	}
	for (i = 0; i < ch->client[NETWORK].n_calls; i++)
		close_one(&ch->client[NETWORK].calls[i]);
}

/* I2, I4: the transport repairs everything; no call is lost, none is told of twice. */
static void
a_thousand_calls_come_and_go_over_a_wire_that_loses_one_frame_in_twenty(void **state)
{
	static const struct loopvc_options bad = { .delay_ms = 5, .drop_permille = 50 };
	struct chain *ch = *state;
	struct loopvc_stats stats;
	unsigned int n_up, n_closed;
	uint32_t i;

	loopvc_set_options(ch->lv, &bad);
	place_calls(ch);
	chain_run_until(ch, are_all_up, 4000);
	close_calls(ch);
	chain_run_until(ch, chain_is_idle, 30000);
	for (i = 0; i < SIDE_COUNT; i++) {
		count(&ch->client[i], &n_up, &n_closed);
		assert_int_equal(ch->client[i].n_calls, N_CALLS);
		assert_int_equal(n_closed, N_CALLS);
	}
	loopvc_stats(ch->lv, &stats);
	assert_true(stats.lost > 0);
	assert_int_equal(stats.no_packet, 0);
}

/*
 * The transport counts on a wire that keeps order and number, and recovers with loss of messages
 * where it does not (SSCOP-28, SSCOP-31). Calls may fail then, but each of them ends, once, and
 * leaves nothing (I2, I4, I8).
 */
static void
a_thousand_calls_all_end_over_a_wire_that_doubles_and_reorders(void **state)
{
	static const struct loopvc_options worse = {
		.delay_ms = 5,
		.drop_permille = 50,
		.duplicate_permille = 20,
		.reorder_permille = 30,
		.reorder_ms = 12,
	};
	struct chain *ch = *state;
	struct loopvc_stats stats;
	unsigned int n_up, n_closed;
	uint32_t i;

	loopvc_set_options(ch->lv, &worse);
	place_calls(ch);
	chain_run_ms(ch, 40000);
	close_calls(ch);
	chain_run_ms(ch, 200000);
	loopvc_set_options(ch->lv, &perfect);
	chain_run_ms(ch, 1000);
	/* What one side still believes in when the other one has given up. */
	for (i = 0; i < ch->client[USER].n_calls; i++)
		close_one(&ch->client[USER].calls[i]);
	for (i = 0; i < ch->client[NETWORK].n_calls; i++)
		close_one(&ch->client[NETWORK].calls[i]);
	chain_run_until(ch, chain_is_idle, 70000);
	for (i = 0; i < SIDE_COUNT; i++)
		count(&ch->client[i], &n_up, &n_closed);
	loopvc_stats(ch->lv, &stats);
	assert_true(stats.lost > 0 && stats.duplicated > 0 && stats.reordered > 0);
}

/* ---- RESTART. ---- */

static void
on_restarted(void *arg, uint32_t tag, bool acknowledged)
{
	unsigned int *n = arg;

	n[acknowledged]++;
	assert_int_equal(tag, 1 + n[false] + n[true]);
}

static uint32_t
n_set_aside(struct chain *ch)
{
	struct uni_link_stats stats;

	uni_link_stats(callmgr_link(chain_callmgr(ch, USER)), &stats);
	return stats.n_set_aside;
}

/* SIG-85: nobody waits for long */
static void
a_call_made_as_soon_as_the_link_is_up_comes_up_behind_the_restarts(void **state)
{
	struct chain *ch = *state;
	struct chain_call *call = chain_call_up(ch, USER);

	assert_int_equal(call->make_status, CO_STATUS_SUCCESS);
	assert_int_equal(call->n_incoming_close, 0);
	assert_int_equal(chain_close(call, NULL, 0), CO_STATUS_PENDING);
}

/* SIG-T7, SIG-81, SIG-122: both clients get on with it, the VC is not used again */
static void
a_restart_that_nobody_answers_is_given_up_and_a_later_one_makes_up_for_it(void **state)
{
	struct chain *ch = *state;
	struct callmgr *cm = chain_callmgr(ch, USER);
	struct chain_call *call = chain_call_up(ch, USER);
	unsigned int n[2] = { 0 }; /* by acknowledged */

	loopvc_set_options(ch->lv, &cut);
	assert_int_equal(callmgr_restart(cm, UNI_RESTART_VC, 32, on_restarted, n, 2), 0);
	chain_run_ms(ch, 3900);
	assert_int_equal(call->n_incoming_close, 1);
	assert_int_equal(call->told.octets[0], UNI_CAUSE_TEMPORARY_FAILURE);
	assert_int_equal(call->n_closed, 1);
	assert_int_equal(n[false], 0);
	chain_run_ms(ch, 200);
	assert_int_equal(n[false], 1);
	assert_int_equal(n_set_aside(ch), 1);
	loopvc_set_options(ch->lv, &perfect);
	chain_run_ms(ch, 2000);
	assert_int_equal(ch->client[NETWORK].last->n_incoming_close, 1);
	assert_int_equal(callmgr_restart(cm, UNI_RESTART_ALL, 0, on_restarted, n, 3), 0);
	chain_run_ms(ch, 200);
	assert_int_equal(n[true], 1);
	assert_int_equal(n_set_aside(ch), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_setup_that_nobody_answers_fails_after_t303_twice,
			setup_patient, teardown),
		cmocka_unit_test_setup_teardown(
			a_setup_that_waits_when_the_link_is_lost_fails_with_cause_27, setup,
			teardown),
		cmocka_unit_test_setup_teardown(
			a_call_is_refused_at_once_while_the_link_is_down, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_lost_link_ends_active_calls_when_t309_expires, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_call_outlives_a_short_loss_of_the_link, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_close_while_the_link_is_down_completes, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_release_that_nobody_answers_completes_after_t308_twice, setup, teardown),
		cmocka_unit_test_setup_teardown(
			an_unanswered_incoming_close_is_answered_on_the_wire_at_last, setup,
			teardown),
		cmocka_unit_test_setup_teardown(
			a_thousand_calls_come_and_go_over_a_wire_that_loses_one_frame_in_twenty,
			setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_thousand_calls_all_end_over_a_wire_that_doubles_and_reorders, setup,
			teardown),
		cmocka_unit_test_setup_teardown(
			a_call_made_as_soon_as_the_link_is_up_comes_up_behind_the_restarts,
			setup_restarting, teardown),
		cmocka_unit_test_setup_teardown(
			a_restart_that_nobody_answers_is_given_up_and_a_later_one_makes_up_for_it,
			setup_restarting, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
