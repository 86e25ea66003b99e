/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * A CoNDIS client whose calls end here: it dials, answers, changes and closes calls on any number
 * of trunks; those that it dials can have many parties. What a call's local end is, its owner says:
 * an attachment (attach.h), or nothing at all (load.h).
 *
 * A request that returns CO_STATUS_PENDING or SUCCESS is reported once, from inside the request
 * perhaps; one that returns anything else has changed nothing and is not reported.
 *
 * Control thread only.
 */

#include <stdbool.h>
#include <stdint.h>

#include "condis/condis.h"

#define CALLER_NO_END UINT32_MAX

struct caller;

/** What the owner of the local ends does. */
struct caller_ops {
	/** An incoming call: CO_STATUS_SUCCESS and *end, or why not. */
	enum co_status (*admit)(void *arg, const struct co_call_params *params, uint32_t *end);
	/** The call's VC is active and its far end agreed: connect @p end to it. */
	void (*up)(void *arg, co_vc_t vc, uint32_t end);
	/** @p end has no call any more. */
	void (*ended)(void *arg, uint32_t end);
	/** The most that the remote may change a call of @p end to, octets per second; 0: any. */
	uint64_t (*limit)(void *arg, uint32_t end);
};

/** Who hears how requests of a job ended. @p cause is the network's, 0: none. */
struct caller_reports {
	void (*dialled)(void *arg, uint32_t job, enum co_status status, uint8_t cause);
	void (*closed)(void *arg, uint32_t job, enum co_status status);
	void (*added)(void *arg, uint32_t job, enum co_status status, uint8_t cause);
	void (*dropped)(void *arg, uint32_t job, enum co_status status);
	/** @p rate is that in force now, octets per second towards the remote (QOS-4, QOS-6). */
	void (*modified)(
		void *arg, uint32_t job, enum co_status status, uint8_t cause, uint64_t rate);
};

struct caller_config {
	const char *name;
	uint32_t n_calls;
	/** Calls being set up or changed, and parties being added, at one time. */
	uint32_t n_dials;
	/* 0 takes the default in brackets. */
	uint32_t n_multipoint; /**< [256] Calls with parties. */
	uint32_t n_parties;    /**< [4096] Of all calls together. */
};

/** Registers the client. -ENOMEM, -EIO. */
int caller_create(struct co *co, const struct caller_config *config, const struct caller_ops *ops,
	void *arg, const struct caller_reports *reports, void *reports_arg,
	const struct cp_mem *mem, struct caller **out);
void caller_destroy(struct caller *c);

/**
 * Take calls to @p address on @p adapter, until caller_shut(): anew as well when the call manager
 * there has gone and come back. CO_STATUS_ of the registration.
 */
enum co_status caller_register_sap(
	struct caller *c, co_adapter_t adapter, const struct co_address *address);

/** The remote may change calls on @p adapter to at most @p rate octets per second; 0: to any. */
void caller_set_limit(struct caller *c, co_adapter_t adapter, uint64_t rate);

/** What a call is to be. */
struct caller_dial_args {
	co_adapter_t adapter;
	struct co_address from, to;
	uint64_t rate;           /**< Octets per second each way, 0: best effort. */
	uint64_t committed_rate; /**< Of it: what is above may be marked or dropped; 0: all. */
	uint32_t burst;          /**< Octets above that rate at a time; 0: the trunk's choice. */
	uint32_t end;            /**< CALLER_NO_END: none. */
	uint32_t job;
	bool multipoint; /**< @p to is the first party; others can be added (MAKE-2). */
	bool permanent;  /**< A configured PVC, which has its own rates (MAKE-12) ... */
	uint32_t label;  /**< ... this one; 0: the one that leads to @p to. */
};

/**
 * Make a call. reports->dialled says how it ended, from inside this call perhaps.
 * @return 0; -EAGAIN when too many are being set up; -ENOSPC when there is no record or VC;
 * -ENETUNREACH when the client has no open AF on the adapter; -ENETDOWN while signalling is down
 * there (OID-5).
 */
int caller_dial(struct caller *c, const struct caller_dial_args *args);

/**
 * Close a call of this client; reports->closed follows. Of a call with parties all are dropped
 * first but one, each with @p data, which stays valid until the report. Where the medium cannot
 * carry data it is left out (CLOSE-12).
 */
enum co_status caller_close(struct caller *c, co_vc_t vc, uint32_t job, struct co_data data);

/** Calls of this client that are closed next, CO_AHEAD_MAX at most, for the sake of speed. */
void caller_ahead(const struct caller *c, const co_vc_t *vcs, uint32_t n);

/** Add a party to a multipoint call that is up; reports->added follows. RESOURCES: try later. */
enum co_status caller_add_party(
	struct caller *c, co_vc_t vc, const struct co_address *to, uint32_t job);

/**
 * Drop a party; reports->dropped follows. @p data as in caller_close(). FAILURE: it is the last
 * one, close the call instead (DROP-5), or is being dropped already.
 */
enum co_status caller_drop_party(
	struct caller *c, co_party_t party, uint32_t job, struct co_data data);

/** A party; co_party_next() finds them. */
struct caller_party_info {
	co_vc_t vc;
	enum co_party_state state;
	struct co_address address;
};

/** SUCCESS, or FAILURE: it is none of this client's. */
enum co_status caller_party_query(
	const struct caller *c, co_party_t party, struct caller_party_info *out);

/**
 * Have a call that is up go at @p rate, each way; reports->modified follows (4.12). @p cause: the
 * network's, or what would be, of a refusal at once; else 0.
 */
enum co_status caller_modify(
	struct caller *c, co_vc_t vc, uint64_t rate, uint32_t job, uint8_t *cause);

/** Name a call's VC, for co_vc_name() and co_vc_named(). As co_assign_instance_name(). */
enum co_status caller_name(struct caller *c, co_vc_t vc, const char *base);

/**
 * End everything in the documented order (AF-11): what is left of calls, then SAPs, then the AFs,
 * in this call where no call is left, else in turns. True when all is closed.
 */
bool caller_shut(struct caller *c);

/**
 * Once a control turn: delete VCs whose deactivation has followed their close (DEL-9), go on with
 * leaving, at most @p max of each kind.
 */
void caller_turn(struct caller *c, uint32_t max);

co_protocol_t caller_protocol(const struct caller *c);
uint32_t caller_n_calls(const struct caller *c);
uint32_t caller_n_parties(const struct caller *c);

/** Closes and drops that went without their data: the medium cannot carry any (CLOSE-12). */
uint64_t caller_n_without_data(const struct caller *c);

/** The local end of a call by its client context; CALLER_NO_END when stale or none. */
uint32_t caller_end(const struct caller *c, co_ctx_t client_ctx);
