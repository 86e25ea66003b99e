/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <string.h>

#include "uni/party_priv.h"

/*
 * NOTIFY (SIG-71): what the peer notifies of goes up, what the layer above notifies of waits in a
 * small pool until it is pulled, for it is not in any record of the call.
 */

int
uni_notices_init(struct uni *u)
{
	return cp_pool_init(
		&u->notices, UNI_N_NOTICES, sizeof(struct uni_notice), u->mem, "uni notices");
}

void
uni_notices_fini(struct uni *u)
{
	cp_pool_fini(&u->notices);
}

static struct uni_notice *
notice_at(const struct uni *u, uint32_t handle)
{
	return cp_pool_at(&u->notices, handle);
}

static void
push(struct uni_link *l, uint32_t handle)
{
	struct uni_queue *q = &l->notices;

	notice_at(l->u, handle)->next = CP_HANDLE_NONE;
	if (q->n == 0)
		q->head = handle;
	else
		notice_at(l->u, q->tail)->next = handle;
	q->tail = handle;
	q->n++;
}

static uint32_t
pop(struct uni_link *l)
{
	uint32_t handle = l->notices.head;

	l->notices.head = notice_at(l->u, handle)->next;
	l->notices.n--;
	return handle;
}

void
uni_notices_drop(struct uni_link *l)
{
	while (l->notices.n > 0)
		cp_pool_put(&l->u->notices, pop(l));
}

/* ---- Received. ---- */

void
uni_notify_receive(struct uni_link *l, struct uni_hot *c, const struct uni_msg *m, uint64_t now_ns)
{
	const struct uni_ie_entry *entry = uni_msg_find(m, UNI_IE_NOTIFY); /* mandatory */
	const struct uni_notification n = {
		.instructions = entry->octet2,
		.octets = uni_msg_contents(m, entry),
		.len = entry->len,
	};
	const struct uni_party *p = NULL;

	if (uni_call_is_multipoint(c) && uni_msg_has(m, UNI_IE_EPREF)) {
		if (!uni_party_is_known(l, c, m))
			return;
		p = uni_party_of_msg(l->u, c, m);
	}
	if (p != NULL && (p->flags & UNI_PARTY_F_DEAD) != 0)
		return; /* the layer above has heard the last of it */
	if (l->ops->notified != NULL)
		l->ops->notified(l->arg, c->handle, p != NULL ? p->handle : CP_HANDLE_NONE,
			p != NULL ? p->cookie : c->cookie, &n, now_ns);
}

/* ---- Sent. ---- */

/* What it is about, while the peer can be told. */
enum standing { STANDS, WAITS, VOID };

/* A call that the peer has not heard of yet would be refused by it (SIG-46). */
static enum standing
standing_of(const struct uni_hot *c, const struct uni_party *p)
{
	if (c == NULL || c->state == UNI_ST_NULL || uni_state_is_clearing(c->state))
		return VOID;
	if (p != NULL && (p->state == UNI_PARTY_NULL || p->state == UNI_PARTY_DROP_INITIATED ||
				 p->state == UNI_PARTY_DROP_RECEIVED))
		return VOID;
	return uni_call_is_unsaid(c) || (p != NULL && uni_party_is_unsaid(p)) ? WAITS : STANDS;
}

static size_t
encode(const struct uni_hot *c, const struct uni_party *p, const struct uni_notice *n,
	uint8_t *room, size_t size)
{
	const struct uni_header hdr = {
		.cref = c->ref & UNI_REF_VALUE,
		.flag = !uni_call_is_ours(c),
		.type = UNI_MT_NOTIFY,
	};
	struct uni_epref epref;
	struct uni_enc enc;
	int len;

	uni_enc_begin(&enc, room, size, &hdr);
	uni_enc_ie_raw(&enc, uni_ie_id(UNI_IE_NOTIFY), n->instructions, n->octets, n->len);
	if (p != NULL) {
		epref = (struct uni_epref){ .value = p->ref, .flag = hdr.flag };
		uni_enc_ie_epref(&enc, &epref);
	}
	len = uni_enc_end(&enc);
	return len > 0 ? (size_t)len : 0;
}

size_t
uni_notice_pull(struct uni_link *l, uint8_t *room, size_t size)
{
	const struct uni_notice *n;
	const struct uni_party *p;
	const struct uni_hot *c;
	uint32_t left, handle;
	enum standing standing;
	size_t len = 0;

	for (left = l->notices.n; left > 0 && len == 0; left--) {
		handle = pop(l);
		n = notice_at(l->u, handle);
		c = uni_call_at(l->u, n->call);
		p = uni_party_at(l->u, n->party);
		standing = n->party != CP_HANDLE_NONE && p == NULL ? VOID : standing_of(c, p);
		if (standing == WAITS) {
			push(l, handle);
			continue;
		}
		if (standing == STANDS)
			len = encode(c, p, n, room, size);
		cp_pool_put(&l->u->notices, handle);
	}
	return len;
}

/* The peer knows the element in the coding of ITU-T alone. */
static bool
is_valid(const struct uni_notification *n)
{
	return n->len > 0 && n->len <= UNI_MAX_NOTIFICATION &&
	       (n->instructions >> 5 & 3) == UNI_CODING_ITU;
}

int
uni_call_notify(struct uni *u, uni_call_t call, uni_party_t party,
	const struct uni_notification *notification, uint64_t now_ns)
{
	const struct uni_party *p;
	struct uni_notice *n;
	struct uni_link *l;
	struct uni_hot *c;
	uint32_t handle;
	int err = uni_call_for_above(u, call, now_ns, &c);

	if (err < 0)
		return err;
	p = uni_party_at(u, party);
	if (party != 0 && (p == NULL || p->call != call))
		return -ESTALE;
	if (standing_of(c, p) == VOID)
		return -EPROTO;
	if (!is_valid(notification))
		return -EINVAL;
	l = u->links[c->link_idx];
	if (!l->up)
		return -ENETDOWN;
	handle = cp_pool_get(&u->notices);
	if (handle == CP_HANDLE_NONE)
		return -EAGAIN;
	n = notice_at(u, handle);
	n->call = call;
	n->party = party;
	n->instructions = notification->instructions;
	n->len = (uint8_t)notification->len;
	memcpy(n->octets, notification->octets, notification->len);
	push(l, handle);
	uni_tx_kick(l, now_ns);
	return 0;
}
