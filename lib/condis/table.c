/* SPDX-License-Identifier: BSD-3-Clause */
#include "condis_priv.h"

/*
 * Contract 2.1, 2.2 and 2.6. A cell is the next state, or the status that the request gets; an
 * empty cell is CO_STATUS_NOT_ACCEPTED.
 */

/* clang-format off */
#define TO(state) { (state) + 1, 0 }
#define NO(s) { 0, CO_STATUS_##s }

const struct co_cell co_vc_table[CO_VC_STATE_COUNT][CO_VE_COUNT] = {
	[CO_VC_CREATED] = {
		[CO_VE_ACTIVATE] = TO(CO_VC_ACTIVATING),
		[CO_VE_DELETE] = TO(CO_VC_CREATED),
	},
	[CO_VC_ACTIVATING] = {
		[CO_VE_ACTIVATED] = TO(CO_VC_ACTIVE),
		[CO_VE_NOT_ACTIVATED] = TO(CO_VC_CREATED), /* or as it was before */
	},
	[CO_VC_ACTIVE] = {
		[CO_VE_ACTIVATE] = TO(CO_VC_ACTIVE), /* ACT-5: the old parameters stay in force */
		[CO_VE_ACTIVATED] = TO(CO_VC_ACTIVE),
		[CO_VE_NOT_ACTIVATED] = TO(CO_VC_ACTIVE),
		[CO_VE_DEACTIVATE] = TO(CO_VC_DEACTIVATING),
		[CO_VE_DELETE] = NO(NOT_ACCEPTED), /* DEL-3 */
	},
	[CO_VC_DEACTIVATING] = {
		[CO_VE_ACTIVATE] = NO(CLOSING),
		[CO_VE_DEACTIVATED] = TO(CO_VC_DEACTIVATED),
		[CO_VE_DELETE] = NO(CLOSING), /* DEL-3 */
	},
	[CO_VC_DEACTIVATED] = {
		[CO_VE_ACTIVATE] = TO(CO_VC_ACTIVATING), /* DEACT-9 */
		[CO_VE_DEACTIVATE] = NO(NOT_ACCEPTED), /* DEACT-11 */
		[CO_VE_DELETE] = TO(CO_VC_DEACTIVATED),
	},
};

const struct co_cell co_call_table[CO_CALL_STATE_COUNT][CO_CALL_EV_COUNT] = {
	[CO_CALL_IDLE] = {
		[CO_CALL_EV_MAKE] = TO(CO_CALL_MAKING),
		[CO_CALL_EV_OFFER] = TO(CO_CALL_OFFERED),
		[CO_CALL_EV_CLOSE] = NO(NOT_ACCEPTED),
	},
	[CO_CALL_MAKING] = {
		[CO_CALL_EV_MADE] = TO(CO_CALL_UP),
		[CO_CALL_EV_NOT_MADE] = TO(CO_CALL_IDLE), /* MAKE-6 */
		[CO_CALL_EV_INCOMING_CLOSE] = NO(NOT_ACCEPTED), /* RACE-6: fail the make instead */
	},
	[CO_CALL_OFFERED] = {
		[CO_CALL_EV_ACCEPT] = TO(CO_CALL_ACCEPTED),
		[CO_CALL_EV_REJECT] = TO(CO_CALL_IDLE),
		[CO_CALL_EV_INCOMING_CLOSE] = TO(CO_CALL_CLOSE_OWED), /* INCLOSE-19 */
		[CO_CALL_EV_CLOSE] = NO(NOT_ACCEPTED), /* answer the offer instead */
		[CO_CALL_EV_MODIFY] = TO(CO_CALL_OFFERED), /* INCALL-5 */
	},
	[CO_CALL_ACCEPTED] = {
		[CO_CALL_EV_CONNECTED] = TO(CO_CALL_UP),
		[CO_CALL_EV_INCOMING_CLOSE] = TO(CO_CALL_CLOSE_OWED), /* INCALL-8 */
		[CO_CALL_EV_CLOSE] = TO(CO_CALL_CLOSING),
	},
	[CO_CALL_UP] = {
		[CO_CALL_EV_INCOMING_CLOSE] = TO(CO_CALL_CLOSE_OWED),
		[CO_CALL_EV_CLOSE] = TO(CO_CALL_CLOSING),
		[CO_CALL_EV_MODIFY] = TO(CO_CALL_UP), /* QOS-1 */
		[CO_CALL_EV_QOS_CHANGE] = TO(CO_CALL_UP), /* INQOS-1 */
		[CO_CALL_EV_ADD] = TO(CO_CALL_UP), /* ADD-1 */
		[CO_CALL_EV_DROP] = TO(CO_CALL_UP),
		[CO_CALL_EV_INCOMING_DROP] = TO(CO_CALL_UP),
	},
	[CO_CALL_CLOSE_OWED] = {
		[CO_CALL_EV_CLOSE] = TO(CO_CALL_CLOSING), /* INCLOSE-5 */
		[CO_CALL_EV_DROP] = TO(CO_CALL_CLOSE_OWED), /* all but one, before the close */
		[CO_CALL_EV_MODIFY] = NO(NOT_ACCEPTED),
		[CO_CALL_EV_QOS_CHANGE] = NO(NOT_ACCEPTED),
	},
	[CO_CALL_CLOSING] = {
		[CO_CALL_EV_MAKE] = NO(CLOSING), /* CLOSE-3 */
		[CO_CALL_EV_CLOSE] = NO(CLOSING),
		[CO_CALL_EV_MODIFY] = NO(CLOSING),
		[CO_CALL_EV_QOS_CHANGE] = NO(NOT_ACCEPTED), /* RACE-8 */
	},
	[CO_CALL_RELEASED] = {
		[CO_CALL_EV_MAKE] = NO(CLOSING), /* RACE-23 */
		[CO_CALL_EV_CLOSE] = NO(CLOSING),
		[CO_CALL_EV_MODIFY] = NO(CLOSING),
	},
};
/* clang-format on */

static enum co_status
refusal(const struct co_cell *cell)
{
	return cell->status != 0 ? (enum co_status)cell->status : CO_STATUS_NOT_ACCEPTED;
}

enum co_status
co_vc_refusal(struct co *co, const struct co_vc_hot *v, enum co_vc_event event)
{
	enum co_status status = refusal(&co_vc_table[v->vc_state][event]);

	return event == CO_VE_DELETE ? co_early_delete(co, status) : co_illegal(co, status);
}

/* 2.6: what asks for a party of a call that is not up has no party to ask for. */
enum co_status
co_call_refusal(const struct co_vc_hot *v, enum co_call_event event)
{
	if (event == CO_CALL_EV_ADD || event == CO_CALL_EV_DROP)
		return CO_STATUS_FAILURE;
	return refusal(&co_call_table[v->call_state][event]);
}

const char *
co_party_state_name(enum co_party_state state)
{
	static const char *const names[CO_PARTY_STATE_COUNT] = { "ADDING", "JOINED", "DROP_IND",
		"DROPPING", "LAST" };

	return state < CO_PARTY_STATE_COUNT ? names[state] : "?";
}

const char *
co_vc_state_name(enum co_vc_state state)
{
	static const char *const names[CO_VC_STATE_COUNT] = { "CREATED", "ACTIVATING", "ACTIVE",
		"DEACTIVATING", "DEACTIVATED" };

	return state < CO_VC_STATE_COUNT ? names[state] : "?";
}

const char *
co_call_state_name(enum co_call_state state)
{
	static const char *const names[CO_CALL_STATE_COUNT] = { "IDLE", "MAKING", "OFFERED",
		"ACCEPTED", "UP", "CLOSE_OWED", "CLOSING", "RELEASED" };

	return state < CO_CALL_STATE_COUNT ? names[state] : "?";
}
