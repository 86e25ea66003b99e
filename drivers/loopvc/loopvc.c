/* SPDX-License-Identifier: BSD-3-Clause */
#include "loopvc/loopvc.h"

#include <errno.h>

#include "loopvc_priv.h"

/* SIG-2: labels below belong to MPLS itself and are never VCs. */
#define FIRST_LABEL 16u

/* Every loop of the process, the newest first: circuit numbers are unique among them. */
static struct loopvc *loops;

/*
 * A circuit is the VC's handle, its index moved up by where the loop's numbers begin: it keeps its
 * generation, so a stale one finds nobody (I9).
 */
struct loopvc_vc *
loopvc_circuit_find(uint32_t circuit, struct loopvc **lv)
{
	uint32_t idx = cp_handle_idx(circuit);
	struct loopvc *l;

	for (l = loops; l != NULL; l = l->next_loop) {
		struct loopvc_vc *v;

		if (idx < l->first_circuit || idx - l->first_circuit >= l->vcs.n_max)
			continue;
		v = cp_pool_at(&l->vcs, circuit - l->first_circuit);
		*lv = l;
		return v != NULL && v->state == VC_ST_ACTIVE ? v : NULL;
	}
	return NULL;
}

static uint32_t
circuit_of(const struct loopvc *lv, uint32_t handle)
{
	return handle + lv->first_circuit;
}

/* ---- Activation and deactivation. ---- */

static void
wait_for_turn(struct loopvc *lv, struct loopvc_vc *v, uint32_t handle)
{
	struct loopvc_vc *tail = loopvc_vc_at(lv, lv->wait_tail);

	v->wait_next = CP_HANDLE_NONE;
	if (tail != NULL)
		tail->wait_next = handle;
	else
		lv->wait_head = handle;
	lv->wait_tail = handle;
	lv->n_wait++;
}

static uint32_t *
label_slot(struct loopvc *lv, const struct loopvc_vc *v)
{
	return &lv->ends[v->end].labels[v->media.label];
}

static void
activated(struct loopvc *lv, struct loopvc_vc *v)
{
	v->state = VC_ST_ACTIVE;
	lv->n_active++;
}

static void
unlink_circuit(struct loopvc *lv, struct loopvc_vc *v)
{
	struct loopvc *other;
	struct loopvc_vc *joined = loopvc_circuit_find(v->joined, &other);

	if (joined != NULL)
		joined->joined = 0;
	v->joined = 0;
	v->attached = false;
	*label_slot(lv, v) = CP_HANDLE_NONE;
	v->state = VC_ST_DRAINING;
	lv->n_active--;
}

/* DEACT-2 */
static bool
is_drained(const struct loopvc *lv, const struct loopvc_vc *v)
{
	return v->sends_out == 0 && v->receives_out == 0 && lv->turn >= v->due_turn;
}

/* True when @p v waits no longer; the completion may then delete it or use it again. */
static bool
try_complete(struct loopvc *lv, struct loopvc_vc *v)
{
	struct co *co = loopvc_co(lv, v);
	struct co_media_params media = v->media;

	if (v->state == VC_ST_ACTIVATING) {
		if (lv->turn < v->due_turn)
			return false;
		activated(lv, v);
		co_m_activate_vc_complete(co, v->vc, CO_STATUS_SUCCESS, &media);
		return true;
	}
	if (!is_drained(lv, v))
		return false;
	v->state = VC_ST_INACTIVE;
	co_m_deactivate_vc_complete(co, v->vc, CO_STATUS_SUCCESS);
	return true;
}

static void
complete_waiting(struct loopvc *lv)
{
	uint32_t n = lv->n_wait; /* those that begin to wait meanwhile are not looked at */
	uint32_t handle;
	struct loopvc_vc *v;

	while (n-- > 0) {
		handle = lv->wait_head;
		v = loopvc_vc_at(lv, handle);
		lv->wait_head = v->wait_next;
		if (lv->wait_head == CP_HANDLE_NONE)
			lv->wait_tail = CP_HANDLE_NONE;
		lv->n_wait--;
		if (!try_complete(lv, v))
			wait_for_turn(lv, v, handle);
	}
}

/* ---- Handlers; the adapter is a struct loopvc_port. ---- */

static void
on_initialize(void *adapter, co_adapter_t handle)
{
	((struct loopvc_port *)adapter)->adapter = handle;
}

static enum co_status
on_create_vc(void *adapter, co_vc_t vc, co_ctx_t *vc_ctx)
{
	struct loopvc_port *e = adapter;
	uint32_t handle = cp_pool_get(&e->lv->vcs);
	struct loopvc_vc *v = loopvc_vc_at(e->lv, handle);

	if (v == NULL)
		return CO_STATUS_RESOURCES;
	v->vc = vc;
	v->end = (uint8_t)(e - e->lv->ends);
	*vc_ctx = handle;
	return CO_STATUS_SUCCESS;
}

static enum co_status
on_delete_vc(void *adapter, co_ctx_t vc_ctx)
{
	struct loopvc *lv = ((struct loopvc_port *)adapter)->lv;
	const struct loopvc_vc *v = loopvc_vc_at(lv, vc_ctx);

	if (v == NULL)
		return CO_STATUS_FAILURE;
	if (v->state != VC_ST_INACTIVE)
		return CO_STATUS_NOT_ACCEPTED;
	cp_pool_put(&lv->vcs, (uint32_t)vc_ctx);
	return CO_STATUS_SUCCESS;
}

/* ACT-5: an active VC whose label stays needs nothing done; another label is impossible. */
static enum co_status
on_activate_vc(void *adapter, co_ctx_t vc_ctx, struct co_media_params *media)
{
	struct loopvc_port *e = adapter;
	struct loopvc *lv = e->lv;
	struct loopvc_vc *v = loopvc_vc_at(lv, vc_ctx);

	if (v == NULL)
		return CO_STATUS_FAILURE;
	if (v->state == VC_ST_ACTIVE)
		return media->label == v->media.label ? CO_STATUS_SUCCESS : CO_STATUS_INVALID_DATA;
	if (lv->options.refuse_activation)
		return CO_STATUS_RESOURCES;
	if (media->label < FIRST_LABEL || media->label >= LOOPVC_N_LABELS ||
		e->labels[media->label] != CP_HANDLE_NONE)
		return CO_STATUS_INVALID_DATA;
	v->media = *media;
	v->stats = (struct co_vc_statistics){ 0 };
	*label_slot(lv, v) = (uint32_t)vc_ctx;
	if (lv->options.activate_turns == 0) {
		activated(lv, v);
		return CO_STATUS_SUCCESS;
	}
	v->state = VC_ST_ACTIVATING;
	v->due_turn = lv->turn + lv->options.activate_turns;
	wait_for_turn(lv, v, (uint32_t)vc_ctx);
	return CO_STATUS_PENDING;
}

static enum co_status
on_deactivate_vc(void *adapter, co_ctx_t vc_ctx)
{
	struct loopvc *lv = ((struct loopvc_port *)adapter)->lv;
	struct loopvc_vc *v = loopvc_vc_at(lv, vc_ctx);

	if (v == NULL || v->state != VC_ST_ACTIVE)
		return CO_STATUS_SUCCESS; /* DEACT-6: nothing to refuse */
	unlink_circuit(lv, v);
	v->due_turn = lv->turn + lv->options.deactivate_turns;
	if (is_drained(lv, v)) {
		v->state = VC_ST_INACTIVE;
		return CO_STATUS_SUCCESS;
	}
	wait_for_turn(lv, v, (uint32_t)vc_ctx);
	return CO_STATUS_PENDING;
}

static void
on_send(void *adapter, co_ctx_t vc_ctx, struct co_packet **pkts, uint32_t n)
{
	struct loopvc_port *e = adapter;
	struct loopvc *lv = e->lv;
	bool hold = lv->options.hold_sends;
	struct loopvc_vc *v;
	uint32_t i;

	for (i = 0; i < n; i++) {
		struct co_packet *p = pkts[i];
		co_vc_t vc = p->vc;

		/* Each time anew: a completion may have ended the VC. */
		v = loopvc_vc_at(lv, vc_ctx);
		p->status = v != NULL && v->state == VC_ST_ACTIVE
				    ? wire_put(lv, v, p->data, p->len, hold ? p : NULL,
					      (uint32_t)vc_ctx)
				    : CO_STATUS_FAILURE;
		if (hold && p->status == CO_STATUS_SUCCESS)
			v->sends_out++;
		else
			co_m_send_complete(e->co, vc, &p, 1);
	}
}

static void
on_return_receive(void *adapter, co_ctx_t vc_ctx, struct co_packet **pkts, uint32_t n)
{
	struct loopvc *lv = ((struct loopvc_port *)adapter)->lv;
	struct loopvc_vc *v = loopvc_vc_at(lv, vc_ctx);
	uint32_t i;

	for (i = 0; i < n; i++)
		wire_return(lv, pkts[i]);
	if (v != NULL)
		v->receives_out -= n;
}

/* ---- Requests about a VC. ---- */

static enum co_status
join(struct loopvc_vc *v, uint32_t self, uint32_t circuit)
{
	struct loopvc *other;
	struct loopvc_vc *w = loopvc_circuit_find(circuit, &other);

	if (w == NULL || w == v)
		return CO_STATUS_INVALID_DATA;
	if (v->joined != 0 || w->joined != 0 || v->media.signalling || w->media.signalling)
		return CO_STATUS_NOT_ACCEPTED;
	v->joined = circuit;
	w->joined = self;
	return CO_STATUS_SUCCESS;
}

static enum co_status
on_oid_request(void *adapter, co_ctx_t vc_ctx, enum co_oid oid, void *buffer, uint32_t size)
{
	struct loopvc *lv = ((struct loopvc_port *)adapter)->lv;
	struct loopvc_vc *v = loopvc_vc_at(lv, vc_ctx);
	uint32_t expected =
		oid == CO_OID_VC_STATISTICS ? sizeof(struct co_vc_statistics) : sizeof(uint32_t);

	if (v == NULL)
		return CO_STATUS_FAILURE;
	if (size != expected)
		return CO_STATUS_INVALID_LENGTH;
	if (v->state != VC_ST_ACTIVE)
		return CO_STATUS_NOT_ACCEPTED;
	switch (oid) {
	case CO_OID_VC_ATTACH:
		v->attachment = *(uint32_t *)buffer;
		v->attached = true;
		return CO_STATUS_SUCCESS;
	case CO_OID_VC_CIRCUIT:
		*(uint32_t *)buffer = circuit_of(lv, (uint32_t)vc_ctx);
		return CO_STATUS_SUCCESS;
	case CO_OID_VC_JOIN:
		return join(v, circuit_of(lv, (uint32_t)vc_ctx), *(uint32_t *)buffer);
	case CO_OID_VC_STATISTICS:
		*(struct co_vc_statistics *)buffer = v->stats;
		return CO_STATUS_SUCCESS;
	}
	return CO_STATUS_INVALID_OID;
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

static int
take_circuits(struct loopvc *lv, uint32_t n)
{
	const struct loopvc *l;
	uint32_t first = 0;

	for (l = loops; l != NULL; l = l->next_loop)
		if (l->first_circuit + l->vcs.n_max > first)
			first = l->first_circuit + l->vcs.n_max;
	if (n > CP_POOL_MAX - first)
		return -ENOSPC;
	lv->first_circuit = first;
	return 0;
}

static void
free_parts(struct loopvc *lv)
{
	int i;

	for (i = 0; i < LOOPVC_END_COUNT; i++)
		if (lv->ends[i].labels != NULL)
			cp_mem_unmap_sparse(lv->ends[i].labels, LOOPVC_N_LABELS * sizeof(uint32_t));
	wire_fini(lv);
	cp_pool_fini(&lv->vcs);
	cp_mem_free(lv->mem, lv);
}

static int
make_parts(struct loopvc *lv, const struct loopvc_config *config)
{
	struct loopvc_port *e;
	int i, err;

	err = take_circuits(lv, config->n_vcs);
	if (err != 0)
		return err;
	err = cp_pool_init(
		&lv->vcs, config->n_vcs, sizeof(struct loopvc_vc), lv->mem, "loopvc vcs");
	if (err != 0)
		return err;
	err = wire_init(lv, config->n_packets);
	if (err != 0)
		return err;
	for (i = 0; i < LOOPVC_END_COUNT; i++) {
		e = &lv->ends[i];
		e->lv = lv;
		e->labels = cp_mem_map_sparse(LOOPVC_N_LABELS * sizeof(uint32_t));
		if (e->labels == NULL)
			return -ENOMEM;
	}
	return 0;
}

static bool
register_end(struct loopvc_port *e, struct co *co, const char *name)
{
	e->co = co;
	return co_register_adapter(co, &ops, e, NULL, NULL, name, &e->adapter) == CO_STATUS_SUCCESS;
}

int
loopvc_create(struct co *co, const struct loopvc_config *config, const struct cp_mem *mem,
	struct loopvc **out)
{
	struct loopvc *lv = cp_mem_alloc(mem, sizeof(*lv), "loopvc");
	int err;

	if (lv == NULL)
		return -ENOMEM;
	lv->mem = mem;
	lv->random = config->seed;
	err = make_parts(lv, config);
	if (err != 0)
		goto free_lv;
	err = -EIO;
	if (!register_end(&lv->ends[LOOPVC_A], co, config->name_a) ||
		!register_end(&lv->ends[LOOPVC_B], config->co_b != NULL ? config->co_b : co,
			config->name_b))
		goto free_lv;
	lv->next_loop = loops;
	loops = lv;
	*out = lv;
	return 0;

free_lv:
	free_parts(lv);
	return err;
}

void
loopvc_destroy(struct loopvc *lv)
{
	struct loopvc **link = &loops;

	if (lv == NULL)
		return;
	while (*link != lv)
		link = &(*link)->next_loop;
	*link = lv->next_loop;
	free_parts(lv);
}

co_adapter_t
loopvc_adapter(const struct loopvc *lv, enum loopvc_end end)
{
	return lv->ends[end].adapter;
}

void
loopvc_set_options(struct loopvc *lv, const struct loopvc_options *options)
{
	lv->options = *options;
}

uint32_t
loopvc_turn(struct loopvc *lv, uint64_t now_ns, uint32_t max)
{
	uint32_t n;

	lv->now_ns = now_ns;
	lv->turn++;
	n = wire_turn(lv, max);
	complete_waiting(lv);
	return n;
}

/* ---- Looking. ---- */

void
loopvc_stats(const struct loopvc *lv, struct loopvc_stats *out)
{
	*out = lv->stats;
}

void
loopvc_census(const struct loopvc *lv, struct loopvc_census *out)
{
	*out = (struct loopvc_census){
		.n_vcs = cp_pool_n_used(&lv->vcs),
		.n_circuits = lv->n_active,
		.n_waiting = lv->n_wait,
		.n_packets = cp_pool_n_used(&lv->packets),
	};
}

int
loopvc_query(
	const struct loopvc *lv, enum loopvc_end end, uint32_t label, struct loopvc_circuit *out)
{
	const struct loopvc_vc *v;

	if (label >= LOOPVC_N_LABELS)
		return -ENOENT;
	v = loopvc_vc_at(lv, lv->ends[end].labels[label]);
	if (v == NULL || v->state != VC_ST_ACTIVE)
		return -ENOENT;
	*out = (struct loopvc_circuit){
		.vc = v->vc,
		.signalling = v->media.signalling,
		.attached = v->attached,
		.attachment = v->attachment,
		.circuit = circuit_of(lv, lv->ends[end].labels[label]),
		.joined = v->joined,
	};
	return 0;
}
