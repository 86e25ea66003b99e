/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * Log lines. Whoever knows what the user can do logs; those between pass the
 * error up. Never called by a worker, and never once per call or per frame.
 */

#include <stdarg.h>
#include <stdint.h>

enum cp_log_level {
	CP_LOG_ERR = 0, /**< Something the user must mend. */
	CP_LOG_WARN,
	CP_LOG_NOTICE, /**< State changes of the appliance: the default. */
	CP_LOG_INFO,
	CP_LOG_DEBUG,
	CP_LOG_COUNT
};

/** Takes one finished line, without its newline. */
typedef void (*cp_log_sink)(enum cp_log_level level, const char *line, void *arg);

/** Lines above this level are not formatted. Any thread. */
void cp_log_set_level(enum cp_log_level level);

/** NULL puts back the default: standard error. Set it before threads start. */
void cp_log_set_sink(cp_log_sink sink, void *arg);

/** printf-like; the line is cut at 512 octets. Any thread but a worker. */
void cp_log(enum cp_log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/** The same by a level of its own, @p most, instead of the common one. */
void cp_log_up_to(enum cp_log_level most, enum cp_log_level level, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/** "error", "warning", "notice", "info", "debug"; "?" when out of range. */
const char *cp_log_level_name(enum cp_log_level level);

/** The inverse: the level, or -EINVAL for a name that is none. */
int cp_log_level_parse(const char *name);

/** Lets one line of a kind through per interval and counts the rest (SSCOP-44). Starts zeroed. */
struct cp_log_limit {
	uint64_t next_ns; /**< Time is passed in, not read. */
	uint64_t hidden;  /**< Lines held back just before the last one let through. */
	uint64_t n_held;  /**< Lines held back since then. */
};

/** Nonzero when a line may be written at @p now_ns; @p limit->hidden then counts those held back.
 */
int cp_log_limit_pass(struct cp_log_limit *limit, uint64_t now_ns, uint64_t interval_ns);

/**
 * The same where no time is at hand: nonzero at the first, second, fourth, eighth ... call with
 * @p n, which starts zeroed and counts them.
 */
int cp_log_seldom(uint64_t *n);
