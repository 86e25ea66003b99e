/* SPDX-License-Identifier: BSD-3-Clause */
/* Clients that move the data of their calls themselves, leaves, rates and the adapter's own end. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "pairing.h"

#include <cmocka.h>

#define RING_ROOM 63u /* frames that the fixture's ring from control takes */
#define N_PACKETS 100u

static struct co_packet packets[N_PACKETS];
static uint8_t octets[64];

static void
send_packets(struct chain_call *call, uint32_t n)
{
	struct co_packet *pkts[N_PACKETS];
	uint32_t i;

	for (i = 0; i < n; i++) {
		packets[i] = (struct co_packet){ .data = octets, .len = sizeof(octets) };
		pkts[i] = &packets[i];
	}
	co_send(call->client->co, call->vc, pkts, n);
}

static enum co_status
receive_locally(struct chain_call *call)
{
	return co_oid_request(call->client->co, call->vc, CO_OID_VC_LOCAL, NULL, 0);
}

static enum co_vc_state
vc_state(const struct chain_call *call)
{
	struct co_vc_info info;

	assert_int_equal(co_vc_query(call->client->co, call->vc, &info), CO_STATUS_SUCCESS);
	return info.vc_state;
}

/* A call whose clients both receive what comes. */
static struct chain_call *
local_call(struct chain *ch, struct chain_call **theirs)
{
	struct chain_call *ours = chain_call_up(ch, USER);

	*theirs = ch->client[NETWORK].last;
	assert_int_equal(receive_locally(ours), CO_STATUS_SUCCESS);
	assert_int_equal(receive_locally(*theirs), CO_STATUS_SUCCESS);
	return ours;
}

/* SEND-1, RECV-1 */
static void
clients_send_to_each_other_over_their_call(void **state)
{
	struct chain *ch = *state;
	struct chain_call *ours, *theirs;

	ours = local_call(ch, &theirs);
	send_packets(ours, 3);
	chain_run_ms(ch, 3);
	assert_int_equal(ours->n_sent, 3);
	assert_int_equal(theirs->n_received, 3);
	send_packets(theirs, 2);
	chain_run_ms(ch, 3);
	assert_int_equal(ours->n_received, 2);
	assert_int_equal(chain_close(ours, NULL, 0), CO_STATUS_PENDING);
}

/* CLOSE-27, SEND-4 */
static void
a_close_is_refused_while_sends_wait_and_works_when_they_are_back(void **state)
{
	struct chain *ch = *state;
	struct chain_call *ours, *theirs;

	ours = local_call(ch, &theirs);
	send_packets(ours, RING_ROOM + 10);
	assert_in_range(ours->n_sent, RING_ROOM - 5, RING_ROOM);
	assert_int_equal(chain_close(ours, NULL, 0), CO_STATUS_NOT_ACCEPTED);
	chain_run_ms(ch, 10);
	assert_int_equal(ours->n_sent, RING_ROOM + 10);
	assert_int_equal(chain_close(ours, NULL, 0), CO_STATUS_PENDING);
	chain_run_until(ch, chain_is_idle, 1000);
	assert_int_equal(theirs->n_received, RING_ROOM + 10);
}

/* CLOSE-30, CLOSE-20, DEACT-2, DEACT-13 */
static void
a_call_is_over_when_its_client_has_returned_what_it_held(void **state)
{
	struct chain *ch = *state;
	struct chain_call *ours, *theirs;
	struct co_census census;

	ch->client[USER].keeps_vcs = true;
	ours = local_call(ch, &theirs);
	ch->client[USER].holds_receives = true;
	send_packets(theirs, 3);
	chain_run_ms(ch, 3);
	assert_int_equal(ch->client[USER].n_held, 3);
	assert_int_equal(chain_close(ours, NULL, 0), CO_STATUS_PENDING);
	chain_run_ms(ch, 200);
	assert_int_equal(ours->n_closed, ch->completes_first[USER] ? 1 : 0);
	assert_int_equal(
		vc_state(ours), ch->completes_first[USER] ? CO_VC_ACTIVE : CO_VC_DEACTIVATING);
	chain_return_held(&ch->client[USER]);
	chain_run_ms(ch, 2);
	assert_int_equal(ours->n_closed, 1);
	assert_int_equal(vc_state(ours), CO_VC_DEACTIVATED);
	co_census(ch->co[USER], &census);
	assert_int_equal(census.n_drain_violations, 0);
	assert_int_equal(chain_delete(ours), CO_STATUS_SUCCESS);
}

/* DEACT-2: with either kind of call manager. */
static void
a_client_that_holds_on_is_reported(void **state)
{
	struct chain *ch = *state;
	struct chain_call *ours, *theirs;
	struct ethvc_overdue overdue;

	ch->client[USER].keeps_vcs = true;
	ours = local_call(ch, &theirs);
	ch->client[USER].holds_receives = true;
	send_packets(theirs, 2);
	chain_run_ms(ch, 3);
	assert_int_equal(chain_close(ours, NULL, 0), CO_STATUS_PENDING);
	chain_run_ms(ch, 9000);
	trunk_overdue(ch, USER, &overdue);
	assert_int_equal(overdue.n_vcs, 0);
	chain_run_ms(ch, 3000);
	trunk_overdue(ch, USER, &overdue);
	assert_int_equal(overdue.n_vcs, 1);
	assert_int_equal(overdue.vc, ours->vc);
	assert_int_equal(overdue.n_packets, 2);
	chain_return_held(&ch->client[USER]);
	chain_run_ms(ch, 2);
	trunk_overdue(ch, USER, &overdue);
	assert_int_equal(overdue.n_vcs, 0);
	assert_int_equal(chain_delete(ours), CO_STATUS_SUCCESS);
}

static uint32_t
label_of(const struct chain_call *call)
{
	struct co_vc_info info;

	assert_int_equal(co_vc_query(call->client->co, call->vc, &info), CO_STATUS_SUCCESS);
	return info.label;
}

/* CLOSE-29, CLOSE-31, I1: frames come all the time, until the close is complete and no further. */
static void
nothing_reaches_a_client_whose_close_is_complete(void **state)
{
	struct chain *ch = *state;
	struct chain_call *ours, *theirs;
	unsigned int at_close = 0, at_end = 0, i;
	char hex[64];

	ch->client[USER].keeps_vcs = true;
	ours = local_call(ch, &theirs);
	snprintf(hex, sizeof(hex), "0a0b0c0d0e0f 1a1b1c1d1e1f 8847 %08x 00000000",
		label_of(ours) << 12 | 1u << 8 | 255u);
	for (i = 0; i < 300; i++) {
		if (i == 5)
			assert_int_equal(chain_close(ours, NULL, 0), CO_STATUS_PENDING);
		arrive(trunk_net(ch), EAST, hex, 100);
		chain_turn(ch);
		if (i == 4)
			at_close = ours->n_received;
		if (ours->n_closed == 0)
			at_end = ours->n_received;
	}
	assert_int_equal(ours->n_closed, 1);
	assert_int_not_equal(at_close, 0);
	assert_true(at_end > at_close);
	assert_in_range(ours->n_received, at_end, at_end + 1); /* in the turn that ended it */
	assert_int_equal(chain_delete(ours), CO_STATUS_SUCCESS);
}

/* RACE-18 */
static void
a_send_behind_a_close_reaches_no_wire(void **state)
{
	struct chain *ch = *state;
	struct chain_call *ours, *theirs;

	ours = local_call(ch, &theirs);
	assert_int_equal(chain_close(ours, NULL, 0), CO_STATUS_PENDING);
	send_packets(ours, 2);
	assert_int_equal(ours->n_sent, 2);
	assert_int_equal(packets[1].status, CO_STATUS_CLOSING);
	chain_run_until(ch, chain_is_idle, 1000);
	assert_int_equal(theirs->n_received, 0);
}

/* ---- Rates and leaves. ---- */

static int
setup_metered(void **state, bool user_is_mcm, bool network_is_mcm)
{
	*state = chain_create(
		&(struct chain_config){ .mcm = { user_is_mcm, network_is_mcm }, .meter = true });
	return 0;
}

static int
setup_metered_mcm(void **state)
{
	return setup_metered(state, true, true);
}

static int
setup_metered_cm(void **state)
{
	return setup_metered(state, false, false);
}

static struct co_vc_flow
flow_of(const struct chain_call *call)
{
	struct co_vc_flow flow;

	assert_int_equal(
		co_oid_request(call->client->co, call->vc, CO_OID_VC_FLOW, &flow, sizeof(flow)),
		CO_STATUS_SUCCESS);
	return flow;
}

static bool
is_near(uint64_t value, uint64_t wanted)
{
	return value >= wanted && value <= wanted + wanted / 100;
}

/* ACT-5, QOS-2, QOS-7: through the whole chain, down to the meters. */
static void
a_call_is_metered_at_its_rates_and_at_those_it_changes_to(void **state)
{
	struct chain *ch = *state;
	struct chain_call *ours, *theirs;

	ours = local_call(ch, &theirs);
	assert_true(is_near(flow_of(ours).tx.peak_rate, 96000));
	assert_true(is_near(flow_of(theirs).rx.peak_rate, 96000));
	assert_true(is_near(flow_of(theirs).tx.peak_rate, 48000));
	assert_int_equal(chain_modify(ours, 480000, 240000), CO_STATUS_PENDING);
	chain_run_ms(ch, 200);
	assert_int_equal(ours->n_modified, 1);
	assert_int_equal(ours->modify_status, CO_STATUS_SUCCESS);
	assert_true(is_near(flow_of(ours).tx.peak_rate, 480000));
	assert_true(is_near(flow_of(theirs).tx.peak_rate, 240000));
	send_packets(ours, 3);
	chain_run_ms(ch, 3);
	assert_int_equal(theirs->n_received, 3);
	assert_int_equal(chain_close(ours, NULL, 0), CO_STATUS_PENDING);
}

/* OBJ-6, SIG-109 */
static void
every_party_of_a_call_receives_what_its_root_sends(void **state)
{
	struct chain *ch = *state;
	struct chain_client *far = &ch->client[NETWORK];
	struct chain_party *parties[3];
	struct chain_call *root = chain_multipoint_up(ch, USER, 3, parties);
	uint32_t i, n = 0;

	for (i = 0; i < far->n_calls; i++) {
		assert_int_equal(receive_locally(&far->calls[i]), CO_STATUS_SUCCESS);
		n++;
	}
	assert_int_equal(n, 3);
	send_packets(root, 2);
	chain_run_ms(ch, 3);
	for (i = 0; i < 3; i++)
		assert_int_equal(far->calls[i].n_received, 2);
	assert_int_equal(chain_drop(parties[1], NULL, 0), CO_STATUS_PENDING);
	chain_run_ms(ch, 200);
	assert_int_equal(parties[1]->n_dropped, 1);
	send_packets(root, 1);
	chain_run_ms(ch, 3);
	n = 0;
	for (i = 0; i < 3; i++)
		n += far->calls[i].n_received;
	assert_int_equal(n, 3 + 3 + 2);
	chain_tear_down(root);
	chain_run_until(ch, chain_is_idle, 3000);
}

/* ---- The adapter's end. ---- */

static void
on_halted(void *arg, co_adapter_t adapter)
{
	(void)adapter;
	++*(unsigned int *)arg;
}

/* UNB-3, UNB-6, AF-16 */
static void
an_mcm_that_halts_has_all_closed_and_leaves_no_circuit(void **state)
{
	struct chain *ch = *state;
	struct net *net = trunk_net(ch);
	unsigned int n_halted = 0;

	chain_call_up(ch, USER);
	chain_call_up(ch, NETWORK);
	assert_int_equal(
		co_halt(ch->co[USER], ch->adapter[USER], on_halted, &n_halted), CO_STATUS_PENDING);
	assert_int_equal(n_halted, 0);
	chain_run_ms(ch, 2000);
	assert_int_equal(n_halted, 1);
	assert_int_equal(dp_n_labels(net->dp, net->east), 0);
	assert_false(ch->client[USER].af_is_open);
}

/* RESET-1, RESET-5, RESET-7 */
static void
a_close_during_a_reset_goes_through(void **state)
{
	struct chain *ch = *state;
	struct chain_call *stays = chain_call_up(ch, USER), *goes = chain_call_up(ch, USER);
	struct chain_call *theirs = ch->client[NETWORK].last;

	assert_int_equal(co_reset(ch->co[USER], ch->adapter[USER]), CO_STATUS_PENDING);
	assert_int_equal(chain_close(goes, NULL, 0), CO_STATUS_PENDING);
	chain_run_ms(ch, 5000);
	assert_int_equal(goes->n_closed, 1);
	assert_int_equal(theirs->n_closed, 1);
	assert_int_equal(stays->n_incoming_close, 0);
	assert_int_equal(receive_locally(stays), CO_STATUS_SUCCESS);
	assert_int_equal(chain_close(stays, NULL, 0), CO_STATUS_PENDING);
	chain_run_until(ch, chain_is_idle, 1000);
}

#define METERED(name, kind)                                                                        \
	{                                                                                          \
#name ": " #kind, name, setup_metered_##kind, pairing_teardown, NULL               \
	}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FOUR(clients_send_to_each_other_over_their_call),
		FOUR(a_close_is_refused_while_sends_wait_and_works_when_they_are_back),
		FOUR(a_call_is_over_when_its_client_has_returned_what_it_held),
		FOUR(a_client_that_holds_on_is_reported),
		FOUR(nothing_reaches_a_client_whose_close_is_complete),
		FOUR(a_send_behind_a_close_reaches_no_wire),
		METERED(a_call_is_metered_at_its_rates_and_at_those_it_changes_to, mcm),
		METERED(a_call_is_metered_at_its_rates_and_at_those_it_changes_to, cm),
		FOUR(every_party_of_a_call_receives_what_its_root_sends),
		PAIRED(an_mcm_that_halts_has_all_closed_and_leaves_no_circuit, mcm_mcm),
		PAIRED(an_mcm_that_halts_has_all_closed_and_leaves_no_circuit, mcm_cm),
		FOUR(a_close_during_a_reset_goes_through),
	};

	return cmocka_run_group_tests(tests, eal_setup, eal_teardown);
}
