/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * What the management thread asks of the control thread, and the snapshots that it gets:
 * plain data, no pointer into control's objects. A list is given a slice at a time, with a
 * cursor, so that a million calls never hold up the control loop.
 *
 * A struct query is owned by the management thread until query_post(), by control until it comes
 * back from query_reap(), then by the management thread again.
 */

#include <stdbool.h>
#include <stdint.h>

#include "callplane/busiest.h"
#include "dataplane/dataplane.h"

#define QUERY_ROWS 64       /**< Rows in a slice. */
#define QUERY_WORKER_ROWS 2 /**< The same of workers, each with its histogram. */
#define QUERY_TEXT 160
#define QUERY_ALL_VPCIS UINT32_MAX

enum query_method {
	QUERY_STATUS,
	QUERY_PORTS,
	QUERY_TRUNKS,
	QUERY_ATTACHMENTS,
	QUERY_VCS,
	QUERY_CALLS,
	QUERY_PARTIES,
	QUERY_COUNTERS,
	QUERY_WORKERS,
	QUERY_BUSIEST, /**< Circuits with most traffic now; see busiest.h. */
	QUERY_TRACE,   /**< What the flight recorder has of one call. */
	QUERY_EXPLAIN, /**< The same in one sentence: why it ended, or how it is. */
	QUERY_JOBS,
	/* These start a job: one row. */
	QUERY_DIAL,
	QUERY_ADD_PARTY,
	QUERY_DROP_PARTY,
	QUERY_MODIFY,
	QUERY_CLOSE,
	QUERY_RESET,
	QUERY_RESTART,
	QUERY_HALT,
	QUERY_REPLAY,
	QUERY_CLOSE_AF,
	QUERY_OPEN_AF,       /**< Offers a trunk's address family again; no row. */
	QUERY_CAPTURE,       /**< Begins or ends a tap of signalling: a row for each trunk. */
	QUERY_CANCEL,        /**< Ends a job early: one row. */
	QUERY_NAME,          /**< Names a call's VC: one row. */
	QUERY_ENQUIRE,       /**< Asks the peer for the state of a call; no row. */
	QUERY_LOG,           /**< Sets the log level. */
	QUERY_CONFIG_RELOAD, /**< Takes another configuration over; no row. */
	QUERY_SHUTDOWN,      /**< Drains and ends the appliance. */
	QUERY_METHOD_COUNT
};

struct query_status_row {
	char version[24];
	uint64_t pid;
	double uptime_s;
	char state[16]; /**< "running", "draining". */
	bool hugepages;
	uint32_t workers, ports, trunks, trunks_up, attachments;
	uint32_t calls, calls_active, parties, vcs, jobs_running;
	uint64_t calls_set_up, calls_cleared;
	uint64_t memory_octets;   /**< Hugepages of the dataplane and arrays of control. */
	uint64_t resident_octets; /**< Of the process. */
	uint32_t max_calls, max_parties;
	uint32_t control_lcore;
};

/** What each worker received from a port; replays into it are not counted. */
struct query_polled {
	uint32_t n;
	struct {
		uint32_t lcore;
		uint64_t frames;
	} by[DP_MAX_WORKERS];
};

struct query_port_row {
	char name[32];
	char device[64];
	char driver[32];
	char mac[18];
	bool link_up;
	uint32_t link_mbps; /**< UINT32_MAX: not known. */
	uint64_t link_changes;
	uint16_t mtu;
	char workers[48]; /**< Indexes of those that poll it, "0,1". */
	char spread[12];  /**< How frames get to them: "rss", "flow", "port", "software". */
	uint16_t rx_queues, tx_queues;
	uint64_t rx, rx_octets, tx, tx_octets, missed, errors, no_mbuf;
	struct query_polled polled; /**< Of these, by the workers' own accounts. */
	uint64_t drops[DP_DROP_COUNT];
};

struct query_trunk_row {
	char name[32];
	char port[32];
	char call_manager[12]; /**< "embedded", "standalone". */
	char side[8];          /**< "user", "network". */
	char state[12];        /**< "running", "resetting", "closing-af", "af-closed" ... */
	bool meter, close_data;
	uint64_t bandwidth;                /**< Octets per second, 0: not stated. */
	uint64_t reserved_rx, reserved_tx; /**< Of it, by VCs. */
	uint64_t refused;                /**< VCs, and changes of rates: the sum of those below. */
	uint64_t refused_rx, refused_tx; /**< Too little bandwidth left. */
	uint64_t refused_rates;          /**< Such ones cannot be. */
	uint64_t refused_resources;      /**< No circuit or meter. */
	uint32_t signalling_label;
	char link[20];  /**< SSCF state. */
	char sscop[40]; /**< SSCOP state. */
	uint32_t calls, calls_active, parties, references, labels, labels_set_aside, unacknowledged;
	uint64_t set_up, cleared, parties_joined, parties_left, modified;
	uint64_t audits, enquiries, enquiries_unanswered, enquiries_cleared, labels_proven;
	bool restarting;           /**< A RESTART of ours is not answered yet. */
	uint64_t restarts;         /**< Of ours, acknowledged. */
	uint64_t restarts_of_peer; /**< Carried out. */
	uint64_t alarms;           /**< RESTARTs without an answer, refused, or not carried out. */
	uint64_t pdus_tx, pdus_rx, retransmitted, sscop_errors;
	uint64_t messages_tx, messages_rx, bad_messages;
};

struct query_attachment_row {
	char address[48];
	char port[32];
	uint16_t outer_vlan, inner_vlan; /**< 0: no such tag. */
	bool answer;
	uint32_t call; /**< 0: none. */
	char state[16];
	uint64_t rx, rx_octets, tx, tx_octets, drops;
	uint64_t rx_yellow, rx_red;               /**< Above the committed, the peak rate. */
	uint32_t drops_by[DP_CIRCUIT_DROP_COUNT]; /**< Each starts over at 2^32. */
};

struct query_vc_row {
	uint32_t vc;
	char trunk[32];
	uint32_t label;
	char vc_state[16];
	char call_state[16];
	char creator[16]; /**< "client", "call manager". */
	char kind[16];    /**< "call", "signalling". */
	char name[48];    /**< "": none. */
	uint32_t parties;
	uint64_t rate; /**< What is metered towards the trunk, octets per second; 0: nothing. */
	uint64_t rx, rx_octets, tx, tx_octets, drops;
	uint64_t rx_yellow, rx_red;               /**< As of attachments. */
	uint32_t drops_by[DP_CIRCUIT_DROP_COUNT]; /**< Of the drops, the dataplane's. */
};

struct query_call_row {
	uint32_t call; /**< The VC's handle: a call is named by its VC. */
	char trunk[32];
	char direction[4]; /**< "out", "in". */
	char from[48];
	char to[48];
	char state[8];  /**< "U10", "N3". */
	char phase[16]; /**< The client's view: "UP", "CLOSING". */
	uint32_t reference;
	uint32_t label;
	char name[48];      /**< "": none. */
	uint32_t parties;   /**< 0: point-to-point. */
	uint64_t rate;      /**< Agreed upon towards the other end, octets per second; 0: none. */
	char peer_state[8]; /**< Of its last STATUS; "": it has sent none. */
	uint32_t peer_cause;
	double age_s;
};

struct query_party_row {
	uint32_t party;
	uint32_t call;
	char address[48];
	char state[16];    /**< The client's view: "JOINED", "DROPPING". */
	uint32_t endpoint; /**< Its reference in signalling. */
};

/** One thing that happened to a call. */
struct query_trace_row {
	double time_s; /**< Since the first one. */
	double age_s;  /**< Before now. */
	char trunk[32];
	char kind[12]; /**< "sent", "received", "timer", "event". */
	char what[28]; /**< "RELEASE", "T308", "close_call". */
	bool again;    /**< Sent for the second time. */
	char before[20];
	char after[20];    /**< States: "U10", "P6", "RELEASING"; "-": none. */
	uint32_t cause;    /**< 0: none. */
	char meaning[48];  /**< Of the cause. */
	char location[48]; /**< Who gave the cause of what was received; "": nobody did. */
	uint32_t reference;
	bool ours;        /**< We chose the reference. */
	char endpoint[8]; /**< A party's reference; "": of no party. */
	uint32_t label;   /**< 0: none. */
	uint32_t call;    /**< With an event: the VC. */
};

/** What became of a call. */
struct query_explain_row {
	uint32_t call; /**< The VC; 0: not known any more. */
	char trunk[32];
	char outcome[16]; /**< "calling", "up", "closed", "failed". */
	char by[8];       /**< Who ended it: "local", "remote"; "": it has not ended. */
	uint32_t cause;   /**< 0: none. */
	char meaning[48];
	char location[48]; /**< "": nobody has said. */
	char sentence[320];
	char mend[160]; /**< What to look at; "": nothing in particular. */
};

/** What has been seen of the call so far. */
struct query_explain_notes {
	uint64_t first_ns, up_ns, end_ns; /**< 0: not yet. */
	uint32_t n_setups;                /**< Sent. */
	uint32_t n_expired;               /**< How often the timer did. */
	uint32_t vc;
	uint8_t end; /**< enum explain_end. */
	uint8_t cause, location, timer, callmgr;
	bool came;       /**< It was offered to us. */
	bool unanswered; /**< Nor was its RELEASE. */
};

/** How far a trace has come. */
struct query_trace_walk {
	uint32_t call;  /**< Call control's number, 0: not found yet. */
	uint32_t vc;    /**< 0: not known. */
	uint32_t trunk; /**< Index; with a reference instead of a VC. */
	bool by_reference;
	bool looking;        /**< Backwards, for the call. */
	bool seen;           /**< There is something of the VC. */
	bool has_rows;       /**< The first one has been told. */
	uint64_t seek;       /**< Entries before this one are still to be looked at. */
	uint64_t begin, end; /**< Entries still to be told. */
	uint64_t first_ns;
};

/** What a capture of signalling came to, when it has ended. */
struct query_capture_row {
	char path[256];
	uint64_t frames;  /**< Written. */
	uint64_t dropped; /**< For which there was no room. */
	double seconds;
};

/** A trunk that can be tapped. */
struct query_tap_row {
	uint16_t dp_trunk;
	char name[72]; /**< Trunk and port, "to-hub/east". */
};

struct query_name_row {
	uint32_t call;
	char name[48];
};

/** After a clean end every member of the first group is 0 (I4). */
struct query_counters_row {
	uint64_t calls, vcs, parties, party_references, names, timers, call_references, labels,
		circuits, saps, afs, setups, changes, clients_calls, reclaiming;
	uint64_t reserved;       /**< Octets per second: of all trunks, both directions. */
	uint64_t signalling_vcs; /**< Visible to the broker; they live while the appliance does. */
	uint64_t link_timers;    /**< Of signalling links and transports; likewise. */
	uint64_t calls_set_up, calls_cleared, calls_refused;
	uint64_t frames_in, frames_out, frames_to_control, frames_from_control;
	uint64_t drops[DP_DROP_COUNT];
	uint64_t control_rx_stale, control_tx_no_mbuf, control_tx_ring_full;
	uint64_t illegal_requests, stale_handles, unexpected_completions;
	uint64_t leftovers;           /**< What was left when something was to go (UNB-12). */
	uint64_t drain_faults;        /**< Deactivations with packets outside (DEACT-2). */
	uint64_t deactivation_faults; /**< That miniports ended with an error. */
	uint64_t buffers_overdue;     /**< VCs whose client keeps packets beyond their end, now. */
	uint64_t buffers_overdue_ever;
	uint64_t refused_rx, refused_tx, refused_rates, refused_resources; /**< As of trunks. */
	uint64_t closes_without_data; /**< The medium carries none (CLOSE-12). */
	uint64_t echo_received, echo_returned, echo_dropped;
	uint64_t bad_pdus, bad_messages, unknown_references, wrong_state;
	uint64_t answers_held_back; /**< To what should not have come, and came too often. */
	uint64_t audits, enquiries, enquiries_unanswered, enquiries_cleared, labels_proven;
	uint64_t restarts, restarts_of_peer, alarms; /**< As of trunks. */
	uint64_t grace_periods, circuits_reclaimed, stalls;
	uint64_t records_written, records_dropped, records_rotations; /**< Of calls. */
	uint64_t grace_ns_p50, grace_ns_p99, grace_ns_max;
	uint64_t control_turns, control_busy_turns, control_turn_ns_p99, control_turn_ns_max;
	uint64_t mbufs_in_use, mbufs_total;
};

struct query_worker_row {
	uint32_t lcore, numa_node;
	char ports[160]; /**< That it polls: names with blanks between. */
	uint64_t rx, tx, to_control, from_control;
	uint64_t handed, relayed; /**< To other workers: as in struct dp_worker_stats. */
	uint64_t turns, busy_turns, busy_cycles, idle_cycles; /**< Cycles of the TSC, at tsc_hz. */
	uint64_t tsc_hz;
	double busy_percent;         /**< Of its cycles. */
	double cycles_per_frame;     /**< Busy cycles; 0 before the first frame. */
	double frames_per_busy_turn; /**< The mean burst. */
	/** Between quiescent states, of this spell. */
	uint64_t gap_ns_p50, gap_ns_p99, gap_ns_p9999, gap_ns_max;
	struct cp_hist_buckets gap_cycles; /**< Ever. */
	/** Its thread's time on a CPU, and ready but without one. 0: the kernel does not tell. */
	uint64_t run_ns, wait_ns;
	double to_control_percent, from_control_percent; /**< How full its rings are. */
	int thread; /**< The kernel's id; 0: it has not begun. */
	uint64_t drops[DP_DROP_COUNT];
};

/** A circuit, its traffic in both directions together. */
struct query_busiest_row {
	char trunk[32];
	uint32_t label;
	double packets_per_s, bits_per_s;
};

struct query_job_row {
	uint32_t job;
	char kind[16];  /**< "dial", "close", "drop-party", "peer-restart" ... */
	char state[12]; /**< "running", "cancelling", "done", "cancelled", "failed". */
	char trunk[32]; /**< "": it is about none in particular. */
	uint64_t total, started, done, failed;
	double seconds;
	double rate;             /**< Done per second. */
	uint32_t cause;          /**< With which calls end; 0: several, or none do. */
	char detail[QUERY_TEXT]; /**< Why calls failed, what it is about. */
};

struct config;
struct frame_ring;

/** Signalling that is copied to the management thread. */
struct query_tap {
	struct frame_ring *frames; /**< The management thread's; names the tap. */
	bool end;                  /**< Nothing more is put into frames when this is answered. */
	/* Answer: what is of the one call that was asked for. */
	bool one_call;
	bool ours; /**< We chose its reference. */
	uint32_t reference;
	uint16_t dp_trunk;
};

struct query_args {
	uint32_t id;   /**< One VC, call or job; 0: all. */
	char name[48]; /**< Instead of the id of a VC or call. */
	char from[48], to[48];
	uint32_t count;
	bool multipoint; /**< Dial: one call, its parties at addresses that count up. */
	bool permanent;  /**< Dial: a PVC, by address or ... */
	uint32_t label;  /**< ... by label. Restart: of one VC, 0: not so. */
	uint32_t vpci;   /**< Restart: of its VCs, QUERY_ALL_VPCIS: not so. */
	uint32_t party;
	char base[33]; /**< Of a name. */
	bool all;
	char trunk[32];
	char match[QUERY_TEXT];
	uint32_t cause;    /**< 0: 16, normal call clearing. */
	uint8_t data[129]; /**< Close data: discriminator and octets. */
	uint32_t data_len;
	uint64_t rate;      /**< Octets per second. */
	uint64_t committed; /**< Dial: of the rate. */
	uint32_t burst;     /**< Dial: octets. */
	char path[256];     /**< Replay: the capture. */
	char port[32];      /**< Replay: into which port. */
	uint32_t ethdev;    /**< Replay: the source that the management thread opened. */
	uint64_t total;     /**< Replay: frames that the source will give, all passes together. */
	char level[12];
	bool signalling;      /**< Capture. */
	uint32_t seconds;     /**< Capture: for so long; 0: until it is ended. */
	struct query_tap tap; /**< Capture. */
	uint32_t reference;   /**< Trace: with a trunk, instead of a call. */
	bool restart;         /**< Workers: begin a new spell of gaps behind this answer. */
	bool check;           /**< Config reload: tell what would be, and do nothing. */
	/** Config reload: aligned and held against the running one. Control's, once it has it. */
	const struct config *config;
};

struct query {
	enum query_method method;
	struct query_args args;
	uint32_t cursor;          /**< 0: from the start; set by control for the next slice. */
	bool more;                /**< There is another slice. */
	int error;                /**< 0 or -errno. */
	char message[QUERY_TEXT]; /**< With an error: what is wrong and what to do. */
	uint32_t n_rows;
	struct query_trace_walk walk;     /**< Control's, from slice to slice. */
	struct query_explain_notes notes; /**< Likewise. */
	union query_rows {
		struct query_status_row status[1];
		struct query_port_row ports[QUERY_ROWS];
		struct query_trunk_row trunks[QUERY_ROWS];
		struct query_attachment_row attachments[QUERY_ROWS];
		struct query_vc_row vcs[QUERY_ROWS];
		struct query_call_row calls[QUERY_ROWS];
		struct query_party_row parties[QUERY_ROWS];
		struct query_trace_row traces[QUERY_ROWS];
		struct query_explain_row explain[1];
		struct query_capture_row capture[1];
		struct query_tap_row taps[QUERY_ROWS];
		struct query_name_row names[1];
		struct query_counters_row counters[1];
		struct query_worker_row workers[QUERY_WORKER_ROWS];
		struct query_busiest_row busiest[BUSIEST_MAX];
		struct query_job_row jobs[QUERY_ROWS];
	} rows;
	void *owner; /**< The management thread's. */
};

struct appliance;

/** Management thread: hand a query over; -EAGAIN when the ring is full (16 at once). */
int query_post(struct appliance *appliance, struct query *query);

/** Management thread: an answered query, or NULL. */
struct query *query_reap(struct appliance *appliance);

/** Monotonic ns since the appliance was made; any thread, while it lives. */
uint64_t appliance_now(const struct appliance *appliance);

/** Where a replay's source takes its mbufs; any thread, while the appliance lives. */
struct rte_mempool *appliance_mempool(struct appliance *appliance);
