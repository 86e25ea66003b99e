/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * What is kept of a call that has ended, and its line: one JSON object. Plain data: any thread.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "condis/condis.h"

#define CALL_RECORD_UP 0x1u          /**< It has been up. */
#define CALL_RECORD_OUT 0x2u         /**< Made by its client; else it came in. */
#define CALL_RECORD_BY_CLIENT 0x4u   /**< Its client here ended it; else it heard of its end. */
#define CALL_RECORD_COUNTED 0x8u     /**< The counters are there. */
#define CALL_RECORD_MULTIPOINT 0x10u /**< The root of a call with parties. */
#define CALL_RECORD_PERMANENT 0x20u  /**< A PVC. */

#define CALL_RECORD_NO_LOCATION 0xffu
#define CALL_RECORD_DATA 129u  /**< Octets: protocol discriminator and user-user information. */
#define CALL_RECORD_LINE 1536u /**< Room for the longest line. */

struct call_record {
	uint64_t begun_ns, up_ns, ending_ns, over_ns; /**< The appliance's clock. */
	uint64_t rx, rx_octets, tx, tx_octets, drops; /**< Final: as in struct co_vc_statistics. */
	co_vc_t vc;
	uint32_t label; /**< UINT32_MAX: it never had one. */
	struct co_address from, to;
	char trunk[32];
	char client[12];
	uint8_t flags;  /**< CALL_RECORD_. */
	uint8_t status; /**< enum co_status of a refusal, or of an incoming close. */
	uint8_t cause;  /**< 0: none is known. */
	uint8_t location;
	uint16_t data_len;
	uint8_t data[CALL_RECORD_DATA];
};

/** Octets of @p record that count: all but data that it does not have. */
size_t call_record_size(const struct call_record *record);

/**
 * The line with its newline into @p out, of CALL_RECORD_LINE; times are @p epoch_ns of the wall's
 * clock later than the record has them. @return Octets.
 */
size_t call_record_print(const struct call_record *record, uint64_t epoch_ns, char *out);
