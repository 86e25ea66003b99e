/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/** @file Private to drivers/ethvc. */

#include <stddef.h>
#include <sys/queue.h>

#include "base/log.h"
#include "base/pool.h"
#include "ethvc/trunk.h"

#define N_TOTALS (sizeof(struct co_vc_statistics) / sizeof(uint64_t))

/** What a VC with local data is at. */
enum local_state {
	LOCAL_ST_OPEN,
	LOCAL_ST_LINGERING, /**< To be deactivated; queued sends go out first. */
	LOCAL_ST_UNLINKED,  /**< With the dataplane, until it is reclaimed. */
	LOCAL_ST_HELD,      /**< Reclaimed; its client has packets yet (DEACT-2). */
};

/** A VC that a local client or a CM sends or receives on. */
struct ethvc_local {
	uint32_t cookie;
	uint64_t since_ns;    /**< Of its deactivation. */
	uint64_t tx_errors;   /**< Sends that failed. */
	uint64_t no_buffer;   /**< Receives dropped for lack of a record. */
	uint64_t other_drops; /**< Of the circuit, before it received locally: not damage. */
	co_vc_t vc;
	dp_circuit_t circuit;
	uint32_t label;
	uint32_t self;       /**< Its handle. */
	uint32_t hash_next;  /**< Handle, in its chain. */
	uint32_t head, tail; /**< Handles of queued sends. */
	uint32_t n_queued;
	uint32_t receives_out;
	uint8_t state; /**< enum local_state. */
	bool receives; /**< The circuit delivers to control. */
	bool busy;     /**< In that list. */
	bool overdue;
	TAILQ_ENTRY(ethvc_local) entry; /**< Of those that a turn looks at. */
};

/** A send that waits. */
struct ethvc_send {
	struct co_packet *packet;
	uint32_t next;
};

/** A received packet, from its indication to its return. */
struct ethvc_receive {
	struct co_packet packet;
	struct rte_mbuf *frame;
	uint32_t self;
	uint32_t local;
	bool indicating; /**< The receiver's handler runs ... */
	bool returned;   /**< ... and has given it back. */
};

/** Rates in force of a VC, found by the index of its cookie; good while the circuit is that one. */
struct ethvc_flow {
	_Alignas(64) struct co_vc_flow flow;
	dp_circuit_t circuit;
	bool send_only; /**< Activated without the receive flag (SEND-9). */
};

/** What a VC has reserved, octets per second. */
struct ethvc_share {
	uint64_t rx, tx;
	uint32_t label; /**< It is a leaf, and its part is in that label's; 0: it is none. */
};

static_assert(sizeof(struct ethvc_share) == 24, "of a call that has a rate, and of no other");

/** What the leaves of a label have reserved together. */
struct ethvc_common {
	uint64_t rate;
	uint32_t n; /**< Leaves. */
};

TAILQ_HEAD(ethvc_busy, ethvc_local);

/** One counter of the port, which a reset of the device may have begun anew (STAT-6). */
struct ethvc_total {
	uint64_t base, last;
};

/** The first line is all that the end of a VC without local data looks at. */
struct ethvc_trunk {
	struct co *co;
	struct dp *dp;
	const struct cp_mem *mem;
	ethvc_drained_fn drained;
	void *drained_arg;
	co_adapter_t adapter;
	uint32_t n_circuits;
	uint16_t trunk;
	bool any_flow; /**< flows was ever written. */
	bool resetting;
	bool halting;
	bool removed;
	bool link_up;
	bool mempool_low;
	uint32_t n_locals; /**< Live; 0, and no share: nothing below is looked at when a VC ends. */
	uint32_t n_shares; /**< VCs that have reserved anything. */

	struct ethvc_flow *flows;     /**< Sparse. */
	struct ethvc_share *shares;   /**< Sparse, by the index of the cookie. */
	struct ethvc_common *commons; /**< Sparse, by label. */
	uint64_t reserved_rx, reserved_tx;
	uint64_t refusals[ETHVC_REFUSAL_COUNT];

	struct ethvc_config config;
	uint64_t now_ns; /**< Of the last turn. */
	uint64_t next_look_ns;
	uint64_t next_reset_ns; /**< A device that does not start is tried again then. */
	struct cp_pool locals, sends, receives;
	uint32_t *buckets; /**< Of locals, by VC. */
	uint32_t n_buckets;
	struct ethvc_busy busy;
	uint64_t tx_errors, no_buffer; /**< Of all VCs ever. */
	struct ethvc_total totals[N_TOTALS];
	uint32_t n_overdue;
	uint64_t n_overdue_ever;
	struct cp_log_limit overdue_log;
	uint16_t ethdev;       /**< Of the port; UINT16_MAX: there is none. */
	uint32_t removal_seen; /**< Atomic: set by the thread of the device's events. */
	char name[32];
};

static_assert(offsetof(struct ethvc_trunk, n_shares) < 64, "one line of the trunk for a close");

/* ---- local.c ---- */

int ethvc_locals_init(struct ethvc_trunk *t);
void ethvc_locals_fini(struct ethvc_trunk *t);

/** NULL: the VC has no local data. */
static inline struct ethvc_local *
ethvc_local_at(const struct ethvc_trunk *t, co_vc_t vc)
{
	struct ethvc_local *l;
	uint32_t handle;

	if (t->n_locals == 0)
		return NULL;
	handle = t->buckets[vc & (t->n_buckets - 1)];
	while ((l = cp_pool_at(&t->locals, handle)) != NULL && l->vc != vc)
		handle = l->hash_next;
	return l;
}

/** The VC's record, made if need be; NULL when there is none left. */
struct ethvc_local *ethvc_local_get(struct ethvc_trunk *t, const struct ethvc_vc_name *vc);
void ethvc_local_put(struct ethvc_trunk *t, struct ethvc_local *l);

/** A turn has to look at it. */
void ethvc_local_be_busy(struct ethvc_trunk *t, struct ethvc_local *l);

/** What the turn does about those that are busy. */
void ethvc_locals_turn(struct ethvc_trunk *t);

/** Every queued send of every VC comes back with @p status. */
void ethvc_locals_abort(struct ethvc_trunk *t, enum co_status status);

/* ---- trunk.c ---- */

/** The circuit of a deactivated VC may go. */
void ethvc_vc_unlink(struct ethvc_trunk *t, dp_circuit_t circuit);

/** All of a VC is back: tell the driver. */
void ethvc_vc_drained(struct ethvc_trunk *t, dp_circuit_t circuit, uint32_t cookie);

/* ---- oid.c ---- */

/** Who hears of calls gets the counters of @p circuit, which is reclaimed. */
void ethvc_vc_tell_final(struct ethvc_trunk *t, co_vc_t vc, dp_circuit_t circuit);

/* ---- admit.c ---- */

bool ethvc_shares_init(struct ethvc_trunk *t);
void ethvc_shares_fini(struct ethvc_trunk *t);

/** An activation is to succeed: the VC has at least what @p media says, and had @p before. */
enum co_status ethvc_admit(struct ethvc_trunk *t, const struct ethvc_vc_name *vc,
	const struct co_media_params *media, struct ethvc_share *before);

/** It has not. */
void ethvc_admit_undo(
	struct ethvc_trunk *t, const struct ethvc_vc_name *vc, const struct ethvc_share *before);

/* ---- flow.c ---- */

/** What activation asks for, as the dataplane meters it. */
struct ethvc_plan {
	struct dp_flow rx, tx;
	struct co_flowspec used_rx, used_tx; /**< As the caller is told. */
	bool send_only;
};

/** INVALID_DATA for rates that no meter here keeps to (ACT-4, ACT-8). */
enum co_status ethvc_plan(
	const struct ethvc_trunk *t, const struct co_media_params *media, struct ethvc_plan *out);

/** Meter @p circuit, which is open: SUCCESS, or the old meters stay. */
enum co_status ethvc_plan_apply(struct ethvc_trunk *t, dp_circuit_t circuit, uint32_t cookie,
	const struct ethvc_plan *plan, bool is_new);

/** What is known of an active VC beyond its circuit; NULL: nothing but defaults. */
const struct ethvc_flow *ethvc_flow_of(const struct ethvc_trunk *t, const struct ethvc_vc_name *vc);

/* ---- port.c ---- */

/** -ENOENT: there is no such port. */
int ethvc_port_init(struct ethvc_trunk *t);
void ethvc_port_fini(struct ethvc_trunk *t);
void ethvc_port_turn(struct ethvc_trunk *t);
uint64_t ethvc_port_time_ns(const struct ethvc_trunk *t);
void ethvc_port_totals(struct ethvc_trunk *t, struct co_vc_statistics *out);
