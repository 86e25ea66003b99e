/* SPDX-License-Identifier: BSD-3-Clause */
#include "callplane/supervisor.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"

#define NS_PER_US UINT64_C(1000)
#define UNWATCHED_NS UINT64_C(5000000000) /* the end is lengthened without a watchdog too */
#define FEED "WATCHDOG=1"
#define FEED_AND_WAIT FEED "\nEXTEND_TIMEOUT_USEC=30000000" /* of several periods */
#define WORDS_MAX 320

/* Microseconds that the watchdog of this process waits; 0: there is none. */
static uint64_t
watchdog_us(void)
{
	const char *us = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");

	if (us == NULL || (pid != NULL && strtol(pid, NULL, 10) != (long)getpid()))
		return 0;
	return strtoull(us, NULL, 10);
}

/* 0, or -errno. '@' begins the name of a socket without a file. */
static int
reach(int fd, const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t len = strlen(path);

	if (len >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, path, len);
	if (path[0] == '@')
		address.sun_path[0] = '\0';
	if (connect(fd, (const struct sockaddr *)&address,
		    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)) != 0)
		return -errno;
	return 0;
}

void
supervisor_open(struct supervisor *s)
{
	const char *path = getenv("NOTIFY_SOCKET");
	uint64_t period_ns = watchdog_us() * NS_PER_US / 3;
	int err;

	*s = (struct supervisor){ .fd = -1, .due_ns = UINT64_MAX };
	if (path == NULL || path[0] == '\0')
		return;
	s->period_ns = period_ns != 0 ? period_ns : UNWATCHED_NS;
	s->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	err = s->fd >= 0 ? reach(s->fd, path) : -errno;
	if (err == 0)
		return;
	cp_log(CP_LOG_WARN, "nobody is told that we run: %s: %s; mend: leave NOTIFY_SOCKET unset",
		path, strerror(-err));
	supervisor_close(s);
}

static void
tell(const struct supervisor *s, const char *words)
{
	if (s->fd >= 0)
		send(s->fd, words, strlen(words), MSG_NOSIGNAL);
}

void
supervisor_ready(struct supervisor *s, const char *status)
{
	char words[WORDS_MAX];

	if (s->fd < 0)
		return;
	snprintf(words, sizeof(words), "READY=1\nSTATUS=%s", status);
	tell(s, words);
	s->due_ns = 0;
}

void
supervisor_stopping(struct supervisor *s, uint64_t now_ns)
{
	if (s->fd < 0)
		return;
	tell(s, "STOPPING=1\nSTATUS=draining: no new calls, closing all");
	s->is_ending = true;
	supervisor_feed(s, now_ns);
}

void
supervisor_feed(struct supervisor *s, uint64_t now_ns)
{
	tell(s, s->is_ending ? FEED_AND_WAIT : FEED);
	s->due_ns = now_ns + s->period_ns;
}

void
supervisor_close(struct supervisor *s)
{
	if (s->fd >= 0)
		close(s->fd);
	*s = (struct supervisor){ .fd = -1, .due_ns = UINT64_MAX };
}
