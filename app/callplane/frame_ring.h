/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * Copies of frames on their way from one thread to another: a bounded ring of octets, one writer,
 * one reader, no lock. A frame that finds no room is dropped and counted; nobody waits (I6).
 */

#include <stdbool.h>
#include <stdint.h>

struct frame_ring;

/** What is known of a frame. */
struct frame_info {
	uint64_t time_ns; /**< The writer's clock. */
	uint32_t len;     /**< Octets. */
	uint16_t trunk;
	bool sent; /**< Else received. */
};

/** @p size octets, a power of 2; NULL when memory is out. */
struct frame_ring *frame_ring_create(uint32_t size);
void frame_ring_destroy(struct frame_ring *ring);

/** Writer: copies @p frame, or drops it. */
void frame_ring_put(struct frame_ring *ring, const struct frame_info *info, const uint8_t *frame);

/** Reader: the oldest frame, cut at @p room octets; false when there is none. */
bool frame_ring_take(
	struct frame_ring *ring, struct frame_info *info, uint8_t *frame, uint32_t room);

/** Dropped so far; either thread. */
uint64_t frame_ring_n_dropped(const struct frame_ring *ring);
