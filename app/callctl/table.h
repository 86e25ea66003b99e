/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * Rows as an aligned table. The first rows are held back to find the columns' widths; later ones
 * that need more are not cut.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

struct table;

/** @p keys of the rows to show, ending with NULL. NULL when memory is out. */
struct table *table_create(FILE *out, const char *const *keys);

void table_row(struct table *table, const json_t *row);

/** Prints what is still held back, with the heading when @p is_whole or there are rows; frees. */
void table_end(struct table *table, bool is_whole);
