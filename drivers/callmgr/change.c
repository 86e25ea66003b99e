/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <inttypes.h>

#include "base/log.h"
#include "callmgr_priv.h"

/*
 * Changes of rates: contract 4.12, 4.13, sequences 5.6, 5.7. One at a time for a call; only the
 * side that made the call may ask (section 15 of the signalling specification), so the client's
 * changes and the remote's never meet.
 *
 * A change that the loss of the link has cut short has failed for who asked (SIG-96), though the
 * other end may have agreed to it; and no STATUS tells rates. So it stays on record, unknown to the
 * client, until the other end has agreed to the rates in force here.
 */

#define DOUBT_NS 1000000000ull /* between two passes over the changes */
#define DOUBT_TRIES 8          /* then the other end has its reasons */
#define DISPUTE_LINE_NS 10000000000ull

typedef void (*change_action)(struct callmgr *cm, struct cm_vc *v, struct cm_change *c);

struct change_row {
	enum cm_change_state next;
	change_action act; /* NULL: no cell, the event is out of place here. */
};

static struct cm_change *
change_of(const struct callmgr *cm, const struct cm_vc *v)
{
	return cp_pool_at(&cm->env->changes, v->change);
}

static void
forget(struct callmgr *cm, struct cm_vc *v)
{
	cp_pool_put(&cm->env->changes, v->change);
	v->change = CP_HANDLE_NONE;
}

/* ---- The miniport. ---- */

static void
set_flows(struct callmgr *cm, struct cm_vc *v, const struct co_call_params *params)
{
	struct co_media_params media = {
		.flags = CO_MEDIA_F_TRANSMIT | CO_MEDIA_F_RECEIVE |
			 (params->media.flags & (CO_MEDIA_F_ROUND_UP | CO_MEDIA_F_ROUND_DOWN)),
		.label = v->label,
	};

	if (cm->meter) {
		media.tx = params->tx;
		media.rx = params->rx;
	}
	cm_vc_activate(cm, v, &media);
}

/* SIG-111: only peak rates change. A token rate stays, below the peak at least. */
static void
keep_tokens(struct co_flowspec *flow, const struct co_flowspec *before)
{
	if (before->token_rate == 0)
		return;
	flow->token_rate = before->token_rate;
	flow->bucket_size = before->bucket_size;
	if (flow->peak_rate != 0 && flow->token_rate > flow->peak_rate)
		flow->token_rate = flow->peak_rate;
}

/* Flows of the rates that are to come, or of those that were. */
static void
flows_of(struct callmgr *cm, struct cm_change *c, const struct uni_rates *rates, bool ours)
{
	cm_flows_from_rates(cm, rates, ours, &c->params.tx, &c->params.rx);
	keep_tokens(&c->params.tx, &c->flow.tx);
	keep_tokens(&c->params.rx, &c->flow.rx);
}

/* ---- Bandwidth. ---- */

static struct co_vc_flow
flow_at(const struct callmgr *cm, const struct cm_change *c, const struct uni_rates *rates,
	bool ours)
{
	struct co_vc_flow flow = { 0 };

	cm_flows_from_rates(cm, rates, ours, &flow.tx, &flow.rx);
	keep_tokens(&flow.tx, &c->flow.tx);
	keep_tokens(&flow.rx, &c->flow.rx);
	return flow;
}

/* SIG-M1, SIG-M6: the larger of old and new, until it is known which of them it is to be. */
static bool
reserve_both(const struct callmgr *cm, const struct cm_vc *v, const struct cm_change *c, bool ours)
{
	const struct co_vc_flow old = flow_at(cm, c, &c->old, ours);
	const struct co_vc_flow new = flow_at(cm, c, &c->rates, ours);

	return cm_reserve_either(cm, v, &old, &new);
}

/* That is known. The VC has had as much, so it is there. */
static void
reserve_only(const struct callmgr *cm, const struct cm_vc *v, const struct cm_change *c,
	const struct uni_rates *rates, bool ours)
{
	const struct co_vc_flow flow = flow_at(cm, c, rates, ours);

	cm_reserve_either(cm, v, &flow, &flow);
}

/* ---- Asked for by the client. ---- */

/* 0: they are asked for, or the call has turned out to be over, and all this with it. */
static int
ask(struct callmgr *cm, const struct cm_vc *v, const struct uni_rates *rates)
{
	uint32_t handle = cm_vc_handle(cm->env, v), change = v->change;
	int err = uni_call_modify(cm->env->uni, v->call, rates, cm->env->now_ns);

	if (err == 0)
		return 0;
	v = cm_vc_at(cm->env, handle);
	return v != NULL && v->change == change ? err : 0;
}

/* The client's is over; what it leaves in doubt is not. */
static void
leave(struct callmgr *cm, struct cm_vc *v, struct cm_change *c)
{
	c->asked = NULL;
	c->state = CM_CH_DOUBTED;
	if (!c->doubt)
		forget(cm, v);
}

static void
complete(struct callmgr *cm, struct cm_vc *v, struct cm_change *c, enum co_status status)
{
	const uint32_t told = CO_CALL_F_CHANGED | CO_CALL_F_CONFIRM;
	struct co_call_params *params = c->asked;

	params->tx = c->params.tx;
	params->rx = c->params.rx;
	params->flags = (params->flags & ~told) | c->params.flags;
	params->cause = c->cause;
	leave(cm, v, c);
	cm->flavour->modify_call_qos_complete(cm->env->co, v->vc, status, params);
}

/* QOS-2 */
static void
set_agreed(struct callmgr *cm, struct cm_vc *v, struct cm_change *c)
{
	flows_of(cm, c, &c->rates, true);
	set_flows(cm, v, &c->params);
}

/* SIG-M2, SIG-114: the VC has the rates, which the client confirms if it has said so. */
static void
confirm(struct callmgr *cm, struct cm_vc *v, struct cm_change *c)
{
	if (!c->confirm)
		return;
	if (c->asked->flags & CO_CALL_F_CONFIRM)
		c->params.flags |= CO_CALL_F_CONFIRM;
	else
		uni_modify_confirm(cm->env->uni, v->call, cm->env->now_ns);
}

/* QOS-4: what came out of it is compared with what was asked for. */
static void
succeed(struct callmgr *cm, struct cm_vc *v, struct cm_change *c)
{
	c->params.flags = c->asked->tx.peak_rate != c->params.tx.peak_rate ||
					  c->asked->rx.peak_rate != c->params.rx.peak_rate
				  ? CO_CALL_F_CHANGED
				  : 0;
	c->cause = 0;
	reserve_only(cm, v, c, &c->rates, true);
	confirm(cm, v, c);
	complete(cm, v, c, CO_STATUS_SUCCESS);
}

/* QOS-3, QOS-6: the old rates are in force. */
static void
fail(struct callmgr *cm, struct cm_vc *v, struct cm_change *c)
{
	flows_of(cm, c, &c->old, true);
	reserve_only(cm, v, c, &c->old, true);
	c->params.flags = 0;
	complete(cm, v, c, CO_STATUS_FAILURE);
}

/* QOS-3: the network has agreed to what the miniport cannot do. */
static void
undo_network(struct callmgr *cm, struct cm_vc *v, struct cm_change *c)
{
	c->cause = UNI_CAUSE_RATE_NOT_AVAILABLE;
	if (ask(cm, v, &c->old) == 0)
		return;
	c->doubt = true; /* the link is down */
	fail(cm, v, c);
}

static void
break_off(struct callmgr *cm, struct cm_vc *v, struct cm_change *c)
{
	c->doubt = false; /* the call will not last */
	c->cause = UNI_CAUSE_NO_RESOURCE;
	if (c->asked == NULL)
		uni_modify_refuse(cm->env->uni, v->call, c->cause, cm->env->now_ns);
	cm_vc_deactivate(cm, v);
}

/* QOS-8: the request fails, and a VC that carries nothing carries no call (ACT-7). */
static void
broken(struct callmgr *cm, struct cm_vc *v, struct cm_change *c)
{
	uint32_t handle = cm_vc_handle(cm->env, v);

	if (c->asked != NULL)
		fail(cm, v, c);
	else
		forget(cm, v);
	v = cm_vc_at(cm->env, handle);
	if (v != NULL && v->state == CM_ST_UP)
		cm_event(cm, v, CM_EV_NOT_ACTIVATED);
	else if (v != NULL && cm_accepts(v, CM_EV_DEACTIVATED)) /* closed meanwhile */
		cm_event(cm, v, CM_EV_DEACTIVATED);
}

/* ---- Rates in doubt. ---- */

static void
assure(struct callmgr *cm, struct cm_vc *v, struct cm_change *c)
{
	c->n_tries++;
	if (ask(cm, v, &c->old) != 0)
		c->state = CM_CH_DOUBTED;
}

/* The client may have asked for something meanwhile. */
static void
go_on(struct callmgr *cm, struct cm_vc *v, struct cm_change *c)
{
	int err;

	if (c->asked == NULL) {
		leave(cm, v, c);
		return;
	}
	c->state = CM_CH_ASKED;
	err = ask(cm, v, &c->rates);
	if (err == 0)
		return;
	cm_status_of_errno(err, &c->cause);
	fail(cm, v, c);
}

static void
assured(struct callmgr *cm, struct cm_vc *v, struct cm_change *c)
{
	c->doubt = false;
	go_on(cm, v, c);
}

/* It may have been busy, or the link lost again; or the rates differ, and will. */
static void
disputed(struct callmgr *cm, struct cm_vc *v, struct cm_change *c)
{
	if (c->n_tries >= DOUBT_TRIES) {
		c->doubt = false;
		cm->env->n_disputed++;
		if (cp_log_limit_pass(&cm->dispute_lines, cm->env->now_ns, DISPUTE_LINE_NS))
			cp_log(CP_LOG_WARN,
				"trunk %s: call %08x: the other end does not agree to the rates in "
				"force here, cause %u, and may meter others; %" PRIu64
				" calls like it so far; mend: have the call change its rate",
				cm->name, v->call, c->cause, cm->env->n_disputed);
	}
	go_on(cm, v, c);
}

static void
settle_doubt(struct callmgr_env *env, uint32_t idx)
{
	const struct cm_change *c =
		cp_pool_at(&env->changes, cp_pool_handle_of(&env->changes, idx));
	struct callmgr *cm;
	struct cm_vc *v;

	if (c == NULL || c->state != CM_CH_DOUBTED)
		return;
	v = cm_vc_at(env, c->vc);
	cm = env->callmgrs[cm_af_of(env, v)->cm_idx];
	if (uni_link_is_up(cm->link))
		cm_change_event(cm, v, CM_CE_ASSURE);
}

void
cm_changes_turn(struct callmgr_env *env, uint32_t max)
{
	if (env->doubt_next == 0 &&
		(cp_pool_n_used(&env->changes) == 0 || env->now_ns < env->doubt_ns))
		return;
	for (; max > 0 && env->doubt_next < env->changes.n_max; max--)
		settle_doubt(env, env->doubt_next++);
	if (env->doubt_next < env->changes.n_max)
		return;
	env->doubt_next = 0;
	env->doubt_ns = env->now_ns + DOUBT_NS;
}

/* ---- Proposed by the remote. ---- */

/* INQOS-1: the client is not told of what cannot be. */
static void
refuse_untold(struct callmgr *cm, struct cm_vc *v, struct cm_change *c)
{
	reserve_only(cm, v, c, &c->old, false);
	forget(cm, v);
	uni_modify_refuse(cm->env->uni, v->call, UNI_CAUSE_RATE_NOT_AVAILABLE, cm->env->now_ns);
}

static void
answered(struct callmgr *cm, struct cm_vc *v, enum co_status status)
{
	cm_change_event(cm, v, status == CO_STATUS_SUCCESS ? CM_CE_ACCEPTED : CM_CE_DECLINED);
}

/* INQOS-4, RACE-9: after a close from inside the handler the change is over, and the record gone.
 */
static void
tell(struct callmgr *cm, struct cm_vc *v, struct cm_change *c)
{
	uint32_t handle = cm_vc_handle(cm->env, v), change = v->change;
	enum co_status status;

	status = cm->flavour->dispatch_incoming_call_qos_change(cm->env->co, v->vc, &c->params);
	v = cm_vc_at(cm->env, handle);
	if (v == NULL || v->change != change || status == CO_STATUS_PENDING ||
		status == CO_STATUS_CLOSING)
		return;
	answered(cm, v, status);
}

static void
restore(struct callmgr *cm, struct cm_vc *v, struct cm_change *c)
{
	flows_of(cm, c, &c->old, false);
	set_flows(cm, v, &c->params);
}

/*
 * The question may be void by now (SIG-M10): then nothing has changed for the network, and nobody
 * is going to confirm it.
 */
static void
accept(struct callmgr *cm, struct cm_vc *v, struct cm_change *c)
{
	uint32_t handle = cm_vc_handle(cm->env, v);
	bool wanted = c->confirm;

	if (uni_modify_accept(cm->env->uni, v->call, wanted, cm->env->now_ns) == 0) {
		reserve_only(cm, v, c, &c->rates, false);
		forget(cm, v);
		return;
	}
	c->state = CM_CH_RESTORING;
	restore(cm, v, c);
	v = cm_vc_at(cm->env, handle);
	if (wanted && v != NULL)
		cm_confirmed(cm, v);
}

static void
decline(struct callmgr *cm, struct cm_vc *v, struct cm_change *c)
{
	uni_modify_refuse(cm->env->uni, v->call, UNI_CAUSE_RATE_NOT_AVAILABLE, cm->env->now_ns);
	restore(cm, v, c);
}

static void
restored(struct callmgr *cm, struct cm_vc *v, struct cm_change *c)
{
	reserve_only(cm, v, c, &c->old, false);
	forget(cm, v);
}

/* It meters what was proposed, so that stays reserved too. */
static void
unrestored(struct callmgr *cm, struct cm_vc *v, struct cm_change *c)
{
	(void)c;
	forget(cm, v);
}

/* clang-format off */
static const struct change_row change_fsm[CM_CH_COUNT][CM_CE_COUNT] = {
	[CM_CH_ASKED] = {
		[CM_CE_AGREED] = { CM_CH_SETTING, set_agreed },
		[CM_CE_REFUSED] = { CM_CH_ASKED, fail },
	},
	[CM_CH_SETTING] = {
		[CM_CE_SET] = { CM_CH_SETTING, succeed },
		[CM_CE_NOT_SET] = { CM_CH_UNDOING, undo_network },
		[CM_CE_BROKEN] = { CM_CH_LOST, break_off },
	},
	[CM_CH_UNDOING] = {
		[CM_CE_AGREED] = { CM_CH_UNDOING, fail },
		[CM_CE_REFUSED] = { CM_CH_UNDOING, fail }, /* it grants more than is used */
	},
	[CM_CH_TRYING] = {
		[CM_CE_SET] = { CM_CH_TOLD, tell },
		[CM_CE_NOT_SET] = { CM_CH_TRYING, refuse_untold },
		[CM_CE_BROKEN] = { CM_CH_LOST, break_off },
	},
	[CM_CH_TOLD] = {
		[CM_CE_ACCEPTED] = { CM_CH_TOLD, accept },
		[CM_CE_DECLINED] = { CM_CH_RESTORING, decline },
	},
	[CM_CH_RESTORING] = {
		[CM_CE_SET] = { CM_CH_RESTORING, restored },
		[CM_CE_NOT_SET] = { CM_CH_RESTORING, unrestored },
		[CM_CE_BROKEN] = { CM_CH_LOST, break_off },
	},
	[CM_CH_LOST] = {
		[CM_CE_DEACTIVATED] = { CM_CH_LOST, broken },
	},
	[CM_CH_DOUBTED] = {
		[CM_CE_ASSURE] = { CM_CH_ASSURING, assure },
	},
	[CM_CH_ASSURING] = {
		[CM_CE_AGREED] = { CM_CH_ASSURING, assured },
		[CM_CE_REFUSED] = { CM_CH_ASSURING, disputed },
	},
};
/* clang-format on */

void
cm_change_event(struct callmgr *cm, struct cm_vc *v, enum cm_change_event event)
{
	struct cm_change *c = change_of(cm, v);
	const struct change_row *row;

	if (c == NULL)
		return; /* it ended with the call, or with the link */
	row = &change_fsm[c->state][event];
	if (row->act == NULL) {
		cm->env->unexpected_of_change++;
		return;
	}
	c->state = (uint8_t)row->next;
	row->act(cm, v, c);
}

void
cm_change_end(struct callmgr *cm, struct cm_vc *v, enum co_status status)
{
	struct cm_change *c = change_of(cm, v);
	struct co_call_params *asked = c->asked;

	c->asked = NULL;
	if (c->state != CM_CH_LOST) /* there the deactivation goes on, the call's end awaits it */
		forget(cm, v);
	if (asked != NULL)
		cm->flavour->modify_call_qos_complete(cm->env->co, v->vc, status, asked);
}

/* ---- From the miniport. ---- */

void
cm_change_activated(struct callmgr *cm, struct cm_vc *v, enum co_status status,
	const struct co_media_params *media)
{
	struct cm_change *c = change_of(cm, v);

	if (status == CO_STATUS_SUCCESS && media != NULL && cm->meter &&
		c->state == CM_CH_SETTING) { /* ACT-8, QOS-4: the client judges what it is told */
		c->params.tx = media->tx;
		c->params.rx = media->rx;
	}
	cm_change_event(cm, v,
		status == CO_STATUS_SUCCESS        ? CM_CE_SET
		: status == CO_STATUS_NOT_ACCEPTED ? CM_CE_BROKEN
						   : CM_CE_NOT_SET);
}

/* ---- From the broker. ---- */

static struct cm_change *
begin(struct callmgr *cm, struct cm_vc *v, const struct uni_rates *rates,
	const struct uni_rates *old)
{
	uint32_t handle = cp_pool_get(&cm->env->changes);
	struct cm_change *c = cp_pool_at(&cm->env->changes, handle);

	if (c == NULL)
		return NULL;
	c->rates = *rates;
	c->old = *old;
	c->flow = cm_flow_in_force(cm, v);
	c->vc = cm_vc_handle(cm->env, v);
	v->change = handle;
	return c;
}

/* What the client does not know of does not keep it from asking. */
static bool
is_hidden(const struct cm_change *c)
{
	return c->asked == NULL && (c->state == CM_CH_DOUBTED || c->state == CM_CH_ASSURING);
}

/* 2.6; INCALL-5: there is no negotiation of an offer in this signalling. */
static enum co_status
may_modify(const struct callmgr *cm, const struct cm_vc *v, struct uni_call_info *info)
{
	const struct cm_change *c;

	if (v == NULL)
		return CO_STATUS_FAILURE;
	if (v->state == CM_ST_OFFERING || (v->flags & (CM_F_ROOT | CM_F_LEAF | CM_F_PVC)))
		return CO_STATUS_NOT_SUPPORTED;
	if (v->state != CM_ST_UP)
		return CO_STATUS_NOT_ACCEPTED;
	if (uni_call_query(cm->env->uni, v->call, info) != 0)
		return CO_STATUS_FAILURE;
	if (!info->ours)
		return CO_STATUS_NOT_SUPPORTED;
	c = change_of(cm, v);
	return c == NULL || is_hidden(c) ? CO_STATUS_SUCCESS : CO_STATUS_NOT_ACCEPTED;
}

/* Nothing was asked for; what was in doubt before is so still. */
static void
drop_unasked(struct callmgr *cm, struct cm_vc *v, const struct cm_change *c)
{
	if (!is_hidden(c))
		forget(cm, v);
}

enum co_status
callmgr_modify_call_qos(void *arg, co_ctx_t vc_ctx, struct co_call_params *params)
{
	struct callmgr *cm = arg;
	struct cm_vc *v = cm_vc_at(cm->env, vc_ctx);
	struct uni_call_info info;
	struct uni_rates rates;
	struct cm_change *c;
	enum co_status status = may_modify(cm, v, &info);
	int err;

	if (status != CO_STATUS_SUCCESS)
		return status;
	cm_rates_from_params(cm, params, &rates);
	c = v->change != CP_HANDLE_NONE ? change_of(cm, v) : begin(cm, v, &rates, &info.rates);
	if (c == NULL)
		return CO_STATUS_RESOURCES;
	c->rates = rates;
	if (!reserve_both(cm, v, c, true)) {
		drop_unasked(cm, v, c);
		params->cause = UNI_CAUSE_RATE_NOT_AVAILABLE;
		return CO_STATUS_FAILURE; /* QOS-3 */
	}
	c->asked = params;
	c->params = *params;
	if (c->state == CM_CH_ASSURING) /* one at a time: go_on() */
		return CO_STATUS_PENDING;
	c->state = CM_CH_ASKED;
	err = ask(cm, v, &rates);
	if (err == 0)
		return CO_STATUS_PENDING;
	reserve_only(cm, v, c, &c->old, true);
	leave(cm, v, c);
	return cm_status_of_errno(err, &params->cause);
}

void
callmgr_incoming_call_qos_change_complete(void *arg, co_ctx_t vc_ctx, enum co_status status)
{
	struct callmgr *cm = arg;
	struct cm_vc *v = cm_vc_at(cm->env, vc_ctx);

	if (v != NULL)
		answered(cm, v, status);
}

/* ---- From call control. ---- */

void
cm_change_modified(
	struct callmgr *cm, struct cm_vc *v, const struct uni_rates *in_force, bool confirm)
{
	struct cm_change *c = change_of(cm, v);

	if (c == NULL)
		return;
	if (c->state == CM_CH_ASKED) {
		c->doubt = false;
		c->confirm = confirm;
		c->rates = *in_force;
	} else if (confirm) { /* what our miniport has had all along */
		uni_modify_confirm(cm->env->uni, v->call, cm->env->now_ns);
	}
	cm_change_event(cm, v, CM_CE_AGREED);
}

void
cm_change_refused(struct callmgr *cm, struct cm_vc *v, uint8_t cause)
{
	struct cm_change *c = change_of(cm, v);

	if (c == NULL)
		return;
	if (c->state == CM_CH_ASKED || c->state == CM_CH_ASSURING)
		c->cause = cause;
	if (cause == UNI_CAUSE_OUT_OF_ORDER) /* the link's loss, perhaps that of the answer */
		c->doubt = true;
	cm_change_event(cm, v, CM_CE_REFUSED);
}

void
cm_change_asked(struct callmgr *cm, struct cm_vc *v, const struct uni_rates *rates)
{
	struct cm_change *c = NULL;
	struct uni_call_info info;

	if (v->state == CM_ST_UP && v->change == CP_HANDLE_NONE &&
		uni_call_query(cm->env->uni, v->call, &info) == 0)
		c = begin(cm, v, rates, &info.rates);
	if (c == NULL) {
		uni_modify_refuse(cm->env->uni, v->call, UNI_CAUSE_NO_RESOURCE, cm->env->now_ns);
		return;
	}
	if (!reserve_both(cm, v, c, false)) {
		forget(cm, v);
		uni_modify_refuse(
			cm->env->uni, v->call, UNI_CAUSE_RATE_NOT_AVAILABLE, cm->env->now_ns);
		return;
	}
	c->state = CM_CH_TRYING;
	c->params.media.label = v->label;
	c->params.media.flags = CO_MEDIA_F_ROUND_UP; /* the remote knows nothing of our meters */
	c->params.flags = CO_CALL_F_CHANGED;
	flows_of(cm, c, rates, false);
	set_flows(cm, v, &c->params);
}
