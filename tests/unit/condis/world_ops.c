/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "world.h"

#include <cmocka.h>

/* The handlers of a world's parties. */

void
world_note(struct world *w, const char *word)
{
	int n = snprintf(
		w->log + w->used, sizeof(w->log) - w->used, w->used > 0 ? " %s" : "%s", word);

	assert_true(n > 0 && (size_t)n < sizeof(w->log) - w->used);
	w->used += (size_t)n;
}

static enum co_status
at(struct world *w, enum at i, const char *word, co_ctx_t ctx)
{
	if (word != NULL)
		world_note(w, word);
	w->n[i]++;
	w->ctx[i] = ctx;
	if (w->act[i] != NULL)
		w->act[i](w);
	return w->answer[i];
}

static void
at_packets(struct world *w, enum at i, const char *word, co_ctx_t ctx, struct co_packet **pkts,
	uint32_t n)
{
	assert_true(n <= WORLD_MAX_HELD);
	memcpy(w->packets, pkts, n * sizeof(pkts[0]));
	w->n_packets = n;
	if (n > 0)
		w->status[i] = pkts[0]->status;
	at(w, i, word, ctx);
}

static void
keep_data(struct world *w, struct co_data data)
{
	assert_true(data.size <= sizeof(w->octets));
	w->data = data;
	if (data.size > 0)
		memcpy(w->octets, data.octets, data.size);
}

static void
note_status(struct world *w, const char *who, enum co_status code)
{
	char word[64];

	snprintf(word, sizeof(word), "%s.status(%s)", who, co_status_name(code));
	world_note(w, word);
}

/* ---- The client. ---- */

static void
cl_bound(void *arg, co_binding_t binding, co_adapter_t adapter)
{
	struct world *w = arg;

	(void)adapter;
	w->client_binding = binding;
	at(w, AT_CLIENT_BOUND, "client.bound", binding);
}

static void
cl_af_register_notify(void *arg, co_binding_t binding, enum co_af_type type)
{
	struct world *w = arg;

	assert_int_equal(binding, w->client_binding);
	at(w, AT_CLIENT_AF, "client.af_register_notify", type);
}

static void
cl_open_af_complete(void *arg, co_ctx_t ctx, enum co_status status, co_af_t af)
{
	struct world *w = arg;

	w->af = af;
	w->status[AT_CLIENT_OPENED] = status;
	at(w, AT_CLIENT_OPENED, "client.open_af_complete", ctx);
}

static void
cl_close_af_complete(void *arg, co_ctx_t ctx, enum co_status status)
{
	struct world *w = arg;

	w->status[AT_CLIENT_CLOSED_AF] = status;
	at(w, AT_CLIENT_CLOSED_AF, "client.close_af_complete", ctx);
}

static void
cl_register_sap_complete(void *arg, co_ctx_t ctx, enum co_status status, co_sap_t sap)
{
	struct world *w = arg;

	w->sap = sap;
	w->status[AT_CLIENT_SAP] = status;
	at(w, AT_CLIENT_SAP, "client.register_sap_complete", ctx);
}

static void
cl_deregister_sap_complete(void *arg, co_ctx_t ctx, enum co_status status)
{
	struct world *w = arg;

	w->status[AT_CLIENT_NO_SAP] = status;
	at(w, AT_CLIENT_NO_SAP, "client.deregister_sap_complete", ctx);
}

static enum co_status
cl_create_vc(void *arg, co_ctx_t af_ctx, co_vc_t vc, co_ctx_t *vc_ctx)
{
	struct world *w = arg;

	w->created_vc = vc;
	*vc_ctx = WORLD_CLIENT_CTX;
	return at(w, AT_CLIENT_CREATE, "client.create_vc", af_ctx);
}

static enum co_status
cl_delete_vc(void *arg, co_ctx_t ctx)
{
	return at(arg, AT_CLIENT_DELETE, "client.delete_vc", ctx);
}

static void
cl_make_call_complete(
	void *arg, co_ctx_t ctx, enum co_status status, const struct co_call_params *params)
{
	struct world *w = arg;

	w->status[AT_CLIENT_MADE] = status;
	w->given = params;
	at(w, AT_CLIENT_MADE, "client.make_call_complete", ctx);
}

static void
cl_close_call_complete(void *arg, co_ctx_t ctx, co_ctx_t party_ctx, enum co_status status)
{
	struct world *w = arg;

	w->status[AT_CLIENT_CLOSED] = status;
	w->party_ctx = party_ctx;
	at(w, AT_CLIENT_CLOSED, "client.close_call_complete", ctx);
}

static enum co_status
cl_incoming_call(void *arg, co_ctx_t sap_ctx, co_ctx_t ctx, struct co_call_params *params)
{
	struct world *w = arg;

	assert_int_equal(sap_ctx, WORLD_SAP_CTX);
	w->given = params;
	return at(w, AT_CLIENT_OFFER, "client.incoming_call", ctx);
}

static void
cl_call_connected(void *arg, co_ctx_t ctx)
{
	at(arg, AT_CLIENT_CONNECTED, "client.call_connected", ctx);
}

static void
cl_incoming_close_call(void *arg, co_ctx_t ctx, enum co_status reason, struct co_data data)
{
	struct world *w = arg;

	w->status[AT_CLIENT_INCOMING_CLOSE] = reason;
	keep_data(w, data);
	at(w, AT_CLIENT_INCOMING_CLOSE, "client.incoming_close_call", ctx);
}

static void
cl_send_complete(void *arg, co_ctx_t ctx, struct co_packet **pkts, uint32_t n)
{
	at_packets(arg, AT_CLIENT_SENT, "client.send_complete", ctx, pkts, n);
}

static void
cl_receive(void *arg, co_ctx_t ctx, struct co_packet **pkts, uint32_t n)
{
	at_packets(arg, AT_CLIENT_RECEIVE, "client.receive", ctx, pkts, n);
}

static enum co_status
cl_notify_close_af(void *arg, co_ctx_t af_ctx)
{
	return at(arg, AT_CLIENT_NOTIFY_CLOSE, "client.notify_close_af", af_ctx);
}

static void
cl_unbind(void *arg, co_binding_t binding)
{
	at(arg, AT_CLIENT_UNBIND, "client.unbind", binding);
}

static void
cl_add_party_complete(void *arg, co_ctx_t party_ctx, enum co_status status, co_party_t party,
	const struct co_call_params *params)
{
	struct world *w = arg;

	w->status[AT_CLIENT_ADDED] = status;
	w->created_party = party;
	w->given = params;
	at(w, AT_CLIENT_ADDED, "client.add_party_complete", party_ctx);
}

static void
cl_drop_party_complete(void *arg, co_ctx_t party_ctx, enum co_status status)
{
	struct world *w = arg;

	w->status[AT_CLIENT_DROPPED] = status;
	at(w, AT_CLIENT_DROPPED, "client.drop_party_complete", party_ctx);
}

static void
cl_incoming_drop_party(void *arg, co_ctx_t party_ctx, enum co_status reason, struct co_data data)
{
	struct world *w = arg;

	w->status[AT_CLIENT_INCOMING_DROP] = reason;
	keep_data(w, data);
	at(w, AT_CLIENT_INCOMING_DROP, "client.incoming_drop_party", party_ctx);
}

static void
cl_modify_call_qos_complete(
	void *arg, co_ctx_t ctx, enum co_status status, const struct co_call_params *params)
{
	struct world *w = arg;

	w->status[AT_CLIENT_MODIFIED] = status;
	w->given = params;
	at(w, AT_CLIENT_MODIFIED, "client.modify_call_qos_complete", ctx);
}

static enum co_status
cl_incoming_call_qos_change(void *arg, co_ctx_t ctx, const struct co_call_params *params)
{
	struct world *w = arg;

	w->given = params;
	return at(w, AT_CLIENT_QOS_CHANGE, "client.incoming_call_qos_change", ctx);
}

static void
cl_status(void *arg, co_binding_t binding, bool has_vc, co_ctx_t ctx, enum co_status code)
{
	struct world *w = arg;

	assert_int_equal(binding, w->client_binding);
	w->status[AT_CLIENT_STATUS] = code;
	w->has_vc = has_vc;
	note_status(w, "client", code);
	at(w, AT_CLIENT_STATUS, NULL, ctx);
}

static enum co_status
cl_oid_request(void *arg, co_ctx_t af_ctx, struct co_oid_request *request)
{
	struct world *w = arg;

	w->request = request;
	return at(w, AT_CLIENT_OID, "client.oid_request", af_ctx);
}

const struct co_client_ops world_client_ops = {
	.bound = cl_bound,
	.af_register_notify = cl_af_register_notify,
	.open_af_complete = cl_open_af_complete,
	.close_af_complete = cl_close_af_complete,
	.register_sap_complete = cl_register_sap_complete,
	.deregister_sap_complete = cl_deregister_sap_complete,
	.create_vc = cl_create_vc,
	.delete_vc = cl_delete_vc,
	.make_call_complete = cl_make_call_complete,
	.close_call_complete = cl_close_call_complete,
	.incoming_call = cl_incoming_call,
	.call_connected = cl_call_connected,
	.incoming_close_call = cl_incoming_close_call,
	.send_complete = cl_send_complete,
	.receive = cl_receive,
	.notify_close_af = cl_notify_close_af,
	.unbind = cl_unbind,
	.add_party_complete = cl_add_party_complete,
	.drop_party_complete = cl_drop_party_complete,
	.incoming_drop_party = cl_incoming_drop_party,
	.modify_call_qos_complete = cl_modify_call_qos_complete,
	.incoming_call_qos_change = cl_incoming_call_qos_change,
	.status = cl_status,
	.oid_request = cl_oid_request,
};

/* ---- The call manager, of either kind. ---- */

static void
cm_bound(void *arg, co_binding_t binding, co_adapter_t adapter)
{
	struct world *w = arg;

	(void)adapter;
	w->cm_binding = binding;
	assert_int_equal(
		co_cm_register_address_family(w->co, binding, CO_AF_Q2931), CO_STATUS_SUCCESS);
	at(w, AT_CM_BOUND, "cm.bound", binding);
}

static enum co_status
cm_open_af(void *arg, co_af_t af, enum co_af_type type, co_ctx_t *ctx)
{
	struct world *w = arg;

	w->af = af;
	*ctx = WORLD_CM_AF_CTX;
	return at(w, AT_CM_OPEN, "cm.open_af", type);
}

static enum co_status
cm_close_af(void *arg, co_ctx_t ctx)
{
	return at(arg, AT_CM_CLOSE_AF, "cm.close_af", ctx);
}

static enum co_status
cm_register_sap(
	void *arg, co_ctx_t af_ctx, co_sap_t sap, const struct co_address *address, co_ctx_t *ctx)
{
	struct world *w = arg;

	(void)address;
	w->sap = sap;
	*ctx = WORLD_CM_SAP_CTX;
	return at(w, AT_CM_SAP, "cm.register_sap", af_ctx);
}

static enum co_status
cm_deregister_sap(void *arg, co_ctx_t ctx)
{
	return at(arg, AT_CM_NO_SAP, "cm.deregister_sap", ctx);
}

static enum co_status
cm_create_vc(void *arg, co_ctx_t af_ctx, co_vc_t vc, co_ctx_t *ctx)
{
	struct world *w = arg;

	w->created_vc = vc;
	*ctx = WORLD_CM_CTX;
	return at(w, AT_CM_CREATE, "cm.create_vc", af_ctx);
}

static enum co_status
cm_delete_vc(void *arg, co_ctx_t ctx)
{
	return at(arg, AT_CM_DELETE, "cm.delete_vc", ctx);
}

static enum co_status
cm_make_call(void *arg, co_ctx_t ctx, struct co_call_params *params)
{
	struct world *w = arg;

	w->given = params;
	return at(w, AT_CM_MAKE, "cm.make_call", ctx);
}

static enum co_status
cm_close_call(void *arg, co_ctx_t ctx, co_ctx_t party_ctx, struct co_data data)
{
	struct world *w = arg;

	w->party_ctx = party_ctx;
	keep_data(w, data);
	return at(w, AT_CM_CLOSE, "cm.close_call", ctx);
}

static void
cm_incoming_call_complete(
	void *arg, co_ctx_t ctx, enum co_status status, const struct co_call_params *params)
{
	struct world *w = arg;

	w->status[AT_CM_ANSWER] = status;
	w->given = params;
	at(w, AT_CM_ANSWER, "cm.incoming_call_complete", ctx);
}

static void
cm_activate_vc_complete(
	void *arg, co_ctx_t ctx, enum co_status status, const struct co_media_params *media)
{
	struct world *w = arg;

	w->status[AT_CM_ACTIVATED] = status;
	w->media = *media;
	at(w, AT_CM_ACTIVATED, "cm.activate_vc_complete", ctx);
}

static void
cm_deactivate_vc_complete(void *arg, co_ctx_t ctx, enum co_status status)
{
	struct world *w = arg;

	w->status[AT_CM_DEACTIVATED] = status;
	at(w, AT_CM_DEACTIVATED, "cm.deactivate_vc_complete", ctx);
}

static void
cm_send_complete(void *arg, co_ctx_t ctx, struct co_packet **pkts, uint32_t n)
{
	at_packets(arg, AT_CM_SENT, "cm.send_complete", ctx, pkts, n);
}

static void
cm_receive(void *arg, co_ctx_t ctx, struct co_packet **pkts, uint32_t n)
{
	at_packets(arg, AT_CM_RECEIVE, "cm.receive", ctx, pkts, n);
}

static void
cm_notify_close_af_complete(void *arg, co_ctx_t af_ctx, enum co_status status)
{
	struct world *w = arg;

	w->status[AT_CM_NOTIFIED] = status;
	at(w, AT_CM_NOTIFIED, "cm.notify_close_af_complete", af_ctx);
}

static void
cm_unbind(void *arg, co_binding_t binding)
{
	at(arg, AT_CM_UNBIND, "cm.unbind", binding);
}

/* Its context is there before a handler's own act: that may complete at once. */
static void
take_party(struct world *w, struct co_call_params *params, co_party_t party, co_ctx_t *ctx)
{
	w->given = params;
	w->created_party = party;
	if (!w->no_party_ctx)
		*ctx = world_cm_party_ctx(party);
}

static enum co_status
cm_make_multipoint_call(void *arg, co_ctx_t ctx, struct co_call_params *params, co_party_t party,
	co_ctx_t *party_ctx)
{
	struct world *w = arg;

	take_party(w, params, party, party_ctx);
	return at(w, AT_CM_MAKE_MULTIPOINT, "cm.make_multipoint_call", ctx);
}

static enum co_status
cm_add_party(void *arg, co_ctx_t ctx, struct co_call_params *params, co_party_t party,
	co_ctx_t *party_ctx)
{
	struct world *w = arg;

	take_party(w, params, party, party_ctx);
	return at(w, AT_CM_ADD, "cm.add_party", ctx);
}

static enum co_status
cm_drop_party(void *arg, co_ctx_t party_ctx, struct co_data data)
{
	struct world *w = arg;

	keep_data(w, data);
	return at(w, AT_CM_DROP, "cm.drop_party", party_ctx);
}

static enum co_status
cm_modify_call_qos(void *arg, co_ctx_t ctx, struct co_call_params *params)
{
	struct world *w = arg;

	w->given = params;
	return at(w, AT_CM_MODIFY, "cm.modify_call_qos", ctx);
}

static void
cm_incoming_call_qos_change_complete(void *arg, co_ctx_t ctx, enum co_status status)
{
	struct world *w = arg;

	w->status[AT_CM_QOS_ANSWER] = status;
	at(w, AT_CM_QOS_ANSWER, "cm.incoming_call_qos_change_complete", ctx);
}

static void
cm_status(void *arg, co_binding_t binding, bool has_vc, co_ctx_t ctx, enum co_status code)
{
	struct world *w = arg;

	assert_int_equal(binding, w->cm_binding);
	w->status[AT_CM_STATUS] = code;
	w->has_vc = has_vc;
	note_status(w, "cm", code);
	at(w, AT_CM_STATUS, NULL, ctx);
}

static enum co_status
cm_oid_request(void *arg, co_ctx_t af_ctx, struct co_oid_request *request)
{
	struct world *w = arg;

	w->request = request;
	return at(w, AT_CM_OID, "cm.oid_request", af_ctx);
}

const struct co_callmgr_ops world_cm_ops = {
	.bound = cm_bound,
	.open_af = cm_open_af,
	.close_af = cm_close_af,
	.register_sap = cm_register_sap,
	.deregister_sap = cm_deregister_sap,
	.create_vc = cm_create_vc,
	.delete_vc = cm_delete_vc,
	.make_call = cm_make_call,
	.close_call = cm_close_call,
	.incoming_call_complete = cm_incoming_call_complete,
	.activate_vc_complete = cm_activate_vc_complete,
	.deactivate_vc_complete = cm_deactivate_vc_complete,
	.send_complete = cm_send_complete,
	.receive = cm_receive,
	.unbind = cm_unbind,
	.status = cm_status,
	.notify_close_af_complete = cm_notify_close_af_complete,
	.make_multipoint_call = cm_make_multipoint_call,
	.add_party = cm_add_party,
	.drop_party = cm_drop_party,
	.modify_call_qos = cm_modify_call_qos,
	.incoming_call_qos_change_complete = cm_incoming_call_qos_change_complete,
	.oid_request = cm_oid_request,
};

/* C-3: what is CM only stays NULL, so that a call of it ends the test. */
const struct co_callmgr_ops world_mcm_ops = {
	.open_af = cm_open_af,
	.close_af = cm_close_af,
	.register_sap = cm_register_sap,
	.deregister_sap = cm_deregister_sap,
	.create_vc = cm_create_vc,
	.delete_vc = cm_delete_vc,
	.make_call = cm_make_call,
	.close_call = cm_close_call,
	.incoming_call_complete = cm_incoming_call_complete,
	.notify_close_af_complete = cm_notify_close_af_complete,
	.make_multipoint_call = cm_make_multipoint_call,
	.add_party = cm_add_party,
	.drop_party = cm_drop_party,
	.modify_call_qos = cm_modify_call_qos,
	.incoming_call_qos_change_complete = cm_incoming_call_qos_change_complete,
	.oid_request = cm_oid_request,
};

/* ---- The miniport. ---- */

static void
mp_initialize(void *arg, co_adapter_t handle)
{
	struct world *w = arg;

	w->adapter = handle;
	if (w->mcm)
		assert_int_equal(co_mcm_register_address_family(w->co, handle, CO_AF_Q2931),
			CO_STATUS_SUCCESS);
	at(w, AT_MINIPORT_INITIALIZE, "miniport.initialize", handle);
}

static enum co_status
mp_create_vc(void *arg, co_vc_t vc, co_ctx_t *ctx)
{
	struct world *w = arg;

	w->created_vc = vc;
	*ctx = WORLD_MINIPORT_CTX;
	return at(w, AT_MINIPORT_CREATE, "miniport.create_vc", 0);
}

static enum co_status
mp_delete_vc(void *arg, co_ctx_t ctx)
{
	return at(arg, AT_MINIPORT_DELETE, "miniport.delete_vc", ctx);
}

static enum co_status
mp_activate_vc(void *arg, co_ctx_t ctx, struct co_media_params *media)
{
	struct world *w = arg;

	w->activating = media;
	return at(w, AT_MINIPORT_ACTIVATE, "miniport.activate_vc", ctx);
}

static enum co_status
mp_deactivate_vc(void *arg, co_ctx_t ctx)
{
	return at(arg, AT_MINIPORT_DEACTIVATE, "miniport.deactivate_vc", ctx);
}

static void
mp_send(void *arg, co_ctx_t ctx, struct co_packet **pkts, uint32_t n)
{
	at_packets(arg, AT_MINIPORT_SEND, "miniport.send", ctx, pkts, n);
}

static void
mp_return_receive(void *arg, co_ctx_t ctx, struct co_packet **pkts, uint32_t n)
{
	at_packets(arg, AT_MINIPORT_RETURN, "miniport.return_receive", ctx, pkts, n);
}

static enum co_status
mp_oid_request(void *arg, bool has_vc, co_ctx_t ctx, struct co_oid_request *request)
{
	struct world *w = arg;

	w->has_vc = has_vc;
	w->request = request;
	return at(w, AT_MINIPORT_OID, "miniport.oid_request", ctx);
}

static void
mp_cancel_send(void *arg, co_ctx_t ctx, uint64_t cancel_id)
{
	struct world *w = arg;

	w->cancel_id = cancel_id;
	at(w, AT_MINIPORT_CANCEL, "miniport.cancel_send", ctx);
}

static enum co_status
mp_reset(void *arg)
{
	return at(arg, AT_MINIPORT_RESET, "miniport.reset", 0);
}

static enum co_status
mp_halt(void *arg)
{
	return at(arg, AT_MINIPORT_HALT, "miniport.halt", 0);
}

const struct co_miniport_ops world_miniport_ops = {
	.initialize = mp_initialize,
	.create_vc = mp_create_vc,
	.delete_vc = mp_delete_vc,
	.activate_vc = mp_activate_vc,
	.deactivate_vc = mp_deactivate_vc,
	.send = mp_send,
	.return_receive = mp_return_receive,
	.oid_request = mp_oid_request,
	.cancel_send = mp_cancel_send,
	.reset = mp_reset,
	.halt = mp_halt,
};

const struct co_miniport_ops world_mcm_miniport_ops = {
	.initialize = mp_initialize,
	.send = mp_send,
	.return_receive = mp_return_receive,
	.oid_request = mp_oid_request,
	.cancel_send = mp_cancel_send,
	.reset = mp_reset,
	.halt = mp_halt,
};
