/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <string.h>

#include "callmgr_priv.h"

/*
 * Notifications (SIG-71): a request about a VC, or about a party of it, between call manager and
 * client (OID-1, OID-2), in either direction. The call does not change by it.
 */

/* Of a multipoint call that came in, as many as call control can keep if each passes it on. */
#define GROUP_TOLD_MAX 256u

static void
tell(struct callmgr *cm, const struct cm_vc *v, co_party_t party,
	const struct uni_notification *notification)
{
	struct co_notification n = {
		.instructions = notification->instructions,
		.size = (uint8_t)notification->len,
	};
	struct co_oid_request request = {
		.oid = CO_OID_VC_NOTIFICATION,
		.buffer = &n,
		.size = sizeof(n),
		.vc = v->vc,
		.party = party,
	};

	memcpy(n.octets, notification->octets, notification->len);
	cm->flavour->oid_request(cm->env->co, cm_af_of(cm->env, v)->af, &request);
}

/* About the call as such: every leaf hears it. */
static void
tell_group(struct callmgr *cm, uni_call_t call, const struct uni_notification *notification)
{
	struct uni_party_info info;
	const struct cm_vc *v;
	uni_party_t party = 0;
	uint32_t left;

	for (left = GROUP_TOLD_MAX; left > 0; left--) {
		party = uni_party_next(cm->env->uni, call, party);
		if (party == 0 || uni_party_query(cm->env->uni, party, &info) != 0)
			return;
		v = cm_vc_at(cm->env, info.cookie);
		if (v != NULL && v->party == party)
			tell(cm, v, CO_NONE, notification);
	}
}

void
cm_notified(struct callmgr *cm, uni_call_t call, uni_party_t party, uint64_t cookie,
	const struct uni_notification *notification)
{
	const struct cm_party *p;
	const struct cm_vc *v;

	if (cm_cookie_kind(cookie) == CM_COOKIE_GROUP) {
		tell_group(cm, call, notification);
	} else if (cm_cookie_kind(cookie) == CM_COOKIE_PARTY) {
		p = cp_pool_at(&cm->env->parties, (uint32_t)cookie);
		if (p != NULL && p->net == party)
			tell(cm, cm_vc_at(cm->env, p->vc), p->party, notification);
	} else {
		v = cm_vc_at(cm->env, cookie);
		if (v != NULL && (party != 0 ? v->party == party : v->call == call))
			tell(cm, v, CO_NONE, notification);
	}
}

/* The party that the client means; of a leaf its own. */
static uni_party_t
party_of(const struct callmgr *cm, const struct cm_vc *v, co_ctx_t party_ctx)
{
	const struct cm_party *p = cp_pool_at(&cm->env->parties, (uint32_t)party_ctx);

	if (v->flags & CM_F_LEAF)
		return v->party;
	return p != NULL ? p->net : 0;
}

enum co_status
cm_notify(struct callmgr *cm, const struct co_oid_request *request)
{
	const struct cm_vc *v = cm_vc_at(cm->env, request->vc_ctx);
	const struct co_notification *n = request->buffer;
	const struct uni_notification notification = {
		.instructions = n->instructions,
		.octets = n->octets,
		.len = n->size,
	};

	if (request->vc == CO_NONE || v == NULL || v->call == 0)
		return CO_STATUS_NOT_ACCEPTED;
	switch (uni_call_notify(cm->env->uni, v->call, party_of(cm, v, request->party_ctx),
		&notification, cm->env->now_ns)) {
	case 0:
		return CO_STATUS_SUCCESS;
	case -EAGAIN:
		return CO_STATUS_RESOURCES;
	case -EINVAL:
		return CO_STATUS_INVALID_DATA;
	default:
		return CO_STATUS_NOT_ACCEPTED;
	}
}
