/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "appliance_priv.h"
#include "callmgr/trace.h"
#include "uni/cause.h"

/*
 * What the flight recorder has of one call: first its number in call control is looked for,
 * backwards, since a VC and a call reference can have had several calls and the last one is meant;
 * then its entries are told in order. Both in slices, since the recorder is long.
 */

#define LOOKS_A_SLICE 2048 /* entries of half a cache line each, in a row */

static bool
fail(struct query *q, int err, const char *what)
{
	q->error = err;
	snprintf(q->message, sizeof(q->message), "%s", what);
	return false;
}

/* ---- What is of the call. ---- */

static bool
has_reference(const struct appliance *a, const struct query *q, const struct uni_trace *t)
{
	const struct query_trace_walk *w = &q->walk;

	return w->by_reference && t->kind != CALLMGR_TRACE_EVENT &&
	       (t->reference & UNI_TRACE_REFERENCE) == q->args.reference &&
	       callmgr_trace_callmgr(a->env, t) == a->trunks[w->trunk].callmgr;
}

/* An event without a call is of the one that the VC had before. */
static bool
is_of_vc(const struct query_trace_walk *w, const struct uni_trace *t)
{
	return w->vc != CO_NONE && t->vc == w->vc && t->call == 0 && (w->has_rows || w->call == 0);
}

static bool
belongs(const struct appliance *a, const struct query *q, const struct uni_trace *t)
{
	const struct query_trace_walk *w = &q->walk;

	if (t->call != 0)
		return t->call == w->call;
	return is_of_vc(w, t) || has_reference(a, q, t);
}

/* ---- Looking for the call. ---- */

static bool
begin_with_call(struct appliance *a, struct query *q)
{
	struct query_trace_walk *w = &q->walk;
	struct co_vc_info info;

	w->vc = q->args.id;
	if (co_vc_query(a->co, q->args.id, &info) == CO_STATUS_SUCCESS)
		w->call = callmgr_vc_call(a->env, info.cm_ctx);
	w->looking = w->call == 0;
	return true;
}

static bool
begin_with_reference(struct appliance *a, struct query *q)
{
	const struct appliance_trunk *trunk = appliance_trunk_named(a, q->args.trunk);

	if (trunk == NULL)
		return fail(q, -ENOENT, "there is no such trunk");
	q->walk.by_reference = true;
	q->walk.trunk = (uint32_t)(trunk - a->trunks);
	q->walk.looking = q->args.reference != 0; /* 0: what is of no call */
	return true;
}

static bool
begin(struct appliance *a, struct query *q)
{
	struct query_trace_walk *w = &q->walk;

	q->cursor = 1;
	*w = (struct query_trace_walk){ .begin = callmgr_trace_begin(a->env),
		.end = callmgr_trace_end(a->env) };
	w->seek = w->end;
	if (a->config->n_traces == 0)
		return fail(q, -ENODATA,
			"nothing is recorded; mend: limits: {traces: 65536} in the configuration");
	return q->args.id != 0 ? begin_with_call(a, q) : begin_with_reference(a, q);
}

/* One entry, from the last one on; the call that it names is the one. */
static void
look_at(const struct appliance *a, struct query *q, const struct uni_trace *t)
{
	struct query_trace_walk *w = &q->walk;
	bool is_vc = w->vc != CO_NONE && t->vc == w->vc;

	w->seen |= is_vc;
	if (t->call == 0 || !(is_vc || has_reference(a, q, t)))
		return;
	w->call = t->call;
	w->looking = false;
}

static bool
look(const struct appliance *a, struct query *q)
{
	struct query_trace_walk *w = &q->walk;
	const struct uni_trace *t;
	uint32_t n;

	for (n = 0; n < LOOKS_A_SLICE && w->looking; n++) {
		t = w->seek > w->begin ? callmgr_trace_at(a->env, w->seek - 1) : NULL;
		if (t == NULL) { /* a PVC has no number, nor what was refused at once */
			w->looking = false;
			if (w->vc != CO_NONE && !w->seen)
				return fail(q, -ENOENT,
					"there is no such call, nor was one lately; mend: see "
					"callctl calls, or "
					"raise limits: {traces: N}");
			break;
		}
		w->seek--;
		look_at(a, q, t);
	}
	return true;
}

/* ---- Telling it. ---- */

static const char *
kind_name(const struct uni_trace *t)
{
	static const char *const names[CALLMGR_TRACE_COUNT] = {
		[CALLMGR_TRACE_SENT] = "sent",
		[CALLMGR_TRACE_RECEIVED] = "received",
		[CALLMGR_TRACE_TIMER] = "timer",
		[CALLMGR_TRACE_EVENT] = "event",
	};

	return names[t->kind];
}

static void
tell(const struct appliance *a, struct query *q, const struct uni_trace *t)
{
	struct query_trace_row *row = &q->rows.traces[q->n_rows++];
	const struct callmgr *cm = callmgr_trace_callmgr(a->env, t);
	struct query_trace_walk *w = &q->walk;

	if (!w->has_rows)
		w->first_ns = t->time_ns;
	w->has_rows = true;
	memset(row, 0, sizeof(*row));
	row->time_s = (double)(t->time_ns - w->first_ns) / 1e9;
	row->age_s = (double)(a->now_ns - t->time_ns) / 1e9;
	snprintf(row->trunk, sizeof(row->trunk), "%s", cm != NULL ? callmgr_name(cm) : "-");
	snprintf(row->kind, sizeof(row->kind), "%s", kind_name(t));
	callmgr_trace_name(t, row->what, sizeof(row->what));
	snprintf(row->before, sizeof(row->before), "%s", callmgr_trace_state(a->env, t, t->before));
	snprintf(row->after, sizeof(row->after), "%s", callmgr_trace_state(a->env, t, t->after));
	row->cause = t->cause;
	if (t->cause != 0)
		snprintf(row->meaning, sizeof(row->meaning), "%s", uni_cause_name(t->cause));
	if (t->cause != 0 && t->kind == CALLMGR_TRACE_RECEIVED)
		snprintf(row->location, sizeof(row->location), "%s",
			uni_cause_location_name(uni_trace_location(t)));
	row->reference = t->reference & UNI_TRACE_REFERENCE;
	row->ours = (t->reference & UNI_TRACE_F_OURS) != 0;
	row->again = (t->reference & UNI_TRACE_F_AGAIN) != 0;
	if (t->endpoint != UNI_TRACE_NO_ENDPOINT)
		snprintf(row->endpoint, sizeof(row->endpoint), "%u", t->endpoint);
	row->label = t->label != UNI_LABEL_NONE ? t->label : 0;
	row->call = t->vc;
}

static void
tell_slice(const struct appliance *a, struct query *q, query_trace_fn tell_one)
{
	struct query_trace_walk *w = &q->walk;
	const struct uni_trace *t;
	uint32_t n;

	/* What was overwritten meanwhile is skipped. */
	if (w->begin < callmgr_trace_begin(a->env))
		w->begin = callmgr_trace_begin(a->env);
	for (n = 0; n < LOOKS_A_SLICE && q->n_rows < QUERY_SLOW_ROWS && w->begin < w->end; n++) {
		t = callmgr_trace_at(a->env, w->begin++);
		if (!belongs(a, q, t))
			continue;
		if (w->vc == CO_NONE)
			w->vc = t->vc;
		tell_one(a, q, t);
	}
	q->more = w->begin < w->end;
}

void
query_trace_walk(struct appliance *a, struct query *q, query_trace_fn tell_one)
{
	if (q->cursor == 0 && !begin(a, q))
		return;
	if (q->walk.looking)
		q->more = look(a, q);
	else
		tell_slice(a, q, tell_one);
}

void
query_trace(struct appliance *a, struct query *q)
{
	query_trace_walk(a, q, tell);
}
