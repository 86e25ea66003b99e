/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <string.h>

#include "callmgr_priv.h"

/* Permanent VCs (MAKE-12): few, and called once in their life, so they are looked for in turn. */

#define FIRST_LABEL 16u /* those below are reserved by the medium */
#define N_LABELS (1u << 20)

/* The first PVC of @p cm at or after index *cursor; advances *cursor past it. */
static struct cm_pvc *
next(const struct callmgr *cm, uint32_t *cursor)
{
	const struct cp_pool *pool = &cm->env->pvcs;
	struct cm_pvc *p;

	while (*cursor < pool->n_max) {
		p = cp_pool_at(pool, cp_pool_handle_of(pool, (*cursor)++));
		if (p != NULL && p->cm_idx == cm->idx)
			return p;
	}
	return NULL;
}

static struct cm_pvc *
find(const struct callmgr *cm, uint32_t label)
{
	uint32_t cursor = 0;
	struct cm_pvc *p;

	do {
		p = next(cm, &cursor);
	} while (p != NULL && p->pvc.label != label);
	return p;
}

static uint32_t
handle_of(const struct callmgr *cm, const struct cm_pvc *p)
{
	const struct cp_pool *pool = &cm->env->pvcs;

	return cp_pool_handle_of(
		pool, (uint32_t)(((const uint8_t *)p - pool->records) / sizeof(*p)));
}

/* ---- Configuration. ---- */

int
callmgr_pvc_add(struct callmgr *cm, const struct co_pvc *pvc)
{
	struct cm_pvc *p;
	int err;

	if (pvc->label < FIRST_LABEL || pvc->label >= N_LABELS ||
		pvc->label == cm->signalling_label)
		return -EINVAL;
	if (find(cm, pvc->label) != NULL)
		return -EEXIST;
	err = uni_link_reserve_label(cm->link, pvc->label);
	if (err != 0)
		return err;
	p = cp_pool_at(&cm->env->pvcs, cp_pool_get(&cm->env->pvcs));
	if (p == NULL) {
		uni_link_free_label(cm->link, pvc->label);
		return -ENOSPC;
	}
	p->pvc = *pvc;
	p->cm_idx = cm->idx;
	return 0;
}

int
callmgr_pvc_remove(struct callmgr *cm, uint32_t label)
{
	struct cm_pvc *p = find(cm, label);

	if (p == NULL)
		return -ENOENT;
	if (cm_vc_at(cm->env, p->vc) != NULL)
		return -EBUSY;
	uni_link_free_label(cm->link, label);
	cp_pool_put(&cm->env->pvcs, handle_of(cm, p));
	return 0;
}

bool
callmgr_pvc_next(const struct callmgr *cm, uint32_t *cursor, struct co_pvc *out)
{
	const struct cm_pvc *p = next(cm, cursor);

	if (p != NULL)
		*out = p->pvc;
	return p != NULL;
}

void
cm_pvcs_end(struct callmgr *cm)
{
	uint32_t cursor = 0;
	struct cm_pvc *p;

	while ((p = next(cm, &cursor)) != NULL)
		cp_pool_put(&cm->env->pvcs, handle_of(cm, p));
}

/* ---- Use. ---- */

static bool
has_address(const struct cm_pvc *p, const struct co_address *a)
{
	return a->type != CO_ADDRESS_NONE && p->pvc.address.type == a->type &&
	       p->pvc.address.len == a->len &&
	       memcmp(p->pvc.address.octets, a->octets, a->len) == 0;
}

/* 1.3: the one that the media parameters name, else one with the address that is called. */
static struct cm_pvc *
choose(const struct callmgr *cm, const struct co_call_params *params)
{
	uint32_t cursor = 0;
	struct cm_pvc *p;

	if (params->media.label != 0) {
		p = find(cm, params->media.label);
		return p != NULL && cm_vc_at(cm->env, p->vc) == NULL ? p : NULL;
	}
	do {
		p = next(cm, &cursor);
	} while (p != NULL &&
		 (cm_vc_at(cm->env, p->vc) != NULL || !has_address(p, &params->called)));
	return p;
}

bool
cm_pvc_take(struct callmgr *cm, struct cm_vc *v, struct co_call_params *params)
{
	struct cm_pvc *p = choose(cm, params);

	if (p == NULL)
		return false;
	p->vc = cm_vc_handle(cm->env, v);
	params->tx = p->pvc.tx;
	params->rx = p->pvc.rx;
	v->flags |= CM_F_PVC;
	v->group = handle_of(cm, p);
	v->label = p->pvc.label;
	v->call = 0;
	return true;
}

void
cm_pvc_put(struct callmgr *cm, struct cm_vc *v)
{
	struct cm_pvc *p = cp_pool_at(&cm->env->pvcs, v->group);

	v->flags &= (uint8_t)~CM_F_PVC;
	v->group = CP_HANDLE_NONE;
	if (p != NULL)
		p->vc = CP_HANDLE_NONE;
}
