/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>

#include "uni/codec_priv.h"
#include "uni/ie_priv.h"

void
uni_enc_begin(struct uni_enc *e, void *buf, size_t size, const struct uni_header *hdr)
{
	uint8_t *p = buf;

	e->buf = p;
	e->size = size;
	e->len = 0;
	e->overflow = size < UNI_HEADER_SIZE;
	if (e->overflow)
		return;
	p[0] = 0x09;
	p[1] = 3;
	cp_put_be24(p + 2, (uint32_t)hdr->flag << 23 | hdr->cref);
	p[5] = hdr->type;
	p[6] = hdr->octet7 == 0 ? 0x80 : hdr->octet7; /* SIG-15 */
	cp_put_be16(p + 7, 0);
	e->len = UNI_HEADER_SIZE;
}

static void
put_raw(struct uni_enc *e, const uint8_t *octets, size_t len)
{
	if (e->size - e->len < len) {
		e->overflow = true;
		return;
	}
	if (len > 0)
		memcpy(e->buf + e->len, octets, len);
	e->len += len;
}

void
uni_enc_ie_raw(struct uni_enc *e, uint8_t id, uint8_t octet2, const uint8_t *contents, uint32_t len)
{
	uint8_t header[UNI_IE_HEADER_SIZE] = { id, octet2 };

	if (len > UINT16_MAX || e->size - e->len < sizeof(header) + len) {
		e->overflow = true;
		return;
	}
	cp_put_be16(header + 2, (uint16_t)len);
	put_raw(e, header, sizeof(header));
	put_raw(e, contents, len);
}

int
uni_enc_end(struct uni_enc *e)
{
	const size_t body = e->len - UNI_HEADER_SIZE;

	if (e->overflow || body > UINT16_MAX)
		return -ENOSPC;
	cp_put_be16(e->buf + 7, (uint16_t)body);
	return (int)e->len;
}

/* True if the typed form gives back the octets that came. */
static bool
put_typed(struct uni_enc *e, const struct uni_msg *m, const struct uni_ie_entry *entry)
{
	const uint8_t *octets = m->octets + entry->off;
	const size_t start = e->len, size = UNI_IE_HEADER_SIZE + (size_t)entry->len;
	union uni_ie_body body;

	uni_ie_decoders[entry->ie](
		&body, octets + UNI_IE_HEADER_SIZE, entry->len, (uint8_t)uni_ie_coding(entry));
	uni_ie_encoders[entry->ie](e, &body);
	if (e->overflow)
		return true; /* a copy would not fit either */
	e->buf[start + 1] = entry->octet2;
	if (e->len - start == size && memcmp(e->buf + start, octets, size) == 0)
		return true;
	e->len = start;
	return false;
}

int
uni_msg_reencode(const struct uni_msg *m, void *buf, size_t size, uint32_t *n_copied)
{
	uint32_t copied = 0, end = m->n_octets - m->trail;
	struct uni_enc e;

	if (uni_msg_is_dropped(m))
		return -EBADMSG;
	uni_enc_begin(&e, buf, size, &m->hdr);
	if (e.overflow)
		return -ENOSPC;
	for (uint16_t i = 0; i < m->n_ie && !e.overflow; i++) {
		const struct uni_ie_entry *entry = &m->ie[i];

		if (entry->verdict == UNI_IE_GOOD) {
			if (put_typed(&e, m, entry))
				continue;
			copied++;
		}
		put_raw(&e, m->octets + entry->off, uni_msg_entry_size(m, entry));
	}
	if (!e.overflow && e.len < end) /* the elements of an unknown type */
		put_raw(&e, m->octets + e.len, end - e.len);
	put_raw(&e, m->octets + end, m->trail);
	if (e.overflow)
		return -ENOSPC;
	e.buf[6] = m->hdr.octet7;
	cp_put_be16(e.buf + 7, m->hdr.length);
	if (n_copied != NULL)
		*n_copied = copied;
	return (int)e.len;
}
