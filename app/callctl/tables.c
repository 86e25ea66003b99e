/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * Prints the table of commands as JSON: the man page is made of it. A tool of the build, not
 * installed.
 */

#include <jansson.h>
#include <stdio.h>

#include "callctl/command.h"

int
main(void)
{
	const struct command *command;
	json_t *list = json_array();
	int err;

	for (command = commands; command->name != NULL; command++)
		json_array_append_new(
			list, json_pack("{s:s, s:s, s:s}", "name", command->name, "synopsis",
				      command->synopsis, "help", command->help));
	err = json_dumpf(list, stdout, JSON_INDENT(1));
	json_decref(list);
	return err == 0 ? 0 : 1;
}
