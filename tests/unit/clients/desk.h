/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * A miniport call manager without a network, which answers as a test says: at once, later, or with
 * a refusal.
 */

#include <stdbool.h>
#include <stdint.h>

#include "condis/condis.h"

#define DESK_MAX_PARTIES 4096

/** What it can be asked. */
enum desk_op {
	DESK_OPEN_AF,
	DESK_CLOSE_AF,
	DESK_REGISTER_SAP,
	DESK_DEREGISTER_SAP,
	DESK_MAKE,
	DESK_ADD,
	DESK_DROP,
	DESK_CLOSE,
	DESK_MODIFY,
	DESK_OPS
};

struct desk {
	struct co *co;
	co_adapter_t adapter;
	enum co_status answers[DESK_OPS]; /**< SUCCESS at first. */
	uint32_t n[DESK_OPS];             /**< Asked so far. */
	uint32_t n_refuse[DESK_OPS];      /**< So many get CO_STATUS_NOT_ACCEPTED first. */
	/* What was asked for last. */
	co_af_t af;
	co_sap_t sap;
	co_vc_t vc;
	co_vc_t offered;
	co_party_t party;      /**< Made or added. */
	co_party_t dropped;    /**< Being dropped. */
	co_ctx_t closed_party; /**< That the close named; 0: none. */
	uint32_t data_size;    /**< That came with the drop or close. */
	uint32_t n_parties;    /**< Contexts given out. */
	uint32_t n_notify_complete;
	co_party_t parties[DESK_MAX_PARTIES]; /**< By context. */
};

/** Comes to the broker and offers its AF. */
void desk_open(struct desk *desk, struct co *co);

/** A close that pended ends. */
void desk_closed(struct desk *desk, co_vc_t vc, enum co_status status);

/** A VC for an offer to the client that registered the SAP last; its answer. */
enum co_status desk_offer(struct desk *desk, const char *to, co_vc_t *vc);
void desk_connect(struct desk *desk, co_vc_t vc);

/** A remote end. */
enum co_status desk_hang_up(struct desk *desk, co_vc_t vc);
enum co_status desk_leave(struct desk *desk, co_party_t party);
