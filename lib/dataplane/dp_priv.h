/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * What the files of this folder share. Every table has one writer; the comments say which. The
 * grouping of fields is by writer and reader, for the sake of their cache lines.
 */

#include <rte_ethdev.h>
#include <rte_rcu_qsbr.h>
#include <rte_ring.h>

#include "base/idset.h"
#include "base/log.h"
#include "base/pool.h"
#include "dataplane/dataplane.h"
#include "dataplane/forward.h"

#define DP_NO_ETHDEV UINT16_MAX
#define DP_MAX_SOURCES (2 * DP_MAX_PORTS) /* of one worker: each port, and a replay into each */
#define DP_MAX_BATCHES 64
#define DP_N_VLANS 4096
#define DP_LABEL_OVERHEAD 8u /* label entry and control word */
#define DP_TRUNK_OVERHEAD (RTE_ETHER_HDR_LEN + DP_LABEL_OVERHEAD)

/* ---- What workers read ---- */

/* Where a VLAN of an access port leads. Slots are entry indexes, 0 for none. */
struct dp_access {
	uint32_t single[DP_N_VLANS];   /* [0]: untagged, or tagged for priority alone */
	uint32_t *stacked[DP_N_VLANS]; /* by S-VLAN, then by C-VLAN; NULL when it has none */
};

/* Of a port, all that a worker looks at. Control writes; atomics where a worker may be looking. */
struct dp_port_fast {
	uint32_t *labels;         /* Atomic. A trunk's label map, else NULL. */
	struct dp_access *access; /* Atomic. NULL before the first attachment. */
	uint16_t ethdev;          /* Atomic. To send on; DP_NO_ETHDEV when closed. */
	uint16_t mtu;
} __rte_cache_aligned;

/* Of a trunk, what is the same in every frame sent. */
struct dp_trunk_fast {
	uint8_t eth[16]; /* peer, self, 0x8847, and two octets that the label overwrites */
	uint32_t port;
	uint32_t max_frame; /* octets of a frame, its Ethernet header included */
} __rte_aligned(32);

/* One receive queue that a worker polls, in the name of a port. */
struct dp_source {
	uint16_t ethdev;
	uint16_t port;
	uint16_t burst;    /* frames at most a turn */
	uint64_t n_frames; /* the worker writes */
} __rte_cache_aligned;

struct dp_tx_buffer {
	uint32_t n;
	struct rte_mbuf *frames[DP_BURST];
};

struct dp_worker {
	struct dp *dp;
	uint32_t idx; /* its transmit queue on every port, its thread id with rte_rcu_qsbr */
	unsigned int lcore;
	struct rte_ring *to_control;
	struct rte_ring *from_control;

	/* Control writes, seldom. */
	struct dp_source *sources[DP_MAX_SOURCES] __rte_cache_aligned; /* Atomic; NULL: none. */
	uint32_t n_sources;   /* Atomic. Slots ever used. */
	uint32_t stop;        /* Atomic. */
	uint32_t gap_restart; /* Atomic; the worker clears it. */

	/* Control only: frames on their way to from_control. */
	struct rte_mbuf *stash[DP_BURST] __rte_cache_aligned;
	uint32_t n_stash;
	uint32_t room; /* what the ring surely takes, beyond the stash */

	/* The worker only. */
	uint64_t last_quiescent __rte_cache_aligned; /* TSC */
	uint32_t tx_dirty;                           /* bit per port whose buffer is not empty */
	struct dp_tx_buffer tx[DP_MAX_PORTS];

	/* The worker writes, control reads. Relaxed. */
	uint64_t turns __rte_cache_aligned;
	uint64_t busy_turns;
	uint64_t n_rx;
	uint64_t n_tx;
	uint64_t n_to_control;
	uint64_t n_from_control;
	uint64_t max_turn_cycles;
	uint64_t drops[DP_MAX_PORTS][DP_DROP_COUNT];
} __rte_cache_aligned;
static_assert(DP_MAX_PORTS <= 32, "bits of tx_dirty");

/* ---- What control alone sees ---- */

/*
 * What a circuit and an attachment have in common: whom it is connected to, and whose frames it
 * sends. Frames are counted where they come in, in the entry of the other side; so the partner's
 * counters since `base` belong to this side's account until the two are settled (dp_settle()).
 */
struct dp_side {
	uint32_t peer;    /* entry index: connected, 0 if not */
	uint32_t partner; /* entry index: account open, 0 if not; outlives the connection */
	uint64_t base_packets, base_octets; /* of the partner, when the account was opened */
	uint64_t tx_packets, tx_octets;     /* settled */
};

/* One line: what closing a circuit costs control beyond the worker's own tables. */
struct dp_circuit {
	struct dp_side side;
	uint64_t cookie;
	uint32_t label;
	uint16_t trunk;
	bool to_control;
	bool unlinked;
} __rte_cache_aligned;
static_assert(sizeof(struct dp_circuit) == RTE_CACHE_LINE_SIZE, "one cache miss per close");

struct dp_attachment {
	struct dp_side side;
	struct dp_attachment_config config;
};

struct dp_trunk {
	uint16_t port;
	uint8_t tc;
	struct cp_idset *labels; /* taken: leads somewhere, or is not yet reclaimed */
	dp_reclaimed_fn reclaimed;
	void *reclaimed_arg;
	dp_control_rx_fn control_rx;
	void *control_rx_arg;
};

enum dp_port_state { DP_PORT_NONE, DP_PORT_OPEN, DP_PORT_CLOSING, DP_PORT_CLOSED };

enum dp_replay_state { DP_REPLAY_NONE, DP_REPLAY_ON, DP_REPLAY_ENDING };

struct dp_port {
	char name[32];
	enum dp_port_state state;
	uint16_t ethdev;
	uint32_t worker;
	struct rte_ether_addr mac;
	struct dp_source source;
	uint64_t close_token;
	enum dp_replay_state replay_state;
	struct dp_source replay;
	uint64_t replay_token;
};

/* Circuits that share a token: the next n of the FIFO. */
struct dp_batch {
	uint64_t token;
	uint64_t started_ns;
	uint32_t n;
	bool passed;
	bool stalled;
};

/*
 * Unlinked circuits in the order of unlinking: first those of the batches in flight, then those
 * that no token covers yet. An array, so that reclaiming can look ahead and prefetch.
 */
struct dp_reclaim {
	uint32_t *fifo; /* circuit indexes; holds every circuit there is */
	uint32_t mask;
	uint32_t head, tail; /* free-running */
	uint32_t n_uncovered;
	struct dp_batch batches[DP_MAX_BATCHES];
	uint32_t first_batch, n_batches;
	uint64_t n_grace_periods;
	uint64_t n_circuits;
	uint64_t n_stalls;
	struct cp_log_limit stall_log;
	struct cp_hist grace_ns;
};

struct dp {
	/* Workers read. */
	struct dp_entry *entries; /* [0] no circuit, circuits, then attachments */
	struct rte_rcu_qsbr *qsbr;
	struct dp_trunk_fast trunk_fast[DP_MAX_TRUNKS];
	struct dp_port_fast port_fast[DP_MAX_PORTS];

	/* Control only. */
	struct dp_config config __rte_cache_aligned;
	uint32_t serial; /* in the names of rings and pool */
	struct cp_mem mem;
	uint64_t n_octets; /* allocated */
	struct rte_mempool *mempool;
	struct cp_pool circuits;
	struct dp_attachment *attachments;
	uint32_t n_attachments;
	uint16_t n_trunks;
	uint16_t n_ports;
	uint32_t n_workers;
	uint32_t next_poll; /* the worker whose frames control looks at first */
	struct dp_worker *workers[DP_MAX_WORKERS];
	struct dp_trunk trunks[DP_MAX_TRUNKS];
	struct dp_port ports[DP_MAX_PORTS];
	struct dp_reclaim reclaim;
	struct dp_control_stats control;
};

/* ---- dataplane.c ---- */

/** Zeroed, on the dataplane's node, counted; NULL when memory is out. */
void *dp_zalloc(struct dp *dp, size_t size, const char *what);

/* ---- worker.c ---- */

/** Also frees the frames in its rings. */
void dp_worker_destroy(struct dp_worker *w);

/** From the worker's next turn on. */
void dp_worker_add_source(struct dp_worker *w, struct dp_source *source);

/** The worker is done with it once a token taken after this has passed. */
void dp_worker_remove_source(struct dp_worker *w, const struct dp_source *source);

/* ---- switch.c; runs on a worker: no lock, no log, no allocation, no system call ---- */

/** One burst of @p source. @return Frames received. */
uint32_t dp_switch_source(struct dp_worker *w, struct dp_source *source);

/** Put @p frame into the buffer of @p port. */
void dp_tx(struct dp_worker *w, uint16_t port, struct rte_mbuf *frame);

/** Empty all buffers. */
void dp_tx_flush(struct dp_worker *w);

/* ---- circuit.c ---- */

static inline uint32_t
dp_circuit_entry_idx(dp_circuit_t circuit)
{
	return cp_handle_idx(circuit) + 1;
}

static inline uint32_t
dp_attachment_entry_idx(const struct dp *dp, uint32_t attachment)
{
	return dp->config.n_circuits + 1 + attachment;
}

/** The circuit's record by the index of its entry. */
static inline struct dp_circuit *
dp_circuit_of(const struct dp *dp, uint32_t entry_idx)
{
	return (struct dp_circuit *)dp->circuits.records + (entry_idx - 1);
}

/** Close the account that @p entry_idx and its partner have with each other, if any. */
void dp_settle(struct dp *dp, uint32_t entry_idx);

/** What @p side has sent. */
void dp_side_sent(
	const struct dp *dp, const struct dp_side *side, uint64_t *packets, uint64_t *octets);

/* ---- reclaim.c ---- */

int dp_reclaim_init(struct dp *dp);

/** Circuit @p circuit_idx was unlinked: to be reclaimed after a grace period. */
void dp_reclaim_add(struct dp *dp, uint32_t circuit_idx);

/** A token that passes when no worker can see any more what was taken away before. */
uint64_t dp_grace_start(struct dp *dp);
bool dp_grace_passed(struct dp *dp, uint64_t token);
