/* SPDX-License-Identifier: BSD-3-Clause */
#include "uni_above.h"

#include "uni/codec.h"

static const uint8_t data[UNI_MAX_UU] = { 0x00, 'b', 'y', 'e' };

/* A cause, a generic identifier and user-user data, as coded on the wire. */
static const uint8_t coded[] = { 0x08, 0x80, 0, 2, 0x80, 0x95, 0x7f, 0xe0, 0, 2, 0x01, 0x00, 0x7e,
	0x80, 0, 3, 0x00, 'o', 'k' };

#define CODED_UU 12u /* where the last one begins */

static const struct uni_elements clearing = { coded, sizeof(coded) };
static const struct uni_elements enclosed = { coded + CODED_UU, sizeof(coded) - CODED_UU };

/* ---- The ledger ---- */

static struct above_call *
call_of(struct above *a, uni_call_t call)
{
	uint32_t i;

	for (i = 0; i < ABOVE_CALLS; i++)
		if (call != 0 && a->calls[i].call == call)
			return &a->calls[i];
	return NULL;
}

static struct above_party *
party_of(struct above *a, uni_party_t party)
{
	uint32_t i;

	for (i = 0; i < ABOVE_PARTIES; i++)
		if (party != 0 && a->parties[i].party == party)
			return &a->parties[i];
	return NULL;
}

static struct above_call *
enter_call(struct above *a, uni_call_t call, uint64_t cookie)
{
	uint32_t i = 0;

	FUZZ_CHECK(call != 0 && call_of(a, call) == NULL);
	while (i < ABOVE_CALLS && a->calls[i].call != 0)
		i++;
	FUZZ_CHECK(i < ABOVE_CALLS);
	a->calls[i] = (struct above_call){ .call = call, .cookie = cookie };
	return &a->calls[i];
}

static void
enter_party(struct above *a, uni_call_t call, uni_party_t party, uint64_t cookie, bool first)
{
	uint32_t i = 0;

	FUZZ_CHECK(party != 0 && party_of(a, party) == NULL);
	while (i < ABOVE_PARTIES && a->parties[i].party != 0)
		i++;
	FUZZ_CHECK(i < ABOVE_PARTIES);
	a->parties[i] = (struct above_party){ party, call, cookie, first };
}

/* Something about a call that lives, by the name that it was given. */
static struct above_call *
hear(struct above *a, uni_call_t call, uint64_t cookie, uint64_t now_ns)
{
	struct above_call *c = call_of(a, call);
	struct uni_call_info info;

	a->n_told++;
	FUZZ_CHECK(now_ns == a->now_ns);
	FUZZ_CHECK(c != NULL && c->cookie == cookie);
	FUZZ_CHECK(uni_call_query(a->u, call, &info) == 0 && info.cookie == cookie);
	return c;
}

static struct above_party *
hear_party(struct above *a, uni_call_t call, uni_party_t party, uint64_t cookie, uint64_t now_ns)
{
	struct above_party *p = party_of(a, party);
	struct uni_party_info info;

	a->n_told++;
	FUZZ_CHECK(now_ns == a->now_ns);
	FUZZ_CHECK(call_of(a, call) != NULL);
	FUZZ_CHECK(p != NULL && p->call == call && p->cookie == cookie);
	FUZZ_CHECK(uni_party_query(a->u, party, &info) == 0 && info.call == call);
	return p;
}

static void
check_release(const struct uni_release *r)
{
	FUZZ_CHECK(r->cause <= 127 && r->cause2 <= 127);
	FUZZ_CHECK(fuzz_is_there(r->diagnostics, r->diagnostics_len));
	FUZZ_CHECK(fuzz_is_there(r->diagnostics2, r->diagnostics2_len));
	FUZZ_CHECK(r->uu_len <= UNI_MAX_UU && fuzz_is_there(r->uu, r->uu_len));
	FUZZ_CHECK(r->git_len <= UNI_MAX_GIT && fuzz_is_there(r->git, r->git_len));
}

static void
check_setup(const struct uni_setup *s)
{
	FUZZ_CHECK(fuzz_is_there(s->elements, s->elements_len));
	FUZZ_CHECK(s->called.len <= sizeof(s->called.octets));
	FUZZ_CHECK(s->calling.len <= sizeof(s->calling.octets));
	FUZZ_CHECK(!s->multipoint || s->bwd_peak == 0);
}

/* The call's end has been told: what it had is over, and nothing of it is left untold. */
static void
strike_out(struct above *a, struct above_call *c, const struct uni_release *r)
{
	uint32_t i;

	FUZZ_CHECK(c->n_modify == c->n_modify_told || c->asking_to_modify);
	for (i = 0; i < ABOVE_PARTIES; i++) {
		struct above_party *p = &a->parties[i];

		if (p->call != c->call)
			continue;
		FUZZ_CHECK(p->first || c->closing || c->asking);
		*p = (struct above_party){ 0 };
	}
	*c = (struct above_call){ 0 };
	if (r->label == UNI_LABEL_NONE)
		return;
	if (a->n_labels == ABOVE_LABELS)
		above_put_labels(a);
	a->labels[a->n_labels++] = r->label;
	if (!a->keep_labels)
		above_put_labels(a);
}

void
above_put_labels(struct above *a)
{
	while (a->n_labels > 0)
		uni_link_put_label(a->l, a->labels[--a->n_labels]);
}

/* ---- Requests ---- */

struct above_call *
above_call_nth(struct above *a, uint32_t nth)
{
	uint32_t i, n = 0;

	for (i = 0; i < ABOVE_CALLS; i++)
		n += a->calls[i].call != 0;
	if (n == 0)
		return NULL;
	nth %= n;
	for (i = 0; a->calls[i].call == 0 || nth-- > 0; i++)
		;
	return &a->calls[i];
}

static uni_party_t
party_nth(struct above *a, uint32_t nth)
{
	uint32_t i, n = 0;

	for (i = 0; i < ABOVE_PARTIES; i++)
		n += a->parties[i].party != 0;
	if (n == 0)
		return 0;
	nth %= n;
	for (i = 0; a->parties[i].party == 0 || nth-- > 0; i++)
		;
	return a->parties[i].party;
}

static const struct uni_setup the_setup = {
	.called = { .type = UNI_ADDRESS_E164, .len = 5, .octets = "12345" },
	.calling = { .type = UNI_ADDRESS_E164, .len = 3, .octets = "678" },
	.fwd_peak = 1000,
	.bwd_peak = 2000,
	.best_effort = true,
};

static void
set_up(struct above *a, bool multipoint)
{
	struct uni_setup setup = the_setup;
	uint64_t cookie = a->next_cookie++;
	uni_party_t first;
	uni_call_t call;

	setup.multipoint = multipoint;
	if (uni_call_setup(a->l, &setup, cookie, a->now_ns, &call) != 0)
		return;
	enter_call(a, call, cookie);
	first = uni_call_first_party(a->u, call);
	FUZZ_CHECK((first != 0) == multipoint);
	if (multipoint)
		/* Named after the call: nobody has given it a cookie of its own. */
		enter_party(a, call, first, 0, true);
}

static void
add_party(struct above *a, const struct above_call *c)
{
	uint64_t cookie = a->next_cookie++;
	uni_call_t call = c->call;
	uni_party_t party;

	if (uni_party_add(a->u, call, &the_setup, cookie, a->now_ns, &party) == 0)
		enter_party(a, call, party, cookie, false);
}

/* A request that ends a call, or may. The entry may be another's once it has been made. */
static void
ask_to_end(struct above *a, uni_call_t call, bool whole, int (*ask)(struct above *, uint32_t),
	uint32_t handle)
{
	struct above_call *c = call_of(a, call);
	bool outer = c->asking;
	int err;

	c->asking = true;
	err = ask(a, handle);
	c = call_of(a, call);
	if (c == NULL)
		return;
	c->asking = outer;
	c->dropping |= err == 0;
	c->closing |= err == 0 && whole;
}

static int
refuse_call(struct above *a, uint32_t call)
{
	return uni_call_refuse(a->u, call, 17, a->now_ns);
}

static int
close_call(struct above *a, uint32_t call)
{
	return uni_call_close(a->u, call, 16, NULL, 0, a->now_ns);
}

static int
close_with_data(struct above *a, uint32_t call)
{
	return uni_call_close(a->u, call, 0, data, sizeof(data), a->now_ns);
}

static int
close_with_elements(struct above *a, uint32_t call)
{
	return uni_call_close_with(a->u, call, 16, &clearing, a->now_ns);
}

static int
refuse_party(struct above *a, uint32_t party)
{
	return uni_party_refuse(a->u, party, 17, a->now_ns);
}

static int
drop_party(struct above *a, uint32_t party)
{
	return uni_party_drop(a->u, party, 16, NULL, 0, a->now_ns);
}

static int
drop_with_data(struct above *a, uint32_t party)
{
	return uni_party_drop(a->u, party, 16, data, 4, a->now_ns);
}

static int
drop_with_elements(struct above *a, uint32_t party)
{
	return uni_party_drop_with(a->u, party, 16, &clearing, a->now_ns);
}

/* It may be over before it has begun: a message pulled from inside may end the call. */
static void
modify(struct above *a, struct above_call *c)
{
	struct uni_rates rates = { 3000, UNI_RATE_SAME };
	uni_call_t call = c->call;
	int err;

	if (c->asking_to_modify)
		return;
	c->asking_to_modify = true;
	err = uni_call_modify(a->u, call, &rates, a->now_ns);
	c = call_of(a, call);
	if (c == NULL)
		return;
	c->asking_to_modify = false;
	c->n_modify += err == 0;
	FUZZ_CHECK(c->n_modify - c->n_modify_told <= 1);
}

/* Whoever has not been asked may be the owner, who confirms: once, late, or out of place. */
static void
answer_modify(struct above *a, uni_call_t call, bool confirm)
{
	if (uni_modify_accept(a->u, call, confirm, a->now_ns) != 0)
		uni_modify_confirm(a->u, call, a->now_ns);
}

static void
ask_of_call(struct above *a, enum above_request what, struct above_call *c)
{
	switch (what) {
	case ASK_PROCEED:
		uni_call_proceed(a->u, c->call, a->now_ns);
		break;
	case ASK_ALERT:
		uni_call_alert(a->u, c->call, a->now_ns);
		break;
	case ASK_ACCEPT:
		uni_call_accept(a->u, c->call, a->now_ns);
		break;
	case ASK_REFUSE:
		ask_to_end(a, c->call, true, refuse_call, c->call);
		break;
	case ASK_CLOSE:
		ask_to_end(a, c->call, true, close_call, c->call);
		break;
	case ASK_CLOSE_WITH_DATA:
		ask_to_end(a, c->call, true, close_with_data, c->call);
		break;
	case ASK_MODIFY:
		modify(a, c);
		break;
	case ASK_MODIFY_ACCEPT:
	case ASK_MODIFY_CONFIRM:
		answer_modify(a, c->call, what == ASK_MODIFY_CONFIRM);
		break;
	case ASK_MODIFY_REFUSE:
		uni_modify_refuse(a->u, c->call, 37, a->now_ns);
		break;
	default:
		add_party(a, c);
	}
}

static void
ask_of_party(struct above *a, enum above_request what, uni_party_t party)
{
	uni_call_t call = party_of(a, party)->call;

	switch (what) {
	case ASK_PARTY_ALERT:
		uni_party_alert(a->u, party, a->now_ns);
		break;
	case ASK_PARTY_ACCEPT:
		uni_party_accept(a->u, party, a->now_ns);
		break;
	case ASK_PARTY_REFUSE:
		ask_to_end(a, call, false, refuse_party, party);
		break;
	case ASK_PARTY_DROP:
		ask_to_end(a, call, false, drop_party, party);
		break;
	default:
		ask_to_end(a, call, false, drop_with_data, party);
	}
}

/* By turns of everything, a VPCI, the VC of a call. */
static void
restart(struct above *a, const struct above_call *c)
{
	struct uni_call_info info = { 0 };
	uint32_t kind = a->n_pulled % 3;

	if (kind == UNI_RESTART_VC && (c == NULL || uni_call_query(a->u, c->call, &info) != 0))
		return;
	(void)uni_link_restart(a->l, (enum uni_restart_class)kind,
		kind == UNI_RESTART_VC ? info.label : a->n_pulled & 1, a->now_ns);
}

static void
ask_with_elements(struct above *a, enum above_request what, uni_call_t call)
{
	if (what == ASK_CLOSE_WITH_ELEMENTS)
		ask_to_end(a, call, true, close_with_elements, call);
	else
		(void)uni_call_enclose(a->u, call,
			(enum uni_answer_kind)(a->n_pulled % UNI_ANSWER_KINDS), &enclosed,
			a->now_ns);
}

static void
ask_of_party_with_elements(struct above *a, enum above_request what, uni_party_t party)
{
	if (what == ASK_PARTY_DROP_WITH_ELEMENTS)
		ask_to_end(a, party_of(a, party)->call, false, drop_with_elements, party);
	else
		(void)uni_party_enclose(a->u, party,
			(enum uni_answer_kind)(a->n_pulled % UNI_ANSWER_KINDS), &enclosed,
			a->now_ns);
}

static void
ask_about(struct above *a, bool enquire, uni_call_t call, uni_party_t party)
{
	static const uint8_t octets[] = { 0xf1, 0x02 };
	const struct uni_notification n = { octets, sizeof(octets), 0x80 };

	if (enquire)
		(void)uni_call_enquire(a->u, call, party, a->now_ns);
	else
		(void)uni_call_notify(a->u, call, party, &n, a->now_ns);
}

/* Of a call or party that is known. */
static void
ask_of(struct above *a, enum above_request what, struct above_call *c, uni_party_t party)
{
	switch (what) {
	case ASK_NOTHING:
	case ASK_COUNT:
		break;
	case ASK_SETUP:
	case ASK_SETUP_MULTIPOINT:
		set_up(a, what == ASK_SETUP_MULTIPOINT);
		break;
	case ASK_PUT_LABELS:
		above_put_labels(a);
		break;
	case ASK_PULL:
		above_pull(a);
		break;
	case ASK_RESTART:
		restart(a, c);
		break;
	case ASK_ENCLOSE:
	case ASK_CLOSE_WITH_ELEMENTS:
		if (c != NULL)
			ask_with_elements(a, what, c->call);
		break;
	case ASK_ENQUIRE:
	case ASK_NOTIFY:
		if (c != NULL)
			ask_about(a, what == ASK_ENQUIRE, c->call, 0);
		break;
	case ASK_PARTY_ENQUIRE:
	case ASK_PARTY_NOTIFY:
		if (party != 0)
			ask_about(a, what == ASK_PARTY_ENQUIRE, party_of(a, party)->call, party);
		break;
	case ASK_PARTY_ENCLOSE:
	case ASK_PARTY_DROP_WITH_ELEMENTS:
		if (party != 0)
			ask_of_party_with_elements(a, what, party);
		break;
	default:
		if (what >= ASK_PARTY_ALERT && party != 0)
			ask_of_party(a, what, party);
		else if (what < ASK_PARTY_ALERT && c != NULL)
			ask_of_call(a, what, c);
	}
}

void
above_ask(struct above *a, enum above_request what, uint32_t nth)
{
	ask_of(a, what, above_call_nth(a, nth), party_nth(a, nth));
}

/* What is told of, or some other one when that is gone or the reflex says so. */
static void
react(struct above *a, enum above_inside where, uni_call_t call, uni_party_t party)
{
	uint8_t reflex = a->reflex[where];
	struct above_call *c = call_of(a, call);

	if (reflex % 32 == 0 || a->n_reflexes == 0)
		return;
	a->n_reflexes--;
	if (reflex & 0x80 || c == NULL)
		c = above_call_nth(a, reflex >> 5);
	if (reflex & 0x80 || party_of(a, party) == NULL)
		party = party_nth(a, reflex >> 5);
	ask_of(a, (enum above_request)(reflex % 32 % ASK_COUNT), c, party);
}

bool
above_pull(struct above *a)
{
	struct uni_msg m;
	uint8_t room[UNI_MAX_SETUP];
	size_t len;

	len = uni_link_pull(a->l, room, UNI_MAX_SETUP, a->now_ns);
	FUZZ_CHECK(len <= UNI_MAX_SETUP);
	if (len > 0) {
		FUZZ_CHECK(uni_msg_decode(&m, room, len) == UNI_VERDICT_OK);
		a->n_pulled++;
		a->last_len = (uint32_t)len;
		memcpy(a->last, room, len);
		if (m.hdr.type == UNI_MT_RESTART && len <= sizeof(a->restart)) {
			a->restart_len = (uint32_t)len;
			memcpy(a->restart, room, len);
		}
	}
	return len > 0;
}

/* ---- What is told ---- */

static void
on_sdu_ready(void *arg, uint64_t now_ns)
{
	(void)now_ns;
	react(arg, IN_READY, 0, 0);
}

static uint32_t
on_n_outstanding(void *arg)
{
	return ((const struct above *)arg)->n_outstanding;
}

static void
on_establish(void *arg, uint64_t now_ns)
{
	(void)now_ns;
	react(arg, IN_ESTABLISH, 0, 0);
}

static void
on_offer(void *arg, uni_call_t call, const struct uni_setup *setup, uint64_t now_ns)
{
	struct above *a = arg;
	uint64_t cookie = a->next_cookie++;

	FUZZ_CHECK(now_ns == a->now_ns);
	a->n_told++;
	check_setup(setup);
	FUZZ_CHECK(setup->label < (1u << 20));
	FUZZ_CHECK(uni_call_set_cookie(a->u, call, cookie) == 0);
	enter_call(a, call, cookie);
	FUZZ_CHECK(uni_call_first_party(a->u, call) == setup->party);
	FUZZ_CHECK((setup->party != 0) == setup->multipoint);
	if (setup->party != 0)
		enter_party(a, call, setup->party, 0, true);
	react(a, IN_OFFER, call, setup->party);
}

static void
on_progress(void *arg, uni_call_t call, uint64_t cookie, const struct uni_elements *came,
	uint64_t now_ns)
{
	FUZZ_CHECK(fuzz_is_there(came->octets, came->len));
	hear(arg, call, cookie, now_ns);
	react(arg, IN_PROGRESS, call, 0);
}

static void
on_modify_confirmed(void *arg, uni_call_t call, uint64_t cookie, uint64_t now_ns)
{
	hear(arg, call, cookie, now_ns);
	react(arg, IN_PROGRESS, call, 0);
}

static void
on_connected(void *arg, uni_call_t call, uint64_t cookie, const struct uni_elements *came,
	uint64_t now_ns)
{
	FUZZ_CHECK(fuzz_is_there(came->octets, came->len));
	hear(arg, call, cookie, now_ns);
	react(arg, IN_CONNECTED, call, 0);
}

static void
on_released(void *arg, uni_call_t call, uint64_t cookie, const struct uni_release *r, bool owed,
	uint64_t now_ns)
{
	struct above_call *c = hear(arg, call, cookie, now_ns);

	check_release(r);
	FUZZ_CHECK(!c->closing || c->asking);
	if (!owed)
		strike_out(arg, c, r);
	react(arg, owed ? IN_RELEASED : IN_GONE, call, 0);
}

static void
on_close_complete(
	void *arg, uni_call_t call, uint64_t cookie, const struct uni_release *r, uint64_t now_ns)
{
	struct above *a = arg;
	struct above_call *c = hear(a, call, cookie, now_ns);

	check_release(r);
	FUZZ_CHECK(c->closing || c->dropping || c->asking);
	strike_out(a, c, r);
	FUZZ_CHECK(uni_call_accept(a->u, call, now_ns) != 0);
	react(a, IN_COMPLETE, call, 0);
}

static void
on_party_progress(void *arg, uni_call_t call, uni_party_t party, uint64_t cookie,
	const struct uni_elements *came, uint64_t now_ns)
{
	FUZZ_CHECK(fuzz_is_there(came->octets, came->len));
	hear_party(arg, call, party, cookie, now_ns);
	react(arg, IN_PARTY_PROGRESS, call, party);
}

static void
party_gone(struct above *a, uni_call_t call, uni_party_t party, uint64_t cookie, uint64_t now_ns)
{
	*hear_party(a, call, party, cookie, now_ns) = (struct above_party){ 0 };
	FUZZ_CHECK(uni_party_drop(a->u, party, 0, NULL, 0, now_ns) != 0);
	react(a, IN_PARTY_GONE, call, 0);
}

static void
on_party_refused(void *arg, uni_call_t call, uni_party_t party, uint64_t cookie,
	const struct uni_release *r, uint64_t now_ns)
{
	check_release(r);
	party_gone(arg, call, party, cookie, now_ns);
}

static void
on_party_offer(void *arg, uni_call_t call, uni_party_t party, const struct uni_setup *setup,
	uint64_t now_ns)
{
	struct above *a = arg;
	uint64_t cookie = a->next_cookie++;

	a->n_told++;
	FUZZ_CHECK(now_ns == a->now_ns && call_of(a, call) != NULL);
	check_setup(setup);
	FUZZ_CHECK(uni_party_set_cookie(a->u, party, cookie) == 0);
	enter_party(a, call, party, cookie, false);
	react(a, IN_PARTY_OFFER, call, party);
}

static void
on_party_released(void *arg, uni_call_t call, uni_party_t party, uint64_t cookie,
	const struct uni_release *r, bool owed, uint64_t now_ns)
{
	check_release(r);
	if (!owed) {
		party_gone(arg, call, party, cookie, now_ns);
		return;
	}
	hear_party(arg, call, party, cookie, now_ns);
	react(arg, IN_PARTY_RELEASED, call, party);
}

static void
on_party_drop_complete(
	void *arg, uni_call_t call, uni_party_t party, uint64_t cookie, uint64_t now_ns)
{
	party_gone(arg, call, party, cookie, now_ns);
}

static void
modify_over(struct above *a, uni_call_t call, uint64_t cookie, uint64_t now_ns)
{
	struct above_call *c = hear(a, call, cookie, now_ns);

	FUZZ_CHECK(c->n_modify_told < c->n_modify + c->asking_to_modify);
	c->n_modify_told++;
	react(a, IN_MODIFY_DONE, call, 0);
}

static void
on_modified(void *arg, uni_call_t call, uint64_t cookie, const struct uni_rates *rates,
	bool confirm, uint64_t now_ns)
{
	struct above *a = arg;

	FUZZ_CHECK(rates->fwd_peak < 1u << 24 && rates->bwd_peak < 1u << 24);
	if (confirm)
		FUZZ_CHECK(uni_modify_confirm(a->u, call, now_ns) == 0);
	modify_over(arg, call, cookie, now_ns);
}

static void
on_modify_refused(void *arg, uni_call_t call, uint64_t cookie, uint8_t cause, uint64_t now_ns)
{
	FUZZ_CHECK(cause <= 127);
	modify_over(arg, call, cookie, now_ns);
}

static void
on_modify_asked(
	void *arg, uni_call_t call, uint64_t cookie, const struct uni_rates *asked, uint64_t now_ns)
{
	FUZZ_CHECK(asked->fwd_peak < 1u << 24 && asked->bwd_peak < 1u << 24);
	hear(arg, call, cookie, now_ns);
	react(arg, IN_MODIFY_ASKED, call, 0);
}

static void
on_link_up(void *arg, uint64_t now_ns)
{
	(void)now_ns;
	react(arg, IN_LINK_UP, 0, 0);
}

static void
on_link_down(void *arg, uint64_t now_ns)
{
	(void)now_ns;
	react(arg, IN_LINK_DOWN, 0, 0);
}

static void
on_restarted(void *arg, bool done, uint64_t now_ns)
{
	(void)done;
	(void)now_ns;
	react(arg, IN_LINK_UP, 0, 0);
}

static void
on_alarm(void *arg, enum uni_alarm alarm, uint8_t cause, uint64_t now_ns)
{
	(void)arg;
	(void)now_ns;
	FUZZ_CHECK(alarm < UNI_ALARM_COUNT && cause <= 127);
}

static void
hear_about(struct above *a, uni_call_t call, uni_party_t party, uint64_t cookie, uint64_t now_ns)
{
	if (party != 0)
		hear_party(a, call, party, cookie, now_ns);
	else
		hear(a, call, cookie, now_ns);
	react(a, IN_PROGRESS, call, party);
}

static void
on_notified(void *arg, uni_call_t call, uni_party_t party, uint64_t cookie,
	const struct uni_notification *notification, uint64_t now_ns)
{
	FUZZ_CHECK(notification->len > 0 && notification->len <= UNI_MAX_NOTIFICATION);
	FUZZ_CHECK(fuzz_is_there(notification->octets, notification->len));
	hear_about(arg, call, party, cookie, now_ns);
}

static void
on_status(void *arg, uni_call_t call, uni_party_t party, uint64_t cookie,
	const struct uni_status *status, uint64_t now_ns)
{
	FUZZ_CHECK(fuzz_is_there(status->diagnostics, status->diagnostics_len));
	hear_about(arg, call, party, cookie, now_ns);
}

static void
on_audited(void *arg, const struct uni_audit_result *result, uint64_t now_ns)
{
	FUZZ_CHECK(result->n_unanswered <= result->n_asked);
	(void)now_ns;
	react(arg, IN_LINK_UP, 0, 0);
}

const struct uni_link_ops above_ops = {
	.notified = on_notified,
	.status = on_status,
	.audited = on_audited,
	.sdu_ready = on_sdu_ready,
	.n_outstanding = on_n_outstanding,
	.establish = on_establish,
	.offer = on_offer,
	.proceeding = on_progress,
	.alerting = on_progress,
	.connected = on_connected,
	.released = on_released,
	.close_complete = on_close_complete,
	.party_alerting = on_party_progress,
	.party_added = on_party_progress,
	.party_refused = on_party_refused,
	.party_offer = on_party_offer,
	.party_released = on_party_released,
	.party_drop_complete = on_party_drop_complete,
	.modified = on_modified,
	.modify_refused = on_modify_refused,
	.modify_asked = on_modify_asked,
	.modify_confirmed = on_modify_confirmed,
	.link_up = on_link_up,
	.link_down = on_link_down,
	.restarted = on_restarted,
	.alarm = on_alarm,
};
