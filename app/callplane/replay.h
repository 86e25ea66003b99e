/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * A capture replayed into a port, from the request to the end of its job. All passes are one job:
 * the file is copied into memory as often as it is to be played, so the job's total is exact and
 * the source gives each frame once. Management thread only; nothing takes long but the plugging
 * of the source.
 */

#include <stdbool.h>
#include <stdint.h>

#include "callplane/ask.h"

struct replay;

/** Called once. @p answer: row 0 is the job; or error and message. Dead when this returns. */
typedef void (*replay_begun_fn)(void *arg, const struct query *answer);

/** @p args of QUERY_REPLAY; @p number is no other living replay's. NULL when memory is out. */
struct replay *replay_create(struct appliance *appliance, uint32_t number,
	const struct query_args *args, replay_begun_fn begun, void *arg);

/** What it wants of control. */
struct ask *replay_ask(struct replay *replay);

/** Do what is to be done now. @return Whether to call again at once. */
bool replay_step(struct replay *replay, uint64_t now_ns);

/** Its job has ended and its source is closed: it can be destroyed. */
bool replay_is_over(const struct replay *replay);

/** Also of one under way, when workers and control have stopped. */
void replay_destroy(struct replay *replay);
