/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>

#include "callctl/command.h"

int
main(int argc, char **argv)
{
	struct invocation inv;
	enum exit_code code;

	if (command_parse(&inv, argc - 1, argv + 1) != 0)
		code = command_misused(&inv);
	else
		code = inv.command->run(&inv);
	command_fini(&inv);
	if (fflush(stdout) != 0 && code == EXIT_DONE)
		code = EXIT_REFUSED;
	return code;
}
