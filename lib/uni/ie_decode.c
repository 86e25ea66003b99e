/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "uni/ie.h"
#include "uni/ie_priv.h"

#define EXT 0x80

#define NUMBER_E164 (UNI_NUMBER_TON_INTERNATIONAL << 4 | UNI_NUMBER_PLAN_E164)
#define NUMBER_AESA (UNI_NUMBER_TON_UNKNOWN << 4 | UNI_NUMBER_PLAN_AESA)

/* Whether bit n of a set of up to 64 small numbers is set. */
static inline bool
in_set(uint64_t set, uint8_t n)
{
	return n < 64 && (set >> n & 1) != 0;
}

/* Whether each octet of a word of them is 1..7f hex. */
static inline bool
is_ia5_word(uint64_t octets)
{
	const uint64_t ones = UINT64_C(0x0101010101010101), highs = ones << 7;

	/* Without a high bit, taking one away sets it in the lowest octet that is 0. */
	return ((octets | (octets - ones)) & highs) == 0;
}

static inline uint64_t
get_word(const uint8_t *p)
{
	uint64_t word;

	memcpy(&word, p, sizeof(word));
	return word;
}

/* Eight at a time, the last eight over again where they are no whole word. */
static inline bool
is_ia5(const uint8_t *p, uint32_t n)
{
	if (n < 8) {
		for (uint32_t i = 0; i < n; i++)
			if (p[i] == 0 || p[i] > 0x7f)
				return false;
		return true;
	}
	for (uint32_t i = 0; i + 8 < n; i += 8)
		if (!is_ia5_word(get_word(p + i)))
			return false;
	return is_ia5_word(get_word(p + n - 8));
}

/* As many as there is room for: the compiler does not know that bounds have been checked. */
#define COPY_FEW(to, from, n) cp_copy_few(to, from, (n) <= sizeof(to) ? (n) : sizeof(to))

static inline uint32_t
get_value(const uint8_t *p, uint8_t size)
{
	switch (size) {
	case 0:
		return 0;
	case 1:
		return p[0];
	case 2:
		return cp_get_be16(p);
	case 3:
		return cp_get_be24(p);
	default:
		return cp_get_be32(p);
	}
}

/*
 * A list of subfields in any order; of a repeated one the first counts.
 * Returns how many there were, or -EBADMSG on an unknown or cut one.
 */
static int
read_subfields(const struct uni_subset *set, const uint8_t *c, uint32_t len, uint32_t *has,
	uint32_t *value)
{
	uint32_t found = 0;
	int n = 0;

	for (const uint8_t *stop = c + len; c < stop; n++) {
		const uint32_t row = set->row[UNI_SUBFIELD_SLOT(*c)];
		const struct uni_subfield *f = &set->field[row];

		if (f->id != *c || (set->known >> row & 1) == 0 || f->size >= stop - c)
			return -EBADMSG;
		if ((found >> row & 1) == 0)
			value[row] = get_value(c + 1, f->size);
		found |= UINT32_C(1) << row;
		c += 1 + f->size;
	}
	*has = found;
	return n;
}

/* SIG-23, SIG-25 */
int
uni_ie_decode_cause(struct uni_cause *out, const uint8_t *c, uint32_t len, uint8_t coding)
{
	if (!uni_ie_fits(UNI_IE_CAUSE, len, coding) || (c[0] & c[1] & EXT) == 0)
		return -EBADMSG;
	out->coding = coding;
	out->location = c[0] & 0xf;
	out->value = c[1] & 0x7f;
	out->n_diag = (uint8_t)(len - 2);
	out->diag = c + 2;
	return 0;
}

/* 4.2; calls 0, 1, 3, 4, 6..14, the global reference 0, 61, 62. */
int
uni_ie_decode_callstate(uint8_t *out, const uint8_t *c, uint32_t len, uint8_t coding)
{
	const uint64_t states = UINT64_C(0x6000000000007fdb);

	if (!uni_ie_fits(UNI_IE_CALLSTATE, len, coding) || !in_set(states, c[0] & 0x3f))
		return -EBADMSG;
	*out = c[0] & 0x3f;
	return 0;
}

/* 4.2; 0, 1, 4, 6, 7, 10, 11, 12. */
int
uni_ie_decode_epstate(uint8_t *out, const uint8_t *c, uint32_t len, uint8_t coding)
{
	const uint64_t states = 0x1cd3;

	if (!uni_ie_fits(UNI_IE_EPSTATE, len, coding) || !in_set(states, c[0] & 0x3f))
		return -EBADMSG;
	*out = c[0] & 0x3f;
	return 0;
}

int
uni_ie_decode_epref(struct uni_epref *out, const uint8_t *c, uint32_t len, uint8_t coding)
{
	if (!uni_ie_fits(UNI_IE_EPREF, len, coding) || c[0] != 0)
		return -EBADMSG;
	out->flag = (c[1] & 0x80) != 0;
	out->value = cp_get_be16(c + 1) & 0x7fff;
	return 0;
}

/* SIG-27 */
int
uni_ie_decode_connid(struct uni_connid *out, const uint8_t *c, uint32_t len, uint8_t coding)
{
	const uint64_t prefs =
		1 << UNI_CONNID_EXCLUSIVE | 1 << UNI_CONNID_ANY_VCI | 1 << UNI_CONNID_NO_VCI;

	if (!uni_ie_fits(UNI_IE_CONNID, len, coding) || (c[0] & EXT) == 0 ||
		(c[0] >> 3 & 3) > UNI_CONNID_EXPLICIT || !in_set(prefs, c[0] & 7))
		return -EBADMSG;
	out->assoc = c[0] >> 3 & 3;
	out->pref = c[0] & 7;
	out->vpci = cp_get_be16(c + 1);
	out->vci = cp_get_be16(c + 3);
	return 0;
}

/* 4.5, the octets behind type and plan. */
static int
read_number(struct uni_number *out, uint8_t octet1, const uint8_t *c, uint32_t len)
{
	const uint8_t kind = octet1 & ~EXT;

	out->ton = kind >> 4;
	out->plan = kind & 0xf;
	out->n_digits = (uint8_t)len;
	if (kind == NUMBER_AESA) {
		if (len != UNI_NUMBER_AESA_SIZE)
			return -EBADMSG;
		memcpy(out->digits, c, UNI_NUMBER_AESA_SIZE);
		return 0;
	}
	if (kind != NUMBER_E164 || len == 0 || len > UNI_NUMBER_E164_MAX || !is_ia5(c, len))
		return -EBADMSG;
	COPY_FEW(out->digits, c, len);
	return 0;
}

int
uni_ie_decode_called(struct uni_number *out, const uint8_t *c, uint32_t len, uint8_t coding)
{
	if (!uni_ie_fits(UNI_IE_CALLED, len, coding) || (c[0] & EXT) == 0)
		return -EBADMSG;
	out->has_screen = false;
	return read_number(out, c[0], c + 1, len - 1);
}

/* 4.6 */
static int
read_screened_number(struct uni_number *out, const uint8_t *c, uint32_t len)
{
	const uint8_t octet1 = c[0];

	out->has_screen = (octet1 & EXT) == 0;
	if (!out->has_screen)
		return read_number(out, octet1, c + 1, len - 1);
	if (len < 2 || (c[1] & EXT) == 0 || (c[1] >> 5 & 3) == 3)
		return -EBADMSG;
	out->pres = c[1] >> 5 & 3;
	out->screen = c[1] & 3;
	return read_number(out, octet1, c + 2, len - 2);
}

int
uni_ie_decode_calling(struct uni_number *out, const uint8_t *c, uint32_t len, uint8_t coding)
{
	if (!uni_ie_fits(UNI_IE_CALLING, len, coding))
		return -EBADMSG;
	return read_screened_number(out, c, len);
}

int
uni_ie_decode_conned(struct uni_number *out, const uint8_t *c, uint32_t len, uint8_t coding)
{
	if (!uni_ie_fits(UNI_IE_CONNED, len, coding))
		return -EBADMSG;
	return read_screened_number(out, c, len);
}

static int
read_subaddr(struct uni_subaddr *out, const uint8_t *c, uint32_t len)
{
	out->type = c[0] >> 4 & 7;
	out->odd = (c[0] & 8) != 0;
	out->n_addr = (uint8_t)(len - 1);
	if ((c[0] & EXT) == 0 || out->type > UNI_SUBADDR_AESA || out->n_addr == 0 ||
		(out->type == UNI_SUBADDR_AESA && out->n_addr != sizeof(out->addr)))
		return -EBADMSG;
	COPY_FEW(out->addr, c + 1, out->n_addr);
	return 0;
}

int
uni_ie_decode_calledsub(struct uni_subaddr *out, const uint8_t *c, uint32_t len, uint8_t coding)
{
	return uni_ie_fits(UNI_IE_CALLEDSUB, len, coding) ? read_subaddr(out, c, len) : -EBADMSG;
}

int
uni_ie_decode_callingsub(struct uni_subaddr *out, const uint8_t *c, uint32_t len, uint8_t coding)
{
	return uni_ie_fits(UNI_IE_CALLINGSUB, len, coding) ? read_subaddr(out, c, len) : -EBADMSG;
}

int
uni_ie_decode_connedsub(struct uni_subaddr *out, const uint8_t *c, uint32_t len, uint8_t coding)
{
	return uni_ie_fits(UNI_IE_CONNEDSUB, len, coding) ? read_subaddr(out, c, len) : -EBADMSG;
}

static inline bool
has_aal(const struct uni_aal *a, enum uni_aal_field field)
{
	return (a->has >> field & 1) != 0;
}

/* 4.7: rates in 1, 4..8, 10..13 hex, and the two that have a multiplier, 40 and 41 hex. */
static bool
aal1_is_valid(const struct uni_aal *a)
{
	const uint64_t subtypes = 0x37, rates = 0xf01f2;
	bool multiple;

	if (!has_aal(a, UNI_AAL_SUBTYPE) || !in_set(subtypes, (uint8_t)a->value[UNI_AAL_SUBTYPE]) ||
		!has_aal(a, UNI_AAL_RATE))
		return false;
	multiple = (a->value[UNI_AAL_RATE] & ~1U) == 0x40;
	if (!multiple && !in_set(rates, (uint8_t)a->value[UNI_AAL_RATE]))
		return false;
	return multiple == has_aal(a, UNI_AAL_MULT);
}

/* 4.7, AAL 3/4 and 5. */
static bool
cpcs_is_valid(const struct uni_aal *a)
{
	const uint64_t sscs = 0x17;

	if (has_aal(a, UNI_AAL_FWD) != has_aal(a, UNI_AAL_BWD))
		return false;
	if (has_aal(a, UNI_AAL_SSCS) && !in_set(sscs, (uint8_t)a->value[UNI_AAL_SSCS]))
		return false;
	if (has_aal(a, UNI_AAL_MID)) {
		uint32_t low = a->value[UNI_AAL_MID] >> 16, high = a->value[UNI_AAL_MID] & 0xffff;

		return low <= high && high < 1024;
	}
	return true;
}

static int
read_aal_user(struct uni_aal *out, const uint8_t *c, uint32_t len)
{
	if (len > sizeof(out->user))
		return -EBADMSG;
	out->has = 0;
	out->n_user = (uint8_t)len;
	COPY_FEW(out->user, c, len);
	return 0;
}

int
uni_ie_decode_aal(struct uni_aal *out, const uint8_t *c, uint32_t len, uint8_t coding)
{
	const struct uni_subset *set;
	int n;

	if (!uni_ie_fits(UNI_IE_AAL, len, coding) || (set = uni_aal_set(c[0])) == NULL)
		return -EBADMSG;
	out->type = c[0];
	if (out->type == UNI_AAL_USER)
		return read_aal_user(out, c + 1, len - 1);
	out->n_user = 0;
	n = read_subfields(set, c + 1, len - 1, &out->has, out->value);
	if (n != __builtin_popcount(out->has)) /* cut, unknown or repeated */
		return -EBADMSG;
	if (out->type == UNI_AAL_1)
		return aal1_is_valid(out) ? 0 : -EBADMSG;
	return cpcs_is_valid(out) ? 0 : -EBADMSG;
}

/* SIG-33 */
int
uni_ie_decode_traffic(struct uni_traffic *out, const uint8_t *c, uint32_t len, uint8_t coding)
{
	if (!uni_ie_fits(UNI_IE_TRAFFIC, len, coding))
		return -EBADMSG;
	return read_subfields(&uni_traffic_set, c, len, &out->has, out->value) < 0 ? -EBADMSG : 0;
}

/* 4.9 */
int
uni_ie_decode_bearer(struct uni_bearer *out, const uint8_t *c, uint32_t len, uint8_t coding)
{
	const uint64_t classes = 1 << UNI_BEARER_A | 1 << UNI_BEARER_C | 1 << UNI_BEARER_X |
				 1 << UNI_BEARER_TRANSPARENT_VP;
	const uint64_t capabilities = 0x81ff7; /* 00..02, 04..0c, 13 hex */
	uint8_t last;

	if (!uni_ie_fits(UNI_IE_BEARER, len, coding))
		return -EBADMSG;
	last = c[len - 1];
	out->has_atc = (c[0] & EXT) == 0;
	out->cls = c[0] & 0x1f;
	if (!in_set(classes, out->cls) || len != 2U + out->has_atc)
		return -EBADMSG;
	if (out->has_atc) {
		out->atc = c[1] & 0x7f;
		if ((c[1] & EXT) == 0 || !in_set(capabilities, out->atc))
			return -EBADMSG;
	}
	out->clip = (last & 0x20) != 0;
	out->multipoint = (last & 0x01) != 0;
	return (last & (EXT | 0x42)) == EXT ? 0 : -EBADMSG;
}

/* 4.10 */
int
uni_ie_decode_qos(struct uni_qos *out, const uint8_t *c, uint32_t len, uint8_t coding)
{
	const uint8_t most = coding == UNI_CODING_NETWORK ? 4 : 0;

	if (!uni_ie_fits(UNI_IE_QOS, len, coding) || c[0] > most || c[1] > most)
		return -EBADMSG;
	out->coding = coding;
	out->fwd = c[0];
	out->bwd = c[1];
	return 0;
}

int
uni_ie_decode_exqos(struct uni_exqos *out, const uint8_t *c, uint32_t len, uint8_t coding)
{
	if (!uni_ie_fits(UNI_IE_EXQOS, len, coding) || c[0] > 1)
		return -EBADMSG;
	out->origin = c[0];
	return read_subfields(&uni_exqos_set, c + 1, len - 1, &out->has, out->value) < 0 ? -EBADMSG
											 : 0;
}

int
uni_ie_decode_eetd(struct uni_eetd *out, const uint8_t *c, uint32_t len, uint8_t coding)
{
	if (!uni_ie_fits(UNI_IE_EETD, len, coding) ||
		read_subfields(&uni_eetd_set, c, len, &out->has, out->value) < 0)
		return -EBADMSG;
	out->coding = coding;
	return (out->has >> UNI_EETD_CUM & 1) != 0 ? 0 : -EBADMSG;
}

/* 4.11 from here on. */

int
uni_ie_decode_notify(struct uni_octets *out, const uint8_t *c, uint32_t len, uint8_t coding)
{
	if (!uni_ie_fits(UNI_IE_NOTIFY, len, coding))
		return -EBADMSG;
	out->data = c;
	out->len = (uint16_t)len;
	return 0;
}

int
uni_ie_decode_git(struct uni_octets *out, const uint8_t *c, uint32_t len, uint8_t coding)
{
	if (!uni_ie_fits(UNI_IE_GIT, len, coding))
		return -EBADMSG;
	out->data = c;
	out->len = (uint16_t)len;
	return 0;
}

int
uni_ie_decode_uu(struct uni_uu *out, const uint8_t *c, uint32_t len, uint8_t coding)
{
	if (!uni_ie_fits(UNI_IE_UU, len, coding))
		return -EBADMSG;
	out->pd = c[0];
	out->len = (uint8_t)(len - 1);
	out->data = c + 1;
	return 0;
}

int
uni_ie_decode_bhli(struct uni_bhli *out, const uint8_t *c, uint32_t len, uint8_t coding)
{
	const uint64_t types = 1 << 0 | 1 << 1 | 1 << 3;

	if (!uni_ie_fits(UNI_IE_BHLI, len, coding) || (c[0] & EXT) == 0 ||
		!in_set(types, c[0] & 0x7f))
		return -EBADMSG;
	out->type = c[0] & 0x7f;
	out->n_info = (uint8_t)(len - 1);
	COPY_FEW(out->info, c + 1, out->n_info);
	return 0;
}

int
uni_ie_decode_tns(struct uni_tns *out, const uint8_t *c, uint32_t len, uint8_t coding)
{
	if (!uni_ie_fits(UNI_IE_TNS, len, coding) || c[0] != 0xa1 || !is_ia5(c + 1, len - 1))
		return -EBADMSG;
	out->coding = coding;
	out->n_digits = (uint8_t)(len - 1);
	COPY_FEW(out->digits, c + 1, out->n_digits);
	return 0;
}

int
uni_ie_decode_scompl(uint8_t *out, const uint8_t *c, uint32_t len, uint8_t coding)
{
	if (!uni_ie_fits(UNI_IE_SCOMPL, len, coding) || c[0] != UNI_SCOMPL_OCTET)
		return -EBADMSG;
	*out = c[0];
	return 0;
}

int
uni_ie_decode_repeat(uint8_t *out, const uint8_t *c, uint32_t len, uint8_t coding)
{
	if (!uni_ie_fits(UNI_IE_REPEAT, len, coding) || c[0] != (EXT | UNI_REPEAT_PRIORITISED))
		return -EBADMSG;
	*out = c[0] & 0xf;
	return 0;
}

/* SIG-38 */
int
uni_ie_decode_restart(uint8_t *out, const uint8_t *c, uint32_t len, uint8_t coding)
{
	if (!uni_ie_fits(UNI_IE_RESTART, len, coding) || (c[0] & EXT) == 0 ||
		(c[0] & 7) > UNI_RESTART_ALL)
		return -EBADMSG;
	*out = c[0] & 7;
	return 0;
}

int
uni_ie_decode_report(uint8_t *out, const uint8_t *c, uint32_t len, uint8_t coding)
{
	const uint64_t types = 0x76; /* 1, 2, 4, 5, 6 */

	if (!uni_ie_fits(UNI_IE_REPORT, len, coding) || !in_set(types, c[0]))
		return -EBADMSG;
	*out = c[0];
	return 0;
}

/*
 * One function per element of one type, for uni_ie_decoders. Whoever calls them has asked what
 * fits, so the question is left out where the compiler inlines the decoder.
 */
#define ANY(name, ie, member)                                                                      \
	static int any_##name(                                                                     \
		union uni_ie_body *out, const uint8_t *c, uint32_t len, uint8_t coding)            \
	{                                                                                          \
		if (!uni_ie_fits(ie, len, coding))                                                 \
			__builtin_unreachable();                                                   \
		return uni_ie_decode_##name(&out->member, c, len, coding);                         \
	}

/* clang-format off */
ANY(cause, UNI_IE_CAUSE, cause)
ANY(callstate, UNI_IE_CALLSTATE, octet)
ANY(notify, UNI_IE_NOTIFY, octets)
ANY(eetd, UNI_IE_EETD, eetd)
ANY(conned, UNI_IE_CONNED, number)
ANY(connedsub, UNI_IE_CONNEDSUB, subaddr)
ANY(epref, UNI_IE_EPREF, epref)
ANY(epstate, UNI_IE_EPSTATE, octet)
ANY(aal, UNI_IE_AAL, aal)
ANY(traffic, UNI_IE_TRAFFIC, traffic)
ANY(connid, UNI_IE_CONNID, connid)
ANY(qos, UNI_IE_QOS, qos)
ANY(bhli, UNI_IE_BHLI, bhli)
ANY(bearer, UNI_IE_BEARER, bearer)
ANY(blli, UNI_IE_BLLI, blli)
ANY(scompl, UNI_IE_SCOMPL, octet)
ANY(repeat, UNI_IE_REPEAT, octet)
ANY(calling, UNI_IE_CALLING, number)
ANY(callingsub, UNI_IE_CALLINGSUB, subaddr)
ANY(called, UNI_IE_CALLED, number)
ANY(calledsub, UNI_IE_CALLEDSUB, subaddr)
ANY(tns, UNI_IE_TNS, tns)
ANY(restart, UNI_IE_RESTART, octet)
ANY(uu, UNI_IE_UU, uu)
ANY(git, UNI_IE_GIT, octets)
ANY(report, UNI_IE_REPORT, octet)
ANY(exqos, UNI_IE_EXQOS, exqos)

int (*const uni_ie_decoders[UNI_IE_COUNT])(
	union uni_ie_body *out, const uint8_t *contents, uint32_t len, uint8_t coding) = {
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
