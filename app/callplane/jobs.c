/* SPDX-License-Identifier: BSD-3-Clause */
#include "callplane/jobs.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "appliance_priv.h"
#include "base/log.h"
#include "callplane/match.h"
#include "uni/cause.h"

#define N_JOBS 64
#define MAX_DIALS_OUT 1024    /* unanswered SETUPs of a job: T303 is 4 s, the wire is shared */
#define MAX_CLOSES_OUT 65536  /* RELEASEs handed over and not yet answered */
#define SETTLE_NS 2000000000u /* how long "close --all" waits for the last traces to go */

enum job_kind { JOB_DIAL, JOB_CLOSE, JOB_REPLAY };
enum job_state { JOB_FREE, JOB_RUNNING, JOB_DONE, JOB_CANCELLED, JOB_FAILED };

static const char *const kind_names[] = { "dial", "close", "replay" };
static const char *const state_names[] = { "free", "running", "done", "cancelled", "failed" };

struct job {
	uint32_t id; /* slot + N_JOBS * generation, never 0 */
	enum job_kind kind;
	enum job_state state;
	uint64_t total, started, done, failed;
	uint64_t started_ns, ended_ns, last_ns;
	char detail[QUERY_TEXT];
	/* dial */
	struct co_address from, to;
	uint64_t rate;
	/* close */
	struct match match;
	bool all;    /* every call, and wait until every trace of them is gone */
	bool swept;  /* the whole table has been looked at */
	co_vc_t one; /* this call only */
	uint32_t cursor;
	uint8_t data[CALLMGR_MAX_CLOSE_DATA]; /* outlives the closes (ASYNC-10) */
	uint32_t data_len;
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

/* ---- Life of a job. ---- */

static struct job *
job_at(struct jobs *jobs, uint32_t id)
{
	struct job *job = &jobs->list[id % N_JOBS];

	return id != 0 && job->id == id && job->state != JOB_FREE ? job : NULL;
}

static bool
nothing_out(const struct job *job)
{
	return job->started == job->done + job->failed;
}

/* A free slot, else that of the job that ended first; never one that still awaits an answer. */
static struct job *
job_new(struct jobs *jobs, enum job_kind kind)
{
	struct job *best = NULL, *job;
	uint32_t i, slot;

	for (i = 0; i < N_JOBS; i++) {
		job = &jobs->list[i];
		if (job->state == JOB_RUNNING || !nothing_out(job))
			continue;
		if (best == NULL || (best->state != JOB_FREE && job->ended_ns < best->ended_ns))
			best = job;
	}
	if (best == NULL)
		return NULL;
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

static void
job_end(struct jobs *jobs, struct job *job, enum job_state state)
{
	job->state = state;
	job->ended_ns = jobs->a->now_ns;
	jobs->n_running--;
}

static bool
slice_over(const struct jobs *jobs, uint64_t begun_ns)
{
	return appliance_now(jobs->a) - begun_ns > SLICE_NS;
}

/* ---- Dial. ---- */

static int
parse_address(const char *text, struct co_address *out, char *message, size_t size)
{
	struct config_address address;
	const char *why = "";

	if (config_address_parse(text, &address, &why) != 0) {
		snprintf(message, size, "address '%.40s': %s", text, why);
		return -EINVAL;
	}
	memset(out, 0, sizeof(*out));
	out->type = address.type;
	out->len = address.len;
	memcpy(out->octets, address.octets, sizeof(out->octets));
	return 0;
}

int
jobs_dial(struct jobs *jobs, const struct query_args *args, char *message, size_t size)
{
	struct co_address from, to;
	struct job *job;

	if (parse_address(args->from, &from, message, size) != 0 ||
		parse_address(args->to, &to, message, size) != 0)
		return -EINVAL;
	if (jobs->a->phase != PHASE_RUNNING) {
		snprintf(message, size, "the appliance is draining: no new calls");
		return -ESHUTDOWN;
	}
	if (route_find(&jobs->a->routes, &to) < 0) {
		snprintf(message, size, "no route to %.40s; mend: add it to routes", args->to);
		return -ENETUNREACH;
	}
	job = job_new(jobs, JOB_DIAL);
	if (job == NULL) {
		snprintf(message, size, "%d jobs are running; mend: wait for one or cancel it",
			N_JOBS);
		return -EBUSY;
	}
	job->from = from;
	job->to = to;
	job->total = args->count != 0 ? args->count : 1;
	job->rate = args->rate;
	snprintf(job->detail, sizeof(job->detail), "%.40s to %.40s", args->from, args->to);
	return (int)job->id;
}

static int
dial_one(struct jobs *jobs, struct job *job)
{
	struct appliance *a = jobs->a;
	int trunk = route_find(&a->routes, &job->to);
	int from = attach_find(a->attach, &job->from);

	if (trunk < 0)
		return -ENETUNREACH;
	return from >= 0 ? attach_dial(a->attach, (uint32_t)from, a->adapters[trunk], &job->to,
				   job->rate, job->id)
			 : load_dial(a->load, a->adapters[trunk], &job->from, &job->to, job->rate,
				   job->id);
}

static void
dial_failed(struct job *job, int err)
{
	job->failed++;
	snprintf(job->detail, sizeof(job->detail), "%s",
		err == -EBUSY         ? "the attachment that dials has a call"
		: err == -ENETUNREACH ? "no route, or its trunk has no call manager"
		: err == -ENOSPC      ? "no room for another call; mend: limits: {calls: N}"
				      : strerror(-err));
}

static bool
dial_turn(struct jobs *jobs, struct job *job)
{
	uint64_t begun = appliance_now(jobs->a), started = job->started;
	int err;

	while (job->started < job->total &&
		job->started - job->done - job->failed < MAX_DIALS_OUT) {
		job->started++; /* before: the answer may come before dial_one() returns */
		err = dial_one(jobs, job);
		if (err == -EAGAIN ||
			(err == -ENOSPC && job->started - 1 > job->done + job->failed)) {
			job->started--; /* room comes when others are answered */
			break;
		}
		if (err != 0)
			dial_failed(job, err);
		attach_address_add(&job->from, 1);
		attach_address_add(&job->to, 1);
		if ((job->started & 7) == 0 && slice_over(jobs, begun))
			break;
	}
	if (job->started == job->total && nothing_out(job))
		job_end(jobs, job, JOB_DONE);
	return job->started != started;
}

void
jobs_dialled(void *arg, uint32_t id, enum co_status status, uint8_t cause)
{
	struct jobs *jobs = arg;
	struct job *job = job_at(jobs, id);

	if (job == NULL)
		return;
	job->last_ns = jobs->a->now_ns;
	if (status == CO_STATUS_SUCCESS) {
		job->done++;
		return;
	}
	job->failed++;
	snprintf(job->detail, sizeof(job->detail), "%s, cause %u: %s", co_status_name(status),
		cause, cause != 0 ? uni_cause_name(cause) : "none");
}

/* ---- Close. ---- */

static uint32_t
n_calls(const struct appliance *a)
{
	struct co_census census;

	co_census(a->co, &census);
	return census.n_calls;
}

int
jobs_close(struct jobs *jobs, const struct query_args *args, char *message, size_t size)
{
	struct match match = { .n = 0 };
	struct job *job;

	if (args->match[0] != '\0' && match_parse(&match, args->match, message, size) != 0)
		return -EINVAL;
	if (args->trunk[0] != '\0') {
		if (match.n == MATCH_MAX_TERMS) {
			snprintf(message, size,
				"too many terms in match beside a trunk; mend: %d at most",
				MATCH_MAX_TERMS - 1);
			return -EINVAL;
		}
		match.terms[match.n].key = MATCH_TRUNK;
		snprintf(match.terms[match.n].low, sizeof(match.terms[0].low), "%s", args->trunk);
		memcpy(match.terms[match.n].high, match.terms[match.n].low,
			sizeof(match.terms[0].high));
		match.n++;
	}
	job = job_new(jobs, JOB_CLOSE);
	if (job == NULL) {
		snprintf(message, size, "%d jobs are running; mend: wait for one or cancel it",
			N_JOBS);
		return -EBUSY;
	}
	job->match = match;
	job->all = args->all;
	job->one = args->id;
	job->total = args->all ? n_calls(jobs->a) : 0; /* of the others it shows as they are met */
	if (args->cause != 0 || args->data_len > 0) {
		job->data[0] = (uint8_t)(args->cause != 0 ? args->cause : UNI_CAUSE_NORMAL);
		memcpy(job->data + 1, args->data, args->data_len);
		job->data_len = 1 + args->data_len;
	}
	snprintf(job->detail, sizeof(job->detail), "%s",
		args->all                ? "all calls"
		: args->id != 0          ? "one call"
		: args->trunk[0] != '\0' ? args->trunk
					 : args->match);
	return (int)job->id;
}

/* Whose call it is decides who closes it. */
static enum co_status
close_vc(struct jobs *jobs, struct job *job, const struct co_vc_info *info)
{
	struct appliance *a = jobs->a;
	struct co_data data = { job->data_len > 0 ? job->data : NULL, job->data_len };

	if (info->client == transit_protocol(a->transit))
		return transit_close(a->transit, info->vc, job->id, data);
	if (info->client == caller_protocol(load_caller(a->load)))
		return caller_close(load_caller(a->load), info->vc, job->id, data);
	return caller_close(attach_caller(a->attach), info->vc, job->id, data);
}

static bool
can_close(const struct co_vc_info *info)
{
	return info->client != CO_NONE &&
	       (info->call_state == CO_CALL_UP || info->call_state == CO_CALL_ACCEPTED ||
		       info->call_state == CO_CALL_MAKING);
}

static bool
matches(const struct jobs *jobs, const struct job *job, const struct co_vc_info *info)
{
	const struct appliance_trunk *trunk = appliance_trunk_of(jobs->a, info->adapter);
	char from[CONFIG_ADDRESS_TEXT] = "", to[CONFIG_ADDRESS_TEXT] = "";
	struct match_subject subject = { .from = from, .to = to, .label = info->label };
	struct uni_call_info call;

	if (job->match.n == 0)
		return true;
	subject.trunk = trunk != NULL ? trunk->config->name : "";
	subject.direction = info->created_by_client ? "out" : "in";
	if (match_wants_addresses(&job->match) &&
		uni_call_query(jobs->a->uni, callmgr_vc_call(jobs->a->env, info->cm_ctx), &call) ==
			0) {
		query_print_address(from, &call.calling);
		query_print_address(to, &call.called);
	}
	return match_holds(&job->match, &subject);
}

static void
close_one(struct jobs *jobs, struct job *job, co_vc_t vc)
{
	struct co_vc_info info;
	enum co_status status;

	if (co_vc_query(jobs->a->co, vc, &info) != CO_STATUS_SUCCESS || !can_close(&info)) {
		if (job->one == CO_NONE)
			return;
		job->started++;
		job->failed++;
		snprintf(job->detail, sizeof(job->detail),
			"call %u: there is no such call to close", vc);
		return;
	}
	if (!matches(jobs, job, &info))
		return;
	job->started++;
	status = close_vc(jobs, job, &info);
	if (status == CO_STATUS_PENDING || status == CO_STATUS_SUCCESS)
		return; /* jobs_closed() counts it */
	if (status == CO_STATUS_CLOSING && job->one == CO_NONE) {
		job->started--; /* it is on its way out without us */
		return;
	}
	job->failed++;
	snprintf(job->detail, sizeof(job->detail), "call %u: %s", vc, co_status_name(status));
}

/* No VC but the call managers' own, nothing in the dataplane that awaits its grace period. */
static bool
all_gone(const struct appliance *a)
{
	struct dp_reclaim_stats reclaim;
	struct co_census census;

	co_census(a->co, &census);
	dp_reclaim_stats(a->dp, &reclaim);
	return census.n_vcs == appliance_n_signalling_vcs(a) && reclaim.pending == 0;
}

static void
close_settle(struct jobs *jobs, struct job *job)
{
	const struct appliance *a = jobs->a;

	if (!nothing_out(job))
		return;
	if (job->all && !all_gone(a) && a->now_ns - job->last_ns < SETTLE_NS)
		return;
	job->total = job->started;
	job_end(jobs, job, JOB_DONE);
}

static bool
close_turn(struct jobs *jobs, struct job *job)
{
	uint64_t begun = appliance_now(jobs->a);
	uint32_t n = 0;
	co_vc_t vc;

	if (job->swept) {
		close_settle(jobs, job);
		return false;
	}
	if (job->one != CO_NONE) {
		close_one(jobs, job, job->one);
		job->total = job->started;
		job->swept = true;
		return true;
	}
	while (job->started - job->done - job->failed < MAX_CLOSES_OUT) {
		vc = co_vc_next(jobs->a->co, &job->cursor);
		if (vc == CO_NONE) {
			job->swept = true;
			break;
		}
		close_one(jobs, job, vc);
		if ((++n & 7) == 0 && slice_over(jobs, begun))
			break;
	}
	if (job->total < job->started)
		job->total = job->started;
	return true;
}

void
jobs_closed(void *arg, uint32_t id, enum co_status status)
{
	struct jobs *jobs = arg;
	struct job *job = job_at(jobs, id);

	if (job == NULL)
		return;
	job->last_ns = jobs->a->now_ns;
	if (status == CO_STATUS_SUCCESS) {
		job->done++;
		return;
	}
	job->failed++;
	snprintf(job->detail, sizeof(job->detail), "%s", co_status_name(status));
}

/* ---- Replay. ---- */

static int
find_port(const struct appliance *a, const char *name)
{
	unsigned int i;

	for (i = 0; i < a->config->n_ports; i++)
		if (strcmp(a->config->ports[i].name, name) == 0)
			return a->dp_ports[i];
	return -ENOENT;
}

int
jobs_replay(struct jobs *jobs, const struct query_args *args, char *message, size_t size)
{
	int port = find_port(jobs->a, args->port);
	struct job *job;
	int err;

	if (port < 0) {
		snprintf(message, size, "there is no port '%.31s'; mend: see callctl ports",
			args->port);
		return -ENOENT;
	}
	job = job_new(jobs, JOB_REPLAY);
	if (job == NULL) {
		snprintf(message, size, "%d jobs are running; mend: wait for one or cancel it",
			N_JOBS);
		return -EBUSY;
	}
	job->port = (uint16_t)port;
	job->total = args->total;
	snprintf(job->detail, sizeof(job->detail), "%.100s into %.31s", args->path, args->port);
	err = dp_replay_start(jobs->a->dp, (uint16_t)port, (uint16_t)args->ethdev);
	if (err != 0) {
		job_end(jobs, job, JOB_FAILED);
		snprintf(message, size, "port %.31s: %s", args->port,
			err == -EBUSY ? "a replay runs already; mend: wait for it or cancel it"
				      : strerror(-err));
		return err;
	}
	return (int)job->id;
}

/* The worker lets go of the source first: only then is the job over, and the source closed. */
static bool
replay_turn(struct jobs *jobs, struct job *job)
{
	uint64_t n = dp_replay_count(jobs->a->dp, job->port);
	bool moved = n != job->done;

	job->started = job->done = n;
	if (n < job->total && !job->cancelled)
		return moved;
	if (dp_replay_stop(jobs->a->dp, job->port) == -EAGAIN)
		return true;
	job_end(jobs, job, n >= job->total ? JOB_DONE : JOB_CANCELLED);
	return true;
}

/* ---- All of them. ---- */

bool
jobs_turn(struct jobs *jobs)
{
	bool busy = false;
	struct job *job;
	uint32_t i;

	for (i = 0; i < N_JOBS && jobs->n_running > 0; i++) {
		job = &jobs->list[i];
		if (job->state != JOB_RUNNING)
			continue;
		switch (job->kind) {
		case JOB_DIAL:
			busy |= dial_turn(jobs, job);
			break;
		case JOB_CLOSE:
			busy |= close_turn(jobs, job);
			break;
		case JOB_REPLAY:
			busy |= replay_turn(jobs, job);
			break;
		}
	}
	return busy;
}

int
jobs_cancel(struct jobs *jobs, uint32_t id)
{
	struct job *job = job_at(jobs, id);

	if (job == NULL || job->state != JOB_RUNNING)
		return -ENOENT;
	if (job->kind == JOB_REPLAY)
		job->cancelled = true; /* ends when the worker has let go */
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
		snprintf(row->kind, sizeof(row->kind), "%s", kind_names[job->kind]);
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
