/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * Which calls a command is about: "key=value" terms joined by commas, all of which must hold.
 * Keys: trunk, direction (in, out), from, to, label. Values: X; X* for what begins with X (trunk,
 * from, to); X..Y for a range (from, to of equal length, label).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MATCH_MAX_TERMS 8

enum match_key { MATCH_TRUNK, MATCH_DIRECTION, MATCH_FROM, MATCH_TO, MATCH_LABEL, MATCH_KEY_COUNT };

struct match_term {
	enum match_key key;
	bool prefix;
	char low[48], high[48]; /**< A single value has both the same. */
};

struct match {
	uint32_t n;
	struct match_term terms[MATCH_MAX_TERMS];
};

/** What a call looks like to a match. */
struct match_subject {
	const char *trunk, *direction, *from, *to;
	uint32_t label;
};

/** 0, or -EINVAL with the reason and the mend in @p error. An empty text matches every call. */
int match_parse(struct match *match, const char *text, char *error, size_t error_size);

bool match_holds(const struct match *match, const struct match_subject *subject);

/** Whether any term needs the addresses of a call. */
bool match_wants_addresses(const struct match *match);
