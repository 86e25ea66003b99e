/* SPDX-License-Identifier: BSD-3-Clause */
/* What an adapter is asked and what it counts (4.20), over the real dataplane. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "adapters.h"

#include <cmocka.h>

#define LABEL 40u

/* A frame for @p label, whose control word is @p word. */
static void
arrive_at_west(struct adapters *all, uint32_t label, uint32_t word)
{
	char hex[80];

	snprintf(hex, sizeof(hex), "0a0b0c0d0e0f 1a1b1c1d1e1f 8847 %08x %08x",
		label << 12 | 1u << 8 | 255u, word);
	arrive(all->net, WEST, hex, 90);
}

/* ---- Counters. ---- */

/* STAT-1, STAT-3, STAT-5 */
static void
each_vc_counts_its_own(void **state)
{
	struct adapters *all = *state;
	struct test_vc *east = vc_open_local(all, A_EAST, LABEL);
	struct test_vc *west = vc_open_local(all, A_WEST, LABEL);
	struct test_vc *other = vc_open_local(all, A_WEST, LABEL + 1);

	vc_send(east, 0, 3, 20);
	arrive_at_west(all, LABEL, 0x10000000); /* its first nibble says that it is no frame */
	arrive_at_west(all, LABEL, 0);
	adapters_run(all, 3);
	assert_int_equal(counter_of(all, A_EAST, east, CO_OID_PACKETS_SENT), 3);
	assert_int_equal(counter_of(all, A_EAST, east, CO_OID_PACKETS_RECEIVED), 0);
	assert_int_equal(counter_of(all, A_WEST, west, CO_OID_PACKETS_RECEIVED), 4);
	assert_int_equal(counter_of(all, A_WEST, west, CO_OID_RECEIVE_ERRORS), 1);
	assert_int_equal(west->n_received, 4);
	assert_int_equal(counter_of(all, A_WEST, other, CO_OID_PACKETS_RECEIVED), 0);
	assert_int_equal(counter_of(all, A_WEST, other, CO_OID_RECEIVE_ERRORS), 0);
	assert_int_equal(counter_of(all, A_EAST, east, CO_OID_SEND_ERRORS), 0);
	assert_int_equal(counter_of(all, A_WEST, west, CO_OID_RECEIVE_NO_BUFFER), 0);
}

/* STAT-5: what came before somebody received it was not damaged. */
static void
what_found_no_receiver_is_no_error(void **state)
{
	struct adapters *all = *state;
	struct test_vc *west = vc_open(all, A_WEST, LABEL);
	struct co_vc_statistics stats;

	arrive_at_west(all, LABEL, 0);
	adapters_run(all, 3);
	assert_int_equal(vc_local(west), CO_STATUS_SUCCESS);
	arrive_at_west(all, LABEL, 0);
	adapters_run(all, 3);
	assert_int_equal(oid_of(all, A_WEST, west, CO_OID_VC_STATISTICS, &stats, sizeof(stats)),
		CO_STATUS_SUCCESS);
	assert_int_equal(stats.drops, 1);
	assert_int_equal(stats.rx_errors, 0);
	assert_int_equal(stats.rx_packets, 1);
}

/* STAT-3, STAT-6 */
static void
the_adapters_total_outlives_its_vcs(void **state)
{
	struct adapters *all = *state;
	struct test_vc *east = vc_open_local(all, A_EAST, LABEL);
	struct test_vc *east2 = vc_open(all, A_EAST, LABEL + 1);
	struct test_vc *west = vc_open_local(all, A_WEST, LABEL);
	struct co_packet large = { .data = all->octets[0], .len = 60000 }, *p = &large;

	vc_send(east, 0, 3, 20);
	vc_send(east2, 3, 2, 20);
	co_send(all->co, east->vc, &p, 1);
	arrive_at_west(all, LABEL, 0x10000000);
	adapters_run(all, 3);
	assert_int_equal(counter_of(all, A_EAST, NULL, CO_OID_PACKETS_SENT), 5);
	assert_int_equal(counter_of(all, A_EAST, NULL, CO_OID_SEND_ERRORS), 1);
	assert_int_equal(counter_of(all, A_WEST, NULL, CO_OID_PACKETS_RECEIVED), 6);
	assert_int_equal(counter_of(all, A_WEST, NULL, CO_OID_RECEIVE_ERRORS), 1);
	assert_int_equal(vc_deactivate(east), CO_STATUS_PENDING);
	assert_int_equal(vc_deactivate(west), CO_STATUS_PENDING);
	adapters_run(all, 5);
	vc_delete(east);
	vc_delete(west);
	assert_int_equal(counter_of(all, A_EAST, NULL, CO_OID_PACKETS_SENT), 5);
	assert_int_equal(counter_of(all, A_EAST, NULL, CO_OID_SEND_ERRORS), 1);
	assert_int_equal(counter_of(all, A_WEST, NULL, CO_OID_PACKETS_RECEIVED), 6);
	assert_int_equal(counter_of(all, A_WEST, NULL, CO_OID_RECEIVE_ERRORS), 1);
}

/* STAT-3: a VC that is activated anew begins at 0. */
static void
a_vcs_counters_begin_with_its_activation(void **state)
{
	struct adapters *all = *state;
	struct test_vc *east = vc_open(all, A_EAST, LABEL);

	vc_send(east, 0, 3, 20);
	adapters_run(all, 3);
	assert_int_equal(vc_deactivate(east), CO_STATUS_PENDING);
	adapters_run(all, 5);
	assert_int_equal(vc_activate(east, LABEL, 0), CO_STATUS_SUCCESS);
	assert_int_equal(counter_of(all, A_EAST, east, CO_OID_PACKETS_SENT), 0);
}

/* STAT-4 */
static void
four_octets_get_the_low_half_and_are_told_of_eight(void **state)
{
	struct adapters *all = *state;
	struct test_vc *east = vc_open(all, A_EAST, LABEL);
	uint32_t halves[2] = { 7, 7 };
	struct co_oid_request request = {
		.oid = CO_OID_PACKETS_SENT, .buffer = halves, .size = sizeof(halves[0])
	};

	vc_send(east, 0, 3, 20);
	adapters_run(all, 3);
	assert_int_equal(co_oid_submit(all->co, all->adapter[A_EAST], east->vc, &request),
		CO_STATUS_SUCCESS);
	assert_int_equal(halves[0], 3);
	assert_int_equal(halves[1], 7); /* not ours */
	assert_int_equal(request.needed, 8);
	request.size = 5;
	assert_int_equal(co_oid_submit(all->co, all->adapter[A_EAST], east->vc, &request),
		CO_STATUS_BUFFER_TOO_SHORT);
	assert_int_equal(request.needed, 8);
}

/* STAT-2 */
static void
packets_that_wait_are_counted_per_vc_and_in_all(void **state)
{
	struct adapters *all = *state;
	struct test_vc *a = vc_open(all, A_EAST, LABEL), *b = vc_open(all, A_EAST, LABEL + 1);
	uint32_t sum;

	all->worker_held = true;
	vc_send(a, 0, 70, 20);
	vc_send(b, 100, 5, 20);
	assert_int_equal(queued_of(a), 7);
	assert_int_equal(queued_of(b), 5);
	assert_int_equal(
		oid_of(all, A_EAST, NULL, CO_OID_QUEUED, &sum, sizeof(sum)), CO_STATUS_SUCCESS);
	assert_int_equal(sum, 12);
}

/* ---- Requests. ---- */

/* OID-4 */
static void
the_clock_is_told_at_once_and_goes_on(void **state)
{
	struct adapters *all = *state;
	uint64_t first, second;

	assert_int_equal(
		oid_of(all, A_EAST, NULL, CO_OID_TIME, &first, sizeof(first)), CO_STATUS_SUCCESS);
	assert_int_equal(
		oid_of(all, A_EAST, NULL, CO_OID_TIME, &second, sizeof(second)), CO_STATUS_SUCCESS);
	assert_true(second >= first && first != 0);
}

/* OID-2 */
static void
a_request_is_checked_before_it_is_carried_out(void **state)
{
	struct adapters *all = *state;
	struct test_vc *v = vc_create(all, A_EAST);
	struct co_vc_statistics stats;
	struct co_oid_request request = {
		.oid = CO_OID_VC_STATISTICS, .buffer = &stats, .size = sizeof(stats) - 1
	};
	uint64_t big = 0;
	uint32_t value = 0;

	assert_int_equal(co_oid_submit(all->co, all->adapter[A_EAST], CO_NONE, &request),
		CO_STATUS_BUFFER_TOO_SHORT);
	assert_int_equal(request.needed, sizeof(stats));
	assert_int_equal(vc_local(v), CO_STATUS_NOT_ACCEPTED); /* not active */
	assert_int_equal(vc_activate(v, LABEL, 0), CO_STATUS_SUCCESS);
	assert_int_equal(oid_of(all, A_EAST, v, CO_OID_VC_ATTACH, &big, sizeof(big)),
		CO_STATUS_INVALID_LENGTH);
	assert_int_equal(oid_of(all, A_EAST, v, CO_OID_VC_LOCAL, &value, sizeof(value)),
		CO_STATUS_INVALID_LENGTH);
	assert_int_equal(oid_of(all, A_EAST, NULL, CO_OID_VC_CIRCUIT, &value, sizeof(value)),
		CO_STATUS_NOT_ACCEPTED); /* about no VC */
	assert_int_equal(oid_of(all, A_EAST, v, CO_OID_ADDRESSES, &value, sizeof(value)),
		CO_STATUS_INVALID_OID);
	assert_int_equal(
		oid_of(all, A_EAST, v, CO_OID_COUNT, &value, sizeof(value)), CO_STATUS_INVALID_OID);
}

static void
a_vc_is_received_locally_or_leads_elsewhere(void **state)
{
	struct adapters *all = *state;
	struct test_vc *v = vc_open_local(all, A_EAST, LABEL), *w = vc_open(all, A_EAST, LABEL + 1);
	uint32_t attachment = add_attachment(all->net, 0, 0, 0);

	assert_int_equal(oid_of(all, A_EAST, v, CO_OID_VC_ATTACH, &attachment, sizeof(attachment)),
		CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(oid_of(all, A_EAST, w, CO_OID_VC_ATTACH, &attachment, sizeof(attachment)),
		CO_STATUS_SUCCESS);
	assert_int_equal(vc_local(w), CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(vc_local(v), CO_STATUS_NOT_ACCEPTED); /* it is already */
}

/* I4: a record is for a VC with local data alone, and comes back with its end. */
static void
running_out_of_local_vcs_is_an_answer(void **state)
{
	static const struct ethvc_config few = { .n_locals = 2 };
	struct adapters *all = adapters_create(&few);
	struct test_vc *a = vc_open_local(all, A_EAST, LABEL);
	struct test_vc *b = vc_open_local(all, A_EAST, LABEL + 1);
	struct test_vc *c = vc_open(all, A_EAST, LABEL + 2);
	void *down = all;

	(void)state;
	(void)b;
	assert_int_equal(vc_local(c), CO_STATUS_RESOURCES);
	assert_int_equal(vc_deactivate(a), CO_STATUS_PENDING);
	adapters_run(all, 5);
	assert_int_equal(vc_local(c), CO_STATUS_SUCCESS);
	adapters_teardown(&down);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, adapters_setup, adapters_teardown)
	const struct CMUnitTest tests[] = {
		T(each_vc_counts_its_own),
		T(what_found_no_receiver_is_no_error),
		T(the_adapters_total_outlives_its_vcs),
		T(a_vcs_counters_begin_with_its_activation),
		T(four_octets_get_the_low_half_and_are_told_of_eight),
		T(packets_that_wait_are_counted_per_vc_and_in_all),
		T(the_clock_is_told_at_once_and_goes_on),
		T(a_request_is_checked_before_it_is_carried_out),
		T(a_vc_is_received_locally_or_leads_elsewhere),
		cmocka_unit_test(running_out_of_local_vcs_is_an_answer),
	};

	return cmocka_run_group_tests(tests, eal_setup, eal_teardown);
}
