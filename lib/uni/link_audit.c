/* SPDX-License-Identifier: BSD-3-Clause */
#include "uni/party_priv.h"

/*
 * The audit: after an outage, or when messages may have been lost, both ends of a link compare what
 * they have (SIG-98, SIG-100). It goes over the calls in slices, as far as there are enquiries
 * (SIG-95), beginning where it stood when another occasion comes: so each of a million calls gets
 * its turn even if the transport recovers every second. Where messages overtake each other the
 * audit itself has the transport recover, the faster it asks the sooner: so it slows down when it
 * is interrupted, and does not ask again about a call of which nothing was said since it was.
 *
 * What it does not settle it comes back to, slowly: a reference that is set aside until the peer
 * has shown that it is done with the call (SIG-122), and a call of which the two states differ.
 * Most of these are on their way, but a peer that is active while we have given up asking would be
 * for ever: no rule of section 12 ends that pair before this side has no call.
 */

#define VISITS_PER_ENQUIRY 4u /* passing a record by costs that much less than asking about it */
#define PACE (UNI_N_ENQUIRIES - UNI_ENQUIRIES_SPARED) /* enquiries outstanding */
#define SLOWEST 7u                                    /* one after the other */

static_assert(PACE >> SLOWEST == 1, "even the slowest audit comes to an end");

static bool
has_unsettled(const struct uni_link *l)
{
	return l->audit.n_doubts > 0 || l->n_set_aside > 0;
}

static void
begin(struct uni_link *l, bool all)
{
	struct uni_audit *a = &l->audit;

	uni_link_timer_stop(l, UNI_T_AUDIT);
	if (!a->running)
		a->label = (uint32_t)l->params.vpci_first << 16;
	a->running = true;
	a->all = all;
	a->n_calls = all || a->n_doubts > 0 ? l->u->calls.n_max : 0;
	a->n_labels = UNI_N_LABELS;
	a->n_asides = l->n_set_aside;
}

/* An audit that is interrupted goes on, but slower; another one begins afresh. */
static void
set_pace(struct uni_audit *a, uint32_t n_calls)
{
	if (!a->untold)
		a->n_first = n_calls;
	else if (a->slow < SLOWEST)
		a->slow++;
}

static struct uni_audit_result
counters(const struct uni_link *l)
{
	return (struct uni_audit_result){
		.n_asked = l->stats.enquiries,
		.n_cleared = l->stats.enquiries_cleared,
		.n_unanswered = l->stats.enquiries_unanswered,
		.n_proven = l->stats.labels_proven,
	};
}

/* All is answered: the next one may try to be faster. Runs a handler. */
static void
tell(struct uni_link *l, uint64_t now_ns)
{
	struct uni_audit_result result = counters(l);

	l->audit.untold = false;
	l->audit.slow -= l->audit.slow > 0;
	result.n_asked -= l->audit.before.n_asked;
	result.n_cleared -= l->audit.before.n_cleared;
	result.n_unanswered -= l->audit.before.n_unanswered;
	result.n_proven -= l->audit.before.n_proven;
	if (l->ops->audited != NULL)
		l->ops->audited(l->arg, &result, now_ns);
}

void
uni_audit_begin(struct uni_link *l)
{
	struct uni_audit *a = &l->audit;

	if (l->n_calls == 0 && l->n_set_aside == 0)
		return;
	l->stats.audits++;
	set_pace(a, l->u->calls.n_max);
	if (!a->untold)
		a->before = counters(l);
	a->untold = true;
	uni_enquiries_again(l);
	begin(l, true);
}

void
uni_audit_again(struct uni_link *l)
{
	if (l->up && !l->audit.running)
		begin(l, false);
}

void
uni_audit_abandon(struct uni_link *l)
{
	uni_link_timer_stop(l, UNI_T_AUDIT);
	uni_enquiries_drop(l);
	l->audit.running = false;
	l->audit.untold = false;
}

static bool
has_room(const struct uni_link *l)
{
	return l->audit.n_enquiries < PACE >> l->audit.slow;
}

static bool
is_to_be_asked(const struct uni_audit *a, struct uni_hot *c)
{
	if (a->n_first > 0)
		c->flags &= (uint8_t)~UNI_CALL_F_ASKED; /* by an earlier audit */
	return a->all ? (c->flags & UNI_CALL_F_ASKED) == 0 : (c->flags & UNI_CALL_F_DOUBT) != 0;
}

/* False when the slice is over. */
static bool
ask_calls(struct uni_link *l, uint32_t *budget)
{
	struct uni_audit *a = &l->audit;
	const struct cp_pool *calls = &l->u->calls;
	struct uni_hot *c;

	for (; a->n_calls > 0; a->n_calls--, (*budget)--) {
		if (*budget == 0 || !has_room(l))
			return false;
		c = uni_call_at(l->u, cp_pool_handle_of(calls, a->call));
		a->call = a->call + 1 < calls->n_max ? a->call + 1 : 0;
		if (c != NULL && c->link_idx == l->idx && is_to_be_asked(a, c))
			uni_enquiry_call(l, c);
		a->n_first -= a->n_first > 0;
	}
	return true;
}

static bool
ask_asides(struct uni_link *l, uint32_t *budget)
{
	struct uni_audit *a = &l->audit;

	if (l->requester.state != UNI_REST0 || l->requester.returning)
		return true; /* the acknowledgement of our RESTART may bring them all back */
	for (; a->n_labels > 0 && a->n_asides > 0; a->n_labels--, (*budget)--) {
		if (*budget == 0 || !has_room(l))
			return false;
		if (uni_label_is_aside(l, a->label)) {
			uni_enquiry_aside(l, l->label_ref[a->label]);
			a->n_asides--;
		}
		a->label = (a->label + 1) % UNI_N_LABELS;
	}
	return true;
}

void
uni_audit_run(struct uni_link *l, uint64_t now_ns, uint32_t max)
{
	struct uni_audit *a = &l->audit;
	uint32_t budget = max < UINT32_MAX / VISITS_PER_ENQUIRY ? max * VISITS_PER_ENQUIRY : max;

	if (!l->up || uni_sweep_is_open(l))
		return; /* who is about to be cleared is not asked about */
	if (a->running && ask_calls(l, &budget) && ask_asides(l, &budget))
		a->running = false;
	if (!a->running && a->untold && a->n_enquiries == 0)
		tell(l, now_ns);
	if (!a->running && has_unsettled(l) && !uni_link_timer_is_running(l, UNI_T_AUDIT))
		uni_link_timer_start(l, UNI_T_AUDIT, now_ns, l->params.t308_ms);
}

/* ---- Doubts. ---- */

/* Both ends of a call show the same number once all messages have arrived (section 8). */
static bool
go_together(uint8_t ours, uint8_t theirs)
{
	return ours == theirs || (uni_state_is_active(ours) && uni_state_is_active(theirs));
}

void
uni_audit_compare(struct uni_link *l, struct uni_hot *c, uint8_t theirs)
{
	bool doubted = (c->flags & UNI_CALL_F_DOUBT) != 0;

	if (theirs >= UNI_ST_COUNT || uni_state_is_clearing(c->state) ||
		doubted == !go_together(c->state, theirs))
		return;
	c->flags ^= UNI_CALL_F_DOUBT;
	l->audit.n_doubts += doubted ? UINT32_MAX : 1;
}

void
uni_audit_leave(struct uni_link *l, struct uni_hot *c)
{
	uni_enquiry_forget(l, c->ref);
	if ((c->flags & UNI_CALL_F_DOUBT) == 0)
		return;
	c->flags &= (uint8_t)~UNI_CALL_F_DOUBT;
	l->audit.n_doubts--;
}
