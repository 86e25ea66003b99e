/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "world.h"

#include <cmocka.h>

/* Changes of the rates that the client asks for: contract 4.12, 5.6. */

/* As world_modified(), with parameters of the caller's, or none. */
static enum co_status
complete(struct world *w, enum co_status status, const struct co_call_params *params)
{
	return w->mcm ? co_mcm_modify_call_qos_complete(w->co, w->vc, status, params)
		      : co_cm_modify_call_qos_complete(w->co, w->vc, status, params);
}

static void
close_now(struct world *w)
{
	w->result = world_close(w);
}

/* A call that is up, its change with the call manager. */
static void
modifying(struct world *w)
{
	world_up(w);
	w->answer[AT_CM_MODIFY] = CO_STATUS_PENDING;
	assert_int_equal(world_modify(w), CO_STATUS_PENDING);
	world_forget(w);
}

static bool
is_modifying(const struct world *w)
{
	struct co_vc_info info;

	assert_int_equal(co_vc_query(w->co, w->vc, &info), CO_STATUS_SUCCESS);
	return info.modifying;
}

static void
end_call(struct world *w)
{
	assert_null(co_vc_cold(w->co, w->vc)->qos_params); /* of no change any more */
	world_closing(w);
	world_finish_close(w);
	assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
	world_expect_empty(w);
}

/* QOS-1, ASYNC-2 */
static void
a_change_answered_at_once_has_no_completion(void **state)
{
	struct world *w = *state;

	world_up(w);
	assert_int_equal(world_modify(w), CO_STATUS_SUCCESS);
	world_expect(w, "co_cl_modify_call_qos cm.modify_call_qos");
	assert_int_equal(w->ctx[AT_CM_MODIFY], WORLD_CM_CTX);
	assert_ptr_equal(w->given, &w->qos);
	assert_int_equal(world_modified(w, CO_STATUS_SUCCESS), CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(w->n[AT_CLIENT_MODIFIED], 0);
	assert_false(is_modifying(w));
	end_call(w);
}

/* QOS-1, CLOSE-3, OBJ-8 */
static void
only_a_call_that_is_up_is_changed(void **state)
{
	struct world *w = *state;

	assert_int_equal(world_create_by_client(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_modify(w), CO_STATUS_NOT_ACCEPTED); /* no call */
	assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_modify(w), CO_STATUS_FAILURE);
	world_making(w);
	assert_int_equal(world_modify(w), CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(world_made(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	assert_int_equal(world_incoming_close(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	assert_int_equal(world_modify(w), CO_STATUS_NOT_ACCEPTED); /* CLOSE_OWED */
	world_closing(w);
	assert_int_equal(world_modify(w), CO_STATUS_CLOSING);
	assert_int_equal(world_closed(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	world_expect_states(w, CO_VC_ACTIVE, CO_CALL_RELEASED);
	assert_int_equal(world_modify(w), CO_STATUS_CLOSING);
	assert_int_equal(world_deactivate(w), CO_STATUS_SUCCESS);
	assert_int_equal(w->n[AT_CM_MODIFY], 0);
	assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
	world_expect_empty(w);
}

static void
close_then_modify(struct world *w)
{
	assert_int_equal(world_modify(w), CO_STATUS_NOT_ACCEPTED); /* make_call ended just now */
	assert_int_equal(world_close(w), CO_STATUS_PENDING);
	w->result = world_modify(w);
}

static void
make_completes_twofold(struct world *w)
{
	assert_int_equal(world_activate(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_made(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	close_then_modify(w);
}

/* QOS-1, RACE-4: up for the call manager, but the client has not heard, or has given up. */
static void
a_call_whose_making_the_client_has_not_heard_of_is_not_changed(void **state)
{
	struct world *w = *state;

	assert_int_equal(world_create_by_client(w), CO_STATUS_SUCCESS);
	w->answer[AT_CM_MAKE] = CO_STATUS_PENDING;
	w->act[AT_CM_MAKE] = make_completes_twofold;
	assert_int_equal(world_make(w), CO_STATUS_PENDING);
	assert_int_equal(w->result, CO_STATUS_CLOSING);
	assert_int_equal(w->n[AT_CM_MODIFY], 0);
	assert_int_equal(world_deactivate(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
	world_expect_empty(w);
}

/* QOS-2, ASYNC-1, CHART-5.6 */
static void
an_agreed_change_is_in_force_before_it_is_reported(void **state)
{
	struct world *w = *state;
	struct co_vc_info info;

	world_up(w);
	w->answer[AT_CM_MODIFY] = CO_STATUS_PENDING;
	assert_int_equal(world_modify(w), CO_STATUS_PENDING);
	assert_true(is_modifying(w));
	world_expect_states(w, CO_VC_ACTIVE, CO_CALL_UP);
	w->media.label = 200;
	assert_int_equal(world_activate(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_modified(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	world_expect(w, "co_cl_modify_call_qos cm.modify_call_qos co_@_activate_vc "
			"{miniport.activate_vc }co_@_modify_call_qos_complete "
			"client.modify_call_qos_complete");
	assert_int_equal(w->ctx[AT_CLIENT_MODIFIED], WORLD_CLIENT_CTX);
	assert_int_equal(w->status[AT_CLIENT_MODIFIED], CO_STATUS_SUCCESS);
	assert_ptr_equal(w->given, &w->qos);
	assert_int_equal(co_vc_query(w->co, w->vc, &info), CO_STATUS_SUCCESS);
	assert_int_equal(info.label, 200);
	assert_false(is_modifying(w));
	end_call(w);
}

/* QOS-2 */
static void
a_change_is_not_agreed_while_the_miniport_has_it(void **state)
{
	struct world *w = *state;

	modifying(w);
	w->answer[AT_MINIPORT_ACTIVATE] = CO_STATUS_PENDING;
	assert_int_equal(world_activate(w), CO_STATUS_PENDING);
	assert_int_equal(world_modified(w, CO_STATUS_SUCCESS), CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(world_activated(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	assert_int_equal(world_modified(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	assert_int_equal(w->n[AT_CLIENT_MODIFIED], 1);
	end_call(w);
}

/* QOS-3, QOS-6, ACT-5 */
static void
a_refused_change_leaves_the_call_with_its_old_rates(void **state)
{
	struct co_call_params old = { .tx = { .peak_rate = 1000 } };
	struct world *w = *state;
	struct co_vc_info info;

	modifying(w);
	w->qos.tx.peak_rate = 2000;
	w->media.label = 200;
	w->answer[AT_MINIPORT_ACTIVATE] = CO_STATUS_INVALID_DATA;
	if (!w->mcm)
		assert_int_equal(world_activate(w), CO_STATUS_INVALID_DATA);
	assert_int_equal(complete(w, CO_STATUS_FAILURE, &old), CO_STATUS_SUCCESS);
	assert_int_equal(w->status[AT_CLIENT_MODIFIED], CO_STATUS_FAILURE);
	assert_ptr_equal(w->given, &w->qos); /* the client's own memory, now with the old ones */
	assert_int_equal(w->qos.tx.peak_rate, 1000);
	assert_int_equal(co_vc_query(w->co, w->vc, &info), CO_STATUS_SUCCESS);
	assert_int_equal(info.label, 100);
	world_expect_states(w, CO_VC_ACTIVE, CO_CALL_UP);
	w->answer[AT_CM_MODIFY] = CO_STATUS_SUCCESS;
	assert_int_equal(world_modify(w), CO_STATUS_SUCCESS);
	end_call(w);
}

/* QOS-4, ASYNC-10 */
static void
what_the_call_manager_changed_is_the_clients_to_look_at(void **state)
{
	struct co_call_params changed = { .flags = CO_CALL_F_CHANGED, .tx.peak_rate = 1500 };
	struct world *w = *state;

	modifying(w);
	w->qos.tx.peak_rate = 2000;
	assert_int_equal(complete(w, CO_STATUS_SUCCESS, &changed), CO_STATUS_SUCCESS);
	assert_ptr_equal(w->given, &w->qos);
	assert_int_equal(w->qos.flags, CO_CALL_F_CHANGED);
	assert_int_equal(w->qos.tx.peak_rate, 1500);
	end_call(w);
}

/* QOS-2 */
static void
without_parameters_those_asked_for_are_in_force(void **state)
{
	struct world *w = *state;

	modifying(w);
	w->qos.tx.peak_rate = 2000;
	assert_int_equal(complete(w, CO_STATUS_SUCCESS, NULL), CO_STATUS_SUCCESS);
	assert_ptr_equal(w->given, &w->qos);
	assert_int_equal(w->qos.tx.peak_rate, 2000);
	assert_int_equal(w->qos.flags, 0);
	end_call(w);
}

static void
modify_once_more(struct world *w)
{
	if (w->n[AT_CLIENT_MODIFIED] == 1)
		w->result = world_modify(w);
}

/* QOS-5 */
static void
from_the_completion_the_client_may_ask_again(void **state)
{
	struct world *w = *state;

	modifying(w);
	w->act[AT_CLIENT_MODIFIED] = modify_once_more;
	assert_int_equal(world_modified(w, CO_STATUS_FAILURE), CO_STATUS_SUCCESS);
	assert_int_equal(w->result, CO_STATUS_PENDING);
	world_expect(w, "co_@_modify_call_qos_complete client.modify_call_qos_complete "
			"co_cl_modify_call_qos cm.modify_call_qos");
	assert_int_equal(world_modified(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	assert_int_equal(w->n[AT_CLIENT_MODIFIED], 2);
	end_call(w);
}

/* CLOSE-35, CLOSE-39, QOS-5 */
static void
from_the_completion_the_client_may_close(void **state)
{
	struct world *w = *state;

	modifying(w);
	w->act[AT_CLIENT_MODIFIED] = close_now;
	w->answer[AT_CM_CLOSE] = CO_STATUS_PENDING;
	assert_int_equal(world_modified(w, CO_STATUS_FAILURE), CO_STATUS_SUCCESS);
	assert_int_equal(w->result, CO_STATUS_PENDING);
	world_expect(w, "co_@_modify_call_qos_complete client.modify_call_qos_complete "
			"co_cl_close_call cm.close_call");
	world_finish_close(w);
	assert_int_equal(w->n[AT_CLIENT_CLOSED], 1);
	assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
	world_expect_empty(w);
}

/* QOS-7 */
static void
packets_move_while_the_miniport_has_new_rates(void **state)
{
	struct co_packet packet = { .len = 1 };
	struct world *w = *state;

	modifying(w);
	w->answer[AT_MINIPORT_ACTIVATE] = CO_STATUS_PENDING;
	assert_int_equal(world_activate(w), w->mcm ? CO_STATUS_SUCCESS : CO_STATUS_PENDING);
	world_send(w, &packet);
	assert_int_equal(w->n[AT_MINIPORT_SEND], 1);
	world_sent(w, &packet);
	world_receive(w, &packet);
	assert_int_equal(w->n[AT_CLIENT_RECEIVE], 1);
	world_return(w, &packet);
	if (!w->mcm)
		assert_int_equal(world_activated(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	assert_int_equal(world_modified(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	end_call(w);
}

/* QOS-8 */
static void
a_vc_that_a_refused_change_has_broken_is_inactive_and_its_call_is_closed(void **state)
{
	struct world *w = *state;

	modifying(w);
	assert_int_equal(world_deactivate(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_modified(w, CO_STATUS_SUCCESS), CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(world_modified(w, CO_STATUS_FAILURE), CO_STATUS_SUCCESS);
	assert_int_equal(w->status[AT_CLIENT_MODIFIED], CO_STATUS_FAILURE);
	world_expect_states(w, CO_VC_DEACTIVATED, CO_CALL_UP);
	assert_int_equal(world_close(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
	world_expect_empty(w);
}

static void
deactivate_now(struct world *w)
{
	assert_int_equal(world_deactivate(w), CO_STATUS_SUCCESS);
}

/* QOS-2 */
static void
success_of_an_inactive_vc_is_taken_as_failure(void **state)
{
	struct world *w = *state;

	world_up(w);
	w->act[AT_CM_MODIFY] = deactivate_now;
	assert_int_equal(world_modify(w), CO_STATUS_FAILURE);
	assert_int_equal(world_close(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
	world_expect_empty(w);
}

/* QOS-9, QOS-6 */
static void
a_medium_without_rates_keeps_the_call(void **state)
{
	struct world *w = *state;

	world_up(w);
	w->answer[AT_CM_MODIFY] = CO_STATUS_NOT_SUPPORTED;
	assert_int_equal(world_modify(w), CO_STATUS_NOT_SUPPORTED);
	world_expect_states(w, CO_VC_ACTIVE, CO_CALL_UP);
	assert_false(is_modifying(w));
	end_call(w);
}

/* ASYNC-1: one at a time, until its end was told. */
static void
a_second_change_is_refused_until_the_first_has_been_told(void **state)
{
	struct world *w = *state;

	modifying(w);
	assert_int_equal(world_modify(w), CO_STATUS_NOT_ACCEPTED);
	assert_true(is_modifying(w));
	assert_int_equal(world_delete_by_client(w), CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(world_modified(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	assert_int_equal(w->n[AT_CM_MODIFY], 1);
	assert_int_equal(world_modify(w), CO_STATUS_PENDING);
	assert_int_equal(world_modified(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	end_call(w);
}

/* ASYNC-3, ASYNC-5, OBJ-8, OBJ-9 */
static void
a_completion_out_of_place_changes_nothing(void **state)
{
	struct world *w = *state;
	struct co_census before, after;

	world_up(w);
	co_census(w->co, &before);
	assert_int_equal(world_modified(w, CO_STATUS_SUCCESS), CO_STATUS_NOT_ACCEPTED);
	w->answer[AT_CM_MODIFY] = CO_STATUS_PENDING;
	assert_int_equal(world_modify(w), CO_STATUS_PENDING);
	assert_int_equal(world_modified(w, CO_STATUS_PENDING), CO_STATUS_NOT_ACCEPTED);
	w->mcm = !w->mcm;
	assert_int_equal(world_modified(w, CO_STATUS_SUCCESS), CO_STATUS_NOT_SUPPORTED);
	w->mcm = !w->mcm;
	assert_int_equal(world_modified(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	assert_int_equal(world_modified(w, CO_STATUS_SUCCESS), CO_STATUS_NOT_ACCEPTED);
	co_census(w->co, &after);
	assert_int_equal(after.n_unexpected_completions - before.n_unexpected_completions, 3);
	assert_int_equal(w->n[AT_CLIENT_MODIFIED], 1);
	end_call(w);
	assert_int_equal(world_modified(w, CO_STATUS_SUCCESS), CO_STATUS_FAILURE);
}

static void
complete_now(struct world *w)
{
	w->result = world_modified(w, CO_STATUS_SUCCESS);
}

/* ASYNC-4, ASYNC-2 */
static void
a_change_may_be_complete_before_it_has_pended(void **state)
{
	struct world *w = *state;

	world_up(w);
	w->act[AT_CM_MODIFY] = complete_now;
	w->answer[AT_CM_MODIFY] = CO_STATUS_PENDING;
	assert_int_equal(world_modify(w), CO_STATUS_PENDING);
	world_expect(w, "co_cl_modify_call_qos cm.modify_call_qos "
			"co_@_modify_call_qos_complete client.modify_call_qos_complete");
	w->answer[AT_CM_MODIFY] = CO_STATUS_FAILURE; /* answered as well: that is too late */
	assert_int_equal(world_modify(w), CO_STATUS_PENDING);
	assert_int_equal(w->n[AT_CLIENT_MODIFIED], 2);
	assert_int_equal(w->status[AT_CLIENT_MODIFIED], CO_STATUS_SUCCESS);
	end_call(w);
}

static void
complete_and_refuse_the_next(struct world *w)
{
	if (w->n[AT_CM_MODIFY] == 1)
		complete_now(w);
	else
		w->answer[AT_CM_MODIFY] = CO_STATUS_FAILURE;
}

static void
modify_while_the_manager_is_busy(struct world *w)
{
	static const uint8_t octets[] = { 1, 2 };

	if (w->n[AT_CLIENT_MODIFIED] > 1)
		return;
	w->qos.elements = octets;
	w->qos.elements_size = sizeof(octets);
	assert_int_equal(world_modify(w), CO_STATUS_PENDING);
	assert_int_equal(world_modify(w), CO_STATUS_NOT_ACCEPTED);
}

/* ASYNC-9: the second waits till the first handler has returned; its elements do not live so long.
 */
static void
a_change_waits_for_a_busy_call_manager(void **state)
{
	struct world *w = *state;
	struct co_census census;

	world_up(w);
	w->act[AT_CM_MODIFY] = complete_and_refuse_the_next;
	w->act[AT_CLIENT_MODIFIED] = modify_while_the_manager_is_busy;
	w->answer[AT_CM_MODIFY] = CO_STATUS_PENDING;
	assert_int_equal(world_modify(w), CO_STATUS_PENDING);
	world_expect(w, "co_cl_modify_call_qos cm.modify_call_qos "
			"co_@_modify_call_qos_complete client.modify_call_qos_complete "
			"co_cl_modify_call_qos co_cl_modify_call_qos cm.modify_call_qos "
			"client.modify_call_qos_complete");
	assert_int_equal(w->n[AT_CM_MODIFY], 2);
	assert_int_equal(w->status[AT_CLIENT_MODIFIED], CO_STATUS_FAILURE);
	assert_null(w->qos.elements);
	co_census(w->co, &census);
	assert_int_equal(census.n_data_lost, 1);
	assert_false(is_modifying(w));
	end_call(w);
}

/* ---- Before an offer is answered. ---- */

/* INCALL-5, QOS-1 */
static void
an_offer_is_negotiated_until_it_is_answered(void **state)
{
	struct world *w = *state;

	world_offered(w);
	assert_int_equal(world_modify(w), CO_STATUS_SUCCESS);
	w->answer[AT_CM_MODIFY] = CO_STATUS_PENDING;
	assert_int_equal(world_modify(w), CO_STATUS_PENDING);
	assert_int_equal(world_modified(w, CO_STATUS_FAILURE), CO_STATUS_SUCCESS);
	assert_int_equal(w->status[AT_CLIENT_MODIFIED], CO_STATUS_FAILURE);
	world_expect_states(w, CO_VC_ACTIVE, CO_CALL_OFFERED);
	assert_int_equal(world_answer(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	assert_int_equal(world_modify(w), CO_STATUS_NOT_ACCEPTED); /* not yet connected */
	assert_int_equal(w->n[AT_CM_MODIFY], 2);
	world_closing(w);
	world_finish_close(w);
	assert_int_equal(world_delete_by_cm(w), CO_STATUS_SUCCESS);
	world_expect_empty(w);
}

static void
offer_then_modify(struct world *w)
{
	assert_int_equal(world_offer(w), CO_STATUS_PENDING);
	w->result = world_modify(w);
}

/* INCALL-5, RACE-22 */
static void
an_offer_that_waits_for_the_client_is_not_negotiated(void **state)
{
	struct world *w = *state;

	world_called(w);
	world_closing(w);
	assert_int_equal(world_deactivate(w), CO_STATUS_SUCCESS);
	w->act[AT_CLIENT_CLOSED] = offer_then_modify;
	w->answer[AT_CLIENT_OFFER] = CO_STATUS_FAILURE;
	assert_int_equal(world_closed(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	assert_int_equal(w->result, CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(w->n[AT_CM_MODIFY], 0);
	assert_int_equal(world_delete_by_cm(w), CO_STATUS_SUCCESS);
	world_expect_empty(w);
}

static void
modify_answer_modify(struct world *w)
{
	assert_int_equal(world_modify(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_answer(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	assert_int_equal(world_modify(w), CO_STATUS_NOT_ACCEPTED);
}

/* INCALL-5 */
static void
an_offer_is_negotiated_inside_its_handler_until_it_is_answered_there(void **state)
{
	struct world *w = *state;

	assert_int_equal(world_create_by_cm(w), CO_STATUS_SUCCESS);
	w->act[AT_CLIENT_OFFER] = modify_answer_modify;
	w->answer[AT_CLIENT_OFFER] = CO_STATUS_PENDING;
	assert_int_equal(world_offer(w), CO_STATUS_SUCCESS); /* of a VC not yet active (C-4) */
	assert_int_equal(w->n[AT_CM_MODIFY], 1);
	assert_int_equal(world_close(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_delete_by_cm(w), CO_STATUS_SUCCESS);
	world_expect_empty(w);
}

/* INCALL-5, ASYNC-1 */
static void
declining_an_offer_ends_its_change(void **state)
{
	struct world *w = *state;

	world_offered(w);
	w->answer[AT_CM_MODIFY] = CO_STATUS_PENDING;
	assert_int_equal(world_modify(w), CO_STATUS_PENDING);
	assert_int_equal(world_answer(w, CO_STATUS_FAILURE), CO_STATUS_SUCCESS);
	assert_int_equal(w->n[AT_CLIENT_MODIFIED], 1);
	assert_int_equal(w->status[AT_CLIENT_MODIFIED], CO_STATUS_REQUEST_ABORTED);
	assert_int_equal(w->n[AT_CM_ANSWER], 1);
	assert_int_equal(world_modified(w, CO_STATUS_SUCCESS), CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(world_deactivate(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_delete_by_cm(w), CO_STATUS_SUCCESS);
	world_expect_empty(w);
}

static void
accept_now(struct world *w)
{
	w->result = world_answer(w, CO_STATUS_SUCCESS);
}

/* INCALL-5, QOS-5 */
static void
an_offer_is_accepted_from_the_completion_of_its_change(void **state)
{
	struct world *w = *state;

	world_offered(w);
	w->answer[AT_CM_MODIFY] = CO_STATUS_PENDING;
	w->act[AT_CLIENT_MODIFIED] = accept_now;
	assert_int_equal(world_modify(w), CO_STATUS_PENDING);
	assert_int_equal(world_modified(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	world_expect(w, "co_cl_modify_call_qos cm.modify_call_qos "
			"co_@_modify_call_qos_complete client.modify_call_qos_complete "
			"co_cl_incoming_call_complete cm.incoming_call_complete");
	assert_int_equal(w->result, CO_STATUS_SUCCESS);
	world_expect_states(w, CO_VC_ACTIVE, CO_CALL_ACCEPTED);
	world_closing(w);
	world_finish_close(w);
	assert_int_equal(world_delete_by_cm(w), CO_STATUS_SUCCESS);
	world_expect_empty(w);
}

static void
modify_then_decline(struct world *w)
{
	if (w->n[AT_CLIENT_MODIFIED] > 1)
		return;
	assert_int_equal(world_modify(w), CO_STATUS_PENDING);
	assert_int_equal(world_answer(w, CO_STATUS_FAILURE), CO_STATUS_SUCCESS);
}

/* INCALL-5, ASYNC-1 */
static void
a_change_that_waits_ends_with_a_declined_offer(void **state)
{
	struct world *w = *state;

	world_offered(w);
	w->answer[AT_CM_MODIFY] = CO_STATUS_PENDING;
	w->act[AT_CM_MODIFY] = complete_now;
	w->act[AT_CLIENT_MODIFIED] = modify_then_decline;
	assert_int_equal(world_modify(w), CO_STATUS_PENDING);
	assert_int_equal(w->n[AT_CM_MODIFY], 1); /* the second never gets there */
	assert_int_equal(w->n[AT_CLIENT_MODIFIED], 2);
	assert_int_equal(w->status[AT_CLIENT_MODIFIED], CO_STATUS_REQUEST_ABORTED);
	assert_int_equal(w->n[AT_CM_ANSWER], 1);
	assert_int_equal(world_deactivate(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_delete_by_cm(w), CO_STATUS_SUCCESS);
	world_expect_empty(w);
}

/* ---- A change and the end of its call. ---- */

/* RACE-7 */
static void
a_change_that_the_manager_finishes_is_told_before_the_close_is(void **state)
{
	struct world *w = *state;

	modifying(w);
	world_closing(w);
	assert_int_equal(world_modified(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	world_expect(w, "co_@_modify_call_qos_complete client.modify_call_qos_complete");
	assert_int_equal(w->status[AT_CLIENT_MODIFIED], CO_STATUS_SUCCESS);
	world_finish_close(w);
	assert_int_equal(w->n[AT_CLIENT_MODIFIED], 1);
	assert_int_equal(w->n[AT_CLIENT_CLOSED], 1);
	assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
	world_expect_empty(w);
}

/* RACE-7, ASYNC-5 */
static void
a_change_that_the_manager_leaves_is_aborted_before_the_close_is_told(void **state)
{
	struct world *w = *state;

	modifying(w);
	world_closing(w);
	assert_int_equal(world_closed(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	world_expect(w, "co_@_close_call_complete client.modify_call_qos_complete "
			"client.close_call_complete");
	assert_int_equal(w->status[AT_CLIENT_MODIFIED], CO_STATUS_REQUEST_ABORTED);
	assert_int_equal(world_modified(w, CO_STATUS_SUCCESS), CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(world_deactivate(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
	world_expect_empty(w);
}

/* RACE-7 */
static void
a_close_that_ends_at_once_is_told_after_the_aborted_change(void **state)
{
	struct world *w = *state;

	modifying(w);
	assert_int_equal(world_close(w), CO_STATUS_PENDING);
	world_expect(w, "co_cl_close_call cm.close_call client.modify_call_qos_complete "
			"client.close_call_complete");
	assert_int_equal(w->status[AT_CLIENT_MODIFIED], CO_STATUS_REQUEST_ABORTED);
	assert_int_equal(w->status[AT_CLIENT_CLOSED], CO_STATUS_SUCCESS);
	assert_int_equal(world_deactivate(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
	world_expect_empty(w);
}

/* RACE-7, CLOSE-26 */
static void
a_failed_close_leaves_the_change_under_way(void **state)
{
	struct world *w = *state;

	modifying(w);
	world_closing(w);
	assert_int_equal(world_closed(w, CO_STATUS_FAILURE), CO_STATUS_SUCCESS);
	assert_int_equal(w->n[AT_CLIENT_MODIFIED], 0);
	assert_true(is_modifying(w));
	assert_int_equal(world_modified(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	assert_int_equal(w->status[AT_CLIENT_MODIFIED], CO_STATUS_SUCCESS);
	end_call(w);
}

static void
fail_close(struct world *w)
{
	w->act[AT_CM_CLOSE] = NULL;
	assert_int_equal(world_closed(w, CO_STATUS_FAILURE), CO_STATUS_SUCCESS);
}

static void
close_in_vain_then_modify(struct world *w)
{
	assert_int_equal(world_close(w), CO_STATUS_PENDING);
	world_expect_states(w, CO_VC_ACTIVE, CO_CALL_UP);
	w->result = world_modify(w);
}

/* CLOSE-26, QOS-1: the client cannot know yet that the call goes on. */
static void
no_change_begins_before_the_end_of_a_close_is_told(void **state)
{
	struct world *w = *state;

	modifying(w);
	w->act[AT_CLIENT_MODIFIED] = close_in_vain_then_modify;
	w->act[AT_CM_CLOSE] = fail_close;
	w->answer[AT_CM_CLOSE] = CO_STATUS_PENDING;
	assert_int_equal(world_modified(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	assert_int_equal(w->result, CO_STATUS_CLOSING);
	assert_int_equal(w->n[AT_CLIENT_CLOSED], 1);
	assert_int_equal(w->n[AT_CM_MODIFY], 1);
	end_call(w);
}

static void
modify_then_close(struct world *w)
{
	if (w->n[AT_CLIENT_MODIFIED] > 1)
		return;
	assert_int_equal(world_modify(w), CO_STATUS_PENDING);
	assert_int_equal(world_close(w), CO_STATUS_PENDING);
	assert_int_equal(world_modify(w), CO_STATUS_CLOSING);
}

/* RACE-7 */
static void
a_change_that_waits_is_aborted_by_the_close(void **state)
{
	struct world *w = *state;

	world_up(w);
	w->answer[AT_CM_MODIFY] = CO_STATUS_PENDING;
	w->answer[AT_CM_CLOSE] = CO_STATUS_PENDING;
	w->act[AT_CM_MODIFY] = complete_now;
	w->act[AT_CLIENT_MODIFIED] = modify_then_close;
	assert_int_equal(world_modify(w), CO_STATUS_PENDING);
	assert_int_equal(w->n[AT_CM_MODIFY], 1);
	assert_int_equal(w->n[AT_CM_CLOSE], 1);
	assert_int_equal(w->n[AT_CLIENT_MODIFIED], 2);
	assert_int_equal(w->status[AT_CLIENT_MODIFIED], CO_STATUS_REQUEST_ABORTED);
	world_finish_close(w);
	assert_int_equal(w->n[AT_CLIENT_CLOSED], 1);
	assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
	world_expect_empty(w);
}

/* RACE-12 */
static void
an_incoming_close_comes_after_the_end_of_the_change(void **state)
{
	struct world *w = *state;

	modifying(w);
	assert_int_equal(world_incoming_close(w, CO_STATUS_SUCCESS), CO_STATUS_NOT_ACCEPTED);
	world_expect_states(w, CO_VC_ACTIVE, CO_CALL_UP);
	assert_int_equal(world_modified(w, CO_STATUS_REQUEST_ABORTED), CO_STATUS_SUCCESS);
	assert_int_equal(world_incoming_close(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	world_expect(w, "co_@_dispatch_incoming_close_call co_@_modify_call_qos_complete "
			"client.modify_call_qos_complete co_@_dispatch_incoming_close_call "
			"client.incoming_close_call");
	end_call(w);
}

static void
complete_then_release(struct world *w)
{
	complete_now(w); /* the client asks again in there, and that waits */
	assert_int_equal(world_incoming_close(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
}

/* RACE-12 */
static void
a_change_that_waits_is_aborted_by_an_incoming_close(void **state)
{
	struct world *w = *state;

	world_up(w);
	w->answer[AT_CM_MODIFY] = CO_STATUS_PENDING;
	w->act[AT_CM_MODIFY] = complete_then_release;
	w->act[AT_CLIENT_MODIFIED] = modify_once_more;
	assert_int_equal(world_modify(w), CO_STATUS_PENDING);
	world_expect(w, "co_cl_modify_call_qos cm.modify_call_qos "
			"co_@_modify_call_qos_complete client.modify_call_qos_complete "
			"co_cl_modify_call_qos co_@_dispatch_incoming_close_call "
			"client.modify_call_qos_complete client.incoming_close_call");
	assert_int_equal(w->status[AT_CLIENT_MODIFIED], CO_STATUS_REQUEST_ABORTED);
	end_call(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(a_change_answered_at_once_has_no_completion),
		BOTH(only_a_call_that_is_up_is_changed),
		BOTH(a_call_whose_making_the_client_has_not_heard_of_is_not_changed),
		BOTH(an_agreed_change_is_in_force_before_it_is_reported),
		CM(a_change_is_not_agreed_while_the_miniport_has_it),
		BOTH(a_refused_change_leaves_the_call_with_its_old_rates),
		BOTH(what_the_call_manager_changed_is_the_clients_to_look_at),
		BOTH(without_parameters_those_asked_for_are_in_force),
		BOTH(from_the_completion_the_client_may_ask_again),
		BOTH(from_the_completion_the_client_may_close),
		BOTH(packets_move_while_the_miniport_has_new_rates),
		BOTH(a_vc_that_a_refused_change_has_broken_is_inactive_and_its_call_is_closed),
		BOTH(success_of_an_inactive_vc_is_taken_as_failure),
		BOTH(a_medium_without_rates_keeps_the_call),
		BOTH(a_second_change_is_refused_until_the_first_has_been_told),
		BOTH(a_completion_out_of_place_changes_nothing),
		BOTH(a_change_may_be_complete_before_it_has_pended),
		BOTH(a_change_waits_for_a_busy_call_manager),
		BOTH(an_offer_is_negotiated_until_it_is_answered),
		BOTH(an_offer_that_waits_for_the_client_is_not_negotiated),
		BOTH(an_offer_is_negotiated_inside_its_handler_until_it_is_answered_there),
		BOTH(declining_an_offer_ends_its_change),
		BOTH(an_offer_is_accepted_from_the_completion_of_its_change),
		BOTH(a_change_that_waits_ends_with_a_declined_offer),
		BOTH(a_change_that_the_manager_finishes_is_told_before_the_close_is),
		BOTH(a_change_that_the_manager_leaves_is_aborted_before_the_close_is_told),
		BOTH(a_close_that_ends_at_once_is_told_after_the_aborted_change),
		BOTH(a_failed_close_leaves_the_change_under_way),
		BOTH(no_change_begins_before_the_end_of_a_close_is_told),
		BOTH(a_change_that_waits_is_aborted_by_the_close),
		BOTH(an_incoming_close_comes_after_the_end_of_the_change),
		BOTH(a_change_that_waits_is_aborted_by_an_incoming_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
