/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "model_priv.h"

#include <cmocka.h>

/* ---- Requests. ---- */

static const struct co_data no_data = { NULL, 0 };
static const struct co_media_params media = {
	.flags = CO_MEDIA_F_TRANSMIT | CO_MEDIA_F_RECEIVE,
	.label = 32,
};

/* Ask something that may pend: @p ask runs with the request counted as being asked. */
static void
ask(struct model *m, struct slot *s, enum request r,
	enum co_status (*request)(struct model *, struct slot *))
{
	uint32_t life = s->life, n_completed = s->n_completed[r], n_asking = s->n_asking[r]++;
	enum co_status status = request(m, s);

	if (s->life != life)
		return; /* completed, and deleted in the completion */
	s->n_asking[r]--;
	if (status == CO_STATUS_PENDING)
		s->n_pended[r]++;
	else if (n_asking == 0 && s->n_completed[r] != n_completed)
		assert_true(s->n_completed[r] <= s->n_pended[r]); /* ASYNC-2 */
}

static enum co_status
ask_make(struct model *m, struct slot *s)
{
	return co_cl_make_call(m->co, s->vc, &s->params);
}

static enum co_status
ask_close(struct model *m, struct slot *s)
{
	return co_cl_close_call(m->co, s->vc, CO_NONE, no_data);
}

static enum co_status
ask_activate(struct model *m, struct slot *s)
{
	return m->mcm ? co_mcm_activate_vc(m->co, s->vc, &media)
		      : co_cm_activate_vc(m->co, s->vc, &media);
}

static enum co_status
ask_deactivate(struct model *m, struct slot *s)
{
	return m->mcm ? co_mcm_deactivate_vc(m->co, s->vc) : co_cm_deactivate_vc(m->co, s->vc);
}

static void
create(struct model *m, struct slot *s)
{
	bool by_client = pick(m, 2) == 0;
	co_vc_t vc = CO_NONE;
	enum co_status status;

	m->creating = s;
	if (by_client)
		status = co_create_vc(m->co, m->client_binding, m->af, ctx_of(m, s), &vc);
	else if (m->mcm)
		status = co_mcm_create_vc(m->co, m->adapter, m->af, ctx_of(m, s), &vc);
	else
		status = co_create_vc(m->co, m->cm_binding, m->af, ctx_of(m, s), &vc);
	if (status != CO_STATUS_SUCCESS)
		return;
	*s = (struct slot){ .vc = vc, .alive = true, .by_client = by_client, .life = s->life + 1 };
}

static void delete (struct model *m, struct slot *s)
{
	enum co_status status;

	if (s->by_client)
		status = co_delete_vc(m->co, m->client_binding, s->vc);
	else if (m->mcm)
		status = co_mcm_delete_vc(m->co, m->adapter, s->vc);
	else
		status = co_delete_vc(m->co, m->cm_binding, s->vc);
	if (status != CO_STATUS_SUCCESS)
		return;
	assert_int_equal(s->n_pended[CLOSE] + s->n_asking[CLOSE] >= s->n_completed[CLOSE], 1);
	assert_int_equal(s->n_sent + s->n_received, 0);
	s->alive = false;
	s->life++;
}

static void
end_request(struct model *m, struct slot *s, enum request r)
{
	uint32_t life = s->life;
	enum co_status status = m->draining && r == MAKE ? CO_STATUS_FAILURE : any_status(m);
	bool had = s->at_cm[r];

	s->at_cm[r] = false; /* before: what it leads to may ask for the next one */
	if (r == MAKE)
		status = m->mcm ? co_mcm_make_call_complete(m->co, s->vc, status, NULL)
				: co_cm_make_call_complete(m->co, s->vc, status, NULL);
	else
		status = m->mcm ? co_mcm_close_call_complete(m->co, s->vc, status)
				: co_cm_close_call_complete(m->co, s->vc, status);
	if (status == CO_STATUS_SUCCESS)
		assert_true(had); /* ASYNC-5 */
	else if (s->life == life)
		s->at_cm[r] = had;
}

static void
offer(struct model *m, struct slot *s)
{
	uint32_t life = s->life;
	uint8_t *octets = malloc(4);

	assert_non_null(octets);
	memset(octets, 1, 4);
	s->params.elements = octets;
	s->params.elements_size = 4;
	if (m->mcm)
		co_mcm_dispatch_incoming_call(m->co, m->sap, s->vc, &s->params);
	else
		co_cm_dispatch_incoming_call(m->co, m->sap, s->vc, &s->params);
	free(octets);
	if (s->life == life && s->params.elements == octets) {
		s->params.elements = NULL;
		s->params.elements_size = 0;
	}
}

static void
incoming_close(struct model *m, struct slot *s)
{
	uint32_t size = 1 + pick(m, 250);
	struct co_data data = { calloc(1, size), size };

	assert_non_null(data.octets);
	if (m->mcm)
		co_mcm_dispatch_incoming_close_call(m->co, s->vc, any_status(m), data);
	else
		co_cm_dispatch_incoming_close_call(m->co, s->vc, any_status(m), data);
	free((void *)(uintptr_t)data.octets);
}

static struct co_packet *
new_packet(void)
{
	struct co_packet *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	return p;
}

static void
send(struct model *m, struct slot *s)
{
	struct co_packet *p = new_packet();

	co_send(m->co, s->vc, &p, 1);
}

static void
sent(struct model *m, struct slot *s)
{
	struct co_packet *p;

	if (s->n_sent == 0)
		return;
	p = new_packet();
	s->n_sent--;
	co_m_send_complete(m->co, s->vc, &p, 1);
}

static void
receive(struct model *m, struct slot *s)
{
	struct co_packet *p = new_packet();

	co_m_indicate_receive(m->co, s->vc, &p, 1);
}

static void
give_back(struct model *m, struct slot *s)
{
	struct co_packet *p;

	if (s->n_received == 0)
		return;
	p = new_packet();
	s->n_received--;
	co_return_receive(m->co, s->vc, &p, 1);
}

static void
operate(struct model *m, struct slot *s, uint32_t what)
{
	switch (what) {
	case 0:
	case 1:
		ask(m, s, MAKE, ask_make);
		break;
	case 2:
	case 3:
		ask(m, s, CLOSE, ask_close);
		break;
	case 4:
	case 5:
		ask(m, s, ACTIVATE, ask_activate);
		break;
	case 6:
		ask(m, s, DEACTIVATE, ask_deactivate);
		break;
	case 7:
		end_request(m, s, MAKE);
		break;
	case 8:
		end_request(m, s, CLOSE);
		break;
	case 9:
		co_m_activate_vc_complete(m->co, s->vc, any_status(m), NULL);
		break;
	case 10:
		if (s->n_sent == 0 && s->n_received == 0)
			co_m_deactivate_vc_complete(m->co, s->vc, any_status(m));
		break;
	case 11:
		offer(m, s);
		break;
	case 12:
		co_cl_incoming_call_complete(m->co, s->vc, any_status(m), NULL);
		break;
	case 13:
		if (m->mcm)
			co_mcm_dispatch_call_connected(m->co, s->vc);
		else
			co_cm_dispatch_call_connected(m->co, s->vc);
		break;
	case 14:
		incoming_close(m, s);
		break;
	case 15:
		send(m, s);
		break;
	case 16:
		sent(m, s);
		break;
	case 17:
		receive(m, s);
		break;
	case 18:
		give_back(m, s);
		break;
	default:
		delete (m, s);
	}
}

#define N_KINDS 20u

/* What takes a call on from where it is, by call state; most requests are of these. */
static uint32_t
useful(struct model *m, const struct slot *s)
{
	static const uint8_t kinds[CO_CALL_STATE_COUNT][6] = {
		[CO_CALL_IDLE] = { 0, 11, 10, 6, 9, 19 },
		[CO_CALL_MAKING] = { 4, 9, 7, 4, 2, 7 },
		[CO_CALL_OFFERED] = { 12, 12, 4, 9, 14, 12 },
		[CO_CALL_ACCEPTED] = { 4, 9, 13, 13, 14, 2 },
		[CO_CALL_UP] = { 2, 14, 15, 17, 4, 9 },
		[CO_CALL_CLOSE_OWED] = { 2, 16, 18, 12, 2, 2 },
		[CO_CALL_CLOSING] = { 8, 6, 10, 14, 18, 16 },
		[CO_CALL_RELEASED] = { 6, 10, 18, 9, 6, 16 },
	};
	struct co_vc_info info;

	assert_int_equal(co_vc_query(m->co, s->vc, &info), CO_STATUS_SUCCESS);
	return kinds[info.call_state][pick(m, 6)];
}

void
model_operation(struct model *m)
{
	struct slot *s = &m->slots[pick(m, N_SLOTS)];

	m->nesting++;
	if (!s->alive)
		create(m, s);
	else
		operate(m, s, pick(m, 4) != 0 ? useful(m, s) : pick(m, N_KINDS));
	m->nesting--;
}

void
model_check(const struct model *m)
{
	uint32_t i, r;

	assert_int_equal(m->co->depth, 0);
	assert_int_equal(m->co->ready_head, 0);
	for (i = 0; i < N_SLOTS; i++) {
		const struct slot *s = &m->slots[i];

		for (r = 0; s->alive && r < REQUEST_COUNT; r++) {
			assert_int_equal(s->n_asking[r], 0);
			assert_in_range(s->n_pended[r] - s->n_completed[r], 0, 1);
		}
	}
}

/* Every kind of request in turn, until nothing is left: each party does its duty. */
void
model_drain(struct model *m)
{
	static const uint8_t duties[] = { 16, 18, 9, 10, 7, 8, 12, 2, 8, 6, 10, 19 };
	uint32_t round, i, duty;

	m->draining = true;
	for (round = 0; round < 8; round++)
		for (i = 0; i < N_SLOTS; i++)
			for (duty = 0; duty < sizeof(duties); duty++) {
				struct slot *s = &m->slots[i];
				uint32_t n = duties[duty] == 16   ? s->n_sent
					     : duties[duty] == 18 ? s->n_received
								  : 1;

				for (; s->alive && n > 0; n--)
					operate(m, s, duties[duty]);
			}
}

void
model_expect_empty(const struct model *m)
{
	struct co_census census;
	uint32_t i, r;

	for (i = 0; i < N_SLOTS; i++) {
		assert_false(m->slots[i].alive);
		for (r = 0; r < REQUEST_COUNT; r++)
			assert_int_equal(m->slots[i].n_pended[r], m->slots[i].n_completed[r]);
	}
	co_census(m->co, &census);
	assert_int_equal(census.n_vcs, 0);
	assert_int_equal(census.n_calls, 0);
	assert_int_equal(census.n_drain_violations, 0);
	assert_int_equal(cp_pool_n_used(&m->co->close_data), 0);
	assert_true(m->n_completions > 2000); /* it was not refused throughout */
	assert_int_equal(co_cl_deregister_sap(m->co, m->sap), CO_STATUS_SUCCESS);
	assert_int_equal(co_cl_close_address_family(m->co, m->af), CO_STATUS_SUCCESS);
}
