/* SPDX-License-Identifier: BSD-3-Clause */
#include "callplane/jobs.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "jobs_priv.h"
#include "uni/cause.h"

/*
 * A close waits for the calls that it has begun with, and a replay's source is let go by the worker
 * first.
 */
enum cancel { CANCEL_NOW, CANCEL_SOON, CANCEL_NEVER };

static const struct job_form {
	const char *name;
	bool (*turn)(struct jobs *jobs, struct job *job);
	enum cancel cancel;
	const char *why_not; /* with CANCEL_NEVER */
	bool is_told;        /* what it came to is worth a line, where it was about many calls */
} forms[JOB_KIND_COUNT] = {
	[JOB_DIAL] = { "dial", job_dial_turn, CANCEL_NOW, .is_told = true },
	[JOB_ADD_PARTY] = { "add-party", job_change_turn, CANCEL_NOW },
	[JOB_DROP_PARTY] = { "drop-party", job_change_turn, CANCEL_NOW },
	[JOB_MODIFY] = { "modify", job_change_turn, CANCEL_NOW },
	[JOB_CLOSE] = { "close", job_close_turn, CANCEL_SOON, .is_told = true },
	[JOB_RESET] = { "reset", job_reset_turn, CANCEL_NEVER, "the device has stopped" },
	[JOB_RESTART] = { "restart", job_restart_turn, CANCEL_NEVER,
		"the peer clears its end as well", true },
	[JOB_HALT] = { "halt", job_halt_turn, CANCEL_NEVER, "clients have been told to leave",
		true },
	[JOB_REPLAY] = { "replay", job_replay_turn, CANCEL_SOON },
	[JOB_CLOSE_AF] = { "close-af", job_close_af_turn, CANCEL_NEVER,
		"clients have been told to leave", true },
	[JOB_LINK_LOST] = { "link-lost", job_mass_turn, CANCEL_NEVER,
		"no peer has these calls any more", true },
	[JOB_PORT_DOWN] = { "port-down", job_mass_turn, CANCEL_NEVER,
		"no peer has these calls any more", true },
	[JOB_RESTARTED] = { "peer-restart", job_mass_turn, CANCEL_NEVER,
		"the peer has cleared its end", true },
	[JOB_DRAIN] = { "drain", job_close_turn, CANCEL_NEVER, "the appliance ends", true },
};

#define LINE_NS 1000000000ull /* between two lines about what a trunk's peer does */

static const char *const state_names[] = { "free", "running", "done", "cancelled", "failed" };

/* ---- Life of a job. ---- */

struct job *
job_at(struct jobs *jobs, uint32_t id)
{
	struct job *job = &jobs->list[id % N_JOBS];

	return id != 0 && job->id == id && job->state != JOB_FREE ? job : NULL;
}

/* Of each class; a peer that restarts again and again crowds nobody else's jobs out. */
static uint32_t
class_of(enum job_kind kind, uint32_t *n_max)
{
	uint32_t class = (kind >= JOB_LINK_LOST) + (kind == JOB_DRAIN);
	static const uint32_t limits[] = { N_JOBS - N_BY_ITSELF - 1, N_BY_ITSELF, 1 };

	*n_max = limits[class];
	return class;
}

static bool
is_busy(const struct job *job)
{
	return job->state == JOB_RUNNING || !job_is_settled(job);
}

/* A free slot, else that of the job of its class that ended first. */
static struct job *
find_slot(struct jobs *jobs, enum job_kind kind)
{
	struct job *first_free = NULL, *oldest = NULL, *job;
	uint32_t n_max, n = 0, class = class_of(kind, &n_max), ignored;

	for (job = jobs->list; job < jobs->list + N_JOBS; job++) {
		if (job->state == JOB_FREE) {
			first_free = first_free != NULL ? first_free : job;
			continue;
		}
		if (class_of(job->kind, &ignored) != class)
			continue;
		n++;
		if (!is_busy(job) && (oldest == NULL || job->ended_ns < oldest->ended_ns))
			oldest = job;
	}
	return n < n_max ? first_free : oldest;
}

struct job *
job_new(struct jobs *jobs, enum job_kind kind, char *message, size_t size)
{
	struct job *best = find_slot(jobs, kind);
	uint32_t n_max, slot;

	if (best == NULL) {
		class_of(kind, &n_max);
		snprintf(message, size, JOB_MESSAGE_BUSY, n_max);
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

static double
seconds_of(const struct jobs *jobs, const struct job *job)
{
	uint64_t end = job->state == JOB_RUNNING ? jobs->a->now_ns : job->ended_ns;

	return (double)(end - job->started_ns) / 1e9;
}

static double
rate_of(const struct jobs *jobs, const struct job *job)
{
	double seconds = seconds_of(jobs, job);

	return seconds > 0 ? (double)job->done / seconds : 0;
}

/* Whoever ended the calls, the operator finds out; a peer that does it again and again is one line
 * a second. */
static void
report(const struct jobs *jobs, const struct job *job)
{
	enum cp_log_level level = CP_LOG_INFO;
	char cause[16] = "";

	if (forms[job->kind].is_told && job->total > 1)
		level = CP_LOG_NOTICE;
	if (job->kind >= JOB_LINK_LOST && job->trunk != NULL &&
		!cp_log_limit_pass(&job->trunk->mass_lines, jobs->a->now_ns, LINE_NS))
		level = CP_LOG_INFO;
	if (job->cause != 0)
		snprintf(cause, sizeof(cause), ", cause %u", job->cause);
	cp_log(level, "job %u, %s (%s): %s: %llu of %llu, %llu failed, %.3f s, %.0f/s%s", job->id,
		forms[job->kind].name, job->detail, state_names[job->state],
		(unsigned long long)job->done, (unsigned long long)job->total,
		(unsigned long long)job->failed, seconds_of(jobs, job), rate_of(jobs, job), cause);
}

void
job_end(struct jobs *jobs, struct job *job, enum job_state state)
{
	job->state = state;
	job->ended_ns = jobs->a->now_ns;
	jobs->n_running--;
	report(jobs, job);
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
		snprintf(message, size,
			"address '%.40s': %s; mend: e164: and digits, or nsap: and 40 hex digits",
			text, why);
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
	uint32_t i, n;

	for (i = 0, n = jobs->n_running; i < N_JOBS && n > 0; i++) {
		job = &jobs->list[i];
		if (job->state != JOB_RUNNING)
			continue;
		busy |= forms[job->kind].turn(jobs, job);
		n--;
	}
	return busy;
}

int
jobs_cancel(struct jobs *jobs, uint32_t id, char *message, size_t size)
{
	struct job *job = job_at(jobs, id);

	if (job == NULL || job->state != JOB_RUNNING) {
		snprintf(message, size, "there is no running job %u; mend: see callctl jobs", id);
		return -ENOENT;
	}
	if (forms[job->kind].cancel == CANCEL_NEVER) {
		snprintf(message, size, "job %u, %s, cannot be cancelled: %s", id,
			forms[job->kind].name, forms[job->kind].why_not);
		return -EPERM;
	}
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

		if (job->state == JOB_FREE || (id != 0 && job->id != id))
			continue;
		memset(row, 0, sizeof(*row));
		row->job = job->id;
		snprintf(row->kind, sizeof(row->kind), "%s", forms[job->kind].name);
		snprintf(row->state, sizeof(row->state), "%s",
			job->state == JOB_RUNNING && job->cancelled ? "cancelling"
								    : state_names[job->state]);
		row->total = job->total;
		row->started = job->started;
		row->done = job->done;
		row->failed = job->failed;
		row->seconds = seconds_of(jobs, job);
		row->rate = rate_of(jobs, job);
		row->cause = job->cause;
		if (job->trunk != NULL)
			snprintf(row->trunk, sizeof(row->trunk), "%s", job->trunk->config->name);
		snprintf(row->detail, sizeof(row->detail), "%s", job->detail);
		n_rows++;
	}
	return n_rows;
}

void
jobs_cancel_all(struct jobs *jobs)
{
	char message[QUERY_TEXT];
	uint32_t i;

	for (i = 0; i < N_JOBS; i++)
		jobs_cancel(jobs, jobs->list[i].id, message, sizeof(message));
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
