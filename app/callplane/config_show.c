/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "callplane/config_priv.h"

/*
 * The way back, along the tables of config_schema.c: each key whose value says something, with that
 * value. What the setters of config_value.c take apart is put together here.
 */

#define INDENT 2
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

typedef void (*show_fn)(const struct config *config, const struct config_field *field,
	const void *record, char *out, size_t size);

static const void *
member(const void *record, const struct config_field *field)
{
	return (const uint8_t *)record + field->offset;
}

/* ---- Scalars. ---- */

/* One character of UTF-8, which the reader has found to be well-formed. */
static uint32_t
next_character(const char **text)
{
	const uint8_t *p = (const uint8_t *)*text;
	uint32_t n = p[0] < 0x80 ? 0 : p[0] < 0xe0 ? 1 : p[0] < 0xf0 ? 2 : 3;
	uint32_t character = n == 0 ? p[0] : p[0] & (0x3fu >> n);

	for (*text += n + 1; n > 0; n--)
		character = character << 6 | (*++p & 0x3f);
	return character;
}

/* Whatever is no plain ASCII is escaped: no line break of another script can fold the text. */
static void
quote(const char *text, char *out, size_t size)
{
	size_t n = (size_t)snprintf(out, size, "\"");
	uint32_t c;

	while (*text != '\0' && n < size) {
		c = next_character(&text);
		n += (size_t)snprintf(out + n, size - n,
			c == '"' || c == '\\'  ? "\\%c"
			: c >= ' ' && c < 0x7f ? "%c"
			: c < 0x100            ? "\\x%02x"
			: c < 0x10000          ? "\\u%04x"
					       : "\\U%08x",
			c);
	}
	if (n < size)
		snprintf(out + n, size - n, "\"");
}

/* Names are letters, digits and '-', '_', '.'. */
static void
show_name(const char *name, char *out, size_t size)
{
	if (strchr(LETTERS, name[0]) != NULL)
		snprintf(out, size, "%s", name);
	else
		quote(name, out, size);
}

static uint64_t
get_uint(const void *record, const struct config_field *field)
{
	const void *at = member(record, field);

	if (field->size == sizeof(uint8_t))
		return *(const uint8_t *)at;
	if (field->size == sizeof(uint16_t))
		return *(const uint16_t *)at;
	return *(const uint32_t *)at;
}

/* A number outside of what can be written stands for a key that was left out. */
static void
show_uint(const struct config *config, const struct config_field *field, const void *record,
	char *out, size_t size)
{
	uint64_t number = get_uint(record, field);

	(void)config;
	if (number >= field->min && number <= field->max)
		snprintf(out, size, "%llu", (unsigned long long)number);
}

static void
show_choice(const struct config *config, const struct config_field *field, const void *record,
	char *out, size_t size)
{
	(void)config;
	snprintf(out, size, "%s", field->names[get_uint(record, field)]);
}

static void
show_bool(const struct config *config, const struct config_field *field, const void *record,
	char *out, size_t size)
{
	(void)config;
	snprintf(out, size, "%s", *(const bool *)member(record, field) ? "true" : "false");
}

static void
show_text(const struct config *config, const struct config_field *field, const void *record,
	char *out, size_t size)
{
	const char *text = member(record, field);

	(void)config;
	if (text[0] != '\0')
		quote(text, out, size);
}

static void
show_address(const struct config *config, const struct config_field *field, const void *record,
	char *out, size_t size)
{
	const struct config_address *address = member(record, field);
	char text[CONFIG_ADDRESS_TEXT];

	(void)config;
	if (address->len == 0)
		return;
	config_address_print(text, sizeof(text), address);
	quote(text, out, size);
}

static void
show_prefix(const struct config *config, const struct config_field *field, const void *record,
	char *out, size_t size)
{
	const struct config_route *route = record;
	char text[CONFIG_ADDRESS_TEXT];

	(void)config, (void)field;
	config_address_print(text, sizeof(text), &route->prefix);
	quote(text, out, size);
}

static void
show_lcore(const struct config *config, const struct config_field *field, const void *record,
	char *out, size_t size)
{
	const struct config_worker *worker = record;

	(void)config, (void)field;
	snprintf(out, size, "%u", worker->lcore);
}

static void
show_worker_ports(const struct config *config, const struct config_field *field, const void *record,
	char *out, size_t size)
{
	uint32_t idx = (uint32_t)((const struct config_worker *)record - config->workers);
	char name[CONFIG_NAME_MAX + 2];
	size_t n = 0;
	uint32_t i;

	(void)field;
	for (i = 0; i < config->n_ports; i++) {
		if ((config->ports[i].workers >> idx & 1) == 0)
			continue;
		show_name(config->ports[i].name, name, sizeof(name));
		n += (size_t)snprintf(out + n, size - n, "%s%s", n == 0 ? "[" : ", ", name);
	}
	snprintf(out + n, size - n, "]");
}

static void
show_trunk(const struct config *config, const struct config_field *field, const void *record,
	char *out, size_t size)
{
	show_name(config->trunks[*(const unsigned int *)member(record, field)].name, out, size);
}

static void
show_trunk_port(const struct config *config, const struct config_field *field, const void *record,
	char *out, size_t size)
{
	const struct config_trunk *trunk = record;

	(void)field;
	show_name(config->ports[trunk->port].name, out, size);
}

static void
show_attachment_port(const struct config *config, const struct config_field *field,
	const void *record, char *out, size_t size)
{
	const struct config_attachment *attachment = record;

	(void)field;
	show_name(config->ports[attachment->port].name, out, size);
}

static void
show_vpci(const struct config *config, const struct config_field *field, const void *record,
	char *out, size_t size)
{
	const struct config_trunk *trunk = record;

	(void)config, (void)field;
	snprintf(out, size, "[%u, %u]", trunk->vpci_first, trunk->vpci_last);
}

static void
show_red(const struct config *config, const struct config_field *field, const void *record,
	char *out, size_t size)
{
	const struct config_excess *excess = record;

	(void)config, (void)field;
	snprintf(out, size, "%s", excess->red == CONFIG_MARK ? "mark" : "drop");
}

/* With the largest unit of which it is a whole number. */
static void
show_bandwidth(const struct config *config, const struct config_field *field, const void *record,
	char *out, size_t size)
{
	static const char *const units[] = { "", "K", "M", "G", "T" };
	uint64_t bits_s = *(const uint64_t *)member(record, field) * 8;
	uint32_t unit = 0;

	(void)config;
	if (bits_s == 0)
		return;
	for (; bits_s % 1000 == 0 && unit < sizeof(units) / sizeof(units[0]) - 1; unit++)
		bits_s /= 1000;
	snprintf(out, size, "%llu%s", (unsigned long long)bits_s, units[unit]);
}

static void
show_mac(const struct config *config, const struct config_field *field, const void *record,
	char *out, size_t size)
{
	const struct config_trunk *trunk = record;
	const uint8_t *m = trunk->peer_mac;

	(void)config, (void)field;
	if (trunk->has_peer_mac)
		snprintf(out, size, "\"%02x:%02x:%02x:%02x:%02x:%02x\"", m[0], m[1], m[2], m[3],
			m[4], m[5]);
}

/* Each setter has its inverse: a test shows every key of the example again. */
static const struct {
	config_set_fn set;
	show_fn show;
} inverses[] = {
	{ config_set_bool, show_bool },
	{ config_set_socket, show_text },
	{ config_set_listen, show_text },
	{ config_set_device, show_text },
	{ config_set_worker_lcore, show_lcore },
	{ config_set_worker_ports, show_worker_ports },
	{ config_set_trunk_port, show_trunk_port },
	{ config_set_label, show_uint },
	{ config_set_pvc_label, show_uint },
	{ config_set_vpci, show_vpci },
	{ config_set_red, show_red },
	{ config_set_bandwidth, show_bandwidth },
	{ config_set_mac, show_mac },
	{ config_set_attachment_port, show_attachment_port },
	{ config_set_address, show_address },
	{ config_set_attached, show_address },
	{ config_set_prefix, show_prefix },
	{ config_set_trunk, show_trunk },
};

void
config_show_value(const struct config *config, const struct config_field *field, const void *record,
	char *out, size_t size)
{
	uint32_t i;

	out[0] = '\0';
	if (field->kind == CONFIG_F_UINT)
		show_uint(config, field, record, out, size);
	else if (field->kind == CONFIG_F_CHOICE)
		show_choice(config, field, record, out, size);
	else
		for (i = 0; i < sizeof(inverses) / sizeof(inverses[0]); i++)
			if (inverses[i].set == field->set)
				inverses[i].show(config, field, record, out, size);
}

/* ---- Mappings and lists. ---- */

/* A mapping that lacks what it must have was left out, whatever defaults it has. */
bool
config_shows_mapping(
	const struct config *config, const struct config_mapping *mapping, const void *record)
{
	char value[CONFIG_CHANGE_TEXT];
	const struct config_field *f;
	bool any = false;

	for (f = mapping->fields; f < mapping->fields + mapping->n_fields; f++) {
		if (f->kind == CONFIG_F_MAPPING || f->kind == CONFIG_F_COLLECTION)
			continue;
		config_show_value(config, f, record, value, sizeof(value));
		if (value[0] == '\0' && f->required)
			return false;
		any |= value[0] != '\0';
	}
	return any;
}

struct writer {
	FILE *out;
	const struct config *config;
	uint32_t indent;
	bool dash; /* the next line begins an entry of a list */
};

static void
begin_line(struct writer *w)
{
	if (w->dash)
		fprintf(w->out, "%*s- ", (int)w->indent - INDENT, "");
	else
		fprintf(w->out, "%*s", (int)w->indent, "");
	w->dash = false;
}

static void write_mapping(
	struct writer *w, const struct config_mapping *mapping, const void *record);

static void
write_inside(struct writer *w, const struct config_mapping *mapping, const void *record)
{
	w->indent += INDENT;
	write_mapping(w, mapping, record);
	w->indent -= INDENT;
}

static void
write_records(struct writer *w, const struct config_field *field, const void *record)
{
	const struct config_collection *c = field->collection;
	const uint8_t *at = (const uint8_t *)record + c->array_offset;
	uint32_t n = *(const unsigned int *)((const uint8_t *)record + c->count_offset);
	char name[CONFIG_NAME_MAX + 2];

	if (n == 0)
		return;
	fprintf(w->out, "%s:\n", field->key);
	w->indent = INDENT;
	for (; n > 0; n--, at += c->record_size) {
		w->dash = !c->named;
		if (c->named) {
			show_name((const char *)at, name, sizeof(name));
			begin_line(w);
			fprintf(w->out, "%s:\n", name);
			write_inside(w, c->mapping, at);
		} else {
			write_mapping(w, c->mapping, at);
		}
	}
	w->indent = 0;
}

static void
write_mapping(struct writer *w, const struct config_mapping *mapping, const void *record)
{
	const struct config_field *f;
	char value[CONFIG_CHANGE_TEXT];

	for (f = mapping->fields; f < mapping->fields + mapping->n_fields; f++) {
		const void *inner = (const uint8_t *)record + f->offset;

		if (f->kind == CONFIG_F_COLLECTION) {
			write_records(w, f, record);
		} else if (f->kind == CONFIG_F_MAPPING) {
			if (!config_shows_mapping(w->config, f->mapping, inner))
				continue;
			begin_line(w);
			fprintf(w->out, "%s:\n", f->key);
			write_inside(w, f->mapping, inner);
		} else {
			config_show_value(w->config, f, record, value, sizeof(value));
			if (value[0] == '\0')
				continue;
			begin_line(w);
			fprintf(w->out, "%s: %s\n", f->key, value);
		}
	}
}

static void
show_flow(FILE *out, const struct config *config, const struct config_mapping *mapping,
	const void *record)
{
	const struct config_field *f;
	const char *comma = "";
	char value[CONFIG_CHANGE_TEXT];

	fputc('{', out);
	for (f = mapping->fields; f < mapping->fields + mapping->n_fields; f++) {
		const void *inner = (const uint8_t *)record + f->offset;

		if (f->kind == CONFIG_F_MAPPING) {
			if (!config_shows_mapping(config, f->mapping, inner))
				continue;
			fprintf(out, "%s%s: ", comma, f->key);
			show_flow(out, config, f->mapping, inner);
		} else {
			config_show_value(config, f, record, value, sizeof(value));
			if (value[0] == '\0')
				continue;
			fprintf(out, "%s%s: %s", comma, f->key, value);
		}
		comma = ", ";
	}
	fputc('}', out);
}

void
config_show_record(const struct config *config, const struct config_mapping *mapping,
	const void *record, char *out, size_t size)
{
	FILE *f = fmemopen(out, size, "w");

	out[0] = '\0';
	if (f == NULL)
		return;
	show_flow(f, config, mapping, record);
	fclose(f);
	out[size - 1] = '\0'; /* what was cut has none */
}

/* ---- All of it. ---- */

struct config *
config_show_copy(const struct config *config)
{
	struct config *copy = malloc(sizeof(*copy));
	uint32_t i;

	if (copy == NULL)
		return NULL;
	*copy = *config;
	for (i = 0; i < copy->n_attachments; i++)
		config_attachment_uncount(&copy->attachments[i]);
	return copy;
}

char *
config_text(const struct config *config)
{
	struct config *copy = config_show_copy(config);
	char *text = NULL;
	size_t len;
	struct writer w = { .config = copy };

	if (copy == NULL)
		return NULL;
	w.out = open_memstream(&text, &len);
	if (w.out != NULL) {
		write_mapping(&w, config_schema(), copy);
		if (fclose(w.out) != 0) {
			free(text);
			text = NULL;
		}
	}
	free(copy);
	return text;
}
