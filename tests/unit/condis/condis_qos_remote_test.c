/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "world.h"

#include <cmocka.h>

/* Changes of the rates that the remote proposes: contract 4.13, 5.7. */

static void
modify_now(struct world *w)
{
	w->result = world_modify(w);
}

static void
close_now(struct world *w)
{
	w->result = world_close(w);
}

static void
propose_now(struct world *w)
{
	w->result = world_qos_change(w);
}

/* A call of the client's, a change of the remote with it. */
static void
asked(struct world *w)
{
	world_up(w);
	w->answer[AT_CLIENT_QOS_CHANGE] = CO_STATUS_PENDING;
	assert_int_equal(world_qos_change(w), CO_STATUS_PENDING);
	w->answer[AT_CLIENT_QOS_CHANGE] = CO_STATUS_SUCCESS;
	world_forget(w);
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

/* INQOS-1, INQOS-2, CHART-5.7 */
static void
a_client_accepts_by_returning(void **state)
{
	struct world *w = *state;

	world_up(w);
	assert_int_equal(world_activate(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_qos_change(w), CO_STATUS_SUCCESS);
	world_expect(w, "co_@_activate_vc {miniport.activate_vc }"
			"co_@_dispatch_incoming_call_qos_change client.incoming_call_qos_change");
	assert_int_equal(w->ctx[AT_CLIENT_QOS_CHANGE], WORLD_CLIENT_CTX);
	assert_ptr_equal(w->given, &w->qos);
	assert_int_equal(w->n[AT_CM_QOS_ANSWER], 0);
	assert_int_equal(world_qos_change(w), CO_STATUS_SUCCESS); /* and the next */
	world_expect_states(w, CO_VC_ACTIVE, CO_CALL_UP);
	end_call(w);
}

/* INQOS-1 */
static void
no_change_is_told_that_the_miniport_has_not_taken(void **state)
{
	struct world *w = *state;

	world_up(w);
	w->answer[AT_MINIPORT_ACTIVATE] = CO_STATUS_PENDING;
	assert_int_equal(world_activate(w), CO_STATUS_PENDING);
	assert_int_equal(world_qos_change(w), CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(world_activated(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	assert_int_equal(world_qos_change(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_deactivate(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_qos_change(w), CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(w->n[AT_CLIENT_QOS_CHANGE], 1);
	assert_int_equal(world_close(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
	world_expect_empty(w);
}

/* INQOS-1, RACE-8 */
static void
only_a_call_that_is_up_hears_of_a_change(void **state)
{
	struct world *w = *state;

	world_making(w);
	assert_int_equal(world_qos_change(w), CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(world_close(w), CO_STATUS_PENDING); /* after make_call */
	assert_int_equal(world_qos_change(w), CO_STATUS_NOT_ACCEPTED);
	w->answer[AT_CM_CLOSE] = CO_STATUS_PENDING;
	assert_int_equal(world_made(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	world_expect_states(w, CO_VC_ACTIVE, CO_CALL_CLOSING);
	assert_int_equal(world_qos_change(w), CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(world_closed(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	assert_int_equal(world_qos_change(w), CO_STATUS_NOT_ACCEPTED); /* RELEASED */
	assert_int_equal(world_deactivate(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
	world_accepted(w);
	assert_int_equal(world_qos_change(w), CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(world_incoming_close(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	assert_int_equal(world_qos_change(w), CO_STATUS_NOT_ACCEPTED); /* CLOSE_OWED */
	assert_int_equal(w->n[AT_CLIENT_QOS_CHANGE], 0);
	world_closing(w);
	world_finish_close(w);
	assert_int_equal(world_delete_by_cm(w), CO_STATUS_SUCCESS);
	world_expect_empty(w);
}

static void
make_completes_then_close(struct world *w)
{
	assert_int_equal(world_activate(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_made(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	assert_int_equal(world_close(w), CO_STATUS_PENDING);
	propose_now(w);
}

/* RACE-8, RACE-4 */
static void
a_change_after_a_close_that_waits_is_not_told(void **state)
{
	struct world *w = *state;

	assert_int_equal(world_create_by_client(w), CO_STATUS_SUCCESS);
	w->answer[AT_CM_MAKE] = CO_STATUS_PENDING;
	w->act[AT_CM_MAKE] = make_completes_then_close;
	assert_int_equal(world_make(w), CO_STATUS_PENDING);
	assert_int_equal(w->result, CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(w->n[AT_CLIENT_QOS_CHANGE], 0);
	assert_int_equal(world_deactivate(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
	world_expect_empty(w);
}

/* INQOS-3, INQOS-4, INQOS-5, ASYNC-7 */
static void
a_change_asked_for_inside_the_handler_is_the_answer(void **state)
{
	struct world *w = *state;

	world_up(w);
	w->act[AT_CLIENT_QOS_CHANGE] = modify_now;
	w->answer[AT_CM_MODIFY] = CO_STATUS_PENDING;
	assert_int_equal(world_qos_change(w), CO_STATUS_REQUEST_ABORTED);
	assert_int_equal(w->result, CO_STATUS_PENDING);
	world_expect(w, "co_@_dispatch_incoming_call_qos_change client.incoming_call_qos_change "
			"co_cl_modify_call_qos cm.modify_call_qos");
	assert_int_equal(world_modified(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	assert_int_equal(w->status[AT_CLIENT_MODIFIED], CO_STATUS_SUCCESS);
	w->answer[AT_CM_MODIFY] = CO_STATUS_SUCCESS;
	assert_int_equal(world_qos_change(w), CO_STATUS_REQUEST_ABORTED);
	assert_int_equal(w->n[AT_CM_MODIFY], 2);
	end_call(w);
}

/* INQOS-3, QOS-9: where the protocol does not allow it there is only to accept or to close. */
static void
a_change_asked_for_inside_the_handler_that_fails_at_once_is_no_answer(void **state)
{
	struct world *w = *state;

	world_up(w);
	w->act[AT_CLIENT_QOS_CHANGE] = modify_now;
	w->answer[AT_CM_MODIFY] = CO_STATUS_NOT_SUPPORTED;
	assert_int_equal(world_qos_change(w), CO_STATUS_SUCCESS);
	w->answer[AT_CLIENT_QOS_CHANGE] = CO_STATUS_FAILURE;
	assert_int_equal(world_qos_change(w), CO_STATUS_FAILURE);
	end_call(w);
}

/* RACE-9, CLOSE-34, CLOSE-39, INQOS-3, INQOS-5 */
static void
a_close_inside_the_handler_is_known_when_it_returns(void **state)
{
	struct world *w = *state;

	world_up(w);
	w->act[AT_CLIENT_QOS_CHANGE] = close_now;
	w->answer[AT_CM_CLOSE] = CO_STATUS_PENDING;
	assert_int_equal(world_qos_change(w), CO_STATUS_CLOSING);
	assert_int_equal(w->result, CO_STATUS_PENDING);
	world_expect(w, "co_@_dispatch_incoming_call_qos_change client.incoming_call_qos_change "
			"co_cl_close_call cm.close_call");
	world_finish_close(w);
	assert_int_equal(w->n[AT_CLIENT_CLOSED], 1);
	assert_int_equal(w->n[AT_CM_QOS_ANSWER], 0);
	assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
	world_expect_empty(w);
}

static void
deactivate_now(struct world *w)
{
	assert_int_equal(world_deactivate(w), CO_STATUS_SUCCESS);
}

static void
close_and_delete(struct world *w)
{
	assert_int_equal(world_close(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
}

/* RACE-9, CLOSE-14 */
static void
a_vc_that_goes_inside_the_handler_is_closing_for_who_proposed(void **state)
{
	struct world *w = *state;

	world_up(w);
	w->act[AT_CLIENT_QOS_CHANGE] = close_and_delete;
	w->act[AT_CM_CLOSE] = deactivate_now;
	assert_int_equal(world_qos_change(w), CO_STATUS_CLOSING);
	world_expect_empty(w);
}

/* CLOSE-12, INQOS-2 */
static void
a_close_that_fails_inside_the_handler_is_no_answer(void **state)
{
	struct world *w = *state;

	world_up(w);
	w->act[AT_CLIENT_QOS_CHANGE] = close_now;
	w->answer[AT_CM_CLOSE] = CO_STATUS_INVALID_DATA;
	assert_int_equal(world_qos_change(w), CO_STATUS_SUCCESS);
	w->answer[AT_CLIENT_QOS_CHANGE] = CO_STATUS_PENDING;
	assert_int_equal(world_qos_change(w), CO_STATUS_PENDING);
	assert_int_equal(world_qos_answer(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	assert_int_equal(w->n[AT_CM_QOS_ANSWER], 1);
	end_call(w);
}

/* INQOS-6 */
static void
a_client_that_does_not_accept_has_refused(void **state)
{
	struct world *w = *state;

	world_up(w);
	w->answer[AT_CLIENT_QOS_CHANGE] = CO_STATUS_FAILURE;
	assert_int_equal(world_qos_change(w), CO_STATUS_FAILURE);
	w->answer[AT_CLIENT_QOS_CHANGE] = CO_STATUS_NOT_SUPPORTED;
	assert_int_equal(world_qos_change(w), CO_STATUS_NOT_SUPPORTED);
	world_expect_states(w, CO_VC_ACTIVE, CO_CALL_UP);
	end_call(w);
}

/* INQOS-4, ASYNC-5 */
static void
an_answer_that_was_pended_reaches_the_call_manager_once(void **state)
{
	struct world *w = *state;

	asked(w);
	assert_int_equal(world_qos_answer(w, CO_STATUS_PENDING), CO_STATUS_FAILURE);
	assert_int_equal(world_qos_answer(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	world_expect(w, "co_cl_incoming_call_qos_change_complete "
			"co_cl_incoming_call_qos_change_complete "
			"cm.incoming_call_qos_change_complete");
	assert_int_equal(w->ctx[AT_CM_QOS_ANSWER], WORLD_CM_CTX);
	assert_int_equal(w->status[AT_CM_QOS_ANSWER], CO_STATUS_SUCCESS);
	assert_int_equal(world_qos_answer(w, CO_STATUS_SUCCESS), CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(world_qos_change(w), CO_STATUS_SUCCESS);
	end_call(w);
}

/* INQOS-6 */
static void
a_refusal_that_was_pended_reaches_the_call_manager(void **state)
{
	struct world *w = *state;

	asked(w);
	assert_int_equal(world_qos_answer(w, CO_STATUS_FAILURE), CO_STATUS_SUCCESS);
	assert_int_equal(w->status[AT_CM_QOS_ANSWER], CO_STATUS_FAILURE);
	assert_int_equal(world_modify(w), CO_STATUS_SUCCESS); /* and this is what it wants */
	end_call(w);
}

static void
answer_twice(struct world *w)
{
	assert_int_equal(world_qos_answer(w, CO_STATUS_RESOURCES), CO_STATUS_SUCCESS);
	assert_int_equal(world_qos_answer(w, CO_STATUS_SUCCESS), CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(world_qos_change(w), CO_STATUS_NOT_ACCEPTED); /* the first is not over */
}

/* ASYNC-4, INQOS-4 */
static void
an_answer_from_inside_the_handler_is_that_of_the_dispatch(void **state)
{
	struct world *w = *state;

	world_up(w);
	w->act[AT_CLIENT_QOS_CHANGE] = answer_twice;
	w->answer[AT_CLIENT_QOS_CHANGE] = CO_STATUS_PENDING;
	assert_int_equal(world_qos_change(w), CO_STATUS_RESOURCES);
	assert_int_equal(w->n[AT_CM_QOS_ANSWER], 0);
	assert_int_equal(world_qos_answer(w, CO_STATUS_SUCCESS), CO_STATUS_NOT_ACCEPTED);
	end_call(w);
}

/* INQOS-1: one at a time, in either direction. */
static void
a_second_change_waits_for_the_answer_to_the_first(void **state)
{
	struct world *w = *state;

	asked(w);
	assert_int_equal(world_qos_change(w), CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(world_modify(w), CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(w->n[AT_CM_MODIFY], 0);
	assert_int_equal(world_qos_answer(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	assert_int_equal(world_qos_change(w), CO_STATUS_SUCCESS);
	end_call(w);
}

/* QOS-1, INQOS-1 */
static void
where_changes_cross_the_clients_own_stands(void **state)
{
	struct world *w = *state;

	world_up(w);
	w->answer[AT_CM_MODIFY] = CO_STATUS_PENDING;
	assert_int_equal(world_modify(w), CO_STATUS_PENDING);
	assert_int_equal(world_qos_change(w), CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(w->n[AT_CLIENT_QOS_CHANGE], 0);
	w->act[AT_CLIENT_MODIFIED] = propose_now; /* told now, so the next may come */
	assert_int_equal(world_modified(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	assert_int_equal(w->result, CO_STATUS_PENDING);
	world_expect(w, "co_cl_modify_call_qos cm.modify_call_qos "
			"co_@_dispatch_incoming_call_qos_change co_@_modify_call_qos_complete "
			"client.modify_call_qos_complete co_@_dispatch_incoming_call_qos_change "
			"client.incoming_call_qos_change cm.incoming_call_qos_change_complete");
	end_call(w);
}

static void
modify_until_told(struct world *w)
{
	assert_int_equal(world_modify(w), CO_STATUS_PENDING);
	w->result = world_modify(w);
}

static void
complete_with_elements(struct world *w)
{
	static const uint8_t octets[] = { 1, 2 };

	w->qos.elements = octets;
	w->qos.elements_size = sizeof(octets);
	assert_int_equal(world_modified(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
}

/* ASYNC-9, INQOS-3: complete, but the client cannot hear of it before its handler has returned. */
static void
a_change_asked_for_inside_the_handler_is_told_after_it(void **state)
{
	struct world *w = *state;
	struct co_census census;

	world_up(w);
	w->act[AT_CLIENT_QOS_CHANGE] = modify_until_told;
	w->act[AT_CM_MODIFY] = complete_with_elements;
	w->answer[AT_CM_MODIFY] = CO_STATUS_PENDING;
	assert_int_equal(world_qos_change(w), CO_STATUS_REQUEST_ABORTED);
	assert_int_equal(w->result, CO_STATUS_NOT_ACCEPTED);
	world_expect(w, "co_@_dispatch_incoming_call_qos_change client.incoming_call_qos_change "
			"co_cl_modify_call_qos cm.modify_call_qos co_@_modify_call_qos_complete "
			"co_cl_modify_call_qos client.modify_call_qos_complete");
	assert_null(w->qos.elements);
	co_census(w->co, &census);
	assert_int_equal(census.n_data_lost, 1);
	end_call(w);
}

static void
complete_then_propose(struct world *w)
{
	w->act[AT_CM_MODIFY] = NULL;
	assert_int_equal(world_modified(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	w->result = world_qos_change(w);
}

/* INQOS-5, ASYNC-9 */
static void
a_change_asked_for_inside_the_handler_waits_for_a_busy_call_manager(void **state)
{
	struct world *w = *state;

	world_up(w);
	w->act[AT_CM_MODIFY] = complete_then_propose;
	w->answer[AT_CM_MODIFY] = CO_STATUS_PENDING;
	w->act[AT_CLIENT_QOS_CHANGE] = modify_now;
	assert_int_equal(world_modify(w), CO_STATUS_PENDING);
	assert_int_equal(w->result, CO_STATUS_REQUEST_ABORTED);
	assert_int_equal(w->n[AT_CM_MODIFY], 2);
	assert_int_equal(world_modified(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	assert_int_equal(w->n[AT_CLIENT_MODIFIED], 2);
	end_call(w);
}

/* ---- What has to wait. ---- */

static void
propose_with_elements(struct world *w)
{
	static const uint8_t octets[] = { 1, 2 };

	w->qos.elements = octets;
	w->qos.elements_size = sizeof(octets);
	propose_now(w);
	assert_int_equal(world_qos_change(w), CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(world_modify(w), CO_STATUS_NOT_ACCEPTED); /* the client has not heard */
}

/* ASYNC-9, INQOS-4: a client inside call_connected is told after it; the elements are dead then. */
static void
a_change_waits_for_a_busy_client_and_is_answered_by_completion(void **state)
{
	struct world *w = *state;
	struct co_census census;

	world_accepted(w);
	w->act[AT_CLIENT_CONNECTED] = propose_with_elements;
	assert_int_equal(world_connect(w), CO_STATUS_SUCCESS);
	assert_int_equal(w->result, CO_STATUS_PENDING);
	world_expect(w, "co_@_dispatch_call_connected client.call_connected "
			"co_@_dispatch_incoming_call_qos_change "
			"co_@_dispatch_incoming_call_qos_change co_cl_modify_call_qos "
			"client.incoming_call_qos_change cm.incoming_call_qos_change_complete");
	assert_int_equal(w->status[AT_CM_QOS_ANSWER], CO_STATUS_SUCCESS);
	assert_ptr_equal(w->given, &w->qos);
	assert_null(w->qos.elements);
	co_census(w->co, &census);
	assert_int_equal(census.n_data_lost, 1);
	world_closing(w);
	world_finish_close(w);
	assert_int_equal(world_delete_by_cm(w), CO_STATUS_SUCCESS);
	world_expect_empty(w);
}

/* INQOS-4 */
static void
a_change_that_has_waited_may_pend(void **state)
{
	struct world *w = *state;

	world_accepted(w);
	w->act[AT_CLIENT_CONNECTED] = propose_now;
	w->answer[AT_CLIENT_QOS_CHANGE] = CO_STATUS_PENDING;
	assert_int_equal(world_connect(w), CO_STATUS_SUCCESS);
	assert_int_equal(w->n[AT_CLIENT_QOS_CHANGE], 1);
	assert_int_equal(w->n[AT_CM_QOS_ANSWER], 0);
	assert_int_equal(world_qos_answer(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	assert_int_equal(w->n[AT_CM_QOS_ANSWER], 1);
	world_closing(w);
	world_finish_close(w);
	assert_int_equal(world_delete_by_cm(w), CO_STATUS_SUCCESS);
	world_expect_empty(w);
}

/* INQOS-3, INQOS-5 */
static void
a_change_that_has_waited_is_refused_by_asking_for_another(void **state)
{
	struct world *w = *state;

	world_accepted(w);
	w->act[AT_CLIENT_CONNECTED] = propose_now;
	w->act[AT_CLIENT_QOS_CHANGE] = modify_now;
	assert_int_equal(world_connect(w), CO_STATUS_SUCCESS);
	world_expect(w, "co_@_dispatch_call_connected client.call_connected "
			"co_@_dispatch_incoming_call_qos_change client.incoming_call_qos_change "
			"co_cl_modify_call_qos cm.modify_call_qos "
			"cm.incoming_call_qos_change_complete");
	assert_int_equal(w->status[AT_CM_QOS_ANSWER], CO_STATUS_REQUEST_ABORTED);
	world_closing(w);
	world_finish_close(w);
	assert_int_equal(world_delete_by_cm(w), CO_STATUS_SUCCESS);
	world_expect_empty(w);
}

static void
answer_now(struct world *w)
{
	w->act[AT_CM_MODIFY] = NULL;
	w->result = world_qos_change(w);
	assert_int_equal(w->result, CO_STATUS_NOT_ACCEPTED); /* it has the client's own */
	assert_int_equal(world_modified(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	w->answer[AT_CLIENT_QOS_CHANGE] = CO_STATUS_PENDING;
	assert_int_equal(world_qos_change(w), CO_STATUS_PENDING);
	assert_int_equal(world_qos_answer(w, CO_STATUS_FAILURE), CO_STATUS_SUCCESS);
	assert_int_equal(world_qos_change(w), CO_STATUS_NOT_ACCEPTED); /* it has not heard yet */
	assert_int_equal(world_modify(w), CO_STATUS_PENDING);          /* and this comes after it */
}

/* ASYNC-9 */
static void
an_answer_waits_for_a_busy_call_manager(void **state)
{
	struct world *w = *state;

	world_up(w);
	w->act[AT_CM_MODIFY] = answer_now;
	w->answer[AT_CM_MODIFY] = CO_STATUS_PENDING;
	assert_int_equal(world_modify(w), CO_STATUS_PENDING);
	world_expect(w, "co_cl_modify_call_qos cm.modify_call_qos "
			"co_@_dispatch_incoming_call_qos_change co_@_modify_call_qos_complete "
			"client.modify_call_qos_complete co_@_dispatch_incoming_call_qos_change "
			"client.incoming_call_qos_change co_cl_incoming_call_qos_change_complete "
			"co_@_dispatch_incoming_call_qos_change co_cl_modify_call_qos "
			"cm.incoming_call_qos_change_complete cm.modify_call_qos");
	assert_int_equal(w->status[AT_CM_QOS_ANSWER], CO_STATUS_FAILURE);
	assert_int_equal(world_modified(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	end_call(w);
}

/* ---- A change and the end of its call. ---- */

static void
propose_then_close(struct world *w)
{
	assert_int_equal(world_qos_change(w), CO_STATUS_PENDING);
	close_now(w);
}

/* RACE-8 */
static void
a_change_that_waits_is_not_told_after_the_close(void **state)
{
	struct world *w = *state;

	world_accepted(w);
	w->act[AT_CLIENT_CONNECTED] = propose_then_close;
	w->answer[AT_CM_CLOSE] = CO_STATUS_PENDING;
	assert_int_equal(world_connect(w), CO_STATUS_SUCCESS);
	assert_int_equal(w->n[AT_CLIENT_QOS_CHANGE], 0);
	assert_int_equal(w->n[AT_CM_QOS_ANSWER], 0);
	world_finish_close(w);
	assert_int_equal(world_delete_by_cm(w), CO_STATUS_SUCCESS);
	world_expect_empty(w);
}

/* RACE-9, CLOSE-34 */
static void
a_close_inside_the_handler_of_a_change_that_waited_is_the_answer(void **state)
{
	struct world *w = *state;

	world_accepted(w);
	w->act[AT_CLIENT_CONNECTED] = propose_now;
	w->act[AT_CLIENT_QOS_CHANGE] = close_now;
	w->answer[AT_CM_CLOSE] = CO_STATUS_PENDING;
	assert_int_equal(world_connect(w), CO_STATUS_SUCCESS);
	assert_int_equal(w->n[AT_CLIENT_QOS_CHANGE], 1);
	assert_int_equal(w->n[AT_CM_CLOSE], 1);
	assert_int_equal(w->n[AT_CM_QOS_ANSWER], 0);
	world_finish_close(w);
	assert_int_equal(world_delete_by_cm(w), CO_STATUS_SUCCESS);
	world_expect_empty(w);
}

static void
propose_then_release(struct world *w)
{
	assert_int_equal(world_qos_change(w), CO_STATUS_PENDING);
	assert_int_equal(world_incoming_close(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
}

/* INQOS-1, INCLOSE-6 */
static void
a_change_that_waits_is_not_told_after_an_incoming_close(void **state)
{
	struct world *w = *state;

	world_accepted(w);
	w->act[AT_CLIENT_CONNECTED] = propose_then_release;
	assert_int_equal(world_connect(w), CO_STATUS_SUCCESS);
	assert_int_equal(w->n[AT_CLIENT_QOS_CHANGE], 0);
	assert_int_equal(w->n[AT_CM_QOS_ANSWER], 0);
	assert_int_equal(w->n[AT_CLIENT_INCOMING_CLOSE], 1);
	world_closing(w);
	world_finish_close(w);
	assert_int_equal(world_delete_by_cm(w), CO_STATUS_SUCCESS);
	world_expect_empty(w);
}

/* RACE-8 */
static void
an_answer_after_the_close_is_too_late(void **state)
{
	struct world *w = *state;

	asked(w);
	world_closing(w);
	assert_int_equal(world_qos_answer(w, CO_STATUS_SUCCESS), CO_STATUS_CLOSING);
	world_finish_close(w);
	assert_int_equal(world_qos_answer(w, CO_STATUS_SUCCESS), CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(w->n[AT_CM_QOS_ANSWER], 0);
	assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
	world_expect_empty(w);
}

/* RACE-8, DEACT-9 */
static void
an_answer_of_a_past_call_is_none_of_the_next(void **state)
{
	struct world *w = *state;

	asked(w);
	w->act[AT_CM_CLOSE] = deactivate_now;
	assert_int_equal(world_close(w), CO_STATUS_SUCCESS);
	w->act[AT_CM_CLOSE] = NULL;
	w->answer[AT_CM_MAKE] = CO_STATUS_PENDING;
	assert_int_equal(world_make(w), CO_STATUS_PENDING);
	assert_int_equal(world_activate(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_made(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	assert_int_equal(world_qos_answer(w, CO_STATUS_SUCCESS), CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(world_qos_change(w), CO_STATUS_SUCCESS);
	assert_int_equal(w->n[AT_CM_QOS_ANSWER], 0);
	end_call(w);
}

/* INCLOSE-6 */
static void
an_answer_after_an_incoming_close_is_too_late(void **state)
{
	struct world *w = *state;

	asked(w);
	assert_int_equal(world_incoming_close(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	assert_int_equal(world_qos_answer(w, CO_STATUS_SUCCESS), CO_STATUS_CLOSING);
	assert_int_equal(w->n[AT_CM_QOS_ANSWER], 0);
	end_call(w);
}

static void
answer_then_close(struct world *w)
{
	assert_int_equal(world_modified(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	w->answer[AT_CLIENT_QOS_CHANGE] = CO_STATUS_PENDING;
	assert_int_equal(world_qos_change(w), CO_STATUS_PENDING);
	assert_int_equal(world_qos_answer(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	assert_int_equal(world_close(w), CO_STATUS_PENDING);
}

/* RACE-8: the call manager sees the close, and that is the answer. */
static void
an_answer_that_waits_is_void_after_the_close(void **state)
{
	struct world *w = *state;

	world_up(w);
	w->act[AT_CM_MODIFY] = answer_then_close;
	w->answer[AT_CM_MODIFY] = CO_STATUS_PENDING;
	w->answer[AT_CM_CLOSE] = CO_STATUS_PENDING;
	assert_int_equal(world_modify(w), CO_STATUS_PENDING);
	assert_int_equal(w->n[AT_CM_QOS_ANSWER], 0);
	assert_int_equal(w->n[AT_CM_CLOSE], 1);
	world_finish_close(w);
	assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
	world_expect_empty(w);
}

/* OBJ-8, OBJ-9 */
static void
a_change_of_another_family_or_of_nobody_is_refused(void **state)
{
	struct world *w = *state;
	struct co_census before, after;

	asked(w);
	w->mcm = !w->mcm;
	assert_int_equal(world_qos_change(w), CO_STATUS_NOT_SUPPORTED);
	w->mcm = !w->mcm;
	assert_int_equal(world_qos_answer(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	end_call(w);
	co_census(w->co, &before);
	assert_int_equal(world_qos_change(w), CO_STATUS_FAILURE);
	assert_int_equal(world_qos_answer(w, CO_STATUS_SUCCESS), CO_STATUS_FAILURE);
	co_census(w->co, &after);
	assert_int_equal(after.n_stale - before.n_stale, 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(a_client_accepts_by_returning),
		CM(no_change_is_told_that_the_miniport_has_not_taken),
		BOTH(only_a_call_that_is_up_hears_of_a_change),
		BOTH(a_change_after_a_close_that_waits_is_not_told),
		BOTH(a_change_asked_for_inside_the_handler_is_the_answer),
		BOTH(a_change_asked_for_inside_the_handler_that_fails_at_once_is_no_answer),
		BOTH(a_close_inside_the_handler_is_known_when_it_returns),
		BOTH(a_vc_that_goes_inside_the_handler_is_closing_for_who_proposed),
		BOTH(a_close_that_fails_inside_the_handler_is_no_answer),
		BOTH(a_client_that_does_not_accept_has_refused),
		BOTH(an_answer_that_was_pended_reaches_the_call_manager_once),
		BOTH(a_refusal_that_was_pended_reaches_the_call_manager),
		BOTH(an_answer_from_inside_the_handler_is_that_of_the_dispatch),
		BOTH(a_second_change_waits_for_the_answer_to_the_first),
		BOTH(where_changes_cross_the_clients_own_stands),
		BOTH(a_change_asked_for_inside_the_handler_is_told_after_it),
		BOTH(a_change_asked_for_inside_the_handler_waits_for_a_busy_call_manager),
		BOTH(a_change_waits_for_a_busy_client_and_is_answered_by_completion),
		BOTH(a_change_that_has_waited_may_pend),
		BOTH(a_change_that_has_waited_is_refused_by_asking_for_another),
		BOTH(an_answer_waits_for_a_busy_call_manager),
		BOTH(a_change_that_waits_is_not_told_after_the_close),
		BOTH(a_close_inside_the_handler_of_a_change_that_waited_is_the_answer),
		BOTH(a_change_that_waits_is_not_told_after_an_incoming_close),
		BOTH(an_answer_after_the_close_is_too_late),
		BOTH(an_answer_of_a_past_call_is_none_of_the_next),
		BOTH(an_answer_after_an_incoming_close_is_too_late),
		BOTH(an_answer_that_waits_is_void_after_the_close),
		BOTH(a_change_of_another_family_or_of_nobody_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
