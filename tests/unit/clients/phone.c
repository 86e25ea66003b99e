/* SPDX-License-Identifier: BSD-3-Clause */
#include "phone.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct phone_call *
call_of(co_ctx_t vc_ctx)
{
	return (struct phone_call *)(uintptr_t)vc_ctx;
}

static struct phone_call *
new_call(struct phone *p, bool ours)
{
	struct phone_call *call = &p->calls[p->n_calls];

	assert_true(p->n_calls < PHONE_MAX_CALLS);
	p->n_calls++;
	call->phone = p;
	call->ours = ours;
	return call;
}

static void
delete_vc(struct phone_call *call)
{
	if (!call->ours)
		return;
	assert_int_equal(
		co_delete_vc(call->phone->co, call->phone->binding, call->vc), CO_STATUS_SUCCESS);
	call->vc = CO_NONE;
}

/* ---- Handlers. ---- */

static void
on_bound(void *arg, co_binding_t binding, co_adapter_t adapter)
{
	struct phone *p = arg;

	if (adapter == p->adapter)
		p->binding = binding;
}

static void
on_af_register_notify(void *arg, co_binding_t binding, enum co_af_type type)
{
	struct phone *p = arg;

	if (binding == p->binding)
		assert_int_equal(co_cl_open_address_family(p->co, binding, type, 0, &p->af),
			CO_STATUS_SUCCESS);
}

static void
on_open_af_complete(void *arg, co_ctx_t af_ctx, enum co_status status, co_af_t af)
{
	(void)arg;
	(void)af_ctx;
	(void)status;
	(void)af;
	fail_msg("opening never pends here");
}

static void
on_af_complete(void *arg, co_ctx_t ctx, enum co_status status)
{
	(void)arg;
	(void)ctx;
	(void)status;
	fail_msg("nothing about AFs and SAPs pends here");
}

static void
on_register_sap_complete(void *arg, co_ctx_t sap_ctx, enum co_status status, co_sap_t sap)
{
	(void)sap;
	on_af_complete(arg, sap_ctx, status);
}

static enum co_status
on_create_vc(void *arg, co_ctx_t af_ctx, co_vc_t vc, co_ctx_t *vc_ctx)
{
	struct phone_call *call = new_call(arg, false);

	(void)af_ctx;
	call->vc = vc;
	*vc_ctx = (uintptr_t)call;
	return CO_STATUS_SUCCESS;
}

static enum co_status
on_delete_vc(void *arg, co_ctx_t vc_ctx)
{
	(void)arg;
	call_of(vc_ctx)->vc = CO_NONE;
	return CO_STATUS_SUCCESS;
}

static void
on_make_call_complete(
	void *arg, co_ctx_t vc_ctx, enum co_status status, const struct co_call_params *params)
{
	struct phone_call *call = call_of(vc_ctx);

	(void)arg;
	call->n_made++;
	call->make_status = status;
	call->cause = params->cause;
	assert_true(came_take(&call->came, params));
	if (status != CO_STATUS_SUCCESS)
		delete_vc(call); /* MAKE-6 */
}

static void
on_close_call_complete(void *arg, co_ctx_t vc_ctx, co_ctx_t party_ctx, enum co_status status)
{
	struct phone_call *call = call_of(vc_ctx);

	(void)arg;
	(void)party_ctx;
	assert_int_equal(status, CO_STATUS_SUCCESS);
	call->n_closed++;
	delete_vc(call);
}

static enum co_status
on_incoming_call(void *arg, co_ctx_t sap_ctx, co_ctx_t vc_ctx, struct co_call_params *params)
{
	struct phone *p = arg;
	struct phone_call *call = call_of(vc_ctx);

	(void)sap_ctx;
	call->n_offered++;
	assert_true(came_take(&call->offered, params));
	params->cause = p->answer_cause;
	params->elements = p->answer_elements;
	params->elements_size = p->answer_elements_size;
	call->params = *params;
	return p->answer;
}

static void
on_call_connected(void *arg, co_ctx_t vc_ctx)
{
	(void)arg;
	call_of(vc_ctx)->n_connected++;
}

static void
on_incoming_close_call(void *arg, co_ctx_t vc_ctx, enum co_status reason, struct co_data data)
{
	struct phone_call *call = call_of(vc_ctx);

	(void)arg;
	(void)reason;
	call->n_incoming_close++;
	assert_true(told_take(&call->told, data));
	phone_close(call, NULL, 0);
}

static void
on_send_complete(void *arg, co_ctx_t vc_ctx, struct co_packet **pkts, uint32_t n)
{
	uint32_t i;

	(void)arg;
	(void)vc_ctx;
	for (i = 0; i < n; i++)
		assert_int_equal(pkts[i]->status, CO_STATUS_SUCCESS);
}

static void
on_receive(void *arg, co_ctx_t vc_ctx, struct co_packet **pkts, uint32_t n)
{
	struct phone *p = arg;
	struct phone_call *call = call_of(vc_ctx);
	const struct co_packet *last = pkts[n - 1];

	assert_true(last->len <= PHONE_MAX_FRAME);
	call->n_received += n;
	call->frame_size = last->len;
	memcpy(call->frame, last->data, last->len);
	if (!last->low_resources)
		co_return_receive(p->co, call->vc, pkts, n);
}

static void
on_modify_call_qos_complete(
	void *arg, co_ctx_t vc_ctx, enum co_status status, const struct co_call_params *params)
{
	struct phone_call *call = call_of(vc_ctx);

	(void)arg;
	(void)params;
	call->n_modified++;
	call->modify_status = status;
}

static enum co_status
on_incoming_call_qos_change(void *arg, co_ctx_t vc_ctx, const struct co_call_params *params)
{
	struct phone *p = arg;
	struct phone_call *call = call_of(vc_ctx);

	(void)params;
	call->n_proposed++;
	if (p->wants_confirmation)
		assert_int_equal(phone_oid(call, CO_OID_VC_WANT_CONFIRMATION), CO_STATUS_SUCCESS);
	return p->change_answer;
}

static enum co_status
on_oid_request(void *arg, co_ctx_t af_ctx, struct co_oid_request *request)
{
	struct phone_call *call = (struct phone_call *)(uintptr_t)request->vc_ctx;

	(void)arg;
	(void)af_ctx;
	if (request->oid == CO_OID_VC_NOTIFICATION) {
		call->n_notified++;
		call->notified = *(const struct co_notification *)request->buffer;
	}
	if (request->oid == CO_OID_VC_CONFIRMATION)
		call->n_confirmed++;
	return CO_STATUS_SUCCESS;
}

static const struct co_client_ops ops = {
	.bound = on_bound,
	.af_register_notify = on_af_register_notify,
	.open_af_complete = on_open_af_complete,
	.close_af_complete = on_af_complete,
	.register_sap_complete = on_register_sap_complete,
	.deregister_sap_complete = on_af_complete,
	.oid_request = on_oid_request,
	.create_vc = on_create_vc,
	.delete_vc = on_delete_vc,
	.make_call_complete = on_make_call_complete,
	.modify_call_qos_complete = on_modify_call_qos_complete,
	.incoming_call_qos_change = on_incoming_call_qos_change,
	.close_call_complete = on_close_call_complete,
	.incoming_call = on_incoming_call,
	.call_connected = on_call_connected,
	.incoming_close_call = on_incoming_close_call,
	.send_complete = on_send_complete,
	.receive = on_receive,
};

/* ---- What a test says. ---- */

void
phone_create(
	struct phone *phone, struct co *co, co_adapter_t adapter, const struct co_address *prefix)
{
	co_protocol_t protocol;

	*phone = (struct phone){ .co = co, .adapter = adapter };
	assert_int_equal(
		co_register_client(co, &ops, phone, "phone", &protocol), CO_STATUS_SUCCESS);
	assert_int_equal(
		co_cl_register_sap(co, phone->af, prefix, 0, &phone->sap), CO_STATUS_SUCCESS);
}

void
phone_hang_up(struct phone *phone)
{
	assert_int_equal(co_cl_deregister_sap(phone->co, phone->sap), CO_STATUS_SUCCESS);
	assert_int_equal(co_cl_close_address_family(phone->co, phone->af), CO_STATUS_SUCCESS);
}

struct phone_call *
phone_call(struct phone *phone, const struct co_address *to)
{
	struct phone_call *call = new_call(phone, true);

	call->params.called = *to;
	call->params.tx.peak_rate = 96000;
	call->params.rx.peak_rate = 48000;
	call->params.elements = phone->call_elements;
	call->params.elements_size = phone->call_elements_size;
	assert_int_equal(
		co_create_vc(phone->co, phone->binding, phone->af, (uintptr_t)call, &call->vc),
		CO_STATUS_SUCCESS);
	assert_int_equal(co_cl_make_call(phone->co, call->vc, &call->params), CO_STATUS_PENDING);
	return call;
}

void
phone_answer(struct phone_call *call, enum co_status status, uint8_t cause)
{
	call->params.cause = cause;
	assert_int_equal(
		co_cl_incoming_call_complete(call->phone->co, call->vc, status, &call->params),
		CO_STATUS_SUCCESS);
}

enum co_status
phone_tell(struct phone_call *call, const struct co_notification *what)
{
	struct co_notification n = *what;
	struct co_oid_request request = {
		.oid = CO_OID_VC_NOTIFICATION,
		.buffer = &n,
		.size = sizeof(n),
		.vc = call->vc,
	};

	return co_cl_oid_request(call->phone->co, call->phone->af, &request);
}

enum co_status
phone_oid(struct phone_call *call, enum co_oid oid)
{
	struct co_oid_request request = { .oid = oid, .vc = call->vc };

	return co_cl_oid_request(call->phone->co, call->phone->af, &request);
}

void
phone_modify(struct phone_call *call, uint64_t rate, uint32_t flags)
{
	call->asked = (struct co_call_params){
		.flags = flags,
		.tx = { .peak_rate = rate },
		.rx = { .peak_rate = rate },
	};
	assert_int_equal(
		co_cl_modify_call_qos(call->phone->co, call->vc, &call->asked), CO_STATUS_PENDING);
}

void
phone_answer_change(struct phone_call *call, enum co_status status)
{
	assert_int_equal(co_cl_incoming_call_qos_change_complete(call->phone->co, call->vc, status),
		CO_STATUS_SUCCESS);
}

void
phone_close(struct phone_call *call, const void *data, uint32_t size)
{
	struct co_data d = { size > 0 ? data : NULL, size };

	assert_int_equal(
		co_cl_close_call(call->phone->co, call->vc, CO_NONE, d), CO_STATUS_PENDING);
}

void
phone_send(struct phone_call *call, const void *frame, uint32_t size)
{
	struct phone *p = call->phone;
	struct phone_send *send = &p->sends[p->n_sends];
	struct co_packet *packet = &send->packet;

	assert_true(p->n_sends < PHONE_MAX_SENDS && size <= PHONE_MAX_FRAME);
	p->n_sends++;
	memcpy(send->frame, frame, size);
	*packet = (struct co_packet){ .data = send->frame, .len = size };
	co_send(p->co, call->vc, &packet, 1);
}

struct phone_call *
phone_last(struct phone *phone)
{
	return phone->n_calls > 0 ? &phone->calls[phone->n_calls - 1] : NULL;
}
