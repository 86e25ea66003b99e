/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A client: it dials at one end of a line (line.h), answers at the other, sends a packet, closes.
 *   cc client.c line.c $(pkg-config --cflags --libs callplane) -o client && ./client
 */
#include <stdio.h>
#include <stdlib.h>

#include "line.h"

static struct co *co;
static co_binding_t dialling;
static co_af_t af_dialling;
static co_vc_t vc;
static bool is_over;

static void
expect(enum co_status status, enum co_status wanted, const char *what)
{
	printf("%s: %s\n", what, co_status_name(status));
	if (status != wanted)
		exit(EXIT_FAILURE);
}

static void
bound(void *client, co_binding_t binding, co_adapter_t adapter)
{
	if (adapter == line_ends[0])
		dialling = binding;
}

/* There is a call manager. Who wants to be called registers an address; here it is all of them. */
static void
af_register_notify(void *client, co_binding_t binding, enum co_af_type type)
{
	static const struct co_address anybody = { .type = CO_ADDRESS_E164, .prefix = true };
	co_af_t af = CO_NONE;
	co_sap_t sap = CO_NONE;

	expect(co_cl_open_address_family(co, binding, type, 0, &af), CO_STATUS_SUCCESS, "open");
	if (binding == dialling)
		af_dialling = af;
	else
		expect(co_cl_register_sap(co, af, &anybody, 0, &sap), CO_STATUS_SUCCESS, "listen");
}

/* Whose context is 0 is the VC that dials; that of the answering one is made for us. */
static enum co_status
create_vc(void *client, co_ctx_t af_ctx, co_vc_t answering, co_ctx_t *vc_ctx)
{
	*vc_ctx = answering;
	return CO_STATUS_SUCCESS;
}

static enum co_status
incoming_call(void *client, co_ctx_t sap, co_ctx_t vc_ctx, struct co_call_params *params)
{
	return CO_STATUS_SUCCESS;
}

static void
make_call_complete(void *c, co_ctx_t ctx, enum co_status status, const struct co_call_params *p)
{
	static struct co_packet hello = { .data = (uint8_t *)"hello", .len = 5 };
	struct co_packet *packets[] = { &hello };

	expect(status, CO_STATUS_SUCCESS, "made");
	co_send(co, vc, packets, 1);
}

/* A packet is lent to us, and goes back; then the end that dialled has had enough. */
static void
receive(void *client, co_ctx_t vc_ctx, struct co_packet **packets, uint32_t n)
{
	printf("received: %.*s\n", (int)packets[0]->len, (const char *)packets[0]->data);
	co_return_receive(co, (co_vc_t)vc_ctx, packets, n);
	expect(co_cl_close_call(co, vc, CO_NONE, (struct co_data){ 0 }), CO_STATUS_PENDING,
		"close");
}

static void
incoming_close_call(void *client, co_ctx_t vc_ctx, enum co_status reason, struct co_data data)
{
	co_cl_close_call(co, (co_vc_t)vc_ctx, CO_NONE, (struct co_data){ 0 });
}

/* Over on the wire, and in the miniport. Who made the VC may use it again, or deletes it. */
static void
close_call_complete(void *client, co_ctx_t vc_ctx, co_ctx_t party_ctx, enum co_status status)
{
	expect(status, CO_STATUS_SUCCESS, "closed");
	if (vc_ctx != 0)
		return;
	expect(co_delete_vc(co, dialling, vc), CO_STATUS_SUCCESS, "delete");
	is_over = true;
}

/* What pends with other call managers, or needs no answer. */
static void
opened(void *client, co_ctx_t ctx, enum co_status status, uint32_t handle)
{
	expect(status, CO_STATUS_SUCCESS, "opened");
}

static void
shut(void *client, co_ctx_t ctx, enum co_status status)
{
	expect(status, CO_STATUS_SUCCESS, "shut");
}

static enum co_status
delete_vc(void *client, co_ctx_t vc_ctx)
{
	return CO_STATUS_SUCCESS;
}

static void
call_connected(void *client, co_ctx_t vc_ctx)
{
}

static void
send_complete(void *client, co_ctx_t vc_ctx, struct co_packet **packets, uint32_t n)
{
}

static const struct co_client_ops ops = { bound, af_register_notify, opened, shut, opened, shut,
	.create_vc = create_vc, .delete_vc = delete_vc, .make_call_complete = make_call_complete,
	.close_call_complete = close_call_complete, .incoming_call = incoming_call,
	.call_connected = call_connected, .incoming_close_call = incoming_close_call,
	.send_complete = send_complete, .receive = receive };

int
main(void)
{
	static struct co_call_params params = { /* the broker's until the call is made */
		.called = { CO_ADDRESS_E164, 4, .octets = "4920" },
		.calling = { CO_ADDRESS_E164, 4, .octets = "4910" }
	};
	co_protocol_t us;

	co = co_create(&(struct co_limits){ .n_vcs = 64 }, NULL);
	line_create(co);
	expect(co_register_client(co, &ops, NULL, "us", &us), CO_STATUS_SUCCESS, "register");
	while (!line_is_up())
		line_turn();
	expect(co_create_vc(co, dialling, af_dialling, 0, &vc), CO_STATUS_SUCCESS, "create");
	expect(co_cl_make_call(co, vc, &params), CO_STATUS_PENDING, "make");
	while (!is_over)
		line_turn();
	return EXIT_SUCCESS;
}
