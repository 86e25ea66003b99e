/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/pool.h"

#include <errno.h>
#include <string.h>

int
cp_pool_init(
	struct cp_pool *pool, uint32_t n, uint32_t size, const struct cp_mem *mem, const char *what)
{
	uint32_t i;

	memset(pool, 0, sizeof(*pool));
	if (n == 0 || n > CP_POOL_MAX || size == 0)
		return -EINVAL;
	pool->mem = mem;
	pool->records = cp_mem_alloc(mem, (size_t)n * size, what);
	pool->handles = cp_mem_alloc(mem, n * sizeof(*pool->handles), what);
	if (pool->records == NULL || pool->handles == NULL) {
		cp_pool_fini(pool);
		return -ENOMEM;
	}
	for (i = 0; i < n; i++)
		pool->handles[i] = i + 1; /* generation 0: even, free */
	pool->record_size = size;
	pool->n_max = n;
	pool->n_free = n;
	return 0;
}

void
cp_pool_fini(struct cp_pool *pool)
{
	cp_mem_free(pool->mem, pool->handles);
	cp_mem_free(pool->mem, pool->records);
	memset(pool, 0, sizeof(*pool));
}

uint32_t
cp_pool_get(struct cp_pool *pool)
{
	uint32_t idx = pool->first_free, handle;

	if (idx == pool->n_max)
		return CP_HANDLE_NONE;
	pool->first_free = cp_handle_idx(pool->handles[idx]);
	handle = ((pool->handles[idx] & ~CP_POOL_MAX) + CP_HANDLE_GENERATION) | idx; /* now odd */
	pool->handles[idx] = handle;
	pool->n_free--;
	memset(pool->records + idx * pool->record_size, 0, pool->record_size);
	return handle;
}

int
cp_pool_put(struct cp_pool *pool, uint32_t handle)
{
	if (cp_pool_at(pool, handle) == NULL)
		return -ESTALE;
	cp_pool_put_live(pool, handle);
	return 0;
}
