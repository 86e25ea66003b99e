/* SPDX-License-Identifier: BSD-3-Clause */
#include "queue_priv.h"

/*
 * What one party hands over in a structure of its own goes into @p to, which lives until the
 * request is complete; the elements do not (struct co_call_params), so they are not carried when
 * the delivery has to wait.
 */
void
co_params_keep(
	struct co *co, struct co_call_params *to, const struct co_call_params *from, bool deferred)
{
	if (to == NULL)
		return;
	if (from != NULL && from != to)
		*to = *from;
	if (!deferred || to->elements == NULL)
		return;
	to->elements = NULL;
	to->elements_size = 0;
	co->n_data_lost++;
}

/* ---- Making a call: contract 4.5. ---- */

/* ACT-2: there is no call without an active VC; ADD-2: nor a party without the CM's context. */
static bool
may_succeed(const struct co *co, co_vc_t vc, const struct co_vc_hot *v)
{
	return v->vc_state == CO_VC_ACTIVE &&
	       (!(v->flags & CO_VC_F_MULTIPOINT) ||
		       *co_party_cm_ctx(co, co_party_first(co, vc)) != 0);
}

/* @p params: what the call manager has handed over with it. */
static enum co_status
make_ended(struct co *co, co_vc_t vc, struct co_vc_hot *v, enum co_status status,
	const struct co_call_params *params)
{
	if (status == CO_STATUS_SUCCESS && !may_succeed(co, vc, v)) {
		co->n_unexpected++;
		status = CO_STATUS_FAILURE;
	}
	v->flags &= ~CO_VC_F_MAKE_OUT;
	v->setup_status = (uint8_t)status;
	co_call_move(co, v, status == CO_STATUS_SUCCESS ? CO_CALL_EV_MADE : CO_CALL_EV_NOT_MADE);
	if (v->flags & CO_VC_F_MULTIPOINT)
		co_party_made(co, vc, status);
	if (status == CO_STATUS_SUCCESS) {
		co_tell_up(co, vc, v);
	} else {
		co_tell_refused(co, vc, v, false, status, params);
		co_tell_over(co, vc, v);
	}
	return status;
}

/* MAKE-2: what the call is for its whole life. */
static enum co_status
ask_make(struct co *co, co_vc_t vc, const struct co_vc_hot *v)
{
	const struct co_af *af = co_call_af(co, v);
	struct co_call_params *params = co_vc_cold(co, vc)->params;
	co_party_t party;

	if (!(v->flags & CO_VC_F_MULTIPOINT))
		return af->cm_ops->make_call(af->cm, v->cm_ctx, params);
	party = co_party_first(co, vc);
	return af->cm_ops->make_multipoint_call(
		af->cm, v->cm_ctx, params, party, co_party_cm_ctx(co, party));
}

/* Runs the call manager's make_call; its final status, or PENDING. The VC outlives it (DEL-5). */
static enum co_status
run_make(struct co *co, co_vc_t vc, struct co_vc_hot *v)
{
	enum co_status status;

	v->flags |= CO_VC_F_CM_BUSY | CO_VC_F_MAKE_OUT;
	status = ask_make(co, vc, v);
	v->flags &= ~CO_VC_F_CM_BUSY;
	if (status == CO_STATUS_PENDING)
		return status;
	if (!(v->flags & CO_VC_F_MAKE_OUT)) { /* completed, and then answered as well (ASYNC-2) */
		co->n_unexpected++;
		return CO_STATUS_PENDING;
	}
	status = make_ended(co, vc, v, status, co_vc_cold(co, vc)->params);
	if (!(v->flags & CO_VC_F_CLOSE_DEFERRED))
		return status;
	co_client_append(v, CO_CE_MAKE_COMPLETE); /* the close that waits comes after it (RACE-4) */
	return CO_STATUS_PENDING;
}

/* CLOSE-3, INCLOSE-12: what stands against another call on an idle VC. */
static enum co_status
may_make(const struct co_vc_hot *v)
{
	if (v->vc_state == CO_VC_DEACTIVATING || (v->flags & CO_VC_F_CLOSE_DEFERRED) ||
		co_client_queued(v, CO_CE_CLOSE_COMPLETE))
		return CO_STATUS_CLOSING;
	if (v->call_state == CO_CALL_IDLE &&
		((v->flags & CO_VC_F_NO_REUSE) || co_client_queued(v, CO_CE_MAKE_COMPLETE)))
		return CO_STATUS_NOT_ACCEPTED;
	return CO_STATUS_SUCCESS;
}

/* SUCCESS, or what make_call on the VC is refused with (2.6). */
static enum co_status
check_make(const struct co_vc_hot *v)
{
	enum co_status status;

	if (!(v->flags & CO_VC_F_BY_CLIENT)) /* MAKE-1 */
		return CO_STATUS_FAILURE;
	status = may_make(v);
	return status == CO_STATUS_SUCCESS ? co_call_may(v, CO_CALL_EV_MAKE) : status;
}

static enum co_status
begin_make(struct co *co, co_vc_t vc, struct co_vc_hot *v, struct co_call_params *params)
{
	enum co_status status;

	co_call_move(co, v, CO_CALL_EV_MAKE);
	co_vc_cold(co, vc)->params = params;
	co_tell_begun(co, vc, v);
	if (co_cm_must_wait(v)) {
		co_params_keep(co, params, NULL, true);
		co_cm_raise(co, vc, v, CO_ME_MAKE);
		return CO_STATUS_PENDING;
	}
	status = run_make(co, vc, v);
	co_vc_serve(co, vc, v);
	return status;
}

enum co_status
co_cl_make_call(struct co *co, co_vc_t vc, struct co_call_params *params)
{
	struct co_vc_hot *v = co_vc_at(co, vc);
	enum co_status status;

	if (v == NULL)
		return CO_STATUS_FAILURE;
	status = check_make(v);
	if (status != CO_STATUS_SUCCESS)
		return co_illegal(co, status);
	params->flags &= ~CO_CALL_F_MULTIPOINT;
	return begin_make(co, vc, v, params);
}

enum co_status
co_cl_make_multipoint_call(struct co *co, co_vc_t vc, struct co_call_params *params,
	co_ctx_t party_ctx, co_party_t *party)
{
	struct co_vc_hot *v = co_vc_at(co, vc);
	enum co_status status;

	if (v == NULL)
		return CO_STATUS_FAILURE;
	status = check_make(v);
	if (status == CO_STATUS_SUCCESS && party_ctx == 0)
		status = CO_STATUS_INVALID_DATA;
	if (status != CO_STATUS_SUCCESS)
		return co_illegal(co, status);
	status = co_party_begin(co, vc, party_ctx, party);
	if (status != CO_STATUS_SUCCESS)
		return status;
	params->flags |= CO_CALL_F_MULTIPOINT;
	status = begin_make(co, vc, v, params);
	if (status != CO_STATUS_SUCCESS && status != CO_STATUS_PENDING)
		*party = CO_NONE;
	return status;
}

static enum co_status
make_call_complete(struct co *co, co_vc_t vc, enum co_status status,
	const struct co_call_params *params, enum co_family family)
{
	struct co_vc_hot *v = co_vc_at(co, vc);
	enum co_status allowed;

	if (v == NULL)
		return CO_STATUS_FAILURE;
	allowed = co_family_check(co, v, family);
	if (allowed != CO_STATUS_SUCCESS)
		return allowed;
	if (!(v->flags & CO_VC_F_MAKE_OUT) || status == CO_STATUS_PENDING ||
		(status == CO_STATUS_SUCCESS && !may_succeed(co, vc, v))) { /* ASYNC-3 */
		co->n_unexpected++;
		return CO_STATUS_NOT_ACCEPTED;
	}
	co_params_keep(co, co_vc_cold(co, vc)->params, params,
		co_client_must_wait(co, v) || (v->flags & CO_VC_F_CM_BUSY));
	make_ended(co, vc, v, status, params != NULL ? params : co_vc_cold(co, vc)->params);
	co_client_raise(co, vc, v, CO_CE_MAKE_COMPLETE);
	return CO_STATUS_SUCCESS;
}

enum co_status
co_cm_make_call_complete(
	struct co *co, co_vc_t vc, enum co_status status, const struct co_call_params *params)
{
	return make_call_complete(co, vc, status, params, CO_FAMILY_CM);
}

enum co_status
co_mcm_make_call_complete(
	struct co *co, co_vc_t vc, enum co_status status, const struct co_call_params *params)
{
	return make_call_complete(co, vc, status, params, CO_FAMILY_MCM);
}

/* ---- An incoming call: contract 4.6. ---- */

/* INCLOSE-19: an answer is too late once the offer was withdrawn; a next one may wait already. */
static bool
offer_stands(const struct co_vc_hot *v)
{
	return v->call_state == CO_CALL_OFFERED && !co_client_queued(v, CO_CE_INCOMING_CALL);
}

/* A change of rates that was still negotiated ends with an offer that is declined (ASYNC-1). */
static void
move_answered(struct co *co, co_vc_t vc, struct co_vc_hot *v, enum co_status status,
	const struct co_call_params *params)
{
	co_call_move(co, v, status == CO_STATUS_SUCCESS ? CO_CALL_EV_ACCEPT : CO_CALL_EV_REJECT);
	if (status == CO_STATUS_SUCCESS)
		return;
	co_tell_refused(co, vc, v, true, status, params);
	co_tell_over(co, vc, v);
	if (!(v->flags & CO_VC_F_CHANGING))
		return;
	co_qos_abort_queued(v);
	co_qos_closed(v);
}

/* Runs the client's incoming_call, who is marked busy. False: the offer was withdrawn meanwhile. */
static bool
run_offer(struct co *co, co_vc_t vc, struct co_vc_hot *v, enum co_status *answer)
{
	const struct co_af *af = co_call_af(co, v);
	const struct co_sap_rec *sap = cp_pool_at(&co->saps, co_vc_cold(co, vc)->sap);
	enum co_status status = CO_STATUS_FAILURE;

	v->flags |= CO_VC_F_IN_OFFER;
	if (sap != NULL) /* else deregistered while the offer waited: nobody wants it any more */
		status = af->client_ops->incoming_call(
			af->client, sap->client_ctx, v->client_ctx, co_vc_cold(co, vc)->params);
	if (v->flags & CO_VC_F_ANSWERED) /* from inside the handler (ASYNC-4) */
		status = (enum co_status)v->setup_status;
	v->flags &= ~(CO_VC_F_IN_OFFER | CO_VC_F_ANSWERED);
	*answer = status;
	if (!offer_stands(v))
		return false;
	if (status != CO_STATUS_PENDING)
		move_answered(co, vc, v, status, co_vc_cold(co, vc)->params);
	return true;
}

/* What keeps an offer from this VC. */
static enum co_status
may_offer(const struct co_vc_hot *v, const struct co_sap_rec *sap)
{
	if (sap->af != v->af || sap->state == CO_SAP_DEREGISTERING) /* INCALL-1, SAP-3 */
		return CO_STATUS_FAILURE;
	if ((v->flags & CO_VC_F_BY_CLIENT) || co_cm_queued(v, CO_ME_ANSWER))
		return CO_STATUS_NOT_ACCEPTED;
	if (v->call_state == CO_CALL_IDLE && v->vc_state == CO_VC_DEACTIVATING)
		return CO_STATUS_CLOSING;
	return CO_STATUS_SUCCESS;
}

static enum co_status
dispatch_incoming_call(struct co *co, co_sap_t sap_handle, co_vc_t vc,
	struct co_call_params *params, enum co_family family)
{
	const struct co_sap_rec *sap = cp_pool_at(&co->saps, sap_handle);
	struct co_vc_hot *v = co_vc_at(co, vc);
	enum co_status status;

	if (v == NULL)
		return CO_STATUS_FAILURE;
	if (sap == NULL) {
		co->n_stale++;
		return CO_STATUS_FAILURE;
	}
	status = co_family_check(co, v, family);
	if (status != CO_STATUS_SUCCESS)
		return status;
	status = may_offer(v, sap);
	if (status != CO_STATUS_SUCCESS)
		return co_illegal(co, status);
	status = co_call_move(co, v, CO_CALL_EV_OFFER);
	if (status != CO_STATUS_SUCCESS)
		return status;
	co_vc_cold(co, vc)->sap = sap_handle;
	co_vc_cold(co, vc)->params = params;
	co_tell_begun(co, vc, v);
	if (co_client_must_wait(co, v)) { /* RACE-22 */
		co_params_keep(co, params, NULL, true);
		co_client_raise(co, vc, v, CO_CE_INCOMING_CALL);
		return CO_STATUS_PENDING;
	}
	co_client_enter(co, v);
	if (!run_offer(co, vc, v, &status))
		status = CO_STATUS_CLOSING;
	co_client_leave(co, vc, v);
	return status;
}

enum co_status
co_cm_dispatch_incoming_call(struct co *co, co_sap_t sap, co_vc_t vc, struct co_call_params *params)
{
	return dispatch_incoming_call(co, sap, vc, params, CO_FAMILY_CM);
}

enum co_status
co_mcm_dispatch_incoming_call(
	struct co *co, co_sap_t sap, co_vc_t vc, struct co_call_params *params)
{
	return dispatch_incoming_call(co, sap, vc, params, CO_FAMILY_MCM);
}

/* INCALL-3: the call manager had been told to wait. */
static void
answer_cm(struct co *co, co_vc_t vc, struct co_vc_hot *v, enum co_status status,
	const struct co_call_params *params)
{
	const struct co_af *af = co_call_af(co, v);
	struct co_vc_cold *cold = co_vc_cold(co, vc);

	v->setup_status = (uint8_t)status;
	if (co_cm_must_wait(v)) {
		co_params_keep(co, cold->params, params, true);
		co_cm_raise(co, vc, v, CO_ME_ANSWER);
		return;
	}
	co_cm_enter(v);
	af->cm_ops->incoming_call_complete(
		af->cm, v->cm_ctx, status, params != NULL ? params : cold->params);
	if (!co_cm_leave(co, vc, v))
		return; /* a CM deletes a VC of its own where it likes */
	co_vc_serve(co, vc, v);
}

enum co_status
co_cl_incoming_call_complete(
	struct co *co, co_vc_t vc, enum co_status status, const struct co_call_params *params)
{
	struct co_vc_hot *v = co_vc_at(co, vc);
	struct co_call_params *offered;

	if (v == NULL)
		return CO_STATUS_FAILURE;
	offered = co_vc_cold(co, vc)->params;
	if (status == CO_STATUS_PENDING) /* ASYNC-3 */
		return co_illegal(co, CO_STATUS_FAILURE);
	if (v->call_state >= CO_CALL_CLOSE_OWED)
		return co_illegal(co, CO_STATUS_CLOSING); /* INCLOSE-19 */
	if (!offer_stands(v) || (v->flags & CO_VC_F_ANSWERED))
		return co_illegal(co, CO_STATUS_NOT_ACCEPTED);
	if (v->flags & CO_VC_F_IN_OFFER) { /* inside incoming_call: its return tells the CM */
		v->flags |= CO_VC_F_ANSWERED;
		v->setup_status = (uint8_t)status;
		co_params_keep(co, offered, params, params != NULL && params != offered);
		return CO_STATUS_SUCCESS;
	}
	move_answered(co, vc, v, status, params != NULL ? params : offered);
	answer_cm(co, vc, v, status, params);
	return CO_STATUS_SUCCESS;
}

static enum co_status
dispatch_call_connected(struct co *co, co_vc_t vc, enum co_family family)
{
	struct co_vc_hot *v = co_vc_at(co, vc);
	enum co_status status;

	if (v == NULL)
		return CO_STATUS_FAILURE;
	status = co_family_check(co, v, family);
	if (status == CO_STATUS_SUCCESS && v->vc_state != CO_VC_ACTIVE)
		status = co_illegal(co, CO_STATUS_NOT_ACCEPTED); /* ACT-3 */
	if (status == CO_STATUS_SUCCESS)
		status = co_call_move(co, v, CO_CALL_EV_CONNECTED);
	if (status == CO_STATUS_SUCCESS) {
		co_tell_up(co, vc, v);
		co_client_raise(co, vc, v, CO_CE_CONNECTED);
	}
	return status;
}

enum co_status
co_cm_dispatch_call_connected(struct co *co, co_vc_t vc)
{
	return dispatch_call_connected(co, vc, CO_FAMILY_CM);
}

enum co_status
co_mcm_dispatch_call_connected(struct co *co, co_vc_t vc)
{
	return dispatch_call_connected(co, vc, CO_FAMILY_MCM);
}

/* ---- What the queues deliver. ---- */

static void
deliver_offer(struct co *co, co_vc_t vc, struct co_vc_hot *v)
{
	enum co_status status;

	if (!run_offer(co, vc, v, &status) || status == CO_STATUS_PENDING)
		return;
	v->flags &= ~CO_VC_F_CLIENT_BUSY; /* it has left its handler: the CM may delete the VC */
	answer_cm(co, vc, v, status, NULL);
}

void
co_deliver_to_client(struct co *co, co_vc_t vc, struct co_vc_hot *v, enum co_client_event event)
{
	const struct co_af *af = co_call_af(co, v);

	switch (event) {
	case CO_CE_MAKE_COMPLETE:
		af->client_ops->make_call_complete(af->client, v->client_ctx,
			(enum co_status)v->setup_status, co_vc_cold(co, vc)->params);
		break;
	case CO_CE_CONNECTED:
		af->client_ops->call_connected(af->client, v->client_ctx);
		break;
	case CO_CE_INCOMING_CLOSE:
		co_close_deliver_incoming(co, vc, v);
		break;
	case CO_CE_INCOMING_CALL:
		deliver_offer(co, vc, v);
		break;
	case CO_CE_MODIFY_COMPLETE:
		co_qos_tell_modified(co, vc, v);
		break;
	case CO_CE_QOS_CHANGE:
		co_qos_tell_change(co, vc, v);
		break;
	case CO_CE_PARTY:
		co_party_tell_client(co, vc);
		break;
	case CO_CE_CLOSE_COMPLETE: /* the queue tells of it itself */
	case CO_CE_NONE:
		break;
	}
}

/* A signalling VC has no AF: its call manager is the protocol that made it. */
static const struct co_callmgr_ops *
cm_of(struct co *co, co_vc_t vc, const struct co_vc_hot *v, void **cm)
{
	const struct co_af *af = co_af_of(co, v);
	const struct co_protocol *p;

	if (af != NULL) {
		*cm = af->cm;
		return af->cm_ops;
	}
	p = co_signalling_protocol(co, vc);
	*cm = p->ctx;
	return p->callmgr;
}

/* A handler that only hears how something ended. */
static void
notify_cm(struct co *co, co_vc_t vc, struct co_vc_hot *v, enum co_cm_event event)
{
	const struct co_callmgr_ops *ops;
	struct co_media_params used;
	void *cm;

	ops = cm_of(co, vc, v, &cm);
	co_cm_enter(v);
	if (event == CO_ME_ANSWER)
		ops->incoming_call_complete(
			cm, v->cm_ctx, (enum co_status)v->setup_status, co_vc_cold(co, vc)->params);
	else if (event == CO_ME_ACTIVATED) {
		used = co_activation_take(co, vc); /* the handler may activate again */
		ops->activate_vc_complete(cm, v->cm_ctx, (enum co_status)v->activate_status, &used);
	} else
		ops->deactivate_vc_complete(cm, v->cm_ctx, (enum co_status)v->deactivate_status);
	co_cm_leave(co, vc, v);
}

void
co_deliver_to_cm(struct co *co, co_vc_t vc, struct co_vc_hot *v, enum co_cm_event event)
{
	switch (event) {
	case CO_ME_MAKE:
		if (run_make(co, vc, v) != CO_STATUS_PENDING)
			co_client_append(v, CO_CE_MAKE_COMPLETE);
		break;
	case CO_ME_CLOSE:
		co_close_deliver(co, vc, v);
		break;
	case CO_ME_ANSWER:
	case CO_ME_ACTIVATED:
	case CO_ME_DEACTIVATED:
		notify_cm(co, vc, v, event);
		break;
	case CO_ME_MODIFY:
		co_qos_deliver_modify(co, vc, v);
		break;
	case CO_ME_QOS_ANSWER:
		co_qos_deliver_answer(co, vc, v);
		break;
	case CO_ME_PARTY:
		co_party_deliver_to_cm(co, vc);
		break;
	case CO_ME_NONE:
		break;
	}
}
