/* SPDX-License-Identifier: BSD-3-Clause */

/* Section 17.4, rule by rule. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fake.h"

#include <cmocka.h>

#define USTAT UINT32_MAX

static void
stat(struct fake *f, uint32_t n_ps, uint32_t n_r, uint32_t n_mr)
{
	fake_receive_stat(f, n_ps, n_r, n_mr, NULL, 0);
}

/* A connection that has polled once and waits with KEEP-ALIVE. */
static struct fake *
transient(uint32_t window, uint32_t n_mr)
{
	struct fake *f = fake_ready(window, n_mr);

	fake_pass(f, 750);
	assert_string_equal(fake_log(f), "POLL1/0");
	assert_true(sscop_timer_runs(f->s, SSCOP_T_KEEP_ALIVE));
	return f;
}

/* SSCOP-16, third case; SSCOP-17 */
static void
max_pd_polls_also_when_the_poll_timer_does_not_run(void **state)
{
	struct fake *f = transient(128, 128);

	(void)state;
	f->s->params.max_pd = 3;
	fake_send(f, 4);
	assert_string_equal(fake_log(f), "SD0 SD1 SD2 POLL2/3 SD3");
	assert_true(sscop_timer_runs(f->s, SSCOP_T_POLL));
	assert_false(sscop_timer_runs(f->s, SSCOP_T_KEEP_ALIVE));
	assert_int_equal(sscop_n_timers(f->s), 2);
	assert_int_equal(sscop_n_unacknowledged(f->s), 4);
	fake_free(f);
}

/* SSCOP-16, SSCOP-40: IDLE ends with an SD, NO-RESPONSE begins again. */
static void
an_sd_wakes_an_idle_connection(void **state)
{
	struct fake *f = transient(128, 128);

	(void)state;
	stat(f, 1, 0, 128);
	assert_int_equal(sscop_n_timers(f->s), 1);
	assert_true(sscop_timer_runs(f->s, SSCOP_T_IDLE));
	fake_pass(f, 10000);
	fake_send(f, 1);
	assert_string_equal(fake_log(f), "SD0");
	assert_int_equal(sscop_next_due_ns(f->s), f->now_ns + 750 * FAKE_MS);
	assert_int_equal(f->s->timers.due_ns[SSCOP_T_NO_RESPONSE], f->now_ns + 7000 * FAKE_MS);
	assert_int_equal(sscop_n_timers(f->s), 2);
	fake_free(f);
}

/* SSCOP-21, section 17.4: in the idle phase no POLL would bring the answer that stops it. */
static void
a_late_repeat_does_not_start_no_response_on_an_idle_connection(void **state)
{
	static const uint8_t repeats[] = { SSCOP_BGN, SSCOP_RS, SSCOP_ER };
	struct fake *f = transient(128, 128);
	struct sscop_pdu pdu = { .n_mr = 128, .n_sq = f->s->vr_sq };
	size_t i;

	(void)state;
	stat(f, 1, 0, 128);
	assert_true(sscop_timer_runs(f->s, SSCOP_T_IDLE));
	for (i = 0; i < sizeof(repeats); i++) {
		pdu.type = repeats[i];
		fake_receive(f, &pdu);
		assert_int_equal(sscop_n_timers(f->s), 1);
	}
	fake_pass(f, 14000);
	assert_int_equal(sscop_state(f->s), SSCOP_ST_READY);
	fake_free(f);
}

/* SSCOP-20, SSCOP-39 */
static void
a_closed_window_is_polled_and_reported_once(void **state)
{
	struct fake *f = transient(128, 0);

	(void)state;
	stat(f, 1, 0, 0);
	assert_string_equal(fake_log(f), "!W");
	fake_send(f, 2);
	assert_string_equal(fake_log(f), "POLL2/0");
	assert_true(sscop_timer_runs(f->s, SSCOP_T_POLL));
	assert_false(sscop_timer_runs(f->s, SSCOP_T_IDLE));
	stat(f, 2, 0, 0);
	fake_send(f, 0);
	fake_pass(f, 750);
	assert_string_equal(fake_log(f), "POLL3/0");
	assert_true(sscop_timer_runs(f->s, SSCOP_T_POLL)); /* queued: not KEEP-ALIVE (SSCOP-18) */
	stat(f, 3, 0, 1);
	assert_string_equal(fake_log(f), "!X SD0");
	stat(f, 3, 1, 1);
	assert_string_equal(fake_log(f), "!W");
	stat(f, 3, 1, 100);
	assert_string_equal(fake_log(f), "!X SD1");
	fake_free(f);
}

/* Our own bounds are not the peer's window: no W, no X. */
static void
no_more_than_the_window_is_outstanding(void **state)
{
	struct fake *f = fake_ready(4, 1000);

	(void)state;
	fake_send(f, 10);
	assert_string_equal(fake_log(f), "SD0 SD1 SD2 SD3");
	assert_int_equal(sscop_n_unacknowledged(f->s), 4);
	fake_pass(f, 750);
	assert_string_equal(fake_log(f), "POLL1/4");
	stat(f, 1, 3, 1000);
	assert_string_equal(fake_log(f), "SD4 SD5 SD6");
	assert_int_equal(f->n_pulled, 7);
	fake_free(f);
}

static struct fake *
with_buffers(uint32_t window, uint32_t tx_octets, uint32_t rx_octets)
{
	struct sscop_pdu bgn = { .type = SSCOP_BGN, .n_sq = 1, .n_mr = 1000 };
	struct sscop_params params;
	struct fake *f;

	sscop_params_default(&params);
	params.window = window;
	params.tx_octets = tx_octets;
	params.rx_octets = rx_octets;
	f = fake_new(&params);
	f->respond = true;
	fake_receive(f, &bgn);
	(void)fake_log(f);
	return f;
}

static void
no_more_octets_than_the_buffer_are_outstanding(void **state)
{
	struct fake *f = with_buffers(128, 3 * SSCOP_MAX_PDU, 0);

	(void)state;
	f->sdu_size = SSCOP_MAX_SDU;
	fake_send(f, 20);
	assert_string_equal(fake_log(f), "SD0 SD1 SD2");
	fake_pass(f, 750);
	assert_string_equal(fake_log(f), "POLL1/3");
	stat(f, 1, 1, 1000);
	assert_string_equal(fake_log(f), "SD3");
	stat(f, 1, 4, 1000);
	assert_string_equal(fake_log(f), "SD4 SD5 SD6");
	fake_free(f);
}

/* SSCOP-16: what the wire drops counts as sent; the peer's STAT brings it back. */
static void
a_pdu_that_the_wire_drops_is_counted_and_repaired(void **state)
{
	static const uint32_t gap[] = { 0, 1 };
	struct fake *f = fake_ready(128, 128);

	(void)state;
	f->wire_down = true;
	fake_send(f, 1);
	assert_int_equal(sscop_stats(f->s)->tx_dropped, 1);
	assert_int_equal(sscop_stats(f->s)->tx[SSCOP_SD], 0);
	f->wire_down = false;
	fake_pass(f, 750);
	(void)fake_log(f);
	fake_receive_stat(f, 1, 0, 128, gap, 2);
	assert_string_equal(fake_log(f), "!V1 SD0");
	assert_int_equal(sscop_stats(f->s)->retransmitted, 1);
	fake_free(f);
}

/* SSCOP-37, SSCOP-43: the poll mark. */
static void
a_retransmission_is_repeated_only_for_a_later_poll(void **state)
{
	static const uint32_t gap[] = { 1, 3 };
	struct fake *f = fake_ready(128, 128);

	(void)state;
	fake_send(f, 4);
	fake_pass(f, 750);
	(void)fake_log(f);
	fake_receive_stat(f, 1, 1, 128, gap, 2);
	assert_string_equal(fake_log(f), "!V2 SD1 SD2");
	fake_receive_stat(f, 1, 1, 128, gap, 2);
	assert_string_equal(fake_log(f), "!V0");
	fake_pass(f, 750);
	assert_string_equal(fake_log(f), "POLL2/4");
	fake_receive_stat(f, 2, 1, 128, gap, 2);
	assert_string_equal(fake_log(f), "!V2 SD1 SD2");
	fake_free(f);
}

/* SSCOP-41 */
static void
a_ustat_is_obeyed_whatever_the_poll_mark(void **state)
{
	static const uint32_t gap[] = { 0, 2 };
	struct fake *f = fake_ready(128, 128);

	(void)state;
	fake_send(f, 3);
	(void)fake_log(f);
	fake_receive_stat(f, USTAT, 0, 128, gap, 2);
	assert_string_equal(fake_log(f), "!V2 SD0 SD1");
	fake_receive_stat(f, USTAT, 0, 128, gap, 2);
	assert_string_equal(fake_log(f), "!V2 SD0 SD1");
	fake_free(f);
}

/* SSCOP-38 */
static void
a_list_of_one_element_is_ignored(void **state)
{
	static const uint32_t any[] = { 77 };
	struct fake *f = fake_ready(128, 128);

	(void)state;
	fake_send(f, 2);
	fake_pass(f, 750);
	(void)fake_log(f);
	fake_receive_stat(f, 1, 1, 128, any, 1);
	assert_string_equal(fake_log(f), "");
	assert_int_equal(sscop_n_unacknowledged(f->s), 1);
	assert_int_equal(sscop_state(f->s), SSCOP_ST_READY);
	fake_free(f);
}

/* SSCOP-35, SSCOP-37, SSCOP-41, SSCOP-42: SDs 2..5 are out, POLLs 2..3 may be answered. */
static void
a_status_that_cannot_be_starts_recovery(void **state)
{
	static const struct {
		uint32_t n_ps, n_r, n;
		uint32_t list[3];
		const char *log;
	} cases[] = {
		{ 1, 2, 0, { 0 }, "!R ER" },
		{ 4, 2, 0, { 0 }, "!R ER" },
		{ 3, 1, 0, { 0 }, "!S ER" },
		{ 3, 7, 0, { 0 }, "!S ER" },
		{ 3, 2, 2, { 6, 7 }, "!S ER" },
		{ 3, 2, 2, { 3, 3 }, "!S ER" },
		{ 3, 2, 2, { 4, 3 }, "!S ER" },
		{ 3, 2, 2, { 3, 7 }, "!S ER" },
		{ 3, 2, 3, { 3, 4, 7 }, "!S ER" },
		{ 3, 2, 3, { 3, 4, 4 }, "!S ER" },
		{ 3, 3, 2, { 2, 4 }, "!S ER" },
		{ USTAT, 1, 2, { 2, 3 }, "!T ER" },
		{ USTAT, 6, 2, { 2, 3 }, "!T ER" },
		{ USTAT, 2, 2, { 3, 3 }, "!T ER" },
		{ USTAT, 2, 2, { 4, 3 }, "!T ER" },
		{ USTAT, 2, 2, { 1, 3 }, "!T ER" },
		{ USTAT, 2, 2, { 5, 6 }, "!T ER" },
		{ USTAT, 3, 2, { 2, 4 }, "!T ER" },
		{ 3, 6, 0, { 0 }, "" },
		{ 2, 2, 2, { 2, 6 }, "!V4 SD2 SD3 SD4 SD5" },
		{ USTAT, 5, 2, { 5, 6 }, "!T ER" },
		{ USTAT, 2, 2, { 2, 5 }, "!V3 SD2 SD3 SD4" },
	};
	struct fake *f;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		f = fake_ready(128, 128);
		fake_send(f, 6);
		fake_pass(f, 3 * 750);
		stat(f, 2, 2, 128);
		f->s->tx.slots[2].poll_mark = f->s->tx.slots[3].poll_mark = 1;
		(void)fake_log(f);
		f->log[0] = '\0';
		fake_receive_stat(f, cases[i].n_ps, cases[i].n_r, 128, cases[i].list, cases[i].n);
		assert_string_equal(fake_log(f), cases[i].log);
		if (strstr(cases[i].log, "ER") != NULL) {
			assert_int_equal(sscop_state(f->s), SSCOP_ST_OUT_RECOVERY);
			assert_int_equal(sscop_n_timers(f->s), 1);
			assert_int_equal(f->s->vr_mr, 128);
			assert_int_equal(sscop_n_unacknowledged(f->s), 0);
		}
		fake_free(f);
	}
}

/* SSCOP-22 to SSCOP-29, window 8, from a fresh connection. */
static void
every_sd_meets_its_case(void **state)
{
	static const struct {
		uint32_t n_s[6], n;
		const char *log;
	} cases[] = {
		{ { 0 }, 1, "DATA=s0" },                                  /* SSCOP-23 */
		{ { 1 }, 1, "USTAT[0,1]" },                               /* SSCOP-26 */
		{ { 1, 0 }, 2, "USTAT[0,1] DATA=s0 DATA=s1" },            /* SSCOP-24 */
		{ { 1, 2, 0 }, 3, "USTAT[0,1] DATA=s0 DATA=s1 DATA=s2" }, /* SSCOP-25 */
		{ { 3, 1, 0 }, 3, "USTAT[0,3] DATA=s0 DATA=s1" },         /* SSCOP-27 */
		{ { 3, 1, 0, 2 }, 4, "USTAT[0,3] DATA=s0 DATA=s1 DATA=s2 DATA=s3" },
		{ { 1, 1 }, 2, "USTAT[0,1] !Q ER" }, /* SSCOP-28 */
		{ { 0, 0 }, 2, "DATA=s0" },          /* SSCOP-29 */
		{ { 8 }, 1, "USTAT[0,8]" },          /* SSCOP-22 */
		{ { 8, 9 }, 2, "USTAT[0,8]" },       /* SSCOP-34 */
		{ { 1, 8, 8 }, 3, "USTAT[0,1] USTAT[2,8]" },
		{ { 1, 4, 6 }, 3, "USTAT[0,1] USTAT[2,4] USTAT[5,6]" },
		{ { 0x7fffff }, 1, "USTAT[0,8]" },
		{ { 0x800000 }, 1, "" },
		{ { 0xffffff }, 1, "" },
	};
	struct fake *f;
	size_t i;
	uint32_t j;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		f = fake_ready(8, 128);
		f->log[0] = '\0';
		for (j = 0; j < cases[i].n; j++)
			fake_receive_sd(f, cases[i].n_s[j]);
		assert_string_equal(fake_log(f), cases[i].log);
		fake_free(f);
	}
}

/* SSCOP-29 */
static void
an_sd_behind_is_dropped_and_counted(void **state)
{
	struct fake *f = fake_ready(8, 128);

	(void)state;
	fake_receive_sd(f, 0);
	fake_receive_sd(f, 0);
	fake_receive_sd(f, 0x800001);
	assert_int_equal(sscop_stats(f->s)->behind, 2);
	assert_int_equal(sscop_state(f->s), SSCOP_ST_READY);
	fake_free(f);
}

/* SSCOP-30: 32 chunks of receive buffer. */
static void
a_full_receive_buffer_drops_and_the_next_stat_asks_again(void **state)
{
	struct fake *f = with_buffers(128, 0, 32 * SSCOP_CHUNK_SIZE);
	uint32_t i;

	(void)state;
	for (i = 1; i <= 40; i++)
		fake_receive_sd(f, i);
	assert_string_equal(fake_log(f), "USTAT[0,1]");
	assert_int_equal(sscop_stats(f->s)->no_buffer, 8);
	assert_int_equal(f->s->rx.n_free, 0);
	fake_receive_poll(f, 1, 41);
	assert_string_equal(fake_log(f), "STAT1/0[0,1,33,41]");
	f->no_credit = true;
	fake_receive_sd(f, 0);
	assert_int_equal(f->s->vr_r, 33);
	assert_int_equal(f->s->rx.n_free, 32);
	assert_int_equal(f->s->rx.n_kept, 0);
	fake_receive_sd(f, 33);
	assert_int_equal(f->s->vr_r, 34);
	assert_int_equal(sscop_state(f->s), SSCOP_ST_READY);
	fake_free(f);
}

/* SSCOP-31 */
static void
a_poll_below_what_came_starts_recovery(void **state)
{
	static const uint32_t bad[] = { 0, 1, 2, 0xffffff, 0x800001 };
	struct fake *f;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		f = fake_ready(8, 128);
		fake_receive_sd(f, 0);
		fake_receive_sd(f, 2);
		(void)fake_log(f);
		fake_receive_poll(f, 1, bad[i]);
		assert_string_equal(fake_log(f), "!Q ER");
		fake_free(f);
	}
}

/* SSCOP-31, SSCOP-32 */
static void
a_stat_lists_gaps_and_runs(void **state)
{
	static const struct {
		uint32_t n_s[4], n, poll;
		const char *log;
	} cases[] = {
		{ { 0 }, 0, 0, "STAT9/0[]" },
		{ { 0 }, 1, 1, "STAT9/1[]" },
		{ { 0 }, 1, 3, "STAT9/1[1,3]" },
		{ { 2 }, 1, 3, "STAT9/0[0,2,3]" },
		{ { 2 }, 1, 4, "STAT9/0[0,2,3,4]" },
		{ { 1, 2, 5 }, 3, 6, "STAT9/0[0,1,3,5,6]" },
		{ { 7 }, 1, 100, "STAT9/0[0,7,8]" }, /* no further than VR(MR) */
		{ { 0 }, 0, 100, "STAT9/0[0,8]" },
	};
	struct fake *f;
	size_t i;
	uint32_t j;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		f = fake_ready(8, 128);
		f->no_credit = true;
		for (j = 0; j < cases[i].n; j++)
			fake_receive_sd(f, cases[i].n_s[j]);
		(void)fake_log(f);
		fake_receive_poll(f, 9, cases[i].poll);
		assert_string_equal(fake_log(f), cases[i].log);
		fake_free(f);
	}
}

/* SSCOP-33 */
static void
a_long_list_is_cut_where_a_gap_begins(void **state)
{
	struct fake *f = fake_ready(128, 128);
	uint32_t i;

	(void)state;
	f->s->params.max_stat = 3;
	for (i = 1; i < 6; i += 2)
		fake_receive_sd(f, i);
	(void)fake_log(f);
	fake_receive_poll(f, 4, 6);
	assert_string_equal(fake_log(f), "STAT4/0[0,1,2] STAT4/0[2,3,4] STAT4/0[4,5,6]");
	fake_receive_poll(f, 5, 7);
	assert_string_equal(
		fake_log(f), "STAT5/0[0,1,2] STAT5/0[2,3,4] STAT5/0[4,5,6] STAT5/0[6,7]");
	fake_free(f);
}

/* SSCOP-6 */
static void
credit_grows_by_what_was_taken_and_never_beyond_the_window(void **state)
{
	struct fake *f = fake_ready(4, 128);

	(void)state;
	f->no_credit = true;
	fake_receive_sd(f, 0);
	fake_receive_sd(f, 1);
	assert_int_equal(f->s->vr_mr, 4);
	sscop_credit(f->s, 1);
	assert_int_equal(f->s->vr_mr, 5);
	sscop_credit(f->s, 100);
	assert_int_equal(f->s->vr_mr, 6);
	assert_int_equal(sscop_request(f->s, SSCOP_RELEASE_REQ, NULL, 0, f->now_ns), 0);
	sscop_credit(f->s, 1);
	assert_int_equal(f->s->vr_mr, 6);
	fake_free(f);
}

/* SSCOP-22: a user that gives no credit back closes the window. */
static void
without_credit_nothing_more_is_delivered(void **state)
{
	struct fake *f = fake_ready(2, 128);

	(void)state;
	f->no_credit = true;
	f->log[0] = '\0';
	fake_receive_sd(f, 0);
	fake_receive_sd(f, 1);
	fake_receive_sd(f, 2);
	assert_string_equal(fake_log(f), "DATA=s0 DATA=s1");
	fake_free(f);
}

/* SSCOP-3 */
static void
numbers_wrap_on_both_sides(void **state)
{
	static const uint32_t gap[] = { 0xffffff, 1 };
	struct fake *f = fake_ready(8, 8);

	(void)state;
	fake_shift(f->s, 0xfffffe);
	fake_send(f, 4);
	assert_string_equal(fake_log(f), "SD16777214 SD16777215 SD0 SD1");
	fake_pass(f, 750);
	assert_string_equal(fake_log(f), "POLL16777215/2");
	fake_receive_stat(f, 0xffffff, 0xffffff, 6, gap, 2);
	assert_string_equal(fake_log(f), "!V2 SD16777215 SD0");
	fake_pass(f, 750);
	assert_string_equal(fake_log(f), "POLL0/2");
	stat(f, 0, 2, 10);
	assert_int_equal(sscop_n_unacknowledged(f->s), 0);
	fake_receive_sd(f, 0xfffffe);
	fake_receive_sd(f, 1);
	fake_receive_sd(f, 0);
	assert_string_equal(fake_log(f), "DATA=s16777214 USTAT[16777215,1]");
	fake_receive_poll(f, 1, 2);
	assert_string_equal(fake_log(f), "STAT1/16777215[16777215,0,2]");
	fake_receive_sd(f, 0xffffff);
	assert_string_equal(fake_log(f), "DATA=s16777215 DATA=s0 DATA=s1");
	fake_receive_sd(f, 0xffffff);
	assert_int_equal(sscop_stats(f->s)->behind, 1);
	assert_int_equal(sscop_state(f->s), SSCOP_ST_READY);
	fake_free(f);
}

/* SSCOP-12 */
static void
nothing_of_a_transfer_outlives_it(void **state)
{
	struct sscop_pdu rs = { .type = SSCOP_RS, .n_sq = 50, .n_mr = 128 };
	struct fake *f = fake_ready(8, 2);

	(void)state;
	f->respond = true;
	fake_send(f, 5);
	fake_receive_sd(f, 1);
	(void)fake_log(f);
	fake_receive(f, &rs);
	assert_string_equal(fake_log(f), "RESYNC.IND RSAK");
	assert_int_equal(sscop_n_unacknowledged(f->s), 0);
	assert_int_equal(f->s->rx.n_kept, 0);
	assert_int_equal(f->n_pulled, 2);
	f->log[0] = '\0';
	fake_receive_sd(f, 0);
	fake_receive_sd(f, 1);
	assert_string_equal(fake_log(f), "DATA=s0 DATA=s1");
	fake_send(f, 0);
	assert_string_equal(fake_log(f), "SD0 SD1 SD2");
	fake_free(f);
}

struct seen {
	struct sscop *s;
	const uint8_t *from, *sdu;
};

static bool
send_nowhere(void *arg, const uint8_t *pdu, size_t len)
{
	(void)arg;
	(void)pdu;
	(void)len;
	return true;
}

static void
see(void *arg, enum sscop_prim prim, const uint8_t *data, size_t len, uint64_t now_ns)
{
	struct seen *seen = arg;

	(void)len;
	if (prim == SSCOP_ESTABLISH_IND)
		(void)sscop_request(seen->s, SSCOP_ESTABLISH_RESP, NULL, 0, now_ns);
	if (prim == SSCOP_DATA_IND)
		seen->sdu = data;
}

static void
an_sd_in_sequence_is_delivered_where_it_lies(void **state)
{
	static const struct sscop_ops ops = { .send_pdu = send_nowhere, .primitive = see };
	static const uint8_t bgn[] = { 0, 0, 0, 1, SSCOP_BGN, 0, 0, 128 };
	static const uint8_t sd[] = { 'a', 'b', 'c', 'd', SSCOP_SD, 0, 0, 0 };
	struct sscop_params params;
	struct seen seen = { 0 };

	(void)state;
	sscop_params_default(&params);
	seen.s = sscop_create(&params, &ops, &seen, NULL);
	assert_non_null(seen.s);
	sscop_receive(seen.s, bgn, sizeof(bgn), 0);
	sscop_receive(seen.s, sd, sizeof(sd), 0);
	assert_ptr_equal(seen.sdu, sd);
	sscop_destroy(seen.s);
}

/* SSCOP-44 */
static void
every_error_has_a_counter(void **state)
{
	static const uint8_t bad[] = { 0x0a, 0, 0, 0 }, type0[] = { 0, 0, 0, 0 };
	struct fake *f = fake_ready(8, 128);

	(void)state;
	sscop_receive(f->s, bad, sizeof(bad), f->now_ns);
	sscop_receive(f->s, type0, sizeof(type0), f->now_ns);
	assert_string_equal(fake_log(f), "!U !U");
	assert_int_equal(sscop_stats(f->s)->bad_length, 1);
	assert_int_equal(sscop_stats(f->s)->bad_type, 1);
	assert_int_equal(sscop_stats(f->s)->errors['U' - 'A'], 2);
	assert_int_equal(sscop_stats(f->s)->rx[SSCOP_POLL], 0);
	fake_receive_poll(f, 1, 0);
	assert_int_equal(sscop_stats(f->s)->rx[SSCOP_POLL], 1);
	assert_int_equal(sscop_stats(f->s)->tx[SSCOP_STAT], 1);
	fake_free(f);
}

/* A control loop that comes late finds what is due, once, and the clock goes on from there. */
static void
late_timers_fire_once(void **state)
{
	struct fake *f = fake_ready(8, 128);

	(void)state;
	f->now_ns += 3000 * FAKE_MS;
	f->log[0] = '\0';
	sscop_poll(f->s, f->now_ns);
	assert_string_equal(fake_log(f), "POLL1/0");
	assert_int_equal(sscop_next_due_ns(f->s), f->now_ns + 2000 * FAKE_MS);
	fake_free(f);
}

static void
bad_parameters_are_refused_with_a_reason(void **state)
{
	static const struct {
		size_t offset;
		uint32_t value;
	} cases[] = {
		{ offsetof(struct sscop_params, timer_cc_ms), 0 },
		{ offsetof(struct sscop_params, timer_poll_ms), 0 },
		{ offsetof(struct sscop_params, timer_poll_ms), 7000 },
		{ offsetof(struct sscop_params, timer_keep_alive_ms), 0 },
		{ offsetof(struct sscop_params, timer_keep_alive_ms), 7000 },
		{ offsetof(struct sscop_params, timer_no_response_ms), 0 },
		{ offsetof(struct sscop_params, timer_idle_ms), 0 },
		{ offsetof(struct sscop_params, max_cc), 0 },
		{ offsetof(struct sscop_params, max_pd), 0 },
		{ offsetof(struct sscop_params, max_stat), 1 },
		{ offsetof(struct sscop_params, max_stat), 4 },
		{ offsetof(struct sscop_params, max_stat), 69 },
		{ offsetof(struct sscop_params, window), 0 },
		{ offsetof(struct sscop_params, window), 65537 },
		{ offsetof(struct sscop_params, tx_octets), 8207 },
		{ offsetof(struct sscop_params, tx_octets), UINT32_MAX },
		{ offsetof(struct sscop_params, rx_octets), 4095 },
		{ offsetof(struct sscop_params, rx_octets), UINT32_MAX },
	};
	static const struct sscop_ops ops = { .send_pdu = send_nowhere, .primitive = see };
	struct sscop_params params;
	const char *why;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		sscop_params_default(&params);
		assert_int_equal(sscop_params_check(&params, &why), 0);
		*(uint32_t *)((char *)&params + cases[i].offset) = cases[i].value;
		why = NULL;
		assert_true(sscop_params_check(&params, &why) < 0);
		assert_non_null(why);
		assert_null(sscop_create(&params, &ops, NULL, NULL));
	}
}

static void
marks_come_out_lowest_first(void **state)
{
	struct fake *f = fake_ready(64, 64);
	struct sscop_tx *tx = &f->s->tx;
	const uint32_t base = 0xffffe0;

	(void)state;
	assert_int_equal(sscop_tx_mark(tx, 5, 1, base), 1);
	assert_int_equal(sscop_tx_mark(tx, 0xfffff0, 1, base), 1);
	assert_int_equal(sscop_tx_mark(tx, 5, 1, base), 0);
	assert_int_equal(sscop_tx_mark(tx, 0, 1, base), 1);
	assert_int_equal(tx->n_marked, 3);
	assert_int_equal(sscop_tx_unmark_first(tx), 0xfffff0);
	assert_int_equal(sscop_tx_unmark_first(tx), 0);
	assert_int_equal(sscop_tx_unmark_first(tx), 5);
	assert_int_equal(tx->n_marked, 0);
	fake_free(f);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(max_pd_polls_also_when_the_poll_timer_does_not_run),
		cmocka_unit_test(an_sd_wakes_an_idle_connection),
		cmocka_unit_test(a_late_repeat_does_not_start_no_response_on_an_idle_connection),
		cmocka_unit_test(a_closed_window_is_polled_and_reported_once),
		cmocka_unit_test(no_more_than_the_window_is_outstanding),
		cmocka_unit_test(no_more_octets_than_the_buffer_are_outstanding),
		cmocka_unit_test(a_pdu_that_the_wire_drops_is_counted_and_repaired),
		cmocka_unit_test(a_retransmission_is_repeated_only_for_a_later_poll),
		cmocka_unit_test(a_ustat_is_obeyed_whatever_the_poll_mark),
		cmocka_unit_test(a_list_of_one_element_is_ignored),
		cmocka_unit_test(a_status_that_cannot_be_starts_recovery),
		cmocka_unit_test(every_sd_meets_its_case),
		cmocka_unit_test(an_sd_behind_is_dropped_and_counted),
		cmocka_unit_test(a_full_receive_buffer_drops_and_the_next_stat_asks_again),
		cmocka_unit_test(a_poll_below_what_came_starts_recovery),
		cmocka_unit_test(a_stat_lists_gaps_and_runs),
		cmocka_unit_test(a_long_list_is_cut_where_a_gap_begins),
		cmocka_unit_test(credit_grows_by_what_was_taken_and_never_beyond_the_window),
		cmocka_unit_test(without_credit_nothing_more_is_delivered),
		cmocka_unit_test(numbers_wrap_on_both_sides),
		cmocka_unit_test(nothing_of_a_transfer_outlives_it),
		cmocka_unit_test(an_sd_in_sequence_is_delivered_where_it_lies),
		cmocka_unit_test(every_error_has_a_counter),
		cmocka_unit_test(late_timers_fire_once),
		cmocka_unit_test(bad_parameters_are_refused_with_a_reason),
		cmocka_unit_test(marks_come_out_lowest_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
