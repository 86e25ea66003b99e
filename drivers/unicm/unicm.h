/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * The stand-alone call manager: a protocol above a miniport that it does not know. It signals over
 * a VC that it opens on that miniport through the broker, activates and deactivates clients' VCs
 * there, and completes a close when the VC is deactivated (figure cm-20, CLOSE-18).
 *
 * It leaves its adapter in order when it is unbound (co_unbind(), co_halt()): its clients close
 * their AFs, the signalling link is released, its VC deleted, the binding closed.
 *
 * Control thread only.
 */

#include "callmgr/callmgr.h"

struct unicm;

/**
 * Register with the broker and bind to @p adapter, the trunk's miniport; the signalling VC is
 * @p signalling_label there. -EINVAL, -ENOMEM, -ENOSPC, -EIO when the broker or miniport refuses.
 */
int unicm_create(struct callmgr_env *env, struct co *co, co_adapter_t adapter,
	uint32_t signalling_label, const struct callmgr_params *params, struct unicm **out);

/**
 * After its clients have closed their AFs and callmgr_stop(): closes its signalling VC. Not needed
 * when it is unbound.
 */
void unicm_close(struct unicm *u);

/** When unicm_is_closed(). */
void unicm_destroy(struct unicm *u);

/** The signalling VC is deactivated and deleted. */
bool unicm_is_closed(const struct unicm *u);

struct callmgr *unicm_callmgr(struct unicm *u);
