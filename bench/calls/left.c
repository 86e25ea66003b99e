/* SPDX-License-Identifier: BSD-3-Clause */
/* What is left of calls when all have ended: nothing (I4). */
#include <stdio.h>

#include <rte_common.h>
#include <rte_mempool.h>

#include "calls/run.h"

struct left {
	const char *what;
	uint32_t n;
};

#define MAX_LEFT 24

static uint32_t
list_left(const struct end *e, struct left left[MAX_LEFT])
{
	const struct end_trunk *t = &e->trunks[0]; /* there is no other one */
	struct callmgr_census callmgr;
	struct uni_link_stats stats;
	struct uni_census uni;
	struct co_census co;
	uint32_t n = 0;

	co_census(e->co, &co);
	uni_census(e->uni, &uni);
	uni_link_stats(callmgr_link(t->callmgr), &stats);
	callmgr_census(e->env, &callmgr);
	left[n++] = (struct left){ "VCs", co.n_vcs - end_n_own_vcs(e) };
	left[n++] = (struct left){ "calls of the broker", co.n_calls };
	left[n++] = (struct left){ "parties of the broker", co.n_parties };
	left[n++] = (struct left){ "requests to the miniport", co.n_waiting };
	left[n++] = (struct left){ "calls of call control", uni.n_calls };
	left[n++] = (struct left){ "timers", uni.n_timers };
	left[n++] = (struct left){ "buffers of SETUPs", uni.n_setups };
	left[n++] = (struct left){ "parties of call control", uni.n_parties };
	left[n++] = (struct left){ "call references", stats.n_references };
	left[n++] = (struct left){ "labels of calls", stats.n_labels };
	left[n++] = (struct left){ "labels set aside", stats.n_set_aside };
	left[n++] = (struct left){ "RESTARTs", stats.restarting };
	left[n++] = (struct left){ "VCs of the call manager", callmgr.n_vcs };
	left[n++] = (struct left){ "VCs to be deleted", callmgr.n_reap };
	left[n++] = (struct left){ "offers", callmgr.n_offers };
	left[n++] = (struct left){ "parties of the call manager", callmgr.n_parties };
	left[n++] = (struct left){ "groups of leaves", callmgr.n_groups };
	left[n++] = (struct left){ "circuits", dp_n_circuits(e->dp) - 1 };
	left[n++] = (struct left){ "labels that lead somewhere", dp_n_labels(e->dp, t->idx) - 1 };
	left[n++] = (struct left){ "calls of the client", end_n_calls(e) };
	left[n++] =
		(struct left){ "parties of the client", caller_n_parties(load_caller(e->load)) };
	return n;
}

static bool
is_bare(const struct end *e)
{
	struct left left[MAX_LEFT];
	uint32_t i, n = list_left(e, left);

	for (i = 0; i < n; i++)
		if (left[i].n != 0)
			return false;
	return true;
}

static bool
both_are_bare(const struct run *r)
{
	return end_link_is_up(&r->near) && end_link_is_up(&r->far) && is_bare(&r->near) &&
	       is_bare(&r->far);
}

/* Where the link was lost, T-LINK and what then is said about it are not waited for. */
static bool
hurry(struct end *e, void *arg)
{
	const struct run *r = arg;

	if (r->way->cuts && !end_link_is_up(e))
		e->ahead_ns += 1000000;
	return false;
}

static void
tell_left(const struct end *e)
{
	struct left left[MAX_LEFT];
	uint32_t i, n = list_left(e, left);

	if (!end_link_is_up(e))
		fprintf(stderr, "%s: the signalling link is down\n", e->name);
	for (i = 0; i < n; i++)
		if (left[i].n != 0)
			fprintf(stderr, "%s: %u %s\n", e->name, left[i].n, left[i].what);
}

int
settle(struct run *r)
{
	if (turn_until(r, both_are_bare, hurry, hurry) >= 0)
		return 0;
	tell_left(&r->near);
	tell_left(&r->far);
	fprintf(stderr, "calls: something is left of calls that have ended; mend: see above\n");
	return -1;
}
