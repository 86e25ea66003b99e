/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * Table 17.3 as the specification prints it, every cell played on an entity that was
 * brought into its state by PDUs and requests. NR: restart of NO-RESPONSE; * : 17.4.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake.h"

#include <cmocka.h>

#define N_MR 77

enum source { FROM_PDU_NEW, FROM_PDU_REPEAT, FROM_PDU, FROM_CC, FROM_CC_LAST, FROM_REQUEST };

struct row {
	const char *name;
	enum source source;
	int what; /* type of a PDU, or primitive */
	const char *cells[10];
};

/* As in the specification, a row a line. */
/* clang-format off */
static const struct row rows[] = {
	{ "BGN, new", FROM_PDU_NEW, SSCOP_BGN,
		{ "a >3", "b >10", "c", "d >3", "c >3", "c >3", "c >3", "c >3", "c >3", "c >3" } },
	{ "BGN, repeat", FROM_PDU_REPEAT, SSCOP_BGN,
		{ "BGREJ", "-", "-", "BGAK END0", "BGAK RS", "B", "B", "B", "B", "BGAK NR" } },
	{ "BGAK", FROM_PDU, SSCOP_BGAK,
		{ "C!", "e >10", "C", "-", "-", "C", "C", "C", "C", "-" } },
	{ "BGREJ", FROM_PDU, SSCOP_BGREJ,
		{ "D", "f >1", "D-", "g >1", "D-", "D-", "D-", "D-", "D-", "D-" } },
	{ "END", FROM_PDU, SSCOP_END,
		{ "ENDAK", "-", "h >1", "ENDAK g >1", "h >1", "h >1", "h >1", "h >1", "h >1", "h >1" } },
	{ "ENDAK", FROM_PDU, SSCOP_ENDAK,
		{ "-", "-", "F-", "g >1", "F-", "F-", "F-", "F-", "F-", "F-" } },
	{ "RS, new", FROM_PDU_NEW, SSCOP_RS,
		{ "J!", "-", "J", "-", "i >10", "J", "k >6", "k >6", "k >6", "k >6" } },
	{ "RS, repeat", FROM_PDU_REPEAT, SSCOP_RS,
		{ "J!", "-", "J", "-", "-", "-", "J", "J", "J", "RSAK NR" } },
	{ "RSAK", FROM_PDU, SSCOP_RSAK,
		{ "K!", "-", "K", "-", "l >10", "K", "K", "K", "K", "-" } },
	{ "ER, new", FROM_PDU_NEW, SSCOP_ER,
		{ "L!", "-", "L", "-", "-", "L", "m >8", "L", "L", "n >9" } },
	{ "ER, repeat", FROM_PDU_REPEAT, SSCOP_ER,
		{ "L!", "-", "L", "-", "-", "L", "L", "ERAK", "-", "ERAK NR" } },
	{ "ERAK", FROM_PDU, SSCOP_ERAK,
		{ "M!", "-", "M", "-", "-", "M", "o >8", "-", "M", "-" } },
	{ "SD", FROM_PDU, SSCOP_SD,
		{ "A!", "-", "A!", "-", "-", "A!", "-", "-", "A!", "*" } },
	{ "POLL", FROM_PDU, SSCOP_POLL,
		{ "G!", "-", "G!", "-", "-", "G!", "-", "-", "G!", "*" } },
	{ "STAT", FROM_PDU, SSCOP_STAT,
		{ "H!", "-", "H!", "-", "-", "H!", "-", "H!", "H!", "*" } },
	{ "USTAT", FROM_PDU, SSCOP_USTAT,
		{ "I!", "-", "I!", "-", "-", "I!", "-", "I!", "I!", "*" } },
	{ "UD", FROM_PDU, SSCOP_UD,
		{ "UNITDATA.IND+uu", "UNITDATA.IND+uu", "UNITDATA.IND+uu", "UNITDATA.IND+uu", "UNITDATA.IND+uu",
		  "UNITDATA.IND+uu", "UNITDATA.IND+uu", "UNITDATA.IND+uu", "UNITDATA.IND+uu", "UNITDATA.IND+uu" } },
	{ "MD", FROM_PDU, SSCOP_MD,
		{ "MDATA.IND+uu", "MDATA.IND+uu", "MDATA.IND+uu", "MDATA.IND+uu", "MDATA.IND+uu",
		  "MDATA.IND+uu", "MDATA.IND+uu", "MDATA.IND+uu", "MDATA.IND+uu", "MDATA.IND+uu" } },
	{ "Timer CC, VT(CC) < MaxCC", FROM_CC, 0,
		{ "", "BGN", "", "END0", "RS", "", "ER", "", "", "" } },
	{ "Timer CC, VT(CC) = MaxCC", FROM_CC_LAST, 0,
		{ "", "O!", "", "O g >1", "O!", "", "O!", "", "", "" } },
	{ "ESTABLISH request", FROM_REQUEST, SSCOP_ESTABLISH_REQ,
		{ "BGN+rq >2", "", "", "BGN+rq >2", "", "", "", "", "", "" } },
	{ "ESTABLISH response", FROM_REQUEST, SSCOP_ESTABLISH_RESP,
		{ "", "", "BGAK+rq >10", "", "", "", "", "", "", "" } },
	{ "RELEASE request", FROM_REQUEST, SSCOP_RELEASE_REQ,
		{ "", "END0+rq >4", "BGREJ+rq >1", "", "END0+rq >4", "END0+rq >4", "END0+rq >4", "END0+rq >4", "END0+rq >4", "END0+rq >4" } },
	{ "RESYNC request", FROM_REQUEST, SSCOP_RESYNC_REQ,
		{ "", "", "", "", "", "", "RS+rq >5", "RS+rq >5", "RS+rq >5", "RS+rq >5" } },
	{ "RESYNC response", FROM_REQUEST, SSCOP_RESYNC_RESP,
		{ "", "", "", "", "", "RSAK >10", "", "", "", "" } },
	{ "RECOVER response", FROM_REQUEST, SSCOP_RECOVER_RESP,
		{ "", "", "", "", "", "", "", ">10", "ERAK >10", "" } },
	{ "UNITDATA request", FROM_REQUEST, SSCOP_UNITDATA_REQ,
		{ "UD+rq", "UD+rq", "UD+rq", "UD+rq", "UD+rq", "UD+rq", "UD+rq", "UD+rq", "UD+rq", "UD+rq" } },
	{ "MDATA request", FROM_REQUEST, SSCOP_MDATA_REQ,
		{ "MD+rq", "MD+rq", "MD+rq", "MD+rq", "MD+rq", "MD+rq", "MD+rq", "MD+rq", "MD+rq", "MD+rq" } },
};

/* What the codes stand for, and whether VT(MS) takes N(MR). */
static const struct code {
	const char *name, *text;
	bool n_mr;
} codes[] = {
	{ "a", "ESTABLISH.IND+uu", true },
	{ "b", "BGAK ESTABLISH.CONF+uu", true },
	{ "c", "RELEASE.IND0 ESTABLISH.IND+uu", true },
	{ "d", "RELEASE.CONF ESTABLISH.IND+uu", true },
	{ "e", "ESTABLISH.CONF+uu", true },
	{ "f", "RELEASE.IND0+uu", false },
	{ "g", "RELEASE.CONF", false },
	{ "h", "ENDAK RELEASE.IND1+uu", false }, /* the END of the test has S = 1 */
	{ "i", "RSAK RESYNC.CONF+uu", true },
	{ "k", "RESYNC.IND+uu", true },
	{ "l", "RESYNC.CONF", true },
	{ "m", "ERAK RECOVER.IND", true },
	{ "n", "RECOVER.IND", true },
	{ "o", "RECOVER.IND", true },
};
/* clang-format on */

struct expected {
	char text[256];
	int state;
	bool n_mr;
	bool restart_nr;
};

static void
append(struct expected *e, const char *word)
{
	size_t used = strlen(e->text);

	snprintf(e->text + used, sizeof(e->text) - used, "%s%s", used > 0 ? " " : "", word);
}

/* x, x! and x- */
static void
append_error(struct expected *e, const char *token, int from)
{
	char word[] = { '!', token[0], '\0' };

	append(e, word);
	if (token[1] == '\0')
		return;
	if (token[1] == '!')
		append(e, "END1");
	if (from != SSCOP_ST_IDLE)
		append(e, "RELEASE.IND1");
	e->state = SSCOP_ST_IDLE;
}

static void
append_token(struct expected *e, const char *token, int from)
{
	size_t i;

	for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		if (strcmp(codes[i].name, token) == 0) {
			append(e, codes[i].text);
			e->n_mr = codes[i].n_mr;
			return;
		}
	}
	if (strcmp(token, "-") == 0)
		return;
	if (token[0] == '>')
		e->state = atoi(token + 1);
	else if (strcmp(token, "NR") == 0)
		e->restart_nr = true;
	else if (token[1] == '\0' || token[1] == '!' || token[1] == '-')
		append_error(e, token, from);
	else
		append(e, token);
}

static struct expected
expected_of(const char *cell, int from)
{
	struct expected e = { .state = from };
	char copy[64], *rest = copy, *token;

	snprintf(copy, sizeof(copy), "%s", cell);
	while ((token = strsep(&rest, " ")) != NULL)
		append_token(&e, token, from);
	return e;
}

static void
play_pdu(struct fake *f, const struct row *row)
{
	static const uint8_t list[] = { 0, 0, 0, 0, 0, 0, 0, 1 };
	struct sscop_pdu pdu = { .type = (uint8_t)row->what, .s = 1, .n_mr = N_MR };

	pdu.n_sq = row->source == FROM_PDU_REPEAT ? f->s->vr_sq : (uint8_t)(f->s->vr_sq + 9);
	if (row->what == SSCOP_USTAT) {
		pdu.list = list;
		pdu.n_list = 2;
	}
	if (row->what != SSCOP_ENDAK && row->what != SSCOP_RSAK && row->what != SSCOP_ER &&
		row->what != SSCOP_ERAK && row->what != SSCOP_POLL && pdu.n_list == 0 &&
		row->what != SSCOP_STAT) {
		pdu.info = (const uint8_t *)"uu";
		pdu.info_len = 2;
	}
	fake_receive(f, &pdu);
}

/* Numbers of no connection, which must be gone when one begins; a repeat keeps its N(MR). */
static void
spoil_numbers(struct sscop *s, enum source source)
{
	if (s->state == SSCOP_ST_READY)
		return;
	s->vt_s = s->vt_a = s->vr_r = s->vr_h = 5;
	s->vt_ps = 9;
	s->vt_pa = 3;
	s->vt_pd = 4;
	if (source != FROM_CC && source != FROM_PDU_REPEAT)
		s->vr_mr = 1;
}

/* 17.1, last column; VR(MR): also of what is sent on the way, "own window". */
static void
check_numbers(const struct fake *f, int from)
{
	const struct sscop *s = f->s;

	if (f->sent.type == SSCOP_BGN || f->sent.type == SSCOP_RS || f->sent.type == SSCOP_ER ||
		(s->state == SSCOP_ST_READY && from != SSCOP_ST_READY && f->n_octets > 0))
		assert_int_equal(f->sent.n_mr, s->params.window);
	if (s->state != SSCOP_ST_READY || from == SSCOP_ST_READY)
		return;
	assert_int_equal(s->vt_s + s->vt_a + s->vr_r + s->vr_h, 0);
	assert_int_equal(s->vt_ps, 0);
	assert_int_equal(s->vt_pa, 1);
	assert_int_equal(s->vt_pd, 0);
	assert_int_equal(s->vr_mr, s->params.window);
}

/* What must follow from the new state alone (17.3, above the table). */
static void
check_timers(const struct sscop *s)
{
	bool cc = s->state == SSCOP_ST_OUT_CONN || s->state == SSCOP_ST_OUT_DISC ||
		  s->state == SSCOP_ST_OUT_RESYNC || s->state == SSCOP_ST_OUT_RECOVERY;
	bool ready = s->state == SSCOP_ST_READY;

	assert_int_equal(sscop_timer_runs(s, SSCOP_T_CC), cc);
	assert_int_equal(sscop_timer_runs(s, SSCOP_T_POLL), ready);
	assert_int_equal(sscop_timer_runs(s, SSCOP_T_NO_RESPONSE), ready);
	assert_int_equal(sscop_n_timers(s), cc + 2 * ready);
	assert_int_equal(sscop_next_due_ns(s) == UINT64_MAX, !cc && !ready);
}

static void
play_event(struct fake *f, const struct row *row)
{
	if (row->source == FROM_REQUEST)
		assert_int_equal(sscop_request(f->s, (enum sscop_prim)row->what,
					 (const uint8_t *)"rq", 2, f->now_ns),
			0);
	else if (row->source == FROM_CC || row->source == FROM_CC_LAST)
		sscop_poll(f->s, f->now_ns);
	else
		play_pdu(f, row);
}

static void
play_cell(const struct row *row, int from)
{
	const char *cell = row->cells[from - 1];
	struct expected e = expected_of(cell, from);
	struct fake *f = fake_in_state((enum sscop_state)from);
	const uint64_t *nr_ns = &f->s->timers.due_ns[SSCOP_T_NO_RESPONSE];
	uint32_t vt_ms = f->s->vt_ms;
	const char *log;

	f->now_ns += 100 * FAKE_MS;
	if (row->source == FROM_CC_LAST)
		f->s->vt_cc = f->s->params.max_cc;
	if (row->source == FROM_CC || row->source == FROM_CC_LAST)
		f->now_ns += 900 * FAKE_MS;
	f->log[0] = '\0';
	f->n_octets = 0;
	f->sent.type = 0;
	spoil_numbers(f->s, row->source);
	play_event(f, row);
	log = fake_log(f);
	if (strcmp(log, e.text) != 0 || sscop_state(f->s) != (enum sscop_state)e.state)
		fail_msg("%s in state %d: '%s', state %d; the table says '%s', state %d", row->name,
			from, log, (int)sscop_state(f->s), e.text, e.state);
	check_timers(f->s);
	check_numbers(f, from);
	assert_int_equal(f->s->vt_ms, e.n_mr ? N_MR : vt_ms);
	if (e.restart_nr)
		assert_int_equal(*nr_ns, f->now_ns + 7000 * FAKE_MS);
	fake_free(f);
}

static void
refuse_cell(const struct row *row, int from)
{
	struct fake *f = fake_in_state((enum sscop_state)from);

	f->log[0] = '\0';
	assert_int_equal(
		sscop_request(f->s, (enum sscop_prim)row->what, NULL, 0, f->now_ns), -EPROTO);
	assert_string_equal(fake_log(f), "");
	assert_int_equal(sscop_state(f->s), from);
	assert_int_equal(sscop_stats(f->s)->refused, 1);
	fake_free(f);
}

/* SSCOP-7: the row in *state, in all ten states. */
static void
every_cell_of_the_row_does_what_the_table_says(void **state)
{
	const struct row *row = *state;
	int from;

	for (from = SSCOP_ST_IDLE; from <= SSCOP_ST_READY; from++) {
		const char *cell = row->cells[from - 1];

		if (cell[0] == '*')
			continue;
		if (cell[0] != '\0')
			play_cell(row, from);
		else if (row->source == FROM_REQUEST)
			refuse_cell(row, from);
		else
			assert_null(
				sscop_cell_at((enum sscop_state)from, SSCOP_EV_CC_AGAIN)->steps);
	}
}

/* SSCOP-12, row DATA request */
static void
data_is_asked_for_in_no_state_but_ready(void **state)
{
	struct fake *f;
	int from;

	(void)state;
	for (from = SSCOP_ST_IDLE; from <= SSCOP_ST_READY; from++) {
		f = fake_in_state((enum sscop_state)from);
		fake_send(f, 1);
		assert_string_equal(fake_log(f), from == SSCOP_ST_READY ? "SD0" : "");
		assert_int_equal(f->n_pulled, from == SSCOP_ST_READY);
		assert_int_equal(sscop_stats(f->s)->refused, 0);
		fake_free(f);
	}
}

/* SSCOP-4, SSCOP-5 */
static void
a_new_sequence_number_is_taken_in_every_state(void **state)
{
	struct sscop_pdu pdu = { .type = SSCOP_ER, .n_mr = 1, .n_sq = 200 };
	struct fake *f;
	int from;

	(void)state;
	for (from = SSCOP_ST_IDLE; from <= SSCOP_ST_READY; from++) {
		f = fake_in_state((enum sscop_state)from);
		fake_receive(f, &pdu);
		assert_int_equal(f->s->vr_sq, 200);
		fake_free(f);
	}
}

/* SSCOP-8, SSCOP-9 */
static void
a_bgn_into_silence_is_sent_four_times_and_given_up_after_four_seconds(void **state)
{
	struct sscop_params params;
	struct fake *f;

	(void)state;
	sscop_params_default(&params);
	params.initial_sq = 255;
	f = fake_new(&params);
	assert_int_equal(
		sscop_request(f->s, SSCOP_ESTABLISH_REQ, (const uint8_t *)"hi", 2, f->now_ns), 0);
	assert_int_equal(f->s->vt_sq, 0);
	fake_pass(f, 3999);
	assert_string_equal(fake_log(f), "BGN+hi BGN+hi BGN+hi BGN+hi");
	assert_int_equal(f->s->vt_sq, 0);
	fake_pass(f, 1);
	assert_string_equal(fake_log(f), "!O END1 RELEASE.IND1");
	assert_int_equal(sscop_n_timers(f->s), 0);
	fake_free(f);
}

/* SSCOP-8: the answer to a repeated BGN is the same BGAK. */
static void
a_repeated_bgak_carries_the_uu_of_the_first(void **state)
{
	struct fake *f = fake_in_state(SSCOP_ST_IN_CONN);
	struct sscop_pdu bgn = { .type = SSCOP_BGN, .n_mr = 128, .n_sq = 1 };

	(void)state;
	assert_int_equal(
		sscop_request(f->s, SSCOP_ESTABLISH_RESP, (const uint8_t *)"ok", 2, f->now_ns), 0);
	fake_receive(f, &bgn);
	assert_string_equal(fake_log(f), "BGAK+ok BGAK+ok");
	fake_free(f);
}

static bool
swallow(void *arg, const uint8_t *pdu, size_t len)
{
	(void)arg;
	(void)pdu;
	(void)len;
	return true;
}

static void
leave(void *arg, enum sscop_prim prim, const uint8_t *data, size_t len, uint64_t now_ns)
{
	struct sscop **s = arg;

	(void)data;
	(void)len;
	assert_int_equal(prim, SSCOP_RELEASE_IND);
	assert_int_equal(sscop_request(*s, SSCOP_RELEASE_REQ, NULL, 0, now_ns), 0);
}

/* SSCOP-47: a user that answers the first of two indications by leaving gets no second one. */
static void
an_indication_whose_state_was_left_is_not_given(void **state)
{
	static const struct sscop_ops ops = { .send_pdu = swallow, .primitive = leave };
	struct sscop_pdu bgn = { .type = SSCOP_BGN, .n_mr = 128, .n_sq = 5 };
	struct sscop_params params;
	uint8_t octets[SSCOP_MAX_PDU];
	struct sscop *s;
	int len = sscop_pdu_encode(&bgn, octets);

	(void)state;
	sscop_params_default(&params);
	s = sscop_create(&params, &ops, &s, NULL);
	assert_non_null(s);
	s->state = SSCOP_ST_IN_RESYNC; /* code c tells two things; the user leaves at the first */
	sscop_receive(s, octets, (size_t)len, 0);
	assert_int_equal(sscop_state(s), SSCOP_ST_IDLE);
	assert_int_equal(sscop_stats(s)->tx[SSCOP_BGREJ], 1);
	sscop_destroy(s);
}

/* One test a row, then the others. */
int
main(void)
{
	static const struct CMUnitTest others[] = {
		cmocka_unit_test(data_is_asked_for_in_no_state_but_ready),
		cmocka_unit_test(a_new_sequence_number_is_taken_in_every_state),
		cmocka_unit_test(
			a_bgn_into_silence_is_sent_four_times_and_given_up_after_four_seconds),
		cmocka_unit_test(a_repeated_bgak_carries_the_uu_of_the_first),
		cmocka_unit_test(an_indication_whose_state_was_left_is_not_given),
	};
	enum {
		N_ROWS = sizeof(rows) / sizeof(rows[0]),
		N_OTHERS = sizeof(others) / sizeof(others[0])
	};
	struct CMUnitTest tests[N_ROWS + N_OTHERS] = { 0 };
	size_t i;

	for (i = 0; i < N_ROWS; i++) {
		tests[i].name = rows[i].name;
		tests[i].test_func = every_cell_of_the_row_does_what_the_table_says;
		tests[i].initial_state = (void *)(uintptr_t)&rows[i];
	}
	memcpy(tests + N_ROWS, others, sizeof(others));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
