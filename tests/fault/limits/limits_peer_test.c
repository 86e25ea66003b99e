/* SPDX-License-Identifier: BSD-3-Clause */
/* A mass close in the middle of which the peer dies, falls silent, does not listen, or restarts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "kinds.h"

#include <cmocka.h>

#define N_CALLS rig_size(2000, RIG_HUGE)
#define N_BEFORE (N_CALLS / 3) /* closes that complete before it happens */
#define N_LATER 100u
#define FEW_OUT 256u /* closes under way: then some are not asked for yet when it happens */
#define T316_S 120

static struct rig *
create(void **state, uint32_t n_closes_out)
{
	const struct rig_config config = {
		.n_calls = { 2 * N_CALLS, 2 * N_CALLS },
		.ring_size = { 256, 256 },
		.n_closes_out = n_closes_out,
		.standalone = kind_is_standalone(state),
	};

	return rig_create(&config, true);
}

static void
hold_far(struct rig *r, bool hold)
{
	r->control_held[FAR] = r->worker_held[FAR] = hold;
}

static bool
near_has_no_more(struct rig *r)
{
	return rig_all_told(r) && rig_has_no_more(r, NEAR);
}

static bool
is_agreed(struct rig *r)
{
	struct uni_link_stats near, far;

	rig_stats(r, NEAR, &near);
	rig_stats(r, FAR, &far);
	return near.n_set_aside + far.n_set_aside == 0 && !near.restarting && !far.restarting;
}

/* Both ends have agreed that there is nothing left, and it all can be used again. */
static void
expect_a_new_beginning(struct rig *r)
{
	rig_until(r, rig_is_over, RIG_PATIENCE_S);
	rig_until(r, is_agreed, RIG_PATIENCE_S);
	rig_expect_no_more(r, NEAR);
	rig_expect_no_more(r, FAR);
	rig_dial(r, N_LATER);
	rig_until(r, rig_all_told, RIG_PATIENCE_S);
	assert_int_equal(r->ends[NEAR].n_dialled, N_LATER);
	rig_destroy(r);
}

/* Each close that was asked for has been reported once: a second report would be one too many. */
static void
expect_each_told_once(const struct rig *r)
{
	const struct end *e = &r->ends[NEAR];

	assert_int_equal(e->n_closed, r->n_asked);
	assert_int_equal(e->n_failed, 0);
}

static void
die(struct rig *r)
{
	rig_close_in_part(r, N_CALLS, N_BEFORE);
	hold_far(r, true);
	r->n_kept = 0; /* T309 will end them as well */
	rig_until(r, near_has_no_more, RIG_PATIENCE_S);
	expect_each_told_once(r);
}

/* I2, I8, SIG-96, SIG-99: all end here; what was asked for while the link was lost is set aside. */
static void
a_peer_that_dies_leaves_no_close_without_an_end(void **state)
{
	struct rig *r = create(state, FEW_OUT);
	struct uni_link_stats stats;

	die(r);
	rig_stats(r, NEAR, &stats);
	assert_int_equal(stats.n_calls, 0);
	assert_true(stats.n_set_aside > 0);
	assert_int_equal(stats.n_labels, stats.n_set_aside);
	assert_int_equal(stats.n_references, stats.n_set_aside);
	rig_replace_far(r, true, 7);
	rig_until(r, rig_links_are_up, RIG_PATIENCE_S);
	expect_a_new_beginning(r);
}

/* SIG-99: it has its calls still, and is told to clear them with a RESTART of all. */
static void
a_peer_that_was_only_silent_clears_what_it_has_when_it_is_back(void **state)
{
	struct rig *r = create(state, FEW_OUT);
	struct uni_link_stats stats;

	die(r);
	assert_true(end_n_calls(&r->ends[FAR]) > 0);
	hold_far(r, false);
	rig_until(r, rig_links_are_up, RIG_PATIENCE_S);
	rig_until(r, is_agreed, RIG_PATIENCE_S);
	rig_stats(r, NEAR, &stats);
	assert_int_equal(stats.restarts_acknowledged, 1);
	expect_a_new_beginning(r);
}

/*
 * I2, SIG-T3, SIG-122: the transport acknowledges all, call control answers nothing. What cannot be
 * agreed on is set aside, and comes back when the two have asked each other.
 */
static void
a_peer_that_does_not_listen_costs_t308_twice_and_labels_until_both_agree(void **state)
{
	struct rig *r = create(state, N_CALLS);
	struct uni_link_stats stats;
	uint64_t begun_ns;
	uint32_t n_left;

	rig_close_in_part(r, N_CALLS, N_BEFORE);
	rig_set_deaf(r, FAR, true);
	begun_ns = r->now_ns;
	rig_until(r, near_has_no_more, 2 * RIG_PATIENCE_S);
	assert_in_range(r->now_ns - begun_ns, 60000 * RIG_MS, 65000 * RIG_MS);
	expect_each_told_once(r);
	n_left = end_n_calls(&r->ends[FAR]) - r->n_kept;
	assert_true(n_left > 0);
	rig_stats(r, NEAR, &stats);
	assert_int_equal(stats.n_set_aside, n_left);
	assert_int_equal(stats.timer_expired, 2 * n_left);
	rig_set_deaf(r, FAR, false);
	rig_send_traffic(r);
	rig_break_link(r);
	rig_send_traffic(r);
	rig_until(r, rig_is_over, RIG_PATIENCE_S);
	rig_expect_kept(r);
	expect_a_new_beginning(r);
}

/* SIG-85, SIG-R6: the calls that the client had not closed yet end by the RESTART. */
static void
a_peer_that_restarts_clears_by_its_restart(void **state)
{
	struct rig *r = create(state, FEW_OUT);
	struct uni_link_stats stats;

	rig_close_in_part(r, N_CALLS, N_BEFORE);
	r->n_kept = 0;
	rig_replace_far(r, true, 7);
	rig_until(r, near_has_no_more, RIG_PATIENCE_S);
	rig_until(r, is_agreed, RIG_PATIENCE_S);
	expect_each_told_once(r);
	rig_stats(r, NEAR, &stats);
	assert_int_equal(stats.restarts, 1);
	expect_a_new_beginning(r);
}

/*
 * SSCOP-5, SIG-R5, SIG-85: a BGN with the number of the one before it is taken for a repeat. The
 * transport recovers from that; the RESTART has been lost, and is sent again.
 */
static void
a_restart_that_looks_like_a_repeat_is_made_good_by_t316(void **state)
{
	struct rig *r = create(state, FEW_OUT);
	struct uni_link_stats stats;

	rig_close_in_part(r, N_CALLS, N_BEFORE);
	r->n_kept = 0;
	rig_replace_far(r, true, 0);
	rig_until(r, near_has_no_more, 2 * RIG_PATIENCE_S);
	expect_each_told_once(r);
	rig_until(r, is_agreed, T316_S + RIG_PATIENCE_S);
	rig_stats(r, NEAR, &stats);
	assert_int_equal(stats.restarts, 1);
	expect_a_new_beginning(r);
}

/* SIG-90, SIG-98, SIG-100: no RESTART, so every call is asked about, and is not known there. */
static void
a_peer_that_restarts_without_a_word_is_asked_about_every_call(void **state)
{
	struct rig *r = create(state, FEW_OUT);
	struct uni_link_stats stats;

	rig_close_in_part(r, N_CALLS, N_BEFORE);
	r->n_kept = 0;
	rig_replace_far(r, false, 7);
	rig_until(r, near_has_no_more, 2 * RIG_PATIENCE_S);
	expect_each_told_once(r);
	rig_stats(r, NEAR, &stats);
	assert_int_equal(stats.restarts, 0);
	assert_true(stats.enquiries > 0);
	expect_a_new_beginning(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH_KINDS(a_peer_that_dies_leaves_no_close_without_an_end),
		BOTH_KINDS(a_peer_that_was_only_silent_clears_what_it_has_when_it_is_back),
		BOTH_KINDS(
			a_peer_that_does_not_listen_costs_t308_twice_and_labels_until_both_agree),
		BOTH_KINDS(a_peer_that_restarts_clears_by_its_restart),
		BOTH_KINDS(a_restart_that_looks_like_a_repeat_is_made_good_by_t316),
		BOTH_KINDS(a_peer_that_restarts_without_a_word_is_asked_about_every_call),
	};

	return cmocka_run_group_tests(tests, rig_group_setup, rig_group_teardown);
}
