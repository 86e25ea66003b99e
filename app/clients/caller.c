/* SPDX-License-Identifier: BSD-3-Clause */
#include "clients/caller.h"

#include <errno.h>

#include "clients/caller_priv.h"

#define DEFAULT_N_MULTIPOINT 256u
#define DEFAULT_N_PARTIES 4096u

static_assert(offsetof(struct caller, client) == 0, "handlers take a caller for its client");

static void
give_back_end(struct caller *c, struct call *call)
{
	if (call->vc.own & CALL_F_ENDED)
		return;
	call->vc.own |= CALL_F_ENDED;
	if (call->end != CALLER_NO_END)
		c->ops->ended(c->arg, call->end);
}

/* Where the handle of its struct dial is. */
static uint32_t *
dial_of(const struct caller *c, struct call *call)
{
	struct multi *m = caller_multi_of(c, call);

	return m != NULL ? &m->dial : &call->extra;
}

/* @return The job that it was for. */
static uint32_t
end_dial(struct caller *c, struct call *call)
{
	uint32_t *handle = dial_of(c, call);
	uint32_t job = ((const struct dial *)cp_pool_of(&c->dials, *handle))->job;

	cp_pool_put_live(&c->dials, *handle);
	*handle = CP_HANDLE_NONE;
	return job;
}

/* The VC has gone, and whoever still waited for that hears it. */
static void
call_deleted(struct client *client, struct client_vc *vc)
{
	struct caller *c = (struct caller *)client;
	struct call *call = (struct call *)vc;

	give_back_end(c, call);
	if (*dial_of(c, call) != CP_HANDLE_NONE)
		end_dial(c, call);
	if (call->vc.own & CALL_F_MULTI)
		caller_multi_end(c, call);
	if (call->vc.own & CALL_F_JOB)
		c->reports->closed(c->reports_arg, call->close_job, CO_STATUS_SUCCESS);
}

/* ---- Setting up. ---- */

static enum co_status
on_create_vc(void *arg, co_ctx_t af_ctx, co_vc_t vc, co_ctx_t *vc_ctx)
{
	struct caller *c = arg;
	enum co_status status = client_on_create_vc(&c->client, af_ctx, vc, vc_ctx);

	if (status == CO_STATUS_SUCCESS)
		((struct call *)client_at(&c->client, *vc_ctx))->end = CALLER_NO_END;
	return status;
}

static void
made(struct caller *c, uint32_t handle, enum co_status status, uint8_t cause)
{
	struct call *call = client_at(&c->client, handle);
	uint32_t job = end_dial(c, call);

	call->vc.own &= (uint8_t)~CALL_F_MAKING;
	if (call->vc.own & CALL_F_MULTI)
		caller_multi_made(c, call, status);
	if (status == CO_STATUS_SUCCESS) {
		c->ops->up(c->arg, call->vc.vc, call->end);
	} else {
		give_back_end(c, call);
		/* Else close_call_complete follows (RACE-5). */
		if (!(call->vc.flags & CLIENT_VC_F_CLOSING))
			client_vc_delete(&c->client, &call->vc, handle); /* MAKE-6 */
	}
	c->reports->dialled(c->reports_arg, job, status, cause);
}

static void
on_make_call_complete(
	void *arg, co_ctx_t vc_ctx, enum co_status status, const struct co_call_params *params)
{
	struct caller *c = arg;

	if (client_at(&c->client, vc_ctx) != NULL)
		made(c, (uint32_t)vc_ctx, status, params != NULL ? params->cause : 0);
}

/* The call manager may offer another call on a VC of its own (RACE-22): all begins anew. */
static enum co_status
on_incoming_call(void *arg, co_ctx_t sap_ctx, co_ctx_t vc_ctx, struct co_call_params *params)
{
	struct caller *c = arg;
	struct call *call = client_at(&c->client, vc_ctx);

	(void)sap_ctx;
	if (call == NULL)
		return CO_STATUS_FAILURE;
	if (!client_vc_may_take(&c->client, (uint32_t)vc_ctx))
		return CO_STATUS_CLOSING;
	call->vc.own = 0;
	call->end = CALLER_NO_END;
	return c->ops->admit(c->arg, params, &call->end);
}

static void
on_call_connected(void *arg, co_ctx_t vc_ctx)
{
	struct caller *c = arg;
	const struct call *call = client_at(&c->client, vc_ctx);

	if (call != NULL)
		c->ops->up(c->arg, call->vc.vc, call->end);
}

/* ---- Closing. ---- */

void
caller_closed(struct caller *c, uint32_t handle, enum co_status status)
{
	struct call *call = client_at(&c->client, handle);
	uint32_t job;
	bool waited;

	if (call == NULL)
		return; /* gone with the call manager's VC, and that was reported */
	status = client_vc_close_ended(&c->client, &call->vc, handle, status);
	if (status == CO_STATUS_PENDING)
		return;
	job = call->close_job;
	waited = call->vc.own & CALL_F_JOB;
	call->vc.own &= (uint8_t) ~(CALL_F_JOB | CALL_F_WINDING);
	if (status == CO_STATUS_SUCCESS) {
		give_back_end(c, call);
		if (call->vc.flags & CLIENT_VC_F_OURS)
			client_vc_delete(
				&c->client, &call->vc, handle); /* else the CM does (CLOSE-24) */
	} else if (call->vc.own & CALL_F_MUST_END) {
		client_vc_again(&c->client, &call->vc, handle);
	}
	if (waited)
		c->reports->closed(c->reports_arg, job, status);
}

static void
on_close_call_complete(void *arg, co_ctx_t vc_ctx, co_ctx_t party_ctx, enum co_status status)
{
	struct caller *c = arg;

	(void)party_ctx;
	caller_closed(c, (uint32_t)vc_ctx, status);
}

static enum co_status
close_call(struct caller *c, uint32_t handle, struct call *call, struct co_data data)
{
	if (call->vc.own & CALL_F_MULTI)
		return caller_wind_down(c, handle, data);
	return client_vc_close(&c->client, &call->vc, handle, CO_NONE, data);
}

/* CLOSING: our own close was first (RACE-2). */
void
caller_end_call(struct caller *c, struct call *call, uint32_t handle)
{
	enum co_status status;

	call->vc.own |= CALL_F_MUST_END;
	if (call->vc.own & CALL_F_WINDING)
		return;
	status = close_call(c, handle, call, client_no_data);
	if (status != CO_STATUS_PENDING && status != CO_STATUS_CLOSING)
		caller_closed(c, handle, status);
}

static void
end_call(struct client *client, struct client_vc *vc, uint32_t handle)
{
	caller_end_call((struct caller *)client, (struct call *)vc, handle);
}

static const struct client_hooks hooks = { .end = end_call, .deleted = call_deleted };

/* INCLOSE-5: the answer to an incoming close is a close. */
static void
on_incoming_close_call(void *arg, co_ctx_t vc_ctx, enum co_status reason, struct co_data data)
{
	struct caller *c = arg;
	struct call *call = client_at(&c->client, vc_ctx);

	(void)reason;
	(void)data;
	if (call != NULL)
		caller_end_call(c, call, (uint32_t)vc_ctx);
}

enum co_status
caller_close(struct caller *c, co_vc_t vc, uint32_t job, struct co_data data)
{
	uint32_t handle;
	struct call *call = client_find(&c->client, vc, &handle);
	enum co_status status;

	if (call == NULL)
		return CO_STATUS_FAILURE;
	if ((call->vc.own & (CALL_F_JOB | CALL_F_WINDING)) ||
		(call->vc.flags & CLIENT_VC_F_CLOSING))
		return CO_STATUS_CLOSING;
	/* Before the call: its completion may come before it returns (ASYNC-4). */
	call->close_job = job;
	call->vc.own |= CALL_F_JOB;
	status = close_call(c, handle, call, data);
	if (status == CO_STATUS_SUCCESS)
		caller_closed(c, handle, status);
	else if (status != CO_STATUS_PENDING)
		call->vc.own &= (uint8_t) ~(CALL_F_JOB | CALL_F_WINDING);
	return status;
}

void
caller_ahead(const struct caller *c, const co_vc_t *vcs, uint32_t n)
{
	co_ctx_t ctxs[CO_AHEAD_MAX];
	uint32_t i;

	co_vcs_ahead(c->client.co, vcs, n, ctxs);
	for (i = 0; i < n; i++)
		cp_pool_prefetch(&c->client.vcs, cp_handle_idx((uint32_t)ctxs[i]));
}

/* ---- Changing rates: contract 4.12, 4.13. ---- */

static void
modified(struct caller *c, uint32_t handle, enum co_status status,
	const struct co_call_params *params)
{
	uint64_t rate = params->tx.peak_rate;
	uint8_t cause = params->cause;
	struct call *call = client_at(&c->client, handle);

	call->vc.own &= (uint8_t)~CALL_F_MODIFYING;
	c->reports->modified(c->reports_arg, end_dial(c, call), status, cause, rate);
}

/* QOS-5: accepted, whatever came out of it; who asked hears what that is, and may ask again. */
static void
on_modify_call_qos_complete(
	void *arg, co_ctx_t vc_ctx, enum co_status status, const struct co_call_params *params)
{
	struct caller *c = arg;

	if (client_at(&c->client, vc_ctx) != NULL)
		modified(c, (uint32_t)vc_ctx, status, params);
}

enum co_status
caller_modify(struct caller *c, co_vc_t vc, uint64_t rate, uint32_t job, uint8_t *cause)
{
	uint32_t handle, dial_handle;
	struct call *call = client_find(&c->client, vc, &handle);
	struct co_call_params *params;
	struct dial *dial;
	enum co_status status;

	*cause = 0;
	if (call == NULL)
		return CO_STATUS_FAILURE;
	if (call->vc.own & (CALL_F_MAKING | CALL_F_MODIFYING))
		return CO_STATUS_NOT_ACCEPTED;
	dial_handle = cp_pool_get(&c->dials);
	dial = cp_pool_at(&c->dials, dial_handle);
	if (dial == NULL)
		return CO_STATUS_RESOURCES;
	params = &dial->params;
	params->tx.peak_rate = params->rx.peak_rate = rate;
	params->media.flags = CO_MEDIA_F_ROUND_UP;
	dial->job = job;
	*dial_of(c, call) = dial_handle;
	call->vc.own |= CALL_F_MODIFYING;
	status = co_cl_modify_call_qos(c->client.co, vc, params);
	if (status == CO_STATUS_SUCCESS) {
		modified(c, handle, status, params);
	} else if (status != CO_STATUS_PENDING) {
		*cause = params->cause;
		call->vc.own &= (uint8_t)~CALL_F_MODIFYING;
		end_dial(c, call);
	}
	return status;
}

/* INQOS-2: up to the limits that were set. */
static enum co_status
on_incoming_call_qos_change(void *arg, co_ctx_t vc_ctx, const struct co_call_params *params)
{
	struct caller *c = arg;
	const struct call *call = client_at(&c->client, vc_ctx);
	uint64_t limit = 0;

	if (call == NULL)
		return CO_STATUS_FAILURE;
	if (call->end != CALLER_NO_END)
		limit = c->ops->limit(c->arg, call->end);
	return client_rates_fit(params, limit) &&
			       client_rates_fit(params, c->client.links[call->vc.link].max_rate)
		       ? CO_STATUS_SUCCESS
		       : CO_STATUS_NOT_ACCEPTED;
}

static const struct co_client_ops client_ops = {
	.bound = client_on_bound,
	.af_register_notify = client_on_af_register_notify,
	.open_af_complete = client_on_open_af_complete,
	.close_af_complete = client_on_close_af_complete,
	.register_sap_complete = client_on_register_sap_complete,
	.deregister_sap_complete = client_on_deregister_sap_complete,
	.notify_close_af = client_on_notify_close_af,
	.unbind = client_on_unbind,
	.oid_request = client_on_oid_request,
	.create_vc = on_create_vc,
	.delete_vc = client_on_delete_vc,
	.make_call_complete = on_make_call_complete,
	.add_party_complete = caller_on_add_party_complete,
	.drop_party_complete = caller_on_drop_party_complete,
	.incoming_drop_party = caller_on_incoming_drop_party,
	.modify_call_qos_complete = on_modify_call_qos_complete,
	.incoming_call_qos_change = on_incoming_call_qos_change,
	.close_call_complete = on_close_call_complete,
	.incoming_call = on_incoming_call,
	.call_connected = on_call_connected,
	.incoming_close_call = on_incoming_close_call,
	.send_complete = client_on_send_complete,
	.receive = client_on_receive,
};

/* ---- Requests. ---- */

enum co_status
caller_register_sap(struct caller *c, co_adapter_t adapter, const struct co_address *address)
{
	return client_register(&c->client, adapter, address);
}

void
caller_set_limit(struct caller *c, co_adapter_t adapter, uint64_t rate)
{
	client_set_limit(&c->client, adapter, rate);
}

enum co_status
caller_name(struct caller *c, co_vc_t vc, const char *base)
{
	uint32_t handle;
	const struct call *call = client_find(&c->client, vc, &handle);
	char name[CO_NAME_SIZE];

	if (call == NULL)
		return CO_STATUS_FAILURE;
	return co_assign_instance_name(
		c->client.co, c->client.links[call->vc.link].binding, vc, base, name);
}

static void
fill_params(struct co_call_params *params, const struct caller_dial_args *args)
{
	params->called = args->to;
	params->calling = args->from;
	params->tx.peak_rate = args->rate;
	params->tx.token_rate = args->committed_rate;
	params->tx.bucket_size = args->burst;
	params->rx = params->tx;
	params->media.flags = CO_MEDIA_F_TRANSMIT | CO_MEDIA_F_RECEIVE | CO_MEDIA_F_ROUND_UP;
	if (args->permanent) {
		params->flags = CO_CALL_F_PERMANENT;
		params->media.label = args->label;
	}
}

static enum co_status
make_call(struct caller *c, const struct call *call, struct co_call_params *params)
{
	const struct multi *m = caller_multi_of(c, call);
	co_party_t party = CO_NONE;

	if (m == NULL)
		return co_cl_make_call(c->client.co, call->vc.vc, params);
	return co_cl_make_multipoint_call(c->client.co, call->vc.vc, params, m->last, &party);
}

int
caller_dial(struct caller *c, const struct caller_dial_args *args)
{
	int link = client_link_to_dial(&c->client, args->adapter);
	uint32_t handle, dial_handle;
	enum co_status status;
	struct dial *dial;
	struct call *call;

	if (link < 0)
		return link;
	dial_handle = cp_pool_get(&c->dials);
	dial = cp_pool_at(&c->dials, dial_handle);
	if (dial == NULL)
		return -EAGAIN;
	fill_params(&dial->params, args);
	dial->job = args->job;
	handle = client_vc_new(&c->client, link);
	call = client_at(&c->client, handle);
	if (call == NULL)
		goto no_call;
	call->end = CALLER_NO_END; /* until there is a VC the end is not its own */
	if (args->multipoint && !caller_multi_begin(c, call, handle, &args->to))
		goto no_multi;
	if (client_vc_create(&c->client, handle) != CO_STATUS_SUCCESS)
		goto no_call;
	call->end = args->end;
	*dial_of(c, call) = dial_handle;
	call->vc.own |= CALL_F_MAKING;
	status = make_call(c, call, &dial->params);
	if (status != CO_STATUS_PENDING)
		made(c, handle, status, dial->params.cause);
	return 0;

no_multi:
	client_vc_free(&c->client, &call->vc, handle);
no_call:
	cp_pool_put(&c->dials, dial_handle);
	return -ENOSPC;
}

/* ---- Life. ---- */

void
caller_turn(struct caller *c, uint32_t max)
{
	client_turn(&c->client, max);
}

bool
caller_shut(struct caller *c)
{
	return client_shut(&c->client);
}

static uint32_t
or_default(uint32_t value, uint32_t standard)
{
	return value != 0 ? value : standard;
}

static int
init(struct caller *c, struct co *co, const struct caller_config *config)
{
	uint32_t n_multipoint = or_default(config->n_multipoint, DEFAULT_N_MULTIPOINT);
	uint32_t n_parties = or_default(config->n_parties, DEFAULT_N_PARTIES);
	int err;

	err = client_init(
		&c->client, co, config->name, &hooks, config->n_calls, sizeof(struct call), c->mem);
	if (err != 0)
		return err;
	if (cp_pool_init(&c->dials, config->n_dials, sizeof(struct dial), c->mem, "dials") != 0 ||
		cp_pool_init(&c->multis, n_multipoint, sizeof(struct multi), c->mem,
			"calls with parties") != 0 ||
		cp_pool_init(&c->parties, n_parties, sizeof(struct party), c->mem, "parties") != 0)
		return -ENOMEM;
	return client_start(&c->client, &client_ops);
}

int
caller_create(struct co *co, const struct caller_config *config, const struct caller_ops *ops,
	void *arg, const struct caller_reports *reports, void *reports_arg,
	const struct cp_mem *mem, struct caller **out)
{
	struct caller *c = cp_mem_alloc(mem, sizeof(*c), config->name);
	int err;

	if (c == NULL)
		return -ENOMEM;
	c->ops = ops;
	c->arg = arg;
	c->reports = reports;
	c->reports_arg = reports_arg;
	c->mem = mem;
	err = init(c, co, config);
	if (err != 0) {
		caller_destroy(c);
		return err;
	}
	*out = c;
	return 0;
}

void
caller_destroy(struct caller *c)
{
	if (c == NULL)
		return;
	cp_pool_fini(&c->parties);
	cp_pool_fini(&c->multis);
	cp_pool_fini(&c->dials);
	client_fini(&c->client);
	cp_mem_free(c->mem, c);
}

co_protocol_t
caller_protocol(const struct caller *c)
{
	return c->client.protocol;
}

uint32_t
caller_n_calls(const struct caller *c)
{
	return cp_pool_n_used(&c->client.vcs);
}

uint32_t
caller_n_parties(const struct caller *c)
{
	return cp_pool_n_used(&c->parties);
}

uint64_t
caller_n_without_data(const struct caller *c)
{
	return c->client.n_without_data;
}

uint32_t
caller_end(const struct caller *c, co_ctx_t client_ctx)
{
	const struct call *call = client_at(&c->client, client_ctx);

	return call != NULL ? call->end : CALLER_NO_END;
}
