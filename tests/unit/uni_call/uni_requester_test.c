/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>

#include "restarts.h"

#define ACK_ALL "09038000004e8000057980000182"
#define ACK_VC_0_32 "09038000004e80000e5a80000588000000207980000180"
#define ACK_VC_0_33 "09038000004e80000e5a80000588000000217980000180"
#define ACK_VPC_0 "09038000004e80000e5a8000058c000000007980000181"
#define ACK_VPC_3 "09038000004e80000e5a8000058c000300007980000181"

/* SIG-R1, SIG-R2, SIG-81, SIG-82 */
static void
a_restart_of_all_clears_both_ends_without_a_release(void **state)
{
	struct pair *p;
	uint32_t n;
	int side;

	(void)state;
	for (side = 0; side < 2; side++) {
		p = up();
		pair_call_up(p, USER);
		pair_call_up(p, NETWORK);
		n = p->n;
		restart(p, side, UNI_RESTART_ALL, 0);
		pair_settle(p);
		assert_int_equal(p->n, n + 2);
		expect_said(p, n, side, "RESTART");
		expect_said(p, n + 1, !side, "RESTART_ACK");
		assert_int_equal(p->end[side].n_told[TOLD_GONE], 2);
		assert_int_equal(p->end[!side].n_told[TOLD_GONE], 2);
		assert_int_equal(p->end[!side].cause, UNI_CAUSE_TEMPORARY_FAILURE);
		assert_int_equal(p->end[side].n_told[TOLD_RESTARTED], 1);
		assert_int_equal(p->end[!side].n_told[TOLD_RESTARTED], 0);
		assert_int_equal(stats_of(p, side).causes[UNI_CAUSE_TEMPORARY_FAILURE], 2);
		assert_int_equal(stats_of(p, side).restarts_acknowledged, 1);
		down(p);
	}
}

/* SIG-R1, SIG-82 */
static void
a_restart_of_a_vc_or_a_vpci_names_it_and_leaves_the_others(void **state)
{
	uni_call_t first, second;
	struct pair *p;
	int side;

	(void)state;
	for (side = 0; side < 2; side++) {
		p = up();
		first = pair_call_up(p, side);
		second = pair_call_up(p, side);
		restart(p, side, UNI_RESTART_VC, 32);
		pair_settle(p);
		expect_said(p, p->n - 2, side, "RESTART vc 0/32");
		assert_int_equal(pair_state(p, side, first), UNI_ST_COUNT);
		assert_int_equal(pair_state(p, side, second), UNI_ST_ACTIVE);
		restart(p, side, UNI_RESTART_VPC, 3);
		pair_settle(p);
		expect_said(p, p->n - 2, side, "RESTART vc 3/0");
		assert_int_equal(pair_state(p, side, second), UNI_ST_ACTIVE);
		restart(p, side, UNI_RESTART_VPC, 0);
		pair_settle(p);
		assert_int_equal(p->end[side].n_told[TOLD_GONE], 2);
		assert_int_equal(p->end[!side].n_told[TOLD_GONE], 2);
		assert_int_equal(p->end[side].n_told[TOLD_RESTARTED], 3);
		down(p);
	}
}

/* SIG-82: in whatever state, and whoever made the call */
static void
a_restart_ends_calls_in_every_state(void **state)
{
	uni_call_t closing;
	struct pair *p;
	int side, caller;

	(void)state;
	for (side = 0; side < 2; side++) {
		for (caller = 0; caller < 2; caller++) {
			p = up();
			p->end[!caller].on_released = PAIR_WAIT;
			closing = pair_call_up(p, caller);
			pair_close(p, caller, closing, UNI_CAUSE_NORMAL);
			pair_multipoint_up(p, caller);
			p->end[!caller].on_offer = PAIR_ALERT;
			pair_call(p, caller);
			pair_settle(p);
			p->end[!caller].on_offer = PAIR_WAIT;
			pair_call(p, caller);
			pair_settle(p);
			pair_call(p, caller);
			restart(p, side, UNI_RESTART_ALL, 0);
			pair_settle(p);
			assert_int_equal(p->end[caller].n_told[TOLD_COMPLETE], 1);
			assert_int_equal(p->end[side].n_told[TOLD_RESTARTED], 1);
			down(p);
		}
	}
}

/* SIG-R1, SIG-R2, SIG-122 */
static void
a_vc_is_not_used_again_before_the_peer_has_acknowledged(void **state)
{
	struct uni_link_params params[2];
	struct pair_config config = { .params = { &params[USER], &params[NETWORK] } };
	bool lossy = true;
	struct pair *p;
	int side;

	(void)state;
	for (side = 0; side < 2; side++) {
		uni_link_params_default(&params[USER], UNI_ROLE_USER);
		uni_link_params_default(&params[NETWORK], UNI_ROLE_NETWORK);
		params[USER].ask = UNI_ASK_EXCLUSIVE;
		p = pair_create(&config);
		p->lose = lose_restarts;
		p->lose_arg = &lossy;
		pair_up(p);
		pair_call_up(p, side);
		restart(p, side, UNI_RESTART_ALL, 0);
		pair_settle(p);
		assert_int_equal(stats_of(p, side).n_calls, 0);
		assert_int_equal(stats_of(p, side).n_set_aside, 1);
		assert_int_equal(stats_of(p, side).n_references, 1);
		pair_call_up(p, side);
		assert_int_equal(p->end[!side].label, side == USER ? 65534 : 33);
		pair_inject(p, side, ACK_ALL);
		pair_run(p, 100); /* in slices */
		assert_int_equal(stats_of(p, side).n_set_aside, 0);
		assert_int_equal(stats_of(p, side).n_labels, 1);
		pair_destroy(p);
	}
}

/* SIG-R1, SIG-122: to the peer a call that has its RELEASE COMPLETE still to say is one */
static void
a_vc_whose_release_complete_is_unsaid_is_set_aside_as_well(void **state)
{
	struct pair *p;
	uni_call_t call;
	int side;

	(void)state;
	for (side = 0; side < 2; side++) {
		p = up();
		call = pair_call_up(p, !side);
		p->end[side].no_credit = true;
		pair_close(p, !side, call, UNI_CAUSE_NORMAL);
		pair_settle(p);
		assert_int_equal(stats_of(p, side).n_calls, 0);
		p->end[!side].deaf = true;
		restart(p, side, UNI_RESTART_ALL, 0);
		p->end[side].no_credit = false;
		pair_settle(p);
		assert_int_equal(pair_count(p, side, UNI_MT_RELEASE_COMPLETE), 0);
		assert_int_equal(stats_of(p, side).n_set_aside, 1);
		pair_run(p, 30100); /* T308 of the peer: it is answered with 81, as proof */
		p->end[!side].deaf = false;
		pair_run(p, 120000);
		assert_int_equal(p->end[side].n_told[TOLD_RESTARTED], 1);
		down(p);
	}
}

/* SIG-R3 */
static void
an_acknowledgement_of_something_else_is_ignored(void **state)
{
	static const struct {
		enum uni_restart_class restart_class;
		uint32_t where;
		const char *others[4];
		const char *right;
	} cases[] = {
		{ UNI_RESTART_VC, 32, { ACK_ALL, ACK_VPC_0, ACK_VC_0_33 }, ACK_VC_0_32 },
		{ UNI_RESTART_VPC, 0, { ACK_ALL, ACK_VC_0_32, ACK_VPC_3 }, ACK_VPC_0 },
		{ UNI_RESTART_ALL, 0, { ACK_VPC_0, ACK_VC_0_32 }, ACK_ALL },
	};
	uint32_t n, i, k;
	struct pair *p;
	int side;

	(void)state;
	for (side = 0; side < 2; side++) {
		for (i = 0; i < 3; i++) {
			p = up();
			p->end[!side].deaf = true;
			restart(p, side, cases[i].restart_class, cases[i].where);
			pair_settle(p);
			n = p->n;
			for (k = 0; cases[i].others[k] != NULL; k++)
				pair_inject(p, side, cases[i].others[k]);
			assert_int_equal(p->n, n);
			assert_int_equal(stats_of(p, side).restart_acks_ignored, k);
			assert_true(stats_of(p, side).restarting);
			pair_run(p, 120010);
			assert_int_equal(pair_count(p, side, UNI_MT_RESTART), 2); /* T316 went on */
			pair_inject(p, side, cases[i].right);
			assert_int_equal(p->end[side].n_told[TOLD_RESTARTED], 1);
			down(p);
		}
	}
}

/* SIG-R3: what has not been asked for is not acknowledged */
static void
an_acknowledgement_before_the_restart_is_sent_is_none(void **state)
{
	struct pair *p = up();

	(void)state;
	p->end[USER].no_credit = true;
	restart(p, USER, UNI_RESTART_ALL, 0);
	pair_inject(p, USER, ACK_ALL);
	assert_int_equal(p->end[USER].n_told[TOLD_RESTARTED], 0);
	assert_int_equal(stats_of(p, USER).restart_acks_ignored, 1);
	p->end[USER].no_credit = false;
	pair_settle(p);
	assert_int_equal(p->end[USER].n_told[TOLD_RESTARTED], 1);
	down(p);
}

/* SIG-R3, SIG-49, SIG-53, SIG-55: a REST1 shows in the answer */
static void
a_faulty_acknowledgement_gets_a_status(void **state)
{
	static const char *const pairs[][2] = {
		{ "09038000004e800000", "STATUS state 61 96/79" },
		{ "09038000004e8000057980000180", "STATUS state 61 96/5a" },
		{ "09038000004e8000057980000187", "STATUS state 61 100/79" },
		/* a VC in that of all: processed, and told afterwards */
		{ "09038000004e80000e5a80000588000000207980000182", "STATUS state 0 99/5a" },
	};
	struct pair *p;
	int side;
	size_t i;

	(void)state;
	for (side = 0; side < 2; side++) {
		p = up();
		p->end[!side].deaf = true;
		restart(p, side, UNI_RESTART_ALL, 0);
		pair_settle(p);
		for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
			assert_int_equal(p->end[side].n_told[TOLD_RESTARTED], 0);
			pair_inject(p, side, pairs[i][0]);
			expect_said(p, p->n - 1, side, pairs[i][1]);
		}
		pair_settle(p);
		assert_int_equal(p->end[side].n_told[TOLD_RESTARTED], 1);
		down(p);
	}
}

/* SIG-R5, SIG-T7, SIG-122 */
static void
a_restart_without_an_answer_is_given_up_after_two_t316(void **state)
{
	struct pair *p;
	int side;

	(void)state;
	for (side = 0; side < 2; side++) {
		p = up();
		pair_call_up(p, side);
		p->end[!side].deaf = true;
		restart(p, side, UNI_RESTART_ALL, 0);
		pair_run(p, 119900);
		assert_int_equal(pair_count(p, side, UNI_MT_RESTART), 1);
		pair_run(p, 200);
		assert_int_equal(pair_count(p, side, UNI_MT_RESTART), 2);
		assert_int_equal(p->end[side].n_told[TOLD_ALARM], 0);
		pair_run(p, 119800);
		assert_int_equal(p->end[side].n_told[TOLD_NOT_RESTARTED], 0);
		pair_run(p, 200);
		assert_int_equal(p->end[side].n_told[TOLD_NOT_RESTARTED], 1);
		assert_int_equal(p->end[side].n_alarms[UNI_ALARM_RESTART_UNANSWERED], 1);
		assert_int_equal(stats_of(p, side).restarts_unanswered, 1);
		assert_int_equal(stats_of(p, side).n_set_aside, 1);
		assert_false(stats_of(p, side).restarting);
		pair_run(p, 300000);
		assert_int_equal(pair_count(p, side, UNI_MT_RESTART), 2);
		/* a later one brings the VC back */
		p->end[!side].deaf = false;
		restart(p, side, UNI_RESTART_VC, 32);
		pair_settle(p);
		assert_int_equal(stats_of(p, side).n_set_aside, 0);
		down(p);
	}
}

/* SIG-R5: at the peer the second RESTART clears what there is then, so it does here */
static void
what_has_come_before_the_second_restart_is_cleared_with_it(void **state)
{
	bool lossy = true;
	struct pair *p;
	int side;

	(void)state;
	for (side = 0; side < 2; side++) {
		p = up();
		p->lose = lose_restarts;
		p->lose_arg = &lossy;
		restart(p, side, UNI_RESTART_ALL, 0);
		pair_settle(p);
		pair_call_up(p, side);
		pair_call_up(p, !side);
		lossy = false;
		pair_run(p, 120100);
		assert_int_equal(p->end[side].n_told[TOLD_GONE], 2);
		assert_int_equal(p->end[!side].n_told[TOLD_GONE], 2);
		assert_int_equal(p->end[side].n_told[TOLD_RESTARTED], 1);
		down(p);
		lossy = true;
	}
}

/* SIG-122: a RESTART of the peer, or its SETUP for the VC, is as good as an acknowledgement */
static void
a_vc_comes_back_when_the_peer_shows_that_it_is_done_with_it(void **state)
{
	struct pair *p = up();

	(void)state;
	pair_call_up(p, NETWORK);
	pair_call_up(p, NETWORK);
	p->end[NETWORK].deaf = true;
	restart(p, USER, UNI_RESTART_ALL, 0);
	pair_settle(p);
	assert_int_equal(stats_of(p, USER).n_set_aside, 2);
	pair_inject(p, USER,
		"09030000630580002c59800009840003e8850003e8be5e8000029080708000069131323334"
		"355a80000588000000205c8000020000");
	assert_int_equal(p->end[USER].n_told[TOLD_OFFER], 3);
	assert_int_equal(p->end[USER].label, 32);
	assert_int_equal(stats_of(p, USER).n_set_aside, 1);
	pair_inject(p, USER, RESTART_ALL);
	assert_int_equal(stats_of(p, USER).n_set_aside, 0);
	pair_inject(p, USER, ACK_ALL);
	assert_int_equal(stats_of(p, USER).n_labels, 0);
	assert_int_equal(p->end[USER].n_told[TOLD_RESTARTED], 1);
	pair_destroy(p);
}

/* SIG-R10 */
static void
a_status_about_our_restart_is_an_alarm(void **state)
{
	static const struct {
		uint8_t cause;
		bool alarm;
	} cases[] = { { 81, true }, { 96, true }, { 97, true }, { 99, true }, { 100, true },
		{ 101, true }, { 30, false }, { 95, false }, { 102, false }, { 82, false } };
	uint8_t status[] = { 9, 3, 0x80, 0, 0, 0x7d, 0x80, 0, 11, 0x14, 0x80, 0, 1, 0, 0x08, 0x80,
		0, 2, 0x80, 0 };
	uint32_t n, n_alarms;
	struct pair *p;
	int side;
	size_t i;

	(void)state;
	for (side = 0; side < 2; side++) {
		p = up();
		p->end[!side].deaf = true;
		for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
			status[19] = 0x80 | cases[i].cause; /* REST0: ignored */
			uni_link_receive(p->end[side].l, status, sizeof(status), p->now_ns);
		}
		assert_int_equal(p->end[side].n_told[TOLD_ALARM], 0);
		restart(p, side, UNI_RESTART_ALL, 0);
		pair_settle(p);
		n = p->n;
		for (i = 0, n_alarms = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
			status[19] = 0x80 | cases[i].cause;
			uni_link_receive(p->end[side].l, status, sizeof(status), p->now_ns);
			n_alarms += cases[i].alarm;
			assert_int_equal(
				p->end[side].n_alarms[UNI_ALARM_RESTART_REFUSED], n_alarms);
			assert_true(!cases[i].alarm || p->end[side].cause == cases[i].cause);
		}
		status[2] = 0; /* about the other direction (SIG-86) */
		status[19] = 0x80 | 101;
		uni_link_receive(p->end[side].l, status, sizeof(status), p->now_ns);
		status[2] = 0x80;
		pair_settle(p);
		assert_int_equal(p->end[side].n_told[TOLD_ALARM], n_alarms);
		assert_int_equal(stats_of(p, side).restarts_refused, n_alarms);
		assert_int_equal(p->n, n);
		assert_true(stats_of(p, side).restarting);
		pair_inject(p, side, ACK_ALL);
		down(p);
	}
}

/* SIG-R1 */
static void
one_restart_at_a_time_of_what_the_link_has(void **state)
{
	struct uni_link_params params;
	struct pair_config config = { .params = { &params } };
	struct uni_link *l;
	struct pair *p;

	(void)state;
	uni_link_params_default(&params, UNI_ROLE_USER);
	params.vpci_first = 1;
	params.vpci_last = 2;
	params.signalling_label = 65536 + 40;
	p = pair_create(&config);
	l = p->end[USER].l;
	assert_int_equal(uni_link_restart(l, UNI_RESTART_ALL, 0, p->now_ns), -ENETDOWN);
	pair_up(p);
	assert_int_equal(uni_link_restart(l, UNI_RESTART_ALL + 1, 0, p->now_ns), -EINVAL);
	assert_int_equal(uni_link_restart(l, UNI_RESTART_VPC, 0, p->now_ns), -EINVAL);
	assert_int_equal(uni_link_restart(l, UNI_RESTART_VPC, 3, p->now_ns), -EINVAL);
	assert_int_equal(uni_link_restart(l, UNI_RESTART_VC, 32, p->now_ns), -EINVAL);
	assert_int_equal(uni_link_restart(l, UNI_RESTART_VC, 65536 + 31, p->now_ns), -EINVAL);
	assert_int_equal(uni_link_restart(l, UNI_RESTART_VC, 65536 + 40, p->now_ns), -EINVAL);
	assert_int_equal(uni_link_restart(l, UNI_RESTART_VC, UINT32_MAX, p->now_ns), -EINVAL);
	assert_int_equal(uni_link_restart(l, UNI_RESTART_VPC, 2, p->now_ns), 0);
	assert_int_equal(uni_link_restart(l, UNI_RESTART_ALL, 0, p->now_ns), -EBUSY);
	pair_settle(p);
	assert_int_equal(p->end[USER].n_told[TOLD_RESTARTED], 1);
	restart(p, USER, UNI_RESTART_VC, 65536 + 32);
	pair_settle(p);
	assert_int_equal(p->end[USER].n_told[TOLD_RESTARTED], 2);
	down(p);
}

/* ---- Both sides, and in slices. ---- */

/* SIG-86 */
static void
restarts_of_both_sides_may_cross(void **state)
{
	uint32_t turn_max[] = { 1000, 1 }, i;
	struct pair *p;
	int k;

	(void)state;
	for (i = 0; i < 2; i++) {
		p = up();
		for (k = 0; k < 20; k++)
			pair_call_up(p, k % 2 == 0 ? USER : NETWORK);
		p->turn_max = turn_max[i];
		restart(p, USER, UNI_RESTART_ALL, 0);
		restart(p, NETWORK, UNI_RESTART_ALL, 0);
		pair_run(p, 200000 / p->turn_max); /* a million labels are looked at in slices */
		for (k = 0; k < 2; k++) {
			assert_int_equal(p->end[k].n_told[TOLD_GONE], 20);
			assert_int_equal(p->end[k].n_told[TOLD_RESTARTED], 1);
			assert_int_equal(pair_count(p, k, UNI_MT_RESTART), 1);
			assert_int_equal(pair_count(p, k, UNI_MT_RESTART_ACK), 1);
			assert_int_equal(p->end[k].n_told[TOLD_ALARM], 0);
		}
		down(p);
	}
}

/* SIG-86, SIG-R7: what our own RESTART has set aside is waited for as well */
static void
the_peers_restart_is_acknowledged_when_what_ours_has_cleared_is_drained(void **state)
{
	struct pair *p;
	int side;

	(void)state;
	for (side = 0; side < 2; side++) {
		p = up();
		pair_call_up(p, side);
		p->end[side].keep_labels = true;
		p->end[!side].deaf = true;
		restart(p, side, UNI_RESTART_ALL, 0);
		pair_settle(p);
		p->end[!side].deaf = false;
		restart(p, !side, UNI_RESTART_ALL, 0);
		pair_settle(p);
		assert_int_equal(pair_count(p, side, UNI_MT_RESTART_ACK), 0);
		uni_link_put_label(p->end[side].l, 32);
		pair_settle(p);
		assert_int_equal(pair_count(p, side, UNI_MT_RESTART_ACK), 1);
		pair_inject(p, side, ACK_ALL);
		down(p);
	}
}

/* SIG-R7: even if bulk jobs have come and gone since */
static void
whatever_drains_when_a_restart_comes_is_waited_for(void **state)
{
	struct pair *p;
	int side, n, i;

	(void)state;
	for (side = 0; side < 2; side++) {
		for (n = 1; n <= 2; n++) {
			p = up();
			p->end[side].keep_labels = true;
			pair_close(p, USER, pair_call_up(p, USER), UNI_CAUSE_NORMAL);
			pair_settle(p);
			for (i = 0; i < n; i++) {
				restart(p, side, UNI_RESTART_VPC, 3);
				pair_settle(p);
			}
			restart(p, !side, UNI_RESTART_ALL, 0);
			pair_settle(p);
			assert_int_equal(pair_count(p, side, UNI_MT_RESTART_ACK), 0);
			uni_link_put_label(p->end[side].l, 32);
			pair_settle(p);
			assert_int_equal(pair_count(p, side, UNI_MT_RESTART_ACK), 1);
			down(p);
		}
	}
}

/* SIG-R7, SIG-96: or are still at it */
static void
what_a_lost_link_still_clears_when_a_restart_comes_is_waited_for(void **state)
{
	struct pair *p;
	int side, i;

	(void)state;
	for (side = 0; side < 2; side++) {
		p = up();
		p->end[USER].on_offer = p->end[NETWORK].on_offer = PAIR_ALERT;
		p->end[side].keep_labels = true;
		for (i = 0; i < 3; i++)
			pair_call(p, USER);
		pair_settle(p);
		pair_down(p);
		pair_up(p); /* no turn between */
		pair_inject(p, side, RESTART_ALL);
		assert_int_equal(p->end[side].n_told[TOLD_GONE], 3);
		assert_int_equal(pair_count(p, side, UNI_MT_RESTART_ACK), 0);
		for (i = 0; i < 3; i++)
			uni_link_put_label(p->end[side].l, 32 + (uint32_t)i);
		pair_run(p, 1);
		assert_int_equal(pair_count(p, side, UNI_MT_RESTART_ACK), 1);
		p->head = p->n;
		down(p);
	}
}

/* SIG-87, SIG-R1: between the clearing and RESTART nothing new begins, which the peer would clear
 */
static void
nothing_new_begins_before_the_restart_is_sent(void **state)
{
	struct pair *p;
	uni_call_t call;
	int side, i;

	(void)state;
	for (side = 0; side < 2; side++) {
		p = up();
		for (i = 0; i < 20; i++)
			pair_call_up(p, USER);
		p->turn_max = 1;
		restart(p, side, UNI_RESTART_ALL, 0);
		p->end[!side].on_offer = PAIR_ACCEPT;
		call = pair_call(p, side);
		pair_run(p, 1);
		assert_int_equal(pair_state(p, side, call),
			side == USER ? UNI_ST_INITIATED : UNI_ST_PRESENT);
		pair_call(p, !side);
		pair_run(p, 12);
		assert_int_equal(pair_count(p, side, UNI_MT_RESTART), 0);
		assert_int_equal(pair_count(p, side, UNI_MT_SETUP), side == USER ? 20 : 0);
		assert_int_equal(stats_of(p, !side).causes[UNI_CAUSE_TEMPORARY_FAILURE], 1);
		pair_run(p, 70000); /* labels set aside come back in slices */
		assert_int_equal(p->end[side].n_told[TOLD_GONE], 20);
		assert_int_equal(p->end[side].n_told[TOLD_RESTARTED], 1);
		assert_int_equal(pair_state(p, side, call), UNI_ST_ACTIVE);
		assert_int_equal(stats_of(p, side).n_set_aside, 0);
		p->turn_max = 1000;
		pair_close(p, side, call, UNI_CAUSE_NORMAL);
		pair_settle(p);
		down(p);
	}
}

/* SIG-R1: a close that is asked for meanwhile is as good as done */
static void
a_call_that_our_restart_will_clear_is_gone_for_everybody_at_once(void **state)
{
	struct pair *p = up();
	uni_call_t call;
	int i;

	(void)state;
	for (i = 0; i < 20; i++)
		call = pair_call_up(p, USER);
	p->turn_max = 1;
	restart(p, USER, UNI_RESTART_ALL, 0);
	assert_true(uni_call_close(p->end[USER].u, call, 16, NULL, 0, p->now_ns) < 0);
	assert_int_equal(p->end[USER].n_told[TOLD_GONE], 1);
	p->turn_max = 1000;
	pair_settle(p);
	assert_int_equal(p->end[USER].n_told[TOLD_GONE], 20);
	assert_int_equal(pair_count(p, USER, UNI_MT_RELEASE), 0);
	down(p);
}

/* SIG-63 */
static void
t317_must_be_below_t316(void **state)
{
	struct uni_link_params params;
	const char *why = NULL;
	int role;

	(void)state;
	for (role = 0; role < 2; role++) {
		uni_link_params_default(&params, role == 0 ? UNI_ROLE_USER : UNI_ROLE_NETWORK);
		assert_int_equal(params.t316_ms, 120000);
		assert_int_equal(params.t317_ms, 90000);
		assert_true(params.restart_first);
		params.t317_ms = 119999;
		assert_int_equal(uni_link_params_check(&params, &why), 0);
		params.t317_ms = 120000;
		assert_int_equal(uni_link_params_check(&params, &why), -EINVAL);
		assert_non_null(strstr(why, "T317"));
		assert_non_null(strstr(why, "mend"));
		params.t317_ms = 90000;
		params.t316_ms = 0;
		assert_int_equal(uni_link_params_check(&params, &why), -EINVAL);
	}
}

/* SIG-63 */
static void
t316_is_as_configured(void **state)
{
	struct uni_link_params params;
	const struct pair_config config = { .params = { &params } };
	struct pair *p;

	(void)state;
	uni_link_params_default(&params, UNI_ROLE_USER);
	params.t316_ms = 500;
	params.t317_ms = 400;
	p = pair_create(&config);
	pair_up(p);
	p->end[NETWORK].deaf = true;
	restart(p, USER, UNI_RESTART_ALL, 0);
	pair_run(p, 490);
	assert_int_equal(pair_count(p, USER, UNI_MT_RESTART), 1);
	pair_run(p, 100);
	assert_int_equal(pair_count(p, USER, UNI_MT_RESTART), 2);
	pair_run(p, 500);
	assert_int_equal(p->end[USER].n_told[TOLD_NOT_RESTARTED], 1);
	down(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_restart_of_all_clears_both_ends_without_a_release),
		cmocka_unit_test(a_restart_of_a_vc_or_a_vpci_names_it_and_leaves_the_others),
		cmocka_unit_test(a_restart_ends_calls_in_every_state),
		cmocka_unit_test(a_vc_is_not_used_again_before_the_peer_has_acknowledged),
		cmocka_unit_test(a_vc_whose_release_complete_is_unsaid_is_set_aside_as_well),
		cmocka_unit_test(an_acknowledgement_of_something_else_is_ignored),
		cmocka_unit_test(an_acknowledgement_before_the_restart_is_sent_is_none),
		cmocka_unit_test(a_faulty_acknowledgement_gets_a_status),
		cmocka_unit_test(a_restart_without_an_answer_is_given_up_after_two_t316),
		cmocka_unit_test(what_has_come_before_the_second_restart_is_cleared_with_it),
		cmocka_unit_test(a_vc_comes_back_when_the_peer_shows_that_it_is_done_with_it),
		cmocka_unit_test(a_status_about_our_restart_is_an_alarm),
		cmocka_unit_test(one_restart_at_a_time_of_what_the_link_has),
		cmocka_unit_test(restarts_of_both_sides_may_cross),
		cmocka_unit_test(
			the_peers_restart_is_acknowledged_when_what_ours_has_cleared_is_drained),
		cmocka_unit_test(whatever_drains_when_a_restart_comes_is_waited_for),
		cmocka_unit_test(what_a_lost_link_still_clears_when_a_restart_comes_is_waited_for),
		cmocka_unit_test(nothing_new_begins_before_the_restart_is_sent),
		cmocka_unit_test(a_call_that_our_restart_will_clear_is_gone_for_everybody_at_once),
		cmocka_unit_test(t317_must_be_below_t316),
		cmocka_unit_test(t316_is_as_configured),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
