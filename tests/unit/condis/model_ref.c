/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "model_priv.h"

/* The reference: what the contract makes of each event. It calls nobody. */

/* ---- What is still to be told. ---- */

static bool
is_for_cm(enum event_kind kind)
{
	return kind >= EV_MAKE;
}

static const struct queue *
queue_of(const struct mvc *v, enum event_kind kind)
{
	return is_for_cm(kind) ? &v->cm : &v->client;
}

struct event *
ref_push(struct model *m, struct mvc *v, enum event_kind kind)
{
	struct queue *q = is_for_cm(kind) ? &v->cm : &v->client;

	EXPECT(m, q->n < MAX_QUEUE, "the reference's queue is full");
	q->events[q->n] = (struct event){ .kind = kind, .party = -1 };
	return &q->events[q->n++];
}

static int
find(const struct queue *q, enum event_kind kind, int party)
{
	uint32_t i;

	for (i = 0; i < q->n; i++)
		if (q->events[i].kind == kind && q->events[i].party == party)
			return (int)i;
	return -1;
}

bool
ref_queued_of(const struct mvc *v, enum event_kind kind, int party)
{
	return find(queue_of(v, kind), kind, party) >= 0;
}

bool
ref_queued(const struct mvc *v, enum event_kind kind)
{
	return ref_queued_of(v, kind, -1);
}

bool
ref_unqueue(struct mvc *v, enum event_kind kind, int party)
{
	struct queue *q = is_for_cm(kind) ? &v->cm : &v->client;
	int i = find(q, kind, party);

	if (i < 0)
		return false;
	q->n--;
	memmove(&q->events[i], &q->events[i + 1], (q->n - (uint32_t)i) * sizeof(q->events[0]));
	return true;
}

/* ASYNC-9 */
bool
ref_cm_waits(const struct mvc *v)
{
	return v->cm_busy || v->cm.n > 0;
}

bool
ref_client_waits(const struct mvc *v)
{
	return v->client_busy || v->client.n > 0;
}

bool
ref_is_inactive(const struct mvc *v)
{
	return v->vc_state == CO_VC_CREATED || v->vc_state == CO_VC_DEACTIVATED;
}

bool
ref_is_over(const struct mvc *v)
{
	return v->call == CO_CALL_IDLE || v->call == CO_CALL_RELEASED;
}

/* What had to wait is lost when it is too much. */
struct mdata
ref_kept(struct mdata data)
{
	return data.size <= CO_CLOSE_DATA_MAX ? data : (struct mdata){ 0 };
}

/* ---- Parties (2.4). ---- */

int
ref_free_party(const struct mvc *v)
{
	uint32_t i;

	for (i = 0; i < N_PARTIES; i++)
		if (!v->parties[i].used)
			return (int)i;
	return -1;
}

uint32_t
ref_n_parties(const struct mvc *v)
{
	uint32_t i, n = 0;

	for (i = 0; i < N_PARTIES; i++)
		n += v->parties[i].used && !v->parties[i].is_void;
	return n;
}

static uint32_t
n_in(const struct mvc *v, enum co_party_state a, enum co_party_state b)
{
	uint32_t i, n = 0;

	for (i = 0; i < N_PARTIES; i++) {
		const struct mparty *p = &v->parties[i];

		n += p->used && !p->is_void && (p->state == a || p->state == b);
	}
	return n;
}

uint32_t
ref_n_joined(const struct mvc *v)
{
	return n_in(v, CO_PARTY_JOINED, CO_PARTY_DROP_IND) + n_in(v, CO_PARTY_LAST, CO_PARTY_LAST);
}

uint32_t
ref_n_dropping(const struct mvc *v)
{
	return n_in(v, CO_PARTY_DROPPING, CO_PARTY_DROPPING);
}

/* CLOSE-4, RACE-10, RACE-11: one, and of no other is anything pending or untold. */
static bool
is_alone(const struct mvc *v)
{
	uint32_t i;

	for (i = 0; i < v->client.n; i++)
		if (v->client.events[i].kind == EV_ADDED || v->client.events[i].kind == EV_DROPPED)
			return false;
	return ref_n_joined(v) == 1 && n_in(v, CO_PARTY_ADDING, CO_PARTY_DROPPING) == 0;
}

void
ref_party_begin(struct model *m, struct mvc *v, int i, co_party_t handle)
{
	v->parties[i].used = true;
	v->parties[i].handle = handle;
	m->n_parties++;
}

void
ref_party_free(struct model *m, struct mparty *p)
{
	if (p->used)
		m->n_parties--;
	p->used = false;
}

void
ref_party_void(struct mparty *p)
{
	p->is_void = true;
}

void
ref_parties_end(struct model *m, struct mvc *v)
{
	uint32_t i;

	for (i = 0; i < N_PARTIES; i++)
		ref_party_free(m, &v->parties[i]);
	v->multi = false;
	v->closing = -1;
}

/* ---- What a request gets (2.6). ---- */

bool
ref_make_is_out(const struct mvc *v)
{
	return v->call == CO_CALL_MAKING || ref_queued(v, EV_MADE);
}

enum co_status
ref_may_make(const struct mvc *v)
{
	if (!v->by_client)
		return CO_STATUS_FAILURE;
	if (v->vc_state == CO_VC_DEACTIVATING || v->deferred || ref_queued(v, EV_CLOSED) ||
		v->call == CO_CALL_CLOSING || v->call == CO_CALL_RELEASED)
		return CO_STATUS_CLOSING;
	if (v->call != CO_CALL_IDLE || v->no_reuse || ref_queued(v, EV_MADE))
		return CO_STATUS_NOT_ACCEPTED;
	return CO_STATUS_SUCCESS;
}

/* @p party -1: none was named. */
enum co_status
ref_may_close(const struct mvc *v, int party, bool bad_party, bool bad_data)
{
	if (v->signalling || bad_party || (!v->multi && party >= 0) ||
		(v->multi && party < 0 && !ref_make_is_out(v)))
		return CO_STATUS_FAILURE;
	if (bad_data)
		return CO_STATUS_INVALID_DATA;
	if (v->deferred || ref_queued(v, EV_CLOSED) || v->call == CO_CALL_CLOSING ||
		v->call == CO_CALL_RELEASED)
		return CO_STATUS_CLOSING;
	if (v->n_sent + v->n_back > 0)
		return CO_STATUS_NOT_ACCEPTED;
	if (ref_make_is_out(v))
		return CO_STATUS_PENDING;
	if (v->call == CO_CALL_IDLE || v->call == CO_CALL_OFFERED || (v->multi && !is_alone(v)))
		return CO_STATUS_NOT_ACCEPTED;
	return CO_STATUS_SUCCESS;
}

static bool
modify_is_under_way(const struct mvc *v)
{
	return v->modify_out || ref_queued(v, EV_MODIFY) || ref_queued(v, EV_MODIFIED);
}

enum co_status
ref_may_modify(const struct mvc *v)
{
	if (v->deferred || ref_queued(v, EV_CLOSED) || v->call == CO_CALL_CLOSING ||
		v->call == CO_CALL_RELEASED)
		return CO_STATUS_CLOSING;
	if (v->call != CO_CALL_UP &&
		(v->call != CO_CALL_OFFERED || ref_queued(v, EV_OFFER) || v->answered))
		return CO_STATUS_NOT_ACCEPTED;
	if (ref_queued(v, EV_MADE) || modify_is_under_way(v) || v->qos_out ||
		ref_queued(v, EV_QOS_CHANGE))
		return CO_STATUS_NOT_ACCEPTED;
	return CO_STATUS_SUCCESS;
}

enum co_status
ref_may_propose(const struct mvc *v)
{
	if (v->vc_state != CO_VC_ACTIVE || v->activate_out || v->deferred ||
		v->call != CO_CALL_UP || modify_is_under_way(v) || v->qos_out || v->in_qos ||
		ref_queued(v, EV_QOS_CHANGE) || ref_queued(v, EV_QOS_ANSWER))
		return CO_STATUS_NOT_ACCEPTED;
	return CO_STATUS_SUCCESS;
}

enum co_status
ref_may_add(const struct mvc *v)
{
	return v->multi && !v->deferred && v->call == CO_CALL_UP && !ref_queued(v, EV_MADE) &&
			       !ref_queued(v, EV_CLOSED)
		       ? CO_STATUS_SUCCESS
		       : CO_STATUS_FAILURE;
}

enum co_status
ref_may_drop(const struct mvc *v, const struct mparty *p)
{
	bool is_here = p->state == CO_PARTY_JOINED || p->state == CO_PARTY_DROP_IND;
	int i = (int)(p - v->parties);

	if (!is_here || (v->call != CO_CALL_UP && v->call != CO_CALL_CLOSE_OWED) ||
		ref_queued(v, EV_CLOSED) || ref_n_joined(v) < 2 || ref_queued_of(v, EV_ADDED, i) ||
		ref_queued_of(v, EV_DROPPED, i)) /* DROP-6 */
		return CO_STATUS_FAILURE;
	return CO_STATUS_SUCCESS;
}

enum co_status
ref_may_delete(const struct mvc *v)
{
	bool peer_busy = v->by_client ? v->cm_busy : v->client_busy;

	if (v->vc_state == CO_VC_DEACTIVATING)
		return CO_STATUS_CLOSING;
	if (!ref_is_inactive(v) || v->call != CO_CALL_IDLE || v->client.n > 0 || v->cm.n > 0 ||
		v->deferred || (peer_busy && !v->signalling) || v->n_sent + v->n_back > 0 ||
		v->n_kept + v->in_receive > 0)
		return CO_STATUS_NOT_ACCEPTED;
	return CO_STATUS_SUCCESS;
}

enum co_status
ref_may_answer(const struct mvc *v, enum co_status status)
{
	if (status == CO_STATUS_PENDING)
		return CO_STATUS_FAILURE;
	if (v->call >= CO_CALL_CLOSE_OWED)
		return CO_STATUS_CLOSING;
	if (v->call != CO_CALL_OFFERED || ref_queued(v, EV_OFFER) || v->answered)
		return CO_STATUS_NOT_ACCEPTED;
	return CO_STATUS_SUCCESS;
}

enum co_status
ref_may_answer_qos(const struct mvc *v, enum co_status status)
{
	if (status == CO_STATUS_PENDING)
		return CO_STATUS_FAILURE;
	if (v->call >= CO_CALL_CLOSE_OWED)
		return CO_STATUS_CLOSING;
	return (v->in_qos && !v->qos_answered) || v->qos_out ? CO_STATUS_SUCCESS
							     : CO_STATUS_NOT_ACCEPTED;
}

enum co_status
ref_may_send(const struct model *m, const struct mvc *v)
{
	if (v->call >= CO_CALL_CLOSE_OWED || v->vc_state == CO_VC_DEACTIVATING || v->deferred)
		return CO_STATUS_CLOSING;
	if (v->vc_state != CO_VC_ACTIVE || !(v->media_flags & CO_MEDIA_F_TRANSMIT) ||
		(!v->signalling && v->call != CO_CALL_UP))
		return CO_STATUS_FAILURE;
	if (m->resetting)
		return CO_STATUS_RESET_IN_PROGRESS;
	return (v->signalling ? m->cm_paused : m->paused) ? CO_STATUS_NOT_ACCEPTED
							  : CO_STATUS_SUCCESS;
}

/* ACT-2, ADD-2 */
bool
ref_make_may_succeed(const struct mvc *v)
{
	return v->vc_state == CO_VC_ACTIVE && (!v->multi || v->parties[v->closing].has_cm_ctx);
}

/* QOS-2 */
bool
ref_modify_may_succeed(const struct mvc *v)
{
	return v->call != CO_CALL_UP || (v->vc_state == CO_VC_ACTIVE && !v->activate_out);
}

/* ---- Making. While it is made, closing names the first party. ---- */

void
ref_made(struct model *m, struct mvc *v, enum co_status status)
{
	v->make_out = false;
	v->call = status == CO_STATUS_SUCCESS ? CO_CALL_UP : CO_CALL_IDLE;
	if (!v->multi)
		return;
	if (status == CO_STATUS_SUCCESS)
		v->parties[v->closing].state = CO_PARTY_JOINED;
	else
		ref_parties_end(m, v); /* MAKE-8 */
}

/* RACE-4, RACE-5: the client has been told. */
void
ref_after_made(struct model *m, struct mvc *v)
{
	if (!v->deferred || ref_make_is_out(v))
		return;
	v->deferred = false;
	if (v->call == CO_CALL_IDLE)
		ref_push(m, v, EV_CLOSED)->status = CO_STATUS_SUCCESS;
	else
		ref_begin_close(m, v, v->closing, NULL);
}

/* ---- Closing. ---- */

/* A change of the client's that the call manager has not heard of is aborted. */
static void
abort_unheard_modify(struct model *m, struct mvc *v)
{
	if (ref_unqueue(v, EV_MODIFY, -1)) {
		struct event *e = ref_push(m, v, EV_MODIFIED);

		e->status = CO_STATUS_REQUEST_ABORTED;
		e->params = &v->qos_params;
	}
}

/* RACE-8: what the remote proposed is of no interest any more. */
void
ref_forget_change(struct model *m, struct mvc *v)
{
	abort_unheard_modify(m, v);
	ref_unqueue(v, EV_QOS_CHANGE, -1);
	ref_unqueue(v, EV_QOS_ANSWER, -1);
	v->qos_out = false;
}

void
ref_begin_close(struct model *m, struct mvc *v, int party, struct frame *frame)
{
	struct event *e;

	v->before_close = v->call;
	v->call = CO_CALL_CLOSING;
	v->closing = v->multi ? party : -1;
	if (v->multi) {
		v->parties[party].state = CO_PARTY_LAST;
		ref_unqueue(v, EV_INCOMING_DROP, party);
	}
	ref_unqueue(v, EV_OFFER, -1);
	ref_unqueue(v, EV_CONNECTED, -1);
	ref_forget_change(m, v);
	if (ref_unqueue(v, EV_INCOMING_CLOSE, -1))
		v->hidden = true; /* RACE-2 */
	e = ref_push(m, v, EV_CLOSE);
	e->party = v->closing;
	e->data = v->close_data;
	e->frame = frame;
}

/* CLOSE-20, CLOSE-26 */
void
ref_close_ended(struct model *m, struct mvc *v, enum co_status status)
{
	v->close_out = false;
	if (ref_is_inactive(v)) {
		v->call = CO_CALL_IDLE;
	} else if (status == CO_STATUS_SUCCESS || v->vc_state == CO_VC_DEACTIVATING) {
		v->call = CO_CALL_RELEASED;
	} else {
		v->call = v->before_close;
		if (v->multi)
			v->parties[v->closing].state = CO_PARTY_JOINED;
		if (m->fault == FAULT_FORGETS_HIDDEN)
			v->hidden = false;
		return;
	}
	v->hidden = false;
	v->data = (struct mdata){ 0 };
}

/* RACE-3, RACE-7: something comes with its completion, so that a close cannot just return. */
bool
ref_close_owes_more(struct mvc *v)
{
	return v->hidden || ref_queued(v, EV_MODIFIED) || (v->modify_out && ref_is_over(v));
}

void
ref_queue_closed(struct model *m, struct mvc *v, enum co_status status)
{
	struct event *e;

	if (v->modify_out && ref_is_over(v)) {
		v->modify_out = false;
		e = ref_push(m, v, EV_MODIFIED);
		e->status = CO_STATUS_REQUEST_ABORTED;
		e->params = &v->qos_params;
	}
	e = ref_push(m, v, EV_CLOSED);
	e->status = status;
	e->party = -1;
	if (!v->hidden)
		return;
	v->hidden = false;
	if (v->reason != CO_STATUS_SUCCESS && v->by_client)
		v->no_reuse = true;
	v->call = CO_CALL_CLOSE_OWED;
	e = ref_push(m, v, EV_INCOMING_CLOSE);
	e->status = v->reason;
	e->data = v->data;
}

/* ---- Offers. ---- */

/* What was still negotiated ends with an offer that is declined. */
void
ref_answered(struct model *m, struct mvc *v, enum co_status status)
{
	struct event *e;

	v->call = status == CO_STATUS_SUCCESS ? CO_CALL_ACCEPTED : CO_CALL_IDLE;
	if (status == CO_STATUS_SUCCESS)
		return;
	abort_unheard_modify(m, v);
	if (!v->modify_out)
		return;
	v->modify_out = false;
	e = ref_push(m, v, EV_MODIFIED);
	e->status = CO_STATUS_REQUEST_ABORTED;
	e->params = &v->qos_params;
}

void
ref_answer_by_asking(struct mvc *v)
{
	if (!v->in_qos || v->qos_answered)
		return;
	v->qos_answered = true;
	v->qos_answer = CO_STATUS_REQUEST_ABORTED;
}

/* ---- Activation. ---- */

static void
became_inactive(struct mvc *v)
{
	if (v->call == CO_CALL_RELEASED && ref_is_inactive(v))
		v->call = CO_CALL_IDLE;
}

void
ref_activation_ended(
	struct model *m, struct mvc *v, enum co_status status, const struct co_media_params *used)
{
	(void)m;
	v->activate_out = v->reactivating = false;
	if (status == CO_STATUS_SUCCESS) {
		v->vc_state = CO_VC_ACTIVE;
		v->media_flags = used->flags;
		v->label = used->label;
		return;
	}
	v->vc_state = v->before_activation;
	became_inactive(v);
}

void
ref_deactivated(struct mvc *v)
{
	v->deactivate_out = false;
	v->media_flags = 0;
	v->vc_state = CO_VC_DEACTIVATED;
	became_inactive(v);
}

/* ---- Adding and dropping. ---- */

void
ref_add_ended(struct model *m, struct mvc *v, struct mparty *p, enum co_status status)
{
	(void)m;
	(void)v;
	p->out = false;
	if (status == CO_STATUS_SUCCESS)
		p->state = CO_PARTY_JOINED;
	else
		ref_party_void(p);
}

void
ref_drop_ended(struct mvc *v, struct mparty *p, enum co_status status)
{
	(void)v;
	p->out = false;
	if (status == CO_STATUS_SUCCESS)
		ref_party_void(p);
	else
		p->state = CO_PARTY_JOINED;
}

/* RACE-13: after a drop that was refused what it had hidden is shown. */
void
ref_raise_dropped(struct model *m, struct mvc *v, struct mparty *p, enum co_status status)
{
	struct event *e = ref_push(m, v, EV_DROPPED);

	e->party = (int)(p - v->parties);
	e->status = status;
	if (p->is_void || !p->hidden)
		return;
	p->hidden = false;
	p->state = CO_PARTY_DROP_IND;
	e = ref_push(m, v, EV_INCOMING_DROP);
	e->party = (int)(p - v->parties);
	e->status = p->reason;
	e->data = p->data;
}

/* RACE-12: what the call manager has not heard of cannot be completed by it. */
void
ref_abort_unheard(struct model *m, struct mvc *v)
{
	struct queue waiting = v->cm;
	struct event *e;
	uint32_t i;

	abort_unheard_modify(m, v);
	for (i = 0; i < waiting.n; i++) {
		enum event_kind kind = waiting.events[i].kind;
		int party = waiting.events[i].party;
		struct mparty *p = party >= 0 ? &v->parties[party] : NULL;

		if (kind == EV_ADD && ref_unqueue(v, kind, party)) {
			ref_add_ended(m, v, p, CO_STATUS_REQUEST_ABORTED);
			e = ref_push(m, v, EV_ADDED);
			e->party = party;
			e->status = CO_STATUS_REQUEST_ABORTED;
		} else if (kind == EV_DROP && ref_unqueue(v, kind, party)) {
			ref_drop_ended(v, p, CO_STATUS_REQUEST_ABORTED);
			ref_raise_dropped(m, v, p, CO_STATUS_REQUEST_ABORTED);
		}
	}
}
