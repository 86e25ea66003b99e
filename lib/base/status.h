/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * The status codes of the call model (contract, 3.8). Every function of the
 * contract returns one; every other function returns 0 or -errno.
 */

/** What became of a request. */
enum co_status {
	CO_STATUS_SUCCESS = 0,       /**< Done. */
	CO_STATUS_PENDING,           /**< Accepted, a completion follows. Never final (ASYNC-3). */
	CO_STATUS_FAILURE,           /**< Unspecific; stale handle; last party; AF busy. */
	CO_STATUS_NOT_ACCEPTED,      /**< Object in use, or request out of place. */
	CO_STATUS_CLOSING,           /**< Object is on its way out. */
	CO_STATUS_INVALID_DATA,      /**< Bad parameters or SAP; close data not possible here. */
	CO_STATUS_NOT_SUPPORTED,     /**< Role, medium or driver lacks the feature. */
	CO_STATUS_RESOURCES,         /**< Allocation failed; may work later. */
	CO_STATUS_REQUEST_ABORTED,   /**< Given up, for example by a reset. */
	CO_STATUS_SEND_ABORTED,      /**< Send cancelled by its id. */
	CO_STATUS_RESET_IN_PROGRESS, /**< Adapter resetting; retry later. */
	CO_STATUS_INVALID_OID,
	CO_STATUS_INVALID_LENGTH,
	CO_STATUS_BUFFER_TOO_SHORT,
	CO_STATUS_NOT_RECOGNIZED,
	CO_STATUS_CLOSING_INDICATING,
	CO_STATUS_RESET_START, /**< Indications from here on, never results. */
	CO_STATUS_RESET_END,
	CO_STATUS_MEDIA_CONNECT,
	CO_STATUS_MEDIA_DISCONNECT,
	CO_STATUS_COUNT
};

/** The code's name without its prefix, "SUCCESS"; "?" when out of range. Any thread. */
const char *co_status_name(enum co_status status);
