/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * Prints the table of commands, and callctl's own options, as JSON: the man page is made of it. A
 * tool of the build, not installed.
 */

#include <jansson.h>
#include <stdio.h>

#include "callctl/help.h"

static json_t *
options(void)
{
	const struct argument *option;
	json_t *list = json_array();

	for (option = common_options; option->name != NULL; option++)
		json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "name", option->name,
						    "value", option->value, "help", option->help));
	return list;
}

static json_t *
all_commands(void)
{
	const struct command *command;
	json_t *list = json_array();

	for (command = commands; command->name != NULL; command++)
		json_array_append_new(list, help_to_json(command));
	return list;
}

int
main(void)
{
	json_t *all = json_pack("{s:o, s:o}", "options", options(), "commands", all_commands());
	int err = all != NULL ? json_dumpf(all, stdout, JSON_INDENT(1)) : -1;

	json_decref(all);
	return err == 0 ? 0 : 1;
}
