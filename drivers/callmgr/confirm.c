/* SPDX-License-Identifier: BSD-3-Clause */
#include "callmgr_priv.h"

/*
 * Confirmation of changes of rates: requests about a VC between call manager and client (OID-1,
 * OID-2). Who accepts a change may want to hear that it is in force at the side that asked for it
 * (SIG-M7, SIG-M9). There the call manager confirms when its miniport has the rates, or its client
 * does when it knows that of what lies behind: so a transit passes it on (SIG-114).
 */

void
cm_confirmed(struct callmgr *cm, const struct cm_vc *v)
{
	struct co_oid_request request = { .oid = CO_OID_VC_CONFIRMATION, .vc = v->vc };

	if (v->state == CM_ST_UP)
		cm->flavour->oid_request(cm->env->co, cm_af_of(cm->env, v)->af, &request);
}

static struct cm_vc *
vc_of(const struct callmgr *cm, const struct co_oid_request *request)
{
	struct cm_vc *v = cm_vc_at(cm->env, request->vc_ctx);

	return request->vc != CO_NONE && v != NULL && v->state == CM_ST_UP ? v : NULL;
}

enum co_status
cm_want_confirmation(struct callmgr *cm, const struct co_oid_request *request)
{
	const struct cm_vc *v = vc_of(cm, request);
	struct cm_change *c = v != NULL ? cp_pool_at(&cm->env->changes, v->change) : NULL;

	if (c == NULL || c->state != CM_CH_TOLD)
		return CO_STATUS_NOT_ACCEPTED;
	c->confirm = true;
	return CO_STATUS_SUCCESS;
}

/* Not before its change is complete: till then it cannot know that there is anything to confirm. */
enum co_status
cm_confirm(struct callmgr *cm, const struct co_oid_request *request)
{
	const struct cm_vc *v = vc_of(cm, request);

	if (v == NULL || v->change != CP_HANDLE_NONE ||
		uni_modify_confirm(cm->env->uni, v->call, cm->env->now_ns) != 0)
		return CO_STATUS_NOT_ACCEPTED;
	return CO_STATUS_SUCCESS;
}
