/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "callmgr_priv.h"

/*
 * Address families and SAPs of clients, what clients ask and are told by number, and how a call
 * manager leaves (contract 4.2, 4.3, 4.18, 4.20, sequence 5.10).
 */

static struct cm_af *
af_at(const struct callmgr *cm, co_ctx_t ctx)
{
	return cp_pool_at(&cm->env->afs, (uint32_t)ctx);
}

/* The first AF of @p cm at or after index *cursor; advances *cursor past it. */
static struct cm_af *
next(const struct callmgr *cm, uint32_t *cursor)
{
	const struct cp_pool *pool = &cm->env->afs;
	struct cm_af *a;

	while (*cursor < pool->n_max) {
		a = cp_pool_at(pool, cp_pool_handle_of(pool, (*cursor)++));
		if (a != NULL && a->cm_idx == cm->idx)
			return a;
	}
	return NULL;
}

/* ---- What clients are told. ---- */

static void
tell(struct callmgr *cm, const struct cm_af *a, enum co_oid oid)
{
	struct co_oid_request request = { .oid = oid };

	cm->flavour->oid_request(cm->env->co, a->af, &request);
}

void
cm_af_tell_all(struct callmgr *cm, enum co_oid oid)
{
	uint32_t cursor = 0;
	struct cm_af *a;

	while ((a = next(cm, &cursor)) != NULL)
		if (!a->closed && !a->closing)
			tell(cm, a, oid);
}

/* OID-6: not from inside the request that made it so. */
static void
tell_addresses(struct callmgr *cm)
{
	uint32_t cursor = 0;
	struct cm_af *a;

	cm->tell_addresses = false;
	while ((a = next(cm, &cursor)) != NULL) {
		if (!a->tell_address)
			continue;
		a->tell_address = false;
		if (!a->closed && !a->closing)
			tell(cm, a, CO_OID_ADDRESS_CHANGED);
	}
}

static void
tell_address_later(struct callmgr *cm, struct cm_af *a)
{
	a->tell_address = true;
	cm->tell_addresses = true;
}

/* ---- AFs. ---- */

enum co_status
callmgr_open_af(void *arg, co_af_t af, enum co_af_type type, co_ctx_t *af_ctx)
{
	struct callmgr *cm = arg;
	uint32_t handle;
	struct cm_af *a;

	if (type != CO_AF_Q2931)
		return CO_STATUS_NOT_SUPPORTED;
	if (cm->leave != CM_STAYS || cm->af_state != CALLMGR_AF_OFFERED)
		return CO_STATUS_FAILURE; /* AF-9 */
	handle = cp_pool_get(&cm->env->afs);
	a = cp_pool_at(&cm->env->afs, handle);
	if (a == NULL)
		return CO_STATUS_RESOURCES;
	a->af = af;
	a->cm_idx = cm->idx;
	cm->n_afs++;
	tell_address_later(cm, a);
	*af_ctx = handle;
	return CO_STATUS_SUCCESS;
}

static uint32_t
handle_of(const struct callmgr *cm, const struct cm_af *a)
{
	return cp_pool_handle_of(
		&cm->env->afs, (uint32_t)(a - (const struct cm_af *)cm->env->afs.records));
}

static void
drop_addresses(struct callmgr_env *env, struct cm_af *a)
{
	const struct cm_alias *alias;
	uint32_t handle;

	while ((alias = cp_pool_at(&env->addresses, a->addresses)) != NULL) {
		handle = a->addresses;
		a->addresses = alias->next;
		cp_pool_put(&env->addresses, handle);
	}
}

/* The record stays for the answer to our notice, if that is still to come (AF-17). */
static void
af_closed(struct callmgr *cm, struct cm_af *a)
{
	drop_addresses(cm->env, a);
	a->closing = false;
	a->closed = true;
	cm->n_afs--;
	if (!a->asked)
		cp_pool_put(&cm->env->afs, handle_of(cm, a));
}

enum co_status
callmgr_close_af(void *arg, co_ctx_t af_ctx)
{
	struct callmgr *cm = arg;
	struct cm_af *a = af_at(cm, af_ctx);

	if (a == NULL || a->closed || a->closing)
		return CO_STATUS_FAILURE;    /* AF-14 */
	if (a->n_vcs > 0 || a->n_saps > 0) { /* AF-13 */
		if (cm->flavour->close_address_family_complete == NULL)
			return CO_STATUS_NOT_ACCEPTED;
		a->closing = true;
		return CO_STATUS_PENDING;
	}
	af_closed(cm, a);
	return CO_STATUS_SUCCESS;
}

static void
something_gone(struct callmgr *cm, struct cm_af *a)
{
	co_af_t af = a->af;

	if (!a->closing || a->n_vcs > 0 || a->n_saps > 0)
		return;
	af_closed(cm, a);
	cm->flavour->close_address_family_complete(cm->env->co, af);
}

void
cm_af_vc_gone(struct callmgr_env *env, uint32_t af_idx)
{
	struct cm_af *a = (struct cm_af *)env->afs.records + af_idx;

	a->n_vcs--;
	if (a->closing)
		something_gone(env->callmgrs[a->cm_idx], a);
}

void
cm_af_sap_gone(struct callmgr *cm, struct cm_af *a)
{
	a->n_saps--;
	something_gone(cm, a);
}

/* ---- SAPs. ---- */

enum co_status
callmgr_register_sap(void *arg, co_ctx_t af_ctx, co_sap_t sap, const struct co_address *address,
	co_ctx_t *sap_ctx)
{
	struct callmgr *cm = arg;
	struct cm_af *a = af_at(cm, af_ctx);
	uint32_t handle = CP_HANDLE_NONE;

	if (a == NULL || a->closing)
		return CO_STATUS_FAILURE;
	switch (cm_sap_add(cm, (uint32_t)af_ctx, sap, address, &handle)) {
	case 0:
		a->n_saps++;
		*sap_ctx = handle;
		return CO_STATUS_SUCCESS;
	case -ENOMEM:
		return CO_STATUS_RESOURCES;
	default:
		return CO_STATUS_INVALID_DATA;
	}
}

enum co_status
callmgr_deregister_sap(void *arg, co_ctx_t sap_ctx)
{
	struct callmgr *cm = arg;
	const struct cm_sap *s = cp_pool_at(&cm->env->saps, (uint32_t)sap_ctx);
	uint32_t af_ctx = s != NULL ? s->af_ctx : CP_HANDLE_NONE;

	if (cm_sap_remove(cm, (uint32_t)sap_ctx) != 0)
		return CO_STATUS_FAILURE;
	cm_af_sap_gone(cm, af_at(cm, af_ctx));
	return CO_STATUS_SUCCESS;
}

/* ---- Aliases (OID-6, OID-7): each client's own list. ---- */

static bool
is_same(const struct co_address *a, const struct co_address *b)
{
	return a->type == b->type && a->len == b->len && memcmp(a->octets, b->octets, a->len) == 0;
}

/* Where the handle of the alias stands, or the end of the list. */
static uint32_t *
link_to(struct callmgr_env *env, struct cm_af *a, const struct co_address *address)
{
	uint32_t *link = &a->addresses;
	struct cm_alias *alias;

	while ((alias = cp_pool_at(&env->addresses, *link)) != NULL &&
		(address == NULL || !is_same(&alias->address, address)))
		link = &alias->next;
	return link;
}

static enum co_status
list_addresses(struct callmgr *cm, struct cm_af *a, struct co_oid_request *request)
{
	struct co_address *out = request->buffer;
	const struct cm_alias *alias;
	uint32_t handle, n = 0;

	for (handle = a->addresses; (alias = cp_pool_at(&cm->env->addresses, handle)) != NULL;
		handle = alias->next) {
		if ((n + 1) * sizeof(*out) <= request->size)
			out[n] = alias->address;
		n++;
	}
	request->needed = (uint32_t)(n * sizeof(*out));
	return request->needed <= request->size ? CO_STATUS_SUCCESS : CO_STATUS_BUFFER_TOO_SHORT;
}

static bool
is_address(const struct co_address *a)
{
	return (a->type == CO_ADDRESS_E164 && a->len > 0 && a->len <= 15) ||
	       (a->type == CO_ADDRESS_NSAP && a->len == sizeof(a->octets));
}

static enum co_status
add_address(struct callmgr *cm, struct cm_af *a, struct co_oid_request *request)
{
	const struct co_address *address = request->buffer;
	uint32_t *link = link_to(cm->env, a, address);
	struct cm_alias *alias;

	if (!is_address(address) || *link != CP_HANDLE_NONE)
		return CO_STATUS_INVALID_DATA;
	*link = cp_pool_get(&cm->env->addresses);
	alias = cp_pool_at(&cm->env->addresses, *link);
	if (alias == NULL)
		return CO_STATUS_RESOURCES;
	alias->address = *address;
	tell_address_later(cm, a);
	return CO_STATUS_SUCCESS;
}

static enum co_status
delete_address(struct callmgr *cm, struct cm_af *a, struct co_oid_request *request)
{
	uint32_t *link = link_to(cm->env, a, request->buffer);
	const struct cm_alias *alias = cp_pool_at(&cm->env->addresses, *link);
	uint32_t handle = *link;

	if (alias == NULL)
		return CO_STATUS_INVALID_DATA;
	*link = alias->next;
	cp_pool_put(&cm->env->addresses, handle);
	tell_address_later(cm, a);
	return CO_STATUS_SUCCESS;
}

/* ---- PVCs by number (OID-7). ---- */

static enum co_status
status_of_pvc(int err)
{
	switch (err) {
	case 0:
		return CO_STATUS_SUCCESS;
	case -ENOSPC:
		return CO_STATUS_RESOURCES;
	case -EBUSY:
		return CO_STATUS_NOT_ACCEPTED;
	default:
		return CO_STATUS_INVALID_DATA;
	}
}

static enum co_status
add_pvc(struct callmgr *cm, struct cm_af *a, struct co_oid_request *request)
{
	(void)a;
	return status_of_pvc(callmgr_pvc_add(cm, request->buffer));
}

static enum co_status
delete_pvc(struct callmgr *cm, struct cm_af *a, struct co_oid_request *request)
{
	const struct co_pvc *pvc = request->buffer;

	(void)a;
	return status_of_pvc(callmgr_pvc_remove(cm, pvc->label));
}

static enum co_status
want_confirmation(struct callmgr *cm, struct cm_af *a, struct co_oid_request *request)
{
	(void)a;
	return cm_want_confirmation(cm, request);
}

static enum co_status
confirm(struct callmgr *cm, struct cm_af *a, struct co_oid_request *request)
{
	(void)a;
	return cm_confirm(cm, request);
}

static enum co_status
notify_network(struct callmgr *cm, struct cm_af *a, struct co_oid_request *request)
{
	(void)a;
	return cm_notify(cm, request);
}

enum co_status
callmgr_oid_request(void *arg, co_ctx_t af_ctx, struct co_oid_request *request)
{
	static const struct {
		enum co_status (*act)(
			struct callmgr *cm, struct cm_af *a, struct co_oid_request *request);
		uint32_t size;
	} oids[CO_OID_COUNT] = {
		[CO_OID_ADDRESSES] = { list_addresses, 0 },
		[CO_OID_ADD_ADDRESS] = { add_address, sizeof(struct co_address) },
		[CO_OID_DELETE_ADDRESS] = { delete_address, sizeof(struct co_address) },
		[CO_OID_ADD_PVC] = { add_pvc, sizeof(struct co_pvc) },
		[CO_OID_DELETE_PVC] = { delete_pvc, sizeof(struct co_pvc) },
		[CO_OID_VC_WANT_CONFIRMATION] = { want_confirmation, 0 },
		[CO_OID_VC_CONFIRMATION] = { confirm, 0 },
		[CO_OID_VC_NOTIFICATION] = { notify_network, sizeof(struct co_notification) },
	};
	struct callmgr *cm = arg;
	struct cm_af *a = af_at(cm, af_ctx);

	if (a == NULL)
		return CO_STATUS_FAILURE;
	if ((unsigned int)request->oid >= CO_OID_COUNT || oids[request->oid].act == NULL)
		return CO_STATUS_INVALID_OID;
	if (request->size < oids[request->oid].size) {
		request->needed = oids[request->oid].size;
		return CO_STATUS_INVALID_LENGTH;
	}
	return oids[request->oid].act(cm, a, request);
}

/* ---- Leaving. ---- */

/* UNB-3: all AFs are closed, and who was asked has answered (AF-17): the link goes next. */
static void
leave_continue(struct callmgr *cm)
{
	uint32_t cursor = 0;

	if (cm->leave != CM_LEAVE_CLIENTS || cm->notifying || cm->n_afs > 0 ||
		next(cm, &cursor) != NULL)
		return;
	cm->leave = CM_LEAVE_LINK;
	callmgr_stop(cm);
}

/* A client that has no such handler is waited for all the same: it may have been told otherwise. */
static void
notify(struct callmgr *cm, uint32_t handle, struct cm_af *a)
{
	enum co_status status;

	a->asked = true; /* first: the answer may come before PENDING (ASYNC-4) */
	status = cm->flavour->notify_close_address_family(cm->env->co, a->af);
	a = cp_pool_at(&cm->env->afs, handle);
	if (a == NULL || status == CO_STATUS_PENDING)
		return;
	a->asked = false;
	if (a->closed)
		cp_pool_put(&cm->env->afs, handle);
	else if (status != CO_STATUS_SUCCESS)
		cp_log(CP_LOG_WARN, "trunk %s: a client keeps its address family open: %s",
			cm->name, co_status_name(status));
}

/* AF-16. Who was asked before is not asked again. */
static void
notify_all(struct callmgr *cm)
{
	uint32_t cursor = 0;
	struct cm_af *a;

	cm->notifying = true;
	while ((a = next(cm, &cursor)) != NULL)
		if (!a->closed && !a->asked)
			notify(cm, handle_of(cm, a), a);
	cm->notifying = false;
}

void
callmgr_leave(struct callmgr *cm, void (*done)(void *arg), void *arg)
{
	if (cm->leave != CM_STAYS)
		return;
	cm->leave = CM_LEAVE_CLIENTS;
	cm->left = done;
	cm->left_arg = arg;
	notify_all(cm);
	cm_af_turn(cm);
}

int
callmgr_af_close(struct callmgr *cm)
{
	if (cm->af_state != CALLMGR_AF_OFFERED || cm->leave != CM_STAYS)
		return -EBUSY;
	cm->af_state = CALLMGR_AF_CLOSING; /* first: whoever closes one opens none instead */
	notify_all(cm);
	return 0;
}

int
callmgr_af_offer(struct callmgr *cm)
{
	if (cm->af_state != CALLMGR_AF_WITHDRAWN || cm->leave != CM_STAYS)
		return -EBUSY;
	cm->af_state = CALLMGR_AF_OFFERED; /* first: clients open theirs from inside */
	if (cm->flavour->offer_af(cm->arg, true) == CO_STATUS_SUCCESS)
		return 0;
	cm->af_state = CALLMGR_AF_WITHDRAWN;
	return -EIO;
}

enum callmgr_af_state
callmgr_af_state(const struct callmgr *cm)
{
	return (enum callmgr_af_state)cm->af_state;
}

uint32_t
callmgr_n_vcs(const struct callmgr *cm)
{
	uint32_t cursor = 0, n = 0;
	const struct cm_af *a;

	while ((a = next(cm, &cursor)) != NULL)
		n += a->n_vcs;
	return n;
}

/* All have closed theirs, and answered. */
static void
withdraw(struct callmgr *cm)
{
	uint32_t cursor = 0;

	if (cm->af_state == CALLMGR_AF_CLOSING && cm->leave == CM_STAYS && !cm->notifying &&
		next(cm, &cursor) == NULL &&
		cm->flavour->offer_af(cm->arg, false) == CO_STATUS_SUCCESS)
		cm->af_state = CALLMGR_AF_WITHDRAWN;
}

/* AF-17, sequence 5.10 step 7 */
void
callmgr_notify_close_af_complete(void *arg, co_ctx_t af_ctx, enum co_status status)
{
	struct callmgr *cm = arg;
	struct cm_af *a = af_at(cm, af_ctx);

	(void)status; /* open or closed, is what counts */
	if (a == NULL)
		return;
	a->asked = false;
	if (a->closed)
		cp_pool_put(&cm->env->afs, (uint32_t)af_ctx);
	leave_continue(cm);
}

void
cm_af_turn(struct callmgr *cm)
{
	if (cm->tell_addresses)
		tell_addresses(cm);
	if (cm->af_state == CALLMGR_AF_CLOSING)
		withdraw(cm);
	leave_continue(cm);
	if (cm->leave != CM_LEAVE_LINK || sscf_state(cm->sscf) != SSCF_ST_RELEASED)
		return;
	cm->leave = CM_LEAVE_DONE;
	cm->left(cm->left_arg);
}
