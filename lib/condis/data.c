/* SPDX-License-Identifier: BSD-3-Clause */
#include "condis_priv.h"

/* Sending and receiving: contract 4.16. Exempt from the order of handlers (ASYNC-9). */

static const struct co_adapter *
adapter_of(const struct co *co, co_vc_t vc)
{
	return cp_pool_at(&co->adapters, co_vc_cold(co, vc)->adapter);
}

static co_ctx_t
miniport_ctx(const struct co_vc_hot *v)
{
	return v->flags & CO_VC_F_MCM ? v->cm_ctx : v->miniport_ctx;
}

/* The owner of a VC's data: the CM of a signalling VC, else the client (RECV-1). */
static void
complete_to_owner(
	struct co *co, co_vc_t vc, const struct co_vc_hot *v, struct co_packet **pkts, uint32_t n)
{
	const struct co_protocol *p;
	const struct co_af *af;

	if (v->flags & CO_VC_F_SIGNALLING) {
		p = cp_pool_at(&co->protocols, co_vc_cold(co, vc)->cm_protocol);
		p->callmgr->send_complete(p->ctx, v->cm_ctx, pkts, n);
		return;
	}
	af = co_af_of(co, v);
	af->client_ops->send_complete(af->client, v->client_ctx, pkts, n);
}

/* SEND-9 and ACT-1; SUCCESS when packets may go down. */
static enum co_status
may_send(const struct co_vc_hot *v)
{
	if (v->call_state == CO_CALL_CLOSING || v->call_state == CO_CALL_RELEASED ||
		v->vc_state == CO_VC_DEACTIVATING || (v->flags & CO_VC_F_CLOSE_DEFERRED))
		return CO_STATUS_CLOSING; /* CLOSE-28 */
	if (v->vc_state != CO_VC_ACTIVE || !(v->media_flags & CO_MEDIA_F_TRANSMIT))
		return CO_STATUS_FAILURE;
	if (!(v->flags & CO_VC_F_SIGNALLING) && v->call_state != CO_CALL_UP)
		return CO_STATUS_FAILURE;
	return CO_STATUS_SUCCESS;
}

void
co_send(struct co *co, co_vc_t vc, struct co_packet **pkts, uint32_t n)
{
	struct co_vc_hot *v = co_vc_at(co, vc);
	const struct co_adapter *adapter;
	enum co_status status;
	uint32_t i;

	status = v != NULL ? may_send(v) : CO_STATUS_FAILURE;
	for (i = 0; i < n; i++) {
		pkts[i]->vc = vc; /* SEND-6 */
		pkts[i]->status = status;
	}
	if (v == NULL || n == 0)
		return;
	if (status != CO_STATUS_SUCCESS) {
		co->n_illegal++;
		complete_to_owner(co, vc, v, pkts, n); /* SEND-1 */
		return;
	}
	v->sends_out += n;
	adapter = adapter_of(co, vc);
	adapter->ops->send(adapter->ctx, miniport_ctx(v), pkts, n);
}

void
co_m_send_complete(struct co *co, co_vc_t vc, struct co_packet **pkts, uint32_t n)
{
	struct co_vc_hot *v = co_vc_at(co, vc);

	if (v == NULL)
		return;
	if (v->sends_out < n) {
		co->n_unexpected++;
		return;
	}
	v->sends_out -= n;
	complete_to_owner(co, vc, v, pkts, n);
}

void
co_m_indicate_receive(struct co *co, co_vc_t vc, struct co_packet **pkts, uint32_t n)
{
	struct co_vc_hot *v = co_vc_at(co, vc);
	const struct co_adapter *adapter;
	const struct co_protocol *p;
	const struct co_af *af;

	if (v == NULL || n == 0)
		return;
	adapter = adapter_of(co, vc);
	if ((v->vc_state != CO_VC_ACTIVE && v->vc_state != CO_VC_DEACTIVATING) ||
		!(v->media_flags & CO_MEDIA_F_RECEIVE)) { /* DEACT-3, DEACT-4, SEND-9 */
		co->n_unexpected++;
		adapter->ops->return_receive(adapter->ctx, miniport_ctx(v), pkts, n);
		return;
	}
	if (v->flags & CO_VC_F_SIGNALLING) {
		v->receives_out += n;
		p = cp_pool_at(&co->protocols, co_vc_cold(co, vc)->cm_protocol);
		p->callmgr->receive(p->ctx, v->cm_ctx, pkts, n);
		return;
	}
	if (v->call_state == CO_CALL_RELEASED || v->call_state == CO_CALL_IDLE) { /* CLOSE-31 */
		adapter->ops->return_receive(adapter->ctx, miniport_ctx(v), pkts, n);
		return;
	}
	v->receives_out += n;
	af = co_af_of(co, v);
	af->client_ops->receive(af->client, v->client_ctx, pkts, n);
}

void
co_return_receive(struct co *co, co_vc_t vc, struct co_packet **pkts, uint32_t n)
{
	struct co_vc_hot *v = co_vc_at(co, vc);
	const struct co_adapter *adapter;

	if (v == NULL)
		return;
	if (v->receives_out < n) {
		co->n_unexpected++;
		return;
	}
	v->receives_out -= n;
	adapter = adapter_of(co, vc);
	adapter->ops->return_receive(adapter->ctx, miniport_ctx(v), pkts, n);
}

enum co_status
co_oid_request(struct co *co, co_vc_t vc, enum co_oid oid, void *buffer, uint32_t size)
{
	const struct co_vc_hot *v = co_vc_at(co, vc);
	const struct co_adapter *adapter;

	if (v == NULL)
		return CO_STATUS_FAILURE;
	adapter = adapter_of(co, vc);
	return adapter->ops->oid_request(adapter->ctx, miniport_ctx(v), oid, buffer, size);
}
