/* SPDX-License-Identifier: BSD-3-Clause */
#include "uni/party_priv.h"

/*
 * Sections 9 and 10 as tables, a row per state of each role. An empty cell is SIG-48 for a message
 * of the peer and -EPROTO for a request from above. What happens alike in every state is not here:
 * STATUS, STATUS ENQUIRY, NOTIFY. Nor are parties: party_fsm.c.
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
		[UNI_EV_MODIFY] = { UNI_ST_MODIFY_REQUEST, uni_act_modify }, /* SIG-M1 */
		[UNI_EV_MSG_MODIFY_REQUEST] = { UNI_ST_MODIFY_RECEIVED, uni_act_modify_asked }, /* M6 */
		[UNI_EV_MSG_AVAILABLE] = { UNI_ST_ACTIVE, uni_act_modify_confirmed }, /* SIG-M9 */
		[UNI_EV_T361] = { UNI_ST_ACTIVE, uni_act_modify_confirmed }, /* SIG-T11 */
		[UNI_EV_LINK_LOST] = { UNI_ST_ACTIVE, uni_act_modify_unsaid }, /* SIG-M10 */
	},
	/* What is not here and ends the call, the row above has: see uni_modify_void(). */
	[UNI_ST_MODIFY_REQUEST] = {
		[UNI_EV_MSG_MODIFY_ACK] = { UNI_ST_ACTIVE, uni_act_modified }, /* SIG-M2 */
		[UNI_EV_MSG_MODIFY_REJECT] = { UNI_ST_ACTIVE, uni_act_modify_refused }, /* M3, M4 */
		[UNI_EV_T360] = { UNI_ST_ACTIVE, uni_act_modify_t360 }, /* SIG-M5 */
		[UNI_EV_LINK_LOST] = { UNI_ST_ACTIVE, uni_act_modify_refused }, /* SIG-M10 */
	},
	[UNI_ST_MODIFY_RECEIVED] = {
		[UNI_EV_MODIFY_ACCEPT] = { UNI_ST_ACTIVE, uni_act_modify_accept }, /* SIG-M7 */
		[UNI_EV_MODIFY_REFUSE] = { UNI_ST_ACTIVE, uni_act_modify_reject }, /* SIG-M8 */
		[UNI_EV_T_ANSWER] = { UNI_ST_ACTIVE, uni_act_modify_reject }, /* SIG-66 */
		[UNI_EV_LINK_LOST] = { UNI_ST_ACTIVE, uni_act_nothing }, /* SIG-M10 */
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
		[UNI_EV_CLOSE] = { UNI_ST_RELEASE_INDICATION, uni_act_release }, /* SIG-C1, SIG-79 */
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
		[UNI_EV_ACTIVE_AGAIN] = { UNI_ST_ACTIVE, uni_act_nothing }, /* SIG-105 */
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
		[UNI_EV_MODIFY] = { UNI_ST_MODIFY_REQUEST, uni_act_modify }, /* SIG-M1 */
		[UNI_EV_MSG_MODIFY_REQUEST] = { UNI_ST_MODIFY_RECEIVED, uni_act_modify_asked }, /* M6 */
		[UNI_EV_MSG_AVAILABLE] = { UNI_ST_ACTIVE, uni_act_modify_confirmed }, /* SIG-M9 */
		[UNI_EV_T361] = { UNI_ST_ACTIVE, uni_act_modify_confirmed }, /* SIG-T11 */
		[UNI_EV_LINK_LOST] = { UNI_ST_ACTIVE, uni_act_modify_unsaid }, /* SIG-M10 */
		[UNI_EV_NONE_ACTIVE] = { UNI_ST_RECEIVED, uni_act_nothing }, /* SIG-105 */
	},
	/* What is not here and ends the call, the row above has: see uni_modify_void(). */
	[UNI_ST_MODIFY_REQUEST] = {
		[UNI_EV_MSG_CONNECT_ACK] = { UNI_ST_MODIFY_REQUEST, uni_act_nothing }, /* SIG-N14 */
		[UNI_EV_MSG_MODIFY_ACK] = { UNI_ST_ACTIVE, uni_act_modified }, /* SIG-M2 */
		[UNI_EV_MSG_MODIFY_REJECT] = { UNI_ST_ACTIVE, uni_act_modify_refused }, /* M3, M4 */
		[UNI_EV_T360] = { UNI_ST_ACTIVE, uni_act_modify_t360 }, /* SIG-M5 */
		[UNI_EV_LINK_LOST] = { UNI_ST_ACTIVE, uni_act_modify_refused }, /* SIG-M10 */
	},
	[UNI_ST_MODIFY_RECEIVED] = {
		[UNI_EV_MSG_CONNECT_ACK] = { UNI_ST_MODIFY_RECEIVED, uni_act_nothing }, /* SIG-N14 */
		[UNI_EV_MODIFY_ACCEPT] = { UNI_ST_ACTIVE, uni_act_modify_accept }, /* SIG-M7 */
		[UNI_EV_MODIFY_REFUSE] = { UNI_ST_ACTIVE, uni_act_modify_reject }, /* SIG-M8 */
		[UNI_EV_T_ANSWER] = { UNI_ST_ACTIVE, uni_act_modify_reject }, /* SIG-66 */
		[UNI_EV_LINK_LOST] = { UNI_ST_ACTIVE, uni_act_nothing }, /* SIG-M10 */
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
			  ST_BIT(UNI_ST_IN_PROCEEDING) | ST_BIT(UNI_ST_RELEASE_INDICATION) |
			  ST_BIT(UNI_ST_MODIFY_RECEIVED),
	[UNI_ROLE_NETWORK] = ST_BIT(UNI_ST_INITIATED) | ST_BIT(UNI_ST_OUT_PROCEEDING) |
			     ST_BIT(UNI_ST_DELIVERED) | ST_BIT(UNI_ST_RELEASE_REQUEST) |
			     ST_BIT(UNI_ST_MODIFY_RECEIVED),
};

/* Events that states 13 and 14 take as state 10 does: the modification ends first (SIG-M10). */
static const bool ends_modification[UNI_EV_COUNT] = {
	[UNI_EV_MSG_RELEASE] = true,
	[UNI_EV_MSG_RELEASE_COMPLETE] = true,
	[UNI_EV_CLOSE] = true,
	[UNI_EV_ABORT] = true,
	[UNI_EV_CLEAR] = true,
};

static const struct fsm_cell *
cell_of(enum uni_role role, uint8_t state, enum uni_event ev)
{
	return role == UNI_ROLE_USER ? &user_fsm[state][ev] : &network_fsm[state][ev];
}

static bool
voids_modification(uint8_t state, enum uni_event ev)
{
	return (state == UNI_ST_MODIFY_REQUEST || state == UNI_ST_MODIFY_RECEIVED) &&
	       ends_modification[ev];
}

bool
uni_fsm_accepts(enum uni_role role, uint8_t state, enum uni_event ev)
{
	return cell_of(role, state, ev)->act != NULL || voids_modification(state, ev);
}

static void
leave_state(struct uni_link *l, struct uni_hot *c, uint8_t next)
{
	uni_timer_stop(l, c); /* SIG-65 */
	c->flags &= (uint8_t)~UNI_CALL_F_AGAIN;
	if (next == UNI_ST_NULL || uni_state_is_clearing(next))
		uni_audit_leave(l, c);
	if (c->extra != CP_HANDLE_NONE && c->state == uni_state_called_by(l->params.role))
		uni_call_put_buf(l->u, c);
	if (uni_state_is_active(c->state) && !uni_state_is_active(next))
		l->n_active--;
}

/* Up, or up again (SIG-105). */
static void
become_active(struct uni_link *l, struct uni_hot *c, uint64_t now_ns)
{
	struct uni_cold *cold = &l->u->cold[uni_call_idx(c)];

	l->n_active++;
	if (cold->connected_us != 0)
		return;
	l->stats.set_up++;
	cold->connected_us = (now_ns + UNI_NS_PER_US - 1) / UNI_NS_PER_US; /* 0 is not yet */
	if (uni_call_is_multipoint(c))
		uni_multi_connected(l, c, now_ns);
}

static void
enter_state(struct uni_link *l, struct uni_hot *c, uint8_t state, uint64_t now_ns)
{
	bool was_active = uni_state_is_active(c->state);

	c->state = state;
	if (state == UNI_ST_ACTIVE && !was_active)
		become_active(l, c, now_ns);
}

/* The event finds the call in state 10, or where a handler has brought it. */
static bool
void_modification(
	struct uni_link *l, struct uni_hot *c, enum uni_event ev, struct uni_call_event *e)
{
	uint32_t handle = c->handle;

	if (!voids_modification(c->state, ev))
		return false;
	if (l->noted != NULL)
		uni_trace_tell(l, c, cell_of(l->params.role, UNI_ST_ACTIVE, ev)->next);
	uni_modify_void(l, c, e->release->cause, e->now_ns);
	c = uni_call_at(l->u, handle);
	if (c != NULL)
		uni_fsm_event(l, c, ev, e);
	return true;
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
		return void_modification(l, c, ev, e);
	e->from = c->state;
	e->unsaid = (c->pending & first_words) != 0 && (c->flags & UNI_CALL_F_AGAIN) == 0;
	if (l->noted != NULL)
		uni_trace_tell(l, c, cell->next);
	if (cell->next != c->state) {
		leave_state(l, c, cell->next);
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
		{ "U0", "U1", "", "U3", "U4", "", "U6", "U7", "U8", "U9", "U10", "U11", "U12",
			"U13", "U14" },
		{ "N0", "N1", "", "N3", "N4", "", "N6", "N7", "N8", "N9", "N10", "N11", "N12",
			"N13", "N14" },
	};

	if (state >= UNI_ST_COUNT || names[role][state][0] == '\0')
		return "?";
	return names[role][state];
}
