/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Many calls at once, and the same many again and again: at full size four million, and a million
 * twenty times.
 */
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include <rte_malloc.h>

#include "rig.h"

#include <cmocka.h>

#define N_TRUNKS 4u
#define N_PER_TRUNK 2000u
#define N_ROUND 4000u
#define N_ROUNDS 20u
#define LABEL_PAGES 512u /* an octet for each label that there is, at both ends */
#define LIMIT_S 3600u    /* of virtual time */

/* ---- What is told, and depends on the machine. ---- */

/* Of the core that all of this has to itself; what else the machine does is not in it. */
static double
seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double
gib_of(const struct end *e)
{
	return (double)(e->memory.octets + dp_memory(e->dp)) / (1 << 30);
}

/* ---- Memory. ---- */

struct used {
	uint64_t dpdk, n_dpdk; /* octets of its heaps, and how many pieces */
	uint64_t libc;
	uint64_t pages; /* resident, of all that is not hugepages: sparse tables too */
};

static struct used
used_now(void)
{
	struct rte_malloc_socket_stats stats;
	struct mallinfo2 libc = mallinfo2();
	struct used used = { .libc = libc.uordblks + libc.hblkhd };
	FILE *f = fopen("/proc/self/statm", "r");
	unsigned long size;
	int socket;

	for (socket = 0; socket < RTE_MAX_NUMA_NODES; socket++) {
		if (rte_malloc_get_socket_stats(socket, &stats) != 0)
			continue;
		used.dpdk += stats.heap_allocsz_bytes;
		used.n_dpdk += stats.alloc_count;
	}
	assert_non_null(f);
	assert_int_equal(fscanf(f, "%lu %lu", &size, &used.pages), 2);
	fclose(f);
	return used;
}

/* ---- The tests. ---- */

static void
dial_all(struct rig *r, uint32_t n)
{
	rig_dial(r, n);
	rig_until(r, rig_all_told, LIMIT_S);
	assert_int_equal(r->ends[NEAR].n_dialled, n);
}

static void
close_all(struct rig *r, uint32_t n)
{
	rig_close(r, n);
	rig_until(r, rig_is_over, LIMIT_S);
	assert_int_equal(r->ends[NEAR].n_closed, n);
	rig_expect_no_more(r, NEAR);
	rig_expect_no_more(r, FAR);
}

/* I2, I4 */
static void
four_trunks_are_filled_with_calls_and_emptied(void **state)
{
	uint32_t n = N_TRUNKS * rig_size(N_PER_TRUNK, RIG_HUGE), i;
	const struct rig_config config = { .n_calls = { n, n }, .n_trunks = N_TRUNKS };
	double began = seconds(), up, down;
	struct uni_link_stats stats;
	struct rig *r;

	(void)state;
	r = rig_create(&config, false);
	dial_all(r, n);
	up = seconds();
	for (i = 0; i < N_TRUNKS; i++) {
		uni_link_stats(callmgr_link(r->ends[FAR].trunks[i].callmgr), &stats);
		assert_int_equal(stats.n_active, n / N_TRUNKS);
	}
	close_all(r, n);
	down = seconds();
	printf("#: %u calls over %u trunks, both ends on one core: up in %.1f s, closed in %.1f s; "
	       "%.2f and %.2f GiB\n",
		n, N_TRUNKS, up - began, down - up, gib_of(&r->ends[NEAR]), gib_of(&r->ends[FAR]));
	rig_destroy(r);
}

/*
 * I4. Two rounds use each record and reference that there is room for; labels go round too, so that
 * few of a small size's have been used by then.
 */
static void
the_same_calls_again_and_again_need_no_more_memory(void **state)
{
	const uint32_t n = rig_size(N_ROUND, RIG_HUGE);
	const struct rig_config config = { .n_calls = { n, n } };
	struct rig *r = rig_create(&config, false);
	struct used before = { 0 }, after = { 0 };
	double began = seconds();
	uint32_t i;

	(void)state;
	for (i = 0; i < N_ROUNDS; i++) {
		dial_all(r, n);
		close_all(r, n);
		after = used_now();
		if (i < 2)
			before = after;
		assert_int_equal(after.dpdk, before.dpdk);
		assert_int_equal(after.n_dpdk, before.n_dpdk);
		assert_int_equal(after.libc, before.libc);
	}
	assert_in_range(after.pages, 0, before.pages + LABEL_PAGES);
	printf("#: %u rounds of %u calls in %.1f s; resident pages of round 2: %lu, of round %u: "
	       "%lu\n",
		N_ROUNDS, n, seconds() - began, (unsigned long)before.pages, N_ROUNDS,
		(unsigned long)after.pages);
	rig_destroy(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(four_trunks_are_filled_with_calls_and_emptied),
		cmocka_unit_test(the_same_calls_again_and_again_need_no_more_memory),
	};

	return cmocka_run_group_tests(tests, rig_group_setup, rig_group_teardown);
}
