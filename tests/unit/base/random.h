/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/** @file Numbers that look random and are the same in every run: a failure repeats. */

#include <stdint.h>

/** The next one of the sequence that @p state, never 0, stands for (xorshift64*). */
static inline uint32_t
random_next(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return (uint32_t)((*state * UINT64_C(2685821657736338717)) >> 32);
}

static inline uint32_t
random_below(uint64_t *state, uint32_t n)
{
	return random_next(state) % n;
}
