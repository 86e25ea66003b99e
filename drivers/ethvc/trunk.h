/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * What ethvc and ethmcm have in common: the circuits that the VCs of one trunk are, their meters,
 * the packets of local clients, and the port below. The driver keeps a VC's circuit wherever it
 * likes, and names a VC by a struct ethvc_vc_name; memory beyond that is taken only for VCs that
 * have local data, so the end of any other costs no look at it.
 *
 * Control thread only.
 */

#include "condis/condis.h"
#include "dataplane/dataplane.h"

struct ethvc_trunk;

#define ETHVC_NO_PORT UINT16_MAX

/** What becomes of what is above a VC's rates, as in struct dp_flow; all 0: the usual. */
struct ethvc_excess {
	uint8_t yellow, red; /**< enum dp_excess. */
	uint8_t mark_tc;
};

/** Limits and times; 0 takes the default in brackets. */
struct ethvc_config {
	/**
	 * The dataplane's index of the trunk's port, or ETHVC_NO_PORT: then there is no reset, link
	 * state or time stamp unit, and the adapter's totals are 0.
	 */
	uint16_t port;
	uint32_t n_locals;    /**< [1024] VCs with local data at one time. */
	uint32_t n_packets;   /**< [1024] Received ones that clients hold. */
	uint32_t n_queued;    /**< [4096] Sends that wait for room on the wire. */
	uint32_t send_window; /**< [no limit] Sends of a VC that may be out (SEND-8). */
	uint64_t linger_ns;   /**< [1 s] How long a deactivation lets queued sends go out. */
	uint64_t overdue_ns;  /**< [10 s] When a client that holds packets is reported. */
	struct ethvc_excess excess;
	uint64_t bandwidth; /**< [not limited] What VCs may reserve, octets/s each way. */
};

/** A VC, as its driver knows it. */
struct ethvc_vc_name {
	co_vc_t vc;
	dp_circuit_t circuit; /**< 0: not active. */
	uint32_t label;       /**< Of the activation in force. */
	uint32_t cookie;      /**< The circuit's: unique among the VCs of the trunk, a handle. */
};

/**
 * A circuit of which ethvc_vc_reclaimed() has returned false is gone: its receives are back
 * (DEACT-2). @p cookie may be nobody's any more.
 */
typedef void (*ethvc_drained_fn)(void *arg, dp_circuit_t circuit, uint32_t cookie);

/** @p name is for the log, and copied. -ENOMEM, -EINVAL. */
int ethvc_trunk_create(struct co *co, struct dp *dp, uint16_t trunk, const char *name,
	const struct cp_mem *mem, struct ethvc_trunk **out);
void ethvc_trunk_destroy(struct ethvc_trunk *t);

/** Before the first VC; without it all is default and there is no port. -ENOMEM, -ENOENT, -EBUSY.
 */
int ethvc_trunk_configure(struct ethvc_trunk *t, const struct ethvc_config *config);

/**
 * Bandwidth and fate of the excess for VCs from now on: those that are there keep what they have
 * reserved, though it be more, and their meters until their rates change.
 */
void ethvc_trunk_retune(
	struct ethvc_trunk *t, uint64_t bandwidth, const struct ethvc_excess *excess);

/** Known when the adapter is initialised. */
void ethvc_trunk_set_adapter(struct ethvc_trunk *t, co_adapter_t adapter);

void ethvc_trunk_set_drained(struct ethvc_trunk *t, ethvc_drained_fn fn, void *arg);

/** Bounded work, once a control turn: sends, ends, the port's news, reset and halt. */
void ethvc_trunk_turn(struct ethvc_trunk *t, uint64_t now_ns);

/** The link of its port, as it was told last; without a port always up. */
bool ethvc_trunk_link_is_up(const struct ethvc_trunk *t);

/** Circuits that are open or drain. */
uint32_t ethvc_trunk_n_circuits(const struct ethvc_trunk *t);

/* ---- VCs. ---- */

/**
 * Activate a VC, or change the parameters of an active one; @p media comes back with the rates in
 * use. A refusal leaves everything as it was (ACT-4, ACT-5, ACT-8).
 * @p circuit: of the new circuit, untouched when @p vc has one.
 */
enum co_status ethvc_vc_activate(struct ethvc_trunk *t, const struct ethvc_vc_name *vc,
	struct co_media_params *media, dp_circuit_t *circuit);

/** Queued sends go out, then the circuit ends; ethvc_vc_reclaimed() says so, or the drained
 * function later. What the VC has reserved is free at once. The name's label is not looked at. */
void ethvc_vc_deactivate(struct ethvc_trunk *t, const struct ethvc_vc_name *vc);

/** For the dataplane's reclaimed callback; @p vc is whose cookie it is, CO_NONE: nobody's. True: it
 * has drained; else its client has packets yet, and the drained function follows (DEACT-2). */
bool ethvc_vc_reclaimed(struct ethvc_trunk *t, co_vc_t vc, dp_circuit_t circuit);

/** The rates in force; all 0 where there is no meter. */
void ethvc_vc_flow(
	const struct ethvc_trunk *t, const struct ethvc_vc_name *vc, struct co_vc_flow *out);

/* ---- Bandwidth: an operation takes the same time whatever there is, and allocates nothing. ----
 */

/**
 * Reserve for the VC, active or not, in place of what it had: in each direction the token rate of
 * @p media, where it has none the peak rate; a direction that is not limited counts for nothing.
 * Less than before is never refused. Leaves (CO_MEDIA_F_LEAF) of one label have one share together,
 * which the first of them reserves. Activation reserves what has not been reserved, and lowers
 * nothing; deactivation releases.
 * @return SUCCESS, or RESOURCES: nothing has changed, and @p media has as peak rate, where too
 *   little is left, what there is.
 */
enum co_status ethvc_vc_reserve(
	struct ethvc_trunk *t, const struct ethvc_vc_name *vc, struct co_media_params *media);

/** The VC is deleted, or its call will not come about. Once more does no harm. */
void ethvc_vc_release(struct ethvc_trunk *t, uint32_t cookie);

/** Why VCs were refused. */
enum ethvc_refusal {
	ETHVC_REFUSED_RX,        /**< Too little bandwidth left to receive ... */
	ETHVC_REFUSED_TX,        /**< ... or else to send. */
	ETHVC_REFUSED_RATES,     /**< Rates or a label that cannot be (ACT-4). */
	ETHVC_REFUSED_RESOURCES, /**< No circuit or meter. */
	ETHVC_REFUSAL_COUNT
};

struct ethvc_admission {
	uint64_t bandwidth; /**< Octets per second each way; 0: not limited. */
	uint64_t reserved_rx, reserved_tx;
	uint32_t n_vcs; /**< That have a share of those. */
	uint64_t refusals[ETHVC_REFUSAL_COUNT];
};

void ethvc_trunk_admission(const struct ethvc_trunk *t, struct ethvc_admission *out);

/* ---- Local data (4.16). ---- */

void ethvc_vc_send(
	struct ethvc_trunk *t, const struct ethvc_vc_name *vc, struct co_packet **pkts, uint32_t n);
void ethvc_vc_cancel(struct ethvc_trunk *t, const struct ethvc_vc_name *vc, uint64_t cancel_id);

/** A frame to control; as dp_control_rx_fn. */
bool ethvc_vc_receive(struct ethvc_trunk *t, co_vc_t vc, const uint8_t *payload, uint32_t len,
	struct rte_mbuf *frame);
void ethvc_trunk_return(struct ethvc_trunk *t, struct co_packet **pkts, uint32_t n);

/** Clients that hold packets of a deactivated VC beyond overdue_ns: reported, never overridden. */
struct ethvc_overdue {
	uint32_t n_vcs;     /**< Now. */
	uint64_t n_noticed; /**< Ever. */
	co_vc_t vc;         /**< The one that waits longest; CO_NONE: there is none. */
	uint32_t label;
	uint32_t n_packets; /**< That its client holds. */
	uint64_t age_ns;    /**< Since its deactivation. */
};

void ethvc_trunk_overdue(const struct ethvc_trunk *t, struct ethvc_overdue *out);

/* ---- The adapter. ---- */

/** A request (4.20) about @p vc, about the adapter where that is NULL. Never pends (OID-4). */
enum co_status ethvc_trunk_oid(
	struct ethvc_trunk *t, const struct ethvc_vc_name *vc, struct co_oid_request *request);

/** The miniport's reset and halt handlers; their completions come from ethvc_trunk_turn(). */
enum co_status ethvc_trunk_reset(struct ethvc_trunk *t);
enum co_status ethvc_trunk_halt(struct ethvc_trunk *t);

/** The hardware is gone, as a device's removal event says too (UNB-8). */
void ethvc_trunk_removed(struct ethvc_trunk *t);

/** -errno of the dataplane as the contract says it. */
enum co_status ethvc_status_of_errno(int err);
