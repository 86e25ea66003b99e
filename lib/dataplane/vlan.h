/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * Where the VLANs of a frame from an access port lead. Worker only; a slot is for prefetching
 * between the two halves of the look-up.
 */

#include "dataplane/dp_priv.h"
#include "dataplane/frame.h"

/** Where they are looked up first. */
static inline const uint32_t *
dp_vlan_slot(const struct dp_access *access, struct dp_tagged *t)
{
	const uint32_t *inner;

	if (t->n_tags == 2) {
		/* Acquire: pairs with the release in dp_attachment_add(). */
		inner = __atomic_load_n(&access->stacked[t->outer], __ATOMIC_ACQUIRE);
		if (inner != NULL)
			return &inner[t->inner];
		t->n_tags = 1;
	}
	return &access->single[t->outer]; /* 0 when there is no tag */
}

/**
 * Index of the attachment's entry, 0 when there is none; a C-VLAN without an attachment is the
 * customer's in his S-VLAN.
 */
static inline uint32_t
dp_vlan_entry_idx(const struct dp_access *access, const uint32_t *slot, struct dp_tagged *t)
{
	uint32_t idx = dp_slot_load(slot);

	if (idx == 0 && t->n_tags == 2) {
		t->n_tags = 1;
		idx = dp_slot_load(&access->single[t->outer]);
	}
	return idx;
}
