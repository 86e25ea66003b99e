/* SPDX-License-Identifier: BSD-3-Clause */
#include "callplane/privileges.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "callplane/control_socket.h"

int
privileges_find(struct privileges *p, const char *user, char *error, size_t size)
{
	const struct passwd *entry;

	*p = (struct privileges){ .user = user };
	if (user == NULL)
		return 0;
	entry = getpwnam(user);
	if (entry == NULL) {
		snprintf(error, size,
			"there is no user %s; mend: adduser --system --group %s, or leave --user "
			"out",
			user, user);
		return -ENOENT;
	}
	p->uid = entry->pw_uid;
	p->gid = entry->pw_gid;
	if (geteuid() != 0 && geteuid() != p->uid) {
		snprintf(error, size,
			"only root can become %s; mend: run as root, or leave --user out", user);
		return -EPERM;
	}
	return 0;
}

/* The user has to be able to make the socket there, and to remove it. */
static int
give_directory(const struct privileges *p, const char *socket_path)
{
	static const char within[] = CONTROL_SOCKET_DIRECTORY "/";

	if (strncmp(socket_path, within, strlen(within)) != 0)
		return 0;
	if (mkdir(CONTROL_SOCKET_DIRECTORY, 0755) != 0 && errno != EEXIST)
		return -errno;
	return lchown(CONTROL_SOCKET_DIRECTORY, p->uid, p->gid) == 0 ? 0 : -errno;
}

/* The C library does it for all threads; the kernel then takes the capabilities of each. */
static int
become(const struct privileges *p)
{
	if (initgroups(p->user, p->gid) != 0 || setresgid(p->gid, p->gid, p->gid) != 0 ||
		setresuid(p->uid, p->uid, p->uid) != 0)
		return -errno;
	return p->uid != 0 && setuid(0) == 0 ? -EPERM : 0;
}

int
privileges_drop(const struct privileges *p, const char *socket_path, char *error, size_t size)
{
	int err;

	if (p->user == NULL || geteuid() == p->uid)
		return 0;
	err = give_directory(p, socket_path);
	if (err == 0)
		err = become(p);
	if (err != 0) {
		snprintf(error, size, "cannot become %s: %s; mend: leave --user out", p->user,
			strerror(-err));
		return err;
	}
	/* What a watchdog ends is to leave a core to look at: the kernel forbids it by now. */
	prctl(PR_SET_DUMPABLE, 1);
	cp_log(CP_LOG_NOTICE, "running as %s, without capabilities", p->user);
	return 0;
}
