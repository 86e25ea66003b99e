/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * A file of whole lines that is put aside when it has become large or old: it is renamed at once,
 * to its own name with the time behind it, never over another, and begun anew. So whoever collects
 * the files that were put aside finds none that is still written to.
 *
 * What cannot be written, as when the disk is full, is dropped and counted, the line that was
 * begun as well: there are never parts of lines, and what comes later is written again as soon as
 * that works. One thread. @p now_s is the wall's clock.
 */

#include <stddef.h>
#include <stdint.h>

#define RECORD_FILE_BUFFER 65536u

struct record_file_config {
	const char *path;    /**< Stays the caller's. */
	uint64_t max_octets; /**< Put aside before a line would make it larger; 0: never. */
	uint64_t period_s;   /**< Put aside when such a spell of the wall's clock ends; 0: never. */
};

struct record_file;

/** Opens it, to go on behind what it has. 0 or -errno. */
int record_file_create(
	struct record_file **out, const struct record_file_config *config, uint64_t now_s);

/** A line with its newline, of RECORD_FILE_BUFFER octets at most; buffered. */
void record_file_put(struct record_file *f, const char *line, size_t len, uint64_t now_s);

/** Write what is buffered, and put the file aside when its time has come. */
void record_file_flush(struct record_file *f, uint64_t now_s);

struct record_file_counts {
	uint64_t written; /**< Lines. */
	uint64_t dropped;
	uint64_t rotations;
	int error; /**< Of the last write that failed, -errno; 0 since one went well. */
};

void record_file_counts(const struct record_file *f, struct record_file_counts *out);

/** Writes what is buffered. */
void record_file_destroy(struct record_file *f, uint64_t now_s);
