/* SPDX-License-Identifier: BSD-3-Clause */
#include "callplane/busiest.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <rte_cycles.h>

#include <cmocka.h>

#define N 1000u
#define GENERATION 0x10000u
#define S UINT64_C(1000000000)

/* A dataplane of counters alone. Circuit i has the label 5000 + i. */
static struct {
	bool is_there;
	uint32_t generation;
	struct dp_circuit_stats stats;
} circuits[N];

uint64_t
rte_get_tsc_hz(void)
{
	return S;
}

dp_circuit_t
dp_circuit_at_index(const struct dp *dp, uint32_t idx)
{
	(void)dp;
	return circuits[idx].is_there ? circuits[idx].generation * GENERATION + idx : 0;
}

static bool
is_good(dp_circuit_t circuit)
{
	return dp_circuit_at_index(NULL, circuit % GENERATION) == circuit;
}

int
dp_circuit_stats(const struct dp *dp, dp_circuit_t circuit, struct dp_circuit_stats *out)
{
	(void)dp;
	*out = circuits[circuit % GENERATION].stats;
	return is_good(circuit) ? 0 : -ESTALE;
}

int
dp_circuit_label(const struct dp *dp, dp_circuit_t circuit, uint16_t *trunk, uint32_t *label)
{
	(void)dp;
	*trunk = 3;
	*label = 5000 + circuit % GENERATION;
	return is_good(circuit) ? 0 : -ESTALE;
}

struct watch {
	struct busiest *busiest;
	uint64_t now_ns;
	struct busiest_circuit found[BUSIEST_MAX];
	uint32_t n;
};

static int
set_up(void **state)
{
	static struct watch watch;
	uint32_t i;

	memset(circuits, 0, sizeof(circuits));
	for (i = 0; i < N; i++) {
		circuits[i].is_there = i % 2 == 0;
		circuits[i].generation = 1;
	}
	watch = (struct watch){ .busiest = busiest_create(NULL, N, NULL), .now_ns = 7 * S };
	*state = &watch;
	return watch.busiest != NULL ? 0 : -1;
}

static int
tear_down(void **state)
{
	busiest_destroy(((struct watch *)*state)->busiest);
	return 0;
}

/* A walk over all circuits, in as many turns as it takes. */
static void
walk(struct watch *w)
{
	while (busiest_turn(w->busiest, w->now_ns))
		;
}

/* Asked each second, as top does; each second has a walk. */
static void
pass(struct watch *w, unsigned int seconds)
{
	while (seconds-- > 0) {
		w->now_ns += S;
		w->n = busiest_get(w->busiest, w->now_ns, w->found);
		walk(w);
	}
	w->n = busiest_get(w->busiest, w->now_ns, w->found);
}

static void
carry(uint32_t idx, uint64_t rx, uint64_t tx)
{
	struct dp_circuit_stats *s = &circuits[idx].stats;

	s->rx_packets += rx;
	s->rx_octets += 128 * rx;
	s->tx_packets += tx;
	s->tx_octets += 128 * tx;
}

static void
nobody_asks_and_nothing_is_done(void **state)
{
	struct watch *w = *state;

	assert_false(busiest_turn(w->busiest, w->now_ns));
	pass(w, 1);
	assert_false(busiest_turn(w->busiest, w->now_ns));
	w->now_ns += 2 * S;
	assert_true(busiest_turn(w->busiest, w->now_ns));
	w->now_ns += 2 * S; /* it was asked last 4 s ago */
	assert_false(busiest_turn(w->busiest, w->now_ns));
}

static void
the_busiest_come_first_with_their_rates(void **state)
{
	struct watch *w = *state;
	uint32_t i;

	for (i = 0; i < N; i += 2)
		carry(i, 1000000, 0); /* before anybody looked: no rate */
	pass(w, 1);
	assert_int_equal(w->n, 0);
	carry(40, 300, 200);
	carry(998, 0, 700);
	carry(0, 1, 0);
	pass(w, 1);
	assert_int_equal(w->n, 3);
	assert_int_equal(w->found[0].label, 5998);
	assert_int_equal(w->found[0].trunk, 3);
	assert_int_equal((int)w->found[0].packets_s, 700);
	assert_int_equal((int)w->found[0].octets_s, 700 * 128);
	assert_int_equal(w->found[1].label, 5040);
	assert_int_equal((int)w->found[1].packets_s, 500);
	assert_int_equal(w->found[2].label, 5000);
	pass(w, 1);
	assert_int_equal(w->n, 0);
}

static void
only_so_many_are_kept_and_they_are_the_right_ones(void **state)
{
	struct watch *w = *state;
	uint32_t i;

	pass(w, 1);
	for (i = 0; i < N; i += 2)
		carry(i, 1 + i * 7919 % 1009, 0); /* each its own number, in no order */
	pass(w, 1);
	assert_int_equal(w->n, BUSIEST_MAX);
	for (i = 1; i < BUSIEST_MAX; i++)
		assert_true(w->found[i - 1].packets_s > w->found[i].packets_s);
	for (i = 0; i < N; i += 2)
		if ((double)(1 + i * 7919 % 1009) > w->found[BUSIEST_MAX - 1].packets_s)
			assert_true(1 + i * 7919 % 1009 <= w->found[0].packets_s);
	assert_true(w->found[BUSIEST_MAX - 1].packets_s > 1009 - 4 * BUSIEST_MAX);
}

/* I9 */
static void
a_circuit_that_came_in_anothers_place_has_none_of_its_traffic(void **state)
{
	struct watch *w = *state;

	carry(10, 5000, 0);
	carry(20, 5000, 0);
	pass(w, 1);
	circuits[10].generation++;
	circuits[10].stats = (struct dp_circuit_stats){ .rx_packets = 9000 };
	circuits[20].is_there = false;
	pass(w, 1);
	assert_int_equal(w->n, 0);
	carry(10, 30, 0);
	pass(w, 1);
	assert_int_equal(w->n, 1);
	assert_int_equal((int)w->found[0].packets_s, 30);
}

static void
what_was_seen_long_ago_is_no_rate(void **state)
{
	struct watch *w = *state;

	pass(w, 2);
	w->now_ns += 100 * S;
	assert_false(busiest_turn(w->busiest, w->now_ns));
	carry(10, 5000, 0);
	pass(w, 1);
	assert_int_equal(w->n, 0);
	carry(10, 50, 0);
	pass(w, 1);
	assert_int_equal(w->n, 1);
	assert_int_equal((int)w->found[0].packets_s, 50);
}

static void
counters_may_pass_the_end_of_32_bits(void **state)
{
	struct watch *w = *state;

	carry(10, UINT32_MAX - 10, 0);
	pass(w, 1);
	carry(10, 200, 0);
	pass(w, 1);
	assert_int_equal(w->n, 1);
	assert_int_equal((int)w->found[0].packets_s, 200);
	assert_int_equal((int)w->found[0].octets_s, 200 * 128);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nobody_asks_and_nothing_is_done),
		TEST(the_busiest_come_first_with_their_rates),
		TEST(only_so_many_are_kept_and_they_are_the_right_ones),
		TEST(a_circuit_that_came_in_anothers_place_has_none_of_its_traffic),
		TEST(what_was_seen_long_ago_is_no_rate),
		TEST(counters_may_pass_the_end_of_32_bits),
	};

	return cmocka_run_group_tests_name("app_busiest", tests, NULL, NULL);
}
