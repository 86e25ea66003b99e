/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>

#include "uni/uni_priv.h"

/*
 * Modification of rates (section 15). What is asked for stands in the record of the call, in the
 * place where a call that is being cleared has its diagnostics. The rates in force are in the cold
 * half, and change when the answer is agreement.
 */

#define RATE_MAX 0xffffffu /* 24 bits (SIG-35) */

static void
say(struct uni_link *l, struct uni_hot *c, enum uni_modify_say what)
{
	c->modify.say |= (uint8_t)(1u << what);
	uni_tx_say(l, c, UNI_SAY_MODIFY);
}

static void
ask(struct uni_hot *c, const struct uni_rates *rates)
{
	c->modify.fwd_peak = rates->fwd_peak;
	c->modify.bwd_peak = rates->bwd_peak;
}

static void
put_in_force(struct uni_link *l, struct uni_hot *c)
{
	const struct uni_rates rates = { c->modify.fwd_peak, c->modify.bwd_peak };

	uni_rates_set(l->u, c, &rates);
	l->stats.modified++;
}

static void
silence(struct uni_hot *c)
{
	c->modify.say = 0;
	c->pending &= (uint8_t)~UNI_SAY_BIT(UNI_SAY_MODIFY);
}

void
uni_act_modify(struct uni_link *l, struct uni_hot *c, struct uni_call_event *e)
{
	ask(c, e->rates);
	c->modify.owed = false;            /* the request is confirmation enough (SIG-M9) */
	say(l, c, UNI_MODIFY_SAY_REQUEST); /* T360 starts when it is pulled */
}

void
uni_act_modified(struct uni_link *l, struct uni_hot *c, struct uni_call_event *e)
{
	struct uni_rates rates;

	put_in_force(l, c);
	c->modify.owed = e->confirm;
	uni_rates_get(l->u, c, &rates);
	l->ops->modified(l->arg, c->handle, c->cookie, &rates, e->confirm, e->now_ns);
}

void
uni_act_modify_refused(struct uni_link *l, struct uni_hot *c, struct uni_call_event *e)
{
	silence(c);
	l->ops->modify_refused(l->arg, c->handle, c->cookie, e->release->cause, e->now_ns);
}

void
uni_act_modify_t360(struct uni_link *l, struct uni_hot *c, struct uni_call_event *e)
{
	uint32_t handle = c->handle;

	l->ops->modify_refused(l->arg, handle, c->cookie, e->release->cause, e->now_ns);
	c = uni_call_at(l->u, handle);
	if (c != NULL)
		uni_fsm_event(l, c, UNI_EV_ABORT, e);
}

void
uni_act_modify_asked(struct uni_link *l, struct uni_hot *c, struct uni_call_event *e)
{
	ask(c, e->rates);
	l->ops->modify_asked(l->arg, c->handle, c->cookie, e->rates, e->now_ns);
}

void
uni_act_modify_accept(struct uni_link *l, struct uni_hot *c, struct uni_call_event *e)
{
	put_in_force(l, c);
	c->modify.confirm = e->confirm;
	say(l, c, UNI_MODIFY_SAY_ACK); /* T361 starts when it is pulled */
}

void
uni_act_modify_reject(struct uni_link *l, struct uni_hot *c, struct uni_call_event *e)
{
	c->modify.cause = e->release->cause;
	say(l, c, UNI_MODIFY_SAY_REJECT);
}

void
uni_act_modify_confirmed(struct uni_link *l, struct uni_hot *c, struct uni_call_event *e)
{
	uni_timer_stop(l, c);
	l->ops->modify_confirmed(l->arg, c->handle, c->cookie, e->now_ns);
}

/*
 * What was not sent when the link was lost the peer must not hear later, when it may have asked for
 * something else: to the peer its request was refused (SIG-M10).
 */
void
uni_act_modify_unsaid(struct uni_link *l, struct uni_hot *c, struct uni_call_event *e)
{
	bool awaits;

	if ((c->pending & UNI_SAY_BIT(UNI_SAY_MODIFY)) == 0)
		return;
	awaits = c->modify.confirm && (c->modify.say & 1u << UNI_MODIFY_SAY_ACK) != 0;
	silence(c);
	if (awaits)
		l->ops->modify_confirmed(l->arg, c->handle, c->cookie, e->now_ns);
}

void
uni_modify_void(struct uni_link *l, struct uni_hot *c, uint8_t cause, uint64_t now_ns)
{
	struct uni_release release = { .label = UNI_LABEL_NONE, .cause = cause };
	struct uni_call_event e = { .now_ns = now_ns, .release = &release };

	uni_fsm_event(l, c, UNI_EV_LINK_LOST, &e);
}

/* ---- Messages. ---- */

bool
uni_modify_is_misplaced(const struct uni_hot *c, enum uni_event ev)
{
	if ((c->pending & UNI_SAY_BIT(UNI_SAY_CONNECT)) != 0)
		return true;                 /* nobody has told the peer that the call is up */
	if (ev == UNI_EV_MSG_MODIFY_REQUEST) /* SIG-112 */
		return uni_call_is_ours(c) || uni_call_is_multipoint(c);
	return ev == UNI_EV_MSG_AVAILABLE && c->timer != UNI_T361;
}

/* SIG-111: false when there is more, or less, than peak rates. */
static bool
take_rates(struct uni_rates *rates, const struct uni_msg *m)
{
	const uint32_t peaks = 1u << UNI_TRAFFIC_FPCR0 | 1u << UNI_TRAFFIC_BPCR0 |
			       1u << UNI_TRAFFIC_FPCR01 | 1u << UNI_TRAFFIC_BPCR01;
	const struct uni_traffic *t;
	union uni_ie_body body;

	uni_msg_get(m, UNI_IE_TRAFFIC, &body); /* mandatory */
	t = &body.traffic;
	if ((t->has & ~peaks) != 0 || (t->has & peaks) == 0)
		return false;
	if (t->has & 1u << UNI_TRAFFIC_FPCR01)
		rates->fwd_peak = t->value[UNI_TRAFFIC_FPCR01];
	if (t->has & 1u << UNI_TRAFFIC_BPCR01)
		rates->bwd_peak = t->value[UNI_TRAFFIC_BPCR01];
	return true;
}

static void
receive_request(struct uni_link *l, struct uni_hot *c, const struct uni_msg *m, uint64_t now_ns)
{
	struct uni_rates rates;
	struct uni_call_event e = { .now_ns = now_ns, .rates = &rates };
	uint32_t handle = c->handle;

	uni_rates_get(l->u, c, &rates);
	if (!take_rates(&rates, m)) { /* SIG-112 */
		c->modify.cause = UNI_CAUSE_TRAFFIC_UNSUPPORTED;
		say(l, c, UNI_MODIFY_SAY_REJECT);
		return;
	}
	if (c->timer == UNI_T361) { /* who asks again is done with what was before */
		uni_fsm_event(l, c, UNI_EV_MSG_AVAILABLE, &e);
		c = uni_call_at(l->u, handle);
		if (c == NULL)
			return;
	}
	uni_fsm_event(l, c, UNI_EV_MSG_MODIFY_REQUEST, &e);
}

void
uni_modify_receive(struct uni_link *l, struct uni_hot *c, const struct uni_msg *m,
	enum uni_event ev, struct uni_release *release, uint64_t now_ns)
{
	struct uni_call_event e = { .now_ns = now_ns, .release = release };
	union uni_ie_body body;

	if (ev == UNI_EV_MSG_MODIFY_REQUEST) {
		receive_request(l, c, m, now_ns);
		return;
	}
	if (ev == UNI_EV_MSG_MODIFY_REJECT)
		uni_release_fill(release, m);
	e.confirm = uni_msg_get(m, UNI_IE_REPORT, &body) && body.octet == UNI_REPORT_MODIFICATION;
	uni_fsm_event(l, c, ev, &e);
}

/* The peak rates that cannot be had: those that would have grown (SIG-112). */
static uint8_t
name_growing(const struct uni_link *l, const struct uni_hot *c, uint8_t *diag)
{
	struct uni_rates rates;
	uint8_t n = 0;

	uni_rates_get(l->u, c, &rates);
	if (c->modify.fwd_peak > rates.fwd_peak)
		diag[n++] = uni_traffic_field_id(UNI_TRAFFIC_FPCR01);
	if (c->modify.bwd_peak > rates.bwd_peak)
		diag[n++] = uni_traffic_field_id(UNI_TRAFFIC_BPCR01);
	return n;
}

static void
enc_rates(struct uni_enc *enc, const struct uni_hot *c)
{
	struct uni_traffic t = { .has = 1u << UNI_TRAFFIC_FPCR01 | 1u << UNI_TRAFFIC_BPCR01 };

	t.value[UNI_TRAFFIC_FPCR01] = c->modify.fwd_peak;
	t.value[UNI_TRAFFIC_BPCR01] = c->modify.bwd_peak;
	uni_enc_ie_traffic(enc, &t);
}

static void
enc_elements(struct uni_enc *enc, const struct uni_link *l, const struct uni_hot *c, uint8_t type)
{
	uint8_t diag[2] = { 0 }, n = 0;

	switch (type) {
	case UNI_MT_MODIFY_REQUEST:
		enc_rates(enc, c);
		break;
	case UNI_MT_MODIFY_ACK:
		if (c->modify.confirm)
			uni_enc_ie_report(enc, UNI_REPORT_MODIFICATION);
		break;
	case UNI_MT_MODIFY_REJECT:
		if (c->modify.cause == UNI_CAUSE_RATE_NOT_AVAILABLE)
			n = name_growing(l, c, diag);
		uni_tx_enc_cause(enc, l, c->modify.cause, diag, n);
		break;
	default:
		uni_enc_ie_report(enc, UNI_REPORT_MODIFICATION);
		break;
	}
}

static void
start_timer(struct uni_link *l, struct uni_hot *c, uint8_t type, uint64_t now_ns)
{
	if (type == UNI_MT_MODIFY_REQUEST)
		uni_timer_start(l, c, UNI_T360, now_ns);
	else if (type == UNI_MT_MODIFY_ACK && c->modify.confirm && c->state == UNI_ST_ACTIVE)
		uni_timer_start(l, c, UNI_T361, now_ns);
}

size_t
uni_modify_encode(
	struct uni_link *l, struct uni_hot *c, uint8_t *room, size_t size, uint64_t now_ns)
{
	static const uint8_t types[] = {
		[UNI_MODIFY_SAY_AVAILABLE] = UNI_MT_CONNECTION_AVAILABLE,
		[UNI_MODIFY_SAY_REQUEST] = UNI_MT_MODIFY_REQUEST,
		[UNI_MODIFY_SAY_ACK] = UNI_MT_MODIFY_ACK,
		[UNI_MODIFY_SAY_REJECT] = UNI_MT_MODIFY_REJECT,
	};
	const struct uni_header hdr = {
		.cref = c->ref & UNI_REF_VALUE,
		.flag = !uni_call_is_ours(c),
		.type = types[__builtin_ctz(c->modify.say)],
	};
	struct uni_enc enc;
	int len;

	c->modify.say &= (uint8_t)(c->modify.say - 1);
	if (c->modify.say != 0)
		uni_tx_say(l, c, UNI_SAY_MODIFY);
	uni_enc_begin(&enc, room, size, &hdr);
	enc_elements(&enc, l, c, hdr.type);
	len = uni_enc_end(&enc);
	start_timer(l, c, hdr.type, now_ns);
	return len > 0 ? (size_t)len : 0;
}

/* ---- Requests from above. ---- */

static bool
fill_in(uint32_t *rate, uint32_t asked)
{
	if (asked != UNI_RATE_SAME)
		*rate = asked;
	return *rate <= RATE_MAX;
}

int
uni_call_modify(struct uni *u, uni_call_t call, const struct uni_rates *asked, uint64_t now_ns)
{
	struct uni_rates rates;
	struct uni_call_event e = { .now_ns = now_ns, .rates = &rates };
	struct uni_hot *c;
	int err = uni_call_for_above(u, call, now_ns, &c);

	if (err < 0)
		return err;
	if (!uni_call_is_ours(c) || uni_call_is_multipoint(c))
		return -EPROTO;
	if (!u->links[c->link_idx]->up)
		return -ENETDOWN;
	uni_rates_get(u, c, &rates);
	if (!fill_in(&rates.fwd_peak, asked->fwd_peak) ||
		!fill_in(&rates.bwd_peak, asked->bwd_peak))
		return -EINVAL;
	return uni_call_request(u, call, UNI_EV_MODIFY, &e);
}

int
uni_modify_accept(struct uni *u, uni_call_t call, bool confirm, uint64_t now_ns)
{
	struct uni_call_event e = { .now_ns = now_ns, .confirm = confirm };

	return uni_call_request(u, call, UNI_EV_MODIFY_ACCEPT, &e);
}

int
uni_modify_confirm(struct uni *u, uni_call_t call, uint64_t now_ns)
{
	struct uni_link *l;
	struct uni_hot *c;
	int err = uni_call_for_above(u, call, now_ns, &c);

	if (err < 0)
		return err;
	/* Of a call that is not ours other things may stand there (struct uni_choice). */
	if (c->state != UNI_ST_ACTIVE || !uni_call_is_ours(c) || !c->modify.owed)
		return -EPROTO;
	l = u->links[c->link_idx];
	c->modify.owed = false;
	say(l, c, UNI_MODIFY_SAY_AVAILABLE);
	uni_tx_kick(l, now_ns);
	return 0;
}

int
uni_modify_refuse(struct uni *u, uni_call_t call, uint8_t cause, uint64_t now_ns)
{
	struct uni_release release = { .label = UNI_LABEL_NONE };
	struct uni_call_event e = { .now_ns = now_ns, .release = &release };

	release.cause = cause != 0 ? cause : UNI_CAUSE_UNSPECIFIED;
	return uni_call_request(u, call, UNI_EV_MODIFY_REFUSE, &e);
}
