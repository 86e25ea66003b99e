/* SPDX-License-Identifier: BSD-3-Clause */
#include "uni/codec.h"

#include "base/bytes.h"
#include "uni/codec_table.h"

#define PROTOCOL_DISCRIMINATOR 0x09
#define CREF_LENGTH 3
#define CREF_FLAG 0x800000

/* By bits 3-1 of octet 2 when bit 5 is set; reserved codes are like 010 (section 3). */
static const uint8_t action_of_code[8] = {
	UNI_ACT_CLEAR,
	UNI_ACT_IGNORE,
	UNI_ACT_REPORT,
	UNI_ACT_REPORT,
	UNI_ACT_REPORT,
	UNI_ACT_MSG_IGNORE,
	UNI_ACT_MSG_REPORT,
	UNI_ACT_REPORT,
};

enum uni_action
uni_ie_action(const struct uni_ie_entry *entry)
{
	if ((entry->octet2 & 0x10) == 0)
		return UNI_ACT_DEFAULT;
	return (enum uni_action)action_of_code[entry->octet2 & 7];
}

/* SIG-11, in the order in which the octets stand. */
static enum uni_verdict
judge_header(const uint8_t *octets, size_t len)
{
	if (len < UNI_HEADER_SIZE)
		return UNI_VERDICT_DROP_SHORT;
	if (octets[0] != PROTOCOL_DISCRIMINATOR)
		return UNI_VERDICT_DROP_PD;
	if (octets[1] != CREF_LENGTH)
		return UNI_VERDICT_DROP_CRLEN;
	return UNI_VERDICT_OK;
}

static void
read_header(struct uni_msg *m, const uint8_t *octets, size_t len)
{
	const uint32_t cref = cp_get_be24(octets + 2);
	uint32_t there = len > UNI_MSG_SIZE_MAX ? UNI_MSG_SIZE_MAX : (uint32_t)len;
	uint32_t declared;

	m->octets = octets;
	m->n_octets = there;
	m->hdr.cref = cref & ~CREF_FLAG;
	m->hdr.flag = (cref & CREF_FLAG) != 0;
	m->hdr.type = octets[5];
	m->hdr.octet7 = octets[6];
	m->hdr.length = cp_get_be16(octets + 7);
	declared = UNI_HEADER_SIZE + m->hdr.length;
	m->trail = there > declared ? there - declared : 0; /* SIG-14 */
	m->missing_octets = declared > there ? declared - there : 0;
}

/* What is known so far, apart from the message, so that it can live in registers. */
struct tally {
	uint32_t present;
	uint32_t good;
	uint16_t n_faults;
	uint8_t repeats[UNI_IE_COUNT];
};

/* SIG-20: count one more in, or say that it is too many after what came before it. */
static inline bool
is_too_many(struct tally *t, uint8_t most, uint8_t ie)
{
	if ((t->present & UNI_IE_BIT(ie)) == 0) {
		t->present |= UNI_IE_BIT(ie);
		return false;
	}
	/* SIG-37: the 2nd and 3rd only after a repeat indicator. */
	if (ie == UNI_IE_BLLI && (t->good & UNI_IE_BIT(UNI_IE_REPEAT)) == 0)
		return true;
	if (t->repeats[ie] + 1 >= most)
		return true;
	t->repeats[ie]++;
	return false;
}

/*
 * One whole element header, with @p left octets behind it. The order of the questions
 * matters: an empty element counts as absent whatever it is (SIG-18), one too many is
 * ignored good or bad (SIG-20), and a cut one is a content error even if unrecognised (SIG-14).
 */
static inline enum uni_ie_verdict
judge(struct tally *t, uint8_t most, uint8_t ie, enum uni_coding coding, const uint8_t *contents,
	uint32_t len, uint32_t left)
{
	const struct uni_ie_info *info = &uni_ie_info[ie];
	const bool known = most > 0 && (info->codings >> coding & 1) != 0;
	union uni_ie_body body;

	if (len == 0)
		return UNI_IE_ABSENT;
	if (known && is_too_many(t, most, ie))
		return UNI_IE_DUP;
	if (len > left)
		return UNI_IE_CUT;
	if (!known)
		return UNI_IE_UNKNOWN;
	if (uni_ie_decode(&body, (enum uni_ie)ie, contents, len, coding) == 0)
		return UNI_IE_GOOD;
	return info->access ? UNI_IE_ACCESS : UNI_IE_CONTENT;
}

/* SIG-22: what is left is not even a header. */
static void
take_stub(struct uni_msg *m, const struct uni_msg_rule *rule, uint32_t off, uint32_t left)
{
	struct uni_ie_entry *entry = &m->ie[m->n_ie++];

	entry->off = (uint16_t)off;
	entry->len = 0;
	entry->id = m->octets[off];
	entry->octet2 = left > 1 ? m->octets[off + 1] : 0x80;
	entry->ie = uni_ie_of_id[entry->id];
	entry->verdict = UNI_IE_STUB;
	m->n_faults++;
	if (rule->most[entry->ie] > 0)
		m->present |= UNI_IE_BIT(entry->ie);
}

/* The element at @p off; returns where the next one starts. */
static inline uint32_t
take_element(struct uni_msg *m, const struct uni_msg_rule *rule, struct tally *t, uint32_t off,
	uint32_t end)
{
	const uint8_t *p = m->octets + off;
	const uint32_t left = end - off - UNI_IE_HEADER_SIZE;
	const uint32_t len = cp_get_be16(p + 2);
	const uint8_t ie = uni_ie_of_id[p[0]];
	struct uni_ie_entry *entry = &m->ie[m->n_ie];
	enum uni_ie_verdict verdict;

	entry->off = (uint16_t)off;
	entry->len = (uint16_t)len;
	entry->id = p[0];
	entry->octet2 = p[1];
	entry->ie = ie;
	verdict = judge(
		t, rule->most[ie], ie, uni_ie_coding(entry), p + UNI_IE_HEADER_SIZE, len, left);
	entry->verdict = verdict;
	if (verdict == UNI_IE_GOOD && (t->good & UNI_IE_BIT(ie)) == 0) {
		t->good |= UNI_IE_BIT(ie);
		m->first[ie] = m->n_ie;
	}
	t->n_faults += verdict >= UNI_IE_UNKNOWN;
	m->n_ie++;
	return len > left ? end : off + UNI_IE_HEADER_SIZE + len;
}

static void
take_elements(struct uni_msg *m, const struct uni_msg_rule *rule)
{
	const uint32_t end = m->n_octets - m->trail;
	struct tally t = { 0 };
	uint32_t off = UNI_HEADER_SIZE;

	while (end - off >= UNI_IE_HEADER_SIZE)
		off = take_element(m, rule, &t, off, end);
	m->present = t.present;
	m->good = t.good;
	m->n_faults = t.n_faults;
	if (off < end)
		take_stub(m, rule, off, end - off);
}

/* The order of the table of section 5 (SIG-49). */
static void
list_missing(struct uni_msg *m, const struct uni_msg_rule *rule)
{
	const uint32_t missing = m->mandatory & ~m->present;

	m->n_missing = 0;
	if (missing == 0)
		return;
	for (const uint8_t *need = rule->need; *need != 0; need++) {
		uint8_t ie = *need & ~UNI_NEED_IF;

		if ((missing & UNI_IE_BIT(ie)) != 0)
			m->missing[m->n_missing++] = ie;
	}
}

static void
check_needs(struct uni_msg *m, const struct uni_msg_rule *rule)
{
	for (const uint8_t *need = rule->need; *need != 0; need++)
		if ((*need & UNI_NEED_IF) == 0)
			m->mandatory |= UNI_IE_BIT(*need);
	if (rule->conditions != NULL)
		rule->conditions(m);
	list_missing(m, rule);
}

static void
settle(struct uni_msg *m)
{
	m->verdict = m->n_faults + m->n_missing > 0 ? UNI_VERDICT_IE_ERROR : UNI_VERDICT_OK;
}

enum uni_verdict
uni_msg_decode(struct uni_msg *m, const uint8_t *octets, size_t len)
{
	const struct uni_msg_rule *rule;

	m->verdict = judge_header(octets, len);
	if (m->verdict != UNI_VERDICT_OK)
		return (enum uni_verdict)m->verdict;
	read_header(m, octets, len);
	m->n_ie = 0;
	m->n_faults = 0;
	m->n_missing = 0;
	m->present = 0;
	m->good = 0;
	m->mandatory = 0;
	rule = uni_msg_rule(m->hdr.type);
	if (rule == NULL) {
		m->verdict = UNI_VERDICT_UNKNOWN_TYPE;
		return UNI_VERDICT_UNKNOWN_TYPE;
	}
	take_elements(m, rule);
	check_needs(m, rule);
	settle(m);
	return (enum uni_verdict)m->verdict;
}

void
uni_msg_require(struct uni_msg *m, enum uni_ie ie)
{
	const struct uni_msg_rule *rule = uni_msg_rule(m->hdr.type);

	if (rule == NULL)
		return;
	for (const uint8_t *need = rule->need; *need != 0; need++)
		if ((*need & ~UNI_NEED_IF) == ie)
			m->mandatory |= UNI_IE_BIT(ie);
	list_missing(m, rule);
	settle(m);
}

const struct uni_ie_entry *
uni_msg_next(const struct uni_msg *m, const struct uni_ie_entry *entry)
{
	const struct uni_ie_entry *end = m->ie + m->n_ie;

	for (const struct uni_ie_entry *next = entry + 1; next < end; next++)
		if (next->ie == entry->ie && next->verdict == UNI_IE_GOOD)
			return next;
	return NULL;
}

uint32_t
uni_msg_entry_size(const struct uni_msg *m, const struct uni_ie_entry *entry)
{
	const uint32_t left = m->n_octets - m->trail - entry->off;
	const uint32_t size = UNI_IE_HEADER_SIZE + entry->len;

	return size > left ? left : size;
}

void
uni_msg_body(const struct uni_msg *m, const struct uni_ie_entry *entry, union uni_ie_body *out)
{
	uni_ie_decode(out, (enum uni_ie)entry->ie, uni_msg_contents(m, entry), entry->len,
		uni_ie_coding(entry));
}

bool
uni_msg_get(const struct uni_msg *m, enum uni_ie ie, union uni_ie_body *out)
{
	const struct uni_ie_entry *entry = uni_msg_find(m, ie);

	if (entry == NULL)
		return false;
	uni_msg_body(m, entry, out);
	return true;
}

bool
uni_msg_cause(const struct uni_msg *m, uint32_t nth, struct uni_cause *out)
{
	const struct uni_ie_entry *entry = uni_msg_find(m, UNI_IE_CAUSE);

	for (; entry != NULL && nth > 0; nth--)
		entry = uni_msg_next(m, entry);
	if (entry != NULL)
		return uni_ie_decode_cause(out, uni_msg_contents(m, entry), entry->len,
			       uni_ie_coding(entry)) == 0;
	*out = (struct uni_cause){ .value = UNI_CAUSE_UNSPECIFIED };
	return false;
}
