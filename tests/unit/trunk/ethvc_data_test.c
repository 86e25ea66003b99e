/* SPDX-License-Identifier: BSD-3-Clause */
/* Packets of those who send and receive on VCs themselves (4.16), over the real dataplane. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <rte_ring.h>

#include "adapters.h"

#include <cmocka.h>

#define LABEL 40u
#define RING_ROOM 63u /* frames that the fixture's ring from control takes */

static void
expect_order(const struct test_vc *v, unsigned int first, unsigned int n)
{
	unsigned int i;

	assert_int_equal(v->n_received, n);
	for (i = 0; i < n; i++)
		assert_int_equal(v->order[i], (uint8_t)(first + i));
}

/* Two ends of one label. */
static void
open_pair(struct adapters *all, uint32_t label, struct test_vc **east, struct test_vc **west)
{
	*east = vc_open_local(all, A_EAST, label);
	*west = vc_open_local(all, A_WEST, label);
}

/* ---- Sending. ---- */

/* SEND-1, SEND-5, SEND-6 */
static void
a_send_is_complete_when_its_frame_is_made(void **state)
{
	struct adapters *all = *state;
	struct test_vc *east, *west;

	open_pair(all, LABEL, &east, &west);
	all->worker_held = true;
	vc_send(east, 1, 3, 20);
	assert_int_equal(east->n_sent, 3);
	assert_int_equal(all->packets[3].status, CO_STATUS_SUCCESS);
	all->worker_held = false;
	adapters_run(all, 3);
	expect_order(west, 1, 3);
	vc_send(west, 10, 1, 64);
	adapters_run(all, 3);
	expect_order(east, 10, 1);
}

/* SEND-2, SEND-4, STAT-2 */
static void
what_finds_no_room_waits_and_goes_out_in_order(void **state)
{
	struct adapters *all = *state;
	struct test_vc *east, *west;

	open_pair(all, LABEL, &east, &west);
	all->worker_held = true;
	vc_send(east, 0, 100, 20);
	assert_int_equal(east->n_sent, RING_ROOM);
	assert_int_equal(queued_of(east), 100 - RING_ROOM);
	vc_send(east, 100, 1, 20); /* not before those that wait */
	assert_int_equal(east->n_sent, RING_ROOM);
	adapters_run(all, 5);
	assert_int_equal(queued_of(east), 101 - RING_ROOM);
	dp_worker_turn(all->net->worker);
	vc_send(east, 101, 1, 20); /* nor now that there is room */
	assert_int_equal(queued_of(east), 102 - RING_ROOM);
	adapters_run(all, 1); /* or the worker would find more at once than its ring to us holds */
	all->worker_held = false;
	adapters_run(all, 20);
	assert_int_equal(east->n_sent, 102);
	assert_int_equal(queued_of(east), 0);
	expect_order(west, 0, 102);
}

/* SEND-2: of each VC for itself; none waits for ever behind another. */
static void
two_vcs_that_wait_both_go_on(void **state)
{
	struct adapters *all = *state;
	struct test_vc *east, *west, *east2, *west2;

	open_pair(all, LABEL, &east, &west);
	open_pair(all, LABEL + 1, &east2, &west2);
	all->worker_held = true;
	vc_send(east, 0, 80, 20);
	vc_send(east2, 100, 40, 20);
	assert_int_equal(east2->n_sent, 0);
	all->worker_held = false;
	adapters_run(all, 20);
	expect_order(west, 0, 80);
	expect_order(west2, 100, 40);
}

/* SEND-3 */
static void
a_packet_is_not_changed_by_being_sent(void **state)
{
	struct adapters *all = *state;
	struct test_vc *east, *west;
	uint8_t before[64];
	int mark = 7;

	open_pair(all, LABEL, &east, &west);
	memset(all->octets[90], 0x5a, sizeof(all->octets[90]));
	memcpy(before, all->octets[90], sizeof(before));
	before[0] = 90;
	all->packets[90].owner = &mark;
	all->packets[90].cancel_id = 4;
	all->worker_held = true;
	vc_send(east, 0, 91, 64); /* the last one waits */
	assert_int_equal(queued_of(east), 91 - RING_ROOM);
	all->worker_held = false;
	adapters_run(all, 10);
	assert_int_equal(east->n_sent, 91);
	assert_memory_equal(all->octets[90], before, sizeof(before));
	assert_ptr_equal(all->packets[90].data, all->octets[90]);
	assert_int_equal(all->packets[90].len, 64);
	assert_ptr_equal(all->packets[90].owner, &mark);
	assert_int_equal(all->packets[90].cancel_id, 4);
}

/* SEND-7 */
static void
waiting_sends_that_bear_the_id_come_back_aborted(void **state)
{
	struct adapters *all = *state;
	struct test_vc *east, *west;
	unsigned int i;

	open_pair(all, LABEL, &east, &west);
	for (i = 0; i < 70; i++)
		all->packets[i].cancel_id = i % 2 + 1;
	all->worker_held = true;
	vc_send(east, 0, 70, 20); /* 63 to 69 wait; of them 63, 65, 67, 69 are marked with 2 */
	co_cancel_send(all->co, east->vc, 2);
	assert_int_equal(east->n_sent, RING_ROOM + 4);
	assert_int_equal(all->packets[65].status, CO_STATUS_SEND_ABORTED);
	assert_int_equal(all->packets[1].status, CO_STATUS_SUCCESS); /* it was free before */
	all->worker_held = false;
	adapters_run(all, 10);
	assert_int_equal(west->n_received, 66);
	assert_int_equal(west->order[63], 64);
	assert_int_equal(west->order[65], 68);
}

/* SEND-1 */
static void
a_send_that_cannot_wait_comes_back_with_the_reason(void **state)
{
	static const struct ethvc_config small = { .n_queued = 4 };
	struct adapters *all = adapters_create(&small);
	struct test_vc *east, *west;
	void *down = all;

	(void)state;
	open_pair(all, LABEL, &east, &west);
	all->worker_held = true;
	vc_send(east, 0, 70, 20);
	assert_int_equal(east->n_sent, 66);
	assert_int_equal(queued_of(east), 4);
	assert_int_equal(all->packets[67].status, CO_STATUS_RESOURCES);
	assert_int_equal(counter_of(all, A_EAST, east, CO_OID_SEND_ERRORS), 3);
	all->worker_held = false;
	adapters_run(all, 10);
	expect_order(west, 0, 67);
	adapters_teardown(&down);
}

/* SEND-1, SEND-5 */
static void
a_packet_that_is_too_large_comes_back_and_the_next_one_goes(void **state)
{
	struct adapters *all = *state;
	struct test_vc *east, *west;
	struct co_packet large = { .data = all->octets[0] }, *p = &large;
	uint32_t max;

	open_pair(all, LABEL, &east, &west);
	assert_int_equal(oid_of(all, A_EAST, NULL, CO_OID_MAX_PAYLOAD, &max, sizeof(max)),
		CO_STATUS_SUCCESS);
	large.len = max + 1;
	co_send(all->co, east->vc, &p, 1);
	assert_int_equal(large.status, CO_STATUS_INVALID_LENGTH);
	vc_send(east, 1, 1, 20);
	adapters_run(all, 3);
	expect_order(west, 1, 1);
	assert_int_equal(counter_of(all, A_EAST, east, CO_OID_PACKETS_SENT), 1);
}

/* SEND-8 */
static void
a_send_beyond_the_window_comes_back_and_reaches_no_queue(void **state)
{
	static const struct ethvc_config narrow = { .send_window = 5 };
	struct adapters *all = adapters_create(&narrow);
	struct test_vc *east, *west;
	void *down = all;

	(void)state;
	open_pair(all, LABEL, &east, &west);
	all->worker_held = true;
	while (queued_of(east) < 5)
		vc_send(east, 0, 1, 20);
	vc_send(east, 100, 1, 20);
	assert_int_equal(all->packets[100].status, CO_STATUS_RESOURCES);
	assert_int_equal(queued_of(east), 5);
	adapters_teardown(&down);
}

/* SEND-9 */
static void
a_vc_carries_only_in_the_directions_that_it_was_activated_for(void **state)
{
	struct adapters *all = *state;
	struct test_vc *out = vc_create(all, A_EAST), *in = vc_create(all, A_WEST);
	struct co_media_params media = { 0 };

	assert_int_equal(
		vc_activate_with(out, LABEL, CO_MEDIA_F_TRANSMIT, &media), CO_STATUS_SUCCESS);
	assert_int_equal(
		vc_activate_with(in, LABEL, CO_MEDIA_F_RECEIVE, &media), CO_STATUS_SUCCESS);
	assert_int_equal(vc_local(out), CO_STATUS_SUCCESS);
	assert_int_equal(vc_local(in), CO_STATUS_SUCCESS);
	vc_send(in, 1, 1, 20);
	assert_int_equal(all->packets[1].status, CO_STATUS_FAILURE);
	vc_send(out, 2, 1, 20);
	adapters_run(all, 3);
	expect_order(in, 2, 1);
	assert_int_equal(vc_deactivate(in), CO_STATUS_PENDING);
	adapters_run(all, 3);
	assert_int_equal(
		vc_activate_with(in, LABEL, CO_MEDIA_F_TRANSMIT, &media), CO_STATUS_SUCCESS);
	assert_int_equal(vc_local(in), CO_STATUS_SUCCESS);
	vc_send(in, 3, 1, 20);
	adapters_run(all, 3);
	assert_int_equal(out->n_received, 0); /* and its frame is back in the pool */
}

/* ---- Receiving. ---- */

/* RECV-1 */
static void
a_packet_reaches_the_owner_of_its_vc_alone(void **state)
{
	struct adapters *all = *state;
	struct test_vc *east, *west, *east2, *west2;

	open_pair(all, LABEL, &east, &west);
	open_pair(all, LABEL + 1, &east2, &west2);
	vc_send(east2, 9, 1, 20);
	adapters_run(all, 3);
	assert_int_equal(west->n_received, 0);
	expect_order(west2, 9, 1);
}

/* RECV-2, RECV-3 */
static void
kept_packets_stay_as_they_are_and_go_back_in_any_order(void **state)
{
	struct adapters *all = *state;
	struct test_vc *east, *west, *east2, *west2;
	struct co_packet *back[2];
	unsigned int i;

	open_pair(all, LABEL, &east, &west);
	open_pair(all, LABEL + 1, &east2, &west2);
	all->holds = true;
	for (i = 0; i < 4; i++) { /* by turns on the two VCs */
		memset(all->octets[i], 0x40 + (int)i, sizeof(all->octets[i]));
		vc_send(i % 2 == 0 ? east : east2, i, 1, 64);
		adapters_run(all, 3);
	}
	all->holds = false;
	vc_send(east, 4, 20, 64);
	adapters_run(all, 5);
	assert_int_equal(all->n_held, 4);
	for (i = 0; i < 4; i++) {
		assert_int_equal(all->held[i]->len, 64);
		assert_memory_equal(all->held[i]->data, all->octets[i], 64);
	}
	back[0] = all->held[2];
	back[1] = all->held[0];
	vc_return(west, back, 2);
	vc_return(west2, &all->held[3], 1);
	vc_return(west2, &all->held[1], 1);
	assert_int_equal(vc_deactivate(west), CO_STATUS_PENDING);
	adapters_run(all, 3);
	assert_int_equal(west->n_deactivated, 1);
}

/* RECV-2, STAT-1 */
static void
packets_that_run_low_cannot_be_kept_and_none_is_lost(void **state)
{
	static const struct ethvc_config small = { .n_packets = 32 };
	struct adapters *all = adapters_create(&small);
	struct test_vc *east, *west;
	void *down = all;

	(void)state;
	open_pair(all, LABEL, &east, &west);
	all->holds = true;
	vc_send(east, 0, 40, 20);
	adapters_run(all, 5);
	expect_order(west, 0, 40);
	assert_int_equal(all->n_held, 28); /* an eighth of the records is left */
	assert_int_equal(all->n_low, 12);
	assert_int_equal(counter_of(all, A_WEST, west, CO_OID_RECEIVE_NO_BUFFER), 0);
	vc_return(west, all->held, all->n_held);
	vc_send(east, 40, 1, 20);
	adapters_run(all, 3);
	assert_int_equal(all->n_held, 29);
	vc_return(west, &all->held[28], 1);
	adapters_teardown(&down);
}

/* RECV-2: the frames' memory too, which all ports share. */
static void
mbufs_that_run_low_cannot_be_kept(void **state)
{
	struct adapters *all = *state;
	struct test_vc *east, *west;
	struct rte_mbuf *taken[1023];
	unsigned int n = rte_mempool_avail_count(dp_mempool(all->net->dp)) - 100;

	open_pair(all, LABEL, &east, &west);
	assert_int_equal(rte_pktmbuf_alloc_bulk(dp_mempool(all->net->dp), taken, n), 0);
	adapters_run(all, 20);
	all->holds = true;
	vc_send(east, 1, 2, 20);
	adapters_run(all, 3);
	assert_int_equal(west->n_received, 2);
	assert_int_equal(all->n_low, 2);
	rte_pktmbuf_free_bulk(taken, n);
	adapters_run(all, 20);
	vc_send(east, 3, 1, 20);
	adapters_run(all, 3);
	assert_int_equal(all->n_held, 1);
	vc_return(west, all->held, 1);
}

/* STAT-1 */
static void
a_packet_without_a_record_is_dropped_and_counted(void **state)
{
	static const struct ethvc_config tiny = { .n_packets = 4 };
	struct adapters *all = adapters_create(&tiny);
	struct test_vc *east, *west;
	void *down = all;

	(void)state;
	open_pair(all, LABEL, &east, &west);
	all->holds = true;
	vc_send(east, 0, 6, 20);
	adapters_run(all, 3);
	expect_order(west, 0, 4);
	assert_int_equal(counter_of(all, A_WEST, west, CO_OID_RECEIVE_NO_BUFFER), 2);
	assert_int_equal(counter_of(all, A_WEST, west, CO_OID_PACKETS_RECEIVED), 4); /* STAT-5 */
	assert_int_equal(counter_of(all, A_WEST, NULL, CO_OID_RECEIVE_NO_BUFFER), 2);
	vc_return(west, all->held, 4);
	adapters_teardown(&down);
}

/* RECV-4: here receive runs on control's thread; the rings of several workers end there. */
static void
frames_of_two_workers_reach_each_its_vc_in_order(void **state)
{
	struct adapters *all = *state;
	struct rte_ring *in = adapters_add_third(all);
	struct test_vc *west = vc_open_local(all, A_WEST, LABEL);
	struct test_vc *third = vc_open_local(all, A_THIRD, LABEL);
	struct test_vc *east = vc_open(all, A_EAST, LABEL);
	struct rte_mbuf *m;
	unsigned int i;
	char hex[80];

	for (i = 0; i < 20; i++) {
		snprintf(hex, sizeof(hex), "0a0b0c0d0e0f 1a1b1c1d1e1f 8847 %08x 00000000 %02x",
			LABEL << 12 | 1u << 8 | 255u, 100 + i);
		m = frame_of(all->net, hex, 90);
		assert_int_equal(rte_ring_enqueue(in, m), 0);
		vc_send(east, i, 1, 64);
	}
	adapters_run(all, 5);
	expect_order(west, 0, 20);
	expect_order(third, 100, 20);
}

/* ---- Leaves. ---- */

/* SIG-109, RECV-1 */
static void
every_leaf_of_a_label_receives_and_one_that_goes_takes_nothing_along(void **state)
{
	struct adapters *all = *state;
	struct test_vc *root = vc_open(all, A_EAST, LABEL), *leaves[3];
	unsigned int i;

	for (i = 0; i < 3; i++) {
		leaves[i] = vc_create(all, A_WEST);
		assert_int_equal(vc_activate(leaves[i], LABEL, CO_MEDIA_F_LEAF), CO_STATUS_SUCCESS);
		assert_int_equal(vc_local(leaves[i]), CO_STATUS_SUCCESS);
	}
	vc_send(root, 0, 2, 20);
	adapters_run(all, 3);
	assert_int_equal(vc_deactivate(leaves[1]), CO_STATUS_PENDING);
	vc_send(root, 2, 2, 20);
	adapters_run(all, 5);
	expect_order(leaves[0], 0, 4);
	expect_order(leaves[1], 0, 2);
	expect_order(leaves[2], 0, 4);
	assert_int_equal(leaves[1]->n_deactivated, 1);
}

/* A leaf only receives. */
static void
what_a_leaf_sends_comes_back(void **state)
{
	struct adapters *all = *state;
	struct test_vc *leaf = vc_create(all, A_WEST);

	assert_int_equal(vc_activate(leaf, LABEL, CO_MEDIA_F_LEAF), CO_STATUS_SUCCESS);
	vc_send(leaf, 1, 1, 20);
	assert_int_equal(all->packets[1].status, CO_STATUS_INVALID_DATA);
	adapters_run(all, 3);
	expect_nothing_left(all->net);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, adapters_setup, adapters_teardown)
	const struct CMUnitTest tests[] = {
		T(a_send_is_complete_when_its_frame_is_made),
		T(what_finds_no_room_waits_and_goes_out_in_order),
		T(two_vcs_that_wait_both_go_on),
		T(a_packet_is_not_changed_by_being_sent),
		T(waiting_sends_that_bear_the_id_come_back_aborted),
		cmocka_unit_test(a_send_that_cannot_wait_comes_back_with_the_reason),
		T(a_packet_that_is_too_large_comes_back_and_the_next_one_goes),
		cmocka_unit_test(a_send_beyond_the_window_comes_back_and_reaches_no_queue),
		T(a_vc_carries_only_in_the_directions_that_it_was_activated_for),
		T(a_packet_reaches_the_owner_of_its_vc_alone),
		T(kept_packets_stay_as_they_are_and_go_back_in_any_order),
		cmocka_unit_test(packets_that_run_low_cannot_be_kept_and_none_is_lost),
		T(mbufs_that_run_low_cannot_be_kept),
		cmocka_unit_test(a_packet_without_a_record_is_dropped_and_counted),
		T(frames_of_two_workers_reach_each_its_vc_in_order),
		T(every_leaf_of_a_label_receives_and_one_that_goes_takes_nothing_along),
		T(what_a_leaf_sends_comes_back),
	};

	return cmocka_run_group_tests(tests, eal_setup, eal_teardown);
}
