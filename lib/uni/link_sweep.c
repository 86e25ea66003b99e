/* SPDX-License-Identifier: BSD-3-Clause */
#include "uni/party_priv.h"

/*
 * Bulk jobs over the calls of a link, in slices: what a lost link, T309 or a RESTART clears.
 *
 * Such a job concerns the calls that were there when it began. A link counts its jobs, a call
 * keeps the count up to which it has been judged, and whatever happens to a call first brings it
 * up to date: so the slices may take their time, and what comes between them, a new call, a late
 * message, a request from above, sees every call as if the job had been done at once.
 *
 * Troubles come in company: T309 runs out, the link is back, and the peer's RESTART comes first. A
 * job that begins while others are open has the walk begin anew, and each call that is met is
 * judged by all of them in their order.
 */

#define VISITS_PER_CLEAR 16u /* passing a record by costs that much less than clearing it */

static struct uni_sweep_job *
job_of(struct uni_link *l, uint8_t epoch)
{
	return &l->sweep.jobs[epoch % UNI_SWEEP_JOBS];
}

static bool
takes(const struct uni_sweep_job *s, const struct uni_hot *c)
{
	/* A SETUP that waits for a RESTART is no call yet to the peer, which clears what it has. */
	if (s->aside != UNI_ASIDE_LEAVE && s->rule != UNI_SWEEP_VC &&
		c->queue == UNI_QUEUE_DEFERRED && (c->pending & UNI_SAY_BIT(UNI_SAY_SETUP)) != 0)
		return false;
	switch ((enum uni_sweep_rule)s->rule) {
	case UNI_SWEEP_ALL:
		return true;
	case UNI_SWEEP_NOT_ACTIVE:
		return !uni_state_is_active(c->state);
	case UNI_SWEEP_VPC:
		return c->label != UNI_LABEL_NONE && c->label >> 16 == s->label >> 16;
	case UNI_SWEEP_VC:
		return c->label == s->label;
	default:
		return false;
	}
}

/*
 * Its RELEASE COMPLETE will not be said. One that has none to say is being told of further up: a
 * handler about one of its parties has come back with a request. Runs a handler.
 */
static void
forget(struct uni_link *l, struct uni_hot *c, const struct uni_sweep_job *job, uint64_t now_ns)
{
	struct uni_release release = {
		.label = c->label,
		.cause = job->cause,
		.location = uni_link_location(l),
	};

	if (c->pending == 0)
		return;
	c->pending = 0;
	if (job->aside == UNI_ASIDE_PUT)
		uni_label_set_aside(l, c);
	uni_call_finish(l, c);
	if (c->flags & UNI_CALL_F_OWED)
		uni_call_tell_end(l, c, true, &release, now_ns);
	else
		uni_call_free_if_idle(l->u, c);
}

/* An active call outlives the loss of its link; what was under way does not. Runs handlers. */
static bool
outlive(struct uni_link *l, struct uni_hot *c, struct uni_call_event *e)
{
	uint32_t handle = c->handle;

	if (uni_call_is_multipoint(c))
		uni_parties_link_lost(l, c, e->release->cause, e->now_ns);
	else
		uni_fsm_event(l, c, UNI_EV_LINK_LOST, e);
	return uni_call_at(l->u, handle) != NULL;
}

/* A RESTART of the peer waits for the labels of all calls from before it, whoever clears them. */
static void
join_restart(const struct uni_link *l, struct uni_hot *c)
{
	if (l->restart.busy && (int8_t)(l->restart.epoch - c->epoch) > 0)
		c->epoch = l->restart.epoch;
}

/* False: the call is over, or no longer to be touched. Runs handlers. */
static bool
judge(struct uni_link *l, struct uni_hot *c, struct uni_sweep_job *job, uint64_t now_ns)
{
	struct uni_release release = {
		.label = UNI_LABEL_NONE,
		.cause = job->cause,
		.location = uni_link_location(l),
	};
	struct uni_call_event e = {
		.now_ns = now_ns,
		.release = &release,
		.aside = job->aside == UNI_ASIDE_PUT,
	};

	if (!takes(job, c)) {
		c->epoch++;
		return job->rule != UNI_SWEEP_NOT_ACTIVE || outlive(l, c, &e);
	}
	join_restart(l, c);
	if (c->state == UNI_ST_NULL) {
		forget(l, c, job, now_ns);
		return false;
	}
	job->n_cleared++; /* first: the handlers may look */
	l->stats.swept++;
	uni_fsm_event(l, c, UNI_EV_CLEAR, &e);
	return false;
}

bool
uni_sweep_judge(struct uni_link *l, struct uni_hot *c, uint64_t now_ns)
{
	while (c->epoch != l->epoch)
		if (!judge(l, c, job_of(l, (uint8_t)(c->epoch + 1)), now_ns))
			return false;
	return true;
}

/* ---- Beginning and end. ---- */

/* Set-aside labels come back by a RESTART that covers them (SIG-122). */
static bool
sweep_asides(struct uni_link *l, uint64_t *budget)
{
	struct uni_sweep *s = &l->sweep;

	return uni_sweep_take_back(l, &s->next, s->end, l->restart.epoch, budget);
}

/* At most so many calls end by it. */
static uint32_t
n_at_stake(const struct uni_link *l, const struct uni_sweep_job *job)
{
	uint32_t n;

	switch ((enum uni_sweep_rule)job->rule) {
	case UNI_SWEEP_ALL:
		return l->n_calls;
	case UNI_SWEEP_NOT_ACTIVE:
		return l->n_calls - l->n_active;
	case UNI_SWEEP_VPC:
		n = uni_label_n_taken(l, job->label >> 16);
		return n < l->n_calls ? n : l->n_calls;
	default:
		return l->n_calls > 0;
	}
}

static void
tell(struct uni_link *l, const struct uni_sweep_job *job, bool over, uint64_t now_ns)
{
	static const uint8_t classes[] = {
		[UNI_SWEEP_NOT_ACTIVE] = UNI_RESTART_ALL,
		[UNI_SWEEP_ALL] = UNI_RESTART_ALL,
		[UNI_SWEEP_VPC] = UNI_RESTART_VPC,
		[UNI_SWEEP_VC] = UNI_RESTART_VC,
	};
	const struct uni_mass mass = {
		.kind = (enum uni_mass_kind)job->kind,
		.over = over,
		.cause = job->cause,
		.restart_class = (enum uni_restart_class)classes[job->rule],
		.label = job->label,
		.n_calls = over ? 0 : n_at_stake(l, job),
		.n_cleared = job->n_cleared,
	};

	if (l->ops->mass != NULL)
		l->ops->mass(l->arg, &mass, now_ns);
}

static void
close_jobs(struct uni_link *l, uint64_t now_ns)
{
	struct uni_sweep *s = &l->sweep;

	for (; s->n_open > 0; s->n_open--)
		tell(l, job_of(l, (uint8_t)(l->epoch - s->n_open + 1)), true, now_ns);
}

/*
 * Set-aside labels that an open job was to bring back come back now: the new job may set others
 * aside, which the peer has not cleared.
 */
static void
open_job(struct uni_link *l, const struct uni_sweep_job *job, uint64_t now_ns)
{
	struct uni_sweep *s = &l->sweep;
	uint64_t budget = UINT64_MAX;

	if (s->n_open == UNI_SWEEP_JOBS) /* so many troubles at a time: they end on the spot */
		uni_sweep_run(l, now_ns, UINT32_MAX);
	if (s->n_open > 0)
		sweep_asides(l, &budget);
	l->epoch++;
	*job_of(l, l->epoch) = *job;
	s->n_open++;
	s->call = 0;
	s->purging = false;
	s->next = s->end = 0;
}

void
uni_sweep_begin(struct uni_link *l, enum uni_mass_kind kind, uint64_t now_ns)
{
	const struct uni_sweep_job job = {
		.rule = kind == UNI_MASS_LINK_LOST ? UNI_SWEEP_NOT_ACTIVE : UNI_SWEEP_ALL,
		.aside = UNI_ASIDE_LEAVE,
		.cause = UNI_CAUSE_OUT_OF_ORDER,
		.kind = (uint8_t)kind,
	};

	open_job(l, &job, now_ns);
	tell(l, &job, false, now_ns);
}

void
uni_sweep_range(
	enum uni_restart_class restart_class, uint32_t label, uint32_t *first, uint32_t *end)
{
	*first = 0;
	*end = UNI_N_LABELS;
	if (restart_class == UNI_RESTART_ALL)
		return;
	*first = restart_class == UNI_RESTART_VC ? label : label >> 16 << 16;
	*end = restart_class == UNI_RESTART_VC ? label + 1 : *first + (1u << 16);
	if (*first >= UNI_N_LABELS)
		*end = *first;
}

void
uni_sweep_restart(struct uni_link *l, enum uni_restart_class restart_class, uint32_t label,
	enum uni_sweep_aside aside, uint64_t now_ns)
{
	static const uint8_t rules[] = {
		[UNI_RESTART_VC] = UNI_SWEEP_VC,
		[UNI_RESTART_VPC] = UNI_SWEEP_VPC,
		[UNI_RESTART_ALL] = UNI_SWEEP_ALL,
	};
	const struct uni_sweep_job job = {
		.rule = rules[restart_class],
		.aside = (uint8_t)aside,
		.cause = UNI_CAUSE_TEMPORARY_FAILURE,
		.kind = aside == UNI_ASIDE_PUT ? UNI_MASS_RESTART : UNI_MASS_RESTARTED,
		.label = label,
	};
	struct uni_sweep *s = &l->sweep;

	open_job(l, &job, now_ns);
	if (aside == UNI_ASIDE_TAKE)
		uni_sweep_range(restart_class, label, &s->next, &s->end);
	tell(l, &job, false, now_ns);
}

/* ---- Slices. ---- */

/* The first open job that ends the call; NULL: it stays. */
static const struct uni_sweep_job *
find_end(struct uni_link *l, const struct uni_hot *c)
{
	const struct uni_sweep_job *job;
	uint8_t epoch;

	for (epoch = c->epoch; epoch != l->epoch;) {
		job = job_of(l, ++epoch);
		if (takes(job, c))
			return job;
	}
	return NULL;
}

/* The parties of a call that is about to be cleared, in slices too. Runs handlers. */
static bool
sweep_parties(struct uni_link *l, struct uni_hot *c, uint64_t now_ns, uint64_t *budget)
{
	const struct uni_sweep_job *job = uni_call_is_multipoint(c) ? find_end(l, c) : NULL;
	struct uni_release release = { .label = UNI_LABEL_NONE, .location = uni_link_location(l) };
	uint32_t max = (uint32_t)(*budget / VISITS_PER_CLEAR) + 1, n;

	if (job == NULL)
		return true;
	release.cause = job->cause;
	n = uni_multi_of(l->u, c)->n_parties;
	if (n > max) {
		uni_parties_end(l, c, &release, max, now_ns);
		*budget = 0;
		return false;
	}
	*budget -=
		*budget < (uint64_t)n * VISITS_PER_CLEAR ? *budget : (uint64_t)n * VISITS_PER_CLEAR;
	return true;
}

static bool
sweep_calls(struct uni_link *l, uint64_t now_ns, uint64_t *budget)
{
	struct uni_sweep *s = &l->sweep;
	const struct cp_pool *calls = &l->u->calls;
	struct uni_hot *c;

	while (s->call < calls->n_max) {
		if (*budget == 0)
			return false;
		(*budget)--;
		c = uni_call_at(l->u, cp_pool_handle_of(calls, s->call));
		if (c != NULL && c->link_idx == l->idx && !sweep_parties(l, c, now_ns, budget))
			return false;
		s->call++;
		if (c == NULL || c->link_idx != l->idx)
			continue;
		if (!uni_sweep_settle(l, c, now_ns))
			*budget -= *budget < VISITS_PER_CLEAR ? *budget : VISITS_PER_CLEAR;
	}
	return true;
}

bool
uni_sweep_take_back(
	struct uni_link *l, uint32_t *next, uint32_t end, uint8_t epoch, uint64_t *budget)
{
	for (; *next < end && l->n_set_aside > 0; (*next)++) {
		if (*budget == 0)
			return false;
		(*budget)--;
		uni_label_take_back(l, *next, epoch);
	}
	return true;
}

/* While the link is down nobody pulls: records that are over leave the queues here. */
static bool
purge_queues(struct uni_link *l, uint64_t *budget)
{
	struct uni_sweep *s = &l->sweep;
	struct uni_hot *c;
	uint32_t q;

	if (!s->purging) {
		s->purging = true;
		for (q = 0; q < UNI_QUEUE_COUNT; q++)
			s->purge[q] = l->queue[q].n;
	}
	for (q = 0; q < UNI_QUEUE_COUNT && !l->up; q++) {
		for (; s->purge[q] > 0 && l->queue[q].n > 0; s->purge[q]--) {
			if (*budget == 0)
				return false;
			(*budget)--;
			c = uni_tx_pop(l, (enum uni_queue_kind)q);
			if (c->pending != 0)
				uni_tx_push(l, c);
			else
				uni_call_free_if_idle(l->u, c);
		}
	}
	return true;
}

void
uni_sweep_run(struct uni_link *l, uint64_t now_ns, uint32_t max)
{
	uint64_t budget = (uint64_t)max * VISITS_PER_CLEAR;

	if (!uni_sweep_is_open(l))
		return;
	if (sweep_calls(l, now_ns, &budget) && sweep_asides(l, &budget) && purge_queues(l, &budget))
		close_jobs(l, now_ns);
}
