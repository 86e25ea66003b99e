/* SPDX-License-Identifier: BSD-3-Clause */
#include "callplane/connection.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"

struct connection *
connection_create(int fd, uint64_t now_ns)
{
	struct connection *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->fd = fd;
	c->moved_ns = now_ns;
	return c;
}

void
connection_destroy(struct connection *c)
{
	close(c->fd);
	free(c);
}

/* One octet more than a line's most: where the end of the longest one stands. */
static size_t
in_room(const struct connection *c)
{
	return CONNECTION_LINE_MAX + 1 - (c->in_end - c->in_start);
}

short
connection_events(const struct connection *c)
{
	short events = 0;

	if (!c->eof && !c->ending && in_room(c) > 0)
		events |= POLLIN;
	if (connection_n_out(c) > 0)
		events |= POLLOUT;
	return events;
}

static bool
is_try_again(int error)
{
	return error == EAGAIN || error == EINTR;
}

void
connection_receive(struct connection *c)
{
	ssize_t n;

	if (c->in_start > 0) {
		memmove(c->in, c->in + c->in_start, c->in_end - c->in_start);
		c->in_end -= c->in_start;
		c->in_start = 0;
	}
	if (in_room(c) == 0)
		return;
	n = recv(c->fd, c->in + c->in_end, in_room(c), MSG_DONTWAIT);
	if (n > 0)
		c->in_end += (size_t)n;
	else if (n == 0)
		c->eof = true;
	else if (!is_try_again(errno))
		c->broken = true;
}

char *
connection_line(struct connection *c, size_t *len, int *error)
{
	char *line = c->in + c->in_start, *end;
	size_t n = c->in_end - c->in_start;

	*error = 0;
	end = memchr(line, '\n', n);
	if (end == NULL) {
		if (n > CONNECTION_LINE_MAX)
			*error = -EMSGSIZE;
		/* The last line of a client that has said all may lack its end. */
		if (n == 0 || n > CONNECTION_LINE_MAX || !c->eof)
			return NULL;
		end = line + n;
		c->in_start = c->in_end;
	} else {
		c->in_start += (size_t)(end - line) + 1;
	}
	*end = '\0';
	*len = (size_t)(end - line);
	return line;
}

void
connection_write(struct connection *c, const char *data, size_t len)
{
	if (c->broken)
		return;
	if (connection_n_out(c) + len > CONNECTION_OUT_MAX) {
		cp_log(CP_LOG_WARN,
			"control socket: a client was cut off: it is %zu octets behind; mend: let "
			"it read its answers",
			connection_n_out(c));
		c->broken = true;
		return;
	}
	if (c->out_end + len > CONNECTION_OUT_MAX) {
		memmove(c->out, c->out + c->out_start, connection_n_out(c));
		c->out_end -= c->out_start;
		c->out_start = 0;
	}
	memcpy(c->out + c->out_end, data, len);
	c->out_end += len;
}

static void
took(struct connection *c, size_t n, uint64_t now_ns)
{
	c->out_start += n;
	if (n > 0)
		c->moved_ns = now_ns;
	if (c->out_start == c->out_end)
		c->out_start = c->out_end = 0;
}

void
connection_flush(struct connection *c, uint64_t now_ns)
{
	ssize_t n;

	if (c->broken)
		return;
	if (connection_n_out(c) == 0) {
		c->moved_ns = now_ns;
		return;
	}
	n = send(c->fd, c->out + c->out_start, connection_n_out(c), MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n >= 0) {
		took(c, (size_t)n, now_ns);
	} else if (!is_try_again(errno)) {
		c->broken = true;
	} else if (now_ns - c->moved_ns > CONNECTION_STALL_NS) {
		cp_log(CP_LOG_WARN,
			"control socket: a client was cut off: it did not read for %u s; mend: "
			"let it read its answers",
			(unsigned int)(CONNECTION_STALL_NS / 1000000000));
		c->broken = true;
	}
}
