/* SPDX-License-Identifier: BSD-3-Clause */
#include "callctl/command.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "callctl/help.h"

#define SOCKET_DEFAULT "/run/callplane/callplane.sock"

/* How far the words have been taken. */
struct words {
	char *const *next;
	char *const *end;
	unsigned int n_placed; /* arguments told by their place so far */
};

__attribute__((format(printf, 2, 3))) static int
fail(struct invocation *inv, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(inv->error, sizeof(inv->error), fmt, ap);
	va_end(ap);
	return -EINVAL;
}

const struct command *
command_find(const char *name)
{
	const struct command *command;

	for (command = commands; command->name != NULL; command++)
		if (strcmp(command->name, name) == 0)
			return command;
	return NULL;
}

const struct command *
command_find_words(int n_words, char *const *words, int *n_used)
{
	const struct command *command;
	char both[64];

	*n_used = 1;
	if (n_words < 1)
		return NULL;
	command = command_find(words[0]);
	if (command != NULL || n_words < 2)
		return command;
	*n_used = 2;
	snprintf(both, sizeof(both), "%s %s", words[0], words[1]);
	return command_find(both);
}

static bool
is_option(const char *word)
{
	return strncmp(word, "--", 2) == 0;
}

bool
argument_is_option(const struct argument *argument)
{
	return argument->name[0] == '-';
}

/* "--name" or "--name=value". */
static bool
option_is(const char *word, const char *name)
{
	size_t n = strlen(name);

	return strncmp(word, name, n) == 0 && (word[n] == '\0' || word[n] == '=');
}

/* The value behind '=', or the next word. */
static const char *
option_value(struct words *words, const char *word)
{
	const char *equals = strchr(word, '=');

	if (equals != NULL)
		return equals + 1;
	return words->next < words->end ? *words->next++ : NULL;
}

static json_t *
number(const char *text)
{
	unsigned long long n;
	char *end;

	if (!isdigit((unsigned char)text[0]))
		return NULL;
	errno = 0;
	n = strtoull(text, &end, 0);
	if (*end != '\0' || errno != 0 || n > LLONG_MAX)
		return NULL;
	return json_integer((json_int_t)n);
}

/* A name begins with neither a digit nor '-': what does is a number that is wrong. */
static json_t *
call(const char *text)
{
	if (isdigit((unsigned char)text[0]) || text[0] == '-' || text[0] == '\0')
		return number(text);
	return json_string(text);
}

static const char *
wanted(enum argument_kind kind)
{
	return kind == ARGUMENT_NUMBER ? "number"
	       : kind == ARGUMENT_CALL ? "number of a call, nor a name"
				       : "text in UTF-8";
}

/* One that cannot be resolved is yet to be made, or the appliance says what is wrong with it. */
static json_t *
file(const char *name)
{
	char *path = realpath(name, NULL), *here = NULL;
	json_t *json;

	if (path == NULL && name[0] != '/')
		here = getcwd(NULL, 0);
	json = here != NULL ? json_sprintf("%s/%s", here, name)
			    : json_string(path != NULL ? path : name);
	free(here);
	free(path);
	return json;
}

static int
set_value(struct invocation *inv, const struct argument *argument, const char *value)
{
	json_t *json;

	if (value == NULL)
		return fail(inv, "%s: give a value", argument->name);
	if (argument->kind == ARGUMENT_NUMBER)
		json = number(value);
	else if (argument->kind == ARGUMENT_CALL)
		json = call(value);
	else if (argument->kind == ARGUMENT_FILE)
		json = file(value);
	else
		json = json_string(value);
	if (json == NULL)
		return fail(
			inv, "%s: \"%s\" is no %s", argument->name, value, wanted(argument->kind));
	if (json_object_get(inv->params, argument->param) != NULL) {
		json_decref(json);
		return fail(inv, "%s is given twice", argument->name);
	}
	json_object_set_new(inv->params, argument->param, json);
	return 0;
}

/* Where a flag is kept that the appliance is not told of. */
static bool *
own_flag(struct invocation *inv, const char *name)
{
	const struct {
		const char *name;
		bool *flag;
	} flags[] = {
		{ "--background", &inv->background },
		{ "--follow", &inv->follow },
		{ "--once", &inv->once },
		{ "--reencode", &inv->reencode },
	};
	size_t i = 0;

	while (strcmp(flags[i].name, name) != 0) {
		i++;
		assert(i < sizeof(flags) / sizeof(flags[0]));
	}
	return flags[i].flag;
}

static int
set_flag(struct invocation *inv, const struct argument *argument, const char *word)
{
	if (strchr(word, '=') != NULL)
		return fail(inv, "%s takes no value", argument->name);
	if (argument->param != NULL)
		json_object_set_new(inv->params, argument->param, json_true());
	else
		*own_flag(inv, argument->name) = true;
	return 0;
}

static int
parse_option(struct invocation *inv, struct words *words, const char *word)
{
	const struct argument *argument;

	for (argument = inv->command->arguments; argument->name != NULL; argument++) {
		if (!argument_is_option(argument) || !option_is(word, argument->name))
			continue;
		if (argument->kind == ARGUMENT_FLAG)
			return set_flag(inv, argument, word);
		return set_value(inv, argument, option_value(words, word));
	}
	return fail(inv, "%s has no option %s", inv->command->name, word);
}

static int
parse_placed(struct invocation *inv, struct words *words, const char *word)
{
	const struct argument *argument;
	unsigned int place = 0;

	for (argument = inv->command->arguments; argument->name != NULL; argument++)
		if (!argument_is_option(argument) && place++ == words->n_placed) {
			words->n_placed++;
			return set_value(inv, argument, word);
		}
	return fail(inv, "%s: \"%s\" is one argument too many", inv->command->name, word);
}

/* Options of callctl itself, before or behind the command. 1: it was one. */
static int
parse_common(struct invocation *inv, const struct invocation *outer, struct words *words,
	const char *word)
{
	if (strcmp(word, "--json") == 0) {
		inv->json = true;
		return 1;
	}
	if (option_is(word, "--socket")) {
		inv->socket = option_value(words, word);
		return inv->socket != NULL ? 1 : fail(inv, "--socket: give a path");
	}
	if (strcmp(word, "-f") != 0)
		return 0;
	if (outer != NULL)
		return fail(inv, "-f: a file of commands has no place within another one");
	inv->file = option_value(words, word);
	return inv->file != NULL ? 1 : fail(inv, "-f: give a file of commands");
}

bool
command_is_first_of_two(const char *word)
{
	const struct command *command;
	size_t n = strlen(word);

	for (command = commands; command->name != NULL; command++)
		if (strncmp(command->name, word, n) == 0 && command->name[n] == ' ')
			return true;
	return false;
}

static int
parse_command(struct invocation *inv, struct words *words, const char *word)
{
	int n_used;

	if (strcmp(word, "--help") == 0) {
		inv->command = command_find("help");
		return 0;
	}
	inv->command =
		command_find_words((int)(words->end - words->next) + 1, words->next - 1, &n_used);
	if (inv->command == NULL && command_is_first_of_two(word))
		return fail(inv, "%s: a second word is missing or wrong; see callctl help", word);
	if (inv->command == NULL)
		return fail(inv, "there is no %s %s", is_option(word) ? "option" : "command", word);
	words->next += n_used - 1;
	return 0;
}

static int
parse_word(struct invocation *inv, const struct invocation *outer, struct words *words)
{
	const char *word = *words->next++;
	int common = parse_common(inv, outer, words, word);

	if (common != 0)
		return common < 0 ? common : 0;
	if (inv->command == NULL)
		return parse_command(inv, words, word);
	return is_option(word) ? parse_option(inv, words, word) : parse_placed(inv, words, word);
}

static int
check_needs(struct invocation *inv)
{
	unsigned int n_choices = 0, n_chosen = 0;
	const struct argument *argument;
	bool is_given;

	for (argument = inv->command->arguments; argument->name != NULL; argument++) {
		is_given = argument->param != NULL &&
			   json_object_get(inv->params, argument->param) != NULL;
		if (argument->need == ARGUMENT_REQUIRED && !is_given)
			return fail(inv, "%s: %s is missing", inv->command->name, argument->name);
		n_choices += argument->need == ARGUMENT_ONE_OF;
		n_chosen += argument->need == ARGUMENT_ONE_OF && is_given;
	}
	if (n_choices > 0 && n_chosen != 1)
		return fail(inv, "%s: %s", inv->command->name,
			n_chosen == 0 ? "say which calls" : "say in one way only which calls");
	return 0;
}

int
command_parse(
	struct invocation *inv, const struct invocation *outer, int n_words, char *const *words)
{
	struct words w = { .next = words, .end = words + n_words };

	memset(inv, 0, sizeof(*inv));
	inv->params = json_object();
	inv->socket = outer != NULL ? outer->socket : getenv("CALLPLANE_SOCKET");
	if (inv->socket == NULL || inv->socket[0] == '\0')
		inv->socket = SOCKET_DEFAULT;
	inv->json = outer != NULL && outer->json;
	while (w.next < w.end)
		if (parse_word(inv, outer, &w) != 0)
			return -EINVAL;
	if (inv->command != NULL && inv->file != NULL)
		return fail(inv, "give a command, or -f FILE, not both");
	return inv->command != NULL ? check_needs(inv) : 0;
}

void
command_fini(struct invocation *inv)
{
	json_decref(inv->params);
}

enum exit_code
command_run(const struct invocation *outer, int n_words, char *const *words)
{
	struct invocation inv;
	enum exit_code code;

	if (command_parse(&inv, outer, n_words, words) != 0)
		code = command_misused(&inv);
	else if (inv.command == NULL)
		code = EXIT_DONE; /* options alone ask for nothing */
	else
		code = inv.command->run(&inv);
	command_fini(&inv);
	return code;
}

enum exit_code
command_misused(const struct invocation *inv)
{
	fprintf(stderr, "callctl: %s\n", inv->error);
	if (inv->command != NULL)
		help_usage(stderr, inv->command);
	else
		fprintf(stderr, "mend: callctl help lists the commands\n");
	return EXIT_USAGE;
}
