/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * A client of the control socket. The rows of a list are handed over as they come, so that one
 * of a million is never held whole.
 */

#include <jansson.h>

enum client_result {
	CLIENT_DONE,
	CLIENT_REFUSED, /**< By the appliance: client_error() says why. */
	CLIENT_NOBODY,  /**< No appliance, or it went away: client_error() says more. */
};

struct client;

/** NULL when memory is out; else client_close() it, also after an error. */
struct client *client_open(const char *path);

void client_close(struct client *client);

/** The result, or each row of it when it is a list; borrowed. */
typedef void (*client_row_fn)(const json_t *row, void *arg);

/** Ask, and wait for the whole answer. Takes @p params over; NULL when there are none. */
enum client_result client_call(
	struct client *client, const char *method, json_t *params, client_row_fn row, void *arg);

/**
 * SIGINT and SIGTERM tell the appliance that this client asks nothing more: what goes on for its
 * sake ends then, and is answered. One client.
 */
void client_end_on_signals(const struct client *client);

/** From within a client_row_fn: no more rows are wanted. The call is then done, and the last one.
 */
void client_enough(struct client *client);

/** An appliance that says nothing for so long has gone. */
void client_set_patience(const struct client *client, unsigned int ms);

const char *client_error(const struct client *client);
