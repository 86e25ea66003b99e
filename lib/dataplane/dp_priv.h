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
#include "dataplane/load.h"
#include "dataplane/node.h"
#include "dataplane/stock.h"

#define DP_NO_ETHDEV UINT16_MAX
/* Of one worker, for each port: a queue, signalling's, a ring from each other worker, a replay. */
#define DP_MAX_SOURCES (DP_MAX_PORTS * (DP_MAX_WORKERS + 2))
#define DP_MAX_RELAYS (DP_MAX_PORTS * (DP_MAX_WORKERS - 1)) /* into one worker */
#define DP_MAX_RESIDUES 64u
#define DP_MAX_BATCHES 64
#define DP_LIST_LINE 16u  /* slots of a cache line, the smallest list */
#define DP_LIST_ORDERS 9u /* of 16 << 0 .. 16 << 8 slots */
#define DP_N_VLANS 4096
#define DP_BLOCK_SHIFT 8u
#define DP_BLOCK_LABELS (1u << DP_BLOCK_SHIFT) /* and entries */
#define DP_MAX_CONTRACTS UINT16_MAX
#define DP_TURN_COPIES 4096u /* for leaves: no trunk goes on in a turn that has had so many */
#define DP_LABEL_OVERHEAD 8u /* label entry and control word */
#define DP_MBUF_CACHE 256u
#define DP_MEND_MEMORY "dpdk-hugepages.py --setup 2G, or a larger -m with --no-huge"
#define DP_TRUNK_OVERHEAD (RTE_ETHER_HDR_LEN + DP_LABEL_OVERHEAD)

/* ---- What workers read ---- */

/* Where a VLAN of an access port leads. Slots are entry indexes, 0 for none. */
struct dp_access {
	uint32_t single[DP_N_VLANS];   /* [0]: untagged, or tagged for priority alone */
	uint32_t *stacked[DP_N_VLANS]; /* by S-VLAN, then by C-VLAN; NULL when it has none */
};

/* Of a port, all that a worker looks at. Control writes; atomics where a worker may be looking. */
struct dp_port_fast {
	/*
	 * Atomic. A trunk's label map, else NULL: by the upper bits of a label, the index of the
	 * first of its block's entries. Where there is no block it is 0: entries that say so.
	 */
	uint32_t *blocks;
	struct dp_access *access; /* Atomic. NULL before the first attachment. */
	uint16_t ethdev;          /* Atomic. To send on; DP_NO_ETHDEV when closed. */
	uint16_t mtu;
	bool multi_segs; /* sends frames of several segments */
} __rte_cache_aligned;

/* Of a trunk, what is the same in every frame sent. */
struct dp_trunk_fast {
	uint8_t eth[16]; /* peer, self, 0x8847, and two octets that the label overwrites */
	uint32_t port;
	uint32_t max_frame; /* octets of a frame, its Ethernet header included */
} __rte_aligned(32);

/*
 * What a meter keeps to: rates and bursts, of as many circuits as have the same. Control fills one
 * in before any entry names it, and again only a grace period after the last one did. See meter.h.
 */
struct dp_contract {
	uint64_t peak_limit, committed_limit; /* time that a full bucket takes to fill */
	uint64_t peak_cost, committed_cost;   /* time that an octet takes, times 4096 */
	uint8_t yellow, red;                  /* enum dp_excess, not USUAL */
	uint8_t mark_tc;
} __rte_cache_aligned;

/*
 * Which of a port's workers a frame is for, where its device does not see to that, or not surely:
 * by a residue of its label, or of its VLAN or attachment. Workers are counted in the port's own
 * order here. The rings are those of the worker that asks: it is their only producer.
 */
struct dp_spreader {
	uint8_t owners[DP_MAX_RESIDUES]; /* by residue */
	uint32_t mask;
	uint32_t n;
	uint32_t self;
	bool by_vlan; /* outer VLAN, as the device's rules have it; else by attachment */
	struct rte_ring *rings[DP_MAX_WORKERS]; /* NULL: self */
} __rte_cache_aligned;

/* A receive queue, or a ring from another worker, that a worker polls in the name of a port. */
struct dp_source {
	struct rte_ring *ring;              /* NULL: a queue */
	const struct dp_spreader *spreader; /* NULL: all is for the worker that polls */
	uint16_t ethdev;
	uint16_t queue;
	uint16_t port;
	uint16_t burst;    /* frames at most a turn */
	uint32_t worker;   /* who polls it */
	uint64_t n_frames; /* the worker writes */

	/* The worker's while it polls: frames for its next turn, as if it had not received them. */
	uint32_t n_held;
	struct rte_mbuf *held[DP_RX_BURST];
} __rte_cache_aligned;

/* Of a circuit or attachment; atomics, one writer. Apart from the entry: few frames are dropped. */
struct dp_drop_counts {
	uint32_t by[DP_CIRCUIT_DROP_COUNT];
};

/* Frames of a worker without a transmit queue of a port, to one that has. One of each. */
struct dp_relay {
	struct rte_ring *ring;
	uint32_t port;
	uint32_t to; /* worker */
};

struct dp_tx_buffer {
	uint32_t n;
	uint16_t queue;         /* control writes, before any frame goes to the port */
	struct rte_ring *relay; /* so; not NULL: in place of the queue */
	struct rte_mbuf *frames[DP_BURST];
};

/* What the end of a circuit waits for, of a worker. */
enum dp_drain_for {
	DP_DRAIN_SENT,     /* what control has put into its stash is on the wire */
	DP_DRAIN_RECEIVED, /* what it has put into its ring to control is delivered */
	DP_DRAIN_COUNT
};

/* Circuits that wait, by side; 0: none. Control only. */
struct dp_drain {
	uint32_t head, tail;
};

struct dp_worker {
	struct dp *dp;
	uint32_t idx; /* its thread id with rte_rcu_qsbr */
	unsigned int lcore;
	struct rte_ring *to_control;
	struct rte_ring *from_control;

	/* Control writes, seldom. */
	struct dp_source *sources[DP_MAX_SOURCES] __rte_cache_aligned; /* Atomic; NULL: none. */
	struct dp_relay *relays[DP_MAX_RELAYS];                        /* Atomic; NULL: none. */
	uint32_t n_sources; /* Atomic. Slots ever used. */
	uint32_t n_relays;  /* So. */
	uint32_t stop;      /* Atomic. */

	/* Control only: frames on their way to from_control. */
	struct rte_mbuf *stash[DP_BURST] __rte_cache_aligned;
	uint32_t n_stash;
	uint32_t room;     /* what the ring surely takes, beyond the stash */
	uint64_t n_put;    /* frames ever put into the stash */
	uint64_t n_polled; /* frames of to_control that were delivered */
	struct dp_drain drains[DP_DRAIN_COUNT];
	struct cp_hist_buckets spell_base; /* what the gaps were when this spell began */

	/* The worker only. */
	uint32_t tx_dirty __rte_cache_aligned; /* bit per port whose buffer is not empty */
	uint64_t time;                         /* of the turn, for the meters; see meter.h */
	uint32_t n_copies;                     /* for leaves, in this turn */
	bool is_full; /* so many that the frames behind, of the same source, have to wait */
	uint64_t (*clock)(void); /* NULL: the time stamp counter */
	struct dp_tx_buffer tx[DP_MAX_PORTS];

	/* The worker writes, control reads. Relaxed. */
	struct dp_load load __rte_cache_aligned;
	uint64_t n_rx;
	uint64_t n_tx;
	uint64_t n_handed;
	uint64_t n_relayed;
	uint64_t n_to_control;
	uint64_t n_from_control; /* sent: no longer in a buffer; see dp_worker_turn() */
	uint32_t thread;         /* the kernel's id of it */
	uint64_t drops[DP_MAX_PORTS][DP_DROP_COUNT];
} __rte_cache_aligned;
static_assert(DP_MAX_PORTS <= 32, "bits of tx_dirty");

/* ---- What control alone sees ---- */

/* Of a leaf: nothing is ever sent into it, so it has this in place of an account. */
struct dp_leaf {
	uint32_t entry; /* index */
	uint32_t slot;  /* in its root's list */
};

/* Of a root, likewise; its list is in its entry's forward word. */
struct dp_root {
	uint16_t n_leaves;
	uint16_t n_holes;
	uint32_t first_hole; /* slot; means nothing when n_holes is 0 */
};

/*
 * What a circuit and an attachment have in common. Control names them by side: circuits by the
 * index of their records and 1, then attachments; 0 is none.
 *
 * Frames are counted where they come in, in the entry of the other side; so what the partner's
 * counters grow by belongs to this side's account until the two are settled (dp_settle()): while
 * it is open, it lacks what they were at its opening, and may be below 0 (modulo 2^64).
 */
struct dp_side {
	union {
		struct {
			uint64_t tx_packets, tx_octets;
		};
		struct dp_leaf leaf;
		struct dp_root root;
	};
	union {
		struct {
			uint32_t partner : 31; /* account open, 0 if not; outlives the connection */
			uint32_t is_connected : 1; /* to the partner */
		};
		uint32_t next_drain; /* circuit that is draining: unlinked and settled */
	};
	union {
		struct {
			uint16_t rx_contract, tx_contract; /* indexes, 0 if none */
		};
		uint32_t next_retired; /* circuit that was unlinked: side, see struct dp_reclaim */
		uint32_t mark;         /* then, while it is draining: see reclaim.c */
	};
};

enum dp_circuit_flag {
	DP_CIRCUIT_UNLINKED = 1,
	DP_CIRCUIT_CONTROL = 2,    /* delivers to control; of a root: a leaf did */
	DP_CIRCUIT_SIGNALLING = 4, /* was opened so */
	DP_CIRCUIT_SENT = 8,       /* control has sent on it */
	DP_CIRCUIT_LEAF = 16,      /* its label leads to its root */
	DP_CIRCUIT_ROOT = 32,      /* has the label of its leaves, and is nobody's */
	DP_CIRCUIT_DRAINING = 64,  /* waits among others, see struct dp_side */
};

/* Circuits whose end waits for frames between control and the workers of its port. */
#define DP_CIRCUIT_DRAINS (DP_CIRCUIT_CONTROL | DP_CIRCUIT_SENT)

/*
 * What closing a circuit costs control beyond the worker's own tables: half a line. Its entry is
 * found by its label, as a worker finds it.
 */
struct dp_circuit {
	struct dp_side side;
	uint32_t cookie;
	uint32_t label : 20;
	uint32_t trunk : 5;
	uint32_t flags : 7; /* enum dp_circuit_flag */
};
static_assert(DP_N_LABELS == 1u << 20 && DP_MAX_TRUNKS == 1u << 5 && DP_CIRCUIT_DRAINING < 1u << 7,
	"bits of a circuit");
static_assert(2 * sizeof(struct dp_circuit) == RTE_CACHE_LINE_SIZE, "one cache miss per close");
static_assert(2 * (uint64_t)CP_POOL_MAX + 1 < UINT64_C(1) << 31, "a side in 31 bits");

struct dp_attachment {
	struct dp_side side;
	struct dp_attachment_config config;
};

struct dp_trunk {
	uint16_t port;
	uint8_t tc;
	uint32_t *blocks;        /* the port's */
	struct cp_idset *labels; /* taken: leads somewhere, or is not yet reclaimed */
	dp_reclaimed_fn reclaimed;
	void *reclaimed_arg;
	dp_control_rx_fn control_rx;
	void *control_rx_arg;
	dp_control_ahead_fn control_ahead;
	void *control_ahead_arg;
};

enum dp_port_state {
	DP_PORT_NONE,
	DP_PORT_OPEN,
	DP_PORT_RESETTING,
	DP_PORT_CLOSING,
	DP_PORT_CLOSED
};

enum dp_replay_state { DP_REPLAY_NONE, DP_REPLAY_ON, DP_REPLAY_ENDING };

/* What is known of a port's link, and of looking at it; see device.c. */
struct dp_link {
	bool is_up;
	uint32_t mbps;
	uint64_t n_changes;
	uint64_t next_look_ns;
	uint64_t least_ns; /* that a look has taken */
};

/* How a device is to find workers for its frames, from its opening on. Queue i is for worker i. */
struct dp_steering {
	enum dp_spread spread;
	enum dp_role role;
	bool is_forced;      /* by configuration */
	bool own_signalling; /* the queue behind the others is for signalling alone */
	uint32_t signalling_label;
	uint32_t n_workers;
	uint32_t n_residues; /* a power of 2 */
	uint32_t n_queues;   /* to receive, without signalling's */
	uint64_t rss_types;
	uint16_t reta_size;
};

struct dp_port {
	char name[32];
	enum dp_port_state state;
	uint16_t ethdev;
	uint32_t workers;                /* who poll it: bits, */
	uint8_t pollers[DP_MAX_WORKERS]; /* and the same in order; control sends by the first */
	int node;                        /* of the device */
	struct rte_ether_addr mac;
	struct dp_steering steering;
	uint16_t n_tx_queues;
	struct dp_source *sources;     /* signalling's first */
	struct dp_spreader *spreaders; /* of the workers that receive from the device, in order */
	struct dp_relay *relays;
	uint32_t n_sources, n_spreaders, n_relays;
	struct dp_link link;
	uint64_t token; /* of its reset or close */
	enum dp_replay_state replay_state;
	struct dp_source replay;
	uint64_t replay_token;
};

/* The memory of replication lists: a buddy allocator, in lines. Control only. */
struct dp_lists {
	uint8_t *state;    /* of each line that begins a block: its order, and whether it is free */
	uint32_t n_lines;  /* a multiple of the largest block */
	uint32_t n_in_use; /* lines */
	uint32_t first_free[DP_LIST_ORDERS]; /* DP_LIST_NONE: none */
};
#define DP_LIST_NONE UINT32_MAX

/*
 * The entries of labels and leaves, in blocks: one holds those of 256 labels side by side, or of
 * leaves, whichever are free. Control only.
 */
struct dp_blocks {
	uint32_t first_entry; /* of block 0 */
	uint32_t n;
	uint32_t n_free;
	uint32_t *free;                              /* a stack */
	uint16_t *n_used;                            /* entries, of each block */
	uint64_t (*leaf_bits)[DP_BLOCK_LABELS / 64]; /* of a block for leaves: those in use */
	uint32_t *next, *previous; /* blocks for leaves with room; DP_BLOCK_NONE: none */
	uint32_t first_with_room;
};
#define DP_BLOCK_NONE UINT32_MAX

/* The other half of a contract. Control only. */
struct dp_contract_terms {
	struct dp_flow flow;
	uint32_t n_users; /* circuits' directions, and entries; 0: free, or retired */
	uint16_t next;    /* of the same bucket, or free; 0: none */
};

#define DP_CONTRACT_BUCKETS 4096u
struct dp_contracts {
	struct dp_contract_terms *terms; /* [0] is none */
	uint16_t buckets[DP_CONTRACT_BUCKETS];
	uint16_t first_free;
};

/* What waits for a grace period beside circuits. */
enum dp_retired {
	DP_RETIRED_CONTRACT,
	DP_RETIRED_LIST,
	DP_RETIRED_BLOCK,
};

/* What shares a token: the next ones of the two queues. */
struct dp_batch {
	uint64_t token;
	uint64_t started_ns;
	uint32_t n_circuits;
	uint32_t n_others;
	uint8_t n_turns; /* grace periods after the first that have begun */
	bool passed;
	bool stalled;
};

#define DP_RETIRED_CHAINS 8u /* circuits whose records are on their way while one is reclaimed */

/*
 * Unlinked circuits in the order of unlinking: first those of the batches in flight, then those
 * that no token covers yet. They are chained through their records, which costs no memory; and each
 * to the one that is DP_RETIRED_CHAINS behind it, so that reclaiming can look as far ahead and
 * prefetch: number i stands in chain i modulo that. Contracts, lists and blocks that nobody uses
 * any more have a ring of their own.
 */
struct dp_reclaim {
	uint32_t first[DP_RETIRED_CHAINS]; /* sides; 0: the chain is empty, */
	uint32_t last[DP_RETIRED_CHAINS];  /* and this means nothing */
	uint32_t n_taken, n_put;           /* circuits ever, modulo 2^32 */
	uint32_t *others;                  /* enum dp_retired, and an index; holds all there is */
	uint32_t size;
	uint32_t head; /* where the first one stands */
	uint32_t n_others;
	/* What no token covers yet. */
	uint32_t n_uncovered_circuits, n_uncovered_others;
	uint32_t n_pending; /* circuits in here or draining, without roots */
	struct dp_batch batches[DP_MAX_BATCHES];
	uint32_t first_batch, n_batches;
	uint64_t n_grace_periods;
	uint64_t n_circuits;
	uint64_t n_stalls;
	uint64_t token_cycles; /* TSC */
	struct cp_log_limit stall_log;
	struct cp_hist grace_ns;
};

/* Memory by node. Control only. */
struct dp_numa {
	struct rte_mempool *pools[DP_MAX_NODES]; /* where a node's ports receive to; NULL: none */
	struct dp_placement placement;
};

struct dp {
	/* Workers read. */
	/* 256 of no circuit at all, those of attachments, then the blocks. */
	struct dp_entry *entries;
	struct dp_contract *contracts;      /* [0] is none */
	struct dp_drop_counts *drop_counts; /* by side */
	uint32_t *slots; /* of all replication lists; list i begins at slot 16 i */
	struct rte_rcu_qsbr *qsbr;
	struct rte_mempool *mempool;
	struct rte_mempool *clones; /* mbufs without data */
	struct dp_trunk_fast trunk_fast[DP_MAX_TRUNKS];
	struct dp_port_fast port_fast[DP_MAX_PORTS];

	/* Control only. */
	struct dp_config config __rte_cache_aligned;
	struct dp_numa numa;
	uint32_t serial; /* in the names of rings and pool */
	struct cp_mem mem;
	uint64_t n_octets; /* allocated */
	struct cp_pool circuits;
	struct dp_blocks blocks;
	struct dp_contracts terms;
	struct dp_lists lists;
	struct dp_attachment *attachments;
	uint32_t n_attachments;
	uint16_t n_trunks;
	uint16_t n_ports;
	uint32_t n_workers;
	uint32_t n_relays;  /* of all ports that are not closed */
	uint32_t next_poll; /* the worker whose frames control looks at first */
	struct dp_worker *workers[DP_MAX_WORKERS];
	struct dp_trunk trunks[DP_MAX_TRUNKS];
	struct dp_port ports[DP_MAX_PORTS];
	struct dp_reclaim reclaim;
	struct dp_control_stats control;
	struct dp_stock stock; /* for frames; empty between turns (I4) */
	dp_tap_fn tap;         /* NULL: nobody listens */
	void *tap_arg;
};

/* ---- dataplane.c ---- */

/** Zeroed, on the dataplane's node, counted; NULL when memory is out. */
void *dp_zalloc(struct dp *dp, size_t size, const char *what);

/* ---- node.c: each of these is on @p node, or, when that has no room, elsewhere with a warning
 * ---- */

/** The node of tables is one from now on. */
void dp_numa_init(struct dp *dp);

/** Frees the mbuf pools. */
void dp_numa_fini(struct dp *dp);

/** Zeroed, counted; NULL when memory is out, after a log line. */
void *dp_zalloc_at(struct dp *dp, int node, size_t size, const char *what);

/** Counted; NULL, rte_errno, no log line. */
struct rte_ring *dp_ring_create(
	struct dp *dp, const char *name, uint32_t size, unsigned int flags, int node);

/** Counted; NULL after a log line. */
struct rte_mempool *dp_pool_create(
	struct dp *dp, const char *what, uint32_t n_mbufs, uint16_t size, int node);

/** The pool that ports of @p node receive to, made for the first of them; NULL after a log line. */
struct rte_mempool *dp_node_pool(struct dp *dp, int node);

/** The node of who looks up what arrives on a port: for the maps of the port alone. */
int dp_worker_node(const struct dp *dp, uint16_t port);

/** Look where memory that was asked for on @p node is, and warn when it is not there. */
void dp_placed(struct dp *dp, const char *what, const void *p, size_t size, int node);

/** A port on another node than its worker works, but each of its frames crosses over. */
void dp_warn_if_far(const struct dp *dp, const char *port, int node, uint32_t worker);

/* ---- worker.c ---- */

/** Also frees the frames in its rings. */
void dp_worker_destroy(struct dp_worker *w);

/** From the worker's next turn on. */
void dp_worker_add_source(struct dp_worker *w, struct dp_source *source);

/** The worker is done with it once a token taken after this has passed. */
void dp_worker_remove_source(struct dp_worker *w, const struct dp_source *source);

/** The same for what it sends on for others. */
void dp_worker_add_relay(struct dp_worker *w, struct dp_relay *relay);
void dp_worker_remove_relay(struct dp_worker *w, const struct dp_relay *relay);

/* ---- queues.c: what the workers of a port poll, and how they send on it ---- */

/** After its steering, pollers and number of transmit queues are known. 0 or -ENOMEM. */
int dp_queues_create(struct dp *dp, struct dp_port *p);

/** Let workers poll them, from their next turn on; and no longer: see dp_worker_remove_source(). */
void dp_queues_add(struct dp *dp, struct dp_port *p);
void dp_queues_remove(struct dp *dp, struct dp_port *p);

/** Let workers send; and no longer relay: once a token taken after this has passed. */
void dp_relays_add(struct dp *dp, struct dp_port *p);
void dp_relays_remove(struct dp *dp, struct dp_port *p);

/** Free what a worker did not come to look at any more. It has let go of @p source. */
void dp_source_fini(struct dp_source *source);

/** With the frames in rings, when no worker uses them. */
void dp_queues_free(struct dp *dp, struct dp_port *p);

/* ---- spread.c; dp_spread_burst() runs on a worker ---- */

/** How workers find each other's frames as @p s has it, for number @p self of them. */
void dp_spreader_init(struct dp_spreader *out, const struct dp_steering *s, uint32_t self);

/**
 * Hand frames over to the workers they are for. What nobody's circuit or attachment can be for
 * stays, and is counted where it would be without others.
 * @return How many stay, in order at the front of @p rx.
 */
uint16_t dp_spread_burst(
	struct dp_worker *w, const struct dp_source *source, struct rte_mbuf **rx, uint16_t n);

/* ---- switch.c; runs on a worker: no lock, no log, no allocation, no system call ---- */

/** One burst of @p source. @return Frames received, without those that it holds back. */
uint32_t dp_switch_source(struct dp_worker *w, struct dp_source *source);

/**
 * What dp_switch_source() does with a burst that came in on the trunk @p port, but for receiving:
 * at most DP_RX_BURST frames.
 * @return How many are for the next turn, since this one has had copies enough (DP_TURN_COPIES):
 *   the last ones, which stand in front now.
 */
uint32_t dp_switch_labelled(
	struct dp_worker *w, uint16_t port, struct rte_mbuf **frames, uint32_t n_frames);

/** A frame that arrived on @p port went no further; who calls frees it. */
static inline void
dp_count_drop(struct dp_worker *w, uint16_t port, enum dp_drop reason)
{
	dp_counter_add(&w->drops[port][reason], 1);
}

/** And in the account of what it was to pass, of an entry that is one's. */
void dp_entry_count_drop(const struct dp *dp, const struct dp_entry *e, enum dp_drop reason);

/* ---- port.c ---- */

/** Logs what is wrong with a port and what mends it. @return @p err. */
int dp_port_refuse(
	const struct dp_port_config *config, const char *what, int err, const char *mend);

/** Open, or being reset. */
static inline bool
dp_port_is_there(const struct dp *dp, uint16_t port)
{
	return port < dp->n_ports && (dp->ports[port].state == DP_PORT_OPEN ||
					     dp->ports[port].state == DP_PORT_RESETTING);
}

/* ---- device.c ---- */

/** 0, or -EINVAL after a line that says what the device, or an mbuf, takes. */
int dp_device_check_mtu(const struct dp *dp, const struct dp_port_config *config,
	const struct rte_eth_dev_info *info);

/** After it was configured. @p mtu: what it has then. @return 0, or what the driver says. */
int dp_device_set_mtu(const struct dp *dp, const struct dp_port_config *config, uint16_t *mtu);

void dp_device_offloads(const struct dp_port_config *config, const struct rte_eth_dev_info *info,
	struct rte_eth_conf *conf);

/** A first look at the link of a port that has started, and a line that says what it is. */
void dp_device_begin(struct dp_port *p, const struct rte_eth_dev_info *info, uint16_t mtu);

/* ---- replicate.c; runs on a worker ---- */

/**
 * Send @p m to the leaves of a forward word. @p label is its label entry.
 * @return 0, and @p m is no longer the caller's, or dp_dropped() when there is no connected leaf.
 */
int dp_replicate(
	struct dp_worker *w, struct rte_mbuf *m, uint32_t label, uint64_t forward, uint16_t port);

/* ---- meter.c ---- */

int dp_contracts_init(struct dp *dp);
void dp_contracts_fini(struct dp *dp);

/**
 * What @p side and @p peer say of what arrives at @p side: the contract of its entry, for one user
 * more. @return 0 or -ENOSPC.
 */
int dp_contract_between(struct dp *dp, uint32_t side, uint32_t peer, uint16_t *out);

/** One user less; 0 is no contract. */
void dp_contract_put(struct dp *dp, uint16_t contract);

/** Let @p e have @p contract, which takes a user over, and not what it had. */
void dp_entry_set_contract(struct dp *dp, struct dp_entry *e, uint16_t contract);

/** The end of what dp_circuit_meter() made of @p c, to which nothing leads any more. */
void dp_contracts_retire(struct dp *dp, struct dp_circuit *c);

/** A retired contract's grace period is over. */
void dp_contract_free(struct dp *dp, uint16_t contract);

/* ---- block.c: entries of labels and leaves ---- */

int dp_blocks_init(struct dp *dp);
void dp_blocks_fini(struct dp *dp);

/** The entry of a label that is taken, for good until dp_label_entry_put(); 0: no block left. */
uint32_t dp_label_entry_get(struct dp *dp, uint16_t trunk, uint32_t label);
void dp_label_entry_put(struct dp *dp, uint16_t trunk, uint32_t label);

/** An entry for a leaf; 0: no block left. */
uint32_t dp_leaf_entry_get(struct dp *dp);
void dp_leaf_entry_put(struct dp *dp, uint32_t entry);

/** A retired block's grace period is over. */
void dp_block_free(struct dp *dp, uint32_t block);

/* ---- list.c: memory of replication lists ---- */

int dp_lists_init(struct dp *dp);
void dp_lists_fini(struct dp *dp);

/** A list of 16 << @p order slots, or DP_LIST_NONE. */
uint32_t dp_list_alloc(struct dp *dp, uint32_t order);
void dp_list_free(struct dp *dp, uint32_t list);
uint32_t dp_list_order(const struct dp *dp, uint32_t list);

static inline uint32_t *
dp_list_slots(const struct dp *dp, uint32_t list)
{
	return dp->slots + (size_t)list * DP_LIST_LINE;
}

/* ---- leaf.c ---- */

/** Take @p leaf out of its list, and, when it was the last one, its root out of the label map. */
void dp_leaf_unlink(struct dp *dp, struct dp_circuit *leaf);

/** The root of a leaf that was not unlinked. */
struct dp_circuit *dp_leaf_root(const struct dp *dp, const struct dp_circuit *leaf);

/* ---- circuit.c ---- */

/** A circuit that was not unlinked and may be named by a user, or NULL. */
static inline struct dp_circuit *
dp_circuit_at(const struct dp *dp, dp_circuit_t circuit)
{
	struct dp_circuit *c = cp_pool_at(&dp->circuits, circuit);

	return c != NULL && (c->flags & (DP_CIRCUIT_UNLINKED | DP_CIRCUIT_ROOT)) == 0 ? c : NULL;
}

/** Where a label map names the block of @p label. */
static inline uint32_t *
dp_block_slot(const struct dp *dp, uint16_t trunk, uint32_t label)
{
	return &dp->trunks[trunk].blocks[label >> DP_BLOCK_SHIFT];
}

/** The entry that @p label leads to, whoever looks: of none, one that says so. */
static inline struct dp_entry *
dp_label_entry(struct dp_entry *entries, const uint32_t *blocks, uint32_t label)
{
	return &entries[dp_slot_load(&blocks[label >> DP_BLOCK_SHIFT]) +
			(label & (DP_BLOCK_LABELS - 1))];
}

static inline bool
dp_is_label(const struct dp *dp, uint16_t trunk, uint32_t label)
{
	return trunk < dp->n_trunks && label >= DP_LABEL_FIRST_USER && label < DP_N_LABELS;
}

/** The worker that sends what control sends: it has a queue of its own, so what left it has left.
 */
static inline struct dp_worker *
dp_trunk_sender(const struct dp *dp, uint16_t trunk)
{
	return dp->workers[dp->ports[dp->trunks[trunk].port].pollers[0]];
}

static inline uint32_t
dp_circuit_side(dp_circuit_t circuit)
{
	return cp_handle_idx(circuit) + 1;
}

static inline uint32_t
dp_attachment_side(const struct dp *dp, uint32_t attachment)
{
	return dp->config.n_circuits + 1 + attachment;
}

static inline uint32_t
dp_attachment_entry_idx(uint32_t attachment)
{
	return DP_BLOCK_LABELS + attachment;
}

/** The circuit's record. */
static inline struct dp_circuit *
dp_circuit_of(const struct dp *dp, uint32_t side)
{
	return (struct dp_circuit *)dp->circuits.records + (side - 1);
}

/** The circuit's record, NULL when @p side is none or an attachment's. */
static inline struct dp_circuit *
dp_circuit_or_null(const struct dp *dp, uint32_t side)
{
	return side != 0 && side <= dp->config.n_circuits ? dp_circuit_of(dp, side) : NULL;
}

/** Of a circuit or attachment. */
static inline struct dp_side *
dp_side_of(const struct dp *dp, uint32_t side)
{
	return side <= dp->config.n_circuits
		       ? &dp_circuit_of(dp, side)->side
		       : &dp->attachments[side - dp->config.n_circuits - 1].side;
}

/** Whom a side is connected to; 0: nobody. */
static inline uint32_t
dp_side_peer(const struct dp_side *side)
{
	return side->is_connected ? side->partner : 0;
}

/** A circuit's, from its opening until its end was told. */
static inline struct dp_entry *
dp_circuit_entry(const struct dp *dp, const struct dp_circuit *c)
{
	if (unlikely((c->flags & DP_CIRCUIT_LEAF) != 0))
		return &dp->entries[c->side.leaf.entry];
	return dp_label_entry(dp->entries, dp->trunks[c->trunk].blocks, c->label);
}

/** Of a circuit or attachment; of none, one that counts nothing. */
static inline struct dp_entry *
dp_entry_of(const struct dp *dp, uint32_t side)
{
	const struct dp_circuit *c = dp_circuit_or_null(dp, side);

	if (c != NULL)
		return dp_circuit_entry(dp, c);
	return &dp->entries[side != 0 ? dp_attachment_entry_idx(side - dp->config.n_circuits - 1)
				      : 0];
}

/** What counts the drops of an entry that is a circuit's or an attachment's. */
static inline struct dp_drop_counts *
dp_drop_counts_of(const struct dp *dp, const struct dp_entry *e)
{
	uint32_t idx = (uint32_t)(e - dp->entries);

	return &dp->drop_counts[idx < dp->blocks.first_entry
					? dp_attachment_side(dp, idx - DP_BLOCK_LABELS)
					: dp_circuit_side(e->self)];
}

/** Of a circuit's or attachment's entry: each count, DP_CIRCUIT_DROP_COUNT of them. @return Sum. */
uint64_t dp_drop_counts_read(const struct dp *dp, const struct dp_entry *e, uint32_t *by);

/**
 * An entry begins anew. The worker that will find it has never seen it, or has let go of it (I3);
 * until the forward word is there it looks at nothing else.
 */
void dp_entry_init(struct dp *dp, uint32_t entry, dp_circuit_t self, uint64_t forward);

/** Close the account that @p side and its partner have with each other, if any. */
void dp_settle(struct dp *dp, uint32_t side);

/** What @p side has sent. */
void dp_side_sent(
	const struct dp *dp, const struct dp_side *side, uint64_t *packets, uint64_t *octets);

/* ---- reclaim.c ---- */

int dp_reclaim_init(struct dp *dp);

/** Nothing leads to it any more: to be reclaimed after a grace period. @p idx is below 2^30. */
void dp_retire(struct dp *dp, enum dp_retired what, uint32_t idx);

/** Likewise; it has given its contracts back. */
static inline void
dp_retire_circuit(struct dp *dp, struct dp_circuit *c, uint32_t circuit_idx)
{
	struct dp_reclaim *r = &dp->reclaim;
	uint32_t chain = r->n_put++ % DP_RETIRED_CHAINS;

	c->side.next_retired = 0;
	if (r->first[chain] == 0)
		r->first[chain] = circuit_idx + 1;
	else
		dp_circuit_of(dp, r->last[chain])->side.next_retired = circuit_idx + 1;
	r->last[chain] = circuit_idx + 1;
	r->n_uncovered_circuits++;
}

/** A token that passes when no worker can see any more what was taken away before. */
uint64_t dp_grace_start(struct dp *dp);
bool dp_grace_passed(struct dp *dp, uint64_t token);
