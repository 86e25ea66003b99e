/* SPDX-License-Identifier: BSD-3-Clause */
#include "clients/attach.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/log.h"

struct attachment {
	struct co_address address;
	bool answer;
	bool busy;
	uint32_t dp_attachment;
	co_vc_t vc;
	uint64_t max_rate;
};

struct attach {
	struct co *co;
	struct caller *caller;
	const struct cp_mem *mem;
	struct attachment *list;
	uint32_t *by_address; /* open addressing; index + 1, 0 is free */
	uint32_t mask;
	uint32_t n, n_max;
	uint64_t n_unconnected; /* calls that got no attachment */
};

/* ---- Addresses. ---- */

static uint32_t
hash_of(const struct co_address *address)
{
	uint32_t hash = 2166136261u ^ address->type;
	uint32_t i;

	for (i = 0; i < address->len; i++)
		hash = (hash ^ address->octets[i]) * 16777619u;
	return hash ^ hash >> 15;
}

static bool
same(const struct co_address *a, const struct co_address *b)
{
	return a->type == b->type && a->len == b->len && memcmp(a->octets, b->octets, a->len) == 0;
}

int
attach_find(const struct attach *a, const struct co_address *address)
{
	uint32_t slot, entry;

	for (slot = hash_of(address);; slot++) {
		entry = a->by_address[slot & a->mask];
		if (entry == 0)
			return -ENOENT;
		if (same(&a->list[entry - 1].address, address))
			return (int)(entry - 1);
	}
}

bool
attach_address_add(struct co_address *address, uint32_t n)
{
	uint32_t low = address->type == CO_ADDRESS_E164 ? '0' : 0;
	uint32_t base = address->type == CO_ADDRESS_E164 ? 10 : 256;
	uint32_t sum;
	int i;

	for (i = address->len - 1; i >= 0 && n > 0; i--) {
		sum = address->octets[i] - low + n % base;
		n = n / base + sum / base;
		address->octets[i] = (uint8_t)(low + sum % base);
	}
	return n == 0;
}

int
attach_add(struct attach *a, const struct co_address *address, uint32_t dp_attachment, bool answer)
{
	uint32_t slot;

	if (a->n == a->n_max)
		return -ENOSPC;
	if (attach_find(a, address) >= 0)
		return -EEXIST;
	for (slot = hash_of(address); a->by_address[slot & a->mask] != 0; slot++)
		;
	a->list[a->n] = (struct attachment){
		.address = *address,
		.answer = answer,
		.dp_attachment = dp_attachment,
	};
	a->by_address[slot & a->mask] = ++a->n;
	return (int)(a->n - 1);
}

/*
 * A run of numbers as prefixes: 4711 .. 4729 is 4711 .. 4719 one by one and then all of 472. So a
 * range of any size costs the call manager a few dozen SAPs.
 */
enum co_status
attach_register(
	struct attach *a, co_adapter_t adapter, const struct co_address *first, uint32_t count)
{
	struct co_address at = *first, sap;
	uint32_t base = first->type == CO_ADDRESS_E164 ? 10 : 256;
	uint8_t low = first->type == CO_ADDRESS_E164 ? '0' : 0;
	enum co_status status;
	uint32_t size;

	while (count > 0) {
		sap = at;
		size = 1;
		while (sap.len > 1 && sap.octets[sap.len - 1] == low && size <= count / base) {
			sap.len--;
			size *= base;
			sap.prefix = true;
		}
		status = caller_register_sap(a->caller, adapter, &sap);
		if (status != CO_STATUS_SUCCESS && status != CO_STATUS_PENDING)
			return status;
		count -= size;
		if (count > 0 && !attach_address_add(&at, size))
			return CO_STATUS_INVALID_DATA;
	}
	return CO_STATUS_SUCCESS;
}

/* ---- What the caller asks of the owner of the ends. ---- */

static enum co_status
on_admit(void *arg, const struct co_call_params *params, uint32_t *end)
{
	struct attach *a = arg;
	int idx = attach_find(a, &params->called);

	if (idx < 0)
		return CO_STATUS_INVALID_DATA; /* unassigned number */
	if (a->list[idx].busy || !a->list[idx].answer)
		return CO_STATUS_NOT_ACCEPTED; /* user busy */
	a->list[idx].busy = true;
	*end = (uint32_t)idx;
	return CO_STATUS_SUCCESS;
}

static void
on_up(void *arg, co_vc_t vc, uint32_t end)
{
	struct attach *a = arg;
	struct attachment *at = &a->list[end];
	enum co_status status;

	at->vc = vc;
	status = co_oid_request(
		a->co, vc, CO_OID_VC_ATTACH, &at->dp_attachment, sizeof(at->dp_attachment));
	if (status != CO_STATUS_SUCCESS && cp_log_seldom(&a->n_unconnected))
		cp_log(CP_LOG_WARN,
			"an attachment could not be connected to its call: %s; %llu so far",
			co_status_name(status), (unsigned long long)a->n_unconnected);
}

static void
on_ended(void *arg, uint32_t end)
{
	struct attach *a = arg;

	a->list[end].busy = false;
	a->list[end].vc = CO_NONE;
}

static uint64_t
on_limit(void *arg, uint32_t end)
{
	const struct attach *a = arg;

	return a->list[end].max_rate;
}

static const struct caller_ops caller_ops = {
	.admit = on_admit,
	.up = on_up,
	.ended = on_ended,
	.limit = on_limit,
};

int
attach_dial_as(struct attach *a, uint32_t idx, const struct caller_dial_args *args)
{
	struct caller_dial_args own = *args;
	struct attachment *at;
	int err;

	if (idx >= a->n)
		return -ENOENT;
	at = &a->list[idx];
	if (at->busy)
		return -EBUSY;
	own.from = at->address;
	own.end = idx;
	at->busy = true; /* before: the call may be over when caller_dial() returns */
	err = caller_dial(a->caller, &own);
	if (err != 0)
		at->busy = false;
	return err;
}

int
attach_dial(struct attach *a, uint32_t idx, co_adapter_t adapter, const struct co_address *to,
	uint64_t rate, uint32_t job)
{
	struct caller_dial_args args = { .adapter = adapter, .to = *to, .rate = rate, .job = job };

	return attach_dial_as(a, idx, &args);
}

void
attach_set_limit(struct attach *a, uint32_t idx, uint64_t rate)
{
	if (idx < a->n)
		a->list[idx].max_rate = rate;
}

void
attach_set_answer(struct attach *a, uint32_t idx, bool answer)
{
	if (idx < a->n)
		a->list[idx].answer = answer;
}

/* ---- Life. ---- */

int
attach_create(struct co *co, const struct attach_config *config,
	const struct caller_reports *reports, void *arg, const struct cp_mem *mem,
	struct attach **out)
{
	struct attach *a = cp_mem_alloc(mem, sizeof(*a), "attach");
	uint32_t n_slots = 16;
	int err = -ENOMEM;

	if (a == NULL)
		return -ENOMEM;
	a->co = co;
	a->mem = mem;
	a->n_max = config->n_attachments;
	while (n_slots < 2 * a->n_max)
		n_slots *= 2;
	a->mask = n_slots - 1;
	a->by_address =
		cp_mem_alloc(mem, n_slots * sizeof(*a->by_address), "attachments by address");
	a->list = cp_mem_alloc(mem, (a->n_max + 1) * sizeof(*a->list), "attachments");
	if (a->by_address == NULL || a->list == NULL)
		goto free_a;
	err = caller_create(co, &config->caller, &caller_ops, a, reports, arg, mem, &a->caller);
	if (err != 0)
		goto free_a;
	*out = a;
	return 0;

free_a:
	cp_mem_free(mem, a->list);
	cp_mem_free(mem, a->by_address);
	cp_mem_free(mem, a);
	return err;
}

void
attach_destroy(struct attach *a)
{
	if (a == NULL)
		return;
	caller_destroy(a->caller);
	cp_mem_free(a->mem, a->list);
	cp_mem_free(a->mem, a->by_address);
	cp_mem_free(a->mem, a);
}

struct caller *
attach_caller(struct attach *a)
{
	return a->caller;
}

uint32_t
attach_n(const struct attach *a)
{
	return a->n;
}

int
attach_query(const struct attach *a, uint32_t idx, struct attach_info *out)
{
	const struct attachment *at;

	if (idx >= a->n)
		return -ENOENT;
	at = &a->list[idx];
	*out = (struct attach_info){
		.address = at->address,
		.dp_attachment = at->dp_attachment,
		.answer = at->answer,
		.vc = at->vc,
		.busy = at->busy,
	};
	return 0;
}
