/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "callplane/config_priv.h"

/* Two values are the same when they are written the same. */

#define IDENTITY_TEXT 96

typedef char identity[IDENTITY_TEXT];

struct differ {
	const struct config *before, *after; /* copies, with tags where their keys are */
	config_change_fn tell;
	void *arg;
	int n;
	struct config_change change;
};

/* ---- Who is who. ---- */

/* "to-lab 4000": without the marks of YAML. */
static void
identify(const struct config *config, const struct config_collection *c, const void *record,
	identity out)
{
	char value[CONFIG_CHANGE_TEXT];
	const char *p;
	size_t n = 0;
	uint32_t i;

	if (c->named) {
		snprintf(out, IDENTITY_TEXT, "%s", (const char *)record);
		return;
	}
	for (i = 0; i < c->n_identity; i++) {
		config_show_value(config, &c->mapping->fields[i], record, value, sizeof(value));
		if (i > 0 && n < IDENTITY_TEXT - 1)
			out[n++] = ' ';
		for (p = value; *p != '\0' && n < IDENTITY_TEXT - 1; p++)
			if (*p != '"')
				out[n++] = *p;
	}
	out[n] = '\0';
}

static const uint8_t *
record_at(const struct config *config, const struct config_collection *c, uint32_t i)
{
	return (const uint8_t *)config + c->array_offset + i * c->record_size;
}

static uint32_t
n_records(const struct config *config, const struct config_collection *c)
{
	return *(const unsigned int *)((const uint8_t *)config + c->count_offset);
}

/* Of all records; NULL when memory is out. */
static identity *
identify_all(const struct config *config, const struct config_collection *c)
{
	uint32_t n = n_records(config, c), i;
	identity *all = calloc(n + 1, sizeof(*all));

	for (i = 0; all != NULL && i < n; i++)
		identify(config, c, record_at(config, c, i), all[i]);
	return all;
}

/* Index in @p all, or @p n. */
static uint32_t
find(const identity *all, uint32_t n, const char *one)
{
	uint32_t i;

	for (i = 0; i < n; i++)
		if (strcmp(all[i], one) == 0)
			break;
	return i;
}

/* ---- What is different. ---- */

static void
tell(struct differ *d, enum config_change_kind kind, bool live)
{
	d->change.kind = kind;
	d->change.live = live;
	d->n++;
	d->tell(d->arg, &d->change);
}

/* @p group is "" or the key of the mapping that this one is in, with a point. */
static void
diff_mapping(struct differ *d, const struct config_mapping *mapping, const void *before,
	const void *after, const char *group)
{
	struct config_change *change = &d->change;
	const struct config_field *f;
	char inner[16];

	for (f = mapping->fields; f < mapping->fields + mapping->n_fields; f++) {
		if (f->kind == CONFIG_F_MAPPING) {
			snprintf(inner, sizeof(inner), "%.14s.", f->key);
			diff_mapping(d, f->mapping, (const uint8_t *)before + f->offset,
				(const uint8_t *)after + f->offset, inner);
			continue;
		}
		config_show_value(d->before, f, before, change->before, CONFIG_CHANGE_TEXT);
		config_show_value(d->after, f, after, change->after, CONFIG_CHANGE_TEXT);
		if (strcmp(change->before, change->after) == 0)
			continue;
		snprintf(change->key, sizeof(change->key), "%s%s", group, f->key);
		tell(d, CONFIG_CHANGED, f->live);
	}
}

static void
tell_removed(struct differ *d, const struct config_field *field, uint32_t i, const char *name)
{
	const struct config_collection *c = field->collection;
	struct config_change *change = &d->change;

	snprintf(change->name, sizeof(change->name), "%s", name);
	change->key[0] = change->after[0] = '\0';
	config_show_record(d->before, c->mapping, record_at(d->before, c, i), change->before,
		CONFIG_CHANGE_TEXT);
	tell(d, CONFIG_REMOVED, field->live);
}

static void
tell_added(struct differ *d, const struct config_field *field, uint32_t i, const char *name)
{
	const struct config_collection *c = field->collection;
	struct config_change *change = &d->change;

	snprintf(change->name, sizeof(change->name), "%s", name);
	change->key[0] = change->before[0] = '\0';
	config_show_record(
		d->after, c->mapping, record_at(d->after, c, i), change->after, CONFIG_CHANGE_TEXT);
	tell(d, CONFIG_ADDED, field->live);
}

static void
diff_all(struct differ *d, const struct config_field *field, const identity *before,
	const identity *after)
{
	const struct config_collection *c = field->collection;
	uint32_t n_before = n_records(d->before, c), n_after = n_records(d->after, c);
	uint32_t i, at;

	for (i = 0; i < n_before; i++)
		if (find(after, n_after, before[i]) == n_after)
			tell_removed(d, field, i, before[i]);
	for (i = 0; i < n_after; i++) {
		at = find(before, n_before, after[i]);
		if (at == n_before) {
			tell_added(d, field, i, after[i]);
			continue;
		}
		snprintf(d->change.name, sizeof(d->change.name), "%s", after[i]);
		diff_mapping(
			d, c->mapping, record_at(d->before, c, at), record_at(d->after, c, i), "");
	}
}

static int
diff_collection(struct differ *d, const struct config_field *field)
{
	identity *before = identify_all(d->before, field->collection);
	identity *after = identify_all(d->after, field->collection);
	int err = before != NULL && after != NULL ? 0 : -ENOMEM;

	if (err == 0)
		diff_all(d, field, before, after);
	free(before);
	free(after);
	return err;
}

static int
diff_top(struct differ *d)
{
	const struct config_mapping *top = config_schema();
	const struct config_field *f;
	int err = 0;

	for (f = top->fields; f < top->fields + top->n_fields && err == 0; f++) {
		d->change.section = f->key;
		d->change.name[0] = '\0';
		if (f->kind == CONFIG_F_COLLECTION)
			err = diff_collection(d, f);
		else
			diff_mapping(d, f->mapping, (const uint8_t *)d->before + f->offset,
				(const uint8_t *)d->after + f->offset, "");
	}
	return err;
}

int
config_diff(const struct config *before, const struct config *after, config_change_fn fn, void *arg)
{
	struct differ *d = calloc(1, sizeof(*d));
	struct config *old = config_show_copy(before), *new = config_show_copy(after);
	int result = -ENOMEM;

	if (d != NULL && old != NULL && new != NULL) {
		*d = (struct differ){ .before = old, .after = new, .tell = fn, .arg = arg };
		result = diff_top(d);
		if (result == 0)
			result = d->n;
	}
	free(d);
	free(old);
	free(new);
	return result;
}

void
config_change_print(char *out, size_t size, const struct config_change *change)
{
	int n = snprintf(out, size, "%s%s%s%s%s: ", change->section,
		change->name[0] != '\0' ? " " : "", change->name, change->key[0] != '\0' ? " " : "",
		change->key);

	if (n < 0 || (size_t)n >= size)
		return;
	if (change->kind == CONFIG_ADDED)
		snprintf(out + n, size - (size_t)n, "added %s", change->after);
	else if (change->kind == CONFIG_REMOVED)
		snprintf(out + n, size - (size_t)n, "removed %s", change->before);
	else
		snprintf(out + n, size - (size_t)n, "%s -> %s",
			change->before[0] != '\0' ? change->before : "default",
			change->after[0] != '\0' ? change->after : "default");
}

/* ---- The same order. ---- */

/* Number i of @p mine goes to place[i]: where the same one of @p theirs is, or behind those. */
static void
find_places(const identity *mine, uint32_t n, const identity *theirs, uint32_t n_theirs,
	uint32_t *place)
{
	uint32_t n_placed = 0, i, k;

	memset(place, 0xff, n * sizeof(*place));
	for (k = 0; k < n_theirs; k++) {
		i = find(mine, n, theirs[k]);
		if (i < n)
			place[i] = n_placed++;
	}
	for (i = 0; i < n; i++)
		if (place[i] == UINT32_MAX)
			place[i] = n_placed++;
}

static const struct config_collection *
collection(const char *key)
{
	const struct config_field *f = config_schema()->fields;

	while (strcmp(f->key, key) != 0)
		f++;
	return f->collection;
}

/* Records go to their places; place[i] is where number i is now. */
static int
align(struct config *config, const struct config *like, const char *key, uint32_t *place)
{
	const struct config_collection *c = collection(key);
	uint8_t *array = (uint8_t *)config + c->array_offset;
	uint32_t n = n_records(config, c), i;
	uint8_t *unsorted = malloc((n + 1) * c->record_size);
	identity *mine = identify_all(config, c), *theirs = identify_all(like, c);
	int err = unsorted != NULL && mine != NULL && theirs != NULL ? 0 : -ENOMEM;

	if (err == 0) {
		find_places(mine, n, theirs, n_records(like, c), place);
		memcpy(unsorted, array, n * c->record_size);
		for (i = 0; i < n; i++)
			memcpy(array + place[i] * c->record_size, unsorted + i * c->record_size,
				c->record_size);
	}
	free(unsorted);
	free(mine);
	free(theirs);
	return err;
}

static void
move_ports(struct config *config, const uint32_t *place)
{
	uint32_t i;

	for (i = 0; i < config->n_trunks; i++)
		config->trunks[i].port = place[config->trunks[i].port];
	for (i = 0; i < config->n_attachments; i++)
		config->attachments[i].port = place[config->attachments[i].port];
}

static void
move_workers(struct config *config, const uint32_t *place)
{
	uint32_t i, k, moved;

	for (i = 0; i < config->n_ports; i++) {
		for (moved = k = 0; k < config->n_workers; k++)
			moved |= (config->ports[i].workers >> k & 1) << place[k];
		config->ports[i].workers = moved;
	}
}

static void
move_trunks(struct config *config, const uint32_t *place)
{
	uint32_t i;

	for (i = 0; i < config->n_pvcs; i++)
		config->pvcs[i].trunk = place[config->pvcs[i].trunk];
	for (i = 0; i < config->n_routes; i++)
		config->routes[i].trunk = place[config->routes[i].trunk];
}

int
config_align(struct config *config, const struct config *like)
{
	static const struct {
		const char *key;
		void (*moved)(struct config *config, const uint32_t *place);
	} steps[] = {
		{ "ports", move_ports }, { "workers", move_workers }, { "trunks", move_trunks },
		{ "attachments", NULL },
		{ "pvcs", NULL }, /* behind trunks: the name of one is in their identity */
	};
	uint32_t place[CONFIG_MAX_PVCS], i;
	int err = 0;

	for (i = 0; i < sizeof(steps) / sizeof(steps[0]) && err == 0; i++) {
		err = align(config, like, steps[i].key, place);
		if (err == 0 && steps[i].moved != NULL)
			steps[i].moved(config, place);
	}
	return err;
}
