/* SPDX-License-Identifier: BSD-3-Clause */
/* The circuits of a trunk's VCs, from activation to the end of their drain. */
#include "ethvc/trunk.h"

#include <errno.h>
#include <stdio.h>

#include "trunk_priv.h"

#define FLOWS_SIZE (((size_t)CP_POOL_MAX + 1) * sizeof(struct ethvc_flow))

enum co_status
ethvc_status_of_errno(int err)
{
	switch (err) {
	case 0:
		return CO_STATUS_SUCCESS;
	case -ENOMEM:
	case -ENOSPC:
	case -ENOBUFS:
		return CO_STATUS_RESOURCES;
	case -EINVAL:
	case -ENOENT:
		return CO_STATUS_INVALID_DATA;
	case -EMSGSIZE:
		return CO_STATUS_INVALID_LENGTH;
	case -EEXIST:
	case -EBUSY:
		return CO_STATUS_NOT_ACCEPTED;
	default:
		return CO_STATUS_FAILURE;
	}
}

/* ---- Activation. ---- */

/* ACT-5: of an active VC the rates can change; another label is impossible. */
static enum co_status
change(struct ethvc_trunk *t, const struct ethvc_vc_name *vc, const struct co_media_params *media,
	const struct ethvc_plan *plan)
{
	if (media->label != vc->label)
		return CO_STATUS_INVALID_DATA;
	return ethvc_plan_apply(t, vc->circuit, vc->cookie, plan, false);
}

static int
open_circuit(struct ethvc_trunk *t, const struct ethvc_vc_name *vc,
	const struct co_media_params *media, dp_circuit_t *circuit)
{
	if ((media->flags & CO_MEDIA_F_LEAF) != 0)
		return dp_leaf_open(t->dp, t->trunk, media->label, vc->cookie, circuit);
	return dp_circuit_open(
		t->dp, t->trunk, media->label, media->signalling, vc->cookie, circuit);
}

/* A circuit without its meter ends at once; it is nobody's, so the driver passes over its end. */
static enum co_status
open_metered(struct ethvc_trunk *t, const struct ethvc_vc_name *vc,
	const struct co_media_params *media, const struct ethvc_plan *plan, dp_circuit_t *circuit)
{
	dp_circuit_t opened;
	enum co_status status;
	int err;

	err = open_circuit(t, vc, media, &opened);
	if (err != 0)
		return ethvc_status_of_errno(err);
	t->n_circuits++;
	status = ethvc_plan_apply(t, opened, vc->cookie, plan, true);
	if (status == CO_STATUS_SUCCESS)
		*circuit = opened;
	else
		ethvc_vc_unlink(t, opened);
	return status;
}

/* A CM's own VC receives from the first frame on, so its record comes first. */
static enum co_status
open_signalling(struct ethvc_trunk *t, const struct ethvc_vc_name *vc,
	const struct co_media_params *media, const struct ethvc_plan *plan, dp_circuit_t *circuit)
{
	struct ethvc_local *l = ethvc_local_get(t, vc);
	enum co_status status;

	if (l == NULL)
		return CO_STATUS_RESOURCES;
	status = open_metered(t, vc, media, plan, circuit);
	if (status != CO_STATUS_SUCCESS) {
		ethvc_local_put(t, l);
		return status;
	}
	l->circuit = *circuit;
	l->receives = !plan->send_only;
	return status;
}

static enum co_status
open_or_change(struct ethvc_trunk *t, const struct ethvc_vc_name *vc,
	const struct co_media_params *media, const struct ethvc_plan *plan, dp_circuit_t *circuit)
{
	enum co_status status;

	if (vc->circuit != 0)
		status = change(t, vc, media, plan);
	else if (media->signalling)
		status = open_signalling(t, vc, media, plan, circuit);
	else
		status = open_metered(t, vc, media, plan, circuit);
	if (status != CO_STATUS_SUCCESS)
		t->refusals[status == CO_STATUS_INVALID_DATA ? ETHVC_REFUSED_RATES
							     : ETHVC_REFUSED_RESOURCES]++;
	return status;
}

enum co_status
ethvc_vc_activate(struct ethvc_trunk *t, const struct ethvc_vc_name *vc,
	struct co_media_params *media, dp_circuit_t *circuit)
{
	struct ethvc_share before;
	struct ethvc_plan plan;
	enum co_status status;

	status = ethvc_plan(t, media, &plan);
	if (status != CO_STATUS_SUCCESS) {
		t->refusals[ETHVC_REFUSED_RATES]++;
		return status;
	}
	status = ethvc_admit(t, vc, media, &before);
	if (status != CO_STATUS_SUCCESS)
		return status;
	status = open_or_change(t, vc, media, &plan, circuit);
	if (status != CO_STATUS_SUCCESS) {
		ethvc_admit_undo(t, vc, &before);
		return status;
	}
	media->rx = plan.used_rx;
	media->tx = plan.used_tx;
	return status;
}

/* ---- Deactivation. ---- */

void
ethvc_vc_unlink(struct ethvc_trunk *t, dp_circuit_t circuit)
{
	dp_circuit_unlink(t->dp, &circuit, 1);
}

void
ethvc_vc_deactivate(struct ethvc_trunk *t, const struct ethvc_vc_name *vc)
{
	struct ethvc_local *l = ethvc_local_at(t, vc->vc);

	ethvc_vc_release(t, vc->cookie);
	if (likely(l == NULL)) {
		ethvc_vc_unlink(t, vc->circuit);
		return;
	}
	l->since_ns = t->now_ns;
	l->state = l->n_queued != 0 ? LOCAL_ST_LINGERING : LOCAL_ST_UNLINKED;
	if (l->state == LOCAL_ST_UNLINKED)
		ethvc_vc_unlink(t, vc->circuit);
}

void
ethvc_vc_drained(struct ethvc_trunk *t, dp_circuit_t circuit, uint32_t cookie)
{
	t->n_circuits--;
	if (t->drained != NULL)
		t->drained(t->drained_arg, circuit, cookie);
}

/* I1: no worker holds the circuit. A client may yet hold what came in on it (DEACT-2). */
bool
ethvc_vc_reclaimed(struct ethvc_trunk *t, co_vc_t vc, dp_circuit_t circuit)
{
	struct ethvc_local *l = ethvc_local_at(t, vc);

	if (unlikely(co_is_observed(t->co)) && vc != CO_NONE)
		ethvc_vc_tell_final(t, vc, circuit);
	if (unlikely(l != NULL && l->circuit == circuit)) {
		if (l->receives_out != 0) {
			l->state = LOCAL_ST_HELD;
			ethvc_local_be_busy(t, l);
			return false;
		}
		ethvc_local_put(t, l);
	}
	t->n_circuits--;
	return true;
}

/* ---- Life. ---- */

static uint32_t
or_default(uint32_t value, uint32_t otherwise)
{
	return value != 0 ? value : otherwise;
}

static void
set_config(struct ethvc_trunk *t, const struct ethvc_config *config)
{
	struct ethvc_config *c = &t->config;

	*c = *config;
	c->n_locals = or_default(c->n_locals, 1024);
	c->n_packets = or_default(c->n_packets, 1024);
	c->n_queued = or_default(c->n_queued, 4096);
	if (c->linger_ns == 0)
		c->linger_ns = UINT64_C(1000000000);
	if (c->overdue_ns == 0)
		c->overdue_ns = UINT64_C(10000000000);
}

int
ethvc_trunk_configure(struct ethvc_trunk *t, const struct ethvc_config *config)
{
	int err;

	if (t->n_circuits != 0 || t->n_locals != 0)
		return -EBUSY;
	ethvc_port_fini(t);
	ethvc_locals_fini(t);
	set_config(t, config);
	err = ethvc_locals_init(t);
	return err != 0 ? err : ethvc_port_init(t);
}

void
ethvc_trunk_retune(struct ethvc_trunk *t, uint64_t bandwidth, const struct ethvc_excess *excess)
{
	t->config.bandwidth = bandwidth;
	t->config.excess = *excess;
}

int
ethvc_trunk_create(struct co *co, struct dp *dp, uint16_t trunk, const char *name,
	const struct cp_mem *mem, struct ethvc_trunk **out)
{
	static const struct ethvc_config plain = { .port = ETHVC_NO_PORT };
	struct ethvc_trunk *t = cp_mem_alloc(mem, sizeof(*t), name);
	int err;

	if (t == NULL)
		return -ENOMEM;
	t->co = co;
	t->dp = dp;
	t->trunk = trunk;
	t->mem = mem;
	t->ethdev = UINT16_MAX;
	snprintf(t->name, sizeof(t->name), "%s", name);
	t->flows = cp_mem_map_sparse(FLOWS_SIZE);
	err = ethvc_shares_init(t) && t->flows != NULL ? ethvc_trunk_configure(t, &plain) : -ENOMEM;
	if (err != 0) {
		ethvc_trunk_destroy(t);
		return err;
	}
	*out = t;
	return 0;
}

void
ethvc_trunk_destroy(struct ethvc_trunk *t)
{
	if (t == NULL)
		return;
	ethvc_port_fini(t);
	ethvc_locals_fini(t);
	ethvc_shares_fini(t);
	cp_mem_unmap_sparse(t->flows, FLOWS_SIZE);
	cp_mem_free(t->mem, t);
}

void
ethvc_trunk_set_adapter(struct ethvc_trunk *t, co_adapter_t adapter)
{
	t->adapter = adapter;
}

void
ethvc_trunk_set_drained(struct ethvc_trunk *t, ethvc_drained_fn fn, void *arg)
{
	t->drained = fn;
	t->drained_arg = arg;
}

uint32_t
ethvc_trunk_n_circuits(const struct ethvc_trunk *t)
{
	return t->n_circuits;
}

enum co_status
ethvc_trunk_halt(struct ethvc_trunk *t)
{
	if (t->n_circuits == 0)
		return CO_STATUS_SUCCESS;
	t->halting = true;
	return CO_STATUS_PENDING;
}

void
ethvc_trunk_turn(struct ethvc_trunk *t, uint64_t now_ns)
{
	t->now_ns = now_ns;
	ethvc_locals_turn(t);
	ethvc_port_turn(t);
	if (unlikely(t->halting) && t->n_circuits == 0) {
		t->halting = false;
		co_m_halt_complete(t->co, t->adapter);
	}
}
