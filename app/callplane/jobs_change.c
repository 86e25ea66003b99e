/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "jobs_priv.h"

/* One request about one call that stays: a party more, a party less, another rate. */

static int
find_call(struct jobs *jobs, co_vc_t vc, char *message, size_t size)
{
	struct co_vc_info info;

	if (co_vc_query(jobs->a->co, vc, &info) != CO_STATUS_SUCCESS ||
		info.call_state == CO_CALL_IDLE) {
		snprintf(message, size, "call %u: there is no such call; mend: see callctl calls",
			vc);
		return -ENOENT;
	}
	if (jobs_caller_of(jobs, &info) == NULL) {
		snprintf(message, size,
			"call %u does not begin or end here: whoever made it changes it", vc);
		return -EPERM;
	}
	return 0;
}

static int
find_multipoint(struct jobs *jobs, co_vc_t vc, char *message, size_t size)
{
	struct co_vc_info info;
	int err = find_call(jobs, vc, message, size);

	if (err != 0)
		return err;
	co_vc_query(jobs->a->co, vc, &info);
	if (!info.multipoint) {
		snprintf(message, size, "call %u is point-to-point: it has no parties", vc);
		return -EINVAL;
	}
	return 0;
}

static struct job *
change_new(struct jobs *jobs, enum job_kind kind, co_vc_t vc, char *message, size_t size)
{
	struct job *job = job_new(jobs, kind, message, size);

	if (job == NULL)
		return NULL;
	job->one = vc;
	job->total = 1;
	return job;
}

int
jobs_add_party(struct jobs *jobs, const struct query_args *args, char *message, size_t size)
{
	struct co_address to;
	struct job *job;
	int err;

	err = job_address(args->to, &to, message, size);
	if (err == 0)
		err = find_multipoint(jobs, args->id, message, size);
	if (err != 0)
		return err;
	job = change_new(jobs, JOB_ADD_PARTY, args->id, message, size);
	if (job == NULL)
		return -EBUSY;
	job->to = to;
	snprintf(job->detail, sizeof(job->detail), "%.40s to call %u", args->to, args->id);
	return (int)job->id;
}

int
jobs_drop_party(struct jobs *jobs, const struct query_args *args, char *message, size_t size)
{
	struct co_party_info party;
	struct co_vc_info info;
	struct job *job;
	int err;

	err = find_multipoint(jobs, args->id, message, size);
	if (err != 0)
		return err;
	if (co_party_query(jobs->a->co, args->party, &party) != CO_STATUS_SUCCESS ||
		party.vc != args->id) {
		snprintf(message, size, "call %u has no party %u", args->id, args->party);
		return -ENOENT;
	}
	co_vc_query(jobs->a->co, args->id, &info);
	if (info.n_parties == 1) { /* DROP-5 */
		snprintf(message, size,
			"FAILURE: party %u is the last one of call %u; mend: close the call",
			args->party, args->id);
		return -EPERM;
	}
	job = change_new(jobs, JOB_DROP_PARTY, args->id, message, size);
	if (job == NULL)
		return -EBUSY;
	job->party = args->party;
	job_set_data(job, args);
	snprintf(job->detail, sizeof(job->detail), "party %u of call %u", args->party, args->id);
	return (int)job->id;
}

int
jobs_modify(struct jobs *jobs, const struct query_args *args, char *message, size_t size)
{
	struct job *job;
	int err;

	err = find_call(jobs, args->id, message, size);
	if (err != 0)
		return err;
	job = change_new(jobs, JOB_MODIFY, args->id, message, size);
	if (job == NULL)
		return -EBUSY;
	job->rate = args->rate;
	return (int)job->id;
}

static enum co_status
request(struct jobs *jobs, struct job *job, uint8_t *cause)
{
	struct co_vc_info info;
	struct caller *caller;

	if (co_vc_query(jobs->a->co, job->one, &info) != CO_STATUS_SUCCESS)
		return CO_STATUS_FAILURE;
	caller = jobs_caller_of(jobs, &info);
	if (job->kind == JOB_ADD_PARTY)
		return caller_add_party(caller, job->one, &job->to, job->id);
	if (job->kind == JOB_DROP_PARTY)
		return caller_drop_party(caller, job->party, job->id, job_data(job));
	return caller_modify(caller, job->one, job->rate, job->id, cause);
}

bool
job_change_turn(struct jobs *jobs, struct job *job)
{
	enum co_status status;
	uint8_t cause = 0;

	if (job->started == 0) {
		job->started = 1; /* before: the report may come before the request returns */
		status = request(jobs, job, &cause);
		if (status != CO_STATUS_PENDING && status != CO_STATUS_SUCCESS)
			job_refused(job, status, cause);
	}
	if (!job_is_settled(job))
		return false;
	job_end(jobs, job, JOB_DONE);
	return true;
}
