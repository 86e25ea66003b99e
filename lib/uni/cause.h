/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/** @file Cause values, their names, and the forms of their diagnostics (sections 4.1 and 7). */

#include <stdbool.h>
#include <stdint.h>

struct uni_cause;

/** Cause values of section 7. */
enum uni_cause_value {
	UNI_CAUSE_UNASSIGNED_NUMBER = 1,
	UNI_CAUSE_NO_ROUTE_TRANSIT = 2,
	UNI_CAUSE_NO_ROUTE = 3,
	UNI_CAUSE_VC_UNACCEPTABLE = 10,
	UNI_CAUSE_NORMAL = 16,
	UNI_CAUSE_USER_BUSY = 17,
	UNI_CAUSE_NO_USER_RESPONDING = 18,
	UNI_CAUSE_NO_ANSWER = 19,
	UNI_CAUSE_CALL_REJECTED = 21,
	UNI_CAUSE_NUMBER_CHANGED = 22,
	UNI_CAUSE_CLIR_REJECTED = 23, /**< User rejects calls with a restricted calling number. */
	UNI_CAUSE_OUT_OF_ORDER = 27,
	UNI_CAUSE_INVALID_NUMBER = 28,
	UNI_CAUSE_STATUS_RESPONSE = 30, /**< Response to STATUS ENQUIRY. */
	UNI_CAUSE_UNSPECIFIED = 31,
	UNI_CAUSE_TOO_MANY_ADD_PARTY_Q2971 = 32, /**< Accepted as 92. */
	UNI_CAUSE_VC_NOT_AVAILABLE = 35,
	UNI_CAUSE_VC_ASSIGNMENT = 36,
	UNI_CAUSE_RATE_NOT_AVAILABLE = 37,
	UNI_CAUSE_NETWORK_OUT_OF_ORDER = 38,
	UNI_CAUSE_TEMPORARY_FAILURE = 41,
	UNI_CAUSE_ACCESS_INFO_DISCARDED = 43,
	UNI_CAUSE_NO_VC = 45,
	UNI_CAUSE_NO_RESOURCE = 47,
	UNI_CAUSE_QOS_UNAVAILABLE = 49,
	UNI_CAUSE_RATE_NOT_AVAILABLE_UNI30 = 51, /**< Accepted as 37. */
	UNI_CAUSE_BEARER_NOT_AUTHORISED = 57,
	UNI_CAUSE_BEARER_NOT_AVAILABLE = 58,
	UNI_CAUSE_SERVICE_NOT_AVAILABLE = 63,
	UNI_CAUSE_BEARER_NOT_IMPLEMENTED = 65,
	UNI_CAUSE_TRAFFIC_UNSUPPORTED = 73,
	UNI_CAUSE_AAL_UNSUPPORTED = 78,
	UNI_CAUSE_SERVICE_NOT_IMPLEMENTED = 79,
	UNI_CAUSE_INVALID_CREF = 81,
	UNI_CAUSE_NO_CHANNEL = 82,
	UNI_CAUSE_INCOMPATIBLE_DESTINATION = 88,
	UNI_CAUSE_INVALID_EPREF = 89,
	UNI_CAUSE_INVALID_TNS = 91,
	UNI_CAUSE_TOO_MANY_ADD_PARTY = 92,
	UNI_CAUSE_AAL_UNSUPPORTED_UNI30 = 93, /**< Accepted as 78. */
	UNI_CAUSE_INVALID_MESSAGE = 95,
	UNI_CAUSE_IE_MISSING = 96,
	UNI_CAUSE_MSG_UNKNOWN = 97,
	UNI_CAUSE_IE_UNKNOWN = 99,
	UNI_CAUSE_IE_CONTENT = 100,
	UNI_CAUSE_MSG_STATE = 101, /**< Message not compatible with call state. */
	UNI_CAUSE_TIMER = 102,     /**< Recovery on timer expiry. */
	UNI_CAUSE_MSG_LENGTH = 104,
	UNI_CAUSE_PROTOCOL_ERROR = 111,
	UNI_CAUSE_INTERWORKING = 127,
};

/** "normal call clearing"; of a value not in section 7 the name of its class's last one. */
const char *uni_cause_name(uint8_t value);

/** "public network serving the local user"; "reserved" when the code has no meaning. */
const char *uni_cause_location_name(uint8_t location);

/**
 * The value to act by: one not in section 7 counts as the last of its class (SIG-24), and
 * the values of older standards as today's. What is passed up stays what came.
 */
uint8_t uni_cause_effective(uint8_t value);

/** How diagnostics are to be read. */
enum uni_diag_form {
	UNI_DIAG_NONE,        /**< There are none. */
	UNI_DIAG_RAW,         /**< No form is known, or they do not fit it (SIG-25). */
	UNI_DIAG_COND,        /**< provider, abnormal, condition */
	UNI_DIAG_TNS,         /**< Raw: transit network identification. */
	UNI_DIAG_REJECT_USER, /**< reason, condition, and the user's own octet */
	UNI_DIAG_REJECT_IE,   /**< reason, condition, and an element identifier in octet */
	UNI_DIAG_NUMBER,      /**< Raw: a called party number as a whole element. */
	UNI_DIAG_RATES,       /**< Raw: subfield identifiers of the traffic descriptor. */
	UNI_DIAG_IES,         /**< Raw: element identifiers. */
	UNI_DIAG_ATTRIBUTES,  /**< Raw: bearer attributes. */
	UNI_DIAG_CHANNEL,     /**< vpci, vci */
	UNI_DIAG_PARAMETER,   /**< octet */
	UNI_DIAG_MSG_TYPE,    /**< octet */
	UNI_DIAG_TIMER,       /**< Raw: three digits. */
};

/** Diagnostics taken apart; which members count is told by the form. */
struct uni_diag {
	uint8_t form; /**< enum uni_diag_form. */
	bool user;    /**< P-U: the user, not the provider. */
	bool abnormal;
	uint8_t condition; /**< 0 unknown, 1 permanent, 2 transient. */
	uint8_t reason;    /**< 0 user specific, 1 element missing, 2 element insufficient. */
	uint8_t octet;
	uint16_t vpci;
	uint16_t vci;
};

/** Take the diagnostics of @p cause apart. Never an error (SIG-25). */
void uni_cause_diag(struct uni_diag *out, const struct uni_cause *cause);
