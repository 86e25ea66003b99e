/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>

#include "uni/uni_priv.h"

/*
 * From a call reference to its call in one step: a slot per value and per side that chooses
 * (SIG-12). The tables are sparse, for a peer may choose any of its 8 million.
 *
 * A slot is 0, or the call's index plus one, or SLOT_ASIDE and the label that the value is kept
 * for after its call has gone (SIG-13, SIG-122).
 */
#define SLOT_ASIDE 0x80000000u
#define TABLE_SIZE (UNI_N_REFS * sizeof(uint32_t))

static uint32_t *
slot_of(const struct uni_link *l, uint32_t ref)
{
	return &l->ref_table[(ref & UNI_REF_OURS) != 0][ref & UNI_REF_VALUE];
}

const void *
uni_ref_slot(const struct uni_link *l, uint32_t ref)
{
	return slot_of(l, ref);
}

int
uni_ref_init(struct uni_link *l)
{
	l->ref_table[0] = cp_mem_map_sparse(TABLE_SIZE);
	l->ref_table[1] = cp_mem_map_sparse(TABLE_SIZE);
	l->refs = cp_idset_create(1, l->u->n_refs, l->u->mem);
	if (l->ref_table[0] == NULL || l->ref_table[1] == NULL || l->refs == NULL)
		return -ENOMEM;
	return 0;
}

void
uni_ref_fini(struct uni_link *l)
{
	cp_idset_destroy(l->refs);
	cp_mem_unmap_sparse(l->ref_table[1], TABLE_SIZE);
	cp_mem_unmap_sparse(l->ref_table[0], TABLE_SIZE);
}

uint32_t
uni_ref_take(struct uni_link *l)
{
	uint32_t value = cp_idset_take(l->refs);

	return value != CP_IDSET_NONE ? value | UNI_REF_OURS : 0;
}

void
uni_ref_put_unused(struct uni_link *l, uint32_t ref)
{
	cp_idset_put(l->refs, ref & UNI_REF_VALUE);
}

void
uni_ref_set(struct uni_link *l, uint32_t ref, uint32_t call_idx)
{
	*slot_of(l, ref) = call_idx + 1;
	if ((ref & UNI_REF_OURS) == 0)
		l->n_their_refs++;
}

struct uni_hot *
uni_ref_find(const struct uni_link *l, uint32_t ref)
{
	uint32_t slot = *slot_of(l, ref);

	if (slot == 0 || (slot & SLOT_ASIDE) != 0)
		return NULL;
	return uni_call_of_idx(l->u, slot - 1);
}

void
uni_ref_clear(struct uni_link *l, uint32_t ref)
{
	*slot_of(l, ref) = 0;
	if (ref & UNI_REF_OURS)
		cp_idset_put(l->refs, ref & UNI_REF_VALUE);
	else
		l->n_their_refs--;
}

void
uni_ref_set_aside(struct uni_link *l, uint32_t ref, uint32_t label)
{
	*slot_of(l, ref) = SLOT_ASIDE | label;
}

uint32_t
uni_ref_aside_label(const struct uni_link *l, uint32_t ref)
{
	uint32_t slot = *slot_of(l, ref);

	return (slot & SLOT_ASIDE) != 0 ? slot & ~SLOT_ASIDE : UNI_LABEL_NONE;
}
