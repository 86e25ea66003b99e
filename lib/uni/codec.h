/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * Q.2931, Q.2971 and Q.2963.1 messages: octets to struct uni_msg and back.
 *
 * uni_msg_decode() looks at every element once and judges it (SIG-14, SIG-16..22 and the
 * table of section 5); typed contents are decoded again on demand (ie.h), which keeps the
 * message small and the common path short. uni_msg_reaction() says what section 6.2 wants
 * done about what was found. Nothing here allocates, keeps state or reads a clock. Any thread.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "uni/cause.h"
#include "uni/ie.h"

#define UNI_HEADER_SIZE 9
#define UNI_IE_HEADER_SIZE 4

/** Largest message looked at, octets: an SDU of SSCOP is not longer (SIG-10). */
#define UNI_MSG_SIZE_MAX 4096

/** Elements of a message of that size that has nothing but empty ones, and a rest. */
#define UNI_MSG_IES_MAX ((UNI_MSG_SIZE_MAX - UNI_HEADER_SIZE) / UNI_IE_HEADER_SIZE + 1)

/** Mandatory elements that one message can lack. */
#define UNI_MSG_MISSING_MAX 6

#define UNI_CREF_GLOBAL 0
#define UNI_CREF_DUMMY 0x7fffff

/** Message types, octet 6. */
enum uni_msg_type {
	UNI_MT_ALERTING = 0x01,
	UNI_MT_CALL_PROCEEDING = 0x02,
	UNI_MT_SETUP = 0x05,
	UNI_MT_CONNECT = 0x07,
	UNI_MT_CONNECT_ACK = 0x0f,
	UNI_MT_RESTART = 0x46,
	UNI_MT_RELEASE = 0x4d,
	UNI_MT_RESTART_ACK = 0x4e,
	UNI_MT_RELEASE_COMPLETE = 0x5a,
	UNI_MT_NOTIFY = 0x6e,
	UNI_MT_STATUS_ENQUIRY = 0x75,
	UNI_MT_STATUS = 0x7d,
	UNI_MT_ADD_PARTY = 0x80,
	UNI_MT_ADD_PARTY_ACK = 0x81,
	UNI_MT_ADD_PARTY_REJECT = 0x82,
	UNI_MT_DROP_PARTY = 0x83,
	UNI_MT_DROP_PARTY_ACK = 0x84,
	UNI_MT_PARTY_ALERTING = 0x85,
	UNI_MT_MODIFY_REQUEST = 0x88,
	UNI_MT_MODIFY_ACK = 0x89,
	UNI_MT_MODIFY_REJECT = 0x8a,
	UNI_MT_CONNECTION_AVAILABLE = 0x8b,
};

/** The message's name as in a summary, "RELEASE_COMPLETE"; "UNKNOWN" when it has none. */
const char *uni_msg_name(uint8_t type);

/** What became of the decoding of a message. */
enum uni_verdict {
	UNI_VERDICT_OK,
	UNI_VERDICT_IE_ERROR,     /**< Some element is at fault or missing. */
	UNI_VERDICT_UNKNOWN_TYPE, /**< SIG-47; its elements are not looked at. */
	UNI_VERDICT_DROP_SHORT,   /**< SIG-11, and the two below: nothing else is decoded. */
	UNI_VERDICT_DROP_PD,
	UNI_VERDICT_DROP_CRLEN,
};

/** What octet 2 of an element asks for when the element is at fault. */
enum uni_action {
	UNI_ACT_CLEAR,
	UNI_ACT_IGNORE,     /**< Discard the element. */
	UNI_ACT_REPORT,     /**< Discard the element and report. */
	UNI_ACT_MSG_IGNORE, /**< Discard the message. */
	UNI_ACT_MSG_REPORT, /**< Discard the message and report. */
	UNI_ACT_DEFAULT,    /**< No instruction. */
};

/** What octet 7 asks for about an unrecognised or unexpected message (SIG-15). */
static inline enum uni_action
uni_octet7_action(uint8_t octet7)
{
	if ((octet7 & 0x10) == 0)
		return UNI_ACT_DEFAULT;
	return (octet7 & 3) > UNI_ACT_REPORT ? UNI_ACT_REPORT : (enum uni_action)(octet7 & 3);
}

/** A message header. For one that is sent, octet7 0 stands for 80 (SIG-15). */
struct uni_header {
	uint32_t cref;   /**< 23 bits. */
	bool flag;       /**< SIG-12: false from the side that chose cref. */
	uint8_t type;    /**< enum uni_msg_type, or any octet received. */
	uint8_t octet7;  /**< Ext bit and instruction. */
	uint16_t length; /**< As received, octets after the header. */
};

/** What was found about one element. The first three are no fault. */
enum uni_ie_verdict {
	UNI_IE_GOOD,
	UNI_IE_ABSENT,  /**< Length 0 (SIG-18). */
	UNI_IE_DUP,     /**< One too many, ignored (SIG-20). */
	UNI_IE_UNKNOWN, /**< Unrecognised or not expected here (SIG-19). */
	UNI_IE_CONTENT, /**< Content error. */
	UNI_IE_ACCESS,  /**< Content error in an access element. */
	UNI_IE_CUT,     /**< The message ends inside the contents (SIG-14). */
	UNI_IE_STUB,    /**< The message ends inside the header (SIG-22). */
};

/** One element as it came. */
struct uni_ie_entry {
	uint16_t off;    /**< Of its identifier octet in the message. */
	uint16_t len;    /**< Declared octets of contents; of a stub 0. */
	uint8_t id;      /**< Identifier octet. */
	uint8_t octet2;  /**< Coding and instruction; of a stub without one 80. */
	uint8_t ie;      /**< enum uni_ie. */
	uint8_t verdict; /**< enum uni_ie_verdict. */
};

/**
 * A decoded message. It points into the octets it was decoded from and dies with them.
 * Never zeroed as a whole: of ie[] only n_ie entries are good, of first[] only those
 * whose bit in `good` is set.
 */
struct uni_msg {
	const uint8_t *octets;
	uint32_t n_octets;       /**< Header, elements and trail. */
	uint32_t trail;          /**< Octets beyond the declared length, not looked at (SIG-14). */
	uint32_t missing_octets; /**< Declared but not there. */
	struct uni_header hdr;
	uint8_t verdict; /**< enum uni_verdict. */
	uint8_t n_missing;
	uint8_t missing[UNI_MSG_MISSING_MAX]; /**< enum uni_ie, in the order of section 5. */
	uint16_t n_ie;
	uint16_t n_faults;            /**< Entries at fault. */
	uint32_t present;             /**< Bit per enum uni_ie: there, good or bad. */
	uint32_t good;                /**< Bit per enum uni_ie: there and good. */
	uint32_t mandatory;           /**< Bit per enum uni_ie: must be there, in this message. */
	uint16_t first[UNI_IE_COUNT]; /**< Entry of the first good instance. */
	struct uni_ie_entry ie[UNI_MSG_IES_MAX];
};

/**
 * Decode a message whose bytes may be anything.
 *
 * Octets beyond UNI_MSG_SIZE_MAX are not looked at.
 *
 * @return
 *   msg->verdict. With UNI_VERDICT_DROP_ nothing else in @p msg may be read.
 */
enum uni_verdict uni_msg_decode(struct uni_msg *msg, const uint8_t *octets, size_t len);

static inline bool
uni_msg_is_dropped(const struct uni_msg *msg)
{
	return msg->verdict >= UNI_VERDICT_DROP_SHORT;
}

/**
 * Count @p ie as mandatory because of what only the call knows: 5a in a first response
 * (SIG-31), 54 in a multipoint call, the cause of a first clearing message. To be called
 * before uni_msg_reaction(). Elements that section 5 does not list so are left alone.
 */
void uni_msg_require(struct uni_msg *msg, enum uni_ie ie);

static inline bool
uni_msg_has(const struct uni_msg *msg, enum uni_ie ie)
{
	return (msg->good & UNI_IE_BIT(ie)) != 0;
}

/** The first good instance, or NULL. */
static inline const struct uni_ie_entry *
uni_msg_find(const struct uni_msg *msg, enum uni_ie ie)
{
	return uni_msg_has(msg, ie) ? &msg->ie[msg->first[ie]] : NULL;
}

/** The next good instance after @p entry, or NULL. */
const struct uni_ie_entry *uni_msg_next(
	const struct uni_msg *msg, const struct uni_ie_entry *entry);

static inline enum uni_coding
uni_ie_coding(const struct uni_ie_entry *entry)
{
	return (enum uni_coding)(entry->octet2 >> 5 & 3);
}

/** What the element asks for when it is at fault; reserved codes are like "report". */
enum uni_action uni_ie_action(const struct uni_ie_entry *entry);

static inline bool
uni_ie_is_fault(const struct uni_ie_entry *entry)
{
	return entry->verdict >= UNI_IE_UNKNOWN;
}

/** Contents of an entry that is good, unknown, or has a content error: entry->len octets. */
static inline const uint8_t *
uni_msg_contents(const struct uni_msg *msg, const struct uni_ie_entry *entry)
{
	return msg->octets + entry->off + UNI_IE_HEADER_SIZE;
}

/** Octets of an entry that are there, its header included. */
uint32_t uni_msg_entry_size(const struct uni_msg *msg, const struct uni_ie_entry *entry);

/** Decode the contents of a good entry. */
void uni_msg_body(
	const struct uni_msg *msg, const struct uni_ie_entry *entry, union uni_ie_body *out);

/** Decode the first good instance of @p ie. False, and nothing stored, when there is none. */
bool uni_msg_get(const struct uni_msg *msg, enum uni_ie ie, union uni_ie_body *out);

/**
 * The @p nth good cause of a message, from 0. Without a first one: normal, unspecified,
 * from a user, no diagnostics (SIG-56, SIG-57, SIG-59), and false.
 */
bool uni_msg_cause(const struct uni_msg *msg, uint32_t nth, struct uni_cause *out);

/** What section 6.2 wants done with a message. */
enum uni_reaction {
	UNI_REACT_PROCESS, /**< And say nothing. */
	/**
	 * Process without the faulty elements, then STATUS with the cause. For a RELEASE
	 * the cause goes into the RELEASE COMPLETE instead (SIG-56, SIG-119).
	 */
	UNI_REACT_PROCESS_REPORT,
	UNI_REACT_CLEAR,        /**< Of SETUP: RELEASE COMPLETE; else RELEASE, if not clearing. */
	UNI_REACT_STATUS,       /**< STATUS with the cause, message ignored, no call is made. */
	UNI_REACT_IGNORE,       /**< Message ignored. */
	UNI_REACT_REJECT_PARTY, /**< ADD PARTY REJECT with the cause (SIG-58). */
};

/** The cause that a reaction carries. */
struct uni_fault {
	uint8_t cause; /**< 0 when there is nothing to carry. */
	uint8_t n_diag;
	uint8_t diag[UNI_CAUSE_DIAG_MAX]; /**< Identifiers (SIG-62). */
};

/**
 * Weigh all faults of a message and decide once (SIG-49..62). What stands before the
 * elements, SIG-40..48, is the call's business and comes first.
 */
enum uni_reaction uni_msg_reaction(const struct uni_msg *msg, struct uni_fault *out);

/** A message under way. */
struct uni_enc {
	uint8_t *buf;
	size_t size;
	size_t len;
	bool overflow; /**< Something did not fit; what is in buf is no message. */
};

/** Start a message; hdr->length is not used. */
void uni_enc_begin(struct uni_enc *e, void *buf, size_t size, const struct uni_header *hdr);

/** Append an element as it is, of which @p len octets of contents. */
void uni_enc_ie_raw(
	struct uni_enc *e, uint8_t id, uint8_t octet2, const uint8_t *contents, uint32_t len);

/**
 * Put the length in.
 *
 * @return
 *   Octets of the message, or -ENOSPC when something did not fit.
 */
int uni_enc_end(struct uni_enc *e);

/**
 * Encode a message from its decoded form, to the same octets.
 *
 * Good elements go through their structs, with octet 2 as it came. What has no typed form
 * is copied: elements at fault, empty or repeated, the trail, and the declared length when
 * octets are missing. A good element that its sender wrote in another way than we do
 * (subfields in another order, spare bits) is copied too.
 *
 * @param n_copied
 *   Good elements that were copied; may be NULL.
 * @return
 *   Octets written; -EBADMSG for a dropped message; -ENOSPC when @p size is too small.
 */
int uni_msg_reencode(const struct uni_msg *msg, void *buf, size_t size, uint32_t *n_copied);

/**
 * One line that says what is in the message: `verdict=ok flag=0 cref=1 mt=05 ...`.
 *
 * @return
 *   Its length without the terminating 0, or -ENOSPC when @p size is too small.
 */
int uni_msg_summary(char *out, size_t size, const struct uni_msg *msg);
