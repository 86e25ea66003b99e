/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <string.h>

#include "callmgr_priv.h"

static uint32_t
bucket_of(uint8_t type, bool prefix, const uint8_t *octets, uint32_t len)
{
	uint32_t hash = 2166136261u ^ type ^ (prefix ? 0x100u : 0);
	uint32_t i;

	for (i = 0; i < len; i++)
		hash = (hash ^ octets[i]) * 16777619u;
	return (hash ^ hash >> 15) % CM_SAP_BUCKETS;
}

static const struct cm_sap *
lookup(const struct callmgr *cm, const struct co_address *called, bool prefix, uint32_t len)
{
	uint32_t handle = cm->saps.buckets[bucket_of(called->type, prefix, called->octets, len)];
	const struct cm_sap *sap;

	for (; (sap = cp_pool_at(&cm->env->saps, handle)) != NULL; handle = sap->next)
		if (sap->address.type == called->type && sap->address.prefix == prefix &&
			sap->address.len == len &&
			memcmp(sap->address.octets, called->octets, len) == 0)
			return sap;
	return NULL;
}

const struct cm_sap *
cm_sap_find(const struct callmgr *cm, const struct co_address *called)
{
	const struct cm_sap *sap;
	int len;

	if (cm->saps.n_exact > 0) {
		sap = lookup(cm, called, false, called->len);
		if (sap != NULL)
			return sap;
	}
	for (len = called->len; len >= 0; len--) {
		if (cm->saps.n_of_len[len] == 0)
			continue;
		sap = lookup(cm, called, true, (uint32_t)len);
		if (sap != NULL)
			return sap;
	}
	return NULL;
}

static bool
is_valid(const struct co_address *a)
{
	uint32_t i;

	if (a->type == CO_ADDRESS_NSAP)
		return a->prefix ? a->len <= 20 : a->len == 20;
	if (a->type != CO_ADDRESS_E164 || a->len > 15 || (!a->prefix && a->len == 0))
		return false;
	for (i = 0; i < a->len; i++)
		if (a->octets[i] < '0' || a->octets[i] > '9')
			return false;
	return true;
}

/* SAP-1: an unknown form, and a SAP that somebody has, are both invalid. */
int
cm_sap_add(struct callmgr *cm, uint32_t af_ctx, co_sap_t sap, const struct co_address *address,
	uint32_t *out)
{
	uint32_t *bucket, handle;
	struct cm_sap *s;

	if (!is_valid(address))
		return -EINVAL;
	if (lookup(cm, address, address->prefix, address->len) != NULL)
		return -EEXIST;
	handle = cp_pool_get(&cm->env->saps);
	s = cp_pool_at(&cm->env->saps, handle);
	if (s == NULL)
		return -ENOMEM;
	s->address = *address;
	s->sap = sap;
	s->af_ctx = af_ctx;
	s->cm_idx = cm->idx;
	bucket = &cm->saps.buckets[bucket_of(
		address->type, address->prefix, address->octets, address->len)];
	s->next = *bucket;
	*bucket = handle;
	if (address->prefix)
		cm->saps.n_of_len[address->len]++;
	else
		cm->saps.n_exact++;
	*out = handle;
	return 0;
}

int
cm_sap_remove(struct callmgr *cm, uint32_t handle)
{
	struct cm_sap *s = cp_pool_at(&cm->env->saps, handle);
	struct cm_sap *at;
	uint32_t *link;

	if (s == NULL)
		return -ESTALE;
	link = &cm->saps.buckets[bucket_of(
		s->address.type, s->address.prefix, s->address.octets, s->address.len)];
	while (*link != handle) {
		at = cp_pool_at(&cm->env->saps, *link);
		if (at == NULL)
			return -ESTALE;
		link = &at->next;
	}
	*link = s->next;
	if (s->address.prefix)
		cm->saps.n_of_len[s->address.len]--;
	else
		cm->saps.n_exact--;
	return cp_pool_put(&cm->env->saps, handle);
}
