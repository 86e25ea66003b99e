/* SPDX-License-Identifier: BSD-3-Clause */
#include "ethmcm/ethmcm.h"

#include <errno.h>

/* The cookie of the signalling circuit; those of clients' VCs are pool handles, never this. */
#define SIGNALLING_COOKIE UINT32_MAX

struct ethmcm {
	struct co *co;
	struct dp *dp;
	struct callmgr *cm;
	struct ethvc_trunk *circuits; /* of clients' VCs */
	co_adapter_t adapter;
	dp_circuit_t signalling;
	uint16_t trunk;
	bool closing;
	bool halting;
	bool left; /* halting: the call manager has left */
};

/* Of a VC the engine keeps the circuit, the label and the broker's handle. */
static struct ethvc_vc_name
name_of(const struct ethmcm *m, co_ctx_t vc_ctx)
{
	const struct callmgr_vc_name name = callmgr_vc_name(m->cm, vc_ctx);

	return (struct ethvc_vc_name){
		.vc = name.vc,
		.circuit = (dp_circuit_t)name.hw,
		.label = name.label,
		.cookie = (uint32_t)vc_ctx,
	};
}

/* ---- Flavour: hardware first-hand, the broker is told. ---- */

static bool
send_pdu(void *arg, const uint8_t *pdu, size_t len)
{
	struct ethmcm *m = arg;

	return !m->closing && dp_circuit_send(m->dp, m->signalling, pdu, (uint32_t)len) == 0;
}

static enum co_status
create_vc(void *arg, co_af_t af, co_ctx_t vc_ctx, co_vc_t *vc)
{
	struct ethmcm *m = arg;

	*vc = CO_NONE;
	return co_mcm_create_vc(m->co, m->adapter, af, vc_ctx, vc);
}

static enum co_status
delete_vc(void *arg, co_vc_t vc)
{
	struct ethmcm *m = arg;

	return co_mcm_delete_vc(m->co, m->adapter, vc);
}

/* Nobody's then: drained() passes over it. */
static enum co_status
open_vc(struct ethmcm *m, co_vc_t vc, const struct ethvc_vc_name *name,
	struct co_media_params *media, uint64_t *hw)
{
	struct ethvc_vc_name opened = *name;
	enum co_status status;

	status = ethvc_vc_activate(m->circuits, name, media, &opened.circuit);
	if (status != CO_STATUS_SUCCESS)
		return status;
	status = co_mcm_activate_vc(m->co, vc, media);
	if (status == CO_STATUS_SUCCESS)
		*hw = opened.circuit;
	else
		ethvc_vc_deactivate(m->circuits, &opened);
	return status;
}

/* ACT-5: what the broker refuses is undone, and the rates are the old ones. */
static enum co_status
change_vc(struct ethmcm *m, co_vc_t vc, const struct ethvc_vc_name *name,
	struct co_media_params *media)
{
	struct co_media_params before = { .flags = media->flags, .label = name->label };
	struct co_vc_flow flow;
	enum co_status status;

	ethvc_vc_flow(m->circuits, name, &flow);
	status = ethvc_vc_activate(m->circuits, name, media, NULL);
	if (status != CO_STATUS_SUCCESS ||
		co_mcm_activate_vc(m->co, vc, media) == CO_STATUS_SUCCESS)
		return status;
	before.tx = flow.tx;
	before.rx = flow.rx;
	status = ethvc_vc_activate(m->circuits, name, &before, NULL);
	return status == CO_STATUS_SUCCESS ? CO_STATUS_FAILURE : status;
}

static enum co_status
activate_vc(void *arg, co_vc_t vc, co_ctx_t vc_ctx, struct co_media_params *media, uint64_t *hw)
{
	struct ethmcm *m = arg;
	const struct ethvc_vc_name name = {
		.vc = vc,
		.circuit = (dp_circuit_t)*hw,
		.label = callmgr_vc_name(m->cm, vc_ctx).label,
		.cookie = (uint32_t)vc_ctx,
	};

	if (*hw != 0)
		return change_vc(m, vc, &name, media);
	return open_vc(m, vc, &name, media, hw);
}

static enum co_status
deactivate_vc(void *arg, co_vc_t vc, co_ctx_t vc_ctx, uint64_t hw)
{
	struct ethmcm *m = arg;
	const struct ethvc_vc_name name = {
		.vc = vc, .circuit = (dp_circuit_t)hw, .cookie = (uint32_t)vc_ctx
	};

	ethvc_vc_deactivate(m->circuits, &name);
	return CO_STATUS_PENDING; /* until drained() */
}

static enum co_status
reserve(void *arg, co_vc_t vc, co_ctx_t vc_ctx, struct co_media_params *media)
{
	struct ethmcm *m = arg;
	const struct ethvc_vc_name name = { .vc = vc, .cookie = (uint32_t)vc_ctx };

	return ethvc_vc_reserve(m->circuits, &name, media);
}

static void
unreserve(void *arg, co_ctx_t vc_ctx)
{
	ethvc_vc_release(((struct ethmcm *)arg)->circuits, vc_ctx);
}

static void
flow(void *arg, co_vc_t vc, co_ctx_t vc_ctx, struct co_vc_flow *out)
{
	struct ethmcm *m = arg;
	const struct ethvc_vc_name name = name_of(m, vc_ctx);

	(void)vc;
	ethvc_vc_flow(m->circuits, &name, out);
}

static enum co_status
offer_af(void *arg, bool offer)
{
	struct ethmcm *m = arg;

	return offer ? co_mcm_register_address_family(m->co, m->adapter, CO_AF_Q2931)
		     : co_mcm_withdraw_address_family(m->co, m->adapter, CO_AF_Q2931);
}

static const struct callmgr_flavour flavour = {
	.completes_first = true,
	.send_pdu = send_pdu,
	.create_vc = create_vc,
	.delete_vc = delete_vc,
	.activate_vc = activate_vc,
	.deactivate_vc = deactivate_vc,
	.reserve = reserve,
	.unreserve = unreserve,
	.flow = flow,
	.make_call_complete = co_mcm_make_call_complete,
	.close_call_complete = co_mcm_close_call_complete,
	.dispatch_incoming_call = co_mcm_dispatch_incoming_call,
	.dispatch_call_connected = co_mcm_dispatch_call_connected,
	.dispatch_incoming_close_call = co_mcm_dispatch_incoming_close_call,
	.add_party_complete = co_mcm_add_party_complete,
	.drop_party_complete = co_mcm_drop_party_complete,
	.modify_call_qos_complete = co_mcm_modify_call_qos_complete,
	.dispatch_incoming_drop_party = co_mcm_dispatch_incoming_drop_party,
	.dispatch_incoming_call_qos_change = co_mcm_dispatch_incoming_call_qos_change,
	.notify_close_address_family = co_mcm_notify_close_address_family,
	.oid_request = co_mcm_oid_request,
	.close_address_family_complete = co_mcm_close_address_family_complete,
	.offer_af = offer_af,
};

/* ---- From the dataplane. ---- */

/* DEACT-13: drained, so the broker may hear of it; then the VC is deleted or reused. */
static void
drained(struct ethmcm *m, const struct callmgr_vc_name *name, dp_circuit_t circuit, uint32_t cookie)
{
	if (name->vc == CO_NONE || name->hw != circuit)
		return;
	co_mcm_deactivate_vc(m->co, name->vc);
	callmgr_vc_deactivated(m->cm, cookie);
}

static void
on_drained(void *arg, dp_circuit_t circuit, uint32_t cookie)
{
	struct ethmcm *m = arg;
	const struct callmgr_vc_name name = callmgr_vc_name(m->cm, cookie);

	drained(m, &name, circuit, cookie);
}

static void
on_reclaimed(void *arg, dp_circuit_t circuit, uint32_t cookie)
{
	struct ethmcm *m = arg;
	struct callmgr_vc_name name;

	if (cookie == SIGNALLING_COOKIE) {
		m->signalling = 0;
		return;
	}
	name = callmgr_vc_name(m->cm, cookie);
	if (ethvc_vc_reclaimed(m->circuits, name.vc, circuit))
		drained(m, &name, circuit, cookie);
}

static bool
on_frame(void *arg, uint32_t cookie, const uint8_t *payload, uint32_t len, struct rte_mbuf *frame)
{
	struct ethmcm *m = arg;

	if (cookie != SIGNALLING_COOKIE)
		return ethvc_vc_receive(
			m->circuits, callmgr_vc_name(m->cm, cookie).vc, payload, len, frame);
	callmgr_receive_pdu(m->cm, payload, len);
	return false;
}

static void
on_ahead(void *arg, uint32_t cookie, struct rte_mbuf *const *frames, uint32_t n)
{
	const struct ethmcm *m = arg;
	dp_circuit_t circuits[DP_AHEAD_MAX];
	struct uni_pdu pdus[DP_AHEAD_MAX];
	uint64_t hw[DP_AHEAD_MAX];
	uint32_t i = 0;

	if (cookie != SIGNALLING_COOKIE)
		return;
	do
		pdus[i] = (struct uni_pdu){
			.octets = rte_pktmbuf_mtod(frames[i], const uint8_t *),
			.len = frames[i]->data_len,
		};
	while (++i < n);
	callmgr_ahead(m->cm, pdus, n, hw);
	for (i = 0; i < n; i++)
		circuits[i] = (dp_circuit_t)hw[i];
	dp_circuits_ahead(m->dp, circuits, n);
}

/* ---- The miniport's half. ---- */

static void
on_initialize(void *adapter, co_adapter_t handle)
{
	struct ethmcm *m = adapter;

	m->adapter = handle;
	ethvc_trunk_set_adapter(m->circuits, handle);
	offer_af(m, true);
}

static void
on_send(void *adapter, co_ctx_t vc_ctx, struct co_packet **pkts, uint32_t n)
{
	struct ethmcm *m = adapter;
	struct ethvc_vc_name name = name_of(m, vc_ctx);

	ethvc_vc_send(m->circuits, &name, pkts, n);
}

static void
on_cancel_send(void *adapter, co_ctx_t vc_ctx, uint64_t cancel_id)
{
	struct ethmcm *m = adapter;
	struct ethvc_vc_name name = name_of(m, vc_ctx);

	ethvc_vc_cancel(m->circuits, &name, cancel_id);
}

static void
on_return_receive(void *adapter, co_ctx_t vc_ctx, struct co_packet **pkts, uint32_t n)
{
	(void)vc_ctx; /* each packet knows its own */
	ethvc_trunk_return(((struct ethmcm *)adapter)->circuits, pkts, n);
}

static enum co_status
on_oid_request(void *adapter, bool has_vc, co_ctx_t vc_ctx, struct co_oid_request *request)
{
	struct ethmcm *m = adapter;
	struct ethvc_vc_name name;

	if (!has_vc)
		return ethvc_trunk_oid(m->circuits, NULL, request);
	name = name_of(m, vc_ctx);
	return ethvc_trunk_oid(m->circuits, &name, request);
}

static enum co_status
on_reset(void *adapter)
{
	return ethvc_trunk_reset(((struct ethmcm *)adapter)->circuits);
}

static void
on_left(void *arg)
{
	struct ethmcm *m = arg;

	m->left = true;
	ethmcm_close(m);
}

/* UNB-3: the clients first, then the link, then its circuit; ethmcm_turn() says when. */
static enum co_status
on_halt(void *adapter)
{
	struct ethmcm *m = adapter;

	m->halting = true;
	callmgr_leave(m->cm, on_left, m);
	return CO_STATUS_PENDING;
}

static const struct co_miniport_ops miniport_ops = {
	.initialize = on_initialize,
	.send = on_send,
	.return_receive = on_return_receive,
	.cancel_send = on_cancel_send,
	.oid_request = on_oid_request,
	.reset = on_reset,
	.halt = on_halt,
};

/* The engine's handlers take a struct callmgr, which is what the MCM's context is. */
static const struct co_callmgr_ops mcm_ops = {
	.open_af = callmgr_open_af,
	.close_af = callmgr_close_af,
	.register_sap = callmgr_register_sap,
	.deregister_sap = callmgr_deregister_sap,
	.create_vc = callmgr_vc_created,
	.delete_vc = callmgr_vc_deleted,
	.make_call = callmgr_make_call,
	.close_call = callmgr_close_call,
	.ahead = callmgr_vcs_ahead,
	.incoming_call_complete = callmgr_incoming_call_complete,
	.make_multipoint_call = callmgr_make_multipoint_call,
	.add_party = callmgr_add_party,
	.drop_party = callmgr_drop_party,
	.modify_call_qos = callmgr_modify_call_qos,
	.incoming_call_qos_change_complete = callmgr_incoming_call_qos_change_complete,
	.notify_close_af_complete = callmgr_notify_close_af_complete,
	.oid_request = callmgr_oid_request,
};

/* ---- Life. ---- */

/* What the dataplane still has to say, a last grace period's end above all, finds nobody. */
static void
deafen(struct ethmcm *m)
{
	dp_trunk_set_reclaimed(m->dp, m->trunk, NULL, NULL);
	dp_trunk_set_control_rx(m->dp, m->trunk, NULL, NULL);
}

static int
create_parts(struct ethmcm *m, struct callmgr_env *env, uint32_t signalling_label,
	const struct callmgr_params *params)
{
	int err;

	err = callmgr_create(env, params, &flavour, m, &m->cm);
	if (err != 0)
		return err;
	err = ethvc_trunk_create(m->co, m->dp, m->trunk, params->name, NULL, &m->circuits);
	if (err != 0)
		return err;
	ethvc_trunk_set_drained(m->circuits, on_drained, m);
	dp_trunk_set_reclaimed(m->dp, m->trunk, on_reclaimed, m);
	dp_trunk_set_control_rx(m->dp, m->trunk, on_frame, m);
	dp_trunk_set_control_ahead(m->dp, m->trunk, on_ahead, m);
	return dp_circuit_open(
		m->dp, m->trunk, signalling_label, true, SIGNALLING_COOKIE, &m->signalling);
}

int
ethmcm_create(struct callmgr_env *env, struct co *co, struct dp *dp, uint16_t trunk,
	uint32_t signalling_label, const struct callmgr_params *params, struct ethmcm **out)
{
	struct ethmcm *m = cp_mem_alloc(NULL, sizeof(*m), "ethmcm");
	int err;

	if (m == NULL)
		return -ENOMEM;
	m->co = co;
	m->dp = dp;
	m->trunk = trunk;
	err = create_parts(m, env, signalling_label, params);
	if (err != 0)
		goto destroy;
	err = -EIO;
	if (co_register_adapter(co, &miniport_ops, m, &mcm_ops, m->cm, params->name, &m->adapter) !=
		CO_STATUS_SUCCESS)
		goto unlink_signalling;
	*out = m;
	return 0;

unlink_signalling:
	dp_circuit_unlink(dp, &m->signalling, 1);
destroy:
	ethmcm_destroy(m);
	return err;
}

int
ethmcm_configure(struct ethmcm *m, const struct ethvc_config *config)
{
	return ethvc_trunk_configure(m->circuits, config);
}

void
ethmcm_retune(struct ethmcm *m, uint64_t bandwidth, const struct ethvc_excess *excess)
{
	ethvc_trunk_retune(m->circuits, bandwidth, excess);
}

void
ethmcm_turn(struct ethmcm *m, uint64_t now_ns)
{
	ethvc_trunk_turn(m->circuits, now_ns);
	callmgr_port_link(m->cm, ethvc_trunk_link_is_up(m->circuits));
	if (likely(!m->halting) || !m->left || !ethmcm_is_closed(m))
		return;
	m->halting = false;
	co_m_halt_complete(m->co, m->adapter);
}

void
ethmcm_overdue(const struct ethmcm *m, struct ethvc_overdue *out)
{
	ethvc_trunk_overdue(m->circuits, out);
}

void
ethmcm_admission(const struct ethmcm *m, struct ethvc_admission *out)
{
	ethvc_trunk_admission(m->circuits, out);
}

void
ethmcm_removed(struct ethmcm *m)
{
	ethvc_trunk_removed(m->circuits);
}

void
ethmcm_close(struct ethmcm *m)
{
	if (m->closing)
		return;
	m->closing = true;
	dp_circuit_unlink(m->dp, &m->signalling, 1);
}

bool
ethmcm_is_closed(const struct ethmcm *m)
{
	return m->signalling == 0 && ethvc_trunk_n_circuits(m->circuits) == 0;
}

void
ethmcm_destroy(struct ethmcm *m)
{
	if (m == NULL)
		return;
	deafen(m);
	ethvc_trunk_destroy(m->circuits);
	callmgr_destroy(m->cm);
	cp_mem_free(NULL, m);
}

struct callmgr *
ethmcm_callmgr(struct ethmcm *m)
{
	return m->cm;
}

co_adapter_t
ethmcm_adapter(const struct ethmcm *m)
{
	return m->adapter;
}
