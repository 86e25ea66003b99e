/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * One client of the control socket: lines in, octets out, both bounded. Nothing waits, and no
 * clock is read. A client that sends too much or takes too little is cut off, so that it costs
 * the others nothing. One thread.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONNECTION_LINE_MAX 65536                 /**< Octets, without the line's end. */
#define CONNECTION_OUT_MAX (1024 * 1024)          /**< Octets not yet taken by the client. */
#define CONNECTION_STALL_NS UINT64_C(10000000000) /**< How long a client may take none of them. */

struct connection {
	int fd;
	bool eof;                /**< The client sends no more. */
	bool ending;             /**< Take no more lines; close when what is out is flushed. */
	bool broken;             /**< Close now. */
	size_t in_start, in_end; /**< What is received and not yet taken as lines. */
	size_t out_start, out_end;
	uint64_t moved_ns;                /**< When the client last took something, or had all. */
	char in[CONNECTION_LINE_MAX + 2]; /**< A line, its end, and a terminator of our own. */
	char out[CONNECTION_OUT_MAX];
};

/** Large: from the heap, where pages that are never touched cost nothing. Owns @p fd. */
struct connection *connection_create(int fd, uint64_t now_ns);

void connection_destroy(struct connection *c);

/** poll()'s events that are of interest now. */
short connection_events(const struct connection *c);

/** Read what is there, as far as there is room. */
void connection_receive(struct connection *c);

/**
 * The next line, terminated instead of its end, good until the next connection_receive(); NULL
 * when there is none. -EMSGSIZE in @p error when a line is too long: no line follows.
 */
char *connection_line(struct connection *c, size_t *len, int *error);

/** Append to what goes out; a client that is too far behind breaks. */
void connection_write(struct connection *c, const char *data, size_t len);

/** Send what the socket takes. */
void connection_flush(struct connection *c, uint64_t now_ns);

/** Octets that wait for the client to take them. */
static inline size_t
connection_n_out(const struct connection *c)
{
	return c->out_end - c->out_start;
}
