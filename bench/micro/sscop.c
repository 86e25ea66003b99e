/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "gbench.h"
#include "micro/golden.h"
#include "micro/micro.h"
#include "sscop/sscf.h"

#define BATCH 1024
#define SD "sd_q2931_release" /* a golden PDU */
#define WIRE_SLOTS 1024u      /* more than the window and its polls */
#define SLOT_SIZE 320u        /* a STAT of the most elements */
#define SDU_SIZE 32u
#define MS UINT64_C(1000000)

/* One direction of a wire without loss. */
struct wire {
	uint32_t head, tail;
	struct {
		uint32_t len;
		uint8_t octets[SLOT_SIZE];
	} slots[WIRE_SLOTS];
};

struct side {
	struct sscf *sscf;
	struct wire out;
	uint32_t n_queued;
	uint64_t n_received;
};

static bool
on_send(void *arg, const uint8_t *pdu, size_t len)
{
	struct side *s = arg;
	struct wire *w = &s->out;

	if (w->tail - w->head == WIRE_SLOTS || len > SLOT_SIZE)
		return false;
	memcpy(w->slots[w->tail % WIRE_SLOTS].octets, pdu, len);
	w->slots[w->tail++ % WIRE_SLOTS].len = (uint32_t)len;
	return true;
}

static void
on_event(void *arg, uint64_t now_ns)
{
	(void)arg;
	(void)now_ns;
}

static void
on_data(void *arg, const uint8_t *sdu, size_t len, uint64_t now_ns)
{
	struct side *s = arg;

	(void)sdu;
	(void)len;
	(void)now_ns;
	s->n_received++;
}

static size_t
on_pull(void *arg, uint8_t *room, size_t size, uint64_t now_ns)
{
	struct side *s = arg;

	(void)size;
	(void)now_ns;
	if (s->n_queued == 0)
		return 0;
	s->n_queued--;
	memset(room, 0, SDU_SIZE);
	return SDU_SIZE;
}

static const struct sscf_ops ops = {
	.send_pdu = on_send,
	.establish_ind = on_event,
	.establish_conf = on_event,
	.release_ind = on_event,
	.release_conf = on_event,
	.data_ind = on_data,
	.pull_sdu = on_pull,
};

static bool
deliver(struct wire *w, struct sscf *to, uint64_t now_ns)
{
	uint32_t at;

	if (w->head == w->tail)
		return false;
	for (; w->head != w->tail; w->head++) {
		at = w->head % WIRE_SLOTS;
		sscf_receive(to, w->slots[at].octets, w->slots[at].len, now_ns);
	}
	return true;
}

static void
settle(struct side *sides, uint64_t now_ns)
{
	bool moved;

	do {
		moved = deliver(&sides[0].out, sides[1].sscf, now_ns);
		moved |= deliver(&sides[1].out, sides[0].sscf, now_ns);
	} while (moved);
}

static bool
open_sides(struct side *sides)
{
	struct sscop_params params;
	int i;

	sscop_params_default(&params);
	for (i = 0; i < 2; i++) {
		sides[i].sscf = sscf_create(&params, &ops, &sides[i], NULL);
		if (sides[i].sscf == NULL)
			return false;
	}
	sscf_establish(sides[0].sscf, MS);
	settle(sides, MS);
	return sscf_state(sides[0].sscf) == SSCF_ST_ESTABLISHED;
}

/* SDUs pulled, sent, received and acknowledged, with the POLLs and STATs that belong to them. */
static void
transfer(struct bench *b, void *arg)
{
	static struct side sides[2];
	uint64_t now_ns = 2 * MS;

	(void)arg;
	memset(sides, 0, sizeof(sides));
	if (!open_sides(sides))
		bench_fail(b, "no link");
	bench_set_octets(b, SDU_SIZE);
	while (bench_next(b)) {
		sides[0].n_queued = BATCH;
		while (sides[0].n_queued > 0) {
			sscf_sdu_ready(sides[0].sscf, now_ns);
			settle(sides, now_ns);
			if (sides[0].n_queued > 0) {
				/* The window is full: the poll timer asks what has arrived. */
				now_ns += 750 * MS;
				sscf_poll(sides[0].sscf, now_ns);
				settle(sides, now_ns);
			}
		}
		now_ns += MS;
	}
	sscf_destroy(sides[0].sscf);
	sscf_destroy(sides[1].sscf);
}

static void
decode_sd(struct bench *b, void *arg)
{
	const struct golden *m = arg;
	struct sscop_pdu pdu;
	uint64_t sum = 0;
	int i;

	bench_set_octets(b, (double)m->len);
	while (bench_next(b))
		for (i = 0; i < BATCH; i++)
			sum += sscop_pdu_decode(&pdu, m->octets, m->len);
	if (sum != SSCOP_OK)
		bench_fail(b, "not decoded");
}

static void
encode_sd(struct bench *b, void *arg)
{
	const struct golden *m = arg;
	static uint8_t out[SSCOP_MAX_PDU];
	struct sscop_pdu pdu;
	int i, len = 0;

	if (sscop_pdu_decode(&pdu, m->octets, m->len) != SSCOP_OK)
		bench_fail(b, "not decoded");
	bench_set_octets(b, (double)m->len);
	while (bench_next(b)) {
		for (i = 0; i < BATCH; i++)
			len = sscop_pdu_encode(&pdu, out);
		if (len != (int)m->len || memcmp(out, m->octets, m->len) != 0)
			bench_fail(b, "other octets");
	}
}

void
micro_add_sscop(void)
{
	static struct golden sd = { .name = SD };
	static const int64_t batch = BATCH;

	golden_read(&sd, "sscop.tsv");
	bench_add("sscop/decode/" SD, decode_sd, &sd, &batch, 1);
	bench_add("sscop/encode/" SD, encode_sd, &sd, &batch, 1);
	bench_add("sscop/send+receive", transfer, NULL, &batch, 1);
}
