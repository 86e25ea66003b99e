/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "day.h"

#include <cmocka.h>

/*
 * Parties of multipoint calls, as the layers above know them at the root and at the leaf. The end
 * of each is told once: of itself, or with its call, where that says so.
 */

#define STAY_S 120u

static const uint8_t goodbye[] = "\4good bye";

/* ---- Records. ---- */

static struct day_party *
party_at(struct day_end *e, uint64_t id)
{
	struct day_party *p = &e->parties[id % DAY_RECORDS];

	return id != 0 && p->id == id ? p : NULL;
}

static struct day_party *
known(struct day_end *e, uni_party_t party, uint64_t cookie)
{
	struct day_party *p = party_at(e, cookie);

	if (p == NULL || p->party != party)
		fail_msg("told of party %#x, which has ended", party);
	return p;
}

static struct day_party *
enter(struct day_end *e, struct day_call *c, uni_party_t party, bool first)
{
	static uint32_t generation;
	uint32_t idx = e->free_party - 1;
	struct day_party *p = &e->parties[idx];

	assert_int_not_equal(e->free_party, 0);
	e->free_party = p->next;
	generation = generation % (UINT32_MAX / DAY_RECORDS) + 1;
	*p = (struct day_party){
		.id = generation * DAY_RECORDS + idx,
		.party = party,
		.call = (uint32_t)(c - e->calls),
		.next = c->first_party,
		.first = first,
	};
	c->first_party = idx + 1;
	c->n_parties++;
	e->n_parties++;
	e->n.parties++;
	return p;
}

void
day_party_enter(struct day_end *e, struct day_call *c, uni_party_t party, bool first)
{
	struct day_party *p = enter(e, c, party, first);

	assert_int_equal(uni_party_set_cookie(e->u, party, p->id), 0);
}

static void
leave(struct day_end *e, struct day_party *p)
{
	struct day_call *c = &e->calls[p->call];
	uint32_t idx = (uint32_t)(p - e->parties), *link = &c->first_party;

	while (*link != idx + 1)
		link = &e->parties[*link - 1].next;
	*link = p->next;
	c->n_parties--;
	e->n_parties--;
	e->n.left++;
	p->id = 0;
	p->next = e->free_party;
	e->free_party = idx + 1;
}

/* A close from here speaks for all parties, the end of a setup for the first one. */
void
day_parties_end(struct day_end *e, struct day_call *c)
{
	struct day_party *p;

	while (c->first_party != 0) {
		p = &e->parties[c->first_party - 1];
		if (p->party != 0 && !c->closing && !(p->first && c->heard != HEARD_CONNECTED))
			fail_msg("call %#x ended, and its party %#x has not been told", c->call,
				p->party);
		leave(e, p);
	}
}

/* ---- What is done. ---- */

static void
add(struct day_end *e, uint32_t call_id)
{
	struct day_call *c = day_call_at(e, call_id);
	const struct uni_setup setup = {
		.called = { .type = UNI_ADDRESS_E164, .len = 5, .octets = "12345" },
	};
	struct day_party *p;
	uint32_t id;

	if (c == NULL)
		return;
	p = enter(e, c, 0, false);
	id = p->id;
	if (uni_party_add(e->u, c->call, &setup, id, e->d->now_ns, &p->party) == 0)
		return;
	p = party_at(e, id); /* it goes with its call if that ends meanwhile */
	if (p != NULL)
		leave(e, p);
	e->n.left--;
	e->n.parties--;
}

/* What is asked of the last party is asked of the call. False: it cannot be, the party is there. */
static bool
drop_it(struct day_end *e, struct day_party *p, bool refuse)
{
	struct day_call *c = &e->calls[p->call];
	uint32_t id = p->id, call_id = c->id;
	bool data = day_happens(e->d, 20), was = p->dropping;
	struct uni_call_info info;
	int err;

	p->dropping = true;
	c->asking = true;
	if (refuse)
		err = uni_party_refuse(e->u, p->party, UNI_CAUSE_USER_BUSY, e->d->now_ns);
	else
		err = uni_party_drop(e->u, p->party, UNI_CAUSE_NORMAL, data ? goodbye : NULL,
			data ? sizeof(goodbye) - 1 : 0, e->d->now_ns);
	p = party_at(e, id);
	c = day_call_at(e, call_id);
	if (err < 0 && p != NULL)
		p->dropping = was;
	if (c == NULL)
		return true;
	c->asking = false;
	if (err == 0 && uni_call_query(e->u, c->call, &info) == 0 &&
		info.state ==
			(e->side == USER ? UNI_ST_RELEASE_REQUEST : UNI_ST_RELEASE_INDICATION))
		c->closing = true;
	return err == 0 || p == NULL || c->closing; /* that speaks for its parties */
}

static void
answer(struct day_end *e, struct day_party *p)
{
	struct day *d = e->d;
	uint32_t dice = day_below(d, 100);

	if (dice < 10) {
		drop_it(e, p, true);
	} else if (dice < 30) {
		uni_party_alert(e->u, p->party, d->now_ns);
		day_plan(d, day_random_ns(d, 3 * SECOND), DEED_ACCEPT_PARTY, e->side, p->id);
	} else if (dice < 98) { /* the others wait for T399 */
		uni_party_accept(e->u, p->party, d->now_ns);
	}
}

void
day_party_do(struct day_end *e, enum deed deed, uint32_t id)
{
	struct day_party *p = party_at(e, id);

	if (deed == DEED_ADD)
		add(e, id);
	else if (p == NULL)
		return; /* it has ended meanwhile */
	else if (deed == DEED_DROP)
		drop_it(e, p, false);
	else if (deed == DEED_ANSWER_PARTY)
		answer(e, p);
	else if (deed == DEED_ACCEPT_PARTY)
		uni_party_accept(e->u, p->party, e->d->now_ns);
	else if (deed == DEED_ANSWER_DROP && p->owed && !drop_it(e, p, false))
		fail_msg("the answer to a drop is refused");
}

/* ---- What is told. ---- */

void
day_on_party_alerting(void *arg, uni_call_t call, uni_party_t party, uint64_t cookie,
	const struct uni_elements *came, uint64_t now_ns)
{
	(void)call;
	(void)came;
	(void)now_ns;
	known(arg, party, cookie);
}

static void
stay_a_while(struct day_end *e, const struct day_party *p)
{
	if (day_happens(e->d, 40))
		day_plan(e->d, day_random_ns(e->d, STAY_S * SECOND), DEED_DROP, e->side, p->id);
}

void
day_on_party_added(void *arg, uni_call_t call, uni_party_t party, uint64_t cookie,
	const struct uni_elements *came, uint64_t now_ns)
{
	struct day_end *e = arg;
	struct day_party *p = known(e, party, cookie);

	(void)call;
	(void)came;
	(void)now_ns;
	if (p->joined)
		fail_msg("party %#x joins twice", party);
	p->joined = true;
	e->n.joined++;
	stay_a_while(e, p);
}

static void
end(struct day_end *e, uni_party_t party, uint64_t cookie, bool complete)
{
	struct day_party *p = known(e, party, cookie);

	if (complete != p->dropping)
		fail_msg("party %#x: %s", party,
			complete ? "a drop is completed that nobody has asked for"
				 : "its drop is not completed");
	leave(e, p);
}

void
day_on_party_refused(void *arg, uni_call_t call, uni_party_t party, uint64_t cookie,
	const struct uni_release *release, uint64_t now_ns)
{
	(void)call;
	(void)release;
	(void)now_ns;
	end(arg, party, cookie, false);
}

void
day_on_party_offer(void *arg, uni_call_t call, uni_party_t party, const struct uni_setup *setup,
	uint64_t now_ns)
{
	struct day_end *e = arg;
	struct uni_call_info info;
	struct day_call *c;
	struct day_party *p;

	(void)setup;
	(void)now_ns;
	assert_int_equal(uni_call_query(e->u, call, &info), 0);
	c = day_call_at(e, info.cookie);
	assert_non_null(c);
	p = enter(e, c, party, false);
	assert_int_equal(uni_party_set_cookie(e->u, party, p->id), 0);
	if (day_happens(e->d, 40))
		answer(e, p);
	else
		day_plan(e->d, day_random_ns(e->d, SECOND), DEED_ANSWER_PARTY, e->side, p->id);
	p = party_at(e, p->id);
	if (p != NULL)
		stay_a_while(e, p);
}

void
day_on_party_released(void *arg, uni_call_t call, uni_party_t party, uint64_t cookie,
	const struct uni_release *release, bool owed, uint64_t now_ns)
{
	struct day_end *e = arg;
	struct day_party *p = known(e, party, cookie);

	(void)call;
	(void)release;
	(void)now_ns;
	if (!owed) {
		end(e, party, cookie, false);
		return;
	}
	if (p->owed || p->dropping)
		fail_msg("an answer is owed for party %#x, which is being dropped", party);
	p->owed = true;
	if (day_happens(e->d, 40))
		day_party_do(e, DEED_ANSWER_DROP, p->id);
	else
		day_plan(e->d, day_random_ns(e->d, 200 * MS), DEED_ANSWER_DROP, e->side, p->id);
}

void
day_on_party_drop_complete(
	void *arg, uni_call_t call, uni_party_t party, uint64_t cookie, uint64_t now_ns)
{
	(void)call;
	(void)now_ns;
	end(arg, party, cookie, true);
}
