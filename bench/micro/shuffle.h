/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/** @file Numbers in random order, the same ones in every run. */

#include <stdint.h>
#include <stdlib.h>

/** 0 .. @p n - 1; NULL when memory is out. The caller frees it. */
static inline uint32_t *
shuffled(uint32_t n)
{
	uint32_t *order = calloc(n, sizeof(*order)), i, j, t;

	if (order == NULL)
		return NULL;
	srand48(1);
	for (i = 0; i < n; i++)
		order[i] = i;
	for (i = n; i > 1; i--) {
		j = (uint32_t)(drand48() * i);
		t = order[i - 1];
		order[i - 1] = order[j];
		order[j] = t;
	}
	return order;
}
