/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * Whoever started the process and watches over it: a service manager that speaks systemd's protocol
 * (sd_notify(3)), a word in a datagram. Without one everything here does nothing.
 *
 * The control loop itself feeds the watchdog, so that a loop that hangs, and nothing else, starves
 * it. Nothing waits: a datagram that finds no room is lost, and the next one is soon due.
 * Control thread only.
 */

#include <stdbool.h>
#include <stdint.h>

struct supervisor {
	int fd;             /**< -1: nobody listens. */
	uint64_t period_ns; /**< Between two feedings: a third of what the watchdog waits. */
	uint64_t due_ns;    /**< The next one. */
	bool is_ending;     /**< The time to stop is lengthened with each feeding. */
};

/**
 * Find the supervisor by NOTIFY_SOCKET, and how patient it is by WATCHDOG_USEC and WATCHDOG_PID.
 * Before the process gives up root. What cannot be reached is as if it were not there, but for a
 * line in the log.
 */
void supervisor_open(struct supervisor *s);

/** What was asked for is running. @p status: a line for who looks. */
void supervisor_ready(struct supervisor *s, const char *status);

/** The end has begun, and takes as long as it feeds. */
void supervisor_stopping(struct supervisor *s, uint64_t now_ns);

/** Feed. */
void supervisor_feed(struct supervisor *s, uint64_t now_ns);

/** Once a turn of the control loop. */
static inline void
supervisor_turn(struct supervisor *s, uint64_t now_ns)
{
	if (now_ns >= s->due_ns)
		supervisor_feed(s, now_ns);
}

void supervisor_close(struct supervisor *s);
