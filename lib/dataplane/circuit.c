/* SPDX-License-Identifier: BSD-3-Clause */
/* Circuits: opened, connected to each other or to attachments, unlinked. */
#include <errno.h>

#include <rte_prefetch.h>

#include "dataplane/dp_priv.h"

#define UNLINK_AHEAD 8 /* circuits whose records are on their way while one is unlinked */

static struct dp_side *
side_of(const struct dp *dp, uint32_t entry_idx)
{
	if (entry_idx <= dp->config.n_circuits)
		return &dp_circuit_of(dp, entry_idx)->side;
	return &dp->attachments[entry_idx - dp->config.n_circuits - 1].side;
}

/* A circuit that was not unlinked, or NULL. */
static struct dp_circuit *
circuit_at(const struct dp *dp, dp_circuit_t circuit)
{
	struct dp_circuit *c = cp_pool_at(&dp->circuits, circuit);

	return c != NULL && !c->unlinked ? c : NULL;
}

static uint32_t *
label_slot(const struct dp *dp, const struct dp_circuit *c)
{
	return &dp->port_fast[dp->trunks[c->trunk].port].labels[c->label];
}

/* The worker that will find the entry has never seen it, or has let go of it (I3). */
static void
init_entry(struct dp_entry *e, dp_circuit_t self, bool to_control)
{
	*e = (struct dp_entry){
		.forward = to_control ? DP_ACTION_CONTROL : DP_ACTION_NONE,
		.self = self,
	};
}

int
dp_circuit_open(struct dp *dp, uint16_t trunk, uint32_t label, bool to_control, uint64_t cookie,
	dp_circuit_t *out)
{
	struct dp_circuit *c;
	dp_circuit_t circuit;

	if (trunk >= dp->n_trunks || label < DP_LABEL_FIRST_USER || label >= DP_N_LABELS)
		return -EINVAL;
	if (!cp_idset_take_this(dp->trunks[trunk].labels, label))
		return -EEXIST;
	circuit = cp_pool_get(&dp->circuits);
	if (circuit == CP_HANDLE_NONE) {
		cp_idset_put(dp->trunks[trunk].labels, label);
		return -ENOSPC;
	}
	c = cp_pool_at(&dp->circuits, circuit);
	c->trunk = trunk;
	c->label = label;
	c->to_control = to_control;
	c->cookie = cookie;
	init_entry(&dp->entries[dp_circuit_entry_idx(circuit)], circuit, to_control);
	dp_slot_store(label_slot(dp, c), dp_circuit_entry_idx(circuit));
	*out = circuit;
	return 0;
}

/* ---- Accounts: who sends what the other receives ---- */

void
dp_side_sent(const struct dp *dp, const struct dp_side *side, uint64_t *packets, uint64_t *octets)
{
	const struct dp_entry *from = &dp->entries[side->partner];

	*packets = side->tx_packets;
	*octets = side->tx_octets;
	if (side->partner != 0) {
		*packets += dp_counter_read(&from->packets) - side->base_packets;
		*octets += dp_counter_read(&from->octets) - side->base_octets;
	}
}

void
dp_settle(struct dp *dp, uint32_t entry_idx)
{
	struct dp_side *a = side_of(dp, entry_idx), *b;

	if (a->partner == 0)
		return;
	b = side_of(dp, a->partner);
	dp_side_sent(dp, a, &a->tx_packets, &a->tx_octets);
	dp_side_sent(dp, b, &b->tx_packets, &b->tx_octets);
	a->partner = b->partner = 0;
}

static void
open_account(const struct dp *dp, struct dp_side *side, uint32_t partner)
{
	side->partner = partner;
	side->base_packets = dp_counter_read(&dp->entries[partner].packets);
	side->base_octets = dp_counter_read(&dp->entries[partner].octets);
}

/* ---- Connections ---- */

/* Frames that reach entry @p a go @p a_to, and those that reach @p b go @p b_to. */
static void
connect_sides(struct dp *dp, uint32_t a, uint64_t a_to, uint32_t b, uint64_t b_to)
{
	struct dp_side *side_a = side_of(dp, a), *side_b = side_of(dp, b);

	dp_settle(dp, a);
	dp_settle(dp, b);
	open_account(dp, side_a, b);
	open_account(dp, side_b, a);
	side_a->peer = b;
	side_b->peer = a;
	dp_forward_store(&dp->entries[a], a_to);
	dp_forward_store(&dp->entries[b], b_to);
}

static bool
is_busy(const struct dp_circuit *c)
{
	return c->to_control || c->side.peer != 0;
}

int
dp_circuit_join(struct dp *dp, dp_circuit_t a, dp_circuit_t b)
{
	struct dp_circuit *ca = circuit_at(dp, a), *cb = circuit_at(dp, b);

	if (ca == NULL || cb == NULL)
		return -ESTALE;
	if (ca == cb)
		return -EINVAL;
	if (is_busy(ca) || is_busy(cb))
		return -EBUSY;
	connect_sides(dp, dp_circuit_entry_idx(a),
		dp_forward_to_trunk(DP_ACTION_SWAP, cb->trunk, cb->label), dp_circuit_entry_idx(b),
		dp_forward_to_trunk(DP_ACTION_SWAP, ca->trunk, ca->label));
	return 0;
}

int
dp_circuit_attach(struct dp *dp, dp_circuit_t circuit, uint32_t attachment)
{
	struct dp_circuit *c = circuit_at(dp, circuit);
	const struct dp_attachment *a;

	if (c == NULL)
		return -ESTALE;
	if (attachment >= dp->n_attachments)
		return -ENOENT;
	a = &dp->attachments[attachment];
	if (is_busy(c) || a->side.peer != 0)
		return -EBUSY;
	connect_sides(dp, dp_circuit_entry_idx(circuit),
		dp_forward_to_access(a->config.port, a->config.n_tags, a->config.outer_vlan,
			a->config.inner_vlan),
		dp_attachment_entry_idx(dp, attachment),
		dp_forward_to_trunk(DP_ACTION_PUSH, c->trunk, c->label));
	return 0;
}

/* ---- Unlinking ---- */

/* Nothing leads here any more, neither the label nor the other side. */
static void
unlink_one(struct dp *dp, struct dp_circuit *c, uint32_t circuit_idx)
{
	uint32_t peer = c->side.peer;

	dp_slot_store(label_slot(dp, c), 0);
	if (peer != 0) {
		dp_forward_store(&dp->entries[peer], DP_ACTION_NONE);
		side_of(dp, peer)->peer = 0;
		c->side.peer = 0;
	}
	c->unlinked = true;
	dp_reclaim_add(dp, circuit_idx);
}

/* Far ahead the record, nearer by what it names. The handles may be anything. */
static void
look_ahead(const struct dp *dp, const dp_circuit_t *circuits, uint32_t n)
{
	const struct dp_circuit *c;

	if (n > UNLINK_AHEAD) {
		rte_prefetch0(&dp->circuits.handles[cp_handle_idx(circuits[UNLINK_AHEAD])]);
		rte_prefetch0((const struct dp_circuit *)dp->circuits.records +
			      cp_handle_idx(circuits[UNLINK_AHEAD]));
	}
	if (n > UNLINK_AHEAD / 2) {
		c = cp_pool_at(&dp->circuits, circuits[UNLINK_AHEAD / 2]);
		if (c == NULL)
			return;
		rte_prefetch0(label_slot(dp, c));
		rte_prefetch0(&dp->entries[c->side.peer]);
		rte_prefetch0(side_of(dp, c->side.peer));
	}
}

int
dp_circuit_unlink(struct dp *dp, const dp_circuit_t *circuits, uint32_t n)
{
	struct dp_circuit *c;
	int err = 0;
	uint32_t i;

	for (i = 0; i < n; i++) {
		look_ahead(dp, circuits + i, n - i);
		c = circuit_at(dp, circuits[i]);
		if (c == NULL)
			err = -ESTALE;
		else
			unlink_one(dp, c, cp_handle_idx(circuits[i]));
	}
	return err;
}

/* ---- Reading ---- */

int
dp_circuit_stats(const struct dp *dp, dp_circuit_t circuit, struct dp_circuit_stats *out)
{
	const struct dp_circuit *c = cp_pool_at(&dp->circuits, circuit);
	const struct dp_entry *e = &dp->entries[dp_circuit_entry_idx(circuit)];

	if (c == NULL)
		return -ESTALE;
	out->rx_packets = dp_counter_read(&e->packets);
	out->rx_octets = dp_counter_read(&e->octets);
	out->drops = dp_counter_read(&e->drops);
	dp_side_sent(dp, &c->side, &out->tx_packets, &out->tx_octets);
	return 0;
}

uint32_t
dp_n_circuits(const struct dp *dp)
{
	return cp_pool_n_used(&dp->circuits);
}
