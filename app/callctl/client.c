/* SPDX-License-Identifier: BSD-3-Clause */
#include "callctl/client.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

struct text {
	char *data;
	size_t len, room;
};

/*
 * Takes an answer apart as it comes: the elements of a list that is the result are cut out one
 * by one, so what is left, the line with an empty list, is short.
 */
struct splitter {
	unsigned int depth;
	bool in_string, is_escaped;
	bool in_list;    /* what is open at depth 2 is a list */
	bool in_element; /* of that list */
	bool is_whole;   /* the line has ended */
	struct text line, element;
};

struct client {
	int fd; /* -1: not connected */
	char error[512];
	bool is_lost;
	bool is_enough;
	char in[65536];
	struct splitter splitter;
};

static void
append(struct text *text, char c)
{
	size_t room = text->room * 2 + 1024;
	char *data;

	if (text->len == text->room) {
		data = realloc(text->data, room);
		if (data == NULL) {
			fprintf(stderr, "callctl: no memory for the answer\n");
			exit(EXIT_FAILURE);
		}
		text->data = data;
		text->room = room;
	}
	text->data[text->len++] = c;
}

static int
connect_to(struct client *client, const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, path, strlen(path) + 1);
	client->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (client->fd < 0)
		return -errno;
	if (connect(client->fd, (struct sockaddr *)&address, sizeof(address)) != 0)
		return -errno;
	return 0;
}

struct client *
client_open(const char *path)
{
	struct client *client = calloc(1, sizeof(*client));
	int err;

	if (client == NULL)
		return NULL;
	client->fd = -1;
	err = connect_to(client, path);
	client->is_lost = err != 0;
	if (err != 0)
		snprintf(client->error, sizeof(client->error),
			"no appliance at %s: %s; mend: start it, or give --socket PATH", path,
			strerror(-err));
	return client;
}

static volatile sig_atomic_t ending_fd = -1;

static void
end_asking(int signal)
{
	int err = errno;

	(void)signal;
	shutdown(ending_fd, SHUT_WR);
	errno = err;
}

void
client_end_on_signals(const struct client *client)
{
	const struct sigaction action = { .sa_handler = end_asking };

	ending_fd = client->fd;
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

static void
end_on_signals_no_more(void)
{
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	ending_fd = -1;
}

void
client_close(struct client *client)
{
	if (client->fd >= 0) {
		if (ending_fd == client->fd)
			end_on_signals_no_more();
		close(client->fd);
	}
	free(client->splitter.line.data);
	free(client->splitter.element.data);
	free(client);
}

void
client_enough(struct client *client)
{
	client->is_enough = true;
}

void
client_set_patience(const struct client *client, unsigned int ms)
{
	struct timeval patience = { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };

	setsockopt(client->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(client->fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
}

const char *
client_error(const struct client *client)
{
	return client->error;
}

static enum client_result
lost(struct client *client, const char *why)
{
	snprintf(client->error, sizeof(client->error), "the appliance broke off: %s", why);
	client->is_lost = true;
	return CLIENT_NOBODY;
}

static bool
send_all(struct client *client, const char *data, size_t len)
{
	ssize_t n;

	while (len > 0) {
		n = send(client->fd, data, len, MSG_NOSIGNAL);
		if (n < 0 && errno != EINTR)
			return false;
		if (n > 0) {
			data += n;
			len -= (size_t)n;
		}
	}
	return true;
}

static bool
send_request(struct client *client, const char *method, json_t *params)
{
	json_t *request = json_pack("{s:s, s:i, s:s, s:o*}", "jsonrpc", "2.0", "id", 1, "method",
		method, "params", params);
	char *line = json_dumps(request, JSON_COMPACT);
	bool ok = line != NULL && send_all(client, line, strlen(line)) && send_all(client, "\n", 1);

	free(line);
	json_decref(request);
	return ok;
}

static bool
in_string(struct splitter *s, char c)
{
	if (!s->in_string) {
		s->in_string = c == '"';
		return s->in_string;
	}
	if (s->is_escaped)
		s->is_escaped = false;
	else if (c == '\\')
		s->is_escaped = true;
	else if (c == '"')
		s->in_string = false;
	return true;
}

/* @return Whether an element has just ended. */
static bool
split(struct splitter *s, char c)
{
	bool is_text = in_string(s, c);
	bool was_in_element = s->in_element;

	if (!is_text && (c == '{' || c == '[')) {
		s->depth++;
		if (s->depth == 2)
			s->in_list = c == '[';
		else if (s->depth == 3 && s->in_list)
			s->in_element = true;
	} else if (!is_text && (c == '}' || c == ']')) {
		s->depth -= s->depth > 0;
		if (s->depth == 2)
			s->in_element = false;
	} else if (!is_text && c == '\n' && s->depth == 0) {
		s->is_whole = true;
	}
	if (was_in_element || s->in_element)
		append(&s->element, c);
	else if (is_text || c != ',' || s->depth != 2 || !s->in_list)
		append(&s->line, c);
	return was_in_element && !s->in_element;
}

static bool
hand_over(struct text *text, client_row_fn row, void *arg)
{
	json_t *json = json_loadb(text->data, text->len, JSON_DECODE_ANY, NULL);

	text->len = 0;
	if (json == NULL)
		return false;
	row(json, arg);
	json_decref(json);
	return true;
}

static enum client_result
refused(struct client *client, json_t *error)
{
	const char *message = json_string_value(json_object_get(error, "message"));
	const char *name =
		json_string_value(json_object_get(json_object_get(error, "data"), "name"));

	snprintf(client->error, sizeof(client->error), "%s%s%s%s",
		message != NULL ? message : "refused", name != NULL ? " (" : "",
		name != NULL ? name : "", name != NULL ? ")" : "");
	return CLIENT_REFUSED;
}

/* The line without the rows that were cut out of it. */
static enum client_result
take_line(struct client *client, client_row_fn row, void *arg)
{
	struct text *line = &client->splitter.line;
	json_t *json = json_loadb(line->data, line->len, 0, NULL);
	json_t *error = json_object_get(json, "error");
	json_t *result = json_object_get(json, "result");
	enum client_result outcome = CLIENT_DONE;

	if (error != NULL)
		outcome = refused(client, error);
	else if (result == NULL)
		outcome = lost(client, "its answer is not JSON-RPC");
	else if (json_is_object(result))
		row(result, arg);
	json_decref(json);
	return outcome;
}

static enum client_result
take_answer(struct client *client, client_row_fn row, void *arg)
{
	struct splitter *s = &client->splitter;
	ssize_t n, i;

	while (!s->is_whole) {
		n = recv(client->fd, client->in, sizeof(client->in), 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return lost(client, n == 0 ? "it closed the connection" : strerror(errno));
		for (i = 0; i < n && !s->is_whole && !client->is_enough; i++)
			if (split(s, client->in[i]) && !hand_over(&s->element, row, arg))
				return lost(client, "a row is not JSON");
		if (client->is_enough) {
			lost(client, "no more was wanted of it");
			return CLIENT_DONE;
		}
	}
	return take_line(client, row, arg);
}

enum client_result
client_call(struct client *client, const char *method, json_t *params, client_row_fn row, void *arg)
{
	struct splitter *s = &client->splitter;

	if (client->is_lost) {
		json_decref(params);
		return CLIENT_NOBODY;
	}
	s->depth = 0;
	s->line.len = s->element.len = 0;
	s->in_string = s->is_escaped = s->in_list = s->in_element = s->is_whole = false;
	/* What it has to say may be there even when it takes no more. */
	if (!send_request(client, method, params) && errno != EPIPE)
		return lost(client, strerror(errno));
	return take_answer(client, row, arg);
}
