/* SPDX-License-Identifier: BSD-3-Clause */
#include "unicm/unicm.h"

#include <errno.h>
#include <string.h>

#include "base/log.h"

/* Sends that the miniport may hold at once; more are dropped and SSCOP repairs it. */
#define N_SENDS 64u

/* The context of the signalling VC; those of clients' VCs are pool handles, never this. */
#define SIGNALLING_CTX UINT64_MAX

struct unicm_send {
	struct co_packet packet;
	bool busy;
	uint8_t pdu[SSCOP_MAX_PDU];
};

struct unicm {
	struct co *co;
	struct callmgr *cm;
	co_binding_t binding;
	co_vc_t signalling_vc;
	bool signalling_active;
	bool resetting;
	bool closing;
	bool unbinding; /**< The binding goes with the signalling VC. */
	uint32_t next_send;
	struct unicm_send sends[N_SENDS];
};

/* ---- Flavour: the engine acts through the broker alone. ---- */

static bool
send_pdu(void *arg, const uint8_t *pdu, size_t len)
{
	struct unicm *u = arg;
	struct unicm_send *s = &u->sends[u->next_send];
	struct co_packet *p = &s->packet;

	if (!u->signalling_active || u->resetting || s->busy || len > sizeof(s->pdu))
		return false;
	u->next_send = (u->next_send + 1) % N_SENDS;
	memcpy(s->pdu, pdu, len);
	*p = (struct co_packet){ .data = s->pdu, .len = (uint32_t)len, .owner = s };
	s->busy = true;
	co_send(u->co, u->signalling_vc, &p, 1);
	return true;
}

static enum co_status
create_vc(void *arg, co_af_t af, co_ctx_t vc_ctx, co_vc_t *vc)
{
	struct unicm *u = arg;

	*vc = CO_NONE;
	return co_create_vc(u->co, u->binding, af, vc_ctx, vc);
}

static enum co_status
delete_vc(void *arg, co_vc_t vc)
{
	struct unicm *u = arg;

	return co_delete_vc(u->co, u->binding, vc);
}

static enum co_status
activate_vc(void *arg, co_vc_t vc, co_ctx_t vc_ctx, struct co_media_params *media, uint64_t *hw)
{
	struct unicm *u = arg;

	(void)vc_ctx;
	(void)hw;
	return co_cm_activate_vc(u->co, vc, media);
}

static enum co_status
deactivate_vc(void *arg, co_vc_t vc, co_ctx_t vc_ctx, uint64_t hw)
{
	struct unicm *u = arg;

	(void)vc_ctx;
	(void)hw;
	return co_cm_deactivate_vc(u->co, vc);
}

static enum co_status
reserve(void *arg, co_vc_t vc, co_ctx_t vc_ctx, struct co_media_params *media)
{
	struct unicm *u = arg;

	(void)vc_ctx;
	return co_oid_request(u->co, vc, CO_OID_VC_RESERVE, media, sizeof(*media));
}

static void
flow(void *arg, co_vc_t vc, co_ctx_t vc_ctx, struct co_vc_flow *out)
{
	struct unicm *u = arg;

	(void)vc_ctx;
	co_oid_request(u->co, vc, CO_OID_VC_FLOW, out, sizeof(*out));
}

static enum co_status
offer_af(void *arg, bool offer)
{
	struct unicm *u = arg;

	return offer ? co_cm_register_address_family(u->co, u->binding, CO_AF_Q2931)
		     : co_cm_withdraw_address_family(u->co, u->binding, CO_AF_Q2931);
}

static const struct callmgr_flavour flavour = {
	.completes_first = false,
	.send_pdu = send_pdu,
	.create_vc = create_vc,
	.delete_vc = delete_vc,
	.activate_vc = activate_vc,
	.deactivate_vc = deactivate_vc,
	.reserve = reserve, /* the miniport sees the end of every VC itself */
	.flow = flow,
	.make_call_complete = co_cm_make_call_complete,
	.close_call_complete = co_cm_close_call_complete,
	.dispatch_incoming_call = co_cm_dispatch_incoming_call,
	.dispatch_call_connected = co_cm_dispatch_call_connected,
	.dispatch_incoming_close_call = co_cm_dispatch_incoming_close_call,
	.add_party_complete = co_cm_add_party_complete,
	.drop_party_complete = co_cm_drop_party_complete,
	.modify_call_qos_complete = co_cm_modify_call_qos_complete,
	.dispatch_incoming_drop_party = co_cm_dispatch_incoming_drop_party,
	.dispatch_incoming_call_qos_change = co_cm_dispatch_incoming_call_qos_change,
	.notify_close_address_family = co_cm_notify_close_address_family,
	.oid_request = co_cm_oid_request,
	.close_address_family_complete = co_cm_close_address_family_complete,
	.offer_af = offer_af,
};

/* ---- Handlers: the broker's first argument is the struct unicm. ---- */

static void
on_bound(void *arg, co_binding_t binding, co_adapter_t adapter)
{
	struct unicm *u = arg;

	(void)adapter;
	u->binding = binding;
	offer_af(u, true);
}

static enum co_status
on_open_af(void *arg, co_af_t af, enum co_af_type type, co_ctx_t *af_ctx)
{
	return callmgr_open_af(((struct unicm *)arg)->cm, af, type, af_ctx);
}

static enum co_status
on_close_af(void *arg, co_ctx_t af_ctx)
{
	return callmgr_close_af(((struct unicm *)arg)->cm, af_ctx);
}

static enum co_status
on_register_sap(void *arg, co_ctx_t af_ctx, co_sap_t sap, const struct co_address *address,
	co_ctx_t *sap_ctx)
{
	return callmgr_register_sap(((struct unicm *)arg)->cm, af_ctx, sap, address, sap_ctx);
}

static enum co_status
on_deregister_sap(void *arg, co_ctx_t sap_ctx)
{
	return callmgr_deregister_sap(((struct unicm *)arg)->cm, sap_ctx);
}

static enum co_status
on_create_vc(void *arg, co_ctx_t af_ctx, co_vc_t vc, co_ctx_t *vc_ctx)
{
	return callmgr_vc_created(((struct unicm *)arg)->cm, af_ctx, vc, vc_ctx);
}

static enum co_status
on_delete_vc(void *arg, co_ctx_t vc_ctx)
{
	return callmgr_vc_deleted(((struct unicm *)arg)->cm, vc_ctx);
}

static enum co_status
on_make_call(void *arg, co_ctx_t vc_ctx, struct co_call_params *params)
{
	return callmgr_make_call(((struct unicm *)arg)->cm, vc_ctx, params);
}

static enum co_status
on_make_multipoint_call(void *arg, co_ctx_t vc_ctx, struct co_call_params *params, co_party_t party,
	co_ctx_t *party_ctx)
{
	return callmgr_make_multipoint_call(
		((struct unicm *)arg)->cm, vc_ctx, params, party, party_ctx);
}

static enum co_status
on_add_party(void *arg, co_ctx_t vc_ctx, struct co_call_params *params, co_party_t party,
	co_ctx_t *party_ctx)
{
	return callmgr_add_party(((struct unicm *)arg)->cm, vc_ctx, params, party, party_ctx);
}

static enum co_status
on_drop_party(void *arg, co_ctx_t party_ctx, struct co_data data)
{
	return callmgr_drop_party(((struct unicm *)arg)->cm, party_ctx, data);
}

static enum co_status
on_modify_call_qos(void *arg, co_ctx_t vc_ctx, struct co_call_params *params)
{
	return callmgr_modify_call_qos(((struct unicm *)arg)->cm, vc_ctx, params);
}

static void
on_incoming_call_qos_change_complete(void *arg, co_ctx_t vc_ctx, enum co_status status)
{
	callmgr_incoming_call_qos_change_complete(((struct unicm *)arg)->cm, vc_ctx, status);
}

static void
on_ahead(void *arg, const co_ctx_t *vc_ctxs, uint32_t n)
{
	callmgr_vcs_ahead(((struct unicm *)arg)->cm, vc_ctxs, n);
}

static enum co_status
on_close_call(void *arg, co_ctx_t vc_ctx, co_ctx_t party_ctx, struct co_data data)
{
	return callmgr_close_call(((struct unicm *)arg)->cm, vc_ctx, party_ctx, data);
}

static void
on_incoming_call_complete(
	void *arg, co_ctx_t vc_ctx, enum co_status status, const struct co_call_params *params)
{
	callmgr_incoming_call_complete(((struct unicm *)arg)->cm, vc_ctx, status, params);
}

static void
on_notify_close_af_complete(void *arg, co_ctx_t af_ctx, enum co_status status)
{
	callmgr_notify_close_af_complete(((struct unicm *)arg)->cm, af_ctx, status);
}

static enum co_status
on_oid_request(void *arg, co_ctx_t af_ctx, struct co_oid_request *request)
{
	return callmgr_oid_request(((struct unicm *)arg)->cm, af_ctx, request);
}

/* DEL-10 */
static void
signalling_deactivated(struct unicm *u)
{
	if (co_delete_vc(u->co, u->binding, u->signalling_vc) != CO_STATUS_SUCCESS)
		return;
	u->signalling_vc = CO_NONE;
	if (u->unbinding)
		co_close_adapter(u->co, u->binding);
}

static void
deactivate_signalling(struct unicm *u)
{
	u->signalling_active = false;
	if (co_cm_deactivate_vc(u->co, u->signalling_vc) != CO_STATUS_PENDING)
		signalling_deactivated(u);
}

static void
signalling_activated(struct unicm *u, enum co_status status)
{
	u->signalling_active = status == CO_STATUS_SUCCESS;
	if (!u->signalling_active)
		cp_log(CP_LOG_ERR, "trunk %s: its signalling VC could not be activated: %s",
			callmgr_name(u->cm), co_status_name(status));
	if (u->closing) /* closed while the activation was pending */
		deactivate_signalling(u);
}

static void
on_activate_vc_complete(
	void *arg, co_ctx_t vc_ctx, enum co_status status, const struct co_media_params *media)
{
	struct unicm *u = arg;

	if (vc_ctx == SIGNALLING_CTX)
		signalling_activated(u, status);
	else
		callmgr_vc_activated(u->cm, vc_ctx, status, media);
}

static void
on_deactivate_vc_complete(void *arg, co_ctx_t vc_ctx, enum co_status status)
{
	struct unicm *u = arg;

	(void)status; /* C-16: an error changes nothing, the VC counts as deactivated */
	if (vc_ctx == SIGNALLING_CTX)
		signalling_deactivated(u);
	else
		callmgr_vc_deactivated(u->cm, vc_ctx);
}

/* UNB-3, sequence 5.10: clients first, then the signalling link and its VC, then the binding. */
static void
on_left(void *arg)
{
	struct unicm *u = arg;

	u->unbinding = true;
	if (u->signalling_vc == CO_NONE)
		co_close_adapter(u->co, u->binding);
	else
		unicm_close(u);
}

static void
on_unbind(void *arg, co_binding_t binding)
{
	struct unicm *u = arg;

	(void)binding;
	callmgr_leave(u->cm, on_left, u);
}

/* RESET-5: what is not sent meanwhile SSCOP repairs; nothing fails by it. */
static void
on_status(void *arg, co_binding_t binding, bool has_vc, co_ctx_t vc_ctx, enum co_status code)
{
	struct unicm *u = arg;

	(void)binding;
	(void)vc_ctx;
	if (code == CO_STATUS_RESET_START)
		u->resetting = true;
	else if (code == CO_STATUS_RESET_END)
		u->resetting = false;
	else if (!has_vc && (code == CO_STATUS_MEDIA_CONNECT || code == CO_STATUS_MEDIA_DISCONNECT))
		callmgr_port_link(u->cm, code == CO_STATUS_MEDIA_CONNECT);
}

static void
on_send_complete(void *arg, co_ctx_t vc_ctx, struct co_packet **pkts, uint32_t n)
{
	uint32_t i;

	(void)arg;
	(void)vc_ctx;
	for (i = 0; i < n; i++)
		((struct unicm_send *)pkts[i]->owner)->busy = false;
}

static void
on_receive(void *arg, co_ctx_t vc_ctx, struct co_packet **pkts, uint32_t n)
{
	struct unicm *u = arg;
	uint32_t i;

	(void)vc_ctx;
	for (i = 0; i < n; i++)
		callmgr_receive_pdu(u->cm, pkts[i]->data, pkts[i]->len);
	/* Those marked low_resources are back by themselves (RECV-2); they come in runs of one
	 * kind. */
	if (!pkts[0]->low_resources)
		co_return_receive(u->co, u->signalling_vc, pkts, n);
}

static const struct co_callmgr_ops ops = {
	.bound = on_bound,
	.open_af = on_open_af,
	.close_af = on_close_af,
	.register_sap = on_register_sap,
	.deregister_sap = on_deregister_sap,
	.notify_close_af_complete = on_notify_close_af_complete,
	.unbind = on_unbind,
	.create_vc = on_create_vc,
	.delete_vc = on_delete_vc,
	.make_call = on_make_call,
	.make_multipoint_call = on_make_multipoint_call,
	.add_party = on_add_party,
	.drop_party = on_drop_party,
	.modify_call_qos = on_modify_call_qos,
	.incoming_call_qos_change_complete = on_incoming_call_qos_change_complete,
	.close_call = on_close_call,
	.ahead = on_ahead,
	.incoming_call_complete = on_incoming_call_complete,
	.activate_vc_complete = on_activate_vc_complete,
	.deactivate_vc_complete = on_deactivate_vc_complete,
	.send_complete = on_send_complete,
	.receive = on_receive,
	.status = on_status,
	.oid_request = on_oid_request,
};

/* ---- Life. ---- */

/* VC-6: its own VC, which involves no client. */
static int
open_signalling_vc(struct unicm *u, uint32_t label)
{
	struct co_media_params media = {
		.flags = CO_MEDIA_F_TRANSMIT | CO_MEDIA_F_RECEIVE,
		.label = label,
		.signalling = true,
	};
	enum co_status status;

	status = co_create_vc(u->co, u->binding, CO_NONE, SIGNALLING_CTX, &u->signalling_vc);
	if (status != CO_STATUS_SUCCESS)
		return -EIO;
	status = co_cm_activate_vc(u->co, u->signalling_vc, &media);
	if (status != CO_STATUS_PENDING)
		signalling_activated(u, status);
	return status == CO_STATUS_SUCCESS || status == CO_STATUS_PENDING ? 0 : -EIO;
}

int
unicm_create(struct callmgr_env *env, struct co *co, co_adapter_t adapter,
	uint32_t signalling_label, const struct callmgr_params *params, struct unicm **out)
{
	struct unicm *u = cp_mem_alloc(NULL, sizeof(*u), "unicm");
	co_protocol_t protocol;
	int err;

	if (u == NULL)
		return -ENOMEM;
	u->co = co;
	err = callmgr_create(env, params, &flavour, u, &u->cm);
	if (err != 0)
		goto free_u;
	err = -EIO;
	if (co_register_callmgr(co, &ops, u, params->name, &protocol) != CO_STATUS_SUCCESS ||
		co_bind(co, protocol, adapter) != CO_STATUS_SUCCESS)
		goto destroy_cm;
	err = open_signalling_vc(u, signalling_label);
	if (err != 0)
		goto destroy_cm;
	*out = u;
	return 0;

destroy_cm:
	callmgr_destroy(u->cm);
free_u:
	cp_mem_free(NULL, u);
	return err;
}

void
unicm_close(struct unicm *u)
{
	if (u->signalling_vc == CO_NONE || u->closing)
		return;
	u->closing = true;
	deactivate_signalling(u);
}

bool
unicm_is_closed(const struct unicm *u)
{
	return u->signalling_vc == CO_NONE;
}

void
unicm_destroy(struct unicm *u)
{
	if (u == NULL)
		return;
	callmgr_destroy(u->cm);
	cp_mem_free(NULL, u);
}

struct callmgr *
unicm_callmgr(struct unicm *u)
{
	return u->cm;
}
