/* SPDX-License-Identifier: BSD-3-Clause */
#include "callctl/shell.h"

#include <errno.h>
#include <histedit.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "callctl/complete.h"
#include "callctl/help.h"
#include "callctl/line.h"
#include "callctl/live.h"

#define HISTORY_LINES 1000
#define HISTORY_FILE ".callctl_history"
#define SPECIAL " \t\\'\"#" /* what a word has behind a '\' */

struct shell {
	const struct invocation *outer;
	EditLine *edit;
	History *history;
	struct line *line;
	char *history_path; /* NULL: nobody's home */
	enum exit_code last;
};

static char *
prompt(EditLine *edit)
{
	static char text[] = "callctl> ";

	(void)edit;
	return text;
}

static struct shell *
shell_of(EditLine *edit)
{
	struct shell *shell = NULL;

	el_get(edit, EL_CLIENTDATA, &shell);
	return shell;
}

/* What stands before the cursor. @return Words, the last one begun, "" perhaps; -EINVAL. */
static int
words_before_cursor(struct shell *shell, char *const **words)
{
	const LineInfo *info = el_line(shell->edit);
	size_t n = (size_t)(info->cursor - info->buffer);
	char text[1024], *closed;
	int n_words;

	/* 'x' makes a word of one that is not begun, and is taken away again. */
	if (n + 2 > sizeof(text))
		return -EINVAL;
	memcpy(text, info->buffer, n);
	memcpy(text + n, "x", 2);
	n_words = line_split(shell->line, text, words);
	if (n_words > 0) {
		closed = (*words)[n_words - 1];
		closed[strlen(closed) - 1] = '\0';
	}
	return n_words;
}

static unsigned int
columns_of_terminal(void)
{
	struct winsize size = { 0 };

	ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
	return size.ws_col != 0 ? size.ws_col : 80;
}

/* In columns, below the line. */
static void
show(const struct candidates *list)
{
	unsigned int width = 0, n_columns;
	size_t i;

	for (i = 0; i < list->n; i++)
		width = strlen(list->names[i]) > width ? (unsigned int)strlen(list->names[i])
						       : width;
	n_columns = columns_of_terminal() / (width + 2);
	n_columns = n_columns > 0 ? n_columns : 1;
	for (i = 0; i < list->n; i++)
		printf("%s%-*s", i % n_columns == 0 ? "\n" : "  ", (int)width, list->names[i]);
	printf("%s\n", list->is_cut ? "\n..." : "");
	fflush(stdout);
}

static void
insert(EditLine *edit, const char *text, size_t n)
{
	char part[3];
	size_t i;

	for (i = 0; i < n; i++) {
		snprintf(part, sizeof(part), strchr(SPECIAL, text[i]) != NULL ? "\\%c" : "%c",
			text[i]);
		el_insertstr(edit, part);
	}
}

/* The only one ends the word, unless it is a directory that goes on. */
static void
insert_common(EditLine *edit, const struct candidates *list)
{
	size_t n_begun = strlen(list->begun), n = candidates_common(list);

	insert(edit, list->names[0] + n_begun, n - n_begun);
	if (list->n == 1 && !list->is_cut && list->names[0][n - 1] != '/')
		el_insertstr(edit, " ");
}

static unsigned char
on_tab(EditLine *edit, int key)
{
	struct shell *shell = shell_of(edit);
	struct candidates list;
	unsigned char answer = CC_ERROR;
	char *const *words;
	int n_words = words_before_cursor(shell, &words);

	(void)key;
	if (n_words < 1)
		return CC_ERROR;
	complete_words(shell->outer->socket, n_words, words, live_add, &list);
	if (list.n == 1 || candidates_common(&list) > strlen(list.begun)) {
		insert_common(edit, &list);
		answer = CC_REFRESH;
	} else if (list.n > 0) {
		show(&list);
		answer = CC_REDISPLAY;
	}
	candidates_fini(&list);
	return answer;
}

static unsigned char
on_question(EditLine *edit, int key)
{
	struct shell *shell = shell_of(edit);
	const char text[] = { (char)key, '\0' };
	char *const *words;
	int n_words = words_before_cursor(shell, &words);

	if (n_words < 1) { /* within quotes it is what it is */
		el_insertstr(edit, text);
		return CC_REFRESH;
	}
	printf("\n");
	help_next(stdout, n_words, words);
	fflush(stdout);
	return CC_REDISPLAY;
}

/* Ctrl-C: the line is dropped. */
static unsigned char
on_interrupt(EditLine *edit, int key)
{
	const LineInfo *info = el_line(edit);

	(void)key;
	el_cursor(edit, (int)(info->lastchar - info->cursor));
	printf("^C\n");
	fflush(stdout);
	info = el_line(edit);
	el_deletestr(edit, (int)(info->lastchar - info->buffer));
	return CC_REDISPLAY;
}

static void
set_up_edit(struct shell *shell)
{
	EditLine *edit = shell->edit;

	el_set(edit, EL_CLIENTDATA, shell);
	el_set(edit, EL_PROMPT, prompt);
	el_set(edit, EL_EDITOR, "emacs");
	el_set(edit, EL_SIGNAL, 1);
	el_set(edit, EL_HIST, history, shell->history);
	el_set(edit, EL_ADDFN, "callctl-complete", "Complete the word", on_tab);
	el_set(edit, EL_ADDFN, "callctl-help", "What can stand here", on_question);
	el_set(edit, EL_ADDFN, "callctl-interrupt", "Drop the line", on_interrupt);
	el_set(edit, EL_BIND, "^I", "callctl-complete", NULL);
	el_set(edit, EL_BIND, "?", "callctl-help", NULL);
	el_set(edit, EL_BIND, "^R", "em-inc-search-prev", NULL);
	/* While a line is edited Ctrl-C is a key; a command that runs gets the signal. */
	el_set(edit, EL_SETTY, "-d", "-isig", NULL);
	el_set(edit, EL_BIND, "^C", "callctl-interrupt", NULL);
	el_source(edit, NULL); /* the user's own ~/.editrc has the last word */
}

static void
set_up_history(struct shell *shell)
{
	const char *home = getenv("HOME");
	HistEvent event;

	history(shell->history, &event, H_SETSIZE, HISTORY_LINES);
	history(shell->history, &event, H_SETUNIQUE, 1);
	if (home == NULL || asprintf(&shell->history_path, "%s/%s", home, HISTORY_FILE) < 0)
		shell->history_path = NULL;
	if (shell->history_path != NULL)
		history(shell->history, &event, H_LOAD, shell->history_path);
}

/* Of its own, so that Ctrl-C ends the command and not the shell. */
static enum exit_code
run_apart(struct shell *shell, int n_words, char *const *words)
{
	enum exit_code code;
	int status = 0;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0) {
		fprintf(stderr, "callctl: no process for the command: %s\n", strerror(errno));
		return EXIT_REFUSED;
	}
	if (pid == 0) {
		signal(SIGINT, SIG_DFL);
		signal(SIGQUIT, SIG_DFL);
		code = command_run(shell->outer, n_words, words);
		fflush(stdout);
		_exit((int)code);
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFEXITED(status))
		return (enum exit_code)WEXITSTATUS(status);
	printf("\n"); /* where it was interrupted */
	return EXIT_REFUSED;
}

/* @return Whether to go on. */
static bool
run_text(struct shell *shell, const char *text)
{
	char *const *words;
	int n_words = line_split(shell->line, text, &words);

	if (n_words < 0) {
		fprintf(stderr, "callctl: a quote is not closed, or \\ ends the line\n");
		shell->last = EXIT_USAGE;
	} else if (n_words > 0) {
		if (strcmp(words[0], "exit") == 0 || strcmp(words[0], "quit") == 0)
			return false;
		shell->last = run_apart(shell, n_words, words);
	}
	return true;
}

static void
remember(struct shell *shell, const char *text)
{
	HistEvent event;

	if (text[strspn(text, " \t")] == '\0')
		return;
	history(shell->history, &event, H_ENTER, text);
	/* Now, for a terminal that goes away takes the shell with it. */
	if (shell->history_path != NULL)
		history(shell->history, &event, H_SAVE, shell->history_path);
}

static void
run_lines(struct shell *shell)
{
	bool goes_on = true;
	const char *got;
	char *text;
	int n;

	while (goes_on && (got = el_gets(shell->edit, &n)) != NULL && n > 0) {
		text = strndup(got, strcspn(got, "\n"));
		if (text == NULL)
			return;
		remember(shell, text);
		goes_on = run_text(shell, text);
		free(text);
	}
	if (goes_on)
		printf("\n"); /* Ctrl-D left the prompt standing */
}

enum exit_code
shell_run(const struct invocation *outer)
{
	struct shell shell = { .outer = outer };

	shell.edit = el_init("callctl", stdin, stdout, stderr);
	shell.history = history_init();
	shell.line = line_create();
	if (shell.edit == NULL || shell.history == NULL || shell.line == NULL) {
		fprintf(stderr, "callctl: no memory for a shell\n");
		return EXIT_REFUSED;
	}
	signal(SIGINT, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	set_up_history(&shell);
	set_up_edit(&shell);
	printf("? tells what can stand where it is typed, Tab completes, Ctrl-D ends\n");
	run_lines(&shell);
	free(shell.history_path);
	line_destroy(shell.line);
	history_end(shell.history);
	el_end(shell.edit);
	return shell.last;
}
