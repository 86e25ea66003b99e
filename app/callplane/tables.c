/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * Prints what the tables of the command line and of the configuration say, as JSON: the man pages
 * are made of it. A tool of the build, not installed.
 */

#include <jansson.h>
#include <stdio.h>

#include "callplane/config_priv.h"
#include "callplane/options.h"

static json_t *mapping_keys(const struct config_mapping *mapping);

static const char *
kind_name(const struct config_field *field)
{
	switch (field->kind) {
	case CONFIG_F_UINT:
		return "number";
	case CONFIG_F_CHOICE:
		return "choice";
	case CONFIG_F_MAPPING:
		return "mapping";
	case CONFIG_F_COLLECTION:
		return field->collection->named ? "names" : "list";
	case CONFIG_F_SET:
		break;
	}
	return "value";
}

static json_t *
choice_names(const struct config_field *field)
{
	json_t *names = json_array();
	uint32_t i;

	for (i = 0; field->names[i] != NULL; i++)
		json_array_append_new(names, json_string(field->names[i]));
	return names;
}

static json_t *
field_entry(const struct config_field *field)
{
	json_t *entry = json_pack("{s:s, s:s, s:b}", "key", field->key, "kind", kind_name(field),
		"required", (int)field->required);

	if (field->kind == CONFIG_F_UINT)
		json_object_update_new(entry, json_pack("{s:I, s:I}", "min", (json_int_t)field->min,
						      "max", (json_int_t)field->max));
	if (field->kind == CONFIG_F_CHOICE)
		json_object_set_new(entry, "names", choice_names(field));
	if (field->kind == CONFIG_F_MAPPING)
		json_object_set_new(entry, "keys", mapping_keys(field->mapping));
	if (field->kind == CONFIG_F_COLLECTION)
		json_object_update_new(entry,
			json_pack("{s:o, s:i}", "keys", mapping_keys(field->collection->mapping),
				"max", (int)field->collection->max));
	return entry;
}

static json_t *
mapping_keys(const struct config_mapping *mapping)
{
	json_t *keys = json_array();
	uint32_t i;

	for (i = 0; i < mapping->n_fields; i++)
		json_array_append_new(keys, field_entry(&mapping->fields[i]));
	return keys;
}

static json_t *
options(void)
{
	const struct option_text *o;
	json_t *list = json_array();

	for (o = option_texts; o->name != NULL; o++)
		json_array_append_new(
			list, json_pack("{s:s#, s:s, s:s?, s:s}", "letter", &o->letter,
				      o->letter != '\0' ? 1 : 0, "name", o->name, "argument",
				      o->argument, "help", o->help));
	return list;
}

static json_t *
exits(void)
{
	const struct option_exit *e;
	json_t *list = json_array();

	for (e = option_exits; e->help != NULL; e++)
		json_array_append_new(
			list, json_pack("{s:i, s:s}", "status", e->status, "help", e->help));
	return list;
}

static json_t *
synopses(void)
{
	json_t *list = json_array();
	const char *const *s;

	for (s = option_synopses; *s != NULL; s++)
		json_array_append_new(list, json_string(*s));
	return list;
}

int
main(void)
{
	json_t *all = json_pack("{s:o, s:o, s:o, s:o}", "synopses", synopses(), "options",
		options(), "exits", exits(), "keys", mapping_keys(config_schema()));
	int err = all != NULL ? json_dumpf(all, stdout, JSON_INDENT(1)) : -1;

	json_decref(all);
	return err == 0 ? 0 : 1;
}
