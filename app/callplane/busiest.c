/* SPDX-License-Identifier: BSD-3-Clause */
#include "callplane/busiest.h"

#include <string.h>

#include <rte_cycles.h>

#include "base/mem.h"

#define WANTED_NS UINT64_C(3000000000) /* after somebody has asked */
#define PERIOD_NS UINT64_C(500000000)  /* from walk to walk, at least */
#define SHARE 20                       /* a walk's own time is at most one part of so many */
#define SLICE_US 10
#define LOOKS_A_CHECK 32 /* of the clock */
#define UNIT 64          /* octets: 32 bits of these last for minutes at any rate */

/* What a circuit had carried when it was looked at last. */
struct sample {
	dp_circuit_t circuit; /* 0: there was none */
	uint32_t packets;
	uint32_t units;
};

struct found {
	dp_circuit_t circuit;
	uint32_t packets, units; /* since the walk before */
};

struct busiest {
	const struct dp *dp;
	const struct cp_mem *mem;
	uint32_t n_circuits;
	uint64_t wanted_until_ns;
	bool is_walking;
	bool has_samples; /* of a walk that is not long ago */
	uint32_t next;    /* index of a circuit */
	uint64_t began_ns, next_walk_ns, cycles;
	double seconds; /* since the walk before began */
	uint32_t n_found;
	struct found found[BUSIEST_MAX]; /* by this walk, the busiest first */
	uint32_t n_results;
	struct busiest_circuit results[BUSIEST_MAX];
	struct sample samples[];
};

struct busiest *
busiest_create(const struct dp *dp, uint32_t n_circuits, const struct cp_mem *mem)
{
	struct busiest *b = cp_mem_alloc(
		mem, sizeof(*b) + n_circuits * sizeof(b->samples[0]), "samples of circuits");

	if (b == NULL)
		return NULL;
	b->dp = dp;
	b->mem = mem;
	b->n_circuits = n_circuits;
	return b;
}

void
busiest_destroy(struct busiest *b)
{
	if (b != NULL)
		cp_mem_free(b->mem, b);
}

/* Keep the best in order; most circuits are not among them, and cost one comparison. */
static void
consider(struct busiest *b, const struct found *f)
{
	uint32_t i = b->n_found;

	if (f->packets == 0 ||
		(i == BUSIEST_MAX && b->found[BUSIEST_MAX - 1].packets >= f->packets))
		return;
	if (i < BUSIEST_MAX)
		b->n_found++;
	else
		i--;
	for (; i > 0 && b->found[i - 1].packets < f->packets; i--)
		b->found[i] = b->found[i - 1];
	b->found[i] = *f;
}

static void
look_at(struct busiest *b, uint32_t idx)
{
	struct sample *last = &b->samples[idx], now = { 0 };
	struct dp_circuit_stats stats;
	struct found f;

	now.circuit = dp_circuit_at_index(b->dp, idx);
	if (now.circuit != 0 && dp_circuit_stats(b->dp, now.circuit, &stats) == 0) {
		now.packets = (uint32_t)(stats.rx_packets + stats.tx_packets);
		now.units = (uint32_t)((stats.rx_octets + stats.tx_octets) / UNIT);
	}
	f = (struct found){ now.circuit, now.packets - last->packets, now.units - last->units };
	if (b->has_samples && now.circuit != 0 && now.circuit == last->circuit)
		consider(b, &f);
	*last = now;
}

static void
publish(struct busiest *b)
{
	struct busiest_circuit *r;
	uint32_t i;

	b->n_results = 0;
	for (i = 0; i < b->n_found; i++) {
		r = &b->results[b->n_results];
		r->circuit = b->found[i].circuit;
		if (dp_circuit_label(b->dp, r->circuit, &r->trunk, &r->label) != 0)
			continue; /* gone since */
		r->packets_s = b->found[i].packets / b->seconds;
		r->octets_s = (double)b->found[i].units * UNIT / b->seconds;
		b->n_results++;
	}
}

static void
begin(struct busiest *b, uint64_t now_ns)
{
	b->seconds = (double)(now_ns - b->began_ns) / 1e9;
	b->began_ns = now_ns;
	b->next = b->n_found = 0;
	b->cycles = 0;
	b->is_walking = true;
}

static void
end(struct busiest *b, uint64_t now_ns)
{
	uint64_t cost_ns = (uint64_t)((double)b->cycles * 1e9 / (double)rte_get_tsc_hz());

	if (b->has_samples)
		publish(b);
	b->is_walking = false;
	b->has_samples = true;
	b->next_walk_ns = b->began_ns + PERIOD_NS;
	if (now_ns + SHARE * cost_ns > b->next_walk_ns)
		b->next_walk_ns = now_ns + SHARE * cost_ns;
}

bool
busiest_turn(struct busiest *b, uint64_t now_ns)
{
	uint64_t start, slice;
	uint32_t i;

	if (now_ns >= b->wanted_until_ns) {
		b->is_walking = b->has_samples = false;
		b->n_results = 0;
		b->next_walk_ns = 0;
		return false;
	}
	if (!b->is_walking && now_ns < b->next_walk_ns)
		return false;
	if (!b->is_walking)
		begin(b, now_ns);
	start = rte_rdtsc();
	slice = rte_get_tsc_hz() / 1000000 * SLICE_US;
	do
		for (i = 0; i < LOOKS_A_CHECK && b->next < b->n_circuits; i++)
			look_at(b, b->next++);
	while (b->next < b->n_circuits && rte_rdtsc() - start < slice);
	b->cycles += rte_rdtsc() - start;
	if (b->next == b->n_circuits)
		end(b, now_ns);
	return true;
}

uint32_t
busiest_get(struct busiest *b, uint64_t now_ns, struct busiest_circuit *out)
{
	b->wanted_until_ns = now_ns + WANTED_NS;
	memcpy(out, b->results, b->n_results * sizeof(out[0]));
	return b->n_results;
}
