/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "base/bytes.h"
#include "uni/codec_table.h"
#include "uni/elements_priv.h"

/* Section 5, for messages that say more than what call control itself has to say. */
static const uint8_t setup_order[] = {
	UNI_IE_AAL,
	UNI_IE_TRAFFIC,
	UNI_IE_BEARER,
	UNI_IE_BHLI,
	UNI_IE_REPEAT,
	UNI_IE_BLLI,
	UNI_IE_CALLED,
	UNI_IE_CALLEDSUB,
	UNI_IE_CALLING,
	UNI_IE_CALLINGSUB,
	UNI_IE_CONNID,
	UNI_IE_QOS,
	UNI_IE_EXQOS,
	UNI_IE_EETD,
	UNI_IE_NOTIFY,
	UNI_IE_SCOMPL,
	UNI_IE_TNS,
	UNI_IE_EPREF,
	UNI_IE_UU,
	UNI_IE_GIT,
	UNI_IE_NONE,
};

static const uint8_t proceeding_order[] = {
	UNI_IE_CONNID,
	UNI_IE_EPREF,
	UNI_IE_NOTIFY,
	UNI_IE_NONE,
};

static const uint8_t alerting_order[] = {
	UNI_IE_CONNID,
	UNI_IE_EPREF,
	UNI_IE_NOTIFY,
	UNI_IE_GIT,
	UNI_IE_UU,
	UNI_IE_NONE,
};

static const uint8_t connect_order[] = {
	UNI_IE_AAL,
	UNI_IE_BLLI,
	UNI_IE_CONNID,
	UNI_IE_EPREF,
	UNI_IE_NOTIFY,
	UNI_IE_EETD,
	UNI_IE_TRAFFIC,
	UNI_IE_EXQOS,
	UNI_IE_CONNED,
	UNI_IE_CONNEDSUB,
	UNI_IE_GIT,
	UNI_IE_UU,
	UNI_IE_NONE,
};

/* Of RELEASE and RELEASE COMPLETE. */
static const uint8_t release_order[] = { UNI_IE_CAUSE, UNI_IE_GIT, UNI_IE_UU, UNI_IE_NONE };

static const uint8_t add_party_order[] = {
	UNI_IE_AAL,
	UNI_IE_BHLI,
	UNI_IE_BLLI,
	UNI_IE_CALLED,
	UNI_IE_CALLEDSUB,
	UNI_IE_CALLING,
	UNI_IE_CALLINGSUB,
	UNI_IE_SCOMPL,
	UNI_IE_TNS,
	UNI_IE_EPREF,
	UNI_IE_NOTIFY,
	UNI_IE_EETD,
	UNI_IE_UU,
	UNI_IE_GIT,
	UNI_IE_NONE,
};

static const uint8_t add_party_ack_order[] = {
	UNI_IE_EPREF,
	UNI_IE_AAL,
	UNI_IE_BLLI,
	UNI_IE_NOTIFY,
	UNI_IE_EETD,
	UNI_IE_CONNED,
	UNI_IE_CONNEDSUB,
	UNI_IE_UU,
	UNI_IE_GIT,
	UNI_IE_NONE,
};

static const uint8_t party_alerting_order[] = {
	UNI_IE_EPREF,
	UNI_IE_NOTIFY,
	UNI_IE_UU,
	UNI_IE_GIT,
	UNI_IE_NONE,
};

/* Of ADD PARTY REJECT and DROP PARTY. */
static const uint8_t drop_order[] = {
	UNI_IE_CAUSE,
	UNI_IE_EPREF,
	UNI_IE_UU,
	UNI_IE_GIT,
	UNI_IE_NONE,
};

static const uint8_t drop_ack_order[] = {
	UNI_IE_EPREF,
	UNI_IE_CAUSE,
	UNI_IE_UU,
	UNI_IE_GIT,
	UNI_IE_NONE,
};

const struct uni_elements uni_no_elements = { NULL, 0 };

const uint8_t *
uni_sent_order(uint8_t type)
{
	switch (type) {
	case UNI_MT_SETUP:
		return setup_order;
	case UNI_MT_CALL_PROCEEDING:
		return proceeding_order;
	case UNI_MT_ALERTING:
		return alerting_order;
	case UNI_MT_CONNECT:
		return connect_order;
	case UNI_MT_RELEASE:
	case UNI_MT_RELEASE_COMPLETE:
		return release_order;
	case UNI_MT_ADD_PARTY:
		return add_party_order;
	case UNI_MT_ADD_PARTY_ACK:
		return add_party_ack_order;
	case UNI_MT_PARTY_ALERTING:
		return party_alerting_order;
	case UNI_MT_ADD_PARTY_REJECT:
	case UNI_MT_DROP_PARTY:
		return drop_order;
	case UNI_MT_DROP_PARTY_ACK:
		return drop_ack_order;
	default:
		return NULL;
	}
}

uint32_t
uni_element_size(const struct uni_elements *e, uint32_t off)
{
	return UNI_IE_HEADER_SIZE + cp_get_be16(e->octets + off + 2);
}

bool
uni_elements_are_whole(const struct uni_elements *e)
{
	uint32_t off = 0;

	while (e->len - off >= UNI_IE_HEADER_SIZE && uni_element_size(e, off) <= e->len - off)
		off += uni_element_size(e, off);
	return off == e->len;
}

static bool
is_good(const uint8_t *p, uint32_t size)
{
	enum uni_ie ie = (enum uni_ie)uni_ie_of_id[p[0]];
	uint8_t coding = p[1] >> 5 & 3;
	union uni_ie_body body;

	return (uni_ie_info[ie].codings >> coding & 1) != 0 &&
	       uni_ie_decode(
		       &body, ie, p + UNI_IE_HEADER_SIZE, size - UNI_IE_HEADER_SIZE, coding) == 0;
}

bool
uni_elements_are_good(const struct uni_elements *e)
{
	uint32_t off;

	if (!uni_elements_are_whole(e))
		return false;
	for (off = 0; off < e->len; off += uni_element_size(e, off))
		if (!is_good(e->octets + off, uni_element_size(e, off)))
			return false;
	return true;
}

bool
uni_elements_have(const struct uni_elements *e, enum uni_ie ie)
{
	uint32_t off;

	for (off = 0; off < e->len; off += uni_element_size(e, off))
		if (uni_ie_of_id[e->octets[off]] == ie)
			return true;
	return false;
}

uint32_t
uni_elements_copy(struct uni_enc *enc, const struct uni_elements *e, enum uni_ie ie, uint32_t most)
{
	uint32_t off, size, n = 0;
	const uint8_t *p;

	for (off = 0; off < e->len && n < most; off += size) {
		p = e->octets + off;
		size = uni_element_size(e, off);
		if (uni_ie_of_id[p[0]] != ie || size == UNI_IE_HEADER_SIZE) /* SIG-18 */
			continue;
		uni_enc_ie_raw(enc, p[0], p[1], p + UNI_IE_HEADER_SIZE, size - UNI_IE_HEADER_SIZE);
		n++;
	}
	return n;
}

static bool
is_of_link(uint8_t ie)
{
	return ie == UNI_IE_CONNID || ie == UNI_IE_EPREF;
}

void
uni_enc_in_order(struct uni_enc *enc, uint8_t type, const struct uni_elements *given,
	uni_enc_own *own, const void *arg)
{
	const struct uni_msg_rule *rule = uni_msg_rule(type);
	const uint8_t *at;
	enum uni_ie ie;

	for (at = uni_sent_order(type); *at != UNI_IE_NONE; at++) {
		ie = (enum uni_ie) * at;
		if (is_of_link(*at) || uni_elements_copy(enc, given, ie, rule->most[ie]) == 0)
			own(enc, ie, arg);
	}
}

static bool
is_consumed(uint8_t ie)
{
	return ie == UNI_IE_CALLED || is_of_link(ie);
}

struct uni_elements
uni_elements_collect(const struct uni_msg *m, uint8_t *room)
{
	struct uni_elements e = { room, 0 };
	const struct uni_ie_entry *entry;
	uint32_t i, size;

	for (i = 0; i < m->n_ie; i++) {
		entry = &m->ie[i];
		if (entry->verdict != UNI_IE_GOOD || is_consumed(entry->ie))
			continue;
		size = uni_msg_entry_size(m, entry);
		memcpy(room + e.len, m->octets + entry->off, size);
		e.len += size;
	}
	if (e.len == 0)
		e.octets = NULL;
	return e;
}
