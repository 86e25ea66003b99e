/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * Frames on the wire (SIG-1..10): what they must look like, and how a worker rewrites them.
 *
 *   trunk:  dst(6) src(6) [VLAN tags] 8847 | label(20) TC(3) S(1) TTL(8) | control word(4) |
 * payload access: dst(6) src(6) [VLAN tags of the attachment] type ...
 *
 * The payload of a circuit between attachments is the Ethernet frame without the attachment's tags.
 * Functions that can fail return 0, or the enum dp_drop as its one's complement (dp_dropped()),
 * and have changed nothing that matters then. Ports are never set up to scatter, so a frame that
 * keeps its headers or its padding in a later segment is not one of ours, and is dropped as
 * misshapen.
 */

#include <string.h>

#include <rte_ether.h>
#include <rte_mbuf.h>

#include "base/bytes.h"
#include "dataplane/dp_priv.h"

#define DP_LABEL_S 0x100u /* bottom of stack */
#define DP_LABEL_TTL 0xffu
#define DP_LABEL_KEEP 0xf00u /* TC and S, across a swap */
#define DP_LABEL_SHIFT 12
#define DP_LABEL_TC_SHIFT 9
#define DP_LABEL_TC (7u << DP_LABEL_TC_SHIFT)
#define DP_TTL_SENT 255u      /* SIG-4 */
#define DP_CW_BAD 0xf0c00000u /* first nibble and FRG: must be 0 (SIG-7) */
#define DP_CW_LENGTH_SHIFT 16
#define DP_CW_LENGTH_MAX 63u
#define DP_CW_SIZE 4u
#define DP_LABEL_END (RTE_ETHER_HDR_LEN + 4u)
#define DP_TAG_SIZE 4u
#define DP_MACS_SIZE (2 * RTE_ETHER_ADDR_LEN)
#define DP_MAX_TAGS 2u

#define DP_TPID_C 0x8100u
#define DP_TPID_S 0x88a8u
#define DP_TPID_OLD_S 0x9100u /* received only */
#define DP_TYPE_MAC_CONTROL 0x8808u

/* What an access port's worker knows of a frame when it looks its VLANs up. */
struct dp_tagged {
	uint16_t outer, inner; /* VLANs */
	uint8_t n_tags;        /* that matter: 0..2 */
};

static inline int
dp_dropped(enum dp_drop reason)
{
	return ~(int)reason;
}

static inline bool
dp_is_tpid(uint16_t type)
{
	return type == DP_TPID_C || type == DP_TPID_S || type == DP_TPID_OLD_S;
}

/*
 * A frame from a trunk whose type is not plainly 0x8847: cut VLAN tags out, so that from here on
 * the label entry of every frame is where it is without tags. The addresses end up garbled; they
 * are overwritten or stripped.
 */
static inline int
dp_frame_untag(struct rte_mbuf *m)
{
	const uint8_t *p = rte_pktmbuf_mtod(m, const uint8_t *);
	uint32_t type_at = DP_MACS_SIZE, n_tags;

	for (n_tags = 0; n_tags < DP_MAX_TAGS && dp_is_tpid(cp_get_be16(p + type_at)); n_tags++) {
		type_at += DP_TAG_SIZE;
		if (type_at + DP_LABEL_END - DP_MACS_SIZE > m->data_len)
			return dp_dropped(DP_DROP_RUNT);
	}
	if (cp_get_be16(p + type_at) != RTE_ETHER_TYPE_MPLS)
		return dp_dropped(DP_DROP_NOT_MPLS);
	rte_pktmbuf_adj(m, (uint16_t)(type_at - DP_MACS_SIZE));
	return 0;
}

static inline bool
dp_label_is_good(uint32_t entry)
{
	return (entry & (DP_LABEL_S | DP_LABEL_TTL)) > DP_LABEL_S; /* SIG-4 */
}

/* The same of a frame that is not all that it usually is. */
static inline int
dp_frame_unusual_label(struct rte_mbuf *m, uint32_t *entry)
{
	int err;

	err = dp_frame_untag(m);
	if (err != 0)
		return err;
	*entry = cp_get_be32(rte_pktmbuf_mtod_offset(m, const uint8_t *, RTE_ETHER_HDR_LEN));
	if (dp_label_is_good(*entry))
		return 0;
	return dp_dropped((*entry & DP_LABEL_S) == 0 ? DP_DROP_LABEL_STACK : DP_DROP_TTL);
}

/*
 * Get the label entry of a frame from a trunk, and check it as far as it goes by itself. Type and
 * entry are read at once.
 */
static inline int
dp_frame_label(struct rte_mbuf *m, uint32_t *entry)
{
	uint64_t word;

	if (unlikely(m->data_len < DP_LABEL_END))
		return dp_dropped(DP_DROP_RUNT);
	memcpy(&word, rte_pktmbuf_mtod_offset(m, const uint8_t *, DP_LABEL_END - sizeof(word)),
		sizeof(word));
	word = rte_be_to_cpu_64(word);
	*entry = (uint32_t)word;
	if (likely((uint16_t)(word >> 32) == RTE_ETHER_TYPE_MPLS &&
		    dp_label_is_good((uint32_t)word)))
		return 0;
	return dp_frame_unusual_label(m, entry);
}

static inline bool
dp_frame_is_swappable(const struct rte_mbuf *m, uint32_t entry, uint32_t max_frame)
{
	return ((entry & DP_LABEL_TTL) != 1) & (m->pkt_len <= max_frame); /* one jump */
}

/* What all frames on a trunk begin with; the last two octets are overwritten by the label's. */
typedef uint64_t dp_eth_t __attribute__((vector_size(16), aligned(1), may_alias));

static inline dp_eth_t
dp_trunk_eth(const struct dp_trunk_fast *trunk)
{
	return *(const dp_eth_t *)trunk->eth;
}

/* @p m, which is swappable, leaves as it came, but for its label, TTL and addresses. */
static inline void
dp_frame_set_label(struct rte_mbuf *m, uint32_t entry, dp_eth_t eth, uint32_t label)
{
	uint8_t *p = rte_pktmbuf_mtod(m, uint8_t *);

	*(dp_eth_t *)p = eth;
	cp_put_be32(p + RTE_ETHER_HDR_LEN,
		label << DP_LABEL_SHIFT | ((entry & (DP_LABEL_KEEP | DP_LABEL_TTL)) - 1));
}

/* Why a frame with this label entry is not swappable. */
static inline enum dp_drop
dp_frame_not_swappable(uint32_t entry)
{
	return (entry & DP_LABEL_TTL) == 1 ? DP_DROP_TTL : DP_DROP_MTU;
}

/* Swap the label, or say why not. */
static inline int
dp_frame_swap(struct rte_mbuf *m, uint32_t entry, const struct dp_trunk_fast *trunk, uint32_t label)
{
	if (likely(dp_frame_is_swappable(m, entry, trunk->max_frame))) {
		dp_frame_set_label(m, entry, dp_trunk_eth(trunk), label);
		return 0;
	}
	return dp_dropped(dp_frame_not_swappable(entry));
}

/*
 * The control word behind the label entry (SIG-7, SIG-8).
 * @return Octets behind it that are not link padding, or dp_dropped().
 */
static inline int
dp_frame_payload(const struct rte_mbuf *m)
{
	uint32_t word, length, present;

	if (unlikely(m->data_len < DP_TRUNK_OVERHEAD))
		return dp_dropped(DP_DROP_RUNT);
	word = cp_get_be32(rte_pktmbuf_mtod_offset(m, const uint8_t *, DP_LABEL_END));
	if (unlikely((word & DP_CW_BAD) != 0))
		return dp_dropped(DP_DROP_CONTROL_WORD);
	present = m->pkt_len - DP_LABEL_END;
	length = word >> DP_CW_LENGTH_SHIFT & DP_CW_LENGTH_MAX;
	if (length == 0)
		return (int)(present - DP_CW_SIZE);
	if (unlikely(length < DP_CW_SIZE || length > present || m->nb_segs != 1))
		return dp_dropped(DP_DROP_CONTROL_LENGTH);
	return (int)(length - DP_CW_SIZE);
}

/* Leave of @p m the @p size octets behind the control word. */
static inline void
dp_frame_strip(struct rte_mbuf *m, uint32_t size)
{
	if (m->pkt_len != DP_TRUNK_OVERHEAD + size)
		rte_pktmbuf_trim(m, (uint16_t)(m->pkt_len - DP_TRUNK_OVERHEAD - size));
	rte_pktmbuf_adj(m, DP_TRUNK_OVERHEAD);
}

/* For control: the payload alone, in one segment, with the handle of its circuit (I9). */
static inline int
dp_frame_keep(struct rte_mbuf *m, dp_circuit_t self)
{
	int size = dp_frame_payload(m);

	if (size < 0)
		return size;
	/* A copy for a leaf that came by a wire of memory; what it does not share takes the rest.
	 */
	if (m->nb_segs != 1 && (!RTE_MBUF_DIRECT(m) || rte_mbuf_refcnt_read(m) != 1 ||
				       rte_pktmbuf_linearize(m) != 0))
		return dp_dropped(DP_DROP_CONTROL_LENGTH);
	m->hash.fdir.hi = m->pkt_len; /* for who taps signalling: what is stripped stays in front */
	dp_frame_strip(m, (uint32_t)size);
	m->hash.usr = self;
	return 0;
}

static inline void
dp_put_tag(uint8_t *p, uint16_t tpid, uint16_t vlan)
{
	cp_put_be16(p, tpid);
	cp_put_be16(p + 2, vlan);
}

/* End of a circuit: only the frame behind the control word stays, with the attachment's tags. */
static inline int
dp_frame_pop(struct rte_mbuf *m, uint64_t forward, uint16_t mtu)
{
	uint8_t n_tags = dp_forward_n_tags(forward);
	int size = dp_frame_payload(m);
	uint8_t *p;

	if (unlikely(size < 0))
		return size;
	if (unlikely(size < RTE_ETHER_HDR_LEN ||
		     m->data_len < DP_TRUNK_OVERHEAD + RTE_ETHER_HDR_LEN))
		return dp_dropped(DP_DROP_RUNT);
	if (unlikely(size > RTE_ETHER_HDR_LEN + mtu))
		return dp_dropped(DP_DROP_MTU);
	dp_frame_strip(m, (uint32_t)size);
	if (n_tags == 0)
		return 0;
	/* The label, control word and header just stripped left more headroom than tags take. */
	p = (uint8_t *)rte_pktmbuf_prepend(m, (uint16_t)(n_tags * DP_TAG_SIZE));
	memmove(p, p + n_tags * DP_TAG_SIZE, DP_MACS_SIZE);
	p += DP_MACS_SIZE;
	if (n_tags == 2) {
		dp_put_tag(p, DP_TPID_S, dp_forward_outer(forward));
		dp_put_tag(p + DP_TAG_SIZE, DP_TPID_C, dp_forward_inner(forward));
	} else {
		dp_put_tag(p, DP_TPID_C, dp_forward_outer(forward));
	}
	return 0;
}

/*
 * The VLANs of a frame from an access port. Behind an outer tag, only a C-VLAN tag counts; what
 * tags follow then are the customer's. A frame of MAC control, which has no tag, is for the port
 * alone: PAUSE does not enter a circuit (RFC 4448).
 */
static inline int
dp_frame_tags(const struct rte_mbuf *m, struct dp_tagged *out)
{
	const uint8_t *p = rte_pktmbuf_mtod(m, const uint8_t *) + DP_MACS_SIZE;
	uint16_t type;

	*out = (struct dp_tagged){ 0 };
	if (unlikely(m->data_len < RTE_ETHER_HDR_LEN))
		return dp_dropped(DP_DROP_RUNT);
	type = cp_get_be16(p);
	if (!dp_is_tpid(type))
		return likely(type != DP_TYPE_MAC_CONTROL) ? 0 : dp_dropped(DP_DROP_MAC_CONTROL);
	if (unlikely(m->data_len < RTE_ETHER_HDR_LEN + DP_TAG_SIZE))
		return dp_dropped(DP_DROP_RUNT);
	out->outer = cp_get_be16(p + 2) & DP_VLAN_MASK;
	out->n_tags = 1;
	if (cp_get_be16(p + DP_TAG_SIZE) != DP_TPID_C ||
		m->data_len < RTE_ETHER_HDR_LEN + 2 * DP_TAG_SIZE)
		return 0;
	out->inner = cp_get_be16(p + DP_TAG_SIZE + 2) & DP_VLAN_MASK;
	out->n_tags = 2;
	return 0;
}

/* Label entry and control word in front of @p size octets that follow at @p p + 8. */
static inline void
dp_put_label(uint8_t *p, uint32_t label, uint8_t tc, uint32_t size)
{
	uint32_t length = size + DP_CW_SIZE <= DP_CW_LENGTH_MAX ? size + DP_CW_SIZE : 0;

	cp_put_be32(p, label << DP_LABEL_SHIFT | (uint32_t)tc << DP_LABEL_TC_SHIFT | DP_LABEL_S |
			       DP_TTL_SENT);
	cp_put_be32(p + sizeof(uint32_t), length << DP_CW_LENGTH_SHIFT); /* SIG-5, SIG-6 */
}

/*
 * Begin of a circuit: without its @p n_tags tags, behind label and traffic class of @p entry and
 * control word.
 */
static inline int
dp_frame_push(struct rte_mbuf *m, uint8_t n_tags, const struct dp_trunk_fast *trunk, uint32_t entry)
{
	uint32_t tags_size = n_tags * DP_TAG_SIZE;
	uint32_t size = m->pkt_len - tags_size;
	uint8_t *p;

	if (unlikely(size + DP_TRUNK_OVERHEAD > trunk->max_frame))
		return dp_dropped(DP_DROP_MTU);
	if (unlikely(rte_pktmbuf_headroom(m) + tags_size < DP_TRUNK_OVERHEAD))
		return dp_dropped(DP_DROP_HEADROOM);
	if (n_tags != 0) {
		p = rte_pktmbuf_mtod(m, uint8_t *);
		memmove(p + tags_size, p, DP_MACS_SIZE);
		rte_pktmbuf_adj(m, (uint16_t)tags_size);
	}
	p = (uint8_t *)rte_pktmbuf_prepend(m, DP_TRUNK_OVERHEAD);
	memcpy(p, trunk->eth, RTE_ETHER_HDR_LEN);
	dp_put_label(p + RTE_ETHER_HDR_LEN, entry >> DP_LABEL_SHIFT,
		(entry & DP_LABEL_TC) >> DP_LABEL_TC_SHIFT, size);
	return 0;
}
