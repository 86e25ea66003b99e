/* SPDX-License-Identifier: BSD-3-Clause */

/* The sending half of section 17.4: the order of SDs, the phases and their timers, credit. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fake.h"

#include <cmocka.h>

#define USTAT UINT32_MAX

/* The timers that run, besides CC: P, K, N, I for POLL, KEEP-ALIVE, NO-RESPONSE, IDLE. */
static const char *
timers(const struct sscop *s)
{
	static char text[5];
	size_t n = 0;

	if (sscop_timer_runs(s, SSCOP_T_POLL))
		text[n++] = 'P';
	if (sscop_timer_runs(s, SSCOP_T_KEEP_ALIVE))
		text[n++] = 'K';
	if (sscop_timer_runs(s, SSCOP_T_NO_RESPONSE))
		text[n++] = 'N';
	if (sscop_timer_runs(s, SSCOP_T_IDLE))
		text[n++] = 'I';
	text[n] = '\0';
	return text;
}

/* How long until @timer, milliseconds. */
static uint64_t
left_ms(const struct fake *f, enum sscop_timer timer)
{
	return (f->s->timers.due_ns[timer] - f->now_ns) / FAKE_MS;
}

static void
stat(struct fake *f, uint32_t n_ps, uint32_t n_r, uint32_t n_mr)
{
	fake_receive_stat(f, n_ps, n_r, n_mr, NULL, 0);
}

/* SSCOP-15 */
static void
marked_sds_go_lowest_first_and_before_new_ones(void **state)
{
	static const uint32_t low[] = { 1, 2 }, high[] = { 3, 5 };
	struct fake *f = fake_ready(128, 6);

	(void)state;
	fake_send(f, 8);
	assert_string_equal(fake_log(f), "SD0 SD1 SD2 SD3 SD4 SD5");
	f->s->burst.n_sds = SSCOP_BURST_SDS; /* both lists come before the next SD can leave */
	fake_receive_stat(f, USTAT, 0, 6, high, 2);
	fake_receive_stat(f, USTAT, 0, 8, low, 2);
	assert_string_equal(fake_log(f), "!V2 !V1");
	fake_pass(f, 1);
	assert_string_equal(fake_log(f), "SD1 SD3 SD4 SD6 SD7");
	fake_free(f);
}

/* SSCOP-15: the poll mark, of a new SD and of one that is sent again. */
static void
a_sent_sd_remembers_the_last_poll(void **state)
{
	static const uint32_t gap[] = { 0, 1 };
	struct fake *f = fake_ready(128, 128);

	(void)state;
	fake_send(f, 1);
	assert_int_equal(sscop_tx_slot(&f->s->tx, 0)->poll_mark, 0);
	fake_pass(f, 1500);
	fake_send(f, 1);
	assert_int_equal(sscop_tx_slot(&f->s->tx, 1)->poll_mark, 2);
	fake_receive_stat(f, 2, 0, 128, gap, 2);
	assert_int_equal(sscop_tx_slot(&f->s->tx, 0)->poll_mark, 2);
	assert_int_equal(sscop_tx_slot(&f->s->tx, 1)->poll_mark, 2);
	assert_int_equal(f->s->vt_s, 2);
	fake_free(f);
}

/* SSCOP-16, first case; SSCOP-17 */
static void
every_max_pd_th_sd_is_followed_by_a_poll(void **state)
{
	struct fake *f = fake_ready(128, 128);

	(void)state;
	f->s->params.max_pd = 3;
	fake_pass(f, 400);
	fake_send(f, 7);
	assert_string_equal(fake_log(f), "SD0 SD1 SD2 POLL1/3 SD3 SD4 SD5 POLL2/6 SD6");
	assert_int_equal(f->s->vt_pd, 1);
	assert_string_equal(timers(f->s), "PN");
	assert_int_equal(left_ms(f, SSCOP_T_POLL), 750); /* begun again with the POLL */
	assert_int_equal(left_ms(f, SSCOP_T_NO_RESPONSE), 6600);
	fake_free(f);
}

/* SSCOP-16: what is sent again counts, too. */
static void
repetitions_count_towards_the_next_poll(void **state)
{
	static const uint32_t gap[] = { 0, 2 };
	struct fake *f = fake_ready(128, 128);

	(void)state;
	f->s->params.max_pd = 3;
	fake_send(f, 4);
	(void)fake_log(f);
	fake_receive_stat(f, USTAT, 0, 128, gap, 2);
	assert_string_equal(fake_log(f), "!V2 SD0 SD1 POLL2/4");
	fake_free(f);
}

/* SSCOP-17, SSCOP-18: active while something is out, transient when all is acknowledged. */
static void
the_timer_polls_and_goes_on_with_what_is_due(void **state)
{
	struct fake *f = fake_ready(128, 128);

	(void)state;
	fake_send(f, 1);
	(void)fake_log(f);
	fake_pass(f, 749);
	assert_string_equal(fake_log(f), "");
	fake_pass(f, 1);
	assert_string_equal(fake_log(f), "POLL1/1");
	assert_int_equal(f->s->vt_pd, 0);
	assert_string_equal(timers(f->s), "PN");
	assert_int_equal(left_ms(f, SSCOP_T_POLL), 750);
	fake_pass(f, 750);
	assert_string_equal(fake_log(f), "POLL2/1");
	assert_string_equal(timers(f->s), "PN");
	stat(f, 2, 1, 128);
	fake_pass(f, 750);
	assert_string_equal(fake_log(f), "POLL3/1");
	assert_string_equal(timers(f->s), "KN");
	assert_int_equal(left_ms(f, SSCOP_T_KEEP_ALIVE), 2000);
	fake_pass(f, 2000);
	assert_string_equal(fake_log(f), "POLL4/1"); /* KEEP-ALIVE polls, too */
	assert_string_equal(timers(f->s), "KN");
	fake_free(f);
}

/* SSCOP-18: what is queued behind a closed window keeps the timer going. */
static void
a_queue_without_credit_is_polled_by_the_poll_timer(void **state)
{
	struct fake *f = fake_ready(128, 0);

	(void)state;
	fake_send(f, 1);
	fake_pass(f, 1500);
	assert_string_equal(fake_log(f), "POLL1/0 POLL2/0");
	assert_string_equal(timers(f->s), "PN");
	fake_free(f);
}

/* SSCOP-19, SSCOP-40 */
static void
an_idle_connection_asks_again_after_fifteen_seconds(void **state)
{
	struct fake *f = fake_ready(128, 128);

	(void)state;
	fake_pass(f, 750);
	stat(f, 1, 0, 128);
	(void)fake_log(f);
	assert_string_equal(timers(f->s), "I");
	assert_int_equal(left_ms(f, SSCOP_T_IDLE), 15000);
	fake_pass(f, 14999);
	assert_string_equal(fake_log(f), "");
	fake_pass(f, 1);
	assert_string_equal(fake_log(f), "POLL2/0");
	assert_string_equal(timers(f->s), "KN");
	assert_int_equal(left_ms(f, SSCOP_T_NO_RESPONSE), 7000);
	assert_int_equal(left_ms(f, SSCOP_T_KEEP_ALIVE), 2000);
	fake_free(f);
}

/* SSCOP-19: with something on the way the poll timer follows; it can only be without credit. */
static void
an_idle_connection_with_a_queue_goes_back_to_the_poll_timer(void **state)
{
	struct fake *f = fake_ready(128, 0);

	(void)state;
	fake_pass(f, 750);
	stat(f, 1, 0, 0);
	f->s->want = true;
	fake_pass(f, 15000);
	assert_string_equal(timers(f->s), "PN");
	fake_free(f);
}

/* SSCOP-20: while timer POLL runs a closed window sends nothing but its POLLs. */
static void
a_closed_window_is_polled_at_once_only_from_idle(void **state)
{
	struct fake *f = fake_ready(128, 0);

	(void)state;
	fake_send(f, 2); /* POLL runs */
	assert_string_equal(fake_log(f), "");
	assert_string_equal(timers(f->s), "PN");
	fake_free(f);
	f = fake_ready(128, 0);
	fake_pass(f, 750);
	(void)fake_log(f);
	f->log[0] = '\0';
	fake_send(f, 2); /* KEEP-ALIVE runs */
	assert_string_equal(fake_log(f), "");
	assert_string_equal(timers(f->s), "KN");
	fake_free(f);
	f = fake_ready(128, 0);
	fake_pass(f, 750);
	stat(f, 1, 0, 0);
	fake_pass(f, 3000);
	(void)fake_log(f);
	fake_send(f, 2); /* IDLE runs */
	assert_string_equal(fake_log(f), "POLL2/0");
	assert_string_equal(timers(f->s), "PN");
	assert_int_equal(left_ms(f, SSCOP_T_NO_RESPONSE), 7000);
	fake_free(f);
}

/* SSCOP-21: any STAT that is good puts it off, nothing else does. */
static void
no_response_ends_the_connection_seven_seconds_after_the_last_stat(void **state)
{
	struct fake *f = fake_ready(128, 128);

	(void)state;
	fake_send(f, 1);
	fake_pass(f, 5000);
	stat(f, 6, 0, 128);
	fake_receive_sd(f, 0);
	fake_pass(f, 3000);
	fake_receive_poll(f, 1, 1);
	fake_pass(f, 3999);
	assert_int_equal(sscop_state(f->s), SSCOP_ST_READY);
	(void)fake_log(f);
	fake_pass(f, 1);
	assert_string_equal(fake_log(f), "!P END1 RELEASE.IND1");
	assert_int_equal(sscop_state(f->s), SSCOP_ST_IDLE);
	assert_int_equal(sscop_n_timers(f->s), 0);
	fake_free(f);
}

/* SSCOP-36: all four numbers, and of a USTAT all but VT(PA). */
static void
a_good_status_moves_the_numbers_of_the_sender(void **state)
{
	static const uint32_t gap[] = { 5, 6 };
	struct fake *f = fake_ready(128, 20);
	const struct sscop *s = f->s;

	(void)state;
	fake_send(f, 10);
	fake_pass(f, 2250);
	stat(f, 2, 4, 30);
	assert_int_equal(s->vt_a, 4);
	assert_int_equal(s->vt_pa, 2);
	assert_int_equal(s->vt_ms, 30);
	assert_int_equal(sscop_n_unacknowledged(s), 6);
	fake_receive_stat(f, USTAT, 5, 40, gap, 2);
	assert_int_equal(s->vt_a, 5);
	assert_int_equal(s->vt_pa, 2);
	assert_int_equal(s->vt_ms, 40);
	stat(f, 3, 10, 25); /* less credit than before is what counts */
	assert_int_equal(s->vt_ms, 25);
	assert_int_equal(s->vt_pa, 3);
	assert_int_equal(sscop_n_unacknowledged(s), 0);
	fake_free(f);
}

/* SSCOP-36: an SD acknowledged while it waits to be sent again is not. */
static void
what_is_acknowledged_is_not_sent_again(void **state)
{
	static const uint32_t gap[] = { 0, 3 };
	struct fake *f = fake_ready(128, 128);

	(void)state;
	fake_send(f, 5);
	fake_pass(f, 750);
	f->s->burst.now_ns = f->now_ns;
	f->s->burst.n_sds = SSCOP_BURST_SDS; /* nothing can leave now */
	fake_receive_stat(f, USTAT, 0, 128, gap, 2);
	(void)fake_log(f);
	stat(f, 1, 2, 128);
	fake_pass(f, 1);
	assert_string_equal(fake_log(f), "SD2");
	assert_int_equal(f->s->tx.n_marked, 0);
	fake_free(f);
}

/* SSCOP-40: in each of the three phases. */
static void
a_stat_finds_each_phase_and_leaves_the_next(void **state)
{
	struct fake *f = fake_ready(128, 128);

	(void)state;
	fake_pass(f, 500);
	fake_send(f, 1);
	fake_pass(f, 250);
	assert_string_equal(timers(f->s), "PN");
	assert_int_equal(left_ms(f, SSCOP_T_NO_RESPONSE), 6250);
	stat(f, 1, 1, 128); /* active: NO-RESPONSE again */
	assert_string_equal(timers(f->s), "PN");
	assert_int_equal(left_ms(f, SSCOP_T_NO_RESPONSE), 7000);
	fake_pass(f, 1000);
	assert_string_equal(timers(f->s), "KN");
	stat(f, 2, 1, 128); /* transient: IDLE alone */
	assert_string_equal(timers(f->s), "I");
	fake_pass(f, 4000);
	stat(f, 2, 1, 128); /* idle: nothing changes */
	assert_string_equal(timers(f->s), "I");
	assert_int_equal(left_ms(f, SSCOP_T_IDLE), 11000);
	fake_free(f);
}

/* SSCOP-6, SSCOP-31, SSCOP-34: N(R) and N(MR) of what the receiver says. */
static void
stat_and_ustat_tell_what_is_next_and_what_is_allowed(void **state)
{
	struct fake *f = fake_ready(8, 128);

	(void)state;
	fake_receive_sd(f, 0);
	fake_receive_sd(f, 1);
	fake_receive_sd(f, 3);
	assert_int_equal(f->sent.type, SSCOP_USTAT);
	assert_int_equal(f->sent.n_r, 2);
	assert_int_equal(f->sent.n_mr, 10);
	f->no_credit = true;
	fake_receive_sd(f, 2); /* delivers two that nobody takes */
	fake_receive_poll(f, 7, 4);
	assert_int_equal(f->sent.type, SSCOP_STAT);
	assert_int_equal(f->sent.n_ps, 7);
	assert_int_equal(f->sent.n_r, 4);
	assert_int_equal(f->sent.n_mr, 10);
	sscop_credit(f->s, 1);
	fake_receive_poll(f, 8, 4);
	assert_int_equal(f->sent.n_mr, 11);
	fake_free(f);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(marked_sds_go_lowest_first_and_before_new_ones),
		cmocka_unit_test(a_sent_sd_remembers_the_last_poll),
		cmocka_unit_test(every_max_pd_th_sd_is_followed_by_a_poll),
		cmocka_unit_test(repetitions_count_towards_the_next_poll),
		cmocka_unit_test(the_timer_polls_and_goes_on_with_what_is_due),
		cmocka_unit_test(a_queue_without_credit_is_polled_by_the_poll_timer),
		cmocka_unit_test(an_idle_connection_asks_again_after_fifteen_seconds),
		cmocka_unit_test(an_idle_connection_with_a_queue_goes_back_to_the_poll_timer),
		cmocka_unit_test(a_closed_window_is_polled_at_once_only_from_idle),
		cmocka_unit_test(no_response_ends_the_connection_seven_seconds_after_the_last_stat),
		cmocka_unit_test(a_good_status_moves_the_numbers_of_the_sender),
		cmocka_unit_test(what_is_acknowledged_is_not_sent_again),
		cmocka_unit_test(a_stat_finds_each_phase_and_leaves_the_next),
		cmocka_unit_test(stat_and_ustat_tell_what_is_next_and_what_is_allowed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
