/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "chain.h"
#include "loopvc/loopvc.h"

#include <cmocka.h>

static int
setup_two(void **state)
{
	*state = chain_create(&(struct chain_config){ .n_brokers = 2 });
	return 0;
}

static int
setup_one(void **state)
{
	*state = chain_create(&(struct chain_config){ .n_brokers = 1 });
	return 0;
}

static int
teardown(void **state)
{
	chain_destroy(*state);
	return 0;
}

/* Figure cm-20 (5.1), the miniport taking its time over deactivation; CLOSE-9, CLOSE-18, 21. */
static const char *const closing_steps[] = {
	"co_cl_close_call",
	"callmgr.close_call",
	"-> RELEASE",
	"<- RELEASE COMPLETE",
	"co_cm_deactivate_vc",
	"miniport.deactivate_vc",
	"co_m_deactivate_vc_complete",
	"callmgr.deactivate_vc_complete",
	"co_cm_close_call_complete",
	"client.close_call_complete",
	"callmgr.delete_vc",
	"miniport.delete_vc",
	NULL,
};

/*
 * Figure cm-22 (5.4), on a VC that the call manager made: INCLOSE-10, INCLOSE-13. The answer awaits
 * nothing from the network, so it is pulled while the miniport deactivates.
 */
static const char *const closed_steps[] = {
	"<- RELEASE",
	"co_cm_dispatch_incoming_close_call",
	"client.incoming_close_call SUCCESS",
	"co_cl_close_call",
	"callmgr.close_call",
	"co_cm_deactivate_vc",
	"miniport.deactivate_vc",
	"-> RELEASE COMPLETE",
	"co_m_deactivate_vc_complete",
	"callmgr.deactivate_vc_complete",
	"co_cm_close_call_complete",
	"client.close_call_complete",
	"client.delete_vc",
	"miniport.delete_vc",
	NULL,
};

static void
expect_figures_from(struct chain *ch, enum chain_side from)
{
	static const struct loopvc_options slow = { .deactivate_turns = 3 };
	struct chain_call *call = chain_call_up(ch, from);

	loopvc_set_options(ch->lv, &slow);
	chain_forget_steps(ch);
	assert_int_equal(chain_close(call, NULL, 0), CO_STATUS_PENDING);
	chain_run_until(ch, chain_is_idle, 1000);
	assert_int_equal(call->n_closed, 1);
	assert_int_equal(call->close_status, CO_STATUS_SUCCESS);
	assert_int_equal(call->n_incoming_close, 0);
	chain_expect_steps(ch, from, closing_steps);
	chain_expect_steps(ch, chain_other(from), closed_steps);
}

/* CLOSE-18, figures cm-20 and cm-22 */
static void
a_close_goes_to_the_network_then_deactivates_then_completes(void **state)
{
	expect_figures_from(*state, USER);
	expect_figures_from(*state, NETWORK);
}

/* CLOSE-1 */
static void
the_called_client_can_close_as_well(void **state)
{
	struct chain *ch = *state;
	struct chain_call *ours = chain_call_up(ch, USER);
	struct chain_call *theirs = ch->client[NETWORK].last;

	assert_int_equal(chain_close(theirs, NULL, 0), CO_STATUS_PENDING);
	chain_run_until(ch, chain_is_idle, 1000);
	assert_int_equal(theirs->n_closed, 1);
	assert_int_equal(theirs->n_incoming_close, 0);
	assert_int_equal(theirs->vc, CO_NONE);
	assert_int_equal(ours->n_incoming_close, 1);
	assert_int_equal(ours->n_closed, 1);
}

/* CLOSE-3, 2.6 */
static void
a_second_close_is_refused_and_the_first_one_completes_once(void **state)
{
	struct chain *ch = *state;
	struct chain_call *call = chain_call_up(ch, USER);

	assert_int_equal(chain_close(call, NULL, 0), CO_STATUS_PENDING);
	assert_int_equal(chain_close(call, NULL, 0), CO_STATUS_CLOSING);
	chain_run_until(ch, chain_is_idle, 1000);
	assert_int_equal(call->n_closed, 1);
}

/* CLOSE-10, SIG-115 */
static void
close_data_reaches_the_remote_client(void **state)
{
	static const uint8_t data[] = { 19, 0x04, 'b', 'y', 'e' };
	struct chain *ch = *state;
	struct chain_call *call = chain_call_up(ch, USER);
	struct chain_call *theirs = ch->client[NETWORK].last;

	assert_int_equal(chain_close(call, data, sizeof(data)), CO_STATUS_PENDING);
	chain_run_until(ch, chain_is_idle, 1000);
	assert_int_equal(theirs->n_incoming_close, 1);
	assert_int_equal(theirs->told.size, sizeof(data));
	assert_memory_equal(theirs->told.octets, data, sizeof(data));
}

/* SIG-115: the most that one element carries; cause 0 stands for normal call clearing. */
static void
close_data_of_the_greatest_length_reaches_the_remote_client(void **state)
{
	uint8_t data[1 + UNI_MAX_UU] = { 0 };
	struct chain *ch = *state;
	struct chain_call *call = chain_call_up(ch, NETWORK);
	struct chain_call *theirs = ch->client[USER].last;

	memset(data + 1, 0x5a, sizeof(data) - 1);
	assert_int_equal(chain_close(call, data, sizeof(data)), CO_STATUS_PENDING);
	chain_run_until(ch, chain_is_idle, 1000);
	assert_int_equal(theirs->told.size, sizeof(data));
	assert_int_equal(theirs->told.octets[0], UNI_CAUSE_NORMAL);
	assert_memory_equal(theirs->told.octets + 1, data + 1, sizeof(data) - 1);
}

/* SIG-116: the answer to a release carries data back; it is gone before the close completes. */
static void
data_of_the_answering_close_is_sent_before_it_completes(void **state)
{
	static const uint8_t data[] = { 0, 0x04, 'o', 'k' };
	struct chain *ch = *state;
	struct chain_call *theirs;

	ch->client[NETWORK].leaves_close_open = true;
	assert_int_equal(chain_close(chain_call_up(ch, USER), NULL, 0), CO_STATUS_PENDING);
	chain_run_ms(ch, 50);
	theirs = ch->client[NETWORK].last;
	assert_int_equal(theirs->n_incoming_close, 1);
	assert_int_equal(chain_close(theirs, data, sizeof(data)), CO_STATUS_PENDING);
	chain_run_until(ch, chain_is_idle, 1000);
	assert_int_equal(theirs->n_closed, 1);
}

/* SIG-117, CLOSE-11, CLOSE-12 */
static void
close_data_too_long_is_refused_and_the_call_stays(void **state)
{
	static const uint8_t data[CALLMGR_MAX_CLOSE_DATA + 1];
	static const uint8_t cut[] = { 0x90, 0x7e };
	struct chain *ch = *state;
	struct chain_call *call = chain_call_up(ch, USER);
	struct co_vc_info info;

	chain_forget_steps(ch);
	assert_int_equal(chain_close(call, data, sizeof(data)), CO_STATUS_INVALID_DATA);
	assert_int_equal(chain_close(call, cut, sizeof(cut)), CO_STATUS_INVALID_DATA);
	chain_run_ms(ch, 100);
	assert_false(chain_has_step(ch, USER, "-> RELEASE"));
	assert_int_equal(co_vc_query(ch->co[USER], call->vc, &info), CO_STATUS_SUCCESS);
	assert_int_equal(info.call_state, CO_CALL_UP);
	assert_int_equal(chain_close(call, NULL, 0), CO_STATUS_PENDING);
	chain_run_until(ch, chain_is_idle, 1000);
	assert_int_equal(call->n_closed, 1);
}

/* RACE-1, SIG-76 */
static void
closes_that_cross_complete_on_both_sides_without_an_incoming_close(void **state)
{
	static const struct loopvc_options slow = { .delay_ms = 20 };
	struct chain *ch = *state;
	struct chain_call *ours = chain_call_up(ch, USER);
	struct chain_call *theirs = ch->client[NETWORK].last;

	loopvc_set_options(ch->lv, &slow);
	chain_forget_steps(ch);
	assert_int_equal(chain_close(ours, NULL, 0), CO_STATUS_PENDING);
	assert_int_equal(chain_close(theirs, NULL, 0), CO_STATUS_PENDING);
	chain_run_until(ch, chain_is_idle, 1000);
	assert_int_equal(ours->n_closed, 1);
	assert_int_equal(theirs->n_closed, 1);
	assert_int_equal(ours->n_incoming_close, 0);
	assert_int_equal(theirs->n_incoming_close, 0);
	assert_false(chain_has_step(ch, USER, "<- RELEASE COMPLETE"));
	assert_false(chain_has_step(ch, NETWORK, "<- RELEASE COMPLETE"));
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
	assert_int_equal(call->n_made, 1);
	assert_int_equal(call->n_closed, 1);
	assert_int_equal(ch->client[NETWORK].last->n_incoming_close, 1);
	assert_int_equal(ch->client[NETWORK].last->n_closed, 1);
}

/* The network role's CONNECT ACKNOWLEDGE is forestalled by the close (SIG-N12). */
static void
a_close_from_make_call_complete_of_the_network_side_ends_the_call(void **state)
{
	struct chain *ch = *state;
	struct chain_call *call;

	ch->client[NETWORK].closes_when_made = true;
	call = chain_call(ch, NETWORK);
	chain_run_until(ch, chain_is_idle, 1000);
	assert_int_equal(call->n_closed, 1);
	assert_int_equal(ch->client[USER].last->n_connected, 0); /* INCALL-8 */
	assert_int_equal(ch->client[USER].last->n_incoming_close, 1);
	assert_int_equal(ch->client[USER].last->n_closed, 1);
}

/* CLOSE-32. The network role is connected as it accepts: CONNECT is forestalled (RACE-6). */
static void
a_close_from_call_connected_ends_the_call(void **state)
{
	struct chain *ch = *state;
	struct chain_call *ours;

	ch->client[NETWORK].closes_when_connected = true;
	ours = chain_call(ch, USER);
	chain_run_until(ch, chain_is_idle, 1000);
	assert_int_equal(ch->client[NETWORK].last->n_closed, 1);
	assert_int_equal(ours->make_status, CO_STATUS_FAILURE);
	assert_int_equal(ours->cause, UNI_CAUSE_NORMAL);
	ch->client[USER].closes_when_connected = true;
	ours = chain_call(ch, NETWORK);
	chain_run_until(ch, chain_is_idle, 1000);
	assert_int_equal(ch->client[USER].last->n_closed, 1);
	assert_int_equal(ours->make_status, CO_STATUS_SUCCESS);
	assert_int_equal(ours->n_incoming_close, 1);
	assert_int_equal(ours->n_closed, 1);
}

/* RACE-23, DEACT-9: in this order the VC is free when its close completes. */
static void
a_vc_carries_the_next_call_from_inside_close_call_complete(void **state)
{
	struct chain *ch = *state;
	struct chain_call *call = chain_call_up(ch, USER);

	ch->client[USER].calls_again = true;
	assert_int_equal(chain_close(call, NULL, 0), CO_STATUS_PENDING);
	chain_run_ms(ch, 200);
	assert_int_equal(call->n_closed, 1);
	assert_int_equal(call->n_made, 2);
	assert_int_equal(call->make_status, CO_STATUS_SUCCESS);
	assert_int_equal(chain_close(call, NULL, 0), CO_STATUS_PENDING);
	chain_run_until(ch, chain_is_idle, 1000);
	assert_int_equal(call->n_closed, 2);
}

/* DEACT-2, CLOSE-29, CLOSE-30 */
static void
a_close_waits_for_packets_that_the_client_still_holds(void **state)
{
	struct chain *ch = *state;
	struct chain_call *ours = chain_call_up(ch, USER);
	struct chain_call *theirs = ch->client[NETWORK].last;
	uint8_t octets[] = "traffic";
	struct co_packet packet = { .data = octets, .len = sizeof(octets) };

	ch->client[NETWORK].holds_receives = true;
	chain_send(ours, &packet);
	chain_run_ms(ch, 10);
	assert_int_equal(ours->n_sent, 1);
	assert_int_equal(theirs->n_received, 1);
	assert_memory_equal(ch->client[NETWORK].held[0]->data, octets, sizeof(octets));
	assert_int_equal(chain_close(theirs, NULL, 0), CO_STATUS_PENDING);
	chain_run_ms(ch, 500);
	assert_int_equal(ours->n_closed, 1);
	assert_int_equal(theirs->n_closed, 0);
	chain_return_held(&ch->client[NETWORK]);
	chain_run_until(ch, chain_is_idle, 10);
	assert_int_equal(theirs->n_closed, 1);
}

/* CLOSE-27: the client closes again when its sends are back. */
static void
a_close_with_sends_outstanding_is_refused(void **state)
{
	static const struct loopvc_options holding = { .hold_sends = true, .delay_ms = 20 };
	static const struct loopvc_options perfect = { 0 };
	struct chain *ch = *state;
	struct chain_call *call = chain_call_up(ch, USER);
	uint8_t octets[] = "traffic";
	struct co_packet packet = { .data = octets, .len = sizeof(octets) };

	loopvc_set_options(ch->lv, &holding);
	chain_send(call, &packet);
	assert_int_equal(call->n_sent, 0);
	assert_int_equal(chain_close(call, NULL, 0), CO_STATUS_NOT_ACCEPTED);
	loopvc_set_options(ch->lv, &perfect);
	chain_run_ms(ch, 50);
	assert_int_equal(call->n_sent, 1);
	assert_int_equal(chain_close(call, NULL, 0), CO_STATUS_PENDING);
	chain_run_until(ch, chain_is_idle, 1000);
}

/* CLOSE-41 */
static void
other_calls_go_on_when_one_is_closed(void **state)
{
	struct chain *ch = *state;
	struct chain_call *stays = chain_call_up(ch, USER);
	struct chain_call *peer = ch->client[NETWORK].last;
	struct chain_call *goes = chain_call_up(ch, USER);
	uint8_t octets[] = "traffic";
	struct co_packet packet = { .data = octets, .len = sizeof(octets) };

	assert_int_equal(chain_close(goes, NULL, 0), CO_STATUS_PENDING);
	chain_run_ms(ch, 100);
	assert_int_equal(goes->n_closed, 1);
	assert_int_equal(stays->n_incoming_close, 0);
	chain_send(stays, &packet);
	chain_run_ms(ch, 10);
	assert_int_equal(peer->n_received, 1);
	assert_int_equal(chain_close(stays, NULL, 0), CO_STATUS_PENDING);
	chain_run_until(ch, chain_is_idle, 1000);
}

#define TWO(name) cmocka_unit_test_setup_teardown(name, setup_two, teardown)
#define ONE(name)                                                                                  \
	{                                                                                          \
#name " with one broker", name, setup_one, teardown, NULL                          \
	}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TWO(a_close_goes_to_the_network_then_deactivates_then_completes),
		ONE(a_close_goes_to_the_network_then_deactivates_then_completes),
		TWO(the_called_client_can_close_as_well),
		TWO(a_second_close_is_refused_and_the_first_one_completes_once),
		TWO(close_data_reaches_the_remote_client),
		TWO(close_data_of_the_greatest_length_reaches_the_remote_client),
		TWO(data_of_the_answering_close_is_sent_before_it_completes),
		TWO(close_data_too_long_is_refused_and_the_call_stays),
		TWO(closes_that_cross_complete_on_both_sides_without_an_incoming_close),
		ONE(closes_that_cross_complete_on_both_sides_without_an_incoming_close),
		TWO(a_close_from_make_call_complete_ends_the_call),
		TWO(a_close_from_make_call_complete_of_the_network_side_ends_the_call),
		TWO(a_close_from_call_connected_ends_the_call),
		TWO(a_vc_carries_the_next_call_from_inside_close_call_complete),
		TWO(a_close_waits_for_packets_that_the_client_still_holds),
		TWO(a_close_with_sends_outstanding_is_refused),
		TWO(other_calls_go_on_when_one_is_closed),
		ONE(other_calls_go_on_when_one_is_closed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
