/* SPDX-License-Identifier: BSD-3-Clause */
#include "condis/condis.h"

#include <rte_cycles.h>

#include "gbench.h"
#include "micro/micro.h"
#include "micro/shuffle.h"

/*
 * The broker between a client, a stand-alone call manager that answers every request at once but
 * from outside its handler, and a miniport that does nothing. What is timed is the broker's share
 * of a call's beginning and end.
 */
struct party {
	struct co *co;
	co_binding_t client_binding, cm_binding;
	co_af_t af;
	uint32_t n_made, n_closed;
};

/* ---- Client. ---- */

static void
cl_bound(void *arg, co_binding_t binding, co_adapter_t adapter)
{
	(void)adapter;
	((struct party *)arg)->client_binding = binding;
}

static void
cl_af_register_notify(void *arg, co_binding_t binding, enum co_af_type type)
{
	struct party *p = arg;

	co_cl_open_address_family(p->co, binding, type, 0, &p->af);
}

static void
cl_open_af_complete(void *arg, co_ctx_t af_ctx, enum co_status status, co_af_t af)
{
	(void)af_ctx;
	(void)status;
	((struct party *)arg)->af = af;
}

static void
cl_status(void *arg, co_ctx_t ctx, enum co_status status)
{
	(void)arg;
	(void)ctx;
	(void)status;
}

static void
cl_register_sap_complete(void *arg, co_ctx_t ctx, enum co_status status, co_sap_t sap)
{
	(void)sap;
	cl_status(arg, ctx, status);
}

static enum co_status
any_create_vc(void *arg, co_ctx_t af_ctx, co_vc_t vc, co_ctx_t *vc_ctx)
{
	(void)arg;
	(void)af_ctx;
	*vc_ctx = vc;
	return CO_STATUS_SUCCESS;
}

static enum co_status
any_vc_done(void *arg, co_ctx_t vc_ctx)
{
	(void)arg;
	(void)vc_ctx;
	return CO_STATUS_SUCCESS;
}

static void
cl_make_call_complete(
	void *arg, co_ctx_t vc_ctx, enum co_status status, const struct co_call_params *params)
{
	(void)vc_ctx;
	(void)params;
	((struct party *)arg)->n_made += status == CO_STATUS_SUCCESS;
}

static void
cl_close_call_complete(void *arg, co_ctx_t vc_ctx, co_ctx_t party_ctx, enum co_status status)
{
	(void)vc_ctx;
	(void)party_ctx;
	((struct party *)arg)->n_closed += status == CO_STATUS_SUCCESS;
}

static enum co_status
cl_incoming_call(void *arg, co_ctx_t sap_ctx, co_ctx_t vc_ctx, struct co_call_params *params)
{
	(void)arg;
	(void)sap_ctx;
	(void)vc_ctx;
	(void)params;
	return CO_STATUS_FAILURE;
}

static void
cl_call_connected(void *arg, co_ctx_t vc_ctx)
{
	(void)arg;
	(void)vc_ctx;
}

static void
cl_incoming_close_call(void *arg, co_ctx_t vc_ctx, enum co_status reason, struct co_data data)
{
	(void)data;
	cl_status(arg, vc_ctx, reason);
}

static void
any_packets(void *arg, co_ctx_t vc_ctx, struct co_packet **pkts, uint32_t n)
{
	(void)arg;
	(void)vc_ctx;
	(void)pkts;
	(void)n;
}

static const struct co_client_ops client_ops = {
	.bound = cl_bound,
	.af_register_notify = cl_af_register_notify,
	.open_af_complete = cl_open_af_complete,
	.close_af_complete = cl_status,
	.register_sap_complete = cl_register_sap_complete,
	.deregister_sap_complete = cl_status,
	.create_vc = any_create_vc,
	.delete_vc = any_vc_done,
	.make_call_complete = cl_make_call_complete,
	.close_call_complete = cl_close_call_complete,
	.incoming_call = cl_incoming_call,
	.call_connected = cl_call_connected,
	.incoming_close_call = cl_incoming_close_call,
	.send_complete = any_packets,
	.receive = any_packets,
};

/* ---- Call manager. A VC's context is its handle, everywhere. ---- */

static void
cm_bound(void *arg, co_binding_t binding, co_adapter_t adapter)
{
	struct party *p = arg;

	(void)adapter;
	p->cm_binding = binding;
	co_cm_register_address_family(p->co, binding, CO_AF_LOCAL);
}

static enum co_status
cm_open_af(void *arg, co_af_t af, enum co_af_type type, co_ctx_t *af_ctx)
{
	(void)arg;
	(void)type;
	*af_ctx = af;
	return CO_STATUS_SUCCESS;
}

static enum co_status
cm_register_sap(void *arg, co_ctx_t af_ctx, co_sap_t sap, const struct co_address *address,
	co_ctx_t *sap_ctx)
{
	(void)arg;
	(void)af_ctx;
	(void)address;
	*sap_ctx = sap;
	return CO_STATUS_SUCCESS;
}

static enum co_status
cm_make_call(void *arg, co_ctx_t vc_ctx, struct co_call_params *params)
{
	(void)arg;
	(void)vc_ctx;
	(void)params;
	return CO_STATUS_PENDING;
}

static enum co_status
cm_close_call(void *arg, co_ctx_t vc_ctx, co_ctx_t party_ctx, struct co_data data)
{
	(void)arg;
	(void)vc_ctx;
	(void)party_ctx;
	(void)data;
	return CO_STATUS_PENDING;
}

static void
cm_incoming_call_complete(
	void *arg, co_ctx_t vc_ctx, enum co_status status, const struct co_call_params *params)
{
	(void)params;
	cl_status(arg, vc_ctx, status);
}

static void
cm_activate_vc_complete(
	void *arg, co_ctx_t vc_ctx, enum co_status status, const struct co_media_params *media)
{
	(void)media;
	cl_status(arg, vc_ctx, status);
}

static const struct co_callmgr_ops cm_ops = {
	.bound = cm_bound,
	.open_af = cm_open_af,
	.close_af = any_vc_done,
	.register_sap = cm_register_sap,
	.deregister_sap = any_vc_done,
	.create_vc = any_create_vc,
	.delete_vc = any_vc_done,
	.make_call = cm_make_call,
	.close_call = cm_close_call,
	.incoming_call_complete = cm_incoming_call_complete,
	.activate_vc_complete = cm_activate_vc_complete,
	.deactivate_vc_complete = cl_status,
	.send_complete = any_packets,
	.receive = any_packets,
};

/* ---- Miniport. ---- */

static void
m_initialize(void *adapter, co_adapter_t handle)
{
	(void)adapter;
	(void)handle;
}

static enum co_status
m_create_vc(void *adapter, co_vc_t vc, co_ctx_t *vc_ctx)
{
	return any_create_vc(adapter, 0, vc, vc_ctx);
}

static enum co_status
m_activate_vc(void *adapter, co_ctx_t vc_ctx, struct co_media_params *media)
{
	(void)media;
	return any_vc_done(adapter, vc_ctx);
}

static enum co_status
m_oid_request(void *adapter, bool has_vc, co_ctx_t vc_ctx, struct co_oid_request *request)
{
	(void)adapter;
	(void)has_vc;
	(void)vc_ctx;
	(void)request;
	return CO_STATUS_NOT_SUPPORTED;
}

static const struct co_miniport_ops miniport_ops = {
	.initialize = m_initialize,
	.create_vc = m_create_vc,
	.delete_vc = any_vc_done,
	.activate_vc = m_activate_vc,
	.deactivate_vc = any_vc_done,
	.send = any_packets,
	.return_receive = any_packets,
	.oid_request = m_oid_request,
};

/* ---- The case. ---- */

static bool
introduce(struct party *p, uint32_t n)
{
	struct co_limits limits = { .n_vcs = n };
	co_protocol_t client, cm;
	co_adapter_t adapter;

	*p = (struct party){ .co = co_create(&limits, NULL) };
	if (p->co == NULL)
		return false;
	if (co_register_client(p->co, &client_ops, p, "client", &client) != CO_STATUS_SUCCESS ||
		co_register_callmgr(p->co, &cm_ops, p, "cm", &cm) != CO_STATUS_SUCCESS ||
		co_register_adapter(p->co, &miniport_ops, p, NULL, NULL, "port", &adapter) !=
			CO_STATUS_SUCCESS)
		return false;
	return co_bind(p->co, cm, adapter) == CO_STATUS_SUCCESS && p->af != CO_NONE;
}

static void
make_calls(struct party *p, co_vc_t *vcs, uint32_t n)
{
	struct co_media_params media = { .label = 32 };
	static struct co_call_params params;
	uint32_t i;

	for (i = 0; i < n; i++) {
		vcs[i] = CO_NONE;
		co_create_vc(p->co, p->client_binding, p->af, 0, &vcs[i]);
		co_cl_make_call(p->co, vcs[i], &params);
		co_cm_activate_vc(p->co, vcs[i], &media);
		co_cm_make_call_complete(p->co, vcs[i], CO_STATUS_SUCCESS, &params);
	}
}

/* In the order of figure cm-20, every request completed before the next call's. */
static void
close_calls(struct party *p, const co_vc_t *vcs, const uint32_t *order, uint32_t n)
{
	const struct co_data none = { NULL, 0 };
	uint32_t i;
	co_vc_t vc;

	for (i = 0; i < n; i++) {
		vc = vcs[order[i]];
		co_cl_close_call(p->co, vc, CO_NONE, none);
		co_cm_deactivate_vc(p->co, vc);
		co_cm_close_call_complete(p->co, vc, CO_STATUS_SUCCESS);
		co_delete_vc(p->co, p->client_binding, vc);
	}
}

static void
run(struct bench *b, bool closing)
{
	uint32_t n = (uint32_t)bench_n_calls(b), made = 0;
	co_vc_t *vcs = calloc(n, sizeof(*vcs));
	uint32_t *order = shuffled(n);
	uint64_t t[3];
	struct party p;

	if (!introduce(&p, n) || vcs == NULL || order == NULL)
		bench_fail(b, "no memory, or nobody meets");
	while (bench_next(b)) {
		t[0] = rte_rdtsc();
		make_calls(&p, vcs, n);
		t[1] = rte_rdtsc();
		close_calls(&p, vcs, order, n);
		t[2] = rte_rdtsc();
		bench_set_seconds(
			b, (double)(t[1 + closing] - t[closing]) / (double)rte_get_tsc_hz());
		made += n;
		if (p.n_made != made || p.n_closed != made)
			bench_fail(b, "calls were not made or not closed");
	}
	co_destroy(p.co);
	free(vcs);
	free(order);
}

static void
time_make(struct bench *b, void *arg)
{
	(void)arg;
	run(b, false);
}

static void
time_close(struct bench *b, void *arg)
{
	(void)arg;
	run(b, true);
}

void
micro_add_condis(void)
{
	static const int64_t sizes[] = { 1000, 100000 };

	bench_add("condis/make", time_make, NULL, sizes, 2);
	bench_add("condis/close", time_close, NULL, sizes, 2);
}
