/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/** @file What the peers among DPDK's own libraries share: memory, and one reader. */

#include <stddef.h>
#include <stdint.h>

#include <rte_rcu_qsbr.h>

/** As in struct peer. */
int peer_dpdk_start(uint32_t n);
size_t peer_dpdk_octets(void);
void peer_dpdk_online(void);
void peer_dpdk_quiescent(void);
void peer_dpdk_offline(void);

/** The reader's. */
struct rte_rcu_qsbr *peer_dpdk_qsbr(void);

/** @p n records of PEER_RECORD_SIZE. */
int peer_records_create(uint32_t n);
void peer_records_destroy(void);
/** NULL: none is free. */
void *peer_record_get(void);
void peer_record_put(void *record);
