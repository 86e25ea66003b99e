/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "world.h"

#include <cmocka.h>

/* Address families, SAPs, VCs and their activation: contract 4.2, 4.3, 4.4, 4.14, 4.15. */

static const struct co_address address = { .type = CO_ADDRESS_E164, .len = 1, .octets = "2" };

/* AF-2 */
static void
a_client_that_binds_later_is_told_once_of_what_is_registered(void **state)
{
	static const bool mcm[] = { false, true };
	unsigned int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		struct world *w = world_create(mcm[i], NULL);

		world_add_adapter(w);
		world_add_cm(w);
		world_forget(w);
		world_add_client(w);
		world_expect(w, "client.bound client.af_register_notify");
		world_free(w);
	}
}

/* AF-3, AF-4: one CM per type, several types; each is told of once. */
static void
an_adapter_has_one_manager_per_address_family(void **state)
{
	struct world *w = *state;

	assert_int_equal(co_cm_register_address_family(w->co, w->cm_binding, CO_AF_Q2931),
		CO_STATUS_FAILURE);
	world_expect(w, "");
	assert_int_equal(co_cm_register_address_family(w->co, w->cm_binding, CO_AF_LOCAL),
		CO_STATUS_SUCCESS);
	world_expect(w, "client.af_register_notify");
	assert_int_equal(w->ctx[AT_CLIENT_AF], CO_AF_LOCAL);
}

/* AF-5, OBJ-9 */
static void
no_stand_alone_manager_binds_where_an_mcm_is(void **state)
{
	struct world *w = *state;
	co_protocol_t cm;

	assert_int_equal(
		co_register_callmgr(w->co, &world_cm_ops, w, "cm", &cm), CO_STATUS_SUCCESS);
	assert_int_equal(co_bind(w->co, cm, w->adapter), CO_STATUS_FAILURE);
}

static enum co_status
opened(struct world *w, enum co_status status)
{
	return w->mcm ? co_mcm_open_address_family_complete(w->co, w->af, status, WORLD_CM_AF_CTX)
		      : co_cm_open_address_family_complete(w->co, w->af, status, WORLD_CM_AF_CTX);
}

/* AF-7, AF-8, AF-15, AF-19 */
static void
an_address_family_opens_and_closes_by_completion(void **state)
{
	struct world *w = *state;

	assert_int_equal(co_cl_deregister_sap(w->co, w->sap), CO_STATUS_SUCCESS);
	w->answer[AT_CM_CLOSE_AF] = CO_STATUS_PENDING;
	assert_int_equal(co_cl_close_address_family(w->co, w->af), CO_STATUS_PENDING);
	assert_int_equal(world_create_by_client(w), CO_STATUS_FAILURE);
	assert_int_equal(w->mcm ? co_mcm_close_address_family_complete(w->co, w->af)
				: co_cm_close_address_family_complete(w->co, w->af),
		CO_STATUS_SUCCESS);
	assert_int_equal(w->status[AT_CLIENT_CLOSED_AF], CO_STATUS_SUCCESS);
	assert_int_equal(w->ctx[AT_CLIENT_CLOSED_AF], WORLD_AF_CTX);
	w->answer[AT_CM_OPEN] = CO_STATUS_PENDING;
	assert_int_equal(co_cl_open_address_family(
				 w->co, w->client_binding, CO_AF_Q2931, WORLD_AF_CTX, &w->af),
		CO_STATUS_PENDING);
	assert_int_equal(world_create_by_client(w), CO_STATUS_FAILURE);
	assert_int_equal(opened(w, CO_STATUS_RESOURCES), CO_STATUS_SUCCESS);
	assert_int_equal(w->status[AT_CLIENT_OPENED], CO_STATUS_RESOURCES);
	assert_int_equal(w->af, CO_NONE);
	assert_int_equal(cp_pool_n_used(&w->co->afs), 0);
	assert_int_equal(opened(w, CO_STATUS_SUCCESS), CO_STATUS_NOT_ACCEPTED);
}

/* AF-9 */
static void
what_is_not_registered_cannot_be_opened(void **state)
{
	struct world *w = *state;
	co_af_t af = CO_NONE;

	assert_int_equal(co_cl_open_address_family(w->co, w->client_binding, CO_AF_LOCAL, 0, &af),
		CO_STATUS_FAILURE);
	assert_int_equal(af, CO_NONE);
}

/* AF-13: the CM may refuse; the AF stays open. */
static void
a_refused_close_leaves_the_address_family_open(void **state)
{
	struct world *w = *state;

	assert_int_equal(co_cl_deregister_sap(w->co, w->sap), CO_STATUS_SUCCESS);
	w->answer[AT_CM_CLOSE_AF] = CO_STATUS_NOT_ACCEPTED;
	assert_int_equal(co_cl_close_address_family(w->co, w->af), CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(world_create_by_client(w), CO_STATUS_SUCCESS);
}

static enum co_status
sap_registered(struct world *w, enum co_status status)
{
	return w->mcm ? co_mcm_register_sap_complete(w->co, w->sap, status, WORLD_CM_SAP_CTX)
		      : co_cm_register_sap_complete(w->co, w->sap, status, WORLD_CM_SAP_CTX);
}

/* SAP-1, SAP-2, SAP-7, SAP-8 */
static void
a_call_is_offered_before_its_sap_is_registered(void **state)
{
	struct world *w = *state;

	w->answer[AT_CM_SAP] = CO_STATUS_INVALID_DATA;
	assert_int_equal(
		co_cl_register_sap(w->co, w->af, &address, 0, &w->sap), CO_STATUS_INVALID_DATA);
	assert_int_equal(cp_pool_n_used(&w->co->saps), 1);
	w->answer[AT_CM_SAP] = CO_STATUS_PENDING;
	assert_int_equal(co_cl_register_sap(w->co, w->af, &address, WORLD_SAP_CTX, &w->sap),
		CO_STATUS_PENDING);
	assert_int_equal(world_create_by_cm(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_offer(w), CO_STATUS_SUCCESS);
	assert_int_equal(sap_registered(w, CO_STATUS_FAILURE), CO_STATUS_SUCCESS);
	assert_int_equal(w->status[AT_CLIENT_SAP], CO_STATUS_FAILURE);
	assert_int_equal(cp_pool_n_used(&w->co->saps), 1);
}

/* SAP-3, SAP-4, SAP-6 */
static void
deregistering_stops_new_offers_and_leaves_calls_alone(void **state)
{
	struct world *w = *state;

	world_called(w);
	w->answer[AT_CM_NO_SAP] = CO_STATUS_PENDING;
	assert_int_equal(co_cl_deregister_sap(w->co, w->sap), CO_STATUS_PENDING);
	world_expect_states(w, CO_VC_ACTIVE, CO_CALL_UP);
	assert_int_equal(world_create_by_cm(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_offer(w), CO_STATUS_FAILURE);
	assert_int_equal(w->mcm ? co_mcm_deregister_sap_complete(w->co, w->sap)
				: co_cm_deregister_sap_complete(w->co, w->sap),
		CO_STATUS_SUCCESS);
	assert_int_equal(w->status[AT_CLIENT_NO_SAP], CO_STATUS_SUCCESS);
	assert_int_equal(w->ctx[AT_CLIENT_NO_SAP], WORLD_SAP_CTX);
}

/* VC-4, OBJ-3 */
static void
a_refused_creation_is_undone(void **state)
{
	struct world *w = *state;

	assert_int_equal(world_create_by_client(w), CO_STATUS_SUCCESS);
	assert_int_equal(co_create_vc(w->co, w->client_binding, w->af, 0, &w->vc),
		CO_STATUS_FAILURE); /* the variable is in use */
	assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
	world_forget(w);
	w->answer[AT_MINIPORT_CREATE] = CO_STATUS_RESOURCES;
	assert_int_equal(world_create_by_client(w), CO_STATUS_RESOURCES);
	world_expect(w, "co_create_vc cm.create_vc miniport.create_vc cm.delete_vc");
	assert_int_equal(world_create_by_cm(w), CO_STATUS_RESOURCES);
	world_expect(w, "co_create_vc client.create_vc miniport.create_vc client.delete_vc");
	assert_int_equal(w->vc, CO_NONE);
	world_expect_empty(w);
}

/* ASYNC-6 */
static void
a_peer_that_pends_in_create_vc_has_no_vc(void **state)
{
	struct world *w = *state;

	w->answer[AT_CM_CREATE] = CO_STATUS_PENDING;
	assert_int_equal(world_create_by_client(w), CO_STATUS_FAILURE);
	world_expect_empty(w);
}

/* VC-2: inside create_vc the handle names nothing yet. */
static void
activate_too_early(struct world *w)
{
	w->result = co_cm_activate_vc(w->co, w->created_vc, &w->media);
}

static void
nothing_is_asked_of_a_vc_before_all_parties_have_it(void **state)
{
	struct world *w = *state;

	w->act[AT_CM_CREATE] = activate_too_early;
	assert_int_equal(world_create_by_client(w), CO_STATUS_SUCCESS);
	assert_int_equal(w->result, CO_STATUS_FAILURE);
	assert_int_equal(w->n[AT_MINIPORT_ACTIVATE], 0);
}

/* VC-6, DEL-10, RECV-1, SEND-1, CLOSE-40 */
static void
a_signalling_vc_is_between_call_manager_and_miniport_alone(void **state)
{
	struct co_packet packet = { 0 };
	struct world *w = *state;

	w->vc = CO_NONE;
	assert_int_equal(co_create_vc(w->co, w->cm_binding, CO_NONE, WORLD_CM_CTX, &w->vc),
		CO_STATUS_SUCCESS);
	assert_int_equal(world_activate(w), CO_STATUS_SUCCESS);
	world_forget(w);
	world_send(w, &packet);
	world_sent(w, &packet);
	world_receive(w, &packet);
	world_return(w, &packet);
	world_expect(w,
		"co_send miniport.send co_m_send_complete cm.send_complete "
		"co_m_indicate_receive cm.receive co_return_receive miniport.return_receive");
	assert_int_equal(world_make(w), CO_STATUS_FAILURE);
	assert_int_equal(world_close(w), CO_STATUS_FAILURE);
	assert_int_equal(world_offer(w), CO_STATUS_FAILURE);
	assert_int_equal(world_deactivate(w), CO_STATUS_SUCCESS);
	world_forget(w);
	assert_int_equal(world_delete_by_cm(w), CO_STATUS_SUCCESS);
	world_expect(w, "co_delete_vc miniport.delete_vc");
	world_expect_empty(w);
}

/* ACT-4, ACT-5, ACT-6, ACT-8 */
static void
a_refused_reactivation_keeps_the_old_parameters(void **state)
{
	const struct co_media_params used = { .flags = CO_MEDIA_F_TRANSMIT, .label = 77 };
	struct world *w = *state;
	struct co_vc_info info;

	assert_int_equal(world_create_by_client(w), CO_STATUS_SUCCESS);
	w->answer[AT_MINIPORT_ACTIVATE] = CO_STATUS_INVALID_DATA;
	assert_int_equal(world_activate(w), CO_STATUS_INVALID_DATA);
	world_expect_states(w, CO_VC_CREATED, CO_CALL_IDLE);
	w->answer[AT_MINIPORT_ACTIVATE] = CO_STATUS_PENDING;
	assert_int_equal(world_activate(w), CO_STATUS_PENDING);
	assert_int_equal(co_m_activate_vc_complete(w->co, w->vc, CO_STATUS_SUCCESS, &used),
		CO_STATUS_SUCCESS);
	assert_int_equal(w->media.label, 77);
	w->media.label = 78;
	assert_int_equal(world_activate(w), CO_STATUS_PENDING);
	assert_int_equal(co_vc_query(w->co, w->vc, &info), CO_STATUS_SUCCESS);
	assert_true(info.reactivating);
	assert_int_equal(info.vc_state, CO_VC_ACTIVE);
	assert_int_equal(world_activated(w, CO_STATUS_RESOURCES), CO_STATUS_SUCCESS);
	assert_int_equal(co_vc_query(w->co, w->vc, &info), CO_STATUS_SUCCESS);
	assert_int_equal(info.label, 77);
	assert_int_equal(info.vc_state, CO_VC_ACTIVE);
}

/* DEACT-5, DEACT-6, DEACT-8, DEACT-9, DEACT-10, C-16 */
static void
a_deactivation_undoes_all_activations_whatever_the_miniport_says(void **state)
{
	struct world *w = *state;

	assert_int_equal(world_create_by_client(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_activate(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_activate(w), CO_STATUS_SUCCESS);
	w->answer[AT_MINIPORT_DEACTIVATE] = CO_STATUS_FAILURE;
	assert_int_equal(world_deactivate(w), CO_STATUS_SUCCESS);
	world_expect_states(w, CO_VC_DEACTIVATED, CO_CALL_IDLE);
	assert_int_equal(w->n[AT_CM_DEACTIVATED], 0);
	assert_int_equal(world_activate(w), CO_STATUS_SUCCESS);
	world_expect_states(w, CO_VC_ACTIVE, CO_CALL_IDLE);
}

/* DEL-5, DEL-6 */
static void
a_peer_may_refuse_the_delete(void **state)
{
	struct world *w = *state;

	assert_int_equal(world_create_by_client(w), CO_STATUS_SUCCESS);
	w->answer[AT_CM_DELETE] = CO_STATUS_NOT_ACCEPTED;
	assert_int_equal(world_delete_by_client(w), CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(w->n[AT_MINIPORT_DELETE], 0);
	w->answer[AT_CM_DELETE] = CO_STATUS_SUCCESS;
	assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
	world_expect_empty(w);
}

static void
running_out_of_records_is_an_answer(void **state)
{
	const struct co_limits limits = { .n_vcs = 2,
		.n_saps = 2,
		.n_afs = 1,
		.n_protocols = 2,
		.n_bindings = 2,
		.n_adapters = 1 };
	struct world *w = world_create(false, &limits);
	co_af_t af;

	(void)state;
	world_add_adapter(w);
	world_add_client(w);
	world_add_cm(w);
	assert_int_equal(co_bind(w->co, w->cm, w->adapter), CO_STATUS_RESOURCES);
	assert_int_equal(co_register_callmgr(w->co, NULL, w, "", &w->cm), CO_STATUS_RESOURCES);
	assert_int_equal(co_cl_open_address_family(w->co, w->client_binding, CO_AF_Q2931, 0, &af),
		CO_STATUS_SUCCESS);
	w->af = af;
	assert_int_equal(co_cl_open_address_family(w->co, w->client_binding, CO_AF_Q2931, 0, &af),
		CO_STATUS_RESOURCES);
	assert_int_equal(co_cl_register_sap(w->co, w->af, &address, 0, &w->sap), CO_STATUS_SUCCESS);
	assert_int_equal(co_cl_register_sap(w->co, w->af, &address, 0, &w->sap), CO_STATUS_SUCCESS);
	assert_int_equal(
		co_cl_register_sap(w->co, w->af, &address, 0, &w->sap), CO_STATUS_RESOURCES);
	assert_int_equal(world_create_by_client(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_create_by_cm(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_create_by_client(w), CO_STATUS_RESOURCES);
	assert_int_equal(world_create_by_cm(w), CO_STATUS_RESOURCES);
	world_free(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_client_that_binds_later_is_told_once_of_what_is_registered),
		CM(an_adapter_has_one_manager_per_address_family),
		MCM(no_stand_alone_manager_binds_where_an_mcm_is),
		BOTH(an_address_family_opens_and_closes_by_completion),
		BOTH(what_is_not_registered_cannot_be_opened),
		BOTH(a_refused_close_leaves_the_address_family_open),
		BOTH(a_call_is_offered_before_its_sap_is_registered),
		BOTH(deregistering_stops_new_offers_and_leaves_calls_alone),
		CM(a_refused_creation_is_undone),
		BOTH(a_peer_that_pends_in_create_vc_has_no_vc),
		CM(nothing_is_asked_of_a_vc_before_all_parties_have_it),
		CM(a_signalling_vc_is_between_call_manager_and_miniport_alone),
		CM(a_refused_reactivation_keeps_the_old_parameters),
		CM(a_deactivation_undoes_all_activations_whatever_the_miniport_says),
		BOTH(a_peer_may_refuse_the_delete),
		cmocka_unit_test(running_out_of_records_is_an_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
