/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/idset.h"

#include <stddef.h>
#include <string.h>

#define IDSET_MAX (1u << 24)
#define IDSET_LEVELS 4 /* 64^4 is 2^24 */

/*
 * A set bit of level 0 is a free number; a set bit of level l + 1 says that the
 * word of level l it stands for has a set bit. So "the next free one" climbs
 * until a word has something to the right, and descends: two words a level.
 */
struct cp_idset {
	const struct cp_mem *mem;
	uint32_t first;
	uint32_t n;
	uint32_t n_taken;
	uint32_t cursor; /* where the next take looks first, or below; counted from 0 */
	uint32_t n_words[IDSET_LEVELS];
	uint64_t *level[IDSET_LEVELS];
	uint64_t words[];
};

static uint32_t
words_for(uint32_t n_bits)
{
	return (n_bits + 63) / 64;
}

static void
fill(uint64_t *words, uint32_t n_bits)
{
	memset(words, 0xff, n_bits / 64 * sizeof(*words));
	if (n_bits % 64 != 0)
		words[n_bits / 64] = (UINT64_C(1) << n_bits % 64) - 1;
}

static void
init_levels(struct cp_idset *set)
{
	uint64_t *words = set->words;
	uint32_t n_bits = set->n;
	int l;

	for (l = 0; l < IDSET_LEVELS; l++) {
		set->level[l] = words;
		set->n_words[l] = words_for(n_bits);
		fill(words, n_bits);
		words += set->n_words[l];
		n_bits = set->n_words[l];
	}
}

struct cp_idset *
cp_idset_create(uint32_t first, uint32_t n, const struct cp_mem *mem)
{
	uint32_t n_bits = n, n_words = 0;
	struct cp_idset *set;
	int l;

	/* The last number must stay below CP_IDSET_NONE. */
	if (n == 0 || n > IDSET_MAX || first > CP_IDSET_NONE - n)
		return NULL;
	for (l = 0; l < IDSET_LEVELS; l++) {
		n_bits = words_for(n_bits);
		n_words += n_bits;
	}
	set = cp_mem_alloc(mem, sizeof(*set) + n_words * sizeof(set->words[0]), "idset");
	if (set == NULL)
		return NULL;
	set->mem = mem;
	set->first = first;
	set->n = n;
	init_levels(set);
	return set;
}

void
cp_idset_destroy(struct cp_idset *set)
{
	if (set != NULL)
		cp_mem_free(set->mem, set);
}

/* A word that runs empty clears its bit above, which may empty that word in turn. */
static void
mark_taken(struct cp_idset *set, uint32_t i)
{
	uint64_t *word;
	int l;

	for (l = 0; l < IDSET_LEVELS; l++) {
		word = &set->level[l][i / 64];
		*word &= ~(UINT64_C(1) << i % 64);
		if (*word != 0)
			break;
		i /= 64;
	}
	set->n_taken++;
}

/* A word of level 0 that was empty, and only such a one, has its bit above missing. */
static void
mark_above(struct cp_idset *set, uint32_t i)
{
	uint64_t *word, before = 0;
	int l;

	for (l = 1; l < IDSET_LEVELS && before == 0; l++) {
		i /= 64;
		word = &set->level[l][i / 64];
		before = *word;
		*word |= UINT64_C(1) << i % 64;
	}
}

static bool
bit_is_free(const struct cp_idset *set, uint32_t i)
{
	return (set->level[0][i / 64] >> i % 64 & 1) != 0;
}

/* The first free one at or after @p from; CP_IDSET_NONE when there is none up to the end. */
static uint32_t
find_free(const struct cp_idset *set, uint32_t from)
{
	uint64_t word;
	int l;

	for (l = 0; l < IDSET_LEVELS && from / 64 < set->n_words[l]; l++) {
		word = set->level[l][from / 64] & UINT64_MAX << from % 64;
		if (word != 0) {
			from = from / 64 * 64 + (uint32_t)__builtin_ctzll(word);
			while (l-- > 0)
				from = from * 64 + (uint32_t)__builtin_ctzll(set->level[l][from]);
			return from;
		}
		from = from / 64 + 1;
	}
	return CP_IDSET_NONE;
}

/* Likewise the last free one before @p end. */
static uint32_t
find_free_below(const struct cp_idset *set, uint32_t end)
{
	uint64_t word;
	int l;

	for (l = 0; l < IDSET_LEVELS && end > 0; l++) {
		word = 0;
		if (end % 64 != 0)
			word = set->level[l][end / 64] & ((UINT64_C(1) << end % 64) - 1);
		end /= 64;
		if (word != 0) {
			end = end * 64 + 63 - (uint32_t)__builtin_clzll(word);
			while (l-- > 0)
				end = end * 64 + 63 - (uint32_t)__builtin_clzll(set->level[l][end]);
			return end;
		}
	}
	return CP_IDSET_NONE;
}

uint32_t
cp_idset_take(struct cp_idset *set)
{
	uint32_t i;

	if (set->n_taken == set->n)
		return CP_IDSET_NONE;
	i = find_free(set, set->cursor);
	if (i == CP_IDSET_NONE)
		i = find_free(set, 0);
	mark_taken(set, i);
	set->cursor = i + 1; /* perhaps the end, where nothing is found either */
	return set->first + i;
}

uint32_t
cp_idset_take_down(struct cp_idset *set)
{
	uint32_t i;

	if (set->n_taken == set->n)
		return CP_IDSET_NONE;
	i = find_free_below(set, set->cursor);
	if (i == CP_IDSET_NONE)
		i = find_free_below(set, set->n);
	mark_taken(set, i);
	set->cursor = i;
	return set->first + i;
}

bool
cp_idset_take_this(struct cp_idset *set, uint32_t id)
{
	if (!cp_idset_is_free(set, id))
		return false;
	mark_taken(set, id - set->first);
	return true;
}

bool
cp_idset_put(struct cp_idset *set, uint32_t id)
{
	uint32_t i = id - set->first; /* below the first one it wraps, and is out of range */
	uint64_t bit = UINT64_C(1) << i % 64;
	uint64_t *word = &set->level[0][i / 64];

	if (i >= set->n || (*word & bit) != 0)
		return false;
	*word |= bit;
	set->n_taken--;
	if (*word == bit)
		mark_above(set, i);
	return true;
}

bool
cp_idset_is_free(const struct cp_idset *set, uint32_t id)
{
	uint32_t i = id - set->first;

	return i < set->n && bit_is_free(set, i);
}

uint32_t
cp_idset_n_taken(const struct cp_idset *set)
{
	return set->n_taken;
}
