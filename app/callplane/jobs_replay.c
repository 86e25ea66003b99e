/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "jobs_priv.h"

static int
find_port(const struct appliance *a, const char *name)
{
	unsigned int i;

	for (i = 0; i < a->config->n_ports; i++)
		if (strcmp(a->config->ports[i].name, name) == 0)
			return a->dp_ports[i];
	return -ENOENT;
}

static const char *
why(int err)
{
	if (err == -EBUSY)
		return "a replay runs already; mend: wait for it or cancel it";
	if (err == -ENOTSUP)
		return "its device spreads frames by a hash of its own, which a replay does not "
		       "have; mend: spread: flow or software for the port";
	return strerror(-err);
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
	job = job_new(jobs, JOB_REPLAY, message, size);
	if (job == NULL)
		return -EBUSY;
	job->port = (uint16_t)port;
	job->total = args->total;
	snprintf(job->detail, sizeof(job->detail), "%.100s into %.31s", args->path, args->port);
	err = dp_replay_start(jobs->a->dp, (uint16_t)port, (uint16_t)args->ethdev);
	if (err != 0) {
		job_end(jobs, job, JOB_FAILED);
		snprintf(message, size, "port %.31s: %s", args->port, why(err));
		return err;
	}
	return (int)job->id;
}

/* The worker lets go of the source first: only then is the job over, and the source closed. */
bool
job_replay_turn(struct jobs *jobs, struct job *job)
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
