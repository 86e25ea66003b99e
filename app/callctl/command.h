/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * The table of commands, and a command line held against it. Out of the table come the usage, the
 * help, what a shell completes, and the man page: a command is added in commands.c and nowhere
 * else.
 */

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

/** What a value can be completed with; where it comes from stands in complete.c. */
enum completion {
	COMPLETE_NOTHING,
	COMPLETE_CALL, /**< From here to COMPLETE_ADDRESS the appliance is asked. */
	COMPLETE_VC,
	COMPLETE_PARTY, /**< Of the CALL that stands before it. */
	COMPLETE_JOB,
	COMPLETE_TRUNK,
	COMPLETE_PORT,
	COMPLETE_ADDRESS, /**< Of an attachment. */
	COMPLETE_FILE,
	COMPLETE_COMMAND,
	COMPLETE_LEVEL,
	COMPLETE_PROTOCOL,
	COMPLETE_COUNT,
};

struct argument {
	const char *name;  /**< "--from"; else one that is told by its place. */
	const char *value; /**< What stands behind an option, "ADDRESS"; "" for all others. */
	const char *param; /**< Of the method; NULL: callctl's own flag. */
	enum argument_kind kind;
	enum argument_need need;
	enum completion completion;
	const char *help; /**< Half a line. */
};

#define COMMAND_ARGUMENTS_MAX 12

struct invocation;

/** Rows stand in the order in which they are shown. */
struct command {
	const char *name;     /**< One word or two; the method is spelled so, but with '_'. */
	const char *synopsis; /**< How its arguments go together. */
	const char *help;
	enum exit_code (*run)(struct invocation *inv);    /**< One of run.h. */
	const char *const *columns;                       /**< Of a list, ending with NULL. */
	struct argument arguments[COMMAND_ARGUMENTS_MAX]; /**< Up to the first without a name. */
};

/** A command line, taken apart. */
struct invocation {
	const struct command *command;
	const char *socket;
	const char *file; /**< Of commands, instead of one; NULL: none. */
	bool json;
	bool background;
	bool reencode;
	bool once;
	bool follow;
	json_t *params; /**< An object. */
	char error[256];
};

/** All commands, ending with one without a name. */
extern const struct command commands[];

/** callctl's own options, before or behind any command; up to the first without a name. */
extern const struct argument common_options[];

/** NULL when there is none of that name. */
const struct command *command_find(const char *name);

/** "config" alone: there are commands that go on from there. */
bool command_is_first_of_two(const char *word);

/** That of the first one or two words; how many they are, in *n_used. NULL: there is none. */
const struct command *command_find_words(int n_words, char *const *words, int *n_used);

/** One that is told by its place does not begin with '-'. */
bool argument_is_option(const struct argument *argument);

/**
 * The words behind the program's name; without a command inv->command is NULL.
 * @param outer Of a line that stands within a file or a shell: what it has been given, and no file
 * in its turn; NULL: a line of its own.
 * @return 0, or -EINVAL with a line in inv->error.
 */
int command_parse(
	struct invocation *inv, const struct invocation *outer, int n_words, char *const *words);

void command_fini(struct invocation *inv);

/** Parse and run; what is wrong with the words is said on stderr. */
enum exit_code command_run(const struct invocation *outer, int n_words, char *const *words);

/** Say inv->error and the usage on stderr. */
enum exit_code command_misused(const struct invocation *inv);
