/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/copy.h"

#include <string.h>

#include <rte_memcpy.h>
#include <rte_prefetch.h>

#include "dataplane/frame.h"

#define OWN_SIZE 64u      /* octets at the front that a copy does not share */
#define SMALL_SIZE 256u   /* up to here, copying is cheaper than sharing */
#define MAX_SHARES 60000u /* of one frame; its reference count has 16 bits */

static_assert(OWN_SIZE >= DP_TRUNK_OVERHEAD + RTE_ETHER_HDR_LEN + DP_MAX_TAGS * DP_TAG_SIZE,
	"all that any port rewrites");

/* ---- Stocks ---- */

/*
 * Take @p n mbufs from the stock, or all that there are. They are as their pool keeps them.
 * @return Where they stand until the stock is filled again.
 */
static struct rte_mbuf **
take(struct dp_stock *s, uint32_t *n)
{
	dp_stock_fill(s, *n);
	*n = RTE_MIN(*n, s->n);
	s->n -= *n;
	return s->m + s->n;
}

/* ---- Copiers ---- */

/* Whether the control word counts the octets behind it: what follows them is to be cut (SIG-8). */
static bool
has_length(const struct rte_mbuf *m)
{
	const uint8_t *word = rte_pktmbuf_mtod_offset(m, const uint8_t *, DP_LABEL_END);

	return m->data_len >= DP_TRUNK_OVERHEAD &&
	       (cp_get_be32(word) >> DP_CW_LENGTH_SHIFT & DP_CW_LENGTH_MAX) != 0;
}

void
dp_copier_begin(struct dp_copier *c, const struct dp *dp, struct rte_mbuf *frame)
{
	c->frame = frame;
	c->heads.pool = dp->mempool;
	c->clones.pool = dp->clones;
	c->heads.n = c->clones.n = 0;
	c->is_small = frame->nb_segs == 1 && frame->pkt_len <= SMALL_SIZE;
	c->is_whole = !c->is_small && (frame->pkt_len <= SMALL_SIZE || has_length(frame));
}

void
dp_copier_end(struct dp_copier *c)
{
	dp_stock_put_back(&c->heads);
	dp_stock_put_back(&c->clones);
}

void
dp_copier_prepare(struct dp_copier *c, uint32_t n)
{
	uint32_t i;

	if (c->is_whole)
		return;
	dp_stock_fill(&c->heads, n);
	for (i = 0; i < c->heads.n; i++) {
		rte_prefetch0(c->heads.m[i]);
		rte_prefetch0((const uint8_t *)(c->heads.m[i] + 1) + RTE_PKTMBUF_HEADROOM);
	}
	if (c->is_small)
		return;
	dp_stock_fill(&c->clones, n);
	for (i = 0; i < c->heads.n; i++)
		rte_prefetch0(&c->heads.m[i]->next);
	for (i = 0; i < c->clones.n; i++) {
		rte_prefetch0(c->clones.m[i]);
		rte_prefetch0(&c->clones.m[i]->next);
	}
}

struct rte_mbuf *
dp_copy_whole(struct dp_copier *c)
{
	struct rte_mbuf *m = rte_pktmbuf_copy(c->frame, c->heads.pool, 0, UINT32_MAX);

	/* What stands by for other copies is not to be kept from this one. */
	if (unlikely(m == NULL) && c->heads.n != 0) {
		dp_stock_put_back(&c->heads);
		m = rte_pktmbuf_copy(c->frame, c->heads.pool, 0, UINT32_MAX);
	}
	return m;
}

/* ---- Copies that share ---- */

/* What rte_pktmbuf_reset() does, but to the second line, which the pool keeps as it should be. */
static inline void
renew(struct rte_mbuf *m)
{
	m->data_off = RTE_PKTMBUF_HEADROOM;
	m->port = RTE_MBUF_PORT_INVALID;
	m->ol_flags = 0;
	m->packet_type = 0;
	m->vlan_tci = m->vlan_tci_outer = 0;
}

/* The first octets of the frame in mbufs of their own: at most @p n. */
static struct rte_mbuf **
make_heads(struct dp_copier *c, uint32_t *n)
{
	uint32_t own = c->is_small ? c->frame->pkt_len : OWN_SIZE, i;
	uint8_t scattered[OWN_SIZE];
	const uint8_t *octets = rte_pktmbuf_read(c->frame, 0, own, scattered);
	struct rte_mbuf **heads = take(&c->heads, n), *m;

	for (i = 0; i < *n; i++) {
		m = heads[i];
		renew(m);
		m->data_len = (uint16_t)own;
		m->pkt_len = c->frame->pkt_len;
		rte_memcpy(rte_pktmbuf_mtod(m, uint8_t *), octets, own);
	}
	return heads;
}

/* The mbuf that counts who has octets of @p seg; they may lie in another one's, or in neither's. */
static struct rte_mbuf *
owner_of(struct rte_mbuf *seg)
{
	return RTE_MBUF_CLONED(seg) ? rte_mbuf_from_indirect(seg) : seg;
}

/*
 * Count @p n who share the octets of @p seg. Copies of copies, by wires of memory within the
 * appliance, may all share one frame.
 * @return Whether so many may.
 */
static bool
add_shares(struct rte_mbuf *seg, uint32_t n)
{
	struct rte_mbuf *owner = owner_of(seg);

	if (RTE_MBUF_HAS_EXTBUF(seg)) {
		if (rte_mbuf_ext_refcnt_read(seg->shinfo) + n > MAX_SHARES)
			return false;
		rte_mbuf_ext_refcnt_update(seg->shinfo, (int16_t)n);
		return true;
	}
	if (rte_mbuf_refcnt_read(owner) + n > MAX_SHARES)
		return false;
	rte_mbuf_refcnt_update(owner, (int16_t)n);
	return true;
}

/* What rte_pktmbuf_attach() does, but the counting, which was done for all. */
static void
point_into(struct rte_mbuf *m, const struct rte_mbuf *seg, uint32_t skip)
{
	rte_pktmbuf_reset(m);
	m->ol_flags = seg->ol_flags;
	if (RTE_MBUF_HAS_EXTBUF(seg)) {
		m->shinfo = seg->shinfo;
	} else {
		m->priv_size = seg->priv_size;
		m->ol_flags |= RTE_MBUF_F_INDIRECT;
	}
	m->buf_addr = seg->buf_addr;
	rte_mbuf_iova_set(m, rte_mbuf_iova_get(seg));
	m->buf_len = seg->buf_len;
	m->data_off = (uint16_t)(seg->data_off + skip);
	m->data_len = (uint16_t)(seg->data_len - skip);
	m->pkt_len = m->data_len;
}

/* @p m is to be what @p first is: their first lines have what only differs between pools. */
static inline void
repeat(struct rte_mbuf *m, const struct rte_mbuf *first)
{
	rte_mov64((uint8_t *)m, (const uint8_t *)first);
	m->next = NULL;
	m->priv_size = first->priv_size;
	m->shinfo = first->shinfo;
}

/*
 * Let each copy share what @p seg has behind its first @p skip octets.
 * @return How many of @p n there are mbufs for.
 */
static uint32_t
share_segment(struct dp_copier *c, struct rte_mbuf *seg, uint32_t skip, struct rte_mbuf **heads,
	struct rte_mbuf **lasts, uint32_t n)
{
	struct rte_mbuf **clones = take(&c->clones, &n);
	uint32_t i;

	if (n != 0 && !add_shares(seg, n)) {
		c->clones.n += n; /* as they were */
		return 0;
	}
	if (n != 0)
		point_into(clones[0], seg, skip);
	for (i = 1; i < n; i++)
		repeat(clones[i], clones[0]);
	for (i = 0; i < n; i++) {
		lasts[i]->next = clones[i];
		lasts[i] = clones[i];
		heads[i]->nb_segs++;
	}
	return n;
}

/* What follows the heads' octets. @return How many of @p n are complete; the rest are gone. */
static uint32_t
share_tail(struct dp_copier *c, struct rte_mbuf **heads, uint32_t n)
{
	struct rte_mbuf *lasts[DP_COPIES], *seg;
	uint32_t skip = OWN_SIZE, n_complete = n;

	memcpy(lasts, heads, n * sizeof(*heads));
	for (seg = c->frame; seg != NULL; seg = seg->next) {
		if (seg->data_len <= skip) {
			skip -= seg->data_len;
			continue;
		}
		n_complete = share_segment(c, seg, skip, heads, lasts, n_complete);
		skip = 0;
	}
	if (unlikely(n_complete < n))
		rte_pktmbuf_free_bulk(heads + n_complete, n - n_complete);
	return n_complete;
}

struct rte_mbuf **
dp_copy_burst(struct dp_copier *c, uint32_t *n)
{
	struct rte_mbuf **copies = make_heads(c, n);

	if (!c->is_small)
		*n = share_tail(c, copies, *n);
	return copies;
}
