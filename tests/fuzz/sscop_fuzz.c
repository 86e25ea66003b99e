/* SPDX-License-Identifier: BSD-3-Clause */
#include "arena.h"
#include "base/bytes.h"
#include "fuzz.h"
#include "sscop/sscop_priv.h"

/*
 * An SSCOP entity between a peer that sends anything and a user that asks for anything, also from
 * inside what it is told. The input is a sequence of steps: PDUs as octets, PDUs whose numbers are
 * near the ones that the entity has, requests, time. After each step its numbers are within their
 * windows, its buffers add up and the timers are those of its state; what a step may cost is
 * bounded; and however it ends, an entity that hears no more comes to rest.
 */

#define MS UINT64_C(1000000)
#define MAX_STEPS 400u
#define MAX_REFLEXES 16u /* of one step */

/* What the user does inside a callback. */
enum reflex {
	REFLEX_NONE,
	REFLEX_RESPOND,
	REFLEX_RELEASE,
	REFLEX_ESTABLISH,
	REFLEX_RESYNC,
	REFLEX_SEND,
	REFLEX_CREDIT,
	REFLEX_ECHO, /* the peer sends back what was sent last */
	REFLEX_COUNT
};

/* Callbacks that have a reflex of their own. */
enum inside { IN_SEND, IN_PULL, IN_ERROR, IN_PRIMITIVE, IN_COUNT };

struct bench {
	struct sscop *s;
	uint64_t now_ns;
	uint32_t backlog; /* SDUs that can be pulled */
	uint32_t sdu_len;
	bool wire_full;
	uint8_t reflex[IN_COUNT];
	uint32_t n_reflexes; /* in this step */
	uint32_t n_sent;     /* in this step */
	size_t last_len;
	uint8_t last[SSCOP_MAX_PDU]; /* PDU sent */
};

static void request(struct bench *b, enum sscop_prim prim, size_t len);

static void
react(struct bench *b, enum inside where, enum sscop_prim answer)
{
	uint8_t *pdu;

	if (b->reflex[where] == REFLEX_NONE || b->n_reflexes == MAX_REFLEXES)
		return;
	b->n_reflexes++;
	switch ((enum reflex)b->reflex[where]) {
	case REFLEX_RESPOND:
		request(b, answer, 0);
		break;
	case REFLEX_RELEASE:
		request(b, SSCOP_RELEASE_REQ, 5);
		break;
	case REFLEX_ESTABLISH:
		request(b, SSCOP_ESTABLISH_REQ, 3);
		break;
	case REFLEX_RESYNC:
		request(b, SSCOP_RESYNC_REQ, 1);
		break;
	case REFLEX_SEND:
		b->backlog += 2;
		sscop_sdu_ready(b->s, b->now_ns);
		break;
	case REFLEX_CREDIT:
		sscop_credit(b->s, 1);
		break;
	default:
		pdu = arena_copy(b->last, b->last_len);
		sscop_receive(b->s, pdu, b->last_len, b->now_ns);
		arena_drop(pdu);
	}
}

static bool
on_send(void *arg, const uint8_t *pdu, size_t len)
{
	struct bench *b = arg;
	struct sscop_pdu decoded;

	FUZZ_CHECK(len <= sizeof(b->last));
	FUZZ_CHECK(sscop_pdu_decode(&decoded, pdu, len) == SSCOP_OK);
	memcpy(b->last, pdu, len);
	b->last_len = len;
	b->n_sent++;
	react(b, IN_SEND, SSCOP_PRIM_COUNT);
	return !b->wire_full;
}

static void
touch(const uint8_t *data, size_t len)
{
	FUZZ_CHECK(len <= SSCOP_MAX_SDU);
	FUZZ_CHECK(fuzz_is_there(data, len));
}

static void
on_primitive(void *arg, enum sscop_prim prim, const uint8_t *data, size_t len, uint64_t now_ns)
{
	static const uint8_t answers[SSCOP_PRIM_COUNT] = {
		[SSCOP_ESTABLISH_IND] = SSCOP_ESTABLISH_RESP,
		[SSCOP_RESYNC_IND] = SSCOP_RESYNC_RESP,
		[SSCOP_RECOVER_IND] = SSCOP_RECOVER_RESP,
	};
	struct bench *b = arg;

	FUZZ_CHECK(prim >= SSCOP_ESTABLISH_IND && prim < SSCOP_PRIM_COUNT);
	FUZZ_CHECK(now_ns == b->now_ns);
	FUZZ_CHECK(prim != SSCOP_DATA_IND || sscop_state(b->s) == SSCOP_ST_READY);
	touch(data, len);
	react(b, IN_PRIMITIVE, (enum sscop_prim)answers[prim]);
	touch(data, len);
}

static size_t
on_pull(void *arg, uint8_t *room, size_t size, uint64_t now_ns)
{
	struct bench *b = arg;

	(void)now_ns;
	FUZZ_CHECK(size == SSCOP_MAX_SDU);
	react(b, IN_PULL, SSCOP_PRIM_COUNT);
	if (b->backlog == 0)
		return 0;
	b->backlog--;
	memset(room, 0x5a, b->sdu_len);
	return b->sdu_len;
}

static void
on_error(void *arg, char code, uint32_t count, uint64_t now_ns)
{
	(void)count;
	(void)now_ns;
	FUZZ_CHECK(sscop_error_text(code)[0] != '?');
	react(arg, IN_ERROR, SSCOP_PRIM_COUNT);
}

static const struct sscop_ops ops = {
	.send_pdu = on_send,
	.primitive = on_primitive,
	.pull_sdu = on_pull,
	.error = on_error,
};

static void
request(struct bench *b, enum sscop_prim prim, size_t len)
{
	static const uint8_t uu[SSCOP_MAX_SDU + 1] = "hello";

	(void)sscop_request(b->s, prim, uu, len, b->now_ns);
}

/* ---- What must hold between steps ---- */

static uint32_t
n_bits(const struct sscop_seqmap *map)
{
	uint32_t i, n = 0;

	for (i = 0; i < (map->mask + 1) / 64; i++)
		n += (uint32_t)__builtin_popcountll(map->words[i]);
	return n;
}

static void
check_timers(const struct sscop *s)
{
	bool connects = s->state == SSCOP_ST_OUT_CONN || s->state == SSCOP_ST_OUT_DISC ||
			s->state == SSCOP_ST_OUT_RESYNC || s->state == SSCOP_ST_OUT_RECOVERY;
	bool idle = sscop_timer_runs(s, SSCOP_T_IDLE);
	uint32_t n_transfer = sscop_n_timers(s) - sscop_timer_runs(s, SSCOP_T_CC);

	FUZZ_CHECK(sscop_timer_runs(s, SSCOP_T_CC) == connects);
	if (s->state != SSCOP_ST_READY) {
		FUZZ_CHECK(n_transfer == 0);
		return;
	}
	FUZZ_CHECK(sscop_timer_runs(s, SSCOP_T_POLL) + sscop_timer_runs(s, SSCOP_T_KEEP_ALIVE) +
			   idle ==
		   1);
	FUZZ_CHECK(sscop_timer_runs(s, SSCOP_T_NO_RESPONSE) == !idle);
}

static void
check_tx(struct sscop *s)
{
	uint32_t held = sscop_n_unacknowledged(s);

	FUZZ_CHECK(s->state == SSCOP_ST_READY || (held == 0 && !s->want));
	FUZZ_CHECK(held <= s->params.window);
	FUZZ_CHECK(s->tx.n_marked <= held && s->tx.n_marked == n_bits(&s->tx.marks));
	FUZZ_CHECK(s->tx.n_marked == 0 || sscop_seqmap_test(&s->tx.marks, s->tx.first_marked));
	FUZZ_CHECK(s->tx.n_marked == 0 || sscop_seq_sub(s->tx.first_marked, s->vt_a) < held);
	FUZZ_CHECK(s->tx.head <= s->params.tx_octets - SSCOP_MAX_SD);
	FUZZ_CHECK(!s->sending && !s->draining);
}

static void
check_rx(const struct sscop *s)
{
	uint32_t i, seq, n = 0, high = sscop_seq_sub(s->vr_h, s->vr_r);
	uint32_t limit = sscop_seq_sub(s->vr_mr, s->vr_r);

	if (s->state != SSCOP_ST_READY) {
		FUZZ_CHECK(s->rx.n_kept == 0 && s->rx.n_free == s->rx.n_chunks);
		return;
	}
	FUZZ_CHECK(high <= limit && limit <= s->params.window);
	FUZZ_CHECK(s->rx.n_kept <= high && s->rx.n_kept == n_bits(&s->rx.present));
	for (i = 0; i < high; i++) {
		seq = sscop_seq_add(s->vr_r, i);
		if (sscop_rx_has(&s->rx, seq))
			n += (s->rx.slots[seq & s->rx.present.mask].len + SSCOP_CHUNK_SIZE - 1) /
			     SSCOP_CHUNK_SIZE;
	}
	FUZZ_CHECK(n + s->rx.n_free == s->rx.n_chunks);
}

static void
check(struct bench *b)
{
	struct sscop *s = b->s;

	FUZZ_CHECK(s->state >= SSCOP_ST_IDLE && s->state < SSCOP_ST_COUNT);
	FUZZ_CHECK(b->n_sent <= (MAX_REFLEXES + 2) * (2 * s->params.window + 16));
	check_timers(s);
	check_tx(s);
	check_rx(s);
}

/* ---- Steps ---- */

static void
receive(struct bench *b, const uint8_t *octets, size_t len)
{
	uint8_t *pdu = arena_copy(octets, len);

	sscop_receive(b->s, pdu, len, b->now_ns);
	arena_drop(pdu);
}

static void
receive_raw(struct bench *b, struct fuzz_input *in)
{
	size_t len = fuzz_octet(in);
	const uint8_t *octets = fuzz_octets(in, len, &len);

	receive(b, octets, len);
}

static void
receive_pdu(struct bench *b, const struct sscop_pdu *pdu)
{
	uint8_t octets[SSCOP_MAX_PDU];
	int len = sscop_pdu_encode(pdu, octets);

	if (len > 0)
		receive(b, octets, (size_t)len);
}

static void
receive_type(struct bench *b, uint8_t type)
{
	struct sscop_pdu pdu = { .type = type, .n_mr = 64, .n_sq = (uint8_t)(b->s->vr_sq + 1) };

	receive_pdu(b, &pdu);
}

/* A PDU that could be meant, or nearly. */
static void
receive_built(struct bench *b, struct fuzz_input *in)
{
	const struct sscop *s = b->s;
	struct sscop_pdu pdu = { .type = fuzz_octet(in) & 0x0f };
	uint8_t list[4 * SSCOP_MAX_STAT];
	size_t len;

	pdu.s = fuzz_octet(in) & 1;
	pdu.n_sq = (uint8_t)(s->vr_sq + fuzz_near(in));
	pdu.n_mr = (s->vt_a + (uint32_t)fuzz_near(in) * 8u) & SSCOP_SEQ_MASK;
	pdu.n_r = (s->vt_a + (uint32_t)fuzz_near(in)) & SSCOP_SEQ_MASK;
	pdu.n_ps = (s->vt_ps + (uint32_t)fuzz_near(in)) & SSCOP_SEQ_MASK;
	pdu.n_s = (s->vr_r + (uint32_t)fuzz_near(in)) & SSCOP_SEQ_MASK;
	if (pdu.type == SSCOP_STAT || pdu.type == SSCOP_USTAT) {
		uint32_t n = pdu.type == SSCOP_USTAT ? 2 : fuzz_octet(in) % (SSCOP_MAX_STAT + 1);

		for (; pdu.n_list < n; pdu.n_list++)
			cp_put_be32(list + 4 * (size_t)pdu.n_list,
				(s->vt_a + (uint32_t)fuzz_near(in)) & SSCOP_SEQ_MASK);
		pdu.list = list;
	} else {
		len = fuzz_octet(in);
		pdu.info = fuzz_octets(in, len, &len);
		pdu.info_len = (uint32_t)len;
	}
	receive_pdu(b, &pdu);
}

static void
pass_time(struct bench *b, struct fuzz_input *in)
{
	static const uint16_t steps_ms[] = { 1, 10, 100, 500, 750, 1000, 2000, 5000, 7000, 15000 };

	b->now_ns += steps_ms[fuzz_octet(in) % (sizeof(steps_ms) / sizeof(steps_ms[0]))] * MS;
	sscop_poll(b->s, b->now_ns);
	FUZZ_CHECK(sscop_next_due_ns(b->s) > b->now_ns);
}

static void
have_sdus(struct bench *b, struct fuzz_input *in)
{
	static const uint16_t lens[] = { 1, 4, 15, 64, 200, SSCOP_MAX_SDU };
	uint8_t what = fuzz_octet(in);

	b->backlog += what & 0x1f;
	b->sdu_len = lens[(what >> 5) % (sizeof(lens) / sizeof(lens[0]))];
	sscop_sdu_ready(b->s, b->now_ns);
}

static void
set_reflex(struct bench *b, struct fuzz_input *in)
{
	uint8_t what = fuzz_octet(in);

	b->reflex[what & (IN_COUNT - 1)] = (what >> 2) % REFLEX_COUNT;
	b->wire_full = (what & 0x80) != 0;
}

static void
step(struct bench *b, struct fuzz_input *in)
{
	uint8_t what = fuzz_octet(in);
	size_t len;

	b->n_sent = 0;
	b->n_reflexes = 0;
	switch (what % 10) {
	case 0:
		receive_raw(b, in);
		break;
	case 1:
		request(b, (enum sscop_prim)(fuzz_octet(in) % (SSCOP_PRIM_COUNT + 1)), what >> 4);
		break;
	case 2:
		pass_time(b, in);
		break;
	case 3:
		have_sdus(b, in);
		break;
	case 4:
		sscop_credit(b->s, fuzz_octet(in));
		break;
	case 5:
		set_reflex(b, in);
		break;
	case 6:
		receive(b, b->last, b->last_len);
		break;
	case 7:
		len = fuzz_be16(in) % (SSCOP_MAX_SDU + 2);
		request(b, (enum sscop_prim)(what >> 4), len);
		break;
	default:
		receive_built(b, in);
	}
	check(b);
}

/* ---- Beginning and end ---- */

/* Take a new entity to a state by what leads there. */
static void
bring_to(struct bench *b, enum sscop_state state)
{
	if (state == SSCOP_ST_IDLE)
		return;
	if (state == SSCOP_ST_IN_CONN) {
		receive_type(b, SSCOP_BGN);
		return;
	}
	request(b, SSCOP_ESTABLISH_REQ, 0);
	if (state == SSCOP_ST_OUT_CONN)
		return;
	receive_type(b, SSCOP_BGAK);
	if (state == SSCOP_ST_OUT_DISC)
		request(b, SSCOP_RELEASE_REQ, 0);
	else if (state == SSCOP_ST_OUT_RESYNC)
		request(b, SSCOP_RESYNC_REQ, 0);
	else if (state == SSCOP_ST_IN_RESYNC)
		receive_type(b, SSCOP_RS);
	else if (state == SSCOP_ST_IN_RECOVERY)
		receive_type(b, SSCOP_ER);
	else if (state != SSCOP_ST_READY)
		receive_type(b, SSCOP_STAT); /* N(PS) 0: error R, recovery */
	if (state == SSCOP_ST_RECOVERY_RESPONSE)
		receive_type(b, SSCOP_ERAK);
}

/* As if much had been sent and received before: the numbers are about to wrap (SSCOP-3). */
static void
age(struct sscop *s)
{
	uint32_t old = SSCOP_SEQ_MASK - 2;

	if (s->state != SSCOP_ST_READY)
		return;
	s->vt_ms = sscop_seq_add(old, s->vt_ms);
	s->vr_mr = sscop_seq_add(old, s->vr_mr);
	s->vt_s = s->vt_a = s->vr_r = s->vr_h = old;
	s->vt_ps = old;
	s->vt_pa = old + 1;
}

static void
begin(struct bench *b, struct fuzz_input *in)
{
	static const uint16_t windows[] = { 1, 4, 64, 200 };
	struct sscop_params params;
	uint8_t what = fuzz_octet(in), state = fuzz_octet(in);

	sscop_params_default(&params);
	params.window = windows[what & 3];
	params.max_stat = (what & 4) != 0 ? 3 : SSCOP_MAX_STAT;
	params.max_pd = (what & 8) != 0 ? 1 : 25;
	params.tx_octets = (what & 16) != 0 ? 2 * SSCOP_MAX_PDU : 5 * SSCOP_MAX_PDU;
	params.rx_octets = (what & 32) != 0 ? SSCOP_MAX_SDU : 3 * SSCOP_MAX_SDU;
	params.initial_sq = (what & 64) != 0 ? 255 : 0;
	b->now_ns = 1000 * MS;
	b->sdu_len = 15;
	b->s = sscop_create(&params, &ops, b, arena_begin());
	FUZZ_CHECK(b->s != NULL);
	bring_to(b, (enum sscop_state)(SSCOP_ST_IDLE + (state & 0x0f) % SSCOP_ST_READY));
	FUZZ_CHECK(b->s->state == SSCOP_ST_IDLE + (state & 0x0f) % SSCOP_ST_READY);
	if ((state & 0x10) != 0)
		age(b->s);
	check(b);
}

/* Nobody says anything any more: states that wait for the peer end by their timers (I8). */
static void
rest(struct bench *b)
{
	uint64_t due_ns;
	uint32_t n;

	memset(b->reflex, 0, sizeof(b->reflex));
	for (n = 0; n < 100 && (due_ns = sscop_next_due_ns(b->s)) != SSCOP_NEVER; n++) {
		b->now_ns = due_ns;
		sscop_poll(b->s, b->now_ns);
	}
	FUZZ_CHECK(sscop_n_timers(b->s) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct bench b;
	struct fuzz_input in = { data, data + size };
	uint32_t n;

	memset(&b, 0, offsetof(struct bench, last));
	begin(&b, &in);
	for (n = 0; n < MAX_STEPS && !fuzz_is_over(&in); n++)
		step(&b, &in);
	b.wire_full = false;
	rest(&b);
	request(&b, SSCOP_RELEASE_REQ, 0);
	rest(&b);
	check(&b);
	FUZZ_CHECK(sscop_state(b.s) == SSCOP_ST_IDLE);
	sscop_destroy(b.s);
	return 0;
}
