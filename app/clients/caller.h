/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * A CoNDIS client whose calls end here: it dials, answers and closes point-to-point calls on any
 * number of trunks. What a call's local end is, its owner says: an attachment (attach.h), or
 * nothing at all (load.h).
 *
 * Control thread only.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/pool.h"
#include "condis/condis.h"

#define CALLER_NO_END UINT32_MAX

struct caller;

/** What the owner of the local ends does, and who hears how requests ended. */
struct caller_ops {
	/** An incoming call: CO_STATUS_SUCCESS and *end, or why not. */
	enum co_status (*admit)(void *arg, const struct co_call_params *params, uint32_t *end);
	/** The call's VC is active and its far end agreed: connect @p end to it. */
	void (*up)(void *arg, co_vc_t vc, uint32_t end);
	/** @p end has no call any more. */
	void (*ended)(void *arg, uint32_t end);
	/** A caller_dial() of @p job has ended; @p cause is the network's, 0: none. */
	void (*dialled)(void *arg, uint32_t job, enum co_status status, uint8_t cause);
	/** A caller_close() of @p job has ended. */
	void (*closed)(void *arg, uint32_t job, enum co_status status);
};

struct caller_config {
	const char *name;
	uint32_t n_calls;
	uint32_t n_dials; /**< Calls being set up at one time. */
};

/** Registers the client. -ENOMEM, -EIO. */
int caller_create(struct co *co, const struct caller_config *config, const struct caller_ops *ops,
	void *arg, const struct cp_mem *mem, struct caller **out);
void caller_destroy(struct caller *c);

/** Take calls to @p address on @p adapter. CO_STATUS_ of the registration. */
enum co_status caller_register_sap(
	struct caller *c, co_adapter_t adapter, const struct co_address *address);

/** What a call is to be. */
struct caller_dial_args {
	co_adapter_t adapter;
	struct co_address from, to;
	uint64_t rate; /**< Octets per second each way, 0: best effort. */
	uint32_t end;  /**< CALLER_NO_END: none. */
	uint32_t job;
};

/**
 * Make a call. ops->dialled says how it ended, from inside this call perhaps.
 * @return 0; -EAGAIN when too many are being set up; -ENOSPC when there is no record or VC;
 * -ENETUNREACH when the client has no open AF on the adapter.
 */
int caller_dial(struct caller *c, const struct caller_dial_args *args);

/**
 * Close a call of this client; ops->closed follows. @p data stays valid until then.
 * CO_STATUS_PENDING or SUCCESS, else the refusal, and ops->closed does not follow.
 */
enum co_status caller_close(struct caller *c, co_vc_t vc, uint32_t job, struct co_data data);

/** Deregister SAPs and close AFs; calls have ended before. True when all is closed. */
bool caller_shut(struct caller *c);

/** Once a control turn: delete VCs whose deactivation has followed their close (DEL-9). */
void caller_turn(struct caller *c, uint32_t max);

co_protocol_t caller_protocol(const struct caller *c);
uint32_t caller_n_calls(const struct caller *c);

/** The local end of a call by its client context; CALLER_NO_END when stale or none. */
uint32_t caller_end(const struct caller *c, co_ctx_t client_ctx);
