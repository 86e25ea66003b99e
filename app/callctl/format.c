/* SPDX-License-Identifier: BSD-3-Clause */
#include "callctl/format.h"

#include <string.h>

#define LABEL_MAX 40
#define DUMP_FLAGS (JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(9))

static bool
ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), n_end = strlen(end);

	return n >= n_end && strcmp(text + n - n_end, end) == 0;
}

void
format_octets(char *out, size_t size, double octets)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	unsigned int unit = 0;

	while (octets >= 1024 && unit + 1 < sizeof(units) / sizeof(units[0])) {
		octets /= 1024;
		unit++;
	}
	snprintf(out, size, unit == 0 ? "%.0f %s" : "%.1f %s", octets, units[unit]);
}

void
format_duration(char *out, size_t size, double seconds)
{
	unsigned long minutes = (unsigned long)(seconds / 60);

	if (seconds == 0)
		snprintf(out, size, "0 s");
	else if (seconds < 1e-6)
		snprintf(out, size, "%.0f ns", seconds * 1e9);
	else if (seconds < 1e-3)
		snprintf(out, size, "%.1f us", seconds * 1e6);
	else if (seconds < 1)
		snprintf(out, size, "%.1f ms", seconds * 1e3);
	else if (seconds < 120)
		snprintf(out, size, "%.1f s", seconds);
	else if (minutes < 120)
		snprintf(out, size, "%lu min %lu s", minutes, (unsigned long)seconds % 60);
	else if (minutes < 48 * 60)
		snprintf(out, size, "%lu h %lu min", minutes / 60, minutes % 60);
	else
		snprintf(out, size, "%lu d %lu h", minutes / (24 * 60), minutes / 60 % 24);
}

static json_int_t
sum(const json_t *object)
{
	const json_t *value;
	json_int_t total = 0;
	const char *key;

	json_object_foreach((json_t *)object, key, value) total += json_integer_value(value);
	return total;
}

void
format_reasons(char *out, size_t size, const json_t *drops)
{
	size_t len = (size_t)snprintf(out, size, "%" JSON_INTEGER_FORMAT, sum(drops));
	const char *key, *before = " (";
	const json_t *value;

	json_object_foreach((json_t *)drops, key, value)
	{
		if (json_integer_value(value) == 0 || len >= size)
			continue;
		len += (size_t)snprintf(out + len, size - len, "%s%s %" JSON_INTEGER_FORMAT, before,
			key, json_integer_value(value));
		before = ", ";
	}
	if (before[0] == ',' && len < size)
		snprintf(out + len, size - len, ")");
}

static void
format_number(char *out, size_t size, const char *key, const json_t *value)
{
	double number = json_number_value(value);

	if (ends_with(key, "octets"))
		format_octets(out, size, number);
	else if (strstr(key, "_ns") != NULL)
		format_duration(out, size, number / 1e9);
	else if (ends_with(key, "_s") || strcmp(key, "seconds") == 0)
		format_duration(out, size, number);
	else if (strcmp(key, "rate") == 0 || strcmp(key, "bandwidth") == 0 ||
		 strncmp(key, "reserved_", 9) == 0)
		snprintf(out, size, "%.0f/s", number);
	else if (ends_with(key, "_percent"))
		snprintf(out, size, "%.1f %%", number);
	else if (json_is_integer(value))
		snprintf(out, size, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	else
		snprintf(out, size, "%.4g", number);
}

void
format_value(char *out, size_t size, const char *key, const json_t *value)
{
	if (json_is_string(value))
		snprintf(out, size, "%s",
			json_string_length(value) > 0 ? json_string_value(value) : "-");
	else if (json_is_boolean(value))
		snprintf(out, size, "%s", json_is_true(value) ? "yes" : "no");
	else if (json_is_number(value))
		format_number(out, size, key, value);
	else if (json_is_object(value))
		snprintf(out, size, "%" JSON_INTEGER_FORMAT, sum(value));
	else
		snprintf(out, size, "-");
}

void
format_label(char *out, size_t size, const char *key)
{
	snprintf(out, size, "%s", key);
	for (; *out != '\0'; out++)
		if (*out == '_')
			*out = ' ';
}

/* Drops by reason: those that there were, or all reasons that there can be. */
static void
format_drops(FILE *out, const json_t *drops, bool with_zeros)
{
	const json_t *value;
	const char *key;

	json_object_foreach((json_t *)drops, key, value)
	{
		if (with_zeros || json_integer_value(value) != 0)
			fprintf(out, "    %-20s %" JSON_INTEGER_FORMAT "\n", key,
				json_integer_value(value));
	}
}

void
format_object(FILE *out, const json_t *object, bool with_zeros)
{
	char label[LABEL_MAX], text[256];
	const json_t *value;
	const char *key;

	json_object_foreach((json_t *)object, key, value)
	{
		format_label(label, sizeof(label), key);
		format_value(text, sizeof(text), key, value);
		fprintf(out, "%-24s %s\n", label, text);
		if (json_is_object(value))
			format_drops(out, value, with_zeros);
	}
}

void
format_json(FILE *out, const json_t *json)
{
	json_dumpf(json, out, DUMP_FLAGS);
	fputc('\n', out);
}
