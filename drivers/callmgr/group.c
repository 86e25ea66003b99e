/* SPDX-License-Identifier: BSD-3-Clause */
#include "callmgr_priv.h"

/*
 * Leaves (OBJ-6). A multipoint call that comes in is a group of VCs, one for each party that was
 * offered; a client sees each as a call of its own, and the table of states is that of any other
 * call. The label is the group's, and so is the end of the call: reports about single parties come
 * before it, but for the one that came with SETUP, for which the call speaks until it is up.
 */

static struct cm_group *
group_at(const struct callmgr *cm, uint32_t handle, uni_call_t call)
{
	struct cm_group *g = cp_pool_at(&cm->env->groups, handle);

	return g != NULL && g->call == call ? g : NULL;
}

/*
 * No VC uses the label any more: it goes back, once, and the answer that the network awaits is
 * given (SIG-109). The record goes with the call.
 */
static void
settle(struct callmgr *cm, uint32_t handle)
{
	struct cm_group *g = cp_pool_at(&cm->env->groups, handle);
	int err = 0;

	if (g == NULL || g->n_vcs > 0)
		return;
	uni_link_put_label(cm->link, g->label);
	g->label = UNI_LABEL_NONE;
	if (g->owed) {
		g->owed = false;
		err = uni_call_close(
			cm->env->uni, g->call, UNI_CAUSE_NORMAL, NULL, 0, cm->env->now_ns);
		g = cp_pool_at(&cm->env->groups, handle);
	}
	if (g != NULL && (g->call == 0 || err != 0))
		cp_pool_put(&cm->env->groups, handle);
}

void
cm_group_part(struct callmgr *cm, struct cm_vc *v)
{
	uint32_t handle = v->group;
	struct cm_group *g = cp_pool_at(&cm->env->groups, handle);

	v->flags &= (uint8_t)~CM_F_LEAF;
	v->group = CP_HANDLE_NONE;
	v->party = 0;
	if (g == NULL)
		return;
	g->n_vcs--;
	settle(cm, handle);
}

/* ---- Offers. ---- */

void
cm_group_offer(struct callmgr *cm, uni_call_t call, const struct uni_setup *setup)
{
	struct callmgr_env *env = cm->env;
	uint32_t handle = cp_pool_get(&env->groups);
	struct cm_group *g = cp_pool_at(&env->groups, handle);
	struct cm_lack lack = { .cause = UNI_CAUSE_NO_RESOURCE };

	if (g != NULL) {
		g->call = call;
		g->label = setup->label;
		uni_call_set_cookie(env->uni, call, CM_COOKIE_GROUP | handle);
		lack = cm_offer(cm, call, handle, setup->party, setup);
	}
	if (lack.cause == 0)
		return;
	cp_pool_put(&env->groups, handle);
	cm_decline(cm, call, setup->label, &lack);
}

void
cm_group_offer_party(
	struct callmgr *cm, uni_call_t call, uni_party_t party, const struct uni_setup *setup)
{
	struct cm_lack lack = { .cause = UNI_CAUSE_TEMPORARY_FAILURE };
	struct uni_call_info info;
	struct cm_group *g = NULL;

	if (uni_call_query(cm->env->uni, call, &info) == 0)
		g = group_at(cm, (uint32_t)info.cookie, call);
	if (g != NULL && g->label != UNI_LABEL_NONE)
		lack = cm_offer(cm, call, (uint32_t)info.cookie, party, setup);
	if (lack.cause != 0)
		uni_party_refuse(cm->env->uni, party, lack.cause, cm->env->now_ns);
}

static bool
is_up(const struct callmgr *cm, uni_call_t call)
{
	struct uni_call_info info;

	return uni_call_query(cm->env->uni, call, &info) == 0 && info.state == UNI_ST_ACTIVE;
}

/*
 * A party of a call that is up has joined when it says so. The answer of the leading one is the
 * call's: it waits for the network. Where the first has left, another has taken the lead.
 */
void
cm_leaf_answer(struct callmgr *cm, struct cm_vc *v)
{
	uint32_t handle = cm_vc_handle(cm->env, v), group = v->group;
	struct uni *uni = cm->env->uni;
	struct cm_group *g;
	bool leads;

	if (uni_party_accept(uni, v->party, cm->env->now_ns) != 0)
		return;
	v = cm_vc_at(cm->env, handle);
	g = cp_pool_at(&cm->env->groups, group);
	if (v == NULL || g == NULL || v->state != CM_ST_ANSWERED)
		return;
	leads = uni_call_first_party(uni, g->call) == v->party;
	if (leads)
		g->first = handle;
	if (!leads || is_up(cm, g->call))
		cm_event(cm, v, CM_EV_CONNECTED);
}

/* ---- Reports about the call: they concern the VC of the first party, and the group. ---- */

/* That VC, where its party is one that the network has not spoken of yet. */
static struct cm_vc *
spoken_for(const struct callmgr *cm, const struct cm_group *g, uint32_t handle)
{
	struct cm_vc *v = cm_vc_at(cm->env, g->first);

	return v != NULL && (v->flags & CM_F_LEAF) && v->group == handle && v->party != 0 ? v
											  : NULL;
}

void
cm_group_connected(struct callmgr *cm, uint32_t handle, uni_call_t call)
{
	const struct cm_group *g = group_at(cm, handle, call);
	struct cm_vc *v = g != NULL ? spoken_for(cm, g, handle) : NULL;

	if (v != NULL && v->state == CM_ST_ANSWERED)
		cm_event(cm, v, CM_EV_CONNECTED);
}

/* The network is answered for all of them together, so to a VC it is gone. */
void
cm_group_released(struct callmgr *cm, uint32_t handle, uni_call_t call,
	const struct uni_release *release, bool owed)
{
	struct cm_group *g = group_at(cm, handle, call);
	struct cm_vc *v;

	if (g == NULL) {
		if (owed)
			uni_call_close(cm->env->uni, call, UNI_CAUSE_UNSPECIFIED, NULL, 0,
				cm->env->now_ns);
		return;
	}
	g->owed = owed;
	if (!owed)
		g->call = 0;
	v = spoken_for(cm, g, handle);
	if (v != NULL) {
		v->party = 0;
		cm_vc_ended(cm, v, release, false);
	}
	settle(cm, handle);
}

void
cm_group_cleared(struct callmgr *cm, uint32_t handle, uni_call_t call)
{
	struct cm_group *g = group_at(cm, handle, call);
	struct cm_vc *v;

	if (g == NULL)
		return;
	g->owed = false;
	g->call = 0;
	v = spoken_for(cm, g, handle);
	if (v != NULL)
		cm_leaf_dropped(cm, g->first, v->party);
	settle(cm, handle);
}

/* ---- Reports about a party. ---- */

static struct cm_vc *
leaf_at(const struct callmgr *cm, uint32_t handle, uni_party_t net)
{
	struct cm_vc *v = cm_vc_at(cm->env, handle);

	return v != NULL && (v->flags & CM_F_LEAF) && v->party == net ? v : NULL;
}

void
cm_leaf_released(struct callmgr *cm, uint32_t handle, uni_party_t net,
	const struct uni_release *release, bool owed)
{
	struct cm_vc *v = leaf_at(cm, handle, net);

	if (v == NULL) {
		if (owed)
			uni_party_drop(
				cm->env->uni, net, UNI_CAUSE_UNSPECIFIED, NULL, 0, cm->env->now_ns);
		return;
	}
	if (!owed)
		v->party = 0;
	cm_vc_ended(cm, v, release, owed);
}

void
cm_leaf_dropped(struct callmgr *cm, uint32_t handle, uni_party_t net)
{
	struct cm_vc *v = leaf_at(cm, handle, net);

	if (v == NULL)
		return;
	v->party = 0;
	cm_event(cm, v, CM_EV_CLEARED);
}
