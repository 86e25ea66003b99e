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

#define N_JOBS 128
#define N_BY_ITSELF 63 /* of them for what nobody asks for, and one for the drain at the end */
#define JOB_MESSAGE_BUSY "%u jobs are running; mend: wait for one or cancel it"

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
	JOB_CLOSE_AF,
	/* Nobody asks for these. */
	JOB_LINK_LOST,
	JOB_PORT_DOWN,
	JOB_RESTARTED,
	JOB_DRAIN,
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
	uint8_t cause; /* with which calls end; 0: several, or none do */
	bool cancelled;
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
	bool all;      /* every call, and wait until every trace of them is gone */
	bool counting; /* those that match, before the first of them is closed */
	bool swept;    /* the whole table has been looked at */
	uint32_t cursor;
	uint8_t data[CALLMGR_MAX_CLOSE_DATA]; /* outlives the closes (ASYNC-10); drop-party too */
	uint32_t data_len;
	uint64_t n_without_data;
	/* of a trunk */
	struct appliance_trunk *trunk;
	/* what call control clears by itself: struct uni_mass */
	uint8_t mass;      /* enum uni_mass_kind */
	bool clearing;     /* until it says that it is over */
	bool answered;     /* the RESTART has been, or is given up */
	uint64_t swept_at; /* the link's count when it began ... */
	uint64_t before;   /* ... and ours: a RESTART may begin twice */
	uint64_t overdue_at;
	/* replay */
	uint16_t port;
};

struct jobs {
	struct appliance *a;
	uint32_t generation;
	uint32_t n_running;
	struct job list[N_JOBS];
};

/** NULL with the reason in @p message when all that its kind may have are running. */
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
bool job_close_af_turn(struct jobs *jobs, struct job *job);
bool job_mass_turn(struct jobs *jobs, struct job *job);

/** jobs_mass.c: how many of the calls at stake are over by now. */
void job_mass_progress(struct job *job, const struct uni_link_stats *stats);
