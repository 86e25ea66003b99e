/* SPDX-License-Identifier: BSD-3-Clause */
#include "model.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model_priv.h"

/* The model's beginning, what is looked at after each step, and its end. */

const char *
event_name(enum event_kind kind)
{
	static const char *const names[EV_COUNT] = {
		[EV_MADE] = "client.make_call_complete",
		[EV_CLOSED] = "client.close_call_complete",
		[EV_CONNECTED] = "client.call_connected",
		[EV_INCOMING_CLOSE] = "client.incoming_close_call",
		[EV_OFFER] = "client.incoming_call",
		[EV_MODIFIED] = "client.modify_call_qos_complete",
		[EV_QOS_CHANGE] = "client.incoming_call_qos_change",
		[EV_ADDED] = "client.add_party_complete",
		[EV_DROPPED] = "client.drop_party_complete",
		[EV_INCOMING_DROP] = "client.incoming_drop_party",
		[EV_MAKE] = "cm.make_call",
		[EV_CLOSE] = "cm.close_call",
		[EV_ANSWER] = "cm.incoming_call_complete",
		[EV_ACTIVATED] = "cm.activate_vc_complete",
		[EV_DEACTIVATED] = "cm.deactivate_vc_complete",
		[EV_MODIFY] = "cm.modify_call_qos",
		[EV_QOS_ANSWER] = "cm.incoming_call_qos_change_complete",
		[EV_ADD] = "cm.add_party",
		[EV_DROP] = "cm.drop_party",
	};

	return kind < EV_COUNT ? names[kind] : "?";
}

void
model_fail(struct model *m, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(m->why, sizeof(m->why), format, args);
	va_end(args);
	longjmp(*m->fail, 1);
}

void
model_say(struct model *m, const char *format, ...)
{
	va_list args;

	if (!m->trace)
		return;
	printf("#   %*s", (int)(2 * m->nesting), "");
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
}

const char *
model_why(const struct model *m)
{
	return m->why;
}

/* ---- Looking. ---- */

static void
check_parties(struct model *m, const struct mvc *v)
{
	struct co_party_info info;
	uint32_t i;

	for (i = 0; i < N_PARTIES; i++) {
		const struct mparty *p = &v->parties[i];

		if (p->handle == CO_NONE)
			continue;
		if (!p->used || p->is_void) {
			EXPECT(m, co_party_query(m->co, p->handle, &info) == CO_STATUS_FAILURE,
				"party %u of slot %u should be gone", i, slot_index(m, v));
			continue;
		}
		EXPECT(m, co_party_query(m->co, p->handle, &info) == CO_STATUS_SUCCESS,
			"party %u of slot %u has gone", i, slot_index(m, v));
		EXPECT(m, info.state == p->state && info.vc == v->vc,
			"party %u of slot %u is %s, not %s", i, slot_index(m, v),
			co_party_state_name(info.state), co_party_state_name(p->state));
	}
}

void
model_check_vc(struct model *m, const struct mvc *v)
{
	struct co_vc_info info;
	co_ctx_t ctx = 0;

	EXPECT(m, co_vc_query(m->co, v->vc, &info) == CO_STATUS_SUCCESS, "slot %u has gone",
		slot_index(m, v));
	EXPECT(m, info.vc_state == v->vc_state, "slot %u: VC is %s, not %s", slot_index(m, v),
		co_vc_state_name(info.vc_state), co_vc_state_name(v->vc_state));
	EXPECT(m, info.call_state == v->call, "slot %u: call is %s, not %s", slot_index(m, v),
		co_call_state_name(info.call_state), co_call_state_name(v->call));
	EXPECT(m,
		co_vc_call_state(m->co, v->vc) == info.call_state &&
			co_vc_client(m->co, v->vc, &ctx) == info.client && ctx == info.client_ctx,
		"slot %u: short questions get other answers", slot_index(m, v));
	EXPECT(m, info.sends_out == v->n_sent + v->n_back, "slot %u: %u sends out, not %u",
		slot_index(m, v), info.sends_out, v->n_sent + v->n_back);
	EXPECT(m, info.receives_out == v->n_kept, "slot %u: %u receives out, not %u",
		slot_index(m, v), info.receives_out, v->n_kept);
	EXPECT(m, info.n_parties == ref_n_parties(v) && info.multipoint == v->multi,
		"slot %u: %u parties, not %u", slot_index(m, v), info.n_parties, ref_n_parties(v));
	EXPECT(m, info.reactivating == v->reactivating, "slot %u: reactivating or not",
		slot_index(m, v));
	EXPECT(m, v->vc_state != CO_VC_ACTIVE || info.label == v->label, "slot %u: another label",
		slot_index(m, v));
	check_parties(m, v);
}

/* Outside all handlers: nothing waits to be told, and all stands as the reference has it. */
static void
check_all(struct model *m)
{
	struct co_census census;
	uint32_t i, n_vcs = 0, n_calls = 0;

	EXPECT(m, m->co->depth == 0 && m->co->ready_head == 0, "the broker is not at rest");
	for (i = 0; i < N_SLOTS; i++) {
		struct mvc *v = &m->slots[i];

		if (!v->alive)
			continue;
		n_vcs++;
		n_calls += v->call != CO_CALL_IDLE;
		EXPECT(m, v->client.n == 0, "slot %u: %s was not told", i,
			event_name(v->client.events[0].kind));
		EXPECT(m, v->cm.n == 0, "slot %u: %s was not told", i,
			event_name(v->cm.events[0].kind));
		model_check_vc(m, v);
	}
	model_check_told(m);
	co_census(m->co, &census);
	EXPECT(m, census.n_vcs == n_vcs && census.n_calls == n_calls,
		"%u VCs and %u calls live, not %u and %u", census.n_vcs, census.n_calls, n_vcs,
		n_calls);
	EXPECT(m, census.n_parties == m->n_parties, "%u parties live, not %u", census.n_parties,
		m->n_parties);
	EXPECT(m, census.n_drain_violations == 0, "a VC was not drained");
}

/* ---- Beginning. ---- */

static void
introduce(struct model *m)
{
	co_register_adapter(m->co, m->mcm ? &model_mcm_miniport_ops : &model_miniport_ops, m,
		m->mcm ? &model_mcm_ops : NULL, m, "adapter", &m->adapter);
	co_register_client(m->co, &model_client_ops, m, "client", &m->client);
	if (m->mcm)
		return;
	co_register_callmgr(m->co, &model_cm_ops, m, "cm", &m->cm);
	co_bind(m->co, m->cm, m->adapter);
}

struct model *
model_create(bool mcm, struct model_stats *stats, enum model_fault fault, bool trace)
{
	const struct co_limits limits = { .n_adapters = 2,
		.n_protocols = 2,
		.n_bindings = 4,
		.n_afs = 4,
		.n_saps = LIMIT_SAPS,
		.n_vcs = LIMIT_VCS,
		.n_parties = LIMIT_PARTIES,
		.n_names = 4,
		.n_waiting = LIMIT_WAITING };
	struct model *m = calloc(1, sizeof(*m));
	uint32_t i;

	if (m == NULL)
		abort();
	m->stats = stats;
	m->mcm = mcm;
	m->fault = fault;
	m->trace = trace;
	m->co = co_create(&limits, NULL);
	if (m->co == NULL)
		abort();
	for (i = 0; i < N_PACKETS; i++)
		m->free_packets[m->n_free++] = &m->packets[i];
	introduce(m);
	return m;
}

void
model_free(struct model *m)
{
	co_destroy(m->co);
	free(m);
}

/* ---- Running. ---- */

struct operation
model_next(struct model *m, uint64_t *random)
{
	struct operation op;

	m->random = *random = *random * UINT64_C(6364136223846793005) + 1442695040888963407u;
	m->random |= 1;
	model_choose(m, &op.kind, &op.slot);
	op.seed = m->random;
	op.eager = 2 + pick(m, 6);
	op.budget = one_in(m, 4) ? 0 : one_in(m, 2) ? pick(m, 200) : pick(m, 20);
	return op;
}

bool
model_run(struct model *m, const struct operation *op, const struct spared *spared)
{
	jmp_buf fail;

	m->fail = &fail;
	if (setjmp(fail) != 0)
		return false;
	m->random = op->seed;
	m->budget = op->budget;
	m->eager = op->eager;
	m->spared = spared;
	m->inside.n = 0;
	model_do(m, op->kind, op->slot);
	check_all(m);
	return true;
}

const struct insides *
model_insides(const struct model *m)
{
	return &m->inside;
}

/* ---- The end: each party does its duty until nothing is left. ---- */

static void
halted(void *arg, co_adapter_t adapter)
{
	struct model *m = arg;

	m->halted = adapter == m->adapter;
}

static void
expect_empty(struct model *m)
{
	struct co_census census;
	uint32_t i;

	for (i = 0; i < N_SLOTS; i++)
		EXPECT(m, !m->slots[i].alive, "slot %u cannot be brought to an end: VC %s, call %s",
			i, co_vc_state_name(m->slots[i].vc_state),
			co_call_state_name(m->slots[i].call)); /* I8 */
	for (i = 0; i < N_AFS; i++)
		EXPECT(m, m->afs[i].state == AF_NONE, "AF %u cannot be closed", i);
	EXPECT(m, m->n_free == N_PACKETS, "%u packets are lost", N_PACKETS - m->n_free);
	EXPECT(m, m->n_parties == 0 && m->n_waiting == 0, "parties or requests are left");
	co_halt(m->co, m->adapter, halted, m);
	EXPECT(m, m->halted, "the adapter does not halt");
	co_census(m->co, &census);
	EXPECT(m,
		census.n_vcs + census.n_calls + census.n_parties + census.n_saps + census.n_afs +
				census.n_bindings + census.n_adapters + census.n_waiting +
				census.n_leftovers + cp_pool_n_used(&m->co->multis) +
				cp_pool_n_used(&m->co->close_data) ==
			0,
		"records are left (I4)");
}

static bool
is_empty(const struct model *m)
{
	uint32_t i;

	for (i = 0; i < N_SLOTS; i++)
		if (m->slots[i].alive)
			return false;
	for (i = 0; i < N_AFS; i++)
		if (m->afs[i].state != AF_NONE)
			return false;
	return !m->resetting;
}

#define N_ROUNDS 80u /* more than packets can be at a miniport */

static void
drain(struct model *m)
{
	uint32_t round, slot;

	m->draining = true;
	m->budget = 0;
	for (round = 0; round < N_ROUNDS && !is_empty(m); round++)
		for (slot = 0; slot < N_SLOTS; slot++)
			model_do_duties(m, slot);
}

bool
model_end(struct model *m)
{
	jmp_buf fail;

	m->fail = &fail;
	if (setjmp(fail) != 0)
		return false;
	m->random = 1;
	drain(m);
	check_all(m);
	expect_empty(m);
	return true;
}
