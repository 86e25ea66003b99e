/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/bytes.h"
#include "frame_net.h"

/*
 * A worker that gets any octets on any port. The input is a sequence of frames, each as it is or
 * behind headers that lead somewhere. What becomes of a frame is worked out here once more, octet
 * by octet, from SIG-1..8: what comes out is that and nothing else (I7).
 */

#define ETH_SIZE 14u
#define TAG_SIZE 4u
#define WORD_SIZE 4u
#define MAX_FRAMES 16u
#define ETHERTYPE_MPLS 0x8847u
#define ETHERTYPE_MAC_CONTROL 0x8808u

/* ---- What should come out ---- */

struct want {
	struct net_frame frames[NET_OUT_MAX];
	uint32_t n;
	uint32_t n_ways;  /* that the frame goes, or is dropped on: more than one for leaves */
	bool is_reserved; /* its label is none of ours (SIG-2) */
};

static struct net_frame *
want_one(struct want *w, enum net_port port, bool to_control)
{
	struct net_frame *f = &w->frames[w->n++];

	f->port = port;
	f->to_control = to_control;
	f->len = 0;
	return f;
}

static void
put(struct net_frame *f, const uint8_t *octets, uint32_t len)
{
	memcpy(f->octets + f->len, octets, len);
	f->len += len;
}

static void
put_tag(struct net_frame *f, uint16_t tpid, uint16_t vlan)
{
	cp_put_be16(f->octets + f->len, tpid);
	cp_put_be16(f->octets + f->len + 2, vlan);
	f->len += TAG_SIZE;
}

static bool
is_tpid(uint32_t type)
{
	return type == 0x8100 || type == 0x88a8 || type == 0x9100;
}

/* SIG-7, SIG-8: how much is behind the control word at @p p, -1: dropped. */
static int
payload_size(const uint8_t *p, uint32_t len)
{
	uint32_t length;

	if (len < WORD_SIZE || p[0] >> 4 != 0 || p[1] >> 6 != 0)
		return -1;
	length = p[1] & 0x3f;
	if (length == 0)
		return (int)(len - WORD_SIZE);
	if (length < WORD_SIZE || length > len)
		return -1;
	return (int)(length - WORD_SIZE);
}

/* @p p is the label entry, @p len octets to the end of the frame. Addresses are not compared. */
static void
want_labelled(struct want *w, uint32_t label, const uint8_t *p, uint32_t len)
{
	static const uint8_t head[ETH_SIZE] = { [12] = 0x88, [13] = 0x47 };
	struct net_frame *f;

	if (p[3] == 1 || len + ETH_SIZE > net_max_frame())
		return;
	f = want_one(w, NET_WEST, false);
	put(f, head, sizeof(head));
	put(f, p, len);
	cp_put_be32(f->octets + ETH_SIZE,
		label << 12 | (p[2] & 0x0eu) << 8 | 0x100u | (uint32_t)(p[3] - 1));
}

static void
want_access(struct want *w, const uint8_t *p, uint32_t len, uint16_t outer, uint16_t inner)
{
	int size = payload_size(p + WORD_SIZE, len - WORD_SIZE);
	const uint8_t *frame = p + 2 * (size_t)WORD_SIZE;
	struct net_frame *f;

	if (size < (int)ETH_SIZE || (uint32_t)size > net_max_frame())
		return;
	f = want_one(w, NET_LAN, false);
	put(f, frame, 12);
	if (inner != 0)
		put_tag(f, 0x88a8, outer);
	if (outer != 0)
		put_tag(f, 0x8100, inner != 0 ? inner : outer);
	put(f, frame + 12, (uint32_t)size - 12);
}

static void
want_control(struct want *w, const uint8_t *p, uint32_t len)
{
	int size = payload_size(p + WORD_SIZE, len - WORD_SIZE);

	if (size >= 0)
		put(want_one(w, NET_EAST, true), p + 2 * (size_t)WORD_SIZE, (uint32_t)size);
}

static void
want_of_east(struct want *w, const uint8_t *p, uint32_t len)
{
	w->is_reserved = cp_get_be32(p) >> 12 < LABEL_FIRST;
	switch (cp_get_be32(p) >> 12) {
	case LABEL_CONTROL:
		want_control(w, p, len);
		break;
	case LABEL_SWAP:
		want_labelled(w, LABEL_OUT, p, len);
		break;
	case LABEL_UNTAGGED:
		want_access(w, p, len, 0, 0);
		break;
	case LABEL_TAGGED:
		want_access(w, p, len, VLAN_C, 0);
		break;
	case LABEL_STACKED:
		want_access(w, p, len, VLAN_S, VLAN_SC);
		break;
	case LABEL_LEAVES:
		w->n_ways = 3;
		want_labelled(w, LABEL_LEAF, p, len);
		want_access(w, p, len, VLAN_LEAF, 0);
		want_control(w, p, len);
		break;
	default:
		break;
	}
}

static void
want_of_trunk(struct want *w, enum net_port port, const uint8_t *p, uint32_t len)
{
	uint32_t at = 12, n_tags;

	if (len < ETH_SIZE + WORD_SIZE)
		return;
	for (n_tags = 0; n_tags < 2 && is_tpid(cp_get_be16(p + at)); n_tags++) {
		at += TAG_SIZE;
		if (at + 2 + WORD_SIZE > len)
			return;
	}
	if (cp_get_be16(p + at) != ETHERTYPE_MPLS)
		return;
	at += 2;
	if ((p[at + 2] & 1) == 0 || p[at + 3] == 0) /* SIG-4 */
		return;
	if (port == NET_EAST) {
		want_of_east(w, p + at, len - at);
		return;
	}
	w->is_reserved = cp_get_be32(p + at) >> 12 < LABEL_FIRST;
	if (cp_get_be32(p + at) >> 12 == LABEL_OUT) {
		want_labelled(w, LABEL_SWAP, p + at, len - at);
		if (w->n > 0)
			w->frames[0].port = NET_EAST;
	}
}

/* The label of the circuit that the VLANs lead to, and how many tags are cut out. */
static uint32_t
label_of_vlans(const uint8_t *p, uint32_t len, uint32_t *n_tags)
{
	uint32_t outer, inner;

	*n_tags = 0;
	if (!is_tpid(cp_get_be16(p + 12)))
		return LABEL_UNTAGGED;
	if (len < ETH_SIZE + TAG_SIZE)
		return 0;
	outer = cp_get_be16(p + 14) & 0xfff;
	*n_tags = 1;
	if (outer == VLAN_S && cp_get_be16(p + 16) == 0x8100 && len >= ETH_SIZE + 2 * TAG_SIZE) {
		inner = cp_get_be16(p + 18) & 0xfff;
		*n_tags = 2;
		return inner == VLAN_SC ? LABEL_STACKED : 0;
	}
	return outer == 0 ? LABEL_UNTAGGED : outer == VLAN_C ? LABEL_TAGGED : 0;
}

static void
want_of_access(struct want *w, const uint8_t *p, uint32_t len)
{
	static const uint8_t head[ETH_SIZE] = { [12] = 0x88, [13] = 0x47 };
	uint32_t n_tags, label, size;
	struct net_frame *f;
	uint8_t words[8];

	if (len < ETH_SIZE || cp_get_be16(p + 12) == ETHERTYPE_MAC_CONTROL)
		return;
	label = label_of_vlans(p, len, &n_tags);
	size = len - n_tags * TAG_SIZE;
	if (label == 0 || size + ETH_SIZE + sizeof(words) > net_max_frame())
		return;
	f = want_one(w, NET_EAST, false);
	cp_put_be32(words, label << 12 | 0x1ff);
	cp_put_be32(words + 4, (size + WORD_SIZE <= 63 ? size + WORD_SIZE : 0) << 16); /* SIG-6 */
	put(f, head, sizeof(head));
	put(f, words, sizeof(words));
	put(f, p, 12);
	put(f, p + 12 + (size_t)n_tags * TAG_SIZE, size - 12);
}

/* ---- What does ---- */

static void
check_frame(const struct net_frame *want, const struct net_frame *got)
{
	/* The addresses of a trunk's frames are the trunk's; they are not worked out here. */
	uint32_t from = want->to_control || want->port == NET_LAN ? 0 : 12;

	FUZZ_CHECK(got->len == want->len);
	FUZZ_CHECK(got->len == 0 ||
		   memcmp(got->octets + from, want->octets + from, got->len - from) == 0);
}

/* In no order among ports. */
static void
check(const struct want *want, const struct net_out *got)
{
	uint32_t i, j;

	FUZZ_CHECK(want->n == got->n);
	FUZZ_CHECK(got->n_drops == want->n_ways - want->n);
	FUZZ_CHECK(got->n_reserved == want->is_reserved);
	for (i = 0; i < want->n; i++) {
		for (j = 0; j < got->n; j++)
			if (want->frames[i].port == got->frames[j].port &&
				want->frames[i].to_control == got->frames[j].to_control)
				break;
		FUZZ_CHECK(j < got->n);
		check_frame(&want->frames[i], &got->frames[j]);
	}
}

/* ---- Frames ---- */

static void
put_head(struct fuzz_input *in, struct net_frame *f)
{
	static const uint32_t labels[] = { LABEL_CONTROL, LABEL_SWAP, LABEL_UNTAGGED, LABEL_TAGGED,
		LABEL_STACKED, LABEL_IDLE, LABEL_LEAVES, LABEL_OUT };
	static const uint16_t vlans[] = { VLAN_C, VLAN_S, VLAN_SC, VLAN_LEAF, 0, 0x3fff };
	static const uint8_t macs[12] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2 };
	uint8_t tags = fuzz_octet(in), entry = fuzz_octet(in);

	put(f, macs, sizeof(macs));
	for (; (tags & 3) != 0; tags--)
		put_tag(f, (tags & 0x80) != 0 ? 0x88a8 : 0x8100,
			vlans[fuzz_octet(in) % (sizeof(vlans) / sizeof(vlans[0]))]);
	if ((tags & 0x40) != 0)
		return;
	cp_put_be16(f->octets + f->len, ETHERTYPE_MPLS);
	cp_put_be32(f->octets + f->len + 2,
		labels[entry & 7] << 12 | ((entry & 8) != 0 ? 0xdff : 0x100u | entry >> 4));
	f->len += 2 + WORD_SIZE;
}

static void
pass(struct fuzz_input *in)
{
	static struct net_frame frame;
	static struct want want;
	static struct net_out out;
	uint8_t how = fuzz_octet(in);
	uint32_t max = fuzz_octet(in) * ((how & 0x40) != 0 ? 8u : 1u), split;
	enum net_port port = (enum net_port)(how % NET_PORTS);
	const uint8_t *octets;
	size_t len;

	frame.len = 0;
	if ((how & 0x08) != 0)
		put_head(in, &frame);
	if (frame.len + max > NET_FRAME_MAX)
		max = NET_FRAME_MAX - frame.len;
	octets = fuzz_octets(in, max, &len);
	put(&frame, octets, (uint32_t)len);
	if ((how & 0x80) != 0) /* what the input does not say */
		while (frame.len < max)
			frame.octets[frame.len++] = 0xee;
	split = (how & 0x10) != 0 && frame.len > 0 ? how * 7u % frame.len : frame.len;
	net_pass(port, frame.octets, frame.len, split, &out);
	if (split < frame.len)
		return; /* no port receives so: it is enough that nothing breaks */
	want.n = 0;
	want.n_ways = 1;
	want.is_reserved = false;
	if (port == NET_LAN)
		want_of_access(&want, frame.octets, frame.len);
	else
		want_of_trunk(&want, port, frame.octets, frame.len);
	check(&want, &out);
}

int LLVMFuzzerInitialize(int *argc, char ***argv);

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	net_create();
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, data + size };
	uint32_t n;

	for (n = 0; n < MAX_FRAMES && !fuzz_is_over(&in); n++)
		pass(&in);
	return 0;
}
