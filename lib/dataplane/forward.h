/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * The words that control writes and workers read, and their orderings. A forward word holds all
 * that a frame's way depends on, so a worker acts on the old one or the new one, never on a mix:
 *
 *   bit  0..2   enum dp_action
 *        3..4   number of VLAN tags to push (POP)
 *        3..15  number of slots, holes included (REPLICATE)
 *        8..15  trunk (SWAP, PUSH) or port (POP)
 *       16..35  label (SWAP, PUSH)
 *       16..27  outer VLAN, 28..39 inner VLAN (POP)
 *       16..47  list (REPLICATE)
 */

#include "dataplane/dataplane.h"

#define DP_FORWARD_TAGS_SHIFT 3
#define DP_FORWARD_OUT_SHIFT 8
#define DP_FORWARD_LABEL_SHIFT 16
#define DP_FORWARD_OUTER_SHIFT 16
#define DP_FORWARD_INNER_SHIFT 28
#define DP_FORWARD_SLOTS_SHIFT 3
#define DP_FORWARD_LIST_SHIFT 16
#define DP_VLAN_MASK 0xfffu
#define DP_FORWARD_ACTION 7u
#define DP_FORWARD_RUN 0xff07u /* action, trunk: the same for frames that leave side by side */

#define DP_FORWARD_MAX_SLOTS 0x1fffu

/*
 * A slot of a replication list: the index of a leaf's entry, or a hole, which names the next one to
 * control and nobody to a worker. Control stores leaves into holes and holes over leaves while
 * workers walk the list: each leaf has one slot for as long as it is in that list, so a frame meets
 * it once or, before it came and after it went, not at all (SIG-109).
 */
#define DP_SLOT_HOLE 0x80000000u

static_assert(DP_MAX_LEAVES <= DP_FORWARD_MAX_SLOTS, "13 bits of a forward word");
static_assert(DP_MAX_TRUNKS <= 256 && DP_MAX_PORTS <= 256, "8 bits of a forward word");

/* SWAP, PUSH: out on @p trunk with @p label. */
static inline uint64_t
dp_forward_to_trunk(enum dp_action action, uint16_t trunk, uint32_t label)
{
	return (uint64_t)label << DP_FORWARD_LABEL_SHIFT | (uint64_t)trunk << DP_FORWARD_OUT_SHIFT |
	       action;
}

/* POP: out on the access port @p port, behind @p n_tags tags. */
static inline uint64_t
dp_forward_to_access(uint16_t port, uint8_t n_tags, uint16_t outer, uint16_t inner)
{
	return (uint64_t)inner << DP_FORWARD_INNER_SHIFT |
	       (uint64_t)outer << DP_FORWARD_OUTER_SHIFT | (uint64_t)port << DP_FORWARD_OUT_SHIFT |
	       (uint64_t)n_tags << DP_FORWARD_TAGS_SHIFT | DP_ACTION_POP;
}

/* REPLICATE: to what stands in the first @p n_slots of @p list. */
static inline uint64_t
dp_forward_to_leaves(uint32_t list, uint32_t n_slots)
{
	return (uint64_t)list << DP_FORWARD_LIST_SHIFT |
	       (uint64_t)n_slots << DP_FORWARD_SLOTS_SHIFT | DP_ACTION_REPLICATE;
}

static inline enum dp_action
dp_forward_action(uint64_t forward)
{
	return (enum dp_action)(forward & DP_FORWARD_ACTION);
}

static inline uint16_t
dp_forward_out(uint64_t forward)
{
	return forward >> DP_FORWARD_OUT_SHIFT & 0xff;
}

static inline uint32_t
dp_forward_label(uint64_t forward)
{
	return forward >> DP_FORWARD_LABEL_SHIFT & (DP_N_LABELS - 1);
}

static inline uint8_t
dp_forward_n_tags(uint64_t forward)
{
	return forward >> DP_FORWARD_TAGS_SHIFT & 3;
}

static inline uint16_t
dp_forward_outer(uint64_t forward)
{
	return forward >> DP_FORWARD_OUTER_SHIFT & DP_VLAN_MASK;
}

static inline uint16_t
dp_forward_inner(uint64_t forward)
{
	return forward >> DP_FORWARD_INNER_SHIFT & DP_VLAN_MASK;
}

static inline uint32_t
dp_forward_list(uint64_t forward)
{
	return (uint32_t)(forward >> DP_FORWARD_LIST_SHIFT);
}

static inline uint32_t
dp_forward_n_slots(uint64_t forward)
{
	return forward >> DP_FORWARD_SLOTS_SHIFT & DP_FORWARD_MAX_SLOTS;
}

/*
 * Control's store. Release: the trunk or port that the word names was set up before; pairs with
 * the acquire of dp_forward_load().
 */
static inline void
dp_forward_store(struct dp_entry *e, uint64_t forward)
{
	__atomic_store_n(&e->forward, forward, __ATOMIC_RELEASE);
}

static inline uint64_t
dp_forward_load(const struct dp_entry *e)
{
	return __atomic_load_n(&e->forward, __ATOMIC_ACQUIRE);
}

/*
 * A slot of a VLAN table or replication list: the index of an entry, 0 for none; or of a label
 * map: that of a block's first one. Release: the entry was filled in before; pairs with the
 * acquire of dp_slot_load(). The store of 0 needs no more: what it takes away stays as it is until
 * the grace period has passed (rte_rcu_qsbr_start()).
 */
static inline void
dp_slot_store(uint32_t *slot, uint32_t entry_idx)
{
	__atomic_store_n(slot, entry_idx, __ATOMIC_RELEASE);
}

static inline uint32_t
dp_slot_load(const uint32_t *slot)
{
	return __atomic_load_n(slot, __ATOMIC_ACQUIRE);
}

/*
 * A counter with one writer: a plain addition, whose halves no reader can see apart. Relaxed:
 * it orders nothing. Who needs a final value reads it after the grace period.
 */
static inline void
dp_counter_add(uint64_t *counter, uint64_t n)
{
	__atomic_store_n(counter, __atomic_load_n(counter, __ATOMIC_RELAXED) + n, __ATOMIC_RELAXED);
}

static inline uint64_t
dp_counter_read(const uint64_t *counter)
{
	return __atomic_load_n(counter, __ATOMIC_RELAXED);
}
