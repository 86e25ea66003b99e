/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/** @file A job of the appliance, watched to its end. */

#include "callctl/client.h"
#include "callctl/command.h"

/** @p job is the row that started it. Shows progress on a terminal, and at its end a line or
 * JSON: "job 3: close done: 10 of 10, ...". Ctrl-C leaves the job alone. */
enum exit_code job_follow(struct invocation *inv, struct client *client, const json_t *job);

/** The same of one that was begun elsewhere, or is being cancelled: it is done however it ends. */
enum exit_code job_await_end(struct invocation *inv, struct client *client, const json_t *job);
