/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "pair.h"

#include <cmocka.h>

/*
 * Messages are lost when the transport recovers (SIG-100) or fails (SIG-98): whatever was in flight
 * at that moment, in one direction or in both. Every script below is played once for every
 * millisecond at which that can happen. The states in which the two ends are left, and what becomes
 * of them, are a table that must have each pair which occurs, and no other: all settle, both ends
 * with the same call or with none, and nothing is kept for ever.
 */

#define MS UINT64_C(1000000)
#define STEP_MS 500u
#define SETTLED_MS 500000u /* two timers of 180 s, and a slow audit after each */
#define SOON_MS 70000u     /* two slow audits */
#define STAYS_MS 60000u    /* a call that is up on both ends for so long will stay */
#define CALLED 0x100       /* else the calling side does it */

enum deed {
	CALL,
	CALL_MULTIPOINT,
	ALERT,
	ACCEPT,
	REFUSE,
	CLOSE,
	MODIFY,
	ADD,
	PARTY_ALERT,
	PARTY_ACCEPT,
	PARTY_REFUSE,
	DROP,
};

struct line {
	uint32_t at_ms;
	int deed; /* enum deed, and who */
};

struct script {
	uint32_t end_ms;
	bool late; /* a release of the peer is answered 10 ms later */
	struct line lines[8];
};

static const struct script calls[] = {
	{ 90, false,
		{ { 1, CALL }, { 20, ALERT | CALLED }, { 35, ACCEPT | CALLED }, { 70, CLOSE } } },
	{ 70, false, { { 1, CALL }, { 6, ACCEPT | CALLED }, { 40, CLOSE | CALLED } } },
	{ 70, true, { { 1, CALL }, { 10, ACCEPT | CALLED }, { 40, CLOSE } } },
	{ 70, true, { { 1, CALL }, { 10, ACCEPT | CALLED }, { 40, CLOSE | CALLED } } },
	{ 70, false,
		{ { 1, CALL }, { 10, ACCEPT | CALLED }, { 40, CLOSE }, { 42, CLOSE | CALLED } } },
	{ 40, false, { { 1, CALL }, { 20, REFUSE | CALLED } } },
	{ 40, false, { { 1, CALL }, { 6, REFUSE | CALLED } } },
	{ 60, false, { { 1, CALL }, { 20, ALERT | CALLED }, { 35, CLOSE } } },
	{ 40, false, { { 1, CALL }, { 4, CLOSE } } },
	{ 70, false, { { 1, CALL }, { 10, ACCEPT | CALLED }, { 40, MODIFY } } },
};

static const struct script parties[] = {
	{ 120, false,
		{ { 1, CALL_MULTIPOINT }, { 10, ACCEPT | CALLED }, { 30, ADD },
			{ 50, PARTY_ALERT | CALLED }, { 65, PARTY_ACCEPT | CALLED },
			{ 90, DROP } } },
	{ 100, false,
		{ { 1, CALL_MULTIPOINT }, { 10, ACCEPT | CALLED }, { 30, ADD },
			{ 40, PARTY_ACCEPT | CALLED }, { 70, DROP | CALLED } } },
	{ 100, true,
		{ { 1, CALL_MULTIPOINT }, { 10, ACCEPT | CALLED }, { 30, ADD },
			{ 40, PARTY_ACCEPT | CALLED }, { 70, DROP } } },
	{ 100, true,
		{ { 1, CALL_MULTIPOINT }, { 10, ACCEPT | CALLED }, { 30, ADD },
			{ 40, PARTY_ACCEPT | CALLED }, { 70, DROP | CALLED } } },
	{ 70, false,
		{ { 1, CALL_MULTIPOINT }, { 10, ACCEPT | CALLED }, { 30, ADD },
			{ 45, PARTY_REFUSE | CALLED } } },
};

/* One run. */
struct run {
	struct pair *p;
	const struct script *script;
	int side;           /* that calls */
	uni_call_t call[2]; /* calling and called side's */
	uni_party_t party[2];
	bool outage;
};

static struct pair_end *
end_of(struct run *r, bool called)
{
	return &r->p->end[called ? !r->side : r->side];
}

static void
set_up(struct run *r, bool multipoint)
{
	const struct uni_setup setup = {
		.called = { .type = UNI_ADDRESS_E164, .len = 5, .octets = "12345" },
		.multipoint = multipoint,
	};

	assert_int_equal(
		uni_call_setup(end_of(r, false)->l, &setup, 0, r->p->now_ns, &r->call[0]), 0);
}

static void
add(struct run *r)
{
	const struct uni_setup setup = {
		.called = { .type = UNI_ADDRESS_E164, .len = 5, .octets = "12346" },
	};
	struct pair_end *e = end_of(r, false);

	uni_party_add(e->u, r->call[0], &setup, 0, r->p->now_ns, &r->party[0]);
}

/* What is asked for may find no call, or one that cannot do it: then it was lost, or too late. */
static void
act(struct run *r, int deed)
{
	static const struct uni_rates rates = { 5000, 6000 };
	bool called = (deed & CALLED) != 0;
	struct pair_end *e = end_of(r, called);
	uint64_t now_ns = r->p->now_ns;
	uni_party_t party = r->party[called];
	uni_call_t call = r->call[called];

	switch (deed & ~CALLED) {
	case CALL:
	case CALL_MULTIPOINT:
		set_up(r, (deed & ~CALLED) == CALL_MULTIPOINT);
		return;
	case ALERT:
		uni_call_alert(e->u, call, now_ns);
		return;
	case ACCEPT:
		uni_call_accept(e->u, call, now_ns);
		return;
	case REFUSE:
		uni_call_refuse(e->u, call, UNI_CAUSE_USER_BUSY, now_ns);
		return;
	case CLOSE:
		uni_call_close(e->u, call, UNI_CAUSE_NORMAL, NULL, 0, now_ns);
		return;
	case MODIFY:
		uni_call_modify(e->u, call, &rates, now_ns);
		return;
	case ADD:
		add(r);
		return;
	case PARTY_ALERT:
		uni_party_alert(e->u, party, now_ns);
		return;
	case PARTY_ACCEPT:
		uni_party_accept(e->u, party, now_ns);
		return;
	case PARTY_REFUSE:
		uni_party_refuse(e->u, party, UNI_CAUSE_USER_BUSY, now_ns);
		return;
	default:
		uni_party_drop(e->u, party, UNI_CAUSE_NORMAL, NULL, 0, now_ns);
	}
}

/* The called side's handles are those of its first offer, and of the party added to it. */
static void
note_offers(struct run *r)
{
	struct pair_end *e = end_of(r, true);

	if (r->call[1] == 0 && e->n_told[TOLD_OFFER] > 0)
		r->call[1] = e->call;
	if (r->party[1] == 0 && e->n_told[TOLD_PARTY_OFFER] > 0)
		r->party[1] = e->party;
}

static uint8_t
state_of(struct run *r, int called)
{
	int side = called ? !r->side : r->side;
	enum uni_call_state state = pair_state(r->p, side, r->call[called]);

	return state == UNI_ST_COUNT ? UNI_ST_NULL : (uint8_t)state;
}

static uint8_t
party_state_of(struct run *r, int called)
{
	int side = called ? !r->side : r->side;
	enum uni_party_state state = pair_party_state(r->p, side, r->party[called]);

	return state == UNI_PARTY_COUNT ? UNI_PARTY_NULL : (uint8_t)state;
}

/* What is owed above is answered, also where the script has come to its end. */
static void
answer(struct run *r)
{
	int called;

	for (called = 0; called < 2; called++) {
		if (party_state_of(r, called) == UNI_PARTY_DROP_RECEIVED)
			act(r, DROP | (called ? CALLED : 0));
		if (state_of(r, called) == UNI_ST_RELEASE_REQUEST ||
			state_of(r, called) == UNI_ST_RELEASE_INDICATION)
			act(r, CLOSE | (called ? CALLED : 0));
	}
}

/* The lines of this millisecond. */
static void
play(struct run *r, uint32_t ms)
{
	const struct line *line = r->script->lines;

	for (; line < r->script->lines + 8 && line->at_ms != 0; line++)
		if (line->at_ms == ms)
			act(r, line->deed);
	pair_run(r->p, 0);
	note_offers(r);
}

/* The ends to which something is in flight, a bit each. */
static unsigned
in_flight(const struct pair *p)
{
	unsigned ends = 0;
	uint32_t i;

	for (i = p->head; i < p->n; i++)
		ends |= 1u << !p->messages[i % PAIR_MESSAGES].from;
	return ends;
}

/* What is in flight to the ends in @p deaf is lost, and both are told of a recovery. */
static void
lose(struct pair *p, unsigned deaf)
{
	uint32_t i;

	for (i = p->head; i < p->n; i++) {
		struct pair_message *m = &p->messages[i % PAIR_MESSAGES];

		m->lost = (deaf >> !m->from & 1) != 0;
	}
	pair_up(p);
}

/*
 * The call is up, and the same on both ends; but for its rates, if the link was lost between a
 * change and the word of it, which the one who asked takes for a refusal (SIG-96).
 */
static bool
is_same(struct run *r)
{
	struct uni_call_info ours, theirs;

	if (state_of(r, 0) != UNI_ST_ACTIVE || state_of(r, 1) != UNI_ST_ACTIVE)
		return false;
	uni_call_query(end_of(r, false)->u, r->call[0], &ours);
	uni_call_query(end_of(r, true)->u, r->call[1], &theirs);
	return ours.reference == theirs.reference && ours.label == theirs.label &&
	       (ours.rates.fwd_peak == theirs.rates.fwd_peak || r->outage) &&
	       ours.n_parties == theirs.n_parties &&
	       ours.n_parties_active == theirs.n_parties_active;
}

static void
settle(struct run *r)
{
	uint32_t ms, same_ms = 0, until_ms = r->outage ? SOON_MS : SETTLED_MS;

	for (ms = 0; ms < until_ms && same_ms < STAYS_MS && !pair_is_clean(r->p); ms += STEP_MS) {
		r->p->now_ns += STEP_MS * MS;
		pair_settle(r->p);
		answer(r);
		pair_settle(r->p);
		same_ms = is_same(r) ? same_ms + STEP_MS : 0;
	}
}

/* Both ends have the same call, or none; and nothing is left when it is closed. */
static bool
agree(struct run *r)
{
	if (is_same(r)) {
		act(r, CLOSE);
		pair_settle(r->p);
		answer(r);
		pair_settle(r->p);
	}
	return pair_is_clean(r->p);
}

/* A pair of states at the moment of the loss, and whether what they are states of outlives it. */
struct row {
	uint8_t calling, called;
	bool lives;
	bool seen;
};

static void
look_up(struct row *row, const uint8_t *states, bool lives)
{
	for (; row->calling != states[0] || row->called != states[1]; row++)
		if (row->calling == UINT8_MAX)
			fail_msg("no row for %u, %u: %s", states[0], states[1],
				lives ? "lives" : "dies");
	if (row->lives != lives)
		fail_msg("%u, %u: %s", states[0], states[1], lives ? "lives" : "dies");
	row->seen = true;
}

static void
play_until(struct run *r, uint32_t from_ms, uint32_t until_ms)
{
	uint32_t ms;

	for (ms = from_ms; ms < until_ms; ms++) {
		play(r, ms);
		pair_run(r->p, 1);
		note_offers(r);
	}
}

static void
begin(struct run *r, const struct script *script, int side)
{
	int i;

	*r = (struct run){ .p = pair_create(NULL), .script = script, .side = side };
	for (i = 0; i < 2; i++) {
		r->p->end[i].on_modify = PAIR_ACCEPT;
		r->p->end[i].on_released = script->late ? PAIR_WAIT : PAIR_CLOSE;
		r->p->end[i].on_party_released = script->late ? PAIR_WAIT : PAIR_CLOSE;
	}
	pair_up(r->p);
}

/*
 * One loss at @p at_ms, of what goes to the ends in @p deaf; then nothing more is asked from above,
 * or the script goes on. False when there is nothing to be lost.
 */
static bool
run(const struct script *script, int side, uint32_t at_ms, unsigned deaf, bool goes_on,
	struct row *rows, bool about_party)
{
	uint8_t (*look)(struct run * r, int called) = about_party ? party_state_of : state_of;
	uint8_t states[2];
	struct run r;

	begin(&r, script, side);
	play_until(&r, 0, at_ms);
	if ((in_flight(r.p) & deaf) != deaf) {
		pair_destroy(r.p);
		return false;
	}
	lose(r.p, deaf);
	states[0] = look(&r, 0);
	states[1] = look(&r, 1);
	if (goes_on)
		play_until(&r, at_ms, script->end_ms);
	settle(&r);
	if (!goes_on)
		look_up(rows, states, look(&r, 0) != 0);
	if (!agree(&r))
		fail_msg("script %x, side %d, lost at %u ms to %u in %u, %u: %u, %u",
			script->lines[1].deed, side, at_ms, deaf, states[0], states[1],
			state_of(&r, 0), state_of(&r, 1));
	pair_destroy(r.p);
	return true;
}

static void
play_all(const struct script *scripts, size_t n, struct row *rows, bool about_party)
{
	unsigned deaf;
	uint32_t ms;
	int side;
	size_t i;

	for (i = 0; i < n; i++)
		for (side = 0; side < 2; side++)
			for (ms = 1; ms < scripts[i].end_ms; ms++)
				for (deaf = 1; deaf < 4; deaf++)
					if (run(&scripts[i], side, ms, deaf, false, rows,
						    about_party))
						run(&scripts[i], side, ms, deaf, true, rows,
							about_party);
	for (; rows->calling != UINT8_MAX; rows++)
		if (!rows->seen)
			fail_msg("%u, %u does not occur", rows->calling, rows->called);
}

/* SIG-100 */
static void
calls_settle_whatever_was_lost(void **state)
{
	static struct row rows[] = {
		{ 0, 0, false, false },
		{ 0, 11, false, false },
		{ 0, 12, false, false },
		{ 1, 0, false, false },
		{ 1, 3, false, false },
		{ 1, 10, false, false },
		{ 1, 12, false, false },
		{ 3, 4, false, false },
		{ 3, 10, false, false },
		{ 3, 12, false, false },
		{ 4, 10, false, false },
		{ 6, 0, false, false },
		{ 6, 8, false, false },
		{ 6, 9, false, false },
		{ 6, 11, false, false },
		{ 7, 8, false, false },
		{ 9, 7, false, false },
		{ 9, 8, false, false },
		{ 9, 11, false, false },
		{ 10, 8, false, false },
		{ 10, 10, true, false },
		{ 10, 11, false, false },
		{ 10, 12, false, false },
		{ 11, 0, false, false },
		{ 11, 3, false, false },
		{ 11, 4, false, false },
		{ 11, 10, false, false },
		{ 11, 12, false, false },
		{ 12, 0, false, false },
		{ 12, 7, false, false },
		{ 12, 9, false, false },
		{ 12, 10, false, false },
		{ 12, 11, false, false },
		{ 13, 10, false, false },
		{ UINT8_MAX, 0, false, false },
	};

	(void)state;
	play_all(calls, sizeof(calls) / sizeof(calls[0]), rows, false);
}

/* SIG-100, SIG-94 */
static void
parties_settle_whatever_was_lost(void **state)
{
	static struct row rows[] = {
		{ 0, 0, false, false },
		{ 0, 11, false, false },
		{ 1, 0, false, false },
		{ 1, 4, false, false },
		{ 1, 10, false, false },
		{ 7, 10, false, false },
		{ 10, 11, false, false },
		{ 11, 0, false, false },
		{ 11, 10, false, false },
		{ UINT8_MAX, 0, false, false },
	};

	(void)state;
	play_all(parties, sizeof(parties) / sizeof(parties[0]), rows, true);
}

/* An outage shorter than T309; the ends in @p closers close in it, if they have the call. */
static void
outage(const struct script *script, int side, uint32_t at_ms, unsigned closers)
{
	struct run r;

	begin(&r, script, side);
	play_until(&r, 0, at_ms);
	r.outage = true;
	pair_down(r.p);
	pair_run(r.p, 20);
	if (closers & 1)
		act(&r, CLOSE);
	if (closers & 2)
		act(&r, CLOSE | CALLED);
	pair_run(r.p, 20);
	pair_up(r.p);
	settle(&r);
	if (!agree(&r))
		fail_msg("script %x, side %d, down at %u ms, closed by %u: %u, %u",
			script->lines[1].deed, side, at_ms, closers, state_of(&r, 0),
			state_of(&r, 1));
	pair_destroy(r.p);
}

static void
outages(const struct script *scripts, size_t n)
{
	unsigned closers;
	uint32_t ms;
	int side;
	size_t i;

	for (i = 0; i < n; i++)
		for (side = 0; side < 2; side++)
			for (ms = 1; ms < scripts[i].end_ms; ms += 3)
				for (closers = 0; closers < 4; closers++)
					outage(&scripts[i], side, ms, closers);
}

/* SIG-98, SIG-101, SIG-122: labels and references come back, too */
static void
what_was_closed_in_an_outage_is_over_on_both_ends_soon_after(void **state)
{
	(void)state;
	outages(calls, sizeof(calls) / sizeof(calls[0]));
	outages(parties, sizeof(parties) / sizeof(parties[0]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(calls_settle_whatever_was_lost),
		cmocka_unit_test(parties_settle_whatever_was_lost),
		cmocka_unit_test(what_was_closed_in_an_outage_is_over_on_both_ends_soon_after),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
