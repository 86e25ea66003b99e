/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/** @file The quiescent states of one reader. */

#include <rte_malloc.h>
#include <rte_rcu_qsbr.h>

/** Its reader is registered, and not yet online. NULL: no memory. The caller frees it (rte_free).
 */
static inline struct rte_rcu_qsbr *
qsbr_create(void)
{
	struct rte_rcu_qsbr *qsbr;

	qsbr = rte_zmalloc("qsbr", rte_rcu_qsbr_get_memsize(1), RTE_CACHE_LINE_SIZE);
	if (qsbr == NULL)
		return NULL;
	rte_rcu_qsbr_init(qsbr, 1);
	rte_rcu_qsbr_thread_register(qsbr, 0);
	return qsbr;
}

/** The same, online. */
static inline struct rte_rcu_qsbr *
qsbr_create_online(void)
{
	struct rte_rcu_qsbr *qsbr = qsbr_create();

	if (qsbr != NULL)
		rte_rcu_qsbr_thread_online(qsbr, 0);
	return qsbr;
}
