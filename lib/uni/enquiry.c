/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>

#include "uni/party_priv.h"

/*
 * STATUS ENQUIRY as this side sends it (SIG-89): found by the call reference that it is about, sent
 * when the transport asks for it, timed by T322 (SIG-T9). A call has at most one; about a
 * multipoint call an audit asks for one party after the other.
 */

static struct uni_enquiry *
at(struct uni_link *l, uint16_t place)
{
	return place != 0 ? &l->audit.enquiries[place - 1] : NULL;
}

static uint16_t
place_of(const struct uni_link *l, const struct uni_enquiry *q)
{
	return (uint16_t)(q - l->audit.enquiries + 1);
}

static uint16_t *
bucket_of(struct uni_link *l, uint32_t ref)
{
	return &l->audit.buckets[ref % UNI_N_ENQUIRIES];
}

/* Behind the slots of calls, links and parties. */
static uint32_t
first_slot(const struct uni *u)
{
	return uni_party_slot(u, u->parties.n_max);
}

static uint32_t
slot_of(const struct uni_link *l, const struct uni_enquiry *q)
{
	return first_slot(l->u) + l->idx * UNI_N_ENQUIRIES + place_of(l, q) - 1u;
}

bool
uni_enquiry_has_slot(const struct uni *u, uint32_t slot)
{
	return slot >= first_slot(u);
}

uint32_t
uni_enquiry_n_slots(const struct uni *u)
{
	return u->n_links * UNI_N_ENQUIRIES;
}

static struct uni_enquiry *
find(struct uni_link *l, uint32_t ref)
{
	struct uni_enquiry *q = at(l, *bucket_of(l, ref));

	while (q != NULL && q->ref != ref)
		q = at(l, q->chain);
	return q;
}

/* ---- The queue of those to be sent. ---- */

static void
push(struct uni_link *l, struct uni_enquiry *q)
{
	struct uni_audit *a = &l->audit;

	if (q->queued)
		return;
	cp_wheel_stop(l->u->wheel, slot_of(l, q)); /* T322 starts when it is pulled */
	q->queued = true;
	q->next = 0;
	q->prev = a->tail;
	if (a->tail != 0)
		at(l, a->tail)->next = place_of(l, q);
	else
		a->head = place_of(l, q);
	a->tail = place_of(l, q);
}

static void
unqueue(struct uni_link *l, struct uni_enquiry *q)
{
	struct uni_audit *a = &l->audit;

	if (!q->queued)
		return;
	q->queued = false;
	if (q->prev != 0)
		at(l, q->prev)->next = q->next;
	else
		a->head = q->next;
	if (q->next != 0)
		at(l, q->next)->prev = q->prev;
	else
		a->tail = q->prev;
}

/* ---- Begin and end. ---- */

static struct uni_enquiry *
begin(struct uni_link *l, uint32_t ref, uint32_t call, uint32_t party)
{
	struct uni_audit *a = &l->audit;
	struct uni_enquiry *q = at(l, a->first_free);
	uint16_t *bucket = bucket_of(l, ref);

	if (q != NULL)
		a->first_free = q->chain;
	else if (a->n_fresh < UNI_N_ENQUIRIES)
		q = &a->enquiries[a->n_fresh++];
	else
		return NULL;
	*q = (struct uni_enquiry){ .ref = ref, .call = call, .party = party, .chain = *bucket };
	*bucket = place_of(l, q);
	a->n_enquiries++;
	push(l, q);
	return q;
}

static void
end(struct uni_link *l, struct uni_enquiry *q)
{
	struct uni_audit *a = &l->audit;
	uint16_t *link = bucket_of(l, q->ref);

	cp_wheel_stop(l->u->wheel, slot_of(l, q));
	unqueue(l, q);
	while (*link != place_of(l, q))
		link = &at(l, *link)->chain;
	*link = q->chain;
	q->ref = 0;
	q->chain = a->first_free;
	a->first_free = place_of(l, q);
	a->n_enquiries--;
}

void
uni_enquiry_forget(struct uni_link *l, uint32_t ref)
{
	struct uni_enquiry *q = l->audit.n_enquiries > 0 ? find(l, ref) : NULL;

	if (q != NULL)
		end(l, q);
}

void
uni_enquiries_drop(struct uni_link *l)
{
	uint32_t i;

	for (i = 0; i < l->audit.n_fresh; i++)
		if (l->audit.enquiries[i].ref != 0)
			end(l, &l->audit.enquiries[i]);
}

void
uni_enquiries_again(struct uni_link *l)
{
	struct uni_enquiry *q;
	struct uni_hot *c;
	uint32_t i;

	for (i = 0; i < l->audit.n_fresh; i++) {
		q = &l->audit.enquiries[i];
		c = uni_call_at(l->u, q->call);
		if (q->ref == 0)
			continue;
		if (q->audit && c != NULL) {
			c->flags &= (uint8_t)~UNI_CALL_F_ASKED;
			end(l, q);
			continue;
		}
		q->again = false; /* no fault of the peer's */
		push(l, q);
	}
}

/* ---- What to ask. ---- */

/* The peer may have to be told of it first: then it would know nothing. */
static bool
is_asked_about(const struct uni_hot *c)
{
	return c->state != UNI_ST_NULL && !uni_state_is_clearing(c->state) &&
	       !uni_call_is_unsaid(c);
}

static bool
is_party_asked_about(const struct uni_party *p)
{
	return p->state != UNI_PARTY_NULL && p->state != UNI_PARTY_DROP_INITIATED &&
	       p->state != UNI_PARTY_DROP_RECEIVED && !uni_party_is_unsaid(p);
}

/* @p p, or the first one behind it that is to be asked about. */
static uint32_t
party_from(const struct uni *u, const struct uni_party *p)
{
	while (p != NULL && !is_party_asked_about(p))
		p = uni_party_of_link(u, p->next);
	return p != NULL ? p->handle : CP_HANDLE_NONE;
}

bool
uni_enquiry_call(struct uni_link *l, struct uni_hot *c)
{
	const struct uni *u = l->u;
	uint32_t party = CP_HANDLE_NONE;
	struct uni_enquiry *q;

	if (!is_asked_about(c) || find(l, c->ref) != NULL)
		return false;
	if (uni_call_is_multipoint(c))
		party = party_from(u, uni_party_of_link(u, uni_multi_of(u, c)->first));
	q = begin(l, c->ref, c->handle, party);
	if (q == NULL)
		return false;
	q->audit = true;
	c->flags |= UNI_CALL_F_ASKED;
	return true;
}

void
uni_enquiry_aside(struct uni_link *l, uint32_t ref)
{
	if (find(l, ref) == NULL)
		begin(l, ref, CP_HANDLE_NONE, CP_HANDLE_NONE);
}

/* An audit goes on to the next party of the call, any other question is answered. */
static void
next_party(struct uni_link *l, struct uni_enquiry *q, const struct uni_party *p)
{
	uint32_t next = CP_HANDLE_NONE;

	if (q->audit && p != NULL)
		next = party_from(l->u, uni_party_of_link(l->u, p->next));
	if (next == CP_HANDLE_NONE) {
		end(l, q);
		return;
	}
	q->party = next;
	q->again = false;
	push(l, q);
}

void
uni_enquiry_leave_party(struct uni_link *l, const struct uni_hot *c, struct uni_party *p)
{
	struct uni_enquiry *q = l->audit.n_enquiries > 0 ? find(l, c->ref) : NULL;

	if (q != NULL && q->party == p->handle)
		next_party(l, q, p);
}

/* SIG-89 */
static bool
is_answer(uint8_t cause)
{
	return cause == UNI_CAUSE_STATUS_RESPONSE ||
	       (cause >= UNI_CAUSE_MSG_UNKNOWN && cause <= UNI_CAUSE_MSG_STATE);
}

bool
uni_enquiry_answer(
	struct uni_link *l, const struct uni_hot *c, const struct uni_msg *m, uint8_t cause)
{
	struct uni_enquiry *q = l->audit.n_enquiries > 0 ? find(l, c->ref) : NULL;
	const struct uni_party *p;
	union uni_ie_body body;

	if (q == NULL || !is_answer(cause))
		return false;
	p = uni_party_at(l->u, q->party);
	if (uni_msg_get(m, UNI_IE_EPREF, &body) && (p == NULL || p->ref != body.epref.value))
		return false; /* about another one */
	next_party(l, q, p);
	return true;
}

/* ---- Sending, and T322. ---- */

size_t
uni_enquiry_pull(struct uni_link *l, uint8_t *room, size_t size, uint64_t now_ns)
{
	struct uni_enquiry *q = at(l, l->audit.head);
	struct uni_header hdr = { .type = UNI_MT_STATUS_ENQUIRY };
	const struct uni_party *p;
	struct uni_epref epref;
	struct uni_enc enc;
	int len;

	if (q == NULL)
		return 0;
	unqueue(l, q);
	l->stats.enquiries += !q->again;
	hdr.cref = q->ref & UNI_REF_VALUE;
	hdr.flag = (q->ref & UNI_REF_OURS) == 0;
	uni_enc_begin(&enc, room, size, &hdr);
	p = uni_party_at(l->u, q->party);
	if (p != NULL) {
		epref = (struct uni_epref){ .value = p->ref, .flag = hdr.flag };
		uni_enc_ie_epref(&enc, &epref);
	}
	len = uni_enc_end(&enc);
	cp_wheel_start(l->u->wheel, slot_of(l, q), q->call, now_ns, l->params.t322_ms);
	return len > 0 ? (size_t)len : 0;
}

/* SIG-T9. What is set aside is asked about again in the next pass. */
static void
give_up(struct uni_link *l, struct uni_enquiry *q, uint64_t now_ns)
{
	struct uni_hot *c = uni_call_at(l->u, q->call);
	struct uni_release release = {
		.label = UNI_LABEL_NONE,
		.cause = UNI_CAUSE_TEMPORARY_FAILURE,
		.location = uni_link_location(l),
	};

	l->stats.enquiries_unanswered++;
	end(l, q);
	if (c != NULL && uni_sweep_settle(l, c, now_ns))
		uni_call_abort(l, c, &release, now_ns);
}

void
uni_enquiry_expired(struct uni *u, uint32_t slot, uint64_t now_ns)
{
	uint32_t i = slot - first_slot(u);
	struct uni_link *l = u->links[i / UNI_N_ENQUIRIES];
	struct uni_enquiry *q = &l->audit.enquiries[i % UNI_N_ENQUIRIES];
	const struct uni_hot *c = uni_call_at(u, q->call);

	l->stats.timer_expired++;
	if (c != NULL)
		uni_trace_expired(l, c, UNI_TRACE_NO_ENDPOINT, 322, now_ns);
	if (q->again) {
		give_up(l, q, now_ns);
	} else {
		q->again = true;
		push(l, q);
	}
	uni_trace_settle(l);
}

int
uni_call_enquire(struct uni *u, uni_call_t call, uni_party_t party, uint64_t now_ns)
{
	const struct uni_party *p = NULL;
	struct uni_link *l;
	struct uni_hot *c;
	int err = uni_call_for_above(u, call, now_ns, &c);

	if (err < 0)
		return err;
	l = u->links[c->link_idx];
	if (party != 0) {
		p = uni_party_at(u, party);
		if (p == NULL || p->call != call)
			return -ESTALE;
	}
	if (!l->up)
		return -ENETDOWN;
	if (!is_asked_about(c) || (p != NULL && !is_party_asked_about(p)))
		return -EPROTO;
	if (find(l, c->ref) != NULL)
		return -EBUSY;
	if (begin(l, c->ref, call, party) == NULL)
		return -EAGAIN;
	uni_tx_kick(l, now_ns);
	return 0;
}
