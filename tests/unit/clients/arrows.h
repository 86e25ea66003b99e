/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * What clients ask of the broker, in order: the functions are interposed when a test is linked.
 * Only what was accepted is noted, one letter each.
 */

#include <stdint.h>

#include "condis/condis.h"

#define ARROWS_MAX 512

struct arrows {
	const struct co *co; /**< Whose are noted; NULL: nobody's. */
	char text[ARROWS_MAX];
	uint32_t n;
	uint32_t n_with_data;  /**< Drops and closes. */
	uint32_t n_refused;    /**< Likewise. */
	uint32_t n_registered; /**< SAPs. */
};

extern struct arrows arrows;

/** Of a broker: the call manager that registered its AF last, the client that opened its AF last.
 */
co_binding_t arrows_callmgr_of(const struct co *co);
co_binding_t arrows_client_of(const struct co *co);

/** How many of a letter there are. */
uint32_t arrows_count(char letter);

/*
 * d drop_party, c close_call, v delete_vc, s deregister_sap, a close_address_family,
 * n notify_close_address_family_complete, u close_adapter.
 */
void arrows_note(const struct co *co);
