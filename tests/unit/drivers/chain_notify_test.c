/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "chain.h"

#include <cmocka.h>

/* What one client tells, the other hears (SIG-71, OID-2), whatever the call manager. */

static const struct co_notification words = {
	.instructions = 0x91, .size = 3, .octets = { 0x80, 7, 8 }
};

static int
setup(void **state)
{
	static const struct chain_config config = { .n_brokers = 2 };

	*state = chain_create(&config);
	return 0;
}

static int
teardown(void **state)
{
	chain_destroy(*state);
	return 0;
}

static enum co_status
tell(struct chain_client *c, co_vc_t vc, co_party_t party)
{
	struct co_notification n = words;
	struct co_oid_request request = {
		.oid = CO_OID_VC_NOTIFICATION,
		.buffer = &n,
		.size = sizeof(n),
		.vc = vc,
		.party = party,
	};

	return co_cl_oid_request(c->co, c->af, &request);
}

static void
expect_told(const struct chain_client *c, const void *vc_ctx, const void *party_ctx)
{
	assert_int_equal(c->n_oids[CO_OID_VC_NOTIFICATION], 1);
	assert_ptr_equal((void *)(uintptr_t)c->told_vc, vc_ctx);
	assert_ptr_equal((void *)(uintptr_t)c->told_party, party_ctx);
	assert_memory_equal(&c->told, &words, sizeof(words));
}

/* SIG-71, OID-1, OID-2 */
static void
what_a_client_tells_about_its_vc_is_heard_by_the_other(void **state)
{
	struct chain *ch = *state;
	struct chain_call *call = chain_call_up(ch, USER);
	struct chain_client *user = &ch->client[USER], *network = &ch->client[NETWORK];

	assert_int_equal(tell(user, call->vc, CO_NONE), CO_STATUS_SUCCESS);
	chain_run_ms(ch, 50);
	expect_told(network, network->last, NULL);
	assert_int_equal(tell(network, network->last->vc, CO_NONE), CO_STATUS_SUCCESS);
	chain_run_ms(ch, 50);
	expect_told(user, call, NULL);
	chain_close(call, NULL, 0);
	assert_int_equal(tell(user, call->vc, CO_NONE), CO_STATUS_NOT_ACCEPTED);
	chain_run_until(ch, chain_is_idle, 1000);
}

/* SIG-71, OID-2: a leaf hears what is for it, the root hears which one it was */
static void
what_is_told_about_a_party_is_heard_by_that_party_alone(void **state)
{
	struct chain *ch = *state;
	struct chain_party *parties[2];
	struct chain_call *call = chain_multipoint_up(ch, USER, 2, parties);
	struct chain_client *user = &ch->client[USER], *network = &ch->client[NETWORK];
	struct chain_call *leaf;

	assert_int_equal(tell(user, call->vc, parties[1]->party), CO_STATUS_SUCCESS);
	chain_run_ms(ch, 50);
	leaf = (struct chain_call *)(uintptr_t)network->told_vc;
	expect_told(network, leaf, NULL);
	assert_int_equal(tell(network, leaf->vc, CO_NONE), CO_STATUS_SUCCESS);
	chain_run_ms(ch, 50);
	expect_told(user, call, parties[1]);
	assert_int_equal(tell(user, call->vc, CO_NONE), CO_STATUS_SUCCESS); /* to all */
	chain_run_ms(ch, 50);
	assert_int_equal(network->n_oids[CO_OID_VC_NOTIFICATION], 1 + 2);
	chain_tear_down(call);
	chain_run_until(ch, chain_is_idle, 2000);
}

#define CHAIN(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CHAIN(what_a_client_tells_about_its_vc_is_heard_by_the_other),
		CHAIN(what_is_told_about_a_party_is_heard_by_that_party_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
