/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whatever runs out, a new call is refused with the right cause, those that stand do not notice,
 * and as many calls as end can be set up again.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "kinds.h"

#include <cmocka.h>

#define N_CALLS (rig_size(1024, RIG_HUGE) - RIG_KEPT)
#define N_MORE 100u /* that there is no room for */
#define N_AGAIN 50u /* that close, and are set up again */
#define N_VPCIS rig_size(1, 16)
#define N_LABELS (N_VPCIS * 65504) /* VCIs 32 to 65,535 of each */

static void
dial(struct rig *r, uint32_t n, uint32_t n_refused, uint8_t cause)
{
	const struct end *e = &r->ends[NEAR];

	rig_dial(r, n);
	rig_until(r, rig_all_told, RIG_PATIENCE_S);
	assert_int_equal(e->n_dialled, n - n_refused);
	assert_int_equal(e->n_failed, n_refused);
	if (n_refused != 0)
		assert_int_equal(e->last_cause, cause);
	rig_run_ms(r, 100); /* what was refused is tidied up */
}

static void
close_some(struct rig *r, uint32_t n)
{
	rig_close(r, n);
	rig_until(r, rig_all_told, RIG_PATIENCE_S);
	assert_int_equal(r->ends[NEAR].n_closed, n);
	rig_run_ms(r, 100);
}

static uint32_t
n_active(const struct rig *r, enum rig_side side)
{
	struct uni_link_stats stats;

	rig_stats(r, side, &stats);
	assert_int_equal(stats.n_calls, stats.n_active);
	return stats.n_active;
}

/* There is room for @p n calls beside those that are kept; what is beyond gets @p cause. */
static void
run_out_and_recover(struct rig *r, uint32_t n, uint8_t cause)
{
	dial(r, n + N_MORE, N_MORE, cause);
	dial(r, N_MORE, N_MORE, cause);
	assert_int_equal(n_active(r, NEAR), n + r->n_kept);
	assert_int_equal(n_active(r, FAR), n + r->n_kept);
	close_some(r, N_AGAIN);
	dial(r, N_AGAIN + N_MORE, N_MORE, cause);
	assert_int_equal(n_active(r, FAR), n + r->n_kept);
	rig_send_traffic(r);
	rig_turn(r);
	rig_expect_kept(r);
	rig_destroy(r);
}

static struct rig *
create(void **state, struct rig_config config)
{
	config.standalone = kind_is_standalone(state);
	config.ring_size[NEAR] = config.ring_size[FAR] = 1024;
	return rig_create(&config, true);
}

/* SIG-72 */
static void
calls_that_the_called_end_has_no_room_for_get_cause_47(void **state)
{
	run_out_and_recover(create(state, (struct rig_config){ .n_calls = { 2 * N_CALLS,
								       N_CALLS + RIG_KEPT } }),
		N_CALLS, UNI_CAUSE_NO_RESOURCE);
}

/* ACT-7 */
static void
calls_that_the_called_end_has_no_circuit_for_get_cause_47(void **state)
{
	run_out_and_recover(
		create(state, (struct rig_config){ .n_calls = { 2 * N_CALLS, 2 * N_CALLS },
				      .n_circuits = { 0, N_CALLS + RIG_KEPT } }),
		N_CALLS, UNI_CAUSE_NO_RESOURCE);
}

/* ACT-7: by then the called end has answered, so it hears of the end too. */
static void
calls_that_the_calling_end_has_no_circuit_for_get_cause_47(void **state)
{
	run_out_and_recover(
		create(state, (struct rig_config){ .n_calls = { 2 * N_CALLS, 2 * N_CALLS },
				      .n_circuits = { N_CALLS + RIG_KEPT, 0 } }),
		N_CALLS, UNI_CAUSE_NO_RESOURCE);
}

/* SIG-29 */
static void
calls_that_the_network_has_no_label_for_get_cause_45(void **state)
{
	run_out_and_recover(create(state, (struct rig_config){ .n_calls = { N_LABELS + N_CALLS,
								       N_LABELS + N_CALLS },
						  .n_vpcis = N_VPCIS }),
		N_LABELS - RIG_KEPT, UNI_CAUSE_NO_VC);
}

static int
dial_from(struct rig *r, enum rig_side side)
{
	const struct end *e = &r->ends[side];

	return load_dial(e->load, e->trunks[0].adapter, &r->from, &r->to, 0, 1);
}

/* The client's own table: it is told at once, and nothing has begun. */
static void
a_dial_without_a_record_for_it_is_refused_at_once(void **state)
{
	struct rig *r = create(
		state, (struct rig_config){ .n_calls = { N_CALLS + RIG_KEPT, 2 * N_CALLS } });

	dial(r, N_CALLS, 0, 0);
	assert_int_equal(dial_from(r, NEAR), -ENOSPC);
	assert_int_equal(n_active(r, NEAR), N_CALLS + RIG_KEPT);
	close_some(r, 1);
	dial(r, 1, 0, 0);
	assert_int_equal(dial_from(r, NEAR), -ENOSPC);
	rig_send_traffic(r);
	rig_turn(r);
	rig_expect_kept(r);
	rig_destroy(r);
}

/* SIG-30: the network names the VC in its own SETUP. */
static void
a_dial_of_the_network_without_a_label_gets_cause_45(void **state)
{
	struct rig *r = create(
		state, (struct rig_config){ .n_calls = { N_LABELS + N_CALLS, N_LABELS + N_CALLS },
			       .n_vpcis = N_VPCIS });
	struct end *far = &r->ends[FAR];

	dial(r, N_LABELS - RIG_KEPT, 0, 0);
	assert_int_equal(dial_from(r, FAR), 0);
	assert_int_equal(far->n_failed, 1);
	assert_int_equal(far->last_cause, UNI_CAUSE_NO_VC);
	assert_int_equal(n_active(r, FAR), N_LABELS);
	rig_destroy(r);
}

/* ---- Call references. ---- */

#define N_FEW (rig_size(1024, RIG_HUGE / 2) - RIG_KEPT) /* twice as many have labels */
#define N_REFERENCES (2 * (N_FEW + RIG_KEPT))           /* of ours: twice as many as calls */

static bool
near_is_told(struct rig *r)
{
	return rig_all_told(r) && rig_has_no_more(r, NEAR);
}

/* Calls that the peer does not answer about any more leave their references set aside. */
static void
set_aside(struct rig *r, uint32_t n)
{
	dial(r, n, 0, 0);
	rig_set_deaf(r, FAR, true);
	rig_close(r, n);
	rig_until(r, near_is_told, (n / RIG_CLOSES_OUT + 1) * 2 * RIG_PATIENCE_S); /* T308 twice */
	rig_set_deaf(r, FAR, false);
}

static bool
none_is_set_aside(struct rig *r)
{
	struct uni_link_stats stats;

	rig_stats(r, NEAR, &stats);
	return stats.n_set_aside == 0;
}

/* SIG-13, SIG-122: they come back when the two ends have asked each other. */
static void
references_that_are_set_aside_run_out_and_come_back(void **state)
{
	struct rig *r =
		create(state, (struct rig_config){ .n_calls = { N_FEW + RIG_KEPT, 4 * N_FEW } });
	struct uni_link_stats stats;

	set_aside(r, N_FEW);
	set_aside(r, N_FEW);
	rig_stats(r, NEAR, &stats);
	assert_int_equal(stats.n_set_aside, 2 * N_FEW);
	assert_int_equal(stats.n_references, 2 * N_FEW + RIG_KEPT);
	dial(r, N_MORE, N_MORE - (N_REFERENCES - stats.n_references), UNI_CAUSE_NO_RESOURCE);
	rig_send_traffic(r);
	rig_break_link(r);
	rig_until(r, none_is_set_aside, RIG_PATIENCE_S);
	close_some(r, N_REFERENCES - 2 * N_FEW - RIG_KEPT);
	dial(r, N_FEW, 0, 0);
	rig_expect_kept(r);
	rig_destroy(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH_KINDS(calls_that_the_called_end_has_no_room_for_get_cause_47),
		BOTH_KINDS(calls_that_the_called_end_has_no_circuit_for_get_cause_47),
		BOTH_KINDS(calls_that_the_calling_end_has_no_circuit_for_get_cause_47),
		BOTH_KINDS(calls_that_the_network_has_no_label_for_get_cause_45),
		BOTH_KINDS(a_dial_without_a_record_for_it_is_refused_at_once),
		BOTH_KINDS(a_dial_of_the_network_without_a_label_gets_cause_45),
		BOTH_KINDS(references_that_are_set_aside_run_out_and_come_back),
	};

	return cmocka_run_group_tests(tests, rig_group_setup, rig_group_teardown);
}
