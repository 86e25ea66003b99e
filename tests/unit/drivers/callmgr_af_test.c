/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "callmgr/callmgr_priv.h"

#include <cmocka.h>

/* The engine asked directly, for what no broker lets through. */

struct fixture {
	struct co *co;
	struct uni *uni;
	struct callmgr_env *env;
	struct callmgr *cm;
	struct callmgr_flavour flavour;
	unsigned int n_closed, n_left, n_told, n_offered, n_withdrawn;
};

static struct fixture *f;

static enum co_status
on_close_complete(struct co *co, co_af_t af)
{
	(void)co;
	assert_int_equal(af, 7);
	f->n_closed++;
	return CO_STATUS_SUCCESS;
}

static enum co_status
on_notify(struct co *co, co_af_t af)
{
	(void)co;
	(void)af;
	f->n_told++;
	return CO_STATUS_PENDING;
}

static enum co_status
on_oid(struct co *co, co_af_t af, struct co_oid_request *request)
{
	(void)co;
	(void)af;
	(void)request;
	return CO_STATUS_NOT_SUPPORTED;
}

static enum co_status
on_offer_af(void *arg, bool offer)
{
	struct fixture *at = arg;

	at->n_offered += offer;
	at->n_withdrawn += !offer;
	return CO_STATUS_SUCCESS;
}

static void
on_left(void *arg)
{
	((struct fixture *)arg)->n_left++;
}

static int
setup(void **state)
{
	const struct co_limits limits = { .n_vcs = 8 };
	const struct uni_config uni_config = { .n_calls = 8, .n_links = 1, .n_setups = 8 };
	struct callmgr_env_config config = { .n_vcs = 8, .n_offers = 8, .n_saps = 8 };
	struct callmgr_params params = { .name = "trunk" };

	f = test_calloc(1, sizeof(*f));
	f->co = co_create(&limits, NULL);
	f->uni = uni_create(&uni_config, 0, NULL);
	config.co = f->co;
	config.uni = f->uni;
	f->env = callmgr_env_create(&config, NULL);
	assert_non_null(f->env);
	f->flavour = (struct callmgr_flavour){
		.close_address_family_complete = on_close_complete,
		.notify_close_address_family = on_notify,
		.oid_request = on_oid,
		.offer_af = on_offer_af,
	};
	uni_link_params_default(&params.link, UNI_ROLE_USER);
	sscop_params_default(&params.sscop);
	assert_int_equal(callmgr_create(f->env, &params, &f->flavour, f, &f->cm), 0);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct callmgr_census census;

	(void)state;
	callmgr_census(f->env, &census);
	assert_int_equal(census.n_afs, 0);
	assert_int_equal(census.n_vcs, 0);
	callmgr_destroy(f->cm);
	callmgr_env_destroy(f->env);
	uni_destroy(f->uni);
	co_destroy(f->co);
	test_free(f);
	return 0;
}

static co_ctx_t
open_af(void)
{
	co_ctx_t ctx = 0;

	assert_int_equal(callmgr_open_af(f->cm, 7, CO_AF_Q2931, &ctx), CO_STATUS_SUCCESS);
	assert_int_not_equal(ctx, 0);
	return ctx;
}

/* AF-13, AF-14, AF-19 */
static void
an_af_with_a_vc_left_closes_when_that_is_gone(void **state)
{
	co_ctx_t af = open_af(), vc = 0;

	(void)state;
	assert_int_equal(callmgr_vc_created(f->cm, af, 3, &vc), CO_STATUS_SUCCESS);
	assert_int_equal(callmgr_close_af(f->cm, af), CO_STATUS_PENDING);
	assert_int_equal(callmgr_close_af(f->cm, af), CO_STATUS_FAILURE);
	assert_int_equal(f->n_closed, 0);
	assert_int_equal(callmgr_vc_deleted(f->cm, vc), CO_STATUS_SUCCESS);
	assert_int_equal(f->n_closed, 1);
	assert_int_equal(callmgr_close_af(f->cm, af), CO_STATUS_FAILURE);
}

/* AF-13 */
static void
an_af_with_a_sap_left_closes_when_that_is_gone(void **state)
{
	const struct co_address address = { .type = CO_ADDRESS_E164, .len = 1, .octets = "1" };
	co_ctx_t af = open_af(), sap = 0;

	(void)state;
	assert_int_equal(callmgr_register_sap(f->cm, af, 9, &address, &sap), CO_STATUS_SUCCESS);
	assert_int_equal(callmgr_close_af(f->cm, af), CO_STATUS_PENDING);
	assert_int_equal(callmgr_register_sap(f->cm, af, 9, &address, &sap), CO_STATUS_FAILURE);
	assert_int_equal(callmgr_deregister_sap(f->cm, sap), CO_STATUS_SUCCESS);
	assert_int_equal(f->n_closed, 1);
}

/* AF-13: a flavour that cannot complete it later says so at once. */
static void
without_a_completion_an_af_in_use_is_not_closed(void **state)
{
	co_ctx_t af = open_af(), vc = 0;

	(void)state;
	f->flavour.close_address_family_complete = NULL;
	assert_int_equal(callmgr_vc_created(f->cm, af, 3, &vc), CO_STATUS_SUCCESS);
	assert_int_equal(callmgr_close_af(f->cm, af), CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(callmgr_vc_deleted(f->cm, vc), CO_STATUS_SUCCESS);
	assert_int_equal(callmgr_close_af(f->cm, af), CO_STATUS_SUCCESS);
}

/* AF-4, AF-9, AF-16, AF-17: each open AF is asked once, and every answer awaited. */
static void
a_call_manager_has_left_when_the_last_client_has_answered(void **state)
{
	co_ctx_t first = open_af(), second = open_af(), third = 0;

	(void)state;
	callmgr_leave(f->cm, on_left, f);
	callmgr_leave(f->cm, on_left, f);
	assert_int_equal(f->n_told, 2);
	assert_int_equal(callmgr_open_af(f->cm, 8, CO_AF_Q2931, &third), CO_STATUS_FAILURE);
	assert_int_equal(callmgr_close_af(f->cm, first), CO_STATUS_SUCCESS);
	assert_int_equal(callmgr_close_af(f->cm, second), CO_STATUS_SUCCESS);
	callmgr_notify_close_af_complete(f->cm, second, CO_STATUS_SUCCESS);
	callmgr_env_turn(f->env, 1000000, 10);
	assert_int_equal(f->n_left, 0);
	callmgr_notify_close_af_complete(f->cm, first, CO_STATUS_SUCCESS);
	callmgr_env_turn(f->env, 2000000, 10);
	callmgr_env_turn(f->env, 3000000, 10);
	assert_int_equal(f->n_left, 1);
}

/* AF-9, AF-16, AF-17, UNB-11: closed by force, it is offered to nobody until it is told to be. */
static void
an_address_family_is_withdrawn_when_the_last_client_has_answered(void **state)
{
	co_ctx_t first = open_af(), second = open_af(), third = 0;

	(void)state;
	assert_int_equal(callmgr_af_offer(f->cm), -EBUSY);
	assert_int_equal(callmgr_af_close(f->cm), 0);
	assert_int_equal(callmgr_af_close(f->cm), -EBUSY);
	assert_int_equal(f->n_told, 2);
	assert_int_equal(callmgr_open_af(f->cm, 8, CO_AF_Q2931, &third), CO_STATUS_FAILURE);
	assert_int_equal(callmgr_close_af(f->cm, first), CO_STATUS_SUCCESS);
	assert_int_equal(callmgr_close_af(f->cm, second), CO_STATUS_SUCCESS);
	callmgr_notify_close_af_complete(f->cm, second, CO_STATUS_SUCCESS);
	callmgr_env_turn(f->env, 1000000, 10);
	assert_int_equal(callmgr_af_state(f->cm), CALLMGR_AF_CLOSING);
	assert_int_equal(callmgr_af_offer(f->cm), -EBUSY);
	callmgr_notify_close_af_complete(f->cm, first, CO_STATUS_SUCCESS);
	callmgr_env_turn(f->env, 2000000, 10);
	callmgr_env_turn(f->env, 3000000, 10);
	assert_int_equal(f->n_withdrawn, 1);
	assert_int_equal(callmgr_af_state(f->cm), CALLMGR_AF_WITHDRAWN);
	assert_int_equal(callmgr_open_af(f->cm, 8, CO_AF_Q2931, &third), CO_STATUS_FAILURE);
	assert_int_equal(callmgr_af_offer(f->cm), 0);
	assert_int_equal(f->n_offered, 1);
	assert_int_equal(callmgr_close_af(f->cm, open_af()), CO_STATUS_SUCCESS);
}

/* AF-16: whoever has been asked is not asked again when the call manager leaves meanwhile. */
static void
a_call_manager_that_leaves_while_its_family_is_closed_asks_nobody_twice(void **state)
{
	co_ctx_t af = open_af();

	(void)state;
	assert_int_equal(callmgr_af_close(f->cm), 0);
	callmgr_leave(f->cm, on_left, f);
	assert_int_equal(f->n_told, 1);
	assert_int_equal(callmgr_close_af(f->cm, af), CO_STATUS_SUCCESS);
	callmgr_notify_close_af_complete(f->cm, af, CO_STATUS_SUCCESS);
	callmgr_env_turn(f->env, 1000000, 10);
	callmgr_env_turn(f->env, 2000000, 10);
	assert_int_equal(f->n_left, 1);
	assert_int_equal(callmgr_af_offer(f->cm), -EBUSY);
}

/* AF-11: what the operator sees become less. */
static void
vcs_of_all_clients_are_counted(void **state)
{
	co_ctx_t first = open_af(), second = open_af(), vcs[2];

	(void)state;
	assert_int_equal(callmgr_n_vcs(f->cm), 0);
	assert_int_equal(callmgr_vc_created(f->cm, first, 3, &vcs[0]), CO_STATUS_SUCCESS);
	assert_int_equal(callmgr_vc_created(f->cm, second, 4, &vcs[1]), CO_STATUS_SUCCESS);
	assert_int_equal(callmgr_n_vcs(f->cm), 2);
	assert_int_equal(callmgr_vc_deleted(f->cm, vcs[0]), CO_STATUS_SUCCESS);
	assert_int_equal(callmgr_n_vcs(f->cm), 1);
	assert_int_equal(callmgr_vc_deleted(f->cm, vcs[1]), CO_STATUS_SUCCESS);
	assert_int_equal(callmgr_close_af(f->cm, first), CO_STATUS_SUCCESS);
	assert_int_equal(callmgr_close_af(f->cm, second), CO_STATUS_SUCCESS);
}

/* OBJ-8 */
static void
a_stale_context_is_a_failure(void **state)
{
	struct co_oid_request request = { .oid = CO_OID_ADDRESSES };
	co_ctx_t ctx = 0;

	(void)state;
	assert_int_equal(callmgr_close_af(f->cm, 12345), CO_STATUS_FAILURE);
	assert_int_equal(callmgr_deregister_sap(f->cm, 12345), CO_STATUS_FAILURE);
	assert_int_equal(
		callmgr_drop_party(f->cm, 12345, (struct co_data){ NULL, 0 }), CO_STATUS_FAILURE);
	assert_int_equal(callmgr_oid_request(f->cm, 12345, &request), CO_STATUS_FAILURE);
	assert_int_equal(callmgr_open_af(f->cm, 7, CO_AF_LOCAL, &ctx), CO_STATUS_NOT_SUPPORTED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_af_with_a_vc_left_closes_when_that_is_gone),
		TEST(an_af_with_a_sap_left_closes_when_that_is_gone),
		TEST(without_a_completion_an_af_in_use_is_not_closed),
		TEST(a_call_manager_has_left_when_the_last_client_has_answered),
		TEST(an_address_family_is_withdrawn_when_the_last_client_has_answered),
		TEST(a_call_manager_that_leaves_while_its_family_is_closed_asks_nobody_twice),
		TEST(vcs_of_all_clients_are_counted),
		TEST(a_stale_context_is_a_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
