/* SPDX-License-Identifier: BSD-3-Clause */
/* What control tells of a worker's load; what the worker itself does for it is in load.h. */
#include "dataplane/load.h"

#include <rte_lcore.h>

#include "dataplane/dp_priv.h"

/* Bit p: it polls port p. */
static uint32_t
ports_of(const struct dp_worker *w)
{
	uint32_t i, ports = 0;

	for (i = 0; i < w->n_sources; i++)
		if (w->sources[i] != NULL)
			ports |= 1u << w->sources[i]->port;
	return ports;
}

static uint32_t
fill_permille(const struct rte_ring *ring)
{
	return (uint32_t)((uint64_t)rte_ring_count(ring) * 1000 / rte_ring_get_capacity(ring));
}

/* Of this spell: 0 until the worker has seen that it has begun. */
static uint64_t
longest_of(const struct dp_load *load)
{
	/* Acquire: pairs with the release in dp_load_turn(). */
	if (__atomic_load_n(&load->restart, __ATOMIC_ACQUIRE) != 0)
		return 0;
	return dp_counter_read(&load->max_cycles);
}

void
dp_worker_stats(const struct dp *dp, uint32_t worker, struct dp_worker_stats *out)
{
	const struct dp_worker *w = dp->workers[worker];
	int port, reason;

	*out = (struct dp_worker_stats){
		.lcore = w->lcore,
		.socket = (int)rte_lcore_to_socket_id(w->lcore),
		.thread = (int)__atomic_load_n(&w->thread, __ATOMIC_RELAXED),
		.ports = ports_of(w),
		.busy_turns = dp_counter_read(&w->load.turns[true]),
		.idle_cycles = dp_counter_read(&w->load.cycles[false]),
		.busy_cycles = dp_counter_read(&w->load.cycles[true]),
		.rx = dp_counter_read(&w->n_rx),
		.tx = dp_counter_read(&w->n_tx),
		.handed = dp_counter_read(&w->n_handed),
		.relayed = dp_counter_read(&w->n_relayed),
		.to_control = dp_counter_read(&w->n_to_control),
		.from_control = dp_counter_read(&w->n_from_control),
		.max_turn_cycles = longest_of(&w->load),
		.to_control_permille = fill_permille(w->to_control),
		.from_control_permille = fill_permille(w->from_control),
	};
	out->turns = out->busy_turns + dp_counter_read(&w->load.turns[false]);
	for (port = 0; port < DP_MAX_PORTS; port++)
		for (reason = 0; reason < DP_DROP_COUNT; reason++)
			out->drops[reason] += dp_counter_read(&w->drops[port][reason]);
}

void
dp_worker_gaps(
	const struct dp *dp, uint32_t worker, struct cp_hist_buckets *ever, struct cp_hist *spell)
{
	const struct dp_worker *w = dp->workers[worker];

	cp_hist_read(ever, &w->load.gaps);
	cp_hist_between(spell, &w->spell_base, ever);
}

void
dp_worker_gap_restart(struct dp *dp, uint32_t worker)
{
	struct dp_worker *w = dp->workers[worker];

	cp_hist_read(&w->spell_base, &w->load.gaps);
	__atomic_store_n(&w->load.restart, 1, __ATOMIC_RELAXED);
}

uint64_t
dp_worker_polled(const struct dp *dp, uint32_t worker, uint16_t port)
{
	const struct dp_worker *w = dp->workers[worker];
	const struct dp_source *source;
	uint64_t n = 0;
	uint32_t i;

	for (i = 0; i < w->n_sources; i++) {
		source = w->sources[i];
		if (source != NULL && source->port == port && source != &dp->ports[port].replay)
			n += dp_counter_read(&source->n_frames);
	}
	return n;
}
