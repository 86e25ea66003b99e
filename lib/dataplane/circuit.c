/* SPDX-License-Identifier: BSD-3-Clause */
/* Circuits: opened, connected to each other or to attachments, unlinked. */
#include <errno.h>

#include <rte_prefetch.h>

#include "dataplane/dp_priv.h"

#define UNLINK_AHEAD 8 /* circuits whose records are on their way while one is unlinked */

void
dp_entry_init(struct dp *dp, uint32_t entry, dp_circuit_t self, uint64_t forward)
{
	struct dp_entry *e = &dp->entries[entry];

	*e = (struct dp_entry){ .self = self };
	dp->drop_counts[dp_circuit_side(self)] = (struct dp_drop_counts){ 0 };
	dp_forward_store(e, forward);
}

void
dp_circuits_ahead(const struct dp *dp, const dp_circuit_t *circuits, uint32_t n)
{
	const struct dp_circuit *c;
	uint32_t i;

	for (i = 0; i < n; i++)
		cp_pool_prefetch(&dp->circuits, cp_handle_idx(circuits[i]));
	for (i = 0; i < n; i++) {
		c = cp_pool_at(&dp->circuits, circuits[i]);
		if (c != NULL)
			rte_prefetch0(dp_circuit_entry(dp, c));
	}
}

int
dp_circuit_open(struct dp *dp, uint16_t trunk, uint32_t label, bool to_control, uint32_t cookie,
	dp_circuit_t *out)
{
	struct dp_circuit *c;
	dp_circuit_t circuit;
	uint32_t entry;

	if (!dp_is_label(dp, trunk, label))
		return -EINVAL;
	if (!cp_idset_take_this(dp->trunks[trunk].labels, label))
		return -EEXIST;
	circuit = cp_pool_get(&dp->circuits);
	if (circuit == CP_HANDLE_NONE)
		goto put_label;
	c = cp_pool_at(&dp->circuits, circuit);
	entry = dp_label_entry_get(dp, trunk, label);
	if (entry == 0)
		goto put_circuit;
	c->trunk = trunk;
	c->label = label;
	c->flags = to_control ? DP_CIRCUIT_CONTROL | DP_CIRCUIT_SIGNALLING : 0;
	c->cookie = cookie;
	dp_entry_init(dp, entry, circuit, to_control ? DP_ACTION_CONTROL : DP_ACTION_IDLE);
	*out = circuit;
	return 0;

put_circuit:
	cp_pool_put(&dp->circuits, circuit);
put_label:
	cp_idset_put(dp->trunks[trunk].labels, label);
	return -ENOSPC;
}

/* ---- Accounts: who sends what the other receives ---- */

/* Its partner's part in it. */
static void
add_to_account(const struct dp *dp, struct dp_side *side, bool back)
{
	const struct dp_entry *from = dp_entry_of(dp, side->partner);
	uint64_t packets = dp_counter_read(&from->packets);
	uint64_t octets = dp_counter_read(&from->octets);

	side->tx_packets += back ? -packets : packets;
	side->tx_octets += back ? -octets : octets;
}

static bool
has_account(const struct dp *dp, uint32_t side)
{
	const struct dp_circuit *c = dp_circuit_or_null(dp, side);

	return c == NULL || (c->flags & DP_CIRCUIT_LEAF) == 0;
}

void
dp_side_sent(const struct dp *dp, const struct dp_side *side, uint64_t *packets, uint64_t *octets)
{
	struct dp_side sum = *side;

	if (side->partner != 0)
		add_to_account(dp, &sum, false);
	*packets = sum.tx_packets;
	*octets = sum.tx_octets;
}

static void
close_account(const struct dp *dp, uint32_t side)
{
	if (has_account(dp, side))
		add_to_account(dp, dp_side_of(dp, side), false);
	dp_side_of(dp, side)->partner = 0;
}

void
dp_settle(struct dp *dp, uint32_t side)
{
	uint32_t partner = dp_side_of(dp, side)->partner;

	if (partner == 0)
		return;
	close_account(dp, side);
	close_account(dp, partner);
}

static void
open_account(const struct dp *dp, uint32_t side, uint32_t partner)
{
	dp_side_of(dp, side)->partner = partner;
	if (has_account(dp, side))
		add_to_account(dp, dp_side_of(dp, side), true);
}

/* ---- Connections ---- */

/* Frames that reach side @p a go @p a_to, and those that reach @p b go @p b_to. 0 or -ENOSPC. */
static int
connect_sides(struct dp *dp, uint32_t a, uint64_t a_to, uint32_t b, uint64_t b_to)
{
	uint16_t contract_a, contract_b;
	int err;

	err = dp_contract_between(dp, a, b, &contract_a);
	if (err != 0)
		return err;
	err = dp_contract_between(dp, b, a, &contract_b);
	if (err != 0) {
		dp_contract_put(dp, contract_a);
		return err;
	}
	dp_settle(dp, a);
	dp_settle(dp, b);
	open_account(dp, a, b);
	open_account(dp, b, a);
	dp_side_of(dp, a)->is_connected = dp_side_of(dp, b)->is_connected = 1;
	dp_entry_set_contract(dp, dp_entry_of(dp, a), contract_a);
	dp_entry_set_contract(dp, dp_entry_of(dp, b), contract_b);
	dp_forward_store(dp_entry_of(dp, a), a_to);
	dp_forward_store(dp_entry_of(dp, b), b_to);
	return 0;
}

static bool
is_busy(const struct dp_circuit *c)
{
	return (c->flags & DP_CIRCUIT_CONTROL) != 0 || c->side.is_connected;
}

/* What is sent into @p c: on its label, or nowhere if it is a leaf. */
static uint64_t
forward_into(const struct dp_circuit *c, enum dp_action action)
{
	if ((c->flags & DP_CIRCUIT_LEAF) != 0)
		return DP_ACTION_ONE_WAY;
	return dp_forward_to_trunk(action, c->trunk, c->label);
}

int
dp_circuit_join(struct dp *dp, dp_circuit_t a, dp_circuit_t b)
{
	struct dp_circuit *ca = dp_circuit_at(dp, a), *cb = dp_circuit_at(dp, b);

	if (ca == NULL || cb == NULL)
		return -ESTALE;
	if (ca == cb || (ca->flags & cb->flags & DP_CIRCUIT_LEAF) != 0)
		return -EINVAL;
	if (is_busy(ca) || is_busy(cb))
		return -EBUSY;
	return connect_sides(dp, dp_circuit_side(a), forward_into(cb, DP_ACTION_SWAP),
		dp_circuit_side(b), forward_into(ca, DP_ACTION_SWAP));
}

int
dp_circuit_attach(struct dp *dp, dp_circuit_t circuit, uint32_t attachment)
{
	struct dp_circuit *c = dp_circuit_at(dp, circuit);
	const struct dp_attachment *a;

	if (c == NULL)
		return -ESTALE;
	if (attachment >= dp->n_attachments)
		return -ENOENT;
	a = &dp->attachments[attachment];
	if (is_busy(c) || a->side.is_connected)
		return -EBUSY;
	return connect_sides(dp, dp_circuit_side(circuit),
		dp_forward_to_access(a->config.port, a->config.n_tags, a->config.outer_vlan,
			a->config.inner_vlan),
		dp_attachment_side(dp, attachment), forward_into(c, DP_ACTION_PUSH));
}

int
dp_circuit_to_control(struct dp *dp, dp_circuit_t circuit)
{
	struct dp_circuit *c = dp_circuit_at(dp, circuit);

	if (c == NULL)
		return -ESTALE;
	if (is_busy(c))
		return -EBUSY;
	c->flags |= DP_CIRCUIT_CONTROL;
	if ((c->flags & DP_CIRCUIT_LEAF) != 0)
		dp_leaf_root(dp, c)->flags |= DP_CIRCUIT_CONTROL; /* drains with it (I3) */
	dp_forward_store(dp_circuit_entry(dp, c), DP_ACTION_CONTROL);
	return 0;
}

/* ---- Unlinking ---- */

/* The other side stays, to be connected anew. */
static void
disconnect(struct dp *dp, struct dp_circuit *c, uint32_t peer)
{
	struct dp_entry *e = dp_entry_of(dp, peer);
	uint16_t contract;

	dp_forward_store(e, DP_ACTION_IDLE);
	dp_side_of(dp, peer)->is_connected = 0;
	c->side.is_connected = 0;
	/* What it has alone has its contract already, so there is always room. */
	if (unlikely(c->side.tx_contract != 0) && dp_contract_between(dp, peer, 0, &contract) == 0)
		dp_entry_set_contract(dp, e, contract);
}

/* Nothing leads here any more, neither the label nor the other side. */
static void
unlink_one(struct dp *dp, struct dp_circuit *c, uint32_t circuit_idx)
{
	struct dp_entry *e = dp_circuit_entry(dp, c);

	if (unlikely((c->flags & DP_CIRCUIT_LEAF) != 0))
		dp_leaf_unlink(dp, c);
	dp_forward_store(e, DP_ACTION_NONE);
	if (c->side.is_connected)
		disconnect(dp, c, c->side.partner);
	if (e->contract != 0)
		dp_entry_set_contract(dp, e, 0);
	if (c->side.rx_contract != 0 || c->side.tx_contract != 0)
		dp_contracts_retire(dp, c);
	c->flags |= DP_CIRCUIT_UNLINKED;
	dp_retire_circuit(dp, c, circuit_idx);
	dp->reclaim.n_pending++;
}

/* Far ahead the record, nearer by what it names. The handles may be anything. */
static void
look_ahead(const struct dp *dp, const dp_circuit_t *circuits, uint32_t n)
{
	const struct dp_circuit *c, *peer;

	if (n > UNLINK_AHEAD) {
		rte_prefetch0(&dp->circuits.handles[cp_handle_idx(circuits[UNLINK_AHEAD])]);
		rte_prefetch0((const struct dp_circuit *)dp->circuits.records +
			      cp_handle_idx(circuits[UNLINK_AHEAD]));
	}
	if (n > UNLINK_AHEAD / 2) {
		c = cp_pool_at(&dp->circuits, circuits[UNLINK_AHEAD / 2]);
		if (c == NULL)
			return;
		rte_prefetch0(dp_circuit_entry(dp, c));
		peer = dp_circuit_or_null(dp, dp_side_peer(&c->side));
		if (peer != NULL)
			rte_prefetch0(peer);
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
		c = dp_circuit_at(dp, circuits[i]);
		if (c == NULL)
			err = -ESTALE;
		else
			unlink_one(dp, c, cp_handle_idx(circuits[i]));
	}
	return err;
}

/* ---- Reading ---- */

uint64_t
dp_drop_counts_read(const struct dp *dp, const struct dp_entry *e, uint32_t *by)
{
	const struct dp_drop_counts *counts = dp_drop_counts_of(dp, e);
	uint64_t sum = 0;
	int i;

	for (i = 0; i < DP_CIRCUIT_DROP_COUNT; i++) {
		by[i] = __atomic_load_n(&counts->by[i], __ATOMIC_RELAXED);
		sum += by[i];
	}
	return sum;
}

static void
sent(const struct dp *dp, const struct dp_circuit *c, struct dp_circuit_stats *out)
{
	out->tx_packets = out->tx_octets = 0;
	if ((c->flags & DP_CIRCUIT_LEAF) != 0)
		return;
	if ((c->flags & DP_CIRCUIT_DRAINING) == 0) {
		dp_side_sent(dp, &c->side, &out->tx_packets, &out->tx_octets);
		return;
	}
	out->tx_packets = c->side.tx_packets; /* settled */
	out->tx_octets = c->side.tx_octets;
}

int
dp_circuit_stats(const struct dp *dp, dp_circuit_t circuit, struct dp_circuit_stats *out)
{
	const struct dp_circuit *c = cp_pool_at(&dp->circuits, circuit);
	const struct dp_entry *e;

	if (c == NULL)
		return -ESTALE;
	e = dp_circuit_entry(dp, c);
	out->rx_packets = dp_counter_read(&e->packets);
	out->rx_octets = dp_counter_read(&e->octets);
	out->drops = dp_drop_counts_read(dp, e, out->drops_by);
	out->rx_yellow = dp_counter_read(&e->yellow);
	out->rx_red = dp_counter_read(&e->red);
	sent(dp, c, out);
	return 0;
}

dp_circuit_t
dp_circuit_at_index(const struct dp *dp, uint32_t idx)
{
	dp_circuit_t circuit = cp_pool_handle_of(&dp->circuits, idx);

	return dp_circuit_at(dp, circuit) != NULL ? circuit : 0;
}

int
dp_circuit_label(const struct dp *dp, dp_circuit_t circuit, uint16_t *trunk, uint32_t *label)
{
	const struct dp_circuit *c = dp_circuit_at(dp, circuit);

	if (c == NULL)
		return -ESTALE;
	*trunk = c->trunk;
	*label = c->label;
	return 0;
}

uint32_t
dp_n_circuits(const struct dp *dp)
{
	return cp_pool_n_used(&dp->circuits);
}
