/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "model_priv.h"

/*
 * The handlers of the model's parties. At its door each is checked: it is about something that
 * lives (OBJ-8), its party is in no other handler about the VC (ASYNC-9), and it is the next that
 * the reference has for that party. Inside anything may be done. What it answers goes to the
 * reference as well.
 */

/* ---- At the door. ---- */

struct mvc *
model_find_vc(struct model *m, co_ctx_t ctx, const char *who)
{
	uint32_t slot = (uint32_t)(ctx & 0xff) - 1;
	struct mvc *v;

	EXPECT(m, slot < N_SLOTS, "%s has a context that is nobody's", who);
	v = &m->slots[slot];
	EXPECT(m, v->life == ctx >> 8 && (v->alive || v->unsettled),
		"%s is about a VC that has gone (slot %u)", who, slot);
	return v;
}

static struct mvc *
find_party(struct model *m, co_ctx_t ctx, const char *who, int *party)
{
	uint32_t slot = (uint32_t)(ctx & 0xff) - 1, i = (uint32_t)(ctx >> 8 & 0xff);
	struct mvc *v;

	EXPECT(m, slot < N_SLOTS && i < N_PARTIES, "%s has a context that is nobody's", who);
	v = &m->slots[slot];
	EXPECT(m, v->alive && v->parties[i].used && v->parties[i].serial == (ctx & ~CM_MARK) >> 16,
		"%s is about a party that has gone (slot %u, party %u)", who, slot, i);
	*party = (int)i;
	return v;
}

static struct event
enter(struct model *m, struct mvc *v, enum event_kind kind, int party)
{
	bool cm = kind >= EV_MAKE;
	struct queue *q = cm ? &v->cm : &v->client;
	bool *busy = cm ? &v->cm_busy : &v->client_busy;
	struct event e;

	EXPECT(m, !v->unsettled, "%s about a VC that is being made or deleted", event_name(kind));
	EXPECT(m, !*busy, "%s inside another handler of its party about slot %u (ASYNC-9)",
		event_name(kind), slot_index(m, v));
	EXPECT(m, q->n > 0, "%s about slot %u, of which nothing is to be told", event_name(kind),
		slot_index(m, v));
	e = q->events[0];
	EXPECT(m, e.kind == kind && (party < 0 || e.party == party),
		"%s (party %d) about slot %u where %s (party %d) is next", event_name(kind), party,
		slot_index(m, v), event_name(e.kind), e.party);
	if (v->by_client && (kind == EV_MADE || kind == EV_CLOSED))
		EXPECT(m, !v->cm_busy, "%s inside the call manager's handler",
			event_name(kind)); /* CLOSE-23 */
	q->n--;
	memmove(&q->events[0], &q->events[1], q->n * sizeof(q->events[0]));
	*busy = true;
	if (e.frame != NULL)
		e.frame->ran = true;
	model_say(m, "> %s slot %u party %d", event_name(kind), slot_index(m, v), e.party);
	m->nesting++;
	m->stats->n_handlers++;
	if (m->nesting > m->stats->max_nesting)
		m->stats->max_nesting = m->nesting;
	return e;
}

/* Something else happens inside; true: the VC is still there. */
static bool
stay(struct model *m, struct mvc *v)
{
	uint32_t life = v->life, outer = m->here;

	m->here = slot_index(m, v);
	model_meanwhile(m);
	m->here = outer;
	m->nesting--;
	return v->life == life && v->alive;
}

static void
leave(struct mvc *v, enum event_kind kind)
{
	if (kind >= EV_MAKE)
		v->cm_busy = false;
	else
		v->client_busy = false;
}

static bool
visit(struct model *m, struct mvc *v, enum event_kind kind)
{
	if (!stay(m, v))
		return false;
	leave(v, kind);
	return true;
}

static void
check_data(struct model *m, struct co_data data, struct mdata expected, const char *who)
{
	uint32_t i;

	EXPECT(m, data.size == expected.size, "%s has %u octets of data, not %u", who, data.size,
		expected.size);
	for (i = 0; i < data.size; i++)
		EXPECT(m, data.octets[i] == expected.fill, "%s has other data", who);
}

static void
check_status(struct model *m, enum co_status status, enum co_status expected, const char *who)
{
	EXPECT(m, status == expected, "%s has %s, not %s", who, co_status_name(status),
		co_status_name(expected));
}

/* Can be read, whoever's memory it is. */
static void
check_params(struct model *m, const struct co_call_params *params,
	const struct co_call_params *expected, const char *who)
{
	volatile uint8_t sum = 0;
	uint32_t i;

	EXPECT(m, params == expected, "%s has other parameters than were given", who);
	for (i = 0; i < params->elements_size; i++)
		sum = (uint8_t)(sum + params->elements[i]);
}

/* ---- The client: calls. ---- */

void
model_cl_made(void *arg, co_ctx_t ctx, enum co_status status, const struct co_call_params *params)
{
	struct model *m = arg;
	struct mvc *v = model_find_vc(m, ctx, "make_call_complete");
	struct event e = enter(m, v, EV_MADE, -1);

	check_status(m, status, e.status, "make_call_complete");
	check_params(m, params, &v->params, "make_call_complete");
	if (visit(m, v, EV_MADE))
		ref_after_made(m, v);
}

void
model_cl_closed(void *arg, co_ctx_t ctx, co_ctx_t last, enum co_status status)
{
	struct model *m = arg;
	struct mvc *v = model_find_vc(m, ctx, "close_call_complete");
	struct event e = enter(m, v, EV_CLOSED, -1);
	co_ctx_t expected = v->multi ? party_ctx(m, v, &v->parties[v->closing]) : 0;

	check_status(m, status, e.status, "close_call_complete");
	EXPECT(m, last == expected, "close_call_complete has the party context %#lx, not %#lx",
		(unsigned long)last, (unsigned long)expected); /* CLOSE-16 */
	if (v->multi && ref_is_over(v))
		ref_parties_end(m, v);
	visit(m, v, EV_CLOSED);
}

void
model_cl_connected(void *arg, co_ctx_t ctx)
{
	struct mvc *v = model_find_vc(arg, ctx, "call_connected");

	enter(arg, v, EV_CONNECTED, -1);
	visit(arg, v, EV_CONNECTED);
}

void
model_cl_incoming_close(void *arg, co_ctx_t ctx, enum co_status reason, struct co_data data)
{
	struct model *m = arg;
	struct mvc *v = model_find_vc(m, ctx, "incoming_close_call");
	struct event e = enter(m, v, EV_INCOMING_CLOSE, -1);

	check_status(m, reason, e.status, "incoming_close_call");
	check_data(m, data, e.data, "incoming_close_call");
	if (e.frame == NULL)
		v->data = (struct mdata){ 0 };
	visit(m, v, EV_INCOMING_CLOSE);
	check_data(m, data, e.data, "incoming_close_call at its end"); /* ASYNC-11 */
}

enum co_status
model_cl_offer(void *arg, co_ctx_t sap_ctx, co_ctx_t ctx, struct co_call_params *params)
{
	struct model *m = arg;
	struct mvc *v = model_find_vc(m, ctx, "incoming_call");
	struct event e = enter(m, v, EV_OFFER, -1);
	enum co_status answer = any_answer(m), result;

	EXPECT(m, sap_ctx >= 1 && sap_ctx <= N_SAPS, "incoming_call has a SAP that is nobody's");
	check_params(m, params, &v->params, "incoming_call");
	v->in_offer = true;
	stay(m, v);
	v->in_offer = false;
	result = v->answered ? v->answer : answer;
	v->answered = false;
	leave(v, EV_OFFER);
	if (v->call != CO_CALL_OFFERED || ref_queued(v, EV_OFFER)) {
		result = CO_STATUS_CLOSING; /* withdrawn */
	} else if (result != CO_STATUS_PENDING) {
		ref_answered(m, v, result);
		if (e.frame == NULL)
			ref_push(m, v, EV_ANSWER)->status = result;
	}
	if (e.frame != NULL)
		e.frame->answer = result;
	return answer;
}

/* ---- The client: changes and parties. ---- */

void
model_cl_modified(
	void *arg, co_ctx_t ctx, enum co_status status, const struct co_call_params *params)
{
	struct model *m = arg;
	struct mvc *v = model_find_vc(m, ctx, "modify_call_qos_complete");
	struct event e = enter(m, v, EV_MODIFIED, -1);

	check_status(m, status, e.status, "modify_call_qos_complete");
	check_params(m, params, &v->qos_params, "modify_call_qos_complete");
	visit(m, v, EV_MODIFIED);
}

enum co_status
model_cl_qos_change(void *arg, co_ctx_t ctx, const struct co_call_params *params)
{
	struct model *m = arg;
	struct mvc *v = model_find_vc(m, ctx, "incoming_call_qos_change");
	struct event e = enter(m, v, EV_QOS_CHANGE, -1);
	enum co_status answer = any_answer(m), result = CO_STATUS_CLOSING;

	check_params(m, params, &v->change_params, "incoming_call_qos_change");
	v->in_qos = true;
	if (stay(m, v)) {
		v->in_qos = false;
		if (v->call == CO_CALL_UP)
			result = v->qos_answered ? v->qos_answer : answer;
		v->qos_answered = false;
		leave(v, EV_QOS_CHANGE);
		v->qos_out |= v->call == CO_CALL_UP && result == CO_STATUS_PENDING;
		if (e.frame == NULL && v->call == CO_CALL_UP && result != CO_STATUS_PENDING)
			ref_push(m, v, EV_QOS_ANSWER)->status = result;
	}
	if (e.frame != NULL)
		e.frame->answer = result;
	return answer;
}

void
model_cl_added(void *arg, co_ctx_t ctx, enum co_status status, co_party_t party,
	const struct co_call_params *params)
{
	struct model *m = arg;
	int i;
	struct mvc *v = find_party(m, ctx, "add_party_complete", &i);
	struct event e = enter(m, v, EV_ADDED, i);
	struct mparty *p = &v->parties[i];

	check_status(m, status, e.status, "add_party_complete");
	check_params(m, params, &p->params, "add_party_complete");
	EXPECT(m, party == (status == CO_STATUS_SUCCESS ? p->handle : CO_NONE),
		"add_party_complete has another handle");
	if (p->is_void)
		ref_party_free(m, p);
	visit(m, v, EV_ADDED);
}

void
model_cl_dropped(void *arg, co_ctx_t ctx, enum co_status status)
{
	struct model *m = arg;
	int i;
	struct mvc *v = find_party(m, ctx, "drop_party_complete", &i);
	struct event e = enter(m, v, EV_DROPPED, i);

	check_status(m, status, e.status, "drop_party_complete");
	if (v->parties[i].is_void)
		ref_party_free(m, &v->parties[i]);
	visit(m, v, EV_DROPPED);
}

void
model_cl_incoming_drop(void *arg, co_ctx_t ctx, enum co_status reason, struct co_data data)
{
	struct model *m = arg;
	int i;
	struct mvc *v = find_party(m, ctx, "incoming_drop_party", &i);
	struct event e = enter(m, v, EV_INCOMING_DROP, i);

	check_status(m, reason, e.status, "incoming_drop_party");
	check_data(m, data, e.data, "incoming_drop_party");
	if (e.frame == NULL)
		v->parties[i].data = (struct mdata){ 0 };
	visit(m, v, EV_INCOMING_DROP);
	check_data(m, data, e.data, "incoming_drop_party at its end");
}

/* ---- The call manager. ---- */

static void
give(struct frame *frame, enum co_status status)
{
	if (frame != NULL)
		frame->answer = status;
}

static enum co_status
made(struct model *m, struct mvc *v, struct event e)
{
	enum co_status answer = any_answer(m), status = answer;
	bool is_there;

	v->make_out = true;
	is_there = visit(m, v, EV_MAKE);
	give(e.frame, CO_STATUS_PENDING);
	if (!is_there || status == CO_STATUS_PENDING || !v->make_out)
		return answer;
	if (status == CO_STATUS_SUCCESS && !ref_make_may_succeed(v))
		status = CO_STATUS_FAILURE;
	ref_made(m, v, status);
	if (e.frame != NULL && !v->deferred)
		give(e.frame, status);
	else
		ref_push(m, v, EV_MADE)->status = status;
	return answer;
}

enum co_status
model_cm_make(void *arg, co_ctx_t ctx, struct co_call_params *params)
{
	struct mvc *v = model_find_vc(arg, ctx & ~CM_MARK, "make_call");
	struct event e = enter(arg, v, EV_MAKE, -1);

	EXPECT((struct model *)arg, !v->multi, "make_call for a multipoint call");
	check_params(arg, params, &v->params, "make_call");
	return made(arg, v, e);
}

static void
take_party(struct model *m, struct mvc *v, struct mparty *p, co_party_t party, co_ctx_t *ctx)
{
	p->handle = party;
	p->has_cm_ctx = !one_in(m, 12);
	if (p->has_cm_ctx)
		*ctx = party_ctx(m, v, p) | CM_MARK;
}

enum co_status
model_cm_make_multi(void *arg, co_ctx_t ctx, struct co_call_params *params, co_party_t party,
	co_ctx_t *party_ctx_out)
{
	struct model *m = arg;
	struct mvc *v = model_find_vc(m, ctx & ~CM_MARK, "make_multipoint_call");
	struct event e = enter(m, v, EV_MAKE, -1);

	EXPECT(m, v->multi, "make_multipoint_call for a point-to-point call");
	check_params(m, params, &v->params, "make_multipoint_call");
	take_party(m, v, &v->parties[v->closing], party, party_ctx_out);
	return made(m, v, e);
}

enum co_status
model_cm_close(void *arg, co_ctx_t ctx, co_ctx_t last, struct co_data data)
{
	struct model *m = arg;
	struct mvc *v = model_find_vc(m, ctx & ~CM_MARK, "close_call");
	struct event e = enter(m, v, EV_CLOSE, -1);
	co_ctx_t expected = v->multi ? party_ctx(m, v, &v->parties[v->closing]) | CM_MARK : 0;
	enum co_status answer = any_answer(m);
	bool is_there;

	EXPECT(m, last == expected, "close_call has another party than the last"); /* CLOSE-7 */
	check_data(m, data, e.data, "close_call");
	v->close_out = true;
	is_there = visit(m, v, EV_CLOSE);
	give(e.frame, CO_STATUS_PENDING);
	if (!is_there || answer == CO_STATUS_PENDING || !v->close_out)
		return answer;
	ref_close_ended(m, v, answer);
	if (e.frame == NULL || ref_close_owes_more(v)) {
		ref_queue_closed(m, v, answer);
		return answer;
	}
	if (v->multi && ref_is_over(v))
		ref_parties_end(m, v);
	give(e.frame, answer);
	return answer;
}

void
model_cm_answer(void *arg, co_ctx_t ctx, enum co_status status, const struct co_call_params *params)
{
	struct model *m = arg;
	struct mvc *v = model_find_vc(m, ctx & ~CM_MARK, "incoming_call_complete");
	struct event e = enter(m, v, EV_ANSWER, -1);

	check_status(m, status, e.status, "incoming_call_complete");
	check_params(m, params, &v->params, "incoming_call_complete");
	visit(m, v, EV_ANSWER);
}

void
model_cm_activated(
	void *arg, co_ctx_t ctx, enum co_status status, const struct co_media_params *media)
{
	struct model *m = arg;
	struct mvc *v = model_find_vc(m, ctx & ~CM_MARK, "activate_vc_complete");
	struct event e = enter(m, v, EV_ACTIVATED, -1);

	check_status(m, status, e.status, "activate_vc_complete");
	EXPECT(m, media->label == v->asked.label, "activate_vc_complete has another label");
	m->n_waiting--;
	visit(m, v, EV_ACTIVATED);
}

void
model_cm_deactivated(void *arg, co_ctx_t ctx, enum co_status status)
{
	struct model *m = arg;
	struct mvc *v = model_find_vc(m, ctx & ~CM_MARK, "deactivate_vc_complete");
	struct event e = enter(m, v, EV_DEACTIVATED, -1);

	check_status(m, status, e.status, "deactivate_vc_complete");
	visit(m, v, EV_DEACTIVATED);
}

enum co_status
model_cm_modify(void *arg, co_ctx_t ctx, struct co_call_params *params)
{
	struct model *m = arg;
	struct mvc *v = model_find_vc(m, ctx & ~CM_MARK, "modify_call_qos");
	struct event e = enter(m, v, EV_MODIFY, -1), *done;
	enum co_status answer = any_answer(m), status = answer;
	bool is_there;

	check_params(m, params, &v->qos_params, "modify_call_qos");
	v->modify_out = true;
	is_there = visit(m, v, EV_MODIFY);
	give(e.frame, CO_STATUS_PENDING);
	if (!is_there || status == CO_STATUS_PENDING || !v->modify_out) {
		if (is_there && e.frame != NULL)
			ref_answer_by_asking(v);
		return answer;
	}
	v->modify_out = false;
	if (status == CO_STATUS_SUCCESS && !ref_modify_may_succeed(v))
		status = CO_STATUS_FAILURE;
	give(e.frame, status);
	if (e.frame != NULL && status == CO_STATUS_SUCCESS)
		ref_answer_by_asking(v); /* from now on, not only when it has returned (INQOS-3) */
	if (e.frame == NULL) {
		done = ref_push(m, v, EV_MODIFIED);
		done->status = status;
	}
	return answer;
}

void
model_cm_qos_answer(void *arg, co_ctx_t ctx, enum co_status status)
{
	struct model *m = arg;
	struct mvc *v = model_find_vc(m, ctx & ~CM_MARK, "incoming_call_qos_change_complete");
	struct event e = enter(m, v, EV_QOS_ANSWER, -1);

	check_status(m, status, e.status, "incoming_call_qos_change_complete");
	visit(m, v, EV_QOS_ANSWER);
}

/* Whether the party is still the one that the handler began with, and waits for its answer. */
static bool
still_out(const struct mparty *p, uint32_t serial)
{
	return p->used && p->serial == serial && p->out;
}

enum co_status
model_cm_add(void *arg, co_ctx_t ctx, struct co_call_params *params, co_party_t party,
	co_ctx_t *party_ctx_out)
{
	struct model *m = arg;
	struct mvc *v = model_find_vc(m, ctx & ~CM_MARK, "add_party");
	struct event e = enter(m, v, EV_ADD, -1), *done;
	struct mparty *p = &v->parties[e.party];
	enum co_status answer = any_answer(m), status = answer;
	uint32_t serial = p->serial;
	bool is_there;

	check_params(m, params, &p->params, "add_party");
	p->out = true;
	take_party(m, v, p, party, party_ctx_out);
	is_there = visit(m, v, EV_ADD);
	give(e.frame, CO_STATUS_PENDING);
	if (!is_there || status == CO_STATUS_PENDING || !still_out(p, serial))
		return answer;
	if (status == CO_STATUS_SUCCESS && !p->has_cm_ctx)
		status = CO_STATUS_FAILURE;
	ref_add_ended(m, v, p, status);
	give(e.frame, status);
	if (e.frame != NULL) {
		if (p->is_void)
			ref_party_free(m, p);
		return answer;
	}
	done = ref_push(m, v, EV_ADDED);
	done->party = e.party;
	done->status = status;
	return answer;
}

enum co_status
model_cm_drop(void *arg, co_ctx_t ctx, struct co_data data)
{
	struct model *m = arg;
	int i;
	struct mvc *v = find_party(m, ctx, "drop_party", &i);
	struct event e = enter(m, v, EV_DROP, i);
	struct mparty *p = &v->parties[i];
	enum co_status answer = any_answer(m);
	uint32_t serial = p->serial;
	bool is_there;

	check_data(m, data, e.data, "drop_party");
	p->out = true;
	is_there = visit(m, v, EV_DROP);
	give(e.frame, CO_STATUS_PENDING);
	if (!is_there || answer == CO_STATUS_PENDING || !still_out(p, serial))
		return answer;
	ref_drop_ended(v, p, answer);
	if (e.frame == NULL || (!p->is_void && p->hidden)) {
		ref_raise_dropped(m, v, p, answer);
		return answer;
	}
	if (p->is_void)
		ref_party_free(m, p);
	give(e.frame, answer);
	return answer;
}
