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
	l->ops->proceeding(l->arg, c->handle, c->cookie, uni_came(e->elements), e->now_ns);
}

void
uni_act_alerting(struct uni_link *l, struct uni_hot *c, struct uni_call_event *e)
{
	uni_timer_start(l, c, UNI_T301, e->now_ns);
	l->ops->alerting(l->arg, c->handle, c->cookie, uni_came(e->elements), e->now_ns);
}

void
uni_act_connect_user(struct uni_link *l, struct uni_hot *c, struct uni_call_event *e)
{
	uni_tx_say(l, c, UNI_SAY_CONNECT_ACK);
	l->ops->connected(l->arg, c->handle, c->cookie, uni_came(e->elements), e->now_ns);
}

/* The layer above objects by closing (SIG-N12). */
void
uni_act_connect_network(struct uni_link *l, struct uni_hot *c, struct uni_call_event *e)
{
	uint32_t handle = c->handle;

	l->ops->connected(l->arg, handle, c->cookie, uni_came(e->elements), e->now_ns);
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
	l->ops->connected(l->arg, c->handle, c->cookie, uni_came(e->elements), e->now_ns);
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
	l->ops->connected(l->arg, c->handle, c->cookie, uni_came(e->elements), e->now_ns);
}

/* The data of our clearing message is what was enclosed in an answer. */
static bool
has_data_in(const struct uni_setup_buf *buf, const struct uni_hot *c)
{
	return buf != NULL && c->uu_len > 0 &&
	       (uintptr_t)c->uu - (uintptr_t)buf->octets < sizeof(buf->octets);
}

/* Many of them need a buffer: that of the call, if nothing in it is needed, or one anew. */
static void
keep_diagnostics(struct uni_link *l, struct uni_hot *c, const uint8_t *diag, uint32_t len)
{
	uint8_t *room = c->diag;

	if (len > UNI_DIAG_KEPT)
		room = has_data_in(uni_setup_at(l->u, *uni_call_buf(l->u, c)), c)
			       ? NULL
			       : uni_diag_room(l, uni_call_buf(l->u, c));
	if (room == NULL) {
		l->stats.diagnostics_cut++;
		room = c->diag;
		len = UNI_DIAG_KEPT;
	}
	c->n_diag = (uint8_t)len;
	if (len > 0)
		memcpy(room, diag, len);
}

/* They are what can best be done without, and the peer may be who causes them. */
uint8_t *
uni_diag_room(struct uni_link *l, uint32_t *handle)
{
	struct cp_pool *bufs = &l->u->setups;
	struct uni_setup_buf *buf;

	if (*handle == CP_HANDLE_NONE && bufs->n_free > bufs->n_max / 2)
		*handle = cp_pool_get(bufs);
	buf = uni_setup_at(l->u, *handle);
	return buf != NULL ? buf->octets : NULL;
}

/* What goes along stays where it is until it is pulled. */
static void
take_data(struct uni_hot *c, const struct uni_release *r, const struct uni_elements *elements)
{
	c->clearing = 0;
	c->uu = r->uu;
	c->uu_len = (uint8_t)r->uu_len;
	if (elements == NULL)
		return;
	c->clearing = UNI_CLEARING_F_CODED;
	c->uu = elements->octets;
	c->uu_len = (uint8_t)elements->len;
}

/* What stands to be said is moot: the clearing message says it all. */
static void
say_last(struct uni_link *l, struct uni_hot *c, enum uni_say say, const struct uni_call_event *e)
{
	const struct uni_release *r = e->release;

	c->pending = 0;
	c->cause = r->cause;
	c->n_diag = 0;
	if (e->elements == NULL)
		keep_diagnostics(l, c, r->diagnostics, r->diagnostics_len);
	take_data(c, r, e->elements);
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
	say_last(l, c, UNI_SAY_RELEASE, e);
}

void
uni_act_refuse(struct uni_link *l, struct uni_hot *c, struct uni_call_event *e)
{
	uni_link_count_cause(l, e->release->cause);
	say_last(l, c, UNI_SAY_RELEASE_COMPLETE, e);
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
		keep_diagnostics(l, c, e->report->diag, e->report->n_diag);
	}
	e->release->label = c->label;
	if (uni_call_is_multipoint(c) && !uni_parties_end(l, c, e->release, UINT32_MAX, e->now_ns))
		return;
	l->ops->released(l->arg, c->handle, c->cookie, e->release, true, e->now_ns);
}

/* RELEASE COMPLETE to a RELEASE, with the cause that was noted when that one came. */
static void
answer_release(struct uni_link *l, struct uni_hot *c, bool complete, struct uni_call_event *e)
{
	c->pending = 0;
	c->clearing |= UNI_CLEARING_F_ANSWER;
	uni_tx_say(l, c, UNI_SAY_RELEASE_COMPLETE);
	if (c->uu_len > 0 && (c->flags & UNI_CALL_F_DEAD) == 0) {
		c->flags |= UNI_CALL_F_OWED;
		uni_call_over(l, c);
		return;
	}
	end_call(l, c, complete, e);
}

void
uni_act_answer(struct uni_link *l, struct uni_hot *c, struct uni_call_event *e)
{
	take_data(c, e->release, e->elements);
	answer_release(l, c, true, e);
}

void
uni_act_collision(struct uni_link *l, struct uni_hot *c, struct uni_call_event *e)
{
	/* Ours was never sent, so the peer waits for an answer, which may carry our data too. */
	if (e->unsaid) {
		c->cause = e->report != NULL ? e->report->cause : 0;
		if (e->report != NULL)
			keep_diagnostics(l, c, e->report->diag, e->report->n_diag);
		answer_release(l, c, true, e);
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
	struct uni_release said = *e->release;
	struct uni_call_event without = *e;

	uni_link_count_cause(l, e->release->cause);
	e->release->label = c->label;
	/* The data may be of a message, and is gone when the RELEASE is made (SIG-104). */
	said.uu = NULL;
	said.uu_len = 0;
	without.release = &said;
	say_last(l, c, UNI_SAY_RELEASE, &without);
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
	c->clearing |= UNI_CLEARING_F_AGAIN;
	uni_tx_say(l, c, UNI_SAY_RELEASE);
}

/* RELEASE COMPLETE where the layer above has not said a word: to SETUP, or to RELEASE. */
void
uni_act_overdue(struct uni_link *l, struct uni_hot *c, struct uni_call_event *e)
{
	static const struct uni_release none;

	if (uni_state_is_clearing(e->from)) {
		take_data(c, &none, NULL);
		answer_release(l, c, false, e);
		return;
	}
	uni_link_count_cause(l, e->release->cause);
	say_last(l, c, UNI_SAY_RELEASE_COMPLETE, e);
	end_call(l, c, false, e);
}
