/* SPDX-License-Identifier: BSD-3-Clause */
#include "clients/transit.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "clients/link.h"

#define LEG_F_OFFERED 0x1u  /* the incoming one: not answered yet */
#define LEG_F_JOB 0x2u      /* a job waits for the end of its close */
#define LEG_F_MUST_END 0x4u /* its call is over: its close is never given up */
#define LEG_F_RELAY 0x8u    /* its close data is in a struct relay */

#define NO_ROUTE 3              /* cause: no route to destination */
#define NETWORK_OUT_OF_ORDER 38 /* cause */

#define DATA_CODED 0x80u /* in octet 1 of close data: elements follow */

#define DEFAULT_N_CHANGES 64u
#define RELAY_MAX 240 /* octets of close data passed from leg to leg */

struct relay {
	uint8_t octets[RELAY_MAX];
};

/** Half a call. */
struct leg {
	struct client_vc vc; /**< Its own: LEG_F_. */
	uint32_t other;      /* the other leg; CP_HANDLE_NONE once it is on its own */
	uint32_t job;
	uint32_t params; /* outgoing: while make_call or modify_call_qos is pending */
	/* Close data under way: room for a cause with its location as coded, or a handle. */
	union {
		uint8_t data[8];
		uint32_t relay;
	};
};
static_assert(sizeof(struct leg) <= 32, "two legs in a cache line");

struct transit {
	struct client client; /**< First: what the broker knows it by. Its VCs: struct leg. */
	const struct route_table *routes;
	const co_adapter_t *adapters;
	transit_closed_fn closed;
	void *arg;
	const struct cp_mem *mem;
	struct cp_pool params; /**< struct co_call_params. */
	struct cp_pool relays; /**< struct relay. */
	uint64_t n_unjoined;   /**< Calls whose two VCs could not be joined. */
};
static_assert(offsetof(struct transit, client) == 0, "handlers take a transit for its client");

static struct leg *
leg_at(const struct transit *t, co_ctx_t ctx)
{
	return client_at(&t->client, ctx);
}

static void
free_params(struct transit *t, struct leg *leg)
{
	cp_pool_put(&t->params, leg->params);
	leg->params = CP_HANDLE_NONE;
}

static void
put_relay(struct transit *t, struct leg *leg)
{
	if (leg->vc.own & LEG_F_RELAY)
		cp_pool_put(&t->relays, leg->relay);
	leg->vc.own &= (uint8_t)~LEG_F_RELAY;
}

static void
leg_deleted(struct client *client, struct client_vc *vc)
{
	struct transit *t = (struct transit *)client;
	struct leg *leg = (struct leg *)vc, *other = leg_at(t, leg->other);

	if (other != NULL)
		other->other = CP_HANDLE_NONE;
	free_params(t, leg);
	put_relay(t, leg);
	if (leg->vc.own & LEG_F_JOB)
		t->closed(t->arg, leg->job, CO_STATUS_SUCCESS);
}

/* ---- Ends. ---- */

static void
close_done(struct transit *t, uint32_t handle, enum co_status status)
{
	struct leg *leg = leg_at(t, handle);
	uint32_t job;
	bool waited;

	if (leg == NULL)
		return;
	status = client_vc_close_ended(&t->client, &leg->vc, handle, status);
	if (status == CO_STATUS_PENDING)
		return;
	job = leg->job;
	waited = leg->vc.own & LEG_F_JOB;
	leg->vc.own &= (uint8_t)~LEG_F_JOB;
	if (status == CO_STATUS_SUCCESS && (leg->vc.flags & CLIENT_VC_F_OURS))
		client_vc_delete(&t->client, &leg->vc, handle);
	else if (status != CO_STATUS_SUCCESS && (leg->vc.own & LEG_F_MUST_END))
		client_vc_again(&t->client, &leg->vc, handle);
	if (waited)
		t->closed(t->arg, job, status);
}

static uint8_t
cause_of(struct co_data data)
{
	return data.size > 0 ? data.octets[0] & 0x7f : 0;
}

/* @p data must outlive the close (ASYNC-10), so it is copied; NULL: there is no room. */
static uint8_t *
room_for(struct transit *t, struct leg *leg, uint32_t size)
{
	struct relay *relay;
	uint32_t handle;

	put_relay(t, leg);
	if (size <= sizeof(leg->data))
		return leg->data;
	handle = size <= RELAY_MAX ? cp_pool_get(&t->relays) : CP_HANDLE_NONE;
	relay = cp_pool_at(&t->relays, handle);
	if (relay == NULL)
		return NULL;
	leg->relay = handle;
	leg->vc.own |= LEG_F_RELAY;
	return relay->octets;
}

static struct co_data
keep_data(struct transit *t, struct leg *leg, struct co_data data)
{
	uint8_t *room;

	if (data.size == 0)
		return data;
	room = room_for(t, leg, data.size);
	if (room == NULL) { /* the cause alone is passed on */
		t->client.n_without_data++;
		leg->data[0] = cause_of(data);
		return (struct co_data){ leg->data, 1 };
	}
	memcpy(room, data.octets, data.size);
	return (struct co_data){ room, data.size };
}

static enum co_status
close_leg(struct transit *t, uint32_t handle, struct co_data data)
{
	struct leg *leg = leg_at(t, handle);
	enum co_status status;

	if (leg->vc.flags & CLIENT_VC_F_CLOSING)
		return CO_STATUS_CLOSING;
	leg->vc.own |= LEG_F_MUST_END;
	status = client_vc_close(&t->client, &leg->vc, handle, CO_NONE, keep_data(t, leg, data));
	if (status != CO_STATUS_PENDING && status != CO_STATUS_CLOSING)
		close_done(t, handle, status);
	return status;
}

/* An offer is not closed but answered. */
static void
refuse_offer(struct transit *t, struct leg *leg, struct co_data data)
{
	struct co_call_params answer = { .cause = cause_of(data) };

	if (data.size > 1 && (data.octets[0] & DATA_CODED)) {
		answer.elements = data.octets + 1;
		answer.elements_size = data.size - 1;
	}
	leg->vc.own &= (uint8_t)~LEG_F_OFFERED;
	co_cl_incoming_call_complete(t->client.co, leg->vc.vc, CO_STATUS_FAILURE, &answer);
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
	if (other->vc.own & LEG_F_OFFERED)
		refuse_offer(t, other, data);
	else
		close_leg(t, other_handle, data);
}

/* The link of the leg is being left, or it could not be closed before. */
static void
end_leg(struct client *client, struct client_vc *vc, uint32_t handle)
{
	struct transit *t = (struct transit *)client;
	struct leg *leg = (struct leg *)vc;

	end_other(t, handle, client_no_data);
	if (leg->vc.own & LEG_F_OFFERED)
		refuse_offer(t, leg, client_no_data);
	else
		close_leg(t, handle, client_no_data);
}

static const struct client_hooks hooks = { .end = end_leg, .deleted = leg_deleted };

/* ---- Handlers. ---- */

/* The outgoing call has been answered, or not. Returns the incoming VC that waits for it. */
static co_vc_t
settle(struct transit *t, uint32_t handle, enum co_status status)
{
	struct leg *out = leg_at(t, handle), *in = leg_at(t, out->other);
	co_vc_t in_vc = in != NULL ? in->vc.vc : CO_NONE;

	free_params(t, out);
	if (in != NULL)
		in->vc.own &= (uint8_t)~LEG_F_OFFERED;
	if (status == CO_STATUS_SUCCESS)
		return in_vc;
	out->other = CP_HANDLE_NONE;
	if (in != NULL)
		in->other = CP_HANDLE_NONE;
	if (!(out->vc.flags & CLIENT_VC_F_CLOSING)) /* else close_call_complete follows (RACE-5) */
		client_vc_delete(&t->client, &out->vc, handle);
	return in_vc;
}

static void
on_make_call_complete(
	void *arg, co_ctx_t vc_ctx, enum co_status status, const struct co_call_params *params)
{
	struct transit *t = arg;
	struct co_call_params answer = { 0 };
	co_vc_t in_vc;

	if (leg_at(t, vc_ctx) == NULL)
		return;
	if (params != NULL) { /* what has come with the answer, or the refusal, goes on (SIG-39) */
		answer.cause = params->cause;
		answer.elements = params->elements;
		answer.elements_size = params->elements_size;
	}
	in_vc = settle(t, (uint32_t)vc_ctx, status);
	if (in_vc != CO_NONE)
		co_cl_incoming_call_complete(t->client.co, in_vc, status, &answer);
}

static void
on_close_call_complete(void *arg, co_ctx_t vc_ctx, co_ctx_t party_ctx, enum co_status status)
{
	struct transit *t = arg;

	(void)party_ctx;
	close_done(t, (uint32_t)vc_ctx, status);
}

/* The offer, as it goes on; what the caller sends us, we send on. */
static void
turn_round(struct co_call_params *params, const struct co_call_params *offer)
{
	*params = *offer;
	params->flags = 0;
	params->tx = offer->rx;
	params->rx = offer->tx;
}

static struct leg *
make_outgoing(struct transit *t, int link, uint32_t in_handle, const struct co_call_params *offer,
	uint32_t *handle)
{
	uint32_t params_handle = cp_pool_get(&t->params);
	struct co_call_params *params = cp_pool_at(&t->params, params_handle);
	struct leg *out;

	if (params == NULL)
		return NULL;
	turn_round(params, offer);
	*handle = client_vc_new(&t->client, link);
	out = leg_at(t, *handle);
	if (out == NULL) {
		cp_pool_put(&t->params, params_handle);
		return NULL;
	}
	out->params = params_handle;
	if (client_vc_create(&t->client, *handle) != CO_STATUS_SUCCESS)
		return NULL;
	out->other = in_handle;
	return out;
}

/* The link that the call goes on by; else its cause. Back where it came from would be a loop. */
static int
next_link(const struct transit *t, const struct leg *in, struct co_call_params *params)
{
	int trunk = route_find(t->routes, &params->called);
	int link = trunk < 0 ? trunk : client_link_to_dial(&t->client, t->adapters[trunk]);

	if (link == in->vc.link)
		link = -ELOOP;
	if (link < 0)
		params->cause = link == -ENETDOWN ? NETWORK_OUT_OF_ORDER : NO_ROUTE;
	return link;
}

static enum co_status
on_incoming_call(void *arg, co_ctx_t sap_ctx, co_ctx_t vc_ctx, struct co_call_params *params)
{
	struct transit *t = arg;
	struct leg *in = leg_at(t, vc_ctx), *out;
	struct co_call_params *making;
	enum co_status status;
	uint32_t handle;
	int link;

	(void)sap_ctx;
	if (in == NULL)
		return CO_STATUS_FAILURE;
	if (!client_vc_may_take(&t->client, (uint32_t)vc_ctx))
		return CO_STATUS_CLOSING;
	link = next_link(t, in, params);
	if (link < 0)
		return CO_STATUS_FAILURE;
	out = make_outgoing(t, link, (uint32_t)vc_ctx, params, &handle);
	if (out == NULL)
		return CO_STATUS_RESOURCES;
	in->other = handle;
	put_relay(t, in);
	in->vc.own = LEG_F_OFFERED; /* all else anew: the VC may have carried a call (RACE-22) */
	making = cp_pool_at(&t->params, out->params);
	status = co_cl_make_call(t->client.co, out->vc.vc, making);
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
	uint32_t circuit;

	if (in == NULL)
		return;
	if (out == NULL) { /* the other side has ended meanwhile */
		close_leg(t, (uint32_t)vc_ctx, client_no_data);
		return;
	}
	if ((co_oid_request(t->client.co, out->vc.vc, CO_OID_VC_CIRCUIT, &circuit,
		     sizeof(circuit)) != CO_STATUS_SUCCESS ||
		    co_oid_request(t->client.co, in->vc.vc, CO_OID_VC_JOIN, &circuit,
			    sizeof(circuit)) != CO_STATUS_SUCCESS) &&
		cp_log_seldom(&t->n_unjoined))
		cp_log(CP_LOG_WARN, "two VCs of a transit call could not be joined; %llu so far",
			(unsigned long long)t->n_unjoined);
}

static void
on_incoming_close_call(void *arg, co_ctx_t vc_ctx, enum co_status reason, struct co_data data)
{
	struct transit *t = arg;
	struct leg *leg = leg_at(t, vc_ctx);

	(void)reason;
	if (leg == NULL)
		return;
	leg->vc.own &= (uint8_t)~LEG_F_OFFERED;
	end_other(t, (uint32_t)vc_ctx, data);
	close_leg(t, (uint32_t)vc_ctx, client_no_data);
}

/* ---- Changes of rates: contract 4.13, 4.12. ---- */

static enum co_status
ask_callmgr(const struct transit *t, const struct leg *leg, struct co_oid_request *request)
{
	request->vc = leg->vc.vc;
	return co_cl_oid_request(t->client.co, t->client.links[leg->vc.link].af, request);
}

/*
 * SIG-114: the other side waits for a confirmation, so we want one of the caller, which is passed
 * on when it comes (on_oid_request()). Where none will come there is nothing to wait for.
 */
static void
want_confirmation(const struct transit *t, const struct leg *in, const struct leg *out)
{
	struct co_oid_request want = { .oid = CO_OID_VC_WANT_CONFIRMATION };
	struct co_oid_request give = { .oid = CO_OID_VC_CONFIRMATION };

	if (in == NULL || ask_callmgr(t, in, &want) != CO_STATUS_SUCCESS)
		ask_callmgr(t, out, &give);
}

/*
 * What the caller proposes is asked of the other side, which answers in the caller's stead
 * (INQOS-4, SIG-114). Either leg may close meanwhile: then the answer is void.
 */
static enum co_status
on_incoming_call_qos_change(void *arg, co_ctx_t vc_ctx, const struct co_call_params *params)
{
	struct transit *t = arg;
	const struct leg *in = leg_at(t, vc_ctx);
	struct leg *out = in != NULL ? leg_at(t, in->other) : NULL;
	struct co_call_params *asked;
	enum co_status status;
	uint32_t handle;

	if (out == NULL || !(out->vc.flags & CLIENT_VC_F_OURS) || out->params != CP_HANDLE_NONE)
		return CO_STATUS_NOT_ACCEPTED;
	handle = cp_pool_get(&t->params);
	asked = cp_pool_at(&t->params, handle);
	if (asked == NULL)
		return CO_STATUS_RESOURCES;
	turn_round(asked, params);
	asked->flags = CO_CALL_F_CONFIRM;
	out->params = handle;
	status = co_cl_modify_call_qos(t->client.co, out->vc.vc, asked);
	if (status == CO_STATUS_PENDING)
		return status;
	if (status == CO_STATUS_SUCCESS && (asked->flags & CO_CALL_F_CONFIRM))
		want_confirmation(t, in, out);
	free_params(t, out);
	return status;
}

static void
on_modify_call_qos_complete(
	void *arg, co_ctx_t vc_ctx, enum co_status status, const struct co_call_params *params)
{
	struct transit *t = arg;
	struct leg *out = leg_at(t, vc_ctx), *in;
	bool confirm = status == CO_STATUS_SUCCESS && (params->flags & CO_CALL_F_CONFIRM);

	if (out == NULL)
		return;
	free_params(t, out);
	in = leg_at(t, out->other);
	if (confirm)
		want_confirmation(t, in, out);
	if (in != NULL)
		co_cl_incoming_call_qos_change_complete(t->client.co, in->vc.vc, status);
}

/* SIG-71, SIG-114: what one side tells, or confirms, is told to the other. */
static enum co_status
on_oid_request(void *arg, co_ctx_t af_ctx, struct co_oid_request *request)
{
	struct transit *t = arg;
	struct co_oid_request relayed = {
		.oid = request->oid,
		.buffer = request->buffer,
		.size = request->size,
	};
	const struct leg *leg, *other;

	if (request->oid != CO_OID_VC_NOTIFICATION && request->oid != CO_OID_VC_CONFIRMATION)
		return client_on_oid_request(arg, af_ctx, request);
	leg = leg_at(t, request->vc_ctx);
	other = leg != NULL ? leg_at(t, leg->other) : NULL;
	if (other == NULL)
		return CO_STATUS_NOT_ACCEPTED;
	return ask_callmgr(t, other, &relayed);
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
	.oid_request = on_oid_request,
	.create_vc = client_on_create_vc,
	.delete_vc = client_on_delete_vc,
	.make_call_complete = on_make_call_complete,
	.modify_call_qos_complete = on_modify_call_qos_complete,
	.incoming_call_qos_change = on_incoming_call_qos_change,
	.close_call_complete = on_close_call_complete,
	.incoming_call = on_incoming_call,
	.call_connected = on_call_connected,
	.incoming_close_call = on_incoming_close_call,
	.send_complete = client_on_send_complete,
	.receive = client_on_receive,
};

/* ---- Requests and life. ---- */

enum co_status
transit_register(struct transit *t, co_adapter_t adapter, const struct co_address *prefix)
{
	return client_register(&t->client, adapter, prefix);
}

void
transit_deregister(struct transit *t, co_adapter_t adapter, const struct co_address *prefix)
{
	client_deregister(&t->client, adapter, prefix);
}

enum co_status
transit_close(struct transit *t, co_vc_t vc, uint32_t job, struct co_data data)
{
	uint32_t handle;
	struct leg *leg = client_find(&t->client, vc, &handle);
	enum co_status status;

	if (leg == NULL)
		return CO_STATUS_FAILURE;
	if (leg->vc.flags & CLIENT_VC_F_CLOSING)
		return CO_STATUS_CLOSING;
	end_other(t, handle, data);
	if (leg->vc.own & LEG_F_OFFERED) {
		refuse_offer(t, leg, data);
		t->closed(t->arg, job, CO_STATUS_SUCCESS);
		return CO_STATUS_SUCCESS;
	}
	leg->job = job;
	leg->vc.own |= LEG_F_JOB;
	status = client_vc_close(&t->client, &leg->vc, handle, CO_NONE, keep_data(t, leg, data));
	if (status == CO_STATUS_SUCCESS) {
		close_done(t, handle, status);
	} else if (status != CO_STATUS_PENDING) { /* half a call: it is closed all the same */
		leg->vc.own &= (uint8_t)~LEG_F_JOB;
		leg->vc.own |= LEG_F_MUST_END;
		client_vc_again(&t->client, &leg->vc, handle);
	}
	return status;
}

void
transit_turn(struct transit *t, uint32_t max)
{
	client_turn(&t->client, max);
}

bool
transit_shut(struct transit *t)
{
	return client_shut(&t->client);
}

static int
init(struct transit *t, struct co *co, const struct transit_config *config)
{
	uint32_t n_changes = config->n_changes != 0 ? config->n_changes : DEFAULT_N_CHANGES;
	int err;

	err = client_init(
		&t->client, co, "transit", &hooks, config->n_calls, sizeof(struct leg), t->mem);
	if (err != 0)
		return err;
	if (cp_pool_init(&t->params, config->n_making + n_changes, sizeof(struct co_call_params),
		    t->mem, "transit params") != 0 ||
		cp_pool_init(
			&t->relays, config->n_relays, sizeof(struct relay), t->mem, "relays") != 0)
		return -ENOMEM;
	return client_start(&t->client, &client_ops);
}

int
transit_create(struct co *co, const struct transit_config *config, const struct route_table *routes,
	const co_adapter_t *adapters, transit_closed_fn closed, void *arg, const struct cp_mem *mem,
	struct transit **out)
{
	struct transit *t = cp_mem_alloc(mem, sizeof(*t), "transit");
	int err;

	if (t == NULL)
		return -ENOMEM;
	t->routes = routes;
	t->adapters = adapters;
	t->closed = closed;
	t->arg = arg;
	t->mem = mem;
	err = init(t, co, config);
	if (err != 0) {
		transit_destroy(t);
		return err;
	}
	*out = t;
	return 0;
}

void
transit_destroy(struct transit *t)
{
	if (t == NULL)
		return;
	cp_pool_fini(&t->relays);
	cp_pool_fini(&t->params);
	client_fini(&t->client);
	cp_mem_free(t->mem, t);
}

co_protocol_t
transit_protocol(const struct transit *t)
{
	return t->client.protocol;
}

uint32_t
transit_n_calls(const struct transit *t)
{
	return cp_pool_n_used(&t->client.vcs);
}

uint64_t
transit_n_without_data(const struct transit *t)
{
	return t->client.n_without_data;
}
