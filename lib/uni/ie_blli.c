/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>

#include "base/bytes.h"
#include "uni/codec_priv.h"
#include "uni/ie_priv.h"

/*
 * Low-layer information: a group of octets per layer, each octet but the last of a group
 * with bit 8 clear (4.11).
 */

#define EXT 0x80
#define MORE 0x00

#define L2_USER 0x10
#define L3_X25_PACKET 0x06
#define L3_X223 0x08
#define L3_TR9577 0x0b
#define L3_USER 0x10
#define IPI_SNAP 0x80
#define SNAP_SIZE 6

/* What is left of the contents. */
struct rest {
	const uint8_t *p;
	uint32_t len;
};

/* The next octet, or 0x100 when there is none. */
static uint32_t
next_octet(struct rest *r)
{
	if (r->len == 0)
		return 0x100;
	r->len--;
	return *r->p++;
}

/* The last octet of a group: bit 8 must be set. */
static bool
read_last(struct rest *r, uint16_t *has, uint16_t bit, uint8_t *value)
{
	uint32_t c = next_octet(r);

	if (c > 0xff || (c & EXT) == 0)
		return false;
	*has |= bit;
	*value = c & 0x7f;
	return true;
}

static bool
read_layer1(struct uni_blli *b, struct rest *r, uint8_t c)
{
	(void)r;
	b->has |= UNI_BLLI_L1;
	b->l1 = c & 0x1f;
	return (c & EXT) != 0;
}

static bool
read_layer2(struct uni_blli *b, struct rest *r, uint8_t c)
{
	uint32_t mode;

	b->has |= UNI_BLLI_L2;
	b->l2 = c & 0x1f;
	if ((c & EXT) != 0)
		return true;
	if (b->l2 == L2_USER)
		return read_last(r, &b->has, UNI_BLLI_L2_USER, &b->l2_user);
	mode = next_octet(r);
	if (mode > 0xff)
		return false;
	b->has |= UNI_BLLI_L2_MODE;
	b->l2_mode = mode >> 5 & 3;
	b->l2_q933 = mode & 3;
	return (mode & EXT) != 0 || read_last(r, &b->has, UNI_BLLI_L2_WIN, &b->l2_win);
}

/* Mode, packet size, window, of which the last one that is there has bit 8 set. */
static bool
read_x25(struct uni_blli *b, struct rest *r)
{
	uint32_t mode = next_octet(r), size;

	if (mode > 0xff)
		return false;
	b->has |= UNI_BLLI_L3_MODE;
	b->l3_mode = mode >> 5 & 3;
	if ((mode & EXT) != 0)
		return true;
	size = next_octet(r);
	if (size > 0xff)
		return false;
	b->has |= UNI_BLLI_L3_PACKET;
	b->l3_packet = size & 0xf;
	return (size & EXT) != 0 || read_last(r, &b->has, UNI_BLLI_L3_WIN, &b->l3_win);
}

static bool
read_tr9577(struct uni_blli *b, struct rest *r)
{
	uint32_t high = next_octet(r), low = next_octet(r);

	if (low > 0xff || (high & EXT) != 0 || (low & EXT) == 0)
		return false;
	b->has |= UNI_BLLI_L3_IPI;
	b->l3_ipi = (uint8_t)((high & 0x7f) << 1 | (low >> 6 & 1));
	if (b->l3_ipi != IPI_SNAP)
		return true;
	if (r->len < SNAP_SIZE || r->p[0] != EXT)
		return false;
	b->has |= UNI_BLLI_L3_SNAP;
	b->oui = cp_get_be24(r->p + 1);
	b->pid = cp_get_be16(r->p + 4);
	r->p += SNAP_SIZE;
	r->len -= SNAP_SIZE;
	return true;
}

static bool
read_layer3(struct uni_blli *b, struct rest *r, uint8_t c)
{
	b->has |= UNI_BLLI_L3;
	b->l3 = c & 0x1f;
	if ((c & EXT) != 0)
		return true;
	if (b->l3 >= L3_X25_PACKET && b->l3 <= L3_X223)
		return read_x25(b, r);
	if (b->l3 == L3_TR9577)
		return read_tr9577(b, r);
	return b->l3 == L3_USER && read_last(r, &b->has, UNI_BLLI_L3_USER, &b->l3_user);
}

int
uni_ie_decode_blli(struct uni_blli *out, const uint8_t *c, uint32_t len, uint8_t coding)
{
	/* By bits 7-6 of the octet that starts the group. */
	static const struct {
		bool (*read)(struct uni_blli *b, struct rest *r, uint8_t c);
		uint16_t bit;
	} layers[4] = {
		[1] = { read_layer1, UNI_BLLI_L1 },
		[2] = { read_layer2, UNI_BLLI_L2 },
		[3] = { read_layer3, UNI_BLLI_L3 },
	};
	struct rest r = { c, len };

	if (!uni_ie_fits(UNI_IE_BLLI, len, coding))
		return -EBADMSG;
	*out = (struct uni_blli){ 0 };
	while (r.len > 0) {
		uint8_t first = (uint8_t)next_octet(&r);
		uint8_t layer = first >> 5 & 3;

		if (layer == 0 || (out->has & layers[layer].bit) != 0 ||
			!layers[layer].read(out, &r, first))
			return -EBADMSG;
	}
	return 0;
}

static uint8_t *
put_layer2(uint8_t *p, const struct uni_blli *b)
{
	*p++ = (b->has & (UNI_BLLI_L2_MODE | UNI_BLLI_L2_USER) ? MORE : EXT) | 0x40 | b->l2;
	if (b->has & UNI_BLLI_L2_USER) {
		*p++ = EXT | b->l2_user;
	} else if (b->has & UNI_BLLI_L2_MODE) {
		*p++ = (uint8_t)((b->has & UNI_BLLI_L2_WIN ? MORE : EXT) | b->l2_mode << 5 |
				 b->l2_q933);
		if (b->has & UNI_BLLI_L2_WIN)
			*p++ = EXT | b->l2_win;
	}
	return p;
}

static uint8_t *
put_x25(uint8_t *p, const struct uni_blli *b)
{
	*p++ = (uint8_t)((b->has & UNI_BLLI_L3_PACKET ? MORE : EXT) | b->l3_mode << 5);
	if (b->has & UNI_BLLI_L3_PACKET) {
		*p++ = (b->has & UNI_BLLI_L3_WIN ? MORE : EXT) | b->l3_packet;
		if (b->has & UNI_BLLI_L3_WIN)
			*p++ = EXT | b->l3_win;
	}
	return p;
}

static uint8_t *
put_tr9577(uint8_t *p, const struct uni_blli *b)
{
	*p++ = b->l3_ipi >> 1;
	*p++ = (uint8_t)(EXT | (b->l3_ipi & 1) << 6);
	if (b->has & UNI_BLLI_L3_SNAP) {
		*p = EXT;
		cp_put_be24(p + 1, b->oui);
		cp_put_be16(p + 4, b->pid);
		p += SNAP_SIZE;
	}
	return p;
}

static uint8_t *
put_layer3(uint8_t *p, const struct uni_blli *b)
{
	const uint16_t more = UNI_BLLI_L3_MODE | UNI_BLLI_L3_USER | UNI_BLLI_L3_IPI;

	*p++ = (b->has & more ? MORE : EXT) | 0x60 | b->l3;
	if (b->has & UNI_BLLI_L3_MODE)
		return put_x25(p, b);
	if (b->has & UNI_BLLI_L3_IPI)
		return put_tr9577(p, b);
	if (b->has & UNI_BLLI_L3_USER)
		*p++ = EXT | b->l3_user;
	return p;
}

void
uni_enc_ie_blli(struct uni_enc *e, const struct uni_blli *in)
{
	uint8_t buf[16]; /* the three layers together are 13 octets at most */
	uint8_t *p = buf;

	if (in->has & UNI_BLLI_L1)
		*p++ = EXT | 0x20 | in->l1;
	if (in->has & UNI_BLLI_L2)
		p = put_layer2(p, in);
	if (in->has & UNI_BLLI_L3)
		p = put_layer3(p, in);
	uni_enc_contents(e, UNI_IE_BLLI, buf, (uint32_t)(p - buf));
}
