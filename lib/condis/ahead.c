/* SPDX-License-Identifier: BSD-3-Clause */
#include <assert.h>

#include "condis/condis_priv.h"

/*
 * Who closes many calls knows which, and each close waits for memory in every room that it goes
 * through. Told of a few of them ahead, the rooms ask for that memory at once.
 */

void
co_vc_prefetch(const struct co *co, co_vc_t vc)
{
	cp_pool_prefetch(&co->vcs, cp_handle_idx(vc));
}

/* The call manager of ctxs[0..n) is told. */
static void
tell(const struct co_af *af, const co_ctx_t *ctxs, uint32_t n)
{
	if (n > 0 && af != NULL && af->cm_ops->ahead != NULL)
		af->cm_ops->ahead(af->cm, ctxs, n);
}

void
co_vcs_ahead(const struct co *co, const co_vc_t *vcs, uint32_t n, co_ctx_t *client_ctxs)
{
	const struct co_af *af = NULL, *next;
	const struct co_vc_hot *v;
	co_ctx_t ctxs[CO_AHEAD_MAX];
	uint32_t i, n_ctxs = 0;

	assert(n <= CO_AHEAD_MAX);
	for (i = 0; i < n; i++)
		co_vc_prefetch(co, vcs[i]);
	for (i = 0; i < n; i++) {
		v = cp_pool_at(&co->vcs, vcs[i]);
		client_ctxs[i] = v != NULL ? v->client_ctx : 0;
		if (v == NULL)
			continue;
		next = co_af_of(co, v);
		if (next != af) {
			tell(af, ctxs, n_ctxs);
			n_ctxs = 0;
			af = next;
		}
		ctxs[n_ctxs++] = v->cm_ctx;
	}
	tell(af, ctxs, n_ctxs);
}
