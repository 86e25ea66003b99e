/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "jobs_priv.h"
#include "uni/cause.h"

/* Closes: one call, those that match, or all, whoever of the clients has them. */

/*
 * Closes handed over and not yet answered: several times what a trunk lets be on its way, and few
 * enough that what a cancelled job has begun is little, and still in the cache when the answer
 * comes.
 */
#define MAX_CLOSES_OUT 4096
#define SETTLE_NS 2000000000u /* how long "close --all" waits for the last traces to go */
#define VISITS 64u            /* records of VCs looked at between two looks at the clock */
#define CLOSE_VISITS 7u       /* that closing a call costs beside its own */
#define CLOSES_PER_LOOK (VISITS / (1 + CLOSE_VISITS))

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
		if (appliance_trunk_asked(jobs->a, args->trunk, message, size) == NULL)
			return -ENOENT;
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
	job = job_new(jobs, JOB_CLOSE, message, size);
	if (job == NULL)
		return -EBUSY;
	job->match = match;
	job->all = args->all;
	job->one = args->id;
	job->counting = match.n > 0;
	job->total = args->all ? n_calls(jobs->a) : args->id != 0;
	job_set_data(job, args);
	job->cause = job->data_len > 0 ? job->data[0] : UNI_CAUSE_NORMAL;
	snprintf(job->detail, sizeof(job->detail), "%s",
		args->all                ? "all calls"
		: args->id != 0          ? "one call"
		: args->trunk[0] != '\0' ? args->trunk
					 : args->match);
	return (int)job->id;
}

void
jobs_drain(struct jobs *jobs)
{
	char message[QUERY_TEXT];
	struct job *job = job_new(jobs, JOB_DRAIN, message, sizeof(message)); /* its own slot */

	job->all = true;
	job->total = n_calls(jobs->a);
	job->cause = UNI_CAUSE_NORMAL;
	snprintf(job->detail, sizeof(job->detail), "all calls, for the appliance ends");
}

/* CLOSE-12: where the medium carries no data the call goes without, and that is told. */
static enum co_status
caller_closes(struct caller *caller, struct job *job, co_vc_t vc)
{
	uint64_t n = caller_n_without_data(caller);
	enum co_status status = caller_close(caller, vc, job->id, job_data(job));

	n = caller_n_without_data(caller) - n;
	if (n == 0)
		return status;
	job->n_without_data++;
	snprintf(job->detail, sizeof(job->detail), "%s: %llu closed without their data",
		co_status_name(CO_STATUS_INVALID_DATA), (unsigned long long)job->n_without_data);
	return status;
}

/* Whose call it is decides who closes it. */
static enum co_status
close_vc(struct jobs *jobs, struct job *job, const struct co_vc_info *info)
{
	struct appliance *a = jobs->a;
	struct caller *caller = jobs_caller_of(jobs, info);

	if (caller != NULL)
		return caller_closes(caller, job, info->vc);
	if (info->client == echo_protocol(a->echo))
		return echo_close(a->echo, info->vc, job->id, job_data(job));
	return transit_close(a->transit, info->vc, job->id, job_data(job));
}

static bool
can_close(const struct co_vc_info *info)
{
	return info->client != CO_NONE &&
	       (info->call_state == CO_CALL_UP || info->call_state == CO_CALL_ACCEPTED ||
		       info->call_state == CO_CALL_MAKING);
}

static bool
matches(struct jobs *jobs, const struct job *job, const struct co_vc_info *info)
{
	const struct appliance_trunk *trunk = appliance_trunk_of(jobs->a, info->adapter);
	char from[CONFIG_ADDRESS_TEXT] = "", to[CONFIG_ADDRESS_TEXT] = "";
	struct match_subject subject = { .from = from, .to = to, .label = info->label };
	struct uni_call_info call;
	uni_party_t at = 0;

	if (job->match.n == 0)
		return true;
	subject.trunk = trunk != NULL ? trunk->config->name : "";
	subject.direction = info->created_by_client ? "out" : "in";
	if (match_wants_addresses(&job->match) &&
		callmgr_vc_query(jobs->a->env, info->cm_ctx, &call) == 0) {
		query_addresses(jobs->a, info, &call, &at, from, to);
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
			"call %u: there is no such call; mend: see callctl calls", vc);
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

	if (!job_is_settled(job))
		return;
	if (job->all && !job->cancelled && !all_gone(a) && a->now_ns - job->last_ns < SETTLE_NS)
		return;
	job_end(jobs, job, job->cancelled ? JOB_CANCELLED : JOB_DONE);
}

/* What is left ends without us: others have closed it, or the operator wants it to stay. */
static void
sweep_ended(struct job *job)
{
	job->swept = true;
	job->total = job->started;
}

static void
count_one(struct jobs *jobs, struct job *job, co_vc_t vc)
{
	struct co_vc_info info;

	job->total += co_vc_query(jobs->a->co, vc, &info) == CO_STATUS_SUCCESS &&
		      can_close(&info) && matches(jobs, job, &info);
}

static bool
may_close_more(const struct job *job)
{
	return job->counting || job->started - job->done - job->failed < MAX_CLOSES_OUT;
}

/* What the next closes need is asked of memory for all of them at once. */
static void
look_ahead(const struct jobs *jobs, const struct job *job)
{
	uint32_t cursor = job->cursor, budget = VISITS, n = 0;
	co_ctx_t ctxs[CLOSES_PER_LOOK];
	co_vc_t vcs[CLOSES_PER_LOOK], vc;

	while (n < CLOSES_PER_LOOK && (vc = co_vc_seek(jobs->a->co, &cursor, &budget)) != CO_NONE)
		vcs[n++] = vc;
	co_vcs_ahead(jobs->a->co, vcs, n, ctxs);
}

/* Records go by that have no VC, too: a slice is bounded by those that were looked at. */
static void
sweep(struct jobs *jobs, struct job *job)
{
	uint64_t begun = appliance_now(jobs->a);
	uint32_t budget;
	co_vc_t vc;

	do {
		if (!job->counting)
			look_ahead(jobs, job);
		for (budget = VISITS; budget > 0 && may_close_more(job);
			budget -= budget < CLOSE_VISITS ? budget : CLOSE_VISITS) {
			vc = co_vc_seek(jobs->a->co, &job->cursor, &budget);
			if (vc == CO_NONE && budget > 0) {
				job->cursor = 0;
				if (!job->counting)
					sweep_ended(job);
				job->counting = false;
				return;
			}
			if (vc != CO_NONE && job->counting)
				count_one(jobs, job, vc);
			else if (vc != CO_NONE)
				close_one(jobs, job, vc);
		}
	} while (may_close_more(job) && !job_slice_over(jobs, begun));
}

bool
job_close_turn(struct jobs *jobs, struct job *job)
{
	if (job->cancelled && !job->swept)
		sweep_ended(job);
	if (job->swept) {
		close_settle(jobs, job);
		return false;
	}
	if (job->one != CO_NONE) {
		close_one(jobs, job, job->one);
		sweep_ended(job);
		return true;
	}
	sweep(jobs, job);
	if (job->total < job->started)
		job->total = job->started;
	return true;
}
