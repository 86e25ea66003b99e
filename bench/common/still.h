/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * A device that costs nothing: it receives frames that lie ready, and is done with what it is given
 * to send at once. What is measured through it is the worker alone.
 */

#include <rte_ethdev.h>

struct still {
	uint16_t ethdev;
	struct rte_mbuf **frames; /**< To be received, in this order. */
	uint32_t n;               /**< Of them. */
	bool frees;               /**< What is sent is freed; else it stays the caller's. */
	uint64_t n_sent;
	void *queue[1];
	struct rte_eth_fp_ops before;
};

/** In place of what a started device does, until it is stopped or given back. One queue. */
void still_take_over(struct still *s, uint16_t ethdev);
void still_give_back(const struct still *s);

/** A device made only for that, to be opened and then taken over. @return ethdev, or negative. */
int still_create(void);
