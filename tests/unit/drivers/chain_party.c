/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "chain.h"

#include <cmocka.h>

/* What the client of a chain does about parties, changes of rates, and leaving. */

static struct chain_party *
party_of(co_ctx_t party_ctx)
{
	return (struct chain_party *)(uintptr_t)party_ctx;
}

static struct chain_party *
new_party(struct chain_call *call)
{
	struct chain_client *c = call->client;
	struct chain_party *p = &c->parties[c->n_parties];

	assert_true(c->n_parties < CHAIN_MAX_PARTIES);
	c->n_parties++;
	p->call = call;
	chain_fill_params(c, &p->params);
	return p;
}

/* ---- Parties. ---- */

struct chain_call *
chain_call_multipoint(struct chain *ch, enum chain_side from, struct chain_party **out)
{
	struct chain_call *call = chain_create_vc(ch, from);
	struct chain_party *p = new_party(call);

	chain_fill_params(call->client, &call->params);
	call->params.rx.peak_rate = 0;
	call->multipoint = true;
	record_step(from, "co_cl_make_multipoint_call");
	assert_int_equal(co_cl_make_multipoint_call(
				 ch->co[from], call->vc, &call->params, (uintptr_t)p, &p->party),
		CO_STATUS_PENDING);
	p->joined = true; /* as soon as the call is up */
	*out = p;
	return call;
}

enum co_status
chain_add(struct chain_call *call, struct chain_party **out)
{
	struct chain_party *p = new_party(call);

	*out = p;
	record_step(call->client->side, "co_cl_add_party");
	return co_cl_add_party(call->client->co, call->vc, (uintptr_t)p, &p->params, &p->party);
}

struct chain_call *
chain_multipoint_up(
	struct chain *ch, enum chain_side from, uint32_t n, struct chain_party **parties)
{
	struct chain_call *call = chain_call_multipoint(ch, from, &parties[0]);
	uint32_t i;

	chain_run_ms(ch, 150);
	assert_true(call->up);
	for (i = 1; i < n; i++) {
		assert_int_equal(chain_add(call, &parties[i]), CO_STATUS_PENDING);
		chain_run_ms(ch, 150);
		assert_true(parties[i]->joined);
	}
	return call;
}

uint32_t
chain_n_joined(const struct chain_call *call, struct chain_party **last)
{
	struct chain_client *c = call->client;
	uint32_t i, n = 0;

	for (i = 0; i < c->n_parties; i++) {
		if (c->parties[i].call != call || !c->parties[i].joined)
			continue;
		n++;
		if (last != NULL)
			*last = &c->parties[i];
	}
	return n;
}

enum co_status
chain_drop(struct chain_party *p, const void *data, uint32_t size)
{
	struct co_data d = { NULL, 0 };
	enum co_status status;

	if (size > 0)
		d = (struct co_data){ data, size };
	record_step(p->call->client->side, "co_cl_drop_party");
	status = co_cl_drop_party(p->call->client->co, p->party, d);
	if (status == CO_STATUS_SUCCESS)
		p->joined = false;
	return status;
}

void
chain_tear_down(struct chain_call *call)
{
	struct chain_party *last = NULL;

	call->tearing_down = true;
	if (chain_n_joined(call, &last) == 1)
		assert_int_equal(chain_close(call, NULL, 0), CO_STATUS_PENDING);
	else if (chain_drop(last, NULL, 0) == CO_STATUS_SUCCESS)
		chain_tear_down(call);
}

void
chain_on_add_party_complete(void *client, co_ctx_t party_ctx, enum co_status status,
	co_party_t party, const struct co_call_params *params)
{
	struct chain_client *c = client;
	struct chain_party *p = party_of(party_ctx);

	record_step(c->side, "client.add_party_complete %s", co_status_name(status));
	assert_int_equal(party != CO_NONE, status == CO_STATUS_SUCCESS);
	assert_ptr_equal(params, &p->params);
	p->n_added++;
	p->add_status = status;
	assert_true(came_take(&p->came, params));
	p->joined = status == CO_STATUS_SUCCESS;
}

void
chain_on_drop_party_complete(void *client, co_ctx_t party_ctx, enum co_status status)
{
	struct chain_client *c = client;
	struct chain_party *p = party_of(party_ctx);

	record_step(c->side, "client.drop_party_complete");
	p->n_dropped++;
	p->drop_status = status;
	p->joined = status != CO_STATUS_SUCCESS;
	if (p->call->tearing_down)
		chain_tear_down(p->call); /* DROP-11 */
}

/* INDROP-2 */
void
chain_on_incoming_drop_party(
	void *client, co_ctx_t party_ctx, enum co_status reason, struct co_data data)
{
	struct chain_client *c = client;
	struct chain_party *p = party_of(party_ctx);

	record_step(c->side, "client.incoming_drop_party %s", co_status_name(reason));
	p->n_left++;
	p->reason = reason;
	assert_true(told_take(&p->told, data));
	if (!c->leaves_drops_open)
		assert_int_equal(chain_drop(p, NULL, 0), CO_STATUS_PENDING);
}

/* ---- Rates. ---- */

enum co_status
chain_modify(struct chain_call *call, uint64_t tx, uint64_t rx)
{
	call->asked = (struct co_call_params){
		.tx = { .peak_rate = tx },
		.rx = { .peak_rate = rx },
		.media = { .flags = call->params.media.flags },
		.flags = call->client->confirms ? CO_CALL_F_CONFIRM : 0,
	};
	record_step(call->client->side, "co_cl_modify_call_qos");
	return co_cl_modify_call_qos(call->client->co, call->vc, &call->asked);
}

void
chain_on_modify_call_qos_complete(
	void *client, co_ctx_t vc_ctx, enum co_status status, const struct co_call_params *params)
{
	struct chain_client *c = client;
	struct chain_call *call = (struct chain_call *)(uintptr_t)vc_ctx;

	record_step(c->side, "client.modify_call_qos_complete %s", co_status_name(status));
	assert_ptr_equal(params, &call->asked);
	call->n_modified++;
	call->modify_status = status;
	if (status != CO_STATUS_SUCCESS && c->closes_when_modified)
		assert_int_equal(chain_close(call, NULL, 0), CO_STATUS_PENDING); /* CLOSE-35 */
}

enum co_status
chain_on_incoming_call_qos_change(
	void *client, co_ctx_t vc_ctx, const struct co_call_params *params)
{
	struct chain_client *c = client;
	struct chain_call *call = (struct chain_call *)(uintptr_t)vc_ctx;

	record_step(c->side, "client.incoming_call_qos_change");
	call->n_proposed++;
	call->proposed = *params;
	if (c->wants_confirmation)
		assert_int_equal(chain_oid(call, CO_OID_VC_WANT_CONFIRMATION), CO_STATUS_SUCCESS);
	if (c->asks_when_proposed)
		c->asked_status = chain_modify(call, 1, 1);
	if (c->closes_when_proposed)
		assert_int_equal(chain_close(call, NULL, 0), CO_STATUS_PENDING); /* CLOSE-34 */
	return c->change_answer;
}

enum co_status
chain_answer_change(struct chain_call *call, enum co_status status)
{
	record_step(call->client->side, "co_cl_incoming_call_qos_change_complete");
	return co_cl_incoming_call_qos_change_complete(call->client->co, call->vc, status);
}

/* ---- Leaving, and what is told by number. ---- */

enum co_status
chain_oid(struct chain_call *call, enum co_oid oid)
{
	struct co_oid_request request = { .oid = oid, .vc = call->vc };

	return co_cl_oid_request(call->client->co, call->client->af, &request);
}

static bool
is_live(const struct chain_call *call)
{
	return call->vc != CO_NONE;
}

/* AF-11: parties, calls; VCs follow from the completions. */
static void
end_call(struct chain_call *call)
{
	struct co_vc_info info;

	assert_int_equal(co_vc_query(call->client->co, call->vc, &info), CO_STATUS_SUCCESS);
	if (info.call_state != CO_CALL_UP && info.call_state != CO_CALL_ACCEPTED)
		return; /* on its way already (RACE-21) */
	if (chain_n_joined(call, NULL) > 1)
		chain_tear_down(call);
	else
		assert_int_equal(chain_close(call, NULL, 0), CO_STATUS_PENDING);
}

void
chain_leave(struct chain_client *c)
{
	uint32_t i;

	c->leaving = true;
	for (i = 0; i < c->n_calls; i++)
		if (is_live(&c->calls[i]))
			end_call(&c->calls[i]);
	chain_leave_turn(c);
}

void
chain_leave_turn(struct chain_client *c)
{
	uint32_t i;

	if (!c->leaving || !c->af_is_open)
		return;
	for (i = 0; i < c->n_calls; i++)
		if (is_live(&c->calls[i]))
			return;
	assert_int_equal(co_cl_deregister_sap(c->co, c->sap), CO_STATUS_SUCCESS);
	record_step(c->side, "co_cl_close_address_family");
	assert_int_equal(co_cl_close_address_family(c->co, c->af), CO_STATUS_SUCCESS);
	c->af_is_open = false;
	c->n_af_closed++;
	if (c->n_notified > 0)
		co_cl_notify_close_address_family_complete(c->co, c->af, CO_STATUS_SUCCESS);
}

/* AF-18: nothing is waited for in here; the AF goes in a later turn. */
enum co_status
chain_on_notify_close_af(void *client, co_ctx_t af_ctx)
{
	struct chain_client *c = client;

	(void)af_ctx;
	record_step(c->side, "client.notify_close_af");
	c->n_notified++;
	if (c->notify_answer == CO_STATUS_PENDING) {
		c->leaving = true;
		for (uint32_t i = 0; i < c->n_calls; i++)
			if (is_live(&c->calls[i]))
				end_call(&c->calls[i]);
	}
	return c->notify_answer;
}

enum co_status
chain_on_oid_request(void *client, co_ctx_t af_ctx, struct co_oid_request *request)
{
	struct chain_client *c = client;

	(void)af_ctx;
	c->n_oids[request->oid]++;
	if (request->oid == CO_OID_VC_CONFIRMATION)
		record_step(c->side, "client is told of the confirmation");
	if (request->oid == CO_OID_VC_NOTIFICATION) {
		c->told = *(const struct co_notification *)request->buffer;
		c->told_vc = request->vc_ctx;
		c->told_party = request->party_ctx;
	}
	return CO_STATUS_SUCCESS;
}
