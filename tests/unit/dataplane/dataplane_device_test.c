/* SPDX-License-Identifier: BSD-3-Clause */
/* Devices: what is asked of each by what it can, its MTU, and how its link is watched. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <rte_ethdev.h>

#include "base/log.h"
#include "fixture.h"

#include <cmocka.h>

#define MS UINT64_C(1000000)
#define OFTEN (100 * MS) /* no look comes later than that after the one before */

/* ---- A device that can what a test says, and what is asked of it. ---- */

static struct {
	uint16_t min_mtu, max_mtu; /* 0: its own */
	uint64_t rx_capa, tx_capa, rx_lacks;
	struct rte_eth_conf asked;
} device;

int __real_rte_eth_dev_info_get(uint16_t port_id, struct rte_eth_dev_info *dev_info);
int __wrap_rte_eth_dev_info_get(uint16_t port_id, struct rte_eth_dev_info *dev_info);
int __real_rte_eth_dev_configure(
	uint16_t port_id, uint16_t n_rx, uint16_t n_tx, const struct rte_eth_conf *conf);
int __wrap_rte_eth_dev_configure(
	uint16_t port_id, uint16_t n_rx, uint16_t n_tx, const struct rte_eth_conf *conf);

int
__wrap_rte_eth_dev_info_get(uint16_t port_id, struct rte_eth_dev_info *dev_info)
{
	int err = __real_rte_eth_dev_info_get(port_id, dev_info);

	dev_info->rx_offload_capa |= device.rx_capa;
	dev_info->rx_offload_capa &= ~device.rx_lacks;
	dev_info->tx_offload_capa |= device.tx_capa;
	if (device.max_mtu != 0) {
		dev_info->min_mtu = device.min_mtu;
		dev_info->max_mtu = device.max_mtu;
	}
	return err;
}

int
__wrap_rte_eth_dev_configure(
	uint16_t port_id, uint16_t n_rx, uint16_t n_tx, const struct rte_eth_conf *conf)
{
	const struct rte_eth_conf plain = { 0 };

	device.asked = *conf;
	return __real_rte_eth_dev_configure(port_id, n_rx, n_tx, &plain);
}

static char lines[2048];

static void
note_line(enum cp_log_level level, const char *line, void *arg)
{
	(void)level;
	(void)arg;
	snprintf(lines + strlen(lines), sizeof(lines) - strlen(lines), "%s\n", line);
}

static int
device_setup(void **state)
{
	memset(&device, 0, sizeof(device));
	lines[0] = '\0';
	cp_log_set_sink(note_line, NULL);
	return net_setup(state);
}

static int
device_teardown(void **state)
{
	cp_log_set_sink(NULL, NULL);
	memset(&device, 0, sizeof(device));
	return net_teardown(state);
}

/* A fourth port of @p net with such an MTU. */
static int
open_port(struct net *net, uint16_t mtu)
{
	struct rte_ring *in, *out;
	struct dp_port_config config = { .name = "fourth", .mtu = mtu };

	config.ethdev = ring_device(&in, &out, (uint16_t)dp_n_workers(net->dp));
	return dp_port_open(net->dp, &config);
}

/* ---- MTU ---- */

static void
an_mtu_that_the_device_does_not_take_is_refused_with_what_it_takes(void **state)
{
	struct net *net = *state;

	device.min_mtu = 600;
	device.max_mtu = 1600;
	assert_int_equal(open_port(net, 1601), -EINVAL);
	assert_non_null(strstr(lines, "port fourth: MTU"));
	assert_non_null(strstr(lines, "mend: the device takes 600 to 1600"));
	assert_int_equal(open_port(net, 599), -EINVAL);
	assert_true(open_port(net, 1600) >= 0);
}

static void
mbufs_hold_the_frames_of_the_largest_mtu_in_one_piece(void **state)
{
	uint32_t mtu;

	(void)state;
	assert_int_equal(dp_mbuf_data_size(0), RTE_MBUF_DEFAULT_BUF_SIZE);
	assert_int_equal(dp_mbuf_data_size(1500), RTE_MBUF_DEFAULT_BUF_SIZE);
	for (mtu = 0; mtu <= 16000; mtu++)
		assert_true(dp_mbuf_data_size((uint16_t)mtu) >=
			    RTE_PKTMBUF_HEADROOM + RTE_ETHER_HDR_LEN + 2 * RTE_VLAN_HLEN + mtu);
}

/* ---- Offloads ---- */

static void
of_a_device_that_can_everything_nothing_is_asked_that_would_change_a_frame(void **state)
{
	struct net *net = *state;

	device.rx_capa = device.tx_capa = UINT64_MAX;
	assert_true(open_port(net, 1500) >= 0);
	assert_int_equal(device.asked.rxmode.offloads, 0);
	assert_int_equal(device.asked.txmode.offloads, RTE_ETH_TX_OFFLOAD_MULTI_SEGS);
}

static void
a_device_that_takes_long_frames_gives_them_in_one_chain_if_it_can(void **state)
{
	struct net *net = *state;

	device.rx_capa = RTE_ETH_RX_OFFLOAD_SCATTER | RTE_ETH_RX_OFFLOAD_VLAN_STRIP;
	assert_true(open_port(net, 1501) >= 0);
	assert_int_equal(device.asked.rxmode.offloads, RTE_ETH_RX_OFFLOAD_SCATTER);
	device.rx_lacks = RTE_ETH_RX_OFFLOAD_SCATTER;
	assert_true(open_port(net, 1501) >= 0);
	assert_int_equal(device.asked.rxmode.offloads, 0);
}

/* ---- Link ---- */

static bool
is_up(struct net *net)
{
	struct dp_port_stats s;

	assert_int_equal(dp_port_stats(net->dp, net->ports[EAST], &s), 0);
	return s.link_up;
}

static void
a_link_that_goes_and_comes_is_told_once_and_counted(void **state)
{
	struct net *net = *state;
	struct dp_port_stats s;
	uint64_t now = OFTEN;

	assert_true(is_up(net));
	assert_int_equal(rte_eth_dev_set_link_down(net->ethdev[EAST]), 0);
	dp_ports_look(net->dp, now += OFTEN);
	dp_ports_look(net->dp, now += OFTEN);
	assert_false(is_up(net));
	assert_string_equal(lines, "port east: link down\n");
	assert_int_equal(rte_eth_dev_set_link_up(net->ethdev[EAST]), 0);
	dp_ports_look(net->dp, now += OFTEN);
	assert_true(is_up(net));
	assert_non_null(strstr(lines, "\nport east: link up"));
	assert_int_equal(dp_port_stats(net->dp, net->ports[EAST], &s), 0);
	assert_int_equal(s.link_changes, 2);
}

static void
a_link_is_not_looked_at_again_at_once(void **state)
{
	struct net *net = *state;

	assert_true(dp_port_look(net->dp, net->ports[EAST], OFTEN));
	assert_int_equal(rte_eth_dev_set_link_down(net->ethdev[EAST]), 0);
	assert_true(dp_port_look(net->dp, net->ports[EAST], OFTEN + MS));
	assert_false(dp_port_look(net->dp, net->ports[EAST], 2 * OFTEN));
	assert_int_equal(rte_eth_dev_set_link_up(net->ethdev[EAST]), 0);
}

/* The device is stopped: what it says then is no change. */
static void
the_link_of_a_port_that_is_reset_is_not_looked_at(void **state)
{
	struct net *net = *state;

	assert_true(dp_port_look(net->dp, net->ports[EAST], OFTEN));
	assert_int_equal(dp_port_reset(net->dp, net->ports[EAST]), 0);
	assert_int_equal(rte_eth_dev_set_link_down(net->ethdev[EAST]), 0);
	assert_true(dp_port_look(net->dp, net->ports[EAST], 2 * OFTEN));
	dp_worker_turn(net->worker);
	assert_int_equal(dp_port_reset_poll(net->dp, net->ports[EAST]), 0);
	assert_string_equal(lines, "");
}

#define DEVICE_TEST(f) cmocka_unit_test_setup_teardown(f, device_setup, device_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		DEVICE_TEST(an_mtu_that_the_device_does_not_take_is_refused_with_what_it_takes),
		cmocka_unit_test(mbufs_hold_the_frames_of_the_largest_mtu_in_one_piece),
		DEVICE_TEST(
			of_a_device_that_can_everything_nothing_is_asked_that_would_change_a_frame),
		DEVICE_TEST(a_device_that_takes_long_frames_gives_them_in_one_chain_if_it_can),
		DEVICE_TEST(a_link_that_goes_and_comes_is_told_once_and_counted),
		DEVICE_TEST(a_link_is_not_looked_at_again_at_once),
		DEVICE_TEST(the_link_of_a_port_that_is_reset_is_not_looked_at),
	};

	return cmocka_run_group_tests_name("dataplane_device", tests, eal_setup, eal_teardown);
}
