/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "condis_priv.h"

static bool
vc_is_inactive(const struct co_vc_hot *v)
{
	return v->vc_state == CO_VC_CREATED || v->vc_state == CO_VC_DEACTIVATED;
}

/* ---- Making a call: contract 4.5. ---- */

static void
make_ended(struct co *co, struct co_vc_hot *v, enum co_status status)
{
	v->flags &= (uint16_t)~CO_VC_F_MAKE_OUT;
	v->make_status = (uint8_t)status;
	co_call_move(co, v, status == CO_STATUS_SUCCESS ? CO_CALL_EV_MADE : CO_CALL_EV_NOT_MADE);
}

/* Runs the call manager's make_call; its final status, or PENDING. */
static enum co_status
run_make(struct co *co, co_vc_t vc, struct co_vc_hot *v)
{
	const struct co_af *af = co_af_of(co, v);
	enum co_status status;

	v->flags |= CO_VC_F_CM_BUSY;
	status = af->cm_ops->make_call(af->cm, v->cm_ctx, co_vc_cold(co, vc)->params);
	v = cp_pool_at(&co->vcs, vc);
	if (v == NULL)
		return status; /* completed, and deleted since */
	v->flags &= (uint16_t)~CO_VC_F_CM_BUSY;
	if (status == CO_STATUS_PENDING)
		return status;
	if (!(v->flags & CO_VC_F_MAKE_OUT)) { /* completed, and then answered as well (ASYNC-2) */
		co->n_unexpected++;
		return CO_STATUS_PENDING;
	}
	make_ended(co, v, status);
	return status;
}

enum co_status
co_cl_make_call(struct co *co, co_vc_t vc, struct co_call_params *params)
{
	struct co_vc_hot *v = co_vc_at(co, vc);
	enum co_status status;

	if (v == NULL)
		return CO_STATUS_FAILURE;
	if (!(v->flags & CO_VC_F_BY_CLIENT)) /* MAKE-1 */
		return co_illegal(co, CO_STATUS_FAILURE);
	if (v->vc_state == CO_VC_DEACTIVATING)
		return co_illegal(co, CO_STATUS_CLOSING);
	if (v->flags & (CO_VC_F_NO_REUSE | CO_VC_F_DELETING)) /* INCLOSE-12 */
		return co_illegal(co, CO_STATUS_NOT_ACCEPTED);
	status = co_call_move(co, v, CO_CALL_EV_MAKE);
	if (status != CO_STATUS_SUCCESS)
		return status;
	co_vc_cold(co, vc)->params = params;
	v->flags |= CO_VC_F_MAKE_OUT;
	if (co_cm_busy(v)) {
		co_cm_raise(co, vc, CO_ME_MAKE);
		return CO_STATUS_PENDING;
	}
	status = run_make(co, vc, v);
	co_cm_leave(co, vc);
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
		(status == CO_STATUS_SUCCESS && v->vc_state != CO_VC_ACTIVE)) { /* ACT-2, ASYNC-3 */
		co->n_unexpected++;
		return CO_STATUS_NOT_ACCEPTED;
	}
	if (params != NULL && params != co_vc_cold(co, vc)->params)
		*co_vc_cold(co, vc)->params = *params;
	make_ended(co, v, status);
	co_client_raise(co, vc, CO_CE_MAKE_COMPLETE);
	return CO_STATUS_SUCCESS;
}

enum co_status
co_cm_make_call_complete(struct co *co, co_vc_t vc, enum co_status status,
	const struct co_call_params *params)
{
	return make_call_complete(co, vc, status, params, CO_FAMILY_CM);
}

enum co_status
co_mcm_make_call_complete(struct co *co, co_vc_t vc, enum co_status status,
	const struct co_call_params *params)
{
	return make_call_complete(co, vc, status, params, CO_FAMILY_MCM);
}

/* ---- An incoming call: contract 4.6. ---- */

/* The client's answer, final. A withdrawn offer keeps its state: a close is owed (INCLOSE-19). */
static enum co_status
offer_answered(struct co *co, struct co_vc_hot *v, enum co_status status)
{
	v->flags &= (uint16_t)~(CO_VC_F_OFFER_OUT | CO_VC_F_ANSWERED);
	if (status == CO_STATUS_SUCCESS)
		return co_call_move(co, v, CO_CALL_EV_ACCEPT);
	if (v->call_state == CO_CALL_CLOSE_OWED && co_client_queued(v, CO_CE_INCOMING_CLOSE)) {
		co_client_unqueue(v, CO_CE_INCOMING_CLOSE); /* RACE-17: the rejection stands */
		co_call_set(co, v, CO_CALL_IDLE);
		return status;
	}
	co_call_move(co, v, CO_CALL_EV_REJECT);
	return status;
}

/* Runs the client's incoming_call, who is not busy; its final answer, or PENDING. */
static enum co_status
run_offer(struct co *co, co_vc_t vc, struct co_vc_hot *v)
{
	const struct co_af *af = co_af_of(co, v);
	const struct co_sap_rec *sap = cp_pool_at(&co->saps, co_vc_cold(co, vc)->sap);
	enum co_status status;

	status = af->client_ops->incoming_call(af->client, sap != NULL ? sap->client_ctx : 0,
		v->client_ctx, co_vc_cold(co, vc)->params);
	v = cp_pool_at(&co->vcs, vc);
	if (v == NULL)
		return CO_STATUS_FAILURE;
	if (status == CO_STATUS_PENDING && (v->flags & CO_VC_F_ANSWERED))
		status = (enum co_status)v->answer_status; /* from inside the handler (ASYNC-4) */
	return status == CO_STATUS_PENDING ? status : offer_answered(co, v, status);
}

static enum co_status
dispatch_incoming_call(struct co *co, co_sap_t sap_handle, co_vc_t vc,
	struct co_call_params *params, enum co_family family)
{
	const struct co_sap_rec *sap = cp_pool_at(&co->saps, sap_handle);
	struct co_vc_hot *v = co_vc_at(co, vc);
	enum co_status status;

	if (v == NULL || sap == NULL || sap->af != v->af)
		return CO_STATUS_FAILURE; /* INCALL-1 */
	status = co_family_check(co, v, family);
	if (status == CO_STATUS_SUCCESS && (v->flags & CO_VC_F_BY_CLIENT))
		status = co_illegal(co, CO_STATUS_NOT_ACCEPTED);
	if (status == CO_STATUS_SUCCESS)
		status = co_call_move(co, v, CO_CALL_EV_OFFER);
	if (status != CO_STATUS_SUCCESS)
		return status;
	co_vc_cold(co, vc)->sap = sap_handle;
	co_vc_cold(co, vc)->params = params;
	v->flags |= CO_VC_F_OFFER_OUT;
	if (co_client_busy(v) || v->client_queue != 0) { /* RACE-22 */
		co_client_raise(co, vc, CO_CE_INCOMING_CALL);
		return CO_STATUS_PENDING;
	}
	v->flags |= CO_VC_F_CLIENT_BUSY;
	status = run_offer(co, vc, v);
	co_client_leave(co, vc);
	return status;
}

enum co_status
co_cm_dispatch_incoming_call(struct co *co, co_sap_t sap, co_vc_t vc, struct co_call_params *params)
{
	return dispatch_incoming_call(co, sap, vc, params, CO_FAMILY_CM);
}

enum co_status
co_mcm_dispatch_incoming_call(struct co *co, co_sap_t sap, co_vc_t vc,
	struct co_call_params *params)
{
	return dispatch_incoming_call(co, sap, vc, params, CO_FAMILY_MCM);
}

static void
answer_cm(struct co *co, co_vc_t vc, enum co_status status, const struct co_call_params *params)
{
	struct co_vc_hot *v = cp_pool_at(&co->vcs, vc);
	const struct co_af *af = co_af_of(co, v);

	v->answer_status = (uint8_t)status;
	if (co_cm_busy(v)) {
		co_cm_raise(co, vc, CO_ME_ANSWER);
		return;
	}
	v->flags |= CO_VC_F_CM_BUSY;
	af->cm_ops->incoming_call_complete(af->cm, v->cm_ctx, status, params);
	co_cm_leave(co, vc);
}

enum co_status
co_cl_incoming_call_complete(struct co *co, co_vc_t vc, enum co_status status,
	const struct co_call_params *params)
{
	struct co_vc_hot *v = co_vc_at(co, vc);
	enum co_status result;

	if (v == NULL || status == CO_STATUS_PENDING)
		return CO_STATUS_FAILURE; /* ASYNC-3 */
	if (v->call_state == CO_CALL_CLOSE_OWED)
		return co_illegal(co, CO_STATUS_CLOSING); /* INCLOSE-19 */
	if (!(v->flags & CO_VC_F_OFFER_OUT) || (v->flags & CO_VC_F_ANSWERED) ||
		co_client_queued(v, CO_CE_INCOMING_CALL))
		return co_illegal(co, CO_STATUS_NOT_ACCEPTED);
	if (co_client_busy(v)) { /* inside incoming_call: its return tells the call manager */
		v->flags |= CO_VC_F_ANSWERED;
		v->answer_status = (uint8_t)status;
		return CO_STATUS_SUCCESS;
	}
	result = offer_answered(co, v, status);
	if (status == CO_STATUS_SUCCESS && result != CO_STATUS_SUCCESS)
		return result;
	answer_cm(co, vc, status, params);
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
	if (status == CO_STATUS_SUCCESS)
		co_client_raise(co, vc, CO_CE_CONNECTED);
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

/* ---- Closing: contract 4.9. ---- */

/* CLOSE-20, CLOSE-26: what the final status of a close makes of the call. */
static void
close_ended(struct co *co, struct co_vc_hot *v, enum co_status status)
{
	v->flags &= (uint16_t)~CO_VC_F_CLOSE_OUT;
	v->close_status = (uint8_t)status;
	if (vc_is_inactive(v))
		co_call_set(co, v, CO_CALL_IDLE);
	else if (status == CO_STATUS_SUCCESS)
		co_call_set(co, v, CO_CALL_RELEASED);
	else
		co_call_set(co, v, (enum co_call_state)v->before_close);
	if (status == CO_STATUS_SUCCESS)
		v->flags &= (uint16_t)~CO_VC_F_HIDDEN_CLOSE;
}

/* Runs the call manager's close_call; its final status, or PENDING. */
static enum co_status
run_close(struct co *co, co_vc_t vc, struct co_vc_hot *v)
{
	const struct co_af *af = co_af_of(co, v);
	const struct co_vc_cold *cold = co_vc_cold(co, vc);
	struct co_data data = { cold->close_octets, cold->close_size };
	enum co_status status;

	v->flags |= CO_VC_F_CM_BUSY;
	status = af->cm_ops->close_call(af->cm, v->cm_ctx, 0, data);
	v = cp_pool_at(&co->vcs, vc);
	if (v == NULL)
		return CO_STATUS_PENDING; /* completed inside, and deleted since */
	v->flags &= (uint16_t)~CO_VC_F_CM_BUSY;
	if (status == CO_STATUS_PENDING)
		return status;
	if (!(v->flags & CO_VC_F_CLOSE_OUT)) {
		co->n_unexpected++; /* ASYNC-2 */
		return CO_STATUS_PENDING;
	}
	close_ended(co, v, status);
	return status;
}

/* RACE-3: a release that our own close had hidden is told once that close has failed. */
static void
unhide_close(struct co *co, co_vc_t vc)
{
	struct co_vc_hot *v = cp_pool_at(&co->vcs, vc);

	if (v == NULL || !(v->flags & CO_VC_F_HIDDEN_CLOSE) || v->call_state == CO_CALL_IDLE)
		return;
	v->flags &= (uint16_t)~CO_VC_F_HIDDEN_CLOSE;
	co_call_set(co, v, CO_CALL_CLOSE_OWED);
	co_client_raise(co, vc, CO_CE_INCOMING_CLOSE);
}

/* Begin an accepted close: call_state is CLOSING (CLOSE-2: marked before the CM is called). */
static enum co_status
begin_close(struct co *co, co_vc_t vc, struct co_vc_hot *v)
{
	enum co_status status;

	v->flags |= CO_VC_F_CLOSE_OUT;
	if (co_client_queued(v, CO_CE_INCOMING_CLOSE)) { /* RACE-2: this close answers it */
		co_client_unqueue(v, CO_CE_INCOMING_CLOSE);
	}
	if (co_cm_busy(v)) {
		co_cm_raise(co, vc, CO_ME_CLOSE);
		return CO_STATUS_PENDING;
	}
	status = run_close(co, vc, v);
	co_cm_leave(co, vc);
	if (status != CO_STATUS_PENDING && status != CO_STATUS_SUCCESS)
		unhide_close(co, vc);
	return status;
}

/* RACE-4: a close that came while the call was being made waits here for the end of that. */
static enum co_status
defer_close(struct co *co, struct co_vc_hot *v)
{
	if (v->flags & CO_VC_F_CLOSE_DEFERRED)
		return co_illegal(co, CO_STATUS_CLOSING);
	v->flags |= CO_VC_F_CLOSE_DEFERRED;
	return CO_STATUS_PENDING;
}

enum co_status
co_cl_close_call(struct co *co, co_vc_t vc, co_party_t party, struct co_data data)
{
	struct co_vc_hot *v = co_vc_at(co, vc);
	struct co_vc_cold *cold;
	enum co_status status;
	uint8_t before;

	if (v == NULL)
		return CO_STATUS_FAILURE;
	if ((v->flags & CO_VC_F_SIGNALLING) || party != CO_NONE) /* CLOSE-6 */
		return co_illegal(co, CO_STATUS_FAILURE);
	if ((data.size == 0) != (data.octets == NULL)) /* CLOSE-13 */
		return co_illegal(co, CO_STATUS_INVALID_DATA);
	cold = co_vc_cold(co, vc);
	if (v->call_state == CO_CALL_MAKING || co_client_queued(v, CO_CE_MAKE_COMPLETE)) {
		status = defer_close(co, v);
		if (status == CO_STATUS_PENDING) {
			cold->close_octets = data.octets;
			cold->close_size = data.size;
		}
		return status;
	}
	if (v->flags & CO_VC_F_CLOSE_DEFERRED)
		return co_illegal(co, CO_STATUS_CLOSING);
	if (v->sends_out > 0 && v->call_state != CO_CALL_CLOSING)
		return co_illegal(co, CO_STATUS_NOT_ACCEPTED); /* CLOSE-27 */
	before = v->call_state;
	status = co_call_move(co, v, CO_CALL_EV_CLOSE);
	if (status != CO_STATUS_SUCCESS)
		return status;
	v->before_close = before;
	cold->close_octets = data.octets;
	cold->close_size = data.size;
	return begin_close(co, vc, v);
}

/* RACE-4, RACE-5 */
void
co_call_after_make(struct co *co, co_vc_t vc)
{
	struct co_vc_hot *v = cp_pool_at(&co->vcs, vc);
	enum co_status status;

	if (v == NULL || !(v->flags & CO_VC_F_CLOSE_DEFERRED))
		return;
	v->flags &= (uint16_t)~CO_VC_F_CLOSE_DEFERRED;
	if (v->call_state == CO_CALL_IDLE) { /* the make had failed: there is nothing to close */
		v->close_status = CO_STATUS_SUCCESS;
		co_client_raise(co, vc, CO_CE_CLOSE_COMPLETE);
		return;
	}
	v->before_close = v->call_state;
	co_client_unqueue(v, CO_CE_INCOMING_CLOSE);
	co_call_set(co, v, CO_CALL_CLOSING);
	status = begin_close(co, vc, v);
	if (status != CO_STATUS_PENDING) {
		v = cp_pool_at(&co->vcs, vc);
		v->close_status = (uint8_t)status;
		co_client_raise(co, vc, CO_CE_CLOSE_COMPLETE);
	}
}

void
co_call_vc_inactive(struct co *co, struct co_vc_hot *v)
{
	if (v->call_state == CO_CALL_RELEASED)
		co_call_set(co, v, CO_CALL_IDLE);
}

static enum co_status
close_call_complete(struct co *co, co_vc_t vc, enum co_status status, enum co_family family)
{
	struct co_vc_hot *v = co_vc_at(co, vc);
	enum co_status allowed;

	if (v == NULL)
		return CO_STATUS_FAILURE;
	allowed = co_family_check(co, v, family);
	if (allowed != CO_STATUS_SUCCESS)
		return allowed;
	if (!(v->flags & CO_VC_F_CLOSE_OUT) || status == CO_STATUS_PENDING) {
		co->n_unexpected++;
		return CO_STATUS_NOT_ACCEPTED;
	}
	close_ended(co, v, status);
	co_client_raise(co, vc, CO_CE_CLOSE_COMPLETE);
	if (status != CO_STATUS_SUCCESS)
		unhide_close(co, vc);
	return CO_STATUS_SUCCESS;
}

enum co_status
co_cm_close_call_complete(struct co *co, co_vc_t vc, enum co_status status)
{
	return close_call_complete(co, vc, status, CO_FAMILY_CM);
}

enum co_status
co_mcm_close_call_complete(struct co *co, co_vc_t vc, enum co_status status)
{
	return close_call_complete(co, vc, status, CO_FAMILY_MCM);
}

/* ---- An incoming close: contract 4.10. ---- */

/* ASYNC-11: what cannot be delivered now is copied, or told without its data. */
static void
keep_close_data(struct co *co, co_vc_t vc, struct co_data data)
{
	struct co_vc_cold *cold = co_vc_cold(co, vc);
	struct co_close_data *kept;

	if (data.size == 0)
		return;
	cold->close_data = cp_pool_get(&co->close_data);
	kept = cp_pool_at(&co->close_data, cold->close_data);
	if (kept == NULL || data.size > CO_CLOSE_DATA_MAX) {
		co->n_data_lost++;
		return;
	}
	memcpy(kept->octets, data.octets, data.size);
	kept->size = data.size;
}

static void
tell_incoming_close(struct co *co, co_vc_t vc, struct co_vc_hot *v, struct co_data data)
{
	const struct co_af *af = co_af_of(co, v);

	v->flags |= CO_VC_F_CLIENT_BUSY;
	af->client_ops->incoming_close_call(af->client, v->client_ctx,
		(enum co_status)v->close_reason, data);
	co_client_leave(co, vc);
}

static enum co_status
dispatch_incoming_close(struct co *co, co_vc_t vc, enum co_status reason, struct co_data data,
	enum co_family family)
{
	struct co_vc_hot *v = co_vc_at(co, vc);
	enum co_status status;

	if (v == NULL)
		return CO_STATUS_FAILURE;
	status = co_family_check(co, v, family);
	if (status != CO_STATUS_SUCCESS)
		return status;
	if (v->call_state == CO_CALL_CLOSING && !(v->flags & CO_VC_F_HIDDEN_CLOSE)) { /* RACE-1 */
		v->flags |= CO_VC_F_HIDDEN_CLOSE;
		v->close_reason = (uint8_t)reason;
		return CO_STATUS_SUCCESS;
	}
	status = co_call_move(co, v, CO_CALL_EV_INCOMING_CLOSE);
	if (status != CO_STATUS_SUCCESS)
		return status;
	v->close_reason = (uint8_t)reason;
	if (reason != CO_STATUS_SUCCESS && (v->flags & CO_VC_F_BY_CLIENT))
		v->flags |= CO_VC_F_NO_REUSE; /* INCLOSE-12 */
	if (!co_client_busy(v))
		v->flags &= (uint16_t)~CO_VC_F_OFFER_OUT; /* withdrawn */
	if (co_client_busy(v) || v->client_queue != 0 || (v->flags & CO_VC_F_CLOSE_DEFERRED)) {
		keep_close_data(co, vc, data);
		co_client_raise(co, vc, CO_CE_INCOMING_CLOSE);
		return CO_STATUS_SUCCESS;
	}
	tell_incoming_close(co, vc, v, data);
	return CO_STATUS_SUCCESS;
}

enum co_status
co_cm_dispatch_incoming_close_call(struct co *co, co_vc_t vc, enum co_status reason,
	struct co_data data)
{
	return dispatch_incoming_close(co, vc, reason, data, CO_FAMILY_CM);
}

enum co_status
co_mcm_dispatch_incoming_close_call(struct co *co, co_vc_t vc, enum co_status reason,
	struct co_data data)
{
	return dispatch_incoming_close(co, vc, reason, data, CO_FAMILY_MCM);
}

/* ---- What the queues deliver. ---- */

static void
deliver_incoming_close(struct co *co, co_vc_t vc, struct co_vc_hot *v)
{
	const struct co_af *af = co_af_of(co, v);
	struct co_vc_cold *cold = co_vc_cold(co, vc);
	const struct co_close_data *kept = cp_pool_at(&co->close_data, cold->close_data);
	struct co_data data = { NULL, 0 };
	uint32_t handle = cold->close_data;

	cold->close_data = CP_HANDLE_NONE;
	if (kept != NULL && kept->size > 0)
		data = (struct co_data){ kept->octets, kept->size };
	af->client_ops->incoming_close_call(af->client, v->client_ctx,
		(enum co_status)v->close_reason, data);
	cp_pool_put(&co->close_data, handle);
}

static void
deliver_offer(struct co *co, co_vc_t vc, struct co_vc_hot *v)
{
	enum co_status status = run_offer(co, vc, v);

	if (status != CO_STATUS_PENDING && cp_pool_at(&co->vcs, vc) != NULL)
		answer_cm(co, vc, status, NULL);
}

void
co_deliver_to_client(struct co *co, co_vc_t vc, enum co_client_event event)
{
	struct co_vc_hot *v = cp_pool_at(&co->vcs, vc);
	const struct co_af *af = co_af_of(co, v);

	switch (event) {
	case CO_CE_MAKE_COMPLETE:
		af->client_ops->make_call_complete(af->client, v->client_ctx,
			(enum co_status)v->make_status, co_vc_cold(co, vc)->params);
		break;
	case CO_CE_CLOSE_COMPLETE:
		af->client_ops->close_call_complete(af->client, v->client_ctx, 0,
			(enum co_status)v->close_status);
		break;
	case CO_CE_CONNECTED:
		af->client_ops->call_connected(af->client, v->client_ctx);
		break;
	case CO_CE_INCOMING_CLOSE:
		deliver_incoming_close(co, vc, v);
		break;
	case CO_CE_INCOMING_CALL:
		deliver_offer(co, vc, v);
		break;
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
	p = cp_pool_at(&co->protocols, co_vc_cold(co, vc)->cm_protocol);
	*cm = p->ctx;
	return p->callmgr;
}

void
co_deliver_to_cm(struct co *co, co_vc_t vc, enum co_cm_event event)
{
	struct co_vc_hot *v = cp_pool_at(&co->vcs, vc);
	const struct co_callmgr_ops *ops;
	enum co_status status;
	void *cm;

	ops = cm_of(co, vc, v, &cm);
	switch (event) {
	case CO_ME_MAKE:
		status = run_make(co, vc, v);
		if (status != CO_STATUS_PENDING && cp_pool_at(&co->vcs, vc) != NULL)
			co_client_raise(co, vc, CO_CE_MAKE_COMPLETE);
		return;
	case CO_ME_CLOSE:
		status = run_close(co, vc, v);
		if (status != CO_STATUS_PENDING)
			co_client_raise(co, vc, CO_CE_CLOSE_COMPLETE);
		if (status != CO_STATUS_PENDING && status != CO_STATUS_SUCCESS)
			unhide_close(co, vc);
		return;
	case CO_ME_ANSWER:
		v->flags |= CO_VC_F_CM_BUSY;
		ops->incoming_call_complete(cm, v->cm_ctx, (enum co_status)v->answer_status, NULL);
		break;
	case CO_ME_ACTIVATED:
		v->flags |= CO_VC_F_CM_BUSY;
		ops->activate_vc_complete(cm, v->cm_ctx, (enum co_status)v->activate_status, NULL);
		break;
	case CO_ME_DEACTIVATED:
		v->flags |= CO_VC_F_CM_BUSY;
		ops->deactivate_vc_complete(cm, v->cm_ctx, (enum co_status)v->deactivate_status);
		break;
	case CO_ME_NONE:
		return;
	}
	v = cp_pool_at(&co->vcs, vc);
	if (v != NULL)
		v->flags &= (uint16_t)~CO_VC_F_CM_BUSY;
}
