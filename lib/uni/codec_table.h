/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/** @file The table of section 5: which elements a message has, how often, and which must be. */

#include "uni/codec.h"

/** In uni_msg_rule.need: mandatory only under a condition. */
#define UNI_NEED_IF 0x80

struct uni_msg_rule {
	const char *name;
	/** Elements that are or can become mandatory, in sent order; 0 ends the list. */
	uint8_t need[UNI_MSG_MISSING_MAX + 1];
	/** What the other elements say about which are mandatory or allowed; may be NULL. */
	void (*conditions)(struct uni_msg *msg);
	/** Most instances of each element; 0 is "not expected here" (SIG-19). */
	uint8_t most[UNI_IE_COUNT];
};

/** The rule of a message type; NULL for an unrecognised one. */
const struct uni_msg_rule *uni_msg_rule(uint8_t type);
