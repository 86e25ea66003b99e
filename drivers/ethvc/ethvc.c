/* SPDX-License-Identifier: BSD-3-Clause */
#include "ethvc/ethvc.h"

#include <errno.h>

#include "base/pool.h"

struct ethvc_vc {
	co_vc_t vc;
	dp_circuit_t circuit; /* 0: not active */
	uint32_t label;
};

struct ethvc {
	struct co *co;
	struct dp *dp;
	struct ethvc_trunk *circuits;
	const struct cp_mem *mem;
	struct cp_pool vcs;
	co_adapter_t adapter;
	uint16_t trunk;
};

static struct ethvc_vc_name
name_of(const struct ethvc_vc *v, co_ctx_t vc_ctx)
{
	return (struct ethvc_vc_name){
		.vc = v->vc, .circuit = v->circuit, .label = v->label, .cookie = (uint32_t)vc_ctx
	};
}

/* ---- Handlers: VCs. ---- */

static void
on_initialize(void *adapter, co_adapter_t handle)
{
	struct ethvc *e = adapter;

	e->adapter = handle;
	ethvc_trunk_set_adapter(e->circuits, handle);
}

static enum co_status
on_create_vc(void *adapter, co_vc_t vc, co_ctx_t *vc_ctx)
{
	struct ethvc *e = adapter;
	uint32_t handle = cp_pool_get(&e->vcs);
	struct ethvc_vc *v = cp_pool_at(&e->vcs, handle);

	if (v == NULL)
		return CO_STATUS_RESOURCES;
	v->vc = vc;
	*vc_ctx = handle;
	return CO_STATUS_SUCCESS;
}

static enum co_status
on_delete_vc(void *adapter, co_ctx_t vc_ctx)
{
	struct ethvc *e = adapter;

	ethvc_vc_release(e->circuits, vc_ctx); /* of a call that has not come about */
	return cp_pool_put(&e->vcs, (uint32_t)vc_ctx) == 0 ? CO_STATUS_SUCCESS : CO_STATUS_FAILURE;
}

static enum co_status
on_activate_vc(void *adapter, co_ctx_t vc_ctx, struct co_media_params *media)
{
	struct ethvc *e = adapter;
	struct ethvc_vc *v = cp_pool_at(&e->vcs, (uint32_t)vc_ctx);
	struct ethvc_vc_name name;
	enum co_status status;

	if (v == NULL)
		return CO_STATUS_FAILURE;
	name = name_of(v, vc_ctx);
	status = ethvc_vc_activate(e->circuits, &name, media, &v->circuit);
	if (status == CO_STATUS_SUCCESS)
		v->label = media->label;
	return status;
}

static enum co_status
on_deactivate_vc(void *adapter, co_ctx_t vc_ctx)
{
	struct ethvc *e = adapter;
	const struct ethvc_vc *v = cp_pool_at(&e->vcs, (uint32_t)vc_ctx);
	struct ethvc_vc_name name;

	if (v == NULL || v->circuit == 0)
		return CO_STATUS_SUCCESS; /* DEACT-6: nothing to refuse */
	name = name_of(v, vc_ctx);
	ethvc_vc_deactivate(e->circuits, &name);
	return CO_STATUS_PENDING; /* until drained() */
}

/* DEACT-2, I1: no worker can hold the circuit any more. */
static void
drained(struct ethvc *e, struct ethvc_vc *v, dp_circuit_t circuit)
{
	if (v == NULL || v->circuit != circuit)
		return;
	v->circuit = 0;
	co_m_deactivate_vc_complete(e->co, v->vc, CO_STATUS_SUCCESS);
}

static void
on_drained(void *arg, dp_circuit_t circuit, uint32_t cookie)
{
	struct ethvc *e = arg;

	drained(e, cp_pool_at(&e->vcs, cookie), circuit);
}

/* ---- Handlers: data. ---- */

static void
on_send(void *adapter, co_ctx_t vc_ctx, struct co_packet **pkts, uint32_t n)
{
	struct ethvc *e = adapter;
	const struct ethvc_vc *v = cp_pool_at(&e->vcs, (uint32_t)vc_ctx);
	struct ethvc_vc_name name;

	if (v == NULL || n == 0)
		return;
	name = name_of(v, vc_ctx);
	ethvc_vc_send(e->circuits, &name, pkts, n);
}

static void
on_cancel_send(void *adapter, co_ctx_t vc_ctx, uint64_t cancel_id)
{
	struct ethvc *e = adapter;
	const struct ethvc_vc *v = cp_pool_at(&e->vcs, (uint32_t)vc_ctx);
	struct ethvc_vc_name name;

	if (v == NULL)
		return;
	name = name_of(v, vc_ctx);
	ethvc_vc_cancel(e->circuits, &name, cancel_id);
}

static void
on_return_receive(void *adapter, co_ctx_t vc_ctx, struct co_packet **pkts, uint32_t n)
{
	(void)vc_ctx; /* each packet knows its own */
	ethvc_trunk_return(((struct ethvc *)adapter)->circuits, pkts, n);
}

/* ---- Handlers: the adapter. ---- */

static enum co_status
on_oid_request(void *adapter, bool has_vc, co_ctx_t vc_ctx, struct co_oid_request *request)
{
	struct ethvc *e = adapter;
	const struct ethvc_vc *v = has_vc ? cp_pool_at(&e->vcs, (uint32_t)vc_ctx) : NULL;
	struct ethvc_vc_name name;

	if (!has_vc)
		return ethvc_trunk_oid(e->circuits, NULL, request);
	if (v == NULL)
		return CO_STATUS_FAILURE;
	name = name_of(v, vc_ctx);
	return ethvc_trunk_oid(e->circuits, &name, request);
}

static enum co_status
on_reset(void *adapter)
{
	return ethvc_trunk_reset(((struct ethvc *)adapter)->circuits);
}

static enum co_status
on_halt(void *adapter)
{
	return ethvc_trunk_halt(((struct ethvc *)adapter)->circuits);
}

static const struct co_miniport_ops ops = {
	.initialize = on_initialize,
	.create_vc = on_create_vc,
	.delete_vc = on_delete_vc,
	.activate_vc = on_activate_vc,
	.deactivate_vc = on_deactivate_vc,
	.send = on_send,
	.return_receive = on_return_receive,
	.cancel_send = on_cancel_send,
	.oid_request = on_oid_request,
	.reset = on_reset,
	.halt = on_halt,
};

/* ---- From the dataplane. ---- */

static co_vc_t
vc_of(const struct ethvc *e, uint32_t cookie)
{
	const struct ethvc_vc *v = cp_pool_at(&e->vcs, cookie);

	return v != NULL ? v->vc : CO_NONE;
}

static void
on_reclaimed(void *arg, dp_circuit_t circuit, uint32_t cookie)
{
	struct ethvc *e = arg;
	struct ethvc_vc *v = cp_pool_at(&e->vcs, cookie);

	if (ethvc_vc_reclaimed(e->circuits, v != NULL ? v->vc : CO_NONE, circuit))
		drained(e, v, circuit);
}

static bool
on_frame(void *arg, uint32_t cookie, const uint8_t *payload, uint32_t len, struct rte_mbuf *frame)
{
	struct ethvc *e = arg;

	return ethvc_vc_receive(e->circuits, vc_of(e, cookie), payload, len, frame);
}

/* What the dataplane still has to say finds nobody. */
static void
deafen(struct ethvc *e)
{
	dp_trunk_set_reclaimed(e->dp, e->trunk, NULL, NULL);
	dp_trunk_set_control_rx(e->dp, e->trunk, NULL, NULL);
}

/* ---- Life. ---- */

static int
create_parts(struct ethvc *e, uint32_t n_vcs, const char *name)
{
	int err;

	err = cp_pool_init(&e->vcs, n_vcs, sizeof(struct ethvc_vc), e->mem, "ethvc vcs");
	if (err != 0)
		return err;
	err = ethvc_trunk_create(e->co, e->dp, e->trunk, name, e->mem, &e->circuits);
	if (err != 0)
		return err;
	ethvc_trunk_set_drained(e->circuits, on_drained, e);
	dp_trunk_set_reclaimed(e->dp, e->trunk, on_reclaimed, e);
	dp_trunk_set_control_rx(e->dp, e->trunk, on_frame, e);
	return 0;
}

int
ethvc_create(struct co *co, struct dp *dp, uint16_t trunk, uint32_t n_vcs, const char *name,
	const struct cp_mem *mem, struct ethvc **out)
{
	struct ethvc *e = cp_mem_alloc(mem, sizeof(*e), name);
	int err;

	if (e == NULL)
		return -ENOMEM;
	e->co = co;
	e->dp = dp;
	e->trunk = trunk;
	e->mem = mem;
	err = create_parts(e, n_vcs, name);
	if (err != 0)
		goto destroy;
	err = -EIO;
	if (co_register_adapter(co, &ops, e, NULL, NULL, name, &e->adapter) != CO_STATUS_SUCCESS)
		goto destroy;
	*out = e;
	return 0;

destroy:
	ethvc_destroy(e);
	return err;
}

void
ethvc_destroy(struct ethvc *e)
{
	if (e == NULL)
		return;
	deafen(e);
	ethvc_trunk_destroy(e->circuits);
	cp_pool_fini(&e->vcs);
	cp_mem_free(e->mem, e);
}

int
ethvc_configure(struct ethvc *e, const struct ethvc_config *config)
{
	return ethvc_trunk_configure(e->circuits, config);
}

void
ethvc_retune(struct ethvc *e, uint64_t bandwidth, const struct ethvc_excess *excess)
{
	ethvc_trunk_retune(e->circuits, bandwidth, excess);
}

void
ethvc_turn(struct ethvc *e, uint64_t now_ns)
{
	ethvc_trunk_turn(e->circuits, now_ns);
}

void
ethvc_overdue(const struct ethvc *e, struct ethvc_overdue *out)
{
	ethvc_trunk_overdue(e->circuits, out);
}

void
ethvc_admission(const struct ethvc *e, struct ethvc_admission *out)
{
	ethvc_trunk_admission(e->circuits, out);
}

void
ethvc_removed(struct ethvc *e)
{
	ethvc_trunk_removed(e->circuits);
}

co_adapter_t
ethvc_adapter(const struct ethvc *e)
{
	return e->adapter;
}

uint32_t
ethvc_n_vcs(const struct ethvc *e)
{
	return cp_pool_n_used(&e->vcs);
}
