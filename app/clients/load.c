/* SPDX-License-Identifier: BSD-3-Clause */
#include "clients/load.h"

#include <errno.h>

struct load {
	struct caller *caller;
	const struct cp_mem *mem;
};

/* Whoever reaches one of the prefixes that were registered is answered. */
static enum co_status
on_admit(void *arg, const struct co_call_params *params, uint32_t *end)
{
	(void)arg;
	(void)params;
	*end = CALLER_NO_END;
	return CO_STATUS_SUCCESS;
}

static void
on_up(void *arg, co_vc_t vc, uint32_t end)
{
	(void)arg;
	(void)vc;
	(void)end;
}

static void
on_ended(void *arg, uint32_t end)
{
	(void)arg;
	(void)end;
}

static uint64_t
on_limit(void *arg, uint32_t end)
{
	(void)arg;
	(void)end;
	return 0;
}

static const struct caller_ops caller_ops = {
	.admit = on_admit,
	.up = on_up,
	.ended = on_ended,
	.limit = on_limit,
};

int
load_create(struct co *co, const struct caller_config *config, const struct caller_reports *reports,
	void *arg, const struct cp_mem *mem, struct load **out)
{
	struct load *l = cp_mem_alloc(mem, sizeof(*l), "load");
	int err;

	if (l == NULL)
		return -ENOMEM;
	l->mem = mem;
	err = caller_create(co, config, &caller_ops, l, reports, arg, mem, &l->caller);
	if (err != 0) {
		cp_mem_free(mem, l);
		return err;
	}
	*out = l;
	return 0;
}

void
load_destroy(struct load *l)
{
	if (l == NULL)
		return;
	caller_destroy(l->caller);
	cp_mem_free(l->mem, l);
}

int
load_dial(struct load *l, co_adapter_t adapter, const struct co_address *from,
	const struct co_address *to, uint64_t rate, uint32_t job)
{
	struct caller_dial_args args = {
		.adapter = adapter,
		.from = *from,
		.to = *to,
		.rate = rate,
		.end = CALLER_NO_END,
		.job = job,
	};

	return caller_dial(l->caller, &args);
}

struct caller *
load_caller(struct load *l)
{
	return l->caller;
}
