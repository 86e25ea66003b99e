/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>

#include "queue_priv.h"

/*
 * Parties of a point-to-multipoint call: contract 2.4, 4.7, 4.8, 4.11. All of them share the order
 * of handlers of their VC (ASYNC-9): what waits to be told of a party stands in a list of the VC,
 * and one code in the VC's queue stands for a run of that list, so that the order among events of
 * parties and events of the VC is kept whatever their number.
 */

/* ---- Lists of what waits. A place is the party's index and the event, never 0. ---- */

#define PLACE_EVENT_BITS 3
static_assert(CO_PE_COUNT <= 1 << PLACE_EVENT_BITS, "events of a place");
static_assert(CP_HANDLE_IDX_BITS + PLACE_EVENT_BITS < 32, "places of all parties");

static uint32_t
place_of(co_party_t party, enum co_party_event event)
{
	return (cp_handle_idx(party) << PLACE_EVENT_BITS | event) + 1;
}

static enum co_party_event
event_at(uint32_t place)
{
	return (enum co_party_event)((place - 1) & ((1u << PLACE_EVENT_BITS) - 1));
}

static co_party_t
party_at(const struct co *co, uint32_t place)
{
	return cp_pool_handle_of(&co->parties, (place - 1) >> PLACE_EVENT_BITS);
}

static struct co_party_link *
link_at(const struct co *co, uint32_t place)
{
	struct co_party *p =
		(struct co_party *)co->parties.records + ((place - 1) >> PLACE_EVENT_BITS);

	return &p->links[event_at(place)];
}

/* @p joins_run: the code for the run that the list ends with is the last of the VC's queue. */
static void
list_append(const struct co *co, struct co_party_list *list, uint32_t place, bool joins_run)
{
	*link_at(co, place) = (struct co_party_link){
		.prev = list->tail,
		.queued = true,
		.ends_run = true,
	};
	if (list->tail == 0) {
		list->head = place;
	} else {
		link_at(co, list->tail)->next = place;
		if (joins_run)
			link_at(co, list->tail)->ends_run = false;
	}
	list->tail = place;
}

static void
list_remove(const struct co *co, struct co_party_list *list, uint32_t place)
{
	struct co_party_link *link = link_at(co, place);

	if (link->prev != 0)
		link_at(co, link->prev)->next = link->next;
	else
		list->head = link->next;
	if (link->next != 0)
		link_at(co, link->next)->prev = link->prev;
	else
		list->tail = link->prev;
	*link = (struct co_party_link){ 0 };
}

/* Whether @p place is all of its run. */
static bool
is_whole_run(const struct co *co, uint32_t place)
{
	const struct co_party_link *link = link_at(co, place);

	return link->ends_run && (link->prev == 0 || link_at(co, link->prev)->ends_run);
}

static uint32_t
n_runs_before(const struct co *co, uint32_t place)
{
	uint32_t n = 0;

	for (place = link_at(co, place)->prev; place != 0; place = link_at(co, place)->prev)
		n += link_at(co, place)->ends_run;
	return n;
}

static void
raise_to_client(struct co *co, struct co_party *p, co_party_t party, enum co_party_event event)
{
	struct co_vc_hot *v = cp_pool_of(&co->vcs, p->vc);
	bool joins = co_client_ends_with_party(v);

	co_multi_of(co, p->vc)->n_untold += event != CO_PE_INCOMING_DROP;
	list_append(co, &co_multi_of(co, p->vc)->to_client, place_of(party, event), joins);
	if (!joins)
		co_client_append(v, CO_CE_PARTY);
}

static void
raise_to_cm(struct co *co, struct co_party *p, co_party_t party, enum co_party_event event)
{
	struct co_vc_hot *v = cp_pool_of(&co->vcs, p->vc);
	bool joins = co_cm_ends_with_party(v);

	list_append(co, &co_multi_of(co, p->vc)->to_cm, place_of(party, event), joins);
	if (!joins)
		co_cm_append(v, CO_ME_PARTY);
}

/* An event that shall not be told; its run's code goes when nothing else is in the run. */
static void
unqueue(struct co *co, struct co_party *p, co_party_t party, enum co_party_event event)
{
	struct co_vc_hot *v = cp_pool_of(&co->vcs, p->vc);
	struct co_multi *m = co_multi_of(co, p->vc);
	bool to_cm = event == CO_PE_ADD || event == CO_PE_DROP;
	uint32_t place = place_of(party, event);
	struct co_party_link *link = link_at(co, place);

	if (is_whole_run(co, place)) {
		if (to_cm)
			co_cm_remove_party(v, n_runs_before(co, place));
		else
			co_client_remove_party(v, n_runs_before(co, place));
	} else if (link->ends_run) {
		link_at(co, link->prev)->ends_run = true;
	}
	list_remove(co, to_cm ? &m->to_cm : &m->to_client, place);
}

static bool
is_queued(const struct co_party *p, enum co_party_event event)
{
	return p->links[event].queued;
}

/* Takes the first of a list; its run's code goes with the last of the run. */
static uint32_t
take_first(const struct co *co, struct co_party_list *list, bool *ends_run)
{
	uint32_t place = list->head;

	*ends_run = link_at(co, place)->ends_run;
	list_remove(co, list, place);
	return place;
}

/* ---- Records. ---- */

/* A party that its client may still name, or NULL and counted (OBJ-8). */
static struct co_party *
live_party(struct co *co, co_party_t party)
{
	struct co_party *p = cp_pool_at(&co->parties, party);

	if (p != NULL && !(p->flags & CO_PARTY_F_VOID))
		return p;
	co->n_stale++;
	return NULL;
}

static struct co_party *
party_new(struct co *co, co_vc_t vc, struct co_multi *m, co_ctx_t client_ctx, co_party_t *party)
{
	co_party_t handle = cp_pool_get(&co->parties);
	struct co_party *p = cp_pool_at(&co->parties, handle), *last;

	if (p == NULL)
		return NULL;
	p->client_ctx = client_ctx;
	p->vc = vc;
	p->prev = m->last;
	last = cp_pool_at(&co->parties, m->last);
	if (last != NULL)
		last->next = handle;
	else
		m->first = handle;
	m->last = handle;
	m->n_parties++;
	m->n_adding++;
	*party = handle;
	return p;
}

static void
party_free(struct co *co, co_party_t party)
{
	struct co_party *p = cp_pool_at(&co->parties, party), *other;
	struct co_multi *m = co_multi_of(co, p->vc);

	other = cp_pool_at(&co->parties, p->prev);
	if (other != NULL)
		other->next = p->next;
	else
		m->first = p->next;
	other = cp_pool_at(&co->parties, p->next);
	if (other != NULL)
		other->prev = p->prev;
	else
		m->last = p->prev;
	cp_pool_put(&co->close_data, p->drop_data);
	cp_pool_put(&co->parties, party);
}

/* Dead to client and call manager; the record stays while something of it is to be told. */
static void
party_void(struct co_multi *m, struct co_party *p)
{
	p->flags |= CO_PARTY_F_VOID;
	m->n_parties--;
}

enum co_status
co_party_begin(struct co *co, co_vc_t vc, co_ctx_t client_ctx, co_party_t *party)
{
	struct co_vc_hot *v = cp_pool_at(&co->vcs, vc);
	uint32_t multi = cp_pool_get(&co->multis);
	struct co_multi *m = cp_pool_at(&co->multis, multi);

	if (m == NULL || party_new(co, vc, m, client_ctx, party) == NULL) {
		cp_pool_put(&co->multis, multi);
		return CO_STATUS_RESOURCES;
	}
	co_vc_cold(co, vc)->multi = multi;
	v->flags |= CO_VC_F_MULTIPOINT;
	return CO_STATUS_SUCCESS;
}

void
co_party_end(struct co *co, co_vc_t vc)
{
	struct co_vc_hot *v = cp_pool_at(&co->vcs, vc);
	struct co_vc_cold *cold = co_vc_cold(co, vc);
	struct co_multi *m = co_multi_of(co, vc);
	co_party_t party, next;

	v->flags &= ~CO_VC_F_MULTIPOINT;
	if (m == NULL)
		return;
	for (party = m->first; party != CO_NONE; party = next) {
		next = ((struct co_party *)cp_pool_at(&co->parties, party))->next;
		party_free(co, party);
	}
	co_client_unqueue(v, CO_CE_PARTY);
	cp_pool_put(&co->multis, cold->multi);
	cold->multi = CP_HANDLE_NONE;
}

/* ---- The first party, and the last: make_call and close_call. ---- */

co_party_t
co_party_first(const struct co *co, co_vc_t vc)
{
	const struct co_multi *m = co_multi_of(co, vc);

	return m != NULL ? m->first : CO_NONE;
}

co_ctx_t *
co_party_cm_ctx(const struct co *co, co_party_t party)
{
	return &((struct co_party *)cp_pool_at(&co->parties, party))->cm_ctx;
}

static void
joined(struct co_multi *m, struct co_party *p)
{
	p->state = CO_PARTY_JOINED;
	m->n_joined++;
}

void
co_party_made(struct co *co, co_vc_t vc, enum co_status status)
{
	struct co_multi *m = co_multi_of(co, vc);

	if (m == NULL)
		return;
	if (status != CO_STATUS_SUCCESS) {
		co_party_end(co, vc); /* MAKE-8 */
		return;
	}
	m->n_adding--;
	joined(m, cp_pool_at(&co->parties, m->first));
}

bool
co_party_belongs(const struct co *co, co_vc_t vc, co_party_t party)
{
	const struct co_party *p = cp_pool_at(&co->parties, party);

	return p != NULL && p->vc == vc && !(p->flags & CO_PARTY_F_VOID);
}

/* CLOSE-4, RACE-10, RACE-11: also with a completion that the client has not been told. */
bool
co_party_is_alone(const struct co *co, co_vc_t vc)
{
	const struct co_multi *m = co_multi_of(co, vc);

	return m == NULL ||
	       (m->n_joined == 1 && m->n_adding == 0 && m->n_dropping == 0 && m->n_untold == 0);
}

void
co_party_close(struct co *co, co_vc_t vc, co_party_t party)
{
	struct co_multi *m = co_multi_of(co, vc);
	struct co_party *p = cp_pool_at(&co->parties, party);

	if (m == NULL)
		return;
	if (is_queued(p, CO_PE_INCOMING_DROP)) /* CLOSE-37: this close answers it */
		unqueue(co, p, party, CO_PE_INCOMING_DROP);
	p->state = CO_PARTY_LAST;
	m->closing = party;
}

void
co_party_close_failed(struct co *co, co_vc_t vc)
{
	const struct co_multi *m = co_multi_of(co, vc);

	if (m != NULL)
		((struct co_party *)cp_pool_at(&co->parties, m->closing))->state = CO_PARTY_JOINED;
}

co_ctx_t
co_party_closing_client_ctx(const struct co *co, co_vc_t vc)
{
	const struct co_multi *m = co_multi_of(co, vc);
	const struct co_party *p = m != NULL ? cp_pool_at(&co->parties, m->closing) : NULL;

	return p != NULL ? p->client_ctx : 0;
}

co_ctx_t
co_party_closing_cm_ctx(const struct co *co, co_vc_t vc)
{
	const struct co_multi *m = co_multi_of(co, vc);
	const struct co_party *p = m != NULL ? cp_pool_at(&co->parties, m->closing) : NULL;

	return p != NULL ? p->cm_ctx : 0;
}

bool
co_party_is_pending(const struct co *co, co_vc_t vc)
{
	const struct co_multi *m = co_multi_of(co, vc);

	return m != NULL && (m->n_adding > 0 || m->n_dropping > 0);
}

/* ---- Adding: contract 4.7. ---- */

static void
add_ended(struct co *co, struct co_party *p, enum co_status status)
{
	struct co_multi *m = co_multi_of(co, p->vc);

	p->flags &= (uint8_t)~CO_PARTY_F_OUT;
	p->status = (uint8_t)status;
	m->n_adding--;
	if (status == CO_STATUS_SUCCESS)
		joined(m, p);
	else
		party_void(m, p); /* ADD-6 */
}

/* Runs the call manager's add_party; its final status, or PENDING. */
static enum co_status
run_add(struct co *co, co_party_t party, struct co_party *p)
{
	struct co_vc_hot *v = cp_pool_of(&co->vcs, p->vc);
	const struct co_af *af = co_call_af(co, v);
	co_vc_t vc = p->vc;
	enum co_status status;

	p->flags |= CO_PARTY_F_OUT;
	co_cm_enter(v);
	status = af->cm_ops->add_party(af->cm, v->cm_ctx, p->params, party, &p->cm_ctx);
	co_cm_leave(co, vc, v);
	if (status == CO_STATUS_PENDING)
		return status;
	p = cp_pool_at(&co->parties, party);
	if (p == NULL || !(p->flags & CO_PARTY_F_OUT)) { /* completed, and then answered as well */
		co->n_unexpected++;
		return CO_STATUS_PENDING;
	}
	if (status == CO_STATUS_SUCCESS && p->cm_ctx == 0) { /* ADD-2 */
		co->n_unexpected++;
		status = CO_STATUS_FAILURE;
	}
	add_ended(co, p, status);
	return status;
}

static bool
may_add(const struct co_vc_hot *v)
{
	return (v->flags & CO_VC_F_MULTIPOINT) && !(v->flags & CO_VC_F_CLOSE_DEFERRED) &&
	       co_call_may(v, CO_CALL_EV_ADD) == CO_STATUS_SUCCESS &&
	       !co_client_queued(v, CO_CE_MAKE_COMPLETE) &&
	       !co_client_queued(v, CO_CE_CLOSE_COMPLETE);
}

enum co_status
co_cl_add_party(struct co *co, co_vc_t vc, co_ctx_t party_ctx, struct co_call_params *params,
	co_party_t *party)
{
	struct co_vc_hot *v = co_vc_at(co, vc);
	enum co_status status;
	struct co_party *p;

	if (v == NULL)
		return CO_STATUS_FAILURE;
	if (!may_add(v))
		return co_illegal(co, CO_STATUS_FAILURE);
	if (party_ctx == 0)
		return co_illegal(co, CO_STATUS_INVALID_DATA);
	p = party_new(co, vc, co_multi_of(co, vc), party_ctx, party);
	if (p == NULL)
		return CO_STATUS_RESOURCES;
	p->params = params;
	if (co_cm_must_wait(v)) {
		raise_to_cm(co, p, *party, CO_PE_ADD);
		co_vc_serve(co, vc, v);
		return CO_STATUS_PENDING;
	}
	status = run_add(co, *party, p);
	if (status != CO_STATUS_PENDING && status != CO_STATUS_SUCCESS) {
		party_free(co, *party);
		*party = CO_NONE;
	}
	co_vc_serve(co, vc, v);
	return status;
}

/* The party and its VC, for a call manager of that family; else why not. */
static enum co_status
party_of_family(struct co *co, co_party_t party, enum co_family family, struct co_party **p)
{
	*p = live_party(co, party);
	if (*p == NULL)
		return CO_STATUS_FAILURE;
	return co_family_check(co, cp_pool_of(&co->vcs, (*p)->vc), family);
}

static enum co_status
add_party_complete(struct co *co, co_party_t party, enum co_status status,
	const struct co_call_params *params, enum co_family family)
{
	struct co_party *p;
	enum co_status allowed = party_of_family(co, party, family, &p);
	struct co_vc_hot *v;

	if (allowed != CO_STATUS_SUCCESS)
		return allowed;
	if (!(p->flags & CO_PARTY_F_OUT) || p->state != CO_PARTY_ADDING ||
		status == CO_STATUS_PENDING ||
		(status == CO_STATUS_SUCCESS && p->cm_ctx == 0)) { /* ASYNC-3, ASYNC-5, ADD-2 */
		co->n_unexpected++;
		return CO_STATUS_NOT_ACCEPTED;
	}
	v = cp_pool_of(&co->vcs, p->vc);
	co_params_keep(co, p->params, params, co_client_must_wait(co, v));
	add_ended(co, p, status);
	raise_to_client(co, p, party, CO_PE_ADD_COMPLETE);
	co_vc_serve(co, p->vc, v);
	return CO_STATUS_SUCCESS;
}

enum co_status
co_cm_add_party_complete(
	struct co *co, co_party_t party, enum co_status status, const struct co_call_params *params)
{
	return add_party_complete(co, party, status, params, CO_FAMILY_CM);
}

enum co_status
co_mcm_add_party_complete(
	struct co *co, co_party_t party, enum co_status status, const struct co_call_params *params)
{
	return add_party_complete(co, party, status, params, CO_FAMILY_MCM);
}

/* ---- Dropping: contract 4.8. ---- */

static void
drop_ended(struct co *co, struct co_party *p, enum co_status status)
{
	struct co_multi *m = co_multi_of(co, p->vc);

	p->flags &= (uint8_t)~CO_PARTY_F_OUT;
	p->status = (uint8_t)status;
	m->n_dropping--;
	if (status == CO_STATUS_SUCCESS)
		party_void(m, p);
	else
		joined(m, p); /* C-6 */
}

/*
 * The completion; after a drop that was refused also what it had hidden, as RACE-3 has it for a
 * call: the client answers that with another drop.
 */
static void
raise_dropped(struct co *co, struct co_party *p, co_party_t party)
{
	raise_to_client(co, p, party, CO_PE_DROP_COMPLETE);
	if ((p->flags & (CO_PARTY_F_HIDDEN | CO_PARTY_F_VOID)) != CO_PARTY_F_HIDDEN)
		return;
	p->flags &= (uint8_t)~CO_PARTY_F_HIDDEN;
	p->state = CO_PARTY_DROP_IND;
	raise_to_client(co, p, party, CO_PE_INCOMING_DROP);
}

/* Runs the call manager's drop_party; its final status, or PENDING. */
static enum co_status
run_drop(struct co *co, co_party_t party, struct co_party *p)
{
	struct co_vc_hot *v = cp_pool_of(&co->vcs, p->vc);
	const struct co_af *af = co_call_af(co, v);
	struct co_data data = { p->drop_octets, p->drop_size };
	co_vc_t vc = p->vc;
	enum co_status status;

	p->flags |= CO_PARTY_F_OUT;
	co_cm_enter(v);
	status = af->cm_ops->drop_party(af->cm, p->cm_ctx, data);
	co_cm_leave(co, vc, v);
	if (status == CO_STATUS_PENDING)
		return status;
	p = cp_pool_at(&co->parties, party);
	if (p == NULL || !(p->flags & CO_PARTY_F_OUT)) {
		co->n_unexpected++;
		return CO_STATUS_PENDING;
	}
	drop_ended(co, p, status);
	if ((p->flags & (CO_PARTY_F_HIDDEN | CO_PARTY_F_VOID)) != CO_PARTY_F_HIDDEN)
		return status;
	raise_dropped(co, p, party); /* so that the order holds here too */
	return CO_STATUS_PENDING;
}

/* DROP-5, 2.6; before the client is told of its joining, or of a refusal, it is not its to drop. */
static bool
may_drop(const struct co *co, const struct co_party *p)
{
	const struct co_vc_hot *v = cp_pool_of(&co->vcs, p->vc);

	return (p->state == CO_PARTY_JOINED || p->state == CO_PARTY_DROP_IND) &&
	       co_call_may(v, CO_CALL_EV_DROP) == CO_STATUS_SUCCESS &&
	       !co_client_queued(v, CO_CE_CLOSE_COMPLETE) && !is_queued(p, CO_PE_ADD_COMPLETE) &&
	       !is_queued(p, CO_PE_DROP_COMPLETE) && co_multi_of(co, p->vc)->n_joined > 1;
}

enum co_status
co_cl_drop_party(struct co *co, co_party_t party, struct co_data data)
{
	struct co_party *p = live_party(co, party);
	enum co_status status;
	struct co_vc_hot *v;
	struct co_multi *m;
	co_vc_t vc;

	if (p == NULL)
		return CO_STATUS_FAILURE;
	vc = p->vc;
	v = cp_pool_of(&co->vcs, vc);
	if ((data.size == 0) != (data.octets == NULL)) /* as CLOSE-13 */
		return co_illegal(co, CO_STATUS_INVALID_DATA);
	if (!may_drop(co, p))
		return co_illegal(co, CO_STATUS_FAILURE);
	if (is_queued(p, CO_PE_INCOMING_DROP)) { /* RACE-13: this drop answers it */
		unqueue(co, p, party, CO_PE_INCOMING_DROP);
		p->flags |= CO_PARTY_F_HIDDEN;
	}
	m = co_multi_of(co, vc);
	m->n_joined--;
	m->n_dropping++;
	p->state = CO_PARTY_DROPPING;
	p->drop_octets = data.octets;
	p->drop_size = data.size;
	if (co_cm_must_wait(v)) {
		raise_to_cm(co, p, party, CO_PE_DROP);
		co_vc_serve(co, vc, v);
		return CO_STATUS_PENDING;
	}
	status = run_drop(co, party, p);
	if (status == CO_STATUS_SUCCESS)
		party_free(co, party);
	co_vc_serve(co, vc, v);
	return status;
}

static enum co_status
drop_party_complete(struct co *co, co_party_t party, enum co_status status, enum co_family family)
{
	struct co_party *p;
	enum co_status allowed = party_of_family(co, party, family, &p);

	if (allowed != CO_STATUS_SUCCESS)
		return allowed;
	if (!(p->flags & CO_PARTY_F_OUT) || p->state != CO_PARTY_DROPPING ||
		status == CO_STATUS_PENDING) {
		co->n_unexpected++;
		return CO_STATUS_NOT_ACCEPTED;
	}
	drop_ended(co, p, status);
	raise_dropped(co, p, party);
	co_vc_serve(co, p->vc, cp_pool_of(&co->vcs, p->vc));
	return CO_STATUS_SUCCESS;
}

enum co_status
co_cm_drop_party_complete(struct co *co, co_party_t party, enum co_status status)
{
	return drop_party_complete(co, party, status, CO_FAMILY_CM);
}

enum co_status
co_mcm_drop_party_complete(struct co *co, co_party_t party, enum co_status status)
{
	return drop_party_complete(co, party, status, CO_FAMILY_MCM);
}

/* ---- An incoming drop: contract 4.11. ---- */

/* RACE-13: the client drops it already and is not told, unless its drop is refused. */
static enum co_status
hide_drop(struct co *co, struct co_party *p, enum co_status reason, struct co_data data)
{
	if (p->flags & CO_PARTY_F_HIDDEN)
		return co_illegal(co, CO_STATUS_NOT_ACCEPTED); /* it is the second one */
	p->flags |= CO_PARTY_F_HIDDEN;
	p->reason = (uint8_t)reason;
	co_data_keep(co, &p->drop_data, data);
	return CO_STATUS_SUCCESS;
}

/* INCLOSE-15, RACE-14: one that is being dropped is still another one. */
static bool
may_leave(const struct co *co, const struct co_party *p)
{
	const struct co_multi *m = co_multi_of(co, p->vc);

	return p->state == CO_PARTY_JOINED && m->n_joined + m->n_dropping > 1;
}

static void
tell_left(struct co *co, struct co_party *p, enum co_status reason, struct co_data data)
{
	const struct co_af *af = co_call_af(co, cp_pool_of(&co->vcs, p->vc));

	af->client_ops->incoming_drop_party(af->client, p->client_ctx, reason, data);
}

static enum co_status
dispatch_incoming_drop(struct co *co, co_party_t party, enum co_status reason, struct co_data data,
	enum co_family family)
{
	struct co_party *p;
	enum co_status status = party_of_family(co, party, family, &p);
	struct co_vc_hot *v;
	co_vc_t vc;

	if (status != CO_STATUS_SUCCESS)
		return status;
	vc = p->vc;
	v = cp_pool_of(&co->vcs, vc);
	if (p->state == CO_PARTY_DROPPING)
		return hide_drop(co, p, reason, data);
	status = co_call_may(v, CO_CALL_EV_INCOMING_DROP);
	if (status != CO_STATUS_SUCCESS || !may_leave(co, p))
		return co_illegal(co, CO_STATUS_NOT_ACCEPTED);
	p->state = CO_PARTY_DROP_IND;
	p->reason = (uint8_t)reason;
	if (co_client_must_wait(co, v)) {
		co_data_keep(co, &p->drop_data, data);
		raise_to_client(co, p, party, CO_PE_INCOMING_DROP);
		co_vc_serve(co, vc, v);
		return CO_STATUS_SUCCESS;
	}
	co_client_enter(co, v);
	tell_left(co, p, reason, data);
	co_client_leave(co, vc, v);
	return CO_STATUS_SUCCESS;
}

enum co_status
co_cm_dispatch_incoming_drop_party(
	struct co *co, co_party_t party, enum co_status reason, struct co_data data)
{
	return dispatch_incoming_drop(co, party, reason, data, CO_FAMILY_CM);
}

enum co_status
co_mcm_dispatch_incoming_drop_party(
	struct co *co, co_party_t party, enum co_status reason, struct co_data data)
{
	return dispatch_incoming_drop(co, party, reason, data, CO_FAMILY_MCM);
}

/* ---- What the queues deliver. ---- */

static void
tell_added(struct co *co, co_party_t party, struct co_party *p)
{
	const struct co_af *af = co_call_af(co, cp_pool_of(&co->vcs, p->vc));
	const struct co_call_params *params = p->params;
	enum co_status status = (enum co_status)p->status;
	co_ctx_t ctx = p->client_ctx;

	co_multi_of(co, p->vc)->n_untold--;
	if (p->flags & CO_PARTY_F_VOID) {
		party_free(co, party);
		party = CO_NONE;
	}
	af->client_ops->add_party_complete(af->client, ctx, status, party, params);
}

static void
tell_dropped(struct co *co, co_party_t party, struct co_party *p)
{
	const struct co_af *af = co_call_af(co, cp_pool_of(&co->vcs, p->vc));
	enum co_status status = (enum co_status)p->status;
	co_ctx_t ctx = p->client_ctx;

	co_multi_of(co, p->vc)->n_untold--;
	if (p->flags & CO_PARTY_F_VOID)
		party_free(co, party);
	af->client_ops->drop_party_complete(af->client, ctx, status);
}

void
co_party_tell_client(struct co *co, co_vc_t vc)
{
	uint8_t octets[CO_CLOSE_DATA_MAX];
	struct co_party *p;
	co_party_t party;
	uint32_t place;
	bool ends_run;

	place = take_first(co, &co_multi_of(co, vc)->to_client, &ends_run);
	if (ends_run)
		co_client_shift(cp_pool_of(&co->vcs, vc));
	party = party_at(co, place);
	p = cp_pool_at(&co->parties, party);
	switch (event_at(place)) {
	case CO_PE_ADD_COMPLETE:
		tell_added(co, party, p);
		break;
	case CO_PE_INCOMING_DROP:
		tell_left(
			co, p, (enum co_status)p->reason, co_data_take(co, &p->drop_data, octets));
		break;
	default:
		tell_dropped(co, party, p);
		break;
	}
}

void
co_party_deliver_to_cm(struct co *co, co_vc_t vc)
{
	struct co_party *p;
	enum co_status status;
	co_party_t party;
	uint32_t place;
	bool ends_run;

	place = take_first(co, &co_multi_of(co, vc)->to_cm, &ends_run);
	if (ends_run)
		co_cm_shift(cp_pool_of(&co->vcs, vc));
	party = party_at(co, place);
	p = cp_pool_at(&co->parties, party);
	if (event_at(place) == CO_PE_ADD) {
		status = run_add(co, party, p);
		if (status != CO_STATUS_PENDING)
			raise_to_client(co, p, party, CO_PE_ADD_COMPLETE);
		return;
	}
	status = run_drop(co, party, p);
	if (status != CO_STATUS_PENDING)
		raise_dropped(co, p, party);
}

/* RACE-12: the call manager cannot complete what it has not heard of. */
void
co_party_abort_queued(struct co *co, co_vc_t vc, struct co_vc_hot *v)
{
	struct co_multi *m = co_multi_of(co, vc);
	struct co_party *p;
	co_party_t party;
	uint32_t place;
	bool ends_run;

	if (m == NULL)
		return;
	co_cm_unqueue(v, CO_ME_PARTY);
	while (m->to_cm.head != 0) {
		place = take_first(co, &m->to_cm, &ends_run);
		party = party_at(co, place);
		p = cp_pool_at(&co->parties, party);
		if (event_at(place) == CO_PE_ADD) {
			add_ended(co, p, CO_STATUS_REQUEST_ABORTED);
			raise_to_client(co, p, party, CO_PE_ADD_COMPLETE);
		} else {
			drop_ended(co, p, CO_STATUS_REQUEST_ABORTED);
			raise_dropped(co, p, party);
		}
	}
}

/* ---- Looking. ---- */

enum co_status
co_party_query(const struct co *co, co_party_t party, struct co_party_info *info)
{
	const struct co_party *p = cp_pool_at(&co->parties, party);

	if (p == NULL || (p->flags & CO_PARTY_F_VOID))
		return CO_STATUS_FAILURE;
	*info = (struct co_party_info){
		.party = party,
		.vc = p->vc,
		.state = (enum co_party_state)p->state,
		.client_ctx = p->client_ctx,
		.cm_ctx = p->cm_ctx,
	};
	return CO_STATUS_SUCCESS;
}

co_party_t
co_party_next(const struct co *co, co_vc_t vc, co_party_t after)
{
	const struct co_multi *m = cp_pool_at(&co->vcs, vc) != NULL ? co_multi_of(co, vc) : NULL;
	const struct co_party *p = cp_pool_at(&co->parties, after);
	co_party_t party = CO_NONE;

	if (m == NULL || (after != CO_NONE && p == NULL))
		return CO_NONE;
	for (party = after == CO_NONE ? m->first : p->next; party != CO_NONE; party = p->next) {
		p = cp_pool_at(&co->parties, party);
		if (!(p->flags & CO_PARTY_F_VOID))
			break;
	}
	return party;
}
