/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "world.h"

#include <cmocka.h>

/* Point-to-multipoint calls: how they are closed, how parties leave, what races with what. */

/* ---- Closing. ---- */

static void
close_is_refused(struct world *w, uint32_t i, enum co_status status)
{
	world_forget(w);
	assert_int_equal(world_close_last(w, i), status);
	world_expect(w, "co_cl_close_call");
	world_expect_states(w, CO_VC_ACTIVE, CO_CALL_UP);
}

/* CLOSE-4 */
static void
a_close_with_more_than_one_party_fails_and_the_call_goes_on(void **state)
{
	struct world *w = *state;
	struct co_packet packet = { 0 };

	world_tree(w, 2);
	close_is_refused(w, 0, CO_STATUS_NOT_ACCEPTED);
	close_is_refused(w, 1, CO_STATUS_NOT_ACCEPTED);
	world_expect_party(w, 0, CO_PARTY_JOINED);
	world_expect_party(w, 1, CO_PARTY_JOINED);
	world_forget(w);
	world_send(w, &packet);
	world_expect(w, "co_send miniport.send");
}

/* CLOSE-5 */
static void
the_one_that_is_left_is_named_whether_it_was_made_or_added(void **state)
{
	struct world *w = *state;

	world_tree(w, 2);
	assert_int_equal(world_drop(w, 0), CO_STATUS_SUCCESS);
	close_is_refused(w, 0, CO_STATUS_FAILURE); /* it is gone */
	w->parties[2] = CO_NONE;
	close_is_refused(w, 2, CO_STATUS_FAILURE); /* a multipoint call names its party */
	assert_int_equal(world_close_last(w, 1), CO_STATUS_SUCCESS);
	assert_int_equal(w->party_ctx, world_cm_party_ctx(w->parties[1]));
	assert_int_equal(world_deactivate(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
	world_tree(w, 1);
	assert_int_equal(world_close_last(w, 0), CO_STATUS_SUCCESS);
	assert_int_equal(w->party_ctx, world_cm_party_ctx(w->parties[0]));
}

/* CLOSE-5: a handle that names a party of another call is none of this one. */
static void
a_party_of_another_call_closes_nothing(void **state)
{
	struct world *w = *state;
	co_party_t other;

	world_tree(w, 1);
	other = w->parties[0];
	world_tree(w, 1);
	w->parties[1] = other;
	close_is_refused(w, 1, CO_STATUS_FAILURE);
}

/* CLOSE-6, CLOSE-16 */
static void
a_point_to_point_call_is_closed_without_a_party(void **state)
{
	struct world *w = *state;
	co_party_t party;

	world_tree(w, 1);
	party = w->parties[0];
	world_up(w);
	w->parties[0] = party;
	close_is_refused(w, 0, CO_STATUS_FAILURE);
	w->party_ctx = 1;
	world_closing(w);
	assert_int_equal(w->party_ctx, 0);
	w->party_ctx = 1;
	assert_int_equal(world_closed(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	assert_int_equal(w->party_ctx, 0);
}

/* CLOSE-7, CLOSE-8, CLOSE-15, CLOSE-16, ASYNC-1 */
static void
a_close_carries_the_last_party_to_the_manager_and_back(void **state)
{
	struct world *w = *state;

	world_tree(w, 1);
	w->answer[AT_CM_CLOSE] = CO_STATUS_PENDING;
	assert_int_equal(world_close_last(w, 0), CO_STATUS_PENDING);
	world_expect(w, "co_cl_close_call cm.close_call");
	assert_int_equal(w->party_ctx, world_cm_party_ctx(w->parties[0]));
	world_expect_party(w, 0, CO_PARTY_LAST);
	assert_int_equal(world_drop(w, 0), CO_STATUS_FAILURE);
	world_forget(w);
	assert_int_equal(world_closed(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	world_expect(w, "co_@_close_call_complete client.close_call_complete");
	assert_int_equal(w->party_ctx, WORLD_PARTY_CTX);
	assert_int_equal(w->ctx[AT_CLIENT_CLOSED], WORLD_CLIENT_CTX);
	world_expect_no_party(w, 0);
	assert_int_equal(world_closed(w, CO_STATUS_SUCCESS), CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(w->n[AT_CLIENT_CLOSED], 1);
	assert_int_equal(world_deactivate(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
	world_expect_empty(w);
}

/* CLOSE-15, CLOSE-26 */
static void
a_close_that_fails_leaves_the_last_party_joined(void **state)
{
	struct world *w = *state;

	world_tree(w, 1);
	w->answer[AT_CM_CLOSE] = CO_STATUS_PENDING;
	assert_int_equal(world_close_last(w, 0), CO_STATUS_PENDING);
	assert_int_equal(world_closed(w, CO_STATUS_FAILURE), CO_STATUS_SUCCESS);
	assert_int_equal(w->status[AT_CLIENT_CLOSED], CO_STATUS_FAILURE);
	assert_int_equal(w->party_ctx, WORLD_PARTY_CTX);
	world_expect_party(w, 0, CO_PARTY_JOINED);
	world_expect_states(w, CO_VC_ACTIVE, CO_CALL_UP);
	assert_int_equal(world_add(w, 1), CO_STATUS_SUCCESS);
	assert_int_equal(world_drop(w, 0), CO_STATUS_SUCCESS);
	w->answer[AT_CM_CLOSE] = CO_STATUS_INVALID_DATA;
	assert_int_equal(world_close_last(w, 1), CO_STATUS_INVALID_DATA);
	world_expect_party(w, 1, CO_PARTY_JOINED);
	w->answer[AT_CM_CLOSE] = CO_STATUS_SUCCESS;
	assert_int_equal(world_close_last(w, 1), CO_STATUS_SUCCESS);
	world_expect_no_party(w, 1);
}

/* CLOSE-16: in both orders of C-1, and the VC can carry another call afterwards. */
static void
a_multipoint_call_ends_in_either_order_and_the_vc_is_used_again(void **state)
{
	struct world *w = *state;
	uint32_t i;

	world_tree(w, 1);
	for (i = 0; i < 2; i++) {
		w->answer[AT_CM_CLOSE] = CO_STATUS_PENDING;
		assert_int_equal(world_close_last(w, 0), CO_STATUS_PENDING);
		if (i == 0)
			assert_int_equal(world_deactivate(w), CO_STATUS_SUCCESS);
		assert_int_equal(world_closed(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
		assert_int_equal(w->party_ctx, WORLD_PARTY_CTX);
		if (i == 1)
			assert_int_equal(world_deactivate(w), CO_STATUS_SUCCESS);
		world_expect_states(w, CO_VC_DEACTIVATED, CO_CALL_IDLE);
		w->answer[AT_CM_MAKE_MULTIPOINT] = CO_STATUS_PENDING;
		assert_int_equal(world_make_multipoint(w), CO_STATUS_PENDING);
		assert_int_equal(world_activate(w), CO_STATUS_SUCCESS);
		assert_int_equal(world_made(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	}
	world_expect_party(w, 0, CO_PARTY_JOINED);
}

static void
close_the_other(struct world *w)
{
	w->result = world_close_last(w, 0);
}

/* CLOSE-37, CLOSE-39 */
static void
the_client_closes_from_the_completion_of_the_last_drop(void **state)
{
	struct world *w = *state;

	world_tree(w, 2);
	w->answer[AT_CM_DROP] = CO_STATUS_PENDING;
	w->answer[AT_CM_CLOSE] = CO_STATUS_PENDING;
	w->act[AT_CLIENT_DROPPED] = close_the_other;
	assert_int_equal(world_drop(w, 1), CO_STATUS_PENDING);
	world_forget(w);
	assert_int_equal(world_dropped(w, 1, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	world_expect(w, "co_@_drop_party_complete client.drop_party_complete "
			"co_cl_close_call cm.close_call");
	assert_int_equal(w->result, CO_STATUS_PENDING);
	world_expect_states(w, CO_VC_ACTIVE, CO_CALL_CLOSING);
}

/* While the client is told of one that left, the other leaves as well, and it drops the first. */
static void
the_other_leaves_too(struct world *w)
{
	w->act[AT_CLIENT_INCOMING_DROP] = close_the_other;
	assert_int_equal(world_incoming_drop(w, 0, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	assert_int_equal(world_drop(w, 1), CO_STATUS_SUCCESS);
}

/* CLOSE-37, RACE-14, INDROP-2 */
static void
the_client_closes_from_the_indication_when_the_leaving_party_is_the_last(void **state)
{
	struct world *w = *state;

	world_tree(w, 2);
	w->act[AT_CLIENT_INCOMING_DROP] = the_other_leaves_too;
	assert_int_equal(world_incoming_drop(w, 1, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	world_expect(w, "co_@_dispatch_incoming_drop_party client.incoming_drop_party "
			"co_@_dispatch_incoming_drop_party co_cl_drop_party cm.drop_party "
			"client.incoming_drop_party co_cl_close_call cm.close_call");
	assert_int_equal(w->result, CO_STATUS_SUCCESS);
	assert_int_equal(w->party_ctx, world_cm_party_ctx(w->parties[0]));
}

/* ---- Parties that leave. ---- */

/* INDROP-1, INDROP-3, ASYNC-11 */
static void
a_leaf_that_leaves_is_shown_with_its_reason_and_data(void **state)
{
	struct world *w = *state;

	world_tree(w, 3);
	assert_int_equal(world_incoming_drop(w, 1, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	world_expect(w, "co_@_dispatch_incoming_drop_party client.incoming_drop_party");
	assert_int_equal(w->ctx[AT_CLIENT_INCOMING_DROP], WORLD_PARTY_CTX + 1);
	assert_int_equal(w->status[AT_CLIENT_INCOMING_DROP], CO_STATUS_SUCCESS);
	assert_int_equal(w->data.size, 4);
	assert_memory_equal(w->octets, "gone", 4);
	world_expect_party(w, 1, CO_PARTY_DROP_IND);
	world_expect_party(w, 0, CO_PARTY_JOINED);
	world_expect_party(w, 2, CO_PARTY_JOINED);
	world_expect_states(w, CO_VC_ACTIVE, CO_CALL_UP);
	assert_int_equal(world_incoming_drop(w, 2, CO_STATUS_FAILURE), CO_STATUS_SUCCESS);
	assert_int_equal(w->status[AT_CLIENT_INCOMING_DROP], CO_STATUS_FAILURE);
	assert_int_equal(
		world_incoming_drop(w, 1, CO_STATUS_SUCCESS), CO_STATUS_NOT_ACCEPTED); /* again */
	assert_int_equal(w->n[AT_CLIENT_INCOMING_DROP], 2);
}

/* INDROP-2, INDROP-4, INDROP-5, CHART-5.5 */
static void
the_answer_to_a_leaf_that_left_is_an_ordinary_drop(void **state)
{
	struct world *w = *state;

	world_tree(w, 2);
	assert_int_equal(world_incoming_drop(w, 1, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	w->answer[AT_CM_DROP] = CO_STATUS_PENDING;
	assert_int_equal(world_drop(w, 1), CO_STATUS_PENDING);
	world_expect_party(w, 1, CO_PARTY_DROPPING);
	assert_int_equal(world_dropped(w, 1, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	world_expect(w, "co_@_dispatch_incoming_drop_party client.incoming_drop_party "
			"co_cl_drop_party cm.drop_party "
			"co_@_drop_party_complete client.drop_party_complete");
	assert_int_equal(w->ctx[AT_CLIENT_DROPPED], WORLD_PARTY_CTX + 1);
	world_expect_no_party(w, 1);
}

static void
drop_party_one(struct world *w)
{
	w->result = world_drop(w, 1);
}

/* INDROP-2, ASYNC-7 */
static void
the_answer_may_come_from_inside_the_indication(void **state)
{
	struct world *w = *state;

	world_tree(w, 2);
	w->act[AT_CLIENT_INCOMING_DROP] = drop_party_one;
	assert_int_equal(world_incoming_drop(w, 1, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	world_expect(w, "co_@_dispatch_incoming_drop_party client.incoming_drop_party "
			"co_cl_drop_party cm.drop_party");
	assert_int_equal(w->result, CO_STATUS_SUCCESS);
	world_expect_no_party(w, 1);
}

/* INDROP-6 */
static void
the_first_party_may_leave_like_any_other(void **state)
{
	struct world *w = *state;

	world_tree(w, 2);
	assert_int_equal(world_incoming_drop(w, 0, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	assert_int_equal(w->ctx[AT_CLIENT_INCOMING_DROP], WORLD_PARTY_CTX);
	assert_int_equal(world_drop(w, 0), CO_STATUS_SUCCESS);
	world_expect_no_party(w, 0);
	world_expect_party(w, 1, CO_PARTY_JOINED);
	assert_int_equal(world_close_last(w, 1), CO_STATUS_SUCCESS);
}

/* INDROP-1: only of a party that has joined. */
static void
no_indication_of_a_party_that_is_being_added(void **state)
{
	struct world *w = *state;

	world_tree(w, 2);
	w->answer[AT_CM_ADD] = CO_STATUS_PENDING;
	assert_int_equal(world_add(w, 2), CO_STATUS_PENDING);
	assert_int_equal(world_incoming_drop(w, 2, CO_STATUS_SUCCESS), CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(w->n[AT_CLIENT_INCOMING_DROP], 0);
}

/* INCLOSE-15, INCLOSE-16 */
static void
the_last_party_leaving_is_an_incoming_close(void **state)
{
	struct world *w = *state;

	world_tree(w, 2);
	assert_int_equal(world_drop(w, 0), CO_STATUS_SUCCESS);
	world_forget(w);
	assert_int_equal(world_incoming_drop(w, 1, CO_STATUS_SUCCESS), CO_STATUS_NOT_ACCEPTED);
	world_expect(w, "co_@_dispatch_incoming_drop_party");
	world_expect_party(w, 1, CO_PARTY_JOINED);
	assert_int_equal(world_incoming_close(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	world_expect(w, "co_@_dispatch_incoming_close_call client.incoming_close_call");
	assert_int_equal(world_close_last(w, 1), CO_STATUS_SUCCESS);
	world_expect(w, "co_cl_close_call cm.close_call");
	assert_int_equal(w->party_ctx, world_cm_party_ctx(w->parties[1]));
}

/* INCLOSE-5, INCLOSE-16 */
static void
after_an_incoming_close_all_but_one_are_dropped_first(void **state)
{
	struct world *w = *state;

	world_tree(w, 3);
	assert_int_equal(world_incoming_close(w, CO_STATUS_FAILURE), CO_STATUS_SUCCESS);
	world_expect_states(w, CO_VC_ACTIVE, CO_CALL_CLOSE_OWED);
	assert_int_equal(world_close_last(w, 0), CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(world_drop(w, 2), CO_STATUS_SUCCESS);
	assert_int_equal(world_drop(w, 0), CO_STATUS_SUCCESS);
	assert_int_equal(world_close_last(w, 1), CO_STATUS_SUCCESS);
	assert_int_equal(world_deactivate(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
	world_expect_empty(w);
}

/* ---- Races. ---- */

/* RACE-4, CLOSE-7, MAKE-10 */
static void
a_close_while_the_call_is_made_implies_its_first_party(void **state)
{
	struct world *w = *state;

	world_making_multipoint(w);
	assert_int_equal(world_close(w), CO_STATUS_PENDING); /* without a handle */
	world_expect(w, "co_cl_close_call");
	w->answer[AT_CM_CLOSE] = CO_STATUS_PENDING;
	assert_int_equal(world_made(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	world_expect(w, "co_@_make_call_complete client.make_call_complete cm.close_call");
	assert_int_equal(w->party_ctx, world_cm_party_ctx(w->parties[0]));
	world_expect_party(w, 0, CO_PARTY_LAST);
	assert_int_equal(world_closed(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	assert_int_equal(w->party_ctx, WORLD_PARTY_CTX);
	assert_int_equal(w->n[AT_CLIENT_CLOSED], 1);
}

/* RACE-4 */
static void
a_close_while_the_call_is_made_may_name_the_first_party(void **state)
{
	struct world *w = *state;

	world_making_multipoint(w);
	assert_int_equal(world_close_last(w, 0), CO_STATUS_PENDING);
	assert_int_equal(world_made(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	world_expect(w,
		"co_cl_close_call co_@_make_call_complete client.make_call_complete cm.close_call "
		"client.close_call_complete");
	assert_int_equal(w->status[AT_CLIENT_CLOSED], CO_STATUS_SUCCESS);
	world_expect_no_party(w, 0);
}

/* RACE-5, MAKE-8 */
static void
a_close_while_the_call_is_made_in_vain_asks_nobody(void **state)
{
	struct world *w = *state;

	world_making_multipoint(w);
	assert_int_equal(world_close(w), CO_STATUS_PENDING);
	assert_int_equal(world_deactivate(w), CO_STATUS_SUCCESS);
	world_forget(w);
	assert_int_equal(world_made(w, CO_STATUS_FAILURE), CO_STATUS_SUCCESS);
	world_expect(
		w, "co_@_make_call_complete client.make_call_complete client.close_call_complete");
	assert_int_equal(w->status[AT_CLIENT_CLOSED], CO_STATUS_SUCCESS);
	world_expect_no_party(w, 0);
	assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
	world_expect_empty(w);
}

/* RACE-10 */
static void
a_close_with_an_add_pending_is_refused(void **state)
{
	struct world *w = *state;

	world_tree(w, 1);
	w->answer[AT_CM_ADD] = CO_STATUS_PENDING;
	assert_int_equal(world_add(w, 1), CO_STATUS_PENDING);
	close_is_refused(w, 0, CO_STATUS_NOT_ACCEPTED);
	close_is_refused(w, 1, CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(world_added(w, 1, CO_STATUS_FAILURE), CO_STATUS_SUCCESS);
	assert_int_equal(world_close_last(w, 0), CO_STATUS_SUCCESS);
}

/* RACE-11 */
static void
a_close_with_a_drop_pending_is_refused(void **state)
{
	struct world *w = *state;

	world_tree(w, 2);
	w->answer[AT_CM_DROP] = CO_STATUS_PENDING;
	assert_int_equal(world_drop(w, 1), CO_STATUS_PENDING);
	close_is_refused(w, 0, CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(world_dropped(w, 1, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	assert_int_equal(world_close_last(w, 0), CO_STATUS_SUCCESS);
}

/* RACE-12 */
static void
a_manager_completes_what_pends_before_it_shows_a_close(void **state)
{
	struct world *w = *state;

	world_tree(w, 2);
	w->answer[AT_CM_ADD] = CO_STATUS_PENDING;
	w->answer[AT_CM_DROP] = CO_STATUS_PENDING;
	assert_int_equal(world_add(w, 2), CO_STATUS_PENDING);
	assert_int_equal(world_drop(w, 1), CO_STATUS_PENDING);
	assert_int_equal(world_incoming_close(w, CO_STATUS_SUCCESS), CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(world_added(w, 2, CO_STATUS_FAILURE), CO_STATUS_SUCCESS);
	assert_int_equal(world_incoming_close(w, CO_STATUS_SUCCESS), CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(world_dropped(w, 1, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	assert_int_equal(w->n[AT_CLIENT_INCOMING_CLOSE], 0);
	assert_int_equal(world_incoming_close(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	assert_int_equal(w->n[AT_CLIENT_INCOMING_CLOSE], 1);
	assert_int_equal(world_close_last(w, 0), CO_STATUS_SUCCESS);
}

/* Inside drop_party of 1: the client adds and drops others, which wait; then all is over. */
static void
ask_for_more_and_end(struct world *w)
{
	w->act[AT_CM_DROP] = NULL;
	assert_int_equal(world_add(w, 3), CO_STATUS_PENDING);
	assert_int_equal(world_drop(w, 2), CO_STATUS_PENDING);
	assert_int_equal(world_dropped(w, 1, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	w->result = world_incoming_close(w, CO_STATUS_FAILURE);
}

/* RACE-12: what it has not even heard of ends before the close is shown. */
static void
what_a_manager_has_not_heard_of_is_aborted_by_the_close_it_shows(void **state)
{
	struct world *w = *state;

	world_tree(w, 3);
	w->answer[AT_CM_DROP] = CO_STATUS_PENDING;
	w->act[AT_CM_DROP] = ask_for_more_and_end;
	assert_int_equal(world_drop(w, 1), CO_STATUS_PENDING);
	assert_int_equal(w->result, CO_STATUS_SUCCESS);
	assert_int_equal(w->n[AT_CM_ADD], 2); /* those of the beginning */
	assert_int_equal(w->n[AT_CM_DROP], 1);
	assert_int_equal(w->n[AT_CLIENT_ADDED], 1);
	assert_int_equal(w->status[AT_CLIENT_ADDED], CO_STATUS_REQUEST_ABORTED);
	assert_int_equal(w->n[AT_CLIENT_DROPPED], 2);
	assert_int_equal(w->status[AT_CLIENT_DROPPED], CO_STATUS_REQUEST_ABORTED);
	assert_int_equal(w->n[AT_CLIENT_INCOMING_CLOSE], 1);
	world_expect_no_party(w, 1);
	world_expect_no_party(w, 3);
	world_expect_party(w, 2, CO_PARTY_JOINED);
	world_expect_states(w, CO_VC_ACTIVE, CO_CALL_CLOSE_OWED);
}

/* RACE-13, I2 */
static void
a_leaf_that_leaves_while_it_is_dropped_is_not_shown(void **state)
{
	struct world *w = *state;

	world_tree(w, 2);
	w->answer[AT_CM_DROP] = CO_STATUS_PENDING;
	assert_int_equal(world_drop(w, 1), CO_STATUS_PENDING);
	world_forget(w);
	assert_int_equal(world_incoming_drop(w, 1, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	assert_int_equal(world_incoming_drop(w, 1, CO_STATUS_SUCCESS), CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(world_dropped(w, 1, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	world_expect(w, "co_@_dispatch_incoming_drop_party co_@_dispatch_incoming_drop_party "
			"co_@_drop_party_complete client.drop_party_complete");
	world_expect_no_party(w, 1);
	assert_int_equal(world_close_last(w, 0), CO_STATUS_SUCCESS);
	assert_int_equal(world_deactivate(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
	world_expect_empty(w);
}

/* RACE-13, C-6: a drop that is refused hides nothing. */
static void
a_leaf_that_left_during_a_drop_that_failed_is_shown_after_it(void **state)
{
	struct world *w = *state;

	world_tree(w, 2);
	w->answer[AT_CM_DROP] = CO_STATUS_PENDING;
	assert_int_equal(world_drop(w, 1), CO_STATUS_PENDING);
	assert_int_equal(world_incoming_drop(w, 1, CO_STATUS_FAILURE), CO_STATUS_SUCCESS);
	world_forget(w);
	assert_int_equal(world_dropped(w, 1, CO_STATUS_FAILURE), CO_STATUS_SUCCESS);
	world_expect(w,
		"co_@_drop_party_complete client.drop_party_complete client.incoming_drop_party");
	assert_int_equal(w->status[AT_CLIENT_INCOMING_DROP], CO_STATUS_FAILURE);
	assert_memory_equal(w->octets, "gone", 4);
	world_expect_party(w, 1, CO_PARTY_DROP_IND);
}

/* RACE-14 */
static void
the_second_of_two_leaving_after_the_drop_of_the_first_is_a_close(void **state)
{
	struct world *w = *state;

	world_tree(w, 2);
	w->answer[AT_CM_DROP] = CO_STATUS_PENDING;
	assert_int_equal(world_drop(w, 1), CO_STATUS_PENDING);
	assert_int_equal(world_incoming_close(w, CO_STATUS_SUCCESS), CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(world_dropped(w, 1, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	assert_int_equal(world_incoming_close(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	assert_int_equal(world_close_last(w, 0), CO_STATUS_SUCCESS);
	assert_int_equal(w->n[AT_CLIENT_INCOMING_DROP], 0);
}

/* RACE-14 */
static void
a_drop_indication_sent_first_is_still_answered_with_a_close(void **state)
{
	struct world *w = *state;

	world_tree(w, 2);
	w->answer[AT_CM_DROP] = CO_STATUS_PENDING;
	assert_int_equal(world_drop(w, 1), CO_STATUS_PENDING);
	assert_int_equal(world_incoming_drop(w, 0, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	assert_int_equal(world_drop(w, 0), CO_STATUS_FAILURE); /* DROP-5 */
	assert_int_equal(world_close_last(w, 0), CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(world_dropped(w, 1, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	world_expect_party(w, 0, CO_PARTY_DROP_IND);
	assert_int_equal(world_close_last(w, 0), CO_STATUS_SUCCESS);
	assert_int_equal(world_deactivate(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
	world_expect_empty(w);
}

static void
drop_the_other_too(struct world *w)
{
	w->result = world_drop(w, 1);
}

/* RACE-15, DROP-5 */
static void
of_two_drops_of_the_last_two_parties_one_succeeds(void **state)
{
	struct world *w = *state;

	world_tree(w, 2);
	w->act[AT_CM_DROP] = drop_the_other_too; /* while the first is on its way */
	assert_int_equal(world_drop(w, 0), CO_STATUS_SUCCESS);
	assert_int_equal(w->result, CO_STATUS_FAILURE);
	assert_int_equal(w->n[AT_CM_DROP], 1);
	assert_int_equal(world_close_last(w, 1), CO_STATUS_SUCCESS);
	assert_int_equal(w->party_ctx, world_cm_party_ctx(w->parties[1]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(a_close_with_more_than_one_party_fails_and_the_call_goes_on),
		BOTH(the_one_that_is_left_is_named_whether_it_was_made_or_added),
		BOTH(a_party_of_another_call_closes_nothing),
		BOTH(a_point_to_point_call_is_closed_without_a_party),
		BOTH(a_close_carries_the_last_party_to_the_manager_and_back),
		BOTH(a_close_that_fails_leaves_the_last_party_joined),
		BOTH(a_multipoint_call_ends_in_either_order_and_the_vc_is_used_again),
		BOTH(the_client_closes_from_the_completion_of_the_last_drop),
		BOTH(the_client_closes_from_the_indication_when_the_leaving_party_is_the_last),
		BOTH(a_leaf_that_leaves_is_shown_with_its_reason_and_data),
		BOTH(the_answer_to_a_leaf_that_left_is_an_ordinary_drop),
		BOTH(the_answer_may_come_from_inside_the_indication),
		BOTH(the_first_party_may_leave_like_any_other),
		BOTH(no_indication_of_a_party_that_is_being_added),
		BOTH(the_last_party_leaving_is_an_incoming_close),
		BOTH(after_an_incoming_close_all_but_one_are_dropped_first),
		BOTH(a_close_while_the_call_is_made_implies_its_first_party),
		BOTH(a_close_while_the_call_is_made_may_name_the_first_party),
		BOTH(a_close_while_the_call_is_made_in_vain_asks_nobody),
		BOTH(a_close_with_an_add_pending_is_refused),
		BOTH(a_close_with_a_drop_pending_is_refused),
		BOTH(a_manager_completes_what_pends_before_it_shows_a_close),
		BOTH(what_a_manager_has_not_heard_of_is_aborted_by_the_close_it_shows),
		BOTH(a_leaf_that_leaves_while_it_is_dropped_is_not_shown),
		BOTH(a_leaf_that_left_during_a_drop_that_failed_is_shown_after_it),
		BOTH(the_second_of_two_leaving_after_the_drop_of_the_first_is_a_close),
		BOTH(a_drop_indication_sent_first_is_still_answered_with_a_close),
		BOTH(of_two_drops_of_the_last_two_parties_one_succeeds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
