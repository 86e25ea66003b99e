/* SPDX-License-Identifier: BSD-3-Clause */
#include "clients/link.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/log.h"

static_assert(CLIENT_LINK_NONE < CLIENT_LINK_SHUT && CLIENT_LINK_SHUT < CLIENT_LINK_OPENING,
	"what is beyond SHUT has an AF, or may");

/*
 * Bindings, AFs and SAPs, and how they go: contract 4.2, 4.3, 4.18, sequence 5.10. Who asks a
 * client to leave only sets a mark; the turns then end a bounded number of calls each, however many
 * there are, and one step follows the other as it becomes possible (AF-18).
 */

static struct client_link *
find_binding(struct client *client, co_binding_t binding)
{
	uint32_t i;

	for (i = 0; i < client->n_links; i++)
		if (client->links[i].state != CLIENT_LINK_NONE &&
			client->links[i].binding == binding)
			return &client->links[i];
	return NULL;
}

static struct client_link *
free_link(struct client *client)
{
	uint32_t i;

	for (i = 0; i < client->n_links; i++)
		if (client->links[i].state == CLIENT_LINK_NONE)
			return &client->links[i];
	return client->n_links < CLIENT_MAX_LINKS ? &client->links[client->n_links++] : NULL;
}

void
client_on_bound(void *arg, co_binding_t binding, co_adapter_t adapter)
{
	struct client *client = arg;
	struct client_link *link = free_link(client);

	if (link == NULL) {
		cp_log(CP_LOG_WARN, "%s: no room for another adapter, it has %d", client->name,
			CLIENT_MAX_LINKS);
		return;
	}
	*link = (struct client_link){
		.adapter = adapter,
		.binding = binding,
		.state = CLIENT_LINK_SHUT,
	};
}

static bool
must_leave(const struct client *client, const struct client_link *link)
{
	return client->shut || link->notified || link->unbinding;
}

/* ---- Opening. ---- */

static void
begin_ending(struct client_link *link)
{
	link->state = CLIENT_LINK_ENDING;
	link->cursor = 0;
}

static void
opened(struct client *client, struct client_link *link, enum co_status status, co_af_t af)
{
	if (status != CO_STATUS_SUCCESS) {
		link->state = CLIENT_LINK_SHUT;
		return;
	}
	link->af = af;
	link->down = false;
	link->state = CLIENT_LINK_OPEN;
	link->wanting = cp_pool_n_used(&client->saps) > 0;
	link->cursor = 0;
	if (must_leave(client, link)) /* asked for while it was opening */
		begin_ending(link);
}

void
client_on_open_af_complete(void *arg, co_ctx_t af_ctx, enum co_status status, co_af_t af)
{
	struct client *client = arg;

	opened(client, &client->links[af_ctx], status, af);
}

/* AF-6: whatever signalling protocol is offered is used. */
void
client_on_af_register_notify(void *arg, co_binding_t binding, enum co_af_type type)
{
	struct client *client = arg;
	struct client_link *link = find_binding(client, binding);
	enum co_status status;
	co_af_t af = CO_NONE;

	if (link == NULL || link->state != CLIENT_LINK_SHUT || must_leave(client, link))
		return; /* AF-10 */
	link->state = CLIENT_LINK_OPENING;
	status = co_cl_open_address_family(
		client->co, binding, type, (co_ctx_t)(link - client->links), &af);
	if (status != CO_STATUS_PENDING)
		opened(client, link, status, af);
}

/* ---- SAPs. ---- */

static void
set_deregistered(struct client *client, uint32_t handle, struct client_sap *sap)
{
	sap->state = CLIENT_SAP_WANTED;
	client->links[sap->link].n_saps--;
	if (sap->unwanted)
		cp_pool_put(&client->saps, handle);
}

static void
deregister_sap(struct client *client, uint32_t handle, struct client_sap *sap)
{
	sap->state = CLIENT_SAP_DEREGISTERING;
	if (co_cl_deregister_sap(client->co, sap->sap) != CO_STATUS_PENDING)
		set_deregistered(client, handle, sap);
}

static void
set_registered(
	struct client *client, uint32_t handle, struct client_sap *sap, enum co_status status)
{
	switch (status) {
	case CO_STATUS_SUCCESS:
		sap->state = CLIENT_SAP_REGISTERED;
		if (sap->unwanted)
			deregister_sap(client, handle, sap);
		return;
	case CO_STATUS_PENDING:
		sap->state = CLIENT_SAP_REGISTERING;
		return;
	default:
		set_deregistered(client, handle, sap);
		return;
	}
}

static enum co_status
register_sap(struct client *client, uint32_t handle, struct client_sap *sap)
{
	struct client_link *link = &client->links[sap->link];
	enum co_status status;

	link->n_saps++;
	sap->state = CLIENT_SAP_REGISTERING; /* first: it may be complete on return (ASYNC-4) */
	status = co_cl_register_sap(client->co, link->af, &sap->address, handle, &sap->sap);
	if (status != CO_STATUS_PENDING)
		set_registered(client, handle, sap, status);
	return status;
}

static void
warn_of_sap(const struct client *client, enum co_status status)
{
	if (status != CO_STATUS_SUCCESS && status != CO_STATUS_PENDING)
		cp_log(CP_LOG_WARN, "%s: an address could not be registered: %s", client->name,
			co_status_name(status));
}

void
client_on_register_sap_complete(void *arg, co_ctx_t sap_ctx, enum co_status status, co_sap_t sap)
{
	struct client *client = arg;
	struct client_sap *s = cp_pool_at(&client->saps, (uint32_t)sap_ctx);

	if (s == NULL)
		return;
	s->sap = sap;
	set_registered(client, (uint32_t)sap_ctx, s, status);
	warn_of_sap(client, status);
}

/* SAP-6: always SUCCESS. */
void
client_on_deregister_sap_complete(void *arg, co_ctx_t sap_ctx, enum co_status status)
{
	struct client *client = arg;
	struct client_sap *sap = cp_pool_at(&client->saps, (uint32_t)sap_ctx);

	(void)status;
	if (sap != NULL)
		set_deregistered(client, (uint32_t)sap_ctx, sap);
}

enum co_status
client_register(struct client *client, co_adapter_t adapter, const struct co_address *address)
{
	int link = client_link_find(client, adapter);
	enum co_status status;
	struct client_sap *sap;
	uint32_t handle;

	if (link < 0)
		return CO_STATUS_FAILURE;
	handle = cp_pool_get(&client->saps);
	sap = cp_pool_at(&client->saps, handle);
	if (sap == NULL)
		return CO_STATUS_RESOURCES;
	sap->address = *address;
	sap->link = (uint16_t)link;
	status = register_sap(client, handle, sap);
	if (status != CO_STATUS_SUCCESS && status != CO_STATUS_PENDING)
		cp_pool_put(&client->saps, handle);
	return status;
}

static bool
is_same(const struct co_address *a, const struct co_address *b)
{
	return a->type == b->type && a->prefix == b->prefix && a->len == b->len &&
	       memcmp(a->octets, b->octets, a->len) == 0;
}

void
client_deregister(struct client *client, co_adapter_t adapter, const struct co_address *address)
{
	struct client_sap *sap;
	uint32_t i, handle;

	for (i = 0; i < client->saps.n_max; i++) {
		handle = cp_pool_handle_of(&client->saps, i);
		sap = cp_pool_at(&client->saps, handle);
		if (sap == NULL || client->links[sap->link].adapter != adapter || sap->unwanted ||
			!is_same(&sap->address, address))
			continue;
		sap->unwanted = true; /* one that is on its way goes when it has arrived */
		if (sap->state == CLIENT_SAP_WANTED)
			cp_pool_put(&client->saps, handle);
		else if (sap->state == CLIENT_SAP_REGISTERED)
			deregister_sap(client, handle, sap);
		return;
	}
}

/* The next SAP of a link at or after its cursor; NULL at the end, or when @p max were looked at. */
static struct client_sap *
next_sap(struct client *client, struct client_link *link, uint32_t *max, uint32_t *handle)
{
	struct client_sap *sap;

	for (; *max > 0 && link->cursor < client->saps.n_max; (*max)--) {
		*handle = cp_pool_handle_of(&client->saps, link->cursor++);
		sap = cp_pool_at(&client->saps, *handle);
		if (sap != NULL && &client->links[sap->link] == link)
			return sap;
	}
	return NULL;
}

/* What had been registered before the call manager went is registered again. */
static void
register_wanted(struct client *client, struct client_link *link, uint32_t max)
{
	struct client_sap *sap;
	uint32_t handle;

	while ((sap = next_sap(client, link, &max, &handle)) != NULL)
		if (sap->state == CLIENT_SAP_WANTED)
			warn_of_sap(client, register_sap(client, handle, sap));
	link->wanting = link->cursor < client->saps.n_max;
}

static void
deregister_some(struct client *client, struct client_link *link, uint32_t max)
{
	struct client_sap *sap;
	uint32_t handle;

	while ((sap = next_sap(client, link, &max, &handle)) != NULL) {
		if (sap->state != CLIENT_SAP_REGISTERED) /* its registration ends first */
			continue;
		deregister_sap(client, handle, sap);
	}
	if (link->cursor == client->saps.n_max)
		link->cursor = 0;
}

static void
forget_saps(struct client *client, struct client_link *link)
{
	uint32_t max = UINT32_MAX, handle;

	link->cursor = 0;
	while (next_sap(client, link, &max, &handle) != NULL)
		cp_pool_put(&client->saps, handle);
}

/* ---- Leaving. ---- */

/* The adapter goes last (UNB-1); until then it is asked for each turn. */
static void
leave_adapter(struct client *client, struct client_link *link)
{
	if (co_close_adapter(client->co, link->binding) != CO_STATUS_SUCCESS)
		return;
	forget_saps(client, link);
	link->state = CLIENT_LINK_NONE;
}

static void
af_closed(struct client *client, struct client_link *link)
{
	co_af_t af = link->af;

	link->state = CLIENT_LINK_SHUT;
	link->af = CO_NONE;
	if (link->notified) { /* AF-17 */
		link->notified = false;
		co_cl_notify_close_address_family_complete(client->co, af, CO_STATUS_SUCCESS);
	}
}

void
client_on_close_af_complete(void *arg, co_ctx_t af_ctx, enum co_status status)
{
	struct client *client = arg;

	(void)status; /* AF-19: always SUCCESS */
	af_closed(client, &client->links[af_ctx]);
}

/* A call manager that has not done with the last call yet may refuse: it is asked again (AF-13). */
static void
close_af(struct client *client, struct client_link *link)
{
	enum co_status status;

	link->state = CLIENT_LINK_CLOSING;
	status = co_cl_close_address_family(client->co, link->af);
	if (status == CO_STATUS_SUCCESS)
		af_closed(client, link);
	else if (status != CO_STATUS_PENDING)
		link->state = CLIENT_LINK_DEREGISTERING;
}

/* AF-11, RACE-21: what is told to end already is told again, which changes nothing. */
static void
end_some(struct client *client, struct client_link *link, uint32_t max)
{
	struct client_vc *vc;
	uint32_t handle;

	for (; max > 0 && link->cursor < client->vcs.n_max; max--) {
		handle = cp_pool_handle_of(&client->vcs, link->cursor++);
		vc = client_at(client, handle);
		if (vc != NULL && &client->links[vc->link] == link &&
			!(vc->flags & (CLIENT_VC_F_CLOSING | CLIENT_VC_F_LISTED)))
			client->hooks->end(client, vc, handle);
	}
	if (link->cursor == client->vcs.n_max)
		link->cursor = 0;
}

/* One slice of what the link is at; each step is looked at when the one before is done. */
static void
leave(struct client *client, struct client_link *link, uint32_t max)
{
	if (link->state == CLIENT_LINK_OPEN && must_leave(client, link))
		begin_ending(link);
	if (link->state == CLIENT_LINK_ENDING) {
		if (link->n_vcs > 0)
			end_some(client, link, max);
		if (link->n_vcs > 0)
			return;
		link->state = CLIENT_LINK_DEREGISTERING;
		link->cursor = 0;
	}
	if (link->state == CLIENT_LINK_DEREGISTERING) {
		if (link->n_saps > 0)
			deregister_some(client, link, max);
		if (link->n_saps == 0)
			close_af(client, link);
	}
	if (link->state == CLIENT_LINK_SHUT && link->unbinding)
		leave_adapter(client, link);
}

static void
links_turn(struct client *client, uint32_t max)
{
	struct client_link *link;
	uint32_t i;

	for (i = 0; i < client->n_links; i++) {
		link = &client->links[i];
		if (must_leave(client, link))
			leave(client, link, max);
		else if (link->wanting && link->state == CLIENT_LINK_OPEN)
			register_wanted(client, link, max);
	}
}

void
client_turn(struct client *client, uint32_t max)
{
	client_vcs_turn(client, max);
	links_turn(client, max);
}

bool
client_shut(struct client *client)
{
	uint32_t i;

	client->shut = true;
	for (i = 0; i < client->n_links; i++)
		if (client->links[i].n_vcs == 0)
			leave(client, &client->links[i], UINT32_MAX);
	for (i = 0; i < client->n_links; i++)
		if (client->links[i].state > CLIENT_LINK_SHUT)
			return false;
	return true;
}

/* AF-18: never from inside for all at once. */
enum co_status
client_on_notify_close_af(void *arg, co_ctx_t af_ctx)
{
	struct client *client = arg;

	client->links[af_ctx].notified = true;
	return CO_STATUS_PENDING;
}

void
client_on_unbind(void *arg, co_binding_t binding)
{
	struct client *client = arg;
	struct client_link *link = find_binding(client, binding);

	if (link != NULL)
		link->unbinding = true;
	else
		co_close_adapter(client->co, binding);
}

/* ---- What a link is good for. ---- */

int
client_link_find(const struct client *client, co_adapter_t adapter)
{
	uint32_t i;

	for (i = 0; i < client->n_links; i++)
		if (client->links[i].adapter == adapter &&
			client->links[i].state == CLIENT_LINK_OPEN &&
			!must_leave(client, &client->links[i]))
			return (int)i;
	return -ENETUNREACH;
}

int
client_link_to_dial(const struct client *client, co_adapter_t adapter)
{
	int link = client_link_find(client, adapter);

	return link >= 0 && client->links[link].down ? -ENETDOWN : link;
}

void
client_set_limit(struct client *client, co_adapter_t adapter, uint64_t rate)
{
	uint32_t i;

	for (i = 0; i < client->n_links; i++)
		if (client->links[i].adapter == adapter)
			client->links[i].max_rate = rate;
}

bool
client_vc_may_take(const struct client *client, uint32_t handle)
{
	const struct client_vc *vc = client_at(client, handle);
	const struct client_link *link = &client->links[vc->link];

	return link->state == CLIENT_LINK_OPEN && !must_leave(client, link);
}

/* OID-5; addresses are what the configuration says, so a change of the list is only heard (OID-6).
 */
enum co_status
client_on_oid_request(void *arg, co_ctx_t af_ctx, struct co_oid_request *request)
{
	struct client *client = arg;

	switch (request->oid) {
	case CO_OID_SIGNALLING_DOWN:
	case CO_OID_SIGNALLING_UP:
		client->links[af_ctx].down = request->oid == CO_OID_SIGNALLING_DOWN;
		return CO_STATUS_SUCCESS;
	case CO_OID_ADDRESS_CHANGED:
		return CO_STATUS_SUCCESS;
	default:
		return CO_STATUS_INVALID_OID;
	}
}

/* ---- Life. ---- */

int
client_init(struct client *client, struct co *co, const char *name,
	const struct client_hooks *hooks, uint32_t n_vcs, uint32_t record_size,
	const struct cp_mem *mem)
{
	client->co = co;
	client->name = name;
	client->hooks = hooks;
	if (cp_pool_init(&client->vcs, n_vcs, record_size, mem, "client calls") != 0 ||
		cp_pool_init(&client->saps, CLIENT_MAX_SAPS, sizeof(struct client_sap), mem,
			"client SAPs") != 0)
		return -ENOMEM;
	return 0;
}

int
client_start(struct client *client, const struct co_client_ops *ops)
{
	return co_register_client(client->co, ops, client, client->name, &client->protocol) ==
			       CO_STATUS_SUCCESS
		       ? 0
		       : -EIO;
}

void
client_fini(struct client *client)
{
	cp_pool_fini(&client->saps);
	cp_pool_fini(&client->vcs);
}
