/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "chain.h"
#include "medium.h"

#include <cmocka.h>

/* The root of a multipoint call, either kind of call manager, either role. */

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
setup_no_close_data(void **state)
{
	*state = chain_create(&(struct chain_config){ .no_close_data = true });
	return 0;
}

static int
teardown(void **state)
{
	chain_destroy(*state);
	return 0;
}

static void
in_both_roles(void **state, void (*test)(struct chain *ch, enum chain_side root))
{
	test(*state, USER);
	test(*state, NETWORK);
}

static void
close_all(struct chain_call *call)
{
	struct chain *ch = call->client->chain;

	chain_tear_down(call);
	chain_run_until(ch, chain_is_idle, 3000);
	assert_int_equal(call->n_closed, 1);
	assert_int_equal(call->close_status, CO_STATUS_SUCCESS);
}

static struct co_vc_info
query(const struct chain_call *call)
{
	struct co_vc_info info;

	assert_int_equal(co_vc_query(call->client->co, call->vc, &info), CO_STATUS_SUCCESS);
	return info;
}

/* ---- Joining. ---- */

static const char *const adding_steps[] = {
	"co_cl_add_party",
	"callmgr.add_party",
	"-> ADD PARTY",
	"<- ADD PARTY ACKNOWLEDGE",
	"co_cm_add_party_complete",
	"client.add_party_complete SUCCESS",
	NULL,
};

static void
add_as_drawn(struct chain *ch, enum chain_side root)
{
	struct chain_party *first, *second;
	struct chain_call *call = chain_multipoint_up(ch, root, 1, &first);

	assert_true(query(call).multipoint);
	chain_forget_steps(ch);
	assert_int_equal(chain_add(call, &second), CO_STATUS_PENDING);
	chain_run_ms(ch, 100);
	chain_expect_steps(ch, root, adding_steps);
	assert_int_equal(query(call).n_parties, 2);
	assert_int_equal(second->n_added, 1);
	close_all(call);
}

/* CHART-5.9-ADD-PARTY, MAKE-2, ADD-1, ADD-2 */
static void
a_party_is_added_as_in_the_figure(void **state)
{
	in_both_roles(state, add_as_drawn);
}

/* ADD-6 */
static void
a_party_that_is_refused_leaves_the_others_as_they_were(void **state)
{
	struct chain *ch = *state;
	struct chain_party *parties[2], *third;
	struct chain_call *call = chain_multipoint_up(ch, USER, 2, parties);

	ch->client[NETWORK].answer = CO_STATUS_NOT_ACCEPTED;
	assert_int_equal(chain_add(call, &third), CO_STATUS_PENDING);
	chain_run_ms(ch, 100);
	assert_int_equal(third->add_status, CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(third->params.cause, UNI_CAUSE_USER_BUSY);
	assert_int_equal(third->n_added, 1);
	assert_int_equal(query(call).n_parties, 2);
	assert_int_equal(query(call).vc_state, CO_VC_ACTIVE);
	close_all(call);
}

/* ADD-3: the rates of the call are those of all parties. */
static void
rates_of_an_added_party_are_reset_to_those_of_the_call(void **state)
{
	struct chain *ch = *state;
	struct chain_party *first;
	struct chain_call *call = chain_multipoint_up(ch, USER, 1, &first);
	struct chain_party *p = &ch->client[USER].parties[ch->client[USER].n_parties++];

	p->call = call;
	chain_fill_params(&ch->client[USER], &p->params);
	p->params.tx.peak_rate = 5 * 96000;
	assert_int_equal(
		co_cl_add_party(ch->co[USER], call->vc, (uintptr_t)p, &p->params, &p->party),
		CO_STATUS_PENDING);
	chain_run_ms(ch, 100);
	assert_int_equal(p->add_status, CO_STATUS_SUCCESS);
	assert_int_equal(p->params.tx.peak_rate, 96000);
	assert_true(p->params.flags & CO_CALL_F_CHANGED);
	close_all(call);
}

/* MAKE-8, RACE-6 */
static void
a_multipoint_call_that_fails_leaves_no_party(void **state)
{
	struct chain *ch = *state;
	struct chain_party *first;
	struct chain_call *call;
	struct callmgr_census census;

	ch->client[NETWORK].answer = CO_STATUS_NOT_ACCEPTED;
	call = chain_call_multipoint(ch, USER, &first);
	first->joined = false;
	chain_run_until(ch, chain_is_idle, 1000);
	assert_int_equal(call->n_made, 1);
	assert_int_equal(call->make_status, CO_STATUS_NOT_ACCEPTED);
	callmgr_census(ch->env[USER], &census);
	assert_int_equal(census.n_parties, 0);
}

/* ---- Dropping, then closing: sequence 5.3. ---- */

static const char *const dropping_steps[] = {
	"co_cl_drop_party",
	"callmgr.drop_party",
	"-> DROP PARTY",
	"<- DROP PARTY ACKNOWLEDGE",
	"co_cm_drop_party_complete",
	"client.drop_party_complete",
	NULL,
};

static void
drop_as_drawn(struct chain *ch, enum chain_side root)
{
	struct chain_party *parties[3];
	struct chain_call *call = chain_multipoint_up(ch, root, 3, parties);

	chain_forget_steps(ch);
	assert_int_equal(chain_drop(parties[0], NULL, 0), CO_STATUS_PENDING);
	chain_run_ms(ch, 100);
	chain_expect_steps(ch, root, dropping_steps);
	assert_int_equal(parties[0]->n_dropped, 1);
	assert_int_equal(parties[0]->drop_status, CO_STATUS_SUCCESS);
	assert_int_equal(query(call).vc_state, CO_VC_ACTIVE);
	assert_int_equal(query(call).n_parties, 2);
	close_all(call);
}

/* CHART-5.3, DROP-9, DROP-10, DROP-13, DROP-3: the first party has no special part. */
static void
a_party_is_dropped_as_in_the_figure_and_the_others_stay(void **state)
{
	in_both_roles(state, drop_as_drawn);
}

static const char *const tear_down_steps[] = {
	"co_cl_drop_party",
	"callmgr.drop_party",
	"-> DROP PARTY",
	"<- DROP PARTY ACKNOWLEDGE",
	"co_cm_drop_party_complete",
	"client.drop_party_complete",
	"co_cl_drop_party",
	"callmgr.drop_party",
	"-> DROP PARTY",
	"<- DROP PARTY ACKNOWLEDGE",
	"co_cm_drop_party_complete",
	"client.drop_party_complete",
	"co_cl_close_call",
	"callmgr.close_call",
	NULL,
};

static void
tear_down_as_drawn(struct chain *ch, enum chain_side root)
{
	struct chain_party *parties[3];
	struct chain_call *call = chain_multipoint_up(ch, root, 3, parties);

	chain_forget_steps(ch);
	close_all(call);
	chain_expect_closed(ch, root, true, tear_down_steps);
	assert_int_equal(parties[2]->n_dropped, 1);
	assert_int_equal(parties[1]->n_dropped, 1);
	assert_int_equal(parties[0]->n_dropped, 0);
}

/* CHART-5.3, DROP-1, DROP-2, DROP-11, CLOSE-7, CLOSE-8, CLOSE-37 */
static void
all_but_one_are_dropped_and_the_last_one_closed(void **state)
{
	in_both_roles(state, tear_down_as_drawn);
}

/* DROP-5, RACE-15: two that are left are dropped at once; the second is the last. */
static void
of_two_parties_dropped_at_once_one_has_to_be_closed(void **state)
{
	struct chain *ch = *state;
	struct chain_party *parties[2];
	struct chain_call *call = chain_multipoint_up(ch, USER, 2, parties);

	assert_int_equal(chain_drop(parties[0], NULL, 0), CO_STATUS_PENDING);
	assert_int_equal(chain_drop(parties[1], NULL, 0), CO_STATUS_FAILURE);
	assert_int_equal(chain_close(call, NULL, 0), CO_STATUS_NOT_ACCEPTED); /* RACE-11 */
	chain_run_ms(ch, 100);
	assert_int_equal(parties[0]->n_dropped, 1);
	close_all(call);
}

static void
drop_with_data(struct chain *ch, enum chain_side root)
{
	static const uint8_t data[] = { 19, 0x04, 'b', 'y', 'e' };
	struct chain_party *parties[2];
	struct chain_call *call = chain_multipoint_up(ch, root, 2, parties);
	struct chain_call *leaf = ch->client[chain_other(root)].last;

	assert_int_equal(chain_drop(parties[1], data, sizeof(data)), CO_STATUS_PENDING);
	chain_run_ms(ch, 100);
	assert_int_equal(parties[1]->n_dropped, 1);
	assert_int_equal(leaf->n_incoming_close, 1);
	assert_int_equal(leaf->told.size, sizeof(data));
	assert_memory_equal(leaf->told.octets, data, sizeof(data));
	close_all(call);
}

/* DROP-7 */
static void
drop_data_reaches_the_leaf_before_the_drop_completes(void **state)
{
	in_both_roles(state, drop_with_data);
}

/* DROP-8, CLOSE-11, CLOSE-12 */
static void
data_that_the_medium_cannot_carry_is_refused_and_all_stays(void **state)
{
	static const uint8_t data[] = { 16, 0x04, 'x' };
	struct chain *ch = *state;
	struct chain_party *parties[2];
	struct chain_call *call = chain_multipoint_up(ch, USER, 2, parties);

	chain_forget_steps(ch);
	assert_int_equal(chain_drop(parties[1], data, sizeof(data)), CO_STATUS_INVALID_DATA);
	chain_run_ms(ch, 100);
	assert_false(chain_has_step(ch, USER, "-> DROP PARTY"));
	assert_int_equal(query(call).n_parties, 2);
	assert_int_equal(chain_drop(parties[1], NULL, 0), CO_STATUS_PENDING);
	chain_run_ms(ch, 100);
	assert_int_equal(chain_close(call, data, sizeof(data)), CO_STATUS_INVALID_DATA);
	assert_int_equal(query(call).call_state, CO_CALL_UP);
	assert_int_equal(chain_close(call, NULL, 0), CO_STATUS_PENDING);
	chain_run_until(ch, chain_is_idle, 1000);
	assert_int_equal(call->n_closed, 1);
}

/* ---- A leaf leaves: sequence 5.5. ---- */

static struct chain_call *
leaf_of(struct chain *ch, enum chain_side root, uint32_t n_from_end)
{
	struct chain_client *c = &ch->client[chain_other(root)];

	return &c->calls[c->n_calls - 1 - n_from_end];
}

static const char *const leaving_steps[] = {
	"<- DROP PARTY",
	"co_cm_dispatch_incoming_drop_party",
	"client.incoming_drop_party SUCCESS",
	"co_cl_drop_party",
	"callmgr.drop_party",
	"co_cm_drop_party_complete",
	"-> DROP PARTY ACKNOWLEDGE",
	"client.drop_party_complete", /* when incoming_drop_party has returned (ASYNC-9) */
	NULL,
};

static void
leave_as_drawn(struct chain *ch, enum chain_side root)
{
	struct chain_party *parties[3];
	struct chain_call *call = chain_multipoint_up(ch, root, 3, parties);

	chain_forget_steps(ch);
	assert_int_equal(chain_close(leaf_of(ch, root, 1), NULL, 0), CO_STATUS_PENDING);
	chain_run_ms(ch, 200);
	chain_expect_steps(ch, root, leaving_steps);
	assert_int_equal(parties[1]->n_left, 1);
	assert_int_equal(parties[1]->reason, CO_STATUS_SUCCESS);
	assert_int_equal(parties[1]->n_dropped, 1);
	assert_int_equal(leaf_of(ch, root, 1)->n_closed, 1);
	assert_int_equal(query(call).n_parties, 2);
	assert_int_equal(query(call).vc_state, CO_VC_ACTIVE);
	close_all(call);
}

/* CHART-5.5, INDROP-1, INDROP-2, INDROP-3, INDROP-4, INDROP-5 */
static void
a_leaf_that_leaves_is_shown_and_dropped_as_in_the_figure(void **state)
{
	in_both_roles(state, leave_as_drawn);
}

static void
first_leaves(struct chain *ch, enum chain_side root)
{
	struct chain_party *parties[2];
	struct chain_call *call = chain_multipoint_up(ch, root, 2, parties);

	assert_int_equal(chain_close(leaf_of(ch, root, 1), NULL, 0), CO_STATUS_PENDING);
	chain_run_ms(ch, 200);
	assert_int_equal(parties[0]->n_left, 1);
	assert_int_equal(parties[0]->n_dropped, 1);
	close_all(call);
}

/* INDROP-6, DROP-4 */
static void
the_party_that_the_call_began_with_leaves_like_any_other(void **state)
{
	in_both_roles(state, first_leaves);
}

static void
last_leaves(struct chain *ch, enum chain_side root)
{
	static const uint8_t data[] = { 19, 0x04, 'b', 'y', 'e' };
	struct chain_party *first;
	struct chain_call *call = chain_multipoint_up(ch, root, 1, &first);

	chain_forget_steps(ch);
	assert_int_equal(chain_close(leaf_of(ch, root, 0), data, sizeof(data)), CO_STATUS_PENDING);
	chain_run_until(ch, chain_is_idle, 1000);
	assert_int_equal(first->n_left, 0);
	assert_int_equal(call->n_incoming_close, 1);
	assert_int_equal(call->reason, CO_STATUS_SUCCESS);
	assert_int_equal(call->told.size, sizeof(data));
	assert_memory_equal(call->told.octets, data, sizeof(data));
	assert_int_equal(call->n_closed, 1);
	assert_false(chain_has_step(ch, root, "co_cm_dispatch_incoming_drop_party"));
}

/* INCLOSE-15, INCLOSE-16 */
static void
the_last_leaf_that_leaves_is_shown_as_an_incoming_close(void **state)
{
	in_both_roles(state, last_leaves);
}

static void
second_leaves_first_unanswered(struct chain *ch, enum chain_side root)
{
	struct chain_party *parties[2];
	struct chain_call *call = chain_multipoint_up(ch, root, 2, parties);

	ch->client[root].leaves_drops_open = true;
	assert_int_equal(chain_close(leaf_of(ch, root, 1), NULL, 0), CO_STATUS_PENDING);
	chain_run_ms(ch, 100);
	assert_int_equal(parties[0]->n_left, 1);
	assert_int_equal(chain_close(leaf_of(ch, root, 0), NULL, 0), CO_STATUS_PENDING);
	chain_run_until(ch, chain_is_idle, 2000);
	ch->client[root].leaves_drops_open = false;
	assert_int_equal(parties[1]->n_left, 0);
	assert_int_equal(call->n_incoming_close, 1);
	assert_int_equal(parties[0]->n_dropped + parties[1]->n_dropped, 1);
	assert_int_equal(call->n_closed, 1);
}

/* INCLOSE-5, INCLOSE-15: those whose leaving is not answered yet count as gone. */
static void
the_last_to_leave_is_a_close_though_others_await_their_drop(void **state)
{
	in_both_roles(state, second_leaves_first_unanswered);
}

static void
cross(struct chain *ch, enum chain_side root)
{
	static const struct medium_options slow = { .delay_ms = 20 };
	static const struct medium_options quick = { 0 };
	struct chain_party *parties[2];
	struct chain_call *call = chain_multipoint_up(ch, root, 2, parties);

	medium_set_options(ch, &slow);
	assert_int_equal(chain_drop(parties[0], NULL, 0), CO_STATUS_PENDING);
	assert_int_equal(chain_close(leaf_of(ch, root, 0), NULL, 0), CO_STATUS_PENDING);
	chain_run_until(ch, chain_is_idle, 3000);
	medium_set_options(ch, &quick);
	assert_int_equal(parties[0]->n_dropped, 1);
	assert_int_equal(parties[1]->n_left, 0);
	assert_int_equal(call->n_incoming_close, 1);
	assert_int_equal(call->n_closed, 1);
}

/* RACE-14 */
static void
one_dropped_while_the_other_leaves_ends_in_an_incoming_close(void **state)
{
	in_both_roles(state, cross);
}

static void
drop_who_leaves(struct chain *ch, enum chain_side root)
{
	static const struct medium_options slow = { .delay_ms = 20 };
	static const struct medium_options quick = { 0 };
	struct chain_party *parties[3];
	struct chain_call *call = chain_multipoint_up(ch, root, 3, parties);

	medium_set_options(ch, &slow);
	assert_int_equal(chain_drop(parties[2], NULL, 0), CO_STATUS_PENDING);
	assert_int_equal(chain_close(leaf_of(ch, root, 0), NULL, 0), CO_STATUS_PENDING);
	chain_run_ms(ch, 300);
	medium_set_options(ch, &quick);
	assert_int_equal(parties[2]->n_left, 0);
	assert_int_equal(parties[2]->n_dropped, 1);
	assert_int_equal(leaf_of(ch, root, 0)->n_closed, 1);
	close_all(call);
}

/* RACE-13 */
static void
a_leaf_that_leaves_while_it_is_dropped_completes_the_drop_alone(void **state)
{
	in_both_roles(state, drop_who_leaves);
}

/* ---- The end of the whole call. ---- */

static void
lose_link(struct chain *ch, enum chain_side root)
{
	struct chain_party *parties[3], *joining;
	struct chain_call *call = chain_multipoint_up(ch, root, 3, parties);

	ch->client[chain_other(root)].answer = CO_STATUS_PENDING;
	assert_int_equal(chain_add(call, &joining), CO_STATUS_PENDING);
	chain_run_ms(ch, 100);
	ch->client[chain_other(root)].answer = CO_STATUS_SUCCESS;
	callmgr_pause(ch->cm[root], true);
	callmgr_pause(ch->cm[chain_other(root)], true);
	chain_run_ms(ch, 200);
	assert_int_equal(joining->n_added, 1); /* RACE-12 */
	assert_int_not_equal(joining->add_status, CO_STATUS_SUCCESS);
	chain_run_until(ch, chain_is_idle, 30000); /* T309 */
	assert_int_equal(call->n_incoming_close, 1);
	assert_int_not_equal(call->reason, CO_STATUS_SUCCESS);
	assert_int_equal(call->n_closed, 1);
	assert_int_equal(parties[0]->n_left + parties[1]->n_left + parties[2]->n_left, 0);
	callmgr_pause(ch->cm[root], false);
	callmgr_pause(ch->cm[chain_other(root)], false);
	chain_run_ms(ch, 15000);
	assert_true(chain_link_is_up(ch, root));
}

/* UNB-9, INCLOSE-2, RACE-12: the client drops all but one, and nothing of it is signalled. */
static void
a_lost_path_ends_the_whole_call_after_all_that_is_pending(void **state)
{
	lose_link(*state, USER);
}

#define WITH(name, setup_fn) cmocka_unit_test_setup_teardown(name, setup_fn, teardown)
#define TWO(name) WITH(name, setup)
#define ONE(name)                                                                                  \
	{                                                                                          \
#name " with one broker", name, setup_one, teardown, NULL                          \
	}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TWO(a_party_is_added_as_in_the_figure),
		ONE(a_party_is_added_as_in_the_figure),
		TWO(a_party_that_is_refused_leaves_the_others_as_they_were),
		TWO(rates_of_an_added_party_are_reset_to_those_of_the_call),
		TWO(a_multipoint_call_that_fails_leaves_no_party),
		TWO(a_party_is_dropped_as_in_the_figure_and_the_others_stay),
		ONE(a_party_is_dropped_as_in_the_figure_and_the_others_stay),
		TWO(all_but_one_are_dropped_and_the_last_one_closed),
		TWO(of_two_parties_dropped_at_once_one_has_to_be_closed),
		TWO(drop_data_reaches_the_leaf_before_the_drop_completes),
		WITH(data_that_the_medium_cannot_carry_is_refused_and_all_stays,
			setup_no_close_data),
		TWO(a_leaf_that_leaves_is_shown_and_dropped_as_in_the_figure),
		TWO(the_party_that_the_call_began_with_leaves_like_any_other),
		TWO(the_last_leaf_that_leaves_is_shown_as_an_incoming_close),
		TWO(the_last_to_leave_is_a_close_though_others_await_their_drop),
		TWO(one_dropped_while_the_other_leaves_ends_in_an_incoming_close),
		TWO(a_leaf_that_leaves_while_it_is_dropped_completes_the_drop_alone),
		TWO(a_lost_path_ends_the_whole_call_after_all_that_is_pending),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
