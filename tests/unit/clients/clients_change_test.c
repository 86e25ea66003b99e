/* SPDX-License-Identifier: BSD-3-Clause */
/* Rates of calls that are up: changed by who made the call, at both ends and through a transit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "arrows.h"
#include "line.h"
#include "uni/cause.h"

#include <cmocka.h>

#define RATE 96000u
#define HIGHER 192000u
#define TOO_HIGH 960000u

static const struct co_data no_data = { NULL, 0 };

static struct attach *
left_of(const struct line *line)
{
	return line->nodes[0].attach;
}

static struct attach *
right_of(const struct line *line)
{
	return line->nodes[line->n_nodes - 1].attach;
}

static void
add_edge(struct line *line, uint32_t node, const char *digits)
{
	struct co_address address = line_address(digits);
	struct node *n = &line->nodes[node];

	line_add_attach(line, node);
	assert_int_equal(attach_add(n->attach, &address, node, true), 0);
	assert_int_equal(caller_register_sap(attach_caller(n->attach),
				 n->adapters[node == 0 ? RIGHT : LEFT], &address),
		CO_STATUS_SUCCESS);
}

static int
setup(void **state)
{
	struct line *line = line_create(2);

	add_edge(line, 0, "1");
	add_edge(line, 1, "2");
	*state = line;
	return 0;
}

static int
setup_transit(void **state)
{
	struct line *line = line_create(3);
	struct node *middle = &line->nodes[1];
	struct co_address two = line_prefix("2");

	assert_int_equal(route_add(&line->routes, &two, RIGHT), 0);
	add_edge(line, 0, "1");
	line_add_transit(line, 1);
	add_edge(line, 2, "2");
	assert_int_equal(
		transit_register(middle->transit, middle->adapters[LEFT], &two), CO_STATUS_SUCCESS);
	*state = line;
	return 0;
}

static int
teardown(void **state)
{
	struct line *line = *state;

	if (line->wires[1] != NULL)
		loopvc_set_options(line->wires[1], &(struct loopvc_options){ 0 });
	line_run_ms(line, 100);
	line_destroy(line);
	return 0;
}

static co_vc_t
vc_of(const struct attach *a)
{
	struct attach_info info;

	assert_int_equal(attach_query(a, 0, &info), 0);
	return info.vc;
}

static void
call_up(struct line *line)
{
	struct co_address to = line_address("2");

	assert_int_equal(
		attach_dial(left_of(line), 0, line->nodes[0].adapters[RIGHT], &to, RATE, 0), 0);
	line_run_ms(line, 200);
	assert_int_equal(line->jobs[0].dial_status, CO_STATUS_SUCCESS);
	assert_int_not_equal(vc_of(right_of(line)), CO_NONE);
}

static enum co_status
modify(struct line *line, uint64_t rate, uint32_t job)
{
	uint8_t cause;

	return caller_modify(attach_caller(left_of(line)), vc_of(left_of(line)), rate, job, &cause);
}

static enum co_status
close_edge(struct attach *a, uint32_t job)
{
	return caller_close(attach_caller(a), vc_of(a), job, no_data);
}

/* The rate in force of a VC, the same each way. */
static uint64_t
rate_of(const struct line *line, uint32_t node, co_vc_t vc)
{
	struct co_vc_flow flow;

	assert_int_equal(
		co_oid_request(line->nodes[node].co, vc, CO_OID_VC_FLOW, &flow, sizeof(flow)),
		CO_STATUS_SUCCESS);
	assert_int_equal(flow.tx.peak_rate, flow.rx.peak_rate);
	return flow.tx.peak_rate;
}

static void
expect_rate_at_ends(struct line *line, uint64_t rate)
{
	assert_int_equal(rate_of(line, 0, vc_of(left_of(line))), rate);
	assert_int_equal(rate_of(line, line->n_nodes - 1, vc_of(right_of(line))), rate);
}

static void
expect_modified(const struct line *line, uint32_t job, enum co_status status, uint64_t rate)
{
	assert_int_equal(line->jobs[job].n_modified, 1);
	assert_int_equal(line->jobs[job].modify_status, status);
	assert_int_equal(line->jobs[job].rate, rate);
}

static void
end(struct line *line)
{
	assert_int_equal(close_edge(left_of(line), 60), CO_STATUS_PENDING);
	line_run_until_idle(line);
	assert_int_equal(line->jobs[60].n_closed, 1);
}

/* QOS-2, INQOS-2 */
static void
a_change_is_in_force_at_both_ends(void **state)
{
	struct line *line = *state;

	call_up(line);
	expect_rate_at_ends(line, RATE);
	assert_int_equal(modify(line, HIGHER, 1), CO_STATUS_PENDING);
	line_run_ms(line, 200);
	expect_modified(line, 1, CO_STATUS_SUCCESS, HIGHER);
	expect_rate_at_ends(line, HIGHER);
	end(line);
}

/* QOS-6, QOS-5 */
static void
a_call_goes_on_with_its_old_rate_when_a_change_is_refused(void **state)
{
	struct line *line = *state;

	attach_set_limit(right_of(line), 0, HIGHER);
	call_up(line);
	assert_int_equal(modify(line, TOO_HIGH, 1), CO_STATUS_PENDING);
	line_run_ms(line, 200);
	expect_modified(line, 1, CO_STATUS_FAILURE, RATE);
	expect_rate_at_ends(line, RATE);
	assert_int_equal(modify(line, HIGHER, 2), CO_STATUS_PENDING);
	line_run_ms(line, 200);
	expect_modified(line, 2, CO_STATUS_SUCCESS, HIGHER);
	end(line);
}

/* INQOS-3 */
static void
a_trunk_has_a_limit_too(void **state)
{
	struct line *line = *state;

	caller_set_limit(attach_caller(right_of(line)), line->nodes[1].adapters[LEFT], RATE);
	call_up(line);
	assert_int_equal(modify(line, HIGHER, 1), CO_STATUS_PENDING);
	line_run_ms(line, 200);
	expect_modified(line, 1, CO_STATUS_FAILURE, RATE);
	end(line);
}

/* 2.6 of the contract: what has changed nothing is not reported. */
static void
a_change_that_cannot_be_asked_for_is_refused_at_once(void **state)
{
	struct line *line = *state;
	uint8_t cause;

	call_up(line);
	assert_int_equal(caller_modify(attach_caller(right_of(line)), vc_of(right_of(line)), HIGHER,
				 1, &cause),
		CO_STATUS_NOT_SUPPORTED); /* who was called does not ask */
	assert_int_equal(modify(line, HIGHER, 2), CO_STATUS_PENDING);
	assert_int_equal(modify(line, RATE, 3), CO_STATUS_NOT_ACCEPTED);
	line_run_ms(line, 200);
	expect_modified(line, 2, CO_STATUS_SUCCESS, HIGHER);
	assert_int_equal(line->jobs[1].n_modified + line->jobs[3].n_modified, 0);
	end(line);
	assert_int_equal(caller_modify(attach_caller(left_of(line)), CO_NONE, RATE, 4, &cause),
		CO_STATUS_FAILURE);
}

/* RACE-7 */
static void
a_close_ends_the_change_that_is_out(void **state)
{
	struct line *line = *state;

	call_up(line);
	assert_int_equal(modify(line, HIGHER, 1), CO_STATUS_PENDING);
	end(line);
	expect_modified(line, 1, CO_STATUS_REQUEST_ABORTED, HIGHER);
}

/* RACE-12 */
static void
the_far_end_can_close_while_a_change_is_out(void **state)
{
	struct line *line = *state;

	call_up(line);
	assert_int_equal(modify(line, HIGHER, 1), CO_STATUS_PENDING);
	assert_int_equal(close_edge(right_of(line), 2), CO_STATUS_PENDING);
	line_run_until_idle(line);
	assert_int_equal(line->jobs[1].n_modified, 1);
	assert_int_not_equal(line->jobs[1].modify_status, CO_STATUS_SUCCESS);
}

/* ---- Through a transit. ---- */

/* INQOS-4 */
static void
a_change_goes_through_a_transit_and_is_agreed_to_by_the_far_end(void **state)
{
	struct line *line = *state;

	call_up(line);
	assert_int_equal(modify(line, HIGHER, 1), CO_STATUS_PENDING);
	line_run_ms(line, 300);
	expect_modified(line, 1, CO_STATUS_SUCCESS, HIGHER);
	expect_rate_at_ends(line, HIGHER);
	assert_int_equal(rate_of(line, 1, line_leg(line, LEFT)), HIGHER);
	assert_int_equal(rate_of(line, 1, line_leg(line, RIGHT)), HIGHER);
	end(line);
}

/* INQOS-6 */
static void
a_change_that_the_far_end_refuses_is_refused_by_the_transit(void **state)
{
	struct line *line = *state;

	attach_set_limit(right_of(line), 0, RATE);
	call_up(line);
	assert_int_equal(modify(line, HIGHER, 1), CO_STATUS_PENDING);
	line_run_ms(line, 300);
	expect_modified(line, 1, CO_STATUS_FAILURE, RATE);
	expect_rate_at_ends(line, RATE);
	assert_int_equal(rate_of(line, 1, line_leg(line, LEFT)), RATE);
	assert_int_equal(rate_of(line, 1, line_leg(line, RIGHT)), RATE);
	end(line);
}

/* The change has come to the transit, and its answer from the far end has not. */
static void
change_half_way(struct line *line)
{
	call_up(line);
	loopvc_set_options(line->wires[1], &(struct loopvc_options){ .delay_ms = 50 });
	assert_int_equal(modify(line, HIGHER, 1), CO_STATUS_PENDING);
	line_run_ms(line, 40);
	assert_int_equal(line->jobs[1].n_modified, 0);
}

/* RACE-9, RACE-7 */
static void
the_caller_can_close_while_the_transit_asks(void **state)
{
	struct line *line = *state;

	change_half_way(line);
	end(line);
	expect_modified(line, 1, CO_STATUS_REQUEST_ABORTED, HIGHER);
}

/* RACE-12 */
static void
the_called_can_close_while_the_transit_asks(void **state)
{
	struct line *line = *state;

	change_half_way(line);
	assert_int_equal(close_edge(right_of(line), 2), CO_STATUS_PENDING);
	line_run_until_idle(line);
	assert_int_equal(line->jobs[1].n_modified, 1);
	assert_int_not_equal(line->jobs[1].modify_status, CO_STATUS_SUCCESS);
}

static void
the_transit_can_close_while_it_asks(void **state)
{
	struct line *line = *state;

	change_half_way(line);
	assert_int_equal(transit_close(line->nodes[1].transit, line_leg(line, LEFT), 2, no_data),
		CO_STATUS_PENDING);
	line_run_until_idle(line);
	assert_int_equal(line->jobs[2].n_closed, 1);
	assert_int_equal(line->jobs[1].n_modified, 1);
}

#define LINE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define TRANSIT(name) cmocka_unit_test_setup_teardown(name, setup_transit, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		LINE(a_change_is_in_force_at_both_ends),
		LINE(a_call_goes_on_with_its_old_rate_when_a_change_is_refused),
		LINE(a_trunk_has_a_limit_too),
		LINE(a_change_that_cannot_be_asked_for_is_refused_at_once),
		LINE(a_close_ends_the_change_that_is_out),
		LINE(the_far_end_can_close_while_a_change_is_out),
		TRANSIT(a_change_goes_through_a_transit_and_is_agreed_to_by_the_far_end),
		TRANSIT(a_change_that_the_far_end_refuses_is_refused_by_the_transit),
		TRANSIT(the_caller_can_close_while_the_transit_asks),
		TRANSIT(the_called_can_close_while_the_transit_asks),
		TRANSIT(the_transit_can_close_while_it_asks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
