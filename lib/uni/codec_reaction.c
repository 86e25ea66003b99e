/* SPDX-License-Identifier: BSD-3-Clause */
#include "uni/codec.h"

/*
 * Section 6.2: all faults are looked at, the steps are taken in order, and the first that
 * applies decides. Of steps 6 and 7, which both let the message through, only the first
 * reports, since a message is answered once.
 */

enum step {
	STEP_MISSING,    /* SIG-49 */
	STEP_CLEAR,      /* SIG-50 */
	STEP_MSG_REPORT, /* SIG-51 */
	STEP_MSG_IGNORE, /* SIG-52 */
	STEP_MANDATORY,  /* SIG-53 */
	STEP_CONTENT,    /* SIG-54 */
	STEP_UNKNOWN,    /* SIG-55 */
	STEP_COUNT
};

enum kind {
	KIND_ORDINARY,
	KIND_SETUP,
	KIND_RELEASE,
	KIND_RELEASE_COMPLETE,
	KIND_STATUS,
	KIND_RESTART,
	KIND_ADD_PARTY,
	KIND_PARTY_CLEARING,
	KIND_COUNT
};

static const uint8_t kind_of_type[256] = {
	[UNI_MT_SETUP] = KIND_SETUP,
	[UNI_MT_RELEASE] = KIND_RELEASE,
	[UNI_MT_RELEASE_COMPLETE] = KIND_RELEASE_COMPLETE,
	[UNI_MT_STATUS] = KIND_STATUS,
	[UNI_MT_RESTART] = KIND_RESTART,
	[UNI_MT_RESTART_ACK] = KIND_RESTART,
	[UNI_MT_ADD_PARTY] = KIND_ADD_PARTY,
	[UNI_MT_DROP_PARTY] = KIND_PARTY_CLEARING,
	[UNI_MT_DROP_PARTY_ACK] = KIND_PARTY_CLEARING,
	[UNI_MT_ADD_PARTY_REJECT] = KIND_PARTY_CLEARING,
};

static const uint8_t reactions[KIND_COUNT][STEP_COUNT] = {
	[KIND_ORDINARY] = {
		[STEP_MISSING] = UNI_REACT_STATUS,
		[STEP_CLEAR] = UNI_REACT_CLEAR,
		[STEP_MSG_REPORT] = UNI_REACT_STATUS,
		[STEP_MSG_IGNORE] = UNI_REACT_IGNORE,
		[STEP_MANDATORY] = UNI_REACT_STATUS,
		[STEP_CONTENT] = UNI_REACT_PROCESS_REPORT,
		[STEP_UNKNOWN] = UNI_REACT_PROCESS_REPORT,
	},
	[KIND_SETUP] = {
		[STEP_MISSING] = UNI_REACT_CLEAR,
		[STEP_CLEAR] = UNI_REACT_CLEAR,
		[STEP_MSG_REPORT] = UNI_REACT_STATUS,
		[STEP_MSG_IGNORE] = UNI_REACT_IGNORE,
		[STEP_MANDATORY] = UNI_REACT_CLEAR,
		[STEP_CONTENT] = UNI_REACT_PROCESS_REPORT,
		[STEP_UNKNOWN] = UNI_REACT_PROCESS_REPORT,
	},
	[KIND_RELEASE] = { /* SIG-56: it clears anyhow, and its answer tells what was wrong */
		[STEP_MISSING] = UNI_REACT_PROCESS_REPORT,
		[STEP_CLEAR] = UNI_REACT_PROCESS_REPORT,
		[STEP_MSG_REPORT] = UNI_REACT_STATUS,
		[STEP_MSG_IGNORE] = UNI_REACT_IGNORE,
		[STEP_MANDATORY] = UNI_REACT_PROCESS_REPORT,
		[STEP_CONTENT] = UNI_REACT_PROCESS_REPORT,
		[STEP_UNKNOWN] = UNI_REACT_PROCESS_REPORT,
	},
	[KIND_RELEASE_COMPLETE] = { /* SIG-57: then there is no call to report about */
		[STEP_MISSING] = UNI_REACT_PROCESS,
		[STEP_CLEAR] = UNI_REACT_PROCESS,
		[STEP_MSG_REPORT] = UNI_REACT_STATUS,
		[STEP_MSG_IGNORE] = UNI_REACT_IGNORE,
		[STEP_MANDATORY] = UNI_REACT_PROCESS,
		[STEP_CONTENT] = UNI_REACT_PROCESS,
		[STEP_UNKNOWN] = UNI_REACT_PROCESS,
	},
	[KIND_STATUS] = { /* SIG-60, SIG-61 */
		[STEP_MISSING] = UNI_REACT_IGNORE,
		[STEP_CLEAR] = UNI_REACT_CLEAR,
		[STEP_MSG_REPORT] = UNI_REACT_IGNORE,
		[STEP_MSG_IGNORE] = UNI_REACT_IGNORE,
		[STEP_MANDATORY] = UNI_REACT_IGNORE,
		[STEP_CONTENT] = UNI_REACT_PROCESS,
		[STEP_UNKNOWN] = UNI_REACT_PROCESS,
	},
	[KIND_RESTART] = { /* SIG-83; the global reference has no call to clear */
		[STEP_MISSING] = UNI_REACT_STATUS,
		[STEP_CLEAR] = UNI_REACT_STATUS,
		[STEP_MSG_REPORT] = UNI_REACT_STATUS,
		[STEP_MSG_IGNORE] = UNI_REACT_IGNORE,
		[STEP_MANDATORY] = UNI_REACT_STATUS,
		[STEP_CONTENT] = UNI_REACT_PROCESS_REPORT,
		[STEP_UNKNOWN] = UNI_REACT_PROCESS_REPORT,
	},
	[KIND_ADD_PARTY] = { /* SIG-58 */
		[STEP_MISSING] = UNI_REACT_REJECT_PARTY,
		[STEP_CLEAR] = UNI_REACT_CLEAR,
		[STEP_MSG_REPORT] = UNI_REACT_STATUS,
		[STEP_MSG_IGNORE] = UNI_REACT_IGNORE,
		[STEP_MANDATORY] = UNI_REACT_REJECT_PARTY,
		[STEP_CONTENT] = UNI_REACT_PROCESS_REPORT,
		[STEP_UNKNOWN] = UNI_REACT_PROCESS_REPORT,
	},
	[KIND_PARTY_CLEARING] = { /* SIG-59: without endpoint reference the whole call goes */
		[STEP_MISSING] = UNI_REACT_CLEAR,
		[STEP_CLEAR] = UNI_REACT_CLEAR,
		[STEP_MSG_REPORT] = UNI_REACT_STATUS,
		[STEP_MSG_IGNORE] = UNI_REACT_IGNORE,
		[STEP_MANDATORY] = UNI_REACT_CLEAR,
		[STEP_CONTENT] = UNI_REACT_PROCESS_REPORT,
		[STEP_UNKNOWN] = UNI_REACT_PROCESS_REPORT,
	},
};

/* What one step looks for. */
struct look {
	const struct uni_msg *msg;
	uint32_t mandatory; /* elements whose lack or bad contents count in steps 1 and 5 */
	uint32_t forgiven;  /* elements whose bad contents count in no step but 2..4 */
	uint32_t actions;   /* bit per enum uni_action */
	bool unknown;       /* look for unrecognised elements, else for bad contents */
};

static bool
matches(const struct look *look, const struct uni_ie_entry *entry)
{
	if (!uni_ie_is_fault(entry) || (entry->verdict == UNI_IE_UNKNOWN) != look->unknown)
		return false;
	return (look->actions >> uni_ie_action(entry) & 1) != 0;
}

static void
add_diag(struct uni_fault *out, uint8_t id)
{
	if (out->n_diag < UNI_CAUSE_DIAG_MAX) /* SIG-62 */
		out->diag[out->n_diag++] = id;
}

/* SIG-49; in the messages about a party 54 comes first. */
static bool
find_missing(const struct look *look, struct uni_fault *out)
{
	const struct uni_msg *m = look->msg;

	if (m->hdr.type == UNI_MT_ADD_PARTY && (m->present & UNI_IE_BIT(UNI_IE_EPREF)) == 0)
		add_diag(out, uni_ie_id(UNI_IE_EPREF));
	for (uint8_t i = 0; i < m->n_missing; i++) {
		const enum uni_ie ie = (enum uni_ie)m->missing[i];

		if ((look->mandatory & UNI_IE_BIT(ie)) != 0 &&
			(m->hdr.type != UNI_MT_ADD_PARTY || ie != UNI_IE_EPREF))
			add_diag(out, uni_ie_id(ie));
	}
	out->cause = UNI_CAUSE_IE_MISSING;
	return out->n_diag > 0;
}

/* All unrecognised elements, or all with bad contents, that ask for one of the actions. */
static bool
find_class(struct look *look, bool unknown, struct uni_fault *out)
{
	const struct uni_msg *m = look->msg;

	look->unknown = unknown;
	for (uint16_t i = 0; i < m->n_ie; i++)
		if (matches(look, &m->ie[i]))
			add_diag(out, m->ie[i].id);
	out->cause = unknown ? UNI_CAUSE_IE_UNKNOWN : UNI_CAUSE_IE_CONTENT;
	return out->n_diag > 0;
}

/* SIG-50..52: one cause names one class; the unrecognised go first. */
static bool
find_action(struct look *look, enum uni_action action, struct uni_fault *out)
{
	look->actions = UINT32_C(1) << action;
	return find_class(look, true, out) || find_class(look, false, out);
}

/* SIG-53 */
static bool
find_bad_mandatory(const struct look *look, struct uni_fault *out)
{
	const struct uni_msg *m = look->msg;

	for (uint16_t i = 0; i < m->n_ie; i++) {
		const struct uni_ie_entry *entry = &m->ie[i];

		/* A second cause that is bad does no harm where the first is good. */
		if (uni_ie_is_fault(entry) && entry->verdict != UNI_IE_UNKNOWN &&
			(look->mandatory & ~m->good & UNI_IE_BIT(entry->ie)) != 0)
			add_diag(out, entry->id);
	}
	out->cause = UNI_CAUSE_IE_CONTENT;
	return out->n_diag > 0;
}

/* SIG-54: one element that is no access element makes it 100. */
static bool
find_content(struct look *look, struct uni_fault *out)
{
	const struct uni_msg *m = look->msg;
	bool all_access = true;

	look->unknown = false;
	for (uint16_t i = 0; i < m->n_ie; i++) {
		const struct uni_ie_entry *entry = &m->ie[i];

		if (!matches(look, entry) || (look->forgiven & UNI_IE_BIT(entry->ie)) != 0)
			continue;
		all_access &= uni_ie_info[entry->ie].access;
		add_diag(out, entry->id);
	}
	out->cause = all_access ? UNI_CAUSE_ACCESS_INFO_DISCARDED : UNI_CAUSE_IE_CONTENT;
	return out->n_diag > 0;
}

static bool
take_step(struct look *look, enum step step, struct uni_fault *out)
{
	switch (step) {
	case STEP_MISSING:
		return find_missing(look, out);
	case STEP_CLEAR:
		return find_action(look, UNI_ACT_CLEAR, out);
	case STEP_MSG_REPORT:
		return find_action(look, UNI_ACT_MSG_REPORT, out);
	case STEP_MSG_IGNORE:
		return find_action(look, UNI_ACT_MSG_IGNORE, out);
	case STEP_MANDATORY:
		return find_bad_mandatory(look, out);
	default:
		look->actions = UINT32_C(1) << UNI_ACT_DEFAULT | UINT32_C(1) << UNI_ACT_REPORT;
		return step == STEP_CONTENT ? find_content(look, out) : find_class(look, true, out);
	}
}

/* What the table cannot say, because it depends on the other elements. */
static enum uni_reaction
finish(const struct uni_msg *m, enum uni_reaction reaction, struct uni_fault *out)
{
	/* SIG-58: a party without a good endpoint reference cannot be rejected by name. */
	if (reaction == UNI_REACT_REJECT_PARTY && !uni_msg_has(m, UNI_IE_EPREF))
		reaction = UNI_REACT_STATUS;
	/* SIG-61, and nothing to clear on the global reference. */
	if (m->hdr.type == UNI_MT_STATUS && m->hdr.cref == UNI_CREF_GLOBAL &&
		reaction == UNI_REACT_CLEAR)
		reaction = UNI_REACT_IGNORE;
	if (reaction == UNI_REACT_PROCESS || reaction == UNI_REACT_IGNORE)
		*out = (struct uni_fault){ 0 };
	return reaction;
}

enum uni_reaction
uni_msg_reaction(const struct uni_msg *m, struct uni_fault *out)
{
	const enum kind kind = (enum kind)kind_of_type[m->hdr.type];
	struct look look = { .msg = m, .mandatory = m->mandatory };

	out->cause = 0;
	out->n_diag = 0;
	if (m->verdict != UNI_VERDICT_IE_ERROR)
		return UNI_REACT_PROCESS;
	if (kind == KIND_PARTY_CLEARING) /* SIG-59: a missing or bad cause is taken as 31 */
		look.forgiven = UNI_IE_BIT(UNI_IE_CAUSE);
	look.mandatory &= ~look.forgiven;
	for (int step = 0; step < STEP_COUNT; step++)
		if (take_step(&look, (enum step)step, out))
			return finish(m, (enum uni_reaction)reactions[kind][step], out);
	out->cause = 0;
	return UNI_REACT_PROCESS;
}
