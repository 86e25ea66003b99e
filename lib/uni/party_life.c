/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <string.h>

#include "uni/party_priv.h"

/*
 * Records of parties: a list per call in order of age, and one table for all from call and endpoint
 * reference to the party. In that table the parties of a call lie side by side, from a place that
 * depends on the call and on a seed: a peer, which chooses references, cannot make them meet.
 */

static uint32_t
mix(uint32_t x)
{
	x ^= x >> 16;
	x *= 0x7feb352du;
	x ^= x >> 15;
	x *= 0x846ca68bu;
	return x ^ x >> 16;
}

static uint32_t *
bucket_of(const struct uni *u, uint32_t call, uint16_t ref)
{
	return &u->party_buckets[(mix(call ^ u->party_seed) + ref) & u->party_mask];
}

int
uni_parties_init(struct uni *u, const struct uni_config *config, uint64_t now_ns)
{
	uint32_t n_multis =
		config->n_parties < config->n_calls ? config->n_parties : config->n_calls;
	uint32_t n_buckets = 1;

	while (n_buckets < config->n_parties)
		n_buckets *= 2;
	u->party_mask = n_buckets - 1;
	u->party_seed = mix((uint32_t)now_ns ^ mix((uint32_t)(now_ns >> 32)));
	u->party_called = cp_mem_alloc(
		u->mem, (size_t)config->n_parties * sizeof(*u->party_called), "uni parties, cold");
	u->party_buckets =
		cp_mem_alloc(u->mem, n_buckets * sizeof(*u->party_buckets), "uni party table");
	if (u->party_called == NULL || u->party_buckets == NULL ||
		cp_pool_init(&u->parties, config->n_parties, sizeof(struct uni_party), u->mem,
			"uni parties") < 0 ||
		cp_pool_init(&u->multis, n_multis, sizeof(struct uni_multi), u->mem,
			"uni multipoint calls") < 0)
		return -ENOMEM;
	return 0;
}

void
uni_parties_fini(struct uni *u)
{
	cp_pool_fini(&u->multis);
	cp_pool_fini(&u->parties);
	cp_mem_free(u->mem, u->party_buckets);
	cp_mem_free(u->mem, u->party_called);
}

bool
uni_multi_new(struct uni *u, struct uni_hot *c)
{
	uint32_t handle = cp_pool_get(&u->multis), setup = c->extra;

	if (handle == CP_HANDLE_NONE)
		return false;
	c->flags |= UNI_CALL_F_MULTIPOINT;
	c->extra = handle;
	uni_multi_of(u, c)->root = uni_call_is_ours(c);
	uni_multi_of(u, c)->setup = setup;
	uni_multi_of(u, c)->ref_next = 1;
	return true;
}

void
uni_multi_free(struct uni_link *l, struct uni_hot *c)
{
	uni_parties_forget(l, c);
	cp_pool_put(&l->u->multis, c->extra);
	c->extra = CP_HANDLE_NONE;
	c->flags &= (uint8_t)~UNI_CALL_F_MULTIPOINT;
}

void
uni_multi_connected(struct uni_link *l, struct uni_hot *c, uint64_t now_ns)
{
	struct uni_party *p = uni_party_at(l->u, uni_multi_of(l->u, c)->lead);

	if (p == NULL)
		return;
	p->flags &= (uint8_t)~UNI_PARTY_F_LEAD;
	if (p->state == UNI_PARTY_INITIATED) /* another has brought the call up */
		uni_party_timer_start(l, p, UNI_T399, now_ns);
}

static void
list_append(struct uni *u, struct uni_multi *mp, struct uni_party *p)
{
	struct uni_party *last = uni_party_of_link(u, mp->last);

	p->prev = mp->last;
	if (last != NULL)
		last->next = p->handle;
	else
		mp->first = p->handle;
	mp->last = p->handle;
	mp->n_parties++;
}

static void
list_remove(struct uni *u, struct uni_multi *mp, const struct uni_party *p)
{
	struct uni_party *prev = uni_party_of_link(u, p->prev);
	struct uni_party *next = uni_party_of_link(u, p->next);

	if (prev != NULL)
		prev->next = p->next;
	else
		mp->first = p->next;
	if (next != NULL)
		next->prev = p->prev;
	else
		mp->last = p->prev;
	mp->n_parties--;
}

struct uni_party *
uni_party_new(struct uni_link *l, struct uni_hot *c, uint16_t ref)
{
	struct uni *u = l->u;
	uint32_t handle = cp_pool_get(&u->parties), *bucket;
	struct uni_party *p = uni_party_at(u, handle);

	if (p == NULL)
		return NULL;
	p->handle = handle;
	p->call = c->handle;
	p->ref = ref;
	p->queue = UNI_QUEUE_NOT;
	p->timer = UNI_PARTY_TIMER_NOT;
	bucket = bucket_of(u, p->call, ref);
	p->bucket_next = *bucket;
	*bucket = handle;
	list_append(u, uni_multi_of(u, c), p);
	l->n_parties++;
	return p;
}

void
uni_party_lead(struct uni_link *l, struct uni_hot *c, struct uni_party *p,
	const struct uni_address *called, uint8_t state)
{
	struct uni_multi *mp = uni_multi_of(l->u, c);

	uni_address_keep(&l->u->party_called[cp_handle_idx(p->handle)], called);
	p->flags |= UNI_PARTY_F_LEAD;
	mp->lead = p->handle;
	mp->lead_ref = p->ref;
	uni_party_set_state(l, c, p, state);
}

struct uni_party *
uni_party_find(const struct uni *u, const struct uni_hot *c, uint16_t ref)
{
	struct uni_party *p = uni_party_of_link(u, *bucket_of(u, c->handle, ref));

	while (p != NULL && (p->call != c->handle || p->ref != ref))
		p = uni_party_of_link(u, p->bucket_next);
	return p;
}

/* They go round, so that a late message seldom meets the next party of that reference. */
int
uni_party_ref_take(struct uni *u, struct uni_hot *c)
{
	struct uni_multi *mp = uni_multi_of(u, c);
	uint16_t ref;

	if (mp->n_parties >= UNI_PARTY_REFS)
		return -1;
	do {
		ref = mp->ref_next;
		mp->ref_next = (uint16_t)((ref + 1) % UNI_PARTY_REFS);
	} while (uni_party_find(u, c, ref) != NULL);
	return ref;
}

static void
bucket_remove(struct uni *u, const struct uni_party *p)
{
	uint32_t *link = bucket_of(u, p->call, p->ref);

	while (*link != p->handle)
		link = &uni_party_of_link(u, *link)->bucket_next;
	*link = p->bucket_next;
}

void
uni_party_free(struct uni_link *l, struct uni_hot *c, struct uni_party *p)
{
	struct uni *u = l->u;

	uni_enquiry_leave_party(l, c, p);
	if (p->state != UNI_PARTY_NULL)
		uni_party_set_state(l, c, p, UNI_PARTY_NULL);
	uni_party_unqueue(l, p);
	if (p->setup != CP_HANDLE_NONE)
		cp_pool_put(&u->setups, p->setup);
	bucket_remove(u, p);
	list_remove(u, uni_multi_of(u, c), p);
	l->n_parties--;
	l->stats.parties_left++;
	cp_pool_put(&u->parties, p->handle);
}

void
uni_parties_forget(struct uni_link *l, struct uni_hot *c)
{
	const struct uni_multi *mp = uni_multi_of(l->u, c);

	while (mp->first != CP_HANDLE_NONE)
		uni_party_free(l, c, uni_party_of_link(l->u, mp->first));
}
