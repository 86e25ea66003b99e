/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * Metrics: once a second control makes a snapshot, a slice a turn, and publishes it. Whoever reads
 * it, a scrape or DPDK's telemetry, touches nothing else of control's, and control waits for no
 * reader: of three snapshots control has one, the readers have one, and the third is exchanged.
 */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "callplane/config.h"
#include "callplane/query.h"

#define METRICS_BOUNDS 19  /**< Of latencies. */
#define METRICS_CAUSES 128 /**< Of Q.850; 0: none was told. */
#define METRICS_PERIOD_S 1 /**< Between snapshots. */

/** Times, by 1, 2, 5 per decade from 10 us to 10 s, and above. */
struct metrics_latency {
	uint64_t sum_ns;
	uint64_t n[METRICS_BOUNDS + 1];
};

enum metrics_call_state {
	METRICS_CALL_NONE,
	METRICS_CALL_SETUP,
	METRICS_CALL_UP,
	METRICS_CALL_CLEARING,
	METRICS_CALL_STATE_COUNT
};

/** Of every client's calls, as observers of the broker hear of them. */
struct metrics_calls {
	uint64_t begun, answered;
	uint64_t refused[METRICS_CAUSES]; /**< Before they were up. */
	uint64_t closed[METRICS_CAUSES];
	uint32_t now[METRICS_CALL_STATE_COUNT];
	struct metrics_latency setup;    /**< From begin to up. */
	struct metrics_latency clearing; /**< From the first word of the end to the last. */
};

struct metrics_snapshot {
	uint64_t made_ns; /**< Of appliance_now(); 0: there has been none yet. */
	uint32_t n_ports, n_trunks, n_workers;
	struct metrics_calls calls;
	struct query_status_row status;
	struct query_counters_row counters;
	struct query_port_row ports[CONFIG_MAX_PORTS];
	struct query_trunk_row trunks[CONFIG_MAX_TRUNKS];
	struct query_worker_row workers[CONFIG_MAX_WORKERS];
};

struct metrics;
struct appliance;

/** ns of bound @p i of latencies, below METRICS_BOUNDS. Any thread. */
uint64_t metrics_bound_ns(unsigned int i);

void metrics_latency_add(struct metrics_latency *latency, uint64_t ns);

/**
 * Hears of calls from now on, if the configuration has metrics; else *out stays NULL.
 * Control thread, as the next two. 0 or -errno.
 */
int metrics_create(struct metrics **out, struct appliance *appliance);

/** Once a turn: a slice of a snapshot, when one is due. Whether there was one. NULL passes. */
bool metrics_turn(struct metrics *m);

/** When nobody reads any more, and no call is told of; NULL passes. */
void metrics_destroy(struct metrics *m);

/** Any thread but control: the newest snapshot, good until metrics_unlock(). */
const struct metrics_snapshot *metrics_lock(struct metrics *m);
void metrics_unlock(struct metrics *m);

/** @p s as OpenMetrics text, with its end mark. Any thread. */
void metrics_print(const struct metrics_snapshot *s, FILE *out);
