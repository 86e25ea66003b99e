/* SPDX-License-Identifier: BSD-3-Clause */
#include "model_do.h"

/* Status, reset, pause, unbind and halt: requests and handlers, and what the reference has of them.
 */

/* What a binding is to hear; beyond what it keeps while its handler runs it is lost (STAT-7). */
static void
announce(struct mstatus *s, enum co_status code)
{
	if (s->inside && s->n_waiting >= CO_BINDING_STATUSES)
		return;
	s->n_waiting += s->inside;
	s->n[code]++;
}

static void
announce_all(struct model *m, enum co_status code)
{
	announce(&m->statuses[0], code);
	if (!m->mcm)
		announce(&m->statuses[1], code);
}

static void
told_status(struct model *m, uint32_t who, co_binding_t binding, enum co_status code)
{
	struct mstatus *s = &m->statuses[who];

	EXPECT(m, binding == (who == 0 ? m->client_binding : m->cm_binding), "another's status");
	EXPECT(m, !s->inside, "status inside status of one binding"); /* STAT-7 */
	EXPECT(m, s->n[code] > 0, "status %s that nobody gave", co_status_name(code));
	s->n[code]--;
	s->inside = true;
	model_inside(m, "status");
	s->inside = false;
	if (s->n_waiting > 0)
		s->n_waiting--; /* the next is taken as this returns */
}

void
model_cl_status(void *arg, co_binding_t binding, bool has_vc, co_ctx_t ctx, enum co_status code)
{
	(void)has_vc;
	(void)ctx;
	told_status(arg, 0, binding, code);
}

void
model_cm_status(void *arg, co_binding_t binding, bool has_vc, co_ctx_t ctx, enum co_status code)
{
	(void)has_vc;
	(void)ctx;
	told_status(arg, 1, binding, code);
}

void
do_status(struct model *m, uint32_t arg)
{
	enum co_status code = arg & 1 ? CO_STATUS_MEDIA_CONNECT : CO_STATUS_MEDIA_DISCONNECT;
	const struct mvc *v = &m->slots[pick(m, N_SLOTS)];
	bool of_vc = one_in(m, 2);

	if (m->draining)
		return;
	if (!of_vc) {
		announce_all(m, code);
	} else if (v->alive && !v->unsettled) {
		if (!v->signalling)
			announce(&m->statuses[0], code);
		if (!m->mcm)
			announce(&m->statuses[1], code);
	}
	if (!of_vc || v->vc != CO_NONE)
		co_m_indicate_status(m->co, m->adapter, of_vc ? v->vc : CO_NONE, code);
}

/* RESET-2 */
static void
reset_ended(struct model *m)
{
	m->resetting = m->reset_out = false;
	announce_all(m, CO_STATUS_RESET_END);
}

void
do_reset(struct model *m, uint32_t arg)
{
	enum co_status status, expected = CO_STATUS_RESET_IN_PROGRESS;

	if (m->draining || (arg > 0 && !m->resetting))
		return;
	if (!m->resetting) {
		m->resetting = true;
		m->n_resets++;
		announce_all(m, CO_STATUS_RESET_START);
		expected = CO_STATUS_SUCCESS;
	}
	status = co_reset(m->co, m->adapter);
	if (expected == CO_STATUS_SUCCESS) {
		EXPECT(m, status == CO_STATUS_PENDING || status == CO_STATUS_SUCCESS,
			"reset got %s", co_status_name(status));
		return;
	}
	expect_status(m, "reset", status, expected);
}

enum co_status
model_mp_reset(void *arg)
{
	struct model *m = arg;
	uint32_t n = m->n_resets;
	bool pends = one_in(m, 2);

	EXPECT(m, m->resetting && !m->reset_out, "reset that nobody asked for");
	m->reset_out = true;
	model_inside(m, "reset");
	if (pends || m->n_resets != n || !m->reset_out)
		return CO_STATUS_PENDING;
	reset_ended(m);
	return CO_STATUS_SUCCESS;
}

void
do_reset_done(struct model *m, uint32_t arg)
{
	bool may = m->reset_out;

	(void)arg;
	if (may)
		reset_ended(m);
	expect_status(m, "reset_complete", co_m_reset_complete(m->co, m->adapter),
		may ? CO_STATUS_SUCCESS : CO_STATUS_NOT_ACCEPTED);
}

/* Outside all handlers nobody waits any more for what was to come at once. */
void
model_check_told(struct model *m)
{
	uint32_t i;

	for (i = 0; i < N_AFS; i++)
		EXPECT(m, !m->afs[i].telling, "the end of an AF's request was not told");
	for (i = 0; i < N_SAPS; i++)
		EXPECT(m, !m->saps[i].telling, "the end of a SAP's request was not told");
	for (i = 0; i < 2; i++) {
		EXPECT(m,
			m->statuses[i].n[CO_STATUS_RESET_START] +
					m->statuses[i].n[CO_STATUS_RESET_END] ==
				0,
			"a reset was not told");
		m->statuses[i] = (struct mstatus){ 0 }; /* of VCs that have gone: not told */
	}
}

void
do_pause(struct model *m, uint32_t arg)
{
	bool pause = arg == 0 && !m->draining, of_cm = !m->mcm && one_in(m, 3);
	co_binding_t binding = of_cm ? m->cm_binding : m->client_binding;

	*(of_cm ? &m->cm_paused : &m->paused) = pause;
	expect_status(m, "pause or restart",
		pause ? co_pause(m->co, binding) : co_restart(m->co, binding), CO_STATUS_SUCCESS);
}

void
model_unbind(void *arg, co_binding_t binding)
{
	struct model *m = arg;

	EXPECT(m, co_close_adapter(m->co, binding) == CO_STATUS_SUCCESS,
		"something is left of a binding"); /* UNB-12 */
}

enum co_status
model_mp_halt(void *arg)
{
	EXPECT((struct model *)arg, ((struct model *)arg)->draining, "halt that nobody asked for");
	return CO_STATUS_SUCCESS;
}
