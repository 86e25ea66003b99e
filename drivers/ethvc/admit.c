/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A trunk's bandwidth: what its VCs have reserved of it, and the sum in each direction.
 *
 * A VC's share is found by the index of its cookie, and is all 0 between its end and its next
 * activation, so no end can be counted twice (I4). Leaves of one call receive the same frames: the
 * share is the label's, as long as one of them is there.
 */
#include <string.h>

#include <rte_common.h>

#include "trunk_priv.h"

#define N_LABELS (1u << 20)
#define SHARES_SIZE (((size_t)CP_POOL_MAX + 1) * sizeof(struct ethvc_share))
#define COMMONS_SIZE ((size_t)N_LABELS * sizeof(struct ethvc_common))

static struct ethvc_share *
share_at(const struct ethvc_trunk *t, uint32_t cookie)
{
	return &t->shares[cp_handle_idx(cookie)];
}

/* What is promised at any time: a VC that is not limited is promised nothing. */
static uint64_t
promised(const struct co_flowspec *spec)
{
	if (spec->peak_rate == 0 || spec->token_rate == 0)
		return spec->peak_rate;
	return RTE_MIN(spec->token_rate, spec->peak_rate);
}

static bool
is_empty(const struct ethvc_share *s)
{
	return s->rx == 0 && s->tx == 0 && s->label == 0;
}

/* Then there is nothing to do, and not even the share is looked at where no VC has any. */
static bool
is_nothing(const struct ethvc_trunk *t, const struct ethvc_vc_name *vc,
	const struct co_media_params *media)
{
	return promised(&media->rx) == 0 && promised(&media->tx) == 0 &&
	       (t->n_shares == 0 || is_empty(share_at(t, vc->cookie)));
}

/* ---- The sums. ---- */

/* What one that has @p had of @p sum could have. */
static uint64_t
room_for(const struct ethvc_trunk *t, uint64_t sum, uint64_t had)
{
	uint64_t others = sum - had;

	if (t->config.bandwidth == 0)
		return UINT64_MAX;
	return t->config.bandwidth > others ? t->config.bandwidth - others : 0;
}

/* Less than before always fits. On a refusal @p media tells what there is. */
static bool
fits(struct ethvc_trunk *t, uint64_t had_rx, uint64_t had_tx, struct co_media_params *media)
{
	uint64_t rx = promised(&media->rx), tx = promised(&media->tx);
	uint64_t rx_room = room_for(t, t->reserved_rx, had_rx);
	uint64_t tx_room = room_for(t, t->reserved_tx, had_tx);
	bool rx_short = rx > had_rx && rx > rx_room, tx_short = tx > had_tx && tx > tx_room;

	if (rx_short)
		media->rx = (struct co_flowspec){ .peak_rate = rx_room };
	if (tx_short)
		media->tx = (struct co_flowspec){ .peak_rate = tx_room };
	if (rx_short || tx_short)
		t->refusals[rx_short ? ETHVC_REFUSED_RX : ETHVC_REFUSED_TX]++;
	return !rx_short && !tx_short;
}

static void
set(struct ethvc_trunk *t, struct ethvc_share *s, const struct ethvc_share *to)
{
	t->n_shares += (uint32_t)is_empty(s) - (uint32_t)is_empty(to);
	t->reserved_rx += to->rx - s->rx;
	t->reserved_tx += to->tx - s->tx;
	*s = *to;
}

/* ---- Leaves. ---- */

/* The call's rates are those of all its leaves (ADD-3), and its first leaf has reserved them. */
static enum co_status
join_common(struct ethvc_trunk *t, struct ethvc_share *s, struct co_media_params *media)
{
	struct ethvc_common *common = &t->commons[media->label & (N_LABELS - 1)];
	const struct ethvc_share joined = { .label = media->label };

	if (s->label != 0 || promised(&media->rx) == 0)
		return CO_STATUS_SUCCESS;
	media->tx = (struct co_flowspec){ 0 };
	if (common->n == 0) {
		if (!fits(t, 0, 0, media))
			return CO_STATUS_RESOURCES;
		common->rate = promised(&media->rx);
		t->reserved_rx += common->rate;
	}
	common->n++;
	set(t, s, &joined);
	return CO_STATUS_SUCCESS;
}

static void
leave_common(struct ethvc_trunk *t, uint32_t label)
{
	struct ethvc_common *common = &t->commons[label];

	if (--common->n == 0)
		t->reserved_rx -= common->rate;
}

/* ---- A VC's share. ---- */

static enum co_status
reserve(struct ethvc_trunk *t, struct ethvc_share *s, struct co_media_params *media)
{
	const struct ethvc_share wanted = { .rx = promised(&media->rx),
		.tx = promised(&media->tx) };

	if (media->flags & CO_MEDIA_F_LEAF)
		return join_common(t, s, media);
	if (!fits(t, s->rx, s->tx, media))
		return CO_STATUS_RESOURCES;
	set(t, s, &wanted);
	return CO_STATUS_SUCCESS;
}

enum co_status
ethvc_vc_reserve(
	struct ethvc_trunk *t, const struct ethvc_vc_name *vc, struct co_media_params *media)
{
	if (is_nothing(t, vc, media))
		return CO_STATUS_SUCCESS;
	return reserve(t, share_at(t, vc->cookie), media);
}

void
ethvc_vc_release(struct ethvc_trunk *t, uint32_t cookie)
{
	static const struct ethvc_share nothing;
	struct ethvc_share *s;
	uint32_t label;

	if (likely(t->n_shares == 0))
		return;
	s = share_at(t, cookie);
	if (is_empty(s))
		return;
	label = s->label;
	set(t, s, &nothing);
	if (label != 0)
		leave_common(t, label);
}

enum co_status
ethvc_admit(struct ethvc_trunk *t, const struct ethvc_vc_name *vc,
	const struct co_media_params *media, struct ethvc_share *before)
{
	struct co_media_params wanted = *media;
	struct ethvc_share *s;

	*before = (struct ethvc_share){ 0 };
	if (is_nothing(t, vc, media))
		return CO_STATUS_SUCCESS;
	s = share_at(t, vc->cookie);
	*before = *s;
	if (promised(&media->rx) < s->rx)
		wanted.rx = (struct co_flowspec){ .peak_rate = s->rx };
	if (promised(&media->tx) < s->tx)
		wanted.tx = (struct co_flowspec){ .peak_rate = s->tx };
	return reserve(t, s, &wanted);
}

void
ethvc_admit_undo(
	struct ethvc_trunk *t, const struct ethvc_vc_name *vc, const struct ethvc_share *before)
{
	if (t->n_shares == 0)
		return;
	if (is_empty(before))
		ethvc_vc_release(t, vc->cookie);
	else
		set(t, share_at(t, vc->cookie), before);
}

/* ---- Life, and what there is to know. ---- */

bool
ethvc_shares_init(struct ethvc_trunk *t)
{
	t->shares = cp_mem_map_sparse(SHARES_SIZE);
	t->commons = cp_mem_map_sparse(COMMONS_SIZE);
	return t->shares != NULL && t->commons != NULL;
}

void
ethvc_shares_fini(struct ethvc_trunk *t)
{
	cp_mem_unmap_sparse(t->shares, SHARES_SIZE);
	cp_mem_unmap_sparse(t->commons, COMMONS_SIZE);
}

void
ethvc_trunk_admission(const struct ethvc_trunk *t, struct ethvc_admission *out)
{
	*out = (struct ethvc_admission){
		.bandwidth = t->config.bandwidth,
		.reserved_rx = t->reserved_rx,
		.reserved_tx = t->reserved_tx,
		.n_vcs = t->n_shares,
	};
	memcpy(out->refusals, t->refusals, sizeof(out->refusals));
}
