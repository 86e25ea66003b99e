/* SPDX-License-Identifier: BSD-3-Clause */
#include "clients/link.h"

#include <errno.h>

void
client_links_bound(struct client_links *l, co_binding_t binding, co_adapter_t adapter)
{
	if (l->n < CLIENT_MAX_LINKS)
		l->links[l->n++] = (struct client_link){ .adapter = adapter, .binding = binding };
}

void
client_links_opened(struct client_links *l, co_ctx_t af_ctx, enum co_status status, co_af_t af)
{
	if (status == CO_STATUS_SUCCESS)
		l->links[af_ctx].af = af;
}

/* AF-6: whatever signalling protocol is offered is used. */
void
client_links_notified(struct client_links *l, co_binding_t binding, enum co_af_type type)
{
	enum co_status status;
	co_af_t af = CO_NONE;
	uint32_t i;

	for (i = 0; i < l->n && l->links[i].binding != binding; i++)
		;
	if (i == l->n || l->links[i].af != CO_NONE)
		return;
	status = co_cl_open_address_family(l->co, binding, type, i, &af);
	if (status != CO_STATUS_PENDING)
		client_links_opened(l, i, status, af);
}

void
client_links_closed(struct client_links *l, co_ctx_t af_ctx, enum co_status status)
{
	if (status == CO_STATUS_SUCCESS)
		l->links[af_ctx].af = CO_NONE;
}

int
client_links_find(const struct client_links *l, co_adapter_t adapter)
{
	uint32_t i;

	for (i = 0; i < l->n; i++)
		if (l->links[i].adapter == adapter && l->links[i].af != CO_NONE)
			return (int)i;
	return -ENETUNREACH;
}

enum co_status
client_links_register(
	struct client_links *l, co_adapter_t adapter, const struct co_address *address)
{
	int link = client_links_find(l, adapter);
	enum co_status status;
	co_sap_t sap = CO_NONE;

	if (link < 0)
		return CO_STATUS_FAILURE;
	if (l->n_saps == CLIENT_MAX_SAPS)
		return CO_STATUS_RESOURCES;
	status = co_cl_register_sap(l->co, l->links[link].af, address, l->n_saps, &sap);
	if (status == CO_STATUS_SUCCESS || status == CO_STATUS_PENDING)
		l->saps[l->n_saps++] = sap;
	return status;
}

bool
client_links_shut(struct client_links *l)
{
	enum co_status status;
	bool shut = true;
	uint32_t i;

	while (l->n_saps > 0)
		co_cl_deregister_sap(l->co, l->saps[--l->n_saps]);
	for (i = 0; i < l->n; i++) {
		if (l->links[i].af == CO_NONE)
			continue;
		status = co_cl_close_address_family(l->co, l->links[i].af);
		if (status != CO_STATUS_PENDING)
			client_links_closed(l, i, status);
		shut = shut && l->links[i].af == CO_NONE;
	}
	return shut;
}
