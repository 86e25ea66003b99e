/* SPDX-License-Identifier: BSD-3-Clause */

#include "tsv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
die(const char *what, const char *name)
{
	fprintf(stderr, "%s: %s; mend: set CALLPLANE_VECTORS to tests/vectors\n", name, what);
	exit(99);
}

static char *
read_text(const char *name)
{
	const char *dir = getenv("CALLPLANE_VECTORS");
	char path[4096], *text;
	FILE *f;
	long size;

	if (dir == NULL)
		die("no CALLPLANE_VECTORS in the environment", name);
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "rb");
	if (f == NULL || fseek(f, 0, SEEK_END) != 0 || (size = ftell(f)) < 0)
		die("cannot be read", path);
	rewind(f);
	text = malloc((size_t)size + 1);
	if (text == NULL || fread(text, 1, (size_t)size, f) != (size_t)size)
		die("cannot be read", path);
	text[size] = '\0';
	fclose(f);
	return text;
}

static void
split(struct tsv_line *line, char *text)
{
	size_t i;

	for (i = 0; i < TSV_MAX_FIELDS; i++)
		line->field[i] = text != NULL ? strsep(&text, "\t") : "";
}

struct tsv
tsv_read(const char *name)
{
	struct tsv tsv = { .text = read_text(name) };
	char *line, *rest = tsv.text;

	while ((line = strsep(&rest, "\n")) != NULL) {
		if (line[0] == '\0' || line[0] == '#')
			continue;
		tsv.lines = realloc(tsv.lines, (tsv.n + 1) * sizeof(*tsv.lines));
		if (tsv.lines == NULL)
			die("out of memory", name);
		split(&tsv.lines[tsv.n++], line);
	}
	if (tsv.n == 0)
		die("has no line", name);
	return tsv;
}

void
tsv_free(struct tsv *tsv)
{
	free(tsv->lines);
	free(tsv->text);
}
