/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * Frames through calls that are up, on the lcore that turns both ends' workers. Each end has one
 * more trunk; a circuit there is cross-connected with each call that is to have traffic, as a
 * transit does it. Frames enter on that trunk of one end, go over the call's circuit to the other
 * end, and leave on that trunk there; both ways at once. Each carries its call and a number, so
 * that what is lost and what is out of order is known for each call.
 *
 * The source is paced by the clock, and a frame that finds the trunk's receive ring full is lost,
 * as it is at a NIC: a worker that is not in time loses frames.
 *
 * Control, and the worker's lcore in traffic_work().
 */

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "calls/end.h"
#include "disturb/times.h"

#define TRAFFIC_RING 4096u /* frames that wait for a worker, as in a NIC's descriptors */

/** What is timed between two orders. */
struct window {
	struct times burst; /**< A worker's turn in which it received frames. */
	struct times gap;   /**< From one quiescent state of the near end's worker to the next. */
};

/** All since the beginning; of both ways together. */
struct traffic_counts {
	uint64_t offered, received;
	uint64_t refused;   /**< Of the lost: the ring that they come in by was full. */
	uint64_t lost;      /**< By their numbers. */
	uint64_t reordered; /**< Behind one with a higher number. */
	uint64_t strange;   /**< Not on the label that their call leads to. */
};

/** One of the two ways. */
struct way {
	struct rte_ring *in, *out; /* where frames enter, and where they leave */
	uint32_t *expected;        /* by call: the number that comes next */
	uint32_t at, round;        /* of the next frame: place in the order, and its number */
	struct traffic_counts counts;
};

struct traffic_order {
	uint64_t rate; /* frames a cycle, times 2^32 */
	struct window *window;
};

struct traffic {
	struct end *ends[2];
	uint16_t trunks[2]; /* where frames enter and leave */
	uint32_t n_calls, n_joined;
	uint32_t *order; /* of calls: all of them by turns, at random */
	struct rte_mempool *pool;
	struct way ways[2];
	/* Control's: what is wanted, and how often it has changed. */
	struct traffic_order wanted;
	uint32_t n_orders; /* Atomic. */
	/* The worker's. */
	struct traffic_order current;
	uint32_t n_taken;      /* Atomic. */
	uint32_t n_idle_turns; /* Atomic. In a row. */
	uint32_t stop;         /* Atomic. */
	uint32_t thread;       /* Atomic. The kernel's id; 0: it does not run yet. */
	clockid_t clock;       /* how long it ran; once thread is there */
	uint64_t begun, n_due, last;
};

/** Room for the traffic of @p n_calls calls between two ends made with as many n_onward. 0, or
 * -errno. */
int traffic_create(struct traffic *t, struct end *near, struct end *far, uint32_t n_calls);
void traffic_destroy(struct traffic *t);

/** Give a call traffic, before the first order: what its label leads to at each end. 0, or -errno.
 */
int traffic_join(struct traffic *t, dp_circuit_t near, dp_circuit_t far);

/** For rte_eal_remote_launch(); until traffic_end(). */
int traffic_work(void *traffic);
void traffic_end(struct traffic *t);

/**
 * From now on @p fps frames a second, both ways together, and times into @p window, NULL: no times.
 * When this returns the worker does so.
 */
void traffic_order(struct traffic *t, double fps, struct window *window);

/** After an order of 0 frames a second: none is on its way any more. */
bool traffic_is_drained(const struct traffic *t);

/** When drained: what is still missing at the end of a call's frames is lost. */
void traffic_settle(struct traffic *t);

/** Up to now; those lost at the end of a call's frames after traffic_settle() only. */
void traffic_count(const struct traffic *t, struct traffic_counts *out);
