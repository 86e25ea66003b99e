/* SPDX-License-Identifier: BSD-3-Clause */
#include "callctl/decode.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "sscop/sscop.h"
#include "uni/codec.h"

/* A summary's most: a list of elements, or of numbers, is no longer than so much an octet. */
#define SUMMARY_PER_OCTET 32
#define SUMMARY_HEADER 512

struct octets {
	uint8_t *data;
	size_t len;
};

static char *
hex_of(const uint8_t *octets, size_t len)
{
	char *text = malloc(2 * len + 1);

	if (text != NULL)
		cp_hex_print(text, octets, len);
	return text;
}

/* Octets that are no message have no form of their own: they are given back as they came. */
static char *
q2931_again(const struct octets *in, const struct uni_msg *msg, const char **why)
{
	uint8_t again[UNI_MSG_SIZE_MAX];
	int n;

	if (uni_msg_is_dropped(msg))
		return hex_of(in->data, in->len);
	n = uni_msg_reencode(msg, again, sizeof(again), NULL);
	if (n < 0)
		*why = "too long to be encoded again";
	return n < 0 ? NULL : hex_of(again, (size_t)n);
}

static char *
q2931_text(const struct octets *in, bool reencode, const char **why)
{
	size_t size = SUMMARY_HEADER + SUMMARY_PER_OCTET * in->len;
	struct uni_msg msg;
	char *text;

	uni_msg_decode(&msg, in->data, in->len);
	if (reencode)
		return q2931_again(in, &msg, why);
	text = malloc(size);
	if (text != NULL && uni_msg_summary(text, size, &msg) < 0) {
		*why = "too long for a summary";
		free(text);
		text = NULL;
	}
	return text;
}

static char *
sscop_again(const struct octets *in, const struct sscop_pdu *pdu, enum sscop_verdict verdict,
	const char **why)
{
	uint8_t again[SSCOP_MAX_PDU];
	int n;

	if (verdict != SSCOP_OK)
		return hex_of(in->data, in->len);
	n = sscop_pdu_encode(pdu, again);
	if (n < 0)
		*why = "too long to be encoded again";
	return n < 0 ? NULL : hex_of(again, (size_t)n);
}

static char *
sscop_text(const struct octets *in, bool reencode, const char **why)
{
	size_t size = SUMMARY_HEADER + SUMMARY_PER_OCTET * in->len;
	enum sscop_verdict verdict;
	struct sscop_pdu pdu;
	char *text;

	verdict = sscop_pdu_decode(&pdu, in->data, in->len);
	if (reencode)
		return sscop_again(in, &pdu, verdict, why);
	text = malloc(size);
	if (text != NULL)
		sscop_pdu_summary(text, size, &pdu, verdict);
	return text;
}

static void
add_value(json_t *object, const char *key, json_t *value)
{
	json_t *before = json_object_get(object, key), *list;

	if (before == NULL) {
		json_object_set_new(object, key, value);
		return;
	}
	if (!json_is_array(before)) {
		list = json_pack("[O]", before);
		json_object_set_new(object, key, list);
		before = list;
	}
	json_array_append_new(before, value);
}

json_t *
decode_summary_to_json(const char *summary)
{
	json_t *object = json_object();
	const char *equals, *end;
	char key[64];

	for (; *summary != '\0'; summary = *end == ' ' ? end + 1 : end) {
		end = strchrnul(summary, ' ');
		equals = memchr(summary, '=', (size_t)(end - summary));
		if (equals == NULL || (size_t)(equals - summary) >= sizeof(key))
			continue;
		memcpy(key, summary, (size_t)(equals - summary));
		key[equals - summary] = '\0';
		add_value(object, key, json_stringn(equals + 1, (size_t)(end - equals - 1)));
	}
	return object;
}

static char *
to_json(const struct decode *decode, char *text)
{
	json_t *json;
	char *line;

	json = decode->reencode ? json_pack("{s:s}", "octets", text) : decode_summary_to_json(text);
	line = json_dumps(json, JSON_COMPACT);
	json_decref(json);
	free(text);
	return line;
}

char *
decode_line(const struct decode *decode, const char *hex, const char **why)
{
	size_t room = strlen(hex) / 2 + 1;
	struct octets in = { .data = malloc(room) };
	char *text = NULL;
	int n;

	*why = "no memory";
	if (in.data == NULL)
		return NULL;
	n = cp_hex_parse(hex, in.data, room);
	if (n < 0) {
		*why = "not hex: give pairs of the digits 0-9 a-f";
	} else {
		in.len = (size_t)n;
		text = decode->is_sscop ? sscop_text(&in, decode->reencode, why)
					: q2931_text(&in, decode->reencode, why);
	}
	free(in.data);
	return text != NULL && decode->json ? to_json(decode, text) : text;
}

enum exit_code
decode_run(const struct decode *decode, FILE *in, FILE *out)
{
	enum exit_code code = EXIT_DONE;
	unsigned long number = 0;
	char *line = NULL, *text;
	const char *why;
	size_t size = 0;

	while (getline(&line, &size, in) >= 0) {
		number++;
		text = decode_line(decode, line, &why);
		if (text != NULL) {
			fprintf(out, "%s\n", text);
		} else {
			fprintf(stderr, "callctl: decode: line %lu: %s\n", number, why);
			code = EXIT_REFUSED;
		}
		free(text);
	}
	free(line);
	return code;
}
