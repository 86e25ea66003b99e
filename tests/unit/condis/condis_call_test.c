/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "world.h"

#include <cmocka.h>

/* Making and taking calls, and their packets: contract 4.5, 4.6, 4.16. */

/* MAKE-3, OBJ-1, ASYNC-10 */
static void
the_client_gets_back_what_the_call_manager_changed(void **state)
{
	struct world *w = *state;
	struct co_call_params changed;

	world_making(w);
	assert_ptr_equal(w->given, &w->params);
	changed = w->params;
	changed.flags = CO_CALL_F_CHANGED;
	changed.tx.token_rate = 5;
	assert_int_equal(
		w->mcm ? co_mcm_make_call_complete(w->co, w->vc, CO_STATUS_SUCCESS, &changed)
		       : co_cm_make_call_complete(w->co, w->vc, CO_STATUS_SUCCESS, &changed),
		CO_STATUS_SUCCESS);
	assert_int_equal(w->ctx[AT_CLIENT_MADE], WORLD_CLIENT_CTX);
	assert_int_equal(w->given->flags, CO_CALL_F_CHANGED);
	assert_int_equal(w->params.tx.token_rate, 5);
}

/* MAKE-4, ACT-2: neither way. */
static void
no_call_is_made_without_an_active_vc(void **state)
{
	struct world *w = *state;

	assert_int_equal(world_create_by_client(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_make(w), CO_STATUS_FAILURE); /* the CM said SUCCESS */
	world_expect_states(w, CO_VC_CREATED, CO_CALL_IDLE);
	w->answer[AT_CM_MAKE] = CO_STATUS_PENDING;
	assert_int_equal(world_make(w), CO_STATUS_PENDING);
	assert_int_equal(world_made(w, CO_STATUS_SUCCESS), CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(world_activate(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_made(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
}

/* MAKE-5, MAKE-6, MAKE-7 */
static void
delete_now(struct world *w)
{
	w->result = world_delete_by_client(w);
}

static void
after_a_failed_make_call_the_client_deletes(void **state)
{
	struct world *w = *state;

	world_making(w);
	assert_int_equal(world_deactivate(w), CO_STATUS_SUCCESS);
	w->act[AT_CLIENT_MADE] = delete_now;
	assert_int_equal(world_made(w, CO_STATUS_FAILURE), CO_STATUS_SUCCESS);
	assert_int_equal(w->result, CO_STATUS_SUCCESS);
	world_expect_empty(w);
}

/* ASYNC-4 */
static void
make_at_once(struct world *w)
{
	w->answer[AT_CM_MAKE] = CO_STATUS_PENDING;
	assert_int_equal(world_activate(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_made(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
}

static void
a_completion_may_come_before_make_call_has_returned(void **state)
{
	struct world *w = *state;

	assert_int_equal(world_create_by_client(w), CO_STATUS_SUCCESS);
	w->act[AT_CM_MAKE] = make_at_once;
	assert_int_equal(world_make(w), CO_STATUS_PENDING);
	assert_int_equal(w->n[AT_CLIENT_MADE], 1);
	world_expect_states(w, CO_VC_ACTIVE, CO_CALL_UP);
}

/* INCALL-2, INCALL-3, INCALL-4 */
static void
an_offer_answered_at_once_has_no_completion(void **state)
{
	struct world *w = *state;

	assert_int_equal(world_create_by_cm(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_offer(w), CO_STATUS_SUCCESS);
	assert_ptr_equal(w->given, &w->params);
	world_expect_states(w, CO_VC_CREATED, CO_CALL_ACCEPTED);
	assert_int_equal(w->n[AT_CM_ANSWER], 0);
	assert_int_equal(world_answer(w, CO_STATUS_SUCCESS), CO_STATUS_NOT_ACCEPTED);
}

/* INCALL-2: answered from inside, and once. */
static void
answer_inside(struct world *w)
{
	struct co_call_params mine = { .flags = CO_CALL_F_CHANGED, .cause = 17 };

	assert_int_equal(co_cl_incoming_call_complete(w->co, w->vc, CO_STATUS_SUCCESS, &mine),
		CO_STATUS_SUCCESS);
	w->result = world_answer(w, CO_STATUS_FAILURE);
}

static void
an_answer_from_inside_the_handler_is_that_of_the_dispatch(void **state)
{
	struct world *w = *state;

	assert_int_equal(world_create_by_cm(w), CO_STATUS_SUCCESS);
	w->act[AT_CLIENT_OFFER] = answer_inside;
	w->answer[AT_CLIENT_OFFER] = CO_STATUS_PENDING;
	assert_int_equal(world_offer(w), CO_STATUS_SUCCESS);
	assert_int_equal(w->result, CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(w->n[AT_CM_ANSWER], 0);
	assert_int_equal(w->params.cause, 17);
	world_expect_states(w, CO_VC_CREATED, CO_CALL_ACCEPTED);
}

/* INCALL-1 */
static void
an_offer_needs_a_sap_of_the_address_family(void **state)
{
	struct world *w = *state;
	co_sap_t sap = w->sap;

	assert_int_equal(world_create_by_cm(w), CO_STATUS_SUCCESS);
	w->sap = CO_NONE;
	assert_int_equal(world_offer(w), CO_STATUS_FAILURE);
	w->sap = sap;
	world_expect_states(w, CO_VC_CREATED, CO_CALL_IDLE);
	assert_int_equal(w->n[AT_CLIENT_OFFER], 0);
}

/* INCALL-7, INCALL-9 */
static void
a_rejected_offer_leaves_a_vc_for_the_next(void **state)
{
	struct world *w = *state;

	assert_int_equal(world_create_by_cm(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_activate(w), CO_STATUS_SUCCESS);
	w->answer[AT_CLIENT_OFFER] = CO_STATUS_NOT_SUPPORTED;
	assert_int_equal(world_offer(w), CO_STATUS_NOT_SUPPORTED);
	assert_int_equal(world_close(w), CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(world_deactivate(w), CO_STATUS_SUCCESS);
	w->answer[AT_CLIENT_OFFER] = CO_STATUS_SUCCESS;
	assert_int_equal(world_offer(w), CO_STATUS_SUCCESS);
}

/* INCALL-8 */
static void
a_far_end_that_goes_after_acceptance_is_told_instead_of_connected(void **state)
{
	struct world *w = *state;

	world_accepted(w);
	assert_int_equal(world_incoming_close(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	assert_int_equal(world_connect(w), CO_STATUS_NOT_ACCEPTED);
	world_closing(w);
	world_finish_close(w);
	assert_int_equal(w->n[AT_CLIENT_CONNECTED], 0);
	assert_int_equal(world_delete_by_cm(w), CO_STATUS_SUCCESS);
	world_expect_empty(w);
}

/* SEND-1, SEND-2, SEND-4, SEND-6: in order down, any grouping up. */
static void
packets_go_down_in_order_with_their_vc_and_come_back(void **state)
{
	struct co_packet packets[3] = { 0 };
	struct co_packet *down[3] = { &packets[0], &packets[1], &packets[2] };
	struct world *w = *state;
	struct co_vc_info info;

	world_up(w);
	co_send(w->co, w->vc, down, 3);
	assert_int_equal(w->n_packets, 3);
	assert_ptr_equal(w->packets[0], &packets[0]);
	assert_ptr_equal(w->packets[2], &packets[2]);
	assert_int_equal(packets[1].vc, w->vc);
	assert_int_equal(w->ctx[AT_MINIPORT_SEND], w->mcm ? WORLD_CM_CTX : WORLD_MINIPORT_CTX);
	packets[2].status = CO_STATUS_FAILURE;
	world_sent(w, &packets[2]);
	assert_int_equal(w->status[AT_CLIENT_SENT], CO_STATUS_FAILURE);
	co_m_send_complete(w->co, w->vc, down, 2);
	assert_int_equal(w->n[AT_CLIENT_SENT], 2);
	assert_int_equal(co_vc_query(w->co, w->vc, &info), CO_STATUS_SUCCESS);
	assert_int_equal(info.sends_out, 0);
	world_sent(w, &packets[0]); /* one too many */
	assert_int_equal(w->n[AT_CLIENT_SENT], 2);
}

/* SEND-9 */
static void
a_vc_carries_only_the_directions_that_it_was_activated_for(void **state)
{
	struct co_packet packet = { 0 };
	struct world *w = *state;

	w->media.flags = 0;
	world_up(w);
	world_send(w, &packet);
	assert_int_equal(packet.status, CO_STATUS_FAILURE);
	world_receive(w, &packet);
	assert_int_equal(w->n[AT_MINIPORT_SEND] + w->n[AT_CLIENT_RECEIVE], 0);
	assert_int_equal(w->n[AT_MINIPORT_RETURN], 1);
}

/* RECV-1, RECV-2, RECV-3, DEACT-4 */
static void
received_packets_may_be_kept_and_go_back_once(void **state)
{
	struct co_packet packets[2] = { 0 };
	struct world *w = *state;

	world_up(w);
	world_receive(w, &packets[0]);
	world_receive(w, &packets[1]);
	assert_int_equal(w->n[AT_CLIENT_RECEIVE], 2);
	world_return(w, &packets[1]);
	world_return(w, &packets[0]);
	world_return(w, &packets[0]); /* one too many */
	assert_int_equal(w->n[AT_MINIPORT_RETURN], 2);
	world_closing(w);
	world_finish_close(w);
	world_receive(w, &packets[0]);
	assert_int_equal(w->n[AT_CLIENT_RECEIVE], 2);
	assert_int_equal(w->n[AT_MINIPORT_RETURN], 3);
}

/* DEACT-2, UNB-12: what a miniport leaves outside is counted. */
static void
a_deactivation_that_ends_with_packets_outside_is_counted(void **state)
{
	struct co_packet packet = { 0 };
	struct world *w = *state;
	struct co_census census;

	world_up(w);
	world_receive(w, &packet);
	assert_int_equal(world_deactivate(w), CO_STATUS_SUCCESS);
	co_census(w->co, &census);
	assert_int_equal(census.n_drain_violations, 1);
	world_return(w, &packet);
}

/* OID-1 */
static void
an_oid_request_goes_to_the_miniport_under_the_vc(void **state)
{
	struct world *w = *state;

	world_up(w);
	w->answer[AT_MINIPORT_OID] = CO_STATUS_INVALID_OID;
	assert_int_equal(
		co_oid_request(w->co, w->vc, CO_OID_VC_STATISTICS, NULL, 0), CO_STATUS_INVALID_OID);
	assert_int_equal(w->ctx[AT_MINIPORT_OID], w->mcm ? WORLD_CM_CTX : WORLD_MINIPORT_CTX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(the_client_gets_back_what_the_call_manager_changed),
		BOTH(no_call_is_made_without_an_active_vc),
		BOTH(after_a_failed_make_call_the_client_deletes),
		BOTH(a_completion_may_come_before_make_call_has_returned),
		BOTH(an_offer_answered_at_once_has_no_completion),
		BOTH(an_answer_from_inside_the_handler_is_that_of_the_dispatch),
		BOTH(an_offer_needs_a_sap_of_the_address_family),
		BOTH(a_rejected_offer_leaves_a_vc_for_the_next),
		BOTH(a_far_end_that_goes_after_acceptance_is_told_instead_of_connected),
		BOTH(packets_go_down_in_order_with_their_vc_and_come_back),
		BOTH(a_vc_carries_only_the_directions_that_it_was_activated_for),
		BOTH(received_packets_may_be_kept_and_go_back_once),
		CM(a_deactivation_that_ends_with_packets_outside_is_counted),
		BOTH(an_oid_request_goes_to_the_miniport_under_the_vc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
