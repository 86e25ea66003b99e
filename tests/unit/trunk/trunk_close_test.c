/* SPDX-License-Identifier: BSD-3-Clause */
/* The ends of calls, with the real dataplane below: arrow by arrow, and grace period by hand. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "pairing.h"

#include <cmocka.h>

/* ---- Figures. ---- */

/* Figure cm-20 (5.1) with a real grace period; CLOSE-18, CLOSE-21. */
static const char *const cm_closing[] = {
	"co_cl_close_call",
	"callmgr.close_call",
	"-> RELEASE",
	"<- RELEASE COMPLETE",
	"co_cm_deactivate_vc",
	"miniport.deactivate_vc",
	"dp.unlink",
	"dp.reclaimed",
	"co_m_deactivate_vc_complete",
	"callmgr.deactivate_vc_complete",
	"co_cm_close_call_complete",
	"client.close_call_complete",
	"callmgr.delete_vc",
	"miniport.delete_vc",
	NULL,
};

/* Figure fig1-20 (5.2); CLOSE-19, DEACT-13, DEL-9. */
static const char *const mcm_closing[] = {
	"co_cl_close_call",
	"callmgr.close_call",
	"-> RELEASE",
	"<- RELEASE COMPLETE",
	"co_mcm_close_call_complete",
	"client.close_call_complete",
	"co_delete_vc NOT_ACCEPTED",
	"dp.unlink",
	"dp.reclaimed",
	"co_mcm_deactivate_vc",
	"callmgr.delete_vc",
	NULL,
};

/* Figure cm-22 (5.4). The answer awaits nothing, so it is pulled while the circuit drains. */
static const char *const cm_closed[] = {
	"<- RELEASE",
	"co_cm_dispatch_incoming_close_call",
	"client.incoming_close_call SUCCESS",
	"co_cl_close_call",
	"callmgr.close_call",
	"co_cm_deactivate_vc",
	"miniport.deactivate_vc",
	"dp.unlink",
	"-> RELEASE COMPLETE",
	"dp.reclaimed",
	"co_m_deactivate_vc_complete",
	"callmgr.deactivate_vc_complete",
	"co_cm_close_call_complete",
	"client.close_call_complete",
	"client.delete_vc",
	"miniport.delete_vc",
	NULL,
};

/* Figure fig1-22 (5.4): the completion waits until the client's handler has returned (ASYNC-9). */
static const char *const mcm_closed[] = {
	"<- RELEASE",
	"co_mcm_dispatch_incoming_close_call",
	"client.incoming_close_call SUCCESS",
	"co_cl_close_call",
	"callmgr.close_call",
	"co_mcm_close_call_complete",
	"dp.unlink",
	"-> RELEASE COMPLETE",
	"client.close_call_complete",
	"dp.reclaimed",
	"co_mcm_deactivate_vc",
	"client.delete_vc",
	NULL,
};

static void
expect_figures_from(struct chain *ch, enum chain_side from)
{
	enum chain_side to = chain_other(from);
	struct chain_call *call = chain_call_up(ch, from);

	chain_forget_steps(ch);
	assert_int_equal(chain_close(call, NULL, 0), CO_STATUS_PENDING);
	chain_run_until(ch, chain_is_idle, 1000);
	assert_int_equal(call->n_closed, 1);
	assert_int_equal(call->close_status, CO_STATUS_SUCCESS);
	assert_int_equal(call->n_incoming_close, 0);
	chain_expect_steps(ch, from, ch->completes_first[from] ? mcm_closing : cm_closing);
	chain_expect_steps(ch, to, ch->completes_first[to] ? mcm_closed : cm_closed);
}

/* CLOSE-18, CLOSE-19, CLOSE-41 */
static void
a_close_takes_the_steps_of_its_figure_on_both_sides(void **state)
{
	expect_figures_from(*state, USER);
	expect_figures_from(*state, NETWORK);
}

/* ---- The grace period. ---- */

static enum co_vc_state
vc_state(struct chain *ch, const struct chain_call *call)
{
	struct co_vc_info info;

	assert_int_equal(
		co_vc_query(ch->co[call->client->side], call->vc, &info), CO_STATUS_SUCCESS);
	return info.vc_state;
}

static bool
both_unlinked(const struct chain *ch)
{
	return trunk_n_pending(ch) == 2;
}

/* A call that has ended at both sides, but for the grace period, which a worker holds up. */
static struct chain_call *
held_close(struct chain *ch, enum chain_side from)
{
	struct chain_call *call = chain_call_up(ch, from);

	trunk_hold(ch, true);
	chain_forget_steps(ch);
	assert_int_equal(chain_close(call, NULL, 0), CO_STATUS_PENDING);
	chain_run_until(ch, both_unlinked, 1000);
	chain_run_ms(ch, 500);
	return call;
}

static void
expect_held(struct chain *ch, enum chain_side side, const struct chain_call *call)
{
	assert_true(chain_has_step(ch, side, "dp.unlink"));
	assert_false(chain_has_step(ch, side, "dp.reclaimed"));
	if (ch->completes_first[side]) {
		assert_int_equal(call->n_closed, 1);
		assert_int_equal(vc_state(ch, call), CO_VC_ACTIVE);
		assert_false(chain_has_step(ch, side, "co_mcm_deactivate_vc"));
	} else {
		assert_int_equal(call->n_closed, 0);
		assert_int_equal(vc_state(ch, call), CO_VC_DEACTIVATING);
		assert_false(chain_has_step(ch, side, "co_m_deactivate_vc_complete"));
	}
}

/* I1, DEACT-2, I6: a worker that stalls delays the end, and neither control nor other workers. */
static void
deactivation_waits_for_the_slowest_worker(void **state)
{
	struct chain *ch = *state;
	struct chain_call *ours = held_close(ch, USER);
	struct chain_call *theirs = ch->client[NETWORK].last;

	expect_held(ch, USER, ours);
	expect_held(ch, NETWORK, theirs);
	assert_int_equal(trunk_n_pending(ch), 2);
	trunk_hold(ch, false);
	chain_run_until(ch, chain_is_idle, 5);
	assert_int_equal(ours->n_closed, 1);
	assert_int_equal(theirs->n_closed, 1);
	assert_int_equal(ours->vc, CO_NONE);
	assert_int_equal(theirs->vc, CO_NONE);
}

/* DEL-3, DEL-9 */
static void
a_delete_before_deactivation_is_refused_and_succeeds_after_it(void **state)
{
	struct chain *ch = *state;
	struct chain_call *call;

	ch->client[USER].keeps_vcs = true;
	call = held_close(ch, USER);
	assert_int_equal(chain_delete(call),
		ch->completes_first[USER] ? CO_STATUS_NOT_ACCEPTED : CO_STATUS_CLOSING);
	assert_true(ch->completes_first[USER] == (call->n_closed == 1));
	trunk_hold(ch, false);
	chain_run_ms(ch, 5);
	assert_int_equal(call->n_closed, 1);
	assert_int_equal(vc_state(ch, call), CO_VC_DEACTIVATED);
	assert_int_equal(chain_delete(call), CO_STATUS_SUCCESS);
}

/* RACE-23, C-8: with an MCM the VC is still active when its close completes. */
static void
reuse_before_deactivation_is_refused_and_works_after_it(void **state)
{
	struct chain *ch = *state;
	struct chain_call *call;

	ch->client[USER].keeps_vcs = true;
	ch->client[USER].calls_again = true;
	call = held_close(ch, USER);
	assert_int_equal(call->n_closed, 1);
	assert_int_equal(call->again_status, CO_STATUS_CLOSING);
	assert_int_equal(chain_make_call(call), CO_STATUS_CLOSING);
	trunk_hold(ch, false);
	chain_run_ms(ch, 5);
	assert_int_equal(chain_make_call(call), CO_STATUS_PENDING); /* DEACT-9 */
	chain_run_ms(ch, 200);
	assert_int_equal(call->n_made, 2);
	assert_int_equal(call->make_status, CO_STATUS_SUCCESS);
	ch->client[USER].keeps_vcs = false;
	assert_int_equal(chain_close(call, NULL, 0), CO_STATUS_PENDING);
	chain_run_until(ch, chain_is_idle, 1000);
	assert_int_equal(call->n_closed, 2);
}

/* RACE-23, CLOSE-18 */
static void
a_vc_carries_the_next_call_from_inside_close_call_complete(void **state)
{
	struct chain *ch = *state;
	struct chain_call *call = chain_call_up(ch, USER);

	ch->client[USER].calls_again = true;
	assert_int_equal(chain_close(call, NULL, 0), CO_STATUS_PENDING);
	chain_run_ms(ch, 200);
	assert_int_equal(call->again_status, CO_STATUS_PENDING);
	assert_int_equal(call->n_made, 2);
	assert_int_equal(call->make_status, CO_STATUS_SUCCESS);
	assert_int_equal(chain_close(call, NULL, 0), CO_STATUS_PENDING);
	chain_run_until(ch, chain_is_idle, 1000);
}

static uint32_t
n_labels(struct chain *ch, enum chain_side side)
{
	struct uni_link_stats stats;

	uni_link_stats(callmgr_link(ch->cm[side]), &stats);
	return stats.n_labels;
}

static uint32_t
label_of(struct chain *ch, const struct chain_call *call)
{
	struct co_vc_info info;

	assert_int_equal(
		co_vc_query(ch->co[call->client->side], call->vc, &info), CO_STATUS_SUCCESS);
	return info.label;
}

/* I3, SIG-78: not in call control, which chooses labels, nor in the dataplane. */
static void
a_label_is_free_only_after_the_grace_period(void **state)
{
	struct chain *ch = *state;
	struct net *net = trunk_net(ch);
	struct chain_call *gone = held_close(ch, USER), *next;
	uint32_t label = label_of(ch, gone), before = dp_n_labels(net->dp, net->east);
	dp_circuit_t circuit;

	assert_int_equal(n_labels(ch, NETWORK), 1);
	assert_int_equal(dp_circuit_open(net->dp, net->east, label, false, 0, &circuit), -EEXIST);
	assert_int_equal(dp_circuit_open(net->dp, net->west, label, false, 0, &circuit), -EEXIST);
	next = chain_call_up(ch, USER);
	assert_int_not_equal(label_of(ch, next), label);
	trunk_hold(ch, false);
	chain_run_ms(ch, 5);
	assert_int_equal(n_labels(ch, NETWORK), 1); /* the next call's */
	assert_int_equal(dp_n_labels(net->dp, net->east), before);
	assert_int_equal(chain_close(next, NULL, 0), CO_STATUS_PENDING);
}

/* ---- Frames. ---- */

/* A frame of a customer on @p label, as it comes from the trunk's peer. */
static void
arrive_labelled(struct chain *ch, enum chain_side side, uint32_t label)
{
	char hex[64];

	snprintf(hex, sizeof(hex), "0a0b0c0d0e0f 1a1b1c1d1e1f 8847 %08x 00000000",
		label << 12 | 1u << 8 | 255u);
	arrive(trunk_net(ch), trunk_port(side), hex, 100);
}

static void
expect_one_drop(struct chain *ch, enum chain_side side, uint32_t label, enum dp_drop reason)
{
	struct net *net = trunk_net(ch);
	uint64_t before = drops(net, trunk_port(side), reason);

	arrive_labelled(ch, side, label);
	chain_turn(ch);
	assert_int_equal(drops(net, trunk_port(side), reason), before + 1);
	assert_null(left(net, LAN));
}

/* I1: the label leads nowhere from the moment of deactivation, before the grace period and after.
 */
static void
a_frame_on_the_label_of_a_closed_call_is_dropped(void **state)
{
	struct chain *ch = *state;
	struct chain_call *call = chain_call_up(ch, USER);
	uint32_t label = label_of(ch, call);

	expect_one_drop(ch, USER, label, DP_DROP_NOT_CONNECTED);
	trunk_hold(ch, true);
	assert_int_equal(chain_close(call, NULL, 0), CO_STATUS_PENDING);
	chain_run_until(ch, both_unlinked, 1000);
	expect_one_drop(ch, USER, label, DP_DROP_NO_CIRCUIT);
	expect_one_drop(ch, NETWORK, label, DP_DROP_NO_CIRCUIT);
	trunk_hold(ch, false);
	chain_run_until(ch, chain_is_idle, 1000);
	expect_one_drop(ch, USER, label, DP_DROP_NO_CIRCUIT);
	expect_one_drop(ch, NETWORK, label, DP_DROP_NO_CIRCUIT);
}

#define CUSTOMER "020000000001 020000000002 "

/* Two attachments of the access port, VLANs 1 and 2, at the ends of a call. */
static void
attach(struct chain *ch, struct chain_call *call, uint16_t vlan)
{
	uint32_t attachment = add_attachment(trunk_net(ch), 1, vlan, 0);

	assert_int_equal(co_oid_request(ch->co[call->client->side], call->vc, CO_OID_VC_ATTACH,
				 &attachment, sizeof(attachment)),
		CO_STATUS_SUCCESS);
}

static void
expect_frame_through(struct chain *ch)
{
	struct net *net = trunk_net(ch);

	arrive(net, LAN, CUSTOMER "8100 0001 0800 4500", 80);
	chain_run_ms(ch, 2);
	expect_left(net, LAN, CUSTOMER "8100 0002 0800 4500", 80);
	arrive(net, LAN, CUSTOMER "8100 0002 0800 4500", 80);
	chain_run_ms(ch, 2);
	expect_left(net, LAN, CUSTOMER "8100 0001 0800 4500", 80);
}

/* I5, CLOSE-41, STAT-1 */
static void
frames_of_a_call_that_stays_pass_while_another_closes(void **state)
{
	struct chain *ch = *state;
	struct chain_call *stays = chain_call_up(ch, USER), *theirs = ch->client[NETWORK].last;
	struct chain_call *goes = chain_call_up(ch, USER);
	struct co_vc_statistics stats;

	attach(ch, stays, 1);
	attach(ch, theirs, 2);
	expect_frame_through(ch);
	trunk_hold(ch, true);
	assert_int_equal(chain_close(goes, NULL, 0), CO_STATUS_PENDING);
	chain_run_until(ch, both_unlinked, 1000);
	expect_frame_through(ch);
	trunk_hold(ch, false);
	chain_run_ms(ch, 100);
	assert_int_equal(goes->n_closed, 1);
	expect_frame_through(ch);
	assert_int_equal(co_oid_request(ch->co[USER], stays->vc, CO_OID_VC_STATISTICS, &stats,
				 sizeof(stats)),
		CO_STATUS_SUCCESS);
	assert_int_equal(stats.tx_packets, 3);
	assert_int_equal(stats.rx_packets, 3);
	assert_int_equal(chain_close(stays, NULL, 0), CO_STATUS_PENDING);
	chain_run_until(ch, chain_is_idle, 1000);
	arrive(trunk_net(ch), LAN, CUSTOMER "8100 0001 0800 4500", 80);
	chain_run_ms(ch, 2);
	assert_null(left(trunk_net(ch), LAN));
	assert_int_equal(drops(trunk_net(ch), LAN, DP_DROP_ATTACHMENT_IDLE), 1);
}

/* ---- The signalling VC. ---- */

/* CLOSE-40 */
static void
closing_every_call_leaves_the_signalling_vc_alone(void **state)
{
	struct chain *ch = *state;
	struct net *net = trunk_net(ch);

	assert_int_equal(chain_close(chain_call_up(ch, USER), NULL, 0), CO_STATUS_PENDING);
	assert_int_equal(chain_close(chain_call_up(ch, NETWORK), NULL, 0), CO_STATUS_PENDING);
	chain_run_until(ch, chain_is_idle, 1000);
	assert_int_equal(dp_n_circuits(net->dp), 2);
	assert_int_equal(dp_n_labels(net->dp, net->east), 1);
	assert_int_equal(dp_n_labels(net->dp, net->west), 1);
	assert_true(chain_link_is_up(ch, USER));
	assert_true(chain_link_is_up(ch, NETWORK));
	expect_figures_from(ch, USER);
}

/* ---- Races. ---- */

/* RACE-1, SIG-76 */
static void
closes_that_cross_complete_on_both_sides_without_an_incoming_close(void **state)
{
	struct chain *ch = *state;
	struct chain_call *ours = chain_call_up(ch, USER);
	struct chain_call *theirs = ch->client[NETWORK].last;

	assert_int_equal(chain_close(ours, NULL, 0), CO_STATUS_PENDING);
	assert_int_equal(chain_close(theirs, NULL, 0), CO_STATUS_PENDING);
	chain_run_until(ch, chain_is_idle, 1000);
	assert_int_equal(ours->n_closed, 1);
	assert_int_equal(theirs->n_closed, 1);
	assert_int_equal(ours->n_incoming_close, 0);
	assert_int_equal(theirs->n_incoming_close, 0);
}

/* RACE-4 */
static void
a_close_of_a_call_that_is_being_made_waits_for_its_answer(void **state)
{
	struct chain *ch = *state;
	struct chain_call *call = chain_call(ch, USER);

	assert_int_equal(chain_close(call, NULL, 0), CO_STATUS_PENDING);
	chain_run_until(ch, chain_is_idle, 1000);
	assert_int_equal(call->n_made, 1);
	assert_int_equal(call->make_status, CO_STATUS_SUCCESS);
	assert_int_equal(call->n_closed, 1);
	assert_int_equal(ch->client[NETWORK].last->n_closed, 1);
}

/* CLOSE-36, CLOSE-39 */
static void
a_close_from_make_call_complete_ends_the_call(void **state)
{
	struct chain *ch = *state;
	struct chain_call *call;

	ch->client[USER].closes_when_made = true;
	call = chain_call(ch, USER);
	chain_run_until(ch, chain_is_idle, 1000);
	assert_int_equal(call->n_closed, 1);
	assert_int_equal(ch->client[NETWORK].last->n_closed, 1);
}

/* CLOSE-3 */
static void
a_second_close_is_refused_and_the_first_one_completes_once(void **state)
{
	struct chain *ch = *state;
	struct chain_call *call = held_close(ch, USER);

	assert_int_equal(chain_close(call, NULL, 0), CO_STATUS_CLOSING);
	trunk_hold(ch, false);
	chain_run_until(ch, chain_is_idle, 1000);
	assert_int_equal(call->n_closed, 1);
}

/* Design 5: all that is unlinked in one turn of control shares one token. */
static void
calls_closed_together_share_a_grace_period(void **state)
{
	struct chain *ch = *state;
	struct dp_reclaim_stats before, after;
	uint32_t i;

	for (i = 0; i < 20; i++)
		chain_call_up(ch, USER);
	dp_reclaim_stats(trunk_net(ch)->dp, &before);
	for (i = 0; i < 20; i++)
		assert_int_equal(
			chain_close(&ch->client[USER].calls[i], NULL, 0), CO_STATUS_PENDING);
	chain_run_until(ch, chain_is_idle, 1000);
	dp_reclaim_stats(trunk_net(ch)->dp, &after);
	assert_int_equal(after.circuits - before.circuits, 40);
	assert_in_range(after.grace_periods - before.grace_periods, 1, 4);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FOUR(a_close_takes_the_steps_of_its_figure_on_both_sides),
		FOUR(deactivation_waits_for_the_slowest_worker),
		FOUR(a_delete_before_deactivation_is_refused_and_succeeds_after_it),
		PAIRED(reuse_before_deactivation_is_refused_and_works_after_it, mcm_mcm),
		PAIRED(reuse_before_deactivation_is_refused_and_works_after_it, mcm_cm),
		PAIRED(a_vc_carries_the_next_call_from_inside_close_call_complete, cm_mcm),
		PAIRED(a_vc_carries_the_next_call_from_inside_close_call_complete, cm_cm),
		FOUR(a_label_is_free_only_after_the_grace_period),
		FOUR(a_frame_on_the_label_of_a_closed_call_is_dropped),
		FOUR(frames_of_a_call_that_stays_pass_while_another_closes),
		FOUR(closing_every_call_leaves_the_signalling_vc_alone),
		FOUR(closes_that_cross_complete_on_both_sides_without_an_incoming_close),
		FOUR(a_close_of_a_call_that_is_being_made_waits_for_its_answer),
		FOUR(a_close_from_make_call_complete_ends_the_call),
		FOUR(a_second_close_is_refused_and_the_first_one_completes_once),
		FOUR(calls_closed_together_share_a_grace_period),
	};

	return cmocka_run_group_tests(tests, eal_setup, eal_teardown);
}
