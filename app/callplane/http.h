/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * The HTTP server: a thread of its own that answers GET and HEAD by a table of routes. Only this
 * machine can reach it: it listens on a loopback address or a UNIX socket. A client that sends or
 * takes nothing for 10 s is cut off; there are 16 at once, others wait.
 */

#include <stddef.h>
#include <stdio.h>

struct http;

/** What is at a path. The table ends with a path of NULL, and outlives the server. */
struct http_route {
	const char *path;
	const char *content_type;
	/** Writes the body; on the server's thread. */
	void (*print)(void *arg, FILE *out);
};

/**
 * Serve @p routes at @p listen, as struct config_metrics has it.
 * @return 0, or -errno with a line in @p error: what is wrong and the mend.
 */
int http_start(struct http **out, const char *listen, const struct http_route *routes, void *arg,
	char *error, size_t error_size);

/** End the thread; NULL passes. */
void http_stop(struct http *http);
