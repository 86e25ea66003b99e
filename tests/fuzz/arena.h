/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * Memory for what each execution creates anew: the same warm octets again and again, where the
 * sanitizer's own allocator would hand out cold ones. Between two blocks there is poison.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"

/** What was given out before is free, all at once. For things of one execution. */
const struct cp_mem *arena_begin(void);

/** A copy in a block of its exact size, so that AddressSanitizer sees the first octet too far. */
uint8_t *arena_copy(const uint8_t *octets, size_t len);

/** The copy made last of those that are still there. */
void arena_drop(uint8_t *copy);
