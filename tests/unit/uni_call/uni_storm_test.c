/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "pair.h"

#include <cmocka.h>

/*
 * Requests, losses and link failures in any order, from both sides of multipoint calls. Whatever
 * comes, every party that the layer above was told of ends exactly once, and nothing is left.
 */

#define N_STEPS 4000
#define N_KNOWN 512

struct ledger {
	uni_party_t known[N_KNOWN];
	uint32_t n;
};

static struct ledger ledgers[2];
static uint32_t seed;

static uint32_t
below(uint32_t n)
{
	seed = seed * 1103515245u + 12345u;
	return (seed >> 16) % n;
}

static struct ledger *
ledger_of(const struct pair_end *e)
{
	return &ledgers[e == &e->p->end[NETWORK]];
}

static void
enter(struct pair_end *e, uni_party_t party)
{
	struct ledger *g = ledger_of(e);

	assert_true(g->n < N_KNOWN);
	g->known[g->n++] = party;
}

static bool
strike_out(struct pair_end *e, uni_party_t party)
{
	struct ledger *g = ledger_of(e);
	uint32_t i;

	for (i = 0; i < g->n; i++) {
		if (g->known[i] == party) {
			g->known[i] = g->known[--g->n];
			return true;
		}
	}
	return false;
}

static void meddle(struct pair *p, int side);

static void
inside(struct pair_end *e, enum pair_told what)
{
	switch (what) {
	case TOLD_PARTY_OFFER:
		enter(e, e->party);
		break;
	case TOLD_PARTY_REFUSED:
	case TOLD_PARTY_GONE:
	case TOLD_PARTY_COMPLETE:
		/* The first party was entered by no report: it is told of in the same way. */
		strike_out(e, e->party);
		break;
	default:
		break;
	}
	if (below(8) == 0)
		meddle(e->p, e == &e->p->end[NETWORK]);
}

static uni_call_t calls[2][8];

static uni_call_t
some_call(struct pair *p, int side)
{
	uni_call_t call = calls[side][below(8)];

	return pair_state(p, side, call) != UNI_ST_COUNT ? call : 0;
}

static uni_party_t
some_party(struct pair *p, int side)
{
	uni_call_t call = some_call(p, side);
	uint32_t n = below(6) + 1;
	uni_party_t party = 0, next;

	while (call != 0 && n-- > 0) {
		next = uni_party_next(p->end[side].u, call, party);
		if (next == 0)
			break;
		party = next;
	}
	return party;
}

/* All parties of a call are forgotten by the layer above, which closes it. */
static void
close_whole(struct pair *p, int side, uni_call_t call)
{
	struct pair_end *e = &p->end[side];
	uni_party_t party[64], next = 0;
	uint32_t n = 0;

	while (n < 64 && (next = uni_party_next(e->u, call, next)) != 0)
		party[n++] = next;
	if (uni_call_close(e->u, call, UNI_CAUSE_NORMAL, NULL, 0, p->now_ns) == 0)
		while (n > 0)
			strike_out(e, party[--n]);
}

static void
set_up(struct pair *p, int side)
{
	static const struct uni_setup setup = {
		.called = { .type = UNI_ADDRESS_E164, .len = 1, .octets = "1" },
		.multipoint = true,
	};
	uni_call_t *slot = &calls[side][below(4)];

	if (pair_state(p, side, *slot) == UNI_ST_COUNT)
		uni_call_setup(p->end[side].l, &setup, 0, p->now_ns, slot);
}

static void
add(struct pair *p, int side)
{
	static const struct uni_setup setup = {
		.called = { .type = UNI_ADDRESS_E164, .len = 1, .octets = "1" },
	};
	struct pair_end *e = &p->end[side];
	uni_party_t party;

	if (uni_party_add(e->u, some_call(p, side), &setup, 0, p->now_ns, &party) == 0)
		enter(e, party);
}

/* One request. Whatever it answers is right. */
static void
meddle(struct pair *p, int side)
{
	struct uni *u = p->end[side].u;
	uni_party_t party = some_party(p, side);

	switch (below(16)) {
	case 0:
		set_up(p, side);
		break;
	case 1:
		if (below(8) == 0)
			close_whole(p, side, some_call(p, side));
		break;
	case 2:
	case 3:
	case 4:
	case 5:
		add(p, side);
		break;
	case 6:
		uni_party_alert(u, party, p->now_ns);
		break;
	case 7:
	case 8:
	case 9:
		uni_party_accept(u, party, p->now_ns);
		break;
	case 10:
		uni_party_refuse(u, party, UNI_CAUSE_USER_BUSY, p->now_ns);
		break;
	case 11:
	case 12:
	case 13:
		uni_party_drop(u, party, UNI_CAUSE_NORMAL, NULL, 0, p->now_ns);
		break;
	case 14:
		uni_call_alert(u, some_call(p, side), p->now_ns);
		break;
	default:
		uni_call_accept(u, some_call(p, side), p->now_ns);
		break;
	}
}

/* Offered calls are known by the last one told of. */
static void
note_offer(struct pair *p, int side)
{
	uni_call_t call = p->end[side].call;

	if (pair_state(p, side, call) != UNI_ST_COUNT)
		calls[side][4 + call % 4] = call;
}

static bool
lose(void *arg, const struct pair_message *m)
{
	(void)arg;
	(void)m;
	return below(200) == 0;
}

static void
disturb(struct pair *p)
{
	switch (below(400)) {
	case 0:
		pair_down(p);
		pair_run(p, below(2) == 0 ? 5 : 10100);
		pair_up(p);
		break;
	case 1:
		pair_run(p, 5000);
		break;
	case 2:
		pair_inject(p, (int)below(2), "0903000000468000057980000182");
		break;
	case 3:
		p->end[below(2)].no_credit = true;
		break;
	case 4:
		uni_link_restart(
			p->end[below(2)].l, (enum uni_restart_class)below(3), below(64), p->now_ns);
		break;
	default:
		if (below(50) == 0)
			p->end[below(2)].no_credit = false;
		break;
	}
}

/* What T308 or a RESTART has left set aside (SIG-122). */
static void
bring_back(struct pair *p)
{
	p->turn_max = UINT32_MAX;
	pair_run(p, 100);
	uni_link_restart(p->end[USER].l, UNI_RESTART_ALL, 0, p->now_ns);
	pair_run(p, 100);
}

static void
storm(uint32_t number)
{
	const struct pair_config config = { .n_calls = 16, .n_parties = 64 };
	struct pair *p = pair_create(&config);
	uint32_t i;
	int side;

	seed = number;
	memset(ledgers, 0, sizeof(ledgers));
	memset(calls, 0, sizeof(calls));
	p->lose = lose;
	p->turn_max = 3;
	for (side = USER; side <= NETWORK; side++) {
		p->end[side].inside = inside;
		p->end[side].on_party_released = PAIR_WAIT;
		p->end[side].on_released = below(2) == 0 ? PAIR_WAIT : PAIR_CLOSE;
	}
	pair_up(p);
	for (i = 0; i < N_STEPS; i++) {
		side = (int)below(2);
		meddle(p, side);
		note_offer(p, USER);
		note_offer(p, NETWORK);
		disturb(p);
		pair_run(p, below(10));
	}
	p->lose = NULL;
	p->end[USER].no_credit = false;
	p->end[NETWORK].no_credit = false;
	p->end[USER].inside = NULL;
	pair_down(p);
	for (side = USER; side <= NETWORK; side++)
		p->end[side].inside = inside;
	pair_run(p, 20000); /* T309 */
	pair_up(p);
	pair_run(p, 100);
	assert_int_equal(ledgers[USER].n, 0);
	assert_int_equal(ledgers[NETWORK].n, 0);
	bring_back(p);
	assert_true(pair_is_clean(p));
	pair_destroy(p);
}

/* SIG-P18, SIG-86, I2, I4 */
static void
every_party_ends_exactly_once_whatever_happens(void **state)
{
	uint32_t number;

	(void)state;
	for (number = 1; number <= 12; number++)
		storm(number);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_party_ends_exactly_once_whatever_happens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
