/* SPDX-License-Identifier: BSD-3-Clause */
/* What devices are told of how to spread frames over workers, and what workers make of it. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/log.h"
#include "fixture.h"
#include "nic.h"

#include <cmocka.h>

#define MACS "0a0b0c0d0e0f 1a1b1c1d1e1f "
#define SIGNALLING 17u

static int
forget_nic(void **state)
{
	(void)state;
	nic_reset();
	return 0;
}

/* Devices with a queue more than there are workers, and signalling on label 17. */
static struct net *
create(uint32_t n_workers, enum dp_spread spread)
{
	const struct net_config c = { .n_circuits = 100,
		.n_workers = n_workers,
		.n_rx = (uint16_t)(n_workers + 1),
		.spread = spread,
		.signalling_label = SIGNALLING };

	return net_create_config(&c);
}

static void
destroy(struct net *net)
{
	void *state = net;

	assert_int_equal(net_teardown(&state), 0);
}

static const struct nic_told *
told(const struct net *net, enum net_port port)
{
	return &nic_told[net->ethdev[port]];
}

static struct dp_port_stats
port_stats(const struct net *net, enum net_port port)
{
	struct dp_port_stats s;

	assert_int_equal(dp_port_stats(net->dp, net->ports[port], &s), 0);
	return s;
}

static void
assert_ways(const struct net *net, enum net_port port, const char *expected)
{
	char ways[DP_WAYS_TEXT];

	dp_port_ways(net->dp, net->ports[port], ways, sizeof(ways));
	assert_string_equal(ways, expected);
}

static uint64_t
rx_of(const struct net *net, uint32_t worker)
{
	struct dp_worker_stats s;

	dp_worker_stats(net->dp, worker, &s);
	return s.rx;
}

/* A frame arrives where the device puts it. */
static void
arrive_steered(struct net *net, uint32_t label)
{
	char hex[64];

	snprintf(hex, sizeof(hex), MACS "8847 %05x1ff 00040000", label);
	arrive_in(net, EAST, nic_queue_of_label(net->ethdev[EAST], label), hex, 60);
}

static bool
count(void *arg, uint32_t cookie, const uint8_t *payload, uint32_t len, struct rte_mbuf *frame)
{
	uint32_t *n = arg;

	(void)cookie;
	(void)payload;
	(void)len;
	(void)frame;
	(*n)++;
	return false;
}

/* ---- RSS ---- */

static void
a_device_that_hashes_labels_has_a_queue_for_each_worker(void **state)
{
	uint32_t n[3] = { 0 }, i;
	struct net *net;

	(void)state;
	nic_can = (struct nic_can){ .rss_types = RTE_ETH_RSS_MPLS | RTE_ETH_RSS_IPV4,
		.reta_size = 128 };
	net = create(3, DP_SPREAD_AUTO);
	assert_int_equal(port_stats(net, EAST).spread, DP_SPREAD_RSS);
	assert_int_equal(port_stats(net, EAST).n_rx_queues, 3);
	assert_int_equal(told(net, EAST)->rss_types, RTE_ETH_RSS_MPLS);
	assert_int_equal(told(net, EAST)->n_rx_queues, 3);
	for (i = 0; i < 128; i++)
		n[told(net, EAST)->reta[i]]++;
	for (i = 0; i < 3; i++)
		assert_in_range(n[i], 42, 43);
	assert_ways(net, EAST,
		"circuits spread over lcores 1,2,3 by RSS on the label; signalling with the rest, "
		"for the device has no rule for it");
	for (i = 0; i < 128; i++)
		arrive_steered(net, 0x100 + i);
	for (i = 0; i < 3; i++)
		while (dp_worker_turn(net->workers[i]) != 0)
			;
	for (i = 0; i < 3; i++)
		assert_int_equal(rx_of(net, i), n[i]);
	/* Of VLANs it has no hash. */
	assert_int_equal(port_stats(net, LAN).spread, DP_SPREAD_SOFTWARE);
	assert_int_equal(told(net, LAN)->n_rx_queues, 1);
	destroy(net);
}

/* SIG-3: the label of signalling, before what is hashed. */
static void
signalling_has_a_queue_that_rss_leaves_alone(void **state)
{
	struct net *net;
	uint32_t i, n = 0;
	dp_circuit_t c;

	(void)state;
	nic_can =
		(struct nic_can){ .rss_types = RTE_ETH_RSS_MPLS, .reta_size = 64, .labels = true };
	net = create(2, DP_SPREAD_AUTO);
	assert_int_equal(port_stats(net, EAST).spread, DP_SPREAD_RSS);
	assert_int_equal(port_stats(net, EAST).signalling_queue, 2);
	assert_ways(net, EAST,
		"circuits spread over lcores 1,2 by RSS on the label; signalling on its own queue "
		"2");
	for (i = 0; i < 64; i++)
		assert_in_range(told(net, EAST)->reta[i], 0, 1);
	assert_int_equal(told(net, EAST)->n_rules, 1);
	assert_int_equal(nic_queue_of_label(net->ethdev[EAST], SIGNALLING), 2);
	assert_in_range(nic_queue_of_label(net->ethdev[EAST], SIGNALLING + 64), 0, 1);
	assert_int_equal(dp_circuit_open(net->dp, net->east, SIGNALLING, true, 1, &c), 0);
	dp_trunk_set_control_rx(net->dp, net->east, count, &n);
	arrive_steered(net, SIGNALLING);
	dp_worker_turn(net->workers[0]);
	assert_int_equal(dp_control_poll(net->dp, 10), 1);
	assert_int_equal(n, 1);
	destroy(net);
}

static void
an_access_port_is_spread_by_the_hash_of_its_vlans(void **state)
{
	struct net *net;

	(void)state;
	nic_can = (struct nic_can){ .rss_types = RTE_ETH_RSS_C_VLAN | RTE_ETH_RSS_S_VLAN,
		.reta_size = 64 };
	net = create(2, DP_SPREAD_AUTO);
	assert_int_equal(port_stats(net, LAN).spread, DP_SPREAD_RSS);
	assert_int_equal(told(net, LAN)->rss_types, RTE_ETH_RSS_C_VLAN);
	assert_ways(net, LAN, "circuits spread over lcores 1,2 by RSS on the VLAN");
	assert_int_equal(port_stats(net, EAST).spread, DP_SPREAD_SOFTWARE);
	destroy(net);
}

/* Whose a frame is that the device did not hash, nobody knows. */
static void
a_replay_cannot_be_spread_by_rss(void **state)
{
	struct net *net;

	(void)state;
	nic_can = (struct nic_can){ .rss_types = RTE_ETH_RSS_MPLS, .reta_size = 64 };
	net = create(2, DP_SPREAD_AUTO);
	assert_int_equal(dp_replay_start(net->dp, net->ports[EAST], net->ethdev[WEST]), -ENOTSUP);
	assert_int_equal(dp_replay_stop(net->dp, net->ports[EAST]), 0);
	destroy(net);
}

/* ---- Rules ---- */

static void
assert_steers_all_labels(const struct net *net, uint32_t n_workers, uint32_t most)
{
	uint32_t n[NET_MAX_WORKERS + 1] = { 0 }, label;

	for (label = 1024; label < 2048; label++)
		n[nic_queue_of_label(net->ethdev[EAST], label)]++;
	for (label = 0; label < n_workers; label++)
		assert_in_range(n[label], 1, most);
	assert_int_equal(n[n_workers], 0);
}

static void
rules_steer_labels_by_residue(void **state)
{
	struct net *net;

	(void)state;
	nic_can = (struct nic_can){ .labels = true, .priorities = true };
	net = create(2, DP_SPREAD_AUTO);
	assert_int_equal(port_stats(net, EAST).spread, DP_SPREAD_FLOW);
	assert_int_equal(told(net, EAST)->n_rules, 1 + 2);
	assert_ways(net, EAST,
		"circuits spread over lcores 1,2 by rte_flow on the label; signalling on its own "
		"queue 2");
	assert_steers_all_labels(net, 2, 512);
	assert_int_equal(nic_queue_of_label(net->ethdev[EAST], SIGNALLING), 2);
	assert_int_equal(port_stats(net, LAN).spread, DP_SPREAD_SOFTWARE);
	destroy(net);
	nic_reset();
	nic_can = (struct nic_can){ .labels = true, .priorities = true };
	net = create(3, DP_SPREAD_AUTO);
	assert_int_equal(told(net, EAST)->n_rules, 1 + 16);
	assert_steers_all_labels(net, 3, 6 * 1024 / 16);
	destroy(net);
}

/* Every label, steered or not, is with the worker that would have it by software. */
static void
what_no_rule_catches_goes_the_rest_of_the_way_in_software(void **state)
{
	struct net *net;
	uint32_t worker;
	char hex[64];

	(void)state;
	nic_can = (struct nic_can){ .labels = true, .priorities = true };
	net = create(3, DP_SPREAD_AUTO);
	for (worker = 0; worker < 3; worker++) {
		uint32_t label = 0x200;

		while (nic_queue_of_label(net->ethdev[EAST], label) != worker)
			label++;
		snprintf(hex, sizeof(hex), MACS "8100 0005 8847 %05x1ff 00040000", label);
		arrive_in(net, EAST, 0, hex, 60);
		snprintf(hex, sizeof(hex), MACS "8847 %05x1ff 00040000", label);
		arrive_in(net, EAST, 2, hex, 60); /* a device that errs */
		arrive_steered(net, label);
	}
	turn_all(net);
	turn_all(net);
	for (worker = 0; worker < 3; worker++) {
		struct dp_worker_stats s;

		dp_worker_stats(net->dp, worker, &s);
		assert_int_equal(s.drops[DP_DROP_NO_CIRCUIT], 3);
	}
	destroy(net);
}

static void
signalling_is_the_first_workers_where_it_has_no_queue(void **state)
{
	struct net *net;

	(void)state;
	nic_can = (struct nic_can){ .labels = true }; /* no rule goes before another */
	net = create(3, DP_SPREAD_AUTO);
	assert_int_equal(port_stats(net, EAST).spread, DP_SPREAD_FLOW);
	assert_int_equal(port_stats(net, EAST).signalling_queue, -1);
	assert_int_equal(told(net, EAST)->n_rx_queues, 3);
	assert_int_equal(told(net, EAST)->n_rules, 16);
	assert_int_equal(nic_queue_of_label(net->ethdev[EAST], SIGNALLING), 0);
	destroy(net);
	nic_reset();
	net = create(3, DP_SPREAD_SOFTWARE);
	arrive_steered(net, SIGNALLING);
	dp_worker_turn(net->workers[0]);
	assert_int_equal(drops(net, EAST, DP_DROP_NO_CIRCUIT), 1);
	destroy(net);
}

static void
rules_steer_vlans_of_an_access_port(void **state)
{
	struct dp_worker_stats s;
	struct net *net;
	int i;

	(void)state;
	nic_can = (struct nic_can){ .vlans = true };
	net = create(2, DP_SPREAD_AUTO);
	assert_int_equal(port_stats(net, LAN).spread, DP_SPREAD_FLOW);
	assert_int_equal(told(net, LAN)->n_rules, 2);
	assert_ways(net, LAN, "circuits spread over lcores 1,2 by rte_flow on the VLAN");
	assert_int_equal(nic_queue_of_vlan(net->ethdev[LAN], 6), 0);
	assert_int_equal(nic_queue_of_vlan(net->ethdev[LAN], 7), 1);
	/* By its outer VLAN, whatever is in it, and whatever its tag is called. */
	attached_circuit(net, 200, 1, 7, 0);
	attached_circuit(net, 201, 2, 7, 2);
	arrive_in(net, LAN, 1, MACS "8100 0007 0800", 60);
	arrive_in(net, LAN, 1, MACS "8100 0007 8100 0002 0800", 60);
	arrive_in(net, LAN, 0, MACS "88a8 0007 8100 0002 0800", 60);
	turn_all(net);
	turn_all(net);
	dp_worker_stats(net->dp, 1, &s);
	assert_int_equal(s.tx, 3);
	for (i = 0; i < 3; i++)
		rte_pktmbuf_free(left(net, EAST));
	destroy(net);
}

static void
a_device_with_too_few_rules_has_none(void **state)
{
	struct net *net;

	(void)state;
	nic_can = (struct nic_can){ .labels = true, .priorities = true, .max_rules = 15 };
	net = create(3, DP_SPREAD_AUTO);
	assert_int_equal(port_stats(net, EAST).spread, DP_SPREAD_SOFTWARE);
	assert_int_equal(port_stats(net, EAST).signalling_queue, 1);
	assert_int_equal(told(net, EAST)->n_rules, 1);
	assert_int_equal(told(net, EAST)->n_rx_queues, 2);
	assert_int_equal(told(net, EAST)->n_flushed, 2);
	assert_ways(net, EAST,
		"circuits spread over lcores 1,2,3 in software, by the first, for the device has "
		"neither RSS nor rules for it; signalling on its own queue 1");
	destroy(net);
}

/* An unused queue could get frames from a device that spreads them as it likes. */
static void
a_device_that_refuses_is_configured_without_the_queue(void **state)
{
	struct net *net;

	(void)state;
	nic_can = (struct nic_can){ .vlans = true, .until_started = true };
	net = create(1, DP_SPREAD_AUTO);
	assert_int_equal(told(net, EAST)->n_configured, 2);
	assert_int_equal(told(net, EAST)->n_rx_queues, 1);
	assert_ways(net, EAST,
		"all circuits on lcore 1; signalling with the rest, for the device has no rule for "
		"it");
	destroy(net);
}

static void
the_only_worker_has_signalling_apart_too(void **state)
{
	struct net *net;

	(void)state;
	nic_can = (struct nic_can){ .labels = true };
	net = create(1, DP_SPREAD_AUTO);
	assert_int_equal(port_stats(net, EAST).spread, DP_SPREAD_PORT);
	assert_int_equal(port_stats(net, EAST).n_rx_queues, 2);
	assert_int_equal(told(net, EAST)->n_rules, 1);
	assert_ways(net, EAST, "all circuits on lcore 1; signalling on its own queue 1");
	assert_ways(net, LAN, "all circuits on lcore 1");
	arrive_steered(net, 99);
	arrive_steered(net, SIGNALLING);
	assert_int_equal(rte_ring_count(net->queues[EAST][1]), 1);
	assert_int_equal(dp_worker_turn(net->worker), 2);
	destroy(net);
}

/* RESET-7 */
static void
a_device_is_told_anew_after_a_reset(void **state)
{
	struct net *net;

	(void)state;
	nic_can =
		(struct nic_can){ .rss_types = RTE_ETH_RSS_MPLS, .reta_size = 64, .labels = true };
	net = create(2, DP_SPREAD_AUTO);
	nic_told[net->ethdev[EAST]].reta[0] = 9;
	assert_int_equal(dp_port_reset(net->dp, net->ports[EAST]), 0);
	turn_all(net);
	assert_int_equal(dp_port_reset_poll(net->dp, net->ports[EAST]), 0);
	assert_int_equal(told(net, EAST)->n_flushed, 1);
	assert_int_equal(told(net, EAST)->n_rules, 1);
	assert_int_equal(told(net, EAST)->reta[0], 0);
	nic_can.max_rules = 0;
	nic_can.labels = false;
	assert_int_equal(dp_port_reset(net->dp, net->ports[EAST]), 0);
	turn_all(net);
	assert_true(dp_port_reset_poll(net->dp, net->ports[EAST]) < 0);
	nic_can.labels = true; /* asked again, it has what it had */
	assert_int_equal(dp_port_reset_poll(net->dp, net->ports[EAST]), 0);
	arrive_steered(net, SIGNALLING);
	turn_all(net);
	assert_int_equal(drops(net, EAST, DP_DROP_NO_CIRCUIT), 1);
	destroy(net);
}

/* ---- Ways that are demanded ---- */

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
a_way_that_the_device_does_not_have_is_refused(void **state)
{
	static const enum dp_spread impossible[] = { DP_SPREAD_RSS, DP_SPREAD_FLOW,
		DP_SPREAD_PORT };
	struct dp_port_config port = { .name = "plain", .workers = 3, .role = DP_ROLE_TRUNK };
	struct lines lines = { "" };
	struct rte_ring *in, *out;
	struct net *net;
	uint32_t i;

	(void)state;
	net = create(2, DP_SPREAD_SOFTWARE);
	assert_ways(net, LAN, "circuits spread over lcores 1,2 in software, by the first");
	port.ethdev = ring_device(&in, &out, 2);
	cp_log_set_sink(note_line, &lines);
	for (i = 0; i < 3; i++) {
		port.spread = impossible[i];
		assert_int_equal(dp_port_open(net->dp, &port), -ENOTSUP);
		assert_string_equal(lines.last, "port plain: the device cannot spread circuits as "
						"configured: Operation not "
						"supported; mend: another spread, or none");
	}
	cp_log_set_sink(NULL, NULL);
	port.spread = DP_SPREAD_AUTO;
	assert_true(dp_port_open(net->dp, &port) >= 0);
	destroy(net);
}

static void
a_way_that_is_demanded_is_taken_before_better_ones(void **state)
{
	struct net *net;

	(void)state;
	nic_can = (struct nic_can){ .rss_types = RTE_ETH_RSS_MPLS | RTE_ETH_RSS_C_VLAN,
		.reta_size = 64,
		.labels = true,
		.vlans = true };
	net = create(2, DP_SPREAD_FLOW);
	assert_int_equal(port_stats(net, EAST).spread, DP_SPREAD_FLOW);
	assert_int_equal(port_stats(net, LAN).spread, DP_SPREAD_FLOW);
	destroy(net);
}

#define T(f) cmocka_unit_test_setup(f, forget_nic)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_device_that_hashes_labels_has_a_queue_for_each_worker),
		T(signalling_has_a_queue_that_rss_leaves_alone),
		T(an_access_port_is_spread_by_the_hash_of_its_vlans),
		T(a_replay_cannot_be_spread_by_rss),
		T(rules_steer_labels_by_residue),
		T(what_no_rule_catches_goes_the_rest_of_the_way_in_software),
		T(signalling_is_the_first_workers_where_it_has_no_queue),
		T(rules_steer_vlans_of_an_access_port),
		T(a_device_with_too_few_rules_has_none),
		T(a_device_that_refuses_is_configured_without_the_queue),
		T(the_only_worker_has_signalling_apart_too),
		T(a_device_is_told_anew_after_a_reset),
		T(a_way_that_the_device_does_not_have_is_refused),
		T(a_way_that_is_demanded_is_taken_before_better_ones),
	};

	return cmocka_run_group_tests_name("dataplane_steer", tests, eal_setup, eal_teardown);
}
