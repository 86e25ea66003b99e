/* SPDX-License-Identifier: BSD-3-Clause */

/* Two entities over a wire that loses, and one over a wire that lies: many seeded runs. */

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

#define N_SEEDS 120
#define N_SDUS 400
#define MAX_FLIGHT 1024
#define DELAY_NS (5 * FAKE_MS)

struct flight {
	uint64_t due_ns;
	uint32_t to;
	uint32_t len;
	uint8_t pdu[SSCOP_MAX_PDU];
};

struct end {
	struct link *link;
	struct sscop *s;
	uint32_t n_sent;
	uint32_t n_got;
	uint32_t max_outstanding;
};

struct link {
	uint64_t random;
	uint64_t now_ns;
	uint32_t loss_percent;
	uint32_t n_repairs;
	uint32_t n_alloc;
	struct end end[2];
	struct flight *flights;
	size_t head, tail;
};

/* xorshift64: the same run for the same seed everywhere. */
static uint32_t
draw(uint64_t *random, uint32_t n)
{
	*random ^= *random << 13;
	*random ^= *random >> 7;
	*random ^= *random << 17;
	return (uint32_t)(*random >> 32) % n;
}

/* The length and every octet of an SDU follow from its number and its direction. */
static uint32_t
sdu_len(uint32_t i)
{
	return i % 37 == 0 ? SSCOP_MAX_SDU - i % 5 : 4 + i * 7 % 300;
}

static void
fill_sdu(uint8_t *out, uint32_t from, uint32_t i)
{
	uint32_t j, len = sdu_len(i);

	cp_put_be32(out, i);
	for (j = 4; j < len; j++)
		out[j] = (uint8_t)(i + j + 100 * from);
}

static bool
on_send(void *arg, const uint8_t *pdu, size_t len)
{
	struct end *end = arg;
	struct link *link = end->link;
	struct flight *flight = &link->flights[link->tail % MAX_FLIGHT];

	assert_true(len <= SSCOP_MAX_PDU);
	if (sscop_n_unacknowledged(end->s) > end->max_outstanding)
		end->max_outstanding = sscop_n_unacknowledged(end->s);
	if (draw(&link->random, 100) < link->loss_percent)
		return true;
	if (link->tail - link->head == MAX_FLIGHT)
		return false; /* a ring that is full: SSCOP repairs this, too */
	flight->due_ns = link->now_ns + DELAY_NS;
	flight->to = end == &link->end[0];
	flight->len = (uint32_t)len;
	memcpy(flight->pdu, pdu, len);
	link->tail++;
	return true;
}

static void
on_primitive(void *arg, enum sscop_prim prim, const uint8_t *data, size_t len, uint64_t now_ns)
{
	static uint8_t expected[SSCOP_MAX_SDU];
	struct end *end = arg;

	if (prim == SSCOP_ESTABLISH_IND)
		assert_int_equal(sscop_request(end->s, SSCOP_ESTABLISH_RESP, NULL, 0, now_ns), 0);
	if (prim != SSCOP_DATA_IND) {
		assert_true(prim == SSCOP_ESTABLISH_IND || prim == SSCOP_ESTABLISH_CONF);
		return;
	}
	assert_int_equal(len, sdu_len(end->n_got));
	fill_sdu(expected, end == &end->link->end[0], end->n_got);
	assert_memory_equal(data, expected, len);
	end->n_got++;
	sscop_credit(end->s, 1);
}

static size_t
on_pull(void *arg, uint8_t *room, size_t size, uint64_t now_ns)
{
	struct end *end = arg;

	(void)now_ns;
	assert_int_equal(size, SSCOP_MAX_SDU);
	if (end->n_sent == N_SDUS)
		return 0;
	fill_sdu(room, end == &end->link->end[1], end->n_sent);
	return sdu_len(end->n_sent++);
}

static void
on_error(void *arg, char code, uint32_t count, uint64_t now_ns)
{
	struct end *end = arg;

	(void)now_ns;
	assert_true(code == 'V' || code == 'W' || code == 'X');
	end->link->n_repairs += count;
}

static void *
count_alloc(void *arg, size_t size, const char *what)
{
	struct link *link = arg;

	(void)what;
	link->n_alloc++;
	return calloc(1, size);
}

static void
count_free(void *arg, void *p)
{
	struct link *link = arg;

	link->n_alloc--;
	free(p);
}

static const struct sscop_ops link_ops = {
	.send_pdu = on_send,
	.primitive = on_primitive,
	.pull_sdu = on_pull,
	.error = on_error,
};

static uint64_t
next_ns(const struct link *link)
{
	uint64_t a_ns = sscop_next_due_ns(link->end[0].s);
	uint64_t b_ns = sscop_next_due_ns(link->end[1].s);
	uint64_t due_ns = a_ns < b_ns ? a_ns : b_ns;

	if (link->head < link->tail && link->flights[link->head % MAX_FLIGHT].due_ns < due_ns)
		due_ns = link->flights[link->head % MAX_FLIGHT].due_ns;
	return due_ns;
}

static void
step(struct link *link)
{
	const struct flight *flight;

	link->now_ns = next_ns(link);
	sscop_poll(link->end[0].s, link->now_ns);
	sscop_poll(link->end[1].s, link->now_ns);
	while (link->head < link->tail) {
		flight = &link->flights[link->head % MAX_FLIGHT];
		if (flight->due_ns > link->now_ns)
			break;
		link->head++;
		sscop_receive(link->end[flight->to].s, flight->pdu, flight->len, link->now_ns);
	}
}

static bool
all_quiet(const struct link *link)
{
	return link->end[0].n_got == N_SDUS && link->end[1].n_got == N_SDUS &&
	       sscop_n_unacknowledged(link->end[0].s) == 0 &&
	       sscop_n_unacknowledged(link->end[1].s) == 0;
}

static void
connect(struct link *link)
{
	assert_int_equal(sscop_request(link->end[0].s, SSCOP_ESTABLISH_REQ, NULL, 0, 0), 0);
	while (sscop_state(link->end[0].s) != SSCOP_ST_READY)
		step(link);
}

static struct sscop_params
draw_params(struct link *link)
{
	static const uint32_t windows[] = { 1, 2, 5, 64, 100, 300 };
	static const uint32_t rx[] = { 0, SSCOP_MAX_SDU, 20000 };
	static const uint32_t tx[] = { 0, 2 * SSCOP_MAX_PDU, 40000 };
	struct sscop_params params;

	sscop_params_default(&params);
	params.timer_no_response_ms = 600000; /* the loss is the test's, not the end of the link */
	params.window = windows[draw(&link->random, 6)];
	params.rx_octets = rx[draw(&link->random, 3)];
	params.tx_octets = tx[draw(&link->random, 3)];
	params.max_stat = draw(&link->random, 2) == 0 ? 3 : SSCOP_MAX_STAT;
	return params;
}

static void
run_link(uint64_t seed, uint32_t shift)
{
	struct link *link = calloc(1, sizeof(*link));
	const struct cp_mem mem = { .alloc = count_alloc, .free = count_free, .arg = link };
	struct sscop_params params[2];
	uint32_t i, n_alloc;

	assert_non_null(link);
	link->flights = calloc(MAX_FLIGHT, sizeof(*link->flights));
	link->random = seed * 0x9e3779b97f4a7c15u + 1;
	for (i = 0; i < 2; i++) {
		params[i] = draw_params(link);
		link->end[i].link = link;
		link->end[i].s = sscop_create(&params[i], &link_ops, &link->end[i], &mem);
		assert_non_null(link->end[i].s);
	}
	n_alloc = link->n_alloc;
	connect(link);
	for (i = 0; i < 2; i++)
		fake_shift(link->end[i].s, shift);
	link->loss_percent = 1 + (uint32_t)seed % 25;
	for (i = 0; i < 2; i++)
		sscop_sdu_ready(link->end[i].s, link->now_ns);
	while (!all_quiet(link)) {
		step(link);
		assert_true(link->now_ns < UINT64_C(7200) * 1000 * FAKE_MS);
	}
	assert_int_equal(link->n_alloc, n_alloc);
	for (i = 0; i < 2; i++) {
		assert_int_equal(link->end[i].n_sent, N_SDUS);
		assert_true(link->end[i].max_outstanding <= params[i].window);
		assert_int_equal(link->end[i].s->rx.n_kept, 0);
		assert_int_equal(link->end[i].s->rx.n_free, link->end[i].s->rx.n_chunks);
		assert_int_equal(sscop_seq_sub(link->end[i].s->vt_s, shift), N_SDUS);
		sscop_destroy(link->end[i].s);
	}
	assert_true(link->n_repairs > 0);
	assert_int_equal(link->n_alloc, 0);
	free(link->flights);
	free(link);
}

/* SSCOP-15 to SSCOP-43 */
static void
all_sdus_arrive_once_and_in_order_whatever_is_lost(void **state)
{
	uint64_t seed;

	(void)state;
	for (seed = 1; seed <= N_SEEDS; seed++)
		run_link(seed, 0);
}

/* SSCOP-3 */
static void
all_sdus_arrive_once_and_in_order_across_the_wrap(void **state)
{
	uint64_t seed;

	(void)state;
	for (seed = 1; seed <= N_SEEDS / 4; seed++)
		run_link(1000 + seed, SSCOP_SEQ_MASK - 20 - (uint32_t)seed * 10);
}

/* A wire without delay: every answer comes from inside send_pdu. */
static bool
send_at_once(void *arg, const uint8_t *pdu, size_t len)
{
	struct end *end = arg;
	struct link *link = end->link;

	sscop_receive(link->end[end == &link->end[0]].s, pdu, len, link->now_ns);
	return true;
}

static void
answers_may_come_from_inside_the_sending(void **state)
{
	struct sscop_ops ops = link_ops;
	struct link *link = calloc(1, sizeof(*link));
	struct sscop_params params;
	uint32_t i;

	(void)state;
	assert_non_null(link);
	ops.send_pdu = send_at_once;
	sscop_params_default(&params);
	params.window = 10;
	for (i = 0; i < 2; i++) {
		link->end[i].link = link;
		link->end[i].s = sscop_create(&params, &ops, &link->end[i], NULL);
		assert_non_null(link->end[i].s);
	}
	assert_int_equal(sscop_request(link->end[0].s, SSCOP_ESTABLISH_REQ, NULL, 0, 0), 0);
	for (i = 0; i < 2; i++) {
		assert_int_equal(sscop_state(link->end[i].s), SSCOP_ST_READY);
		assert_false(sscop_timer_runs(link->end[i].s, SSCOP_T_CC));
		sscop_sdu_ready(link->end[i].s, 0);
	}
	while (!all_quiet(link))
		step(link);
	for (i = 0; i < 2; i++)
		sscop_destroy(link->end[i].s);
	free(link);
}

/* SSCOP-1, I7: what is no PDU changes nothing but counters. */
static void
octets_that_are_no_pdu_change_nothing_but_counters(void **state)
{
	struct fake *f = fake_ready(128, 128);
	struct sscop_stats stats;
	struct sscop before;
	uint64_t random = 4711;
	uint8_t *octets, copy[4200];
	struct sscop_pdu pdu;
	uint32_t i, j, len, n_bad = 0;

	(void)state;
	fake_send(f, 3);
	fake_receive_sd(f, 2);
	(void)fake_log(f);
	before = *f->s;
	for (i = 0; i < 20000; i++) {
		len = draw(&random, i % 50 == 0 ? 4200 : 40);
		for (j = 0; j < len; j++)
			copy[j] = (uint8_t)draw(&random, 256);
		if (sscop_pdu_decode(&pdu, copy, len) == SSCOP_OK)
			continue;
		octets = malloc(len > 0 ? len : 1);
		assert_non_null(octets);
		memcpy(octets, copy, len);
		f->log[0] = '\0';
		sscop_receive(f->s, octets, len, f->now_ns);
		assert_string_equal(fake_log(f), "!U");
		free(octets);
		n_bad++;
	}
	stats = f->s->stats;
	assert_true(n_bad > 10000);
	assert_int_equal(stats.bad_length + stats.bad_type, n_bad);
	assert_int_equal(stats.errors['U' - 'A'], n_bad);
	f->s->stats = before.stats;
	assert_memory_equal(f->s, &before, sizeof(before));
	fake_free(f);
}

/* Where a PDU may lead from data transfer: 0, only with a recovery. */
static const uint8_t leads_to[SSCOP_TYPE_COUNT] = {
	[SSCOP_BGN] = SSCOP_ST_IN_CONN,
	[SSCOP_END] = SSCOP_ST_IDLE,
	[SSCOP_ENDAK] = SSCOP_ST_IDLE,
	[SSCOP_BGREJ] = SSCOP_ST_IDLE,
	[SSCOP_RS] = SSCOP_ST_IN_RESYNC,
	[SSCOP_ER] = SSCOP_ST_IN_RECOVERY,
	[SSCOP_SD] = SSCOP_ST_OUT_RECOVERY,
	[SSCOP_POLL] = SSCOP_ST_OUT_RECOVERY,
	[SSCOP_STAT] = SSCOP_ST_OUT_RECOVERY,
	[SSCOP_USTAT] = SSCOP_ST_OUT_RECOVERY,
};

static void
check_bounds(const struct sscop *s)
{
	uint32_t high = sscop_seq_sub(s->vr_h, s->vr_r);

	assert_true(s->state >= SSCOP_ST_IDLE && s->state <= SSCOP_ST_READY);
	assert_true(sscop_n_unacknowledged(s) <= s->params.window);
	assert_true(s->tx.n_marked == 0);
	assert_true(s->rx.n_kept <= s->params.window);
	if (s->state != SSCOP_ST_READY)
		return;
	assert_true(sscop_seq_sub(s->vr_mr, s->vr_r) <= s->params.window);
	assert_true(high <= sscop_seq_sub(s->vr_mr, s->vr_r));
	assert_true(s->rx.n_kept <= high);
}

/* A PDU that can be, with numbers that are mostly near those of the entity. */
static uint32_t
draw_pdu(uint64_t *random, const struct sscop *s, uint8_t *out)
{
	static const uint8_t fixed[SSCOP_TYPE_COUNT] = { [SSCOP_POLL] = 8,
		[SSCOP_STAT] = 12,
		[SSCOP_USTAT] = 16,
		[SSCOP_SD] = 4,
		[SSCOP_UD] = 4,
		[SSCOP_MD] = 4 };
	const uint32_t near[] = { s->vt_s, s->vt_a, s->vt_ps, s->vr_r, s->vr_h, s->vr_mr };
	uint8_t type = (uint8_t)(1 + draw(random, SSCOP_TYPE_COUNT - 1));
	uint32_t i, len;

	if (draw(random, 3) != 0) /* mostly data transfer, so that it is reached */
		type = (uint8_t)(SSCOP_SD + draw(random, 5));
	len = fixed[type] > 0 ? fixed[type] : 8;
	if (type == SSCOP_STAT)
		len += 4 * draw(random, 8);
	else if (len == 4)
		len += 4 * draw(random, 70);
	for (i = 0; i < len; i += 4) {
		cp_put_be32(out + i, draw(random, 20) == 0 ? draw(random, UINT32_MAX)
							   : sscop_seq_add(near[draw(random, 6)],
								     draw(random, 7) - 2));
	}
	out[len - 4] = (uint8_t)(draw(random, 16) << 4 | type);
	return len;
}

static void
hostile_pdus_stay_within_the_table(void **state)
{
	struct fake *f = fake_ready(16, 128);
	uint64_t random = 815;
	uint8_t pdu[512], from, to;
	uint32_t i, len, n_ready = 0;

	(void)state;
	for (i = 0; i < 100000; i++) {
		if (f->s->state != SSCOP_ST_READY && draw(&random, 4) == 0) {
			fake_free(f);
			f = fake_ready(16, 128);
			f->respond = true;
		}
		f->n_queued = f->n_pulled + draw(&random, 3);
		fake_send(f, 0);
		from = f->s->state;
		len = draw_pdu(&random, f->s, pdu);
		sscop_receive(f->s, pdu, len, f->now_ns);
		to = f->s->state;
		if (from == SSCOP_ST_READY && to != from)
			assert_int_equal(to, leads_to[pdu[len - 4] & 15]);
		n_ready += to == SSCOP_ST_READY;
		check_bounds(f->s);
		fake_pass(f, draw(&random, 300));
		(void)fake_log(f);
	}
	assert_true(n_ready > 20000);
	fake_free(f);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_sdus_arrive_once_and_in_order_whatever_is_lost),
		cmocka_unit_test(all_sdus_arrive_once_and_in_order_across_the_wrap),
		cmocka_unit_test(answers_may_come_from_inside_the_sending),
		cmocka_unit_test(octets_that_are_no_pdu_change_nothing_but_counters),
		cmocka_unit_test(hostile_pdus_stay_within_the_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
