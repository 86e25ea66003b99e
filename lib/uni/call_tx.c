/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <string.h>

#include "uni/party_priv.h"

/*
 * Sending. What a call has to say is a set of bits, and the call waits in a queue of its link;
 * octets are made when the transport asks for them. A call that ended while it was queued stays
 * there, silent, until its turn: its record is freed then.
 */

static const uint8_t type_of[UNI_SAY_COUNT] = {
	[UNI_SAY_SETUP] = UNI_MT_SETUP,
	[UNI_SAY_PROCEEDING] = UNI_MT_CALL_PROCEEDING,
	[UNI_SAY_ALERTING] = UNI_MT_ALERTING,
	[UNI_SAY_CONNECT] = UNI_MT_CONNECT,
	[UNI_SAY_CONNECT_ACK] = UNI_MT_CONNECT_ACK,
	[UNI_SAY_RELEASE] = UNI_MT_RELEASE,
	[UNI_SAY_RELEASE_COMPLETE] = UNI_MT_RELEASE_COMPLETE,
};

static enum uni_queue_kind
queue_for(const struct uni_link *l, uint8_t pending)
{
	const uint8_t bulk = UNI_SAY_BIT(UNI_SAY_RELEASE) | UNI_SAY_BIT(UNI_SAY_RELEASE_COMPLETE);

	if (l->requester.defer && (pending & UNI_SAY_BIT(UNI_SAY_SETUP)) != 0)
		return UNI_QUEUE_DEFERRED;
	return (pending & ~bulk) != 0 ? UNI_QUEUE_URGENT : UNI_QUEUE_BULK;
}

void
uni_tx_push(struct uni_link *l, struct uni_hot *c)
{
	enum uni_queue_kind kind = queue_for(l, c->pending);
	struct uni_queue *q = &l->queue[kind];
	uint32_t idx = uni_call_idx(c);

	c->queue = (uint8_t)kind;
	c->next = UNI_CALL_NONE;
	if (q->n == 0)
		q->head = idx;
	else
		uni_call_of_idx(l->u, q->tail)->next = idx;
	q->tail = idx;
	q->n++;
}

struct uni_hot *
uni_tx_pop(struct uni_link *l, enum uni_queue_kind kind)
{
	struct uni_queue *q = &l->queue[kind];
	struct uni_hot *c;

	if (q->n == 0)
		return NULL;
	c = uni_call_of_idx(l->u, q->head);
	q->head = c->next;
	q->n--;
	if (q->n > 0) /* it is pulled next, and may not have been touched for long */
		__builtin_prefetch(uni_call_of_idx(l->u, q->head), 1);
	c->queue = UNI_QUEUE_NOT;
	return c;
}

void
uni_tx_say(struct uni_link *l, struct uni_hot *c, enum uni_say say)
{
	c->pending |= UNI_SAY_BIT(say);
	if (c->queue == UNI_QUEUE_NOT)
		uni_tx_push(l, c);
}

enum source { FROM_CALLS, FROM_ANSWERS, FROM_CLOSES };

#define SOURCE_BIT(source) (1u << (source))
#define N_STEPS 4u /* of the schedule of sources */

static inline bool
has_to_say(const struct uni_link *l, enum uni_queue_kind kind)
{
	return (l->queue[kind].n | l->party_queue[kind].n) != 0;
}

/* A SOURCE_BIT() of each that may have something: the others are not even looked at. */
static inline uint32_t
sources_of(const struct uni_link *l)
{
	uint32_t sources = 0;

	if (has_to_say(l, UNI_QUEUE_URGENT) || l->notices.n > 0 ||
		(!l->requester.defer && has_to_say(l, UNI_QUEUE_DEFERRED)))
		sources |= SOURCE_BIT(FROM_CALLS);
	if (l->n_answers > 0 || l->restart.ack || l->audit.head != 0)
		sources |= SOURCE_BIT(FROM_ANSWERS);
	if (has_to_say(l, UNI_QUEUE_BULK))
		sources |= SOURCE_BIT(FROM_CLOSES);
	return sources;
}

void
uni_tx_kick(struct uni_link *l, uint64_t now_ns)
{
	uint32_t sources;

	if (!l->up || l->told || l->u->corked)
		return;
	sources = sources_of(l);
	if (l->held)
		sources &= ~SOURCE_BIT(FROM_CLOSES);
	if (sources == 0 && !l->requester.say)
		return;
	l->told = true;
	l->ops->sdu_ready(l->arg, now_ns);
}

void
uni_tx_enc_cause(struct uni_enc *enc, const struct uni_link *l, uint8_t value, const uint8_t *diag,
	uint8_t n_diag)
{
	const struct uni_cause cause = {
		.location = uni_link_location(l),
		.value = value,
		.n_diag = n_diag,
		.diag = diag,
	};

	uni_enc_ie_cause(enc, &cause);
}

static void
enc_own_cause(struct uni_enc *enc, const struct uni_link *l, struct uni_hot *c)
{
	const uint8_t *diag = c->diag;

	if (c->n_diag > UNI_DIAG_KEPT)
		diag = uni_setup_at(l->u, *uni_call_buf(l->u, c))->octets;
	uni_tx_enc_cause(enc, l, c->cause, diag, c->n_diag);
}

/* Two causes in all: those given, but before them what an answer has to report (SIG-75). */
static void
enc_clearing_coded(struct uni_enc *enc, const struct uni_link *l, struct uni_hot *c)
{
	const struct uni_elements given = { c->uu, c->uu_len };
	bool again = (c->clearing & UNI_CLEARING_F_AGAIN) != 0;
	uint32_t n_causes = again ? 1 : 2;

	if (c->cause != 0 && ((c->clearing & UNI_CLEARING_F_ANSWER) != 0 ||
				     !uni_elements_have(&given, UNI_IE_CAUSE))) {
		enc_own_cause(enc, l, c);
		n_causes--;
	}
	uni_elements_copy(enc, &given, UNI_IE_CAUSE, n_causes);
	if (again)
		uni_tx_enc_cause(enc, l, UNI_CAUSE_TIMER, (const uint8_t *)"308", 3);
	uni_elements_copy(enc, &given, UNI_IE_GIT, 1);
	uni_elements_copy(enc, &given, UNI_IE_UU, 1);
}

static void
enc_clearing(struct uni_enc *enc, const struct uni_link *l, struct uni_hot *c)
{
	if ((c->clearing & UNI_CLEARING_F_CODED) != 0) {
		enc_clearing_coded(enc, l, c);
		return;
	}
	if (c->cause != 0)
		enc_own_cause(enc, l, c);
	if ((c->clearing & UNI_CLEARING_F_AGAIN) != 0) /* SIG-74 */
		uni_tx_enc_cause(enc, l, UNI_CAUSE_TIMER, (const uint8_t *)"308", 3);
	if (c->uu_len > 0)
		uni_enc_ie_raw(enc, uni_ie_id(UNI_IE_UU), 0x80, c->uu, c->uu_len);
}

static void
enc_connid(struct uni_enc *enc, const struct uni_hot *c)
{
	const struct uni_connid id = {
		.assoc = UNI_CONNID_EXPLICIT,
		.pref = UNI_CONNID_EXCLUSIVE,
		.vpci = (uint16_t)(c->label >> 16),
		.vci = (uint16_t)c->label,
	};

	uni_enc_ie_connid(enc, &id);
}

/* What an answer to SETUP is made from. */
struct response {
	const struct uni_link *link;
	const struct uni_hot *call;
};

/* The VC of the call, in its first response (SIG-31); in each the party that answers (SIG-103). */
static void
enc_own_response(struct uni_enc *enc, enum uni_ie ie, const void *arg)
{
	const struct response *r = arg;
	const struct uni_hot *c = r->call;
	struct uni_epref party = { .flag = true };

	if (ie == UNI_IE_CONNID && (c->flags & UNI_CALL_F_NAMED) == 0) {
		enc_connid(enc, c);
	} else if (ie == UNI_IE_EPREF && uni_call_is_multipoint(c)) {
		party.value = uni_multi_of(r->link->u, c)->lead_ref;
		uni_enc_ie_epref(enc, &party);
	} else if (ie == UNI_IE_BLLI && c->choice.len > 0) { /* SIG-37 */
		uni_enc_ie_raw(enc, uni_ie_id(ie), 0x80, c->choice.octets, c->choice.len);
	}
}

/* The buffer with what goes along. */
static uint32_t *
enclosures(const struct uni *u, struct uni_hot *c)
{
	struct uni_party *lead;

	if (!uni_call_is_multipoint(c))
		return &c->extra;
	lead = uni_party_at(u, uni_multi_of(u, c)->lead);
	return lead != NULL ? &lead->setup : &uni_multi_of(u, c)->setup;
}

static void
enc_response(struct uni_enc *enc, const struct uni_link *l, struct uni_hot *c, enum uni_say say)
{
	static const uint8_t kinds[] = {
		[UNI_SAY_PROCEEDING] = UNI_ANSWER_PROCEED,
		[UNI_SAY_ALERTING] = UNI_ANSWER_ALERT,
		[UNI_SAY_CONNECT] = UNI_ANSWER_ACCEPT,
	};
	const struct response r = { .link = l, .call = c };
	uint32_t *buf = enclosures(l->u, c);
	struct uni_elements given = uni_no_elements;

	if (*buf != CP_HANDLE_NONE)
		uni_enclosed(l->u, *buf, (enum uni_answer_kind)kinds[say], &given);
	uni_enc_in_order(enc, type_of[say], &given, enc_own_response, &r);
	c->flags |= UNI_CALL_F_NAMED;
	if (say != UNI_SAY_CONNECT)
		return;
	memset(&c->choice, 0, sizeof(c->choice)); /* there are rates now */
	if (*buf != CP_HANDLE_NONE) {
		cp_pool_put(&l->u->setups, *buf);
		*buf = CP_HANDLE_NONE;
	}
}

static size_t
encode(struct uni_link *l, struct uni_hot *c, enum uni_say say, uint8_t *room, size_t size,
	uint64_t now_ns)
{
	const struct uni_header hdr = {
		.cref = c->ref & UNI_REF_VALUE,
		.flag = (c->ref & UNI_REF_OURS) == 0,
		.type = type_of[say],
	};
	const struct uni_setup_buf *setup;
	struct uni_enc enc;
	int len;

	if (say == UNI_SAY_MODIFY)
		return uni_modify_encode(l, c, room, size, now_ns);
	if (say == UNI_SAY_SETUP) { /* unchanged when it is sent again (SIG-T2) */
		setup = uni_setup_at(l->u, *uni_call_buf(l->u, c));
		memcpy(room, setup->octets, setup->len);
		return setup->len;
	}
	uni_enc_begin(&enc, room, size, &hdr);
	if (say == UNI_SAY_RELEASE || say == UNI_SAY_RELEASE_COMPLETE)
		enc_clearing(&enc, l, c);
	else if (say != UNI_SAY_CONNECT_ACK)
		enc_response(&enc, l, c, say);
	len = uni_enc_end(&enc);
	return len > 0 ? (size_t)len : 0;
}

/* The RELEASE COMPLETE was the last the peer hears of the call. Runs a handler. */
static void
said_last_word(struct uni_link *l, struct uni_hot *c, uint64_t now_ns)
{
	struct uni_release release = {
		.label = c->label,
		.cause = c->cause,
		.location = uni_link_location(l),
	};

	uni_call_finish(l, c);
	if (c->flags & UNI_CALL_F_OWED)
		uni_call_tell_end(l, c, true, &release, now_ns);
	else
		uni_call_free_if_idle(l->u, c);
}

/* Timers of what was handed over start now (SIG-80). */
static void
said(struct uni_link *l, struct uni_hot *c, enum uni_say say, uint64_t now_ns)
{
	if (say == UNI_SAY_SETUP)
		uni_timer_start(l, c, UNI_T303, now_ns);
	else if (say == UNI_SAY_RELEASE)
		uni_timer_start(l, c, UNI_T308, now_ns);
	else if (say == UNI_SAY_CONNECT && l->params.role == UNI_ROLE_USER)
		uni_timer_start(l, c, UNI_T313, now_ns);
	else if (say == UNI_SAY_RELEASE_COMPLETE)
		said_last_word(l, c, now_ns);
}

static size_t
pull_call(struct uni_link *l, enum uni_queue_kind kind, uint8_t *room, size_t size, uint64_t now_ns)
{
	struct uni_hot *c;
	enum uni_say say;
	size_t n;

	while ((c = uni_tx_pop(l, kind)) != NULL) {
		if (c->pending == 0) {
			uni_call_free_if_idle(l->u, c);
			continue;
		}
		say = (enum uni_say)__builtin_ctz(c->pending);
		c->pending &= (uint8_t)~UNI_SAY_BIT(say);
		c->flags &= (uint8_t)~UNI_CALL_F_ASKED;
		if (c->pending != 0)
			uni_tx_push(l, c);
		n = encode(l, c, say, room, size, now_ns);
		if (l->recorder != NULL && n > 0)
			uni_trace_sent(l, c, room, now_ns);
		said(l, c, say, now_ns);
		if (n > 0)
			return n;
	}
	return 0;
}

/* Calls and parties that have something to say of one kind take turns. */
static size_t
pull_kind(struct uni_link *l, enum uni_queue_kind kind, uint8_t *room, size_t size, uint64_t now_ns)
{
	size_t n = 0;

	if (l->party_queue[kind].n > 0) {
		l->party_turn[kind] = !l->party_turn[kind];
		if (l->party_turn[kind])
			n = uni_party_pull(l, kind, room, size, now_ns);
	}
	if (n == 0)
		n = pull_call(l, kind, room, size, now_ns);
	if (n == 0 && l->party_queue[kind].n > 0)
		n = uni_party_pull(l, kind, room, size, now_ns);
	return n;
}

/* SIG-80: the others find the transport's window and the wire as short as this leaves them. */
static bool
hold_closes(struct uni_link *l)
{
	l->held = l->ops->n_outstanding != NULL &&
		  l->ops->n_outstanding(l->arg) >= l->params.bulk_window;
	return l->held;
}

static size_t
pull_from(struct uni_link *l, enum source source, uint8_t *room, size_t size, uint64_t now_ns)
{
	size_t n = 0;

	if (source == FROM_CALLS && !l->requester.defer)
		n = pull_call(l, UNI_QUEUE_DEFERRED, room, size, now_ns);
	if (source == FROM_CALLS && n == 0)
		n = pull_kind(l, UNI_QUEUE_URGENT, room, size, now_ns);
	if (source == FROM_CALLS && n > 0)
		return n;
	if (source == FROM_CLOSES)
		return hold_closes(l) ? 0 : pull_kind(l, UNI_QUEUE_BULK, room, size, now_ns);
	n = source == FROM_CALLS ? uni_notice_pull(l, room, size) : uni_answer_pull(l, room, size);
	if (n == 0 && source == FROM_ANSWERS)
		n = uni_restart_pull(l, room, size);
	if (n == 0 && source == FROM_ANSWERS)
		n = uni_enquiry_pull(l, room, size, now_ns);
	if (l->recorder != NULL && n > 0)
		uni_trace_answered(l, room, n, now_ns);
	return n;
}

/* A mass close leaves three messages of four to the others, and they one to it. */
static const uint8_t schedule[N_STEPS] = { FROM_CALLS, FROM_ANSWERS, FROM_CALLS, FROM_CLOSES };

/* The steps of the schedule, a bit each, at which there is something, by sources_of(). */
static const uint8_t steps_of[] = { 0x0, 0x5, 0x2, 0x7, 0x8, 0xd, 0xa, 0xf };

/* The first of @p steps from the link's turn on, which is taken out. */
static inline enum source
next_source(struct uni_link *l, uint32_t *steps)
{
	uint32_t round = (*steps | *steps << N_STEPS) >> l->turn;
	uint32_t step = (l->turn + (uint32_t)__builtin_ctz(round)) % N_STEPS;

	*steps &= ~(1u << step);
	l->turn = (uint8_t)((step + 1) % N_STEPS);
	return (enum source)schedule[step];
}

size_t
uni_link_pull(struct uni_link *l, uint8_t *room, size_t size, uint64_t now_ns)
{
	uint32_t sources, steps;
	size_t n = 0;

	if (!l->up || size < UNI_MAX_SETUP)
		return 0;
	if (l->requester.say) { /* what comes behind is about what is new */
		n = uni_requester_pull(l, room, size, now_ns);
		if (l->recorder != NULL && n > 0)
			uni_trace_answered(l, room, n, now_ns);
	}
	sources = n == 0 ? sources_of(l) : 0;
	if ((sources & SOURCE_BIT(FROM_CLOSES)) == 0)
		l->held = false;
	for (steps = steps_of[sources]; n == 0 && steps != 0;)
		n = pull_from(l, next_source(l, &steps), room, size, now_ns);
	if (n == 0)
		l->told = false;
	else
		l->stats.tx[room[5]]++; /* octet 6 is the type */
	return n;
}
