/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <string.h>

#include "uni/clearing.h"
#include "uni/party_priv.h"

/* Requests from above about parties. */

int
uni_party_for_above(struct uni *u, uni_party_t handle, uint64_t now_ns, struct uni_party **out)
{
	struct uni_party *p = uni_party_at(u, handle);
	struct uni_hot *c;

	if (p == NULL || (p->flags & UNI_PARTY_F_DEAD) != 0)
		return -ESTALE;
	if (uni_call_for_above(u, p->call, now_ns, &c) < 0)
		return -ESTALE;
	p = uni_party_at(u, handle);
	if (p == NULL || (p->flags & UNI_PARTY_F_DEAD) != 0)
		return -ESTALE;
	*out = p;
	return 0;
}

/* The first answer to the SETUP comes from this party: the one that it was for has left. */
static void
take_the_lead(struct uni *u, struct uni_hot *c, struct uni_party *p)
{
	struct uni_multi *mp = uni_multi_of(u, c);
	enum uni_role role = u->links[c->link_idx]->params.role;

	if (uni_party_at(u, mp->lead) != NULL || !uni_fsm_accepts(role, c->state, UNI_EV_ACCEPT) ||
		!uni_party_accepts(p->state, UNI_PARTY_EV_ACCEPT))
		return;
	mp->lead = p->handle;
	mp->lead_ref = p->ref;
	p->flags |= UNI_PARTY_F_LEAD;
}

static int
request(struct uni *u, uni_party_t handle, enum uni_party_ev ev, struct uni_party_event *e)
{
	struct uni_party *p;
	struct uni_link *l;
	struct uni_hot *c;
	int err = uni_party_for_above(u, handle, e->now_ns, &p);

	if (err < 0)
		return err;
	c = uni_call_at(u, p->call);
	l = u->links[c->link_idx];
	if (!uni_party_run(l, c, p, ev, e))
		return -EPROTO;
	uni_tx_kick(l, e->now_ns);
	return 0;
}

/* Of the leading party it is the call that alerts, or is accepted. */
static int
respond(struct uni *u, uni_party_t handle, enum uni_party_ev ev, uint64_t now_ns)
{
	struct uni_party_event e = { .now_ns = now_ns };
	struct uni_party *p;
	int err = uni_party_for_above(u, handle, now_ns, &p);

	if (err < 0)
		return err;
	if (ev == UNI_PARTY_EV_ACCEPT)
		take_the_lead(u, uni_call_at(u, p->call), p);
	if ((p->flags & UNI_PARTY_F_LEAD) == 0)
		return request(u, handle, ev, &e);
	return ev == UNI_PARTY_EV_ACCEPT ? uni_call_accept(u, p->call, now_ns)
					 : uni_call_alert(u, p->call, now_ns);
}

int
uni_party_alert(struct uni *u, uni_party_t party, uint64_t now_ns)
{
	return respond(u, party, UNI_PARTY_EV_ALERT, now_ns);
}

int
uni_party_accept(struct uni *u, uni_party_t party, uint64_t now_ns)
{
	return respond(u, party, UNI_PARTY_EV_ACCEPT, now_ns);
}

static int
clear(struct uni *u, uni_party_t party, enum uni_party_ev ev, const struct uni_release *why,
	const struct uni_elements *elements, uint64_t now_ns)
{
	struct uni_release release = *why;
	struct uni_party_event e = { .now_ns = now_ns, .release = &release, .elements = elements };

	if (release.uu_len > UNI_MAX_UU) /* SIG-117 */
		return -EMSGSIZE;
	if (release.cause == 0)
		release.cause = UNI_CAUSE_UNSPECIFIED;
	return request(u, party, ev, &e);
}

int
uni_party_refuse(struct uni *u, uni_party_t party, uint8_t cause, uint64_t now_ns)
{
	const struct uni_release why = { .label = UNI_LABEL_NONE, .cause = cause };
	const struct uni_party *p = uni_party_at(u, party);
	struct uni_elements enclosed;
	bool any = p != NULL && uni_enclosed(u, p->setup, UNI_ANSWER_REFUSE, &enclosed);

	return clear(u, party, UNI_PARTY_EV_REFUSE, &why, any ? &enclosed : NULL, now_ns);
}

int
uni_party_drop(struct uni *u, uni_party_t party, uint8_t cause, const uint8_t *uu, uint32_t uu_len,
	uint64_t now_ns)
{
	const struct uni_release why = {
		.label = UNI_LABEL_NONE,
		.cause = cause,
		.uu = uu,
		.uu_len = uu_len,
	};

	return clear(u, party, UNI_PARTY_EV_DROP, &why, NULL, now_ns);
}

int
uni_party_drop_with(struct uni *u, uni_party_t party, uint8_t cause,
	const struct uni_elements *elements, uint64_t now_ns)
{
	struct uni_release why;

	if (uni_clearing_decode(&why, elements) < 0) /* SIG-117 */
		return -EINVAL;
	if (why.cause == 0)
		why.cause = cause;
	return clear(u, party, UNI_PARTY_EV_DROP, &why, elements, now_ns);
}

/* ---- One more party. ---- */

/* SIG-P1: whether the call is one that parties can be added to, and now. */
static int
check_add(const struct uni *u, const struct uni_hot *c, const struct uni_setup *setup)
{
	const struct uni_link *l = u->links[c->link_idx];
	uint8_t alerting = l->params.role == UNI_ROLE_USER ? UNI_ST_DELIVERED : UNI_ST_RECEIVED;

	if (!uni_call_is_multipoint(c) || !uni_call_is_ours(c) ||
		(c->state != alerting && c->state != UNI_ST_ACTIVE))
		return -EPROTO;
	if (l->draining)
		return -ESHUTDOWN;
	if (!l->up)
		return -ENETDOWN;
	if (!uni_setup_is_valid(setup))
		return -EINVAL;
	if (uni_multi_of(u, c)->n_unanswered >= UNI_PARTY_UNANSWERED) /* SIG-108 */
		return -EAGAIN;
	return u->setups.n_free > 0 ? 0 : -EAGAIN;
}

/* A party with its ADD PARTY, or an error and nothing taken. */
static int
prepare(struct uni_link *l, struct uni_hot *c, const struct uni_setup *setup,
	struct uni_party **out)
{
	struct uni *u = l->u;
	int err, ref = uni_party_ref_take(u, c);
	struct uni_party *p = ref >= 0 ? uni_party_new(l, c, (uint16_t)ref) : NULL;

	if (p == NULL)
		return -ENOSPC;
	p->setup = cp_pool_get(&u->setups);
	err = uni_add_party_encode(uni_setup_at(u, p->setup), l, c, p->ref, setup);
	if (err < 0) {
		uni_party_free(l, c, p);
		return err;
	}
	*out = p;
	return 0;
}

int
uni_party_add(struct uni *u, uni_call_t call, const struct uni_setup *setup, uint64_t cookie,
	uint64_t now_ns, uni_party_t *out)
{
	struct uni_party_event e = { .now_ns = now_ns };
	struct uni_party *p;
	struct uni_link *l;
	struct uni_hot *c;
	int err = uni_call_for_above(u, call, now_ns, &c);

	if (err == 0)
		err = check_add(u, c, setup);
	if (err < 0)
		return err;
	l = u->links[c->link_idx];
	err = prepare(l, c, setup, &p);
	if (err < 0)
		return err;
	p->flags |= UNI_PARTY_F_ADDED;
	p->cookie = cookie;
	uni_address_keep(&u->party_called[cp_handle_idx(p->handle)], &setup->called);
	*out = p->handle;
	uni_party_run(l, c, p, UNI_PARTY_EV_ADD, &e);
	uni_tx_kick(l, now_ns);
	return 0;
}

int
uni_party_set_cookie(struct uni *u, uni_party_t party, uint64_t cookie)
{
	struct uni_party *p = uni_party_at(u, party);

	if (p == NULL || (p->flags & UNI_PARTY_F_DEAD) != 0)
		return -ESTALE;
	p->cookie = cookie;
	return 0;
}

/* ---- Queries. ---- */

/* While the end of a party is being told it may still be asked about. */
static const struct uni_party *
party_for_query(const struct uni *u, uni_party_t handle)
{
	const struct uni_party *p = uni_party_at(u, handle);

	if (p == NULL || ((p->flags & UNI_PARTY_F_DEAD) != 0 && u->party_dying != handle))
		return NULL;
	return p;
}

int
uni_party_query(const struct uni *u, uni_party_t party, struct uni_party_info *out)
{
	const struct uni_party *p = party_for_query(u, party);
	const struct uni_hot *c;

	if (p == NULL)
		return -ESTALE;
	c = uni_call_at(u, p->call);
	memset(out, 0, sizeof(*out));
	out->party = party;
	out->call = p->call;
	out->state = (enum uni_party_state)p->state;
	out->reference = p->ref;
	out->ours = uni_multi_of(u, c)->root;
	uni_address_give(&out->called, &u->party_called[cp_handle_idx(party)]);
	out->cookie = p->cookie;
	return 0;
}

uni_party_t
uni_call_first_party(const struct uni *u, uni_call_t call)
{
	const struct uni_hot *c = uni_call_at(u, call);
	const struct uni_party *p;

	if (c == NULL || !uni_call_is_multipoint(c))
		return 0;
	p = uni_party_at(u, uni_multi_of(u, c)->lead);
	return p != NULL && (p->flags & UNI_PARTY_F_DEAD) == 0 ? p->handle : 0;
}

uni_party_t
uni_party_next(const struct uni *u, uni_call_t call, uni_party_t party)
{
	const struct uni_hot *c = uni_call_at(u, call);
	const struct uni_party *p;

	if (c == NULL || !uni_call_is_multipoint(c))
		return 0;
	if (party == CP_HANDLE_NONE) {
		p = uni_party_of_link(u, uni_multi_of(u, c)->first);
	} else {
		p = uni_party_at(u, party);
		if (p == NULL || p->call != call)
			return 0;
		p = uni_party_of_link(u, p->next);
	}
	while (p != NULL && (p->flags & UNI_PARTY_F_DEAD) != 0)
		p = uni_party_of_link(u, p->next);
	return p != NULL ? p->handle : 0;
}
