/* SPDX-License-Identifier: BSD-3-Clause */
#include "ethmcm/ethmcm.h"

#include <errno.h>

#include "base/log.h"
#include "ethvc/ethvc.h"

/* The cookie of the signalling circuit; those of clients' VCs are pool handles, never this. */
#define SIGNALLING_COOKIE UINT64_MAX

struct ethmcm {
	struct co *co;
	struct dp *dp;
	struct callmgr *cm;
	co_adapter_t adapter;
	dp_circuit_t signalling;
	uint32_t signalling_label;
	uint16_t trunk;
	bool closing;
};

/* ---- Flavour: hardware first-hand, the broker is told. ---- */

static bool
send_pdu(void *arg, const uint8_t *pdu, size_t len)
{
	struct ethmcm *m = arg;

	return !m->closing &&
	       dp_trunk_send(m->dp, m->trunk, m->signalling_label, pdu, (uint32_t)len) == 0;
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

static enum co_status
activate_vc(void *arg, co_vc_t vc, co_ctx_t vc_ctx, uint32_t label, uint64_t *hw)
{
	struct ethmcm *m = arg;
	struct co_media_params media = {
		.flags = CO_MEDIA_F_TRANSMIT | CO_MEDIA_F_RECEIVE,
		.label = label,
	};
	enum co_status status;
	dp_circuit_t circuit;
	int err;

	err = dp_circuit_open(m->dp, m->trunk, label, false, vc_ctx, &circuit);
	if (err != 0)
		return ethvc_status_of_errno(err);
	status = co_mcm_activate_vc(m->co, vc, &media);
	if (status == CO_STATUS_SUCCESS)
		*hw = circuit;
	else
		dp_circuit_unlink(m->dp, &circuit, 1); /* nobody's: on_reclaimed() passes over it */
	return status;
}

static enum co_status
deactivate_vc(void *arg, co_vc_t vc, uint64_t hw)
{
	struct ethmcm *m = arg;
	dp_circuit_t circuit = (dp_circuit_t)hw;

	(void)vc;
	dp_circuit_unlink(m->dp, &circuit, 1);
	return CO_STATUS_PENDING; /* until on_reclaimed() */
}

static const struct callmgr_flavour flavour = {
	.completes_first = true,
	.send_pdu = send_pdu,
	.create_vc = create_vc,
	.delete_vc = delete_vc,
	.activate_vc = activate_vc,
	.deactivate_vc = deactivate_vc,
	.make_call_complete = co_mcm_make_call_complete,
	.close_call_complete = co_mcm_close_call_complete,
	.dispatch_incoming_call = co_mcm_dispatch_incoming_call,
	.dispatch_call_connected = co_mcm_dispatch_call_connected,
	.dispatch_incoming_close_call = co_mcm_dispatch_incoming_close_call,
};

/* ---- From the dataplane. ---- */

/* DEACT-13: drained, so the broker may hear of it; then the VC is deleted or reused. */
static void
on_reclaimed(void *arg, dp_circuit_t circuit, uint64_t cookie)
{
	struct ethmcm *m = arg;
	co_vc_t vc;

	if (cookie == SIGNALLING_COOKIE) {
		m->signalling = 0;
		return;
	}
	vc = callmgr_vc_handle(m->cm, cookie);
	if (vc == CO_NONE || callmgr_vc_hw(m->cm, cookie) != circuit)
		return;
	co_mcm_deactivate_vc(m->co, vc);
	callmgr_vc_deactivated(m->cm, cookie);
}

static void
on_frame(void *arg, uint64_t cookie, const uint8_t *payload, uint32_t len)
{
	struct ethmcm *m = arg;

	if (cookie == SIGNALLING_COOKIE)
		callmgr_receive_pdu(m->cm, payload, len);
}

/* ---- The miniport's half: clients' VCs carry frames between wires, none to a local client. ----
 */

static void
on_initialize(void *adapter, co_adapter_t handle)
{
	struct ethmcm *m = adapter;

	m->adapter = handle;
	co_mcm_register_address_family(m->co, handle, CO_AF_Q2931);
}

static void
on_send(void *adapter, co_ctx_t vc_ctx, struct co_packet **pkts, uint32_t n)
{
	struct ethmcm *m = adapter;
	co_vc_t vc = callmgr_vc_handle(m->cm, vc_ctx);
	uint32_t label = callmgr_vc_label(m->cm, vc_ctx);
	uint32_t i;

	for (i = 0; i < n; i++)
		pkts[i]->status = ethvc_status_of_errno(
			dp_trunk_send(m->dp, m->trunk, label, pkts[i]->data, pkts[i]->len));
	co_m_send_complete(m->co, vc, pkts, n);
}

static void
on_return_receive(void *adapter, co_ctx_t vc_ctx, struct co_packet **pkts, uint32_t n)
{
	uint32_t i;

	(void)adapter;
	(void)vc_ctx;
	for (i = 0; i < n; i++)
		pkts[i]->owner = NULL;
}

static enum co_status
on_oid_request(void *adapter, co_ctx_t vc_ctx, enum co_oid oid, void *buffer, uint32_t size)
{
	struct ethmcm *m = adapter;

	return ethvc_circuit_oid(
		m->dp, (dp_circuit_t)callmgr_vc_hw(m->cm, vc_ctx), oid, buffer, size);
}

static const struct co_miniport_ops miniport_ops = {
	.initialize = on_initialize,
	.send = on_send,
	.return_receive = on_return_receive,
	.oid_request = on_oid_request,
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
	.incoming_call_complete = callmgr_incoming_call_complete,
};

/* ---- Life. ---- */

/* What the dataplane still has to say, a last grace period's end above all, finds nobody. */
static void
deafen(struct ethmcm *m)
{
	dp_trunk_set_reclaimed(m->dp, m->trunk, NULL, NULL);
	dp_trunk_set_control_rx(m->dp, m->trunk, NULL, NULL);
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
	m->signalling_label = signalling_label;
	err = callmgr_create(env, params, &flavour, m, &m->cm);
	if (err != 0)
		goto free_m;
	dp_trunk_set_reclaimed(dp, trunk, on_reclaimed, m);
	dp_trunk_set_control_rx(dp, trunk, on_frame, m);
	err = dp_circuit_open(dp, trunk, signalling_label, true, SIGNALLING_COOKIE, &m->signalling);
	if (err != 0)
		goto destroy_cm;
	err = -EIO;
	if (co_register_adapter(co, &miniport_ops, m, &mcm_ops, m->cm, params->name, &m->adapter) !=
		CO_STATUS_SUCCESS)
		goto unlink_signalling;
	*out = m;
	return 0;

unlink_signalling:
	dp_circuit_unlink(dp, &m->signalling, 1);
destroy_cm:
	deafen(m);
	callmgr_destroy(m->cm);
free_m:
	cp_mem_free(NULL, m);
	return err;
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
	return m->signalling == 0;
}

void
ethmcm_destroy(struct ethmcm *m)
{
	if (m == NULL)
		return;
	deafen(m);
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
