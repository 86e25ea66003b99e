/* SPDX-License-Identifier: BSD-3-Clause */
/* Ports: DPDK devices set up, polled, replayed into, closed. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_errno.h>

#include "dataplane/steer.h"

int
dp_port_refuse(const struct dp_port_config *config, const char *what, int err, const char *mend)
{
	cp_log(CP_LOG_ERR, "port %s: %s: %s; mend: %s", config->name, what, rte_strerror(-err),
		mend);
	return err;
}

static int
check_config(const struct dp *dp, const struct dp_port_config *config)
{
	if (dp->n_ports == DP_MAX_PORTS)
		return dp_port_refuse(
			config, "too many ports", -ENOSPC, "fewer of them in this appliance");
	if ((config->workers & ~(uint32_t)(RTE_BIT64(dp->n_workers) - 1)) != 0 ||
		dp->n_workers == 0)
		return dp_port_refuse(
			config, "no such worker", -EINVAL, "list the port under a worker");
	if (!rte_eth_dev_is_valid_port(config->ethdev))
		return dp_port_refuse(config, "no such device", -ENODEV,
			"dpdk-devbind.py --status; bind it to vfio-pci, or check the vdev string");
	return 0;
}

static int
check_device(const struct dp *dp, const struct dp_port_config *config,
	const struct rte_eth_dev_info *info)
{
	if (info->max_rx_queues == 0 || info->max_tx_queues == 0)
		return dp_port_refuse(
			config, "a device without queues", -ENOTSUP, "another driver for it");
	return dp_device_check_mtu(dp, config, info);
}

/* Workers on another node than their port work, but each frame crosses over. */
static void
warn_if_far(const struct dp *dp, const struct dp_port *p)
{
	uint32_t i;

	for (i = 0; i < p->steering.n_workers; i++)
		dp_warn_if_far(dp, p->name, p->node, p->pollers[i]);
}

static int
setup_queues(
	struct dp *dp, const struct dp_port_config *config, const struct dp_port *p, uint16_t n_rx)
{
	uint16_t n_rxd = config->n_rxd, n_txd = config->n_txd, i;
	struct rte_mempool *pool = dp_node_pool(dp, p->node);
	int err;

	if (pool == NULL)
		return -ENOMEM;
	err = rte_eth_dev_adjust_nb_rx_tx_desc(
		config->ethdev, n_rxd != 0 ? &n_rxd : NULL, n_txd != 0 ? &n_txd : NULL);
	if (err != 0)
		return err;
	/* A number of 0 is the driver's preference. */
	for (i = 0; err == 0 && i < n_rx; i++)
		err = rte_eth_rx_queue_setup(
			config->ethdev, i, n_rxd, (unsigned int)p->node, NULL, pool);
	for (i = 0; err == 0 && i < p->n_tx_queues; i++)
		err = rte_eth_tx_queue_setup(config->ethdev, i, n_txd, (unsigned int)p->node, NULL);
	return err;
}

static int
set_promiscuous(uint16_t ethdev)
{
	int err = rte_eth_promiscuous_enable(ethdev);

	return err == -ENOTSUP ? 0 : err; /* then it filters nothing, or what is not its own */
}

/* What went wrong, for who tells it: maybe nobody, when there is another way. */
struct failure {
	const char *what, *mend;
};

static int
fail(struct failure *f, int err, const char *what, const char *mend)
{
	*f = (struct failure){ what, mend };
	return err;
}

static int
configure_device(struct dp *dp, const struct dp_port_config *config, const struct dp_port *p,
	const struct dp_steering *s, const struct rte_eth_conf *offloads, uint16_t *mtu,
	struct failure *f)
{
	struct rte_eth_conf conf = *offloads;
	int err;

	dp_steering_conf(s, &conf);
	err = rte_eth_dev_configure(config->ethdev, dp_steering_n_rx(s), p->n_tx_queues, &conf);
	if (err != 0)
		return fail(f, err, "the driver refuses so many queues", "fewer workers");
	if (dp_steering_is_vain(config->ethdev, s))
		return fail(f, -ENOTSUP, "the driver knows no such rules", "another spread");
	err = dp_device_set_mtu(dp, config, mtu);
	if (err != 0)
		return fail(f, err, "MTU", "another mtu, or none");
	err = setup_queues(dp, config, p, dp_steering_n_rx(s));
	if (err != 0)
		return fail(f, err, "queues",
			"fewer descriptors, or more hugepages: dpdk-hugepages.py --setup 2G");
	return 0;
}

static int
start_device(const struct dp_port_config *config, const struct dp_steering *s, struct failure *f)
{
	int err = rte_eth_dev_start(config->ethdev);

	if (err != 0)
		return fail(f, err, "start", "see the driver's line above");
	err = set_promiscuous(config->ethdev);
	if (err != 0)
		fail(f, err, "promiscuous mode", "see the driver's line above");
	else if ((err = dp_steering_apply(config->ethdev, s)) != 0)
		fail(f, err, "the device does not steer as it should", "another spread");
	if (err != 0)
		rte_eth_dev_stop(config->ethdev);
	return err;
}

/* Start the device in the first way that it takes. */
static int
find_way(struct dp *dp, const struct dp_port_config *config, struct dp_port *p,
	const struct rte_eth_dev_info *info, const struct rte_eth_conf *offloads, uint16_t *mtu)
{
	struct failure f = { "the device cannot spread circuits as configured",
		"another spread, or none" };
	struct dp_steering ways[DP_MAX_STEERINGS];
	uint32_t n = dp_steering_ways(config, p->steering.n_workers, info, ways), i;
	int err = -ENOTSUP;

	for (i = 0; i < n; i++) {
		err = configure_device(dp, config, p, &ways[i], offloads, mtu, &f);
		if (err == 0)
			err = start_device(config, &ways[i], &f);
		if (err == 0) {
			p->steering = ways[i];
			return 0;
		}
	}
	return dp_port_refuse(config, f.what, err, f.mend);
}

/* Who polls it, in order. */
static void
set_pollers(const struct dp *dp, struct dp_port *p, uint32_t workers)
{
	uint32_t i, n = 0;

	p->workers = workers != 0 ? workers : 1;
	for (i = 0; i < dp->n_workers; i++)
		if ((p->workers >> i & 1) != 0)
			p->pollers[n++] = (uint8_t)i;
	p->steering.n_workers = n;
}

static void
publish(struct dp *dp, struct dp_port *p, uint16_t idx, uint16_t mtu, bool multi_segs)
{
	p->state = DP_PORT_OPEN;
	dp->port_fast[idx].mtu = mtu;
	dp->port_fast[idx].multi_segs = multi_segs;
	dp_relays_add(dp, p);
	/* Relaxed: no frame goes there before a trunk or attachment of it is published. */
	__atomic_store_n(&dp->port_fast[idx].ethdev, p->ethdev, __ATOMIC_RELAXED);
	dp_queues_add(dp, p);
	dp->n_ports++;
}

int
dp_port_open(struct dp *dp, const struct dp_port_config *config)
{
	uint16_t idx = dp->n_ports, mtu;
	struct dp_port *port = &dp->ports[idx];
	struct rte_eth_dev_info info;
	struct rte_eth_conf offloads = { 0 };
	int err;

	err = check_config(dp, config);
	if (err != 0)
		return err;
	err = rte_eth_dev_info_get(config->ethdev, &info);
	if (err != 0)
		return dp_port_refuse(config, "device information", err, "another driver for it");
	dp_device_offloads(config, &info, &offloads);
	snprintf(port->name, sizeof(port->name), "%s", config->name);
	port->ethdev = config->ethdev;
	port->n_tx_queues = (uint16_t)RTE_MIN(dp->n_workers, (uint32_t)info.max_tx_queues);
	set_pollers(dp, port, config->workers);
	port->node = dp_device_node(dp, config->ethdev, port->pollers[0]);
	err = check_device(dp, config, &info);
	if (err == 0)
		err = find_way(dp, config, port, &info, &offloads, &mtu);
	if (err != 0)
		return err;
	err = dp_queues_create(dp, port);
	if (err != 0) {
		dp_queues_free(dp, port);
		rte_eth_dev_stop(config->ethdev);
		return err;
	}
	rte_eth_macaddr_get(config->ethdev, &port->mac);
	publish(dp, port, idx, mtu, offloads.txmode.offloads != 0);
	dp_device_begin(port, &info, mtu);
	warn_if_far(dp, port);
	return idx;
}

/* ---- Replay ---- */

static struct dp_port *
open_port(struct dp *dp, uint16_t port)
{
	return dp_port_is_there(dp, port) ? &dp->ports[port] : NULL;
}

int
dp_replay_start(struct dp *dp, uint16_t port, uint16_t ethdev)
{
	struct dp_port *p = open_port(dp, port);

	if (p == NULL || !rte_eth_dev_is_valid_port(ethdev))
		return -ENOENT;
	if (p->replay_state != DP_REPLAY_NONE)
		return -EBUSY;
	if (p->steering.spread == DP_SPREAD_RSS)
		return -ENOTSUP;
	p->replay_state = DP_REPLAY_ON;
	/*
	 * A replay always has frames: with half a burst a turn it never outruns the polling of the
	 * port that its frames come in by again, on a wire inside the appliance.
	 */
	p->replay = (struct dp_source){ .ethdev = ethdev,
		.port = port,
		.burst = DP_BURST / 2,
		.worker = p->pollers[0],
		.spreader = p->n_spreaders != 0 ? &p->spreaders[0] : NULL };
	dp_worker_add_source(dp->workers[p->pollers[0]], &p->replay);
	return 0;
}

uint64_t
dp_replay_count(const struct dp *dp, uint16_t port)
{
	return port < dp->n_ports ? dp_counter_read(&dp->ports[port].replay.n_frames) : 0;
}

static void
end_replay(struct dp *dp, struct dp_port *p)
{
	if (p->replay_state != DP_REPLAY_ON)
		return;
	dp_worker_remove_source(dp->workers[p->pollers[0]], &p->replay);
	p->replay_token = dp_grace_start(dp);
	p->replay_state = DP_REPLAY_ENDING;
}

int
dp_replay_stop(struct dp *dp, uint16_t port)
{
	struct dp_port *p;

	if (port >= dp->n_ports)
		return 0;
	p = &dp->ports[port];
	end_replay(dp, p);
	if (p->replay_state == DP_REPLAY_ENDING && !dp_grace_passed(dp, p->replay_token))
		return -EAGAIN;
	if (p->replay_state == DP_REPLAY_ENDING)
		dp_source_fini(&p->replay);
	p->replay_state = DP_REPLAY_NONE;
	return 0;
}

/* ---- Reset and close ---- */

/* No worker uses the device any more when the token has passed. */
static void
let_go(struct dp *dp, struct dp_port *p, uint16_t port, enum dp_port_state state)
{
	dp_queues_remove(dp, p);
	if (state == DP_PORT_CLOSING)
		dp_relays_remove(dp, p);
	__atomic_store_n(&dp->port_fast[port].ethdev, DP_NO_ETHDEV, __ATOMIC_RELAXED);
	p->token = dp_grace_start(dp);
	p->state = state;
}

int
dp_port_reset(struct dp *dp, uint16_t port)
{
	struct dp_port *p = open_port(dp, port);

	if (p == NULL)
		return -ENOENT;
	if (p->state == DP_PORT_RESETTING)
		return -EBUSY;
	let_go(dp, p, port, DP_PORT_RESETTING);
	return 0;
}

static int
restart(struct dp_port *p)
{
	int err;

	dp_steering_withdraw(p->ethdev, &p->steering);
	err = rte_eth_dev_stop(p->ethdev);
	if (err == 0)
		err = rte_eth_dev_start(p->ethdev); /* promiscuous as before */
	if (err == 0)
		err = dp_steering_apply(p->ethdev, &p->steering);
	if (err != 0)
		cp_log(CP_LOG_ERR, "port %s: does not start after a reset: %s; mend: %s", p->name,
			rte_strerror(-err), "see the driver's line above, or reset it again");
	return err;
}

int
dp_port_reset_poll(struct dp *dp, uint16_t port)
{
	struct dp_port *p = open_port(dp, port);
	int err;

	if (p == NULL)
		return -ENOENT;
	if (p->state == DP_PORT_OPEN)
		return 0;
	if (!dp_grace_passed(dp, p->token))
		return -EAGAIN;
	err = restart(p);
	if (err != 0)
		return err;
	p->state = DP_PORT_OPEN;
	/* Release: a worker that sends sees a device that was started. */
	__atomic_store_n(&dp->port_fast[port].ethdev, p->ethdev, __ATOMIC_RELEASE);
	dp_queues_add(dp, p);
	return 0;
}

int
dp_port_close(struct dp *dp, uint16_t port)
{
	struct dp_port *p;

	if (port >= dp->n_ports || dp->ports[port].state == DP_PORT_CLOSED)
		return -ENOENT;
	p = &dp->ports[port];
	if (dp_port_is_there(dp, port)) {
		end_replay(dp, p);
		let_go(dp, p, port, DP_PORT_CLOSING);
	}
	if (!dp_grace_passed(dp, p->token))
		return -EAGAIN;
	dp_steering_withdraw(p->ethdev, &p->steering);
	dp_source_fini(&p->replay);
	rte_eth_dev_stop(p->ethdev);
	rte_eth_dev_close(p->ethdev);
	dp->n_relays -= p->n_relays;
	dp_queues_free(dp, p);
	p->state = DP_PORT_CLOSED;
	return 0;
}

/* ---- Reading ---- */

uint16_t
dp_n_ports(const struct dp *dp)
{
	return dp->n_ports;
}

static void
add_device_stats(uint16_t ethdev, struct dp_port_stats *out)
{
	struct rte_eth_stats s;

	if (rte_eth_stats_get(ethdev, &s) != 0)
		return;
	out->rx = s.ipackets;
	out->rx_octets = s.ibytes;
	out->tx = s.opackets;
	out->tx_octets = s.obytes;
	out->rx_missed = s.imissed;
	out->rx_errors = s.ierrors;
	out->tx_errors = s.oerrors;
	out->rx_no_mbuf = s.rx_nombuf;
}

int
dp_port_stats(const struct dp *dp, uint16_t port, struct dp_port_stats *out)
{
	const struct dp_port *p;
	uint32_t i, reason;

	if (!dp_port_is_there(dp, port))
		return -ENOENT;
	p = &dp->ports[port];
	*out = (struct dp_port_stats){
		.ethdev = p->ethdev,
		.mtu = dp->port_fast[port].mtu,
		.link_up = p->state == DP_PORT_OPEN && p->link.is_up,
		.link_mbps = p->link.mbps,
		.link_changes = p->link.n_changes,
		.mac = p->mac,
		.spread = p->steering.spread,
		.workers = p->workers,
		.n_rx_queues = dp_steering_n_rx(&p->steering),
		.n_tx_queues = p->n_tx_queues,
		.signalling_queue = p->steering.own_signalling ? (int)p->steering.n_queues : -1,
	};
	memcpy(out->name, p->name, sizeof(out->name));
	add_device_stats(p->ethdev, out);
	for (i = 0; i < dp->n_workers; i++)
		for (reason = 0; reason < DP_DROP_COUNT; reason++)
			out->drops[reason] += dp_counter_read(&dp->workers[i]->drops[port][reason]);
	return 0;
}
