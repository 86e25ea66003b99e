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
