/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * Copies of a frame, many at a time. Worker only: no lock, no log, no allocation but of mbufs, no
 * system call.
 *
 * A copy has the octets that headers are rewritten in for itself, and shares the rest by an
 * indirect mbuf: so whoever gets it, be it another port of this appliance by a wire of memory, may
 * treat it like any frame. When all are made, the frame itself is as good as a copy, if only those
 * first octets change in it.
 *
 * The mbufs of many copies are taken from their pools at once, are on their way to the cache all
 * together, and are counted into the frame by one addition.
 */

#include "dataplane/dp_priv.h"

#define DP_COPIES DP_BURST /* at a time */

struct dp_copier {
	struct rte_mbuf *frame;
	struct dp_stock heads, clones;
	bool is_small; /* nothing is shared */
	bool is_whole; /* each copy is of one piece, and made by itself */
};

/** For labelled frames. To be ended with dp_copier_end(), the frame is not touched by that. */
void dp_copier_begin(struct dp_copier *c, const struct dp *dp, struct rte_mbuf *frame);
void dp_copier_end(struct dp_copier *c);

/** Mbufs for @p n copies, DP_COPIES at most, set out for the cache: who gets them may be open. */
void dp_copier_prepare(struct dp_copier *c, uint32_t n);

/**
 * @p n copies, DP_COPIES at most, or as many as there are mbufs for.
 * @return Where they stand until the next call.
 */
struct rte_mbuf **dp_copy_burst(struct dp_copier *c, uint32_t *n);

/** A copy of one piece, that shares nothing; NULL: there is no mbuf. */
struct rte_mbuf *dp_copy_whole(struct dp_copier *c);
