/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One frame to many leaves. Runs on a worker: no lock, no log, no allocation but of mbufs, no
 * system call.
 *
 * A copy has the octets that headers are rewritten in for itself, and shares the rest by an
 * indirect mbuf: so whoever gets it, be it another port of this appliance by a wire of memory, may
 * treat it like any frame. The last leaf gets the frame itself, in which only those first octets
 * change.
 */
#include <rte_prefetch.h>

#include "dataplane/dp_priv.h"
#include "dataplane/frame.h"
#include "dataplane/meter.h"
#include "dataplane/tx.h"

#define OWN_SIZE 64u      /* octets at the front that a copy does not share */
#define SMALL_SIZE 128u   /* up to here, copying is cheaper than sharing */
#define AHEAD 4u          /* leaves whose entries are on their way while one is served */
#define MAX_SHARES 60000u /* of one frame; its reference count has 16 bits */

static_assert(OWN_SIZE >= DP_TRUNK_OVERHEAD + RTE_ETHER_HDR_LEN + DP_MAX_TAGS * DP_TAG_SIZE,
	"all that any port rewrites");

/* What is the same for all leaves. */
struct replica {
	struct dp_worker *w;
	struct rte_mbuf *frame;
	uint32_t label; /* entry, host order */
	uint32_t octets;
	uint16_t port;
};

static void
drop(const struct replica *r, struct dp_entry *e, enum dp_drop reason)
{
	dp_count_drop(r->w, r->port, reason);
	dp_entry_count_drop(r->w->dp, e, reason);
}

/* Copies of copies, by wires of memory within the appliance, may all share one frame. */
static bool
is_overshared(struct rte_mbuf *m)
{
	return rte_mbuf_refcnt_read(RTE_MBUF_CLONED(m) ? rte_mbuf_from_indirect(m) : m) >=
	       MAX_SHARES;
}

/* Indirect mbufs for what follows the first @p skip octets; NULL: there are not enough. */
static struct rte_mbuf *
share_tail(const struct dp *dp, struct rte_mbuf *frame, uint32_t skip, uint16_t *n)
{
	struct rte_mbuf *first = NULL, **next = &first, *m;

	for (*n = 0; frame != NULL; frame = frame->next) {
		if (frame->data_len <= skip) {
			skip -= frame->data_len;
			continue;
		}
		m = is_overshared(frame) ? NULL : rte_pktmbuf_alloc(dp->clones);
		if (m == NULL) {
			rte_pktmbuf_free(first);
			return NULL;
		}
		rte_pktmbuf_attach(m, frame);
		m->data_off = (uint16_t)(m->data_off + skip);
		m->data_len = (uint16_t)(m->data_len - skip);
		skip = 0;
		*next = m;
		next = &m->next;
		(*n)++;
	}
	return first;
}

static struct rte_mbuf *
share(const struct dp *dp, struct rte_mbuf *frame)
{
	struct rte_mbuf *m = rte_pktmbuf_copy(frame, dp->mempool, 0, OWN_SIZE);
	uint16_t n;

	if (m == NULL)
		return NULL;
	m->next = share_tail(dp, frame, OWN_SIZE, &n);
	if (m->next == NULL) {
		rte_pktmbuf_free(m);
		return NULL;
	}
	m->nb_segs = (uint16_t)(1 + n);
	m->pkt_len = frame->pkt_len;
	return m;
}

/* Whether the control word counts the octets behind it: what follows them is to be cut (SIG-8). */
static bool
has_length(const struct rte_mbuf *m)
{
	const uint8_t *word = rte_pktmbuf_mtod_offset(m, const uint8_t *, DP_LABEL_END);

	return m->data_len >= DP_TRUNK_OVERHEAD &&
	       (cp_get_be32(word) >> DP_CW_LENGTH_SHIFT & DP_CW_LENGTH_MAX) != 0;
}

/*
 * A copy for who acts by @p forward. A port that does not send several segments gets one, and so
 * do control and who has padding to cut: their copies are whole.
 */
static struct rte_mbuf *
copy_for(const struct dp *dp, struct rte_mbuf *frame, uint64_t forward)
{
	uint32_t out = dp_forward_out(forward);

	if (dp_forward_action(forward) == DP_ACTION_SWAP)
		out = dp->trunk_fast[out].port;
	if (frame->pkt_len <= SMALL_SIZE || dp_forward_action(forward) == DP_ACTION_CONTROL ||
		!dp->port_fast[out].multi_segs || has_length(frame))
		return rte_pktmbuf_copy(frame, dp->mempool, 0, UINT32_MAX);
	return share(dp, frame);
}

static int
to_control(struct dp_worker *w, struct rte_mbuf *m, dp_circuit_t self)
{
	int err = dp_frame_keep(m, self);

	if (err != 0)
		return err;
	if (rte_ring_sp_enqueue(w->to_control, m) != 0)
		return dp_dropped(DP_DROP_CONTROL_FULL);
	dp_counter_add(&w->n_to_control, 1);
	return 0;
}

/* @p m is the leaf's, the frame itself or a copy. 0, or dp_dropped(): not sent. */
static int
send_to_leaf(struct dp_worker *w, struct rte_mbuf *m, uint32_t label, uint64_t forward,
	dp_circuit_t self)
{
	const struct dp *dp = w->dp;
	uint16_t out = dp_forward_out(forward);
	int err;

	switch (dp_forward_action(forward)) {
	case DP_ACTION_SWAP:
		err = dp_frame_swap(m, label, &dp->trunk_fast[out], dp_forward_label(forward));
		out = (uint16_t)dp->trunk_fast[out].port;
		break;
	case DP_ACTION_POP:
		err = dp_frame_pop(m, forward, dp->port_fast[out].mtu);
		break;
	default:
		return to_control(w, m, self);
	}
	if (likely(err == 0))
		dp_tx(w, out, m);
	return err;
}

/* Serve one leaf, with the frame itself when it is the @p last one. */
static void
serve(const struct replica *r, struct dp_entry *e, uint64_t forward, bool last)
{
	uint32_t contract = dp_entry_contract(e), label = r->label;
	const struct dp_contract *k = &r->w->dp->contracts[contract];
	struct rte_mbuf *m = r->frame;
	enum dp_excess excess = DP_EXCESS_PASS;
	int err;

	if (unlikely(contract != 0))
		excess = dp_meter(k, e, r->w->time, r->octets);
	if (unlikely(excess == DP_EXCESS_MARK))
		label = dp_meter_mark(k, label);
	if (unlikely(excess == DP_EXCESS_DROP))
		err = dp_dropped(DP_DROP_METER);
	else if (!last && (m = copy_for(r->w->dp, r->frame, forward)) == NULL)
		err = dp_dropped(DP_DROP_NO_MBUF);
	else
		err = send_to_leaf(r->w, m, label, forward, e->self);
	if (likely(err == 0)) {
		dp_counter_add(&e->packets, 1);
		dp_counter_add(&e->octets, r->octets);
		return;
	}
	drop(r, e, (enum dp_drop) ~err);
	if (last || m != r->frame)
		rte_pktmbuf_free(m);
}

int
dp_replicate(
	struct dp_worker *w, struct rte_mbuf *m, uint32_t label, uint64_t forward, uint16_t port)
{
	const uint32_t *slots = dp_list_slots(w->dp, dp_forward_list(forward));
	uint32_t n = dp_forward_n_slots(forward), i, slot;
	struct replica r = { w, m, label, m->pkt_len, port };
	struct dp_entry *e, *found = NULL;
	uint64_t to, to_found = 0;

	for (i = 0; i < n; i++) {
		if (i + AHEAD < n)
			rte_prefetch0(
				&w->dp->entries[dp_slot_load(&slots[i + AHEAD]) & ~DP_SLOT_HOLE]);
		slot = dp_slot_load(&slots[i]);
		if ((slot & DP_SLOT_HOLE) != 0)
			continue;
		e = &w->dp->entries[slot];
		to = dp_forward_load(e);
		if (dp_forward_action(to) <= DP_ACTION_IDLE)
			continue;
		/* One behind, so that the last one is known when it is served. */
		if (found != NULL)
			serve(&r, found, to_found, false);
		found = e;
		to_found = to;
	}
	if (found == NULL)
		return dp_dropped(DP_DROP_NOT_CONNECTED);
	serve(&r, found, to_found, true);
	return 0;
}
