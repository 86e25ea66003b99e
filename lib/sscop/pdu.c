/* SPDX-License-Identifier: BSD-3-Clause */

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "sscop/sscop.h"

/* Fields of a PDU besides its user part and its list: where they are and whether they are there. */
enum {
	F_UU = 1 << 0,    /* User part in front of two words: SSCOP-UU. */
	F_INFO = 1 << 1,  /* User part in front of one word: SDU, unit data, management data. */
	F_N_SQ = 1 << 2,  /* Second last word, 8 bits. */
	F_N_MR = 1 << 3,  /* Trailer, or the word before it when the trailer holds N(R). */
	F_N_S = 1 << 4,   /* Trailer. */
	F_N_PS = 1 << 5,  /* Second last word, third last of a STAT. */
	F_N_R = 1 << 6,   /* Trailer. */
	F_SOURCE = 1 << 7 /* S bit. */
};

struct pdu_form {
	const char *name;
	uint16_t fields;  /* F_ */
	uint16_t n_fixed; /* Octets without user part and list. */
	uint16_t max_var; /* Octets of user part or list, at most. */
};

/* Section 17, the table of types. */
static const struct pdu_form pdu_forms[SSCOP_TYPE_COUNT] = {
	[SSCOP_BGN] = { "BGN", F_UU | F_N_SQ | F_N_MR, 8, SSCOP_MAX_SDU },
	[SSCOP_BGAK] = { "BGAK", F_UU | F_N_MR, 8, SSCOP_MAX_SDU },
	[SSCOP_END] = { "END", F_UU | F_SOURCE, 8, SSCOP_MAX_SDU },
	[SSCOP_ENDAK] = { "ENDAK", 0, 8, 0 },
	[SSCOP_RS] = { "RS", F_UU | F_N_SQ | F_N_MR, 8, SSCOP_MAX_SDU },
	[SSCOP_RSAK] = { "RSAK", F_N_MR, 8, 0 },
	[SSCOP_BGREJ] = { "BGREJ", F_UU, 8, SSCOP_MAX_SDU },
	[SSCOP_SD] = { "SD", F_INFO | F_N_S, 4, SSCOP_MAX_SDU },
	[SSCOP_ER] = { "ER", F_N_SQ | F_N_MR, 8, 0 },
	[SSCOP_POLL] = { "POLL", F_N_PS | F_N_S, 8, 0 },
	[SSCOP_STAT] = { "STAT", F_N_PS | F_N_MR | F_N_R, 12, 4 * SSCOP_MAX_STAT },
	[SSCOP_USTAT] = { "USTAT", F_N_MR | F_N_R, 16, 0 },
	[SSCOP_UD] = { "UD", F_INFO, 4, SSCOP_MAX_SDU },
	[SSCOP_MD] = { "MD", F_INFO, 4, SSCOP_MAX_SDU },
	[SSCOP_ERAK] = { "ERAK", F_N_MR, 8, 0 },
};

const char *
sscop_type_name(enum sscop_type type)
{
	if (type < SSCOP_BGN || type >= SSCOP_TYPE_COUNT)
		return "?";
	return pdu_forms[type].name;
}

/* The words in front of the trailer; @p last is the trailer. */
static void
decode_words(struct sscop_pdu *pdu, const struct pdu_form *form, const uint8_t *last)
{
	uint32_t number = cp_get_be24(last + 1);

	if (form->fields & F_N_SQ)
		pdu->n_sq = last[-1];
	if (form->fields & F_N_S)
		pdu->n_s = number;
	if (form->fields & F_N_R) {
		pdu->n_r = number;
		pdu->n_mr = cp_get_be24(last - 3);
	} else if (form->fields & F_N_MR) {
		pdu->n_mr = number;
	}
	if (form->fields & F_N_PS)
		pdu->n_ps = cp_get_be24(last - (pdu->type == SSCOP_STAT ? 7 : 3));
	if (form->fields & F_SOURCE)
		pdu->s = last[0] >> 4 & 1;
}

enum sscop_verdict
sscop_pdu_decode(struct sscop_pdu *pdu, const uint8_t *octets, size_t len)
{
	const struct pdu_form *form;
	const uint8_t *last;
	size_t n_var;

	memset(pdu, 0, sizeof(*pdu));
	if (len < 4 || len % 4 != 0)
		return SSCOP_DROP_LENGTH;
	last = octets + len - 4;
	pdu->type = last[0] & 0x0f;
	if (pdu->type == 0)
		return SSCOP_DROP_TYPE;
	form = &pdu_forms[pdu->type];
	if (len < form->n_fixed || len - form->n_fixed > form->max_var)
		return SSCOP_DROP_LENGTH;
	n_var = len - form->n_fixed;
	if (form->fields & (F_UU | F_INFO)) {
		pdu->pl = last[0] >> 6;
		if (n_var < pdu->pl)
			return SSCOP_DROP_LENGTH;
		pdu->info = octets;
		pdu->info_len = (uint32_t)(n_var - pdu->pl);
	} else if (pdu->type == SSCOP_STAT || pdu->type == SSCOP_USTAT) {
		pdu->list = octets;
		pdu->n_list = pdu->type == SSCOP_STAT ? (uint32_t)(n_var / 4) : 2;
	}
	decode_words(pdu, form, last);
	return SSCOP_OK;
}

/* User part and padding, or the list; the octets written. */
static size_t
encode_front(const struct sscop_pdu *pdu, const struct pdu_form *form, uint8_t *out, uint8_t *pl)
{
	size_t n = 0;

	*pl = 0;
	if (form->fields & (F_UU | F_INFO)) {
		n = pdu->info_len;
		*pl = (uint8_t)(-n & 3);
		if (n > 0)
			memcpy(out, pdu->info, n);
		memset(out + n, 0, *pl);
		n += *pl;
	} else if (pdu->n_list > 0) {
		for (; n < 4 * (size_t)pdu->n_list; n += 4)
			cp_put_be32(out + n, sscop_pdu_element(pdu, (uint32_t)n / 4));
	}
	return n;
}

/* What the encoder takes: a list where there is one, and parts that fit. */
static bool
encodable(const struct sscop_pdu *pdu)
{
	if (pdu->type < SSCOP_BGN || pdu->type >= SSCOP_TYPE_COUNT)
		return false;
	switch (pdu->type) {
	case SSCOP_STAT:
		return pdu->n_list <= SSCOP_MAX_STAT;
	case SSCOP_USTAT:
		return pdu->n_list == 2;
	default:
		return pdu->n_list == 0 && pdu->info_len <= pdu_forms[pdu->type].max_var;
	}
}

int
sscop_pdu_encode(const struct sscop_pdu *pdu, uint8_t *out)
{
	const struct pdu_form *form;
	uint32_t number = 0;
	uint8_t *p, pl;

	if (!encodable(pdu))
		return -EINVAL;
	form = &pdu_forms[pdu->type];
	p = out + encode_front(pdu, form, out, &pl);
	if (form->fields & F_N_PS) {
		cp_put_be32(p, pdu->n_ps & 0xffffff);
		p += 4;
	}
	if (form->fields & F_N_R) {
		cp_put_be32(p, pdu->n_mr & 0xffffff);
		p += 4;
		number = pdu->n_r;
	} else if (form->fields & F_N_S) {
		number = pdu->n_s;
	} else if (form->fields & F_N_MR) {
		number = pdu->n_mr;
	}
	if (form->n_fixed == 8 && !(form->fields & F_N_PS)) {
		cp_put_be32(p, form->fields & F_N_SQ ? pdu->n_sq : 0);
		p += 4;
	}
	cp_put_be32(p, number & 0xffffff);
	p[0] = (uint8_t)(pl << 6 | pdu->type);
	if (form->fields & F_SOURCE)
		p[0] |= (uint8_t)((pdu->s & 1) << 4);
	return (int)(p + 4 - out);
}

/* A line under construction: what does not fit is cut. */
struct line {
	char *out;
	size_t size;
	size_t used;
};

__attribute__((format(printf, 2, 3))) static void
line_add(struct line *line, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(line->out + line->used, line->size - line->used, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	line->used += (size_t)n;
	if (line->used >= line->size)
		line->used = line->size - 1;
}

static void
line_add_hex(struct line *line, const char *key, const struct sscop_pdu *pdu)
{
	uint32_t i;

	line_add(line, " %s=%s", key, pdu->info_len == 0 ? "-" : "");
	for (i = 0; i < pdu->info_len && line->used + 1 < line->size; i++)
		line_add(line, "%02x", pdu->info[i]);
}

static void
line_add_list(struct line *line, const struct sscop_pdu *pdu)
{
	uint32_t i;

	line_add(line, " list=%s", pdu->n_list == 0 ? "-" : "");
	for (i = 0; i < pdu->n_list; i++)
		line_add(line, "%s%u", i == 0 ? "" : ",", sscop_pdu_element(pdu, i));
}

static void
line_add_fields(struct line *line, const struct sscop_pdu *pdu, const struct pdu_form *form)
{
	if (form->fields & (F_UU | F_INFO))
		line_add(line, " pl=%u", pdu->pl);
	if (pdu->type == SSCOP_USTAT)
		line_add(line, " le1=%u le2=%u", sscop_pdu_element(pdu, 0),
			sscop_pdu_element(pdu, 1));
	if (form->fields & F_SOURCE)
		line_add(line, " s=%u", pdu->s);
	if (form->fields & F_N_SQ)
		line_add(line, " nsq=%u", pdu->n_sq);
	if (form->fields & F_N_PS)
		line_add(line, " nps=%u", pdu->n_ps);
	if (form->fields & F_N_MR)
		line_add(line, " nmr=%u", pdu->n_mr);
	if (form->fields & F_N_R)
		line_add(line, " nr=%u", pdu->n_r);
	if (form->fields & F_N_S)
		line_add(line, " ns=%u", pdu->n_s);
	if (pdu->type == SSCOP_STAT)
		line_add_list(line, pdu);
	if (form->fields & F_UU)
		line_add_hex(line, "uu", pdu);
	if (form->fields & F_INFO)
		line_add_hex(line, "info", pdu);
}

void
sscop_pdu_summary(char *out, size_t size, const struct sscop_pdu *pdu, enum sscop_verdict verdict)
{
	static const char *const verdicts[] = {
		[SSCOP_OK] = "ok",
		[SSCOP_DROP_LENGTH] = "drop:length",
		[SSCOP_DROP_TYPE] = "drop:type",
	};
	struct line line = { .out = out, .size = size };

	if (size == 0)
		return;
	line_add(&line, "verdict=%s", verdicts[verdict]);
	if (pdu->type == 0)
		return;
	line_add(&line, " type=%02x pdu=%s", pdu->type, sscop_type_name(pdu->type));
	if (verdict == SSCOP_OK)
		line_add_fields(&line, pdu, &pdu_forms[pdu->type]);
}
