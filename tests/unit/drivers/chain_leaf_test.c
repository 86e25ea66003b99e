/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "chain.h"
#include "medium.h"

#include <cmocka.h>

/* Leaves of a multipoint call, either kind of call manager, either role. */

#define N 3

static int
setup(void **state)
{
	*state = chain_create(&(struct chain_config){ 0 });
	return 0;
}

static int
setup_one(void **state)
{
	*state = chain_create(&(struct chain_config){ .n_brokers = 1 });
	return 0;
}

static int
teardown(void **state)
{
	chain_destroy(*state);
	return 0;
}

static void
in_both_roles(void **state, void (*test)(struct chain *ch, enum chain_side leaves))
{
	test(*state, NETWORK);
	test(*state, USER);
}

/* The newest first. */
static struct chain_call *
leaf(struct chain *ch, enum chain_side side, uint32_t n_from_end)
{
	struct chain_client *c = &ch->client[side];

	return &c->calls[c->n_calls - 1 - n_from_end];
}

static uint32_t
label_of(const struct chain_call *call)
{
	struct co_vc_info info;

	assert_int_equal(co_vc_query(call->client->co, call->vc, &info), CO_STATUS_SUCCESS);
	return info.label;
}

static uint32_t
n_groups(struct chain *ch, enum chain_side side)
{
	struct callmgr_census census;

	callmgr_census(ch->env[side], &census);
	return census.n_groups;
}

static void
close_root(struct chain_call *root)
{
	struct chain *ch = root->client->chain;

	chain_tear_down(root);
	chain_run_until(ch, chain_is_idle, 3000);
	assert_int_equal(root->n_closed, 1);
}

static const char *const offer_steps[] = {
	"<- ADD PARTY",
	"client.create_vc",
	"co_cm_dispatch_incoming_call",
	"client.incoming_call",
	"co_cm_activate_vc",
	"-> ADD PARTY ACKNOWLEDGE",
	"co_cm_dispatch_call_connected",
	"client.call_connected",
	NULL,
};

static void
each_a_call(struct chain *ch, enum chain_side side)
{
	struct chain_party *parties[N];
	struct chain_call *root = chain_multipoint_up(ch, chain_other(side), N - 1, parties);
	uint32_t i;

	chain_forget_steps(ch);
	assert_int_equal(chain_add(root, &parties[N - 1]), CO_STATUS_PENDING);
	chain_run_ms(ch, 100);
	chain_forget_miniport(ch);
	chain_expect_steps(ch, side, offer_steps);
	for (i = 0; i < N; i++) {
		struct chain_call *call = leaf(ch, side, i);
		struct co_vc_info info;

		assert_int_equal(call->n_offered, 1);
		assert_int_equal(call->n_connected, 1);
		assert_int_equal(call->params.rx.peak_rate, 96000);
		assert_int_equal(call->params.tx.peak_rate, 0);
		assert_int_equal(co_vc_query(ch->co[side], call->vc, &info), CO_STATUS_SUCCESS);
		assert_false(info.multipoint);
		assert_int_equal(info.label, label_of(root));
	}
	assert_int_equal(medium_n_active(ch, side, label_of(root)), N);
	assert_int_equal(n_groups(ch, side), 1);
	close_root(root);
	assert_int_equal(n_groups(ch, side), 0);
}

/* OBJ-6, INCALL-1: N VCs of one label. */
static void
each_leaf_sees_a_call_of_its_own_on_the_label_of_all(void **state)
{
	in_both_roles(state, each_a_call);
}

static const char *const leave_steps[] = {
	"co_cl_close_call",
	"callmgr.close_call",
	"-> DROP PARTY",
	"<- DROP PARTY ACKNOWLEDGE",
	NULL,
};

static void
one_leaves(struct chain *ch, enum chain_side side)
{
	struct chain_party *parties[N];
	struct chain_call *root = chain_multipoint_up(ch, chain_other(side), N, parties);
	struct chain_call *goes = leaf(ch, side, 1);
	uint32_t label = label_of(root), i, n = 0;

	chain_forget_steps(ch);
	assert_int_equal(chain_close(goes, NULL, 0), CO_STATUS_PENDING);
	chain_run_ms(ch, 200);
	assert_int_equal(goes->n_closed, 1);
	assert_int_equal(goes->vc, CO_NONE);
	assert_int_equal(medium_n_active(ch, side, label), N - 1);
	assert_int_equal(leaf(ch, side, 0)->n_incoming_close, 0);
	assert_int_equal(leaf(ch, side, 2)->n_incoming_close, 0);
	for (i = 0; i < ch->n_steps && n < 4; i++)
		n += ch->steps[i].side == side;
	ch->n_steps = i;
	chain_expect_steps(ch, side, leave_steps);
	close_root(root);
}

/* SIG-109, CLOSE-6, CLOSE-41 */
static void
a_leaf_that_closes_leaves_the_others_their_traffic(void **state)
{
	in_both_roles(state, one_leaves);
}

static void
all_leave(struct chain *ch, enum chain_side side)
{
	struct chain_party *parties[N];
	struct chain_call *root = chain_multipoint_up(ch, chain_other(side), N, parties);
	uint32_t i;

	for (i = 0; i < N; i++)
		assert_int_equal(chain_close(leaf(ch, side, i), NULL, 0), CO_STATUS_PENDING);
	chain_run_until(ch, chain_is_idle, 3000);
	for (i = 0; i < N; i++)
		assert_int_equal(leaf(ch, side, i)->n_closed, 1);
	assert_int_equal(root->n_incoming_close, 1);
	assert_int_equal(root->n_closed, 1);
	assert_int_equal(n_groups(ch, side), 0);
}

/* SIG-104, RACE-14: all at once; the last one's drop is the release of the call. */
static void
when_all_leaves_close_the_call_is_over(void **state)
{
	in_both_roles(state, all_leave);
}

/* Deactivated before the network is answered, completed after it: CLOSE-18 in either kind. */
static const char *const dropped_steps[] = {
	"<- DROP PARTY",
	"co_cm_dispatch_incoming_close_call",
	"client.incoming_close_call SUCCESS",
	"co_cl_close_call",
	"callmgr.close_call",
	"co_cm_deactivate_vc",
	"co_m_deactivate_vc_complete",
	"callmgr.deactivate_vc_complete",
	"co_cm_close_call_complete",
	"client.close_call_complete",
	"-> DROP PARTY ACKNOWLEDGE",
	"client.delete_vc",
	NULL,
};

static const char *const dropped_steps_of_mcm[] = {
	"<- DROP PARTY",
	"co_cm_dispatch_incoming_close_call",
	"client.incoming_close_call SUCCESS",
	"co_cl_close_call",
	"callmgr.close_call",
	"co_cm_deactivate_vc",
	"co_cm_close_call_complete",
	"client.close_call_complete",
	"-> DROP PARTY ACKNOWLEDGE",
	"client.delete_vc",
	NULL,
};

static void
one_is_dropped(struct chain *ch, enum chain_side side)
{
	static const struct medium_options slow = { .deactivate_turns = 3 };
	struct chain_party *parties[N];
	struct chain_call *root = chain_multipoint_up(ch, chain_other(side), N, parties);
	struct chain_call *goes = leaf(ch, side, 0);

	medium_set_options(ch, &slow);
	chain_forget_steps(ch);
	assert_int_equal(chain_drop(parties[N - 1], NULL, 0), CO_STATUS_PENDING);
	chain_run_ms(ch, 200);
	assert_int_equal(goes->n_closed, 1);
	assert_int_equal(parties[N - 1]->n_dropped, 1);
	chain_forget_miniport(ch);
	chain_expect_steps(
		ch, side, ch->completes_first[side] ? dropped_steps_of_mcm : dropped_steps);
	close_root(root);
}

/* SIG-109, CLOSE-9, CLOSE-20, INCLOSE-10: a leaf is out of the replication before the answer. */
static void
a_leaf_that_is_dropped_is_deactivated_before_the_network_is_answered(void **state)
{
	in_both_roles(state, one_is_dropped);
}

static void
all_are_released(struct chain *ch, enum chain_side side)
{
	static const struct medium_options slow = { .deactivate_turns = 3 };
	struct chain_party *first;
	struct chain_call *root = chain_multipoint_up(ch, chain_other(side), 1, &first);
	struct chain_call *call = leaf(ch, side, 0);
	uint32_t label = label_of(root);

	medium_set_options(ch, &slow);
	chain_forget_steps(ch);
	assert_int_equal(chain_close(root, NULL, 0), CO_STATUS_PENDING);
	while (!chain_has_step(ch, side, "-> RELEASE COMPLETE")) {
		assert_int_equal(root->n_closed, 0);
		chain_turn(ch);
	}
	assert_int_equal(medium_n_active(ch, side, label), 0);
	chain_run_until(ch, chain_is_idle, 1000);
	assert_int_equal(call->n_incoming_close, 1);
	assert_int_equal(call->n_closed, 1);
	assert_int_equal(root->n_closed, 1);
}

/* SIG-109 */
static void
the_release_of_all_is_answered_when_the_last_vc_is_deactivated(void **state)
{
	in_both_roles(state, all_are_released);
}

static void
refuse_one(struct chain *ch, enum chain_side side)
{
	struct chain_party *first, *second;
	struct chain_call *root = chain_multipoint_up(ch, chain_other(side), 1, &first);

	ch->client[side].answer = CO_STATUS_PENDING;
	assert_int_equal(chain_add(root, &second), CO_STATUS_PENDING);
	chain_run_ms(ch, 100);
	ch->client[side].answer = CO_STATUS_SUCCESS;
	assert_int_equal(second->n_added, 0);
	assert_int_equal(
		chain_answer(leaf(ch, side, 0), CO_STATUS_NOT_ACCEPTED), CO_STATUS_SUCCESS);
	chain_run_ms(ch, 100);
	assert_int_equal(second->add_status, CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(leaf(ch, side, 0)->vc, CO_NONE);
	assert_int_equal(leaf(ch, side, 1)->n_incoming_close, 0);
	close_root(root);
}

/* INCALL-7, ADD-6 */
static void
a_leaf_that_declines_does_not_disturb_the_others(void **state)
{
	in_both_roles(state, refuse_one);
}

static void
refuse_first(struct chain *ch, enum chain_side side)
{
	struct chain_party *first;
	struct chain_call *root;

	ch->client[side].answer = CO_STATUS_NOT_ACCEPTED;
	root = chain_call_multipoint(ch, chain_other(side), &first);
	chain_run_until(ch, chain_is_idle, 1000);
	first->joined = false;
	ch->client[side].answer = CO_STATUS_SUCCESS;
	assert_int_equal(root->make_status, CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(n_groups(ch, side), 0);
}

/* INCALL-7, RACE-6 */
static void
the_first_leaf_that_declines_ends_the_call(void **state)
{
	in_both_roles(state, refuse_first);
}

static void
cannot_activate(struct chain *ch, enum chain_side side)
{
	static const struct medium_options refusing = { .refuse_activation = true };
	static const struct medium_options able = { 0 };
	struct chain_party *first, *second;
	struct chain_call *root = chain_multipoint_up(ch, chain_other(side), 1, &first);

	medium_set_options(ch, &refusing);
	assert_int_equal(chain_add(root, &second), CO_STATUS_PENDING);
	chain_run_ms(ch, 200);
	medium_set_options(ch, &able);
	assert_int_equal(second->add_status, CO_STATUS_RESOURCES);
	assert_int_equal(leaf(ch, side, 0)->n_incoming_close, 1);
	assert_int_equal(leaf(ch, side, 0)->n_closed, 1);
	assert_int_equal(leaf(ch, side, 1)->n_incoming_close, 0);
	close_root(root);
}

/* ACT-7, INCLOSE-2 */
static void
a_leaf_that_cannot_be_activated_is_refused_alone(void **state)
{
	in_both_roles(state, cannot_activate);
}

static void
give_up(struct chain *ch, enum chain_side side)
{
	struct chain_party *first, *second;
	struct chain_call *root = chain_multipoint_up(ch, chain_other(side), 1, &first);

	ch->client[side].answer = CO_STATUS_PENDING;
	assert_int_equal(chain_add(root, &second), CO_STATUS_PENDING);
	chain_run_ms(ch, 100);
	assert_int_equal(chain_close(leaf(ch, side, 1), NULL, 0), CO_STATUS_PENDING);
	chain_run_ms(ch, 200);
	assert_int_equal(first->n_left, 0); /* whether it is the last one is open */
	assert_int_equal(root->n_incoming_close, 0);
	assert_int_equal(chain_answer(leaf(ch, side, 0), CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	chain_run_ms(ch, 200);
	ch->client[side].answer = CO_STATUS_SUCCESS;
	assert_int_equal(second->add_status, CO_STATUS_SUCCESS);
	assert_int_equal(first->n_left, 1);
	assert_int_equal(first->n_dropped, 1);
	assert_int_equal(leaf(ch, side, 1)->n_closed, 1);
	close_root(root);
}

/* INCLOSE-15, RACE-12: with one leaving and one joining it is the latter that tells. */
static void
the_only_one_that_leaves_waits_for_the_one_that_joins(void **state)
{
	in_both_roles(state, give_up);
}

#define TWO(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define ONE(name)                                                                                  \
	{                                                                                          \
#name " with one broker", name, setup_one, teardown, NULL                          \
	}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TWO(each_leaf_sees_a_call_of_its_own_on_the_label_of_all),
		ONE(each_leaf_sees_a_call_of_its_own_on_the_label_of_all),
		TWO(a_leaf_that_closes_leaves_the_others_their_traffic),
		TWO(when_all_leaves_close_the_call_is_over),
		TWO(a_leaf_that_is_dropped_is_deactivated_before_the_network_is_answered),
		TWO(the_release_of_all_is_answered_when_the_last_vc_is_deactivated),
		TWO(a_leaf_that_declines_does_not_disturb_the_others),
		TWO(the_first_leaf_that_declines_ends_the_call),
		TWO(a_leaf_that_cannot_be_activated_is_refused_alone),
		TWO(the_only_one_that_leaves_waits_for_the_one_that_joins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
