/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/** @file An appliance that answers at once, on the management thread. */

#include "callplane/query.h"

struct appliance {
	struct query *answered[16];
	unsigned int n_answered;
	uint32_t n_calls;         /**< In the list of calls. */
	unsigned int n_refusals;  /**< Times the ring is full before a question is taken. */
	struct query_args close;  /**< What came with the last close. */
	enum query_method method; /**< Of the last question ... */
	struct query_args args;   /**< ... and what came with it. */
	unsigned int n_closes;
	uint64_t now_ns;
};
