/* SPDX-License-Identifier: BSD-3-Clause */
#include "callplane/metrics_server.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "callplane/http.h"
#include "callplane/metrics.h"
#include "callplane/metrics_telemetry.h"

struct metrics_server {
	struct metrics *metrics;
	struct http *http;
};

static void
print_metrics(void *arg, FILE *out)
{
	const struct metrics_server *server = arg;

	metrics_print(metrics_lock(server->metrics), out);
	metrics_unlock(server->metrics);
}

static const struct http_route routes[] = {
	{ "/metrics", "application/openmetrics-text; version=1.0.0; charset=utf-8", print_metrics },
	{ NULL, NULL, NULL },
};

int
metrics_server_start(struct metrics_server **out, struct metrics *metrics, const char *listen,
	char *error, size_t error_size)
{
	struct metrics_server *server;
	int err;

	if (metrics == NULL)
		return 0;
	server = calloc(1, sizeof(*server));
	if (server == NULL)
		return -ENOMEM;
	*out = server;
	server->metrics = metrics;
	err = http_start(&server->http, listen, routes, server, error, error_size);
	if (err != 0)
		return err;
	metrics_telemetry_start(metrics);
	cp_log(CP_LOG_INFO, "metrics: at %s", listen);
	return 0;
}

void
metrics_server_stop(struct metrics_server *server)
{
	if (server == NULL)
		return;
	metrics_telemetry_stop();
	http_stop(server->http);
	free(server);
}
