/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "world.h"

#include <cmocka.h>

/* Sending and receiving: contract 4.16, and what of it a close has to wait for. */

static struct co_census
census_of(const struct world *w)
{
	struct co_census census;

	co_census(w->co, &census);
	return census;
}

static uint32_t
sends_out(const struct world *w)
{
	struct co_vc_info info;

	assert_int_equal(co_vc_query(w->co, w->vc, &info), CO_STATUS_SUCCESS);
	return info.sends_out;
}

static uint32_t
receives_out(const struct world *w)
{
	struct co_vc_info info;

	assert_int_equal(co_vc_query(w->co, w->vc, &info), CO_STATUS_SUCCESS);
	return info.receives_out;
}

/* ---- Sending. ---- */

/* SEND-2, SEND-3, SEND-5, SEND-6: nothing of a packet but its status and VC is touched. */
static void
packets_go_down_in_order_and_come_back_in_any(void **state)
{
	uint8_t octets[4] = { 1, 2, 3, 4 };
	struct co_packet packets[3], *pkts[3], *back[2];
	struct world *w = *state;
	unsigned int i;

	world_up(w);
	for (i = 0; i < 3; i++) {
		packets[i] = (struct co_packet){
			.data = octets, .len = 4, .cancel_id = i + 1, .owner = &packets[i]
		};
		pkts[i] = &packets[i];
	}
	co_send(w->co, w->vc, pkts, 3);
	assert_int_equal(w->n_packets, 3);
	for (i = 0; i < 3; i++) {
		assert_ptr_equal(w->packets[i], &packets[i]);
		assert_int_equal(packets[i].vc, w->vc);
	}
	assert_int_equal(w->n[AT_CLIENT_SENT], 0);
	world_sent(w, &packets[2]);
	back[0] = &packets[1];
	back[1] = &packets[0];
	co_m_send_complete(w->co, w->vc, back, 2);
	assert_ptr_equal(w->packets[0], &packets[1]);
	assert_int_equal(w->n[AT_CLIENT_SENT], 2);
	for (i = 0; i < 3; i++) {
		assert_ptr_equal(packets[i].data, octets);
		assert_int_equal(packets[i].len, 4);
		assert_int_equal(packets[i].cancel_id, i + 1);
		assert_ptr_equal(packets[i].owner, &packets[i]);
	}
	assert_int_equal(sends_out(w), 0);
}

static struct co_packet *queued;

static void
abort_queued(struct world *w)
{
	if (w->cancel_id != queued->cancel_id)
		return;
	queued->status = CO_STATUS_SEND_ABORTED;
	world_sent(w, queued);
}

static void
close_when_all_are_back(struct world *w)
{
	w->result = world_close(w);
}

/* SEND-7, CLOSE-27: a client cancels to get ready for its close. */
static void
sends_are_cancelled_by_their_mark(void **state)
{
	struct co_packet packet = { .cancel_id = 7 };
	struct world *w = *state;

	world_up(w);
	queued = &packet;
	world_cancel(w, 7); /* nothing is out */
	world_send(w, &packet);
	world_cancel(w, 0); /* marks nobody */
	assert_int_equal(w->n[AT_MINIPORT_CANCEL], 0);
	w->act[AT_MINIPORT_CANCEL] = abort_queued;
	world_cancel(w, 8);
	assert_int_equal(w->ctx[AT_MINIPORT_CANCEL], w->mcm ? WORLD_CM_CTX : WORLD_MINIPORT_CTX);
	assert_int_equal(sends_out(w), 1);
	assert_int_equal(world_close(w), CO_STATUS_NOT_ACCEPTED);
	w->act[AT_CLIENT_SENT] = close_when_all_are_back;
	w->answer[AT_CM_CLOSE] = CO_STATUS_PENDING;
	world_forget(w);
	world_cancel(w, 7);
	world_expect(w, "co_cancel_send miniport.cancel_send co_m_send_complete "
			"client.send_complete co_cl_close_call cm.close_call");
	assert_int_equal(w->status[AT_CLIENT_SENT], CO_STATUS_SEND_ABORTED);
	assert_int_equal(w->result, CO_STATUS_PENDING);
}

/* SEND-8 */
static void
a_window_bounds_what_is_outstanding(void **state)
{
	struct co_packet packets[4] = { 0 }, *pkts[4];
	struct world *w = *state;
	unsigned int i;

	for (i = 0; i < 4; i++)
		pkts[i] = &packets[i];
	world_up(w);
	co_m_set_send_window(w->co, w->vc, 2);
	world_forget(w);
	co_send(w->co, w->vc, pkts, 3);
	world_expect(w, "miniport.send client.send_complete");
	assert_int_equal(packets[0].status, CO_STATUS_SUCCESS);
	assert_int_equal(packets[1].status, CO_STATUS_SUCCESS);
	assert_int_equal(packets[2].status, CO_STATUS_RESOURCES);
	assert_ptr_equal(w->packets[0], &packets[2]);
	assert_int_equal(w->n_packets, 1);
	assert_int_equal(sends_out(w), 2);
	world_send(w, &packets[3]);
	assert_int_equal(packets[3].status, CO_STATUS_RESOURCES);
	world_sent(w, &packets[0]);
	world_send(w, &packets[3]);
	assert_int_equal(packets[3].status, CO_STATUS_SUCCESS);
	assert_int_equal(sends_out(w), 2);
	co_m_set_send_window(w->co, w->vc, 0); /* below what is out: it is not called back */
	world_sent(w, &packets[1]);
	world_send(w, &packets[0]);
	assert_int_equal(packets[0].status, CO_STATUS_RESOURCES);
	co_m_set_send_window(w->co, w->vc, UINT32_MAX);
	world_send(w, &packets[0]);
	assert_int_equal(packets[0].status, CO_STATUS_SUCCESS);
	assert_int_equal(sends_out(w), 2);
	co_m_set_send_window(w->co, CO_NONE, 1);
	assert_int_equal(census_of(w).n_stale, 1);
}

/* SEND-8: a new VC has no window, whatever its predecessor had. */
static void
a_new_vc_has_no_window(void **state)
{
	struct co_packet packet = { 0 };
	struct world *w = *state;

	assert_int_equal(world_create_by_client(w), CO_STATUS_SUCCESS);
	co_m_set_send_window(w->co, w->vc, 0);
	assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
	world_up(w);
	world_send(w, &packet);
	assert_int_equal(packet.status, CO_STATUS_SUCCESS);
}

static void
complete_all(struct world *w)
{
	struct co_packet *pkts[WORLD_MAX_HELD];
	uint32_t n = w->n_packets;

	memcpy(pkts, w->packets, n * sizeof(pkts[0]));
	co_m_send_complete(w->co, w->vc, pkts, n);
}

static void
try_to_delete(struct world *w)
{
	w->result = world_delete_by_client(w);
}

/* SEND-1, SEND-8, DEL-2: what is beyond the window is out until it is back. */
static void
a_vc_outlives_what_comes_back_from_it(void **state)
{
	struct co_packet packets[3] = { 0 }, *pkts[3] = { &packets[0], &packets[1], &packets[2] };
	struct world *w = *state;

	world_up(w);
	co_m_set_send_window(w->co, w->vc, 1);
	w->act[AT_MINIPORT_SEND] = complete_all;
	w->act[AT_CLIENT_SENT] = try_to_delete;
	co_send(w->co, w->vc, pkts, 3);
	assert_int_equal(w->result, CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(w->n[AT_CLIENT_SENT], 2);
	assert_int_equal(sends_out(w), 0);
}

/* RACE-18, CLOSE-27, CLOSE-28: in time and counted, or refused; nothing behind deactivate_vc. */
static void
a_send_that_races_with_the_close_is_counted_or_refused(void **state)
{
	struct co_packet early = { 0 }, late = { 0 };
	struct world *w = *state;

	world_up(w);
	world_send(w, &early);
	assert_int_equal(world_close(w), CO_STATUS_NOT_ACCEPTED);
	world_sent(w, &early);
	w->answer[AT_MINIPORT_DEACTIVATE] = CO_STATUS_PENDING;
	world_closing(w);
	world_send(w, &late);
	assert_int_equal(late.status, CO_STATUS_CLOSING);
	if (!w->mcm) {
		assert_int_equal(world_deactivate(w), CO_STATUS_PENDING);
		world_send(w, &late);
		assert_int_equal(late.status, CO_STATUS_CLOSING);
	}
	assert_int_equal(w->n[AT_MINIPORT_SEND], 1);
	assert_int_equal(w->n[AT_CLIENT_SENT], w->mcm ? 2 : 3);
}

static void
send_in_vain(struct world *w)
{
	struct co_packet packet = { 0 };

	world_send(w, &packet);
	w->result = packet.status;
}

/* INCLOSE-6, INCLOSE-18 */
static void
from_the_indication_on_a_client_sends_nothing(void **state)
{
	struct co_packet packet = { 0 };
	struct world *w = *state;

	world_called(w);
	world_send(w, &packet);
	w->act[AT_CLIENT_INCOMING_CLOSE] = send_in_vain;
	assert_int_equal(world_incoming_close(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	assert_int_equal(w->result, CO_STATUS_CLOSING);
	send_in_vain(w);
	assert_int_equal(w->result, CO_STATUS_CLOSING);
	assert_int_equal(w->n[AT_MINIPORT_SEND], 1);
	assert_int_equal(world_close(w), CO_STATUS_NOT_ACCEPTED);
	w->act[AT_CLIENT_SENT] = close_when_all_are_back;
	world_sent(w, &packet);
	assert_int_equal(w->result, CO_STATUS_SUCCESS);
}

/* ---- Receiving. ---- */

static void
copy_it(struct world *w)
{
	assert_int_equal(w->n[AT_MINIPORT_RETURN], 0);
	assert_int_equal(receives_out(w), 0);
	assert_true(w->packets[0]->low_resources);
	world_return(w, w->packets[0]); /* which is not its to return */
}

/* RECV-2 */
static void
packets_of_low_resources_are_back_when_the_handler_returns(void **state)
{
	struct co_packet packet = { .low_resources = true };
	struct world *w = *state;

	world_up(w);
	w->act[AT_CLIENT_RECEIVE] = copy_it;
	world_receive(w, &packet);
	world_expect(w, "co_m_indicate_receive client.receive co_return_receive "
			"miniport.return_receive");
	assert_int_equal(w->n[AT_MINIPORT_RETURN], 1);
	assert_int_equal(receives_out(w), 0);
	assert_int_equal(census_of(w).n_unexpected_completions, 1);
}

static unsigned int n_kept, n_low;

static void
sort_them(struct world *w)
{
	uint32_t i;

	for (i = 0; i < w->n_packets; i++)
		*(w->packets[i]->low_resources ? &n_low : &n_kept) += 1;
}

/* RECV-2, RECV-3: both kinds in one indication; those that are kept go back in any mixture. */
static void
an_indication_may_mix_packets_to_keep_and_to_copy(void **state)
{
	struct co_packet packets[5] = { 0 }, *pkts[5];
	struct world *w = *state;
	unsigned int i;

	for (i = 0; i < 5; i++) {
		packets[i].low_resources = i == 1 || i == 2 || i == 4;
		pkts[i] = &packets[i];
	}
	n_kept = n_low = 0;
	world_up(w);
	w->act[AT_CLIENT_RECEIVE] = sort_them;
	co_m_indicate_receive(w->co, w->vc, pkts, 5);
	assert_int_equal(n_kept, 2);
	assert_int_equal(n_low, 3);
	assert_int_equal(receives_out(w), 2);
	world_expect(w, "client.receive client.receive miniport.return_receive client.receive "
			"client.receive miniport.return_receive");
	pkts[0] = &packets[3];
	pkts[1] = &packets[0];
	co_return_receive(w->co, w->vc, pkts, 2);
	assert_int_equal(receives_out(w), 0);
}

static void
keep_and_close(struct world *w)
{
	w->act[AT_CLIENT_RECEIVE] = NULL;
	assert_int_equal(world_close(w), CO_STATUS_PENDING);
}

/* CLOSE-29, CLOSE-30, DEACT-3: held buffers go back whether or not the close is complete. */
static void
held_receives_go_back_without_waiting_for_the_close(void **state)
{
	struct co_packet first = { 0 }, second = { 0 };
	struct world *w = *state;

	world_up(w);
	w->answer[AT_CM_CLOSE] = CO_STATUS_PENDING;
	w->act[AT_CLIENT_RECEIVE] = keep_and_close;
	world_receive(w, &first);
	world_expect_states(w, CO_VC_ACTIVE, CO_CALL_CLOSING);
	if (!w->mcm) {
		w->answer[AT_MINIPORT_DEACTIVATE] = CO_STATUS_PENDING;
		assert_int_equal(world_deactivate(w), CO_STATUS_PENDING);
	}
	world_receive(w, &second); /* taken from the wire before */
	assert_int_equal(w->n[AT_CLIENT_RECEIVE], 2);
	world_return(w, &second);
	world_return(w, &first);
	assert_int_equal(w->n[AT_MINIPORT_RETURN], 2);
	if (!w->mcm)
		assert_int_equal(world_deactivated(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_closed(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	assert_int_equal(w->status[AT_CLIENT_CLOSED], CO_STATUS_SUCCESS);
	assert_int_equal(census_of(w).n_drain_violations, 0);
}

static struct co_packet *held;

static void
return_and_end(struct world *w)
{
	w->act[AT_CLIENT_RECEIVE] = NULL;
	world_return(w, held); /* nothing is outside but the handler itself */
	assert_int_equal(receives_out(w), 0);
	w->result = world_deactivate(w);
}

/* RACE-19, DEACT-2, DEACT-13: a running handler is not drained, though it has returned all. */
static void
deactivation_does_not_end_under_a_running_receive(void **state)
{
	struct co_packet packet = { 0 };
	struct world *w = *state;

	world_up(w);
	held = &packet;
	w->act[AT_CLIENT_RECEIVE] = return_and_end;
	world_receive(w, &packet);
	if (w->mcm) {
		assert_int_equal(w->result, CO_STATUS_NOT_ACCEPTED);
		assert_int_equal(world_deactivate(w), CO_STATUS_SUCCESS);
		assert_int_equal(census_of(w).n_drain_violations, 0);
	} else { /* a miniport that says it has drained tells an untruth */
		assert_int_equal(w->result, CO_STATUS_SUCCESS);
		assert_int_equal(census_of(w).n_drain_violations, 1);
	}
	world_expect_states(w, CO_VC_DEACTIVATED, CO_CALL_UP);
}

static void
end_all(struct world *w)
{
	struct co_packet *second = w->packets[0];

	if (w->n[AT_CLIENT_RECEIVE] == 1) {
		world_receive(w, held);
		return;
	}
	world_return(w, held);
	world_return(w, second); /* the same again: one too many */
}

/* RECV-3, RACE-19: one handler inside another of the same VC; each is drained by itself. */
static void
receives_of_a_vc_overlap(void **state)
{
	struct co_packet first = { 0 }, second = { 0 };
	struct world *w = *state;

	world_up(w);
	held = &second;
	w->act[AT_CLIENT_RECEIVE] = end_all;
	world_receive(w, &first);
	assert_int_equal(w->n[AT_CLIENT_RECEIVE], 2);
	assert_int_equal(
		w->n[AT_MINIPORT_RETURN], 2); /* by number: who is whose the broker cannot know */
	assert_int_equal(receives_out(w), 0);
	world_return(w, &first);
	assert_int_equal(w->n[AT_MINIPORT_RETURN], 2);
	assert_int_equal(census_of(w).n_unexpected_completions, 1);
	world_closing(w);
	world_finish_close(w);
	assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
	world_expect_empty(w);
}

/* CLOSE-31, RECV-2: what comes when the call is over goes straight back, and once. */
static void
what_arrives_after_the_close_goes_straight_back(void **state)
{
	struct co_packet packets[2] = { { .low_resources = true }, { 0 } };
	struct co_packet *pkts[2] = { &packets[0], &packets[1] };
	struct world *w = *state;

	world_up(w);
	world_closing(w);
	assert_int_equal(world_closed(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	world_expect_states(w, CO_VC_ACTIVE, CO_CALL_RELEASED);
	co_m_indicate_receive(w->co, w->vc, pkts, 2);
	assert_int_equal(w->n[AT_CLIENT_RECEIVE], 0);
	assert_int_equal(w->n[AT_MINIPORT_RETURN], 2);
	assert_int_equal(receives_out(w), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(packets_go_down_in_order_and_come_back_in_any),
		BOTH(sends_are_cancelled_by_their_mark),
		BOTH(a_window_bounds_what_is_outstanding),
		BOTH(a_new_vc_has_no_window),
		BOTH(a_vc_outlives_what_comes_back_from_it),
		BOTH(a_send_that_races_with_the_close_is_counted_or_refused),
		BOTH(from_the_indication_on_a_client_sends_nothing),
		BOTH(packets_of_low_resources_are_back_when_the_handler_returns),
		BOTH(an_indication_may_mix_packets_to_keep_and_to_copy),
		BOTH(held_receives_go_back_without_waiting_for_the_close),
		BOTH(deactivation_does_not_end_under_a_running_receive),
		BOTH(receives_of_a_vc_overlap),
		BOTH(what_arrives_after_the_close_goes_straight_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
