/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "uni/codec.h"
#include "uni/summary_priv.h"

/* The grammar is told in the first lines of tests/vectors/q2931.tsv. */

#define LOCKING_SHIFT 0x60
#define NON_LOCKING_SHIFT 0x61

static const char *const verdict_names[] = {
	[UNI_VERDICT_OK] = "ok",
	[UNI_VERDICT_IE_ERROR] = "ie_error",
	[UNI_VERDICT_UNKNOWN_TYPE] = "unknown_type",
	[UNI_VERDICT_DROP_SHORT] = "drop:short",
	[UNI_VERDICT_DROP_PD] = "drop:pd",
	[UNI_VERDICT_DROP_CRLEN] = "drop:crlen",
};

static const char *const action_names[] = {
	[UNI_ACT_CLEAR] = "clear",
	[UNI_ACT_IGNORE] = "ignore",
	[UNI_ACT_REPORT] = "report",
	[UNI_ACT_MSG_IGNORE] = "msgignore",
	[UNI_ACT_MSG_REPORT] = "msgreport",
	[UNI_ACT_DEFAULT] = "default",
};

static const char *const coding_names[] = {
	[UNI_CODING_ITU] = "itu",
	[UNI_CODING_ISO] = "iso",
	[UNI_CODING_NATIONAL] = "nat",
	[UNI_CODING_NETWORK] = "net",
};

static const char *const fault_names[] = {
	[UNI_IE_UNKNOWN] = "unknown",
	[UNI_IE_CONTENT] = "content",
	[UNI_IE_ACCESS] = "access",
	[UNI_IE_CUT] = "length",
	[UNI_IE_STUB] = "length",
};

void
uni_text_add(struct uni_text *t, const char *fmt, ...)
{
	const size_t at = t->len < t->size ? t->len : t->size;
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(t->size > at ? t->out + at : NULL, t->size - at, fmt, args);
	va_end(args);
	if (n > 0)
		t->len += (size_t)n;
}

void
uni_text_field(struct uni_text *t, const char *field)
{
	uni_text_add(t, " %s.%s=", t->name, field);
}

void
uni_text_number(struct uni_text *t, const char *field, uint32_t value)
{
	uni_text_field(t, field);
	uni_text_add(t, "%u", value);
}

void
uni_text_octets(struct uni_text *t, const char *field, const uint8_t *octets, uint32_t n)
{
	uni_text_field(t, field);
	if (n == 0)
		uni_text_add(t, "-");
	for (uint32_t i = 0; i < n; i++)
		uni_text_add(t, "%02x", octets[i]);
}

static void
add_header(struct uni_text *t, const struct uni_msg *m)
{
	uni_text_add(t, " flag=%d cref=%u mt=%02x msg=%s mact=%s mlen=%u", m->hdr.flag, m->hdr.cref,
		m->hdr.type, uni_msg_name(m->hdr.type),
		action_names[uni_octet7_action(m->hdr.octet7)], m->hdr.length);
	if (m->trail > 0)
		uni_text_add(t, " trail=%u", m->trail);
	if (m->missing_octets > 0)
		uni_text_add(t, " missing_octets=%u", m->missing_octets);
}

/* NAME of the first good instance, NAME#2 of the second. */
static void
set_name(struct uni_text *t, enum uni_ie ie, uint32_t nth)
{
	if (nth <= 1)
		snprintf(t->name, sizeof(t->name), "%s", uni_ie_info[ie].name);
	else
		snprintf(t->name, sizeof(t->name), "%s#%u", uni_ie_info[ie].name, nth);
}

/* SIG-21: not recognised, but the codeset that the sender meant is worth a word. */
static void
add_shift(struct uni_text *t, const struct uni_msg *m, const struct uni_ie_entry *entry)
{
	if (entry->verdict != UNI_IE_UNKNOWN || entry->len != 1)
		return;
	if (entry->id == LOCKING_SHIFT || entry->id == NON_LOCKING_SHIFT)
		uni_text_add(t, " %s=%d", entry->id == LOCKING_SHIFT ? "lshift" : "nlshift",
			*uni_msg_contents(m, entry) & 7);
}

static void
add_element(
	struct uni_text *t, const struct uni_msg *m, const struct uni_ie_entry *entry, uint32_t nth)
{
	union uni_ie_body body;

	if (entry->verdict == UNI_IE_STUB)
		return;
	uni_text_add(t, " ie=%02x:%s:%s:%u", entry->id, coding_names[uni_ie_coding(entry)],
		action_names[uni_ie_action(entry)], entry->len);
	switch (entry->verdict) {
	case UNI_IE_GOOD:
		set_name(t, (enum uni_ie)entry->ie, nth);
		uni_msg_body(m, entry, &body);
		uni_summary_fields(t, (enum uni_ie)entry->ie, &body);
		break;
	case UNI_IE_ABSENT:
		if (entry->ie != UNI_IE_NONE)
			uni_text_add(t, " %s=absent_len0", uni_ie_info[entry->ie].name);
		break;
	case UNI_IE_DUP:
		uni_text_add(t, " dup=%02x", entry->id);
		break;
	default:
		add_shift(t, m, entry);
	}
}

static void
add_elements(struct uni_text *t, const struct uni_msg *m)
{
	uint32_t n_good[UNI_IE_COUNT] = { 0 };

	for (uint16_t i = 0; i < m->n_ie; i++) {
		n_good[m->ie[i].ie] += m->ie[i].verdict == UNI_IE_GOOD;
		add_element(t, m, &m->ie[i], n_good[m->ie[i].ie]);
	}
}

static void
add_faults(struct uni_text *t, const struct uni_msg *m)
{
	for (uint16_t i = 0; i < m->n_ie; i++) {
		const struct uni_ie_entry *entry = &m->ie[i];

		if (uni_ie_is_fault(entry))
			uni_text_add(t, " ierr=%02x:%s:%s", entry->id, fault_names[entry->verdict],
				action_names[uni_ie_action(entry)]);
	}
	for (uint8_t i = 0; i < m->n_missing; i++)
		uni_text_add(t, "%s%02x", i == 0 ? " miss=" : ",",
			uni_ie_id((enum uni_ie)m->missing[i]));
}

int
uni_msg_summary(char *out, size_t size, const struct uni_msg *m)
{
	struct uni_text t = { .out = out, .size = size };

	uni_text_add(&t, "verdict=%s", verdict_names[m->verdict]);
	if (!uni_msg_is_dropped(m)) {
		add_header(&t, m);
		add_elements(&t, m);
		add_faults(&t, m);
	}
	return t.len < size ? (int)t.len : -ENOSPC;
}
