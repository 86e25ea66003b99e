/* SPDX-License-Identifier: BSD-3-Clause */
#include "adapters.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <rte_ring.h>

#include "base/log.h"

#include <cmocka.h>

/* ---- The call manager. ---- */

static struct test_vc *
vc_of(co_ctx_t ctx)
{
	return (struct test_vc *)(uintptr_t)ctx;
}

static void
on_bound(void *cm, co_binding_t binding, co_adapter_t adapter)
{
	struct adapters *all = cm;
	enum adapter_end end;

	for (end = 0; end < A_ENDS; end++)
		if (all->adapter[end] == adapter)
			all->bindings[end] = binding;
}

static void
on_activate_vc_complete(
	void *cm, co_ctx_t ctx, enum co_status status, const struct co_media_params *media)
{
	(void)cm;
	(void)ctx;
	(void)status;
	(void)media;
	fail_msg("activation never pends here");
}

static void
on_deactivate_vc_complete(void *cm, co_ctx_t ctx, enum co_status status)
{
	struct co_vc_info info;
	struct adapters *all = cm;

	assert_int_equal(status, CO_STATUS_SUCCESS);
	assert_int_equal(co_vc_query(all->co, vc_of(ctx)->vc, &info), CO_STATUS_SUCCESS);
	assert_int_equal(info.sends_out, 0); /* DEACT-2 */
	assert_int_equal(info.receives_out, 0);
	vc_of(ctx)->n_deactivated++;
}

static void
on_send_complete(void *cm, co_ctx_t ctx, struct co_packet **pkts, uint32_t n)
{
	uint32_t i;

	(void)cm;
	for (i = 0; i < n; i++)
		assert_int_equal(pkts[i]->vc, vc_of(ctx)->vc); /* SEND-6 */
	vc_of(ctx)->n_sent += n;
}

static void
take(struct adapters *all, struct test_vc *v, struct co_packet *p)
{
	assert_true(v->n_received < ADAPTERS_MAX_PACKETS);
	v->order[v->n_received++] = p->data[0];
	if (p->low_resources)
		all->n_low++;
	else if (all->holds)
		all->held[all->n_held++] = p;
	else
		co_return_receive(all->co, v->vc, &p, 1);
}

static void
on_receive(void *cm, co_ctx_t ctx, struct co_packet **pkts, uint32_t n)
{
	struct test_vc *v = vc_of(ctx);
	uint32_t i;

	for (i = 0; i < n; i++)
		take(cm, v, pkts[i]);
	if (v->deactivates) {
		v->deactivates = false;
		assert_int_equal(vc_deactivate(v), CO_STATUS_PENDING);
		v->deactivated_inside = v->n_deactivated;
	}
}

static void
on_status(void *cm, co_binding_t binding, bool has_vc, co_ctx_t ctx, enum co_status code)
{
	struct adapters *all = cm;

	(void)binding;
	(void)ctx;
	assert_false(has_vc);
	assert_true(all->n_codes < sizeof(all->codes) / sizeof(all->codes[0]));
	all->codes[all->n_codes++] = code;
}

/* No AF is registered, so the handlers about clients' calls are never reached. */

static enum co_status
no_open_af(void *cm, co_af_t af, enum co_af_type type, co_ctx_t *af_ctx)
{
	(void)cm;
	(void)af;
	(void)type;
	(void)af_ctx;
	return CO_STATUS_NOT_SUPPORTED;
}

static enum co_status
no_end(void *cm, co_ctx_t ctx)
{
	(void)cm;
	(void)ctx;
	return CO_STATUS_NOT_SUPPORTED;
}

static enum co_status
no_register_sap(
	void *cm, co_ctx_t af_ctx, co_sap_t sap, const struct co_address *address, co_ctx_t *ctx)
{
	(void)sap;
	(void)address;
	(void)ctx;
	return no_end(cm, af_ctx);
}

static enum co_status
no_create_vc(void *cm, co_ctx_t af_ctx, co_vc_t vc, co_ctx_t *ctx)
{
	(void)vc;
	(void)ctx;
	return no_end(cm, af_ctx);
}

static enum co_status
no_make_call(void *cm, co_ctx_t ctx, struct co_call_params *params)
{
	(void)params;
	return no_end(cm, ctx);
}

static enum co_status
no_close_call(void *cm, co_ctx_t ctx, co_ctx_t party_ctx, struct co_data data)
{
	(void)party_ctx;
	(void)data;
	return no_end(cm, ctx);
}

static void
no_incoming_call_complete(
	void *cm, co_ctx_t ctx, enum co_status status, const struct co_call_params *params)
{
	(void)status;
	(void)params;
	no_end(cm, ctx);
}

static const struct co_callmgr_ops ops = {
	.bound = on_bound,
	.open_af = no_open_af,
	.close_af = no_end,
	.register_sap = no_register_sap,
	.deregister_sap = no_end,
	.create_vc = no_create_vc,
	.delete_vc = no_end,
	.make_call = no_make_call,
	.close_call = no_close_call,
	.incoming_call_complete = no_incoming_call_complete,
	.activate_vc_complete = on_activate_vc_complete,
	.deactivate_vc_complete = on_deactivate_vc_complete,
	.send_complete = on_send_complete,
	.receive = on_receive,
	.status = on_status,
};

/* ---- Up. ---- */

static void
add_end(struct adapters *all, enum adapter_end end, uint16_t trunk, uint16_t port,
	const struct ethvc_config *config)
{
	static const char *const names[] = { "east", "west", "third" };
	struct ethvc_config own = { 0 };

	if (config != NULL)
		own = *config;
	own.port = port;
	assert_int_equal(ethvc_create(all->co, all->net->dp, trunk, ADAPTERS_MAX_VCS, names[end],
				 NULL, &all->ethvc[end]),
		0);
	assert_int_equal(ethvc_configure(all->ethvc[end], &own), 0);
	all->adapter[end] = ethvc_adapter(all->ethvc[end]);
	assert_int_equal(co_bind(all->co, all->cm, all->adapter[end]), CO_STATUS_SUCCESS);
}

struct adapters *
adapters_create(const struct ethvc_config *config)
{
	const struct co_limits limits = { .n_vcs = 2 * ADAPTERS_MAX_VCS };
	struct adapters *all = calloc(1, sizeof(*all));

	assert_non_null(all);
	cp_log_set_level(CP_LOG_ERR);
	all->net = net_create_config(&(struct net_config){ .n_circuits = ADAPTERS_N_CIRCUITS,
		.with_idle = true,
		.n_contracts = ADAPTERS_N_CIRCUITS });
	all->co = co_create(&limits, NULL);
	assert_non_null(all->co);
	assert_int_equal(
		co_register_callmgr(all->co, &ops, all, "test", &all->cm), CO_STATUS_SUCCESS);
	add_end(all, A_EAST, all->net->east, all->net->ports[EAST], config);
	add_end(all, A_WEST, all->net->west, all->net->ports[WEST], config);
	return all;
}

int
adapters_setup(void **state)
{
	*state = adapters_create(NULL);
	return 0;
}

struct rte_ring *
adapters_add_third(struct adapters *all)
{
	struct dp_port_config port = { .name = "third", .workers = 2 };
	struct dp_trunk_config trunk = { .tc = 6 };
	struct rte_ring *in, *out;
	int idx;

	port.ethdev = ring_device(&in, &out, 2);
	idx = dp_port_open(all->net->dp, &port);
	assert_true(idx >= 0);
	trunk.port = (uint16_t)idx;
	idx = dp_trunk_add(all->net->dp, &trunk);
	assert_true(idx >= 0);
	add_end(all, A_THIRD, (uint16_t)idx, trunk.port, NULL);
	return in;
}

/* ---- Time. ---- */

static void
carry(struct net *net, enum net_port from, enum net_port to)
{
	struct rte_mbuf *m;

	while ((m = left(net, from)) != NULL)
		arrive_frame(net, to, m);
}

static void
turn(struct adapters *all)
{
	struct net *net = all->net;
	enum adapter_end end;

	all->now_ns += ADAPTERS_TURN_NS;
	dp_control_poll(net->dp, UINT32_MAX);
	dp_reclaim_poll(net->dp, all->now_ns, UINT32_MAX);
	for (end = 0; end < A_ENDS; end++)
		if (all->ethvc[end] != NULL)
			ethvc_turn(all->ethvc[end], all->now_ns);
	dp_control_flush(net->dp);
	if (!all->worker_held)
		dp_worker_turn(net->worker);
	if (!all->idle_held)
		dp_worker_turn(net->idle);
	carry(net, EAST, WEST);
	carry(net, WEST, EAST);
}

void
adapters_run(struct adapters *all, unsigned int n_turns)
{
	while (n_turns-- > 0)
		turn(all);
}

/* ---- VCs. ---- */

struct test_vc *
vc_create(struct adapters *all, enum adapter_end end)
{
	struct test_vc *v = &all->vcs[all->n_vcs++];

	assert_true(all->n_vcs <= ADAPTERS_MAX_VCS);
	v->all = all;
	v->end = end;
	assert_int_equal(co_create_vc(all->co, all->bindings[end], CO_NONE, (uintptr_t)v, &v->vc),
		CO_STATUS_SUCCESS);
	return v;
}

enum co_status
vc_activate_with(struct test_vc *v, uint32_t label, uint32_t flags, struct co_media_params *media)
{
	media->flags = flags;
	media->label = label;
	v->label = label;
	return co_cm_activate_vc(v->all->co, v->vc, media);
}

enum co_status
vc_activate(struct test_vc *v, uint32_t label, uint32_t flags)
{
	struct co_media_params media = { 0 };

	return vc_activate_with(v, label, CO_MEDIA_F_TRANSMIT | CO_MEDIA_F_RECEIVE | flags, &media);
}

struct test_vc *
vc_open(struct adapters *all, enum adapter_end end, uint32_t label)
{
	struct test_vc *v = vc_create(all, end);

	assert_int_equal(vc_activate(v, label, 0), CO_STATUS_SUCCESS);
	return v;
}

enum co_status
vc_local(struct test_vc *v)
{
	return oid_of(v->all, v->end, v, CO_OID_VC_LOCAL, NULL, 0);
}

struct test_vc *
vc_open_local(struct adapters *all, enum adapter_end end, uint32_t label)
{
	struct test_vc *v = vc_open(all, end, label);

	assert_int_equal(vc_local(v), CO_STATUS_SUCCESS);
	return v;
}

enum co_status
vc_deactivate(struct test_vc *v)
{
	return co_cm_deactivate_vc(v->all->co, v->vc);
}

void
vc_delete(struct test_vc *v)
{
	assert_int_equal(
		co_delete_vc(v->all->co, v->all->bindings[v->end], v->vc), CO_STATUS_SUCCESS);
	v->vc = CO_NONE;
}

void
vc_send(struct test_vc *v, unsigned int first, unsigned int n, uint32_t len)
{
	struct adapters *all = v->all;
	struct co_packet *pkts[ADAPTERS_MAX_PACKETS];
	unsigned int i;

	assert_true(first + n <= ADAPTERS_MAX_PACKETS);
	for (i = 0; i < n; i++) {
		pkts[i] = &all->packets[first + i];
		all->octets[first + i][0] = (uint8_t)(first + i);
		pkts[i]->data = all->octets[first + i];
		pkts[i]->len = len;
	}
	co_send(all->co, v->vc, pkts, n);
}

void
vc_return(struct test_vc *v, struct co_packet **held, unsigned int n)
{
	co_return_receive(v->all->co, v->vc, held, n);
}

/* ---- Requests. ---- */

enum co_status
oid_of(struct adapters *all, enum adapter_end end, const struct test_vc *v, enum co_oid oid,
	void *buffer, uint32_t size)
{
	struct co_oid_request request = { .oid = oid, .buffer = buffer, .size = size };

	return co_oid_submit(all->co, all->adapter[end], v != NULL ? v->vc : CO_NONE, &request);
}

uint64_t
counter_of(struct adapters *all, enum adapter_end end, const struct test_vc *v, enum co_oid oid)
{
	uint64_t value = 0;

	assert_int_equal(oid_of(all, end, v, oid, &value, sizeof(value)), CO_STATUS_SUCCESS);
	return value;
}

uint32_t
queued_of(const struct test_vc *v)
{
	uint32_t value = 0;

	assert_int_equal(
		oid_of(v->all, v->end, v, CO_OID_QUEUED, &value, sizeof(value)), CO_STATUS_SUCCESS);
	return value;
}

/* ---- Down. ---- */

static void
end_vcs(struct adapters *all)
{
	struct co_vc_info info;
	unsigned int i;

	for (i = 0; i < all->n_vcs; i++)
		if (co_vc_query(all->co, all->vcs[i].vc, &info) == CO_STATUS_SUCCESS &&
			info.vc_state == CO_VC_ACTIVE)
			vc_deactivate(&all->vcs[i]);
	adapters_run(all, 50);
	for (i = 0; i < all->n_vcs; i++)
		if (co_vc_query(all->co, all->vcs[i].vc, &info) == CO_STATUS_SUCCESS)
			vc_delete(&all->vcs[i]);
}

int
adapters_teardown(void **state)
{
	struct adapters *all = *state;
	void *net = all->net;
	struct ethvc_admission admission;
	struct co_census census;
	enum adapter_end end;

	all->worker_held = all->idle_held = false;
	end_vcs(all);
	co_census(all->co, &census);
	assert_int_equal(census.n_vcs, 0);
	assert_int_equal(census.n_drain_violations, 0);
	assert_int_equal(census.n_unexpected_completions, 0);
	assert_int_equal(dp_n_circuits(all->net->dp), 0);
	for (end = 0; end < A_ENDS; end++) {
		if (all->ethvc[end] == NULL)
			continue;
		assert_int_equal(ethvc_n_vcs(all->ethvc[end]), 0);
		ethvc_admission(all->ethvc[end], &admission);
		assert_true(admission.reserved_rx == 0 && admission.reserved_tx == 0);
		ethvc_destroy(all->ethvc[end]);
	}
	co_destroy(all->co);
	net_teardown(&net); /* all mbufs are back (I4) */
	free(all);
	return 0;
}
