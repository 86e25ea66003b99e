/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * Parties that do anything at random, and a reference of what they may see of it: who is inside
 * a handler, what pends, which VCs live.
 */

#include <stdbool.h>
#include <stdint.h>

struct model;

struct model *model_create(bool mcm, uint64_t seed);
void model_free(struct model *m);

/** One request of one party about one VC. */
void model_operation(struct model *m);

/** Outside all handlers: no more completions than requests that pended, nor two fewer. */
void model_check(const struct model *m);

/** End all that is out, close and delete all. */
void model_drain(struct model *m);

void model_expect_empty(const struct model *m);
