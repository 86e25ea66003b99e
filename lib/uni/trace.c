/* SPDX-License-Identifier: BSD-3-Clause */
#include "uni/party_priv.h"

/*
 * A received message or an expired timer is written down when it comes, and its state after is
 * mended when it has moved: so the record has cause before effect, whatever a handler does.
 */

/* Of a message about a party. */
static void
note_endpoint(struct uni_trace *t, const struct uni_msg *m)
{
	union uni_ie_body body;

	if (uni_msg_get(m, UNI_IE_EPREF, &body))
		t->endpoint = body.epref.value;
}

/* A good element has its value in octet 6. */
static uint8_t
cause_of(const struct uni_msg *m)
{
	const struct uni_ie_entry *cause = uni_msg_find(m, UNI_IE_CAUSE);

	return cause != NULL ? uni_msg_contents(m, cause)[1] & 0x7f : 0;
}

/* And its location in octet 5. */
static void
note_location(struct uni_trace *t, const struct uni_msg *m)
{
	const struct uni_ie_entry *cause = uni_msg_find(m, UNI_IE_CAUSE);

	if (cause != NULL)
		t->reference |= (uint32_t)(uni_msg_contents(m, cause)[0] & 0xf)
				<< UNI_TRACE_LOCATION_SHIFT;
}

void
uni_link_record(struct uni_link *l, struct uni_recorder *recorder, uint8_t number)
{
	l->recorder = recorder;
	l->number = number;
}

static_assert(UNI_TRACE_REFERENCE == UNI_REF_VALUE && UNI_TRACE_F_OURS == UNI_REF_OURS,
	"a reference is told as calls have it");

/* A call that has a reference is found by that of the message: they are the same. */
void
uni_trace_received(struct uni_link *l, const struct uni_hot *c, const struct uni_msg *m)
{
	struct uni_trace *t = uni_recorder_put(l->recorder);

	l->noted = t;
	t->time_ns = l->rx_ns;
	t->call = c != NULL ? c->handle : 0;
	t->vc = 0;
	t->reference = m->hdr.cref | (m->hdr.flag ? UNI_TRACE_F_OURS : 0);
	t->label = c != NULL ? c->label : UNI_LABEL_NONE;
	t->endpoint = UNI_TRACE_NO_ENDPOINT;
	t->link = l->number;
	t->kind = UNI_TRACE_RECEIVED;
	t->what = m->hdr.type;
	t->before = t->after = c != NULL ? c->state : (uint8_t)UNI_TRACE_NONE;
	t->cause = cause_of(m);
	note_location(t, m);
	if (c != NULL && uni_call_is_multipoint(c))
		note_endpoint(t, m);
}

void
uni_trace_expired(struct uni_link *l, const struct uni_hot *c, uint16_t endpoint, uint16_t timer,
	uint64_t now_ns)
{
	if (l->recorder == NULL)
		return;
	l->noted = uni_recorder_put(l->recorder);
	*l->noted = (struct uni_trace){
		.time_ns = now_ns,
		.call = c->handle,
		.reference = c->ref,
		.label = c->label,
		.endpoint = endpoint,
		.link = l->number,
		.kind = UNI_TRACE_EXPIRED,
		.what = (uint8_t)(timer != 0 ? timer - UNI_TRACE_TIMER_BASE : UNI_TRACE_ANSWER),
		.before = c->state,
		.after = c->state,
	};
}

void
uni_trace_tell_party(
	struct uni_link *l, const struct uni_hot *c, const struct uni_party *p, uint8_t after)
{
	l->noted->reference |= UNI_TRACE_F_PARTY;
	l->noted->before = p->state;
	l->noted->endpoint = p->ref;
	uni_trace_tell(l, c, after);
}

/* What goes with a message of a call, by its type. */
static uint8_t
cause_sent(const struct uni_hot *c, uint8_t type)
{
	if (type == UNI_MT_RELEASE || type == UNI_MT_RELEASE_COMPLETE)
		return c->cause;
	return type == UNI_MT_MODIFY_REJECT ? c->modify.cause : 0;
}

void
uni_trace_sent(struct uni_link *l, const struct uni_hot *c, const uint8_t *message, uint64_t now_ns)
{
	struct uni_trace *t = uni_recorder_put(l->recorder);
	const uint8_t type = message[5];

	t->time_ns = now_ns;
	t->call = c->handle;
	t->vc = 0;
	t->reference = c->ref;
	t->label = c->label;
	t->endpoint = UNI_TRACE_NO_ENDPOINT;
	t->link = l->number;
	t->kind = UNI_TRACE_SENT;
	t->what = type;
	t->before = t->after = c->state;
	t->cause = cause_sent(c, type);
	if ((c->flags & UNI_CALL_F_AGAIN) && (type == UNI_MT_SETUP || type == UNI_MT_RELEASE))
		t->reference |= UNI_TRACE_F_AGAIN;
}

void
uni_trace_sent_party(struct uni_link *l, const struct uni_hot *c, const struct uni_party *p,
	uint8_t type, uint64_t now_ns)
{
	*uni_recorder_put(l->recorder) = (struct uni_trace){
		.time_ns = now_ns,
		.call = c->handle,
		.reference = c->ref | UNI_TRACE_F_PARTY,
		.label = c->label,
		.endpoint = p->ref,
		.link = l->number,
		.kind = UNI_TRACE_SENT,
		.what = type,
		.before = p->state,
		.after = p->state,
		.cause = p->cause,
	};
}

void
uni_trace_answered(struct uni_link *l, const uint8_t *message, size_t len, uint64_t now_ns)
{
	const struct uni_hot *c = NULL;
	uint8_t state = UNI_TRACE_NONE;
	struct uni_trace *t;
	struct uni_msg m;

	uni_msg_decode(&m, message, len);
	if (m.hdr.cref != UNI_CREF_GLOBAL)
		c = uni_ref_find(l, m.hdr.cref | (m.hdr.flag ? 0 : UNI_REF_OURS));
	if (c != NULL)
		state = c->state;
	t = uni_recorder_put(l->recorder);
	*t = (struct uni_trace){
		.time_ns = now_ns,
		.call = c != NULL ? c->handle : 0,
		.reference = m.hdr.cref | (m.hdr.flag ? 0 : UNI_TRACE_F_OURS),
		.label = c != NULL ? c->label : UNI_LABEL_NONE,
		.endpoint = UNI_TRACE_NO_ENDPOINT,
		.link = l->number,
		.kind = UNI_TRACE_SENT,
		.what = m.hdr.type,
		.before = state,
		.after = state,
		.cause = cause_of(&m),
	};
	if (c != NULL && uni_call_is_multipoint(c))
		note_endpoint(t, &m);
}
