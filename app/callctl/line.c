/* SPDX-License-Identifier: BSD-3-Clause */
#include "callctl/line.h"

#include <errno.h>
#include <histedit.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct line {
	Tokenizer *tokenizer;
	char **words; /* copies: they outlive what the command does */
	int n_words;
};

struct line *
line_create(void)
{
	struct line *line = calloc(1, sizeof(*line));

	if (line == NULL)
		return NULL;
	line->tokenizer = tok_init(NULL);
	if (line->tokenizer != NULL)
		return line;
	free(line);
	return NULL;
}

static void
let_go(struct line *line)
{
	int i;

	for (i = 0; i < line->n_words; i++)
		free(line->words[i]);
	free(line->words);
	line->words = NULL;
	line->n_words = 0;
}

void
line_destroy(struct line *line)
{
	let_go(line);
	tok_end(line->tokenizer);
	free(line);
}

static int
keep(struct line *line, int n, const char *const *words)
{
	line->words = calloc((size_t)n + 1, sizeof(*line->words));
	if (line->words == NULL)
		return -ENOMEM;
	for (; line->n_words < n; line->n_words++) {
		line->words[line->n_words] = strdup(words[line->n_words]);
		if (line->words[line->n_words] == NULL)
			return -ENOMEM;
	}
	return n;
}

int
line_split(struct line *line, const char *text, char *const **words)
{
	const char **found;
	int n = 0, err = 0;

	let_go(line);
	tok_reset(line->tokenizer);
	text += strspn(text, " \t");
	if (text[0] != '#')
		err = tok_str(line->tokenizer, text, &n, &found);
	if (err != 0)
		return err < 0 ? -ENOMEM : -EINVAL;
	n = keep(line, n, found);
	*words = line->words;
	return n;
}

struct file {
	const char *name;
	FILE *in;
	unsigned int n_lines;
	char *text;
	size_t room;
};

static enum exit_code
run_line(const struct invocation *outer, struct line *line, const struct file *file)
{
	enum exit_code code = EXIT_DONE;
	char *const *words;
	int n;

	n = line_split(line, file->text, &words);
	if (n < 0) {
		fprintf(stderr, "callctl: a quote is not closed, or \\ ends the line\n");
		code = EXIT_USAGE;
	} else if (n > 0) {
		code = command_run(outer, n, words);
		fflush(stdout); /* before what the next one says on stderr */
	}
	if (code != EXIT_DONE)
		fprintf(stderr, "callctl: %s:%u: what follows is not done\n", file->name,
			file->n_lines);
	return code;
}

static enum exit_code
run_lines(const struct invocation *outer, struct file *file)
{
	struct line *line = line_create();
	enum exit_code code = EXIT_DONE;

	if (line == NULL) {
		fprintf(stderr, "callctl: no memory\n");
		return EXIT_REFUSED;
	}
	while (code == EXIT_DONE && getline(&file->text, &file->room, file->in) >= 0) {
		file->n_lines++;
		file->text[strcspn(file->text, "\r\n")] = '\0';
		code = run_line(outer, line, file);
	}
	if (code == EXIT_DONE && ferror(file->in)) {
		fprintf(stderr, "callctl: %s: %s\n", file->name, strerror(errno));
		code = EXIT_USAGE;
	}
	line_destroy(line);
	free(file->text);
	return code;
}

enum exit_code
line_run_file(const struct invocation *outer, const char *path)
{
	struct file file = { .name = path };
	enum exit_code code;

	if (strcmp(path, "-") == 0) {
		file.name = "stdin";
		file.in = stdin;
		return run_lines(outer, &file);
	}
	file.in = fopen(path, "re");
	if (file.in == NULL) {
		fprintf(stderr, "callctl: %s: %s; mend: -f wants a file of commands, or -\n", path,
			strerror(errno));
		return EXIT_USAGE;
	}
	code = run_lines(outer, &file);
	fclose(file.in);
	return code;
}
