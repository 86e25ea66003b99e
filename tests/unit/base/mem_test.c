/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "mem_fake.h"

#include <cmocka.h>

static void
memory_of_the_libc_is_zeroed_and_aligned_to_a_cache_line(void **state)
{
	static const size_t sizes[] = { 0, 1, 63, 64, 65, 4096, 100001 };
	uint8_t *p;
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		p = cp_mem_alloc(NULL, sizes[i], "test");
		assert_non_null(p);
		assert_int_equal((uintptr_t)p % 64, 0);
		for (k = 0; k < sizes[i]; k++)
			assert_int_equal(p[k], 0);
		memset(p, 0xff, sizes[i]);
		cp_mem_free(NULL, p);
	}
}

static void
a_size_that_would_wrap_is_refused(void **state)
{
	volatile size_t size = SIZE_MAX;

	(void)state;
	assert_null(cp_mem_alloc(NULL, size, "test"));
	assert_null(cp_mem_alloc(NULL, size - 63, "test"));
}

static void
an_allocator_that_is_passed_in_gets_every_call(void **state)
{
	struct mem_fake f;
	void *p;

	(void)state;
	mem_fake_init(&f, 2);
	p = cp_mem_alloc(&f.mem, 100, "test");
	assert_non_null(p);
	assert_null(cp_mem_alloc(&f.mem, 100, "test"));
	assert_int_equal(f.n_out, 1);
	cp_mem_free(&f.mem, p);
	cp_mem_free(&f.mem, NULL);
	assert_int_equal(f.n_out, 0);
}

static void
a_sparse_table_may_be_far_larger_than_memory(void **state)
{
	size_t size = (size_t)1 << 38;
	uint8_t *p;

	(void)state;
	p = cp_mem_map_sparse(size);
	assert_non_null(p);
	assert_int_equal(p[0], 0);
	assert_int_equal(p[size / 2], 0);
	p[size - 1] = 1;
	assert_int_equal(p[size - 1], 1);
	cp_mem_unmap_sparse(p, size);
	assert_null(cp_mem_map_sparse((size_t)1 << 62));
	cp_mem_unmap_sparse(NULL, size);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_of_the_libc_is_zeroed_and_aligned_to_a_cache_line),
		cmocka_unit_test(a_size_that_would_wrap_is_refused),
		cmocka_unit_test(an_allocator_that_is_passed_in_gets_every_call),
		cmocka_unit_test(a_sparse_table_may_be_far_larger_than_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
