/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * A capture of signalling into a file, from the request to its end. Control copies frames into a
 * ring while it lasts; this writes them. Management thread only.
 */

#include <stdbool.h>
#include <stdint.h>

#include "callplane/ask.h"

struct recording;

/**
 * Called once, at the end. @p answer: row 0 is what it came to; or error and message. Dead when
 * this returns.
 */
typedef void (*recording_ended_fn)(void *arg, const struct query *answer);

/** @p args of QUERY_CAPTURE. NULL when memory is out. */
struct recording *recording_create(struct appliance *appliance, const struct query_args *args,
	recording_ended_fn ended, void *arg);

/** What it wants of control. */
struct ask *recording_ask(struct recording *recording);

/** Write what is there; end it when its time has come. @return Whether to call again at once. */
bool recording_step(struct recording *recording, uint64_t now_ns);

/** End it; recording_ended_fn follows when control has let go. */
void recording_stop(struct recording *recording);

/** It has ended, and can be destroyed. */
bool recording_is_over(const struct recording *recording);

/** Also of one under way, when control has stopped: its file is then whole as well. */
void recording_destroy(struct recording *recording);
