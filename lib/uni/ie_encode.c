/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/bytes.h"
#include "uni/codec_priv.h"
#include "uni/ie_priv.h"

#define EXT 0x80

static void
put_octet(struct uni_enc *e, enum uni_ie ie, uint8_t octet)
{
	uni_enc_contents(e, ie, &octet, 1);
}

static inline uint32_t
subfields_size(const struct uni_subset *set, uint32_t has)
{
	uint32_t size = 0;

	for (uint32_t left = has & set->known; left != 0; left &= left - 1)
		size += 1U + set->field[__builtin_ctz(left)].size;
	return size;
}

static inline uint8_t *
put_value(uint8_t *p, uint32_t value, uint8_t size)
{
	switch (size) {
	case 0:
		break;
	case 1:
		p[0] = (uint8_t)value;
		break;
	case 2:
		cp_put_be16(p, (uint16_t)value);
		break;
	case 3:
		cp_put_be24(p, value);
		break;
	default:
		cp_put_be32(p, value);
		break;
	}
	return p + size;
}

static inline void
put_subfields(uint8_t *p, const struct uni_subset *set, uint32_t has, const uint32_t *value)
{
	for (uint32_t left = has & set->known; left != 0; left &= left - 1) {
		const uint32_t row = (uint32_t)__builtin_ctz(left);
		const struct uni_subfield *f = &set->field[row];

		*p++ = f->id;
		p = put_value(p, value[row], f->size);
	}
}

void
uni_enc_ie_cause(struct uni_enc *e, const struct uni_cause *in)
{
	uint8_t *p = uni_enc_open(e, UNI_IE_CAUSE, in->coding, 2U + in->n_diag);

	if (p == NULL)
		return;
	p[0] = EXT | in->location;
	p[1] = EXT | in->value;
	cp_copy_few(p + 2, in->diag, in->n_diag);
}

void
uni_enc_ie_callstate(struct uni_enc *e, uint8_t state)
{
	put_octet(e, UNI_IE_CALLSTATE, state);
}

void
uni_enc_ie_notify(struct uni_enc *e, const struct uni_octets *in)
{
	uni_enc_contents(e, UNI_IE_NOTIFY, in->data, in->len);
}

void
uni_enc_ie_eetd(struct uni_enc *e, const struct uni_eetd *in)
{
	uint8_t *p =
		uni_enc_open(e, UNI_IE_EETD, in->coding, subfields_size(&uni_eetd_set, in->has));

	if (p != NULL)
		put_subfields(p, &uni_eetd_set, in->has, in->value);
}

static void
put_number(struct uni_enc *e, enum uni_ie ie, const struct uni_number *in)
{
	uint8_t *p;

	if (in->n_digits > sizeof(in->digits)) {
		e->overflow = true;
		return;
	}
	p = uni_enc_open(e, ie, UNI_CODING_ITU, 1U + in->has_screen + in->n_digits);
	if (p == NULL)
		return;
	*p++ = (uint8_t)((in->has_screen ? 0 : EXT) | in->ton << 4 | in->plan);
	if (in->has_screen)
		*p++ = (uint8_t)(EXT | in->pres << 5 | in->screen);
	cp_copy_few(p, in->digits, in->n_digits);
}

void
uni_enc_ie_conned(struct uni_enc *e, const struct uni_number *in)
{
	put_number(e, UNI_IE_CONNED, in);
}

void
uni_enc_ie_calling(struct uni_enc *e, const struct uni_number *in)
{
	put_number(e, UNI_IE_CALLING, in);
}

void
uni_enc_ie_called(struct uni_enc *e, const struct uni_number *in)
{
	put_number(e, UNI_IE_CALLED, in);
}

static void
put_subaddr(struct uni_enc *e, enum uni_ie ie, const struct uni_subaddr *in)
{
	uint8_t *p = uni_enc_open(e, ie, UNI_CODING_ITU, 1U + in->n_addr);

	if (p == NULL)
		return;
	*p++ = (uint8_t)(EXT | in->type << 4 | in->odd << 3);
	cp_copy_few(p, in->addr, in->n_addr);
}

void
uni_enc_ie_connedsub(struct uni_enc *e, const struct uni_subaddr *in)
{
	put_subaddr(e, UNI_IE_CONNEDSUB, in);
}

void
uni_enc_ie_callingsub(struct uni_enc *e, const struct uni_subaddr *in)
{
	put_subaddr(e, UNI_IE_CALLINGSUB, in);
}

void
uni_enc_ie_calledsub(struct uni_enc *e, const struct uni_subaddr *in)
{
	put_subaddr(e, UNI_IE_CALLEDSUB, in);
}

void
uni_enc_ie_epref(struct uni_enc *e, const struct uni_epref *in)
{
	uint8_t *p = uni_enc_open(e, UNI_IE_EPREF, UNI_CODING_ITU, 3);

	if (p == NULL)
		return;
	p[0] = 0; /* locally defined integer */
	cp_put_be16(p + 1, (uint16_t)(in->flag << 15 | in->value));
}

void
uni_enc_ie_epstate(struct uni_enc *e, uint8_t state)
{
	put_octet(e, UNI_IE_EPSTATE, state);
}

void
uni_enc_ie_aal(struct uni_enc *e, const struct uni_aal *in)
{
	const struct uni_subset *set = uni_aal_set(in->type);
	uint32_t size = 1;
	uint8_t *p;

	if (set == NULL || (in->type == UNI_AAL_USER && in->n_user > sizeof(in->user))) {
		e->overflow = true;
		return;
	}
	size += in->type == UNI_AAL_USER ? in->n_user : subfields_size(set, in->has);
	p = uni_enc_open(e, UNI_IE_AAL, UNI_CODING_ITU, size);
	if (p == NULL)
		return;
	*p++ = in->type;
	if (in->type == UNI_AAL_USER)
		cp_copy_few(p, in->user, in->n_user);
	else
		put_subfields(p, set, in->has, in->value);
}

void
uni_enc_ie_traffic(struct uni_enc *e, const struct uni_traffic *in)
{
	uint8_t *p = uni_enc_open(
		e, UNI_IE_TRAFFIC, UNI_CODING_ITU, subfields_size(&uni_traffic_set, in->has));

	if (p != NULL)
		put_subfields(p, &uni_traffic_set, in->has, in->value);
}

void
uni_enc_ie_connid(struct uni_enc *e, const struct uni_connid *in)
{
	uint8_t *p = uni_enc_open(e, UNI_IE_CONNID, UNI_CODING_ITU, 5);

	if (p == NULL)
		return;
	p[0] = (uint8_t)(EXT | in->assoc << 3 | in->pref);
	cp_put_be16(p + 1, in->vpci);
	cp_put_be16(p + 3, in->vci);
}

void
uni_enc_ie_qos(struct uni_enc *e, const struct uni_qos *in)
{
	uint8_t *p = uni_enc_open(e, UNI_IE_QOS, in->coding, 2);

	if (p == NULL)
		return;
	p[0] = in->fwd;
	p[1] = in->bwd;
}

void
uni_enc_ie_bhli(struct uni_enc *e, const struct uni_bhli *in)
{
	uint8_t *p = uni_enc_open(e, UNI_IE_BHLI, UNI_CODING_ITU, 1U + in->n_info);

	if (p == NULL)
		return;
	*p++ = EXT | in->type;
	cp_copy_few(p, in->info, in->n_info);
}

void
uni_enc_ie_bearer(struct uni_enc *e, const struct uni_bearer *in)
{
	uint8_t *p = uni_enc_open(e, UNI_IE_BEARER, UNI_CODING_ITU, 2U + in->has_atc);

	if (p == NULL)
		return;
	*p++ = (in->has_atc ? 0 : EXT) | in->cls;
	if (in->has_atc)
		*p++ = EXT | in->atc;
	*p = (uint8_t)(EXT | in->clip << 5 | in->multipoint);
}

void
uni_enc_ie_scompl(struct uni_enc *e)
{
	put_octet(e, UNI_IE_SCOMPL, UNI_SCOMPL_OCTET);
}

void
uni_enc_ie_repeat(struct uni_enc *e)
{
	put_octet(e, UNI_IE_REPEAT, EXT | UNI_REPEAT_PRIORITISED);
}

void
uni_enc_ie_tns(struct uni_enc *e, const struct uni_tns *in)
{
	uint8_t *p = uni_enc_open(e, UNI_IE_TNS, in->coding, 1U + in->n_digits);

	if (p == NULL)
		return;
	*p++ = 0xa1; /* national, carrier identification code */
	cp_copy_few(p, in->digits, in->n_digits);
}

void
uni_enc_ie_restart(struct uni_enc *e, enum uni_restart_class restart_class)
{
	put_octet(e, UNI_IE_RESTART, EXT | (uint8_t)restart_class);
}

void
uni_enc_ie_uu(struct uni_enc *e, const struct uni_uu *in)
{
	uint8_t *p = uni_enc_open(e, UNI_IE_UU, UNI_CODING_ITU, 1U + in->len);

	if (p == NULL)
		return;
	*p++ = in->pd;
	cp_copy_few(p, in->data, in->len);
}

void
uni_enc_ie_git(struct uni_enc *e, const struct uni_octets *in)
{
	uint8_t *p = uni_enc_open(e, UNI_IE_GIT, UNI_CODING_NETWORK, in->len);

	if (p != NULL)
		cp_copy_few(p, in->data, in->len);
}

void
uni_enc_ie_report(struct uni_enc *e, uint8_t type)
{
	put_octet(e, UNI_IE_REPORT, type);
}

void
uni_enc_ie_exqos(struct uni_enc *e, const struct uni_exqos *in)
{
	uint8_t *p = uni_enc_open(
		e, UNI_IE_EXQOS, UNI_CODING_NETWORK, 1 + subfields_size(&uni_exqos_set, in->has));

	if (p == NULL)
		return;
	*p++ = in->origin;
	put_subfields(p, &uni_exqos_set, in->has, in->value);
}
