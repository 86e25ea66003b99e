/* SPDX-License-Identifier: BSD-3-Clause */
#include "callplane/http.h"

#include <errno.h>
#include <microhttpd.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "callplane/config.h"
#include "callplane/control_socket.h"
#include "callplane/thread.h"

#define BACKLOG 16
#define N_CLIENTS 16u
#define PATIENCE_S 10u
#define OCTETS_A_CLIENT ((size_t)16 << 10) /* of a request */
#define LOOK_MS 200                        /* whether to end */
#define SOCKET_MODE 0660
#define WHAT "metrics"

struct http {
	const struct http_route *routes;
	void *arg;
	char path[sizeof(((struct config_metrics *)NULL)->listen)]; /* of a UNIX socket */
	int fd;
	struct MHD_Daemon *daemon;
	pthread_t thread;
	bool has_thread;
	bool stop; /* atomic, relaxed: nothing goes with it */
};

/* ---- Answers. ---- */

static enum MHD_Result
answer(struct MHD_Connection *connection, unsigned int status, struct MHD_Response *response,
	const char *header, const char *value)
{
	enum MHD_Result result;

	if (response == NULL)
		return MHD_NO; /* out of memory: the connection ends */
	MHD_add_response_header(response, header, value);
	result = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result
answer_error(struct MHD_Connection *connection, unsigned int status, const char *header,
	const char *value)
{
	static char empty[1];

	return answer(connection, status,
		MHD_create_response_from_buffer(0, empty, MHD_RESPMEM_PERSISTENT), header, value);
}

static enum MHD_Result
answer_route(
	const struct http *h, struct MHD_Connection *connection, const struct http_route *route)
{
	char *body = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&body, &size);
	bool failed;

	if (out == NULL)
		return MHD_NO;
	route->print(h->arg, out);
	failed = ferror(out);
	if (fclose(out) != 0 || failed) {
		free(body);
		return MHD_NO;
	}
	return answer(connection, MHD_HTTP_OK,
		MHD_create_response_from_buffer(size, body, MHD_RESPMEM_MUST_FREE),
		MHD_HTTP_HEADER_CONTENT_TYPE, route->content_type);
}

static enum MHD_Result
on_request(void *arg, struct MHD_Connection *connection, const char *url, const char *method,
	const char *version, const char *data, size_t *data_size, void **state)
{
	const struct http *h = arg;
	const struct http_route *route;

	(void)version;
	(void)data;
	(void)state;
	if (*data_size != 0) { /* a body: of no use to us */
		*data_size = 0;
		return MHD_YES;
	}
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
		return answer_error(connection, MHD_HTTP_METHOD_NOT_ALLOWED, MHD_HTTP_HEADER_ALLOW,
			"GET, HEAD");
	for (route = h->routes; route->path != NULL; route++)
		if (strcmp(route->path, url) == 0)
			return answer_route(h, connection, route);
	return answer_error(
		connection, MHD_HTTP_NOT_FOUND, MHD_HTTP_HEADER_CONTENT_TYPE, "text/plain");
}

/* ---- Life. ---- */

static void *
serve(void *arg)
{
	struct http *h = arg;

	while (!__atomic_load_n(&h->stop, __ATOMIC_RELAXED))
		MHD_run_wait(h->daemon, LOOK_MS);
	return NULL;
}

static int
listen_loopback(const char *text, char *error, size_t size)
{
	struct sockaddr_storage address;
	int on = 1, err = config_loopback_parse(text, &address);
	int fd;

	if (err != 0)
		return err;
	fd = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
		bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0 &&
		listen(fd, BACKLOG) == 0)
		return fd;
	err = -errno;
	if (fd >= 0)
		close(fd);
	snprintf(error, size, WHAT ": %s: %s; mend: give another port, ss -ltnp tells whose it is",
		text, strerror(-err));
	return err;
}

static int
start(struct http *h, const char *listen, char *error, size_t size)
{
	h->fd = listen[0] == '/' ? control_socket_open(WHAT, listen, SOCKET_MODE, error, size)
				 : listen_loopback(listen, error, size);
	if (h->fd < 0)
		return h->fd;
	if (listen[0] == '/')
		snprintf(h->path, sizeof(h->path), "%s", listen);
	snprintf(error, size, WHAT ": no room for an HTTP server; mend: more memory");
	h->daemon = MHD_start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, on_request, h,
		MHD_OPTION_LISTEN_SOCKET, h->fd, MHD_OPTION_CONNECTION_LIMIT, N_CLIENTS,
		MHD_OPTION_CONNECTION_TIMEOUT, PATIENCE_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		OCTETS_A_CLIENT, MHD_OPTION_END);
	if (h->daemon == NULL)
		return -ENOMEM;
	if (thread_start(&h->thread, "callplane-http", serve, h) != 0)
		return -EAGAIN;
	h->has_thread = true;
	return 0;
}

int
http_start(struct http **out, const char *listen, const struct http_route *routes, void *arg,
	char *error, size_t error_size)
{
	struct http *h = calloc(1, sizeof(*h));
	int err;

	if (h == NULL)
		return -ENOMEM;
	h->routes = routes;
	h->arg = arg;
	err = start(h, listen, error, error_size);
	if (err != 0) {
		http_stop(h);
		return err;
	}
	*out = h;
	return 0;
}

void
http_stop(struct http *h)
{
	if (h == NULL)
		return;
	__atomic_store_n(&h->stop, true, __ATOMIC_RELAXED);
	if (h->has_thread)
		pthread_join(h->thread, NULL);
	if (h->daemon != NULL)
		MHD_stop_daemon(h->daemon); /* and with it the listening socket */
	else if (h->fd >= 0)
		close(h->fd);
	if (h->path[0] != '\0')
		unlink(h->path);
	free(h);
}
