/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "chain.h"
#include "medium.h"

#include <cmocka.h>

/*
 * Changes of rates that the link takes along: the other end has made them, who asked has not
 * (SIG-96, SIG-M10), and no STATUS tells it. In the end both have the same rates, those that the
 * owner's client knows of.
 */

#define OLD_TX 96000
#define OLD_RX 48000

static int
setup(void **state)
{
	*state = chain_create(&(struct chain_config){ .meter = true, .port_down_clears = true });
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

static bool
are_links_up(const struct chain *ch)
{
	struct chain *c = (struct chain *)(uintptr_t)ch;

	return chain_link_is_up(c, USER) && chain_link_is_up(c, NETWORK);
}

static void
end(struct chain_call *call)
{
	struct chain *ch = call->client->chain;

	assert_int_equal(chain_close(call, NULL, 0), CO_STATUS_PENDING);
	chain_run_until(ch, chain_is_idle, 2000);
}

static uint32_t
n_changes(const struct chain *ch, enum chain_side side)
{
	struct callmgr_census census;

	callmgr_census(ch->env[side], &census);
	return census.n_changes;
}

static uint64_t
n_disputed(const struct chain *ch, enum chain_side side)
{
	struct callmgr_census census;

	callmgr_census(ch->env[side], &census);
	return census.n_disputed;
}

static void
expect_rates(struct chain_call *call, uint64_t tx, uint64_t rx)
{
	struct chain_client *c = call->client;
	struct co_vc_flow flow = medium_flow(c->chain, c->side, call->vc);
	struct co_vc_info info;
	struct uni_call_info net;

	assert_int_equal(flow.tx.peak_rate, tx);
	assert_int_equal(flow.rx.peak_rate, rx);
	assert_int_equal(co_vc_query(c->co, call->vc, &info), CO_STATUS_SUCCESS);
	assert_int_equal(callmgr_vc_query(c->chain->env[c->side], info.cm_ctx, &net), 0);
	assert_int_equal((net.ours ? net.rates.fwd_peak : net.rates.bwd_peak) * 48, tx);
	assert_int_equal((net.ours ? net.rates.bwd_peak : net.rates.fwd_peak) * 48, rx);
}

/* It is asked for again at once (SIG-97), which takes a while. */
static void
lose_link(struct chain *ch, enum chain_side owner)
{
	callmgr_port_link(ch->cm[owner], false);
	chain_turn(ch);
	assert_false(chain_link_is_up(ch, owner));
}

static void
bring_link(struct chain *ch, enum chain_side owner)
{
	callmgr_port_link(ch->cm[owner], true);
	chain_run_until(ch, are_links_up, 5000);
}

static void
run_until_step(struct chain *ch, enum chain_side side, const char *step)
{
	uint32_t ms;

	for (ms = 0; !chain_has_step(ch, side, step); ms++) {
		assert_true(ms < 3000);
		chain_turn(ch);
	}
}

/* The owner's client has heard that its change has failed, and the other end has made it. */
static struct chain_call *
lost_answer(struct chain *ch, enum chain_side owner)
{
	struct chain_call *call = chain_call_up(ch, owner);

	set(ch, (struct medium_options){ .delay_ms = 5 });
	chain_forget_steps(ch);
	assert_int_equal(chain_modify(call, 192000, 24000), CO_STATUS_PENDING);
	run_until_step(ch, chain_other(owner), "-> MODIFY ACKNOWLEDGE");
	lose_link(ch, owner);
	assert_false(chain_has_step(ch, owner, "<- MODIFY ACKNOWLEDGE"));
	assert_int_equal(call->n_modified, 1);
	assert_int_equal(call->modify_status, CO_STATUS_FAILURE);
	expect_rates(call, OLD_TX, OLD_RX);
	expect_rates(ch->client[chain_other(owner)].last, 24000, 192000);
	chain_forget_steps(ch);
	return call;
}

static void
settle(struct chain *ch, enum chain_side owner)
{
	struct chain_call *call = lost_answer(ch, owner);
	struct chain_call *peer = ch->client[chain_other(owner)].last;

	bring_link(ch, owner);
	chain_run_ms(ch, 1100);
	assert_true(chain_has_step(ch, owner, "-> MODIFY REQUEST"));
	assert_true(chain_has_step(ch, owner, "<- MODIFY ACKNOWLEDGE"));
	expect_rates(call, OLD_TX, OLD_RX);
	expect_rates(peer, OLD_RX, OLD_TX);
	assert_int_equal(call->n_modified, 1); /* its client has heard nothing of it */
	assert_int_equal(n_changes(ch, owner), 0);
	assert_int_equal(n_disputed(ch, owner), 0);
	set(ch, (struct medium_options){ 0 });
	end(call);
}

/* SIG-96, SIG-M10, QOS-6 */
static void
rates_that_a_lost_link_has_left_in_doubt_are_settled_when_it_is_back(void **state)
{
	in_both_roles(state, settle);
}

/* A request that never left has changed nothing; to ask about it does no harm. */
static void
settle_unsaid(struct chain *ch, enum chain_side owner)
{
	struct chain_call *call = chain_call_up(ch, owner);

	callmgr_port_link(ch->cm[owner], false);
	assert_int_equal(chain_modify(call, 192000, 24000), CO_STATUS_FAILURE);
	assert_int_equal(call->asked.cause, UNI_CAUSE_OUT_OF_ORDER);
	assert_int_equal(n_changes(ch, owner), 0);
	chain_forget_steps(ch);
	bring_link(ch, owner);
	chain_run_ms(ch, 1100);
	assert_false(chain_has_step(ch, owner, "-> MODIFY REQUEST"));
	end(call);
}

/* SIG-101 */
static void
a_change_that_could_not_be_asked_for_leaves_no_doubt(void **state)
{
	in_both_roles(state, settle_unsaid);
}

static void
dispute(struct chain *ch, enum chain_side owner)
{
	uint64_t before = n_disputed(ch, owner);
	struct chain_call *call = lost_answer(ch, owner);
	unsigned int n_proposed;

	ch->client[chain_other(owner)].change_answer = CO_STATUS_NOT_ACCEPTED;
	bring_link(ch, owner);
	chain_run_ms(ch, 5000);
	assert_int_equal(n_disputed(ch, owner), before); /* it may be busy */
	chain_run_ms(ch, 10000);
	assert_int_equal(n_disputed(ch, owner), before + 1);
	assert_int_equal(n_changes(ch, owner), 0);
	n_proposed = ch->client[chain_other(owner)].last->n_proposed;
	assert_int_equal(n_proposed, 1 + 8);
	chain_run_ms(ch, 5000);
	assert_int_equal(ch->client[chain_other(owner)].last->n_proposed, n_proposed);
	assert_int_equal(call->n_modified, 1);
	assert_true(call->up);
	ch->client[chain_other(owner)].change_answer = CO_STATUS_SUCCESS;
	set(ch, (struct medium_options){ 0 });
	end(call);
}

/* SIG-M3 */
static void
an_end_that_insists_on_other_rates_is_asked_no_more_and_counted(void **state)
{
	in_both_roles(state, dispute);
}

static void
ask_before(struct chain *ch, enum chain_side owner)
{
	struct chain_call *call = lost_answer(ch, owner);
	struct chain_call *peer = ch->client[chain_other(owner)].last;

	assert_int_equal(chain_modify(call, 144000, 24000), CO_STATUS_FAILURE); /* still down */
	bring_link(ch, owner);
	assert_int_equal(chain_modify(call, 144000, 24000), CO_STATUS_PENDING);
	chain_run_ms(ch, 3000);
	assert_int_equal(call->n_modified, 2);
	assert_int_equal(call->modify_status, CO_STATUS_SUCCESS);
	expect_rates(call, 144000, 24000);
	expect_rates(peer, 24000, 144000);
	assert_int_equal(peer->n_proposed, 1 + 1); /* that was assurance enough */
	assert_int_equal(n_changes(ch, owner), 0);
	set(ch, (struct medium_options){ 0 });
	end(call);
}

/* SIG-M1, QOS-1 */
static void
a_change_that_the_client_asks_for_settles_the_doubt_as_well(void **state)
{
	in_both_roles(state, ask_before);
}

static void
ask_meanwhile(struct chain *ch, enum chain_side owner)
{
	struct chain_call *call = lost_answer(ch, owner);
	struct chain_call *peer = ch->client[chain_other(owner)].last;

	bring_link(ch, owner);
	run_until_step(ch, owner, "-> MODIFY REQUEST");
	assert_int_equal(chain_modify(call, 144000, 24000), CO_STATUS_PENDING);
	assert_int_equal(chain_modify(call, 1000, 1000), CO_STATUS_NOT_ACCEPTED);
	chain_run_ms(ch, 1000);
	assert_int_equal(call->n_modified, 2);
	assert_int_equal(peer->n_proposed, 1 + 2);
	expect_rates(call, 144000, 24000);
	expect_rates(peer, 24000, 144000);
	assert_int_equal(n_changes(ch, owner), 0);
	set(ch, (struct medium_options){ 0 });
	end(call);
}

/* SIG-M1, ASYNC-10 */
static void
a_change_that_the_client_asks_for_while_a_doubt_is_settled_comes_next(void **state)
{
	in_both_roles(state, ask_meanwhile);
}

static void
close_meanwhile(struct chain *ch, enum chain_side owner)
{
	struct chain_call *call = lost_answer(ch, owner);

	bring_link(ch, owner);
	end(call); /* before anybody has asked */
	call = lost_answer(ch, owner);
	bring_link(ch, owner);
	run_until_step(ch, owner, "-> MODIFY REQUEST");
	assert_int_equal(chain_modify(call, 144000, 24000), CO_STATUS_PENDING);
	end(call);
	assert_int_equal(call->modify_status, CO_STATUS_REQUEST_ABORTED);
	assert_int_equal(n_changes(ch, owner), 0);
	assert_int_equal(n_disputed(ch, owner), 0);
	set(ch, (struct medium_options){ 0 });
}

/* RACE-7, I4 */
static void
a_doubt_ends_with_its_call(void **state)
{
	in_both_roles(state, close_meanwhile);
}

static void
lose_again(struct chain *ch, enum chain_side owner)
{
	struct chain_call *call = lost_answer(ch, owner);
	struct chain_call *peer = ch->client[chain_other(owner)].last;

	bring_link(ch, owner);
	run_until_step(ch, owner, "-> MODIFY REQUEST");
	lose_link(ch, owner);
	bring_link(ch, owner);
	chain_run_ms(ch, 1100);
	expect_rates(call, OLD_TX, OLD_RX);
	expect_rates(peer, OLD_RX, OLD_TX);
	assert_int_equal(call->n_modified, 1);
	assert_int_equal(n_changes(ch, owner), 0);
	set(ch, (struct medium_options){ 0 });
	end(call);
}

/* SIG-96 */
static void
a_doubt_outlives_a_second_loss_of_the_link(void **state)
{
	in_both_roles(state, lose_again);
}

/* QOS-3: our miniport could not do it, and the network is on its way back. */
static void
lose_the_undoing(struct chain *ch, enum chain_side owner)
{
	struct chain_call *call = chain_call_up(ch, owner);
	struct chain_call *peer = ch->client[chain_other(owner)].last;

	set(ch, (struct medium_options){ .delay_ms = 5 });
	chain_forget_steps(ch);
	assert_int_equal(chain_modify(call, 192000, 24000), CO_STATUS_PENDING);
	run_until_step(ch, chain_other(owner), "-> MODIFY ACKNOWLEDGE");
	chain_forget_steps(ch);
	set(ch, (struct medium_options){ .delay_ms = 5, .refuse_change = true });
	run_until_step(ch, owner, "-> MODIFY REQUEST");
	set(ch, (struct medium_options){ .delay_ms = 5 });
	lose_link(ch, owner);
	assert_int_equal(call->n_modified, 1);
	assert_int_equal(call->modify_status, CO_STATUS_FAILURE);
	assert_int_equal(call->asked.cause, UNI_CAUSE_RATE_NOT_AVAILABLE);
	bring_link(ch, owner);
	chain_run_ms(ch, 1100);
	expect_rates(call, OLD_TX, OLD_RX);
	expect_rates(peer, OLD_RX, OLD_TX);
	assert_int_equal(n_changes(ch, owner), 0);
	set(ch, (struct medium_options){ 0 });
	end(call);
}

/* QOS-3, SIG-96 */
static void
what_our_miniport_cannot_do_the_network_takes_back_over_a_loss_of_the_link(void **state)
{
	in_both_roles(state, lose_the_undoing);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(rates_that_a_lost_link_has_left_in_doubt_are_settled_when_it_is_back),
		TEST(a_change_that_could_not_be_asked_for_leaves_no_doubt),
		TEST(an_end_that_insists_on_other_rates_is_asked_no_more_and_counted),
		TEST(a_change_that_the_client_asks_for_settles_the_doubt_as_well),
		TEST(a_change_that_the_client_asks_for_while_a_doubt_is_settled_comes_next),
		TEST(a_doubt_ends_with_its_call),
		TEST(a_doubt_outlives_a_second_loss_of_the_link),
		TEST(what_our_miniport_cannot_do_the_network_takes_back_over_a_loss_of_the_link),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
