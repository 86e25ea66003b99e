/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "model_priv.h"

#include <cmocka.h>

static struct slot *
slot_of(struct model *m, co_ctx_t ctx)
{
	assert_in_range(ctx, 1, N_SLOTS);
	return &m->slots[ctx - 1];
}

/* Inside a handler: sometimes something else happens first. */
static void
meanwhile(struct model *m)
{
	while (!m->draining && m->nesting < MAX_NESTING && pick(m, 2) == 0)
		model_operation(m);
}

/* ---- Handlers: ASYNC-9 and OBJ-8 hold at their doors. ---- */

static struct slot *
client_enter(struct model *m, co_ctx_t ctx)
{
	struct slot *s = slot_of(m, ctx);

	assert_true(s->alive);
	assert_false(s->client_busy);
	s->client_busy = true;
	return s;
}

static void
client_leave(struct model *m, struct slot *s, uint32_t life)
{
	meanwhile(m);
	if (s->life == life)
		s->client_busy = false;
}

static struct slot *
cm_enter(struct model *m, co_ctx_t ctx)
{
	struct slot *s = slot_of(m, ctx);

	assert_true(s->alive);
	assert_false(s->cm_busy);
	s->cm_busy = true;
	return s;
}

static void
cm_leave(struct model *m, struct slot *s, uint32_t life)
{
	meanwhile(m);
	if (s->life == life)
		s->cm_busy = false;
}

/* I2: somebody waits for it. */
static void
complete(struct model *m, struct slot *s, enum request r)
{
	m->n_completions++;
	s->n_completed[r]++;
	assert_true(s->n_completed[r] <= s->n_pended[r] + s->n_asking[r]);
}

static void
cl_bound(void *arg, co_binding_t binding, co_adapter_t adapter)
{
	(void)adapter;
	((struct model *)arg)->client_binding = binding;
}

static void
cl_af(void *arg, co_binding_t binding, enum co_af_type type)
{
	(void)arg;
	(void)binding;
	(void)type;
}

static enum co_status
create_vc(void *arg, co_ctx_t af_ctx, co_vc_t vc, co_ctx_t *ctx)
{
	struct model *m = arg;

	(void)af_ctx;
	m->creating->vc = vc;
	*ctx = ctx_of(m, m->creating);
	return pick(m, 8) == 0 ? CO_STATUS_RESOURCES : CO_STATUS_SUCCESS;
}

static enum co_status
cl_delete_vc(void *arg, co_ctx_t ctx)
{
	struct model *m = arg;
	struct slot *s = slot_of(m, ctx);

	if (!s->alive) /* taken back while it was made (VC-4) */
		return CO_STATUS_SUCCESS;
	assert_false(s->client_busy);
	return !m->draining && pick(m, 4) == 0 ? CO_STATUS_NOT_ACCEPTED : CO_STATUS_SUCCESS;
}

/* What a handler is given can be read, whoever's memory it is. */
static void
read_elements(const struct co_call_params *params)
{
	volatile uint8_t sum = 0;
	uint32_t i;

	for (i = 0; params != NULL && i < params->elements_size; i++)
		sum += params->elements[i];
}

static void
cl_made(void *arg, co_ctx_t ctx, enum co_status status, const struct co_call_params *params)
{
	struct model *m = arg;
	struct slot *s = client_enter(m, ctx);

	(void)status;
	read_elements(params);
	complete(m, s, MAKE);
	client_leave(m, s, s->life);
}

static void
cl_closed(void *arg, co_ctx_t ctx, co_ctx_t party_ctx, enum co_status status)
{
	struct model *m = arg;
	struct slot *s = client_enter(m, ctx);

	(void)party_ctx;
	(void)status;
	complete(m, s, CLOSE);
	client_leave(m, s, s->life);
}

static enum co_status
cl_offer(void *arg, co_ctx_t sap_ctx, co_ctx_t ctx, struct co_call_params *params)
{
	struct model *m = arg;
	struct slot *s = client_enter(m, ctx);

	(void)sap_ctx;
	read_elements(params);
	client_leave(m, s, s->life);
	return any_status(m);
}

static void
cl_connected(void *arg, co_ctx_t ctx)
{
	struct model *m = arg;
	struct slot *s = client_enter(m, ctx);

	client_leave(m, s, s->life);
}

static void
cl_incoming_close(void *arg, co_ctx_t ctx, enum co_status reason, struct co_data data)
{
	struct model *m = arg;
	struct slot *s = client_enter(m, ctx);
	uint8_t copy[256];

	(void)reason;
	if (data.size > 0)
		memcpy(copy, data.octets, data.size);
	client_leave(m, s, s->life);
	if (data.size > 0) /* still there, whatever was done meanwhile (ASYNC-11) */
		assert_memory_equal(copy, data.octets, data.size);
}

static void
cl_sent(void *arg, co_ctx_t ctx, struct co_packet **pkts, uint32_t n)
{
	struct slot *s = slot_of(arg, ctx);
	uint32_t i;

	assert_true(s->alive);
	for (i = 0; i < n; i++)
		free(pkts[i]);
}

static void
cl_receive(void *arg, co_ctx_t ctx, struct co_packet **pkts, uint32_t n)
{
	struct slot *s = slot_of(arg, ctx);
	uint32_t i;

	assert_true(s->alive);
	s->n_received += n;
	for (i = 0; i < n; i++)
		free(pkts[i]); /* the return goes by number */
}

static enum co_status
cm_open_af(void *arg, co_af_t af, enum co_af_type type, co_ctx_t *ctx)
{
	(void)arg;
	(void)af;
	(void)type;
	*ctx = 0;
	return CO_STATUS_SUCCESS;
}

static enum co_status
cm_close_af(void *arg, co_ctx_t ctx)
{
	(void)arg;
	(void)ctx;
	return CO_STATUS_SUCCESS;
}

static enum co_status
cm_sap(void *arg, co_ctx_t af_ctx, co_sap_t sap, const struct co_address *address, co_ctx_t *ctx)
{
	(void)arg;
	(void)af_ctx;
	(void)sap;
	(void)address;
	*ctx = 0;
	return CO_STATUS_SUCCESS;
}

static enum co_status
cm_delete_vc(void *arg, co_ctx_t ctx)
{
	struct model *m = arg;
	struct slot *s = slot_of(m, ctx);

	if (!s->alive)
		return CO_STATUS_SUCCESS;
	assert_false(s->cm_busy);
	return !m->draining && pick(m, 4) == 0 ? CO_STATUS_NOT_ACCEPTED : CO_STATUS_SUCCESS;
}

/* The CM's half of I2: a request comes once, and an answer ends it. */
static enum co_status
cm_request(struct model *m, co_ctx_t ctx, enum request r)
{
	struct slot *s = cm_enter(m, ctx);
	uint32_t life = s->life;
	enum co_status status;

	assert_false(s->at_cm[r]);
	s->at_cm[r] = true;
	cm_leave(m, s, life);
	if (s->life != life || !s->at_cm[r])
		return CO_STATUS_PENDING; /* completed meanwhile */
	status = any_status(m);
	if (status != CO_STATUS_PENDING)
		s->at_cm[r] = false;
	return status;
}

static enum co_status
cm_make(void *arg, co_ctx_t ctx, struct co_call_params *params)
{
	read_elements(params);
	return cm_request(arg, ctx, MAKE);
}

static enum co_status
cm_close(void *arg, co_ctx_t ctx, co_ctx_t party_ctx, struct co_data data)
{
	(void)party_ctx;
	(void)data;
	return cm_request(arg, ctx, CLOSE);
}

static void
cm_answer(void *arg, co_ctx_t ctx, enum co_status status, const struct co_call_params *params)
{
	struct model *m = arg;
	struct slot *s = cm_enter(m, ctx);

	(void)status;
	read_elements(params);
	cm_leave(m, s, s->life);
}

static void
cm_activated(void *arg, co_ctx_t ctx, enum co_status status, const struct co_media_params *media)
{
	struct model *m = arg;
	struct slot *s = cm_enter(m, ctx);

	(void)status;
	assert_non_null(media);
	complete(m, s, ACTIVATE);
	cm_leave(m, s, s->life);
}

static void
cm_deactivated(void *arg, co_ctx_t ctx, enum co_status status)
{
	struct model *m = arg;
	struct slot *s = cm_enter(m, ctx);

	(void)status;
	complete(m, s, DEACTIVATE);
	cm_leave(m, s, s->life);
}

static void
mp_initialize(void *arg, co_adapter_t handle)
{
	struct model *m = arg;

	m->adapter = handle;
	if (m->mcm)
		co_mcm_register_address_family(m->co, handle, CO_AF_LOCAL);
}

static void
cm_bound(void *arg, co_binding_t binding, co_adapter_t adapter)
{
	struct model *m = arg;

	(void)adapter;
	m->cm_binding = binding;
	co_cm_register_address_family(m->co, binding, CO_AF_LOCAL);
}

static enum co_status
mp_create_vc(void *arg, co_vc_t vc, co_ctx_t *ctx)
{
	return create_vc(arg, 0, vc, ctx);
}

static enum co_status
mp_delete_vc(void *arg, co_ctx_t ctx)
{
	(void)arg;
	(void)ctx;
	return CO_STATUS_SUCCESS;
}

static enum co_status
mp_activate_vc(void *arg, co_ctx_t ctx, struct co_media_params *media)
{
	struct model *m = arg;
	struct slot *s = slot_of(m, ctx);
	uint32_t n = s->n_completed[ACTIVATE];

	(void)media;
	meanwhile(m);
	return s->n_completed[ACTIVATE] != n || pick(m, 2) == 0 ? CO_STATUS_PENDING : any_status(m);
}

/* DEACT-2: drained or pending. */
static enum co_status
mp_deactivate_vc(void *arg, co_ctx_t ctx)
{
	struct model *m = arg;
	struct slot *s = slot_of(m, ctx);

	if (s->n_sent > 0 || s->n_received > 0 || pick(m, 2) == 0)
		return CO_STATUS_PENDING;
	return CO_STATUS_SUCCESS;
}

static void
mp_send(void *arg, co_ctx_t ctx, struct co_packet **pkts, uint32_t n)
{
	struct slot *s = slot_of(arg, ctx);
	uint32_t i;

	assert_true(s->alive);
	s->n_sent += n;
	for (i = 0; i < n; i++)
		free(pkts[i]); /* the completion goes by number, with packets of its own */
}

static void
mp_return(void *arg, co_ctx_t ctx, struct co_packet **pkts, uint32_t n)
{
	uint32_t i;

	(void)arg;
	(void)ctx;
	for (i = 0; i < n; i++)
		free(pkts[i]);
}

static enum co_status
mp_oid(void *arg, co_ctx_t ctx, enum co_oid oid, void *buffer, uint32_t size)
{
	(void)arg;
	(void)ctx;
	(void)oid;
	(void)buffer;
	(void)size;
	return CO_STATUS_NOT_SUPPORTED;
}

static const struct co_client_ops client_ops = {
	.bound = cl_bound,
	.af_register_notify = cl_af,
	.create_vc = create_vc,
	.delete_vc = cl_delete_vc,
	.make_call_complete = cl_made,
	.close_call_complete = cl_closed,
	.incoming_call = cl_offer,
	.call_connected = cl_connected,
	.incoming_close_call = cl_incoming_close,
	.send_complete = cl_sent,
	.receive = cl_receive,
};
static const struct co_callmgr_ops cm_ops = {
	.bound = cm_bound,
	.open_af = cm_open_af,
	.close_af = cm_close_af,
	.register_sap = cm_sap,
	.deregister_sap = cm_close_af,
	.create_vc = create_vc,
	.delete_vc = cm_delete_vc,
	.make_call = cm_make,
	.close_call = cm_close,
	.incoming_call_complete = cm_answer,
	.activate_vc_complete = cm_activated,
	.deactivate_vc_complete = cm_deactivated,
};
static const struct co_miniport_ops miniport_ops = {
	.initialize = mp_initialize,
	.create_vc = mp_create_vc,
	.delete_vc = mp_delete_vc,
	.activate_vc = mp_activate_vc,
	.deactivate_vc = mp_deactivate_vc,
	.send = mp_send,
	.return_receive = mp_return,
	.oid_request = mp_oid,
};

struct model *
model_create(bool mcm, uint64_t seed)
{
	static const struct co_address address = {
		.type = CO_ADDRESS_E164, .len = 1, .octets = "1"
	};
	const struct co_limits limits = { .n_vcs = N_SLOTS };
	struct model *m = calloc(1, sizeof(*m));
	co_protocol_t client, cm;

	assert_non_null(m);
	m->mcm = mcm;
	m->random = seed;
	m->co = co_create(&limits, NULL);
	assert_non_null(m->co);
	co_register_adapter(
		m->co, &miniport_ops, m, mcm ? &cm_ops : NULL, m, "adapter", &m->adapter);
	co_register_client(m->co, &client_ops, m, "client", &client);
	if (!mcm) {
		co_register_callmgr(m->co, &cm_ops, m, "cm", &cm);
		assert_int_equal(co_bind(m->co, cm, m->adapter), CO_STATUS_SUCCESS);
	}
	assert_int_equal(
		co_cl_open_address_family(m->co, m->client_binding, CO_AF_LOCAL, 0, &m->af),
		CO_STATUS_SUCCESS);
	assert_int_equal(co_cl_register_sap(m->co, m->af, &address, 0, &m->sap), CO_STATUS_SUCCESS);
	return m;
}

void
model_free(struct model *m)
{
	co_destroy(m->co);
	free(m);
}
