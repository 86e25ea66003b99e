/* SPDX-License-Identifier: BSD-3-Clause */
#include "callctl/ladder.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define REFERENCE_MAX 0x7fffff

bool
ladder_params(json_t *params)
{
	const char *call = json_string_value(json_object_get(params, "call"));
	const char *colon = call != NULL ? strchr(call, ':') : NULL;
	unsigned long reference;
	char *end;

	if (colon == NULL)
		return true;
	if (!isdigit((unsigned char)colon[1]))
		return false;
	reference = strtoul(colon + 1, &end, 0);
	if (*end != '\0' || reference > REFERENCE_MAX)
		return false;
	json_object_set_new(params, "trunk", json_stringn(call, (size_t)(colon - call)));
	json_object_set_new(params, "reference", json_integer((json_int_t)reference));
	json_object_del(params, "call");
	return true;
}

static const char *
text_of(const json_t *row, const char *key)
{
	const char *text = json_string_value(json_object_get(row, key));

	return text != NULL ? text : "";
}

static json_int_t
number_of(const json_t *row, const char *key)
{
	return json_integer_value(json_object_get(row, key));
}

static const char *
arrow_of(const char *kind)
{
	if (strcmp(kind, "sent") == 0)
		return "|------->";
	if (strcmp(kind, "received") == 0)
		return "|<-------";
	return strcmp(kind, "timer") == 0 ? "*" : "|";
}

/* "U10", or "U3 > U10" when it has changed. */
static void
print_states(char *out, size_t size, const json_t *row)
{
	const char *before = text_of(row, "before"), *after = text_of(row, "after");

	if (strcmp(before, after) == 0)
		snprintf(out, size, "%s", after);
	else
		snprintf(out, size, "%s > %s", before, after);
}

struct details {
	char text[224];
	size_t len;
};

__attribute__((format(printf, 2, 3))) static void
add(struct details *d, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(d->text + d->len, sizeof(d->text) - d->len, fmt, ap);
	va_end(ap);
	d->len = n >= 0 && d->len + (size_t)n < sizeof(d->text) ? d->len + (size_t)n
								: sizeof(d->text) - 1;
}

static void
describe(struct details *d, const json_t *row)
{
	const char *endpoint = text_of(row, "endpoint");

	if (strcmp(text_of(row, "kind"), "event") != 0)
		add(d, "  reference %lld%s", (long long)number_of(row, "reference"),
			json_is_true(json_object_get(row, "ours")) ? "" : " of the peer");
	if (endpoint[0] != '\0')
		add(d, "  party %s", endpoint);
	if (number_of(row, "label") != 0)
		add(d, "  label %lld", (long long)number_of(row, "label"));
	if (number_of(row, "cause") != 0)
		add(d, "  cause %lld, %s", (long long)number_of(row, "cause"),
			text_of(row, "meaning"));
	if (text_of(row, "location")[0] != '\0')
		add(d, " (said by: %s)", text_of(row, "location"));
	if (json_is_true(json_object_get(row, "again")))
		add(d, "  again");
}

void
ladder_row(FILE *out, const json_t *row)
{
	const char *kind = text_of(row, "kind");
	struct details details = { .len = 0 };
	char states[48], what[48];

	snprintf(what, sizeof(what), "%s%s", text_of(row, "what"),
		strcmp(kind, "timer") == 0 ? " expired" : "");
	print_states(states, sizeof(states), row);
	describe(&details, row);
	/* No blanks at a line's end. */
	fprintf(out, "%14.6f s  %-9s  %-23s  %-*s%s\n",
		json_number_value(json_object_get(row, "time_s")), arrow_of(kind), what,
		details.len > 0 ? 24 : 0, states, details.text);
}
