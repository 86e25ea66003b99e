/* SPDX-License-Identifier: BSD-3-Clause */
/* Calls through an appliance: what either side says reaches the other, and neither outlives it. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "line.h"
#include "uni/cause.h"

#include <cmocka.h>

enum { EDGE_1, MIDDLE, EDGE_2 };

/* 1... is on the left, 2... on the right, 31... is routed to where it came from, 32... nowhere. */
static int
setup(void **state)
{
	struct line *line = line_create(3);
	struct node *middle = &line->nodes[MIDDLE];
	struct co_address one = line_prefix("1"), two = line_prefix("2"), loop = line_prefix("31"),
			  three = line_prefix("3");

	assert_int_equal(route_add(&line->routes, &one, LEFT), 0);
	assert_int_equal(route_add(&line->routes, &two, RIGHT), 0);
	assert_int_equal(route_add(&line->routes, &loop, LEFT), 0);
	line_add_phone(line, EDGE_1, RIGHT, "1");
	line_add_transit(line, MIDDLE);
	line_add_phone(line, EDGE_2, LEFT, "2");
	transit_register(middle->transit, middle->adapters[LEFT], &two);
	transit_register(middle->transit, middle->adapters[LEFT], &three);
	transit_register(middle->transit, middle->adapters[RIGHT], &one);
	*state = line;
	return 0;
}

static int
teardown(void **state)
{
	line_destroy(*state);
	return 0;
}

static struct phone_call *
call_to(struct line *line, uint32_t from, const char *digits)
{
	struct co_address to = line_address(digits);

	return phone_call(&line->nodes[from].phone, &to);
}

static const char *
number_of(uint32_t edge)
{
	return edge == EDGE_1 ? "1" : "2";
}

/* The two ends of a call through the middle. */
struct through {
	struct phone_call *caller, *called;
};

static struct through
call_up(struct line *line, uint32_t from)
{
	uint32_t to = from == EDGE_1 ? EDGE_2 : EDGE_1;
	struct through call = { call_to(line, from, number_of(to)), NULL };

	line_run_ms(line, 200);
	call.called = phone_last(&line->nodes[to].phone);
	assert_non_null(call.called);
	assert_int_equal(call.caller->make_status, CO_STATUS_SUCCESS);
	assert_int_equal(call.called->n_connected, 1);
	return call;
}

/* A call whose called phone rings. */
static struct through
call_ringing(struct line *line)
{
	struct through call;

	line->nodes[EDGE_2].phone.answer = CO_STATUS_PENDING;
	call.caller = call_to(line, EDGE_1, "2");
	line_run_ms(line, 200);
	call.called = phone_last(&line->nodes[EDGE_2].phone);
	assert_non_null(call.called);
	assert_int_equal(call.called->n_offered, 1);
	assert_int_equal(call.caller->n_made, 0);
	return call;
}

static void
expect_failed(const struct phone_call *call, uint8_t cause)
{
	assert_int_equal(call->n_made, 1);
	assert_int_not_equal(call->make_status, CO_STATUS_SUCCESS);
	assert_int_equal(call->cause, cause);
	assert_int_equal(call->vc, CO_NONE);
}

static void
expect_ended_once(const struct phone_call *call, unsigned int n_incoming_close)
{
	assert_int_equal(call->n_incoming_close, n_incoming_close);
	assert_int_equal(call->n_closed, 1);
	assert_int_equal(call->vc, CO_NONE);
}

/* A leg of the transit: on the left the one towards EDGE_1. */
static co_vc_t
leg(const struct line *line, enum line_dir dir)
{
	struct co *co = line->nodes[MIDDLE].co;
	struct co_vc_info info;
	uint32_t cursor = 0;
	co_vc_t vc;

	while ((vc = co_vc_next(co, &cursor)) != CO_NONE)
		if (co_vc_query(co, vc, &info) == CO_STATUS_SUCCESS && info.client != CO_NONE &&
			info.adapter == line->nodes[MIDDLE].adapters[dir])
			return vc;
	return CO_NONE;
}

static enum co_status
close_leg(struct line *line, enum line_dir dir, uint32_t job, struct co_data data)
{
	return transit_close(line->nodes[MIDDLE].transit, leg(line, dir), job, data);
}

static const struct co_data no_data = { NULL, 0 };

/* ---- Setting up. ---- */

static void
expect_joined(struct line *line)
{
	struct loopvc_circuit left, right;
	struct co_vc_info info;
	struct co *co = line->nodes[MIDDLE].co;

	assert_int_equal(co_vc_query(co, leg(line, LEFT), &info), CO_STATUS_SUCCESS);
	assert_int_equal(loopvc_query(line->wires[0], LOOPVC_B, info.label, &left), 0);
	assert_int_equal(co_vc_query(co, leg(line, RIGHT), &info), CO_STATUS_SUCCESS);
	assert_int_equal(loopvc_query(line->wires[1], LOOPVC_A, info.label, &right), 0);
	assert_int_equal(left.joined, right.circuit);
	assert_int_equal(right.joined, left.circuit);
}

static void
a_call_through_is_joined_and_what_was_asked_for_arrives(void **state)
{
	struct line *line = *state;
	struct through call = call_up(line, EDGE_1);

	assert_int_equal(transit_n_calls(line->nodes[MIDDLE].transit), 2);
	assert_int_equal(call.called->params.rx.peak_rate, 96000);
	assert_int_equal(call.called->params.tx.peak_rate, 48000);
	expect_joined(line);
	phone_close(call.caller, NULL, 0);
	line_run_until_idle(line);
	call = call_up(line, EDGE_2);
	expect_joined(line);
	phone_close(call.caller, NULL, 0);
}

static void
a_refusal_is_passed_on_with_its_cause(void **state)
{
	struct line *line = *state;

	line->nodes[EDGE_2].phone.answer = CO_STATUS_FAILURE;
	line->nodes[EDGE_2].phone.answer_cause = UNI_CAUSE_NO_USER_RESPONDING;
	line->nodes[EDGE_1].phone.answer = CO_STATUS_NOT_ACCEPTED;
	call_to(line, EDGE_1, "2");
	call_to(line, EDGE_2, "1");
	line_run_until_idle(line);
	expect_failed(&line->nodes[EDGE_1].phone.calls[0], UNI_CAUSE_NO_USER_RESPONDING);
	expect_failed(&line->nodes[EDGE_2].phone.calls[0], UNI_CAUSE_USER_BUSY);
}

static void
a_refusal_after_ringing_is_passed_on_with_its_cause(void **state)
{
	struct line *line = *state;
	struct through call = call_ringing(line);

	phone_answer(call.called, CO_STATUS_FAILURE, UNI_CAUSE_CALL_REJECTED);
	line_run_until_idle(line);
	expect_failed(call.caller, UNI_CAUSE_CALL_REJECTED);
	assert_int_equal(call.caller->n_incoming_close, 0);
}

static void
expect_no_route(struct line *line, const char *to)
{
	struct phone_call *call = call_to(line, EDGE_1, to);

	line_run_until_idle(line);
	expect_failed(call, UNI_CAUSE_NO_ROUTE);
	assert_int_equal(transit_n_calls(line->nodes[MIDDLE].transit), 0);
}

static void
a_call_that_no_route_leads_to_is_refused(void **state)
{
	expect_no_route(*state, "32");
}

static void
a_call_is_not_routed_back_to_where_it_came_from(void **state)
{
	expect_no_route(*state, "31");
}

/* Four legs, of which two may be outgoing ones under way. */
static void
a_call_too_many_is_refused_for_want_of_resources(void **state)
{
	struct line *line = *state;
	struct phone_call *third;

	line->nodes[EDGE_2].phone.answer = CO_STATUS_PENDING;
	call_to(line, EDGE_1, "2");
	call_to(line, EDGE_1, "2");
	line_run_ms(line, 200);
	third = call_to(line, EDGE_1, "2");
	line_run_ms(line, 200);
	expect_failed(third, UNI_CAUSE_NO_RESOURCE);
	phone_answer(&line->nodes[EDGE_2].phone.calls[0], CO_STATUS_FAILURE, 0);
	phone_answer(&line->nodes[EDGE_2].phone.calls[1], CO_STATUS_FAILURE, 0);
}

/* ---- Ending. ---- */

static void
expect_data(const struct phone_call *call, const void *data, uint32_t size)
{
	expect_ended_once(call, 1);
	assert_int_equal(call->told.size, size);
	assert_memory_equal(call->told.octets, data, size);
}

/* CLOSE-10, SIG-115: from either side. */
static void
cause_and_user_data_of_a_close_reach_the_other_side(void **state)
{
	static const uint8_t bye[] = { UNI_CAUSE_TEMPORARY_FAILURE, 0x04, 'b', 'y', 'e' };
	uint8_t most[1 + UNI_MAX_UU] = { UNI_CAUSE_NORMAL, 0x04 };
	struct line *line = *state;
	struct through call = call_up(line, EDGE_1);
	uint32_t i;

	for (i = 2; i < sizeof(most); i++)
		most[i] = (uint8_t)i;
	phone_close(call.caller, bye, sizeof(bye));
	line_run_until_idle(line);
	expect_ended_once(call.caller, 0);
	expect_data(call.called, bye, sizeof(bye));
	call = call_up(line, EDGE_1);
	phone_close(call.called, most, sizeof(most));
	line_run_until_idle(line);
	expect_ended_once(call.called, 0);
	expect_data(call.caller, most, sizeof(most));
}

static void
a_cause_alone_reaches_the_other_side(void **state)
{
	static const uint8_t cause[] = { UNI_CAUSE_TEMPORARY_FAILURE };
	struct line *line = *state;
	struct through call = call_up(line, EDGE_2);

	phone_close(call.caller, cause, sizeof(cause));
	line_run_until_idle(line);
	expect_data(call.called, cause, sizeof(cause));
}

/* SIG-121, SIG-26: both causes, wherever they come from, and all the data, as they are */
static void
all_that_a_close_can_carry_goes_through_unchanged(void **state)
{
	uint8_t diag[UNI_MAX_DIAGNOSTICS] = { 0x84, 0x70 }, uu[UNI_MAX_UU] = { 4 };
	uint8_t git[UNI_MAX_GIT] = { 9 }, octets[CALLMGR_MAX_CLOSE_DATA];
	const struct uni_release r = {
		.cause = UNI_CAUSE_NUMBER_CHANGED,
		.location = 7,
		.cause2 = UNI_CAUSE_INTERWORKING,
		.location2 = 10,
		.coding2 = 3,
		.diagnostics = diag,
		.diagnostics_len = sizeof(diag),
		.diagnostics2 = diag,
		.diagnostics2_len = sizeof(diag),
		.uu = uu,
		.uu_len = sizeof(uu),
		.git = git,
		.git_len = sizeof(git),
	};
	const struct co_data data = callmgr_data_write(&r, octets);
	struct line *line = *state;
	struct through call;
	uint32_t from;

	for (from = EDGE_1; from <= EDGE_2; from += EDGE_2 - EDGE_1) {
		call = call_up(line, from);
		phone_close(call.caller, octets, data.size);
		line_run_until_idle(line);
		assert_int_equal(call.called->told.raw_size, data.size);
		assert_memory_equal(call.called->told.raw, octets, data.size);
		call = call_up(line, from);
		phone_close(call.called, octets, data.size);
		line_run_until_idle(line);
		assert_int_equal(call.caller->told.raw_size, data.size);
		assert_memory_equal(call.caller->told.raw, octets, data.size);
	}
}

/* SIG-26: 0 is the left end's, a user, and 2 the right end's, a network; the transit is neither */
static void
a_cause_keeps_the_location_of_where_it_was_made(void **state)
{
	static const uint8_t cause[] = { UNI_CAUSE_TEMPORARY_FAILURE };
	struct line *line = *state;
	struct through call = call_up(line, EDGE_1);

	phone_close(call.caller, cause, sizeof(cause));
	line_run_until_idle(line);
	assert_int_equal(call.called->told.location, 0);
	call = call_up(line, EDGE_1);
	phone_close(call.called, cause, sizeof(cause));
	line_run_until_idle(line);
	assert_int_equal(call.caller->told.location, 2);
}

/* SIG-121: there is room for one at a time; the others' causes go on all the same */
static void
data_of_more_closes_than_there_is_room_for_is_left_out(void **state)
{
	static const uint8_t bye[] = { UNI_CAUSE_TEMPORARY_FAILURE, 0x04, 'b', 'y', 'e' };
	struct line *line = *state;
	struct through calls[2];
	uint32_t i, n = 0;

	for (i = 0; i < 2; i++)
		calls[i] = call_up(line, EDGE_1);
	for (i = 0; i < 2; i++)
		phone_close(calls[i].caller, bye, sizeof(bye));
	line_run_until_idle(line);
	for (i = 0; i < 2; i++) {
		expect_ended_once(calls[i].called, 1);
		assert_int_equal(calls[i].called->told.octets[0], UNI_CAUSE_TEMPORARY_FAILURE);
		n += calls[i].called->told.size == sizeof(bye);
	}
	assert_int_equal(n, 1);
	assert_int_equal(transit_n_without_data(line->nodes[MIDDLE].transit), 1);
}

/* ---- Answers. ---- */

static const uint8_t connected[] = { 0x4c, 0x80, 0, 2, 0x91, '7', 0x7f, 0xe0, 0, 1, 9, 0x7e, 0x80,
	0, 3, 0x04, 'o', 'k' };

/* SIG-39 */
static void
what_an_answer_brings_goes_on_to_the_caller(void **state)
{
	struct line *line = *state;
	struct through call;

	line->nodes[EDGE_2].phone.answer_elements = connected;
	line->nodes[EDGE_2].phone.answer_elements_size = sizeof(connected);
	call = call_ringing(line);
	phone_answer(call.called, CO_STATUS_SUCCESS, 0);
	line_run_ms(line, 200);
	assert_int_equal(call.caller->make_status, CO_STATUS_SUCCESS);
	assert_int_equal(call.caller->came.size, sizeof(connected));
	assert_memory_equal(call.caller->came.octets, connected, sizeof(connected));
	phone_close(call.caller, NULL, 0);
	line_run_until_idle(line);
}

/* SIG-37, SIG-39: the choice is the last one's, the transit only passes it on */
static void
the_low_layer_that_the_called_side_picks_goes_on_to_the_caller(void **state)
{
	static const uint8_t several[] = { 0x63, 0x80, 0, 1, 0x82, 0x5f, 0x80, 0, 1, 0xc6, 0x5f,
		0x80, 0, 1, 0xcc };
	struct line *line = *state;
	struct phone_call *call;

	line->nodes[EDGE_1].phone.call_elements = several;
	line->nodes[EDGE_1].phone.call_elements_size = sizeof(several);
	call = call_to(line, EDGE_1, "2");
	line_run_ms(line, 200);
	assert_int_equal(call->came.size, 5); /* none has picked: the first one */
	assert_memory_equal(call->came.octets, several + 5, 5);
	phone_close(call, NULL, 0);
	line_run_until_idle(line);
	line->nodes[EDGE_2].phone.answer_elements = several + 10;
	line->nodes[EDGE_2].phone.answer_elements_size = 5;
	call = call_to(line, EDGE_1, "2");
	line_run_ms(line, 200);
	assert_int_equal(call->came.size, 5);
	assert_memory_equal(call->came.octets, several + 10, 5);
	phone_close(call, NULL, 0);
	line_run_until_idle(line);
}

/* SIG-121, SIG-26 */
static void
what_comes_with_a_refusal_goes_on_to_the_caller(void **state)
{
	static const uint8_t why[] = { 0x08, 0x80, 0, 3, 0x85, 0x95, 0x81, 0x7f, 0xe0, 0, 1, 9,
		0x7e, 0x80, 0, 3, 0x04, 'n', 'o' };
	struct line *line = *state;
	struct phone_call *call;

	line->nodes[EDGE_2].phone.answer = CO_STATUS_FAILURE;
	line->nodes[EDGE_2].phone.answer_cause = UNI_CAUSE_CALL_REJECTED;
	line->nodes[EDGE_2].phone.answer_elements = why;
	line->nodes[EDGE_2].phone.answer_elements_size = sizeof(why);
	call = call_to(line, EDGE_1, "2");
	line_run_until_idle(line);
	expect_failed(call, UNI_CAUSE_CALL_REJECTED);
	assert_int_equal(call->came.size, sizeof(why));
	assert_memory_equal(call->came.octets, why, sizeof(why));
}

/* SIG-121: the offer is withdrawn, in place of a close there is a refusal */
static void
data_of_a_leg_that_is_closed_while_it_rings_goes_with_the_refusal(void **state)
{
	static const uint8_t bye[] = { 0x80 | UNI_CAUSE_OUT_OF_ORDER, 0x7e, 0x80, 0, 2, 0x04, 'x' };
	static const uint8_t came[] = { 0x08, 0x80, 0, 2, 0x82, 0x80 | UNI_CAUSE_OUT_OF_ORDER, 0x7e,
		0x80, 0, 2, 0x04, 'x' };
	struct line *line = *state;
	struct through call = call_ringing(line);

	assert_int_equal(
		close_leg(line, LEFT, 1, (struct co_data){ bye, sizeof(bye) }), CO_STATUS_SUCCESS);
	line_run_ms(line, 100);
	expect_failed(call.caller, UNI_CAUSE_OUT_OF_ORDER);
	assert_int_equal(call.caller->came.size, sizeof(came));
	assert_memory_equal(call.caller->came.octets, came, sizeof(came));
	phone_answer(call.called, CO_STATUS_SUCCESS, 0);
	line_run_until_idle(line);
}

static void
closes_from_both_ends_meet_in_the_middle(void **state)
{
	struct line *line = *state;
	struct through call = call_up(line, EDGE_1);

	phone_close(call.caller, NULL, 0);
	phone_close(call.called, NULL, 0);
	line_run_until_idle(line);
	expect_ended_once(call.caller, 0);
	expect_ended_once(call.called, 0);
}

/* The caller's T310 has run out: it has released the call while the far phone rings. */
static struct through
call_given_up(struct line *line)
{
	struct through call = call_ringing(line);

	line_run_ms(line, LINE_PATIENCE_MS);
	expect_failed(call.caller, UNI_CAUSE_NO_USER_RESPONDING);
	assert_int_equal(call.called->n_incoming_close, 0);
	assert_int_equal(transit_n_calls(line->nodes[MIDDLE].transit), 1);
	return call;
}

/* RACE-4: what rings is closed when it is answered, since a make_call cannot be taken back. */
static void
a_call_given_up_while_it_rings_ends_when_it_is_answered(void **state)
{
	static const uint8_t cause[] = { UNI_CAUSE_NO_USER_RESPONDING };
	struct line *line = *state;
	struct through call = call_given_up(line);

	phone_answer(call.called, CO_STATUS_SUCCESS, 0);
	line_run_until_idle(line);
	expect_data(call.called, cause, sizeof(cause));
}

/* RACE-5 */
static void
a_call_given_up_while_it_rings_ends_when_it_is_refused(void **state)
{
	struct line *line = *state;
	struct through call = call_given_up(line);

	phone_answer(call.called, CO_STATUS_FAILURE, UNI_CAUSE_USER_BUSY);
	line_run_until_idle(line);
	assert_int_equal(call.called->n_incoming_close, 0);
	assert_int_equal(call.caller->n_incoming_close, 0);
}

/* I8: the transit's own timer ends what nobody answers. */
static void
a_call_given_up_while_it_rings_does_not_ring_for_ever(void **state)
{
	struct line *line = *state;
	struct through call = call_given_up(line);

	line_run_ms(line, 30000);
	assert_true(line_is_idle(line));
	expect_ended_once(call.called, 1);
}

/* ---- Jobs. ---- */

static void
expect_job_done_once(const struct line *line, uint32_t job)
{
	assert_int_equal(line->jobs[job].n_closed, 1);
	assert_int_equal(line->jobs[job].close_status, CO_STATUS_SUCCESS);
}

static void
closing_one_leg_ends_the_call_and_is_reported_once(void **state)
{
	static const uint8_t bye[] = { UNI_CAUSE_TEMPORARY_FAILURE, 0x04, 'b', 'y', 'e' };
	struct line *line = *state;
	struct through call = call_up(line, EDGE_1);

	assert_int_equal(
		close_leg(line, LEFT, 1, (struct co_data){ bye, sizeof(bye) }), CO_STATUS_PENDING);
	assert_int_equal(close_leg(line, LEFT, 2, no_data), CO_STATUS_CLOSING);
	assert_int_equal(close_leg(line, RIGHT, 3, no_data), CO_STATUS_CLOSING);
	line_run_until_idle(line);
	expect_job_done_once(line, 1);
	assert_int_equal(line->n_reports, 1);
	expect_data(call.caller, bye, sizeof(bye));
	expect_data(call.called, bye, sizeof(bye));
	call = call_up(line, EDGE_1);
	assert_int_equal(close_leg(line, RIGHT, 4, no_data), CO_STATUS_PENDING);
	line_run_until_idle(line);
	expect_job_done_once(line, 4);
	expect_ended_once(call.caller, 1);
	expect_ended_once(call.called, 1);
}

static void
a_close_of_a_leg_that_crosses_that_of_a_phone_is_reported_once(void **state)
{
	struct line *line = *state;
	struct through call = call_up(line, EDGE_1);

	phone_close(call.caller, NULL, 0);
	assert_int_equal(close_leg(line, RIGHT, 1, no_data), CO_STATUS_PENDING);
	line_run_until_idle(line);
	expect_job_done_once(line, 1);
	expect_ended_once(call.caller, 0);
	expect_ended_once(call.called, 1);
	assert_int_equal(line->n_reports, 1);
}

/* An offer is refused, not closed: the caller need not wait until the other side answers. */
static void
closing_the_incoming_leg_of_a_call_that_rings_refuses_it_at_once(void **state)
{
	static const uint8_t cause[] = { UNI_CAUSE_OUT_OF_ORDER };
	struct line *line = *state;
	struct through call = call_ringing(line);

	assert_int_equal(close_leg(line, LEFT, 1, (struct co_data){ cause, sizeof(cause) }),
		CO_STATUS_SUCCESS);
	expect_job_done_once(line, 1);
	line_run_ms(line, 100);
	expect_failed(call.caller, UNI_CAUSE_OUT_OF_ORDER);
	phone_answer(call.called, CO_STATUS_SUCCESS, 0);
	line_run_until_idle(line);
	expect_ended_once(call.called, 1);
	assert_int_equal(line->n_reports, 1);
}

/* RACE-4, RACE-5 */
static void
closing_the_outgoing_leg_of_a_call_that_rings_refuses_the_caller_at_once(void **state)
{
	static const uint8_t cause[] = { UNI_CAUSE_OUT_OF_ORDER };
	struct line *line = *state;
	struct through call = call_ringing(line);

	assert_int_equal(close_leg(line, RIGHT, 1, (struct co_data){ cause, sizeof(cause) }),
		CO_STATUS_PENDING);
	line_run_ms(line, 100);
	expect_failed(call.caller, UNI_CAUSE_OUT_OF_ORDER);
	assert_int_equal(line->jobs[1].n_closed, 0);
	phone_answer(call.called, CO_STATUS_SUCCESS, 0);
	line_run_until_idle(line);
	expect_job_done_once(line, 1);
	assert_int_equal(call.called->told.octets[0], UNI_CAUSE_OUT_OF_ORDER);
}

/* SIG-71: in both directions, before the call is up and after, octet by octet */
static void
what_one_phone_tells_is_told_to_the_other(void **state)
{
	static const struct co_notification there = { 0x92, 2, { 0x80, 1 } };
	static const struct co_notification back = { 0x96, 3, { 0x81, 2, 3 } };
	struct line *line = *state;
	struct through call = call_ringing(line);

	assert_int_equal(phone_tell(call.caller, &there), CO_STATUS_SUCCESS);
	assert_int_equal(phone_tell(call.called, &back), CO_STATUS_SUCCESS);
	line_run_ms(line, 100);
	assert_int_equal(call.called->n_notified, 1);
	assert_memory_equal(&call.called->notified, &there, sizeof(there));
	assert_int_equal(call.caller->n_notified, 1);
	assert_memory_equal(&call.caller->notified, &back, sizeof(back));
	phone_answer(call.called, CO_STATUS_SUCCESS, 0);
	line_run_ms(line, 100);
	assert_int_equal(phone_tell(call.called, &there), CO_STATUS_SUCCESS);
	line_run_ms(line, 100);
	assert_int_equal(call.caller->n_notified, 2);
	assert_memory_equal(&call.caller->notified, &there, sizeof(there));
	phone_close(call.caller, NULL, 0);
	line_run_until_idle(line);
	expect_ended_once(call.called, 1);
}

#define LINE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		LINE(a_call_through_is_joined_and_what_was_asked_for_arrives),
		LINE(a_refusal_is_passed_on_with_its_cause),
		LINE(a_refusal_after_ringing_is_passed_on_with_its_cause),
		LINE(a_call_that_no_route_leads_to_is_refused),
		LINE(a_call_is_not_routed_back_to_where_it_came_from),
		LINE(a_call_too_many_is_refused_for_want_of_resources),
		LINE(cause_and_user_data_of_a_close_reach_the_other_side),
		LINE(a_cause_alone_reaches_the_other_side),
		LINE(all_that_a_close_can_carry_goes_through_unchanged),
		LINE(a_cause_keeps_the_location_of_where_it_was_made),
		LINE(data_of_more_closes_than_there_is_room_for_is_left_out),
		LINE(what_an_answer_brings_goes_on_to_the_caller),
		LINE(the_low_layer_that_the_called_side_picks_goes_on_to_the_caller),
		LINE(what_comes_with_a_refusal_goes_on_to_the_caller),
		LINE(data_of_a_leg_that_is_closed_while_it_rings_goes_with_the_refusal),
		LINE(closes_from_both_ends_meet_in_the_middle),
		LINE(a_call_given_up_while_it_rings_ends_when_it_is_answered),
		LINE(a_call_given_up_while_it_rings_ends_when_it_is_refused),
		LINE(a_call_given_up_while_it_rings_does_not_ring_for_ever),
		LINE(closing_one_leg_ends_the_call_and_is_reported_once),
		LINE(a_close_of_a_leg_that_crosses_that_of_a_phone_is_reported_once),
		LINE(closing_the_incoming_leg_of_a_call_that_rings_refuses_it_at_once),
		LINE(closing_the_outgoing_leg_of_a_call_that_rings_refuses_the_caller_at_once),
		LINE(what_one_phone_tells_is_told_to_the_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
