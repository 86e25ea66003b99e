/* SPDX-License-Identifier: BSD-3-Clause */
#include "model_priv.h"

/*
 * The handlers that stand beside the order of a VC's handlers: creation and deletion, the
 * miniport's, packets. And the tables of all handlers.
 */

/* Beside the order of handlers: data, creation and deletion. */
static void
beside(struct model *m, const char *what, const struct mvc *v)
{
	uint32_t outer = m->here;

	model_say(m, "> %s slot %u", what, slot_index(m, v));
	m->here = slot_index(m, v);
	m->nesting++;
	m->stats->n_handlers++;
	model_meanwhile(m);
	m->nesting--;
	m->here = outer;
}

/* ---- Creation and deletion, at all parties (ASYNC-6). ---- */

static enum co_status
agree(struct model *m)
{
	if (m->draining || !one_in(m, 8))
		return CO_STATUS_SUCCESS;
	return one_in(m, 4) ? CO_STATUS_PENDING : CO_STATUS_RESOURCES;
}

static enum co_status
create_at_peer(struct model *m, co_vc_t vc, bool by_client)
{
	struct mvc *v = m->creating;
	enum co_status answer = agree(m);

	EXPECT(m, v != NULL && v->by_client == by_client && !v->signalling && !v->peer_agreed,
		"create_vc of the wrong party");
	v->vc = vc;
	v->peer_agreed = answer == CO_STATUS_SUCCESS;
	v->settled = answer == CO_STATUS_PENDING ? CO_STATUS_FAILURE : answer;
	beside(m, "create_vc", v);
	m->creating = v;
	return answer;
}

static enum co_status
cl_create_vc(void *arg, co_ctx_t af_ctx, co_vc_t vc, co_ctx_t *ctx)
{
	struct model *m = arg;

	EXPECT(m, m->creating != NULL && af_ctx == m->creating->af + 1, "create_vc: another AF");
	*ctx = vc_ctx(m, m->creating);
	return create_at_peer(m, vc, false);
}

static enum co_status
cm_create_vc(void *arg, co_ctx_t af_ctx, co_vc_t vc, co_ctx_t *ctx)
{
	struct model *m = arg;

	EXPECT(m, m->creating != NULL && af_ctx == ((m->creating->af + 1) | CM_MARK),
		"create_vc: another AF");
	*ctx = vc_ctx(m, m->creating) | CM_MARK;
	return create_at_peer(m, vc, true);
}

static enum co_status
mp_create_vc(void *arg, co_vc_t vc, co_ctx_t *ctx)
{
	struct model *m = arg;
	struct mvc *v = m->creating;
	enum co_status answer = agree(m);

	EXPECT(m, v != NULL && (v->signalling || v->peer_agreed) && !m->mcm,
		"the miniport's create_vc before its peer's"); /* VC-3 */
	v->vc = vc;
	*ctx = vc_ctx(m, v) | MP_MARK;
	v->undone = answer != CO_STATUS_SUCCESS && !v->signalling;
	v->settled = answer == CO_STATUS_PENDING ? CO_STATUS_FAILURE : answer;
	beside(m, "miniport create_vc", v);
	m->creating = v;
	return answer;
}

static enum co_status
delete_at_peer(struct model *m, struct mvc *v, bool by_client)
{
	enum co_status answer = CO_STATUS_SUCCESS;

	EXPECT(m, v->unsettled && v->by_client == by_client && !v->signalling,
		"delete_vc of the wrong party");
	if (!v->alive) { /* VC-4 */
		EXPECT(m, v->undone, "delete_vc of a VC that nobody refused");
		v->undone = false;
		beside(m, "delete_vc", v);
		return answer;
	}
	if (!m->draining && one_in(m, 8))
		answer = one_in(m, 4) ? CO_STATUS_PENDING : CO_STATUS_NOT_ACCEPTED; /* DEL-5 */
	v->peer_agreed = answer == CO_STATUS_SUCCESS;
	v->settled = answer == CO_STATUS_PENDING ? CO_STATUS_FAILURE : answer;
	beside(m, "delete_vc", v);
	return answer;
}

static enum co_status
cl_delete_vc(void *arg, co_ctx_t ctx)
{
	return delete_at_peer(arg, model_find_vc(arg, ctx, "delete_vc"), false);
}

static enum co_status
cm_delete_vc(void *arg, co_ctx_t ctx)
{
	return delete_at_peer(arg, model_find_vc(arg, ctx & ~CM_MARK, "delete_vc"), true);
}

static enum co_status
mp_delete_vc(void *arg, co_ctx_t ctx)
{
	struct model *m = arg;
	struct mvc *v = model_find_vc(m, ctx & ~MP_MARK, "the miniport's delete_vc");

	EXPECT(m, v->alive && v->unsettled && !m->mcm && (v->signalling || v->peer_agreed),
		"the miniport's delete_vc before its peer's"); /* DEL-4 */
	beside(m, "miniport delete_vc", v);
	return CO_STATUS_SUCCESS;
}

/* ---- The miniport: activation. ---- */

/* ACT-8: with a flag, and now and then without, it uses another rate. */
static bool
round_rates(struct model *m, struct co_media_params *media)
{
	bool up = one_in(m, 2), allowed;

	if (!one_in(m, 6) || m->draining)
		return true;
	allowed = media->flags & (up ? CO_MEDIA_F_ROUND_UP : CO_MEDIA_F_ROUND_DOWN);
	media->tx.peak_rate = up ? media->tx.peak_rate + 100 : media->tx.peak_rate - 100;
	return allowed;
}

static enum co_status
mp_activate_vc(void *arg, co_ctx_t ctx, struct co_media_params *media)
{
	struct model *m = arg;
	struct mvc *v = model_find_vc(m, ctx & ~MP_MARK, "activate_vc");
	struct frame *frame = v->frame;
	uint32_t life = v->life, n = v->n_activations;
	enum co_status answer = any_answer(m), status = answer;

	EXPECT(m, v->activate_out && frame != NULL && !m->mcm, "activate_vc that nobody asked for");
	v->frame = NULL;
	frame->ran = true;
	frame->answer = CO_STATUS_PENDING;
	beside(m, "activate_vc", v);
	if (v->life != life || !v->alive || v->n_activated >= n || status == CO_STATUS_PENDING)
		return answer;
	if (!round_rates(m, media) && status == CO_STATUS_SUCCESS)
		status = CO_STATUS_INVALID_DATA;
	v->n_activated = n;
	ref_activation_ended(m, v, status, media);
	m->n_waiting--;
	frame->answer = status;
	return answer;
}

/* DEACT-2: drained, or later. Afterwards what it says of it counts for nothing (C-16). */
static enum co_status
mp_deactivate_vc(void *arg, co_ctx_t ctx)
{
	struct model *m = arg;
	struct mvc *v = model_find_vc(m, ctx & ~MP_MARK, "deactivate_vc");
	struct frame *frame = v->frame;
	uint32_t life = v->life, n = v->n_deactivations;

	EXPECT(m, v->deactivate_out && frame != NULL && !m->mcm,
		"deactivate_vc that nobody asked for");
	v->frame = NULL;
	frame->ran = true;
	frame->answer = CO_STATUS_PENDING;
	beside(m, "deactivate_vc", v);
	if (v->life != life || !v->alive || v->n_deactivated >= n ||
		v->n_sent + v->n_back + v->n_kept + v->in_receive > 0 || one_in(m, 2))
		return CO_STATUS_PENDING;
	v->n_deactivated = n;
	ref_deactivated(v);
	frame->answer = CO_STATUS_SUCCESS;
	return any_final(m);
}

/* ---- Packets. ---- */

static struct mvc *
owner_of(struct model *m, co_ctx_t ctx, bool cm, const char *who)
{
	struct mvc *v = model_find_vc(m, ctx & ~(CM_MARK | MP_MARK), who);

	EXPECT(m, v->alive && !v->unsettled, "%s on a VC that is being deleted", who);
	EXPECT(m, v->signalling == cm, "%s at one who does not own the VC", who); /* RECV-1 */
	return v;
}

static void
sent(struct model *m, co_ctx_t ctx, struct co_packet **pkts, uint32_t n, bool cm)
{
	struct mvc *v = owner_of(m, ctx, cm, "send_complete");
	struct frame *frame;
	uint32_t i;

	for (i = 0; i < n; i++) {
		frame = pkts[i]->owner;
		if (frame != NULL && frame->answer == CO_STATUS_RESOURCES)
			v->n_back--;
		if (frame !=
			NULL) { /* refused, or beyond the window: the request has not returned */
			frame->ran = true;
			EXPECT(m, pkts[i]->status == frame->answer,
				"a send came back with %s, not %s", co_status_name(pkts[i]->status),
				co_status_name(frame->answer));
		}
		EXPECT(m, pkts[i]->vc == v->vc, "a packet came back on another VC"); /* SEND-6 */
		m->free_packets[m->n_free++] = pkts[i];
	}
	beside(m, "send_complete", v);
}

static void
cl_sent(void *arg, co_ctx_t ctx, struct co_packet **pkts, uint32_t n)
{
	sent(arg, ctx, pkts, n, false);
}

static void
cm_sent(void *arg, co_ctx_t ctx, struct co_packet **pkts, uint32_t n)
{
	sent(arg, ctx, pkts, n, true);
}

/* Keeps them; those of low resources are the miniport's again at the return (RECV-2). */
static void
received(struct model *m, co_ctx_t ctx, struct co_packet **pkts, uint32_t n, bool cm)
{
	struct mvc *v = owner_of(m, ctx, cm, "receive");
	uint32_t i;

	EXPECT(m, v->vc_state == CO_VC_ACTIVE || v->vc_state == CO_VC_DEACTIVATING,
		"receive on a VC that is not active"); /* DEACT-4 */
	EXPECT(m, v->signalling || !ref_is_over(v),
		"receive after the call was over"); /* CLOSE-31 */
	for (i = 0; i < n; i++) {
		((struct frame *)pkts[i]->owner)->ran = true;
		if (!pkts[i]->low_resources)
			v->kept[v->n_kept++] = pkts[i];
	}
	v->in_receive++;
	beside(m, "receive", v);
	v->in_receive--;
}

static void
cl_receive(void *arg, co_ctx_t ctx, struct co_packet **pkts, uint32_t n)
{
	received(arg, ctx, pkts, n, false);
}

static void
cm_receive(void *arg, co_ctx_t ctx, struct co_packet **pkts, uint32_t n)
{
	received(arg, ctx, pkts, n, true);
}

static void
mp_send(void *arg, co_ctx_t ctx, struct co_packet **pkts, uint32_t n)
{
	struct model *m = arg;
	struct mvc *v = model_find_vc(m, ctx & ~(CM_MARK | MP_MARK), "send");
	uint32_t i;

	EXPECT(m, v->vc_state == CO_VC_ACTIVE && !m->resetting, "send on a VC in %s",
		co_vc_state_name(v->vc_state)); /* I1, RACE-18 */
	for (i = 0; i < n; i++) {
		struct frame *frame = pkts[i]->owner;

		EXPECT(m, frame != NULL && frame->answer == CO_STATUS_SUCCESS,
			"send of a refused one");
		frame->ran = true;
		pkts[i]->owner = NULL;
	}
	beside(m, "send", v);
}

static void
mp_return(void *arg, co_ctx_t ctx, struct co_packet **pkts, uint32_t n)
{
	struct model *m = arg;
	uint32_t i;

	(void)ctx;
	for (i = 0; i < n; i++)
		m->free_packets[m->n_free++] = pkts[i];
	m->nesting++;
	model_meanwhile(m);
	m->nesting--;
}

/* SEND-7: it may abort all that wait, or find them gone already. */
static void
mp_cancel(void *arg, co_ctx_t ctx, uint64_t cancel_id)
{
	struct model *m = arg;
	struct mvc *v = model_find_vc(m, ctx & ~(CM_MARK | MP_MARK), "cancel_send");

	EXPECT(m, cancel_id == 7, "cancel_send of another id");
	EXPECT(m, v->frame != NULL, "cancel_send that nobody asked for");
	v->frame->ran = true;
	v->frame = NULL;
	beside(m, "cancel_send", v);
}

static enum co_status
mp_oid(void *arg, bool has_vc, co_ctx_t ctx, struct co_oid_request *request)
{
	(void)arg;
	(void)has_vc;
	(void)ctx;
	(void)request;
	return CO_STATUS_NOT_SUPPORTED;
}

/* ---- Bindings, and the tables. model_af.c and model_life.c have the rest. ---- */

static void
cl_bound(void *arg, co_binding_t binding, co_adapter_t adapter)
{
	(void)adapter;
	((struct model *)arg)->client_binding = binding;
}

static void
cm_bound(void *arg, co_binding_t binding, co_adapter_t adapter)
{
	struct model *m = arg;

	(void)adapter;
	m->cm_binding = binding;
	co_cm_register_address_family(m->co, binding, CO_AF_Q2931);
	co_cm_register_address_family(m->co, binding, CO_AF_LOCAL);
}

static void
mp_initialize(void *arg, co_adapter_t handle)
{
	struct model *m = arg;

	m->adapter = handle;
	if (m->mcm) {
		co_mcm_register_address_family(m->co, handle, CO_AF_Q2931);
		co_mcm_register_address_family(m->co, handle, CO_AF_LOCAL);
	}
}

static void
cl_af_register_notify(void *arg, co_binding_t binding, enum co_af_type type)
{
	(void)arg;
	(void)binding;
	(void)type;
}

const struct co_client_ops model_client_ops = {
	.bound = cl_bound,
	.af_register_notify = cl_af_register_notify,
	.open_af_complete = model_cl_opened,
	.close_af_complete = model_cl_closed_af,
	.register_sap_complete = model_cl_sap,
	.deregister_sap_complete = model_cl_no_sap,
	.notify_close_af = model_cl_notify_close,
	.unbind = model_unbind,
	.create_vc = cl_create_vc,
	.delete_vc = cl_delete_vc,
	.make_call_complete = model_cl_made,
	.add_party_complete = model_cl_added,
	.drop_party_complete = model_cl_dropped,
	.incoming_drop_party = model_cl_incoming_drop,
	.modify_call_qos_complete = model_cl_modified,
	.incoming_call_qos_change = model_cl_qos_change,
	.close_call_complete = model_cl_closed,
	.incoming_call = model_cl_offer,
	.call_connected = model_cl_connected,
	.incoming_close_call = model_cl_incoming_close,
	.send_complete = cl_sent,
	.receive = cl_receive,
	.status = model_cl_status,
};

#define OF_BOTH_KINDS                                                                              \
	.open_af = model_cm_open, .close_af = model_cm_close_af, .register_sap = model_cm_sap,     \
	.deregister_sap = model_cm_no_sap, .notify_close_af_complete = model_cm_notified,          \
	.create_vc = cm_create_vc, .delete_vc = cm_delete_vc, .make_call = model_cm_make,          \
	.make_multipoint_call = model_cm_make_multi, .add_party = model_cm_add,                    \
	.drop_party = model_cm_drop, .modify_call_qos = model_cm_modify,                           \
	.incoming_call_qos_change_complete = model_cm_qos_answer, .close_call = model_cm_close,    \
	.incoming_call_complete = model_cm_answer

const struct co_callmgr_ops model_cm_ops = {
	OF_BOTH_KINDS,
	.bound = cm_bound,
	.unbind = model_unbind,
	.activate_vc_complete = model_cm_activated,
	.deactivate_vc_complete = model_cm_deactivated,
	.send_complete = cm_sent,
	.receive = cm_receive,
	.status = model_cm_status,
};

/* C-3: what is a stand-alone CM's stays NULL. */
const struct co_callmgr_ops model_mcm_ops = { OF_BOTH_KINDS };

const struct co_miniport_ops model_miniport_ops = {
	.initialize = mp_initialize,
	.create_vc = mp_create_vc,
	.delete_vc = mp_delete_vc,
	.activate_vc = mp_activate_vc,
	.deactivate_vc = mp_deactivate_vc,
	.send = mp_send,
	.return_receive = mp_return,
	.cancel_send = mp_cancel,
	.oid_request = mp_oid,
	.reset = model_mp_reset,
	.halt = model_mp_halt,
};

const struct co_miniport_ops model_mcm_miniport_ops = {
	.initialize = mp_initialize,
	.send = mp_send,
	.return_receive = mp_return,
	.cancel_send = mp_cancel,
	.oid_request = mp_oid,
	.reset = model_mp_reset,
	.halt = model_mp_halt,
};
