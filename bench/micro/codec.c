/* SPDX-License-Identifier: BSD-3-Clause */
#include "uni/codec.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "gbench.h"
#include "micro/golden.h"
#include "micro/micro.h"
#include "uni/cause.h"

#define BATCH 1024
#define MAX_ELEMENTS 32

/* Golden messages, by the names that they have there. */
static struct golden messages[] = {
	{ .name = "release_16" }, { .name = "release_uu_text" }, { .name = "setup_min_e164" },
	{ .name = "setup_ipoa_be" }, { .name = "setup_all_ies" }, /* 16 elements */
};

#define N_MESSAGES (sizeof(messages) / sizeof(messages[0]))

/* The sum keeps the compiler from leaving the work out. */
static volatile uint64_t sink;

static void
decode(struct bench *b, void *arg)
{
	const struct golden *m = arg;
	static struct uni_msg msg;
	uint64_t sum = 0;
	int64_t i;

	bench_set_octets(b, (double)m->len);
	while (bench_next(b))
		for (i = 0; i < BATCH; i++)
			sum += uni_msg_decode(&msg, m->octets, m->len);
	sink = sum;
}

/* From the contents of every element, as call control has them, to the octets that came. */
static void
encode(struct bench *b, void *arg)
{
	const struct golden *m = arg;
	static struct uni_msg msg;
	static union uni_ie_body bodies[MAX_ELEMENTS];
	uint8_t out[GOLDEN_MAX];
	struct uni_enc enc;
	uint16_t k;
	int64_t i;

	if (uni_msg_decode(&msg, m->octets, m->len) != UNI_VERDICT_OK || msg.n_ie > MAX_ELEMENTS)
		bench_fail(b, "not decoded");
	for (k = 0; k < msg.n_ie && k < MAX_ELEMENTS; k++)
		uni_msg_body(&msg, &msg.ie[k], &bodies[k]);
	bench_set_octets(b, (double)m->len);
	while (bench_next(b)) {
		for (i = 0; i < BATCH; i++) {
			uni_enc_begin(&enc, out, sizeof(out), &msg.hdr);
			for (k = 0; k < msg.n_ie; k++)
				uni_enc_ie(&enc, (enum uni_ie)msg.ie[k].ie, &bodies[k]);
			sink = (uint64_t)uni_enc_end(&enc);
		}
		if (sink != m->len || memcmp(out, m->octets, m->len) != 0)
			bench_fail(b, "other octets");
	}
}

/* Decoded contents again, encoded and compared, as `callctl decode --reencode` does. */
static void
reencode(struct bench *b, void *arg)
{
	const struct golden *m = arg;
	static struct uni_msg msg;
	uint8_t out[GOLDEN_MAX];
	int64_t i;

	if (uni_msg_decode(&msg, m->octets, m->len) != UNI_VERDICT_OK)
		bench_fail(b, "not decoded");
	bench_set_octets(b, (double)m->len);
	while (bench_next(b)) {
		for (i = 0; i < BATCH; i++)
			sink = (uint64_t)uni_msg_reencode(&msg, out, sizeof(out), NULL);
		if (sink != m->len || memcmp(out, m->octets, m->len) != 0)
			bench_fail(b, "other octets");
	}
}

/* As call control writes it: from the call's state, not from a decoded message. */
static void
encode_own_release(struct bench *b, void *arg)
{
	struct uni_header header = { .cref = 18, .type = UNI_MT_RELEASE };
	struct uni_cause cause = { .value = UNI_CAUSE_NORMAL };
	uint8_t out[GOLDEN_MAX];
	struct uni_enc enc;
	int64_t i;

	(void)arg;
	while (bench_next(b)) {
		for (i = 0; i < BATCH; i++) {
			header.cref = (uint32_t)i;
			uni_enc_begin(&enc, out, sizeof(out), &header);
			uni_enc_ie_cause(&enc, &cause);
			sink = (uint64_t)uni_enc_end(&enc);
		}
	}
	bench_set_octets(b, (double)sink);
}

void
micro_add_codec(void)
{
	static const struct {
		const char *name;
		bench_fn fn;
	} directions[] = { { "decode", decode }, { "encode", encode }, { "reencode", reencode } };
	static const int64_t batch = BATCH;
	struct golden *m;
	char name[64];
	size_t i;

	for (m = messages; m < messages + N_MESSAGES; m++) {
		golden_read(m, "q2931.tsv");
		for (i = 0; i < sizeof(directions) / sizeof(directions[0]); i++) {
			snprintf(name, sizeof(name), "q2931/%s/%s", directions[i].name, m->name);
			bench_add(name, directions[i].fn, m, &batch, 1);
		}
	}
	bench_add("q2931/encode/own_release", encode_own_release, NULL, &batch, 1);
}
