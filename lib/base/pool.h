/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * Records of one size in one array, named by 32-bit handles: 22 bits of index,
 * 10 bits of generation, odd while the record lives and even while it is free. A
 * handle whose record has gone finds nobody (I9), for the next 511 lives of its
 * index. The record's memory keeps its place for ever; a freed index is reused
 * last in, first out, its cache lines being the warm ones.
 *
 * One thread. Handle 0 is never given out and means "none".
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"

#define CP_HANDLE_NONE 0u
#define CP_HANDLE_IDX_BITS 22
#define CP_POOL_MAX ((1u << CP_HANDLE_IDX_BITS) - 1)

/** One generation; as a mask, the bit that every live handle has. */
#define CP_HANDLE_GENERATION (1u << CP_HANDLE_IDX_BITS)

static inline uint32_t
cp_handle_idx(uint32_t handle)
{
	return handle & CP_POOL_MAX;
}

/** Fields are read by the inline functions below; nobody else touches them. */
struct cp_pool {
	uint8_t *records;
	/**
	 * Per index: its handle; of a free one an even generation, and in place of the index that
	 * of the next free one, of the last free one n_max: the stack of free indexes costs no
	 * memory of its own. Never its own index, so that no number finds a free record.
	 */
	uint32_t *handles;
	size_t record_size;
	uint32_t n_max;
	uint32_t first_free; /**< Top of the stack; n_max when none is left. */
	uint32_t n_free;
	const struct cp_mem *mem;
};

/** @p n records of @p size octets, 1 .. CP_POOL_MAX. 0, -EINVAL or -ENOMEM. */
int cp_pool_init(struct cp_pool *pool, uint32_t n, uint32_t size, const struct cp_mem *mem,
	const char *what);

void cp_pool_fini(struct cp_pool *pool);

/** A zeroed record's handle, CP_HANDLE_NONE when there is none left. */
uint32_t cp_pool_get(struct cp_pool *pool);

/** The record, or NULL when the handle is stale, foreign or CP_HANDLE_NONE. */
static inline void *
cp_pool_at(const struct cp_pool *pool, uint32_t handle)
{
	uint32_t idx = cp_handle_idx(handle);

	if (idx >= pool->n_max || pool->handles[idx] != handle)
		return NULL;
	return pool->records + idx * pool->record_size;
}

/** What cp_pool_at() and its caller will touch of @p idx, whatever that is. */
static inline void
cp_pool_prefetch(const struct cp_pool *pool, uint32_t idx)
{
	if (idx >= pool->n_max)
		return;
	__builtin_prefetch(&pool->handles[idx], 1);
	__builtin_prefetch(pool->records + idx * pool->record_size, 1);
}

/*
 * For whoever has had the record of a handle: it was the pool's own, and only its age is in
 * question, or not even that. On a path of a few handlers these cost half of looking up again.
 */

/** Whether the record of @p handle, which was found once, is still the same one's (I9). */
static inline bool
cp_pool_has(const struct cp_pool *pool, uint32_t handle)
{
	return pool->handles[cp_handle_idx(handle)] == handle;
}

/** The record of a handle that is in force. */
static inline void *
cp_pool_of(const struct cp_pool *pool, uint32_t handle)
{
	return pool->records + cp_handle_idx(handle) * pool->record_size;
}

/** Free the record of a handle that is in force. */
static inline void
cp_pool_put_live(struct cp_pool *pool, uint32_t handle)
{
	uint32_t idx = cp_handle_idx(handle);

	/* Even again. 1023 wraps to 0, which is even too: the parity survives. */
	pool->handles[idx] = ((handle & ~CP_POOL_MAX) + CP_HANDLE_GENERATION) | pool->first_free;
	pool->first_free = idx;
	pool->n_free++;
}

/** Free the record of @p handle; 0 or -ESTALE. */
int cp_pool_put(struct cp_pool *pool, uint32_t handle);

/** The handle in force for an index, CP_HANDLE_NONE when it is free: for walks in index order. */
static inline uint32_t
cp_pool_handle_of(const struct cp_pool *pool, uint32_t idx)
{
	if (idx >= pool->n_max || (pool->handles[idx] & CP_HANDLE_GENERATION) == 0)
		return CP_HANDLE_NONE;
	return pool->handles[idx];
}

static inline uint32_t
cp_pool_n_used(const struct cp_pool *pool)
{
	return pool->n_max - pool->n_free;
}
