/* SPDX-License-Identifier: BSD-3-Clause */
#include "uni/party_priv.h"

/*
 * A received message or an expired timer is noted first, and told when the state has moved: that is
 * before the handlers run which it leads to, so the record has cause before effect.
 */

static uint16_t
endpoint_of(const struct uni_hot *c, const struct uni_msg *m)
{
	union uni_ie_body body;

	if (c == NULL || !uni_call_is_multipoint(c) || !uni_msg_get(m, UNI_IE_EPREF, &body))
		return UNI_TRACE_NO_ENDPOINT;
	return body.epref.value;
}

static uint8_t
cause_of(const struct uni_msg *m)
{
	struct uni_cause cause;

	return uni_msg_has(m, UNI_IE_CAUSE) && uni_msg_cause(m, 0, &cause) ? cause.value : 0;
}

static void
about_call(struct uni_trace *t, const struct uni_hot *c)
{
	t->call = c->handle;
	t->label = c->label;
	if (c->ref == 0)
		return; /* over: the message still says which one it was */
	t->reference = c->ref & UNI_REF_VALUE;
	t->ours = uni_call_is_ours(c);
}

void
uni_trace_received(struct uni_link *l, const struct uni_hot *c, const struct uni_msg *m)
{
	struct uni_trace *t = &l->trace;

	*t = (struct uni_trace){
		.reference = m->hdr.cref,
		.label = UNI_LABEL_NONE,
		.endpoint = endpoint_of(c, m),
		.kind = UNI_TRACE_RECEIVED,
		.what = m->hdr.type,
		.before = c != NULL ? c->state : (uint8_t)UNI_TRACE_NONE,
		.cause = cause_of(m),
		.ours = m->hdr.flag,
	};
	if (c != NULL)
		about_call(t, c);
	l->noted = true;
}

void
uni_trace_expired(struct uni_link *l, const struct uni_hot *c, uint16_t endpoint, uint16_t timer)
{
	if (l->ops->trace == NULL)
		return;
	l->trace = (struct uni_trace){
		.endpoint = endpoint,
		.kind = UNI_TRACE_EXPIRED,
		.what = (uint8_t)(timer != 0 ? timer - UNI_TRACE_TIMER_BASE : UNI_TRACE_ANSWER),
		.before = c->state,
	};
	about_call(&l->trace, c);
	l->noted = true;
}

void
uni_trace_tell(struct uni_link *l, const struct uni_hot *c, uint8_t after, uint64_t now_ns)
{
	struct uni_trace *t = &l->trace;

	l->noted = false;
	if (c != NULL && t->call == 0)
		about_call(t, c);
	t->after = after;
	l->ops->trace(l->arg, t, now_ns);
}

void
uni_trace_tell_party(struct uni_link *l, const struct uni_hot *c, const struct uni_party *p,
	uint8_t after, uint64_t now_ns)
{
	l->trace.party = true;
	l->trace.before = p->state;
	l->trace.endpoint = p->ref;
	uni_trace_tell(l, c, after, now_ns);
}

void
uni_trace_sent(struct uni_link *l, const struct uni_hot *c, const uint8_t *message, uint64_t now_ns)
{
	const uint8_t type = message[5];
	const bool clearing = type == UNI_MT_RELEASE || type == UNI_MT_RELEASE_COMPLETE;
	struct uni_trace t = {
		.endpoint = UNI_TRACE_NO_ENDPOINT,
		.kind = UNI_TRACE_SENT,
		.what = type,
		.before = c->state,
		.after = c->state,
		.cause = clearing                       ? c->cause
			 : type == UNI_MT_MODIFY_REJECT ? c->modify.cause
							: 0,
		.again = (c->flags & UNI_CALL_F_AGAIN) != 0 &&
			 (type == UNI_MT_SETUP || type == UNI_MT_RELEASE),
	};

	about_call(&t, c);
	l->ops->trace(l->arg, &t, now_ns);
}

void
uni_trace_sent_party(struct uni_link *l, const struct uni_hot *c, const struct uni_party *p,
	uint8_t type, uint64_t now_ns)
{
	struct uni_trace t = {
		.endpoint = p->ref,
		.kind = UNI_TRACE_SENT,
		.what = type,
		.before = p->state,
		.after = p->state,
		.cause = p->cause,
		.party = true,
	};

	about_call(&t, c);
	l->ops->trace(l->arg, &t, now_ns);
}

void
uni_trace_answered(struct uni_link *l, const uint8_t *message, size_t len, uint64_t now_ns)
{
	const struct uni_hot *c;
	struct uni_msg m;
	struct uni_trace t;

	uni_msg_decode(&m, message, len);
	t = (struct uni_trace){
		.reference = m.hdr.cref,
		.label = UNI_LABEL_NONE,
		.kind = UNI_TRACE_SENT,
		.what = m.hdr.type,
		.before = UNI_TRACE_NONE,
		.after = UNI_TRACE_NONE,
		.cause = cause_of(&m),
		.ours = !m.hdr.flag,
	};
	c = m.hdr.cref != UNI_CREF_GLOBAL
		    ? uni_ref_find(l, m.hdr.cref | (t.ours ? UNI_REF_OURS : 0))
		    : NULL;
	t.endpoint = endpoint_of(c, &m);
	if (c != NULL) {
		about_call(&t, c);
		t.before = t.after = c->state;
	}
	l->ops->trace(l->arg, &t, now_ns);
}
