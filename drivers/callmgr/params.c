/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "callmgr_priv.h"

#define MAX_CELL_RATE 0xffffffu /* 24 bits on the wire (4.8) */
#define BURST_PER_S 100u        /* a burst of which nothing is said: 10 ms at the rate ... */
#define BURST_MIN 2048u         /* ... and at least a frame */

/* Octets per second to cells per second, rounded up: what is asked for must be had. */
static uint32_t
cells_of(const struct callmgr *cm, uint64_t octets_s)
{
	uint64_t cells = octets_s / cm->cell_octets + (octets_s % cm->cell_octets != 0);

	return cells == 0 || cells > MAX_CELL_RATE ? MAX_CELL_RATE : (uint32_t)cells;
}

/* What cells_of() made of "not limited" is that again. */
static uint64_t
octets_of(const struct callmgr *cm, uint32_t cells_s)
{
	return cells_s >= MAX_CELL_RATE ? 0 : (uint64_t)cells_s * cm->cell_octets;
}

static void
to_uni_address(struct uni_address *out, const struct co_address *in)
{
	memset(out, 0, sizeof(*out));
	out->type = in->type == CO_ADDRESS_E164   ? UNI_ADDRESS_E164
		    : in->type == CO_ADDRESS_NSAP ? UNI_ADDRESS_AESA
						  : UNI_ADDRESS_NONE;
	out->len = in->len > sizeof(out->octets) ? sizeof(out->octets) : in->len;
	memcpy(out->octets, in->octets, out->len);
}

static void
to_co_address(struct co_address *out, const struct uni_address *in)
{
	memset(out, 0, sizeof(*out));
	out->type = in->type == UNI_ADDRESS_E164   ? CO_ADDRESS_E164
		    : in->type == UNI_ADDRESS_AESA ? CO_ADDRESS_NSAP
						   : CO_ADDRESS_NONE;
	out->len = in->len > sizeof(out->octets) ? sizeof(out->octets) : in->len;
	memcpy(out->octets, in->octets, out->len);
}

/* SIG-34: it is said with a burst, of which nothing may have been said here. */
static void
say_sustained(
	const struct callmgr *cm, const struct co_flowspec *flow, uint32_t *rate, uint32_t *burst)
{
	uint64_t octets = flow->bucket_size;

	if (flow->peak_rate == 0 || flow->token_rate == 0)
		return;
	if (octets == 0)
		octets = flow->token_rate / BURST_PER_S;
	*rate = cells_of(cm, flow->token_rate);
	*burst = cells_of(cm, octets > BURST_MIN ? octets : BURST_MIN);
}

/* Both are 24 bits and a cell is a few octets, but for what a configuration may call so. */
static void
take_sustained(const struct callmgr *cm, struct co_flowspec *flow, uint32_t rate, uint32_t burst)
{
	uint64_t octets = (uint64_t)burst * cm->cell_octets;

	flow->token_rate = rate != 0 ? octets_of(cm, rate) : 0;
	if (flow->token_rate == 0)
		return;
	flow->bucket_size = octets < UINT32_MAX ? (uint32_t)octets : UINT32_MAX;
	if (flow->token_rate > flow->peak_rate)
		flow->token_rate = flow->peak_rate;
}

void
cm_setup_from_params(
	const struct callmgr *cm, const struct co_call_params *params, struct uni_setup *setup)
{
	memset(setup, 0, sizeof(*setup));
	to_uni_address(&setup->called, &params->called);
	to_uni_address(&setup->calling, &params->calling);
	setup->fwd_peak = cells_of(cm, params->tx.peak_rate);
	setup->bwd_peak = cells_of(cm, params->rx.peak_rate);
	say_sustained(cm, &params->tx, &setup->fwd_sustained, &setup->fwd_burst);
	say_sustained(cm, &params->rx, &setup->bwd_sustained, &setup->bwd_burst);
	setup->multipoint = (params->flags & CO_CALL_F_MULTIPOINT) != 0;
	setup->best_effort = params->tx.peak_rate == 0 && params->rx.peak_rate == 0;
	setup->label = UNI_LABEL_NONE;
	setup->elements = params->elements;
	setup->elements_len = params->elements_size;
}

void
cm_params_from_setup(
	const struct callmgr *cm, const struct uni_setup *setup, struct co_call_params *params)
{
	memset(params, 0, sizeof(*params));
	to_co_address(&params->called, &setup->called);
	to_co_address(&params->calling, &setup->calling);
	if (!setup->best_effort) {
		/* Forward is the caller's direction: what we receive. */
		params->rx.peak_rate = octets_of(cm, setup->fwd_peak);
		params->tx.peak_rate = octets_of(cm, setup->bwd_peak);
		take_sustained(cm, &params->rx, setup->fwd_sustained, setup->fwd_burst);
		take_sustained(cm, &params->tx, setup->bwd_sustained, setup->bwd_burst);
	}
	/* The caller knows nothing of our meters, so they may have their steps (ACT-8). */
	params->media.flags = CO_MEDIA_F_TRANSMIT | CO_MEDIA_F_RECEIVE | CO_MEDIA_F_ROUND_UP;
	params->media.label = setup->label;
	params->elements = setup->elements;
	params->elements_size = setup->elements_len;
}

void
cm_rates_from_params(
	const struct callmgr *cm, const struct co_call_params *params, struct uni_rates *rates)
{
	rates->fwd_peak = cells_of(cm, params->tx.peak_rate);
	rates->bwd_peak = cells_of(cm, params->rx.peak_rate);
}

/* Whoever asked for a rate that is no whole number of cells has it when the cells are there. */
static void
set_peak(const struct callmgr *cm, struct co_flowspec *flow, uint32_t cells_s)
{
	if (cells_of(cm, flow->peak_rate) == cells_s)
		return;
	flow->peak_rate = octets_of(cm, cells_s);
	if (flow->peak_rate != 0 && flow->token_rate > flow->peak_rate)
		flow->token_rate = flow->peak_rate;
}

void
cm_flows_from_rates(const struct callmgr *cm, const struct uni_rates *rates, bool ours,
	struct co_flowspec *tx, struct co_flowspec *rx)
{
	set_peak(cm, ours ? tx : rx, rates->fwd_peak);
	set_peak(cm, ours ? rx : tx, rates->bwd_peak);
}

/* 0 is "not limited": never short. */
bool
cm_flow_is_short(const struct co_flowspec *asked, const struct co_flowspec *used)
{
	if (used->peak_rate == 0)
		return false;
	return asked->peak_rate == 0 || used->peak_rate < asked->peak_rate / 2;
}

bool
cm_flow_adopt(struct co_flowspec *flow, const struct co_flowspec *used)
{
	bool other = flow->peak_rate != used->peak_rate || flow->token_rate != used->token_rate;

	*flow = *used;
	return other;
}

uint8_t
callmgr_cause_of_status(enum co_status status)
{
	static const uint8_t causes[CO_STATUS_COUNT] = {
		[CO_STATUS_NOT_ACCEPTED] = UNI_CAUSE_USER_BUSY,
		[CO_STATUS_CLOSING] = UNI_CAUSE_TEMPORARY_FAILURE,
		[CO_STATUS_INVALID_DATA] = UNI_CAUSE_UNASSIGNED_NUMBER,
		[CO_STATUS_NOT_SUPPORTED] = UNI_CAUSE_INCOMPATIBLE_DESTINATION,
		[CO_STATUS_RESOURCES] = UNI_CAUSE_NO_RESOURCE,
	};
	uint8_t cause = status < CO_STATUS_COUNT ? causes[status] : 0;

	return cause != 0 ? cause : UNI_CAUSE_CALL_REJECTED;
}

enum co_status
cm_status_of_cause(uint8_t cause)
{
	if (cause == UNI_CAUSE_USER_BUSY)
		return CO_STATUS_NOT_ACCEPTED;
	switch (cause >> 4) { /* the class (section 7) */
	case 2:
		return CO_STATUS_RESOURCES;
	case 3:
	case 4:
		return CO_STATUS_NOT_SUPPORTED;
	default:
		return CO_STATUS_FAILURE;
	}
}

enum co_status
cm_reason_of_cause(uint8_t cause)
{
	return cause < 32 && cause != UNI_CAUSE_OUT_OF_ORDER ? CO_STATUS_SUCCESS
							     : CO_STATUS_FAILURE;
}
