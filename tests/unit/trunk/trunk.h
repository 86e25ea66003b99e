/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * The wire of a chain made of the real thing: two trunks of one dataplane, joined ring to ring, an
 * ethmcm or an ethvc with a unicm on each. A worker carries the frames; an idle one next to it can
 * be held back, and with it every grace period, while the traffic goes on.
 */

#include "../dataplane/fixture.h"
#include "../drivers/chain.h"
#include "ethvc/trunk.h"

#define TRUNK_N_CIRCUITS 100u

/** The dataplane below; the user side is EAST, the network side WEST. */
struct net *trunk_net(const struct chain *ch);

/** Hold the idle worker back, or let it turn again. */
void trunk_hold(struct chain *ch, bool hold);

/** Unlinked and waiting for a grace period. */
uint32_t trunk_n_pending(const struct chain *ch);

/** Of the side's adapter. */
void trunk_overdue(const struct chain *ch, enum chain_side side, struct ethvc_overdue *out);

/** What calls have reserved of the side's trunk. */
void trunk_admission(const struct chain *ch, enum chain_side side, struct ethvc_admission *out);

static inline enum net_port
trunk_port(enum chain_side side)
{
	return side == USER ? EAST : WEST;
}

static inline uint16_t
trunk_of(const struct net *net, enum chain_side side)
{
	return side == USER ? net->east : net->west;
}
