/* SPDX-License-Identifier: BSD-3-Clause */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "condis/condis.h"

#include <cmocka.h>

/*
 * ASYNC-8: a client that closes the next call from the completion of the one before, with a call
 * manager and a miniport that complete at once, needs a stack that does not grow with the calls.
 */

#define N_CALLS 1000000u
#define STACK_SIZE (256u * 1024u)

struct chain {
	struct co *co;
	co_adapter_t adapter;
	co_binding_t client_binding, cm_binding;
	co_af_t af;
	co_vc_t *vcs;
	uint32_t n_next; /**< Index of the next call to be closed. */
	uint32_t n_closed, n_deleted;
	bool sync; /**< The call manager answers; else it completes from inside. */
};

static struct co_call_params params;
static const struct co_data no_data = { NULL, 0 };

static void
cl_bound(void *arg, co_binding_t binding, co_adapter_t adapter)
{
	(void)adapter;
	((struct chain *)arg)->client_binding = binding;
}

static void
cl_af(void *arg, co_binding_t binding, enum co_af_type type)
{
	struct chain *c = arg;

	co_cl_open_address_family(c->co, binding, type, 0, &c->af);
}

static void delete (struct chain *c, co_ctx_t idx)
{
	c->n_closed++;
	if (co_delete_vc(c->co, c->client_binding, c->vcs[idx]) == CO_STATUS_SUCCESS)
		c->n_deleted++;
}

static void
close_next(struct chain *c)
{
	uint32_t idx;

	while ((idx = c->n_next) < N_CALLS) {
		c->n_next++;
		if (co_cl_close_call(c->co, c->vcs[idx], CO_NONE, no_data) == CO_STATUS_PENDING)
			return;
		delete (c, idx);
	}
}

static void
cl_closed(void *arg, co_ctx_t ctx, co_ctx_t party_ctx, enum co_status status)
{
	(void)party_ctx;
	assert_int_equal(status, CO_STATUS_SUCCESS);
	delete (arg, ctx);
	close_next(arg);
}

/* Answers an incoming close, and makes the remote close the next call from inside the handler. */
static void
cl_incoming_close(void *arg, co_ctx_t ctx, enum co_status reason, struct co_data data)
{
	struct chain *c = arg;

	(void)reason;
	(void)data;
	if (ctx + 1 < N_CALLS)
		co_cm_dispatch_incoming_close_call(
			c->co, c->vcs[ctx + 1], CO_STATUS_SUCCESS, no_data);
	assert_int_equal(co_cl_close_call(c->co, c->vcs[ctx], CO_NONE, no_data), CO_STATUS_PENDING);
}

static void
cm_bound(void *arg, co_binding_t binding, co_adapter_t adapter)
{
	struct chain *c = arg;

	(void)adapter;
	c->cm_binding = binding;
	co_cm_register_address_family(c->co, binding, CO_AF_LOCAL);
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

/* Contexts are handles here: the call manager needs nothing else. */
static enum co_status
cm_create_vc(void *arg, co_ctx_t af_ctx, co_vc_t vc, co_ctx_t *ctx)
{
	(void)arg;
	(void)af_ctx;
	*ctx = vc;
	return CO_STATUS_SUCCESS;
}

static enum co_status
delete_vc(void *arg, co_ctx_t ctx)
{
	(void)arg;
	(void)ctx;
	return CO_STATUS_SUCCESS;
}

static enum co_status
cm_make_call(void *arg, co_ctx_t ctx, struct co_call_params *p)
{
	struct chain *c = arg;

	return co_cm_activate_vc(c->co, (co_vc_t)ctx, &p->media);
}

static enum co_status
cm_close_call(void *arg, co_ctx_t ctx, co_ctx_t party_ctx, struct co_data data)
{
	struct chain *c = arg;

	(void)party_ctx;
	(void)data;
	co_cm_deactivate_vc(c->co, (co_vc_t)ctx);
	return c->sync ? CO_STATUS_SUCCESS : CO_STATUS_PENDING;
}

static void
cm_deactivated(void *arg, co_ctx_t ctx, enum co_status status)
{
	struct chain *c = arg;

	(void)status;
	if (!c->sync)
		co_cm_close_call_complete(c->co, (co_vc_t)ctx, CO_STATUS_SUCCESS);
}

static enum co_status
mp_create_vc(void *arg, co_vc_t vc, co_ctx_t *ctx)
{
	(void)arg;
	*ctx = vc;
	return CO_STATUS_SUCCESS;
}

static void
mp_initialize(void *arg, co_adapter_t handle)
{
	((struct chain *)arg)->adapter = handle;
}

static enum co_status
mp_activate_vc(void *arg, co_ctx_t ctx, struct co_media_params *media)
{
	(void)arg;
	(void)ctx;
	(void)media;
	return CO_STATUS_SUCCESS;
}

static enum co_status
mp_deactivate_vc(void *arg, co_ctx_t ctx)
{
	struct chain *c = arg;

	co_m_deactivate_vc_complete(c->co, (co_vc_t)ctx, CO_STATUS_SUCCESS);
	return CO_STATUS_PENDING;
}

/* ---- What no test here leads to. ---- */

static void
opened(void *arg, co_ctx_t ctx, enum co_status status, uint32_t handle)
{
	(void)arg;
	(void)ctx;
	(void)status;
	(void)handle;
	fail();
}

static void
ended(void *arg, co_ctx_t ctx, enum co_status status)
{
	opened(arg, ctx, status, CO_NONE);
}

static void
made(void *arg, co_ctx_t ctx, enum co_status status, const struct co_call_params *p)
{
	(void)p;
	ended(arg, ctx, status);
}

static enum co_status
offered(void *arg, co_ctx_t sap_ctx, co_ctx_t ctx, struct co_call_params *p)
{
	(void)sap_ctx;
	made(arg, ctx, CO_STATUS_SUCCESS, p);
	return CO_STATUS_FAILURE;
}

static void
connected(void *arg, co_ctx_t ctx)
{
	ended(arg, ctx, CO_STATUS_SUCCESS);
}

static void
packets(void *arg, co_ctx_t ctx, struct co_packet **pkts, uint32_t n)
{
	(void)pkts;
	(void)n;
	connected(arg, ctx);
}

static enum co_status
cm_register_sap(
	void *arg, co_ctx_t ctx, co_sap_t sap, const struct co_address *address, co_ctx_t *sap_ctx)
{
	(void)address;
	(void)sap_ctx;
	opened(arg, ctx, CO_STATUS_SUCCESS, sap);
	return CO_STATUS_FAILURE;
}

static void
cm_activated(void *arg, co_ctx_t ctx, enum co_status status, const struct co_media_params *media)
{
	(void)media;
	ended(arg, ctx, status);
}

static enum co_status
mp_oid_request(void *arg, bool has_vc, co_ctx_t ctx, struct co_oid_request *request)
{
	(void)has_vc;
	(void)request;
	connected(arg, ctx);
	return CO_STATUS_NOT_SUPPORTED;
}

static const struct co_client_ops client_ops = {
	.bound = cl_bound,
	.af_register_notify = cl_af,
	.close_call_complete = cl_closed,
	.incoming_close_call = cl_incoming_close,
	.open_af_complete = opened,
	.close_af_complete = ended,
	.register_sap_complete = opened,
	.deregister_sap_complete = ended,
	.create_vc = cm_create_vc,
	.delete_vc = delete_vc,
	.make_call_complete = made,
	.incoming_call = offered,
	.call_connected = connected,
	.send_complete = packets,
	.receive = packets,
};
static const struct co_callmgr_ops cm_ops = {
	.bound = cm_bound,
	.open_af = cm_open_af,
	.create_vc = cm_create_vc,
	.delete_vc = delete_vc,
	.make_call = cm_make_call,
	.close_call = cm_close_call,
	.deactivate_vc_complete = cm_deactivated,
	.close_af = delete_vc,
	.register_sap = cm_register_sap,
	.deregister_sap = delete_vc,
	.incoming_call_complete = made,
	.activate_vc_complete = cm_activated,
	.send_complete = packets,
	.receive = packets,
};
static const struct co_miniport_ops miniport_ops = {
	.initialize = mp_initialize,
	.create_vc = mp_create_vc,
	.delete_vc = delete_vc,
	.activate_vc = mp_activate_vc,
	.deactivate_vc = mp_deactivate_vc,
	.send = packets,
	.return_receive = packets,
	.oid_request = mp_oid_request,
};

static void
setup(struct chain *c)
{
	const struct co_limits limits = { .n_vcs = N_CALLS };
	co_protocol_t client, cm;
	uint32_t i;

	c->co = co_create(&limits, NULL);
	c->vcs = calloc(N_CALLS, sizeof(*c->vcs));
	assert_non_null(c->co);
	assert_non_null(c->vcs);
	co_register_adapter(c->co, &miniport_ops, c, NULL, NULL, "adapter", &c->adapter);
	co_register_client(c->co, &client_ops, c, "client", &client);
	co_register_callmgr(c->co, &cm_ops, c, "cm", &cm);
	assert_int_equal(co_bind(c->co, cm, c->adapter), CO_STATUS_SUCCESS);
	for (i = 0; i < N_CALLS; i++) {
		assert_int_equal(co_create_vc(c->co, c->client_binding, c->af, i, &c->vcs[i]),
			CO_STATUS_SUCCESS);
		assert_int_equal(co_cl_make_call(c->co, c->vcs[i], &params), CO_STATUS_SUCCESS);
	}
}

static void *
close_all(void *arg)
{
	close_next(arg);
	return NULL;
}

static void *
remote_closes_first(void *arg)
{
	struct chain *c = arg;

	c->n_next = N_CALLS; /* the chain goes by the indications alone */
	co_cm_dispatch_incoming_close_call(c->co, c->vcs[0], CO_STATUS_SUCCESS, no_data);
	return NULL;
}

static void
run(struct chain *c, void *(*chain)(void *))
{
	struct co_census census;
	pthread_attr_t attr;
	pthread_t thread;

	setup(c);
	assert_int_equal(pthread_attr_init(&attr), 0);
	assert_int_equal(pthread_attr_setstacksize(&attr, STACK_SIZE), 0);
	assert_int_equal(pthread_create(&thread, &attr, chain, c), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	pthread_attr_destroy(&attr);
	co_census(c->co, &census);
	assert_int_equal(c->n_closed, N_CALLS);
	assert_int_equal(c->n_deleted, N_CALLS);
	assert_int_equal(census.n_vcs, 0);
	assert_int_equal(census.n_calls, 0);
	assert_int_equal(census.n_illegal + census.n_unexpected_completions, 0);
	co_destroy(c->co);
	free(c->vcs);
}

/* ASYNC-8, CLOSE-39 */
static void
a_chain_of_closes_that_complete_at_once_uses_a_bounded_stack(void **state)
{
	struct chain c = { 0 };

	(void)state;
	run(&c, close_all);
}

/* ASYNC-2, ASYNC-8 */
static void
a_chain_of_closes_that_are_answered_at_once_uses_a_bounded_stack(void **state)
{
	struct chain c = { .sync = true };

	(void)state;
	run(&c, close_all);
}

/* ASYNC-8, INCLOSE-5 */
static void
a_chain_of_incoming_closes_uses_a_bounded_stack(void **state)
{
	struct chain c = { 0 };

	(void)state;
	run(&c, remote_closes_first);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_chain_of_closes_that_complete_at_once_uses_a_bounded_stack),
		cmocka_unit_test(a_chain_of_closes_that_are_answered_at_once_uses_a_bounded_stack),
		cmocka_unit_test(a_chain_of_incoming_closes_uses_a_bounded_stack),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
