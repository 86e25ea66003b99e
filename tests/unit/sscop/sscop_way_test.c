/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * An SD that is next in sequence does not go by way of the decoder and the table. Here two entities
 * receive the same octets, one of them always by that way, and end up the same.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "fake.h"

#include <cmocka.h>

#define N_LIVES 400 /* of each state */
#define N_PDUS 40   /* of a life */

static uint32_t
any(uint32_t n)
{
	return (uint32_t)lrand48() % n;
}

/*
 * Mostly an SD, mostly next in sequence, with a trailer whose every bit is anything now and then.
 * It ends at @end, where a sanitizer sees a read beyond it.
 */
static size_t
make_pdu(const struct sscop *s, uint8_t *end)
{
	static const size_t lengths[] = { 0, 1, 3, 4, 4096, 4100, 4101, 4104 };
	size_t len = any(8) != 0 ? 4 * (1 + any(8)) : lengths[any(8)], i;
	uint32_t n_s = any(4) != 0 ? s->vr_r : s->vr_r + any(12) - 4;
	uint32_t type = any(8) != 0 ? SSCOP_SD : any(16);

	for (i = 0; i < len; i++)
		*(end - len + i) = (uint8_t)('a' + i % 26);
	if (len >= 4)
		cp_put_be32(end - 4, any(16) << 28 | type << 24 | (n_s & SSCOP_SEQ_MASK));
	return len;
}

static void
expect_same(struct fake *a, struct fake *b)
{
	assert_string_equal(fake_log(a), fake_log(b));
	assert_int_equal(sscop_state(a->s), sscop_state(b->s));
	assert_int_equal(a->s->vr_r, b->s->vr_r);
	assert_int_equal(a->s->vr_h, b->s->vr_h);
	assert_int_equal(a->s->vr_mr, b->s->vr_mr);
	assert_int_equal(a->s->epoch, b->s->epoch);
	assert_memory_equal(sscop_stats(a->s), sscop_stats(b->s), sizeof(*sscop_stats(a->s)));
}

/* @return SDs received. */
static uint64_t
live(enum sscop_state state, bool no_credit)
{
	struct fake *a = fake_in_state(state), *b = fake_in_state(state);
	uint8_t octets[SSCOP_MAX_PDU], *end = octets + sizeof(octets);
	uint64_t n_sds;
	uint32_t i;
	size_t len;

	a->no_credit = b->no_credit = no_credit;
	if (no_credit && state == SSCOP_ST_READY)
		a->s->vr_mr = b->s->vr_mr = sscop_seq_add(a->s->vr_r, any(6));
	for (i = 0; i < N_PDUS; i++) {
		len = make_pdu(a->s, end);
		sscop_receive(a->s, end - len, len, a->now_ns);
		sscop_receive_any(b->s, end - len, len, b->now_ns);
		expect_same(a, b);
	}
	n_sds = sscop_stats(a->s)->rx[SSCOP_SD];
	fake_free(a);
	fake_free(b);
	return n_sds;
}

/* SSCOP-1, SSCOP-7, SSCOP-23 */
static void
an_sd_in_sequence_ends_as_by_way_of_the_table(void **state)
{
	uint64_t n_sds = 0;
	uint32_t i;
	int s;

	(void)state;
	srand48(1);
	for (s = SSCOP_ST_IDLE; s <= SSCOP_ST_READY; s++)
		for (i = 0; i < N_LIVES; i++)
			n_sds += live((enum sscop_state)s, i % 2 != 0);
	assert_true(n_sds > 10 * N_LIVES);
}

/* SSCOP-7, SSCOP-23: what the short way leaves out is nothing. */
static void
the_cell_of_an_sd_has_one_step_and_nothing_else(void **state)
{
	const struct sscop_cell *cell = sscop_cell_at(SSCOP_ST_READY, SSCOP_EV_SD);

	(void)state;
	assert_true(cell->steps[0] == sscop_step_sd);
	assert_true(cell->steps[1] == NULL);
	assert_int_equal(cell->next, 0);
	assert_int_equal(cell->code, 0);
	assert_false(cell->answers);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_sd_in_sequence_ends_as_by_way_of_the_table),
		cmocka_unit_test(the_cell_of_an_sd_has_one_step_and_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
