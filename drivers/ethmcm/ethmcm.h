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
#include "ethvc/trunk.h"

struct ethmcm;

/** Registers the adapter and its AF with the broker. -EINVAL, -ENOMEM, -ENOSPC, -EIO. */
int ethmcm_create(struct callmgr_env *env, struct co *co, struct dp *dp, uint16_t trunk,
	uint32_t signalling_label, const struct callmgr_params *params, struct ethmcm **out);

/** After its clients have closed their AFs and callmgr_stop(): unlinks the signalling VC. */
void ethmcm_close(struct ethmcm *m);

/** Before the first VC: the trunk's port, and limits. -ENOMEM, -ENOENT, -EBUSY. */
int ethmcm_configure(struct ethmcm *m, const struct ethvc_config *config);

/** As ethvc_trunk_retune(). */
void ethmcm_retune(struct ethmcm *m, uint64_t bandwidth, const struct ethvc_excess *excess);

/** Once a turn of the control loop, behind dp_control_poll() and dp_reclaim_poll(). */
void ethmcm_turn(struct ethmcm *m, uint64_t now_ns);

/** Clients that hold packets of deactivated VCs for too long: for an alarm. */
void ethmcm_overdue(const struct ethmcm *m, struct ethvc_overdue *out);

/** What the trunk's VCs have reserved of its bandwidth. */
void ethmcm_admission(const struct ethmcm *m, struct ethvc_admission *out);

/** The trunk's port is no more (UNB-8). ethmcm_turn() finds out by itself where the device says so.
 */
void ethmcm_removed(struct ethmcm *m);

/** The signalling VC and all others are gone from the dataplane. */
bool ethmcm_is_closed(const struct ethmcm *m);
void ethmcm_destroy(struct ethmcm *m);

struct callmgr *ethmcm_callmgr(struct ethmcm *m);
co_adapter_t ethmcm_adapter(const struct ethmcm *m);
