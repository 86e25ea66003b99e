/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "appliance_priv.h"
#include "callmgr/trace.h"
#include "uni/cause.h"

/*
 * Calls with a log level of their own. What happens to them is in the flight recorder already, so
 * it is read there, behind the control loop's other work, and only while such a call is there.
 */

#define LOOKS_A_TURN 512 /* entries of half a cache line each, in a row */

static bool
is_ordinary(uint8_t cause)
{
	return cause == 0 || cause == UNI_CAUSE_NORMAL || cause == UNI_CAUSE_UNSPECIFIED;
}

/* Trouble, where a call comes up or ends, messages, and all the rest. */
static enum cp_log_level
level_of(const struct uni_trace *t)
{
	bool moved = t->before != t->after;

	if (t->kind == CALLMGR_TRACE_TIMER || !is_ordinary(t->cause))
		return CP_LOG_WARN;
	if (t->kind == CALLMGR_TRACE_EVENT)
		return CP_LOG_DEBUG;
	return moved && (t->after == UNI_ST_ACTIVE || t->after == UNI_ST_NULL) ? CP_LOG_NOTICE
									       : CP_LOG_INFO;
}

static const char *
verb_of(const struct uni_trace *t)
{
	static const char *const verbs[CALLMGR_TRACE_COUNT] = {
		[CALLMGR_TRACE_SENT] = "sent ",
		[CALLMGR_TRACE_RECEIVED] = "received ",
		[CALLMGR_TRACE_TIMER] = "expired: ",
		[CALLMGR_TRACE_EVENT] = "",
	};

	return verbs[t->kind];
}

static void
log_entry(const struct appliance *a, const struct appliance_logged *l, const struct uni_trace *t)
{
	const struct callmgr *cm = callmgr_trace_callmgr(a->env, t);
	char what[32], why[96] = "";

	callmgr_trace_name(t, what, sizeof(what));
	if (t->cause != 0)
		snprintf(why, sizeof(why), ", cause %u, %s", t->cause, uni_cause_name(t->cause));
	cp_log_up_to(l->level, level_of(t), "call %u, trunk %s: %s%s, %s > %s%s", l->vc,
		cm != NULL ? callmgr_name(cm) : "-", verb_of(t), what,
		callmgr_trace_state(a->env, t, t->before), callmgr_trace_state(a->env, t, t->after),
		why);
}

/* A VC's events tell which of call control's calls is its own. */
static bool
is_of(struct appliance_logged *l, const struct uni_trace *t)
{
	if (t->vc == l->vc && t->call != 0)
		l->call = t->call;
	return t->vc == l->vc || (t->call != 0 && t->call == l->call);
}

static void
look_at(struct appliance *a, const struct uni_trace *t)
{
	struct appliance_logged *l;

	for (l = a->logged; l < a->logged + APPLIANCE_MAX_LOGGED; l++)
		if (l->vc != CO_NONE && is_of(l, t))
			log_entry(a, l, t);
}

static void
forget(struct appliance *a, struct appliance_logged *l)
{
	*l = (struct appliance_logged){ .vc = CO_NONE };
	a->n_logged--;
}

/* All that there is of them has been logged. */
static void
forget_those_over(struct appliance *a)
{
	struct appliance_logged *l;

	for (l = a->logged; l < a->logged + APPLIANCE_MAX_LOGGED; l++) {
		if (l->vc == CO_NONE || co_vc_call_state(a->co, l->vc) != CO_CALL_IDLE)
			continue;
		cp_log_up_to(l->level, CP_LOG_NOTICE, "call %u is over", l->vc);
		forget(a, l);
	}
}

void
appliance_call_log_turn(struct appliance *a)
{
	uint64_t end, begin;
	uint32_t n;

	if (a->n_logged == 0)
		return;
	end = callmgr_trace_end(a->env);
	begin = callmgr_trace_begin(a->env);
	if (a->logged_to < begin) {
		cp_log(CP_LOG_WARN,
			"%" PRIu64 " messages and events went by unseen, some of calls "
			"that are logged perhaps",
			begin - a->logged_to);
		a->logged_to = begin;
	}
	for (n = 0; n < LOOKS_A_TURN && a->logged_to < end; n++)
		look_at(a, callmgr_trace_at(a->env, a->logged_to++));
	if (a->logged_to == end)
		forget_those_over(a);
}

/* ---- What is asked for. ---- */

/* With CO_NONE: one that is free. */
static struct appliance_logged *
find(struct appliance *a, co_vc_t vc)
{
	struct appliance_logged *l;

	for (l = a->logged; l < a->logged + APPLIANCE_MAX_LOGGED; l++)
		if (l->vc == vc)
			return l;
	return NULL;
}

static void
refuse(struct query *q, int err, const char *what)
{
	q->error = err;
	snprintf(q->message, sizeof(q->message), "call %u: %s", q->args.id, what);
}

void
query_log_call(struct appliance *a, struct query *q, enum cp_log_level level)
{
	struct appliance_logged *l = find(a, q->args.id);
	struct co_vc_info info;

	if (a->config->n_traces == 0) {
		refuse(q, -ENODATA,
			"nothing is recorded of it; mend: limits: {traces: 65536} in the "
			"configuration");
		return;
	}
	if (co_vc_query(a->co, q->args.id, &info) != CO_STATUS_SUCCESS ||
		info.call_state == CO_CALL_IDLE) {
		refuse(q, -ENOENT, "there is no such call; mend: see callctl calls");
		return;
	}
	if (l == NULL)
		l = find(a, CO_NONE);
	if (l == NULL) {
		refuse(q, -EBUSY,
			"8 calls are logged already; mend: callctl log error --call for one of "
			"them");
		return;
	}
	if (a->n_logged == 0)
		a->logged_to = callmgr_trace_end(a->env);
	a->n_logged += l->vc == CO_NONE;
	*l = (struct appliance_logged){
		.vc = q->args.id, .call = callmgr_vc_call(a->env, info.cm_ctx), .level = level
	};
	if (level ==
		CP_LOG_ERR) /* nothing of a call is an error: it has none of its own any more */
		forget(a, l);
}
