/* SPDX-License-Identifier: BSD-3-Clause */
#include "reach.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"

#include <cmocka.h>

#define FIRST_PARTY "54800003 000000"

/* Those of a link as a whole, but for its coming and going, have no name here. */
static const char *const told_names[TOLD_COUNT] = {
	[TOLD_OFFER] = "offer",
	[TOLD_PROCEEDING] = "proceeding",
	[TOLD_ALERTING] = "alerting",
	[TOLD_CONNECTED] = "connected",
	[TOLD_RELEASED] = "released",
	[TOLD_GONE] = "gone",
	[TOLD_COMPLETE] = "complete",
	[TOLD_PARTY_ALERTING] = "party_alerting",
	[TOLD_PARTY_ADDED] = "party_added",
	[TOLD_PARTY_REFUSED] = "party_refused",
	[TOLD_PARTY_OFFER] = "party_offer",
	[TOLD_PARTY_RELEASED] = "party_released",
	[TOLD_PARTY_GONE] = "party_gone",
	[TOLD_PARTY_COMPLETE] = "party_complete",
	[TOLD_MODIFIED] = "modified",
	[TOLD_MODIFY_REFUSED] = "modify_refused",
	[TOLD_MODIFY_ASKED] = "modify_asked",
	[TOLD_MODIFY_CONFIRMED] = "modify_confirmed",
	[TOLD_NOTIFIED] = "notified",
	[TOLD_STATUS] = "status",
	[TOLD_LINK_UP] = "link_up",
	[TOLD_LINK_DOWN] = "link_down",
};

void
reach_receive(struct reach *r, uint8_t type, uint8_t octet7, const char *elements)
{
	uint8_t octets[PAIR_OCTETS];
	int n = cp_hex_parse(elements, octets + UNI_HEADER_SIZE, sizeof(octets) - UNI_HEADER_SIZE);

	assert_true(n >= 0);
	memcpy(octets, "\x09\x03", 2);
	cp_put_be24(octets + 2, 1u | (r->ours ? 0x800000u : 0));
	octets[5] = type;
	octets[6] = octet7;
	cp_put_be16(octets + 7, (uint16_t)n);
	uni_link_receive(r->e->l, octets, UNI_HEADER_SIZE + (size_t)n, r->p->now_ns);
}

void
reach_wait(struct reach *r, uint32_t ms)
{
	r->p->now_ns += ms * UINT64_C(1000000);
	uni_turn(r->e->u, r->p->now_ns, r->p->turn_max);
}

void
reach_look(struct reach *r)
{
	pair_pull(r->p, r->side);
	r->p->head = r->p->n;
	r->n_said = r->p->n;
	r->n_told = r->e->n_order;
}

static struct reach
begin(int side, bool ours, bool multi, enum uni_ask ask)
{
	struct uni_link_params params[2];
	const struct pair_config config = {
		.n_calls = 4,
		.n_parties = 8,
		.params = { &params[USER], &params[NETWORK] },
	};
	struct reach r = { .side = side, .ours = ours, .multi = multi };
	int i;

	for (i = 0; i < 2; i++) {
		uni_link_params_default(&params[i], i == USER ? UNI_ROLE_USER : UNI_ROLE_NETWORK);
		params[i].vpci_last = 1; /* two sets of labels are made sooner than sixteen */
	}
	params[USER].ask = ask;
	r.p = pair_create(&config);
	r.e = &r.p->end[side];
	r.e->on_released = PAIR_WAIT;
	r.e->on_party_released = PAIR_WAIT;
	r.p->end[!side].deaf = true;
	pair_up(r.p);
	return r;
}

struct reach
reach_idle(int side)
{
	struct reach r = begin(side, false, false, UNI_ASK_NONE);

	reach_look(&r);
	return r;
}

#define SETUP(config) "59800009 840007d0 850007d0 be 5e800002 90" config " 70800006 913132333435"

static void
receive_setup(struct reach *r)
{
	reach_receive(r, UNI_MT_SETUP, 0x80,
		r->multi ? SETUP("81") REACH_CONNID "5c800002 0000" FIRST_PARTY
			 : SETUP("80") REACH_CONNID "5c800002 0000");
	r->call = r->e->call;
	r->party = r->e->setup.party;
}

/* The VC is the one that our SETUP of the network role has named, and as good as any other. */
static void
receive_answer(struct reach *r, uint8_t type)
{
	reach_receive(r, type, 0x80, r->multi ? REACH_CONNID "54800003 008000" : REACH_CONNID);
}

static void
begin_ours(struct reach *r)
{
	struct uni_setup setup = {
		.called = { .type = UNI_ADDRESS_E164, .len = 5, .octets = "12345" },
		.fwd_peak = 1000,
		.bwd_peak = 1000,
		.best_effort = true,
		.multipoint = r->multi,
	};

	assert_int_equal(uni_call_setup(r->e->l, &setup, 0, r->p->now_ns, &r->call), 0);
	r->party = uni_call_first_party(r->e->u, r->call);
	reach_look(r);
}

/* The caller's states have other numbers in the network role (section 8). */
static void
go_ours(struct reach *r, uint8_t state)
{
	uint8_t proceeding = r->side == USER ? UNI_ST_OUT_PROCEEDING : UNI_ST_IN_PROCEEDING;
	uint8_t alerting = r->side == USER ? UNI_ST_DELIVERED : UNI_ST_RECEIVED;

	if (state == (r->side == USER ? UNI_ST_INITIATED : UNI_ST_PRESENT))
		return;
	if (state == proceeding)
		receive_answer(r, UNI_MT_CALL_PROCEEDING);
	else if (state == alerting)
		receive_answer(r, UNI_MT_ALERTING);
	else
		receive_answer(r, UNI_MT_CONNECT);
}

static void
go_theirs(struct reach *r, uint8_t state)
{
	uint8_t proceeding = r->side == USER ? UNI_ST_IN_PROCEEDING : UNI_ST_OUT_PROCEEDING;
	uint8_t alerting = r->side == USER ? UNI_ST_RECEIVED : UNI_ST_DELIVERED;
	uint64_t now_ns = r->p->now_ns;
	int err = 0;

	if (state == (r->side == USER ? UNI_ST_PRESENT : UNI_ST_INITIATED))
		return;
	if (state == proceeding)
		err = uni_call_proceed(r->e->u, r->call, now_ns);
	else if (state == alerting)
		err = uni_call_alert(r->e->u, r->call, now_ns);
	else
		err = uni_call_accept(r->e->u, r->call, now_ns);
	assert_int_equal(err, 0);
	reach_look(r);
	if (r->side == USER && state >= UNI_ST_ACTIVE)
		reach_receive(r, UNI_MT_CONNECT_ACK, 0x80, "");
}

/* From the active state on. */
static void
go_on(struct reach *r, uint8_t state)
{
	const struct uni_rates rates = { 3000, 3000 };
	uint8_t released_here =
		r->side == USER ? UNI_ST_RELEASE_REQUEST : UNI_ST_RELEASE_INDICATION;

	if (state == UNI_ST_MODIFY_REQUEST) {
		assert_int_equal(uni_call_modify(r->e->u, r->call, &rates, r->p->now_ns), 0);
	} else if (state == UNI_ST_MODIFY_RECEIVED || state == REACH_T361) {
		reach_receive(r, UNI_MT_MODIFY_REQUEST, 0x80, REACH_RATES);
		if (state == REACH_T361)
			assert_int_equal(
				uni_modify_accept(r->e->u, r->call, true, r->p->now_ns), 0);
	} else if (state == released_here) {
		pair_close(r->p, r->side, r->call, UNI_CAUSE_NORMAL);
	} else if (state == UNI_ST_RELEASE_REQUEST || state == UNI_ST_RELEASE_INDICATION) {
		reach_receive(r, UNI_MT_RELEASE, 0x80, REACH_CAUSE);
	}
}

static struct reach
reach(int side, uint8_t state, bool ours, bool multi)
{
	struct reach r = begin(side, ours, multi, UNI_ASK_NONE);

	if (ours) {
		begin_ours(&r);
		go_ours(&r, state);
	} else {
		receive_setup(&r);
		go_theirs(&r, state);
	}
	reach_look(&r);
	go_on(&r, state);
	reach_look(&r);
	return r;
}

struct reach
reach_call(int side, uint8_t state, bool ours)
{
	return reach(side, state, ours, false);
}

struct reach
reach_asking(enum uni_ask ask)
{
	struct reach r = begin(USER, true, false, ask);

	begin_ours(&r);
	return r;
}

struct reach
reach_multi(int side, uint8_t state, bool root)
{
	return reach(side, state, root, true);
}

static void
add_party(struct reach *r)
{
	if (r->ours)
		r->party = pair_add(r->p, r->side, r->call);
	else
		reach_receive(r, UNI_MT_ADD_PARTY, 0x80, "70800006 913132333435" REACH_PARTY);
	reach_look(r);
	if (!r->ours)
		r->party = r->e->party;
}

void
reach_party(struct reach *r, uint8_t state)
{
	struct uni *u = r->e->u;
	uint64_t now_ns = r->p->now_ns;

	if (state == UNI_PARTY_NULL)
		return;
	add_party(r);
	if (state == UNI_PARTY_ALERTING_RECEIVED)
		reach_receive(r, UNI_MT_PARTY_ALERTING, 0x80, REACH_PARTY);
	else if (state == UNI_PARTY_ALERTING_DELIVERED)
		assert_int_equal(uni_party_alert(u, r->party, now_ns), 0);
	else if (state >= UNI_PARTY_ACTIVE && r->ours)
		reach_receive(r, UNI_MT_ADD_PARTY_ACK, 0x80, REACH_PARTY);
	else if (state >= UNI_PARTY_ACTIVE)
		assert_int_equal(uni_party_accept(u, r->party, now_ns), 0);
	reach_look(r);
	if (state == UNI_PARTY_DROP_INITIATED)
		pair_drop(r->p, r->side, r->party, UNI_CAUSE_NORMAL);
	else if (state == UNI_PARTY_DROP_RECEIVED)
		reach_receive(r, UNI_MT_DROP_PARTY, 0x80, REACH_CAUSE REACH_PARTY);
	reach_look(r);
}

static void
append(char *text, size_t size, const char *before, const char *word)
{
	size_t len = strlen(text);

	assert_true(snprintf(text + len, size - len, "%s%s", before, word) < (int)(size - len));
}

/* What was said and told since the last look. */
static void
put_words(struct reach *r, char *text, size_t size)
{
	pair_pull(r->p, r->side);
	for (; r->n_said < r->p->n; r->n_said++)
		append(text, size, " ", pair_said(r->p, r->n_said) + 2);
	for (; r->n_told < r->e->n_order; r->n_told++)
		if (told_names[r->e->told[r->n_told]] != NULL)
			append(text, size, " ^", told_names[r->e->told[r->n_told]]);
	r->p->head = r->p->n;
}

/* What a STATUS ENQUIRY is told, by the name of what precedes the number. */
static int
asked(struct reach *r, const char *elements, const char *before)
{
	const char *found;
	int state = -1;

	reach_receive(r, UNI_MT_STATUS_ENQUIRY, 0x80, elements);
	pair_pull(r->p, r->side);
	found = strstr(pair_said_last(r->p), before);
	assert_non_null(found);
	assert_int_equal(sscanf(found + strlen(before), "%d", &state), 1);
	reach_look(r);
	return state;
}

static const char *
outcome(struct reach *r, const char *elements, const char *before)
{
	static char text[512];
	char words[480] = "";

	put_words(r, words, sizeof(words));
	snprintf(text, sizeof(text), "%d%s", asked(r, elements, before), words);
	return text;
}

const char *
reach_outcome(struct reach *r)
{
	return outcome(r, "", "STATUS state ");
}

const char *
reach_party_outcome(struct reach *r)
{
	return outcome(r, REACH_PARTY, " in ");
}

const char *
reach_words(struct reach *r)
{
	static char text[480];

	text[0] = '\0';
	put_words(r, text, sizeof(text));
	return text[0] != '\0' ? text + 1 : text;
}

uint32_t
reach_n_timers(const struct reach *r)
{
	struct uni_census census;

	uni_census(r->e->u, &census);
	return census.n_timers;
}

void
reach_end(struct reach *r)
{
	pair_destroy(r->p);
}
