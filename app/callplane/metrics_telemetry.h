/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/** @file Metrics as commands of DPDK's telemetry, on its thread. Main thread; one at a time. */

struct metrics;

/** The commands tell of @p metrics from now on. */
void metrics_telemetry_start(struct metrics *metrics);

/** They tell of nothing any more. */
void metrics_telemetry_stop(void);
