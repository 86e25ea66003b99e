/* SPDX-License-Identifier: BSD-3-Clause */
#include "uni/summary_priv.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Digits as they are; what would break the line, as \xNN. */
static void
add_digits(struct uni_text *t, const char *field, const uint8_t *digits, uint32_t n)
{
	uni_text_field(t, field);
	for (uint32_t i = 0; i < n; i++) {
		if (digits[i] > ' ' && digits[i] < 0x7f && digits[i] != '\\')
			uni_text_add(t, "%c", digits[i]);
		else
			uni_text_add(t, "\\x%02x", digits[i]);
	}
}

static void
add_id_list(struct uni_text *t, const char *field, const uint8_t *ids, uint32_t n)
{
	uni_text_field(t, field);
	for (uint32_t i = 0; i < n; i++)
		uni_text_add(t, "%s%02x", i == 0 ? "" : ",", ids[i]);
}

static void
add_hex(struct uni_text *t, const char *field, uint8_t octet)
{
	uni_text_octets(t, field, &octet, 1);
}

/* A number, or "any" for the value that says so. */
static void
add_bound(struct uni_text *t, const char *field, uint32_t value, uint32_t any)
{
	if (value != any) {
		uni_text_number(t, field, value);
		return;
	}
	uni_text_field(t, field);
	uni_text_add(t, "any");
}

static void
add_rejection(struct uni_text *t, const struct uni_diag *d)
{
	uni_text_number(t, "reason", d->reason);
	uni_text_number(t, "cond", d->condition);
	add_hex(t, d->form == UNI_DIAG_REJECT_USER ? "user" : "ie", d->octet);
}

static void
add_diagnostics(struct uni_text *t, const struct uni_cause *c)
{
	/* The forms that stay raw. */
	static const char *const raw_names[] = {
		[UNI_DIAG_RAW] = "diag",
		[UNI_DIAG_TNS] = "tns",
		[UNI_DIAG_NUMBER] = "number",
		[UNI_DIAG_ATTRIBUTES] = "attr",
	};
	struct uni_diag d;

	uni_cause_diag(&d, c);
	switch (d.form) {
	case UNI_DIAG_NONE:
		break;
	case UNI_DIAG_COND:
		uni_text_number(t, "pu", d.user);
		uni_text_number(t, "na", d.abnormal);
		uni_text_number(t, "cond", d.condition);
		break;
	case UNI_DIAG_REJECT_USER:
	case UNI_DIAG_REJECT_IE:
		add_rejection(t, &d);
		break;
	case UNI_DIAG_RATES:
		add_id_list(t, "rates", c->diag, c->n_diag);
		break;
	case UNI_DIAG_IES:
		add_id_list(t, "ies", c->diag, c->n_diag);
		break;
	case UNI_DIAG_CHANNEL:
		uni_text_number(t, "vpci", d.vpci);
		uni_text_number(t, "vci", d.vci);
		break;
	case UNI_DIAG_PARAMETER:
		add_hex(t, "param", d.octet);
		break;
	case UNI_DIAG_MSG_TYPE:
		add_hex(t, "mt", d.octet);
		break;
	case UNI_DIAG_TIMER:
		add_digits(t, "timer", c->diag, c->n_diag);
		break;
	default:
		uni_text_octets(t, raw_names[d.form], c->diag, c->n_diag);
	}
}

static void
add_cause(struct uni_text *t, const union uni_ie_body *body)
{
	uni_text_number(t, "loc", body->cause.location);
	uni_text_number(t, "value", body->cause.value);
	add_diagnostics(t, &body->cause);
}

static void
add_state(struct uni_text *t, const union uni_ie_body *body)
{
	uni_text_number(t, "state", body->octet);
}

static void
add_data(struct uni_text *t, const union uni_ie_body *body)
{
	uni_text_octets(t, "data", body->octets.data, body->octets.len);
}

static void
add_eetd(struct uni_text *t, const union uni_ie_body *body)
{
	const struct uni_eetd *d = &body->eetd;

	uni_text_number(t, "cum", d->value[UNI_EETD_CUM]);
	if (d->has >> UNI_EETD_MAX & 1)
		add_bound(t, "max", d->value[UNI_EETD_MAX], UNI_EETD_ANY_MAX);
	if (d->has >> UNI_EETD_NETGEN & 1)
		uni_text_number(t, "netgen", 1);
}

static void
add_number(struct uni_text *t, const union uni_ie_body *body)
{
	const struct uni_number *n = &body->number;

	if (n->has_screen) {
		uni_text_number(t, "pres", n->pres);
		uni_text_number(t, "screen", n->screen);
	}
	uni_text_number(t, "ton", n->ton);
	uni_text_number(t, "plan", n->plan);
	if (n->plan == UNI_NUMBER_PLAN_AESA)
		uni_text_octets(t, "aesa", n->digits, n->n_digits);
	else
		add_digits(t, "digits", n->digits, n->n_digits);
}

static void
add_subaddr(struct uni_text *t, const union uni_ie_body *body)
{
	uni_text_number(t, "type", body->subaddr.type);
	uni_text_octets(t, "addr", body->subaddr.addr, body->subaddr.n_addr);
}

static void
add_epref(struct uni_text *t, const union uni_ie_body *body)
{
	uni_text_number(t, "flag", body->epref.flag);
	uni_text_number(t, "value", body->epref.value);
}

static void
add_aal(struct uni_text *t, const union uni_ie_body *body)
{
	static const char *const names[UNI_AAL_FIELDS] = {
		[UNI_AAL_SUBTYPE] = "subtype",
		[UNI_AAL_RATE] = "rate",
		[UNI_AAL_MULT] = "mult",
		[UNI_AAL_SCREC] = "screc",
		[UNI_AAL_ECM] = "ecm",
		[UNI_AAL_BSIZE] = "bsize",
		[UNI_AAL_PART] = "part",
		[UNI_AAL_FWD] = "fwd",
		[UNI_AAL_BWD] = "bwd",
		[UNI_AAL_SSCS] = "sscs",
	};
	const struct uni_aal *a = &body->aal;

	uni_text_number(t, "type", a->type);
	if (a->type == UNI_AAL_USER)
		uni_text_octets(t, "user", a->user, a->n_user);
	for (uint32_t i = 0; i < UNI_AAL_FIELDS; i++) {
		if ((a->has >> i & 1) == 0)
			continue;
		if (i == UNI_AAL_MID) {
			uni_text_number(t, "midlo", a->value[i] >> 16);
			uni_text_number(t, "midhi", a->value[i] & 0xffff);
		} else {
			uni_text_number(t, names[i], a->value[i]);
		}
	}
}

static void
add_traffic(struct uni_text *t, const union uni_ie_body *body)
{
	static const char *const names[UNI_TRAFFIC_RATES] = {
		[UNI_TRAFFIC_FPCR0] = "fpcr0",
		[UNI_TRAFFIC_BPCR0] = "bpcr0",
		[UNI_TRAFFIC_FPCR01] = "fpcr01",
		[UNI_TRAFFIC_BPCR01] = "bpcr01",
		[UNI_TRAFFIC_FSCR0] = "fscr0",
		[UNI_TRAFFIC_BSCR0] = "bscr0",
		[UNI_TRAFFIC_FSCR01] = "fscr01",
		[UNI_TRAFFIC_BSCR01] = "bscr01",
		[UNI_TRAFFIC_FMCR01] = "fmcr01",
		[UNI_TRAFFIC_BMCR01] = "bmcr01",
		[UNI_TRAFFIC_FMBS0] = "fmbs0",
		[UNI_TRAFFIC_BMBS0] = "bmbs0",
		[UNI_TRAFFIC_FMBS01] = "fmbs01",
		[UNI_TRAFFIC_BMBS01] = "bmbs01",
	};
	static const struct {
		uint8_t bit;
		const char *name;
	} options[] = {
		{ UNI_TRAFFIC_OPT_FTAG, "ftag" },
		{ UNI_TRAFFIC_OPT_BTAG, "btag" },
		{ UNI_TRAFFIC_OPT_FFD, "ffd" },
		{ UNI_TRAFFIC_OPT_BFD, "bfd" },
	};
	const struct uni_traffic *d = &body->traffic;

	for (uint32_t i = 0; i < UNI_TRAFFIC_RATES; i++)
		if (d->has >> i & 1)
			uni_text_number(t, names[i], d->value[i]);
	if (d->has >> UNI_TRAFFIC_BE & 1)
		uni_text_number(t, "be", 1);
	if ((d->has >> UNI_TRAFFIC_OPTIONS & 1) == 0)
		return;
	for (uint32_t i = 0; i < COUNT(options); i++)
		if (d->value[UNI_TRAFFIC_OPTIONS] & options[i].bit)
			uni_text_number(t, options[i].name, 1);
}

static void
add_connid(struct uni_text *t, const union uni_ie_body *body)
{
	uni_text_number(t, "vpassoc", body->connid.assoc);
	uni_text_number(t, "pref", body->connid.pref);
	uni_text_number(t, "vpci", body->connid.vpci);
	uni_text_number(t, "vci", body->connid.vci);
}

static void
add_qos(struct uni_text *t, const union uni_ie_body *body)
{
	uni_text_number(t, "fwd", body->qos.fwd);
	uni_text_number(t, "bwd", body->qos.bwd);
}

static void
add_bhli(struct uni_text *t, const union uni_ie_body *body)
{
	uni_text_number(t, "type", body->bhli.type);
	uni_text_octets(t, "info", body->bhli.info, body->bhli.n_info);
}

static void
add_bearer(struct uni_text *t, const union uni_ie_body *body)
{
	uni_text_number(t, "class", body->bearer.cls);
	if (body->bearer.has_atc)
		uni_text_number(t, "atc", body->bearer.atc);
	uni_text_number(t, "clip", body->bearer.clip);
	uni_text_number(t, "cfg", body->bearer.multipoint);
}

static void
add_blli(struct uni_text *t, const union uni_ie_body *body)
{
	const struct uni_blli *b = &body->blli;
	const struct {
		uint16_t bit;
		const char *name;
		uint32_t value;
	} fields[] = {
		{ UNI_BLLI_L1, "l1", b->l1 },
		{ UNI_BLLI_L2, "l2", b->l2 },
		{ UNI_BLLI_L2_MODE, "l2mode", b->l2_mode },
		{ UNI_BLLI_L2_MODE, "q933", b->l2_q933 },
		{ UNI_BLLI_L2_WIN, "l2win", b->l2_win },
		{ UNI_BLLI_L2_USER, "l2user", b->l2_user },
		{ UNI_BLLI_L3, "l3", b->l3 },
		{ UNI_BLLI_L3_MODE, "l3mode", b->l3_mode },
		{ UNI_BLLI_L3_PACKET, "l3packet", b->l3_packet },
		{ UNI_BLLI_L3_WIN, "l3win", b->l3_win },
		{ UNI_BLLI_L3_USER, "l3user", b->l3_user },
		{ UNI_BLLI_L3_IPI, "ipi", b->l3_ipi },
		{ UNI_BLLI_L3_SNAP, "oui", b->oui },
		{ UNI_BLLI_L3_SNAP, "pid", b->pid },
	};

	for (uint32_t i = 0; i < COUNT(fields); i++)
		if (b->has & fields[i].bit)
			uni_text_number(t, fields[i].name, fields[i].value);
}

static void
add_indicator(struct uni_text *t, const union uni_ie_body *body)
{
	uni_text_number(t, "ind", body->octet);
}

/* Its only value, a1, stands for "complete". */
static void
add_scompl(struct uni_text *t, const union uni_ie_body *body)
{
	uni_text_number(t, "ind", body->octet == UNI_SCOMPL_OCTET);
}

static void
add_tns(struct uni_text *t, const union uni_ie_body *body)
{
	add_digits(t, "net", body->tns.digits, body->tns.n_digits);
}

static void
add_restart(struct uni_text *t, const union uni_ie_body *body)
{
	uni_text_number(t, "class", body->octet);
}

static void
add_uu(struct uni_text *t, const union uni_ie_body *body)
{
	add_hex(t, "pd", body->uu.pd);
	uni_text_octets(t, "info", body->uu.data, body->uu.len);
}

static void
add_report(struct uni_text *t, const union uni_ie_body *body)
{
	uni_text_number(t, "type", body->octet);
}

static void
add_exqos(struct uni_text *t, const union uni_ie_body *body)
{
	static const struct {
		const char *name;
		uint32_t any;
	} fields[UNI_EXQOS_FIELDS] = {
		[UNI_EXQOS_FACDV] = { "facdv", UNI_EXQOS_ANY_CDV },
		[UNI_EXQOS_BACDV] = { "bacdv", UNI_EXQOS_ANY_CDV },
		[UNI_EXQOS_FCCDV] = { "fccdv", UINT32_MAX },
		[UNI_EXQOS_BCCDV] = { "bccdv", UINT32_MAX },
		[UNI_EXQOS_FACLR] = { "faclr", UNI_EXQOS_ANY_CLR },
		[UNI_EXQOS_BACLR] = { "baclr", UNI_EXQOS_ANY_CLR },
	};
	const struct uni_exqos *q = &body->exqos;

	uni_text_number(t, "origin", q->origin);
	for (uint32_t i = 0; i < UNI_EXQOS_FIELDS; i++)
		if (q->has >> i & 1)
			add_bound(t, fields[i].name, q->value[i], fields[i].any);
}

void
uni_summary_fields(struct uni_text *t, enum uni_ie ie, const union uni_ie_body *body)
{
	static void (*const printers[UNI_IE_COUNT])(
		struct uni_text *, const union uni_ie_body *) = {
		[UNI_IE_CAUSE] = add_cause,
		[UNI_IE_CALLSTATE] = add_state,
		[UNI_IE_NOTIFY] = add_data,
		[UNI_IE_EETD] = add_eetd,
		[UNI_IE_CONNED] = add_number,
		[UNI_IE_CONNEDSUB] = add_subaddr,
		[UNI_IE_EPREF] = add_epref,
		[UNI_IE_EPSTATE] = add_state,
		[UNI_IE_AAL] = add_aal,
		[UNI_IE_TRAFFIC] = add_traffic,
		[UNI_IE_CONNID] = add_connid,
		[UNI_IE_QOS] = add_qos,
		[UNI_IE_BHLI] = add_bhli,
		[UNI_IE_BEARER] = add_bearer,
		[UNI_IE_BLLI] = add_blli,
		[UNI_IE_SCOMPL] = add_scompl,
		[UNI_IE_REPEAT] = add_indicator,
		[UNI_IE_CALLING] = add_number,
		[UNI_IE_CALLINGSUB] = add_subaddr,
		[UNI_IE_CALLED] = add_number,
		[UNI_IE_CALLEDSUB] = add_subaddr,
		[UNI_IE_TNS] = add_tns,
		[UNI_IE_RESTART] = add_restart,
		[UNI_IE_UU] = add_uu,
		[UNI_IE_GIT] = add_data,
		[UNI_IE_REPORT] = add_report,
		[UNI_IE_EXQOS] = add_exqos,
	};

	printers[ie](t, body);
}
