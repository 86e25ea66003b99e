/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/** @file Calls left at both ends over time: some hundred points, however long it takes. */

#include <stdint.h>

#define CURVE_POINTS 512

struct curve {
	uint64_t begun, next, interval; /* TSC; interval 0: nobody wants it */
	uint32_t n;
	struct curve_point {
		uint64_t at;
		uint32_t near, far;
	} points[CURVE_POINTS];
};

/** From @p now on. */
void curve_begin(struct curve *c, uint64_t now, uint64_t hz);

/** Whether the time of the next point has come. */
static inline int
curve_is_due(const struct curve *c, uint64_t now)
{
	return c->interval != 0 && now >= c->next;
}

void curve_add(struct curve *c, uint64_t now, uint32_t near, uint32_t far);

/** "series calls_left SECONDS NEAR FAR", a line each, between tabs. */
void curve_tell(const struct curve *c, uint64_t hz);
