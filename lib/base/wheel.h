/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * A hierarchical timer wheel over a fixed array of slots. The owner of slot i is
 * the i-th record of somebody's array, so starting a timer allocates nothing and
 * cannot fail. Starting and stopping are constant time; a turn costs what is due.
 * A slot carries a cookie, the owner's handle with its generation (I9).
 *
 * One thread. Resolution 1 ms: a timer fires not before its time, and at the
 * first cp_wheel_turn() after it (SIG-64).
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/mem.h"

struct cp_wheel;

/**
 * Runs from cp_wheel_turn(), the slot already stopped: it may start it again, and start or stop
 * any other. What it starts fires in a later turn, never in this one.
 */
typedef void (*cp_wheel_fn)(void *arg, uint32_t slot, uint32_t cookie, uint64_t now_ns);

/** NULL when memory is out. @p now_ns is the time it starts from. */
struct cp_wheel *cp_wheel_create(
	uint32_t n_slots, uint64_t now_ns, cp_wheel_fn fn, void *arg, const struct cp_mem *mem);

void cp_wheel_destroy(struct cp_wheel *wheel);

/**
 * (Re)start slot @p slot, below n_slots, to fire @p delay_ms after @p now_ns. Delays are cut at
 * 49 days.
 */
void cp_wheel_start(
	struct cp_wheel *wheel, uint32_t slot, uint32_t cookie, uint64_t now_ns, uint32_t delay_ms);

/** Stop it; false when it did not run. */
bool cp_wheel_stop(struct cp_wheel *wheel, uint32_t slot);

bool cp_wheel_is_running(const struct cp_wheel *wheel, uint32_t slot);

/**
 * Fire what is due at @p now_ns, the earliest first, at most @p max of them; what remains fires
 * in the next turns. The clock may have jumped by days: only timers that run cost time.
 * @return How many fired.
 */
uint32_t cp_wheel_turn(struct cp_wheel *wheel, uint64_t now_ns, uint32_t max);

uint32_t cp_wheel_n_running(const struct cp_wheel *wheel);
