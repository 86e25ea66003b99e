/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>

#include "base/log.h"
#include "callmgr_priv.h"

/*
 * The call manager's side of a call: contract 2.3, sequences 5.1, 5.2, 5.4, 5.9. An action runs
 * after the state has moved, since what it calls may raise the next event before it returns.
 */

typedef void (*cm_action)(struct callmgr *cm, struct cm_vc *v);

struct cm_row {
	enum cm_state next;
	cm_action act; /* NULL: no cell, the event is out of place here. */
};

#define CELLS_OF_STATE 16 /* one is found by a shift */
static_assert(CM_EV_COUNT <= CELLS_OF_STATE, "each event has a cell");

static void
nothing(struct callmgr *cm, struct cm_vc *v)
{
	(void)cm;
	(void)v;
}

static void
drop_offer(struct callmgr *cm, struct cm_vc *v)
{
	if (v->offer != CP_HANDLE_NONE)
		cp_pool_put(&cm->env->offers, v->offer);
	v->offer = CP_HANDLE_NONE;
}

static void
put_label(struct callmgr *cm, struct cm_vc *v)
{
	cm_unreserve(cm, v);
	if (v->flags & CM_F_LEAF)
		cm_group_part(cm, v);
	else if (v->flags & CM_F_PVC)
		cm_pvc_put(cm, v);
	else if (v->label != UNI_LABEL_NONE)
		uni_link_put_label(cm->link, v->label);
	v->label = UNI_LABEL_NONE;
}

uint32_t
cm_directions(const struct cm_vc *v)
{
	if (v->flags & CM_F_ROOT)
		return CO_MEDIA_F_TRANSMIT;
	if (v->flags & CM_F_LEAF)
		return CO_MEDIA_F_RECEIVE | CO_MEDIA_F_LEAF;
	return CO_MEDIA_F_TRANSMIT | CO_MEDIA_F_RECEIVE;
}

void
cm_media(const struct callmgr *cm, const struct cm_vc *v, struct co_media_params *media)
{
	const struct co_call_params *params = v->params;
	struct uni_call_info info;

	*media = (struct co_media_params){ .flags = cm_directions(v), .label = v->label };
	if (!cm->meter)
		return;
	if (params != NULL) {
		media->flags |= params->media.flags & (CO_MEDIA_F_ROUND_UP | CO_MEDIA_F_ROUND_DOWN);
		media->tx = params->tx;
		media->rx = params->rx;
	} else if (uni_call_query(cm->env->uni, v->call, &info) == 0) {
		media->flags |= CO_MEDIA_F_ROUND_UP; /* nobody else chooses here */
		cm_flows_from_rates(cm, &info.rates, info.ours, &media->tx, &media->rx);
	}
	if (v->flags & CM_F_ROOT)
		media->rx = (struct co_flowspec){ 0 };
	if (v->flags & CM_F_LEAF)
		media->tx = (struct co_flowspec){ 0 };
	if (v->flags & CM_F_RETRIED)
		media->flags = (media->flags & ~CO_MEDIA_F_ROUND_DOWN) | CO_MEDIA_F_ROUND_UP;
}

void
cm_vc_activate(struct callmgr *cm, struct cm_vc *v, struct co_media_params *media)
{
	uint32_t handle = cm_vc_handle(cm->env, v);
	enum co_status status = CO_STATUS_FAILURE;

	v->flags |= CM_F_ACTIVATING; /* first: the completion may come before PENDING (ASYNC-4) */
	if (media->label != UNI_LABEL_NONE)
		status = cm->flavour->activate_vc(cm->arg, v->vc, handle, media, &v->hw);
	if (status != CO_STATUS_PENDING)
		callmgr_vc_activated(cm, handle, status, media);
}

/* ACT-2, ACT-3: before make_call completes, before CONNECT is sent. */
static void
activate(struct callmgr *cm, struct cm_vc *v)
{
	struct co_media_params media;
	struct uni_call_info info;

	if (v->label == UNI_LABEL_NONE && uni_call_query(cm->env->uni, v->call, &info) == 0)
		v->label = info.label;
	cm_media(cm, v, &media);
	cm_vc_activate(cm, v, &media);
}

/*
 * DEACT-1. An activation that pends cannot be undone before it ends: then this runs again. Nor is
 * there anything to do where a change of rates has come to a deactivation already (QOS-8).
 */
static void
deactivate(struct callmgr *cm, struct cm_vc *v)
{
	uint32_t handle = cm_vc_handle(cm->env, v);
	enum co_status status = CO_STATUS_SUCCESS;

	if ((v->flags & CM_F_ACTIVATING) || v->change != CP_HANDLE_NONE)
		return;
	if (v->flags & CM_F_ACTIVE)
		status = cm->flavour->deactivate_vc(cm->arg, v->vc, handle, v->hw);
	if (status != CO_STATUS_PENDING)
		callmgr_vc_deactivated(cm, handle);
}

void
cm_vc_deactivate(struct callmgr *cm, struct cm_vc *v)
{
	uint32_t handle = cm_vc_handle(cm->env, v);

	if (cm->flavour->deactivate_vc(cm->arg, v->vc, handle, v->hw) != CO_STATUS_PENDING)
		callmgr_vc_deactivated(cm, handle);
}

/* With what the answer has brought. */
static void
complete_make(
	struct callmgr *cm, struct cm_vc *v, enum co_status status, struct co_call_params *params)
{
	uint32_t handle = v->offer;
	const struct cm_answer *answer = cp_pool_at(&cm->env->answers, handle);

	v->offer = CP_HANDLE_NONE;
	if (answer != NULL) {
		params->elements = answer->octets;
		params->elements_size = answer->len;
	}
	cm->flavour->make_call_complete(cm->env->co, v->vc, status, params);
	if (answer != NULL)
		cp_pool_put(&cm->env->answers, handle);
}

/* MAKE-4 */
static void
make_succeeds(struct callmgr *cm, struct cm_vc *v)
{
	struct co_call_params *params = v->params;

	v->params = NULL;
	params->cause = 0;
	params->media.label = v->label;
	if (v->flags & CM_F_ROOT)
		cm_parties_made(cm, v);
	complete_make(cm, v, CO_STATUS_SUCCESS, params);
}

/* MAKE-5 */
static void
make_fails(struct callmgr *cm, struct cm_vc *v)
{
	struct co_call_params *params = v->params;

	put_label(cm, v);
	if (v->flags & CM_F_ROOT)
		cm_parties_end(cm, v);
	v->call = 0;
	v->params = NULL;
	params->cause = v->cause;
	complete_make(cm, v, (enum co_status)v->status, params);
}

/*
 * When call control does not know @p call, and has not said so meanwhile, nothing is left to be
 * cleared. So it is with a PVC, which has none.
 */
void
cm_asked_to_end(struct callmgr *cm, uint32_t handle, uni_call_t call, int err)
{
	struct cm_vc *v;

	if (err == 0)
		return;
	v = cm_vc_at(cm->env, handle);
	if (v != NULL && v->call == call)
		cm_event(cm, v, CM_EV_CLEARED);
}

/* Whoever has not answered yet declines. */
static int
drop_leaf(struct callmgr *cm, const struct cm_vc *v, uint8_t cause, struct co_data data)
{
	int err = cm_net_drop(cm, v->party, cause, data);

	if (err != -EPROTO)
		return err;
	return uni_party_refuse(cm->env->uni, v->party, cause, cm->env->now_ns);
}

static void
close_network(struct callmgr *cm, struct cm_vc *v, struct co_data data)
{
	uint8_t cause = v->refusal != 0 ? v->refusal : UNI_CAUSE_NORMAL;
	uint32_t handle = cm_vc_handle(cm->env, v);
	uni_call_t call = v->call;
	int err;

	if (v->flags & CM_F_LEAF)
		err = drop_leaf(cm, v, cause, data);
	else
		err = cm_net_close(cm, call, cause, data);
	cm_asked_to_end(cm, handle, call, err);
}

static void
clear_network(struct callmgr *cm, struct cm_vc *v)
{
	close_network(cm, v, (struct co_data){ NULL, 0 });
}

/* ACT-7: a VC that could not be activated carries no call. */
static void
clear_unactivated(struct callmgr *cm, struct cm_vc *v)
{
	v->cause = v->refusal = UNI_CAUSE_NO_RESOURCE;
	v->status = CO_STATUS_RESOURCES;
	cm_answer_drop(cm->env, v);
	clear_network(cm, v);
}

/* MAKE-7: the network is done with the call, the VC may be active or about to be. */
static void
drain_unmade(struct callmgr *cm, struct cm_vc *v)
{
	v->call = 0;
	deactivate(cm, v);
}

/* The parameters of the answer, if any, are there as long as this runs. */
static void
accept_offer(struct callmgr *cm, struct cm_vc *v)
{
	uint32_t handle = cm_vc_handle(cm->env, v);
	uint32_t offer = v->offer;

	v->offer = CP_HANDLE_NONE;
	activate(cm, v);
	v = cm_vc_at(cm->env, handle);
	if (v != NULL)
		v->params = NULL;
	if (offer != CP_HANDLE_NONE)
		cp_pool_put(&cm->env->offers, offer);
}

static void
answer_network(struct callmgr *cm, struct cm_vc *v)
{
	v->params = NULL;
	if (v->flags & CM_F_LEAF)
		cm_leaf_answer(cm, v);
	else
		uni_call_accept(cm->env->uni, v->call, cm->env->now_ns);
}

static void
connect_client(struct callmgr *cm, struct cm_vc *v)
{
	cm->flavour->dispatch_call_connected(cm->env->co, v->vc);
}

/* INCALL-7 */
static void
refuse_network(struct callmgr *cm, struct cm_vc *v)
{
	uint32_t handle = cm_vc_handle(cm->env, v);
	struct uni *uni = cm->env->uni;
	uni_call_t call = v->call;
	int err;

	drop_offer(cm, v);
	if (v->flags & CM_F_LEAF)
		err = uni_party_refuse(uni, v->party, v->refusal, cm->env->now_ns);
	else
		err = uni_call_refuse(uni, call, v->refusal, cm->env->now_ns);
	cm_asked_to_end(cm, handle, call, err);
}

static void
refused(struct callmgr *cm, struct cm_vc *v)
{
	put_label(cm, v);
	v->call = 0;
	cm_vc_delete(cm, v);
}

/* The VC cannot carry what was agreed: the client is told as of any other end. */
static void
tell_unactivated(struct callmgr *cm, struct cm_vc *v)
{
	struct co_data none = { NULL, 0 };

	v->refusal = UNI_CAUSE_NO_RESOURCE;
	cm->flavour->dispatch_incoming_close_call(cm->env->co, v->vc, CO_STATUS_RESOURCES, none);
}

/* SIG-C1, or the answer that SIG-C3 awaits. */
static void
release_network(struct callmgr *cm, struct cm_vc *v)
{
	drop_offer(cm, v); /* withdrawn before the client had answered */
	close_network(cm, v, (struct co_data){ v->data, v->data_size });
}

/*
 * SIG-109: a leaf is out of the replication before its release is answered, and CLOSE-9 has the
 * answer before the completion: so the order is that of CLOSE-18 in either flavour (CLOSE-20).
 */
static void
answer_release(struct callmgr *cm, struct cm_vc *v)
{
	if (!(v->flags & CM_F_LEAF)) {
		release_network(cm, v);
		return;
	}
	v->state = CM_ST_LEAF_DRAINING;
	drop_offer(cm, v);
	deactivate(cm, v);
}

static void
answer_leaf(struct callmgr *cm, struct cm_vc *v)
{
	close_network(cm, v, (struct co_data){ v->data, v->data_size });
}

static void
deactivated(struct callmgr *cm, struct cm_vc *v)
{
	put_label(cm, v);
	if (v->flags & CM_F_BY_CM)
		cm_vc_delete(cm, v);
}

static void
complete_close(struct callmgr *cm, struct cm_vc *v)
{
	v->data = NULL;
	v->data_size = 0;
	v->refusal = 0;
	v->call = 0;
	if (v->flags & CM_F_ROOT)
		cm_parties_end(cm, v);
	cm->flavour->close_call_complete(cm->env->co, v->vc, CO_STATUS_SUCCESS);
}

/*
 * The network is done with the call: CLOSE-18, or CLOSE-19 by way of another state. This is the one
 * place where the two flavours go different ways.
 */
static void
finish(struct callmgr *cm, struct cm_vc *v)
{
	uint32_t handle = cm_vc_handle(cm->env, v);

	v->call = 0;
	if (!cm->flavour->completes_first) {
		deactivate(cm, v);
		return;
	}
	v->state = CM_ST_RELEASED;
	complete_close(cm, v);
	v = cm_vc_at(cm->env, handle);
	if (v != NULL && v->state == CM_ST_RELEASED)
		deactivate(cm, v);
}

static void
finish_gone(struct callmgr *cm, struct cm_vc *v)
{
	drop_offer(cm, v);
	finish(cm, v);
}

/*
 * CLOSE-21: from within deactivate_vc_complete, nothing else being outstanding. The client hears of
 * it when that has returned, so the VC cannot go before.
 */
static void
drained(struct callmgr *cm, struct cm_vc *v)
{
	uint32_t handle = cm_vc_handle(cm->env, v);

	put_label(cm, v);
	complete_close(cm, v);
	v = cm_vc_at(cm->env, handle);
	if (v != NULL && v->state == CM_ST_IDLE && (v->flags & CM_F_BY_CM))
		cm_vc_delete_later(cm, v);
}

/* clang-format off */
static const struct cm_row cm_fsm[CM_ST_COUNT][CELLS_OF_STATE] = {
	[CM_ST_IDLE] = {
		[CM_EV_MAKE] = { CM_ST_SETUP, nothing },
		[CM_EV_MAKE_PVC] = { CM_ST_SETUP_ACTIVATING, activate }, /* MAKE-12 */
		[CM_EV_OFFER] = { CM_ST_OFFERING, nothing },
	},
	[CM_ST_SETUP] = {
		[CM_EV_CONNECTED] = { CM_ST_SETUP_ACTIVATING, activate },
		[CM_EV_RELEASED] = { CM_ST_SETUP_CLEARING, clear_network }, /* RACE-6 */
		[CM_EV_GONE] = { CM_ST_IDLE, make_fails },
	},
	[CM_ST_SETUP_ACTIVATING] = {
		[CM_EV_ACTIVATED] = { CM_ST_UP, make_succeeds },
		[CM_EV_NOT_ACTIVATED] = { CM_ST_SETUP_CLEARING, clear_unactivated },
		[CM_EV_RELEASED] = { CM_ST_SETUP_CLEARING, clear_network }, /* RACE-6 */
		[CM_EV_GONE] = { CM_ST_SETUP_DRAINING, drain_unmade },
	},
	[CM_ST_SETUP_CLEARING] = {
		[CM_EV_ACTIVATED] = { CM_ST_SETUP_CLEARING, nothing },
		[CM_EV_NOT_ACTIVATED] = { CM_ST_SETUP_CLEARING, nothing },
		[CM_EV_CLEARED] = { CM_ST_SETUP_DRAINING, drain_unmade },
		[CM_EV_GONE] = { CM_ST_SETUP_DRAINING, drain_unmade },
	},
	[CM_ST_SETUP_DRAINING] = {
		[CM_EV_ACTIVATED] = { CM_ST_SETUP_DRAINING, deactivate },
		[CM_EV_NOT_ACTIVATED] = { CM_ST_SETUP_DRAINING, deactivate },
		[CM_EV_DEACTIVATED] = { CM_ST_IDLE, make_fails },
	},
	[CM_ST_OFFERING] = {
		[CM_EV_ACCEPT] = { CM_ST_ACTIVATING, accept_offer },
		[CM_EV_REFUSE] = { CM_ST_REFUSING, refuse_network },
		[CM_EV_RELEASED] = { CM_ST_RELEASE_IND, nothing }, /* INCLOSE-19; told by the caller */
		[CM_EV_GONE] = { CM_ST_RELEASE_IND_GONE, nothing },
		[CM_EV_NOT_ACTIVATED] = { CM_ST_RELEASE_IND, tell_unactivated }, /* INCLOSE-2 */
	},
	[CM_ST_ACTIVATING] = {
		[CM_EV_ACTIVATED] = { CM_ST_ANSWERED, answer_network },
		[CM_EV_NOT_ACTIVATED] = { CM_ST_RELEASE_IND, tell_unactivated },
		[CM_EV_CLOSE] = { CM_ST_RELEASING, release_network },
		[CM_EV_RELEASED] = { CM_ST_RELEASE_IND, nothing },
		[CM_EV_GONE] = { CM_ST_RELEASE_IND_GONE, nothing },
	},
	[CM_ST_ANSWERED] = {
		[CM_EV_CONNECTED] = { CM_ST_UP, connect_client },
		[CM_EV_CLOSE] = { CM_ST_RELEASING, release_network },
		[CM_EV_RELEASED] = { CM_ST_RELEASE_IND, nothing }, /* INCALL-8 */
		[CM_EV_GONE] = { CM_ST_RELEASE_IND_GONE, nothing },
	},
	[CM_ST_REFUSING] = {
		[CM_EV_CLEARED] = { CM_ST_IDLE, refused },
		[CM_EV_GONE] = { CM_ST_IDLE, refused },
	},
	[CM_ST_UP] = {
		[CM_EV_CLOSE] = { CM_ST_RELEASING, release_network },
		[CM_EV_RELEASED] = { CM_ST_RELEASE_IND, nothing },
		[CM_EV_GONE] = { CM_ST_RELEASE_IND_GONE, nothing },
		[CM_EV_NOT_ACTIVATED] = { CM_ST_RELEASE_IND, tell_unactivated }, /* QOS-8 */
	},
	[CM_ST_RELEASE_IND] = {
		[CM_EV_CLOSE] = { CM_ST_RELEASING, answer_release }, /* INCLOSE-8 */
		[CM_EV_RELEASED] = { CM_ST_RELEASE_IND, nothing },
		[CM_EV_GONE] = { CM_ST_RELEASE_IND_GONE, nothing },
		[CM_EV_ACTIVATED] = { CM_ST_RELEASE_IND, nothing },
		[CM_EV_NOT_ACTIVATED] = { CM_ST_RELEASE_IND, nothing },
	},
	[CM_ST_RELEASE_IND_GONE] = {
		[CM_EV_CLOSE] = { CM_ST_DRAINING, finish_gone }, /* INCLOSE-9 */
		[CM_EV_ACTIVATED] = { CM_ST_RELEASE_IND_GONE, nothing },
		[CM_EV_NOT_ACTIVATED] = { CM_ST_RELEASE_IND_GONE, nothing },
	},
	[CM_ST_RELEASING] = {
		[CM_EV_ACTIVATED] = { CM_ST_RELEASING, nothing },
		[CM_EV_NOT_ACTIVATED] = { CM_ST_RELEASING, nothing },
		[CM_EV_CLEARED] = { CM_ST_DRAINING, finish },
		[CM_EV_GONE] = { CM_ST_DRAINING, finish }, /* RACE-1: the client is not told */
	},
	[CM_ST_DRAINING] = {
		[CM_EV_ACTIVATED] = { CM_ST_DRAINING, deactivate },
		[CM_EV_NOT_ACTIVATED] = { CM_ST_DRAINING, deactivate },
		[CM_EV_DEACTIVATED] = { CM_ST_IDLE, drained },
	},
	[CM_ST_RELEASED] = {
		[CM_EV_ACTIVATED] = { CM_ST_RELEASED, deactivate },
		[CM_EV_NOT_ACTIVATED] = { CM_ST_RELEASED, deactivate },
		[CM_EV_DEACTIVATED] = { CM_ST_IDLE, deactivated },
	},
	[CM_ST_LEAF_DRAINING] = {
		[CM_EV_ACTIVATED] = { CM_ST_LEAF_DRAINING, deactivate },
		[CM_EV_NOT_ACTIVATED] = { CM_ST_LEAF_DRAINING, deactivate },
		[CM_EV_GONE] = { CM_ST_LEAF_DRAINING, nothing },
		[CM_EV_DEACTIVATED] = { CM_ST_LEAF_ANSWERING, answer_leaf },
	},
	[CM_ST_LEAF_ANSWERING] = {
		[CM_EV_CLEARED] = { CM_ST_IDLE, drained },
		[CM_EV_GONE] = { CM_ST_IDLE, drained },
	},
};
/* clang-format on */

bool
cm_accepts(const struct cm_vc *v, enum cm_event event)
{
	return cm_fsm[v->state][event].act != NULL;
}

/* What ends @p v with an event of the client's, or has ended it before. */
static inline uint8_t
cause_with(const struct cm_vc *v, enum cm_event event)
{
	return event == CM_EV_REFUSE || event == CM_EV_CLOSE ? v->refusal : v->cause;
}

/* An event is about to take @p v to @p after. */
static inline void
record(struct callmgr *cm, const struct cm_vc *v, enum cm_event event, uint8_t after)
{
	struct uni_trace *t = uni_recorder_put(&cm->env->recorder);

	t->time_ns = cm->env->now_ns;
	t->call = v->call;
	t->vc = v->vc;
	t->reference = 0;
	t->label = v->label;
	t->endpoint = UNI_TRACE_NO_ENDPOINT;
	t->link = cm->idx;
	t->kind = CALLMGR_TRACE_EVENT;
	t->what = (uint8_t)event;
	t->before = v->state;
	t->after = after;
	t->cause = cause_with(v, event);
}

void
cm_event(struct callmgr *cm, struct cm_vc *v, enum cm_event event)
{
	const struct cm_row *row = &cm_fsm[v->state][event];

	if (row->act == NULL) {
		cm->env->unexpected[v->state][event]++;
		return;
	}
	if (cm->env->recorder.next != NULL)
		record(cm, v, event, row->next);
	v->state = (uint8_t)row->next;
	row->act(cm, v);
}
