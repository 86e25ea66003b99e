/* SPDX-License-Identifier: BSD-3-Clause */
#include "condis_priv.h"

/* SAPs: contract 4.3. */

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
