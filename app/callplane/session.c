/* SPDX-License-Identifier: BSD-3-Clause */
#include "callplane/session.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "callplane/rows.h"

#define LINES_A_TURN 64            /* so that one client does not hold up the others */
#define LIST_OUT_MAX (256u * 1024) /* a list waits until the client is not further behind */

static void answered(struct ask *ask, uint64_t now_ns);

struct session *
session_create(int fd, enum access_level access, uint64_t now_ns)
{
	struct session *s = calloc(1, sizeof(*s));

	if (s == NULL) {
		close(fd);
		return NULL;
	}
	s->ask.answered = answered;
	s->access = access;
	s->connection = connection_create(fd, now_ns);
	if (s->connection == NULL) {
		close(fd);
		free(s);
		return NULL;
	}
	return s;
}

void
session_destroy(struct session *s)
{
	if (s->connection != NULL)
		connection_destroy(s->connection);
	rpc_request_fini(&s->request);
	free(s);
}

/* rpc_write_fn */
static int
put(const char *data, size_t len, void *arg)
{
	struct session *s = arg;

	if (s->connection != NULL && s->request.id != NULL)
		connection_write(s->connection, data, len);
	return 0;
}

static void
finish(struct session *s)
{
	rpc_request_fini(&s->request);
	s->in_list = s->has_rows = false;
	s->state = SESSION_READY;
}

void
session_refuse(struct session *s, int code, int err, const char *message)
{
	struct rpc_error error = { .code = code, .error = err };

	snprintf(error.message, sizeof(error.message), "%s", message);
	rpc_refuse(&s->request, &error, put, s);
	finish(s);
}

void
session_result(struct session *s, const json_t *result)
{
	rpc_begin(&s->request, put, s);
	rpc_value(result, put, s);
	rpc_end(put, s);
	finish(s);
}

static void
answer_hello(struct session *s)
{
	json_t *hello = json_pack("{s:s, s:s, s:i, s:i, s:s}", "name", "callplane", "version",
		CALLPLANE_VERSION, "protocol", RPC_PROTOCOL, "pid", (int)getpid(), "access",
		s->access == ACCESS_WRITE ? "write" : "read");

	session_result(s, hello);
	json_decref(hello);
}

static void
put_row(struct session *s, const struct query *answer, uint32_t i)
{
	json_t *row = rows_to_json(answer, i);

	rpc_value(row, put, s);
	json_decref(row);
}

static void
answer_object(struct session *s, const struct query *answer)
{
	rpc_begin(&s->request, put, s);
	if (answer->n_rows > 0)
		put_row(s, answer, 0);
	else
		put("{}", 2, s);
	rpc_end(put, s);
	finish(s);
}

/* One slice of a list. Nobody to read it: it ends here. */
static void
answer_slice(struct session *s, const struct query *answer)
{
	uint32_t i;

	if (!s->in_list) {
		rpc_begin(&s->request, put, s);
		put("[", 1, s);
		s->in_list = true; /* also when this slice has found nothing yet */
	}
	for (i = 0; i < answer->n_rows; i++) {
		if (s->has_rows)
			put(",", 1, s);
		s->has_rows = true;
		put_row(s, answer, i);
	}
	if (answer->more && s->connection != NULL && s->request.id != NULL) {
		s->state = SESSION_SLICE_DUE;
		return;
	}
	put("]", 1, s);
	rpc_end(put, s);
	finish(s);
}

void
session_answer(struct session *s, const struct query *answer)
{
	if (answer->error != 0 && !s->in_list) {
		session_refuse(s, RPC_REFUSED, answer->error, answer->message);
	} else if (answer->error != 0) {
		/* Half a list cannot be taken back: the client sees it break off. */
		cp_log(CP_LOG_WARN, "control socket: a list broke off: %s", answer->message);
		if (s->connection != NULL)
			s->connection->broken = true;
		finish(s);
	} else if (rows_is_list(answer->method)) {
		answer_slice(s, answer);
	} else if (answer->more) {
		s->state = SESSION_SLICE_DUE; /* it is still being looked for */
	} else {
		answer_object(s, answer);
	}
}

static void
answered(struct ask *ask, uint64_t now_ns)
{
	struct session *s = (struct session *)ask;

	(void)now_ns;
	session_answer(s, &ask->query);
}

static bool
is_blank(const char *line)
{
	return line[strspn(line, " \t\r")] == '\0';
}

static void
take_line(struct session *s, const char *line, size_t len)
{
	struct rpc_error error;

	if (is_blank(line) && strlen(line) == len)
		return;
	if (rpc_parse(&s->request, line, len, &error) != 0) {
		session_refuse(s, error.code, error.error, error.message);
	} else if (s->access != ACCESS_WRITE && !rpc_is_read_only(&s->request)) {
		session_refuse(s, RPC_REFUSED, -EPERM,
			"you may only look here; mend: have yourself put into the appliance's "
			"write-group");
	} else if (s->request.method == RPC_HELLO) {
		answer_hello(s);
	} else if (s->request.method == QUERY_REPLAY) {
		s->state = SESSION_WANTS_REPLAY;
	} else if (s->request.method == QUERY_CAPTURE) {
		s->state = SESSION_WANTS_RECORDING;
	} else if (s->request.method == RPC_CONFIG_SHOW ||
		   s->request.method == QUERY_CONFIG_RELOAD) {
		s->state = SESSION_WANTS_CONFIG;
	} else {
		ask_control(&s->ask, (enum query_method)s->request.method, &s->request.args);
		s->state = SESSION_ASKING;
	}
}

static void
refuse_long_line(struct session *s)
{
	char message[96];

	snprintf(message, sizeof(message), "the line is too long; send at most %u octets",
		CONNECTION_LINE_MAX);
	s->request.id = json_null();
	session_refuse(s, RPC_INVALID_REQUEST, -EMSGSIZE, message);
	s->connection->ending = true;
}

/* Whether there may be more. */
static bool
take_lines(struct session *s)
{
	struct connection *c = s->connection;
	unsigned int n;
	char *line;
	size_t len;
	int error;

	for (n = 0; n < LINES_A_TURN && s->state == SESSION_READY; n++) {
		if (c->broken || c->ending)
			return false;
		line = connection_line(c, &len, &error);
		if (line != NULL) {
			take_line(s, line, len);
		} else if (error != 0) {
			refuse_long_line(s);
		} else {
			c->ending = c->eof;
			return false;
		}
	}
	return s->state == SESSION_READY;
}

bool
session_serve(struct session *s)
{
	if (s->state == SESSION_SLICE_DUE) {
		if (s->connection == NULL)
			finish(s);
		else if (connection_n_out(s->connection) < LIST_OUT_MAX) {
			s->ask.wanted = true;
			s->state = SESSION_ASKING;
		}
	}
	return s->state == SESSION_READY && s->connection != NULL && take_lines(s);
}

void
session_receive(struct session *s, short revents)
{
	struct connection *c = s->connection;

	if ((revents & (POLLIN | POLLHUP | POLLERR)) != 0)
		connection_receive(c);
	/* A client that has left altogether: what it asked last is still done, nobody is told. */
	if ((revents & (POLLHUP | POLLERR)) != 0) {
		session_serve(s);
		c->broken = true;
	}
}

void
session_flush(struct session *s, uint64_t now_ns)
{
	struct connection *c = s->connection;

	if (c == NULL)
		return;
	connection_flush(c, now_ns);
	if (c->broken || (c->ending && s->state == SESSION_READY && connection_n_out(c) == 0)) {
		connection_destroy(c);
		s->connection = NULL;
	}
}
