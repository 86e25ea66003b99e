/* SPDX-License-Identifier: BSD-3-Clause */
#include "ethvc/ethvc.h"

#include <errno.h>

#include "base/log.h"
#include "base/pool.h"

struct ethvc_vc {
	co_vc_t vc;
	dp_circuit_t circuit; /* 0: not active */
	uint32_t label;
};

struct ethvc {
	struct co *co;
	struct dp *dp;
	const struct cp_mem *mem;
	struct cp_pool vcs;
	co_adapter_t adapter;
	uint16_t trunk;
};

enum co_status
ethvc_status_of_errno(int err)
{
	switch (err) {
	case 0:
		return CO_STATUS_SUCCESS;
	case -ENOMEM:
	case -ENOSPC:
		return CO_STATUS_RESOURCES;
	case -EINVAL:
	case -ENOENT:
		return CO_STATUS_INVALID_DATA;
	case -EEXIST:
	case -EBUSY:
		return CO_STATUS_NOT_ACCEPTED;
	default:
		return CO_STATUS_FAILURE;
	}
}

static enum co_status
query_statistics(struct dp *dp, dp_circuit_t circuit, struct co_vc_statistics *out)
{
	struct dp_circuit_stats stats;
	int err = dp_circuit_stats(dp, circuit, &stats);

	if (err != 0)
		return ethvc_status_of_errno(err);
	*out = (struct co_vc_statistics){
		.rx_packets = stats.rx_packets,
		.rx_octets = stats.rx_octets,
		.tx_packets = stats.tx_packets,
		.tx_octets = stats.tx_octets,
		.drops = stats.drops,
	};
	return CO_STATUS_SUCCESS;
}

enum co_status
ethvc_circuit_oid(struct dp *dp, dp_circuit_t circuit, enum co_oid oid, void *buffer, uint32_t size)
{
	uint32_t expected =
		oid == CO_OID_VC_STATISTICS ? sizeof(struct co_vc_statistics) : sizeof(uint32_t);

	if (size != expected)
		return CO_STATUS_INVALID_LENGTH;
	if (circuit == 0)
		return CO_STATUS_NOT_ACCEPTED; /* not active */
	switch (oid) {
	case CO_OID_VC_ATTACH:
		return ethvc_status_of_errno(dp_circuit_attach(dp, circuit, *(uint32_t *)buffer));
	case CO_OID_VC_CIRCUIT:
		*(uint32_t *)buffer = circuit;
		return CO_STATUS_SUCCESS;
	case CO_OID_VC_JOIN:
		return ethvc_status_of_errno(dp_circuit_join(dp, circuit, *(uint32_t *)buffer));
	case CO_OID_VC_STATISTICS:
		return query_statistics(dp, circuit, buffer);
	}
	return CO_STATUS_INVALID_OID;
}

/* ---- Handlers. ---- */

static void
on_initialize(void *adapter, co_adapter_t handle)
{
	((struct ethvc *)adapter)->adapter = handle;
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

	return cp_pool_put(&e->vcs, (uint32_t)vc_ctx) == 0 ? CO_STATUS_SUCCESS : CO_STATUS_FAILURE;
}

/* ACT-5: an active VC whose label stays needs nothing done; another label is impossible. */
static enum co_status
on_activate_vc(void *adapter, co_ctx_t vc_ctx, struct co_media_params *media)
{
	struct ethvc *e = adapter;
	struct ethvc_vc *v = cp_pool_at(&e->vcs, (uint32_t)vc_ctx);

	if (v == NULL)
		return CO_STATUS_FAILURE;
	if (v->circuit != 0)
		return media->label == v->label ? CO_STATUS_SUCCESS : CO_STATUS_INVALID_DATA;
	v->label = media->label;
	return ethvc_status_of_errno(dp_circuit_open(
		e->dp, e->trunk, media->label, media->signalling, vc_ctx, &v->circuit));
}

static enum co_status
on_deactivate_vc(void *adapter, co_ctx_t vc_ctx)
{
	struct ethvc *e = adapter;
	struct ethvc_vc *v = cp_pool_at(&e->vcs, (uint32_t)vc_ctx);

	if (v == NULL || v->circuit == 0)
		return CO_STATUS_SUCCESS; /* DEACT-6: nothing to refuse */
	dp_circuit_unlink(e->dp, &v->circuit, 1);
	return CO_STATUS_PENDING; /* until on_reclaimed() */
}

/* DEACT-2, I1: no worker can hold the circuit any more. */
static void
on_reclaimed(void *arg, dp_circuit_t circuit, uint64_t cookie)
{
	struct ethvc *e = arg;
	struct ethvc_vc *v = cp_pool_at(&e->vcs, (uint32_t)cookie);

	if (v == NULL || v->circuit != circuit)
		return;
	v->circuit = 0;
	co_m_deactivate_vc_complete(e->co, v->vc, CO_STATUS_SUCCESS);
}

/* The frame is built and copied before this returns, so each packet is free at once (SEND-5). */
static void
on_send(void *adapter, co_ctx_t vc_ctx, struct co_packet **pkts, uint32_t n)
{
	struct ethvc *e = adapter;
	const struct ethvc_vc *v = cp_pool_at(&e->vcs, (uint32_t)vc_ctx);
	uint32_t i;

	if (v == NULL || n == 0)
		return;
	for (i = 0; i < n; i++)
		pkts[i]->status = ethvc_status_of_errno(
			dp_trunk_send(e->dp, e->trunk, v->label, pkts[i]->data, pkts[i]->len));
	co_m_send_complete(e->co, v->vc, pkts, n);
}

/* Packets are indicated from the stack of on_frame() and are back before it returns. */
static void
on_return_receive(void *adapter, co_ctx_t vc_ctx, struct co_packet **pkts, uint32_t n)
{
	uint32_t i;

	(void)adapter;
	(void)vc_ctx;
	for (i = 0; i < n; i++)
		pkts[i]->owner = NULL;
}

static enum co_status
on_oid_request(void *adapter, co_ctx_t vc_ctx, enum co_oid oid, void *buffer, uint32_t size)
{
	struct ethvc *e = adapter;
	const struct ethvc_vc *v = cp_pool_at(&e->vcs, (uint32_t)vc_ctx);

	if (v == NULL)
		return CO_STATUS_FAILURE;
	return ethvc_circuit_oid(e->dp, v->circuit, oid, buffer, size);
}

static void
on_frame(void *arg, uint64_t cookie, const uint8_t *payload, uint32_t len)
{
	struct ethvc *e = arg;
	const struct ethvc_vc *v = cp_pool_at(&e->vcs, (uint32_t)cookie);
	struct co_packet packet = { .len = len }, *p = &packet;

	if (v == NULL)
		return;
	packet.data = (uint8_t *)(uintptr_t)payload;
	packet.vc = v->vc;
	packet.owner = e;
	co_m_indicate_receive(e->co, v->vc, &p, 1);
}

static const struct co_miniport_ops ops = {
	.initialize = on_initialize,
	.create_vc = on_create_vc,
	.delete_vc = on_delete_vc,
	.activate_vc = on_activate_vc,
	.deactivate_vc = on_deactivate_vc,
	.send = on_send,
	.return_receive = on_return_receive,
	.oid_request = on_oid_request,
};

/* ---- Life. ---- */

/* What the dataplane still has to say finds nobody. */
static void
deafen(struct ethvc *e)
{
	dp_trunk_set_reclaimed(e->dp, e->trunk, NULL, NULL);
	dp_trunk_set_control_rx(e->dp, e->trunk, NULL, NULL);
}

int
ethvc_create(struct co *co, struct dp *dp, uint16_t trunk, uint32_t n_vcs, const char *name,
	const struct cp_mem *mem, struct ethvc **out)
{
	struct ethvc *e = cp_mem_alloc(mem, sizeof(*e), name);
	int err = -ENOMEM;

	if (e == NULL)
		return -ENOMEM;
	e->co = co;
	e->dp = dp;
	e->trunk = trunk;
	e->mem = mem;
	if (cp_pool_init(&e->vcs, n_vcs, sizeof(struct ethvc_vc), mem, "ethvc vcs") != 0)
		goto free_e;
	dp_trunk_set_reclaimed(dp, trunk, on_reclaimed, e);
	dp_trunk_set_control_rx(dp, trunk, on_frame, e);
	err = -EIO;
	if (co_register_adapter(co, &ops, e, NULL, NULL, name, &e->adapter) != CO_STATUS_SUCCESS)
		goto free_vcs;
	*out = e;
	return 0;

free_vcs:
	deafen(e);
	cp_pool_fini(&e->vcs);
free_e:
	cp_mem_free(mem, e);
	return err;
}

void
ethvc_destroy(struct ethvc *e)
{
	if (e == NULL)
		return;
	deafen(e);
	cp_pool_fini(&e->vcs);
	cp_mem_free(e->mem, e);
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
