/* SPDX-License-Identifier: BSD-3-Clause */
#include "callplane/sysfs.h"

#include <ctype.h>
#include <dirent.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Too long a path is that of no file. */
#define PATH(path, root, fmt)                                                                      \
	do {                                                                                       \
		va_list ap;                                                                        \
                                                                                                   \
		va_start(ap, fmt);                                                                 \
		make_path(path, root, fmt, ap);                                                    \
		va_end(ap);                                                                        \
	} while (0)

static void __attribute__((format(printf, 3, 0)))
make_path(char *out, const char *root, const char *fmt, va_list ap)
{
	size_t n = (size_t)snprintf(out, PATH_MAX, "%s", root);

	if (n < PATH_MAX)
		vsnprintf(out + n, PATH_MAX - n, fmt, ap);
}

static bool
first_line(const char *path, char *out, size_t size)
{
	FILE *f = fopen(path, "r");
	bool is_read;

	out[0] = '\0';
	if (f == NULL)
		return false;
	is_read = fgets(out, (int)size, f) != NULL;
	fclose(f);
	out[strcspn(out, "\n")] = '\0';
	return is_read;
}

bool
sysfs_text(const char *root, char *out, size_t size, const char *fmt, ...)
{
	char path[PATH_MAX];

	PATH(path, root, fmt);
	return first_line(path, out, size);
}

long long
sysfs_number(const char *root, long long otherwise, const char *fmt, ...)
{
	char path[PATH_MAX], text[SYSFS_TEXT], *end;
	long long n;

	PATH(path, root, fmt);
	if (!first_line(path, text, sizeof(text)))
		return otherwise;
	n = strtoll(text, &end, 10);
	return end != text ? n : otherwise;
}

bool
sysfs_exists(const char *root, const char *fmt, ...)
{
	char path[PATH_MAX];

	PATH(path, root, fmt);
	return access(path, F_OK) == 0;
}

bool
sysfs_link(const char *root, char *out, size_t size, const char *fmt, ...)
{
	char path[PATH_MAX], target[PATH_MAX];
	const char *last;
	ssize_t n;

	PATH(path, root, fmt);
	n = readlink(path, target, sizeof(target) - 1);
	if (n < 0)
		return false;
	target[n] = '\0';
	last = strrchr(target, '/');
	snprintf(out, size, "%s", last != NULL ? last + 1 : target);
	return true;
}

static int
by_name(const void *a, const void *b)
{
	return strverscmp(a, b);
}

void
sysfs_list(const char *root, struct sysfs_names *out, const char *fmt, ...)
{
	const struct dirent *entry;
	char path[PATH_MAX];
	DIR *dir;

	PATH(path, root, fmt);
	out->n = 0;
	dir = opendir(path);
	if (dir == NULL)
		return;
	while (out->n < SYSFS_MAX_NAMES && (entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.' && strlen(entry->d_name) < sizeof(out->name[0]))
			strcpy(out->name[out->n++], entry->d_name);
	closedir(dir);
	qsort(out->name, out->n, sizeof(out->name[0]), by_name);
}

bool
sysfs_field(const char *root, const char *path, const char *key, char *out, size_t size)
{
	char full[PATH_MAX], line[4096];
	bool is_found = false;
	size_t n = strlen(key);
	FILE *f;

	snprintf(full, sizeof(full), "%s%s", root, path);
	f = fopen(full, "r");
	if (f == NULL)
		return false;
	while (!is_found && fgets(line, sizeof(line), f) != NULL) {
		if (strncmp(line, key, n) != 0 || strchr(" \t:", line[n]) == NULL)
			continue;
		line[strcspn(line, "\n")] = '\0';
		snprintf(out, size, "%s", line + n + strspn(line + n, " \t:"));
		is_found = true;
	}
	fclose(f);
	return is_found;
}

void
sysfs_cpus(const char *text, cpu_set_t *out)
{
	unsigned long first, last;
	char *end;

	CPU_ZERO(out);
	while (isdigit((unsigned char)*text)) {
		first = last = strtoul(text, &end, 10);
		if (*end == '-')
			last = strtoul(end + 1, &end, 10);
		for (; first <= last && first < CPU_SETSIZE; first++)
			CPU_SET(first, out);
		text = *end == ',' ? end + 1 : end;
	}
}

void
sysfs_print_cpus(const cpu_set_t *cpus, char *out, size_t size)
{
	unsigned int i, end;
	size_t at = 0;

	snprintf(out, size, "none");
	for (i = 0; i < CPU_SETSIZE && at < size; i = end + 1) {
		for (end = i; end < CPU_SETSIZE && CPU_ISSET(end, cpus); end++)
			;
		if (end == i)
			continue;
		at += (size_t)snprintf(out + at, size - at, end == i + 1 ? "%s%u" : "%s%u-%u",
			at != 0 ? "," : "", i, end - 1);
	}
}

int
sysfs_numbered(const char *name, const char *prefix)
{
	size_t n = strlen(prefix);

	if (strncmp(name, prefix, n) != 0 || name[n] == '\0' ||
		strspn(name + n, "0123456789") != strlen(name + n))
		return -1;
	return atoi(name + n);
}
