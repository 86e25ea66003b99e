/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * What every client does alike: bindings to adapters, the AF it opens on each, the SAPs that it
 * registers. Control thread only.
 */

#include <stdbool.h>
#include <stdint.h>

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
