/* SPDX-License-Identifier: BSD-3-Clause */
#include "model_do.h"

/* What the client asks of the broker about calls and parties. */

/* ---- The client: making and closing. ---- */

static void
make_as(struct model *m, struct mvc *v, bool multi)
{
	bool waits = ref_cm_waits(v), no_ctx = multi && one_in(m, 24);
	enum co_status status, expected = at_the_door(m, v, false);
	struct frame frame = { 0 };
	co_party_t party = CO_NONE;
	co_ctx_t ctx = 0;

	if (expected == CO_STATUS_SUCCESS) {
		expected = ref_may_make(v);
		if (expected == CO_STATUS_SUCCESS && no_ctx)
			expected = CO_STATUS_INVALID_DATA;
		else if (expected == CO_STATUS_SUCCESS && multi && m->n_parties >= LIMIT_PARTIES)
			expected = CO_STATUS_RESOURCES;
		cover_call(m, v, CC_MAKE, expected == CO_STATUS_SUCCESS);
	}
	if (multi && !no_ctx)
		ctx = 1;
	if (expected == CO_STATUS_SUCCESS) {
		v->call = CO_CALL_MAKING;
		v->multi = multi;
		v->closing = -1;
		if (multi) {
			v->closing = ref_free_party(v);
			EXPECT(m, v->closing >= 0, "parties of an earlier call are left");
			v->parties[v->closing] = (struct mparty){ .serial = ++m->serial };
			ref_party_begin(m, v, v->closing, CO_NONE);
			ctx = party_ctx(m, v, &v->parties[v->closing]);
		}
		ref_push(m, v, EV_MAKE)->frame = direct(&frame, waits);
	}
	status = multi ? co_cl_make_multipoint_call(m->co, v->vc, &v->params, ctx, &party)
		       : co_cl_make_call(m->co, v->vc, &v->params);
	if (expected == CO_STATUS_SUCCESS)
		expected = settled(m, v, &frame, waits, "make_call");
	expect_of(m, v, multi ? "make_multipoint_call" : "make_call", status, expected);
}

void
do_make(struct model *m, struct mvc *v)
{
	make_as(m, v, false);
}

void
do_make_multi(struct model *m, struct mvc *v)
{
	make_as(m, v, true);
}

/* A party that a close names: mostly one that it may. -1: none; *bad: one that is not of this VC.
 */
static int
name_party(struct model *m, struct mvc *v, co_party_t *handle, bool *bad)
{
	uint32_t i, n, which = v->multi ? pick(m, N_PARTIES) : 0;

	*handle = CO_NONE;
	*bad = false;
	if (v->multi ? !m->draining && one_in(m, 16) : m->draining || !one_in(m, 16))
		return -1;
	for (n = 0; n < N_PARTIES; n++) {
		i = (which + n) % N_PARTIES;
		if (v->parties[i].used && !v->parties[i].is_void &&
			(v->parties[i].state != CO_PARTY_ADDING || one_in(m, 4)))
			break;
	}
	i = (which + n) % N_PARTIES;
	*handle = v->parties[i].handle;
	*bad = *handle != CO_NONE && (!v->parties[i].used || v->parties[i].is_void || !v->multi);
	return *handle != CO_NONE && !*bad ? (int)i : -1;
}

void
do_close_call(struct model *m, struct mvc *v)
{
	bool waits = ref_cm_waits(v), bad_party, bad_data = !m->draining && one_in(m, 24);
	enum co_status status, expected = at_the_door(m, v, false);
	struct mdata data = any_data(m);
	struct co_data octets = octets_of(data);
	struct frame frame = { 0 };
	co_party_t handle;
	int party = name_party(m, v, &handle, &bad_party);

	if (bad_data)
		octets.octets = octets.octets != NULL ? NULL : (const uint8_t *)"x";
	if (expected == CO_STATUS_SUCCESS) {
		expected = ref_may_close(v, party, bad_party, bad_data);
		cover_call(m, v, CC_CLOSE,
			expected == CO_STATUS_SUCCESS || expected == CO_STATUS_PENDING);
		if (party >= 0 && expected != CO_STATUS_PENDING)
			cover(m, COVER_PARTY, v->parties[party].state, CP_CLOSE,
				expected == CO_STATUS_SUCCESS);
	}
	if (expected == CO_STATUS_SUCCESS || expected == CO_STATUS_PENDING)
		v->close_data = data;
	if (expected == CO_STATUS_PENDING)
		v->deferred = true;
	if (expected == CO_STATUS_SUCCESS)
		ref_begin_close(m, v, party, direct(&frame, waits));
	status = co_cl_close_call(m->co, v->vc, handle, octets);
	if (expected == CO_STATUS_SUCCESS)
		expected = settled(m, v, &frame, waits, "close_call");
	expect_of(m, v, "close_call", status, expected);
}

/* ---- The client: parties. ---- */

void
do_add(struct model *m, struct mvc *v)
{
	bool waits = ref_cm_waits(v), no_ctx = one_in(m, 24);
	enum co_status status, expected = at_the_door(m, v, false);
	struct frame frame = { 0 };
	co_party_t party = CO_NONE;
	int i = ref_free_party(v);
	uint32_t serial = 0;
	struct mparty *p;
	struct event *e;

	if (i < 0)
		return;
	p = &v->parties[i];
	if (expected == CO_STATUS_SUCCESS) {
		expected = ref_may_add(v);
		if (expected == CO_STATUS_SUCCESS && no_ctx)
			expected = CO_STATUS_INVALID_DATA;
		else if (expected == CO_STATUS_SUCCESS && m->n_parties >= LIMIT_PARTIES)
			expected = CO_STATUS_RESOURCES;
		cover_call(m, v, CC_ADD, expected == CO_STATUS_SUCCESS);
	}
	if (expected == CO_STATUS_SUCCESS) {
		*p = (struct mparty){ .serial = serial = ++m->serial };
		ref_party_begin(m, v, i, CO_NONE);
		e = ref_push(m, v, EV_ADD);
		e->party = i;
		e->frame = direct(&frame, waits);
	}
	status = co_cl_add_party(m->co, v->vc, no_ctx ? 0 : party_ctx(m, v, p), &p->params, &party);
	if (expected == CO_STATUS_SUCCESS) {
		expected = settled(m, v, &frame, waits, "add_party");
		if (waits && p->serial == serial) /* else over, and its place another's */
			p->handle = party;
	}
	expect_of(m, v, "add_party", status, expected);
}

void
do_drop(struct model *m, struct mvc *v)
{
	bool waits = ref_cm_waits(v), bad_data = !m->draining && one_in(m, 24);
	struct mparty *p = any_party(m, v);
	struct mdata data = any_data(m);
	struct co_data octets = octets_of(data);
	enum co_status status, expected = CO_STATUS_FAILURE;
	int i = (int)(p - v->parties);
	struct frame frame = { 0 };
	struct event *e;

	if (bad_data)
		octets.octets = octets.octets != NULL ? NULL : (const uint8_t *)"x";
	if (is_live_party(m, v, p)) {
		expected = bad_data ? CO_STATUS_INVALID_DATA : ref_may_drop(v, p);
		if (m->fault == FAULT_REFUSES_LAST && ref_n_joined(v) == 2)
			expected = CO_STATUS_FAILURE;
		cover(m, COVER_PARTY, p->state, CP_DROP, expected == CO_STATUS_SUCCESS);
	}
	if (v->alive)
		cover_call(m, v, CC_DROP, expected == CO_STATUS_SUCCESS);
	if (expected == CO_STATUS_SUCCESS) {
		if (ref_unqueue(v, EV_INCOMING_DROP, i))
			p->hidden = true;
		p->state = CO_PARTY_DROPPING;
		e = ref_push(m, v, EV_DROP);
		e->party = i;
		e->data = data;
		e->frame = direct(&frame, waits);
	}
	status = co_cl_drop_party(m->co, p->handle, octets);
	if (expected == CO_STATUS_SUCCESS)
		expected = settled(m, v, &frame, waits, "drop_party");
	expect_of(m, v, "drop_party", status, expected);
}

/* ---- The client: changes, answers. ---- */

void
do_modify(struct model *m, struct mvc *v)
{
	bool waits = ref_cm_waits(v);
	enum co_status status, expected = at_the_door(m, v, false);
	struct frame frame = { 0 };

	if (expected == CO_STATUS_SUCCESS) {
		expected = ref_may_modify(v);
		cover_call(m, v, CC_MODIFY, expected == CO_STATUS_SUCCESS);
	}
	if (expected == CO_STATUS_SUCCESS) {
		if (waits)
			ref_answer_by_asking(v);
		ref_push(m, v, EV_MODIFY)->frame = direct(&frame, waits);
	}
	status = co_cl_modify_call_qos(m->co, v->vc, &v->qos_params);
	if (expected == CO_STATUS_SUCCESS)
		expected = settled(m, v, &frame, waits, "modify_call_qos");
	expect_of(m, v, "modify_call_qos", status, expected);
}

void
do_answer(struct model *m, struct mvc *v)
{
	enum co_status status = any_completion(m), expected = at_the_door(m, v, false);
	const struct co_call_params *params = one_in(m, 2) ? &v->params : NULL;

	if (expected == CO_STATUS_SUCCESS) {
		expected = ref_may_answer(v, status);
		if (status != CO_STATUS_PENDING)
			cover_call(m, v, status == CO_STATUS_SUCCESS ? CC_ACCEPT : CC_REJECT,
				expected == CO_STATUS_SUCCESS);
	}
	if (expected == CO_STATUS_SUCCESS && v->in_offer) {
		v->answered = true;
		v->answer = status;
	} else if (expected == CO_STATUS_SUCCESS) {
		ref_answered(m, v, status);
		ref_push(m, v, EV_ANSWER)->status = status;
	}
	expect_of(m, v, "incoming_call_complete",
		co_cl_incoming_call_complete(m->co, v->vc, status, params), expected);
}

void
do_answer_qos(struct model *m, struct mvc *v)
{
	enum co_status status = any_completion(m), expected = at_the_door(m, v, false);

	if (expected == CO_STATUS_SUCCESS)
		expected = ref_may_answer_qos(v, status);
	if (expected == CO_STATUS_SUCCESS && v->in_qos && !v->qos_answered) {
		v->qos_answered = true;
		v->qos_answer = status;
	} else if (expected == CO_STATUS_SUCCESS) {
		v->qos_out = false;
		ref_push(m, v, EV_QOS_ANSWER)->status = status;
	}
	expect_of(m, v, "incoming_call_qos_change_complete",
		co_cl_incoming_call_qos_change_complete(m->co, v->vc, status), expected);
}
