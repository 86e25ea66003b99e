/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>

#include "model_priv.h"

/*
 * What was seen of the tables of section 2. A legal cell has to be entered, an illegal one has to
 * be refused and never entered.
 */

#define MAX_STATES MODEL_STATES
#define MAX_EVENTS MODEL_EVENTS

struct table {
	const char *name;
	uint32_t n_states, n_events;
	const char *states[MAX_STATES];
	const char *events[MAX_EVENTS];
	uint32_t legal[MAX_STATES]; /**< Bits of events. */
};

#define E(event) (1u << (event))

/* clang-format off */
static const struct table tables[COVER_COUNT] = {
	[COVER_VC] = { "2.1 VC", 5, 6,
		{ "CREATED", "ACTIVATING", "ACTIVE", "DEACTIVATING", "DEACTIVATED" },
		{ "activate", "activated", "not activated", "deactivate", "deactivated", "delete" },
		{
			[CO_VC_CREATED] = E(CV_ACTIVATE) | E(CV_DELETE),
			[CO_VC_ACTIVATING] = E(CV_ACTIVATED) | E(CV_NOT_ACTIVATED),
			[CO_VC_ACTIVE] = E(CV_ACTIVATE) | E(CV_ACTIVATED) | E(CV_NOT_ACTIVATED) |
				E(CV_DEACTIVATE),
			[CO_VC_DEACTIVATING] = E(CV_DEACTIVATED),
			[CO_VC_DEACTIVATED] = E(CV_ACTIVATE) | E(CV_DELETE),
		},
	},
	[COVER_CALL] = { "2.2 call", 8, 17,
		{ "IDLE", "MAKING", "OFFERED", "ACCEPTED", "UP", "CLOSE_OWED", "CLOSING",
			"RELEASED" },
		{ "make", "made", "not made", "offer", "accept", "reject", "connected",
			"incoming close", "close", "closed", "not closed", "modify", "modified",
			"incoming change", "add", "drop", "incoming drop" },
		{
			[CO_CALL_IDLE] = E(CC_MAKE) | E(CC_OFFER),
			[CO_CALL_MAKING] = E(CC_MADE) | E(CC_NOT_MADE) | E(CC_CLOSE),
			[CO_CALL_OFFERED] = E(CC_ACCEPT) | E(CC_REJECT) | E(CC_INCOMING_CLOSE) |
				E(CC_MODIFY) | E(CC_MODIFIED),
			[CO_CALL_ACCEPTED] = E(CC_CONNECTED) | E(CC_INCOMING_CLOSE) | E(CC_CLOSE) |
				E(CC_MODIFIED),
			[CO_CALL_UP] = E(CC_INCOMING_CLOSE) | E(CC_CLOSE) | E(CC_MODIFY) |
				E(CC_MODIFIED) | E(CC_QOS_CHANGE) | E(CC_ADD) | E(CC_DROP) |
				E(CC_INCOMING_DROP),
			[CO_CALL_CLOSE_OWED] = E(CC_CLOSE) | E(CC_DROP),
			[CO_CALL_CLOSING] = E(CC_CLOSED) | E(CC_NOT_CLOSED) |
				E(CC_INCOMING_CLOSE) | E(CC_MODIFIED),
		},
	},
	[COVER_PARTY] = { "2.4 party", 5, 7,
		{ "ADDING", "JOINED", "DROP_IND", "DROPPING", "LAST" },
		{ "added", "not added", "drop", "dropped", "not dropped", "leaves", "close" },
		{
			[CO_PARTY_ADDING] = E(CP_ADDED) | E(CP_NOT_ADDED),
			[CO_PARTY_JOINED] = E(CP_DROP) | E(CP_LEAVE) | E(CP_CLOSE),
			[CO_PARTY_DROP_IND] = E(CP_DROP) | E(CP_CLOSE),
			[CO_PARTY_DROPPING] = E(CP_DROPPED) | E(CP_NOT_DROPPED) | E(CP_LEAVE),
		},
	},
	[COVER_AF] = { "2.5 AF", 5, 6,
		{ "-", "OPENING", "OPEN", "CLOSING", "CLOSED" },
		{ "opened", "not opened", "close", "closed", "asked to close", "answer" },
		{
			[AF_OPENING] = E(CA_OPENED) | E(CA_NOT_OPENED),
			[AF_OPEN] = E(CA_CLOSE) | E(CA_ASK),
			[AF_CLOSING] = E(CA_CLOSED),
			[AF_CLOSED] = E(CA_ANSWER),
		},
	},
	[COVER_SAP] = { "2.5 SAP", 4, 5,
		{ "-", "REGISTERING", "REGISTERED", "DEREGISTERING" },
		{ "registered", "not registered", "deregister", "deregistered", "offer" },
		{
			[SAP_REGISTERING] = E(CS_REGISTERED) | E(CS_NOT_REGISTERED) | E(CS_OFFER),
			[SAP_REGISTERED] = E(CS_DEREGISTER) | E(CS_OFFER),
			[SAP_DEREGISTERING] = E(CS_DEREGISTERED),
		},
	},
};
/* clang-format on */

/* Cells of which nothing is asked, and why. */
static const struct {
	enum cover_table table;
	uint32_t state, event;
	const char *why;
} either_way[] = {
	{ COVER_CALL, CO_CALL_CLOSE_OWED, CC_MODIFIED,
		"only when a close failed that had hidden one of the remote, with a change pending "
		"all the while; else RACE-12 has it completed before" },
};

static bool
is_either_way(enum cover_table table, uint32_t state, uint32_t event)
{
	size_t i;

	for (i = 0; i < sizeof(either_way) / sizeof(either_way[0]); i++)
		if (either_way[i].table == table && either_way[i].state == state &&
			either_way[i].event == event)
			return true;
	return false;
}

void
cover(struct model *m, enum cover_table table, uint32_t state, uint32_t event, bool entered)
{
	const struct table *t = &tables[table];

	if (entered && !m->draining)
		m->stats->entered[table][state][event]++;
	else if (!m->draining)
		m->stats->refused[table][state][event]++;
	EXPECT(m, !entered || (t->legal[state] & E(event)) || is_either_way(table, state, event),
		"the reference lets %s in %s of table %s", t->events[event], t->states[state],
		t->name);
}

static uint32_t
complain_of(const char *what, const struct table *t, uint32_t state, uint32_t event)
{
	printf("#: never %s: %s, %s in %s\n", what, t->name, t->events[event], t->states[state]);
	return 1;
}

uint32_t
model_print_coverage(const struct model_stats *stats, bool complain)
{
	uint32_t table, state, event, missed = 0;

	for (table = 0; table < COVER_COUNT; table++) {
		const struct table *t = &tables[table];
		uint32_t n_legal = 0, n_entered = 0, n_illegal = 0, n_refused = 0;
		uint64_t least = UINT64_MAX;

		for (state = 0; state < t->n_states; state++)
			for (event = 0; event < t->n_events; event++) {
				bool legal = t->legal[state] & E(event);
				uint64_t entered = stats->entered[table][state][event];
				uint64_t refused = stats->refused[table][state][event];

				if (t->states[state][0] == '-' ||
					is_either_way((enum cover_table)table, state, event))
					continue;
				n_legal += legal;
				n_entered += legal && entered > 0;
				n_illegal += !legal;
				n_refused += !legal && refused > 0;
				least = legal && entered < least ? entered : least;
				least = !legal && refused < least ? refused : least;
				if (complain && legal && entered == 0)
					missed += complain_of("entered", t, state, event);
				if (complain && !legal && refused == 0)
					missed += complain_of("refused", t, state, event);
			}
		printf("#: table %s: %u of %u legal cells entered, %u of %u illegal ones refused, "
		       "none less than %lu times\n",
			t->name, n_entered, n_legal, n_refused, n_illegal, (unsigned long)least);
	}
	return missed;
}
