/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * A capture file on its way into memory, some frames at a time. A replay reads the copy: then no
 * worker waits for a disk, and nobody can change the file, or its length, under the replay.
 */

#include <stddef.h>
#include <stdint.h>

#define CAPTURE_MAX_OCTETS (UINT64_C(1) << 30) /**< Of memory for one replay. */

struct capture;

/**
 * Open a pcap or pcapng file of Ethernet frames, to be copied @p n_passes times.
 * @return 0, or -errno with a line in @p error: what is wrong and the mend.
 */
int capture_open(
	struct capture **out, const char *path, uint32_t n_passes, char *error, size_t size);

/**
 * Copy some more.
 * @return 1 when there is more, 0 when all is there, or -errno with @p error.
 */
int capture_load(struct capture *capture, char *error, size_t size);

/** Frames so far, all passes together. */
uint64_t capture_n_frames(const struct capture *capture);

/** Where the copy can be opened as a pcap file, while the capture lives. */
void capture_name(const struct capture *capture, char *out, size_t size);

void capture_close(struct capture *capture);
