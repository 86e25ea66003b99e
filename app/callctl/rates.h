/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/** @file What happened between two looks at the appliance: rates, from counters that only grow. */

#include <jansson.h>

/** One look. The lists' rows are as the methods of these names give them. */
struct rates_look {
	double at_s; /**< Any clock that goes on evenly. */
	json_t *status;
	json_t *workers, *ports, *trunks, *busiest; /**< Arrays. */
};

void rates_look_init(struct rates_look *look);
void rates_look_fini(struct rates_look *look);

/**
 * A new object of what @p now has and what came since @p before: calls, then "workers", "ports",
 * "trunks" and "vcs", a row each. What was not there before has no rates yet: 0.
 */
json_t *rates_between(const struct rates_look *before, const struct rates_look *now);
