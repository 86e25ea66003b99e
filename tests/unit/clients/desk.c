/* SPDX-License-Identifier: BSD-3-Clause */
#include "desk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct co_data no_data = { NULL, 0 };

/* Of the VC that offers are made on; the others are known by the broker's handles. */
#define OFFERED_CTX UINT64_MAX

static co_vc_t
vc_of(const struct desk *d, co_ctx_t vc_ctx)
{
	return vc_ctx == OFFERED_CTX ? d->offered : (co_vc_t)vc_ctx;
}

static enum co_status
answer(struct desk *d, enum desk_op op)
{
	d->n[op]++;
	if (d->n_refuse[op] == 0)
		return d->answers[op];
	d->n_refuse[op]--;
	return CO_STATUS_NOT_ACCEPTED;
}

static void
activate(struct desk *d, co_vc_t vc)
{
	struct co_media_params media = { .flags = CO_MEDIA_F_TRANSMIT | CO_MEDIA_F_RECEIVE };

	assert_int_equal(co_mcm_activate_vc(d->co, vc, &media), CO_STATUS_SUCCESS);
}

/* ---- Handlers. ---- */

static enum co_status
on_open_af(void *arg, co_af_t af, enum co_af_type type, co_ctx_t *af_ctx)
{
	struct desk *d = arg;

	(void)type;
	d->af = af;
	*af_ctx = af;
	return answer(d, DESK_OPEN_AF);
}

static enum co_status
on_close_af(void *arg, co_ctx_t af_ctx)
{
	(void)af_ctx;
	return answer(arg, DESK_CLOSE_AF);
}

static enum co_status
on_register_sap(void *arg, co_ctx_t af_ctx, co_sap_t sap, const struct co_address *address,
	co_ctx_t *sap_ctx)
{
	struct desk *d = arg;

	(void)af_ctx;
	(void)address;
	d->sap = sap;
	*sap_ctx = sap;
	return answer(d, DESK_REGISTER_SAP);
}

static enum co_status
on_deregister_sap(void *arg, co_ctx_t sap_ctx)
{
	(void)sap_ctx;
	return answer(arg, DESK_DEREGISTER_SAP);
}

static void
on_notify_close_af_complete(void *arg, co_ctx_t af_ctx, enum co_status status)
{
	(void)af_ctx;
	assert_int_equal(status, CO_STATUS_SUCCESS);
	((struct desk *)arg)->n_notify_complete++;
}

static enum co_status
on_create_vc(void *arg, co_ctx_t af_ctx, co_vc_t vc, co_ctx_t *vc_ctx)
{
	(void)arg;
	(void)af_ctx;
	*vc_ctx = vc;
	return CO_STATUS_SUCCESS;
}

static enum co_status
on_delete_vc(void *arg, co_ctx_t vc_ctx)
{
	(void)arg;
	(void)vc_ctx;
	return CO_STATUS_SUCCESS;
}

static enum co_status
on_make_call(void *arg, co_ctx_t vc_ctx, struct co_call_params *params)
{
	struct desk *d = arg;
	enum co_status status = answer(d, DESK_MAKE);

	(void)params;
	d->vc = (co_vc_t)vc_ctx;
	if (status == CO_STATUS_SUCCESS || status == CO_STATUS_PENDING)
		activate(d, d->vc);
	return status;
}

static void
take_party(struct desk *d, co_party_t party, co_ctx_t *party_ctx)
{
	assert_true(d->n_parties < DESK_MAX_PARTIES - 1);
	d->party = party;
	*party_ctx = ++d->n_parties;
	d->parties[d->n_parties] = party;
}

static enum co_status
on_make_multipoint_call(void *arg, co_ctx_t vc_ctx, struct co_call_params *params, co_party_t party,
	co_ctx_t *party_ctx)
{
	take_party(arg, party, party_ctx);
	return on_make_call(arg, vc_ctx, params);
}

static enum co_status
on_add_party(void *arg, co_ctx_t vc_ctx, struct co_call_params *params, co_party_t party,
	co_ctx_t *party_ctx)
{
	(void)vc_ctx;
	(void)params;
	take_party(arg, party, party_ctx);
	return answer(arg, DESK_ADD);
}

static enum co_status
on_drop_party(void *arg, co_ctx_t party_ctx, struct co_data data)
{
	struct desk *d = arg;

	d->dropped = d->parties[party_ctx];
	d->data_size = data.size;
	return answer(d, DESK_DROP);
}

static enum co_status
on_modify_call_qos(void *arg, co_ctx_t vc_ctx, struct co_call_params *params)
{
	(void)vc_ctx;
	(void)params;
	return answer(arg, DESK_MODIFY);
}

static enum co_status
on_close_call(void *arg, co_ctx_t vc_ctx, co_ctx_t party_ctx, struct co_data data)
{
	struct desk *d = arg;
	enum co_status status = answer(d, DESK_CLOSE);

	d->vc = vc_of(d, vc_ctx);
	d->closed_party = party_ctx;
	d->data_size = data.size;
	if (status == CO_STATUS_SUCCESS)
		assert_int_equal(co_mcm_deactivate_vc(d->co, d->vc), CO_STATUS_SUCCESS);
	return status;
}

static void
on_incoming_call_complete(
	void *arg, co_ctx_t vc_ctx, enum co_status status, const struct co_call_params *params)
{
	(void)arg;
	(void)vc_ctx;
	(void)status;
	(void)params;
}

static const struct co_callmgr_ops callmgr_ops = {
	.open_af = on_open_af,
	.close_af = on_close_af,
	.register_sap = on_register_sap,
	.deregister_sap = on_deregister_sap,
	.notify_close_af_complete = on_notify_close_af_complete,
	.create_vc = on_create_vc,
	.delete_vc = on_delete_vc,
	.make_call = on_make_call,
	.make_multipoint_call = on_make_multipoint_call,
	.add_party = on_add_party,
	.drop_party = on_drop_party,
	.modify_call_qos = on_modify_call_qos,
	.close_call = on_close_call,
	.incoming_call_complete = on_incoming_call_complete,
};

static void
on_initialize(void *arg, co_adapter_t adapter)
{
	struct desk *d = arg;

	d->adapter = adapter;
	assert_int_equal(
		co_mcm_register_address_family(d->co, adapter, CO_AF_LOCAL), CO_STATUS_SUCCESS);
}

static void
on_packets(void *arg, co_ctx_t vc_ctx, struct co_packet **pkts, uint32_t n)
{
	(void)arg;
	(void)vc_ctx;
	(void)pkts;
	(void)n;
	fail_msg("no packets here");
}

static enum co_status
on_oid_request(void *arg, bool has_vc, co_ctx_t vc_ctx, struct co_oid_request *request)
{
	(void)arg;
	(void)has_vc;
	(void)vc_ctx;
	(void)request;
	return CO_STATUS_SUCCESS;
}

static const struct co_miniport_ops miniport_ops = {
	.initialize = on_initialize,
	.send = on_packets,
	.return_receive = on_packets,
	.oid_request = on_oid_request,
};

/* ---- What a test says. ---- */

void
desk_open(struct desk *desk, struct co *co)
{
	co_adapter_t adapter;

	desk->co = co;
	assert_int_equal(
		co_register_adapter(co, &miniport_ops, desk, &callmgr_ops, desk, "desk", &adapter),
		CO_STATUS_SUCCESS);
}

void
desk_closed(struct desk *desk, co_vc_t vc, enum co_status status)
{
	if (status == CO_STATUS_SUCCESS)
		assert_int_equal(co_mcm_deactivate_vc(desk->co, vc), CO_STATUS_SUCCESS);
	assert_int_equal(co_mcm_close_call_complete(desk->co, vc, status), CO_STATUS_SUCCESS);
}

enum co_status
desk_offer(struct desk *desk, const char *to, co_vc_t *vc)
{
	static struct co_call_params params; /* outlives an answer that pends */

	params = (struct co_call_params){ .called.type = CO_ADDRESS_E164 };
	params.called.len = (uint8_t)strlen(to);
	memcpy(params.called.octets, to, params.called.len);
	if (*vc == CO_NONE)
		assert_int_equal(
			co_mcm_create_vc(desk->co, desk->adapter, desk->af, OFFERED_CTX, vc),
			CO_STATUS_SUCCESS);
	desk->offered = *vc;
	return co_mcm_dispatch_incoming_call(desk->co, desk->sap, *vc, &params);
}

void
desk_connect(struct desk *desk, co_vc_t vc)
{
	activate(desk, vc);
	assert_int_equal(co_mcm_dispatch_call_connected(desk->co, vc), CO_STATUS_SUCCESS);
}

enum co_status
desk_hang_up(struct desk *desk, co_vc_t vc)
{
	return co_mcm_dispatch_incoming_close_call(desk->co, vc, CO_STATUS_SUCCESS, no_data);
}

enum co_status
desk_leave(struct desk *desk, co_party_t party)
{
	return co_mcm_dispatch_incoming_drop_party(desk->co, party, CO_STATUS_SUCCESS, no_data);
}
