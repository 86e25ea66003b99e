/* SPDX-License-Identifier: BSD-3-Clause */
#include "micro/golden.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "tsv.h"

void
golden_read(struct golden *m, const char *file)
{
	struct tsv tsv = tsv_read(file);
	int len = -1;
	size_t i;

	for (i = 0; i < tsv.n && len < 0; i++)
		if (strcmp(tsv.lines[i].field[0], m->name) == 0)
			len = cp_hex_parse(tsv.lines[i].field[1], m->octets, sizeof(m->octets));
	tsv_free(&tsv);
	if (len <= 0) {
		fprintf(stderr, "%s: no message %s; mend: take one that is there\n", file, m->name);
		exit(1);
	}
	m->len = (size_t)len;
}
