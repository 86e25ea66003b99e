/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * What a PDU may cost (I7), counted in steps and PDUs and not in time: the bounds stand in
 * sscop_priv.h. The largest window, and a peer that uses all of it to hurt.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fake.h"

#include <cmocka.h>

#define WINDOW SSCOP_MAX_WINDOW
#define N_WORDS (WINDOW / 64)
#define USTAT UINT32_MAX
#define N_EDGES 126u /* SDs beside the whole words of a gap */

static uint64_t random_state = 0x1f00d;

static uint32_t
draw(uint32_t n)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (uint32_t)(random_state >> 32) % n;
}

/* All of the window is out and polled, nothing acknowledged; NO-RESPONSE is far. */
static struct fake *
all_out(void)
{
	struct fake *f = fake_ready(WINDOW, WINDOW);

	f->mute = true;
	f->s->timers.delay_ns[SSCOP_T_NO_RESPONSE] = 3600000 * FAKE_MS;
	sscop_timer_start(f->s, SSCOP_T_NO_RESPONSE, f->now_ns);
	fake_send(f, WINDOW + 1);
	fake_pass(f, 1000);
	assert_int_equal(sscop_n_unacknowledged(f->s), WINDOW);
	return f;
}

static uint64_t
sds_sent(const struct fake *f)
{
	return sscop_stats(f->s)->tx[SSCOP_SD];
}

/* A gap of all that is out. */
static void
ask_for_all(struct fake *f, uint32_t n_ps)
{
	const uint32_t list[] = { 0, n_ps == USTAT ? WINDOW - 1 : WINDOW };

	fake_receive_stat(f, n_ps, 0, WINDOW, list, 2);
	assert_int_equal(sscop_state(f->s), SSCOP_ST_READY);
}

/* SSCOP-15 */
static void
an_instant_sends_so_many_sds_and_the_next_ones_the_rest(void **state)
{
	struct fake *f = fake_ready(WINDOW, WINDOW);
	uint32_t i;

	(void)state;
	f->mute = true;
	fake_send(f, 3 * SSCOP_BURST_SDS + 1);
	for (i = 1; i <= 3; i++) {
		assert_int_equal(sds_sent(f), i * SSCOP_BURST_SDS);
		fake_send(f, 0);
		sscop_poll(f->s, f->now_ns);
		assert_int_equal(sds_sent(f), i * SSCOP_BURST_SDS);
		assert_int_equal(sscop_next_due_ns(f->s), f->now_ns + 1);
		sscop_poll(f->s, ++f->now_ns);
	}
	assert_int_equal(sds_sent(f), 3 * SSCOP_BURST_SDS + 1);
	assert_true(sscop_next_due_ns(f->s) > f->now_ns + 1);
	assert_int_equal(f->n_pulled, 3 * SSCOP_BURST_SDS + 1);
	fake_free(f);
}

/* SSCOP-37, SSCOP-43: the first STAT may look at each SD; one that finds nothing new, at words. */
static void
a_repeated_stat_looks_at_words_not_at_sds(void **state)
{
	struct fake *f = all_out();
	const uint64_t *n_steps = &f->s->tx.n_steps;
	uint64_t before = *n_steps, sent = sds_sent(f);
	uint32_t i, n_ps = f->s->vt_ps;

	(void)state;
	ask_for_all(f, n_ps);
	assert_int_equal(f->s->tx.n_marked, WINDOW - SSCOP_BURST_SDS);
	assert_true(*n_steps - before <= WINDOW + 2 * N_WORDS);
	for (i = 0; i < 1000; i++) { /* marked, and not sent again yet */
		before = *n_steps;
		ask_for_all(f, n_ps);
		assert_true(*n_steps - before <= N_WORDS);
	}
	assert_int_equal(sds_sent(f) - sent, SSCOP_BURST_SDS);
	fake_pass(f, 1);
	assert_int_equal(sds_sent(f) - sent, WINDOW);
	for (i = 0; i < 1000; i++) { /* sent again, after that POLL */
		before = *n_steps;
		ask_for_all(f, n_ps);
		assert_true(*n_steps - before <= N_WORDS);
	}
	assert_int_equal(f->s->tx.n_marked, 0);
	assert_int_equal(sds_sent(f) - sent, WINDOW);
	fake_free(f);
}

/* SSCOP-41 */
static void
a_ustat_looks_at_words_and_an_instant_sends_so_many_sds(void **state)
{
	struct fake *f = all_out();
	const uint64_t *n_steps = &f->s->tx.n_steps;
	uint64_t before, sent = sds_sent(f);
	uint32_t i;

	(void)state;
	for (i = 0; i < 1000; i++) {
		before = *n_steps;
		ask_for_all(f, USTAT);
		/* marking, and finding the next one to be sent */
		assert_true(*n_steps - before <= 2 * N_WORDS + SSCOP_BURST_SDS);
	}
	assert_int_equal(sds_sent(f) - sent, SSCOP_BURST_SDS);
	fake_free(f);
}

/* SSCOP-36 */
static void
acknowledging_what_is_marked_takes_a_step_a_word(void **state)
{
	struct fake *f = all_out();
	uint64_t before;

	(void)state;
	ask_for_all(f, USTAT);
	assert_int_equal(f->s->tx.n_marked, WINDOW - 1 - SSCOP_BURST_SDS);
	before = f->s->tx.n_steps;
	fake_receive_stat(f, f->s->vt_ps, WINDOW - 1, 2 * WINDOW, NULL, 0);
	assert_int_equal(f->s->tx.n_marked, 0);
	assert_true(f->s->tx.n_steps - before <= N_WORDS + 1);
	fake_free(f);
}

/* A STAT or USTAT whose gaps lie anywhere; its gaps. */
static uint32_t
receive_any_list(struct fake *f)
{
	uint32_t list[SSCOP_MAX_STAT], n = 0, at = 0, max = 1 + draw(3) * draw(WINDOW / 4);
	const struct sscop *s = f->s;
	uint32_t n_ps = sscop_seq_add(s->vt_pa, draw(sscop_seq_sub(s->vt_ps, s->vt_pa) + 1));

	while (n < SSCOP_MAX_STAT - 1 && at + max < WINDOW) {
		list[n++] = at += 1 + draw(max);
		if (at + max >= WINDOW)
			break;
		list[n++] = at += 1 + draw(max);
	}
	n &= ~1u;
	if (draw(3) == 0 && n >= 2)
		fake_receive_stat(f, USTAT, 0, WINDOW, list, 2);
	else
		fake_receive_stat(f, n_ps, 0, WINDOW, list, n);
	assert_int_equal(sscop_state(s), SSCOP_ST_READY);
	return n / 2;
}

/*
 * Over any run of lists: the words, the edges, and 64 SDs for each SD sent. The marks must be
 * those that looking at each SD would have made.
 */
static void
no_run_of_lists_costs_more_than_its_bound_or_misses_an_sd(void **state)
{
	struct fake *f = all_out();
	struct sscop_tx *tx = &f->s->tx;
	uint64_t before = tx->n_steps, sent = sds_sent(f), bound = 0;
	uint32_t i, seq, n_ps;

	(void)state;
	for (i = 0; i < 3000; i++) {
		bound += 3 * N_WORDS + N_EDGES * receive_any_list(f);
		if (draw(4) == 0)
			fake_pass(f, draw(2));
		if (draw(200) == 0)
			fake_pass(f, 750);
	}
	assert_true(sds_sent(f) - sent > 1000000);
	assert_true(tx->n_steps - before <= bound + 64 * (sds_sent(f) - sent));
	fake_pass(f, 1000);
	assert_int_equal(tx->n_marked, 0);
	n_ps = sscop_seq_sub(f->s->vt_ps, 1);
	f->s->burst.n_sds = SSCOP_BURST_SDS; /* so that the marks stay to be looked at */
	f->s->burst.now_ns = f->now_ns;
	ask_for_all(f, n_ps);
	for (seq = 0; seq < WINDOW; seq++)
		assert_int_equal(sscop_seqmap_test(&tx->marks, seq),
			sscop_seq_sub(sscop_tx_slot(tx, seq)->poll_mark, n_ps) >= SSCOP_SEQ_HALF);
	fake_free(f);
}

/* SSCOP-37: the same beside a lap of the window, where old and new SDs share a word. */
static void
an_old_sd_is_found_beside_new_ones_in_its_word(void **state)
{
	static const uint32_t old[] = { 40, 50 };
	struct fake *f = fake_ready(64, 1000);

	(void)state;
	fake_send(f, 64);
	fake_pass(f, 750);
	fake_receive_stat(f, 3, 40, 1000, NULL, 0);
	fake_send(f, 40); /* numbers 64 to 103, in the places of 0 to 39 */
	fake_pass(f, 750);
	(void)fake_log(f);
	fake_receive_stat(f, 3, 40, 1000, old, 2);
	assert_string_equal(fake_log(f), "!V10 SD40 SD41 SD42 SD43 SD44 SD45 SD46 SD47 SD48 SD49");
	fake_free(f);
}

/* Every other SD of the window is here: as many gaps as there can be. */
static struct fake *
all_gaps(void)
{
	struct fake *f = fake_ready(WINDOW, WINDOW);
	uint32_t seq;

	f->mute = true;
	for (seq = 1; seq < WINDOW; seq += 2)
		fake_receive_sd(f, seq);
	assert_int_equal(f->s->rx.n_kept, WINDOW / 2);
	return f;
}

/* SSCOP-31, SSCOP-33 */
static void
an_instant_sends_so_many_stats_whatever_is_polled(void **state)
{
	struct fake *f = all_gaps();
	const uint64_t *n_stats = &f->s->stats.tx[SSCOP_STAT];
	uint64_t before = f->s->rx.n_steps;
	uint32_t i;

	(void)state;
	for (i = 0; i < 1000; i++)
		fake_receive_poll(f, i, WINDOW);
	assert_int_equal(*n_stats, SSCOP_BURST_STATS);
	assert_true(f->s->rx.n_steps - before <= N_WORDS + 2 * SSCOP_BURST_STATS * SSCOP_MAX_STAT);
	assert_int_equal(sscop_next_due_ns(f->s), f->now_ns + 1);
	sscop_poll(f->s, ++f->now_ns); /* the last POLL, once, with the whole of an instant */
	assert_int_equal(*n_stats, 2 * SSCOP_BURST_STATS);
	sscop_poll(f->s, ++f->now_ns);
	assert_int_equal(*n_stats, 2 * SSCOP_BURST_STATS);
	assert_int_equal(sscop_state(f->s), SSCOP_ST_READY);
	fake_free(f);
}

/* SSCOP-31 */
static void
the_last_poll_of_a_crowd_is_answered_an_instant_later(void **state)
{
	struct fake *f = fake_ready(128, 128);
	uint32_t i;

	(void)state;
	fake_receive_sd(f, 1);
	f->mute = true;
	for (i = 0; i < SSCOP_BURST_STATS + 7; i++)
		fake_receive_poll(f, 100 + i, 3);
	assert_int_equal(sscop_stats(f->s)->tx[SSCOP_STAT], SSCOP_BURST_STATS);
	f->mute = false;
	(void)fake_log(f);
	fake_receive_sd(f, 0); /* the answer tells how things are then */
	fake_pass(f, 1);
	assert_string_equal(fake_log(f), "DATA=s0 DATA=s1 STAT170/2[2,3]");
	fake_pass(f, 1);
	assert_string_equal(fake_log(f), "");
	fake_free(f);
}

/* SSCOP-24, SSCOP-28: SDs that come in between, and what is asked then. */
static void
an_instant_delivers_so_many_kept_sds_and_order_is_kept(void **state)
{
	struct fake *f = fake_ready(WINDOW, WINDOW);
	uint32_t i;

	(void)state;
	f->mute = true;
	for (i = 1; i < 2 * SSCOP_BURST_SDS + 10; i++)
		fake_receive_sd(f, i);
	fake_receive_sd(f, 0);
	assert_int_equal(f->s->vr_r, 1 + SSCOP_BURST_SDS);
	assert_int_equal(sscop_next_due_ns(f->s), f->now_ns + 1);
	fake_receive_sd(f, 2 * SSCOP_BURST_SDS + 10); /* in sequence, and behind those that wait */
	fake_receive_poll(f, 1, 2 * SSCOP_BURST_SDS + 12);
	assert_int_equal(f->s->vr_r, 1 + SSCOP_BURST_SDS);
	assert_int_equal(sscop_stats(f->s)->tx[SSCOP_STAT], 0);
	sscop_poll(f->s, ++f->now_ns);
	assert_int_equal(f->s->vr_r, 1 + 2 * SSCOP_BURST_SDS);
	assert_int_equal(sscop_stats(f->s)->tx[SSCOP_STAT], 0);
	f->mute = false;
	f->log[0] = '\0';
	fake_pass(f, 1);
	assert_string_equal(fake_log(f),
		"DATA=s2049 DATA=s2050 DATA=s2051 DATA=s2052 DATA=s2053 DATA=s2054 DATA=s2055 "
		"DATA=s2056 DATA=s2057 DATA=s2058 STAT1/2059[2059,2060]");
	assert_int_equal(f->s->rx.n_kept, 0);
	assert_int_equal(f->s->rx.n_free, f->s->rx.n_chunks);
	fake_free(f);
}

/* SSCOP-28 */
static void
an_sd_that_waits_for_its_delivery_is_not_taken_twice(void **state)
{
	struct fake *f = fake_ready(WINDOW, WINDOW);
	uint32_t i;

	(void)state;
	f->mute = true;
	for (i = 1; i < SSCOP_BURST_SDS + 10; i++)
		fake_receive_sd(f, i);
	fake_receive_sd(f, 0);
	f->mute = false;
	f->log[0] = '\0';
	fake_receive_sd(f, f->s->vr_r);
	assert_string_equal(fake_log(f), "!Q ER");
	fake_pass(f, 1);
	assert_string_equal(fake_log(f), ""); /* SSCOP-12 */
	fake_free(f);
}

/* A POLL that waits ends with its connection (SSCOP-12). */
static void
no_stat_of_an_old_connection_is_sent_in_a_new_one(void **state)
{
	struct sscop_pdu rs = { .type = SSCOP_RS, .n_sq = 50, .n_mr = 128 };
	struct fake *f = fake_ready(128, 128);
	uint32_t i;

	(void)state;
	f->mute = f->respond = true;
	for (i = 0; i <= SSCOP_BURST_STATS; i++)
		fake_receive_poll(f, i, 0);
	fake_receive(f, &rs);
	fake_pass(f, 1);
	assert_int_equal(sscop_stats(f->s)->tx[SSCOP_STAT], SSCOP_BURST_STATS);
	fake_free(f);
}

static uint64_t
n_answers(const struct fake *f)
{
	const uint64_t *tx = sscop_stats(f->s)->tx;
	uint64_t n = 0;
	int type;

	for (type = SSCOP_BGN; type < SSCOP_TYPE_COUNT; type++) {
		if (type != SSCOP_SD && type != SSCOP_POLL && type != SSCOP_STAT &&
			type != SSCOP_USTAT)
			n += tx[type];
	}
	return n;
}

/* One PDU of a peer that counts up its N(SQ), or never. */
static void
receive_type(struct fake *f, uint8_t type, bool is_new)
{
	static const uint8_t list[] = { 0, 0, 0, 7, 0, 0, 0, 9 };
	struct sscop_pdu pdu = { .type = type, .n_mr = 128, .n_ps = 77, .n_s = 0x900000 };

	pdu.n_sq = (uint8_t)(f->s->vr_sq + is_new);
	if (type == SSCOP_USTAT) {
		pdu.list = list;
		pdu.n_list = 2;
	}
	fake_receive(f, &pdu);
}

/* SSCOP-7: in whatever state, whatever PDU comes at line rate. */
static void
no_flood_of_one_pdu_is_answered_by_another_flood(void **state)
{
	struct fake *f;
	uint64_t before;
	uint32_t i, from;
	uint8_t type;

	(void)state;
	for (from = SSCOP_ST_IDLE; from <= SSCOP_ST_READY; from++) {
		for (type = SSCOP_BGN; type < SSCOP_TYPE_COUNT; type++) {
			f = fake_in_state((enum sscop_state)from);
			f->mute = f->respond = true;
			before = n_answers(f);
			for (i = 0; i < 2000; i++)
				receive_type(f, type, true);
			assert_true(n_answers(f) - before <= 2 * SSCOP_ANSWER_BURST);
			for (i = 0; i < 2000; i++)
				receive_type(f, type, false);
			assert_true(n_answers(f) - before <= 2 * SSCOP_ANSWER_BURST);
			fake_free(f);
		}
	}
}

/* A mixture, for a minute: a hundred a second, and what ends a procedure of ours besides. */
static void
a_flood_of_all_pdus_is_answered_a_hundred_times_a_second(void **state)
{
	struct fake *f = fake_ready(128, 128);
	uint64_t before = n_answers(f), n_max = SSCOP_ANSWER_BURST + 60 * 100;
	uint32_t i;

	(void)state;
	f->mute = f->respond = true;
	for (i = 0; i < 60000; i++) {
		receive_type(f, (uint8_t)(1 + draw(SSCOP_TYPE_COUNT - 1)), draw(2) == 0);
		if (i % 1000 == 999)
			fake_pass(f, 1000);
	}
	assert_true(sscop_stats(f->s)->unanswered > 10000);
	assert_true(n_answers(f) - before <= 3 * n_max);
	assert_true(n_answers(f) - before >= n_max / 4);
	fake_free(f);
}

/* Recovery is an answer, too: what cannot be is then not looked at (SSCOP-42). */
static void
impossible_numbers_start_a_hundred_recoveries_and_then_none(void **state)
{
	struct fake *f = fake_ready(128, 128);
	uint32_t i;

	(void)state;
	f->mute = f->respond = true;
	fake_pass(f, 10); /* the BGN of the beginning is forgotten */
	for (i = 0; i < 1000; i++) {
		fake_receive_stat(f, 99, 0, 128, NULL, 0);
		fake_receive(f, &(struct sscop_pdu){ .type = SSCOP_ERAK, .n_mr = 128 });
	}
	assert_int_equal(sscop_stats(f->s)->tx[SSCOP_ER], SSCOP_ANSWER_BURST);
	assert_int_equal(sscop_stats(f->s)->errors['R' - 'A'], SSCOP_ANSWER_BURST);
	assert_int_equal(sscop_stats(f->s)->unanswered, 1000 - SSCOP_ANSWER_BURST);
	assert_int_equal(sscop_state(f->s), SSCOP_ST_READY);
	f->mute = false;
	fake_receive_sd(f, 0); /* the connection is as good as before */
	assert_string_equal(fake_log(f), "DATA=s0");
	fake_free(f);
}

/* SSCOP-4: a BGN that was dropped is new when it comes again. */
static void
a_pdu_without_an_answer_is_as_if_it_was_lost(void **state)
{
	struct sscop_pdu bgn = { .type = SSCOP_BGN, .n_sq = 200, .n_mr = 128 };
	struct fake *f = fake_ready(128, 128);
	uint32_t i;

	(void)state;
	f->mute = true;
	fake_pass(f, 10); /* the BGN of the beginning is forgotten */
	for (i = 0; i < SSCOP_ANSWER_BURST; i++)
		receive_type(f, SSCOP_BGN, false);
	f->mute = false;
	f->log[0] = '\0';
	fake_receive(f, &bgn);
	assert_string_equal(fake_log(f), "");
	assert_int_equal(sscop_stats(f->s)->unanswered, 1);
	f->now_ns += SSCOP_ANSWER_NS;
	fake_receive(f, &bgn);
	assert_string_equal(fake_log(f), "RELEASE.IND0 ESTABLISH.IND");
	fake_free(f);
}

/* SSCOP-8: what we have begun ends, however many PDUs were dropped before. */
static void
the_answer_to_our_own_pdu_is_taken_in_a_flood(void **state)
{
	struct fake *f = fake_in_state(SSCOP_ST_IDLE);
	uint32_t i;

	(void)state;
	f->mute = true;
	for (i = 0; i < 1000; i++)
		receive_type(f, SSCOP_SD, false);
	assert_int_equal(sscop_stats(f->s)->tx[SSCOP_END], SSCOP_ANSWER_BURST);
	f->mute = false;
	f->log[0] = '\0';
	assert_int_equal(sscop_request(f->s, SSCOP_ESTABLISH_REQ, NULL, 0, f->now_ns), 0);
	receive_type(f, SSCOP_BGAK, false);
	assert_int_equal(sscop_request(f->s, SSCOP_RESYNC_REQ, NULL, 0, f->now_ns), 0);
	receive_type(f, SSCOP_RSAK, false);
	assert_int_equal(sscop_request(f->s, SSCOP_RELEASE_REQ, NULL, 0, f->now_ns), 0);
	receive_type(f, SSCOP_ENDAK, false);
	assert_string_equal(fake_log(f), "BGN ESTABLISH.CONF RS RESYNC.CONF END0 RELEASE.CONF");
	fake_free(f);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_instant_sends_so_many_sds_and_the_next_ones_the_rest),
		cmocka_unit_test(a_repeated_stat_looks_at_words_not_at_sds),
		cmocka_unit_test(a_ustat_looks_at_words_and_an_instant_sends_so_many_sds),
		cmocka_unit_test(acknowledging_what_is_marked_takes_a_step_a_word),
		cmocka_unit_test(no_run_of_lists_costs_more_than_its_bound_or_misses_an_sd),
		cmocka_unit_test(an_old_sd_is_found_beside_new_ones_in_its_word),
		cmocka_unit_test(an_instant_sends_so_many_stats_whatever_is_polled),
		cmocka_unit_test(the_last_poll_of_a_crowd_is_answered_an_instant_later),
		cmocka_unit_test(an_instant_delivers_so_many_kept_sds_and_order_is_kept),
		cmocka_unit_test(an_sd_that_waits_for_its_delivery_is_not_taken_twice),
		cmocka_unit_test(no_stat_of_an_old_connection_is_sent_in_a_new_one),
		cmocka_unit_test(no_flood_of_one_pdu_is_answered_by_another_flood),
		cmocka_unit_test(a_flood_of_all_pdus_is_answered_a_hundred_times_a_second),
		cmocka_unit_test(impossible_numbers_start_a_hundred_recoveries_and_then_none),
		cmocka_unit_test(a_pdu_without_an_answer_is_as_if_it_was_lost),
		cmocka_unit_test(the_answer_to_our_own_pdu_is_taken_in_a_flood),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
