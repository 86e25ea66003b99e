/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/log.h"

#include <assert.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#define LOG_LINE_MAX 512
#define LOG_PREFIX_MAX 32

static const char *const level_names[] = {
	[CP_LOG_ERR] = "error",
	[CP_LOG_WARN] = "warning",
	[CP_LOG_NOTICE] = "notice",
	[CP_LOG_INFO] = "info",
	[CP_LOG_DEBUG] = "debug",
};
static_assert(
	sizeof(level_names) / sizeof(level_names[0]) == CP_LOG_COUNT, "a name for each level");

static void log_to_stderr(enum cp_log_level level, const char *line, void *arg);

/* Relaxed: a thread that sees a new level a line late does no harm, and nothing hangs on it. */
static atomic_int log_level = CP_LOG_NOTICE;

/* Written before threads start, so plain. */
static cp_log_sink log_sink = log_to_stderr;
static void *log_sink_arg;

/* One fwrite, stderr being unbuffered, is one write: lines of two threads do not mix. */
static void
log_to_stderr(enum cp_log_level level, const char *line, void *arg)
{
	char text[LOG_PREFIX_MAX + LOG_LINE_MAX + 2];
	int n;

	(void)arg;
	n = snprintf(text, sizeof(text), "callplane: %s: %s\n", cp_log_level_name(level), line);
	fwrite(text, 1, (size_t)n, stderr);
}

void
cp_log_set_level(enum cp_log_level level)
{
	atomic_store_explicit(&log_level, (int)level, memory_order_relaxed);
}

void
cp_log_set_sink(cp_log_sink sink, void *arg)
{
	log_sink = sink != NULL ? sink : log_to_stderr;
	log_sink_arg = arg;
}

static void
log_line(enum cp_log_level level, const char *fmt, va_list ap)
{
	char line[LOG_LINE_MAX + 1];

	vsnprintf(line, sizeof(line), fmt, ap);
	log_sink(level, line, log_sink_arg);
}

void
cp_log(enum cp_log_level level, const char *fmt, ...)
{
	va_list ap;

	if ((int)level > atomic_load_explicit(&log_level, memory_order_relaxed))
		return;
	va_start(ap, fmt);
	log_line(level, fmt, ap);
	va_end(ap);
}

void
cp_log_up_to(enum cp_log_level most, enum cp_log_level level, const char *fmt, ...)
{
	va_list ap;

	if (level > most)
		return;
	va_start(ap, fmt);
	log_line(level, fmt, ap);
	va_end(ap);
}

const char *
cp_log_level_name(enum cp_log_level level)
{
	return (unsigned int)level < CP_LOG_COUNT ? level_names[level] : "?";
}

int
cp_log_level_parse(const char *name)
{
	int level;

	for (level = 0; level < CP_LOG_COUNT; level++)
		if (strcmp(name, level_names[level]) == 0)
			return level;
	return -EINVAL;
}

int
cp_log_limit_pass(struct cp_log_limit *limit, uint64_t now_ns, uint64_t interval_ns)
{
	if (now_ns < limit->next_ns) {
		limit->n_held++;
		return 0;
	}
	limit->next_ns = now_ns + interval_ns;
	limit->hidden = limit->n_held;
	limit->n_held = 0;
	return 1;
}

int
cp_log_seldom(uint64_t *n)
{
	uint64_t before = (*n)++;

	return (before & (before + 1)) == 0;
}
