/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ours in the place of a peer: circuits in pairs, label swapped for label, and a worker that
 * forwards a frame for each look-up. No call, no message: what a library's deletion can be held to.
 */
#include <stdbool.h>
#include <stdio.h>

#include <rte_eth_ring.h>
#include <rte_malloc.h>
#include <rte_mbuf.h>

#include "base/bytes.h"
#include "common/loop.h"
#include "dataplane/dataplane.h"
#include "peers/dpdk.h"
#include "peers/peer.h"

#define FIRST_LABEL 32u
#define RING 64
#define BURST 32
#define N_MBUFS 1023
#define LABEL_AT RTE_ETHER_HDR_LEN
#define TTL 64
/* A turn of the control loop of an appliance. */
#define UNLINKS_PER_TURN 64
#define RECLAIMS_PER_TURN 128

static struct dp *dp;
static struct dp_worker *worker;
static struct rte_ring *to_worker, *from_worker;
static struct rte_mbuf *frames[BURST];
static dp_circuit_t *circuits;

static int
open_trunk(uint16_t *trunk)
{
	struct dp_port_config port = { .name = "trunk" };
	struct dp_trunk_config on_port = { .tc = 6 };
	int n;

	to_worker = rte_ring_create("to_worker", RING, SOCKET_ID_ANY, 0);
	from_worker = rte_ring_create("from_worker", RING, SOCKET_ID_ANY, 0);
	if (to_worker == NULL || from_worker == NULL)
		return -1;
	n = rte_eth_from_rings("trunk", &to_worker, 1, &from_worker, 1, SOCKET_ID_ANY);
	if (n < 0)
		return -1;
	port.ethdev = (uint16_t)n;
	n = dp_port_open(dp, &port);
	if (n < 0)
		return -1;
	on_port.port = (uint16_t)n;
	n = dp_trunk_add(dp, &on_port);
	*trunk = (uint16_t)n;
	return n < 0 ? -1 : 0;
}

static int
create(uint32_t n, uint16_t *trunk)
{
	struct dp_config config = {
		.n_circuits = n,
		.ring_size = RING,
		.n_mbufs = N_MBUFS,
		.n_contracts = 1, /* neither metered nor replicated */
		.list_size = 1,
		.socket = SOCKET_ID_ANY,
		.stall_ns = UINT64_MAX,
	};
	int i;

	if (dp_create(&dp, &config) != 0 || dp_worker_create(dp, 1, &worker) != 0 ||
		open_trunk(trunk) != 0)
		return -1;
	for (i = 0; i < BURST; i++) {
		frames[i] = loop_frame(dp, RTE_ETHER_TYPE_MPLS, 0);
		if (frames[i] == NULL)
			return -1;
	}
	return 0;
}

static int
fill(uint32_t n)
{
	uint16_t trunk;
	uint32_t i;
	int err;

	circuits = rte_malloc("circuits", n * sizeof(*circuits), RTE_CACHE_LINE_SIZE);
	err = circuits == NULL || create(n, &trunk) != 0;
	for (i = 0; err == 0 && i < n; i++) {
		err = dp_circuit_open(dp, trunk, FIRST_LABEL + i, false, i, &circuits[i]);
		if (err == 0 && i % 2 != 0)
			err = dp_circuit_join(dp, circuits[i - 1], circuits[i]);
	}
	return err == 0 ? 0 : -1;
}

static int
remove_entries(const uint32_t *entries, uint32_t n)
{
	uint32_t i, reclaimed = 0;

	for (i = 0; i < n; i++) {
		if (dp_circuit_unlink(dp, &circuits[entries[i]], 1) != 0)
			return -1;
		if (i % UNLINKS_PER_TURN == 0)
			reclaimed += dp_reclaim_poll(dp, 0, RECLAIMS_PER_TURN);
	}
	while (reclaimed < n)
		reclaimed += dp_reclaim_poll(dp, 0, RECLAIMS_PER_TURN);
	return 0;
}

static void
online(void)
{
	dp_worker_online(worker);
}

static void
turn(void)
{
	dp_worker_turn(worker);
}

static void
offline(void)
{
	dp_worker_offline(worker);
}

static uint32_t
look_up(uint32_t first, uint32_t n)
{
	uint32_t i;

	for (i = 0; i < n; i++)
		cp_put_be32(rte_pktmbuf_mtod(frames[i], uint8_t *) + LABEL_AT,
			(FIRST_LABEL + first + i) << 12 | 0x100 | TTL);
	rte_ring_enqueue_bulk(to_worker, (void **)frames, n, NULL);
	dp_worker_turn(worker);
	return rte_ring_dequeue_burst(from_worker, (void **)frames, n, NULL);
}

static void
destroy(uint32_t n)
{
	(void)n;
	rte_pktmbuf_free_bulk(frames, BURST);
	dp_destroy(dp);
	rte_free(circuits);
}

static const struct peer ours = {
	.name = "ours_circuits",
	.start = peer_dpdk_start,
	.fill = fill,
	.remove = remove_entries,
	.octets = peer_dpdk_octets,
	.online = online,
	.look_up = look_up,
	.quiescent = turn,
	.offline = offline,
	.destroy = destroy,
};

int
main(int argc, char **argv)
{
	return peer_main(&ours, argc, argv);
}
