/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/** @file Private to app/callplane: the control thread's objects. */

#include <rte_cycles.h>
#include <rte_ring.h>

#include "base/hist.h"
#include "callmgr/callmgr.h"
#include "callplane/appliance.h"
#include "callplane/query.h"
#include "clients/attach.h"
#include "clients/load.h"
#include "clients/route.h"
#include "clients/transit.h"
#include "condis/condis.h"
#include "dataplane/dataplane.h"
#include "ethmcm/ethmcm.h"
#include "ethvc/ethvc.h"
#include "unicm/unicm.h"

#define SLICE_NS 40000u /* of bulk work in one turn: under the 50 us of the design */

/** A trunk and the driver that its configuration chose. */
struct appliance_trunk {
	const struct config_trunk *config;
	int dp_trunk;
	struct ethmcm *ethmcm; /**< Embedded, or ... */
	struct ethvc *ethvc;   /**< ... stand-alone: the miniport */
	struct unicm *unicm;   /**< and the call manager above it. */
	struct callmgr *callmgr;
	co_adapter_t adapter;
};

enum appliance_phase {
	PHASE_RUNNING,
	PHASE_CLOSING,   /**< Calls are being closed. */
	PHASE_RELEASING, /**< Signalling links are being released. */
	PHASE_UNLINKING, /**< Signalling VCs are being deactivated. */
	PHASE_DONE
};

struct jobs;

struct appliance {
	const struct config *config;
	struct dp *dp;
	struct co *co;
	struct uni *uni;
	struct callmgr_env *env;
	struct attach *attach;
	struct load *load;
	struct transit *transit;
	struct jobs *jobs;
	struct route_table routes;
	struct appliance_trunk trunks[CONFIG_MAX_TRUNKS];
	co_adapter_t adapters[CONFIG_MAX_TRUNKS]; /**< By trunk: what routes lead to. */
	unsigned int n_trunks;
	int dp_ports[CONFIG_MAX_PORTS];
	struct dp_worker *workers[CONFIG_MAX_WORKERS];
	unsigned int n_workers;
	bool workers_running;
	enum appliance_phase phase;
	bool shutdown;
	uint64_t now_ns, started_ns, deadline_ns;
	uint64_t tsc_start;
	uint64_t turns, busy_turns;
	uint32_t idle_turns;
	struct cp_hist turn_ns;   /**< Of busy turns. */
	struct rte_ring *queries; /**< Management to control. */
	struct rte_ring *answers; /**< Control to management. */
	uint64_t control_octets;  /**< Arrays of control memory. */
	struct cp_mem mem;
};

/** Monotonic ns since the appliance was made, from the TSC. */
uint64_t appliance_now(const struct appliance *a);

/** The trunk under an adapter; NULL: none. */
const struct appliance_trunk *appliance_trunk_of(const struct appliance *a, co_adapter_t adapter);

/** VCs that the call managers have for themselves. */
uint32_t appliance_n_signalling_vcs(const struct appliance *a);

/** "e164:..." of an address of call control; CONFIG_ADDRESS_TEXT of room. */
void query_print_address(char *out, const struct uni_address *address);

/** query.c: answer one query, a slice of it. */
void query_answer(struct appliance *a, struct query *q);
