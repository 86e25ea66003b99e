/* SPDX-License-Identifier: BSD-3-Clause */
#include "callplane/control_socket.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 16

static int
make_directory(const char *what, const char *path, char *error, size_t size)
{
	const char *slash = strrchr(path, '/');
	char dir[sizeof(((struct sockaddr_un *)0)->sun_path)];
	struct stat st;
	int err;

	if (slash == NULL || slash == path)
		return 0;
	snprintf(dir, sizeof(dir), "%.*s", (int)(slash - path), path);
	if (stat(dir, &st) == 0)
		return 0;
	if (strcmp(dir, CONTROL_SOCKET_DIRECTORY) == 0 && mkdir(dir, 0755) == 0)
		return 0;
	err = -errno;
	snprintf(error, size, "%s: no directory %s: %s; mend: mkdir -p %s", what, dir,
		strerror(-err), dir);
	return err;
}

/* 0: nobody listens there. */
static int
ask_who_listens(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int err = 0;

	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 || errno == EAGAIN)
		err = -EADDRINUSE;
	else if (errno != ECONNREFUSED && errno != ENOENT)
		err = -errno;
	close(fd);
	return err;
}

/* What a killed appliance left behind goes; what is anything else stays. */
static int
clear_place(const char *what, const struct sockaddr_un *address, char *error, size_t size)
{
	const char *path = address->sun_path;
	struct stat st;
	int err;

	if (lstat(path, &st) != 0)
		return 0; /* whatever else is wrong, bind() says */
	if (!S_ISSOCK(st.st_mode)) {
		snprintf(error, size, "%s: %s is there and is no socket; mend: give another path",
			what, path);
		return -EEXIST;
	}
	err = ask_who_listens(address);
	if (err == -EADDRINUSE)
		snprintf(error, size,
			"%s: another appliance listens at %s; mend: callctl --socket "
			"%s "
			"shutdown, or give another path",
			what, path, path);
	else if (err != 0)
		snprintf(error, size, "%s: %s: %s; mend: give another path", what, path,
			strerror(-err));
	else
		unlink(path);
	return err;
}

static int
bind_and_listen(int fd, const struct sockaddr_un *address, mode_t mode)
{
	/* Before there is a file, so that it never has a wider mode; again for what umask took. */
	if (fchmod(fd, mode) != 0 ||
		bind(fd, (const struct sockaddr *)address, sizeof(*address)) != 0)
		return -errno;
	if (chmod(address->sun_path, mode) != 0 || listen(fd, BACKLOG) != 0)
		return -errno;
	return 0;
}

int
control_socket_open(const char *what, const char *path, mode_t mode, char *error, size_t size)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd, err;

	if (path[0] == '\0' || strlen(path) >= sizeof(address.sun_path)) {
		snprintf(error, size, "%s: the path has %zu octets; mend: give 1 to %zu", what,
			strlen(path), sizeof(address.sun_path) - 1);
		return -ENAMETOOLONG;
	}
	memcpy(address.sun_path, path, strlen(path) + 1);
	err = make_directory(what, path, error, size);
	if (err == 0)
		err = clear_place(what, &address, error, size);
	if (err != 0)
		return err;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	err = fd >= 0 ? bind_and_listen(fd, &address, mode) : -errno;
	if (err == 0)
		return fd;
	snprintf(error, size, "%s: %s: %s; mend: give a path in a directory that you may write",
		what, path, strerror(-err));
	if (fd >= 0)
		close(fd);
	return err;
}

void
control_socket_close(int fd, const char *path)
{
	close(fd);
	unlink(path);
}
