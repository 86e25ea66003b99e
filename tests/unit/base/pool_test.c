/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/pool.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "mem_fake.h"
#include "random.h"

#include <cmocka.h>

#define N 100
#define SIZE 24

static int
make_pool(void **state)
{
	static struct cp_pool pool;

	*state = &pool;
	return cp_pool_init(&pool, N, SIZE, NULL, "test");
}

static int
drop_pool(void **state)
{
	cp_pool_fini(*state);
	return 0;
}

static uint32_t
generation_of(uint32_t handle)
{
	return handle >> CP_HANDLE_IDX_BITS;
}

static void
sizes_that_no_handle_can_name_are_refused(void **state)
{
	struct cp_pool pool;

	(void)state;
	assert_int_equal(cp_pool_init(&pool, 0, SIZE, NULL, "test"), -EINVAL);
	assert_int_equal(cp_pool_init(&pool, CP_POOL_MAX + 1, SIZE, NULL, "test"), -EINVAL);
	assert_int_equal(cp_pool_init(&pool, 1, 0, NULL, "test"), -EINVAL);
	cp_pool_fini(&pool);
}

static void
a_failed_init_gives_all_memory_back(void **state)
{
	struct mem_fake f;
	struct cp_pool pool;
	int fail_at;

	(void)state;
	for (fail_at = 1; fail_at <= 2; fail_at++) {
		mem_fake_init(&f, fail_at);
		assert_int_equal(cp_pool_init(&pool, N, SIZE, &f.mem, "test"), -ENOMEM);
		assert_int_equal(f.n_out, 0);
	}
	mem_fake_init(&f, 0);
	assert_int_equal(cp_pool_init(&pool, N, SIZE, &f.mem, "test"), 0);
	cp_pool_fini(&pool);
	assert_int_equal(f.n_out, 0);
}

static void
every_record_has_a_place_of_its_own(void **state)
{
	struct cp_pool *pool = *state;
	uint32_t handles[N], i;

	for (i = 0; i < N; i++) {
		handles[i] = cp_pool_get(pool);
		assert_int_not_equal(handles[i], CP_HANDLE_NONE);
		memset(cp_pool_at(pool, handles[i]), (int)i, SIZE);
	}
	assert_int_equal(cp_pool_n_used(pool), N);
	assert_int_equal(cp_pool_get(pool), CP_HANDLE_NONE);
	for (i = 0; i < N; i++) {
		const uint8_t *record = cp_pool_at(pool, handles[i]);

		assert_int_equal(record[0], i);
		assert_int_equal(record[SIZE - 1], i);
		assert_int_equal(cp_pool_put(pool, handles[i]), 0);
	}
	assert_int_equal(cp_pool_n_used(pool), 0);
}

static void
a_record_is_zeroed_when_it_is_given_out_again(void **state)
{
	static const uint8_t zeros[SIZE];
	struct cp_pool *pool = *state;
	uint32_t handle = cp_pool_get(pool);
	void *record = cp_pool_at(pool, handle);

	memset(record, 0xee, SIZE);
	assert_int_equal(cp_pool_put(pool, handle), 0);
	handle = cp_pool_get(pool);
	assert_ptr_equal(cp_pool_at(pool, handle), record);
	assert_memory_equal(record, zeros, SIZE);
}

static void
the_last_one_freed_is_the_first_one_reused(void **state)
{
	struct cp_pool *pool = *state;
	uint32_t a = cp_pool_get(pool), b = cp_pool_get(pool), c = cp_pool_get(pool);

	cp_pool_put(pool, a);
	cp_pool_put(pool, c);
	cp_pool_put(pool, b);
	assert_int_equal(cp_handle_idx(cp_pool_get(pool)), cp_handle_idx(b));
	assert_int_equal(cp_handle_idx(cp_pool_get(pool)), cp_handle_idx(c));
	assert_int_equal(cp_handle_idx(cp_pool_get(pool)), cp_handle_idx(a));
}

/* I9 */
static void
a_stale_handle_finds_nobody_and_frees_nothing(void **state)
{
	struct cp_pool *pool = *state;
	uint32_t old = cp_pool_get(pool), new;

	assert_int_equal(cp_pool_put(pool, old), 0);
	assert_null(cp_pool_at(pool, old));
	assert_int_equal(cp_pool_put(pool, old), -ESTALE);
	new = cp_pool_get(pool);
	assert_int_equal(cp_handle_idx(new), cp_handle_idx(old));
	assert_int_not_equal(new, old);
	assert_null(cp_pool_at(pool, old));
	assert_int_equal(cp_pool_put(pool, old), -ESTALE);
	assert_non_null(cp_pool_at(pool, new));
	assert_int_equal(cp_pool_n_used(pool), 1);
}

/* @p live: the handle in force at the index, CP_HANDLE_NONE when it is free. */
static void
only_the_live_one_is_found(struct cp_pool *pool, uint32_t idx, uint32_t live)
{
	uint32_t generation, handle;
	bool is_live;

	for (generation = 0; generation < 1024; generation++) {
		handle = generation << CP_HANDLE_IDX_BITS | idx;
		is_live = live != CP_HANDLE_NONE && handle == live;
		assert_int_equal(cp_pool_at(pool, handle) != NULL, is_live);
		if (!is_live)
			assert_int_equal(cp_pool_put(pool, handle), -ESTALE);
	}
}

/* I9: a made-up number may look like what the pool keeps for a free index. */
static void
of_all_generations_of_an_index_only_the_live_one_is_found(void **state)
{
	struct cp_pool *pool = *state;
	uint32_t live = cp_pool_get(pool), idx = cp_handle_idx(live);

	only_the_live_one_is_found(pool, idx, live);
	cp_pool_put(pool, live);
	only_the_live_one_is_found(pool, idx, CP_HANDLE_NONE);
	assert_int_equal(cp_pool_n_used(pool), 0);
}

/* I9: each index once the only free one, at the end of the list of those. */
static void
nobody_is_found_at_the_only_free_index(void **state)
{
	struct cp_pool *pool = *state;
	uint32_t handles[N], i;

	for (i = 0; i < N; i++)
		handles[i] = cp_pool_get(pool);
	for (i = 0; i < N; i++) {
		cp_pool_put(pool, handles[i]);
		only_the_live_one_is_found(pool, cp_handle_idx(handles[i]), CP_HANDLE_NONE);
		handles[i] = cp_pool_get(pool);
		only_the_live_one_is_found(pool, cp_handle_idx(handles[i]), handles[i]);
	}
	assert_int_equal(cp_pool_get(pool), CP_HANDLE_NONE);
}

/* I9 */
static void
who_has_had_a_record_learns_whether_it_is_still_there(void **state)
{
	struct cp_pool *pool = *state;
	uint32_t old = cp_pool_get(pool), new;

	assert_true(cp_pool_has(pool, old));
	assert_ptr_equal(cp_pool_of(pool, old), cp_pool_at(pool, old));
	cp_pool_put_live(pool, old);
	assert_false(cp_pool_has(pool, old));
	assert_null(cp_pool_at(pool, old));
	new = cp_pool_get(pool);
	assert_false(cp_pool_has(pool, old));
	assert_true(cp_pool_has(pool, new));
	assert_int_equal(cp_pool_n_used(pool), 1);
}

static void
an_index_beyond_the_pool_is_refused(void **state)
{
	struct cp_pool *pool = *state;
	uint32_t idx;

	for (idx = N; idx <= CP_POOL_MAX; idx = idx * 2 + 1) {
		assert_null(cp_pool_at(pool, CP_HANDLE_GENERATION | idx));
		assert_int_equal(cp_pool_put(pool, CP_HANDLE_GENERATION | idx), -ESTALE);
		assert_int_equal(cp_pool_handle_of(pool, idx), CP_HANDLE_NONE);
	}
	assert_null(cp_pool_at(pool, UINT32_MAX));
	assert_null(cp_pool_at(pool, CP_HANDLE_NONE));
	assert_int_equal(cp_pool_put(pool, CP_HANDLE_NONE), -ESTALE);
}

static void
generations_wrap_and_stay_odd_while_the_record_lives(void **state)
{
	struct cp_pool *pool = *state;
	uint32_t first = cp_pool_get(pool), handle = first, old, life;

	assert_int_equal(generation_of(first), 1);
	for (life = 1; life < 512; life++) {
		old = handle;
		assert_int_equal(cp_pool_put(pool, old), 0);
		handle = cp_pool_get(pool);
		assert_int_equal(generation_of(handle), 2 * life + 1);
		assert_null(cp_pool_at(pool, old));
		assert_null(cp_pool_at(pool, first));
		assert_non_null(cp_pool_at(pool, handle));
	}
	assert_int_equal(generation_of(handle), 1023);
	assert_int_equal(cp_pool_put(pool, handle), 0);
	assert_null(cp_pool_at(pool, CP_HANDLE_NONE)); /* generation 0, index 0 */
	assert_int_equal(cp_pool_get(pool), first);
	assert_int_equal(cp_pool_n_used(pool), 1);
}

static void
a_walk_by_index_meets_the_live_records_only(void **state)
{
	struct cp_pool *pool = *state;
	uint32_t handles[N], i;

	for (i = 0; i < N; i++)
		handles[i] = cp_pool_get(pool);
	for (i = 0; i < N; i += 3)
		cp_pool_put(pool, handles[i]);
	for (i = 0; i < N; i++)
		assert_int_equal(cp_pool_handle_of(pool, cp_handle_idx(handles[i])),
			i % 3 ? handles[i] : CP_HANDLE_NONE);
}

static void
random_gets_and_puts_agree_with_a_list(void **state)
{
	struct cp_pool *pool = *state;
	uint32_t live[N], n = 0, at, handle;
	uint64_t seed = 4711;
	int i;

	for (i = 0; i < 100000; i++) {
		if (random_below(&seed, 2) == 0) {
			handle = cp_pool_get(pool);
			assert_int_equal(handle == CP_HANDLE_NONE, n == N);
			if (handle != CP_HANDLE_NONE) {
				memcpy(cp_pool_at(pool, handle), &handle, sizeof(handle));
				live[n++] = handle;
			}
		} else if (n > 0) {
			at = random_below(&seed, n);
			memcpy(&handle, cp_pool_at(pool, live[at]), sizeof(handle));
			assert_int_equal(handle, live[at]);
			assert_int_equal(cp_pool_put(pool, handle), 0);
			live[at] = live[--n];
		}
		assert_int_equal(cp_pool_n_used(pool), n);
	}
}

#define pool_test(f) cmocka_unit_test_setup_teardown(f, make_pool, drop_pool)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_that_no_handle_can_name_are_refused),
		cmocka_unit_test(a_failed_init_gives_all_memory_back),
		pool_test(every_record_has_a_place_of_its_own),
		pool_test(a_record_is_zeroed_when_it_is_given_out_again),
		pool_test(the_last_one_freed_is_the_first_one_reused),
		pool_test(a_stale_handle_finds_nobody_and_frees_nothing),
		pool_test(of_all_generations_of_an_index_only_the_live_one_is_found),
		pool_test(nobody_is_found_at_the_only_free_index),
		pool_test(who_has_had_a_record_learns_whether_it_is_still_there),
		pool_test(an_index_beyond_the_pool_is_refused),
		pool_test(generations_wrap_and_stay_odd_while_the_record_lives),
		pool_test(a_walk_by_index_meets_the_live_records_only),
		pool_test(random_gets_and_puts_agree_with_a_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
