/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * The operator's loop-back responder: it answers the calls to its addresses, takes their frames
 * itself, and sends each one back on its VC, source and destination MAC address swapped.
 *
 * A frame stays in the miniport's buffer until its way back is done. What finds all of them in use,
 * or the miniport short of buffers, is dropped and counted. A call is closed when its sends are
 * back (CLOSE-27); those that have not gone out are cancelled.
 *
 * Control thread only.
 */

#include <stdbool.h>
#include <stdint.h>

#include "condis/condis.h"

struct echo;

struct echo_config {
	uint32_t n_calls;
	uint32_t n_packets; /**< Kept at one time, of all calls together. */
	/** An echo_close() of @p job has ended. */
	void (*closed)(void *arg, uint32_t job, enum co_status status);
	void *arg;
};

/** Registers the client. -ENOMEM, -EIO. */
int echo_create(struct co *co, const struct echo_config *config, const struct cp_mem *mem,
	struct echo **out);
void echo_destroy(struct echo *e);

/** Answer calls to @p address on @p adapter. As caller_register_sap(). */
enum co_status echo_register(
	struct echo *e, co_adapter_t adapter, const struct co_address *address);

/** Answer no more of them; calls that are up stay. */
void echo_deregister(struct echo *e, co_adapter_t adapter, const struct co_address *address);

/**
 * Close a call; config->closed follows a CO_STATUS_PENDING or SUCCESS, from inside this call
 * perhaps. @p data stays valid until then.
 */
enum co_status echo_close(struct echo *e, co_vc_t vc, uint32_t job, struct co_data data);

/** As caller_shut() and caller_turn(). */
bool echo_shut(struct echo *e);
void echo_turn(struct echo *e, uint32_t max);

co_protocol_t echo_protocol(const struct echo *e);
uint32_t echo_n_calls(const struct echo *e);

struct echo_counts {
	uint64_t received;
	uint64_t returned; /**< Sent back. */
	uint64_t failed;   /**< Sends that came back with an error. */
	uint64_t cancelled;
	uint64_t no_packet;     /**< Dropped: all in use. */
	uint64_t low_resources; /**< Dropped: the miniport was short of buffers (RECV-2). */
	uint64_t too_short;     /**< Dropped: no Ethernet header. */
	uint64_t not_up;        /**< Dropped: the call was not up yet, or was ending. */
	uint32_t n_kept;        /**< Now. */
};

void echo_counts(const struct echo *e, struct echo_counts *out);
