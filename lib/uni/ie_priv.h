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

#define UNI_SUBFIELDS_MAX 16

/**
 * The subfields of an element that is a list of identifier and value, in the order in which
 * we send them.
 */
struct uni_subset {
	uint8_t n;
	struct uni_subfield {
		uint8_t id;
		uint8_t size;  /**< Octets of the value. */
		uint8_t field; /**< Bit and index in the typed struct. */
	} field[UNI_SUBFIELDS_MAX];
};

extern const struct uni_subset uni_traffic_set;
extern const struct uni_subset uni_exqos_set;
extern const struct uni_subset uni_eetd_set;

/** The set of an AAL type, empty for those that have none; NULL for an unknown type. */
const struct uni_subset *uni_aal_set(uint8_t type);
