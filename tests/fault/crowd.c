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
 * Calls, as a layer above makes them: placed, answered, changed and closed at random, by either
 * side or by both at once. What call control tells is held against what has been asked: each
 * request is completed once, each call is told of its end once, no setup is answered twice.
 */

#define HOLD_S 180u
#define RATES 1000000u
#define PARTY_CALLS 10u /* of a hundred */

static const uint8_t goodbye[] = "\4good bye";

/* ---- Records. ---- */

struct day_call *
day_call_at(struct day_end *e, uint64_t id)
{
	struct day_call *c = &e->calls[id % DAY_RECORDS];

	return id != 0 && c->id == id ? c : NULL;
}

/* Who is told of a call that has ended, or was never there, is told too much. */
static struct day_call *
known(struct day_end *e, uni_call_t call, uint64_t cookie)
{
	struct day_call *c = day_call_at(e, cookie);

	if (c == NULL || c->call != call)
		fail_msg("told of call %#x, which has ended", call);
	return c;
}

static struct day_call *
enter(struct day_end *e, uni_call_t call, bool ours)
{
	static uint32_t generation;
	uint32_t idx = e->free_call - 1;
	struct day_call *c = &e->calls[idx];

	assert_int_not_equal(e->free_call, 0);
	e->free_call = c->first_party;
	generation = generation % (UINT32_MAX / DAY_RECORDS) + 1;
	*c = (struct day_call){
		.id = generation * DAY_RECORDS + idx,
		.call = call,
		.ours = ours,
		.label = UNI_LABEL_NONE,
	};
	e->n_calls++;
	return c;
}

/* SIG-78: the label goes back when the VC is drained. */
static void
put_label(struct day_end *e, struct day_call *c, uint32_t label)
{
	if (label == UNI_LABEL_NONE || c->put)
		return;
	c->put = true;
	day_plan(e->d, day_random_ns(e->d, 100 * MS), DEED_PUT_LABEL, e->side, label);
}

static void
leave(struct day_end *e, struct day_call *c, const struct uni_release *r)
{
	if (c->modifying)
		fail_msg("call %#x ended, its change of rates neither done nor refused", c->call);
	day_parties_end(e, c);
	put_label(e, c, r->label);
	e->n.ended++;
	e->n.ended_by[c->closing ? 0 : r->cause & 0x7f]++;
	c->id = 0;
	c->first_party = e->free_call;
	e->free_call = (uint32_t)(c - e->calls) + 1;
	e->n_calls--;
}

/* ---- What is done. ---- */

static void
fill_setup(struct day *d, struct uni_setup *setup)
{
	*setup = (struct uni_setup){
		.called = { .type = UNI_ADDRESS_E164, .len = 8 },
		.calling = { .type = UNI_ADDRESS_E164, .len = 3, .octets = "110" },
		.fwd_peak = 1 + day_below(d, RATES),
		.bwd_peak = 1 + day_below(d, RATES),
		.best_effort = true,
	};
	uint32_t i, number = day_below(d, 100000000);

	for (i = 0; i < setup->called.len; i++, number /= 10)
		setup->called.octets[i] = (uint8_t)('0' + number % 10);
	setup->multipoint = day_happens(d, PARTY_CALLS);
}

static void
place(struct day_end *e)
{
	struct day *d = e->d;
	struct uni_setup setup;
	struct day_call *c = enter(e, 0, true);
	int err;

	fill_setup(d, &setup);
	err = uni_call_setup(e->l, &setup, c->id, d->now_ns, &c->call);
	if (err < 0) {
		e->n.no_link += err == -ENETDOWN;
		e->n.no_room += err != -ENETDOWN;
		leave(e, c, &(struct uni_release){ .label = UNI_LABEL_NONE });
		e->n.ended--;
		e->n.ended_by[0]--;
		return;
	}
	e->n.placed++;
	d->n_placed++;
	c->multipoint = setup.multipoint;
	if (c->multipoint)
		day_party_enter(e, c, uni_call_first_party(e->u, c->call), true);
	if (day_happens(d, 8)) /* who calls does not always wait */
		day_plan(d, day_random_ns(d, 3 * SECOND), DEED_CLOSE, e->side, c->id);
}

/* Taken, the call ends by close_complete. False: it cannot be, and the call is still there. */
static bool
end_it(struct day_end *e, struct day_call *c, bool refuse)
{
	bool data = day_happens(e->d, 20), was = c->closing;
	uint32_t id = c->id;
	int err;

	c->closing = true; /* first: it may be over inside */
	c->asking = true;  /* but for another reason */
	if (refuse)
		err = uni_call_refuse(e->u, c->call, UNI_CAUSE_USER_BUSY, e->d->now_ns);
	else
		err = uni_call_close(e->u, c->call, UNI_CAUSE_NORMAL, data ? goodbye : NULL,
			data ? sizeof(goodbye) - 1 : 0, e->d->now_ns);
	c = day_call_at(e, id);
	if (c == NULL)
		return true;
	c->asking = false;
	if (err == 0)
		return true;
	assert_int_equal(err, -EPROTO);
	c->closing = was;
	return false;
}

bool
day_call_close(struct day_end *e, struct day_call *c)
{
	return end_it(e, c, false);
}

static void
answer(struct day_end *e, struct day_call *c, bool now)
{
	struct day *d = e->d;
	uint32_t dice = day_below(d, 100);

	if (dice < 8) {
		e->n.refused += end_it(e, c, true);
	} else if (dice < 11 && !now) {
		e->n.unanswered++;
	} else if (dice < 40) {
		uni_call_alert(e->u, c->call, d->now_ns);
		day_plan(d, day_random_ns(d, 4 * SECOND), DEED_ACCEPT, e->side, c->id);
	} else {
		uni_call_accept(e->u, c->call, d->now_ns);
	}
}

static void
modify(struct day_end *e, struct day_call *c)
{
	struct uni_rates rates = { 1 + day_below(e->d, RATES), 1 + day_below(e->d, RATES) };

	if (c->modifying)
		return;
	if (day_happens(e->d, 20))
		rates.bwd_peak = UNI_RATE_SAME;
	c->modifying = uni_call_modify(e->u, c->call, &rates, e->d->now_ns) == 0;
}

/*
 * A change that the link took along counts as refused here (SIG-96), though the other end may have
 * made it; no STATUS tells rates. Who wants to be sure asks anew for those in force.
 */
static void
settle_rates(struct day_end *e, struct day_call *c)
{
	const struct uni_rates same = { UNI_RATE_SAME, UNI_RATE_SAME };
	int err;

	if (!c->in_doubt || c->modifying)
		return;
	err = uni_call_modify(e->u, c->call, &same, e->d->now_ns);
	c = day_call_at(e, c->id);
	if (err == 0)
		c->modifying = true;
	else if (err == -ENETDOWN)
		day_plan(e->d, 5 * SECOND, DEED_SETTLE_RATES, e->side, c->id);
}

static void
answer_modify(struct day_end *e, struct day_call *c)
{
	struct day *d = e->d;

	if (day_happens(d, 30))
		uni_modify_refuse(e->u, c->call, UNI_CAUSE_RATE_NOT_AVAILABLE, d->now_ns);
	else
		uni_modify_accept(e->u, c->call, day_happens(d, 50), d->now_ns);
}

/* The VC may be drained before the answer is given, or after. */
static void
answer_release(struct day_end *e, struct day_call *c)
{
	if (!c->owed)
		return;
	if (c->label != UNI_LABEL_NONE && !c->put && day_happens(e->d, 50)) {
		c->put = true;
		uni_link_put_label(e->l, c->label);
	}
	if (!day_call_close(e, c))
		fail_msg("the answer to a release is refused");
}

void
day_call_do(struct day_end *e, enum deed deed, uint32_t id)
{
	struct day_call *c = day_call_at(e, id);

	if (deed == DEED_CALL) {
		place(e);
	} else if (deed == DEED_PUT_LABEL) {
		uni_link_put_label(e->l, id);
	} else if (c == NULL) {
		return; /* it has ended meanwhile */
	} else if (deed == DEED_CLOSE) {
		day_call_close(e, c);
	} else if (deed == DEED_MODIFY) {
		modify(e, c);
	} else if (deed == DEED_ANSWER) {
		answer(e, c, false);
	} else if (deed == DEED_ACCEPT) {
		uni_call_accept(e->u, c->call, e->d->now_ns);
	} else if (deed == DEED_ANSWER_RELEASE) {
		answer_release(e, c);
	} else if (deed == DEED_ANSWER_MODIFY) {
		answer_modify(e, c);
	} else if (deed == DEED_SETTLE_RATES) {
		settle_rates(e, c);
	}
}

/* ---- What is told. ---- */

static void
on_sdu_ready(void *arg, uint64_t now_ns)
{
	struct day_end *e = arg;

	sscf_sdu_ready(e->sscf, now_ns);
}

static uint32_t
n_outstanding(void *arg)
{
	const struct day_end *e = arg;

	return sscop_n_unacknowledged(sscf_sscop(e->sscf));
}

static void
on_establish(void *arg, uint64_t now_ns)
{
	struct day_end *e = arg;

	(void)sscf_establish(e->sscf, now_ns); /* refused while it is being established */
}

static void
on_offer(void *arg, uni_call_t call, const struct uni_setup *setup, uint64_t now_ns)
{
	struct day_end *e = arg;
	struct day_call *c = enter(e, call, false);

	(void)now_ns;
	e->n.offered++;
	c->label = setup->label;
	c->multipoint = setup->multipoint;
	assert_int_equal(uni_call_set_cookie(e->u, call, c->id), 0);
	if (c->multipoint)
		day_party_enter(e, c, setup->party, true);
	if (day_happens(e->d, 30))
		answer(e, c, true);
	else
		day_plan(e->d, day_random_ns(e->d, 500 * MS), DEED_ANSWER, e->side, c->id);
}

static struct day_call *
hear(struct day_end *e, uni_call_t call, uint64_t cookie, enum heard what)
{
	struct day_call *c = known(e, call, cookie);

	if (what <= c->heard || (!c->ours && what != HEARD_CONNECTED))
		fail_msg("call %#x answered anew: %d after %d", call, what, c->heard);
	c->heard = (uint8_t)what;
	return c;
}

static void
on_proceeding(void *arg, uni_call_t call, uint64_t cookie, const struct uni_elements *came,
	uint64_t now_ns)
{
	(void)came;
	(void)now_ns;
	hear(arg, call, cookie, HEARD_PROCEEDING);
}

static void
on_alerting(void *arg, uni_call_t call, uint64_t cookie, const struct uni_elements *came,
	uint64_t now_ns)
{
	(void)came;
	(void)now_ns;
	hear(arg, call, cookie, HEARD_ALERTING);
}

/* Of some calls both sides grow tired at the same time. */
static uint64_t
close_in(struct day *d, uint32_t label)
{
	uint64_t minute = 60 * SECOND;

	if (label % 10 == 0)
		return minute + label / 10 % 60 * SECOND - d->now_ns % minute +
		       day_random_ns(d, 5 * MS);
	return day_random_ns(d, 2 * HOLD_S * SECOND);
}

static void
on_connected(void *arg, uni_call_t call, uint64_t cookie, const struct uni_elements *came,
	uint64_t now_ns)
{
	struct day_end *e = arg;
	struct day *d = e->d;
	struct day_call *c = hear(e, call, cookie, HEARD_CONNECTED);
	struct uni_call_info info;
	uint32_t i;

	(void)came;
	(void)now_ns;
	e->n.connected++;
	assert_int_equal(uni_call_query(e->u, call, &info), 0);
	c->label = info.label;
	assert_int_not_equal(c->label, UNI_LABEL_NONE);
	if (c->ours && day_happens(d, 2)) { /* SIG-N12: it objects */
		day_call_close(e, c);
		return;
	}
	day_plan(d, close_in(d, c->label), DEED_CLOSE, e->side, c->id);
	if (c->ours && !c->multipoint && day_happens(d, 20))
		day_plan(d, day_random_ns(d, 60 * SECOND), DEED_MODIFY, e->side, c->id);
	for (i = day_below(d, 6); c->ours && c->multipoint && i > 0; i--)
		day_plan(d, day_random_ns(d, 60 * SECOND), DEED_ADD, e->side, c->id);
}

/* A call that is up at this end outlives every outage but the long one (SIG-96, SIG-98). */
static void
check_loss(const struct day_end *e, const struct day_call *c, const struct uni_release *r)
{
	if (r->cause == UNI_CAUSE_OUT_OF_ORDER && c->heard == HEARD_CONNECTED && !c->owed &&
		!c->multipoint && !e->d->long_outage)
		fail_msg("call %#x was up and is lost with the link", c->call);
}

static void
on_released(void *arg, uni_call_t call, uint64_t cookie, const struct uni_release *r, bool owed,
	uint64_t now_ns)
{
	struct day_end *e = arg;
	struct day *d = e->d;
	struct day_call *c = known(e, call, cookie);

	(void)now_ns;
	if (owed && (c->owed || c->closing))
		fail_msg("an answer is owed for call %#x, which is being closed", call);
	if (c->closing && !c->asking)
		fail_msg("call %#x: the close is not completed", call);
	check_loss(e, c, r);
	c->label = r->label;
	if (!owed) {
		leave(e, c, r);
		return;
	}
	c->owed = true;
	if (day_happens(d, 40))
		answer_release(e, c);
	else
		day_plan(d, day_random_ns(d, 200 * MS), DEED_ANSWER_RELEASE, e->side, c->id);
}

static void
on_close_complete(
	void *arg, uni_call_t call, uint64_t cookie, const struct uni_release *r, uint64_t now_ns)
{
	struct day_end *e = arg;
	struct day_call *c = known(e, call, cookie);

	(void)now_ns;
	if (!c->closing && !c->asking)
		fail_msg("call %#x: a close is completed that nobody has asked for", call);
	c->closing = true;
	leave(e, c, r);
}

static void
on_modified(void *arg, uni_call_t call, uint64_t cookie, const struct uni_rates *rates,
	bool confirm, uint64_t now_ns)
{
	struct day_end *e = arg;
	struct day_call *c = known(e, call, cookie);

	assert_true(c->modifying);
	assert_true(rates->fwd_peak != 0);
	c->modifying = false;
	c->in_doubt = false;
	e->n.modified++;
	if (confirm && day_happens(e->d, 95)) /* the others wait for T361 */
		assert_int_equal(uni_modify_confirm(e->u, call, now_ns), 0);
}

static void
on_modify_refused(void *arg, uni_call_t call, uint64_t cookie, uint8_t cause, uint64_t now_ns)
{
	struct day_end *e = arg;
	struct day_call *c = known(e, call, cookie);

	(void)now_ns;
	assert_true(c->modifying);
	c->modifying = false;
	e->n.modify_refused++;
	e->n.doubted += cause == UNI_CAUSE_OUT_OF_ORDER;
	c->in_doubt |= cause == UNI_CAUSE_OUT_OF_ORDER;
	if (c->in_doubt)
		day_plan(e->d, SECOND, DEED_SETTLE_RATES, e->side, c->id);
}

static void
on_modify_asked(
	void *arg, uni_call_t call, uint64_t cookie, const struct uni_rates *asked, uint64_t now_ns)
{
	struct day_end *e = arg;
	struct day_call *c = known(e, call, cookie);

	(void)asked;
	(void)now_ns;
	if (day_happens(e->d, 50))
		answer_modify(e, c);
	else if (day_happens(e->d, 95)) /* the others wait for T360 */
		day_plan(e->d, day_random_ns(e->d, SECOND), DEED_ANSWER_MODIFY, e->side, c->id);
}

static void
on_modify_confirmed(void *arg, uni_call_t call, uint64_t cookie, uint64_t now_ns)
{
	struct day_end *e = arg;

	(void)now_ns;
	known(e, call, cookie);
	e->n.confirmed++;
}

static void
on_restarted(void *arg, bool done, uint64_t now_ns)
{
	struct day_end *e = arg;

	(void)now_ns;
	e->n.restarted += done;
}

static void
on_alarm(void *arg, enum uni_alarm alarm, uint8_t cause, uint64_t now_ns)
{
	struct day_end *e = arg;

	(void)alarm;
	(void)cause;
	(void)now_ns;
	e->n.alarms++;
}

static void
on_link_up(void *arg, uint64_t now_ns)
{
	(void)arg;
	(void)now_ns;
}

static void
on_link_down(void *arg, uint64_t now_ns)
{
	struct day_end *e = arg;

	(void)now_ns;
	e->n.n_down++;
}

const struct uni_link_ops day_ops = {
	.sdu_ready = on_sdu_ready,
	.n_outstanding = n_outstanding,
	.establish = on_establish,
	.offer = on_offer,
	.proceeding = on_proceeding,
	.alerting = on_alerting,
	.connected = on_connected,
	.released = on_released,
	.close_complete = on_close_complete,
	.party_alerting = day_on_party_alerting,
	.party_added = day_on_party_added,
	.party_refused = day_on_party_refused,
	.party_offer = day_on_party_offer,
	.party_released = day_on_party_released,
	.party_drop_complete = day_on_party_drop_complete,
	.modified = on_modified,
	.modify_refused = on_modify_refused,
	.modify_asked = on_modify_asked,
	.modify_confirmed = on_modify_confirmed,
	.restarted = on_restarted,
	.alarm = on_alarm,
	.link_up = on_link_up,
	.link_down = on_link_down,
};
