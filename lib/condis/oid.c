/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/log.h"
#include "condis_priv.h"

/* Requests that are typed by number: contract 4.20. Not serialised (OID-3). */

/* SUCCESS and the request is out, or why it cannot be. */
static enum co_status
begin(struct co *co, struct co_oid_request *request, co_adapter_t adapter)
{
	if (request->out)
		return co_illegal(co, CO_STATUS_NOT_ACCEPTED);
	request->needed = 0;
	request->adapter = adapter;
	request->out = true;
	return CO_STATUS_SUCCESS;
}

static void
end(struct co *co, struct co_oid_request *request)
{
	struct co_adapter *a = cp_pool_at(&co->adapters, request->adapter);

	request->out = false;
	if (a == NULL)
		return;
	a->n_requests--;
	co->n_requests--;
}

/*
 * What the answerer returned. After PENDING the request is not looked at: it may have been
 * completed, and be gone (ASYNC-4).
 */
static enum co_status
returned(struct co *co, struct co_oid_request *request, enum co_status status, bool could_pend)
{
	if (status == CO_STATUS_PENDING && could_pend)
		return status;
	if (!request->out) { /* completed, and then answered as well (ASYNC-2) */
		co->n_unexpected++;
		return could_pend ? CO_STATUS_PENDING : CO_STATUS_FAILURE;
	}
	end(co, request);
	if (status != CO_STATUS_PENDING)
		return status;
	co->n_unexpected++;
	cp_log(CP_LOG_ERR, "request %d had to be answered at once, and was not", request->oid);
	return CO_STATUS_FAILURE;
}

/* ---- To a miniport. ---- */

/* OID-2; the VC is of that adapter, or there is none. */
static enum co_status
may_submit(struct co *co, const struct co_adapter *a, co_adapter_t adapter, co_vc_t vc)
{
	if (a == NULL)
		co->n_stale++;
	if (a == NULL || (vc != CO_NONE && co_vc_at(co, vc) == NULL))
		return CO_STATUS_FAILURE;
	if (vc != CO_NONE && co_vc_cold(co, vc)->adapter != adapter)
		return co_illegal(co, CO_STATUS_FAILURE);
	if (a->resetting)
		return co_illegal(co, CO_STATUS_RESET_IN_PROGRESS); /* RESET-3 */
	if (a->removed || a->halt >= CO_HALT_DRAIN)
		return co_illegal(co, CO_STATUS_NOT_ACCEPTED); /* UNB-6, UNB-8 */
	return CO_STATUS_SUCCESS;
}

enum co_status
co_oid_submit(struct co *co, co_adapter_t adapter, co_vc_t vc, struct co_oid_request *request)
{
	struct co_adapter *a = cp_pool_at(&co->adapters, adapter);
	enum co_status status = may_submit(co, a, adapter, vc);
	bool could_pend = request->complete != NULL;
	const struct co_vc_hot *v;
	co_ctx_t ctx = 0;

	if (status == CO_STATUS_SUCCESS)
		status = begin(co, request, adapter);
	if (status != CO_STATUS_SUCCESS)
		return status;
	v = cp_pool_at(&co->vcs, vc);
	if (v != NULL) /* an MCM knows the VC by its own context (OID-1) */
		ctx = v->flags & CO_VC_F_MCM ? v->cm_ctx : v->miniport_ctx;
	a->n_requests++;
	co->n_requests++;
	status = a->ops->oid_request(a->ctx, v != NULL, ctx, request);
	status = returned(co, request, status, could_pend);
	if (status != CO_STATUS_PENDING)
		co_halt_continue(co, adapter);
	return status;
}

enum co_status
co_oid_request(struct co *co, co_vc_t vc, enum co_oid oid, void *buffer, uint32_t size)
{
	struct co_oid_request request = { .oid = oid, .buffer = buffer, .size = size };

	if (co_vc_at(co, vc) == NULL)
		return CO_STATUS_FAILURE;
	return co_oid_submit(co, co_vc_cold(co, vc)->adapter, vc, &request);
}

enum co_status
co_oid_request_complete(struct co *co, struct co_oid_request *request, enum co_status status)
{
	co_adapter_t adapter = request->adapter;

	if (!request->out || status == CO_STATUS_PENDING) {
		co->n_unexpected++;
		return CO_STATUS_NOT_ACCEPTED; /* ASYNC-3, ASYNC-5 */
	}
	end(co, request);
	if (request->complete != NULL)
		request->complete(request->arg, request, status);
	co_halt_continue(co, adapter);
	return CO_STATUS_SUCCESS;
}

/* ---- Between a client and its call manager (OID-1). ---- */

/* An AF that is open, of the caller's kind; NULL and why not. */
static const struct co_af *
open_af(struct co *co, co_af_t handle, enum co_status *status)
{
	const struct co_af *af = cp_pool_at(&co->afs, handle);

	*status = CO_STATUS_FAILURE;
	if (af == NULL)
		co->n_stale++;
	if (af != NULL && af->state == CO_AF_OPEN)
		return af;
	if (af != NULL)
		co->n_illegal++;
	return NULL;
}

/* OID-2: the receiver's contexts of what the request is about, if that is of this AF. */
static enum co_status
address(struct co *co, co_af_t handle, struct co_oid_request *request, bool to_client)
{
	const struct co_party *party = cp_pool_at(&co->parties, request->party);
	const struct co_vc_hot *v;

	request->vc_ctx = 0;
	request->party_ctx = 0;
	if (request->vc == CO_NONE)
		return CO_STATUS_SUCCESS;
	v = co_vc_at(co, request->vc);
	if (v == NULL)
		return CO_STATUS_FAILURE;
	if (v->af != handle ||
		(request->party != CO_NONE && (party == NULL || party->vc != request->vc)))
		return co_illegal(co, CO_STATUS_FAILURE);
	request->vc_ctx = to_client ? v->client_ctx : v->cm_ctx;
	if (party != NULL)
		request->party_ctx = to_client ? party->client_ctx : party->cm_ctx;
	return CO_STATUS_SUCCESS;
}

enum co_status
co_cl_oid_request(struct co *co, co_af_t handle, struct co_oid_request *request)
{
	enum co_status status;
	const struct co_af *af = open_af(co, handle, &status);
	bool could_pend = request->complete != NULL;

	if (af != NULL)
		status = address(co, handle, request, false);
	if (status == CO_STATUS_SUCCESS)
		status = begin(co, request, CO_NONE);
	if (status != CO_STATUS_SUCCESS)
		return status;
	status = af->cm_ops->oid_request(af->cm, af->cm_ctx, request);
	return returned(co, request, status, could_pend);
}

static enum co_status
ask_client(struct co *co, co_af_t handle, struct co_oid_request *request, bool mcm)
{
	enum co_status status;
	const struct co_af *af = open_af(co, handle, &status);
	bool could_pend = request->complete != NULL;

	if (af != NULL && af->is_mcm != mcm)
		return co_illegal(co, CO_STATUS_NOT_SUPPORTED); /* OBJ-9 */
	if (af != NULL)
		status = address(co, handle, request, true);
	if (status == CO_STATUS_SUCCESS)
		status = begin(co, request, CO_NONE);
	if (status != CO_STATUS_SUCCESS)
		return status;
	status = af->client_ops->oid_request(af->client, af->client_ctx, request);
	return returned(co, request, status, could_pend);
}

enum co_status
co_cm_oid_request(struct co *co, co_af_t af, struct co_oid_request *request)
{
	return ask_client(co, af, request, false);
}

enum co_status
co_mcm_oid_request(struct co *co, co_af_t af, struct co_oid_request *request)
{
	return ask_client(co, af, request, true);
}
