/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "appliance_priv.h"
#include "callmgr/trace.h"
#include "uni/cause.h"
#include "uni/codec.h"

/*
 * Why a call ended, in one sentence, from what the flight recorder has of it: the first thing that
 * ended it counts, what follows is only how that is carried out.
 */

#define T303 303
#define T308 308
#define NO_LOCATION 0xffu

enum explain_end {
	END_NONE,
	END_RECEIVED, /* the other end, or the network, has said so */
	END_SENT,     /* we have */
	END_TIMER,    /* something was not answered in its time */
	END_SILENT,   /* nobody was told: with the link, by RESTART, or before anything was sent */
};

/* ---- What is seen. ---- */

static bool
is_clearing(uint8_t message)
{
	return message == UNI_MT_RELEASE || message == UNI_MT_RELEASE_COMPLETE;
}

static void
note_end(struct query_explain_notes *n, const struct uni_trace *t, enum explain_end end)
{
	n->end = (uint8_t)end;
	n->end_ns = t->time_ns;
	n->cause = t->cause;
	n->location = end == END_RECEIVED && t->cause != 0 ? uni_trace_location(t) : NO_LOCATION;
}

static void
note_message(struct query_explain_notes *n, const struct uni_trace *t)
{
	bool sent = t->kind == CALLMGR_TRACE_SENT;

	if (t->what == UNI_MT_SETUP) {
		n->n_setups += sent;
		n->came |= !sent;
	}
	if (n->end != END_NONE && n->end != END_SILENT)
		return;
	if (!sent)
		n->n_expired = 0; /* what it waited for has come after all */
	if (!is_clearing(t->what))
		return;
	/* A timer that has expired is why we say so. */
	note_end(n, t, !sent ? END_RECEIVED : n->n_expired != 0 ? END_TIMER : END_SENT);
}

static void
note_timer(struct query_explain_notes *n, const struct uni_trace *t)
{
	if (n->end != END_NONE) {
		n->unanswered |= t->what == T308 - UNI_TRACE_TIMER_BASE;
		return;
	}
	n->n_expired = n->timer == t->what ? n->n_expired + 1 : 1;
	n->timer = t->what;
}

/*
 * The call managers' events have the cause of a call that ends without a message; what a client
 * asks for is there before the message to which it leads.
 */
static void
note_event(struct query_explain_notes *n, const struct uni_trace *t)
{
	n->vc = t->vc;
	if (t->cause != 0 && n->end == END_NONE)
		note_end(n, t, n->n_expired != 0 ? END_TIMER : END_SILENT);
}

/* query_trace_fn */
static void
note(const struct appliance *a, struct query *q, const struct uni_trace *t)
{
	struct query_explain_notes *n = &q->notes;

	(void)a;
	if (n->first_ns == 0)
		n->first_ns = t->time_ns;
	n->callmgr = t->link;
	if (t->kind == CALLMGR_TRACE_EVENT) {
		note_event(n, t);
		return;
	}
	if (t->reference & UNI_TRACE_F_PARTY)
		return;
	if (n->up_ns == 0 && t->after == UNI_ST_ACTIVE)
		n->up_ns = t->time_ns;
	if (t->kind == CALLMGR_TRACE_TIMER)
		note_timer(n, t);
	else
		note_message(n, t);
}

/* ---- What is said. ---- */

struct text {
	char *to;
	size_t size, len;
};

__attribute__((format(printf, 2, 3))) static void
say(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(t->to + t->len, t->size - t->len, fmt, ap);
	va_end(ap);
	t->len = n >= 0 && (size_t)n < t->size - t->len ? t->len + (size_t)n : t->size - 1;
}

static double
seconds(uint64_t from_ns, uint64_t to_ns)
{
	return to_ns > from_ns ? (double)(to_ns - from_ns) / 1e9 : 0;
}

static void
say_how_it_is(struct text *t, const struct query_explain_notes *n, uint64_t now_ns)
{
	if (n->up_ns != 0)
		say(t, " is up for %.3f s", seconds(n->up_ns, now_ns));
	else if (n->came)
		say(t, " has been offered here for %.3f s, and nobody has answered it yet",
			seconds(n->first_ns, now_ns));
	else if (n->n_setups > 0)
		say(t, " waits for an answer: SETUP was sent %.3f s ago%s",
			seconds(n->first_ns, now_ns), n->n_setups > 1 ? ", and again" : "");
	else
		say(t, " began %.3f s ago, and nothing has been sent yet",
			seconds(n->first_ns, now_ns));
}

static void
say_timer(struct text *t, const struct query_explain_notes *n)
{
	const char *often = n->n_expired > 1 ? " twice" : "";

	if (n->timer == UNI_TRACE_ANSWER)
		say(t, " was given up: its client here did not answer in time");
	else
		say(t, " was given up: the other end did not answer in time, T%u expired%s",
			UNI_TRACE_TIMER_BASE + n->timer, often);
}

static void
say_silence(struct text *t, const struct query_explain_notes *n)
{
	if (n->n_setups == 0 && !n->came)
		say(t, " was refused here, before anything was sent");
	else if (n->cause == UNI_CAUSE_OUT_OF_ORDER)
		say(t, " ended with its signalling link, which was lost");
	else if (n->cause == UNI_CAUSE_TEMPORARY_FAILURE)
		say(t, " was cleared without a message of its own, as RESTART does");
	else
		say(t, " ended without a message");
}

static void
say_end(struct text *t, const struct query_explain_notes *n)
{
	bool up = n->up_ns != 0;

	switch ((enum explain_end)n->end) {
	case END_RECEIVED:
		say(t, up ? " was closed by the other end" : " was refused by the other end");
		break;
	case END_SENT:
		say(t, up         ? " was closed here"
			: n->came ? " was refused here"
				  : " was given up here");
		break;
	case END_TIMER:
		say_timer(t, n);
		break;
	case END_SILENT:
		say_silence(t, n);
		break;
	case END_NONE:
		break;
	}
	if (up)
		say(t, " after it was up for %.3f s", seconds(n->up_ns, n->end_ns));
	else
		say(t, ", %.3f s after it began", seconds(n->first_ns, n->end_ns));
}

static void
say_cause(struct text *t, const struct query_explain_notes *n)
{
	if (n->cause != 0)
		say(t, ": cause %u, %s", n->cause, uni_cause_name(n->cause));
	if (n->location != NO_LOCATION)
		say(t, " (said by: %s)", uni_cause_location_name(n->location));
	if (n->unanswered)
		say(t, "; RELEASE was not answered, T%u expired", T308);
}

/* What whoever runs the appliance can look at, by the value to act by. */
static const char *
mend_of(uint8_t cause)
{
	switch (uni_cause_effective(cause)) {
	case UNI_CAUSE_UNASSIGNED_NUMBER:
	case UNI_CAUSE_INVALID_NUMBER:
		return "see that the called address is that of an attachment or echo of the other "
		       "end";
	case UNI_CAUSE_INCOMPATIBLE_DESTINATION:
		return "nobody there takes calls to that address: add an attachment, an echo or a "
		       "route to the appliance that says so";
	case UNI_CAUSE_NO_ROUTE:
	case UNI_CAUSE_NO_ROUTE_TRANSIT:
		return "add the called address to the routes: of the appliance that says so";
	case UNI_CAUSE_USER_BUSY:
		return "the called attachment has a call, or has answer: busy";
	case UNI_CAUSE_NO_USER_RESPONDING:
	case UNI_CAUSE_NO_ANSWER:
	case UNI_CAUSE_TIMER:
		return "see what the other end has of it: callctl trace TRUNK:REFERENCE there";
	case UNI_CAUSE_OUT_OF_ORDER:
	case UNI_CAUSE_NETWORK_OUT_OF_ORDER:
		return "see the signalling links: callctl trunks";
	case UNI_CAUSE_RATE_NOT_AVAILABLE:
	case UNI_CAUSE_QOS_UNAVAILABLE:
		return "ask for less, or see what is reserved of the bandwidth: callctl trunks";
	case UNI_CAUSE_NO_VC:
	case UNI_CAUSE_VC_NOT_AVAILABLE:
	case UNI_CAUSE_VC_ASSIGNMENT:
		return "see how many labels are taken, and whether both ends have the same vpci: "
		       "callctl trunks";
	case UNI_CAUSE_NO_RESOURCE:
		return "see limits: in the configuration of the appliance that says so";
	case UNI_CAUSE_IE_MISSING:
	case UNI_CAUSE_IE_CONTENT:
	case UNI_CAUSE_MSG_STATE:
	case UNI_CAUSE_PROTOCOL_ERROR:
		return "see its messages: callctl trace, and callctl capture --signalling";
	default:
		return "";
	}
}

static const char *
outcome_of(const struct query_explain_notes *n)
{
	if (n->end == END_NONE)
		return n->up_ns != 0 ? "up" : "calling";
	return n->up_ns == 0 || n->end == END_TIMER || n->end == END_SILENT ? "failed" : "closed";
}

static const char *
ender_of(const struct query_explain_notes *n)
{
	if (n->end == END_NONE)
		return "";
	return n->end == END_RECEIVED ? "remote" : "local";
}

static void
explain(const struct appliance *a, struct query *q)
{
	const struct query_explain_notes *n = &q->notes;
	struct query_explain_row *row = &q->rows.explain[0];
	const struct uni_trace of = { .link = n->callmgr };
	const struct callmgr *cm = callmgr_trace_callmgr(a->env, &of);
	struct text text = { .to = row->sentence, .size = sizeof(row->sentence) };

	memset(row, 0, sizeof(*row));
	row->call = n->vc;
	snprintf(row->trunk, sizeof(row->trunk), "%s", cm != NULL ? callmgr_name(cm) : "-");
	snprintf(row->outcome, sizeof(row->outcome), "%s", outcome_of(n));
	snprintf(row->by, sizeof(row->by), "%s", ender_of(n));
	row->cause = n->cause;
	say(&text, "the call %s trunk %s", n->came ? "from" : "to", row->trunk);
	if (n->end == END_NONE) {
		say_how_it_is(&text, n, a->now_ns);
	} else {
		say_end(&text, n);
		say_cause(&text, n);
	}
	if (n->cause != 0)
		snprintf(row->meaning, sizeof(row->meaning), "%s", uni_cause_name(n->cause));
	if (n->location != NO_LOCATION)
		snprintf(row->location, sizeof(row->location), "%s",
			uni_cause_location_name(n->location));
	if (row->outcome[0] == 'f')
		snprintf(row->mend, sizeof(row->mend), "%s", mend_of(n->cause));
	q->n_rows = 1;
}

void
query_explain(struct appliance *a, struct query *q)
{
	if (q->cursor == 0)
		q->notes = (struct query_explain_notes){ .location = NO_LOCATION };
	if (q->args.id == 0 && q->args.reference == 0) { /* that is of no call */
		q->error = -EINVAL;
		snprintf(q->message, sizeof(q->message),
			"of a trunk's calls one is wanted; mend: give its reference, not 0");
		return;
	}
	query_trace_walk(a, q, note);
	if (q->error != 0 || q->more)
		return;
	if (q->notes.first_ns != 0) {
		explain(a, q);
		return;
	}
	q->error = -ENOENT;
	snprintf(q->message, sizeof(q->message),
		"nothing is recorded of it; mend: a larger limits: {traces: N} looks back further");
}
