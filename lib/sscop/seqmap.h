/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * Sequence numbers modulo 2^24 (SSCOP-3), and one bit for each number of a window.
 * For this folder only.
 */

#include <stdbool.h>
#include <stdint.h>

#define SSCOP_SEQ_MASK 0xffffffu
#define SSCOP_SEQ_HALF 0x800000u /**< A distance from here on means "behind" (SSCOP-29). */

static inline uint32_t
sscop_seq_add(uint32_t seq, uint32_t n)
{
	return (seq + n) & SSCOP_SEQ_MASK;
}

/** How far @p seq is ahead of @p base, 0 .. 2^24 - 1. */
static inline uint32_t
sscop_seq_sub(uint32_t seq, uint32_t base)
{
	return (seq - base) & SSCOP_SEQ_MASK;
}

/**
 * A bit per number. As many bits as @c mask + 1, a power of two of 64 at least that
 * divides 2^24: so a bit keeps its place when the numbers wrap.
 */
struct sscop_seqmap {
	uint64_t *words;
	uint32_t mask;
};

static inline bool
sscop_seqmap_test(const struct sscop_seqmap *map, uint32_t seq)
{
	uint32_t pos = seq & map->mask;

	return map->words[pos / 64] >> (pos % 64) & 1;
}

static inline void
sscop_seqmap_set(struct sscop_seqmap *map, uint32_t seq)
{
	uint32_t pos = seq & map->mask;

	map->words[pos / 64] |= UINT64_C(1) << (pos % 64);
}

static inline void
sscop_seqmap_clear(struct sscop_seqmap *map, uint32_t seq)
{
	uint32_t pos = seq & map->mask;

	map->words[pos / 64] &= ~(UINT64_C(1) << (pos % 64));
}

/** Those bits of the word of @p seq that belong to the @p n numbers from @p seq on; n > 0. */
static inline uint64_t
sscop_seqmap_span(uint32_t seq, uint32_t n)
{
	uint64_t span = ~UINT64_C(0) << (seq % 64);

	return n < 64 - seq % 64 ? span & ~(~UINT64_C(0) << (seq % 64 + n)) : span;
}

/** How far from @p seq the first bit of @p value is; @p n when none of the @p n is. A word a step.
 */
static inline uint32_t
sscop_seqmap_find(const struct sscop_seqmap *map, uint32_t seq, uint32_t n, bool value)
{
	uint32_t pos, done = 0;
	uint64_t word;

	while (done < n) {
		pos = (seq + done) & map->mask;
		word = (map->words[pos / 64] ^ (value ? 0 : ~UINT64_C(0))) >> (pos % 64);
		if (word != 0) {
			done += (uint32_t)__builtin_ctzll(word);
			return done < n ? done : n;
		}
		done += 64 - pos % 64;
	}
	return n;
}
