/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * The miniport call manager (MCM) of a DPDK trunk: miniport and call manager in one driver. Its
 * signalling VC is its own and unknown to the broker; a close completes first, then the VC is
 * deactivated (figure fig1-20, CLOSE-19).
 *
 * Control thread only.
 */

#include "callmgr/callmgr.h"
#include "dataplane/dataplane.h"

struct ethmcm;

/** Registers the adapter and its AF with the broker. -EINVAL, -ENOMEM, -ENOSPC, -EIO. */
int ethmcm_create(struct callmgr_env *env, struct co *co, struct dp *dp, uint16_t trunk,
	uint32_t signalling_label, const struct callmgr_params *params, struct ethmcm **out);

/** After its clients have closed their AFs and callmgr_stop(): unlinks the signalling VC. */
void ethmcm_close(struct ethmcm *m);

/** The signalling VC is gone from the dataplane. */
bool ethmcm_is_closed(const struct ethmcm *m);
void ethmcm_destroy(struct ethmcm *m);

struct callmgr *ethmcm_callmgr(struct ethmcm *m);
co_adapter_t ethmcm_adapter(const struct ethmcm *m);
