/* SPDX-License-Identifier: BSD-3-Clause */
/* Rates: from a VC's media parameters to the dataplane's meters (ACT-4, ACT-8). */
#include <rte_common.h>

#include "trunk_priv.h"

#define BURST_PER_S 100u   /* what a bucket holds unless it is said: 10 ms at the rate */
#define FRAME_OVERHEAD 22u /* Ethernet header, label, control word */

/* At least one frame of the largest size, or nothing would ever pass. */
static uint32_t
least_burst(const struct ethvc_trunk *t)
{
	return dp_trunk_max_payload(t->dp, t->trunk) + FRAME_OVERHEAD;
}

static uint32_t
burst_at(const struct ethvc_trunk *t, uint64_t rate)
{
	return (uint32_t)RTE_MIN(
		RTE_MAX(rate / BURST_PER_S, (uint64_t)least_burst(t)), (uint64_t)UINT32_MAX);
}

/*
 * A bucket is that of the token rate; of two rates the peak rate has one of its own, so that a
 * small one does not turn into a limit of what is only marked. Who leaves rounding to us has a
 * bucket that holds a frame: cells are smaller.
 */
static void
set_bursts(const struct ethvc_trunk *t, const struct co_flowspec *spec, uint32_t flags,
	struct dp_flow *flow)
{
	uint32_t bucket = spec->bucket_size;

	if (bucket == 0)
		bucket = burst_at(t, flow->committed_rate);
	else if (spec->token_rate != 0 && (flags & CO_MEDIA_F_ROUND_UP))
		bucket = RTE_MAX(bucket, least_burst(t));
	flow->committed_burst = flow->peak_burst = bucket;
	if (spec->token_rate != 0)
		flow->peak_burst = RTE_MAX(bucket, burst_at(t, flow->peak_rate));
}

/* Only what is too slow or too fast for a meter has to be rounded, if that is allowed (ACT-8). */
static bool
round_flow(struct dp_flow *flow, uint32_t flags)
{
	struct dp_flow asked = *flow;
	uint32_t needed = 0;

	dp_flow_round(&asked, flow);
	if (flow->peak_rate > asked.peak_rate || flow->committed_rate > asked.committed_rate)
		needed |= CO_MEDIA_F_ROUND_UP;
	if (flow->peak_rate < asked.peak_rate || flow->committed_rate < asked.committed_rate)
		needed |= CO_MEDIA_F_ROUND_DOWN;
	return (flags & needed) == needed;
}

/* A token rate of 0 is "not limited": then all up to the peak rate is green. */
static enum co_status
plan_one(const struct ethvc_trunk *t, const struct co_flowspec *spec, uint32_t flags,
	struct dp_flow *flow, struct co_flowspec *used)
{
	*flow = (struct dp_flow){ 0 };
	*used = *spec;
	if (spec->peak_rate == 0)
		return CO_STATUS_SUCCESS;
	flow->yellow = t->config.excess.yellow;
	flow->red = t->config.excess.red;
	flow->mark_tc = t->config.excess.mark_tc;
	flow->peak_rate = spec->peak_rate;
	flow->committed_rate = spec->token_rate != 0 ? spec->token_rate : spec->peak_rate;
	set_bursts(t, spec, flags, flow);
	if (flow->committed_rate > flow->peak_rate || flow->committed_burst < spec->max_sdu)
		return CO_STATUS_INVALID_DATA;
	if (!round_flow(flow, flags))
		return CO_STATUS_INVALID_DATA;
	if ((flags & (CO_MEDIA_F_ROUND_UP | CO_MEDIA_F_ROUND_DOWN)) == 0)
		return CO_STATUS_SUCCESS;
	used->peak_rate = flow->peak_rate;
	used->token_rate = spec->token_rate != 0 ? flow->committed_rate : 0;
	used->bucket_size = flow->committed_burst;
	return CO_STATUS_SUCCESS;
}

enum co_status
ethvc_plan(const struct ethvc_trunk *t, const struct co_media_params *media, struct ethvc_plan *out)
{
	enum co_status status;

	out->send_only = (media->flags & CO_MEDIA_F_RECEIVE) == 0;
	status = plan_one(t, &media->rx, media->flags, &out->rx, &out->used_rx);
	if (status == CO_STATUS_SUCCESS)
		status = plan_one(t, &media->tx, media->flags, &out->tx, &out->used_tx);
	return status;
}

static bool
is_metered(const struct ethvc_plan *plan)
{
	return plan->rx.peak_rate != 0 || plan->tx.peak_rate != 0;
}

static struct ethvc_flow *
flow_at(const struct ethvc_trunk *t, uint32_t cookie)
{
	return &t->flows[cp_handle_idx(cookie)];
}

/* Written at activation alone: what is there of an earlier circuit names that one. */
static void
remember(
	struct ethvc_trunk *t, dp_circuit_t circuit, uint32_t cookie, const struct ethvc_plan *plan)
{
	struct ethvc_flow *f = flow_at(t, cookie);

	t->any_flow = true;
	*f = (struct ethvc_flow){ .circuit = circuit, .send_only = plan->send_only };
	if (plan->rx.peak_rate != 0)
		f->flow.rx = plan->used_rx;
	if (plan->tx.peak_rate != 0)
		f->flow.tx = plan->used_tx;
}

enum co_status
ethvc_plan_apply(struct ethvc_trunk *t, dp_circuit_t circuit, uint32_t cookie,
	const struct ethvc_plan *plan, bool is_new)
{
	int err = 0;

	if (!is_new || is_metered(plan))
		err = dp_circuit_meter(t->dp, circuit, &plan->rx, &plan->tx);
	if (err != 0)
		return ethvc_status_of_errno(err);
	if (t->any_flow || is_metered(plan) || plan->send_only)
		remember(t, circuit, cookie, plan);
	return CO_STATUS_SUCCESS;
}

const struct ethvc_flow *
ethvc_flow_of(const struct ethvc_trunk *t, const struct ethvc_vc_name *vc)
{
	const struct ethvc_flow *f = t->any_flow ? flow_at(t, vc->cookie) : NULL;

	return f != NULL && f->circuit == vc->circuit ? f : NULL;
}

void
ethvc_vc_flow(const struct ethvc_trunk *t, const struct ethvc_vc_name *vc, struct co_vc_flow *out)
{
	const struct ethvc_flow *f = ethvc_flow_of(t, vc);

	*out = f != NULL ? f->flow : (struct co_vc_flow){ 0 };
}
