/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>

#include "jobs_priv.h"

/*
 * Calls that end by the thousand without a word to each, and mostly without the operator having
 * asked: call control clears them in slices of its own and says when it begins and when it is over
 * (SIG-96, SIG-99, SIG-R6). Meanwhile the job looks at the link's count once a turn, so that no
 * call has to be told of.
 */

static bool
is_port_up(const struct appliance *a, const struct appliance_trunk *t)
{
	struct dp_port_stats stats;

	return dp_port_stats(a->dp, (uint16_t)a->dp_ports[t->config->port], &stats) != 0 ||
	       stats.link_up;
}

static enum job_kind
kind_of(const struct appliance *a, const struct appliance_trunk *t, enum uni_mass_kind mass)
{
	switch (mass) {
	case UNI_MASS_RESTART:
		return JOB_RESTART;
	case UNI_MASS_RESTARTED:
		return JOB_RESTARTED;
	default:
		return is_port_up(a, t) ? JOB_LINK_LOST : JOB_PORT_DOWN;
	}
}

static struct job *
find(struct jobs *jobs, const struct appliance_trunk *t, const struct uni_mass *mass)
{
	struct job *job;

	for (job = jobs->list; job < jobs->list + N_JOBS; job++) {
		if (job->state != JOB_RUNNING || job->trunk != t)
			continue;
		if (job->kind == JOB_RESTART && mass->kind == UNI_MASS_RESTART)
			return job; /* the operator's */
		if (job->kind >= JOB_LINK_LOST && job->clearing && job->mass == mass->kind)
			return job;
	}
	return NULL;
}

static void
describe(struct job *job, const struct uni_mass *mass)
{
	static const char *const texts[UNI_MASS_KIND_COUNT] = {
		[UNI_MASS_LINK_LOST] = "calls that were not active",
		[UNI_MASS_LINK_GONE] = "T309 has run out",
		[UNI_MASS_RESTART] = "RESTART",
		[UNI_MASS_RESTARTED] = "RESTART of the peer",
	};
	const char *name = job->trunk->config->name;

	if (mass->restart_class == UNI_RESTART_ALL)
		snprintf(job->detail, sizeof(job->detail), "trunk %s: %s", name, texts[mass->kind]);
	else if (mass->restart_class == UNI_RESTART_VPC)
		snprintf(job->detail, sizeof(job->detail), "trunk %s: %s, VPCI %u", name,
			texts[mass->kind], mass->label >> 16);
	else
		snprintf(job->detail, sizeof(job->detail), "trunk %s: %s, label %u", name,
			texts[mass->kind], mass->label);
}

static void
begin(struct jobs *jobs, struct appliance_trunk *t, const struct uni_mass *mass)
{
	struct job *job = find(jobs, t, mass);
	struct uni_link_stats stats;
	char message[QUERY_TEXT];

	if (job == NULL) {
		if (mass->n_calls == 0)
			return;
		job = job_new(jobs, kind_of(jobs->a, t, mass->kind), message, sizeof(message));
		if (job == NULL)
			return; /* more troubles at a time than there are jobs: they end all the
				   same */
		job->trunk = t;
		job->answered = true; /* nobody waits for what else comes of it */
	}
	uni_link_stats(callmgr_link(t->callmgr), &stats);
	job->mass = (uint8_t)mass->kind;
	job->clearing = true;
	job->cause = mass->cause;
	job->before = job->done;
	job->total = job->started = job->done + mass->n_calls;
	job->swept_at = stats.swept;
	job->overdue_at = stats.restarts_overdue;
	describe(job, mass);
}

void
jobs_mass(void *arg, const struct uni_mass *mass)
{
	struct appliance_trunk *t = arg;
	struct jobs *jobs = t->jobs;
	struct job *job;

	if (!mass->over) {
		begin(jobs, t, mass);
		return;
	}
	job = find(jobs, t, mass);
	if (job == NULL)
		return;
	job->clearing = false;
	job->total = job->started = job->done = job->before + mass->n_cleared;
}

void
job_mass_progress(struct job *job, const struct uni_link_stats *stats)
{
	uint64_t done;

	if (!job->clearing)
		return;
	done = job->before + (stats->swept - job->swept_at);
	job->done = done < job->total ? done : job->total;
}

bool
job_mass_turn(struct jobs *jobs, struct job *job)
{
	struct uni_link_stats stats;

	uni_link_stats(callmgr_link(job->trunk->callmgr), &stats);
	job_mass_progress(job, &stats);
	if (job->clearing)
		return true;
	if (job->kind != JOB_RESTARTED || !stats.restarted) {
		job_end(jobs, job, JOB_DONE);
		return true;
	}
	if (stats.restarts_overdue == job->overdue_at)
		return false; /* the workers may still hold some of the VCs (SIG-R6) */
	snprintf(job->detail, sizeof(job->detail),
		"not acknowledged: VCs that have ended are still in use here");
	job_end(jobs, job, JOB_FAILED);
	return true;
}
