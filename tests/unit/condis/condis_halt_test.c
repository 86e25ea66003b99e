/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "world.h"

#include <cmocka.h>

/* An adapter halts, is reset, is pulled out: contract 4.17, 4.18, 5.10. */

static struct co_census
census_of(const struct world *w)
{
	struct co_census census;

	co_census(w->co, &census);
	return census;
}

/* ---- Halt. ---- */

static void
notify(struct world *w)
{
	w->result = world_notify_close_af(w);
}

static void
give_up_all(struct world *w)
{
	if (w->vc != CO_NONE) {
		assert_int_equal(world_close(w), CO_STATUS_SUCCESS);
		assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
	}
	assert_int_equal(world_deregister_sap(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_close_af(w), CO_STATUS_SUCCESS);
}

static void
deactivate(struct world *w)
{
	assert_int_equal(world_deactivate(w), CO_STATUS_SUCCESS);
}

static void
notify_and_leave(struct world *w)
{
	assert_int_equal(world_notify_close_af(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_close_adapter(w, w->cm_binding), CO_STATUS_SUCCESS);
}

static void
leave(struct world *w)
{
	assert_int_equal(world_close_adapter(w, w->client_binding), CO_STATUS_SUCCESS);
}

static void
notify_at_once(struct world *w)
{
	assert_int_equal(world_notify_close_af(w), CO_STATUS_SUCCESS);
}

/* Everybody does what there is to do from inside the handler that asks for it. */
static void
be_quick(struct world *w)
{
	w->act[AT_CLIENT_NOTIFY_CLOSE] = give_up_all;
	w->act[AT_CM_CLOSE] = deactivate;
	w->act[AT_CM_UNBIND] = notify_and_leave;
	w->act[AT_CLIENT_UNBIND] = leave;
	if (w->mcm)
		w->act[AT_MINIPORT_HALT] = notify_at_once;
}

/* UNB-1, UNB-3, AF-16, CHART-5.10: a miniport is the last to go, an MCM the first to know. */
static void
a_halt_takes_the_parties_away_in_order(void **state)
{
	struct world *w = *state;

	world_up(w);
	be_quick(w);
	assert_int_equal(world_halt(w), CO_STATUS_PENDING);
	if (w->mcm)
		world_expect(w, "co_halt miniport.halt co_mcm_notify_close_address_family "
				"client.notify_close_af co_cl_close_call cm.close_call "
				"co_mcm_deactivate_vc "
				"co_delete_vc cm.delete_vc co_cl_deregister_sap cm.deregister_sap "
				"co_cl_close_address_family cm.close_af client.unbind "
				"co_close_adapter halted");
	else
		world_expect(w,
			"co_halt cm.unbind co_cm_notify_close_address_family "
			"client.notify_close_af co_cl_close_call cm.close_call co_cm_deactivate_vc "
			"miniport.deactivate_vc co_delete_vc cm.delete_vc miniport.delete_vc "
			"co_cl_deregister_sap cm.deregister_sap co_cl_close_address_family "
			"cm.close_af "
			"co_close_adapter client.unbind co_close_adapter miniport.halt halted");
	assert_int_equal(w->ctx[AT_HALTED], w->adapter);
	assert_int_equal(census_of(w).n_adapters, 0);
	assert_int_equal(census_of(w).n_bindings, 0);
	assert_int_equal(census_of(w).n_leftovers, 0);
	assert_int_equal(world_halt(w), CO_STATUS_FAILURE);
	assert_int_equal(world_halt_done(w), CO_STATUS_FAILURE);
	assert_int_equal(world_reset(w), CO_STATUS_FAILURE);
}

static void
leave_as_cm(struct world *w)
{
	assert_int_equal(world_close_adapter(w, w->cm_binding), CO_STATUS_SUCCESS);
}

static void
halt_done(struct world *w)
{
	assert_int_equal(world_halt_done(w), CO_STATUS_SUCCESS);
}

/* UNB-2, UNB-3, AF-17: each step waits for the one before. */
static void
a_halt_waits_for_each_party(void **state)
{
	struct world *w = *state;

	world_up(w);
	w->act[AT_CM_UNBIND] = notify;
	w->act[AT_MINIPORT_HALT] = w->mcm ? notify : NULL;
	w->act[AT_CM_NOTIFIED] = w->mcm ? halt_done : leave_as_cm;
	w->answer[AT_MINIPORT_HALT] = CO_STATUS_PENDING;
	w->answer[AT_CLIENT_NOTIFY_CLOSE] = CO_STATUS_PENDING;
	assert_int_equal(world_halt(w), CO_STATUS_PENDING);
	assert_int_equal(world_halt(w), CO_STATUS_NOT_ACCEPTED);
	world_expect(w, w->mcm ? "co_halt miniport.halt co_mcm_notify_close_address_family "
				 "client.notify_close_af co_halt"
			       : "co_halt cm.unbind co_cm_notify_close_address_family "
				 "client.notify_close_af co_halt");
	world_closing(w);
	world_finish_close(w);
	assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
	w->vc = CO_NONE;
	give_up_all(w);
	world_forget(w);
	assert_int_equal(world_notified(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	world_expect(w, w->mcm ? "co_cl_notify_close_address_family_complete "
				 "cm.notify_close_af_complete co_m_halt_complete client.unbind"
			       : "co_cl_notify_close_address_family_complete "
				 "cm.notify_close_af_complete co_close_adapter client.unbind");
	assert_int_equal(world_close_adapter(w, w->client_binding), CO_STATUS_SUCCESS);
	if (w->mcm) {
		world_expect(w, "co_close_adapter halted");
	} else {
		world_expect(w, "co_close_adapter miniport.halt");
		assert_int_equal(world_halt_done(w), CO_STATUS_SUCCESS);
		world_expect(w, "co_m_halt_complete halted");
	}
	assert_int_equal(w->n[AT_HALTED], 1);
	assert_int_equal(w->n[AT_MINIPORT_HALT], 1);
	assert_int_equal(census_of(w).n_adapters, 0);
}

static void
submit_in_vain(struct world *w)
{
	struct co_oid_request late = { .oid = CO_OID_LINK };

	if (w->n[AT_CLIENT_UNBIND] > 0)
		w->result = co_oid_submit(w->co, w->adapter, CO_NONE, &late);
}

/* UNB-6 */
static void
a_miniport_halts_when_sends_and_requests_are_back(void **state)
{
	struct co_packet packet = { 0 };
	struct world *w = *state;

	world_up(w);
	be_quick(w);
	w->act[AT_CLIENT_NOTIFY_CLOSE] = NULL;
	w->answer[AT_CLIENT_NOTIFY_CLOSE] = CO_STATUS_PENDING;
	w->act[AT_CM_UNBIND] = notify;
	w->act[AT_CM_NOTIFIED] = leave_as_cm;
	w->act[AT_MINIPORT_HALT] = submit_in_vain;
	w->answer[AT_MINIPORT_OID] = CO_STATUS_PENDING;
	world_send(w, &packet);
	assert_int_equal(world_oid(w, CO_NONE), CO_STATUS_PENDING);
	assert_int_equal(census_of(w).n_waiting, 1);
	assert_int_equal(world_halt(w), CO_STATUS_PENDING);
	assert_int_equal(world_close(w), CO_STATUS_NOT_ACCEPTED); /* CLOSE-27 */
	world_sent(w, &packet);
	give_up_all(w);
	world_forget(w);
	assert_int_equal(world_notified(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	world_expect(w, "co_cl_notify_close_address_family_complete cm.notify_close_af_complete "
			"co_close_adapter client.unbind co_close_adapter");
	assert_int_equal(world_oid_done(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	world_expect(w, "co_oid_request_complete oid_done miniport.halt halted");
	assert_int_equal(w->result, CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(w->n[AT_MINIPORT_OID], 1);
}

/* UNB-6: an MCM has halted by then; the handle lives until what it was asked has come back. */
static void
an_mcm_s_adapter_is_there_until_requests_are_back(void **state)
{
	struct world *w = *state;

	w->vc = CO_NONE;
	be_quick(w);
	w->answer[AT_MINIPORT_OID] = CO_STATUS_PENDING;
	assert_int_equal(world_oid(w, CO_NONE), CO_STATUS_PENDING);
	assert_int_equal(world_halt(w), CO_STATUS_PENDING);
	assert_int_equal(w->n[AT_HALTED], 0);
	assert_int_equal(world_oid_done(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	assert_int_equal(w->n[AT_HALTED], 1);
}

/* UNB-12: an MCM that has not had them closed; clients that leave close them all the same. */
static void
address_families_that_outlive_their_mcm_are_reported(void **state)
{
	struct world *w = *state;

	w->vc = CO_NONE;
	w->act[AT_CLIENT_UNBIND] = give_up_all;
	assert_int_equal(world_halt(w), CO_STATUS_PENDING);
	assert_int_equal(census_of(w).n_leftovers, 1);
	leave(w);
	assert_int_equal(w->n[AT_HALTED], 1);
}

/* ASYNC-2, ASYNC-4, ASYNC-5: a halt ends once. */
static void
a_halt_that_is_completed_twice_ends_once(void **state)
{
	struct world *w = *state;

	assert_int_equal(world_halt_done(w), CO_STATUS_NOT_ACCEPTED);
	w->vc = CO_NONE;
	give_up_all(w);
	w->act[AT_CM_UNBIND] = leave_as_cm;
	w->act[AT_CLIENT_UNBIND] = leave;
	w->act[AT_MINIPORT_HALT] = halt_done; /* and then it answers SUCCESS */
	assert_int_equal(world_halt(w), CO_STATUS_PENDING);
	assert_int_equal(w->n[AT_HALTED], 1);
	assert_int_equal(census_of(w).n_unexpected_completions, 2);
}

/* Nobody comes to an adapter that goes. */
static void
nobody_is_bound_to_an_adapter_that_halts(void **state)
{
	struct world *w = *state, *late = world_create(w->mcm, NULL);
	struct co *own = late->co;

	w->answer[AT_MINIPORT_HALT] = CO_STATUS_PENDING;
	assert_int_equal(world_halt(w), CO_STATUS_PENDING);
	late->co = w->co;
	world_add_client(late);
	assert_int_equal(late->n[AT_CLIENT_BOUND], 0);
	if (!w->mcm)
		assert_int_equal(co_bind(w->co, w->cm, w->adapter), CO_STATUS_FAILURE);
	assert_int_equal(world_reset(w), CO_STATUS_NOT_ACCEPTED);
	late->co = own;
	world_free(late);
}

#define N_CLIENTS 200

static uintptr_t deepest, shallowest;
static struct co *crowded;

static void
leave_and_measure(void *client, co_binding_t binding)
{
	uintptr_t here = (uintptr_t)__builtin_frame_address(0);

	(void)client;
	deepest = here < deepest ? here : deepest;
	shallowest = here > shallowest ? here : shallowest;
	assert_int_equal(co_close_adapter(crowded, binding), CO_STATUS_SUCCESS);
}

static void
be_bound(void *client, co_binding_t binding, co_adapter_t adapter)
{
	(void)client;
	(void)binding;
	(void)adapter;
}

static void
ignore_af(void *client, co_binding_t binding, enum co_af_type type)
{
	(void)client;
	(void)binding;
	(void)type;
}

/* ASYNC-8's sense for bindings: each leaves inside its handler, in the same place of the stack. */
static void
a_halt_uses_constant_stack_however_many_leave(void **state)
{
	const struct co_limits limits = {
		.n_protocols = N_CLIENTS, .n_bindings = N_CLIENTS, .n_vcs = 1
	};
	struct co_client_ops ops = world_client_ops;
	static const bool mcm[] = { false, true };
	co_protocol_t client;
	unsigned int i, k;

	(void)state;
	ops.bound = be_bound;
	ops.af_register_notify = ignore_af; /* AF-10 */
	ops.unbind = leave_and_measure;
	for (k = 0; k < 2; k++) {
		struct world *w = world_create(mcm[k], &limits);

		crowded = w->co;
		deepest = UINTPTR_MAX;
		shallowest = 0;
		world_add_adapter(w);
		for (i = 0; i < N_CLIENTS; i++)
			assert_int_equal(co_register_client(w->co, &ops, w, "one", &client),
				CO_STATUS_SUCCESS);
		assert_int_equal(world_halt(w), CO_STATUS_PENDING);
		assert_int_equal(w->n[AT_HALTED], 1);
		assert_true(shallowest - deepest < 1024);
		world_free(w);
	}
}

/* ---- Reset. ---- */

static co_af_t af_before;
static co_sap_t sap_before;

static void
expect_up(struct world *w)
{
	world_expect_states(w, CO_VC_ACTIVE, CO_CALL_UP);
	assert_int_equal(w->af, af_before);
	assert_int_equal(w->sap, sap_before);
}

/* RESET-1, RESET-2, CHART-5.9-RESET */
static void
a_reset_is_told_before_and_after_and_leaves_calls_alone(void **state)
{
	struct world *w = *state;

	world_up(w);
	af_before = w->af;
	sap_before = w->sap;
	w->act[AT_MINIPORT_RESET] = expect_up;
	assert_int_equal(world_reset(w), CO_STATUS_SUCCESS);
	world_expect(w, "co_reset {cm.status(RESET_START) }client.status(RESET_START) "
			"miniport.reset {cm.status(RESET_END) }client.status(RESET_END)");
	expect_up(w);
	w->answer[AT_MINIPORT_RESET] = CO_STATUS_PENDING;
	assert_int_equal(world_reset(w), CO_STATUS_PENDING);
	assert_int_equal(world_reset(w), CO_STATUS_RESET_IN_PROGRESS);
	assert_int_equal(world_reset_done(w), CO_STATUS_SUCCESS);
	world_expect(w, "co_reset {cm.status(RESET_START) }client.status(RESET_START) "
			"miniport.reset co_reset co_m_reset_complete "
			"{cm.status(RESET_END) }client.status(RESET_END)");
	expect_up(w);
	world_closing(w);
	world_finish_close(w);
	assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
	world_expect_empty(w);
}

static void
try_all(struct world *w)
{
	struct co_packet packet = { 0 };
	uint32_t value;

	world_send(w, &packet);
	assert_int_equal(packet.status, CO_STATUS_RESET_IN_PROGRESS);
	assert_int_equal(world_oid(w, w->vc), CO_STATUS_RESET_IN_PROGRESS);
	assert_int_equal(world_oid(w, CO_NONE), CO_STATUS_RESET_IN_PROGRESS);
	assert_int_equal(co_oid_request(w->co, w->vc, CO_OID_QUEUED, &value, sizeof(value)),
		CO_STATUS_RESET_IN_PROGRESS);
}

/* RESET-3: from the first RESET_START on; the last RESET_END is told when it is over. */
static void
sends_and_requests_are_refused_while_the_adapter_is_reset(void **state)
{
	struct co_packet packet = { 0 };
	struct world *w = *state;

	world_up(w);
	w->act[AT_CM_STATUS] = try_all;
	w->answer[AT_MINIPORT_RESET] = CO_STATUS_PENDING;
	assert_int_equal(world_reset(w), CO_STATUS_PENDING);
	try_all(w);
	assert_int_equal(w->n[AT_MINIPORT_SEND], 0);
	assert_int_equal(w->n[AT_MINIPORT_OID], 0);
	w->act[AT_CM_STATUS] = NULL;
	assert_int_equal(world_reset_done(w), CO_STATUS_SUCCESS);
	world_send(w, &packet);
	assert_int_equal(w->n[AT_MINIPORT_SEND], 1);
	assert_int_equal(world_oid(w, w->vc), CO_STATUS_SUCCESS);
}

static struct co_packet *queued;

static void
give_back(struct world *w)
{
	queued->status = CO_STATUS_REQUEST_ABORTED;
	world_sent(w, queued);
}

/* RESET-4: what a miniport gives back of its queue reaches the sender before RESET_END. */
static void
queued_sends_come_back_aborted_before_the_end_is_told(void **state)
{
	struct co_packet packet = { 0 };
	struct world *w = *state;

	world_up(w);
	queued = &packet;
	world_send(w, &packet);
	world_forget(w);
	w->act[AT_MINIPORT_RESET] = give_back;
	assert_int_equal(world_reset(w), CO_STATUS_SUCCESS);
	world_expect(w, "co_reset {cm.status(RESET_START) }client.status(RESET_START) "
			"miniport.reset co_m_send_complete client.send_complete "
			"{cm.status(RESET_END) }client.status(RESET_END)");
	assert_int_equal(w->status[AT_CLIENT_SENT], CO_STATUS_REQUEST_ABORTED);
}

/* RESET-5 */
static void
a_close_outlives_a_reset(void **state)
{
	struct world *w = *state;

	world_up(w);
	if (!w->mcm) { /* a deactivation that pends when the reset begins */
		w->answer[AT_MINIPORT_DEACTIVATE] = CO_STATUS_PENDING;
		world_closing(w);
		assert_int_equal(world_deactivate(w), CO_STATUS_PENDING);
	}
	w->answer[AT_MINIPORT_RESET] = CO_STATUS_PENDING;
	assert_int_equal(world_reset(w), CO_STATUS_PENDING);
	if (w->mcm)
		world_closing(w); /* one that is asked for meanwhile */
	else
		assert_int_equal(world_deactivated(w), CO_STATUS_SUCCESS);
	assert_int_equal(w->n[AT_CLIENT_CLOSED], 0);
	assert_int_equal(world_reset_done(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_closed(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	if (w->mcm)
		deactivate(w);
	assert_int_equal(w->n[AT_CLIENT_CLOSED], 1);
	assert_int_equal(w->status[AT_CLIENT_CLOSED], CO_STATUS_SUCCESS);
	assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
	world_expect_empty(w);
}

/* RESET-6: the indications of a reset are not a miniport's to make. */
static void
only_the_broker_tells_of_a_reset(void **state)
{
	struct world *w = *state;

	world_indicate_status(w, CO_NONE, CO_STATUS_RESET_START);
	world_indicate_status(w, CO_NONE, CO_STATUS_RESET_END);
	world_indicate_status(w, CO_NONE, CO_STATUS_SUCCESS);
	world_expect(w, "co_m_indicate_status co_m_indicate_status co_m_indicate_status");
	assert_int_equal(census_of(w).n_illegal, 3);
	assert_int_equal(world_reset_done(w), CO_STATUS_NOT_ACCEPTED);
}

static void
reset_done(struct world *w)
{
	assert_int_equal(world_reset_done(w), CO_STATUS_SUCCESS);
}

/* RESET-2, ASYNC-2, ASYNC-4 */
static void
a_reset_may_end_inside_its_handler_and_ends_once(void **state)
{
	struct world *w = *state;

	w->act[AT_MINIPORT_RESET] = reset_done;
	w->answer[AT_MINIPORT_RESET] = CO_STATUS_PENDING;
	assert_int_equal(world_reset(w), CO_STATUS_PENDING);
	assert_int_equal(w->n[AT_CLIENT_STATUS], 2);
	w->answer[AT_MINIPORT_RESET] = CO_STATUS_SUCCESS;
	assert_int_equal(world_reset(w), CO_STATUS_PENDING);
	assert_int_equal(w->n[AT_CLIENT_STATUS], 4);
	assert_int_equal(census_of(w).n_unexpected_completions, 1);
}

/* RESET-2: an error is one, and the end is told all the same. */
static void
a_reset_that_fails_is_over_too(void **state)
{
	struct world *w = *state;

	w->answer[AT_MINIPORT_RESET] = CO_STATUS_FAILURE;
	assert_int_equal(world_reset(w), CO_STATUS_FAILURE);
	assert_int_equal(w->status[AT_CLIENT_STATUS], CO_STATUS_RESET_END);
	assert_int_equal(world_oid(w, CO_NONE), CO_STATUS_SUCCESS);
}

/* A halt that comes during a reset begins when that has ended. */
static void
a_halt_waits_for_the_end_of_a_reset(void **state)
{
	struct world *w = *state;

	w->vc = CO_NONE;
	be_quick(w);
	w->answer[AT_MINIPORT_RESET] = CO_STATUS_PENDING;
	assert_int_equal(world_reset(w), CO_STATUS_PENDING);
	assert_int_equal(world_halt(w), CO_STATUS_PENDING);
	assert_int_equal(w->n[AT_CM_UNBIND], 0);
	assert_int_equal(w->n[AT_MINIPORT_HALT], 0);
	assert_int_equal(world_reset_done(w), CO_STATUS_SUCCESS);
	assert_int_equal(w->n[AT_HALTED], 1);
}

/* ---- Surprise removal. ---- */

/* UNB-8 */
static void
an_adapter_that_was_pulled_out_takes_no_requests_until_its_halt(void **state)
{
	struct co_packet packet = { 0 };
	struct world *w = *state;

	world_up(w);
	be_quick(w);
	co_m_surprise_removed(w->co, w->adapter);
	assert_int_equal(world_oid(w, w->vc), CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(world_oid(w, CO_NONE), CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(
		co_oid_request(w->co, w->vc, CO_OID_QUEUED, NULL, 0), CO_STATUS_NOT_ACCEPTED);
	world_send(w, &packet);
	assert_int_equal(packet.status, CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(world_reset(w), CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(w->n[AT_MINIPORT_OID] + w->n[AT_MINIPORT_SEND], 0);
	world_expect_states(w, CO_VC_ACTIVE, CO_CALL_UP);
	assert_int_equal(world_halt(w), CO_STATUS_PENDING);
	assert_int_equal(w->n[AT_HALTED], 1);
	assert_int_equal(census_of(w).n_vcs, 0);
	co_m_surprise_removed(w->co, w->adapter);
	assert_int_equal(census_of(w).n_stale, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(a_halt_takes_the_parties_away_in_order),
		BOTH(a_halt_waits_for_each_party),
		CM(a_miniport_halts_when_sends_and_requests_are_back),
		MCM(an_mcm_s_adapter_is_there_until_requests_are_back),
		MCM(address_families_that_outlive_their_mcm_are_reported),
		CM(a_halt_that_is_completed_twice_ends_once),
		BOTH(nobody_is_bound_to_an_adapter_that_halts),
		cmocka_unit_test(a_halt_uses_constant_stack_however_many_leave),
		BOTH(a_reset_is_told_before_and_after_and_leaves_calls_alone),
		BOTH(sends_and_requests_are_refused_while_the_adapter_is_reset),
		BOTH(queued_sends_come_back_aborted_before_the_end_is_told),
		BOTH(a_close_outlives_a_reset),
		BOTH(only_the_broker_tells_of_a_reset),
		BOTH(a_reset_may_end_inside_its_handler_and_ends_once),
		BOTH(a_reset_that_fails_is_over_too),
		BOTH(a_halt_waits_for_the_end_of_a_reset),
		BOTH(an_adapter_that_was_pulled_out_takes_no_requests_until_its_halt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
