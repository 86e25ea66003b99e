/* SPDX-License-Identifier: BSD-3-Clause */
/* Beside the frames' way: frames from and to control, and what a worker tells of its reads. */
#include <rte_cycles.h>
#include <rte_malloc.h>
#include <rte_rcu_qsbr.h>

#include "base/bytes.h"
#include "dataplane/frame.h"
#include "gbench.h"
#include "micro/micro.h"
#include "micro/plane.h"
#include "micro/qsbr.h"

#define N PLANE_FRAMES
#define SIZE 60u
#define LABEL 16u
#define PAYLOAD 40u

/* ---- Control ---- */

static bool
on_frame(void *arg, uint32_t cookie, const uint8_t *payload, uint32_t len, struct rte_mbuf *frame)
{
	uint32_t *n = arg;

	(void)cookie;
	(void)payload;
	(void)len;
	(void)frame;
	(*n)++;
	return false;
}

static int
create(struct plane *p, uint32_t *n_delivered, dp_circuit_t *circuit)
{
	int trunk;

	if (plane_create(p, 1, 0) != 0)
		return -1;
	p->stills[0].frees = true;
	trunk = plane_add_trunk(p, 0);
	if (trunk < 0)
		return -1;
	dp_trunk_set_control_rx(p->dp, (uint16_t)trunk, on_frame, n_delivered);
	return dp_circuit_open(p->dp, (uint16_t)trunk, LABEL, true, 0, circuit);
}

static int
make_frames(struct plane *p)
{
	uint32_t i;
	uint8_t *at;

	if (plane_make_frames(p, N, SIZE) != 0)
		return -1;
	for (i = 0; i < N; i++) {
		at = rte_pktmbuf_mtod(p->frames[i], uint8_t *);
		cp_put_be16(at + DP_MACS_SIZE, RTE_ETHER_TYPE_MPLS);
		cp_put_be32(
			at + RTE_ETHER_HDR_LEN, LABEL << DP_LABEL_SHIFT | DP_LABEL_S | DP_TTL_SENT);
	}
	p->n_frames = 0; /* control gives them back */
	return 0;
}

/* From the device through the worker's ring to the handler, on one core. */
static void
from_device(struct bench *b, void *arg)
{
	uint32_t n = 0, n_delivered = 0;
	dp_circuit_t circuit;
	struct plane p;
	uint64_t begun;

	(void)arg;
	if (create(&p, &n_delivered, &circuit) != 0)
		bench_fail(b, "no room");
	bench_set_octets(b, 3 * RTE_CACHE_LINE_SIZE + 2 * sizeof(void *));
	while (bench_next(b)) {
		if (make_frames(&p) != 0)
			bench_fail(b, "no mbuf");
		begun = rte_rdtsc();
		plane_turn(&p, 0, N);
		dp_control_poll(p.dp, N);
		bench_set_seconds(b, (double)(rte_rdtsc() - begun) / (double)rte_get_tsc_hz());
		n += N;
		if (n_delivered != n)
			bench_fail(b, "frames were lost");
	}
	plane_destroy(&p);
}

/* From a buffer of control's through the worker's ring to the device. */
static void
to_device(struct bench *b, void *arg)
{
	static const uint8_t payload[PAYLOAD];
	uint32_t n_delivered = 0, i;
	dp_circuit_t circuit;
	uint64_t n = 0;
	struct plane p;

	(void)arg;
	if (create(&p, &n_delivered, &circuit) != 0)
		bench_fail(b, "no room");
	bench_set_octets(b, 2 * PAYLOAD + 2 * RTE_CACHE_LINE_SIZE + 2 * sizeof(void *));
	while (bench_next(b)) {
		for (i = 0; i < N; i++) {
			dp_circuit_send(p.dp, circuit, payload, PAYLOAD);
			if (i % DP_BURST == DP_BURST - 1) {
				dp_control_flush(p.dp);
				dp_worker_turn(p.worker);
			}
		}
		n += N;
		if (p.stills[0].n_sent != n)
			bench_fail(b, "frames were lost");
	}
	plane_destroy(&p);
}

/* ---- Quiescent states, of a reader on the same core ---- */

static void
quiescent(struct bench *b, void *arg)
{
	struct rte_rcu_qsbr *qsbr = qsbr_create_online();
	uint32_t i;

	(void)arg;
	if (qsbr == NULL)
		bench_fail(b, "no memory");
	bench_set_octets(b, 2 * sizeof(uint64_t));
	while (bench_next(b))
		for (i = 0; i < N; i++)
			rte_rcu_qsbr_quiescent(qsbr, 0);
	rte_free(qsbr);
}

/* A grace period with one reader that is never late: token, report, check. */
static void
token(struct bench *b, void *arg)
{
	struct rte_rcu_qsbr *qsbr = qsbr_create_online();
	uint32_t i, n_passed = 0, n = 0;
	uint64_t t;

	(void)arg;
	if (qsbr == NULL)
		bench_fail(b, "no memory");
	bench_set_octets(b, 3 * sizeof(uint64_t));
	while (bench_next(b)) {
		for (i = 0; i < N; i++) {
			t = rte_rcu_qsbr_start(qsbr);
			rte_rcu_qsbr_quiescent(qsbr, 0);
			n_passed += (uint32_t)rte_rcu_qsbr_check(qsbr, t, false);
		}
		n += N;
		if (n_passed != n)
			bench_fail(b, "a token did not pass");
	}
	rte_free(qsbr);
}

void
micro_add_side(void)
{
	static const int64_t batch = N;

	bench_add("control/receive", from_device, NULL, &batch, 1);
	bench_add("control/send", to_device, NULL, &batch, 1);
	bench_add("qsbr/quiescent", quiescent, NULL, &batch, 1);
	bench_add("qsbr/start+quiescent+check", token, NULL, &batch, 1);
}
