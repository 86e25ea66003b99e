/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/** @file The control socket's place in the file system. */

#include <stddef.h>
#include <sys/types.h>

#define CONTROL_SOCKET_DIRECTORY "/run/callplane"

/**
 * Listen at @p path, its file of @p mode, for @p what, "control socket" in a line about it. A
 * socket file that nobody listens at is replaced; the directory is made when it is
 * CONTROL_SOCKET_DIRECTORY.
 * @return A listening descriptor, non-blocking; or -errno with a line in @p error that says what
 *   is wrong and what mends it (-EADDRINUSE: another appliance lives there).
 */
int control_socket_open(const char *what, const char *path, mode_t mode, char *error, size_t size);

/** Stop listening and remove the file. */
void control_socket_close(int fd, const char *path);
