/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * A two-rate three-colour marker (RFC 2698, colour-blind) as a worker runs it: what rte_meter does,
 * without its two divisions a frame. A token bucket is kept as the time at which it will be full
 * again (the virtual scheduling of I.371's GCRA): each octet that passes puts that off by the time
 * that a token takes to come, and a frame passes when the bucket is not farther from full than its
 * whole size. Time is counted in 1/256 cycles of the time stamp counter and may wrap: what is not
 * within a bucket's size from now was full long ago.
 */

#include "dataplane/dp_priv.h"
#include "dataplane/frame.h"

#define DP_METER_TIME_SHIFT 8u
#define DP_METER_COST_SHIFT 12u /* binary places of the time that an octet takes */

/* Relaxed: one worker writes; in a grace period a token can be lost between two of them. */
static inline uint64_t
dp_bucket_load(const uint64_t *bucket)
{
	return __atomic_load_n(bucket, __ATOMIC_RELAXED);
}

/* How far from full the bucket is behind a frame that takes @p cost out of it. */
static inline uint64_t
dp_bucket_debt(const uint64_t *bucket, uint64_t time, uint64_t limit, uint64_t cost)
{
	uint64_t debt = dp_bucket_load(bucket) - time;

	return (debt > limit ? 0 : debt) + cost;
}

/*
 * Meter a frame of @p e by @p k, at @p time (dp_worker.time): count its colour.
 * @return What becomes of it: never DP_EXCESS_USUAL.
 */
static inline enum dp_excess
dp_meter(const struct dp_contract *k, struct dp_entry *e, uint64_t time, uint32_t octets)
{
	uint64_t debt;

	debt = dp_bucket_debt(
		&e->peak, time, k->peak_limit, octets * k->peak_cost >> DP_METER_COST_SHIFT);
	if (unlikely(debt > k->peak_limit)) {
		dp_counter_add(&e->red, 1);
		return (enum dp_excess)k->red;
	}
	__atomic_store_n(&e->peak, time + debt, __ATOMIC_RELAXED);
	debt = dp_bucket_debt(&e->committed, time, k->committed_limit,
		octets * k->committed_cost >> DP_METER_COST_SHIFT);
	if (unlikely(debt > k->committed_limit)) {
		dp_counter_add(&e->yellow, 1);
		return (enum dp_excess)k->yellow;
	}
	__atomic_store_n(&e->committed, time + debt, __ATOMIC_RELAXED);
	return DP_EXCESS_PASS;
}

/* 0 when none. Acquire: pairs with the release of dp_entry_set_contract(). */
static inline uint32_t
dp_entry_contract(const struct dp_entry *e)
{
	return __atomic_load_n(&e->contract, __ATOMIC_ACQUIRE);
}

/* A label entry with the traffic class of what is marked. */
static inline uint32_t
dp_meter_mark(const struct dp_contract *k, uint32_t label)
{
	return (label & ~DP_LABEL_TC) | (uint32_t)k->mark_tc << DP_LABEL_TC_SHIFT;
}
