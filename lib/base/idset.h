/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * A set of numbers to hand out: labels, call references, indexes. One bit a
 * number and a tree of summaries above: taking the next free one, taking a given
 * one and giving one back are constant time. Freed numbers rest until the cursor
 * comes round, so that a late message seldom meets its successor. Two sets of the
 * same numbers, in two places, seldom hand out the same one when one of them is
 * taken from downwards.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/mem.h"

#define CP_IDSET_NONE UINT32_MAX

struct cp_idset;

/**
 * Numbers @p first .. @p first + @p n - 1, all free; @p n is 1 .. 2^24, the last one below
 * CP_IDSET_NONE. NULL when that is not so or memory is out.
 */
struct cp_idset *cp_idset_create(uint32_t first, uint32_t n, const struct cp_mem *mem);

void cp_idset_destroy(struct cp_idset *set);

/** The next free number at or after the cursor, cyclically; CP_IDSET_NONE when all are taken. */
uint32_t cp_idset_take(struct cp_idset *set);

/** Downwards: the next free number below the cursor, the first time the highest. */
uint32_t cp_idset_take_down(struct cp_idset *set);

/** Take @p id itself, the cursor staying: false when it is taken or out of range. */
bool cp_idset_take_this(struct cp_idset *set, uint32_t id);

/** Give @p id back: false (and nothing changes) when it was free or out of range. */
bool cp_idset_put(struct cp_idset *set, uint32_t id);

bool cp_idset_is_free(const struct cp_idset *set, uint32_t id);

uint32_t cp_idset_n_taken(const struct cp_idset *set);
