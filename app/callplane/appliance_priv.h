/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/** @file Private to app/callplane: the control thread's objects. */

#include <rte_cycles.h>
#include <rte_ring.h>

#include "base/hist.h"
#include "base/log.h"
#include "callmgr/callmgr.h"
#include "callplane/appliance.h"
#include "callplane/busiest.h"
#include "callplane/query.h"
#include "clients/attach.h"
#include "clients/echo.h"
#include "clients/load.h"
#include "clients/route.h"
#include "clients/transit.h"
#include "condis/condis.h"
#include "dataplane/dataplane.h"
#include "ethmcm/ethmcm.h"
#include "ethvc/ethvc.h"
#include "unicm/unicm.h"

#define SLICE_NS 40000u /* of bulk work in one turn: under the 50 us of the design */

struct jobs;
struct metrics;
struct records;

enum appliance_trunk_state {
	TRUNK_RUNNING,
	TRUNK_RESETTING,
	TRUNK_AF_CLOSING, /**< Clients give up its address family, and their calls with it. */
	TRUNK_AF_CLOSED,  /**< They have, until it is offered again. */
	TRUNK_HALTING,    /**< Its calls are being closed, then all else that is on it. */
	TRUNK_HALTED      /**< The broker has no adapter of it any more. */
};

/** A trunk and the driver that its configuration chose. */
struct appliance_trunk {
	const struct config_trunk *config;
	int dp_trunk;
	struct ethmcm *ethmcm; /**< Embedded, or ... */
	struct ethvc *ethvc;   /**< ... stand-alone: the miniport */
	struct unicm *unicm;   /**< and the call manager above it. */
	struct callmgr *callmgr;
	co_adapter_t adapter;
	enum appliance_trunk_state state;
	uint64_t n_overdue; /**< Of ethvc_overdue, as far as it was told. */
	struct jobs *jobs;
	struct cp_log_limit mass_lines;
};

enum appliance_phase {
	PHASE_RUNNING,
	PHASE_CLOSING,   /**< Calls are being closed. */
	PHASE_GIVING_UP, /**< Likewise, without waiting for peers. */
	PHASE_RELEASING, /**< Signalling links are being released. */
	PHASE_UNLINKING, /**< Signalling VCs are being deactivated. */
	PHASE_DONE
};

/** How patient the end is: time in which we ran (drain.c). */
struct appliance_drain {
	uint64_t looked_ns;
	uint64_t waited_ns;  /**< In this phase. */
	uint64_t in_vain_ns; /**< Since something became less. */
	uint64_t left;       /**< All that is to go, when last looked at. */
	struct cp_log_limit lines;
	uint32_t n_lines;
};

/** Somebody on the management thread gets copies of the signalling of a trunk, or of all. */
struct appliance_tap {
	struct frame_ring *frames; /**< NULL: nobody. */
	uint16_t dp_trunk;
	bool all_trunks;
};

#define APPLIANCE_MAX_TAPS 4

#define APPLIANCE_MAX_LOGGED 8

/** A call that has a log level of its own. */
struct appliance_logged {
	co_vc_t vc;    /**< CO_NONE: none. */
	uint32_t call; /**< Call control's number; 0: not known yet. */
	enum cp_log_level level;
};

struct appliance {
	const struct config *config;
	struct dp *dp;
	struct co *co;
	struct uni *uni;
	struct callmgr_env *env;
	struct attach *attach;
	struct load *load;
	struct transit *transit;
	struct echo *echo;
	struct jobs *jobs;
	struct busiest *busiest;
	struct records *records; /**< NULL: none are kept. */
	struct metrics *metrics; /**< Likewise. */
	struct route_table routes;
	struct appliance_trunk trunks[CONFIG_MAX_TRUNKS];
	co_adapter_t adapters[CONFIG_MAX_TRUNKS]; /**< By trunk: what routes lead to. */
	unsigned int n_trunks;
	bool pvc_waits[CONFIG_MAX_PVCS]; /**< To be connected to its attachment. */
	unsigned int n_pvcs_waiting;
	uint64_t pvcs_tried_ns, alarms_ns;
	int dp_ports[CONFIG_MAX_PORTS];
	struct dp_worker *workers[CONFIG_MAX_WORKERS];
	unsigned int n_workers;
	bool workers_running;
	enum appliance_phase phase;
	bool shutdown;
	uint64_t now_ns, started_ns;
	struct appliance_drain drain;
	struct supervisor *supervisor;
	uint64_t tsc_start;
	uint64_t turns, busy_turns;
	uint32_t idle_turns;
	struct cp_hist turn_ns;   /**< Of busy turns. */
	struct rte_ring *queries; /**< Management to control. */
	struct rte_ring *answers; /**< Control to management. */
	struct appliance_tap taps[APPLIANCE_MAX_TAPS];
	struct appliance_logged logged[APPLIANCE_MAX_LOGGED];
	uint32_t n_logged;
	uint64_t logged_to;      /**< Entries of the flight recorder before this one have been. */
	uint64_t control_octets; /**< Arrays of control memory. */
	struct cp_mem mem;
};

void appliance_to_co_address(struct co_address *out, const struct config_address *in);

/* ---- trunk.c ---- */

/** Room for an error line; 0 or -errno. */
int appliance_create_trunk(struct appliance *a, unsigned int idx, char *error, size_t error_size);

/**
 * What a reload may change of a trunk, all of it for calls and decisions from now on. 0, or -EINVAL
 * and nothing is changed.
 */
int appliance_retune_trunk(
	struct appliance *a, struct appliance_trunk *t, const struct config_trunk *config);

/** The drivers' part of a turn of the control loop. */
void appliance_trunks_turn(struct appliance *a);

/** The trunk under an adapter; NULL: none. */
const struct appliance_trunk *appliance_trunk_of(const struct appliance *a, co_adapter_t adapter);
struct appliance_trunk *appliance_trunk_named(struct appliance *a, const char *name);
/** The same; of a name that no trunk has @p message says so, and what to do. */
struct appliance_trunk *appliance_trunk_asked(
	struct appliance *a, const char *name, char *message, size_t size);
const char *appliance_trunk_state(const struct appliance_trunk *t);

/** VCs that the call managers have for themselves: those that the broker sees, and all of them. */
uint32_t appliance_n_signalling_vcs(const struct appliance *a);
uint32_t appliance_n_signalling_circuits(const struct appliance *a);

void appliance_trunk_overdue(const struct appliance_trunk *t, struct ethvc_overdue *out);
void appliance_trunk_admission(const struct appliance_trunk *t, struct ethvc_admission *out);

/** Once a turn: a line for each client that keeps the packets of a VC beyond its end (DEACT-2). */
void appliance_alarms_turn(struct appliance *a);

/* ---- apply.c ---- */

/**
 * Run by the configuration of @p q from now on: it differs from ours in nothing but what can be
 * taken over, and has trunks and attachments in our order (config_align()). All of it, or none:
 * then with error and message. Ends no call.
 */
void query_config_reload(struct appliance *a, struct query *q);

/* ---- permanent.c ---- */

/** Make the configured PVCs known to their call managers (MAKE-12). 0 or -errno. */
int appliance_create_pvcs(struct appliance *a, char *error, size_t error_size);

/** The clients of a trunk have had to give up all calls, and may have them again. */
void appliance_pvcs_again(struct appliance *a, unsigned int trunk);

/** Once a turn: connect those that have an attachment, as soon as their trunk lets us. */
void appliance_pvcs_turn(struct appliance *a);

/** The trunk with a PVC to @p to, on @p label unless that is 0; -ENOENT. */
int appliance_find_pvc(const struct appliance *a, const struct co_address *to, uint32_t label);

/* ---- drain.c ---- */

/** Once a turn after appliance_shutdown(): calls, then links, then signalling VCs go. */
void appliance_drain_turn(struct appliance *a);

/** UNB-12, I4: how much is left, after a line that says what. */
uint32_t appliance_what_is_left(const struct appliance *a);

/* ---- query.c and query_calls.c ---- */

/** Rows of calls and VCs cost a microsecond each: fewer of them in a slice. */
#define QUERY_SLOW_ROWS 16

/** Of ports: a NIC is asked for its counters, a register at a time. */
#define QUERY_PORT_ROWS 2

/** Answer one query, a slice of it. */
void query_answer(struct appliance *a, struct query *q);

/**
 * Whom a call is from and to; CONFIG_ADDRESS_TEXT of room each. A leaf of a multipoint call is one
 * of its parties: *at, 0 at first, is where the last one was found.
 */
void query_addresses(struct appliance *a, const struct co_vc_info *info,
	const struct uni_call_info *call, uni_party_t *at, char *from, char *to);

void query_vcs(struct appliance *a, struct query *q);
void query_calls(struct appliance *a, struct query *q);
void query_parties(struct appliance *a, struct query *q);
void query_enquire(struct appliance *a, struct query *q);
void query_counters(struct appliance *a, struct query *q);

/** What call control has told the operator of a trunk, ever. */
uint64_t query_alarms(const struct uni_link_stats *stats);

/* ---- query_load.c ---- */
void query_workers(struct appliance *a, struct query *q);
void query_busiest(struct appliance *a, struct query *q);

/** By each worker that has received from @p port. */
void query_polled(const struct appliance *a, uint16_t port, struct query_polled *out);

/** The management thread's: what takes a system call to know, and so is not control's to ask. */
void query_ask_kernel(struct query *q);

/* ---- query_trace.c ---- */

/** What a walk over the flight recorder does with each entry of the call. */
typedef void (*query_trace_fn)(
	const struct appliance *a, struct query *q, const struct uni_trace *t);

/** A slice of it: without an error and without more, it is over. */
void query_trace_walk(struct appliance *a, struct query *q, query_trace_fn tell_one);
void query_trace(struct appliance *a, struct query *q);

/* ---- query_explain.c ---- */
void query_explain(struct appliance *a, struct query *q);

/* ---- call_log.c ---- */

/** Log what happens to call q->args.id up to q->args.level, whatever the common level is. */
void query_log_call(struct appliance *a, struct query *q, enum cp_log_level level);

/** Once a turn: what has happened to calls that are logged. */
void appliance_call_log_turn(struct appliance *a);

/* ---- tap.c ---- */

/** Begin or end a tap. */
void query_capture(struct appliance *a, struct query *q);
