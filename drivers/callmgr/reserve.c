/* SPDX-License-Identifier: BSD-3-Clause */
#include "callmgr_priv.h"

/*
 * Bandwidth of the trunk, which the miniport keeps account of: it is asked before SETUP goes out,
 * before an offer is told, and before a change of rates, since what only an activation refuses has
 * come too far already. A miniport that knows no bandwidth has enough of it.
 */

/* Whole cells, as they are signalled: both ends of the trunk come to the same sum (SIG-35). */
static uint64_t
whole_cells(const struct callmgr *cm, uint64_t rate)
{
	uint64_t rest = rate % cm->cell_octets;

	return rest == 0 || rate > UINT64_MAX - cm->cell_octets ? rate
								: rate - rest + cm->cell_octets;
}

static struct co_flowspec
counted(const struct callmgr *cm, const struct co_flowspec *spec)
{
	return (struct co_flowspec){
		.peak_rate = whole_cells(cm, spec->peak_rate),
		.token_rate = whole_cells(cm, spec->token_rate),
	};
}

/* What else goes wrong is for the activation to say, which has to be possible anyway. */
bool
cm_reserve(const struct callmgr *cm, const struct cm_vc *v, const struct co_flowspec *tx,
	const struct co_flowspec *rx, struct cm_lack *lack)
{
	struct co_media_params asked = { .flags = cm_directions(v), .label = v->label }, had;

	*lack = (struct cm_lack){ 0 };
	if (cm->flavour->reserve == NULL)
		return true;
	if (asked.flags & CO_MEDIA_F_TRANSMIT)
		asked.tx = counted(cm, tx);
	if (asked.flags & CO_MEDIA_F_RECEIVE)
		asked.rx = counted(cm, rx);
	had = asked;
	if (cm->flavour->reserve(cm->arg, v->vc, cm_vc_handle(cm->env, v), &had) !=
		CO_STATUS_RESOURCES)
		return true;
	lack->cause = UNI_CAUSE_RATE_NOT_AVAILABLE;
	lack->tx = had.tx.peak_rate < asked.tx.peak_rate;
	lack->rx = had.rx.peak_rate < asked.rx.peak_rate;
	return false;
}

bool
cm_reserve_call(const struct callmgr *cm, const struct cm_vc *v,
	const struct co_call_params *params, struct cm_lack *lack)
{
	*lack = (struct cm_lack){ 0 };
	if (params->tx.peak_rate == 0 && params->rx.peak_rate == 0)
		return true; /* best effort is promised nothing */
	return cm_reserve(cm, v, &params->tx, &params->rx, lack);
}

void
cm_unreserve(const struct callmgr *cm, const struct cm_vc *v)
{
	if (cm->flavour->unreserve != NULL)
		cm->flavour->unreserve(cm->arg, cm_vc_handle(cm->env, v));
}

/* A rate of 0 is not limited, and counts for nothing; a token rate of 0 leaves the peak rate. */
static struct co_flowspec
larger(const struct co_flowspec *a, const struct co_flowspec *b)
{
	struct co_flowspec out = a->peak_rate >= b->peak_rate ? *a : *b;

	if (a->token_rate == 0 || b->token_rate == 0)
		out.token_rate = 0;
	else if (a->token_rate > out.token_rate || b->token_rate > out.token_rate)
		out.token_rate = a->token_rate > b->token_rate ? a->token_rate : b->token_rate;
	return out;
}

bool
cm_reserve_either(const struct callmgr *cm, const struct cm_vc *v, const struct co_vc_flow *a,
	const struct co_vc_flow *b)
{
	const struct co_flowspec tx = larger(&a->tx, &b->tx), rx = larger(&a->rx, &b->rx);
	struct cm_lack lack;

	return cm_reserve(cm, v, &tx, &rx, &lack);
}

struct co_vc_flow
cm_flow_in_force(const struct callmgr *cm, const struct cm_vc *v)
{
	struct co_vc_flow flow = { 0 };

	if (cm->flavour->flow != NULL)
		cm->flavour->flow(cm->arg, v->vc, cm_vc_handle(cm->env, v), &flow);
	return flow;
}
