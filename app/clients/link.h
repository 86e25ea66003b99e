/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * What every client does alike: bindings to adapters, the AF it opens on each, the SAPs that it
 * registers, the deletion of its VCs. Control thread only.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/pool.h"
#include "condis/condis.h"

#define CLIENT_MAX_LINKS 64
#define CLIENT_MAX_SAPS 4096

struct client_link {
	co_adapter_t adapter;
	co_binding_t binding;
	co_af_t af; /**< CO_NONE: not open. */
};

struct client_links {
	struct co *co;
	uint32_t n;
	uint32_t n_saps;
	struct client_link links[CLIENT_MAX_LINKS];
	co_sap_t saps[CLIENT_MAX_SAPS];
};

/* From the handlers of the same names; an AF's context is its index here. */
void client_links_bound(struct client_links *l, co_binding_t binding, co_adapter_t adapter);
void client_links_notified(struct client_links *l, co_binding_t binding, enum co_af_type type);
void client_links_opened(
	struct client_links *l, co_ctx_t af_ctx, enum co_status status, co_af_t af);
void client_links_closed(struct client_links *l, co_ctx_t af_ctx, enum co_status status);

/** The link on @p adapter with an open AF, -ENETUNREACH. */
int client_links_find(const struct client_links *l, co_adapter_t adapter);

enum co_status client_links_register(
	struct client_links *l, co_adapter_t adapter, const struct co_address *address);

/** Deregister all SAPs, close all AFs; true when all are closed (AF-11: calls have gone before). */
bool client_links_shut(struct client_links *l);

/** What a client's record of a VC begins with. */
struct client_vc {
	co_vc_t vc;
	uint32_t reap_next;
	uint16_t link; /**< Index of its AF's link: an AF's context. */
};

/**
 * A client's VCs, and those of them that wait to be deleted: with an MCM a VC is still active when
 * its close completes, so its delete is refused, and tried again each turn (DEL-9).
 */
struct client_vcs {
	struct client_links *links;
	struct cp_pool pool; /**< Of records that begin with a struct client_vc. */
	uint32_t reap_head, reap_tail;
	/** The VC is deleted: give back what its record holds; the record goes then. NULL: nothing.
	 */
	void (*deleted)(void *arg, uint32_t handle);
	void *arg;
};

/** Delete the VC of @p handle and free its record, now or in a later turn. */
void client_vcs_delete(struct client_vcs *v, uint32_t handle);

/** Once a turn: try again, at most @p max of them. */
void client_vcs_turn(struct client_vcs *v, uint32_t max);
