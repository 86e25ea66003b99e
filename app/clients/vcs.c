/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>

#include "clients/link.h"

/* A client's records of VCs: how they come, how their calls are closed, how they go. */

const struct co_data client_no_data = { NULL, 0 };

/* ---- Lists through the records. ---- */

static void
push(struct client *client, struct client_list *list, struct client_vc *vc, uint32_t handle)
{
	struct client_vc *tail;

	vc->flags |= CLIENT_VC_F_LISTED;
	vc->next = CP_HANDLE_NONE;
	if (list->head == CP_HANDLE_NONE) {
		list->head = handle;
	} else {
		tail = client_at(client, list->tail);
		tail->next = handle;
	}
	list->tail = handle;
}

static void
pop(struct client *client, struct client_list *list)
{
	struct client_vc *vc = client_at(client, list->head);

	vc->flags &= (uint8_t)~CLIENT_VC_F_LISTED;
	list->head = vc->next;
}

/* ---- Coming. ---- */

void *
client_find(const struct client *client, co_vc_t vc, uint32_t *handle)
{
	co_ctx_t ctx;

	if (co_vc_client(client->co, vc, &ctx) != client->protocol)
		return NULL;
	*handle = (uint32_t)ctx;
	return client_at(client, *handle);
}

uint32_t
client_vc_new(struct client *client, int link)
{
	uint32_t handle = cp_pool_get(&client->vcs);
	struct client_vc *vc = client_at(client, handle);

	if (vc == NULL)
		return CP_HANDLE_NONE;
	vc->link = (uint16_t)link;
	client->links[link].n_vcs++;
	return handle;
}

void
client_vc_free(struct client *client, struct client_vc *vc, uint32_t handle)
{
	client->hooks->deleted(client, vc);
	client->links[vc->link].n_vcs--;
	cp_pool_put_live(&client->vcs, handle);
}

enum co_status
client_vc_create(struct client *client, uint32_t handle)
{
	struct client_vc *vc = client_at(client, handle);
	const struct client_link *link = &client->links[vc->link];
	enum co_status status;

	vc->flags |= CLIENT_VC_F_OURS;
	status = co_create_vc(client->co, link->binding, link->af, handle, &vc->vc);
	if (status != CO_STATUS_SUCCESS)
		client_vc_free(client, vc, handle);
	return status;
}

enum co_status
client_on_create_vc(void *arg, co_ctx_t af_ctx, co_vc_t vc, co_ctx_t *vc_ctx)
{
	struct client *client = arg;
	uint32_t handle = client_vc_new(client, (int)af_ctx);
	struct client_vc *record = client_at(client, handle);

	if (record == NULL)
		return CO_STATUS_RESOURCES;
	record->vc = vc;
	*vc_ctx = handle;
	return CO_STATUS_SUCCESS;
}

/* ---- Closing. ---- */

enum co_status
client_vc_close(struct client *client, struct client_vc *vc, uint32_t handle, co_party_t party,
	struct co_data data)
{
	enum co_status status;

	if (vc->flags & CLIENT_VC_F_CLOSING)
		return CO_STATUS_CLOSING;
	/* Before the call: its completion may come before it returns (ASYNC-4). */
	vc->flags |= CLIENT_VC_F_CLOSING | (data.size > 0 ? CLIENT_VC_F_DATA : 0);
	status = co_cl_close_call(client->co, vc->vc, party, data);
	if (status == CO_STATUS_PENDING)
		return status;
	if (status == CO_STATUS_INVALID_DATA && data.size > 0) { /* CLOSE-12 */
		client->n_without_data++;
		vc->flags &= (uint8_t)~CLIENT_VC_F_DATA;
		status = co_cl_close_call(client->co, vc->vc, party, client_no_data);
	}
	vc = client_at(client, handle);
	if (status != CO_STATUS_PENDING && vc != NULL)
		vc->flags &= (uint8_t) ~(CLIENT_VC_F_CLOSING | CLIENT_VC_F_DATA);
	return status;
}

enum co_status
client_vc_close_bare(struct client *client, struct client_vc *vc, uint32_t handle)
{
	co_party_t party = co_party_next(client->co, vc->vc, CO_NONE);
	enum co_status status;

	client->n_without_data++;
	status = client_vc_close(client, vc, handle, party, client_no_data);
	return client_at(client, handle) != NULL ? status : CO_STATUS_PENDING;
}

/* CLOSE-26: a call that could not be closed is as it was. An offer is its call manager's to end. */
void
client_vc_again(struct client *client, struct client_vc *vc, uint32_t handle)
{
	if (!(vc->flags & CLIENT_VC_F_LISTED) &&
		co_vc_call_state(client->co, vc->vc) > CO_CALL_OFFERED)
		push(client, &client->again, vc, handle);
}

/* ---- Going. ---- */

/* False while the VC is still active or being deactivated (DEL-3). */
static bool
try_delete(struct client *client, struct client_vc *vc, uint32_t handle)
{
	enum co_status status;

	status = co_delete_vc(client->co, client->links[vc->link].binding, vc->vc);
	if (status == CO_STATUS_NOT_ACCEPTED || status == CO_STATUS_CLOSING)
		return false;
	client_vc_free(client, vc, handle);
	return true;
}

/* Grace periods end in order: behind one of its link that cannot go yet, neither can this one. */
void
client_vc_delete(struct client *client, struct client_vc *vc, uint32_t handle)
{
	struct client_list *reap = &client->links[vc->link].reap;

	if (vc->flags & CLIENT_VC_F_LISTED)
		vc->flags |= CLIENT_VC_F_OVER;
	else if (reap->head != CP_HANDLE_NONE || !try_delete(client, vc, handle))
		push(client, reap, vc, handle);
}

/* One that waits to be closed again stays until that has been tried (DEL-5). */
enum co_status
client_on_delete_vc(void *arg, co_ctx_t vc_ctx)
{
	struct client *client = arg;
	struct client_vc *vc = client_at(client, vc_ctx);

	if (vc == NULL)
		return CO_STATUS_FAILURE;
	if (vc->flags & CLIENT_VC_F_LISTED)
		return CO_STATUS_NOT_ACCEPTED;
	client_vc_free(client, vc, (uint32_t)vc_ctx);
	return CO_STATUS_SUCCESS;
}

/*
 * The first that cannot go yet ends the slice of its link. It is off the list while it is tried:
 * whoever hears of its end may have others deleted. Returns what is left of @p max.
 */
static uint32_t
reap_some(struct client *client, struct client_list *reap, uint32_t max)
{
	struct client_vc *vc;
	uint32_t handle;

	for (; max > 0 && (vc = client_at(client, reap->head)) != NULL; max--) {
		handle = reap->head;
		reap->head = vc->next;
		if (try_delete(client, vc, handle))
			continue;
		vc->next = reap->head;
		reap->head = handle;
		return max;
	}
	return max;
}

/* Which link comes first changes, so that none waits for ever behind one that has many. */
static void
reap_all(struct client *client, uint32_t max)
{
	uint32_t i, link = client->first_reap;

	if (++client->first_reap >= client->n_links)
		client->first_reap = 0;
	for (i = 0; i < client->n_links; i++) {
		if (link >= client->n_links)
			link = 0;
		max = reap_some(client, &client->links[link++].reap, max);
	}
}

/* Those that come to the list meanwhile stay for the next turn. */
static void
end_again(struct client *client, uint32_t max)
{
	uint32_t last = client->again.tail, handle;
	struct client_vc *vc;

	while (max-- > 0 && (vc = client_at(client, client->again.head)) != NULL) {
		handle = client->again.head;
		pop(client, &client->again);
		if (vc->flags & CLIENT_VC_F_OVER)
			client_vc_delete(client, vc, handle);
		else
			client->hooks->end(client, vc, handle);
		if (handle == last)
			return;
	}
}

void
client_vcs_turn(struct client *client, uint32_t max)
{
	if (client->again.head != CP_HANDLE_NONE)
		end_again(client, max);
	reap_all(client, max);
}

/* ---- Rates. ---- */

static bool
fits(uint64_t rate, uint64_t limit)
{
	return rate != 0 && rate <= limit; /* 0 is "not limited" */
}

bool
client_rates_fit(const struct co_call_params *params, uint64_t limit)
{
	return limit == 0 ||
	       (fits(params->tx.peak_rate, limit) && fits(params->rx.peak_rate, limit));
}

/* ---- Frames that nobody here looks at. ---- */

void
client_on_send_complete(void *arg, co_ctx_t vc_ctx, struct co_packet **pkts, uint32_t n)
{
	(void)arg;
	(void)vc_ctx;
	(void)pkts;
	(void)n;
}

void
client_on_receive(void *arg, co_ctx_t vc_ctx, struct co_packet **pkts, uint32_t n)
{
	const struct client *client = arg;
	const struct client_vc *vc = client_at(client, vc_ctx);

	/* One marked low_resources is back by itself (RECV-2); they come in runs of one kind. */
	if (vc != NULL && !pkts[0]->low_resources)
		co_return_receive(client->co, vc->vc, pkts, n);
}
