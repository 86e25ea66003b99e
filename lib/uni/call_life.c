/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "base/bytes.h"
#include "uni/party_priv.h"

struct uni_hot *
uni_call_new(struct uni_link *l, uint32_t ref, uint64_t now_ns)
{
	struct uni *u = l->u;
	uint32_t handle = cp_pool_get(&u->calls);
	struct uni_hot *c = uni_call_at(u, handle);
	struct uni_cold *cold;

	if (c == NULL)
		return NULL;
	c->handle = handle;
	c->ref = ref;
	c->label = UNI_LABEL_NONE;
	c->next = UNI_CALL_NONE;
	c->link_idx = l->idx;
	c->queue = UNI_QUEUE_NOT;
	c->timer = UNI_TIMER_NOT;
	c->epoch = l->epoch;
	cold = &u->cold[cp_handle_idx(handle)];
	memset(cold, 0, sizeof(*cold));
	cold->created_us = now_ns / UNI_NS_PER_US;
	uni_ref_set(l, ref, cp_handle_idx(handle));
	l->n_calls++;
	if (cp_pool_n_used(&u->calls) > u->n_calls_max)
		u->n_calls_max = cp_pool_n_used(&u->calls);
	return c;
}

void
uni_call_drop(struct uni_link *l, struct uni_hot *c)
{
	uni_call_put_buf(l->u, c);
	if (uni_call_is_multipoint(c))
		uni_multi_free(l, c);
	if (c->label != UNI_LABEL_NONE)
		uni_label_put_unused(l, c->label);
	uni_ref_clear(l, c->ref);
	l->n_calls--;
	cp_pool_put_live(&l->u->calls, c->handle);
}

void
uni_address_keep(struct uni_kept_address *kept, const struct uni_address *a)
{
	kept->kind = a->type != UNI_ADDRESS_NONE ? (uint8_t)(a->type << 5 | a->len) : 0;
	memcpy(kept->octets, a->octets, sizeof(kept->octets));
}

void
uni_address_give(struct uni_address *a, const struct uni_kept_address *kept)
{
	a->type = kept->kind >> 5;
	a->len = kept->kind & 0x1f;
	memcpy(a->octets, kept->octets, sizeof(a->octets));
}

void
uni_rates_get(const struct uni *u, const struct uni_hot *c, struct uni_rates *out)
{
	const struct uni_cold *cold = &u->cold[uni_call_idx(c)];

	out->fwd_peak = cp_get_be24(cold->fwd_peak);
	out->bwd_peak = cp_get_be24(cold->bwd_peak);
}

void
uni_rates_set(const struct uni *u, const struct uni_hot *c, const struct uni_rates *rates)
{
	struct uni_cold *cold = &u->cold[uni_call_idx(c)];

	cp_put_be24(cold->fwd_peak, rates->fwd_peak);
	cp_put_be24(cold->bwd_peak, rates->bwd_peak);
}

void
uni_call_keep(const struct uni *u, const struct uni_hot *c, const struct uni_setup *setup)
{
	struct uni_cold *cold = &u->cold[uni_call_idx(c)];
	const struct uni_rates rates = {
		.fwd_peak = setup->fwd_peak,
		.bwd_peak = setup->multipoint ? 0 : setup->bwd_peak,
	};

	uni_address_keep(&cold->called, &setup->called);
	uni_address_keep(&cold->calling, &setup->calling);
	uni_rates_set(u, c, &rates);
}

uint32_t *
uni_call_buf(const struct uni *u, struct uni_hot *c)
{
	return uni_call_is_multipoint(c) ? &uni_multi_of(u, c)->setup : &c->extra;
}

void
uni_call_put_buf(struct uni *u, struct uni_hot *c)
{
	uint32_t *buf = uni_call_buf(u, c);

	if (*buf == CP_HANDLE_NONE)
		return;
	cp_pool_put(&u->setups, *buf);
	*buf = CP_HANDLE_NONE;
	c->pending &= (uint8_t)~UNI_SAY_BIT(UNI_SAY_SETUP);
}

void
uni_call_offer_done(struct uni_link *l, struct uni_hot *c)
{
	if (c->flags & UNI_CALL_F_OFFER) {
		c->flags &= (uint8_t)~UNI_CALL_F_OFFER;
		l->n_offers--;
	}
}

void
uni_call_over(struct uni_link *l, struct uni_hot *c)
{
	uni_timer_stop(l, c);
	uni_call_offer_done(l, c);
	c->state = UNI_ST_NULL;
	l->n_calls--;
	l->stats.cleared++;
	/* Until RELEASE COMPLETE is on its way the peer takes reference and VC for used. */
	if ((c->pending & UNI_SAY_BIT(UNI_SAY_RELEASE_COMPLETE)) == 0)
		uni_call_finish(l, c);
}

void
uni_call_finish(struct uni_link *l, struct uni_hot *c)
{
	if (c->label != UNI_LABEL_NONE)
		uni_label_call_over(l, c);
	c->label = UNI_LABEL_NONE;
	if (c->ref != 0)
		uni_ref_clear(l, c->ref);
	c->ref = 0;
}

void
uni_call_tell_end(struct uni_link *l, struct uni_hot *c, bool complete, struct uni_release *release,
	uint64_t now_ns)
{
	struct uni *u = l->u;
	uint32_t handle = c->handle, outer = u->dying;

	if (uni_call_is_multipoint(c) && (c->flags & UNI_CALL_F_DEAD) == 0 &&
		!uni_parties_end(l, c, release, UINT32_MAX, now_ns))
		return;
	if ((c->flags & UNI_CALL_F_DEAD) == 0) {
		c->flags |= UNI_CALL_F_DEAD;
		u->dying = handle;
		if (complete)
			l->ops->close_complete(l->arg, handle, c->cookie, release, now_ns);
		else
			l->ops->released(l->arg, handle, c->cookie, release, false, now_ns);
		u->dying = outer; /* ends nest when a handler ends another call */
		c = uni_call_at(u, handle);
	}
	if (c != NULL)
		uni_call_free_if_idle(u, c);
}

void
uni_call_free_if_idle(struct uni *u, struct uni_hot *c)
{
	if (c->state != UNI_ST_NULL || c->queue != UNI_QUEUE_NOT)
		return;
	if (uni_call_is_multipoint(c)) {
		if ((c->flags & UNI_CALL_F_DEAD) == 0)
			return; /* its parties are being told of their end, then it is its turn */
		uni_call_put_buf(u, c);
		uni_multi_free(u->links[c->link_idx], c);
	}
	if (c->extra != CP_HANDLE_NONE)
		uni_call_put_buf(u, c);
	cp_pool_put(&u->calls, c->handle);
}

void
uni_offer_note(struct uni *u, uint32_t handle, uint64_t now_ns)
{
	if (u->n_offers == UNI_N_OFFERS)
		uni_offer_flush(u, now_ns);
	u->offers[u->n_offers++] = handle;
}

void
uni_offer_flush(struct uni *u, uint64_t now_ns)
{
	struct uni_call_event e = { .now_ns = now_ns };
	struct uni_link *l;
	struct uni_hot *c;
	uint32_t i;

	for (i = 0; i < u->n_offers; i++) {
		c = uni_call_at(u, u->offers[i]);
		if (c == NULL)
			continue;
		l = u->links[c->link_idx];
		if (c->state ==
			(l->params.role == UNI_ROLE_USER ? UNI_ST_PRESENT : UNI_ST_INITIATED))
			uni_fsm_event(l, c, UNI_EV_PROCEED, &e);
	}
	u->n_offers = 0;
}
