/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * What takes longer than a turn: dials, parties, changes of rates, closes, resets, RESTARTs and
 * halts of trunks, replays; and what ends many calls without the operator having asked: a RESTART
 * of the peer, a lost link, a port that is down, the drain at the end. A job works in slices
 * bounded by time, so that a million calls never hold up a keep-alive or a new call. What it came
 * to stays to be asked for, and of many calls a line in the log says it. Control thread only.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "callplane/query.h"
#include "clients/caller.h"
#include "uni/call.h"

struct appliance;
struct jobs;

struct jobs *jobs_create(struct appliance *a);
void jobs_destroy(struct jobs *jobs);

/**
 * Start a job from the arguments of a query.
 * @return Its id, or -EINVAL, -ENOENT, -EBUSY, -ENOSPC with the reason in @p message.
 */
typedef int (*jobs_start_fn)(
	struct jobs *jobs, const struct query_args *args, char *message, size_t size);

int jobs_dial(struct jobs *jobs, const struct query_args *args, char *message, size_t size);
int jobs_add_party(struct jobs *jobs, const struct query_args *args, char *message, size_t size);
int jobs_drop_party(struct jobs *jobs, const struct query_args *args, char *message, size_t size);
int jobs_modify(struct jobs *jobs, const struct query_args *args, char *message, size_t size);
int jobs_close(struct jobs *jobs, const struct query_args *args, char *message, size_t size);
int jobs_reset(struct jobs *jobs, const struct query_args *args, char *message, size_t size);
int jobs_restart(struct jobs *jobs, const struct query_args *args, char *message, size_t size);
int jobs_halt(struct jobs *jobs, const struct query_args *args, char *message, size_t size);
int jobs_replay(struct jobs *jobs, const struct query_args *args, char *message, size_t size);
int jobs_close_af(struct jobs *jobs, const struct query_args *args, char *message, size_t size);

/** Close all calls because the appliance ends. */
void jobs_drain(struct jobs *jobs);

/** callmgr_mass_fn: call control ends calls of a trunk; @p trunk is the struct appliance_trunk. */
void jobs_mass(void *trunk, const struct uni_mass *mass);

/**
 * Stop a job from doing more; what it has begun ends by itself, and then the job.
 * @return 0, -ENOENT, or -EPERM: it is none that can be, with the reason in @p message.
 */
int jobs_cancel(struct jobs *jobs, uint32_t id, char *message, size_t size);

/** Before the appliance ends: sources of replays are let go by the workers. */
void jobs_cancel_all(struct jobs *jobs);

/** A slice of every running job. @return Whether anything was done. */
bool jobs_turn(struct jobs *jobs);

/** Report jobs from *cursor on; 0 for @p id: all. @return Rows written. */
uint32_t jobs_query(const struct jobs *jobs, uint32_t id, uint32_t *cursor,
	struct query_job_row *rows, uint32_t n);

uint32_t jobs_n_running(const struct jobs *jobs);

/** The caller that has the call @p info; NULL: it is a transit's or an echo's. */
struct caller *jobs_caller_of(struct jobs *jobs, const struct co_vc_info *info);

/** How the requests of a job ended: from the clients; their argument is the struct jobs. */
extern const struct caller_reports jobs_reports;
void jobs_closed(void *jobs, uint32_t job, enum co_status status);
