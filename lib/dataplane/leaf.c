/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Leaves. A root circuit, nobody's, has their label; its forward word names the list of their
 * entries. A leaf comes and goes by one store into its slot, so what happens to one of them costs
 * the others nothing (I5, SIG-109), and removing needs no memory. Only a list that is too small, or
 * much too large, is replaced by a copy; the old one waits for its grace period.
 */
#include <errno.h>

#include "dataplane/dp_priv.h"

#define SPARSE 4u /* so many slots for one leaf are too many */

/* What its label leads to: its root's entry, once that is open. */
static struct dp_entry *
root_entry(const struct dp *dp, const struct dp_circuit *leaf)
{
	return dp_label_entry(dp->entries, dp->trunks[leaf->trunk].blocks, leaf->label);
}

static struct dp_circuit *
circuit_of_entry(const struct dp *dp, uint32_t entry)
{
	return dp_circuit_of(dp, dp_circuit_side(dp->entries[entry].self));
}

struct dp_circuit *
dp_leaf_root(const struct dp *dp, const struct dp_circuit *leaf)
{
	return dp_circuit_of(dp, dp_circuit_side(root_entry(dp, leaf)->self));
}

/* ---- Lists ---- */

static uint32_t
capacity(uint32_t order)
{
	return DP_LIST_LINE << order;
}

/* Copy the leaves of @p from, one behind the other. @return How many. */
static uint32_t
compact(struct dp *dp, uint32_t *to, const uint32_t *from, uint32_t n_slots)
{
	uint32_t i, n = 0;

	for (i = 0; i < n_slots; i++) {
		if ((from[i] & DP_SLOT_HOLE) != 0)
			continue;
		circuit_of_entry(dp, from[i])->side.leaf.slot = n;
		to[n++] = from[i];
	}
	return n;
}

/* Let the leaves of @p root move to a list of @p order. @return 0 or -ENOSPC. */
static int
replace_list(struct dp *dp, struct dp_circuit *root, struct dp_entry *e, uint32_t order)
{
	uint64_t forward = dp_forward_load(e);
	uint32_t old = dp_forward_list(forward), list = dp_list_alloc(dp, order), n;

	if (list == DP_LIST_NONE)
		return -ENOSPC;
	n = compact(
		dp, dp_list_slots(dp, list), dp_list_slots(dp, old), dp_forward_n_slots(forward));
	root->side.root.n_holes = 0;
	/* A worker sees the slots before the list: the store is a release. */
	dp_forward_store(e, dp_forward_to_leaves(list, n));
	dp_retire(dp, DP_RETIRED_LIST, old);
	return 0;
}

/* A slot for one leaf more; it stays as it is until the leaf is stored there. */
static int
find_slot(struct dp *dp, struct dp_circuit *root, struct dp_entry *e, uint32_t *out)
{
	uint32_t order = dp_list_order(dp, dp_forward_list(dp_forward_load(e)));
	int err;

	if (root->side.root.n_holes != 0) {
		*out = root->side.root.first_hole;
		return 0;
	}
	*out = dp_forward_n_slots(dp_forward_load(e));
	if (*out < capacity(order))
		return 0;
	if (order + 1 == DP_LIST_ORDERS)
		return -ENOSPC;
	err = replace_list(dp, root, e, order + 1);
	*out = dp_forward_n_slots(dp_forward_load(e));
	return err;
}

static int
insert(struct dp *dp, struct dp_circuit *leaf)
{
	struct dp_circuit *root = dp_leaf_root(dp, leaf);
	struct dp_entry *e = root_entry(dp, leaf);
	uint32_t slot, list, *slots;
	int err;

	err = find_slot(dp, root, e, &slot);
	if (err != 0)
		return err;
	list = dp_forward_list(dp_forward_load(e));
	slots = dp_list_slots(dp, list);
	leaf->side.leaf.slot = slot;
	if (root->side.root.n_holes != 0) {
		root->side.root.first_hole = slots[slot] & ~DP_SLOT_HOLE;
		root->side.root.n_holes--;
	}
	dp_slot_store(&slots[slot], leaf->side.leaf.entry);
	if (slot == dp_forward_n_slots(dp_forward_load(e)))
		dp_forward_store(e, dp_forward_to_leaves(list, slot + 1));
	root->side.root.n_leaves++;
	return 0;
}

/* The smallest list that is not full again at once; when there is no memory, the old one stays. */
static void
shrink(struct dp *dp, struct dp_circuit *root, struct dp_entry *e)
{
	uint32_t order = 0;

	while (capacity(order) < 2u * root->side.root.n_leaves)
		order++;
	replace_list(dp, root, e, order);
}

/* ---- Roots ---- */

/* The label's, without a leaf yet. */
static int
open_root(struct dp *dp, uint16_t trunk, uint32_t label)
{
	dp_circuit_t circuit;
	struct dp_circuit *root;
	uint32_t list, entry = 0;

	if (!cp_idset_take_this(dp->trunks[trunk].labels, label))
		return -EEXIST;
	circuit = cp_pool_get(&dp->circuits);
	list = dp_list_alloc(dp, 0);
	if (circuit != CP_HANDLE_NONE && list != DP_LIST_NONE)
		entry = dp_label_entry_get(dp, trunk, label);
	if (entry == 0)
		goto put_back;
	root = cp_pool_at(&dp->circuits, circuit);
	root->trunk = trunk;
	root->label = label;
	root->flags = DP_CIRCUIT_ROOT;
	dp_entry_init(dp, entry, circuit, dp_forward_to_leaves(list, 0));
	return 0;

put_back:
	if (list != DP_LIST_NONE)
		dp_list_free(dp, list);
	if (circuit != CP_HANDLE_NONE)
		cp_pool_put(&dp->circuits, circuit);
	cp_idset_put(dp->trunks[trunk].labels, label);
	return -ENOSPC;
}

/* Its label leads nowhere; it and its list end silently. */
static void
unlink_root(struct dp *dp, struct dp_circuit *root)
{
	struct dp_entry *e = dp_circuit_entry(dp, root);
	uint32_t list = dp_forward_list(dp_forward_load(e));

	dp_forward_store(e, DP_ACTION_NONE);
	root->flags |= DP_CIRCUIT_UNLINKED;
	dp_retire(dp, DP_RETIRED_LIST, list);
	dp_retire_circuit(dp, root, cp_handle_idx(e->self));
}

/* ---- Leaves ---- */

static int
join_root(struct dp *dp, struct dp_circuit *leaf)
{
	enum dp_action action = dp_forward_action(dp_forward_load(root_entry(dp, leaf)));
	int err = 0;

	if (action == DP_ACTION_NONE)
		err = open_root(dp, leaf->trunk, leaf->label);
	else if (action != DP_ACTION_REPLICATE)
		err = -EEXIST;
	if (err == 0)
		err = insert(dp, leaf); /* a new list takes one */
	return err;
}

int
dp_leaf_open(struct dp *dp, uint16_t trunk, uint32_t label, uint32_t cookie, dp_circuit_t *out)
{
	struct dp_circuit *leaf;
	dp_circuit_t circuit;
	uint32_t entry;
	int err = -ENOSPC;

	if (!dp_is_label(dp, trunk, label))
		return -EINVAL;
	circuit = cp_pool_get(&dp->circuits);
	leaf = cp_pool_at(&dp->circuits, circuit);
	if (leaf == NULL)
		return -ENOSPC;
	entry = dp_leaf_entry_get(dp);
	if (entry == 0)
		goto put_circuit;
	leaf->side.leaf.entry = entry;
	leaf->trunk = trunk;
	leaf->label = label;
	leaf->flags = DP_CIRCUIT_LEAF;
	leaf->cookie = cookie;
	dp_entry_init(dp, entry, circuit, DP_ACTION_IDLE);
	err = join_root(dp, leaf);
	if (err != 0)
		goto put_entry;
	*out = circuit;
	return 0;

put_entry:
	dp_forward_store(&dp->entries[entry], DP_ACTION_NONE);
	dp_leaf_entry_put(dp, entry);
put_circuit:
	cp_pool_put(&dp->circuits, circuit);
	return err;
}

void
dp_leaf_unlink(struct dp *dp, struct dp_circuit *leaf)
{
	struct dp_circuit *root = dp_leaf_root(dp, leaf);
	struct dp_entry *e = root_entry(dp, leaf);
	uint64_t forward = dp_forward_load(e);
	uint32_t n_slots;

	dp_slot_store(&dp_list_slots(dp, dp_forward_list(forward))[leaf->side.leaf.slot],
		DP_SLOT_HOLE | root->side.root.first_hole);
	root->side.root.first_hole = leaf->side.leaf.slot;
	root->side.root.n_holes++;
	root->side.root.n_leaves--;
	n_slots = dp_forward_n_slots(forward);
	if (root->side.root.n_leaves == 0) {
		/* It drains as its root does, so that the label is free when its end is told. */
		leaf->flags |= root->flags & DP_CIRCUIT_CONTROL;
		unlink_root(dp, root);
	} else if (n_slots > DP_LIST_LINE && n_slots >= SPARSE * root->side.root.n_leaves) {
		shrink(dp, root, e);
	}
}
