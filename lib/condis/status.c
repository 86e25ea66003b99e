/* SPDX-License-Identifier: BSD-3-Clause */
#include "condis_priv.h"

/*
 * Status indications (STAT-7). A binding hears one at a time: what comes while its handler runs
 * waits in the binding's own record, and what finds that full is counted and lost.
 */

/* The context by which the protocol of @p b knows the VC; false: the VC has gone meanwhile. */
static bool
vc_context(const struct co *co, const struct co_protocol *p, co_vc_t vc, co_ctx_t *ctx)
{
	const struct co_vc_hot *v = cp_pool_at(&co->vcs, vc);

	*ctx = 0;
	if (vc == CO_NONE)
		return true;
	if (v == NULL)
		return false;
	*ctx = p->client != NULL ? v->client_ctx : v->cm_ctx;
	return true;
}

static void
deliver(struct co *co, co_binding_t binding, co_vc_t vc, enum co_status code)
{
	const struct co_binding *b = cp_pool_at(&co->bindings, binding);
	const struct co_protocol *p = cp_pool_at(&co->protocols, b->protocol);
	co_ctx_t ctx;

	if (!vc_context(co, p, vc, &ctx))
		return;
	if (p->client != NULL)
		p->client->status(p->ctx, binding, vc != CO_NONE, ctx, code);
	else
		p->callmgr->status(p->ctx, binding, vc != CO_NONE, ctx, code);
}

static void
queue(struct co *co, struct co_binding *b, co_vc_t vc, enum co_status code)
{
	if (b->n_status == CO_BINDING_STATUSES) {
		co->n_status_lost++;
		return;
	}
	b->status[b->n_status].vc = vc;
	b->status[b->n_status].code = (uint8_t)code;
	b->n_status++;
}

static void
take_first(struct co_binding *b, co_vc_t *vc, enum co_status *code)
{
	uint8_t i;

	*vc = b->status[0].vc;
	*code = (enum co_status)b->status[0].code;
	b->n_status--;
	for (i = 0; i < b->n_status; i++)
		b->status[i] = b->status[i + 1];
}

/* A protocol may close its binding in the handler: it hears no more then (UNB-7). */
static void
tell(struct co *co, co_binding_t binding, co_vc_t vc, enum co_status code)
{
	struct co_binding *b = cp_pool_at(&co->bindings, binding);

	if (b == NULL || !b->ready)
		return;
	if (b->in_status) {
		queue(co, b, vc, code);
		return;
	}
	b->in_status = true;
	deliver(co, binding, vc, code);
	while ((b = cp_pool_at(&co->bindings, binding)) != NULL && b->n_status > 0) {
		take_first(b, &vc, &code);
		deliver(co, binding, vc, code);
	}
	if (b != NULL)
		b->in_status = false;
}

/* All protocols of one kind that are bound to the adapter. */
static void
tell_kind(struct co *co, co_adapter_t adapter, enum co_status code, bool clients)
{
	const struct co_binding *b;
	const struct co_protocol *p;
	co_binding_t binding;
	uint32_t idx;

	for (idx = 0; idx < co->bindings.n_max; idx++) {
		binding = cp_pool_handle_of(&co->bindings, idx);
		b = cp_pool_at(&co->bindings, binding);
		if (b == NULL || b->adapter != adapter)
			continue;
		p = cp_pool_at(&co->protocols, b->protocol);
		if ((p->client != NULL) == clients)
			tell(co, binding, CO_NONE, code);
	}
}

void
co_status_tell_all(struct co *co, co_adapter_t adapter, enum co_status code)
{
	tell_kind(co, adapter, code, false);
	tell_kind(co, adapter, code, true);
}

/* Those that share the VC: its stand-alone call manager, then its client. */
static void
tell_sharers(struct co *co, co_vc_t vc, enum co_status code)
{
	const struct co_vc_hot *v = cp_pool_at(&co->vcs, vc);
	const struct co_af *af = co_af_of(co, v);
	co_binding_t client, cm;

	if (af == NULL) { /* signalling: its creator alone */
		tell(co, co_vc_cold(co, vc)->creator, vc, code);
		return;
	}
	client = af->client_binding;
	cm = co_af_cm_binding(co, af);
	tell(co, cm, vc, code);
	tell(co, client, vc, code);
}

void
co_m_indicate_status(struct co *co, co_adapter_t adapter, co_vc_t vc, enum co_status code)
{
	const struct co_adapter *a = cp_pool_at(&co->adapters, adapter);

	if (a == NULL) {
		co->n_stale++;
		return;
	}
	if ((code != CO_STATUS_MEDIA_CONNECT && code != CO_STATUS_MEDIA_DISCONNECT) || !a->ready) {
		co->n_illegal++; /* those of a reset are the broker's to tell (RESET-6) */
		return;
	}
	if (vc == CO_NONE) {
		co_status_tell_all(co, adapter, code);
		return;
	}
	if (co_vc_at(co, vc) == NULL)
		return;
	if (co_vc_cold(co, vc)->adapter == adapter)
		tell_sharers(co, vc, code);
	else
		co->n_illegal++;
}
