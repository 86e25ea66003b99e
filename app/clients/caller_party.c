/* SPDX-License-Identifier: BSD-3-Clause */
#include "clients/caller_priv.h"

/*
 * Parties of the calls that are made here: contract 4.7, 4.8, 4.11, sequences 5.3, 5.5. At the end
 * of a call one drop is out at a time, and its completion begins the next (DROP-11). What crosses
 * with adds and drops waits for their completions, which all lead to settle().
 */

static struct party *
party_at(const struct caller *c, co_ctx_t ctx)
{
	return cp_pool_at(&c->parties, (uint32_t)ctx);
}

/* ---- With the call. ---- */

bool
caller_multi_begin(
	struct caller *c, struct call *call, uint32_t handle, const struct co_address *first)
{
	uint32_t multi = cp_pool_get(&c->multis), party = cp_pool_get(&c->parties);
	struct multi *m = cp_pool_at(&c->multis, multi);
	struct party *p = party_at(c, party);

	if (m == NULL || p == NULL) {
		cp_pool_put(&c->parties, party);
		cp_pool_put(&c->multis, multi);
		return false;
	}
	p->address = *first;
	p->call = handle;
	m->last = party;
	call->extra = multi;
	call->vc.own |= CALL_F_MULTI;
	return true;
}

void
caller_multi_made(struct caller *c, struct call *call, enum co_status status)
{
	const struct multi *m = caller_multi_of(c, call);
	struct party *p = party_at(c, m->last);

	if (status == CO_STATUS_SUCCESS)
		p->party = co_party_next(c->client.co, call->vc.vc, CO_NONE);
	else
		cp_pool_put(&c->parties, m->last); /* MAKE-8 */
}

void
caller_multi_end(struct caller *c, struct call *call)
{
	const struct multi *m = caller_multi_of(c, call);

	if (m == NULL)
		return;
	cp_pool_put(&c->parties, m->last);
	cp_pool_put(&c->multis, call->extra);
	call->extra = CP_HANDLE_NONE;
	call->vc.own &= (uint8_t)~CALL_F_MULTI;
}

/* ---- Dropping. ---- */

/* Without data where the medium carries none (DROP-8); the record goes when it is done at once. */
static enum co_status
drop(struct caller *c, uint32_t handle, struct co_data data)
{
	struct party *p = party_at(c, handle);
	struct multi *m = caller_multi_of(c, client_at(&c->client, p->call));
	enum co_status status;

	/* Before the call: its completion may come before it returns (ASYNC-4). */
	m->n_out++;
	p->flags |= data.size > 0 ? PARTY_F_DATA : 0;
	status = co_cl_drop_party(c->client.co, p->party, data);
	if (status == CO_STATUS_INVALID_DATA && data.size > 0) {
		c->client.n_without_data++;
		p->flags &= (uint8_t)~PARTY_F_DATA;
		status = co_cl_drop_party(c->client.co, p->party, client_no_data);
	}
	if (status == CO_STATUS_PENDING)
		return status;
	m->n_out--;
	p->flags &= (uint8_t) ~(PARTY_F_DATA | PARTY_F_WIND);
	if (status == CO_STATUS_SUCCESS)
		cp_pool_put(&c->parties, handle);
	return status;
}

/* CLOSE-5, INCLOSE-16: the close names the party that is left. */
static enum co_status
close_last(struct caller *c, uint32_t handle, co_party_t party)
{
	struct call *call = client_at(&c->client, handle);
	struct multi *m = caller_multi_of(c, call);
	struct co_party_info info;

	if (!(call->vc.flags & CLIENT_VC_F_CLOSING) &&
		co_party_query(c->client.co, party, &info) == CO_STATUS_SUCCESS)
		m->last = (uint32_t)info.client_ctx;
	return client_vc_close(&c->client, &call->vc, handle, party, m->data);
}

/* DROP-2; in a loop, so that a call manager which drops at once costs no stack (ASYNC-8). */
static enum co_status
wind(struct caller *c, uint32_t handle)
{
	const struct call *call = client_at(&c->client, handle);
	const struct multi *m = caller_multi_of(c, call);
	struct co *co = c->client.co;
	struct co_party_info info;
	enum co_status status;
	co_party_t party;

	while (m->n_out == 0) {
		party = co_party_next(co, call->vc.vc, CO_NONE);
		if (co_party_next(co, call->vc.vc, party) == CO_NONE || party == CO_NONE)
			return close_last(c, handle, party);
		if (co_party_query(co, party, &info) != CO_STATUS_SUCCESS)
			return CO_STATUS_FAILURE;
		party_at(c, info.client_ctx)->flags |= PARTY_F_WIND;
		status = drop(c, (uint32_t)info.client_ctx, m->data);
		if (status != CO_STATUS_SUCCESS)
			return status;
	}
	return CO_STATUS_PENDING;
}

enum co_status
caller_wind_down(struct caller *c, uint32_t handle, struct co_data data)
{
	struct call *call = client_at(&c->client, handle);

	call->vc.own |= CALL_F_WINDING;
	caller_multi_of(c, call)->data = data;
	return wind(c, handle);
}

static bool
is_alone(const struct caller *c, const struct call *call)
{
	co_party_t first = co_party_next(c->client.co, call->vc.vc, CO_NONE);

	return co_party_next(c->client.co, call->vc.vc, first) == CO_NONE;
}

/*
 * INDROP-2. It is refused for the last one: then the answer is a close, but not before the drops
 * and adds that are out have ended, since one of those may bring another party back (RACE-14).
 */
static void
answer_drop(struct caller *c, uint32_t handle)
{
	struct call *call = client_at(&c->client, handle);
	struct multi *m = caller_multi_of(c, call);
	uint32_t owed = m->owed;
	enum co_status status;

	m->owed = CP_HANDLE_NONE;
	if (party_at(c, owed) == NULL)
		return;
	status = drop(c, owed, client_no_data);
	if (status == CO_STATUS_SUCCESS || status == CO_STATUS_PENDING)
		return;
	if (m->n_out == 0 && is_alone(c, call))
		caller_end_call(c, call, handle); /* CLOSE-37 */
	else
		m->owed = owed;
}

/* Something about a party of the call has ended, or begun: what has waited for it goes on. */
static void
settle(struct caller *c, uint32_t handle)
{
	const struct call *call = client_at(&c->client, handle);
	const struct multi *m = call != NULL ? caller_multi_of(c, call) : NULL;
	enum co_status status;

	if (m == NULL)
		return;
	if (call->vc.own & CALL_F_WINDING) {
		status = wind(c, handle);
		if (status != CO_STATUS_PENDING && status != CO_STATUS_CLOSING)
			caller_closed(c, handle, status);
	} else if (m->owed != CP_HANDLE_NONE) {
		answer_drop(c, handle);
	}
}

/* ---- Completions. ---- */

static void
added(struct caller *c, uint32_t handle, enum co_status status, co_party_t party, uint8_t cause)
{
	struct party *p = party_at(c, handle);
	uint32_t call = p->call, job = p->job;

	caller_multi_of(c, client_at(&c->client, call))->n_out--;
	cp_pool_put(&c->dials, p->dial);
	p->dial = CP_HANDLE_NONE;
	p->party = party;
	if (status != CO_STATUS_SUCCESS)
		cp_pool_put(&c->parties, handle); /* ADD-6 */
	c->reports->added(c->reports_arg, job, status, cause);
	settle(c, call);
}

/* ADD-4: parameters that the call manager changed are taken; they are the call's own (ADD-3). */
void
caller_on_add_party_complete(void *arg, co_ctx_t party_ctx, enum co_status status, co_party_t party,
	const struct co_call_params *params)
{
	struct caller *c = arg;

	if (party_at(c, party_ctx) != NULL)
		added(c, (uint32_t)party_ctx, status, party, params->cause);
}

static void
dropped(struct caller *c, uint32_t call, uint32_t job, bool waited, enum co_status status)
{
	if (waited)
		c->reports->dropped(c->reports_arg, job, status);
	settle(c, call);
}

/* A refused drop leaves the party where it was (C-6), and the call up, unless it must end. */
static void
not_dropped(struct caller *c, struct party *p, enum co_status status)
{
	bool winding = p->flags & PARTY_F_WIND;

	p->flags = 0;
	if (winding)
		caller_closed(c, p->call, status);
}

void
caller_on_drop_party_complete(void *arg, co_ctx_t party_ctx, enum co_status status)
{
	struct caller *c = arg;
	struct party *p = party_at(c, party_ctx);
	uint32_t call, job;
	bool waited;

	if (p == NULL)
		return;
	call = p->call;
	job = p->job;
	waited = p->flags & PARTY_F_JOB;
	caller_multi_of(c, client_at(&c->client, call))->n_out--;
	if (status == CO_STATUS_INVALID_DATA && (p->flags & PARTY_F_DATA)) {
		c->client.n_without_data++;
		p->flags &= (uint8_t)~PARTY_F_DATA;
		status = drop(c, (uint32_t)party_ctx, client_no_data);
		if (status == CO_STATUS_PENDING)
			return;
	} else if (status == CO_STATUS_SUCCESS) {
		cp_pool_put(&c->parties, (uint32_t)party_ctx);
	}
	if (status != CO_STATUS_SUCCESS)
		not_dropped(c, p, status);
	dropped(c, call, job, waited, status);
}

/* Its data is the network's cause: nothing here depends on why a party has left. */
void
caller_on_incoming_drop_party(
	void *arg, co_ctx_t party_ctx, enum co_status reason, struct co_data data)
{
	struct caller *c = arg;
	const struct party *p = party_at(c, party_ctx);
	struct multi *m;

	(void)reason;
	(void)data;
	if (p == NULL)
		return;
	m = caller_multi_of(c, client_at(&c->client, p->call));
	m->owed = (uint32_t)party_ctx;
	settle(c, p->call);
}

/* ---- Requests. ---- */

static struct co_call_params *
new_party(struct caller *c, uint32_t call, const struct co_address *to, uint32_t *handle)
{
	uint32_t dial = cp_pool_get(&c->dials);
	struct party *p;

	*handle = cp_pool_get(&c->parties);
	p = party_at(c, *handle);
	if (p == NULL || dial == CP_HANDLE_NONE) {
		cp_pool_put(&c->parties, *handle);
		cp_pool_put(&c->dials, dial);
		return NULL;
	}
	p->address = *to;
	p->call = call;
	p->dial = dial;
	return &((struct dial *)cp_pool_of(&c->dials, dial))->params;
}

/* ADD-1; a call that ends takes no more parties. */
static enum co_status
may_add(const struct caller *c, const struct call *call)
{
	if (call == NULL || caller_multi_of(c, call) == NULL)
		return CO_STATUS_FAILURE;
	if ((call->vc.own & (CALL_F_WINDING | CALL_F_MUST_END)) ||
		(call->vc.flags & CLIENT_VC_F_CLOSING))
		return CO_STATUS_CLOSING;
	return CO_STATUS_SUCCESS;
}

enum co_status
caller_add_party(struct caller *c, co_vc_t vc, const struct co_address *to, uint32_t job)
{
	uint32_t call_handle, handle;
	const struct call *call = client_find(&c->client, vc, &call_handle);
	enum co_status status = may_add(c, call);
	struct co_call_params *params;
	co_party_t party = CO_NONE;
	struct multi *m;

	if (status != CO_STATUS_SUCCESS)
		return status;
	params = new_party(c, call_handle, to, &handle);
	if (params == NULL)
		return CO_STATUS_RESOURCES;
	params->called = *to;
	params->media.flags = CO_MEDIA_F_TRANSMIT | CO_MEDIA_F_RECEIVE | CO_MEDIA_F_ROUND_UP;
	party_at(c, handle)->job = job;
	m = caller_multi_of(c, call);
	m->n_out++;
	status = co_cl_add_party(c->client.co, vc, handle, params, &party);
	if (status == CO_STATUS_SUCCESS) {
		added(c, handle, status, party, 0);
	} else if (status != CO_STATUS_PENDING) {
		m->n_out--;
		cp_pool_put(&c->dials, party_at(c, handle)->dial);
		cp_pool_put(&c->parties, handle);
	}
	return status;
}

/* The record of a party of this client's; NULL. */
static struct party *
find_party(const struct caller *c, co_party_t party, struct co_party_info *info)
{
	struct co_vc_info vc;

	if (co_party_query(c->client.co, party, info) != CO_STATUS_SUCCESS ||
		co_vc_query(c->client.co, info->vc, &vc) != CO_STATUS_SUCCESS ||
		vc.client != c->client.protocol)
		return NULL;
	return party_at(c, info->client_ctx);
}

enum co_status
caller_drop_party(struct caller *c, co_party_t party, uint32_t job, struct co_data data)
{
	struct co_party_info info;
	struct party *p = find_party(c, party, &info);
	uint32_t call, handle;
	enum co_status status;

	if (p == NULL || info.state == CO_PARTY_ADDING || info.state == CO_PARTY_DROPPING)
		return CO_STATUS_FAILURE;
	handle = (uint32_t)info.client_ctx;
	call = p->call;
	if (((const struct call *)client_at(&c->client, call))->vc.own & CALL_F_WINDING)
		return CO_STATUS_CLOSING;
	p->job = job;
	p->flags |= PARTY_F_JOB;
	status = drop(c, handle, data);
	if (status == CO_STATUS_SUCCESS)
		dropped(c, call, job, true, status);
	else if (status != CO_STATUS_PENDING)
		p->flags &= (uint8_t)~PARTY_F_JOB;
	return status;
}

enum co_status
caller_party_query(const struct caller *c, co_party_t party, struct caller_party_info *out)
{
	struct co_party_info info;
	const struct party *p = find_party(c, party, &info);

	if (p == NULL)
		return CO_STATUS_FAILURE;
	*out = (struct caller_party_info){
		.vc = info.vc, .state = info.state, .address = p->address
	};
	return CO_STATUS_SUCCESS;
}
