/* SPDX-License-Identifier: BSD-3-Clause */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "callplane/config_priv.h"

/*
 * Built from events rather than by the library's own loader: so an alias, of which a bomb is made,
 * and a nesting that the schema cannot want end the reading where they stand.
 */
struct builder {
	struct config_reader *r;
	struct config_node *root;
	struct config_node *open[CONFIG_DEPTH_MAX]; /* the innermost last */
	uint32_t depth;
	uint32_t n_documents;
};

typedef int (*event_fn)(struct builder *b, const yaml_event_t *event);

static int
fail_event(struct builder *b, const yaml_event_t *event, const char *what)
{
	return config_fail_at(b->r, (uint32_t)event->start_mark.line + 1,
		(uint32_t)event->start_mark.column + 1, "%s", what);
}

static struct config_node *
node_create(const yaml_event_t *event, enum config_node_kind kind, const void *text, size_t len)
{
	struct config_node *node = calloc(1, sizeof(*node) + len + 1);

	if (node == NULL)
		return NULL;
	node->kind = kind;
	node->line = (uint32_t)event->start_mark.line + 1;
	node->column = (uint32_t)event->start_mark.column + 1;
	if (len > 0)
		memcpy(node->text, text, len);
	return node;
}

void
config_node_free(struct config_node *node)
{
	struct config_node *next;

	/* Recursion goes as deep as the builder let it, along a level it is a loop. */
	for (; node != NULL; node = next) {
		next = node->next;
		config_node_free(node->first);
		config_node_free(node->value);
		free(node);
	}
}

/* The last key of a mapping still wants its value. */
static bool
wants_value(const struct config_node *parent)
{
	return parent->kind == CONFIG_MAPPING && parent->last != NULL &&
	       parent->last->value == NULL;
}

/* The tree owns @p node from here on, whatever is returned. */
static int
node_place(struct builder *b, const yaml_event_t *event, struct config_node *node)
{
	struct config_node *parent;

	if (b->depth == 0) {
		b->root = node;
		return 0;
	}
	parent = b->open[b->depth - 1];
	if (wants_value(parent)) {
		parent->last->value = node;
		return 0;
	}
	if (parent->last != NULL)
		parent->last->next = node;
	else
		parent->first = node;
	parent->last = node;
	parent->n++;
	if (parent->kind == CONFIG_MAPPING && node->kind != CONFIG_SCALAR)
		return fail_event(
			b, event, "a key is a list or a mapping; mend: write a word there");
	return 0;
}

static int
on_document(struct builder *b, const yaml_event_t *event)
{
	if (b->n_documents++ > 0)
		return fail_event(
			b, event, "a second document; mend: keep all in one, without a line ---");
	return 0;
}

static int
on_alias(struct builder *b, const yaml_event_t *event)
{
	return fail_event(b, event, "an alias; mend: write out what it stands for");
}

static int
on_scalar(struct builder *b, const yaml_event_t *event)
{
	size_t len = event->data.scalar.length;
	struct config_node *node;

	if (event->data.scalar.anchor != NULL || event->data.scalar.tag != NULL)
		return fail_event(
			b, event, "an anchor or a tag; mend: write the value without & and !");
	if (memchr(event->data.scalar.value, '\0', len) != NULL)
		return fail_event(b, event, "a text with a NUL in it; mend: take out the \\0");
	node = node_create(event, CONFIG_SCALAR, event->data.scalar.value, len);
	if (node == NULL)
		return -ENOMEM;
	node->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
	return node_place(b, event, node);
}

static int
open_node(struct builder *b, const yaml_event_t *event, enum config_node_kind kind, bool adorned)
{
	struct config_node *node;
	int err;

	if (adorned)
		return fail_event(
			b, event, "an anchor or a tag; mend: write the value without & and !");
	if (b->depth == CONFIG_DEPTH_MAX)
		return fail_event(b, event,
			"nested deeper than any key can be; mend: close a bracket before it");
	node = node_create(event, kind, NULL, 0);
	if (node == NULL)
		return -ENOMEM;
	err = node_place(b, event, node);
	b->open[b->depth++] = node;
	return err;
}

static int
on_list(struct builder *b, const yaml_event_t *event)
{
	return open_node(b, event, CONFIG_LIST,
		event->data.sequence_start.anchor != NULL ||
			event->data.sequence_start.tag != NULL);
}

static int
on_mapping(struct builder *b, const yaml_event_t *event)
{
	return open_node(b, event, CONFIG_MAPPING,
		event->data.mapping_start.anchor != NULL || event->data.mapping_start.tag != NULL);
}

static int
on_end(struct builder *b, const yaml_event_t *event)
{
	(void)event;
	b->depth--;
	return 0;
}

/* NULL: nothing to do. */
static const event_fn on_event[] = {
	[YAML_STREAM_START_EVENT] = NULL,
	[YAML_DOCUMENT_START_EVENT] = on_document,
	[YAML_ALIAS_EVENT] = on_alias,
	[YAML_SCALAR_EVENT] = on_scalar,
	[YAML_SEQUENCE_START_EVENT] = on_list,
	[YAML_SEQUENCE_END_EVENT] = on_end,
	[YAML_MAPPING_START_EVENT] = on_mapping,
	[YAML_MAPPING_END_EVENT] = on_end,
};
static_assert(sizeof(on_event) / sizeof(on_event[0]) == YAML_MAPPING_END_EVENT + 1,
	"a place for each event");

/* What the library says of an octet it says with its offset: count lines up to it. */
static int
fail_octet(struct config_reader *r, const yaml_parser_t *parser, const char *text, size_t len)
{
	uint32_t line = 1, column = 1;
	size_t i;

	for (i = 0; i < len && i < parser->problem_offset; i++) {
		if (text[i] == '\n') {
			line++;
			column = 1;
		} else if (((uint8_t)text[i] & 0xc0) != 0x80) {
			column++; /* the first octet of a UTF-8 character */
		}
	}
	return config_fail_at(
		r, line, column, "%s; mend: save the file as UTF-8 text", parser->problem);
}

static int
fail_syntax(struct config_reader *r, const yaml_parser_t *parser, const char *text, size_t len)
{
	const char *context = parser->context;

	if (parser->error == YAML_MEMORY_ERROR)
		return -ENOMEM;
	if (parser->error == YAML_READER_ERROR)
		return fail_octet(r, parser, text, len);
	return config_fail_at(r, (uint32_t)parser->problem_mark.line + 1,
		(uint32_t)parser->problem_mark.column + 1,
		"%s%s%s; mend: correct the YAML here or just before (indent with blanks, no tabs)",
		context != NULL ? context : "", context != NULL ? ", " : "", parser->problem);
}

static int
read_events(struct builder *b, yaml_parser_t *parser, const char *text, size_t len)
{
	yaml_event_t event;
	bool more = true;
	int err = 0;

	while (more && err == 0) {
		if (!yaml_parser_parse(parser, &event))
			return fail_syntax(b->r, parser, text, len);
		more = event.type != YAML_STREAM_END_EVENT;
		if (on_event[event.type] != NULL)
			err = on_event[event.type](b, &event);
		yaml_event_delete(&event);
	}
	return err;
}

int
config_yaml_parse(struct config_reader *r, const char *text, size_t len, struct config_node **root)
{
	struct builder b = { .r = r };
	yaml_parser_t parser;
	int err;

	if (!yaml_parser_initialize(&parser))
		return -ENOMEM;
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
	err = read_events(&b, &parser, text, len);
	yaml_parser_delete(&parser);
	if (err != 0) {
		config_node_free(b.root);
		b.root = NULL;
	}
	*root = b.root;
	return err;
}
