/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>

#include "base/bytes.h"
#include "uni/party_priv.h"

/*
 * Elements of the layer above that go with an answer of ours. Messages are pulled later, so they
 * wait in the buffer of the call, or of the party that the answer is for: pieces one behind the
 * other, each a kind, a length and elements in sent order.
 */

#define PIECE_HEADER 3u

/* Of the kinds: the message that can have most, and the request that they wait for. */
static const uint8_t type_of[UNI_ANSWER_KINDS] = {
	[UNI_ANSWER_PROCEED] = UNI_MT_CALL_PROCEEDING,
	[UNI_ANSWER_ALERT] = UNI_MT_ALERTING,
	[UNI_ANSWER_ACCEPT] = UNI_MT_CONNECT,
	[UNI_ANSWER_REFUSE] = UNI_MT_RELEASE_COMPLETE,
};

static const uint8_t event_of[UNI_ANSWER_KINDS] = {
	[UNI_ANSWER_PROCEED] = UNI_EV_PROCEED,
	[UNI_ANSWER_ALERT] = UNI_EV_ALERT,
	[UNI_ANSWER_ACCEPT] = UNI_EV_ACCEPT,
	[UNI_ANSWER_REFUSE] = UNI_EV_REFUSE,
};

static const uint8_t party_event_of[UNI_ANSWER_KINDS] = {
	[UNI_ANSWER_ALERT] = UNI_PARTY_EV_ALERT,
	[UNI_ANSWER_ACCEPT] = UNI_PARTY_EV_ACCEPT,
	[UNI_ANSWER_REFUSE] = UNI_PARTY_EV_REFUSE,
};

bool
uni_enclosed(
	const struct uni *u, uint32_t handle, enum uni_answer_kind kind, struct uni_elements *out)
{
	const struct uni_setup_buf *buf = uni_setup_at(u, handle);
	uint32_t off = 0, size;

	for (; buf != NULL && off < buf->len; off += PIECE_HEADER + size) {
		size = cp_get_be16(buf->octets + off + 1);
		if (buf->octets[off] != kind)
			continue;
		*out = (struct uni_elements){ buf->octets + off + PIECE_HEADER, size };
		return true;
	}
	return false;
}

static void
no_own(struct uni_enc *enc, enum uni_ie ie, const void *arg)
{
	(void)enc;
	(void)ie;
	(void)arg;
}

/* What section 5 lists for the answer, behind what the buffer has: its octets, or -EMSGSIZE. */
static int
append(struct uni_setup_buf *buf, enum uni_answer_kind kind, const struct uni_elements *elements)
{
	uint8_t *piece = buf->octets + buf->len;
	struct uni_enc enc = { .buf = piece + PIECE_HEADER };

	if (sizeof(buf->octets) - buf->len < PIECE_HEADER)
		return -EMSGSIZE;
	enc.size = sizeof(buf->octets) - buf->len - PIECE_HEADER;
	uni_enc_in_order(&enc, type_of[kind], elements, no_own, NULL);
	if (enc.overflow)
		return -EMSGSIZE;
	if (enc.len == 0)
		return 0;
	piece[0] = (uint8_t)kind;
	cp_put_be16(piece + 1, (uint16_t)enc.len);
	buf->len += PIECE_HEADER + (uint32_t)enc.len;
	return (int)enc.len;
}

static int
enclose(struct uni *u, uint32_t *handle, enum uni_answer_kind kind,
	const struct uni_elements *elements)
{
	uint32_t had = *handle, use = had != CP_HANDLE_NONE ? had : cp_pool_get(&u->setups);
	struct uni_elements there;
	int n;

	if (!uni_elements_are_good(elements))
		n = -EINVAL;
	else if (use == CP_HANDLE_NONE)
		return -EAGAIN;
	else if (uni_enclosed(u, had, kind, &there))
		return -EEXIST;
	else
		n = append(uni_setup_at(u, use), kind, elements);
	if (n > 0)
		*handle = use;
	else if (had == CP_HANDLE_NONE)
		cp_pool_put(&u->setups, use);
	return n < 0 ? n : 0;
}

int
uni_call_enclose(struct uni *u, uni_call_t call, enum uni_answer_kind kind,
	const struct uni_elements *elements, uint64_t now_ns)
{
	struct uni_party *lead;
	struct uni_hot *c;
	int err = uni_call_for_above(u, call, now_ns, &c);

	if (err < 0)
		return err;
	if (uni_call_is_ours(c) || !uni_fsm_accepts(u->links[c->link_idx]->params.role, c->state,
					   (enum uni_event)event_of[kind]))
		return -EPROTO;
	if (!uni_call_is_multipoint(c))
		return enclose(u, &c->extra, kind, elements);
	lead = uni_party_at(u, uni_multi_of(u, c)->lead);
	return lead != NULL ? enclose(u, &lead->setup, kind, elements) : -EPROTO;
}

int
uni_party_enclose(struct uni *u, uni_party_t party, enum uni_answer_kind kind,
	const struct uni_elements *elements, uint64_t now_ns)
{
	struct uni_party *p;
	int err = uni_party_for_above(u, party, now_ns, &p);

	if (err < 0)
		return err;
	if ((p->flags & UNI_PARTY_F_LEAD) != 0)
		return uni_call_enclose(u, p->call, kind, elements, now_ns);
	if (kind == UNI_ANSWER_PROCEED ||
		!uni_party_accepts(p->state, (enum uni_party_ev)party_event_of[kind]))
		return -EPROTO;
	return enclose(u, &p->setup, kind, elements);
}
