/* SPDX-License-Identifier: BSD-3-Clause */

#include "fake.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

#include <cmocka.h>

__attribute__((format(printf, 2, 3))) static void
note(struct fake *f, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (f->mute)
		return;
	va_start(ap, fmt);
	n = vsnprintf(f->log + f->used, sizeof(f->log) - f->used, fmt, ap);
	va_end(ap);
	assert_true(n >= 0 && f->used + (size_t)n < sizeof(f->log));
	f->used += (size_t)n;
}

static void
note_data(struct fake *f, char sign, const uint8_t *data, size_t len)
{
	/* Long SDUs are padded with dots, which say nothing. */
	while (len > 0 && data[len - 1] == '.')
		len--;
	if (len > 0)
		note(f, "%c%.*s", sign, (int)len, (const char *)data);
}

static void
note_list(struct fake *f, const struct sscop_pdu *pdu)
{
	uint32_t i;

	note(f, "[");
	for (i = 0; i < pdu->n_list; i++)
		note(f, "%s%u", i == 0 ? "" : ",", sscop_pdu_element(pdu, i));
	note(f, "]");
}

static bool
on_send(void *arg, const uint8_t *octets, size_t len)
{
	struct fake *f = arg;
	struct sscop_pdu *pdu = &f->sent;

	assert_true(len <= sizeof(f->octets));
	memcpy(f->octets, octets, len);
	f->n_octets = len;
	assert_int_equal(sscop_pdu_decode(pdu, f->octets, len), SSCOP_OK);
	note(f, "%s%s", f->used > 0 ? " " : "", sscop_type_name(pdu->type));
	if (pdu->type == SSCOP_END)
		note(f, "%u", pdu->s);
	else if (pdu->type == SSCOP_SD)
		note(f, "%u", pdu->n_s);
	else if (pdu->type == SSCOP_POLL)
		note(f, "%u/%u", pdu->n_ps, pdu->n_s);
	else if (pdu->type == SSCOP_STAT)
		note(f, "%u/%u", pdu->n_ps, pdu->n_r);
	if (pdu->list != NULL)
		note_list(f, pdu);
	if (pdu->type != SSCOP_SD)
		note_data(f, '+', pdu->info, pdu->info_len);
	return !f->wire_down;
}

static void
on_primitive(void *arg, enum sscop_prim prim, const uint8_t *data, size_t len, uint64_t now_ns)
{
	static const char *const names[SSCOP_PRIM_COUNT] = {
		[SSCOP_ESTABLISH_IND] = "ESTABLISH.IND",
		[SSCOP_ESTABLISH_CONF] = "ESTABLISH.CONF",
		[SSCOP_RELEASE_IND] = "RELEASE.IND",
		[SSCOP_RELEASE_CONF] = "RELEASE.CONF",
		[SSCOP_RESYNC_IND] = "RESYNC.IND",
		[SSCOP_RESYNC_CONF] = "RESYNC.CONF",
		[SSCOP_RECOVER_IND] = "RECOVER.IND",
		[SSCOP_DATA_IND] = "DATA",
		[SSCOP_UNITDATA_IND] = "UNITDATA.IND",
		[SSCOP_MDATA_IND] = "MDATA.IND",
	};
	static const enum sscop_prim responses[SSCOP_PRIM_COUNT] = {
		[SSCOP_ESTABLISH_IND] = SSCOP_ESTABLISH_RESP,
		[SSCOP_RESYNC_IND] = SSCOP_RESYNC_RESP,
		[SSCOP_RECOVER_IND] = SSCOP_RECOVER_RESP,
	};
	struct fake *f = arg;

	assert_non_null(names[prim]);
	note(f, "%s%s", f->used > 0 ? " " : "", names[prim]);
	if (prim == SSCOP_RELEASE_IND)
		note(f, "%u", sscop_release_source(f->s));
	note_data(f, prim == SSCOP_DATA_IND ? '=' : '+', data, len);
	if (prim == SSCOP_DATA_IND && !f->no_credit)
		sscop_credit(f->s, 1);
	if (f->respond && responses[prim] != 0)
		assert_int_equal(sscop_request(f->s, responses[prim], NULL, 0, now_ns), 0);
}

static size_t
on_pull(void *arg, uint8_t *room, size_t size, uint64_t now_ns)
{
	struct fake *f = arg;
	char text[16];
	size_t len;

	(void)now_ns;
	assert_int_equal(size, SSCOP_MAX_SDU);
	if (f->n_queued == f->n_pulled)
		return 0;
	snprintf(text, sizeof(text), "s%u", f->n_pulled++);
	len = strlen(text);
	memcpy(room, text, len);
	if (len < f->sdu_size) {
		memset(room + len, '.', f->sdu_size - len);
		len = f->sdu_size;
	}
	return len;
}

static void
on_error(void *arg, char code, uint32_t count, uint64_t now_ns)
{
	struct fake *f = arg;

	(void)now_ns;
	note(f, "%s!%c", f->used > 0 ? " " : "", code);
	if (code == 'V')
		note(f, "%u", count);
	else
		assert_int_equal(count, 0);
}

struct fake *
fake_new(const struct sscop_params *params)
{
	static const struct sscop_ops ops = {
		.send_pdu = on_send,
		.primitive = on_primitive,
		.pull_sdu = on_pull,
		.error = on_error,
	};
	struct fake *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	f->now_ns = 5 * FAKE_MS;
	f->s = sscop_create(params, &ops, f, NULL);
	assert_non_null(f->s);
	return f;
}

static void
ask(struct fake *f, enum sscop_prim prim)
{
	assert_int_equal(sscop_request(f->s, prim, NULL, 0, f->now_ns), 0);
}

static void
receive_begin(struct fake *f, enum sscop_type type, uint32_t n_mr)
{
	struct sscop_pdu pdu = { .type = (uint8_t)type, .n_mr = n_mr };

	pdu.n_sq = (uint8_t)(f->s->vr_sq + 1);
	fake_receive(f, &pdu);
}

static void
go_ready(struct fake *f, uint32_t n_mr)
{
	receive_begin(f, SSCOP_BGN, n_mr);
	ask(f, SSCOP_ESTABLISH_RESP);
}

struct fake *
fake_in_state(enum sscop_state state)
{
	struct sscop_params params;
	struct fake *f;

	sscop_params_default(&params);
	f = fake_new(&params);
	if (state == SSCOP_ST_OUT_CONN)
		ask(f, SSCOP_ESTABLISH_REQ);
	else if (state == SSCOP_ST_IN_CONN)
		receive_begin(f, SSCOP_BGN, 128);
	else if (state != SSCOP_ST_IDLE)
		go_ready(f, 128);
	if (state == SSCOP_ST_OUT_DISC)
		ask(f, SSCOP_RELEASE_REQ);
	else if (state == SSCOP_ST_OUT_RESYNC)
		ask(f, SSCOP_RESYNC_REQ);
	else if (state == SSCOP_ST_IN_RESYNC)
		receive_begin(f, SSCOP_RS, 128);
	else if (state == SSCOP_ST_IN_RECOVERY)
		receive_begin(f, SSCOP_ER, 128);
	else if (state == SSCOP_ST_OUT_RECOVERY || state == SSCOP_ST_RECOVERY_RESPONSE)
		fake_receive_stat(f, 99, 0, 128, NULL, 0); /* no such POLL: recovery */
	if (state == SSCOP_ST_RECOVERY_RESPONSE)
		fake_receive(f, &(struct sscop_pdu){ .type = SSCOP_ERAK, .n_mr = 128 });
	assert_int_equal(sscop_state(f->s), state);
	(void)fake_log(f);
	return f;
}

struct fake *
fake_ready(uint32_t window, uint32_t n_mr)
{
	struct sscop_params params;
	struct fake *f;

	sscop_params_default(&params);
	params.window = window;
	f = fake_new(&params);
	go_ready(f, n_mr);
	(void)fake_log(f);
	return f;
}

void
fake_free(struct fake *f)
{
	sscop_destroy(f->s);
	free(f);
}

const char *
fake_log(struct fake *f)
{
	f->used = 0;
	return f->log;
}

/* The text of the last events must not be read as that of these. */
static void
begin_event(struct fake *f)
{
	if (f->used == 0)
		f->log[0] = '\0';
}

void
fake_receive(struct fake *f, const struct sscop_pdu *pdu)
{
	uint8_t *octets = malloc(SSCOP_MAX_PDU);
	int len;

	assert_non_null(octets);
	len = sscop_pdu_encode(pdu, octets);
	assert_true(len > 0);
	octets = realloc(octets, (size_t)len); /* exact: a sanitizer sees a read beyond it */
	begin_event(f);
	sscop_receive(f->s, octets, (size_t)len, f->now_ns);
	free(octets);
}

void
fake_receive_sd(struct fake *f, uint32_t n_s)
{
	char text[16];
	struct sscop_pdu pdu = { .type = SSCOP_SD, .n_s = n_s };

	pdu.info_len = (uint32_t)snprintf(text, sizeof(text), "s%u", n_s);
	pdu.info = (const uint8_t *)text;
	fake_receive(f, &pdu);
}

void
fake_receive_poll(struct fake *f, uint32_t n_ps, uint32_t n_s)
{
	fake_receive(f, &(struct sscop_pdu){ .type = SSCOP_POLL, .n_ps = n_ps, .n_s = n_s });
}

void
fake_receive_stat(struct fake *f, uint32_t n_ps, uint32_t n_r, uint32_t n_mr, const uint32_t *list,
	uint32_t n)
{
	uint8_t octets[4 * SSCOP_MAX_STAT];
	struct sscop_pdu pdu = { .n_r = n_r, .n_mr = n_mr, .list = octets, .n_list = n };
	uint32_t i;

	for (i = 0; i < n; i++)
		cp_put_be32(octets + 4 * (size_t)i, list[i]);
	pdu.type = n_ps == UINT32_MAX ? SSCOP_USTAT : SSCOP_STAT;
	pdu.n_ps = n_ps & SSCOP_SEQ_MASK;
	fake_receive(f, &pdu);
}

void
fake_send(struct fake *f, uint32_t n)
{
	begin_event(f);
	f->n_queued += n;
	sscop_sdu_ready(f->s, f->now_ns);
}

void
fake_pass(struct fake *f, uint32_t ms)
{
	uint64_t end_ns = f->now_ns + ms * FAKE_MS, due_ns;

	begin_event(f);
	while ((due_ns = sscop_next_due_ns(f->s)) <= end_ns) {
		f->now_ns = due_ns;
		sscop_poll(f->s, due_ns);
	}
	f->now_ns = end_ns;
}

void
fake_shift(struct sscop *s, uint32_t n)
{
	uint32_t *const numbers[] = { &s->vt_s, &s->vt_a, &s->vt_ms, &s->vt_ps, &s->vt_pa, &s->vr_r,
		&s->vr_h, &s->vr_mr };
	size_t i;

	assert_int_equal(s->vt_s, s->vt_a);
	assert_int_equal(s->vr_h, s->vr_r);
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		*numbers[i] = sscop_seq_add(*numbers[i], n);
}
