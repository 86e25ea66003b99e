/* SPDX-License-Identifier: BSD-3-Clause */
/* Attachments: access ports, or VLANs of them, where circuits end. */
#include <errno.h>

#include "dataplane/dp_priv.h"

/* 0 and 4095 are not for use as VLANs (IEEE 802.1Q, 9.6). */
static bool
is_vlan(uint16_t vlan)
{
	return vlan >= 1 && vlan < DP_N_VLANS - 1;
}

static bool
is_valid(const struct dp *dp, const struct dp_attachment_config *c)
{
	if (!dp_port_is_there(dp, c->port))
		return false;
	if (c->n_tags == 0)
		return c->outer_vlan == 0 && c->inner_vlan == 0;
	if (c->n_tags == 1)
		return is_vlan(c->outer_vlan) && c->inner_vlan == 0;
	return c->n_tags == 2 && is_vlan(c->outer_vlan) && is_vlan(c->inner_vlan);
}

/* The port's tables, made for its first attachment; empty, so it does not matter who sees them. */
static struct dp_access *
get_access(struct dp *dp, uint16_t port_idx)
{
	struct dp_port_fast *port = &dp->port_fast[port_idx];
	struct dp_access *access = port->access;

	if (access != NULL)
		return access;
	access = dp_zalloc_at(dp, dp_worker_node(dp, port_idx), sizeof(*access), "access port");
	/* Release: pairs with the acquire in dp_switch_source(). */
	__atomic_store_n(&port->access, access, __ATOMIC_RELEASE);
	return access;
}

static uint32_t *
get_slot(struct dp *dp, struct dp_access *access, const struct dp_attachment_config *c)
{
	uint32_t *inner;

	if (c->n_tags < 2)
		return &access->single[c->outer_vlan];
	inner = access->stacked[c->outer_vlan];
	if (inner == NULL) {
		inner = dp_zalloc_at(
			dp, dp_worker_node(dp, c->port), DP_N_VLANS * sizeof(*inner), "S-VLAN");
		if (inner == NULL)
			return NULL;
		/* Release: pairs with the acquire in vlan_slot(). */
		__atomic_store_n(&access->stacked[c->outer_vlan], inner, __ATOMIC_RELEASE);
	}
	return &inner[c->inner_vlan];
}

int
dp_attachment_add(struct dp *dp, const struct dp_attachment_config *config, uint32_t *out)
{
	struct dp_access *access;
	uint32_t *slot;

	/* A port is a trunk or an access port, not both. */
	if (!is_valid(dp, config) || dp->port_fast[config->port].blocks != NULL)
		return -EINVAL;
	if (dp->n_attachments == dp->config.n_attachments)
		return -ENOSPC;
	access = get_access(dp, config->port);
	slot = access != NULL ? get_slot(dp, access, config) : NULL;
	if (slot == NULL)
		return -ENOMEM;
	if (*slot != 0)
		return -EEXIST;
	*out = dp->n_attachments++;
	dp->attachments[*out].config = *config;
	dp_forward_store(&dp->entries[dp_attachment_entry_idx(*out)], DP_ACTION_IDLE);
	dp_slot_store(slot, dp_attachment_entry_idx(*out));
	return 0;
}

/* The circuit an attachment is connected to. */
static dp_circuit_t
circuit_of_peer(const struct dp *dp, uint32_t peer)
{
	return peer != 0 ? cp_pool_handle_of(&dp->circuits, peer - 1) : CP_HANDLE_NONE;
}

int
dp_attachment_stats(const struct dp *dp, uint32_t attachment, struct dp_attachment_stats *out)
{
	const struct dp_attachment *a;
	const struct dp_entry *e;

	if (attachment >= dp->n_attachments)
		return -ENOENT;
	a = &dp->attachments[attachment];
	e = &dp->entries[dp_attachment_entry_idx(attachment)];
	out->rx_packets = dp_counter_read(&e->packets);
	out->rx_octets = dp_counter_read(&e->octets);
	out->drops = dp_drop_counts_read(dp, e, out->drops_by);
	out->rx_yellow = dp_counter_read(&e->yellow);
	out->rx_red = dp_counter_read(&e->red);
	dp_side_sent(dp, &a->side, &out->tx_packets, &out->tx_octets);
	out->circuit = circuit_of_peer(dp, dp_side_peer(&a->side));
	return 0;
}
