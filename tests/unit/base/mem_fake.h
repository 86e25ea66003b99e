/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/** @file An allocator that counts what is out, and fails when told to. */

#include <stddef.h>

#include "base/mem.h"

struct mem_fake {
	struct cp_mem mem;
	int n_out;
	int n_allocs;
	int fail_at; /**< This allocation fails, counted from 1; 0 for none. */
};

static inline void *
mem_fake_alloc(void *arg, size_t size, const char *what)
{
	struct mem_fake *f = arg;
	void *p;

	f->n_allocs++;
	if (f->n_allocs == f->fail_at)
		return NULL;
	p = cp_mem_alloc(NULL, size, what);
	f->n_out += p != NULL;
	return p;
}

static inline void
mem_fake_free(void *arg, void *p)
{
	struct mem_fake *f = arg;

	f->n_out--;
	cp_mem_free(NULL, p);
}

static inline void
mem_fake_init(struct mem_fake *f, int fail_at)
{
	*f = (struct mem_fake){ { mem_fake_alloc, mem_fake_free, f }, 0, 0, fail_at };
}
