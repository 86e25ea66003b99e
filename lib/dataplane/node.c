/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Memory on the right node, and the proof. What is asked of a node without room for it is made
 * elsewhere rather than not at all: an appliance that is slower than it could be, and says so, is
 * better than none.
 */
#include "dataplane/node.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <numa.h>
#include <rte_bus.h>
#include <rte_dev.h>
#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_malloc.h>
#include <rte_memzone.h>

#include "dataplane/dp_priv.h"

#define LOOK_MAX 512u /* pages of one piece of memory: 1 GiB of 2 MiB pages is seen whole */
#define CPUS_TEXT 96
#define MAX_LINES 32 /* of misplaced things; the placement's counters go on */

/* ---- Looking ---- */

static void
count_pages(const int *status, uint32_t n, struct dp_pages *out)
{
	uint32_t i;

	out->n_looked += n;
	for (i = 0; i < n; i++) {
		if (status[i] >= 0 && status[i] < DP_MAX_NODES)
			out->n_at[status[i]]++;
		else
			out->n_unknown++; /* a page that nobody has touched: -ENOENT */
	}
}

int
dp_pages_look(const void *p, size_t size, size_t page_size, struct dp_pages *out)
{
	uintptr_t first = (uintptr_t)p & ~(uintptr_t)(page_size - 1);
	uintptr_t last = ((uintptr_t)p + size - 1) & ~(uintptr_t)(page_size - 1);
	uint64_t n = (last - first) / page_size + 1;
	uint32_t n_looked = (uint32_t)RTE_MIN(n, (uint64_t)LOOK_MAX), i;
	void *pages[LOOK_MAX];
	int status[LOOK_MAX];

	if (size == 0)
		return 0;
	if (numa_available() < 0)
		return -ENOSYS;
	pages[0] = (void *)first;
	/* The first, the last, and evenly between them. */
	for (i = 1; i < n_looked; i++)
		pages[i] = (void *)(first + i * (n - 1) / (n_looked - 1) * page_size);
	/* Without nodes to move to, it tells where each page is. */
	if (numa_move_pages(0, n_looked, pages, NULL, status, 0) != 0)
		return -errno;
	out->n += n;
	count_pages(status, n_looked, out);
	return 0;
}

int
dp_node_of_most(const int *nodes, uint32_t n)
{
	uint32_t n_at[DP_MAX_NODES] = { 0 }, i;
	int most = -1;

	for (i = 0; i < n; i++)
		if (nodes[i] >= 0 && nodes[i] < DP_MAX_NODES)
			n_at[nodes[i]]++;
	for (i = 0; i < n; i++)
		if (nodes[i] >= 0 && nodes[i] < DP_MAX_NODES &&
			(most < 0 || n_at[nodes[i]] > n_at[most]))
			most = nodes[i];
	return most;
}

int
dp_node_distance(int a, int b)
{
	return a < 0 || b < 0 || numa_available() < 0 ? 0 : numa_distance(a, b);
}

/* ---- The account of a dataplane ---- */

static size_t
page_size_of(const void *p)
{
	const struct rte_memseg *segment = rte_mem_virt2memseg(p, NULL);

	return segment != NULL ? segment->hugepage_sz : (size_t)sysconf(_SC_PAGESIZE);
}

static int
most_elsewhere(const struct dp_pages *pages, int node)
{
	int i, most = -1;

	for (i = 0; i < DP_MAX_NODES; i++)
		if (i != node && pages->n_at[i] != 0 &&
			(most < 0 || pages->n_at[i] > pages->n_at[most]))
			most = i;
	return most;
}

static void
warn_misplaced(const char *what, const struct dp_pages *pages, int node, uint32_t n_elsewhere)
{
	char mend[CPUS_TEXT];

	if (rte_eal_has_hugepages())
		snprintf(mend, sizeof(mend), "dpdk-hugepages.py --node %d --setup 2G", node);
	else
		snprintf(mend, sizeof(mend), "run with hugepages: only these are had by node");
	cp_log(CP_LOG_WARN,
		"%s: %u pages of %u looked at are on NUMA node %d instead of %d; mend: %s", what,
		n_elsewhere, pages->n_looked, most_elsewhere(pages, node), node, mend);
}

static void
account(struct dp *dp, const char *what, const struct dp_pages *pages, int node)
{
	struct dp_placement *placement = &dp->numa.placement;
	uint32_t n_elsewhere;

	n_elsewhere = pages->n_looked - pages->n_unknown - pages->n_at[node];
	placement->n_things++;
	placement->n_looked += pages->n_looked - pages->n_unknown;
	placement->n_elsewhere += n_elsewhere;
	if (n_elsewhere != 0 && placement->n_misplaced++ < MAX_LINES)
		warn_misplaced(what, pages, node, n_elsewhere);
}

void
dp_placed(struct dp *dp, const char *what, const void *p, size_t size, int node)
{
	struct dp_pages pages = { 0 };

	if (dp_pages_look(p, size, page_size_of(p), &pages) == 0)
		account(dp, what, &pages, node);
	else
		dp->numa.placement.n_untold++;
}

struct pool_look {
	struct dp_pages pages;
	int err;
};

static void
look_at_chunk(struct rte_mempool *pool, void *arg, struct rte_mempool_memhdr *chunk, unsigned int i)
{
	struct pool_look *look = arg;

	(void)pool;
	(void)i;
	if (look->err == 0)
		look->err = dp_pages_look(
			chunk->addr, chunk->len, page_size_of(chunk->addr), &look->pages);
}

static void
pool_placed(struct dp *dp, struct rte_mempool *pool, int node)
{
	struct pool_look look = { 0 };

	rte_mempool_mem_iter(pool, look_at_chunk, &look);
	if (look.err == 0)
		account(dp, pool->name, &look.pages, node);
	else
		dp->numa.placement.n_untold++;
}

void
dp_placement(const struct dp *dp, struct dp_placement *out)
{
	int node;

	*out = dp->numa.placement;
	out->node = dp->config.socket;
	for (node = 0; node < DP_MAX_NODES; node++)
		out->n_pools += dp->numa.pools[node] != NULL;
}

/* ---- Making ---- */

void
dp_numa_init(struct dp *dp)
{
	int node = dp->config.socket;

	if (node == SOCKET_ID_ANY)
		node = (int)rte_socket_id();
	/* A thread that runs on several nodes is on none. */
	dp->config.socket = node >= 0 && node < DP_MAX_NODES ? node : 0;
}

void *
dp_zalloc_at(struct dp *dp, int node, size_t size, const char *what)
{
	void *p = rte_zmalloc_socket(what, size, RTE_CACHE_LINE_SIZE, node);

	if (p == NULL)
		p = rte_zmalloc_socket(what, size, RTE_CACHE_LINE_SIZE, SOCKET_ID_ANY);
	if (p == NULL) {
		cp_log(CP_LOG_ERR, "no %zu octets for %s on NUMA node %d; mend: %s", size, what,
			node, DP_MEND_MEMORY);
		return NULL;
	}
	dp->n_octets += size;
	dp_placed(dp, what, p, size, node);
	return p;
}

struct rte_ring *
dp_ring_create(struct dp *dp, const char *name, uint32_t size, unsigned int flags, int node)
{
	struct rte_ring *ring = rte_ring_create(name, size, node, flags);

	if (ring == NULL)
		ring = rte_ring_create(name, size, SOCKET_ID_ANY, flags);
	if (ring == NULL)
		return NULL;
	dp->n_octets += (uint64_t)rte_ring_get_memsize(size);
	dp_placed(dp, name, ring->memzone->addr, ring->memzone->len, node);
	return ring;
}

struct rte_mempool *
dp_pool_create(struct dp *dp, const char *what, uint32_t n_mbufs, uint16_t size, int node)
{
	/* The pool refuses a cache that holds too much of it. */
	uint32_t cache = n_mbufs >= 4 * DP_MBUF_CACHE ? DP_MBUF_CACHE : 0;
	char name[RTE_MEMPOOL_NAMESIZE];
	struct rte_mempool *pool;

	snprintf(name, sizeof(name), "dp%u_%s_%d", dp->serial, what, node);
	pool = rte_pktmbuf_pool_create(name, n_mbufs, cache, 0, size, node);
	if (pool == NULL)
		pool = rte_pktmbuf_pool_create(name, n_mbufs, cache, 0, size, SOCKET_ID_ANY);
	if (pool == NULL) {
		cp_log(CP_LOG_ERR, "no pool of %u mbufs of %u octets on NUMA node %d: %s; mend: %s",
			n_mbufs, size, node, rte_strerror(rte_errno), DP_MEND_MEMORY);
		return NULL;
	}
	dp->n_octets +=
		(uint64_t)n_mbufs * (pool->header_size + pool->elt_size + pool->trailer_size);
	pool_placed(dp, pool, node);
	return pool;
}

struct rte_mempool *
dp_node_pool(struct dp *dp, int node)
{
	struct rte_mempool **pool = &dp->numa.pools[node];

	/* Without hugepages no memory is of a node, and the heap has no room for more than one. */
	if (dp->mempool != NULL && !rte_eal_has_hugepages())
		return dp->mempool;
	if (*pool == NULL)
		*pool = dp_pool_create(
			dp, "mbufs", dp->config.n_mbufs, dp->config.mbuf_data_size, node);
	return *pool;
}

void
dp_numa_fini(struct dp *dp)
{
	int node;

	for (node = 0; node < DP_MAX_NODES; node++)
		rte_mempool_free(dp->numa.pools[node]);
}

/* ---- Lcores and ports ---- */

int
dp_lcore_node(const struct dp *dp, unsigned int lcore)
{
	int node = (int)rte_lcore_to_socket_id(lcore);

	return node >= 0 && node < DP_MAX_NODES ? node : dp->config.socket;
}

static bool
is_made_of_memory(uint16_t ethdev)
{
	struct rte_eth_dev_info info;

	return rte_eth_dev_info_get(ethdev, &info) == 0 && info.device != NULL &&
	       strcmp(rte_bus_name(rte_dev_bus(info.device)), "vdev") == 0;
}

int
dp_worker_node(const struct dp *dp, uint16_t port)
{
	return dp_lcore_node(dp, dp->workers[dp->ports[port].pollers[0]]->lcore);
}

int
dp_device_node(const struct dp *dp, uint16_t ethdev, uint32_t worker)
{
	/* DPDK says of a vdev that it is on the node of the lcore that made it. */
	int node = is_made_of_memory(ethdev) ? -1 : rte_eth_dev_socket_id(ethdev);

	if (node < 0 || node >= DP_MAX_NODES)
		node = dp_lcore_node(dp, dp->workers[worker]->lcore);
	return node;
}

/* "1-3,8": those of @p node that a worker may have. */
static void
print_lcores(int node, char *out, size_t size)
{
	struct bitmask *cpus = numa_allocate_cpumask();
	unsigned int i, end;
	size_t at = 0;

	snprintf(out, size, "lscpu -e lists them");
	if (cpus != NULL && numa_node_to_cpus(node, cpus) == 0) {
		numa_bitmask_clearbit(cpus, rte_get_main_lcore()); /* control's */
		for (i = 0; i < cpus->size && at < size; i = end + 1) {
			for (end = i; end < cpus->size && numa_bitmask_isbitset(cpus, end); end++)
				;
			if (end == i)
				continue;
			at += (size_t)snprintf(out + at, size - at,
				end == i + 1 ? "%s%u" : "%s%u-%u", at != 0 ? "," : "", i, end - 1);
		}
	}
	if (cpus != NULL)
		numa_free_cpumask(cpus);
}

void
dp_warn_if_far(const struct dp *dp, const char *port, int node, uint32_t worker)
{
	unsigned int lcore = dp->workers[worker]->lcore;
	int worker_node = dp_lcore_node(dp, lcore);
	int distance = dp_node_distance(node, worker_node);
	char lcores[CPUS_TEXT];

	if (node == worker_node || distance == 0)
		return;
	print_lcores(node, lcores, sizeof(lcores));
	cp_log(CP_LOG_WARN,
		"port %s is on NUMA node %d, its worker's lcore %u on node %d, at distance %d (%d "
		"within a node): each frame crosses over; mend: give it a worker on an lcore of "
		"node %d: %s",
		port, node, lcore, worker_node, distance, dp_node_distance(node, node), node,
		lcores);
}

struct rte_mempool *
dp_port_mempool(const struct dp *dp, uint16_t port)
{
	struct rte_mempool *pool = NULL;

	if (port < dp->n_ports)
		pool = dp->numa.pools[dp->ports[port].node];
	return pool != NULL ? pool : dp->mempool;
}

void
dp_mbufs(const struct dp *dp, uint64_t *total, uint64_t *in_use)
{
	const struct rte_mempool *pool;
	int node;

	*total = *in_use = 0;
	for (node = 0; node < DP_MAX_NODES; node++) {
		pool = dp->numa.pools[node];
		if (pool == NULL)
			continue;
		*total += pool->size;
		*in_use += rte_mempool_in_use_count(pool);
	}
}
