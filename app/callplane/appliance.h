/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * The appliance: everything that the configuration names, put together, and the control loop that
 * runs it. One per process.
 */

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "callplane/config.h"

struct appliance;
struct metrics;
struct rte_mempool;
struct supervisor;

/**
 * Build all of it from a checked configuration: EAL is up. Ports are opened, trunks and clients
 * registered, workers not yet running.
 * @return 0, or -errno with one line in @p error: what is wrong and the mend.
 */
int appliance_create(
	struct appliance **out, const struct config *config, char *error, size_t error_size);

/** Start the workers and the signalling links. Control thread. */
int appliance_start(struct appliance *a);

/** Have the control loop feed @p supervisor, and tell it when the end begins. Before the loop. */
void appliance_feeds(struct appliance *a, struct supervisor *supervisor);

/**
 * The control loop: until *@p stop is set or appliance_shutdown() was called, then drain: no new
 * calls, all calls closed with cause 16, links released, everything given back, or the deadline.
 * @return What is left (I4): 0 when nothing is.
 */
uint32_t appliance_run(struct appliance *a, volatile sig_atomic_t *stop);

/** Ask the control loop to drain and end. Control thread. */
void appliance_shutdown(struct appliance *a);

/** Workers have ended, ports are closed. */
void appliance_destroy(struct appliance *a);

/** NULL: the configuration has none. Any thread. */
struct metrics *appliance_metrics(const struct appliance *a);

/** The pool that ports share; any thread. */
struct rte_mempool *appliance_mempool(struct appliance *a);
