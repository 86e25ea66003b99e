/* SPDX-License-Identifier: BSD-3-Clause */
/* Clients whose call manager or adapter goes: all is closed in order, a slice at a time. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "arrows.h"
#include "line.h"
#include "uni/cause.h"

#include <cmocka.h>

#define N_DIALLED 6u
#define N_TAKEN 3u
#define N_ALL (N_DIALLED + N_TAKEN)

static const struct co_data no_data = { NULL, 0 };

static struct caller *
left_of(const struct line *line)
{
	return load_caller(line->nodes[0].load);
}

static struct caller *
right_of(const struct line *line)
{
	return load_caller(line->nodes[1].load);
}

static void
take_prefix(struct line *line, uint32_t node, struct caller *caller, const char *digits)
{
	struct co_address prefix = line_prefix(digits);
	co_adapter_t adapter = line->nodes[node].adapters[node == 0 ? RIGHT : LEFT];

	assert_int_equal(caller_register_sap(caller, adapter, &prefix), CO_STATUS_SUCCESS);
}

/* The left takes what begins with 1, the right with 2. */
static int
setup(void **state)
{
	struct line *line = line_create(2);

	line_add_load(line, 0);
	line_add_load(line, 1);
	take_prefix(line, 0, left_of(line), "1");
	take_prefix(line, 1, right_of(line), "2");
	arrows_note(line->nodes[0].co);
	*state = line;
	return 0;
}

static int
teardown(void **state)
{
	arrows_note(NULL);
	line_destroy(*state);
	return 0;
}

static int
dial(struct line *line, uint32_t node, const char *to, uint32_t job)
{
	struct co_address from = line_address("9"), address = line_address(to);

	return load_dial(line->nodes[node].load,
		line->nodes[node].adapters[node == 0 ? RIGHT : LEFT], &from, &address, 0, job);
}

static void
dial_and_run(struct line *line, uint32_t node, const char *to, uint32_t job)
{
	assert_int_equal(dial(line, node, to, job), 0);
	line_run_ms(line, 100);
	assert_int_equal(line->jobs[job].dial_status, CO_STATUS_SUCCESS);
}

/* Calls in both directions: the left has made some of them and taken the others. */
static void
calls_up(struct line *line)
{
	uint32_t i;

	for (i = 0; i < N_DIALLED; i++)
		dial_and_run(line, 0, "2", i);
	for (; i < N_ALL; i++)
		dial_and_run(line, 1, "1", i);
	assert_int_equal(caller_n_calls(left_of(line)), N_ALL);
}

static void
callmgr_leaves(struct line *line)
{
	struct co *co = line->nodes[0].co;

	assert_int_equal(co_unbind(co, arrows_callmgr_of(co)), CO_STATUS_PENDING);
}

static void
run_until_left(struct line *line)
{
	uint32_t ms;

	for (ms = 0; !unicm_is_closed(line->nodes[0].unicm[RIGHT]); ms++) {
		assert_true(ms < 20000);
		line_run_ms(line, 1);
	}
}

/* What was noted ends with this. */
static void
expect_end(const char *text)
{
	size_t size = strlen(text);

	assert_true(arrows.n >= size);
	assert_string_equal(arrows.text + arrows.n - size, text);
}

/* ---- The call manager asks. ---- */

/* AF-11, AF-12, AF-17, CLOSE-38 */
static void
everything_is_closed_in_order_when_the_call_manager_asks(void **state)
{
	struct line *line = *state;

	calls_up(line);
	callmgr_leaves(line);
	run_until_left(line);
	assert_int_equal(arrows_count('c'), N_ALL);
	assert_int_equal(arrows_count('v'), N_DIALLED); /* the others are the call manager's */
	assert_int_equal(arrows.n, N_ALL + N_DIALLED + 3);
	expect_end("san");
	assert_int_equal(arrows.n_refused, 0);
	assert_int_equal(dial(line, 0, "2", 20), -ENETUNREACH);
}

/* AF-18 */
static void
a_turn_closes_no_more_than_it_may_and_the_request_itself_nothing(void **state)
{
	struct line *line = *state;
	uint32_t i;

	calls_up(line);
	callmgr_leaves(line);
	assert_string_equal(arrows.text, "");
	assert_int_equal(dial(line, 0, "2", 20), -ENETUNREACH);
	for (i = 1; i <= 3; i++) {
		caller_turn(left_of(line), 2);
		assert_int_equal(arrows_count('c'), 2 * i);
	}
	assert_int_equal(arrows.n, 6);
	run_until_left(line);
	expect_end("san");
}

/* RACE-21 */
static void
a_call_that_is_being_closed_is_let_finish(void **state)
{
	struct line *line = *state;

	dial_and_run(line, 0, "2", 0);
	assert_int_equal(caller_close(left_of(line),
				 line_vc_of(line, 0, caller_protocol(left_of(line))), 1, no_data),
		CO_STATUS_PENDING);
	callmgr_leaves(line);
	run_until_left(line);
	assert_int_equal(line->jobs[1].n_closed, 1);
	assert_int_equal(line->jobs[1].close_status, CO_STATUS_SUCCESS);
	assert_string_equal(arrows.text, "cvsan");
}

/* AF-11, RACE-4 */
static void
a_call_that_is_being_made_ends_as_well(void **state)
{
	struct line *line = *state;

	assert_int_equal(dial(line, 0, "2", 0), 0);
	callmgr_leaves(line);
	run_until_left(line);
	assert_int_equal(line->jobs[0].n_dialled, 1);
	assert_string_equal(arrows.text, "cvsan");
}

/* AF-11 */
static void
parties_are_dropped_first(void **state)
{
	struct line *line = *state;
	struct co_address to = line_address("2");
	struct caller_dial_args args = {
		.adapter = line->nodes[0].adapters[RIGHT],
		.to = to,
		.end = CALLER_NO_END,
		.multipoint = true,
	};
	uint32_t i;

	assert_int_equal(caller_dial(left_of(line), &args), 0);
	line_run_ms(line, 100);
	for (i = 1; i < 4; i++) {
		assert_int_equal(
			caller_add_party(left_of(line),
				line_vc_of(line, 0, caller_protocol(left_of(line))), &to, i),
			CO_STATUS_PENDING);
		line_run_ms(line, 100);
		assert_int_equal(line->jobs[i].add_status, CO_STATUS_SUCCESS);
	}
	callmgr_leaves(line);
	run_until_left(line);
	assert_string_equal(arrows.text, "dddcvsan");
}

/* UNB-11 */
static void
a_call_manager_that_comes_back_finds_what_it_had(void **state)
{
	struct line *line = *state;

	calls_up(line);
	callmgr_leaves(line);
	run_until_left(line);
	line_run_until_idle(line);
	arrows_note(line->nodes[0].co);
	line_return(line, 0, RIGHT);
	line_run_ms(line, 10);
	assert_int_equal(arrows.n_registered, 1);
	dial_and_run(line, 0, "2", 20);
	dial_and_run(line, 1, "1", 21);
	assert_int_equal(caller_n_calls(left_of(line)), 2);
	callmgr_leaves(line);
	run_until_left(line);
	expect_end("san");
}

/* ---- The adapter goes. ---- */

/* UNB-1, UNB-2 */
static void
a_client_that_is_unbound_leaves_nothing_and_closes_its_adapter(void **state)
{
	struct line *line = *state;
	struct co *co = line->nodes[0].co;

	calls_up(line);
	assert_int_equal(co_unbind(co, arrows_client_of(co)), CO_STATUS_PENDING);
	assert_string_equal(arrows.text, "");
	line_run_until_idle(line);
	line_run_ms(line, 10);
	assert_int_equal(arrows_count('c'), N_ALL);
	assert_int_equal(arrows.n, N_ALL + N_DIALLED + 3);
	expect_end("sau");
}

static void
on_halted(void *arg, co_adapter_t adapter)
{
	unsigned int *n_halted = arg;

	(void)adapter;
	(*n_halted)++;
}

/* UNB-1, UNB-3 */
static void
all_leave_an_adapter_that_is_halted(void **state)
{
	struct line *line = *state;
	unsigned int n_halted = 0;
	uint32_t ms;

	calls_up(line);
	assert_int_equal(
		co_halt(line->nodes[0].co, line->nodes[0].adapters[RIGHT], on_halted, &n_halted),
		CO_STATUS_PENDING);
	for (ms = 0; n_halted == 0; ms++) {
		assert_true(ms < 20000);
		line_run_ms(line, 1);
	}
	expect_end("sanu");
	line_run_ms(line, 100);
	assert_int_equal(n_halted, 1);
}

/* ---- A transit. ---- */

enum { EDGE_1, MIDDLE, EDGE_2 };

static int
setup_transit(void **state)
{
	struct line *line = line_create(3);
	struct node *middle = &line->nodes[MIDDLE];
	struct co_address two = line_prefix("2");

	assert_int_equal(route_add(&line->routes, &two, RIGHT), 0);
	line_add_phone(line, EDGE_1, RIGHT, "1");
	line_add_transit(line, MIDDLE);
	line_add_phone(line, EDGE_2, LEFT, "2");
	assert_int_equal(
		transit_register(middle->transit, middle->adapters[LEFT], &two), CO_STATUS_SUCCESS);
	arrows_note(middle->co);
	*state = line;
	return 0;
}

/* The transit's call manager towards EDGE_2: its AF was registered last. */
static void
middle_leaves(struct line *line)
{
	struct co *co = line->nodes[MIDDLE].co;

	assert_int_equal(co_unbind(co, arrows_callmgr_of(co)), CO_STATUS_PENDING);
}

static void
run_until_middle_left(struct line *line)
{
	uint32_t ms;

	for (ms = 0; !unicm_is_closed(line->nodes[MIDDLE].unicm[RIGHT]); ms++) {
		assert_true(ms < 20000);
		line_run_ms(line, 1);
	}
}

/* AF-11 */
static void
a_transit_call_ends_on_both_sides_when_one_side_goes(void **state)
{
	struct line *line = *state;
	struct co_address to = line_address("2");
	struct phone_call *call = phone_call(&line->nodes[EDGE_1].phone, &to);

	line_run_ms(line, 200);
	assert_int_equal(call->make_status, CO_STATUS_SUCCESS);
	middle_leaves(line);
	run_until_middle_left(line);
	line_run_until_idle(line);
	assert_int_equal(call->n_incoming_close, 1);
	assert_int_equal(phone_last(&line->nodes[EDGE_2].phone)->n_incoming_close, 1);
	assert_int_equal(arrows_count('c'), 2);
	assert_int_equal(arrows_count('n'), 1);
	call = phone_call(&line->nodes[EDGE_1].phone, &to);
	line_run_ms(line, 200);
	assert_int_equal(call->cause, UNI_CAUSE_NO_ROUTE);
}

/* AF-11, RACE-4: what is being made on the side that goes ends when it has been answered. */
static void
a_transit_call_that_rings_is_refused_when_its_way_on_goes(void **state)
{
	struct line *line = *state;
	struct co_address to = line_address("2");
	struct phone_call *call;

	line->nodes[EDGE_2].phone.answer = CO_STATUS_PENDING;
	call = phone_call(&line->nodes[EDGE_1].phone, &to);
	line_run_ms(line, 200);
	assert_int_equal(phone_last(&line->nodes[EDGE_2].phone)->n_offered, 1);
	middle_leaves(line);
	line_run_ms(line, 100);
	assert_int_equal(call->n_made, 1);
	assert_int_not_equal(call->make_status, CO_STATUS_SUCCESS);
	phone_answer(phone_last(&line->nodes[EDGE_2].phone), CO_STATUS_SUCCESS, 0);
	run_until_middle_left(line);
	assert_int_equal(phone_last(&line->nodes[EDGE_2].phone)->n_closed, 1);
}

/* ---- Signalling, and the carrier. ---- */

static void
run_until_link(struct line *line, bool up)
{
	struct unicm *u = line->nodes[0].unicm[RIGHT];
	uint32_t ms;

	for (ms = 0; uni_link_is_up(callmgr_link(unicm_callmgr(u))) != up; ms++) {
		assert_true(ms < 60000);
		line_run_ms(line, 1);
	}
	line_run_ms(line, 10);
}

/* OID-5 */
static void
nobody_dials_while_signalling_is_down(void **state)
{
	struct line *line = *state;

	loopvc_set_options(line->wires[0], &(struct loopvc_options){ .cut = true });
	run_until_link(line, false);
	assert_int_equal(dial(line, 0, "2", 0), -ENETDOWN);
	take_prefix(line, 0, left_of(line), "3"); /* nothing is signalled for that */
	loopvc_set_options(line->wires[0], &(struct loopvc_options){ 0 });
	run_until_link(line, true);
	dial_and_run(line, 0, "2", 1);
	assert_int_equal(line->jobs[0].n_dialled, 0);
	assert_int_equal(caller_close(left_of(line),
				 line_vc_of(line, 0, caller_protocol(left_of(line))), 2, no_data),
		CO_STATUS_PENDING);
}

/* OID-5 */
static void
a_transit_refuses_what_would_go_on_by_a_dead_link(void **state)
{
	struct line *line = *state;
	struct unicm *u = line->nodes[MIDDLE].unicm[RIGHT];
	struct co_address to = line_address("2");
	struct phone_call *call;

	loopvc_set_options(line->wires[1], &(struct loopvc_options){ .cut = true });
	while (uni_link_is_up(callmgr_link(unicm_callmgr(u))))
		line_run_ms(line, 1);
	call = phone_call(&line->nodes[EDGE_1].phone, &to);
	line_run_ms(line, 200);
	assert_int_equal(call->n_made, 1);
	assert_int_equal(call->cause, UNI_CAUSE_NETWORK_OUT_OF_ORDER);
	loopvc_set_options(line->wires[1], &(struct loopvc_options){ 0 });
	while (!uni_link_is_up(callmgr_link(unicm_callmgr(u))))
		line_run_ms(line, 1);
	line_run_ms(line, 1000);
}

/* UNB-10 */
static void
the_loss_of_carrier_alone_closes_nothing(void **state)
{
	struct line *line = *state;

	calls_up(line);
	loopvc_set_link(line->wires[0], LOOPVC_A, false);
	line_run_ms(line, 100);
	assert_int_equal(caller_n_calls(left_of(line)), N_ALL);
	assert_string_equal(arrows.text, "");
	loopvc_set_link(line->wires[0], LOOPVC_A, true);
	line_run_ms(line, 100);
	assert_int_equal(caller_n_calls(left_of(line)), N_ALL);
	callmgr_leaves(line);
	run_until_left(line);
}

#define LINE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define TRANSIT(name) cmocka_unit_test_setup_teardown(name, setup_transit, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		LINE(everything_is_closed_in_order_when_the_call_manager_asks),
		LINE(a_turn_closes_no_more_than_it_may_and_the_request_itself_nothing),
		LINE(a_call_that_is_being_closed_is_let_finish),
		LINE(a_call_that_is_being_made_ends_as_well),
		LINE(parties_are_dropped_first),
		LINE(a_call_manager_that_comes_back_finds_what_it_had),
		LINE(a_client_that_is_unbound_leaves_nothing_and_closes_its_adapter),
		LINE(all_leave_an_adapter_that_is_halted),
		TRANSIT(a_transit_call_ends_on_both_sides_when_one_side_goes),
		TRANSIT(a_transit_call_that_rings_is_refused_when_its_way_on_goes),
		LINE(nobody_dials_while_signalling_is_down),
		TRANSIT(a_transit_refuses_what_would_go_on_by_a_dead_link),
		LINE(the_loss_of_carrier_alone_closes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
