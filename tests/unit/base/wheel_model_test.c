/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/wheel.h"
#include "random.h"

#include <cmocka.h>

#define MS UINT64_C(1000000)
#define DELAY_MAX_MS UINT32_C(4233600000)
#define N 200

/* What the wheel must do, told by an array and a walk over all of it. */
struct model_slot {
	bool running;
	uint32_t cookie;
	uint64_t due_ms;  /* the first full ms at which it may fire */
	uint64_t n_turns; /* when it was started: it fires in a later turn */
};

struct model {
	struct cp_wheel *wheel;
	struct model_slot slots[N];
	uint32_t n_running;
	uint64_t n_turns; /* counted when a turn begins */
	uint64_t now_ns;
	uint64_t seed;
	uint32_t next_cookie;
	uint32_t n_fired;
	uint32_t delay_bits; /* how long delays are in this walk */
};

static void
start_both(struct model *m, uint32_t slot, uint32_t delay_ms)
{
	struct model_slot *s = &m->slots[slot];
	uint64_t delay_ns = (delay_ms < DELAY_MAX_MS ? delay_ms : DELAY_MAX_MS) * MS;

	m->n_running += !s->running;
	s->running = true;
	s->cookie = m->next_cookie++;
	s->due_ms = (m->now_ns + delay_ns) / MS + ((m->now_ns + delay_ns) % MS != 0);
	s->n_turns = m->n_turns;
	cp_wheel_start(m->wheel, slot, s->cookie, m->now_ns, delay_ms);
}

static void
stop_both(struct model *m, uint32_t slot)
{
	assert_int_equal(cp_wheel_stop(m->wheel, slot), m->slots[slot].running);
	m->n_running -= m->slots[slot].running;
	m->slots[slot].running = false;
}

/* Of any magnitude up to 2^delay_bits ms; one in two sits just below a power of two or on it. */
static uint32_t
random_delay(struct model *m)
{
	uint32_t bits = random_below(&m->seed, m->delay_bits + 1);
	uint64_t top = UINT64_C(1) << bits;

	if (random_below(&m->seed, 2) == 0)
		return (uint32_t)(top - random_below(&m->seed, 2));
	return (uint32_t)(random_next(&m->seed) % top);
}

static void
disturb(struct model *m)
{
	uint32_t slot = random_below(&m->seed, N);

	if (random_below(&m->seed, 4) == 0)
		stop_both(m, slot);
	else
		start_both(m, slot, random_delay(m));
}

static void
on_expiry(void *arg, uint32_t slot, uint32_t cookie, uint64_t now_ns)
{
	struct model *m = arg;
	struct model_slot *s = &m->slots[slot];

	assert_true(s->running);
	assert_int_equal(cookie, s->cookie);
	assert_int_equal(now_ns, m->now_ns);
	assert_true(s->due_ms <= now_ns / MS);
	assert_true(s->n_turns < m->n_turns);
	s->running = false;
	m->n_running--;
	m->n_fired++;
	if (random_below(&m->seed, 3) == 0)
		disturb(m);
	if (random_below(&m->seed, 8) == 0)
		start_both(m, slot, random_below(&m->seed, 3));
}

/* Nobody who was due when the turn began is left, unless the turn ran into its limit. */
static void
turn_both(struct model *m, uint32_t max)
{
	uint32_t i, n;

	m->n_turns++;
	m->n_fired = 0;
	n = cp_wheel_turn(m->wheel, m->now_ns, max);
	assert_int_equal(n, m->n_fired);
	assert_true(n <= max);
	assert_int_equal(cp_wheel_n_running(m->wheel), m->n_running);
	for (i = 0; i < N; i++) {
		assert_int_equal(cp_wheel_is_running(m->wheel, i), m->slots[i].running);
		if (n < max && m->slots[i].running && m->slots[i].n_turns < m->n_turns)
			assert_true(m->slots[i].due_ms > m->now_ns / MS);
	}
}

/* Mostly small steps, some that end in a full ms, and now and then a leap of up to 2^34 ms. */
static void
step_clock(struct model *m)
{
	uint32_t bits = random_below(&m->seed, m->delay_bits + 2);

	if (random_below(&m->seed, 4) == 0)
		m->now_ns += ((UINT64_C(1) << bits) + random_below(&m->seed, 5)) * MS;
	else
		m->now_ns += random_below(&m->seed, 20 * MS);
	if (random_below(&m->seed, 2) == 0)
		m->now_ns -= m->now_ns % MS;
}

static void
walk_both(uint64_t seed, uint32_t delay_bits, uint64_t born_ns)
{
	struct model m = { .seed = seed, .now_ns = born_ns, .delay_bits = delay_bits };
	uint64_t before_ns;
	uint32_t i, n;

	m.wheel = cp_wheel_create(N, born_ns, on_expiry, &m, NULL);
	assert_non_null(m.wheel);
	for (i = 0; i < 3000; i++) {
		for (n = random_below(&m.seed, 12); n > 0; n--)
			disturb(&m);
		before_ns = m.now_ns;
		step_clock(&m);
		if (m.now_ns < before_ns)
			m.now_ns = before_ns;
		for (n = random_below(&m.seed, 3); n > 0; n--)
			disturb(&m); /* the clock is ahead of the wheel */
		turn_both(&m, random_below(&m.seed, 4) ? UINT32_MAX : random_below(&m.seed, 5));
	}
	for (i = 0; i < N; i++)
		stop_both(&m, i);
	assert_int_equal(cp_wheel_n_running(m.wheel), 0);
	cp_wheel_destroy(m.wheel);
}

/* SIG-64 */
static void
the_wheel_agrees_with_an_array_in_the_short_run(void **state)
{
	uint64_t seed;

	(void)state;
	for (seed = 1; seed <= 6; seed++)
		walk_both(seed, 6 + (uint32_t)seed, seed * 255 * MS + seed);
}

static void
the_wheel_agrees_with_an_array_in_the_long_run(void **state)
{
	uint64_t seed;

	(void)state;
	for (seed = 101; seed <= 106; seed++)
		walk_both(seed, 16 + (uint32_t)(seed - 100) * 2, 0);
}

/* Delays up to the longest, leaps beyond what 32 bits of ms can tell. */
static void
the_wheel_agrees_with_an_array_when_the_clock_leaps(void **state)
{
	uint64_t seed;

	(void)state;
	for (seed = 201; seed <= 206; seed++)
		walk_both(seed, 32, 77 * MS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_wheel_agrees_with_an_array_in_the_short_run),
		cmocka_unit_test(the_wheel_agrees_with_an_array_in_the_long_run),
		cmocka_unit_test(the_wheel_agrees_with_an_array_when_the_clock_leaps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
