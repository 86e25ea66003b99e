/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/** @file Messages of tests/vectors, written by an independent implementation. */

#include <stddef.h>
#include <stdint.h>

#define GOLDEN_MAX 512

struct golden {
	const char *name; /**< As in the file. */
	size_t len;
	uint8_t octets[GOLDEN_MAX];
};

/** Find @p m by its name in @p file of $CALLPLANE_VECTORS; ends the program when it is not there.
 */
void golden_read(struct golden *m, const char *file);
