/* SPDX-License-Identifier: BSD-3-Clause */
/* Blocks of labels: taken and given back, and never someone else's while a worker may look. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "fixture.h"

#include <cmocka.h>

#define MACS "0a0b0c0d0e0f 1a1b1c1d1e1f "
#define N_BLOCKS 3u
#define BLOCK 256u /* labels */

static int
three_blocks_setup(void **state)
{
	const struct net_config c = {
		.n_circuits = 1000, .n_label_blocks = N_BLOCKS, .with_idle = true
	};

	*state = net_create_config(&c);
	return 0;
}

static void
give_back(struct net *net, dp_circuit_t *circuits, uint32_t n)
{
	uint32_t i;

	assert_int_equal(dp_circuit_unlink(net->dp, circuits, n), 0);
	for (i = 0; i < 3; i++) { /* circuits, then their blocks */
		dp_worker_turn(net->idle);
		reclaim(net);
	}
}

static void
labels_side_by_side_share_a_block_and_scattered_ones_may_run_out_of_them(void **state)
{
	struct net *net = *state;
	dp_circuit_t c[N_BLOCKS + 1], near[BLOCK - 16];
	uint32_t i;

	for (i = 0; i < N_BLOCKS; i++)
		c[i] = open_circuit(net, i % 2 == 0 ? net->east : net->west, 1000 + 1000 * i);
	assert_int_equal(
		dp_circuit_open(net->dp, net->east, 9000, false, 0, &c[N_BLOCKS]), -ENOSPC);
	assert_int_equal(dp_n_labels(net->dp, net->east), 2);
	assert_int_equal(dp_n_circuits(net->dp), N_BLOCKS);
	c[N_BLOCKS] = open_circuit(net, net->east, 1001);
	give_back(net, c, N_BLOCKS + 1);
	assert_int_equal(dp_n_labels(net->dp, net->east), 0);
	for (i = 0; i < BLOCK - 16; i++)
		near[i] = open_circuit(net, net->east, 16 + i);
	for (i = 0; i + 1 < N_BLOCKS; i++)
		c[i] = open_circuit(net, net->west, 0xfffff - 1000 * i);
	give_back(net, near, BLOCK - 16);
	give_back(net, c, N_BLOCKS - 1);
}

/*
 * I3: the circuit is reclaimed, so no worker looks at its entry any more; but at one of its
 * neighbours', whose label leads nowhere, it may still look.
 */
static void
a_block_is_not_used_anew_before_a_grace_period_of_its_own(void **state)
{
	struct net *net = *state;
	dp_circuit_t c[N_BLOCKS], other;
	uint32_t i;

	for (i = 0; i < N_BLOCKS; i++)
		c[i] = open_circuit(net, net->east, 1000 + 1000 * i);
	assert_int_equal(dp_circuit_unlink(net->dp, c, 1), 0);
	dp_reclaim_poll(net->dp, 0, UINT32_MAX);
	dp_worker_turn(net->worker);
	dp_worker_turn(net->idle);
	assert_int_equal(dp_reclaim_poll(net->dp, 0, UINT32_MAX), 1);
	assert_int_equal(dp_circuit_open(net->dp, net->west, 5, false, 0, &other), -EINVAL);
	assert_int_equal(dp_circuit_open(net->dp, net->west, 500, false, 0, &other), -ENOSPC);
	dp_reclaim_poll(net->dp, 0, UINT32_MAX); /* its token */
	dp_worker_turn(net->worker);
	dp_reclaim_poll(net->dp, 0, UINT32_MAX);
	assert_int_equal(dp_circuit_open(net->dp, net->west, 500, false, 0, &other), -ENOSPC);
	dp_worker_turn(net->idle);
	dp_reclaim_poll(net->dp, 0, UINT32_MAX);
	assert_int_equal(dp_circuit_open(net->dp, net->west, 500, false, 0, &other), 0);
	c[0] = other;
	give_back(net, c, N_BLOCKS);
}

/* A block that went from one trunk to another one leads nowhere for the first. */
static void
labels_without_a_block_lead_nowhere(void **state)
{
	struct net *net = *state;
	dp_circuit_t c = open_circuit(net, net->east, 1000);
	char label[40];
	uint32_t i;

	give_back(net, &c, 1);
	for (i = 0; i < 3; i++) {
		snprintf(label, sizeof(label), MACS "8847 %05x1ff",
			(const uint32_t[]){ 1000, 1001, 0xfffff }[i]);
		arrive(net, EAST, label, 60);
		expect_drop(net, EAST, DP_DROP_NO_CIRCUIT);
	}
}

static void
leaves_take_blocks_of_their_own_and_give_them_back(void **state)
{
	static dp_circuit_t leaf[2 * BLOCK];
	struct net *net = *state;
	dp_circuit_t c;
	uint32_t round, i;

	for (round = 0; round < 3; round++) {
		for (i = 0; i < 2 * BLOCK; i++)
			assert_int_equal(dp_leaf_open(net->dp, net->east, 100, 0, &leaf[i]), 0);
		assert_int_equal(dp_leaf_open(net->dp, net->east, 100, 0, &c), -ENOSPC);
		assert_int_equal(dp_circuit_open(net->dp, net->east, 5000, false, 0, &c), -ENOSPC);
		/* One of each block goes, and there is room for two. */
		give_back(net, &leaf[0], 1);
		give_back(net, &leaf[2 * BLOCK - 1], 1);
		assert_int_equal(dp_leaf_open(net->dp, net->east, 100, 0, &leaf[0]), 0);
		assert_int_equal(dp_leaf_open(net->dp, net->east, 100, 0, &leaf[2 * BLOCK - 1]), 0);
		assert_int_equal(dp_leaf_open(net->dp, net->east, 100, 0, &c), -ENOSPC);
		give_back(net, leaf, 2 * BLOCK);
		assert_int_equal(dp_n_circuits(net->dp), 0);
		c = open_circuit(net, net->west, 5000);
		give_back(net, &c, 1);
	}
}

#define NET_TEST(f) cmocka_unit_test_setup_teardown(f, three_blocks_setup, net_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		NET_TEST(labels_side_by_side_share_a_block_and_scattered_ones_may_run_out_of_them),
		NET_TEST(a_block_is_not_used_anew_before_a_grace_period_of_its_own),
		NET_TEST(labels_without_a_block_lead_nowhere),
		NET_TEST(leaves_take_blocks_of_their_own_and_give_them_back),
	};

	return cmocka_run_group_tests_name("dataplane_block", tests, eal_setup, eal_teardown);
}
