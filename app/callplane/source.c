/* SPDX-License-Identifier: BSD-3-Clause */
#include "callplane/source.h"

#include <stdio.h>
#include <string.h>

#include <rte_dev.h>
#include <rte_errno.h>
#include <rte_ethdev.h>

#define BUS "vdev"

/* All frames count as received, so the port needs nothing to transmit with. */
static int
start(uint16_t ethdev, struct rte_mempool *mempool)
{
	struct rte_eth_conf conf = { 0 };
	int err;

	err = rte_eth_dev_configure(ethdev, 1, 0, &conf);
	if (err == 0)
		err = rte_eth_rx_queue_setup(
			ethdev, 0, 0, (unsigned int)rte_eth_dev_socket_id(ethdev), NULL, mempool);
	if (err == 0)
		err = rte_eth_dev_start(ethdev);
	return err;
}

int
source_open(struct source *source, uint32_t number, const char *file, struct rte_mempool *mempool,
	char *error, size_t size)
{
	char args[128];
	int err;

	snprintf(source->name, sizeof(source->name), "net_pcap_replay%u", number);
	snprintf(args, sizeof(args), "rx_pcap=%s", file);
	err = rte_eal_hotplug_add(BUS, source->name, args);
	if (err != 0) {
		source->name[0] = '\0';
		snprintf(error, size,
			"no source for the replay: %s; mend: apt install librte-net-pcap23",
			rte_strerror(-err));
		return err;
	}
	err = rte_eth_dev_get_port_by_name(source->name, &source->ethdev);
	if (err == 0)
		err = start(source->ethdev, mempool);
	if (err != 0) {
		snprintf(error, size,
			"the source of the replay does not start: %s; mend: free memory",
			rte_strerror(-err));
		source_close(source);
	}
	return err;
}

void
source_close(struct source *source)
{
	if (source->name[0] == '\0')
		return;
	rte_eth_dev_stop(source->ethdev);
	rte_eth_dev_close(source->ethdev);
	rte_eal_hotplug_remove(BUS, source->name);
	source->name[0] = '\0';
}
