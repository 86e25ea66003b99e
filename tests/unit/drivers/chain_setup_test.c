/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "chain.h"
#include "loopvc/loopvc.h"

#include <cmocka.h>

static int
setup_two(void **state)
{
	*state = chain_create(&(struct chain_config){ .n_brokers = 2 });
	return 0;
}

static int
setup_one(void **state)
{
	*state = chain_create(&(struct chain_config){ .n_brokers = 1 });
	return 0;
}

static int
setup_one_answer(void **state)
{
	*state = chain_create(&(struct chain_config){ .n_brokers = 2, .n_answers = 1 });
	return 0;
}

static int
teardown(void **state)
{
	chain_destroy(*state);
	return 0;
}

/* Figure cm-11 (5.8) up to its step 11: ACT-2. The answer is immediate, so is CONNECT (SIG-68). */
static const char *const calling_steps[] = {
	"callmgr.create_vc",
	"miniport.create_vc",
	"co_cl_make_call",
	"callmgr.make_call",
	"-> SETUP",
	"<- CONNECT",
	"co_cm_activate_vc",
	"miniport.activate_vc",
	"co_m_activate_vc_complete",
	"callmgr.activate_vc_complete",
	"co_cm_make_call_complete",
	"client.make_call_complete SUCCESS",
	NULL,
};

/* Figure cm-13: INCALL-1, INCALL-3, INCALL-10, ACT-3. */
static const char *const called_steps[] = {
	"<- SETUP",
	"client.create_vc",
	"miniport.create_vc",
	"co_cm_dispatch_incoming_call",
	"client.incoming_call",
	"co_cm_activate_vc",
	"miniport.activate_vc",
	"co_m_activate_vc_complete",
	"callmgr.activate_vc_complete",
	NULL,
};

static bool
is_own_word(const char *text)
{
	return strncmp(text, "->", 2) == 0 || strcmp(text, "co_cm_dispatch_call_connected") == 0 ||
	       strcmp(text, "client.call_connected") == 0 ||
	       strcmp(text, "<- CONNECT ACKNOWLEDGE") == 0;
}

/* What the figures leave to the roles: who says CONNECT ACKNOWLEDGE, and when it is up. */
static void
drop_last_words(struct chain *ch, enum chain_side side, bool all)
{
	uint32_t i, n = 0;

	for (i = 0; i < ch->n_steps; i++) {
		const struct chain_step *s = &ch->steps[i];

		if (s->side == side && (all ? is_own_word(s->text)
					    : strcmp(s->text, "-> CONNECT ACKNOWLEDGE") == 0))
			continue;
		ch->steps[n++] = *s;
	}
	ch->n_steps = n;
}

static void
expect_figures_from(struct chain *ch, enum chain_side from)
{
	static const struct loopvc_options slow = { .activate_turns = 3 };
	enum chain_side to = chain_other(from);
	struct chain_call *call;

	loopvc_set_options(ch->lv, &slow);
	chain_forget_steps(ch);
	call = chain_call_up(ch, from);
	assert_true(chain_has_step(ch, from, "-> CONNECT ACKNOWLEDGE"));
	assert_true(chain_has_step(ch, to, "-> CONNECT"));
	assert_true(chain_has_step(ch, to, "client.call_connected"));
	drop_last_words(ch, from, false);
	drop_last_words(ch, to, true);
	chain_expect_steps(ch, to, called_steps);
	assert_int_equal(call->n_made, 1);
	assert_int_equal(ch->client[to].last->n_connected, 1);
	assert_int_equal(chain_close(call, NULL, 0), CO_STATUS_PENDING);
	chain_run_until(ch, chain_is_idle, 1000);
}

/* INCALL-10, ACT-3, SIG-67: the VC is active before CONNECT is sent */
static void
an_incoming_call_is_offered_then_activated_then_connected(void **state)
{
	expect_figures_from(*state, USER);
	expect_figures_from(*state, NETWORK);
}

/* ACT-2, MAKE-4 */
static void
an_outgoing_call_is_activated_before_make_call_completes(void **state)
{
	static const struct loopvc_options slow = { .activate_turns = 3 };
	struct chain *ch = *state;
	uint32_t i, n = 0;

	chain_forget_steps(ch);
	chain_run_ms(ch, 1);
	ch->client[NETWORK].last = NULL;
	loopvc_set_options(ch->lv, &slow);
	chain_call_up(ch, USER);
	/* CALL PROCEEDING comes first where the called side's activation outlasts the turn. */
	for (i = 0; i < ch->n_steps; i++)
		if (strcmp(ch->steps[i].text, "<- CALL PROCEEDING") != 0 &&
			strcmp(ch->steps[i].text, "-> CONNECT ACKNOWLEDGE") != 0)
			ch->steps[n++] = ch->steps[i];
	ch->n_steps = n;
	chain_expect_steps(ch, USER, calling_steps);
	assert_int_equal(chain_close(ch->client[USER].last, NULL, 0), CO_STATUS_PENDING);
	chain_run_until(ch, chain_is_idle, 1000);
}

/* The addresses and rates, seen from the other end. */
static void
an_offer_brings_the_parameters_of_the_caller(void **state)
{
	struct chain *ch = *state;
	struct chain_call *call = chain_call_up(ch, USER);
	const struct co_call_params *p = &ch->client[NETWORK].last->params;

	assert_int_equal(p->called.type, CO_ADDRESS_E164);
	assert_int_equal(p->called.octets[0], '2');
	assert_int_equal(p->calling.octets[0], '1');
	assert_int_equal(p->rx.peak_rate, call->params.tx.peak_rate);
	assert_int_equal(p->tx.peak_rate, call->params.rx.peak_rate);
	assert_int_equal(p->media.label, call->params.media.label);
	assert_int_equal(chain_close(call, NULL, 0), CO_STATUS_PENDING);
	chain_run_until(ch, chain_is_idle, 1000);
}

/* INCALL-7, MAKE-5, MAKE-6: a refusal's status, its cause, and what that is to the caller. */
static void
a_refusal_fails_the_make_call_with_its_cause(void **state)
{
	static const struct {
		enum co_status answer;
		uint8_t cause;
		enum co_status made;
	} rows[] = {
		{ CO_STATUS_NOT_ACCEPTED, UNI_CAUSE_USER_BUSY, CO_STATUS_NOT_ACCEPTED },
		{ CO_STATUS_FAILURE, UNI_CAUSE_CALL_REJECTED, CO_STATUS_FAILURE },
		{ CO_STATUS_RESOURCES, UNI_CAUSE_NO_RESOURCE, CO_STATUS_RESOURCES },
		{ CO_STATUS_NOT_SUPPORTED, UNI_CAUSE_INCOMPATIBLE_DESTINATION, CO_STATUS_FAILURE },
	};
	struct chain *ch = *state;
	struct chain_call *call, *theirs;
	enum chain_side from;
	size_t i;

	for (i = 0; i < 2 * sizeof(rows) / sizeof(rows[0]); i++) {
		from = i % 2 == 0 ? USER : NETWORK;
		ch->client[chain_other(from)].answer = rows[i / 2].answer;
		call = chain_call(ch, from);
		chain_run_until(ch, chain_is_idle, 1000);
		theirs = ch->client[chain_other(from)].last;
		assert_int_equal(call->n_made, 1);
		assert_int_equal(call->make_status, rows[i / 2].made);
		assert_int_equal(call->cause, rows[i / 2].cause);
		assert_int_equal(call->n_closed, 0);
		assert_int_equal(theirs->n_offered, 1);
		assert_int_equal(theirs->n_closed + theirs->n_incoming_close, 0);
		assert_int_equal(theirs->vc, CO_NONE);
	}
}

/* As a transit does with the cause of its other side. */
static void
a_client_that_refuses_may_name_the_cause(void **state)
{
	struct chain *ch = *state;
	struct chain_call *call;

	ch->client[NETWORK].answer = CO_STATUS_FAILURE;
	ch->client[NETWORK].answer_cause = UNI_CAUSE_NO_ROUTE;
	call = chain_call(ch, USER);
	chain_run_until(ch, chain_is_idle, 1000);
	assert_int_equal(call->make_status, CO_STATUS_FAILURE);
	assert_int_equal(call->cause, UNI_CAUSE_NO_ROUTE);
}

static void
a_call_to_nobody_fails_and_is_offered_to_nobody(void **state)
{
	struct chain *ch = *state;
	struct chain_call *call = chain_create_vc(ch, USER);

	call->params.called = (struct co_address){ .type = CO_ADDRESS_E164, .len = 1 };
	call->params.called.octets[0] = '7';
	assert_int_equal(co_cl_make_call(ch->co[USER], call->vc, &call->params), CO_STATUS_PENDING);
	chain_run_until(ch, chain_is_idle, 1000);
	assert_int_equal(call->make_status, CO_STATUS_FAILURE);
	assert_int_equal(call->cause, UNI_CAUSE_INCOMPATIBLE_DESTINATION);
	assert_int_equal(ch->client[NETWORK].n_calls, 0);
}

static void
expect_pended_answer(struct chain *ch, enum chain_side from)
{
	struct chain_client *to = &ch->client[chain_other(from)];
	struct chain_call *call;

	to->answer = CO_STATUS_PENDING;
	chain_forget_steps(ch);
	call = chain_call(ch, from);
	chain_run_ms(ch, 1000);
	assert_int_equal(to->last->n_offered, 1);
	assert_int_equal(call->n_made, 0);
	assert_true(chain_has_step(ch, from, "<- CALL PROCEEDING")); /* SIG-68 */
	assert_int_equal(chain_answer(to->last, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	assert_true(chain_has_step(ch, to->side, "callmgr.incoming_call_complete SUCCESS"));
	chain_run_ms(ch, 100);
	assert_int_equal(call->make_status, CO_STATUS_SUCCESS);
	assert_int_equal(call->n_made, 1);
	assert_int_equal(to->last->n_connected, 1);
	assert_int_equal(chain_close(call, NULL, 0), CO_STATUS_PENDING);
	chain_run_until(ch, chain_is_idle, 1000);
}

/* INCALL-2 */
static void
a_client_may_answer_an_offer_later(void **state)
{
	expect_pended_answer(*state, USER);
	expect_pended_answer(*state, NETWORK);
}

/* INCALL-7, INCALL-2, from U9 and N3: RELEASE instead of RELEASE COMPLETE (SIG-U13, SIG-N7). */
static void
a_client_may_refuse_an_offer_later(void **state)
{
	struct chain *ch = *state;
	struct chain_call *call;
	enum chain_side from;

	for (from = USER; from < SIDE_COUNT; from++) {
		ch->client[chain_other(from)].answer = CO_STATUS_PENDING;
		call = chain_call(ch, from);
		chain_run_ms(ch, 100);
		assert_int_equal(
			chain_answer(ch->client[chain_other(from)].last, CO_STATUS_NOT_ACCEPTED),
			CO_STATUS_SUCCESS);
		chain_run_until(ch, chain_is_idle, 1000);
		assert_int_equal(call->make_status, CO_STATUS_NOT_ACCEPTED);
		assert_int_equal(call->cause, UNI_CAUSE_USER_BUSY);
	}
}

/* INCLOSE-19, INCLOSE-3: the caller's patience ends (T310 of the user, 30 s) before the answer. */
static void
an_offer_can_be_withdrawn_before_its_answer(void **state)
{
	struct chain *ch = *state;
	struct chain_client *to = &ch->client[NETWORK];
	struct chain_call *call;

	to->answer = CO_STATUS_PENDING;
	to->leaves_close_open = true;
	call = chain_call(ch, USER);
	chain_run_ms(ch, 31000);
	assert_int_equal(call->make_status, CO_STATUS_FAILURE);
	assert_int_equal(call->cause, UNI_CAUSE_NO_USER_RESPONDING);
	assert_int_equal(to->last->n_incoming_close, 1);
	assert_int_equal(chain_answer(to->last, CO_STATUS_SUCCESS), CO_STATUS_CLOSING);
	assert_int_equal(chain_close(to->last, NULL, 0), CO_STATUS_PENDING);
	chain_run_until(ch, chain_is_idle, 1000);
	assert_int_equal(to->last->n_closed, 1);
	assert_int_equal(to->last->n_connected, 0); /* RACE-16 */
}

/* SIG-66: nobody waits for ever for a client that does not answer. */
static void
an_offer_without_answer_ends_by_itself(void **state)
{
	struct chain *ch = *state;
	struct chain_client *to = &ch->client[USER];
	struct chain_call *call;

	to->answer = CO_STATUS_PENDING;
	call = chain_call(ch, NETWORK);
	chain_run_ms(ch, 12000); /* T310 of the network, 10 s */
	assert_int_equal(call->n_made, 1);
	assert_int_equal(call->make_status, CO_STATUS_FAILURE);
	assert_int_equal(to->last->n_incoming_close, 1);
	chain_run_until(ch, chain_is_idle, 1000);
	assert_int_equal(to->last->n_closed, 1);
}

/* ACT-7, INCALL-4 */
static void
an_activation_refused_at_the_called_side_fails_the_call(void **state)
{
	static const struct loopvc_options refusing = { .refuse_activation = true };
	struct chain *ch = *state;
	struct chain_call *call, *theirs;

	loopvc_set_options(ch->lv, &refusing);
	call = chain_call(ch, USER);
	chain_run_until(ch, chain_is_idle, 1000);
	theirs = ch->client[NETWORK].last;
	assert_int_equal(call->make_status, CO_STATUS_RESOURCES);
	assert_int_equal(call->cause, UNI_CAUSE_NO_RESOURCE);
	assert_int_equal(theirs->n_incoming_close, 1);
	assert_int_equal(theirs->reason, CO_STATUS_RESOURCES);
	assert_int_equal(theirs->n_closed, 1);
	assert_int_equal(theirs->n_connected, 0);
}

static bool
called_side_is_active(const struct chain *ch)
{
	return chain_has_step(ch, NETWORK, "miniport.activate_vc") ||
	       chain_has_step(ch, USER, "miniport.activate_vc");
}

/* ACT-7, MAKE-5, MAKE-7 */
static void
an_activation_refused_at_the_calling_side_fails_the_make_call(void **state)
{
	static const struct loopvc_options refusing = { .refuse_activation = true };
	static const struct loopvc_options perfect = { 0 };
	struct chain *ch = *state;
	struct chain_call *call;
	enum chain_side from;

	for (from = USER; from < SIDE_COUNT; from++) {
		loopvc_set_options(ch->lv, &perfect);
		chain_forget_steps(ch);
		call = chain_call(ch, from);
		chain_run_until(ch, called_side_is_active, 100);
		loopvc_set_options(ch->lv, &refusing);
		chain_run_until(ch, chain_is_idle, 1000);
		assert_int_equal(call->n_made, 1);
		assert_int_equal(call->make_status, CO_STATUS_RESOURCES);
		assert_int_equal(call->cause, UNI_CAUSE_NO_RESOURCE);
		assert_int_equal(ch->client[chain_other(from)].last->n_incoming_close, 1);
		assert_int_equal(ch->client[chain_other(from)].last->n_closed, 1);
	}
}

/* SIG-39: while the VC is activated; of two there is room for one, and both calls come up */
static void
what_an_answer_brings_is_kept_while_room_lasts_and_then_counted(void **state)
{
	static const struct loopvc_options slow = { .activate_turns = 50 };
	static const uint8_t uu[] = { 0x7e, 0x80, 0, 3, 4, 'o', 'k' };
	struct chain *ch = *state;
	struct chain_call *calls[2];
	struct callmgr_census census;
	int i;

	ch->client[NETWORK].elements = uu;
	ch->client[NETWORK].elements_size = sizeof(uu);
	loopvc_set_options(ch->lv, &slow);
	for (i = 0; i < 2; i++)
		calls[i] = chain_call(ch, USER);
	chain_run_ms(ch, 75);
	callmgr_census(ch->env[USER], &census);
	assert_int_equal(census.n_answers, 1);
	assert_int_equal(census.n_without_elements, 1);
	assert_int_equal(calls[0]->n_made + calls[1]->n_made, 0);
	chain_run_ms(ch, 100);
	for (i = 0; i < 2; i++)
		assert_true(calls[i]->up);
	callmgr_census(ch->env[USER], &census);
	assert_int_equal(census.n_answers, 0);
	for (i = 0; i < 2; i++)
		assert_int_equal(chain_close(calls[i], NULL, 0), CO_STATUS_PENDING);
	chain_run_until(ch, chain_is_idle, 1000);
}

/* RACE-6, MAKE-7: the VC is deactivated before make_call fails, though its activation pended. */
static void
a_release_while_the_calling_side_activates_fails_the_make_call(void **state)
{
	static const struct loopvc_options slow = { .activate_turns = 500 };
	struct chain *ch = *state;
	struct chain_call *call, *theirs;

	call = chain_call(ch, USER);
	chain_run_until(ch, called_side_is_active, 100);
	loopvc_set_options(ch->lv, &slow);
	chain_run_ms(ch, 100);
	theirs = ch->client[NETWORK].last;
	assert_true(theirs->up);
	assert_int_equal(call->n_made, 0);
	assert_int_equal(chain_close(theirs, NULL, 0), CO_STATUS_PENDING);
	chain_run_ms(ch, 100);
	assert_int_equal(theirs->n_closed, 1);
	assert_int_equal(call->n_made, 0);
	chain_run_until(ch, chain_is_idle, 1000);
	assert_int_equal(call->n_made, 1);
	assert_int_equal(call->make_status, CO_STATUS_FAILURE);
	assert_int_equal(call->cause, UNI_CAUSE_NORMAL);
	assert_int_equal(call->n_incoming_close, 0);
	assert_true(chain_has_step(ch, USER, "miniport.deactivate_vc"));
}

/* CLOSE-32: accepted, and closed before the miniport has activated the VC. */
static void
a_close_while_the_called_side_activates_waits_for_it_and_deactivates(void **state)
{
	static const struct loopvc_options slow = { .activate_turns = 500 };
	struct chain *ch = *state;
	struct chain_call *call, *theirs;

	loopvc_set_options(ch->lv, &slow);
	call = chain_call(ch, USER);
	chain_run_ms(ch, 100);
	theirs = ch->client[NETWORK].last;
	assert_int_equal(chain_close(theirs, NULL, 0), CO_STATUS_PENDING);
	chain_run_ms(ch, 100);
	assert_int_equal(call->n_made, 1);
	assert_int_equal(call->make_status, CO_STATUS_FAILURE);
	assert_int_equal(theirs->n_closed, 0);
	chain_run_until(ch, chain_is_idle, 1000);
	assert_int_equal(theirs->n_closed, 1);
	assert_int_equal(theirs->n_connected, 0);
	assert_true(chain_has_step(ch, NETWORK, "miniport.deactivate_vc"));
}

/* SIG-72: cause 41 in both directions, and the calls that are up go on. */
static void
a_draining_trunk_refuses_new_calls_with_cause_41(void **state)
{
	struct chain *ch = *state;
	struct chain_call *up = chain_call_up(ch, USER);
	struct chain_call *incoming, *outgoing;

	callmgr_drain(chain_callmgr(ch, NETWORK));
	incoming = chain_call(ch, USER);
	chain_run_ms(ch, 100);
	assert_int_equal(incoming->make_status, CO_STATUS_RESOURCES);
	assert_int_equal(incoming->cause, UNI_CAUSE_TEMPORARY_FAILURE);
	outgoing = chain_create_vc(ch, NETWORK);
	assert_int_equal(chain_make_call(outgoing), CO_STATUS_CLOSING);
	assert_int_equal(outgoing->params.cause, UNI_CAUSE_TEMPORARY_FAILURE);
	assert_int_equal(co_delete_vc(ch->co[NETWORK], ch->client[NETWORK].binding, outgoing->vc),
		CO_STATUS_SUCCESS);
	assert_int_equal(up->n_incoming_close, 0);
	assert_int_equal(chain_close(up, NULL, 0), CO_STATUS_PENDING);
	chain_run_until(ch, chain_is_idle, 1000);
	assert_int_equal(up->n_closed, 1);
}

/* SIG-10: nothing of it is sent, and the VC can carry another call. */
static void
a_call_that_asks_for_more_than_a_message_holds_is_refused_at_once(void **state)
{
	static uint8_t elements[1100] = { 0x7f, 0xe0, 0x04, 0x48 };
	struct chain *ch = *state;
	struct chain_call *call = chain_create_vc(ch, USER);

	chain_fill_params(call->client, &call->params);
	call->params.elements = elements;
	call->params.elements_size = sizeof(elements);
	assert_int_equal(
		co_cl_make_call(ch->co[USER], call->vc, &call->params), CO_STATUS_INVALID_DATA);
	assert_int_equal(call->params.cause, UNI_CAUSE_SERVICE_NOT_AVAILABLE);
	assert_int_equal(chain_make_call(call), CO_STATUS_PENDING);
	chain_run_ms(ch, 100);
	assert_int_equal(call->make_status, CO_STATUS_SUCCESS);
	assert_int_equal(chain_close(call, NULL, 0), CO_STATUS_PENDING);
	chain_run_until(ch, chain_is_idle, 1000);
}

/* MAKE-12: no PVC is configured. */
static void
a_permanent_call_is_refused_and_its_vc_stays_usable(void **state)
{
	struct chain *ch = *state;
	struct chain_call *call = chain_create_vc(ch, USER);

	call->params.flags = CO_CALL_F_PERMANENT;
	assert_int_equal(co_cl_make_call(ch->co[USER], call->vc, &call->params), CO_STATUS_FAILURE);
	assert_int_equal(chain_make_call(call), CO_STATUS_PENDING);
	chain_run_ms(ch, 100);
	assert_int_equal(call->make_status, CO_STATUS_SUCCESS);
	assert_int_equal(chain_close(call, NULL, 0), CO_STATUS_PENDING);
	chain_run_until(ch, chain_is_idle, 1000);
}

#define TWO(name) cmocka_unit_test_setup_teardown(name, setup_two, teardown)
#define ONE(name)                                                                                  \
	{                                                                                          \
#name " with one broker", name, setup_one, teardown, NULL                          \
	}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			what_an_answer_brings_is_kept_while_room_lasts_and_then_counted,
			setup_one_answer, teardown),
		TWO(an_incoming_call_is_offered_then_activated_then_connected),
		ONE(an_incoming_call_is_offered_then_activated_then_connected),
		TWO(an_outgoing_call_is_activated_before_make_call_completes),
		ONE(an_outgoing_call_is_activated_before_make_call_completes),
		TWO(an_offer_brings_the_parameters_of_the_caller),
		TWO(a_refusal_fails_the_make_call_with_its_cause),
		ONE(a_refusal_fails_the_make_call_with_its_cause),
		TWO(a_client_that_refuses_may_name_the_cause),
		TWO(a_call_to_nobody_fails_and_is_offered_to_nobody),
		TWO(a_client_may_answer_an_offer_later),
		TWO(a_client_may_refuse_an_offer_later),
		TWO(an_offer_can_be_withdrawn_before_its_answer),
		TWO(an_offer_without_answer_ends_by_itself),
		TWO(an_activation_refused_at_the_called_side_fails_the_call),
		TWO(an_activation_refused_at_the_calling_side_fails_the_make_call),
		TWO(a_release_while_the_calling_side_activates_fails_the_make_call),
		TWO(a_close_while_the_called_side_activates_waits_for_it_and_deactivates),
		TWO(a_draining_trunk_refuses_new_calls_with_cause_41),
		TWO(a_call_that_asks_for_more_than_a_message_holds_is_refused_at_once),
		TWO(a_permanent_call_is_refused_and_its_vc_stays_usable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
