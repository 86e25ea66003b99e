/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * The largest window under a mass transfer: two hundred thousand SDUs each way over a wire of 5 ms
 * that loses nothing, or a part, and across the wrap of the sequence numbers.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "fake.h"

#include <cmocka.h>

#define WINDOW SSCOP_MAX_WINDOW
#define N_SDUS 200000u
#define MAX_FLIGHT (1u << 18)
#define MAX_OCTETS 288u /* a STAT of 67 elements */
#define DELAY_NS (5 * FAKE_MS)

struct flight {
	uint64_t due_ns;
	uint16_t to;
	uint16_t len;
	uint8_t pdu[MAX_OCTETS];
};

struct end {
	struct mass *mass;
	struct sscop *s;
	uint32_t n_to_send;
	uint32_t n_sent;
	uint32_t n_got;
	uint32_t max_outstanding;
	uint32_t max_kept;
	uint32_t n_full_lists; /* STATs of MaxSTAT elements */
	uint32_t n_since_poll;
	uint32_t max_since_poll;
};

struct mass {
	uint64_t now_ns;
	uint64_t random;
	uint32_t loss_permille;
	struct end end[2];
	struct flight *flights;
	uint32_t head, tail;
	struct cp_mem mem;
	uint64_t n_octets; /* allocated */
	uint32_t n_alloc;
};

static bool
is_lost(struct mass *m)
{
	m->random ^= m->random << 13;
	m->random ^= m->random >> 7;
	m->random ^= m->random << 17;
	return (uint32_t)(m->random >> 32) % 1000 < m->loss_permille;
}

static void
raise(uint32_t *max, uint32_t value)
{
	if (value > *max)
		*max = value;
}

/* How many SDs go between two POLLs, how long the lists become. */
static void
watch(struct end *end, const uint8_t *octets, size_t len)
{
	struct sscop_pdu pdu;

	assert_int_equal(sscop_pdu_decode(&pdu, octets, len), SSCOP_OK);
	if (pdu.type == SSCOP_SD)
		end->n_since_poll++;
	else if (pdu.type == SSCOP_POLL)
		end->n_since_poll = 0;
	end->n_full_lists += pdu.type == SSCOP_STAT && pdu.n_list == SSCOP_MAX_STAT;
	raise(&end->max_since_poll, end->n_since_poll);
	raise(&end->max_outstanding, sscop_n_unacknowledged(end->s));
	raise(&end->max_kept, end->s->rx.n_kept);
	/* the peer's credit is never gone beyond */
	assert_true(sscop_seq_sub(end->s->vt_s, end->s->vt_a) <=
		    sscop_seq_sub(end->s->vt_ms, end->s->vt_a));
}

static bool
on_send(void *arg, const uint8_t *pdu, size_t len)
{
	struct end *end = arg;
	struct mass *m = end->mass;
	struct flight *flight = &m->flights[m->tail % MAX_FLIGHT];

	watch(end, pdu, len);
	if (is_lost(m))
		return true;
	if (m->tail - m->head == MAX_FLIGHT)
		return false;
	assert_true(len <= MAX_OCTETS);
	flight->due_ns = m->now_ns + DELAY_NS;
	flight->to = end == &m->end[0];
	flight->len = (uint16_t)len;
	memcpy(flight->pdu, pdu, len);
	m->tail++;
	return true;
}

static void
on_primitive(void *arg, enum sscop_prim prim, const uint8_t *data, size_t len, uint64_t now_ns)
{
	struct end *end = arg;

	if (prim == SSCOP_ESTABLISH_IND)
		assert_int_equal(sscop_request(end->s, SSCOP_ESTABLISH_RESP, NULL, 0, now_ns), 0);
	if (prim != SSCOP_DATA_IND) {
		assert_true(prim == SSCOP_ESTABLISH_IND || prim == SSCOP_ESTABLISH_CONF);
		return;
	}
	assert_int_equal(len, 4 + end->n_got % 40);
	assert_int_equal(cp_get_be32(data), end->n_got);
	end->n_got++;
	sscop_credit(end->s, 1);
}

static size_t
on_pull(void *arg, uint8_t *room, size_t size, uint64_t now_ns)
{
	struct end *end = arg;
	size_t len = 4 + end->n_sent % 40;

	(void)now_ns;
	assert_int_equal(size, SSCOP_MAX_SDU);
	if (end->n_sent == end->n_to_send)
		return 0;
	memset(room, 0x5a, len);
	cp_put_be32(room, end->n_sent++);
	return len;
}

static void
on_error(void *arg, char code, uint32_t count, uint64_t now_ns)
{
	(void)arg;
	(void)count;
	(void)now_ns;
	assert_true(code == 'V' || code == 'W' || code == 'X');
}

static void *
count_alloc(void *arg, size_t size, const char *what)
{
	struct mass *m = arg;

	(void)what;
	m->n_alloc++;
	m->n_octets += size;
	return calloc(1, size);
}

static void
count_free(void *arg, void *p)
{
	(void)arg;
	free(p);
}

static uint64_t
next_ns(const struct mass *m)
{
	uint64_t a_ns = sscop_next_due_ns(m->end[0].s), b_ns = sscop_next_due_ns(m->end[1].s);
	uint64_t due_ns = a_ns < b_ns ? a_ns : b_ns;

	if (m->head != m->tail && m->flights[m->head % MAX_FLIGHT].due_ns < due_ns)
		due_ns = m->flights[m->head % MAX_FLIGHT].due_ns;
	return due_ns;
}

static void
step(struct mass *m)
{
	const struct flight *flight;

	m->now_ns = next_ns(m);
	sscop_poll(m->end[0].s, m->now_ns);
	sscop_poll(m->end[1].s, m->now_ns);
	for (; m->head != m->tail; m->head++) {
		flight = &m->flights[m->head % MAX_FLIGHT];
		if (flight->due_ns > m->now_ns)
			break;
		sscop_receive(m->end[flight->to].s, flight->pdu, flight->len, m->now_ns);
	}
}

static struct mass *
mass_new(uint32_t loss_permille, uint32_t shift)
{
	static const struct sscop_ops ops = {
		.send_pdu = on_send,
		.primitive = on_primitive,
		.pull_sdu = on_pull,
		.error = on_error,
	};
	struct mass *m = calloc(1, sizeof(*m));
	struct sscop_params params;
	uint32_t i;

	assert_non_null(m);
	m->mem = (struct cp_mem){ .alloc = count_alloc, .free = count_free, .arg = m };
	m->flights = calloc(MAX_FLIGHT, sizeof(*m->flights));
	assert_non_null(m->flights);
	m->random = 0x2110;
	sscop_params_default(&params);
	params.window = WINDOW;
	for (i = 0; i < 2; i++) {
		m->end[i].mass = m;
		m->end[i].s = sscop_create(&params, &ops, &m->end[i], &m->mem);
		assert_non_null(m->end[i].s);
	}
	assert_int_equal(sscop_request(m->end[0].s, SSCOP_ESTABLISH_REQ, NULL, 0, 0), 0);
	while (sscop_state(m->end[0].s) != SSCOP_ST_READY)
		step(m);
	for (i = 0; i < 2; i++)
		fake_shift(m->end[i].s, shift);
	m->loss_permille = loss_permille;
	return m;
}

static void
mass_free(struct mass *m)
{
	sscop_destroy(m->end[0].s);
	sscop_destroy(m->end[1].s);
	free(m->flights);
	free(m);
}

static bool
is_done(const struct mass *m)
{
	uint32_t i;

	for (i = 0; i < 2; i++) {
		if (m->end[!i].n_got != m->end[i].n_to_send ||
			sscop_n_unacknowledged(m->end[i].s) > 0)
			return false;
	}
	return true;
}

static void
run(struct mass *m, uint32_t n_from_0, uint32_t n_from_1)
{
	uint32_t n_alloc = m->n_alloc, i;

	m->end[0].n_to_send = n_from_0;
	m->end[1].n_to_send = n_from_1;
	for (i = 0; i < 2; i++)
		sscop_sdu_ready(m->end[i].s, m->now_ns);
	while (!is_done(m)) {
		step(m);
		assert_true(m->now_ns < UINT64_C(600) * 1000 * FAKE_MS);
	}
	assert_int_equal(m->n_alloc, n_alloc);
	for (i = 0; i < 2; i++) {
		assert_true(m->end[i].max_outstanding <= WINDOW);
		assert_true(m->end[i].max_kept <= WINDOW);
		assert_int_equal(m->end[i].max_since_poll, 25);
		assert_int_equal(m->end[i].s->rx.n_kept, 0);
		assert_int_equal(m->end[i].s->rx.n_free, m->end[i].s->rx.n_chunks);
		assert_int_equal(m->end[i].s->tx.n_marked, 0);
		assert_int_equal(sscop_state(m->end[i].s), SSCOP_ST_READY);
	}
}

/* SSCOP-6, SSCOP-16, SSCOP-36 */
static void
a_perfect_wire_carries_windows_one_after_the_other(void **state)
{
	struct mass *m = mass_new(0, 0);
	const struct sscop_stats *stats = sscop_stats(m->end[0].s);
	uint64_t begin_ns = m->now_ns;

	(void)state;
	run(m, N_SDUS, N_SDUS);
	assert_int_equal(stats->tx[SSCOP_SD], N_SDUS);
	assert_int_equal(stats->retransmitted, 0);
	assert_true(stats->tx[SSCOP_POLL] >= N_SDUS / 25);
	/* every POLL has its STAT */
	assert_int_equal(sscop_stats(m->end[1].s)->tx[SSCOP_STAT], stats->tx[SSCOP_POLL]);
	assert_int_equal(m->end[0].max_outstanding, WINDOW);
	assert_int_equal(m->end[0].max_kept, 0);
	assert_int_equal(stats->tx_dropped, 0);
	/* the last POLL is that of the timer; else a window takes a round trip, and there are 4 */
	assert_true(m->now_ns - begin_ns <= 750 * FAKE_MS + 5 * 2 * DELAY_NS);
	mass_free(m);
}

/* SSCOP-30, SSCOP-33, SSCOP-37, SSCOP-43 */
static void
a_wire_that_loses_delays_but_loses_and_reorders_nothing(void **state)
{
	static const uint32_t losses[] = { 1, 10, 100 };
	struct mass *m;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(losses) / sizeof(losses[0]); i++) {
		m = mass_new(losses[i], 0);
		run(m, N_SDUS, N_SDUS);
		assert_true(sscop_stats(m->end[0].s)->retransmitted >=
			    (uint64_t)N_SDUS * losses[i] / 1100);
		/* an SD is not sent much more often than the wire makes it necessary */
		assert_true(sscop_stats(m->end[0].s)->retransmitted <=
			    (uint64_t)N_SDUS * losses[i] / 500);
		assert_true(losses[i] < 10 || m->end[1].n_full_lists > 100);
		assert_int_equal(sscop_stats(m->end[0].s)->unanswered, 0);
		mass_free(m);
	}
}

/* SSCOP-3 */
static void
the_numbers_wrap_in_the_middle_of_a_full_window(void **state)
{
	struct mass *m = mass_new(10, SSCOP_SEQ_MASK - N_SDUS / 2);

	(void)state;
	run(m, N_SDUS, N_SDUS);
	assert_int_equal(m->end[0].s->vt_s, N_SDUS - N_SDUS / 2 - 1);
	assert_int_equal(m->end[0].s->vt_a, m->end[1].s->vr_r);
	assert_int_equal(m->end[0].max_outstanding, WINDOW);
	mass_free(m);
}

/* SSCOP-3: the same of the numbers of POLLs, which are fewer. */
static void
poll_numbers_wrap_in_the_middle_of_a_full_window(void **state)
{
	struct mass *m = mass_new(10, SSCOP_SEQ_MASK - 3000);

	(void)state;
	run(m, N_SDUS, N_SDUS);
	assert_true(m->end[0].s->vt_ps < N_SDUS);
	mass_free(m);
}

/* SSCOP-12, SSCOP-30: what the window costs, whatever is sent. */
static void
memory_is_what_the_window_says(void **state)
{
	/* a PDU of 128 octets in the ring, its slot; the same for an SD out of sequence, with the
	 * link of its chunk; bits */
	const uint64_t per_sd = 128 + sizeof(struct sscop_tx_slot) + 128 +
				sizeof(struct sscop_rx_slot) + sizeof(uint32_t);
	const uint64_t bits = 2 * WINDOW / 8 + WINDOW / 64 * sizeof(uint32_t);
	const uint64_t fixed = sizeof(struct sscop) + 3 * SSCOP_MAX_SDU;
	struct mass *m = mass_new(0, 0);

	(void)state;
	assert_int_equal(per_sd, 280);
	assert_int_equal(m->n_octets, 2 * (WINDOW * per_sd + bits + fixed));
	assert_true(m->n_octets / 2 < 281 * WINDOW);
	mass_free(m);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_perfect_wire_carries_windows_one_after_the_other),
		cmocka_unit_test(a_wire_that_loses_delays_but_loses_and_reorders_nothing),
		cmocka_unit_test(the_numbers_wrap_in_the_middle_of_a_full_window),
		cmocka_unit_test(poll_numbers_wrap_in_the_middle_of_a_full_window),
		cmocka_unit_test(memory_is_what_the_window_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
