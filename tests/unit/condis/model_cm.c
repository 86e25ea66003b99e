/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>

#include "model_do.h"

/* What the call manager asks, of either kind: completions and indications. */

/* ---- The call manager: completions. ---- */

void
do_end_make(struct model *m, struct mvc *v)
{
	bool wrong = wrong_family(m);
	enum co_status status = any_completion(m), expected = at_the_door(m, v, wrong);
	struct event *e;

	if (m->draining && v->make_out && !ref_make_may_succeed(v))
		status = CO_STATUS_FAILURE;
	if (expected == CO_STATUS_SUCCESS) {
		if (!v->make_out || status == CO_STATUS_PENDING ||
			(status == CO_STATUS_SUCCESS && !ref_make_may_succeed(v)))
			expected = CO_STATUS_NOT_ACCEPTED;
		if (status != CO_STATUS_PENDING)
			cover_call(m, v, status == CO_STATUS_SUCCESS ? CC_MADE : CC_NOT_MADE,
				expected == CO_STATUS_SUCCESS);
		if (v->multi && v->closing >= 0 && v->call == CO_CALL_MAKING &&
			expected == CO_STATUS_SUCCESS)
			cover(m, COVER_PARTY, v->parties[v->closing].state,
				status == CO_STATUS_SUCCESS ? CP_ADDED : CP_NOT_ADDED, true);
	}
	if (expected == CO_STATUS_SUCCESS) {
		ref_made(m, v, status);
		e = ref_push(m, v, EV_MADE);
		e->status = status;
	}
	expect_of(m, v, "make_call_complete",
		BY_FAMILY(m, wrong, make_call_complete, v->vc, status, NULL), expected);
}

void
do_end_close(struct model *m, struct mvc *v)
{
	bool wrong = wrong_family(m);
	enum co_status status = any_completion(m), expected = at_the_door(m, v, wrong);

	if (m->fault == FAULT_COMPLETES_TWICE && expected == CO_STATUS_SUCCESS && one_in(m, 4))
		BY_FAMILY(m, false, close_call_complete, v->vc, CO_STATUS_SUCCESS);
	if (expected == CO_STATUS_SUCCESS) {
		if (!v->close_out || status == CO_STATUS_PENDING)
			expected = CO_STATUS_NOT_ACCEPTED;
		if (status != CO_STATUS_PENDING)
			cover_call(m, v, status == CO_STATUS_SUCCESS ? CC_CLOSED : CC_NOT_CLOSED,
				expected == CO_STATUS_SUCCESS);
	}
	if (expected == CO_STATUS_SUCCESS) {
		ref_close_ended(m, v, status);
		ref_queue_closed(m, v, status);
	}
	expect_of(m, v, "close_call_complete",
		BY_FAMILY(m, wrong, close_call_complete, v->vc, status), expected);
}

static enum co_status
party_at_the_door(struct model *m, const struct mvc *v, const struct mparty *p, bool wrong)
{
	if (!is_live_party(m, v, p))
		return CO_STATUS_FAILURE;
	return wrong ? CO_STATUS_NOT_SUPPORTED : CO_STATUS_SUCCESS;
}

void
do_end_add(struct model *m, struct mvc *v)
{
	bool wrong = wrong_family(m);
	struct mparty *p = any_party(m, v);
	enum co_status status = any_completion(m), expected = party_at_the_door(m, v, p, wrong);
	struct event *e;

	if (m->draining && !p->has_cm_ctx)
		status = CO_STATUS_FAILURE;
	if (expected == CO_STATUS_SUCCESS) {
		if (!p->out || p->state != CO_PARTY_ADDING || status == CO_STATUS_PENDING ||
			(status == CO_STATUS_SUCCESS && !p->has_cm_ctx))
			expected = CO_STATUS_NOT_ACCEPTED;
		if (status != CO_STATUS_PENDING)
			cover(m, COVER_PARTY, p->state,
				status == CO_STATUS_SUCCESS ? CP_ADDED : CP_NOT_ADDED,
				expected == CO_STATUS_SUCCESS);
	}
	if (expected == CO_STATUS_SUCCESS) {
		ref_add_ended(m, v, p, status);
		e = ref_push(m, v, EV_ADDED);
		e->party = (int)(p - v->parties);
		e->status = status;
	}
	expect_of(m, v, "add_party_complete",
		BY_FAMILY(m, wrong, add_party_complete, p->handle, status, NULL), expected);
}

void
do_end_drop(struct model *m, struct mvc *v)
{
	bool wrong = wrong_family(m);
	struct mparty *p = any_party(m, v);
	enum co_status status = any_completion(m), expected = party_at_the_door(m, v, p, wrong);

	if (expected == CO_STATUS_SUCCESS) {
		if (!p->out || p->state != CO_PARTY_DROPPING || status == CO_STATUS_PENDING)
			expected = CO_STATUS_NOT_ACCEPTED;
		if (status != CO_STATUS_PENDING)
			cover(m, COVER_PARTY, p->state,
				status == CO_STATUS_SUCCESS ? CP_DROPPED : CP_NOT_DROPPED,
				expected == CO_STATUS_SUCCESS);
	}
	if (expected == CO_STATUS_SUCCESS) {
		ref_drop_ended(v, p, status);
		ref_raise_dropped(m, v, p, status);
	}
	expect_of(m, v, "drop_party_complete",
		BY_FAMILY(m, wrong, drop_party_complete, p->handle, status), expected);
}

void
do_end_modify(struct model *m, struct mvc *v)
{
	bool wrong = wrong_family(m);
	enum co_status status = any_completion(m), expected = at_the_door(m, v, wrong);

	if (m->draining && !ref_modify_may_succeed(v))
		status = CO_STATUS_FAILURE;
	if (expected == CO_STATUS_SUCCESS) {
		if (!v->modify_out || status == CO_STATUS_PENDING ||
			(status == CO_STATUS_SUCCESS && !ref_modify_may_succeed(v)))
			expected = CO_STATUS_NOT_ACCEPTED;
		if (status != CO_STATUS_PENDING)
			cover_call(m, v, CC_MODIFIED, expected == CO_STATUS_SUCCESS);
	}
	if (expected == CO_STATUS_SUCCESS) {
		v->modify_out = false;
		ref_push(m, v, EV_MODIFIED)->status = status;
	}
	expect_of(m, v, "modify_call_qos_complete",
		BY_FAMILY(m, wrong, modify_call_qos_complete, v->vc, status, NULL), expected);
}

/* ---- The call manager: indications. ---- */

static enum co_status
may_offer(struct model *m, const struct mvc *v, const struct msap *sap, bool wrong)
{
	if (!is_live(m, v) || sap->state == SAP_NONE)
		return CO_STATUS_FAILURE;
	if (wrong)
		return CO_STATUS_NOT_SUPPORTED;
	if (v->signalling || sap->af != v->af || sap->state == SAP_DEREGISTERING)
		return CO_STATUS_FAILURE;
	if (v->by_client || ref_queued(v, EV_ANSWER))
		return CO_STATUS_NOT_ACCEPTED;
	if (v->call != CO_CALL_IDLE)
		return CO_STATUS_NOT_ACCEPTED;
	return v->vc_state == CO_VC_DEACTIVATING ? CO_STATUS_CLOSING : CO_STATUS_SUCCESS;
}

static void
cover_offer(struct model *m, const struct mvc *v, const struct msap *sap, enum co_status status)
{
	if (v->alive && !v->unsettled && sap->state != SAP_NONE)
		cover_call(m, v, CC_OFFER, status == CO_STATUS_SUCCESS);
	if (v->alive && (status == CO_STATUS_SUCCESS || sap->state == SAP_DEREGISTERING))
		cover(m, COVER_SAP, sap->state, CS_OFFER, status == CO_STATUS_SUCCESS);
}

/* Its elements die when the request returns. */
void
do_offer(struct model *m, struct mvc *v)
{
	bool wrong = wrong_family(m), waits = ref_client_waits(v);
	uint32_t life = v->life, which = pick(m, N_SAPS);
	struct msap *sap = &m->saps[which];
	enum co_status status, expected;
	struct frame frame = { 0 };
	uint8_t *elements = one_in(m, 4) ? calloc(1, 8) : NULL;

	if (m->draining)
		goto out;
	expected = may_offer(m, v, sap, wrong);
	cover_offer(m, v, sap, expected);
	if (expected == CO_STATUS_SUCCESS) {
		v->call = CO_CALL_OFFERED;
		v->offer_sap = which;
		v->params.elements = elements;
		v->params.elements_size = elements != NULL ? 8 : 0;
		ref_push(m, v, EV_OFFER)->frame = direct(&frame, waits);
	}
	status = BY_FAMILY(m, wrong, dispatch_incoming_call,
		sap->state != SAP_NONE ? sap->sap : UINT32_MAX, v->vc, &v->params);
	if (expected == CO_STATUS_SUCCESS) {
		deferred(m, v, &frame, waits, "dispatch_incoming_call");
		expected = answer_of(&frame);
	}
	expect_of(m, v, "dispatch_incoming_call", status, expected);
	if (v->life == life && elements != NULL && v->params.elements == elements) {
		v->params.elements = NULL;
		v->params.elements_size = 0;
	}
out:
	free(elements);
}

void
do_connect(struct model *m, struct mvc *v)
{
	bool wrong = wrong_family(m);
	enum co_status expected = at_the_door(m, v, wrong);

	if (expected == CO_STATUS_SUCCESS) {
		if (v->vc_state != CO_VC_ACTIVE || v->call != CO_CALL_ACCEPTED)
			expected = CO_STATUS_NOT_ACCEPTED;
		cover_call(m, v, CC_CONNECTED, expected == CO_STATUS_SUCCESS);
	}
	if (expected == CO_STATUS_SUCCESS) {
		v->call = CO_CALL_UP;
		ref_push(m, v, EV_CONNECTED);
	}
	expect_of(m, v, "dispatch_call_connected",
		BY_FAMILY(m, wrong, dispatch_call_connected, v->vc), expected);
}

static bool
parties_pend(const struct mvc *v)
{
	uint32_t i;

	for (i = 0; i < N_PARTIES; i++) {
		const struct mparty *p = &v->parties[i];

		if (p->used && !p->is_void &&
			(p->state == CO_PARTY_ADDING || p->state == CO_PARTY_DROPPING))
			return true;
	}
	return false;
}

/* RACE-1: our own close hides it. */
static enum co_status
hide_close(struct mvc *v, enum co_status reason, struct mdata data)
{
	if (v->hidden || v->before_close == CO_CALL_CLOSE_OWED)
		return CO_STATUS_NOT_ACCEPTED;
	v->hidden = true;
	v->reason = reason;
	v->data = ref_kept(data);
	return CO_STATUS_SUCCESS;
}

static enum co_status
show_close(struct model *m, struct mvc *v, enum co_status reason, struct mdata data,
	struct frame *frame, bool *waits)
{
	struct event *e;

	if (v->call != CO_CALL_OFFERED && v->call != CO_CALL_ACCEPTED && v->call != CO_CALL_UP)
		return CO_STATUS_NOT_ACCEPTED;
	ref_abort_unheard(m, v);
	if (v->modify_out || parties_pend(v)) /* RACE-12 */
		return CO_STATUS_NOT_ACCEPTED;
	v->call = CO_CALL_CLOSE_OWED;
	v->reason = reason;
	ref_forget_change(m, v);
	ref_unqueue(v, EV_ANSWER, -1); /* INCLOSE-19 */
	if (reason != CO_STATUS_SUCCESS && v->by_client)
		v->no_reuse = true;
	*waits = ref_client_waits(v);
	if (*waits)
		data = v->data = ref_kept(data);
	e = ref_push(m, v, EV_INCOMING_CLOSE);
	e->status = reason;
	e->data = data;
	e->frame = direct(frame, *waits);
	return CO_STATUS_SUCCESS;
}

void
do_incoming_close(struct model *m, struct mvc *v)
{
	bool wrong = wrong_family(m), waits = false, shown;
	enum co_status status, expected = at_the_door(m, v, wrong), reason = any_final(m);
	struct mdata data = any_data(m);
	struct co_data octets;
	struct frame frame = { 0 };
	struct event *e;

	if (m->draining)
		return;
	shown = expected == CO_STATUS_SUCCESS && v->call != CO_CALL_CLOSING;
	if (expected == CO_STATUS_SUCCESS) {
		enum co_call_state call = v->call;

		expected = shown ? show_close(m, v, reason, data, &frame, &waits)
				 : hide_close(v, reason, data);
		cover(m, COVER_CALL, call, CC_INCOMING_CLOSE, expected == CO_STATUS_SUCCESS);
	}
	shown = shown && expected == CO_STATUS_SUCCESS;
	octets = dying_octets(data);
	status = BY_FAMILY(m, wrong, dispatch_incoming_close_call, v->vc, reason, octets);
	free_octets(octets);
	e = shown ? deferred(m, v, &frame, waits, "dispatch_incoming_close_call") : NULL;
	if (e != NULL)
		e->data = v->data = ref_kept(data);
	expect_of(m, v, "dispatch_incoming_close_call", status, expected);
}

static enum co_status
may_leave(const struct mvc *v, const struct mparty *p)
{
	if (p->state == CO_PARTY_DROPPING)
		return p->hidden ? CO_STATUS_NOT_ACCEPTED : CO_STATUS_SUCCESS;
	return v->call == CO_CALL_UP && p->state == CO_PARTY_JOINED &&
			       ref_n_joined(v) + ref_n_dropping(v) > 1
		       ? CO_STATUS_SUCCESS
		       : CO_STATUS_NOT_ACCEPTED;
}

void
do_party_leaves(struct model *m, struct mvc *v)
{
	bool wrong = wrong_family(m), waits = ref_client_waits(v), shown = false;
	struct mparty *p = any_party(m, v);
	enum co_status status, reason = any_final(m), expected = party_at_the_door(m, v, p, wrong);
	struct mdata data = any_data(m);
	struct co_data octets;
	struct frame frame = { 0 };
	struct event *e;

	if (m->draining)
		return;
	if (expected == CO_STATUS_SUCCESS) {
		expected = may_leave(v, p);
		cover(m, COVER_PARTY, p->state, CP_LEAVE, expected == CO_STATUS_SUCCESS);
		shown = expected == CO_STATUS_SUCCESS && p->state == CO_PARTY_JOINED;
	}
	if (v->alive && (shown || v->call != CO_CALL_UP) && p->state != CO_PARTY_DROPPING)
		cover_call(m, v, CC_INCOMING_DROP, shown);
	if (expected == CO_STATUS_SUCCESS) {
		p->reason = reason;
		p->hidden |= !shown;
		if (!shown)
			p->data = ref_kept(data);
	}
	if (shown) {
		p->state = CO_PARTY_DROP_IND;
		e = ref_push(m, v, EV_INCOMING_DROP);
		e->party = (int)(p - v->parties);
		e->status = reason;
		e->data = waits ? (p->data = ref_kept(data)) : data;
		e->frame = direct(&frame, waits);
	}
	octets = dying_octets(data);
	status = BY_FAMILY(m, wrong, dispatch_incoming_drop_party, p->handle, reason, octets);
	free_octets(octets);
	e = shown ? deferred(m, v, &frame, waits, "dispatch_incoming_drop_party") : NULL;
	if (e != NULL)
		e->data = p->data = ref_kept(data);
	expect_of(m, v, "dispatch_incoming_drop_party", status, expected);
}

void
do_propose(struct model *m, struct mvc *v)
{
	bool wrong = wrong_family(m), waits = ref_client_waits(v);
	enum co_status status, expected = at_the_door(m, v, wrong);
	struct frame frame = { 0 };

	if (m->draining)
		return;
	if (expected == CO_STATUS_SUCCESS) {
		expected = ref_may_propose(v);
		cover_call(m, v, CC_QOS_CHANGE, expected == CO_STATUS_SUCCESS);
	}
	if (expected == CO_STATUS_SUCCESS)
		ref_push(m, v, EV_QOS_CHANGE)->frame = direct(&frame, waits);
	status = BY_FAMILY(m, wrong, dispatch_incoming_call_qos_change, v->vc, &v->change_params);
	if (expected == CO_STATUS_SUCCESS) {
		deferred(m, v, &frame, waits, "dispatch_incoming_call_qos_change");
		expected = answer_of(&frame);
	}
	expect_of(m, v, "dispatch_incoming_call_qos_change", status, expected);
}
