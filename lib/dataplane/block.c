/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where the entries of labels and leaves are. Labels side by side have entries side by side, so
 * that a worker finds one without a look at anything that is not in its cache anyway: a trunk's
 * label map names blocks of 256, and is 16 KiB.
 *
 * An entry that nobody has is zero, all but its counters: its forward word says that there is no
 * circuit. So a block need not be cleared when it changes hands. It does so after a grace period: a
 * worker that has read its name may still look at an entry of it.
 */
#include <errno.h>

#include <rte_malloc.h>

#include "dataplane/dp_priv.h"

#define SPREAD 2u
#define SPARE_BLOCKS 64u
#define WORD_BITS 64u

/* Leaves have entries beside those of labels: as many as fit into the lists, if that is said. */
static uint32_t
blocks_of_leaves(const struct dp_config *c)
{
	uint32_t n = RTE_MIN(c->list_size / (uint32_t)sizeof(uint32_t), c->n_circuits);

	return (n + DP_BLOCK_LABELS - 1) / DP_BLOCK_LABELS;
}

static uint32_t
blocks_wanted(const struct dp_config *c)
{
	uint32_t side_by_side = (c->n_circuits + DP_BLOCK_LABELS - 1) / DP_BLOCK_LABELS;

	uint32_t n_trunks = c->n_trunks != 0 ? c->n_trunks : DP_MAX_TRUNKS;

	if (c->n_label_blocks != 0)
		return c->n_label_blocks;
	return RTE_MIN(SPREAD * side_by_side,
		       n_trunks * (DP_N_LABELS / DP_BLOCK_LABELS) + blocks_of_leaves(c)) +
	       SPARE_BLOCKS;
}

int
dp_blocks_init(struct dp *dp)
{
	struct dp_blocks *b = &dp->blocks;
	size_t n_entries;
	uint32_t i;

	b->n = blocks_wanted(&dp->config);
	b->first_entry = DP_BLOCK_LABELS + dp->config.n_attachments;
	b->first_with_room = DP_BLOCK_NONE;
	n_entries = b->first_entry + (size_t)b->n * DP_BLOCK_LABELS;
	dp->entries = dp_zalloc(dp, n_entries * sizeof(*dp->entries), "circuit table");
	b->free = dp_zalloc(dp, b->n * sizeof(*b->free), "free blocks");
	b->n_used = dp_zalloc(dp, b->n * sizeof(*b->n_used), "uses of blocks");
	b->leaf_bits = dp_zalloc(dp, b->n * sizeof(*b->leaf_bits), "blocks of leaves");
	b->next = dp_zalloc(dp, b->n * sizeof(*b->next), "blocks of leaves");
	b->previous = dp_zalloc(dp, b->n * sizeof(*b->previous), "blocks of leaves");
	if (dp->entries == NULL || b->free == NULL || b->n_used == NULL || b->leaf_bits == NULL ||
		b->next == NULL || b->previous == NULL)
		return -ENOMEM;
	for (i = 0; i < b->n; i++)
		b->free[i] = b->n - 1 - i;
	b->n_free = b->n;
	return 0;
}

void
dp_blocks_fini(struct dp *dp)
{
	struct dp_blocks *b = &dp->blocks;

	rte_free(b->previous);
	rte_free(b->next);
	rte_free(b->leaf_bits);
	rte_free(b->n_used);
	rte_free(b->free);
	rte_free(dp->entries);
}

static uint32_t
take(struct dp_blocks *b)
{
	return b->n_free != 0 ? b->free[--b->n_free] : DP_BLOCK_NONE;
}

void
dp_block_free(struct dp *dp, uint32_t block)
{
	dp->blocks.free[dp->blocks.n_free++] = block;
}

static uint32_t
entry_of_block(const struct dp_blocks *b, uint32_t block)
{
	return b->first_entry + block * DP_BLOCK_LABELS;
}

static uint32_t
block_of_entry(const struct dp_blocks *b, uint32_t entry)
{
	return (entry - b->first_entry) / DP_BLOCK_LABELS;
}

/* ---- Labels ---- */

uint32_t
dp_label_entry_get(struct dp *dp, uint16_t trunk, uint32_t label)
{
	struct dp_blocks *b = &dp->blocks;
	uint32_t *slot = dp_block_slot(dp, trunk, label), block;

	if (*slot == 0) {
		block = take(b);
		if (block == DP_BLOCK_NONE)
			return 0;
		dp_slot_store(slot, entry_of_block(b, block));
	}
	b->n_used[block_of_entry(b, *slot)]++;
	return *slot + (label & (DP_BLOCK_LABELS - 1));
}

void
dp_label_entry_put(struct dp *dp, uint16_t trunk, uint32_t label)
{
	uint32_t *slot = dp_block_slot(dp, trunk, label);
	uint32_t block = block_of_entry(&dp->blocks, *slot);

	if (--dp->blocks.n_used[block] != 0)
		return;
	dp_slot_store(slot, 0);
	dp_retire(dp, DP_RETIRED_BLOCK, block);
}

/* ---- Leaves ---- */

static void
push_with_room(struct dp_blocks *b, uint32_t block)
{
	b->next[block] = b->first_with_room;
	b->previous[block] = DP_BLOCK_NONE;
	if (b->first_with_room != DP_BLOCK_NONE)
		b->previous[b->first_with_room] = block;
	b->first_with_room = block;
}

static void
remove_with_room(struct dp_blocks *b, uint32_t block)
{
	uint32_t next = b->next[block], previous = b->previous[block];

	if (next != DP_BLOCK_NONE)
		b->previous[next] = previous;
	if (previous != DP_BLOCK_NONE)
		b->next[previous] = next;
	else
		b->first_with_room = next;
}

uint32_t
dp_leaf_entry_get(struct dp *dp)
{
	struct dp_blocks *b = &dp->blocks;
	uint32_t block = b->first_with_room, word = 0, bit;

	if (block == DP_BLOCK_NONE) {
		block = take(b);
		if (block == DP_BLOCK_NONE)
			return 0;
		push_with_room(b, block);
	}
	while (b->leaf_bits[block][word] == UINT64_MAX)
		word++;
	bit = (uint32_t)__builtin_ctzll(~b->leaf_bits[block][word]);
	b->leaf_bits[block][word] |= UINT64_C(1) << bit;
	if (++b->n_used[block] == DP_BLOCK_LABELS)
		remove_with_room(b, block);
	return entry_of_block(b, block) + word * WORD_BITS + bit;
}

void
dp_leaf_entry_put(struct dp *dp, uint32_t entry)
{
	struct dp_blocks *b = &dp->blocks;
	uint32_t block = block_of_entry(b, entry), at = entry - entry_of_block(b, block);

	b->leaf_bits[block][at / WORD_BITS] &= ~(UINT64_C(1) << at % WORD_BITS);
	if (b->n_used[block]-- == DP_BLOCK_LABELS)
		push_with_room(b, block);
	if (b->n_used[block] != 0)
		return;
	remove_with_room(b, block);
	dp_retire(dp, DP_RETIRED_BLOCK, block);
}
