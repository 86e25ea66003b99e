/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * Circuits and the workers that carry them. Knows nothing of calls.
 *
 * A circuit is what a label of a trunk leads to: another circuit (a cross-connect),
 * an attachment, the control thread, or, of a point-to-multipoint call, all of its leaves.
 * Control is the only writer of the tables; workers read them as RCU readers; nobody locks.
 * What a worker looked up is good until it next reports a quiescent state, and nothing is
 * reused before that (I1, I3).
 *
 * Threads: "control" is the one thread that owns a struct dp. Functions named
 * dp_worker_turn and dp_worker_run belong to the worker's lcore; all others to control
 * unless they say otherwise.
 */

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include <rte_common.h>
#include <rte_ether.h>
#include <rte_mbuf.h>

#include "base/hist.h"
#include "base/mem.h"

#define DP_BURST 32    /**< Frames that are sent at once. */
#define DP_RX_BURST 64 /**< Frames that a worker takes from a receive queue in a turn, at most. */
#define DP_MAX_WORKERS 16
#define DP_MAX_PORTS 32
#define DP_MAX_TRUNKS 32
#define DP_N_LABELS (1u << 20)
#define DP_LABEL_FIRST_USER 16u /**< Labels below belong to MPLS itself (SIG-2). */
#define DP_MAX_LEAVES 4096u     /**< Of one label. */

struct dp;
struct dp_worker;

/** Index and generation, 0 is none: a stale one is refused, never mistaken for its successor. */
typedef uint32_t dp_circuit_t;

/**
 * Why a frame went no further. Each has a counter per worker and port: the port it came in on,
 * or would have gone out on for DP_DROP_TX.
 */
enum dp_drop {
	DP_DROP_RUNT,            /**< Too short for its headers. */
	DP_DROP_NOT_MPLS,        /**< On a trunk: another ethertype. */
	DP_DROP_LABEL_STACK,     /**< S is not 1 (SIG-4). */
	DP_DROP_TTL,             /**< TTL 0, or 1 where it would be forwarded. */
	DP_DROP_NO_CIRCUIT,      /**< The label leads nowhere: never set up, or closed. */
	DP_DROP_NOT_CONNECTED,   /**< Its call is not up on the other side. */
	DP_DROP_CONTROL_WORD,    /**< First nibble or FRG not 0 (SIG-7). */
	DP_DROP_CONTROL_LENGTH,  /**< Length of the control word does not fit (SIG-8). */
	DP_DROP_NO_ATTACHMENT,   /**< On an access port: no attachment has this VLAN. */
	DP_DROP_ATTACHMENT_IDLE, /**< The attachment has no call. */
	DP_DROP_MTU,             /**< Larger than the trunk's MTU once labelled. */
	DP_DROP_HEADROOM,        /**< No room to push headers. */
	DP_DROP_CONTROL_FULL,    /**< The ring to control is full; SSCOP repairs it. */
	DP_DROP_TX,              /**< The port took no more: counted at that port. */
	DP_DROP_ONE_WAY,         /**< Towards a leaf, which only sends what its label brings. */
	DP_DROP_NO_MBUF,         /**< No mbuf for a leaf's copy; the other leaves have theirs. */
	DP_DROP_METER,           /**< Above a rate of the circuit; see enum dp_excess. */
	DP_DROP_HANDOVER,        /**< The ring to the worker whose circuit it is of is full. */
	DP_DROP_RELAY, /**< So is the one to a worker with a transmit queue: at that port. */
	DP_DROP_RESERVED_LABEL, /**< A label of MPLS itself: never a circuit (SIG-2). */
	DP_DROP_MAC_CONTROL,    /**< On an access port: a frame between the ends of a link. */
	DP_DROP_COUNT
};

/** "no-circuit" ...; "?" when out of range. Any thread. */
const char *dp_drop_name(enum dp_drop reason);

/**
 * Why a frame went no further once its circuit was found: what circuits and attachments count by.
 * Several reasons of enum dp_drop may have one counter here.
 */
enum dp_circuit_drop {
	DP_CIRCUIT_DROP_TTL,           /**< 1, where it would have been forwarded. */
	DP_CIRCUIT_DROP_NOT_CONNECTED, /**< The other side is not up: no call, of an attachment. */
	DP_CIRCUIT_DROP_MALFORMED, /**< Runt behind its label, or the control word (SIG-7, 8). */
	DP_CIRCUIT_DROP_MTU,
	DP_CIRCUIT_DROP_NO_ROOM, /**< Headroom, mbufs, ring to control. */
	DP_CIRCUIT_DROP_ONE_WAY,
	DP_CIRCUIT_DROP_METER,
	DP_CIRCUIT_DROP_OTHER,
	DP_CIRCUIT_DROP_COUNT
};

/** "ttl" ...; "?" when out of range. Any thread. */
const char *dp_circuit_drop_name(enum dp_circuit_drop reason);

/** What to do with a frame; part of one 64-bit word, so that a worker sees all of it or none. */
enum dp_action {
	DP_ACTION_NONE = 0,  /**< Drop: no circuit, no attachment. */
	DP_ACTION_IDLE,      /**< Drop: not connected. */
	DP_ACTION_SWAP,      /**< Swap the label, out on a trunk. */
	DP_ACTION_POP,       /**< Strip label and control word, out on an attachment. */
	DP_ACTION_PUSH,      /**< Attachments only: label and control word, out on a trunk. */
	DP_ACTION_CONTROL,   /**< Hand the payload behind the control word to control. */
	DP_ACTION_REPLICATE, /**< A copy to each leaf of a list. */
	DP_ACTION_ONE_WAY,   /**< Drop: what it is connected to is a leaf. */
};

/**
 * All that a worker touches to forward a frame, counters and meter included: one line. Entries of
 * circuits (found by label) and of attachments (found by VLAN) have the same form.
 * One worker at a time writes the counters and the meter: the one that the frames come to.
 */
struct dp_entry {
	uint64_t forward;   /**< Action and where to, label or VLANs; see forward.h. Atomic. */
	uint64_t packets;   /**< Forwarded. Atomic, relaxed: one writer. */
	uint64_t octets;    /**< Of those, as received, without FCS. */
	uint64_t yellow;    /**< Above the committed rate, not above the peak rate. */
	uint64_t red;       /**< Above the peak rate. */
	uint64_t committed; /**< When the bucket is full again; see meter.h. Atomic. */
	uint64_t peak;
	uint32_t contract; /**< Index of what is metered, 0: nothing. Atomic. */
	dp_circuit_t self; /**< With generation: what a frame to control carries (I9). */
} __rte_cache_aligned;
static_assert(sizeof(struct dp_entry) == RTE_CACHE_LINE_SIZE, "one cache miss per frame");

/** Limits and sizes, fixed at dp_create(). */
struct dp_config {
	uint32_t n_circuits;    /**< 1 .. 2^22 - 1. */
	uint32_t n_attachments; /**< 0 .. 2^22 - 1. */
	/** Of each ring between control and a worker, and, up to 1024, between two workers of a
	 * port; a power of 2. */
	uint32_t ring_size;
	uint32_t n_mbufs;        /**< Of the pool of each node with ports; see dp_mbufs_wanted(). */
	uint16_t mbuf_data_size; /**< Octets of a frame with headroom; 0: RTE_MBUF_DEFAULT_BUF_SIZE.
				  */
	/** NUMA node of the tables; SOCKET_ID_ANY: of the lcore that creates. */
	int socket;
	uint64_t stall_ns; /**< A grace period older than this raises the stall alarm. */
	/**
	 * Label maps are made of blocks of 256 labels, each with 16 KiB of table, and a block is
	 * there while one of its labels is in use: 0 is twice what n_circuits take side by side,
	 * and 64, but not more than n_trunks have, what as many leaves take as fit into list_size,
	 * and 64. Where labels lie scattered (a neighbour chose them), more may be needed.
	 */
	uint32_t n_label_blocks;
	uint32_t n_trunks; /**< That there will be; 0: DP_MAX_TRUNKS. */
	/** Different contracts of metered circuits at once; 0: 4096. At most 65,535. */
	uint32_t n_contracts;
	/**
	 * Octets of the replication lists, rounded up to 16 KiB; a list takes 4 for each leaf, up
	 * to a power of 2 of at least 64, and while it grows the old one too. 0 is 16 for each
	 * circuit, 16 MiB at most. At most 1 GiB.
	 */
	uint32_t list_size;
	uint32_t n_clones; /**< Mbufs without data of the copies for leaves; 0: n_mbufs. */
};

/**
 * @return 0, -EINVAL, or -ENOMEM (with a log line that says what did not fit and the mend).
 */
int dp_create(struct dp **out, const struct dp_config *config);

/**
 * Workers must have stopped: closes what ports are open, and frees all. Circuits that are still
 * there end without a callback.
 */
void dp_destroy(struct dp *dp);

/**
 * Where the ports of the tables' node receive to, and control's frames come from; an mbuf holds a
 * frame of a port's MTU in one segment. Of other ports: dp_port_mempool().
 */
struct rte_mempool *dp_mempool(struct dp *dp);

/** Where the copies for leaves get the mbufs from that share a frame's octets. */
struct rte_mempool *dp_clone_pool(struct dp *dp);

/** dp_config.mbuf_data_size for ports with an MTU of up to @p mtu, 16,000 at most; 0: the usual. */
uint16_t dp_mbuf_data_size(uint16_t mtu);

/** Mbufs that fill every descriptor ring (of 1024), ring, buffer and cache at once. */
uint32_t dp_mbufs_wanted(uint32_t n_ports, uint32_t n_workers, uint32_t ring_size);

/* ---- Workers ---- */

/** One per lcore, before ports are opened (then -EBUSY). -ENOMEM, -ENOSPC, -EEXIST. */
int dp_worker_create(struct dp *dp, unsigned int lcore, struct dp_worker **out);

/** For rte_eal_remote_launch(): turns until dp_worker_stop(). @p arg is the struct dp_worker. */
int dp_worker_run(void *arg);

/**
 * One turn: bursts in, classify, act, what control sends, flush, quiescent. Between
 * dp_worker_online() and dp_worker_offline().
 * @return Frames received.
 */
uint32_t dp_worker_turn(struct dp_worker *w);

/** Be an RCU reader from now on, or no longer: dp_worker_run() does both by itself. */
void dp_worker_online(struct dp_worker *w);
void dp_worker_offline(struct dp_worker *w);

/** Ask dp_worker_run() to return; any thread. */
void dp_worker_stop(struct dp_worker *w);

/** For tests: meters take @p clock for the time stamp counter; NULL: no longer. Not while it turns.
 */
void dp_worker_set_clock(struct dp_worker *w, uint64_t (*clock)(void));

/** A worker's own account; read by control while it runs (relaxed, monotonic). */
struct dp_worker_stats {
	unsigned int lcore;
	int socket;     /**< NUMA node of the lcore. */
	int thread;     /**< The kernel's id of its thread, 0 before dp_worker_online(). */
	uint32_t ports; /**< Bit p: it polls port p. */
	uint64_t turns;
	uint64_t busy_turns;               /**< That moved a frame. */
	uint64_t busy_cycles, idle_cycles; /**< TSC: of the busy turns, of the others. */
	uint64_t rx;                       /**< Frames in: from queues, and from other workers. */
	uint64_t tx;                       /**< Frames out. */
	uint64_t handed;  /**< Of rx: handed to the worker whose circuits they are of. */
	uint64_t relayed; /**< Handed to a worker that has a transmit queue, whose tx they are. */
	uint64_t to_control;
	uint64_t from_control;
	uint64_t max_turn_cycles; /**< Longest gap between two quiescent states, of this spell. */
	uint32_t to_control_permille, from_control_permille; /**< How full its rings are now. */
	uint64_t drops[DP_DROP_COUNT];
};

uint32_t dp_n_workers(const struct dp *dp);

/** @p worker is below dp_n_workers(). */
void dp_worker_stats(const struct dp *dp, uint32_t worker, struct dp_worker_stats *out);

/**
 * The gaps between its quiescent states in TSC cycles: since it was made, and of this spell. A
 * gap's length is also the time that a circuit's end waits for this worker.
 */
void dp_worker_gaps(
	const struct dp *dp, uint32_t worker, struct cp_hist_buckets *ever, struct cp_hist *spell);

/**
 * A new spell, to compare two of them: dp_worker_gaps() has none of it from now on, and
 * max_turn_cycles begins anew at the worker's next turn.
 */
void dp_worker_gap_restart(struct dp *dp, uint32_t worker);

/** Frames that @p worker has received from the device of @p port; replays are not among them. */
uint64_t dp_worker_polled(const struct dp *dp, uint32_t worker, uint16_t port);

/* ---- Ports ---- */

/** How the frames of a port get to its workers: each circuit's and attachment's to one of them. */
enum dp_spread {
	DP_SPREAD_AUTO,     /**< The first of the others that the device and the workers allow. */
	DP_SPREAD_RSS,      /**< The device hashes labels, or VLANs, to a queue for each worker. */
	DP_SPREAD_FLOW,     /**< rte_flow rules for residues of labels, or VLANs, do. */
	DP_SPREAD_PORT,     /**< All to the one worker that polls the port. */
	DP_SPREAD_SOFTWARE, /**< The first worker polls, and hands the others theirs. */
	DP_SPREAD_COUNT
};

/** "auto", "rss" ...; "?" when out of range. Any thread. */
const char *dp_spread_name(enum dp_spread spread);

/** What a device is to steer by. */
enum dp_role {
	DP_ROLE_UNKNOWN, /**< Nothing: by software, that looks at what the port has become. */
	DP_ROLE_TRUNK,
	DP_ROLE_ACCESS,
};

struct dp_port_config {
	const char *name;      /**< The user's name for it: logs and errors. */
	uint16_t ethdev;       /**< DPDK port id, probed. */
	uint16_t n_rxd, n_txd; /**< 0: the driver's preference. */
	uint16_t mtu;          /**< 0: leave as it is. */
	uint32_t workers;      /**< Who polls it: a bit for each, by index. 0: the first of all. */
	enum dp_role role;
	enum dp_spread spread;     /**< Not auto: this one, or -ENOTSUP. One worker: port. */
	uint32_t signalling_label; /**< Of a trunk: has a queue of its own if the device can. 0:
				      none. */
};

/**
 * Configure and start a port, with a receive queue for each of its workers where the device can
 * spread circuits over them, and a transmit queue for each worker of all; if it has fewer of these,
 * the others' frames go through a worker with one. The workers poll it from their next turn on.
 *
 * Order within a circuit holds. With RSS that is the device's word: one that hashed more than the
 * label (or VLAN) would have two workers count for the same circuit, each losing some of it.
 * @return The dataplane's port index, or -errno after a log line with the mend.
 */
int dp_port_open(struct dp *dp, const struct dp_port_config *config);

/**
 * Stop receiving and sending, and, when every worker has passed a quiescent state or is offline,
 * close the device. Never waits. Frames for the port are dropped from now on (DP_DROP_TX). The
 * index is not given out again. A replay into the port ends too.
 * @return 0 when closed, -EAGAIN: workers may still use it, ask again; -ENOENT.
 */
int dp_port_close(struct dp *dp, uint16_t port);

/**
 * Stop receiving and sending, and, when every worker has passed a quiescent state or is offline,
 * stop and start the device: see dp_port_reset_poll(). Never waits. Frames for the port are dropped
 * meanwhile (DP_DROP_TX). Circuits, labels, meters and a replay into the port stay (RESET-7).
 * @return 0 when begun, -ENOENT, -EBUSY when it is being reset.
 */
int dp_port_reset(struct dp *dp, uint16_t port);

/**
 * @return 0 when the port runs again (or no reset was begun), -EAGAIN: ask again, -ENOENT; or what
 *   the device said that does not start, after a log line: the next call tries it anew.
 */
int dp_port_reset_poll(struct dp *dp, uint16_t port);

struct dp_port_stats {
	char name[32];
	uint16_t ethdev;
	uint16_t mtu;
	bool link_up;          /**< As dp_port_look() has seen it last; false while it is reset. */
	uint32_t link_mbps;    /**< UINT32_MAX when the device does not know. */
	uint64_t link_changes; /**< Of link_up, as seen. */
	struct rte_ether_addr mac;
	enum dp_spread spread; /**< Never auto. */
	uint32_t workers;      /**< As in struct dp_port_config, never 0. */
	uint16_t n_rx_queues, n_tx_queues;
	int signalling_queue;                  /**< -1: none of its own. */
	uint64_t rx, rx_octets, tx, tx_octets; /**< As the driver counts; 0 if it does not. */
	uint64_t rx_missed, rx_errors, tx_errors, rx_no_mbuf;
	uint64_t drops[DP_DROP_COUNT]; /**< By all workers. */
};

#define DP_WAYS_TEXT 512 /**< Room for it. */

/** In words how the circuits of an open port get to its workers, and why so. */
void dp_port_ways(const struct dp *dp, uint16_t port, char *out, size_t size);

/**
 * Look at the link of @p port, unless that was done a moment ago, and log a change. Every 10 ms,
 * or, where looking takes its time, less often: up to every 100 ms.
 * @return Whether it is up, as seen last.
 */
bool dp_port_look(struct dp *dp, uint16_t port, uint64_t now_ns);

/** dp_port_look() of every port. */
void dp_ports_look(struct dp *dp, uint64_t now_ns);

/** Opened so far, closed ones included. */
uint16_t dp_n_ports(const struct dp *dp);

/** 0, or -ENOENT when there is no such port or it is closed. */
int dp_port_stats(const struct dp *dp, uint16_t port, struct dp_port_stats *out);

/**
 * Poll @p ethdev, an already started source, as if its frames came in on @p port: a capture
 * replayed into a trunk or an access port. One at a time per port.
 * @return 0, -EBUSY when one is there, -ENOENT, -ENOTSUP where the device spreads by RSS: whose a
 *   frame is that did not pass through it, only it knows.
 */
int dp_replay_start(struct dp *dp, uint16_t port, uint16_t ethdev);

/** Frames that the replay source of @p port gave so far. */
uint64_t dp_replay_count(const struct dp *dp, uint16_t port);

/** The worker does not touch the source any more when this returns 0; -EAGAIN: ask again. */
int dp_replay_stop(struct dp *dp, uint16_t port);

/* ---- Trunks ---- */

struct dp_trunk_config {
	uint16_t port;
	struct rte_ether_addr peer_mac; /**< Destination of every frame sent. */
	uint8_t tc;                     /**< Traffic class of signalling, 0..7 (SIG-4: 6). */
};

/** @return Trunk index, or -EINVAL, -ENOSPC, -EEXIST (the port has a role), -ENOMEM. */
int dp_trunk_add(struct dp *dp, const struct dp_trunk_config *config);

/** Largest payload behind the control word that the trunk carries, octets. */
uint32_t dp_trunk_max_payload(const struct dp *dp, uint16_t trunk);

/* ---- Circuits ---- */

/**
 * A circuit for @p label of @p trunk, linked at once, connected to nothing (or to control, when
 * @p to_control). @p cookie comes back with frames and with its end.
 * @return 0, -EEXIST when the label is in use or not yet reclaimed, -ENOSPC (circuits, or blocks of
 *   labels), -EINVAL.
 */
int dp_circuit_open(struct dp *dp, uint16_t trunk, uint32_t label, bool to_control, uint32_t cookie,
	dp_circuit_t *out);

/**
 * A leaf: a circuit without a label of its own, one of those (DP_MAX_LEAVES at most) that all send
 * on what arrives on @p label of @p trunk, each a copy, from the worker's next frame on. The first
 * leaf takes the label, and one circuit more than itself for it. Connect it with dp_circuit_join(),
 * dp_circuit_attach() or dp_circuit_to_control(); until then it gets nothing, and counts nothing.
 * Traffic is one way: what the leaf is connected to has its frames dropped (DP_DROP_ONE_WAY).
 *
 * Unlink it with dp_circuit_unlink(): the other leaves neither lose nor repeat a frame (SIG-109).
 * The last one gives the label back, when it is reclaimed.
 * @return 0, -EEXIST when the label leads to a circuit that is no leaf or is not yet reclaimed,
 *   -ENOSPC (circuits, leaves of this label, memory of lists): nothing has changed; -EINVAL.
 */
int dp_leaf_open(struct dp *dp, uint16_t trunk, uint32_t label, uint32_t cookie, dp_circuit_t *out);

/**
 * Cross-connect, both directions. -ESTALE, -EINVAL (with itself, or two leaves), -EBUSY when one is
 * connected, -ENOSPC when both are metered, differently, and there is no room for a contract more.
 */
int dp_circuit_join(struct dp *dp, dp_circuit_t a, dp_circuit_t b);

/** Connect to an attachment, both directions. -ESTALE, -EBUSY, -ENOENT, -ENOSPC (contracts). */
int dp_circuit_attach(struct dp *dp, dp_circuit_t circuit, uint32_t attachment);

/** Deliver to control from now on, as dp_circuit_open() to_control. -ESTALE, -EBUSY. */
int dp_circuit_to_control(struct dp *dp, dp_circuit_t circuit);

/**
 * Make the labels of @p n circuits lead nowhere, and what leads into them too. Neither waits nor
 * frees. All circuits unlinked in one turn of the control loop share one grace period, so the cost
 * does not grow with @p n beyond the stores. dp_reclaim_poll() reports each of them once, when no
 * worker can hold it; and, of those that control received from or sent on, when what had arrived
 * until then was delivered by dp_control_poll(), and what control had sent has left (DEACT-2,
 * DEACT-3).
 * @return 0, or -ESTALE if some handle was stale or already unlinked (the others were unlinked).
 */
int dp_circuit_unlink(struct dp *dp, const dp_circuit_t *circuits, uint32_t n);

struct dp_circuit_stats {
	uint64_t rx_packets, rx_octets; /**< Received on its label and forwarded. */
	uint64_t tx_packets, tx_octets; /**< Sent on its label: by its other side, as that received;
					   by control. */
	uint64_t drops;                 /**< Received on its label and not forwarded. */
	uint64_t rx_yellow; /**< Received above the committed rate, not above the peak rate. */
	uint64_t rx_red;    /**< Received above the peak rate. */
	uint32_t drops_by[DP_CIRCUIT_DROP_COUNT]; /**< Of the drops; each starts over at 2^32. */
};

/**
 * 0 or -ESTALE. Inside a reclaim callback: the final ones. (Where the other side was connected
 * anew before the end of the grace period, a last burst may be in the new circuit's account.)
 */
int dp_circuit_stats(const struct dp *dp, dp_circuit_t circuit, struct dp_circuit_stats *out);

/**
 * For walks over all circuits: the one that lives at @p idx, from 0 to the n_circuits of the
 * configuration; 0 when there is none, or it was unlinked.
 */
dp_circuit_t dp_circuit_at_index(const struct dp *dp, uint32_t idx);

/** Where it lives; of a leaf, the label that it shares. 0 or -ESTALE. */
int dp_circuit_label(const struct dp *dp, dp_circuit_t circuit, uint16_t *trunk, uint32_t *label);

/** How many exist, reclaiming included, and one more for each label with leaves. */
uint32_t dp_n_circuits(const struct dp *dp);

/** How many labels of a trunk lead somewhere or are not yet reclaimed. */
uint32_t dp_n_labels(const struct dp *dp, uint16_t trunk);

/* ---- Meters ---- */

#define DP_RATE_MIN UINT64_C(16)           /**< Octets a second. */
#define DP_RATE_MAX UINT64_C(100000000000) /**< Octets a second. */

/** What becomes of a frame above a rate. */
enum dp_excess {
	DP_EXCESS_USUAL, /**< Yellow passes, red is dropped. */
	DP_EXCESS_PASS,
	DP_EXCESS_MARK, /**< Passes with another traffic class (RFC 5462), where it has a label. */
	DP_EXCESS_DROP,
};

/**
 * A flow as a two-rate three-colour marker knows it (RFC 2698, colour-blind): green up to the
 * committed rate, yellow up to the peak rate, red above. Octets are those of the frame as received,
 * without FCS.
 */
struct dp_flow {
	uint64_t committed_rate;              /**< Octets a second; 0: nothing is green. */
	uint64_t peak_rate;                   /**< Octets a second; 0: no meter. */
	uint32_t committed_burst, peak_burst; /**< Octets. */
	uint8_t yellow, red;                  /**< enum dp_excess. */
	uint8_t mark_tc;                      /**< 0..7, of what is marked. */
};

/**
 * Meter a circuit, in place of what meters it had; of each direction, NULL is no meter. @p rx is
 * for what arrives on its label (of a leaf: for its copies), @p tx for what is sent into it, held
 * to where that arrives: at the circuit or attachment that it is connected to, now or later. Where
 * that one has an rx meter too, one meter keeps to the smaller of each rate and burst, and to the
 * stricter of what is done with the excess. A new meter begins with full buckets. No frame is lost
 * (QOS-7), and each is held to the old contract or to the new one.
 * @return 0, -ESTALE, -EINVAL (committed above peak rate, a rate that is not kept to or without a
 *   burst, or no such excess or class), -ENOSPC (contracts): nothing has changed.
 */
int dp_circuit_meter(
	struct dp *dp, dp_circuit_t circuit, const struct dp_flow *rx, const struct dp_flow *tx);

/**
 * The rates that a meter keeps to, nearest to those of @p in: all from DP_RATE_MIN to DP_RATE_MAX,
 * to a part in 300 at the fastest and far less at others. 0 and the rest stay. Any thread.
 * @return Whether they are equal to @p in.
 */
bool dp_flow_round(const struct dp_flow *in, struct dp_flow *out);

/* ---- Reclamation ---- */

/**
 * @p circuit is gone for every worker. Its label is free for dp_circuit_open() already (of leaves,
 * with the last one); its handle is still good for dp_circuit_stats(), until this opens that label
 * or returns. May open, connect and unlink circuits; may not call dp_reclaim_poll().
 */
typedef void (*dp_reclaimed_fn)(void *arg, dp_circuit_t circuit, uint32_t cookie);

/** Who hears of a trunk's reclaimed circuits. */
void dp_trunk_set_reclaimed(struct dp *dp, uint16_t trunk, dp_reclaimed_fn fn, void *arg);

/**
 * Once a turn of the control loop: one token for all that was unlinked since, then what has passed
 * is reported, at most @p max circuits. Never waits.
 * @return Circuits reported.
 */
uint32_t dp_reclaim_poll(struct dp *dp, uint64_t now_ns, uint32_t max);

struct dp_reclaim_stats {
	uint64_t grace_periods; /**< Passed: one for all that was unlinked between two polls. */
	uint64_t circuits;      /**< Reclaimed. */
	uint64_t stalls;        /**< Times a worker held up a grace period beyond stall_ns. */
	uint32_t pending;       /**< Unlinked, not yet reclaimed. */
	uint64_t token_cycles; /**< TSC: that control took for tokens, to begin and look at them. */
	const struct cp_hist *grace_ns; /**< From token to passed. */
};

void dp_reclaim_stats(const struct dp *dp, struct dp_reclaim_stats *out);

/* ---- Attachments ---- */

struct dp_attachment_config {
	uint16_t port;
	uint8_t n_tags;      /**< 0: untagged and priority-tagged; 1: 802.1Q; 2: 802.1ad S+C. */
	uint16_t outer_vlan; /**< n_tags 1: the VLAN; n_tags 2: the S-VLAN. 1..4094. */
	uint16_t inner_vlan; /**< n_tags 2: the C-VLAN. */
};

/** @return 0, -EEXIST when that VLAN of the port is taken, -ENOSPC, -EINVAL, -ENOMEM. */
int dp_attachment_add(struct dp *dp, const struct dp_attachment_config *config, uint32_t *out);

/** Of an attachment, over all its calls. */
struct dp_attachment_stats {
	uint64_t rx_packets, rx_octets; /**< From the access port into circuits. */
	uint64_t tx_packets, tx_octets; /**< From circuits to the access port. */
	uint64_t drops;
	uint64_t rx_yellow, rx_red; /**< As in struct dp_circuit_stats. */
	uint32_t drops_by[DP_CIRCUIT_DROP_COUNT];
	dp_circuit_t circuit; /**< 0: no call. */
};

/** 0 or -ENOENT. */
int dp_attachment_stats(const struct dp *dp, uint32_t attachment, struct dp_attachment_stats *out);

/* ---- Frames between control and the wire ---- */

/**
 * Send @p len octets behind label, and control word, on @p trunk: from its first worker, at its
 * next turn after dp_control_flush(). Copies.
 * @return 0, -EINVAL (trunk or label), -EMSGSIZE, or -ENOMEM (no mbuf), -ENOBUFS (ring full):
 *   dropped and counted.
 */
int dp_trunk_send(
	struct dp *dp, uint16_t trunk, uint32_t label, const uint8_t *payload, uint32_t len);

/**
 * The same on the label of @p circuit, and in its account. With the trunk's traffic class when it
 * was opened to control (signalling), else with 0, as what attachments send.
 * @return As dp_trunk_send(), and -ESTALE; -EINVAL for a leaf.
 */
int dp_circuit_send(struct dp *dp, dp_circuit_t circuit, const uint8_t *payload, uint32_t len);

/** Hand what dp_trunk_send() and dp_circuit_send() gathered to the workers. Once a turn. */
void dp_control_flush(struct dp *dp);

/**
 * @p payload, behind the control word and without link padding, lies in @p frame, and may be read
 * until that is given back: by returning false, or, kept by returning true, with dp_frame_return()
 * later. The end of its circuit does not wait for a kept frame.
 */
typedef bool (*dp_control_rx_fn)(
	void *arg, uint32_t cookie, const uint8_t *payload, uint32_t len, struct rte_mbuf *frame);

/** Give back a kept frame; in any order, also when its circuit is gone. */
void dp_frame_return(struct dp *dp, struct rte_mbuf *frame);

/** Who gets the frames of a trunk's circuits opened to control. */
void dp_trunk_set_control_rx(struct dp *dp, uint16_t trunk, dp_control_rx_fn fn, void *arg);

/**
 * Frames of one circuit that will be delivered next, so that what they need can be asked of memory
 * for all of them at once. At most DP_AHEAD_MAX; frames->data_off and data_len are the payload's.
 */
#define DP_AHEAD_MAX 32u
typedef void (*dp_control_ahead_fn)(
	void *arg, uint32_t cookie, struct rte_mbuf *const *frames, uint32_t n);

/** Who is told of them, if anybody. */
void dp_trunk_set_control_ahead(struct dp *dp, uint16_t trunk, dp_control_ahead_fn fn, void *arg);

/** Circuits that may be about to end, at most DP_AHEAD_MAX; 0 is none. */
void dp_circuits_ahead(const struct dp *dp, const dp_circuit_t *circuits, uint32_t n);

/** Deliver at most @p max frames from all workers. @return How many. */
uint32_t dp_control_poll(struct dp *dp, uint32_t max);

/**
 * A frame of a signalling circuit, from its Ethernet header to its link padding: one that goes out,
 * when it is handed over, or one that came in, when it is delivered. VLAN tags that it came with
 * are cut out, and with them parts of its addresses. Must not wait (I6); @p frame dies when it
 * returns.
 */
typedef void (*dp_tap_fn)(void *arg, uint16_t trunk, bool sent, const uint8_t *frame, uint32_t len);

/** Let @p fn see all signalling of all trunks; NULL: nobody does. */
void dp_set_tap(struct dp *dp, dp_tap_fn fn, void *arg);

struct dp_control_stats {
	uint64_t rx;       /**< Frames delivered to control. */
	uint64_t rx_stale; /**< For a circuit that was reclaimed meanwhile (I9). */
	uint64_t rx_kept;  /**< Kept by their receivers, not yet given back. */
	uint64_t tx;
	uint64_t tx_no_mbuf;
	uint64_t tx_ring_full;
};

void dp_control_stats(const struct dp *dp, struct dp_control_stats *out);

/** Octets of hugepage memory that tables, rings and pool take: for the memory report. */
uint64_t dp_memory(const struct dp *dp);
