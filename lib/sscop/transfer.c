/* SPDX-License-Identifier: BSD-3-Clause */

/* Section 17.4, the sending half: SDs, POLL, what STAT and USTAT say about them. */

#include <string.h>

#include "base/bytes.h"
#include "sscop/sscop_priv.h"

/* 17.1, last column. VT(MS) came with the PDU or response that led here. */
void
sscop_transfer_start(struct sscop *s, uint64_t now_ns)
{
	s->vt_s = 0;
	s->vt_ps = 0;
	s->vt_a = 0;
	s->vt_pa = 1;
	s->vt_pd = 0;
	s->no_credit = false;
	s->vr_r = 0;
	s->vr_h = 0;
	s->vr_mr = s->params.window;
	sscop_timer_start(s, SSCOP_T_POLL, now_ns);
	sscop_timer_start(s, SSCOP_T_NO_RESPONSE, now_ns);
}

/* SSCOP-12: nothing of a transfer outlives it. */
void
sscop_transfer_stop(struct sscop *s)
{
	sscop_timer_stop(s, SSCOP_T_POLL);
	sscop_timer_stop(s, SSCOP_T_KEEP_ALIVE);
	sscop_timer_stop(s, SSCOP_T_NO_RESPONSE);
	sscop_timer_stop(s, SSCOP_T_IDLE);
	s->want = false;
	s->burst.sds_wait = false;
	s->burst.kept_wait = false;
	s->burst.poll_waits = false;
	s->vt_a = s->vt_s;
	sscop_tx_reset(&s->tx);
	sscop_rx_reset(&s->rx);
}

/* The peer's credit: not our own bounds, which W and X say nothing of. */
static bool
has_credit(const struct sscop *s)
{
	return sscop_seq_sub(s->vt_s, s->vt_a) < sscop_seq_sub(s->vt_ms, s->vt_a);
}

/* SSCOP-17. @timer is started first: the answer may come from inside send_pdu. */
static void
send_poll(struct sscop *s, enum sscop_timer timer, uint64_t now_ns)
{
	struct sscop_pdu pdu = { .type = SSCOP_POLL };

	s->vt_ps = sscop_seq_add(s->vt_ps, 1);
	s->vt_pd = 0;
	sscop_timer_start(s, timer, now_ns);
	pdu.n_ps = s->vt_ps;
	pdu.n_s = s->vt_s;
	sscop_send(s, &pdu);
}

struct sscop_burst *
sscop_burst_at(struct sscop *s, uint64_t now_ns)
{
	struct sscop_burst *burst = &s->burst;

	if (burst->now_ns != now_ns) {
		burst->now_ns = now_ns;
		burst->n_sds = 0;
		burst->n_stats = 0;
		burst->n_kept = 0;
	}
	return burst;
}

/* SSCOP-16: an SD went out. */
static void
count_sd(struct sscop *s, uint64_t now_ns)
{
	s->vt_pd++;
	if (!sscop_timer_runs(s, SSCOP_T_POLL)) {
		if (sscop_timer_runs(s, SSCOP_T_IDLE)) {
			sscop_timer_stop(s, SSCOP_T_IDLE);
			sscop_timer_start(s, SSCOP_T_NO_RESPONSE, now_ns);
		} else {
			sscop_timer_stop(s, SSCOP_T_KEEP_ALIVE);
		}
		sscop_timer_start(s, SSCOP_T_POLL, now_ns);
	}
	if (s->vt_pd >= s->params.max_pd)
		send_poll(s, SSCOP_T_POLL, now_ns);
}

static void
send_sd(struct sscop *s, const uint8_t *pdu, uint32_t len, uint64_t now_ns)
{
	uint32_t epoch = s->epoch;

	s->burst.n_sds++;
	if (!sscop_send_octets(s, SSCOP_SD, pdu, len))
		s->burst.n_sds = SSCOP_BURST_SDS; /* a full wire would drop those behind it, too */
	if (s->epoch == epoch)
		count_sd(s, now_ns);
}

static void
resend_marked(struct sscop *s, uint64_t now_ns)
{
	struct sscop_tx_slot *slot = sscop_tx_slot(&s->tx, sscop_tx_unmark_first(&s->tx));

	slot->poll_mark = s->vt_ps;
	s->stats.retransmitted++;
	send_sd(s, s->tx.ring + slot->offset, slot->len, now_ns);
}

/* Padding and trailer behind the @len octets of an SDU; the length of the PDU. */
static uint32_t
finish_sd(uint8_t *pdu, uint32_t len, uint32_t seq)
{
	uint32_t pl = -len & 3;

	memset(pdu + len, 0, 4); /* what of it is no padding is overwritten */
	cp_put_be32(pdu + len + pl, pl << 30 | (uint32_t)SSCOP_SD << 24 | seq);
	return len + pl + 4;
}

/* Neither the credit nor our own window is used up. */
static bool
may_send(const struct sscop *s)
{
	uint32_t n_out = sscop_seq_sub(s->vt_s, s->vt_a);

	return n_out < sscop_seq_sub(s->vt_ms, s->vt_a) && n_out < s->params.window;
}

/* Ask for one SDU, straight into the buffer; false: none, or neither credit nor room. */
static inline bool
send_new(struct sscop *s, uint64_t now_ns)
{
	uint32_t epoch = s->epoch, seq = s->vt_s, n;
	uint8_t *room;
	size_t len;

	if (!s->want || !may_send(s))
		return false;
	room = sscop_tx_room(&s->tx, s->vt_a, seq);
	if (room == NULL)
		return false;
	s->want = false;
	len = s->ops->pull_sdu(s->arg, room, SSCOP_MAX_SDU, now_ns);
	if (s->epoch != epoch)
		return true; /* it belonged to a connection that has gone; look again */
	if (len == 0)
		return false;
	assert(len <= SSCOP_MAX_SDU);
	s->want = true;
	n = finish_sd(room, (uint32_t)len, seq);
	sscop_tx_commit(&s->tx, seq, s->vt_a, n, s->vt_ps);
	s->vt_s = sscop_seq_add(seq, 1);
	send_sd(s, room, n, now_ns);
	return true;
}

/* SSCOP-15, then SSCOP-20 */
static void
transmit(struct sscop *s, uint64_t now_ns)
{
	struct sscop_burst *burst = sscop_burst_at(s, now_ns);
	bool more = true;

	if (s->sending)
		return;
	s->sending = true;
	while (more && s->state == SSCOP_ST_READY) {
		burst->sds_wait = burst->n_sds >= SSCOP_BURST_SDS;
		if (burst->sds_wait)
			more = false;
		else if (s->tx.n_marked > 0)
			resend_marked(s, now_ns);
		else
			more = send_new(s, now_ns);
	}
	s->sending = false;
	if (s->state == SSCOP_ST_READY && s->want && !has_credit(s) &&
		sscop_timer_runs(s, SSCOP_T_IDLE)) {
		sscop_timer_stop(s, SSCOP_T_IDLE);
		sscop_timer_start(s, SSCOP_T_NO_RESPONSE, now_ns);
		send_poll(s, SSCOP_T_POLL, now_ns);
	}
}

void
sscop_transfer_resume(struct sscop *s, uint64_t now_ns)
{
	(void)sscop_burst_at(s, now_ns);
	if (s->burst.kept_wait && !s->draining)
		sscop_deliver_kept(s, now_ns);
	if (s->burst.poll_waits)
		sscop_answer_poll(s, s->burst.poll_ps, now_ns);
	if (s->burst.sds_wait)
		transmit(s, now_ns);
}

void
sscop_step_data(struct sscop *s, const struct sscop_ctx *ctx)
{
	if (s->ops->pull_sdu == NULL)
		return;
	s->want = true;
	transmit(s, ctx->now_ns);
}

/* SSCOP-18 */
void
sscop_step_poll_due(struct sscop *s, const struct sscop_ctx *ctx)
{
	bool busy = s->want || s->vt_s != s->vt_a;

	send_poll(s, busy ? SSCOP_T_POLL : SSCOP_T_KEEP_ALIVE, ctx->now_ns);
}

/* SSCOP-19 */
void
sscop_step_idle_due(struct sscop *s, const struct sscop_ctx *ctx)
{
	sscop_timer_start(s, SSCOP_T_NO_RESPONSE, ctx->now_ns);
	sscop_step_poll_due(s, ctx);
}

/* SSCOP-36 */
static void
acknowledge(struct sscop *s, const struct sscop_pdu *pdu)
{
	sscop_tx_unmark(&s->tx, s->vt_a, sscop_seq_sub(pdu->n_r, s->vt_a));
	s->vt_a = pdu->n_r;
	s->vt_ms = pdu->n_mr;
}

/* SSCOP-37; all that is held lies between N(R) and VT(S): what was acknowledged selectively too. */
static bool
list_is_good(const struct sscop *s, const struct sscop_pdu *pdu)
{
	uint32_t limit = sscop_seq_sub(s->vt_s, pdu->n_r);
	uint32_t at, i, last = sscop_seq_sub(sscop_pdu_element(pdu, 0), pdu->n_r);

	if (last >= limit)
		return false;
	for (i = 1; i < pdu->n_list; i++) {
		at = sscop_seq_sub(sscop_pdu_element(pdu, i), pdu->n_r);
		if (at <= last || at > limit)
			return false;
		last = at;
	}
	return true;
}

/*
 * Mark the gap that begins with list element @i; how many were marked. A STAT does not mean what
 * was sent after its POLL, a USTAT whatever there is.
 */
static uint32_t
mark_gap(struct sscop *s, const struct sscop_pdu *pdu, uint32_t i)
{
	uint32_t seq = sscop_pdu_element(pdu, i);
	uint32_t n = sscop_seq_sub(sscop_pdu_element(pdu, i + 1), seq);

	if (pdu->type == SSCOP_USTAT)
		return sscop_tx_mark(&s->tx, seq, n, s->vt_a);
	return sscop_tx_mark_polled(&s->tx, seq, n, s->vt_a, pdu->n_ps);
}

/* SSCOP-38 */
static bool
mark_list(struct sscop *s, const struct sscop_pdu *pdu, uint64_t now_ns)
{
	uint32_t i, n = 0;

	if (pdu->n_list < 2)
		return true;
	for (i = 0; i + 1 < pdu->n_list; i += 2)
		n += mark_gap(s, pdu, i);
	return sscop_report(s, 'V', n, now_ns);
}

/* SSCOP-39 */
static bool
report_credit(struct sscop *s, uint64_t now_ns)
{
	if (has_credit(s) != s->no_credit)
		return true;
	s->no_credit = !s->no_credit;
	return sscop_report(s, s->no_credit ? 'W' : 'X', 0, now_ns);
}

/* SSCOP-35, SSCOP-37; 0 or the code of the error. */
static char
stat_error(const struct sscop *s, const struct sscop_pdu *pdu)
{
	/* Counted so that the empty range before the first POLL is empty: VT(PA) is ahead then. */
	uint32_t n_polls = sscop_seq_sub(sscop_seq_add(s->vt_ps, 1), s->vt_pa);

	if (sscop_seq_sub(pdu->n_ps, s->vt_pa) >= n_polls)
		return 'R';
	if (sscop_seq_sub(pdu->n_r, s->vt_a) > sscop_seq_sub(s->vt_s, s->vt_a))
		return 'S';
	return pdu->n_list < 2 || list_is_good(s, pdu) ? 0 : 'S';
}

/* SSCOP-40 */
static void
stat_timers(struct sscop *s, uint64_t now_ns)
{
	if (sscop_timer_runs(s, SSCOP_T_POLL)) {
		sscop_timer_start(s, SSCOP_T_NO_RESPONSE, now_ns);
	} else if (!sscop_timer_runs(s, SSCOP_T_IDLE)) {
		sscop_timer_stop(s, SSCOP_T_KEEP_ALIVE);
		sscop_timer_stop(s, SSCOP_T_NO_RESPONSE);
		sscop_timer_start(s, SSCOP_T_IDLE, now_ns);
	}
}

void
sscop_step_stat(struct sscop *s, const struct sscop_ctx *ctx)
{
	char code = stat_error(s, ctx->pdu);

	if (code != 0) {
		sscop_recover(s, code, ctx->now_ns);
		return;
	}
	acknowledge(s, ctx->pdu);
	s->vt_pa = ctx->pdu->n_ps;
	if (!mark_list(s, ctx->pdu, ctx->now_ns) || !report_credit(s, ctx->now_ns))
		return;
	stat_timers(s, ctx->now_ns);
	transmit(s, ctx->now_ns);
}

/* SSCOP-41 */
static bool
ustat_is_good(const struct sscop *s, const struct sscop_pdu *pdu)
{
	if (sscop_seq_sub(pdu->n_r, s->vt_a) >= sscop_seq_sub(s->vt_s, s->vt_a))
		return false;
	return sscop_pdu_element(pdu, 1) != s->vt_s && list_is_good(s, pdu);
}

void
sscop_step_ustat(struct sscop *s, const struct sscop_ctx *ctx)
{
	if (!ustat_is_good(s, ctx->pdu)) {
		sscop_recover(s, 'T', ctx->now_ns);
		return;
	}
	acknowledge(s, ctx->pdu);
	if (mark_list(s, ctx->pdu, ctx->now_ns))
		transmit(s, ctx->now_ns);
}
