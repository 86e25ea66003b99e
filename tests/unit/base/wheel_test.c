/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/wheel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "mem_fake.h"

#include <cmocka.h>

#define MS UINT64_C(1000000)
#define DAY_MS (UINT64_C(24) * 3600 * 1000)
#define N 1000

/* Writes down what fires; an action, if set, is the callback's own business. */
struct fixture {
	struct mem_fake mem;
	struct cp_wheel *wheel;
	uint32_t n_fired;
	uint32_t slots[4 * N];
	uint32_t cookies[4 * N];
	void (*action)(struct fixture *f, uint32_t slot, uint64_t now_ns);
};

static void
on_expiry(void *arg, uint32_t slot, uint32_t cookie, uint64_t now_ns)
{
	struct fixture *f = arg;

	assert_true(f->n_fired < 4 * N);
	assert_false(cp_wheel_is_running(f->wheel, slot));
	f->slots[f->n_fired] = slot;
	f->cookies[f->n_fired++] = cookie;
	if (f->action != NULL)
		f->action(f, slot, now_ns);
}

static int
make_wheel(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return -1;
	mem_fake_init(&f->mem, 0);
	f->wheel = cp_wheel_create(N, 0, on_expiry, f, &f->mem.mem);
	*state = f;
	return f->wheel == NULL;
}

static int
drop_wheel(void **state)
{
	struct fixture *f = *state;
	int bad;

	cp_wheel_destroy(f->wheel);
	bad = f->mem.n_out != 0 || f->mem.n_allocs != 1; /* never allocates after create */
	free(f);
	return bad;
}

static uint32_t
turn(struct fixture *f, uint64_t now_ms)
{
	return cp_wheel_turn(f->wheel, now_ms * MS, UINT32_MAX);
}

static void
a_wheel_without_memory_is_none(void **state)
{
	struct mem_fake mem;

	(void)state;
	mem_fake_init(&mem, 1);
	assert_null(cp_wheel_create(N, 0, on_expiry, NULL, &mem.mem));
	assert_null(cp_wheel_create(UINT32_MAX, 0, on_expiry, NULL, NULL));
	cp_wheel_destroy(NULL);
}

/* SIG-64; the delays lie around the edges of the levels. */
static void
a_timer_fires_at_its_millisecond_and_not_before(void **state)
{
	static const uint32_t delays[] = { 1, 2, 255, 256, 257, 511, 512, 513, 1000, 65535, 65536,
		65537, 131071, 131072, 131073, 16777215, 16777216, 16777217, 33554431, 33554432,
		33554433, 4233600000 };
	struct fixture *f = *state;
	uint64_t now_ms = 0;
	uint32_t i;

	for (i = 0; i < sizeof(delays) / sizeof(delays[0]); i++) {
		cp_wheel_start(f->wheel, i, 100 + i, now_ms * MS, delays[i]);
		now_ms += delays[i];
		assert_int_equal(turn(f, now_ms - 1), 0);
		assert_true(cp_wheel_is_running(f->wheel, i));
		assert_int_equal(turn(f, now_ms), 1);
		assert_int_equal(f->slots[i], i);
		assert_int_equal(f->cookies[i], 100 + i);
		assert_false(cp_wheel_is_running(f->wheel, i));
		assert_int_equal(turn(f, now_ms), 0);
	}
	assert_int_equal(cp_wheel_n_running(f->wheel), 0);
}

/* SIG-64 */
static void
a_part_of_a_millisecond_is_never_cut_off(void **state)
{
	struct fixture *f = *state;

	cp_wheel_start(f->wheel, 0, 0, 10 * MS + 1, 5);
	assert_int_equal(cp_wheel_turn(f->wheel, 15 * MS, UINT32_MAX), 0);
	assert_int_equal(cp_wheel_turn(f->wheel, 16 * MS - 1, UINT32_MAX), 0);
	assert_int_equal(cp_wheel_turn(f->wheel, 16 * MS, UINT32_MAX), 1);
}

/* SIG-64 */
static void
a_timer_without_delay_fires_at_the_next_turn(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(turn(f, 7), 0);
	cp_wheel_start(f->wheel, 3, 0, 7 * MS, 0);
	assert_int_equal(turn(f, 7), 1);
	cp_wheel_start(f->wheel, 3, 0, 2 * MS, 1); /* a time long gone */
	assert_int_equal(turn(f, 7), 1);
}

static void
the_time_of_creation_may_be_any(void **state)
{
	uint64_t born_ms = 400 * DAY_MS + 12345;
	struct fixture f = { 0 };

	(void)state;
	f.wheel = cp_wheel_create(2, born_ms * MS, on_expiry, &f, NULL);
	cp_wheel_start(f.wheel, 0, 0, born_ms * MS, 300);
	assert_int_equal(turn(&f, born_ms + 299), 0);
	assert_int_equal(turn(&f, born_ms + 300), 1);
	cp_wheel_destroy(f.wheel);
}

static void
a_stopped_timer_does_not_fire(void **state)
{
	struct fixture *f = *state;

	assert_false(cp_wheel_stop(f->wheel, 1));
	cp_wheel_start(f->wheel, 1, 0, 0, 10);
	cp_wheel_start(f->wheel, 2, 0, 0, 10);
	assert_int_equal(cp_wheel_n_running(f->wheel), 2);
	assert_true(cp_wheel_stop(f->wheel, 1));
	assert_false(cp_wheel_stop(f->wheel, 1));
	assert_int_equal(cp_wheel_n_running(f->wheel), 1);
	assert_int_equal(turn(f, 10), 1);
	assert_int_equal(f->slots[0], 2);
	assert_false(cp_wheel_stop(f->wheel, 2));
}

static void
a_restarted_timer_fires_once_with_its_new_time_and_cookie(void **state)
{
	struct fixture *f = *state;

	cp_wheel_start(f->wheel, 1, 11, 0, 10);
	cp_wheel_start(f->wheel, 1, 22, 5 * MS, 1000);
	assert_int_equal(cp_wheel_n_running(f->wheel), 1);
	assert_int_equal(turn(f, 1004), 0);
	assert_int_equal(turn(f, 1005), 1);
	assert_int_equal(f->cookies[0], 22);
	assert_int_equal(turn(f, 5000), 0);
}

static void
timers_fire_in_order_of_their_time_however_late(void **state)
{
	struct fixture *f = *state;
	uint32_t i, at;

	for (i = 0; i < N; i++) {
		at = i * 619 % N; /* a permutation, spread over three levels */
		cp_wheel_start(f->wheel, at, 0, 0, 1 + at * 307);
	}
	assert_int_equal(turn(f, 10 * DAY_MS), N);
	for (i = 0; i < N; i++)
		assert_int_equal(f->slots[i], i);
}

static void
a_turn_fires_no_more_than_its_limit_and_keeps_the_rest_in_order(void **state)
{
	struct fixture *f = *state;
	uint32_t i;

	for (i = 0; i < 10; i++)
		cp_wheel_start(f->wheel, i, 0, 0, 10 + i);
	assert_int_equal(cp_wheel_turn(f->wheel, 20 * MS, 0), 0);
	assert_int_equal(cp_wheel_turn(f->wheel, 20 * MS, 4), 4);
	assert_int_equal(cp_wheel_n_running(f->wheel), 6);
	assert_true(cp_wheel_is_running(f->wheel, 4));
	assert_true(cp_wheel_stop(f->wheel, 5));
	cp_wheel_start(f->wheel, 10, 0, 20 * MS, 1);
	assert_int_equal(cp_wheel_turn(f->wheel, 21 * MS, 4), 4);
	assert_int_equal(cp_wheel_turn(f->wheel, 21 * MS, 4), 2);
	assert_int_equal(cp_wheel_turn(f->wheel, 21 * MS, 4), 0);
	for (i = 0; i < 10; i++)
		assert_int_equal(f->slots[i], i < 5 ? i : i + 1);
}

static void
a_delay_is_cut_at_49_days(void **state)
{
	struct fixture *f = *state;

	cp_wheel_start(f->wheel, 0, 0, 0, UINT32_MAX);
	assert_int_equal(turn(f, 49 * DAY_MS - 1), 0);
	assert_int_equal(turn(f, 49 * DAY_MS), 1);
}

/* The wheel stands at 0 when timers start that its 32 bits of ms cannot reach. */
static void
a_clock_that_jumped_before_a_start_makes_no_timer_early(void **state)
{
	struct fixture *f = *state;
	uint64_t now_ms = 1000 * DAY_MS;

	cp_wheel_start(f->wheel, 0, 0, 0, 40 * DAY_MS);
	cp_wheel_start(f->wheel, 1, 0, now_ms * MS, 49 * DAY_MS);
	cp_wheel_start(f->wheel, 2, 0, (now_ms + 9) * MS, 3);
	assert_int_equal(turn(f, now_ms), 1);
	assert_int_equal(f->slots[0], 0);
	assert_int_equal(turn(f, now_ms + 11), 0);
	assert_int_equal(turn(f, now_ms + 12), 1);
	assert_int_equal(turn(f, now_ms + 49 * DAY_MS - 1), 0);
	assert_int_equal(turn(f, now_ms + 49 * DAY_MS), 1);
	assert_int_equal(f->slots[2], 1);
}

static void
a_clock_that_steps_back_is_waited_for(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(turn(f, 1000), 0);
	cp_wheel_start(f->wheel, 0, 0, 1000 * MS, 10);
	assert_int_equal(turn(f, 500), 0);
	assert_int_equal(turn(f, 1009), 0);
	assert_int_equal(turn(f, 1010), 1);
}

static void
restart_at_once(struct fixture *f, uint32_t slot, uint64_t now_ns)
{
	cp_wheel_start(f->wheel, slot, f->n_fired, now_ns, 0);
}

static void
a_callback_that_restarts_its_timer_at_once_does_not_hold_the_turn(void **state)
{
	struct fixture *f = *state;
	uint32_t i;

	f->action = restart_at_once;
	cp_wheel_start(f->wheel, 0, 0, 0, 5);
	cp_wheel_start(f->wheel, 1, 0, 0, 5);
	for (i = 0; i < 10; i++)
		assert_int_equal(turn(f, 5), 2);
	assert_int_equal(cp_wheel_n_running(f->wheel), 2);
}

static void
restart_as_keep_alive(struct fixture *f, uint32_t slot, uint64_t now_ns)
{
	cp_wheel_start(f->wheel, slot, 0, now_ns, 750);
}

static void
a_day_of_keep_alives_is_as_many_as_fit(void **state)
{
	struct fixture *f = *state;
	uint64_t now_ms;
	uint32_t n = 0;

	f->action = restart_as_keep_alive;
	cp_wheel_start(f->wheel, 0, 0, 0, 750);
	for (now_ms = 50; now_ms <= DAY_MS; now_ms += 50) {
		f->n_fired = 0;
		n += turn(f, now_ms);
	}
	assert_int_equal(n, DAY_MS / 750);
}

static void
stop_the_next_and_start_a_third(struct fixture *f, uint32_t slot, uint64_t now_ns)
{
	if (slot % 2 == 0)
		assert_true(cp_wheel_stop(f->wheel, slot + 1));
	cp_wheel_start(f->wheel, 500 + slot, slot, now_ns, 7);
}

static void
a_callback_may_stop_and_start_others(void **state)
{
	struct fixture *f = *state;
	uint32_t i;

	f->action = stop_the_next_and_start_a_third;
	for (i = 0; i < 10; i++)
		cp_wheel_start(f->wheel, i, 0, 0, i < 6 ? 5 : 6);
	assert_int_equal(turn(f, 6), 5);
	for (i = 0; i < 5; i++)
		assert_int_equal(f->slots[i], 2 * i);
	f->action = NULL;
	assert_int_equal(turn(f, 12), 0);
	assert_int_equal(turn(f, 13), 5);
	for (i = 0; i < 5; i++)
		assert_int_equal(f->slots[5 + i], 500 + 2 * i);
	assert_int_equal(cp_wheel_n_running(f->wheel), 0);
}

/* Many timers of one bucket, as a mass close starts them: they sink early and fire in time. */
static void
a_crowd_of_equal_delays_fires_in_its_millisecond(void **state)
{
	struct fixture *f = *state;
	uint64_t now_ms;
	uint32_t i;

	for (i = 0; i < N; i++)
		cp_wheel_start(f->wheel, i, i, i / 10 * MS, 30000);
	for (now_ms = 0; now_ms < 30000; now_ms++)
		assert_int_equal(turn(f, now_ms), 0);
	for (i = 0; i < N / 10; i++)
		assert_int_equal(turn(f, 30000 + i), 10);
	for (i = 0; i < N; i++)
		assert_int_equal(f->slots[i] / 10, i / 10);
}

#define wheel_test(fn) cmocka_unit_test_setup_teardown(fn, make_wheel, drop_wheel)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_wheel_without_memory_is_none),
		wheel_test(a_timer_fires_at_its_millisecond_and_not_before),
		wheel_test(a_part_of_a_millisecond_is_never_cut_off),
		wheel_test(a_timer_without_delay_fires_at_the_next_turn),
		cmocka_unit_test(the_time_of_creation_may_be_any),
		wheel_test(a_stopped_timer_does_not_fire),
		wheel_test(a_restarted_timer_fires_once_with_its_new_time_and_cookie),
		wheel_test(timers_fire_in_order_of_their_time_however_late),
		wheel_test(a_turn_fires_no_more_than_its_limit_and_keeps_the_rest_in_order),
		wheel_test(a_delay_is_cut_at_49_days),
		wheel_test(a_clock_that_jumped_before_a_start_makes_no_timer_early),
		wheel_test(a_clock_that_steps_back_is_waited_for),
		wheel_test(a_callback_that_restarts_its_timer_at_once_does_not_hold_the_turn),
		wheel_test(a_day_of_keep_alives_is_as_many_as_fit),
		wheel_test(a_callback_may_stop_and_start_others),
		wheel_test(a_crowd_of_equal_delays_fires_in_its_millisecond),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
