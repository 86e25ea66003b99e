/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The edge: what frames are that come from a trunk or an access port (classify), and the whole turn
 * of a worker that takes them into their circuits (push) or out of them (pop). An attachment for
 * each frame on its way, in random order.
 */
#include <string.h>

#include <rte_cycles.h>

#include "base/bytes.h"
#include "dataplane/frame.h"
#include "gbench.h"
#include "micro/micro.h"
#include "micro/plane.h"
#include "micro/shuffle.h"

#define N PLANE_FRAMES
#define SIZE 60u /* and FCS */
#define FIRST_LABEL 32u
#define FIRST_VLAN 1u
#define HEAD (RTE_ETHER_HDR_LEN + DP_MAX_TAGS * DP_TAG_SIZE + DP_TRUNK_OVERHEAD)

/* What a port's frames have in front: as many tags, or label and control word. */
struct edge {
	struct plane plane;
	uint32_t *order;
	uint8_t n_tags;
	bool is_trunk;
};

static void
write_frame(const struct edge *e, uint32_t i)
{
	struct rte_mbuf *m = e->plane.frames[i];
	uint32_t n = e->n_tags == 0 ? 0 : e->order[i];
	uint8_t *p;

	m->data_off = RTE_PKTMBUF_HEADROOM;
	m->data_len = SIZE;
	m->pkt_len = SIZE;
	p = rte_pktmbuf_mtod(m, uint8_t *);
	memset(p, 0, HEAD);
	p += DP_MACS_SIZE;
	if (e->is_trunk) {
		cp_put_be16(p, RTE_ETHER_TYPE_MPLS);
		cp_put_be32(p + 2, (FIRST_LABEL + n) << DP_LABEL_SHIFT | DP_LABEL_S | DP_TTL_SENT);
		return;
	}
	if (e->n_tags == 2)
		dp_put_tag(p, DP_TPID_S, FIRST_VLAN);
	if (e->n_tags != 0)
		dp_put_tag(
			p + (e->n_tags - 1) * DP_TAG_SIZE, DP_TPID_C, (uint16_t)(FIRST_VLAN + n));
	cp_put_be16(p + e->n_tags * DP_TAG_SIZE, RTE_ETHER_TYPE_IPV4);
}

static void
write_frames(const struct edge *e)
{
	uint32_t i;

	for (i = 0; i < N; i++)
		write_frame(e, i);
}

/* Attachment i has circuit i, on port 0 and the trunk of port 1. */
static int
connect_all(struct edge *e)
{
	struct dp_attachment_config config = { .port = e->plane.ports[0], .n_tags = e->n_tags };
	uint32_t i, n = e->n_tags == 0 ? 1 : N, attachment;
	int trunk = plane_add_trunk(&e->plane, 1);
	dp_circuit_t circuit;

	if (trunk < 0)
		return trunk;
	for (i = 0; i < n; i++) {
		if (e->n_tags != 0)
			config.outer_vlan = (uint16_t)(FIRST_VLAN + (e->n_tags == 1 ? i : 0));
		config.inner_vlan = (uint16_t)(e->n_tags == 2 ? FIRST_VLAN + i : 0);
		if (dp_attachment_add(e->plane.dp, &config, &attachment) != 0 ||
			dp_circuit_open(e->plane.dp, (uint16_t)trunk, FIRST_LABEL + i, false, 0,
				&circuit) != 0 ||
			dp_circuit_attach(e->plane.dp, circuit, attachment) != 0)
			return -1;
	}
	return 0;
}

static int
create(struct edge *e, uint8_t n_tags, bool is_trunk)
{
	*e = (struct edge){ .n_tags = n_tags, .is_trunk = is_trunk, .order = shuffled(N) };
	if (e->order == NULL || plane_create(&e->plane, N, N) != 0 || connect_all(e) != 0 ||
		plane_make_frames(&e->plane, N, SIZE) != 0)
		return -1;
	write_frames(e);
	return 0;
}

static void
destroy(struct edge *e)
{
	plane_destroy(&e->plane);
	free(e->order);
}

/* ---- What a frame is ---- */

static void
classify_trunk(struct bench *b, void *arg)
{
	uint32_t i, entry = 0, n_bad = 0;
	struct edge e;

	(void)arg;
	if (create(&e, 1, true) != 0)
		bench_fail(b, "no room");
	bench_set_octets(b, 2 * RTE_CACHE_LINE_SIZE); /* mbuf and header */
	while (bench_next(b)) {
		for (i = 0; i < N; i++) {
			n_bad += dp_frame_label(e.plane.frames[i], &entry) != 0;
			rte_compiler_barrier();
		}
	}
	if (n_bad != 0)
		bench_fail(b, "a good frame was not known");
	destroy(&e);
}

static void
classify_access(struct bench *b, void *arg)
{
	const uint8_t *n_tags = arg;
	uint32_t i, n_bad = 0;
	struct dp_tagged t;
	struct edge e;

	if (create(&e, *n_tags, false) != 0)
		bench_fail(b, "no room");
	bench_set_octets(b, 2 * RTE_CACHE_LINE_SIZE);
	while (bench_next(b)) {
		for (i = 0; i < N; i++) {
			n_bad += dp_frame_tags(e.plane.frames[i], &t) != 0 || t.n_tags != *n_tags;
			rte_compiler_barrier();
		}
	}
	if (n_bad != 0)
		bench_fail(b, "a good frame was not known");
	destroy(&e);
}

/* ---- What becomes of it ---- */

static void
run_turns(struct bench *b, uint8_t n_tags, bool is_trunk, double octets)
{
	uint64_t cycles, n_sent = 0;
	struct edge e;

	if (create(&e, n_tags, is_trunk) != 0)
		bench_fail(b, "no room");
	bench_set_octets(b, octets);
	while (bench_next(b)) {
		write_frames(&e);
		cycles = plane_turn(&e.plane, is_trunk ? 1 : 0, N);
		bench_set_seconds(b, (double)cycles / (double)rte_get_tsc_hz());
		n_sent += N;
		if (e.plane.stills[is_trunk ? 0 : 1].n_sent != n_sent)
			bench_fail(b, "frames were dropped");
	}
	destroy(&e);
}

/* Mbuf, header, slot of the VLAN, entry. */
static void
push(struct bench *b, void *arg)
{
	const uint8_t *n_tags = arg;

	run_turns(b, *n_tags, false, 3 * RTE_CACHE_LINE_SIZE + sizeof(uint32_t));
}

/* Mbuf, header, entry. */
static void
pop(struct bench *b, void *arg)
{
	const uint8_t *n_tags = arg;

	run_turns(b, *n_tags, true, 3 * RTE_CACHE_LINE_SIZE);
}

void
micro_add_edge(void)
{
	static const int64_t batch = N;
	static uint8_t none = 0, one = 1, two = 2;

	bench_add("classify/trunk", classify_trunk, NULL, &batch, 1);
	bench_add("classify/untagged", classify_access, &none, &batch, 1);
	bench_add("classify/dot1q", classify_access, &one, &batch, 1);
	bench_add("classify/qinq", classify_access, &two, &batch, 1);
	bench_add("push/untagged", push, &none, &batch, 1);
	bench_add("push/dot1q", push, &one, &batch, 1);
	bench_add("push/qinq", push, &two, &batch, 1);
	bench_add("pop/untagged", pop, &none, &batch, 1);
	bench_add("pop/dot1q", pop, &one, &batch, 1);
	bench_add("pop/qinq", pop, &two, &batch, 1);
}
