/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/** @file From a configured device to an open port of the dataplane. Control thread. */

#include "callplane/config.h"
#include "dataplane/dataplane.h"

/**
 * Probe the device of @p config->ports[idx] and open it.
 * @return The dataplane's port, or -errno with one line in @p error.
 */
int ports_open(struct dp *dp, const struct config *config, unsigned int idx, char *error,
	size_t error_size);

/** Make both ends of each wire that the configuration names; before ports_open(). 0 or -errno. */
int ports_make_wires(const struct config *config, char *error, size_t error_size);
