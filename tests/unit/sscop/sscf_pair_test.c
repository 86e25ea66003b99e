/* SPDX-License-Identifier: BSD-3-Clause */

/* Two SSCFs on a wire of 5 ms that loses what the test wants: who meets whom, and when. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sscop/sscf.h"

#include <cmocka.h>

#define MS UINT64_C(1000000)
#define DELAY_MS 5u
#define MAX_FLIGHT 64u
#define MAX_SENT 32u

enum { A, B };

struct flight {
	uint64_t due_ns;
	int to;
	size_t len;
	uint8_t pdu[SSCOP_MAX_PDU];
};

struct end {
	struct pair *pair;
	struct sscf *f;
	uint32_t n_sent[SSCOP_TYPE_COUNT];
	uint32_t n_ind, n_conf, n_lost, n_released, n_unitdata;
	uint32_t n_to_send, n_pulled;
	uint32_t sdu_size;
	uint32_t n_data;
	uint64_t data_ms[MAX_SENT]; /* when each SDU came */
	size_t data_len;            /* of the last one */
	size_t uu_len;              /* of the last primitive that had some */
	uint8_t uu[SSCOP_MAX_SDU];
};

struct pair {
	struct end end[2];
	uint64_t now_ns;
	struct flight flights[MAX_FLIGHT];
	uint32_t head, tail;
	/* The SDs that the wire loses, by N(S): how often yet. */
	uint32_t n_losses[MAX_SENT];
};

static bool
on_send(void *arg, const uint8_t *octets, size_t len)
{
	struct end *end = arg;
	struct pair *p = end->pair;
	struct flight *flight = &p->flights[p->tail % MAX_FLIGHT];
	struct sscop_pdu pdu;

	assert_int_equal(sscop_pdu_decode(&pdu, octets, len), SSCOP_OK);
	end->n_sent[pdu.type]++;
	if (pdu.type != SSCOP_SD && pdu.type != SSCOP_UD)
		assert_int_equal(pdu.info_len, 0); /* SSCOP-46: no UU of ours */
	if (pdu.type == SSCOP_SD && p->n_losses[pdu.n_s % MAX_SENT] > 0) {
		p->n_losses[pdu.n_s % MAX_SENT]--;
		return true;
	}
	assert_true(p->tail - p->head < MAX_FLIGHT);
	flight->due_ns = p->now_ns + DELAY_MS * MS;
	flight->to = end == &p->end[A] ? B : A;
	flight->len = len;
	memcpy(flight->pdu, octets, len);
	p->tail++;
	return true;
}

static void
keep_uu(struct end *end)
{
	const uint8_t *uu = sscf_uu(end->f, &end->uu_len);

	if (end->uu_len > 0)
		memcpy(end->uu, uu, end->uu_len);
}

static void
on_ind(void *arg, uint64_t now_ns)
{
	struct end *end = arg;

	(void)now_ns;
	end->n_ind++;
	keep_uu(end);
}

static void
on_conf(void *arg, uint64_t now_ns)
{
	struct end *end = arg;

	(void)now_ns;
	end->n_conf++;
	keep_uu(end);
}

static void
on_lost(void *arg, uint64_t now_ns)
{
	struct end *end = arg;

	(void)now_ns;
	end->n_lost++;
	keep_uu(end);
}

static void
on_released(void *arg, uint64_t now_ns)
{
	(void)now_ns;
	((struct end *)arg)->n_released++;
}

static void
on_data(void *arg, const uint8_t *sdu, size_t len, uint64_t now_ns)
{
	struct end *end = arg;

	assert_int_equal(sdu[0], (uint8_t)end->n_data);
	end->data_ms[end->n_data++ % MAX_SENT] = now_ns / MS;
	end->data_len = len;
}

static void
on_unitdata(void *arg, const uint8_t *data, size_t len, uint64_t now_ns)
{
	(void)now_ns;
	assert_int_equal(len, 5);
	assert_memory_equal(data, "unit!", len);
	((struct end *)arg)->n_unitdata++;
}

static size_t
on_pull(void *arg, uint8_t *room, size_t size, uint64_t now_ns)
{
	struct end *end = arg;

	(void)now_ns;
	if (end->n_to_send == 0)
		return 0;
	end->n_to_send--;
	assert_true(end->sdu_size <= size);
	memset(room, 0x5a, end->sdu_size);
	room[0] = (uint8_t)end->n_pulled++;
	return end->sdu_size;
}

static struct pair *
pair_new(void)
{
	static const struct sscf_ops ops = {
		.send_pdu = on_send,
		.establish_ind = on_ind,
		.establish_conf = on_conf,
		.release_ind = on_lost,
		.release_conf = on_released,
		.data_ind = on_data,
		.pull_sdu = on_pull,
		.unitdata_ind = on_unitdata,
	};
	struct pair *p = calloc(1, sizeof(*p));
	struct sscop_params params;
	int i;

	assert_non_null(p);
	sscop_params_default(&params);
	for (i = A; i <= B; i++) {
		p->end[i].pair = p;
		p->end[i].sdu_size = 4;
		p->end[i].f = sscf_create(&params, &ops, &p->end[i], NULL);
		assert_non_null(p->end[i].f);
	}
	return p;
}

static void
pair_free(struct pair *p)
{
	sscf_destroy(p->end[A].f);
	sscf_destroy(p->end[B].f);
	free(p);
}

static void
run(struct pair *p, uint32_t ms)
{
	const struct flight *flight;

	while (ms-- > 0) {
		p->now_ns += MS;
		sscf_poll(p->end[A].f, p->now_ns);
		sscf_poll(p->end[B].f, p->now_ns);
		for (; p->head != p->tail; p->head++) {
			flight = &p->flights[p->head % MAX_FLIGHT];
			if (flight->due_ns > p->now_ns)
				break;
			sscf_receive(p->end[flight->to].f, flight->pdu, flight->len, p->now_ns);
		}
	}
}

static struct pair *
pair_up(void)
{
	struct pair *p = pair_new();

	assert_int_equal(sscf_establish(p->end[A].f, p->now_ns), 0);
	run(p, 2 * DELAY_MS);
	assert_int_equal(sscf_state(p->end[A].f), SSCF_ST_ESTABLISHED);
	assert_int_equal(sscf_state(p->end[B].f), SSCF_ST_ESTABLISHED);
	return p;
}

static void
send(struct pair *p, int side, uint32_t n)
{
	p->end[side].n_to_send = n;
	sscf_sdu_ready(p->end[side].f, p->now_ns);
}

/* SSCOP-48 */
static void
bgns_that_cross_meet_with_their_two_bgaks_and_nothing_more(void **state)
{
	struct pair *p = pair_new();
	int i;

	(void)state;
	assert_int_equal(sscf_establish(p->end[A].f, p->now_ns), 0);
	run(p, DELAY_MS - 1);
	assert_int_equal(sscf_establish(p->end[B].f, p->now_ns), 0);
	run(p, 3 * DELAY_MS);
	for (i = A; i <= B; i++) {
		assert_int_equal(sscf_state(p->end[i].f), SSCF_ST_ESTABLISHED);
		assert_int_equal(sscop_state(sscf_sscop(p->end[i].f)), SSCOP_ST_READY);
		assert_int_equal(p->end[i].n_conf, 1);
		assert_int_equal(p->end[i].n_ind + p->end[i].n_lost, 0);
		assert_int_equal(p->end[i].n_sent[SSCOP_BGN], 1);
		assert_int_equal(p->end[i].n_sent[SSCOP_BGAK], 1);
	}
	assert_int_equal(p->tail, 4);
	send(p, A, 3);
	send(p, B, 2);
	run(p, 2000);
	assert_int_equal(p->end[B].n_data, 3);
	assert_int_equal(p->end[A].n_data, 2);
	assert_int_equal(p->end[A].n_sent[SSCOP_BGN] + p->end[B].n_sent[SSCOP_BGN], 2);
	pair_free(p);
}

/* SSCOP-A1 to SSCOP-A5, SSCOP-B1 to SSCOP-B7: each procedure, seen from both its ends. */
static void
every_procedure_ends_the_same_at_both_ends(void **state)
{
	struct pair *p = pair_up();
	struct end *a = &p->end[A], *b = &p->end[B];

	(void)state;
	assert_int_equal(a->n_conf, 1);
	assert_int_equal(b->n_ind, 1);
	assert_int_equal(sscf_establish(b->f, p->now_ns), 0); /* resynchronisation */
	assert_int_equal(sscf_state(b->f), SSCF_ST_RESYNCHRONISING);
	run(p, 2 * DELAY_MS);
	assert_int_equal(b->n_conf, 1);
	assert_int_equal(a->n_ind, 1);
	assert_int_equal(sscf_release(a->f, p->now_ns), 0);
	assert_int_equal(sscf_state(a->f), SSCF_ST_AWAIT_RELEASE);
	run(p, 2 * DELAY_MS);
	assert_int_equal(a->n_released, 1);
	assert_int_equal(b->n_lost, 1);
	assert_int_equal(sscf_state(a->f), SSCF_ST_RELEASED);
	assert_int_equal(sscf_state(b->f), SSCF_ST_RELEASED);
	assert_int_equal(sscf_establish(b->f, p->now_ns), 0);
	run(p, 2 * DELAY_MS);
	assert_int_equal(b->n_conf, 2);
	assert_int_equal(a->n_ind, 2);
	assert_int_equal(sscf_state(a->f), SSCF_ST_ESTABLISHED);
	assert_int_equal(sscf_state(b->f), SSCF_ST_ESTABLISHED);
	pair_free(p);
}

/* SSCOP-43: SD 1 of 3 is lost; 2 tells of it, and it is there a round trip later. */
static void
a_lost_sd_costs_a_round_trip_when_another_one_follows(void **state)
{
	struct pair *p = pair_up();
	uint64_t begin_ms = p->now_ns / MS;

	(void)state;
	p->n_losses[1] = 1;
	send(p, A, 3);
	run(p, 100);
	assert_int_equal(p->end[B].n_data, 3);
	assert_int_equal(p->end[B].data_ms[0] - begin_ms, DELAY_MS);
	assert_int_equal(p->end[B].data_ms[1] - begin_ms, 3 * DELAY_MS);
	assert_int_equal(p->end[B].data_ms[2] - begin_ms, 3 * DELAY_MS);
	assert_int_equal(p->end[B].n_sent[SSCOP_USTAT], 1);
	pair_free(p);
}

/* SSCOP-43: the last one is lost; the POLL finds it. */
static void
a_lost_last_sd_costs_one_poll_timer(void **state)
{
	struct pair *p = pair_up();
	uint64_t begin_ms = p->now_ns / MS;

	(void)state;
	p->n_losses[0] = 1;
	send(p, A, 1);
	run(p, 2000);
	assert_int_equal(p->end[B].n_data, 1);
	/* the timer runs from A's entry into data transfer, which is now */
	assert_int_equal(p->end[B].data_ms[0] - begin_ms, 750 + 3 * DELAY_MS);
	assert_int_equal(p->end[B].n_sent[SSCOP_USTAT], 0);
	assert_int_equal(sscop_stats(sscf_sscop(p->end[A].f))->retransmitted, 1);
	pair_free(p);
}

/* SSCOP-43: the repetition is lost as well; the next POLL knows by the poll mark. */
static void
a_lost_repetition_is_found_by_the_next_poll(void **state)
{
	struct pair *p = pair_up();
	uint64_t begin_ms = p->now_ns / MS;

	(void)state;
	p->n_losses[0] = 2;
	send(p, A, 2);
	run(p, 2000);
	assert_int_equal(p->end[B].n_data, 2);
	assert_int_equal(p->end[B].data_ms[0] - begin_ms, 750 + 3 * DELAY_MS);
	assert_int_equal(p->end[B].n_sent[SSCOP_USTAT], 1);
	assert_int_equal(sscop_stats(sscf_sscop(p->end[A].f))->retransmitted, 2);
	pair_free(p);
}

/* The other end's entity says something with UU of the greatest length. */
static void
inject(struct pair *p, int side, enum sscop_type type, uint8_t n_sq)
{
	static uint8_t octets[SSCOP_MAX_PDU], uu[SSCOP_MAX_SDU];
	struct sscop_pdu pdu = { .type = (uint8_t)type, .n_sq = n_sq, .n_mr = 128 };
	int len;

	memset(uu, 0xa0 + type, sizeof(uu));
	pdu.info = uu;
	pdu.info_len = sizeof(uu);
	len = sscop_pdu_encode(&pdu, octets);
	assert_int_equal(len, SSCOP_MAX_PDU);
	sscf_receive(p->end[side].f, octets, (size_t)len, p->now_ns);
}

/* SSCOP-46: in BGN, BGAK and END; on_send() sees that none goes out. */
static void
uu_of_4096_octets_goes_up_and_none_goes_out(void **state)
{
	struct pair *p = pair_new();
	struct end *a = &p->end[A], *b = &p->end[B];

	(void)state;
	inject(p, B, SSCOP_BGN, 9);
	assert_int_equal(b->n_ind, 1);
	assert_int_equal(b->uu_len, SSCOP_MAX_SDU);
	assert_int_equal(b->uu[SSCOP_MAX_SDU - 1], 0xa0 + SSCOP_BGN);
	assert_int_equal(sscf_establish(a->f, p->now_ns), 0);
	inject(p, A, SSCOP_BGAK, 0);
	assert_int_equal(a->n_conf, 1);
	assert_int_equal(a->uu_len, SSCOP_MAX_SDU);
	inject(p, A, SSCOP_RS, 77);
	assert_int_equal(a->n_ind, 1);
	assert_int_equal(a->uu_len, SSCOP_MAX_SDU);
	inject(p, A, SSCOP_END, 0);
	assert_int_equal(a->n_lost, 1);
	assert_int_equal(a->uu_len, SSCOP_MAX_SDU);
	assert_int_equal(a->uu[0], 0xa0 + SSCOP_END);
	pair_free(p);
}

/* SSCOP-46 */
static void
an_sdu_may_have_4096_octets(void **state)
{
	struct pair *p = pair_up();

	(void)state;
	p->end[A].sdu_size = SSCOP_MAX_SDU;
	send(p, A, 2);
	run(p, 100);
	assert_int_equal(p->end[B].n_data, 2);
	assert_int_equal(p->end[B].data_len, SSCOP_MAX_SDU);
	pair_free(p);
}

/* SSCOP-46: the parameters of 17.2. */
static void
parameters_not_configured_are_those_of_the_standard(void **state)
{
	struct sscop_params params;

	(void)state;
	sscop_params_default(&params);
	assert_int_equal(params.timer_cc_ms, 1000);
	assert_int_equal(params.timer_poll_ms, 750);
	assert_int_equal(params.timer_keep_alive_ms, 2000);
	assert_int_equal(params.timer_no_response_ms, 7000);
	assert_int_equal(params.timer_idle_ms, 15000);
	assert_int_equal(params.max_cc, 4);
	assert_int_equal(params.max_pd, 25);
	assert_int_equal(params.max_stat, 67);
	assert_int_equal(params.window, 128);
	assert_int_equal(SSCOP_MAX_SDU, 4096);
}

static void
take_to_state(struct pair *p, enum sscf_state state)
{
	struct sscf *f = p->end[A].f;

	if (state == SSCF_ST_RELEASED)
		return;
	assert_int_equal(sscf_establish(f, p->now_ns), 0);
	if (state == SSCF_ST_AWAIT_ESTABLISH)
		return;
	run(p, 2 * DELAY_MS);
	if (state == SSCF_ST_AWAIT_RELEASE)
		assert_int_equal(sscf_release(f, p->now_ns), 0);
	else if (state == SSCF_ST_RESYNCHRONISING)
		assert_int_equal(sscf_establish(f, p->now_ns), 0);
}

/* SSCOP-B9: and management data has no user: it is taken, and nothing else. */
static void
unit_data_goes_up_in_every_state(void **state)
{
	static const uint8_t ud[] = { 'u', 'n', 'i', 't', '!', 0, 0, 0, 0xc0 | SSCOP_UD, 0, 0, 0 };
	static const uint8_t md[] = { SSCOP_MD, 0, 0, 0 };
	enum sscf_state from;
	struct pair *p;

	(void)state;
	for (from = 0; from < SSCF_ST_COUNT; from++) {
		p = pair_new();
		take_to_state(p, from);
		assert_int_equal(sscf_state(p->end[A].f), from);
		sscf_receive(p->end[A].f, ud, sizeof(ud), p->now_ns);
		sscf_receive(p->end[A].f, md, sizeof(md), p->now_ns);
		assert_int_equal(p->end[A].n_unitdata, 1);
		assert_int_equal(sscf_state(p->end[A].f), from);
		assert_int_equal(sscop_stats(sscf_sscop(p->end[A].f))->refused, 0);
		pair_free(p);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(bgns_that_cross_meet_with_their_two_bgaks_and_nothing_more),
		cmocka_unit_test(every_procedure_ends_the_same_at_both_ends),
		cmocka_unit_test(a_lost_sd_costs_a_round_trip_when_another_one_follows),
		cmocka_unit_test(a_lost_last_sd_costs_one_poll_timer),
		cmocka_unit_test(a_lost_repetition_is_found_by_the_next_poll),
		cmocka_unit_test(uu_of_4096_octets_goes_up_and_none_goes_out),
		cmocka_unit_test(an_sdu_may_have_4096_octets),
		cmocka_unit_test(parameters_not_configured_are_those_of_the_standard),
		cmocka_unit_test(unit_data_goes_up_in_every_state),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
