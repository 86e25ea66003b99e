/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * A dataplane whose ports are rings: a test puts octets in at one end and finds octets at the
 * other. The worker is driven on the test's thread, turn by turn.
 */

#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>

#include "dataplane/dataplane.h"

#define NET_MAX_FRAME 2000
#define NET_MAX_WORKERS 4

enum net_port { EAST, WEST, LAN, NET_PORTS }; /* trunks to the east and west, an access port */

struct net {
	struct dp *dp;
	struct dp_worker *worker; /* the first one */
	struct dp_worker *workers[NET_MAX_WORKERS];
	struct dp_worker *idle;     /* NULL, or one without ports, which holds up grace periods */
	uint16_t ports[NET_PORTS];  /* the dataplane's index of each */
	uint16_t ethdev[NET_PORTS]; /* DPDK's */
	uint16_t east, west;        /* trunks */
	struct rte_ring *in[NET_PORTS], *out[NET_PORTS];
	struct rte_ring *queues[NET_PORTS][NET_MAX_WORKERS + 1]; /* all that a port receives by */
	unsigned int n_mbufs, n_clones; /* that must be there again at the end (I4) */
};

/** What a net may have otherwise; 0 is as usual. */
struct net_config {
	uint32_t n_circuits;
	uint16_t mtu;
	bool with_idle;
	uint32_t n_mbufs, n_clones;
	uint32_t wire_size; /* frames that a port's rings hold, a power of 2 */
	uint32_t n_contracts, n_label_blocks, list_size;
	uint32_t n_workers;  /* all poll each port */
	uint16_t n_rx, n_tx; /* queues that devices have; 1, and one for each worker */
	enum dp_spread spread;
	uint32_t signalling_label; /* of both trunks */
	uint32_t n_attachments;    /* 0: 8 */
};

/** Group set-up: the EAL without hugepages, devices or files. */
int eal_setup(void **state);
int eal_teardown(void **state);

/** Test set-up: *state is a struct net with one worker, online, and 100 circuits at most. */
int net_setup(void **state);

/** Checks that all mbufs have come back. */
int net_teardown(void **state);

/** The same, with another number of circuits and another MTU of the ports, 0 for the driver's. */
struct net *net_create(uint32_t n_circuits, uint16_t mtu);

/** The same, with an idle worker, online: no grace period ends before it has turned. */
struct net *net_create_idle(uint32_t n_circuits, uint16_t mtu);

/** By a configuration. */
struct net *net_create_config(const struct net_config *config);

/** A device of rings, for tests that open ports of their own. */
uint16_t ring_device(struct rte_ring **in, struct rte_ring **out, uint16_t n_tx_queues);

/** The same, started, to be replayed into a port of @p net. */
uint16_t replay_device(struct net *net, struct rte_ring **in, struct rte_ring **out);

/** A frame of the hex digits @p hex, filled up with ee to @p size octets. */
struct rte_mbuf *frame_of(struct net *net, const char *hex, uint32_t size);

/** Let @p frame, or a frame_of(), arrive. */
void arrive_frame(struct net *net, enum net_port port, struct rte_mbuf *frame);
void arrive(struct net *net, enum net_port port, const char *hex, uint32_t size);

/** Let frame_of() these arrive in a queue of their choice. */
void arrive_in(struct net *net, enum net_port port, uint16_t queue, const char *hex, uint32_t size);

/** The next frame that left on @p port, NULL if none. The caller frees it. */
struct rte_mbuf *left(struct net *net, enum net_port port);

/** The next frame that left is frame_of() these, in however many segments. */
void expect_left(struct net *net, enum net_port port, const char *hex, uint32_t size);

/** The same on a trunk: its peer's and its own address, then this. */
void expect_labelled(struct net *net, enum net_port port, const char *hex, uint32_t size);

void expect_nothing_left(struct net *net);

/** How many frames were dropped for @p reason, at @p port. */
uint64_t drops(const struct net *net, enum net_port port, enum dp_drop reason);

/** Turn the worker, and expect that one more frame was dropped for @p reason and none left. */
void expect_drop(struct net *net, enum net_port port, enum dp_drop reason);

/** A turn of each worker, in order. */
void turn_all(struct net *net);

/** One turn of control that reclaims, with a turn of the worker between: how many. */
uint32_t reclaim(struct net *net);

dp_circuit_t open_circuit(struct net *net, uint16_t trunk, uint32_t label);

/** An attachment of the access port, by n_tags and VLANs. */
uint32_t add_attachment(struct net *net, uint8_t n_tags, uint16_t outer, uint16_t inner);

/** A circuit of the east on @p label that leads to such an attachment. */
dp_circuit_t attached_circuit(
	struct net *net, uint32_t label, uint8_t n_tags, uint16_t outer, uint16_t inner);
