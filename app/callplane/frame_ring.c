/* SPDX-License-Identifier: BSD-3-Clause */
#include "callplane/frame_ring.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

struct frame_ring {
	/* Both count octets and never wrap within the life of a ring. */
	_Alignas(RTE_CACHE_LINE_SIZE) _Atomic uint64_t written; /* the writer's */
	_Atomic uint64_t dropped;                               /* the writer's */
	_Alignas(RTE_CACHE_LINE_SIZE) _Atomic uint64_t taken;   /* the reader's */
	uint32_t size;
	uint8_t octets[];
};

struct frame_ring *
frame_ring_create(uint32_t size)
{
	struct frame_ring *ring = aligned_alloc(RTE_CACHE_LINE_SIZE, sizeof(*ring) + (size_t)size);

	if (ring == NULL)
		return NULL;
	/* Touched here, so that the writer meets no page for the first time. */
	memset(ring, 0, sizeof(*ring) + (size_t)size);
	ring->size = size;
	return ring;
}

void
frame_ring_destroy(struct frame_ring *ring)
{
	free(ring);
}

/* Octets before the ring's end, from @p at on. */
static uint32_t
until_end(const struct frame_ring *ring, uint64_t at, uint32_t len)
{
	return RTE_MIN(len, ring->size - (uint32_t)(at & (ring->size - 1)));
}

static void
copy_in(struct frame_ring *ring, uint64_t at, const void *from, uint32_t len)
{
	uint32_t n = until_end(ring, at, len);

	memcpy(ring->octets + (at & (ring->size - 1)), from, n);
	memcpy(ring->octets, (const uint8_t *)from + n, len - n);
}

static void
copy_out(const struct frame_ring *ring, uint64_t at, void *to, uint32_t len)
{
	uint32_t n = until_end(ring, at, len);

	memcpy(to, ring->octets + (at & (ring->size - 1)), n);
	memcpy((uint8_t *)to + n, ring->octets, len - n);
}

void
frame_ring_put(struct frame_ring *ring, const struct frame_info *info, const uint8_t *frame)
{
	uint64_t at = atomic_load_explicit(&ring->written, memory_order_relaxed), taken;
	uint64_t end = at + sizeof(*info) + info->len;

	/* Acquire: pairs with the release in frame_ring_take(); what was there has been read. */
	taken = atomic_load_explicit(&ring->taken, memory_order_acquire);
	if (end - taken > ring->size) {
		atomic_fetch_add_explicit(&ring->dropped, 1, memory_order_relaxed);
		return;
	}
	copy_in(ring, at, info, sizeof(*info));
	copy_in(ring, at + sizeof(*info), frame, info->len);
	/* Release: pairs with the acquire in frame_ring_take(). */
	atomic_store_explicit(&ring->written, end, memory_order_release);
}

bool
frame_ring_take(struct frame_ring *ring, struct frame_info *info, uint8_t *frame, uint32_t room)
{
	uint64_t at = atomic_load_explicit(&ring->taken, memory_order_relaxed), end;

	if (at == atomic_load_explicit(&ring->written, memory_order_acquire))
		return false;
	copy_out(ring, at, info, sizeof(*info));
	end = at + sizeof(*info) + info->len;
	info->len = RTE_MIN(info->len, room);
	copy_out(ring, at + sizeof(*info), frame, info->len);
	atomic_store_explicit(&ring->taken, end, memory_order_release);
	return true;
}

uint64_t
frame_ring_n_dropped(const struct frame_ring *ring)
{
	return atomic_load_explicit(&ring->dropped, memory_order_relaxed);
}
