/* SPDX-License-Identifier: BSD-3-Clause */
#include "wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* The wire that the simulated day trusts in, by itself. */

#define N_FRAMES 100000u
#define MS UINT64_C(1000000)

static const uint8_t pdu[] = "a frame of no meaning, long enough to be hit";

static uint64_t
receive_all(struct wire *w, uint64_t now_ns)
{
	const uint8_t *got;
	uint64_t n = 0;
	size_t len;
	int to;

	while ((got = wire_receive(w, now_ns, &to, &len)) != NULL) {
		assert_int_equal(to, 1);
		assert_int_equal(len, sizeof(pdu));
		assert_memory_equal(got, pdu, len);
		n++;
	}
	return n;
}

/* A frame a millisecond; how many have arrived when all have. */
static uint64_t
send_all(struct wire *w)
{
	uint64_t i, n = 0;

	for (i = 0; i < N_FRAMES; i++) {
		wire_send(w, 0, pdu, sizeof(pdu), i * MS);
		n += receive_all(w, i * MS);
	}
	return n + receive_all(w, UINT64_MAX);
}

/* The published check value of this CRC. */
static void
the_frame_check_is_that_of_ethernet(void **state)
{
	(void)state;
	assert_int_equal(wire_fcs((const uint8_t *)"123456789", 9), 0xcbf43926u);
}

static void
a_good_wire_delivers_each_frame_once_and_in_time(void **state)
{
	struct wire w;

	(void)state;
	wire_init(&w, 5 * MS, 1);
	wire_send(&w, 0, pdu, sizeof(pdu), 0);
	assert_int_equal(wire_next_ns(&w), 5 * MS);
	assert_int_equal(receive_all(&w, 5 * MS - 1), 0);
	assert_int_equal(receive_all(&w, 5 * MS), 1);
	assert_int_equal(wire_next_ns(&w), UINT64_MAX);
	wire_fini(&w);
}

static void
damaged_frames_never_arrive(void **state)
{
	struct wire w;
	uint64_t n;

	(void)state;
	wire_init(&w, 5 * MS, 2);
	w.faults.damaged = 500000;
	n = send_all(&w);
	assert_int_equal(n, N_FRAMES - w.stats.found);
	assert_int_equal(w.stats.found, w.stats.damaged);
	assert_in_range(w.stats.damaged, N_FRAMES * 45 / 100, N_FRAMES * 55 / 100);
	wire_fini(&w);
}

static void
frames_are_lost_repeated_and_overtaken_as_often_as_told(void **state)
{
	struct wire w;
	uint64_t n;

	(void)state;
	wire_init(&w, 5 * MS, 3);
	w.faults = (struct wire_faults){
		.lost = 10000, .repeated = 20000, .overtaken = 30000, .late_ns = 30 * MS
	};
	n = send_all(&w);
	assert_in_range(w.stats.lost, N_FRAMES * 8 / 1000, N_FRAMES * 12 / 1000);
	assert_in_range(w.stats.repeated, N_FRAMES * 18 / 1000, N_FRAMES * 22 / 1000);
	assert_in_range(w.stats.overtaken, N_FRAMES * 27 / 1000, N_FRAMES * 33 / 1000);
	assert_int_equal(n, N_FRAMES - w.stats.lost + w.stats.repeated);
	wire_fini(&w);
}

static void
a_wire_that_is_dead_in_one_direction_lets_the_other_pass(void **state)
{
	struct wire w;
	size_t len;
	int to;

	(void)state;
	wire_init(&w, 5 * MS, 4);
	w.dead[0] = true;
	wire_send(&w, 0, pdu, sizeof(pdu), 0);
	wire_send(&w, 1, pdu, sizeof(pdu), 0);
	assert_non_null(wire_receive(&w, 5 * MS, &to, &len));
	assert_int_equal(to, 0);
	assert_null(wire_receive(&w, UINT64_MAX, &to, &len));
	assert_int_equal(w.stats.dead, 1);
	wire_fini(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_frame_check_is_that_of_ethernet),
		cmocka_unit_test(a_good_wire_delivers_each_frame_once_and_in_time),
		cmocka_unit_test(damaged_frames_never_arrive),
		cmocka_unit_test(frames_are_lost_repeated_and_overtaken_as_often_as_told),
		cmocka_unit_test(a_wire_that_is_dead_in_one_direction_lets_the_other_pass),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
