/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * What the kernel tells in the small files of /sys and /proc, below a root that tests choose.
 * A file that is not there, or cannot be read, is no error: it tells nothing. Any thread.
 */

#include <sched.h>
#include <stdbool.h>
#include <stddef.h>

#define SYSFS_TEXT 256
#define SYSFS_MAX_NAMES 256

struct sysfs_names {
	unsigned int n;
	char name[SYSFS_MAX_NAMES][64];
};

/** The first line of a file, without its newline, cut at @p size. */
bool sysfs_text(const char *root, char *out, size_t size, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/** The number that a file begins with; @p otherwise when it does not. */
long long sysfs_number(const char *root, long long otherwise, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

bool sysfs_exists(const char *root, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/** The last part of what a link leads to. */
bool sysfs_link(const char *root, char *out, size_t size, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/** The names in a directory, sorted, numbers by value; none when there is no such directory. */
void sysfs_list(const char *root, struct sysfs_names *out, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/** What follows @p key and white space or a colon in the first line that begins with it. */
bool sysfs_field(const char *root, const char *path, const char *key, char *out, size_t size);

/** "0-3,8" to a set; empty for what is no list. */
void sysfs_cpus(const char *text, cpu_set_t *out);

/** The inverse, cut at @p size; "none" of an empty set. */
void sysfs_print_cpus(const cpu_set_t *cpus, char *out, size_t size);

/** The number at the end of "node12"; -1 when it is no such name. */
int sysfs_numbered(const char *name, const char *prefix);
