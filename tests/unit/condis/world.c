/* SPDX-License-Identifier: BSD-3-Clause */
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void
note(struct world *w, const char *word)
{
	int n = snprintf(
		w->log + w->used, sizeof(w->log) - w->used, w->used > 0 ? " %s" : "%s", word);

	assert_true(n > 0 && (size_t)n < sizeof(w->log) - w->used);
	w->used += (size_t)n;
}

static enum co_status
at(struct world *w, enum at i, const char *word, co_ctx_t ctx)
{
	note(w, word);
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

static const struct co_client_ops client_ops = {
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

static const struct co_callmgr_ops cm_ops = {
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
};

/* C-3: what is CM only stays NULL, so that a call of it ends the test. */
static const struct co_callmgr_ops mcm_ops = {
	.open_af = cm_open_af,
	.close_af = cm_close_af,
	.register_sap = cm_register_sap,
	.deregister_sap = cm_deregister_sap,
	.create_vc = cm_create_vc,
	.delete_vc = cm_delete_vc,
	.make_call = cm_make_call,
	.close_call = cm_close_call,
	.incoming_call_complete = cm_incoming_call_complete,
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
	(void)media;
	return at(arg, AT_MINIPORT_ACTIVATE, "miniport.activate_vc", ctx);
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
mp_oid_request(void *arg, co_ctx_t ctx, enum co_oid oid, void *buffer, uint32_t size)
{
	(void)oid;
	(void)buffer;
	(void)size;
	return at(arg, AT_MINIPORT_OID, "miniport.oid_request", ctx);
}

static const struct co_miniport_ops miniport_ops = {
	.initialize = mp_initialize,
	.create_vc = mp_create_vc,
	.delete_vc = mp_delete_vc,
	.activate_vc = mp_activate_vc,
	.deactivate_vc = mp_deactivate_vc,
	.send = mp_send,
	.return_receive = mp_return_receive,
	.oid_request = mp_oid_request,
};

static const struct co_miniport_ops mcm_miniport_ops = {
	.initialize = mp_initialize,
	.send = mp_send,
	.return_receive = mp_return_receive,
	.oid_request = mp_oid_request,
};

/* ---- Assembly. ---- */

struct world *
world_create(bool mcm, const struct co_limits *limits)
{
	static const struct co_limits small = { .n_vcs = 64, .n_saps = 16 };
	struct world *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	w->mcm = mcm;
	w->media = (struct co_media_params){
		.flags = CO_MEDIA_F_TRANSMIT | CO_MEDIA_F_RECEIVE,
		.label = 100,
	};
	w->co = co_create(limits != NULL ? limits : &small, NULL);
	assert_non_null(w->co);
	return w;
}

void
world_free(struct world *w)
{
	co_destroy(w->co);
	free(w);
}

void
world_add_adapter(struct world *w)
{
	assert_int_equal(co_register_adapter(w->co, w->mcm ? &mcm_miniport_ops : &miniport_ops, w,
				 w->mcm ? &mcm_ops : NULL, w, "adapter", &w->adapter),
		CO_STATUS_SUCCESS);
}

void
world_add_client(struct world *w)
{
	assert_int_equal(
		co_register_client(w->co, &client_ops, w, "client", &w->client), CO_STATUS_SUCCESS);
}

void
world_add_cm(struct world *w)
{
	if (w->mcm)
		return;
	assert_int_equal(co_register_callmgr(w->co, &cm_ops, w, "cm", &w->cm), CO_STATUS_SUCCESS);
	assert_int_equal(co_bind(w->co, w->cm, w->adapter), CO_STATUS_SUCCESS);
}

static int
setup(void **state, bool mcm)
{
	static const struct co_address address = {
		.type = CO_ADDRESS_E164, .len = 1, .octets = "1"
	};
	struct world *w = world_create(mcm, NULL);

	*state = w;
	world_add_adapter(w);
	world_add_client(w);
	world_add_cm(w);
	assert_int_equal(co_cl_open_address_family(
				 w->co, w->client_binding, CO_AF_Q2931, WORLD_AF_CTX, &w->af),
		CO_STATUS_SUCCESS);
	assert_int_equal(co_cl_register_sap(w->co, w->af, &address, WORLD_SAP_CTX, &w->sap),
		CO_STATUS_SUCCESS);
	world_forget(w);
	return 0;
}

int
world_setup_cm(void **state)
{
	return setup(state, false);
}

int
world_setup_mcm(void **state)
{
	return setup(state, true);
}

int
world_teardown(void **state)
{
	world_free(*state);
	return 0;
}

/* ---- Looking. ---- */

void
world_forget(struct world *w)
{
	w->used = 0;
	w->log[0] = '\0';
}

void
world_expect(struct world *w, const char *expected)
{
	char text[sizeof(w->log)];
	size_t n = 0;

	for (; *expected != '\0'; expected++) {
		assert_true(n + 4 < sizeof(text));
		if (*expected == '@')
			n += (size_t)sprintf(text + n, "%s", w->mcm ? "mcm" : "cm");
		else
			text[n++] = *expected;
	}
	text[n] = '\0';
	assert_string_equal(w->log, text);
	world_forget(w);
}

void
world_expect_states(const struct world *w, enum co_vc_state vc, enum co_call_state call)
{
	struct co_vc_info info;

	assert_int_equal(co_vc_query(w->co, w->vc, &info), CO_STATUS_SUCCESS);
	assert_string_equal(co_vc_state_name(info.vc_state), co_vc_state_name(vc));
	assert_string_equal(co_call_state_name(info.call_state), co_call_state_name(call));
}

void
world_expect_empty(struct world *w)
{
	struct co_census census;

	assert_int_equal(co_cl_deregister_sap(w->co, w->sap), CO_STATUS_SUCCESS);
	assert_int_equal(co_cl_close_address_family(w->co, w->af), CO_STATUS_SUCCESS);
	co_census(w->co, &census);
	assert_int_equal(census.n_afs, 0);
	assert_int_equal(census.n_saps, 0);
	assert_int_equal(census.n_vcs, 0);
	assert_int_equal(census.n_calls, 0);
	assert_int_equal(cp_pool_n_used(&w->co->close_data), 0);
	assert_int_equal(w->co->depth, 0);
}
