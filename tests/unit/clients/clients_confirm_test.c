/* SPDX-License-Identifier: BSD-3-Clause */
/* A change of rates through a transit: what is reserved when, who answers when, who confirms. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "line.h"
#include "uni/cause.h"

#include <cmocka.h>

#define RATE 96000u
#define HIGHER 192000u

static struct phone *
near_end(struct line *line)
{
	return &line->nodes[0].phone;
}

static struct phone *
far_end(struct line *line)
{
	return &line->nodes[2].phone;
}

static int
setup(void **state)
{
	struct line *line = line_create(3);
	struct node *middle = &line->nodes[1];
	struct co_address two = line_prefix("2");

	assert_int_equal(route_add(&line->routes, &two, RIGHT), 0);
	line_add_phone(line, 0, RIGHT, "1");
	line_add_transit(line, 1);
	line_add_phone(line, 2, LEFT, "2");
	assert_int_equal(
		transit_register(middle->transit, middle->adapters[LEFT], &two), CO_STATUS_SUCCESS);
	*state = line;
	return 0;
}

static int
teardown(void **state)
{
	struct line *line = *state;

	loopvc_set_options(line->wires[0], &(struct loopvc_options){ 0 });
	loopvc_set_options(line->wires[1], &(struct loopvc_options){ 0 });
	line_run_ms(line, 100);
	line_destroy(line);
	return 0;
}

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
expect_rate(struct line *line, uint64_t rate)
{
	assert_int_equal(rate_of(line, 0, phone_last(near_end(line))->vc), rate);
	assert_int_equal(rate_of(line, 1, line_leg(line, LEFT)), rate);
	assert_int_equal(rate_of(line, 1, line_leg(line, RIGHT)), rate);
	assert_int_equal(rate_of(line, 2, phone_last(far_end(line))->vc), rate);
}

/* A call that goes at RATE each way. */
static struct phone_call *
call_up(struct line *line)
{
	struct co_address to = line_address("2");
	struct phone_call *call = phone_call(near_end(line), &to);

	line_run_ms(line, 200);
	assert_int_equal(call->make_status, CO_STATUS_SUCCESS);
	phone_modify(call, RATE, 0);
	line_run_ms(line, 200);
	assert_int_equal(call->modify_status, CO_STATUS_SUCCESS);
	expect_rate(line, RATE);
	call->n_modified = 0;
	phone_last(far_end(line))->n_proposed = 0;
	return call;
}

static void
end(struct line *line, struct phone_call *call)
{
	phone_close(call, NULL, 0);
	line_run_until_idle(line);
}

/* Of the caller's call, at its own appliance. */
static enum uni_call_state
state_of(const struct line *line, const struct phone_call *call)
{
	const struct node *n = &line->nodes[0];
	struct uni_call_info net;
	struct co_vc_info info;

	assert_int_equal(co_vc_query(n->co, call->vc, &info), CO_STATUS_SUCCESS);
	assert_int_equal(callmgr_vc_query(n->env, info.cm_ctx, &net), 0);
	return net.state;
}

/* ---- Reserved first, answered last. ---- */

/* SIG-114, INQOS-1, QOS-2, QOS-7 */
static void
a_transit_answers_a_change_when_the_far_end_has_and_not_before(void **state)
{
	struct line *line = *state;
	struct phone_call *call = call_up(line), *far = phone_last(far_end(line));

	far_end(line)->change_answer = CO_STATUS_PENDING;
	loopvc_set_options(line->wires[1], &(struct loopvc_options){ .delay_ms = 50 });
	phone_modify(call, HIGHER, 0);
	line_run_ms(line, 40);
	assert_int_equal(far->n_proposed, 0);
	assert_int_equal(rate_of(line, 1, line_leg(line, LEFT)), HIGHER);
	line_run_ms(line, 10000);
	assert_int_equal(far->n_proposed, 1);
	assert_int_equal(state_of(line, call), UNI_ST_MODIFY_REQUEST);
	assert_int_equal(rate_of(line, 1, line_leg(line, RIGHT)), RATE);
	assert_int_equal(rate_of(line, 0, call->vc), RATE);
	phone_answer_change(far, CO_STATUS_SUCCESS);
	line_run_ms(line, 40);
	assert_int_equal(state_of(line, call), UNI_ST_MODIFY_REQUEST); /* it is on its way */
	line_run_ms(line, 100);
	assert_int_equal(call->n_modified, 1);
	assert_int_equal(call->modify_status, CO_STATUS_SUCCESS);
	expect_rate(line, HIGHER);
	end(line, call);
}

/* SIG-114, INQOS-1, SIG-112 */
static void
what_a_transit_cannot_carry_on_its_near_leg_it_does_not_ask_the_far_end_for(void **state)
{
	struct line *line = *state;
	struct phone_call *call = call_up(line);

	loopvc_set_options(line->wires[0], &(struct loopvc_options){ .refuse_change = true });
	phone_modify(call, HIGHER, 0);
	line_run_ms(line, 200);
	assert_int_equal(call->modify_status, CO_STATUS_FAILURE);
	assert_int_equal(call->asked.cause, UNI_CAUSE_RATE_NOT_AVAILABLE);
	assert_int_equal(phone_last(far_end(line))->n_proposed, 0);
	expect_rate(line, RATE);
	end(line, call);
}

/* SIG-114, QOS-3: the far end has agreed, and goes back. */
static void
what_a_transit_cannot_carry_on_its_far_leg_it_refuses_to_the_caller(void **state)
{
	struct line *line = *state;
	struct phone_call *call = call_up(line), *far = phone_last(far_end(line));

	loopvc_set_options(line->wires[1], &(struct loopvc_options){ .delay_ms = 20 });
	phone_modify(call, HIGHER, 0);
	line_run_ms(line, 30);
	assert_int_equal(far->n_proposed, 1);
	loopvc_set_options(
		line->wires[1], &(struct loopvc_options){ .delay_ms = 20, .refuse_change = true });
	line_run_ms(line, 25);
	loopvc_set_options(line->wires[1], &(struct loopvc_options){ .delay_ms = 20 });
	assert_int_equal(call->n_modified, 0); /* first the far end is asked to go back */
	line_run_ms(line, 200);
	assert_int_equal(far->n_proposed, 2);
	assert_int_equal(call->modify_status, CO_STATUS_FAILURE);
	expect_rate(line, RATE);
	end(line, call);
}

/* ---- Confirmed from end to end. ---- */

/* SIG-114, SIG-M2, SIG-M7, SIG-M9 */
static void
a_confirmation_that_the_far_end_wants_comes_from_the_caller(void **state)
{
	struct line *line = *state;
	struct phone_call *call = call_up(line);

	far_end(line)->wants_confirmation = true;
	phone_modify(call, HIGHER, 0);
	line_run_ms(line, 200);
	assert_int_equal(call->modify_status, CO_STATUS_SUCCESS);
	assert_int_equal(phone_last(far_end(line))->n_confirmed, 1);
	expect_rate(line, HIGHER);
	end(line, call);
}

static struct phone_call *
change_unconfirmed(struct line *line)
{
	struct phone_call *call = call_up(line);

	far_end(line)->wants_confirmation = true;
	phone_modify(call, HIGHER, CO_CALL_F_CONFIRM);
	line_run_ms(line, 200);
	assert_int_equal(call->modify_status, CO_STATUS_SUCCESS);
	assert_true(call->asked.flags & CO_CALL_F_CONFIRM); /* the transit wants one as well */
	far_end(line)->wants_confirmation = false;
	return call;
}

/* SIG-114, SIG-M2 */
static void
a_transit_confirms_nothing_before_the_caller_has(void **state)
{
	struct line *line = *state;
	struct phone_call *call = change_unconfirmed(line);

	line_run_ms(line, 10000);
	assert_int_equal(phone_last(far_end(line))->n_confirmed, 0);
	assert_int_equal(phone_oid(call, CO_OID_VC_CONFIRMATION), CO_STATUS_SUCCESS);
	line_run_ms(line, 100);
	assert_int_equal(phone_last(far_end(line))->n_confirmed, 1);
	end(line, call);
}

/* SIG-114, SIG-T11: the far end's own T361 is longer here. */
static void
a_transit_confirms_when_the_caller_has_not_within_t361(void **state)
{
	struct line *line = *state;
	struct phone_call *call = change_unconfirmed(line);

	line_run_ms(line, 19000);
	assert_int_equal(phone_last(far_end(line))->n_confirmed, 0);
	line_run_ms(line, 1100);
	assert_int_equal(phone_last(far_end(line))->n_confirmed, 1);
	end(line, call);
}

/* SIG-114 */
static void
a_transit_asks_the_caller_for_no_confirmation_that_nobody_wants(void **state)
{
	struct line *line = *state;
	struct phone_call *call = call_up(line);

	phone_modify(call, HIGHER, CO_CALL_F_CONFIRM);
	line_run_ms(line, 200);
	assert_int_equal(call->modify_status, CO_STATUS_SUCCESS);
	assert_false(call->asked.flags & CO_CALL_F_CONFIRM);
	assert_int_equal(phone_oid(call, CO_OID_VC_CONFIRMATION), CO_STATUS_NOT_ACCEPTED);
	end(line, call);
}

/* SIG-114, SIG-M9: the next change goes the whole way too. */
static void
a_change_behind_an_unconfirmed_one_confirms_it_at_the_far_end_first(void **state)
{
	struct line *line = *state;
	struct phone_call *call = change_unconfirmed(line);
	struct phone_call *far = phone_last(far_end(line));

	far_end(line)->wants_confirmation = true;
	phone_modify(call, RATE, CO_CALL_F_CONFIRM);
	line_run_ms(line, 200);
	assert_int_equal(call->n_modified, 2);
	assert_int_equal(far->n_confirmed, 1);
	assert_int_equal(far->n_proposed, 2);
	expect_rate(line, RATE);
	assert_int_equal(phone_oid(call, CO_OID_VC_CONFIRMATION), CO_STATUS_SUCCESS);
	line_run_ms(line, 100);
	assert_int_equal(far->n_confirmed, 2);
	end(line, call);
}

/* SIG-114, RACE-12: line_destroy() sees that nothing is left. */
static void
a_confirmation_on_its_way_ends_with_either_leg(void **state)
{
	struct line *line = *state;
	struct phone_call *call = change_unconfirmed(line), *far = phone_last(far_end(line));

	end(line, call);
	assert_int_equal(far->n_confirmed, 0);
	call = change_unconfirmed(line);
	far = phone_last(far_end(line));
	phone_close(far, NULL, 0);
	assert_int_equal(phone_oid(call, CO_OID_VC_CONFIRMATION), CO_STATUS_SUCCESS);
	line_run_until_idle(line);
	assert_int_equal(far->n_confirmed, 0);
	assert_int_equal(call->n_closed, 1);
}

/* ---- When a link fails on the way. ---- */

static bool
is_up(const struct line *line, uint32_t node, enum line_dir dir)
{
	return uni_link_is_up(callmgr_link(unicm_callmgr(line->nodes[node].unicm[dir])));
}

static void
run_until_near_link_is(struct line *line, bool up)
{
	uint32_t ms;

	for (ms = 0; is_up(line, 0, RIGHT) != up || is_up(line, 1, LEFT) != up; ms++) {
		assert_true(ms < 40000);
		line_run_ms(line, 1);
	}
}

/*
 * SIG-114, SIG-96, SIG-M10: the far end has agreed when the caller's link was gone. It does not
 * wait for a confirmation that cannot come; and the caller, whose change has failed, has the old
 * rates asked for all the way.
 */
static void
a_change_that_a_link_takes_along_is_undone_from_end_to_end(void **state)
{
	struct line *line = *state;
	struct phone_call *call = call_up(line), *far = phone_last(far_end(line));

	far_end(line)->change_answer = CO_STATUS_PENDING;
	far_end(line)->wants_confirmation = true;
	phone_modify(call, HIGHER, 0);
	line_run_ms(line, 100);
	assert_int_equal(far->n_proposed, 1);
	loopvc_set_options(line->wires[0], &(struct loopvc_options){ .cut = true });
	run_until_near_link_is(line, false);
	loopvc_set_options(line->wires[0], &(struct loopvc_options){ 0 });
	phone_answer_change(far, CO_STATUS_SUCCESS);
	far_end(line)->change_answer = CO_STATUS_SUCCESS;
	far_end(line)->wants_confirmation = false;
	line_run_ms(line, 50);
	assert_int_equal(call->n_modified, 1);
	assert_int_equal(call->modify_status, CO_STATUS_FAILURE);
	assert_int_equal(far->n_confirmed, 1);
	assert_int_equal(rate_of(line, 1, line_leg(line, LEFT)), RATE);
	assert_int_equal(rate_of(line, 2, far->vc), HIGHER);
	run_until_near_link_is(line, true);
	line_run_ms(line, 1500);
	expect_rate(line, RATE);
	assert_int_equal(call->n_modified, 1);
	end(line, call);
}

#define TRANSIT(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TRANSIT(a_transit_answers_a_change_when_the_far_end_has_and_not_before),
		TRANSIT(what_a_transit_cannot_carry_on_its_near_leg_it_does_not_ask_the_far_end_for),
		TRANSIT(what_a_transit_cannot_carry_on_its_far_leg_it_refuses_to_the_caller),
		TRANSIT(a_confirmation_that_the_far_end_wants_comes_from_the_caller),
		TRANSIT(a_transit_confirms_nothing_before_the_caller_has),
		TRANSIT(a_transit_confirms_when_the_caller_has_not_within_t361),
		TRANSIT(a_transit_asks_the_caller_for_no_confirmation_that_nobody_wants),
		TRANSIT(a_change_behind_an_unconfirmed_one_confirms_it_at_the_far_end_first),
		TRANSIT(a_confirmation_on_its_way_ends_with_either_leg),
		TRANSIT(a_change_that_a_link_takes_along_is_undone_from_end_to_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
