/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * Records of calls: what is known of each one while it lasts, and the line of it when it is over,
 * with the final counters of its circuit. Control thread only.
 */

#include "callplane/record_writer.h"

struct records;
struct appliance;

/**
 * Hears of all calls of @p appliance from now on, if its configuration has records. 0, or -errno
 * with a line in @p error. *out stays NULL where there are to be none.
 */
int records_create(
	struct records **out, struct appliance *appliance, char *error, size_t error_size);

/** All zeros where there are none. */
void records_counts(const struct records *r, struct record_writer_counts *out);

/** When no call is told of any more; NULL passes. */
void records_destroy(struct records *r);
