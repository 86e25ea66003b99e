/* SPDX-License-Identifier: BSD-3-Clause */
#include "uni/codec.h"

#include <stdio.h>

#include "base/bytes.h"
#include "micro/micro.h"
#include "shim/bench.h"
#include "uni/cause.h"

#define BATCH 1024
#define MAX_MESSAGE 512u

/* Three of the golden vectors, by the names that they have there. */
struct message {
	const char *name;
	const char *hex;
	uint8_t octets[MAX_MESSAGE];
	size_t len;
};

static struct message messages[] = {
	{ .name = "release_16", .hex = "09030000124d800006088000028090" },
	{ .name = "release_uu_text",
		.hex = "090300001a4d8000200880000280907e80001600636c6f73652d646174613a303132333435"
		       "36373839" },
	{ .name = "setup_min_e164",
		.hex = "09030000010580002859800008840003e8850003e85e80000281807080000c913134303835"
		       "353531323132"
		       "5c8000020000" },
};

#define N_MESSAGES (sizeof(messages) / sizeof(messages[0]))

/* The sum keeps the compiler from leaving the work out. */
static volatile uint64_t sink;

static void
decode(struct bench *b, void *arg)
{
	const struct message *m = arg;
	static struct uni_msg msg;
	uint64_t sum = 0;
	int64_t i;

	bench_set_octets(b, (double)m->len);
	while (bench_next(b))
		for (i = 0; i < BATCH; i++)
			sum += uni_msg_decode(&msg, m->octets, m->len);
	sink = sum;
}

static void
reencode(struct bench *b, void *arg)
{
	const struct message *m = arg;
	static struct uni_msg msg;
	uint8_t out[MAX_MESSAGE];
	int64_t i;

	if (uni_msg_decode(&msg, m->octets, m->len) != UNI_VERDICT_OK)
		bench_fail(b, "not decoded");
	bench_set_octets(b, (double)m->len);
	while (bench_next(b))
		for (i = 0; i < BATCH; i++)
			sink = (uint64_t)uni_msg_reencode(&msg, out, sizeof(out), NULL);
}

/* As call control writes it: from the call's state, not from a decoded message. */
static void
encode_release(struct bench *b, void *arg)
{
	struct uni_header header = { .cref = 18, .type = UNI_MT_RELEASE };
	struct uni_cause cause = { .value = UNI_CAUSE_NORMAL };
	uint8_t out[MAX_MESSAGE];
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
	static const int64_t batch = BATCH;
	struct message *m;
	char name[64];
	int len;

	for (m = messages; m < messages + N_MESSAGES; m++) {
		len = cp_hex_parse(m->hex, m->octets, sizeof(m->octets));
		m->len = len > 0 ? (size_t)len : 0;
		snprintf(name, sizeof(name), "q2931/decode/%s", m->name);
		bench_add(name, decode, m, &batch, 1);
		snprintf(name, sizeof(name), "q2931/reencode/%s", m->name);
		bench_add(name, reencode, m, &batch, 1);
	}
	bench_add("q2931/encode/release", encode_release, NULL, &batch, 1);
}
