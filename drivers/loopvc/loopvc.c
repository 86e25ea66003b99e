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

/* Out of the leaves of its label, or the label leads nowhere. */
static void
unlink_label(struct loopvc *lv, const struct loopvc_vc *v)
{
	uint32_t *link = label_slot(lv, v);

	while (*link != v->self)
		link = &loopvc_vc_at(lv, *link)->leaf_next;
	*link = v->leaf_next;
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
	unlink_label(lv, v);
	v->state = VC_ST_DRAINING;
	lv->n_active--;
}

/* Nothing of it is left here: a halt may be waiting for that. */
static void
deactivated(struct loopvc *lv, struct loopvc_vc *v)
{
	v->state = VC_ST_INACTIVE;
	loopvc_port_of(lv, v)->n_circuits--;
}

/* DEACT-2 */
static bool
is_drained(const struct loopvc *lv, const struct loopvc_vc *v)
{
	return v->sends_out == 0 && v->receives_out == 0 && lv->turn >= v->due_turn;
}

/* True when it is done; the completion may then delete the VC or use it again. */
static bool
complete_activation(struct loopvc *lv, struct loopvc_vc *v)
{
	struct co_media_params media;

	if (lv->turn < v->due_turn)
		return false;
	if (v->changing)
		v->media = v->next;
	else
		activated(lv, v);
	v->changing = false;
	media = v->media;
	co_m_activate_vc_complete(loopvc_co(lv, v), v->vc, CO_STATUS_SUCCESS, &media);
	return true;
}

/* True when @p v waits no longer. */
static bool
try_complete(struct loopvc *lv, struct loopvc_vc *v)
{
	if (v->state == VC_ST_ACTIVATING || v->changing)
		return complete_activation(lv, v);
	if (!is_drained(lv, v))
		return false;
	deactivated(lv, v);
	co_m_deactivate_vc_complete(loopvc_co(lv, v), v->vc, CO_STATUS_SUCCESS);
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
	v->self = handle;
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

/* ACT-5: of an active VC the rates can change; another label is impossible. */
static enum co_status
change(struct loopvc *lv, struct loopvc_vc *v, struct co_media_params *media)
{
	if (lv->options.refuse_change)
		return CO_STATUS_RESOURCES;
	if (media->label != v->media.label || v->changing ||
		loopvc_round(&lv->options, media) != CO_STATUS_SUCCESS)
		return CO_STATUS_INVALID_DATA;
	if (lv->options.activate_turns == 0) {
		v->media = *media;
		return CO_STATUS_SUCCESS;
	}
	v->next = *media;
	v->changing = true;
	v->due_turn = lv->turn + lv->options.activate_turns;
	wait_for_turn(lv, v, v->self);
	return CO_STATUS_PENDING;
}

/* Nobody has the label, or leaves have it and the VC is one of them. */
static bool
may_have_label(const struct loopvc_port *e, const struct co_media_params *media)
{
	const struct loopvc_vc *v;

	if (media->label < FIRST_LABEL || media->label >= LOOPVC_N_LABELS)
		return false;
	v = loopvc_vc_at(e->lv, e->labels[media->label]);
	return v == NULL || (v->media.flags & media->flags & CO_MEDIA_F_LEAF) != 0;
}

static enum co_status
on_activate_vc(void *adapter, co_ctx_t vc_ctx, struct co_media_params *media)
{
	struct loopvc_port *e = adapter;
	struct loopvc *lv = e->lv;
	struct loopvc_vc *v = loopvc_vc_at(lv, vc_ctx);

	if (v == NULL)
		return CO_STATUS_FAILURE;
	if (v->state == VC_ST_ACTIVE)
		return change(lv, v, media);
	if (lv->options.refuse_activation)
		return CO_STATUS_RESOURCES;
	if (!may_have_label(e, media) || loopvc_round(&lv->options, media) != CO_STATUS_SUCCESS)
		return CO_STATUS_INVALID_DATA;
	v->media = *media;
	v->stats = (struct co_vc_statistics){ 0 };
	v->leaf_next = *label_slot(lv, v);
	*label_slot(lv, v) = v->self;
	e->n_circuits++;
	if (lv->options.send_window != 0)
		co_m_set_send_window(e->co, v->vc, lv->options.send_window);
	if (lv->options.activate_turns == 0) {
		activated(lv, v);
		return CO_STATUS_SUCCESS;
	}
	v->state = VC_ST_ACTIVATING;
	v->due_turn = lv->turn + lv->options.activate_turns;
	wait_for_turn(lv, v, v->self);
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
		deactivated(lv, v);
		return CO_STATUS_SUCCESS;
	}
	wait_for_turn(lv, v, v->self);
	return CO_STATUS_PENDING;
}

static enum co_status
send_one(struct loopvc *lv, struct loopvc_vc *v, struct co_packet *p)
{
	struct co_packet *held = lv->options.hold_sends ? p : NULL;
	enum co_status status = CO_STATUS_INVALID_DATA;

	if ((v->media.flags & CO_MEDIA_F_LEAF) != 0)
		lv->stats.one_way++;
	else
		status = wire_put(lv, v, p->data, p->len, held, v->self);
	if (status != CO_STATUS_SUCCESS)
		LOOPVC_COUNT(lv, v, tx_errors, 1);
	else if (held != NULL)
		v->sends_out++;
	return status;
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
		p->status = v != NULL && v->state == VC_ST_ACTIVE ? send_one(lv, v, p)
								  : CO_STATUS_FAILURE;
		if (!hold || p->status != CO_STATUS_SUCCESS)
			co_m_send_complete(e->co, vc, &p, 1);
	}
}

/* SEND-7: only what hold_sends keeps has not been sent yet. */
static void
on_cancel_send(void *adapter, co_ctx_t vc_ctx, uint64_t cancel_id)
{
	struct loopvc_port *e = adapter;

	wire_abort(e->lv, (enum loopvc_end)(e - e->lv->ends), (uint32_t)vc_ctx, cancel_id,
		CO_STATUS_SEND_ABORTED);
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

static const struct co_miniport_ops ops = {
	.initialize = on_initialize,
	.create_vc = on_create_vc,
	.delete_vc = on_delete_vc,
	.activate_vc = on_activate_vc,
	.deactivate_vc = on_deactivate_vc,
	.send = on_send,
	.return_receive = on_return_receive,
	.cancel_send = on_cancel_send,
	.oid_request = loopvc_on_oid_request,
	.reset = loopvc_on_reset,
	.halt = loopvc_on_halt,
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
	cp_mem_free(lv->mem, lv->leaves);
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
	lv->leaves = cp_mem_alloc(lv->mem, config->n_vcs * sizeof(uint32_t), "loopvc leaves");
	if (lv->leaves == NULL)
		return -ENOMEM;
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
	loopvc_port_turn(&lv->ends[LOOPVC_A]);
	loopvc_port_turn(&lv->ends[LOOPVC_B]);
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
	int i;

	*out = (struct loopvc_census){
		.n_vcs = cp_pool_n_used(&lv->vcs),
		.n_circuits = lv->n_active,
		.n_waiting = lv->n_wait,
		.n_packets = cp_pool_n_used(&lv->packets),
	};
	for (i = 0; i < LOOPVC_END_COUNT; i++)
		out->n_ending += lv->ends[i].resetting + lv->ends[i].halting;
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
		.circuit = loopvc_circuit_of(lv, v->self),
		.joined = v->joined,
	};
	return 0;
}
