/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * Who may do what on the control socket, by the credentials that the kernel vouches for. Root and
 * the appliance's own user may always do everything.
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define ACCESS_GROUPS_MAX 256 /**< Supplementary groups of a peer that are looked at. */

enum access_level {
	ACCESS_NONE,
	ACCESS_READ,  /**< Methods that change nothing. */
	ACCESS_WRITE, /**< All. */
};

/** Without any group the file's mode alone decides: whoever can connect may do everything. */
struct access_groups {
	bool has_read, has_write;
	gid_t read, write; /**< Good when their has_ is set. */
};

/** What the kernel says of the process that connected, as it was then. */
struct access_peer {
	uid_t uid;
	gid_t gid;
	unsigned int n_groups;
	gid_t groups[ACCESS_GROUPS_MAX];
};

/**
 * Look the groups up; "" is none.
 * @return 0, or -ENOENT with a line in @p error: what is wrong and the mend.
 */
int access_groups_find(struct access_groups *groups, const char *read, const char *write,
	char *error, size_t size);

/** The mode of the socket's file: for everybody as soon as groups decide who is served. */
mode_t access_file_mode(const struct access_groups *groups);

/** @p self is the appliance's user. */
enum access_level access_of(
	const struct access_groups *groups, const struct access_peer *peer, uid_t self);

/** The same of whoever is at the other end of @p fd; ACCESS_NONE when the kernel does not tell. */
enum access_level access_of_socket(const struct access_groups *groups, int fd);
