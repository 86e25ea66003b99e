/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * Frames that go round and round through a dataplane on one lcore, without a generator's cost: two
 * trunks on two ring ports, each of which receives what the other one sends. So what came in on a
 * trunk comes in there again, with the label that it left with. The cross-connects form one single
 * cycle through all labels, in random order, and frames go both ways through it: they meet every
 * circuit of both trunks.
 */

#include <stdint.h>

#include "common/still.h"
#include "dataplane/dataplane.h"

#define LOOP_FRAMES 1024u /* on their way, half of them each way; their data fit the L2 cache */
#define LOOP_RING 1024u
#define LOOP_MAX_CIRCUITS (1u << 20)
#define LOOP_FIRST_LABEL 32u
#define LOOP_FRAME_SIZE 60u /* and FCS */

struct loop {
	struct dp *dp;
	struct dp_worker *worker;
	struct rte_ring *rings[2]; /* all frames, between turns; each by the port that receives */
	uint16_t ethdev[2];
	uint16_t trunks[2];
	uint16_t ports[2];
	uint32_t n_labels; /* of each trunk */
	uint32_t n_hops;   /* that frames can still make before their TTL is out */
	struct rte_mbuf *frames[LOOP_FRAMES]; /* of loop_switch(), while it runs */
	struct still stills[2];
	uint32_t *labels; /* of loop_look_up() */
	uint32_t next_label;
};

/**
 * @p n_circuits, half of them on each trunk, all connected: 1 .. LOOP_MAX_CIRCUITS, of 1 there are
 * two. When @p n_contracts is not 0, each is metered for what it receives, by one of so many
 * contracts that no frame exceeds. NULL with a line on stderr.
 */
struct loop *loop_create(uint32_t n_circuits, uint32_t n_contracts);
void loop_destroy(struct loop *l);

/**
 * Let the worker forward about @p n_frames of 64 octets with FCS: receive, classify, look up,
 * meter, swap, count, send, be quiescent.
 * @return TSC cycles a frame; negative: frames were lost, which must not be.
 */
double loop_forward(struct loop *l, uint32_t n_frames);

/** The same way through the same ports with nothing in between: receive and send a burst. */
double loop_bare(struct loop *l, uint32_t n_frames);

/**
 * Only what forwarding is without a device: label, look-up, meter, swap, count. Frames lie where
 * they are, and the device that they are sent on takes them at no cost.
 * @return As loop_forward().
 */
double loop_switch(struct loop *l, uint32_t n_frames);

/**
 * Only the look-up: from @p n_frames labels, which lie side by side, to what their entries say, a
 * burst at a time as a worker does.
 * @return TSC cycles a label; negative: one was not found.
 */
double loop_look_up(struct loop *l, uint32_t n_frames);

/** An mbuf with LOOP_FRAME_SIZE octets: @p label_entry behind a header of type @p ethertype. */
struct rte_mbuf *loop_frame(struct dp *dp, uint16_t ethertype, uint32_t label_entry);
