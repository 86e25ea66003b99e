/* SPDX-License-Identifier: BSD-3-Clause */
#include "pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

#include <cmocka.h>

#define MS UINT64_C(1000000)

static void
told(struct pair_end *e, enum pair_told what, uni_call_t call, uint64_t cookie)
{
	e->n_told[what]++;
	e->call = call;
	e->cookie = cookie;
}

static void
reflex(struct pair_end *e, enum pair_reflex r, uni_call_t call, uint64_t now_ns)
{
	switch (r) {
	case PAIR_WAIT:
		return;
	case PAIR_PROCEED:
		assert_int_equal(uni_call_proceed(e->u, call, now_ns), 0);
		return;
	case PAIR_ALERT:
		assert_int_equal(uni_call_alert(e->u, call, now_ns), 0);
		return;
	case PAIR_ACCEPT:
		assert_int_equal(uni_call_accept(e->u, call, now_ns), 0);
		return;
	case PAIR_REFUSE:
		assert_int_equal(uni_call_refuse(e->u, call, UNI_CAUSE_USER_BUSY, now_ns), 0);
		return;
	case PAIR_CLOSE:
		assert_int_equal(
			uni_call_close(e->u, call, UNI_CAUSE_NORMAL, e->uu, e->uu_len, now_ns), 0);
		return;
	}
}

static void
on_sdu_ready(void *arg, uint64_t now_ns)
{
	struct pair_end *e = arg;

	(void)now_ns;
	e->n_ready++;
}

static void
on_establish(void *arg, uint64_t now_ns)
{
	struct pair_end *e = arg;

	(void)now_ns;
	e->n_establish++;
}

static void
on_offer(void *arg, uni_call_t call, const struct uni_setup *setup, uint64_t now_ns)
{
	struct pair_end *e = arg;

	told(e, TOLD_OFFER, call, 0);
	e->setup = *setup;
	e->label = setup->label;
	assert_true(setup->elements_len <= sizeof(e->elements));
	if (setup->elements_len > 0)
		memcpy(e->elements, setup->elements, setup->elements_len);
	e->setup.elements = e->elements;
	assert_int_equal(uni_call_set_cookie(e->u, call, call), 0);
	reflex(e, e->on_offer, call, now_ns);
}

static void
on_proceeding(void *arg, uni_call_t call, uint64_t cookie, uint64_t now_ns)
{
	(void)now_ns;
	told(arg, TOLD_PROCEEDING, call, cookie);
}

static void
on_alerting(void *arg, uni_call_t call, uint64_t cookie, uint64_t now_ns)
{
	(void)now_ns;
	told(arg, TOLD_ALERTING, call, cookie);
}

static void
on_connected(void *arg, uni_call_t call, uint64_t cookie, uint64_t now_ns)
{
	struct pair_end *e = arg;

	told(e, TOLD_CONNECTED, call, cookie);
	reflex(e, e->on_connected, call, now_ns);
}

static void
take_release(struct pair_end *e, const struct uni_release *r)
{
	e->cause = r->cause;
	e->cause2 = r->cause2;
	e->label = r->label;
	e->diagnostics_len = r->diagnostics_len;
	if (r->diagnostics_len > 0)
		memcpy(e->diagnostics, r->diagnostics, r->diagnostics_len);
	e->got_uu_len = r->uu_len;
	if (r->uu_len > 0)
		memcpy(e->got_uu, r->uu, r->uu_len);
}

static void
put_label(struct pair_end *e, const struct uni_release *r)
{
	if (r->label != UNI_LABEL_NONE && !e->keep_labels)
		uni_link_put_label(e->l, r->label);
}

static void
on_released(void *arg, uni_call_t call, uint64_t cookie, const struct uni_release *r, bool owed,
	uint64_t now_ns)
{
	struct pair_end *e = arg;

	told(e, owed ? TOLD_RELEASED : TOLD_GONE, call, cookie);
	take_release(e, r);
	if (owed)
		reflex(e, e->on_released, call, now_ns);
	else
		put_label(e, r);
}

static void
on_close_complete(
	void *arg, uni_call_t call, uint64_t cookie, const struct uni_release *r, uint64_t now_ns)
{
	struct pair_end *e = arg;
	struct uni_call_info info;

	told(e, TOLD_COMPLETE, call, cookie);
	e->label = r->label;
	put_label(e, r);
	assert_int_equal(uni_call_query(e->u, call, &info), 0);
	assert_int_not_equal(uni_call_accept(e->u, call, now_ns), 0);
}

static void
on_link_up(void *arg, uint64_t now_ns)
{
	(void)now_ns;
	told(arg, TOLD_LINK_UP, 0, 0);
}

static void
on_link_down(void *arg, uint64_t now_ns)
{
	(void)now_ns;
	told(arg, TOLD_LINK_DOWN, 0, 0);
}

static const struct uni_link_ops ops = {
	.sdu_ready = on_sdu_ready,
	.establish = on_establish,
	.offer = on_offer,
	.proceeding = on_proceeding,
	.alerting = on_alerting,
	.connected = on_connected,
	.released = on_released,
	.close_complete = on_close_complete,
	.link_up = on_link_up,
	.link_down = on_link_down,
};

struct pair *
pair_create(const struct pair_config *config)
{
	static const enum uni_role roles[] = { UNI_ROLE_USER, UNI_ROLE_NETWORK };
	static const char *const names[] = { "user", "network" };
	struct uni_config uc = { .n_links = 1 };
	struct uni_link_params params;
	struct pair *p = calloc(1, sizeof(*p));
	int side;

	assert_non_null(p);
	p->messages = calloc(PAIR_MESSAGES, sizeof(*p->messages));
	assert_non_null(p->messages);
	p->now_ns = 1000 * MS;
	p->delay_ns = 5 * MS;
	p->turn_max = 1000;
	uc.n_calls = config != NULL && config->n_calls > 0 ? config->n_calls : 64;
	uc.n_setups = config != NULL && config->n_setups > 0 ? config->n_setups : uc.n_calls;
	for (side = 0; side < 2; side++) {
		struct pair_end *e = &p->end[side];

		e->p = p;
		e->on_released = PAIR_CLOSE;
		e->u = uni_create(&uc, p->now_ns, NULL);
		assert_non_null(e->u);
		uni_link_params_default(&params, roles[side]);
		if (config != NULL && config->params[side] != NULL)
			params = *config->params[side];
		assert_int_equal(uni_link_create(e->u, &params, &ops, e, names[side], &e->l), 0);
		uni_link_start(e->l, p->now_ns);
	}
	return p;
}

void
pair_destroy(struct pair *p)
{
	uni_destroy(p->end[USER].u);
	uni_destroy(p->end[NETWORK].u);
	free(p->messages);
	free(p);
}

void
pair_up(struct pair *p)
{
	uni_link_established(p->end[USER].l, p->now_ns);
	uni_link_established(p->end[NETWORK].l, p->now_ns);
}

void
pair_down(struct pair *p)
{
	p->head = p->n; /* what was in flight is lost */
	uni_link_released(p->end[USER].l, p->now_ns);
	uni_link_released(p->end[NETWORK].l, p->now_ns);
}

static void
pull(struct pair *p, int side)
{
	struct pair_end *e = &p->end[side];
	uint8_t room[UNI_MAX_SETUP];
	struct pair_message *m;
	size_t len;

	if (e->no_credit)
		return;
	while ((len = uni_link_pull(e->l, room, sizeof(room), p->now_ns)) > 0) {
		assert_true(p->n - p->head < PAIR_MESSAGES);
		assert_true(len <= PAIR_OCTETS);
		m = &p->messages[p->n++ % PAIR_MESSAGES];
		m->from = (uint8_t)side;
		m->len = (uint16_t)len;
		m->sent_ns = p->now_ns;
		m->due_ns = p->now_ns + p->delay_ns;
		memcpy(m->octets, room, len);
		m->lost = p->end[!side].deaf || (p->lose != NULL && p->lose(p->lose_arg, m));
	}
}

static void
deliver(struct pair *p)
{
	struct pair_message *m;

	while (p->head < p->n) {
		m = &p->messages[p->head % PAIR_MESSAGES];
		if (m->due_ns > p->now_ns && !p->at_once)
			return;
		p->head++;
		if (!m->lost)
			uni_link_receive(p->end[!m->from].l, m->octets, m->len, p->now_ns);
	}
}

static void
turn(struct pair *p)
{
	int side;

	deliver(p);
	for (side = 0; side < 2; side++) {
		uni_turn(p->end[side].u, p->now_ns, p->turn_max);
		pull(p, side);
	}
}

void
pair_run(struct pair *p, uint32_t ms)
{
	turn(p);
	while (ms-- > 0) {
		p->now_ns += MS;
		turn(p);
	}
}

void
pair_settle(struct pair *p)
{
	uint32_t n;

	p->at_once = true;
	do {
		n = p->n;
		turn(p);
	} while (p->n != n || p->head != p->n);
	p->at_once = false;
}

void
pair_inject(struct pair *p, int side, const char *hex)
{
	uint8_t octets[PAIR_OCTETS];
	int len = cp_hex_parse(hex, octets, sizeof(octets));

	assert_true(len > 0);
	uni_link_receive(p->end[side].l, octets, (size_t)len, p->now_ns);
	uni_turn(p->end[side].u, p->now_ns, p->turn_max);
	pull(p, side);
}

uni_call_t
pair_call(struct pair *p, int side)
{
	static const struct uni_setup setup = {
		.called = { .type = UNI_ADDRESS_E164, .len = 5, .octets = "12345" },
		.calling = { .type = UNI_ADDRESS_E164, .len = 3, .octets = "678" },
		.fwd_peak = 1000,
		.bwd_peak = 2000,
		.best_effort = true,
	};
	uni_call_t call = 0;

	assert_int_equal(uni_call_setup(p->end[side].l, &setup, 4711, p->now_ns, &call), 0);
	return call;
}

uni_call_t
pair_call_up(struct pair *p, int side)
{
	enum pair_reflex before = p->end[!side].on_offer;
	uni_call_t call;

	p->end[!side].on_offer = PAIR_ACCEPT;
	call = pair_call(p, side);
	pair_settle(p);
	p->end[!side].on_offer = before;
	assert_int_equal(pair_state(p, side, call), UNI_ST_ACTIVE);
	return call;
}

void
pair_close(struct pair *p, int side, uni_call_t call, uint8_t cause)
{
	struct pair_end *e = &p->end[side];

	assert_int_equal(uni_call_close(e->u, call, cause, e->uu, e->uu_len, p->now_ns), 0);
}

enum uni_call_state
pair_state(struct pair *p, int side, uni_call_t call)
{
	struct uni_call_info info;

	return uni_call_query(p->end[side].u, call, &info) == 0 ? info.state : UNI_ST_COUNT;
}

static void
put_cause(char *out, size_t size, const struct uni_msg *m, uint32_t nth)
{
	struct uni_cause c;
	size_t len = strlen(out);
	uint32_t i;

	if (!uni_msg_cause(m, nth, &c))
		return;
	len += (size_t)snprintf(out + len, size - len, " %u", c.value);
	for (i = 0; i < c.n_diag; i++)
		len += (size_t)snprintf(
			out + len, size - len, "%s%02x", i == 0 ? "/" : "", c.diag[i]);
}

const char *
pair_said(struct pair *p, uint32_t nth)
{
	static char text[256];
	const struct pair_message *raw = &p->messages[nth % PAIR_MESSAGES];
	union uni_ie_body body;
	struct uni_msg m;
	size_t len;

	if (nth >= p->n)
		return NULL;
	uni_msg_decode(&m, raw->octets, raw->len);
	snprintf(text, sizeof(text), "%c %s", raw->from == USER ? 'U' : 'N',
		uni_msg_name(m.hdr.type));
	if (uni_msg_get(&m, UNI_IE_CALLSTATE, &body)) {
		len = strlen(text);
		snprintf(text + len, sizeof(text) - len, " state %u", body.octet);
	}
	put_cause(text, sizeof(text), &m, 0);
	put_cause(text, sizeof(text), &m, 1);
	if (uni_msg_get(&m, UNI_IE_CONNID, &body)) {
		len = strlen(text);
		snprintf(text + len, sizeof(text) - len, " vc %u/%u", body.connid.vpci,
			body.connid.vci);
	}
	return text;
}

const char *
pair_said_last(struct pair *p)
{
	return p->n > 0 ? pair_said(p, p->n - 1) : NULL;
}

uint32_t
pair_count(struct pair *p, int side, uint8_t type)
{
	struct uni_link_stats stats;

	uni_link_stats(p->end[side].l, &stats);
	return (uint32_t)stats.tx[type];
}

bool
pair_is_clean(struct pair *p)
{
	struct uni_link_stats stats;
	struct uni_census census;
	int side;

	for (side = 0; side < 2; side++) {
		uni_census(p->end[side].u, &census);
		uni_link_stats(p->end[side].l, &stats);
		if (census.n_calls != 0 || census.n_timers != 0 || census.n_setups != 0 ||
			stats.n_calls != 0 || stats.n_active != 0 || stats.n_references != 0 ||
			stats.n_labels != 0 || stats.n_set_aside != 0)
			return false;
	}
	return true;
}
