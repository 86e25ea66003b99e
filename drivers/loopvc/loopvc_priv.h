/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/** @file Private to drivers/loopvc. */

#include <sys/queue.h>

#include "base/pool.h"
#include "loopvc/loopvc.h"

enum vc_state {
	VC_ST_INACTIVE,
	VC_ST_ACTIVATING, /**< Waits for its turn. */
	VC_ST_ACTIVE,     /**< Its label leads here. */
	VC_ST_DRAINING,   /**< No more; waits for sends, receives and turns (DEACT-2). */
};

struct loopvc_vc {
	struct co_vc_statistics stats;
	struct co_media_params media; /**< Of the activation. */
	struct co_media_params next;  /**< Of the change that pends. */
	uint64_t due_turn;            /**< What pends is completed then, not before. */
	co_vc_t vc;
	uint32_t attachment;
	uint32_t joined;    /**< A circuit, 0: none. */
	uint32_t sends_out; /**< Taken and not completed. */
	uint32_t receives_out;
	uint32_t wait_next; /**< In the list of those that pend. */
	uint32_t leaf_next; /**< The next leaf of the label. */
	uint32_t self;      /**< Its handle. */
	uint8_t state;      /**< enum vc_state. */
	uint8_t end;
	bool attached;
	bool changing; /**< Active, and a change pends. */
};

/** One packet on the wire, then with its receiver. */
struct wire_packet {
	struct co_packet packet;        /**< The receiver's view; data leads into loopvc.octets. */
	TAILQ_ENTRY(wire_packet) entry; /**< While it is on the wire. */
	uint64_t due_ns;
	uint64_t seq;
	uint32_t label;
	uint8_t to;               /**< enum loopvc_end. */
	uint32_t handle;          /**< Its own. */
	uint32_t sender_vc;       /**< hold_sends: whose send this was. */
	struct co_packet *sender; /**< hold_sends: to be completed; NULL: nothing is owed. */
};

/** One end: the adapter that the broker knows. */
struct loopvc_port {
	struct loopvc *lv;
	struct co *co;
	co_adapter_t adapter;
	uint32_t *labels; /**< Handle of the VC, or of the newest leaf, by label; sparse. */
	struct co_vc_statistics stats; /**< Of all VCs ever (STAT-6). */
	uint32_t n_circuits;           /**< VCs that are not inactive. */
	uint64_t due_turn;             /**< Of the reset or halt that pends. */
	bool resetting;
	bool halting;
	bool link_down;
	bool removed;
};

TAILQ_HEAD(wire_queue, wire_packet);

struct loopvc {
	struct loopvc_port ends[LOOPVC_END_COUNT];
	struct loopvc_options options;
	struct loopvc_stats stats;
	struct cp_pool vcs;     /**< struct loopvc_vc. */
	struct cp_pool packets; /**< struct wire_packet. */
	uint8_t *octets;        /**< LOOPVC_MAX_PACKET for each. */
	struct wire_queue wire; /**< By time of arrival, then in order of sending. */
	uint64_t now_ns;
	uint64_t turn;
	uint64_t seq;
	uint64_t random;
	uint32_t wait_head, wait_tail; /**< VCs that pend. */
	uint32_t n_wait;
	uint32_t n_active;
	uint32_t *leaves;       /**< Whom the packet in hand is for. */
	uint32_t first_circuit; /**< Circuit numbers of all loops lie side by side. */
	struct loopvc *next_loop;
	const struct cp_mem *mem;
};

static inline struct loopvc_vc *
loopvc_vc_at(const struct loopvc *lv, co_ctx_t ctx)
{
	return cp_pool_at(&lv->vcs, (uint32_t)ctx);
}

static inline struct co *
loopvc_co(const struct loopvc *lv, const struct loopvc_vc *v)
{
	return lv->ends[v->end].co;
}

static inline struct loopvc_port *
loopvc_port_of(struct loopvc *lv, const struct loopvc_vc *v)
{
	return &lv->ends[v->end];
}

/** One more, of the VC and of its adapter. */
#define LOOPVC_COUNT(lv, v, member, n)                                                             \
	do {                                                                                       \
		(v)->stats.member += (n);                                                          \
		loopvc_port_of(lv, v)->stats.member += (n);                                        \
	} while (0)

/** Packets from and to there are lost. */
static inline bool
loopvc_port_is_dead(const struct loopvc_port *e)
{
	return e->link_down || e->removed || e->resetting;
}

static inline uint32_t
loopvc_circuit_of(const struct loopvc *lv, uint32_t handle)
{
	return handle + lv->first_circuit;
}

/** The active VC with that circuit number, and its loop; NULL: there is none. */
struct loopvc_vc *loopvc_circuit_find(uint32_t circuit, struct loopvc **lv);

/* wire.c */

/** Room for the packets; the queue. -EINVAL, -ENOMEM. */
int wire_init(struct loopvc *lv, uint32_t n_packets);
void wire_fini(struct loopvc *lv);

/**
 * A copy of the octets onto the wire, on the label of @p v, away from its end.
 * @p sender is completed when the copy has arrived or is lost; NULL: nothing is owed.
 */
enum co_status wire_put(struct loopvc *lv, struct loopvc_vc *v, const uint8_t *octets, uint32_t len,
	struct co_packet *sender, uint32_t sender_vc);

/** At most @p max arrive of those that are due and were sent before the call. */
uint32_t wire_turn(struct loopvc *lv, uint32_t max);

/** A receiver is done with it. */
void wire_return(struct loopvc *lv, struct co_packet *packet);

/**
 * Take from the wire what is held of senders at @p end, or of the VC @p sender_vc there, and, where
 * @p cancel_id is not 0, only that; then complete it with @p status (SEND-7, RESET-4).
 */
void wire_abort(struct loopvc *lv, enum loopvc_end end, uint32_t sender_vc, uint64_t cancel_id,
	enum co_status status);

/* oid.c */

enum co_status loopvc_on_oid_request(
	void *adapter, bool has_vc, co_ctx_t vc_ctx, struct co_oid_request *request);

/* port.c */

enum co_status loopvc_on_reset(void *adapter);
enum co_status loopvc_on_halt(void *adapter);

/** What pends of a reset or halt, once a turn. */
void loopvc_port_turn(struct loopvc_port *e);

/* rate.c */

/** The rates that are used, or INVALID_DATA (ACT-4, ACT-8). */
enum co_status loopvc_round(const struct loopvc_options *options, struct co_media_params *media);
