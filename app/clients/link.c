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

/* ---- Deletion of VCs. ---- */

/* False while the VC is still active or being deactivated (DEL-3). */
static bool
try_delete(struct client_vcs *v, uint32_t handle)
{
	const struct client_vc *vc = cp_pool_at(&v->pool, handle);
	enum co_status status;

	status = co_delete_vc(v->links->co, v->links->links[vc->link].binding, vc->vc);
	if (status == CO_STATUS_NOT_ACCEPTED || status == CO_STATUS_CLOSING)
		return false;
	if (v->deleted != NULL)
		v->deleted(v->arg, handle);
	cp_pool_put(&v->pool, handle);
	return true;
}

void
client_vcs_delete(struct client_vcs *v, uint32_t handle)
{
	struct client_vc *tail;

	if (try_delete(v, handle))
		return;
	((struct client_vc *)cp_pool_at(&v->pool, handle))->reap_next = CP_HANDLE_NONE;
	tail = cp_pool_at(&v->pool, v->reap_tail);
	if (tail != NULL)
		tail->reap_next = handle;
	else
		v->reap_head = handle;
	v->reap_tail = handle;
}

void
client_vcs_turn(struct client_vcs *v, uint32_t max)
{
	uint32_t handle, next;

	/* Grace periods end in order, so the first that cannot go yet ends the slice. */
	while (max-- > 0 && (handle = v->reap_head) != CP_HANDLE_NONE) {
		next = ((const struct client_vc *)cp_pool_at(&v->pool, handle))->reap_next;
		if (!try_delete(v, handle))
			return;
		v->reap_head = next;
		if (next == CP_HANDLE_NONE)
			v->reap_tail = CP_HANDLE_NONE;
	}
}
