/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * Which circuits carry most frames now. Somebody has to look at every circuit twice for that, so
 * control does it while somebody wants to know, a slice a turn (see busiest_turn()), and spends
 * no more than a twentieth of its time on it. Control only.
 */

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/dataplane.h"

#define BUSIEST_MAX 10

/** A circuit and its traffic, both directions together, when it was looked at last. */
struct busiest_circuit {
	dp_circuit_t circuit;
	uint16_t trunk; /**< The dataplane's. */
	uint32_t label;
	double packets_s, octets_s;
};

struct busiest;

/** NULL when memory is out; 12 octets for each of @p n_circuits that there may be. */
struct busiest *busiest_create(const struct dp *dp, uint32_t n_circuits, const struct cp_mem *mem);
void busiest_destroy(struct busiest *busiest);

/**
 * Once a turn: at most about 10 us, and nothing when nobody asks.
 * @return Whether there was something to do.
 */
bool busiest_turn(struct busiest *busiest, uint64_t now_ns);

/**
 * The busiest first, those that carry nothing left out: what the last two walks over all circuits
 * have found, nothing before there were two. Asking keeps the walks going for a few seconds.
 */
uint32_t busiest_get(struct busiest *busiest, uint64_t now_ns, struct busiest_circuit *out);
