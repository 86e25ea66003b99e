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

void
co_af_tell_client(struct co *co, co_binding_t binding)
{
	const struct co_binding *b = cp_pool_at(&co->bindings, binding);
	const struct co_protocol *p = cp_pool_at(&co->protocols, b->protocol);
	const struct co_adapter *adapter = cp_pool_at(&co->adapters, b->adapter);
	uint32_t i;

	for (i = 0; i < CO_ADAPTER_AFS; i++)
		if (is_announced(co, adapter, &adapter->afs[i]))
			p->client->af_register_notify(
				p->ctx, binding, (enum co_af_type)adapter->afs[i].type);
}

static void
tell_clients(struct co *co, co_adapter_t adapter, enum co_af_type type)
{
	uint32_t idx;

	for (idx = 0; idx < co->bindings.n_max; idx++) {
		co_binding_t binding = cp_pool_handle_of(&co->bindings, idx);
		const struct co_binding *b = cp_pool_at(&co->bindings, binding);
		const struct co_protocol *p;

		if (b == NULL || b->adapter != adapter || !b->ready)
			continue; /* not ready: it is told when it is (AF-2) */
		p = cp_pool_at(&co->protocols, b->protocol);
		if (p->client != NULL)
			p->client->af_register_notify(p->ctx, binding, type);
	}
}

void
co_af_tell_of_cm(struct co *co, co_binding_t cm_binding)
{
	const struct co_binding *b = cp_pool_at(&co->bindings, cm_binding);
	const struct co_adapter *adapter = cp_pool_at(&co->adapters, b->adapter);
	uint32_t i;

	for (i = 0; i < CO_ADAPTER_AFS; i++)
		if (adapter->afs[i].binding == cm_binding)
			tell_clients(co, b->adapter, (enum co_af_type)adapter->afs[i].type);
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

	if (p == NULL || p->callmgr == NULL)
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

	if (adapter == NULL || adapter->mcm == NULL)
		return co_illegal(
			co, adapter == NULL ? CO_STATUS_FAILURE : CO_STATUS_NOT_SUPPORTED);
	status = register_af(co, handle, type, CO_NONE, CO_NONE);
	if (status == CO_STATUS_SUCCESS && adapter->ready)
		tell_clients(co, handle, type);
	return status;
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
	co_ctx_t cm_ctx = 0;
	struct co_af *af;
	co_af_t handle;

	if (p == NULL || p->client == NULL)
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
		return CO_STATUS_PENDING;
	af_opened(co, handle, status, cm_ctx);
	if (status == CO_STATUS_SUCCESS)
		*out = handle;
	return status;
}

static enum co_status
open_complete(struct co *co, co_af_t handle, enum co_status status, co_ctx_t cm_ctx, bool mcm)
{
	struct co_af *af = af_waiting(co, handle, CO_AF_OPENING);
	const struct co_client_ops *ops;
	co_ctx_t client_ctx;
	void *client;

	if (af == NULL || status == CO_STATUS_PENDING)
		return CO_STATUS_NOT_ACCEPTED;
	if (af->is_mcm != mcm)
		return co_illegal(co, CO_STATUS_NOT_SUPPORTED);
	ops = af->client_ops;
	client = af->client;
	client_ctx = af->client_ctx;
	af_opened(co, handle, status, cm_ctx);
	ops->open_af_complete(
		client, client_ctx, status, status == CO_STATUS_SUCCESS ? handle : CO_NONE);
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
	if (status == CO_STATUS_SUCCESS)
		cp_pool_put(&co->afs, handle);
	else
		af->state = CO_AF_OPEN; /* AF-13: the CM has refused */
	return status;
}

/* AF-19: a close that was pended ends well. */
static enum co_status
close_complete(struct co *co, co_af_t handle, bool mcm)
{
	struct co_af *af = af_waiting(co, handle, CO_AF_CLOSING);
	const struct co_client_ops *ops;
	co_ctx_t client_ctx;
	void *client;

	if (af == NULL)
		return CO_STATUS_NOT_ACCEPTED;
	if (af->is_mcm != mcm)
		return co_illegal(co, CO_STATUS_NOT_SUPPORTED);
	ops = af->client_ops;
	client = af->client;
	client_ctx = af->client_ctx;
	cp_pool_put(&co->afs, handle);
	ops->close_af_complete(client, client_ctx, CO_STATUS_SUCCESS);
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

/* ---- SAPs: contract 4.3. ---- */

/* The SAP, if it still waits for the answer to what pended (ASYNC-2, ASYNC-5). */
static struct co_sap_rec *
sap_waiting(struct co *co, co_sap_t handle, enum co_sap_state state)
{
	struct co_sap_rec *sap = cp_pool_at(&co->saps, handle);

	if (sap != NULL && sap->state == state)
		return sap;
	co->n_unexpected++;
	return NULL;
}

static void
sap_free(struct co *co, co_sap_t handle)
{
	const struct co_sap_rec *sap = cp_pool_at(&co->saps, handle);
	struct co_af *af = cp_pool_at(&co->afs, sap->af);

	if (af != NULL)
		af->n_saps--;
	cp_pool_put(&co->saps, handle);
}

enum co_status
co_cl_register_sap(struct co *co, co_af_t af_handle, const struct co_address *address,
	co_ctx_t client_ctx, co_sap_t *out)
{
	struct co_af *af = cp_pool_at(&co->afs, af_handle);
	struct co_sap_rec *sap;
	enum co_status status;
	co_ctx_t cm_ctx = 0;
	co_sap_t handle;

	if (af == NULL || af->state != CO_AF_OPEN)
		return co_illegal(co, CO_STATUS_FAILURE);
	handle = cp_pool_get(&co->saps);
	sap = cp_pool_at(&co->saps, handle);
	if (sap == NULL)
		return CO_STATUS_RESOURCES;
	*sap = (struct co_sap_rec){ .client_ctx = client_ctx, .af = af_handle };
	af->n_saps++;
	status = af->cm_ops->register_sap(af->cm, af->cm_ctx, handle, address, &cm_ctx);
	if (status == CO_STATUS_PENDING || sap_waiting(co, handle, CO_SAP_REGISTERING) == NULL) {
		*out = handle; /* already now: offers may come before the completion (SAP-2) */
		return CO_STATUS_PENDING;
	}
	if (status != CO_STATUS_SUCCESS) {
		sap_free(co, handle); /* SAP-7 */
		return status;
	}
	sap->cm_ctx = cm_ctx;
	sap->state = CO_SAP_REGISTERED;
	*out = handle;
	return CO_STATUS_SUCCESS;
}

enum co_status
co_cl_deregister_sap(struct co *co, co_sap_t handle)
{
	struct co_sap_rec *sap = cp_pool_at(&co->saps, handle);
	struct co_af *af = sap != NULL ? cp_pool_at(&co->afs, sap->af) : NULL;
	enum co_status status;

	if (af == NULL || af->state != CO_AF_OPEN || sap->state == CO_SAP_DEREGISTERING)
		return co_illegal(co, CO_STATUS_FAILURE); /* SAP-5 */
	if (sap->state == CO_SAP_REGISTERING)             /* the CM has not told its context yet */
		return co_illegal(co, CO_STATUS_NOT_ACCEPTED);
	sap->state = CO_SAP_DEREGISTERING;
	status = af->cm_ops->deregister_sap(af->cm, sap->cm_ctx);
	if (status == CO_STATUS_PENDING || sap_waiting(co, handle, CO_SAP_DEREGISTERING) == NULL)
		return CO_STATUS_PENDING;
	sap_free(co, handle); /* SAP-6: it cannot fail */
	return CO_STATUS_SUCCESS;
}

/* The end of a registration, or of a deregistration, that pended. */
static enum co_status
sap_complete(struct co *co, co_sap_t handle, enum co_sap_state expected, enum co_status status,
	co_ctx_t cm_ctx, bool mcm)
{
	struct co_sap_rec *sap = sap_waiting(co, handle, expected);
	const struct co_af *af = sap != NULL ? cp_pool_at(&co->afs, sap->af) : NULL;
	co_ctx_t client_ctx;

	if (af == NULL || status == CO_STATUS_PENDING)
		return CO_STATUS_NOT_ACCEPTED;
	if (af->is_mcm != mcm)
		return co_illegal(co, CO_STATUS_NOT_SUPPORTED);
	client_ctx = sap->client_ctx;
	if (expected == CO_SAP_DEREGISTERING) {
		sap_free(co, handle);
		af->client_ops->deregister_sap_complete(af->client, client_ctx, CO_STATUS_SUCCESS);
		return CO_STATUS_SUCCESS;
	}
	if (status == CO_STATUS_SUCCESS) {
		sap->cm_ctx = cm_ctx;
		sap->state = CO_SAP_REGISTERED;
	} else {
		sap_free(co, handle);
		handle = CO_NONE;
	}
	af->client_ops->register_sap_complete(af->client, client_ctx, status, handle);
	return CO_STATUS_SUCCESS;
}

enum co_status
co_cm_register_sap_complete(struct co *co, co_sap_t sap, enum co_status status, co_ctx_t cm_ctx)
{
	return sap_complete(co, sap, CO_SAP_REGISTERING, status, cm_ctx, false);
}

enum co_status
co_mcm_register_sap_complete(struct co *co, co_sap_t sap, enum co_status status, co_ctx_t cm_ctx)
{
	return sap_complete(co, sap, CO_SAP_REGISTERING, status, cm_ctx, true);
}

enum co_status
co_cm_deregister_sap_complete(struct co *co, co_sap_t sap)
{
	return sap_complete(co, sap, CO_SAP_DEREGISTERING, CO_STATUS_SUCCESS, 0, false);
}

enum co_status
co_mcm_deregister_sap_complete(struct co *co, co_sap_t sap)
{
	return sap_complete(co, sap, CO_SAP_DEREGISTERING, CO_STATUS_SUCCESS, 0, true);
}
