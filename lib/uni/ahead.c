/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/bytes.h"
#include "uni/uni_priv.h"

/*
 * Looking ahead. The calls that a burst of messages is about are scattered over memory, and each
 * message waits for the slot of its reference, then for its call, then for what the layer above
 * has of it. Of a burst all these waits can be had at the same time. Nothing is judged here and
 * nothing changes, whatever the octets are.
 */

#define CREF_AT 2u /* behind discriminator and length (SIG-11) */

/* Of the slot in which its call is; 0, the slot of nobody, if it has no reference. */
static inline uint32_t
ref_in(const struct uni_pdu *message)
{
	uint32_t cref;

	if (message->len < UNI_HEADER_SIZE)
		return 0;
	cref = cp_get_be24(message->octets + CREF_AT);
	return (cref & UNI_REF_VALUE) | (cref > UNI_REF_VALUE ? UNI_REF_OURS : 0);
}

void
uni_calls_ahead(const struct uni *u, const uni_call_t *calls, uint32_t n)
{
	uint32_t i;

	for (i = 0; i < n; i++)
		cp_pool_prefetch(&u->calls, cp_handle_idx(calls[i]));
}

void
uni_link_ahead(
	const struct uni_link *l, const struct uni_pdu *messages, uint32_t n, uint64_t *cookies)
{
	const struct cp_pool *calls = &l->u->calls;
	const struct uni_hot *c;
	uint32_t i;

	for (i = 0; i < n; i++)
		__builtin_prefetch(uni_ref_slot(l, ref_in(&messages[i])), 1);
	for (i = 0; i < n; i++) {
		c = uni_ref_find(l, ref_in(&messages[i]));
		if (c != NULL)
			cp_pool_prefetch(calls, (uint32_t)(c - (struct uni_hot *)calls->records));
	}
	for (i = 0; i < n; i++) {
		c = uni_ref_find(l, ref_in(&messages[i]));
		cookies[i] = c != NULL ? c->cookie : 0;
	}
}
