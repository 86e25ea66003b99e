/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/** @file What a trunk can be sent that it does not forward, and what it costs to say so. */

#include "common/loop.h"

struct kind;

/** NULL when there is none of that name. */
const struct kind *kind_find(const char *name);

/** The names of all, one after the other; NULL behind the last. */
const char *kind_name(unsigned int i);

/**
 * Let the worker of @p l, whose frames are thrown away, have about @p n_frames of a kind, made for
 * it outside of what is timed. @p reason is what they were counted as, "" when they were forwarded.
 * @return TSC cycles a frame; negative: they were not all forwarded, nor all counted by one reason.
 */
double kind_measure(
	struct loop *l, const struct kind *kind, uint32_t n_frames, const char **reason);
