/* SPDX-License-Identifier: BSD-3-Clause */
#include "pair.h"

#include <errno.h>
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
	if (e->n_order < PAIR_TOLD)
		e->told[e->n_order++] = (uint8_t)what;
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
	if (e->offered != NULL)
		e->offered(e);
	reflex(e, e->on_offer, call, now_ns);
}

static void
take_came(struct pair_end *e, const struct uni_elements *came)
{
	assert_true((came->octets == NULL) == (came->len == 0));
	assert_true(came->len <= sizeof(e->came));
	e->came_len = came->len;
	if (came->len > 0)
		memcpy(e->came, came->octets, came->len);
}

static void
on_proceeding(void *arg, uni_call_t call, uint64_t cookie, const struct uni_elements *came,
	uint64_t now_ns)
{
	(void)now_ns;
	take_came(arg, came);
	told(arg, TOLD_PROCEEDING, call, cookie);
}

static void
on_alerting(void *arg, uni_call_t call, uint64_t cookie, const struct uni_elements *came,
	uint64_t now_ns)
{
	(void)now_ns;
	take_came(arg, came);
	told(arg, TOLD_ALERTING, call, cookie);
}

static void
on_connected(void *arg, uni_call_t call, uint64_t cookie, const struct uni_elements *came,
	uint64_t now_ns)
{
	struct pair_end *e = arg;

	take_came(e, came);
	told(e, TOLD_CONNECTED, call, cookie);
	reflex(e, e->on_connected, call, now_ns);
}

static void
take_release(struct pair_end *e, const struct uni_release *r)
{
	e->cause = r->cause;
	e->cause2 = r->cause2;
	e->label = r->label;
	e->location = r->location;
	e->location2 = r->location2;
	e->diagnostics2_len = r->diagnostics2_len;
	if (r->diagnostics2_len > 0)
		memcpy(e->diagnostics2, r->diagnostics2, r->diagnostics2_len);
	e->got_git_len = r->git_len;
	if (r->git_len > 0)
		memcpy(e->got_git, r->git, r->git_len);
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
	if (!owed && e->gone != NULL)
		e->gone(e);
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
told_party(struct pair_end *e, enum pair_told what, uni_call_t call, uni_party_t party,
	uint64_t cookie)
{
	struct uni_party_info info;

	told(e, what, call, cookie);
	e->party = party;
	assert_int_equal(uni_party_query(e->u, party, &info), 0);
	assert_int_equal(info.call, call);
	if (e->inside != NULL)
		e->inside(e, what);
}

static void
on_party_alerting(void *arg, uni_call_t call, uni_party_t party, uint64_t cookie,
	const struct uni_elements *came, uint64_t now_ns)
{
	(void)now_ns;
	take_came(arg, came);
	told_party(arg, TOLD_PARTY_ALERTING, call, party, cookie);
}

static void
on_party_added(void *arg, uni_call_t call, uni_party_t party, uint64_t cookie,
	const struct uni_elements *came, uint64_t now_ns)
{
	(void)now_ns;
	take_came(arg, came);
	told_party(arg, TOLD_PARTY_ADDED, call, party, cookie);
}

static void
on_party_refused(void *arg, uni_call_t call, uni_party_t party, uint64_t cookie,
	const struct uni_release *r, uint64_t now_ns)
{
	struct pair_end *e = arg;

	take_release(e, r);
	told_party(e, TOLD_PARTY_REFUSED, call, party, cookie);
	assert_int_equal(uni_party_drop(e->u, party, 0, NULL, 0, now_ns), -ESTALE);
}

static void
on_party_offer(void *arg, uni_call_t call, uni_party_t party, const struct uni_setup *setup,
	uint64_t now_ns)
{
	struct pair_end *e = arg;

	e->setup = *setup;
	assert_true(setup->elements_len <= sizeof(e->elements));
	if (setup->elements_len > 0)
		memcpy(e->elements, setup->elements, setup->elements_len);
	assert_int_equal(uni_party_set_cookie(e->u, party, party), 0);
	told_party(e, TOLD_PARTY_OFFER, call, party, party);
	if (e->on_party_offer == PAIR_ALERT)
		assert_int_equal(uni_party_alert(e->u, party, now_ns), 0);
	else if (e->on_party_offer == PAIR_ACCEPT)
		assert_int_equal(uni_party_accept(e->u, party, now_ns), 0);
	else if (e->on_party_offer == PAIR_REFUSE)
		assert_int_equal(uni_party_refuse(e->u, party, UNI_CAUSE_USER_BUSY, now_ns), 0);
}

static void
on_party_released(void *arg, uni_call_t call, uni_party_t party, uint64_t cookie,
	const struct uni_release *r, bool owed, uint64_t now_ns)
{
	struct pair_end *e = arg;

	take_release(e, r);
	told_party(e, owed ? TOLD_PARTY_RELEASED : TOLD_PARTY_GONE, call, party, cookie);
	if (owed && e->on_party_released == PAIR_CLOSE)
		assert_int_equal(
			uni_party_drop(e->u, party, UNI_CAUSE_NORMAL, e->uu, e->uu_len, now_ns), 0);
	else if (!owed)
		assert_int_equal(uni_party_drop(e->u, party, 0, NULL, 0, now_ns), -ESTALE);
}

static void
on_party_drop_complete(
	void *arg, uni_call_t call, uni_party_t party, uint64_t cookie, uint64_t now_ns)
{
	struct pair_end *e = arg;

	told_party(e, TOLD_PARTY_COMPLETE, call, party, cookie);
	assert_int_equal(uni_party_drop(e->u, party, 0, NULL, 0, now_ns), -ESTALE);
}

static void
told_rates(struct pair_end *e, enum pair_told what, uni_call_t call, uint64_t cookie)
{
	told(e, what, call, cookie);
	if (e->inside != NULL)
		e->inside(e, what);
}

static void
on_modified(void *arg, uni_call_t call, uint64_t cookie, const struct uni_rates *rates,
	bool confirm, uint64_t now_ns)
{
	struct pair_end *e = arg;

	e->rates = *rates;
	told_rates(e, TOLD_MODIFIED, call, cookie);
	if (confirm && !e->holds_confirmation)
		assert_int_equal(uni_modify_confirm(e->u, call, now_ns), 0);
}

static void
on_modify_refused(void *arg, uni_call_t call, uint64_t cookie, uint8_t cause, uint64_t now_ns)
{
	struct pair_end *e = arg;

	(void)now_ns;
	e->cause = cause;
	told_rates(e, TOLD_MODIFY_REFUSED, call, cookie);
}

static void
on_modify_asked(
	void *arg, uni_call_t call, uint64_t cookie, const struct uni_rates *asked, uint64_t now_ns)
{
	struct pair_end *e = arg;

	e->rates = *asked;
	told_rates(e, TOLD_MODIFY_ASKED, call, cookie);
	if (e->on_modify == PAIR_ACCEPT)
		assert_int_equal(uni_modify_accept(e->u, call, e->confirm, now_ns), 0);
	else if (e->on_modify == PAIR_REFUSE)
		assert_int_equal(
			uni_modify_refuse(e->u, call, UNI_CAUSE_RATE_NOT_AVAILABLE, now_ns), 0);
}

static void
on_modify_confirmed(void *arg, uni_call_t call, uint64_t cookie, uint64_t now_ns)
{
	(void)now_ns;
	told_rates(arg, TOLD_MODIFY_CONFIRMED, call, cookie);
}

static void
on_notified(void *arg, uni_call_t call, uni_party_t party, uint64_t cookie,
	const struct uni_notification *n, uint64_t now_ns)
{
	struct pair_end *e = arg;

	(void)now_ns;
	told(e, TOLD_NOTIFIED, call, cookie);
	e->party = party;
	assert_in_range(n->len, 1, UNI_MAX_NOTIFICATION);
	e->notification[0] = n->instructions;
	memcpy(e->notification + 1, n->octets, n->len);
	e->notification_len = 1 + n->len;
}

static void
on_status(void *arg, uni_call_t call, uni_party_t party, uint64_t cookie,
	const struct uni_status *status, uint64_t now_ns)
{
	struct pair_end *e = arg;

	(void)now_ns;
	told(e, TOLD_STATUS, call, cookie);
	e->party = party;
	e->status = *status;
	e->status.diagnostics = NULL; /* it dies */
}

static void
on_audited(void *arg, const struct uni_audit_result *result, uint64_t now_ns)
{
	struct pair_end *e = arg;

	(void)now_ns;
	told(e, TOLD_AUDITED, e->call, e->cookie);
	e->audited = *result;
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

static void
on_restarted(void *arg, bool done, uint64_t now_ns)
{
	(void)now_ns;
	told(arg, done ? TOLD_RESTARTED : TOLD_NOT_RESTARTED, 0, 0);
}

static void
on_alarm(void *arg, enum uni_alarm alarm, uint8_t cause, uint64_t now_ns)
{
	struct pair_end *e = arg;

	(void)now_ns;
	told(e, TOLD_ALARM, 0, 0);
	e->n_alarms[alarm]++;
	e->cause = cause;
}

static void
on_mass(void *arg, const struct uni_mass *mass, uint64_t now_ns)
{
	struct pair_end *e = arg;

	(void)now_ns;
	e->mass[mass->kind].cause = mass->cause;
	if (mass->over) {
		e->mass[mass->kind].n_over++;
		e->mass[mass->kind].n_cleared = mass->n_cleared;
	} else {
		e->mass[mass->kind].n_begun++;
		e->mass[mass->kind].n_calls = mass->n_calls;
	}
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
	.party_alerting = on_party_alerting,
	.party_added = on_party_added,
	.party_refused = on_party_refused,
	.party_offer = on_party_offer,
	.party_released = on_party_released,
	.party_drop_complete = on_party_drop_complete,
	.modified = on_modified,
	.modify_refused = on_modify_refused,
	.modify_asked = on_modify_asked,
	.modify_confirmed = on_modify_confirmed,
	.notified = on_notified,
	.status = on_status,
	.audited = on_audited,
	.link_up = on_link_up,
	.link_down = on_link_down,
	.restarted = on_restarted,
	.alarm = on_alarm,
	.mass = on_mass,
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
	uc.n_parties = config != NULL && config->n_parties > 0 ? config->n_parties : uc.n_calls;
	if (config != NULL && config->point_to_point)
		uc.n_parties = 0;
	for (side = 0; side < 2; side++) {
		struct pair_end *e = &p->end[side];

		e->p = p;
		e->on_released = PAIR_CLOSE;
		e->on_party_released = PAIR_CLOSE;
		e->u = uni_create(&uc, p->now_ns, NULL);
		assert_non_null(e->u);
		uni_link_params_default(&params, roles[side]);
		if (config != NULL && config->params[side] != NULL)
			params = *config->params[side];
		params.restart_first = config != NULL && config->restart[side];
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

/* Whatever is sent has octet 7 = 80 (SIG-15), no element that is empty (SIG-18), no fault. */
static void
assert_is_good(const struct pair_message *raw)
{
	struct uni_msg m;
	uint32_t i;

	assert_int_equal(uni_msg_decode(&m, raw->octets, raw->len), UNI_VERDICT_OK);
	assert_int_equal(m.hdr.octet7, 0x80);
	assert_int_equal(m.trail + m.missing_octets, 0);
	for (i = 0; i < m.n_ie; i++)
		assert_int_not_equal(m.ie[i].verdict, UNI_IE_ABSENT);
}

void
pair_pull(struct pair *p, int side)
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
		assert_is_good(m);
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
		pair_pull(p, side);
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
	pair_pull(p, side);
}

static const struct uni_setup the_setup = {
	.called = { .type = UNI_ADDRESS_E164, .len = 5, .octets = "12345" },
	.calling = { .type = UNI_ADDRESS_E164, .len = 3, .octets = "678" },
	.fwd_peak = 1000,
	.bwd_peak = 2000,
	.best_effort = true,
};

uni_call_t
pair_call(struct pair *p, int side)
{
	uni_call_t call = 0;

	assert_int_equal(uni_call_setup(p->end[side].l, &the_setup, 4711, p->now_ns, &call), 0);
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

uni_call_t
pair_multipoint_up(struct pair *p, int side)
{
	struct uni_setup setup = the_setup;
	enum pair_reflex before = p->end[!side].on_offer;
	uni_call_t call = 0;

	setup.multipoint = true;
	p->end[!side].on_offer = PAIR_ACCEPT;
	assert_int_equal(uni_call_setup(p->end[side].l, &setup, 4711, p->now_ns, &call), 0);
	pair_settle(p);
	p->end[!side].on_offer = before;
	assert_int_equal(pair_state(p, side, call), UNI_ST_ACTIVE);
	return call;
}

uni_party_t
pair_add(struct pair *p, int side, uni_call_t call)
{
	uni_party_t party = 0;

	assert_int_equal(
		uni_party_add(p->end[side].u, call, &the_setup, 4712, p->now_ns, &party), 0);
	return party;
}

uni_party_t
pair_add_up(struct pair *p, int side, uni_call_t call)
{
	enum pair_reflex before = p->end[!side].on_party_offer;
	uni_party_t party;

	p->end[!side].on_party_offer = PAIR_ACCEPT;
	party = pair_add(p, side, call);
	pair_settle(p);
	p->end[!side].on_party_offer = before;
	assert_int_equal(pair_party_state(p, side, party), UNI_PARTY_ACTIVE);
	return party;
}

uni_party_t
pair_peer(struct pair *p, int side, uni_party_t party, uni_call_t their_call)
{
	struct uni_party_info ours, theirs;
	struct uni *u = p->end[!side].u;
	uni_party_t next = 0;

	assert_int_equal(uni_party_query(p->end[side].u, party, &ours), 0);
	while ((next = uni_party_next(u, their_call, next)) != 0) {
		assert_int_equal(uni_party_query(u, next, &theirs), 0);
		if (theirs.reference == ours.reference)
			break;
	}
	return next;
}

void
pair_drop(struct pair *p, int side, uni_party_t party, uint8_t cause)
{
	struct pair_end *e = &p->end[side];

	assert_int_equal(uni_party_drop(e->u, party, cause, e->uu, e->uu_len, p->now_ns), 0);
}

enum uni_party_state
pair_party_state(struct pair *p, int side, uni_party_t party)
{
	struct uni_party_info info;

	return uni_party_query(p->end[side].u, party, &info) == 0 ? info.state : UNI_PARTY_COUNT;
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

static void
put_party(char *out, size_t size, const struct uni_msg *m)
{
	union uni_ie_body ref, state;
	size_t len = strlen(out);

	if (!uni_msg_get(m, UNI_IE_EPREF, &ref))
		return;
	len += (size_t)snprintf(out + len, size - len, " party %u", ref.epref.value);
	if (uni_msg_get(m, UNI_IE_EPSTATE, &state))
		snprintf(out + len, size - len, " in %u", state.octet);
}

const char *
pair_said(struct pair *p, uint32_t nth)
{
	static char text[512];
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
	put_party(text, sizeof(text), &m);
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
			census.n_parties != 0 || census.n_notices != 0 || stats.n_parties != 0 ||
			stats.n_calls != 0 || stats.n_active != 0 || stats.n_references != 0 ||
			stats.n_labels != 0 || stats.n_set_aside != 0)
			return false;
	}
	return true;
}
