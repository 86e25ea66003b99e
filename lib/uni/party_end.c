/* SPDX-License-Identifier: BSD-3-Clause */
#include "uni/party_priv.h"

/*
 * How the layer above hears of the end of a party: once. A handler may do anything, end the call
 * included; whoever comes back from one looks party and call up again.
 */

static void
free_if_idle(struct uni_link *l, uint32_t handle)
{
	struct uni_party *p = uni_party_at(l->u, handle);

	if (p != NULL && p->state == UNI_PARTY_NULL && p->pending == 0)
		uni_party_free(l, uni_call_at(l->u, p->call), p);
}

/* The layer above hears the last of the party: false when it has heard it before. */
static bool
mark_dead(struct uni_party *p)
{
	bool dead = (p->flags & UNI_PARTY_F_DEAD) != 0;

	p->flags |= UNI_PARTY_F_DEAD;
	return !dead;
}

void
uni_party_tell_complete(struct uni_link *l, struct uni_hot *c, struct uni_party *p, uint64_t now_ns)
{
	struct uni *u = l->u;
	uint32_t handle = p->handle, outer = u->party_dying;

	if (mark_dead(p)) {
		u->party_dying = handle;
		l->ops->party_drop_complete(l->arg, c->handle, handle, p->cookie, now_ns);
		u->party_dying = outer; /* ends nest when a handler ends another party */
	}
	free_if_idle(l, handle);
}

/*
 * What is told of the call speaks for the party that SETUP was for. One that has answered it in
 * place of that was offered by itself, and its end is told.
 */
static bool
is_told_by_call(const struct uni_party *p)
{
	return (p->flags & (UNI_PARTY_F_LEAD | UNI_PARTY_F_ADDED)) == UNI_PARTY_F_LEAD;
}

void
uni_party_tell_gone(struct uni_link *l, struct uni_hot *c, struct uni_party *p, uint8_t from,
	const struct uni_release *release, uint64_t now_ns)
{
	struct uni *u = l->u;
	uint32_t handle = p->handle, outer = u->party_dying;
	bool by_call = is_told_by_call(p) &&
		       uni_multi_is_empty(uni_multi_of(u, c)); /* whose end is told next */

	if (mark_dead(p) && !by_call) {
		u->party_dying = handle;
		if (from == UNI_PARTY_INITIATED || from == UNI_PARTY_ALERTING_RECEIVED)
			l->ops->party_refused(
				l->arg, c->handle, handle, p->cookie, release, now_ns);
		else
			l->ops->party_released(
				l->arg, c->handle, handle, p->cookie, release, false, now_ns);
		u->party_dying = outer;
	}
	free_if_idle(l, handle);
}

/* Without a word to the peer. */
static void
end_one(struct uni_link *l, struct uni_hot *c, struct uni_party *p,
	const struct uni_release *release, uint64_t now_ns)
{
	struct uni_release why = *release;
	uint8_t from = p->state;
	bool complete = from == UNI_PARTY_DROP_INITIATED || from == UNI_PARTY_NULL;

	uni_party_silence(l, p);
	if (from != UNI_PARTY_NULL)
		uni_party_set_state(l, c, p, UNI_PARTY_NULL);
	why.label = UNI_LABEL_NONE;
	if (complete)
		uni_party_tell_complete(l, c, p, now_ns);
	else
		uni_party_tell_gone(l, c, p, from, &why, now_ns);
}

bool
uni_parties_end(struct uni_link *l, struct uni_hot *c, const struct uni_release *release,
	uint32_t max, uint64_t now_ns)
{
	uint32_t handle = c->handle;
	uint8_t state = c->state;
	struct uni_party *p;

	for (; max > 0; max--) {
		p = uni_party_of_link(l->u, uni_multi_of(l->u, c)->first);
		if (p == NULL)
			break;
		if (is_told_by_call(p) && p->state != UNI_PARTY_DROP_INITIATED)
			p->flags |= UNI_PARTY_F_DEAD;
		end_one(l, c, p, release, now_ns);
		c = uni_call_at(l->u, handle);
		if (c == NULL || c->state != state || (c->flags & UNI_CALL_F_DEAD) != 0)
			return false;
	}
	return true;
}

/* The next one that is not active. A handler may have freed the one that was next. */
static struct uni_party *
next_not_active(const struct uni *u, const struct uni_multi *mp, uint32_t next)
{
	struct uni_party *p = uni_party_at(u, next);

	if (p == NULL && next != CP_HANDLE_NONE)
		p = uni_party_of_link(u, mp->first);
	while (p != NULL && p->state == UNI_PARTY_ACTIVE)
		p = uni_party_of_link(u, p->next);
	return p;
}

void
uni_parties_link_lost(struct uni_link *l, struct uni_hot *c, uint8_t cause, uint64_t now_ns)
{
	struct uni_release release = {
		.label = UNI_LABEL_NONE,
		.cause = cause,
		.location = uni_link_location(l),
	};
	struct uni_call_event e = { .now_ns = now_ns, .release = &release };
	const struct uni_multi *mp = uni_multi_of(l->u, c);
	uint32_t handle = c->handle, next = mp->first;
	struct uni_party *p;

	while (mp->n_active < mp->n_parties && (p = next_not_active(l->u, mp, next)) != NULL) {
		next = p->next;
		end_one(l, c, p, &release, now_ns);
		c = uni_call_at(l->u, handle);
		if (c == NULL || !uni_call_is_multipoint(c))
			return;
	}
	if (mp->n_parties == 0)
		uni_fsm_event(l, c, UNI_EV_CLEAR, &e);
}
