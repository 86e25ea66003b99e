/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "callmgr_priv.h"

/* ---- From the broker: requests of the client. ---- */

enum co_status
callmgr_make_call(void *arg, co_ctx_t vc_ctx, struct co_call_params *params)
{
	struct callmgr *cm = arg;
	struct cm_vc *v = cm_vc_at(cm->env, vc_ctx);
	struct uni_setup setup;
	int err;

	if (v == NULL)
		return CO_STATUS_FAILURE;
	if (v->state != CM_ST_IDLE)
		return CO_STATUS_NOT_ACCEPTED;
	if (params->flags & CO_CALL_F_PERMANENT)
		return CO_STATUS_FAILURE; /* MAKE-12: no PVC is configured here */
	cm_setup_from_params(cm, params, &setup);
	v->params = params;
	v->refusal = 0;
	err = uni_call_setup(cm->link, &setup, (uint64_t)vc_ctx, cm->env->now_ns, &v->call);
	if (err == 0) {
		cm_event(cm, v, CM_EV_MAKE);
		return CO_STATUS_PENDING;
	}
	v->params = NULL;
	switch (err) {
	case -EAGAIN:
	case -ENOSPC:
		params->cause = UNI_CAUSE_NO_RESOURCE;
		return CO_STATUS_RESOURCES;
	case -ENETDOWN: /* SIG-101 */
		params->cause = UNI_CAUSE_OUT_OF_ORDER;
		return CO_STATUS_FAILURE;
	case -ESHUTDOWN:
		params->cause = UNI_CAUSE_TEMPORARY_FAILURE;
		return CO_STATUS_CLOSING;
	default:
		params->cause = UNI_CAUSE_INVALID_NUMBER;
		return CO_STATUS_INVALID_DATA;
	}
}

enum co_status
callmgr_close_call(void *arg, co_ctx_t vc_ctx, co_ctx_t party_ctx, struct co_data data)
{
	struct callmgr *cm = arg;
	struct cm_vc *v = cm_vc_at(cm->env, vc_ctx);

	(void)party_ctx;
	if (v == NULL)
		return CO_STATUS_FAILURE;
	if (data.size > CALLMGR_MAX_CLOSE_DATA || (data.size > 0 && data.octets[0] > 127))
		return CO_STATUS_INVALID_DATA; /* SIG-117, CLOSE-11 */
	if (!cm_accepts(v, CM_EV_CLOSE))
		return CO_STATUS_NOT_ACCEPTED;
	if (data.size > 0 && data.octets[0] != 0)
		v->refusal = data.octets[0];
	else if (v->refusal == 0)
		v->refusal = UNI_CAUSE_NORMAL;
	v->uu = data.size > 1 ? data.octets + 1 : NULL;
	v->uu_len = (uint8_t)(data.size > 1 ? data.size - 1 : 0);
	cm_event(cm, v, CM_EV_CLOSE);
	return CO_STATUS_PENDING; /* it may be complete by now: legal, ASYNC-4 */
}

/* A client that refuses may name the cause, as a transit does with that of the other side. */
static void
answered(struct callmgr *cm, struct cm_vc *v, enum co_status status,
	const struct co_call_params *params)
{
	if (v->state != CM_ST_OFFERING)
		return; /* withdrawn meanwhile: the incoming close stands (INCLOSE-19) */
	if (status == CO_STATUS_SUCCESS) {
		cm_event(cm, v, CM_EV_ACCEPT);
		return;
	}
	v->refusal = cm_cause_of_status(status);
	if (params != NULL && params->cause != 0)
		v->refusal = params->cause & 0x7f;
	cm_event(cm, v, CM_EV_REFUSE);
}

void
callmgr_incoming_call_complete(
	void *arg, co_ctx_t vc_ctx, enum co_status status, const struct co_call_params *params)
{
	struct callmgr *cm = arg;
	struct cm_vc *v = cm_vc_at(cm->env, vc_ctx);

	if (v != NULL)
		answered(cm, v, status, params);
}

/* ---- From the flavour. ---- */

void
callmgr_vc_activated(struct callmgr *cm, co_ctx_t vc_ctx, enum co_status status)
{
	struct cm_vc *v = cm_vc_at(cm->env, vc_ctx);

	if (v == NULL)
		return;
	v->flags &= (uint8_t)~CM_F_ACTIVATING;
	if (status == CO_STATUS_SUCCESS)
		v->flags |= CM_F_ACTIVE;
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
	cm_event(cm, v, CM_EV_DEACTIVATED);
}

/* ---- From call control: what the network says. ---- */

static struct cm_vc *
vc_of(const struct callmgr *cm, uint64_t cookie, uni_call_t call)
{
	struct cm_vc *v = cm_vc_at(cm->env, cookie);

	return v != NULL && v->call == call ? v : NULL; /* I9 */
}

/* SIG-U2, SIG-N1, INCALL-1: find the SAP, make the VC, offer the call. */
static void
on_offer(void *arg, uni_call_t call, const struct uni_setup *setup, uint64_t now_ns)
{
	struct callmgr *cm = arg;
	struct callmgr_env *env = cm->env;
	struct co_call_params *params;
	const struct cm_sap *sap;
	uint32_t handle, offer;
	uint8_t cause = UNI_CAUSE_NO_RESOURCE;
	struct cm_vc *v;
	enum co_status status;

	handle = cp_pool_get(&env->vcs);
	offer = cp_pool_get(&env->offers);
	v = cp_pool_at(&env->vcs, handle);
	params = cp_pool_at(&env->offers, offer);
	if (v == NULL || params == NULL)
		goto refuse;
	cm_params_from_setup(cm, setup, params);
	sap = cm_sap_find(cm, &params->called);
	if (sap == NULL) {
		cause = UNI_CAUSE_INCOMPATIBLE_DESTINATION;
		goto refuse;
	}
	v->cm_idx = cm->idx;
	v->label = setup->label;
	v->flags = CM_F_BY_CM;
	v->call = call;
	v->offer = offer;
	if (cm->flavour->create_vc(cm->arg, sap->af, handle, &v->vc) != CO_STATUS_SUCCESS)
		goto refuse;
	uni_call_set_cookie(env->uni, call, handle);
	cm_event(cm, v, CM_EV_OFFER);
	status = cm->flavour->dispatch_incoming_call(env->co, sap->sap, v->vc, params);
	params = cp_pool_at(&env->offers, offer);
	if (params != NULL) { /* the client still thinks; the message dies with this handler */
		params->elements = NULL;
		params->elements_size = 0;
	}
	v = cm_vc_at(env, handle);
	if (v != NULL && status != CO_STATUS_PENDING)
		answered(cm, v, status, params); /* INCALL-3 */
	return;

refuse:
	cp_pool_put(&env->offers, offer);
	cp_pool_put(&env->vcs, handle);
	uni_call_refuse(env->uni, call, cause, now_ns);
	if (setup->label != UNI_LABEL_NONE)
		uni_link_put_label(cm->link, setup->label);
}

/* Neither changes what the client sees: its make_call goes on waiting. */
static void
on_progress(void *arg, uni_call_t call, uint64_t cookie, uint64_t now_ns)
{
	(void)arg;
	(void)call;
	(void)cookie;
	(void)now_ns;
}

static void
on_connected(void *arg, uni_call_t call, uint64_t cookie, uint64_t now_ns)
{
	struct callmgr *cm = arg;
	struct cm_vc *v = vc_of(cm, cookie, call);

	(void)now_ns;
	if (v != NULL)
		cm_event(cm, v, CM_EV_CONNECTED);
}

/* INCLOSE-1..5: the client hears of it unless its own close or make_call is what ends. */
static void
tell_client(struct callmgr *cm, struct cm_vc *v, const struct uni_release *release)
{
	uint8_t octets[CALLMGR_MAX_CLOSE_DATA];
	struct co_data data = { octets, 1 };

	octets[0] = release->cause & 0x7f;
	if (release->uu_len > 0 && release->uu_len <= UNI_MAX_UU) {
		memcpy(octets + 1, release->uu, release->uu_len);
		data.size += release->uu_len;
	}
	cm->flavour->dispatch_incoming_close_call(
		cm->env->co, v->vc, cm_reason_of_cause(release->cause), data);
}

/* The label of a call that never was active here comes with its end. */
static void
note_label(struct cm_vc *v, const struct uni_release *release)
{
	if (v->label == UNI_LABEL_NONE)
		v->label = release->label;
}

static void
on_released(void *arg, uni_call_t call, uint64_t cookie, const struct uni_release *release,
	bool owed, uint64_t now_ns)
{
	struct callmgr *cm = arg;
	struct cm_vc *v = vc_of(cm, cookie, call);
	bool tell;

	if (v == NULL) {
		if (owed)
			uni_call_close(cm->env->uni, call, UNI_CAUSE_UNSPECIFIED, NULL, 0, now_ns);
		return;
	}
	note_label(v, release);
	if (v->state != CM_ST_SETUP_CLEARING) { /* there the reason stands */
		v->cause = release->cause;
		v->status = (uint8_t)cm_status_of_cause(release->cause);
	}
	tell = v->state == CM_ST_OFFERING || v->state == CM_ST_ACTIVATING ||
	       v->state == CM_ST_ANSWERED || v->state == CM_ST_UP;
	if (cm_event(cm, v, owed ? CM_EV_RELEASED : CM_EV_GONE) && tell)
		tell_client(cm, v, release);
}

static void
on_close_complete(void *arg, uni_call_t call, uint64_t cookie, const struct uni_release *release,
	uint64_t now_ns)
{
	struct callmgr *cm = arg;
	struct cm_vc *v = vc_of(cm, cookie, call);

	(void)now_ns;
	if (v == NULL)
		return;
	note_label(v, release);
	cm_event(cm, v, CM_EV_CLEARED);
}

static void
on_sdu_ready(void *arg, uint64_t now_ns)
{
	struct callmgr *cm = arg;

	sscf_sdu_ready(cm->sscf, now_ns);
}

static void
on_establish(void *arg, uint64_t now_ns)
{
	struct callmgr *cm = arg;

	sscf_establish(cm->sscf, now_ns);
}

static void
on_link_up(void *arg, uint64_t now_ns)
{
	struct callmgr *cm = arg;

	(void)now_ns;
	cp_log(CP_LOG_NOTICE, "trunk %s: signalling link up", cm->name);
}

static void
on_link_down(void *arg, uint64_t now_ns)
{
	struct callmgr *cm = arg;

	(void)now_ns;
	cp_log(CP_LOG_WARN, "trunk %s: signalling link down", cm->name);
}

const struct uni_link_ops cm_link_ops = {
	.sdu_ready = on_sdu_ready,
	.establish = on_establish,
	.offer = on_offer,
	.proceeding = on_progress,
	.alerting = on_progress,
	.connected = on_connected,
	.released = on_released,
	.close_complete = on_close_complete,
	.link_up = on_link_up,
	.link_down = on_link_down,
};
