/* SPDX-License-Identifier: BSD-3-Clause */
#include "vectors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

#define VECTORS_MAX 1024

static void
fail(const char *why, const char *what)
{
	fprintf(stderr, "q2931.tsv: %s: %s\n", why, what);
	exit(1);
}

/* Keep what the decoder must say, take `expect` aside, leave `peer` and `note` out. */
static void
split_summary(struct vector *v, char *text)
{
	char *save = NULL;

	for (char *word = strtok_r(text, " \n", &save); word != NULL;
		word = strtok_r(NULL, " \n", &save)) {
		if (strncmp(word, "expect=", 7) == 0) {
			snprintf(v->expect, sizeof(v->expect), "%.63s", word + 7);
		} else if (strncmp(word, "peer=", 5) != 0 && strncmp(word, "note=", 5) != 0) {
			if (v->summary[0] != '\0')
				strcat(v->summary, " ");
			strcat(v->summary, word);
		}
	}
}

static void
parse_line(struct vector *v, char *line)
{
	char *hex = strchr(line, '\t'), *text = hex == NULL ? NULL : strchr(hex + 1, '\t');
	int len;

	if (text == NULL || strlen(text) >= sizeof(v->summary))
		fail("bad line", line);
	*hex++ = '\0';
	*text++ = '\0';
	len = cp_hex_parse(hex, v->octets, sizeof(v->octets));
	if (len < 0)
		fail("bad hex", line);
	snprintf(v->name, sizeof(v->name), "%.63s", line);
	v->len = (size_t)len;
	split_summary(v, text);
}

const struct vector *
vectors_load(size_t *n)
{
	static struct vector vectors[VECTORS_MAX];
	static size_t n_vectors;
	const char *dir = getenv("CALLPLANE_VECTORS");
	char path[1024], line[2 * VECTOR_TEXT_MAX];
	FILE *f;

	*n = n_vectors;
	if (n_vectors > 0)
		return vectors;
	snprintf(path, sizeof(path), "%s/q2931.tsv", dir == NULL ? "tests/vectors" : dir);
	f = fopen(path, "r");
	if (f == NULL)
		fail("cannot open", path);
	while (fgets(line, sizeof(line), f) != NULL) {
		if (line[0] == '#')
			continue;
		if (n_vectors == VECTORS_MAX)
			fail("too many lines", path);
		parse_line(&vectors[n_vectors++], line);
	}
	fclose(f);
	if (n_vectors == 0)
		fail("empty", path);
	*n = n_vectors;
	return vectors;
}
