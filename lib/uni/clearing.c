/* SPDX-License-Identifier: BSD-3-Clause */
#include "uni/clearing.h"

#include <errno.h>
#include <string.h>

#include "uni/elements_priv.h"

static bool
take_cause(struct uni_release *r, uint32_t nth, const struct uni_cause *c)
{
	if (nth == 0) {
		r->cause = c->value;
		r->location = c->location;
		r->coding = c->coding;
		r->diagnostics = c->diag;
		r->diagnostics_len = c->n_diag;
	} else {
		r->cause2 = c->value;
		r->location2 = c->location;
		r->coding2 = c->coding;
		r->diagnostics2 = c->diag;
		r->diagnostics2_len = c->n_diag;
	}
	return nth < 2;
}

static bool
take(struct uni_release *r, const uint8_t *p, uint32_t len, uint32_t *n_causes)
{
	const uint8_t *contents = p + UNI_IE_HEADER_SIZE;
	struct uni_cause cause;

	switch (uni_ie_of_id[p[0]]) {
	case UNI_IE_CAUSE:
		return uni_ie_decode_cause(&cause, contents, len, p[1] >> 5 & 3) == 0 &&
		       take_cause(r, (*n_causes)++, &cause);
	case UNI_IE_UU:
		if (r->uu != NULL)
			return false;
		r->uu = contents;
		r->uu_len = len;
		return true;
	case UNI_IE_GIT:
		if (r->git != NULL)
			return false;
		r->git = contents;
		r->git_len = len;
		return true;
	default:
		return false;
	}
}

int
uni_clearing_decode(struct uni_release *out, const struct uni_elements *e)
{
	uint32_t off, size, n_causes = 0;

	memset(out, 0, sizeof(*out));
	out->label = UNI_LABEL_NONE;
	if (!uni_elements_are_good(e))
		return -EINVAL;
	for (off = 0; off < e->len; off += size) {
		size = uni_element_size(e, off);
		if (!take(out, e->octets + off, size - UNI_IE_HEADER_SIZE, &n_causes))
			return -EINVAL;
	}
	return 0;
}

static void
enc_cause(struct uni_enc *enc, uint8_t value, uint8_t location, uint8_t coding, const uint8_t *diag,
	uint32_t n_diag)
{
	const struct uni_cause cause = {
		.coding = coding,
		.location = location & 0xf,
		.value = value & 0x7f,
		.n_diag = (uint8_t)(n_diag < UNI_MAX_DIAGNOSTICS ? n_diag : UNI_MAX_DIAGNOSTICS),
		.diag = diag,
	};

	uni_enc_ie_cause(enc, &cause);
}

uint32_t
uni_clearing_encode(uint8_t *room, const struct uni_release *r)
{
	struct uni_enc enc = { .buf = room, .size = UNI_MAX_CLEARING };

	if (r->cause != 0)
		enc_cause(
			&enc, r->cause, r->location, r->coding, r->diagnostics, r->diagnostics_len);
	if (r->cause2 != 0)
		enc_cause(&enc, r->cause2, r->location2, r->coding2, r->diagnostics2,
			r->diagnostics2_len);
	if (r->git_len > 0 && r->git_len <= UNI_MAX_GIT)
		uni_enc_ie_raw(&enc, uni_ie_id(UNI_IE_GIT), 0xe0, r->git, r->git_len);
	if (r->uu_len > 0 && r->uu_len <= UNI_MAX_UU)
		uni_enc_ie_raw(&enc, uni_ie_id(UNI_IE_UU), 0x80, r->uu, r->uu_len);
	return (uint32_t)enc.len;
}
