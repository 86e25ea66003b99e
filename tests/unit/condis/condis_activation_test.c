/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "world.h"

#include <cmocka.h>

/* What a miniport makes of an activation: contract 4.4, 4.14, C-16. */

static void
end_vc(struct world *w)
{
	struct co_vc_info info;

	w->act[AT_MINIPORT_ACTIVATE] = NULL;
	assert_int_equal(co_vc_query(w->co, w->vc, &info), CO_STATUS_SUCCESS);
	if (info.vc_state == CO_VC_ACTIVE)
		assert_int_equal(world_deactivate(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_delete_by_client(w), CO_STATUS_SUCCESS);
	world_expect_empty(w);
}

static void
use_higher_rates(struct world *w)
{
	w->activating->tx.peak_rate += 24;
	w->activating->rx.token_rate += 24;
}

static void
use_lower_rates(struct world *w)
{
	w->activating->tx.token_rate -= 1;
}

static void
use_no_limit(struct world *w)
{
	w->activating->tx.peak_rate = 0;
}

static void
ask_for_rates(struct world *w, uint32_t rounding)
{
	w->media.flags = CO_MEDIA_F_TRANSMIT | CO_MEDIA_F_RECEIVE | rounding;
	w->media.tx = (struct co_flowspec){ .token_rate = 1000, .peak_rate = 1000 };
	w->media.rx = w->media.tx;
}

/* ACT-8 */
static void
a_miniport_that_may_round_says_what_it_uses(void **state)
{
	struct world *w = *state;

	assert_int_equal(world_create_by_client(w), CO_STATUS_SUCCESS);
	ask_for_rates(w, CO_MEDIA_F_ROUND_UP);
	w->act[AT_MINIPORT_ACTIVATE] = use_higher_rates;
	assert_int_equal(world_activate(w), CO_STATUS_SUCCESS);
	assert_int_equal(w->media.tx.peak_rate, 1024);
	assert_int_equal(w->media.rx.token_rate, 1024);
	ask_for_rates(w, CO_MEDIA_F_ROUND_DOWN);
	w->act[AT_MINIPORT_ACTIVATE] = use_lower_rates;
	assert_int_equal(world_activate(w), CO_STATUS_SUCCESS); /* or anew, if that will not do */
	assert_int_equal(w->media.tx.token_rate, 999);
	end_vc(w);
}

/* ACT-8, ACT-5, ACT-6 */
static void
rates_rounded_unasked_are_a_refusal(void **state)
{
	struct world *w = *state;
	struct co_census before, after;

	assert_int_equal(world_create_by_client(w), CO_STATUS_SUCCESS);
	co_census(w->co, &before);
	ask_for_rates(w, 0);
	w->act[AT_MINIPORT_ACTIVATE] = use_higher_rates;
	assert_int_equal(world_activate(w), CO_STATUS_INVALID_DATA);
	assert_int_equal(w->media.tx.peak_rate, 1000); /* still what was asked for */
	world_expect_states(w, CO_VC_CREATED, CO_CALL_IDLE);
	ask_for_rates(w, CO_MEDIA_F_ROUND_DOWN);
	assert_int_equal(world_activate(w), CO_STATUS_INVALID_DATA);
	w->act[AT_MINIPORT_ACTIVATE] = use_no_limit; /* the highest there is */
	assert_int_equal(world_activate(w), CO_STATUS_INVALID_DATA);
	ask_for_rates(w, CO_MEDIA_F_ROUND_UP);
	w->act[AT_MINIPORT_ACTIVATE] = use_lower_rates;
	assert_int_equal(world_activate(w), CO_STATUS_INVALID_DATA);
	co_census(w->co, &after);
	assert_int_equal(after.n_unexpected_completions - before.n_unexpected_completions, 4);
	w->act[AT_MINIPORT_ACTIVATE] = NULL;
	assert_int_equal(world_activate(w), CO_STATUS_SUCCESS);
	end_vc(w);
}

/* ACT-8 */
static void
rounding_of_an_activation_that_pended_is_told_in_its_completion(void **state)
{
	struct world *w = *state;
	struct co_media_params used;

	assert_int_equal(world_create_by_client(w), CO_STATUS_SUCCESS);
	ask_for_rates(w, CO_MEDIA_F_ROUND_UP);
	w->answer[AT_MINIPORT_ACTIVATE] = CO_STATUS_PENDING;
	assert_int_equal(world_activate(w), CO_STATUS_PENDING);
	used = w->media;
	used.rx.peak_rate = 1024;
	assert_int_equal(co_m_activate_vc_complete(w->co, w->vc, CO_STATUS_SUCCESS, &used),
		CO_STATUS_SUCCESS);
	assert_int_equal(w->status[AT_CM_ACTIVATED], CO_STATUS_SUCCESS);
	assert_int_equal(w->media.rx.peak_rate, 1024);
	ask_for_rates(w, CO_MEDIA_F_ROUND_DOWN);
	assert_int_equal(world_activate(w), CO_STATUS_PENDING);
	assert_int_equal(co_m_activate_vc_complete(w->co, w->vc, CO_STATUS_SUCCESS, &used),
		CO_STATUS_SUCCESS);
	assert_int_equal(w->status[AT_CM_ACTIVATED], CO_STATUS_INVALID_DATA);
	world_expect_states(w, CO_VC_ACTIVE, CO_CALL_IDLE); /* with what it had (ACT-5) */
	end_vc(w);
}

/* DEACT-6 */
static void
an_error_of_a_deactivation_is_counted_and_the_vc_is_inactive(void **state)
{
	struct world *w = *state;
	struct co_census census;

	assert_int_equal(world_create_by_client(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_activate(w), CO_STATUS_SUCCESS);
	w->answer[AT_MINIPORT_DEACTIVATE] = CO_STATUS_FAILURE;
	assert_int_equal(world_deactivate(w), CO_STATUS_SUCCESS);
	world_expect_states(w, CO_VC_DEACTIVATED, CO_CALL_IDLE);
	assert_int_equal(world_activate(w), CO_STATUS_SUCCESS);
	w->answer[AT_MINIPORT_DEACTIVATE] = CO_STATUS_PENDING;
	assert_int_equal(world_deactivate(w), CO_STATUS_PENDING);
	assert_int_equal(
		co_m_deactivate_vc_complete(w->co, w->vc, CO_STATUS_FAILURE), CO_STATUS_SUCCESS);
	world_expect_states(w, CO_VC_DEACTIVATED, CO_CALL_IDLE);
	co_census(w->co, &census);
	assert_int_equal(census.n_deactivation_errors, 2);
	end_vc(w);
}

static void
activate_again(struct world *w)
{
	w->act[AT_CM_ACTIVATED] = NULL;
	w->result = world_activate(w);
}

/* ACT-6, I4: the record of the first is free when the call manager hears of its end. */
static void
an_activation_may_be_tried_again_from_its_completion(void **state)
{
	static const struct co_limits limits = { .n_vcs = 2, .n_saps = 1, .n_waiting = 1 };
	struct world *w = world_create(false, &limits);
	co_vc_t first;

	(void)state;
	world_add_adapter(w);
	world_add_client(w);
	world_add_cm(w);
	assert_int_equal(world_open_af(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_create_by_client(w), CO_STATUS_SUCCESS);
	w->answer[AT_MINIPORT_ACTIVATE] = CO_STATUS_PENDING;
	w->act[AT_CM_ACTIVATED] = activate_again;
	assert_int_equal(world_activate(w), CO_STATUS_PENDING);
	assert_int_equal(world_activated(w, CO_STATUS_FAILURE), CO_STATUS_SUCCESS);
	assert_int_equal(w->result, CO_STATUS_PENDING);
	first = w->vc;
	assert_int_equal(world_create_by_client(w), CO_STATUS_SUCCESS);
	assert_int_equal(world_activate(w), CO_STATUS_RESOURCES); /* the one record is out */
	world_expect_states(w, CO_VC_CREATED, CO_CALL_IDLE);
	assert_int_equal(co_m_activate_vc_complete(w->co, first, CO_STATUS_SUCCESS, NULL),
		CO_STATUS_SUCCESS);
	w->answer[AT_MINIPORT_ACTIVATE] = CO_STATUS_SUCCESS;
	assert_int_equal(world_activate(w), CO_STATUS_SUCCESS);
	world_free(w);
}

static void
complete_inside(struct world *w)
{
	w->act[AT_MINIPORT_ACTIVATE] = NULL;
	assert_int_equal(world_activated(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	w->answer[AT_MINIPORT_ACTIVATE] = CO_STATUS_FAILURE;
}

static void
activate_and_pend(struct world *w)
{
	w->act[AT_CM_ACTIVATED] = NULL;
	w->answer[AT_MINIPORT_ACTIVATE] = CO_STATUS_PENDING;
	w->result = world_activate(w);
}

/* ASYNC-2: the late answer of the first is not that of the second. */
static void
an_activation_completed_and_answered_as_well_counts_once(void **state)
{
	struct world *w = *state;

	assert_int_equal(world_create_by_client(w), CO_STATUS_SUCCESS);
	w->act[AT_MINIPORT_ACTIVATE] = complete_inside;
	w->act[AT_CM_ACTIVATED] = activate_and_pend;
	assert_int_equal(world_activate(w), CO_STATUS_PENDING);
	assert_int_equal(w->result, CO_STATUS_PENDING);
	assert_int_equal(world_activated(w, CO_STATUS_SUCCESS), CO_STATUS_SUCCESS);
	assert_int_equal(w->n[AT_CM_ACTIVATED], 2);
	assert_int_equal(w->status[AT_CM_ACTIVATED], CO_STATUS_SUCCESS);
	end_vc(w);
}

static void
create_late(struct world *w)
{
	co_vc_t vc = CO_NONE;

	w->result = co_create_vc(w->co, w->client_binding, w->af, WORLD_CLIENT_CTX, &vc);
}

static void
offer_late(struct world *w)
{
	co_vc_t vc = CO_NONE;

	create_late(w);
	assert_int_equal(w->mcm ? co_mcm_create_vc(w->co, w->adapter, w->af, WORLD_CM_CTX, &vc)
				: co_create_vc(w->co, w->cm_binding, w->af, WORLD_CM_CTX, &vc),
		CO_STATUS_FAILURE);
}

/* UNB-1, VC-1 */
static void
nobody_makes_a_vc_for_a_client_that_leaves(void **state)
{
	struct world *w = *state;

	w->act[AT_CLIENT_UNBIND] = offer_late;
	assert_int_equal(world_unbind(w, w->client_binding), CO_STATUS_PENDING);
	assert_int_equal(w->n[AT_CLIENT_UNBIND], 1);
	assert_int_equal(w->result, CO_STATUS_FAILURE);
	assert_int_equal(w->n[AT_CM_CREATE], 0);
	assert_int_equal(w->n[AT_CLIENT_CREATE], 0);
	world_expect_empty(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CM(a_miniport_that_may_round_says_what_it_uses),
		CM(rates_rounded_unasked_are_a_refusal),
		CM(rounding_of_an_activation_that_pended_is_told_in_its_completion),
		CM(an_error_of_a_deactivation_is_counted_and_the_vc_is_inactive),
		cmocka_unit_test(an_activation_may_be_tried_again_from_its_completion),
		CM(an_activation_completed_and_answered_as_well_counts_once),
		BOTH(nobody_makes_a_vc_for_a_client_that_leaves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
