/* SPDX-License-Identifier: BSD-3-Clause */

/* What the rules around table 17.3 say besides its cells: numbers, repetitions, buffers. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "fake.h"

#include <cmocka.h>

static void
ask(struct fake *f, enum sscop_prim prim, const char *uu)
{
	assert_int_equal(sscop_request(f->s, prim, (const uint8_t *)uu, strlen(uu), f->now_ns), 0);
}

static void
receive(struct fake *f, enum sscop_type type, uint8_t n_sq)
{
	fake_receive(f, &(struct sscop_pdu){ .type = (uint8_t)type, .n_mr = 128, .n_sq = n_sq });
}

static struct fake *
fresh(uint8_t initial_sq)
{
	struct sscop_params params;

	sscop_params_default(&params);
	params.initial_sq = initial_sq;
	return fake_new(&params);
}

/* SSCOP-2 */
static void
padding_goes_out_as_zeros_and_comes_in_unchecked_and_undelivered(void **state)
{
	static const uint8_t sd[] = { 'a', 'b', 'c', 'd', 'e', 0x11, 0x22, 0x33, 0xc0 | SSCOP_SD, 0,
		0, 0 };
	static const uint8_t ud[] = { 'x', 'y', 0xee, 0xff, 0x80 | SSCOP_UD, 0, 0, 0 };
	static const uint8_t sent[] = { 'v', 0, 0, 0, 0xc0 | SSCOP_UD, 0, 0, 0 };
	static const uint8_t sent_sd[] = { 's', '0', 0, 0, 0x80 | SSCOP_SD, 0, 0, 0 };
	struct fake *f = fake_ready(128, 128);

	(void)state;
	f->log[0] = '\0';
	sscop_receive(f->s, sd, sizeof(sd), f->now_ns);
	sscop_receive(f->s, ud, sizeof(ud), f->now_ns);
	assert_string_equal(fake_log(f), "DATA=abcde UNITDATA.IND+xy");
	ask(f, SSCOP_UNITDATA_REQ, "v");
	assert_int_equal(f->n_octets, sizeof(sent));
	assert_memory_equal(f->octets, sent, sizeof(sent));
	fake_send(f, 1);
	assert_int_equal(f->n_octets, sizeof(sent_sd));
	assert_memory_equal(f->octets, sent_sd, sizeof(sent_sd));
	fake_free(f);
}

/* SSCOP-3: N(SQ) is modulo 256, and compared for equality alone. */
static void
connection_numbers_wrap_at_256_on_both_sides(void **state)
{
	static const uint8_t peer[] = { 255, 0, 1, 200, 199, 1 };
	struct fake *f = fresh(253);
	uint8_t expected;
	size_t i;

	(void)state;
	for (expected = 254; expected != 3; expected++) {
		ask(f, SSCOP_ESTABLISH_REQ, "");
		assert_int_equal(f->sent.type, SSCOP_BGN);
		assert_int_equal(f->sent.n_sq, expected);
		receive(f, SSCOP_BGREJ, 0);
	}
	(void)fake_log(f);
	f->respond = true;
	for (i = 0; i < sizeof(peer); i++) {
		receive(f, SSCOP_BGN, peer[i]); /* each is another one than that before: new */
		assert_string_equal(fake_log(f),
			i == 0 ? "ESTABLISH.IND BGAK" : "RELEASE.IND0 ESTABLISH.IND BGAK");
		receive(f, SSCOP_BGN, peer[i]);
		assert_string_equal(fake_log(f), "BGAK");
	}
	fake_free(f);
}

/* SSCOP-5 */
static void
a_new_entity_begins_with_one_or_where_it_is_told(void **state)
{
	struct fake *f = fresh(0);

	(void)state;
	assert_int_equal(f->s->vr_sq, 0);
	ask(f, SSCOP_ESTABLISH_REQ, "");
	assert_int_equal(f->sent.n_sq, 1);
	fake_free(f);
	f = fresh(41);
	assert_int_equal(f->s->vr_sq, 0);
	ask(f, SSCOP_ESTABLISH_REQ, "");
	assert_int_equal(f->sent.n_sq, 42);
	fake_free(f);
}

/* SSCOP-5: a BGN of 0 in a new entity is therefore a repeat of none. */
static void
the_first_bgn_of_a_peer_that_counts_from_zero_is_rejected(void **state)
{
	struct fake *f = fresh(0);

	(void)state;
	receive(f, SSCOP_BGN, 0);
	assert_string_equal(fake_log(f), "BGREJ");
	receive(f, SSCOP_BGN, 1);
	assert_string_equal(fake_log(f), "ESTABLISH.IND");
	fake_free(f);
}

/* What is sent again and again until it is given up, and how it is begun. */
static const struct {
	enum sscop_state from, pending;
	enum sscop_prim prim; /* SSCOP_PRIM_COUNT: a STAT that cannot be */
	const char *sent, *given_up;
	uint8_t numbered;
} procedures[] = {
	{ SSCOP_ST_IDLE, SSCOP_ST_OUT_CONN, SSCOP_ESTABLISH_REQ, "BGN+uu", "!O END1 RELEASE.IND1",
		1 },
	{ SSCOP_ST_READY, SSCOP_ST_OUT_DISC, SSCOP_RELEASE_REQ, "END0+uu", "!O RELEASE.CONF", 0 },
	{ SSCOP_ST_READY, SSCOP_ST_OUT_RESYNC, SSCOP_RESYNC_REQ, "RS+uu", "!O END1 RELEASE.IND1",
		1 },
	{ SSCOP_ST_READY, SSCOP_ST_OUT_RECOVERY, SSCOP_PRIM_COUNT, "!R ER", "!O END1 RELEASE.IND1",
		1 },
};

#define N_PROCEDURES (sizeof(procedures) / sizeof(procedures[0]))

static struct fake *
begin(size_t i)
{
	struct fake *f = fake_in_state(procedures[i].from);
	uint8_t vt_sq = f->s->vt_sq;

	f->s->vr_mr = 5; /* of before: the PDU brings the whole window */
	f->log[0] = '\0';
	if (procedures[i].prim == SSCOP_PRIM_COUNT)
		fake_receive_stat(f, 99, 0, 128, NULL, 0);
	else
		ask(f, procedures[i].prim, "uu");
	assert_string_equal(fake_log(f), procedures[i].sent);
	assert_int_equal(sscop_state(f->s), procedures[i].pending);
	assert_int_equal(f->s->vt_sq, (uint8_t)(vt_sq + procedures[i].numbered));
	return f;
}

/* SSCOP-8 */
static void
a_repeat_is_the_same_pdu_octet_for_octet(void **state)
{
	struct fake *f;
	uint8_t first[64];
	size_t i, len;
	uint32_t n;

	(void)state;
	for (i = 0; i < N_PROCEDURES; i++) {
		f = begin(i);
		len = f->n_octets;
		assert_true(len <= sizeof(first));
		memcpy(first, f->octets, len);
		if (procedures[i].numbered) {
			assert_int_equal(f->sent.n_mr, 128);
			assert_int_equal(f->sent.n_sq, f->s->vt_sq);
		}
		for (n = 2; n <= 4; n++) {
			fake_pass(f, 999);
			assert_string_equal(fake_log(f), "");
			assert_int_equal(f->s->vt_cc, n - 1);
			fake_pass(f, 1);
			assert_int_equal(f->s->vt_cc, n);
			assert_int_equal(f->n_octets, len);
			assert_memory_equal(f->octets, first, len);
			(void)fake_log(f);
		}
		fake_free(f);
	}
}

/* SSCOP-9, SSCOP-11: the END of the end is sent once, with S = 1, and awaits nothing. */
static void
four_transmissions_a_second_apart_and_one_second_more(void **state)
{
	struct fake *f;
	size_t i;

	(void)state;
	for (i = 0; i < N_PROCEDURES; i++) {
		f = begin(i);
		fake_pass(f, 3999);
		assert_int_equal(sscop_state(f->s), procedures[i].pending);
		(void)fake_log(f);
		fake_pass(f, 1);
		assert_string_equal(fake_log(f), procedures[i].given_up);
		assert_int_equal(sscop_state(f->s), SSCOP_ST_IDLE);
		assert_int_equal(sscop_n_timers(f->s), 0);
		fake_pass(f, 60000);
		assert_string_equal(fake_log(f), "");
		fake_free(f);
	}
}

/* SSCOP-9: MaxCC is that of the configuration. */
static void
max_cc_of_one_sends_once(void **state)
{
	struct fake *f = fresh(0);

	(void)state;
	f->s->params.max_cc = 1;
	ask(f, SSCOP_ESTABLISH_REQ, "");
	fake_pass(f, 1000);
	assert_string_equal(fake_log(f), "BGN !O END1 RELEASE.IND1");
	fake_free(f);
}

/* SSCOP-10, the side that rejects and the side that is rejected. */
static void
a_bgn_with_the_known_number_is_rejected_and_the_next_one_taken(void **state)
{
	struct fake *b = fake_ready(128, 128), *a;
	uint8_t known = b->s->vr_sq;

	(void)state;
	receive(b, SSCOP_END, 0);
	(void)fake_log(b);
	receive(b, SSCOP_BGN, known);
	assert_string_equal(fake_log(b), "BGREJ");
	assert_int_equal(sscop_state(b->s), SSCOP_ST_IDLE);
	a = fresh((uint8_t)(known - 1)); /* restarted, and it looks like a repeat */
	ask(a, SSCOP_ESTABLISH_REQ, "");
	assert_int_equal(a->sent.n_sq, known);
	receive(a, SSCOP_BGREJ, 0);
	assert_string_equal(fake_log(a), "BGN RELEASE.IND0");
	ask(a, SSCOP_ESTABLISH_REQ, "");
	receive(b, SSCOP_BGN, a->sent.n_sq);
	assert_string_equal(fake_log(b), "ESTABLISH.IND");
	fake_free(a);
	fake_free(b);
}

/* SSCOP-11, SSCOP-21 */
static void
an_end_says_whether_the_user_or_the_protocol_wanted_it(void **state)
{
	struct fake *f = fake_ready(128, 128);

	(void)state;
	ask(f, SSCOP_RELEASE_REQ, "");
	fake_pass(f, 1000);
	assert_string_equal(fake_log(f), "END0 END0");
	fake_free(f);
	f = fake_ready(128, 128);
	fake_pass(f, 6999);
	(void)fake_log(f);
	fake_pass(f, 1);
	assert_string_equal(fake_log(f), "!P END1 RELEASE.IND1");
	assert_int_equal(sscop_state(f->s), SSCOP_ST_IDLE);
	fake_receive_sd(f, 0);
	assert_string_equal(fake_log(f), "!A END1");
	fake_free(f);
}

enum exit { BY_PDU, BY_REQUEST, BY_STAT, BY_SILENCE };

/* All ways out of data transfer, and what the user and the wire see of them. */
static const struct {
	enum exit how;
	int what;
	const char *log;
} exits[] = {
	{ BY_PDU, SSCOP_BGN, "RELEASE.IND0 ESTABLISH.IND" },
	{ BY_PDU, SSCOP_BGREJ, "!D RELEASE.IND1" },
	{ BY_PDU, SSCOP_END, "ENDAK RELEASE.IND0" },
	{ BY_PDU, SSCOP_ENDAK, "!F RELEASE.IND1" },
	{ BY_PDU, SSCOP_RS, "RESYNC.IND" },
	{ BY_PDU, SSCOP_ER, "RECOVER.IND" },
	{ BY_REQUEST, SSCOP_RELEASE_REQ, "END0" },
	{ BY_REQUEST, SSCOP_RESYNC_REQ, "RS" },
	{ BY_STAT, 0, "!R ER" },
	{ BY_SILENCE, 0, "!P END1 RELEASE.IND1" },
};

/* Four SDs out, one of them marked, more to be sent, two kept out of sequence. */
static struct fake *
with_full_buffers(void)
{
	static const uint32_t gap[] = { 0, 1 };
	struct fake *f = fake_ready(16, 4);

	fake_send(f, 9);
	f->s->burst.n_sds = SSCOP_BURST_SDS; /* the mark stays */
	fake_receive_stat(f, UINT32_MAX, 0, 4, gap, 2);
	fake_receive_sd(f, 2);
	fake_receive_sd(f, 4);
	assert_int_equal(f->s->tx.n_marked, 1);
	assert_int_equal(sscop_n_unacknowledged(f->s), 4);
	assert_int_equal(f->s->rx.n_kept, 2);
	assert_true(f->s->want);
	(void)fake_log(f);
	f->log[0] = '\0';
	return f;
}

static void
leave(struct fake *f, enum exit how, int what)
{
	if (how == BY_PDU)
		receive(f, (enum sscop_type)what, (uint8_t)(f->s->vr_sq + 1));
	else if (how == BY_REQUEST)
		ask(f, (enum sscop_prim)what, "");
	else if (how == BY_STAT)
		fake_receive_stat(f, 99, 0, 128, NULL, 0);
	else
		sscop_event(
			f->s, SSCOP_EV_T_NO_RESPONSE, &(struct sscop_ctx){ .now_ns = f->now_ns });
}

static void
check_empty(const struct sscop *s)
{
	assert_int_equal(s->tx.n_marked, 0);
	assert_int_equal(sscop_n_unacknowledged(s), 0);
	assert_int_equal(s->rx.n_kept, 0);
	assert_int_equal(s->rx.n_free, s->rx.n_chunks);
	assert_int_equal(sscop_seqmap_find(&s->rx.present, 0, 64, true), 64);
	assert_int_equal(sscop_seqmap_find(&s->tx.marks, 0, 64, true), 64);
	assert_false(s->want);
	assert_false(sscop_burst_left(s));
}

/* SSCOP-12: nothing of them is delivered or sent afterwards, in whatever way it ended. */
static void
whatever_ends_a_transfer_empties_queue_and_buffers(void **state)
{
	struct fake *f;
	uint32_t n_pulled;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(exits) / sizeof(exits[0]); i++) {
		f = with_full_buffers();
		n_pulled = f->n_pulled;
		leave(f, exits[i].how, exits[i].what);
		assert_string_equal(fake_log(f), exits[i].log);
		check_empty(f->s);
		fake_pass(f, 900);
		assert_string_equal(fake_log(f), "");
		assert_int_equal(f->n_pulled, n_pulled);
		fake_free(f);
	}
}

/* SSCOP-13, SSCOP-14: in 7, 8, 9 and 10; what the recovery still brings is of no interest then. */
static void
a_resynchronisation_empties_all_and_overrides_a_recovery(void **state)
{
	static const enum sscop_state from[] = { SSCOP_ST_OUT_RECOVERY, SSCOP_ST_RECOVERY_RESPONSE,
		SSCOP_ST_IN_RECOVERY, SSCOP_ST_READY };
	struct fake *f;
	uint8_t vt_sq;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(from) / sizeof(from[0]); i++) {
		f = with_full_buffers();
		if (from[i] == SSCOP_ST_IN_RECOVERY)
			receive(f, SSCOP_ER, 77);
		else if (from[i] != SSCOP_ST_READY)
			fake_receive_stat(f, 99, 0, 128, NULL, 0);
		if (from[i] == SSCOP_ST_RECOVERY_RESPONSE)
			receive(f, SSCOP_ERAK, 0);
		assert_int_equal(sscop_state(f->s), from[i]);
		vt_sq = f->s->vt_sq;
		(void)fake_log(f);
		ask(f, SSCOP_RESYNC_REQ, "");
		assert_string_equal(fake_log(f), "RS");
		assert_int_equal(sscop_state(f->s), SSCOP_ST_OUT_RESYNC);
		assert_int_equal(f->s->vt_sq, (uint8_t)(vt_sq + 1));
		assert_int_equal(sscop_next_due_ns(f->s), f->now_ns + 1000 * FAKE_MS);
		check_empty(f->s);
		receive(f, SSCOP_ERAK, 0);
		receive(f, SSCOP_ER, 99);
		fake_receive_sd(f, 0);
		assert_int_equal(sscop_state(f->s), SSCOP_ST_OUT_RESYNC);
		receive(f, SSCOP_RSAK, 0);
		assert_string_equal(fake_log(f), "RESYNC.CONF");
		assert_int_equal(sscop_state(f->s), SSCOP_ST_READY);
		fake_free(f);
	}
}

/* SSCOP-42 */
static void
a_recovery_starts_afresh_on_both_sides(void **state)
{
	struct fake *a = with_full_buffers(), *b = with_full_buffers();
	uint8_t vt_sq = a->s->vt_sq;

	(void)state;
	a->respond = b->respond = true;
	b->s->vr_sq = vt_sq; /* the connection that A has begun */
	fake_receive_stat(a, 99, 0, 128, NULL, 0);
	assert_string_equal(fake_log(a), "!R ER");
	assert_int_equal(a->sent.n_sq, (uint8_t)(vt_sq + 1));
	assert_int_equal(a->sent.n_mr, 16);
	assert_int_equal(sscop_n_timers(a->s), 1);
	assert_int_equal(sscop_next_due_ns(a->s), a->now_ns + 1000 * FAKE_MS);
	fake_receive(b, &a->sent);
	assert_string_equal(fake_log(b), "RECOVER.IND ERAK");
	assert_int_equal(b->sent.n_mr, 16);
	fake_receive(a, &b->sent);
	assert_string_equal(fake_log(a), "RECOVER.IND");
	assert_int_equal(sscop_state(a->s), SSCOP_ST_READY);
	assert_int_equal(sscop_state(b->s), SSCOP_ST_READY);
	assert_int_equal(a->s->vt_ms, 16);
	fake_pass(a, 1);
	fake_send(a, 0);
	fake_receive(b, &a->sent); /* the last of what is queued, number 4 */
	assert_string_equal(fake_log(a), "SD0 SD1 SD2 SD3 SD4");
	assert_string_equal(fake_log(b), "USTAT[0,4]");
	fake_free(a);
	fake_free(b);
}

/* SSCOP-7, rows UD and MD: unit data needs no connection and no order, and starts nothing. */
static void
unit_data_of_any_length_goes_both_ways_in_every_state(void **state)
{
	static uint8_t data[SSCOP_MAX_SDU + 1];
	static const uint32_t lens[] = { 0, 1, 4, 4095, SSCOP_MAX_SDU };
	struct sscop_pdu pdu = { .info = data };
	struct fake *f;
	uint32_t from, i;
	uint8_t type;

	(void)state;
	for (from = SSCOP_ST_IDLE; from <= SSCOP_ST_READY; from++) {
		f = fake_in_state((enum sscop_state)from);
		f->mute = true;
		for (i = 0; i < 2 * sizeof(lens) / sizeof(lens[0]); i++) {
			type = i % 2 == 0 ? SSCOP_UD : SSCOP_MD;
			assert_int_equal(sscop_request(f->s,
						 i % 2 == 0 ? SSCOP_UNITDATA_REQ : SSCOP_MDATA_REQ,
						 data, lens[i / 2], f->now_ns),
				0);
			assert_int_equal(f->sent.type, type);
			assert_int_equal(f->sent.info_len, lens[i / 2]);
			pdu.type = type;
			pdu.info_len = lens[i / 2];
			fake_receive(f, &pdu);
			assert_int_equal(sscop_stats(f->s)->rx[type], i / 2 + 1);
		}
		assert_int_equal(
			sscop_request(f->s, SSCOP_MDATA_REQ, data, sizeof(data), 0), -EMSGSIZE);
		assert_int_equal(
			sscop_request(f->s, SSCOP_UNITDATA_REQ, data, sizeof(data), 0), -EMSGSIZE);
		assert_int_equal(sscop_state(f->s), from);
		fake_free(f);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(padding_goes_out_as_zeros_and_comes_in_unchecked_and_undelivered),
		cmocka_unit_test(connection_numbers_wrap_at_256_on_both_sides),
		cmocka_unit_test(a_new_entity_begins_with_one_or_where_it_is_told),
		cmocka_unit_test(the_first_bgn_of_a_peer_that_counts_from_zero_is_rejected),
		cmocka_unit_test(a_repeat_is_the_same_pdu_octet_for_octet),
		cmocka_unit_test(four_transmissions_a_second_apart_and_one_second_more),
		cmocka_unit_test(max_cc_of_one_sends_once),
		cmocka_unit_test(a_bgn_with_the_known_number_is_rejected_and_the_next_one_taken),
		cmocka_unit_test(an_end_says_whether_the_user_or_the_protocol_wanted_it),
		cmocka_unit_test(whatever_ends_a_transfer_empties_queue_and_buffers),
		cmocka_unit_test(a_resynchronisation_empties_all_and_overrides_a_recovery),
		cmocka_unit_test(a_recovery_starts_afresh_on_both_sides),
		cmocka_unit_test(unit_data_of_any_length_goes_both_ways_in_every_state),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
