/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "jobs_priv.h"

/*
 * What the operator asks of a whole trunk: a reset of its port (RESET-6), RESTART of its calls
 * (SIG-R1), or its end (5.10).
 */

#define RESET_LOOK_NS 1000000u /* between two looks whether a reset is over */

static int
find_running(struct jobs *jobs, const char *name, struct appliance_trunk **out, char *message,
	size_t size)
{
	struct appliance_trunk *t = appliance_trunk_named(jobs->a, name);

	if (t == NULL) {
		snprintf(
			message, size, "there is no trunk '%.31s'; mend: see callctl trunks", name);
		return -ENOENT;
	}
	if (t->state != TRUNK_RUNNING) {
		snprintf(message, size, "trunk %.31s is %s", name, appliance_trunk_state(t));
		return -EBUSY;
	}
	*out = t;
	return 0;
}

/* ---- Reset. ---- */

int
jobs_reset(struct jobs *jobs, const struct query_args *args, char *message, size_t size)
{
	struct appliance_trunk *t;
	enum co_status status;
	struct job *job;
	int err;

	err = find_running(jobs, args->trunk, &t, message, size);
	if (err != 0)
		return err;
	job = job_new(jobs, JOB_RESET, message, size);
	if (job == NULL)
		return -EBUSY;
	status = co_reset(jobs->a->co, t->adapter);
	if (status != CO_STATUS_PENDING && status != CO_STATUS_SUCCESS) {
		job_end(jobs, job, JOB_FAILED);
		snprintf(message, size, "trunk %.31s: %s", args->trunk, co_status_name(status));
		return -EIO;
	}
	if (status == CO_STATUS_PENDING)
		t->state = TRUNK_RESETTING;
	job->trunk = t;
	job->total = job->started = 1;
	snprintf(job->detail, sizeof(job->detail), "%.31s", args->trunk);
	return (int)job->id;
}

/* RESET-3: while it lasts every request to the adapter is refused with that status. */
static bool
is_resetting(struct jobs *jobs, const struct appliance_trunk *t)
{
	uint32_t carrier;
	struct co_oid_request request = {
		.oid = CO_OID_LINK, .buffer = &carrier, .size = sizeof(carrier)
	};

	return co_oid_submit(jobs->a->co, t->adapter, CO_NONE, &request) ==
	       CO_STATUS_RESET_IN_PROGRESS;
}

bool
job_reset_turn(struct jobs *jobs, struct job *job)
{
	struct appliance_trunk *t = job->trunk;

	if (t->state == TRUNK_RESETTING) {
		if (jobs->a->now_ns - job->last_ns < RESET_LOOK_NS)
			return false;
		job->last_ns = jobs->a->now_ns;
		if (is_resetting(jobs, t))
			return false;
		t->state = TRUNK_RUNNING;
	}
	job->done = 1;
	job_end(jobs, job, JOB_DONE);
	return true;
}

/* ---- RESTART. ---- */

static void
restarted(void *arg, uint32_t id, bool acknowledged)
{
	struct jobs *jobs = arg;
	struct job *job = job_at(jobs, id);

	if (job == NULL)
		return;
	job->done += acknowledged;
	job->failed += !acknowledged;
	if (!acknowledged)
		snprintf(job->detail, sizeof(job->detail),
			"no acknowledgement; the VCs stay set aside until another restart");
}

static int
begin_restart(struct jobs *jobs, struct job *job, const struct query_args *args)
{
	struct callmgr *cm = job->trunk->callmgr;

	if (args->label != 0)
		return callmgr_restart(cm, UNI_RESTART_VC, args->label, restarted, jobs, job->id);
	if (args->vpci != QUERY_ALL_VPCIS)
		return callmgr_restart(cm, UNI_RESTART_VPC, args->vpci, restarted, jobs, job->id);
	return callmgr_restart(cm, UNI_RESTART_ALL, 0, restarted, jobs, job->id);
}

static int
refuse_restart(int err, const struct query_args *args, char *message, size_t size)
{
	static const struct {
		int err;
		const char *why;
	} reasons[] = {
		{ -EINVAL, "calls have no such VC or VPCI; mend: see vpci in its configuration" },
		{ -ENETDOWN, "its signalling link is down; mend: see callctl trunks" },
		{ -EBUSY, "another restart is not over; mend: see restarting in callctl trunks" },
	};
	size_t i;

	for (i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].err == err)
			snprintf(message, size, "trunk %.31s: %s", args->trunk, reasons[i].why);
	return err;
}

int
jobs_restart(struct jobs *jobs, const struct query_args *args, char *message, size_t size)
{
	struct appliance_trunk *t;
	struct job *job;
	int err;

	if (args->label != 0 && args->vpci != QUERY_ALL_VPCIS) {
		snprintf(message, size, "a label has its VPCI in it; mend: give one of the two");
		return -EINVAL;
	}
	err = find_running(jobs, args->trunk, &t, message, size);
	if (err != 0)
		return err;
	job = job_new(jobs, JOB_RESTART, message, size);
	if (job == NULL)
		return -EBUSY;
	job->trunk = t;
	err = begin_restart(jobs, job, args);
	if (err != 0) {
		job_end(jobs, job, JOB_FAILED);
		return refuse_restart(err, args, message, size);
	}
	job->total = job->started = 1;
	snprintf(job->detail, sizeof(job->detail), "%.31s", args->trunk);
	return (int)job->id;
}

/* A trunk that is taken out of service meanwhile has its calls closed one by one. */
bool
job_restart_turn(struct jobs *jobs, struct job *job)
{
	if (job->trunk->state == TRUNK_HALTED && !job_is_settled(job)) {
		job->failed++;
		snprintf(job->detail, sizeof(job->detail), "the trunk is halted");
	}
	if (!job_is_settled(job))
		return false;
	job_end(jobs, job, JOB_DONE);
	return true;
}

/* ---- Halt. ---- */

static void
halted(void *arg, co_adapter_t adapter)
{
	struct appliance *a = arg;
	unsigned int i;

	for (i = 0; i < a->n_trunks; i++)
		if (a->trunks[i].state == TRUNK_HALTING && a->trunks[i].adapter == adapter) {
			a->trunks[i].state = TRUNK_HALTED;
			cp_log(CP_LOG_NOTICE, "trunk %s is out of service",
				a->trunks[i].config->name);
		}
}

static uint32_t
n_calls(const struct appliance_trunk *t)
{
	struct uni_link_stats stats;

	uni_link_stats(callmgr_link(t->callmgr), &stats);
	return stats.n_calls;
}

int
jobs_halt(struct jobs *jobs, const struct query_args *args, char *message, size_t size)
{
	struct appliance_trunk *t;
	enum co_status status;
	struct job *job;
	int err;

	err = find_running(jobs, args->trunk, &t, message, size);
	if (err != 0)
		return err;
	job = job_new(jobs, JOB_HALT, message, size);
	if (job == NULL)
		return -EBUSY;
	job->trunk = t;
	job->total = job->started = n_calls(t);
	snprintf(job->detail, sizeof(job->detail), "%.31s", args->trunk);
	t->state = TRUNK_HALTING; /* before: it may be over when co_halt() returns */
	status = co_halt(jobs->a->co, t->adapter, halted, jobs->a);
	if (status == CO_STATUS_PENDING || t->state == TRUNK_HALTED)
		return (int)job->id;
	t->state = TRUNK_RUNNING;
	job->started = 0;
	job_end(jobs, job, JOB_FAILED);
	snprintf(message, size, "trunk %.31s: %s", args->trunk, co_status_name(status));
	return -EIO;
}

bool
job_halt_turn(struct jobs *jobs, struct job *job)
{
	uint32_t left;

	if (job->trunk->state == TRUNK_HALTED) {
		job->done = job->total;
		job_end(jobs, job, JOB_DONE);
		return true;
	}
	left = n_calls(job->trunk);
	job->done = left < job->total ? job->total - left : 0;
	return true;
}
