/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "world.h"

#include <cmocka.h>

/* Point-to-multipoint calls: how they are made, how parties are added and dropped. */

static const struct co_data no_data = { NULL, 0 };

static uint32_t
n_parties(const struct world *w)
{
	struct co_vc_info info;

	assert_int_equal(co_vc_query(w->co, w->vc, &info), CO_STATUS_SUCCESS);
	return info.n_parties;
}

/* ---- Making. ---- */

/* MAKE-2 */
static void
a_call_made_with_a_party_is_multipoint_for_its_whole_life(void **state)
{
	struct world *w = *state;
	struct co_vc_info info;

	assert_int_equal(world_create_by_client(w), CO_STATUS_SUCCESS);
	w->answer[AT_CM_MAKE_MULTIPOINT] = CO_STATUS_PENDING;
	world_forget(w);
	assert_int_equal(world_make_multipoint(w), CO_STATUS_PENDING);
	world_expect(w, "co_cl_make_multipoint_call cm.make_multipoint_call");
	assert_int_equal(w->ctx[AT_CM_MAKE_MULTIPOINT], WORLD_CM_CTX);
	assert_int_equal(w->created_party, w->parties[0]);
	assert_ptr_equal(w->given, &w->params);
	assert_int_equal(w->params.flags & CO_CALL_F_MULTIPOINT, CO_CALL_F_MULTIPOINT);
	world_expect_party(w, 0, CO_PARTY_ADDING);
	assert_int_equal(world_activate(w), CO_STATUS_SUCCESS);
	world_forget(w);
	assert_int_equal(world_made(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	world_expect(w, "co_@_make_call_complete client.make_call_complete");
	world_expect_party(w, 0, CO_PARTY_JOINED);
	assert_int_equal(co_vc_query(w->co, w->vc, &info), CO_STATUS_SUCCESS);
	assert_true(info.multipoint);
	assert_int_equal(info.n_parties, 1);
	assert_int_equal(world_add(w, 1), CO_STATUS_SUCCESS);
}

/* MAKE-2, ADD-1 */
static void
a_call_made_without_a_party_never_gets_one(void **state)
{
	struct world *w = *state;

	world_up(w);
	assert_int_equal(world_add(w, 1), CO_STATUS_FAILURE);
	world_expect(w, "co_cl_add_party");
	assert_int_equal(n_parties(w), 0);
	assert_int_equal(w->params.flags & CO_CALL_F_MULTIPOINT, 0);
}

static void
a_party_without_a_context_is_refused(void **state)
{
	struct world *w = *state;
	co_party_t party = CO_NONE;

	assert_int_equal(world_create_by_client(w), CO_STATUS_SUCCESS);
	assert_int_equal(co_cl_make_multipoint_call(w->co, w->vc, &w->params, 0, &party),
		CO_STATUS_INVALID_DATA);
	world_expect_states(w, CO_VC_CREATED, CO_CALL_IDLE);
	assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
	world_tree(w, 1);
	assert_int_equal(co_cl_add_party(w->co, w->vc, 0, &w->party_params[1], &party),
		CO_STATUS_INVALID_DATA);
	assert_int_equal(n_parties(w), 1);
}

static void
the_party_is_void(struct world *w, co_party_t party)
{
	struct co_party_info info;

	w->parties[0] = party;
	world_forget(w);
	assert_int_equal(co_party_query(w->co, party, &info), CO_STATUS_FAILURE);
	assert_int_equal(world_drop(w, 0), CO_STATUS_FAILURE);
	assert_int_equal(world_added(w, 0, CO_STATUS_SUCCESS), CO_STATUS_FAILURE);
	assert_int_equal(world_dropped(w, 0, CO_STATUS_SUCCESS), CO_STATUS_FAILURE);
	assert_int_equal(world_incoming_drop(w, 0, CO_STATUS_SUCCESS), CO_STATUS_FAILURE);
	world_expect(w, "co_cl_drop_party co_@_add_party_complete co_@_drop_party_complete "
			"co_@_dispatch_incoming_drop_party");
}

/* MAKE-8, OBJ-8 */
static void
a_failed_make_voids_its_party_for_client_and_call_manager(void **state)
{
	struct world *w = *state;

	world_making_multipoint(w);
	assert_int_equal(world_deactivate(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_made(w, CO_STATUS_FAILURE), CO_STATUS_SUCCESS);
	assert_int_equal(w->status[AT_CLIENT_MADE], CO_STATUS_FAILURE);
	world_expect_states(w, CO_VC_DEACTIVATED, CO_CALL_IDLE);
	the_party_is_void(w, w->parties[0]);
	assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
	world_expect_empty(w);
}

/* MAKE-8, ASYNC-2 */
static void
a_make_refused_at_once_leaves_no_party(void **state)
{
	struct world *w = *state;

	assert_int_equal(world_create_by_client(w), CO_STATUS_SUCCESS);
	w->answer[AT_CM_MAKE_MULTIPOINT] = CO_STATUS_RESOURCES;
	assert_int_equal(world_make_multipoint(w), CO_STATUS_RESOURCES);
	assert_int_equal(w->parties[0], CO_NONE);
	the_party_is_void(w, w->created_party);
	assert_int_equal(w->n[AT_CLIENT_MADE], 0);
	assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
	world_expect_empty(w);
}

/* MAKE-8 */
static void
a_vc_whose_multipoint_call_was_refused_can_carry_another_call(void **state)
{
	struct world *w = *state;

	assert_int_equal(world_create_by_client(w), CO_STATUS_SUCCESS);
	w->answer[AT_CM_MAKE_MULTIPOINT] = CO_STATUS_RESOURCES;
	assert_int_equal(world_make_multipoint(w), CO_STATUS_RESOURCES);
	w->answer[AT_CM_MAKE] = CO_STATUS_PENDING;
	assert_int_equal(world_make(w), CO_STATUS_PENDING);
	assert_int_equal(w->params.flags & CO_CALL_F_MULTIPOINT, 0);
	assert_int_equal(world_activate(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_made(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	assert_int_equal(world_add(w, 1), CO_STATUS_FAILURE);
	assert_int_equal(world_close(w), CO_STATUS_SUCCESS);
}

/* MAKE-11, ADD-3 */
static void
an_add_takes_its_own_parameters_and_leaves_those_of_the_vc(void **state)
{
	struct world *w = *state;

	w->params.tx.peak_rate = 1000;
	world_tree(w, 1);
	w->party_params[1].tx.peak_rate = 2000;
	assert_int_equal(world_add(w, 1), CO_STATUS_SUCCESS);
	world_expect(w, "co_cl_add_party cm.add_party"); /* the VC is not activated anew */
	assert_ptr_equal(w->given, &w->party_params[1]);
	assert_int_equal(w->params.tx.peak_rate, 1000);
}

/* ---- Adding. ---- */

/* CHART-5.9-ADD-PARTY, ADD-1, ASYNC-1, ADD-2 */
static void
an_add_that_pends_is_completed_once_with_its_handle(void **state)
{
	struct world *w = *state;
	struct co_party_info info;

	world_tree(w, 1);
	w->answer[AT_CM_ADD] = CO_STATUS_PENDING;
	assert_int_equal(world_add(w, 1), CO_STATUS_PENDING);
	world_expect(w, "co_cl_add_party cm.add_party");
	assert_int_equal(w->created_party, w->parties[1]);
	world_expect_party(w, 1, CO_PARTY_ADDING);
	w->created_party = CO_NONE;
	assert_int_equal(world_added(w, 1, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	world_expect(w, "co_@_add_party_complete client.add_party_complete");
	assert_int_equal(w->ctx[AT_CLIENT_ADDED], WORLD_PARTY_CTX + 1);
	assert_int_equal(w->status[AT_CLIENT_ADDED], CO_STATUS_SUCCESS);
	assert_int_equal(w->created_party, w->parties[1]);
	world_expect_party(w, 1, CO_PARTY_JOINED);
	assert_int_equal(co_party_query(w->co, w->parties[1], &info), CO_STATUS_SUCCESS);
	assert_int_equal(info.cm_ctx, world_cm_party_ctx(w->parties[1]));
	assert_int_equal(world_added(w, 1, CO_STATUS_SUCCESS), CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(w->n[AT_CLIENT_ADDED], 1);
}

static void
add_is_refused(struct world *w)
{
	world_forget(w);
	assert_int_equal(world_add(w, 1), CO_STATUS_FAILURE);
	world_expect(w, "co_cl_add_party");
}

/* ADD-1 */
static void
parties_are_added_only_while_the_call_is_up(void **state)
{
	struct world *w = *state;

	world_making_multipoint(w);
	add_is_refused(w);
	assert_int_equal(world_made(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	assert_int_equal(world_incoming_close(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	add_is_refused(w);
	w->answer[AT_CM_CLOSE] = CO_STATUS_PENDING;
	assert_int_equal(world_close_last(w, 0), CO_STATUS_PENDING);
	add_is_refused(w);
	assert_int_equal(world_closed(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	add_is_refused(w);
	assert_int_equal(world_deactivate(w), CO_STATUS_SUCCESS);
	add_is_refused(w);
	assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
	add_is_refused(w);
	world_expect_empty(w);
}

/* ADD-1, OBJ-6 */
static void
a_leaf_has_no_parties(void **state)
{
	struct world *w = *state;

	world_called(w);
	add_is_refused(w);
}

/* ADD-2 */
static void
a_call_manager_that_gives_no_context_has_not_added(void **state)
{
	struct world *w = *state;

	world_tree(w, 1);
	w->no_party_ctx = true;
	assert_int_equal(world_add(w, 1), CO_STATUS_FAILURE);
	assert_int_equal(n_parties(w), 1);
	w->answer[AT_CM_ADD] = CO_STATUS_PENDING;
	assert_int_equal(world_add(w, 1), CO_STATUS_PENDING);
	assert_int_equal(world_added(w, 1, CO_STATUS_SUCCESS), CO_STATUS_NOT_ACCEPTED);
	world_expect_party(w, 1, CO_PARTY_ADDING);
	assert_int_equal(world_added(w, 1, CO_STATUS_FAILURE), CO_STATUS_SUCCESS);
	assert_int_equal(w->n[AT_CLIENT_ADDED], 1);
}

static void
change_params(struct world *w)
{
	w->party_params[1].flags |= CO_CALL_F_CHANGED;
	w->party_params[1].tx.peak_rate = w->params.tx.peak_rate;
}

/* ADD-3 */
static void
what_the_call_manager_made_of_deviating_parameters_comes_back(void **state)
{
	struct world *w = *state;

	w->params.tx.peak_rate = 1000;
	world_tree(w, 1);
	w->party_params[1].tx.peak_rate = 2000;
	w->answer[AT_CM_ADD] = CO_STATUS_PENDING;
	w->act[AT_CM_ADD] = change_params;
	assert_int_equal(world_add(w, 1), CO_STATUS_PENDING);
	assert_int_equal(world_added(w, 1, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	assert_int_equal(w->given->flags & CO_CALL_F_CHANGED, CO_CALL_F_CHANGED);
	assert_int_equal(w->given->tx.peak_rate, 1000);
}

static void
drop_it(struct world *w)
{
	w->result = world_drop(w, 1);
}

/* ADD-4, ASYNC-7 */
static void
a_client_that_dislikes_what_it_got_drops_the_party_in_the_completion(void **state)
{
	struct world *w = *state;

	world_tree(w, 1);
	w->answer[AT_CM_ADD] = CO_STATUS_PENDING;
	w->act[AT_CLIENT_ADDED] = drop_it;
	assert_int_equal(world_add(w, 1), CO_STATUS_PENDING);
	world_forget(w);
	assert_int_equal(world_added(w, 1, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	world_expect(w,
		"co_@_add_party_complete client.add_party_complete co_cl_drop_party cm.drop_party");
	assert_int_equal(w->result, CO_STATUS_SUCCESS);
	world_expect_no_party(w, 1);
	assert_int_equal(n_parties(w), 1);
}

/* ADD-5 */
static void
a_party_is_named_for_call_management_and_data_goes_by_vc(void **state)
{
	struct world *w = *state;
	struct co_packet packet = { 0 };

	world_tree(w, 2);
	world_send(w, &packet);
	world_expect(w, "co_send miniport.send");
	assert_int_equal(packet.vc, w->vc);
	world_sent(w, &packet);
	w->answer[AT_CM_DROP] = CO_STATUS_PENDING;
	assert_int_equal(world_drop(w, 1), CO_STATUS_PENDING);
	world_expect_party(w, 0, CO_PARTY_JOINED);
	assert_int_equal(w->ctx[AT_CM_DROP], world_cm_party_ctx(w->parties[1]));
	world_forget(w);
	world_send(w, &packet);
	world_expect(w, "co_send miniport.send");
}

/* ADD-6 */
static void
a_failed_add_leaves_the_call_and_the_others_as_they_were(void **state)
{
	struct world *w = *state;

	world_tree(w, 2);
	w->answer[AT_CM_ADD] = CO_STATUS_NOT_SUPPORTED;
	assert_int_equal(world_add(w, 2), CO_STATUS_NOT_SUPPORTED);
	assert_int_equal(w->parties[2], CO_NONE);
	w->answer[AT_CM_ADD] = CO_STATUS_PENDING;
	assert_int_equal(world_add(w, 2), CO_STATUS_PENDING);
	assert_int_equal(world_added(w, 2, CO_STATUS_FAILURE), CO_STATUS_SUCCESS);
	assert_int_equal(w->status[AT_CLIENT_ADDED], CO_STATUS_FAILURE);
	assert_int_equal(w->created_party, CO_NONE); /* the handle that the completion gave */
	world_expect_no_party(w, 2);
	assert_int_equal(n_parties(w), 2);
	world_expect_party(w, 0, CO_PARTY_JOINED);
	world_expect_party(w, 1, CO_PARTY_JOINED);
	world_expect_states(w, CO_VC_ACTIVE, CO_CALL_UP);
}

/* ADD-6: without room nothing has changed either. */
static void
an_add_beyond_the_limit_gets_resources(void **state)
{
	struct world *w = *state;
	co_party_t party;
	uint32_t n = 0;

	world_tree(w, 1);
	while (co_cl_add_party(w->co, w->vc, WORLD_PARTY_CTX + 1, &w->party_params[1], &party) ==
		CO_STATUS_SUCCESS) {
		n++;
		world_forget(w);
	}
	assert_int_equal(n, 63);
	world_expect(w, "");
	assert_int_equal(n_parties(w), 64);
	world_expect_states(w, CO_VC_ACTIVE, CO_CALL_UP);
}

/* ---- Dropping. ---- */

/* DROP-1, DROP-2, DROP-4 */
static void
a_call_of_three_parties_is_closed_by_two_drops_and_a_close(void **state)
{
	struct world *w = *state;

	world_tree(w, 3);
	w->answer[AT_CM_DROP] = CO_STATUS_PENDING;
	assert_int_equal(world_drop(w, 0), CO_STATUS_PENDING);
	assert_int_equal(world_dropped(w, 0, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	assert_int_equal(world_close_last(w, 2), CO_STATUS_NOT_ACCEPTED);
	/* one leaves on its own: of the client's count it is as if it had dropped it */
	assert_int_equal(world_incoming_drop(w, 1, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	assert_int_equal(world_drop(w, 1), CO_STATUS_PENDING);
	assert_int_equal(world_dropped(w, 1, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	world_forget(w);
	assert_int_equal(world_close_last(w, 2), CO_STATUS_SUCCESS);
	world_expect(w, "co_cl_close_call cm.close_call");
	assert_int_equal(world_deactivate(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
	world_expect_empty(w);
}

/* DROP-3, CLOSE-5 */
static void
parties_are_dropped_in_any_order(void **state)
{
	static const uint32_t orders[][3] = { { 0, 1, 2 }, { 1, 0, 2 }, { 2, 1, 0 }, { 2, 0, 1 } };
	struct world *w = *state;
	size_t i;

	for (i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		world_tree(w, 3);
		assert_int_equal(world_drop(w, orders[i][0]), CO_STATUS_SUCCESS);
		assert_int_equal(world_drop(w, orders[i][1]), CO_STATUS_SUCCESS);
		assert_int_equal(world_close_last(w, orders[i][2]), CO_STATUS_SUCCESS);
		assert_int_equal(w->party_ctx, world_cm_party_ctx(w->parties[orders[i][2]]));
		assert_int_equal(world_deactivate(w), CO_STATUS_SUCCESS);
		assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
	}
	world_expect_empty(w);
}

/* DROP-5 */
static void
the_last_party_cannot_be_dropped_but_closed(void **state)
{
	struct world *w = *state;

	world_tree(w, 2);
	assert_int_equal(world_drop(w, 0), CO_STATUS_SUCCESS);
	world_forget(w);
	assert_int_equal(world_drop(w, 1), CO_STATUS_FAILURE);
	world_expect(w, "co_cl_drop_party");
	world_expect_party(w, 1, CO_PARTY_JOINED);
	world_expect_states(w, CO_VC_ACTIVE, CO_CALL_UP);
	assert_int_equal(world_close_last(w, 1), CO_STATUS_SUCCESS);
}

/* DROP-6, ASYNC-5 */
static void
a_handle_is_dead_from_the_drop_on_unless_it_fails(void **state)
{
	struct world *w = *state;

	world_tree(w, 3);
	w->answer[AT_CM_DROP] = CO_STATUS_PENDING;
	assert_int_equal(world_drop(w, 1), CO_STATUS_PENDING);
	assert_int_equal(world_drop(w, 1), CO_STATUS_FAILURE);
	assert_int_equal(w->n[AT_CM_DROP], 1);
	assert_int_equal(world_dropped(w, 1, CO_STATUS_FAILURE), CO_STATUS_SUCCESS);
	assert_int_equal(w->status[AT_CLIENT_DROPPED], CO_STATUS_FAILURE);
	world_expect_party(w, 1, CO_PARTY_JOINED);
	assert_int_equal(world_drop(w, 1), CO_STATUS_PENDING);
	assert_int_equal(world_dropped(w, 1, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	assert_int_equal(w->status[AT_CLIENT_DROPPED], CO_STATUS_SUCCESS);
	assert_int_equal(world_drop(w, 1), CO_STATUS_FAILURE);
	assert_int_equal(world_dropped(w, 1, CO_STATUS_SUCCESS), CO_STATUS_FAILURE);
	assert_int_equal(w->n[AT_CLIENT_DROPPED], 2);
}

/* DROP-7, ASYNC-10 */
static void
data_given_with_a_drop_reaches_the_call_manager(void **state)
{
	static const uint8_t octets[] = { 0x90, 0x88 };
	struct world *w = *state;

	world_tree(w, 2);
	w->answer[AT_CM_DROP] = CO_STATUS_PENDING;
	w->drop_data = (struct co_data){ octets, sizeof(octets) };
	assert_int_equal(world_drop(w, 1), CO_STATUS_PENDING);
	assert_int_equal(w->data.size, sizeof(octets));
	assert_ptr_equal(w->data.octets, octets); /* it may still read it until it completes */
	assert_memory_equal(w->octets, octets, sizeof(octets));
	assert_int_equal(w->n[AT_CLIENT_DROPPED], 0);
	assert_int_equal(world_dropped(w, 1, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	assert_int_equal(w->n[AT_CLIENT_DROPPED], 1);
}

/* DROP-8, ASYNC-2 */
static void
data_that_the_medium_cannot_carry_leaves_the_party_joined(void **state)
{
	struct world *w = *state;

	world_tree(w, 2);
	w->answer[AT_CM_DROP] = CO_STATUS_INVALID_DATA;
	w->drop_data = (struct co_data){ (const uint8_t *)"x", 1 };
	assert_int_equal(world_drop(w, 1), CO_STATUS_INVALID_DATA);
	world_expect_party(w, 1, CO_PARTY_JOINED);
	w->drop_data = (struct co_data){ NULL, 1 };
	world_forget(w);
	assert_int_equal(world_drop(w, 1), CO_STATUS_INVALID_DATA);
	world_expect(w, "co_cl_drop_party");
	w->answer[AT_CM_DROP] = CO_STATUS_SUCCESS;
	w->drop_data = no_data;
	assert_int_equal(world_drop(w, 1), CO_STATUS_SUCCESS);
	assert_int_equal(w->n[AT_CLIENT_DROPPED], 0);
}

/* DROP-9, DROP-10, C-7 */
static void
the_call_manager_lets_go_in_the_drop_and_the_client_in_the_completion(void **state)
{
	struct world *w = *state;

	world_tree(w, 2);
	w->answer[AT_CM_DROP] = CO_STATUS_PENDING;
	assert_int_equal(world_drop(w, 1), CO_STATUS_PENDING);
	assert_int_equal(w->ctx[AT_CM_DROP], world_cm_party_ctx(w->parties[1]));
	world_expect_party(w, 1, CO_PARTY_DROPPING);
	assert_int_equal(world_dropped(w, 1, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	assert_int_equal(w->ctx[AT_CLIENT_DROPPED], WORLD_PARTY_CTX + 1);
	world_expect_no_party(w, 1);
	assert_int_equal(n_parties(w), 1);
}

static void
drop_next_or_close(struct world *w)
{
	uint32_t next = (uint32_t)(w->ctx[AT_CLIENT_DROPPED] - WORLD_PARTY_CTX) + 1;

	w->result = next < 3 ? world_drop(w, next) : world_close_last(w, next);
}

/* DROP-11, CLOSE-37 */
static void
a_tear_down_goes_from_completion_to_completion(void **state)
{
	struct world *w = *state;

	world_tree(w, 4);
	w->answer[AT_CM_DROP] = CO_STATUS_PENDING;
	w->act[AT_CLIENT_DROPPED] = drop_next_or_close;
	assert_int_equal(world_drop(w, 0), CO_STATUS_PENDING);
	assert_int_equal(world_dropped(w, 0, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	assert_int_equal(world_dropped(w, 1, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	world_expect(w, "co_cl_drop_party cm.drop_party "
			"co_@_drop_party_complete client.drop_party_complete "
			"co_cl_drop_party cm.drop_party "
			"co_@_drop_party_complete client.drop_party_complete "
			"co_cl_drop_party cm.drop_party");
	assert_int_equal(world_dropped(w, 2, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	world_expect(w, "co_@_drop_party_complete client.drop_party_complete "
			"co_cl_close_call cm.close_call");
	assert_int_equal(w->result, CO_STATUS_SUCCESS);
	assert_int_equal(w->party_ctx, world_cm_party_ctx(w->parties[3]));
}

/* DROP-12 */
static void
a_context_may_serve_again_after_the_drop(void **state)
{
	struct world *w = *state;
	co_party_t before;

	world_tree(w, 2);
	before = w->parties[1];
	assert_int_equal(world_drop(w, 1), CO_STATUS_SUCCESS);
	assert_int_equal(world_add(w, 1), CO_STATUS_SUCCESS);
	assert_int_not_equal(w->parties[1], before);
	world_expect_party(w, 1, CO_PARTY_JOINED);
	w->parties[1] = before;
	world_expect_no_party(w, 1);
}

/* DROP-13 */
static void
a_drop_leaves_the_vc_active_and_the_others_connected(void **state)
{
	struct world *w = *state;
	struct co_packet packet = { 0 };

	world_tree(w, 3);
	assert_int_equal(world_drop(w, 0), CO_STATUS_SUCCESS);
	world_expect(w, "co_cl_drop_party cm.drop_party");
	world_expect_states(w, CO_VC_ACTIVE, CO_CALL_UP);
	world_expect_party(w, 1, CO_PARTY_JOINED);
	world_expect_party(w, 2, CO_PARTY_JOINED);
	world_send(w, &packet);
	world_expect(w, "co_send miniport.send");
	assert_int_equal(packet.status, CO_STATUS_SUCCESS);
}

/* OBJ-9 */
static void
the_wrong_family_cannot_complete_for_parties(void **state)
{
	struct world *w = *state;

	world_tree(w, 1);
	w->answer[AT_CM_ADD] = CO_STATUS_PENDING;
	assert_int_equal(world_add(w, 1), CO_STATUS_PENDING);
	w->mcm = !w->mcm;
	assert_int_equal(world_added(w, 1, CO_STATUS_SUCCESS), CO_STATUS_NOT_SUPPORTED);
	assert_int_equal(world_dropped(w, 0, CO_STATUS_SUCCESS), CO_STATUS_NOT_SUPPORTED);
	assert_int_equal(world_incoming_drop(w, 0, CO_STATUS_SUCCESS), CO_STATUS_NOT_SUPPORTED);
	w->mcm = !w->mcm;
	assert_int_equal(world_added(w, 1, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(a_call_made_with_a_party_is_multipoint_for_its_whole_life),
		BOTH(a_call_made_without_a_party_never_gets_one),
		BOTH(a_party_without_a_context_is_refused),
		BOTH(a_failed_make_voids_its_party_for_client_and_call_manager),
		BOTH(a_make_refused_at_once_leaves_no_party),
		BOTH(a_vc_whose_multipoint_call_was_refused_can_carry_another_call),
		BOTH(an_add_takes_its_own_parameters_and_leaves_those_of_the_vc),
		BOTH(an_add_that_pends_is_completed_once_with_its_handle),
		BOTH(parties_are_added_only_while_the_call_is_up),
		BOTH(a_leaf_has_no_parties),
		BOTH(a_call_manager_that_gives_no_context_has_not_added),
		BOTH(what_the_call_manager_made_of_deviating_parameters_comes_back),
		BOTH(a_client_that_dislikes_what_it_got_drops_the_party_in_the_completion),
		BOTH(a_party_is_named_for_call_management_and_data_goes_by_vc),
		BOTH(a_failed_add_leaves_the_call_and_the_others_as_they_were),
		BOTH(an_add_beyond_the_limit_gets_resources),
		BOTH(a_call_of_three_parties_is_closed_by_two_drops_and_a_close),
		BOTH(parties_are_dropped_in_any_order),
		BOTH(the_last_party_cannot_be_dropped_but_closed),
		BOTH(a_handle_is_dead_from_the_drop_on_unless_it_fails),
		BOTH(data_given_with_a_drop_reaches_the_call_manager),
		BOTH(data_that_the_medium_cannot_carry_leaves_the_party_joined),
		BOTH(the_call_manager_lets_go_in_the_drop_and_the_client_in_the_completion),
		BOTH(a_tear_down_goes_from_completion_to_completion),
		BOTH(a_context_may_serve_again_after_the_drop),
		BOTH(a_drop_leaves_the_vc_active_and_the_others_connected),
		BOTH(the_wrong_family_cannot_complete_for_parties),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
