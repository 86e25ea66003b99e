/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "condis_priv.h"

/* ---- The data of an incoming close that waits (ASYNC-11). ---- */

static void
keep_data(struct co *co, co_vc_t vc, struct co_data data)
{
	struct co_vc_cold *cold = co_vc_cold(co, vc);
	struct co_close_data *kept;

	if (data.size == 0)
		return;
	kept = data.size <= CO_CLOSE_DATA_MAX ? cp_pool_at(&co->close_data, cold->close_data)
					      : NULL;
	if (kept == NULL && data.size <= CO_CLOSE_DATA_MAX) {
		cold->close_data = cp_pool_get(&co->close_data);
		kept = cp_pool_at(&co->close_data, cold->close_data);
	}
	if (kept == NULL) {
		co->n_data_lost++; /* the close is told without it */
		return;
	}
	memcpy(kept->octets, data.octets, data.size);
	kept->size = data.size;
}

static void
drop_data(struct co *co, co_vc_t vc)
{
	struct co_vc_cold *cold = co_vc_cold(co, vc);

	cp_pool_put(&co->close_data, cold->close_data);
	cold->close_data = CP_HANDLE_NONE;
}

/* ---- Closing: contract 4.9. ---- */

static void
note_reason(struct co_vc_hot *v)
{
	if (v->close_reason != CO_STATUS_SUCCESS && (v->flags & CO_VC_F_BY_CLIENT))
		v->flags |= CO_VC_F_NO_REUSE; /* INCLOSE-12 */
}

/*
 * CLOSE-20, CLOSE-26: what the final status of a close makes of the call. A VC that is being
 * deactivated cannot be saved (DEACT-6), so its call ends too, whatever the close came to.
 */
static void
close_ended(struct co *co, co_vc_t vc, struct co_vc_hot *v, enum co_status status)
{
	v->flags &= ~CO_VC_F_CLOSE_OUT;
	v->close_status = (uint8_t)status;
	if (co_vc_is_inactive(v)) {
		co_call_set(co, v, CO_CALL_IDLE);
	} else if (status == CO_STATUS_SUCCESS || v->vc_state == CO_VC_DEACTIVATING) {
		co_call_set(co, v, CO_CALL_RELEASED);
	} else {
		co_call_set(co, v, (enum co_call_state)v->before_close);
		return;
	}
	v->flags &= ~CO_VC_F_HIDDEN_CLOSE;
	drop_data(co, vc);
}

/*
 * The completion, and after it the release that a close now failed had hidden (RACE-3). Both are
 * queued before either is delivered, since the client may close again in the first.
 */
static void
queue_completion(struct co *co, struct co_vc_hot *v)
{
	co_client_append(v, CO_CE_CLOSE_COMPLETE);
	if (!(v->flags & CO_VC_F_HIDDEN_CLOSE))
		return;
	v->flags &= ~CO_VC_F_HIDDEN_CLOSE;
	note_reason(v);
	co_call_set(co, v, CO_CALL_CLOSE_OWED);
	co_client_append(v, CO_CE_INCOMING_CLOSE);
}

/* Runs the call manager's close_call; its final status, or PENDING. */
static enum co_status
run_close(struct co *co, co_vc_t vc, struct co_vc_hot *v)
{
	const struct co_af *af = co_af_of(co, v);
	const struct co_vc_cold *cold = co_vc_cold(co, vc);
	struct co_data data = { cold->close_octets, cold->close_size };
	enum co_status status;

	v->flags |= CO_VC_F_CM_BUSY | CO_VC_F_CLOSE_OUT;
	status = af->cm_ops->close_call(af->cm, v->cm_ctx, 0, data);
	v = cp_pool_at(&co->vcs, vc);
	if (v == NULL)
		return CO_STATUS_PENDING;
	v->flags &= ~CO_VC_F_CM_BUSY;
	if (status == CO_STATUS_PENDING)
		return status;
	if (!(v->flags & CO_VC_F_CLOSE_OUT)) { /* completed, and then answered as well (ASYNC-2) */
		co->n_unexpected++;
		return CO_STATUS_PENDING;
	}
	close_ended(co, vc, v, status);
	if (!(v->flags & CO_VC_F_HIDDEN_CLOSE))
		return status;
	queue_completion(co, v); /* so that RACE-3's order holds here too */
	return CO_STATUS_PENDING;
}

/* What the client has not heard by the time it closes, it need not hear any more. */
static void
forget_indications(struct co_vc_hot *v)
{
	co_client_unqueue(v, CO_CE_INCOMING_CALL);
	co_client_unqueue(v, CO_CE_CONNECTED);
	if (!co_client_queued(v, CO_CE_INCOMING_CLOSE))
		return;
	co_client_unqueue(v, CO_CE_INCOMING_CLOSE); /* RACE-2: this close answers it */
	v->flags |= CO_VC_F_HIDDEN_CLOSE;
}

/* Begin an accepted close: the VC is marked before the call manager is called (CLOSE-2). */
static enum co_status
begin_close(struct co *co, co_vc_t vc, struct co_vc_hot *v)
{
	v->before_close = v->call_state;
	co_call_set(co, v, CO_CALL_CLOSING);
	forget_indications(v);
	if (co_cm_must_wait(v)) {
		co_cm_raise(co, vc, CO_ME_CLOSE);
		return CO_STATUS_PENDING;
	}
	return run_close(co, vc, v);
}

static bool
make_is_out(const struct co_vc_hot *v)
{
	return v->call_state == CO_CALL_MAKING || co_client_queued(v, CO_CE_MAKE_COMPLETE);
}

/* CLOSE-27, RACE-4 and 2.6; SUCCESS, or PENDING when the end of make_call comes first. */
static enum co_status
may_close(const struct co_vc_hot *v)
{
	if ((v->flags & CO_VC_F_CLOSE_DEFERRED) || co_client_queued(v, CO_CE_CLOSE_COMPLETE))
		return CO_STATUS_CLOSING;
	if (v->sends_out > 0 && v->call_state < CO_CALL_CLOSING)
		return CO_STATUS_NOT_ACCEPTED;
	if (make_is_out(v))
		return CO_STATUS_PENDING;
	return co_call_may(v, CO_CALL_EV_CLOSE);
}

enum co_status
co_cl_close_call(struct co *co, co_vc_t vc, co_party_t party, struct co_data data)
{
	struct co_vc_hot *v = co_vc_at(co, vc);
	struct co_vc_cold *cold;
	enum co_status status;

	if (v == NULL)
		return CO_STATUS_FAILURE;
	if ((v->flags & CO_VC_F_SIGNALLING) || party != CO_NONE) /* CLOSE-6 */
		return co_illegal(co, CO_STATUS_FAILURE);
	if ((data.size == 0) != (data.octets == NULL)) /* CLOSE-13 */
		return co_illegal(co, CO_STATUS_INVALID_DATA);
	status = may_close(v);
	if (status != CO_STATUS_SUCCESS && status != CO_STATUS_PENDING)
		return co_illegal(co, status);
	cold = co_vc_cold(co, vc);
	cold->close_octets = data.octets;
	cold->close_size = data.size;
	if (status == CO_STATUS_PENDING) {
		v->flags |= CO_VC_F_CLOSE_DEFERRED;
		return status;
	}
	status = begin_close(co, vc, v);
	co_vc_serve(co, vc);
	return status;
}

/* RACE-4, RACE-5 */
void
co_close_after_make(struct co *co, co_vc_t vc)
{
	struct co_vc_hot *v = cp_pool_at(&co->vcs, vc);

	if (!(v->flags & CO_VC_F_CLOSE_DEFERRED) || make_is_out(v))
		return; /* the client has called again, and closed that, inside the completion */
	v->flags &= ~CO_VC_F_CLOSE_DEFERRED;
	if (v->call_state == CO_CALL_IDLE) { /* the make had failed: there is nothing to close */
		v->close_status = CO_STATUS_SUCCESS;
		co_client_append(v, CO_CE_CLOSE_COMPLETE);
		return;
	}
	if (begin_close(co, vc, v) != CO_STATUS_PENDING)
		queue_completion(co, v);
}

void
co_close_vc_inactive(struct co *co, struct co_vc_hot *v)
{
	if (v->call_state == CO_CALL_RELEASED && co_vc_is_inactive(v))
		co_call_set(co, v, CO_CALL_IDLE);
}

void
co_close_deliver(struct co *co, co_vc_t vc)
{
	struct co_vc_hot *v = cp_pool_at(&co->vcs, vc);

	if (run_close(co, vc, v) != CO_STATUS_PENDING)
		queue_completion(co, v);
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
		return CO_STATUS_NOT_ACCEPTED; /* ASYNC-3, ASYNC-5 */
	}
	close_ended(co, vc, v, status);
	queue_completion(co, v);
	co_vc_serve(co, vc);
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

/* RACE-1: the client has closed already and is not told, unless its close fails (RACE-3). */
static enum co_status
hide_close(
	struct co *co, co_vc_t vc, struct co_vc_hot *v, enum co_status reason, struct co_data data)
{
	if ((v->flags & CO_VC_F_HIDDEN_CLOSE) || v->before_close == CO_CALL_CLOSE_OWED)
		return co_illegal(co, CO_STATUS_NOT_ACCEPTED); /* it is the second one */
	v->flags |= CO_VC_F_HIDDEN_CLOSE;
	v->close_reason = (uint8_t)reason;
	keep_data(co, vc, data);
	return CO_STATUS_SUCCESS;
}

static enum co_status
dispatch_incoming_close(struct co *co, co_vc_t vc, enum co_status reason, struct co_data data,
	enum co_family family)
{
	struct co_vc_hot *v = co_vc_at(co, vc);
	const struct co_af *af;
	enum co_status status;

	if (v == NULL)
		return CO_STATUS_FAILURE;
	status = co_family_check(co, v, family);
	if (status != CO_STATUS_SUCCESS)
		return status;
	if (v->call_state == CO_CALL_CLOSING)
		return hide_close(co, vc, v, reason, data);
	status = co_call_move(co, v, CO_CALL_EV_INCOMING_CLOSE);
	if (status != CO_STATUS_SUCCESS)
		return status;
	co_cm_unqueue(v, CO_ME_ANSWER); /* INCLOSE-19 */
	v->close_reason = (uint8_t)reason;
	note_reason(v);
	if (co_client_must_wait(co, v)) {
		keep_data(co, vc, data);
		co_client_raise(co, vc, CO_CE_INCOMING_CLOSE);
		return CO_STATUS_SUCCESS;
	}
	af = co_af_of(co, v);
	co_client_enter(co, v);
	af->client_ops->incoming_close_call(af->client, v->client_ctx, reason, data);
	co_client_leave(co, vc);
	return CO_STATUS_SUCCESS;
}

enum co_status
co_cm_dispatch_incoming_close_call(
	struct co *co, co_vc_t vc, enum co_status reason, struct co_data data)
{
	return dispatch_incoming_close(co, vc, reason, data, CO_FAMILY_CM);
}

enum co_status
co_mcm_dispatch_incoming_close_call(
	struct co *co, co_vc_t vc, enum co_status reason, struct co_data data)
{
	return dispatch_incoming_close(co, vc, reason, data, CO_FAMILY_MCM);
}

/* The data is copied once more: a close from inside the handler may end the record it is in. */
void
co_close_deliver_incoming(struct co *co, co_vc_t vc)
{
	const struct co_vc_hot *v = cp_pool_at(&co->vcs, vc);
	const struct co_close_data *kept =
		cp_pool_at(&co->close_data, co_vc_cold(co, vc)->close_data);
	const struct co_af *af = co_af_of(co, v);
	uint8_t octets[CO_CLOSE_DATA_MAX];
	struct co_data data = { NULL, 0 };

	if (kept != NULL) {
		memcpy(octets, kept->octets, kept->size);
		data = (struct co_data){ octets, kept->size };
		drop_data(co, vc);
	}
	af->client_ops->incoming_close_call(
		af->client, v->client_ctx, (enum co_status)v->close_reason, data);
}
