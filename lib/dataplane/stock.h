/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/** @file Mbufs taken from their pool ahead of their use, many at once. For this folder only. */

#include <rte_mbuf.h>

#include "dataplane/dataplane.h"

struct dp_stock {
	struct rte_mempool *pool;
	uint32_t n;
	struct rte_mbuf *m[DP_BURST]; /* as their pool keeps them */
};

/** Have @p n mbufs at hand, DP_BURST at most, or all that there are. */
static inline void
dp_stock_fill(struct dp_stock *s, uint32_t n)
{
	if (n <= s->n)
		return;
	if (likely(rte_mempool_get_bulk(s->pool, (void **)&s->m[s->n], n - s->n) == 0))
		s->n = n;
	while (unlikely(s->n < n) && rte_mempool_get(s->pool, (void **)&s->m[s->n]) == 0)
		s->n++;
}

static inline void
dp_stock_put_back(struct dp_stock *s)
{
	if (s->n != 0)
		rte_mempool_put_bulk(s->pool, (void **)s->m, s->n);
	s->n = 0;
}
