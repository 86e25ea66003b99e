/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "appliance_priv.h"

/*
 * Another configuration, without a stop. First whatever may be refused, and can be taken back: the
 * addresses that are new; then what cannot fail. The old configuration and the new one are held by
 * whoever asked, and both live until they have the answer.
 */

/* A client with its addresses in a configuration: the transit with routes, the echo with its own.
 */
struct claim {
	uint32_t (*n)(const struct config *config);
	void (*address)(const struct config *config, uint32_t i, struct co_address *out);
	enum co_status (*take)(
		struct appliance *a, co_adapter_t adapter, const struct co_address *address);
	void (*leave)(struct appliance *a, co_adapter_t adapter, const struct co_address *address);
};

static uint32_t
n_routes(const struct config *config)
{
	return config->n_routes;
}

static void
route_address(const struct config *config, uint32_t i, struct co_address *out)
{
	appliance_to_co_address(out, &config->routes[i].prefix);
	out->prefix = true;
}

static enum co_status
take_route(struct appliance *a, co_adapter_t adapter, const struct co_address *address)
{
	return transit_register(a->transit, adapter, address);
}

static void
leave_route(struct appliance *a, co_adapter_t adapter, const struct co_address *address)
{
	transit_deregister(a->transit, adapter, address);
}

static uint32_t
n_echoes(const struct config *config)
{
	return config->n_echoes;
}

static void
echo_address(const struct config *config, uint32_t i, struct co_address *out)
{
	appliance_to_co_address(out, &config->echoes[i].address);
}

static enum co_status
take_echo(struct appliance *a, co_adapter_t adapter, const struct co_address *address)
{
	return echo_register(a->echo, adapter, address);
}

static void
leave_echo(struct appliance *a, co_adapter_t adapter, const struct co_address *address)
{
	echo_deregister(a->echo, adapter, address);
}

static const struct claim claims[] = {
	{ n_routes, route_address, take_route, leave_route },
	{ n_echoes, echo_address, take_echo, leave_echo },
};

#define N_CLAIMS (sizeof(claims) / sizeof(claims[0]))

static bool
has(const struct claim *claim, const struct config *config, const struct co_address *address)
{
	struct co_address other;
	uint32_t i;

	for (i = 0; i < claim->n(config); i++) {
		claim->address(config, i, &other);
		if (memcmp(&other, address, sizeof(other)) == 0)
			return true;
	}
	return false;
}

/* Give up what @p from has and @p to has not. */
static void
leave(struct appliance *a, const struct config *from, const struct config *to)
{
	const struct claim *claim;
	struct co_address address;
	unsigned int t;
	uint32_t i;

	for (claim = claims; claim < claims + N_CLAIMS; claim++) {
		for (i = 0; i < claim->n(from); i++) {
			claim->address(from, i, &address);
			for (t = 0; t < a->n_trunks && !has(claim, to, &address); t++)
				claim->leave(a, a->adapters[t], &address);
		}
	}
}

static enum co_status
take_everywhere(struct appliance *a, const struct claim *claim, const struct co_address *address)
{
	enum co_status status = CO_STATUS_SUCCESS;
	unsigned int t;

	for (t = 0; t < a->n_trunks; t++) {
		if (a->trunks[t].state == TRUNK_HALTED)
			continue;
		status = claim->take(a, a->adapters[t], address);
		if (status != CO_STATUS_SUCCESS && status != CO_STATUS_PENDING)
			return status;
	}
	return CO_STATUS_SUCCESS;
}

static int
take(struct appliance *a, const struct config *from, const struct config *to, char *message,
	size_t size)
{
	const struct claim *claim;
	struct co_address address;
	enum co_status status;
	uint32_t i;

	for (claim = claims; claim < claims + N_CLAIMS; claim++) {
		for (i = 0; i < claim->n(to); i++) {
			claim->address(to, i, &address);
			if (has(claim, from, &address))
				continue;
			status = take_everywhere(a, claim, &address);
			if (status == CO_STATUS_SUCCESS)
				continue;
			snprintf(message, size,
				"an address cannot be registered: %s; mend: give each route and "
				"echo an address of its own, or fewer",
				co_status_name(status));
			return -ENOSPC;
		}
	}
	return 0;
}

/* ---- What cannot fail. ---- */

static void
set_routes(struct appliance *a, const struct config *config)
{
	struct co_address prefix;
	uint32_t i;

	a->routes.n = 0;
	for (i = 0; i < config->n_routes; i++) {
		appliance_to_co_address(&prefix, &config->routes[i].prefix);
		route_add(&a->routes, &prefix, config->routes[i].trunk);
	}
}

static void
set_answers(struct appliance *a, const struct config *config)
{
	const struct config_attachment *range;
	uint32_t idx = 0, i;

	for (range = config->attachments; range < config->attachments + config->n_attachments;
		range++) {
		if (range->answer == a->config->attachments[range - config->attachments].answer) {
			idx += range->count;
			continue;
		}
		for (i = 0; i < range->count; i++)
			attach_set_answer(a->attach, idx++, range->answer);
	}
}

/* The old one's parameters were good, so they are good again. */
static int
retune(struct appliance *a, const struct config *config, char *message, size_t size)
{
	unsigned int t, back;
	int err;

	for (t = 0; t < a->n_trunks; t++) {
		err = appliance_retune_trunk(a, &a->trunks[t], &config->trunks[t]);
		if (err == 0)
			continue;
		for (back = 0; back < t; back++)
			appliance_retune_trunk(a, &a->trunks[back], &a->config->trunks[back]);
		snprintf(message, size, "trunk %s (line %u): %s; mend: check its timers",
			config->trunks[t].name, config->trunks[t].line, strerror(-err));
		return err;
	}
	return 0;
}

/* ---- All or nothing. ---- */

/* A trunk whose address family comes or goes keeps no account of what would be registered there. */
static const struct appliance_trunk *
unready_trunk(const struct appliance *a)
{
	unsigned int t;

	for (t = 0; t < a->n_trunks; t++)
		if (a->trunks[t].state == TRUNK_AF_CLOSING ||
			a->trunks[t].state == TRUNK_AF_CLOSED ||
			a->trunks[t].state == TRUNK_HALTING)
			return &a->trunks[t];
	return NULL;
}

static int
check_state(const struct appliance *a, char *message, size_t size)
{
	const struct appliance_trunk *t = unready_trunk(a);

	if (a->phase != PHASE_RUNNING || a->shutdown) {
		snprintf(message, size, "the appliance is ending; mend: start it again");
		return -ESHUTDOWN;
	}
	if (t != NULL) {
		snprintf(message, size,
			"trunk %s is %s; mend: callctl open-af, or wait until it is halted, and "
			"reload again",
			t->config->name, appliance_trunk_state(t));
		return -EBUSY;
	}
	return 0;
}

static void
switch_over(struct appliance *a, const struct config *config)
{
	unsigned int t;

	leave(a, a->config, config);
	set_routes(a, config);
	set_answers(a, config);
	for (t = 0; t < a->n_trunks; t++)
		a->trunks[t].config = &config->trunks[t];
	a->config = config;
}

void
query_config_reload(struct appliance *a, struct query *q)
{
	const struct config *config = q->args.config;

	q->error = check_state(a, q->message, sizeof(q->message));
	if (q->error != 0)
		return;
	q->error = retune(a, config, q->message, sizeof(q->message));
	if (q->error != 0)
		return;
	q->error = take(a, a->config, config, q->message, sizeof(q->message));
	if (q->error == 0) {
		switch_over(a, config);
		return;
	}
	leave(a, config, a->config);
	retune(a, a->config, q->message, 0);
}
