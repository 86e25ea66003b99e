/* SPDX-License-Identifier: BSD-3-Clause */
/* One frame to many leaves, all on one trunk: what a leaf costs, sending and freeing included. */
#include <rte_cycles.h>

#include "base/bytes.h"
#include "dataplane/frame.h"
#include "gbench.h"
#include "micro/micro.h"
#include "micro/plane.h"

#define FIRST_LABEL 32u
#define COPIES 4096u /* of a batch */

static int
connect_all(struct plane *p, uint32_t n_leaves)
{
	int in = plane_add_trunk(p, 0), out = plane_add_trunk(p, 1), err = in < 0 || out < 0;
	dp_circuit_t leaf, circuit;
	uint32_t i;

	for (i = 0; i < n_leaves && err == 0; i++) {
		err = dp_leaf_open(p->dp, (uint16_t)in, FIRST_LABEL, 0, &leaf);
		if (err == 0)
			err = dp_circuit_open(
				p->dp, (uint16_t)out, FIRST_LABEL + i, false, 0, &circuit);
		if (err == 0)
			err = dp_circuit_join(p->dp, leaf, circuit);
	}
	p->stills[1].frees = true;
	return err;
}

static int
make_frames(struct plane *p, uint32_t n, uint16_t size)
{
	uint32_t i;
	uint8_t *at;

	if (plane_make_frames(p, n, size) != 0)
		return -1;
	for (i = 0; i < n; i++) {
		at = rte_pktmbuf_mtod(p->frames[i], uint8_t *);
		cp_put_be16(at + DP_MACS_SIZE, RTE_ETHER_TYPE_MPLS);
		cp_put_be32(at + RTE_ETHER_HDR_LEN,
			FIRST_LABEL << DP_LABEL_SHIFT | DP_LABEL_S | DP_TTL_SENT);
	}
	p->n_frames = 0; /* who they are sent by frees them */
	return 0;
}

static void
replicate(struct bench *b, void *arg)
{
	const uint16_t *size = arg;
	uint32_t n_leaves = (uint32_t)bench_n_calls(b);
	uint32_t n_frames = RTE_MIN(PLANE_FRAMES, COPIES / n_leaves);
	uint64_t cycles, n_sent = 0;
	struct plane p;

	if (plane_create(&p, 2 * n_leaves + 1, 0) != 0 || connect_all(&p, n_leaves) != 0)
		bench_fail(b, "no room");
	bench_set_operations(b, (int64_t)n_frames * n_leaves);
	/* Slot and entry; of the copy an mbuf, and what it does not share. */
	bench_set_octets(b, sizeof(uint32_t) + 3 * RTE_CACHE_LINE_SIZE + RTE_MIN(*size, 64u));
	while (bench_next(b)) {
		if (make_frames(&p, n_frames, *size) != 0)
			bench_fail(b, "no mbuf");
		cycles = plane_turn(&p, 0, n_frames);
		bench_set_seconds(b, (double)cycles / (double)rte_get_tsc_hz());
		n_sent += (uint64_t)n_frames * n_leaves;
		if (p.stills[1].n_sent != n_sent)
			bench_fail(b, "leaves were left out");
	}
	plane_destroy(&p);
}

void
micro_add_replicate(void)
{
	static const int64_t leaves[] = { 1, 16, 256, 4096 };
	static uint16_t small = 60, large = 1496; /* and FCS */

	bench_add("replicate/64", replicate, &small, leaves, RTE_DIM(leaves));
	bench_add("replicate/1500", replicate, &large, leaves, RTE_DIM(leaves));
}
