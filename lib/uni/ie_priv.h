/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/** @file What the decoders and the encoders of elements share. */

#include "uni/ie.h"

/** The bounds and codings of section 3, to be asked before any octet is read. */
static inline bool
uni_ie_fits(enum uni_ie ie, uint32_t len, uint8_t coding)
{
	const struct uni_ie_info *info = &uni_ie_info[ie];

	return len >= info->min && len <= info->max && (info->codings >> coding & 1) != 0;
}

/**
 * The decoder of each element but UNI_IE_NONE, all of one type. To be called only when
 * uni_ie_fits() is true.
 */
extern int (*const uni_ie_decoders[UNI_IE_COUNT])(
	union uni_ie_body *out, const uint8_t *contents, uint32_t len, uint8_t coding);

/** The encoder of each element but UNI_IE_NONE, all of one type. */
extern void (*const uni_ie_encoders[UNI_IE_COUNT])(struct uni_enc *e, const union uni_ie_body *in);

#define UNI_SUBFIELDS_MAX 16

/**
 * The subfields of an element that is a list of identifier and value. Bit and index of one in
 * the typed struct are those of its row, and we send them in that order.
 */
struct uni_subset {
	uint32_t known; /**< Bit n: there is a row n. */
	struct uni_subfield {
		uint8_t id;
		uint8_t size; /**< Octets of the value. */
	} field[UNI_SUBFIELDS_MAX];
	/** The row of an identifier, by its low six bits: which of a set differ. */
	uint8_t row[64];
};

#define UNI_SUBFIELD_SLOT(id) ((id)&0x3f)

extern const struct uni_subset uni_traffic_set;
extern const struct uni_subset uni_exqos_set;
extern const struct uni_subset uni_eetd_set;

/** The set of an AAL type, empty for those that have none; NULL for an unknown type. */
const struct uni_subset *uni_aal_set(uint8_t type);
