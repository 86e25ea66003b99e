/* SPDX-License-Identifier: BSD-3-Clause */
#include "callctl/table.h"

#include <stdlib.h>
#include <string.h>

#include "callctl/format.h"

#define HELD_ROWS 256
#define COLUMNS_MAX 20
#define CELL_SIZE 128

struct line {
	char cells[COLUMNS_MAX][CELL_SIZE];
};

struct table {
	FILE *out;
	const char *const *keys;
	unsigned int n_columns;
	int widths[COLUMNS_MAX];
	bool is_number[COLUMNS_MAX]; /* to the right */
	bool is_open;                /* widths are settled, lines go out at once */
	unsigned int n_held;
	struct line held[1 + HELD_ROWS]; /* the heading is the first */
};

static void
hold(struct table *t, const struct line *line)
{
	unsigned int i;
	int width;

	for (i = 0; i < t->n_columns; i++) {
		width = (int)strlen(line->cells[i]);
		if (width > t->widths[i])
			t->widths[i] = width;
	}
	t->held[t->n_held++] = *line;
}

static void
print_line(const struct table *t, const struct line *line)
{
	unsigned int i;
	int width;

	for (i = 0; i < t->n_columns; i++) {
		width = t->is_number[i] ? t->widths[i] : -t->widths[i];
		/* No blanks at a line's end. */
		if (i + 1 == t->n_columns && width < 0)
			width = 0;
		fprintf(t->out, "%s%*s", i > 0 ? "  " : "", width, line->cells[i]);
	}
	fputc('\n', t->out);
}

static void
release(struct table *t)
{
	unsigned int i;

	for (i = 0; i < t->n_held; i++)
		print_line(t, &t->held[i]);
	t->n_held = 0;
	t->is_open = true;
}

struct table *
table_create(FILE *out, const char *const *keys)
{
	struct table *t = calloc(1, sizeof(*t));
	struct line heading;

	if (t == NULL)
		return NULL;
	t->out = out;
	t->keys = keys;
	for (; keys[t->n_columns] != NULL && t->n_columns < COLUMNS_MAX; t->n_columns++)
		format_label(heading.cells[t->n_columns], CELL_SIZE, keys[t->n_columns]);
	hold(t, &heading);
	return t;
}

void
table_row(struct table *t, const json_t *row)
{
	const json_t *value;
	struct line line;
	unsigned int i;

	for (i = 0; i < t->n_columns; i++) {
		value = json_object_get(row, t->keys[i]);
		if (json_is_object(value))
			format_reasons(line.cells[i], CELL_SIZE, value);
		else
			format_value(line.cells[i], CELL_SIZE, t->keys[i], value);
		t->is_number[i] = json_is_number(value);
	}
	if (!t->is_open && t->n_held == 1 + HELD_ROWS)
		release(t);
	if (t->is_open)
		print_line(t, &line);
	else
		hold(t, &line);
}

void
table_end(struct table *t, bool is_whole)
{
	if (!t->is_open && (is_whole || t->n_held > 1))
		release(t);
	free(t);
}
