/* SPDX-License-Identifier: BSD-3-Clause */

#include "sscop/sscop_priv.h"

#define NS_PER_MS UINT64_C(1000000)

void
sscop_timers_init(struct sscop_timers *t, const struct sscop_params *params)
{
	uint32_t i;

	t->delay_ns[SSCOP_T_CC] = params->timer_cc_ms * NS_PER_MS;
	t->delay_ns[SSCOP_T_POLL] = params->timer_poll_ms * NS_PER_MS;
	t->delay_ns[SSCOP_T_KEEP_ALIVE] = params->timer_keep_alive_ms * NS_PER_MS;
	t->delay_ns[SSCOP_T_NO_RESPONSE] = params->timer_no_response_ms * NS_PER_MS;
	t->delay_ns[SSCOP_T_IDLE] = params->timer_idle_ms * NS_PER_MS;
	for (i = 0; i < SSCOP_T_COUNT; i++)
		t->due_ns[i] = SSCOP_NEVER;
	t->next_ns = SSCOP_NEVER;
}

void
sscop_timer_start(struct sscop *s, enum sscop_timer timer, uint64_t now_ns)
{
	uint64_t due_ns = now_ns + s->timers.delay_ns[timer];

	s->timers.due_ns[timer] = due_ns;
	if (due_ns < s->timers.next_ns)
		s->timers.next_ns = due_ns;
}

static enum sscop_timer
earliest(const struct sscop_timers *t)
{
	enum sscop_timer i, first = 0;

	for (i = 1; i < SSCOP_T_COUNT; i++) {
		if (t->due_ns[i] < t->due_ns[first])
			first = i;
	}
	return first;
}

static enum sscop_event
expiry_event(const struct sscop *s, enum sscop_timer timer)
{
	static const enum sscop_event events[SSCOP_T_COUNT] = {
		[SSCOP_T_NO_RESPONSE] = SSCOP_EV_T_NO_RESPONSE,
		[SSCOP_T_POLL] = SSCOP_EV_T_POLL,
		[SSCOP_T_KEEP_ALIVE] = SSCOP_EV_T_KEEP_ALIVE,
		[SSCOP_T_IDLE] = SSCOP_EV_T_IDLE,
	};

	if (timer != SSCOP_T_CC)
		return events[timer];
	return s->vt_cc < s->params.max_cc ? SSCOP_EV_CC_AGAIN : SSCOP_EV_CC_GIVE_UP;
}

void
sscop_poll(struct sscop *s, uint64_t now_ns)
{
	struct sscop_ctx ctx = { .now_ns = now_ns };
	enum sscop_timer timer;

	/* Ends: what is started here is due at least a millisecond after now. */
	while (now_ns >= s->timers.next_ns) {
		timer = earliest(&s->timers);
		s->timers.next_ns = s->timers.due_ns[timer];
		if (s->timers.next_ns > now_ns)
			break;
		sscop_timer_stop(s, timer);
		(void)sscop_event(s, expiry_event(s, timer), &ctx);
	}
	if (sscop_burst_left(s) && now_ns > s->burst.now_ns)
		sscop_transfer_resume(s, now_ns);
}

uint64_t
sscop_next_due_ns(const struct sscop *s)
{
	uint64_t due_ns = s->timers.due_ns[earliest(&s->timers)];

	return sscop_burst_left(s) && s->burst.now_ns < due_ns ? s->burst.now_ns + 1 : due_ns;
}

uint32_t
sscop_n_timers(const struct sscop *s)
{
	uint32_t i, n = 0;

	for (i = 0; i < SSCOP_T_COUNT; i++)
		n += sscop_timer_runs(s, i);
	return n;
}
