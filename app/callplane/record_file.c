/* SPDX-License-Identifier: BSD-3-Clause */
#include "callplane/record_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define ASIDE_MAX 1000 /* files put aside in one second, before that is given up for the next */
#define PATH_ROOM 512

struct record_file {
	struct record_file_config config;
	struct record_file_counts counts;
	int fd;          /* -1: it could not be opened; tried again with the next lines */
	uint64_t octets; /* whole lines that the file has */
	uint64_t since_s;
	size_t len;
	char buffer[RECORD_FILE_BUFFER];
};

static uint32_t
count_lines(const char *text, size_t len)
{
	const char *end = text + len, *p;
	uint32_t n = 0;

	for (p = text; p < end && (p = memchr(p, '\n', (size_t)(end - p))) != NULL; p++)
		n++;
	return n;
}

/* ---- The file. ---- */

/* Octets of whole lines: what a crash has left behind the last of them is no record. */
static int
whole_lines(int fd, uint64_t size, uint64_t *out)
{
	char tail[1024];
	uint64_t at = size > sizeof(tail) ? size - sizeof(tail) : 0;
	ssize_t n = pread(fd, tail, sizeof(tail), (off_t)at);

	if (n < 0)
		return -errno;
	while (n > 0 && tail[n - 1] != '\n')
		n--;
	*out = at + (uint64_t)n;
	return 0;
}

/* Back to whole lines. */
static int
cut(struct record_file *f)
{
	return ftruncate(f->fd, (off_t)f->octets) == 0 ? 0 : -errno;
}

static int
open_file(struct record_file *f, uint64_t now_s)
{
	struct stat st;
	int err = 0;

	f->fd = open(f->config.path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
	if (f->fd < 0)
		return -errno;
	if (fstat(f->fd, &st) != 0)
		err = -errno;
	else if (S_ISREG(st.st_mode))
		err = whole_lines(f->fd, (uint64_t)st.st_size, &f->octets);
	else
		err = -EINVAL;
	if (err == 0 && f->octets != (uint64_t)st.st_size)
		err = cut(f);
	if (err != 0) {
		close(f->fd);
		f->fd = -1;
		return err;
	}
	f->since_s = f->octets != 0 ? (uint64_t)st.st_mtime : now_s;
	return 0;
}

/* "PATH.20261201T031500Z", with a number when that is there already. */
static int
put_aside(const struct record_file *f, uint64_t now_s)
{
	char name[PATH_ROOM], stamp[24];
	time_t seconds = (time_t)now_s;
	struct tm tm;
	int i;

	gmtime_r(&seconds, &tm);
	strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", &tm);
	snprintf(name, sizeof(name), "%s.%s", f->config.path, stamp);
	for (i = 1; i < ASIDE_MAX; i++) {
		if (renameat2(AT_FDCWD, f->config.path, AT_FDCWD, name, RENAME_NOREPLACE) == 0)
			return 0;
		if (errno != EEXIST)
			return -errno;
		snprintf(name, sizeof(name), "%s.%s-%d", f->config.path, stamp, i);
	}
	return -EEXIST;
}

/* When that fails it goes on as it is: records matter more than sizes. */
static void
rotate(struct record_file *f, uint64_t now_s)
{
	int err = put_aside(f, now_s);

	if (err != 0 && err != -ENOENT) {
		f->counts.error = err;
		f->since_s = now_s;
		return;
	}
	f->counts.rotations += err == 0;
	close(f->fd);
	f->octets = 0;
	err = open_file(f, now_s);
	if (err != 0)
		f->counts.error = err;
}

static bool
is_old(const struct record_file *f, uint64_t now_s)
{
	uint64_t period = f->config.period_s;

	return period != 0 && f->octets != 0 && now_s / period != f->since_s / period;
}

/* ---- Lines. ---- */

/* How many of @p len octets fit before the file has to be put aside: whole lines. */
static size_t
fitting(const struct record_file *f, const char *text, size_t len)
{
	uint64_t room = f->config.max_octets - f->octets;

	if (f->config.max_octets == 0)
		return len;
	if (f->octets >= f->config.max_octets)
		return 0;
	if (len <= room)
		return len;
	while (room > 0 && text[room - 1] != '\n')
		room--;
	return (size_t)room;
}

static size_t
first_line(const char *text, size_t len)
{
	const char *end = memchr(text, '\n', len);

	return end != NULL ? (size_t)(end - text) + 1 : len;
}

/* Octets that the file took, in as many goes as it wants. */
static size_t
write_all(struct record_file *f, const char *text, size_t len)
{
	size_t done = 0;
	ssize_t n;

	while (done < len) {
		n = write(f->fd, text + done, len - done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			f->counts.error = n < 0 ? -errno : -EIO;
			return done;
		}
		done += (size_t)n;
	}
	f->counts.error = 0;
	return done;
}

/* Whole lines: those that got there, and of the others nothing. */
static void
write_lines(struct record_file *f, const char *text, size_t len)
{
	size_t done = f->fd >= 0 ? write_all(f, text, len) : 0, whole = done;
	int err;

	while (whole > 0 && text[whole - 1] != '\n')
		whole--;
	f->octets += whole;
	f->counts.written += count_lines(text, whole);
	f->counts.dropped += count_lines(text + whole, len - whole);
	if (whole == done)
		return;
	err = cut(f);
	if (err != 0)
		f->counts.error = err;
}

static void
write_buffer(struct record_file *f, uint64_t now_s)
{
	size_t at = 0, n;
	int err = 0;

	if (f->fd < 0)
		err = open_file(f, now_s);
	if (err != 0)
		f->counts.error = err;
	for (; at < f->len; at += n) {
		n = fitting(f, f->buffer + at, f->len - at);
		if (n == 0 && f->octets != 0 && f->fd >= 0)
			rotate(f, now_s);
		if (n == 0) /* one that is larger than a file may be has one of its own */
			n = first_line(f->buffer + at, f->len - at);
		write_lines(f, f->buffer + at, n);
	}
	f->len = 0;
}

void
record_file_put(struct record_file *f, const char *line, size_t len, uint64_t now_s)
{
	if (len > sizeof(f->buffer) - f->len)
		write_buffer(f, now_s);
	memcpy(f->buffer + f->len, line, len);
	f->len += len;
}

void
record_file_flush(struct record_file *f, uint64_t now_s)
{
	if (f->fd >= 0 && is_old(f, now_s))
		rotate(f, now_s);
	if (f->len > 0)
		write_buffer(f, now_s);
}

/* ---- Life. ---- */

int
record_file_create(
	struct record_file **out, const struct record_file_config *config, uint64_t now_s)
{
	struct record_file *f = calloc(1, sizeof(*f));
	int err;

	if (f == NULL)
		return -ENOMEM;
	f->config = *config;
	err = open_file(f, now_s);
	if (err != 0) {
		free(f);
		return err;
	}
	*out = f;
	return 0;
}

void
record_file_counts(const struct record_file *f, struct record_file_counts *out)
{
	*out = f->counts;
}

void
record_file_destroy(struct record_file *f, uint64_t now_s)
{
	if (f->len > 0)
		write_buffer(f, now_s);
	if (f->fd >= 0)
		close(f->fd);
	free(f);
}
