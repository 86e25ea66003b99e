/* SPDX-License-Identifier: BSD-3-Clause */
/* Trunks: a label map each, and what all their frames have in common. */
#include <errno.h>
#include <string.h>

#include "dataplane/dp_priv.h"
#include "dataplane/frame.h"

static void
fill_fast(struct dp *dp, struct dp_trunk_fast *fast, const struct dp_trunk_config *config)
{
	struct rte_ether_hdr *eth = (struct rte_ether_hdr *)fast->eth;

	eth->dst_addr = config->peer_mac;
	eth->src_addr = dp->ports[config->port].mac;
	eth->ether_type = RTE_BE16(RTE_ETHER_TYPE_MPLS);
	fast->port = config->port;
	fast->max_frame = dp->port_fast[config->port].mtu + RTE_ETHER_HDR_LEN;
}

int
dp_trunk_add(struct dp *dp, const struct dp_trunk_config *config)
{
	struct dp_port_fast *port;
	struct dp_trunk *trunk;
	uint32_t *blocks;

	if (!dp_port_is_there(dp, config->port) || config->tc > 7)
		return -EINVAL;
	port = &dp->port_fast[config->port];
	if (port->blocks != NULL || port->access != NULL)
		return -EEXIST;
	if (dp->n_trunks == DP_MAX_TRUNKS)
		return -ENOSPC;
	trunk = &dp->trunks[dp->n_trunks];
	trunk->labels = cp_idset_create(0, DP_N_LABELS, &dp->mem);
	blocks = dp_zalloc_at(dp, dp_worker_node(dp, config->port),
		(DP_N_LABELS >> DP_BLOCK_SHIFT) * sizeof(*blocks), "label map");
	if (trunk->labels == NULL || blocks == NULL) {
		cp_mem_free(&dp->mem, blocks);
		cp_idset_destroy(trunk->labels);
		trunk->labels = NULL;
		return -ENOMEM;
	}
	trunk->port = config->port;
	trunk->blocks = blocks;
	trunk->tc = config->tc;
	fill_fast(dp, &dp->trunk_fast[dp->n_trunks], config);
	/* Release: pairs with the acquire in dp_switch_source(); the map is all zero by then. */
	__atomic_store_n(&port->blocks, blocks, __ATOMIC_RELEASE);
	return dp->n_trunks++;
}

uint32_t
dp_trunk_max_payload(const struct dp *dp, uint16_t trunk)
{
	return dp->trunk_fast[trunk].max_frame - DP_TRUNK_OVERHEAD;
}

uint32_t
dp_n_labels(const struct dp *dp, uint16_t trunk)
{
	return cp_idset_n_taken(dp->trunks[trunk].labels);
}

void
dp_trunk_set_reclaimed(struct dp *dp, uint16_t trunk, dp_reclaimed_fn fn, void *arg)
{
	dp->trunks[trunk].reclaimed = fn;
	dp->trunks[trunk].reclaimed_arg = arg;
}
