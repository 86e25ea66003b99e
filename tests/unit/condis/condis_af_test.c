/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "world.h"

#include <cmocka.h>

/* Address families: contract 4.2; the way out of them that the call manager asks for (5.10). */

static uint64_t
n_unexpected(const struct world *w)
{
	struct co_census census;

	co_census(w->co, &census);
	return census.n_unexpected_completions;
}

static uint32_t
n_afs(const struct world *w)
{
	struct co_census census;

	co_census(w->co, &census);
	return census.n_afs;
}

/* ---- Registration. ---- */

/* AF-1 */
static void
clients_are_told_when_the_handler_that_registered_has_returned(void **state)
{
	struct world *w = world_create(false, NULL);

	(void)state;
	world_add_adapter(w);
	world_add_client(w);
	world_forget(w);
	world_add_cm(w);
	world_expect(w, "cm.bound client.af_register_notify");
	world_free(w);
	w = world_create(true, NULL);
	world_add_client(w);
	world_add_adapter(w);
	world_expect(w, "miniport.initialize client.bound client.af_register_notify");
	world_free(w);
}

static void
open_af(struct world *w)
{
	w->result = world_open_af(w);
}

/* AF-6, CHART-5.9-AF */
static void
an_address_family_is_opened_out_of_its_announcement_not_before(void **state)
{
	struct world *w = world_create(false, NULL);

	(void)state;
	world_add_adapter(w);
	world_add_client(w);
	world_forget(w);
	w->act[AT_CM_BOUND] = open_af; /* registered by now, but not announced */
	w->act[AT_CLIENT_AF] = open_af;
	w->result = CO_STATUS_SUCCESS;
	w->answer[AT_CM_OPEN] = CO_STATUS_PENDING;
	world_add_cm(w);
	world_expect(w, "cm.bound co_cl_open_address_family client.af_register_notify "
			"co_cl_open_address_family cm.open_af");
	assert_int_equal(w->result, CO_STATUS_PENDING);
	assert_int_equal(world_opened_af(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	world_expect(w, "co_cm_open_address_family_complete client.open_af_complete");
	assert_int_equal(w->ctx[AT_CLIENT_OPENED], WORLD_AF_CTX);
	assert_int_equal(w->ctx[AT_CM_OPEN], CO_AF_Q2931);
	world_free(w);
}

/* AF-7: nobody has told the client the handle yet, and it is good for nothing. */
static void
an_address_family_that_is_not_open_yet_is_good_for_nothing(void **state)
{
	struct world *w = *state;

	assert_int_equal(world_deregister_sap(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_close_af(w), CO_STATUS_SUCCESS);
	w->answer[AT_CM_OPEN] = CO_STATUS_PENDING;
	assert_int_equal(world_open_af(w), CO_STATUS_PENDING);
	assert_int_equal(world_create_by_client(w), CO_STATUS_FAILURE);
	assert_int_equal(world_create_by_cm(w), CO_STATUS_FAILURE);
	assert_int_equal(world_register_sap(w), CO_STATUS_FAILURE);
	assert_int_equal(world_oid_by_client(w), CO_STATUS_FAILURE);
	assert_int_equal(world_close_af(w), CO_STATUS_FAILURE);
	assert_int_equal(world_notify_close_af(w), CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(world_opened_af(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	assert_int_equal(world_create_by_client(w), CO_STATUS_SUCCESS);
}

static void
open_another(struct world *w)
{
	co_af_t af = CO_NONE;

	w->result = co_cl_open_address_family(w->co, w->client_binding, CO_AF_Q2931, 0, &af);
	assert_int_equal(af, CO_NONE);
}

/* AF-9 */
static void
nothing_is_opened_between_parties_of_which_one_is_leaving(void **state)
{
	struct world *w = *state;

	if (!w->mcm) {
		assert_int_equal(world_unbind(w, w->cm_binding), CO_STATUS_PENDING);
		open_another(w);
		assert_int_equal(w->result, CO_STATUS_FAILURE);
	}
	assert_int_equal(world_unbind(w, w->client_binding), CO_STATUS_PENDING);
	open_another(w);
	assert_int_equal(w->result, CO_STATUS_FAILURE);
	assert_int_equal(w->n[AT_CM_OPEN], 1); /* the first, before all this */
	assert_int_equal(world_register_af(w), CO_STATUS_FAILURE);
}

/* AF-9 */
static void
nothing_is_opened_on_an_adapter_that_halts(void **state)
{
	struct world *w = *state;

	w->answer[AT_MINIPORT_HALT] = CO_STATUS_PENDING;
	assert_int_equal(world_halt(w), CO_STATUS_PENDING);
	open_another(w);
	assert_int_equal(w->result, CO_STATUS_FAILURE);
	assert_int_equal(world_register_af(w), CO_STATUS_FAILURE);
	assert_int_equal(world_create_by_client(w), CO_STATUS_FAILURE);
}

/* AF-10, UNB-11: who just returned is asked again. */
static void
a_type_that_was_withdrawn_is_registered_and_announced_anew(void **state)
{
	struct world *w = *state;

	assert_int_equal(world_withdraw_af(w), CO_STATUS_NOT_ACCEPTED); /* it is in use */
	assert_int_equal(world_deregister_sap(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_close_af(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_withdraw_af(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_withdraw_af(w), CO_STATUS_FAILURE);
	open_another(w);
	assert_int_equal(w->result, CO_STATUS_FAILURE);
	world_forget(w);
	assert_int_equal(world_register_af(w), CO_STATUS_SUCCESS);
	world_expect(w, "co_@_register_address_family client.af_register_notify");
	assert_int_equal(world_open_af(w), CO_STATUS_SUCCESS);
}

/* OBJ-9 */
static void
only_its_owner_withdraws_a_type(void **state)
{
	struct world *w = *state;

	if (w->mcm) {
		assert_int_equal(
			co_cm_withdraw_address_family(w->co, w->client_binding, CO_AF_Q2931),
			CO_STATUS_FAILURE);
		assert_int_equal(
			co_cm_notify_close_address_family(w->co, w->af), CO_STATUS_NOT_SUPPORTED);
		assert_int_equal(co_mcm_withdraw_address_family(w->co, w->adapter, CO_AF_LOCAL),
			CO_STATUS_FAILURE);
		return;
	}
	assert_int_equal(co_mcm_withdraw_address_family(w->co, w->adapter, CO_AF_Q2931),
		CO_STATUS_NOT_SUPPORTED);
	assert_int_equal(co_mcm_notify_close_address_family(w->co, w->af), CO_STATUS_NOT_SUPPORTED);
	assert_int_equal(co_cm_withdraw_address_family(w->co, w->client_binding, CO_AF_Q2931),
		CO_STATUS_FAILURE);
}

/* SAP-3, SAP-6, CHART-5.9-SAP */
static void
a_sap_is_registered_and_deregistered_by_completion(void **state)
{
	struct world *w = *state;

	assert_int_equal(world_deregister_sap(w), CO_STATUS_SUCCESS);
	w->answer[AT_CM_SAP] = CO_STATUS_PENDING;
	w->answer[AT_CM_NO_SAP] = CO_STATUS_PENDING;
	world_forget(w);
	assert_int_equal(world_register_sap(w), CO_STATUS_PENDING);
	assert_int_equal(world_registered_sap(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	world_expect(w, "co_cl_register_sap cm.register_sap co_@_register_sap_complete "
			"client.register_sap_complete");
	assert_int_equal(w->ctx[AT_CLIENT_SAP], WORLD_SAP_CTX);
	assert_int_equal(world_deregister_sap(w), CO_STATUS_PENDING);
	assert_int_equal(world_deregistered_sap(w), CO_STATUS_SUCCESS);
	world_expect(w, "co_cl_deregister_sap cm.deregister_sap co_@_deregister_sap_complete "
			"client.deregister_sap_complete");
	assert_int_equal(w->ctx[AT_CM_NO_SAP], WORLD_CM_SAP_CTX);
	assert_int_equal(w->status[AT_CLIENT_NO_SAP], CO_STATUS_SUCCESS);
	assert_int_equal(world_deregistered_sap(w), CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(world_register_sap(w), CO_STATUS_PENDING);
	assert_int_equal(world_registered_sap(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	assert_int_equal(world_deregister_sap(w), CO_STATUS_PENDING);
	assert_int_equal(world_deregister_sap(w), CO_STATUS_FAILURE); /* it is dead already */
}

/* ---- The CM asks. ---- */

/* AF-11, AF-12: all of it in the one order that the broker takes. */
static void
give_up_all(struct world *w)
{
	assert_int_equal(world_close_af(w), CO_STATUS_FAILURE);
	assert_int_equal(world_close(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_close_af(w), CO_STATUS_FAILURE);
	assert_int_equal(world_deregister_sap(w), CO_STATUS_SUCCESS);
	w->result = world_close_af(w);
}

static void
deactivate(struct world *w)
{
	assert_int_equal(world_deactivate(w), CO_STATUS_SUCCESS);
}

/* AF-11, AF-12, AF-16, CLOSE-38, CLOSE-39 */
static void
a_client_gives_up_all_from_inside_the_request(void **state)
{
	struct world *w = *state;

	world_up(w);
	w->act[AT_CLIENT_NOTIFY_CLOSE] = give_up_all;
	w->act[AT_CM_CLOSE] = deactivate;
	assert_int_equal(world_notify_close_af(w), CO_STATUS_SUCCESS);
	assert_int_equal(w->result, CO_STATUS_SUCCESS);
	assert_int_equal(w->ctx[AT_CLIENT_NOTIFY_CLOSE], WORLD_AF_CTX);
	world_expect(w,
		"co_@_notify_close_address_family client.notify_close_af "
		"co_cl_close_address_family "
		"co_cl_close_call cm.close_call co_@_deactivate_vc{ miniport.deactivate_vc} "
		"co_delete_vc cm.delete_vc{ miniport.delete_vc} co_cl_close_address_family "
		"co_cl_deregister_sap cm.deregister_sap co_cl_close_address_family cm.close_af");
	assert_int_equal(n_afs(w), 0);
	assert_int_equal(n_unexpected(w), 0);
	assert_int_equal(world_notified(w, CO_STATUS_SUCCESS), CO_STATUS_FAILURE);
}

/* AF-15, AF-16, AF-17, CLOSE-38 */
static void
a_request_that_pended_is_answered_when_the_address_family_is_closed(void **state)
{
	struct world *w = *state;

	world_up(w);
	w->answer[AT_CLIENT_NOTIFY_CLOSE] = CO_STATUS_PENDING;
	assert_int_equal(world_notify_close_af(w), CO_STATUS_PENDING);
	assert_int_equal(world_notify_close_af(w), CO_STATUS_NOT_ACCEPTED); /* asked once */
	assert_int_equal(world_notified(w, CO_STATUS_SUCCESS), CO_STATUS_NOT_ACCEPTED);
	world_closing(w);
	world_finish_close(w);
	assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_deregister_sap(w), CO_STATUS_SUCCESS);
	w->answer[AT_CM_CLOSE_AF] = CO_STATUS_PENDING;
	assert_int_equal(world_close_af(w), CO_STATUS_PENDING);
	assert_int_equal(world_notified(w, CO_STATUS_SUCCESS), CO_STATUS_NOT_ACCEPTED);
	world_forget(w);
	assert_int_equal(world_closed_af(w), CO_STATUS_SUCCESS);
	world_expect(w, "co_@_close_address_family_complete client.close_af_complete");
	assert_int_equal(world_close_af(w), CO_STATUS_FAILURE);
	assert_int_equal(world_create_by_client(w), CO_STATUS_FAILURE);
	assert_int_equal(world_register_sap(w), CO_STATUS_FAILURE);
	assert_int_equal(world_withdraw_af(w), CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(world_notified(w, CO_STATUS_PENDING), CO_STATUS_NOT_ACCEPTED);
	world_forget(w);
	assert_int_equal(world_notified(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	world_expect(w, "co_cl_notify_close_address_family_complete cm.notify_close_af_complete");
	assert_int_equal(w->ctx[AT_CM_NOTIFIED], WORLD_CM_AF_CTX);
	assert_int_equal(w->status[AT_CM_NOTIFIED], CO_STATUS_SUCCESS);
	assert_int_equal(n_afs(w), 0);
	assert_int_equal(world_notified(w, CO_STATUS_SUCCESS), CO_STATUS_FAILURE);
	assert_int_equal(w->n[AT_CM_NOTIFIED], 1);
}

static void
answer_notify(struct world *w)
{
	w->result = world_notified(w, CO_STATUS_SUCCESS);
}

static void
give_up_and_answer(struct world *w)
{
	assert_int_equal(world_deregister_sap(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_notified(w, CO_STATUS_SUCCESS), CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(world_close_af(w), CO_STATUS_SUCCESS);
	answer_notify(w);
	assert_int_equal(world_notified(w, CO_STATUS_SUCCESS), CO_STATUS_NOT_ACCEPTED);
}

/* ASYNC-4, AF-17: what was answered before PENDING was returned is the CM's return value. */
static void
an_answer_from_inside_the_request_is_its_return_value(void **state)
{
	struct world *w = *state;

	w->act[AT_CLIENT_NOTIFY_CLOSE] = give_up_and_answer;
	w->answer[AT_CLIENT_NOTIFY_CLOSE] = CO_STATUS_PENDING;
	assert_int_equal(world_notify_close_af(w), CO_STATUS_SUCCESS);
	assert_int_equal(w->result, CO_STATUS_SUCCESS);
	assert_int_equal(w->n[AT_CM_NOTIFIED], 0);
	assert_int_equal(n_afs(w), 0);
}

static void
begin_to_close(struct world *w)
{
	assert_int_equal(world_deregister_sap(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_close_af(w), CO_STATUS_PENDING);
	assert_int_equal(w->n[AT_CLIENT_CLOSED_AF], 0);
}

/* AF-18: the CM ends the close when the handler has returned; the answer comes from that end. */
static void
the_close_may_end_after_the_request_has_returned(void **state)
{
	struct world *w = *state;

	w->act[AT_CLIENT_NOTIFY_CLOSE] = begin_to_close;
	w->answer[AT_CLIENT_NOTIFY_CLOSE] = CO_STATUS_PENDING;
	w->answer[AT_CM_CLOSE_AF] = CO_STATUS_PENDING;
	assert_int_equal(world_notify_close_af(w), CO_STATUS_PENDING);
	w->act[AT_CLIENT_CLOSED_AF] = answer_notify;
	world_forget(w);
	assert_int_equal(world_closed_af(w), CO_STATUS_SUCCESS);
	world_expect(w, "co_@_close_address_family_complete client.close_af_complete "
			"co_cl_notify_close_address_family_complete cm.notify_close_af_complete");
	assert_int_equal(n_afs(w), 0);
}

/* AF-17: an answer that is not true is an error, and the AF is as it was. */
static void
a_client_that_says_it_has_closed_and_has_not_is_counted(void **state)
{
	struct world *w = *state;

	w->answer[AT_CLIENT_NOTIFY_CLOSE] = CO_STATUS_SUCCESS;
	assert_int_equal(world_notify_close_af(w), CO_STATUS_FAILURE);
	assert_int_equal(n_unexpected(w), 1);
	w->answer[AT_CLIENT_NOTIFY_CLOSE] = CO_STATUS_RESOURCES;
	assert_int_equal(world_notify_close_af(w), CO_STATUS_RESOURCES);
	assert_int_equal(world_create_by_client(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
	world_expect_empty(w);
}

/* RACE-21 */
static void
a_close_that_is_under_way_ends_before_the_request_is_answered(void **state)
{
	struct world *w = *state;

	world_up(w);
	world_closing(w);
	w->answer[AT_CLIENT_NOTIFY_CLOSE] = CO_STATUS_PENDING;
	assert_int_equal(world_notify_close_af(w), CO_STATUS_PENDING);
	world_expect_states(w, CO_VC_ACTIVE, CO_CALL_CLOSING);
	assert_int_equal(world_close_af(w), CO_STATUS_FAILURE);
	world_finish_close(w);
	assert_int_equal(w->n[AT_CLIENT_CLOSED], 1);
	assert_int_equal(w->status[AT_CLIENT_CLOSED], CO_STATUS_SUCCESS);
	assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_deregister_sap(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_close_af(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_notified(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	assert_int_equal(w->n[AT_CM_NOTIFIED], 1);
}

/* AF-16: there is nothing to ask for once the client closes by itself. */
static void
an_address_family_that_is_closing_is_not_asked_for(void **state)
{
	struct world *w = *state;

	assert_int_equal(world_deregister_sap(w), CO_STATUS_SUCCESS);
	w->answer[AT_CM_CLOSE_AF] = CO_STATUS_PENDING;
	assert_int_equal(world_close_af(w), CO_STATUS_PENDING);
	assert_int_equal(world_notify_close_af(w), CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(world_closed_af(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_notify_close_af(w), CO_STATUS_FAILURE);
	assert_int_equal(w->n[AT_CLIENT_NOTIFY_CLOSE], 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clients_are_told_when_the_handler_that_registered_has_returned),
		cmocka_unit_test(an_address_family_is_opened_out_of_its_announcement_not_before),
		BOTH(an_address_family_that_is_not_open_yet_is_good_for_nothing),
		BOTH(nothing_is_opened_between_parties_of_which_one_is_leaving),
		BOTH(nothing_is_opened_on_an_adapter_that_halts),
		BOTH(a_type_that_was_withdrawn_is_registered_and_announced_anew),
		BOTH(only_its_owner_withdraws_a_type),
		BOTH(a_sap_is_registered_and_deregistered_by_completion),
		BOTH(a_client_gives_up_all_from_inside_the_request),
		BOTH(a_request_that_pended_is_answered_when_the_address_family_is_closed),
		BOTH(an_answer_from_inside_the_request_is_its_return_value),
		BOTH(the_close_may_end_after_the_request_has_returned),
		BOTH(a_client_that_says_it_has_closed_and_has_not_is_counted),
		BOTH(a_close_that_is_under_way_ends_before_the_request_is_answered),
		BOTH(an_address_family_that_is_closing_is_not_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
