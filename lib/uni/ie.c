/* SPDX-License-Identifier: BSD-3-Clause */
#include "uni/ie.h"

#include <errno.h>

#include "uni/ie_priv.h"

#define ITU (1 << UNI_CODING_ITU)
#define NETWORK (1 << UNI_CODING_NETWORK)

/* The table of section 3: id, coding, contents. */
const struct uni_ie_info uni_ie_info[UNI_IE_COUNT] = {
	[UNI_IE_CAUSE] = { "cause", 2, 30, 0x08, ITU | NETWORK, false },
	[UNI_IE_CALLSTATE] = { "callstate", 1, 1, 0x14, ITU, false },
	[UNI_IE_NOTIFY] = { "notify", 1, 128, 0x27, ITU, false, true },
	[UNI_IE_EETD] = { "eetd", 3, 7, 0x42, ITU | NETWORK, false },
	[UNI_IE_CONNED] = { "conned", 1, 22, 0x4c, ITU, false },
	[UNI_IE_CONNEDSUB] = { "connedsub", 1, 21, 0x4d, ITU, true },
	[UNI_IE_EPREF] = { "epref", 3, 3, 0x54, ITU, false },
	[UNI_IE_EPSTATE] = { "epstate", 1, 1, 0x55, ITU, false },
	[UNI_IE_AAL] = { "aal", 1, 17, 0x58, ITU, true },
	[UNI_IE_TRAFFIC] = { "traffic", 1, UINT16_MAX, 0x59, ITU, false },
	[UNI_IE_CONNID] = { "connid", 5, 5, 0x5a, ITU, false },
	[UNI_IE_QOS] = { "qos", 2, 2, 0x5c, ITU | NETWORK, false },
	[UNI_IE_BHLI] = { "bhli", 1, 9, 0x5d, ITU, true },
	[UNI_IE_BEARER] = { "bearer", 2, 3, 0x5e, ITU, false },
	[UNI_IE_BLLI] = { "blli", 1, 13, 0x5f, ITU, true },
	[UNI_IE_SCOMPL] = { "scompl", 1, 1, 0x62, ITU, false },
	[UNI_IE_REPEAT] = { "repeat", 1, 1, 0x63, ITU, false },
	[UNI_IE_CALLING] = { "calling", 1, 22, 0x6c, ITU, false },
	[UNI_IE_CALLINGSUB] = { "callingsub", 1, 21, 0x6d, ITU, true },
	[UNI_IE_CALLED] = { "called", 1, 21, 0x70, ITU, false },
	[UNI_IE_CALLEDSUB] = { "calledsub", 1, 21, 0x71, ITU, true },
	[UNI_IE_TNS] = { "tns", 2, 5, 0x78, ITU | NETWORK, false },
	[UNI_IE_RESTART] = { "restart", 1, 1, 0x79, ITU, false },
	[UNI_IE_UU] = { "uu", 1, 129, 0x7e, ITU, true, true },
	[UNI_IE_GIT] = { "git", 1, 29, 0x7f, NETWORK, false, true },
	[UNI_IE_REPORT] = { "report", 1, 1, 0x89, ITU, false },
	[UNI_IE_EXQOS] = { "exqos", 1, 21, 0xec, NETWORK, false },
};

const uint8_t uni_ie_of_id[256] = {
	[0x08] = UNI_IE_CAUSE,
	[0x14] = UNI_IE_CALLSTATE,
	[0x27] = UNI_IE_NOTIFY,
	[0x42] = UNI_IE_EETD,
	[0x4c] = UNI_IE_CONNED,
	[0x4d] = UNI_IE_CONNEDSUB,
	[0x54] = UNI_IE_EPREF,
	[0x55] = UNI_IE_EPSTATE,
	[0x58] = UNI_IE_AAL,
	[0x59] = UNI_IE_TRAFFIC,
	[0x5a] = UNI_IE_CONNID,
	[0x5c] = UNI_IE_QOS,
	[0x5d] = UNI_IE_BHLI,
	[0x5e] = UNI_IE_BEARER,
	[0x5f] = UNI_IE_BLLI,
	[0x62] = UNI_IE_SCOMPL,
	[0x63] = UNI_IE_REPEAT,
	[0x6c] = UNI_IE_CALLING,
	[0x6d] = UNI_IE_CALLINGSUB,
	[0x70] = UNI_IE_CALLED,
	[0x71] = UNI_IE_CALLEDSUB,
	[0x78] = UNI_IE_TNS,
	[0x79] = UNI_IE_RESTART,
	[0x7e] = UNI_IE_UU,
	[0x7f] = UNI_IE_GIT,
	[0x89] = UNI_IE_REPORT,
	[0xec] = UNI_IE_EXQOS,
};

#define SUBFIELD(n, octet, n_octets)                                                               \
	.field[n] = { octet, n_octets }, .row[UNI_SUBFIELD_SLOT(octet)] = (n)
#define FROM_TO(first, last) ((UINT32_C(2) << (last)) - (UINT32_C(1) << (first)))

/* 4.8 */
const struct uni_subset uni_traffic_set = {
	.known = FROM_TO(0, UNI_TRAFFIC_FIELDS - 1),
	SUBFIELD(UNI_TRAFFIC_FPCR0, 0x82, 3),
	SUBFIELD(UNI_TRAFFIC_BPCR0, 0x83, 3),
	SUBFIELD(UNI_TRAFFIC_FPCR01, 0x84, 3),
	SUBFIELD(UNI_TRAFFIC_BPCR01, 0x85, 3),
	SUBFIELD(UNI_TRAFFIC_FSCR0, 0x88, 3),
	SUBFIELD(UNI_TRAFFIC_BSCR0, 0x89, 3),
	SUBFIELD(UNI_TRAFFIC_FSCR01, 0x90, 3),
	SUBFIELD(UNI_TRAFFIC_BSCR01, 0x91, 3),
	SUBFIELD(UNI_TRAFFIC_FMCR01, 0x92, 3),
	SUBFIELD(UNI_TRAFFIC_BMCR01, 0x93, 3),
	SUBFIELD(UNI_TRAFFIC_FMBS0, 0xa0, 3),
	SUBFIELD(UNI_TRAFFIC_BMBS0, 0xa1, 3),
	SUBFIELD(UNI_TRAFFIC_FMBS01, 0xb0, 3),
	SUBFIELD(UNI_TRAFFIC_BMBS01, 0xb1, 3),
	SUBFIELD(UNI_TRAFFIC_BE, 0xbe, 0),
	SUBFIELD(UNI_TRAFFIC_OPTIONS, 0xbf, 1),
};

/* 4.10 */
const struct uni_subset uni_exqos_set = {
	.known = FROM_TO(0, UNI_EXQOS_FIELDS - 1),
	SUBFIELD(UNI_EXQOS_FACDV, 0x94, 3),
	SUBFIELD(UNI_EXQOS_BACDV, 0x95, 3),
	SUBFIELD(UNI_EXQOS_FCCDV, 0x96, 3),
	SUBFIELD(UNI_EXQOS_BCCDV, 0x97, 3),
	SUBFIELD(UNI_EXQOS_FACLR, 0xa2, 1),
	SUBFIELD(UNI_EXQOS_BACLR, 0xa3, 1),
};

const struct uni_subset uni_eetd_set = {
	.known = FROM_TO(0, UNI_EETD_FIELDS - 1),
	SUBFIELD(UNI_EETD_CUM, 0x01, 2),
	SUBFIELD(UNI_EETD_MAX, 0x03, 2),
	SUBFIELD(UNI_EETD_NETGEN, 0x0a, 0),
};

/* 4.7 */
static const struct uni_subset aal1_set = {
	.known = FROM_TO(UNI_AAL_SUBTYPE, UNI_AAL_PART),
	SUBFIELD(UNI_AAL_SUBTYPE, 0x85, 1),
	SUBFIELD(UNI_AAL_RATE, 0x86, 1),
	SUBFIELD(UNI_AAL_MULT, 0x87, 2),
	SUBFIELD(UNI_AAL_SCREC, 0x88, 1),
	SUBFIELD(UNI_AAL_ECM, 0x89, 1),
	SUBFIELD(UNI_AAL_BSIZE, 0x8a, 2),
	SUBFIELD(UNI_AAL_PART, 0x8b, 1),
};

static const struct uni_subset aal34_set = {
	.known = FROM_TO(UNI_AAL_FWD, UNI_AAL_SSCS),
	SUBFIELD(UNI_AAL_FWD, 0x8c, 2),
	SUBFIELD(UNI_AAL_BWD, 0x81, 2),
	SUBFIELD(UNI_AAL_MID, 0x82, 4),
	SUBFIELD(UNI_AAL_SSCS, 0x84, 1),
};

static const struct uni_subset aal5_set = {
	.known = FROM_TO(UNI_AAL_FWD, UNI_AAL_BWD) | FROM_TO(UNI_AAL_SSCS, UNI_AAL_SSCS),
	SUBFIELD(UNI_AAL_FWD, 0x8c, 2),
	SUBFIELD(UNI_AAL_BWD, 0x81, 2),
	SUBFIELD(UNI_AAL_SSCS, 0x84, 1),
};

static const struct uni_subset empty_set;

const struct uni_subset *
uni_aal_set(uint8_t type)
{
	switch (type) {
	case UNI_AAL_1:
		return &aal1_set;
	case UNI_AAL_3_4:
		return &aal34_set;
	case UNI_AAL_5:
		return &aal5_set;
	case UNI_AAL_VOICE:
	case UNI_AAL_2:
	case UNI_AAL_USER:
		return &empty_set;
	default:
		return NULL;
	}
}

uint8_t
uni_traffic_field_id(enum uni_traffic_field field)
{
	return uni_traffic_set.field[field].id;
}

#define FWD(field) (UINT32_C(1) << UNI_TRAFFIC_##field)

bool
uni_traffic_is_supported(const struct uni_traffic *t)
{
	/* Per direction, as the bits of the forward fields; the backward ones are next to them. */
	static const uint32_t sets[] = {
		FWD(FPCR01),
		FWD(FPCR0) | FWD(FPCR01),
		FWD(FPCR01) | FWD(FSCR01) | FWD(FMBS01),
		FWD(FPCR01) | FWD(FSCR0) | FWD(FMBS0),
		FWD(FPCR01) | FWD(FMCR01),
	};
	const uint32_t forward_fields = 0x1555;
	uint32_t fwd = t->has & forward_fields;
	uint32_t bwd = t->has >> 1 & forward_fields;
	bool fwd_ok = false, bwd_ok = false;

	if ((t->has & FWD(BE)) != 0)
		return fwd == sets[0] && bwd == sets[0];
	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
		fwd_ok |= fwd == sets[i];
		bwd_ok |= bwd == sets[i];
	}
	return fwd_ok && bwd_ok;
}

/* One function per element of one type. The compiler inlines the encoder or jumps to it. */
#define ANY(name, member)                                                                          \
	static void any_##name(struct uni_enc *e, const union uni_ie_body *in)                     \
	{                                                                                          \
		uni_enc_ie_##name(e, &in->member);                                                 \
	}

/* The same for an element whose encoder takes a number. */
#define ANY_OCTET(name)                                                                            \
	static void any_##name(struct uni_enc *e, const union uni_ie_body *in)                     \
	{                                                                                          \
		uni_enc_ie_##name(e, in->octet);                                                   \
	}

/* The same for an element that can say only one thing. */
#define ANY_FIXED(name)                                                                            \
	static void any_##name(struct uni_enc *e, const union uni_ie_body *in)                     \
	{                                                                                          \
		(void)in;                                                                          \
		uni_enc_ie_##name(e);                                                              \
	}

/* clang-format off */
ANY(cause, cause)
ANY_OCTET(callstate)
ANY(notify, octets)
ANY(eetd, eetd)
ANY(conned, number)
ANY(connedsub, subaddr)
ANY(epref, epref)
ANY_OCTET(epstate)
ANY(aal, aal)
ANY(traffic, traffic)
ANY(connid, connid)
ANY(qos, qos)
ANY(bhli, bhli)
ANY(bearer, bearer)
ANY(blli, blli)
ANY_FIXED(scompl)
ANY_FIXED(repeat)
ANY(calling, number)
ANY(callingsub, subaddr)
ANY(called, number)
ANY(calledsub, subaddr)
ANY(tns, tns)
ANY_OCTET(restart)
ANY(uu, uu)
ANY(git, octets)
ANY_OCTET(report)
ANY(exqos, exqos)

void (*const uni_ie_encoders[UNI_IE_COUNT])(
	struct uni_enc *e, const union uni_ie_body *in) = {
	[UNI_IE_CAUSE] = any_cause,
	[UNI_IE_CALLSTATE] = any_callstate,
	[UNI_IE_NOTIFY] = any_notify,
	[UNI_IE_EETD] = any_eetd,
	[UNI_IE_CONNED] = any_conned,
	[UNI_IE_CONNEDSUB] = any_connedsub,
	[UNI_IE_EPREF] = any_epref,
	[UNI_IE_EPSTATE] = any_epstate,
	[UNI_IE_AAL] = any_aal,
	[UNI_IE_TRAFFIC] = any_traffic,
	[UNI_IE_CONNID] = any_connid,
	[UNI_IE_QOS] = any_qos,
	[UNI_IE_BHLI] = any_bhli,
	[UNI_IE_BEARER] = any_bearer,
	[UNI_IE_BLLI] = any_blli,
	[UNI_IE_SCOMPL] = any_scompl,
	[UNI_IE_REPEAT] = any_repeat,
	[UNI_IE_CALLING] = any_calling,
	[UNI_IE_CALLINGSUB] = any_callingsub,
	[UNI_IE_CALLED] = any_called,
	[UNI_IE_CALLEDSUB] = any_calledsub,
	[UNI_IE_TNS] = any_tns,
	[UNI_IE_RESTART] = any_restart,
	[UNI_IE_UU] = any_uu,
	[UNI_IE_GIT] = any_git,
	[UNI_IE_REPORT] = any_report,
	[UNI_IE_EXQOS] = any_exqos,
};
/* clang-format on */

int
uni_ie_decode(union uni_ie_body *out, enum uni_ie ie, const uint8_t *contents, uint32_t len,
	uint8_t coding)
{
	if (ie == UNI_IE_NONE || !uni_ie_fits(ie, len, coding))
		return -EBADMSG;
	return uni_ie_decoders[ie](out, contents, len, coding);
}

void
uni_enc_ie(struct uni_enc *e, enum uni_ie ie, const union uni_ie_body *in)
{
	uni_ie_encoders[ie](e, in);
}
