/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/** @file How an encoder makes room for an element. */

#include <string.h>

#include "base/bytes.h"
#include "uni/codec.h"

/**
 * Write an element's header, and count its contents in.
 *
 * @return
 *   Where its @p len octets of contents go; NULL, and the encoder overflowed, when they do
 *   not fit the buffer or the bounds of section 3.
 */
static inline uint8_t *
uni_enc_open(struct uni_enc *e, enum uni_ie ie, uint8_t coding, uint32_t len)
{
	const struct uni_ie_info *info = &uni_ie_info[ie];
	uint8_t *p = e->buf + e->len;

	if (len < info->min || len > info->max || e->size - e->len < UNI_IE_HEADER_SIZE + len) {
		e->overflow = true;
		return NULL;
	}
	p[0] = info->id;
	p[1] = (uint8_t)(0x80 | coding << 5); /* SIG-17 */
	cp_put_be16(p + 2, (uint16_t)len);
	e->len += UNI_IE_HEADER_SIZE + len;
	return p + UNI_IE_HEADER_SIZE;
}

/** The same for contents of ITU-T coding that lie ready. */
static inline void
uni_enc_contents(struct uni_enc *e, enum uni_ie ie, const uint8_t *contents, uint32_t len)
{
	uint8_t *p = uni_enc_open(e, ie, UNI_CODING_ITU, len);

	if (p != NULL)
		memcpy(p, contents, len);
}
