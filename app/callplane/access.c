/* SPDX-License-Identifier: BSD-3-Clause */
#include "callplane/access.h"

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static int
find(const char *name, bool *has, gid_t *gid, char *error, size_t size)
{
	const struct group *group;

	*has = name[0] != '\0';
	if (!*has)
		return 0;
	group = getgrnam(name);
	if (group == NULL) {
		snprintf(error, size, "control socket: there is no group %s; mend: groupadd %s",
			name, name);
		return -ENOENT;
	}
	*gid = group->gr_gid;
	return 0;
}

int
access_groups_find(
	struct access_groups *groups, const char *read, const char *write, char *error, size_t size)
{
	int err = find(read, &groups->has_read, &groups->read, error, size);

	return err == 0 ? find(write, &groups->has_write, &groups->write, error, size) : err;
}

static bool
is_open(const struct access_groups *groups)
{
	return !groups->has_read && !groups->has_write;
}

mode_t
access_file_mode(const struct access_groups *groups)
{
	return is_open(groups) ? 0660 : 0666;
}

static bool
is_in(const struct access_peer *peer, gid_t gid)
{
	unsigned int i;

	if (peer->gid == gid)
		return true;
	for (i = 0; i < peer->n_groups; i++)
		if (peer->groups[i] == gid)
			return true;
	return false;
}

enum access_level
access_of(const struct access_groups *groups, const struct access_peer *peer, uid_t self)
{
	if (is_open(groups) || peer->uid == 0 || peer->uid == self)
		return ACCESS_WRITE;
	if (groups->has_write && is_in(peer, groups->write))
		return ACCESS_WRITE;
	if (groups->has_read && is_in(peer, groups->read))
		return ACCESS_READ;
	return ACCESS_NONE;
}

enum access_level
access_of_socket(const struct access_groups *groups, int fd)
{
	struct access_peer peer;
	struct ucred cred;
	socklen_t len = sizeof(cred);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) != 0)
		return ACCESS_NONE;
	peer.uid = cred.uid;
	peer.gid = cred.gid;
	/* Somebody in more groups than there is room for counts by the primary one alone. */
	len = sizeof(peer.groups);
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, peer.groups, &len) != 0)
		len = 0;
	peer.n_groups = len / sizeof(peer.groups[0]);
	return access_of(groups, &peer, geteuid());
}
