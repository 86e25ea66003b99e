/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/** @file Decoded JSON as text or as JSON: the same data, two printers. */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/**
 * A value as text with its unit, which its key tells: "_octets", "_ns", "_s", "_percent". Drops, an
 * object, are added up.
 */
void format_value(char *out, size_t size, const char *key, const json_t *value);

/** "rx_octets" to "rx octets". */
void format_label(char *out, size_t size, const char *key);

/** "1.2 MiB". */
void format_octets(char *out, size_t size, double octets);

/** "12 us", "3.1 s", "2 h 5 min". */
void format_duration(char *out, size_t size, double seconds);

/** "7 (ttl 3, mtu 4)": drops with their reasons. */
void format_reasons(char *out, size_t size, const json_t *drops);

/** A line a member: label and value; drops by reason, also those of which there were none. */
void format_object(FILE *out, const json_t *object, bool with_zeros);

/** One line. */
void format_json(FILE *out, const json_t *json);
