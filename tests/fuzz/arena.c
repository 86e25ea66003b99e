/* SPDX-License-Identifier: BSD-3-Clause */
#include "arena.h"

#include <sanitizer/asan_interface.h>

#include "fuzz.h"

#define ARENA_SIZE (16u << 20)
#define GAP 64u /* before each block */

static uint8_t arena[ARENA_SIZE] __attribute__((aligned(64)));
static size_t used;

static uint8_t *
take(size_t size)
{
	uint8_t *p = arena + used + GAP;

	FUZZ_CHECK(size < ARENA_SIZE - used - 3 * (size_t)GAP);
	ASAN_POISON_MEMORY_REGION(arena + used, GAP);
	ASAN_UNPOISON_MEMORY_REGION(p, size);
	used += GAP + (size + GAP - 1) / GAP * GAP;
	ASAN_POISON_MEMORY_REGION(p + size, (size_t)(arena + used + GAP - (p + size)));
	return p;
}

static void *
alloc(void *arg, size_t size, const char *what)
{
	(void)arg;
	(void)what;
	return memset(take(size), 0, size);
}

static void
release(void *arg, void *p)
{
	(void)arg;
	(void)p;
}

const struct cp_mem *
arena_begin(void)
{
	static const struct cp_mem mem = { .alloc = alloc, .free = release };

	used = 0;
	return &mem;
}

uint8_t *
arena_copy(const uint8_t *octets, size_t len)
{
	return len > 0 ? memcpy(take(len), octets, len) : take(0);
}

void
arena_drop(uint8_t *copy)
{
	used = (size_t)(copy - arena) - GAP;
}
