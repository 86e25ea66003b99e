/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>

#include "base/log.h"
#include "queue_priv.h"

/* ---- Creation: contract 4.4. ---- */

static struct co_vc_hot *
vc_new(struct co *co, co_adapter_t adapter, co_af_t af, co_binding_t creator, co_vc_t *vc)
{
	struct co_vc_hot *v;
	struct co_vc_cold *cold;

	*vc = cp_pool_get(&co->vcs);
	v = cp_pool_at(&co->vcs, *vc);
	if (v == NULL)
		return NULL;
	v->af = af;
	v->flags = CO_VC_F_UNSETTLED;
	cold = co_vc_cold(co, *vc);
	*cold = (struct co_vc_cold){
		.label = UINT32_MAX,
		.creator = creator,
		.adapter = adapter,
		.ready = cold->ready, /* its predecessor may still be in the list */
		.ready_next = cold->ready_next,
		.send_window = CO_WINDOW_NONE,
	};
	return v;
}

/* ASYNC-6: a peer that pends in create_vc has made the VC unusable. */
static enum co_status
settled(struct co *co, enum co_status status)
{
	if (status != CO_STATUS_PENDING)
		return status;
	co->n_unexpected++;
	cp_log(CP_LOG_ERR, "a create_vc or delete_vc handler pended: the VC is taken back");
	return CO_STATUS_FAILURE;
}

static enum co_status
create_at_miniport(struct co *co, const struct co_adapter *adapter, co_vc_t vc, struct co_vc_hot *v)
{
	if (adapter->mcm != NULL)
		return CO_STATUS_SUCCESS; /* VC-5 */
	return settled(co, adapter->ops->create_vc(adapter->ctx, vc, &v->miniport_ctx));
}

/*
 * Its call is over, and nothing of it is with the miniport, nor waits: no activation has a record.
 * A CM that leaves may have had to delete it first: whoever calls this does nothing after it.
 */
static inline void
vc_free(struct co *co, co_vc_t vc, struct co_vc_hot *v)
{
	const struct co_vc_cold *cold = co_vc_cold(co, vc);
	struct co_af *af = co_af_of(co, v);

	co_close_drop_data(co, vc, v);
	if (v->flags & CO_VC_F_MULTIPOINT)
		co_party_end(co, vc);
	if (v->flags & CO_VC_F_NAMED)
		co_name_end(co, vc); /* DEL-11 */
	cp_pool_put_live(&co->vcs, vc);
	if (af != NULL) {
		af->n_vcs--;
		return;
	}
	((struct co_binding *)cp_pool_at(&co->bindings, cold->creator))->n_signalling--;
	co_halt_continue(co, cold->adapter);
}

/* VC-2: the creator gets the handle when all parties have agreed. */
static enum co_status
created(struct co *co, co_vc_t vc, struct co_vc_hot *v, enum co_status status, co_vc_t *out)
{
	if (status != CO_STATUS_SUCCESS) {
		vc_free(co, vc, v);
		return status;
	}
	v->flags &= ~CO_VC_F_UNSETTLED;
	*out = vc;
	return CO_STATUS_SUCCESS;
}

/* VC-1: outgoing calls. The call manager first, the miniport last (VC-3). */
static enum co_status
create_by_client(struct co *co, co_binding_t binding, struct co_af *af, co_af_t af_handle,
	co_ctx_t ctx, co_vc_t *out)
{
	enum co_status status;
	struct co_vc_hot *v;
	co_vc_t vc;

	v = vc_new(co, af->adapter_handle, af_handle, binding, &vc);
	if (v == NULL)
		return CO_STATUS_RESOURCES;
	af->n_vcs++;
	v->client_ctx = ctx;
	v->flags |= CO_VC_F_BY_CLIENT | (af->is_mcm ? CO_VC_F_MCM : 0);
	status = settled(co, af->cm_ops->create_vc(af->cm, af->cm_ctx, vc, &v->cm_ctx));
	if (status == CO_STATUS_SUCCESS) {
		status = create_at_miniport(co, af->adapter, vc, v);
		if (status != CO_STATUS_SUCCESS) /* VC-4 */
			af->cm_ops->delete_vc(af->cm, v->cm_ctx);
	}
	return created(co, vc, v, status, out);
}

/* VC-1: incoming calls. The client first, the miniport last. */
static enum co_status
create_by_cm(struct co *co, co_binding_t binding, struct co_af *af, co_af_t af_handle, co_ctx_t ctx,
	co_vc_t *out)
{
	enum co_status status;
	struct co_vc_hot *v;
	co_vc_t vc;

	v = vc_new(co, af->adapter_handle, af_handle, binding, &vc);
	if (v == NULL)
		return CO_STATUS_RESOURCES;
	af->n_vcs++;
	v->cm_ctx = ctx;
	v->flags |= af->is_mcm ? CO_VC_F_MCM : 0;
	status = settled(
		co, af->client_ops->create_vc(af->client, af->client_ctx, vc, &v->client_ctx));
	if (status == CO_STATUS_SUCCESS) {
		status = create_at_miniport(co, af->adapter, vc, v);
		if (status != CO_STATUS_SUCCESS)
			af->client_ops->delete_vc(af->client, v->client_ctx);
	}
	return created(co, vc, v, status, out);
}

/* VC-6: the call manager's own, for signalling. */
static enum co_status
create_signalling(
	struct co *co, co_binding_t binding, const struct co_binding *b, co_ctx_t ctx, co_vc_t *out)
{
	enum co_status status;
	struct co_vc_hot *v;
	co_vc_t vc;

	v = vc_new(co, b->adapter, CO_NONE, binding, &vc);
	if (v == NULL)
		return CO_STATUS_RESOURCES;
	v->cm_ctx = ctx;
	v->flags |= CO_VC_F_SIGNALLING;
	((struct co_binding *)cp_pool_at(&co->bindings, binding))->n_signalling++;
	status = create_at_miniport(co, cp_pool_at(&co->adapters, b->adapter), vc, v);
	return created(co, vc, v, status, out);
}

enum co_status
co_create_vc(struct co *co, co_binding_t binding, co_af_t af_handle, co_ctx_t ctx, co_vc_t *vc)
{
	const struct co_binding *b = cp_pool_at(&co->bindings, binding);
	const struct co_protocol *p = b != NULL ? cp_pool_at(&co->protocols, b->protocol) : NULL;
	struct co_af *af = cp_pool_at(&co->afs, af_handle);

	if (p == NULL || *vc != CO_NONE) { /* OBJ-3 */
		co->n_stale++;
		return CO_STATUS_FAILURE;
	}
	if (co_life_is_ending(co, binding))
		return co_illegal(co, CO_STATUS_FAILURE);
	if (p->callmgr != NULL && af_handle == CO_NONE)
		return create_signalling(co, binding, b, ctx, vc);
	if (af == NULL || af->state != CO_AF_OPEN || af->adapter_handle != b->adapter)
		return co_illegal(co, CO_STATUS_FAILURE);
	if (p->client != NULL)
		return af->client_binding == binding
			       ? create_by_client(co, binding, af, af_handle, ctx, vc)
			       : co_illegal(co, CO_STATUS_FAILURE);
	if (af->cm_protocol != b->protocol || co_life_is_ending(co, af->client_binding))
		return co_illegal(co, CO_STATUS_FAILURE);
	return create_by_cm(co, binding, af, af_handle, ctx, vc);
}

enum co_status
co_mcm_create_vc(struct co *co, co_adapter_t adapter, co_af_t af_handle, co_ctx_t ctx, co_vc_t *vc)
{
	struct co_af *af = cp_pool_at(&co->afs, af_handle);

	if (af == NULL || *vc != CO_NONE) {
		co->n_stale++;
		return CO_STATUS_FAILURE;
	}
	if (!af->is_mcm)
		return co_illegal(co, CO_STATUS_NOT_SUPPORTED); /* OBJ-9 */
	if (af->adapter_handle != adapter || af->state != CO_AF_OPEN ||
		co_life_is_ending(co, af->client_binding))
		return co_illegal(co, CO_STATUS_FAILURE);
	return create_by_cm(co, CO_NONE, af, af_handle, ctx, vc);
}

/* ---- Deletion: contract 4.15. ---- */

/* DEL-4, DEL-5: the other protocol may still refuse; after it nothing can. */
static enum co_status
delete_at_peer(struct co *co, const struct co_af *af, const struct co_vc_hot *v)
{
	if (v->flags & CO_VC_F_BY_CLIENT)
		return settled(co, af->cm_ops->delete_vc(af->cm, v->cm_ctx));
	return settled(co, af->client_ops->delete_vc(af->client, v->client_ctx));
}

/* Nobody may be told of a VC, or be inside one of its handlers, when it goes (ASYNC-9). */
static bool
peer_is_idle(const struct co_vc_hot *v)
{
	uint32_t busy = v->flags & CO_VC_F_BY_CLIENT ? CO_VC_F_CM_BUSY : CO_VC_F_CLIENT_BUSY;

	return v->client_queue == 0 && v->cm_queue == 0 &&
	       !(v->flags & (busy | CO_VC_F_CLOSE_DEFERRED));
}

/* DEL-3 to DEL-6: many a client tries until it can. */
static inline enum co_status
may_delete(struct co *co, struct co_vc_hot *v)
{
	enum co_status status = co_vc_move(co, v, CO_VE_DELETE);

	if (status == CO_STATUS_SUCCESS && (v->call_state != CO_CALL_IDLE || !peer_is_idle(v) ||
						   v->sends_out > 0 || v->receives_out > 0))
		return co_early_delete(co, CO_STATUS_NOT_ACCEPTED);
	return status;
}

static enum co_status
delete_vc(struct co *co, co_vc_t vc, struct co_vc_hot *v)
{
	const struct co_af *af = co_af_of(co, v);
	const struct co_adapter *adapter;
	enum co_status status;

	v->flags |= CO_VC_F_UNSETTLED; /* RACE-20 */
	status = af != NULL ? delete_at_peer(co, af, v) : CO_STATUS_SUCCESS;
	if (status != CO_STATUS_SUCCESS) {
		v->flags &= ~CO_VC_F_UNSETTLED;
		return status;
	}
	if (!(v->flags & CO_VC_F_MCM)) {
		adapter = af != NULL ? af->adapter : co_adapter_of(co, vc);
		settled(co, adapter->ops->delete_vc(adapter->ctx, v->miniport_ctx));
	}
	vc_free(co, vc, v);
	return CO_STATUS_SUCCESS;
}

/* A client creates on the binding of its AF. CO_NONE: an MCM. */
static co_binding_t
creator_of(const struct co *co, co_vc_t vc, const struct co_vc_hot *v)
{
	if (v->flags & CO_VC_F_BY_CLIENT)
		return co_call_af(co, v)->client_binding;
	return co_vc_cold(co, vc)->creator;
}

enum co_status
co_delete_vc(struct co *co, co_binding_t binding, co_vc_t vc)
{
	struct co_vc_hot *v = co_vc_at(co, vc);
	enum co_status status;

	if (v == NULL)
		return CO_STATUS_FAILURE;
	if (binding == CO_NONE || creator_of(co, vc, v) != binding) /* DEL-1 */
		return co_illegal(co, CO_STATUS_NOT_ACCEPTED);
	status = may_delete(co, v);
	return status == CO_STATUS_SUCCESS ? delete_vc(co, vc, v) : status;
}

enum co_status
co_mcm_delete_vc(struct co *co, co_adapter_t adapter, co_vc_t vc)
{
	struct co_vc_hot *v = co_vc_at(co, vc);
	enum co_status status;

	if (v == NULL)
		return CO_STATUS_FAILURE;
	if (!(v->flags & CO_VC_F_MCM))
		return co_illegal(co, CO_STATUS_NOT_SUPPORTED);
	if ((v->flags & CO_VC_F_BY_CLIENT) || co_vc_cold(co, vc)->adapter != adapter)
		return co_illegal(co, CO_STATUS_NOT_ACCEPTED);
	status = may_delete(co, v);
	return status == CO_STATUS_SUCCESS ? delete_vc(co, vc, v) : status;
}

/* ---- Activation and deactivation: contract 4.4, 4.14. ---- */

/* @p before: the VC state that a failure goes back to. */
static void
activation_ended(struct co *co, co_vc_t vc, struct co_vc_hot *v, enum co_status status,
	const struct co_media_params *media, uint8_t before)
{
	v->flags &= ~(CO_VC_F_ACTIVATE_OUT | CO_VC_F_REACTIVATING);
	if (status == CO_STATUS_SUCCESS) {
		co_vc_move(co, v, CO_VE_ACTIVATED);
		co_vc_cold(co, vc)->label = media->label;
		v->media_flags = (uint8_t)media->flags;
		return;
	}
	co_vc_move(co, v, CO_VE_NOT_ACTIVATED); /* ACT-5: the old parameters stay in force */
	if (v->vc_state == CO_VC_CREATED)
		v->vc_state = before;
	co_close_vc_inactive(co, vc, v);
}

/* Requests to the miniport go one at a time, until the call manager knows how the last ended. */
static bool
is_with_miniport(const struct co_vc_hot *v)
{
	return (v->flags & CO_VC_F_ACTIVATE_OUT) || co_cm_queued(v, CO_ME_ACTIVATED) ||
	       co_cm_queued(v, CO_ME_DEACTIVATED);
}

/* 0 is "not limited": the highest of all, as it is here one below 0. */
static bool
may_use_rate(uint32_t flags, uint64_t asked, uint64_t used)
{
	if (used == asked)
		return true;
	return flags & (used - 1 > asked - 1 ? CO_MEDIA_F_ROUND_UP : CO_MEDIA_F_ROUND_DOWN);
}

static bool
may_use_flow(uint32_t flags, const struct co_flowspec *asked, const struct co_flowspec *used)
{
	return may_use_rate(flags, asked->token_rate, used->token_rate) &&
	       may_use_rate(flags, asked->peak_rate, used->peak_rate);
}

/* ACT-8: a miniport that has set other rates than it was allowed to has not done what was asked. */
static enum co_status
check_rates(struct co *co, enum co_status status, const struct co_media_params *asked,
	const struct co_media_params *used)
{
	if (status != CO_STATUS_SUCCESS ||
		(may_use_flow(asked->flags, &asked->tx, &used->tx) &&
			may_use_flow(asked->flags, &asked->rx, &used->rx)))
		return status;
	co->n_unexpected++;
	return CO_STATUS_INVALID_DATA;
}

static void
activation_free(struct co *co, co_vc_t vc)
{
	struct co_vc_cold *cold = co_vc_cold(co, vc);

	cp_pool_put(&co->activations, cold->activation);
	cold->activation = CP_HANDLE_NONE;
}

struct co_media_params
co_activation_take(struct co *co, co_vc_t vc)
{
	const struct co_activation *a =
		cp_pool_at(&co->activations, co_vc_cold(co, vc)->activation);
	struct co_media_params media = a->media;

	activation_free(co, vc);
	return media;
}

/*
 * The miniport's answer; ASYNC-2: nothing is left of it when it had completed as well, and the call
 * manager may have activated anew since.
 */
static enum co_status
run_activate(struct co *co, co_vc_t vc, struct co_vc_hot *v, struct co_media_params *media)
{
	const struct co_adapter *adapter = co_adapter_of(co, vc);
	uint32_t handle = co_vc_cold(co, vc)->activation;
	const struct co_activation *a = cp_pool_at(&co->activations, handle);
	struct co_media_params used = a->media;
	enum co_status status;

	status = adapter->ops->activate_vc(adapter->ctx, v->miniport_ctx, &used);
	if (status == CO_STATUS_PENDING)
		return status;
	if (!cp_pool_has(&co->vcs, vc) || !(v->flags & CO_VC_F_ACTIVATE_OUT) ||
		co_vc_cold(co, vc)->activation != handle) {
		co->n_unexpected++;
		return CO_STATUS_PENDING;
	}
	status = check_rates(co, status, &a->media, &used);
	activation_ended(co, vc, v, status, &used, a->before);
	activation_free(co, vc);
	if (status == CO_STATUS_SUCCESS)
		*media = used;
	return status;
}

/* The record of what is asked of the miniport, and the VC on its way; else nothing has changed. */
static enum co_status
begin_activation(
	struct co *co, co_vc_t vc, struct co_vc_hot *v, const struct co_media_params *media)
{
	uint32_t handle = cp_pool_get(&co->activations);
	struct co_activation *a = cp_pool_at(&co->activations, handle);
	uint8_t before = v->vc_state;
	enum co_status status;

	if (a == NULL)
		return CO_STATUS_RESOURCES;
	status = co_vc_move(co, v, CO_VE_ACTIVATE);
	if (status != CO_STATUS_SUCCESS) {
		cp_pool_put(&co->activations, handle);
		return status;
	}
	*a = (struct co_activation){ .media = *media, .before = before };
	co_vc_cold(co, vc)->activation = handle;
	v->flags |= CO_VC_F_ACTIVATE_OUT;
	if (before == CO_VC_ACTIVE)
		v->flags |= CO_VC_F_REACTIVATING;
	return CO_STATUS_SUCCESS;
}

enum co_status
co_cm_activate_vc(struct co *co, co_vc_t vc, struct co_media_params *media)
{
	struct co_vc_hot *v = co_vc_at(co, vc);
	enum co_status status;

	if (v == NULL)
		return CO_STATUS_FAILURE;
	status = co_family_check(co, v, CO_FAMILY_CM);
	if (status == CO_STATUS_SUCCESS && is_with_miniport(v))
		status = co_illegal(co, CO_STATUS_NOT_ACCEPTED);
	if (status == CO_STATUS_SUCCESS)
		status = begin_activation(co, vc, v, media);
	return status == CO_STATUS_SUCCESS ? run_activate(co, vc, v, media) : status;
}

enum co_status
co_m_activate_vc_complete(
	struct co *co, co_vc_t vc, enum co_status status, const struct co_media_params *media)
{
	struct co_vc_hot *v = co_vc_at(co, vc);
	struct co_activation *a;

	if (v == NULL)
		return CO_STATUS_FAILURE;
	if (!(v->flags & CO_VC_F_ACTIVATE_OUT) || status == CO_STATUS_PENDING) {
		co->n_unexpected++;
		return CO_STATUS_NOT_ACCEPTED; /* ASYNC-5 */
	}
	a = cp_pool_at(&co->activations, co_vc_cold(co, vc)->activation);
	if (media != NULL) {
		status = check_rates(co, status, &a->media, media);
		a->media = *media; /* what it really uses */
	}
	activation_ended(co, vc, v, status, &a->media, a->before);
	v->activate_status = (uint8_t)status;
	co_cm_raise(co, vc, v, CO_ME_ACTIVATED);
	return CO_STATUS_SUCCESS;
}

enum co_status
co_mcm_activate_vc(struct co *co, co_vc_t vc, const struct co_media_params *media)
{
	struct co_vc_hot *v = co_vc_at(co, vc);
	enum co_status status;

	if (v == NULL)
		return CO_STATUS_FAILURE;
	status = co_family_check(co, v, CO_FAMILY_MCM);
	if (status == CO_STATUS_SUCCESS)
		status = co_vc_move(co, v, CO_VE_ACTIVATE);
	if (status == CO_STATUS_SUCCESS)
		activation_ended(co, vc, v, CO_STATUS_SUCCESS, media, v->vc_state);
	return status;
}

/* DEACT-2, I1: whoever says that it is drained must have nothing outside. */
static void
check_drained(struct co *co, const struct co_vc_hot *v)
{
	if (v->sends_out == 0 && v->receives_out == 0)
		return;
	if (co->n_drain_violations++ == 0)
		cp_log(CP_LOG_ERR,
			"a miniport ended a deactivation with %u sends and %u receives out",
			v->sends_out, v->receives_out);
}

/* DEACT-6, C-16: an error is only recorded, the VC is inactive whatever the miniport says. */
static void
deactivation_ended(struct co *co, co_vc_t vc, struct co_vc_hot *v, enum co_status status)
{
	if (status != CO_STATUS_SUCCESS)
		co->n_deactivation_errors++;
	v->flags &= ~CO_VC_F_DEACTIVATE_OUT;
	v->media_flags = 0; /* DEACT-7 */
	co_vc_move(co, v, CO_VE_DEACTIVATED);
	co_close_vc_inactive(co, vc, v);
}

enum co_status
co_cm_deactivate_vc(struct co *co, co_vc_t vc)
{
	struct co_vc_hot *v = co_vc_at(co, vc);
	const struct co_adapter *adapter;
	enum co_status status;

	if (v == NULL)
		return CO_STATUS_FAILURE;
	status = co_family_check(co, v, CO_FAMILY_CM);
	if (status == CO_STATUS_SUCCESS && is_with_miniport(v))
		status = co_illegal(co, CO_STATUS_NOT_ACCEPTED);
	if (status == CO_STATUS_SUCCESS)
		status = co_vc_move(co, v, CO_VE_DEACTIVATE);
	if (status != CO_STATUS_SUCCESS)
		return status;
	adapter = v->af != CO_NONE ? co_call_af(co, v)->adapter : co_adapter_of(co, vc);
	v->flags |= CO_VC_F_DEACTIVATE_OUT;
	status = adapter->ops->deactivate_vc(adapter->ctx, v->miniport_ctx);
	if (status == CO_STATUS_PENDING)
		return status;
	if (!cp_pool_has(&co->vcs, vc) ||
		!(v->flags & CO_VC_F_DEACTIVATE_OUT)) { /* completed as well (ASYNC-2) */
		co->n_unexpected++;
		return CO_STATUS_PENDING;
	}
	check_drained(co, v);
	deactivation_ended(co, vc, v, status);
	return CO_STATUS_SUCCESS;
}

enum co_status
co_m_deactivate_vc_complete(struct co *co, co_vc_t vc, enum co_status status)
{
	struct co_vc_hot *v = co_vc_at(co, vc);

	if (v == NULL)
		return CO_STATUS_FAILURE;
	if (!(v->flags & CO_VC_F_DEACTIVATE_OUT) || status == CO_STATUS_PENDING) {
		co->n_unexpected++;
		return CO_STATUS_NOT_ACCEPTED;
	}
	check_drained(co, v);
	deactivation_ended(co, vc, v, status);
	v->deactivate_status = (uint8_t)status;
	co_cm_raise(co, vc, v, CO_ME_DEACTIVATED);
	return CO_STATUS_SUCCESS;
}

enum co_status
co_mcm_deactivate_vc(struct co *co, co_vc_t vc)
{
	struct co_vc_hot *v = co_vc_at(co, vc);
	enum co_status status;

	if (v == NULL)
		return CO_STATUS_FAILURE;
	status = co_family_check(co, v, CO_FAMILY_MCM);
	if (status == CO_STATUS_SUCCESS && (v->sends_out > 0 || v->receives_out > 0))
		status = co_illegal(co, CO_STATUS_NOT_ACCEPTED); /* DEACT-13 */
	if (status == CO_STATUS_SUCCESS)
		status = co_vc_move(co, v, CO_VE_DEACTIVATE);
	if (status == CO_STATUS_SUCCESS)
		deactivation_ended(co, vc, v, CO_STATUS_SUCCESS);
	return status;
}
