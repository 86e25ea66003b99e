/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "uni/party_priv.h"

/* Sending for parties: as call_tx.c does for calls, but who ends leaves the queue at once. */

static const uint8_t type_of[UNI_PARTY_SAY_COUNT] = {
	[UNI_PARTY_SAY_ADD] = UNI_MT_ADD_PARTY,
	[UNI_PARTY_SAY_ALERTING] = UNI_MT_PARTY_ALERTING,
	[UNI_PARTY_SAY_ADD_ACK] = UNI_MT_ADD_PARTY_ACK,
	[UNI_PARTY_SAY_ADD_REJECT] = UNI_MT_ADD_PARTY_REJECT,
	[UNI_PARTY_SAY_DROP] = UNI_MT_DROP_PARTY,
	[UNI_PARTY_SAY_DROP_ACK] = UNI_MT_DROP_PARTY_ACK,
};

static enum uni_queue_kind
queue_for(uint8_t pending)
{
	const uint8_t bulk = UNI_SAY_BIT(UNI_PARTY_SAY_ADD_REJECT) |
			     UNI_SAY_BIT(UNI_PARTY_SAY_DROP) | UNI_SAY_BIT(UNI_PARTY_SAY_DROP_ACK);

	return (pending & ~bulk) != 0 ? UNI_QUEUE_URGENT : UNI_QUEUE_BULK;
}

static void
push(struct uni_link *l, struct uni_party *p)
{
	enum uni_queue_kind kind = queue_for(p->pending);
	struct uni_queue *q = &l->party_queue[kind];

	p->queue = (uint8_t)kind;
	p->queue_next = CP_HANDLE_NONE;
	p->queue_prev = q->n > 0 ? q->tail : CP_HANDLE_NONE;
	if (q->n == 0)
		q->head = p->handle;
	else
		uni_party_of_link(l->u, q->tail)->queue_next = p->handle;
	q->tail = p->handle;
	q->n++;
}

void
uni_party_unqueue(struct uni_link *l, struct uni_party *p)
{
	struct uni_party *prev = uni_party_of_link(l->u, p->queue_prev);
	struct uni_party *next = uni_party_of_link(l->u, p->queue_next);
	struct uni_queue *q;

	if (p->queue == UNI_QUEUE_NOT)
		return;
	q = &l->party_queue[p->queue];
	if (prev != NULL)
		prev->queue_next = p->queue_next;
	else
		q->head = p->queue_next;
	if (next != NULL)
		next->queue_prev = p->queue_prev;
	else
		q->tail = p->queue_prev;
	q->n--;
	p->queue = UNI_QUEUE_NOT;
	p->queue_next = CP_HANDLE_NONE;
	p->queue_prev = CP_HANDLE_NONE;
}

void
uni_party_say(struct uni_link *l, struct uni_party *p, enum uni_party_say say)
{
	p->pending |= UNI_SAY_BIT(say);
	if (p->queue == UNI_QUEUE_NOT)
		push(l, p);
}

void
uni_party_silence(struct uni_link *l, struct uni_party *p)
{
	p->pending = 0;
	uni_party_unqueue(l, p);
}

static void
put_buf(struct uni *u, struct uni_party *p)
{
	if (p->setup != CP_HANDLE_NONE)
		cp_pool_put(&u->setups, p->setup);
	p->setup = CP_HANDLE_NONE;
}

static size_t
take_add_party(struct uni_link *l, struct uni_party *p, uint8_t *room)
{
	const struct uni_setup_buf *buf = uni_setup_at(l->u, p->setup);
	size_t len = buf->len;

	memcpy(room, buf->octets, len);
	put_buf(l->u, p); /* it is sent once */
	return len;
}

/* What a message about a party is made from. */
struct source {
	const struct uni_link *link;
	const struct uni_party *party;
	struct uni_epref epref;
	bool clearing;
};

static void
enc_own(struct uni_enc *enc, enum uni_ie ie, const void *arg)
{
	const struct source *src = arg;
	const struct uni_party *p = src->party;

	if (ie == UNI_IE_EPREF)
		uni_enc_ie_epref(enc, &src->epref);
	else if (!src->clearing)
		return;
	else if (ie == UNI_IE_CAUSE && p->cause != 0)
		uni_tx_enc_cause(
			enc, src->link, p->cause, uni_party_diag(src->link->u, p), p->n_diag);
	else if (ie == UNI_IE_UU && p->uu_len > 0 && (p->flags & UNI_PARTY_F_CODED) == 0)
		uni_enc_ie_raw(enc, uni_ie_id(ie), 0x80, p->uu, p->uu_len);
}

/* The layer above's. */
static struct uni_elements
given_for(const struct uni_link *l, const struct uni_party *p, enum uni_party_say say)
{
	struct uni_elements given = uni_no_elements;

	if (say == UNI_PARTY_SAY_ALERTING)
		uni_enclosed(l->u, p->setup, UNI_ANSWER_ALERT, &given);
	else if (say == UNI_PARTY_SAY_ADD_ACK)
		uni_enclosed(l->u, p->setup, UNI_ANSWER_ACCEPT, &given);
	else if ((p->flags & UNI_PARTY_F_CODED) != 0)
		given = (struct uni_elements){ p->uu, p->uu_len };
	return given;
}

static size_t
encode(struct uni_link *l, const struct uni_hot *c, struct uni_party *p, enum uni_party_say say,
	uint8_t *room, size_t size)
{
	const struct uni_header hdr = {
		.cref = c->ref & UNI_REF_VALUE,
		.flag = !uni_call_is_ours(c),
		.type = type_of[say],
	};
	const struct source src = {
		.link = l,
		.party = p,
		.epref = { .value = p->ref, .flag = hdr.flag },
		.clearing = say >= UNI_PARTY_SAY_ADD_REJECT,
	};
	struct uni_elements given;
	struct uni_enc enc;
	int len;

	if (say == UNI_PARTY_SAY_ADD)
		return take_add_party(l, p, room);
	uni_enc_begin(&enc, room, size, &hdr);
	given = given_for(l, p, say);
	uni_enc_in_order(&enc, hdr.type, &given, enc_own, &src);
	if (say == UNI_PARTY_SAY_ADD_ACK)
		put_buf(l->u, p);
	len = uni_enc_end(&enc);
	return len > 0 ? (size_t)len : 0;
}

/* Timers of what was handed over start now. Runs a handler. */
static void
said(struct uni_link *l, struct uni_hot *c, struct uni_party *p, enum uni_party_say say,
	uint64_t now_ns)
{
	if (say == UNI_PARTY_SAY_ADD)
		uni_party_timer_start(l, p, UNI_T399, now_ns);
	else if (say == UNI_PARTY_SAY_DROP)
		uni_party_timer_start(l, p, UNI_T398, now_ns);
	else if (p->state == UNI_PARTY_NULL && (p->flags & UNI_PARTY_F_OWED) != 0)
		uni_party_tell_complete(l, c, p, now_ns);
	else if (p->state == UNI_PARTY_NULL)
		uni_party_free(l, c, p);
}

size_t
uni_party_pull(
	struct uni_link *l, enum uni_queue_kind kind, uint8_t *room, size_t size, uint64_t now_ns)
{
	struct uni_queue *q = &l->party_queue[kind];
	struct uni_party *p;
	enum uni_party_say say;
	struct uni_hot *c;
	size_t n;

	if (q->n == 0)
		return 0;
	p = uni_party_of_link(l->u, q->head);
	c = uni_call_at(l->u, p->call);
	say = (enum uni_party_say)__builtin_ctz(p->pending);
	uni_party_unqueue(l, p);
	p->pending &= (uint8_t)~UNI_SAY_BIT(say);
	c->flags &= (uint8_t)~UNI_CALL_F_ASKED;
	if (p->pending != 0)
		push(l, p);
	n = encode(l, c, p, say, room, size);
	if (l->recorder != NULL && n > 0)
		uni_trace_sent_party(l, c, p, type_of[say], now_ns);
	said(l, c, p, say, now_ns);
	return n;
}
