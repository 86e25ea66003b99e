/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/** @file The table of section 5: which elements a message has, how often, and which must be. */

#include "uni/codec.h"

struct uni_msg_rule {
	const char *name;
	/** Elements that are or can become mandatory, in sent order; 0 ends the list. */
	uint8_t need[UNI_MSG_MISSING_MAX + 1];
	uint32_t mandatory; /**< Those of them that are so under all conditions. */
	/** What the other elements say about which are mandatory or allowed; may be NULL. */
	void (*conditions)(struct uni_msg *msg);
	/** Most instances of each element; 0 is "not expected here" (SIG-19). */
	uint8_t most[UNI_IE_COUNT];
};

/** By message type: which of the rules, 0 for an unrecognised one. */
extern const uint8_t uni_msg_rule_of_type[256];
extern const struct uni_msg_rule uni_msg_rules[];

/** The rule of a message type; NULL for an unrecognised one. */
static inline const struct uni_msg_rule *
uni_msg_rule(uint8_t type)
{
	const uint8_t rule = uni_msg_rule_of_type[type];

	return rule == 0 ? NULL : &uni_msg_rules[rule];
}
