/* SPDX-License-Identifier: BSD-3-Clause */
#include "callctl/help.h"

#include <string.h>

#define NAME_WIDTH 26

static void
usage_line(FILE *out, const struct command *command)
{
	fprintf(out, "usage: callctl [--socket PATH] [--json] %s%s%s\n",
		command != NULL ? command->name : "[COMMAND | -f FILE]",
		command != NULL && command->synopsis[0] != '\0' ? " " : "",
		command != NULL ? command->synopsis : "");
}

static void
argument_line(FILE *out, const struct argument *argument)
{
	char name[64];

	snprintf(name, sizeof(name), "%s%s%s", argument->name,
		argument->value[0] != '\0' ? " " : "", argument->value);
	fprintf(out, "  %-*s %s\n", NAME_WIDTH, name, argument->help);
}

static void
argument_lines(FILE *out, const struct argument *argument)
{
	for (; argument->name != NULL; argument++)
		argument_line(out, argument);
}

void
help_usage(FILE *out, const struct command *command)
{
	usage_line(out, command);
	if (command != NULL)
		return;
	argument_lines(out, common_options);
	for (command = commands; command->name != NULL; command++)
		fprintf(out, "  %s %s\n      %s\n", command->name, command->synopsis,
			command->help);
}

void
help_command(FILE *out, const struct command *command)
{
	usage_line(out, command);
	fprintf(out, "  %s\n", command->help);
	argument_lines(out, command->arguments);
}

/* Commands that begin so, as far as the first sentence of what they do. */
static void
matching_commands(FILE *out, const char *begun)
{
	const struct command *command;

	for (command = commands; command->name != NULL; command++)
		if (strncmp(command->name, begun, strlen(begun)) == 0)
			fprintf(out, "  %-*s %.*s\n", NAME_WIDTH, command->name,
				(int)strcspn(command->help, ";:"), command->help);
}

void
help_next(FILE *out, int n_words, char *const *words)
{
	const struct command *command;
	int n_used;

	command = command_find_words(n_words, words, &n_used);
	/* A name that is still being typed may go on. */
	if (command == NULL || n_words <= n_used) {
		matching_commands(out, n_words > 0 ? words[0] : "");
		return;
	}
	fprintf(out, "  %s %s\n  %s\n", command->name, command->synopsis, command->help);
	argument_lines(out, command->arguments);
}

json_t *
help_to_json(const struct command *command)
{
	const struct argument *argument;
	json_t *arguments = json_array();

	for (argument = command->arguments; argument->name != NULL; argument++)
		json_array_append_new(arguments,
			json_pack("{s:s, s:s, s:b, s:s}", "name", argument->name, "value",
				argument->value, "required", argument->need == ARGUMENT_REQUIRED,
				"help", argument->help));
	return json_pack("{s:s, s:s, s:s, s:o}", "name", command->name, "synopsis",
		command->synopsis, "help", command->help, "arguments", arguments);
}
