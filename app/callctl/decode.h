/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/** @file Signalling octets as text, without an appliance. */

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "callctl/command.h"

/** How lines of hex are to be read and shown. */
struct decode {
	bool is_sscop; /**< Else Q.2931. */
	bool reencode;
	bool json;
};

/**
 * A line of hex to a new line of text: summary, octets, or either as JSON. Freed by the caller;
 * NULL with the reason in *why.
 */
char *decode_line(const struct decode *decode, const char *hex, const char **why);

/** "key=value key=value" as an object; a key that comes again has an array of its values. */
json_t *decode_summary_to_json(const char *summary);

/** All lines of @p in; a bad one is told on stderr by its number, and makes EXIT_REFUSED. */
enum exit_code decode_run(const struct decode *decode, FILE *in, FILE *out);
