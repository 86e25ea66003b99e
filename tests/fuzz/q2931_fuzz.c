/* SPDX-License-Identifier: BSD-3-Clause */
#include "fuzz.h"
#include "uni/codec.h"

/*
 * I7: a message of any octets is read inside its octets, written again as it came, and read from
 * that once more with the same meaning. What the structs of its elements say survives being written
 * by us, too.
 */

#define TEXT_MAX (256 * 1024) /* a summary of a message of the largest size */

static bool
is_same_entry(const struct uni_ie_entry *a, const struct uni_ie_entry *b)
{
	return a->off == b->off && a->len == b->len && a->id == b->id && a->octet2 == b->octet2 &&
	       a->ie == b->ie && a->verdict == b->verdict;
}

static void
check_same(const struct uni_msg *a, const struct uni_msg *b)
{
	uint32_t i;

	FUZZ_CHECK(a->verdict == b->verdict);
	FUZZ_CHECK(a->hdr.cref == b->hdr.cref && a->hdr.flag == b->hdr.flag);
	FUZZ_CHECK(a->hdr.type == b->hdr.type && a->hdr.octet7 == b->hdr.octet7);
	FUZZ_CHECK(a->hdr.length == b->hdr.length);
	FUZZ_CHECK(a->trail == b->trail && a->missing_octets == b->missing_octets);
	FUZZ_CHECK(a->n_missing == b->n_missing);
	FUZZ_CHECK(memcmp(a->missing, b->missing, a->n_missing) == 0);
	FUZZ_CHECK(a->present == b->present && a->good == b->good);
	FUZZ_CHECK(a->n_ie == b->n_ie && a->n_faults == b->n_faults);
	for (i = 0; i < a->n_ie; i++)
		FUZZ_CHECK(is_same_entry(&a->ie[i], &b->ie[i]));
}

static void
check_counts(const struct uni_msg *m)
{
	uint32_t i, good = 0, n_faults = 0;

	for (i = 0; i < m->n_ie; i++) {
		const struct uni_ie_entry *entry = &m->ie[i];

		if (entry->verdict == UNI_IE_GOOD)
			good |= UNI_IE_BIT(entry->ie);
		n_faults += uni_ie_is_fault(entry);
		FUZZ_CHECK(entry->off + uni_msg_entry_size(m, entry) <= m->n_octets - m->trail);
	}
	FUZZ_CHECK(good == m->good && n_faults == m->n_faults);
	FUZZ_CHECK((m->good & ~m->present) == 0);
}

/* Whatever is good is written in our way without loss: its second writing is its first one. */
static void
check_body(const struct uni_msg *m, const struct uni_ie_entry *entry)
{
	static const struct uni_header hdr = { .cref = 1, .type = UNI_MT_SETUP };
	uint8_t first[512], second[512];
	union uni_ie_body body;
	struct uni_enc enc;
	uint32_t len;
	int n;

	uni_msg_body(m, entry, &body);
	uni_enc_begin(&enc, first, sizeof(first), &hdr);
	uni_enc_ie(&enc, (enum uni_ie)entry->ie, &body);
	n = uni_enc_end(&enc);
	FUZZ_CHECK(n > 0);
	len = (uint32_t)n - UNI_HEADER_SIZE - UNI_IE_HEADER_SIZE;
	FUZZ_CHECK(uni_ie_decode(&body, (enum uni_ie)entry->ie,
			   first + UNI_HEADER_SIZE + UNI_IE_HEADER_SIZE, len,
			   first[UNI_HEADER_SIZE + 1] >> 5 & 3) == 0);
	uni_enc_begin(&enc, second, sizeof(second), &hdr);
	uni_enc_ie(&enc, (enum uni_ie)entry->ie, &body);
	FUZZ_CHECK(uni_enc_end(&enc) == n);
	FUZZ_CHECK(memcmp(first, second, (size_t)n) == 0);
}

static void
check_reaction(struct uni_msg *m)
{
	struct uni_fault fault;
	struct uni_cause cause;

	FUZZ_CHECK(uni_msg_reaction(m, &fault) <= UNI_REACT_REJECT_PARTY);
	FUZZ_CHECK(fault.n_diag <= UNI_CAUSE_DIAG_MAX);
	uni_msg_require(m, UNI_IE_CONNID);
	uni_msg_require(m, UNI_IE_EPREF);
	uni_msg_require(m, UNI_IE_CAUSE);
	FUZZ_CHECK(uni_msg_reaction(m, &fault) <= UNI_REACT_REJECT_PARTY);
	FUZZ_CHECK(fault.n_diag <= UNI_CAUSE_DIAG_MAX);
	uni_msg_cause(m, 0, &cause);
	FUZZ_CHECK(cause.n_diag <= UNI_CAUSE_DIAG_MAX);
	uni_msg_cause(m, 1, &cause);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct uni_msg first, second;
	static uint8_t again[UNI_MSG_SIZE_MAX];
	static char text[2][TEXT_MAX];
	int n, i;

	uni_msg_decode(&first, data, size);
	n = uni_msg_reencode(&first, again, sizeof(again), NULL);
	if (uni_msg_is_dropped(&first)) {
		FUZZ_CHECK(n < 0);
		FUZZ_CHECK(uni_msg_summary(text[0], TEXT_MAX, &first) > 0);
		return 0;
	}
	FUZZ_CHECK(n >= 0 && (size_t)n == (size < sizeof(again) ? size : sizeof(again)));
	FUZZ_CHECK(memcmp(again, data, (size_t)n) == 0);
	check_counts(&first);
	for (i = 0; i < first.n_ie; i++)
		if (first.ie[i].verdict == UNI_IE_GOOD)
			check_body(&first, &first.ie[i]);
	uni_msg_decode(&second, again, (size_t)n);
	check_same(&first, &second);
	FUZZ_CHECK(uni_msg_summary(text[0], TEXT_MAX, &first) > 0);
	FUZZ_CHECK(uni_msg_summary(text[1], TEXT_MAX, &second) > 0);
	FUZZ_CHECK(strcmp(text[0], text[1]) == 0);
	check_reaction(&first);
	return 0;
}
