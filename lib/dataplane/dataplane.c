/* SPDX-License-Identifier: BSD-3-Clause */
/* The dataplane as a whole: its memory, made at once and given back at once. */
#include "dataplane/dataplane.h"

#include <errno.h>
#include <stdio.h>

#include <rte_errno.h>
#include <rte_malloc.h>

#include "dataplane/dp_priv.h"

#define MAX_LIST_SIZE (1u << 30)
#define MAX_LABEL_BLOCKS (DP_MAX_TRUNKS * (DP_N_LABELS >> DP_BLOCK_SHIFT) + MAX_LEAF_BLOCKS)
#define MAX_LEAF_BLOCKS (CP_POOL_MAX / DP_BLOCK_LABELS)
#define USUAL_RING_DESCRIPTORS 1024

static const char *const drop_names[DP_DROP_COUNT] = {
	[DP_DROP_RUNT] = "runt",
	[DP_DROP_NOT_MPLS] = "not-mpls",
	[DP_DROP_LABEL_STACK] = "label-stack",
	[DP_DROP_TTL] = "ttl",
	[DP_DROP_NO_CIRCUIT] = "no-circuit",
	[DP_DROP_NOT_CONNECTED] = "not-connected",
	[DP_DROP_CONTROL_WORD] = "control-word",
	[DP_DROP_CONTROL_LENGTH] = "control-length",
	[DP_DROP_NO_ATTACHMENT] = "no-attachment",
	[DP_DROP_ATTACHMENT_IDLE] = "attachment-idle",
	[DP_DROP_MTU] = "mtu",
	[DP_DROP_HEADROOM] = "headroom",
	[DP_DROP_CONTROL_FULL] = "control-full",
	[DP_DROP_TX] = "tx",
	[DP_DROP_ONE_WAY] = "one-way",
	[DP_DROP_NO_MBUF] = "no-mbuf",
	[DP_DROP_METER] = "meter",
	[DP_DROP_HANDOVER] = "handover",
	[DP_DROP_RELAY] = "relay",
	[DP_DROP_RESERVED_LABEL] = "reserved-label",
	[DP_DROP_MAC_CONTROL] = "mac-control",
};

static const char *const circuit_drop_names[DP_CIRCUIT_DROP_COUNT] = {
	[DP_CIRCUIT_DROP_TTL] = "ttl",
	[DP_CIRCUIT_DROP_NOT_CONNECTED] = "not-connected",
	[DP_CIRCUIT_DROP_MALFORMED] = "malformed",
	[DP_CIRCUIT_DROP_MTU] = "mtu",
	[DP_CIRCUIT_DROP_NO_ROOM] = "no-room",
	[DP_CIRCUIT_DROP_ONE_WAY] = "one-way",
	[DP_CIRCUIT_DROP_METER] = "meter",
	[DP_CIRCUIT_DROP_OTHER] = "other",
};

const char *
dp_circuit_drop_name(enum dp_circuit_drop reason)
{
	return (unsigned int)reason < DP_CIRCUIT_DROP_COUNT ? circuit_drop_names[reason] : "?";
}

const char *
dp_drop_name(enum dp_drop reason)
{
	return (unsigned int)reason < DP_DROP_COUNT ? drop_names[reason] : "?";
}

/* ---- Memory ---- */

void *
dp_zalloc(struct dp *dp, size_t size, const char *what)
{
	return dp_zalloc_at(dp, dp->config.socket, size, what);
}

static void *
mem_alloc(void *arg, size_t size, const char *what)
{
	return dp_zalloc(arg, size, what);
}

static void
mem_free(void *arg, void *p)
{
	(void)arg;
	rte_free(p);
}

uint64_t
dp_memory(const struct dp *dp)
{
	return dp->n_octets;
}

struct rte_mempool *
dp_mempool(struct dp *dp)
{
	return dp->mempool;
}

struct rte_mempool *
dp_clone_pool(struct dp *dp)
{
	return dp->clones;
}

uint32_t
dp_mbufs_wanted(uint32_t n_ports, uint32_t n_workers, uint32_t ring_size)
{
	/*
	 * Receive and transmit queues of all workers, rings from the first to the others, and what
	 * each holds back.
	 */
	uint32_t a_port = USUAL_RING_DESCRIPTORS * (3 * n_workers - 1) + DP_RX_BURST * n_workers;
	uint32_t a_worker =
		2 * ring_size + 2 * DP_MBUF_CACHE + DP_RX_BURST + DP_BURST * (n_ports + 1);

	return n_ports * a_port + n_workers * a_worker + 2 * DP_MBUF_CACHE;
}

/* ---- Create ---- */

static bool
is_valid(const struct dp_config *c)
{
	return c->n_circuits >= 1 && c->n_circuits <= CP_POOL_MAX &&
	       c->n_attachments <= CP_POOL_MAX && c->ring_size > DP_BURST &&
	       rte_is_power_of_2(c->ring_size) && c->n_mbufs >= 1 &&
	       c->n_contracts <= DP_MAX_CONTRACTS && c->n_label_blocks <= MAX_LABEL_BLOCKS &&
	       c->n_trunks <= DP_MAX_TRUNKS && c->list_size <= MAX_LIST_SIZE;
}

static void
set_defaults(struct dp_config *c)
{
	if (c->mbuf_data_size == 0)
		c->mbuf_data_size = RTE_MBUF_DEFAULT_BUF_SIZE;
	if (c->n_clones == 0)
		c->n_clones = c->n_mbufs;
}

static int
create_pools(struct dp *dp)
{
	const struct dp_config *c = &dp->config;

	dp->mempool = dp_node_pool(dp, c->socket);
	if (dp->mempool != NULL)
		dp->clones = dp_pool_create(dp, "clones", c->n_clones, 0, c->socket);
	return dp->clones != NULL ? 0 : -ENOMEM;
}

static int
create_qsbr(struct dp *dp)
{
	dp->qsbr = dp_zalloc(dp, rte_rcu_qsbr_get_memsize(DP_MAX_WORKERS), "quiescent states");
	if (dp->qsbr == NULL)
		return -ENOMEM;
	rte_rcu_qsbr_init(dp->qsbr, DP_MAX_WORKERS);
	return 0;
}

static int
create_tables(struct dp *dp)
{
	const struct dp_config *c = &dp->config;
	size_t n_sides = (size_t)1 + c->n_circuits + c->n_attachments;

	dp->drop_counts = dp_zalloc(dp, n_sides * sizeof(*dp->drop_counts), "drop counters");
	/* One more, for its pointer to be valid when there are none. */
	dp->attachments = dp_zalloc(
		dp, ((size_t)c->n_attachments + 1) * sizeof(*dp->attachments), "attachments");
	if (dp->drop_counts == NULL || dp->attachments == NULL)
		return -ENOMEM;
	return cp_pool_init(&dp->circuits, c->n_circuits, sizeof(struct dp_circuit), &dp->mem,
		"circuit records");
}

int
dp_create(struct dp **out, const struct dp_config *config)
{
	static uint32_t n_created;
	struct dp *dp;
	uint32_t i;
	int err;

	if (!is_valid(config))
		return -EINVAL;
	/* Elsewhere rather than not at all, as all that follows (dp_zalloc_at()). */
	dp = rte_zmalloc_socket("dataplane", sizeof(*dp), RTE_CACHE_LINE_SIZE, config->socket);
	if (dp == NULL)
		dp = rte_zmalloc_socket(
			"dataplane", sizeof(*dp), RTE_CACHE_LINE_SIZE, SOCKET_ID_ANY);
	if (dp == NULL) {
		cp_log(CP_LOG_ERR, "no memory for the dataplane on NUMA node %d; mend: %s",
			config->socket, DP_MEND_MEMORY);
		return -ENOMEM;
	}
	dp->config = *config;
	set_defaults(&dp->config);
	dp_numa_init(dp);
	dp->serial = n_created++;
	dp->n_octets = sizeof(*dp);
	dp->mem = (struct cp_mem){ .alloc = mem_alloc, .free = mem_free, .arg = dp };
	for (i = 0; i < DP_MAX_PORTS; i++)
		dp->port_fast[i].ethdev = DP_NO_ETHDEV;
	dp_placed(dp, "dataplane", dp, sizeof(*dp), dp->config.socket);
	err = dp_blocks_init(dp);
	if (err == 0)
		err = create_tables(dp);
	if (err == 0)
		err = dp_contracts_init(dp);
	if (err == 0)
		err = dp_lists_init(dp);
	if (err == 0)
		err = create_qsbr(dp);
	if (err == 0)
		err = dp_reclaim_init(dp);
	if (err == 0)
		err = create_pools(dp);
	if (err != 0) {
		dp_destroy(dp);
		return err;
	}
	*out = dp;
	return 0;
}

/* ---- Destroy ---- */

static void
free_access(struct dp_access *access)
{
	int i;

	if (access == NULL)
		return;
	for (i = 0; i < DP_N_VLANS; i++)
		rte_free(access->stacked[i]);
	rte_free(access);
}

static void
destroy_ports(struct dp *dp)
{
	uint16_t i;

	for (i = 0; i < dp->n_ports; i++) {
		dp_port_close(dp, i);
		dp_queues_free(dp, &dp->ports[i]);
		rte_free(dp->port_fast[i].blocks);
		free_access(dp->port_fast[i].access);
	}
}

void
dp_destroy(struct dp *dp)
{
	uint32_t i;

	destroy_ports(dp);
	for (i = 0; i < dp->n_trunks; i++)
		cp_idset_destroy(dp->trunks[i].labels);
	for (i = 0; i < dp->n_workers; i++)
		dp_worker_destroy(dp->workers[i]);
	rte_mempool_free(dp->clones);
	dp_numa_fini(dp);
	rte_free(dp->qsbr);
	rte_free(dp->reclaim.others);
	dp_lists_fini(dp);
	dp_contracts_fini(dp);
	dp_blocks_fini(dp);
	cp_pool_fini(&dp->circuits);
	rte_free(dp->attachments);
	rte_free(dp->drop_counts);
	rte_free(dp);
}
