/* SPDX-License-Identifier: BSD-3-Clause */

/* Table 17.3, cell by cell, and the steps that its codes are made of (SSCOP-7). */

#include <string.h>

#include "sscop/sscop_priv.h"

static void
keep_uu(struct sscop_uu *uu, const struct sscop_ctx *ctx)
{
	uu->len = (uint32_t)ctx->len;
	if (ctx->len > 0)
		memcpy(uu->octets, ctx->data, ctx->len);
}

static void
send_simple(struct sscop *s, uint8_t type)
{
	struct sscop_pdu pdu = { .type = type, .n_mr = s->vr_mr, .n_sq = s->vt_sq };

	sscop_send(s, &pdu);
}

static void
send_with_uu(struct sscop *s, uint8_t type, const struct sscop_uu *uu)
{
	struct sscop_pdu pdu = { .type = type, .n_mr = s->vr_mr, .n_sq = s->vt_sq };

	pdu.info = uu->octets;
	pdu.info_len = uu->len;
	sscop_send(s, &pdu);
}

/* Steps: variables and timers. */

static void
take_n_mr(struct sscop *s, const struct sscop_ctx *ctx)
{
	s->vt_ms = ctx->pdu->n_mr;
}

static void
own_window(struct sscop *s, const struct sscop_ctx *ctx)
{
	(void)ctx;
	s->vr_mr = s->params.window;
}

/* SSCOP-8 */
static void
next_sq(struct sscop *s, const struct sscop_ctx *ctx)
{
	(void)ctx;
	s->vt_sq++;
}

static void
keep_begin_uu(struct sscop *s, const struct sscop_ctx *ctx)
{
	keep_uu(&s->uu_begin, ctx);
}

/* What a crossing BGN is answered with has no UU: there is no response that could bring it. */
static void
keep_bgak_uu(struct sscop *s, const struct sscop_ctx *ctx)
{
	keep_uu(&s->uu_bgak, ctx);
}

static void
first_cc(struct sscop *s, const struct sscop_ctx *ctx)
{
	s->vt_cc = 1;
	sscop_timer_start(s, SSCOP_T_CC, ctx->now_ns);
}

static void
count_cc(struct sscop *s, const struct sscop_ctx *ctx)
{
	s->vt_cc++;
	sscop_timer_start(s, SSCOP_T_CC, ctx->now_ns);
}

/* In the idle phase it does not run: no POLL would bring the answer that stops it (17.4). */
static void
restart_nr(struct sscop *s, const struct sscop_ctx *ctx)
{
	if (sscop_timer_runs(s, SSCOP_T_NO_RESPONSE))
		sscop_timer_start(s, SSCOP_T_NO_RESPONSE, ctx->now_ns);
}

/* Steps: PDUs. */

static void
send_bgn(struct sscop *s, const struct sscop_ctx *ctx)
{
	(void)ctx;
	send_with_uu(s, SSCOP_BGN, &s->uu_begin);
}

static void
send_bgak(struct sscop *s, const struct sscop_ctx *ctx)
{
	(void)ctx;
	send_with_uu(s, SSCOP_BGAK, &s->uu_bgak);
}

static void
send_bgrej(struct sscop *s, const struct sscop_ctx *ctx)
{
	struct sscop_pdu pdu = { .type = SSCOP_BGREJ };

	pdu.info = ctx->data; /* of a RELEASE request, once: it is not repeated */
	pdu.info_len = (uint32_t)ctx->len;
	sscop_send(s, &pdu);
}

static void
send_end(struct sscop *s, const struct sscop_ctx *ctx)
{
	(void)ctx;
	send_with_uu(s, SSCOP_END, &s->uu_begin);
}

/* SSCOP-11 */
static void
send_end_sscop(struct sscop *s, const struct sscop_ctx *ctx)
{
	struct sscop_pdu pdu = { .type = SSCOP_END, .s = 1 };

	(void)ctx;
	sscop_send(s, &pdu);
}

static void
send_endak(struct sscop *s, const struct sscop_ctx *ctx)
{
	(void)ctx;
	send_simple(s, SSCOP_ENDAK);
}

static void
send_rs(struct sscop *s, const struct sscop_ctx *ctx)
{
	(void)ctx;
	send_with_uu(s, SSCOP_RS, &s->uu_begin);
}

static void
send_rsak(struct sscop *s, const struct sscop_ctx *ctx)
{
	(void)ctx;
	send_simple(s, SSCOP_RSAK);
}

static void
send_er(struct sscop *s, const struct sscop_ctx *ctx)
{
	(void)ctx;
	send_simple(s, SSCOP_ER);
}

static void
send_erak(struct sscop *s, const struct sscop_ctx *ctx)
{
	(void)ctx;
	send_simple(s, SSCOP_ERAK);
}

static void
send_ud(struct sscop *s, const struct sscop_ctx *ctx)
{
	struct sscop_pdu pdu = { .type = SSCOP_UD, .info = ctx->data };

	pdu.info_len = (uint32_t)ctx->len;
	sscop_send(s, &pdu);
}

static void
send_md(struct sscop *s, const struct sscop_ctx *ctx)
{
	struct sscop_pdu pdu = { .type = SSCOP_MD, .info = ctx->data };

	pdu.info_len = (uint32_t)ctx->len;
	sscop_send(s, &pdu);
}

/* Steps: primitives to above, and errors. */

static void
report(struct sscop *s, const struct sscop_ctx *ctx)
{
	(void)sscop_report(s, ctx->code, 0, ctx->now_ns);
}

static void
tell(struct sscop *s, enum sscop_prim prim, const struct sscop_ctx *ctx)
{
	sscop_deliver(s, prim, ctx->pdu->info, ctx->pdu->info_len, ctx->now_ns);
}

static void
establish_ind(struct sscop *s, const struct sscop_ctx *ctx)
{
	tell(s, SSCOP_ESTABLISH_IND, ctx);
}

static void
establish_conf(struct sscop *s, const struct sscop_ctx *ctx)
{
	tell(s, SSCOP_ESTABLISH_CONF, ctx);
}

static void
release_ind(struct sscop *s, const struct sscop_ctx *ctx)
{
	s->source = 0;
	sscop_deliver(s, SSCOP_RELEASE_IND, NULL, 0, ctx->now_ns);
}

static void
release_ind_uu(struct sscop *s, const struct sscop_ctx *ctx)
{
	s->source = ctx->pdu->s; /* of an END; 0 in a BGREJ */
	tell(s, SSCOP_RELEASE_IND, ctx);
}

static void
release_ind_sscop(struct sscop *s, const struct sscop_ctx *ctx)
{
	if (ctx->from == SSCOP_ST_IDLE)
		return;
	s->source = 1;
	sscop_deliver(s, SSCOP_RELEASE_IND, NULL, 0, ctx->now_ns);
}

static void
release_conf(struct sscop *s, const struct sscop_ctx *ctx)
{
	sscop_deliver(s, SSCOP_RELEASE_CONF, NULL, 0, ctx->now_ns);
}

static void
resync_ind(struct sscop *s, const struct sscop_ctx *ctx)
{
	tell(s, SSCOP_RESYNC_IND, ctx);
}

static void
resync_conf(struct sscop *s, const struct sscop_ctx *ctx)
{
	tell(s, SSCOP_RESYNC_CONF, ctx);
}

static void
recover_ind(struct sscop *s, const struct sscop_ctx *ctx)
{
	sscop_deliver(s, SSCOP_RECOVER_IND, NULL, 0, ctx->now_ns);
}

static void
unitdata_ind(struct sscop *s, const struct sscop_ctx *ctx)
{
	tell(s, SSCOP_UNITDATA_IND, ctx);
}

static void
mdata_ind(struct sscop *s, const struct sscop_ctx *ctx)
{
	tell(s, SSCOP_MDATA_IND, ctx);
}

/* The codes of the table. */
#define ACTION(name, ...) static const sscop_step name[] = { __VA_ARGS__, NULL }

ACTION(a, take_n_mr, establish_ind);
ACTION(b, take_n_mr, own_window, keep_bgak_uu, send_bgak, establish_conf);
ACTION(c, take_n_mr, release_ind, establish_ind);
ACTION(d, take_n_mr, release_conf, establish_ind);
ACTION(e, take_n_mr, establish_conf);
ACTION(f, release_ind_uu);
ACTION(g, release_conf);
ACTION(h, send_endak, release_ind_uu);
ACTION(i, take_n_mr, own_window, send_rsak, resync_conf);
ACTION(k, take_n_mr, resync_ind);
ACTION(l, take_n_mr, resync_conf);
ACTION(m, take_n_mr, own_window, send_erak, recover_ind);
ACTION(n, take_n_mr, recover_ind);
ACTION(o, take_n_mr, recover_ind);

static const sscop_step ignore[] = { NULL };
ACTION(only_report, report);                                        /* x */
ACTION(report_end_tell, report, send_end_sscop, release_ind_sscop); /* x! */
ACTION(report_tell, report, release_ind_sscop);                     /* x- */
ACTION(report_g, report, release_conf);

ACTION(bgrej, send_bgrej);
ACTION(endak, send_endak);
ACTION(erak, send_erak);
ACTION(endak_g, send_endak, release_conf);
ACTION(bgak_end, send_bgak, send_end);
ACTION(bgak_rs, send_bgak, send_rs);
ACTION(bgak_nr, send_bgak, restart_nr);
ACTION(rsak_nr, send_rsak, restart_nr);
ACTION(erak_nr, send_erak, restart_nr);

ACTION(bgn_new, next_sq, own_window, keep_begin_uu, first_cc, send_bgn);
ACTION(end_new, keep_begin_uu, first_cc, send_end);
ACTION(rs_new, next_sq, own_window, keep_begin_uu, first_cc, send_rs);
ACTION(er_new, report, next_sq, own_window, first_cc, send_er); /* SSCOP-42 */
ACTION(bgn_again, count_cc, send_bgn);
ACTION(end_again, count_cc, send_end);
ACTION(rs_again, count_cc, send_rs);
ACTION(er_again, count_cc, send_er);
ACTION(bgak_resp, own_window, keep_bgak_uu, send_bgak);
ACTION(rsak_resp, own_window, send_rsak);
ACTION(erak_resp, own_window, send_erak);

ACTION(sd, sscop_step_sd);
ACTION(poll, sscop_step_poll);
ACTION(stat, sscop_step_stat);
ACTION(ustat, sscop_step_ustat);
ACTION(poll_due, sscop_step_poll_due);
ACTION(idle_due, sscop_step_idle_due);
ACTION(data, sscop_step_data);
ACTION(ud_ind, unitdata_ind);
ACTION(md_ind, mdata_ind);
ACTION(ud_req, send_ud);
ACTION(md_req, send_md);

/* A row of the table is a line or two here, a kind of cell is one. */
/* clang-format off */

/*
 * Cells: EMPTY in the table, IGN a dash, ERR(x) x, FAIL(x) x!, QUIT(x) x-. Those that end what we
 * have begun are DO and GO: one each time. For the others, ANS and TAKE, FAIL and QUIT, the peer
 * can come as often as it likes.
 */
#define EMPTY { 0 }
#define IGN { .steps = ignore }
#define ERR(x) { .steps = only_report, .code = (x) }
#define FAIL(x) \
	{ .steps = report_end_tell, .next = SSCOP_ST_IDLE, .code = (x), .answers = true }
#define QUIT(x) { .steps = report_tell, .next = SSCOP_ST_IDLE, .code = (x), .answers = true }
#define DO(act) { .steps = (act) }
#define GO(act, state) { .steps = (act), .next = (state) }
#define ANS(act) { .steps = (act), .answers = true }
#define TAKE(act, state) { .steps = (act), .next = (state), .answers = true }
#define GO_ERR(act, x, state) { .steps = (act), .next = (state), .code = (x) }
#define EVERY(cell) { [SSCOP_ST_IDLE ... SSCOP_ST_READY] = cell }
#define ROW(s1, s2, s3, s4, s5, s6, s7, s8, s9, s10) \
	{ EMPTY, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10 }
static_assert(SSCOP_ST_READY == 10, "columns are the numbers of the states");

static const struct sscop_cell cells[SSCOP_EV_COUNT][SSCOP_ST_COUNT] = {
	[SSCOP_EV_BGN_NEW] = ROW(TAKE(a, 3), GO(b, 10), ANS(c), TAKE(d, 3), TAKE(c, 3),
		TAKE(c, 3), TAKE(c, 3), TAKE(c, 3), TAKE(c, 3), TAKE(c, 3)),
	[SSCOP_EV_BGN_REPEAT] = ROW(ANS(bgrej), IGN, IGN, ANS(bgak_end), ANS(bgak_rs),
		ERR('B'), ERR('B'), ERR('B'), ERR('B'), ANS(bgak_nr)),
	[SSCOP_EV_BGAK] = ROW(FAIL('C'), GO(e, 10), ERR('C'), IGN, IGN,
		ERR('C'), ERR('C'), ERR('C'), ERR('C'), IGN),
	[SSCOP_EV_BGREJ] = ROW(ERR('D'), GO(f, 1), QUIT('D'), GO(g, 1), QUIT('D'),
		QUIT('D'), QUIT('D'), QUIT('D'), QUIT('D'), QUIT('D')),
	[SSCOP_EV_END] = ROW(ANS(endak), IGN, TAKE(h, 1), GO(endak_g, 1), TAKE(h, 1),
		TAKE(h, 1), TAKE(h, 1), TAKE(h, 1), TAKE(h, 1), TAKE(h, 1)),
	[SSCOP_EV_ENDAK] = ROW(IGN, IGN, QUIT('F'), GO(g, 1), QUIT('F'),
		QUIT('F'), QUIT('F'), QUIT('F'), QUIT('F'), QUIT('F')),
	[SSCOP_EV_RS_NEW] = ROW(FAIL('J'), IGN, ERR('J'), IGN, GO(i, 10),
		ERR('J'), TAKE(k, 6), TAKE(k, 6), TAKE(k, 6), TAKE(k, 6)),
	[SSCOP_EV_RS_REPEAT] = ROW(FAIL('J'), IGN, ERR('J'), IGN, IGN,
		IGN, ERR('J'), ERR('J'), ERR('J'), ANS(rsak_nr)),
	[SSCOP_EV_RSAK] = ROW(FAIL('K'), IGN, ERR('K'), IGN, GO(l, 10),
		ERR('K'), ERR('K'), ERR('K'), ERR('K'), IGN),
	[SSCOP_EV_ER_NEW] = ROW(FAIL('L'), IGN, ERR('L'), IGN, IGN,
		ERR('L'), GO(m, 8), ERR('L'), ERR('L'), TAKE(n, 9)),
	[SSCOP_EV_ER_REPEAT] = ROW(FAIL('L'), IGN, ERR('L'), IGN, IGN,
		ERR('L'), ERR('L'), ANS(erak), IGN, ANS(erak_nr)),
	[SSCOP_EV_ERAK] = ROW(FAIL('M'), IGN, ERR('M'), IGN, IGN,
		ERR('M'), GO(o, 8), IGN, ERR('M'), IGN),
	[SSCOP_EV_SD] = ROW(FAIL('A'), IGN, FAIL('A'), IGN, IGN,
		FAIL('A'), IGN, IGN, FAIL('A'), DO(sd)),
	[SSCOP_EV_POLL] = ROW(FAIL('G'), IGN, FAIL('G'), IGN, IGN,
		FAIL('G'), IGN, IGN, FAIL('G'), DO(poll)),
	[SSCOP_EV_STAT] = ROW(FAIL('H'), IGN, FAIL('H'), IGN, IGN,
		FAIL('H'), IGN, FAIL('H'), FAIL('H'), DO(stat)),
	[SSCOP_EV_USTAT] = ROW(FAIL('I'), IGN, FAIL('I'), IGN, IGN,
		FAIL('I'), IGN, FAIL('I'), FAIL('I'), DO(ustat)),
	[SSCOP_EV_UD] = EVERY(DO(ud_ind)),
	[SSCOP_EV_MD] = EVERY(DO(md_ind)),
	[SSCOP_EV_CC_AGAIN] = ROW(EMPTY, DO(bgn_again), EMPTY, DO(end_again), DO(rs_again),
		EMPTY, DO(er_again), EMPTY, EMPTY, EMPTY),
	[SSCOP_EV_CC_GIVE_UP] = ROW(EMPTY, FAIL('O'), EMPTY, GO_ERR(report_g, 'O', 1), FAIL('O'),
		EMPTY, FAIL('O'), EMPTY, EMPTY, EMPTY),
	[SSCOP_EV_T_POLL] = { [SSCOP_ST_READY] = DO(poll_due) }, /* SSCOP-18 */
	[SSCOP_EV_T_KEEP_ALIVE] = { [SSCOP_ST_READY] = DO(poll_due) }, /* SSCOP-18 */
	[SSCOP_EV_T_IDLE] = { [SSCOP_ST_READY] = DO(idle_due) }, /* SSCOP-19 */
	[SSCOP_EV_T_NO_RESPONSE] = { [SSCOP_ST_READY] = FAIL('P') }, /* SSCOP-21 */
	[SSCOP_EV_ESTABLISH_REQ] = ROW(GO(bgn_new, 2), EMPTY, EMPTY, GO(bgn_new, 2), EMPTY,
		EMPTY, EMPTY, EMPTY, EMPTY, EMPTY),
	[SSCOP_EV_ESTABLISH_RESP] = ROW(EMPTY, EMPTY, GO(bgak_resp, 10), EMPTY, EMPTY,
		EMPTY, EMPTY, EMPTY, EMPTY, EMPTY),
	[SSCOP_EV_RELEASE_REQ] = ROW(EMPTY, GO(end_new, 4), GO(bgrej, 1), EMPTY, GO(end_new, 4),
		GO(end_new, 4), GO(end_new, 4), GO(end_new, 4), GO(end_new, 4), GO(end_new, 4)),
	[SSCOP_EV_RESYNC_REQ] = ROW(EMPTY, EMPTY, EMPTY, EMPTY, EMPTY,
		EMPTY, GO(rs_new, 5), GO(rs_new, 5), GO(rs_new, 5), GO(rs_new, 5)), /* SSCOP-14 */
	[SSCOP_EV_RESYNC_RESP] = ROW(EMPTY, EMPTY, EMPTY, EMPTY, EMPTY,
		GO(rsak_resp, 10), EMPTY, EMPTY, EMPTY, EMPTY),
	[SSCOP_EV_RECOVER_RESP] = ROW(EMPTY, EMPTY, EMPTY, EMPTY, EMPTY,
		EMPTY, EMPTY, GO(ignore, 10), GO(erak_resp, 10), EMPTY),
	[SSCOP_EV_DATA_REQ] = ROW(EMPTY, EMPTY, EMPTY, EMPTY, EMPTY,
		EMPTY, IGN, IGN, IGN, DO(data)),
	[SSCOP_EV_UNITDATA_REQ] = EVERY(DO(ud_req)),
	[SSCOP_EV_MDATA_REQ] = EVERY(DO(md_req)),
};
/* clang-format on */

const struct sscop_cell *
sscop_cell_at(enum sscop_state state, enum sscop_event ev)
{
	return &cells[ev][state];
}

/* Leaving 2, 4, 5, 7 stops CC; leaving 10 ends data transfer, entering it begins one. */
static void
enter_state(struct sscop *s, enum sscop_state next, uint64_t now_ns)
{
	sscop_timer_stop(s, SSCOP_T_CC);
	if (s->state == SSCOP_ST_READY)
		sscop_transfer_stop(s);
	s->state = (uint8_t)next;
	s->epoch++;
	if (next == SSCOP_ST_READY)
		sscop_transfer_start(s, now_ns);
}

static void
run_cell(struct sscop *s, const struct sscop_cell *cell, struct sscop_ctx *ctx)
{
	const sscop_step *step;
	uint32_t epoch;

	ctx->from = s->state;
	ctx->code = cell->code;
	if (cell->next != 0)
		enter_state(s, cell->next, ctx->now_ns);
	/* A callout of a step may have taken the entity elsewhere: the rest is void then. */
	epoch = s->epoch;
	for (step = cell->steps; *step != NULL && s->epoch == epoch; step++)
		(*step)(s, ctx);
}

bool
sscop_event(struct sscop *s, enum sscop_event ev, struct sscop_ctx *ctx)
{
	const struct sscop_cell *cell = &cells[ev][s->state];

	if (cell->steps == NULL)
		return false;
	run_cell(s, cell, ctx);
	return true;
}

void
sscop_recover(struct sscop *s, char code, uint64_t now_ns)
{
	const struct sscop_cell cell = GO_ERR(er_new, code, SSCOP_ST_OUT_RECOVERY);
	struct sscop_ctx ctx = { .now_ns = now_ns };

	if (sscop_may_answer(s, now_ns))
		run_cell(s, &cell, &ctx);
}
