/* SPDX-License-Identifier: BSD-3-Clause */
#include "uni/party_priv.h"

/*
 * Messages about parties, and what messages about a multipoint call mean for its parties. Only the
 * root chooses endpoint references, so the value alone names the party, whatever the flag says.
 */

#define ST_BIT(st) (1u << (st))

/* Call states in which a party can be added (SIG-P6); the number means another thing per role. */
static const uint32_t states_of_add[] = {
	[UNI_ROLE_USER] =
		ST_BIT(UNI_ST_RECEIVED) | ST_BIT(UNI_ST_CONNECT_REQUEST) | ST_BIT(UNI_ST_ACTIVE),
	[UNI_ROLE_NETWORK] = ST_BIT(UNI_ST_DELIVERED) | ST_BIT(UNI_ST_ACTIVE),
};

/* Call states in which the other side knows of a party. */
static const uint32_t states_of_others = ST_BIT(UNI_ST_OUT_PROCEEDING) | ST_BIT(UNI_ST_DELIVERED) |
					 ST_BIT(UNI_ST_RECEIVED) | ST_BIT(UNI_ST_CONNECT_REQUEST) |
					 ST_BIT(UNI_ST_IN_PROCEEDING) | ST_BIT(UNI_ST_ACTIVE);

static enum uni_party_ev
event_of(uint8_t type)
{
	static const uint8_t events[] = {
		[UNI_MT_ADD_PARTY - UNI_MT_ADD_PARTY] = UNI_PARTY_EV_MSG_ADD,
		[UNI_MT_ADD_PARTY_ACK - UNI_MT_ADD_PARTY] = UNI_PARTY_EV_MSG_ADD_ACK,
		[UNI_MT_ADD_PARTY_REJECT - UNI_MT_ADD_PARTY] = UNI_PARTY_EV_MSG_REJECT,
		[UNI_MT_DROP_PARTY - UNI_MT_ADD_PARTY] = UNI_PARTY_EV_MSG_DROP,
		[UNI_MT_DROP_PARTY_ACK - UNI_MT_ADD_PARTY] = UNI_PARTY_EV_MSG_DROP_ACK,
		[UNI_MT_PARTY_ALERTING - UNI_MT_ADD_PARTY] = UNI_PARTY_EV_MSG_ALERTING,
	};

	return (enum uni_party_ev)events[type - UNI_MT_ADD_PARTY];
}

/* The peer is done with one whose last word is still to be said. */
struct uni_party *
uni_party_of_msg(const struct uni *u, const struct uni_hot *c, const struct uni_msg *m)
{
	union uni_ie_body body;
	struct uni_party *p;

	if (!uni_msg_get(m, UNI_IE_EPREF, &body))
		return NULL;
	p = uni_party_find(u, c, body.epref.value);
	return p != NULL && p->state != UNI_PARTY_NULL ? p : NULL;
}

uint8_t
uni_party_state_of(const struct uni *u, const struct uni_hot *c, const struct uni_msg *m)
{
	const struct uni_party *p = uni_call_is_multipoint(c) ? uni_party_of_msg(u, c, m) : NULL;

	return p != NULL ? p->state : (uint8_t)UNI_PARTY_NULL;
}

static void
answer(struct uni_link *l, const struct uni_hot *c, const struct uni_msg *m, uint8_t type,
	uint8_t cause)
{
	struct uni_fault fault = { .cause = cause };
	union uni_ie_body body;

	uni_msg_get(m, UNI_IE_EPREF, &body);
	uni_answer_party(l, c->ref, type, &body.epref, &fault,
		m->hdr.type == UNI_MT_ADD_PARTY || m->hdr.type == UNI_MT_DROP_PARTY);
}

bool
uni_party_is_known(struct uni_link *l, struct uni_hot *c, const struct uni_msg *m)
{
	if (uni_party_of_msg(l->u, c, m) != NULL)
		return true;
	l->stats.unknown_reference++;
	if (m->hdr.type != UNI_MT_ADD_PARTY_REJECT && m->hdr.type != UNI_MT_DROP_PARTY_ACK)
		answer(l, c, m, UNI_MT_DROP_PARTY_ACK, UNI_CAUSE_INVALID_EPREF);
	return false;
}

/* SIG-P6, SIG-P7, SIG-106. Runs a handler. */
static void
receive_add(struct uni_link *l, struct uni_hot *c, const struct uni_msg *m, uint64_t now_ns)
{
	const struct uni_party *p = NULL;
	union uni_ie_body body;

	if (uni_msg_get(m, UNI_IE_EPREF, &body))
		p = uni_party_find(l->u, c, body.epref.value);
	if (uni_call_is_ours(c) || (states_of_add[l->params.role] >> c->state & 1) == 0 ||
		(p != NULL && p->state != UNI_PARTY_NULL && p->state != UNI_PARTY_RECEIVED))
		uni_call_wrong_state(l, c, m, now_ns);
	else if (p == NULL) /* else it is repeated, or too early */
		uni_call_react(l, c, m, now_ns);
}

void
uni_party_receive(struct uni_link *l, struct uni_hot *c, const struct uni_msg *m, uint64_t now_ns)
{
	const struct uni_party *p;

	if (m->hdr.type == UNI_MT_ADD_PARTY) {
		receive_add(l, c, m, now_ns);
		return;
	}
	if ((states_of_others >> c->state & 1) == 0) {
		uni_call_wrong_state(l, c, m, now_ns);
		return;
	}
	if (uni_msg_has(m, UNI_IE_EPREF)) {
		if (!uni_party_is_known(l, c, m))
			return;
		p = uni_party_of_msg(l->u, c, m);
		if (!uni_party_accepts(p->state, event_of(m->hdr.type))) {
			uni_call_wrong_state(l, c, m, now_ns);
			return;
		}
	}
	uni_call_react(l, c, m, now_ns);
}

/* Why a party cannot be taken, 0: it can. */
static uint8_t
refusal(const struct uni_link *l, const struct uni_hot *c)
{
	if (l->draining)
		return UNI_CAUSE_TEMPORARY_FAILURE;
	if (uni_multi_of(l->u, c)->n_unanswered >= UNI_PARTY_UNANSWERED) /* SIG-108 */
		return UNI_CAUSE_TOO_MANY_ADD_PARTY;
	return l->u->parties.n_free > 0 ? 0 : UNI_CAUSE_NO_RESOURCE;
}

/* Runs a handler. */
static void
offer(struct uni_link *l, struct uni_hot *c, const struct uni_msg *m, uint64_t now_ns)
{
	uint8_t elements[UNI_MSG_SIZE_MAX], cause = refusal(l, c);
	struct uni_setup setup;
	struct uni_party_event e = { .now_ns = now_ns, .setup = &setup };
	struct uni_rates rates;
	union uni_ie_body body;
	struct uni_party *p;

	if (cause != 0) {
		answer(l, c, m, UNI_MT_ADD_PARTY_REJECT, cause);
		return;
	}
	uni_msg_get(m, UNI_IE_EPREF, &body);
	p = uni_party_new(l, c, body.epref.value); /* there is room: refusal() */
	p->flags |= UNI_PARTY_F_ADDED;
	uni_setup_decode(&setup, m, elements);
	uni_rates_get(l->u, c, &rates);
	setup.fwd_peak = rates.fwd_peak;
	setup.label = c->label;
	setup.party = p->handle;
	uni_address_keep(&l->u->party_called[cp_handle_idx(p->handle)], &setup.called);
	uni_party_run(l, c, p, UNI_PARTY_EV_MSG_ADD, &e);
}

/* Runs a handler. */
static void
process_answer(
	struct uni_link *l, struct uni_hot *c, const struct uni_msg *m, struct uni_party_event *e)
{
	uint8_t octets[UNI_MSG_SIZE_MAX];
	const struct uni_elements came = uni_elements_collect(m, octets);

	e->elements = &came;
	uni_party_run(l, c, uni_party_of_msg(l->u, c, m), event_of(m->hdr.type), e);
}

void
uni_party_process(struct uni_link *l, struct uni_hot *c, const struct uni_msg *m, uint64_t now_ns)
{
	struct uni_release release;
	struct uni_party_event e = { .now_ns = now_ns, .release = &release };

	if (m->hdr.type == UNI_MT_ADD_PARTY) {
		offer(l, c, m, now_ns);
		return;
	}
	if (m->hdr.type == UNI_MT_ADD_PARTY_ACK || m->hdr.type == UNI_MT_PARTY_ALERTING) {
		process_answer(l, c, m, &e);
		return;
	}
	uni_release_fill(&release, m);
	uni_party_run(l, c, uni_party_of_msg(l->u, c, m), event_of(m->hdr.type), &e);
}

/* ---- Answers to SETUP, and the requests that become such answers. ---- */

/* Runs handlers. */
static void
alerting(struct uni_link *l, struct uni_hot *c, const struct uni_msg *m, struct uni_call_event *e)
{
	struct uni_party_event pe = { .now_ns = e->now_ns, .elements = e->elements };
	struct uni_party *p = uni_party_of_msg(l->u, c, m);
	uint32_t handle = c->handle;

	if (p != NULL && (p->flags & UNI_PARTY_F_LEAD) == 0)
		e->elements = NULL;                  /* they are that party's */
	uni_fsm_event(l, c, UNI_EV_MSG_ALERTING, e); /* first: of two timers T301 is the one */
	c = uni_call_at(l->u, handle);
	if (c == NULL || c->state == UNI_ST_NULL)
		return;
	p = uni_party_of_msg(l->u, c, m);
	if (p != NULL)
		uni_party_run(l, c, p, UNI_PARTY_EV_MSG_ALERTING, &pe);
}

/* With the leading party `connected` is all that is told. Runs handlers. */
static void
connected(struct uni_link *l, struct uni_hot *c, const struct uni_msg *m, struct uni_call_event *e)
{
	struct uni_party_event pe = { .now_ns = e->now_ns, .elements = e->elements };
	struct uni_party *p = uni_party_of_msg(l->u, c, m);
	uint32_t call = c->handle, handle = p->handle;
	bool leads = (p->flags & UNI_PARTY_F_LEAD) != 0;

	if (!leads) {
		uni_multi_connected(l, c, e->now_ns);
		e->elements = NULL; /* they are that party's */
	} else if (uni_party_accepts(p->state, UNI_PARTY_EV_MSG_ADD_ACK)) {
		uni_party_set_state(l, c, p, UNI_PARTY_ACTIVE);
	}
	uni_fsm_event(l, c, UNI_EV_MSG_CONNECT, e);
	c = uni_call_at(l->u, call);
	p = uni_party_at(l->u, handle);
	if (c != NULL && p != NULL && !leads)
		uni_party_run(l, c, p, UNI_PARTY_EV_MSG_ADD_ACK, &pe);
}

void
uni_party_response(struct uni_link *l, struct uni_hot *c, const struct uni_msg *m,
	enum uni_event ev, struct uni_call_event *e)
{
	if (ev == UNI_EV_MSG_PROCEEDING)
		uni_fsm_event(l, c, ev, e);
	else if (ev == UNI_EV_MSG_ALERTING)
		alerting(l, c, m, e);
	else if (l->u->cold[uni_call_idx(c)].connected_us != 0) /* N7 of SIG-105 */
		uni_call_wrong_state(l, c, m, e->now_ns);
	else if (uni_party_is_known(l, c, m))
		connected(l, c, m, e);
}

/* Accepting the call is accepting its first party, whose CONNECT says it. */
static bool
lead_goes_along(struct uni_link *l, struct uni_hot *c, enum uni_party_ev ev, uint8_t next)
{
	struct uni_party *p = uni_party_at(l->u, uni_multi_of(l->u, c)->lead);

	if (p == NULL || !uni_party_accepts(p->state, ev))
		return false;
	uni_party_set_state(l, c, p, next);
	return true;
}

bool
uni_party_follow(struct uni_link *l, struct uni_hot *c, enum uni_event ev)
{
	if (!uni_fsm_accepts(l->params.role, c->state, ev))
		return false;
	switch (ev) {
	case UNI_EV_ALERT:
		return lead_goes_along(l, c, UNI_PARTY_EV_ALERT, UNI_PARTY_ALERTING_DELIVERED);
	case UNI_EV_ACCEPT:
		return lead_goes_along(l, c, UNI_PARTY_EV_ACCEPT, UNI_PARTY_ACTIVE);
	case UNI_EV_REFUSE:
	case UNI_EV_CLOSE:
	case UNI_EV_CLEAR:
		uni_parties_forget(l, c);
		return true;
	default:
		return true;
	}
}

/* ---- STATUS. ---- */

/* A state that only this side's end of a party has (SIG-94). */
static bool
is_incompatible(const struct uni_hot *c, uint8_t theirs)
{
	if (uni_call_is_ours(c))
		return theirs == UNI_PARTY_INITIATED || theirs == UNI_PARTY_ALERTING_RECEIVED;
	return theirs == UNI_PARTY_RECEIVED || theirs == UNI_PARTY_ALERTING_DELIVERED;
}

/* What the STATUS is to the party, and with which cause; UNI_PARTY_EV_COUNT: nothing. */
static enum uni_party_ev
event_of_status(
	const struct uni_hot *c, const struct uni_party *p, uint8_t theirs, struct uni_release *r)
{
	uint8_t cause = r->cause;

	if (theirs == UNI_PARTY_NULL) {
		if (cause == UNI_CAUSE_STATUS_RESPONSE)
			r->cause = UNI_CAUSE_TEMPORARY_FAILURE;
		return UNI_PARTY_EV_GONE;
	}
	if (p->state == UNI_PARTY_DROP_INITIATED || p->state == UNI_PARTY_DROP_RECEIVED)
		return UNI_PARTY_EV_COUNT;
	r->diagnostics_len = 0;
	if (is_incompatible(c, theirs)) {
		r->cause = UNI_CAUSE_MSG_STATE;
		return UNI_PARTY_EV_ABORT;
	}
	r->cause = UNI_CAUSE_UNSPECIFIED;
	if (cause == UNI_CAUSE_IE_MISSING || cause == UNI_CAUSE_MSG_UNKNOWN ||
		cause == UNI_CAUSE_IE_UNKNOWN || cause == UNI_CAUSE_IE_CONTENT)
		return UNI_PARTY_EV_ABORT;
	return UNI_PARTY_EV_COUNT;
}

void
uni_party_status(struct uni_link *l, struct uni_hot *c, const struct uni_msg *m, uint64_t now_ns)
{
	struct uni_party *p = uni_call_is_multipoint(c) ? uni_party_of_msg(l->u, c, m) : NULL;
	struct uni_release release;
	struct uni_party_event e = { .now_ns = now_ns, .release = &release };
	union uni_ie_body theirs;
	enum uni_party_ev ev;

	if (!uni_msg_has(m, UNI_IE_EPREF) || !uni_msg_get(m, UNI_IE_EPSTATE, &theirs))
		return;
	if (p == NULL) {
		if (theirs.octet != UNI_PARTY_NULL)
			answer(l, c, m, UNI_MT_DROP_PARTY_ACK, UNI_CAUSE_MSG_STATE);
		return;
	}
	uni_release_fill(&release, m);
	ev = event_of_status(c, p, theirs.octet, &release);
	if (ev != UNI_PARTY_EV_COUNT)
		uni_party_run(l, c, p, ev, &e);
}
