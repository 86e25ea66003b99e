/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * The management thread: serves the control socket, JSON-RPC 2.0, one object a line. It owns
 * nothing of control's; it asks by query_post() and tells what query_reap() brings.
 *
 * A capture is answered when it ends: after its seconds, or when the client ends its side.
 *
 * Every client sends one line a request, at most 64 KiB, and gets the answers in its order, one
 * line each. A list comes as one line too, written as its slices come. A list that control breaks
 * off, and a client that takes none of 1 MiB, or nothing for 10 s, end with the connection.
 */

#include <stddef.h>

struct access_groups;
struct appliance;
struct management;
struct reload;

/**
 * Listen at @p socket_path, for those whom @p groups names, and start the thread. @p reload is the
 * caller's; NULL: the configuration can be neither seen nor reloaded.
 * @return 0, or -errno with a line in @p error: what is wrong and the mend.
 */
int management_start(struct appliance *appliance, const char *socket_path,
	const struct access_groups *groups, struct reload *reload, struct management **out,
	char *error, size_t error_size);

/**
 * End the thread, remove the socket and close what replays have open. After control's loop and
 * the workers have ended: a query that control still holds is forgotten. NULL is nothing to do.
 */
void management_stop(struct management *management);
