/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>

#include "appliance_priv.h"
#include "base/log.h"
#include "callplane/jobs.h"

/* The end of an appliance: calls, then links, then signalling VCs. */

#define RELEASE_NS 2000000000ull /* how long links have to be released at the end */

/* A trunk that halts, or has, is led out by the broker (5.10). */
static bool
is_ours(const struct appliance_trunk *t)
{
	return t->state == TRUNK_RUNNING || t->state == TRUNK_RESETTING;
}

static void
begin_closing(struct appliance *a)
{
	struct query_args args = { .all = true };
	char message[QUERY_TEXT];
	unsigned int i;

	cp_log(CP_LOG_NOTICE, "draining: no new calls, closing all");
	for (i = 0; i < a->n_trunks; i++)
		if (is_ours(&a->trunks[i]))
			callmgr_drain(a->trunks[i].callmgr);
	a->n_pvcs_waiting = 0;
	jobs_cancel_all(a->jobs);
	jobs_close(a->jobs, &args, message, sizeof(message));
	a->deadline_ns = a->now_ns + (uint64_t)a->config->drain_seconds * 1000000000ull;
	a->phase = PHASE_CLOSING;
}

static bool
calls_gone(const struct appliance *a)
{
	struct co_census census;

	co_census(a->co, &census);
	return census.n_vcs == appliance_n_signalling_vcs(a);
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
	a->deadline_ns = a->now_ns + RELEASE_NS;
	a->phase = PHASE_RELEASING;
}

static bool
is_released(const struct appliance_trunk *t)
{
	if (!is_ours(t))
		return t->state == TRUNK_HALTED;
	return sscf_state(callmgr_sscf(t->callmgr)) == SSCF_ST_RELEASED;
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
	a->deadline_ns = a->now_ns + RELEASE_NS;
	a->phase = PHASE_UNLINKING;
}

void
appliance_drain_turn(struct appliance *a)
{
	bool late = a->now_ns > a->deadline_ns;

	switch (a->phase) {
	case PHASE_RUNNING:
		begin_closing(a);
		break;
	case PHASE_CLOSING:
		if (late)
			cp_log(CP_LOG_WARN, "calls are left after %u s: gone without their answers",
				a->config->drain_seconds);
		if (late || calls_gone(a))
			begin_releasing(a);
		break;
	case PHASE_RELEASING:
		if (late || (clients_shut(a) && links_released(a)))
			begin_unlinking(a);
		break;
	case PHASE_UNLINKING:
		if (late ||
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
