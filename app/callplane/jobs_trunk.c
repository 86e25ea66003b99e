/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "jobs_priv.h"
#include "uni/cause.h"

/*
 * What the operator asks of a whole trunk: a reset of its port (RESET-6), RESTART of its calls
 * (SIG-R1), the end of its address family (AF-16), or its own (5.10).
 */

#define RESET_LOOK_NS 1000000u /* between two looks whether a reset is over */

static int
find_running(struct jobs *jobs, const char *name, struct appliance_trunk **out, char *message,
	size_t size)
{
	struct appliance_trunk *t = appliance_trunk_asked(jobs->a, name, message, size);

	if (t == NULL)
		return -ENOENT;
	if (t->state != TRUNK_RUNNING) {
		snprintf(message, size, "trunk %.31s is %s%s%.31s", name, appliance_trunk_state(t),
			t->state == TRUNK_AF_CLOSED ? "; mend: callctl open-af " : "",
			t->state == TRUNK_AF_CLOSED ? name : "");
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

	if (job == NULL || job->state != JOB_RUNNING)
		return;
	job->answered = true;
	if (acknowledged)
		return;
	snprintf(job->detail, sizeof(job->detail),
		"no acknowledgement; the VCs stay set aside until another restart");
	job_end(jobs, job, JOB_FAILED);
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
	if (job->detail[0] == '\0') /* another bulk job comes first */
		snprintf(job->detail, sizeof(job->detail), "trunk %.31s: RESTART", args->trunk);
	return (int)job->id;
}

/*
 * Calls are counted as jobs_mass() hears of them; the peer's answer is the end. A trunk that is
 * taken out of service meanwhile has its calls closed one by one.
 */
bool
job_restart_turn(struct jobs *jobs, struct job *job)
{
	struct uni_link_stats stats;

	if (job->trunk->state == TRUNK_HALTED && !job->answered) {
		snprintf(job->detail, sizeof(job->detail), "the trunk is halted");
		job_end(jobs, job, JOB_FAILED);
		return true;
	}
	uni_link_stats(callmgr_link(job->trunk->callmgr), &stats);
	job_mass_progress(job, &stats);
	if (job->clearing || !job->answered)
		return job->clearing;
	job_end(jobs, job, JOB_DONE);
	return true;
}

/* ---- The address family. ---- */

int
jobs_close_af(struct jobs *jobs, const struct query_args *args, char *message, size_t size)
{
	struct appliance_trunk *t;
	struct job *job;
	int err;

	err = find_running(jobs, args->trunk, &t, message, size);
	if (err != 0)
		return err;
	job = job_new(jobs, JOB_CLOSE_AF, message, size);
	if (job == NULL)
		return -EBUSY;
	job->trunk = t;
	job->total = job->started = callmgr_n_vcs(t->callmgr);
	job->cause = UNI_CAUSE_NORMAL;
	snprintf(job->detail, sizeof(job->detail), "trunk %.31s: its address family is closed",
		args->trunk);
	callmgr_af_close(t->callmgr);
	t->state = TRUNK_AF_CLOSING;
	return (int)job->id;
}

/* Clients end their calls in slices of their own, 128 a turn at most (AF-11). */
bool
job_close_af_turn(struct jobs *jobs, struct job *job)
{
	uint32_t left = callmgr_n_vcs(job->trunk->callmgr);

	job->done = left < job->total ? job->total - left : 0;
	if (callmgr_af_state(job->trunk->callmgr) != CALLMGR_AF_WITHDRAWN)
		return true;
	job->done = job->total;
	job->trunk->state = TRUNK_AF_CLOSED;
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
	job->cause = UNI_CAUSE_NORMAL;
	snprintf(job->detail, sizeof(job->detail), "trunk %.31s: out of service", args->trunk);
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
