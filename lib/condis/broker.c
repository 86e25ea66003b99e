/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>

#include "condis_priv.h"

static uint32_t
or_default(uint32_t n, uint32_t fallback)
{
	return n != 0 ? n : fallback;
}

struct co *
co_create(const struct co_limits *limits, const struct cp_mem *mem)
{
	uint32_t n_vcs = or_default(limits->n_vcs, 65536);
	struct co *co = cp_mem_alloc(mem, sizeof(*co), "condis");

	if (co == NULL)
		return NULL;
	co->mem = mem;
	co->cold = cp_mem_alloc(mem, (size_t)n_vcs * sizeof(*co->cold), "condis vcs, cold");
	if (co->cold != NULL &&
		cp_pool_init(&co->adapters, or_default(limits->n_adapters, 64),
			sizeof(struct co_adapter), mem, "condis adapters") == 0 &&
		cp_pool_init(&co->protocols, or_default(limits->n_protocols, 16),
			sizeof(struct co_protocol), mem, "condis protocols") == 0 &&
		cp_pool_init(&co->bindings, or_default(limits->n_bindings, 256),
			sizeof(struct co_binding), mem, "condis bindings") == 0 &&
		cp_pool_init(&co->afs, or_default(limits->n_afs, 256), sizeof(struct co_af), mem,
			"condis afs") == 0 &&
		cp_pool_init(&co->saps, or_default(limits->n_saps, 4096), sizeof(struct co_sap_rec),
			mem, "condis saps") == 0 &&
		cp_pool_init(&co->vcs, n_vcs, sizeof(struct co_vc_hot), mem, "condis vcs") == 0 &&
		cp_pool_init(&co->close_data, CO_N_CLOSE_DATA, sizeof(struct co_close_data), mem,
			"condis close data") == 0)
		return co;
	co_destroy(co);
	return NULL;
}

void
co_destroy(struct co *co)
{
	if (co == NULL)
		return;
	cp_pool_fini(&co->close_data);
	cp_pool_fini(&co->vcs);
	cp_pool_fini(&co->saps);
	cp_pool_fini(&co->afs);
	cp_pool_fini(&co->bindings);
	cp_pool_fini(&co->protocols);
	cp_pool_fini(&co->adapters);
	cp_mem_free(co->mem, co->cold);
	cp_mem_free(co->mem, co);
}

/* ---- Bindings. ---- */

static enum co_status
bind(struct co *co, co_protocol_t protocol, co_adapter_t adapter)
{
	const struct co_protocol *p = cp_pool_at(&co->protocols, protocol);
	co_binding_t binding = cp_pool_get(&co->bindings);
	struct co_binding *b = cp_pool_at(&co->bindings, binding);

	if (b == NULL)
		return CO_STATUS_RESOURCES;
	b->protocol = protocol;
	b->adapter = adapter;
	if (p->client != NULL) {
		p->client->bound(p->ctx, binding, adapter);
		b->ready = true;
		co_af_tell_client(co, binding);
		return CO_STATUS_SUCCESS;
	}
	p->callmgr->bound(p->ctx, binding, adapter);
	b->ready = true;
	co_af_tell_of_cm(co, binding); /* AF-1 */
	return CO_STATUS_SUCCESS;
}

enum co_status
co_bind(struct co *co, co_protocol_t cm, co_adapter_t adapter)
{
	const struct co_protocol *p = cp_pool_at(&co->protocols, cm);
	const struct co_adapter *a = cp_pool_at(&co->adapters, adapter);

	if (p == NULL || p->callmgr == NULL || a == NULL || a->mcm != NULL) /* AF-5 */
		return co_illegal(co, CO_STATUS_FAILURE);
	return bind(co, cm, adapter);
}

static co_protocol_t
protocol_new(struct co *co, const struct co_client_ops *client,
	const struct co_callmgr_ops *callmgr, void *ctx)
{
	co_protocol_t handle = cp_pool_get(&co->protocols);
	struct co_protocol *p = cp_pool_at(&co->protocols, handle);

	if (p != NULL)
		*p = (struct co_protocol){ .client = client, .callmgr = callmgr, .ctx = ctx };
	return handle;
}

enum co_status
co_register_client(struct co *co, const struct co_client_ops *ops, void *client, const char *name,
	co_protocol_t *out)
{
	co_protocol_t handle = protocol_new(co, ops, NULL, client);
	enum co_status status = CO_STATUS_SUCCESS;
	uint32_t idx;

	(void)name;
	if (handle == CO_NONE)
		return CO_STATUS_RESOURCES;
	*out = handle;
	for (idx = 0; idx < co->adapters.n_max && status == CO_STATUS_SUCCESS; idx++) {
		co_adapter_t adapter = cp_pool_handle_of(&co->adapters, idx);

		if (adapter != CO_NONE)
			status = bind(co, handle, adapter);
	}
	return status;
}

enum co_status
co_register_callmgr(struct co *co, const struct co_callmgr_ops *ops, void *cm, const char *name,
	co_protocol_t *out)
{
	(void)name;
	*out = protocol_new(co, NULL, ops, cm);
	return *out != CO_NONE ? CO_STATUS_SUCCESS : CO_STATUS_RESOURCES;
}

enum co_status
co_register_adapter(struct co *co, const struct co_miniport_ops *ops, void *adapter,
	const struct co_callmgr_ops *mcm, void *mcm_ctx, const char *name, co_adapter_t *out)
{
	enum co_status status = CO_STATUS_SUCCESS;
	struct co_adapter *a;
	uint32_t idx;

	(void)name;
	*out = cp_pool_get(&co->adapters);
	a = cp_pool_at(&co->adapters, *out);
	if (a == NULL)
		return CO_STATUS_RESOURCES;
	*a = (struct co_adapter){ .ops = ops, .ctx = adapter, .mcm = mcm, .mcm_ctx = mcm_ctx };
	ops->initialize(adapter, *out);
	a->ready = true;
	for (idx = 0; idx < co->protocols.n_max && status == CO_STATUS_SUCCESS; idx++) {
		co_protocol_t handle = cp_pool_handle_of(&co->protocols, idx);
		const struct co_protocol *p = cp_pool_at(&co->protocols, handle);

		if (p != NULL && p->client != NULL)
			status = bind(co, handle, *out);
	}
	return status;
}

/* ---- Looking. ---- */

enum co_status
co_vc_query(const struct co *co, co_vc_t vc, struct co_vc_info *info)
{
	const struct co_vc_hot *v = cp_pool_at(&co->vcs, vc);
	const struct co_vc_cold *cold;
	const struct co_af *af;

	if (v == NULL)
		return CO_STATUS_FAILURE;
	cold = co_vc_cold(co, vc);
	af = co_af_of(co, v);
	*info = (struct co_vc_info){
		.vc = vc,
		.adapter = cold->adapter,
		.client = af != NULL ? af->client_protocol : CO_NONE,
		.af = v->af,
		.vc_state = (enum co_vc_state)v->vc_state,
		.call_state = (enum co_call_state)v->call_state,
		.created_by_client = v->flags & CO_VC_F_BY_CLIENT,
		.reactivating = v->flags & CO_VC_F_REACTIVATING,
		.label = cold->label,
		.sends_out = v->sends_out,
		.receives_out = v->receives_out,
		.client_ctx = v->client_ctx,
		.cm_ctx = v->cm_ctx,
		.miniport_ctx = v->miniport_ctx,
	};
	return CO_STATUS_SUCCESS;
}

co_vc_t
co_vc_next(const struct co *co, uint32_t *cursor)
{
	co_vc_t vc;

	while (*cursor < co->vcs.n_max) {
		vc = cp_pool_handle_of(&co->vcs, (*cursor)++);
		if (vc != CO_NONE)
			return vc;
	}
	return CO_NONE;
}

void
co_census(const struct co *co, struct co_census *out)
{
	*out = (struct co_census){
		.n_adapters = cp_pool_n_used(&co->adapters),
		.n_protocols = cp_pool_n_used(&co->protocols),
		.n_bindings = cp_pool_n_used(&co->bindings),
		.n_afs = cp_pool_n_used(&co->afs),
		.n_saps = cp_pool_n_used(&co->saps),
		.n_vcs = cp_pool_n_used(&co->vcs),
		.n_calls = co->n_calls,
		.n_vcs_max = co->vcs.n_max,
		.n_illegal = co->n_illegal,
		.n_early_deletes = co->n_early_deletes,
		.n_stale = co->n_stale,
		.n_unexpected_completions = co->n_unexpected,
		.n_drain_violations = co->n_drain_violations,
		.n_data_lost = co->n_data_lost,
	};
}
