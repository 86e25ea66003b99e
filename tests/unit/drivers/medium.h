/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * What lies below the brokers of a chain: an adapter for each side, a medium between them, and the
 * call managers, which cannot be told apart from the adapters where they are MCMs. Each is linked
 * with one implementation: memory (medium_loopvc.c), or trunks of the real dataplane.
 */

#include "chain.h"

/** Sets ch->medium, and per side ch->adapter, ch->cm and ch->completes_first. */
void medium_create(struct chain *ch, const struct chain_config *config);

/** Callmgr parameters for a side of @p ch. */
void medium_callmgr_params(
	struct callmgr_params *params, enum chain_side side, const struct chain_config *config);

/** Frames cross, and what waits for the medium goes on. */
void medium_turn(struct chain *ch);

/** How the hardware behaves; all zero: it can do everything at once. */
struct medium_options {
	uint32_t delay_ms;         /**< Of the wire. */
	uint32_t activate_turns;   /**< 0: done at once. */
	uint32_t deactivate_turns; /**< At least so many. */
	uint32_t reset_turns;      /**< Stand-alone call managers only. */
	bool refuse_activation;
	bool refuse_change; /**< Of an active VC (ACT-5). */
	bool break_change;  /**< Likewise, and the old rates are gone too (QOS-8): MCMs only. */
	uint64_t rate_step; /**< Rates that can be had are multiples of it. */
	uint64_t rate_most; /**< And none is higher; 0: any. MCMs only. */
};

/** Where the medium is memory. */
void medium_set_options(struct chain *ch, const struct medium_options *options);

/** What the miniport meters on the VC with that label, of leaves any. */
struct co_vc_flow medium_flow(struct chain *ch, enum chain_side side, co_vc_t vc);

/** How many active VCs have @p label. */
unsigned int medium_n_active(struct chain *ch, enum chain_side side, uint32_t label);

/** VCs that call managers have at the brokers for themselves. */
unsigned int medium_n_own_vcs(const struct chain *ch);

/** The end begins: from here on the medium is at its best. */
void medium_settle(struct chain *ch);

/** Close the signalling VCs. */
void medium_close(struct chain *ch);
bool medium_is_closed(const struct chain *ch);

/** I4 */
void medium_expect_nothing_left(const struct chain *ch);
void medium_destroy(struct chain *ch);
