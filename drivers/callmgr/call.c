/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>

#include "callmgr_priv.h"

/* ---- From the broker: requests of the client. ---- */

enum co_status
cm_status_of_errno(int err, uint8_t *cause)
{
	switch (err) {
	case -EAGAIN:
	case -ENOSPC:
		*cause = UNI_CAUSE_NO_RESOURCE;
		return CO_STATUS_RESOURCES;
	case -EADDRNOTAVAIL:
		*cause = UNI_CAUSE_NO_VC;
		return CO_STATUS_RESOURCES;
	case -ENETDOWN: /* SIG-101 */
		*cause = UNI_CAUSE_OUT_OF_ORDER;
		return CO_STATUS_FAILURE;
	case -ESHUTDOWN:
		*cause = UNI_CAUSE_TEMPORARY_FAILURE;
		return CO_STATUS_CLOSING;
	case -ESTALE:
	case -EPROTO: /* the call is on its way out */
		*cause = UNI_CAUSE_MSG_STATE;
		return CO_STATUS_FAILURE;
	case -EMSGSIZE: /* the trunk carries no message as large (SIG-10) */
		*cause = UNI_CAUSE_SERVICE_NOT_AVAILABLE;
		return CO_STATUS_INVALID_DATA;
	default:
		*cause = UNI_CAUSE_INVALID_NUMBER;
		return CO_STATUS_INVALID_DATA;
	}
}

static const struct uni_elements none = { NULL, 0 };

/* SUCCESS: SETUP is on its way. */
static enum co_status
set_up(struct callmgr *cm, struct cm_vc *v, struct co_call_params *params, bool multipoint)
{
	const struct uni_elements asked = { params->elements, params->elements_size };
	struct uni_setup setup;
	struct cm_lack lack;
	int err;

	if (!cm_reserve_call(cm, v, params, &lack)) {
		params->cause = lack.cause;
		return CO_STATUS_RESOURCES;
	}
	cm_setup_from_params(cm, params, &setup);
	cm_params_set_came(params, &none); /* until something has */
	setup.multipoint = multipoint;
	v->params = params;
	v->refusal = 0;
	err = uni_call_setup(cm->link, &setup, CM_COOKIE_VC | cm_vc_handle(cm->env, v),
		cm->env->now_ns, &v->call);
	if (err == 0) {
		cm_event(cm, v, CM_EV_MAKE);
		return CO_STATUS_SUCCESS;
	}
	cm_unreserve(cm, v);
	v->params = NULL;
	cm_params_set_came(params, &asked);
	return cm_status_of_errno(err, &params->cause);
}

/* MAKE-12: nothing is negotiated, so what the client gets is what is configured. */
static enum co_status
make_over_pvc(struct callmgr *cm, struct cm_vc *v, struct co_call_params *params)
{
	struct cm_lack lack;

	if (!cm_pvc_take(cm, v, params))
		return CO_STATUS_FAILURE;
	if (!cm_reserve_call(cm, v, params, &lack)) {
		cm_pvc_put(cm, v);
		v->label = UNI_LABEL_NONE;
		params->cause = lack.cause;
		return CO_STATUS_RESOURCES;
	}
	cm_params_set_came(params, &none);
	v->params = params;
	v->refusal = 0;
	cm_event(cm, v, CM_EV_MAKE_PVC);
	return CO_STATUS_PENDING;
}

enum co_status
callmgr_make_call(void *arg, co_ctx_t vc_ctx, struct co_call_params *params)
{
	struct callmgr *cm = arg;
	struct cm_vc *v = cm_vc_at(cm->env, vc_ctx);
	enum co_status status;

	if (v == NULL)
		return CO_STATUS_FAILURE;
	if (v->state != CM_ST_IDLE)
		return CO_STATUS_NOT_ACCEPTED;
	if (params->flags & CO_CALL_F_PERMANENT)
		return make_over_pvc(cm, v, params);
	status = set_up(cm, v, params, false);
	return status == CO_STATUS_SUCCESS ? CO_STATUS_PENDING : status;
}

enum co_status
callmgr_make_multipoint_call(void *arg, co_ctx_t vc_ctx, struct co_call_params *params,
	co_party_t party, co_ctx_t *party_ctx)
{
	struct callmgr *cm = arg;
	struct cm_vc *v = cm_vc_at(cm->env, vc_ctx);
	enum co_status status;
	struct cm_party *p;
	uint32_t handle;

	if (v == NULL)
		return CO_STATUS_FAILURE;
	if (v->state != CM_ST_IDLE)
		return CO_STATUS_NOT_ACCEPTED;
	if (params->flags & CO_CALL_F_PERMANENT)
		return CO_STATUS_NOT_SUPPORTED;
	p = cm_party_new(cm, cm_vc_handle(cm->env, v), party, &handle);
	if (p == NULL)
		return CO_STATUS_RESOURCES;
	v->flags |= CM_F_ROOT;
	status = set_up(cm, v, params, true);
	if (status != CO_STATUS_SUCCESS) {
		cm_parties_end(cm, v); /* MAKE-8 */
		return status;
	}
	p->net = uni_call_first_party(cm->env->uni, v->call);
	uni_party_set_cookie(cm->env->uni, p->net, CM_COOKIE_PARTY | handle);
	*party_ctx = handle;
	return CO_STATUS_PENDING;
}

/*
 * CLOSE-7: the VC knows that it has parties. Those of the others are gone, and the one that is
 * named ends with the call (CLOSE-8).
 */
enum co_status
callmgr_close_call(void *arg, co_ctx_t vc_ctx, co_ctx_t party_ctx, struct co_data data)
{
	struct callmgr *cm = arg;
	struct cm_vc *v = cm_vc_at(cm->env, vc_ctx);
	uint8_t cause;

	if (v == NULL || ((v->flags & CM_F_ROOT) != 0) != (party_ctx != 0))
		return CO_STATUS_FAILURE;
	if (!cm_accepts(v, CM_EV_CLOSE))
		return CO_STATUS_NOT_ACCEPTED;
	if (!cm_data_take(cm, data, v->refusal != 0 ? v->refusal : UNI_CAUSE_NORMAL, &cause))
		return CO_STATUS_INVALID_DATA;
	v->refusal = cause;
	v->data = data.octets;
	v->data_size = (uint8_t)data.size;
	if (v->change != CP_HANDLE_NONE)
		cm_change_end(cm, v, CO_STATUS_REQUEST_ABORTED); /* RACE-7 */
	cm_event(cm, v, CM_EV_CLOSE);
	return CO_STATUS_PENDING; /* it may be complete by now: legal, ASYNC-4 */
}

/*
 * INCALL-4: the signalling has no word for other rates in an answer. Lower ones concern nobody but
 * our meters; higher ones cannot be met.
 */
static bool
can_be_met(const struct callmgr *cm, const struct cm_vc *v, const struct co_call_params *params)
{
	struct uni_call_info info;
	struct uni_rates asked;

	if (params == NULL || !(params->flags & CO_CALL_F_CHANGED) ||
		uni_call_query(cm->env->uni, v->call, &info) != 0)
		return true;
	cm_rates_from_params(cm, params, &asked); /* our transmit direction is backward */
	return asked.bwd_peak <= info.rates.fwd_peak &&
	       (info.multipoint || asked.fwd_peak <= info.rates.bwd_peak);
}

/* INCALL-4: an answer that is not marked as changed says nothing of rates. Only read. */
static struct co_call_params *
agreed(const struct callmgr *cm, const struct cm_vc *v, const struct co_call_params *answer)
{
	struct co_call_params *offered = cp_pool_at(&cm->env->offers, v->offer);

	if (offered == NULL || (answer != NULL && (answer->flags & CO_CALL_F_CHANGED)))
		return (struct co_call_params *)(uintptr_t)answer;
	return offered;
}

/* A client that refuses may name the cause, as a transit does with that of the other side. */
void
cm_answered(struct callmgr *cm, struct cm_vc *v, enum co_status status,
	const struct co_call_params *params)
{
	if (v->state != CM_ST_OFFERING)
		return; /* withdrawn meanwhile: the incoming close stands (INCLOSE-19) */
	if (status == CO_STATUS_SUCCESS && !can_be_met(cm, v, params)) {
		cm_event(cm, v, CM_EV_NOT_ACTIVATED);
		return;
	}
	if (status == CO_STATUS_SUCCESS) {
		cm_enclose(cm, v, UNI_ANSWER_ACCEPT, params);
		v->params = agreed(cm, v, params);
		cm_event(cm, v, CM_EV_ACCEPT);
		return;
	}
	v->refusal = callmgr_cause_of_status(status);
	if (params != NULL && params->cause != 0)
		v->refusal = params->cause & 0x7f;
	cm_enclose(cm, v, UNI_ANSWER_REFUSE, params);
	cm_event(cm, v, CM_EV_REFUSE);
}

void
callmgr_incoming_call_complete(
	void *arg, co_ctx_t vc_ctx, enum co_status status, const struct co_call_params *params)
{
	struct callmgr *cm = arg;
	struct cm_vc *v = cm_vc_at(cm->env, vc_ctx);

	if (v != NULL)
		cm_answered(cm, v, status, params);
}

/* ---- From the flavour. ---- */

/* ACT-6, ACT-8: what the miniport has rounded down too far is asked for once more, rounded up. */
static enum co_status
judge_rates(struct callmgr *cm, struct cm_vc *v, const struct co_media_params *used)
{
	struct co_media_params asked;
	bool changed;

	if (v->state != CM_ST_SETUP_ACTIVATING && v->state != CM_ST_ACTIVATING)
		return CO_STATUS_SUCCESS;
	cm_media(cm, v, &asked);
	if (cm_flow_is_short(&asked.tx, &used->tx) || cm_flow_is_short(&asked.rx, &used->rx)) {
		if (v->flags & CM_F_RETRIED)
			return CO_STATUS_RESOURCES;
		v->flags |= CM_F_RETRIED;
		cm_media(cm, v, &asked);
		cm_vc_activate(cm, v, &asked);
		return CO_STATUS_PENDING;
	}
	if (v->state == CM_ST_SETUP_ACTIVATING) {
		changed = cm_flow_adopt(&v->params->tx, &used->tx);
		if (!(v->flags & CM_F_ROOT))
			changed |= cm_flow_adopt(&v->params->rx, &used->rx);
		if (changed)
			v->params->flags |= CO_CALL_F_CHANGED;
	}
	return CO_STATUS_SUCCESS;
}

void
callmgr_vc_activated(struct callmgr *cm, co_ctx_t vc_ctx, enum co_status status,
	const struct co_media_params *media)
{
	struct cm_vc *v = cm_vc_at(cm->env, vc_ctx);

	if (v == NULL)
		return;
	v->flags &= (uint8_t)~CM_F_ACTIVATING;
	if (status == CO_STATUS_SUCCESS)
		v->flags |= CM_F_ACTIVE;
	if (v->change != CP_HANDLE_NONE) {
		cm_change_activated(cm, v, status, media);
		return;
	}
	if (status == CO_STATUS_SUCCESS && media != NULL && cm->meter)
		status = judge_rates(cm, v, media);
	if (status == CO_STATUS_PENDING)
		return;
	v->flags &= (uint8_t)~CM_F_RETRIED;
	cm_event(cm, v, status == CO_STATUS_SUCCESS ? CM_EV_ACTIVATED : CM_EV_NOT_ACTIVATED);
}

void
callmgr_vc_deactivated(struct callmgr *cm, co_ctx_t vc_ctx)
{
	struct cm_vc *v = cm_vc_at(cm->env, vc_ctx);

	if (v == NULL)
		return;
	v->flags &= (uint8_t)~CM_F_ACTIVE;
	v->hw = 0;
	if (v->change != CP_HANDLE_NONE)
		cm_change_event(cm, v, CM_CE_DEACTIVATED);
	else
		cm_event(cm, v, CM_EV_DEACTIVATED);
}
