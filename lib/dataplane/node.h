/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * Which NUMA node things are on: where memory was asked for, and where its pages really are.
 * Control thread unless it says otherwise; nothing here is for a worker.
 */

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include <rte_mempool.h>

struct dp;

#define DP_MAX_NODES 32
static_assert(DP_MAX_NODES == RTE_MAX_NUMA_NODES, "a node of DPDK's is one of ours");

/** Where the pages of some memory are. */
struct dp_pages {
	uint64_t n;                  /**< Pages that it has. */
	uint32_t n_looked;           /**< Of those, looked at: all, or as many, spread evenly. */
	uint32_t n_unknown;          /**< Of those, without memory as yet, or not told. */
	uint32_t n_at[DP_MAX_NODES]; /**< Of those, by node. */
};

/**
 * Add to @p out where the pages of @p size octets at @p p are, which are of @p page_size octets, a
 * power of 2: of large memory a sample, so it takes microseconds. Moves nothing. Any thread but a
 * worker: it calls the system.
 * @return 0, or -errno when the system does not tell (-ENOSYS, -EPERM in some containers).
 */
int dp_pages_look(const void *p, size_t size, size_t page_size, struct dp_pages *out);

/** The node that most of @p nodes are, the first of several; -1 when none is a node. */
int dp_node_of_most(const int *nodes, uint32_t n);

/** Distance between two nodes as ACPI tells it, 10 within one; 0: unknown. */
int dp_node_distance(int a, int b);

/** What is known of a dataplane's memory. */
struct dp_placement {
	int node;             /**< Of tables, and of the pool that dp_mempool() tells. */
	uint32_t n_things;    /**< Tables, pools, rings that were looked at. */
	uint32_t n_misplaced; /**< Of those, with pages elsewhere than they were asked for. */
	uint32_t n_untold;    /**< The system did not tell. */
	uint64_t n_looked;    /**< Pages of all of them. */
	uint64_t n_elsewhere;
	uint32_t n_pools; /**< Of mbufs, one for each node with ports. */
};

/** Each thing was looked at once, when it was made: a warning was logged for what is misplaced. */
void dp_placement(const struct dp *dp, struct dp_placement *out);

/**
 * The node of a device, or, where it has none or is made of memory, that of the worker that polls
 * it.
 */
int dp_device_node(const struct dp *dp, uint16_t ethdev, uint32_t worker);

/** The node of an lcore, or, where that is none, the tables' one. */
int dp_lcore_node(const struct dp *dp, unsigned int lcore);

/** Where @p port receives to: the pool of its node; without such a port, dp_mempool(). */
struct rte_mempool *dp_port_mempool(const struct dp *dp, uint16_t port);

/** Mbufs of all pools, and how many of them are in use. */
void dp_mbufs(const struct dp *dp, uint64_t *total, uint64_t *in_use);
