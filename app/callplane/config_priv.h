/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * Between the files of the configuration reader. The text becomes a tree of nodes that know their
 * place (config_yaml.c); tables say what may stand where (config_schema.c); setters turn one node
 * into one value (config_value.c); attachments have arithmetic of their own (config_attachment.c),
 * and so has who else may have an address or a label (config_circuit.c). The same tables lead from
 * a configuration back to its text (config_show.c), and to what two of them have differently
 * (config_diff.c).
 *
 * Functions that can fail return 0, or the negative number of config_fail() after it has written
 * the error line: the first error is the only one.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "callplane/config.h"
#include "callplane/config_text.h"

#define CONFIG_DEPTH_MAX 8 /* of nodes in nodes: the schema needs 5 */

enum config_node_kind { CONFIG_SCALAR, CONFIG_LIST, CONFIG_MAPPING };

/** Of a mapping the children are its keys, scalars all, and each has its value. */
struct config_node {
	enum config_node_kind kind;
	bool quoted;           /* scalars: "8" is text, 8 a number */
	uint32_t line, column; /* from 1 */
	uint32_t n;            /* children */
	struct config_node *first, *last, *next;
	struct config_node *value;
	char text[]; /* scalars; no NUL inside */
};

/** One run of the reader. */
struct config_reader {
	struct config *config;
	const char *name;
	char *error;
	size_t error_size;
	const struct config_node *port_nodes[CONFIG_MAX_PORTS];
	const struct config_trunk *port_trunk[CONFIG_MAX_PORTS];
};

struct config_field;

/** Set what @p field says of @p record from @p value. */
typedef int (*config_set_fn)(struct config_reader *r, const struct config_field *field,
	void *record, const struct config_node *value);

enum config_field_kind {
	CONFIG_F_UINT,       /* min, max */
	CONFIG_F_CHOICE,     /* names: the value is the index */
	CONFIG_F_MAPPING,    /* mapping */
	CONFIG_F_COLLECTION, /* collection; min: how many at least */
	CONFIG_F_SET,        /* set, which may use min and max */
};

/** One key of a mapping. */
struct config_field {
	const char *key;
	enum config_field_kind kind;
	bool required;
	bool live;     /* a running appliance takes another value, or other records */
	size_t size;   /* of the member: 1, 2 or 4 octets for numbers */
	size_t offset; /* of the member in its record */
	uint64_t min, max;
	const char *const *names; /* ends with NULL */
	const struct config_mapping *mapping;
	const struct config_collection *collection;
	config_set_fn set;
	const char *mend; /* what to write, for whoever got it wrong */
};

/** What one mapping may hold. */
struct config_mapping {
	const char *what; /* "a trunk" */
	const struct config_field *fields;
	uint32_t n_fields;
	/* What concerns several keys at once; NULL: nothing. */
	int (*check)(struct config_reader *r, void *record, const struct config_node *node);
};

/** An array of struct config: a list of mappings, or a mapping of names to them. */
struct config_collection {
	const struct config_mapping *mapping;
	bool named; /* its records begin with char name[CONFIG_NAME_MAX] */
	size_t array_offset, count_offset;
	size_t record_size;
	uint32_t max;
	const void *defaults; /* a record; NULL: zeros */
	/* Unless it is named: so many of its first keys tell one record from another. */
	uint32_t n_identity;
};

/** The error line, with the place of @p at; always -EINVAL. The format has the mend in it. */
int config_fail(struct config_reader *r, const struct config_node *at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
int config_fail_at(struct config_reader *r, uint32_t line, uint32_t column, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/** @p node is not what @p field wants: says both, and the field's mend. */
int config_fail_type(struct config_reader *r, const struct config_node *node,
	const struct config_field *field, const char *wanted);

/** The text of @p node is none of @p names: says which is close, and all of them. */
int config_fail_unknown(struct config_reader *r, const struct config_node *node, const char *what,
	const char *const *names, uint32_t n);

/** The tree of @p text; *root is NULL for a text without a document. */
int config_yaml_parse(
	struct config_reader *r, const char *text, size_t len, struct config_node **root);
void config_node_free(struct config_node *node);

/** Fill r->config, which holds the defaults, from the tree. */
int config_schema_load(struct config_reader *r, const struct config_node *root);

/** What may stand where, from the top. */
const struct config_mapping *config_schema(void);

/** The value of a key that holds no others, as it stands in YAML; "": it is left out.
 * CONFIG_CHANGE_TEXT is room for all. */
void config_show_value(const struct config *config, const struct config_field *field,
	const void *record, char *out, size_t size);

/** Whether there is anything to say of a mapping in a mapping. */
bool config_shows_mapping(
	const struct config *config, const struct config_mapping *mapping, const void *record);

/** All of a record in one line, "{port: east, side: user}", cut at @p size. */
void config_show_record(const struct config *config, const struct config_mapping *mapping,
	const void *record, char *out, size_t size);

/** A copy with tags where their keys are; NULL when memory is out, else free() it. */
struct config *config_show_copy(const struct config *config);

/** A number within min and max of @p field. */
int config_value_uint(struct config_reader *r, const struct config_field *field,
	const struct config_node *value, uint64_t *out);

/** Setters. */
int config_set_bool(struct config_reader *r, const struct config_field *field, void *record,
	const struct config_node *value);
int config_set_socket(struct config_reader *r, const struct config_field *field, void *record,
	const struct config_node *value);
int config_set_listen(struct config_reader *r, const struct config_field *field, void *record,
	const struct config_node *value);
int config_set_device(struct config_reader *r, const struct config_field *field, void *record,
	const struct config_node *value);
int config_set_worker_lcore(struct config_reader *r, const struct config_field *field, void *record,
	const struct config_node *value);
int config_set_worker_ports(struct config_reader *r, const struct config_field *field, void *record,
	const struct config_node *value);
int config_set_trunk_port(struct config_reader *r, const struct config_field *field, void *record,
	const struct config_node *value);
int config_set_label(struct config_reader *r, const struct config_field *field, void *record,
	const struct config_node *value);
int config_set_pvc_label(struct config_reader *r, const struct config_field *field, void *record,
	const struct config_node *value);
int config_set_vpci(struct config_reader *r, const struct config_field *field, void *record,
	const struct config_node *value);
int config_set_red(struct config_reader *r, const struct config_field *field, void *record,
	const struct config_node *value);
int config_set_bandwidth(struct config_reader *r, const struct config_field *field, void *record,
	const struct config_node *value);
int config_set_mac(struct config_reader *r, const struct config_field *field, void *record,
	const struct config_node *value);
int config_set_attachment_port(struct config_reader *r, const struct config_field *field,
	void *record, const struct config_node *value);
int config_set_address(struct config_reader *r, const struct config_field *field, void *record,
	const struct config_node *value);
int config_set_attached(struct config_reader *r, const struct config_field *field, void *record,
	const struct config_node *value);
int config_set_prefix(struct config_reader *r, const struct config_field *field, void *record,
	const struct config_node *value);
int config_set_trunk(struct config_reader *r, const struct config_field *field, void *record,
	const struct config_node *value);

/** The beginning of an address, a digit or an octet at least; else as config_address_parse(). */
int config_prefix_parse(const char *text, struct config_address *out, const char **why);

/** Add @p n to the number that the address is; false when it does not fit. */
bool config_address_add(struct config_address *address, uint32_t n);

/** Whether some attachment of @p range has @p address. */
bool config_attachment_has(
	const struct config_attachment *range, const struct config_address *address);

/** What PVCs and echoes share with those before, with attachments and with trunks. */
int config_check_pvc(struct config_reader *r, void *record, const struct config_node *node);
int config_check_echo(struct config_reader *r, void *record, const struct config_node *node);

/** The inverse of what config_check_attachment() does to tags. */
void config_attachment_uncount(struct config_attachment *range);

/** Tags, ranges, and what they share with the attachments before. */
int config_check_attachment(struct config_reader *r, void *record, const struct config_node *node);
