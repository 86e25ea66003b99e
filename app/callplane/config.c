/* SPDX-License-Identifier: BSD-3-Clause */
#include "callplane/config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "callplane/config_priv.h"

#define CLOSE_ENOUGH 2 /* letters wrong in a word that is still taken for another */
#define WORD_MAX 32

static const struct config defaults = {
	.socket = "/run/callplane/callplane.sock",
	.max_calls = 65536,
	.max_parties = 16384,
	.n_traces = 16384,
	.drain_seconds = 30,
	.records = { .max_mb = 64, .period_s = 86400 },
};

static void
fail_text(struct config_reader *r, size_t at, const char *fmt, va_list ap)
{
	char *p;

	if (at >= r->error_size)
		return;
	vsnprintf(r->error + at, r->error_size - at, fmt, ap);
	/* It quotes what the file says: it must stay one line that a terminal can show. */
	for (p = r->error + at; *p != '\0'; p++)
		if (*p < ' ' || *p > '~')
			*p = '?';
}

int
config_fail_at(struct config_reader *r, uint32_t line, uint32_t column, const char *fmt, ...)
{
	va_list ap;
	int n;

	n = snprintf(r->error, r->error_size, "%s:%u:%u: ", r->name, line, column);
	va_start(ap, fmt);
	fail_text(r, (size_t)n, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

int
config_fail(struct config_reader *r, const struct config_node *at, const char *fmt, ...)
{
	va_list ap;
	int n;

	n = snprintf(r->error, r->error_size, "%s:%u:%u: ", r->name, at->line, at->column);
	va_start(ap, fmt);
	fail_text(r, (size_t)n, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

int
config_fail_type(struct config_reader *r, const struct config_node *node,
	const struct config_field *field, const char *wanted)
{
	static const char *const kinds[] = {
		[CONFIG_LIST] = "a list",
		[CONFIG_MAPPING] = "a mapping",
	};

	if (node->kind != CONFIG_SCALAR)
		return config_fail(r, node, "%s wants %s, not %s; mend: %s", field->key, wanted,
			kinds[node->kind], field->mend);
	if (node->text[0] == '\0')
		return config_fail(r, node, "%s wants %s, and has no value; mend: %s", field->key,
			wanted, field->mend);
	return config_fail(r, node, "%s wants %s, not %s\"%.40s\"; mend: %s", field->key, wanted,
		node->quoted ? "the text " : "", node->text, field->mend);
}

static uint32_t
least(uint32_t a, uint32_t b, uint32_t c)
{
	uint32_t ab = a < b ? a : b;

	return ab < c ? ab : c;
}

/* Letters to put in, take out or change (Levenshtein), a row of the table at a time. */
static uint32_t
word_distance(const char *a, const char *b)
{
	uint32_t row[WORD_MAX + 1], i, j, diagonal, above;
	size_t n = strlen(b);

	if (strlen(a) > WORD_MAX || n > WORD_MAX)
		return UINT32_MAX;
	for (j = 0; j <= n; j++)
		row[j] = j;
	for (i = 0; a[i] != '\0'; i++) {
		diagonal = row[0]++;
		for (j = 0; j < n; j++) {
			above = row[j + 1];
			row[j + 1] = a[i] == b[j] ? diagonal : 1 + least(diagonal, above, row[j]);
			diagonal = above;
		}
	}
	return row[n];
}

/* NULL: none is close. A short word must not become another one altogether. */
static const char *
closest_word(const char *text, const char *const *names, uint32_t n)
{
	uint32_t i, distance, best = CLOSE_ENOUGH + 1;
	const char *found = NULL;

	for (i = 0; i < n; i++) {
		distance = word_distance(text, names[i]);
		if (distance < best && 2 * distance <= strlen(names[i])) {
			best = distance;
			found = names[i];
		}
	}
	return found;
}

int
config_fail_unknown(struct config_reader *r, const struct config_node *node, const char *what,
	const char *const *names, uint32_t n)
{
	const char *found = closest_word(node->text, names, n);
	char list[CONFIG_MAX_PORTS * (CONFIG_NAME_MAX + 2)] = "";
	size_t at = 0;
	uint32_t i;

	for (i = 0; i < n && at < sizeof(list); i++)
		at += (size_t)snprintf(
			list + at, sizeof(list) - at, "%s%s", i == 0 ? "" : ", ", names[i]);
	if (n == 0)
		return config_fail(r, node, "unknown %s \"%.40s\"; mend: define it: there is none",
			what, node->text);
	if (found != NULL)
		return config_fail(r, node,
			"unknown %s \"%.40s\"; mend: write \"%s\", or one of: %s", what, node->text,
			found, list);
	return config_fail(
		r, node, "unknown %s \"%.40s\"; mend: write one of: %s", what, node->text, list);
}

static int
parse_tree(struct config_reader *r, const char *text, size_t len)
{
	struct config_node *root = NULL;
	int err;

	err = config_yaml_parse(r, text, len, &root);
	if (err == 0 && root == NULL)
		err = config_fail_at(r, 1, 1,
			"no configuration in it; mend: begin with a copy of "
			"callplane.example.yaml");
	if (err == 0)
		err = config_schema_load(r, root);
	config_node_free(root);
	return err;
}

int
config_parse(struct config *config, const char *text, size_t len, const char *name, char *error,
	size_t error_size)
{
	struct config_reader r = {
		.config = config, .name = name, .error = error, .error_size = error_size
	};
	int err;

	*config = defaults;
	if (len > CONFIG_MAX_OCTETS)
		return config_fail_at(&r, 1, 1,
			"larger than %u octets; mend: is it the right file?", CONFIG_MAX_OCTETS);
	err = parse_tree(&r, text, len);
	if (err == -ENOMEM)
		snprintf(error, error_size,
			"%s: no memory to read it; mend: end other processes and try again", name);
	return err;
}

/* Octets read, one more than allowed when there are more, or -errno. */
static ssize_t
read_all(int fd, char *text)
{
	size_t len = 0;
	ssize_t n;

	while (len <= CONFIG_MAX_OCTETS) {
		n = read(fd, text + len, CONFIG_MAX_OCTETS + 1 - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		len += (size_t)n;
	}
	return (ssize_t)len;
}

static ssize_t
read_file(const char *path, char *text)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len;

	if (fd < 0)
		return -errno;
	len = read_all(fd, text);
	close(fd);
	return len;
}

int
config_load(struct config *config, const char *path, char *error, size_t error_size)
{
	char *text = malloc(CONFIG_MAX_OCTETS + 1);
	ssize_t len = text != NULL ? read_file(path, text) : -ENOMEM;
	int err;

	if (len < 0) {
		err = (int)len;
		snprintf(error, error_size, "%s: %s; mend: name a readable file after -c", path,
			strerror(-err));
	} else {
		err = config_parse(config, text, (size_t)len, path, error, error_size);
	}
	free(text);
	return err;
}
