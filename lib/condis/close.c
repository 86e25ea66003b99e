/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "queue_priv.h"

/* ---- The data of an incoming close or drop that waits (ASYNC-11). ---- */

void
co_data_keep(struct co *co, uint32_t *handle, struct co_data data)
{
	struct co_close_data *kept = NULL;

	if (data.size == 0)
		return;
	if (data.size <= CO_CLOSE_DATA_MAX) {
		if (cp_pool_at(&co->close_data, *handle) == NULL)
			*handle = cp_pool_get(&co->close_data);
		kept = cp_pool_at(&co->close_data, *handle);
	}
	if (kept == NULL) {
		co->n_data_lost++; /* the end is told without it */
		return;
	}
	memcpy(kept->octets, data.octets, data.size);
	kept->size = data.size;
}

/* Copied once more: a close or drop from inside the handler may end the record that it is in. */
struct co_data
co_data_take(struct co *co, uint32_t *handle, uint8_t *octets)
{
	const struct co_close_data *kept = cp_pool_at(&co->close_data, *handle);
	struct co_data data = { NULL, 0 };

	if (kept == NULL)
		return data;
	memcpy(octets, kept->octets, kept->size);
	data = (struct co_data){ octets, kept->size };
	cp_pool_put(&co->close_data, *handle);
	*handle = CP_HANDLE_NONE;
	return data;
}

static void
keep_data(struct co *co, co_vc_t vc, struct co_vc_hot *v, struct co_data data)
{
	if (data.size == 0)
		return;
	v->flags |= CO_VC_F_DATA_KEPT;
	co_data_keep(co, &co_vc_cold(co, vc)->close_data, data);
}

void
co_close_drop_data(struct co *co, co_vc_t vc, struct co_vc_hot *v)
{
	struct co_vc_cold *cold;

	if (!(v->flags & CO_VC_F_DATA_KEPT))
		return;
	v->flags &= ~CO_VC_F_DATA_KEPT;
	cold = co_vc_cold(co, vc);
	cp_pool_put(&co->close_data, cold->close_data);
	cold->close_data = CP_HANDLE_NONE;
}

/* What the client gave. */
static struct co_data
client_data(const struct co *co, co_vc_t vc, const struct co_vc_hot *v)
{
	const struct co_vc_cold *cold = co_vc_cold(co, vc);

	if (!(v->flags & CO_VC_F_CLOSE_DATA)) /* as of most closes: the cold half is not touched */
		return (struct co_data){ NULL, 0 };
	return (struct co_data){ cold->close_octets, cold->close_size };
}

/* What was kept of an incoming close. */
static struct co_data
kept_data(const struct co *co, co_vc_t vc, const struct co_vc_hot *v)
{
	const struct co_close_data *kept = NULL;

	if (v->flags & CO_VC_F_DATA_KEPT)
		kept = cp_pool_at(&co->close_data, co_vc_cold(co, vc)->close_data);
	if (kept == NULL)
		return (struct co_data){ NULL, 0 };
	return (struct co_data){ kept->octets, kept->size };
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
static inline void
close_ended(struct co *co, co_vc_t vc, struct co_vc_hot *v, enum co_status status)
{
	v->flags &= ~CO_VC_F_CLOSE_OUT;
	v->close_status = (uint8_t)status;
	if (co_vc_is_inactive(v)) {
		co_call_set(co, v, CO_CALL_IDLE);
		co_tell_over(co, vc, v);
	} else if (status == CO_STATUS_SUCCESS || v->vc_state == CO_VC_DEACTIVATING) {
		co_call_set(co, v, CO_CALL_RELEASED);
	} else {
		co_call_set(co, v, (enum co_call_state)v->before_close);
		if (v->flags & CO_VC_F_MULTIPOINT)
			co_party_close_failed(co, vc);
		return;
	}
	v->flags &= ~CO_VC_F_HIDDEN_CLOSE;
	co_close_drop_data(co, vc, v);
}

/* Over, or all but: only deactivation is still awaited. */
static bool
is_over(const struct co_vc_hot *v)
{
	return v->call_state == CO_CALL_IDLE || v->call_state == CO_CALL_RELEASED;
}

/* RACE-7: a change of rates that the call manager has not finished ends before the close does. */
static bool
abort_change(struct co_vc_hot *v)
{
	return (v->flags & CO_VC_F_MODIFY_OUT) && is_over(v) && co_qos_closed(v);
}

/*
 * The completion, and after it the release that a close now failed had hidden (RACE-3). Both are
 * queued before either is delivered, since the client may close again in the first.
 */
static inline void
queue_completion(struct co *co, co_vc_t vc, struct co_vc_hot *v)
{
	abort_change(v);
	co_client_append(v, CO_CE_CLOSE_COMPLETE);
	if (!(v->flags & CO_VC_F_HIDDEN_CLOSE))
		return;
	v->flags &= ~CO_VC_F_HIDDEN_CLOSE;
	note_reason(v);
	co_call_set(co, v, CO_CALL_CLOSE_OWED);
	if (v->flags & CO_VC_F_OBSERVED)
		co_tell_closing(
			co, vc, v, false, (enum co_status)v->close_reason, kept_data(co, vc, v));
	co_client_append(v, CO_CE_INCOMING_CLOSE);
}

/* It was answered at once. */
static enum co_status
close_answered(struct co *co, co_vc_t vc, struct co_vc_hot *v, enum co_status status)
{
	if (!(v->flags & CO_VC_F_CLOSE_OUT)) { /* completed, and then answered as well (ASYNC-2) */
		co->n_unexpected++;
		return CO_STATUS_PENDING;
	}
	close_ended(co, vc, v, status);
	if ((v->flags & CO_VC_F_HIDDEN_CLOSE) || co_client_queued(v, CO_CE_MODIFY_COMPLETE) ||
		abort_change(v)) {
		queue_completion(
			co, vc, v); /* so that the order of RACE-3, RACE-7 holds here too */
		return CO_STATUS_PENDING;
	}
	return status;
}

/* Runs the call manager's close_call; its final status, or PENDING. */
static inline enum co_status
run_close(struct co *co, co_vc_t vc, struct co_vc_hot *v)
{
	const struct co_af *af = co_call_af(co, v);
	struct co_data data = client_data(co, vc, v);
	co_ctx_t party_ctx = 0;
	enum co_status status;

	if (v->flags & CO_VC_F_MULTIPOINT) /* CLOSE-7 */
		party_ctx = co_party_closing_cm_ctx(co, vc);
	v->flags |= CO_VC_F_CLOSE_OUT;
	co_cm_enter(v);
	status = af->cm_ops->close_call(af->cm, v->cm_ctx, party_ctx, data);
	if (!co_cm_leave(co, vc, v) || status == CO_STATUS_PENDING)
		return CO_STATUS_PENDING;
	return close_answered(co, vc, v, status);
}

/* What the client has not heard by the time it closes, it need not hear any more. */
static void
forget_indications(struct co *co, co_vc_t vc, struct co_vc_hot *v)
{
	if (v->client_queue == 0 && !(v->flags & CO_VC_F_CHANGING))
		return;
	co_client_unqueue(v, CO_CE_INCOMING_CALL);
	co_client_unqueue(v, CO_CE_CONNECTED);
	if (v->flags & CO_VC_F_CHANGING)
		co_qos_close(co, vc, v);
	if (!co_client_queued(v, CO_CE_INCOMING_CLOSE))
		return;
	co_client_unqueue(v, CO_CE_INCOMING_CLOSE); /* RACE-2: this close answers it */
	v->flags |= CO_VC_F_HIDDEN_CLOSE;
}

/* Begin an accepted close: the VC is marked before the call manager is called (CLOSE-2). */
static inline enum co_status
begin_close(struct co *co, co_vc_t vc, struct co_vc_hot *v, co_party_t party)
{
	v->before_close = v->call_state;
	co_call_set(co, v, CO_CALL_CLOSING);
	if ((v->flags & CO_VC_F_OBSERVED) && v->before_close != CO_CALL_CLOSE_OWED)
		co_tell_closing(co, vc, v, true, CO_STATUS_SUCCESS, client_data(co, vc, v));
	if (v->flags & CO_VC_F_MULTIPOINT)
		co_party_close(co, vc, party);
	forget_indications(co, vc, v);
	if (co_cm_must_wait(v)) {
		co_cm_raise(co, vc, v, CO_ME_CLOSE);
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

/*
 * CLOSE-5, CLOSE-6: a multipoint call is closed by its last party, another by none. While it is
 * being made the first is implied (RACE-4).
 */
static bool
names_its_party(const struct co *co, co_vc_t vc, const struct co_vc_hot *v, co_party_t party)
{
	if (!(v->flags & CO_VC_F_MULTIPOINT))
		return party == CO_NONE;
	return co_party_belongs(co, vc, party) || (party == CO_NONE && make_is_out(v));
}

static void
note_data(struct co *co, co_vc_t vc, struct co_vc_hot *v, struct co_data data)
{
	v->flags &= ~CO_VC_F_CLOSE_DATA;
	if (data.size == 0)
		return; /* as most closes: the cold half is not touched */
	v->flags |= CO_VC_F_CLOSE_DATA;
	co_vc_cold(co, vc)->close_octets = data.octets;
	co_vc_cold(co, vc)->close_size = data.size;
}

enum co_status
co_cl_close_call(struct co *co, co_vc_t vc, co_party_t party, struct co_data data)
{
	struct co_vc_hot *v = co_vc_at(co, vc);
	enum co_status status;

	if (v == NULL)
		return CO_STATUS_FAILURE;
	if ((v->flags & CO_VC_F_SIGNALLING) || !names_its_party(co, vc, v, party))
		return co_illegal(co, CO_STATUS_FAILURE);
	if ((data.size == 0) != (data.octets == NULL)) /* CLOSE-13 */
		return co_illegal(co, CO_STATUS_INVALID_DATA);
	status = may_close(v);
	if (status == CO_STATUS_SUCCESS && (v->flags & CO_VC_F_MULTIPOINT) &&
		!co_party_is_alone(co, vc))
		status = CO_STATUS_NOT_ACCEPTED; /* CLOSE-4 */
	if (status != CO_STATUS_SUCCESS && status != CO_STATUS_PENDING)
		return co_illegal(co, status);
	note_data(co, vc, v, data);
	if (status == CO_STATUS_PENDING) {
		v->flags |= CO_VC_F_CLOSE_DEFERRED;
		return status;
	}
	status = begin_close(co, vc, v, party);
	if (status != CO_STATUS_PENDING && (v->flags & CO_VC_F_MULTIPOINT) && is_over(v))
		co_party_end(co, vc); /* else its completion needs the last party */
	co_vc_serve(co, vc, v);
	return status;
}

/* RACE-4, RACE-5 */
void
co_close_after_make(struct co *co, co_vc_t vc, struct co_vc_hot *v)
{
	if (!(v->flags & CO_VC_F_CLOSE_DEFERRED) || make_is_out(v))
		return; /* the client has called again, and closed that, inside the completion */
	v->flags &= ~CO_VC_F_CLOSE_DEFERRED;
	if (v->call_state == CO_CALL_IDLE) { /* the make had failed: there is nothing to close */
		v->close_status = CO_STATUS_SUCCESS;
		co_client_append(v, CO_CE_CLOSE_COMPLETE);
		return;
	}
	if (begin_close(co, vc, v, co_party_first(co, vc)) != CO_STATUS_PENDING)
		queue_completion(co, vc, v);
}

void
co_close_deliver(struct co *co, co_vc_t vc, struct co_vc_hot *v)
{
	if (run_close(co, vc, v) != CO_STATUS_PENDING)
		queue_completion(co, vc, v);
}

/* CLOSE-16; what is left of parties goes before the handler, which may call anew (RACE-23). */
void
co_close_tell_complete(struct co *co, co_vc_t vc, struct co_vc_hot *v)
{
	const struct co_af *af = co_call_af(co, v);
	co_ctx_t party_ctx = 0;

	if (v->flags & CO_VC_F_MULTIPOINT) {
		party_ctx = co_party_closing_client_ctx(co, vc);
		if (is_over(v))
			co_party_end(co, vc);
	}
	af->client_ops->close_call_complete(
		af->client, v->client_ctx, party_ctx, (enum co_status)v->close_status);
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
	queue_completion(co, vc, v);
	co_vc_serve(co, vc, v);
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
	keep_data(co, vc, v, data);
	return CO_STATUS_SUCCESS;
}

/*
 * RACE-12: what the call manager has of adds, drops and changes it completes first. What it has not
 * heard of yet it cannot, so that is aborted here.
 */
static bool
has_pending(struct co *co, co_vc_t vc, struct co_vc_hot *v)
{
	if (!(v->flags & (CO_VC_F_CHANGING | CO_VC_F_MULTIPOINT)))
		return false;
	if (v->flags & CO_VC_F_CHANGING)
		co_qos_abort_queued(v);
	if (v->flags & CO_VC_F_MULTIPOINT)
		co_party_abort_queued(co, vc, v);
	return co_qos_is_pending(v) || co_party_is_pending(co, vc);
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
	status = co_call_may(v, CO_CALL_EV_INCOMING_CLOSE);
	if (status == CO_STATUS_SUCCESS && has_pending(co, vc, v))
		status = CO_STATUS_NOT_ACCEPTED;
	if (status != CO_STATUS_SUCCESS) {
		co_vc_serve(co, vc, v);
		return co_illegal(co, status);
	}
	co_call_move(co, v, CO_CALL_EV_INCOMING_CLOSE);
	co_tell_closing(co, vc, v, false, reason, data);
	if (v->flags & CO_VC_F_CHANGING)
		co_qos_close(
			co, vc, v);     /* RACE-8: what the remote proposed is of no interest now */
	co_cm_unqueue(v, CO_ME_ANSWER); /* INCLOSE-19 */
	v->close_reason = (uint8_t)reason;
	note_reason(v);
	if (co_client_must_wait(co, v)) {
		keep_data(co, vc, v, data);
		co_client_raise(co, vc, v, CO_CE_INCOMING_CLOSE);
		return CO_STATUS_SUCCESS;
	}
	af = co_call_af(co, v);
	co_client_enter(co, v);
	af->client_ops->incoming_close_call(af->client, v->client_ctx, reason, data);
	co_client_leave(co, vc, v);
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

void
co_close_deliver_incoming(struct co *co, co_vc_t vc, struct co_vc_hot *v)
{
	const struct co_af *af = co_call_af(co, v);
	uint8_t octets[CO_CLOSE_DATA_MAX];

	af->client_ops->incoming_close_call(af->client, v->client_ctx,
		(enum co_status)v->close_reason,
		co_data_take(co, &co_vc_cold(co, vc)->close_data, octets));
}
