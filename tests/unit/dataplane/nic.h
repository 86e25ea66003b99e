/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * Devices of rings that claim to hash and to steer: what they are told is kept, and nic_queue()
 * says in which receive queue a frame would be, had they done so. By --wrap of the linker.
 */

#include <stdbool.h>
#include <stdint.h>

#include <rte_ethdev.h>
#include <rte_flow.h>

#define NIC_MAX_RULES 128
#define NIC_MAX_RETA 512

/** What all of them can do. Zeroed: nothing. */
struct nic_can {
	uint64_t rss_types;
	uint16_t reta_size;
	bool labels, vlans; /* have rules for these */
	bool priorities;    /* that go before one another */
	bool until_started; /* says yes to all rules before it runs */
	uint32_t max_rules; /* that can be created; 0: any number */
};

struct nic_rule {
	enum rte_flow_item_type type;
	uint32_t value, mask; /* of a label or a VLAN */
	uint32_t priority;
	uint16_t queue;
};

/** What one of them was told. */
struct nic_told {
	bool rss;
	uint64_t rss_types;
	uint16_t n_rx_queues;
	uint16_t reta_size;
	uint16_t reta[NIC_MAX_RETA];
	uint32_t n_rules;
	struct nic_rule rules[NIC_MAX_RULES];
	uint32_t n_configured, n_flushed;
};

extern struct nic_can nic_can;
extern struct nic_told nic_told[RTE_MAX_ETHPORTS];

/** Forget what all were told, and what they can do. */
void nic_reset(void);

/** The receive queue of @p ethdev for a frame without tags that has @p label, or one with @p vlan.
 */
uint16_t nic_queue_of_label(uint16_t ethdev, uint32_t label);
uint16_t nic_queue_of_vlan(uint16_t ethdev, uint16_t vlan);
