/* SPDX-License-Identifier: BSD-3-Clause */
/* A frame held to its contract, by colour; and the same by rte_meter, whose rules are the same. */
#include "dataplane/meter.h"

#include <rte_cycles.h>
#include <rte_malloc.h>
#include <rte_meter.h>

#include "gbench.h"
#include "micro/micro.h"
#include "micro/plane.h"

#define N 1024u
#define OCTETS 60u
#define FIRST_LABEL 32u
#define PLENTY UINT64_C(50000000000)
#define LITTLE 1000u
#define BURST_CYCLES 1000u /* from one to the next */
#define BURST 1000000u
#define SPENT (2 * BURST / OCTETS) /* frames that empty a bucket for as long as a case runs */

/*
 * Time goes on once a burst, as it does for a worker, but without a look at the clock: what one
 * reads there depends on what else the machine does.
 */

/* Rates by which all frames have one colour, once a burst of them has gone. */
static const struct rates {
	uint64_t committed, peak;
} rates[] = {
	[RTE_COLOR_GREEN] = { PLENTY, PLENTY },
	[RTE_COLOR_YELLOW] = { LITTLE, PLENTY },
	[RTE_COLOR_RED] = { LITTLE, LITTLE },
};

static const enum rte_color green = RTE_COLOR_GREEN, yellow = RTE_COLOR_YELLOW, red = RTE_COLOR_RED;

/* ---- Ours: a circuit for each, all of one contract ---- */

static int
open_metered(struct plane *p, enum rte_color colour, struct dp_entry **entries)
{
	struct dp_flow flow = {
		.committed_rate = rates[colour].committed,
		.peak_rate = rates[colour].peak,
		.committed_burst = BURST,
		.peak_burst = BURST,
	};
	dp_circuit_t circuit;
	uint32_t i;
	int trunk;

	if (plane_create(p, N, 0) != 0 || (trunk = plane_add_trunk(p, 0)) < 0)
		return -1;
	for (i = 0; i < N; i++) {
		if (dp_circuit_open(p->dp, (uint16_t)trunk, FIRST_LABEL + i, false, 0, &circuit) !=
				0 ||
			dp_circuit_meter(p->dp, circuit, &flow, NULL) != 0)
			return -1;
		entries[i] = dp_label_entry(
			p->dp->entries, p->dp->port_fast[p->ports[0]].blocks, FIRST_LABEL + i);
	}
	return 0;
}

static void
meter(const struct dp_worker *w, struct dp_entry *e)
{
	dp_meter(&w->dp->contracts[dp_entry_contract(e)], e, w->time, OCTETS);
}

/* Let all buckets that do not fill soon be empty, and begin to count. */
static void
spend(struct plane *p, struct dp_entry **entries)
{
	uint32_t i, k;

	p->worker->time = rte_rdtsc() << DP_METER_TIME_SHIFT;
	for (i = 0; i < N; i++) {
		for (k = 0; k < SPENT; k++)
			meter(p->worker, entries[i]);
		entries[i]->yellow = entries[i]->red = 0;
	}
}

static uint64_t
count_colour(struct dp_entry **entries, enum rte_color colour, uint64_t n_all)
{
	uint64_t n[RTE_COLORS] = { n_all, 0, 0 };
	uint32_t i;

	for (i = 0; i < N; i++) {
		n[RTE_COLOR_YELLOW] += entries[i]->yellow;
		n[RTE_COLOR_RED] += entries[i]->red;
	}
	n[RTE_COLOR_GREEN] -= n[RTE_COLOR_YELLOW] + n[RTE_COLOR_RED];
	return n[colour];
}

static void
run_ours(struct bench *b, void *arg)
{
	const enum rte_color *colour = arg;
	struct dp_entry *entries[N];
	struct plane p;
	uint64_t n = 0;
	uint32_t i;

	if (open_metered(&p, *colour, entries) != 0) {
		bench_fail(b, "no room");
		plane_destroy(&p);
		return;
	}
	if (*colour != RTE_COLOR_GREEN)
		spend(&p, entries);
	bench_set_octets(b, sizeof(struct dp_entry) + sizeof(struct dp_contract));
	for (; bench_next(b); n += N) {
		for (i = 0; i < N; i++) {
			if (i % DP_RX_BURST == 0)
				p.worker->time += BURST_CYCLES << DP_METER_TIME_SHIFT;
			meter(p.worker, entries[i]);
		}
	}
	if (count_colour(entries, *colour, n) < n - n / 100)
		bench_fail(b, "another colour");
	plane_destroy(&p);
}

/* ---- The peer ---- */

static void
run_rte_meter(struct bench *b, void *arg)
{
	const enum rte_color *colour = arg;
	struct rte_meter_trtcm_params params = {
		.cir = rates[*colour].committed,
		.pir = rates[*colour].peak,
		.cbs = BURST,
		.pbs = BURST,
	};
	struct rte_meter_trtcm *meters = rte_calloc("meters", N, sizeof(*meters), 0);
	struct rte_meter_trtcm_profile profile;
	uint32_t i, n_of[RTE_COLORS] = { 0 }, n = 0;
	uint64_t now;

	if (meters == NULL || rte_meter_trtcm_profile_config(&profile, &params) != 0)
		bench_fail(b, "no memory, or no such rates");
	for (i = 0; i < N && meters != NULL; i++) {
		rte_meter_trtcm_config(&meters[i], &profile);
		meters[i].tc = *colour == RTE_COLOR_GREEN ? BURST : 0;
		meters[i].tp = *colour == RTE_COLOR_RED ? 0 : BURST;
	}
	now = rte_rdtsc(); /* as the meters begin */
	bench_set_octets(b, sizeof(*meters) + sizeof(profile));
	for (; bench_next(b); n += N) {
		for (i = 0; i < N; i++) {
			if (i % DP_RX_BURST == 0)
				now += BURST_CYCLES;
			n_of[rte_meter_trtcm_color_blind_check(
				&meters[i], &profile, now, OCTETS)]++;
		}
	}
	if (n_of[*colour] < n - n / 100)
		bench_fail(b, "another colour");
	rte_free(meters);
}

void
micro_add_meter(void)
{
	static const enum rte_color *const colours[] = { &green, &yellow, &red };
	static const char *const ours[] = { "meter/green", "meter/yellow", "meter/red" };
	static const char *const peers[] = { "meter/rte_meter/green", "meter/rte_meter/yellow",
		"meter/rte_meter/red" };
	static const int64_t batch = N;
	unsigned int i;

	for (i = 0; i < RTE_DIM(colours); i++) {
		bench_add(ours[i], run_ours, (void *)(uintptr_t)colours[i], &batch, 1);
		bench_add(peers[i], run_rte_meter, (void *)(uintptr_t)colours[i], &batch, 1);
	}
}
