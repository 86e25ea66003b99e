/* SPDX-License-Identifier: BSD-3-Clause */
#include "callplane/placement.h"

#include <rte_lcore.h>

#include "base/log.h"
#include "dataplane/node.h"

/* Of the most workers that its port has. */
static int
trunk_node(const struct config *config, const struct config_trunk *trunk,
	placement_lcore_node lcore_node, void *arg)
{
	uint32_t workers = config->ports[trunk->port].workers, n = 0;
	int nodes[CONFIG_MAX_WORKERS] = { 0 };
	unsigned int i;

	for (i = 0; i < config->n_workers; i++)
		if ((workers >> i & 1) != 0)
			nodes[n++] = lcore_node(arg, config->workers[i].lcore);
	return dp_node_of_most(nodes, n);
}

/*
 * The circuit table is one array, whatever the trunks: a handle is an index into it, and a
 * cross-connect joins two trunks that need not be on one node.
 */
int
placement_of(
	const struct config *config, placement_lcore_node lcore_node, void *arg, uint32_t *n_on)
{
	int nodes[CONFIG_MAX_TRUNKS] = { 0 }, node;
	unsigned int i;

	for (i = 0; i < config->n_trunks; i++)
		nodes[i] = trunk_node(config, &config->trunks[i], lcore_node, arg);
	node = dp_node_of_most(nodes, config->n_trunks);
	for (*n_on = 0, i = 0; i < config->n_trunks; i++)
		*n_on += nodes[i] == node;
	return node >= 0 ? node : lcore_node(arg, config->workers[0].lcore);
}

static int
eal_lcore_node(void *arg, unsigned int lcore)
{
	(void)arg;
	return (int)rte_lcore_to_socket_id(lcore);
}

int
placement_node(const struct config *config)
{
	uint32_t n_on;
	int node = placement_of(config, eal_lcore_node, NULL, &n_on);

	if (n_on != config->n_trunks)
		cp_log(CP_LOG_NOTICE,
			"the workers of %u of %u trunks are on NUMA node %d: the tables are there",
			n_on, config->n_trunks, node);
	return node;
}

void
placement_log(const struct dp *dp)
{
	struct dp_placement p;

	dp_placement(dp, &p);
	if (p.n_untold != 0)
		cp_log(CP_LOG_NOTICE, "where pages of memory are cannot be told: the kernel "
				      "does not let us see it");
	else
		cp_log(CP_LOG_NOTICE,
			"tables on NUMA node %d, mbufs on %u %s; %u things, %llu pages looked at, "
			"%llu of them not where they should be",
			p.node, p.n_pools, p.n_pools == 1 ? "node" : "nodes", p.n_things,
			(unsigned long long)p.n_looked, (unsigned long long)p.n_elsewhere);
}
