/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>

#include "queue_priv.h"

static uint32_t
or_default(uint32_t n, uint32_t fallback)
{
	return n != 0 ? n : fallback;
}

static uint32_t
smaller(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static bool
take_pools(struct co *co, const struct co_limits *limits, uint32_t n_vcs, const struct cp_mem *mem)
{
	const struct {
		struct cp_pool *pool;
		uint32_t n;
		uint32_t size;
		const char *what;
	} pools[] = {
		{ &co->adapters, or_default(limits->n_adapters, 64), sizeof(struct co_adapter),
			"condis adapters" },
		{ &co->protocols, or_default(limits->n_protocols, 16), sizeof(struct co_protocol),
			"condis protocols" },
		{ &co->bindings, or_default(limits->n_bindings, 256), sizeof(struct co_binding),
			"condis bindings" },
		{ &co->afs, or_default(limits->n_afs, 256), sizeof(struct co_af), "condis afs" },
		{ &co->saps, or_default(limits->n_saps, 4096), sizeof(struct co_sap_rec),
			"condis saps" },
		{ &co->vcs, n_vcs, sizeof(struct co_vc_hot), "condis vcs" },
		{ &co->parties, or_default(limits->n_parties, 65536), sizeof(struct co_party),
			"condis parties" },
		/* One for each multipoint call, and such a call has a party. */
		{ &co->multis, smaller(or_default(limits->n_parties, 65536), n_vcs),
			sizeof(struct co_multi), "condis multipoint calls" },
		{ &co->activations, or_default(limits->n_waiting, 4096),
			sizeof(struct co_activation), "condis activations" },
		{ &co->names, or_default(limits->n_names, 1024), sizeof(struct co_name),
			"condis names" },
		{ &co->close_data, CO_N_CLOSE_DATA, sizeof(struct co_close_data),
			"condis close data" },
	};
	size_t i;

	for (i = 0; i < sizeof(pools) / sizeof(pools[0]); i++)
		if (cp_pool_init(pools[i].pool, pools[i].n, pools[i].size, mem, pools[i].what) != 0)
			return false;
	return true;
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
	if (co->cold != NULL && take_pools(co, limits, n_vcs, mem))
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
	cp_pool_fini(&co->names);
	cp_pool_fini(&co->activations);
	cp_pool_fini(&co->multis);
	cp_pool_fini(&co->parties);
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

/* A protocol may leave again from inside bound(): the record is looked up after it. */
static enum co_status
bind(struct co *co, co_protocol_t protocol, co_adapter_t adapter)
{
	const struct co_protocol *p = cp_pool_at(&co->protocols, protocol);
	struct co_adapter *a = cp_pool_at(&co->adapters, adapter);
	co_binding_t binding = cp_pool_get(&co->bindings);
	struct co_binding *b = cp_pool_at(&co->bindings, binding);

	if (b == NULL)
		return CO_STATUS_RESOURCES;
	b->protocol = protocol;
	b->adapter = adapter;
	a->n_bindings++;
	if (p->client != NULL)
		p->client->bound(p->ctx, binding, adapter);
	else
		p->callmgr->bound(p->ctx, binding, adapter);
	b = cp_pool_at(&co->bindings, binding);
	if (b == NULL)
		return CO_STATUS_SUCCESS;
	b->ready = true;
	if (p->client != NULL)
		co_af_tell_client(co, binding);
	else
		co_af_tell_of_cm(co, binding); /* AF-1 */
	return CO_STATUS_SUCCESS;
}

/* Nobody binds to what is going away. */
static bool
can_be_bound(const struct co *co, co_adapter_t adapter)
{
	const struct co_adapter *a = cp_pool_at(&co->adapters, adapter);

	return a != NULL && a->ready && a->halt == CO_HALT_NOT;
}

enum co_status
co_bind(struct co *co, co_protocol_t cm, co_adapter_t adapter)
{
	const struct co_protocol *p = cp_pool_at(&co->protocols, cm);
	const struct co_adapter *a = cp_pool_at(&co->adapters, adapter);

	if (p == NULL || p->callmgr == NULL || !can_be_bound(co, adapter) || a->mcm != NULL)
		return co_illegal(co, CO_STATUS_FAILURE); /* AF-5 */
	return bind(co, cm, adapter);
}

static void
keep_name(char to[CO_PARTY_NAME], const char *name)
{
	snprintf(to, CO_PARTY_NAME, "%s", name != NULL ? name : "");
}

enum co_status
co_register_client(struct co *co, const struct co_client_ops *ops, void *client, const char *name,
	co_protocol_t *out)
{
	co_protocol_t handle = cp_pool_get(&co->protocols);
	struct co_protocol *p = cp_pool_at(&co->protocols, handle);
	enum co_status status = CO_STATUS_SUCCESS;
	uint32_t idx;

	if (p == NULL)
		return CO_STATUS_RESOURCES;
	p->own.client = *ops;
	p->client = &p->own.client;
	p->ctx = client;
	keep_name(p->name, name);
	if (!co_client_ops_complete(&p->own.client)) {
		cp_pool_put(&co->protocols, handle);
		return co_illegal(co, CO_STATUS_INVALID_DATA); /* OBJ-7 */
	}
	*out = handle;
	for (idx = 0; idx < co->adapters.n_max && status == CO_STATUS_SUCCESS; idx++) {
		co_adapter_t adapter = cp_pool_handle_of(&co->adapters, idx);

		if (can_be_bound(co, adapter))
			status = bind(co, handle, adapter);
	}
	return status;
}

enum co_status
co_register_callmgr(struct co *co, const struct co_callmgr_ops *ops, void *cm, const char *name,
	co_protocol_t *out)
{
	co_protocol_t handle = cp_pool_get(&co->protocols);
	struct co_protocol *p = cp_pool_at(&co->protocols, handle);

	if (p == NULL)
		return CO_STATUS_RESOURCES;
	p->own.callmgr = *ops;
	p->callmgr = &p->own.callmgr;
	p->ctx = cm;
	keep_name(p->name, name);
	if (!co_callmgr_ops_complete(&p->own.callmgr, false)) {
		cp_pool_put(&co->protocols, handle);
		return co_illegal(co, CO_STATUS_INVALID_DATA);
	}
	*out = handle;
	return CO_STATUS_SUCCESS;
}

/* The tables, completed, and whose they are; false: a compulsory member is missing (OBJ-7). */
static bool
adapter_init(
	struct co_adapter *a, const struct co_miniport_ops *ops, const struct co_callmgr_ops *mcm)
{
	a->own_ops = *ops;
	a->ops = &a->own_ops;
	if (mcm != NULL) {
		a->own_mcm = *mcm;
		a->mcm = &a->own_mcm;
		if (!co_callmgr_ops_complete(&a->own_mcm, true))
			return false;
	}
	return co_miniport_ops_complete(&a->own_ops, mcm != NULL);
}

enum co_status
co_register_adapter(struct co *co, const struct co_miniport_ops *ops, void *adapter,
	const struct co_callmgr_ops *mcm, void *mcm_ctx, const char *name, co_adapter_t *out)
{
	co_adapter_t handle = cp_pool_get(&co->adapters);
	struct co_adapter *a = cp_pool_at(&co->adapters, handle);
	enum co_status status = CO_STATUS_SUCCESS;
	uint32_t idx;

	if (a == NULL)
		return CO_STATUS_RESOURCES;
	a->ctx = adapter;
	a->mcm_ctx = mcm_ctx;
	keep_name(a->name, name);
	if (!adapter_init(a, ops, mcm)) {
		cp_pool_put(&co->adapters, handle);
		return co_illegal(co, CO_STATUS_INVALID_DATA);
	}
	*out = handle;
	a->ops->initialize(adapter, handle);
	a->ready = true;
	for (idx = 0; idx < co->protocols.n_max && status == CO_STATUS_SUCCESS; idx++) {
		co_protocol_t protocol = cp_pool_handle_of(&co->protocols, idx);
		const struct co_protocol *p = cp_pool_at(&co->protocols, protocol);

		if (p != NULL && p->client != NULL && can_be_bound(co, handle))
			status = bind(co, protocol, handle);
	}
	return status;
}

/* ---- Looking. ---- */

/* From the request until its completion has been told. */
static bool
is_modifying(const struct co_vc_hot *v)
{
	return (v->flags & CO_VC_F_CHANGING) &&
	       ((v->flags & CO_VC_F_MODIFY_OUT) || co_cm_queued(v, CO_ME_MODIFY) ||
		       co_client_queued(v, CO_CE_MODIFY_COMPLETE));
}

enum co_status
co_vc_query(const struct co *co, co_vc_t vc, struct co_vc_info *info)
{
	const struct co_vc_hot *v = cp_pool_at(&co->vcs, vc);
	const struct co_vc_cold *cold;
	bool multipoint;

	if (v == NULL)
		return CO_STATUS_FAILURE;
	cold = co_vc_cold(co, vc);
	multipoint = v->flags & CO_VC_F_MULTIPOINT;
	*info = (struct co_vc_info){
		.vc = vc,
		.adapter = cold->adapter,
		.client = v->af != CO_NONE ? co_call_af(co, v)->client_protocol : CO_NONE,
		.af = v->af,
		.vc_state = (enum co_vc_state)v->vc_state,
		.call_state = (enum co_call_state)v->call_state,
		.created_by_client = v->flags & CO_VC_F_BY_CLIENT,
		.reactivating = v->flags & CO_VC_F_REACTIVATING,
		.modifying = is_modifying(v),
		.multipoint = multipoint,
		.n_parties = multipoint ? co_multi_of(co, vc)->n_parties : 0,
		.label = cold->label,
		.sends_out = v->sends_out,
		.receives_out = v->receives_out - v->in_receive,
		.client_ctx = v->client_ctx,
		.cm_ctx = v->cm_ctx,
		.miniport_ctx = v->miniport_ctx,
	};
	return CO_STATUS_SUCCESS;
}

enum co_call_state
co_vc_call_state(const struct co *co, co_vc_t vc)
{
	const struct co_vc_hot *v = cp_pool_at(&co->vcs, vc);

	return v != NULL ? (enum co_call_state)v->call_state : CO_CALL_IDLE;
}

co_protocol_t
co_vc_client(const struct co *co, co_vc_t vc, co_ctx_t *client_ctx)
{
	const struct co_vc_hot *v = cp_pool_at(&co->vcs, vc);

	if (v == NULL || v->af == CO_NONE)
		return CO_NONE;
	*client_ctx = v->client_ctx;
	return co_call_af(co, v)->client_protocol;
}

const char *
co_protocol_name(const struct co *co, co_protocol_t protocol)
{
	const struct co_protocol *p = cp_pool_at(&co->protocols, protocol);

	return p != NULL ? p->name : "";
}

co_vc_t
co_vc_seek(const struct co *co, uint32_t *cursor, uint32_t *budget)
{
	co_vc_t vc;

	for (; *budget > 0 && *cursor < co->vcs.n_max; (*budget)--) {
		vc = cp_pool_handle_of(&co->vcs, (*cursor)++);
		if (vc != CO_NONE)
			return vc;
	}
	return CO_NONE;
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
		.n_parties = cp_pool_n_used(&co->parties),
		.n_names = cp_pool_n_used(&co->names),
		.n_waiting = cp_pool_n_used(&co->activations) + co->n_requests,
		.n_vcs_max = co->vcs.n_max,
		.n_illegal = co->n_illegal,
		.n_early_deletes = co->n_early_deletes,
		.n_stale = co->n_stale,
		.n_unexpected_completions = co->n_unexpected,
		.n_drain_violations = co->n_drain_violations,
		.n_leftovers = co->n_leftovers,
		.n_deactivation_errors = co->n_deactivation_errors,
		.n_status_lost = co->n_status_lost,
		.n_data_lost = co->n_data_lost,
	};
}
