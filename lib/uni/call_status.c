/* SPDX-License-Identifier: BSD-3-Clause */
#include "uni/party_priv.h"

/* STATUS and STATUS ENQUIRY as they are received (section 12). */

void
uni_status_name_party(const struct uni_link *l, const struct uni_hot *c, struct uni_answer *a,
	const struct uni_msg *m)
{
	union uni_ie_body body;

	if (!uni_msg_get(m, UNI_IE_EPREF, &body))
		return;
	a->party = true;
	a->party_state = c != NULL ? uni_party_state_of(l->u, c, m) : UNI_PARTY_NULL;
	a->epref = body.epref;
	a->epref.flag = !body.epref.flag;
}

void
uni_status_answer(
	struct uni_link *l, const struct uni_hot *c, uint32_t ref, const struct uni_msg *m)
{
	struct uni_answer a = {
		.ref = ref,
		.type = UNI_MT_STATUS,
		.state = c != NULL ? c->state : (uint8_t)UNI_ST_NULL,
		.owed = true,
	};

	a.fault.cause = UNI_CAUSE_STATUS_RESPONSE;
	uni_status_name_party(l, c, &a, m);
	uni_answer_put(l, &a);
}

/* One side is still asking, the other side is being asked (SIG-92). */
static bool
is_incompatible(uint8_t ours, uint8_t theirs)
{
	const uint32_t calling =
		1u << UNI_ST_INITIATED | 1u << UNI_ST_OUT_PROCEEDING | 1u << UNI_ST_DELIVERED;
	const uint32_t called = 1u << UNI_ST_PRESENT | 1u << UNI_ST_RECEIVED |
				1u << UNI_ST_CONNECT_REQUEST | 1u << UNI_ST_IN_PROCEEDING;

	if (theirs >= UNI_ST_COUNT)
		return false;
	return ((calling >> ours & 1) != 0 && (called >> theirs & 1) != 0) ||
	       ((called >> ours & 1) != 0 && (calling >> theirs & 1) != 0);
}

/* SIG-M4: the peer has made nothing of our MODIFY REQUEST. */
static bool
is_about_modify_request(const struct uni_release *release)
{
	return (release->cause == UNI_CAUSE_MSG_UNKNOWN || release->cause == UNI_CAUSE_MSG_STATE) &&
	       release->diagnostics_len > 0 && release->diagnostics[0] == UNI_MT_MODIFY_REQUEST;
}

/* The peer has no such call (SIG-90). Runs handlers. */
static void
clear(struct uni_link *l, struct uni_hot *c, struct uni_call_event *e)
{
	if (e->release->cause == UNI_CAUSE_STATUS_RESPONSE)
		e->release->cause = UNI_CAUSE_TEMPORARY_FAILURE;
	uni_fsm_event(l, c, UNI_EV_CLEAR, e);
}

/* SIG-92. Runs handlers. */
static void
release(struct uni_link *l, struct uni_hot *c, uint64_t now_ns)
{
	struct uni_release why = {
		.label = UNI_LABEL_NONE,
		.cause = UNI_CAUSE_MSG_STATE,
		.location = uni_link_location(l),
	};

	uni_call_abort(l, c, &why, now_ns);
}

/* What the layer above hears of it, where the call goes on. Runs a handler. */
static void
tell(struct uni_link *l, const struct uni_hot *c, const struct uni_msg *m,
	const struct uni_release *status, uint8_t state, uint64_t now_ns)
{
	struct uni_status told = {
		.state = state,
		.party_state = UNI_PARTY_COUNT,
		.cause = status->cause,
		.diagnostics = status->diagnostics,
		.diagnostics_len = status->diagnostics_len,
	};
	const struct uni_party *p = NULL;
	union uni_ie_body body;

	if (uni_call_is_multipoint(c))
		p = uni_party_of_msg(l->u, c, m);
	if (p != NULL && (p->flags & UNI_PARTY_F_DEAD) != 0)
		return; /* the layer above has heard the last of it */
	if (p != NULL && uni_msg_get(m, UNI_IE_EPSTATE, &body))
		told.party_state = body.octet;
	if (l->ops->status != NULL)
		l->ops->status(l->arg, c->handle, p != NULL ? p->handle : CP_HANDLE_NONE,
			p != NULL ? p->cookie : c->cookie, &told, now_ns);
}

void
uni_status_receive(struct uni_link *l, struct uni_hot *c, const struct uni_msg *m, uint64_t now_ns)
{
	struct uni_release status;
	struct uni_call_event e = { .now_ns = now_ns, .release = &status };
	struct uni_cold *cold = &l->u->cold[uni_call_idx(c)];
	uint32_t handle = c->handle;
	union uni_ie_body body;
	bool asked;

	if (!uni_msg_get(m, UNI_IE_CALLSTATE, &body) || !uni_msg_has(m, UNI_IE_CAUSE))
		return; /* SIG-60 */
	uni_release_fill(&status, m);
	asked = uni_enquiry_answer(l, c, m, status.cause);
	cold->told_state = body.octet;
	cold->told_cause = status.cause;
	if (body.octet == UNI_ST_NULL) {
		l->stats.enquiries_cleared += asked;
		clear(l, c, &e);
	} else if (uni_state_is_clearing(c->state)) {
		return; /* SIG-91 */
	} else if (is_incompatible(c->state, body.octet)) {
		l->stats.enquiries_cleared += asked;
		release(l, c, now_ns);
	} else if (c->state == UNI_ST_MODIFY_REQUEST && is_about_modify_request(&status)) {
		uni_fsm_event(l, c, UNI_EV_MSG_MODIFY_REJECT, &e);
	} else {
		if (asked)
			uni_audit_compare(l, c, body.octet);
		tell(l, c, m, &status, body.octet, now_ns);
		c = uni_call_at(l->u, handle);
		if (c != NULL && c->state != UNI_ST_NULL && !uni_state_is_clearing(c->state))
			uni_party_status(l, c, m, now_ns);
	}
}
