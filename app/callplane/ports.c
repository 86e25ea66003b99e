/* SPDX-License-Identifier: BSD-3-Clause */
#include "callplane/ports.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_bus_vdev.h>
#include <rte_dev.h>
#include <rte_errno.h>
#include <rte_eth_ring.h>
#include <rte_ethdev.h>

#include "base/log.h"

#define WIRE_FRAMES 4096 /* on the way, each direction */

/* ---- Wires: two ring ports, each one's transmit ring being the other one's receive ring. ---- */

static void
wire_name(char *out, size_t size, const struct config_port *port, char end)
{
	snprintf(out, size, "wire_%.*s_%c", (int)(strlen(port->device) - 5 - 2), port->device + 5,
		end);
}

static const struct config_port *
other_end(const struct config *config, const struct config_port *port)
{
	size_t n = strlen(port->device) - 1;
	unsigned int i;

	for (i = 0; i < config->n_ports; i++)
		if (&config->ports[i] != port && config->ports[i].is_wire &&
			strlen(config->ports[i].device) == n + 1 &&
			strncmp(config->ports[i].device, port->device, n) == 0)
			return &config->ports[i];
	return NULL;
}

/* An end has a transmit queue for each worker, and all lead into the same ring. */
static int
make_end(const char *name, struct rte_ring *rx, struct rte_ring *tx, unsigned int n_workers)
{
	struct rte_ring *queues[CONFIG_MAX_WORKERS];
	unsigned int i;

	for (i = 0; i < n_workers; i++)
		queues[i] = tx;
	return rte_eth_from_rings(name, &rx, 1, queues, n_workers, SOCKET_ID_ANY) < 0 ? -rte_errno
										      : 0;
}

static int
make_wire(const struct config_port *port, unsigned int n_workers)
{
	struct rte_ring *to_a, *to_b;
	char name[RTE_RING_NAMESIZE];
	int err;

	/* Replays and several workers may put frames on a wire: many producers, one consumer. */
	wire_name(name, sizeof(name), port, 'a');
	to_a = rte_ring_create(name, WIRE_FRAMES, SOCKET_ID_ANY, RING_F_SC_DEQ);
	wire_name(name, sizeof(name), port, 'b');
	to_b = rte_ring_create(name, WIRE_FRAMES, SOCKET_ID_ANY, RING_F_SC_DEQ);
	if (to_a == NULL || to_b == NULL)
		return -rte_errno;
	err = make_end(name, to_b, to_a, n_workers);
	wire_name(name, sizeof(name), port, 'a');
	return err == 0 ? make_end(name, to_a, to_b, n_workers) : err;
}

int
ports_make_wires(const struct config *config, char *error, size_t error_size)
{
	const struct config_port *port;
	unsigned int i;
	int err;

	for (i = 0; i < config->n_ports; i++) {
		port = &config->ports[i];
		if (!port->is_wire)
			continue;
		if (other_end(config, port) == NULL) {
			snprintf(error, error_size,
				"port %s (line %u): %s has no other end; mend: give a second port "
				"the device "
				"\"%.*s%c\"",
				port->name, port->line, port->device, (int)strlen(port->device) - 1,
				port->device,
				port->device[strlen(port->device) - 1] == 'a' ? 'b' : 'a');
			return -EINVAL;
		}
		if (port->device[strlen(port->device) - 1] != 'a')
			continue;
		err = make_wire(port, config->n_workers);
		if (err != 0) {
			snprintf(error, error_size,
				"port %s (line %u): no room for a wire: %s; mend: more "
				"hugepages, or fewer mbufs",
				port->name, port->line, rte_strerror(-err));
			return err;
		}
	}
	return 0;
}

/* ---- Devices. ---- */

static int
probe_vdev(const struct config_port *port, char *name, size_t name_size)
{
	const char *comma = strchrnul(port->device, ',');

	snprintf(name, name_size, "%.*s", (int)(comma - port->device), port->device);
	return rte_eal_hotplug_add("vdev", name, *comma == ',' ? comma + 1 : "");
}

static int
find_device(const struct config_port *port, uint16_t *ethdev)
{
	static const char driver[] = "net_ring_";
	char name[RTE_ETH_NAME_MAX_LEN];
	int err = 0;

	if (port->is_wire) {
		memcpy(name, driver, sizeof(driver));
		wire_name(name + sizeof(driver) - 1, sizeof(name) - sizeof(driver) + 1, port,
			port->device[strlen(port->device) - 1]);
	} else if (port->is_vdev) {
		err = probe_vdev(port, name, sizeof(name));
	} else {
		snprintf(name, sizeof(name), "%s", port->device);
	}
	return err != 0 ? err : rte_eth_dev_get_port_by_name(name, ethdev);
}

static const enum dp_spread spreads[] = {
	[CONFIG_SPREAD_AUTO] = DP_SPREAD_AUTO,
	[CONFIG_SPREAD_RSS] = DP_SPREAD_RSS,
	[CONFIG_SPREAD_FLOW] = DP_SPREAD_FLOW,
	[CONFIG_SPREAD_PORT] = DP_SPREAD_PORT,
	[CONFIG_SPREAD_SOFTWARE] = DP_SPREAD_SOFTWARE,
};

/* What it will carry: the device is told when it is opened. */
static void
set_role(const struct config *config, unsigned int idx, struct dp_port_config *out)
{
	unsigned int i;

	for (i = 0; i < config->n_trunks; i++) {
		if (config->trunks[i].port != idx)
			continue;
		out->role = DP_ROLE_TRUNK;
		out->signalling_label = config->trunks[i].signalling_label;
	}
	for (i = 0; i < config->n_attachments; i++)
		if (config->attachments[i].port == idx)
			out->role = DP_ROLE_ACCESS;
}

static void
log_ways(const struct dp *dp, const struct config_port *port, uint16_t dp_port)
{
	char ways[DP_WAYS_TEXT];

	dp_port_ways(dp, dp_port, ways, sizeof(ways));
	cp_log(CP_LOG_NOTICE, "port %s: %s", port->name, ways);
}

int
ports_open(struct dp *dp, const struct config *config, unsigned int idx, char *error,
	size_t error_size)
{
	const struct config_port *port = &config->ports[idx];
	struct dp_port_config port_config = {
		.name = port->name,
		.workers = port->workers,
		.spread = spreads[port->spread],
		.mtu = port->mtu,
	};
	int err;

	set_role(config, idx, &port_config);
	err = find_device(port, &port_config.ethdev);
	if (err != 0) {
		snprintf(error, error_size,
			"port %s (line %u): device %s cannot be opened: %s; mend: %s", port->name,
			port->line, port->device, rte_strerror(-err),
			port->is_vdev ? "see that what the vdev's arguments name exists"
				      : "bind it to vfio-pci with dpdk-devbind.py");
		return err;
	}
	err = dp_port_open(dp, &port_config);
	if (err >= 0)
		log_ways(dp, port, (uint16_t)err);
	else
		snprintf(error, error_size,
			"port %s (line %u): device %s cannot be started: %s; mend: "
			"see the line above",
			port->name, port->line, port->device, rte_strerror(-err));
	return err;
}
