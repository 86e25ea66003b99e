/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "jobs_priv.h"

/* Calls: many point-to-point ones, one with many parties, or a permanent circuit. */

#define MAX_DIALS_OUT 1024 /* unanswered SETUPs of a job: T303 is 4 s, the wire is shared */

static int
check_kind(const struct query_args *args, char *message, size_t size)
{
	if (args->permanent && (args->multipoint || args->count > 1 || args->rate != 0)) {
		snprintf(message, size,
			"a permanent circuit is one, and has its own rate; mend: leave multipoint, "
			"count and rate out");
		return -EINVAL;
	}
	if (args->committed > args->rate || (args->burst != 0 && args->committed == 0)) {
		snprintf(message, size,
			"a burst goes with a committed rate, and that is part of the rate; mend: "
			"give rate, committed at most as high, and burst");
		return -EINVAL;
	}
	if (args->label != 0 && !args->permanent) {
		snprintf(message, size,
			"a label is that of a permanent circuit; mend: add permanent, or leave it "
			"out");
		return -EINVAL;
	}
	return 0;
}

/* The trunk that leads to an address, or has the PVC. */
static int
find_trunk(struct appliance *a, const struct job *job)
{
	return job->permanent ? appliance_find_pvc(a, &job->to, job->label)
			      : route_find(&a->routes, &job->to);
}

static int
check_destination(struct jobs *jobs, const struct job *job, const struct query_args *args,
	char *message, size_t size)
{
	if (find_trunk(jobs->a, job) < 0) {
		snprintf(message, size,
			job->permanent ? "no permanent circuit leads to %.40s%s; mend: add it to "
					 "pvcs"
				       : "no route to %.40s%s; mend: add it to routes",
			args->to, job->label != 0 ? " on that label" : "");
		return -ENETUNREACH;
	}
	/* What its parties receive comes in at its attachment. */
	if (job->multipoint && attach_find(jobs->a->attach, &job->from) < 0) {
		snprintf(message, size,
			"%.40s is no attachment: it cannot be the root of a multipoint call; mend: "
			"see callctl attachments",
			args->from);
		return -ENOENT;
	}
	return 0;
}

int
jobs_dial(struct jobs *jobs, const struct query_args *args, char *message, size_t size)
{
	struct job what = {
		.multipoint = args->multipoint, .permanent = args->permanent, .label = args->label
	};
	struct job *job;
	int err;

	err = check_kind(args, message, size);
	if (err == 0)
		err = job_address(args->from, &what.from, message, size);
	if (err == 0)
		err = job_address(args->to, &what.to, message, size);
	if (err != 0)
		return err;
	if (jobs->a->phase != PHASE_RUNNING) {
		snprintf(message, size, "the appliance is draining: no new calls");
		return -ESHUTDOWN;
	}
	err = check_destination(jobs, &what, args, message, size);
	if (err != 0)
		return err;
	job = job_new(jobs, JOB_DIAL, message, size);
	if (job == NULL)
		return -EBUSY;
	job->from = what.from;
	job->to = what.to;
	job->multipoint = what.multipoint;
	job->permanent = what.permanent;
	job->label = what.label;
	job->total = args->count != 0 ? args->count : 1;
	job->rate = args->rate;
	job->committed_rate = args->committed;
	job->burst = args->burst;
	snprintf(job->detail, sizeof(job->detail), "%.40s to %.40s", args->from, args->to);
	return (int)job->id;
}

static int
dial_one(struct jobs *jobs, struct job *job)
{
	struct appliance *a = jobs->a;
	int trunk = find_trunk(a, job);
	int from = attach_find(a->attach, &job->from);
	struct caller_dial_args args = {
		.from = job->from,
		.to = job->to,
		.rate = job->rate,
		.committed_rate = job->committed_rate,
		.burst = job->burst,
		.end = CALLER_NO_END,
		.job = job->id,
		.multipoint = job->multipoint,
		.permanent = job->permanent,
		.label = job->label,
	};

	if (trunk < 0)
		return -ENETUNREACH;
	args.adapter = a->adapters[trunk];
	return from >= 0 ? attach_dial_as(a->attach, (uint32_t)from, &args)
			 : caller_dial(load_caller(a->load), &args);
}

static const char *
why_not(int err)
{
	return err == -EBUSY         ? "the attachment that dials has a call"
	       : err == -ENETUNREACH ? "no route, or its trunk has no call manager"
	       : err == -ENETDOWN    ? "the signalling link of the trunk is down"
	       : err == -ENOSPC      ? "no room for another call; mend: limits: {calls: N}"
				     : strerror(-err);
}

/* Room comes when others are answered. */
static bool
is_for_later(const struct job *job, int err)
{
	return err == -EAGAIN || (err == -ENOSPC && job->started - 1 > job->done + job->failed);
}

/* The VC of a multipoint call that is up; CO_NONE: it is over. */
static co_vc_t
root_of(struct jobs *jobs, const struct job *job)
{
	uint32_t idx = (uint32_t)attach_find(jobs->a->attach, &job->from);
	struct attach_info info;

	return attach_query(jobs->a->attach, idx, &info) == 0 ? info.vc : CO_NONE;
}

static int
add_one(struct jobs *jobs, struct job *job)
{
	enum co_status status;

	status = caller_add_party(attach_caller(jobs->a->attach), job->one, &job->to, job->id);
	if (status == CO_STATUS_RESOURCES)
		return job->started - 1 > job->done + job->failed ? -EAGAIN : -ENOSPC;
	return status == CO_STATUS_PENDING || status == CO_STATUS_SUCCESS ? 0 : -ENOTCONN;
}

/* The next call, or the next party of the one call. */
static int
begin_one(struct jobs *jobs, struct job *job)
{
	if (!job->multipoint || job->started == 1)
		return dial_one(jobs, job);
	return add_one(jobs, job);
}

/* A call is up before it gets its second party; one that has failed gets none. */
static bool
may_go_on(struct jobs *jobs, struct job *job)
{
	if (!job->multipoint || job->started == 0 || job->one != CO_NONE)
		return true;
	if (job->done == 1)
		job->one = root_of(jobs, job);
	else if (job->failed == 1)
		job->total = 1;
	return job->one != CO_NONE;
}

bool
job_dial_turn(struct jobs *jobs, struct job *job)
{
	uint64_t begun = appliance_now(jobs->a), started = job->started;
	int err;

	while (job->started < job->total &&
		job->started - job->done - job->failed < MAX_DIALS_OUT && may_go_on(jobs, job)) {
		job->started++; /* before: the answer may come before begin_one() returns */
		err = begin_one(jobs, job);
		if (err != 0 && is_for_later(job, err)) {
			job->started--;
			break;
		}
		if (err != 0) {
			job->failed++;
			snprintf(job->detail, sizeof(job->detail), "%s", why_not(err));
		}
		if (!job->multipoint)
			attach_address_add(&job->from, 1);
		attach_address_add(&job->to, 1);
		if ((job->started & 7) == 0 && job_slice_over(jobs, begun))
			break;
	}
	if (job->started >= job->total && job_is_settled(job))
		job_end(jobs, job, JOB_DONE);
	return job->started != started;
}
