/* SPDX-License-Identifier: BSD-3-Clause */
/* Ports and workers: opened, replayed into, closed, run on a core of their own. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_launch.h>

#include "base/log.h"
#include "fixture.h"

#include <cmocka.h>

#define MACS "0a0b0c0d0e0f 1a1b1c1d1e1f "
#define L100 "8847 000641ff "
#define WAIT_S 20 /* for another core, on a machine that has other things to do */

struct lines {
	char last[512];
};

static void
note_line(enum cp_log_level level, const char *line, void *arg)
{
	struct lines *lines = arg;

	(void)level;
	snprintf(lines->last, sizeof(lines->last), "%s", line);
}

static void
join_100_to_200(struct net *net)
{
	dp_circuit_t a = open_circuit(net, net->east, 100);
	dp_circuit_t b = open_circuit(net, net->west, 200);

	assert_int_equal(dp_circuit_join(net->dp, a, b), 0);
}

/* ---- Creation ---- */

static void
a_configuration_that_cannot_be_is_refused(void **state)
{
	const struct dp_config good = {
		.n_circuits = 1, .ring_size = 64, .n_mbufs = 63, .socket = SOCKET_ID_ANY
	};
	struct dp_config c[8] = { good, good, good, good, good, good, good, good };
	struct dp *dp;
	int i;

	(void)state;
	c[0].n_circuits = 0;
	c[1].n_circuits = 1u << 22;
	c[2].n_attachments = 1u << 22;
	c[3].ring_size = 48;
	c[4].ring_size = 32;
	c[5].n_mbufs = 0;
	c[6].n_contracts = 1u << 16;
	c[7].list_size = (1u << 30) + 1;
	for (i = 0; i < 8; i++)
		assert_int_equal(dp_create(&dp, &c[i]), -EINVAL);
	assert_int_equal(dp_create(&dp, &good), 0);
	assert_true(dp_memory(dp) > 63 * RTE_MBUF_DEFAULT_BUF_SIZE);
	dp_destroy(dp);
}

static void
no_memory_is_an_answer_that_says_what_mends_it(void **state)
{
	const struct dp_config c = { .n_circuits = (1u << 22) - 1, /* 256 MiB and more */
		.ring_size = 64,
		.n_mbufs = 63,
		.socket = SOCKET_ID_ANY };
	struct lines lines = { "" };
	struct dp *dp;

	(void)state;
	cp_log_set_sink(note_line, &lines);
	assert_int_equal(dp_create(&dp, &c), -ENOMEM);
	cp_log_set_sink(NULL, NULL);
	assert_non_null(strstr(lines.last, "circuit table"));
	assert_non_null(strstr(lines.last, "mend: "));
}

static void
an_lcore_has_one_worker_and_workers_come_before_ports(void **state)
{
	const struct dp_config c = {
		.n_circuits = 1, .ring_size = 64, .n_mbufs = 63, .socket = SOCKET_ID_ANY
	};
	struct net *net = *state;
	struct dp_worker *w;
	struct dp *dp;
	unsigned int i;

	assert_int_equal(dp_worker_create(net->dp, 2, &w), -EBUSY);
	assert_int_equal(dp_create(&dp, &c), 0);
	for (i = 0; i < DP_MAX_WORKERS; i++)
		assert_int_equal(dp_worker_create(dp, i, &w), 0);
	assert_int_equal(dp_worker_create(dp, 3, &w), -EEXIST);
	assert_int_equal(dp_worker_create(dp, i, &w), -ENOSPC);
	assert_int_equal(dp_n_workers(dp), DP_MAX_WORKERS);
	dp_destroy(dp);
}

static void
a_port_that_cannot_be_is_refused_with_its_mend(void **state)
{
	const struct dp_config c = {
		.n_circuits = 1, .ring_size = 64, .n_mbufs = 63, .socket = SOCKET_ID_ANY
	};
	struct dp_port_config port = { .name = "narrow" };
	struct lines lines = { "" };
	struct rte_ring *in, *out;
	struct dp_worker *w;
	struct dp *dp;

	(void)state;
	assert_int_equal(dp_create(&dp, &c), 0);
	assert_int_equal(dp_worker_create(dp, 1, &w), 0);
	assert_int_equal(dp_worker_create(dp, 2, &w), 0);
	port.ethdev = ring_device(&in, &out, 1);
	cp_log_set_sink(note_line, &lines);
	port.workers = 4;
	assert_int_equal(dp_port_open(dp, &port), -EINVAL);
	assert_non_null(strstr(lines.last, "port narrow: no such worker"));
	assert_non_null(strstr(lines.last, "mend: list the port under a worker"));
	port.workers = 1;
	rte_eth_dev_close(port.ethdev);
	assert_int_equal(dp_port_open(dp, &port), -ENODEV);
	port.ethdev = ring_device(&in, &out, 2);
	port.mtu = 2049 - 22;
	assert_int_equal(dp_port_open(dp, &port), -EINVAL);
	port.mtu = 1400;
	assert_int_equal(dp_port_open(dp, &port), 0);
	cp_log_set_sink(NULL, NULL);
	assert_int_equal(dp_n_ports(dp), 1);
	dp_destroy(dp);
}

static void
a_port_tells_its_name_mtu_and_traffic(void **state)
{
	struct net *net = *state;
	struct dp_port_stats s;

	join_100_to_200(net);
	arrive(net, EAST, MACS L100, 60);
	dp_worker_turn(net->worker);
	expect_labelled(net, WEST, "8847 000c81fe", 60);
	assert_int_equal(dp_port_stats(net->dp, net->ports[WEST], &s), 0);
	assert_string_equal(s.name, "west");
	assert_int_equal(s.ethdev, net->ethdev[WEST]);
	assert_int_equal(s.mtu, 1500);
	assert_true(s.link_up);
	assert_int_equal(s.tx, 1);
	assert_int_equal(dp_port_stats(net->dp, net->ports[EAST], &s), 0);
	assert_int_equal(s.rx, 1);
	assert_int_equal(dp_port_stats(net->dp, NET_PORTS, &s), -ENOENT);
}

static void
a_worker_counts_its_turns_and_frames(void **state)
{
	struct net *net = *state;
	struct dp_worker_stats s;

	join_100_to_200(net);
	arrive(net, EAST, MACS L100, 60);
	dp_worker_turn(net->worker);
	dp_worker_turn(net->worker);
	dp_worker_stats(net->dp, 0, &s);
	assert_int_equal(s.lcore, 1);
	assert_int_equal(s.turns, 2);
	assert_int_equal(s.busy_turns, 1);
	assert_int_equal(s.rx, 1);
	assert_int_equal(s.tx, 1);
	assert_true(s.max_turn_cycles > 0);
	dp_worker_gap_restart(net->dp, 0);
	dp_worker_turn(net->worker);
	dp_worker_stats(net->dp, 0, &s);
	assert_int_equal(s.max_turn_cycles, 0);
}

/* ---- Closing ---- */

static void
a_port_is_closed_when_no_worker_uses_it_any_more(void **state)
{
	struct net *net = *state;
	struct dp_port_stats s;
	void *m;

	join_100_to_200(net);
	assert_int_equal(dp_port_close(net->dp, net->ports[WEST]), -EAGAIN);
	assert_int_equal(dp_port_close(net->dp, net->ports[WEST]), -EAGAIN);
	assert_true(rte_eth_dev_is_valid_port(net->ethdev[WEST]));
	arrive(net, EAST, MACS L100, 60);
	arrive(net, WEST, MACS "8847 000c81ff", 60);
	dp_worker_turn(net->worker);
	expect_nothing_left(net);
	assert_int_equal(rte_ring_count(net->in[WEST]), 1); /* not even received */
	assert_int_equal(dp_port_close(net->dp, net->ports[WEST]), 0);
	assert_false(rte_eth_dev_is_valid_port(net->ethdev[WEST]));
	assert_int_equal(dp_port_close(net->dp, net->ports[WEST]), -ENOENT);
	assert_int_equal(dp_port_stats(net->dp, net->ports[WEST], &s), -ENOENT);
	arrive(net, EAST, MACS L100, 60);
	dp_worker_turn(net->worker);
	expect_nothing_left(net);
	while (rte_ring_dequeue(net->in[WEST], &m) == 0)
		rte_pktmbuf_free(m);
}

static void
a_port_of_a_worker_that_is_offline_is_closed_at_once(void **state)
{
	struct net *net = *state;

	dp_worker_offline(net->worker);
	assert_int_equal(dp_port_close(net->dp, net->ports[LAN]), 0);
	dp_worker_online(net->worker);
}

/* ---- Reset ---- */

static int
idle_setup(void **state)
{
	*state = net_create_idle(100, 0);
	return 0;
}

/* RESET-7 */
static void
a_reset_port_goes_on_with_the_circuits_it_had(void **state)
{
	const struct dp_flow flow = { DP_RATE_MIN, DP_RATE_MIN, 60, 60 };
	struct net *net = *state;
	dp_circuit_t a = open_circuit(net, net->east, 100), b = open_circuit(net, net->west, 200);
	struct dp_circuit_stats c;
	struct dp_port_stats s;

	assert_int_equal(dp_circuit_join(net->dp, a, b), 0);
	arrive(net, EAST, MACS L100, 60);
	dp_worker_turn(net->worker);
	expect_labelled(net, WEST, "8847 000c81fe", 60);
	assert_int_equal(dp_circuit_meter(net->dp, a, &flow, NULL), 0);
	assert_int_equal(dp_port_reset(net->dp, NET_PORTS), -ENOENT);
	assert_int_equal(dp_port_reset_poll(net->dp, net->ports[WEST]), 0);
	assert_int_equal(dp_port_reset(net->dp, net->ports[WEST]), 0);
	assert_int_equal(dp_port_reset(net->dp, net->ports[WEST]), -EBUSY);
	assert_int_equal(dp_port_reset_poll(net->dp, net->ports[WEST]), -EAGAIN);
	arrive(net, WEST, MACS "8847 000c81ff", 60);
	arrive(net, EAST, MACS L100, 60);
	expect_drop(net, WEST, DP_DROP_TX);
	assert_int_equal(rte_ring_count(net->in[WEST]), 1); /* stays in the device */
	assert_int_equal(dp_port_stats(net->dp, net->ports[WEST], &s), 0);
	assert_false(s.link_up);
	assert_int_equal(dp_port_reset_poll(net->dp, net->ports[WEST]), 0);
	assert_int_equal(dp_port_reset_poll(net->dp, net->ports[WEST]), 0);
	assert_int_equal(dp_port_stats(net->dp, net->ports[WEST], &s), 0);
	assert_true(s.link_up);
	dp_worker_turn(net->worker);
	expect_labelled(net, EAST, "8847 000641fe", 60);
	arrive(net, EAST, MACS L100, 60); /* 60 octets were spent: the meter is the same */
	expect_drop(net, EAST, DP_DROP_METER);
	assert_int_equal(dp_circuit_meter(net->dp, a, NULL, NULL), 0);
	arrive(net, EAST, MACS L100, 60);
	dp_worker_turn(net->worker);
	expect_labelled(net, WEST, "8847 000c81fe", 60);
	assert_int_equal(dp_circuit_stats(net->dp, a, &c), 0);
	assert_int_equal(c.rx_packets, 3);
	assert_int_equal(c.tx_packets, 1);
}

/* I1: no worker uses a device that is stopped. */
static void
a_reset_waits_for_every_worker(void **state)
{
	struct net *net = *state;

	assert_int_equal(dp_port_reset(net->dp, net->ports[EAST]), 0);
	dp_worker_turn(net->worker);
	assert_int_equal(dp_port_reset_poll(net->dp, net->ports[EAST]), -EAGAIN);
	dp_worker_turn(net->idle);
	assert_int_equal(dp_port_reset_poll(net->dp, net->ports[EAST]), 0);
}

static void
a_port_is_closed_in_the_middle_of_a_reset(void **state)
{
	struct net *net = *state;

	assert_int_equal(dp_port_reset(net->dp, net->ports[LAN]), 0);
	assert_int_equal(dp_port_close(net->dp, net->ports[LAN]), -EAGAIN);
	assert_int_equal(dp_port_reset_poll(net->dp, net->ports[LAN]), -ENOENT);
	dp_worker_turn(net->worker);
	assert_int_equal(dp_port_close(net->dp, net->ports[LAN]), 0);
	assert_int_equal(dp_port_reset(net->dp, net->ports[LAN]), -ENOENT);
}

/* ---- Replay ---- */

static void
replayed_frames_come_in_on_their_port(void **state)
{
	struct net *net = *state;
	struct rte_ring *in, *out;
	uint16_t ethdev = replay_device(net, &in, &out);

	join_100_to_200(net);
	assert_int_equal(dp_replay_start(net->dp, NET_PORTS, ethdev), -ENOENT);
	assert_int_equal(dp_replay_start(net->dp, net->ports[EAST], RTE_MAX_ETHPORTS), -ENOENT);
	assert_int_equal(dp_replay_start(net->dp, net->ports[EAST], ethdev), 0);
	assert_int_equal(dp_replay_start(net->dp, net->ports[EAST], ethdev), -EBUSY);
	rte_ring_enqueue(in, frame_of(net, MACS L100, 60));
	rte_ring_enqueue(in, frame_of(net, MACS "0800", 60));
	arrive(net, EAST, MACS L100, 61);
	assert_int_equal(dp_worker_turn(net->worker), 3);
	expect_labelled(net, WEST, "8847 000c81fe", 61);
	expect_labelled(net, WEST, "8847 000c81fe", 60);
	assert_int_equal(drops(net, EAST, DP_DROP_NOT_MPLS), 1);
	assert_int_equal(dp_replay_count(net->dp, net->ports[EAST]), 2);
	assert_int_equal(dp_replay_stop(net->dp, net->ports[EAST]), -EAGAIN);
	assert_int_equal(dp_replay_start(net->dp, net->ports[EAST], ethdev), -EBUSY);
	dp_worker_turn(net->worker);
	assert_int_equal(dp_replay_stop(net->dp, net->ports[EAST]), 0);
	assert_int_equal(dp_replay_stop(net->dp, net->ports[EAST]), 0);
	assert_int_equal(dp_replay_count(net->dp, net->ports[EAST]), 2);
	assert_int_equal(dp_replay_start(net->dp, net->ports[EAST], ethdev), 0);
	assert_int_equal(dp_replay_count(net->dp, net->ports[EAST]), 0);
	dp_worker_offline(net->worker);
	assert_int_equal(dp_replay_stop(net->dp, net->ports[EAST]), 0);
	dp_worker_online(net->worker);
	rte_eth_dev_stop(ethdev);
	rte_eth_dev_close(ethdev);
	rte_ring_free(in);
	rte_ring_free(out);
}

/* ---- A worker on a core of its own ---- */

static bool
wait_until(bool (*done)(struct net *net, uint64_t n), struct net *net, uint64_t n)
{
	uint64_t end = rte_get_timer_cycles() + WAIT_S * rte_get_timer_hz();

	while (!done(net, n)) {
		if (rte_get_timer_cycles() > end)
			return false;
		rte_delay_us_sleep(100);
	}
	return true;
}

static bool
is_running(struct net *net, uint64_t n)
{
	struct dp_worker_stats s;

	dp_worker_stats(net->dp, 0, &s);
	return s.turns > n;
}

static bool
has_received(struct net *net, uint64_t n)
{
	struct dp_worker_stats s;

	dp_worker_stats(net->dp, 0, &s);
	return s.rx == n;
}

static bool
has_reclaimed(struct net *net, uint64_t n)
{
	static uint64_t total;

	total = n == 0 ? 0 : total + dp_reclaim_poll(net->dp, rte_get_timer_cycles(), 100);
	return total == n;
}

static bool
has_closed(struct net *net, uint64_t n)
{
	return dp_port_close(net->dp, net->ports[n]) == 0;
}

/* I1, I5: while one circuit forwards, others come and go; no frame of the first is lost. */
static void
closing_calls_does_not_disturb_the_others(void **state)
{
	struct net *net = *state;
	dp_circuit_t pair[2];
	uint64_t n_frames = 0;
	struct rte_mbuf *m;
	int i;

	join_100_to_200(net);
	dp_worker_offline(net->worker);
	assert_int_equal(rte_eal_remote_launch(dp_worker_run, net->worker, 1), 0);
	assert_true(wait_until(is_running, net, 0));
	for (i = 0; i < 50; i++) {
		pair[0] = open_circuit(net, net->east, 300);
		pair[1] = open_circuit(net, net->west, 300);
		assert_int_equal(dp_circuit_join(net->dp, pair[0], pair[1]), 0);
		arrive(net, EAST, MACS L100, 60);
		assert_int_equal(dp_circuit_unlink(net->dp, pair, 2), 0);
		has_reclaimed(net, 0);
		assert_true(wait_until(has_reclaimed, net, 2));
		assert_true(wait_until(has_received, net, ++n_frames));
	}
	assert_true(wait_until(has_closed, net, LAN));
	dp_worker_stop(net->worker);
	assert_int_equal(rte_eal_wait_lcore(1), 0);
	for (i = 0; (m = left(net, WEST)) != NULL; i++)
		rte_pktmbuf_free(m);
	assert_int_equal(i, 50);
	dp_worker_online(net->worker);
}

#define NET_TEST(f) cmocka_unit_test_setup_teardown(f, net_setup, net_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_configuration_that_cannot_be_is_refused),
		cmocka_unit_test(no_memory_is_an_answer_that_says_what_mends_it),
		NET_TEST(an_lcore_has_one_worker_and_workers_come_before_ports),
		cmocka_unit_test(a_port_that_cannot_be_is_refused_with_its_mend),
		NET_TEST(a_port_tells_its_name_mtu_and_traffic),
		NET_TEST(a_worker_counts_its_turns_and_frames),
		NET_TEST(a_port_is_closed_when_no_worker_uses_it_any_more),
		NET_TEST(a_port_of_a_worker_that_is_offline_is_closed_at_once),
		NET_TEST(a_reset_port_goes_on_with_the_circuits_it_had),
		cmocka_unit_test_setup_teardown(
			a_reset_waits_for_every_worker, idle_setup, net_teardown),
		NET_TEST(a_port_is_closed_in_the_middle_of_a_reset),
		NET_TEST(replayed_frames_come_in_on_their_port),
		NET_TEST(closing_calls_does_not_disturb_the_others),
	};

	return cmocka_run_group_tests_name("dataplane_port", tests, eal_setup, eal_teardown);
}
