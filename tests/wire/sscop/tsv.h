/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/** @file Golden data: lines of tab-separated fields under $CALLPLANE_VECTORS. */

#include <stddef.h>

#define TSV_MAX_FIELDS 6

struct tsv_line {
	const char *field[TSV_MAX_FIELDS]; /**< "" beyond the last one. */
};

struct tsv {
	struct tsv_line *lines; /**< Without comments and empty lines. */
	size_t n;
	char *text;
};

/** Read file @p name; exits with a message when there is none, or no line in it. */
struct tsv tsv_read(const char *name);

void tsv_free(struct tsv *tsv);
