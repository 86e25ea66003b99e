/* SPDX-License-Identifier: BSD-3-Clause */
#include "clients/echo.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "clients/link.h"

#define MAC_SIZE 6u
#define HEADER_SIZE 14u /* of Ethernet: two addresses and a type */

#define CANCEL_ID 1u /* of all sends of a VC: they are cancelled together (SEND-7) */

#define CALL_F_UP 0x1u     /* connected: its frames are ours */
#define CALL_F_ENDING 0x2u /* it is closed when its sends are back */
#define CALL_F_JOB 0x4u    /* a job waits for that */

struct call {
	struct client_vc vc; /**< Its own: CALL_F_. */
	uint32_t job;
	uint32_t n_out; /**< Sends. */
	struct co_data data;
};

/** A frame on its way back, in the buffer that it came in. */
struct kept {
	struct co_packet packet;
	struct co_packet *received;
};

struct echo {
	struct client client; /**< First: what the broker knows it by. Its VCs: struct call. */
	struct echo_config config;
	const struct cp_mem *mem;
	struct cp_pool kept; /**< struct kept. */
	struct echo_counts counts;
	uint64_t n_deaf; /**< Calls whose frames could not be received. */
};
static_assert(offsetof(struct echo, client) == 0, "handlers take an echo for its client");

/* ---- Ends. ---- */

static void
report(struct echo *e, struct call *call, enum co_status status)
{
	bool waited = call->vc.own & CALL_F_JOB;

	call->vc.own &= (uint8_t)~CALL_F_JOB;
	if (waited)
		e->config.closed(e->config.arg, call->job, status);
}

static void
call_deleted(struct client *client, struct client_vc *vc)
{
	report((struct echo *)client, (struct call *)vc, CO_STATUS_SUCCESS);
}

/* The VC is the call manager's (CLOSE-24). What was refused is tried again. */
static void
close_done(struct echo *e, uint32_t handle, enum co_status status)
{
	struct call *call = client_at(&e->client, handle);

	if (call == NULL)
		return;
	status = client_vc_close_ended(&e->client, &call->vc, handle, status);
	if (status == CO_STATUS_PENDING)
		return;
	if (status == CO_STATUS_SUCCESS)
		report(e, call, status);
	else
		client_vc_again(&e->client, &call->vc, handle);
}

/* CLOSE-27, INCLOSE-18: not before the last send is back. */
static void
try_close(struct echo *e, uint32_t handle, struct call *call)
{
	enum co_status status;

	if (call->n_out > 0)
		return;
	status = client_vc_close(&e->client, &call->vc, handle, CO_NONE, call->data);
	if (status != CO_STATUS_PENDING && status != CO_STATUS_CLOSING)
		close_done(e, handle, status);
}

/* Sends that have not gone out come back at once, from inside this perhaps. */
static void
stop_sending(struct echo *e, struct call *call, struct co_data data)
{
	call->vc.own |= CALL_F_ENDING;
	call->data = data;
	if (call->n_out > 0)
		co_cancel_send(e->client.co, call->vc.vc, CANCEL_ID);
}

static void
end_call(struct client *client, struct client_vc *vc, uint32_t handle)
{
	struct echo *e = (struct echo *)client;
	struct call *call = (struct call *)vc;

	if (!(call->vc.own & CALL_F_ENDING))
		stop_sending(e, call, client_no_data);
	if (client_at(client, handle) != NULL)
		try_close(e, handle, call);
}

static const struct client_hooks hooks = { .end = end_call, .deleted = call_deleted };

static void
on_close_call_complete(void *arg, co_ctx_t vc_ctx, co_ctx_t party_ctx, enum co_status status)
{
	(void)party_ctx;
	close_done(arg, (uint32_t)vc_ctx, status);
}

/* INCLOSE-5 */
static void
on_incoming_close_call(void *arg, co_ctx_t vc_ctx, enum co_status reason, struct co_data data)
{
	struct echo *e = arg;
	struct client_vc *vc = client_at(&e->client, vc_ctx);

	(void)reason;
	(void)data;
	if (vc != NULL)
		end_call(&e->client, vc, (uint32_t)vc_ctx);
}

enum co_status
echo_close(struct echo *e, co_vc_t vc, uint32_t job, struct co_data data)
{
	uint32_t handle;
	struct call *call = client_find(&e->client, vc, &handle);
	enum co_status status;

	if (call == NULL)
		return CO_STATUS_FAILURE;
	if ((call->vc.own & CALL_F_ENDING) || (call->vc.flags & CLIENT_VC_F_CLOSING))
		return CO_STATUS_CLOSING;
	call->job = job;
	call->vc.own |= CALL_F_JOB;
	if (call->n_out > 0) {
		stop_sending(e, call, data);
		return CO_STATUS_PENDING;
	}
	call->vc.own |= CALL_F_ENDING;
	status = client_vc_close(&e->client, &call->vc, handle, CO_NONE, data);
	if (status == CO_STATUS_SUCCESS)
		close_done(e, handle, status);
	else if (status != CO_STATUS_PENDING)
		call->vc.own &= (uint8_t) ~(CALL_F_JOB | CALL_F_ENDING);
	return status;
}

/* ---- Calls. ---- */

/* Who calls an address that was registered for echoes wants one. */
static enum co_status
on_incoming_call(void *arg, co_ctx_t sap_ctx, co_ctx_t vc_ctx, struct co_call_params *params)
{
	struct echo *e = arg;
	struct call *call = client_at(&e->client, vc_ctx);

	(void)sap_ctx;
	(void)params;
	if (call == NULL)
		return CO_STATUS_FAILURE;
	if (!client_vc_may_take(&e->client, (uint32_t)vc_ctx))
		return CO_STATUS_CLOSING;
	call->vc.own = 0; /* the VC may have carried a call before (RACE-22) */
	return CO_STATUS_SUCCESS;
}

static void
on_call_connected(void *arg, co_ctx_t vc_ctx)
{
	struct echo *e = arg;
	struct call *call = client_at(&e->client, vc_ctx);
	enum co_status status;

	if (call == NULL)
		return;
	call->vc.own |= CALL_F_UP;
	status = co_oid_request(e->client.co, call->vc.vc, CO_OID_VC_LOCAL, NULL, 0);
	if (status == CO_STATUS_SUCCESS)
		return;
	if (cp_log_seldom(&e->n_deaf))
		cp_log(CP_LOG_WARN,
			"an echo cannot receive the frames of its call: %s; %llu so far",
			co_status_name(status), (unsigned long long)e->n_deaf);
	end_call(&e->client, &call->vc, (uint32_t)vc_ctx);
}

/* INQOS-2: what is sent back is what came. */
static enum co_status
on_incoming_call_qos_change(void *arg, co_ctx_t vc_ctx, const struct co_call_params *params)
{
	(void)arg;
	(void)vc_ctx;
	(void)params;
	return CO_STATUS_SUCCESS;
}

/* ---- Frames. ---- */

static void
swap_addresses(uint8_t *frame)
{
	uint8_t destination[MAC_SIZE];

	memcpy(destination, frame, MAC_SIZE);
	memcpy(frame, frame + MAC_SIZE, MAC_SIZE);
	memcpy(frame + MAC_SIZE, destination, MAC_SIZE);
}

/* False: it is dropped, and counted. */
static bool
send_back(struct echo *e, struct call *call, struct co_packet *received)
{
	uint32_t handle;
	struct co_packet *packet;
	struct kept *k;

	if ((call->vc.own & (CALL_F_UP | CALL_F_ENDING)) != CALL_F_UP) {
		e->counts.not_up++;
		return false;
	}
	if (received->len < HEADER_SIZE) {
		e->counts.too_short++;
		return false;
	}
	handle = cp_pool_get(&e->kept);
	k = cp_pool_at(&e->kept, handle);
	if (k == NULL) {
		e->counts.no_packet++;
		return false;
	}
	swap_addresses(received->data);
	k->received = received;
	packet = &k->packet;
	packet->data = received->data;
	packet->len = received->len;
	packet->cancel_id = CANCEL_ID;
	packet->owner = (void *)(uintptr_t)handle;
	call->n_out++;
	co_send(e->client.co, call->vc.vc, &packet, 1);
	return true;
}

/* Those of low resources are back when this returns (RECV-2); they come in runs of one kind. */
static void
on_receive(void *arg, co_ctx_t vc_ctx, struct co_packet **pkts, uint32_t n)
{
	struct echo *e = arg;
	struct call *call = client_at(&e->client, vc_ctx);
	uint32_t i;

	if (call == NULL)
		return;
	e->counts.received += n;
	if (pkts[0]->low_resources) {
		e->counts.low_resources += n;
		return;
	}
	for (i = 0; i < n; i++)
		if (!send_back(e, call, pkts[i]))
			co_return_receive(e->client.co, call->vc.vc, &pkts[i], 1);
}

static void
count_sent(struct echo *e, enum co_status status)
{
	if (status == CO_STATUS_SUCCESS)
		e->counts.returned++;
	else if (status == CO_STATUS_SEND_ABORTED)
		e->counts.cancelled++;
	else
		e->counts.failed++;
}

/* CLOSE-30: the buffer goes back whatever has become of the call. */
static void
on_send_complete(void *arg, co_ctx_t vc_ctx, struct co_packet **pkts, uint32_t n)
{
	struct echo *e = arg;
	struct call *call = client_at(&e->client, vc_ctx);
	uint32_t i, handle;
	struct kept *k;

	if (call == NULL)
		return;
	for (i = 0; i < n; i++) {
		handle = (uint32_t)(uintptr_t)pkts[i]->owner;
		k = cp_pool_at(&e->kept, handle);
		count_sent(e, pkts[i]->status);
		co_return_receive(e->client.co, call->vc.vc, &k->received, 1);
		cp_pool_put(&e->kept, handle);
	}
	call->n_out -= n;
	if (call->vc.own & CALL_F_ENDING)
		try_close(e, (uint32_t)vc_ctx, call);
}

/* It makes no calls of its own. */
static void
on_make_call_complete(
	void *arg, co_ctx_t vc_ctx, enum co_status status, const struct co_call_params *params)
{
	(void)arg;
	(void)vc_ctx;
	(void)status;
	(void)params;
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
	.create_vc = client_on_create_vc,
	.delete_vc = client_on_delete_vc,
	.make_call_complete = on_make_call_complete,
	.incoming_call_qos_change = on_incoming_call_qos_change,
	.close_call_complete = on_close_call_complete,
	.incoming_call = on_incoming_call,
	.call_connected = on_call_connected,
	.incoming_close_call = on_incoming_close_call,
	.send_complete = on_send_complete,
	.receive = on_receive,
};

/* ---- Life. ---- */

enum co_status
echo_register(struct echo *e, co_adapter_t adapter, const struct co_address *address)
{
	return client_register(&e->client, adapter, address);
}

void
echo_deregister(struct echo *e, co_adapter_t adapter, const struct co_address *address)
{
	client_deregister(&e->client, adapter, address);
}

bool
echo_shut(struct echo *e)
{
	return client_shut(&e->client);
}

void
echo_turn(struct echo *e, uint32_t max)
{
	client_turn(&e->client, max);
}

static int
init(struct echo *e, struct co *co)
{
	int err;

	err = client_init(
		&e->client, co, "echo", &hooks, e->config.n_calls, sizeof(struct call), e->mem);
	if (err != 0)
		return err;
	if (cp_pool_init(&e->kept, e->config.n_packets, sizeof(struct kept), e->mem, "echoes") != 0)
		return -ENOMEM;
	return client_start(&e->client, &client_ops);
}

int
echo_create(struct co *co, const struct echo_config *config, const struct cp_mem *mem,
	struct echo **out)
{
	struct echo *e = cp_mem_alloc(mem, sizeof(*e), "echo");
	int err;

	if (e == NULL)
		return -ENOMEM;
	e->config = *config;
	e->mem = mem;
	err = init(e, co);
	if (err != 0) {
		echo_destroy(e);
		return err;
	}
	*out = e;
	return 0;
}

void
echo_destroy(struct echo *e)
{
	if (e == NULL)
		return;
	cp_pool_fini(&e->kept);
	client_fini(&e->client);
	cp_mem_free(e->mem, e);
}

co_protocol_t
echo_protocol(const struct echo *e)
{
	return e->client.protocol;
}

uint32_t
echo_n_calls(const struct echo *e)
{
	return cp_pool_n_used(&e->client.vcs);
}

void
echo_counts(const struct echo *e, struct echo_counts *out)
{
	*out = e->counts;
	out->n_kept = cp_pool_n_used(&e->kept);
}
