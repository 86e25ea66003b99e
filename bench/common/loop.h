/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * Frames that go round and round through a dataplane on one lcore, without a generator's cost:
 * what one trunk sends, the other receives. Cross-connects form one single cycle through all
 * labels, in random order, so the frames walk the whole table.
 */

#include <stdint.h>

#include "dataplane/dataplane.h"

#define LOOP_FRAMES 1024u /* on their way; their data fit the L2 cache */
#define LOOP_MAX_CIRCUITS 1000000u

struct loop {
	struct dp *dp;
	struct dp_worker *worker;
	struct rte_ring *ring; /* all frames, between turns */
	uint16_t ethdev[2];
	uint32_t n_circuits;
	uint32_t n_hops; /* that frames can still make before their TTL is out */
};

/** @p n_circuits cross-connects, at most LOOP_MAX_CIRCUITS. NULL with a line on stderr. */
struct loop *loop_create(uint32_t n_circuits);
void loop_destroy(struct loop *l);

/**
 * Let the worker forward about @p n_frames of 64 octets with FCS.
 * @return TSC cycles a frame; negative: frames were lost, which must not be.
 */
double loop_forward(struct loop *l, uint32_t n_frames);

/** The same way through the same ports with nothing in between: receive 32, send 32. */
double loop_bare(struct loop *l, uint32_t n_frames);
