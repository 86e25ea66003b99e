/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/mem.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define MEM_ALIGN 64u

static void *
libc_alloc(size_t size)
{
	void *p;

	if (size > SIZE_MAX - MEM_ALIGN)
		return NULL;
	/* aligned_alloc() wants a multiple of the alignment, and nothing may share the last line.
	 */
	size = (size + MEM_ALIGN - 1) & ~(size_t)(MEM_ALIGN - 1);
	p = aligned_alloc(MEM_ALIGN, size);
	if (p != NULL)
		memset(p, 0, size);
	return p;
}

void *
cp_mem_alloc(const struct cp_mem *mem, size_t size, const char *what)
{
	return mem != NULL ? mem->alloc(mem->arg, size, what) : libc_alloc(size);
}

void
cp_mem_free(const struct cp_mem *mem, void *p)
{
	if (p == NULL)
		return;
	if (mem != NULL)
		mem->free(mem->arg, p);
	else
		free(p);
}

void *
cp_mem_map_sparse(size_t size)
{
	void *p;

	/* No reserve: address space is plenty, and strict overcommit would charge for all of it. */
	p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
		-1, 0);
	return p != MAP_FAILED ? p : NULL;
}

void
cp_mem_unmap_sparse(void *p, size_t size)
{
	if (p != NULL)
		munmap(p, size);
}
