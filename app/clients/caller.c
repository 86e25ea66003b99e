/* SPDX-License-Identifier: BSD-3-Clause */
#include "clients/caller.h"

#include <assert.h>
#include <errno.h>

#include "base/log.h"
#include "clients/link.h"

#define CALL_F_OURS 0x1u    /* we created the VC: we delete it */
#define CALL_F_ENDED 0x2u   /* its end has been given back */
#define CALL_F_CLOSING 0x4u /* caller_close() awaits its completion */

/** One call. */
struct call {
	struct client_vc vc;
	uint32_t end;
	uint32_t dial_job;  /* while make_call is pending */
	uint32_t close_job; /* while CALL_F_CLOSING */
	uint32_t params;    /* handle, while make_call is pending */
	uint8_t flags;      /* CALL_F_ */
};
static_assert(sizeof(struct call) <= 32, "two calls in a cache line");

struct caller {
	struct co *co;
	const struct caller_ops *ops;
	void *arg;
	const struct cp_mem *mem;
	co_protocol_t protocol;
	struct client_vcs calls; /* struct call */
	struct cp_pool params;   /* struct co_call_params */
	struct client_links links;
};

static struct call *
call_at(const struct caller *c, co_ctx_t ctx)
{
	return cp_pool_at(&c->calls.pool, (uint32_t)ctx);
}

static void
give_back_end(struct caller *c, struct call *call)
{
	if (call->flags & CALL_F_ENDED)
		return;
	call->flags |= CALL_F_ENDED;
	if (call->end != CALLER_NO_END)
		c->ops->ended(c->arg, call->end);
}

void
caller_turn(struct caller *c, uint32_t max)
{
	client_vcs_turn(&c->calls, max);
}

/* ---- Handlers. ---- */

static void
on_bound(void *arg, co_binding_t binding, co_adapter_t adapter)
{
	client_links_bound(&((struct caller *)arg)->links, binding, adapter);
}

static void
on_af_register_notify(void *arg, co_binding_t binding, enum co_af_type type)
{
	client_links_notified(&((struct caller *)arg)->links, binding, type);
}

static void
on_open_af_complete(void *arg, co_ctx_t af_ctx, enum co_status status, co_af_t af)
{
	client_links_opened(&((struct caller *)arg)->links, af_ctx, status, af);
}

static void
on_close_af_complete(void *arg, co_ctx_t af_ctx, enum co_status status)
{
	client_links_closed(&((struct caller *)arg)->links, af_ctx, status);
}

/* Registrations are made and kept by handle; nothing hangs on when they complete. */
static void
on_register_sap_complete(void *arg, co_ctx_t sap_ctx, enum co_status status, co_sap_t sap)
{
	(void)arg;
	(void)sap_ctx;
	(void)sap;
	if (status != CO_STATUS_SUCCESS)
		cp_log(CP_LOG_WARN, "an address could not be registered: %s",
			co_status_name(status));
}

static void
on_deregister_sap_complete(void *arg, co_ctx_t sap_ctx, enum co_status status)
{
	(void)arg;
	(void)sap_ctx;
	(void)status; /* SAP-6: always SUCCESS */
}

static enum co_status
on_create_vc(void *arg, co_ctx_t af_ctx, co_vc_t vc, co_ctx_t *vc_ctx)
{
	struct caller *c = arg;
	uint32_t handle = cp_pool_get(&c->calls.pool);
	struct call *call = call_at(c, handle);

	if (call == NULL)
		return CO_STATUS_RESOURCES;
	call->vc.vc = vc;
	call->vc.link = (uint16_t)af_ctx;
	call->end = CALLER_NO_END;
	*vc_ctx = handle;
	return CO_STATUS_SUCCESS;
}

static enum co_status
on_delete_vc(void *arg, co_ctx_t vc_ctx)
{
	struct caller *c = arg;
	struct call *call = call_at(c, vc_ctx);

	if (call == NULL)
		return CO_STATUS_FAILURE;
	give_back_end(c, call);
	cp_pool_put(&c->calls.pool, (uint32_t)vc_ctx);
	return CO_STATUS_SUCCESS;
}

static void
made(struct caller *c, uint32_t handle, enum co_status status, uint8_t cause)
{
	struct call *call = call_at(c, handle);
	uint32_t job = call->dial_job;

	cp_pool_put(&c->params, call->params);
	call->params = CP_HANDLE_NONE;
	if (status == CO_STATUS_SUCCESS) {
		c->ops->up(c->arg, call->vc.vc, call->end);
	} else {
		give_back_end(c, call);
		if (!(call->flags & CALL_F_CLOSING)) /* else close_call_complete follows (RACE-5) */
			client_vcs_delete(&c->calls, handle); /* MAKE-6 */
	}
	c->ops->dialled(c->arg, job, status, cause);
}

static void
on_make_call_complete(
	void *arg, co_ctx_t vc_ctx, enum co_status status, const struct co_call_params *params)
{
	struct caller *c = arg;

	if (call_at(c, vc_ctx) != NULL)
		made(c, (uint32_t)vc_ctx, status, params != NULL ? params->cause : 0);
}

static void
closed(struct caller *c, uint32_t handle, enum co_status status)
{
	struct call *call = call_at(c, handle);
	uint32_t job = call->close_job;
	bool waited = call->flags & CALL_F_CLOSING;

	call->flags &= (uint8_t)~CALL_F_CLOSING;
	if (status == CO_STATUS_SUCCESS) {
		give_back_end(c, call);
		if (call->flags & CALL_F_OURS)
			client_vcs_delete(&c->calls, handle); /* else the CM does (CLOSE-24) */
	}
	if (waited)
		c->ops->closed(c->arg, job, status);
}

static void
on_close_call_complete(void *arg, co_ctx_t vc_ctx, co_ctx_t party_ctx, enum co_status status)
{
	struct caller *c = arg;

	(void)party_ctx;
	if (call_at(c, vc_ctx) != NULL)
		closed(c, (uint32_t)vc_ctx, status);
}

static enum co_status
on_incoming_call(void *arg, co_ctx_t sap_ctx, co_ctx_t vc_ctx, struct co_call_params *params)
{
	struct caller *c = arg;
	struct call *call = call_at(c, vc_ctx);

	(void)sap_ctx;
	if (call == NULL)
		return CO_STATUS_FAILURE;
	return c->ops->admit(c->arg, params, &call->end);
}

static void
on_call_connected(void *arg, co_ctx_t vc_ctx)
{
	struct caller *c = arg;
	struct call *call = call_at(c, vc_ctx);

	if (call != NULL)
		c->ops->up(c->arg, call->vc.vc, call->end);
}

/* INCLOSE-5: the answer to an incoming close is a close. */
static void
on_incoming_close_call(void *arg, co_ctx_t vc_ctx, enum co_status reason, struct co_data data)
{
	struct caller *c = arg;
	struct call *call = call_at(c, vc_ctx);
	struct co_data none = { NULL, 0 };
	enum co_status status;

	(void)reason;
	(void)data;
	if (call == NULL)
		return;
	status = co_cl_close_call(c->co, call->vc.vc, CO_NONE, none);
	if (status == CO_STATUS_SUCCESS) /* else pending, or our own close was first (RACE-2) */
		closed(c, (uint32_t)vc_ctx, status);
}

/* Frames of these calls go from wire to wire; none is sent or received here. */
static void
on_send_complete(void *arg, co_ctx_t vc_ctx, struct co_packet **pkts, uint32_t n)
{
	(void)arg;
	(void)vc_ctx;
	(void)pkts;
	(void)n;
}

static void
on_receive(void *arg, co_ctx_t vc_ctx, struct co_packet **pkts, uint32_t n)
{
	struct caller *c = arg;
	const struct call *call = call_at(c, vc_ctx);

	if (call != NULL)
		co_return_receive(c->co, call->vc.vc, pkts, n);
}

static const struct co_client_ops client_ops = {
	.bound = on_bound,
	.af_register_notify = on_af_register_notify,
	.open_af_complete = on_open_af_complete,
	.close_af_complete = on_close_af_complete,
	.register_sap_complete = on_register_sap_complete,
	.deregister_sap_complete = on_deregister_sap_complete,
	.create_vc = on_create_vc,
	.delete_vc = on_delete_vc,
	.make_call_complete = on_make_call_complete,
	.close_call_complete = on_close_call_complete,
	.incoming_call = on_incoming_call,
	.call_connected = on_call_connected,
	.incoming_close_call = on_incoming_close_call,
	.send_complete = on_send_complete,
	.receive = on_receive,
};

/* ---- Requests. ---- */

enum co_status
caller_register_sap(struct caller *c, co_adapter_t adapter, const struct co_address *address)
{
	return client_links_register(&c->links, adapter, address);
}

int
caller_dial(struct caller *c, const struct caller_dial_args *args)
{
	int link = client_links_find(&c->links, args->adapter);
	struct co_call_params *params;
	struct call *call;
	uint32_t handle, params_handle;
	enum co_status status;

	if (link < 0)
		return link;
	params_handle = cp_pool_get(&c->params);
	if (params_handle == CP_HANDLE_NONE)
		return -EAGAIN;
	handle = cp_pool_get(&c->calls.pool);
	call = call_at(c, handle);
	if (call == NULL)
		goto no_call;
	params = cp_pool_at(&c->params, params_handle);
	params->called = args->to;
	params->calling = args->from;
	params->tx.peak_rate = params->rx.peak_rate = args->rate;
	params->media.flags = CO_MEDIA_F_TRANSMIT | CO_MEDIA_F_RECEIVE;
	*call = (struct call){
		.end = args->end,
		.dial_job = args->job,
		.params = params_handle,
		.vc = { .link = (uint16_t)link },
		.flags = CALL_F_OURS,
	};
	if (co_create_vc(c->co, c->links.links[link].binding, c->links.links[link].af, handle,
		    &call->vc.vc) != CO_STATUS_SUCCESS)
		goto no_vc;
	status = co_cl_make_call(c->co, call->vc.vc, params);
	if (status != CO_STATUS_PENDING)
		made(c, handle, status, params->cause);
	return 0;

no_vc:
	cp_pool_put(&c->calls.pool, handle);
no_call:
	cp_pool_put(&c->params, params_handle);
	return -ENOSPC;
}

enum co_status
caller_close(struct caller *c, co_vc_t vc, uint32_t job, struct co_data data)
{
	struct co_vc_info info;
	enum co_status status;
	struct call *call;

	if (co_vc_query(c->co, vc, &info) != CO_STATUS_SUCCESS || info.client != c->protocol)
		return CO_STATUS_FAILURE;
	call = call_at(c, info.client_ctx);
	if (call == NULL)
		return CO_STATUS_FAILURE;
	if (call->flags & CALL_F_CLOSING)
		return CO_STATUS_CLOSING;
	/* Before the call: its completion may come before it returns (ASYNC-4). */
	call->close_job = job;
	call->flags |= CALL_F_CLOSING;
	status = co_cl_close_call(c->co, vc, CO_NONE, data);
	if (status == CO_STATUS_SUCCESS) {
		closed(c, (uint32_t)info.client_ctx, status);
	} else if (status != CO_STATUS_PENDING) {
		call->flags &= (uint8_t)~CALL_F_CLOSING;
	}
	return status;
}

/* ---- Life. ---- */

/* AF-11, AF-12: calls and VCs first, then SAPs, then the AFs. */
bool
caller_shut(struct caller *c)
{
	return cp_pool_n_used(&c->calls.pool) == 0 && client_links_shut(&c->links);
}

int
caller_create(struct co *co, const struct caller_config *config, const struct caller_ops *ops,
	void *arg, const struct cp_mem *mem, struct caller **out)
{
	struct caller *c = cp_mem_alloc(mem, sizeof(*c), config->name);
	int err = -ENOMEM;

	if (c == NULL)
		return -ENOMEM;
	c->co = c->links.co = co;
	c->calls.links = &c->links;
	c->ops = ops;
	c->arg = arg;
	c->mem = mem;
	if (cp_pool_init(
		    &c->calls.pool, config->n_calls, sizeof(struct call), mem, "client calls") != 0)
		goto free_c;
	if (cp_pool_init(
		    &c->params, config->n_dials, sizeof(struct co_call_params), mem, "dials") != 0)
		goto free_calls;
	err = -EIO;
	if (co_register_client(co, &client_ops, c, config->name, &c->protocol) != CO_STATUS_SUCCESS)
		goto free_params;
	*out = c;
	return 0;

free_params:
	cp_pool_fini(&c->params);
free_calls:
	cp_pool_fini(&c->calls.pool);
free_c:
	cp_mem_free(mem, c);
	return err;
}

void
caller_destroy(struct caller *c)
{
	if (c == NULL)
		return;
	cp_pool_fini(&c->params);
	cp_pool_fini(&c->calls.pool);
	cp_mem_free(c->mem, c);
}

co_protocol_t
caller_protocol(const struct caller *c)
{
	return c->protocol;
}

uint32_t
caller_n_calls(const struct caller *c)
{
	return cp_pool_n_used(&c->calls.pool);
}

uint32_t
caller_end(const struct caller *c, co_ctx_t client_ctx)
{
	const struct call *call = call_at(c, client_ctx);

	return call != NULL ? call->end : CALLER_NO_END;
}
