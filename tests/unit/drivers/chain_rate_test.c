/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "chain.h"
#include "medium.h"

#include <cmocka.h>

/* Rates of calls and their change, either kind of call manager, either role. */

static int
setup(void **state)
{
	*state = chain_create(&(struct chain_config){ .meter = true });
	return 0;
}

static int
setup_unmetered(void **state)
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

static void
in_both_roles(void **state, void (*test)(struct chain *ch, enum chain_side owner))
{
	test(*state, USER);
	test(*state, NETWORK);
}

static void
set(struct chain *ch, struct medium_options options)
{
	medium_set_options(ch, &options);
}

static void
end(struct chain_call *call)
{
	struct chain *ch = call->client->chain;

	assert_int_equal(chain_close(call, NULL, 0), CO_STATUS_PENDING);
	chain_run_until(ch, chain_is_idle, 2000);
	assert_int_equal(call->n_closed, 1);
}

static void
expect_flow(struct chain_call *call, uint64_t tx, uint64_t rx)
{
	struct chain_client *c = call->client;
	struct co_vc_flow flow = medium_flow(c->chain, c->side, call->vc);

	assert_int_equal(flow.tx.peak_rate, tx);
	assert_int_equal(flow.rx.peak_rate, rx);
}

/* ---- At activation. ---- */

static void
both_meter(struct chain *ch, enum chain_side owner)
{
	struct chain_call *call = chain_call_up(ch, owner);

	expect_flow(call, 96000, 48000);
	expect_flow(ch->client[chain_other(owner)].last, 48000, 96000);
	assert_false(call->params.flags & CO_CALL_F_CHANGED);
	end(call);
}

/* OBJ-5, MAKE-11 */
static void
each_direction_is_metered_at_its_own_rate_on_both_sides(void **state)
{
	in_both_roles(state, both_meter);
}

static void
no_meter(struct chain *ch, enum chain_side owner)
{
	struct chain_call *call = chain_call_up(ch, owner);

	expect_flow(call, 0, 0);
	end(call);
}

static void
a_trunk_without_meters_tells_no_rates(void **state)
{
	in_both_roles(state, no_meter);
}

static struct chain_call *
call_rounding(struct chain *ch, enum chain_side owner, uint32_t flags)
{
	struct chain_call *call = chain_create_vc(ch, owner);

	chain_fill_params(&ch->client[owner], &call->params);
	call->params.media.flags = flags;
	assert_int_equal(
		co_cl_make_call(ch->co[owner], call->vc, &call->params), CO_STATUS_PENDING);
	return call;
}

/*
 * ACT-8, MAKE-3: the calling side's meters have steps that its client's rates do not fit. The
 * called side was not asked, so its rates are as they are.
 */
static void
a_rounded_rate_comes_back_as_a_change(void **state)
{
	struct chain *ch = *state;
	struct chain_call *call;

	ch->client[NETWORK].answer = CO_STATUS_PENDING;
	call = call_rounding(ch, USER, CO_MEDIA_F_ROUND_DOWN);
	chain_run_ms(ch, 50);
	assert_int_equal(chain_answer(ch->client[NETWORK].last, CO_STATUS_SUCCESS),
		CO_STATUS_SUCCESS); /* the called side has activated by now */
	set(ch, (struct medium_options){ .rate_step = 36000 });
	chain_run_ms(ch, 100);
	assert_int_equal(call->make_status, CO_STATUS_SUCCESS);
	assert_true(call->params.flags & CO_CALL_F_CHANGED);
	assert_int_equal(call->params.tx.peak_rate, 72000);
	assert_int_equal(call->params.rx.peak_rate, 36000);
	expect_flow(call, 72000, 36000);
	set(ch, (struct medium_options){ 0 });
	end(call);
}

/* MAKE-9, CLOSE-36: there is no word for other rates in the answer, so the client closes. */
static void
a_change_that_the_client_does_not_like_is_closed_from_the_completion(void **state)
{
	struct chain *ch = *state;
	struct chain_call *call;

	ch->client[NETWORK].answer = CO_STATUS_PENDING;
	ch->client[USER].closes_when_made = true;
	call = call_rounding(ch, USER, CO_MEDIA_F_ROUND_DOWN);
	chain_run_ms(ch, 50);
	assert_int_equal(
		chain_answer(ch->client[NETWORK].last, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	set(ch, (struct medium_options){ .rate_step = 36000 });
	chain_run_until(ch, chain_is_idle, 1000);
	assert_int_equal(call->n_made, 1);
	assert_true(call->params.flags & CO_CALL_F_CHANGED);
	assert_int_equal(call->n_closed, 1);
}

/*
 * INCALL-4, INCLOSE-2: the answer has no word for other rates. Higher ones cannot be met, lower
 * ones concern our meters alone.
 */
static void
an_answer_with_higher_rates_is_closed_and_one_with_lower_ones_connects(void **state)
{
	struct chain *ch = *state;
	struct chain_call *call, *peer;

	ch->client[NETWORK].answer = CO_STATUS_PENDING;
	call = chain_call(ch, USER);
	chain_run_ms(ch, 50);
	peer = ch->client[NETWORK].last;
	peer->params.tx.peak_rate = 2 * 48000;
	peer->params.flags |= CO_CALL_F_CHANGED;
	assert_int_equal(chain_answer(peer, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	chain_run_until(ch, chain_is_idle, 1000);
	assert_int_equal(peer->n_incoming_close, 1);
	assert_int_equal(peer->reason, CO_STATUS_RESOURCES);
	assert_int_equal(peer->n_connected, 0);
	assert_int_equal(call->make_status, CO_STATUS_RESOURCES);
	call = chain_call(ch, USER);
	chain_run_ms(ch, 50);
	peer = ch->client[NETWORK].last;
	peer->params.tx.peak_rate = 24000;
	peer->params.flags |= CO_CALL_F_CHANGED;
	assert_int_equal(chain_answer(peer, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	chain_run_ms(ch, 100);
	assert_int_equal(peer->n_connected, 1);
	expect_flow(peer, 24000, 96000);
	end(call);
}

/* ---- Asked for by the client: sequence 5.6. ---- */

static const char *const modifying_steps[] = {
	"co_cl_modify_call_qos",
	"callmgr.modify_call_qos",
	"-> MODIFY REQUEST",
	"<- MODIFY ACKNOWLEDGE",
	"co_cm_activate_vc",
	"co_cm_modify_call_qos_complete",
	"client.modify_call_qos_complete SUCCESS",
	NULL,
};

static const char *const proposed_steps[] = {
	"<- MODIFY REQUEST",
	"co_cm_activate_vc",
	"co_cm_dispatch_incoming_call_qos_change",
	"client.incoming_call_qos_change",
	"-> MODIFY ACKNOWLEDGE",
	NULL,
};

static void
modify_as_drawn(struct chain *ch, enum chain_side owner)
{
	struct chain_call *call = chain_call_up(ch, owner);
	struct chain_call *peer = ch->client[chain_other(owner)].last;

	chain_forget_steps(ch);
	assert_int_equal(chain_modify(call, 192000, 24000), CO_STATUS_PENDING);
	chain_run_ms(ch, 100);
	chain_forget_miniport(ch);
	chain_expect_steps(ch, owner, modifying_steps);
	chain_expect_steps(ch, chain_other(owner), proposed_steps);
	assert_int_equal(call->n_modified, 1);
	assert_int_equal(call->asked.tx.peak_rate, 192000);
	assert_false(call->asked.flags & CO_CALL_F_CHANGED);
	assert_int_equal(peer->proposed.rx.peak_rate, 192000);
	assert_int_equal(peer->proposed.tx.peak_rate, 24000);
	expect_flow(call, 192000, 24000);
	expect_flow(peer, 24000, 192000);
	end(call);
}

/* CHART-5.6, CHART-5.7, QOS-2, INQOS-1, INQOS-2, INQOS-4 */
static void
a_change_that_all_agree_to_goes_as_in_the_figures(void **state)
{
	in_both_roles(state, modify_as_drawn);
}

static void
modify_refused(struct chain *ch, enum chain_side owner)
{
	struct chain_call *call = chain_call_up(ch, owner);
	struct chain_call *peer = ch->client[chain_other(owner)].last;

	ch->client[chain_other(owner)].change_answer = CO_STATUS_NOT_ACCEPTED;
	assert_int_equal(chain_modify(call, 192000, 24000), CO_STATUS_PENDING);
	chain_run_ms(ch, 100);
	ch->client[chain_other(owner)].change_answer = CO_STATUS_SUCCESS;
	assert_int_equal(call->modify_status, CO_STATUS_FAILURE);
	assert_int_equal(call->asked.cause, UNI_CAUSE_RATE_NOT_AVAILABLE);
	assert_int_equal(call->asked.tx.peak_rate, 96000);
	expect_flow(call, 96000, 48000);
	expect_flow(peer, 48000, 96000);
	assert_int_equal(chain_modify(call, 48000, 48000), CO_STATUS_PENDING); /* QOS-5 */
	chain_run_ms(ch, 100);
	assert_int_equal(call->modify_status, CO_STATUS_SUCCESS);
	end(call);
}

/* QOS-3, QOS-5, QOS-6 */
static void
a_change_that_the_remote_refuses_leaves_the_old_rates_on_both_sides(void **state)
{
	in_both_roles(state, modify_refused);
}

static void
flow_while_asked(struct chain *ch, enum chain_side owner)
{
	struct chain_call *call = chain_call_up(ch, owner);
	struct chain_call *peer = ch->client[chain_other(owner)].last;

	ch->client[chain_other(owner)].change_answer = CO_STATUS_PENDING;
	chain_forget_steps(ch);
	assert_int_equal(chain_modify(call, 192000, 24000), CO_STATUS_PENDING);
	chain_run_ms(ch, 50);
	assert_int_equal(peer->n_proposed, 1);
	/* The first meter on the way has the smaller rate. */
	expect_flow(call, 96000, 48000);
	expect_flow(peer, 24000, 192000);
	assert_int_equal(chain_answer_change(peer, CO_STATUS_NOT_ACCEPTED), CO_STATUS_SUCCESS);
	ch->client[chain_other(owner)].change_answer = CO_STATUS_SUCCESS;
	chain_run_ms(ch, 50);
	assert_int_equal(call->modify_status, CO_STATUS_FAILURE);
	expect_flow(call, 96000, 48000);
	expect_flow(peer, 48000, 96000);
	assert_false(chain_has_step(ch, USER, "co_cm_deactivate_vc"));
	assert_false(chain_has_step(ch, NETWORK, "co_cm_deactivate_vc"));
	end(call);
}

/* SIG-113, SIG-M6, SIG-M8 */
static void
until_the_answer_traffic_flows_at_the_smaller_of_old_and_new_rates(void **state)
{
	in_both_roles(state, flow_while_asked);
}

static const char *const refused_steps[] = {
	"co_cl_modify_call_qos",
	"callmgr.modify_call_qos",
	"-> MODIFY REQUEST",
	"<- MODIFY REJECT",
	"co_cm_modify_call_qos_complete",
	"client.modify_call_qos_complete FAILURE",
	"co_cl_close_call",
	"callmgr.close_call",
	NULL,
};

static void
close_when_refused(struct chain *ch, enum chain_side owner)
{
	struct chain_call *call = chain_call_up(ch, owner);

	ch->client[chain_other(owner)].change_answer = CO_STATUS_NOT_ACCEPTED;
	ch->client[owner].closes_when_modified = true;
	chain_forget_steps(ch);
	assert_int_equal(chain_modify(call, 192000, 24000), CO_STATUS_PENDING);
	chain_run_until(ch, chain_is_idle, 1000);
	ch->client[owner].closes_when_modified = false;
	chain_expect_closed(ch, owner, true, refused_steps);
	ch->client[chain_other(owner)].change_answer = CO_STATUS_SUCCESS;
	assert_int_equal(call->n_modified, 1);
	assert_int_equal(call->n_closed, 1);
}

/* CHART-5.6, CLOSE-35, CLOSE-39 */
static void
a_client_closes_from_the_refusal_of_its_change(void **state)
{
	in_both_roles(state, close_when_refused);
}

static void
remote_miniport_refuses(struct chain *ch, enum chain_side owner)
{
	struct chain_call *call = chain_call_up(ch, owner);
	struct chain_call *peer = ch->client[chain_other(owner)].last;

	set(ch, (struct medium_options){ .refuse_change = true });
	assert_int_equal(chain_modify(call, 192000, 24000), CO_STATUS_PENDING);
	chain_run_ms(ch, 100);
	set(ch, (struct medium_options){ 0 });
	assert_int_equal(peer->n_proposed, 0);
	assert_int_equal(call->modify_status, CO_STATUS_FAILURE);
	assert_int_equal(call->asked.cause, UNI_CAUSE_RATE_NOT_AVAILABLE);
	expect_flow(peer, 48000, 96000);
	end(call);
}

/* INQOS-1, ACT-5 */
static void
what_the_miniport_cannot_do_the_client_is_not_asked(void **state)
{
	in_both_roles(state, remote_miniport_refuses);
}

static void
own_miniport_refuses(struct chain *ch, enum chain_side owner)
{
	struct chain_call *call = chain_call_up(ch, owner);
	struct chain_call *peer = ch->client[chain_other(owner)].last;

	ch->client[chain_other(owner)].change_answer = CO_STATUS_PENDING;
	chain_forget_steps(ch);
	assert_int_equal(chain_modify(call, 192000, 24000), CO_STATUS_PENDING);
	chain_run_ms(ch, 50);
	assert_int_equal(peer->n_proposed, 1);
	set(ch, (struct medium_options){ .delay_ms = 5 });
	assert_int_equal(chain_answer_change(peer, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	ch->client[chain_other(owner)].change_answer = CO_STATUS_SUCCESS;
	set(ch, (struct medium_options){ .refuse_change = true, .delay_ms = 5 });
	while (!chain_has_step(ch, owner, "<- MODIFY ACKNOWLEDGE"))
		chain_turn(ch);
	set(ch, (struct medium_options){ 0 });
	chain_forget_steps(ch);
	chain_run_ms(ch, 100);
	assert_int_equal(call->n_modified, 1);
	assert_int_equal(call->modify_status, CO_STATUS_FAILURE);
	assert_int_equal(peer->n_proposed, 2); /* and the network is asked to go back */
	expect_flow(call, 96000, 48000);
	expect_flow(peer, 48000, 96000);
	end(call);
}

/* QOS-3: INQOS-4 with an answer that pends is shown on the way. */
static void
what_our_miniport_cannot_do_the_network_takes_back(void **state)
{
	in_both_roles(state, own_miniport_refuses);
}

/* An MCM's own work is not recorded. */
static const char *const refusing_steps[] = {
	"<- MODIFY REQUEST",
	"co_cm_activate_vc",
	"miniport.activate_vc",
	"co_cm_dispatch_incoming_call_qos_change",
	"client.incoming_call_qos_change",
	"co_cl_close_call",
	"callmgr.close_call",
	NULL,
};

static const char *const refusing_mcm_steps[] = {
	"<- MODIFY REQUEST",
	"co_cm_activate_vc",
	"co_cm_dispatch_incoming_call_qos_change",
	"client.incoming_call_qos_change",
	"co_cl_close_call",
	"callmgr.close_call",
	NULL,
};

static void
close_when_proposed(struct chain *ch, enum chain_side owner)
{
	struct chain_call *call = chain_call_up(ch, owner);
	struct chain_call *peer = ch->client[chain_other(owner)].last;

	ch->client[chain_other(owner)].closes_when_proposed = true;
	chain_forget_steps(ch);
	assert_int_equal(chain_modify(call, 192000, 24000), CO_STATUS_PENDING);
	chain_run_until(ch, chain_is_idle, 1000);
	ch->client[chain_other(owner)].closes_when_proposed = false;
	chain_expect_closed(ch, chain_other(owner), false,
		ch->completes_first[chain_other(owner)] ? refusing_mcm_steps : refusing_steps);
	assert_int_equal(peer->n_closed, 1);
	assert_int_equal(call->n_modified, 1); /* RACE-12: before the incoming close */
	assert_int_not_equal(call->modify_status, CO_STATUS_SUCCESS);
	assert_int_equal(call->n_incoming_close, 1);
	assert_int_equal(call->n_closed, 1);
}

/* CHART-5.7, CLOSE-34, INQOS-3, INQOS-5, RACE-9, RACE-12 */
static void
a_close_from_inside_the_proposal_is_a_release_instead_of_an_answer(void **state)
{
	in_both_roles(state, close_when_proposed);
}

static void
close_while_modifying(struct chain *ch, enum chain_side owner)
{
	struct chain_call *call = chain_call_up(ch, owner);
	struct chain_call *peer = ch->client[chain_other(owner)].last;

	ch->client[chain_other(owner)].change_answer = CO_STATUS_PENDING;
	chain_forget_steps(ch);
	assert_int_equal(chain_modify(call, 192000, 24000), CO_STATUS_PENDING);
	chain_run_ms(ch, 50);
	assert_int_equal(peer->n_proposed, 1);
	assert_int_equal(chain_close(call, NULL, 0), CO_STATUS_PENDING);
	assert_int_equal(call->n_modified, 1);
	assert_int_equal(call->modify_status, CO_STATUS_REQUEST_ABORTED);
	assert_int_equal(call->n_closed, 0);
	chain_run_until(ch, chain_is_idle, 1000);
	ch->client[chain_other(owner)].change_answer = CO_STATUS_SUCCESS;
	assert_int_equal(call->n_modified, 1);
	assert_int_equal(call->n_closed, 1);
	assert_int_equal(peer->n_incoming_close, 1);
}

/* RACE-7 */
static void
a_close_aborts_the_change_that_is_under_way_before_it_completes(void **state)
{
	in_both_roles(state, close_while_modifying);
}

static void
not_owner(struct chain *ch, enum chain_side owner)
{
	struct chain_call *call = chain_call_up(ch, owner);
	struct chain_call *peer = ch->client[chain_other(owner)].last;

	assert_int_equal(chain_modify(peer, 1000, 1000), CO_STATUS_NOT_SUPPORTED);
	ch->client[chain_other(owner)].asks_when_proposed = true;
	assert_int_equal(chain_modify(call, 192000, 24000), CO_STATUS_PENDING);
	chain_run_ms(ch, 100);
	ch->client[chain_other(owner)].asks_when_proposed = false;
	assert_int_equal(ch->client[chain_other(owner)].asked_status, CO_STATUS_NOT_SUPPORTED);
	assert_int_equal(call->modify_status, CO_STATUS_SUCCESS); /* the return was its answer */
	end(call);
}

/* QOS-9, INQOS-3, INQOS-6 */
static void
only_the_side_that_made_the_call_may_ask_for_other_rates(void **state)
{
	in_both_roles(state, not_owner);
}

/* INCALL-5, QOS-1: this signalling has no negotiation of an offer. */
static void
an_offer_cannot_be_negotiated(void **state)
{
	struct chain *ch = *state;
	struct chain_call *call;

	ch->client[NETWORK].answer = CO_STATUS_PENDING;
	call = chain_call(ch, USER);
	chain_run_ms(ch, 50);
	assert_int_equal(
		chain_modify(ch->client[NETWORK].last, 1000, 1000), CO_STATUS_NOT_SUPPORTED);
	assert_int_equal(
		chain_answer(ch->client[NETWORK].last, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	chain_run_ms(ch, 100);
	end(call);
}

/* QOS-9, SIG-112 */
static void
rates_of_a_multipoint_call_cannot_be_changed(void **state)
{
	struct chain *ch = *state;
	struct chain_party *first;
	struct chain_call *call = chain_multipoint_up(ch, USER, 1, &first);

	assert_int_equal(chain_modify(call, 1000, 0), CO_STATUS_NOT_SUPPORTED);
	assert_int_equal(chain_modify(ch->client[NETWORK].last, 1000, 0), CO_STATUS_NOT_SUPPORTED);
	end(call);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_direction_is_metered_at_its_own_rate_on_both_sides),
		cmocka_unit_test_setup_teardown(
			a_trunk_without_meters_tells_no_rates, setup_unmetered, teardown),
		TEST(a_rounded_rate_comes_back_as_a_change),
		TEST(a_change_that_the_client_does_not_like_is_closed_from_the_completion),
		TEST(an_answer_with_higher_rates_is_closed_and_one_with_lower_ones_connects),
		TEST(a_change_that_all_agree_to_goes_as_in_the_figures),
		TEST(a_change_that_the_remote_refuses_leaves_the_old_rates_on_both_sides),
		TEST(until_the_answer_traffic_flows_at_the_smaller_of_old_and_new_rates),
		TEST(a_client_closes_from_the_refusal_of_its_change),
		TEST(what_the_miniport_cannot_do_the_client_is_not_asked),
		TEST(what_our_miniport_cannot_do_the_network_takes_back),
		TEST(a_close_from_inside_the_proposal_is_a_release_instead_of_an_answer),
		TEST(a_close_aborts_the_change_that_is_under_way_before_it_completes),
		TEST(only_the_side_that_made_the_call_may_ask_for_other_rates),
		TEST(an_offer_cannot_be_negotiated),
		TEST(rates_of_a_multipoint_call_cannot_be_changed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
