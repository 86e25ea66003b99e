/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/** @file JSON-RPC 2.0: one line to a question for control, and the lines that answer it. */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "callplane/query.h"

#define RPC_PROTOCOL 1 /**< Grows when a client of an older one would be misled. */

/** Methods beside those of enum query_method: answered by the management thread itself. */
#define RPC_HELLO QUERY_METHOD_COUNT
#define RPC_CONFIG_SHOW (QUERY_METHOD_COUNT + 1)

#define RPC_PARSE_ERROR (-32700)
#define RPC_INVALID_REQUEST (-32600)
#define RPC_METHOD_NOT_FOUND (-32601)
#define RPC_INVALID_PARAMS (-32602)
#define RPC_REFUSED (-32000) /**< By the appliance: with data {errno, name, message}. */

struct rpc_request {
	json_t *id; /**< Owned; NULL: a notification, nobody waits for an answer. */
	int method; /**< enum query_method, RPC_HELLO or RPC_CONFIG_SHOW. */
	struct query_args args;
};

struct rpc_error {
	int code;
	int error; /**< With RPC_REFUSED: -errno. */
	char message[512];
};

/** The method's name on the control socket. */
const char *rpc_method_name(int method);

/**
 * Take a request apart. The id is good in both cases, so that an error finds its asker: JSON null
 * when the request has none that could be read (and is no notification).
 * @return 0, or -EINVAL with @p error filled in.
 */
int rpc_parse(struct rpc_request *request, const char *line, size_t len, struct rpc_error *error);

/** Whether it changes nothing, in the appliance or among files. */
bool rpc_is_read_only(const struct rpc_request *request);

/** Lets go of the id. */
void rpc_request_fini(struct rpc_request *request);

/** Takes one piece of a line. */
typedef int (*rpc_write_fn)(const char *data, size_t len, void *arg);

/** {"jsonrpc":"2.0","id":...,"result": and nothing more: the result and rpc_end() follow. */
void rpc_begin(const struct rpc_request *request, rpc_write_fn write, void *arg);

/** Any JSON value, as it stands in a line. */
void rpc_value(const json_t *value, rpc_write_fn write, void *arg);

/** Closes the object and the line. */
void rpc_end(rpc_write_fn write, void *arg);

/** A whole line that refuses. */
void rpc_refuse(const struct rpc_request *request, const struct rpc_error *error,
	rpc_write_fn write, void *arg);
