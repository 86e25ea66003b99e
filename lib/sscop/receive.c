/* SPDX-License-Identifier: BSD-3-Clause */

/* Section 17.4, the receiving half: SDs in and out of sequence, STAT and USTAT about them. */

#include "base/bytes.h"
#include "sscop/sscop_priv.h"

/* SSCOP-34: the gap from VR(H) to @end; VR(H) becomes @vr_h first, for what may call back. */
static void
send_ustat(struct sscop *s, uint32_t end, uint32_t vr_h)
{
	struct sscop_pdu pdu = { .type = SSCOP_USTAT, .n_mr = s->vr_mr, .n_r = s->vr_r };
	uint8_t list[8];

	cp_put_be32(list, s->vr_h);
	cp_put_be32(list + 4, end);
	pdu.list = list;
	pdu.n_list = 2;
	s->vr_h = vr_h;
	sscop_send(s, &pdu);
}

/* SSCOP-22 */
static void
sd_beyond_window(struct sscop *s)
{
	if (s->vr_h != s->vr_mr)
		send_ustat(s, s->vr_mr, s->vr_mr);
}

/*
 * SSCOP-24. VR(R) moves before each SDU is given away, so that its credit counts (SSCOP-6).
 * Whatever the user does in between, what goes on is what the entity holds then.
 */
void
sscop_deliver_kept(struct sscop *s, uint64_t now_ns)
{
	struct sscop_burst *burst = sscop_burst_at(s, now_ns);
	uint32_t len;

	s->draining = true;
	burst->kept_wait = false;
	while (s->state == SSCOP_ST_READY && sscop_rx_has(&s->rx, s->vr_r)) {
		if (burst->n_kept == SSCOP_BURST_SDS) {
			burst->kept_wait = true;
			break;
		}
		burst->n_kept++;
		len = sscop_rx_take(&s->rx, s->vr_r);
		s->vr_r = sscop_seq_add(s->vr_r, 1);
		sscop_deliver(s, SSCOP_DATA_IND, s->rx.scratch, len, now_ns);
	}
	s->draining = false;
}

static void
deliver_with_followers(struct sscop *s, const struct sscop_ctx *ctx)
{
	s->draining = true;
	s->vr_r = sscop_seq_add(s->vr_r, 1);
	sscop_deliver(s, SSCOP_DATA_IND, ctx->pdu->info, ctx->pdu->info_len, ctx->now_ns);
	sscop_deliver_kept(s, ctx->now_ns);
}

/* What is next is here already: VR(R) is neither a gap nor what a new SD may fill. */
static bool
is_delivering(const struct sscop *s)
{
	return s->draining || s->burst.kept_wait;
}

/* SSCOP-25 to SSCOP-28, SSCOP-30; @at and @high are the distances of n and VR(H) from VR(R). */
static void
sd_out_of_sequence(struct sscop *s, const struct sscop_ctx *ctx, uint32_t at, uint32_t high)
{
	const struct sscop_pdu *pdu = ctx->pdu;
	uint32_t next = sscop_seq_add(pdu->n_s, 1);

	if (at < high && sscop_rx_has(&s->rx, pdu->n_s)) {
		sscop_recover(s, 'Q', ctx->now_ns);
		return;
	}
	/* VR(H) stays where it is: the POLL will move it, and the STAT ask (SSCOP-31). */
	if (!sscop_rx_keep(&s->rx, pdu->n_s, pdu->info, pdu->info_len)) {
		s->stats.no_buffer++;
		return;
	}
	if (at > high)
		send_ustat(s, pdu->n_s, next);
	else if (at == high)
		s->vr_h = next;
}

/* SSCOP-23: whether SD VR(R) would be within the window and leave no gap. */
static inline bool
is_in_sequence(const struct sscop *s)
{
	return s->vr_h == s->vr_r && s->vr_mr != s->vr_r;
}

static inline void
deliver_next(struct sscop *s, const uint8_t *sdu, size_t len, uint64_t now_ns)
{
	s->vr_r = sscop_seq_add(s->vr_r, 1);
	s->vr_h = s->vr_r;
	sscop_deliver(s, SSCOP_DATA_IND, sdu, len, now_ns);
}

/* What sscop_pdu_decode() would read of an SD, if this is the one that is next; -1 if not. */
static inline int32_t
next_sdu_len(const struct sscop *s, const uint8_t *octets, size_t len)
{
	uint32_t pl, trailer;

	if (len < 4 || len % 4 != 0 || len > SSCOP_MAX_SD)
		return -1;
	trailer = cp_get_be32(octets + len - 4);
	pl = trailer >> 30; /* the two bits behind it are not looked at */
	if ((trailer & 0x0fffffff) != ((uint32_t)SSCOP_SD << 24 | s->vr_r))
		return -1;
	return (int32_t)(len - 4) - (int32_t)pl; /* below 0: more padding than there is */
}

/* Almost all PDUs are SDs in sequence: what their cell does, without the way there. */
void
sscop_receive(struct sscop *s, const uint8_t *octets, size_t len, uint64_t now_ns)
{
	int32_t sdu_len = next_sdu_len(s, octets, len);

	if (sdu_len < 0 || s->state != SSCOP_ST_READY || !is_in_sequence(s)) {
		sscop_receive_any(s, octets, len, now_ns);
		return;
	}
	s->stats.rx[SSCOP_SD]++;
	deliver_next(s, octets, (size_t)sdu_len, now_ns);
}

void
sscop_step_sd(struct sscop *s, const struct sscop_ctx *ctx)
{
	uint32_t at = sscop_seq_sub(ctx->pdu->n_s, s->vr_r);
	uint32_t high = sscop_seq_sub(s->vr_h, s->vr_r);

	if (at == 0 && is_in_sequence(s)) {
		deliver_next(s, ctx->pdu->info, ctx->pdu->info_len, ctx->now_ns);
	} else if (at >= SSCOP_SEQ_HALF) { /* SSCOP-29 */
		s->stats.behind++;
	} else if (at >= sscop_seq_sub(s->vr_mr, s->vr_r)) {
		sd_beyond_window(s);
	} else if (at == 0 && !is_delivering(s)) {
		deliver_with_followers(s, ctx);
	} else {
		sd_out_of_sequence(s, ctx, at, high);
	}
}

/* A STAT under construction. */
struct stat {
	struct sscop_pdu pdu;
	uint8_t list[4 * SSCOP_MAX_STAT];
};

static void
stat_add(struct stat *stat, uint32_t seq)
{
	cp_put_be32(stat->list + 4 * (size_t)stat->pdu.n_list++, seq);
}

/* False: nothing more is to be sent, the connection has gone or the instant has had enough. */
static bool
stat_send(struct sscop *s, struct stat *stat)
{
	uint32_t epoch = s->epoch;

	s->burst.n_stats++;
	sscop_send(s, &stat->pdu);
	stat->pdu.n_list = 0;
	return s->epoch == epoch && s->burst.n_stats < SSCOP_BURST_STATS;
}

/*
 * SSCOP-32, SSCOP-33: @at, @gap_end, @run_end are distances from VR(R), @high that of VR(H). False
 * when gaps were left out: to the peer it is as if the last STATs had been lost.
 */
static bool
send_stats(struct sscop *s, uint32_t n_ps)
{
	struct stat stat = { .pdu = { .type = SSCOP_STAT, .n_ps = n_ps } };
	uint32_t base = s->vr_r, high = sscop_seq_sub(s->vr_h, base);
	uint32_t at, gap_end, run_end;

	stat.pdu.n_r = base;
	stat.pdu.n_mr = s->vr_mr;
	stat.pdu.list = stat.list;
	for (at = 0; at < high; at = run_end) {
		stat_add(&stat, sscop_seq_add(base, at));
		if (stat.pdu.n_list == s->params.max_stat) {
			if (!stat_send(s, &stat))
				return false;
			stat_add(&stat, sscop_seq_add(base, at));
		}
		gap_end = at + sscop_seqmap_find(
				       &s->rx.present, sscop_seq_add(base, at), high - at, true);
		stat_add(&stat, sscop_seq_add(base, gap_end));
		run_end = gap_end + sscop_seqmap_find(&s->rx.present, sscop_seq_add(base, gap_end),
					    high - gap_end, false);
		if (run_end == high && gap_end != high)
			stat_add(&stat, sscop_seq_add(base, high));
		s->rx.n_steps += (run_end - at) / 64 + 2;
	}
	(void)stat_send(s, &stat);
	return true;
}

/*
 * A POLL that finds the instant exhausted waits for the next one; when POLLs before it left it but
 * a part, it is answered again then. So does one that comes while no list is true, as VR(R) is no
 * gap. A later POLL takes its place.
 */
void
sscop_answer_poll(struct sscop *s, uint32_t n_ps, uint64_t now_ns)
{
	struct sscop_burst *burst = sscop_burst_at(s, now_ns);
	bool fresh = burst->n_stats == 0;
	uint32_t epoch = s->epoch;

	burst->poll_waits = false;
	burst->poll_ps = n_ps;
	if (!is_delivering(s) && burst->n_stats < SSCOP_BURST_STATS &&
		(send_stats(s, n_ps) || fresh))
		return;
	burst->poll_waits = s->epoch == epoch;
}

/* SSCOP-31 */
void
sscop_step_poll(struct sscop *s, const struct sscop_ctx *ctx)
{
	uint32_t at = sscop_seq_sub(ctx->pdu->n_s, s->vr_r);
	uint32_t limit = sscop_seq_sub(s->vr_mr, s->vr_r);

	if (at >= SSCOP_SEQ_HALF || at < sscop_seq_sub(s->vr_h, s->vr_r)) {
		sscop_recover(s, 'Q', ctx->now_ns);
		return;
	}
	s->vr_h = sscop_seq_add(s->vr_r, at < limit ? at : limit);
	sscop_answer_poll(s, ctx->pdu->n_ps, ctx->now_ns);
}
