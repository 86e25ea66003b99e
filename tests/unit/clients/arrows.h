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
	co_binding_t callmgr;  /**< That registered its AF last, on any broker. */
	co_binding_t client;   /**< That opened its AF last. */
	uint32_t n_registered; /**< SAPs. */
};

extern struct arrows arrows;

/*
 * d drop_party, c close_call, v delete_vc, s deregister_sap, a close_address_family,
 * n notify_close_address_family_complete, u close_adapter.
 */
void arrows_note(const struct co *co);
