/* SPDX-License-Identifier: BSD-3-Clause */
#include "uni/party_priv.h"

/*
 * Section 14 as a table, a row per state; root and leaf share it, for each has states of its own.
 * An empty cell is SIG-48 with the state of the party for a message of the peer, and -EPROTO for a
 * request from above. State 0 of a party that is there means: its last word is to be said.
 */
struct cell {
	uint8_t next;
	uni_party_act *act;
};

static const struct cell party_fsm[UNI_PARTY_COUNT][UNI_PARTY_EV_COUNT] = {
	[UNI_PARTY_NULL] = {
		[UNI_PARTY_EV_ADD] = { UNI_PARTY_INITIATED, uni_party_act_add }, /* SIG-P1 */
		[UNI_PARTY_EV_MSG_ADD] = { UNI_PARTY_RECEIVED, uni_party_act_offer }, /* SIG-P6 */
	},
	[UNI_PARTY_INITIATED] = {
		[UNI_PARTY_EV_MSG_ALERTING] = { UNI_PARTY_ALERTING_RECEIVED,
			uni_party_act_alerting }, /* SIG-P2 */
		[UNI_PARTY_EV_MSG_ADD_ACK] = { UNI_PARTY_ACTIVE, uni_party_act_added }, /* SIG-P3 */
		[UNI_PARTY_EV_MSG_REJECT] = { UNI_PARTY_NULL, uni_party_act_gone }, /* SIG-P4 */
		[UNI_PARTY_EV_T399] = { UNI_PARTY_DROP_INITIATED, uni_party_act_fail }, /* SIG-P5 */
		[UNI_PARTY_EV_DROP] = { UNI_PARTY_DROP_INITIATED, uni_party_act_drop }, /* SIG-P12 */
		[UNI_PARTY_EV_MSG_DROP] = { UNI_PARTY_DROP_RECEIVED, uni_party_act_dropped }, /* P13 */
		[UNI_PARTY_EV_MSG_DROP_ACK] = { UNI_PARTY_NULL, uni_party_act_gone }, /* SIG-P16 */
		[UNI_PARTY_EV_GONE] = { UNI_PARTY_NULL, uni_party_act_gone }, /* SIG-94 */
		[UNI_PARTY_EV_ABORT] = { UNI_PARTY_DROP_INITIATED, uni_party_act_fail }, /* SIG-94 */
	},
	[UNI_PARTY_ALERTING_RECEIVED] = {
		[UNI_PARTY_EV_MSG_ADD_ACK] = { UNI_PARTY_ACTIVE, uni_party_act_added }, /* SIG-P3 */
		[UNI_PARTY_EV_T397] = { UNI_PARTY_DROP_INITIATED, uni_party_act_fail }, /* SIG-P5 */
		[UNI_PARTY_EV_DROP] = { UNI_PARTY_DROP_INITIATED, uni_party_act_drop }, /* SIG-P12 */
		[UNI_PARTY_EV_MSG_DROP] = { UNI_PARTY_DROP_RECEIVED, uni_party_act_dropped }, /* P13 */
		[UNI_PARTY_EV_MSG_DROP_ACK] = { UNI_PARTY_NULL, uni_party_act_gone }, /* SIG-P16 */
		[UNI_PARTY_EV_GONE] = { UNI_PARTY_NULL, uni_party_act_gone }, /* SIG-94 */
		[UNI_PARTY_EV_ABORT] = { UNI_PARTY_DROP_INITIATED, uni_party_act_fail }, /* SIG-94 */
	},
	[UNI_PARTY_RECEIVED] = {
		[UNI_PARTY_EV_MSG_ADD] = { UNI_PARTY_RECEIVED, uni_party_act_nothing }, /* SIG-P7 */
		[UNI_PARTY_EV_ALERT] = { UNI_PARTY_ALERTING_DELIVERED, uni_party_act_alert }, /* P8 */
		[UNI_PARTY_EV_ACCEPT] = { UNI_PARTY_ACTIVE, uni_party_act_accept }, /* SIG-P9 */
		[UNI_PARTY_EV_REFUSE] = { UNI_PARTY_NULL, uni_party_act_refuse }, /* SIG-P10 */
		[UNI_PARTY_EV_T_ANSWER] = { UNI_PARTY_NULL, uni_party_act_overdue }, /* SIG-66 */
		[UNI_PARTY_EV_MSG_DROP] = { UNI_PARTY_DROP_RECEIVED, uni_party_act_dropped }, /* P13 */
		[UNI_PARTY_EV_MSG_DROP_ACK] = { UNI_PARTY_NULL, uni_party_act_gone }, /* SIG-P16 */
		[UNI_PARTY_EV_GONE] = { UNI_PARTY_NULL, uni_party_act_gone }, /* SIG-94 */
		[UNI_PARTY_EV_ABORT] = { UNI_PARTY_DROP_INITIATED, uni_party_act_fail }, /* SIG-94 */
	},
	[UNI_PARTY_ALERTING_DELIVERED] = {
		[UNI_PARTY_EV_ACCEPT] = { UNI_PARTY_ACTIVE, uni_party_act_accept }, /* SIG-P9 */
		[UNI_PARTY_EV_REFUSE] = { UNI_PARTY_DROP_INITIATED, uni_party_act_drop }, /* P11 */
		[UNI_PARTY_EV_T_ANSWER] = { UNI_PARTY_DROP_INITIATED, uni_party_act_fail }, /* SIG-66 */
		[UNI_PARTY_EV_DROP] = { UNI_PARTY_DROP_INITIATED, uni_party_act_drop }, /* SIG-P12 */
		[UNI_PARTY_EV_MSG_DROP] = { UNI_PARTY_DROP_RECEIVED, uni_party_act_dropped }, /* P13 */
		[UNI_PARTY_EV_MSG_DROP_ACK] = { UNI_PARTY_NULL, uni_party_act_gone }, /* SIG-P16 */
		[UNI_PARTY_EV_GONE] = { UNI_PARTY_NULL, uni_party_act_gone }, /* SIG-94 */
		[UNI_PARTY_EV_ABORT] = { UNI_PARTY_DROP_INITIATED, uni_party_act_fail }, /* SIG-94 */
	},
	[UNI_PARTY_ACTIVE] = {
		[UNI_PARTY_EV_DROP] = { UNI_PARTY_DROP_INITIATED, uni_party_act_drop }, /* SIG-P12 */
		[UNI_PARTY_EV_MSG_DROP] = { UNI_PARTY_DROP_RECEIVED, uni_party_act_dropped }, /* P13 */
		[UNI_PARTY_EV_MSG_DROP_ACK] = { UNI_PARTY_NULL, uni_party_act_gone }, /* SIG-P16 */
		[UNI_PARTY_EV_GONE] = { UNI_PARTY_NULL, uni_party_act_gone }, /* SIG-94 */
		[UNI_PARTY_EV_ABORT] = { UNI_PARTY_DROP_INITIATED, uni_party_act_fail }, /* SIG-94 */
	},
	[UNI_PARTY_DROP_INITIATED] = {
		[UNI_PARTY_EV_MSG_DROP] = { UNI_PARTY_NULL, uni_party_act_collision }, /* SIG-P15 */
		[UNI_PARTY_EV_MSG_DROP_ACK] = { UNI_PARTY_NULL, uni_party_act_done }, /* SIG-P15 */
		[UNI_PARTY_EV_MSG_REJECT] = { UNI_PARTY_NULL, uni_party_act_done }, /* SIG-P15 */
		[UNI_PARTY_EV_GONE] = { UNI_PARTY_NULL, uni_party_act_done }, /* SIG-94 */
		[UNI_PARTY_EV_T398] = { UNI_PARTY_NULL, uni_party_act_t398 }, /* SIG-P17 */
	},
	[UNI_PARTY_DROP_RECEIVED] = {
		[UNI_PARTY_EV_DROP] = { UNI_PARTY_NULL, uni_party_act_answer }, /* SIG-P14 */
		[UNI_PARTY_EV_MSG_DROP] = { UNI_PARTY_DROP_RECEIVED, uni_party_act_nothing }, /* P13 */
		[UNI_PARTY_EV_T_ANSWER] = { UNI_PARTY_NULL, uni_party_act_overdue }, /* SIG-66 */
		[UNI_PARTY_EV_GONE] = { UNI_PARTY_NULL, uni_party_act_gone }, /* SIG-94 */
	},
};

#define ST_BIT(st) (1u << (st))

/* States that wait for the layer above here (SIG-66). */
static const uint32_t waits_for_above = ST_BIT(UNI_PARTY_RECEIVED) |
					ST_BIT(UNI_PARTY_ALERTING_DELIVERED) |
					ST_BIT(UNI_PARTY_DROP_RECEIVED);

bool
uni_party_accepts(uint8_t state, enum uni_party_ev ev)
{
	return party_fsm[state][ev].act != NULL;
}

static void
count(struct uni_multi *mp, const struct uni_party *p, uint32_t by)
{
	bool asked = p->state == UNI_PARTY_INITIATED || p->state == UNI_PARTY_RECEIVED;

	if (p->state == UNI_PARTY_ACTIVE)
		mp->n_active += by;
	else if (uni_party_is_joining(p->state))
		mp->n_joining += by;
	if (asked && (p->flags & UNI_PARTY_F_ADDED) != 0)
		mp->n_unanswered += by;
}

/* SIG-105: a call of the network in which all are joining, and back. */
static void
follow_parties(struct uni_link *l, struct uni_hot *c, const struct uni_multi *mp)
{
	struct uni_call_event e = { .now_ns = 0 };

	if (l->params.role != UNI_ROLE_NETWORK || !uni_call_is_ours(c) ||
		l->u->cold[uni_call_idx(c)].connected_us == 0)
		return;
	if (c->state == UNI_ST_ACTIVE && mp->n_active == 0 && mp->n_joining > 0)
		uni_fsm_event(l, c, UNI_EV_NONE_ACTIVE, &e);
	else if (c->state == UNI_ST_RECEIVED && mp->n_active > 0)
		uni_fsm_event(l, c, UNI_EV_ACTIVE_AGAIN, &e);
}

void
uni_party_set_state(struct uni_link *l, struct uni_hot *c, struct uni_party *p, uint8_t state)
{
	struct uni_multi *mp = uni_multi_of(l->u, c);

	uni_party_timer_stop(l, p);
	count(mp, p, UINT32_MAX); /* less one */
	p->state = state;
	count(mp, p, 1);
	if (state == UNI_PARTY_ACTIVE)
		l->stats.parties_joined++;
	follow_parties(l, c, mp);
}

/* An answer given inside the handler has cost no timer; for the leading party the call has one. */
static void
await_above(struct uni_link *l, uint32_t handle, uint8_t state, uint64_t now_ns)
{
	struct uni_party *p = uni_party_at(l->u, handle);

	if (p != NULL && p->state == state && p->timer == UNI_PARTY_TIMER_NOT &&
		(p->flags & UNI_PARTY_F_LEAD) == 0)
		uni_party_timer_start(l, p, UNI_T_PARTY_ANSWER, now_ns);
}

bool
uni_party_run(struct uni_link *l, struct uni_hot *c, struct uni_party *p, enum uni_party_ev ev,
	struct uni_party_event *e)
{
	const struct cell *cell = &party_fsm[p->state][ev];
	const uint8_t first_words =
		UNI_SAY_BIT(UNI_PARTY_SAY_ADD) | UNI_SAY_BIT(UNI_PARTY_SAY_DROP);
	uint32_t handle = p->handle;

	if (cell->act == NULL)
		return false;
	e->from = p->state;
	e->unsaid = (p->pending & first_words) != 0;
	if (l->noted != NULL)
		uni_trace_tell_party(l, c, p, cell->next);
	if (cell->next != p->state)
		uni_party_set_state(l, c, p, cell->next);
	cell->act(l, c, p, e);
	if (waits_for_above & ST_BIT(cell->next))
		await_above(l, handle, cell->next, e->now_ns);
	return true;
}

const char *
uni_party_state_name(enum uni_party_state state)
{
	static const char names[UNI_PARTY_COUNT][4] = {
		[UNI_PARTY_NULL] = "P0",
		[UNI_PARTY_INITIATED] = "P1",
		[UNI_PARTY_ALERTING_DELIVERED] = "P4",
		[UNI_PARTY_RECEIVED] = "P6",
		[UNI_PARTY_ALERTING_RECEIVED] = "P7",
		[UNI_PARTY_ACTIVE] = "P10",
		[UNI_PARTY_DROP_INITIATED] = "P11",
		[UNI_PARTY_DROP_RECEIVED] = "P12",
	};

	if (state >= UNI_PARTY_COUNT || names[state][0] == '\0')
		return "?";
	return names[state];
}
