/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * A question to the control thread, as the management thread keeps it: a client and a replay own
 * one each, and have at most one thing to ask at a time.
 */

#include <stdbool.h>
#include <stdint.h>

#include "callplane/query.h"

struct ask {
	struct query query; /**< Not to be touched while @c out. */
	bool wanted;        /**< To be posted as soon as control has room for it. */
	bool out;           /**< Control has it: it must not be freed. */
	void (*answered)(struct ask *ask, uint64_t now_ns);
};

static inline bool
ask_is_idle(const struct ask *ask)
{
	return !ask->wanted && !ask->out;
}

/** From the start of a list; the next slice is asked for by setting @c wanted alone. */
static inline void
ask_control(struct ask *ask, enum query_method method, const struct query_args *args)
{
	ask->query.method = method;
	ask->query.args = *args;
	ask->query.cursor = 0;
	ask->query.error = 0;
	ask->query.n_rows = 0;
	ask->query.more = false;
	ask->wanted = true;
}
