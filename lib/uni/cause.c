/* SPDX-License-Identifier: BSD-3-Clause */
#include "uni/cause.h"

#include <stddef.h>

#include "base/bytes.h"
#include "uni/ie.h"

static const char *const names[128] = {
	[UNI_CAUSE_UNASSIGNED_NUMBER] = "unassigned number",
	[UNI_CAUSE_NO_ROUTE_TRANSIT] = "no route to transit network",
	[UNI_CAUSE_NO_ROUTE] = "no route to destination",
	[UNI_CAUSE_VC_UNACCEPTABLE] = "VPCI/VCI unacceptable",
	[UNI_CAUSE_NORMAL] = "normal call clearing",
	[UNI_CAUSE_USER_BUSY] = "user busy",
	[UNI_CAUSE_NO_USER_RESPONDING] = "no user responding",
	[UNI_CAUSE_NO_ANSWER] = "no answer from user",
	[UNI_CAUSE_CALL_REJECTED] = "call rejected",
	[UNI_CAUSE_NUMBER_CHANGED] = "number changed",
	[UNI_CAUSE_CLIR_REJECTED] = "user rejects calls with restricted calling number",
	[UNI_CAUSE_OUT_OF_ORDER] = "destination out of order",
	[UNI_CAUSE_INVALID_NUMBER] = "invalid number format",
	[UNI_CAUSE_STATUS_RESPONSE] = "response to STATUS ENQUIRY",
	[UNI_CAUSE_UNSPECIFIED] = "normal, unspecified",
	[UNI_CAUSE_TOO_MANY_ADD_PARTY_Q2971] = "too many pending add party requests",
	[UNI_CAUSE_VC_NOT_AVAILABLE] = "requested VPCI/VCI not available",
	[UNI_CAUSE_VC_ASSIGNMENT] = "VPCI/VCI assignment failure",
	[UNI_CAUSE_RATE_NOT_AVAILABLE] = "user cell rate not available",
	[UNI_CAUSE_NETWORK_OUT_OF_ORDER] = "network out of order",
	[UNI_CAUSE_TEMPORARY_FAILURE] = "temporary failure",
	[UNI_CAUSE_ACCESS_INFO_DISCARDED] = "access information discarded",
	[UNI_CAUSE_NO_VC] = "no VPCI/VCI available",
	[UNI_CAUSE_NO_RESOURCE] = "resource unavailable",
	[UNI_CAUSE_QOS_UNAVAILABLE] = "quality of service unavailable",
	[UNI_CAUSE_RATE_NOT_AVAILABLE_UNI30] = "user cell rate not available",
	[UNI_CAUSE_BEARER_NOT_AUTHORISED] = "bearer capability not authorised",
	[UNI_CAUSE_BEARER_NOT_AVAILABLE] = "bearer capability not presently available",
	[UNI_CAUSE_SERVICE_NOT_AVAILABLE] = "service or option not available",
	[UNI_CAUSE_BEARER_NOT_IMPLEMENTED] = "bearer capability not implemented",
	[UNI_CAUSE_TRAFFIC_UNSUPPORTED] = "unsupported combination of traffic parameters",
	[UNI_CAUSE_AAL_UNSUPPORTED] = "AAL parameters cannot be supported",
	[UNI_CAUSE_SERVICE_NOT_IMPLEMENTED] = "service or option not implemented",
	[UNI_CAUSE_INVALID_CREF] = "invalid call reference value",
	[UNI_CAUSE_NO_CHANNEL] = "identified channel does not exist",
	[UNI_CAUSE_INCOMPATIBLE_DESTINATION] = "incompatible destination",
	[UNI_CAUSE_INVALID_EPREF] = "invalid endpoint reference",
	[UNI_CAUSE_INVALID_TNS] = "invalid transit network selection",
	[UNI_CAUSE_TOO_MANY_ADD_PARTY] = "too many pending add party requests",
	[UNI_CAUSE_AAL_UNSUPPORTED_UNI30] = "AAL parameters cannot be supported",
	[UNI_CAUSE_INVALID_MESSAGE] = "invalid message, unspecified",
	[UNI_CAUSE_IE_MISSING] = "mandatory information element missing",
	[UNI_CAUSE_MSG_UNKNOWN] = "message type unknown or not implemented",
	[UNI_CAUSE_IE_UNKNOWN] = "information element unknown or not implemented",
	[UNI_CAUSE_IE_CONTENT] = "invalid information element contents",
	[UNI_CAUSE_MSG_STATE] = "message not compatible with call state",
	[UNI_CAUSE_TIMER] = "recovery on timer expiry",
	[UNI_CAUSE_MSG_LENGTH] = "incorrect message length",
	[UNI_CAUSE_PROTOCOL_ERROR] = "protocol error, unspecified",
	[UNI_CAUSE_INTERWORKING] = "interworking, unspecified",
};

/* Bits 7-5 of the value; the classes 0 and 1 are one. */
static const uint8_t last_of_class[8] = {
	UNI_CAUSE_UNSPECIFIED,
	UNI_CAUSE_UNSPECIFIED,
	UNI_CAUSE_NO_RESOURCE,
	UNI_CAUSE_SERVICE_NOT_AVAILABLE,
	UNI_CAUSE_SERVICE_NOT_IMPLEMENTED,
	UNI_CAUSE_INVALID_MESSAGE,
	UNI_CAUSE_PROTOCOL_ERROR,
	UNI_CAUSE_INTERWORKING,
};

uint8_t
uni_cause_effective(uint8_t value)
{
	value &= 0x7f;
	switch (value) {
	case UNI_CAUSE_TOO_MANY_ADD_PARTY_Q2971:
		return UNI_CAUSE_TOO_MANY_ADD_PARTY;
	case UNI_CAUSE_RATE_NOT_AVAILABLE_UNI30:
		return UNI_CAUSE_RATE_NOT_AVAILABLE;
	case UNI_CAUSE_AAL_UNSUPPORTED_UNI30:
		return UNI_CAUSE_AAL_UNSUPPORTED;
	default:
		return names[value] != NULL ? value : last_of_class[value >> 4];
	}
}

const char *
uni_cause_name(uint8_t value)
{
	return names[uni_cause_effective(value)];
}

const char *
uni_cause_location_name(uint8_t location)
{
	static const char *const locations[16] = {
		[0x0] = "user",
		[0x1] = "private network serving the local user",
		[0x2] = "public network serving the local user",
		[0x3] = "transit network",
		[0x4] = "public network serving the remote user",
		[0x5] = "private network serving the remote user",
		[0x7] = "international network",
		[0xa] = "network beyond an interworking point",
	};
	const char *name = locations[location & 0xf];

	return name != NULL ? name : "reserved";
}

/* The table of 4.1. Values that are not here have no form. */
static const uint8_t form_of_value[128] = {
	[UNI_CAUSE_UNASSIGNED_NUMBER] = UNI_DIAG_COND,
	[UNI_CAUSE_NO_ROUTE] = UNI_DIAG_COND,
	[UNI_CAUSE_NORMAL] = UNI_DIAG_COND,
	[UNI_CAUSE_QOS_UNAVAILABLE] = UNI_DIAG_COND,
	[UNI_CAUSE_NO_ROUTE_TRANSIT] = UNI_DIAG_TNS,
	[UNI_CAUSE_CALL_REJECTED] = UNI_DIAG_REJECT_USER,
	[UNI_CAUSE_NUMBER_CHANGED] = UNI_DIAG_NUMBER,
	[UNI_CAUSE_RATE_NOT_AVAILABLE] = UNI_DIAG_RATES,
	[UNI_CAUSE_ACCESS_INFO_DISCARDED] = UNI_DIAG_IES,
	[UNI_CAUSE_INVALID_EPREF] = UNI_DIAG_IES,
	[UNI_CAUSE_IE_MISSING] = UNI_DIAG_IES,
	[UNI_CAUSE_IE_UNKNOWN] = UNI_DIAG_IES,
	[UNI_CAUSE_IE_CONTENT] = UNI_DIAG_IES,
	[UNI_CAUSE_BEARER_NOT_AUTHORISED] = UNI_DIAG_ATTRIBUTES,
	[UNI_CAUSE_BEARER_NOT_AVAILABLE] = UNI_DIAG_ATTRIBUTES,
	[UNI_CAUSE_BEARER_NOT_IMPLEMENTED] = UNI_DIAG_ATTRIBUTES,
	[UNI_CAUSE_NO_CHANNEL] = UNI_DIAG_CHANNEL,
	[UNI_CAUSE_INCOMPATIBLE_DESTINATION] = UNI_DIAG_PARAMETER,
	[103] = UNI_DIAG_PARAMETER,
	[110] = UNI_DIAG_PARAMETER,
	[UNI_CAUSE_MSG_UNKNOWN] = UNI_DIAG_MSG_TYPE,
	[98] = UNI_DIAG_MSG_TYPE,
	[UNI_CAUSE_MSG_STATE] = UNI_DIAG_MSG_TYPE,
	[UNI_CAUSE_TIMER] = UNI_DIAG_TIMER,
};

static bool
read_condition(struct uni_diag *out, const uint8_t *d, uint8_t n)
{
	if (n != 1 || (d[0] & 0xf0) != 0x80 || (d[0] & 3) == 3)
		return false;
	out->user = (d[0] & 8) != 0;
	out->abnormal = (d[0] & 4) != 0;
	out->condition = d[0] & 3;
	return true;
}

static bool
read_rejection(struct uni_diag *out, const uint8_t *d, uint8_t n)
{
	if (n != 2 || (d[0] & 0x80) == 0 || (d[0] & 3) == 3 || (d[0] >> 2 & 0x1f) > 2)
		return false;
	out->reason = d[0] >> 2 & 0x1f;
	out->condition = d[0] & 3;
	out->octet = d[1];
	if (out->reason != 0)
		out->form = UNI_DIAG_REJECT_IE;
	return true;
}

static bool
read_channel(struct uni_diag *out, const uint8_t *d, uint8_t n)
{
	if (n != 4)
		return false;
	out->vpci = cp_get_be16(d);
	out->vci = cp_get_be16(d + 2);
	return true;
}

static bool
is_three_digits(const uint8_t *d, uint8_t n)
{
	if (n != 3)
		return false;
	for (uint8_t i = 0; i < n; i++)
		if (d[i] < '0' || d[i] > '9')
			return false;
	return true;
}

static bool
read_form(struct uni_diag *out, const uint8_t *d, uint8_t n)
{
	switch (out->form) {
	case UNI_DIAG_COND:
		return read_condition(out, d, n);
	case UNI_DIAG_REJECT_USER:
		return read_rejection(out, d, n);
	case UNI_DIAG_CHANNEL:
		return read_channel(out, d, n);
	case UNI_DIAG_TIMER:
		return is_three_digits(d, n);
	case UNI_DIAG_PARAMETER:
	case UNI_DIAG_MSG_TYPE:
		out->octet = d[0];
		return n == 1;
	default:
		return out->form != UNI_DIAG_NONE;
	}
}

void
uni_cause_diag(struct uni_diag *out, const struct uni_cause *cause)
{
	*out = (struct uni_diag){ 0 };
	if (cause->n_diag == 0)
		return;
	out->form = form_of_value[cause->value & 0x7f];
	if (!read_form(out, cause->diag, cause->n_diag))
		out->form = UNI_DIAG_RAW;
}
