/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/** @file A DPDK port that gives the frames of a pcap file, each once: net_pcap, plugged in. */

#include <stddef.h>
#include <stdint.h>

struct rte_mempool;

struct source {
	char name[32];   /**< The virtual device; empty: there is none. */
	uint16_t ethdev; /**< Started, one receive queue. */
};

/**
 * Blocks for a while: never on control or a worker.
 * @return 0, or -errno with a line in @p error: what is wrong and the mend.
 */
int source_open(struct source *source, uint32_t number, const char *file,
	struct rte_mempool *mempool, char *error, size_t size);

/** No worker polls it any more. */
void source_close(struct source *source);
