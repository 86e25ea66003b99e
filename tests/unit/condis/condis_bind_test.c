/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "world.h"

#include <cmocka.h>

/* How parties leave an adapter, and how it goes: contract 4.18, 5.10. */

static struct co_census
census_of(const struct world *w)
{
	struct co_census census;

	co_census(w->co, &census);
	return census;
}

/* ---- Ops tables. ---- */

/* What of a table must be there: without it nothing is registered. */
#define WITHOUT(type, from, member, expression)                                                    \
	do {                                                                                       \
		type ops = *(from);                                                                \
		ops.member = NULL;                                                                 \
		assert_int_equal(expression, CO_STATUS_INVALID_DATA);                              \
	} while (0)

#define NO_CLIENT(member)                                                                          \
	WITHOUT(struct co_client_ops, &world_client_ops, member,                                   \
		co_register_client(w->co, &ops, w, "x", &protocol))
#define NO_CM(member)                                                                              \
	WITHOUT(struct co_callmgr_ops, &world_cm_ops, member,                                      \
		co_register_callmgr(w->co, &ops, w, "x", &protocol))
#define NO_MCM(member)                                                                             \
	WITHOUT(struct co_callmgr_ops, &world_mcm_ops, member,                                     \
		co_register_adapter(w->co, &world_mcm_miniport_ops, w, &ops, w, "x", &adapter))
#define NO_MINIPORT(member)                                                                        \
	WITHOUT(struct co_miniport_ops, &world_miniport_ops, member,                               \
		co_register_adapter(w->co, &ops, w, NULL, NULL, "x", &adapter))

/* OBJ-7 */
static void
a_table_without_a_compulsory_member_is_refused(void **state)
{
	struct world *w = world_create(false, NULL);
	co_protocol_t protocol;
	co_adapter_t adapter;

	(void)state;
	NO_CLIENT(bound);
	NO_CLIENT(create_vc);
	NO_CLIENT(close_call_complete);
	NO_CLIENT(receive);
	NO_CM(bound);
	NO_CM(close_call);
	NO_CM(activate_vc_complete);
	NO_CM(receive);
	NO_MCM(open_af);
	NO_MCM(make_call);
	NO_MINIPORT(initialize);
	NO_MINIPORT(create_vc);
	NO_MINIPORT(oid_request);
	assert_int_equal(census_of(w).n_protocols, 0);
	assert_int_equal(census_of(w).n_adapters, 0);
	assert_int_equal(w->used, 0);
	world_free(w);
}

/* A world whose parties have only what they must, from tables that die before they are used. */
static struct world *
bare_world(bool mcm)
{
	struct world *w = world_create(mcm, NULL);
	struct co_miniport_ops miniport = mcm ? world_mcm_miniport_ops : world_miniport_ops;
	struct co_callmgr_ops cm = mcm ? world_mcm_ops : world_cm_ops;
	struct co_client_ops client = world_client_ops;

	miniport.cancel_send = NULL;
	miniport.reset = NULL;
	miniport.halt = NULL;
	cm.notify_close_af_complete = NULL;
	cm.unbind = NULL;
	cm.make_multipoint_call = NULL;
	cm.add_party = NULL;
	cm.drop_party = NULL;
	cm.modify_call_qos = NULL;
	cm.incoming_call_qos_change_complete = NULL;
	cm.status = NULL;
	cm.oid_request = NULL;
	client.notify_close_af = NULL;
	client.unbind = NULL;
	client.add_party_complete = NULL;
	client.drop_party_complete = NULL;
	client.incoming_drop_party = NULL;
	client.modify_call_qos_complete = NULL;
	client.incoming_call_qos_change = NULL;
	client.status = NULL;
	client.oid_request = NULL;
	assert_int_equal(
		co_register_adapter(w->co, &miniport, w, mcm ? &cm : NULL, w, "port", &w->adapter),
		CO_STATUS_SUCCESS);
	assert_int_equal(
		co_register_client(w->co, &client, w, "client", &w->client), CO_STATUS_SUCCESS);
	if (!mcm) {
		assert_int_equal(
			co_register_callmgr(w->co, &cm, w, "cm", &w->cm), CO_STATUS_SUCCESS);
		assert_int_equal(co_bind(w->co, w->cm, w->adapter), CO_STATUS_SUCCESS);
	}
	memset(&miniport, 0, sizeof(miniport));
	memset(&cm, 0, sizeof(cm));
	memset(&client, 0, sizeof(client));
	assert_int_equal(world_open_af(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_register_sap(w), CO_STATUS_SUCCESS);
	return w;
}

static enum co_status
change_qos(struct world *w)
{
	return w->mcm ? co_mcm_dispatch_incoming_call_qos_change(w->co, w->vc, &w->qos)
		      : co_cm_dispatch_incoming_call_qos_change(w->co, w->vc, &w->qos);
}

/* OBJ-7, QOS-9: what was left out is the same as a handler that says so, or just returns. */
static void
what_a_party_leaves_out_is_not_supported(void **state)
{
	static const bool mcm[] = { false, true };
	struct co_packet packet = { .cancel_id = 1 };
	unsigned int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		struct world *w = bare_world(mcm[i]);

		world_up(w);
		assert_int_equal(world_modify(w), CO_STATUS_NOT_SUPPORTED);
		assert_int_equal(change_qos(w), CO_STATUS_NOT_SUPPORTED);
		world_send(w, &packet);
		world_cancel(w, 1);
		world_sent(w, &packet);
		world_indicate_status(w, w->vc, CO_STATUS_MEDIA_DISCONNECT);
		assert_int_equal(world_oid_by_client(w), CO_STATUS_NOT_SUPPORTED);
		assert_int_equal(world_oid_by_cm(w), CO_STATUS_NOT_SUPPORTED);
		assert_int_equal(world_notify_close_af(w), CO_STATUS_NOT_SUPPORTED);
		assert_int_equal(world_reset(w), CO_STATUS_NOT_SUPPORTED);
		world_expect_states(w, CO_VC_ACTIVE, CO_CALL_UP);
		world_closing(w);
		world_finish_close(w);
		assert_int_equal(world_make_multipoint(w), CO_STATUS_NOT_SUPPORTED);
		assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
		world_expect_empty(w);
		world_free(w);
	}
}

/* ---- A client leaves. ---- */

static void
deactivate(struct world *w)
{
	assert_int_equal(world_deactivate(w), CO_STATUS_SUCCESS);
}

static void
close_client_binding(struct world *w)
{
	w->result = world_close_adapter(w, w->client_binding);
}

static void
leave_at_once(struct world *w)
{
	assert_int_equal(world_close(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_deregister_sap(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_close_af(w), CO_STATUS_SUCCESS);
	close_client_binding(w);
}

/* UNB-1, CLOSE-38 */
static void
a_client_leaves_from_inside_the_request(void **state)
{
	struct world *w = *state;

	world_up(w);
	w->act[AT_CLIENT_UNBIND] = leave_at_once;
	w->act[AT_CM_CLOSE] = deactivate;
	assert_int_equal(world_unbind(w, w->client_binding), CO_STATUS_SUCCESS);
	assert_int_equal(w->result, CO_STATUS_SUCCESS);
	assert_int_equal(w->ctx[AT_CLIENT_UNBIND], w->client_binding);
	world_expect(w, "co_unbind client.unbind co_cl_close_call cm.close_call "
			"co_@_deactivate_vc{ miniport.deactivate_vc} co_delete_vc cm.delete_vc"
			"{ miniport.delete_vc} co_cl_deregister_sap cm.deregister_sap "
			"co_cl_close_address_family cm.close_af co_close_adapter");
	assert_int_equal(census_of(w).n_bindings, w->mcm ? 0 : 1);
	assert_int_equal(census_of(w).n_leftovers, 0);
}

/* UNB-1, UNB-2, UNB-12: it may take its time, and cannot forget anything. */
static void
a_client_leaves_when_it_has_given_up_all(void **state)
{
	struct world *w = *state;

	world_up(w);
	assert_int_equal(world_unbind(w, w->client_binding), CO_STATUS_PENDING);
	assert_int_equal(world_unbind(w, w->client_binding), CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(
		world_close_adapter(w, w->client_binding), CO_STATUS_NOT_ACCEPTED); /* a call */
	world_closing(w);
	world_finish_close(w);
	assert_int_equal(
		world_close_adapter(w, w->client_binding), CO_STATUS_NOT_ACCEPTED); /* a VC */
	assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
	assert_int_equal(
		world_close_adapter(w, w->client_binding), CO_STATUS_NOT_ACCEPTED); /* a SAP */
	assert_int_equal(world_deregister_sap(w), CO_STATUS_SUCCESS);
	assert_int_equal(
		world_close_adapter(w, w->client_binding), CO_STATUS_NOT_ACCEPTED); /* an AF */
	assert_int_equal(world_close_af(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_close_adapter(w, w->client_binding), CO_STATUS_SUCCESS);
	assert_int_equal(census_of(w).n_leftovers, 4 + 3 + 2 + 1);
}

static char line[512];

static void
keep_line(enum cp_log_level level, const char *text, void *arg)
{
	(void)level;
	(void)arg;
	snprintf(line, sizeof(line), "%s", text);
}

/* UNB-12 */
static void
what_is_left_is_reported_with_its_kind_and_number(void **state)
{
	struct world *w = *state;

	world_tree(w, 3);
	cp_log_set_sink(keep_line, NULL);
	assert_int_equal(world_close_adapter(w, w->client_binding), CO_STATUS_NOT_ACCEPTED);
	cp_log_set_sink(NULL, NULL);
	assert_non_null(strstr(line, "client cannot leave adapter yet: it has 1 address families, "
				     "1 SAPs, 1 VCs, 1 calls, 3 parties"));
	assert_int_equal(census_of(w).n_leftovers, 7);
	world_expect_states(w, CO_VC_ACTIVE, CO_CALL_UP);
}

/* UNB-7 */
static void
after_close_adapter_the_binding_is_dead(void **state)
{
	struct world *w = *state;
	co_binding_t binding = w->client_binding;
	co_vc_t vc = CO_NONE;
	co_af_t af;

	assert_int_equal(world_deregister_sap(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_close_af(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_unbind(w, binding), CO_STATUS_PENDING);
	world_forget(w);
	world_indicate_status(w, CO_NONE, CO_STATUS_MEDIA_CONNECT); /* still there */
	world_expect(w, "co_m_indicate_status {cm.status(MEDIA_CONNECT) }"
			"client.status(MEDIA_CONNECT)");
	assert_int_equal(world_close_adapter(w, binding), CO_STATUS_SUCCESS);
	assert_int_equal(world_close_adapter(w, binding), CO_STATUS_FAILURE);
	assert_int_equal(world_unbind(w, binding), CO_STATUS_FAILURE);
	assert_int_equal(co_pause(w->co, binding), CO_STATUS_FAILURE);
	assert_int_equal(co_restart(w->co, binding), CO_STATUS_FAILURE);
	assert_int_equal(
		co_cl_open_address_family(w->co, binding, CO_AF_Q2931, 0, &af), CO_STATUS_FAILURE);
	assert_int_equal(co_create_vc(w->co, binding, w->af, 0, &vc), CO_STATUS_FAILURE);
	world_forget(w);
	world_indicate_status(w, CO_NONE, CO_STATUS_MEDIA_CONNECT);
	world_expect(w, "co_m_indicate_status{ cm.status(MEDIA_CONNECT)}");
}

/* UNB-2, UNB-12: who has no unbind handler is closed by the broker, when nothing is left of it. */
static void
a_client_that_cannot_be_asked_is_closed_when_nothing_is_left(void **state)
{
	static const bool mcm[] = { false, true };
	unsigned int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		struct world *w = bare_world(mcm[i]);

		world_up(w);
		assert_int_equal(world_unbind(w, w->client_binding), CO_STATUS_PENDING);
		assert_int_equal(census_of(w).n_leftovers, 4);
		world_closing(w);
		world_finish_close(w);
		assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
		assert_int_equal(world_deregister_sap(w), CO_STATUS_SUCCESS);
		assert_int_equal(census_of(w).n_bindings, mcm[i] ? 1 : 2);
		assert_int_equal(world_close_af(w), CO_STATUS_SUCCESS);
		assert_int_equal(census_of(w).n_bindings, mcm[i] ? 0 : 1);
		assert_int_equal(world_close_adapter(w, w->client_binding), CO_STATUS_FAILURE);
		world_free(w);
	}
}

/* UNB-2: nothing is left from the beginning. */
static void
a_client_that_has_nothing_and_cannot_be_asked_is_closed_at_once(void **state)
{
	struct world *w = bare_world(true);

	(void)state;
	assert_int_equal(world_deregister_sap(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_close_af(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_unbind(w, w->client_binding), CO_STATUS_SUCCESS);
	assert_int_equal(census_of(w).n_bindings, 0);
	assert_int_equal(census_of(w).n_leftovers, 0);
	world_free(w);
}

/* ---- A call manager leaves. ---- */

static void
notify(struct world *w)
{
	w->result = world_notify_close_af(w);
}

static void
close_cm_binding(struct world *w)
{
	w->result = world_close_adapter(w, w->cm_binding);
}

/* UNB-3, AF-16: stand-alone. */
static void
a_call_manager_leaves_when_its_clients_have_closed_all(void **state)
{
	struct world *w = *state;

	world_up(w);
	w->act[AT_CM_UNBIND] = notify;
	w->act[AT_CM_NOTIFIED] = close_cm_binding;
	w->answer[AT_CLIENT_NOTIFY_CLOSE] = CO_STATUS_PENDING;
	assert_int_equal(world_unbind(w, w->cm_binding), CO_STATUS_PENDING);
	world_expect(w, "co_unbind cm.unbind co_cm_notify_close_address_family "
			"client.notify_close_af");
	assert_int_equal(w->result, CO_STATUS_PENDING);
	assert_int_equal(world_close_adapter(w, w->cm_binding), CO_STATUS_NOT_ACCEPTED);
	world_closing(w);
	world_finish_close(w);
	assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_deregister_sap(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_close_af(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_close_adapter(w, w->cm_binding), CO_STATUS_NOT_ACCEPTED);
	world_forget(w);
	assert_int_equal(world_notified(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	world_expect(w, "co_cl_notify_close_address_family_complete "
			"cm.notify_close_af_complete co_close_adapter");
	assert_int_equal(w->result, CO_STATUS_SUCCESS);
	assert_int_equal(census_of(w).n_bindings, 1);
}

/* UNB-12, DEL-10: its signalling VC holds it too. */
static void
a_call_manager_does_not_leave_a_signalling_vc_behind(void **state)
{
	struct world *w = *state;

	assert_int_equal(world_deregister_sap(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_close_af(w), CO_STATUS_SUCCESS);
	w->vc = CO_NONE;
	assert_int_equal(co_create_vc(w->co, w->cm_binding, CO_NONE, WORLD_CM_CTX, &w->vc),
		CO_STATUS_SUCCESS);
	assert_int_equal(world_close_adapter(w, w->cm_binding), CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(census_of(w).n_leftovers, 1);
	assert_int_equal(world_delete_by_cm(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_close_adapter(w, w->cm_binding), CO_STATUS_SUCCESS);
}

/* UNB-2: one without an unbind handler goes when its last signalling VC has. */
static void
a_call_manager_that_cannot_be_asked_is_closed_with_its_signalling_vc(void **state)
{
	struct world *w = bare_world(false);

	(void)state;
	assert_int_equal(world_deregister_sap(w), CO_STATUS_SUCCESS);
	w->vc = CO_NONE;
	assert_int_equal(co_create_vc(w->co, w->cm_binding, CO_NONE, WORLD_CM_CTX, &w->vc),
		CO_STATUS_SUCCESS);
	assert_int_equal(world_unbind(w, w->cm_binding), CO_STATUS_PENDING);
	assert_int_equal(world_close_af(w), CO_STATUS_SUCCESS);
	assert_int_equal(census_of(w).n_bindings, 2);
	assert_int_equal(world_delete_by_cm(w), CO_STATUS_SUCCESS);
	assert_int_equal(census_of(w).n_bindings, 1);
	world_free(w);
}

/* UNB-11: with the binding its registrations end; bound again, the clients are told anew. */
static void
a_call_manager_that_left_can_be_bound_again(void **state)
{
	struct world *w = *state;
	co_af_t af;

	assert_int_equal(world_deregister_sap(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_close_af(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_unbind(w, w->cm_binding), CO_STATUS_PENDING);
	assert_int_equal(world_close_adapter(w, w->cm_binding), CO_STATUS_SUCCESS);
	assert_int_equal(co_cl_open_address_family(w->co, w->client_binding, CO_AF_Q2931, 0, &af),
		CO_STATUS_FAILURE);
	world_forget(w);
	assert_int_equal(co_bind(w->co, w->cm, w->adapter), CO_STATUS_SUCCESS);
	world_expect(w, "cm.bound client.af_register_notify");
	assert_int_equal(world_open_af(w), CO_STATUS_SUCCESS);
}

/* ---- Pausing. ---- */

static enum co_status
sent_with(struct world *w, co_vc_t vc)
{
	struct co_packet packet = { 0 }, *pkts = &packet;

	co_send(w->co, vc, &pkts, 1);
	if (packet.status == CO_STATUS_SUCCESS)
		co_m_send_complete(w->co, vc, &pkts, 1);
	return packet.status;
}

/* UNB-4 */
static void
a_paused_binding_sends_nothing(void **state)
{
	struct world *w = *state;

	world_up(w);
	assert_int_equal(co_pause(w->co, w->client_binding), CO_STATUS_SUCCESS);
	assert_int_equal(sent_with(w, w->vc), CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(w->n[AT_MINIPORT_SEND], 0);
	assert_int_equal(w->n[AT_CLIENT_SENT], 1);
	assert_int_equal(co_restart(w->co, w->client_binding), CO_STATUS_SUCCESS);
	assert_int_equal(sent_with(w, w->vc), CO_STATUS_SUCCESS);
	assert_int_equal(w->n[AT_MINIPORT_SEND], 1);
}

static co_vc_t signalling;

/* The CM's release does not go out any more: it ends the call on this side (UNB-5). */
static void
release_without_the_network(struct world *w)
{
	assert_int_equal(sent_with(w, signalling), CO_STATUS_NOT_ACCEPTED);
	deactivate(w);
}

/* UNB-4, UNB-5 */
static void
a_close_while_the_call_manager_is_paused_ends_without_the_network(void **state)
{
	struct world *w = *state;

	signalling = CO_NONE;
	assert_int_equal(co_create_vc(w->co, w->cm_binding, CO_NONE, WORLD_CM_CTX, &signalling),
		CO_STATUS_SUCCESS);
	assert_int_equal(co_cm_activate_vc(w->co, signalling, &w->media), CO_STATUS_SUCCESS);
	world_up(w);
	assert_int_equal(sent_with(w, signalling), CO_STATUS_SUCCESS);
	assert_int_equal(co_pause(w->co, w->cm_binding), CO_STATUS_SUCCESS);
	w->act[AT_CM_CLOSE] = release_without_the_network;
	assert_int_equal(world_close(w), CO_STATUS_SUCCESS);
	assert_int_equal(w->n[AT_MINIPORT_SEND], 1);
	world_expect_states(w, CO_VC_DEACTIVATED, CO_CALL_IDLE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_table_without_a_compulsory_member_is_refused),
		cmocka_unit_test(what_a_party_leaves_out_is_not_supported),
		BOTH(a_client_leaves_from_inside_the_request),
		BOTH(a_client_leaves_when_it_has_given_up_all),
		BOTH(what_is_left_is_reported_with_its_kind_and_number),
		BOTH(after_close_adapter_the_binding_is_dead),
		cmocka_unit_test(a_client_that_cannot_be_asked_is_closed_when_nothing_is_left),
		cmocka_unit_test(a_client_that_has_nothing_and_cannot_be_asked_is_closed_at_once),
		CM(a_call_manager_leaves_when_its_clients_have_closed_all),
		CM(a_call_manager_does_not_leave_a_signalling_vc_behind),
		cmocka_unit_test(
			a_call_manager_that_cannot_be_asked_is_closed_with_its_signalling_vc),
		CM(a_call_manager_that_left_can_be_bound_again),
		BOTH(a_paused_binding_sends_nothing),
		CM(a_close_while_the_call_manager_is_paused_ends_without_the_network),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
