/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * Giving up root, once what needs it has been done: devices and hugepages are open, and nothing
 * has been read from the wire, or from a client, yet. Main thread.
 */

#include <stddef.h>
#include <sys/types.h>

/** Whom the process is to become. */
struct privileges {
	const char *user; /**< NULL: it stays as it is. */
	uid_t uid;
	gid_t gid;
};

/**
 * Look @p user up: NULL changes nothing.
 * @return 0, or -errno with one line in @p error: there is no such user, or we may not become it.
 */
int privileges_find(struct privileges *p, const char *user, char *error, size_t size);

/**
 * Become the user: all threads of the process, with the groups that the user is in, and without
 * any capability. /run/callplane is made, and given to the user, if @p socket_path is in it: the
 * control socket can then be made, and removed.
 * @return 0, or -errno with one line in @p error.
 */
int privileges_drop(const struct privileges *p, const char *socket_path, char *error, size_t size);
