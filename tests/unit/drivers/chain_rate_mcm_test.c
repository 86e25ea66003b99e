/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "chain.h"
#include "medium.h"

#include <cmocka.h>

/*
 * What only an MCM's meters do to the rates of a call: they may be far poorer than asked for, and
 * it can say that with a refused change the old rates are gone as well.
 */

static int
setup(void **state)
{
	*state = chain_create(&(struct chain_config){ .meter = true });
	return 0;
}

static int
teardown(void **state)
{
	chain_destroy(*state);
	return 0;
}

static void
set(struct chain *ch, struct medium_options options)
{
	medium_set_options(ch, &options);
}

/*
 * ACT-6, ACT-8, MAKE-7: less than half of what was asked for will not do; it is asked for once
 * more, rounded up, and then the call is given up, with the VC inactive.
 */
static void
a_rate_rounded_too_far_is_asked_for_once_more_and_then_given_up(void **state)
{
	struct chain *ch = *state;
	struct chain_call *call;

	ch->client[NETWORK].answer = CO_STATUS_PENDING;
	call = chain_create_vc(ch, USER);
	chain_fill_params(&ch->client[USER], &call->params);
	call->params.media.flags = CO_MEDIA_F_ROUND_DOWN;
	assert_int_equal(co_cl_make_call(ch->co[USER], call->vc, &call->params), CO_STATUS_PENDING);
	chain_run_ms(ch, 50);
	assert_int_equal(
		chain_answer(ch->client[NETWORK].last, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	set(ch, (struct medium_options){ .rate_most = 40000 });
	chain_run_until(ch, chain_is_idle, 1000);
	assert_int_equal(call->n_made, 1);
	assert_int_equal(call->make_status, CO_STATUS_RESOURCES);
	assert_int_equal(ch->client[NETWORK].last->n_incoming_close, 1);
}

/* QOS-8 */
static void
a_vc_that_a_refused_change_has_broken_is_deactivated(void **state)
{
	struct chain *ch = *state;
	struct chain_call *call = chain_call_up(ch, USER);
	struct chain_call *peer = ch->client[NETWORK].last;

	ch->client[NETWORK].change_answer = CO_STATUS_PENDING;
	assert_int_equal(chain_modify(call, 192000, 24000), CO_STATUS_PENDING);
	chain_run_ms(ch, 50);
	assert_int_equal(chain_answer_change(peer, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	set(ch, (struct medium_options){ .break_change = true });
	chain_run_until(ch, chain_is_idle, 1000);
	assert_int_equal(call->n_modified, 1);
	assert_int_equal(call->modify_status, CO_STATUS_FAILURE);
	assert_int_equal(call->n_incoming_close, 1);
	assert_int_equal(call->reason, CO_STATUS_RESOURCES);
	assert_int_equal(call->n_closed, 1);
	assert_int_equal(peer->n_closed, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_rate_rounded_too_far_is_asked_for_once_more_and_then_given_up),
		TEST(a_vc_that_a_refused_change_has_broken_is_deactivated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
