/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "uni/party_priv.h"

/*
 * A received message, in the order of section 6: header and reference first, then type and state,
 * then the elements, and only then the event.
 */

/* Messages that the tables of fsm.c know, enum uni_event plus 1. */
static const uint8_t event_of_type[256] = {
	[UNI_MT_CALL_PROCEEDING] = UNI_EV_MSG_PROCEEDING + 1,
	[UNI_MT_ALERTING] = UNI_EV_MSG_ALERTING + 1,
	[UNI_MT_CONNECT] = UNI_EV_MSG_CONNECT + 1,
	[UNI_MT_CONNECT_ACK] = UNI_EV_MSG_CONNECT_ACK + 1,
	[UNI_MT_RELEASE] = UNI_EV_MSG_RELEASE + 1,
	[UNI_MT_RELEASE_COMPLETE] = UNI_EV_MSG_RELEASE_COMPLETE + 1,
	[UNI_MT_MODIFY_REQUEST] = UNI_EV_MSG_MODIFY_REQUEST + 1,
	[UNI_MT_MODIFY_ACK] = UNI_EV_MSG_MODIFY_ACK + 1,
	[UNI_MT_MODIFY_REJECT] = UNI_EV_MSG_MODIFY_REJECT + 1,
	[UNI_MT_CONNECTION_AVAILABLE] = UNI_EV_MSG_AVAILABLE + 1,
};

/* The reference as we name it: with flag 1 it is one that we chose (SIG-12). */
static uint32_t
ref_of(const struct uni_msg *m)
{
	return m->hdr.cref | (m->hdr.flag ? UNI_REF_OURS : 0);
}

void
uni_release_fill(struct uni_release *r, const struct uni_msg *m)
{
	const struct uni_ie_entry *uu = uni_msg_find(m, UNI_IE_UU);
	const struct uni_ie_entry *git = uni_msg_find(m, UNI_IE_GIT);
	struct uni_cause cause;

	memset(r, 0, sizeof(*r));
	r->label = UNI_LABEL_NONE;
	if (m->n_ie > 1 && uni_msg_cause(m, 1, &cause)) {
		r->cause2 = cause.value;
		r->location2 = cause.location;
		r->coding2 = cause.coding;
		r->diagnostics2 = cause.diag;
		r->diagnostics2_len = cause.n_diag;
	}
	uni_msg_cause(m, 0, &cause);
	r->cause = cause.value;
	r->location = cause.location;
	r->coding = cause.coding;
	r->diagnostics = cause.diag;
	r->diagnostics_len = cause.n_diag;
	if (uu != NULL) {
		r->uu = uni_msg_contents(m, uu);
		r->uu_len = uu->len;
	}
	if (git != NULL) {
		r->git = uni_msg_contents(m, git);
		r->git_len = git->len;
	}
}

void
uni_call_abort(struct uni_link *l, struct uni_hot *c, struct uni_release *release, uint64_t now_ns)
{
	struct uni_call_event e = { .now_ns = now_ns, .release = release };

	uni_fsm_event(l, c, UNI_EV_ABORT, &e); /* no cell in the clearing states */
}

static void
abort_call(struct uni_link *l, struct uni_hot *c, uint8_t cause, const uint8_t *diag,
	uint32_t n_diag, uint64_t now_ns)
{
	struct uni_release release = {
		.label = UNI_LABEL_NONE,
		.cause = cause,
		.location = uni_link_location(l),
		.diagnostics = diag,
		.diagnostics_len = n_diag,
	};

	uni_call_abort(l, c, &release, now_ns);
}

static bool
is_about_party(uint8_t type)
{
	return type >= UNI_MT_ADD_PARTY && type <= UNI_MT_PARTY_ALERTING;
}

/* An unrecognised type (97), or a message in the wrong state (101): SIG-47, SIG-48, SIG-C8. */
static void
follow_instruction(struct uni_link *l, struct uni_hot *c, const struct uni_msg *m, uint8_t cause,
	uint64_t now_ns)
{
	struct uni_answer a = { .ref = c->ref, .type = UNI_MT_STATUS, .state = c->state };

	if (uni_state_is_clearing(c->state) &&
		(m->hdr.type == UNI_MT_DROP_PARTY || m->hdr.type == UNI_MT_DROP_PARTY_ACK))
		return;
	switch (uni_octet7_action(m->hdr.octet7)) {
	case UNI_ACT_CLEAR:
		abort_call(l, c, cause, &m->hdr.type, 1, now_ns);
		return;
	case UNI_ACT_IGNORE:
		return;
	default:
		a.fault.cause = cause;
		a.fault.diag[0] = m->hdr.type;
		a.fault.n_diag = 1;
		if (is_about_party(m->hdr.type)) /* SIG-106 */
			uni_status_name_party(l, c, &a, m);
		uni_answer_put(l, &a);
	}
}

void
uni_call_wrong_state(
	struct uni_link *l, struct uni_hot *c, const struct uni_msg *m, uint64_t now_ns)
{
	l->stats.wrong_state++;
	follow_instruction(l, c, m, UNI_CAUSE_MSG_STATE, now_ns);
}

/* The VC of a first response to our SETUP (SIG-31, SIG-32): 0, or why the call is released. */
static uint8_t
first_response(struct uni_link *l, struct uni_hot *c, const struct uni_msg *m)
{
	union uni_ie_body body;
	bool named = uni_msg_get(m, UNI_IE_CONNID, &body);

	return uni_label_of_response(l, c, named ? &body.connid : NULL);
}

/* Of the called side; in a multipoint call they name the party that answers (SIG-103). */
static bool
is_answer(enum uni_event ev)
{
	return ev == UNI_EV_MSG_PROCEEDING || ev == UNI_EV_MSG_ALERTING || ev == UNI_EV_MSG_CONNECT;
}

static bool
is_first_response(const struct uni_link *l, const struct uni_hot *c, enum uni_event ev)
{
	return c->state == uni_state_called_by(l->params.role) && is_answer(ev);
}

static bool
is_about_rates(enum uni_event ev)
{
	return ev >= UNI_EV_MSG_MODIFY_REQUEST && ev <= UNI_EV_MSG_AVAILABLE;
}

/* Runs handlers. */
static void
process_answer(struct uni_link *l, struct uni_hot *c, const struct uni_msg *m, enum uni_event ev,
	struct uni_call_event *e)
{
	uint8_t octets[UNI_MSG_SIZE_MAX];
	const struct uni_elements came = uni_elements_collect(m, octets);

	e->elements = &came;
	if (uni_call_is_multipoint(c))
		uni_party_response(l, c, m, ev, e);
	else
		uni_fsm_event(l, c, ev, e);
}

/* The message is good; @p report, if any, is what its answer has to tell. Runs a handler. */
static void
process(struct uni_link *l, struct uni_hot *c, const struct uni_msg *m,
	const struct uni_fault *report, uint64_t now_ns)
{
	enum uni_event ev = (enum uni_event)(event_of_type[m->hdr.type] - 1);
	struct uni_release release;
	struct uni_call_event e = { .now_ns = now_ns, .release = &release, .report = report };
	uint8_t cause;

	if (m->hdr.type == UNI_MT_STATUS) {
		uni_status_receive(l, c, m, now_ns);
		return;
	}
	if (m->hdr.type == UNI_MT_STATUS_ENQUIRY) {
		uni_status_answer(l, c, c->ref, m);
		return;
	}
	if (is_about_party(m->hdr.type)) {
		uni_party_process(l, c, m, now_ns);
		return;
	}
	if (m->hdr.type == UNI_MT_NOTIFY) {
		uni_notify_receive(l, c, m, now_ns);
		return;
	}
	if (is_first_response(l, c, ev)) {
		/* From a party that is not there it is no response, and takes no VC (SIG-107). */
		if (ev == UNI_EV_MSG_CONNECT && uni_call_is_multipoint(c) &&
			!uni_party_is_known(l, c, m))
			return;
		cause = first_response(l, c, m);
		if (cause != 0) {
			abort_call(l, c, cause, NULL, 0, now_ns);
			return;
		}
	}
	if (ev == UNI_EV_MSG_RELEASE || ev == UNI_EV_MSG_RELEASE_COMPLETE)
		uni_release_fill(&release, m);
	if (is_answer(ev))
		process_answer(l, c, m, ev, &e);
	else if (is_about_rates(ev))
		uni_modify_receive(l, c, m, ev, &release, now_ns);
	else
		uni_fsm_event(l, c, ev, &e);
}

void
uni_call_react(struct uni_link *l, struct uni_hot *c, const struct uni_msg *m, uint64_t now_ns)
{
	uint32_t handle = c->handle, ref = c->ref;
	struct uni_fault fault;
	union uni_ie_body party;
	enum uni_reaction reaction = uni_msg_reaction(m, &fault);

	switch (reaction) {
	case UNI_REACT_PROCESS:
		process(l, c, m, NULL, now_ns);
		break;
	case UNI_REACT_PROCESS_REPORT:
		process(l, c, m, &fault, now_ns);
		if (m->hdr.type == UNI_MT_RELEASE)
			break; /* its answer has told it (SIG-56, SIG-119) */
		c = uni_call_at(l->u, handle);
		uni_answer_status_fault(l, ref, c != NULL ? c->state : UNI_ST_NULL, &fault);
		break;
	case UNI_REACT_CLEAR: /* SIG-50 */
		abort_call(l, c, fault.cause, fault.diag, fault.n_diag, now_ns);
		break;
	case UNI_REACT_STATUS:
		uni_answer_status_fault(l, ref, c->state, &fault);
		break;
	case UNI_REACT_REJECT_PARTY: /* SIG-58: its endpoint reference is good */
		uni_msg_get(m, UNI_IE_EPREF, &party);
		uni_answer_party(l, ref, UNI_MT_ADD_PARTY_REJECT, &party.epref, &fault, false);
		break;
	default:
		break;
	}
}

static void
receive_in_call(struct uni_link *l, struct uni_hot *c, struct uni_msg *m, uint64_t now_ns)
{
	enum uni_event ev = (enum uni_event)(event_of_type[m->hdr.type] - 1);
	bool any_state = m->hdr.type == UNI_MT_STATUS || m->hdr.type == UNI_MT_STATUS_ENQUIRY ||
			 (m->hdr.type == UNI_MT_NOTIFY && !uni_state_is_clearing(c->state));

	if (m->verdict == UNI_VERDICT_UNKNOWN_TYPE) {
		l->stats.unknown_type++;
		follow_instruction(l, c, m, UNI_CAUSE_MSG_UNKNOWN, now_ns);
		return;
	}
	if (is_about_party(m->hdr.type) && uni_call_is_multipoint(c)) {
		uni_party_receive(l, c, m, now_ns);
		return;
	}
	if (!any_state && (event_of_type[m->hdr.type] == 0 ||
				  !uni_fsm_accepts(l->params.role, c->state, ev) ||
				  (is_about_rates(ev) && uni_modify_is_misplaced(c, ev)))) {
		uni_call_wrong_state(l, c, m, now_ns);
		return;
	}
	if (!any_state && is_first_response(l, c, ev) && l->params.role == UNI_ROLE_USER &&
		l->params.ask != UNI_ASK_EXCLUSIVE)
		uni_msg_require(m, UNI_IE_CONNID);
	if (!any_state && is_answer(ev) && uni_call_is_multipoint(c))
		uni_msg_require(m, UNI_IE_EPREF);
	uni_call_react(l, c, m, now_ns);
}

/* SIG-72 and what SETUP asks for: 0, or the cause of refusal. */
static uint8_t
refusal(struct uni_link *l, const struct uni_msg *m, uint32_t *label)
{
	union uni_ie_body body;
	bool named = uni_msg_get(m, UNI_IE_CONNID, &body);
	uint8_t cause;

	if (l->draining || uni_requester_is_clearing(l))
		return UNI_CAUSE_TEMPORARY_FAILURE;
	if (l->n_offers >= l->params.max_offers || l->u->calls.n_free == 0)
		return UNI_CAUSE_NO_RESOURCE;
	cause = uni_setup_refusal(l->u, m);
	if (cause != 0)
		return cause;
	return uni_label_for_offer(l, named ? &body.connid : NULL, label);
}

/* SIG-37: of several the first one, which CONNECT names unless the layer above names another. */
static void
keep_choice(struct uni_hot *c, const struct uni_msg *m)
{
	const struct uni_ie_entry *blli = uni_msg_find(m, UNI_IE_BLLI);

	if (blli == NULL || uni_msg_next(m, blli) == NULL)
		return;
	c->choice.len = (uint8_t)blli->len;
	memcpy(c->choice.octets, uni_msg_contents(m, blli), blli->len);
}

/* Of a multipoint call, which is made one: there is room, refusal() has seen to it. */
static uni_party_t
first_party(struct uni_link *l, struct uni_hot *c, const struct uni_msg *m,
	const struct uni_setup *setup)
{
	union uni_ie_body body;
	struct uni_party *p;

	uni_msg_get(m, UNI_IE_EPREF, &body); /* mandatory here (4.9) */
	uni_multi_new(l->u, c);
	p = uni_party_new(l, c, body.epref.value);
	uni_party_lead(l, c, p, &setup->called, UNI_PARTY_RECEIVED);
	return p->handle;
}

/* Runs a handler. */
static void
offer(struct uni_link *l, const struct uni_msg *m, const struct uni_fault *report, uint64_t now_ns)
{
	uint8_t elements[UNI_MSG_SIZE_MAX];
	struct uni_setup setup;
	struct uni_call_event e = { .now_ns = now_ns, .setup = &setup };
	uint32_t label, handle, ref = ref_of(m);
	struct uni_hot *c;
	uint8_t cause;

	cause = refusal(l, m, &label);
	if (cause != 0) {
		uni_link_count_cause(l, cause);
		uni_answer_release_complete(l, ref, cause, -1, true);
		return;
	}
	c = uni_call_new(l, ref, now_ns); /* there is room: refusal() */
	c->label = label;
	handle = c->handle;
	uni_setup_decode(&setup, m, elements);
	setup.label = label;
	uni_call_keep(l->u, c, &setup);
	keep_choice(c, m);
	if (setup.multipoint)
		setup.party = first_party(l, c, m, &setup);
	uni_fsm_event(l, c, UNI_EV_MSG_SETUP, &e);
	if (report == NULL)
		return;
	c = uni_call_at(l->u, handle);
	uni_answer_status_fault(l, ref, c != NULL ? c->state : UNI_ST_NULL, report);
}

static void
receive_setup(struct uni_link *l, const struct uni_msg *m, uint64_t now_ns)
{
	uint32_t label, ref = ref_of(m);
	struct uni_fault fault;

	if (m->hdr.flag || uni_ref_find(l, ref) != NULL) {
		l->stats.unknown_reference++;
		return; /* SIG-42 */
	}
	label = uni_ref_aside_label(l, ref);
	if (label != UNI_LABEL_NONE) /* a reference used anew: the old call is over there too */
		uni_label_take_back(l, label, l->epoch);
	switch (uni_msg_reaction(m, &fault)) {
	case UNI_REACT_PROCESS:
		offer(l, m, NULL, now_ns);
		break;
	case UNI_REACT_PROCESS_REPORT:
		offer(l, m, &fault, now_ns);
		break;
	case UNI_REACT_CLEAR:
		uni_answer_release_complete_fault(l, ref, &fault);
		break;
	case UNI_REACT_STATUS:
		uni_answer_status_fault(l, ref, UNI_ST_NULL, &fault);
		break;
	default:
		break;
	}
}

/* SIG-122: the peer shows that it knows nothing of a call of which a label is set aside. */
static void
prove_done(struct uni_link *l, const struct uni_msg *m)
{
	uint32_t label = uni_ref_aside_label(l, ref_of(m));
	union uni_ie_body body;
	struct uni_cause cause;

	if (label == UNI_LABEL_NONE)
		return;
	if (m->hdr.type == UNI_MT_STATUS
			? !uni_msg_get(m, UNI_IE_CALLSTATE, &body) || body.octet != UNI_ST_NULL
			: !uni_msg_cause(m, 0, &cause) || cause.value != UNI_CAUSE_INVALID_CREF)
		return;
	l->stats.labels_proven++;
	uni_label_take_back(l, label, l->epoch);
}

/* SIG-43..46 */
static void
receive_unknown_reference(struct uni_link *l, const struct uni_msg *m)
{
	union uni_ie_body body;

	l->stats.unknown_reference++;
	switch (m->hdr.type) {
	case UNI_MT_RELEASE_COMPLETE:
		prove_done(l, m);
		break;
	case UNI_MT_STATUS:
		uni_enquiry_forget(l, ref_of(m));
		prove_done(l, m);
		if (uni_msg_get(m, UNI_IE_CALLSTATE, &body) && body.octet != UNI_ST_NULL)
			uni_answer_release_complete(
				l, ref_of(m), UNI_CAUSE_MSG_STATE, UNI_MT_STATUS, false);
		break;
	case UNI_MT_STATUS_ENQUIRY:
		uni_status_answer(l, NULL, ref_of(m), m);
		break;
	default:
		uni_answer_release_complete(
			l, ref_of(m), UNI_CAUSE_INVALID_CREF, -1, m->hdr.type == UNI_MT_RELEASE);
	}
}

void
uni_call_receive(struct uni_link *l, struct uni_msg *m, uint64_t now_ns)
{
	struct uni_hot *c = uni_ref_find(l, ref_of(m));

	/* A call that only has its RELEASE COMPLETE to say is unknown to all but SETUP. */
	if (c != NULL && (!uni_sweep_settle(l, c, now_ns) || c->state == UNI_ST_NULL))
		c = NULL;
	if (l->recorder != NULL)
		uni_trace_received(l, c, m);
	if (m->hdr.type == UNI_MT_SETUP)
		receive_setup(l, m, now_ns);
	else if (c != NULL)
		receive_in_call(l, c, m, now_ns);
	else
		receive_unknown_reference(l, m);
	uni_trace_settle(l);
}

static bool
is_dropped(struct uni_link *l, const struct uni_msg *m)
{
	switch ((enum uni_verdict)m->verdict) {
	case UNI_VERDICT_DROP_SHORT:
		l->stats.drop_short++;
		return true;
	case UNI_VERDICT_DROP_PD:
		l->stats.drop_discriminator++;
		return true;
	case UNI_VERDICT_DROP_CRLEN:
		l->stats.drop_reference_length++;
		return true;
	default:
		break;
	}
	if (m->hdr.cref == UNI_CREF_DUMMY)
		l->stats.drop_dummy++;
	return m->hdr.cref == UNI_CREF_DUMMY;
}

void
uni_link_receive(struct uni_link *l, const uint8_t *message, size_t len, uint64_t now_ns)
{
	struct uni_msg m;

	if (!l->up) {
		l->stats.drop_link_down++;
		return;
	}
	l->rx_ns = now_ns;
	uni_msg_decode(&m, message, len);
	if (is_dropped(l, &m)) /* SIG-40 */
		return;
	l->stats.rx[m.hdr.type]++;
	if (m.verdict == UNI_VERDICT_IE_ERROR)
		l->stats.bad_elements++;
	if (m.hdr.cref != UNI_CREF_GLOBAL) {
		uni_call_receive(l, &m, now_ns);
	} else {
		if (l->recorder != NULL)
			uni_trace_received(l, NULL, &m);
		uni_trace_settle(l);
		uni_restart_receive(l, &m, now_ns);
	}
	uni_tx_kick(l, now_ns);
}
