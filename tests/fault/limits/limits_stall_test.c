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

#define N_CALLS rig_size(2000, RIG_HUGE)
#define N_BEFORE (N_CALLS / 3) /* closes that complete before it happens */
#define N_LATER 50u
#define STALL_MS 5000u /* less than NO-RESPONSE, more than what raises the alarm */
#define STARVED_MS 2000u

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
create(void **state, uint32_t n, struct rig_config config)
{
	config.n_calls[NEAR] = config.n_calls[FAR] = 2 * n;
	config.standalone = kind_is_standalone(state);
	config.n_closes_out = n; /* none of them waits for the end of others */
	last_alarm[0] = '\0';
	return rig_create(&config, true);
}

/*
 * I2, I4, I5: each close has been told of once, no timer of signalling has expired for it, no link
 * was lost, and the calls that are kept have all their frames.
 */
static void
expect_nothing_falsified(struct rig *r, uint32_t n)
{
	const struct end *e = &r->ends[NEAR];
	struct uni_link_stats stats;
	enum rig_side side;

	rig_until(r, rig_is_over, RIG_PATIENCE_S);
	assert_int_equal(e->n_closed, n);
	assert_int_equal(e->n_failed, 0);
	for (side = NEAR; side <= FAR; side++) {
		rig_expect_no_more(r, side);
		rig_stats(r, side, &stats);
		assert_int_equal(stats.timer_expired, 0);
		assert_int_equal(stats.cleared, n);
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
	struct rig *r = create(state, N_CALLS,
		(struct rig_config){ .ring_size = { 1024, 1024 }, .with_idle = true });
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
	assert_in_range(n_held, 1, N_CALLS - 1);
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
	expect_nothing_falsified(r, N_CALLS);
	rig_destroy(r);
}

/* Calls beside a job that goes on. */
static void
dial_beside(struct rig *r, uint32_t n)
{
	const struct end *e = &r->ends[NEAR];

	r->n_wanted += n;
	for (; n > 0; n--) {
		assert_int_equal(
			load_dial(e->load, e->trunks[0].adapter, &r->from, &r->to, 0, 1), 0);
		r->n_asked++;
	}
	rig_run_ms(r, 100);
}

static bool
nothing_pends(struct rig *r)
{
	return n_pending(r) == 0;
}

/* I3: new calls have other circuits while there are any; then they get cause 47. */
static void
what_a_stalled_worker_holds_is_not_given_to_new_calls(void **state)
{
	struct rig *r = create(state, N_CALLS,
		(struct rig_config){ .n_circuits = { N_CALLS + RIG_KEPT + N_LATER, 0 },
			.ring_size = { 1024, 1024 },
			.with_idle = true });
	const struct end *e = &r->ends[NEAR];

	rig_dial(r, N_CALLS);
	rig_until(r, rig_all_told, RIG_PATIENCE_S);
	r->idle_held[NEAR] = true;
	rig_close(r, N_CALLS);
	rig_until(r, far_has_no_more, RIG_PATIENCE_S);
	dial_beside(r, N_LATER);
	assert_int_equal(e->n_dialled, N_LATER);
	assert_int_equal(e->n_failed, 0);
	dial_beside(r, N_LATER);
	assert_int_equal(e->n_dialled, N_LATER);
	assert_int_equal(e->n_failed, N_LATER);
	assert_int_equal(e->last_cause, UNI_CAUSE_NO_RESOURCE);
	assert_int_equal(n_pending(r), N_CALLS);
	r->idle_held[NEAR] = false;
	rig_until(r, rig_all_told, RIG_PATIENCE_S);
	rig_until(r, nothing_pends, RIG_PATIENCE_S);
	assert_int_equal(e->n_closed, N_CALLS);
	dial_beside(r, N_LATER);
	assert_int_equal(e->n_dialled, 2 * N_LATER);
	rig_send_traffic(r);
	rig_turn(r);
	rig_expect_kept(r);
	rig_destroy(r);
}

/*
 * The worker that carries the signalling stalls, for less than NO-RESPONSE: nothing is sent and
 * nothing is heard, and no timer takes that for more than it is.
 */
static void
a_worker_that_stalls_with_the_signalling_costs_no_call_and_no_link(void **state)
{
	struct rig *r = create(state, N_CALLS, (struct rig_config){ .ring_size = { 1024, 1024 } });
	enum rig_side side;
	uint64_t n_closed;

	rig_close_in_part(r, N_CALLS, N_BEFORE);
	for (side = NEAR; side <= FAR; side++) {
		r->worker_held[side] = true;
		rig_run_ms(r, 10); /* what control has still to read */
		n_closed = r->ends[NEAR].n_closed;
		rig_run_ms(r, STALL_MS);
		assert_int_equal(r->ends[NEAR].n_closed, n_closed);
		assert_true(rig_links_are_up(r));
		r->worker_held[side] = false;
		rig_run_ms(r, 1);
	}
	assert_non_null(strstr(last_alarm, "worker on lcore 1 "));
	expect_nothing_falsified(r, N_CALLS);
	rig_destroy(r);
}

/* ---- Rings that are full. ---- */

#define N_OVERFLOWING 2000u /* at any size: such rings are overrun all the time */

/* In the middle of the close @p held does not turn for a while, time and again. */
static void
close_with_pauses(struct rig *r, bool *held)
{
	unsigned int i;

	rig_close_in_part(r, N_OVERFLOWING, N_OVERFLOWING / 3);
	for (i = 0; i < 5; i++) {
		*held = true;
		rig_run_ms(r, 50);
		*held = false;
		rig_run_ms(r, 1);
	}
}

static uint64_t
n_repaired(const struct rig *r, enum rig_side side)
{
	const struct callmgr *cm = r->ends[side].trunks[0].callmgr;

	return sscop_stats(sscf_sscop(callmgr_sscf(cm)))->retransmitted;
}

/* SSCOP-28: what does not fit is dropped and counted, and repaired by the transport. */
static void
a_full_ring_to_the_worker_is_made_good_by_the_transport(void **state)
{
	struct rig *r =
		create(state, N_OVERFLOWING, (struct rig_config){ .ring_size = { 64, 1024 } });
	struct dp_control_stats control;

	close_with_pauses(r, &r->worker_held[NEAR]);
	dp_control_stats(r->ends[NEAR].dp, &control);
	assert_true(control.tx_ring_full > 0);
	assert_true(n_repaired(r, NEAR) > 0);
	expect_nothing_falsified(r, N_OVERFLOWING);
	rig_destroy(r);
}

static void
a_full_ring_to_control_is_made_good_by_the_transport(void **state)
{
	struct rig *r =
		create(state, N_OVERFLOWING, (struct rig_config){ .ring_size = { 1024, 64 } });
	struct dp_worker_stats worker;

	close_with_pauses(r, &r->control_held[FAR]);
	dp_worker_stats(r->ends[FAR].dp, 0, &worker);
	assert_true(worker.drops[DP_DROP_CONTROL_FULL] > 0);
	assert_true(n_repaired(r, NEAR) > 0);
	expect_nothing_falsified(r, N_OVERFLOWING);
	rig_destroy(r);
}

/* ---- No mbufs. ---- */

static void
take_all(struct rte_mempool *pool, struct rte_mbuf **taken)
{
	struct rte_mbuf *m;

	while ((m = rte_pktmbuf_alloc(pool)) != NULL) {
		m->next = *taken;
		*taken = m;
	}
}

static void
give_back(struct rte_mbuf *taken)
{
	struct rte_mbuf *m;

	while ((m = taken) != NULL) {
		taken = m->next;
		m->next = NULL;
		rte_pktmbuf_free(m);
	}
}

/*
 * What is on its way is given back by the other end's control, and taken before this end's turns
 * again: so they turn one by one.
 */
static struct rte_mbuf *
starve(struct rig *r, enum rig_side side, uint64_t ms)
{
	uint64_t end_ns = r->now_ns + ms * RIG_MS;
	struct rte_mbuf *taken = NULL;
	enum rig_side turns;

	while (r->now_ns < end_ns) {
		for (turns = NEAR; turns <= FAR; turns++) {
			take_all(dp_mempool(r->ends[side].dp), &taken);
			r->control_held[!turns] = true;
			rig_turn(r);
			r->control_held[!turns] = false;
		}
	}
	return taken;
}

/* Frames of calls need no new mbufs on their way, so they go on (I5). */
static void
close_starving(void **state, enum rig_side side)
{
	struct rig *r = create(state, N_CALLS, (struct rig_config){ .ring_size = { 1024, 1024 } });
	struct dp_control_stats control;
	struct rte_mbuf *taken;

	rig_close_in_part(r, N_CALLS, N_BEFORE);
	rig_send_traffic(r);
	taken = starve(r, side, STARVED_MS);
	rig_expect_kept(r);
	dp_control_stats(r->ends[side].dp, &control);
	assert_true(control.tx_no_mbuf > 0);
	assert_true(r->ends[NEAR].n_closed < N_CALLS);
	give_back(taken);
	expect_nothing_falsified(r, N_CALLS);
	rig_destroy(r);
}

static void
a_pool_without_mbufs_is_waited_for_by_signalling_alone(void **state)
{
	close_starving(state, NEAR);
}

static void
a_peers_pool_without_mbufs_is_waited_for_by_signalling_alone(void **state)
{
	close_starving(state, FAR);
}

static int
start(void **state)
{
	if (rig_group_setup(state) != 0)
		return -1;
	cp_log_set_level(CP_LOG_WARN); /* alarms are */
	cp_log_set_sink(take_alarm, NULL);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH_KINDS(a_worker_that_stalls_delays_completion_and_is_named),
		BOTH_KINDS(what_a_stalled_worker_holds_is_not_given_to_new_calls),
		BOTH_KINDS(a_worker_that_stalls_with_the_signalling_costs_no_call_and_no_link),
		BOTH_KINDS(a_full_ring_to_the_worker_is_made_good_by_the_transport),
		BOTH_KINDS(a_full_ring_to_control_is_made_good_by_the_transport),
		BOTH_KINDS(a_pool_without_mbufs_is_waited_for_by_signalling_alone),
		BOTH_KINDS(a_peers_pool_without_mbufs_is_waited_for_by_signalling_alone),
	};

	return cmocka_run_group_tests(tests, start, rig_group_teardown);
}
