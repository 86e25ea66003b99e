/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * Where a library's arrays come from. The appliance passes an allocator over
 * hugepages on a NUMA node; tests and plain tools pass NULL and get the libc's.
 * Used when something is created or destroyed, never while calls or frames pass.
 */

#include <stddef.h>

struct cp_mem {
	/** Zeroed, aligned to 64, or NULL. @p what names it in statistics. */
	void *(*alloc)(void *arg, size_t size, const char *what);
	void (*free)(void *arg, void *p);
	void *arg;
};

/** Zeroed memory aligned to 64 octets; @p mem NULL is the libc. NULL when there is none. */
void *cp_mem_alloc(const struct cp_mem *mem, size_t size, const char *what);

void cp_mem_free(const struct cp_mem *mem, void *p);

/**
 * A large zeroed table of which only the touched pages cost memory: for tables
 * indexed by a number that the peer chooses. NULL when there is no address space.
 */
void *cp_mem_map_sparse(size_t size);

void cp_mem_unmap_sparse(void *p, size_t size);
