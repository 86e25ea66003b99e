/* SPDX-License-Identifier: BSD-3-Clause */
#include <inttypes.h>

#include "base/log.h"
#include "callmgr_priv.h"

/*
 * What the network says, by way of call control. A report names what it is about by the cookie that
 * was given with it: a VC, the root's party, or the group of leaves of a multipoint call.
 */

#define LINK_LINE_NS 1000000000ull

static struct cm_vc *
vc_of(const struct callmgr *cm, uint64_t cookie, uni_call_t call)
{
	struct cm_vc *v = cm_vc_at(cm->env, cookie);

	return v != NULL && v->call == call ? v : NULL; /* I9 */
}

/* ---- An offer. ---- */

static void
describe_leaf(struct callmgr *cm, struct cm_vc *v, uint32_t group, uni_party_t party)
{
	struct cm_group *g = cp_pool_at(&cm->env->groups, group);
	uint32_t handle = cm_vc_handle(cm->env, v);

	v->group = group;
	v->party = party;
	uni_party_set_cookie(cm->env->uni, party, CM_COOKIE_VC | handle);
	g->n_vcs++;
	if (g->first == CP_HANDLE_NONE)
		g->first = handle;
}

static enum co_status
dispatch(struct callmgr *cm, const struct cm_sap *sap, uint32_t handle, uint32_t offer)
{
	struct co_call_params *params = cp_pool_at(&cm->env->offers, offer);
	co_vc_t vc = cm_vc_at(cm->env, handle)->vc;
	const uint8_t *offered = params->elements;
	enum co_status status;

	status = cm->flavour->dispatch_incoming_call(cm->env->co, sap->sap, vc, params);
	params = cp_pool_at(&cm->env->offers, offer);
	/* The message dies with this handler; what an answer at once has put there is the client's.
	 */
	if (params != NULL && (status == CO_STATUS_PENDING || params->elements == offered)) {
		params->elements = NULL;
		params->elements_size = 0;
	}
	return status;
}

struct cm_lack
cm_offer(struct callmgr *cm, uni_call_t call, uint32_t group, uni_party_t party,
	const struct uni_setup *setup)
{
	struct callmgr_env *env = cm->env;
	uint32_t handle = cp_pool_get(&env->vcs), offer = cp_pool_get(&env->offers);
	struct co_call_params *params = cp_pool_at(&env->offers, offer);
	struct cm_vc *v = cp_pool_at(&env->vcs, handle);
	struct cm_lack lack = { .cause = UNI_CAUSE_NO_RESOURCE };
	const struct cm_sap *sap;
	enum co_status status;

	if (v == NULL || params == NULL)
		goto refuse;
	cm_params_from_setup(cm, setup, params);
	sap = cm_sap_find(cm, &params->called);
	if (sap == NULL) {
		lack.cause = UNI_CAUSE_INCOMPATIBLE_DESTINATION;
		goto refuse;
	}
	v->af_idx = (uint16_t)cp_handle_idx(sap->af_ctx);
	v->label = setup->label;
	v->flags = CM_F_BY_CM | (group != CP_HANDLE_NONE ? CM_F_LEAF : 0);
	v->call = call;
	v->offer = offer;
	if (cm->flavour->create_vc(cm->arg, cm_af_of(env, v)->af, handle, &v->vc) !=
		CO_STATUS_SUCCESS)
		goto refuse;
	cm_af_of(env, v)->n_vcs++;
	if (!cm_reserve_call(cm, v, params, &lack)) {
		v->offer = CP_HANDLE_NONE;
		cp_pool_put(&env->offers, offer);
		cm_vc_delete(cm, v); /* VC-7 */
		return lack;
	}
	if (group != CP_HANDLE_NONE)
		describe_leaf(cm, v, group, party);
	else
		uni_call_set_cookie(env->uni, call, CM_COOKIE_VC | handle);
	cm_event(cm, v, CM_EV_OFFER);
	status = dispatch(cm, sap, handle, offer);
	v = cm_vc_at(env, handle);
	if (v != NULL && status != CO_STATUS_PENDING)
		cm_answered(cm, v, status, cp_pool_at(&env->offers, offer)); /* INCALL-3 */
	return (struct cm_lack){ 0 };

refuse:
	cp_pool_put(&env->offers, offer);
	cp_pool_put(&env->vcs, handle);
	return lack;
}

void
cm_decline(struct callmgr *cm, uni_call_t call, uint32_t label, const struct cm_lack *why)
{
	if (why->cause == UNI_CAUSE_RATE_NOT_AVAILABLE) /* forward is what we receive */
		uni_call_refuse_rates(cm->env->uni, call, why->rx, why->tx, cm->env->now_ns);
	else
		uni_call_refuse(cm->env->uni, call, why->cause, cm->env->now_ns);
	uni_link_put_label(cm->link, label);
}

/* SIG-U2, SIG-N1, INCALL-1 */
static void
on_offer(void *arg, uni_call_t call, const struct uni_setup *setup, uint64_t now_ns)
{
	struct callmgr *cm = arg;
	struct cm_lack lack;

	(void)now_ns;
	if (setup->multipoint) {
		cm_group_offer(cm, call, setup);
		return;
	}
	lack = cm_offer(cm, call, CP_HANDLE_NONE, 0, setup);
	if (lack.cause != 0)
		cm_decline(cm, call, setup->label, &lack);
}

/* ---- The call. ---- */

/* Changes nothing that the client sees: its make_call or add_party goes on waiting. */
static void
on_progress(void *arg, uni_call_t call, uint64_t cookie, const struct uni_elements *came,
	uint64_t now_ns)
{
	(void)arg;
	(void)call;
	(void)cookie;
	(void)came;
	(void)now_ns;
}

static void
on_connected(void *arg, uni_call_t call, uint64_t cookie, const struct uni_elements *came,
	uint64_t now_ns)
{
	struct callmgr *cm = arg;
	struct cm_vc *v;

	(void)now_ns;
	if (cm_cookie_kind(cookie) == CM_COOKIE_GROUP) {
		cm_group_connected(cm, (uint32_t)cookie, call);
		return;
	}
	v = vc_of(cm, cookie, call);
	if (v == NULL)
		return;
	if (v->state == CM_ST_SETUP)
		cm_answer_keep(cm->env, v, came);
	cm_event(cm, v, CM_EV_CONNECTED);
}

/* RACE-12: what it waits for ends before. */
static void
tell_client(struct callmgr *cm, struct cm_vc *v, const struct uni_release *release)
{
	uint8_t octets[CALLMGR_MAX_CLOSE_DATA];
	uint32_t handle;

	if (v->change != CP_HANDLE_NONE) {
		handle = cm_vc_handle(cm->env, v);
		cm_change_end(cm, v, CO_STATUS_REQUEST_ABORTED);
		v = cm_vc_at(cm->env, handle);
		if (v == NULL || v->state == CM_ST_IDLE) /* closed from inside the completion */
			return;
	}
	cm->flavour->dispatch_incoming_close_call(cm->env->co, v->vc,
		cm_reason_of_cause(release->cause), callmgr_data_write(release, octets));
}

/* The label of a call that never was active here comes with its end. */
static void
note_label(struct cm_vc *v, const struct uni_release *release)
{
	if (v->label == UNI_LABEL_NONE)
		v->label = release->label;
}

/* The client is told in the states in which not its own close or make_call is what ends: the state
 * moves and nothing else happens by that, so the VC is still there. */
void
cm_vc_ended(struct callmgr *cm, struct cm_vc *v, const struct uni_release *release, bool owed)
{
	const uint32_t told = 1u << CM_ST_OFFERING | 1u << CM_ST_ACTIVATING | 1u << CM_ST_ANSWERED |
			      1u << CM_ST_UP;
	const uint32_t making = 1u << CM_ST_SETUP | 1u << CM_ST_SETUP_ACTIVATING;
	const uint32_t state = 1u << v->state;

	note_label(v, release);
	if (v->state != CM_ST_SETUP_CLEARING) /* there the reason stands */
		v->cause = release->cause;
	if (state & making) {
		v->status = (uint8_t)cm_status_of_cause(release->cause);
		cm_answer_keep_end(cm->env, v, release);
	}
	cm_event(cm, v, owed ? CM_EV_RELEASED : CM_EV_GONE);
	if (state & told)
		tell_client(cm, v, release);
}

static void
on_released(void *arg, uni_call_t call, uint64_t cookie, const struct uni_release *release,
	bool owed, uint64_t now_ns)
{
	struct callmgr *cm = arg;
	struct cm_vc *v;

	if (cm_cookie_kind(cookie) == CM_COOKIE_GROUP) {
		cm_group_released(cm, (uint32_t)cookie, call, release, owed);
		return;
	}
	v = vc_of(cm, cookie, call);
	if (v != NULL)
		cm_vc_ended(cm, v, release, owed);
	else if (owed)
		uni_call_close(cm->env->uni, call, UNI_CAUSE_UNSPECIFIED, NULL, 0, now_ns);
}

/* SIG-104: the drop of a party may turn into the end of the call, which nobody had asked for. */
static void
on_close_complete(void *arg, uni_call_t call, uint64_t cookie, const struct uni_release *release,
	uint64_t now_ns)
{
	struct callmgr *cm = arg;
	struct cm_vc *v;

	(void)now_ns;
	if (cm_cookie_kind(cookie) == CM_COOKIE_GROUP) {
		cm_group_cleared(cm, (uint32_t)cookie, call);
		return;
	}
	v = vc_of(cm, cookie, call);
	if (v == NULL)
		return;
	note_label(v, release);
	if (cm_accepts(v, CM_EV_CLEARED) || !cm_accepts(v, CM_EV_GONE))
		cm_event(cm, v, CM_EV_CLEARED);
	else
		cm_vc_ended(cm, v, release, false);
}

/* ---- Parties: those of a root have cookies of their own, a leaf's is that of its VC. ---- */

static void
on_party_alerting(void *arg, uni_call_t call, uni_party_t party, uint64_t cookie,
	const struct uni_elements *came, uint64_t now_ns)
{
	(void)party;
	on_progress(arg, call, cookie, came, now_ns);
}

static void
on_party_added(void *arg, uni_call_t call, uni_party_t party, uint64_t cookie,
	const struct uni_elements *came, uint64_t now_ns)
{
	(void)call;
	(void)now_ns;
	cm_party_added(arg, (uint32_t)cookie, party, came);
}

static void
on_party_refused(void *arg, uni_call_t call, uni_party_t party, uint64_t cookie,
	const struct uni_release *release, uint64_t now_ns)
{
	(void)call;
	(void)now_ns;
	cm_party_refused(arg, (uint32_t)cookie, party, release);
}

static void
on_party_offer(void *arg, uni_call_t call, uni_party_t party, const struct uni_setup *setup,
	uint64_t now_ns)
{
	(void)now_ns;
	cm_group_offer_party(arg, call, party, setup);
}

static void
on_party_released(void *arg, uni_call_t call, uni_party_t party, uint64_t cookie,
	const struct uni_release *release, bool owed, uint64_t now_ns)
{
	(void)call;
	(void)now_ns;
	if (cm_cookie_kind(cookie) == CM_COOKIE_PARTY)
		cm_party_released(arg, (uint32_t)cookie, party, release, owed);
	else
		cm_leaf_released(arg, (uint32_t)cookie, party, release, owed);
}

static void
on_party_drop_complete(
	void *arg, uni_call_t call, uni_party_t party, uint64_t cookie, uint64_t now_ns)
{
	(void)call;
	(void)now_ns;
	if (cm_cookie_kind(cookie) == CM_COOKIE_PARTY)
		cm_party_dropped(arg, (uint32_t)cookie, party);
	else
		cm_leaf_dropped(arg, (uint32_t)cookie, party);
}

/* ---- Rates. ---- */

static void
on_modified(void *arg, uni_call_t call, uint64_t cookie, const struct uni_rates *in_force,
	bool confirm, uint64_t now_ns)
{
	struct cm_vc *v = vc_of(arg, cookie, call);

	(void)now_ns;
	if (v != NULL)
		cm_change_modified(arg, v, in_force, confirm);
}

static void
on_modify_refused(void *arg, uni_call_t call, uint64_t cookie, uint8_t cause, uint64_t now_ns)
{
	struct cm_vc *v = vc_of(arg, cookie, call);

	(void)now_ns;
	if (v != NULL)
		cm_change_refused(arg, v, cause);
}

static void
on_modify_asked(
	void *arg, uni_call_t call, uint64_t cookie, const struct uni_rates *asked, uint64_t now_ns)
{
	struct callmgr *cm = arg;
	struct cm_vc *v = vc_of(cm, cookie, call);

	if (v != NULL)
		cm_change_asked(cm, v, asked);
	else
		uni_modify_refuse(cm->env->uni, call, UNI_CAUSE_UNSPECIFIED, now_ns);
}

static void
on_modify_confirmed(void *arg, uni_call_t call, uint64_t cookie, uint64_t now_ns)
{
	const struct cm_vc *v = vc_of(arg, cookie, call);

	(void)now_ns;
	if (v != NULL)
		cm_confirmed(arg, v);
}

/* ---- What is only said. ---- */

static void
on_notified(void *arg, uni_call_t call, uni_party_t party, uint64_t cookie,
	const struct uni_notification *notification, uint64_t now_ns)
{
	(void)now_ns;
	cm_notified(arg, call, party, cookie, notification);
}

/* Call control has acted on it and keeps the last one; an operator asks for it there. */
static void
on_status(void *arg, uni_call_t call, uni_party_t party, uint64_t cookie,
	const struct uni_status *status, uint64_t now_ns)
{
	const struct callmgr *cm = arg;

	(void)party;
	(void)cookie;
	(void)now_ns;
	cp_log(CP_LOG_DEBUG, "trunk %s: call %08x is in state %u there, cause %u", cm->name, call,
		status->state, status->cause);
}

static void
on_audited(void *arg, const struct uni_audit_result *result, uint64_t now_ns)
{
	const struct callmgr *cm = arg;

	(void)now_ns;
	cp_log(result->n_cleared + result->n_unanswered > 0 ? CP_LOG_NOTICE : CP_LOG_INFO,
		"trunk %s: audit: %" PRIu64 " asked about, %" PRIu64 " cleared, %" PRIu64
		" without an answer, %" PRIu64 " labels back",
		cm->name, result->n_asked, result->n_cleared, result->n_unanswered,
		result->n_proven);
}

/* ---- The link. ---- */

static void
on_sdu_ready(void *arg, uint64_t now_ns)
{
	struct callmgr *cm = arg;

	sscf_sdu_ready(cm->sscf, now_ns);
}

static uint32_t
n_outstanding(void *arg)
{
	const struct callmgr *cm = arg;

	return sscop_n_unacknowledged(sscf_sscop(cm->sscf));
}

static void
on_establish(void *arg, uint64_t now_ns)
{
	struct callmgr *cm = arg;

	if (!cm->paused)
		sscf_establish(cm->sscf, now_ns);
}

/* A peer can let a link come and go as fast as it can send: the line says how it is by now. */
void
cm_link_log(struct callmgr *cm)
{
	bool up = uni_link_is_up(cm->link);

	if (cm->n_link_changes == 0 || cm->env->now_ns < cm->link_line_ns)
		return;
	if (cm->n_link_changes == 1)
		cp_log(up ? CP_LOG_NOTICE : CP_LOG_WARN, "trunk %s: signalling link %s", cm->name,
			up ? "up" : "down");
	else
		cp_log(CP_LOG_WARN, "trunk %s: signalling link %s, after %u changes", cm->name,
			up ? "up" : "down", cm->n_link_changes);
	cm->n_link_changes = 0;
	cm->link_line_ns = cm->env->now_ns + LINK_LINE_NS;
}

static void
on_link_up(void *arg, uint64_t now_ns)
{
	struct callmgr *cm = arg;

	(void)now_ns;
	cm->n_link_changes++;
	cm_af_tell_all(cm, CO_OID_SIGNALLING_UP);
}

static void
on_link_down(void *arg, uint64_t now_ns)
{
	struct callmgr *cm = arg;

	(void)now_ns;
	cm->n_link_changes++;
	cm_af_tell_all(cm, CO_OID_SIGNALLING_DOWN);
}

const struct uni_link_ops cm_link_ops = {
	.sdu_ready = on_sdu_ready,
	.n_outstanding = n_outstanding,
	.establish = on_establish,
	.offer = on_offer,
	.proceeding = on_progress,
	.alerting = on_progress,
	.connected = on_connected,
	.released = on_released,
	.close_complete = on_close_complete,
	.party_alerting = on_party_alerting,
	.party_added = on_party_added,
	.party_refused = on_party_refused,
	.party_offer = on_party_offer,
	.party_released = on_party_released,
	.party_drop_complete = on_party_drop_complete,
	.modified = on_modified,
	.modify_refused = on_modify_refused,
	.modify_asked = on_modify_asked,
	.modify_confirmed = on_modify_confirmed,
	.notified = on_notified,
	.status = on_status,
	.audited = on_audited,
	.link_up = on_link_up,
	.link_down = on_link_down,
	.restarted = cm_on_restarted,
	.alarm = cm_on_alarm,
	.mass = cm_on_mass,
};
