/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * Records of calls on their way to a file: control puts them into a ring, and a thread of its own,
 * which alone waits for the disk, writes them. A ring that is full drops and counts.
 */

#include "callplane/call_record.h"
#include "callplane/record_file.h"

struct record_writer;
struct appliance;

/**
 * @p ring_octets: a power of 2. @p config->path stays the caller's; @p appliance is asked for its
 * clock. 0 or -errno: the file cannot be opened, or there is no memory or no thread.
 */
int record_writer_create(struct record_writer **out, const struct record_file_config *config,
	const struct appliance *appliance, uint32_t ring_octets);

/** Control thread: never waits. */
void record_writer_put(struct record_writer *w, const struct call_record *record);

struct record_writer_counts {
	uint64_t written;
	uint64_t dropped; /**< The disk was full, or not as fast as calls ended. */
	uint64_t rotations;
};

/** Any thread; they are as of its last look. */
void record_writer_counts(const struct record_writer *w, struct record_writer_counts *out);

/** All that was put is written first, as far as it can be. */
void record_writer_destroy(struct record_writer *w);
