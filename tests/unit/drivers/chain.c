/* SPDX-License-Identifier: BSD-3-Clause */
#include "chain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "medium.h"

#include <cmocka.h>

#define NS_PER_MS 1000000u
#define TURN_MAX 4096u

static const struct co_data no_data = { NULL, 0 };

/* ---- The client. ---- */

static struct chain_call *
call_of(co_ctx_t vc_ctx)
{
	return (struct chain_call *)(uintptr_t)vc_ctx;
}

struct chain_call *
chain_new_call(struct chain_client *c, bool ours)
{
	struct chain_call *call = &c->calls[c->n_calls];

	assert_true(c->n_calls < CHAIN_MAX_CALLS);
	c->n_calls++;
	call->client = c;
	call->ours = ours;
	c->last = call;
	return call;
}

/* CLOSE-23, MAKE-6: straight from the completion; DEL-9: too early where that comes first. */
static void
delete_vc(struct chain_call *call)
{
	struct chain_client *c = call->client;

	if (!call->ours || c->keeps_vcs)
		return;
	if (chain_delete(call) == CO_STATUS_SUCCESS)
		return;
	assert_true(c->chain->completes_first[c->side]);
	call->undeleted = true;
	c->n_undeleted++;
}

/* What delete_vc() could not. */
static void
delete_late(struct chain_client *c)
{
	uint32_t i;

	for (i = 0; c->n_undeleted > 0 && i < c->n_calls; i++) {
		struct chain_call *call = &c->calls[i];

		if (!call->undeleted ||
			co_delete_vc(c->co, c->binding, call->vc) != CO_STATUS_SUCCESS)
			continue;
		call->undeleted = false;
		call->vc = CO_NONE;
		c->n_undeleted--;
	}
}

static void
on_bound(void *client, co_binding_t binding, co_adapter_t adapter)
{
	struct chain_client *c = client;

	if (adapter != c->chain->adapter[c->side])
		return;
	c->binding = binding;
	c->adapter_is_open = true;
}

static void
register_sap(struct chain_client *c)
{
	struct co_address address = { .type = CO_ADDRESS_E164, .len = 1 };
	enum co_status status;

	address.octets[0] = (uint8_t)(c->side == USER ? '1' : '2');
	status = co_cl_register_sap(c->co, c->af, &address, 0, &c->sap);
	assert_int_equal(status, CO_STATUS_SUCCESS);
}

static void
on_af_register_notify(void *client, co_binding_t binding, enum co_af_type type)
{
	struct chain_client *c = client;

	if (binding != c->binding)
		return; /* the other side's adapter */
	assert_int_equal(
		co_cl_open_address_family(c->co, binding, type, 0, &c->af), CO_STATUS_SUCCESS);
	c->af_is_open = true;
	register_sap(c);
}

static void
on_open_af_complete(void *client, co_ctx_t af_ctx, enum co_status status, co_af_t af)
{
	(void)client;
	(void)af_ctx;
	(void)status;
	(void)af;
	fail_msg("opening never pends here");
}

static void
on_af_complete(void *client, co_ctx_t ctx, enum co_status status)
{
	(void)client;
	(void)ctx;
	(void)status;
	fail_msg("nothing about AFs and SAPs pends here");
}

static void
on_register_sap_complete(void *client, co_ctx_t sap_ctx, enum co_status status, co_sap_t sap)
{
	(void)sap;
	on_af_complete(client, sap_ctx, status);
}

static enum co_status
on_create_vc(void *client, co_ctx_t af_ctx, co_vc_t vc, co_ctx_t *vc_ctx)
{
	struct chain_client *c = client;
	struct chain_call *call = chain_new_call(c, false);

	(void)af_ctx;
	record_step(c->side, "client.create_vc");
	call->vc = vc;
	*vc_ctx = (uintptr_t)call;
	return CO_STATUS_SUCCESS;
}

static enum co_status
on_delete_vc(void *client, co_ctx_t vc_ctx)
{
	record_step(((struct chain_client *)client)->side, "client.delete_vc");
	call_of(vc_ctx)->vc = CO_NONE;
	return CO_STATUS_SUCCESS;
}

static void
on_make_call_complete(
	void *client, co_ctx_t vc_ctx, enum co_status status, const struct co_call_params *params)
{
	struct chain_client *c = client;
	struct chain_call *call = call_of(vc_ctx);

	record_step(c->side, "client.make_call_complete %s", co_status_name(status));
	call->n_made++;
	call->make_status = status;
	call->cause = params->cause;
	assert_true(came_take(&call->came, params));
	call->up = status == CO_STATUS_SUCCESS;
	if (!call->up)
		delete_vc(call); /* MAKE-6 */
	else if (c->closes_when_made)
		assert_int_equal(chain_close(call, NULL, 0), CO_STATUS_PENDING);
}

static void
on_close_call_complete(void *client, co_ctx_t vc_ctx, co_ctx_t party_ctx, enum co_status status)
{
	struct chain_client *c = client;
	struct chain_call *call = call_of(vc_ctx);

	record_step(c->side, "client.close_call_complete");
	assert_int_equal(party_ctx != 0, call->multipoint); /* CLOSE-16 */
	if (party_ctx != 0)
		((struct chain_party *)(uintptr_t)party_ctx)->joined = false;
	call->n_closed++;
	call->close_status = status;
	if (c->calls_again) {
		c->calls_again = false;
		call->again_status = chain_make_call(call);
		if (call->again_status == CO_STATUS_PENDING)
			return;
	}
	delete_vc(call);
}

static enum co_status
on_incoming_call(void *client, co_ctx_t sap_ctx, co_ctx_t vc_ctx, struct co_call_params *params)
{
	struct chain_client *c = client;
	struct chain_call *call = call_of(vc_ctx);

	(void)sap_ctx;
	record_step(c->side, "client.incoming_call");
	call->n_offered++;
	assert_true(came_take(&call->offered, params));
	params->elements = c->elements;
	params->elements_size = c->elements_size;
	params->cause = c->answer_cause;
	call->params = *params;
	return c->answer;
}

static void
on_call_connected(void *client, co_ctx_t vc_ctx)
{
	struct chain_client *c = client;
	struct chain_call *call = call_of(vc_ctx);

	record_step(c->side, "client.call_connected");
	call->n_connected++;
	call->up = true;
	if (c->closes_when_connected)
		assert_int_equal(chain_close(call, NULL, 0), CO_STATUS_PENDING);
}

static void
on_incoming_close_call(void *client, co_ctx_t vc_ctx, enum co_status reason, struct co_data data)
{
	struct chain_client *c = client;
	struct chain_call *call = call_of(vc_ctx);

	record_step(c->side, "client.incoming_close_call %s", co_status_name(reason));
	call->n_incoming_close++;
	call->reason = reason;
	assert_true(told_take(&call->told, data)); /* CLOSE-13 */
	if (c->leaves_close_open)
		return;
	if (chain_n_joined(call, NULL) > 1)
		chain_tear_down(call); /* INCLOSE-5 */
	else
		assert_int_equal(chain_close(call, NULL, 0), CO_STATUS_PENDING);
}

static void
on_send_complete(void *client, co_ctx_t vc_ctx, struct co_packet **pkts, uint32_t n)
{
	(void)client;
	(void)pkts;
	call_of(vc_ctx)->n_sent += n;
}

static void
on_receive(void *client, co_ctx_t vc_ctx, struct co_packet **pkts, uint32_t n)
{
	struct chain_client *c = client;
	struct chain_call *call = call_of(vc_ctx);
	uint32_t i;

	call->n_received += n;
	if (!c->holds_receives) {
		co_return_receive(c->co, call->vc, pkts, n);
		return;
	}
	for (i = 0; i < n; i++) {
		assert_true(c->n_held < CHAIN_MAX_HELD);
		c->held[c->n_held++] = pkts[i];
	}
}

static const struct co_client_ops client_ops = {
	.bound = on_bound,
	.af_register_notify = on_af_register_notify,
	.open_af_complete = on_open_af_complete,
	.close_af_complete = on_af_complete,
	.register_sap_complete = on_register_sap_complete,
	.deregister_sap_complete = on_af_complete,
	.create_vc = on_create_vc,
	.delete_vc = on_delete_vc,
	.make_call_complete = on_make_call_complete,
	.add_party_complete = chain_on_add_party_complete,
	.drop_party_complete = chain_on_drop_party_complete,
	.incoming_drop_party = chain_on_incoming_drop_party,
	.modify_call_qos_complete = chain_on_modify_call_qos_complete,
	.incoming_call_qos_change = chain_on_incoming_call_qos_change,
	.notify_close_af = chain_on_notify_close_af,
	.oid_request = chain_on_oid_request,
	.close_call_complete = on_close_call_complete,
	.incoming_call = on_incoming_call,
	.call_connected = on_call_connected,
	.incoming_close_call = on_incoming_close_call,
	.send_complete = on_send_complete,
	.receive = on_receive,
};

struct chain_call *
chain_create_vc(struct chain *ch, enum chain_side from)
{
	struct chain_client *c = &ch->client[from];
	struct chain_call *call = chain_new_call(c, true);

	assert_int_equal(co_create_vc(c->co, c->binding, c->af, (uintptr_t)call, &call->vc),
		CO_STATUS_SUCCESS);
	return call;
}

void
chain_fill_params(const struct chain_client *c, struct co_call_params *params)
{
	*params = (struct co_call_params){
		.called = { .type = CO_ADDRESS_E164, .len = 1 },
		.calling = { .type = CO_ADDRESS_E164, .len = 1 },
		.tx = { .peak_rate = 96000 },
		.rx = { .peak_rate = 48000 },
	};
	params->called.octets[0] = (uint8_t)(c->side == USER ? '2' : '1');
	params->calling.octets[0] = (uint8_t)(c->side == USER ? '1' : '2');
}

enum co_status
chain_make_call(struct chain_call *call)
{
	struct chain_client *c = call->client;

	chain_fill_params(c, &call->params);
	record_step(c->side, "co_cl_make_call");
	return co_cl_make_call(c->co, call->vc, &call->params);
}

struct chain_call *
chain_call(struct chain *ch, enum chain_side from)
{
	struct chain_call *call = chain_create_vc(ch, from);

	assert_int_equal(chain_make_call(call), CO_STATUS_PENDING);
	return call;
}

enum co_status
chain_close(struct chain_call *call, const void *data, uint32_t size)
{
	struct co_data d = no_data;
	struct chain_party *last = NULL;

	if (size > 0)
		d = (struct co_data){ data, size };
	if (call->multipoint)
		chain_n_joined(call, &last);
	record_step(call->client->side, "co_cl_close_call");
	return co_cl_close_call(
		call->client->co, call->vc, last != NULL ? last->party : CO_NONE, d);
}

enum co_status
chain_delete(struct chain_call *call)
{
	struct chain_client *c = call->client;
	enum co_status status = co_delete_vc(c->co, c->binding, call->vc);

	if (status == CO_STATUS_SUCCESS)
		call->vc = CO_NONE;
	else
		record_step(c->side, "co_delete_vc %s", co_status_name(status));
	return status;
}

enum co_status
chain_answer(struct chain_call *call, enum co_status status)
{
	record_step(call->client->side, "co_cl_incoming_call_complete");
	return co_cl_incoming_call_complete(call->client->co, call->vc, status, &call->params);
}

void
chain_send(struct chain_call *call, struct co_packet *packet)
{
	co_send(call->client->co, call->vc, &packet, 1);
}

void
chain_return_held(struct chain_client *client)
{
	co_vc_t vc = client->held[0]->vc;

	co_return_receive(client->co, vc, client->held, client->n_held);
	client->n_held = 0;
}

/* ---- Up. ---- */

static void
create_brokers(struct chain *ch, const struct chain_config *config)
{
	const struct co_limits limits = { .n_vcs = 4 * CHAIN_MAX_CALLS };
	const struct uni_config uni_config = { .n_calls = 4 * CHAIN_MAX_CALLS,
		.n_links = 2,
		.n_setups = config->n_setups != 0 ? config->n_setups : 2 * CHAIN_MAX_CALLS,
		.n_parties = 4 * CHAIN_MAX_CALLS };
	struct callmgr_env_config env_config = {
		.n_vcs = 4 * CHAIN_MAX_CALLS,
		.n_offers = CHAIN_MAX_CALLS,
		.n_saps = 8,
		.n_answers = config->n_answers,
		.n_traces = CHAIN_TRACES,
	};
	unsigned int i;

	for (i = 0; i < SIDE_COUNT; i++) {
		if (i >= ch->n_brokers) {
			ch->co[i] = ch->co[0];
			ch->uni[i] = ch->uni[0];
			ch->env[i] = ch->env[0];
			continue;
		}
		ch->co[i] = co_create(&limits, NULL);
		ch->uni[i] = uni_create(&uni_config, 0, NULL);
		assert_non_null(ch->co[i]);
		assert_non_null(ch->uni[i]);
		env_config.co = ch->co[i];
		env_config.uni = ch->uni[i];
		ch->env[i] = callmgr_env_create(&env_config, NULL);
		assert_non_null(ch->env[i]);
	}
}

void
medium_callmgr_params(
	struct callmgr_params *params, enum chain_side side, const struct chain_config *config)
{
	*params = (struct callmgr_params){ .name = side == USER ? "user" : "network" };
	uni_link_params_default(&params->link, side == USER ? UNI_ROLE_USER : UNI_ROLE_NETWORK);
	params->meter = config->meter;
	params->no_close_data = config->no_close_data;
	params->port_down_clears = config->port_down_clears;
	params->link.max_offers = CHAIN_MAX_CALLS;
	params->link.restart_first = config->restart_first;
	if (config->t316_ms != 0) {
		params->link.t316_ms = config->t316_ms;
		params->link.t317_ms = config->t316_ms / 2;
	}
	sscop_params_default(&params->sscop);
	if (config->no_response_ms != 0)
		params->sscop.timer_no_response_ms = config->no_response_ms;
}

static void
create_client(struct chain *ch, enum chain_side side)
{
	struct chain_client *c = &ch->client[side];
	co_protocol_t protocol;

	c->chain = ch;
	c->co = ch->co[side];
	c->side = side;
	c->notify_answer = CO_STATUS_PENDING;
	assert_int_equal(co_register_client(c->co, &client_ops, c,
				 side == USER ? "client of user" : "client of network", &protocol),
		CO_STATUS_SUCCESS);
	assert_int_not_equal(c->sap, CO_NONE);
}

static bool
is_up(const struct chain *ch)
{
	return chain_link_is_up((struct chain *)(uintptr_t)ch, USER) &&
	       chain_link_is_up((struct chain *)(uintptr_t)ch, NETWORK);
}

struct chain *
chain_create(const struct chain_config *config)
{
	struct chain *ch = calloc(1, sizeof(*ch));

	assert_non_null(ch);
	cp_log_set_level(CP_LOG_ERR);
	ch->n_brokers = config->n_brokers == 0 ? 2 : config->n_brokers;
	create_brokers(ch, config);
	medium_create(ch, config);
	callmgr_start(ch->cm[USER]);
	callmgr_start(ch->cm[NETWORK]);
	create_client(ch, USER);
	create_client(ch, NETWORK);
	chain_run_until(ch, is_up, 5000);
	record_begin(ch);
	return ch;
}

struct callmgr *
chain_callmgr(struct chain *ch, enum chain_side side)
{
	return ch->cm[side];
}

bool
chain_link_is_up(struct chain *ch, enum chain_side side)
{
	return uni_link_is_up(callmgr_link(chain_callmgr(ch, side)));
}

/* ---- Time. ---- */

void
chain_turn(struct chain *ch)
{
	unsigned int i;

	ch->now_ns += NS_PER_MS;
	for (i = 0; i < ch->n_brokers; i++)
		callmgr_env_set_now(ch->env[i], ch->now_ns);
	medium_turn(ch);
	for (i = 0; i < ch->n_brokers; i++)
		callmgr_env_turn(ch->env[i], ch->now_ns, TURN_MAX);
	for (i = 0; i < SIDE_COUNT; i++) {
		delete_late(&ch->client[i]);
		chain_leave_turn(&ch->client[i]);
	}
}

void
chain_run_ms(struct chain *ch, uint32_t ms)
{
	while (ms-- > 0)
		chain_turn(ch);
}

void
chain_run_until(struct chain *ch, bool (*done)(const struct chain *ch), uint32_t ms)
{
	while (!done(ch)) {
		assert_true(ms-- > 0);
		chain_turn(ch);
	}
}

/* ---- Down: clients first, then the signalling links, then their VCs. ---- */

bool
chain_is_idle(const struct chain *ch)
{
	struct uni_census uni;
	struct co_census co;
	unsigned int i, n_vcs = 0;

	for (i = 0; i < ch->n_brokers; i++) {
		uni_census(ch->uni[i], &uni);
		co_census(ch->co[i], &co);
		if (co.n_calls != 0 || uni.n_calls != 0)
			return false;
		n_vcs += co.n_vcs;
	}
	return n_vcs == medium_n_own_vcs(ch);
}

static bool
is_down(const struct chain *ch)
{
	return sscf_state(callmgr_sscf(ch->cm[USER])) == SSCF_ST_RELEASED &&
	       sscf_state(callmgr_sscf(ch->cm[NETWORK])) == SSCF_ST_RELEASED;
}

static void
expect_nothing_left(const struct chain *ch)
{
	struct callmgr_census cm;
	struct uni_census uni;
	struct co_census co;
	unsigned int i;

	for (i = 0; i < ch->n_brokers; i++) {
		co_census(ch->co[i], &co);
		assert_int_equal(co.n_afs, 0);
		assert_int_equal(co.n_saps, 0);
		assert_int_equal(co.n_vcs, 0);
		assert_int_equal(co.n_calls, 0);
		assert_int_equal(co.n_parties, 0);
		assert_int_equal(co.n_stale, 0);
		assert_int_equal(co.n_unexpected_completions, 0);
		callmgr_census(ch->env[i], &cm);
		assert_int_equal(cm.n_vcs, 0);
		assert_int_equal(cm.n_offers, 0);
		assert_int_equal(cm.n_answers, 0);
		assert_int_equal(cm.n_saps, 0);
		assert_int_equal(cm.n_reap, 0);
		assert_int_equal(cm.n_parties, 0);
		assert_int_equal(cm.n_groups, 0);
		assert_int_equal(cm.n_changes, 0);
		assert_int_equal(cm.n_afs, 0);
		assert_int_equal(cm.n_addresses, 0);
		assert_int_equal(cm.n_unexpected, 0);
		uni_census(ch->uni[i], &uni);
		assert_int_equal(uni.n_calls, 0);
		assert_int_equal(uni.n_setups, 0);
		assert_int_equal(uni.n_timers, 0);
	}
	medium_expect_nothing_left(ch);
}

static void
expect_no_label_taken(struct chain *ch, enum chain_side side)
{
	struct uni_link_stats stats;

	uni_link_stats(callmgr_link(chain_callmgr(ch, side)), &stats);
	assert_int_equal(stats.n_calls, 0);
	assert_int_equal(stats.n_labels, stats.n_set_aside);
	assert_int_equal(stats.n_references, stats.n_set_aside);
}

void
chain_destroy(struct chain *ch)
{
	unsigned int i;

	chain_run_until(ch, chain_is_idle, 200000);
	record_end();
	medium_settle(ch);
	for (i = 0; i < SIDE_COUNT; i++) {
		expect_no_label_taken(ch, i);
		if (ch->client[i].af_is_open) {
			assert_int_equal(co_cl_deregister_sap(ch->co[i], ch->client[i].sap),
				CO_STATUS_SUCCESS);
			assert_int_equal(co_cl_close_address_family(ch->co[i], ch->client[i].af),
				CO_STATUS_SUCCESS);
		}
		callmgr_stop(chain_callmgr(ch, i));
	}
	chain_run_until(ch, is_down, 20000);
	medium_close(ch);
	chain_run_until(ch, medium_is_closed, 100);
	chain_run_ms(ch, 10);
	expect_nothing_left(ch);
	medium_destroy(ch);
	for (i = 0; i < ch->n_brokers; i++) {
		callmgr_env_destroy(ch->env[i]);
		uni_destroy(ch->uni[i]);
		co_destroy(ch->co[i]);
	}
	free(ch);
}

static enum chain_side to_connect;

static bool
is_connected(const struct chain *ch)
{
	const struct chain_call *ours = ch->client[to_connect].last;
	const struct chain_call *theirs = ch->client[chain_other(to_connect)].last;

	return ours->up && theirs != NULL && theirs->up;
}

struct chain_call *
chain_call_up(struct chain *ch, enum chain_side from)
{
	struct chain_call *call = chain_call(ch, from);

	ch->client[chain_other(from)].last = NULL;
	to_connect = from;
	chain_run_until(ch, is_connected, 1000);
	chain_run_ms(ch, 100); /* the last acknowledgements */
	return call;
}

/* ---- Steps. ---- */

void
chain_forget_steps(struct chain *ch)
{
	ch->n_steps = 0;
}

void
chain_forget_miniport(struct chain *ch)
{
	uint32_t i, n = 0;

	for (i = 0; i < ch->n_steps; i++)
		if (strncmp(ch->steps[i].text, "miniport.", 9) != 0)
			ch->steps[n++] = ch->steps[i];
	ch->n_steps = n;
}

/* Either family of functions does. */
static bool
is_step(const struct chain *ch, enum chain_side side, const char *text, const char *expected)
{
	if (ch->completes_first[side] && strncmp(expected, "co_cm_", 6) == 0)
		return strncmp(text, "co_mcm_", 7) == 0 && strcmp(text + 7, expected + 6) == 0;
	return strcmp(text, expected) == 0;
}

bool
chain_has_step(const struct chain *ch, enum chain_side side, const char *text)
{
	uint32_t i;

	for (i = 0; i < ch->n_steps; i++)
		if (ch->steps[i].side == side && is_step(ch, side, ch->steps[i].text, text))
			return true;
	return false;
}

void
chain_expect_steps(const struct chain *ch, enum chain_side side, const char *const *expected)
{
	uint32_t i;

	for (i = 0; i < ch->n_steps; i++) {
		if (ch->steps[i].side != side)
			continue;
		if (*expected == NULL)
			fail_msg("one step too many: \"%s\"", ch->steps[i].text);
		if (!is_step(ch, side, ch->steps[i].text, *expected))
			fail_msg("\"%s\" != \"%s\"", ch->steps[i].text, *expected);
		expected++;
	}
	if (*expected != NULL)
		fail_msg("a step is missing: \"%s\"", *expected);
}

/* By kind of call manager and whose the VC is; a client of an MCM asks too early first (DEL-9). */
static const char *const closing_ends[2][2][8] = {
	{
		{ "-> RELEASE", "<- RELEASE COMPLETE", "co_cm_deactivate_vc",
			"miniport.deactivate_vc", "co_cm_close_call_complete",
			"client.close_call_complete", "client.delete_vc", "miniport.delete_vc" },
		{ "-> RELEASE", "<- RELEASE COMPLETE", "co_cm_deactivate_vc",
			"miniport.deactivate_vc", "co_cm_close_call_complete",
			"client.close_call_complete", "callmgr.delete_vc", "miniport.delete_vc" },
	},
	{
		{ "-> RELEASE", "<- RELEASE COMPLETE", "co_cm_close_call_complete",
			"client.close_call_complete", "co_cm_deactivate_vc", "client.delete_vc" },
		{ "-> RELEASE", "<- RELEASE COMPLETE", "co_cm_close_call_complete",
			"client.close_call_complete", "co_delete_vc NOT_ACCEPTED",
			"co_cm_deactivate_vc", "callmgr.delete_vc" },
	},
};

void
chain_expect_closed(
	const struct chain *ch, enum chain_side side, bool ours, const char *const *drawn)
{
	const char *const *end = closing_ends[ch->completes_first[side]][ours];
	const char *steps[64] = { NULL };
	unsigned int i, n = 0;

	for (; *drawn != NULL; drawn++)
		steps[n++] = *drawn;
	assert_true(n + 8 < 64);
	for (i = 0; i < 8; i++)
		steps[n + i] = end[i];
	chain_expect_steps(ch, side, steps);
}
