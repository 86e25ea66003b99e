/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <string.h>

#include "condis_priv.h"

/* Instance names of VCs: a base and an index. Found by text, and by VC. */

#define BASE_MAX 32u

static_assert(BASE_MAX + sizeof("-4294967295") <= CO_NAME_SIZE, "a base and any index");

/* FNV-1a. */
static uint32_t
text_bucket(const char *text)
{
	uint32_t hash = 2166136261u;

	for (; *text != '\0'; text++)
		hash = (hash ^ (uint8_t)*text) * 16777619u;
	return hash % CO_NAME_BUCKETS;
}

static uint32_t
vc_bucket(co_vc_t vc)
{
	return cp_handle_idx(vc) % CO_NAME_BUCKETS;
}

static const struct co_name *
find_text(const struct co *co, const char *text)
{
	const struct co_name *name = cp_pool_at(&co->names, co->names_by_text[text_bucket(text)]);

	while (name != NULL && strcmp(name->text, text) != 0)
		name = cp_pool_at(&co->names, name->next_of_name);
	return name;
}

static const struct co_name *
find_vc(const struct co *co, co_vc_t vc)
{
	const struct co_name *name = cp_pool_at(&co->names, co->names_by_vc[vc_bucket(vc)]);

	while (name != NULL && name->vc != vc)
		name = cp_pool_at(&co->names, name->next_of_vc);
	return name;
}

static bool
base_is_valid(const char *base)
{
	size_t i;

	for (i = 0; i <= BASE_MAX && base[i] != '\0'; i++)
		if (base[i] < ' ' || base[i] > '~')
			return false;
	return i > 0 && i <= BASE_MAX;
}

static bool
is_taken(const struct co *co, const char *base, uint32_t index)
{
	char text[CO_NAME_SIZE];

	snprintf(text, sizeof(text), "%s-%u", base, index);
	return find_text(co, text) != NULL;
}

/*
 * An index that is free and follows a taken one, or is 1. Doubling, then halving: a few look-ups
 * where a walk would cost one for each VC that has the base.
 */
static uint32_t
free_index(const struct co *co, const char *base)
{
	uint32_t taken = 0, free = 1, middle;

	while (is_taken(co, base, free)) {
		taken = free;
		free *= 2;
	}
	while (free - taken > 1) {
		middle = taken + (free - taken) / 2;
		if (is_taken(co, base, middle))
			taken = middle;
		else
			free = middle;
	}
	return free;
}

/* Client of its AF or its stand-alone call manager; of a signalling VC only the latter. */
static bool
shares(const struct co *co, const struct co_binding *b, co_vc_t vc, const struct co_vc_hot *v)
{
	const struct co_af *af = co_af_of(co, v);
	const struct co_binding *creator;

	if (co_vc_cold(co, vc)->adapter != b->adapter)
		return false;
	if (af != NULL)
		return af->client_protocol == b->protocol || af->cm_protocol == b->protocol;
	creator = cp_pool_at(&co->bindings, co_vc_cold(co, vc)->creator);
	return creator != NULL && creator->protocol == b->protocol;
}

static const struct co_name *
name_new(struct co *co, co_vc_t vc, const char *base)
{
	uint32_t handle, index = free_index(co, base), *by_text, *by_vc;
	struct co_name *name;

	handle = cp_pool_get(&co->names);
	name = cp_pool_at(&co->names, handle);
	if (name == NULL)
		return NULL;
	name->vc = vc;
	snprintf(name->text, sizeof(name->text), "%s-%u", base, index);
	by_text = &co->names_by_text[text_bucket(name->text)];
	by_vc = &co->names_by_vc[vc_bucket(vc)];
	name->next_of_name = *by_text;
	name->next_of_vc = *by_vc;
	*by_text = handle;
	*by_vc = handle;
	return name;
}

enum co_status
co_assign_instance_name(
	struct co *co, co_binding_t binding, co_vc_t vc, const char *base, char text[CO_NAME_SIZE])
{
	const struct co_binding *b = cp_pool_at(&co->bindings, binding);
	struct co_vc_hot *v = co_vc_at(co, vc);
	const struct co_name *name;

	if (v == NULL)
		return CO_STATUS_FAILURE;
	if (b == NULL) {
		co->n_stale++;
		return CO_STATUS_FAILURE;
	}
	if (!shares(co, b, vc, v))
		return co_illegal(co, CO_STATUS_NOT_ACCEPTED); /* as for any VC of others (DEL-1) */
	if (!base_is_valid(base))
		return co_illegal(co, CO_STATUS_INVALID_DATA);
	name = find_vc(co, vc);
	if (name == NULL)
		name = name_new(co, vc, base);
	if (name == NULL)
		return CO_STATUS_RESOURCES;
	v->flags |= CO_VC_F_NAMED;
	memcpy(text, name->text, sizeof(name->text));
	return CO_STATUS_SUCCESS;
}

const char *
co_vc_name(const struct co *co, co_vc_t vc)
{
	const struct co_name *name = find_vc(co, vc);

	return name != NULL ? name->text : NULL;
}

co_vc_t
co_vc_named(const struct co *co, const char *text)
{
	const struct co_name *name = find_text(co, text);

	return name != NULL ? name->vc : CO_NONE;
}

void
co_name_end(struct co *co, co_vc_t vc)
{
	struct co_name *name, *other;
	uint32_t *link, handle;

	for (link = &co->names_by_vc[vc_bucket(vc)]; *link != CP_HANDLE_NONE;
		link = &other->next_of_vc) {
		other = cp_pool_at(&co->names, *link);
		if (other->vc == vc)
			break;
	}
	name = cp_pool_at(&co->names, *link);
	if (name == NULL)
		return;
	*link = name->next_of_vc;
	link = &co->names_by_text[text_bucket(name->text)];
	while ((other = cp_pool_at(&co->names, *link)) != name)
		link = &other->next_of_name;
	handle = *link;
	*link = name->next_of_name;
	cp_pool_put(&co->names, handle);
}
