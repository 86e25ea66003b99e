/* SPDX-License-Identifier: BSD-3-Clause */
/* RESTART through call manager, broker and dataplane; and what a port that is down does to calls.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <rte_ethdev.h>

#include "pairing.h"

#include <cmocka.h>

#define TAG 17u

/* ---- RESTART. ---- */

struct restarts {
	unsigned int n_acknowledged, n_given_up;
};

static void
on_restarted(void *arg, uint32_t tag, bool acknowledged)
{
	struct restarts *r = arg;

	assert_int_equal(tag, TAG);
	r->n_acknowledged += acknowledged;
	r->n_given_up += !acknowledged;
}

static struct uni_link_stats
stats_of(struct chain *ch, enum chain_side side)
{
	struct uni_link_stats stats;

	uni_link_stats(callmgr_link(chain_callmgr(ch, side)), &stats);
	return stats;
}

/* SIG-81, SIG-82, SIG-R7 */
static void
a_restart_ends_the_calls_of_both_clients_and_leaves_no_circuit(void **state)
{
	struct chain *ch = *state;
	struct chain_call *ours = chain_call_up(ch, USER);
	struct chain_call *theirs = ch->client[NETWORK].last;
	struct restarts restarts = { 0 };

	chain_call_up(ch, NETWORK);
	assert_int_equal(callmgr_restart(chain_callmgr(ch, USER), UNI_RESTART_ALL, 0, on_restarted,
				 &restarts, TAG),
		0);
	assert_int_equal(callmgr_restart(chain_callmgr(ch, USER), UNI_RESTART_ALL, 0, on_restarted,
				 &restarts, TAG),
		-EBUSY);
	chain_run_ms(ch, 100);
	assert_int_equal(restarts.n_acknowledged, 1);
	assert_int_equal(restarts.n_given_up, 0);
	assert_int_equal(ours->n_incoming_close, 1);
	assert_int_equal(ours->told.octets[0], UNI_CAUSE_TEMPORARY_FAILURE);
	assert_int_equal(theirs->n_incoming_close, 1);
	assert_int_equal(theirs->told.octets[0], UNI_CAUSE_TEMPORARY_FAILURE);
	chain_run_until(ch, chain_is_idle, 1000);
	assert_int_equal(dp_n_circuits(trunk_net(ch)->dp), 2); /* those of signalling */
	assert_int_equal(stats_of(ch, USER).n_set_aside, 0);
	assert_int_equal(stats_of(ch, USER).tx[0x4d] + stats_of(ch, NETWORK).tx[0x4d], 0);
	assert_int_equal(chain_close(chain_call_up(ch, USER), NULL, 0), CO_STATUS_PENDING);
}

/* SIG-R7: a grace period that has not passed holds the acknowledgement up */
static void
a_restart_is_acknowledged_when_the_dataplane_has_let_go(void **state)
{
	struct chain *ch = *state;
	struct restarts restarts = { 0 };

	chain_call_up(ch, USER);
	trunk_hold(ch, true);
	assert_int_equal(callmgr_restart(chain_callmgr(ch, USER), UNI_RESTART_VPC, 0, on_restarted,
				 &restarts, TAG),
		0);
	chain_run_ms(ch, 1000);
	assert_int_equal(stats_of(ch, NETWORK).n_calls, 0);
	assert_int_equal(restarts.n_acknowledged, 0);
	trunk_hold(ch, false);
	chain_run_ms(ch, 100);
	assert_int_equal(restarts.n_acknowledged, 1);
}

/* ---- The port. ---- */

static void
set_port(struct chain *ch, enum chain_side side, bool up)
{
	uint16_t ethdev = trunk_net(ch)->ethdev[trunk_port(side)];

	assert_int_equal(
		up ? rte_eth_dev_set_link_up(ethdev) : rte_eth_dev_set_link_down(ethdev), 0);
}

static bool
are_links_up(const struct chain *ch)
{
	struct chain *c = (struct chain *)(uintptr_t)ch;

	return chain_link_is_up(c, USER) && chain_link_is_up(c, NETWORK);
}

/* SIG-102, SIG-96, SIG-98, UNB-10: a call that is up stays, one that is not ends with 27 */
static void
a_port_that_is_down_takes_the_signalling_link_with_it_at_once(void **state)
{
	struct chain *ch = *state;
	struct chain_call *up = chain_call_up(ch, USER), *waiting;

	ch->client[NETWORK].answer = CO_STATUS_PENDING;
	waiting = chain_call(ch, USER);
	chain_run_ms(ch, 20);
	set_port(ch, USER, false);
	chain_run_ms(ch, 20);
	assert_false(uni_link_is_up(callmgr_link(chain_callmgr(ch, USER))));
	assert_int_equal(
		sscf_state(callmgr_sscf(chain_callmgr(ch, USER))), SSCF_ST_AWAIT_ESTABLISH);
	assert_int_equal(waiting->n_made, 1);
	assert_int_equal(waiting->cause, UNI_CAUSE_OUT_OF_ORDER);
	assert_int_equal(up->n_incoming_close, 0);
	set_port(ch, USER, true);
	chain_run_until(ch, are_links_up, 5000);
	chain_run_ms(ch, 15000); /* T309 runs no more */
	assert_int_equal(up->n_incoming_close, 0);
	assert_int_equal(chain_close(up, NULL, 0), CO_STATUS_PENDING);
}

/* SIG-102: a port that is back is asked at once, whatever T-LINK has grown to */
static void
a_port_that_is_back_is_used_at_once(void **state)
{
	struct chain *ch = *state;
	enum chain_side side;

	for (side = USER; side < SIDE_COUNT; side++)
		set_port(ch, side, false);
	chain_run_ms(ch, 20);
	chain_run_ms(ch, 40000); /* T-LINK: 1, 3, 7, 15, 31, 61 s */
	for (side = USER; side < SIDE_COUNT; side++)
		set_port(ch, side, true);
	chain_run_until(ch, are_links_up, 1500);
}

/* SIG-102: the other choice */
static void
a_port_that_is_down_is_left_to_the_transport_to_notice(void **state)
{
	struct chain *ch = *state;
	struct chain_call *waiting;

	ch->client[NETWORK].answer = CO_STATUS_PENDING;
	waiting = chain_call(ch, USER);
	chain_run_ms(ch, 20);
	set_port(ch, USER, false);
	chain_run_ms(ch, 1000);
	assert_true(chain_link_is_up(ch, USER));
	assert_int_equal(waiting->n_made, 0);
	set_port(ch, USER, true);
	chain_run_ms(ch, 100);
	assert_true(chain_link_is_up(ch, USER));
	assert_int_equal(chain_answer(ch->client[NETWORK].last, CO_STATUS_SUCCESS), 0);
	chain_run_ms(ch, 100);
	assert_int_equal(waiting->make_status, CO_STATUS_SUCCESS);
	assert_int_equal(chain_close(waiting, NULL, 0), CO_STATUS_PENDING);
}

static int
clearing(void **state, bool user_is_mcm, bool network_is_mcm)
{
	*state = chain_create(&(struct chain_config){
		.mcm = { user_is_mcm, network_is_mcm }, .port_down_clears = true });
	return 0;
}

static int
setup_clearing_mcm_cm(void **state)
{
	return clearing(state, true, false);
}

static int
setup_clearing_cm_mcm(void **state)
{
	return clearing(state, false, true);
}

#define CLEARING(name) PAIRED(name, clearing_mcm_cm), PAIRED(name, clearing_cm_mcm)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FOUR(a_restart_ends_the_calls_of_both_clients_and_leaves_no_circuit),
		FOUR(a_restart_is_acknowledged_when_the_dataplane_has_let_go),
		CLEARING(a_port_that_is_down_takes_the_signalling_link_with_it_at_once),
		CLEARING(a_port_that_is_back_is_used_at_once),
		FOUR(a_port_that_is_down_is_left_to_the_transport_to_notice),
	};

	return cmocka_run_group_tests(tests, eal_setup, eal_teardown);
}
