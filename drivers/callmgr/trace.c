/* SPDX-License-Identifier: BSD-3-Clause */
#include "callmgr/trace.h"

#include <errno.h>
#include <stdio.h>

#include "callmgr_priv.h"
#include "uni/codec.h"

int
cm_trace_init(struct cm_recorder *r, uint32_t n, const struct cp_mem *mem)
{
	if (n == 0)
		return 0;
	r->entries = cp_mem_alloc(mem, n * sizeof(*r->entries), "recorder");
	if (r->entries == NULL)
		return -ENOMEM;
	r->n = n;
	return 0;
}

void
cm_trace_fini(struct cm_recorder *r, const struct cp_mem *mem)
{
	cp_mem_free(mem, r->entries);
}

/* ---- Writing. ---- */

static struct callmgr_trace *
next_entry(struct cm_recorder *r)
{
	struct callmgr_trace *t = &r->entries[r->at];

	r->at = r->at + 1 < r->n ? r->at + 1 : 0;
	r->end++;
	return t;
}

void
cm_trace_event(struct callmgr *cm, const struct cm_vc *v, enum cm_event event, enum cm_state after)
{
	*next_entry(&cm->env->recorder) = (struct callmgr_trace){
		.time_ns = cm->env->now_ns,
		.call = v->call,
		.vc = v->vc,
		.label = v->label != UNI_LABEL_NONE ? v->label : 0,
		.callmgr = cm->idx,
		.endpoint = UNI_TRACE_NO_ENDPOINT,
		.kind = CALLMGR_TRACE_EVENT,
		.what = (uint8_t)event,
		.before = v->state,
		.after = (uint8_t)after,
		.cause = event == CM_EV_REFUSE || event == CM_EV_CLOSE ? v->refusal : v->cause,
	};
}

static uint8_t
flags_of(const struct uni_trace *what)
{
	return (uint8_t)((what->ours ? CALLMGR_TRACE_F_OURS : 0) |
			 (what->party ? CALLMGR_TRACE_F_PARTY : 0) |
			 (what->again ? CALLMGR_TRACE_F_AGAIN : 0));
}

void
cm_trace_message(void *arg, const struct uni_trace *what, uint64_t now_ns)
{
	static const uint8_t kinds[UNI_TRACE_COUNT] = {
		[UNI_TRACE_SENT] = CALLMGR_TRACE_SENT,
		[UNI_TRACE_RECEIVED] = CALLMGR_TRACE_RECEIVED,
		[UNI_TRACE_EXPIRED] = CALLMGR_TRACE_TIMER,
	};
	struct callmgr *cm = arg;

	*next_entry(&cm->env->recorder) = (struct callmgr_trace){
		.time_ns = now_ns,
		.call = what->call,
		.vc = CO_NONE,
		.reference = what->reference,
		.flags = flags_of(what),
		.label = what->label != UNI_LABEL_NONE ? what->label : 0,
		.callmgr = cm->idx,
		.endpoint = what->endpoint,
		.kind = kinds[what->kind],
		.what = what->what,
		.before = what->before,
		.after = what->after,
		.cause = what->cause,
	};
}

/* ---- Reading. ---- */

uint64_t
callmgr_trace_end(const struct callmgr_env *env)
{
	return env->recorder.end;
}

uint64_t
callmgr_trace_begin(const struct callmgr_env *env)
{
	const struct cm_recorder *r = &env->recorder;

	return r->end > r->n ? r->end - r->n : 0;
}

const struct callmgr_trace *
callmgr_trace_at(const struct callmgr_env *env, uint64_t number)
{
	if (number < callmgr_trace_begin(env) || number >= callmgr_trace_end(env))
		return NULL;
	return &env->recorder.entries[number % env->recorder.n];
}

const struct callmgr *
callmgr_trace_callmgr(const struct callmgr_env *env, const struct callmgr_trace *t)
{
	return t->callmgr < CM_MAX_CALLMGRS ? env->callmgrs[t->callmgr] : NULL;
}

static const char *
event_name(uint8_t event)
{
	static const char *const names[CM_EV_COUNT] = {
		[CM_EV_MAKE] = "make_call",
		[CM_EV_MAKE_PVC] = "make_call of a PVC",
		[CM_EV_OFFER] = "incoming_call",
		[CM_EV_ACCEPT] = "incoming_call accepted",
		[CM_EV_REFUSE] = "incoming_call refused",
		[CM_EV_CLOSE] = "close_call",
		[CM_EV_CONNECTED] = "connected",
		[CM_EV_RELEASED] = "released, to be answered",
		[CM_EV_GONE] = "released",
		[CM_EV_CLEARED] = "cleared",
		[CM_EV_ACTIVATED] = "activate_vc complete",
		[CM_EV_NOT_ACTIVATED] = "activate_vc failed",
		[CM_EV_DEACTIVATED] = "deactivate_vc complete",
	};

	return event < CM_EV_COUNT ? names[event] : "?";
}

void
callmgr_trace_name(const struct callmgr_trace *t, char *out, size_t size)
{
	if (t->kind == CALLMGR_TRACE_EVENT)
		snprintf(out, size, "%s", event_name(t->what));
	else if (t->kind == CALLMGR_TRACE_TIMER && t->what == UNI_TRACE_ANSWER)
		snprintf(out, size, "time for an answer");
	else if (t->kind == CALLMGR_TRACE_TIMER)
		snprintf(out, size, "T%u", UNI_TRACE_TIMER_BASE + t->what);
	else
		snprintf(out, size, "%s", uni_msg_name(t->what));
}

static const char *
vc_state_name(uint8_t state)
{
	static const char *const names[CM_ST_COUNT] = {
		[CM_ST_IDLE] = "IDLE",
		[CM_ST_SETUP] = "SETUP",
		[CM_ST_SETUP_ACTIVATING] = "SETUP_ACTIVATING",
		[CM_ST_SETUP_CLEARING] = "SETUP_CLEARING",
		[CM_ST_SETUP_DRAINING] = "SETUP_DRAINING",
		[CM_ST_OFFERING] = "OFFERING",
		[CM_ST_ACTIVATING] = "ACTIVATING",
		[CM_ST_ANSWERED] = "ANSWERED",
		[CM_ST_REFUSING] = "REFUSING",
		[CM_ST_UP] = "UP",
		[CM_ST_RELEASE_IND] = "RELEASE_IND",
		[CM_ST_RELEASE_IND_GONE] = "RELEASE_IND_GONE",
		[CM_ST_RELEASING] = "RELEASING",
		[CM_ST_DRAINING] = "DRAINING",
		[CM_ST_RELEASED] = "RELEASED",
		[CM_ST_LEAF_DRAINING] = "LEAF_DRAINING",
		[CM_ST_LEAF_ANSWERING] = "LEAF_ANSWERING",
	};

	return state < CM_ST_COUNT ? names[state] : "?";
}

const char *
callmgr_trace_state(const struct callmgr_env *env, const struct callmgr_trace *t, uint8_t state)
{
	const struct callmgr *cm = callmgr_trace_callmgr(env, t);

	if (t->kind == CALLMGR_TRACE_EVENT)
		return vc_state_name(state);
	if (state == UNI_TRACE_NONE || cm == NULL)
		return "-";
	if (t->flags & CALLMGR_TRACE_F_PARTY)
		return uni_party_state_name((enum uni_party_state)state);
	return uni_call_state_name(uni_link_role(cm->link), (enum uni_call_state)state);
}
