/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/** @file A wire between two ends: two rings, and a device at each end of them. It can be cut. */

#include <stdbool.h>
#include <stdint.h>

#define WIRE_FRAMES 4096

struct rte_ring;

struct wire {
	struct rte_ring *rings[2]; /**< By the side that receives from it. */
	uint16_t ethdev[2];        /**< Of each side. */
	bool cut;                  /* Atomic. */
	uint64_t n_lost[2];        /* Atomic, the workers'; on the way to each side. */
};

/** With both its devices. 0 or -errno. */
int wire_make(struct wire *w);

/** A new device for @p side, whose old one is closed. 0 or -errno. */
int wire_plug(struct wire *w, int side);

/**
 * When its ports are open: from now on it can be cut, and every burst pays for that. 0 or -errno.
 * @p w must not move any more.
 */
int wire_watch(struct wire *w);

/** What comes in at either side is lost, until it is mended. Control thread. */
void wire_cut(struct wire *w, bool cut);

/** Frames lost so far on the way to @p side. */
uint64_t wire_n_lost(const struct wire *w, int side);
