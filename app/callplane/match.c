/* SPDX-License-Identifier: BSD-3-Clause */
#include "callplane/match.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const key_names[MATCH_KEY_COUNT] = {
	[MATCH_TRUNK] = "trunk",
	[MATCH_DIRECTION] = "direction",
	[MATCH_FROM] = "from",
	[MATCH_TO] = "to",
	[MATCH_LABEL] = "label",
};

static int
copy(char *out, size_t size, const char *from, size_t len)
{
	if (len == 0 || len >= size)
		return -EINVAL;
	memcpy(out, from, len);
	out[len] = '\0';
	return 0;
}

static int
parse_value(struct match_term *term, const char *value, size_t len)
{
	const char *dots = memmem(value, len, "..", 2);

	if (len > 1 && value[len - 1] == '*') {
		term->prefix = true;
		return copy(term->low, sizeof(term->low), value, len - 1);
	}
	if (dots == NULL) {
		if (copy(term->low, sizeof(term->low), value, len) != 0)
			return -EINVAL;
		memcpy(term->high, term->low, sizeof(term->high));
		return 0;
	}
	if (copy(term->low, sizeof(term->low), value, (size_t)(dots - value)) != 0 ||
		copy(term->high, sizeof(term->high), dots + 2, len - (size_t)(dots - value) - 2) !=
			0)
		return -EINVAL;
	return 0;
}

static int
parse_term(struct match_term *term, const char *text, size_t len)
{
	const char *equals = memchr(text, '=', len);
	size_t key_len = equals != NULL ? (size_t)(equals - text) : 0;
	int key;

	memset(term, 0, sizeof(*term));
	for (key = 0; key < MATCH_KEY_COUNT; key++)
		if (strlen(key_names[key]) == key_len && memcmp(key_names[key], text, key_len) == 0)
			break;
	if (key == MATCH_KEY_COUNT)
		return -EINVAL;
	term->key = (enum match_key)key;
	return parse_value(term, equals + 1, len - key_len - 1);
}

int
match_parse(struct match *match, const char *text, char *error, size_t error_size)
{
	const char *end;

	match->n = 0;
	while (*text != '\0') {
		end = strchrnul(text, ',');
		if (match->n == MATCH_MAX_TERMS ||
			parse_term(&match->terms[match->n], text, (size_t)(end - text)) != 0) {
			snprintf(error, error_size,
				"match: '%.*s' is no term; mend: trunk, direction, from, to or "
				"label = "
				"X, X* or X..Y, at most %d of them joined by commas",
				(int)(end - text), text, MATCH_MAX_TERMS);
			return -EINVAL;
		}
		match->n++;
		text = *end == ',' ? end + 1 : end;
	}
	return 0;
}

static bool
term_holds(const struct match_term *term, const struct match_subject *s)
{
	const char *value = term->key == MATCH_TRUNK       ? s->trunk
			    : term->key == MATCH_DIRECTION ? s->direction
			    : term->key == MATCH_FROM      ? s->from
							   : s->to;

	if (term->key == MATCH_LABEL)
		return s->label >= strtoul(term->low, NULL, 0) &&
		       s->label <= strtoul(term->high, NULL, 0);
	if (term->prefix)
		return strncmp(value, term->low, strlen(term->low)) == 0;
	if (strcmp(term->low, term->high) == 0)
		return strcmp(value, term->low) == 0;
	return strlen(value) == strlen(term->low) && strcmp(value, term->low) >= 0 &&
	       strcmp(value, term->high) <= 0;
}

bool
match_holds(const struct match *match, const struct match_subject *subject)
{
	uint32_t i;

	for (i = 0; i < match->n; i++)
		if (!term_holds(&match->terms[i], subject))
			return false;
	return true;
}

bool
match_wants_addresses(const struct match *match)
{
	uint32_t i;

	for (i = 0; i < match->n; i++)
		if (match->terms[i].key == MATCH_FROM || match->terms[i].key == MATCH_TO)
			return true;
	return false;
}
