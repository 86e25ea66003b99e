/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/hist.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "random.h"

#include <cmocka.h>

static void
an_empty_histogram_has_only_zeros(void **state)
{
	struct cp_hist h = { 0 };
	uint32_t permille;

	(void)state;
	for (permille = 0; permille <= 1000; permille += 100)
		assert_int_equal(cp_hist_quantile(&h, permille), 0);
}

static void
small_values_are_exact(void **state)
{
	struct cp_hist h = { 0 };
	uint64_t v;

	(void)state;
	for (v = 0; v < 32; v++)
		cp_hist_add(&h, v);
	assert_int_equal(h.n, 32);
	assert_int_equal(h.sum, 31 * 16);
	assert_int_equal(h.max, 31);
	assert_int_equal(cp_hist_quantile(&h, 0), 0);
	assert_int_equal(cp_hist_quantile(&h, 500), 15);
	assert_int_equal(cp_hist_quantile(&h, 501), 16);
	assert_int_equal(cp_hist_quantile(&h, 1000), 31);
}

static void
no_quantile_is_above_the_maximum(void **state)
{
	struct cp_hist h = { 0 };

	(void)state;
	cp_hist_add(&h, 1000001);
	assert_int_equal(cp_hist_quantile(&h, 0), 1000001);
	assert_int_equal(cp_hist_quantile(&h, 500), 1000001);
	assert_int_equal(cp_hist_quantile(&h, 1000), 1000001);
	assert_int_equal(cp_hist_quantile(&h, 1001), 1000001);
}

/* The pair brackets the value: the second, a huge one, keeps the maximum out of the way. */
static void
an_upper_edge_is_never_below_its_value_and_6_percent_above_at_most(void **state)
{
	uint64_t v, edge;
	int e, k;

	(void)state;
	for (e = 4; e < 63; e++) {
		for (k = -1; k <= 17; k++) {
			struct cp_hist h = { 0 };

			v = (UINT64_C(1) << e) + (uint64_t)(int64_t)k * ((UINT64_C(1) << e) / 16);
			cp_hist_add(&h, v);
			cp_hist_add(&h, UINT64_MAX);
			edge = cp_hist_quantile(&h, 500);
			assert_true(edge >= v);
			assert_true(edge - v <= v / 16);
			assert_int_equal(cp_hist_quantile(&h, 501), UINT64_MAX);
		}
	}
}

static void
the_largest_number_has_a_bucket(void **state)
{
	struct cp_hist h = { 0 };

	(void)state;
	cp_hist_add(&h, UINT64_MAX);
	assert_int_equal(h.buckets[CP_HIST_BUCKETS - 1], 1);
	assert_int_equal(cp_hist_quantile(&h, 500), UINT64_MAX);
}

static int
by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void
quantiles_follow_the_sorted_values(void **state)
{
	struct cp_hist h = { 0 };
	uint64_t values[5000], seed = 77, want, got;
	uint32_t i, permille, rank;

	(void)state;
	for (i = 0; i < 5000; i++) {
		values[i] = random_next(&seed) >> random_below(&seed, 32);
		cp_hist_add(&h, values[i]);
	}
	qsort(values, 5000, sizeof(values[0]), by_value);
	for (permille = 0; permille <= 1000; permille++) {
		rank = permille * 5;
		want = values[rank > 0 ? rank - 1 : 0];
		got = cp_hist_quantile(&h, permille);
		assert_true(got >= want);
		assert_true(got - want <= want / 16);
		assert_true(got <= h.max);
	}
}

static void
merging_is_adding_all_of_both(void **state)
{
	struct cp_hist a = { 0 }, b = { 0 }, both = { 0 };
	uint64_t seed = 5, v;
	uint32_t i;

	(void)state;
	for (i = 0; i < 1000; i++) {
		v = random_next(&seed);
		cp_hist_add(i % 3 ? &a : &b, v);
		cp_hist_add(&both, v);
	}
	cp_hist_merge(&a, &b);
	assert_memory_equal(&a, &both, sizeof(a));
}

static void
a_quantile_is_as_fine_as_one_in_a_million(void **state)
{
	struct cp_hist h = { 0 };
	uint32_t i;

	(void)state;
	for (i = 0; i < 9999; i++)
		cp_hist_add(&h, 3);
	cp_hist_add(&h, 7);
	assert_int_equal(cp_hist_quantile_ppm(&h, 999900), 3);
	assert_int_equal(cp_hist_quantile_ppm(&h, 999901), 7);
	assert_int_equal(cp_hist_quantile_ppm(&h, 1000000), 7);
	assert_int_equal(cp_hist_quantile_ppm(&h, 500000), cp_hist_quantile(&h, 500));
}

static void
what_came_between_two_copies_is_a_histogram_of_its_own(void **state)
{
	struct cp_hist_buckets shared = { 0 }, earlier, later;
	struct cp_hist between, ever;

	(void)state;
	cp_hist_count(&shared, 5);
	cp_hist_count(&shared, 1000000);
	cp_hist_read(&earlier, &shared);
	cp_hist_count(&shared, 5);
	cp_hist_count(&shared, 9);
	cp_hist_count(&shared, UINT64_MAX);
	cp_hist_read(&later, &shared);
	cp_hist_between(&ever, NULL, &later);
	assert_int_equal(ever.n, 5);
	assert_int_equal(ever.max, UINT64_MAX);
	cp_hist_between(&between, &earlier, &later);
	assert_int_equal(between.n, 3);
	assert_int_equal(cp_hist_quantile(&between, 333), 5);
	assert_int_equal(cp_hist_quantile(&between, 666), 9);
	assert_int_equal(cp_hist_quantile(&between, 1000), UINT64_MAX);
	cp_hist_between(&between, &later, &later);
	assert_int_equal(between.n, 0);
	assert_int_equal(between.max, 0);
	assert_int_equal(cp_hist_quantile(&between, 999), 0);
}

#define N_COUNTED 2000000u

static void *
count_many(void *arg)
{
	uint32_t i;

	for (i = 0; i < N_COUNTED; i++)
		cp_hist_count(arg, i & 1023);
	return NULL;
}

static void
a_copy_may_be_taken_while_the_writer_counts(void **state)
{
	static struct cp_hist_buckets shared, copies[2];
	static struct cp_hist grown;
	uint64_t n = 0;
	pthread_t writer;
	uint32_t i;

	(void)state;
	assert_int_equal(pthread_create(&writer, NULL, count_many, &shared), 0);
	for (i = 0; n < N_COUNTED; i++) {
		cp_hist_read(&copies[i & 1], &shared);
		cp_hist_between(&grown, &copies[~i & 1], &copies[i & 1]);
		n += grown.n; /* no bucket goes back: that would be a huge number */
		assert_true(n <= N_COUNTED);
	}
	pthread_join(writer, NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_histogram_has_only_zeros),
		cmocka_unit_test(small_values_are_exact),
		cmocka_unit_test(no_quantile_is_above_the_maximum),
		cmocka_unit_test(
			an_upper_edge_is_never_below_its_value_and_6_percent_above_at_most),
		cmocka_unit_test(the_largest_number_has_a_bucket),
		cmocka_unit_test(quantiles_follow_the_sorted_values),
		cmocka_unit_test(merging_is_adding_all_of_both),
		cmocka_unit_test(a_quantile_is_as_fine_as_one_in_a_million),
		cmocka_unit_test(what_came_between_two_copies_is_a_histogram_of_its_own),
		cmocka_unit_test(a_copy_may_be_taken_while_the_writer_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
