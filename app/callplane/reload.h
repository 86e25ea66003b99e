/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * The configuration of a running appliance: told, and exchanged for what its file says now. All of
 * the file is read and checked, what differs is told, and control takes over all of it or nothing;
 * no call ends by it. What is built at the start (ports, workers, attachments, limits ...) needs
 * another start: a file that changes any of it is refused whole.
 *
 * Management thread only, but for creation and destruction.
 */

#include <stdatomic.h>

#include "callplane/ask.h"
#include "callplane/config.h"

struct reload;
struct session;

/**
 * For an appliance that runs by @p config, out of the file @p path; both stay the caller's, as does
 * @p wanted, which a signal handler sets when the file is to be read again. NULL: no memory.
 */
struct reload *reload_create(const struct config *config, const char *path, atomic_bool *wanted);

/** After appliance_destroy(): until then the appliance may run by a configuration of ours. */
void reload_destroy(struct reload *reload);

/** What it has to ask control. */
struct ask *reload_ask(struct reload *reload);

/** Answer a session that wants to know the configuration, or begin what it asks for. */
void reload_serve(struct reload *reload, struct session *session);

/** Begin what a signal asked for. Reads a file: never on a thread that others wait for. */
void reload_step(struct reload *reload);
