/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>

#include "callctl/command.h"

static enum exit_code
run(struct invocation *inv)
{
	if (inv->command != NULL)
		return inv->command->run(inv);
	snprintf(inv->error, sizeof(inv->error), "give a command");
	return command_misused(inv);
}

int
main(int argc, char **argv)
{
	struct invocation inv;
	enum exit_code code;

	if (command_parse(&inv, NULL, argc - 1, argv + 1) != 0)
		code = command_misused(&inv);
	else
		code = run(&inv);
	command_fini(&inv);
	if (fflush(stdout) != 0 && code == EXIT_DONE)
		code = EXIT_REFUSED;
	return code;
}
