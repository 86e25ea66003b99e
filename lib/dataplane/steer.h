/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * What a device is told of how to find workers for its frames. Control only.
 */

#include "dataplane/dp_priv.h"

/** The mask of the label or VLAN bits that residues are of. */
static inline uint32_t
dp_steering_mask(const struct dp_steering *s)
{
	return s->n_residues - 1;
}

/**
 * Which of a port's workers has the labels, VLANs or attachments with @p residue. Signalling's,
 * with a queue of its own or without, is the first one.
 */
static inline uint32_t
dp_steering_owner(const struct dp_steering *s, uint32_t residue)
{
	return ((residue - s->signalling_label) & dp_steering_mask(s)) % s->n_workers;
}

/** Receive queues in all. */
static inline uint16_t
dp_steering_n_rx(const struct dp_steering *s)
{
	return (uint16_t)(s->n_queues + s->own_signalling);
}

/** Whether the device has to have rules. */
static inline bool
dp_steering_has_rules(const struct dp_steering *s)
{
	return s->own_signalling || s->spread == DP_SPREAD_FLOW;
}

/**
 * Ways to steer, the best first and the last one without help from the device, as far as @p info
 * and @p config do not rule them out. @p out has room for DP_MAX_STEERINGS.
 * @return How many, 0: what @p config demands is not to be had.
 */
#define DP_MAX_STEERINGS 6
uint32_t dp_steering_ways(const struct dp_port_config *config, uint32_t n_workers,
	const struct rte_eth_dev_info *info, struct dp_steering *out);

/** What rte_eth_dev_configure() has to be told. */
void dp_steering_conf(const struct dp_steering *s, struct rte_eth_conf *conf);

/**
 * Of a configured device, before its queues are set up: whether it is in vain to go on, since it
 * knows no such rules. (Some can tell the rest only when they are started.)
 */
bool dp_steering_is_vain(uint16_t ethdev, const struct dp_steering *s);

/** Of a started device: all of it, or, with -errno, nothing. */
int dp_steering_apply(uint16_t ethdev, const struct dp_steering *s);

/** Take the rules back, before the device is stopped. */
void dp_steering_withdraw(uint16_t ethdev, const struct dp_steering *s);
