/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "world.h"

#include <cmocka.h>

/* Contract 2.6: what an illegal request gets; and nothing but a counter has changed. */

static void
expect_refused(struct world *w, enum co_status (*request)(struct world *w), enum co_status status)
{
	struct co_census before, after;
	struct co_vc_info was, is;

	co_census(w->co, &before);
	assert_int_equal(co_vc_query(w->co, w->vc, &was), CO_STATUS_SUCCESS);
	assert_int_equal(request(w), status);
	co_census(w->co, &after);
	assert_int_equal(co_vc_query(w->co, w->vc, &is), CO_STATUS_SUCCESS);
	assert_int_equal(is.vc_state, was.vc_state);
	assert_int_equal(is.call_state, was.call_state);
	assert_true(
		after.n_illegal + after.n_early_deletes + after.n_unexpected_completions ==
		before.n_illegal + before.n_early_deletes + before.n_unexpected_completions + 1);
}

static void
make_call_needs_a_vc_of_the_client(void **state)
{
	struct world *w = *state;

	assert_int_equal(world_create_by_cm(w), CO_STATUS_SUCCESS);
	expect_refused(w, world_make, CO_STATUS_FAILURE);
	assert_int_equal(w->n[AT_CM_MAKE], 0);
}

static void
make_call_needs_an_idle_call(void **state)
{
	struct world *w = *state;

	world_making(w);
	expect_refused(w, world_make, CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(world_made(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	expect_refused(w, world_make, CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(world_incoming_close(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	expect_refused(w, world_make, CO_STATUS_NOT_ACCEPTED);
}

static void
make_call_on_a_closing_vc_is_refused_until_it_is_deactivated(void **state)
{
	struct world *w = *state;

	world_up(w);
	world_closing(w);
	expect_refused(w, world_make, CO_STATUS_CLOSING);
	assert_int_equal(world_closed(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	world_expect_states(w, CO_VC_ACTIVE, CO_CALL_RELEASED);
	expect_refused(w, world_make, CO_STATUS_CLOSING);
	if (!w->mcm) {
		w->answer[AT_MINIPORT_DEACTIVATE] = CO_STATUS_PENDING;
		assert_int_equal(world_deactivate(w), CO_STATUS_PENDING);
		expect_refused(w, world_make, CO_STATUS_CLOSING);
		assert_int_equal(world_deactivated(w), CO_STATUS_SUCCESS);
	} else {
		assert_int_equal(world_deactivate(w), CO_STATUS_SUCCESS);
	}
	w->answer[AT_CM_MAKE] = CO_STATUS_PENDING;
	assert_int_equal(world_make(w), CO_STATUS_PENDING); /* CLOSE-23, DEACT-9 */
}

static void
close_call_needs_a_call(void **state)
{
	struct world *w = *state;

	assert_int_equal(world_create_by_client(w), CO_STATUS_SUCCESS);
	expect_refused(w, world_close, CO_STATUS_NOT_ACCEPTED);
}

static void
an_offer_is_answered_not_closed(void **state)
{
	struct world *w = *state;

	world_offered(w);
	expect_refused(w, world_close, CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(w->n[AT_CM_CLOSE], 0);
}

/* CLOSE-2: the call manager sees one close. */
static void
a_second_close_is_refused(void **state)
{
	struct world *w = *state;

	world_up(w);
	world_closing(w);
	expect_refused(w, world_close, CO_STATUS_CLOSING);
	assert_int_equal(world_closed(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	world_expect_states(w, CO_VC_ACTIVE, CO_CALL_RELEASED);
	expect_refused(w, world_close, CO_STATUS_CLOSING);
	assert_int_equal(w->n[AT_CM_CLOSE], 1);
}

/* CLOSE-27 */
static void
close_call_with_sends_outstanding_is_refused(void **state)
{
	struct co_packet packet = { 0 };
	struct world *w = *state;

	world_up(w);
	world_send(w, &packet);
	expect_refused(w, world_close, CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(w->n[AT_CM_CLOSE], 0);
	world_sent(w, &packet);
	assert_int_equal(world_close(w), CO_STATUS_SUCCESS);
}

/* CLOSE-6, CLOSE-13 */
static void
close_call_with_a_party_or_with_half_its_data_is_refused(void **state)
{
	const uint8_t octet = 1;
	const struct co_data none = { NULL, 0 }, no_size = { &octet, 0 }, no_octets = { NULL, 1 };
	struct world *w = *state;

	world_up(w);
	assert_int_equal(co_cl_close_call(w->co, w->vc, 1, none), CO_STATUS_FAILURE);
	assert_int_equal(co_cl_close_call(w->co, w->vc, CO_NONE, no_size), CO_STATUS_INVALID_DATA);
	assert_int_equal(
		co_cl_close_call(w->co, w->vc, CO_NONE, no_octets), CO_STATUS_INVALID_DATA);
	world_expect(w, "");
	world_expect_states(w, CO_VC_ACTIVE, CO_CALL_UP);
}

static void
activation_during_deactivation_is_refused(void **state)
{
	struct world *w = *state;

	world_up(w);
	world_closing(w);
	w->answer[AT_MINIPORT_DEACTIVATE] = CO_STATUS_PENDING;
	assert_int_equal(world_deactivate(w), CO_STATUS_PENDING);
	expect_refused(w, world_activate, CO_STATUS_CLOSING);
	expect_refused(w, world_deactivate, CO_STATUS_NOT_ACCEPTED);
}

/* DEACT-11 */
static void
an_inactive_vc_is_not_deactivated(void **state)
{
	struct world *w = *state;

	assert_int_equal(world_create_by_client(w), CO_STATUS_SUCCESS);
	expect_refused(w, world_deactivate, CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(world_activate(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_deactivate(w), CO_STATUS_SUCCESS);
	expect_refused(w, world_deactivate, CO_STATUS_NOT_ACCEPTED);
}

/* One request to the miniport at a time. */
static void
a_vc_whose_activation_is_out_is_neither_activated_nor_deactivated_nor_deleted(void **state)
{
	struct world *w = *state;

	assert_int_equal(world_create_by_client(w), CO_STATUS_SUCCESS);
	w->answer[AT_MINIPORT_ACTIVATE] = CO_STATUS_PENDING;
	assert_int_equal(world_activate(w), CO_STATUS_PENDING);
	expect_refused(w, world_activate, CO_STATUS_NOT_ACCEPTED);
	expect_refused(w, world_deactivate, CO_STATUS_NOT_ACCEPTED);
	expect_refused(w, world_delete_by_client, CO_STATUS_NOT_ACCEPTED);
}

/* DEL-1 */
static void
only_the_creator_deletes(void **state)
{
	struct world *w = *state;

	assert_int_equal(world_create_by_client(w), CO_STATUS_SUCCESS);
	expect_refused(w, world_delete_by_cm, CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_create_by_cm(w), CO_STATUS_SUCCESS);
	expect_refused(w, world_delete_by_client, CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(world_delete_by_cm(w), CO_STATUS_SUCCESS);
	world_expect_empty(w);
}

/* DEL-2, DEL-3 */
static void
a_vc_in_use_is_not_deleted(void **state)
{
	struct world *w = *state;

	world_making(w);
	expect_refused(w, world_delete_by_client, CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(world_made(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	expect_refused(w, world_delete_by_client, CO_STATUS_NOT_ACCEPTED);
	world_closing(w);
	assert_int_equal(world_closed(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	expect_refused(w, world_delete_by_client, CO_STATUS_NOT_ACCEPTED); /* DEL-9 */
	if (!w->mcm) {
		w->answer[AT_MINIPORT_DEACTIVATE] = CO_STATUS_PENDING;
		assert_int_equal(world_deactivate(w), CO_STATUS_PENDING);
		expect_refused(w, world_delete_by_client, CO_STATUS_CLOSING);
		assert_int_equal(world_deactivated(w), CO_STATUS_SUCCESS);
	} else {
		assert_int_equal(world_deactivate(w), CO_STATUS_SUCCESS);
	}
	assert_int_equal(w->n[AT_CM_DELETE], 0);
	assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
	world_expect_empty(w);
}

static void
expect_send(struct world *w, enum co_status status)
{
	struct co_packet packet = { 0 };

	world_forget(w);
	world_send(w, &packet);
	world_expect(w, "co_send client.send_complete");
	assert_int_equal(packet.status, status);
}

/* SEND-1, CLOSE-28, INCALL-6, INCLOSE-6 */
static void
a_send_out_of_place_comes_back_with_the_reason(void **state)
{
	struct world *w = *state;

	world_accepted(w);
	expect_send(w, CO_STATUS_FAILURE);
	assert_int_equal(world_connect(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_incoming_close(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	expect_send(w, CO_STATUS_CLOSING);
	world_closing(w);
	expect_send(w, CO_STATUS_CLOSING);
	world_finish_close(w);
	expect_send(w, CO_STATUS_FAILURE);
	assert_int_equal(w->n[AT_MINIPORT_SEND], 0);
}

/* AF-12, AF-13, AF-14, SAP-5 */
static void
an_address_family_in_use_or_closing_is_not_closed(void **state)
{
	struct world *w = *state;

	assert_int_equal(co_cl_close_address_family(w->co, w->af), CO_STATUS_FAILURE);
	w->answer[AT_CM_NO_SAP] = CO_STATUS_PENDING;
	assert_int_equal(co_cl_deregister_sap(w->co, w->sap), CO_STATUS_PENDING);
	assert_int_equal(co_cl_deregister_sap(w->co, w->sap), CO_STATUS_FAILURE);
	assert_int_equal(w->mcm ? co_mcm_deregister_sap_complete(w->co, w->sap)
				: co_cm_deregister_sap_complete(w->co, w->sap),
		CO_STATUS_SUCCESS);
	assert_int_equal(co_cl_deregister_sap(w->co, w->sap), CO_STATUS_FAILURE);
	assert_int_equal(world_create_by_client(w), CO_STATUS_SUCCESS);
	assert_int_equal(co_cl_close_address_family(w->co, w->af), CO_STATUS_FAILURE);
	assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
	w->answer[AT_CM_CLOSE_AF] = CO_STATUS_PENDING;
	assert_int_equal(co_cl_close_address_family(w->co, w->af), CO_STATUS_PENDING);
	assert_int_equal(co_cl_close_address_family(w->co, w->af), CO_STATUS_FAILURE);
	assert_int_equal(w->n[AT_CM_CLOSE_AF], 1);
}

/* RACE-6, RACE-16, ACT-3: the client hears nothing. */
static void
a_dispatch_out_of_place_is_refused(void **state)
{
	const struct co_data none = { NULL, 0 };
	struct world *w = *state;

	world_making(w);
	expect_refused(w, world_connect, CO_STATUS_NOT_ACCEPTED);
	expect_refused(w, world_offer, CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(
		w->mcm ? co_mcm_dispatch_incoming_close_call(w->co, w->vc, CO_STATUS_SUCCESS, none)
		       : co_cm_dispatch_incoming_close_call(w->co, w->vc, CO_STATUS_SUCCESS, none),
		CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(world_made(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	expect_refused(w, world_connect, CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(world_incoming_close(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	expect_refused(w, world_connect, CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(w->n[AT_CLIENT_CONNECTED], 0);
	assert_int_equal(w->n[AT_CLIENT_INCOMING_CLOSE], 1);
}

static void
a_call_is_connected_only_on_an_active_vc(void **state)
{
	struct world *w = *state;

	assert_int_equal(world_create_by_cm(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_offer(w), CO_STATUS_SUCCESS);
	expect_refused(w, world_connect, CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(world_activate(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_connect(w), CO_STATUS_SUCCESS);
}

/* ASYNC-3, ASYNC-5 */
static void
a_completion_of_what_does_not_pend_changes_nothing(void **state)
{
	struct world *w = *state;

	assert_int_equal(world_create_by_client(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_made(w, CO_STATUS_FAILURE), CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(world_closed(w, CO_STATUS_SUCCESS), CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(world_activated(w, CO_STATUS_SUCCESS), CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(world_deactivated(w), CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(world_answer(w, CO_STATUS_SUCCESS), CO_STATUS_NOT_ACCEPTED);
	world_expect_states(w, CO_VC_CREATED, CO_CALL_IDLE);
	assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
	world_making(w);
	assert_int_equal(world_made(w, CO_STATUS_PENDING), CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(world_made(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	assert_int_equal(world_made(w, CO_STATUS_SUCCESS), CO_STATUS_NOT_ACCEPTED);
	world_closing(w);
	assert_int_equal(world_closed(w, CO_STATUS_PENDING), CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(world_closed(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	assert_int_equal(world_closed(w, CO_STATUS_SUCCESS), CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(w->n[AT_CLIENT_MADE], 1);
	assert_int_equal(w->n[AT_CLIENT_CLOSED], 1);
}

/* OBJ-9 */
static void
a_call_manager_of_one_kind_may_not_use_the_functions_of_the_other(void **state)
{
	struct world *w = *state;

	world_up(w);
	world_closing(w);
	w->mcm = !w->mcm;
	expect_refused(w, world_deactivate, CO_STATUS_NOT_SUPPORTED);
	expect_refused(w, world_activate, CO_STATUS_NOT_SUPPORTED);
	assert_int_equal(world_closed(w, CO_STATUS_SUCCESS), CO_STATUS_NOT_SUPPORTED);
	assert_int_equal(world_made(w, CO_STATUS_SUCCESS), CO_STATUS_NOT_SUPPORTED);
	assert_int_equal(world_connect(w), CO_STATUS_NOT_SUPPORTED);
	assert_int_equal(world_incoming_close(w, CO_STATUS_SUCCESS), CO_STATUS_NOT_SUPPORTED);
	assert_int_equal(world_offer(w), CO_STATUS_NOT_SUPPORTED);
	w->mcm = !w->mcm;
	world_finish_close(w);
	assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
	world_expect_empty(w);
}

/* OBJ-8, VC-6 */
static void
a_vc_that_is_gone_or_for_signalling_is_no_clients_and_has_no_call(void **state)
{
	struct world *w = *state;
	co_vc_t signalling = CO_NONE;
	co_ctx_t ctx = 0;

	world_up(w);
	assert_int_equal(co_vc_call_state(w->co, w->vc), CO_CALL_UP);
	assert_int_equal(co_vc_client(w->co, w->vc, &ctx), w->client);
	assert_int_equal(ctx, WORLD_CLIENT_CTX);
	assert_int_equal(co_vc_call_state(w->co, w->vc ^ CP_HANDLE_GENERATION), CO_CALL_IDLE);
	assert_int_equal(co_vc_client(w->co, w->vc ^ CP_HANDLE_GENERATION, &ctx), CO_NONE);
	assert_int_equal(co_vc_client(w->co, CO_NONE, &ctx), CO_NONE);
	if (w->mcm)
		return; /* it has no signalling VC */
	assert_int_equal(co_create_vc(w->co, w->cm_binding, CO_NONE, WORLD_CM_CTX, &signalling),
		CO_STATUS_SUCCESS);
	assert_int_equal(co_vc_client(w->co, signalling, &ctx), CO_NONE);
	assert_int_equal(co_vc_call_state(w->co, signalling), CO_CALL_IDLE);
	assert_int_equal(co_delete_vc(w->co, w->cm_binding, signalling), CO_STATUS_SUCCESS);
}

/* OBJ-8 */
static void
a_stale_handle_reaches_no_handler(void **state)
{
	const struct co_data none = { NULL, 0 };
	struct co_packet packet = { 0 };
	struct world *w = *state;
	struct co_census census;

	assert_int_equal(world_create_by_client(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
	memset(w->n, 0, sizeof(w->n));
	assert_int_equal(world_make(w), CO_STATUS_FAILURE);
	assert_int_equal(world_made(w, CO_STATUS_SUCCESS), CO_STATUS_FAILURE);
	assert_int_equal(world_activate(w), CO_STATUS_FAILURE);
	assert_int_equal(world_activated(w, CO_STATUS_SUCCESS), CO_STATUS_FAILURE);
	assert_int_equal(world_deactivate(w), CO_STATUS_FAILURE);
	assert_int_equal(world_deactivated(w), CO_STATUS_FAILURE);
	assert_int_equal(world_offer(w), CO_STATUS_FAILURE);
	assert_int_equal(world_answer(w, CO_STATUS_SUCCESS), CO_STATUS_FAILURE);
	assert_int_equal(world_connect(w), CO_STATUS_FAILURE);
	assert_int_equal(co_cl_close_call(w->co, w->vc, CO_NONE, none), CO_STATUS_FAILURE);
	assert_int_equal(world_closed(w, CO_STATUS_SUCCESS), CO_STATUS_FAILURE);
	assert_int_equal(world_delete_by_client(w), CO_STATUS_FAILURE);
	assert_int_equal(world_delete_by_cm(w), CO_STATUS_FAILURE);
	assert_int_equal(
		co_oid_request(w->co, w->vc, CO_OID_VC_STATISTICS, NULL, 0), CO_STATUS_FAILURE);
	world_send(w, &packet);
	assert_int_equal(packet.status, CO_STATUS_FAILURE);
	world_sent(w, &packet);
	world_receive(w, &packet);
	world_return(w, &packet);
	for (unsigned int i = 0; i < AT_COUNT; i++)
		assert_int_equal(w->n[i], 0);
	co_census(w->co, &census);
	assert_int_equal(census.n_stale, 18);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(make_call_needs_a_vc_of_the_client),
		BOTH(make_call_needs_an_idle_call),
		BOTH(make_call_on_a_closing_vc_is_refused_until_it_is_deactivated),
		BOTH(close_call_needs_a_call),
		BOTH(an_offer_is_answered_not_closed),
		BOTH(a_second_close_is_refused),
		BOTH(close_call_with_sends_outstanding_is_refused),
		BOTH(close_call_with_a_party_or_with_half_its_data_is_refused),
		CM(activation_during_deactivation_is_refused),
		BOTH(an_inactive_vc_is_not_deactivated),
		CM(a_vc_whose_activation_is_out_is_neither_activated_nor_deactivated_nor_deleted),
		BOTH(only_the_creator_deletes),
		BOTH(a_vc_in_use_is_not_deleted),
		BOTH(a_send_out_of_place_comes_back_with_the_reason),
		BOTH(an_address_family_in_use_or_closing_is_not_closed),
		BOTH(a_dispatch_out_of_place_is_refused),
		BOTH(a_call_is_connected_only_on_an_active_vc),
		BOTH(a_completion_of_what_does_not_pend_changes_nothing),
		BOTH(a_call_manager_of_one_kind_may_not_use_the_functions_of_the_other),
		BOTH(a_vc_that_is_gone_or_for_signalling_is_no_clients_and_has_no_call),
		BOTH(a_stale_handle_reaches_no_handler),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
