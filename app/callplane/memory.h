/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/** @file How much memory a configuration needs: for the heap, and to tell before the start. */

#include "callplane/config.h"

#define MEMORY_RING_SIZE 4096u /**< Frames between control and a worker, each way. */

/** Packet buffers of the pool of each NUMA node with ports. */
uint32_t memory_n_mbufs(const struct config *config);

/** Octets of a packet buffer's data: a frame of the largest MTU fits. */
uint16_t memory_mbuf_size(const struct config *config);

/** Octets of such a pool; without hugepages each buffer has pages of its own. */
uint64_t memory_of_mbufs(const struct config *config);

/** Octets on the node of the trunks' workers: circuits, label maps, attachments, rings. */
uint64_t memory_of_tables(const struct config *config);

/** Octets on the node of the control lcore: records of calls. */
uint64_t memory_of_control(const struct config *config);
