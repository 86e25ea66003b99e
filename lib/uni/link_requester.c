/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>

#include "uni/uni_priv.h"

/*
 * The requester's half of section 11: what this side has the other one restart.
 *
 * What is to be cleared is cleared here first, as a bulk job, and RESTART follows; from the one to
 * the other nothing new begins, for the peer would clear it. The VCs, and the references, stay set
 * aside until the peer shows that it has cleared them too (SIG-122): by its acknowledgement, by a
 * RESTART of its own, or by a SETUP that names one. An acknowledgement that does not come leaves
 * them so.
 *
 * A link that is lost takes the exchange with it: it begins anew when the link is back, with what
 * has come to be affected meanwhile.
 */

/* Call states of a STATUS (4.2). */
#define CALL_STATE_REST0 0
#define CALL_STATE_REST1 61

enum requester_event {
	EV_BEGIN,
	EV_ACK,       /* of what was asked for */
	EV_OTHER_ACK, /* of anything else */
	EV_STATUS,    /* about our RESTART, with a cause of SIG-R10 */
	EV_T316,
	EV_T316_AGAIN,
	EV_LOST,
	EV_COUNT
};

struct requester_row {
	uint8_t next;
	void (*act)(struct uni_link *l, uint8_t cause, uint64_t now_ns);
};

static void ask(struct uni_link *l, uint8_t cause, uint64_t now_ns);
static void ask_again(struct uni_link *l, uint8_t cause, uint64_t now_ns);
static void take_back(struct uni_link *l, uint8_t cause, uint64_t now_ns);
static void complain(struct uni_link *l, uint8_t cause, uint64_t now_ns);
static void overhear(struct uni_link *l, uint8_t cause, uint64_t now_ns);
static void report(struct uni_link *l, uint8_t cause, uint64_t now_ns);
static void give_up(struct uni_link *l, uint8_t cause, uint64_t now_ns);
static void put_off(struct uni_link *l, uint8_t cause, uint64_t now_ns);

/* An empty cell: nothing happens. */
static const struct requester_row requester_fsm[UNI_REST_COUNT][EV_COUNT] = {
	[UNI_REST0] = {
		[EV_BEGIN] = { UNI_REST1, ask }, /* SIG-R1 */
		[EV_ACK] = { UNI_REST0, complain }, /* SIG-R4 */
		[EV_OTHER_ACK] = { UNI_REST0, complain },
	},
	[UNI_REST1] = {
		[EV_ACK] = { UNI_REST0, take_back }, /* SIG-R2 */
		[EV_OTHER_ACK] = { UNI_REST1, overhear }, /* SIG-R3 */
		[EV_STATUS] = { UNI_REST1, report }, /* SIG-R10 */
		[EV_T316] = { UNI_REST1, ask_again }, /* SIG-R5, SIG-T7 */
		[EV_T316_AGAIN] = { UNI_REST0, give_up },
		[EV_LOST] = { UNI_REST0, put_off },
	},
};

static void
event(struct uni_link *l, enum requester_event ev, uint8_t cause, uint64_t now_ns)
{
	const struct requester_row *row = &requester_fsm[l->requester.state][ev];

	if (row->act == NULL)
		return;
	l->requester.state = row->next;
	row->act(l, cause, now_ns);
}

/* ---- Actions. ---- */

static void
ask(struct uni_link *l, uint8_t cause, uint64_t now_ns)
{
	struct uni_requester *r = &l->requester;

	(void)cause;
	r->defer = true;
	r->clearing = true;
	r->said = false;
	uni_sweep_restart(
		l, (enum uni_restart_class)r->restart_class, r->label, UNI_ASIDE_PUT, now_ns);
}

/* The peer clears again, so what has come since the first time is cleared here as well. */
static void
ask_again(struct uni_link *l, uint8_t cause, uint64_t now_ns)
{
	l->requester.again = true;
	ask(l, cause, now_ns);
}

/* In slices: uni_requester_turn(). */
static void
take_back(struct uni_link *l, uint8_t cause, uint64_t now_ns)
{
	struct uni_requester *r = &l->requester;

	(void)cause;
	(void)now_ns;
	uni_link_timer_stop(l, UNI_T316);
	r->returning = true;
	uni_sweep_range((enum uni_restart_class)r->restart_class, r->label, &r->next, &r->end);
}

static void
complain(struct uni_link *l, uint8_t cause, uint64_t now_ns)
{
	(void)cause;
	(void)now_ns;
	l->stats.wrong_state++;
	uni_answer_status(l, UNI_CREF_GLOBAL | UNI_REF_OURS, CALL_STATE_REST0, UNI_CAUSE_MSG_STATE,
		UNI_MT_RESTART_ACK);
}

static void
overhear(struct uni_link *l, uint8_t cause, uint64_t now_ns)
{
	(void)cause;
	(void)now_ns;
	l->stats.restart_acks_ignored++;
}

static void
report(struct uni_link *l, uint8_t cause, uint64_t now_ns)
{
	l->stats.restarts_refused++;
	l->ops->alarm(l->arg, UNI_ALARM_RESTART_REFUSED, cause, now_ns);
}

/* Over, one way or the other. Runs handlers. */
static void
end(struct uni_link *l, bool done, uint64_t now_ns)
{
	struct uni_requester *r = &l->requester;

	r->defer = r->wanted && r->by_itself;
	r->again = false;
	l->ops->restarted(l->arg, done, now_ns);
	uni_tx_kick(l, now_ns);
}

static void
give_up(struct uni_link *l, uint8_t cause, uint64_t now_ns)
{
	(void)cause;
	l->stats.restarts_unanswered++;
	l->ops->alarm(l->arg, UNI_ALARM_RESTART_UNANSWERED, 0, now_ns);
	end(l, false, now_ns);
}

static void
put_off(struct uni_link *l, uint8_t cause, uint64_t now_ns)
{
	struct uni_requester *r = &l->requester;

	(void)cause;
	(void)now_ns;
	uni_link_timer_stop(l, UNI_T316);
	r->wanted = true;
	r->clearing = false; /* ours goes on, beside that of the loss */
	r->say = false;
	r->again = false;
}

/* ---- What may begin one. ---- */

static void
want(struct uni_requester *r, enum uni_restart_class restart_class, uint32_t label, bool by_itself)
{
	r->wanted = true;
	r->by_itself = by_itself;
	r->restart_class = (uint8_t)restart_class;
	r->label = label;
}

void
uni_requester_init(struct uni_link *l)
{
	if (l->params.restart_first)
		want(&l->requester, UNI_RESTART_ALL, 0, true);
}

/* One that the loss of the link has interrupted is part of it. */
void
uni_requester_want_all(struct uni_link *l)
{
	want(&l->requester, UNI_RESTART_ALL, 0, true);
}

void
uni_requester_established(struct uni_link *l, uint64_t now_ns)
{
	struct uni_requester *r = &l->requester;

	r->defer = r->wanted && r->by_itself;
	uni_requester_turn(l, now_ns, 0); /* at once: an early RESTART of the peer comes behind */
}

void
uni_requester_lost(struct uni_link *l, uint64_t now_ns)
{
	event(l, EV_LOST, 0, now_ns);
}

int
uni_link_restart(
	struct uni_link *l, enum uni_restart_class restart_class, uint32_t where, uint64_t now_ns)
{
	struct uni_requester *r = &l->requester;
	uint32_t label = restart_class == UNI_RESTART_VPC ? where << 16 : where;

	if (restart_class > UNI_RESTART_ALL ||
		(restart_class == UNI_RESTART_VC && !uni_label_is_user(l, where)) ||
		(restart_class == UNI_RESTART_VPC &&
			(where < l->params.vpci_first || where > l->params.vpci_last)))
		return -EINVAL;
	if (!l->up)
		return -ENETDOWN;
	if (r->state != UNI_REST0 || r->wanted || r->returning)
		return -EBUSY;
	want(r, restart_class, label, false);
	uni_requester_turn(l, now_ns, 0);
	return 0;
}

/* ---- What the link and the peer do. ---- */

uint8_t
uni_requester_call_state(const struct uni_link *l)
{
	return l->requester.state == UNI_REST1 ? CALL_STATE_REST1 : CALL_STATE_REST0;
}

bool
uni_requester_is_clearing(const struct uni_link *l)
{
	return l->requester.clearing || l->requester.say;
}

/* An answer to what has not been sent is none. */
static bool
is_about_ours(const struct uni_requester *r, const struct uni_msg *m)
{
	union uni_ie_body body;

	if (!r->said || !uni_msg_get(m, UNI_IE_RESTART, &body) || body.octet != r->restart_class)
		return false;
	if (r->restart_class == UNI_RESTART_ALL)
		return true;
	if (!uni_msg_get(m, UNI_IE_CONNID, &body) || body.connid.vpci != r->label >> 16)
		return false;
	return r->restart_class == UNI_RESTART_VPC || body.connid.vci == (uint16_t)r->label;
}

void
uni_requester_ack(struct uni_link *l, const struct uni_msg *m, uint64_t now_ns)
{
	struct uni_fault fault;
	enum uni_reaction reaction = UNI_REACT_PROCESS;

	if (l->requester.state == UNI_REST1) /* state first, then elements (section 6) */
		reaction = uni_msg_reaction(m, &fault);
	if (reaction == UNI_REACT_PROCESS || reaction == UNI_REACT_PROCESS_REPORT)
		event(l, is_about_ours(&l->requester, m) ? EV_ACK : EV_OTHER_ACK, 0, now_ns);
	if (reaction == UNI_REACT_PROCESS_REPORT || reaction == UNI_REACT_STATUS)
		uni_answer_status_fault(
			l, UNI_CREF_GLOBAL | UNI_REF_OURS, uni_requester_call_state(l), &fault);
}

/* One without the flag is about the other direction, our acknowledgement (SIG-86). */
void
uni_requester_status(struct uni_link *l, const struct uni_msg *m, uint64_t now_ns)
{
	union uni_ie_body body;
	struct uni_cause cause;

	if (!m->hdr.flag || !uni_msg_get(m, UNI_IE_CALLSTATE, &body) ||
		!uni_msg_cause(m, 0, &cause))
		return; /* SIG-60 */
	if (cause.value == UNI_CAUSE_INVALID_CREF ||
		(cause.value >= UNI_CAUSE_IE_MISSING && cause.value <= UNI_CAUSE_MSG_STATE))
		event(l, EV_STATUS, cause.value, now_ns);
}

void
uni_requester_t316(struct uni_link *l, uint64_t now_ns)
{
	event(l, l->requester.again ? EV_T316_AGAIN : EV_T316, 0, now_ns);
}

/* ---- Slices. ---- */

void
uni_requester_turn(struct uni_link *l, uint64_t now_ns, uint32_t max)
{
	struct uni_requester *r = &l->requester;
	uint64_t budget = max;

	if (r->returning && uni_sweep_take_back(l, &r->next, r->end, l->epoch, &budget)) {
		r->returning = false;
		l->stats.restarts_acknowledged++;
		end(l, true, now_ns);
	}
	if (r->wanted && l->up && !r->returning && !uni_sweep_is_open(l)) {
		r->wanted = false;
		l->stats.restarts_asked++;
		event(l, EV_BEGIN, 0, now_ns);
	}
}

void
uni_requester_check(struct uni_link *l)
{
	struct uni_requester *r = &l->requester;

	if (!r->clearing || uni_sweep_is_open(l))
		return;
	r->clearing = false;
	r->say = true;
}

size_t
uni_requester_pull(struct uni_link *l, uint8_t *room, size_t size, uint64_t now_ns)
{
	const struct uni_header hdr = { .cref = UNI_CREF_GLOBAL, .type = UNI_MT_RESTART };
	struct uni_requester *r = &l->requester;
	const struct uni_connid connid = {
		.assoc = UNI_CONNID_EXPLICIT,
		.pref = r->restart_class == UNI_RESTART_VC ? UNI_CONNID_EXCLUSIVE
							   : UNI_CONNID_NO_VCI,
		.vpci = (uint16_t)(r->label >> 16),
		.vci = r->restart_class == UNI_RESTART_VC ? (uint16_t)r->label : 0,
	};

	r->say = false;
	r->said = true;
	r->defer = r->by_itself && !r->again;
	uni_link_timer_start(l, UNI_T316, now_ns, l->params.t316_ms);
	return uni_restart_encode(
		room, size, &hdr, (enum uni_restart_class)r->restart_class, &connid);
}
