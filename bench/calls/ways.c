/* SPDX-License-Identifier: BSD-3-Clause */
/* The ways in which all calls end at once: what is asked for, of whom, and when it is over. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>
#include <rte_cycles.h>

#include "calls/run.h"

#define MAX_CLOSES_OUT 65536u /* as in the appliance's jobs */
#define LEAVES 8u
#define DATA_OCTETS 128u
#define AHEAD_NS 1000000u /* a turn, while nothing but a timer is waited for */

/* ---- A client closes. ---- */

/* As the appliance walks its VCs for "close --all"; or in the order of a shuffled list. */
static co_vc_t
walk(struct run *r, const struct end *e)
{
	co_vc_t vc;

	if (r->order != NULL)
		return r->cursor < r->n_calls ? r->order[r->cursor++] : CO_NONE;
	do
		vc = co_vc_next(e->co, &r->cursor);
	while (vc != CO_NONE && co_vc_call_state(e->co, vc) != CO_CALL_UP);
	return vc;
}

/* As the appliance, which asks memory for the next few ahead. */
static co_vc_t
next_to_close(struct run *r, const struct end *e)
{
	co_vc_t vc;

	if (r->at_ahead == r->n_ahead) {
		r->at_ahead = r->n_ahead = 0;
		while (r->n_ahead < CO_AHEAD_MAX && (vc = walk(r, e)) != CO_NONE)
			r->ahead[r->n_ahead++] = vc;
		caller_ahead(load_caller(e->load), r->ahead, r->n_ahead);
	}
	return r->n_ahead > 0 ? r->ahead[r->at_ahead++] : CO_NONE;
}

/* @return Whether there was a call to close. */
static bool
close_next(struct run *r, struct end *e)
{
	enum co_status status;
	co_vc_t vc;

	vc = r->n_started < r->n_calls ? next_to_close(r, e) : CO_NONE;
	if (vc == CO_NONE)
		return false;
	r->n_started++;
	status = caller_close(load_caller(e->load), vc, 1, r->data);
	if (status != CO_STATUS_PENDING && status != CO_STATUS_SUCCESS)
		e->n_failed++;
	return true;
}

static bool
close_slice(struct end *e, void *arg)
{
	struct run *r = arg;
	uint32_t before = r->n_started;
	uint64_t begun = rte_rdtsc();

	while (r->n_started - e->n_closed - e->n_failed < MAX_CLOSES_OUT && close_next(r, e))
		if ((r->n_started & 7) == 0 && end_slice_is_over(begun))
			break;
	return r->n_started != before;
}

/* A client that knows nothing of slices. */
static bool
close_in_a_loop(struct end *e, void *arg)
{
	struct run *r = arg;
	uint32_t before = r->n_started;

	while (close_next(r, e))
		;
	return r->n_started != before;
}

static void
close_from_completion(struct end *e, void *arg)
{
	close_next(arg, e);
}

static bool
close_first(struct end *e, void *arg)
{
	struct run *r = arg;

	return r->n_started == 0 && close_next(r, e);
}

static bool
all_reported(const struct run *r)
{
	return r->near.n_closed + r->near.n_failed == r->n_calls;
}

static int
begin_chain(struct run *r)
{
	r->near.closed_arg = r;
	r->near.closed = close_from_completion;
	return 0;
}

static int
begin_data(struct run *r)
{
	/* Cause 16, a protocol discriminator of the user's own, and what the user has to say. */
	static uint8_t octets[2 + DATA_OCTETS] = { 16, 0 };

	r->data = (struct co_data){ octets, sizeof(octets) };
	return 0;
}

static int
begin_shuffled(struct run *r)
{
	uint32_t i, j, n = 0, cursor = 0;
	struct co_vc_info info;
	co_vc_t vc;

	r->order = calloc(r->n_calls, sizeof(*r->order));
	if (r->order == NULL) {
		fprintf(stderr, "calls: no memory for a list of %u calls; mend: fewer --calls\n",
			r->n_calls);
		return -1;
	}
	while ((vc = co_vc_next(r->near.co, &cursor)) != CO_NONE)
		if (n < r->n_calls && co_vc_query(r->near.co, vc, &info) == CO_STATUS_SUCCESS &&
			info.call_state == CO_CALL_UP)
			r->order[n++] = vc;
	srand48(1);
	for (i = n; i > 1; i--) {
		j = (uint32_t)(drand48() * i);
		vc = r->order[i - 1];
		r->order[i - 1] = r->order[j];
		r->order[j] = vc;
	}
	return 0;
}

/* ---- RESTART. ---- */

static void
on_restarted(void *arg, uint32_t tag, bool acknowledged)
{
	struct run *r = arg;

	(void)tag;
	r->restarted = acknowledged;
}

static bool
restart_all(struct end *e, void *arg)
{
	struct run *r = arg;

	if (r->n_started != 0)
		return false;
	r->n_started = 1;
	return callmgr_restart(e->trunks[0].callmgr, UNI_RESTART_ALL, 0, on_restarted, r, 0) == 0;
}

static bool
is_restarted(const struct run *r)
{
	return r->restarted;
}

/* ---- The link is lost. ---- */

static int
begin_cut(struct run *r)
{
	r->near.link_lost = r->far.link_lost = false;
	wire_cut(&r->wire, true);
	return 0;
}

static bool
has_lost_link(struct end *e)
{
	e->link_lost |= !end_link_is_up(e);
	return e->link_lost;
}

static bool
has_begun_to_clear(const struct run *r, const struct end *e)
{
	struct dp_reclaim_stats reclaim;

	dp_reclaim_stats(e->dp, &reclaim);
	return reclaim.pending != 0 || end_n_calls(e) != r->n_calls;
}

/* Until the link is given up, and then until T309 has expired: from there on calls go. */
static bool
wait_for_t309(struct end *e, void *arg)
{
	if (!has_lost_link(e) || !has_begun_to_clear(arg, e))
		e->ahead_ns += AHEAD_NS;
	return false;
}

/* T309 of this end is not up yet when the other one has cleared all and the wire is mended. */
static bool
wait_for_loss(struct end *e, void *arg)
{
	(void)arg;
	if (!has_lost_link(e))
		e->ahead_ns += AHEAD_NS;
	return false;
}

/* The link comes back by T-LINK, and with it the RESTART that T309 has left to be done (SIG-99). */
static bool
clear_and_mend(struct end *e, void *arg)
{
	struct run *r = arg;

	wait_for_t309(e, arg);
	if (end_is_empty(e) && !end_link_is_up(e)) {
		wire_cut(&r->wire, false);
		e->ahead_ns += AHEAD_NS;
	}
	return false;
}

/* ---- All of them. ---- */

static const struct way ways[] = {
	{ "plain", "by the client, in slices, in the order of the broker's table", 0, false, NULL,
		close_slice, NULL, all_reported },
	{ "shuffled", "the same in random order", 0, false, begin_shuffled, close_slice, NULL,
		all_reported },
	{ "data", "the same as plain, each with 128 octets of close data", 0, false, begin_data,
		close_slice, NULL, all_reported },
	{ "loop", "by a client that closes one after the other in a loop of its own", 0, false,
		NULL, close_in_a_loop, NULL, all_reported },
	{ "chained", "each from the completion of the one before", 0, false, begin_chain,
		close_first, NULL, all_reported },
	{ "multipoint", "as plain, of calls with 8 leaves each", LEAVES, false, NULL, close_slice,
		NULL, all_reported },
	{ "restart", "by RESTART of one end", 0, false, NULL, restart_all, NULL, is_restarted },
	{ "link-loss", "the wire is cut, T309 expires at both ends", 0, true, begin_cut,
		wait_for_t309, wait_for_t309, NULL },
	{ "link-back", "T309 expires at one end; then the wire is mended", 0, true, begin_cut,
		clear_and_mend, wait_for_loss, NULL },
};

const struct way *
way_find(const char *name)
{
	size_t i;

	for (i = 0; i < RTE_DIM(ways); i++)
		if (strcmp(ways[i].name, name) == 0)
			return &ways[i];
	return NULL;
}

void
ways_tell(void)
{
	size_t i;

	for (i = 0; i < RTE_DIM(ways); i++)
		fprintf(stderr, "    %-10s  %s\n", ways[i].name, ways[i].what);
}

static bool
all_gone(const struct run *r)
{
	return (r->way->done == NULL || r->way->done(r)) && end_is_empty(&r->near) &&
	       end_is_empty(&r->far);
}

/* Not inlined: bench/rooms.py counts from its begin to its end. */
__attribute__((noinline, noclone)) double
end_calls(struct run *r)
{
	double seconds;

	r->n_started = 0;
	r->cursor = 0;
	r->restarted = false;
	if (r->way->begin != NULL && r->way->begin(r) != 0)
		return -1;
	curve_begin(&r->curve, rte_rdtsc(), rte_get_tsc_hz());
	seconds = turn_until(r, all_gone, r->way->near_work, r->way->far_work);
	curve_add(&r->curve, rte_rdtsc(), end_n_calls(&r->near), end_n_calls(&r->far));
	r->near.closed = NULL;
	free(r->order);
	r->order = NULL;
	wire_cut(&r->wire, false);
	if (seconds >= 0 && r->near.n_failed == 0)
		return seconds;
	fprintf(stderr,
		"calls: %" PRIu64 " of %u calls are closed, %" PRIu64
		" failed, left are %u and %u; mend: more --seconds\n",
		r->near.n_closed, r->n_calls, r->near.n_failed, end_n_calls(&r->near),
		end_n_calls(&r->far));
	return -1;
}
