/* SPDX-License-Identifier: BSD-3-Clause */
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "callctl/command.h"
#include "callctl/complete.h"
#include "callctl/line.h"
#include "callctl/live.h"
#include "callctl/shell.h"

static enum exit_code
run(struct invocation *inv)
{
	if (inv->command != NULL)
		return inv->command->run(inv);
	if (inv->file != NULL)
		return line_run_file(inv, inv->file);
	if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))
		return shell_run(inv);
	snprintf(inv->error, sizeof(inv->error), "give a command, or -f FILE");
	return command_misused(inv);
}

/* For other shells: a candidate a line. */
static enum exit_code
print_candidates(int n_words, char *const *words)
{
	struct candidates list;
	struct invocation inv;
	size_t i;

	command_parse(&inv, NULL, 0, NULL);
	complete_words(inv.socket, n_words, words, live_add, &list);
	for (i = 0; i < list.n; i++)
		puts(list.names[i]);
	candidates_fini(&list);
	command_fini(&inv);
	return EXIT_DONE;
}

static enum exit_code
run_words(int n_words, char *const *words)
{
	struct invocation inv;
	enum exit_code code;

	if (n_words > 0 && strcmp(words[0], "--complete") == 0)
		return print_candidates(n_words - 1, words + 1);
	if (command_parse(&inv, NULL, n_words, words) != 0)
		code = command_misused(&inv);
	else
		code = run(&inv);
	command_fini(&inv);
	return code;
}

int
main(int argc, char **argv)
{
	enum exit_code code;

	setlocale(LC_CTYPE, "");
	code = run_words(argc - 1, argv + 1);
	if (fflush(stdout) != 0 && code == EXIT_DONE)
		code = EXIT_REFUSED;
	return code;
}
