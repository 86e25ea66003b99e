/* SPDX-License-Identifier: BSD-3-Clause */
#include "callmgr/trace.h"

#include <errno.h>
#include <stdio.h>

#include "callmgr_priv.h"
#include "uni/codec.h"

int
cm_trace_init(struct uni_recorder *r, uint32_t n, const struct cp_mem *mem)
{
	if (n == 0)
		return 0;
	r->entries = cp_mem_alloc(mem, n * sizeof(*r->entries), "recorder");
	if (r->entries == NULL)
		return -ENOMEM;
	r->next = r->entries;
	r->limit = r->entries + n;
	return 0;
}

void
cm_trace_fini(struct uni_recorder *r, const struct cp_mem *mem)
{
	cp_mem_free(mem, r->entries);
}

uint64_t
callmgr_trace_end(const struct callmgr_env *env)
{
	return uni_recorder_end(&env->recorder);
}

uint64_t
callmgr_trace_begin(const struct callmgr_env *env)
{
	return uni_recorder_begin(&env->recorder);
}

const struct uni_trace *
callmgr_trace_at(const struct callmgr_env *env, uint64_t number)
{
	if (number < callmgr_trace_begin(env) || number >= callmgr_trace_end(env))
		return NULL;
	return uni_recorder_at(&env->recorder, number);
}

const struct callmgr *
callmgr_trace_callmgr(const struct callmgr_env *env, const struct uni_trace *t)
{
	return t->link < CM_MAX_CALLMGRS ? env->callmgrs[t->link] : NULL;
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
callmgr_trace_name(const struct uni_trace *t, char *out, size_t size)
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
callmgr_trace_state(const struct callmgr_env *env, const struct uni_trace *t, uint8_t state)
{
	const struct callmgr *cm = callmgr_trace_callmgr(env, t);

	if (t->kind == CALLMGR_TRACE_EVENT)
		return vc_state_name(state);
	if (state == UNI_TRACE_NONE || cm == NULL)
		return "-";
	if (t->reference & UNI_TRACE_F_PARTY)
		return uni_party_state_name((enum uni_party_state)state);
	return uni_call_state_name(uni_link_role(cm->link), (enum uni_call_state)state);
}
