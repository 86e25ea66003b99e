/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/** @file What is to come, by its time; what is due at the same time comes in the order of entry. */

#include <stdbool.h>
#include <stdint.h>

struct agenda_item {
	uint64_t due_ns;
	uint64_t seq;
	uint64_t what; /* the owner's */
};

struct agenda {
	struct agenda_item *items; /* a heap */
	uint32_t n, size;
	uint64_t seq;
};

void agenda_fini(struct agenda *a);
void agenda_put(struct agenda *a, uint64_t due_ns, uint64_t what);

/** UINT64_MAX when there is nothing. */
uint64_t agenda_next_ns(const struct agenda *a);

/** The next one that is due at @p now_ns; false: none. */
bool agenda_take(struct agenda *a, uint64_t now_ns, uint64_t *what);
