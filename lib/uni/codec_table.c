/* SPDX-License-Identifier: BSD-3-Clause */
#include "uni/codec_table.h"

#define IS(ie) UNI_IE_BIT(UNI_IE_##ie)

/* SETUP: 54 with a multipoint bearer (4.9); "QoS or extended QoS" (4.10). */
static void
setup_conditions(struct uni_msg *m)
{
	const uint32_t qos = UNI_IE_BIT(UNI_IE_QOS), exqos = UNI_IE_BIT(UNI_IE_EXQOS);
	union uni_ie_body bearer;

	if (uni_msg_get(m, UNI_IE_BEARER, &bearer) && bearer.bearer.multipoint)
		m->mandatory |= UNI_IE_BIT(UNI_IE_EPREF);
	if ((m->present & exqos) == 0 || (m->good & qos) != 0)
		return;
	/* Without a good 5c it is ec that must be good, and 5c only when ec is not. */
	if ((m->good & exqos) != 0)
		m->mandatory &= ~qos;
	else
		m->mandatory |= exqos;
	if ((m->present & qos) == 0)
		m->mandatory &= ~qos;
}

static void
status_conditions(struct uni_msg *m)
{
	if ((m->present & UNI_IE_BIT(UNI_IE_EPREF)) != 0)
		m->mandatory |= UNI_IE_BIT(UNI_IE_EPSTATE);
}

/* 5a with class 2 is an element that is not expected (SIG-83). */
static void
forbid_connid(struct uni_msg *m)
{
	for (uint16_t i = 0; i < m->n_ie; i++) {
		struct uni_ie_entry *entry = &m->ie[i];

		if (entry->ie != UNI_IE_CONNID ||
			(entry->verdict != UNI_IE_GOOD && entry->verdict != UNI_IE_CONTENT))
			continue;
		m->n_faults += entry->verdict == UNI_IE_GOOD;
		entry->verdict = UNI_IE_UNKNOWN;
	}
	m->present &= ~UNI_IE_BIT(UNI_IE_CONNID);
	m->good &= ~UNI_IE_BIT(UNI_IE_CONNID);
}

static void
restart_conditions(struct uni_msg *m)
{
	union uni_ie_body restart;

	if (!uni_msg_get(m, UNI_IE_RESTART, &restart))
		return;
	if (restart.octet != UNI_RESTART_ALL)
		m->mandatory |= UNI_IE_BIT(UNI_IE_CONNID);
	else if ((m->present & UNI_IE_BIT(UNI_IE_CONNID)) != 0)
		forbid_connid(m);
}

enum rule {
	RULE_NONE,
	RULE_SETUP,
	RULE_CALL_PROCEEDING,
	RULE_ALERTING,
	RULE_CONNECT,
	RULE_CONNECT_ACK,
	RULE_RELEASE,
	RULE_RELEASE_COMPLETE,
	RULE_STATUS_ENQUIRY,
	RULE_STATUS,
	RULE_NOTIFY,
	RULE_RESTART,
	RULE_RESTART_ACK,
	RULE_ADD_PARTY,
	RULE_ADD_PARTY_ACK,
	RULE_PARTY_ALERTING,
	RULE_ADD_PARTY_REJECT,
	RULE_DROP_PARTY,
	RULE_DROP_PARTY_ACK,
	RULE_MODIFY_REQUEST,
	RULE_MODIFY_ACK,
	RULE_MODIFY_REJECT,
	RULE_CONNECTION_AVAILABLE,
	RULE_COUNT
};

const struct uni_msg_rule uni_msg_rules[RULE_COUNT] = {
	[RULE_SETUP] = {
		"SETUP",
		{ UNI_IE_TRAFFIC, UNI_IE_BEARER, UNI_IE_CALLED, UNI_IE_QOS, UNI_IE_EXQOS, UNI_IE_EPREF },
		.mandatory = IS(TRAFFIC) | IS(BEARER) | IS(CALLED) | IS(QOS),
		.conditions = setup_conditions,
		.most = {
			[UNI_IE_AAL] = 1,
			[UNI_IE_TRAFFIC] = 1,
			[UNI_IE_BEARER] = 1,
			[UNI_IE_BHLI] = 1,
			[UNI_IE_REPEAT] = 1,
			[UNI_IE_BLLI] = 3,
			[UNI_IE_CALLED] = 1,
			[UNI_IE_CALLEDSUB] = 2,
			[UNI_IE_CALLING] = 1,
			[UNI_IE_CALLINGSUB] = 2,
			[UNI_IE_CONNID] = 1,
			[UNI_IE_QOS] = 1,
			[UNI_IE_EXQOS] = 1,
			[UNI_IE_EETD] = 1,
			[UNI_IE_NOTIFY] = 1,
			[UNI_IE_SCOMPL] = 1,
			[UNI_IE_TNS] = 4,
			[UNI_IE_EPREF] = 1,
			[UNI_IE_UU] = 1,
			[UNI_IE_GIT] = 1,
		},
	},
	[RULE_CALL_PROCEEDING] = {
		"CALL_PROCEEDING",
		{ UNI_IE_CONNID, UNI_IE_EPREF },
		.most = { [UNI_IE_CONNID] = 1, [UNI_IE_EPREF] = 1, [UNI_IE_NOTIFY] = 1 },
	},
	[RULE_ALERTING] = {
		"ALERTING",
		{ UNI_IE_CONNID, UNI_IE_EPREF },
		.most = {
			[UNI_IE_CONNID] = 1,
			[UNI_IE_EPREF] = 1,
			[UNI_IE_NOTIFY] = 1,
			[UNI_IE_GIT] = 1,
			[UNI_IE_UU] = 1,
		},
	},
	[RULE_CONNECT] = {
		"CONNECT",
		{ UNI_IE_CONNID, UNI_IE_EPREF },
		.most = {
			[UNI_IE_AAL] = 1,
			[UNI_IE_BLLI] = 1,
			[UNI_IE_CONNID] = 1,
			[UNI_IE_EPREF] = 1,
			[UNI_IE_NOTIFY] = 1,
			[UNI_IE_EETD] = 1,
			[UNI_IE_TRAFFIC] = 1,
			[UNI_IE_EXQOS] = 1,
			[UNI_IE_CONNED] = 1,
			[UNI_IE_CONNEDSUB] = 1,
			[UNI_IE_GIT] = 1,
			[UNI_IE_UU] = 1,
		},
	},
	[RULE_CONNECT_ACK] = {
		"CONNECT_ACK",
		.most = { [UNI_IE_NOTIFY] = 1 },
	},
	[RULE_RELEASE] = {
		"RELEASE",
		{ UNI_IE_CAUSE },
		.mandatory = IS(CAUSE),
		.most = { [UNI_IE_CAUSE] = 2, [UNI_IE_NOTIFY] = 1, [UNI_IE_GIT] = 1, [UNI_IE_UU] = 1 },
	},
	[RULE_RELEASE_COMPLETE] = {
		"RELEASE_COMPLETE",
		{ UNI_IE_CAUSE },
		.most = { [UNI_IE_CAUSE] = 2, [UNI_IE_GIT] = 1, [UNI_IE_UU] = 1 },
	},
	[RULE_STATUS_ENQUIRY] = {
		"STATUS_ENQUIRY",
		.most = { [UNI_IE_EPREF] = 1 },
	},
	[RULE_STATUS] = {
		"STATUS",
		{ UNI_IE_CALLSTATE, UNI_IE_CAUSE, UNI_IE_EPSTATE },
		.mandatory = IS(CALLSTATE) | IS(CAUSE),
		.conditions = status_conditions,
		.most = {
			[UNI_IE_CALLSTATE] = 1,
			[UNI_IE_CAUSE] = 1,
			[UNI_IE_EPREF] = 1,
			[UNI_IE_EPSTATE] = 1,
		},
	},
	[RULE_NOTIFY] = {
		"NOTIFY",
		{ UNI_IE_NOTIFY },
		.mandatory = IS(NOTIFY),
		.most = { [UNI_IE_NOTIFY] = 1, [UNI_IE_EPREF] = 1 },
	},
	[RULE_RESTART] = {
		"RESTART",
		{ UNI_IE_CONNID, UNI_IE_RESTART },
		.mandatory = IS(RESTART),
		.conditions = restart_conditions,
		.most = { [UNI_IE_CONNID] = 1, [UNI_IE_RESTART] = 1 },
	},
	[RULE_RESTART_ACK] = {
		"RESTART_ACK",
		{ UNI_IE_CONNID, UNI_IE_RESTART },
		.mandatory = IS(RESTART),
		.conditions = restart_conditions,
		.most = { [UNI_IE_CONNID] = 1, [UNI_IE_RESTART] = 1 },
	},
	[RULE_ADD_PARTY] = {
		"ADD_PARTY",
		{ UNI_IE_CALLED, UNI_IE_EPREF },
		.mandatory = IS(CALLED) | IS(EPREF),
		.most = {
			[UNI_IE_AAL] = 1,
			[UNI_IE_BHLI] = 1,
			[UNI_IE_BLLI] = 1,
			[UNI_IE_CALLED] = 1,
			[UNI_IE_CALLEDSUB] = 2,
			[UNI_IE_CALLING] = 1,
			[UNI_IE_CALLINGSUB] = 2,
			[UNI_IE_SCOMPL] = 1,
			[UNI_IE_TNS] = 4,
			[UNI_IE_EPREF] = 1,
			[UNI_IE_NOTIFY] = 1,
			[UNI_IE_EETD] = 1,
			[UNI_IE_UU] = 1,
			[UNI_IE_GIT] = 1,
		},
	},
	[RULE_ADD_PARTY_ACK] = {
		"ADD_PARTY_ACK",
		{ UNI_IE_EPREF },
		.mandatory = IS(EPREF),
		.most = {
			[UNI_IE_EPREF] = 1,
			[UNI_IE_AAL] = 1,
			[UNI_IE_BLLI] = 1,
			[UNI_IE_NOTIFY] = 1,
			[UNI_IE_EETD] = 1,
			[UNI_IE_CONNED] = 1,
			[UNI_IE_CONNEDSUB] = 1,
			[UNI_IE_UU] = 1,
			[UNI_IE_GIT] = 1,
		},
	},
	[RULE_PARTY_ALERTING] = {
		"PARTY_ALERTING",
		{ UNI_IE_EPREF },
		.mandatory = IS(EPREF),
		.most = { [UNI_IE_EPREF] = 1, [UNI_IE_NOTIFY] = 1, [UNI_IE_UU] = 1, [UNI_IE_GIT] = 1 },
	},
	[RULE_ADD_PARTY_REJECT] = {
		"ADD_PARTY_REJECT",
		{ UNI_IE_CAUSE, UNI_IE_EPREF },
		.mandatory = IS(CAUSE) | IS(EPREF),
		.most = { [UNI_IE_CAUSE] = 1, [UNI_IE_EPREF] = 1, [UNI_IE_UU] = 1, [UNI_IE_GIT] = 1 },
	},
	[RULE_DROP_PARTY] = {
		"DROP_PARTY",
		{ UNI_IE_CAUSE, UNI_IE_EPREF },
		.mandatory = IS(CAUSE) | IS(EPREF),
		.most = {
			[UNI_IE_CAUSE] = 1,
			[UNI_IE_EPREF] = 1,
			[UNI_IE_NOTIFY] = 1,
			[UNI_IE_UU] = 1,
			[UNI_IE_GIT] = 1,
		},
	},
	[RULE_DROP_PARTY_ACK] = {
		"DROP_PARTY_ACK",
		{ UNI_IE_EPREF, UNI_IE_CAUSE },
		.mandatory = IS(EPREF),
		.most = { [UNI_IE_EPREF] = 1, [UNI_IE_CAUSE] = 1, [UNI_IE_UU] = 1, [UNI_IE_GIT] = 1 },
	},
	[RULE_MODIFY_REQUEST] = {
		"MODIFY_REQUEST",
		{ UNI_IE_TRAFFIC },
		.mandatory = IS(TRAFFIC),
		.most = { [UNI_IE_TRAFFIC] = 1, [UNI_IE_NOTIFY] = 1, [UNI_IE_GIT] = 1 },
	},
	[RULE_MODIFY_ACK] = {
		"MODIFY_ACK",
		.most = { [UNI_IE_REPORT] = 1, [UNI_IE_NOTIFY] = 1, [UNI_IE_GIT] = 1 },
	},
	[RULE_MODIFY_REJECT] = {
		"MODIFY_REJECT",
		{ UNI_IE_CAUSE },
		.mandatory = IS(CAUSE),
		.most = { [UNI_IE_CAUSE] = 1, [UNI_IE_NOTIFY] = 1, [UNI_IE_GIT] = 1 },
	},
	[RULE_CONNECTION_AVAILABLE] = {
		"CONNECTION_AVAILABLE",
		.most = { [UNI_IE_REPORT] = 1, [UNI_IE_NOTIFY] = 1, [UNI_IE_GIT] = 1 },
	},
};

const uint8_t uni_msg_rule_of_type[256] = {
	[UNI_MT_ALERTING] = RULE_ALERTING,
	[UNI_MT_CALL_PROCEEDING] = RULE_CALL_PROCEEDING,
	[UNI_MT_SETUP] = RULE_SETUP,
	[UNI_MT_CONNECT] = RULE_CONNECT,
	[UNI_MT_CONNECT_ACK] = RULE_CONNECT_ACK,
	[UNI_MT_RESTART] = RULE_RESTART,
	[UNI_MT_RELEASE] = RULE_RELEASE,
	[UNI_MT_RESTART_ACK] = RULE_RESTART_ACK,
	[UNI_MT_RELEASE_COMPLETE] = RULE_RELEASE_COMPLETE,
	[UNI_MT_NOTIFY] = RULE_NOTIFY,
	[UNI_MT_STATUS_ENQUIRY] = RULE_STATUS_ENQUIRY,
	[UNI_MT_STATUS] = RULE_STATUS,
	[UNI_MT_ADD_PARTY] = RULE_ADD_PARTY,
	[UNI_MT_ADD_PARTY_ACK] = RULE_ADD_PARTY_ACK,
	[UNI_MT_ADD_PARTY_REJECT] = RULE_ADD_PARTY_REJECT,
	[UNI_MT_DROP_PARTY] = RULE_DROP_PARTY,
	[UNI_MT_DROP_PARTY_ACK] = RULE_DROP_PARTY_ACK,
	[UNI_MT_PARTY_ALERTING] = RULE_PARTY_ALERTING,
	[UNI_MT_MODIFY_REQUEST] = RULE_MODIFY_REQUEST,
	[UNI_MT_MODIFY_ACK] = RULE_MODIFY_ACK,
	[UNI_MT_MODIFY_REJECT] = RULE_MODIFY_REJECT,
	[UNI_MT_CONNECTION_AVAILABLE] = RULE_CONNECTION_AVAILABLE,
};

const char *
uni_msg_name(uint8_t type)
{
	const struct uni_msg_rule *rule = uni_msg_rule(type);

	return rule == NULL ? "UNKNOWN" : rule->name;
}
