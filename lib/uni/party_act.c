/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "uni/party_priv.h"

/*
 * What the cells of the party table do. The state is the new one already, and counted; a handler
 * runs last. Where nobody is left in the call or joining it, RELEASE takes the place of what would
 * have been said about the party (SIG-104).
 */

void
uni_party_act_nothing(
	struct uni_link *l, struct uni_hot *c, struct uni_party *p, struct uni_party_event *e)
{
	(void)l;
	(void)c;
	(void)p;
	(void)e;
}

static bool
is_last(const struct uni_link *l, const struct uni_hot *c)
{
	return uni_multi_is_empty(uni_multi_of(l->u, c));
}

void
uni_party_act_add(
	struct uni_link *l, struct uni_hot *c, struct uni_party *p, struct uni_party_event *e)
{
	(void)c;
	(void)e;
	uni_party_say(l, p, UNI_PARTY_SAY_ADD); /* T399 starts when it is pulled */
}

void
uni_party_act_offer(
	struct uni_link *l, struct uni_hot *c, struct uni_party *p, struct uni_party_event *e)
{
	l->ops->party_offer(l->arg, c->handle, p->handle, e->setup, e->now_ns);
}

void
uni_party_act_alerting(
	struct uni_link *l, struct uni_hot *c, struct uni_party *p, struct uni_party_event *e)
{
	uni_party_timer_start(l, p, UNI_T397, e->now_ns);
	if ((p->flags & UNI_PARTY_F_LEAD) == 0)
		l->ops->party_alerting(
			l->arg, c->handle, p->handle, p->cookie, uni_came(e->elements), e->now_ns);
}

void
uni_party_act_added(
	struct uni_link *l, struct uni_hot *c, struct uni_party *p, struct uni_party_event *e)
{
	p->flags &= (uint8_t)~UNI_PARTY_F_LEAD;
	l->ops->party_added(
		l->arg, c->handle, p->handle, p->cookie, uni_came(e->elements), e->now_ns);
}

void
uni_party_act_alert(
	struct uni_link *l, struct uni_hot *c, struct uni_party *p, struct uni_party_event *e)
{
	(void)c;
	(void)e;
	uni_party_say(l, p, UNI_PARTY_SAY_ALERTING);
}

void
uni_party_act_accept(
	struct uni_link *l, struct uni_hot *c, struct uni_party *p, struct uni_party_event *e)
{
	(void)c;
	(void)e;
	uni_party_say(l, p, UNI_PARTY_SAY_ADD_ACK);
}

static void
keep_cause(struct uni_link *l, struct uni_party *p, uint8_t cause, const struct uni_release *r)
{
	uint32_t n = r->diagnostics_len;
	uint8_t *room = p->diag;

	if (n > UNI_PARTY_DIAG_KEPT)
		room = uni_diag_room(l, &p->setup);
	if (room == NULL) {
		l->stats.diagnostics_cut++;
		room = p->diag;
		n = UNI_PARTY_DIAG_KEPT;
	}
	p->cause = cause;
	p->n_diag = (uint8_t)n;
	if (n > 0)
		memcpy(room, r->diagnostics, n);
}

/* What goes along stays where it is until it is pulled. */
static void
take_data(struct uni_party *p, const struct uni_release *r, const struct uni_elements *elements)
{
	p->flags &= (uint8_t)~UNI_PARTY_F_CODED;
	p->uu = r->uu;
	p->uu_len = (uint8_t)r->uu_len;
	if (elements == NULL)
		return;
	p->flags |= UNI_PARTY_F_CODED;
	p->uu = elements->octets;
	p->uu_len = (uint8_t)elements->len;
}

/* What stands to be said is moot: this says it all. */
static void
say_last(struct uni_link *l, struct uni_party *p, enum uni_party_say say,
	const struct uni_release *r, const struct uni_elements *elements)
{
	p->pending = 0;
	p->cause = r->cause;
	p->n_diag = 0;
	if (elements == NULL)
		keep_cause(l, p, r->cause, r);
	take_data(p, r, elements);
	uni_party_say(l, p, say); /* T398 starts when it is pulled */
}

/* The layer above has dropped the last party; it hears that it is done when the call is over. */
static void
release_call(struct uni_link *l, struct uni_hot *c, struct uni_party *p, struct uni_release *r,
	const struct uni_elements *elements, uint64_t now_ns)
{
	struct uni_call_event e = { .now_ns = now_ns, .release = r, .elements = elements };

	uni_party_silence(l, p);
	if (p->state != UNI_PARTY_DROP_INITIATED)
		uni_party_set_state(l, c, p, UNI_PARTY_DROP_INITIATED);
	e.closing = !l->up; /* SIG-101 */
	e.aside = !l->up;
	uni_fsm_event(l, c, l->up ? UNI_EV_CLOSE : UNI_EV_CLEAR, &e);
}

/* The last party has gone, and the layer above knows: then it hears that the call has. */
static void
abort_call_if_empty(struct uni_link *l, uint32_t call, const struct uni_release *r, uint64_t now_ns)
{
	struct uni_hot *c = uni_call_at(l->u, call);
	struct uni_release release = *r;

	if (c != NULL && uni_call_is_multipoint(c) && is_last(l, c))
		uni_call_abort(l, c, &release, now_ns);
}

/* The peer knows nothing of the party, or does not listen: over without a word. */
static void
complete_at_once(struct uni_link *l, struct uni_hot *c, struct uni_party *p, uint64_t now_ns)
{
	uni_party_silence(l, p);
	uni_party_set_state(l, c, p, UNI_PARTY_NULL);
	uni_party_tell_complete(l, c, p, now_ns);
}

void
uni_party_act_drop(
	struct uni_link *l, struct uni_hot *c, struct uni_party *p, struct uni_party_event *e)
{
	if (is_last(l, c))
		release_call(l, c, p, e->release, e->elements, e->now_ns);
	else if (e->unsaid || !l->up)
		complete_at_once(l, c, p, e->now_ns);
	else
		say_last(l, p, UNI_PARTY_SAY_DROP, e->release, e->elements);
}

void
uni_party_act_refuse(
	struct uni_link *l, struct uni_hot *c, struct uni_party *p, struct uni_party_event *e)
{
	if (is_last(l, c)) {
		release_call(l, c, p, e->release, e->elements, e->now_ns);
		return;
	}
	say_last(l, p, UNI_PARTY_SAY_ADD_REJECT, e->release, e->elements);
	uni_party_tell_complete(l, c, p, e->now_ns);
}

void
uni_party_act_dropped(
	struct uni_link *l, struct uni_hot *c, struct uni_party *p, struct uni_party_event *e)
{
	uni_party_silence(l, p);
	if ((p->flags & UNI_PARTY_F_LEAD) != 0 && is_last(l, c)) {
		uni_call_abort(l, c, e->release, e->now_ns);
		return;
	}
	p->flags &= (uint8_t)~UNI_PARTY_F_LEAD;
	keep_cause(l, p, e->release->cause, e->release);
	l->ops->party_released(
		l->arg, c->handle, p->handle, p->cookie, e->release, true, e->now_ns);
}

/* DROP PARTY ACKNOWLEDGE carries a cause only if there is something to report, as SIG-75. */
static void
say_answer(struct uni_link *l, struct uni_party *p, const uint8_t *uu, uint32_t uu_len,
	const struct uni_elements *elements)
{
	const struct uni_release answer = { .uu = uu, .uu_len = uu_len };

	say_last(l, p, UNI_PARTY_SAY_DROP_ACK, &answer, elements);
}

/* The drop of the peer as the reason why the call ends. */
static void
release_of(struct uni_release *r, const struct uni_link *l, const struct uni_party *p)
{
	*r = (struct uni_release){
		.label = UNI_LABEL_NONE,
		.cause = p->cause,
		.location = uni_link_location(l),
		.diagnostics = uni_party_diag(l->u, p),
		.diagnostics_len = p->n_diag,
	};
}

void
uni_party_act_answer(
	struct uni_link *l, struct uni_hot *c, struct uni_party *p, struct uni_party_event *e)
{
	struct uni_release release;

	if (is_last(l, c)) {
		release_of(&release, l, p);
		release.uu = e->release->uu;
		release.uu_len = e->release->uu_len;
		release_call(l, c, p, &release, e->elements, e->now_ns);
		return;
	}
	say_answer(l, p, e->release->uu, e->release->uu_len, e->elements);
	if (p->uu_len > 0) /* the data is needed until it is pulled */
		p->flags |= UNI_PARTY_F_OWED;
	else
		uni_party_tell_complete(l, c, p, e->now_ns);
}

void
uni_party_act_done(
	struct uni_link *l, struct uni_hot *c, struct uni_party *p, struct uni_party_event *e)
{
	uni_party_silence(l, p);
	uni_party_tell_complete(l, c, p, e->now_ns);
}

void
uni_party_act_collision(
	struct uni_link *l, struct uni_hot *c, struct uni_party *p, struct uni_party_event *e)
{
	const struct uni_elements coded = { p->uu, p->uu_len };

	if (!e->unsaid) {
		uni_party_act_done(l, c, p, e);
		return;
	}
	/* Ours was never sent, so the peer waits for an answer, which may carry our data too. */
	say_answer(l, p, p->uu, p->uu_len, (p->flags & UNI_PARTY_F_CODED) != 0 ? &coded : NULL);
	if (p->uu_len > 0 && (p->flags & UNI_PARTY_F_DEAD) == 0)
		p->flags |= UNI_PARTY_F_OWED;
	else
		uni_party_tell_complete(l, c, p, e->now_ns);
}

void
uni_party_act_t398(
	struct uni_link *l, struct uni_hot *c, struct uni_party *p, struct uni_party_event *e)
{
	say_last(l, p, UNI_PARTY_SAY_DROP_ACK, e->release, NULL);
	uni_party_tell_complete(l, c, p, e->now_ns);
}

void
uni_party_act_gone(
	struct uni_link *l, struct uni_hot *c, struct uni_party *p, struct uni_party_event *e)
{
	uint32_t call = c->handle;

	uni_party_silence(l, p);
	uni_party_tell_gone(l, c, p, e->from, e->release, e->now_ns);
	abort_call_if_empty(l, call, e->release, e->now_ns);
}

/* The layer above hears of the end now; the exchange that follows is no business of its own. */
void
uni_party_act_fail(
	struct uni_link *l, struct uni_hot *c, struct uni_party *p, struct uni_party_event *e)
{
	uint32_t call = c->handle;

	if (is_last(l, c)) {
		uni_party_silence(l, p);
	} else if (e->unsaid) {
		uni_party_silence(l, p);
		uni_party_set_state(l, c, p, UNI_PARTY_NULL);
	} else {
		say_last(l, p, UNI_PARTY_SAY_DROP, e->release, NULL);
	}
	uni_party_tell_gone(l, c, p, e->from, e->release, e->now_ns);
	abort_call_if_empty(l, call, e->release, e->now_ns);
}

/* The layer above has not said a word: to the offer of a party, or to the drop of one. */
void
uni_party_act_overdue(
	struct uni_link *l, struct uni_hot *c, struct uni_party *p, struct uni_party_event *e)
{
	struct uni_release release = *e->release;
	uint8_t diag[UNI_MAX_DIAGNOSTICS];
	uint32_t call = c->handle;

	if (e->from == UNI_PARTY_DROP_RECEIVED) {
		release_of(&release, l, p);
		memcpy(diag, release.diagnostics, p->n_diag); /* the record goes before the call */
		release.diagnostics = diag;
	}
	if (is_last(l, c))
		uni_party_silence(l, p);
	else if (e->from == UNI_PARTY_DROP_RECEIVED)
		say_answer(l, p, NULL, 0, NULL);
	else
		say_last(l, p, UNI_PARTY_SAY_ADD_REJECT, &release, NULL);
	uni_party_tell_gone(l, c, p, e->from, &release, e->now_ns);
	abort_call_if_empty(l, call, &release, e->now_ns);
}
