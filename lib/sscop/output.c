/* SPDX-License-Identifier: BSD-3-Clause */

#include "sscop/sscop_priv.h"

bool
sscop_report(struct sscop *s, char code, uint32_t count, uint64_t now_ns)
{
	uint32_t epoch = s->epoch;

	s->stats.errors[code - 'A']++;
	if (s->ops->error != NULL)
		s->ops->error(s->arg, code, count, now_ns);
	return s->epoch == epoch;
}

/* Each answer books its share of a second, and nobody books further ahead than a burst. */
bool
sscop_may_answer(struct sscop *s, uint64_t now_ns)
{
	if (s->answers_ns < now_ns)
		s->answers_ns = now_ns;
	if (s->answers_ns - now_ns > (SSCOP_ANSWER_BURST - 1) * SSCOP_ANSWER_NS) {
		s->stats.unanswered++;
		return false;
	}
	s->answers_ns += SSCOP_ANSWER_NS;
	return true;
}

void
sscop_send(struct sscop *s, const struct sscop_pdu *pdu)
{
	uint8_t out[SSCOP_MAX_PDU]; /* not of the entity: the wire may call back before it has read
				     */
	int len = sscop_pdu_encode(pdu, out);

	assert(len > 0);
	(void)sscop_send_octets(s, pdu->type, out, (size_t)len);
}
