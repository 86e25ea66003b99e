/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/** @file A line of text under way, for the two halves of the summary. */

#include "uni/codec.h"

struct uni_text {
	char *out;
	size_t size;
	size_t len;    /**< Would-be length; at or above size: it did not fit. */
	char name[24]; /**< Of the element whose fields are being printed, "cause#2". */
};

/** Append, as printf() does. */
__attribute__((format(printf, 2, 3))) void uni_text_add(struct uni_text *t, const char *fmt, ...);

/** Append ` NAME.FIELD=`. */
void uni_text_field(struct uni_text *t, const char *field);

/** Append ` NAME.FIELD=NUMBER`. */
void uni_text_number(struct uni_text *t, const char *field, uint32_t value);

/** Append ` NAME.FIELD=HEX`, `-` when there are no octets. */
void uni_text_octets(struct uni_text *t, const char *field, const uint8_t *octets, uint32_t n);

/** Append the fields of an element. */
void uni_summary_fields(struct uni_text *t, enum uni_ie ie, const union uni_ie_body *body);
