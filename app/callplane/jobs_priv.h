/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * Between the files of jobs. Each kind has a function that starts one and a turn; what clients
 * report comes back to jobs.c, which counts it. A job ends when nothing of it is out.
 */

#include "appliance_priv.h"
#include "callplane/jobs.h"
#include "callplane/match.h"

#define N_JOBS 64
#define JOB_MESSAGE_BUSY "%d jobs are running; mend: wait for one or cancel it"

enum job_kind {
	JOB_DIAL,
	JOB_ADD_PARTY,
	JOB_DROP_PARTY,
	JOB_MODIFY,
	JOB_CLOSE,
	JOB_RESET,
	JOB_RESTART,
	JOB_HALT,
	JOB_REPLAY,
	JOB_KIND_COUNT
};

enum job_state { JOB_FREE, JOB_RUNNING, JOB_DONE, JOB_CANCELLED, JOB_FAILED };

struct job {
	uint32_t id; /* slot + N_JOBS * generation, never 0 */
	enum job_kind kind;
	enum job_state state;
	uint64_t total, started, done, failed;
	uint64_t started_ns, ended_ns, last_ns;
	char detail[QUERY_TEXT];
	/* dial, add-party */
	struct co_address from, to;
	uint64_t rate; /* modify too */
	uint64_t committed_rate;
	uint32_t burst;
	bool multipoint, permanent;
	uint32_t label;
	/* of one call: add-party, drop-party, modify, close */
	co_vc_t one;
	co_party_t party;
	/* close */
	struct match match;
	bool all;   /* every call, and wait until every trace of them is gone */
	bool swept; /* the whole table has been looked at */
	uint32_t cursor;
	uint8_t data[CALLMGR_MAX_CLOSE_DATA]; /* outlives the closes (ASYNC-10); drop-party too */
	uint32_t data_len;
	uint64_t n_without_data;
	/* reset, restart, halt */
	struct appliance_trunk *trunk;
	/* replay */
	uint16_t port;
	bool cancelled;
};

struct jobs {
	struct appliance *a;
	uint32_t generation;
	uint32_t n_running;
	struct job list[N_JOBS];
};

/** NULL with the reason in @p message when all are running. */
struct job *job_new(struct jobs *jobs, enum job_kind kind, char *message, size_t size);
struct job *job_at(struct jobs *jobs, uint32_t id);
void job_end(struct jobs *jobs, struct job *job, enum job_state state);

/** Everything that was begun has been answered. */
static inline bool
job_is_settled(const struct job *job)
{
	return job->started == job->done + job->failed;
}

/** The slice of a turn that began at @p begun_ns is used up. */
static inline bool
job_slice_over(const struct jobs *jobs, uint64_t begun_ns)
{
	return appliance_now(jobs->a) - begun_ns > SLICE_NS;
}

/** One of what was begun has failed: with a status, and a cause where there is one. */
void job_refused(struct job *job, enum co_status status, uint8_t cause);

/** "e164:..." or why not in @p message. */
int job_address(const char *text, struct co_address *out, char *message, size_t size);

/** The data that closes and drops carry: the cause, and what the operator gave. */
void job_set_data(struct job *job, const struct query_args *args);
struct co_data job_data(const struct job *job);

/* Slices; true when anything was done. */
bool job_dial_turn(struct jobs *jobs, struct job *job);
bool job_change_turn(struct jobs *jobs, struct job *job);
bool job_close_turn(struct jobs *jobs, struct job *job);
bool job_reset_turn(struct jobs *jobs, struct job *job);
bool job_restart_turn(struct jobs *jobs, struct job *job);
bool job_halt_turn(struct jobs *jobs, struct job *job);
bool job_replay_turn(struct jobs *jobs, struct job *job);
