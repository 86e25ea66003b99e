/* SPDX-License-Identifier: BSD-3-Clause */
#include "uni/uni_priv.h"

/*
 * Sections 9 and 10 as tables, a row per state of each role. An empty cell is SIG-48 for a message
 * of the peer and -EPROTO for a request from above. What happens alike in every state is not here:
 * STATUS, STATUS ENQUIRY, NOTIFY, and messages about parties.
 */
struct fsm_cell {
	uint8_t next;
	uni_act *act;
};

typedef const struct fsm_cell fsm_table[UNI_ST_COUNT][UNI_EV_COUNT];

/* U11: the user has sent RELEASE; U12: it has received one. */
static fsm_table user_fsm = {
	[UNI_ST_NULL] = {
		[UNI_EV_SETUP] = { UNI_ST_INITIATED, uni_act_setup }, /* SIG-U1 */
		[UNI_EV_MSG_SETUP] = { UNI_ST_PRESENT, uni_act_offer }, /* SIG-U2 */
	},
	[UNI_ST_INITIATED] = {
		[UNI_EV_MSG_PROCEEDING] = { UNI_ST_OUT_PROCEEDING, uni_act_proceeding }, /* SIG-U3 */
		[UNI_EV_MSG_ALERTING] = { UNI_ST_DELIVERED, uni_act_alerting }, /* SIG-U4 */
		[UNI_EV_MSG_CONNECT] = { UNI_ST_ACTIVE, uni_act_connect_user }, /* SIG-U5 */
		[UNI_EV_MSG_RELEASE_COMPLETE] = { UNI_ST_NULL, uni_act_gone }, /* SIG-U6 */
		[UNI_EV_T303] = { UNI_ST_INITIATED, uni_act_t303 }, /* SIG-U7 */
		[UNI_EV_CLOSE] = { UNI_ST_RELEASE_REQUEST, uni_act_release }, /* SIG-C1 */
		[UNI_EV_MSG_RELEASE] = { UNI_ST_RELEASE_INDICATION, uni_act_released }, /* SIG-C2 */
		[UNI_EV_ABORT] = { UNI_ST_RELEASE_REQUEST, uni_act_abort },
		[UNI_EV_CLEAR] = { UNI_ST_NULL, uni_act_clear },
	},
	[UNI_ST_OUT_PROCEEDING] = {
		[UNI_EV_MSG_ALERTING] = { UNI_ST_DELIVERED, uni_act_alerting }, /* SIG-U8 */
		[UNI_EV_MSG_CONNECT] = { UNI_ST_ACTIVE, uni_act_connect_user }, /* SIG-U5 */
		[UNI_EV_T310] = { UNI_ST_RELEASE_REQUEST, uni_act_abort }, /* SIG-T5 */
		[UNI_EV_CLOSE] = { UNI_ST_RELEASE_REQUEST, uni_act_release }, /* SIG-C1 */
		[UNI_EV_MSG_RELEASE] = { UNI_ST_RELEASE_INDICATION, uni_act_released }, /* SIG-C2 */
		[UNI_EV_MSG_RELEASE_COMPLETE] = { UNI_ST_NULL, uni_act_gone }, /* SIG-C6 */
		[UNI_EV_ABORT] = { UNI_ST_RELEASE_REQUEST, uni_act_abort },
		[UNI_EV_CLEAR] = { UNI_ST_NULL, uni_act_clear },
	},
	[UNI_ST_DELIVERED] = {
		[UNI_EV_MSG_CONNECT] = { UNI_ST_ACTIVE, uni_act_connect_user }, /* SIG-U5 */
		[UNI_EV_T301] = { UNI_ST_RELEASE_REQUEST, uni_act_abort }, /* SIG-T1 */
		[UNI_EV_CLOSE] = { UNI_ST_RELEASE_REQUEST, uni_act_release }, /* SIG-C1 */
		[UNI_EV_MSG_RELEASE] = { UNI_ST_RELEASE_INDICATION, uni_act_released }, /* SIG-C2 */
		[UNI_EV_MSG_RELEASE_COMPLETE] = { UNI_ST_NULL, uni_act_gone }, /* SIG-C6 */
		[UNI_EV_ABORT] = { UNI_ST_RELEASE_REQUEST, uni_act_abort },
		[UNI_EV_CLEAR] = { UNI_ST_NULL, uni_act_clear },
	},
	[UNI_ST_PRESENT] = {
		[UNI_EV_PROCEED] = { UNI_ST_IN_PROCEEDING, uni_act_proceed }, /* SIG-U9 */
		[UNI_EV_ALERT] = { UNI_ST_RECEIVED, uni_act_alert }, /* SIG-U10 */
		[UNI_EV_ACCEPT] = { UNI_ST_CONNECT_REQUEST, uni_act_accept_user }, /* SIG-U11 */
		[UNI_EV_REFUSE] = { UNI_ST_NULL, uni_act_refuse }, /* SIG-U12 */
		[UNI_EV_T_ANSWER] = { UNI_ST_NULL, uni_act_overdue }, /* SIG-66 */
		[UNI_EV_CLOSE] = { UNI_ST_NULL, uni_act_refuse }, /* SIG-C1 */
		[UNI_EV_MSG_RELEASE] = { UNI_ST_RELEASE_INDICATION, uni_act_released }, /* SIG-C2 */
		[UNI_EV_MSG_RELEASE_COMPLETE] = { UNI_ST_NULL, uni_act_gone }, /* SIG-C6 */
		[UNI_EV_ABORT] = { UNI_ST_RELEASE_REQUEST, uni_act_abort },
		[UNI_EV_CLEAR] = { UNI_ST_NULL, uni_act_clear },
	},
	[UNI_ST_RECEIVED] = {
		[UNI_EV_ACCEPT] = { UNI_ST_CONNECT_REQUEST, uni_act_accept_user }, /* SIG-U11 */
		[UNI_EV_REFUSE] = { UNI_ST_RELEASE_REQUEST, uni_act_release }, /* SIG-U13 */
		[UNI_EV_T_ANSWER] = { UNI_ST_RELEASE_REQUEST, uni_act_abort }, /* SIG-66 */
		[UNI_EV_CLOSE] = { UNI_ST_RELEASE_REQUEST, uni_act_release }, /* SIG-C1 */
		[UNI_EV_MSG_RELEASE] = { UNI_ST_RELEASE_INDICATION, uni_act_released }, /* SIG-C2 */
		[UNI_EV_MSG_RELEASE_COMPLETE] = { UNI_ST_NULL, uni_act_gone }, /* SIG-C6 */
		[UNI_EV_ABORT] = { UNI_ST_RELEASE_REQUEST, uni_act_abort },
		[UNI_EV_CLEAR] = { UNI_ST_NULL, uni_act_clear },
	},
	[UNI_ST_CONNECT_REQUEST] = {
		[UNI_EV_MSG_CONNECT_ACK] = { UNI_ST_ACTIVE, uni_act_connected }, /* SIG-U14 */
		[UNI_EV_T313] = { UNI_ST_RELEASE_REQUEST, uni_act_abort }, /* SIG-T6 */
		[UNI_EV_CLOSE] = { UNI_ST_RELEASE_REQUEST, uni_act_release }, /* SIG-C1 */
		[UNI_EV_MSG_RELEASE] = { UNI_ST_RELEASE_INDICATION, uni_act_released }, /* SIG-C2 */
		[UNI_EV_MSG_RELEASE_COMPLETE] = { UNI_ST_NULL, uni_act_gone }, /* SIG-C6 */
		[UNI_EV_ABORT] = { UNI_ST_RELEASE_REQUEST, uni_act_abort },
		[UNI_EV_CLEAR] = { UNI_ST_NULL, uni_act_clear },
	},
	[UNI_ST_IN_PROCEEDING] = {
		[UNI_EV_PROCEED] = { UNI_ST_IN_PROCEEDING, uni_act_nothing }, /* SIG-68 was first */
		[UNI_EV_ALERT] = { UNI_ST_RECEIVED, uni_act_alert }, /* SIG-U10 */
		[UNI_EV_ACCEPT] = { UNI_ST_CONNECT_REQUEST, uni_act_accept_user }, /* SIG-U11 */
		[UNI_EV_REFUSE] = { UNI_ST_RELEASE_REQUEST, uni_act_release }, /* SIG-U13 */
		[UNI_EV_T_ANSWER] = { UNI_ST_RELEASE_REQUEST, uni_act_abort }, /* SIG-66 */
		[UNI_EV_CLOSE] = { UNI_ST_RELEASE_REQUEST, uni_act_release }, /* SIG-C1 */
		[UNI_EV_MSG_RELEASE] = { UNI_ST_RELEASE_INDICATION, uni_act_released }, /* SIG-C2 */
		[UNI_EV_MSG_RELEASE_COMPLETE] = { UNI_ST_NULL, uni_act_gone }, /* SIG-C6 */
		[UNI_EV_ABORT] = { UNI_ST_RELEASE_REQUEST, uni_act_abort },
		[UNI_EV_CLEAR] = { UNI_ST_NULL, uni_act_clear },
	},
	[UNI_ST_ACTIVE] = {
		/* CONNECT ACKNOWLEDGE: SIG-U15 */
		[UNI_EV_CLOSE] = { UNI_ST_RELEASE_REQUEST, uni_act_release }, /* SIG-C1 */
		[UNI_EV_MSG_RELEASE] = { UNI_ST_RELEASE_INDICATION, uni_act_released }, /* SIG-C2 */
		[UNI_EV_MSG_RELEASE_COMPLETE] = { UNI_ST_NULL, uni_act_gone }, /* SIG-C6 */
		[UNI_EV_ABORT] = { UNI_ST_RELEASE_REQUEST, uni_act_abort },
		[UNI_EV_CLEAR] = { UNI_ST_NULL, uni_act_clear },
	},
	[UNI_ST_RELEASE_REQUEST] = {
		[UNI_EV_MSG_RELEASE] = { UNI_ST_NULL, uni_act_collision }, /* SIG-C5 */
		[UNI_EV_MSG_RELEASE_COMPLETE] = { UNI_ST_NULL, uni_act_done }, /* SIG-C6 */
		[UNI_EV_T308] = { UNI_ST_RELEASE_REQUEST, uni_act_t308 }, /* SIG-C7 */
		[UNI_EV_CLEAR] = { UNI_ST_NULL, uni_act_clear },
	},
	[UNI_ST_RELEASE_INDICATION] = {
		[UNI_EV_CLOSE] = { UNI_ST_NULL, uni_act_answer }, /* SIG-C3 */
		[UNI_EV_MSG_RELEASE] = { UNI_ST_RELEASE_INDICATION, uni_act_nothing }, /* SIG-C4 */
		[UNI_EV_MSG_RELEASE_COMPLETE] = { UNI_ST_NULL, uni_act_gone }, /* SIG-C6 */
		[UNI_EV_T_ANSWER] = { UNI_ST_NULL, uni_act_overdue }, /* SIG-66 */
		[UNI_EV_CLEAR] = { UNI_ST_NULL, uni_act_clear },
	},
};

/* N11: the network has received RELEASE; N12: it has sent one. */
static fsm_table network_fsm = {
	[UNI_ST_NULL] = {
		[UNI_EV_MSG_SETUP] = { UNI_ST_INITIATED, uni_act_offer }, /* SIG-N1 */
		[UNI_EV_SETUP] = { UNI_ST_PRESENT, uni_act_setup }, /* SIG-N2 */
	},
	[UNI_ST_INITIATED] = {
		[UNI_EV_PROCEED] = { UNI_ST_OUT_PROCEEDING, uni_act_proceed }, /* SIG-N3 */
		[UNI_EV_ALERT] = { UNI_ST_DELIVERED, uni_act_alert }, /* SIG-N4 */
		[UNI_EV_ACCEPT] = { UNI_ST_ACTIVE, uni_act_accept_network }, /* SIG-N5 */
		[UNI_EV_REFUSE] = { UNI_ST_NULL, uni_act_refuse }, /* SIG-N6 */
		[UNI_EV_T_ANSWER] = { UNI_ST_NULL, uni_act_overdue }, /* SIG-66 */
		[UNI_EV_CLOSE] = { UNI_ST_NULL, uni_act_refuse }, /* SIG-C1 */
		[UNI_EV_MSG_RELEASE] = { UNI_ST_RELEASE_REQUEST, uni_act_released }, /* SIG-C2 */
		[UNI_EV_MSG_RELEASE_COMPLETE] = { UNI_ST_NULL, uni_act_gone }, /* SIG-C6 */
		[UNI_EV_ABORT] = { UNI_ST_RELEASE_INDICATION, uni_act_abort },
		[UNI_EV_CLEAR] = { UNI_ST_NULL, uni_act_clear },
	},
	[UNI_ST_OUT_PROCEEDING] = {
		[UNI_EV_PROCEED] = { UNI_ST_OUT_PROCEEDING, uni_act_nothing }, /* SIG-68 was first */
		[UNI_EV_ALERT] = { UNI_ST_DELIVERED, uni_act_alert }, /* SIG-N4 */
		[UNI_EV_ACCEPT] = { UNI_ST_ACTIVE, uni_act_accept_network }, /* SIG-N5 */
		[UNI_EV_REFUSE] = { UNI_ST_RELEASE_INDICATION, uni_act_release }, /* SIG-N7 */
		[UNI_EV_T_ANSWER] = { UNI_ST_RELEASE_INDICATION, uni_act_abort }, /* SIG-66 */
		[UNI_EV_CLOSE] = { UNI_ST_RELEASE_INDICATION, uni_act_release }, /* SIG-C1 */
		[UNI_EV_MSG_RELEASE] = { UNI_ST_RELEASE_REQUEST, uni_act_released }, /* SIG-C2 */
		[UNI_EV_MSG_RELEASE_COMPLETE] = { UNI_ST_NULL, uni_act_gone }, /* SIG-C6 */
		[UNI_EV_ABORT] = { UNI_ST_RELEASE_INDICATION, uni_act_abort },
		[UNI_EV_CLEAR] = { UNI_ST_NULL, uni_act_clear },
	},
	[UNI_ST_DELIVERED] = {
		[UNI_EV_ACCEPT] = { UNI_ST_ACTIVE, uni_act_accept_network }, /* SIG-N5 */
		[UNI_EV_REFUSE] = { UNI_ST_RELEASE_INDICATION, uni_act_release }, /* SIG-N7 */
		[UNI_EV_T_ANSWER] = { UNI_ST_RELEASE_INDICATION, uni_act_abort }, /* SIG-66 */
		[UNI_EV_CLOSE] = { UNI_ST_RELEASE_INDICATION, uni_act_release }, /* SIG-C1 */
		[UNI_EV_MSG_RELEASE] = { UNI_ST_RELEASE_REQUEST, uni_act_released }, /* SIG-C2 */
		[UNI_EV_MSG_RELEASE_COMPLETE] = { UNI_ST_NULL, uni_act_gone }, /* SIG-C6 */
		[UNI_EV_ABORT] = { UNI_ST_RELEASE_INDICATION, uni_act_abort },
		[UNI_EV_CLEAR] = { UNI_ST_NULL, uni_act_clear },
	},
	[UNI_ST_PRESENT] = {
		[UNI_EV_MSG_PROCEEDING] = { UNI_ST_IN_PROCEEDING, uni_act_proceeding }, /* SIG-N8 */
		[UNI_EV_MSG_ALERTING] = { UNI_ST_RECEIVED, uni_act_alerting }, /* SIG-N9 */
		[UNI_EV_MSG_CONNECT] = { UNI_ST_CONNECT_REQUEST, uni_act_connect_network }, /* N11 */
		[UNI_EV_MSG_RELEASE_COMPLETE] = { UNI_ST_NULL, uni_act_gone }, /* SIG-N13 */
		[UNI_EV_T303] = { UNI_ST_PRESENT, uni_act_t303 }, /* SIG-T2 */
		[UNI_EV_CLOSE] = { UNI_ST_RELEASE_INDICATION, uni_act_release }, /* SIG-C1, 79 */
		[UNI_EV_MSG_RELEASE] = { UNI_ST_RELEASE_REQUEST, uni_act_released }, /* SIG-C2 */
		[UNI_EV_ABORT] = { UNI_ST_RELEASE_INDICATION, uni_act_abort },
		[UNI_EV_CLEAR] = { UNI_ST_NULL, uni_act_clear },
	},
	[UNI_ST_RECEIVED] = {
		[UNI_EV_MSG_CONNECT] = { UNI_ST_CONNECT_REQUEST, uni_act_connect_network }, /* N11 */
		[UNI_EV_T301] = { UNI_ST_RELEASE_INDICATION, uni_act_abort }, /* SIG-T1 */
		[UNI_EV_CLOSE] = { UNI_ST_RELEASE_INDICATION, uni_act_release }, /* SIG-C1 */
		[UNI_EV_MSG_RELEASE] = { UNI_ST_RELEASE_REQUEST, uni_act_released }, /* SIG-C2 */
		[UNI_EV_MSG_RELEASE_COMPLETE] = { UNI_ST_NULL, uni_act_gone }, /* SIG-C6 */
		[UNI_EV_ABORT] = { UNI_ST_RELEASE_INDICATION, uni_act_abort },
		[UNI_EV_CLEAR] = { UNI_ST_NULL, uni_act_clear },
	},
	[UNI_ST_CONNECT_REQUEST] = {
		[UNI_EV_COMPLETE] = { UNI_ST_ACTIVE, uni_act_complete }, /* SIG-N12 */
		[UNI_EV_CLOSE] = { UNI_ST_RELEASE_INDICATION, uni_act_release }, /* SIG-C1 */
		[UNI_EV_MSG_RELEASE] = { UNI_ST_RELEASE_REQUEST, uni_act_released }, /* SIG-C2 */
		[UNI_EV_MSG_RELEASE_COMPLETE] = { UNI_ST_NULL, uni_act_gone }, /* SIG-C6 */
		[UNI_EV_ABORT] = { UNI_ST_RELEASE_INDICATION, uni_act_abort },
		[UNI_EV_CLEAR] = { UNI_ST_NULL, uni_act_clear },
	},
	[UNI_ST_IN_PROCEEDING] = {
		[UNI_EV_MSG_ALERTING] = { UNI_ST_RECEIVED, uni_act_alerting }, /* SIG-N10 */
		[UNI_EV_MSG_CONNECT] = { UNI_ST_CONNECT_REQUEST, uni_act_connect_network }, /* N11 */
		[UNI_EV_T310] = { UNI_ST_RELEASE_INDICATION, uni_act_abort }, /* SIG-T5 */
		[UNI_EV_CLOSE] = { UNI_ST_RELEASE_INDICATION, uni_act_release }, /* SIG-C1 */
		[UNI_EV_MSG_RELEASE] = { UNI_ST_RELEASE_REQUEST, uni_act_released }, /* SIG-C2 */
		[UNI_EV_MSG_RELEASE_COMPLETE] = { UNI_ST_NULL, uni_act_gone }, /* SIG-C6 */
		[UNI_EV_ABORT] = { UNI_ST_RELEASE_INDICATION, uni_act_abort },
		[UNI_EV_CLEAR] = { UNI_ST_NULL, uni_act_clear },
	},
	[UNI_ST_ACTIVE] = {
		[UNI_EV_MSG_CONNECT_ACK] = { UNI_ST_ACTIVE, uni_act_nothing }, /* SIG-N14 */
		[UNI_EV_CLOSE] = { UNI_ST_RELEASE_INDICATION, uni_act_release }, /* SIG-C1 */
		[UNI_EV_MSG_RELEASE] = { UNI_ST_RELEASE_REQUEST, uni_act_released }, /* SIG-C2 */
		[UNI_EV_MSG_RELEASE_COMPLETE] = { UNI_ST_NULL, uni_act_gone }, /* SIG-C6 */
		[UNI_EV_ABORT] = { UNI_ST_RELEASE_INDICATION, uni_act_abort },
		[UNI_EV_CLEAR] = { UNI_ST_NULL, uni_act_clear },
	},
	[UNI_ST_RELEASE_REQUEST] = {
		[UNI_EV_CLOSE] = { UNI_ST_NULL, uni_act_answer }, /* SIG-C3 */
		[UNI_EV_MSG_RELEASE] = { UNI_ST_RELEASE_REQUEST, uni_act_nothing }, /* SIG-C4 */
		[UNI_EV_MSG_RELEASE_COMPLETE] = { UNI_ST_NULL, uni_act_gone }, /* SIG-C6 */
		[UNI_EV_T_ANSWER] = { UNI_ST_NULL, uni_act_overdue }, /* SIG-66 */
		[UNI_EV_CLEAR] = { UNI_ST_NULL, uni_act_clear },
	},
	[UNI_ST_RELEASE_INDICATION] = {
		[UNI_EV_MSG_RELEASE] = { UNI_ST_NULL, uni_act_collision }, /* SIG-C5 */
		[UNI_EV_MSG_RELEASE_COMPLETE] = { UNI_ST_NULL, uni_act_done }, /* SIG-C6 */
		[UNI_EV_T308] = { UNI_ST_RELEASE_INDICATION, uni_act_t308 }, /* SIG-C7 */
		[UNI_EV_CLEAR] = { UNI_ST_NULL, uni_act_clear },
	},
};

#define ST_BIT(st) (1u << (st))

/* States that wait for the layer above here (SIG-66). */
static const uint16_t waits_for_above[] = {
	[UNI_ROLE_USER] = ST_BIT(UNI_ST_PRESENT) | ST_BIT(UNI_ST_RECEIVED) |
			  ST_BIT(UNI_ST_IN_PROCEEDING) | ST_BIT(UNI_ST_RELEASE_INDICATION),
	[UNI_ROLE_NETWORK] = ST_BIT(UNI_ST_INITIATED) | ST_BIT(UNI_ST_OUT_PROCEEDING) |
			     ST_BIT(UNI_ST_DELIVERED) | ST_BIT(UNI_ST_RELEASE_REQUEST),
};

static const struct fsm_cell *
cell_of(enum uni_role role, uint8_t state, enum uni_event ev)
{
	return role == UNI_ROLE_USER ? &user_fsm[state][ev] : &network_fsm[state][ev];
}

bool
uni_fsm_accepts(enum uni_role role, uint8_t state, enum uni_event ev)
{
	return cell_of(role, state, ev)->act != NULL;
}

static void
leave_state(struct uni_link *l, struct uni_hot *c)
{
	uni_timer_stop(l, c); /* SIG-65 */
	c->flags &= (uint8_t)~UNI_CALL_F_AGAIN;
	if (c->setup != CP_HANDLE_NONE && c->state != UNI_ST_NULL) {
		cp_pool_put(&l->u->setups, c->setup);
		c->setup = CP_HANDLE_NONE;
		c->pending &= (uint8_t)~UNI_SAY_BIT(UNI_SAY_SETUP);
	}
	if (c->state == UNI_ST_ACTIVE)
		l->n_active--;
}

static void
enter_state(struct uni_link *l, struct uni_hot *c, uint8_t state, uint64_t now_ns)
{
	c->state = state;
	if (state == UNI_ST_ACTIVE) {
		l->n_active++;
		l->stats.set_up++;
		l->u->cold[uni_call_idx(c)].connected_ns = now_ns;
	}
}

/* An answer given inside the handler has cost no timer. */
static void
await_above(struct uni_link *l, uint32_t handle, uint8_t state, uint64_t now_ns)
{
	struct uni_hot *c = uni_call_at(l->u, handle);

	if (c != NULL && c->state == state && c->timer == UNI_TIMER_NOT)
		uni_timer_start(l, c, UNI_T_ANSWER, now_ns);
}

bool
uni_fsm_event(struct uni_link *l, struct uni_hot *c, enum uni_event ev, struct uni_call_event *e)
{
	const struct fsm_cell *cell = cell_of(l->params.role, c->state, ev);
	const uint8_t first_words = UNI_SAY_BIT(UNI_SAY_SETUP) | UNI_SAY_BIT(UNI_SAY_RELEASE);
	uint32_t handle = c->handle;

	if (cell->act == NULL)
		return false;
	e->from = c->state;
	e->unsaid = (c->pending & first_words) != 0 && (c->flags & UNI_CALL_F_AGAIN) == 0;
	if (cell->next != c->state) {
		leave_state(l, c);
		enter_state(l, c, cell->next, e->now_ns); /* first: the action may come back here */
	}
	cell->act(l, c, e);
	if (waits_for_above[l->params.role] & ST_BIT(cell->next))
		await_above(l, handle, cell->next, e->now_ns);
	return true;
}

const char *
uni_call_state_name(enum uni_role role, enum uni_call_state state)
{
	static const char names[2][UNI_ST_COUNT][4] = {
		{ "U0", "U1", "", "U3", "U4", "", "U6", "U7", "U8", "U9", "U10", "U11", "U12" },
		{ "N0", "N1", "", "N3", "N4", "", "N6", "N7", "N8", "N9", "N10", "N11", "N12" },
	};

	if (state >= UNI_ST_COUNT || names[role][state][0] == '\0')
		return "?";
	return names[role][state];
}
