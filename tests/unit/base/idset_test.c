/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/idset.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "mem_fake.h"
#include "random.h"

#include <cmocka.h>

#define MODEL_MAX 300000

/* The plainest set there is: a flag a number, and a walk. */
struct model {
	uint32_t first;
	uint32_t n;
	uint32_t cursor;
	uint32_t n_taken;
	bool taken[MODEL_MAX];
};

static uint32_t
model_take(struct model *m)
{
	uint32_t i, at;

	for (i = 0; i < m->n; i++) {
		at = (m->cursor + i) % m->n;
		if (!m->taken[at]) {
			m->taken[at] = true;
			m->n_taken++;
			m->cursor = (at + 1) % m->n;
			return m->first + at;
		}
	}
	return CP_IDSET_NONE;
}

static uint32_t
model_take_down(struct model *m)
{
	uint32_t i, at;

	for (i = 1; i <= m->n; i++) {
		at = (m->cursor + m->n - i) % m->n;
		if (!m->taken[at]) {
			m->taken[at] = true;
			m->n_taken++;
			m->cursor = at;
			return m->first + at;
		}
	}
	return CP_IDSET_NONE;
}

static bool
model_set(struct model *m, uint32_t id, bool taken)
{
	if (id < m->first || id >= m->first + m->n || m->taken[id - m->first] == taken)
		return false;
	m->taken[id - m->first] = taken;
	m->n_taken += taken ? 1 : UINT32_MAX;
	return true;
}

static void
ranges_that_cannot_be_are_refused(void **state)
{
	struct cp_idset *set;

	(void)state;
	assert_null(cp_idset_create(0, 0, NULL));
	assert_null(cp_idset_create(0, (1u << 24) + 1, NULL));
	assert_null(cp_idset_create(UINT32_MAX, 1, NULL));
	assert_null(cp_idset_create(UINT32_MAX - 9, 10, NULL));
	set = cp_idset_create(UINT32_MAX - 10, 10, NULL);
	assert_non_null(set);
	assert_int_equal(cp_idset_take(set), UINT32_MAX - 10);
	assert_true(cp_idset_take_this(set, UINT32_MAX - 1));
	assert_false(cp_idset_take_this(set, CP_IDSET_NONE));
	cp_idset_destroy(set);
	cp_idset_destroy(NULL);
}

static void
memory_comes_from_the_allocator_and_goes_back(void **state)
{
	struct mem_fake f;

	(void)state;
	mem_fake_init(&f, 1);
	assert_null(cp_idset_create(0, 100, &f.mem));
	mem_fake_init(&f, 0);
	cp_idset_destroy(cp_idset_create(0, 100, &f.mem));
	assert_int_equal(f.n_allocs, 1);
	assert_int_equal(f.n_out, 0);
}

static void
all_numbers_are_handed_out_in_order_and_then_none(void **state)
{
	static const uint32_t sizes[] = { 1, 2, 63, 64, 65, 4095, 4096, 4097, 262143, 262145 };
	struct cp_idset *set;
	uint32_t s, i;

	(void)state;
	for (s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
		set = cp_idset_create(32, sizes[s], NULL);
		for (i = 0; i < sizes[s]; i++)
			assert_int_equal(cp_idset_take(set), 32 + i);
		assert_int_equal(cp_idset_take(set), CP_IDSET_NONE);
		assert_int_equal(cp_idset_n_taken(set), sizes[s]);
		assert_true(cp_idset_put(set, 32 + sizes[s] / 2));
		assert_int_equal(cp_idset_take(set), 32 + sizes[s] / 2);
		assert_int_equal(cp_idset_take(set), CP_IDSET_NONE);
		cp_idset_destroy(set);
	}
}

static void
all_numbers_are_handed_out_downwards_and_then_none(void **state)
{
	static const uint32_t sizes[] = { 1, 2, 63, 64, 65, 4095, 4096, 4097, 262143, 262145 };
	struct cp_idset *set;
	uint32_t s, i;

	(void)state;
	for (s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
		set = cp_idset_create(32, sizes[s], NULL);
		for (i = sizes[s]; i > 0; i--)
			assert_int_equal(cp_idset_take_down(set), 32 + i - 1);
		assert_int_equal(cp_idset_take_down(set), CP_IDSET_NONE);
		assert_int_equal(cp_idset_n_taken(set), sizes[s]);
		assert_true(cp_idset_put(set, 32 + sizes[s] / 2));
		assert_int_equal(cp_idset_take_down(set), 32 + sizes[s] / 2);
		cp_idset_destroy(set);
	}
}

static void
a_freed_number_rests_until_the_cursor_comes_round(void **state)
{
	struct cp_idset *set = cp_idset_create(1, 5, NULL);

	(void)state;
	assert_int_equal(cp_idset_take(set), 1);
	assert_int_equal(cp_idset_take(set), 2);
	assert_true(cp_idset_put(set, 1));
	assert_true(cp_idset_put(set, 2));
	assert_int_equal(cp_idset_take(set), 3);
	assert_int_equal(cp_idset_take(set), 4);
	assert_int_equal(cp_idset_take(set), 5);
	assert_int_equal(cp_idset_take(set), 1);
	cp_idset_destroy(set);
}

static void
a_number_taken_by_name_is_skipped_and_moves_no_cursor(void **state)
{
	struct cp_idset *set = cp_idset_create(0, 100, NULL);

	(void)state;
	assert_true(cp_idset_take_this(set, 1));
	assert_true(cp_idset_take_this(set, 50));
	assert_false(cp_idset_take_this(set, 50));
	assert_false(cp_idset_is_free(set, 50));
	assert_int_equal(cp_idset_take(set), 0);
	assert_int_equal(cp_idset_take(set), 2);
	cp_idset_destroy(set);
}

/* I7 */
static void
numbers_out_of_range_change_nothing(void **state)
{
	static const uint32_t foreign[] = { 0, 31, 132, 133, 1u << 24, UINT32_MAX };
	struct cp_idset *set = cp_idset_create(32, 100, NULL);
	uint32_t i;

	(void)state;
	for (i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
		assert_false(cp_idset_is_free(set, foreign[i]));
		assert_false(cp_idset_take_this(set, foreign[i]));
		assert_false(cp_idset_put(set, foreign[i]));
	}
	assert_false(cp_idset_put(set, 32));
	assert_int_equal(cp_idset_n_taken(set), 0);
	cp_idset_destroy(set);
}

static void
the_last_free_number_of_2_to_the_24_is_found(void **state)
{
	static const uint32_t holes[] = { 0, 63, 64, 262144, 8388607, 16777214, 16777215 };
	uint32_t n = 1u << 24, i;
	struct cp_idset *set = cp_idset_create(0, n, NULL);

	(void)state;
	for (i = 0; i < n; i++)
		if (cp_idset_take(set) != i)
			fail();
	assert_int_equal(cp_idset_take(set), CP_IDSET_NONE);
	for (i = 0; i < sizeof(holes) / sizeof(holes[0]); i++) {
		assert_true(cp_idset_put(set, holes[i]));
		assert_int_equal(cp_idset_take(set), holes[i]);
		assert_int_equal(cp_idset_take(set), CP_IDSET_NONE);
	}
	cp_idset_destroy(set);
}

/* @p fullness, of 16, leans the walk towards a full set or an empty one. */
static void
walk_both(struct cp_idset *set, struct model *m, uint64_t *seed, int n_steps, uint32_t fullness)
{
	uint32_t id;

	while (n_steps-- > 0) {
		id = m->first - 2 + random_below(seed, m->n + 4);
		assert_int_equal(cp_idset_is_free(set, id),
			id >= m->first && id < m->first + m->n && !m->taken[id - m->first]);
		if (random_below(seed, 16) >= fullness)
			assert_int_equal(cp_idset_put(set, id), model_set(m, id, false));
		else if (random_below(seed, 4) == 0)
			assert_int_equal(cp_idset_take_this(set, id), model_set(m, id, true));
		else if (random_below(seed, 4) == 0)
			assert_int_equal(cp_idset_take_down(set), model_take_down(m));
		else
			assert_int_equal(cp_idset_take(set), model_take(m));
		assert_int_equal(cp_idset_n_taken(set), m->n_taken);
	}
}

static void
random_operations_agree_with_an_array_of_flags(void **state)
{
	static const uint32_t sizes[] = { 1, 5, 64, 130, 4096, 5000, MODEL_MAX };
	struct model *m = malloc(sizeof(*m));
	struct cp_idset *set;
	uint64_t seed = 20260;
	uint32_t s;
	int round;

	(void)state;
	assert_non_null(m);
	for (s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
		memset(m, 0, sizeof(*m));
		m->first = 16 + s;
		m->n = sizes[s];
		set = cp_idset_create(m->first, m->n, NULL);
		for (round = 0; round < 4; round++) {
			walk_both(set, m, &seed, 5000, 14);
			walk_both(set, m, &seed, 5000, 3);
		}
		cp_idset_destroy(set);
	}
	free(m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ranges_that_cannot_be_are_refused),
		cmocka_unit_test(memory_comes_from_the_allocator_and_goes_back),
		cmocka_unit_test(all_numbers_are_handed_out_in_order_and_then_none),
		cmocka_unit_test(all_numbers_are_handed_out_downwards_and_then_none),
		cmocka_unit_test(a_freed_number_rests_until_the_cursor_comes_round),
		cmocka_unit_test(a_number_taken_by_name_is_skipped_and_moves_no_cursor),
		cmocka_unit_test(numbers_out_of_range_change_nothing),
		cmocka_unit_test(the_last_free_number_of_2_to_the_24_is_found),
		cmocka_unit_test(random_operations_agree_with_an_array_of_flags),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
