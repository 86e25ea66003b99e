/* SPDX-License-Identifier: BSD-3-Clause */
/* The beginnings of calls with the real dataplane below, and what stands in their way. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "ethmcm/ethmcm.h"
#include "ethvc/ethvc.h"
#include "pairing.h"

#include <cmocka.h>

/* ---- Figures. ---- */

/* ACT-2: the VC is active before make_call completes. */
static const char *const cm_calling[] = {
	"callmgr.create_vc",
	"miniport.create_vc",
	"co_cl_make_call",
	"callmgr.make_call",
	"-> SETUP",
	"<- CONNECT",
	"co_cm_activate_vc",
	"miniport.activate_vc",
	"dp.open",
	"co_cm_make_call_complete",
	"client.make_call_complete SUCCESS",
	"-> CONNECT ACKNOWLEDGE",
	NULL,
};

static const char *const mcm_calling[] = {
	"callmgr.create_vc",
	"co_cl_make_call",
	"callmgr.make_call",
	"-> SETUP",
	"<- CONNECT",
	"dp.open",
	"co_mcm_activate_vc",
	"co_mcm_make_call_complete",
	"client.make_call_complete SUCCESS",
	"-> CONNECT ACKNOWLEDGE",
	NULL,
};

/* ACT-3: before CONNECT is sent. The network role is connected as it accepts. */
static const char *const cm_called[] = {
	"<- SETUP",
	"client.create_vc",
	"miniport.create_vc",
	"co_cm_dispatch_incoming_call",
	"client.incoming_call",
	"co_cm_activate_vc",
	"miniport.activate_vc",
	"dp.open",
	"co_cm_dispatch_call_connected",
	"client.call_connected",
	"-> CONNECT",
	"<- CONNECT ACKNOWLEDGE",
	NULL,
};

static const char *const mcm_called[] = {
	"<- SETUP",
	"client.create_vc",
	"co_mcm_dispatch_incoming_call",
	"client.incoming_call",
	"dp.open",
	"co_mcm_activate_vc",
	"co_mcm_dispatch_call_connected",
	"client.call_connected",
	"-> CONNECT",
	"<- CONNECT ACKNOWLEDGE",
	NULL,
};

/* ACT-2, ACT-3, C-3 */
static void
a_circuit_is_open_before_either_client_hears_that_the_call_is_up(void **state)
{
	struct chain *ch = *state;
	struct chain_call *call;

	chain_forget_steps(ch);
	call = chain_call_up(ch, USER);
	chain_expect_steps(ch, USER, ch->completes_first[USER] ? mcm_calling : cm_calling);
	chain_expect_steps(ch, NETWORK, ch->completes_first[NETWORK] ? mcm_called : cm_called);
	assert_int_equal(chain_close(call, NULL, 0), CO_STATUS_PENDING);
}

/* ---- Refusals. ---- */

static void
expect_only_signalling_circuits(struct chain *ch)
{
	chain_run_until(ch, chain_is_idle, 1000);
	assert_int_equal(trunk_n_pending(ch), 0);
	assert_int_equal(dp_n_circuits(trunk_net(ch)->dp), 2);
}

/* INCALL-7: nothing was activated, so there is nothing to wait for. */
static void
a_call_that_is_refused_opens_no_circuit(void **state)
{
	struct chain *ch = *state;
	struct chain_call *call;

	chain_forget_steps(ch);
	ch->client[NETWORK].answer = CO_STATUS_NOT_ACCEPTED;
	call = chain_call(ch, USER);
	expect_only_signalling_circuits(ch);
	assert_int_equal(call->cause, UNI_CAUSE_USER_BUSY);
	assert_false(chain_has_step(ch, USER, "dp.open"));
	assert_false(chain_has_step(ch, NETWORK, "dp.open"));
}

/* ACT-4, ACT-7: running out is an answer. */
static void
a_call_without_a_free_circuit_is_refused_and_the_others_stay(void **state)
{
	struct chain *ch = *state;
	struct net *net = trunk_net(ch);
	struct chain_call *stays = chain_call_up(ch, USER), *call;
	struct dp_trunk_config third = { .port = net->ports[LAN] };
	int other = dp_trunk_add(net->dp, &third);
	dp_circuit_t taken[TRUNK_N_CIRCUITS];
	uint32_t n;

	assert_true(other >= 0);
	for (n = 0; dp_circuit_open(net->dp, (uint16_t)other, 50000 + n, false, UINT32_MAX - 1,
			    &taken[n]) == 0;
		n++)
		;
	assert_int_equal(n, TRUNK_N_CIRCUITS - 4);
	call = chain_call(ch, USER);
	chain_run_ms(ch, 200);
	assert_int_equal(call->n_made, 1);
	assert_int_equal(call->make_status, CO_STATUS_RESOURCES);
	assert_int_equal(call->cause, UNI_CAUSE_NO_RESOURCE);
	assert_int_equal(stays->n_incoming_close, 0);
	dp_circuit_unlink(net->dp, taken, n);
	chain_run_ms(ch, 5);
	assert_int_equal(chain_close(stays, NULL, 0), CO_STATUS_PENDING);
	assert_int_equal(chain_close(chain_call_up(ch, USER), NULL, 0), CO_STATUS_PENDING);
	expect_only_signalling_circuits(ch);
}

/* The broker refuses what the MCM has done already: then it is undone. */
static void
an_activation_that_the_broker_refuses_leaves_no_circuit_at_the_caller(void **state)
{
	struct chain *ch = *state;
	struct chain_call *call;

	chain_forget_steps(ch);
	ch->mcm_activation = CO_STATUS_FAILURE;
	call = chain_call(ch, USER);
	chain_run_ms(ch, 200);
	assert_int_equal(call->n_made, 1);
	assert_int_equal(call->make_status, CO_STATUS_RESOURCES);
	assert_true(chain_has_step(ch, USER, "dp.open"));
	assert_true(chain_has_step(ch, USER, "dp.unlink"));
	assert_int_equal(call->n_closed, 0);
	expect_only_signalling_circuits(ch);
}

static void
an_activation_that_the_broker_refuses_leaves_no_circuit_at_the_called(void **state)
{
	struct chain *ch = *state;
	struct chain_call *call;

	chain_forget_steps(ch);
	ch->mcm_activation = CO_STATUS_FAILURE;
	call = chain_call(ch, USER);
	chain_run_ms(ch, 200);
	assert_int_equal(call->make_status, CO_STATUS_RESOURCES);
	assert_int_equal(ch->client[NETWORK].last->n_connected, 0);
	assert_true(chain_has_step(ch, NETWORK, "dp.unlink"));
	expect_only_signalling_circuits(ch);
}

/* ---- Requests about a VC (OID-1, OID-4). ---- */

static enum co_status
request(struct chain *ch, const struct chain_call *call, enum co_oid oid, uint32_t *value)
{
	return co_oid_request(ch->co[call->client->side], call->vc, oid, value, sizeof(*value));
}

static void
a_vc_without_a_circuit_has_nothing_to_connect(void **state)
{
	struct chain *ch = *state;
	struct chain_call *call = chain_create_vc(ch, USER);
	uint32_t value = add_attachment(trunk_net(ch), 0, 0, 0);

	assert_int_equal(request(ch, call, CO_OID_VC_ATTACH, &value), CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(request(ch, call, CO_OID_VC_CIRCUIT, &value), CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(chain_delete(call), CO_STATUS_SUCCESS);
}

static void
a_request_about_a_vc_is_checked_before_it_is_carried_out(void **state)
{
	struct chain *ch = *state;
	struct chain_call *call = chain_call_up(ch, USER);
	uint32_t none = 7, attachment = add_attachment(trunk_net(ch), 0, 0, 0), circuit;
	uint8_t octet = 0;

	assert_int_equal(request(ch, call, CO_OID_VC_ATTACH, &none), CO_STATUS_INVALID_DATA);
	assert_int_equal(
		co_oid_request(ch->co[USER], call->vc, CO_OID_VC_ATTACH, &octet, sizeof(octet)),
		CO_STATUS_INVALID_LENGTH);
	assert_int_equal(request(ch, call, (enum co_oid)99, &none), CO_STATUS_INVALID_OID);
	assert_int_equal(request(ch, call, CO_OID_VC_CIRCUIT, &circuit), CO_STATUS_SUCCESS);
	assert_int_equal(request(ch, call, CO_OID_VC_JOIN, &circuit), CO_STATUS_INVALID_DATA);
	assert_int_equal(request(ch, call, CO_OID_VC_ATTACH, &attachment), CO_STATUS_SUCCESS);
	assert_int_equal(request(ch, call, CO_OID_VC_ATTACH, &attachment), CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(chain_close(call, NULL, 0), CO_STATUS_PENDING);
	chain_run_until(ch, chain_is_idle, 1000);
}

/* A VC whose earlier circuit has gone has none, with either kind of call manager. */
static void
a_vc_between_two_calls_has_nothing_to_connect(void **state)
{
	struct chain *ch = *state;
	struct chain_call *call = chain_call_up(ch, USER);
	uint32_t value;

	ch->client[USER].keeps_vcs = true;
	assert_int_equal(chain_close(call, NULL, 0), CO_STATUS_PENDING);
	chain_run_ms(ch, 100);
	assert_int_equal(call->n_closed, 1);
	assert_int_equal(request(ch, call, CO_OID_VC_CIRCUIT, &value), CO_STATUS_NOT_ACCEPTED);
	assert_int_equal(chain_delete(call), CO_STATUS_SUCCESS);
}

/* ---- Drivers that cannot begin. ---- */

static int
setup_net(void **state)
{
	*state = net_create(TRUNK_N_CIRCUITS, 0);
	return 0;
}

/* The broker has room for one adapter, which is taken. */
static void
a_driver_that_cannot_register_leaves_nothing_behind(void **state)
{
	static const struct co_limits limits = { .n_adapters = 1, .n_vcs = 4 };
	static const struct uni_config uni_config = { .n_calls = 4, .n_links = 1, .n_setups = 4 };
	struct callmgr_env_config config = { .n_vcs = 4, .n_offers = 4, .n_saps = 4 };
	struct callmgr_params params = { .name = "west" };
	struct net *net = *state;
	struct ethvc *east, *west;
	struct callmgr_env *env;
	struct ethmcm *mcm;

	config.co = co_create(&limits, NULL);
	config.uni = uni_create(&uni_config, 0, NULL);
	env = callmgr_env_create(&config, NULL);
	uni_link_params_default(&params.link, UNI_ROLE_USER);
	sscop_params_default(&params.sscop);
	assert_int_equal(ethvc_create(config.co, net->dp, net->east, 4, "east", NULL, &east), 0);
	assert_int_equal(ethvc_create(config.co, net->dp, net->west, 4, "west", NULL, &west), -EIO);
	assert_int_equal(
		ethmcm_create(env, config.co, net->dp, net->west, 16, &params, &mcm), -EIO);
	dp_reclaim_poll(net->dp, 1, UINT32_MAX);
	dp_worker_turn(net->worker);
	dp_reclaim_poll(net->dp, 2, UINT32_MAX);
	assert_int_equal(dp_n_circuits(net->dp), 0);
	assert_int_equal(dp_n_labels(net->dp, net->west), 0);
	ethvc_destroy(east);
	callmgr_env_destroy(env);
	uni_destroy(config.uni);
	co_destroy(config.co);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FOUR(a_circuit_is_open_before_either_client_hears_that_the_call_is_up),
		FOUR(a_call_that_is_refused_opens_no_circuit),
		FOUR(a_call_without_a_free_circuit_is_refused_and_the_others_stay),
		PAIRED(an_activation_that_the_broker_refuses_leaves_no_circuit_at_the_caller,
			mcm_cm),
		PAIRED(an_activation_that_the_broker_refuses_leaves_no_circuit_at_the_called,
			cm_mcm),
		FOUR(a_vc_without_a_circuit_has_nothing_to_connect),
		FOUR(a_request_about_a_vc_is_checked_before_it_is_carried_out),
		FOUR(a_vc_between_two_calls_has_nothing_to_connect),
		cmocka_unit_test_setup_teardown(a_driver_that_cannot_register_leaves_nothing_behind,
			setup_net, net_teardown),
	};

	return cmocka_run_group_tests(tests, eal_setup, eal_teardown);
}
