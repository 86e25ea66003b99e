/* SPDX-License-Identifier: BSD-3-Clause */
/* Meters: two token buckets each (RFC 2698), run by workers, replaced as a whole by control. */
#include <errno.h>

#include <rte_cycles.h>
#include <rte_meter.h>

#include "dataplane/dp_priv.h"

/* By an index of an entry or circuit, which is not 0. */
static struct dp_meter *
meter_at(const struct dp *dp, uint32_t meter)
{
	return &dp->meters[meter - 1];
}

/* ---- On a worker ---- */

uint64_t
dp_burst_time(struct dp_worker *w)
{
	if (w->burst_time == 0)
		w->burst_time = w->clock != NULL ? w->clock() : rte_rdtsc();
	return w->burst_time;
}

/* What rte_meter wants in two structs of its own. */
static void
unpack(const struct dp_meter *m, struct rte_meter_trtcm_profile *profile, struct rte_meter_trtcm *t)
{
	*profile = (struct rte_meter_trtcm_profile){
		.cbs = m->committed_burst,
		.pbs = m->peak_burst,
		.cir_period = m->committed_period,
		.cir_bytes_per_period = m->committed_octets,
		.pir_period = m->peak_period,
		.pir_bytes_per_period = m->peak_octets,
	};
	*t = (struct rte_meter_trtcm){
		.time_tc = __atomic_load_n(&m->committed_time, __ATOMIC_RELAXED),
		.time_tp = __atomic_load_n(&m->peak_time, __ATOMIC_RELAXED),
		.tc = __atomic_load_n(&m->committed_left, __ATOMIC_RELAXED),
		.tp = __atomic_load_n(&m->peak_left, __ATOMIC_RELAXED),
	};
}

static void
store(struct dp_meter *m, const struct rte_meter_trtcm *t)
{
	__atomic_store_n(&m->committed_time, t->time_tc, __ATOMIC_RELAXED);
	__atomic_store_n(&m->peak_time, t->time_tp, __ATOMIC_RELAXED);
	__atomic_store_n(&m->committed_left, (uint32_t)t->tc, __ATOMIC_RELAXED);
	__atomic_store_n(&m->peak_left, (uint32_t)t->tp, __ATOMIC_RELAXED);
}

static enum rte_color
colour(struct dp_meter *m, uint64_t now, uint32_t octets)
{
	struct rte_meter_trtcm_profile profile;
	enum rte_color result;
	struct rte_meter_trtcm t;

	unpack(m, &profile, &t);
	/* Two workers' bursts may have begun in the other order than they come here. */
	now = RTE_MAX(now, RTE_MAX(t.time_tc, t.time_tp));
	result = rte_meter_trtcm_color_blind_check(&t, &profile, now, octets);
	store(m, &t);
	return result;
}

bool
dp_meters_are_red(struct dp_worker *w, struct dp_entry *e, uint64_t meters, uint32_t octets)
{
	uint32_t own = (uint32_t)meters, of_peer = (uint32_t)(meters >> DP_METERS_PEER_SHIFT);
	enum rte_color worst = RTE_COLOR_GREEN, second;

	if (own != 0)
		worst = colour(meter_at(w->dp, own), dp_burst_time(w), octets);
	if (of_peer != 0 && worst != RTE_COLOR_RED) {
		second = colour(meter_at(w->dp, of_peer), dp_burst_time(w), octets);
		worst = RTE_MAX(worst, second);
	}
	if (worst == RTE_COLOR_YELLOW)
		dp_counter_add(&e->yellow, 1);
	else if (worst == RTE_COLOR_RED)
		dp_counter_add(&e->red, 1);
	return worst == RTE_COLOR_RED;
}

/* ---- Rates ---- */

/* The filling that rte_meter does for a rate: @p octets every @p period cycles, or a bit faster. */
static void
filling(uint64_t rate, uint64_t *period, uint64_t *octets)
{
	struct rte_meter_trtcm_params params = { .cir = rate, .pir = rate, .cbs = 1, .pbs = 1 };
	struct rte_meter_trtcm_profile profile;

	rte_meter_trtcm_profile_config(&profile, &params);
	*period = profile.pir_period;
	*octets = profile.pir_bytes_per_period;
}

/* What a meter keeps to that is asked for @p rate. */
static uint64_t
kept_rate(uint64_t rate)
{
	uint64_t period, octets;

	filling(rate, &period, &octets);
	return rte_get_tsc_hz() * octets / period;
}

/* A kept rate is one that is kept when it is asked for. Each step takes the next one above. */
static uint64_t
round_up(uint64_t rate)
{
	uint64_t kept = kept_rate(rate);

	while (kept != rate) {
		rate = kept;
		kept = kept_rate(rate);
	}
	return kept;
}

/* What is kept lies above what is asked for: ask for a filling that comes one cycle later. */
static uint64_t
round_down(uint64_t rate)
{
	uint64_t asked = rate, period, octets;

	while (asked != 0 && round_up(asked) > rate) {
		filling(asked, &period, &octets);
		asked = rte_get_tsc_hz() * octets / (period + 1);
	}
	return asked != 0 ? round_up(asked) : 0;
}

static uint64_t
round_rate(uint64_t rate, bool up)
{
	uint64_t rounded;

	if (rate == 0)
		return 0;
	rate = RTE_MIN(rate, DP_RATE_MAX);
	rounded = up ? round_up(rate) : round_down(rate);
	return rounded <= DP_RATE_MAX ? rounded : round_down(DP_RATE_MAX);
}

bool
dp_flow_round(const struct dp_flow *in, bool up, struct dp_flow *out)
{
	struct dp_flow asked = *in;

	*out = asked;
	out->peak_rate = round_rate(asked.peak_rate, up);
	out->committed_rate = RTE_MIN(round_rate(asked.committed_rate, up), out->peak_rate);
	return out->committed_rate == asked.committed_rate && out->peak_rate == asked.peak_rate;
}

/* ---- Control ---- */

static bool
is_metered(const struct dp_flow *flow)
{
	return flow != NULL && flow->peak_rate != 0;
}

static bool
is_valid(const struct dp_flow *flow)
{
	if (!is_metered(flow))
		return true;
	return flow->committed_rate <= flow->peak_rate && flow->peak_rate <= DP_RATE_MAX &&
	       flow->peak_burst != 0 && (flow->committed_rate == 0 || flow->committed_burst != 0);
}

/*
 * Full buckets; filled last at time 0, long ago for every worker: it does not matter whose clock is
 * a bit behind ours.
 */
static void
fill_in(struct dp_meter *m, const struct dp_flow *flow)
{
	uint64_t octets;

	*m = (struct dp_meter){
		.committed_burst = flow->committed_burst,
		.committed_left = flow->committed_burst,
		.committed_period = 1,
		.peak_burst = flow->peak_burst,
		.peak_left = flow->peak_burst,
	};
	filling(flow->peak_rate, &m->peak_period, &octets);
	m->peak_octets = (uint32_t)octets;
	if (flow->committed_rate == 0)
		return; /* never filled again */
	filling(flow->committed_rate, &m->committed_period, &octets);
	m->committed_octets = (uint32_t)octets;
}

/* @p out is 0 for what needs none. */
static int
make(struct dp *dp, const struct dp_flow *flow, uint32_t *out)
{
	uint32_t handle;

	*out = 0;
	if (!is_metered(flow))
		return 0;
	handle = cp_pool_get(&dp->meter_pool);
	if (handle == CP_HANDLE_NONE)
		return -ENOSPC;
	*out = cp_handle_idx(handle) + 1;
	fill_in(meter_at(dp, *out), flow);
	return 0;
}

void
dp_meter_free(struct dp *dp, uint32_t meter)
{
	cp_pool_put(&dp->meter_pool, cp_pool_handle_of(&dp->meter_pool, meter - 1));
}

static void
retire(struct dp *dp, uint32_t meter)
{
	if (meter != 0)
		dp_retire(dp, DP_RETIRED_METER, meter);
}

void
dp_meters_retire(struct dp *dp, struct dp_circuit *c)
{
	retire(dp, c->rx_meter);
	retire(dp, c->tx_meter);
}

void
dp_meters_publish(struct dp *dp, uint32_t entry_idx)
{
	const struct dp_circuit *own = dp_circuit_or_null(dp, entry_idx);
	const struct dp_circuit *peer = dp_circuit_or_null(dp, dp_side_of(dp, entry_idx)->peer);

	dp_meters_store(&dp->entries[entry_idx], own != NULL ? own->rx_meter : 0,
		peer != NULL ? peer->tx_meter : 0);
}

int
dp_circuit_meter(
	struct dp *dp, dp_circuit_t circuit, const struct dp_flow *rx, const struct dp_flow *tx)
{
	struct dp_circuit *c = dp_circuit_at(dp, circuit), old;

	if (c == NULL)
		return -ESTALE;
	if (!is_valid(rx) || !is_valid(tx))
		return -EINVAL;
	old = *c;
	if (make(dp, rx, &c->rx_meter) != 0)
		goto put_back;
	if (make(dp, tx, &c->tx_meter) != 0) {
		if (c->rx_meter != 0)
			dp_meter_free(dp, c->rx_meter);
		goto put_back;
	}
	dp_meters_publish(dp, dp_circuit_entry_idx(circuit));
	if (c->side.peer != 0)
		dp_meters_publish(dp, c->side.peer);
	dp_meters_retire(dp, &old);
	return 0;

put_back:
	*c = old;
	return -ENOSPC;
}
