/* SPDX-License-Identifier: BSD-3-Clause */
#include "callmgr/callmgr_priv.h"

void
callmgr_vcs_ahead(void *arg, const co_ctx_t *vc_ctxs, uint32_t n)
{
	const struct callmgr_env *env = ((const struct callmgr *)arg)->env;
	uni_call_t calls[CO_AHEAD_MAX];
	const struct cm_vc *v;
	uint32_t i;

	for (i = 0; i < n; i++)
		cp_pool_prefetch(&env->vcs, cp_handle_idx((uint32_t)vc_ctxs[i]));
	for (i = 0; i < n; i++) {
		v = cm_vc_at(env, vc_ctxs[i]);
		calls[i] = v != NULL ? v->call : 0;
	}
	uni_calls_ahead(env->uni, calls, n);
}

void
callmgr_ahead(const struct callmgr *cm, const struct uni_pdu *pdus, uint32_t n, uint64_t *hw)
{
	const struct callmgr_env *env = cm->env;
	const struct cm_vc *v;
	uint32_t i;

	/* An SD begins with its SDU; what else is taken for a message has a reference of nobody. */
	uni_link_ahead(cm->link, pdus, n, hw);
	for (i = 0; i < n; i++)
		cp_pool_prefetch(&env->vcs, cp_handle_idx((uint32_t)hw[i]));
	for (i = 0; i < n; i++) {
		v = cm_vc_at(env, hw[i]);
		hw[i] = v != NULL ? v->hw : 0;
		if (v != NULL)
			co_vc_prefetch(env->co, v->vc);
	}
}
