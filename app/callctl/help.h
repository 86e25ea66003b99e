/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/** @file The table of commands as text and as JSON. */

#include <jansson.h>
#include <stdio.h>

#include "callctl/command.h"

/** One command's line; NULL: all of them with what they do. */
void help_usage(FILE *out, const struct command *command);

/** One command's line, what it does, and each of its arguments. */
void help_command(FILE *out, const struct command *command);

/** What can stand after the words so far, of which the last one may be begun: for '?'. */
void help_next(FILE *out, int n_words, char *const *words);

/** {name, synopsis, help, arguments: [{name, value, required, help}]}. */
json_t *help_to_json(const struct command *command);
