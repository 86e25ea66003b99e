/* SPDX-License-Identifier: BSD-3-Clause */
#include "forward/kinds.h"

#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_ring.h>

#include "base/bytes.h"

#define S 0x100u
#define TTL 255u
#define LABEL_SHIFT 12
#define TAG_SIZE 4u
#define VLAN 100u
#define RUNT_SIZE 16u
#define GIANT_SIZE 1600u /* beyond a trunk's MTU of 1500, within an mbuf */
#define BATCH 512u       /* frames that each trunk is given at a time */

struct kind {
	const char *name;
	uint16_t ethertype;
	uint32_t entry;        /* without its label */
	uint32_t first, n;     /* labels; n is 0: those of circuits */
	uint32_t size;         /* of the frame */
	uint32_t second_entry; /* 0: none */
	bool is_tagged;
};

#define MPLS RTE_ETHER_TYPE_MPLS
#define UNKNOWN (LOOP_FIRST_LABEL + LOOP_MAX_CIRCUITS / 2)
#define GOOD S | TTL
#define LOOP_SIZE LOOP_FRAME_SIZE

static const struct kind kinds[] = {
	{ "good", MPLS, GOOD, 0, 0, LOOP_SIZE, 0, false },
	{ "runt", MPLS, GOOD, 0, 0, RUNT_SIZE, 0, false },
	{ "giant", MPLS, GOOD, 0, 0, GIANT_SIZE, 0, false },
	{ "no_bottom", MPLS, TTL, 0, 0, LOOP_SIZE, 0, false },
	{ "label_stack", MPLS, TTL, 0, 0, LOOP_SIZE, GOOD | 99 << LABEL_SHIFT, false },
	{ "reserved_label", MPLS, GOOD, 0, DP_LABEL_FIRST_USER, LOOP_SIZE, 0, false },
	{ "ttl_0", MPLS, S | 0, 0, 0, LOOP_SIZE, 0, false },
	{ "ttl_1", MPLS, S | 1, 0, 0, LOOP_SIZE, 0, false },
	{ "ethertype", RTE_ETHER_TYPE_IPV4, GOOD, 0, 0, LOOP_SIZE, 0, false },
	{ "vlan", MPLS, GOOD, 0, 0, LOOP_SIZE, 0, true },
	{ "vlan_ethertype", RTE_ETHER_TYPE_IPV4, GOOD, 0, 0, LOOP_SIZE, 0, true },
	{ "unknown_label", MPLS, GOOD, UNKNOWN, DP_N_LABELS - UNKNOWN, LOOP_SIZE, 0, false },
};

const struct kind *
kind_find(const char *name)
{
	const struct kind *k;

	for (k = kinds; k < kinds + RTE_DIM(kinds); k++)
		if (strcmp(k->name, name) == 0)
			return k;
	return NULL;
}

const char *
kind_name(unsigned int i)
{
	return i < RTE_DIM(kinds) ? kinds[i].name : NULL;
}

static void
add_tag(struct rte_mbuf *m)
{
	uint8_t *p = (uint8_t *)rte_pktmbuf_prepend(m, TAG_SIZE);

	if (p == NULL)
		abort(); /* a new mbuf has headroom */
	memmove(p, p + TAG_SIZE, 2 * RTE_ETHER_ADDR_LEN);
	cp_put_be16(p + 2 * RTE_ETHER_ADDR_LEN, RTE_ETHER_TYPE_VLAN);
	cp_put_be16(p + 2 * RTE_ETHER_ADDR_LEN + 2, VLAN);
}

static struct rte_mbuf *
make(struct loop *l, const struct kind *k)
{
	uint32_t first = k->n != 0 ? k->first : LOOP_FIRST_LABEL;
	uint32_t n = k->n != 0 ? k->n : l->n_labels;
	uint32_t label = first + (uint32_t)(drand48() * n);
	struct rte_mbuf *m = loop_frame(l->dp, k->ethertype, k->entry | label << LABEL_SHIFT);

	if (m == NULL)
		return NULL;
	if (k->second_entry != 0)
		cp_put_be32(
			rte_pktmbuf_mtod(m, uint8_t *) + RTE_ETHER_HDR_LEN + 4, k->second_entry);
	if (k->size > LOOP_SIZE)
		rte_pktmbuf_append(m, (uint16_t)(k->size - LOOP_SIZE));
	else
		rte_pktmbuf_trim(m, (uint16_t)(LOOP_SIZE - k->size));
	if (k->is_tagged)
		add_tag(m);
	return m;
}

/* What there is goes, and what was asked for comes. */
static int
fill(struct loop *l, const struct kind *k)
{
	struct rte_mbuf *m;
	uint32_t i;
	void *frame;
	int way;

	for (way = 0; way < 2; way++) {
		while (rte_ring_dequeue(l->rings[way], &frame) == 0)
			rte_pktmbuf_free(frame);
		for (i = 0; i < BATCH; i++) {
			m = make(l, k);
			if (m == NULL || rte_ring_enqueue(l->rings[way], m) != 0)
				return -1;
		}
	}
	return 0;
}

/* What all ports dropped until now, by reason. */
static void
read_drops(const struct loop *l, uint64_t drops[DP_DROP_COUNT])
{
	struct dp_port_stats s;
	int way, i;

	memset(drops, 0, sizeof(s.drops));
	for (way = 0; way < 2; way++) {
		if (dp_port_stats(l->dp, l->ports[way], &s) != 0)
			continue;
		for (i = 0; i < DP_DROP_COUNT; i++)
			drops[i] += s.drops[i];
	}
}

/* All @p n were forwarded, or all were counted under one name. */
static int
find_reason(const uint64_t before[DP_DROP_COUNT], const uint64_t after[DP_DROP_COUNT], uint64_t n,
	const char **reason)
{
	uint64_t total = 0;
	int i;

	*reason = "";
	for (i = 0; i < DP_DROP_COUNT; i++) {
		total += after[i] - before[i];
		if (after[i] - before[i] == n)
			*reason = dp_drop_name((enum dp_drop)i);
	}
	return total == 0 || (total == n && **reason != '\0') ? 0 : -1;
}

double
kind_measure(struct loop *l, const struct kind *kind, uint32_t n_frames, const char **reason)
{
	uint64_t before[DP_DROP_COUNT], after[DP_DROP_COUNT], cycles = 0, begun;
	uint32_t done = 0, i;

	read_drops(l, before);
	while (done < n_frames) {
		if (fill(l, kind) != 0)
			return -1;
		begun = rte_rdtsc();
		for (i = 0; i < BATCH / DP_RX_BURST; i++)
			done += dp_worker_turn(l->worker);
		cycles += rte_rdtsc() - begun;
	}
	read_drops(l, after);
	return find_reason(before, after, done, reason) == 0 ? (double)cycles / done : -1;
}
