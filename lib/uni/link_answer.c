/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "uni/uni_priv.h"

/*
 * Answers that belong to no call, or that a call need not remember: a ring per link. What does not
 * fit is dropped and counted. So that a storm of bad messages is not answered by another, answers
 * to those come out of a bucket of tokens, and leave half of the ring to answers that the peer
 * waits for.
 */

#define N_ALL (UNI_N_ANSWERS + UNI_N_REPLIES)
#define NS_PER_S UINT64_C(1000000000)

/* Take a token: false when there is none. */
static bool
take_token(struct uni_link *l)
{
	uint64_t each_ns = NS_PER_S / l->params.answers_s;
	uint64_t full_ns = l->answers_ns > l->rx_ns ? l->answers_ns : l->rx_ns;

	if (full_ns + each_ns > l->rx_ns + each_ns * l->params.answers_burst)
		return false;
	l->answers_ns = full_ns + each_ns;
	return true;
}

void
uni_answer_put(struct uni_link *l, const struct uni_answer *a)
{
	bool reply = a->fault.cause == UNI_CAUSE_STATUS_RESPONSE;

	if (!a->owed && (l->n_answers >= UNI_N_ANSWERS / 2 || !take_token(l))) {
		l->stats.answers_limited++;
		return;
	}
	if (l->n_answers >= (reply ? N_ALL : UNI_N_ANSWERS)) {
		l->stats.answers_dropped++;
		return;
	}
	l->answers[(l->answer_head + l->n_answers++) % N_ALL] = *a;
}

static void
put(struct uni_link *l, uint8_t type, uint32_t ref, uint8_t state, uint8_t cause, int diag,
	bool owed)
{
	struct uni_answer a = { .ref = ref, .type = type, .state = state, .owed = owed };

	a.fault.cause = cause;
	if (diag >= 0) {
		a.fault.diag[0] = (uint8_t)diag;
		a.fault.n_diag = 1;
	}
	uni_answer_put(l, &a);
}

void
uni_answer_status(struct uni_link *l, uint32_t ref, uint8_t state, uint8_t cause, int diag)
{
	put(l, UNI_MT_STATUS, ref, state, cause, diag, false);
}

void
uni_answer_status_fault(
	struct uni_link *l, uint32_t ref, uint8_t state, const struct uni_fault *fault)
{
	const struct uni_answer a = {
		.ref = ref,
		.type = UNI_MT_STATUS,
		.state = state,
		.fault = *fault,
	};

	uni_answer_put(l, &a);
}

void
uni_answer_party(struct uni_link *l, uint32_t ref, uint8_t type, const struct uni_epref *epref,
	const struct uni_fault *fault, bool owed)
{
	const struct uni_answer a = {
		.ref = ref,
		.type = type,
		.owed = owed,
		.party = true,
		.epref = { .value = epref->value, .flag = !epref->flag },
		.fault = *fault,
	};

	uni_answer_put(l, &a);
}

void
uni_answer_release_complete(struct uni_link *l, uint32_t ref, uint8_t cause, int diag, bool owed)
{
	put(l, UNI_MT_RELEASE_COMPLETE, ref, UNI_ST_NULL, cause, diag, owed);
}

void
uni_answer_release_complete_fault(struct uni_link *l, uint32_t ref, const struct uni_fault *fault)
{
	const struct uni_answer a = {
		.ref = ref, .type = UNI_MT_RELEASE_COMPLETE, .fault = *fault
	};

	uni_answer_put(l, &a);
}

size_t
uni_answer_pull(struct uni_link *l, uint8_t *room, size_t size)
{
	const struct uni_answer *a = &l->answers[l->answer_head];
	const struct uni_header hdr = {
		.cref = a->ref & UNI_REF_VALUE,
		.flag = (a->ref & UNI_REF_OURS) == 0,
		.type = a->type,
	};
	const struct uni_cause cause = {
		.location = uni_link_location(l),
		.value = a->fault.cause,
		.n_diag = a->fault.n_diag,
		.diag = a->fault.diag,
	};
	struct uni_enc enc;
	int len;

	if (l->n_answers == 0)
		return 0;
	uni_enc_begin(&enc, room, size, &hdr);
	if (a->type == UNI_MT_STATUS)
		uni_enc_ie_callstate(&enc, a->state);
	if (a->party && a->type == UNI_MT_DROP_PARTY_ACK)
		uni_enc_ie_epref(&enc, &a->epref);
	uni_enc_ie_cause(&enc, &cause);
	if (a->party && a->type != UNI_MT_DROP_PARTY_ACK)
		uni_enc_ie_epref(&enc, &a->epref);
	if (a->party && a->type == UNI_MT_STATUS)
		uni_enc_ie_epstate(&enc, a->party_state);
	len = uni_enc_end(&enc);
	l->answer_head = (l->answer_head + 1) % N_ALL;
	l->n_answers--;
	return len > 0 ? (size_t)len : 0;
}

void
uni_answer_drop_all(struct uni_link *l)
{
	l->n_answers = 0;
}
