/* SPDX-License-Identifier: BSD-3-Clause */
#include "callplane/jobs.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "jobs_priv.h"
#include "uni/cause.h"

/* A halt cannot be taken back, and a replay's source is let go by the worker first. */
enum cancel { CANCEL_NOW, CANCEL_SOON, CANCEL_NEVER };

static const struct job_form {
	const char *name;
	bool (*turn)(struct jobs *jobs, struct job *job);
	enum cancel cancel;
} forms[JOB_KIND_COUNT] = {
	[JOB_DIAL] = { "dial", job_dial_turn, CANCEL_NOW },
	[JOB_ADD_PARTY] = { "add-party", job_change_turn, CANCEL_NOW },
	[JOB_DROP_PARTY] = { "drop-party", job_change_turn, CANCEL_NOW },
	[JOB_MODIFY] = { "modify", job_change_turn, CANCEL_NOW },
	[JOB_CLOSE] = { "close", job_close_turn, CANCEL_NOW },
	[JOB_RESET] = { "reset", job_reset_turn, CANCEL_NEVER },
	[JOB_RESTART] = { "restart", job_restart_turn, CANCEL_NOW },
	[JOB_HALT] = { "halt", job_halt_turn, CANCEL_NEVER },
	[JOB_REPLAY] = { "replay", job_replay_turn, CANCEL_SOON },
};

static const char *const state_names[] = { "free", "running", "done", "cancelled", "failed" };

/* ---- Life of a job. ---- */

struct job *
job_at(struct jobs *jobs, uint32_t id)
{
	struct job *job = &jobs->list[id % N_JOBS];

	return id != 0 && job->id == id && job->state != JOB_FREE ? job : NULL;
}

/* A free slot, else that of the job that ended first; never one that still awaits an answer. */
struct job *
job_new(struct jobs *jobs, enum job_kind kind, char *message, size_t size)
{
	struct job *best = NULL, *job;
	uint32_t i, slot;

	for (i = 0; i < N_JOBS; i++) {
		job = &jobs->list[i];
		if (job->state == JOB_RUNNING || !job_is_settled(job))
			continue;
		if (best == NULL || (best->state != JOB_FREE && job->ended_ns < best->ended_ns))
			best = job;
	}
	if (best == NULL) {
		snprintf(message, size, JOB_MESSAGE_BUSY, N_JOBS);
		return NULL;
	}
	slot = (uint32_t)(best - jobs->list);
	memset(best, 0, sizeof(*best));
	jobs->generation++;
	best->id = slot + N_JOBS * jobs->generation;
	best->kind = kind;
	best->state = JOB_RUNNING;
	best->started_ns = best->last_ns = jobs->a->now_ns;
	jobs->n_running++;
	return best;
}

void
job_end(struct jobs *jobs, struct job *job, enum job_state state)
{
	job->state = state;
	job->ended_ns = jobs->a->now_ns;
	jobs->n_running--;
}

/* ---- What jobs share. ---- */

void
job_refused(struct job *job, enum co_status status, uint8_t cause)
{
	job->failed++;
	if (cause != 0)
		snprintf(job->detail, sizeof(job->detail), "%s, cause %u: %s",
			co_status_name(status), cause, uni_cause_name(cause));
	else
		snprintf(job->detail, sizeof(job->detail), "%s", co_status_name(status));
}

struct caller *
jobs_caller_of(struct jobs *jobs, const struct co_vc_info *info)
{
	struct caller *const callers[] = { attach_caller(jobs->a->attach),
		load_caller(jobs->a->load) };
	size_t i;

	for (i = 0; i < sizeof(callers) / sizeof(callers[0]); i++)
		if (info->client == caller_protocol(callers[i]))
			return callers[i];
	return NULL;
}

int
job_address(const char *text, struct co_address *out, char *message, size_t size)
{
	struct config_address address;
	const char *why = "";

	if (config_address_parse(text, &address, &why) != 0) {
		snprintf(message, size, "address '%.40s': %s", text, why);
		return -EINVAL;
	}
	appliance_to_co_address(out, &address);
	return 0;
}

void
job_set_data(struct job *job, const struct query_args *args)
{
	if (args->cause == 0 && args->data_len == 0)
		return;
	job->data[0] = (uint8_t)(args->cause != 0 ? args->cause : UNI_CAUSE_NORMAL);
	memcpy(job->data + 1, args->data, args->data_len);
	job->data_len = 1 + args->data_len;
}

struct co_data
job_data(const struct job *job)
{
	return (struct co_data){ job->data_len > 0 ? job->data : NULL, job->data_len };
}

/* ---- Reports. ---- */

static struct job *
answered(struct jobs *jobs, uint32_t id, enum co_status status, uint8_t cause)
{
	struct job *job = job_at(jobs, id);

	if (job == NULL)
		return NULL;
	job->last_ns = jobs->a->now_ns;
	if (status == CO_STATUS_SUCCESS)
		job->done++;
	else
		job_refused(job, status, cause);
	return job;
}

static void
dialled(void *arg, uint32_t id, enum co_status status, uint8_t cause)
{
	struct jobs *jobs = arg;

	if (answered(jobs, id, status, cause) == NULL && status != CO_STATUS_SUCCESS)
		cp_log(CP_LOG_WARN, "a permanent circuit could not be connected: %s",
			co_status_name(status));
}

static void
added(void *arg, uint32_t id, enum co_status status, uint8_t cause)
{
	answered(arg, id, status, cause);
}

void
jobs_closed(void *arg, uint32_t id, enum co_status status)
{
	answered(arg, id, status, 0);
}

/* QOS-4, QOS-6: what is in force may be neither the old rate nor the one that was asked for. */
static void
modified(void *arg, uint32_t id, enum co_status status, uint8_t cause, uint64_t rate)
{
	struct job *job = answered(arg, id, status, cause);
	size_t len;

	if (job == NULL)
		return;
	if (status == CO_STATUS_SUCCESS)
		snprintf(job->detail, sizeof(job->detail), "%s", co_status_name(status));
	len = strlen(job->detail);
	snprintf(job->detail + len, sizeof(job->detail) - len, ", %llu octets per second in force",
		(unsigned long long)rate);
}

const struct caller_reports jobs_reports = {
	.dialled = dialled,
	.closed = jobs_closed,
	.added = added,
	.dropped = jobs_closed,
	.modified = modified,
};

/* ---- All of them. ---- */

bool
jobs_turn(struct jobs *jobs)
{
	bool busy = false;
	struct job *job;
	uint32_t i;

	for (i = 0; i < N_JOBS && jobs->n_running > 0; i++) {
		job = &jobs->list[i];
		if (job->state == JOB_RUNNING)
			busy |= forms[job->kind].turn(jobs, job);
	}
	return busy;
}

int
jobs_cancel(struct jobs *jobs, uint32_t id)
{
	struct job *job = job_at(jobs, id);

	if (job == NULL || job->state != JOB_RUNNING || forms[job->kind].cancel == CANCEL_NEVER)
		return -ENOENT;
	if (forms[job->kind].cancel == CANCEL_SOON)
		job->cancelled = true;
	else
		job_end(jobs, job, JOB_CANCELLED);
	return 0;
}

uint32_t
jobs_query(const struct jobs *jobs, uint32_t id, uint32_t *cursor, struct query_job_row *rows,
	uint32_t n)
{
	uint32_t n_rows = 0;

	for (; *cursor < N_JOBS && n_rows < n; (*cursor)++) {
		const struct job *job = &jobs->list[*cursor];
		struct query_job_row *row = &rows[n_rows];
		uint64_t end = job->state == JOB_RUNNING ? jobs->a->now_ns : job->ended_ns;

		if (job->state == JOB_FREE || (id != 0 && job->id != id))
			continue;
		memset(row, 0, sizeof(*row));
		row->job = job->id;
		snprintf(row->kind, sizeof(row->kind), "%s", forms[job->kind].name);
		snprintf(row->state, sizeof(row->state), "%s", state_names[job->state]);
		row->total = job->total;
		row->started = job->started;
		row->done = job->done;
		row->failed = job->failed;
		row->seconds = (double)(end - job->started_ns) / 1e9;
		row->rate = row->seconds > 0 ? (double)job->done / row->seconds : 0;
		snprintf(row->detail, sizeof(row->detail), "%s", job->detail);
		n_rows++;
	}
	return n_rows;
}

void
jobs_cancel_all(struct jobs *jobs)
{
	uint32_t i;

	for (i = 0; i < N_JOBS; i++)
		jobs_cancel(jobs, jobs->list[i].id);
}

uint32_t
jobs_n_running(const struct jobs *jobs)
{
	return jobs->n_running;
}

struct jobs *
jobs_create(struct appliance *a)
{
	struct jobs *jobs = cp_mem_alloc(NULL, sizeof(*jobs), "jobs");

	if (jobs != NULL)
		jobs->a = a;
	return jobs;
}

void
jobs_destroy(struct jobs *jobs)
{
	cp_mem_free(NULL, jobs);
}
