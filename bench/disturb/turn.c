/* SPDX-License-Identifier: BSD-3-Clause */
#include <rte_cycles.h>

#include "disturb/disturb.h"

/*
 * A timer that ran out right behind the look of the turn before is found in this one, and its frame
 * is handed to the worker at the end of it: it can be late by so much, and by no more.
 */
static void
time_turn(struct run *r, int i, uint64_t begun, uint64_t end)
{
	struct measure *m = r->measure;

	if (r->turn_begun[i] != 0)
		m->late = RTE_MAX(m->late, end - r->turn_begun[i]);
	m->longest = RTE_MAX(m->longest, end - begun);
	r->turn_begun[i] = begun;
}

static void
turn_end(struct run *r, struct end *e, int i, end_work_fn work)
{
	uint64_t begun = rte_rdtsc();

	end_turn(e, work, r);
	if (r->is_timed)
		time_turn(r, i, begun, rte_rdtsc());
}

void
run_time_turns(struct run *r, bool is_timed)
{
	r->is_timed = is_timed;
	r->turn_begun[0] = r->turn_begun[1] = 0;
}

double
run_until(struct run *r, done_fn done, end_work_fn near_work)
{
	uint64_t begun = rte_rdtsc(), limit = (uint64_t)(r->seconds * (double)rte_get_tsc_hz());

	while (!done(r)) {
		turn_end(r, &r->near, 0, near_work);
		turn_end(r, &r->far, 1, NULL);
		if (rte_rdtsc() - begun > limit)
			return -1;
	}
	return (double)(rte_rdtsc() - begun) / (double)rte_get_tsc_hz();
}
