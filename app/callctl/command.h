/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/** @file The table of commands, and a command line held against it. */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/** What callctl exits with. */
enum exit_code {
	EXIT_DONE = 0,
	EXIT_REFUSED = 1,
	EXIT_USAGE = 2,
	EXIT_NOBODY = 3,
};

enum argument_kind {
	ARGUMENT_FLAG,
	ARGUMENT_TEXT,
	ARGUMENT_NUMBER,
	ARGUMENT_CALL, /**< A number, or a name. */
	ARGUMENT_FILE, /**< Made absolute: the appliance lives elsewhere. */
};

enum argument_need {
	ARGUMENT_OPTIONAL,
	ARGUMENT_REQUIRED,
	ARGUMENT_ONE_OF, /**< Exactly one of the command's arguments marked so. */
};

struct argument {
	const char *name;  /**< "--from"; else one that is told by its place. */
	const char *param; /**< Of the method; NULL: callctl's own flag. */
	enum argument_kind kind;
	enum argument_need need;
};

#define COMMAND_ARGUMENTS_MAX 11

struct invocation;

struct command {
	const char *name;
	const char *synopsis; /**< Its arguments. */
	const char *help;
	enum exit_code (*run)(struct invocation *inv);
	const char *const *columns;                       /**< Of a list, ending with NULL. */
	struct argument arguments[COMMAND_ARGUMENTS_MAX]; /**< Up to the first without a name. */
};

/** A command line, taken apart. */
struct invocation {
	const struct command *command;
	const char *socket;
	bool json;
	bool background;
	bool reencode;
	bool once;
	json_t *params; /**< An object. */
	char error[256];
};

/** All commands, ending with one without a name. */
extern const struct command commands[];

/** NULL when there is none of that name. */
const struct command *command_find(const char *name);

/** The words behind the program's name. 0, or -EINVAL with a line in inv->error. */
int command_parse(struct invocation *inv, int n_words, char *const *words);

void command_fini(struct invocation *inv);

/** One command's line, or all of them with their help. */
void command_usage(FILE *out, const struct command *command);

/** Say inv->error and the usage on stderr. */
enum exit_code command_misused(const struct invocation *inv);
