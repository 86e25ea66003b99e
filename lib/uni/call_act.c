/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "uni/party_priv.h"

/*
 * What the cells of the tables do. The state is the new one already; a handler runs last, for it
 * may come back and move the call on, or end it.
 */

void
uni_act_nothing(struct uni_link *l, struct uni_hot *c, struct uni_call_event *e)
{
	(void)l;
	(void)c;
	(void)e;
}

void
uni_act_setup(struct uni_link *l, struct uni_hot *c, struct uni_call_event *e)
{
	(void)e;
	uni_tx_say(l, c, UNI_SAY_SETUP); /* T303 starts when it is pulled */
}

void
uni_act_offer(struct uni_link *l, struct uni_hot *c, struct uni_call_event *e)
{
	c->flags |= UNI_CALL_F_OFFER;
	l->n_offers++;
	uni_offer_note(l->u, c->handle, e->now_ns);
	l->ops->offer(l->arg, c->handle, e->setup, e->now_ns);
}

void
uni_act_proceeding(struct uni_link *l, struct uni_hot *c, struct uni_call_event *e)
{
	uni_timer_start(l, c, UNI_T310, e->now_ns);
	l->ops->proceeding(l->arg, c->handle, c->cookie, e->now_ns);
}

void
uni_act_alerting(struct uni_link *l, struct uni_hot *c, struct uni_call_event *e)
{
	uni_timer_start(l, c, UNI_T301, e->now_ns);
	l->ops->alerting(l->arg, c->handle, c->cookie, e->now_ns);
}

void
uni_act_connect_user(struct uni_link *l, struct uni_hot *c, struct uni_call_event *e)
{
	uni_tx_say(l, c, UNI_SAY_CONNECT_ACK);
	l->ops->connected(l->arg, c->handle, c->cookie, e->now_ns);
}

/* The layer above objects by closing (SIG-N12). */
void
uni_act_connect_network(struct uni_link *l, struct uni_hot *c, struct uni_call_event *e)
{
	uint32_t handle = c->handle;

	l->ops->connected(l->arg, handle, c->cookie, e->now_ns);
	c = uni_call_at(l->u, handle);
	if (c != NULL && c->state == UNI_ST_CONNECT_REQUEST)
		uni_fsm_event(l, c, UNI_EV_COMPLETE, e);
}

void
uni_act_complete(struct uni_link *l, struct uni_hot *c, struct uni_call_event *e)
{
	(void)e;
	uni_tx_say(l, c, UNI_SAY_CONNECT_ACK);
}

void
uni_act_connected(struct uni_link *l, struct uni_hot *c, struct uni_call_event *e)
{
	l->ops->connected(l->arg, c->handle, c->cookie, e->now_ns);
}

void
uni_act_proceed(struct uni_link *l, struct uni_hot *c, struct uni_call_event *e)
{
	(void)e;
	uni_tx_say(l, c, UNI_SAY_PROCEEDING);
}

void
uni_act_alert(struct uni_link *l, struct uni_hot *c, struct uni_call_event *e)
{
	(void)e;
	uni_tx_say(l, c, UNI_SAY_ALERTING);
}

void
uni_act_accept_user(struct uni_link *l, struct uni_hot *c, struct uni_call_event *e)
{
	(void)e;
	uni_call_offer_done(l, c);
	uni_tx_say(l, c, UNI_SAY_CONNECT); /* T313 starts when it is pulled */
}

void
uni_act_accept_network(struct uni_link *l, struct uni_hot *c, struct uni_call_event *e)
{
	uni_call_offer_done(l, c);
	uni_tx_say(l, c, UNI_SAY_CONNECT);
	l->ops->connected(l->arg, c->handle, c->cookie, e->now_ns);
}

static void
keep_diagnostics(struct uni_hot *c, const uint8_t *diag, uint32_t len)
{
	c->n_diag = (uint8_t)(len < UNI_DIAG_KEPT ? len : UNI_DIAG_KEPT);
	if (c->n_diag > 0)
		memcpy(c->diag, diag, c->n_diag);
}

/* What stands to be said is moot: the clearing message says it all. */
static void
say_last(struct uni_link *l, struct uni_hot *c, enum uni_say say, uint8_t cause,
	const struct uni_release *r)
{
	c->pending = 0;
	c->cause = cause;
	c->cause2 = 0;
	if (cause != 0)
		keep_diagnostics(c, r->diagnostics, r->diagnostics_len);
	c->uu = r->uu;
	c->uu_len = (uint8_t)r->uu_len;
	uni_call_offer_done(l, c);
	uni_tx_say(l, c, say); /* T308 starts when it is pulled (SIG-80) */
}

static void
end_call(struct uni_link *l, struct uni_hot *c, bool complete, struct uni_call_event *e)
{
	e->release->label = c->label;
	uni_call_over(l, c);
	uni_call_tell_end(l, c, complete, e->release, e->now_ns);
}

void
uni_act_release(struct uni_link *l, struct uni_hot *c, struct uni_call_event *e)
{
	uni_link_count_cause(l, e->release->cause);
	if (e->unsaid) { /* the peer has never heard of the call */
		c->pending = 0;
		end_call(l, c, true, e);
		return;
	}
	say_last(l, c, UNI_SAY_RELEASE, e->release->cause, e->release);
}

void
uni_act_refuse(struct uni_link *l, struct uni_hot *c, struct uni_call_event *e)
{
	uni_link_count_cause(l, e->release->cause);
	say_last(l, c, UNI_SAY_RELEASE_COMPLETE, e->release->cause, e->release);
	if (c->uu_len > 0) { /* the data is needed until it is pulled */
		c->flags |= UNI_CALL_F_OWED;
		uni_call_over(l, c);
		return;
	}
	end_call(l, c, true, e);
}

void
uni_act_released(struct uni_link *l, struct uni_hot *c, struct uni_call_event *e)
{
	uni_link_count_cause(l, e->release->cause);
	uni_call_offer_done(l, c);
	c->pending = 0;
	c->cause = 0; /* the answer carries one only if there is something to report (SIG-75) */
	if (e->report != NULL) {
		c->cause = e->report->cause;
		keep_diagnostics(c, e->report->diag, e->report->n_diag);
	}
	e->release->label = c->label;
	if (uni_call_is_multipoint(c) && !uni_parties_end(l, c, e->release, UINT32_MAX, e->now_ns))
		return;
	l->ops->released(l->arg, c->handle, c->cookie, e->release, true, e->now_ns);
}

/* RELEASE COMPLETE to a RELEASE, with the cause that was noted when that one came. */
static void
answer_release(struct uni_link *l, struct uni_hot *c, const uint8_t *uu, uint32_t uu_len,
	bool complete, struct uni_call_event *e)
{
	c->pending = 0;
	c->cause2 = 0;
	c->uu = uu;
	c->uu_len = (uint8_t)uu_len;
	uni_tx_say(l, c, UNI_SAY_RELEASE_COMPLETE);
	if (uu_len > 0 && (c->flags & UNI_CALL_F_DEAD) == 0) {
		c->flags |= UNI_CALL_F_OWED;
		uni_call_over(l, c);
		return;
	}
	end_call(l, c, complete, e);
}

void
uni_act_answer(struct uni_link *l, struct uni_hot *c, struct uni_call_event *e)
{
	answer_release(l, c, e->release->uu, e->release->uu_len, true, e);
}

void
uni_act_collision(struct uni_link *l, struct uni_hot *c, struct uni_call_event *e)
{
	/* Ours was never sent, so the peer waits for an answer, which may carry our data too. */
	if (e->unsaid) {
		c->cause = e->report != NULL ? e->report->cause : 0;
		if (e->report != NULL)
			keep_diagnostics(c, e->report->diag, e->report->n_diag);
		answer_release(l, c, c->uu, c->uu_len, true, e);
		return;
	}
	c->pending = 0;
	end_call(l, c, true, e);
}

void
uni_act_done(struct uni_link *l, struct uni_hot *c, struct uni_call_event *e)
{
	c->pending = 0;
	end_call(l, c, true, e);
}

void
uni_act_gone(struct uni_link *l, struct uni_hot *c, struct uni_call_event *e)
{
	if (!uni_state_is_clearing(e->from))
		uni_link_count_cause(l, e->release->cause);
	c->pending = 0;
	end_call(l, c, false, e);
}

/* The layer above hears of the end now; the exchange that follows is no business of its own. */
void
uni_act_abort(struct uni_link *l, struct uni_hot *c, struct uni_call_event *e)
{
	uni_link_count_cause(l, e->release->cause);
	e->release->label = c->label;
	say_last(l, c, UNI_SAY_RELEASE, e->release->cause, e->release);
	uni_call_tell_end(l, c, false, e->release, e->now_ns);
}

void
uni_act_clear(struct uni_link *l, struct uni_hot *c, struct uni_call_event *e)
{
	bool complete = e->closing || e->from == uni_state_released_by(l->params.role);

	if (!uni_state_is_clearing(e->from))
		uni_link_count_cause(l, e->release->cause);
	c->pending = 0;
	e->release->label = c->label;
	if (e->aside)
		uni_label_set_aside(l, c);
	uni_call_over(l, c);
	uni_call_tell_end(l, c, complete, e->release, e->now_ns);
}

void
uni_act_t303(struct uni_link *l, struct uni_hot *c, struct uni_call_event *e)
{
	if (c->flags & UNI_CALL_F_AGAIN) {
		uni_fsm_event(l, c, UNI_EV_CLEAR, e);
		return;
	}
	c->flags |= UNI_CALL_F_AGAIN;
	uni_tx_say(l, c, UNI_SAY_SETUP);
}

void
uni_act_t308(struct uni_link *l, struct uni_hot *c, struct uni_call_event *e)
{
	if (c->flags & UNI_CALL_F_AGAIN) {
		e->aside = true; /* SIG-T3 */
		uni_fsm_event(l, c, UNI_EV_CLEAR, e);
		return;
	}
	c->flags |= UNI_CALL_F_AGAIN;
	c->cause2 = UNI_CAUSE_TIMER; /* SIG-74 */
	uni_tx_say(l, c, UNI_SAY_RELEASE);
}

/* RELEASE COMPLETE where the layer above has not said a word: to SETUP, or to RELEASE. */
void
uni_act_overdue(struct uni_link *l, struct uni_hot *c, struct uni_call_event *e)
{
	if (uni_state_is_clearing(e->from)) {
		answer_release(l, c, NULL, 0, false, e);
		return;
	}
	uni_link_count_cause(l, e->release->cause);
	say_last(l, c, UNI_SAY_RELEASE_COMPLETE, e->release->cause, e->release);
	end_call(l, c, false, e);
}
