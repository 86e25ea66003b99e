/* SPDX-License-Identifier: BSD-3-Clause */
#include "callmgr_priv.h"
#include "uni/clearing.h"

/*
 * Parties of a call whose root is a client here: contract 2.4, 4.7, 4.8, 4.11, sequences 5.3, 5.5.
 * A party has a little table of its own. Who leaves while others stay is shown as an incoming drop,
 * the last one as an incoming close (INCLOSE-15): so a party that has left is judged when none of
 * the others can still make a difference (RACE-14).
 */

typedef void (*party_action)(struct callmgr *cm, struct cm_party *p);

struct party_row {
	enum cm_party_state next;
	party_action act; /* NULL: no cell, the event is out of place here. */
};

static void settle(struct callmgr *cm, uint32_t vc, uint32_t first, struct co_data data);

static const struct co_data no_data = { NULL, 0 };
static const struct uni_elements none = { NULL, 0 };

/* ---- Records. ---- */

static uint32_t
handle_of(const struct callmgr *cm, const struct cm_party *p)
{
	const struct cp_pool *pool = &cm->env->parties;

	return cp_pool_handle_of(
		pool, (uint32_t)(((const uint8_t *)p - pool->records) / sizeof(*p)));
}

struct cm_party *
cm_party_new(struct callmgr *cm, uint32_t vc, co_party_t party, uint32_t *handle)
{
	struct cm_vc *v = cm_vc_at(cm->env, vc);
	struct cm_party *p, *next;

	*handle = cp_pool_get(&cm->env->parties);
	p = cp_pool_at(&cm->env->parties, *handle);
	if (p == NULL)
		return NULL;
	p->state = CM_PT_JOINING;
	p->party = party;
	p->vc = vc;
	p->next = v->party;
	next = cp_pool_at(&cm->env->parties, v->party);
	if (next != NULL)
		next->prev = *handle;
	v->party = *handle;
	return p;
}

void
cm_party_free(struct callmgr *cm, struct cm_party *p)
{
	struct cp_pool *pool = &cm->env->parties;
	struct cm_party *prev = cp_pool_at(pool, p->prev), *next = cp_pool_at(pool, p->next);

	if (prev != NULL)
		prev->next = p->next;
	else
		cm_vc_at(cm->env, p->vc)->party = p->next;
	if (next != NULL)
		next->prev = p->prev;
	cp_pool_put(pool, handle_of(cm, p));
}

void
cm_parties_end(struct callmgr *cm, struct cm_vc *v)
{
	struct cm_party *p;

	while ((p = cp_pool_at(&cm->env->parties, v->party)) != NULL)
		cm_party_free(cm, p);
	v->party = CP_HANDLE_NONE;
	v->group = 0;
	v->flags &= (uint8_t)~CM_F_ROOT;
}

/* So that a chain of drops need not look for those that have left: mostly there are none. */
static void
enter(struct callmgr *cm, struct cm_party *p, enum cm_party_state state)
{
	struct cm_vc *v = cm_vc_at(cm->env, p->vc);

	v->group += (state == CM_PT_LEAVING) - (p->state == CM_PT_LEAVING);
	p->state = (uint8_t)state;
}

void
cm_parties_made(struct callmgr *cm, struct cm_vc *v)
{
	struct cm_party *p = cp_pool_at(&cm->env->parties, v->party);

	p->state = CM_PT_JOINED; /* it is alone: others are added to a call that is up */
}

/* ---- What the cells do. ---- */

static void
nothing(struct callmgr *cm, struct cm_party *p)
{
	(void)cm;
	(void)p;
}

/* ADD-3: the call's rates are those of all parties. */
static void
reset_rates(struct callmgr *cm, const struct cm_vc *v, struct co_call_params *params)
{
	struct uni_call_info info;
	struct uni_rates asked;

	if (uni_call_query(cm->env->uni, v->call, &info) != 0)
		return;
	cm_rates_from_params(cm, params, &asked);
	if (asked.fwd_peak == info.rates.fwd_peak)
		return;
	cm_flows_from_rates(cm, &info.rates, true, &params->tx, &params->rx);
	params->rx = (struct co_flowspec){ 0 };
	params->flags |= CO_CALL_F_CHANGED;
}

static void
add_succeeds(struct callmgr *cm, struct cm_party *p)
{
	struct co_call_params *params = p->params;
	uint32_t vc = p->vc;

	p->params = NULL;
	params->cause = 0;
	reset_rates(cm, cm_vc_at(cm->env, vc), params);
	cm->flavour->add_party_complete(cm->env->co, p->party, CO_STATUS_SUCCESS, params);
	settle(cm, vc, CP_HANDLE_NONE, no_data);
}

/* ADD-6 */
static void
add_fails(struct callmgr *cm, struct cm_party *p)
{
	struct co_call_params *params = p->params;
	co_party_t party = p->party;
	uint8_t cause = p->cause;
	uint32_t vc = p->vc;

	cm_party_free(cm, p);
	params->cause = cause;
	cm->flavour->add_party_complete(cm->env->co, party, cm_status_of_cause(cause), params);
	settle(cm, vc, CP_HANDLE_NONE, no_data);
}

/* SIG-P13 while it was joining: there is an answer to be given, and nobody waits for its end. */
static void
leave_unjoined(struct callmgr *cm, struct cm_party *p)
{
	uni_party_t net = p->net;

	if (p->params == NULL)
		return; /* the first one: its end is the call's, which comes as well */
	add_fails(cm, p);
	if (net != 0)
		uni_party_drop(cm->env->uni, net, UNI_CAUSE_UNSPECIFIED, NULL, 0, cm->env->now_ns);
}

/* DROP-9: the record goes with the drop. */
static void
drop_done(struct callmgr *cm, struct cm_party *p)
{
	co_party_t party = p->party;
	uint32_t vc = p->vc;

	cm_party_free(cm, p);
	cm->flavour->drop_party_complete(cm->env->co, party, CO_STATUS_SUCCESS);
	settle(cm, vc, CP_HANDLE_NONE, no_data);
}

/* DROP-7, or the answer that SIG-P14 awaits. One that is gone needs no word to the network. */
static void
drop_network(struct callmgr *cm, struct cm_party *p)
{
	uint32_t handle = handle_of(cm, p);
	int err = -1;

	if (p->net != 0)
		err = cm_net_drop(cm, p->net, p->cause, (struct co_data){ p->data, p->data_size });
	p = cp_pool_at(&cm->env->parties, handle);
	if (err != 0 && p != NULL && p->state == CM_PT_DROPPING)
		drop_done(cm, p);
}

/* clang-format off */
static const struct party_row party_fsm[CM_PT_COUNT][CM_PE_COUNT] = {
	[CM_PT_JOINING] = {
		[CM_PE_ADDED] = { CM_PT_JOINED, add_succeeds },
		[CM_PE_REFUSED] = { CM_PT_JOINING, add_fails },
		[CM_PE_LEFT] = { CM_PT_JOINING, leave_unjoined },
	},
	[CM_PT_JOINED] = {
		[CM_PE_LEFT] = { CM_PT_LEAVING, nothing }, /* settled by the caller */
		[CM_PE_DROP] = { CM_PT_DROPPING, drop_network },
	},
	[CM_PT_LEAVING] = {
		[CM_PE_LEFT] = { CM_PT_LEAVING, nothing },
		[CM_PE_DROP] = { CM_PT_DROPPING, drop_network },
	},
	[CM_PT_LEFT] = {
		[CM_PE_LEFT] = { CM_PT_LEFT, nothing },
		[CM_PE_DROP] = { CM_PT_DROPPING, drop_network }, /* INDROP-4 */
	},
	[CM_PT_DROPPING] = {
		[CM_PE_LEFT] = { CM_PT_DROPPING, drop_done }, /* RACE-13 */
		[CM_PE_DROPPED] = { CM_PT_DROPPING, drop_done },
	},
};
/* clang-format on */

static bool
party_event(struct callmgr *cm, struct cm_party *p, enum cm_party_event event)
{
	const struct party_row *row = &party_fsm[p->state][event];

	if (row->act == NULL) {
		cm->env->unexpected_of_party++;
		return false;
	}
	enter(cm, p, row->next);
	row->act(cm, p);
	return true;
}

/* ---- Those that have left. ---- */

struct counts {
	uint32_t n_joined, n_pending;
	uint32_t leaving; /* one of those to be judged */
};

/* @p first goes before the others: what came with its end is still at hand. */
static struct counts
count(const struct callmgr *cm, const struct cm_vc *v, uint32_t first)
{
	struct counts n = { 0, 0, CP_HANDLE_NONE };
	const struct cm_party *p;
	uint32_t handle;

	for (handle = v->party; (p = cp_pool_at(&cm->env->parties, handle)) != NULL;
		handle = p->next) {
		n.n_joined += p->state == CM_PT_JOINED;
		n.n_pending += p->state == CM_PT_JOINING || p->state == CM_PT_DROPPING;
		if (p->state == CM_PT_LEAVING && (n.leaving == CP_HANDLE_NONE || handle == first))
			n.leaving = handle;
	}
	return n;
}

/* Drop data is at hand for @p first only; of one that had to wait the cause is left. */
static void
tell(struct callmgr *cm, uint32_t vc, uint32_t handle, bool is_last, struct co_data data)
{
	struct cm_party *p = cp_pool_at(&cm->env->parties, handle);
	enum co_status reason = cm_reason_of_cause(p->cause);
	struct cm_vc *v = cm_vc_at(cm->env, vc);
	uint8_t cause = p->cause;

	if (data.size == 0)
		data = (struct co_data){ &cause, 1 };
	if (!is_last) {
		enter(cm, p, CM_PT_LEFT);
		cm->flavour->dispatch_incoming_drop_party(cm->env->co, p->party, reason, data);
		return;
	}
	cm_event(cm, v, CM_EV_RELEASED); /* what is owed now is the end of the call */
	cm->flavour->dispatch_incoming_close_call(cm->env->co, v->vc, reason, data);
}

/* Each handler may change everything: after it all is counted anew. */
static void
settle(struct callmgr *cm, uint32_t vc, uint32_t first, struct co_data data)
{
	struct cm_vc *v;
	struct counts n;

	while ((v = cm_vc_at(cm->env, vc)) != NULL && v->state == CM_ST_UP &&
		(v->flags & CM_F_ROOT) && v->group > 0) {
		n = count(cm, v, first);
		if (n.leaving == CP_HANDLE_NONE || (n.n_joined == 0 && n.n_pending > 0))
			return;
		tell(cm, vc, n.leaving, n.n_joined == 0, n.leaving == first ? data : no_data);
	}
}

/* ---- From the broker. ---- */

enum co_status
callmgr_add_party(void *arg, co_ctx_t vc_ctx, struct co_call_params *params, co_party_t party,
	co_ctx_t *party_ctx)
{
	struct callmgr *cm = arg;
	struct cm_vc *v = cm_vc_at(cm->env, vc_ctx);
	const struct uni_elements asked = { params->elements, params->elements_size };
	struct uni_setup setup;
	struct cm_party *p;
	uint32_t handle;
	int err;

	if (v == NULL || v->state != CM_ST_UP || !(v->flags & CM_F_ROOT))
		return CO_STATUS_FAILURE;
	p = cm_party_new(cm, cm_vc_handle(cm->env, v), party, &handle);
	if (p == NULL)
		return CO_STATUS_RESOURCES;
	p->params = params;
	*party_ctx = handle;
	cm_setup_from_params(cm, params, &setup);
	cm_params_set_came(params, &none); /* until something has */
	err = uni_party_add(
		cm->env->uni, v->call, &setup, CM_COOKIE_PARTY | handle, cm->env->now_ns, &p->net);
	if (err == 0)
		return CO_STATUS_PENDING;
	cm_party_free(cm, p);
	cm_params_set_came(params, &asked);
	return cm_status_of_errno(err, &params->cause);
}

enum co_status
callmgr_drop_party(void *arg, co_ctx_t party_ctx, struct co_data data)
{
	struct callmgr *cm = arg;
	struct cm_party *p = cp_pool_at(&cm->env->parties, (uint32_t)party_ctx);

	if (p == NULL || p->state == CM_PT_JOINING || p->state == CM_PT_DROPPING)
		return CO_STATUS_FAILURE;
	if (!cm_data_take(cm, data, UNI_CAUSE_NORMAL, &p->cause))
		return CO_STATUS_INVALID_DATA; /* DROP-8 */
	p->data = data.octets;
	p->data_size = (uint8_t)data.size;
	party_event(cm, p, CM_PE_DROP);
	return CO_STATUS_PENDING; /* it may be complete by now: legal, ASYNC-4 */
}

/* ---- From call control. ---- */

static struct cm_party *
party_at(const struct callmgr *cm, uint32_t handle, uni_party_t net)
{
	struct cm_party *p = cp_pool_at(&cm->env->parties, handle);

	return p != NULL && p->net == net ? p : NULL; /* I9 */
}

void
cm_party_added(
	struct callmgr *cm, uint32_t handle, uni_party_t net, const struct uni_elements *came)
{
	struct cm_party *p = party_at(cm, handle, net);

	if (p == NULL)
		return;
	if (p->params != NULL)
		cm_params_set_came(p->params, came);
	party_event(cm, p, CM_PE_ADDED);
}

/* What add_party is to fail with; @p octets has UNI_MAX_CLEARING. */
static void
set_why(struct cm_party *p, const struct uni_release *release, uint8_t *octets)
{
	const struct uni_elements came = { octets, uni_clearing_encode(octets, release) };

	cm_params_set_came(p->params, &came);
}

void
cm_party_refused(
	struct callmgr *cm, uint32_t handle, uni_party_t net, const struct uni_release *release)
{
	uint8_t octets[UNI_MAX_CLEARING];
	struct cm_party *p = party_at(cm, handle, net);

	if (p == NULL)
		return;
	p->net = 0;
	p->cause = release->cause;
	if (p->params == NULL) /* it is the first one's: make_call fails with the call */
		return;
	set_why(p, release, octets);
	party_event(cm, p, CM_PE_REFUSED);
}

/* The end of each party is told before the end of the call: of those the client hears by that. */
static bool
call_ends(const struct callmgr *cm, uint32_t vc)
{
	const struct cm_vc *v = cm_vc_at(cm->env, vc);
	struct uni_call_info info;

	return uni_call_query(cm->env->uni, v->call, &info) != 0 || info.state == UNI_ST_NULL ||
	       info.state == UNI_ST_RELEASE_REQUEST || info.state == UNI_ST_RELEASE_INDICATION;
}

void
cm_party_released(struct callmgr *cm, uint32_t handle, uni_party_t net,
	const struct uni_release *release, bool owed)
{
	uint8_t octets[CALLMGR_MAX_CLOSE_DATA], why[UNI_MAX_CLEARING];
	struct cm_party *p = party_at(cm, handle, net);
	uint32_t vc;

	if (p == NULL) {
		if (owed)
			uni_party_drop(
				cm->env->uni, net, UNI_CAUSE_UNSPECIFIED, NULL, 0, cm->env->now_ns);
		return;
	}
	vc = p->vc;
	if (!owed)
		p->net = 0;
	if (p->state != CM_PT_DROPPING)
		p->cause = release->cause;
	if (!owed && p->state != CM_PT_DROPPING && p->state != CM_PT_JOINING && call_ends(cm, vc))
		return;
	if (p->state == CM_PT_JOINING && p->params != NULL)
		set_why(p, release, why);
	if (party_event(cm, p, CM_PE_LEFT))
		settle(cm, vc, handle, callmgr_data_write(release, octets));
}

void
cm_party_dropped(struct callmgr *cm, uint32_t handle, uni_party_t net)
{
	struct cm_party *p = party_at(cm, handle, net);

	if (p == NULL)
		return;
	p->net = 0;
	party_event(cm, p, CM_PE_DROPPED);
}
