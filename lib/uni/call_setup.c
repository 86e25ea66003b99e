/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <string.h>

#include "uni/uni_priv.h"

/* SETUP between its octets and struct uni_setup. */

static bool
address_is_valid(const struct uni_address *a)
{
	switch (a->type) {
	case UNI_ADDRESS_NONE:
		return true;
	case UNI_ADDRESS_E164:
		return a->len >= 1 && a->len <= UNI_NUMBER_E164_MAX;
	case UNI_ADDRESS_AESA:
		return a->len == UNI_NUMBER_AESA_SIZE;
	default:
		return false;
	}
}

bool
uni_setup_is_valid(const struct uni_setup *s)
{
	const struct uni_elements given = { s->elements, s->elements_len };

	return uni_elements_are_whole(&given) && s->called.type != UNI_ADDRESS_NONE &&
	       address_is_valid(&s->called) && address_is_valid(&s->calling) &&
	       s->fwd_peak <= 0xffffff && s->bwd_peak <= 0xffffff && s->fwd_sustained <= 0xffffff &&
	       s->bwd_sustained <= 0xffffff && s->fwd_burst <= 0xffffff && s->bwd_burst <= 0xffffff;
}

static void
number_of(struct uni_number *n, const struct uni_address *a)
{
	memset(n, 0, sizeof(*n));
	n->ton =
		a->type == UNI_ADDRESS_E164 ? UNI_NUMBER_TON_INTERNATIONAL : UNI_NUMBER_TON_UNKNOWN;
	n->plan = a->type == UNI_ADDRESS_E164 ? UNI_NUMBER_PLAN_E164 : UNI_NUMBER_PLAN_AESA;
	n->n_digits = a->len;
	memcpy(n->digits, a->octets, a->len);
}

static void
say_rate(struct uni_traffic *t, enum uni_traffic_field field, uint32_t value)
{
	t->has |= 1u << field;
	t->value[field] = value;
}

/* SIG-34: a sustainable rate goes with a burst size, and never with best effort. */
static void
say_sustained(struct uni_traffic *t, const struct uni_setup *s)
{
	if (s->best_effort)
		return;
	if (s->fwd_sustained != 0) {
		say_rate(t, UNI_TRAFFIC_FSCR01, s->fwd_sustained);
		say_rate(t, UNI_TRAFFIC_FMBS01, s->fwd_burst);
	}
	if (s->bwd_sustained != 0 && !s->multipoint) {
		say_rate(t, UNI_TRAFFIC_BSCR01, s->bwd_sustained);
		say_rate(t, UNI_TRAFFIC_BMBS01, s->bwd_burst);
	}
}

static void
enc_traffic(struct uni_enc *enc, const struct uni_setup *s)
{
	struct uni_traffic t = { 0 };

	say_rate(&t, UNI_TRAFFIC_FPCR01, s->fwd_peak);
	say_rate(&t, UNI_TRAFFIC_BPCR01, s->multipoint ? 0 : s->bwd_peak); /* SIG-36 */
	if (s->best_effort)
		t.has |= 1u << UNI_TRAFFIC_BE;
	say_sustained(&t, s);
	uni_enc_ie_traffic(enc, &t);
}

static void
enc_connid(struct uni_enc *enc, const struct uni_hot *c, uint32_t vpci_any)
{
	struct uni_connid id = { .assoc = UNI_CONNID_EXPLICIT };

	id.pref = c->label != UNI_LABEL_NONE ? UNI_CONNID_EXCLUSIVE : UNI_CONNID_ANY_VCI;
	id.vpci = (uint16_t)(c->label != UNI_LABEL_NONE ? c->label >> 16 : vpci_any);
	id.vci = (uint16_t)(c->label != UNI_LABEL_NONE ? c->label : 0);
	uni_enc_ie_connid(enc, &id);
}

/* What a SETUP or ADD PARTY is made from. */
struct source {
	const struct uni_link *link;
	const struct uni_hot *call;
	const struct uni_setup *setup;
	struct uni_elements given;
	struct uni_epref epref;
};

/* What is said where nothing was given as coded. */
static void
enc_own(struct uni_enc *enc, enum uni_ie ie, const void *arg)
{
	const struct source *src = arg;
	const struct uni_setup *s = src->setup;
	const struct uni_bearer bearer = { .cls = UNI_BEARER_X, .multipoint = s->multipoint };
	static const struct uni_qos qos = { .coding = UNI_CODING_ITU };
	struct uni_number number;

	switch (ie) {
	case UNI_IE_TRAFFIC:
		enc_traffic(enc, s);
		break;
	case UNI_IE_BEARER:
		uni_enc_ie_bearer(enc, &bearer);
		break;
	case UNI_IE_CALLED:
		number_of(&number, &s->called);
		uni_enc_ie_called(enc, &number);
		break;
	case UNI_IE_CALLING:
		if (s->calling.type == UNI_ADDRESS_NONE)
			break;
		number_of(&number, &s->calling);
		uni_enc_ie_calling(enc, &number);
		break;
	case UNI_IE_CONNID: /* SIG-30 */
		if (src->call->label != UNI_LABEL_NONE || src->link->params.ask == UNI_ASK_ANY_VCI)
			enc_connid(enc, src->call, src->link->params.vpci_first);
		break;
	case UNI_IE_EPREF:
		if (uni_call_is_multipoint(src->call) || s->multipoint)
			uni_enc_ie_epref(enc, &src->epref);
		break;
	case UNI_IE_QOS:
		if (!uni_elements_have(&src->given, UNI_IE_EXQOS))
			uni_enc_ie_qos(enc, &qos);
		break;
	default:
		break;
	}
}

static int
encode(struct uni_setup_buf *buf, uint8_t type, const struct source *src)
{
	const struct uni_header hdr = { .cref = src->call->ref & UNI_REF_VALUE, .type = type };
	struct uni_enc enc;
	int len;

	uni_enc_begin(&enc, buf->octets, src->link->params.max_setup, &hdr);
	uni_enc_in_order(&enc, type, &src->given, enc_own, src);
	len = uni_enc_end(&enc);
	if (len < 0)
		return -EMSGSIZE;
	buf->len = (uint32_t)len;
	return 0;
}

int
uni_setup_encode(struct uni_setup_buf *buf, const struct uni_link *l, const struct uni_hot *c,
	const struct uni_setup *s)
{
	const struct source src = {
		.link = l,
		.call = c,
		.setup = s,
		.given = { s->elements, s->elements_len },
		.epref = { .value = 0 }, /* SIG-103 */
	};

	return encode(buf, UNI_MT_SETUP, &src);
}

/* The numbers are said in the same way as in SETUP. */
int
uni_add_party_encode(struct uni_setup_buf *buf, const struct uni_link *l, const struct uni_hot *c,
	uint16_t party_ref, const struct uni_setup *s)
{
	const struct source src = {
		.link = l,
		.call = c,
		.setup = s,
		.given = { s->elements, s->elements_len },
		.epref = { .value = party_ref },
	};

	return encode(buf, UNI_MT_ADD_PARTY, &src);
}

static void
address_of(struct uni_address *a, const struct uni_msg *m, enum uni_ie ie)
{
	union uni_ie_body body;

	if (!uni_msg_get(m, ie, &body))
		return;
	a->type = body.number.plan == UNI_NUMBER_PLAN_E164 ? UNI_ADDRESS_E164 : UNI_ADDRESS_AESA;
	a->len = body.number.n_digits;
	memcpy(a->octets, body.number.digits, body.number.n_digits);
}

static uint32_t
said(const struct uni_traffic *t, enum uni_traffic_field field)
{
	return (t->has & 1u << field) != 0 ? t->value[field] : 0;
}

/* What is above a sustainable rate of CLP 0 alone is tagged, or is CLP 1: either is yellow. */
static void
take_traffic(struct uni_setup *out, const struct uni_traffic *t)
{
	out->fwd_peak = said(t, UNI_TRAFFIC_FPCR01);
	out->bwd_peak = said(t, UNI_TRAFFIC_BPCR01);
	out->fwd_sustained = said(t, UNI_TRAFFIC_FSCR01) | said(t, UNI_TRAFFIC_FSCR0);
	out->bwd_sustained = said(t, UNI_TRAFFIC_BSCR01) | said(t, UNI_TRAFFIC_BSCR0);
	out->fwd_burst = said(t, UNI_TRAFFIC_FMBS01) | said(t, UNI_TRAFFIC_FMBS0);
	out->bwd_burst = said(t, UNI_TRAFFIC_BMBS01) | said(t, UNI_TRAFFIC_BMBS0);
	out->best_effort = (t->has & 1u << UNI_TRAFFIC_BE) != 0;
}

static bool
is_multipoint(const struct uni_msg *m)
{
	union uni_ie_body body;

	return uni_msg_get(m, UNI_IE_BEARER, &body) && body.bearer.multipoint;
}

void
uni_setup_decode(struct uni_setup *out, const struct uni_msg *m, uint8_t *elements)
{
	struct uni_elements given;
	union uni_ie_body body;

	memset(out, 0, sizeof(*out));
	out->label = UNI_LABEL_NONE;
	address_of(&out->called, m, UNI_IE_CALLED);
	address_of(&out->calling, m, UNI_IE_CALLING);
	if (uni_msg_get(m, UNI_IE_TRAFFIC, &body))
		take_traffic(out, &body.traffic);
	out->multipoint = m->hdr.type == UNI_MT_ADD_PARTY || is_multipoint(m);
	if (out->multipoint) /* SIG-36 */
		out->bwd_peak = out->bwd_sustained = out->bwd_burst = 0;
	given = uni_elements_collect(m, elements);
	out->elements = given.octets;
	out->elements_len = given.len;
}

/* Whether there is room for a multipoint call. */
static uint8_t
refusal_of_multipoint(const struct uni *u)
{
	if (u->parties.n_max == 0)
		return UNI_CAUSE_BEARER_NOT_IMPLEMENTED;
	return u->parties.n_free > 0 && u->multis.n_free > 0 ? 0 : UNI_CAUSE_NO_RESOURCE;
}

uint8_t
uni_setup_refusal(const struct uni *u, const struct uni_msg *m)
{
	union uni_ie_body body;
	uint8_t cause = 0;

	if (uni_msg_get(m, UNI_IE_BEARER, &body)) {
		if (body.bearer.cls == UNI_BEARER_TRANSPARENT_VP)
			cause = UNI_CAUSE_BEARER_NOT_IMPLEMENTED;
		else if (body.bearer.multipoint)
			cause = refusal_of_multipoint(u);
	}
	if (cause != 0)
		return cause;
	if (uni_msg_get(m, UNI_IE_TRAFFIC, &body) && !uni_traffic_is_supported(&body.traffic))
		return UNI_CAUSE_TRAFFIC_UNSUPPORTED; /* SIG-34 */
	return 0;
}
