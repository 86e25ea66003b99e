/* SPDX-License-Identifier: BSD-3-Clause */
#include "condis_priv.h"

/* Sending and receiving: contract 4.16. Exempt from the order of handlers (ASYNC-9). */

static co_ctx_t
miniport_ctx(const struct co_vc_hot *v)
{
	return v->flags & CO_VC_F_MCM ? v->cm_ctx : v->miniport_ctx;
}

/* ---- Sending. ---- */

/* The owner of a VC's data: the CM of a signalling VC, else the client (RECV-1). */
static void
complete_to_owner(
	struct co *co, co_vc_t vc, const struct co_vc_hot *v, struct co_packet **pkts, uint32_t n)
{
	const struct co_protocol *p;
	const struct co_af *af;

	if (v->flags & CO_VC_F_SIGNALLING) {
		p = co_signalling_protocol(co, vc);
		p->callmgr->send_complete(p->ctx, v->cm_ctx, pkts, n);
		return;
	}
	af = co_af_of(co, v);
	af->client_ops->send_complete(af->client, v->client_ctx, pkts, n);
}

/* SEND-9, ACT-1, INCLOSE-6; SUCCESS when packets may go down. */
static enum co_status
may_send(const struct co *co, co_vc_t vc, const struct co_vc_hot *v)
{
	if ((v->call_state >= CO_CALL_CLOSE_OWED) || v->vc_state == CO_VC_DEACTIVATING ||
		(v->flags & CO_VC_F_CLOSE_DEFERRED))
		return CO_STATUS_CLOSING; /* CLOSE-28 */
	if (v->vc_state != CO_VC_ACTIVE || !(v->media_flags & CO_MEDIA_F_TRANSMIT))
		return CO_STATUS_FAILURE;
	if (!(v->flags & CO_VC_F_SIGNALLING) && v->call_state != CO_CALL_UP)
		return CO_STATUS_FAILURE;
	return co_life_may_send(co, vc, v);
}

/* SEND-8: how many of @p n more the miniport's window takes. */
static uint32_t
within_window(const struct co_vc_cold *cold, const struct co_vc_hot *v, uint32_t n)
{
	uint32_t room;

	if (cold->send_window == CO_WINDOW_NONE)
		return n;
	room = v->sends_out < cold->send_window ? cold->send_window - v->sends_out : 0;
	return n < room ? n : room;
}

static void
set_status(struct co_packet **pkts, uint32_t n, co_vc_t vc, enum co_status status)
{
	uint32_t i;

	for (i = 0; i < n; i++) {
		pkts[i]->vc = vc; /* SEND-6 */
		pkts[i]->status = status;
	}
}

/* What is beyond the window counts as out until it is back, so the VC outlives this. */
static void
send_down(struct co *co, co_vc_t vc, struct co_vc_hot *v, struct co_packet **pkts, uint32_t n)
{
	struct co_adapter *adapter = co_adapter_of(co, vc);
	uint32_t n_down = within_window(co_vc_cold(co, vc), v, n), n_back = n - n_down;

	v->sends_out += n;
	adapter->n_sends += n_down;
	if (n_down > 0)
		adapter->ops->send(adapter->ctx, miniport_ctx(v), pkts, n_down);
	if (n_back == 0)
		return;
	set_status(pkts + n_down, n_back, vc, CO_STATUS_RESOURCES);
	v->sends_out -= n_back;
	complete_to_owner(co, vc, v, pkts + n_down, n_back);
}

void
co_send(struct co *co, co_vc_t vc, struct co_packet **pkts, uint32_t n)
{
	struct co_vc_hot *v = co_vc_at(co, vc);
	enum co_status status;

	status = v != NULL ? may_send(co, vc, v) : CO_STATUS_FAILURE;
	set_status(pkts, n, vc, status);
	if (v == NULL || n == 0)
		return;
	if (status == CO_STATUS_SUCCESS) {
		send_down(co, vc, v, pkts, n);
		return;
	}
	co->n_illegal++;
	complete_to_owner(co, vc, v, pkts, n); /* SEND-1 */
}

void
co_m_send_complete(struct co *co, co_vc_t vc, struct co_packet **pkts, uint32_t n)
{
	struct co_vc_hot *v = co_vc_at(co, vc);
	struct co_adapter *adapter;
	co_adapter_t handle;

	if (v == NULL)
		return;
	if (v->sends_out < n) {
		co->n_unexpected++;
		return;
	}
	handle = co_vc_cold(co, vc)->adapter;
	adapter = co_adapter_of(co, vc);
	v->sends_out -= n;
	adapter->n_sends -= n;
	complete_to_owner(co, vc, v, pkts, n);
	if (adapter->halt != CO_HALT_NOT)
		co_halt_continue(co, handle); /* UNB-6 */
}

void
co_cancel_send(struct co *co, co_vc_t vc, uint64_t cancel_id)
{
	const struct co_vc_hot *v = co_vc_at(co, vc);
	const struct co_adapter *adapter;

	if (v == NULL || v->sends_out == 0)
		return;
	if (cancel_id == 0) { /* what is not marked cannot be named */
		co->n_illegal++;
		return;
	}
	adapter = co_adapter_of(co, vc);
	adapter->ops->cancel_send(adapter->ctx, miniport_ctx(v), cancel_id);
}

void
co_m_set_send_window(struct co *co, co_vc_t vc, uint32_t n)
{
	if (co_vc_at(co, vc) != NULL)
		co_vc_cold(co, vc)->send_window = n < CO_WINDOW_NONE ? (uint16_t)n : CO_WINDOW_NONE;
}

/* ---- Receiving. ---- */

static void
straight_back(
	struct co *co, co_vc_t vc, const struct co_vc_hot *v, struct co_packet **pkts, uint32_t n)
{
	const struct co_adapter *adapter = co_adapter_of(co, vc);

	adapter->ops->return_receive(adapter->ctx, miniport_ctx(v), pkts, n);
}

static void
run_receive(
	struct co *co, co_vc_t vc, const struct co_vc_hot *v, struct co_packet **pkts, uint32_t n)
{
	const struct co_protocol *p;
	const struct co_af *af;

	if (v->flags & CO_VC_F_SIGNALLING) {
		p = co_signalling_protocol(co, vc);
		p->callmgr->receive(p->ctx, v->cm_ctx, pkts, n);
		return;
	}
	af = co_af_of(co, v);
	af->client_ops->receive(af->client, v->client_ctx, pkts, n);
}

/* DEACT-3, DEACT-4, SEND-9: between activation and the end of deactivation, in that direction. */
static bool
may_indicate(const struct co_vc_hot *v)
{
	return (v->vc_state == CO_VC_ACTIVE || v->vc_state == CO_VC_DEACTIVATING) &&
	       (v->media_flags & CO_MEDIA_F_RECEIVE) && v->in_receive < UINT8_MAX;
}

/*
 * To the owner. The running handler counts as one packet that is outside: nobody may drain or
 * delete the VC under it (RACE-19). Packets of low resources are not counted, they go back as it
 * returns (RECV-2).
 */
static void
indicate(struct co *co, co_vc_t vc, struct co_packet **pkts, uint32_t n, bool low_resources)
{
	struct co_vc_hot *v = cp_pool_at(&co->vcs, vc);

	if (!may_indicate(v)) {
		co->n_unexpected++;
		straight_back(co, vc, v, pkts, n);
		return;
	}
	if (!(v->flags & CO_VC_F_SIGNALLING) &&
		(v->call_state == CO_CALL_RELEASED || v->call_state == CO_CALL_IDLE)) {
		straight_back(co, vc, v, pkts, n); /* CLOSE-31 */
		return;
	}
	v->receives_out += (low_resources ? 0 : n) + 1;
	v->in_receive++;
	run_receive(co, vc, v, pkts, n);
	v->in_receive--;
	v->receives_out--;
	if (low_resources)
		straight_back(co, vc, v, pkts, n);
}

/* In runs of one kind, so that no packet is looked at after its owner got it. */
void
co_m_indicate_receive(struct co *co, co_vc_t vc, struct co_packet **pkts, uint32_t n)
{
	uint32_t n_run;
	bool low;

	while (n > 0 && co_vc_at(co, vc) != NULL) {
		low = pkts[0]->low_resources;
		for (n_run = 1; n_run < n && pkts[n_run]->low_resources == low; n_run++)
			continue;
		indicate(co, vc, pkts, n_run, low);
		pkts += n_run;
		n -= n_run;
	}
}

void
co_return_receive(struct co *co, co_vc_t vc, struct co_packet **pkts, uint32_t n)
{
	struct co_vc_hot *v = co_vc_at(co, vc);

	if (v == NULL)
		return;
	if (v->receives_out - v->in_receive < n) {
		co->n_unexpected++;
		return;
	}
	v->receives_out -= n;
	straight_back(co, vc, v, pkts, n);
}
