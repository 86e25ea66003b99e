/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "callmgr/callmgr_priv.h"

#include <cmocka.h>

#define N_SAPS 8

static struct callmgr_env env;

static struct callmgr *
new_callmgr(void)
{
	struct callmgr *cm = calloc(1, sizeof(*cm));

	assert_non_null(cm);
	cm->env = &env;
	return cm;
}

static int
setup(void **state)
{
	memset(&env, 0, sizeof(env));
	*state = new_callmgr();
	return cp_pool_init(&env.saps, N_SAPS, sizeof(struct cm_sap), NULL, "saps");
}

static int
teardown(void **state)
{
	free(*state);
	cp_pool_fini(&env.saps);
	return 0;
}

static struct co_address
e164(const char *digits, bool prefix)
{
	struct co_address a = { .type = CO_ADDRESS_E164, .prefix = prefix };

	a.len = (uint8_t)strlen(digits);
	memcpy(a.octets, digits, a.len);
	return a;
}

static struct co_address
nsap(uint8_t first, uint8_t len, bool prefix)
{
	struct co_address a = { .type = CO_ADDRESS_NSAP, .len = len, .prefix = prefix };

	memset(a.octets, first, len);
	return a;
}

static int
add(struct callmgr *cm, struct co_address a, co_sap_t sap, uint32_t *handle)
{
	return cm_sap_add(cm, 7, sap, &a, handle);
}

/* The broker's handle of the SAP found, CO_NONE for nobody. */
static co_sap_t
find(const struct callmgr *cm, struct co_address called)
{
	const struct cm_sap *sap = cm_sap_find(cm, &called);

	return sap != NULL ? sap->sap : CO_NONE;
}

static void
nobody_takes_a_call_where_no_sap_is(void **state)
{
	assert_int_equal(find(*state, e164("49891234", false)), CO_NONE);
	assert_int_equal(find(*state, e164("", false)), CO_NONE);
}

static void
an_exact_sap_takes_its_own_address_only(void **state)
{
	uint32_t handle;

	assert_int_equal(add(*state, e164("49891234", false), 1, &handle), 0);
	assert_int_equal(find(*state, e164("49891234", false)), 1);
	assert_int_equal(find(*state, e164("4989123", false)), CO_NONE);
	assert_int_equal(find(*state, e164("498912345", false)), CO_NONE);
}

static void
the_longest_prefix_wins(void **state)
{
	uint32_t handle;

	assert_int_equal(add(*state, e164("49", true), 1, &handle), 0);
	assert_int_equal(add(*state, e164("4989", true), 2, &handle), 0);
	assert_int_equal(add(*state, e164("", true), 3, &handle), 0);
	assert_int_equal(find(*state, e164("49891234", false)), 2);
	assert_int_equal(find(*state, e164("4989", false)), 2);
	assert_int_equal(find(*state, e164("4930", false)), 1);
	assert_int_equal(find(*state, e164("1", false)), 3);
}

static void
an_exact_sap_wins_over_every_prefix(void **state)
{
	uint32_t handle;

	assert_int_equal(add(*state, e164("4989", true), 1, &handle), 0);
	assert_int_equal(add(*state, e164("4989", false), 2, &handle), 0);
	assert_int_equal(find(*state, e164("4989", false)), 2);
	assert_int_equal(find(*state, e164("49891", false)), 1);
}

static void
a_prefix_takes_only_addresses_of_its_type(void **state)
{
	uint32_t handle;

	assert_int_equal(add(*state, e164("", true), 1, &handle), 0);
	assert_int_equal(find(*state, nsap(0x39, 20, false)), CO_NONE);
	assert_int_equal(add(*state, nsap(0x39, 13, true), 2, &handle), 0);
	assert_int_equal(find(*state, nsap(0x39, 20, false)), 2);
	assert_int_equal(find(*state, nsap(0x47, 20, false)), CO_NONE);
}

/* SAP-1 */
static void
a_sap_that_somebody_has_is_refused(void **state)
{
	uint32_t handle;

	assert_int_equal(add(*state, e164("4989", true), 1, &handle), 0);
	assert_int_equal(add(*state, e164("4989", true), 2, &handle), -EEXIST);
	assert_int_equal(find(*state, e164("49891", false)), 1);
}

/* SAP-1 */
static void
an_address_of_unknown_form_is_refused(void **state)
{
	const struct co_address bad[] = {
		{ .type = CO_ADDRESS_NONE, .len = 1 },
		{ .type = 9, .len = 1 },
		e164("", false),
		e164("1234567890123456", false),
		e164("+4989", false),
		nsap(0x39, 19, false),
		{ .type = CO_ADDRESS_NSAP, .len = 21, .prefix = true },
	};
	uint32_t handle;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(add(*state, bad[i], 1, &handle), -EINVAL);
	assert_int_equal(cp_pool_n_used(&env.saps), 0);
}

static void
a_removed_sap_takes_no_more_calls_and_can_be_had_again(void **state)
{
	uint32_t first, second, third;

	assert_int_equal(add(*state, e164("4989", true), 1, &first), 0);
	assert_int_equal(add(*state, e164("49", true), 2, &second), 0);
	assert_int_equal(cm_sap_remove(*state, first), 0);
	assert_int_equal(find(*state, e164("49891", false)), 2);
	assert_int_equal(cm_sap_remove(*state, first), -ESTALE);
	assert_int_equal(add(*state, e164("4989", true), 3, &third), 0);
	assert_int_equal(find(*state, e164("49891", false)), 3);
}

static void
saps_of_one_trunk_are_unknown_on_another(void **state)
{
	struct callmgr *other = new_callmgr();
	uint32_t handle;

	assert_int_equal(add(*state, e164("4989", false), 1, &handle), 0);
	assert_int_equal(find(other, e164("4989", false)), CO_NONE);
	assert_int_equal(cm_sap_remove(other, handle), -ESTALE);
	assert_int_equal(add(other, e164("4989", false), 2, &handle), 0);
	assert_int_equal(find(other, e164("4989", false)), 2);
	assert_int_equal(find(*state, e164("4989", false)), 1);
	free(other);
}

static void
running_out_of_saps_is_an_answer(void **state)
{
	char digits[] = "40";
	uint32_t handle;
	int i;

	for (i = 0; i < N_SAPS; i++, digits[1]++)
		assert_int_equal(add(*state, e164(digits, false), (co_sap_t)i + 1, &handle), 0);
	assert_int_equal(add(*state, e164("5", false), 99, &handle), -ENOMEM);
	assert_int_equal(find(*state, e164("40", false)), 1);
}

/* Contract 3.8: the status a failed make_call gets tells whether to try again. */
static void
a_cause_of_the_network_becomes_a_status(void **state)
{
	(void)state;
	assert_int_equal(cm_status_of_cause(UNI_CAUSE_USER_BUSY), CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(cm_status_of_cause(UNI_CAUSE_CALL_REJECTED), CO_STATUS_FAILURE);
	assert_int_equal(cm_status_of_cause(UNI_CAUSE_NO_RESOURCE), CO_STATUS_RESOURCES);
	assert_int_equal(cm_status_of_cause(UNI_CAUSE_RATE_NOT_AVAILABLE), CO_STATUS_RESOURCES);
	assert_int_equal(cm_status_of_cause(UNI_CAUSE_QOS_UNAVAILABLE), CO_STATUS_NOT_SUPPORTED);
	assert_int_equal(cm_status_of_cause(UNI_CAUSE_TIMER), CO_STATUS_FAILURE);
	assert_int_equal(cm_status_of_cause(127), CO_STATUS_FAILURE);
}

/* INCLOSE-1 */
static void
an_ordinary_release_has_reason_success_and_trouble_has_not(void **state)
{
	(void)state;
	assert_int_equal(cm_reason_of_cause(UNI_CAUSE_NORMAL), CO_STATUS_SUCCESS);
	assert_int_equal(cm_reason_of_cause(UNI_CAUSE_USER_BUSY), CO_STATUS_SUCCESS);
	assert_int_equal(cm_reason_of_cause(UNI_CAUSE_OUT_OF_ORDER), CO_STATUS_FAILURE);
	assert_int_equal(cm_reason_of_cause(UNI_CAUSE_TEMPORARY_FAILURE), CO_STATUS_FAILURE);
	assert_int_equal(cm_reason_of_cause(UNI_CAUSE_TIMER), CO_STATUS_FAILURE);
}

static void
every_refusal_of_a_client_has_a_cause(void **state)
{
	int status;

	(void)state;
	for (status = CO_STATUS_FAILURE; status < CO_STATUS_COUNT; status++)
		assert_in_range(callmgr_cause_of_status((enum co_status)status), 1, 127);
	assert_int_equal(callmgr_cause_of_status(CO_STATUS_NOT_ACCEPTED), UNI_CAUSE_USER_BUSY);
}

/* SIG-35: what is asked for must be had; 0 is "not limited" on both sides. */
static void
rates_are_rounded_up_to_cells_and_no_limit_stays_none(void **state)
{
	struct callmgr *cm = *state;
	struct co_call_params params = { .tx = { .peak_rate = 49 }, .rx = { .peak_rate = 0 } };
	struct co_call_params there;
	struct uni_setup wire;

	cm->cell_octets = 48;
	cm_setup_from_params(cm, &params, &wire);
	assert_int_equal(wire.fwd_peak, 2);
	assert_false(wire.best_effort);
	cm_params_from_setup(cm, &wire, &there);
	assert_int_equal(there.rx.peak_rate, 96); /* the called side receives what we send */
	assert_int_equal(there.tx.peak_rate, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			nobody_takes_a_call_where_no_sap_is, setup, teardown),
		cmocka_unit_test_setup_teardown(
			an_exact_sap_takes_its_own_address_only, setup, teardown),
		cmocka_unit_test_setup_teardown(the_longest_prefix_wins, setup, teardown),
		cmocka_unit_test_setup_teardown(
			an_exact_sap_wins_over_every_prefix, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_prefix_takes_only_addresses_of_its_type, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_sap_that_somebody_has_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(
			an_address_of_unknown_form_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_removed_sap_takes_no_more_calls_and_can_be_had_again, setup, teardown),
		cmocka_unit_test_setup_teardown(
			saps_of_one_trunk_are_unknown_on_another, setup, teardown),
		cmocka_unit_test_setup_teardown(running_out_of_saps_is_an_answer, setup, teardown),
		cmocka_unit_test(a_cause_of_the_network_becomes_a_status),
		cmocka_unit_test(an_ordinary_release_has_reason_success_and_trouble_has_not),
		cmocka_unit_test(every_refusal_of_a_client_has_a_cause),
		cmocka_unit_test_setup_teardown(
			rates_are_rounded_up_to_cells_and_no_limit_stays_none, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
