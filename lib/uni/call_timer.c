/* SPDX-License-Identifier: BSD-3-Clause */
#include "uni/party_priv.h"

/* A call has one timer at most: no state waits for two things. Its slot is the call's index. */

static uint32_t
interval_ms(const struct uni_link *l, enum uni_timer t)
{
#define AT(field) offsetof(struct uni_link_params, field)
	static const uint16_t at[UNI_TIMER_COUNT] = {
		[UNI_T301] = AT(t301_ms),
		[UNI_T303] = AT(t303_ms),
		[UNI_T308] = AT(t308_ms),
		[UNI_T310] = AT(t310_ms),
		[UNI_T313] = AT(t313_ms),
		[UNI_T360] = AT(t360_ms),
		[UNI_T361] = AT(t361_ms),
		[UNI_T_ANSWER] = AT(t_answer_ms),
	};
#undef AT

	return *(const uint32_t *)((const uint8_t *)&l->params + at[t]);
}

void
uni_timer_start(struct uni_link *l, struct uni_hot *c, enum uni_timer t, uint64_t now_ns)
{
	c->timer = (uint8_t)t;
	cp_wheel_start(l->u->wheel, uni_call_idx(c), c->handle, now_ns, interval_ms(l, t));
}

void
uni_timer_stop(struct uni_link *l, struct uni_hot *c)
{
	if (c->timer == UNI_TIMER_NOT)
		return; /* as of an active call: the wheel's memory is not touched */
	c->timer = UNI_TIMER_NOT;
	cp_wheel_stop(l->u->wheel, uni_call_idx(c));
}

static uint32_t
link_slot(const struct uni_link *l, enum uni_link_timer t)
{
	return l->u->calls.n_max + l->idx * (uint32_t)UNI_LINK_TIMERS + (uint32_t)t;
}

void
uni_link_timer_start(struct uni_link *l, enum uni_link_timer t, uint64_t now_ns, uint32_t delay_ms)
{
	cp_wheel_start(l->u->wheel, link_slot(l, t), 0, now_ns, delay_ms);
}

void
uni_link_timer_stop(struct uni_link *l, enum uni_link_timer t)
{
	cp_wheel_stop(l->u->wheel, link_slot(l, t));
}

bool
uni_link_timer_is_running(const struct uni_link *l, enum uni_link_timer t)
{
	return cp_wheel_is_running(l->u->wheel, link_slot(l, t));
}

/* Why the call ends, where the table ends it (section 8). */
static void
reason_of(
	struct uni_release *r, const struct uni_link *l, const struct uni_hot *c, enum uni_timer t)
{
	static const uint8_t causes[UNI_TIMER_COUNT] = {
		[UNI_T301] = UNI_CAUSE_NO_ANSWER,
		[UNI_T303] = UNI_CAUSE_NO_USER_RESPONDING,
		[UNI_T308] = UNI_CAUSE_TIMER,
		[UNI_T310] = UNI_CAUSE_NO_USER_RESPONDING,
		[UNI_T313] = UNI_CAUSE_TIMER,
		[UNI_T360] = UNI_CAUSE_TIMER,
		[UNI_T_ANSWER] = UNI_CAUSE_NO_ANSWER,
	};
	static const char digits[UNI_TIMER_COUNT][4] = {
		[UNI_T308] = "308",
		[UNI_T313] = "313",
		[UNI_T360] = "360",
	};

	r->cause = causes[t];
	r->location = uni_link_location(l);
	if (r->cause == UNI_CAUSE_TIMER) {
		r->diagnostics = (const uint8_t *)digits[t];
		r->diagnostics_len = 3;
	}
	/* An offer that nobody has taken up (SIG-66). */
	if (t == UNI_T_ANSWER && (c->state == UNI_ST_PRESENT || c->state == UNI_ST_INITIATED))
		r->cause = UNI_CAUSE_NO_USER_RESPONDING;
}

/* By the standards' numbers. */
static const uint16_t number_of[UNI_TIMER_COUNT] = {
	[UNI_T301] = 301,
	[UNI_T303] = 303,
	[UNI_T308] = 308,
	[UNI_T310] = 310,
	[UNI_T313] = 313,
	[UNI_T360] = 360,
	[UNI_T361] = 361,
};

static void
call_timer_expired(struct uni *u, struct uni_hot *c, uint64_t now_ns)
{
	struct uni_link *l = u->links[c->link_idx];
	struct uni_release release = { .label = UNI_LABEL_NONE };
	struct uni_call_event e = { .now_ns = now_ns, .release = &release };
	enum uni_timer t = (enum uni_timer)c->timer;

	c->timer = UNI_TIMER_NOT;
	l->stats.timer_expired++;
	if (!uni_sweep_settle(l, c, now_ns))
		return;
	reason_of(&release, l, c, t);
	uni_trace_expired(l, c, UNI_TRACE_NO_ENDPOINT, number_of[t], now_ns);
	uni_fsm_event(l, c, (enum uni_event)(UNI_EV_T301 + t), &e);
	uni_trace_settle(l);
}

static void
link_timer_expired(struct uni_link *l, enum uni_link_timer t, uint64_t now_ns)
{
	if (t == UNI_T309)
		uni_link_t309(l, now_ns);
	else if (t == UNI_T316)
		uni_requester_t316(l, now_ns);
	else if (t == UNI_T317)
		uni_restart_overdue(l, now_ns);
	else if (t == UNI_T_AUDIT)
		uni_audit_again(l);
	else
		uni_link_t_link(l, now_ns);
}

void
uni_timer_expired(void *arg, uint32_t slot, uint32_t cookie, uint64_t now_ns)
{
	struct uni *u = arg;
	struct uni_hot *c;

	if (uni_enquiry_has_slot(u, slot)) {
		uni_enquiry_expired(u, slot, now_ns);
		return;
	}
	if (slot >= uni_party_slot(u, 0)) {
		uni_party_timer_expired(u, cookie, now_ns);
		return;
	}
	if (slot >= u->calls.n_max) {
		slot -= u->calls.n_max;
		link_timer_expired(u->links[slot / UNI_LINK_TIMERS],
			(enum uni_link_timer)(slot % UNI_LINK_TIMERS), now_ns);
		return;
	}
	c = uni_call_at(u, cookie);
	if (c != NULL)
		call_timer_expired(u, c, now_ns);
}
