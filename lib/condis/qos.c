/* SPDX-License-Identifier: BSD-3-Clause */
#include "queue_priv.h"

/*
 * Changes of a call's rates, asked for by the client (contract 4.12) or proposed by the remote
 * (4.13). Of both together there is one at a time, but for the change by which a client answers a
 * proposal from inside its handler. While anything of either waits for somebody the VC's qos_params
 * is set, so that a close of a call without changes need not look any further.
 */

/* The client's: asked for, and not yet told how it ended. */
static bool
modify_is_under_way(const struct co_vc_hot *v)
{
	return (v->flags & CO_VC_F_MODIFY_OUT) || co_cm_queued(v, CO_ME_MODIFY) ||
	       co_client_queued(v, CO_CE_MODIFY_COMPLETE);
}

/* The remote's: proposed, and the call manager does not know the client's answer. */
static bool
change_is_under_way(const struct co_vc_hot *v)
{
	return (v->flags & (CO_VC_F_QOS_OUT | CO_VC_F_IN_QOS)) ||
	       co_client_queued(v, CO_CE_QOS_CHANGE) || co_cm_queued(v, CO_ME_QOS_ANSWER);
}

static void
set_params(struct co *co, co_vc_t vc, struct co_vc_hot *v, struct co_call_params *params)
{
	co_vc_cold(co, vc)->qos_params = params;
	v->flags &= ~CO_VC_F_CHANGING;
	v->flags |= params != NULL ? CO_VC_F_CHANGING : 0;
}

static void
forget_params(struct co *co, co_vc_t vc, struct co_vc_hot *v)
{
	if (!modify_is_under_way(v) && !change_is_under_way(v))
		set_params(co, vc, v, NULL);
}

/* ---- Asked for by the client: contract 4.12. ---- */

/* QOS-2: agreed means that the VC has the new rates. An offer's VC may still be inactive (C-4). */
static bool
may_be_agreed(const struct co_vc_hot *v)
{
	return v->call_state != CO_CALL_UP ||
	       (v->vc_state == CO_VC_ACTIVE && !(v->flags & CO_VC_F_ACTIVATE_OUT));
}

static void
queue_modified(struct co_vc_hot *v, enum co_status status)
{
	v->modify_status = (uint8_t)status;
	co_client_append(v, CO_CE_MODIFY_COMPLETE);
}

/*
 * Runs the call manager's modify_call_qos; its final status, or PENDING. The VC outlives it: its
 * call cannot end before what the client makes of it, and that waits for the call manager.
 */
static enum co_status
run_modify(struct co *co, co_vc_t vc, struct co_vc_hot *v)
{
	const struct co_af *af = co_call_af(co, v);
	enum co_status status;

	v->flags |= CO_VC_F_CM_BUSY | CO_VC_F_MODIFY_OUT;
	status = af->cm_ops->modify_call_qos(af->cm, v->cm_ctx, co_vc_cold(co, vc)->qos_params);
	v->flags &= ~CO_VC_F_CM_BUSY;
	if (status == CO_STATUS_PENDING)
		return status;
	if (!(v->flags & CO_VC_F_MODIFY_OUT)) { /* completed, and then answered as well (ASYNC-2) */
		co->n_unexpected++;
		return CO_STATUS_PENDING;
	}
	v->flags &= ~CO_VC_F_MODIFY_OUT;
	if (status == CO_STATUS_SUCCESS && !may_be_agreed(v)) {
		co->n_unexpected++;
		status = CO_STATUS_FAILURE;
	}
	return status;
}

/* An offer can be negotiated once the client has heard of it and until it answers (INCALL-5). */
static bool
can_negotiate(const struct co_vc_hot *v)
{
	return v->call_state != CO_CALL_OFFERED ||
	       (!co_client_queued(v, CO_CE_INCOMING_CALL) && !(v->flags & CO_VC_F_ANSWERED));
}

/* 2.6 */
static enum co_status
may_modify(const struct co_vc_hot *v)
{
	enum co_status status;

	if ((v->flags & CO_VC_F_CLOSE_DEFERRED) || co_client_queued(v, CO_CE_CLOSE_COMPLETE))
		return CO_STATUS_CLOSING;
	status = co_call_may(v, CO_CALL_EV_MODIFY);
	if (status != CO_STATUS_SUCCESS)
		return status;
	if (!can_negotiate(v) || co_client_queued(v, CO_CE_MAKE_COMPLETE) || modify_is_under_way(v))
		return CO_STATUS_NOT_ACCEPTED;
	if ((v->flags & CO_VC_F_QOS_OUT) || co_client_queued(v, CO_CE_QOS_CHANGE))
		return CO_STATUS_NOT_ACCEPTED; /* the remote's is to be answered first */
	return CO_STATUS_SUCCESS;
}

/* INQOS-3: asking for something else, from inside the handler, is the answer to a proposal. */
static void
answer_by_asking(struct co_vc_hot *v)
{
	if ((v->flags & (CO_VC_F_IN_QOS | CO_VC_F_QOS_ANSWERED)) != CO_VC_F_IN_QOS)
		return;
	v->flags |= CO_VC_F_QOS_ANSWERED;
	v->qos_answer = CO_STATUS_REQUEST_ABORTED;
}

enum co_status
co_cl_modify_call_qos(struct co *co, co_vc_t vc, struct co_call_params *params)
{
	struct co_vc_hot *v = co_vc_at(co, vc);
	enum co_status status;

	if (v == NULL)
		return CO_STATUS_FAILURE;
	status = may_modify(v);
	if (status != CO_STATUS_SUCCESS)
		return co_illegal(co, status);
	set_params(co, vc, v, params);
	if (co_cm_must_wait(v)) {
		co_params_keep(co, params, NULL, true);
		answer_by_asking(v);
		co_cm_raise(co, vc, v, CO_ME_MODIFY);
		return CO_STATUS_PENDING;
	}
	status = run_modify(co, vc, v);
	if (status == CO_STATUS_SUCCESS || status == CO_STATUS_PENDING)
		answer_by_asking(v); /* if it failed, the handler's return still counts */
	forget_params(co, vc, v);
	co_vc_serve(co, vc, v);
	return status;
}

/* It had waited for the call manager. An offer may have been declined meanwhile. */
void
co_qos_deliver_modify(struct co *co, co_vc_t vc, struct co_vc_hot *v)
{
	enum co_status status = CO_STATUS_REQUEST_ABORTED;

	if (v->call_state != CO_CALL_IDLE)
		status = run_modify(co, vc, v);
	if (status != CO_STATUS_PENDING)
		queue_modified(v, status);
}

static enum co_status
modify_call_qos_complete(struct co *co, co_vc_t vc, enum co_status status,
	const struct co_call_params *params, enum co_family family)
{
	struct co_vc_hot *v = co_vc_at(co, vc);
	enum co_status allowed;

	if (v == NULL)
		return CO_STATUS_FAILURE;
	allowed = co_family_check(co, v, family);
	if (allowed != CO_STATUS_SUCCESS)
		return allowed;
	if (!(v->flags & CO_VC_F_MODIFY_OUT) || status == CO_STATUS_PENDING ||
		(status == CO_STATUS_SUCCESS && !may_be_agreed(v))) { /* ASYNC-3, ASYNC-5 */
		co->n_unexpected++;
		return CO_STATUS_NOT_ACCEPTED;
	}
	co_params_keep(co, co_vc_cold(co, vc)->qos_params, params, co_client_must_wait(co, v));
	v->flags &= ~CO_VC_F_MODIFY_OUT;
	queue_modified(v, status);
	co_vc_serve(co, vc, v);
	return CO_STATUS_SUCCESS;
}

enum co_status
co_cm_modify_call_qos_complete(
	struct co *co, co_vc_t vc, enum co_status status, const struct co_call_params *params)
{
	return modify_call_qos_complete(co, vc, status, params, CO_FAMILY_CM);
}

enum co_status
co_mcm_modify_call_qos_complete(
	struct co *co, co_vc_t vc, enum co_status status, const struct co_call_params *params)
{
	return modify_call_qos_complete(co, vc, status, params, CO_FAMILY_MCM);
}

/* From inside the client accepts, asks again or closes (QOS-5). */
void
co_qos_tell_modified(struct co *co, co_vc_t vc, struct co_vc_hot *v)
{
	const struct co_af *af = co_call_af(co, v);
	const struct co_call_params *params = co_vc_cold(co, vc)->qos_params;

	forget_params(co, vc, v);
	af->client_ops->modify_call_qos_complete(
		af->client, v->client_ctx, (enum co_status)v->modify_status, params);
}

/* ---- Proposed by the remote: contract 4.13. ---- */

/*
 * Runs the client's handler, who is marked busy. False: the call is up no longer, so there is no
 * answer to give; whoever has closed it has said so (RACE-9).
 */
static bool
run_change(struct co *co, co_vc_t vc, struct co_vc_hot *v, struct co_call_params *params,
	enum co_status *answer)
{
	const struct co_af *af = co_call_af(co, v);
	enum co_status status;
	bool is_up;

	v->flags |= CO_VC_F_IN_QOS;
	status = af->client_ops->incoming_call_qos_change(af->client, v->client_ctx, params);
	if (!cp_pool_has(&co->vcs, vc))
		return false;
	if (v->flags & CO_VC_F_QOS_ANSWERED) /* from inside the handler (ASYNC-4, INQOS-5) */
		status = (enum co_status)v->qos_answer;
	v->flags &= ~(CO_VC_F_IN_QOS | CO_VC_F_QOS_ANSWERED);
	is_up = v->call_state == CO_CALL_UP;
	if (is_up && status == CO_STATUS_PENDING) {
		v->flags |= CO_VC_F_QOS_OUT;
		set_params(co, vc, v, params);
	}
	forget_params(co, vc, v);
	*answer = status;
	return is_up;
}

/*
 * INQOS-1, RACE-8 and 2.6. Where the client's own change is under way the two have crossed: that
 * one stands.
 */
static enum co_status
may_propose(const struct co_vc_hot *v)
{
	if (v->vc_state != CO_VC_ACTIVE ||
		(v->flags & (CO_VC_F_ACTIVATE_OUT | CO_VC_F_CLOSE_DEFERRED)) ||
		modify_is_under_way(v) || change_is_under_way(v))
		return CO_STATUS_NOT_ACCEPTED;
	return co_call_may(v, CO_CALL_EV_QOS_CHANGE);
}

static enum co_status
dispatch_qos_change(struct co *co, co_vc_t vc, struct co_call_params *params, enum co_family family)
{
	struct co_vc_hot *v = co_vc_at(co, vc);
	enum co_status status;

	if (v == NULL)
		return CO_STATUS_FAILURE;
	status = co_family_check(co, v, family);
	if (status != CO_STATUS_SUCCESS)
		return status;
	status = may_propose(v);
	if (status != CO_STATUS_SUCCESS)
		return co_illegal(co, status);
	if (co_client_must_wait(co, v)) {
		co_params_keep(co, params, NULL, true);
		set_params(co, vc, v, params);
		co_client_raise(co, vc, v, CO_CE_QOS_CHANGE);
		return CO_STATUS_PENDING;
	}
	co_client_enter(co, v);
	if (!run_change(co, vc, v, params, &status))
		status = CO_STATUS_CLOSING;
	co_client_leave(co, vc, v);
	return status;
}

enum co_status
co_cm_dispatch_incoming_call_qos_change(struct co *co, co_vc_t vc, struct co_call_params *params)
{
	return dispatch_qos_change(co, vc, params, CO_FAMILY_CM);
}

enum co_status
co_mcm_dispatch_incoming_call_qos_change(struct co *co, co_vc_t vc, struct co_call_params *params)
{
	return dispatch_qos_change(co, vc, params, CO_FAMILY_MCM);
}

/* INQOS-4: the call manager had been told to wait. */
static void
answer_cm(struct co *co, co_vc_t vc, struct co_vc_hot *v, enum co_status status)
{
	v->qos_answer = (uint8_t)status;
	if (co_cm_must_wait(v)) {
		co_cm_raise(co, vc, v, CO_ME_QOS_ANSWER);
		return;
	}
	co_qos_deliver_answer(co, vc, v);
	co_vc_serve(co, vc, v);
}

void
co_qos_deliver_answer(struct co *co, co_vc_t vc, struct co_vc_hot *v)
{
	const struct co_af *af = co_call_af(co, v);

	forget_params(co, vc, v);
	v->flags |= CO_VC_F_CM_BUSY;
	af->cm_ops->incoming_call_qos_change_complete(
		af->cm, v->cm_ctx, (enum co_status)v->qos_answer);
	v->flags &= ~CO_VC_F_CM_BUSY; /* still there: an end of its call waits for this return */
}

enum co_status
co_cl_incoming_call_qos_change_complete(struct co *co, co_vc_t vc, enum co_status status)
{
	struct co_vc_hot *v = co_vc_at(co, vc);

	if (v == NULL)
		return CO_STATUS_FAILURE;
	if (status == CO_STATUS_PENDING) /* ASYNC-3 */
		return co_illegal(co, CO_STATUS_FAILURE);
	if (v->call_state >= CO_CALL_CLOSE_OWED)
		return co_illegal(co, CO_STATUS_CLOSING);
	if ((v->flags & (CO_VC_F_IN_QOS | CO_VC_F_QOS_ANSWERED)) == CO_VC_F_IN_QOS) {
		v->flags |= CO_VC_F_QOS_ANSWERED; /* the handler's return tells the CM */
		v->qos_answer = (uint8_t)status;
		return CO_STATUS_SUCCESS;
	}
	if (!(v->flags & CO_VC_F_QOS_OUT))
		return co_illegal(co, CO_STATUS_NOT_ACCEPTED);
	v->flags &= ~CO_VC_F_QOS_OUT;
	answer_cm(co, vc, v, status);
	return CO_STATUS_SUCCESS;
}

/* The client had been busy. Who proposed it was told to wait, and is answered if it still can. */
void
co_qos_tell_change(struct co *co, co_vc_t vc, struct co_vc_hot *v)
{
	struct co_call_params *params = co_vc_cold(co, vc)->qos_params;
	enum co_status status;

	if (!run_change(co, vc, v, params, &status) || status == CO_STATUS_PENDING)
		return;
	if (!(v->flags & CO_VC_F_CHANGING))    /* else it has asked for another itself */
		set_params(co, vc, v, params); /* until the CM has its answer */
	v->flags &= ~CO_VC_F_CLIENT_BUSY;      /* it has left its handler */
	answer_cm(co, vc, v, status);
}

/* ---- When the call ends. ---- */

bool
co_qos_is_pending(const struct co_vc_hot *v)
{
	return v->flags & CO_VC_F_MODIFY_OUT;
}

void
co_qos_abort_queued(struct co_vc_hot *v)
{
	if (!co_cm_queued(v, CO_ME_MODIFY))
		return;
	co_cm_unqueue(v, CO_ME_MODIFY);
	queue_modified(v, CO_STATUS_REQUEST_ABORTED);
}

void
co_qos_close(struct co *co, co_vc_t vc, struct co_vc_hot *v)
{
	co_qos_abort_queued(v);
	co_client_unqueue(v, CO_CE_QOS_CHANGE);
	co_cm_unqueue(v, CO_ME_QOS_ANSWER);
	v->flags &= ~CO_VC_F_QOS_OUT;
	forget_params(co, vc, v);
}

bool
co_qos_closed(struct co_vc_hot *v)
{
	if (!(v->flags & CO_VC_F_MODIFY_OUT))
		return false;
	v->flags &= ~CO_VC_F_MODIFY_OUT;
	queue_modified(v, CO_STATUS_REQUEST_ABORTED);
	return true;
}
