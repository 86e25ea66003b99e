/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "world.h"

#include <cmocka.h>

/* Closing a call: contract 4.9, 4.10, 4.19. */

static void
close_now(struct world *w)
{
	w->result = world_close(w);
}

static void
delete_now(struct world *w)
{
	w->result = world_delete_by_client(w);
}

static void
complete_at_once(struct world *w)
{
	w->answer[AT_CM_CLOSE] = CO_STATUS_PENDING;
	world_finish_close(w);
}

/* CLOSE-1, CLOSE-6, CLOSE-15, CLOSE-16, CLOSE-32 */
static void
a_close_is_completed_once_to_the_client_whoever_set_the_call_up(void **state)
{
	struct world *w = *state;

	world_called(w);
	world_closing(w);
	assert_int_equal(w->ctx[AT_CM_CLOSE], WORLD_CM_CTX);
	assert_int_equal(w->party_ctx, 0);
	assert_null(w->data.octets);
	w->party_ctx = 1;
	world_finish_close(w);
	assert_int_equal(w->n[AT_CM_CLOSE], 1);
	assert_int_equal(w->n[AT_CLIENT_CLOSED], 1);
	assert_int_equal(w->ctx[AT_CLIENT_CLOSED], WORLD_CLIENT_CTX);
	assert_int_equal(w->status[AT_CLIENT_CLOSED], CO_STATUS_SUCCESS);
	assert_int_equal(w->party_ctx, 0);
	assert_int_equal(world_delete_by_cm(w), CO_STATUS_SUCCESS);
	world_expect_empty(w);
}

/* ASYNC-2, CLOSE-14 */
static void
a_close_that_ends_at_once_has_no_completion(void **state)
{
	struct world *w = *state;

	world_up(w);
	assert_int_equal(world_close(w), CO_STATUS_SUCCESS);
	assert_int_equal(w->n[AT_CLIENT_CLOSED], 0);
	world_expect_states(w, CO_VC_ACTIVE, CO_CALL_RELEASED);
	assert_int_equal(world_deactivate(w), CO_STATUS_SUCCESS);
	world_expect_states(w, CO_VC_DEACTIVATED, CO_CALL_IDLE);
}

/* ASYNC-2 */
static void
a_close_completed_and_answered_as_well_counts_once(void **state)
{
	struct world *w = *state;
	struct co_census census;

	world_up(w);
	w->act[AT_CM_CLOSE] = world_finish_close;
	assert_int_equal(world_close(w), CO_STATUS_PENDING); /* the answer SUCCESS came too late */
	assert_int_equal(w->n[AT_CLIENT_CLOSED], 1);
	co_census(w->co, &census);
	assert_int_equal(census.n_unexpected_completions, 1);
}

/* CLOSE-20: both orders from both kinds. */
static void
a_call_is_over_when_it_is_both_closed_and_deactivated(void **state)
{
	struct world *w = *state;

	world_up(w);
	world_closing(w);
	assert_int_equal(world_closed(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	world_expect_states(w, CO_VC_ACTIVE, CO_CALL_RELEASED);
	assert_int_equal(world_deactivate(w), CO_STATUS_SUCCESS);
	world_expect_states(w, CO_VC_DEACTIVATED, CO_CALL_IDLE);
	w->answer[AT_CM_MAKE] = CO_STATUS_PENDING;
	assert_int_equal(world_make(w), CO_STATUS_PENDING);
	assert_int_equal(world_activate(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_made(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	world_closing(w);
	assert_int_equal(world_deactivate(w), CO_STATUS_SUCCESS);
	world_expect_states(w, CO_VC_DEACTIVATED, CO_CALL_CLOSING);
	assert_int_equal(world_closed(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	world_expect_states(w, CO_VC_DEACTIVATED, CO_CALL_IDLE);
}

/* CLOSE-11, CLOSE-12 */
static void
after_invalid_data_the_call_is_up_and_closes_without_data(void **state)
{
	const uint8_t octets[] = { 1, 2 };
	const struct co_data data = { octets, sizeof(octets) };
	struct co_packet packet = { 0 };
	struct world *w = *state;

	world_up(w);
	w->answer[AT_CM_CLOSE] = CO_STATUS_INVALID_DATA;
	assert_int_equal(co_cl_close_call(w->co, w->vc, CO_NONE, data), CO_STATUS_INVALID_DATA);
	assert_ptr_equal(w->data.octets, octets);
	assert_int_equal(w->data.size, 2);
	world_expect_states(w, CO_VC_ACTIVE, CO_CALL_UP);
	world_send(w, &packet);
	assert_int_equal(w->n[AT_MINIPORT_SEND], 1);
	world_sent(w, &packet);
	w->answer[AT_CM_CLOSE] = CO_STATUS_SUCCESS;
	assert_int_equal(world_close(w), CO_STATUS_SUCCESS);
}

/* CLOSE-26, CLOSE-42 */
static void
a_failed_close_puts_the_call_back_where_it_was(void **state)
{
	struct world *w = *state;

	world_accepted(w);
	world_closing(w);
	assert_int_equal(world_closed(w, CO_STATUS_RESOURCES), CO_STATUS_SUCCESS);
	assert_int_equal(w->status[AT_CLIENT_CLOSED], CO_STATUS_RESOURCES);
	world_expect_states(w, CO_VC_ACTIVE, CO_CALL_ACCEPTED);
	assert_int_equal(world_connect(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_incoming_close(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	w->answer[AT_CM_CLOSE] = CO_STATUS_FAILURE;
	assert_int_equal(world_close(w), CO_STATUS_FAILURE);
	world_expect_states(w, CO_VC_ACTIVE, CO_CALL_CLOSE_OWED);
	assert_int_equal(w->n[AT_CLIENT_INCOMING_CLOSE], 1);
}

/* CLOSE-26: and one that is being deactivated cannot be saved either. */
static void
a_failed_close_of_a_vc_that_goes_down_ends_the_call_all_the_same(void **state)
{
	struct world *w = *state;

	world_up(w);
	world_closing(w);
	w->answer[AT_MINIPORT_DEACTIVATE] = CO_STATUS_PENDING;
	assert_int_equal(world_deactivate(w), CO_STATUS_PENDING);
	assert_int_equal(world_closed(w, CO_STATUS_FAILURE), CO_STATUS_SUCCESS);
	world_expect_states(w, CO_VC_DEACTIVATING, CO_CALL_RELEASED);
	assert_int_equal(world_deactivated(w), CO_STATUS_SUCCESS);
	world_expect_states(w, CO_VC_DEACTIVATED, CO_CALL_IDLE);
	assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
}

/* CLOSE-20, ACT-7: the call does not wait for an activation that will never be undone. */
static void
a_released_call_is_over_when_its_activation_fails(void **state)
{
	struct world *w = *state;

	assert_int_equal(world_create_by_cm(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_offer(w), CO_STATUS_SUCCESS);
	w->answer[AT_MINIPORT_ACTIVATE] = CO_STATUS_PENDING;
	assert_int_equal(world_activate(w), CO_STATUS_PENDING);
	assert_int_equal(world_close(w), CO_STATUS_SUCCESS);
	world_expect_states(w, CO_VC_ACTIVATING, CO_CALL_RELEASED);
	assert_int_equal(world_activated(w, CO_STATUS_RESOURCES), CO_STATUS_SUCCESS);
	world_expect_states(w, CO_VC_CREATED, CO_CALL_IDLE);
	assert_int_equal(world_delete_by_cm(w), CO_STATUS_SUCCESS);
	world_expect_empty(w);
}

/* CLOSE-23: deactivation first, so the delete in the completion succeeds. */
static void
a_delete_inside_the_completion_succeeds_after_deactivation(void **state)
{
	struct world *w = *state;

	world_up(w);
	world_closing(w);
	w->act[AT_CLIENT_CLOSED] = delete_now;
	assert_int_equal(world_deactivate(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_closed(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	assert_int_equal(w->result, CO_STATUS_SUCCESS);
	world_expect_empty(w);
}

/* DEL-9 */
static void
a_delete_inside_the_completion_is_refused_before_deactivation(void **state)
{
	struct world *w = *state;

	world_up(w);
	world_closing(w);
	w->act[AT_CLIENT_CLOSED] = delete_now;
	assert_int_equal(world_closed(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	assert_int_equal(w->result, CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(world_deactivate(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
	world_expect_empty(w);
}

/* CLOSE-21, ASYNC-9: the CM's delete_vc does not nest in the handler that completes. */
static void
a_completion_from_within_a_handler_waits_for_its_return(void **state)
{
	struct world *w = *state;

	world_up(w);
	w->act[AT_CM_CLOSE] = complete_at_once;
	w->act[AT_CLIENT_CLOSED] = delete_now;
	assert_int_equal(world_close(w), CO_STATUS_PENDING);
	assert_int_equal(w->result, CO_STATUS_SUCCESS);
	world_expect(w, w->mcm ? "client.close_call_complete co_delete_vc cm.delete_vc"
			       : "client.close_call_complete co_delete_vc cm.delete_vc "
				 "miniport.delete_vc");
	world_expect_empty(w);
}

/* CLOSE-24: on a VC of its own the CM can go on at once. */
static void
complete_and_delete(struct world *w)
{
	w->answer[AT_CM_CLOSE] = CO_STATUS_PENDING;
	world_finish_close(w);
	w->result = world_delete_by_cm(w);
}

static void
a_call_manager_deletes_its_vc_from_the_handler_that_completed(void **state)
{
	struct world *w = *state;

	world_called(w);
	w->act[AT_CM_CLOSE] = complete_and_delete;
	assert_int_equal(world_close(w), CO_STATUS_PENDING);
	assert_int_equal(w->result, CO_STATUS_SUCCESS);
	assert_int_equal(w->n[AT_CLIENT_CLOSED], 1);
	world_expect_empty(w);
}

/* CLOSE-33, CLOSE-39, INCLOSE-14: completion after the handler, and no delete inside it. */
static void
close_and_delete(struct world *w)
{
	assert_int_equal(world_close(w), CO_STATUS_PENDING);
	assert_int_equal(w->n[AT_CM_CLOSE], 1);
	assert_int_equal(w->n[AT_CLIENT_CLOSED], 0);
	w->result = world_delete_by_client(w);
}

static void
a_close_inside_incoming_close_call_completes_after_it(void **state)
{
	struct world *w = *state;

	world_up(w);
	w->act[AT_CM_CLOSE] = complete_at_once;
	w->act[AT_CLIENT_INCOMING_CLOSE] = close_and_delete;
	assert_int_equal(world_incoming_close(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	assert_int_equal(w->result, CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(w->n[AT_CLIENT_CLOSED], 1);
	assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
	world_expect_empty(w);
}

/* CLOSE-39 */
static void
a_close_inside_call_connected_is_accepted(void **state)
{
	struct world *w = *state;

	world_accepted(w);
	w->act[AT_CLIENT_CONNECTED] = close_now;
	w->act[AT_CM_CLOSE] = complete_at_once;
	assert_int_equal(world_connect(w), CO_STATUS_SUCCESS);
	assert_int_equal(w->result, CO_STATUS_PENDING);
	assert_int_equal(w->n[AT_CLIENT_CLOSED], 1);
	assert_int_equal(world_delete_by_cm(w), CO_STATUS_SUCCESS);
	world_expect_empty(w);
}

/* CLOSE-29, CLOSE-31 */
static void
receives_reach_a_closing_client_until_the_close_is_complete(void **state)
{
	struct co_packet packet = { 0 };
	struct world *w = *state;

	world_up(w);
	world_closing(w);
	world_receive(w, &packet);
	world_return(w, &packet);
	world_expect(w,
		"co_m_indicate_receive client.receive co_return_receive miniport.return_receive");
	assert_int_equal(world_closed(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	world_forget(w);
	world_receive(w, &packet);
	world_expect(w, "co_m_indicate_receive miniport.return_receive");
	assert_int_equal(world_deactivate(w), CO_STATUS_SUCCESS);
}

/* CLOSE-41 */
static void
other_calls_stay_when_one_is_closed(void **state)
{
	struct world *w = *state;
	co_vc_t other;

	world_up(w);
	other = w->vc;
	world_called(w);
	world_closing(w);
	world_finish_close(w);
	w->vc = other;
	world_expect_states(w, CO_VC_ACTIVE, CO_CALL_UP);
}

/* INCLOSE-1, INCLOSE-3, INCLOSE-7, INCLOSE-17 */
static void
an_incoming_close_is_told_with_reason_and_data_and_changes_nothing_else(void **state)
{
	struct world *w = *state;

	world_up(w);
	assert_int_equal(world_incoming_close(w, CO_STATUS_FAILURE), CO_STATUS_SUCCESS);
	assert_int_equal(w->ctx[AT_CLIENT_INCOMING_CLOSE], WORLD_CLIENT_CTX);
	assert_int_equal(w->status[AT_CLIENT_INCOMING_CLOSE], CO_STATUS_FAILURE);
	assert_int_equal(w->data.size, 3);
	assert_memory_equal(w->octets, "bye", 3);
	world_expect_states(w, CO_VC_ACTIVE, CO_CALL_CLOSE_OWED);
}

/* INCLOSE-11, INCLOSE-12 */
static void
a_vc_is_reused_after_a_remote_release_but_not_after_trouble(void **state)
{
	static const struct {
		enum co_status reason, make;
	} rows[] = {
		{ CO_STATUS_SUCCESS, CO_STATUS_PENDING },
		{ CO_STATUS_FAILURE, CO_STATUS_NOT_ACCEPTED },
	};
	struct world *w = *state;
	unsigned int i;

	for (i = 0; i < 2; i++) {
		world_up(w);
		assert_int_equal(world_incoming_close(w, rows[i].reason), CO_STATUS_SUCCESS);
		world_closing(w);
		world_finish_close(w);
		w->answer[AT_CM_MAKE] = CO_STATUS_PENDING;
		assert_int_equal(world_make(w), rows[i].make);
	}
	assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
}

/* INCLOSE-18, C-9 */
static void
a_client_with_sends_outstanding_closes_when_they_are_back(void **state)
{
	struct co_packet packet = { 0 };
	struct world *w = *state;

	world_up(w);
	world_send(w, &packet);
	w->act[AT_CLIENT_INCOMING_CLOSE] = close_now;
	assert_int_equal(world_incoming_close(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	assert_int_equal(w->result, CO_STATUS_NOT_ACCEPTED);
	w->act[AT_CLIENT_SENT] = close_now;
	w->act[AT_CM_CLOSE] = complete_at_once;
	world_sent(w, &packet);
	assert_int_equal(w->result, CO_STATUS_PENDING);
	assert_int_equal(w->n[AT_CLIENT_CLOSED], 1);
	assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
	world_expect_empty(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(a_close_is_completed_once_to_the_client_whoever_set_the_call_up),
		BOTH(a_close_that_ends_at_once_has_no_completion),
		BOTH(a_close_completed_and_answered_as_well_counts_once),
		BOTH(a_call_is_over_when_it_is_both_closed_and_deactivated),
		BOTH(after_invalid_data_the_call_is_up_and_closes_without_data),
		BOTH(a_failed_close_puts_the_call_back_where_it_was),
		CM(a_failed_close_of_a_vc_that_goes_down_ends_the_call_all_the_same),
		CM(a_released_call_is_over_when_its_activation_fails),
		BOTH(a_delete_inside_the_completion_succeeds_after_deactivation),
		BOTH(a_delete_inside_the_completion_is_refused_before_deactivation),
		BOTH(a_completion_from_within_a_handler_waits_for_its_return),
		BOTH(a_call_manager_deletes_its_vc_from_the_handler_that_completed),
		BOTH(a_close_inside_incoming_close_call_completes_after_it),
		BOTH(a_close_inside_call_connected_is_accepted),
		BOTH(receives_reach_a_closing_client_until_the_close_is_complete),
		BOTH(other_calls_stay_when_one_is_closed),
		BOTH(an_incoming_close_is_told_with_reason_and_data_and_changes_nothing_else),
		BOTH(a_vc_is_reused_after_a_remote_release_but_not_after_trouble),
		BOTH(a_client_with_sends_outstanding_closes_when_they_are_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
