/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>

#include "appliance_priv.h"
#include "base/log.h"
#include "callplane/jobs.h"
#include "callplane/supervisor.h"

/* The end of an appliance: calls, then links, then signalling VCs. */

#define PATIENCE_NS 2000000000ull /* how long nothing may become less before we go on */
#define STEP_NS 10000000ull       /* the most that one turn counts for */
#define TELL_NS 5000000000ull     /* between two lines about how far it is */

/* A trunk that halts, or has, is led out by the broker (5.10). */
static bool
is_ours(const struct appliance_trunk *t)
{
	return t->state != TRUNK_HALTING && t->state != TRUNK_HALTED;
}

static bool
is_released(const struct appliance_trunk *t)
{
	if (!is_ours(t))
		return t->state == TRUNK_HALTED;
	return sscf_state(callmgr_sscf(t->callmgr)) == SSCF_ST_RELEASED;
}

static void
enter(struct appliance *a, enum appliance_phase phase)
{
	a->phase = phase;
	a->drain.waited_ns = a->drain.in_vain_ns = 0;
}

static void
begin_closing(struct appliance *a)
{
	unsigned int i;

	cp_log(CP_LOG_NOTICE, "draining: no new calls, closing all");
	for (i = 0; i < a->n_trunks; i++)
		if (is_ours(&a->trunks[i]))
			callmgr_drain(a->trunks[i].callmgr);
	a->n_pvcs_waiting = 0;
	jobs_cancel_all(a->jobs);
	jobs_drain(a->jobs);
	a->drain.looked_ns = a->now_ns;
	supervisor_stopping(a->supervisor, a->now_ns);
	enter(a, PHASE_CLOSING);
}

static bool
calls_gone(const struct appliance *a)
{
	struct co_census census;

	co_census(a->co, &census);
	return census.n_vcs == appliance_n_signalling_vcs(a);
}

/* Whatever becomes less is progress: VCs, what they are made of, and links. */
static uint64_t
count_left(const struct appliance *a)
{
	struct dp_reclaim_stats reclaim;
	struct co_census census;
	uint64_t left;
	unsigned int i;

	co_census(a->co, &census);
	dp_reclaim_stats(a->dp, &reclaim);
	left = (uint64_t)census.n_vcs + census.n_calls + census.n_afs + census.n_saps +
	       reclaim.pending + dp_n_circuits(a->dp);
	for (i = 0; i < a->n_trunks; i++)
		left += !is_released(&a->trunks[i]);
	return left;
}

/*
 * Time counts as far as we have run in it: a process that is stopped, or does not get the CPU, has
 * had no chance to bring anything to its end, nor, perhaps, its peer on the same machine.
 */
static void
look(struct appliance *a)
{
	struct appliance_drain *d = &a->drain;
	uint64_t step = a->now_ns - d->looked_ns, left = count_left(a);

	step = step < STEP_NS ? step : STEP_NS;
	d->looked_ns = a->now_ns;
	d->waited_ns += step;
	d->in_vain_ns = left < d->left ? 0 : d->in_vain_ns + step;
	d->left = left;
}

static bool
is_in_vain(const struct appliance *a)
{
	return a->drain.in_vain_ns > PATIENCE_NS;
}

static void
tell_progress(struct appliance *a)
{
	struct co_census census;

	if (!cp_log_limit_pass(&a->drain.lines, a->now_ns, TELL_NS) || a->drain.n_lines++ == 0)
		return;
	co_census(a->co, &census);
	cp_log(CP_LOG_NOTICE, "draining: %u calls are still to be closed", census.n_calls);
}

/* The peer does not answer, or too slowly: what is closed ends without it (SIG-101). */
static void
begin_giving_up(struct appliance *a)
{
	struct co_census census;
	unsigned int i;

	co_census(a->co, &census);
	cp_log(CP_LOG_WARN, "%u calls are left after %u s: they end without their answers",
		census.n_calls, a->config->drain_seconds);
	for (i = 0; i < a->n_trunks; i++)
		if (a->trunks[i].state != TRUNK_HALTED)
			callmgr_give_up(a->trunks[i].callmgr);
	enter(a, PHASE_GIVING_UP);
}

/* AF-11: SAPs, then AFs; all clients are asked, whatever one of them says. */
static bool
clients_shut(struct appliance *a)
{
	bool shut = caller_shut(attach_caller(a->attach));

	shut &= caller_shut(load_caller(a->load));
	shut &= transit_shut(a->transit);
	return shut & echo_shut(a->echo);
}

static void
begin_releasing(struct appliance *a)
{
	unsigned int i;

	clients_shut(a);
	for (i = 0; i < a->n_trunks; i++)
		if (is_ours(&a->trunks[i]))
			callmgr_stop(a->trunks[i].callmgr);
	enter(a, PHASE_RELEASING);
}

static bool
links_released(const struct appliance *a)
{
	unsigned int i;

	for (i = 0; i < a->n_trunks; i++)
		if (!is_released(&a->trunks[i]))
			return false;
	return true;
}

static void
begin_unlinking(struct appliance *a)
{
	unsigned int i;

	for (i = 0; i < a->n_trunks; i++) {
		if (!is_ours(&a->trunks[i]))
			continue;
		if (a->trunks[i].ethmcm != NULL)
			ethmcm_close(a->trunks[i].ethmcm);
		else
			unicm_close(a->trunks[i].unicm);
	}
	enter(a, PHASE_UNLINKING);
}

void
appliance_drain_turn(struct appliance *a)
{
	look(a);
	switch (a->phase) {
	case PHASE_RUNNING:
		begin_closing(a);
		break;
	case PHASE_CLOSING:
		tell_progress(a);
		if (calls_gone(a))
			begin_releasing(a);
		else if (a->drain.waited_ns > a->config->drain_seconds * UINT64_C(1000000000))
			begin_giving_up(a);
		break;
	case PHASE_GIVING_UP:
		if (calls_gone(a) || is_in_vain(a))
			begin_releasing(a);
		break;
	case PHASE_RELEASING:
		if (is_in_vain(a) || (clients_shut(a) && links_released(a)))
			begin_unlinking(a);
		break;
	case PHASE_UNLINKING:
		if (is_in_vain(a) ||
			(appliance_n_signalling_circuits(a) == 0 && jobs_n_running(a->jobs) == 0))
			a->phase = PHASE_DONE;
		break;
	case PHASE_DONE:
		break;
	}
}

/* UNB-12, I4 */
uint32_t
appliance_what_is_left(const struct appliance *a)
{
	struct callmgr_census cm;
	struct uni_census uni;
	struct co_census co;
	uint32_t left;

	co_census(a->co, &co);
	uni_census(a->uni, &uni);
	callmgr_census(a->env, &cm);
	left = co.n_vcs + co.n_afs + co.n_saps + co.n_parties + co.n_names + uni.n_calls +
	       uni.n_parties + uni.n_setups + cm.n_vcs + cm.n_saps + cm.n_parties + cm.n_groups +
	       cm.n_changes + dp_n_circuits(a->dp);
	if (left > 0)
		cp_log(CP_LOG_WARN,
			"left behind: %u VCs, %u AFs, %u SAPs, %u names, %u calls, %u parties, "
			"%u SETUPs, %u changes, %u circuits",
			co.n_vcs, co.n_afs, co.n_saps, co.n_names, uni.n_calls,
			co.n_parties + uni.n_parties, uni.n_setups, cm.n_changes,
			dp_n_circuits(a->dp));
	return left;
}
