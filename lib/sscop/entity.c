/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>

#include "sscop/sscop_priv.h"

#define MAX_BUFFER (1u << 30)
#define MIN_DEFAULT_BUFFER 65536u

const char *
sscop_state_name(enum sscop_state state)
{
	static const char *const names[SSCOP_ST_COUNT] = {
		[SSCOP_ST_IDLE] = "idle",
		[SSCOP_ST_OUT_CONN] = "outgoing connection pending",
		[SSCOP_ST_IN_CONN] = "incoming connection pending",
		[SSCOP_ST_OUT_DISC] = "outgoing disconnection pending",
		[SSCOP_ST_OUT_RESYNC] = "outgoing resynchronisation pending",
		[SSCOP_ST_IN_RESYNC] = "incoming resynchronisation pending",
		[SSCOP_ST_OUT_RECOVERY] = "outgoing recovery pending",
		[SSCOP_ST_RECOVERY_RESPONSE] = "recovery response pending",
		[SSCOP_ST_IN_RECOVERY] = "incoming recovery pending",
		[SSCOP_ST_READY] = "data transfer ready",
	};

	return state >= SSCOP_ST_IDLE && state < SSCOP_ST_COUNT ? names[state] : "?";
}

const char *
sscop_prim_name(enum sscop_prim prim)
{
	static const char *const names[SSCOP_PRIM_COUNT] = {
		[SSCOP_ESTABLISH_REQ] = "AA-ESTABLISH.REQUEST",
		[SSCOP_ESTABLISH_RESP] = "AA-ESTABLISH.RESPONSE",
		[SSCOP_RELEASE_REQ] = "AA-RELEASE.REQUEST",
		[SSCOP_RESYNC_REQ] = "AA-RESYNC.REQUEST",
		[SSCOP_RESYNC_RESP] = "AA-RESYNC.RESPONSE",
		[SSCOP_RECOVER_RESP] = "AA-RECOVER.RESPONSE",
		[SSCOP_UNITDATA_REQ] = "AA-UNITDATA.REQUEST",
		[SSCOP_MDATA_REQ] = "MAA-UNITDATA.REQUEST",
		[SSCOP_ESTABLISH_IND] = "AA-ESTABLISH.INDICATION",
		[SSCOP_ESTABLISH_CONF] = "AA-ESTABLISH.CONFIRM",
		[SSCOP_RELEASE_IND] = "AA-RELEASE.INDICATION",
		[SSCOP_RELEASE_CONF] = "AA-RELEASE.CONFIRM",
		[SSCOP_RESYNC_IND] = "AA-RESYNC.INDICATION",
		[SSCOP_RESYNC_CONF] = "AA-RESYNC.CONFIRM",
		[SSCOP_RECOVER_IND] = "AA-RECOVER.INDICATION",
		[SSCOP_DATA_IND] = "AA-DATA.INDICATION",
		[SSCOP_UNITDATA_IND] = "AA-UNITDATA.INDICATION",
		[SSCOP_MDATA_IND] = "MAA-UNITDATA.INDICATION",
	};

	return (unsigned int)prim < SSCOP_PRIM_COUNT ? names[prim] : "?";
}

void
sscop_params_default(struct sscop_params *params)
{
	*params = (struct sscop_params){
		.timer_cc_ms = 1000,
		.timer_poll_ms = 750,
		.timer_keep_alive_ms = 2000,
		.timer_no_response_ms = 7000,
		.timer_idle_ms = 15000,
		.max_cc = 4,
		.max_pd = 25,
		.max_stat = SSCOP_MAX_STAT,
		.window = 128,
	};
}

int
sscop_params_check(const struct sscop_params *p, const char **why)
{
	const char *reason = NULL;

	if (p->timer_cc_ms == 0 || p->timer_poll_ms == 0 || p->timer_keep_alive_ms == 0 ||
		p->timer_idle_ms == 0)
		reason = "a timer of 0 ms never rests; mend: give each at least 1 ms";
	else if (p->timer_no_response_ms <= p->timer_keep_alive_ms ||
		 p->timer_no_response_ms <= p->timer_poll_ms)
		reason = "NO-RESPONSE would expire before an answer can come; "
			 "mend: make it longer than KEEP-ALIVE and POLL";
	else if (p->max_cc == 0)
		reason = "MaxCC 0 sends nothing; mend: 1 or more";
	else if (p->max_pd == 0)
		reason = "MaxPD 0 polls without end; mend: 1 or more";
	else if (p->max_stat < 3 || p->max_stat > SSCOP_MAX_STAT || p->max_stat % 2 == 0)
		reason = "MaxSTAT out of range; mend: an odd number, 3 to 67";
	else if (p->window == 0 || p->window > SSCOP_MAX_WINDOW)
		reason = "window out of range; mend: 1 to 65536 SDs";
	else if (p->tx_octets != 0 &&
		 (p->tx_octets < 2 * SSCOP_MAX_PDU || p->tx_octets > MAX_BUFFER))
		reason = "transmission buffer out of range; mend: 8208 octets to 1 GiB, or 0";
	else if (p->rx_octets != 0 && (p->rx_octets < SSCOP_MAX_SDU || p->rx_octets > MAX_BUFFER))
		reason = "receive buffer out of range; mend: 4096 octets to 1 GiB, or 0";
	if (why != NULL && reason != NULL)
		*why = reason;
	return reason == NULL ? 0 : -EINVAL;
}

static void
resolve_buffers(struct sscop_params *p)
{
	if (p->tx_octets == 0) {
		p->tx_octets = p->window * 128;
		if (p->tx_octets < MIN_DEFAULT_BUFFER)
			p->tx_octets = MIN_DEFAULT_BUFFER;
	}
	if (p->rx_octets == 0)
		p->rx_octets = p->tx_octets;
}

struct sscop *
sscop_create(const struct sscop_params *params, const struct sscop_ops *ops, void *arg,
	const struct cp_mem *mem)
{
	struct sscop *s;

	if (sscop_params_check(params, NULL) < 0)
		return NULL;
	s = cp_mem_alloc(mem, sizeof(*s), "sscop entity");
	if (s == NULL)
		return NULL;
	s->params = *params;
	resolve_buffers(&s->params);
	s->ops_copy = *ops;
	s->ops = &s->ops_copy;
	s->arg = arg;
	s->mem = mem;
	s->state = SSCOP_ST_IDLE;
	s->vt_sq = params->initial_sq;
	sscop_timers_init(&s->timers, &s->params);
	s->uu_begin.octets = cp_mem_alloc(mem, SSCOP_MAX_SDU, "sscop uu");
	s->uu_bgak.octets = cp_mem_alloc(mem, SSCOP_MAX_SDU, "sscop uu");
	if (s->uu_begin.octets == NULL || s->uu_bgak.octets == NULL ||
		sscop_tx_init(&s->tx, &s->params, mem) < 0 ||
		sscop_rx_init(&s->rx, &s->params, mem) < 0) {
		sscop_destroy(s);
		return NULL;
	}
	return s;
}

void
sscop_destroy(struct sscop *s)
{
	const struct cp_mem *mem;

	if (s == NULL)
		return;
	mem = s->mem;
	sscop_tx_fini(&s->tx, mem);
	sscop_rx_fini(&s->rx, mem);
	cp_mem_free(mem, s->uu_begin.octets);
	cp_mem_free(mem, s->uu_bgak.octets);
	cp_mem_free(mem, s);
}

int
sscop_request(
	struct sscop *s, enum sscop_prim prim, const uint8_t *data, size_t len, uint64_t now_ns)
{
	static const enum sscop_event events[SSCOP_PRIM_COUNT] = {
		[SSCOP_ESTABLISH_REQ] = SSCOP_EV_ESTABLISH_REQ,
		[SSCOP_ESTABLISH_RESP] = SSCOP_EV_ESTABLISH_RESP,
		[SSCOP_RELEASE_REQ] = SSCOP_EV_RELEASE_REQ,
		[SSCOP_RESYNC_REQ] = SSCOP_EV_RESYNC_REQ,
		[SSCOP_RESYNC_RESP] = SSCOP_EV_RESYNC_RESP,
		[SSCOP_RECOVER_RESP] = SSCOP_EV_RECOVER_RESP,
		[SSCOP_UNITDATA_REQ] = SSCOP_EV_UNITDATA_REQ,
		[SSCOP_MDATA_REQ] = SSCOP_EV_MDATA_REQ,
	};
	struct sscop_ctx ctx = { .data = data, .len = len, .now_ns = now_ns };

	if (len > SSCOP_MAX_SDU)
		return -EMSGSIZE;
	/* Indications lead to SSCOP_EV_NONE, whose row is empty. */
	if ((unsigned int)prim >= SSCOP_PRIM_COUNT || !sscop_event(s, events[prim], &ctx)) {
		s->stats.refused++;
		return -EPROTO;
	}
	return 0;
}

void
sscop_sdu_ready(struct sscop *s, uint64_t now_ns)
{
	struct sscop_ctx ctx = { .now_ns = now_ns };

	(void)sscop_event(s, SSCOP_EV_DATA_REQ, &ctx);
}

void
sscop_credit(struct sscop *s, uint32_t n)
{
	uint32_t open = sscop_seq_sub(s->vr_mr, s->vr_r);

	/* What is given back too late, for SDUs of a connection that has gone, opens nothing. */
	if (s->state != SSCOP_ST_READY)
		return;
	if (n > s->params.window - open)
		n = s->params.window - open;
	s->vr_mr = sscop_seq_add(s->vr_mr, n);
}

static bool
is_numbered(enum sscop_event ev)
{
	return ev == SSCOP_EV_BGN_NEW || ev == SSCOP_EV_RS_NEW || ev == SSCOP_EV_ER_NEW;
}

/* SSCOP-4: the repeats follow their new ones. */
static enum sscop_event
pdu_event(const struct sscop *s, const struct sscop_pdu *pdu)
{
	static const enum sscop_event events[SSCOP_TYPE_COUNT] = {
		[SSCOP_BGN] = SSCOP_EV_BGN_NEW,
		[SSCOP_BGAK] = SSCOP_EV_BGAK,
		[SSCOP_END] = SSCOP_EV_END,
		[SSCOP_ENDAK] = SSCOP_EV_ENDAK,
		[SSCOP_RS] = SSCOP_EV_RS_NEW,
		[SSCOP_RSAK] = SSCOP_EV_RSAK,
		[SSCOP_BGREJ] = SSCOP_EV_BGREJ,
		[SSCOP_SD] = SSCOP_EV_SD,
		[SSCOP_ER] = SSCOP_EV_ER_NEW,
		[SSCOP_POLL] = SSCOP_EV_POLL,
		[SSCOP_STAT] = SSCOP_EV_STAT,
		[SSCOP_USTAT] = SSCOP_EV_USTAT,
		[SSCOP_UD] = SSCOP_EV_UD,
		[SSCOP_MD] = SSCOP_EV_MD,
		[SSCOP_ERAK] = SSCOP_EV_ERAK,
	};
	enum sscop_event ev = events[pdu->type];

	return is_numbered(ev) && pdu->n_sq == s->vr_sq ? ev + 1 : ev;
}

void
sscop_receive_any(struct sscop *s, const uint8_t *octets, size_t len, uint64_t now_ns)
{
	struct sscop_pdu pdu;
	struct sscop_ctx ctx = { .pdu = &pdu, .now_ns = now_ns };
	enum sscop_verdict verdict = sscop_pdu_decode(&pdu, octets, len);
	enum sscop_event ev;

	if (verdict != SSCOP_OK) {
		s->stats.bad_length += verdict == SSCOP_DROP_LENGTH;
		s->stats.bad_type += verdict == SSCOP_DROP_TYPE;
		(void)sscop_report(s, 'U', 0, now_ns);
		return;
	}
	s->stats.rx[pdu.type]++;
	ev = pdu_event(s, &pdu);
	if (sscop_cell_at(s->state, ev)->answers && !sscop_may_answer(s, now_ns))
		return;
	if (is_numbered(ev))
		s->vr_sq = pdu.n_sq;
	(void)sscop_event(s, ev, &ctx);
}

enum sscop_state
sscop_state(const struct sscop *s)
{
	return s->state;
}

const struct sscop_stats *
sscop_stats(const struct sscop *s)
{
	return &s->stats;
}

uint32_t
sscop_n_unacknowledged(const struct sscop *s)
{
	return sscop_seq_sub(s->vt_s, s->vt_a);
}

uint8_t
sscop_release_source(const struct sscop *s)
{
	return s->source;
}

const char *
sscop_error_text(char code)
{
	static const char *const texts['X' - 'A' + 1] = {
		['A' - 'A'] = "SD unexpected",
		['B' - 'A'] = "BGN unexpected",
		['C' - 'A'] = "BGAK unexpected",
		['D' - 'A'] = "BGREJ unexpected",
		['E' - 'A'] = "END unexpected",
		['F' - 'A'] = "ENDAK unexpected",
		['G' - 'A'] = "POLL unexpected",
		['H' - 'A'] = "STAT unexpected",
		['I' - 'A'] = "USTAT unexpected",
		['J' - 'A'] = "RS unexpected",
		['K' - 'A'] = "RSAK unexpected",
		['L' - 'A'] = "ER unexpected",
		['M' - 'A'] = "ERAK unexpected",
		['O' - 'A'] = "the peer does not answer BGN, END, RS or ER",
		['P' - 'A'] = "the peer is silent: NO-RESPONSE expired",
		['Q' - 'A'] = "SD or POLL with a number that cannot be",
		['R' - 'A'] = "STAT with a wrong N(PS)",
		['S' - 'A'] = "STAT with a wrong N(R) or list",
		['T' - 'A'] = "USTAT with a wrong N(R) or list",
		['U' - 'A'] = "PDU of wrong length or type",
		['V' - 'A'] = "SDs sent again",
		['W' - 'A'] = "no credit",
		['X' - 'A'] = "credit again",
	};

	if (code < 'A' || code > 'X' || texts[code - 'A'] == NULL)
		return "?";
	return texts[code - 'A'];
}
