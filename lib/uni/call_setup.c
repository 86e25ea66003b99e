/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <string.h>

#include "uni/uni_priv.h"

/* SETUP between its octets and struct uni_setup. */

/* In the order sent (section 5). */
static const uint8_t setup_order[] = {
	UNI_IE_AAL,
	UNI_IE_TRAFFIC,
	UNI_IE_BEARER,
	UNI_IE_BHLI,
	UNI_IE_REPEAT,
	UNI_IE_BLLI,
	UNI_IE_CALLED,
	UNI_IE_CALLEDSUB,
	UNI_IE_CALLING,
	UNI_IE_CALLINGSUB,
	UNI_IE_CONNID,
	UNI_IE_QOS,
	UNI_IE_EXQOS,
	UNI_IE_EETD,
	UNI_IE_NOTIFY,
	UNI_IE_SCOMPL,
	UNI_IE_TNS,
	UNI_IE_EPREF,
	UNI_IE_UU,
	UNI_IE_GIT,
};

static const uint8_t add_party_order[] = {
	UNI_IE_AAL,
	UNI_IE_BHLI,
	UNI_IE_BLLI,
	UNI_IE_CALLED,
	UNI_IE_CALLEDSUB,
	UNI_IE_CALLING,
	UNI_IE_CALLINGSUB,
	UNI_IE_SCOMPL,
	UNI_IE_TNS,
	UNI_IE_EPREF,
	UNI_IE_NOTIFY,
	UNI_IE_EETD,
	UNI_IE_UU,
	UNI_IE_GIT,
};

/* Octets of the element at @p off, 0 when it does not fit. */
static uint32_t
element_size(const struct uni_setup *s, uint32_t off)
{
	uint32_t left = s->elements_len - off, size;

	if (left < UNI_IE_HEADER_SIZE)
		return 0;
	size = UNI_IE_HEADER_SIZE + ((uint32_t)s->elements[off + 2] << 8 | s->elements[off + 3]);
	return size <= left ? size : 0;
}

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
	uint32_t off, size;

	for (off = 0; off < s->elements_len; off += size) {
		size = element_size(s, off);
		if (size == 0)
			return false;
	}
	return s->called.type != UNI_ADDRESS_NONE && address_is_valid(&s->called) &&
	       address_is_valid(&s->calling) && s->fwd_peak <= 0xffffff && s->bwd_peak <= 0xffffff;
}

/* Copy what was given as coded; false when there is none. */
static bool
copy_elements(struct uni_enc *enc, const struct uni_setup *s, uint8_t id)
{
	const uint8_t *p;
	bool found = false;
	uint32_t off, size;

	for (off = 0; off < s->elements_len; off += size) {
		p = s->elements + off;
		size = element_size(s, off);
		if (p[0] != id)
			continue;
		uni_enc_ie_raw(enc, id, p[1], p + UNI_IE_HEADER_SIZE, size - UNI_IE_HEADER_SIZE);
		found = true;
	}
	return found;
}

static bool
has_element(const struct uni_setup *s, uint8_t id)
{
	uint32_t off;

	for (off = 0; off < s->elements_len; off += element_size(s, off))
		if (s->elements[off] == id)
			return true;
	return false;
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
enc_traffic(struct uni_enc *enc, const struct uni_setup *s)
{
	struct uni_traffic t = { 0 };

	t.has = 1u << UNI_TRAFFIC_FPCR01 | 1u << UNI_TRAFFIC_BPCR01;
	if (s->best_effort)
		t.has |= 1u << UNI_TRAFFIC_BE;
	t.value[UNI_TRAFFIC_FPCR01] = s->fwd_peak;
	t.value[UNI_TRAFFIC_BPCR01] = s->multipoint ? 0 : s->bwd_peak; /* SIG-36 */
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

/* What is said where nothing was given as coded. */
static void
enc_own(struct uni_enc *enc, const struct uni_link *l, const struct uni_hot *c,
	const struct uni_setup *s, enum uni_ie ie)
{
	const struct uni_bearer bearer = { .cls = UNI_BEARER_X, .multipoint = s->multipoint };
	static const struct uni_epref first_party = { .value = 0 }; /* SIG-103 */
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
		if (c->label != UNI_LABEL_NONE || l->params.ask == UNI_ASK_ANY_VCI)
			enc_connid(enc, c, l->params.vpci_first);
		break;
	case UNI_IE_EPREF:
		if (s->multipoint)
			uni_enc_ie_epref(enc, &first_party);
		break;
	case UNI_IE_QOS:
		if (!has_element(s, uni_ie_id(UNI_IE_EXQOS)))
			uni_enc_ie_qos(enc, &qos);
		break;
	default:
		break;
	}
}

int
uni_setup_encode(struct uni_setup_buf *buf, const struct uni_link *l, const struct uni_hot *c,
	const struct uni_setup *s)
{
	const struct uni_header hdr = { .cref = c->ref & UNI_REF_VALUE, .type = UNI_MT_SETUP };
	struct uni_enc enc;
	uint32_t i;
	int len;

	uni_enc_begin(&enc, buf->octets, sizeof(buf->octets), &hdr);
	for (i = 0; i < sizeof(setup_order); i++) {
		enum uni_ie ie = setup_order[i];

		if (ie == UNI_IE_CONNID || ie == UNI_IE_EPREF ||
			!copy_elements(&enc, s, uni_ie_id(ie)))
			enc_own(&enc, l, c, s, ie);
	}
	len = uni_enc_end(&enc);
	if (len < 0)
		return -EMSGSIZE;
	buf->len = (uint32_t)len;
	return 0;
}

/* The numbers are said in the same way as in SETUP. */
static void
enc_own_of_party(struct uni_enc *enc, const struct uni_setup *s, enum uni_ie ie)
{
	struct uni_number number;

	if (ie == UNI_IE_CALLED) {
		number_of(&number, &s->called);
		uni_enc_ie_called(enc, &number);
	} else if (ie == UNI_IE_CALLING && s->calling.type != UNI_ADDRESS_NONE) {
		number_of(&number, &s->calling);
		uni_enc_ie_calling(enc, &number);
	}
}

int
uni_add_party_encode(struct uni_setup_buf *buf, const struct uni_hot *c, uint16_t party_ref,
	const struct uni_setup *s)
{
	const struct uni_header hdr = { .cref = c->ref & UNI_REF_VALUE, .type = UNI_MT_ADD_PARTY };
	const struct uni_epref epref = { .value = party_ref };
	struct uni_enc enc;
	uint32_t i;
	int len;

	uni_enc_begin(&enc, buf->octets, sizeof(buf->octets), &hdr);
	for (i = 0; i < sizeof(add_party_order); i++) {
		enum uni_ie ie = add_party_order[i];

		if (ie == UNI_IE_EPREF)
			uni_enc_ie_epref(&enc, &epref);
		else if (!copy_elements(&enc, s, uni_ie_id(ie)))
			enc_own_of_party(&enc, s, ie);
	}
	len = uni_enc_end(&enc);
	if (len < 0)
		return -EMSGSIZE;
	buf->len = (uint32_t)len;
	return 0;
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

/* Said by the fields, or of this link only. */
static bool
is_consumed(uint8_t ie)
{
	return ie == UNI_IE_CALLED || ie == UNI_IE_CONNID || ie == UNI_IE_EPREF;
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
	const struct uni_ie_entry *entry;
	union uni_ie_body body;
	uint32_t i, size;

	memset(out, 0, sizeof(*out));
	out->label = UNI_LABEL_NONE;
	address_of(&out->called, m, UNI_IE_CALLED);
	address_of(&out->calling, m, UNI_IE_CALLING);
	if (uni_msg_get(m, UNI_IE_TRAFFIC, &body)) {
		const struct uni_traffic *t = &body.traffic;

		if (t->has & 1u << UNI_TRAFFIC_FPCR01)
			out->fwd_peak = t->value[UNI_TRAFFIC_FPCR01];
		if (t->has & 1u << UNI_TRAFFIC_BPCR01)
			out->bwd_peak = t->value[UNI_TRAFFIC_BPCR01];
		out->best_effort = (t->has & 1u << UNI_TRAFFIC_BE) != 0;
	}
	out->multipoint = m->hdr.type == UNI_MT_ADD_PARTY || is_multipoint(m);
	if (out->multipoint)
		out->bwd_peak = 0; /* SIG-36 */
	for (i = 0; i < m->n_ie; i++) {
		entry = &m->ie[i];
		if (entry->verdict != UNI_IE_GOOD || is_consumed(entry->ie))
			continue;
		size = uni_msg_entry_size(m, entry);
		memcpy(elements + out->elements_len, m->octets + entry->off, size);
		out->elements_len += size;
	}
	out->elements = out->elements_len > 0 ? elements : NULL;
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
