/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * One end of some trunks, whole: dataplane, broker, call control, call managers, and the client
 * that places and takes calls. Two of them joined by wires of rings are two appliances in one
 * process; nothing passes between them but frames. Control turns both on its lcore, one after the
 * other, and keeps their times apart; who turns the workers is the user's choice.
 */

#include <stdbool.h>
#include <stdint.h>

#include "callmgr/callmgr.h"
#include "clients/load.h"
#include "condis/condis.h"
#include "dataplane/dataplane.h"
#include "ethmcm/ethmcm.h"
#include "ethvc/ethvc.h"
#include "unicm/unicm.h"

/** The parts of a control turn, in their order. */
enum part {
	PART_FRAMES,  /**< Frames in, and what call control does about them. */
	PART_TIMERS,  /**< Timers, and VCs that call managers delete. */
	PART_WORK,    /**< The client's requests: dials, closes. */
	PART_RECLAIM, /**< Grace periods; VCs that are deactivated. */
	PART_DELETE,  /**< VCs that the client deletes. */
	PART_SEND,    /**< Frames to the worker. */
	PART_COUNT
};

const char *part_name(enum part part);

/** TSC cycles of the turns that did something, without those in which others had the core. */
struct busy {
	uint64_t parts[PART_COUNT];
	uint64_t total;
	uint64_t tokens; /**< Of it: grace periods begun and looked at. */
	uint64_t turns;
	uint64_t longest;
};

/** Control memory by what it is for. */
struct memory_line {
	char what[32];
	uint64_t octets;
};

#define MEMORY_LINES 64

struct memory {
	struct memory_line lines[MEMORY_LINES];
	uint32_t n;
	uint64_t octets;
};

#define END_MAX_TRUNKS 4

struct end_config {
	const char *name;
	uint32_t n_calls;
	uint32_t n_parties; /**< 0: no multipoint calls. */
	bool network;       /**< Its side of the trunks; else the user's. */
	bool standalone;    /**< unicm over ethvc, else ethmcm. */
	uint32_t n_trunks;
	uint16_t ethdev[END_MAX_TRUNKS]; /**< Its sides of the wires. */
	/** On a machine that has no core for a worker for some seconds calls wait, and do not fail.
	 */
	bool patient;
	bool restart_first; /**< RESTART when the link is up: the other end may be older. */
	bool with_idle;     /**< A second worker, without a port: it holds grace periods up. */
	/** Circuits of one more trunk, which whoever wants it adds; 0: there will be none. */
	uint32_t n_onward;
	/* 0 takes the default in brackets. */
	uint32_t n_vcs;       /**< [n_calls] At least so many; a leaf has one of its own. */
	uint32_t n_circuits;  /**< [one for each VC, and for each call that can have leaves] */
	uint32_t n_vpcis;     /**< [16] Of each trunk. */
	uint32_t ring_size;   /**< [4096] */
	uint32_t bulk_window; /**< [as call control has it] Of each trunk (SIG-80). */
	uint64_t now_ns;      /**< [end_clock_ns()] The time of its making. */
	uint8_t initial_sq;   /**< [0] Of the transport: not that of who was there before. */
};

/** What it has of each trunk. */
struct end_trunk {
	uint16_t idx;          /**< The dataplane's. */
	struct ethmcm *ethmcm; /**< Embedded, or ... */
	struct ethvc *ethvc;   /**< ... stand-alone: the miniport */
	struct unicm *unicm;   /**< and the call manager above it. */
	struct callmgr *callmgr;
	co_adapter_t adapter;
};

struct end {
	const char *name;
	struct cp_mem mem;
	struct memory memory;
	uint64_t heap_octets; /**< All that its creation took from DPDK's heap, mbufs included. */
	struct dp *dp;
	struct dp_worker *worker;
	struct dp_worker *idle; /**< NULL: it has none. */
	struct co *co;
	struct uni *uni;
	struct callmgr_env *env;
	struct end_trunk trunks[END_MAX_TRUNKS];
	uint32_t n_trunks;
	struct load *load;
	/* Of the client's requests. */
	uint64_t n_dialled, n_added, n_closed, n_failed;
	uint8_t last_cause; /**< Of the last dial that failed. */
	/** Where set, runs for each of n_dialled, with the job of its dial. */
	void (*came_up)(void *arg, uint32_t job);
	void *came_up_arg;
	/** Where set, runs at the completion of each close, and may begin another one. */
	void (*closed)(struct end *e, void *arg);
	void *closed_arg;
	uint64_t now_ns;
	uint64_t waited_ns; /**< As it was when it was looked at last. */
	uint64_t ahead_ns;  /**< Of the clock: waits for long timers are skipped, not waited for. */
	bool link_lost;     /**< For who waits for that. */
	struct busy busy;
};

/** 0 or -errno. @p e must not move. */
int end_create(struct end *e, const struct end_config *config);

/** When both ends are quiet: a frame is its sender's memory, wherever it is. */
void end_destroy(struct end *e);

/** Take the calls to every address that begins with the digits @p prefix. */
int end_answer(struct end *e, const char *prefix);

/** The client's part of a turn: a slice of requests. @return Whether anything was done. */
typedef bool (*end_work_fn)(struct end *e, void *arg);

/** Whether a slice of it that began at @p begun is over, as in the appliance's jobs. */
bool end_slice_is_over(uint64_t begun);

/** One turn of the control loop, as the appliance's. @p work may be NULL. */
void end_turn(struct end *e, end_work_fn work, void *arg);

/** The same at a time of the caller's choice. */
void end_turn_at(struct end *e, uint64_t now_ns, end_work_fn work, void *arg);

/** That of the control loops, monotonic. */
uint64_t end_clock_ns(void);

/** Begin to count anew: requests, and time. */
void end_restart_counts(struct end *e);

/** Calls that its client has. */
uint32_t end_n_calls(const struct end *e);

/** VCs of the call managers themselves, for their signalling. */
uint32_t end_n_own_vcs(const struct end *e);

/** No VC but the call managers' own, and nothing that awaits a grace period. */
bool end_is_empty(const struct end *e);

/** Those of all trunks. */
bool end_link_is_up(const struct end *e);

/** Release the signalling links. */
void end_stop(struct end *e);

/** The links are released. */
bool end_is_released(const struct end *e);

/**
 * And all that @p e has sent has reached @p peer, but for @p n_lost frames: none is on the way.
 */
bool end_is_quiet(const struct end *e, const struct end *peer, uint64_t n_lost);
