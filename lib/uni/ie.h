/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once

/**
 * @file
 * The typed contents of every information element (signalling rules, section 4).
 *
 * uni_ie_decode_X() checks contents against section 4 and fills its struct; uni_enc_ie_X()
 * writes the whole element, header included, into a message under way (codec.h). Neither
 * allocates. What a struct points to lies in the octets it was decoded from and dies with
 * them. Optional fields are good only when their bit in `has`, or their flag, says so;
 * the others are left as they were, not zeroed. Any thread.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct uni_enc;

/** Our elements, numbered densely, so that a set of them is a 32-bit mask. */
enum uni_ie {
	UNI_IE_NONE,       /**< Not an element that is recognised here. */
	UNI_IE_CAUSE,      /**< 08 */
	UNI_IE_CALLSTATE,  /**< 14 */
	UNI_IE_NOTIFY,     /**< 27 notification indicator */
	UNI_IE_EETD,       /**< 42 end-to-end transit delay */
	UNI_IE_CONNED,     /**< 4c connected number */
	UNI_IE_CONNEDSUB,  /**< 4d connected subaddress */
	UNI_IE_EPREF,      /**< 54 endpoint reference */
	UNI_IE_EPSTATE,    /**< 55 endpoint state */
	UNI_IE_AAL,        /**< 58 AAL parameters */
	UNI_IE_TRAFFIC,    /**< 59 traffic descriptor */
	UNI_IE_CONNID,     /**< 5a connection identifier */
	UNI_IE_QOS,        /**< 5c QoS parameter */
	UNI_IE_BHLI,       /**< 5d high-layer information */
	UNI_IE_BEARER,     /**< 5e bearer capability */
	UNI_IE_BLLI,       /**< 5f low-layer information */
	UNI_IE_SCOMPL,     /**< 62 sending complete */
	UNI_IE_REPEAT,     /**< 63 repeat indicator */
	UNI_IE_CALLING,    /**< 6c calling party number */
	UNI_IE_CALLINGSUB, /**< 6d calling party subaddress */
	UNI_IE_CALLED,     /**< 70 called party number */
	UNI_IE_CALLEDSUB,  /**< 71 called party subaddress */
	UNI_IE_TNS,        /**< 78 transit network selection */
	UNI_IE_RESTART,    /**< 79 restart indicator */
	UNI_IE_UU,         /**< 7e user-user */
	UNI_IE_GIT,        /**< 7f generic identifier transport */
	UNI_IE_REPORT,     /**< 89 report type */
	UNI_IE_EXQOS,      /**< ec extended QoS parameters */
	UNI_IE_COUNT
};

#define UNI_IE_BIT(ie) (UINT32_C(1) << (ie))

/** Coding standard, bits 7-6 of the second octet of an element. */
enum uni_coding {
	UNI_CODING_ITU,
	UNI_CODING_ISO,
	UNI_CODING_NATIONAL,
	UNI_CODING_NETWORK,
};

/** What is fixed about an element. */
struct uni_ie_info {
	const char *name; /**< As in a summary, "cause". */
	uint16_t min;     /**< Fewest octets of contents. */
	uint16_t max;     /**< Most octets of contents. */
	uint8_t id;       /**< Identifier octet. */
	uint8_t codings;  /**< Bit n: coding standard n is recognised. */
	bool access;      /**< Passed through; bad contents are cause 43, not 100 (SIG-54). */
	bool is_free;     /**< Contents within these bounds are good, whatever they say. */
};

extern const struct uni_ie_info uni_ie_info[UNI_IE_COUNT];

/** The element of an identifier octet, enum uni_ie; UNI_IE_NONE when there is none. */
extern const uint8_t uni_ie_of_id[256];

/** The identifier octet of @p ie, as it stands in diagnostics. */
static inline uint8_t
uni_ie_id(enum uni_ie ie)
{
	return uni_ie_info[ie].id;
}

/** Cause 08 (4.1). */
struct uni_cause {
	uint8_t coding; /**< UNI_CODING_ITU or UNI_CODING_NETWORK. */
	uint8_t location;
	uint8_t value;
	uint8_t n_diag;      /**< Octets of diagnostics, 28 at most. */
	const uint8_t *diag; /**< Raw; uni_cause_diag() reads them (cause.h). */
};

#define UNI_CAUSE_DIAG_MAX 28

/** Endpoint reference 54. */
struct uni_epref {
	uint16_t value; /**< 15 bits. */
	bool flag;      /**< As SIG-12: false from the side that chose the value. */
};

/** Preferred or exclusive, in a connection identifier. */
enum uni_connid_pref {
	UNI_CONNID_EXCLUSIVE = 0,
	UNI_CONNID_ANY_VCI = 1,
	UNI_CONNID_NO_VCI = 4,
};

#define UNI_CONNID_VP_ASSOCIATED 0
#define UNI_CONNID_EXPLICIT 1

/** Connection identifier 5a. */
struct uni_connid {
	uint8_t assoc; /**< UNI_CONNID_VP_ASSOCIATED or UNI_CONNID_EXPLICIT. */
	uint8_t pref;  /**< enum uni_connid_pref. */
	uint16_t vpci;
	uint16_t vci;
};

#define UNI_NUMBER_TON_UNKNOWN 0
#define UNI_NUMBER_TON_INTERNATIONAL 1
#define UNI_NUMBER_PLAN_E164 1
#define UNI_NUMBER_PLAN_AESA 2
#define UNI_NUMBER_E164_MAX 15
#define UNI_NUMBER_AESA_SIZE 20

/** Called, calling and connected number 70, 6c, 4c. */
struct uni_number {
	uint8_t ton;
	uint8_t plan;    /**< With ton: E.164 digits (1, 1) or an end system address (0, 2). */
	bool has_screen; /**< Presentation and screening are there (6c, 4c). */
	uint8_t pres;
	uint8_t screen;
	uint8_t n_digits; /**< IA5 digits, or UNI_NUMBER_AESA_SIZE octets. */
	uint8_t digits[UNI_NUMBER_AESA_SIZE];
};

#define UNI_SUBADDR_NSAP 0
#define UNI_SUBADDR_AESA 1

/** Called, calling and connected subaddress 71, 6d, 4d. */
struct uni_subaddr {
	uint8_t type; /**< UNI_SUBADDR_NSAP or UNI_SUBADDR_AESA. */
	bool odd;
	uint8_t n_addr;
	uint8_t addr[20];
};

#define UNI_AAL_VOICE 0x00
#define UNI_AAL_1 0x01
#define UNI_AAL_2 0x02
#define UNI_AAL_3_4 0x03
#define UNI_AAL_5 0x05
#define UNI_AAL_USER 0x10

/** Subfields of the AAL parameters. */
enum uni_aal_field {
	UNI_AAL_SUBTYPE,
	UNI_AAL_RATE,
	UNI_AAL_MULT,
	UNI_AAL_SCREC, /**< Source clock recovery. */
	UNI_AAL_ECM,   /**< Error correction method. */
	UNI_AAL_BSIZE, /**< Block size. */
	UNI_AAL_PART,  /**< Octets of a partially filled cell. */
	UNI_AAL_FWD,   /**< Largest forward CPCS-SDU, octets. */
	UNI_AAL_BWD,
	UNI_AAL_MID, /**< Lowest MID << 16 | highest. */
	UNI_AAL_SSCS,
	UNI_AAL_FIELDS
};

/** AAL parameters 58. */
struct uni_aal {
	uint8_t type; /**< UNI_AAL_VOICE .. UNI_AAL_USER. */
	uint8_t n_user;
	uint8_t user[4]; /**< Of type UNI_AAL_USER. */
	uint32_t has;    /**< Bit n: value[n] is there. */
	uint32_t value[UNI_AAL_FIELDS];
};

/** Subfields of the traffic descriptor; even ones forward, the next backward. */
enum uni_traffic_field {
	UNI_TRAFFIC_FPCR0, /**< Peak rate, CLP 0. */
	UNI_TRAFFIC_BPCR0,
	UNI_TRAFFIC_FPCR01, /**< Peak rate, CLP 0+1. */
	UNI_TRAFFIC_BPCR01,
	UNI_TRAFFIC_FSCR0, /**< Sustainable rate. */
	UNI_TRAFFIC_BSCR0,
	UNI_TRAFFIC_FSCR01,
	UNI_TRAFFIC_BSCR01,
	UNI_TRAFFIC_FMCR01, /**< Minimum rate. */
	UNI_TRAFFIC_BMCR01,
	UNI_TRAFFIC_FMBS0, /**< Burst size, cells. */
	UNI_TRAFFIC_BMBS0,
	UNI_TRAFFIC_FMBS01,
	UNI_TRAFFIC_BMBS01,
	UNI_TRAFFIC_RATES,
	UNI_TRAFFIC_BE = UNI_TRAFFIC_RATES, /**< Best effort, no value. */
	UNI_TRAFFIC_OPTIONS,                /**< UNI_TRAFFIC_OPT_. */
	UNI_TRAFFIC_FIELDS
};

#define UNI_TRAFFIC_OPT_FFD 0x80  /**< Forward frame discard. */
#define UNI_TRAFFIC_OPT_BFD 0x40  /**< Backward frame discard. */
#define UNI_TRAFFIC_OPT_BTAG 0x02 /**< Backward tagging. */
#define UNI_TRAFFIC_OPT_FTAG 0x01 /**< Forward tagging. */

/** Traffic descriptor 59. Rates as carried, cells per second (SIG-35). */
struct uni_traffic {
	uint32_t has; /**< Bit n: value[n] is there. */
	uint32_t value[UNI_TRAFFIC_FIELDS];
};

/** The identifier octet of a subfield of the traffic descriptor, for cause 37. */
uint8_t uni_traffic_field_id(enum uni_traffic_field field);

/** Whether the subfields are a set that a SETUP may have (SIG-34); else cause 73. */
bool uni_traffic_is_supported(const struct uni_traffic *t);

#define UNI_BEARER_A 0x01
#define UNI_BEARER_C 0x03
#define UNI_BEARER_X 0x10
#define UNI_BEARER_TRANSPARENT_VP 0x18

/** Broadband bearer capability 5e. */
struct uni_bearer {
	uint8_t cls; /**< UNI_BEARER_. */
	bool has_atc;
	uint8_t atc;     /**< Transfer capability. */
	bool clip;       /**< Susceptible to clipping. */
	bool multipoint; /**< User-plane configuration. */
};

/** QoS parameter 5c. */
struct uni_qos {
	uint8_t coding; /**< Network coding has classes 0..4, ITU-T only 0. */
	uint8_t fwd;
	uint8_t bwd;
};

/** Subfields of the extended QoS parameters. */
enum uni_exqos_field {
	UNI_EXQOS_FACDV, /**< Acceptable forward CDV, microseconds. */
	UNI_EXQOS_BACDV,
	UNI_EXQOS_FCCDV, /**< Cumulative forward CDV. */
	UNI_EXQOS_BCCDV,
	UNI_EXQOS_FACLR, /**< Acceptable forward loss ratio, a negative power of ten. */
	UNI_EXQOS_BACLR,
	UNI_EXQOS_FIELDS
};

#define UNI_EXQOS_ANY_CDV 0xffffff
#define UNI_EXQOS_ANY_CLR 0xff

/** Extended QoS parameters ec. */
struct uni_exqos {
	uint8_t origin; /**< 0 user, 1 intermediate network. */
	uint32_t has;
	uint32_t value[UNI_EXQOS_FIELDS];
};

/** Subfields of the end-to-end transit delay. */
enum uni_eetd_field {
	UNI_EETD_CUM, /**< Cumulative, milliseconds; always there. */
	UNI_EETD_MAX,
	UNI_EETD_NETGEN, /**< Network generated, no value. */
	UNI_EETD_FIELDS
};

#define UNI_EETD_ANY_MAX 0xffff

/** End-to-end transit delay 42. */
struct uni_eetd {
	uint8_t coding;
	uint32_t has;
	uint32_t value[UNI_EETD_FIELDS];
};

/** High-layer information 5d. */
struct uni_bhli {
	uint8_t type; /**< 0 ISO, 1 user, 3 vendor. */
	uint8_t n_info;
	uint8_t info[8];
};

/** Parts of the low-layer information, bits of uni_blli.has. */
#define UNI_BLLI_L1 0x001
#define UNI_BLLI_L2 0x002
#define UNI_BLLI_L2_MODE 0x004 /**< Mode and Q.933 use. */
#define UNI_BLLI_L2_WIN 0x008
#define UNI_BLLI_L2_USER 0x010
#define UNI_BLLI_L3 0x020
#define UNI_BLLI_L3_MODE 0x040
#define UNI_BLLI_L3_PACKET 0x080
#define UNI_BLLI_L3_WIN 0x100
#define UNI_BLLI_L3_USER 0x200
#define UNI_BLLI_L3_IPI 0x400
#define UNI_BLLI_L3_SNAP 0x800

/** Low-layer information 5f. */
struct uni_blli {
	uint16_t has;
	uint8_t l1;
	uint8_t l2;
	uint8_t l2_mode;
	uint8_t l2_q933;
	uint8_t l2_win;
	uint8_t l2_user;
	uint8_t l3;
	uint8_t l3_mode;
	uint8_t l3_packet;
	uint8_t l3_win;
	uint8_t l3_user;
	uint8_t l3_ipi;
	uint16_t pid;
	uint32_t oui;
};

/** Transit network selection 78. */
struct uni_tns {
	uint8_t coding;
	uint8_t n_digits; /**< 1..4 */
	uint8_t digits[4];
};

/** Classes of a restart indicator. */
enum uni_restart_class {
	UNI_RESTART_VC,
	UNI_RESTART_VPC,
	UNI_RESTART_ALL,
};

#define UNI_SCOMPL_OCTET 0xa1
#define UNI_REPEAT_PRIORITISED 2
#define UNI_REPORT_MODIFICATION 0x01

/** Raw octets: notification indicator 27, generic identifier transport 7f. */
struct uni_octets {
	uint16_t len;
	const uint8_t *data;
};

/** User-user 7e. */
struct uni_uu {
	uint8_t pd;  /**< 00 user specific, 04 IA5 text. */
	uint8_t len; /**< 128 at most (SIG-117). */
	const uint8_t *data;
};

#define UNI_UU_MAX 128

/** The contents of any element. */
union uni_ie_body {
	struct uni_cause cause;
	uint8_t octet; /**< 14 55 62 63 79 89, the number in their only octet. */
	struct uni_octets octets;
	struct uni_eetd eetd;
	struct uni_number number;
	struct uni_subaddr subaddr;
	struct uni_epref epref;
	struct uni_aal aal;
	struct uni_traffic traffic;
	struct uni_connid connid;
	struct uni_qos qos;
	struct uni_bhli bhli;
	struct uni_bearer bearer;
	struct uni_blli blli;
	struct uni_tns tns;
	struct uni_uu uu;
	struct uni_exqos exqos;
};

/**
 * Decode @p len octets of contents that stand in an element @p ie of this coding.
 *
 * @return
 *   0, or -EBADMSG on a content error.
 */
int uni_ie_decode(union uni_ie_body *out, enum uni_ie ie, const uint8_t *contents, uint32_t len,
	uint8_t coding);

/** Encode any element but UNI_IE_NONE; each element's own function is below. */
void uni_enc_ie(struct uni_enc *e, enum uni_ie ie, const union uni_ie_body *in);

/* One decoder per element: 0, or -EBADMSG on a content error (section 4). */
int uni_ie_decode_cause(
	struct uni_cause *out, const uint8_t *contents, uint32_t len, uint8_t coding);
int uni_ie_decode_callstate(uint8_t *out, const uint8_t *contents, uint32_t len, uint8_t coding);
int uni_ie_decode_notify(
	struct uni_octets *out, const uint8_t *contents, uint32_t len, uint8_t coding);
int uni_ie_decode_eetd(struct uni_eetd *out, const uint8_t *contents, uint32_t len, uint8_t coding);
int uni_ie_decode_conned(
	struct uni_number *out, const uint8_t *contents, uint32_t len, uint8_t coding);
int uni_ie_decode_connedsub(
	struct uni_subaddr *out, const uint8_t *contents, uint32_t len, uint8_t coding);
int uni_ie_decode_epref(
	struct uni_epref *out, const uint8_t *contents, uint32_t len, uint8_t coding);
int uni_ie_decode_epstate(uint8_t *out, const uint8_t *contents, uint32_t len, uint8_t coding);
int uni_ie_decode_aal(struct uni_aal *out, const uint8_t *contents, uint32_t len, uint8_t coding);
int uni_ie_decode_traffic(
	struct uni_traffic *out, const uint8_t *contents, uint32_t len, uint8_t coding);
int uni_ie_decode_connid(
	struct uni_connid *out, const uint8_t *contents, uint32_t len, uint8_t coding);
int uni_ie_decode_qos(struct uni_qos *out, const uint8_t *contents, uint32_t len, uint8_t coding);
int uni_ie_decode_bhli(struct uni_bhli *out, const uint8_t *contents, uint32_t len, uint8_t coding);
int uni_ie_decode_bearer(
	struct uni_bearer *out, const uint8_t *contents, uint32_t len, uint8_t coding);
int uni_ie_decode_blli(struct uni_blli *out, const uint8_t *contents, uint32_t len, uint8_t coding);
int uni_ie_decode_scompl(uint8_t *out, const uint8_t *contents, uint32_t len, uint8_t coding);
int uni_ie_decode_repeat(uint8_t *out, const uint8_t *contents, uint32_t len, uint8_t coding);
int uni_ie_decode_calling(
	struct uni_number *out, const uint8_t *contents, uint32_t len, uint8_t coding);
int uni_ie_decode_callingsub(
	struct uni_subaddr *out, const uint8_t *contents, uint32_t len, uint8_t coding);
int uni_ie_decode_called(
	struct uni_number *out, const uint8_t *contents, uint32_t len, uint8_t coding);
int uni_ie_decode_calledsub(
	struct uni_subaddr *out, const uint8_t *contents, uint32_t len, uint8_t coding);
int uni_ie_decode_tns(struct uni_tns *out, const uint8_t *contents, uint32_t len, uint8_t coding);
int uni_ie_decode_restart(uint8_t *out, const uint8_t *contents, uint32_t len, uint8_t coding);
int uni_ie_decode_uu(struct uni_uu *out, const uint8_t *contents, uint32_t len, uint8_t coding);
int uni_ie_decode_git(
	struct uni_octets *out, const uint8_t *contents, uint32_t len, uint8_t coding);
int uni_ie_decode_report(uint8_t *out, const uint8_t *contents, uint32_t len, uint8_t coding);
int uni_ie_decode_exqos(
	struct uni_exqos *out, const uint8_t *contents, uint32_t len, uint8_t coding);

/*
 * Append one element. Lengths are checked (a field that is too long marks the
 * encoder as overflowed), meanings are the caller's.
 */
void uni_enc_ie_cause(struct uni_enc *e, const struct uni_cause *in);
void uni_enc_ie_callstate(struct uni_enc *e, uint8_t state);
void uni_enc_ie_notify(struct uni_enc *e, const struct uni_octets *in);
void uni_enc_ie_eetd(struct uni_enc *e, const struct uni_eetd *in);
void uni_enc_ie_conned(struct uni_enc *e, const struct uni_number *in);
void uni_enc_ie_connedsub(struct uni_enc *e, const struct uni_subaddr *in);
void uni_enc_ie_epref(struct uni_enc *e, const struct uni_epref *in);
void uni_enc_ie_epstate(struct uni_enc *e, uint8_t state);
void uni_enc_ie_aal(struct uni_enc *e, const struct uni_aal *in);
void uni_enc_ie_traffic(struct uni_enc *e, const struct uni_traffic *in);
void uni_enc_ie_connid(struct uni_enc *e, const struct uni_connid *in);
void uni_enc_ie_qos(struct uni_enc *e, const struct uni_qos *in);
void uni_enc_ie_bhli(struct uni_enc *e, const struct uni_bhli *in);
void uni_enc_ie_bearer(struct uni_enc *e, const struct uni_bearer *in);
void uni_enc_ie_blli(struct uni_enc *e, const struct uni_blli *in);
void uni_enc_ie_scompl(struct uni_enc *e);
void uni_enc_ie_repeat(struct uni_enc *e);
void uni_enc_ie_calling(struct uni_enc *e, const struct uni_number *in);
void uni_enc_ie_callingsub(struct uni_enc *e, const struct uni_subaddr *in);
void uni_enc_ie_called(struct uni_enc *e, const struct uni_number *in);
void uni_enc_ie_calledsub(struct uni_enc *e, const struct uni_subaddr *in);
void uni_enc_ie_tns(struct uni_enc *e, const struct uni_tns *in);
void uni_enc_ie_restart(struct uni_enc *e, enum uni_restart_class restart_class);
void uni_enc_ie_uu(struct uni_enc *e, const struct uni_uu *in);
void uni_enc_ie_git(struct uni_enc *e, const struct uni_octets *in);
void uni_enc_ie_report(struct uni_enc *e, uint8_t type);
void uni_enc_ie_exqos(struct uni_enc *e, const struct uni_exqos *in);
