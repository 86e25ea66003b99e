/* SPDX-License-Identifier: BSD-3-Clause */
/* The ends of VCs that packets are out of, and of the adapter below them, over the dataplane. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <rte_ethdev.h>

#include "adapters.h"
#include "base/log.h"

#include <cmocka.h>

#define LABEL 40u
#define RING_ROOM 63u /* frames that the fixture's ring from control takes */

static const struct ethvc_config quick = { .overdue_ns = 20 * ADAPTERS_TURN_NS,
	.linger_ns = 50 * ADAPTERS_TURN_NS };

static int
setup_quick(void **state)
{
	*state = adapters_create(&quick);
	return 0;
}

static void
open_pair(struct adapters *all, struct test_vc **east, struct test_vc **west)
{
	*east = vc_open_local(all, A_EAST, LABEL);
	*west = vc_open_local(all, A_WEST, LABEL);
}

/* ---- Deactivation: sends. ---- */

/* DEACT-2, DEACT-5, SEND-4 */
static void
waiting_sends_go_out_before_deactivation_completes(void **state)
{
	struct adapters *all = *state;
	struct test_vc *east, *west;

	open_pair(all, &east, &west);
	all->worker_held = true;
	vc_send(east, 0, 100, 20);
	assert_int_equal(vc_deactivate(east), CO_STATUS_PENDING);
	adapters_run(all, 5);
	assert_int_equal(east->n_deactivated, 0);
	all->worker_held = false;
	adapters_run(all, 20);
	assert_int_equal(east->n_deactivated, 1);
	assert_int_equal(east->n_sent, 100);
	assert_int_equal(west->n_received, 100);
}

/* DEACT-2: what control had handed over is on the wire by then, though its packet was free. */
static void
frames_handed_over_leave_before_deactivation_completes(void **state)
{
	struct adapters *all = *state;
	struct test_vc *east, *west;

	open_pair(all, &east, &west);
	all->worker_held = true;
	vc_send(east, 0, 10, 20);
	assert_int_equal(vc_deactivate(east), CO_STATUS_PENDING);
	adapters_run(all, 10);
	assert_int_equal(east->n_deactivated, 0);
	all->worker_held = false;
	adapters_run(all, 10);
	assert_int_equal(east->n_deactivated, 1);
	assert_int_equal(west->n_received, 10);
}

/* DEACT-2, I8: a wire that takes nothing does not hold the sender's packets for ever. */
static void
sends_that_never_find_room_come_back_aborted(void **state)
{
	struct adapters *all = *state;
	struct test_vc *east, *west;

	open_pair(all, &east, &west);
	all->worker_held = true;
	vc_send(east, 0, 70, 20);
	assert_int_equal(vc_deactivate(east), CO_STATUS_PENDING);
	adapters_run(all, 49);
	assert_int_equal(east->n_sent, RING_ROOM);
	adapters_run(all, 2);
	assert_int_equal(east->n_sent, 70);
	assert_int_equal(all->packets[69].status, CO_STATUS_REQUEST_ABORTED);
	assert_int_equal(east->n_deactivated, 0); /* I1: the worker has not let go of it */
	all->worker_held = false;
	adapters_run(all, 5);
	assert_int_equal(east->n_deactivated, 1);
}

/* RACE-18 */
static void
a_send_after_deactivation_was_asked_for_is_refused(void **state)
{
	struct adapters *all = *state;
	struct test_vc *east, *west;

	open_pair(all, &east, &west);
	assert_int_equal(vc_deactivate(east), CO_STATUS_PENDING);
	vc_send(east, 1, 1, 20);
	assert_int_equal(east->n_sent, 1);
	assert_int_equal(all->packets[1].status, CO_STATUS_CLOSING);
	adapters_run(all, 5);
	assert_int_equal(west->n_received, 0);
}

/* ---- Deactivation: receives. ---- */

/* DEACT-2, DEACT-8, CLOSE-30 */
static void
deactivation_waits_for_packets_that_are_held(void **state)
{
	struct adapters *all = *state;
	struct test_vc *east, *west;

	open_pair(all, &east, &west);
	all->holds = true;
	vc_send(east, 0, 3, 20);
	adapters_run(all, 3);
	assert_int_equal(vc_deactivate(west), CO_STATUS_PENDING);
	adapters_run(all, 10);
	assert_int_equal(west->n_deactivated, 0);
	vc_return(west, all->held, 2);
	adapters_run(all, 3);
	assert_int_equal(west->n_deactivated, 0);
	vc_return(west, &all->held[2], 1);
	adapters_run(all, 1);
	assert_int_equal(west->n_deactivated, 1);
	assert_int_equal(vc_activate(west, LABEL, 0), CO_STATUS_SUCCESS); /* DEACT-9, I3 */
}

/* DEACT-3, CLOSE-29 */
static void
what_the_worker_had_received_is_indicated_before_the_end(void **state)
{
	struct adapters *all = *state;
	struct test_vc *east, *west;

	open_pair(all, &east, &west);
	vc_send(east, 0, 5, 20);
	dp_control_flush(all->net->dp);
	dp_worker_turn(all->net->worker); /* out of the east ... */
	adapters_run(all, 0);
	all->idle_held = true;
	adapters_run(all, 2); /* ... and into the west */
	assert_int_equal(vc_deactivate(west), CO_STATUS_PENDING);
	adapters_run(all, 2);
	assert_int_equal(west->n_deactivated, 0);
	all->idle_held = false;
	adapters_run(all, 5);
	assert_int_equal(west->n_deactivated, 1);
	assert_int_equal(west->n_received, 5);
}

/* DEACT-4, I1 */
static void
nothing_is_indicated_after_the_end(void **state)
{
	struct adapters *all = *state;
	struct test_vc *east, *west;

	open_pair(all, &east, &west);
	assert_int_equal(vc_deactivate(west), CO_STATUS_PENDING);
	adapters_run(all, 5);
	assert_int_equal(west->n_deactivated, 1);
	vc_send(east, 0, 5, 20);
	adapters_run(all, 5);
	assert_int_equal(west->n_received, 0);
	assert_int_equal(drops(all->net, WEST, DP_DROP_NO_CIRCUIT), 5);
}

/* RACE-19, ASYNC-7 */
static void
deactivation_from_a_receive_handler_ends_after_it_returned(void **state)
{
	struct adapters *all = *state;
	struct test_vc *east, *west;

	open_pair(all, &east, &west);
	west->deactivates = true;
	vc_send(east, 0, 1, 20);
	adapters_run(all, 10);
	assert_int_equal(west->n_received, 1);
	assert_int_equal(west->deactivated_inside, 0);
	assert_int_equal(west->n_deactivated, 1);
}

/* I3: a circuit, and the label with it, is used anew while a packet of the old VC is out. */
static void
a_held_packet_outlives_its_circuit(void **state)
{
	struct adapters *all = *state;
	struct test_vc *east, *west, *next;

	open_pair(all, &east, &west);
	all->holds = true;
	memset(all->octets[1], 0x5a, sizeof(all->octets[1]));
	vc_send(east, 1, 1, 64);
	adapters_run(all, 3);
	assert_int_equal(vc_deactivate(west), CO_STATUS_PENDING);
	adapters_run(all, 5);
	next = vc_open_local(all, A_WEST, LABEL);
	vc_send(east, 2, 1, 64);
	adapters_run(all, 3);
	assert_int_equal(next->n_received, 1);
	assert_memory_equal(all->held[0]->data, all->octets[1], 64);
	vc_return(west, &all->held[0], 1);
	vc_return(next, &all->held[1], 1);
	adapters_run(all, 1);
	assert_int_equal(west->n_deactivated, 1);
	assert_int_equal(next->n_deactivated, 0);
}

/* ---- A client that does not return what it holds. ---- */

static unsigned int n_lines;
static char last_line[512];

static void
on_line(enum cp_log_level level, const char *line, void *arg)
{
	(void)level;
	(void)arg;
	n_lines++;
	snprintf(last_line, sizeof(last_line), "%s", line);
}

/* DEACT-2: reported, and never overridden. */
static void
a_client_that_holds_its_packets_is_reported_and_waited_for(void **state)
{
	struct adapters *all = *state;
	struct ethvc_overdue overdue;
	struct test_vc *east, *west;
	char name[CO_NAME_SIZE];

	open_pair(all, &east, &west);
	assert_int_equal(
		co_assign_instance_name(all->co, all->bindings[A_WEST], west->vc, "hoarder", name),
		CO_STATUS_SUCCESS);
	all->holds = true;
	vc_send(east, 0, 3, 20);
	adapters_run(all, 3);
	n_lines = 0;
	cp_log_set_level(CP_LOG_WARN);
	cp_log_set_sink(on_line, NULL);
	assert_int_equal(vc_deactivate(west), CO_STATUS_PENDING);
	adapters_run(all, 15);
	ethvc_overdue(all->ethvc[A_WEST], &overdue);
	assert_int_equal(overdue.n_vcs, 0);
	adapters_run(all, 100);
	cp_log_set_sink(NULL, NULL);
	assert_int_equal(west->n_deactivated, 0);
	assert_int_equal(n_lines, 1);
	assert_non_null(strstr(last_line, name));
	assert_non_null(strstr(last_line, "3 packets"));
	ethvc_overdue(all->ethvc[A_WEST], &overdue);
	assert_int_equal(overdue.n_vcs, 1);
	assert_int_equal(overdue.n_noticed, 1);
	assert_int_equal(overdue.vc, west->vc);
	assert_int_equal(overdue.label, LABEL);
	assert_int_equal(overdue.n_packets, 3);
	assert_in_range(overdue.age_ns, 100 * ADAPTERS_TURN_NS, 120 * ADAPTERS_TURN_NS);
	vc_return(west, all->held, 3);
	adapters_run(all, 1);
	assert_int_equal(west->n_deactivated, 1);
	ethvc_overdue(all->ethvc[A_WEST], &overdue);
	assert_int_equal(overdue.n_vcs, 0);
	assert_int_equal(overdue.n_noticed, 1);
}

/* ---- Reset. ---- */

static void
expect_codes(const struct adapters *all, enum co_status first, enum co_status second)
{
	assert_int_equal(all->n_codes, 2);
	assert_int_equal(all->codes[0], first);
	assert_int_equal(all->codes[1], second);
}

/* RESET-1, RESET-2, RESET-4, RESET-7 */
static void
a_reset_gives_back_waiting_sends_and_leaves_the_vcs(void **state)
{
	struct adapters *all = *state;
	struct test_vc *east, *west;

	open_pair(all, &east, &west);
	all->worker_held = true;
	vc_send(east, 0, 70, 20);
	assert_int_equal(co_reset(all->co, all->adapter[A_EAST]), CO_STATUS_PENDING);
	assert_int_equal(all->n_codes, 1);
	assert_int_equal(east->n_sent, 70);
	assert_int_equal(all->packets[RING_ROOM].status, CO_STATUS_REQUEST_ABORTED);
	assert_int_equal(all->packets[69].status, CO_STATUS_REQUEST_ABORTED);
	adapters_run(all, 5);
	assert_int_equal(all->n_codes, 1); /* the worker holds the port */
	all->worker_held = false;
	adapters_run(all, 20);
	expect_codes(all, CO_STATUS_RESET_START, CO_STATUS_RESET_END);
	west->n_received = 0;
	vc_send(east, 100, 1, 20);
	vc_send(west, 101, 1, 20);
	adapters_run(all, 5);
	assert_int_equal(west->n_received, 1);
	assert_int_equal(west->order[0], 100);
	assert_int_equal(east->n_received, 1);
}

/* RESET-3 */
static void
sends_and_requests_during_a_reset_are_refused(void **state)
{
	struct adapters *all = *state;
	struct test_vc *east, *west;
	uint32_t value;

	open_pair(all, &east, &west);
	all->worker_held = true;
	assert_int_equal(co_reset(all->co, all->adapter[A_EAST]), CO_STATUS_PENDING);
	assert_int_equal(co_reset(all->co, all->adapter[A_EAST]), CO_STATUS_RESET_IN_PROGRESS);
	vc_send(east, 1, 1, 20);
	assert_int_equal(all->packets[1].status, CO_STATUS_RESET_IN_PROGRESS);
	assert_int_equal(oid_of(all, A_EAST, east, CO_OID_LINK, &value, sizeof(value)),
		CO_STATUS_RESET_IN_PROGRESS);
	all->worker_held = false;
	adapters_run(all, 20);
	vc_send(east, 2, 1, 20);
	assert_int_equal(all->packets[2].status, CO_STATUS_SUCCESS);
}

/* RESET-5 */
static void
a_deactivation_that_pends_completes_all_the_same(void **state)
{
	struct adapters *all = *state;
	struct test_vc *east, *west;

	open_pair(all, &east, &west);
	all->worker_held = true;
	vc_send(east, 0, 70, 20);
	assert_int_equal(vc_deactivate(east), CO_STATUS_PENDING); /* sends linger */
	assert_int_equal(co_reset(all->co, all->adapter[A_EAST]), CO_STATUS_PENDING);
	all->worker_held = false;
	adapters_run(all, 20);
	assert_int_equal(east->n_sent, 70);
	assert_int_equal(east->n_deactivated, 1);
	expect_codes(all, CO_STATUS_RESET_START, CO_STATUS_RESET_END);
}

/* RESET-1, STAT-6 */
static void
counters_do_not_fall_by_a_reset(void **state)
{
	struct adapters *all = *state;
	struct test_vc *east, *west;
	uint64_t sent;

	open_pair(all, &east, &west);
	vc_send(east, 0, 5, 20);
	adapters_run(all, 3);
	sent = counter_of(all, A_EAST, NULL, CO_OID_PACKETS_SENT);
	assert_int_equal(sent, 5);
	assert_int_equal(rte_eth_stats_reset(all->net->ethdev[EAST]), 0);
	assert_int_equal(co_reset(all->co, all->adapter[A_EAST]), CO_STATUS_PENDING);
	adapters_run(all, 20);
	vc_send(east, 5, 2, 20);
	adapters_run(all, 3);
	assert_int_equal(counter_of(all, A_EAST, NULL, CO_OID_PACKETS_SENT), 7);
}

/* ---- Halt, carrier, removal. ---- */

static void
on_halted(void *arg, co_adapter_t adapter)
{
	(void)adapter;
	((struct adapters *)arg)->n_halted++;
}

/* A VC that is refused for lack of a contract: its circuit was open, and is in its grace period. */
static void
leave_a_circuit_behind(struct adapters *all)
{
	struct dp_flow rx = { 1000000, 1000000, 2000, 2000 }, tx = rx;
	struct dp *dp = all->net->dp;
	struct co_media_params media = { .rx.peak_rate = 1000000, .tx.peak_rate = 1000000 };
	struct test_vc *v = vc_create(all, A_EAST);
	dp_circuit_t taken[ADAPTERS_N_CIRCUITS];
	uint32_t n = 0;

	do {
		rx.peak_rate += 2;
		tx.peak_rate = rx.peak_rate + 1;
		assert_int_equal(dp_circuit_open(dp, all->net->west, LABEL + n, false,
					 UINT32_MAX - 1, &taken[n]),
			0);
	} while (dp_circuit_meter(dp, taken[n++], &rx, &tx) == 0);
	media.tx.bucket_size = media.rx.bucket_size = 2000;
	media.flags = CO_MEDIA_F_ROUND_UP;
	assert_int_equal(
		vc_activate_with(v, LABEL, media.flags, &media), CO_STATUS_RESOURCES); /* ACT-4 */
	vc_delete(v);
	dp_circuit_unlink(dp, taken, n);
}

/* UNB-6 */
static void
a_halt_waits_until_the_last_circuit_is_gone(void **state)
{
	struct adapters *all = *state;

	all->idle_held = true;
	leave_a_circuit_behind(all);
	assert_int_equal(co_close_adapter(all->co, all->bindings[A_EAST]), CO_STATUS_SUCCESS);
	assert_int_equal(co_halt(all->co, all->adapter[A_EAST], on_halted, all), CO_STATUS_PENDING);
	adapters_run(all, 5);
	assert_int_equal(all->n_halted, 0);
	all->idle_held = false;
	adapters_run(all, 5);
	assert_int_equal(all->n_halted, 1);
}

/* UNB-10 */
static void
loss_of_carrier_is_told_and_ends_no_vc(void **state)
{
	struct adapters *all = *state;
	struct test_vc *east, *west;
	uint32_t up = 7;

	open_pair(all, &east, &west);
	assert_int_equal(rte_eth_dev_set_link_down(all->net->ethdev[EAST]), 0);
	adapters_run(all, 20);
	assert_int_equal(all->n_codes, 1);
	assert_int_equal(all->codes[0], CO_STATUS_MEDIA_DISCONNECT);
	assert_int_equal(
		oid_of(all, A_EAST, NULL, CO_OID_LINK, &up, sizeof(up)), CO_STATUS_SUCCESS);
	assert_int_equal(up, 0);
	assert_int_equal(rte_eth_dev_set_link_up(all->net->ethdev[EAST]), 0);
	adapters_run(all, 20);
	expect_codes(all, CO_STATUS_MEDIA_DISCONNECT, CO_STATUS_MEDIA_CONNECT);
	vc_send(east, 1, 1, 20);
	adapters_run(all, 5);
	assert_int_equal(west->n_received, 1);
}

/* UNB-8 */
static void
after_removal_requests_are_refused_and_waiting_sends_are_back(void **state)
{
	struct adapters *all = *state;
	struct test_vc *east, *west;
	uint32_t value;

	open_pair(all, &east, &west);
	all->worker_held = true;
	vc_send(east, 0, 70, 20);
	ethvc_removed(all->ethvc[A_EAST]);
	ethvc_removed(all->ethvc[A_EAST]);
	assert_int_equal(east->n_sent, 70);
	assert_int_equal(all->packets[69].status, CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(oid_of(all, A_EAST, NULL, CO_OID_LINK, &value, sizeof(value)),
		CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(oid_of(all, A_EAST, east, CO_OID_QUEUED, &value, sizeof(value)),
		CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(
		oid_of(all, A_WEST, NULL, CO_OID_LINK, &value, sizeof(value)), CO_STATUS_SUCCESS);
	all->worker_held = false;
	assert_int_equal(vc_deactivate(east), CO_STATUS_PENDING);
	adapters_run(all, 5);
	assert_int_equal(east->n_deactivated, 1);
}

/* What a device's driver calls when the device is pulled out. */
static struct {
	rte_eth_dev_cb_fn fn;
	void *arg;
} removal[RTE_MAX_ETHPORTS];

int __real_rte_eth_dev_callback_register(
	uint16_t ethdev, enum rte_eth_event_type event, rte_eth_dev_cb_fn fn, void *arg);
int __wrap_rte_eth_dev_callback_register(
	uint16_t ethdev, enum rte_eth_event_type event, rte_eth_dev_cb_fn fn, void *arg);

int
__wrap_rte_eth_dev_callback_register(
	uint16_t ethdev, enum rte_eth_event_type event, rte_eth_dev_cb_fn fn, void *arg)
{
	if (event == RTE_ETH_EVENT_INTR_RMV) {
		removal[ethdev].fn = fn;
		removal[ethdev].arg = arg;
	}
	return __real_rte_eth_dev_callback_register(ethdev, event, fn, arg);
}

/* UNB-8: its thread only says so; control finds it in a turn. */
static void
a_device_that_says_it_is_removed_is_taken_at_its_word(void **state)
{
	struct adapters *all = *state;
	uint16_t ethdev = all->net->ethdev[EAST];
	uint32_t value;

	vc_open(all, A_EAST, LABEL);
	removal[ethdev].fn(ethdev, RTE_ETH_EVENT_INTR_RMV, removal[ethdev].arg, NULL);
	assert_int_equal(
		oid_of(all, A_EAST, NULL, CO_OID_LINK, &value, sizeof(value)), CO_STATUS_SUCCESS);
	adapters_run(all, 1);
	assert_int_equal(oid_of(all, A_EAST, NULL, CO_OID_LINK, &value, sizeof(value)),
		CO_STATUS_NOT_ACCEPTED);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup_quick, adapters_teardown)
	const struct CMUnitTest tests[] = {
		T(waiting_sends_go_out_before_deactivation_completes),
		T(frames_handed_over_leave_before_deactivation_completes),
		T(sends_that_never_find_room_come_back_aborted),
		T(a_send_after_deactivation_was_asked_for_is_refused),
		T(deactivation_waits_for_packets_that_are_held),
		T(what_the_worker_had_received_is_indicated_before_the_end),
		T(nothing_is_indicated_after_the_end),
		T(deactivation_from_a_receive_handler_ends_after_it_returned),
		T(a_held_packet_outlives_its_circuit),
		T(a_client_that_holds_its_packets_is_reported_and_waited_for),
		T(a_reset_gives_back_waiting_sends_and_leaves_the_vcs),
		T(sends_and_requests_during_a_reset_are_refused),
		T(a_deactivation_that_pends_completes_all_the_same),
		T(counters_do_not_fall_by_a_reset),
		T(a_halt_waits_until_the_last_circuit_is_gone),
		T(loss_of_carrier_is_told_and_ends_no_vc),
		T(after_removal_requests_are_refused_and_waiting_sends_are_back),
		T(a_device_that_says_it_is_removed_is_taken_at_its_word),
	};

	return cmocka_run_group_tests(tests, eal_setup, eal_teardown);
}
