/* SPDX-License-Identifier: BSD-3-Clause */
#include "calls/curve.h"

#include <stdio.h>

#define FIRST_POINTS_PER_S 10000

void
curve_begin(struct curve *c, uint64_t now, uint64_t hz)
{
	c->begun = c->next = now;
	c->interval = hz / FIRST_POINTS_PER_S;
	c->n = 0;
}

/* Full: every other point stays, and the next ones come half as often. */
static void
thin_out(struct curve *c)
{
	uint32_t i;

	for (i = 0; i < CURVE_POINTS / 2; i++)
		c->points[i] = c->points[2 * i];
	c->n = CURVE_POINTS / 2;
	c->interval *= 2;
}

void
curve_add(struct curve *c, uint64_t now, uint32_t near, uint32_t far)
{
	if (c->n == CURVE_POINTS)
		thin_out(c);
	c->points[c->n++] = (struct curve_point){ now - c->begun, near, far };
	c->next = now + c->interval;
}

void
curve_tell(const struct curve *c, uint64_t hz)
{
	uint32_t i;

	for (i = 0; i < c->n; i++)
		printf("series\tcalls_left\t%.6f\t%u\t%u\n", (double)c->points[i].at / (double)hz,
			c->points[i].near, c->points[i].far);
}
