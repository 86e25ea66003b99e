/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "world.h"

#include <cmocka.h>

/* The races of contract 4.19 as orders of events, and what they do inside handlers. */

static void
close_now(struct world *w)
{
	w->result = world_close(w);
}

static void
remote_closes(struct world *w)
{
	assert_int_equal(world_incoming_close(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
}

/* RACE-1 */
static void
a_remote_release_after_our_close_is_not_told(void **state)
{
	struct world *w = *state;

	world_up(w);
	world_closing(w);
	remote_closes(w);
	assert_int_equal(world_incoming_close(w, CO_STATUS_SUCCESS), CO_STATUS_NOT_ACCEPTED);
	world_finish_close(w);
	assert_int_equal(w->n[AT_CLIENT_INCOMING_CLOSE], 0);
	assert_int_equal(w->n[AT_CLIENT_CLOSED], 1);
	assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
	world_expect_empty(w);
}

/* RACE-2: told, but not yet heard, when the client closes. */
static void
connected_then_released(struct world *w)
{
	remote_closes(w); /* waits: the client is inside call_connected */
	w->result = world_close(w);
	assert_int_equal(world_close(w), CO_STATUS_CLOSING);
}

static void
a_close_answers_an_incoming_close_that_waits(void **state)
{
	struct world *w = *state;

	world_accepted(w);
	w->act[AT_CLIENT_CONNECTED] = connected_then_released;
	w->answer[AT_CM_CLOSE] = CO_STATUS_PENDING;
	assert_int_equal(world_connect(w), CO_STATUS_SUCCESS);
	assert_int_equal(w->result, CO_STATUS_PENDING);
	world_finish_close(w);
	assert_int_equal(w->n[AT_CM_CLOSE], 1);
	assert_int_equal(w->n[AT_CLIENT_INCOMING_CLOSE], 0);
	assert_int_equal(w->n[AT_CLIENT_CLOSED], 1);
	assert_int_equal(world_delete_by_cm(w), CO_STATUS_SUCCESS);
	world_expect_empty(w);
}

/* RACE-3, ASYNC-11 */
static void
a_hidden_release_is_told_after_the_failed_close(void **state)
{
	struct world *w = *state;

	world_up(w);
	world_closing(w);
	remote_closes(w);
	assert_int_equal(world_closed(w, CO_STATUS_FAILURE), CO_STATUS_SUCCESS);
	world_expect(w, "co_@_dispatch_incoming_close_call co_@_close_call_complete "
			"client.close_call_complete client.incoming_close_call");
	assert_memory_equal(w->octets, "bye", 3);
	world_expect_states(w, CO_VC_ACTIVE, CO_CALL_CLOSE_OWED);
	world_closing(w);
	world_finish_close(w);
	assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
	world_expect_empty(w);
}

/* RACE-3 of a close that fails at once: it pends, so that the completion comes first. */
static void
a_release_hidden_by_a_close_that_fails_at_once_is_told_after_its_completion(void **state)
{
	struct world *w = *state;

	world_up(w);
	w->act[AT_CM_CLOSE] = remote_closes;
	w->answer[AT_CM_CLOSE] = CO_STATUS_FAILURE;
	assert_int_equal(world_close(w), CO_STATUS_PENDING);
	world_expect(w, "co_cl_close_call cm.close_call co_@_dispatch_incoming_close_call "
			"client.close_call_complete client.incoming_close_call");
}

/* RACE-3: the client closes again inside the failed completion; that answers the release. */
static void
a_close_inside_a_failed_completion_answers_the_hidden_release(void **state)
{
	struct world *w = *state;

	world_up(w);
	world_closing(w);
	remote_closes(w);
	w->act[AT_CLIENT_CLOSED] = close_now;
	w->answer[AT_CM_CLOSE] = CO_STATUS_PENDING;
	assert_int_equal(world_closed(w, CO_STATUS_FAILURE), CO_STATUS_SUCCESS);
	assert_int_equal(w->result, CO_STATUS_PENDING);
	world_expect_states(w, CO_VC_ACTIVE, CO_CALL_CLOSING);
	w->act[AT_CLIENT_CLOSED] = NULL;
	world_finish_close(w);
	assert_int_equal(w->n[AT_CLIENT_INCOMING_CLOSE], 0);
	assert_int_equal(w->n[AT_CLIENT_CLOSED], 2);
	assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
	world_expect_empty(w);
}

/* RACE-3: a release hidden by a close that failed on a dead VC does not haunt the next call. */
static void
a_hidden_release_ends_with_its_call(void **state)
{
	struct world *w = *state;

	world_up(w);
	world_closing(w);
	remote_closes(w);
	assert_int_equal(world_deactivate(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_closed(w, CO_STATUS_FAILURE), CO_STATUS_SUCCESS);
	world_expect_states(w, CO_VC_DEACTIVATED, CO_CALL_IDLE);
	assert_int_equal(w->n[AT_CLIENT_INCOMING_CLOSE], 0);
	w->answer[AT_CM_MAKE] = CO_STATUS_PENDING;
	assert_int_equal(world_make(w), CO_STATUS_PENDING);
	assert_int_equal(world_activate(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_made(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	world_closing(w);
	remote_closes(w); /* the first of this call */
	world_finish_close(w);
}

/* RACE-4 */
static void
a_close_during_make_call_waits_for_its_end(void **state)
{
	struct co_packet packet = { 0 };
	struct world *w = *state;

	world_making(w);
	w->answer[AT_CM_CLOSE] = CO_STATUS_PENDING;
	assert_int_equal(world_close(w), CO_STATUS_PENDING);
	assert_int_equal(world_close(w), CO_STATUS_CLOSING);
	world_send(w, &packet);
	assert_int_equal(packet.status, CO_STATUS_CLOSING);
	world_forget(w);
	assert_int_equal(world_made(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	world_expect(w, "co_@_make_call_complete client.make_call_complete cm.close_call");
	world_finish_close(w);
	assert_int_equal(w->n[AT_CLIENT_CLOSED], 1);
	assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
	world_expect_empty(w);
}

/* RACE-4 when both ends come at once: the make is completed, not answered, so that order holds. */
static void
close_during_make(struct world *w)
{
	assert_int_equal(world_activate(w), CO_STATUS_SUCCESS);
	w->result = world_close(w);
	world_forget(w);
}

static void
a_close_during_a_make_call_that_ends_at_once_follows_its_completion(void **state)
{
	struct world *w = *state;

	assert_int_equal(world_create_by_client(w), CO_STATUS_SUCCESS);
	w->act[AT_CM_MAKE] = close_during_make;
	assert_int_equal(world_make(w), CO_STATUS_PENDING);
	assert_int_equal(w->result, CO_STATUS_PENDING);
	world_expect(w, "client.make_call_complete cm.close_call client.close_call_complete");
	assert_int_equal(world_deactivate(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
	world_expect_empty(w);
}

/* RACE-5; the VC stays until the close that pends is completed (I2). */
static void
make_again_and_delete(struct world *w)
{
	assert_int_equal(world_make(w), CO_STATUS_CLOSING);
	assert_int_equal(world_delete_by_client(w), CO_STATUS_NOT_ACCEPTED);
	world_forget(w);
}

static void
a_close_during_a_make_call_that_fails_succeeds_without_the_call_manager(void **state)
{
	struct world *w = *state;

	world_making(w);
	assert_int_equal(world_close(w), CO_STATUS_PENDING);
	assert_int_equal(world_deactivate(w), CO_STATUS_SUCCESS);
	w->act[AT_CLIENT_MADE] = make_again_and_delete;
	assert_int_equal(world_made(w, CO_STATUS_FAILURE), CO_STATUS_SUCCESS);
	world_expect(w, "client.close_call_complete");
	assert_int_equal(w->status[AT_CLIENT_MADE], CO_STATUS_FAILURE);
	assert_int_equal(w->status[AT_CLIENT_CLOSED], CO_STATUS_SUCCESS);
	assert_int_equal(w->n[AT_CM_CLOSE], 0);
	assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
	world_expect_empty(w);
}

/* RACE-4: the close belongs to the call that is being made, not to the one that has failed. */
static void
make_again_and_close(struct world *w)
{
	w->act[AT_CLIENT_MADE] = NULL;
	w->answer[AT_CM_MAKE] = CO_STATUS_PENDING;
	assert_int_equal(world_make(w), CO_STATUS_PENDING);
	assert_int_equal(world_close(w), CO_STATUS_PENDING);
}

static void
a_close_of_a_call_made_inside_a_failed_completion_waits_for_that_call(void **state)
{
	struct world *w = *state;

	world_making(w);
	w->act[AT_CLIENT_MADE] = make_again_and_close;
	assert_int_equal(world_made(w, CO_STATUS_FAILURE), CO_STATUS_SUCCESS);
	assert_int_equal(w->n[AT_CM_CLOSE], 0);
	world_expect_states(w, CO_VC_ACTIVE, CO_CALL_MAKING);
	assert_int_equal(world_made(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	assert_int_equal(w->n[AT_CLIENT_MADE], 2);
	assert_int_equal(w->n[AT_CM_CLOSE], 1);
	assert_int_equal(w->n[AT_CLIENT_CLOSED], 1);
}

/* RACE-16, INCLOSE-19: withdrawn while the client is still inside incoming_call. */
static void
an_offer_withdrawn_inside_its_handler_is_not_accepted(void **state)
{
	static const enum co_status answers[] = { CO_STATUS_SUCCESS, CO_STATUS_FAILURE,
		CO_STATUS_PENDING };
	struct world *w = *state;
	unsigned int i;

	for (i = 0; i < 3; i++) {
		assert_int_equal(world_create_by_cm(w), CO_STATUS_SUCCESS);
		assert_int_equal(world_activate(w), CO_STATUS_SUCCESS);
		w->act[AT_CLIENT_OFFER] = remote_closes;
		w->answer[AT_CLIENT_OFFER] = answers[i];
		world_forget(w);
		assert_int_equal(world_offer(w), CO_STATUS_CLOSING);
		world_expect(w, "co_@_dispatch_incoming_call client.incoming_call "
				"co_@_dispatch_incoming_close_call client.incoming_close_call");
		assert_int_equal(world_answer(w, CO_STATUS_FAILURE), CO_STATUS_CLOSING);
		assert_int_equal(world_connect(w), CO_STATUS_NOT_ACCEPTED);
		world_closing(w);
		assert_int_equal(world_answer(w, CO_STATUS_FAILURE), CO_STATUS_CLOSING);
		world_finish_close(w);
		assert_int_equal(world_delete_by_cm(w), CO_STATUS_SUCCESS);
	}
	assert_int_equal(w->n[AT_CM_ANSWER], 0);
	world_expect_empty(w);
}

/* INCLOSE-19: withdrawn while the client thinks. */
static void
an_offer_withdrawn_before_its_answer_is_closed(void **state)
{
	struct world *w = *state;

	world_offered(w);
	remote_closes(w);
	assert_int_equal(world_answer(w, CO_STATUS_SUCCESS), CO_STATUS_CLOSING);
	assert_int_equal(w->n[AT_CM_ANSWER], 0);
	world_closing(w);
	world_finish_close(w);
	assert_int_equal(world_delete_by_cm(w), CO_STATUS_SUCCESS);
	world_expect_empty(w);
}

/* RACE-17 */
static void
a_rejection_stands_when_the_remote_gives_up_after_it(void **state)
{
	struct world *w = *state;

	world_offered(w);
	assert_int_equal(world_answer(w, CO_STATUS_FAILURE), CO_STATUS_SUCCESS);
	assert_int_equal(w->status[AT_CM_ANSWER], CO_STATUS_FAILURE);
	assert_int_equal(world_incoming_close(w, CO_STATUS_SUCCESS), CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(w->n[AT_CLIENT_INCOMING_CLOSE], 0);
	assert_int_equal(world_deactivate(w), CO_STATUS_SUCCESS); /* INCALL-7 */
	assert_int_equal(world_delete_by_cm(w), CO_STATUS_SUCCESS);
	world_expect_empty(w);
}

/* RACE-18, RACE-19: with packets outside the broker lets no MCM say that it is drained. */
static void
an_mcm_deactivates_when_all_packets_are_back(void **state)
{
	struct co_packet packet = { 0 };
	struct world *w = *state;

	world_up(w);
	world_receive(w, &packet);
	world_closing(w);
	assert_int_equal(world_deactivate(w), CO_STATUS_NOT_ACCEPTED); /* DEACT-13 */
	world_return(w, &packet);
	assert_int_equal(world_deactivate(w), CO_STATUS_SUCCESS);
}

/* RACE-20 */
static void
delete_again(struct world *w)
{
	w->result = world_delete_by_client(w);
}

static void
of_two_deletes_one_succeeds(void **state)
{
	struct world *w = *state;

	assert_int_equal(world_create_by_client(w), CO_STATUS_SUCCESS);
	w->act[AT_CM_DELETE] = delete_again;
	assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
	assert_int_equal(w->result, CO_STATUS_FAILURE);
	assert_int_equal(w->n[AT_CM_DELETE], 1);
	world_expect_empty(w);
}

/* RACE-22 */
static void
offer_next(struct world *w)
{
	w->answer[AT_CLIENT_OFFER] = CO_STATUS_SUCCESS;
	w->act[AT_CLIENT_CLOSED] = NULL;
	assert_int_equal(world_offer(w), CO_STATUS_PENDING); /* the client is busy */
	assert_int_equal(w->n[AT_CLIENT_OFFER], 1);
}

static void
the_next_call_is_offered_as_soon_as_the_close_is_over(void **state)
{
	struct world *w = *state;

	world_called(w);
	world_closing(w);
	assert_int_equal(world_deactivate(w), CO_STATUS_SUCCESS);
	w->act[AT_CLIENT_CLOSED] = offer_next;
	assert_int_equal(world_closed(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	assert_int_equal(w->n[AT_CLIENT_OFFER], 2);
	assert_int_equal(w->n[AT_CM_ANSWER], 2);
	assert_int_equal(w->status[AT_CM_ANSWER], CO_STATUS_SUCCESS);
	world_expect_states(w, CO_VC_DEACTIVATED, CO_CALL_ACCEPTED);
}

/* RACE-23, completion first */
static void
make_next(struct world *w)
{
	w->result = world_make(w);
}

static void
a_call_from_the_completion_is_refused_while_the_vc_is_active(void **state)
{
	struct world *w = *state;

	world_up(w);
	world_closing(w);
	w->act[AT_CLIENT_CLOSED] = make_next;
	assert_int_equal(world_closed(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	assert_int_equal(w->result, CO_STATUS_CLOSING);
	assert_int_equal(world_deactivate(w), CO_STATUS_SUCCESS);
	w->answer[AT_CM_MAKE] = CO_STATUS_PENDING;
	assert_int_equal(world_make(w), CO_STATUS_PENDING);
}

/* RACE-23, deactivation first */
static void
the_client_calls_again_from_the_completion(void **state)
{
	struct world *w = *state;

	world_up(w);
	world_closing(w);
	w->act[AT_CLIENT_CLOSED] = make_next;
	w->answer[AT_CM_MAKE] = CO_STATUS_PENDING;
	assert_int_equal(world_deactivate(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_closed(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	assert_int_equal(w->result, CO_STATUS_PENDING);
	world_expect_states(w, CO_VC_DEACTIVATED, CO_CALL_MAKING);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(a_remote_release_after_our_close_is_not_told),
		BOTH(a_close_answers_an_incoming_close_that_waits),
		BOTH(a_hidden_release_is_told_after_the_failed_close),
		BOTH(a_release_hidden_by_a_close_that_fails_at_once_is_told_after_its_completion),
		BOTH(a_close_inside_a_failed_completion_answers_the_hidden_release),
		BOTH(a_hidden_release_ends_with_its_call),
		BOTH(a_close_during_make_call_waits_for_its_end),
		BOTH(a_close_during_a_make_call_that_ends_at_once_follows_its_completion),
		BOTH(a_close_during_a_make_call_that_fails_succeeds_without_the_call_manager),
		BOTH(a_close_of_a_call_made_inside_a_failed_completion_waits_for_that_call),
		BOTH(an_offer_withdrawn_inside_its_handler_is_not_accepted),
		BOTH(an_offer_withdrawn_before_its_answer_is_closed),
		BOTH(a_rejection_stands_when_the_remote_gives_up_after_it),
		MCM(an_mcm_deactivates_when_all_packets_are_back),
		BOTH(of_two_deletes_one_succeeds),
		BOTH(the_next_call_is_offered_as_soon_as_the_close_is_over),
		BOTH(the_client_calls_again_from_the_completion),
		BOTH(a_call_from_the_completion_is_refused_while_the_vc_is_active),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
