/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/** @file How far a job is, in a line. */

#include <jansson.h>
#include <stddef.h>

/**
 * "close [####----]  50 %  500 of 1000  250/s  2.0 s left": bar, counts, rate and time left of a
 * row of jobs. The bar gives way when @p columns are few; at last the line is cut.
 */
void progress_line(char *out, size_t size, const json_t *job, unsigned int columns);
