/* SPDX-License-Identifier: BSD-3-Clause */
#include "clients/transit.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "clients/link.h"

#define LEG_F_OURS 0x1u    /* the outgoing one: we created its VC */
#define LEG_F_OFFERED 0x2u /* the incoming one: not answered yet */
#define LEG_F_CLOSING 0x4u /* co_cl_close_call() was accepted */
#define LEG_F_JOB 0x8u     /* a job waits for the end of its close */

#define NO_ROUTE 3 /* cause: no route to destination */

#define RELAY_MAX 160 /* octets of close data passed from leg to leg */

struct relay {
	uint32_t size;
	uint8_t octets[RELAY_MAX];
};

/** Half a call. */
struct leg {
	struct client_vc vc;
	uint32_t other; /* the other leg; CP_HANDLE_NONE once it is on its own */
	uint32_t job;
	uint32_t params; /* outgoing: while make_call is pending */
	uint32_t relay;  /* close data under way, when there is more than a cause */
	uint8_t flags;   /* LEG_F_ */
	uint8_t cause;   /* close data that is just a cause */
};
static_assert(sizeof(struct leg) <= 32, "two legs in a cache line");

struct transit {
	struct co *co;
	const struct route_table *routes;
	const co_adapter_t *adapters;
	transit_closed_fn closed;
	void *arg;
	const struct cp_mem *mem;
	co_protocol_t protocol;
	struct client_vcs legs; /* struct leg */
	struct cp_pool params;
	struct cp_pool relays;
	struct client_links links;
};

static struct leg *
leg_at(const struct transit *t, co_ctx_t ctx)
{
	return cp_pool_at(&t->legs.pool, (uint32_t)ctx);
}

static void
leg_deleted(void *arg, uint32_t handle)
{
	struct transit *t = arg;

	cp_pool_put(&t->relays, leg_at(t, handle)->relay);
}

void
transit_turn(struct transit *t, uint32_t max)
{
	client_vcs_turn(&t->legs, max);
}

/* ---- Ends. ---- */

static void
close_done(struct transit *t, uint32_t handle, enum co_status status)
{
	struct leg *leg = leg_at(t, handle);
	uint32_t job = leg->job;
	bool waited = leg->flags & LEG_F_JOB;

	leg->flags &= (uint8_t) ~(LEG_F_CLOSING | LEG_F_JOB);
	if (status == CO_STATUS_SUCCESS && (leg->flags & LEG_F_OURS))
		client_vcs_delete(&t->legs, handle);
	if (waited)
		t->closed(t->arg, job, status);
}

/* @p data must outlive the close (ASYNC-10), so what is more than a cause is copied. */
static struct co_data
keep_data(struct transit *t, struct leg *leg, struct co_data data)
{
	struct relay *relay;

	if (data.size == 0)
		return data;
	leg->cause = data.octets[0];
	if (data.size > 1 && data.size <= RELAY_MAX) {
		if (leg->relay == CP_HANDLE_NONE)
			leg->relay = cp_pool_get(&t->relays);
		relay = cp_pool_at(&t->relays, leg->relay);
		if (relay != NULL) { /* else the cause alone is passed on */
			memcpy(relay->octets, data.octets, data.size);
			relay->size = data.size;
			return (struct co_data){ relay->octets, relay->size };
		}
	}
	return (struct co_data){ &leg->cause, 1 };
}

static enum co_status
close_leg(struct transit *t, uint32_t handle, struct co_data data)
{
	struct leg *leg = leg_at(t, handle);
	enum co_status status;

	if (leg->flags & LEG_F_CLOSING)
		return CO_STATUS_CLOSING;
	leg->flags |= LEG_F_CLOSING;
	status = co_cl_close_call(t->co, leg->vc.vc, CO_NONE, keep_data(t, leg, data));
	leg = leg_at(t, handle);
	if (status == CO_STATUS_SUCCESS)
		close_done(t, handle, status);
	else if (status != CO_STATUS_PENDING && leg != NULL)
		leg->flags &= (uint8_t)~LEG_F_CLOSING;
	return status;
}

/* An offer is not closed but answered. */
static void
refuse_offer(struct transit *t, struct leg *leg, struct co_data data)
{
	struct co_call_params answer = { .cause = data.size > 0 ? data.octets[0] : 0 };

	leg->flags &= (uint8_t)~LEG_F_OFFERED;
	co_cl_incoming_call_complete(t->co, leg->vc.vc, CO_STATUS_FAILURE, &answer);
}

/* One leg has ended: so must the other, however far it has come. */
static void
end_other(struct transit *t, uint32_t handle, struct co_data data)
{
	struct leg *leg = leg_at(t, handle), *other = leg_at(t, leg->other);
	uint32_t other_handle = leg->other;

	leg->other = CP_HANDLE_NONE;
	if (other == NULL)
		return;
	other->other = CP_HANDLE_NONE;
	if (other->flags & LEG_F_OFFERED)
		refuse_offer(t, other, data);
	else
		close_leg(t, other_handle, data);
}

/* ---- Handlers. ---- */

static void
on_bound(void *arg, co_binding_t binding, co_adapter_t adapter)
{
	client_links_bound(&((struct transit *)arg)->links, binding, adapter);
}

static void
on_af_register_notify(void *arg, co_binding_t binding, enum co_af_type type)
{
	client_links_notified(&((struct transit *)arg)->links, binding, type);
}

static void
on_open_af_complete(void *arg, co_ctx_t af_ctx, enum co_status status, co_af_t af)
{
	client_links_opened(&((struct transit *)arg)->links, af_ctx, status, af);
}

static void
on_close_af_complete(void *arg, co_ctx_t af_ctx, enum co_status status)
{
	client_links_closed(&((struct transit *)arg)->links, af_ctx, status);
}

static void
on_register_sap_complete(void *arg, co_ctx_t sap_ctx, enum co_status status, co_sap_t sap)
{
	(void)arg;
	(void)sap_ctx;
	(void)sap;
	if (status != CO_STATUS_SUCCESS)
		cp_log(CP_LOG_WARN, "a route could not be registered: %s", co_status_name(status));
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
	struct transit *t = arg;
	uint32_t handle = cp_pool_get(&t->legs.pool);
	struct leg *leg = leg_at(t, handle);

	if (leg == NULL)
		return CO_STATUS_RESOURCES;
	leg->vc.vc = vc;
	leg->vc.link = (uint16_t)af_ctx;
	*vc_ctx = handle;
	return CO_STATUS_SUCCESS;
}

static enum co_status
on_delete_vc(void *arg, co_ctx_t vc_ctx)
{
	struct transit *t = arg;
	struct leg *leg = leg_at(t, vc_ctx), *other;

	if (leg == NULL)
		return CO_STATUS_FAILURE;
	other = leg_at(t, leg->other);
	if (other != NULL)
		other->other = CP_HANDLE_NONE;
	leg_deleted(t, (uint32_t)vc_ctx);
	cp_pool_put(&t->legs.pool, (uint32_t)vc_ctx);
	return CO_STATUS_SUCCESS;
}

/* The outgoing call has been answered, or not. Returns the incoming VC that waits for it. */
static co_vc_t
settle(struct transit *t, uint32_t handle, enum co_status status)
{
	struct leg *out = leg_at(t, handle), *in = leg_at(t, out->other);
	co_vc_t in_vc = in != NULL ? in->vc.vc : CO_NONE;

	cp_pool_put(&t->params, out->params);
	out->params = CP_HANDLE_NONE;
	if (in != NULL)
		in->flags &= (uint8_t)~LEG_F_OFFERED;
	if (status == CO_STATUS_SUCCESS)
		return in_vc;
	out->other = CP_HANDLE_NONE;
	if (in != NULL)
		in->other = CP_HANDLE_NONE;
	if (!(out->flags & LEG_F_CLOSING)) /* else close_call_complete follows (RACE-5) */
		client_vcs_delete(&t->legs, handle);
	return in_vc;
}

static void
on_make_call_complete(
	void *arg, co_ctx_t vc_ctx, enum co_status status, const struct co_call_params *params)
{
	struct transit *t = arg;
	struct co_call_params answer = { .cause = params != NULL ? params->cause : 0 };
	co_vc_t in_vc;

	if (leg_at(t, vc_ctx) == NULL)
		return;
	in_vc = settle(t, (uint32_t)vc_ctx, status);
	if (in_vc != CO_NONE)
		co_cl_incoming_call_complete(t->co, in_vc, status, &answer);
}

static void
on_close_call_complete(void *arg, co_ctx_t vc_ctx, co_ctx_t party_ctx, enum co_status status)
{
	struct transit *t = arg;

	(void)party_ctx;
	if (leg_at(t, vc_ctx) != NULL)
		close_done(t, (uint32_t)vc_ctx, status);
}

static struct leg *
make_outgoing(struct transit *t, int link, uint32_t in_handle, const struct co_call_params *offer,
	uint32_t *handle)
{
	uint32_t params_handle = cp_pool_get(&t->params);
	struct co_call_params *params = cp_pool_at(&t->params, params_handle);
	struct leg *out;

	*handle = cp_pool_get(&t->legs.pool);
	out = leg_at(t, *handle);
	if (params == NULL || out == NULL)
		goto fail;
	*params = *offer;
	params->flags = 0;
	params->tx = offer->rx; /* what the caller sends us, we send on */
	params->rx = offer->tx;
	out->vc.link = (uint16_t)link;
	out->params = params_handle;
	out->other = in_handle;
	out->flags = LEG_F_OURS;
	if (co_create_vc(t->co, t->links.links[link].binding, t->links.links[link].af, *handle,
		    &out->vc.vc) == CO_STATUS_SUCCESS)
		return out;
fail:
	cp_pool_put(&t->legs.pool, *handle);
	cp_pool_put(&t->params, params_handle);
	return NULL;
}

static enum co_status
on_incoming_call(void *arg, co_ctx_t sap_ctx, co_ctx_t vc_ctx, struct co_call_params *params)
{
	struct transit *t = arg;
	struct leg *in = leg_at(t, vc_ctx), *out;
	struct co_call_params *making;
	int trunk = route_find(t->routes, &params->called);
	int link = trunk < 0 ? trunk : client_links_find(&t->links, t->adapters[trunk]);
	enum co_status status;
	uint32_t handle;

	(void)sap_ctx;
	if (in == NULL)
		return CO_STATUS_FAILURE;
	if (link < 0 || link == in->vc.link) { /* back where it came from would be a loop */
		params->cause = NO_ROUTE;
		return CO_STATUS_FAILURE;
	}
	out = make_outgoing(t, link, (uint32_t)vc_ctx, params, &handle);
	if (out == NULL)
		return CO_STATUS_RESOURCES;
	in->other = handle;
	in->flags |= LEG_F_OFFERED;
	making = cp_pool_at(&t->params, out->params);
	status = co_cl_make_call(t->co, out->vc.vc, making);
	if (status != CO_STATUS_PENDING) {
		params->cause = making->cause;
		settle(t, handle, status);
	}
	return status;
}

/* Both VCs are active now: the caller's is since we accepted it. */
static void
on_call_connected(void *arg, co_ctx_t vc_ctx)
{
	struct transit *t = arg;
	const struct leg *in = leg_at(t, vc_ctx);
	const struct leg *out = in != NULL ? leg_at(t, in->other) : NULL;
	struct co_data none = { NULL, 0 };
	uint32_t circuit;

	if (in == NULL)
		return;
	if (out == NULL) { /* the other side has ended meanwhile */
		close_leg(t, (uint32_t)vc_ctx, none);
		return;
	}
	if (co_oid_request(t->co, out->vc.vc, CO_OID_VC_CIRCUIT, &circuit, sizeof(circuit)) !=
			CO_STATUS_SUCCESS ||
		co_oid_request(t->co, in->vc.vc, CO_OID_VC_JOIN, &circuit, sizeof(circuit)) !=
			CO_STATUS_SUCCESS)
		cp_log(CP_LOG_WARN, "two VCs of a transit call could not be joined");
}

static void
on_incoming_close_call(void *arg, co_ctx_t vc_ctx, enum co_status reason, struct co_data data)
{
	struct transit *t = arg;
	struct co_data none = { NULL, 0 };
	struct leg *leg = leg_at(t, vc_ctx);

	(void)reason;
	if (leg == NULL)
		return;
	leg->flags &= (uint8_t)~LEG_F_OFFERED;
	end_other(t, (uint32_t)vc_ctx, data);
	close_leg(t, (uint32_t)vc_ctx, none);
}

static void
on_send_complete(void *arg, co_ctx_t vc_ctx, struct co_packet **pkts, uint32_t n)
{
	(void)arg;
	(void)vc_ctx;
	(void)pkts;
	(void)n; /* nothing is ever sent from here: frames go from wire to wire */
}

static void
on_receive(void *arg, co_ctx_t vc_ctx, struct co_packet **pkts, uint32_t n)
{
	struct transit *t = arg;
	const struct leg *leg = leg_at(t, vc_ctx);

	if (leg != NULL)
		co_return_receive(t->co, leg->vc.vc, pkts, n);
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

/* ---- Requests and life. ---- */

enum co_status
transit_register(struct transit *t, co_adapter_t adapter, const struct co_address *prefix)
{
	return client_links_register(&t->links, adapter, prefix);
}

enum co_status
transit_close(struct transit *t, co_vc_t vc, uint32_t job, struct co_data data)
{
	struct co_vc_info info;
	enum co_status status;
	struct leg *leg;
	uint32_t handle;

	if (co_vc_query(t->co, vc, &info) != CO_STATUS_SUCCESS || info.client != t->protocol)
		return CO_STATUS_FAILURE;
	handle = (uint32_t)info.client_ctx;
	leg = leg_at(t, handle);
	if (leg == NULL)
		return CO_STATUS_FAILURE;
	if (leg->flags & LEG_F_CLOSING)
		return CO_STATUS_CLOSING;
	if (leg->flags & LEG_F_OFFERED) {
		end_other(t, handle, data);
		refuse_offer(t, leg, data);
		t->closed(t->arg, job, CO_STATUS_SUCCESS);
		return CO_STATUS_SUCCESS;
	}
	leg->job = job;
	leg->flags |= LEG_F_JOB;
	end_other(t, handle, data);
	status = close_leg(t, handle, data);
	leg = leg_at(t, handle);
	if (status != CO_STATUS_PENDING && status != CO_STATUS_SUCCESS && leg != NULL)
		leg->flags &= (uint8_t)~LEG_F_JOB;
	return status;
}

bool
transit_shut(struct transit *t)
{
	return cp_pool_n_used(&t->legs.pool) == 0 && client_links_shut(&t->links);
}

int
transit_create(struct co *co, const struct transit_config *config, const struct route_table *routes,
	const co_adapter_t *adapters, transit_closed_fn closed, void *arg, const struct cp_mem *mem,
	struct transit **out)
{
	struct transit *t = cp_mem_alloc(mem, sizeof(*t), "transit");

	if (t == NULL)
		return -ENOMEM;
	t->co = t->links.co = co;
	t->legs.links = &t->links;
	t->legs.deleted = leg_deleted;
	t->legs.arg = t;
	t->routes = routes;
	t->adapters = adapters;
	t->closed = closed;
	t->arg = arg;
	t->mem = mem;
	if (cp_pool_init(&t->legs.pool, config->n_calls, sizeof(struct leg), mem, "legs") == 0 &&
		cp_pool_init(&t->params, config->n_making, sizeof(struct co_call_params), mem,
			"transit params") == 0 &&
		cp_pool_init(&t->relays, config->n_relays, sizeof(struct relay), mem, "relays") ==
			0 &&
		co_register_client(co, &client_ops, t, "transit", &t->protocol) ==
			CO_STATUS_SUCCESS) {
		*out = t;
		return 0;
	}
	transit_destroy(t);
	return -ENOMEM;
}

void
transit_destroy(struct transit *t)
{
	if (t == NULL)
		return;
	cp_pool_fini(&t->relays);
	cp_pool_fini(&t->params);
	cp_pool_fini(&t->legs.pool);
	cp_mem_free(t->mem, t);
}

co_protocol_t
transit_protocol(const struct transit *t)
{
	return t->protocol;
}

uint32_t
transit_n_calls(const struct transit *t)
{
	return cp_pool_n_used(&t->legs.pool);
}
