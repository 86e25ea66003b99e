/* SPDX-License-Identifier: BSD-3-Clause */
#include "condis_priv.h"

/* ---- Address families: contract 4.2. ---- */

static struct co_registered_af *
registered(struct co_adapter *adapter, uint32_t type)
{
	uint32_t i;

	for (i = 0; i < CO_ADAPTER_AFS; i++)
		if (adapter->afs[i].type == type)
			return &adapter->afs[i];
	return NULL;
}

/* AF-1: registered, and the handler that registered it has returned. */
static bool
is_announced(
	const struct co *co, const struct co_adapter *adapter, const struct co_registered_af *r)
{
	const struct co_binding *cm = cp_pool_at(&co->bindings, r->binding);

	return r->type != 0 && adapter->ready && (cm == NULL || cm->ready);
}

co_binding_t
co_af_cm_binding(const struct co *co, const struct co_af *af)
{
	const struct co_adapter *adapter = cp_pool_at(&co->adapters, af->adapter_handle);
	uint32_t i;

	for (i = 0; i < CO_ADAPTER_AFS; i++)
		if (adapter->afs[i].type == af->type)
			return adapter->afs[i].binding;
	return CO_NONE;
}

/* A client that has left, or is leaving, is told of nothing any more. */
static const struct co_protocol *
client_to_tell(const struct co *co, co_binding_t binding)
{
	const struct co_binding *b = cp_pool_at(&co->bindings, binding);
	const struct co_protocol *p = b != NULL ? cp_pool_at(&co->protocols, b->protocol) : NULL;

	return p != NULL && p->client != NULL && b->ready && !co_life_is_ending(co, binding) ? p
											     : NULL;
}

void
co_af_tell_client(struct co *co, co_binding_t binding)
{
	const struct co_binding *b = cp_pool_at(&co->bindings, binding);
	const struct co_adapter *adapter = cp_pool_at(&co->adapters, b->adapter);
	const struct co_protocol *p;
	uint32_t i;

	for (i = 0; i < CO_ADAPTER_AFS; i++) {
		p = client_to_tell(co, binding);
		if (p == NULL)
			return;
		if (is_announced(co, adapter, &adapter->afs[i]))
			p->client->af_register_notify(
				p->ctx, binding, (enum co_af_type)adapter->afs[i].type);
	}
}

/* One that is not ready yet is told when it is (AF-2). */
static void
tell_clients(struct co *co, co_adapter_t adapter, enum co_af_type type)
{
	const struct co_protocol *p;
	const struct co_binding *b;
	co_binding_t binding;
	uint32_t idx;

	for (idx = 0; idx < co->bindings.n_max; idx++) {
		binding = cp_pool_handle_of(&co->bindings, idx);
		b = cp_pool_at(&co->bindings, binding);
		p = b != NULL && b->adapter == adapter ? client_to_tell(co, binding) : NULL;
		if (p != NULL)
			p->client->af_register_notify(p->ctx, binding, type);
	}
}

void
co_af_tell_of_cm(struct co *co, co_binding_t cm_binding)
{
	const struct co_binding *b = cp_pool_at(&co->bindings, cm_binding);
	co_adapter_t handle = b->adapter;
	const struct co_adapter *adapter = cp_pool_at(&co->adapters, handle);
	uint32_t i;

	for (i = 0; i < CO_ADAPTER_AFS; i++)
		if (adapter->afs[i].type != 0 && adapter->afs[i].binding == cm_binding)
			tell_clients(co, handle, (enum co_af_type)adapter->afs[i].type);
}

static enum co_status
register_af(struct co *co, co_adapter_t adapter_handle, enum co_af_type type, co_protocol_t cm,
	co_binding_t binding)
{
	struct co_adapter *adapter = cp_pool_at(&co->adapters, adapter_handle);
	struct co_registered_af *r = registered(adapter, 0);

	if (type == 0 || registered(adapter, type) != NULL) /* AF-3 */
		return co_illegal(co, CO_STATUS_FAILURE);
	if (r == NULL)
		return CO_STATUS_RESOURCES;
	*r = (struct co_registered_af){ .type = type, .cm = cm, .binding = binding };
	return CO_STATUS_SUCCESS;
}

enum co_status
co_cm_register_address_family(struct co *co, co_binding_t binding, enum co_af_type type)
{
	const struct co_binding *b = cp_pool_at(&co->bindings, binding);
	const struct co_protocol *p = b != NULL ? cp_pool_at(&co->protocols, b->protocol) : NULL;
	enum co_status status;

	if (p == NULL || p->callmgr == NULL || co_life_is_ending(co, binding))
		return co_illegal(co, CO_STATUS_FAILURE);
	status = register_af(co, b->adapter, type, b->protocol, binding);
	if (status == CO_STATUS_SUCCESS && b->ready) /* else when bound() has returned (AF-1) */
		tell_clients(co, b->adapter, type);
	return status;
}

enum co_status
co_mcm_register_address_family(struct co *co, co_adapter_t handle, enum co_af_type type)
{
	struct co_adapter *adapter = cp_pool_at(&co->adapters, handle);
	enum co_status status;

	if (adapter == NULL || adapter->halt != CO_HALT_NOT)
		return co_illegal(co, CO_STATUS_FAILURE);
	if (adapter->mcm == NULL)
		return co_illegal(co, CO_STATUS_NOT_SUPPORTED);
	status = register_af(co, handle, type, CO_NONE, CO_NONE);
	if (status == CO_STATUS_SUCCESS && adapter->ready)
		tell_clients(co, handle, type);
	return status;
}

/* An AF that a client has not given up yet holds its registration. */
static bool
has_afs(const struct co *co, co_adapter_t adapter, enum co_af_type type)
{
	const struct co_af *af;
	uint32_t idx;

	for (idx = 0; idx < co->afs.n_max; idx++) {
		af = cp_pool_at(&co->afs, cp_pool_handle_of(&co->afs, idx));
		if (af != NULL && af->adapter_handle == adapter && af->type == type)
			return true;
	}
	return false;
}

/* UNB-11 */
static enum co_status
withdraw(struct co *co, co_adapter_t handle, enum co_af_type type, co_binding_t binding)
{
	struct co_adapter *adapter = cp_pool_at(&co->adapters, handle);
	struct co_registered_af *r = registered(adapter, type);

	if (type == 0 || r == NULL || r->binding != binding)
		return co_illegal(co, CO_STATUS_FAILURE);
	if (has_afs(co, handle, type))
		return co_illegal(co, CO_STATUS_NOT_ACCEPTED);
	*r = (struct co_registered_af){ 0 };
	return CO_STATUS_SUCCESS;
}

enum co_status
co_cm_withdraw_address_family(struct co *co, co_binding_t binding, enum co_af_type type)
{
	const struct co_binding *b = cp_pool_at(&co->bindings, binding);

	if (b == NULL) {
		co->n_stale++;
		return CO_STATUS_FAILURE;
	}
	return withdraw(co, b->adapter, type, binding);
}

enum co_status
co_mcm_withdraw_address_family(struct co *co, co_adapter_t handle, enum co_af_type type)
{
	const struct co_adapter *adapter = cp_pool_at(&co->adapters, handle);

	if (adapter == NULL) {
		co->n_stale++;
		return CO_STATUS_FAILURE;
	}
	if (adapter->mcm == NULL)
		return co_illegal(co, CO_STATUS_NOT_SUPPORTED);
	return withdraw(co, handle, type, CO_NONE);
}

void
co_af_withdraw_all(struct co *co, co_binding_t cm_binding)
{
	const struct co_binding *b = cp_pool_at(&co->bindings, cm_binding);
	struct co_adapter *adapter = cp_pool_at(&co->adapters, b->adapter);
	uint32_t i;

	for (i = 0; i < CO_ADAPTER_AFS; i++)
		if (adapter->afs[i].binding == cm_binding)
			adapter->afs[i] = (struct co_registered_af){ 0 };
}

/* ---- Opening and closing. ---- */

/* The AF, if it still waits for the answer to what pended: else that was given (ASYNC-2, -5). */
static struct co_af *
af_waiting(struct co *co, co_af_t handle, enum co_af_state state)
{
	struct co_af *af = cp_pool_at(&co->afs, handle);

	if (af != NULL && af->state == state)
		return af;
	co->n_unexpected++;
	return NULL;
}

/* Over for both; while the CM waits to hear that from the client the record stays (AF-15). */
static void
af_closed(struct co *co, co_af_t handle)
{
	struct co_af *af = cp_pool_at(&co->afs, handle);

	if (af->ask == CO_AF_NOT_ASKED)
		cp_pool_put(&co->afs, handle);
	else
		af->state = CO_AF_CLOSED;
}

static void
af_opened(struct co *co, co_af_t handle, enum co_status status, co_ctx_t cm_ctx)
{
	struct co_af *af = cp_pool_at(&co->afs, handle);

	if (status != CO_STATUS_SUCCESS) {
		cp_pool_put(&co->afs, handle); /* AF-8 */
		return;
	}
	af->state = CO_AF_OPEN;
	af->cm_ctx = cm_ctx;
}

static bool
find_cm(struct co *co, struct co_af *af, struct co_adapter *adapter, enum co_af_type type)
{
	const struct co_registered_af *r = registered(adapter, type);
	const struct co_protocol *p;

	if (r == NULL || !is_announced(co, adapter, r))
		return false; /* AF-6, AF-9 */
	if (r->binding != CO_NONE && co_life_is_ending(co, r->binding))
		return false; /* AF-9 */
	af->type = type;
	af->cm_protocol = r->cm;
	af->is_mcm = r->cm == CO_NONE;
	if (af->is_mcm) {
		af->cm_ops = adapter->mcm;
		af->cm = adapter->mcm_ctx;
		return true;
	}
	p = cp_pool_at(&co->protocols, r->cm);
	af->cm_ops = p->callmgr;
	af->cm = p->ctx;
	return true;
}

enum co_status
co_cl_open_address_family(struct co *co, co_binding_t binding, enum co_af_type type,
	co_ctx_t client_ctx, co_af_t *out)
{
	const struct co_binding *b = cp_pool_at(&co->bindings, binding);
	const struct co_protocol *p = b != NULL ? cp_pool_at(&co->protocols, b->protocol) : NULL;
	enum co_status status;
	co_adapter_t adapter;
	co_ctx_t cm_ctx = 0;
	struct co_af *af;
	co_af_t handle;

	if (p == NULL || p->client == NULL || co_life_is_ending(co, binding)) /* AF-9 */
		return co_illegal(co, CO_STATUS_FAILURE);
	handle = cp_pool_get(&co->afs);
	af = cp_pool_at(&co->afs, handle);
	if (af == NULL)
		return CO_STATUS_RESOURCES;
	af->adapter = cp_pool_at(&co->adapters, b->adapter);
	if (!find_cm(co, af, cp_pool_at(&co->adapters, b->adapter), type)) {
		cp_pool_put(&co->afs, handle);
		return co_illegal(co, CO_STATUS_FAILURE);
	}
	af->client_ops = p->client;
	af->client = p->ctx;
	af->client_ctx = client_ctx;
	af->client_protocol = b->protocol;
	af->client_binding = binding;
	af->adapter_handle = b->adapter;
	af->state = CO_AF_OPENING;
	status = af->cm_ops->open_af(af->cm, handle, type, &cm_ctx);
	if (status == CO_STATUS_PENDING || af_waiting(co, handle, CO_AF_OPENING) == NULL)
		return CO_STATUS_PENDING; /* AF-7: no one else has the handle until it completes */
	adapter = af->adapter_handle;
	af_opened(co, handle, status, cm_ctx);
	if (status == CO_STATUS_SUCCESS)
		*out = handle;
	else
		co_halt_continue(co, adapter);
	return status;
}

static enum co_status
open_complete(struct co *co, co_af_t handle, enum co_status status, co_ctx_t cm_ctx, bool mcm)
{
	struct co_af *af = af_waiting(co, handle, CO_AF_OPENING);
	const struct co_client_ops *ops;
	co_adapter_t adapter;
	co_ctx_t client_ctx;
	void *client;

	if (af == NULL || status == CO_STATUS_PENDING)
		return CO_STATUS_NOT_ACCEPTED;
	if (af->is_mcm != mcm)
		return co_illegal(co, CO_STATUS_NOT_SUPPORTED);
	ops = af->client_ops;
	client = af->client;
	client_ctx = af->client_ctx;
	adapter = af->adapter_handle;
	af_opened(co, handle, status, cm_ctx);
	ops->open_af_complete(
		client, client_ctx, status, status == CO_STATUS_SUCCESS ? handle : CO_NONE);
	co_halt_continue(co, adapter);
	return CO_STATUS_SUCCESS;
}

enum co_status
co_cm_open_address_family_complete(
	struct co *co, co_af_t af, enum co_status status, co_ctx_t cm_ctx)
{
	return open_complete(co, af, status, cm_ctx, false);
}

enum co_status
co_mcm_open_address_family_complete(
	struct co *co, co_af_t af, enum co_status status, co_ctx_t cm_ctx)
{
	return open_complete(co, af, status, cm_ctx, true);
}

enum co_status
co_cl_close_address_family(struct co *co, co_af_t handle)
{
	struct co_af *af = cp_pool_at(&co->afs, handle);
	enum co_status status;
	co_adapter_t adapter;

	if (af == NULL) {
		co->n_stale++;
		return CO_STATUS_FAILURE;
	}
	if (af->state != CO_AF_OPEN || af->n_vcs > 0 || af->n_saps > 0)
		return co_illegal(co, CO_STATUS_FAILURE); /* AF-12, AF-13, AF-14 */
	af->state = CO_AF_CLOSING;
	status = af->cm_ops->close_af(af->cm, af->cm_ctx);
	if (status == CO_STATUS_PENDING || af_waiting(co, handle, CO_AF_CLOSING) == NULL)
		return CO_STATUS_PENDING;
	if (status != CO_STATUS_SUCCESS) {
		af->state = CO_AF_OPEN; /* AF-13: the CM has refused */
		return status;
	}
	adapter = af->adapter_handle;
	af_closed(co, handle);
	co_halt_continue(co, adapter);
	return status;
}

/* AF-19: a close that was pended ends well. */
static enum co_status
close_complete(struct co *co, co_af_t handle, bool mcm)
{
	struct co_af *af = af_waiting(co, handle, CO_AF_CLOSING);
	const struct co_client_ops *ops;
	co_adapter_t adapter;
	co_ctx_t client_ctx;
	void *client;

	if (af == NULL)
		return CO_STATUS_NOT_ACCEPTED;
	if (af->is_mcm != mcm)
		return co_illegal(co, CO_STATUS_NOT_SUPPORTED);
	ops = af->client_ops;
	client = af->client;
	client_ctx = af->client_ctx;
	adapter = af->adapter_handle;
	af_closed(co, handle);
	ops->close_af_complete(client, client_ctx, CO_STATUS_SUCCESS);
	co_halt_continue(co, adapter);
	return CO_STATUS_SUCCESS;
}

enum co_status
co_cm_close_address_family_complete(struct co *co, co_af_t af)
{
	return close_complete(co, af, false);
}

enum co_status
co_mcm_close_address_family_complete(struct co *co, co_af_t af)
{
	return close_complete(co, af, true);
}

/* ---- The CM asks that an AF be closed: AF-16 to 18. ---- */

/* The client's answer has come: nothing more is asked, and a closed AF is gone. */
static void
ask_ended(struct co *co, co_af_t handle)
{
	struct co_af *af = cp_pool_at(&co->afs, handle);

	af->ask = CO_AF_NOT_ASKED;
	if (af->state == CO_AF_CLOSED)
		cp_pool_put(&co->afs, handle);
}

/* What notify_close_af came to. The record has stayed, whatever the client did in it. */
static enum co_status
asked(struct co *co, co_af_t handle, enum co_status status)
{
	struct co_af *af = cp_pool_at(&co->afs, handle);

	if (af->ask == CO_AF_ANSWERED) { /* from inside the handler (ASYNC-4) */
		status = (enum co_status)af->answer;
	} else if (status == CO_STATUS_PENDING) {
		af->ask = CO_AF_ASKED;
		return status;
	} else if (status == CO_STATUS_SUCCESS && af->state != CO_AF_CLOSED) {
		co->n_unexpected++; /* it is not closed */
		status = CO_STATUS_FAILURE;
	}
	ask_ended(co, handle);
	return status;
}

static enum co_status
notify_close(struct co *co, co_af_t handle, bool mcm)
{
	struct co_af *af = cp_pool_at(&co->afs, handle);
	enum co_status status;
	co_adapter_t adapter;

	if (af == NULL) {
		co->n_stale++;
		return CO_STATUS_FAILURE;
	}
	if (af->is_mcm != mcm)
		return co_illegal(co, CO_STATUS_NOT_SUPPORTED);
	if (af->state != CO_AF_OPEN || af->ask != CO_AF_NOT_ASKED)
		return co_illegal(co, CO_STATUS_NOT_ACCEPTED);
	adapter = af->adapter_handle;
	af->ask = CO_AF_ASKING;
	status = af->client_ops->notify_close_af(af->client, af->client_ctx);
	status = asked(co, handle, status);
	co_halt_continue(co, adapter);
	return status;
}

enum co_status
co_cm_notify_close_address_family(struct co *co, co_af_t af)
{
	return notify_close(co, af, false);
}

enum co_status
co_mcm_notify_close_address_family(struct co *co, co_af_t af)
{
	return notify_close(co, af, true);
}

enum co_status
co_cl_notify_close_address_family_complete(struct co *co, co_af_t handle, enum co_status status)
{
	struct co_af *af = cp_pool_at(&co->afs, handle);
	const struct co_callmgr_ops *ops;
	co_adapter_t adapter;
	co_ctx_t cm_ctx;
	void *cm;

	if (af == NULL) {
		co->n_stale++;
		return CO_STATUS_FAILURE;
	}
	if ((af->ask != CO_AF_ASKING && af->ask != CO_AF_ASKED) || af->state != CO_AF_CLOSED ||
		status == CO_STATUS_PENDING)
		return co_illegal(co, CO_STATUS_NOT_ACCEPTED); /* AF-17 */
	if (af->ask == CO_AF_ASKING) { /* the return of notify_close_af tells the CM */
		af->ask = CO_AF_ANSWERED;
		af->answer = (uint8_t)status;
		return CO_STATUS_SUCCESS;
	}
	ops = af->cm_ops;
	cm = af->cm;
	cm_ctx = af->cm_ctx;
	adapter = af->adapter_handle;
	ask_ended(co, handle);
	ops->notify_close_af_complete(cm, cm_ctx, status);
	co_halt_continue(co, adapter);
	return CO_STATUS_SUCCESS;
}
