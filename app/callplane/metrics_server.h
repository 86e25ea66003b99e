/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * Who reads metrics: HTTP, at the place that the configuration gives, and DPDK's telemetry:
 * /callplane/status, /callplane/calls, /callplane/grace, /callplane/trunks. The main thread starts
 * and stops them.
 */

#include <stddef.h>

struct metrics;
struct metrics_server;

/**
 * Nothing, and *out NULL, when @p metrics is NULL.
 * @return 0, or -errno with a line in @p error.
 */
int metrics_server_start(struct metrics_server **out, struct metrics *metrics, const char *listen,
	char *error, size_t error_size);

/** Before the metrics are destroyed; NULL passes. */
void metrics_server_stop(struct metrics_server *server);
