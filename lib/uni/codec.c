/* SPDX-License-Identifier: BSD-3-Clause */
#include "uni/codec.h"

#include <assert.h>

#include "base/bytes.h"
#include "uni/codec_table.h"
#include "uni/ie_priv.h"

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
	const uint32_t cref_and_type = cp_get_be32(octets + 2), cref = cref_and_type >> 8;
	uint32_t there = len > UNI_MSG_SIZE_MAX ? UNI_MSG_SIZE_MAX : (uint32_t)len;
	uint32_t declared;

	m->octets = octets;
	m->n_octets = there;
	m->hdr.cref = cref & ~CREF_FLAG;
	m->hdr.flag = (cref & CREF_FLAG) != 0;
	m->hdr.type = (uint8_t)cref_and_type;
	m->hdr.octet7 = octets[6];
	m->hdr.length = cp_get_be16(octets + 7);
	declared = UNI_HEADER_SIZE + m->hdr.length;
	m->trail = there > declared ? there - declared : 0; /* SIG-14 */
	m->missing_octets = declared > there ? declared - there : 0;
}

/*
 * SIG-20: count one more in, or say that it is too many after what came before it. There are two
 * bits per element in @p repeats: instances behind the first one that count, at most 3.
 */
static_assert(2 * UNI_IE_COUNT <= 64, "the repeats of all elements fit in a word");

static inline bool
is_too_many(struct uni_msg *m, uint64_t *repeats, uint8_t most, uint8_t ie)
{
	if ((m->present >> ie & 1) == 0) {
		m->present |= UNI_IE_BIT(ie);
		return false;
	}
	/* SIG-37: the 2nd and 3rd only after a repeat indicator. */
	if (ie == UNI_IE_BLLI && (m->good & UNI_IE_BIT(UNI_IE_REPEAT)) == 0)
		return true;
	if ((*repeats >> 2 * ie & 3) + 1 >= most)
		return true;
	*repeats += UINT64_C(1) << 2 * ie;
	return false;
}

/*
 * One whole element, of which all is known but the verdict, with @p left octets behind its
 * header. The order of the questions matters: an empty element counts as absent whatever it is
 * (SIG-18), one too many is ignored good or bad (SIG-20), and a cut one is a content error even
 * if unrecognised (SIG-14).
 */
static inline enum uni_ie_verdict
judge(struct uni_msg *m, const struct uni_msg_rule *rule, uint64_t *repeats,
	const struct uni_ie_entry *entry, const uint8_t *contents, uint32_t left)
{
	const uint8_t ie = entry->ie, most = rule->most[ie];
	const struct uni_ie_info *info = &uni_ie_info[ie];
	const uint8_t coding = (uint8_t)uni_ie_coding(entry);
	const uint32_t len = entry->len;
	const bool known = most > 0 && (info->codings >> coding & 1) != 0;
	union uni_ie_body body;

	if (len == 0)
		return UNI_IE_ABSENT;
	if (known && is_too_many(m, repeats, most, ie))
		return UNI_IE_DUP;
	if (len > left)
		return UNI_IE_CUT;
	if (!known)
		return UNI_IE_UNKNOWN;
	if (len >= info->min && len <= info->max &&
		(info->is_free || uni_ie_decoders[ie](&body, contents, len, coding) == 0))
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

/* What is known of @p entry, the next one of the message. */
static inline void
note(struct uni_msg *m, const struct uni_ie_entry *entry)
{
	const uint32_t bit = UNI_IE_BIT(entry->ie);
	const uint16_t n = m->n_ie++;

	if (entry->verdict != UNI_IE_GOOD) {
		m->n_faults += uni_ie_is_fault(entry);
	} else if ((m->good & bit) == 0) {
		m->good |= bit;
		m->first[entry->ie] = n;
	}
}

/*
 * All whole elements. Returns how many octets are left behind them, fewer than a header. An entry
 * is read back from where it stands: that is cheaper than to keep its parts over a call.
 */
static inline uint32_t
take_elements(struct uni_msg *m, const struct uni_msg_rule *rule, uint32_t left)
{
	const uint8_t *p = m->octets + UNI_HEADER_SIZE;
	struct uni_ie_entry *entry = m->ie;
	uint64_t repeats = 0;

	for (; left >= UNI_IE_HEADER_SIZE; entry++) {
		left -= UNI_IE_HEADER_SIZE;
		entry->off = (uint16_t)(p - m->octets);
		entry->len = cp_get_be16(p + 2);
		entry->id = p[0];
		entry->octet2 = p[1];
		entry->ie = uni_ie_of_id[p[0]];
		p += UNI_IE_HEADER_SIZE;
		entry->verdict = (uint8_t)judge(m, rule, &repeats, entry, p, left);
		note(m, entry);
		if (entry->len > left)
			return 0;
		p += entry->len;
		left -= entry->len;
	}
	return left;
}

static void
look_at_elements(struct uni_msg *m, const struct uni_msg_rule *rule)
{
	const uint32_t end = m->n_octets - m->trail;
	uint32_t left = take_elements(m, rule, end - UNI_HEADER_SIZE);

	if (left > 0)
		take_stub(m, rule, end - left, left);
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
		if ((missing & UNI_IE_BIT(*need)) != 0)
			m->missing[m->n_missing++] = *need;
	}
}

static void
check_needs(struct uni_msg *m, const struct uni_msg_rule *rule)
{
	m->mandatory = rule->mandatory;
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
	look_at_elements(m, rule);
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
		if (*need == ie)
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
