/* SPDX-License-Identifier: BSD-3-Clause */
/* A mass close in the middle of which a worker stalls, a ring fills up, or mbufs run out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_mbuf.h>

#include "base/log.h"
#include "kinds.h"

#include <cmocka.h>

#define N_CALLS 2000u
#define N_BEFORE 700u /* closes that complete before it happens */
#define N_LATER 50u
#define STALL_MS 5000u

/* ---- The alarm. ---- */

static char last_alarm[512];

static void
take_alarm(enum cp_log_level level, const char *line, void *arg)
{
	(void)level;
	(void)arg;
	if (strstr(line, "not been quiescent") != NULL)
		snprintf(last_alarm, sizeof(last_alarm), "%s", line);
}

static uint64_t
n_stalls(const struct rig *r)
{
	struct dp_reclaim_stats stats;

	dp_reclaim_stats(r->ends[NEAR].dp, &stats);
	return stats.stalls;
}

static uint32_t
n_pending(const struct rig *r)
{
	struct dp_reclaim_stats stats;

	dp_reclaim_stats(r->ends[NEAR].dp, &stats);
	return stats.pending;
}

/* ---- Before and after. ---- */

static struct rig *
create(void **state, bool with_idle, uint32_t n_circuits)
{
	const struct rig_config config = {
		.n_calls = { 2 * N_CALLS, 2 * N_CALLS },
		.n_circuits = { n_circuits, 0 },
		.ring_size = 64,
		.standalone = kind_is_standalone(state),
		.with_idle = with_idle,
	};

	last_alarm[0] = '\0';
	return rig_create(&config, true);
}

/*
 * I2, I4, I5: each close has been told of once, no timer of signalling has expired for it, no link
 * was lost, and the calls that are kept have all their frames.
 */
static void
expect_nothing_falsified(struct rig *r)
{
	const struct end *e = &r->ends[NEAR];
	struct uni_link_stats stats;
	enum rig_side side;

	rig_until(r, rig_is_over, RIG_PATIENCE_S);
	assert_int_equal(e->n_closed, N_CALLS);
	assert_int_equal(e->n_failed, 0);
	for (side = NEAR; side <= FAR; side++) {
		rig_expect_no_more(r, side);
		rig_stats(r, side, &stats);
		assert_int_equal(stats.timer_expired, 0);
		assert_int_equal(stats.cleared, N_CALLS);
		assert_int_equal(stats.enquiries, 0);
	}
	rig_send_traffic(r);
	rig_turn(r);
	rig_expect_kept(r);
}

/* ---- A worker that stalls. ---- */

static bool
far_has_no_more(struct rig *r)
{
	return rig_has_no_more(r, FAR);
}

/*
 * I1, I3: the signalling goes on, so the far end is done; whatever the stalled worker may still
 * hold is neither reported as ended nor given out again.
 */
static void
a_worker_that_stalls_delays_completion_and_is_named(void **state)
{
	struct rig *r = create(state, true, 0);
	uint64_t end_ns, n_stalled;
	struct co_census census;
	uint32_t n_held;

	rig_close_in_part(r, N_CALLS, N_BEFORE);
	r->idle_held[NEAR] = true;
	n_stalled = n_stalls(r);
	end_ns = r->now_ns + STALL_MS * RIG_MS;
	rig_until(r, far_has_no_more, RIG_PATIENCE_S);
	rig_run_ms(r, 10);
	n_held = n_pending(r);
	assert_in_range(n_held, 1, N_CALLS - N_BEFORE);
	while (r->now_ns < end_ns) {
		rig_send_traffic(r);
		rig_run_ms(r, 100);
		co_census(r->ends[NEAR].co, &census);
		assert_int_equal(n_pending(r), n_held);
		assert_int_equal(census.n_vcs,
			n_held + r->n_kept + (r->config.standalone ? r->config.n_trunks : 0));
		assert_int_equal(dp_n_labels(r->ends[NEAR].dp, 0), n_held + r->n_kept + 1);
		/* With an MCM the completion comes first (CLOSE-19), else it waits (CLOSE-18). */
		assert_int_equal(
			r->ends[NEAR].n_closed, r->config.standalone ? N_CALLS - n_held : N_CALLS);
	}
	assert_int_equal(n_stalls(r), n_stalled + 1);
	assert_non_null(strstr(last_alarm, "worker on lcore 2 "));
	r->idle_held[NEAR] = false;
	expect_nothing_falsified(r);
	rig_destroy(r);
}

/* I3: new calls get other labels and circuits while there are any, then cause 47. */
static void
what_a_stalled_worker_holds_is_not_given_to_new_calls(void **state)
{
	struct rig *r = create(state, true, N_CALLS + RIG_KEPT + N_LATER);
	const struct end *e = &r->ends[NEAR];
	uint32_t n_held;

	rig_dial(r, N_CALLS);
	rig_until(r, rig_all_told, RIG_PATIENCE_S);
	r->idle_held[NEAR] = true;
	rig_close(r, N_CALLS);
	rig_until(r, far_has_no_more, RIG_PATIENCE_S);
	n_held = n_pending(r);
	assert_int_equal(n_held, N_CALLS);
	if (!r->config.standalone) /* else the closes are still to be reported */
		assert_int_equal(e->n_closed, N_CALLS);
	r->idle_held[NEAR] = false;
	rig_until(r, rig_is_over, RIG_PATIENCE_S);
	rig_destroy(r);
}
