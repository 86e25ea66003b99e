/* SPDX-License-Identifier: BSD-3-Clause */
#include "uni/party_priv.h"

/* A party has one timer at most, as a call has; its slot follows from its index. */

static uint32_t
interval_ms(const struct uni_link *l, enum uni_party_timer t)
{
	const struct uni_link_params *p = &l->params;
	const uint32_t ms[UNI_PARTY_TIMER_COUNT] = {
		[UNI_T397] = p->t397_ms,
		[UNI_T398] = p->t398_ms,
		[UNI_T399] = p->t399_ms,
		[UNI_T_PARTY_ANSWER] = p->t_answer_ms,
	};

	return ms[t];
}

void
uni_party_timer_start(
	struct uni_link *l, struct uni_party *p, enum uni_party_timer t, uint64_t now_ns)
{
	p->timer = (uint8_t)t;
	cp_wheel_start(l->u->wheel, uni_party_slot(l->u, cp_handle_idx(p->handle)), p->handle,
		now_ns, interval_ms(l, t));
}

void
uni_party_timer_stop(struct uni_link *l, struct uni_party *p)
{
	if (p->timer == UNI_PARTY_TIMER_NOT)
		return;
	p->timer = UNI_PARTY_TIMER_NOT;
	cp_wheel_stop(l->u->wheel, uni_party_slot(l->u, cp_handle_idx(p->handle)));
}

/* Why the party ends (section 8, SIG-66). */
static void
reason_of(struct uni_release *r, const struct uni_link *l, const struct uni_party *p,
	enum uni_party_timer t)
{
	static const char digits[UNI_PARTY_TIMER_COUNT][4] = {
		[UNI_T397] = "397",
		[UNI_T398] = "398",
		[UNI_T399] = "399",
	};

	r->location = uni_link_location(l);
	if (t == UNI_T_PARTY_ANSWER) {
		r->cause = p->state == UNI_PARTY_RECEIVED ? UNI_CAUSE_NO_USER_RESPONDING
							  : UNI_CAUSE_NO_ANSWER;
		return;
	}
	r->cause = UNI_CAUSE_TIMER;
	r->diagnostics = (const uint8_t *)digits[t];
	r->diagnostics_len = 3;
}

/* By the standards' numbers. */
static const uint16_t number_of[UNI_PARTY_TIMER_COUNT] = {
	[UNI_T397] = 397,
	[UNI_T398] = 398,
	[UNI_T399] = 399,
};

void
uni_party_timer_expired(struct uni *u, uint32_t handle, uint64_t now_ns)
{
	struct uni_party *p = uni_party_at(u, handle);
	struct uni_release release = { .label = UNI_LABEL_NONE };
	struct uni_party_event e = { .now_ns = now_ns, .release = &release };
	enum uni_party_timer t;
	struct uni_link *l;
	struct uni_hot *c;

	if (p == NULL)
		return;
	t = (enum uni_party_timer)p->timer;
	p->timer = UNI_PARTY_TIMER_NOT;
	c = uni_call_at(u, p->call);
	l = u->links[c->link_idx];
	l->stats.timer_expired++;
	if (!uni_sweep_settle(l, c, now_ns) || uni_party_at(u, handle) == NULL)
		return;
	reason_of(&release, l, p, t);
	uni_trace_expired(l, c, p->ref, number_of[t], now_ns);
	uni_party_run(l, c, p, (enum uni_party_ev)(UNI_PARTY_EV_T397 + t), &e);
	uni_trace_settle(l);
}
